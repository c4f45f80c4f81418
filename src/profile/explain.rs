//! Why two records count as one person, or do not: the waterfall of match weights.
//!
//! # How to read a waterfall
//! Weights are bits: +1 doubles the odds of "one person", −1 halves them, +10 multiplies them by about a thousand.
//! ```text
//!    before any evidence    -9.96    one pair in a thousand is of one person
//!            family_name    +5.55    0.85 of such pairs agree, 1 in 56 strangers do
//!             birth_date   +14.24    nobody else has this date
//!             given_name    -5.01    names differ in 3 of 100 pairs of one person
//! same household instead    -0.63    both could live together instead
//!                  total    +4.19    probability 0.948
//! ```
//! The household's line is what the alternative takes away: −log₂(1 + w₂ / w₃) of the module's formula. It is small where the
//! evidence is of the person (birth date, e-mail) and large where it is of the home (address, surname).
//!
//! After learning from labels one more line stands before the total, `learnt from labels`: what the labelled pairs
//! have shown columns to be worth together beyond what they are worth one by one. A pair whose e-mail and telephone
//! agree while name and birth date differ may have −6 bits there: a family's shared contacts.
//!
//! Where columns go together (city behind postcode, a name behind the whole name), a line says what its column adds
//! once the other one is known: a common city beside a common postcode has about 0 bits, and so has another city
//! beside another postcode.
//!
//! # Adding up, by hand
//! ```text
//! prior       log₂(λ₁ / w₃)         λ₁ = 0.001, w₃ = 0.9988           −9.96
//! column c    log₂(m_c / u_c)       0.88 / 0.000045                  +14.25
//! household   −log₂(1 + w₂ / w₃)    w₂ = 0.56, w₃ = 0.9988            −0.64
//! ```
//! The total is the score of `mixture` over ln 2, to rounding of its 32 bits, and the probability 1 / (1 +
//! 2^−total).
//!
//! # What it does not say
//! It explains the pair, not the profile: two records may have −3 bits and be one person through a third, or +3
//! bits and be apart because the mean between their groups was below the bar. Scores are bounded in a cluster,
//! weights here are not.
//!
//! # Privacy
//! Field names, levels and chances, no values. The chance of an equal value says how common it is, so somebody who
//! knows one of the records learns that: it is a rank of surnames, not a person.
//!
//! # Complexity
//! Making an explainer costs a merge and a preparation of the table; each explanation O(columns) and the comparison
//! of one pair.
//!
//! # When to ask
//! - A merge is disputed: explain the two records; where they were never compared with each other, explain each
//!   with the record between them.
//! - A pair was expected and did not come: a large negative line is a field whose values differ, often one filled
//!   with something else.
//! - A weight looks wrong: `same` and `chance` are what the fit has learnt; a `same` near its prior means the table
//!   had few pairs to tell.

use std::fmt;

use crate::data::{Field, FieldKind, Records};
use crate::error::{Error, Result};
use crate::types::Probability;

use super::compare::Scratch;
use super::frequency::Frequencies;
use super::mixture::Weights;
use super::model::MatchModel;
use super::prepare::{Col, Part, Prepared};
use super::score::{Comparer, MAX_COLUMNS, Pair};

/// How far two values agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Agreement {
    /// One of them is missing, or nothing visible can be compared.
    Unknown,
    /// They differ.
    Differ,
    /// Something in common: the same sound, the same digits behind another country code.
    Weak,
    /// Two or three slips apart; the same month and year.
    Close,
    /// One slip apart: a letter or digit more, less, other, or two neighbours swapped.
    Near,
    /// One begins with the other: Rob and Robert.
    Short,
    /// What counts most is the same: the local part of an e-mail address, the visible digits of a masked number, the
    /// pinyin of a name, day and month in the other order, names in each other's place.
    SameKey,
    /// Equal in normal form.
    Equal,
}

impl Agreement {
    /// In the order of the levels inside, so that a level is its place here.
    const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Differ,
        Self::Weak,
        Self::Close,
        Self::Near,
        Self::Short,
        Self::SameKey,
        Self::Equal,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Differ => "differ",
            Self::Weak => "something in common",
            Self::Close => "two or three slips apart",
            Self::Near => "one slip apart",
            Self::Short => "short form",
            Self::SameKey => "same but for the form",
            Self::Equal => "equal",
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What one field says about a pair.
///
/// `same` and `chance` are shares in (0, 1]; `bits` is a logarithm to base 2, positive where the agreement speaks
/// for one person.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Evidence {
    /// Name of the field.
    pub field: String,
    /// What was compared; parts of a whole name are compared one by one.
    pub kind: FieldKind,
    /// How far the values agree.
    pub agreement: Agreement,
    /// Share of pairs of one person that agree like that.
    pub same: f64,
    /// Chance that strangers do; for equal values, that of this very value.
    pub chance: f64,
    /// Match weight: the logarithm to base 2 of same / chance; 0 where unknown.
    pub bits: f64,
}

/// Why a pair counts as one person, or does not. The weights add up: `prior + Σ bits + household + labels` is
/// the total.
///
/// It holds no value of either record and can be shown to anyone who may see that the records exist.
///
/// All weights are bits of log-odds. `prior` is log₂(λ₁ / (1 − λ₁ − λ₂)), the same for all pairs of a table;
/// `probability` is 1 / (1 + 2^−total).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    /// Weight before any field is looked at: how rare pairs of one person are.
    pub prior: f64,
    /// What each field adds.
    pub evidence: Vec<Evidence>,
    /// What the possibility takes away that they are two people of one household; at most 0.
    pub household: f64,
    /// What labels have taught to add: how columns go together, and how far scores can be trusted; 0 without labels.
    pub labels: f64,
    /// The sum, in bits of log-odds.
    pub total: f64,
    /// The same as a probability.
    pub probability: Probability,
}

/// One line for each field, with its weight in bits.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>24} {:>+8.2}", "before any evidence", self.prior)?;
        for e in self.evidence.iter().filter(|e| e.agreement != Agreement::Unknown) {
            writeln!(f, "{:>24} {:>+8.2}  {}", e.field, e.bits, e.agreement)?;
        }
        if self.household < -0.005 {
            writeln!(f, "{:>24} {:>+8.2}", "same household instead", self.household)?;
        }
        if self.labels.abs() > 0.005 {
            writeln!(f, "{:>24} {:>+8.2}", "learnt from labels", self.labels)?;
        }
        write!(f, "{:>24} {:>+8.2}  probability {:.4}", "total", self.total, self.probability)
    }
}

/// Explains pairs of one table; made once for many questions.
pub struct Explainer<'m> {
    weights: &'m Weights,
    prepared: Prepared,
    frequencies: Frequencies,
    roots: Vec<u32>,
    names: Vec<String>,
}

/// Prints counts.
impl fmt::Debug for Explainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explainer({} records, {} fields)", self.prepared.rows, self.names.len())
    }
}

impl MatchModel {
    /// Prepares explanations of pairs of these records.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// use regulars::profile::{Agreement, MatchParams};
    ///
    /// let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
    /// let mut builder = Records::builder(fields)?;
    /// builder.push(Record::new("1").value("name", "Ann Lee").value("email", "ann.lee@x.org"))?;
    /// builder.push(Record::new("2").value("name", "Ann Leee").value("email", "ann.lee@x.org"))?;
    /// builder.push(Record::new("3").value("name", "Bob Fox"))?;
    /// let records = builder.build()?;
    /// let model = MatchParams::new().fit(&records)?;
    ///
    /// let why = model.explainer(&records)?.explain(0, 1)?;
    /// assert_eq!(why.evidence[2].agreement, Agreement::Equal);
    /// let sum: f64 = why.evidence.iter().map(|e| e.bits).sum();
    /// assert!((why.prior + sum + why.household - why.total).abs() < 1e-9);
    /// println!("{why}");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a model that goes by rules, which have no weights.
    pub fn explainer(&self, records: &Records) -> Result<Explainer<'_>> {
        let people = self.merge(records)?;
        let weights =
            self.weights.as_ref().ok_or_else(|| Error::input("rules have no weights to explain"))?;
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let roots = people.labels().to_vec();
        let frequencies = Frequencies::of_records(&prepared).of_entities(&prepared, &roots);
        let names = column_names(&prepared, records.fields());
        Ok(Explainer { weights, prepared, frequencies, roots, names })
    }
}

impl Explainer<'_> {
    /// Why two rows count as one person, or do not. Symmetric.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for rows there are not, or one row twice.
    pub fn explain(&self, a: usize, b: usize) -> Result<Explanation> {
        let (low, high) = (a.min(b), a.max(b));
        if high >= self.prepared.rows || low == high {
            return Err(Error::input(format!("expected two different rows below {}", self.prepared.rows)));
        }
        let entities = if self.roots[low] == self.roots[high] { 1 } else { 2 };
        explanation(self.weights, &self.prepared, &self.frequencies, &self.names, [low, high], entities)
    }
}

/// The waterfall of a pair of rows. O(fields), nothing is made anew.
pub(crate) fn explanation(
    weights: &Weights,
    prepared: &Prepared,
    frequencies: &Frequencies,
    names: &[String],
    [low, high]: [usize; 2],
    entities: u32,
) -> Result<Explanation> {
    let pattern = Comparer::new(prepared).compare(low, high, &mut Scratch::new());
    let number = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
    let pair = Pair { a: number(low), b: number(high), pattern };
    let parts = weights.parts(prepared, frequencies, &pair, entities);
    let bits = |x: f64| x / std::f64::consts::LN_2;
    let evidence = parts.columns.iter().zip(names).zip(&prepared.cols);
    let evidence: Vec<Evidence> = evidence
        .map(|((part, name), col)| Evidence {
            field: name.clone(),
            kind: col.kind,
            agreement: Agreement::ALL[part.level],
            same: part.same,
            chance: part.chance,
            bits: bits((part.same / part.chance).ln()),
        })
        .collect();
    let prior = bits(parts.prior);
    let household = bits(parts.household);
    let labels = bits(parts.learnt);
    let total = prior + household + labels + evidence.iter().map(|e| e.bits).sum::<f64>();
    let probability = Probability::from_log_odds(total * std::f64::consts::LN_2)?;
    Ok(Explanation { prior, evidence, household, labels, total, probability })
}

/// The columns' names, parts of whole names told apart.
pub(crate) fn column_names(prepared: &Prepared, fields: &[Field]) -> Vec<String> {
    let name = |col: &Col| {
        let name = fields[col.field].name();
        match col.part {
            Part::Whole => name.to_owned(),
            Part::Family => format!("{name} (family)"),
            Part::Given => format!("{name} (given)"),
        }
    };
    prepared.cols.iter().take(MAX_COLUMNS).map(name).collect()
}
