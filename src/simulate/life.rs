//! One customer's life: when purchases happen, and when they end.
//!
//! Drawn in this order from the customer's own stream: rate, dropout, order values, first purchase, then gap after gap. The
//! order is part of the format: a change of it changes every shop.

use crate::data::TimeUnit;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::clock::Clock;
use super::params::{Dropout, ShopParams};

/// What a stream of random numbers is for. Every customer has one of each, so that a knob moves only what it names.
///
/// The numbers are part of the format, like the order of draws.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Rate, dropout, purchases.
    Life = 0,
    /// Favourites and baskets; the catalogue, for the shop itself.
    Basket = 1,
    /// What is given back.
    Refunds = 2,
    /// Walk-in customers.
    Walk = 3,
    /// Second accounts.
    Accounts = 4,
    /// Complaints.
    Complaints = 5,
    /// Name, address, birth; who shares a household.
    Identity = 6,
    /// How many records, and what went wrong in each; the order of all, for the shop itself.
    Records = 7,
    /// Order values.
    Spend = 8,
}

/// The stream of a person (or of the shop itself, `None`). Sixteen numbers are kept for each person, so that a new purpose
/// moves no old one.
pub(super) fn stream(seed: Seed, person: Option<u32>, purpose: Purpose) -> Rng {
    let person = person.map_or(0, |p| u64::from(p) + 1);
    Rng::new(seed, person * 16 + purpose as u64)
}

/// What the customer was born with, and how it ended. Times are days since the shop's first midnight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Life {
    /// Purchases per day of operational time.
    pub(super) rate: f64,
    /// Probability of leaving at a purchase; per day of operational time under [`Dropout::AnyTime`].
    pub(super) dropout: f64,
    /// Rate nu of the customer's order values, per major unit.
    pub(super) nu: f64,
    /// When the customer left, if within the shop's days.
    pub(super) left: Option<f64>,
}

/// Lives the life of one customer; `times` receives the purchases, ascending, at least one.
///
/// The process runs in operational time; `clock` turns it into days. Purchases end with the shop's days, with the customer's
/// leaving, or at [`ShopParams::MAX_ORDERS`].
pub(super) fn live(params: &ShopParams, clock: &Clock, person: u32, times: &mut Vec<f64>) -> Life {
    times.clear();
    let mut rng = stream(params.seed, Some(person), Purpose::Life);
    let week = TimeUnit::Week.in_days();
    let (p_r, p_alpha) = params.rate;
    let rate = rng.gamma(p_r, p_alpha) / week;
    let dropout = match params.dropout {
        Dropout::Never => 0.0,
        Dropout::AfterRepeat { a, b } | Dropout::AfterEvery { a, b } => rng.beta(a, b),
        Dropout::AnyTime { shape, rate } => rng.gamma(shape, rate) / week,
    };
    let nu = rng.gamma(params.spend.1, params.spend.2).max(f64::MIN_POSITIVE);
    let arrivals = params.arrivals.unwrap_or_else(|| (params.days * 2).div_ceil(3));
    let first = rng.uniform() * f64::from(arrivals);
    times.push(first);
    let mut u = clock.operational(first);
    let mut life = Life { rate, dropout, nu, left: None };
    let mut end = f64::INFINITY;
    match params.dropout {
        Dropout::AfterEvery { .. } if rng.chance(dropout) => {
            life.left = Some(first);
            return life;
        }
        Dropout::AnyTime { .. } => {
            end = u + rng.exponential(dropout);
            life.left = clock.calendar(end);
        }
        _ => {}
    }
    let at_purchase = matches!(params.dropout, Dropout::AfterRepeat { .. } | Dropout::AfterEvery { .. });
    let k = f64::from(params.regularity);
    loop {
        u += if params.regularity == 1 { rng.exponential(rate) } else { rng.gamma(k, k * rate) };
        let Some(time) = clock.calendar(u).filter(|_| u <= end) else { return life };
        times.push(time);
        if (at_purchase && rng.chance(dropout)) || times.len() >= ShopParams::MAX_ORDERS as usize {
            life.left = Some(time);
            return life;
        }
    }
}

impl Life {
    /// Expected purchases during `span` days of operational time of a customer who is active at its start; Poisson
    /// purchases only.
    ///
    /// With events at rate λ and leaving at rate μ: ∫₀ˢ λ e^(−μ u) du = λ (1 − e^(−μ s)) / μ. Where the customer leaves at
    /// purchases with probability p, leaving is a thinned stream of them: μ = λ p, and the purchase at which she leaves counts.
    pub(super) fn expected(&self, dropout: Dropout, span: f64) -> f64 {
        let (events, leaving) = match dropout {
            Dropout::Never => return self.rate * span,
            Dropout::AfterRepeat { .. } | Dropout::AfterEvery { .. } => (self.rate, self.rate * self.dropout),
            Dropout::AnyTime { .. } => (self.rate, self.dropout),
        };
        let x = leaving * span;
        // (1 - e^-x) / x tends to 1; dividing by `leaving` itself would lose it.
        if x < 1e-12 { events * span } else { events * span * (-(-x).exp_m1() / x) }
    }
}
