//! All answers together: one row per person.
//!
//! # When to use
//! Whenever more than one question is asked of the same orders: [`PipelineParams::fit`] learns every model on one ledger
//! as of one day, [`Pipeline::predict`] answers for every customer, and [`PipelineParams::backtest`] says how good the
//! answers would have been one horizon ago. For a single question the module that answers it is the shorter way.
//!
//! # Model
//! | stage | learns on | answers |
//! |---|---|---|
//! | `rfm` | all that is known | recency, frequency and monetary scores, named segment |
//! | `segment` | the same, as [behaviour features](crate::data::Features::behaviour) | group of customers that behave alike |
//! | `churn` | one or several past splits, each a horizon long and ending by `as_of` | probability of no purchase within the horizon |
//! | `ltv` | all that is known | P(alive), expected purchases and value within the horizon |
//! | `tiers` | the value of `ltv`; the spend so far where that is missing | gold, silver, bronze |
//! | `recommend` | all that is known | the next items, with reasons |
//!
//! A stage whose data are not there (no items, no amounts, too short a past) is left out and listed with its reason in
//! [`Pipeline::left_out`]; the others go on.
//!
//! # Assumptions
//! Those of each stage. Churn learns on past splits only, so its labels are complete; the others use everything up to
//! `as_of`.
//!
//! # Data
//! A [`Ledger`](crate::data::Ledger); run [`profile`](crate::profile) and
//! [`relabel`](crate::data::Ledger::relabel) first where accounts are not people.
//!
//! # Example
//! ```
//! use regulars::pipeline::PipelineParams;
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let shop = ShopParams::new(500, Seed(1)).simulate()?;
//! let ledger = shop.ledger()?;
//! let as_of = AsOf::new(ledger.covers().1);
//!
//! let pipeline = PipelineParams::new().fit(&ledger, as_of, Horizon::days(90)?)?;
//! let table = pipeline.predict(&ledger, as_of)?;
//! for row in table.rows().take(3) {
//!     println!("{}: {:?} {:?}", row.key, row.churn, row.value);
//! }
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! The sum of the stages: linear in rows but for sorting. Each stage is parallel by customer.
//!
//! # Accuracy
//! Measured by [`PipelineParams::backtest`] on the caller's own data; `ACCURACY.md` has the public sets.
//!
//! # Determinism
//! As every stage: the same bits on any number of threads.
//!
//! # Errors
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) from any stage's parameters;
//! [`EmptyInput`](crate::ErrorKind::EmptyInput) where no customer is known as of the day, or no stage could be fitted.
//!
//! # References
//! Those of each stage.
//!
//! # Recipes
//! Look back first, then decide: a back-test says whether the answers are worth acting on, the table whom to act for.
//! Value at risk is the chance of losing a customer times what she would bring.
//!
//! ```
//! use regulars::churn::{ChurnParams, Method};
//! use regulars::ltv::{LtvParams, Model};
//! use regulars::pipeline::PipelineParams;
//! use regulars::segment::KMeansParams;
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let ledger = ShopParams::new(200, Seed(1)).simulate()?.ledger()?;
//! let (today, ahead) = (AsOf::new(ledger.covers().1), Horizon::days(60)?);
//! let params = PipelineParams::new() // quick choices, for a page
//!     .segment(KMeansParams::new(3))
//!     .ltv(LtvParams::new(Model::BgNbd))
//!     .churn(ChurnParams::new().method(Method::Plain));
//!
//! let backtest = params.backtest(&ledger, today, ahead)?;
//! if backtest.churn.is_some_and(|quality| quality.auc > 0.55) {
//!     let table = params.fit(&ledger, today, ahead)?.predict(&ledger, today)?;
//!     let mut at_risk: Vec<(f64, String)> = table
//!         .rows()
//!         .filter_map(|row| Some((row.churn?.get() * row.value?.clv?.in_minor(), row.key.to_string())))
//!         .collect();
//!     at_risk.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
//!     assert!(at_risk.windows(2).all(|pair| pair[0].0 >= pair[1].0));
//! }
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Run on one's own data with `cargo run --release --example customer_360 -- orders.csv`: the same calls, with a report.

mod backtest;
mod model;
mod params;
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "serde")]
mod wire;

pub use backtest::Backtest;
pub use model::{LeftOut, Pipeline, Stage};
pub use params::PipelineParams;
pub use table::{CustomerRow, CustomerTable};
