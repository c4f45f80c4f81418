//! Who is leaving, how sure are we, and why.

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
mod words;

pub use evaluate::Evaluation;
pub use explain::{Contribution, Explanation, Value};
pub use logistic::{Coefficient, LogisticModel, LogisticParams, LogisticSummary};
pub use model::ChurnModel;
pub use params::{ChurnParams, Method};
pub use table::TableModel;

#[cfg(test)]
mod tests;
