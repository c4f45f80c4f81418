//! `Explanation`: the parts of a customer's log-odds, and the words for them.
//!
//! The model is a sum, so its explanation is no approximation: each column's terms, times their coefficients, less the same
//! for the average customer of the fit, times the slope of the recalibration. Sums are taken in the order in which the
//! contributions are listed, so adding them up again gives the same number to the last bit.

use std::fmt;

use crate::types::{Language, Probability};

/// What a customer's row holds in a column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Value {
    /// A number.
    Number(f64),
    /// A level.
    Level(String),
    /// Nothing is known.
    Missing,
    /// The values of two columns together.
    Together,
}

/// What one column, or a pair of them, adds to the log-odds of leaving, against the average customer of the fit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Contribution {
    column: String,
    value: Value,
    log_odds: f64,
    /// The reason in English and Chinese, where the column has words of its own.
    words: Option<(String, String)>,
}

impl Contribution {
    pub(super) fn new(column: String, value: Value, log_odds: f64) -> Self {
        Self { column, value, log_odds, words: None }
    }

    pub(super) fn with_words(mut self, words: Option<(String, String)>) -> Self {
        self.words = words;
        self
    }

    /// The column, or `a x b` for a pair.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// What the customer's row holds there.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Added to the log-odds: above 0 raises the risk.
    pub fn log_odds(&self) -> f64 {
        self.log_odds
    }

    /// The reason in words, such as "bought about every 21 days, silent for 63" for behaviour, or "contract is monthly" for a
    /// column of the caller's.
    pub fn reason(&self, language: Language) -> String {
        if let Some((english, chinese)) = &self.words {
            return match language {
                Language::English => english.clone(),
                Language::Chinese => chinese.clone(),
            };
        }
        let name = &self.column;
        match (&self.value, language) {
            (Value::Number(v), Language::English) => format!("{name} is {}", short(*v)),
            (Value::Number(v), Language::Chinese) => format!("{name} 为 {}", short(*v)),
            (Value::Level(v), Language::English) => format!("{name} is {v}"),
            (Value::Level(v), Language::Chinese) => format!("{name} 为 {v}"),
            (Value::Missing, Language::English) => format!("{name} is not known"),
            (Value::Missing, Language::Chinese) => format!("{name} 未知"),
            (Value::Together, Language::English) => format!("{name} together"),
            (Value::Together, Language::Chinese) => format!("{name} 共同作用"),
        }
    }
}

/// A number as a person would write it: whole numbers without a point, two decimals otherwise without trailing zeros, and
/// powers of ten where it is tiny or huge.
pub(super) fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else if value.abs() >= 0.01 && value.abs() < 1e15 {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.2e}")
    }
}

/// Why a customer has the probability that the model reports: [`base`](Self::base) + Σ contributions =
/// [`log_odds`](Self::log_odds), exactly as the sum is written.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    base: f64,
    log_odds: f64,
    contributions: Vec<Contribution>,
}

impl Explanation {
    /// Orders the contributions by size.
    pub(super) fn new(base: f64, mut contributions: Vec<Contribution>) -> Self {
        contributions.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        let log_odds = contributions.iter().fold(base, |sum, c| sum + c.log_odds);
        Self { base, log_odds, contributions }
    }

    pub(super) fn map(self, f: impl FnMut(Contribution) -> Contribution) -> Self {
        Self { contributions: self.contributions.into_iter().map(f).collect(), ..self }
    }

    /// Log-odds of the average customer of the fit.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Log-odds of leaving of this customer.
    pub fn log_odds(&self) -> f64 {
        self.log_odds
    }

    /// The probability of leaving.
    pub fn probability(&self) -> Probability {
        Probability::saturating(crate::kernel::special::sigmoid(self.log_odds))
    }

    /// All contributions, the largest in size first.
    pub fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// Up to `most` reasons in words why the risk is above the average, the strongest first; contributions below 0.1
    /// are no reasons.
    pub fn reasons(&self, language: Language, most: usize) -> Vec<String> {
        let raising = self.contributions.iter().filter(|c| c.log_odds >= 0.1);
        raising.take(most).map(|c| c.reason(language)).collect()
    }
}

/// One line for the probability and one for each contribution of at least 0.005.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "probability {:.3}, log-odds {:+.3}", self.probability().get(), self.log_odds)?;
        write!(f, "{:+.3}  average customer", self.base)?;
        for c in self.contributions.iter().filter(|c| c.log_odds.abs() >= 0.005) {
            write!(f, "\n{:+.3}  {}", c.log_odds, c.reason(Language::English))?;
        }
        Ok(())
    }
}
