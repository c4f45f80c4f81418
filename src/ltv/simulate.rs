//! Customers drawn from a model: for tests, for planning, and to see whether a model can produce data like one's own.
//!
//! # How one customer is drawn
//!
//! 1. The rate lambda ~ Gamma(r, alpha), and what decides over leaving: a coin p ~ Beta(a, b), or a time of leaving, for
//!    Pareto E / mu with mu ~ Gamma(s, beta), for Gompertz ln(1 + E / eta) / b with eta ~ Gamma(s, beta), E a standard
//!    exponential.
//! 2. Gaps, exponential of rate lambda or sums of k such stages, until the end of the observation, the time of leaving,
//!    or a coin that says so. MBG/NBD tosses one coin before the first gap.
//! 3. What is kept is x and the time of the last purchase. T is given.
//!
//! # Which model draws what
//!
//! | model | needs | gives |
//! |---|---|---|
//! | a process, a fitted model | times of observation | x, `t_x`, T, and spend where the model has it |
//! | with covariates | a row of them for each customer | the same |
//! | cohorts | the cohort of each customer | the same |
//! | covariates over time | the day of each first purchase, the calendar | a ledger of days, since the days matter |
//! | contracts | their number and the periods seen | renewals |
//!
//! Each customer has a stream of random numbers of its own, by the seed and the customer's number: the same in any order, in
//! parallel, and whether there are ten customers or ten million.
//!
//! # Is my shop like that?
//!
//! Fit, draw as many customers with the same T, and lay the counts of repeat purchases side by side: what the model cannot
//! do shows at once (too few with one purchase, too few with fifty). The same drawn customers, fitted, say how far estimates
//! scatter: a parametric bootstrap.

use std::borrow::Borrow;

use crate::data::{Customers, Ledger, Matrix, PurchaseHistory, TimeUnit, Transaction};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::{AsOf, Currency, Day, Seed};

use super::betageo::Coin;
use super::calendar::CalendarCovariates;
use super::cohorts::{CohortModel, Cohorts};
use super::contract::{Outlook, Renewals, ShiftedBetaGeometric};
use super::covariates::CovariateModel;
use super::discrete::BetaBernoulli;
use super::model::LtvModel;
use super::process::{Inner, PurchaseProcess};
use super::spend::GammaGamma;
use super::varying::VaryingModel;

/// More repeat purchases than this are not drawn for one customer: rates without bound would otherwise never end.
const MOST: u32 = 10_000_000;

impl PurchaseProcess {
    /// One customer for each time of observation `t`, named 0, 1, .. in `unit`. Customer i depends on `seed` and i alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) where a `t` is not finite or negative,
    /// [`Overflow`](crate::ErrorKind::Overflow) for more customers than indices.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::ltv::{LtvParams, Model, PurchaseProcess};
    /// use regulars::types::Seed;
    ///
    /// let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// let history = truth.simulate(&[39.0; 5_000], TimeUnit::Week, Seed(1))?;
    /// let found = LtvParams::new(Model::BgNbd).fit(&history)?;
    /// assert!((found.process().parameters()[0] / 0.243 - 1.0).abs() < 0.15);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn simulate(&self, t: &[f64], unit: TimeUnit, seed: Seed) -> Result<PurchaseHistory> {
        draw_each(t, unit, seed, |_| Ok(self))
    }

    /// Gaps are drawn until the end of the observation or of the relation, so the time is O(x); a sum of k exponential stages is an
    /// Erlang gap. What is drawn beyond the end is dropped: a censored gap is all that a shop sees as well.
    ///
    /// Repeat purchases within `t` and the time of the last: rate, way of leaving, then gap after gap.
    fn draw(&self, t: f64, rng: &mut Rng) -> (f64, f64) {
        let (r, alpha) = match &self.0 {
            Inner::Coin(m) => (m.r, m.alpha),
            Inner::Pareto(m) => (m.r, m.alpha),
            Inner::Gompertz(m) => (m.r, m.alpha),
            Inner::Erlang(m) => (m.base.r, m.base.alpha),
            Inner::Discrete(_) => return (0.0, 0.0),
        };
        let stages = if let Inner::Erlang(m) = &self.0 { m.k } else { 1 };
        let rate = rng.gamma(r, alpha);
        let mut coin = 0.0;
        let mut leaves_at = f64::INFINITY;
        match &self.0 {
            Inner::Coin(m) | Inner::Erlang(super::erlang::Erlang { base: m, .. }) => {
                coin = rng.beta(m.a, m.b);
                if m.coin == Coin::AfterEvery && rng.chance(coin) {
                    return (0.0, 0.0);
                }
            }
            Inner::Discrete(_) => {}
            Inner::Pareto(m) => {
                let risk = rng.gamma(m.dropout.s, m.dropout.beta);
                leaves_at = rng.exponential(risk);
            }
            Inner::Gompertz(m) => {
                let eta = rng.gamma(m.dropout.s, m.dropout.beta);
                leaves_at = (rng.exponential(1.0) / eta).ln_1p() / m.dropout.b;
            }
        }
        let end = t.min(leaves_at);
        let (mut x, mut t_x) = (0_u32, 0.0);
        while x < MOST {
            let gap: f64 = (0..stages).map(|_| rng.exponential(rate)).sum();
            let next = t_x + gap;
            if next.is_nan() || next > end {
                break;
            }
            (x, t_x) = (x + 1, next);
            if coin > 0.0 && rng.chance(coin) {
                break;
            }
        }
        (f64::from(x), t_x)
    }
}

/// One customer for each of `t`, customer i by the process that `of` gives for i.
fn draw_each<P: Borrow<PurchaseProcess> + Send>(
    t: &[f64],
    unit: TimeUnit,
    seed: Seed,
    of: impl Fn(usize) -> Result<P> + Sync + Send,
) -> Result<PurchaseHistory> {
    if let Some(bad) = t.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
        return Err(Error::param("t", "must be finite and at least 0", bad));
    }
    let one = |i: usize| -> Result<(f64, f64, f64)> {
        let process = of(i)?;
        let mut rng = Rng::new(seed, i as u64);
        Ok(if let Inner::Discrete(m) = &process.borrow().0 {
            let occasions = t[i].floor();
            let (x, t_x) = m.draw(occasions, &mut rng);
            (x, t_x, occasions)
        } else {
            let (x, t_x) = process.borrow().draw(t[i], &mut rng);
            (x, t_x, t[i])
        })
    };
    let (mut x, mut t_x) = (Vec::with_capacity(t.len()), Vec::with_capacity(t.len()));
    let mut until = Vec::with_capacity(t.len());
    for drawn in par::map(t.len(), one) {
        let (purchases, last, end) = drawn?;
        x.push(purchases);
        t_x.push(last);
        until.push(end);
    }
    PurchaseHistory::new(Customers::numbered(t.len())?, unit, x, t_x, until)
}

impl CovariateModel {
    /// As [`PurchaseProcess::simulate`], each customer by the process of the own row of `covariates`.
    ///
    /// # Errors
    /// As [`PurchaseProcess::simulate`]; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is a row for each `t`;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row whose covariates take a parameter out of its domain.
    ///
    /// ```
    /// use regulars::data::{Matrix, TimeUnit};
    /// use regulars::ltv::{CovariateParams, Model, PurchaseProcess};
    /// use regulars::types::Seed;
    ///
    /// let truth = PurchaseProcess::bg_nbd(0.8, 4.0, 0.8, 2.5)?;
    /// let history = truth.simulate(&[52.0; 500], TimeUnit::Week, Seed(1))?;
    /// let app = (0..500).map(|i| f64::from(i % 2)).collect();
    /// let covariates = Matrix::new(history.customers().clone(), ["app"], app)?;
    /// let model = CovariateParams::new(Model::BgNbd).fit(&history, &covariates)?;
    /// let drawn = model.simulate(&[52.0; 500], &covariates, Seed(2))?;
    /// let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    /// assert!((mean(drawn.x()) / mean(history.x()) - 1.0).abs() < 0.3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn simulate(&self, t: &[f64], covariates: &Matrix, seed: Seed) -> Result<PurchaseHistory> {
        if covariates.len() != t.len() {
            return Err(Error::shape("rows of covariates", t.len(), covariates.len()));
        }
        draw_each(t, self.0.unit, seed, |i| {
            self.process(covariates.row(i).unwrap_or_default()).map_err(|_| {
                Error::row(i as u64 + 1, None, "the covariates take a parameter out of its domain")
            })
        })
    }
}

impl CohortModel {
    /// As [`PurchaseProcess::simulate`], each customer by the process of the own cohort, by that of all for a cohort the fit has
    /// not seen.
    ///
    /// # Errors
    /// As [`PurchaseProcess::simulate`]; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless each customer has a cohort.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::ltv::{CohortParams, Cohorts, Model, PurchaseProcess};
    /// use regulars::types::Seed;
    ///
    /// let truth = PurchaseProcess::mbg_nbd(0.6, 6.0, 0.8, 2.0)?;
    /// let history = truth.simulate(&[40.0; 600], TimeUnit::Week, Seed(1))?;
    /// let cohorts = Cohorts::new((0..600).map(|i| format!("channel {}", i % 3)))?;
    /// let model = CohortParams::new(Model::MbgNbd).fit(&history, &cohorts)?;
    /// let drawn = model.simulate(&[40.0; 600], &cohorts, Seed(2))?;
    /// assert_eq!(drawn.len(), 600);
    /// assert_eq!(drawn, model.simulate(&[40.0; 600], &cohorts, Seed(2))?); // the seed is all there is to it
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn simulate(&self, t: &[f64], cohorts: &Cohorts, seed: Seed) -> Result<PurchaseHistory> {
        let processes = self.processes(cohorts, t.len())?;
        draw_each(t, self.unit, seed, |i| Ok(processes[i]))
    }
}

impl VaryingModel {
    /// A ledger of purchase days: one customer for each day of a `first` purchase, named 0, 1, .., followed to the day `until`.
    /// Customer i depends on `seed` and i alone. Covariates of the customers' own are found by those names.
    ///
    /// The rate lambda ~ Gamma(r, alpha) buys in the operational time A, mu ~ Gamma(s, beta) leaves in M: a day on which the
    /// covariates double the rate is two days of A. What falls on one day is one purchase, as in a fit.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the covariates do not cover the first day to `until`, lack one that
    /// the model was fitted with, or where a first day lies behind `until`.
    ///
    /// ```
    /// use regulars::ltv::{CalendarCovariates, VaryingParams};
    /// use regulars::simulate::{Dropout, ShopParams};
    /// use regulars::types::{AsOf, Seed};
    ///
    /// let leave = Dropout::AnyTime { shape: 1.0, rate: 40.0 };
    /// let shop = ShopParams::new(300, Seed(1)).days(730).arrivals(120).dropout(leave).seasonality(0.8).simulate()?;
    /// let ledger = shop.ledger()?;
    /// let (start, now) = (ledger.covers().0, AsOf::new(ledger.covers().1));
    /// let season = CalendarCovariates::yearly(1, start, now)?;
    /// let model = VaryingParams::new().purchases_only(["year cos 1", "year sin 1"]).fit(ledger.observed(now)?, &season)?;
    /// let drawn = model.simulate(&vec![start; 300], now, &season, Seed(2))?;
    /// assert_eq!(drawn.customers().len(), 300);
    /// // The season of the fit is in what is drawn: most purchases of the second year fall in its winter half.
    /// assert!(drawn.len() > 300);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn simulate(
        &self,
        first: &[Day],
        until: AsOf,
        covariates: &CalendarCovariates,
        seed: Seed,
    ) -> Result<Ledger> {
        let until = until.day();
        let clocks = self.clocks(covariates)?;
        let customers = Customers::numbered(first.len())?;
        for first in first {
            if *first > until {
                return Err(Error::input(format!("the first purchase on {first} lies behind {until}")));
            }
            covariates.covers(*first, until)?;
        }
        let theta: [f64; 4] = <[f64; 4]>::try_from(self.0.base.parameters())
            .map_err(|_| Error::input("the base must be Pareto/NBD"))?;
        let days = par::map(first.len(), |i| {
            let column = covariates.of(customers.key(i));
            clocks.draw(&theta, (first[i], until), &column, &mut Rng::new(seed, i as u64))
        });
        // Days alone are drawn; no money is in it, so that the currency says nothing.
        let mut ledger = Ledger::builder(Currency::EUR);
        for (row, days) in days.into_iter().enumerate() {
            for day in days {
                ledger.push(Transaction::new(row as u64, day))?;
            }
        }
        ledger.build()
    }
}

impl ShiftedBetaGeometric {
    /// Draws `contracts` and follows each for `periods` at most: those that ended, and those renewed at the end of the last.
    /// Contract i depends on `seed` and i alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless `periods` is 1 to 100,000.
    ///
    /// ```
    /// use regulars::ltv::ShiftedBetaGeometric;
    /// use regulars::types::Seed;
    ///
    /// let truth = ShiftedBetaGeometric::new(0.704, 1.182)?;
    /// let (found, _) = ShiftedBetaGeometric::fit(&truth.simulate(20_000, 8, Seed(1))?)?;
    /// assert!((found.survival(8) - truth.survival(8)).abs() < 0.01);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn simulate(&self, contracts: u32, periods: u32, seed: Seed) -> Result<Renewals> {
        let (a, b) = self.parameters();
        let ages = par::map(contracts as usize, |i| {
            let mut rng = Rng::new(seed, i as u64);
            let leaves = rng.beta(a, b);
            (1..=periods).find(|_| rng.chance(leaves))
        });
        let mut all = Renewals::new();
        all.add(periods, Outlook::Renewed, 0)?;
        for age in ages {
            match age {
                Some(age) => all.add(age, Outlook::Lost, 1)?,
                None => all.add(periods, Outlook::Renewed, 1)?,
            };
        }
        Ok(all)
    }
}

impl BetaBernoulli {
    /// Purchases at `n` occasions and the last of them: before each, a toss of the coin that ends the relation.
    fn draw(&self, n: f64, rng: &mut Rng) -> (f64, f64) {
        let buys = rng.beta(self.alpha, self.beta);
        let leaves = rng.beta(self.gamma, self.delta);
        let (mut x, mut t_x, mut occasion) = (0.0, 0.0, 1.0);
        while occasion <= n.min(f64::from(MOST)) && !rng.chance(leaves) {
            if rng.chance(buys) {
                (x, t_x) = (x + 1.0, occasion);
            }
            occasion += 1.0;
        }
        (x, t_x)
    }
}

impl GammaGamma {
    /// Mean spend for each number of repeat purchases `x`, 0 where there is none. Customer i depends on `seed` and i alone.
    pub fn simulate(&self, x: &[f64], seed: Seed) -> Vec<f64> {
        par::map(x.len(), |i| {
            let mut rng = Rng::new(seed, i as u64);
            let level = rng.gamma(self.q, self.v);
            if x[i] > 0.0 {
                (rng.gamma(self.p * x[i], 1.0) / (level * x[i]).max(f64::MIN_POSITIVE)).min(f64::MAX)
            } else {
                0.0
            }
        })
    }
}

impl LtvModel {
    /// As [`PurchaseProcess::simulate`], with spend where the model has it.
    ///
    /// # Errors
    /// As [`PurchaseProcess::simulate`].
    pub fn simulate(&self, t: &[f64], seed: Seed) -> Result<PurchaseHistory> {
        let history = self.process.simulate(t, self.unit, seed)?;
        match &self.spend {
            Some(spend) => {
                let drawn = spend.simulate(history.x(), Seed(seed.0 ^ 0x5eed));
                history.with_spend(drawn)
            }
            None => Ok(history),
        }
    }
}
