//! Pareto/NBD with covariates that change over time: seasons, campaigns.
//!
//! # The model
//!
//! While active, a customer of rate lambda ~ Gamma(r, alpha) buys at lambda e^(g'z(t)), and leaves at mu e^(d'z(t)) with
//! mu ~ Gamma(s, beta), z(t) the covariates of the day. With the operational times
//!
//! A(u) = integral of e^(g'z) over (0, u], M(u) = integral of e^(d'z) over (0, u],
//!
//! both sums over periods, a customer who bought on the days `t_1`, .., `t_x` has the likelihood
//!
//! L = Gamma(r + x) / Gamma(r) alpha^r prod e^(g'z(`t_j`)) { S(T) (alpha + A(T))^-(r + x)
//! + integral from `t_x` to T of f(u) (alpha + A(u))^-(r + x) du },
//!
//! S(u) = (beta / (beta + M(u)))^s, f = -S'. Without effects it is that of Pareto/NBD. Bachmann, Meierer and Naef (2021,
//! doi:10.1287/mksc.2020.1254) evaluate the integral period by period as differences of 2F1; here each period is cut into
//! Gauss-Legendre panels of the positive integrand, which also yields exact first and second derivatives and loses no
//! digits for heavy buyers.
//!
//! # How it is summed
//!
//! Within a period the speeds a = e^(g'z) and m = e^(d'z) are constant, so that A and M grow linearly, and the integrand is
//! m s beta^s (beta + M + m v)^-(s + 1) (alpha + A + a v)^-(r + x), v the time since the period began: smooth, falling, with its
//! poles at v = -(beta + M) / m and -(alpha + A) / a. Panels are steps in ln(v + the nearer pole's distance) in which it
//! falls by at most e^12, of 6, 10 or 16 nodes. A customer who bought in the last period costs one panel.
//!
//! # How it is differentiated
//!
//! Let h be the integrand at a node, or the term of survival. ln h is a sum of logarithms of alpha + A and beta + M, whose
//! slopes in the effects are `A_k` = integral of `z_k` e^(g'z), and `M_k` likewise: sums over periods kept beside A and M
//! ([`Clock`]). With weights w = h / sum of h,
//!
//! d ln L = sum of w d ln h, d2 ln L = sum of w (d2 ln h + d ln h d ln h') - d ln L d ln L',
//!
//! exact to rounding, as the value is.
//!
//! # What is to come
//!
//! Given that a customer is alive, rate and lifetime are independent, so that expected purchases in (T, T + t] are
//! (r + x) / (alpha + A(T)) times the integral of e^(g'z) S / S(T), in closed form for each period.
//!
//! # By hand
//! An effect of g = .7 of a campaign makes its weeks count e^.7 = 2.01 weeks each. After three usual weeks and one of campaign
//! A = 5.01 in place of 4: two purchases in that time are fewer than they look. With r = .5, alpha = 10 the rate of such a
//! customer is (.5 + 2) / (10 + 5.01) = .167 a usual week and .335 in a week of campaign.
//!
//! # Symbols
//! | symbol | meaning |
//! |---|---|
//! | r, alpha, s, beta | as for Pareto/NBD, of a customer whose covariates are 0 |
//! | g, d | effects on ln of the rate of purchase and of leaving, one for each covariate |
//! | z(t) | the covariates of the day t |
//! | A, M | operational times of buying and of leaving, in units of the rates |
//!
//! # Assumptions
//! A covariate multiplies the rate of everybody alike, from the day it holds, without delay. It is known for the days to come,
//! as a calendar is; a covariate that is itself caused by purchases would be taken for their cause.
//!
//! # Determinism
//! Customers are summed in chunks of 128, in order: the same bits for any number of threads. No chance enters.
//!
//! # Errors
//! Typed, by [`VaryingParams::fit`] and [`VaryingModel::predict`]: days that are not covered, names that are not there.

use crate::data::{History, Observed, PerCustomer, PurchaseHistory, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::quad;
use crate::kernel::rng::Rng;
use crate::kernel::special::{ln_rising, one_minus_exp_over, polygamma_rise};
use crate::types::{Day, Horizon, Probability, Provenance};

use super::calendar::{CalendarCovariates, Column};
use super::covariates::{Effect, EffectsFit, check_l2};
use super::discount::Discount;
use super::fit;
use super::histogram::Histogram;
use super::model::LifetimeValue;
use super::newton::{Point, Summit};
use super::params::{Model, Prior};
use super::process::PurchaseProcess;

/// Pareto/NBD whose rates follow [`CalendarCovariates`].
///
/// When to use it: where a season or campaigns move everybody, so that the last weeks of the history are no fair sample
/// of the weeks to come. When not: for what does not change over time ([`CovariateParams`](super::CovariateParams), all
/// models), and for a season seen less than once: the effects need about a year of days. Times are days: purchases of a
/// day are one, and a day's covariates hold from the end of the day before.
///
/// O(n p (4 + m)^2) a Newton step for n customers, p periods after the last purchase and m effects.
///
/// ```
/// use regulars::ltv::{CalendarCovariates, Discount, VaryingParams};
/// use regulars::simulate::{Dropout, ShopParams};
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let leave = Dropout::AnyTime { shape: 1.0, rate: 40.0 };
/// let shop = ShopParams::new(300, Seed(1)).days(730).arrivals(120).dropout(leave).seasonality(0.8).simulate()?;
/// let ledger = shop.ledger()?;
/// let now = AsOf::new(ledger.covers().1);
/// let ahead = Horizon::weeks(13)?;
/// let season = CalendarCovariates::yearly(1, ledger.covers().0, AsOf::new(now.day().checked_add(91).unwrap()))?;
/// let model = VaryingParams::new().purchases_only(["year cos 1", "year sin 1"]).fit(ledger.observed(now)?, &season)?;
/// // December is the season: the cosine, which is 1 on New Year's Day, is large and positive.
/// assert!(model.on_purchases()[0].value > 0.4);
/// let values = model.predict(ledger.observed(now)?, &season, ahead, Discount::NONE)?;
/// assert!(values.values().iter().all(|v| v.purchases >= 0.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct VaryingParams {
    l2: f64,
    unit: TimeUnit,
    purchases_only: Vec<String>,
}

impl Default for VaryingParams {
    fn default() -> Self {
        Self { l2: 0.0, unit: TimeUnit::Week, purchases_only: Vec::new() }
    }
}

/// A fitted Pareto/NBD with effects of covariates that change over time.
#[derive(Clone, Debug, PartialEq)]
pub struct VaryingModel(pub(super) EffectsFit);

impl VaryingParams {
    /// No penalty, rates per week, effects of every covariate on buying and on leaving.
    pub fn new() -> Self {
        Self::default()
    }

    /// Half this much times the sum of squared effects is taken from the log-likelihood. Default: 0.
    #[must_use]
    pub fn l2(mut self, strength: f64) -> Self {
        self.l2 = strength;
        self
    }

    /// The unit of time of the rates. Default: weeks.
    #[must_use]
    pub fn unit(mut self, unit: TimeUnit) -> Self {
        self.unit = unit;
        self
    }

    /// Covariates that move purchases and not attrition: a season usually decides when people buy, not whether they leave.
    #[must_use]
    pub fn purchases_only<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.purchases_only = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the parameters make sense; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a penalty that is not between 0 and 1e12.
    pub fn check(&self) -> Result<()> {
        check_l2(self.l2)
    }

    /// Fits parameters and effects to what is known by the as-of day.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`PurchaseHistory::observed`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) where
    /// [`purchases_only`](Self::purchases_only) names a covariate that is not there;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the covariates do not cover the first purchase to the as-of
    /// day, naming the days.
    pub fn fit(&self, observed: Observed<'_>, covariates: &CalendarCovariates) -> Result<VaryingModel> {
        self.check()?;
        let names = covariates.names();
        if let Some(name) = self.purchases_only.iter().find(|n| !names.contains(n)) {
            return Err(Error::param("purchases_only", "must name covariates", name));
        }
        let history = PurchaseHistory::observed(observed, self.unit)?;
        let lives = lives(observed, &history, covariates)?;
        let m = names.len();
        let leaving: Vec<usize> = (0..m).filter(|j| !self.purchases_only.contains(&names[*j])).collect();
        let runs = Histogram::new(&history);
        let runs = &runs.purchases;
        let plain = fit::fit(Model::ParetoNbd, runs, &runs.weights(), None, Prior::LogNormal(5.0));
        let mut at: Vec<f64> = plain.theta.iter().map(|t| t.ln()).collect();
        at.resize(4 + m + leaving.len(), 0.0);
        let days = self.unit.in_days();
        let total = |at: &[f64]| {
            let chunk = |range: std::ops::Range<usize>| {
                let mut work = Work::new(at, m, &leaving, days);
                for life in &lives[range] {
                    work.add(life);
                }
                work.sum
            };
            let mut sum = par::reduce_chunks(lives.len(), 128, chunk, |a, b| a.plus(&b))
                .unwrap_or_else(|| Point::zero(at.len()));
            sum.penalise(at, 4, self.l2);
            sum
        };
        let found = Summit::climb(at, 4, self.l2, total);
        let buys: Vec<usize> = (4..4 + m).collect();
        let leaves: Vec<usize> = (4 + m..found.at.len()).collect();
        let leaving: Vec<String> = leaving.iter().map(|j| names[*j].clone()).collect();
        let model = (Model::ParetoNbd, 4);
        let fit = EffectsFit::new(model, self.unit, &found, (names, &buys), (&leaving, &leaves));
        Ok(VaryingModel(EffectsFit { provenance: observed.provenance(), ..fit }))
    }
}

/// One customer: purchases by day, and the covariates over time.
pub(super) struct Life<'a> {
    x: f64,
    first: Day,
    last: Day,
    now: Day,
    /// Sum of the covariates over the days of the repeat purchases.
    bought_at: Vec<f64>,
    column: Column<'a>,
}

/// The customers of `history`, which is that of `observed`, with the days of their purchases: O(rows), in parallel.
fn lives<'a>(
    observed: Observed<'_>,
    history: &PurchaseHistory,
    covariates: &'a CalendarCovariates,
) -> Result<Vec<Life<'a>>> {
    let now = observed.as_of().day();
    let width = covariates.names().len();
    let one = |row: usize| -> Result<Life<'a>> {
        let customers = history.customers();
        let customer = customers.customer(row).ok_or_else(|| Error::input("the history lacks a customer"))?;
        let history = observed.history(customer)?;
        let days: Vec<Day> =
            history.iter().flat_map(History::purchases).map(|purchase| purchase.day).collect();
        let (first, last) = match days[..] {
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => return Err(Error::input("the history holds a customer without purchase")),
        };
        covariates.covers(first, now)?;
        let column = covariates.of(customers.key(row));
        let (mut bought_at, mut z) = (vec![0.0; width], vec![0.0; width]);
        for day in &days[1..] {
            column.at(*day, &mut z);
            bought_at.iter_mut().zip(&z).for_each(|(sum, z)| *sum += z);
        }
        Ok(Life { x: (days.len() - 1) as f64, first, last, now, bought_at, column })
    };
    par::map(history.len(), one).into_iter().collect()
}

impl Life<'_> {
    /// Calls `f(days, covariates)` for the pieces of the days after `after` up to `until` on which the covariates stand.
    ///
    /// The covariates of a piece are those of its first day, and hold to its last. One look-up a piece, not a day.
    fn pieces(&self, after: Day, until: Day, z: &mut [f64], mut f: impl FnMut(f64, &[f64])) {
        let mut done = after;
        while done < until {
            let Some(next) = done.checked_add(1) else { break };
            let end = self.column.at(next, z).min(until);
            f((end - done) as f64, z);
            done = end;
        }
    }
}

/// An operational time with its derivatives in the effects: integral of e^(g'z), of z e^(g'z), of z z' e^(g'z).
///
/// Of m effects: 1 + m + m^2 numbers. d ln of anything in A needs the slope, d2 the curve as well.
struct Passed {
    time: f64,
    slope: Vec<f64>,
    curve: Vec<f64>,
}

impl Passed {
    /// No time of `m` effects.
    fn new(m: usize) -> Self {
        Self { time: 0.0, slope: vec![0.0; m], curve: vec![0.0; m * m] }
    }

    /// Back to the first purchase.
    fn reset(&mut self) {
        self.time = 0.0;
        self.slope.fill(0.0);
        self.curve.fill(0.0);
    }

    /// A copy of `other`, in the memory at hand.
    fn set(&mut self, other: &Self) {
        self.time = other.time;
        self.slope.copy_from_slice(&other.slope);
        self.curve.copy_from_slice(&other.curve);
    }
}

/// How fast operational time passes: the effects, and which covariates they are of, by number.
struct Clock {
    effects: Vec<f64>,
    which: Vec<usize>,
}

impl Clock {
    /// g'z, held where its exponential stays in range.
    ///
    /// Within e^100 either way: no fit ends there, but a trial step may, and must give a number that is merely bad.
    fn ln_speed(&self, z: &[f64]) -> f64 {
        let dot: f64 = self.which.iter().zip(&self.effects).map(|(j, g)| z[*j] * g).sum();
        dot.clamp(-100.0, 100.0)
    }

    /// Lets `amount` of operational time pass while the covariates are `z`.
    ///
    /// With the speed e^(g'z) constant on the way, A grows by `amount`, its slope by z `amount` and its curve by z z' `amount`.
    fn run(&self, passed: &mut Passed, amount: f64, z: &[f64]) {
        let m = self.which.len();
        passed.time += amount;
        for (i, a) in self.which.iter().enumerate() {
            let slope = amount * z[*a];
            passed.slope[i] += slope;
            for (j, b) in self.which.iter().enumerate() {
                passed.curve[i * m + j] += slope * z[*b];
            }
        }
    }
}

/// Sums over customers at given parameters, and the buffers for one.
struct Work<'a> {
    theta: [f64; 4],
    at: &'a [f64],
    days: f64,
    buys: Clock,
    leaves: Clock,
    /// Operational time of purchases and of attrition, so far and at a node.
    buy: Passed,
    leave: Passed,
    buy_at: Passed,
    leave_at: Passed,
    sum: Point,
    // The normalised integrand's mass, mean score, mean outer product of scores plus second derivatives.
    top: f64,
    mass: f64,
    mean: Vec<f64>,
    second: Vec<f64>,
    score: Vec<f64>,
    z: Vec<f64>,
}

impl<'a> Work<'a> {
    /// `at` holds ln r, ln alpha, ln s, ln beta, the effects on buying, then those on leaving of the covariates `leaving`.
    fn new(at: &'a [f64], m: usize, leaving: &[usize], days: f64) -> Self {
        let d = at.len();
        Self {
            theta: std::array::from_fn(|k| at[k].exp()),
            at,
            days,
            buys: Clock { effects: at[4..4 + m].to_vec(), which: (0..m).collect() },
            leaves: Clock { effects: at[4 + m..].to_vec(), which: leaving.to_vec() },
            buy: Passed::new(m),
            leave: Passed::new(leaving.len()),
            buy_at: Passed::new(m),
            leave_at: Passed::new(leaving.len()),
            sum: Point::zero(d),
            top: f64::NEG_INFINITY,
            mass: 0.0,
            mean: vec![0.0; d],
            second: vec![0.0; d * d],
            score: vec![0.0; d],
            z: vec![0.0; m],
        }
    }

    /// Adds one customer's log-likelihood: the braces, the rising factorial with its polygammas, r ln alpha, and the effects on
    /// the days of purchase, which are linear.
    fn add(&mut self, life: &Life<'_>) {
        let [r, alpha, ..] = self.theta;
        self.integrate(life);
        let d = self.at.len();
        let (first, second) = polygamma_rise(r, life.x);
        let inverse = 1.0 / self.mass;
        self.sum.value += self.top + self.mass.ln() + ln_rising(r, life.x) + r * alpha.ln();
        self.sum.gradient[0] += r * (first + alpha.ln());
        self.sum.gradient[1] += r;
        self.sum.hessian[0] += r * (first + alpha.ln()) + r * r * second;
        self.sum.hessian[1] += r;
        self.sum.hessian[d] += r;
        for (j, z) in life.bought_at.iter().enumerate() {
            self.sum.value += self.at[4 + j] * z;
            self.sum.gradient[4 + j] += z;
        }
        for i in 0..d {
            let own = self.mean[i] * inverse;
            self.sum.gradient[i] += own;
            for j in 0..d {
                self.sum.hessian[i * d + j] +=
                    self.second[i * d + j] * inverse - own * self.mean[j] * inverse;
            }
        }
    }

    /// The braces of the likelihood of one customer: both clocks run to the last purchase, then period by period to now while
    /// the integral is summed, and the term of staying is added at the end, where the clocks stand for a forecast to go on.
    ///
    /// The braces of the likelihood: survival, and the integral over the time of leaving. ln of P(alive)'s share is the
    /// value returned, ln of the term of survival.
    fn integrate(&mut self, life: &Life<'_>) -> f64 {
        (self.top, self.mass) = (f64::NEG_INFINITY, 0.0);
        self.mean.fill(0.0);
        self.second.fill(0.0);
        self.buy.reset();
        self.leave.reset();
        let rate = self.theta[0] + life.x;
        let mut z = std::mem::take(&mut self.z);
        life.pieces(life.first, life.last, &mut z, |days, z| {
            self.pass(days / self.days, z);
        });
        life.pieces(life.last, life.now, &mut z, |days, z| self.piece(days / self.days, z, rate));
        self.buy_at.set(&self.buy);
        self.leave_at.set(&self.leave);
        let ln = self.term(None, &z, 1.0, rate);
        self.z = z;
        ln
    }

    /// Lets `span` pass on both clocks.
    ///
    /// Both clocks stand at different times from then on: a campaign that hurries purchases need not hurry leaving.
    fn pass(&mut self, span: f64, z: &[f64]) {
        self.buys.run(&mut self.buy, span * self.buys.ln_speed(z).exp(), z);
        self.leaves.run(&mut self.leave, span * self.leaves.ln_speed(z).exp(), z);
    }

    /// The integral over one period, of which `span` is left, by panels in the logarithm of the distance from the nearer of
    /// the points where alpha + A or beta + M would vanish: the integrand falls by at most e^12 in one. Ends with both
    /// clocks at the end of the period.
    fn piece(&mut self, span: f64, z: &[f64], rate: f64) {
        let (s, beta, alpha) = (self.theta[2], self.theta[3], self.theta[1]);
        let (ln_buys, ln_leaves) = (self.buys.ln_speed(z), self.leaves.ln_speed(z));
        let (buys, leaves) = (ln_buys.exp(), ln_leaves.exp());
        let (a, b) = (alpha + self.buy.time, beta + self.leave.time);
        let near = (a / buys).min(b / leaves);
        let steep = |u: f64| rate * buys / (a + buys * u) + (s + 1.0) * leaves / (b + leaves * u);
        let mut u = 0.0;
        let mut best = f64::NEG_INFINITY;
        // A million purchases take some panels before nothing is left; the limit only guards the loop.
        for _ in 0..10_000 {
            if u >= span {
                break;
            }
            // The slope only lessens on the way, so that the one at the start bounds the fall.
            let slope = steep(u);
            let step = ((near + u) * 1.0_f64.exp_m1()).min(12.0 / slope).min(span - u);
            let (width, fall) = ((step / (near + u)).ln_1p(), slope * step);
            let order = if width <= 0.25 && fall <= 1.0 {
                6
            } else if width <= 0.7 && fall <= 4.0 {
                10
            } else {
                16
            };
            let rule = quad::rule(order);
            let mut ln = f64::NEG_INFINITY;
            for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
                let v = u + node * step;
                self.buy_at.set(&self.buy);
                self.leave_at.set(&self.leave);
                self.buys.run(&mut self.buy_at, v * buys, z);
                self.leaves.run(&mut self.leave_at, v * leaves, z);
                ln = self.term(Some(ln_leaves), z, weight * step, rate);
                best = best.max(ln);
            }
            if u + step <= u || ln < best.max(self.top) - 45.0 {
                break;
            }
            u += step;
        }
        self.pass(span, z);
    }

    /// Adds one term at the node's time: the density of leaving there (`leaving` is d'z), or survival beyond it.
    ///
    /// ln = s ln beta - q ln(beta + M) - (r + x) ln(alpha + A), q = s for survival; s + 1 for the density, with
    /// ln s + d'z besides.
    fn term(&mut self, leaving: Option<f64>, z: &[f64], weight: f64, rate: f64) -> f64 {
        let [r, alpha, s, beta] = self.theta;
        let (a, b) = (alpha + self.buy_at.time, beta + self.leave_at.time);
        let q = s + if leaving.is_some() { 1.0 } else { 0.0 };
        let ratio = -(self.leave_at.time / beta).ln_1p();
        let mut ln = s * ratio - rate * a.ln();
        if let Some(speed) = leaving {
            ln += s.ln() + speed - b.ln();
        }
        if ln > self.top {
            let rescale = (self.top - ln).exp();
            self.top = ln;
            self.mass *= rescale;
            self.mean.iter_mut().chain(&mut self.second).for_each(|v| *v *= rescale);
        }
        let p = weight * (ln - self.top).exp();
        if p == 0.0 {
            return ln;
        }
        self.mass += p;
        let d = self.at.len();
        let m = self.buy_at.slope.len();
        let leave_from = 4 + m;
        let (ia, ib) = (1.0 / a, 1.0 / b);
        let density = if leaving.is_some() { 1.0 } else { 0.0 };
        self.score[0] = -r * a.ln();
        self.score[1] = -rate * alpha * ia;
        self.score[2] = density + s * ratio;
        self.score[3] = s - q * beta * ib;
        for j in 0..m {
            self.score[4 + j] = -rate * self.buy_at.slope[j] * ia;
        }
        for (i, j) in self.leaves.which.iter().enumerate() {
            self.score[leave_from + i] = density * z[*j] - q * self.leave_at.slope[i] * ib;
        }
        for i in 0..d {
            self.mean[i] += p * self.score[i];
            for j in 0..d {
                self.second[i * d + j] += p * self.score[i] * self.score[j];
            }
        }
        // Second derivatives of ln: purchases (r, alpha, g), then attrition (s, beta, d).
        let mut both = |i: usize, j: usize, v: f64| {
            self.second[i * d + j] += p * v;
            if i != j {
                self.second[j * d + i] += p * v;
            }
        };
        both(0, 0, -r * a.ln());
        both(0, 1, -r * alpha * ia);
        both(1, 1, -rate * alpha * ia + rate * alpha * alpha * ia * ia);
        both(2, 2, s * ratio);
        both(2, 3, s - s * beta * ib);
        both(3, 3, -q * beta * ib + q * beta * beta * ib * ib);
        for (i, slope) in self.buy_at.slope.iter().enumerate() {
            both(0, 4 + i, -r * slope * ia);
            both(1, 4 + i, rate * alpha * slope * ia * ia);
            for j in i..m {
                let bend = self.buy_at.curve[i * m + j];
                both(4 + i, 4 + j, rate * (slope * self.buy_at.slope[j] * ia * ia - bend * ia));
            }
        }
        let n = self.leave_at.slope.len();
        for (i, slope) in self.leave_at.slope.iter().enumerate() {
            both(2, leave_from + i, -s * slope * ib);
            both(3, leave_from + i, q * beta * slope * ib * ib);
            for j in i..n {
                let bend = self.leave_at.curve[i * n + j];
                both(
                    leave_from + i,
                    leave_from + j,
                    q * (slope * self.leave_at.slope[j] * ib * ib - bend * ib),
                );
            }
        }
        ln
    }
}

impl VaryingModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.0.provenance
    }

    /// The process at covariates of 0.
    pub fn base(&self) -> &PurchaseProcess {
        &self.0.base
    }

    /// The unit of time of the rates.
    pub fn unit(&self) -> TimeUnit {
        self.0.unit
    }

    /// Effects on ln of the rate of purchase.
    pub fn on_purchases(&self) -> &[Effect] {
        &self.0.purchases
    }

    /// Effects on ln of the rate of leaving.
    pub fn on_attrition(&self) -> &[Effect] {
        &self.0.attrition
    }

    /// ln of the likelihood, without the penalty. It counts the days of purchases as Pareto/NBD does, so that without
    /// effects both are equal.
    pub fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood
    }

    /// Norm of the gradient of likelihood and penalty where the search ended.
    pub fn gradient_norm(&self) -> f64 {
        self.0.gradient_norm
    }

    /// Whether the search ended at a maximum.
    pub fn converged(&self) -> bool {
        self.0.converged
    }

    /// P(alive), expected and discounted purchases of every customer within `horizon` after the as-of day; `spend` and `clv`
    /// are `None`.
    ///
    /// # Errors
    /// As [`PurchaseHistory::observed`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) where the covariates do not cover
    /// the first purchase to the end of the horizon, or lack one that the model was fitted with.
    pub fn predict(
        &self,
        observed: Observed<'_>,
        covariates: &CalendarCovariates,
        horizon: Horizon,
        discount: Discount,
    ) -> Result<PerCustomer<LifetimeValue>> {
        self.0.provenance.check(&observed.provenance())?;
        let Clocks { buys, leaves, .. } = self.clocks(covariates)?;
        let history = PurchaseHistory::observed(observed, self.0.unit)?;
        let lives = lives(observed, &history, covariates)?;
        let now = observed.as_of().day();
        let end = now
            .checked_add(i64::from(horizon.in_days()))
            .ok_or_else(|| Error::input("the horizon ends after the last day there is"))?;
        covariates.covers(now, end)?;
        let m = buys.which.len();
        let logs = self.0.base.parameters().into_iter().map(f64::ln);
        let at: Vec<f64> = logs.chain(buys.effects).chain(leaves.effects).collect();
        let schedule = discount.schedule(f64::from(horizon.in_days()), 1.0);
        let values = par::map_chunks(lives.len(), 256, |range| {
            let mut work = Work::new(&at, m, &leaves.which, self.0.unit.in_days());
            lives[range].iter().map(|life| work.forecast(life, end, &schedule)).collect::<Vec<_>>()
        });
        PerCustomer::new(history.customers().clone(), values.concat())
    }
}

/// Both clocks of a fitted model.
pub(super) struct Clocks {
    buys: Clock,
    leaves: Clock,
    /// Days in the unit of the rates.
    days: f64,
}

impl VaryingModel {
    /// The clocks over these covariates.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) unless they are those of the fit.
    pub(super) fn clocks(&self, covariates: &CalendarCovariates) -> Result<Clocks> {
        let names = covariates.names();
        if !names.iter().eq(self.0.purchases.iter().map(|e| &e.name)) {
            return Err(Error::input("the covariates are not those the model was fitted with"));
        }
        let which = |effects: &[Effect]| {
            effects.iter().filter_map(|e| names.iter().position(|n| *n == e.name)).collect()
        };
        let clock = |effects: &[Effect]| Clock {
            effects: effects.iter().map(|e| e.value).collect(),
            which: which(effects),
        };
        Ok(Clocks {
            buys: clock(&self.0.purchases),
            leaves: clock(&self.0.attrition),
            days: self.0.unit.in_days(),
        })
    }
}

impl Clocks {
    /// The days on which a customer who came on the `first` day buys until the last, the first included.
    ///
    /// Both clocks run through the pieces on which the covariates stand: the customer leaves where M passes E / mu, buys where A
    /// passes the sum of the gaps so far, and what happens within a day has that day's date.
    pub(super) fn draw(
        &self,
        [r, alpha, s, beta]: &[f64; 4],
        (first, until): (Day, Day),
        column: &Column<'_>,
        rng: &mut Rng,
    ) -> Vec<Day> {
        let rate = rng.gamma(*r, *alpha);
        let risk = rng.gamma(*s, *beta);
        let lifetime = rng.exponential(risk);
        let mut next = rng.exponential(rate);
        let mut days = vec![first];
        let (mut bought, mut left) = (0.0, 0.0);
        let mut z = vec![0.0; self.buys.which.len()];
        let mut day = first;
        // A day at a time: a rate without bound makes a purchase a day and no more.
        while let Some(today) = day.checked_add(1).filter(|today| *today <= until) {
            column.at(today, &mut z);
            let leaves = self.leaves.ln_speed(&z).exp() / self.days;
            let buys = self.buys.ln_speed(&z).exp() / self.days;
            // The shares of the day at which the customer leaves and buys; beyond 1 not today.
            let (gone_at, bought_at) = ((lifetime - left) / leaves, (next - bought) / buys);
            (left, bought) = (left + leaves, bought + buys);
            if bought_at <= gone_at.min(1.0) {
                days.push(today);
                // Gaps are memoryless: what comes after this day begins at its end.
                next = bought + rng.exponential(rate);
            }
            if gone_at <= 1.0 {
                break;
            }
            day = today;
        }
        days
    }
}

impl Work<'_> {
    /// What comes until `end`; `schedule` holds days and weights of the cumulative purchases.
    ///
    /// Periods are cut where an end of the schedule falls into one, so that the cumulative expectation is exact at each; within a
    /// piece it grows by level e^(g'z) S(start) base ln(1 + span / base) (1 - e^-w) / w, w = (s - 1) ln(1 + span / base), the
    /// closed form of Pareto/NBD with base = (beta + M) / e^(d'z).
    fn forecast(&mut self, life: &Life<'_>, end: Day, schedule: &[(f64, f64)]) -> LifetimeValue {
        let survival = self.integrate(life);
        let alive = (survival - self.top).exp() / self.mass;
        let [r, alpha, s, beta] = self.theta;
        let level = (r + life.x) / (alpha + self.buy.time);
        let start = beta + self.leave.time;
        let mut z = std::mem::take(&mut self.z);
        // Cumulative purchases of one who is alive, at the ends of the schedule on the way.
        let (mut passed, mut bought, mut worth, mut next) = (0.0, 0.0, 0.0, 0);
        life.pieces(life.now, end, &mut z, |days, z| {
            let mut left = days;
            while left > 0.0 {
                let due = schedule.get(next).map_or(f64::INFINITY, |(day, _)| day - passed);
                let step = left.min(due.max(0.0));
                let span = step / self.days;
                let (buys, leaves) = (self.buys.ln_speed(z).exp(), self.leaves.ln_speed(z).exp());
                let here = beta + self.leave.time;
                let base = here / leaves;
                let grown = (span / base).ln_1p();
                let stays = (-s * (here / start).ln()).exp();
                bought += level * buys * stays * base * grown * one_minus_exp_over((s - 1.0) * grown);
                self.leave.time += span * leaves;
                passed += step;
                left -= step;
                if due <= step {
                    worth += schedule[next].1 * bought;
                    next += 1;
                }
            }
        });
        for (_, weight) in &schedule[next.min(schedule.len())..] {
            worth += weight * bought;
        }
        self.z = z;
        LifetimeValue {
            p_alive: Probability::saturating(alive),
            purchases: alive * bought,
            discounted_purchases: alive * worth,
            spend: None,
            clv: None,
        }
    }
}
