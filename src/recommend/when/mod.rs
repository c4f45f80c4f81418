//! When each customer, and each customer's item, will be bought again.
//!
//! # When to use
//! To decide whom to write to, and on which day: who is due, who is overdue, how likely a return within a month is. For
//! the number of purchases over a year and their worth, use [`ltv`](crate::ltv); for who is lost, [`churn`](crate::churn).
//!
//! # Model
//! Time from the as-of day on is cut into periods that lengthen from one day to a quarter of a year. The chance h(k) that
//! the next purchase falls into period k, given that it did not come earlier, is
//! `ln (h / (1 − h)) = β₀ + Σ f_j(x_j) + Σ f_jk(x_j, x_k)` with piecewise linear f (a discrete-time hazard, Cox 1972,
//! additive as in Hastie and Tibshirani 1986). The features x: the period, days since the last purchase, number of
//! purchases, the mean gap between them shrunk to everybody's (weight of three gaps), the days since the last in units
//! of that gap, days since the first purchase, and the last gap. Survival is `S(d) = Π (1 − h(k))`, spread evenly in
//! logarithms over the days of a period.
//!
//! The model learns from the past of the same customers: at days every two weeks before the as-of day it sees what was
//! known then and what came after. A period that reaches beyond the as-of day is left out, so a customer who has not
//! returned counts as not returned *yet* (right censoring). Later days weigh more, by half for each quarter of a year.
//! Where too little is known to learn, the gaps of each customer are taken as lognormal, shrunk to everybody's
//! ([`Timing::LognormalGaps`]).
//!
//! # Assumptions
//! The coming months are like the last ones: a season that was never seen is not foreseen. Purchases of one day are one.
//!
//! # Data
//! A ledger with dates. Refunds, rows that cost nothing and, for items, rows without an item do not count.
//!
//! # Example
//! ```
//! use regulars::data::{Ledger, Transaction};
//! use regulars::recommend::NextPurchaseParams;
//! use regulars::types::{AsOf, Currency, Day};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for (who, day) in [("ann", 1), ("ann", 8), ("ann", 15), ("ann", 22), ("bob", 3)] {
//!     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?))?;
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
//! let dates = NextPurchaseParams::new().fit(now)?.predict(now)?;
//! let ann = dates.by_key("ann").expect("a customer");
//! assert!(ann.within(7) > ann.within(1));
//! assert!(ann.within(30).get() <= 1.0);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! `fit` is linear in rows plus some ten steps of a regression on at most 250,000 (customer, period) pairs; `predict` takes
//! about two microseconds a customer. A model is a few kilobytes; a date about a hundred bytes.
//!
//! # Accuracy
//! Online Retail as of one day, all customers, against shrunk lognormal gaps fitted on the same day: `ACCURACY.md`.
//!
//! # Determinism
//! Bit-identical for any number of threads; no chance enters but in [`NextPurchaseModel::evaluate`], which takes a seed.
//!
//! # Errors
//! Typed: basket numbers in place of dates, no purchases, items asked of a ledger without any.
//!
//! # References
//! - Cox 1972, Regression Models and Life-Tables, doi:10.1111/j.2517-6161.1972.tb00899.x
//! - Gneiting and Raftery 2007, Strictly Proper Scoring Rules, doi:10.1198/016214506000001437 (CRPS)
//! - Czado, Gneiting, Held 2009, Predictive Model Assessment for Count Data, doi:10.1111/j.1541-0420.2009.01191.x
//!   (randomised PIT)

mod date;
mod evaluate;
mod model;
mod params;
mod states;
#[cfg(feature = "serde")]
mod wire;

#[cfg(test)]
mod tests;

pub use date::{NextDate, Standing};
pub use evaluate::TimingQuality;
pub use model::{NextPurchaseModel, NextPurchaseSummary};
pub use params::{NextPurchaseParams, Subject, Timing};
