//! `MatchModel`: what was learnt, and how it decides.

use std::fmt;
use std::sync::Arc;

use crate::data::{Field, Records};
use crate::error::{Error, Result};
use crate::types::Probability;

use super::block::Blocks;
use super::cluster::{Linkage, cluster};
use super::mixture::{Sample, Weights};
use super::params::{MatchParams, Method, Sources};
use super::prepare::Prepared;
use super::profiles::{Counts, Profiles};
use super::rules;
use super::score::{Comparer, Frequencies, Pair};

/// A fitted matcher.
///
/// `Debug` prints counts.
#[derive(Clone)]
pub struct MatchModel {
    pub(super) params: MatchParams,
    pub(super) fields: Vec<Field>,
    pub(super) weights: Option<Weights>,
    pub(super) records: usize,
    pub(super) all_pairs: f64,
    /// The answer for the records of the fit, which the fit has found on its way.
    pub(super) known: Option<Arc<Known>>,
}

pub(super) struct Known {
    fingerprint: u64,
    roots: Vec<u32>,
    pairs: u64,
}

/// How a fit went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MatchSummary {
    /// Records of the fit.
    pub records: usize,
    /// Rounds of expectation-maximisation.
    pub iterations: usize,
    /// Whether the last of them moved the log-likelihood by less than 1e-5 of itself.
    pub converged: bool,
    /// Log-likelihood of the pairs learnt from, against all of them being strangers, round by round. It may fall where
    /// the values are counted anew, by people instead of by records.
    pub log_likelihood: Vec<f64>,
    /// Expected pairs of one person among all pairs.
    pub pairs_of_one_person: f64,
    /// Expected pairs of two people of one household.
    pub pairs_of_one_household: f64,
}

/// Pairs the fit learns from; more would not change the weights.
const LEARN_FROM: usize = 150_000;
/// Random pairs that show what strangers share.
const RANDOM: usize = 60_000;
/// Rounds of weighing and clustering: the second counts values by people instead of by records.
const ROUNDS: usize = 2;
/// Log-odds of a pair that was not compared, and bounds of what a compared pair can count in a cluster: one slip in an
/// identifier must not outweigh everything else.
const UNSCORED: f64 = -1.5;
const LEAST: f64 = -6.0;
const MOST: f64 = 12.0;

impl MatchModel {
    pub(crate) fn fit(params: MatchParams, records: &Records) -> Result<Self> {
        let mut model = Self {
            params,
            fields: records.fields().to_vec(),
            weights: None,
            records: records.len(),
            all_pairs: 1.0,
            known: None,
        };
        let prepared = Prepared::new(records, model.params.normaliser)?;
        model.all_pairs = all_pairs(&prepared, model.params.sources);
        let (roots, pairs) = match model.params.method {
            Method::Rules => (rules::resolve(&prepared, &model.params.limits).0, 0),
            Method::Probabilistic => {
                let (weights, roots, pairs) = learn(&prepared, &model.params);
                model.weights = Some(weights);
                (roots, pairs)
            }
        };
        model.known = Some(Arc::new(Known { fingerprint: records.fingerprint(), roots, pairs }));
        Ok(model)
    }

    /// Sorts records into profiles.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit.
    pub fn merge(&self, records: &Records) -> Result<Profiles> {
        if records.fields() != self.fields {
            return Err(Error::shape("fields, those of the fit", self.fields.len(), records.fields().len()));
        }
        let known = self
            .known
            .as_deref()
            .filter(|k| k.roots.len() == records.len() && k.fingerprint == records.fingerprint());
        let normaliser = self.params.normaliser;
        if let Some(known) = known {
            let mut profiles = Profiles::from_roots(records, normaliser, &known.roots);
            profiles.counts = Counts { pairs_scored: known.pairs };
            return Ok(profiles.with_threshold(self.threshold()));
        }
        let prepared = Prepared::new(records, normaliser)?;
        let (roots, pairs) = match &self.weights {
            None => (rules::resolve(&prepared, &self.params.limits).0, 0),
            Some(weights) => {
                let pairs = Comparer::new(&prepared).all(&Blocks::new(&prepared, self.params.sources));
                let roots = decide(&prepared, &self.params, weights, &pairs);
                (roots, pairs.len() as u64)
            }
        };
        let mut profiles = Profiles::from_roots(records, normaliser, &roots);
        profiles.counts = Counts { pairs_scored: pairs };
        Ok(profiles.with_threshold(self.threshold()))
    }

    /// The pairs of rows that are compared: what blocking keeps of all pairs.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit.
    pub fn candidates(&self, records: &Records) -> Result<Vec<(u32, u32)>> {
        if records.fields() != self.fields {
            return Err(Error::shape("fields, those of the fit", self.fields.len(), records.fields().len()));
        }
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let blocks = Blocks::new(&prepared, self.params.sources);
        let mut others = Vec::new();
        let mut pairs = Vec::new();
        for (row, number) in (0..prepared.rows).zip(0_u32..) {
            blocks.candidates(&prepared, row, &mut others);
            pairs.extend(others.iter().map(|other| (number, *other)));
        }
        Ok(pairs)
    }

    /// How the fit went; `None` under [`Method::Rules`].
    ///
    /// ```
    /// use regulars::profile::MatchParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let records = ShopParams::new(300, Seed(7)).simulate()?.records()?;
    /// let model = MatchParams::new().fit(&records)?;
    /// let summary = model.summary().expect("a probabilistic model");
    /// assert!(summary.iterations > 0 && summary.pairs_of_one_person > 0.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn summary(&self) -> Option<MatchSummary> {
        let weights = self.weights.as_ref()?;
        let pairs = self.all_pairs;
        Some(MatchSummary {
            records: self.records,
            iterations: weights.log_likelihood.len(),
            converged: weights.converged,
            log_likelihood: weights.log_likelihood.clone(),
            pairs_of_one_person: weights.rate[0] * pairs,
            pairs_of_one_household: weights.rate[1] * pairs,
        })
    }

    /// The probability from which two records count as one person; `None` under [`Method::Rules`].
    pub fn threshold(&self) -> Option<Probability> {
        let chosen = self.params.threshold.or_else(|| Probability::new(0.5).ok());
        self.weights.as_ref().and(chosen)
    }
}

fn all_pairs(prepared: &Prepared, sources: Sources) -> f64 {
    let n = prepared.rows as f64;
    let all = n * (n - 1.0) / 2.0;
    match sources {
        Sources::MayRepeat => all.max(1.0),
        Sources::FreeOfDuplicates => {
            let mut sizes = vec![0.0_f64; prepared.sources];
            for source in &prepared.source {
                sizes[*source as usize] += 1.0;
            }
            (all - sizes.iter().map(|s| s * (s - 1.0) / 2.0).sum::<f64>()).max(1.0)
        }
    }
}

/// One or two entities, as the last round saw them.
fn entities_of(roots: &[u32]) -> impl Fn(&Pair) -> u32 + Sync + Send + '_ {
    |pair| if roots[pair.a as usize] == roots[pair.b as usize] { 1 } else { 2 }
}

fn learn(prepared: &Prepared, params: &MatchParams) -> (Weights, Vec<u32>, u64) {
    let across = params.sources == Sources::FreeOfDuplicates;
    let comparer = Comparer::new(prepared);
    let blocks = Blocks::new(prepared, params.sources);
    let pairs = comparer.all(&blocks);
    let total = all_pairs(prepared, params.sources);
    // In a small table, drawing a pair again and again would show nothing new.
    let enough = (RANDOM as f64).min(2.0 * total);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and RANDOM")]
    let random = comparer.random(enough as usize, across);
    // Every so many pairs; those of one record stay apart, which is as good as drawing them.
    let step = pairs.len().div_ceil(LEARN_FROM).max(1);
    let chosen: Vec<Pair> = pairs.iter().step_by(step).copied().collect();
    let weight = pairs.len() as f64 / (chosen.len() as f64).max(1.0);
    let mut roots: Vec<u32> = (0..u32::MAX).take(prepared.rows).collect();
    let mut weights = Weights::start(prepared, total);
    for round in 0..ROUNDS {
        let frequencies = Frequencies::new(prepared, |row| roots[row]);
        let entities = entities_of(&roots);
        let sample = Sample::new(prepared, &frequencies, &chosen, weight, &entities);
        let strangers = Sample::new(prepared, &frequencies, &random, 1.0, &entities);
        weights.fit(prepared, &sample, &strangers, total);
        if round + 1 < ROUNDS {
            let scores = weights.score(prepared, &frequencies, &pairs, &entities);
            let next = join(prepared, params, &pairs, &scores);
            drop(entities);
            roots = next;
        }
    }
    let roots = decide(prepared, params, &weights, &pairs);
    (weights, roots, pairs.len() as u64)
}

/// The root of each row: scored with values counted by record, joined, and once more with values counted by profile.
/// A function of records, settings and weights alone, so that a saved matcher decides as the fit did.
fn decide(prepared: &Prepared, params: &MatchParams, weights: &Weights, pairs: &[Pair]) -> Vec<u32> {
    let mut roots: Vec<u32> = (0..u32::MAX).take(prepared.rows).collect();
    for _ in 0..ROUNDS {
        let frequencies = Frequencies::new(prepared, |row| roots[row]);
        let scores = weights.score(prepared, &frequencies, pairs, entities_of(&roots));
        roots = join(prepared, params, pairs, &scores);
    }
    roots
}

fn join(prepared: &Prepared, params: &MatchParams, pairs: &[Pair], scores: &[f32]) -> Vec<u32> {
    let cut = params.threshold.map_or(0.0, |p| (p.get() / (1.0 - p.get())).ln());
    let linkage = Linkage { cut, unscored: UNSCORED, least: LEAST, most: MOST };
    let sources = (params.sources == Sources::FreeOfDuplicates).then_some(prepared.source.as_slice());
    cluster(prepared.rows, pairs, scores, linkage, sources)
}

impl fmt::Debug for MatchModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MatchModel({:?}, {} fields, {} records)",
            self.params.method,
            self.fields.len(),
            self.records
        )
    }
}
