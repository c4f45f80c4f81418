//! What is known of each customer as a table: named columns, one row per customer, and the fitted transforms that turn
//! them into a dense matrix.
//!
//! A [`Features`] table comes from a ledger as of a day ([`Features::behaviour`]) or from the caller's own columns
//! ([`Features::builder`]). Columns are numeric or categorical; a missing value is missing, never NaN and never 0.
//! A [`Transform`] is fitted once and applied to any table with the same columns, so that new customers are measured
//! with the yardstick of the old ones.
//!
//! Two stages, kept apart on purpose: the table holds what is known, in units a person can read; the matrix holds what
//! an algorithm computes with. A transform is the fitted way from one to the other, and back for a single point
//! ([`Transform::invert`]), so that a cluster's centre can be shown in euros and days.

mod behaviour;
mod builder;
mod inferred;
#[cfg(feature = "linfa")]
mod linfa;
mod matrix;
#[cfg(feature = "ndarray")]
mod ndarray;
mod steps;
mod table;
mod transform;
mod values;
mod whiten;

#[cfg(test)]
mod tests;

pub use builder::FeaturesBuilder;
pub use matrix::Matrix;
pub use table::{Categorical, Column, Features, Numeric};
pub use transform::{Constant, Missing, Transform, TransformParams};
