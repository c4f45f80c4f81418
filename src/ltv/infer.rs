//! How sure: profile-likelihood intervals, likelihood-ratio tests, and intervals on every customer's prediction.
//!
//! # Which doubt
//!
//! | question | method | needs |
//! |---|---|---|
//! | how sure is a parameter? | Wald, on the logarithm | a maximum inside |
//! | the same, near an edge or with few customers | profile likelihood | about 40 fits |
//! | how sure is any figure, without a normal law? | [`bootstrap`](LtvModel::bootstrap) | the histogram |
//! | how sure is an expectation of one customer? | delta method | the covariance of the fit |
//! | what will one customer do? | quantiles of the predictive law | nothing more |
//!
//! The last two must not be confused: the expectation of a customer who buys twice a year is known to a few per cent from
//! some thousand customers, and yet that customer may well buy not at all, or five times.
//!
//! # The delta method
//!
//! For a figure h of the parameters, with u their logarithms and C the covariance of these, var h = g'C g, g the slopes of h
//! in u by central differences of step 10^-4. h is ln of expected purchases, or the log-odds of P(alive), so that intervals
//! stay inside their domains.
//!
//! # The law of counts and of spend
//!
//! P(n purchases) is exact ([`PurchaseProcess::p_purchases`]) and summed until all but a hundredth of the tail is reached.
//! Of counts that are whole numbers no interval has exactly the level asked for: it covers at least that much. Spend given
//! n purchases is a scaled beta-prime variable; over n it is a mixture, whose quantiles are found by bisection.

use crate::data::PerCustomer;
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::special::{beta_inc, chi_square_tail, normal_quantile, sigmoid};
use crate::types::{Expected, Horizon, Probability};

use super::fit;
use super::history::RecencyFrequency;
use super::model::{FitInput, LtvModel, PredictInput, money_of};
use super::params::Prior;
use super::process::PurchaseProcess;
use super::spend::GammaGamma;

/// Two nested models against each other.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// 2 (ln L - ln L of the simpler model), at least 0.
    pub statistic: f64,
    /// Parameters that the simpler model does without.
    pub degrees: u32,
    /// P(chi-square of that many degrees exceeds the statistic). Where the simpler model lies on the boundary of the other
    /// (Pareto/NBD in GGompertz/NBD) the true probability is about half of it (Self and Liang 1987,
    /// doi:10.1080/01621459.1987.10478472).
    pub p_value: f64,
}

/// Intervals for one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CustomerInterval {
    /// P(alive), by the uncertainty of the parameters (normal on the log-odds).
    pub p_alive: (Probability, Probability),
    /// Expected purchases, by the uncertainty of the parameters (normal on the logarithm).
    pub expected: (f64, f64),
    /// Purchases that will happen: quantiles of their distribution at the estimated parameters.
    pub purchases: (u32, u32),
    /// Spend that will happen, not discounted: quantiles of its distribution. `None` for a model without spend.
    pub spend: Option<(Expected, Expected)>,
    /// Residual value as [`predict`](LtvModel::predict) has it, by the uncertainty of both models' parameters (normal on the
    /// logarithm). `None` for a model without spend.
    pub clv: Option<(Expected, Expected)>,
}

/// More purchases than this in a window are not told apart.
const MOST: u32 = 100_000;

fn level_ok(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        Ok(level)
    } else {
        Err(Error::param("level", "must lie between 0 and 1", level))
    }
}

impl LtvModel {
    /// The interval of a parameter outside which the likelihood, all others chosen anew, has fallen significantly:
    /// 2 (ln L - ln L(value)) up to the chi-square quantile of one degree. Unlike a Wald interval it need not be symmetric
    /// on any scale, and an end that the data do not bound is the edge of the search. About 40 fits.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a name the model has no parameter of, for `k` (which is chosen,
    /// not estimated) and for a `level` outside (0, 1); [`InvalidInput`](crate::ErrorKind::InvalidInput) for another
    /// unit of time; [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers.
    ///
    /// ```
    /// # use regulars::{data::TimeUnit, ltv::*, types::Seed};
    /// let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// let history = truth.simulate(&[39.0; 1_500], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::new(Model::BgNbd).fit(&history)?;
    /// let (low, high) = model.profile_interval(&history, "r", 0.95)?;
    /// assert!(low < model.process().parameters()[0] && model.process().parameters()[0] < high);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn profile_interval<'a>(
        &self,
        data: impl Into<FitInput<'a>>,
        parameter: &str,
        level: f64,
    ) -> Result<(f64, f64)> {
        let z = normal_quantile(0.5 + 0.5 * level_ok(level)?);
        let histogram = data.into().histogram()?;
        self.provenance.check(histogram.provenance())?;
        if histogram.unit() != self.unit {
            return Err(Error::input("the data are in another unit of time than the model"));
        }
        let runs = &histogram.purchases;
        if runs.count.is_empty() {
            return Err(Error::empty("no customer to profile a likelihood on"));
        }
        let model = self.process.model();
        let index = model.parameter_names().iter().position(|n| *n == parameter && *n != "k");
        let Some(i) = index else {
            return Err(Error::param("parameter", "must be one the model estimates", parameter));
        };
        let weights = runs.weights();
        let best = fit::fit(model, runs, &weights, Some(&self.process.parameters()), Prior::Flat);
        let fall = |ln: f64, start: &[f64]| {
            let held = Some((i, ln.exp()));
            let flat = fit::Belief::Prior(Prior::Flat);
            let found = fit::fit_told(model, runs, &weights, Some(start), flat, held);
            (2.0 * (best.log_likelihood - found.log_likelihood), found.theta)
        };
        let centre = best.theta[i].ln();
        let side = |sign: f64| {
            let (mut inside, mut start) = (0.0, best.theta.clone());
            let mut step = 0.1;
            // Outwards in growing steps, then bisection to 1e-6 of a factor.
            let mut outside = loop {
                let (drop, theta) = fall(centre + sign * (inside + step), &start);
                if drop > z * z {
                    break inside + step;
                }
                (inside, start) = (inside + step, theta);
                step *= 2.0;
                if inside > 12.0 {
                    return (centre + sign * inside).exp();
                }
            };
            while outside - inside > 1e-6 * (1.0 + outside) {
                let middle = 0.5 * (inside + outside);
                let (drop, theta) = fall(centre + sign * middle, &start);
                if drop > z * z { outside = middle } else { (inside, start) = (middle, theta) }
            }
            (centre + sign * 0.5 * (inside + outside)).exp()
        };
        Ok((side(-1.0), side(1.0)))
    }

    /// The likelihood-ratio test of this model against a simpler one that it contains, both fitted to the same customers
    /// without a prior: Pareto/NBD in GGompertz/NBD, a coin model in its CNBD-k.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the customers differ in number, or the other model has not
    /// fewer parameters.
    ///
    /// ```
    /// # use regulars::{data::TimeUnit, ltv::*, types::Seed};
    /// let truth = PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669)?;
    /// let history = truth.simulate(&[39.0; 500], TimeUnit::Week, Seed(1))?;
    /// let simple = LtvParams::new(Model::ParetoNbd).fit(&history)?;
    /// let test = LtvParams::new(Model::GGompertzNbd).fit(&history)?.likelihood_ratio(&simple)?;
    /// assert_eq!(test.degrees, 1);
    /// assert!(test.p_value > 0.01);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn likelihood_ratio(&self, simpler: &Self) -> Result<LikelihoodRatio> {
        let (large, small) = (self.summary(), simpler.summary());
        if large.customers != small.customers {
            return Err(Error::input("the models were fitted to different customers"));
        }
        let degrees = large.estimates.len().saturating_sub(small.estimates.len());
        if degrees == 0 {
            return Err(Error::input("the other model must have fewer parameters"));
        }
        let statistic = (2.0 * (large.log_likelihood - small.log_likelihood)).max(0.0);
        let degrees = u32::try_from(degrees).unwrap_or(u32::MAX);
        Ok(LikelihoodRatio { statistic, degrees, p_value: chi_square_tail(statistic, f64::from(degrees)) })
    }

    /// Intervals of `level` (0.95, say) for every customer over the days after the history.
    ///
    /// Two kinds of doubt, kept apart: what the parameters are (delta method on the covariance of the fit, where it
    /// converged; a point otherwise) and what a customer will do, were they known (exact quantiles of the distribution of
    /// purchases and of spend, a mixture over counts of scaled beta-prime laws). The second is far larger. For an average
    /// of models the first is that of the leading model, the second that of the mixture over the window stretched
    /// by the drift. Some hundred times the cost of [`predict`](LtvModel::predict).
    ///
    /// # Errors
    /// As [`predict`](LtvModel::predict); [`InvalidParam`](crate::ErrorKind::InvalidParam) for a `level` outside (0, 1).
    ///
    /// ```
    /// # use regulars::{data::TimeUnit, ltv::*, types::{Horizon, Seed}};
    /// let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// let history = truth.simulate(&[39.0; 400], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::new(Model::BgNbd).fit(&history)?;
    /// let intervals = model.predict_intervals(&history, Horizon::weeks(39)?, 0.9)?;
    /// let means = model.predict(&history, Horizon::weeks(39)?)?;
    /// for (interval, mean) in intervals.values().iter().zip(means.values()) {
    ///     assert!(interval.expected.0 <= mean.purchases && mean.purchases <= interval.expected.1);
    ///     assert!(interval.purchases.0 <= interval.purchases.1);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn predict_intervals<'a>(
        &self,
        customers: impl Into<PredictInput<'a>>,
        horizon: Horizon,
        level: f64,
    ) -> Result<PerCustomer<CustomerInterval>> {
        let tail = 0.5 - 0.5 * level_ok(level)?;
        let z = normal_quantile(1.0 - tail);
        let history = self.history(&customers.into())?;
        let t = f64::from(horizon.in_days()) / self.unit.in_days();
        let money = match (&self.spend, history.spend()) {
            (Some(model), Some(spend)) => Some((model, spend)),
            _ => None,
        };
        let nearby = self.nearby();
        let means = self.predict(history.as_ref(), horizon)?;
        let one = |i: usize| {
            let h = RecencyFrequency { x: history.x()[i], t_x: history.t_x()[i], t: history.t()[i] };
            let factor = self.drift.as_ref().map_or(1.0, |d| d.factor(&h));
            let odds = |p: &PurchaseProcess| {
                let alive = p.alive(&h).clamp(1e-300, 1.0 - 1e-16);
                (alive / (1.0 - alive)).ln()
            };
            let count = |p: &PurchaseProcess| p.expected_purchases(&h, t).max(1e-300).ln();
            let (mean, alive) = self.means(&h, t);
            let spread = z * self.delta(&nearby, count);
            let doubt = z * self.delta(&nearby, odds);
            let centre = (alive.clamp(1e-300, 1.0 - 1e-16) / (1.0 - alive.clamp(1e-300, 1.0 - 1e-16))).ln();
            let counts = self.counts(&h, t * factor, tail);
            let quantile = |p: f64| {
                let mut sum = 0.0;
                let at = counts.iter().position(|c| {
                    sum += c;
                    sum >= p
                });
                u32::try_from(at.unwrap_or(counts.len().saturating_sub(1))).unwrap_or(MOST)
            };
            CustomerInterval {
                p_alive: (
                    Probability::saturating(sigmoid(centre - doubt)),
                    Probability::saturating(sigmoid(centre + doubt)),
                ),
                expected: (mean * factor * (-spread).exp(), (mean * factor * spread.exp()).min(f64::MAX)),
                purchases: (quantile(tail), quantile(1.0 - tail)),
                spend: money.map(|(model, spend)| {
                    let at = |p: f64| money_of(spend_quantile(model, h.x, spend[i], &counts, p));
                    (at(tail), at(1.0 - tail))
                }),
                // Discounting moves a figure, not its relative uncertainty.
                clv: money.and_then(|(model, spend)| {
                    let level = z * self.spend_doubt(model, h.x, spend[i]);
                    let doubt = spread.hypot(level);
                    let value = means.values()[i].clv?.in_minor();
                    Some((money_of(value * (-doubt).exp()), money_of(value * doubt.exp())))
                }),
            }
        };
        let values = par::map_chunks(history.len(), 64, |range| range.map(one).collect::<Vec<_>>()).concat();
        PerCustomer::new(history.customers().clone(), values)
    }

    /// Mean of the averaged processes: expected purchases (without drift) and P(alive).
    pub(super) fn means(&self, h: &RecencyFrequency, t: f64) -> (f64, f64) {
        let members = || std::iter::once(&self.process).chain(&self.others);
        let n = members().count() as f64;
        let sum = |f: &dyn Fn(&PurchaseProcess) -> f64| members().map(f).sum::<f64>() / n;
        (sum(&|p| p.expected_purchases(h, t)), sum(&|p| p.alive(h)))
    }

    /// P(0), P(1), .. purchases until all but a hundredth of `tail` is reached.
    fn counts(&self, h: &RecencyFrequency, t: f64, tail: f64) -> Vec<f64> {
        let members = || std::iter::once(&self.process).chain(&self.others);
        let n = members().count() as f64;
        let (mut counts, mut sum) = (Vec::new(), 0.0);
        for k in 0..=MOST {
            let p = members().map(|m| m.pmf(h, t, f64::from(k))).sum::<f64>() / n;
            counts.push(p);
            sum += p;
            if sum >= 1.0 - 0.01 * tail {
                break;
            }
        }
        counts
    }

    /// The process with each logarithm of a parameter a little up and down, for differences.
    fn nearby(&self) -> Vec<[PurchaseProcess; 2]> {
        let theta = self.process.parameters();
        let moved = |i: usize, step: f64| {
            let mut theta = theta.clone();
            theta[i] *= step.exp();
            PurchaseProcess::raw(self.process.model(), &theta)
        };
        (0..theta.len()).map(|i| [moved(i, -STEP), moved(i, STEP)]).collect()
    }

    /// Standard deviation of ln of expected spend by the covariance of ln p, ln q, ln v; 0 where the fit has none.
    fn spend_doubt(&self, model: &GammaGamma, x: f64, mean: f64) -> f64 {
        let Some(covariance) = self.spend_summary.as_ref().and_then(|s| s.covariance.as_ref()) else {
            return 0.0;
        };
        let ln = |p: f64, q: f64, v: f64| GammaGamma { p, q, v }.expected(x, mean).max(1e-300).ln();
        let GammaGamma { p, q, v } = *model;
        let (up, down) = (STEP.exp(), (-STEP).exp());
        let slopes = [
            ln(p * up, q, v) - ln(p * down, q, v),
            ln(p, q * up, v) - ln(p, q * down, v),
            ln(p, q, v * up) - ln(p, q, v * down),
        ]
        .map(|d| d / (2.0 * STEP));
        quadratic(&slopes, covariance)
    }

    /// Standard deviation of `figure` by the covariance of the logarithms: sqrt(g' C g) with g by central differences
    /// (the delta method). 0 where the fit has no covariance.
    fn delta(&self, nearby: &[[PurchaseProcess; 2]], figure: impl Fn(&PurchaseProcess) -> f64) -> f64 {
        let n = nearby.len();
        let Some(covariance) = self.summary.covariance.as_ref().filter(|c| c.len() == n * n) else {
            return 0.0;
        };
        let g: Vec<f64> =
            nearby.iter().map(|[down, up]| (figure(up) - figure(down)) / (2.0 * STEP)).collect();
        quadratic(&g, covariance)
    }
}

/// sqrt(g' C g), C row by row, held where it says no more than that nothing is known.
fn quadratic(g: &[f64], covariance: &[f64]) -> f64 {
    let n = g.len();
    if covariance.len() != n * n {
        return 0.0;
    }
    let variance: f64 =
        (0..n).map(|i| (0..n).map(|j| g[i] * covariance[i * n + j] * g[j]).sum::<f64>()).sum();
    if variance > 0.0 && variance.is_finite() { variance.sqrt().min(300.0) } else { 0.0 }
}

/// Step of the differences, in logarithms.
const STEP: f64 = 1e-4;

/// The spend that n purchases, n by `counts`, stay below with probability `p`.
///
/// Given nu each purchase is Gamma(p, nu), and nu ~ Gamma(q + p x, v + x m) given the past, so n of them are
/// Gamma(p n) / Gamma(q + p x) times (v + x m): a beta-prime law with distribution function
/// `I_{y / (y + v + x m)}(p n, q + p x)`. Bisection on ln y.
fn spend_quantile(model: &GammaGamma, x: f64, mean: f64, counts: &[f64], p: f64) -> f64 {
    let (shape, q) = (model.p, model.q + model.p * x);
    let scale = model.v + x * mean.max(0.0);
    let all: f64 = counts.iter().sum();
    if counts.first().is_none_or(|none| *none >= p * all) {
        return 0.0;
    }
    let below = |ln: f64| {
        let (y, rest) = (sigmoid(ln), sigmoid(-ln));
        let sum: f64 =
            (1_u32..).zip(&counts[1..]).map(|(n, c)| c * beta_inc(shape * f64::from(n), q, y, rest)).sum();
        counts[0] + sum
    };
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..36 {
        let middle = 0.5 * (low + high);
        if below(middle) < p * all { low = middle } else { high = middle }
    }
    scale * high.exp()
}
