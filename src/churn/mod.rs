//! Who is leaving, how sure are we, and why.
//!
//! Use [`ChurnParams::fit`] to learn from orders (customers without a contract: who does not come back within a horizon),
//! [`ChurnParams::fit_table`] to learn from a table with one row per customer and a label of your own, and
//! [`LogisticParams`] for a plain logistic regression with the statistics of a generalised linear model. Do not use it
//! for how many purchases will come or what they are worth (see [`ltv`](crate::ltv)), nor on labels that were known only
//! after the features: no model can tell that a table leaks.
//!
//! # Model
//!
//! P(leaves | x) = 1 / (1 + e^−z), z = a + b (β₀ + Σ βⱼ fⱼ(x)), minimising
//! Σ \[ln(1 + e^z) − y z\] + ½ λ Σ sⱼ² βⱼ², with sⱼ the standard deviation of term fⱼ over the rows of the fit.
//!
//! - [`Method::Plain`]: terms are the numbers as they are and the levels against the first one; λ = 0 by default, so
//!   coefficients have standard errors. A term that repeats others is left out and listed; one that separates the outcomes
//!   is an error that names it.
//! - [`Method::Auto`]: a number x contributes x (kept within the range of the fit), its rank r(x) in the fit, and
//!   (r(x) − k)₊ for up to eight knots k at quantiles: a piecewise linear curve that does not care for units or outliers.
//!   Each level has a term; those with fewer than 20 rows or 0.2 % are pooled. Pairs of columns are screened by the
//!   residuals in a table of their cells (chi-square, Bonferroni at 1 %); the screen runs inside each fold, and as many of
//!   the strongest pairs (0, 1, 3 or 6) are used as the loss out of fold supports, the fewest within one standard error of
//!   the best. λ is the one of a grid from 0.1 to 300 with the smallest loss in five folds. (a, b) recalibrate the scores
//!   out of fold (Platt); for [`Method::Plain`] they are (0, 1).
//!
//! # Behaviour: the columns learned from orders
//!
//! A purchase is a day with at least one row that is not a refund. Times are in days (in baskets under an ordinal time
//! axis), money in major units; nothing after the cut is seen.
//!
//! | column | meaning |
//! |---|---|
//! | `recency`, `tenure` | time since the last and since the first purchase |
//! | `purchases`, `last_30`, `last_90` | purchases in all, in the last 30 and 90 days |
//! | `mean_gap`, `longest_gap` | mean and longest time between the customer's purchases; missing for who bought once |
//! | `rhythm` | the mean gap with one more gap, as long as the tenure, added: the rhythm as far as it is known |
//! | `silence` | recency / rhythm |
//! | `irregularity` | standard deviation of the gaps / mean gap; missing below three purchases |
//! | `trend` | (purchases in the newer half of the tenure − in the older half) / purchases |
//! | `spend`, `spend_per_purchase`, `last_spend` | money paid less refunds; paid per purchase; paid on the last purchase day; only where the ledger has amounts |
//! | `items`, `rows_per_purchase` | distinct items, only where the ledger has items; rows per purchase |
//! | `refund_share` | refunded money / (paid + refunded), of rows where there are no amounts |
//!
//! # Assumptions
//!
//! The future resembles the cuts learned from: a season that none of them saw shifts every probability. Customers are
//! independent. Several cuts repeat customers; folds keep them together, standard errors of [`Method::Plain`] do not know.
//!
//! # Data contract
//!
//! Labels: one per row, both outcomes. Numbers finite or missing; a missing number counts as an average one, and has a term
//! of its own from 30 such rows on. A level unknown to the fit counts as rare, or as average where there are no rare ones
//! ([`TableModel::unseen_levels`] counts them). Splits of one fit share their horizon.
//!
//! # Example
//!
//! ```
//! use regulars::churn::ChurnParams;
//! use regulars::simulate::ChurnTableParams;
//! use regulars::types::{Language, Seed};
//!
//! let shop = ChurnTableParams::new(600, Seed(1)).simulate()?;
//! let (table, left) = (shop.features(), shop.left().values());
//! let model = ChurnParams::new().fit_table(table, left)?;
//! let risk = model.predict(table)?;
//! let customer = table.customers().customer(0).unwrap();
//! let why = model.explain(table, customer)?;
//! assert!((why.probability().get() - risk.values()[0].get()).abs() < 1e-12);
//! for reason in why.reasons(Language::English, 3) {
//!     assert!(!reason.is_empty());
//! }
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//!
//! A Newton step takes n p² / 2 multiplications in blocks of 128 rows; chunks run in parallel. [`LogisticParams`] reads the
//! matrix in place and needs 64 partial sums of p² numbers. [`Method::Auto`] encodes the table (8 bytes for each row and
//! term) and cross-validates on at most 50,000 rows, chosen by the hash of their keys.
//!
//! # Accuracy
//!
//! Coefficients equal R's `glm` within 1e−9 relative; standard errors are those at the maximum (R's are one step older,
//! 1.5e−8 off). On the IBM Telco table, five fixed folds out of fold, the default has AUC .8505, Brier .1330, calibration
//! error .007 (gradient boosting .848, .134, .009; maximum likelihood .845, .136, .014).
//!
//! # Determinism
//!
//! The same bits on any number of threads. Folds follow the keys of the customers and the seed. Another order of the rows
//! moves results by rounding only, because sums run in the order of the rows.
//!
//! # Errors
//!
//! [`InvalidParam`](crate::ErrorKind::InvalidParam), [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch),
//! [`EmptyInput`](crate::ErrorKind::EmptyInput); [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only, a
//! column that is not there or changed its kind, separation and collinearity without a ridge;
//! [`NotConverged`](crate::ErrorKind::NotConverged). No model comes out of a fit that did not converge.
//!
//! # References
//!
//! McCullagh and Nelder (1989), Generalized Linear Models, doi:10.1007/978-1-4899-3242-6. Albert and Anderson (1984), on
//! separation, doi:10.1093/biomet/71.1.1. Lou, Caruana, Gehrke and Hooker (2013), additive models with pairs,
//! doi:10.1145/2487575.2487579. Platt (1999), Probabilistic outputs for support vector machines, in Advances in Large Margin
//! Classifiers.

mod design;
mod evaluate;
mod explain;
mod folds;
mod logistic;
mod model;
mod orders;
mod params;
mod sharp;
mod table;
#[cfg(feature = "serde")]
mod wire;
mod words;

pub use evaluate::Evaluation;
pub use explain::{Contribution, Explanation, Value};
pub use logistic::{Coefficient, LogisticModel, LogisticParams, LogisticSummary};
pub use model::ChurnModel;
pub use params::{ChurnParams, Method};
pub use table::TableModel;

#[cfg(test)]
mod tests;
