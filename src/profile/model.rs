//! `MatchModel`: what was learnt, and how it decides.
//!
//! # What a fit does, in order
//! 1. Values are normalised and numbered (`prepare`), passes chosen (`block`), candidates compared (`score`): once.
//! 2. At most 60,000 kept pairs, evenly spread over the list, and as many random ones are weighed; EM runs
//!    (`mixture`), values counted by record.
//! 3. All kept pairs are scored and joined (`cluster`): the first profiles.
//! 4. Values are counted by profile, EM runs again from where it stood, hopeful pairs are scored again and joined:
//!    the answer.
//!
//! Both sets of weights are kept, so that [`merge`](MatchModel::merge) of a loaded matcher takes the same two
//! rounds on whatever records it is given and answers for the records of the fit as the fit did.
//!
//! # Why two rounds
//! Where one person has ten records, a rare name has a count of ten and looks common; counted by person it has one.
//! The first round needs counts by record, since it does not know people yet; its few errors cost little, as a
//! count moves by one.
//!
//! # Which pairs are learnt from
//! Every k-th of the kept pairs, k = ⌈P / 60,000⌉, each standing for P / sample pairs. A share m of 0.05 is then
//! known to about √(0.05 · 0.95 / 10,000) = 0.002 where 10,000 of the sample are of one person: less than what
//! independence gets wrong.
//!
//! # Threshold
//! p is turned into log-odds t = ln(p / (1 − p)): 0.5 is 0, 0.9 is 2.2, 0.99 is 4.6. The default is 0; see
//! [`MatchParams::threshold`]. It is the bar for means between groups and for pairs alike.
//!
//! # Complexity
//! O(n F log n + P F + 50 · 120,000 · F) time with n records, P compared pairs, F columns; a merge of other records
//! leaves the learning out. A merge of the very records of the fit costs O(n): they are told by a fingerprint, and
//! the fit's answer is given again.
//!
//! # Determinism
//! The same records in the same order, settings and version give the same weights to the bit and the same profiles,
//! whatever the number of threads.
//!
//! # What the summary tells
//! λ₁ times the pairs of the table is the expected number of pairs of one person. A person of s records makes s (s
//! − 1) / 2 of them: 1,000 expected pairs are 1,000 people with two records each, or 100 with five. Where it is far
//! above the pairs that [`merge`](MatchModel::merge) puts together, the threshold is high or the blocking misses;
//! far below, groups hold pairs that by themselves are unlikely.
//!
//! # The bar
//! Where groups join is decided by, in this order, the caller's threshold, the bar that labels have taught, and 0.
//! The bar that labels teach does not move the level below which pairs are dropped, so that a saved matcher compares
//! the pairs that the fit compared.
//!
//! # Errors
//! Settings out of range, no records, other fields than those of the fit, more than 4 GiB of values in a column.
//! Values are never an error: a table of blanks is fitted, and everybody stays alone.

use std::fmt;
use std::sync::Arc;

use crate::data::{Field, NONE, Records};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Probability;

use super::block::Blocks;
use super::cluster::{Constraints, Linkage, cluster};
use super::frequency::Frequencies;
use super::labels::{Labelled, Labels};
use super::mixture::{Rough, Sample, Weights};
use super::params::{MatchParams, Method, Sources};
use super::prepare::Prepared;
use super::profiles::{Counts, Profiles};
use super::rules;
use super::score::{Comparer, Pair};
use super::supervised::{self, LabelSummary};

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

/// Four bytes a record. The fingerprint tells whether the records are those of the fit; it is not saved.
pub(super) struct Known {
    fingerprint: u64,
    roots: Vec<u32>,
    pairs: u64,
}

/// How a fit went.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
    /// What labels have taught; `None` without labels.
    pub labels: Option<LabelSummary>,
}

/// Pairs the fit learns from; more would not change the weights.
///
/// It also bounds a round of learning: O(60,000 · columns), whatever the size of the table.
const LEARN_FROM: usize = 60_000;
/// Random pairs that show what strangers share.
const RANDOM: usize = 60_000;
/// Log-odds of a pair that was not compared, and bounds of what a compared pair can count in a cluster: one slip in an
/// identifier must not outweigh everything else.
///
/// In nats. −6 to 12 is odds of 1 : 400 to 160,000 : 1.
const UNSCORED: f64 = -1.5;
/// The worst a pair can say: one mistyped or borrowed value must not part two groups that agree otherwise.
const LEAST: f64 = -6.0;
/// The best a pair can say: with more, one identifier copied by mistake would outweigh any number of
/// contradictions.
const MOST: f64 = 12.0;

impl MatchModel {
    /// Settings are taken as checked. Without records that can be compared the weights are the priors, and
    /// everybody is a profile.
    pub(crate) fn fit(params: MatchParams, records: &Records, labels: Option<&Labels>) -> Result<Self> {
        let known = labels.map(|l| l.known(records)).transpose()?;
        let normaliser = params.normaliser.settled(records)?;
        let mut model = Self {
            params: MatchParams { normaliser, ..params },
            fields: records.fields().to_vec(),
            weights: None,
            records: records.len(),
            all_pairs: 1.0,
            known: None,
        };
        let prepared = Prepared::new(records, normaliser)?;
        model.all_pairs = all_pairs(&prepared, model.params.sources);
        let (roots, pairs) = match model.params.method {
            Method::Rules => (rules::resolve(&prepared, &model.params.limits).0, 0),
            Method::Probabilistic => {
                let (weights, roots, pairs) = learn(&prepared, &model.params, known.as_ref());
                model.weights = Some(weights);
                (roots, pairs)
            }
        };
        model.known = Some(Arc::new(Known { fingerprint: records.fingerprint(), roots, pairs }));
        Ok(model)
    }

    pub(super) fn check_fields(&self, records: &Records) -> Result<()> {
        if records.fields() == self.fields {
            return Ok(());
        }
        Err(Error::shape("fields, those of the fit", self.fields.len(), records.fields().len()))
    }

    /// Sorts records into profiles.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit.
    pub fn merge(&self, records: &Records) -> Result<Profiles> {
        self.check_fields(records)?;
        let known = self
            .known
            .as_deref()
            .filter(|k| k.roots.len() == records.len() && k.fingerprint == records.fingerprint());
        let normaliser = self.params.normaliser.settled(records)?;
        if let Some(known) = known {
            let mut profiles = Profiles::from_roots(records, normaliser, &known.roots);
            profiles.counts = Counts { pairs_scored: known.pairs };
            return Ok(profiles.with_threshold(self.threshold()));
        }
        let prepared = Prepared::new(records, normaliser)?;
        let (roots, pairs) = match &self.weights {
            None => (rules::resolve(&prepared, &self.params.limits).0, 0),
            Some(weights) => {
                let table = Compared::new(&prepared, &self.params);
                (decide(&prepared, &self.params, weights, &table, Constraints::default()), table.count)
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
        self.check_fields(records)?;
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let blocks = Blocks::new(&prepared, self.params.sources);
        let spans = par::map_chunks(blocks.spans(), 1, |range| {
            let mut pairs = Vec::new();
            for span in range.map(|i| blocks.span(&prepared, i)) {
                for (row, others) in span.rows() {
                    let row = u32::try_from(row).unwrap_or(NONE);
                    pairs.extend(others.iter().map(|other| (row, *other)));
                }
            }
            pairs
        });
        Ok(spans.concat())
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
            labels: weights.learnt.as_ref().map(|l| l.summary),
        })
    }

    /// The probability from which two records count as one person; `None` under [`Method::Rules`].
    pub fn threshold(&self) -> Option<Probability> {
        let weights = self.weights.as_ref()?;
        self.params
            .threshold
            .or_else(|| Probability::from_log_odds(linkage_of(&self.params, weights).cut).ok())
    }
}

/// n (n − 1) / 2, less the pairs inside each source where sources are free of duplicates; at least 1, so that rates
/// are defined.
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
///
/// It is what [`Frequencies::chance`] takes off a count: a pair inside a profile is counted once there, any other
/// pair twice.
pub(super) fn entities_of(roots: &[u32]) -> impl Fn(&Pair) -> u32 + Sync + Send + '_ {
    |pair| if roots[pair.a as usize] == roots[pair.b as usize] { 1 } else { 2 }
}

/// The same before anything is known: every record is an entity of its own.
fn as_records(_: &Pair) -> u32 {
    2
}

type Entities<'a> = dyn Fn(&Pair) -> u32 + Sync + Send + 'a;

/// All that scoring needs of a table before any weight is learnt.
///
/// Made once for a table, whatever is decided about it later: pairs with their levels, counts by record, and how
/// many candidates there were.
pub(super) struct Compared {
    pub(super) frequencies: Frequencies,
    pub(super) pairs: Vec<Pair>,
    pub(super) count: u64,
}

impl Compared {
    pub(super) fn new(prepared: &Prepared, params: &MatchParams) -> Self {
        let blocks = Blocks::new(prepared, params.sources);
        let frequencies = Frequencies::of_records(prepared);
        let start = Weights::start(prepared, all_pairs(prepared, params.sources));
        let rough = Rough::new(&start, &frequencies, params.cut());
        let (pairs, count) = Comparer::new(prepared).all(blocks, &rough, &frequencies);
        Self { frequencies, pairs, count }
    }
}

/// Weights, the root of each row, and how many pairs were compared. The first round's weights go inside the
/// second's. Labels come last, on top of what is learnt without them.
fn learn(prepared: &Prepared, params: &MatchParams, known: Option<&Labelled>) -> (Weights, Vec<u32>, u64) {
    let across = params.sources == Sources::FreeOfDuplicates;
    let table = Compared::new(prepared, params);
    let total = all_pairs(prepared, params.sources);
    // In a small table, drawing a pair again and again would show nothing new.
    let enough = (RANDOM as f64).min(2.0 * total);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and RANDOM")]
    let random = Comparer::new(prepared).random(enough as usize, across);
    // Every so many pairs; those of one record stay apart, which is as good as drawing them.
    let step = table.pairs.len().div_ceil(LEARN_FROM).max(1);
    let chosen: Vec<Pair> = table.pairs.iter().step_by(step).copied().collect();
    let weight = table.pairs.len() as f64 / (chosen.len() as f64).max(1.0);
    let mut weights = Weights::start(prepared, total);
    let learn = |weights: &mut Weights, frequencies: &Frequencies, entities: &Entities<'_>| {
        let sample = Sample::new(prepared, frequencies, &chosen, weight, entities);
        let strangers = Sample::new(prepared, frequencies, &random, 1.0, entities);
        weights.fit(prepared, &sample, &strangers, total);
    };
    learn(&mut weights, &table.frequencies, &as_records);
    let first = First::new(prepared, params, &weights, &table, Constraints::default());
    weights.first = Some(Box::new(weights.clone()));
    learn(&mut weights, &first.counted, &entities_of(&first.roots));
    if let Some(known) = known {
        supervised::learn(prepared, params, &mut weights, &table, &first, known);
    }
    let roots = first.decide(prepared, params, &weights, &table, Constraints::default());
    (weights, roots, table.count)
}

/// The root of each row: scored with values counted by record, joined, and once more with values counted by profile.
/// A function of records, settings and weights alone, so that a saved matcher decides as the fit did.
pub(super) fn decide(
    prepared: &Prepared,
    params: &MatchParams,
    weights: &Weights,
    table: &Compared,
    links: Constraints<'_>,
) -> Vec<u32> {
    let before = weights.first.as_deref().unwrap_or(weights);
    First::new(prepared, params, before, table, links).decide(prepared, params, weights, table, links)
}

/// What the first round finds, values counted by record.
pub(super) struct First {
    pub(super) scores: Vec<f32>,
    pub(super) roots: Vec<u32>,
    /// Values counted by the profiles found.
    pub(super) counted: Frequencies,
    /// Log-odds below which a pair is not scored again.
    pub(super) least: f32,
}

impl First {
    fn new(
        prepared: &Prepared,
        params: &MatchParams,
        weights: &Weights,
        table: &Compared,
        links: Constraints<'_>,
    ) -> Self {
        let scores = weights.score(prepared, &table.frequencies, &table.pairs, as_records);
        let roots = join(prepared, params, weights, &table.pairs, &scores, links);
        let counted = table.frequencies.of_entities(prepared, &roots);
        Self { scores, roots, counted, least: params.least() }
    }

    /// The scores of the second round, values counted by profile. Pairs that came out hopeless are not looked at
    /// again.
    pub(super) fn rescored(&self, prepared: &Prepared, weights: &Weights, table: &Compared) -> Vec<f32> {
        let mut scores = self.scores.clone();
        let entities = entities_of(&self.roots);
        weights.rescore(prepared, &self.counted, &table.pairs, entities, self.least, &mut scores);
        scores
    }

    /// The second round.
    fn decide(
        mut self,
        prepared: &Prepared,
        params: &MatchParams,
        weights: &Weights,
        table: &Compared,
        links: Constraints<'_>,
    ) -> Vec<u32> {
        let entities = entities_of(&self.roots);
        weights.rescore(prepared, &self.counted, &table.pairs, entities, self.least, &mut self.scores);
        join(prepared, params, weights, &table.pairs, &self.scores, links)
    }
}

/// Log-odds so far below the threshold, and below the least that a pair can count, that no later round brings them back.
///
/// min(t − 10, −10) nats. Ten nats are odds of 22,000: what learning and counting by person move a score by is far
/// less.
#[expect(clippy::cast_possible_truncation, reason = "a bound")]
pub(super) fn hopeless(cut: f64) -> f32 {
    (cut - 10.0).min(-10.0) as f32
}

impl MatchParams {
    /// The log-odds that the caller's threshold asks for; 0 without one.
    pub(super) fn cut(&self) -> f64 {
        self.threshold.map_or(0.0, |p| (p.get() / (1.0 - p.get())).ln())
    }

    /// Log-odds below which a pair is out of the question. The bar that labels teach does not move it, so that the
    /// pairs of a fit are those of every later merge.
    pub(super) fn least(&self) -> f32 {
        hopeless(self.cut())
    }
}

/// How pairs count in a cluster: the bar is the caller's, or else the one that labels have taught, or else 0.
pub(crate) fn linkage_of(params: &MatchParams, weights: &Weights) -> Linkage {
    let taught = weights.learnt.as_ref().filter(|_| params.threshold.is_none());
    let cut = taught.map_or_else(|| params.cut(), |l| l.cut);
    Linkage { cut, unscored: UNSCORED, least: LEAST, most: MOST }
}

/// Joins pairs under everything that parts or ties records: sources, links, vetoes.
pub(super) fn join(
    prepared: &Prepared,
    params: &MatchParams,
    weights: &Weights,
    pairs: &[Pair],
    scores: &[f32],
    links: Constraints<'_>,
) -> Vec<u32> {
    let sources = (params.sources == Sources::FreeOfDuplicates).then_some(prepared.source.as_slice());
    let comparer = Comparer::new(prepared);
    let vetoed = comparer.vetoed(&params.vetoes);
    let conflict = |a: u32, b: u32| comparer.conflict(&vetoed, a, b);
    let constraints =
        Constraints { sources, conflict: if vetoed.is_empty() { None } else { Some(&conflict) }, ..links };
    cluster(prepared.rows, pairs, scores, linkage_of(params, weights), constraints)
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
