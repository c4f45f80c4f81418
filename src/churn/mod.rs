//! Who is leaving, how sure are we, and why.

mod logistic;

pub use logistic::{Coefficient, LogisticModel, LogisticParams, LogisticSummary};

#[cfg(test)]
mod tests;
