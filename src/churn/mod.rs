//! Who is leaving, how sure are we, and why.

mod design;
mod evaluate;
mod explain;
mod folds;
mod logistic;
mod params;
mod sharp;
mod table;

pub use evaluate::Evaluation;
pub use explain::{Contribution, Explanation, Value};
pub use logistic::{Coefficient, LogisticModel, LogisticParams, LogisticSummary};
pub use params::{ChurnParams, Method};
pub use table::TableModel;

#[cfg(test)]
mod tests;
