//! `Explanation`: the parts of a customer's log-odds, and the words for them.
//!
//! The model is a sum, so its explanation is no approximation: each column's terms, times their coefficients, less the same
//! for the average customer of the fit, times the slope of the recalibration. Sums are taken in the order in which the
//! contributions are listed, so adding them up again gives the same number to the last bit.
//!
//! # Formula
//!
//! With score z = β₀ + Σⱼ βⱼ fⱼ(x) + Σ trees(x), means m̄ over the fit and the recalibration a + b z:
//!
//! - base = a + b (β₀ + Σⱼ βⱼ f̄ⱼ + mean of the trees), the average customer's log-odds;
//! - contribution of a column = b Σ over its terms βⱼ (fⱼ(x) − f̄ⱼ), and b times what trees that ask this column alone add, less
//!   the mean of that;
//! - the same for two or three columns that act together, over their products and the trees that ask exactly them;
//! - (recalibration), on request: what the isotonic curve adds to the line.
//!
//! Unit: log-odds. A contribution of 0.69 doubles the odds of leaving against the average customer, one of −0.69 halves them.
//!
//! # What it does not say
//!
//! Why the customer leaves. It says which columns make the model expect it: a cause that is in no column shows in those that go
//! with it, and changing a column need not change the outcome.

use std::fmt;

use crate::types::{Language, Probability};

/// What a customer's row holds in a column.
///
/// As in the table that is explained, not as the model sees it: a number beyond the range of the fit is shown as it is.
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
    /// The values of two or three columns together.
    Together,
}

/// What one column, or two or three together, add to the log-odds of leaving, against the average customer of the fit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Contribution {
    column: String,
    value: Value,
    log_odds: f64,
    /// The reason in English and Chinese, where the column has words of its own.
    words: Option<(String, String)>,
    /// The columns that act together, with their values; empty for a column alone.
    members: Vec<(String, Value)>,
}

impl Contribution {
    pub(super) fn new(column: String, value: Value, log_odds: f64, members: Vec<(String, Value)>) -> Self {
        Self { column, value, log_odds, words: None, members }
    }

    /// The same with words for its column, where `of` has any: for columns that act together, those of each.
    pub(super) fn with_words(mut self, of: impl Fn(&str, &Value) -> Option<(String, String)>) -> Self {
        self.words = if self.members.is_empty() {
            of(&self.column, &self.value)
        } else {
            let words = |(name, value): &(String, Value)| {
                let plain = |language| plain(name, value, language);
                of(name, value).unwrap_or_else(|| (plain(Language::English), plain(Language::Chinese)))
            };
            let (mut english, mut chinese) = (Vec::new(), Vec::new());
            for (en, zh) in self.members.iter().map(words) {
                // Two columns may have one sentence: silence tells the rhythm, too.
                if !english.contains(&en) {
                    english.push(en);
                    chinese.push(zh);
                }
            }
            Some((english.join(AND.0), chinese.join(AND.1)))
        };
        self
    }

    /// The column, `a x b` or `a x b x c` for columns that act together.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// What the customer's row holds there.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Added to the log-odds: above 0 raises the risk.
    ///
    /// e to its power multiplies the odds. Contributions of several columns add up; their effects on the probability do not.
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
        if self.members.is_empty() {
            return plain(&self.column, &self.value, language);
        }
        let parts: Vec<String> =
            self.members.iter().map(|(name, value)| plain(name, value, language)).collect();
        match language {
            Language::English => parts.join(AND.0),
            Language::Chinese => parts.join(AND.1),
        }
    }
}

/// Between the parts of a reason of several columns, in English and Chinese.
const AND: (&str, &str) = (", and ", "，且");

/// A column and its value in words.
/// For columns of the caller's, whose meaning is not known here: the name as it stands in the table, and the value.
fn plain(name: &str, value: &Value, language: Language) -> String {
    match (value, language) {
        (Value::Number(v), Language::English) => format!("{name} is {}", short(*v)),
        (Value::Number(v), Language::Chinese) => format!("{name} 为 {}", short(*v)),
        (Value::Level(v), Language::English) => format!("{name} is {v}"),
        (Value::Level(v), Language::Chinese) => format!("{name} 为 {v}"),
        (Value::Missing, Language::English) => format!("{name} is not known"),
        (Value::Missing, Language::Chinese) => format!("{name} 未知"),
        (Value::Together, _) => name.to_owned(),
    }
}

/// 3 → "3", 0.5 → "0.5", 12.345 → "12.35", 0.0004 → "4.00e-4": short enough for a sentence.
///
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

/// Adds up in the order of the list; another order gives the same number but for the last bits.
///
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

    /// For a customer at low risk there may be none. Sentences come without a full stop, to be joined as the caller likes.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::simulate::ChurnTableParams;
    /// use regulars::types::{Language, Seed};
    ///
    /// let shop = ChurnTableParams::new(600, Seed(1)).simulate()?;
    /// let table = shop.features();
    /// let model = ChurnParams::new().fit_table(table, shop.left().values())?;
    /// let risk = model.predict(table)?;
    /// let (customer, _) = risk.iter().max_by(|a, b| a.1.get().total_cmp(&b.1.get())).unwrap();
    /// let why = model.explain(table, customer)?;
    /// let (english, chinese) = (why.reasons(Language::English, 3), why.reasons(Language::Chinese, 3));
    /// assert!(!english.is_empty() && english.len() == chinese.len());
    /// assert!(english[0].contains(" is ") && chinese[0].contains("为"));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// Up to `most` reasons in words why the risk is above the average, the strongest first; contributions below 0.1
    /// are no reasons.
    pub fn reasons(&self, language: Language, most: usize) -> Vec<String> {
        let raising = self.contributions.iter().filter(|c| c.log_odds >= 0.1);
        raising.take(most).map(|c| c.reason(language)).collect()
    }
}

/// One line for the probability and one for each contribution of at least 0.005.
///
/// ```text
/// probability 0.742, log-odds +1.056
/// -1.232  average customer
/// +1.310  contract is monthly
/// +0.978  tenure is 2
/// ```
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
