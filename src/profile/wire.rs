//! How a matcher is saved: settings, fields and weights; no value of any record.
//!
//! Shares, chances and rates are checked when a file is read, by the rules the fit keeps: every share in (0, 1], rates that leave
//! room for strangers, finite likelihoods, as many columns as the fields make. A file that breaks one is an error, not a model
//! that answers strangely. Files of earlier versions lack `first` (weights of the first round) and `vetoes`; they decide as they
//! did then, with one set of weights for both rounds.
//!
//! # What is in the file, and what is not
//! | part | content | size |
//! |---|---|---|
//! | settings | method, sources, normaliser, limits, threshold, vetoes | fixed |
//! | fields | names and kinds | by field |
//! | weights | m, u by level, h by column, λ; twice (first round, second) | 17 numbers a column, twice |
//! | ties | tables of two levels of columns that go together | 128 numbers a tie, three ties a column at most, twice |
//! | learnt | coefficients, bar and F1 of learning from labels, where there were any | 2 C² + 6 C + 6 numbers at most |
//! | trace | log-likelihood by round, whether it converged | at most 50 numbers |
//! | table | number of records and of pairs | 2 numbers |
//!
//! No value, count of a value or record is in it: a matcher can be handed to somebody who may not see the records.
//! What it tells is how clean the table was, and how many pairs of one person it had. The fit's own answer is not
//! saved; a loaded matcher scores the records anew and comes to the same profiles.
//!
//! # Files from before labels
//! `learnt` is not written where there were no labels, and missing in files of earlier versions: those decide as
//! they did. Its coefficients stand in the order of `supervised`'s table of features; as many as the columns make, or
//! none where only shares and the bar were learnt. For 10 columns: 1 + 80 + 6 + 180 = 267 numbers.
//!
//! # Files from before ties
//! `ties` is not written where no columns go together, and missing in files of earlier versions: those decide by columns
//! as independent.
//!
//! # Determinism
//! Numbers are written so that they are read back to the bit; a saved and loaded matcher decides as the one before.
//!
//! # Checks
//! | what | rule | else |
//! |---|---|---|
//! | settings | as [`MatchParams::check`] | `InvalidParam` |
//! | fields | at least one | `InvalidInput` |
//! | weights | exactly where the method is probabilistic, one row a compared column | `InvalidInput`, `ShapeMismatch` |
//! | shares | finite, above 0, at most 1 | `InvalidInput` |
//! | ties | columns exist, shares of known levels in (0, 1] | `InvalidInput` |
//! | learnt | finite, a coefficient of each feature or none | `InvalidInput`, `ShapeMismatch` |
//! | rates | λ₁ above 0, λ₁ + λ₂ below 1 | `InvalidInput` |
//! | pairs | finite, not below 0 | `InvalidInput` |
//!
//! Without them a file with a share of 0 would load and answer −∞ to every pair that has that level.

use serde::{Deserialize, Serialize};

use crate::data::{Field, FieldKind};
use crate::error::{Error, Result};
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Probability;

use super::compare::LEVELS;
use super::mixture::Weights;
use super::model::MatchModel;
use super::normalise::Normaliser;
use super::params::{Limits, MatchParams, Method, Sources};
use super::score::MAX_COLUMNS;
use super::supervised::{Features, LabelSummary, Learnt};
use super::ties::{ByLevel, Tie};

/// The fields of the model under the names of the file.
#[derive(Serialize, Deserialize)]
pub struct MatchRepr {
    method: Method,
    sources: Sources,
    normaliser: Normaliser,
    limits: Limits,
    threshold: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vetoes: Vec<FieldKind>,
    fields: Vec<Field>,
    records: u64,
    all_pairs: f64,
    weights: Option<WeightsRepr>,
}

impl MatchRepr {
    /// The fields of the fit, which an index needs before the matcher is made.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }
}

/// By column: shares and chances of the levels.
///
/// Eight shares a column, the first of them (unknown) without meaning; rates are shares of all pairs.
#[derive(Serialize, Deserialize)]
struct WeightsRepr {
    same: Vec<[f64; LEVELS]>,
    chance: Vec<[f64; LEVELS]>,
    household: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ties: Vec<TieRepr>,
    rate: [f64; 2],
    log_likelihood: Vec<f64>,
    converged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<Box<WeightsRepr>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learnt: Option<LearntRepr>,
}

/// What labels have taught: a coefficient of each feature, or none, and how well it did.
#[derive(Serialize, Deserialize)]
struct LearntRepr {
    beta: Vec<f64>,
    cut: f64,
    same: u64,
    different: u64,
    f1: f64,
    f1_before: f64,
}

impl LearntRepr {
    fn new(learnt: &Learnt) -> Self {
        let LabelSummary { same, different, f1, f1_before, .. } = learnt.summary;
        Self { beta: learnt.beta.clone(), cut: learnt.cut, same, different, f1, f1_before }
    }

    /// A coefficient of each feature, or none; finite numbers; F1 in \[0, 1\].
    fn checked(self, columns: usize) -> Result<Learnt> {
        let expected = Features(columns).len() + 1;
        if !self.beta.is_empty() && self.beta.len() != expected {
            return Err(Error::shape("coefficients learnt from labels", expected, self.beta.len()));
        }
        let shares = [self.f1, self.f1_before].iter().all(|f| (0.0..=1.0).contains(f));
        if !(shares && self.cut.is_finite() && self.beta.iter().all(|b| b.is_finite())) {
            return Err(Error::input("what was learnt from labels is not finite"));
        }
        let Self { beta, cut, same, different, f1, f1_before } = self;
        let corrected = !beta.is_empty();
        Ok(Learnt { beta, cut, summary: LabelSummary { same, different, f1, f1_before, corrected } })
    }
}

impl WeightsRepr {
    fn new(weights: &Weights) -> Self {
        Self {
            same: weights.same.clone(),
            chance: weights.chance.clone(),
            household: weights.household.clone(),
            ties: (0_u32..)
                .zip(&weights.ties)
                .flat_map(|(c, ties)| ties.iter().map(move |t| TieRepr::new(c, t)))
                .collect(),
            rate: weights.rate,
            log_likelihood: weights.log_likelihood.clone(),
            converged: weights.converged,
            first: weights.first.as_deref().map(|w| Box::new(Self::new(w))),
            learnt: weights.learnt.as_ref().map(LearntRepr::new),
        }
    }
}

/// A column that is read behind another one; those of one column in their order.
#[derive(Serialize, Deserialize)]
struct TieRepr {
    column: u32,
    parent: u32,
    same: ByLevel,
    chance: ByLevel,
}

impl TieRepr {
    fn new(column: u32, tie: &Tie) -> Self {
        let parent = u32::try_from(tie.parent).unwrap_or(u32::MAX);
        Self { column, parent, same: tie.same, chance: tie.chance }
    }
}

/// By column; columns exist, shares of known levels lie in (0, 1].
fn ties(repr: Vec<TieRepr>, columns: usize) -> Result<Vec<Vec<Tie>>> {
    let mut ties = vec![Vec::new(); columns];
    for TieRepr { column, parent, same, chance } in repr {
        let known = |table: &ByLevel| {
            table[1..].iter().all(|row| row[1..].iter().all(|p| p.is_finite() && *p > 0.0 && *p <= 1.0))
        };
        let (column, parent) = (column as usize, parent as usize);
        if column.max(parent) >= columns || column == parent || !known(&same) || !known(&chance) {
            return Err(Error::input("two columns that go together are not as a fit leaves them"));
        }
        ties[column].push(Tie { parent, same, chance });
    }
    Ok(ties)
}

impl Wire for MatchModel {
    const KIND: &'static str = "match";
    type Repr = MatchRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> MatchRepr {
        MatchRepr {
            method: self.params.method,
            sources: self.params.sources,
            normaliser: self.params.normaliser,
            limits: self.params.limits.clone(),
            threshold: self.params.threshold.map(Probability::get),
            vetoes: self.params.vetoes.clone(),
            fields: self.fields.clone(),
            records: self.records as u64,
            all_pairs: self.all_pairs,
            weights: self.weights.as_ref().map(WeightsRepr::new),
        }
    }

    /// Settings pass the same check as a caller's. Weights are there exactly where the matcher is probabilistic.
    fn from_wire(repr: MatchRepr, _: &mut BlockReader) -> Result<Self> {
        let params = MatchParams {
            method: repr.method,
            sources: repr.sources,
            normaliser: repr.normaliser,
            limits: repr.limits,
            threshold: repr.threshold.map(Probability::new).transpose()?,
            vetoes: repr.vetoes,
        };
        params.check()?;
        if repr.fields.is_empty() || repr.weights.is_some() != (params.method == Method::Probabilistic) {
            return Err(Error::input(
                "a matcher needs fields, and weights exactly where it is probabilistic",
            ));
        }
        if !(repr.all_pairs.is_finite() && repr.all_pairs >= 0.0) {
            return Err(Error::input("the number of pairs is not finite"));
        }
        let parts = |field: &Field| match field.kind() {
            FieldKind::FullName | FieldKind::ChineseName => 2,
            _ => 1,
        };
        let columns = repr.fields.iter().map(parts).sum::<usize>().min(MAX_COLUMNS);
        let weights = repr.weights.map(|w| weights(w, columns)).transpose()?;
        let records = usize::try_from(repr.records).map_err(|_| Error::overflow("the number of records"))?;
        Ok(Self { params, fields: repr.fields, weights, records, all_pairs: repr.all_pairs, known: None })
    }
}

/// Every rule that the fit keeps.
///
/// Shares m, u (levels differ to short) and h in (0, 1], h below 1; λ₁ in (0, 1], λ₂ in \[0, 1\], together below 1.
/// Weights of the first round are checked by the same rules; those inside them, which the fit never makes, are not
/// read.
fn weights(repr: WeightsRepr, columns: usize) -> Result<Weights> {
    for length in [repr.same.len(), repr.chance.len(), repr.household.len()] {
        if length != columns {
            return Err(Error::shape("columns of weights", columns, length));
        }
    }
    let share = |p: &f64| p.is_finite() && *p > 0.0 && *p <= 1.0;
    let same = repr.same.iter().all(|levels| levels.iter().all(share));
    let chance = repr.chance.iter().all(|levels| levels[1..6].iter().all(share));
    let household = repr.household.iter().all(|p| share(p) && *p < 1.0);
    let [people, homes] = repr.rate;
    let rates = share(&people) && (0.0..=1.0).contains(&homes) && people + homes < 1.0;
    if !(same && chance && household && rates) {
        return Err(Error::input("a share is not between 0 and 1"));
    }
    if repr.log_likelihood.iter().any(|l| !l.is_finite()) {
        return Err(Error::input("a log-likelihood is not finite"));
    }
    Ok(Weights {
        same: repr.same,
        chance: repr.chance,
        household: repr.household,
        ties: ties(repr.ties, columns)?,
        rate: repr.rate,
        log_likelihood: repr.log_likelihood,
        converged: repr.converged,
        first: repr
            .first
            .map(|w| weights(WeightsRepr { first: None, learnt: None, ..*w }, columns).map(Box::new))
            .transpose()?,
        learnt: repr.learnt.map(|l| l.checked(columns)).transpose()?,
    })
}
