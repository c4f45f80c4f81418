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
//! Each customer has a stream of random numbers of its own, by the seed and the customer's number: the same in any order, in
//! parallel, and whether there are ten customers or ten million.
//!
//! # Is my shop like that?
//!
//! Fit, draw as many customers with the same T, and lay the counts of repeat purchases side by side: what the model cannot
//! do shows at once (too few with one purchase, too few with fifty). The same drawn customers, fitted, say how far estimates
//! scatter: a parametric bootstrap.

use crate::data::{Customers, PurchaseHistory, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::betageo::Coin;
use super::discrete::BetaBernoulli;
use super::model::LtvModel;
use super::process::{Inner, PurchaseProcess};
use super::spend::GammaGamma;

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
        if let Some(bad) = t.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
            return Err(Error::param("t", "must be finite and at least 0", bad));
        }
        if let Inner::Discrete(m) = &self.0 {
            let drawn = par::map(t.len(), |i| m.draw(t[i].floor(), &mut Rng::new(seed, i as u64)));
            let (x, t_x): (Vec<f64>, Vec<f64>) = drawn.into_iter().unzip();
            let t = t.iter().map(|t| t.floor()).collect();
            return PurchaseHistory::new(Customers::numbered(x.len())?, unit, x, t_x, t);
        }
        let drawn = par::map(t.len(), |i| self.draw(t[i], &mut Rng::new(seed, i as u64)));
        let (x, t_x) = drawn.into_iter().unzip();
        PurchaseHistory::new(Customers::numbered(t.len())?, unit, x, t_x, t.to_vec())
    }

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
