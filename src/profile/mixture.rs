//! Three kinds of pairs: one person, one household, strangers.
//!
//! # The model
//! Each column c contributes a likelihood ratio against strangers,
//! ```text
//! R_c = m_c(l) / u_c(l)        l the level of agreement; 1 where a value is missing
//! ```
//! with m the share of the level among pairs of one person and u its chance among strangers; for the two highest levels u is
//! that of the very value ([`Frequencies::chance`]). A pair of one person multiplies R over the columns; a pair of a
//! household shares a column's value with probability h and is a pair of strangers there otherwise:
//! ```text
//! one person     w₁ = λ₁ · Π R_c
//! one household  w₂ = λ₂ · Π (h_c · R_c + 1 − h_c)
//! strangers      w₃ = 1 − λ₁ − λ₂
//! ```
//! A pair is of one person with probability w₁ / (w₁ + w₂ + w₃); its score is the logarithm of w₁ / (w₂ + w₃), in nats.
//!
//! # The fit
//! Expectation-maximisation (Dempster, Laird and Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x) over a sample of compared
//! pairs, each standing for `weight` pairs of the table; pairs that were not compared are strangers. With γ the probability of
//! one person and η of a household in the expectation step,
//! ```text
//! m_c(l) = (Σ γ [level = l] + 40 · prior(l)) / (Σ γ [level known] + 40)
//! h_c    = (Σ η · h R / (h R + 1 − h) + 100 · prior) / (Σ η + 100)      within the bounds of the kind
//! λ₁     = Σ γ · weight / pairs,   λ₂ = Σ η · weight / pairs
//! ```
//! u comes from random pairs, with a prior worth 20,000 pairs. The priors (Dirichlet and Beta) hold each class to its meaning:
//! without them two classes drift to "household" and "the rest".
//!
//! # Convergence
//! At most 25 rounds; converged when a round moves the log-likelihood by less than 10⁻⁵ of itself. The trace is kept and says
//! so honestly. O(rounds · pairs · columns).
//!
//! # By hand
//! 1,000 records; λ₁ = 0.001, λ₂ = 0.0002. Two of them share a surname (20 of 1,000 have it) and a birth date that nobody else
//! has; their given names differ. With the priors:
//! ```text
//!                    R                      person      household, h R + 1 − h
//! surname equal      0.865 / 0.018 = 48     × 48        h = 0.75     × 36
//! birth date equal   0.88 / 0.000045        × 19,360    h = 0.004    × 78
//! given name differs 0.03 / 0.97 = 0.031    × 0.031     h = 0.01     × 0.99
//! w₁ = 29     w₂ = 0.56     w₃ = 0.999      ln(29 / 1.56) = 2.9: rather one person
//! ```
//! Without the birth date in common w₁ = 0.0015 and w₂ = 0.007: rather a household than a person, most likely neither.
//!
//! # When there are no households
//! The class for households starts at a fifth of the class for persons and is learnt. In a table of a laboratory or of web
//! accounts λ₂ falls towards 0.05 / pairs, w₂ vanishes from the score, and what is left is the model of Fellegi and Sunter.
//!
//! # What it assumes, and what it does about it
//! Columns are taken as independent within a class, but for those that strangers visibly share together (city and postcode,
//! a name beside the whole name): they are read one behind the other (`ties`), and `R_c` is then `m_c(l | k) / u_c(l | k)`,
//! k the level of the column in front. Those who share an address and a surname are what the class for households is for.
//!
//! # From ratios to bits
//! A column's weight in the sense of Fellegi and Sunter is log₂ R; weights add up because columns are taken as
//! independent. The score is in nats (natural logarithm): 1 nat is 1.44 bits, odds of 2.7. A probability follows as
//! p = 1 / (1 + e^(−score)).
//!
//! | score, nats | bits | odds | probability |
//! |---|---|---|---|
//! | −4.6 | −6.6 | 1 : 100 | 0.010 |
//! | 0 | 0 | 1 : 1 | 0.500 |
//! | 2.2 | 3.2 | 9 : 1 | 0.900 |
//! | 4.6 | 6.6 | 99 : 1 | 0.990 |
//! | 12 | 17.3 | 163,000 : 1 | 0.999994 |
//!
//! # One round of the fit by hand
//! A column whose prior share of `Equal` is 0.865. In the expectation step the candidates add up to Σ γ = 100 pairs
//! of one person with both values known, of which 95 agree, so the maximisation step answers
//! ```text
//! m(Equal) = (95 + 40 · 0.865) / (100 + 40) = 129.6 / 140 = 0.926
//! ```
//! The sample holds every third candidate of a table of 10,000 records (50 million pairs; weight 3), with Σ γ =
//! 1,200 in all: λ₁ = (1,200 · 3 + 0.5) / (50,000,000 + 1) = 7.2 · 10⁻⁵, that is 3,600 pairs of one person expected
//! in the table.
//!
//! # Calibration
//! λ₁ and λ₂ are shares of all pairs of the table, not of the candidates: a score needs no further shift whatever
//! the blocking keeps. Scores are calibrated as far as columns are independent within a class; where they are not,
//! scores lie too far from 0 on both sides, which moves few pairs across a threshold at p = ½ and more across one
//! at 0.99. Bounds in `cluster` take the edge off.
//!
//! # Differ
//! The chance of `Differ` is what the levels from weak to short leave, at least 0.05; that strangers may also be
//! equal is not taken off. In a column of very many values this is nothing; in one where strangers are equal with
//! chance p, a difference counts log₂(1 / (1 − p)) bits more against one person than it would otherwise: one bit
//! for a category of two halves.
//!
//! # Determinism
//! Sums over pairs are taken in chunks of 8,192 whose order is fixed, whatever the number of threads, so weights
//! are the same to the bit.
//!
//! # Errors
//! None: there is no table from which the fit fails. Without candidates the priors stay; without a filled column
//! all ratios are 1, every score is ln(λ₁ / (1 − λ₁)), and nothing is joined.
//!
//! # The rule of Fellegi and Sunter, and what is done here
//! Their optimal rule orders pairs by Π R and cuts twice: above the upper cut a link, below the lower one a
//! non-link, between them a clerk looks. For given rates of false links and false non-links no rule leaves less to
//! the clerk. Here
//! - the order is by w₁ / (w₂ + w₃), which is the same order where there are no households;
//! - one cut is chosen, in probability, and applied to groups instead of pairs (`cluster`);
//! - the clerk's interval is asked for by [`review`](super::MatchModel::review), with two probabilities of the
//!   caller's choice.
//!
//! | quantity | from the expectation step |
//! |---|---|
//! | expected true pairs | Σ γ · weight |
//! | expected false links above a cut | Σ (1 − γ) · weight over pairs above it |
//! | expected missed pairs among candidates | Σ γ · weight over pairs below it |
//!
//! # Why it finds the right classes without labels
//! Three classes of independent columns of several levels can in general be told apart from three columns on, up to
//! their names. Names and small tables are settled by priors: an equal national id has h = 0.001 and an equal
//! address h = 0.9, so a class that shares addresses and not ids can only be the households. What strangers share
//! together is learnt from random pairs (`ties`); dependence inside the class of one person only behind what a household
//! shares too, since there it cannot be mistaken for another person.
//!
//! # What holds the classes
//! Shares of `Differ` among pairs of one person have an upper bound for what hardly ever changes (`prior`): 0.12 for given
//! names, 0.35 for birth dates, 0.25 for national ids. In a file of families without birth dates the likelihood has a second
//! maximum, where "one person" is a home and given names differ in half of its pairs; bounded, the fit does not end there.
//! In a made-up file of 9,452 such records F1 goes from .774 to .938.
//!
//! # References
//! - Fellegi and Sunter 1969, A theory for record linkage, doi:10.1080/01621459.1969.10501049.
//! - Winkler 1988, Using the EM algorithm for weight computation in the Fellegi-Sunter model of record linkage.
//! - Jaro 1989, Advances in record-linkage methodology as applied to matching the 1985 census of Tampa, Florida,
//!   doi:10.1080/01621459.1989.10478785.

use crate::data::{Field, FieldKind, NONE};
use crate::kernel::par;

use super::compare::LEVELS;
use super::frequency::{Frequencies, depends_on_value};
use super::model::hopeless;
use super::prepare::{Prepared, plan};
use super::prior::prior;
use super::score::{MAX_COLUMNS, Pair};
use super::supervised::{Learnt, correction};
use super::ties::{self, ByLevel, Tie, Together};

/// The fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    /// Share of each level among pairs of one person, by column; 1 for `Unknown`.
    pub(crate) same: Vec<[f64; LEVELS]>,
    /// Chance of each level among strangers; the two highest depend on the value.
    pub(crate) chance: Vec<[f64; LEVELS]>,
    /// Share of household pairs that have the column's value in common.
    pub(crate) household: Vec<f64>,
    /// By column: the columns it is read behind, where columns go together.
    pub(crate) ties: Vec<Vec<Tie>>,
    /// Share of all pairs that are of one person, of one household.
    pub(crate) rate: [f64; 2],
    pub(crate) log_likelihood: Vec<f64>,
    pub(crate) converged: bool,
    /// The weights of the first round, in which values are counted by record: they find the first profiles.
    pub(crate) first: Option<Box<Self>>,
    /// What labels have taught beside the shares.
    pub(crate) learnt: Option<Learnt>,
}

/// Pairs ready for the fit: levels, and the inverse chances of the levels that depend on the value.
///
/// A level is a byte, an inverse chance eight: 9 bytes · columns · pairs, with at most 60,000 pairs about 11 MB for
/// 20 columns. The inverse is kept because every round multiplies by it, and it never changes within a fit.
pub(crate) struct Sample {
    levels: Vec<u8>,
    inverse: Vec<f64>,
    width: usize,
    /// Pairs of the table for which each pair of the sample stands.
    pub(crate) weight: f64,
}

impl Sample {
    pub(crate) fn new(
        prepared: &Prepared,
        frequencies: &Frequencies,
        pairs: &[Pair],
        weight: f64,
        entities: impl Fn(&Pair) -> u32 + Sync + Send,
    ) -> Self {
        let width = prepared.width().min(MAX_COLUMNS);
        let rows = par::map_chunks(pairs.len(), 4096, |range| {
            let mut levels = Vec::with_capacity(range.len() * width);
            let mut inverse = Vec::with_capacity(range.len() * width);
            for pair in &pairs[range] {
                let entities = entities(pair);
                for c in 0..width {
                    let level = pair.pattern.level(c);
                    levels.push(u8::try_from(level).unwrap_or(0));
                    inverse.push(if depends_on_value(level) {
                        1.0 / frequencies.chance(prepared, pair, c, level, entities)
                    } else {
                        0.0
                    });
                }
            }
            (levels, inverse)
        });
        let (mut levels, mut inverse) = (Vec::new(), Vec::new());
        for (l, i) in rows {
            levels.extend(l);
            inverse.extend(i);
        }
        Self { levels, inverse, width, weight }
    }

    fn len(&self) -> usize {
        self.levels.len() / self.width.max(1)
    }
}

/// What one round of expectation adds up to.
///
/// `same` is Σ γ and `stranger` Σ (1 − γ − η) by column and level, `shared` for each column Σ η · P(shared |
/// household) and Σ η over pairs with both values, `people` and `homes` Σ γ and Σ η over all pairs of the sample.
/// Sums of parts are the sum of the whole.
#[derive(Clone)]
struct Expected {
    same: Vec<[f64; LEVELS]>,
    stranger: Vec<[f64; LEVELS]>,
    shared: Vec<[f64; 2]>,
    people: f64,
    homes: f64,
    log_likelihood: f64,
    /// By tie, of all columns behind one another: levels of parent and child of one person, of strangers.
    tied: Vec<[ByLevel; 2]>,
    /// What strangers share, by pair of columns; empty unless asked for.
    together: Vec<Together>,
}

impl Expected {
    /// Adds the sums of another part.
    fn add(&mut self, other: &Self) {
        let levels = |x: &mut Vec<[f64; LEVELS]>, y: &[[f64; LEVELS]]| {
            for (x, y) in x.iter_mut().flatten().zip(y.iter().flatten()) {
                *x += y;
            }
        };
        levels(&mut self.same, &other.same);
        levels(&mut self.stranger, &other.stranger);
        for (x, y) in self.shared.iter_mut().flatten().zip(other.shared.iter().flatten()) {
            *x += y;
        }
        for (x, y) in self.tied.iter_mut().zip(&other.tied) {
            for (x, y) in x.iter_mut().flatten().flatten().zip(y.iter().flatten().flatten()) {
                *x += y;
            }
        }
        for (x, y) in self.together.iter_mut().zip(&other.together) {
            x.add(y);
        }
        self.people += other.people;
        self.homes += other.homes;
        self.log_likelihood += other.log_likelihood;
    }
}

/// Masses of the priors, in pairs: of one person, of strangers, of a household. Forty: less would let a table of
/// twenty pairs answer m = 1, more would keep a register of a thousand records from saying what it is like.
const PRIOR_PAIRS: f64 = 40.0;
/// A third of the random pairs: chances of 10⁻⁶ cannot be seen among 60,000 pairs, and a column of which none was
/// drawn must not answer 0. With one such pair the chance becomes (1 + 20,000 · 10⁻⁶) / 80,000 = 1.3 · 10⁻⁵.
const PRIOR_STRANGERS: f64 = 20_000.0;
/// More than for persons, since few pairs of a table are of a household and none is sure to be.
const PRIOR_HOMES: f64 = 100.0;
/// Rounds of one fit. There are two fits, before and after values are counted by person, so at most 50 in all.
const MOST_ROUNDS: usize = 25;

impl Weights {
    /// The priors, for a table of that many pairs.
    pub(crate) fn start(prepared: &Prepared, all_pairs: f64) -> Self {
        Self::start_of(prepared.cols.iter().map(|c| c.kind), prepared.rows, all_pairs)
    }

    /// The same, from the fields and the size of a table that is not there.
    pub(crate) fn start_for(fields: &[Field], rows: usize, all_pairs: f64) -> Self {
        Self::start_of(plan(fields).into_iter().map(|(_, kind, _)| kind), rows, all_pairs)
    }

    /// λ₁ = min(0.5 n / pairs, 0.3) and λ₂ = min(0.1 n / pairs, 0.1) for n records: one pair of one person for
    /// every two records, and one pair of a household for every ten. A start that is wrong by a factor of ten is a
    /// shift of 2.3 nats and forgotten in a few rounds.
    fn start_of(kinds: impl Iterator<Item = FieldKind>, rows: usize, all_pairs: f64) -> Self {
        let priors: Vec<_> = kinds.take(MAX_COLUMNS).map(prior).collect();
        let rows = rows as f64;
        Self {
            same: priors
                .iter()
                .map(|p| {
                    let mut same = p.same;
                    same[0] = 1.0;
                    same
                })
                .collect(),
            chance: priors.iter().map(|p| with_rest(p.chance)).collect(),
            household: priors.iter().map(|p| p.household).collect(),
            ties: vec![Vec::new(); priors.len()],
            rate: [(0.5 * rows / all_pairs).min(0.3), (0.1 * rows / all_pairs).min(0.1)],
            log_likelihood: Vec::new(),
            converged: false,
            first: None,
            learnt: None,
        }
    }

    /// Learns from candidate pairs what people share, and from random pairs what strangers do.
    ///
    /// Candidates tell m, h and λ; random pairs tell u of the levels from weak to short. They must not be the same
    /// pairs: candidates agree on a blocking key by construction and would make chance agreement look common.
    ///
    /// λ₁ = (Σ γ · weight + 0.5) / (pairs + 1), at most 0.5, and λ₂ = (Σ η · weight + 0.05) / (pairs + 1), at most
    /// 0.4; h is kept within 0.001 and 0.99. The half pair keeps λ₁ above 0 in a table without a single match.
    ///
    /// The trace holds Σ ln(w₁ + w₂ + w₃) of the candidates before each step. The priors' share is not in it, so it
    /// may fall a little where the posterior still rises.
    pub(crate) fn fit(&mut self, prepared: &Prepared, candidates: &Sample, random: &Sample, all_pairs: f64) {
        let priors: Vec<_> = prepared.cols.iter().take(MAX_COLUMNS).map(|c| prior(c.kind)).collect();
        let mut last = f64::NEG_INFINITY;
        self.converged = false;
        self.ties = ties::copies(prepared, &self.same, &self.chance);
        for round in 0..MOST_ROUNDS {
            let found = self.expect(candidates, false);
            let chance = self.expect(random, round == 0);
            for (c, prior) in priors.iter().enumerate() {
                let total: f64 = found.same[c][1..].iter().sum::<f64>() + PRIOR_PAIRS;
                for l in 1..LEVELS {
                    self.same[c][l] = (found.same[c][l] + PRIOR_PAIRS * prior.same[l]) / total;
                }
                hold(&mut self.same[c], prior.most_differ);
                let total: f64 = chance.stranger[c][1..].iter().sum::<f64>() + PRIOR_STRANGERS;
                for l in 2..6 {
                    self.chance[c][l] = (chance.stranger[c][l] + PRIOR_STRANGERS * prior.chance[l]) / total;
                }
                self.chance[c] = with_rest(self.chance[c]);
                let [shared, seen] = found.shared[c];
                let share = (shared + PRIOR_HOMES * prior.household) / (seen + PRIOR_HOMES);
                self.household[c] = share.clamp(prior.least_household, prior.most_household);
            }
            self.learn_ties(prepared, &found, &chance);
            let weight = candidates.weight;
            self.rate = [
                ((found.people * weight + 0.5) / (all_pairs + 1.0)).min(0.5),
                if self.rate[1] == 0.0 {
                    0.0
                } else {
                    ((found.homes * weight + 0.05) / (all_pairs + 1.0)).min(0.4)
                },
            ];
            self.log_likelihood.push(found.log_likelihood);
            let moved = (found.log_likelihood - last).abs();
            last = found.log_likelihood;
            if moved <= 1e-5 * last.abs().max(1.0) {
                self.converged = true;
                break;
            }
        }
    }

    /// Finds what goes together in the first round, and takes the tables of ties anew in every round.
    ///
    /// The chance of a shared value of the child depends on the value; that of its level is what random pairs show.
    fn learn_ties(&mut self, prepared: &Prepared, found: &Expected, random: &Expected) {
        let agree = |c: usize| {
            let known: f64 = random.stranger[c][1..].iter().sum();
            let mut chance = self.chance[c];
            for (l, chance) in chance.iter_mut().enumerate().skip(6) {
                *chance = (random.stranger[c][l] + 0.01) / (known + 1.0);
            }
            chance
        };
        let chance: Vec<_> = (0..self.same.len()).map(agree).collect();
        if !random.together.is_empty() {
            self.ties = ties::find(&self.ties, &random.together, &self.same, &chance);
            return;
        }
        let all = self.ties.iter_mut().enumerate().flat_map(|(c, ties)| ties.iter_mut().map(move |t| (c, t)));
        for ((c, tie), (people, strangers)) in all.zip(found.tied.iter().zip(&random.tied)) {
            let people = Some(&people[0]).filter(|_| ties::of_people(prepared, c, tie.parent));
            tie.learn((people, &self.same[c]), (&strangers[1], &chance[c]));
        }
    }

    /// The expectation step: for each pair γ = w₁ / (w₁ + w₂ + w₃) and η = w₂ / (w₁ + w₂ + w₃). Given a household,
    /// a column's value was shared with probability h R / (h R + 1 − h), which is what h is learnt from; households
    /// below 10⁻⁶ add nothing that would show. O(pairs · columns), in parallel over chunks of 8,192 pairs.
    fn expect(&self, sample: &Sample, look: bool) -> Expected {
        let width = sample.width;
        let mut starts = Vec::with_capacity(width);
        let ties = self.ties.iter().fold(0, |at, of_column| {
            starts.push(at);
            at + of_column.len()
        });
        let empty = Expected {
            same: vec![[0.0; LEVELS]; width],
            stranger: vec![[0.0; LEVELS]; width],
            shared: vec![[0.0; 2]; width],
            people: 0.0,
            homes: 0.0,
            log_likelihood: 0.0,
            tied: vec![[[[0.0; LEVELS]; LEVELS]; 2]; ties],
            together: vec![Together::default(); if look { width * width.saturating_sub(1) / 2 } else { 0 }],
        };
        let ratio = self.ratios();
        let tied = ties > 0;
        let tie_of = |c: usize, levels: &[u8]| {
            if tied { ties::known(&self.ties[c], |d| levels[d] as usize) } else { None }
        };
        let sum = par::reduce_chunks(
            sample.len(),
            8192,
            |range| {
                let mut sum = empty.clone();
                let mut ratios = [1.0; MAX_COLUMNS];
                for i in range {
                    let levels = &sample.levels[i * width..(i + 1) * width];
                    let inverse = &sample.inverse[i * width..(i + 1) * width];
                    let (mut person, mut home) = (self.rate[0], self.rate[1]);
                    for (c, ratio) in ratio.iter().enumerate() {
                        let l = levels[c] as usize;
                        let r = match tie_of(c, levels) {
                            Some((_, tie, k)) if l > 0 => {
                                let d = tie.parent;
                                let of_parent =
                                    if depends_on_value(k) { 1.0 / inverse[d] } else { self.chance[d][k] };
                                let (same, chance) = tie.parts((k, of_parent), l, 1.0 / inverse[c]);
                                same / chance
                            }
                            _ if depends_on_value(l) => self.same[c][l] * inverse[c],
                            _ => ratio[l],
                        };
                        ratios[c] = r;
                        person *= r;
                        home *= self.household[c] * r + 1.0 - self.household[c];
                    }
                    let stranger = (1.0 - self.rate[0] - self.rate[1]).max(1e-9);
                    let all = person + home + stranger;
                    let (person, home, stranger) = (person / all, home / all, stranger / all);
                    sum.log_likelihood += all.ln();
                    sum.people += person;
                    sum.homes += home;
                    for c in 0..width {
                        let l = levels[c] as usize;
                        sum.same[c][l] += person;
                        sum.stranger[c][l] += stranger;
                        if l > 0 && home > 1e-6 {
                            let h = self.household[c];
                            sum.shared[c][0] += home * h * ratios[c] / (h * ratios[c] + 1.0 - h);
                            sum.shared[c][1] += home;
                        }
                        if let Some((i, _, k)) = tie_of(c, levels) {
                            let tied = &mut sum.tied[starts[c] + i];
                            tied[0][k][l] += person;
                            tied[1][k][l] += stranger;
                        }
                    }
                    if look {
                        look_at(levels, stranger, &mut sum.together);
                    }
                }
                sum
            },
            |mut x, y| {
                x.add(&y);
                x
            },
        );
        sum.unwrap_or(empty)
    }

    /// Likelihood ratios of the levels that do not depend on the value.
    ///
    /// m(l) / u(l) for `Differ` to `Short`; 1 for the others, which are not read here.
    fn ratios(&self) -> Vec<[f64; LEVELS]> {
        let of = |same: &[f64; LEVELS], chance: &[f64; LEVELS]| {
            let mut ratio = [1.0; LEVELS];
            for l in 1..6 {
                ratio[l] = same[l] / chance[l];
            }
            ratio
        };
        self.same.iter().zip(&self.chance).map(|(s, c)| of(s, c)).collect()
    }

    /// Log-odds that each pair is of one person.
    pub(crate) fn score(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pairs: &[Pair],
        entities: impl Fn(&Pair) -> u32 + Sync + Send,
    ) -> Vec<f32> {
        let mut scores = vec![f32::INFINITY; pairs.len()];
        self.rescore(prepared, frequencies, pairs, entities, f32::NEG_INFINITY, &mut scores);
        scores
    }

    /// The same again, for the pairs whose score is not below `least`.
    ///
    /// A pair below `least` keeps its former score, which says all that matters about it: that it is far away.
    pub(crate) fn rescore(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pairs: &[Pair],
        entities: impl Fn(&Pair) -> u32 + Sync + Send,
        least: f32,
        scores: &mut [f32],
    ) {
        let scorer = Scorer::new(self);
        par::for_each_chunk_mut(scores, 8192, |first, scores| {
            for (pair, score) in pairs[first..].iter().zip(scores) {
                if *score >= least {
                    *score = scorer.score(prepared, frequencies, pair, entities(pair));
                }
            }
        });
    }
}

/// Weights ready to score pairs one by one.
///
/// The same formula as the expectation step, without the sums: ln( λ₁ Π R / (λ₂ Π (h R + 1 − h) + w₃) ). Products
/// of 20 ratios stay far inside the range of `f64`, each being between some 10⁻⁸ and 10¹⁰, so no logarithm is taken
/// before the last.
#[derive(Clone, Debug)]
pub(crate) struct Scorer {
    ratio: Vec<[f64; LEVELS]>,
    same: Vec<[f64; 2]>,
    household: Vec<f64>,
    chance: Vec<[f64; LEVELS]>,
    ties: Vec<Vec<Tie>>,
    tied: bool,
    rate: [f64; 2],
    stranger: f64,
    learnt: Option<Learnt>,
}

/// What a scorer sees of a pair before labels correct it, in nats.
pub(crate) struct Seen {
    logs: [f64; MAX_COLUMNS],
    width: usize,
    /// ln w₁ − ln(w₂ + w₃).
    pub(crate) score: f64,
    /// ln(1 + w₂ / w₃).
    pub(crate) home: f64,
}

impl Seen {
    /// ln R by column; 0 where a value is missing.
    pub(crate) fn logs(&self) -> &[f64] {
        &self.logs[..self.width]
    }
}

impl Scorer {
    pub(crate) fn new(weights: &Weights) -> Self {
        Self {
            ratio: weights.ratios(),
            same: weights.same.iter().map(|s| [s[6], s[7]]).collect(),
            household: weights.household.clone(),
            chance: weights.chance.clone(),
            ties: weights.ties.clone(),
            tied: weights.ties.iter().any(|ties| !ties.is_empty()),
            rate: weights.rate,
            stranger: (1.0 - weights.rate[0] - weights.rate[1]).max(1e-9),
            learnt: weights.learnt.clone().filter(|l| !l.beta.is_empty()),
        }
    }

    /// w₁ and w₂; `tell` hears of R of every column that both have.
    fn products(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pair: &Pair,
        entities: u32,
        mut tell: impl FnMut(usize, f64),
    ) -> [f64; 2] {
        let [mut person, mut home] = self.rate;
        for (c, ratio) in self.ratio.iter().enumerate() {
            let l = pair.pattern.level(c);
            if l == 0 {
                continue;
            }
            let tie = if self.tied { ties::known(&self.ties[c], |d| pair.pattern.level(d)) } else { None };
            let r = if let Some((_, tie, k)) = tie {
                // Two values are looked up only where both columns have something in common.
                let of = |c: usize, l: usize| match l {
                    l if depends_on_value(l) => frequencies.chance(prepared, pair, c, l, entities),
                    l => self.chance[c][l],
                };
                let (same, chance) = match (k, l) {
                    (_, ..6) => tie.parts((k, 1.0), l, 1.0),
                    (..2, _) => tie.parts((k, 1.0), l, of(c, l)),
                    _ => tie.parts((k, of(tie.parent, k)), l, of(c, l)),
                };
                same / chance
            } else if depends_on_value(l) {
                self.same[c][l - 6] / frequencies.chance(prepared, pair, c, l, entities)
            } else {
                ratio[l]
            };
            tell(c, r);
            person *= r;
            home *= self.household[c] * r + 1.0 - self.household[c];
        }
        [person, home]
    }

    /// The pair as labels' corrections see it.
    pub(crate) fn seen(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pair: &Pair,
        entities: u32,
    ) -> Seen {
        let mut logs = [0.0; MAX_COLUMNS];
        let [person, home] = self.products(prepared, frequencies, pair, entities, |c, r| logs[c] = r.ln());
        Seen {
            logs,
            width: self.ratio.len(),
            score: (person / (home + self.stranger)).ln(),
            home: (home / self.stranger).ln_1p(),
        }
    }

    /// Log-odds that a pair is of one person.
    pub(crate) fn score(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pair: &Pair,
        entities: u32,
    ) -> f32 {
        let Some(learnt) = &self.learnt else {
            let [person, home] = self.products(prepared, frequencies, pair, entities, |_, _| ());
            return log(person / (home + self.stranger));
        };
        let seen = self.seen(prepared, frequencies, pair, entities);
        let more = correction(&learnt.beta, pair.pattern, &seen);
        #[expect(clippy::cast_possible_truncation, reason = "a score of a few digits")]
        let score = (seen.score + more) as f32;
        score
    }
}

/// Log-weights before anything is learnt: they tell which pairs are hopeless.
///
/// They bound what a pair can reach before its values are read. Start weights are used because the learnt ones do
/// not exist yet when pairs are compared; what differs between them is covered by the distance of `least` below the
/// threshold.
pub(crate) struct Rough {
    /// Log-odds of any pair.
    pub(crate) start: f32,
    /// By column: the logarithm of same / chance for each level; that of the two highest depends on the value.
    pub(crate) levels: Vec<[f32; LEVELS]>,
    /// By column: the most that a level below `Equal` can say.
    pub(crate) alike: Vec<f32>,
    /// By column: what sharing a key or a value is worth, by how many entities have it.
    shared: Vec<[Vec<f32>; 2]>,
    /// Log-odds below which a pair is dropped.
    pub(crate) least: f32,
}

/// Counts from which sharing a value says no less.
///
/// Worth by count is tabulated up to here: two tables of 4,096 logarithms a column. A value that more share is
/// worth what this count is worth, which is a little too much and so never drops a pair wrongly.
const COUNTS: u32 = 4096;

/// Scores are kept with 24 bits: a millionth of a nat, where the model is good to a tenth.
#[expect(clippy::cast_possible_truncation, reason = "weights of a few digits")]
fn log(ratio: f64) -> f32 {
    ratio.ln() as f32
}

impl Rough {
    /// From the weights a fit starts with, for a threshold at these log-odds.
    ///
    /// `alike` is the largest weight of a level from differ to short, or of a key of chance 10⁻⁴: about the most
    /// that an unequal pair of values says, since a key in common may still be found when they are read.
    pub(crate) fn new(start: &Weights, frequencies: &Frequencies, threshold: f64) -> Self {
        let ratios = start.ratios();
        let levels: Vec<[f32; LEVELS]> = ratios.iter().map(|r| r.map(log)).collect();
        let alike = levels.iter().zip(&start.same);
        let alike = alike.map(|(l, same)| l[1..6].iter().copied().fold(log(same[6] / 1e-4), f32::max));
        let shared = start.same.iter().enumerate().map(|(c, same)| {
            [same[6], same[7]]
                .map(|same| (0..COUNTS).map(|n| log(same / frequencies.rate(c, n, 2))).collect())
        });
        Self {
            start: log(start.rate[0]),
            alike: alike.collect(),
            shared: shared.collect(),
            levels,
            least: hopeless(threshold),
        }
    }

    /// What sharing the key, and what sharing the value, of a row in a column is worth.
    pub(crate) fn equal(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        row: usize,
        c: usize,
    ) -> [f32; 2] {
        let value = prepared.row(row)[c];
        if value == NONE {
            return [0.0; 2];
        }
        let [value, key] = frequencies.counts(c, value);
        let at = |n: u32| n.min(COUNTS - 1) as usize;
        [self.shared[c][0][at(key)], self.shared[c][1][at(value)]]
    }
}

/// The score of one pair, taken apart.
///
/// In nats: `prior` is ln(λ₁ / w₃), each column adds ln(same / chance), and `household` is −ln(1 + w₂ / w₃), never
/// above 0:
/// ```text
/// score = ln w₁ − ln(w₂ + w₃) = ln(λ₁ / w₃) + Σ ln R_c − ln(1 + w₂ / w₃)
/// ```
/// and `learnt` is what labels have taught to add to it (`supervised`), 0 without labels.
pub(crate) struct Parts {
    pub(crate) prior: f64,
    pub(crate) columns: Vec<ColumnPart>,
    pub(crate) household: f64,
    /// What labels have taught to add.
    pub(crate) learnt: f64,
}

/// What one column adds.
///
/// `same` is m(l) and `chance` u(l), or that of the value; both are 1 where a value is missing, so that the column
/// adds nothing.
pub(crate) struct ColumnPart {
    pub(crate) level: usize,
    pub(crate) same: f64,
    pub(crate) chance: f64,
}

impl Weights {
    /// The parts that [`score`](Self::score) adds up.
    pub(crate) fn parts(
        &self,
        prepared: &Prepared,
        frequencies: &Frequencies,
        pair: &Pair,
        entities: u32,
    ) -> Parts {
        let stranger = (1.0 - self.rate[0] - self.rate[1]).max(1e-9);
        let mut home = self.rate[1];
        let mut columns = Vec::with_capacity(self.same.len());
        for c in 0..self.same.len() {
            let level = pair.pattern.level(c);
            let of = |c: usize, l: usize| match l {
                l if depends_on_value(l) => frequencies.chance(prepared, pair, c, l, entities),
                l => self.chance[c][l],
            };
            let (same, chance) = match ties::known(&self.ties[c], |d| pair.pattern.level(d)) {
                _ if level == 0 => (1.0, 1.0),
                Some((_, tie, k)) => tie.parts((k, of(tie.parent, k)), level, of(c, level)),
                None => (self.same[c][level], of(c, level)),
            };
            home *= self.household[c] * same / chance + 1.0 - self.household[c];
            columns.push(ColumnPart { level, same, chance });
        }
        let mut parts = Parts {
            prior: (self.rate[0] / stranger).ln(),
            columns,
            household: -(home / stranger).ln_1p(),
            learnt: 0.0,
        };
        if let Some(learnt) = &self.learnt {
            let mut logs = [0.0; MAX_COLUMNS];
            for (log, column) in logs.iter_mut().zip(&parts.columns) {
                *log = (column.same / column.chance).ln();
            }
            let score = parts.prior + logs.iter().sum::<f64>() + parts.household;
            let seen = Seen { logs, width: parts.columns.len(), score, home: -parts.household };
            parts.learnt = correction(&learnt.beta, pair.pattern, &seen);
        }
        parts
    }
}

/// Keeps the share of `Differ` at its most; what is above goes to the other levels in proportion.
fn hold(same: &mut [f64; LEVELS], most: f64) {
    if same[1] > most {
        let others = (1.0 - most) / (1.0 - same[1]).max(1e-9);
        same[1] = most;
        same[2..].iter_mut().for_each(|share| *share *= others);
    }
}

/// Counts what a pair of strangers shares, for every two columns both of which it knows.
fn look_at(levels: &[u8], stranger: f64, together: &mut [Together]) {
    for (d, second) in levels.iter().enumerate().filter(|(_, l)| **l > 0) {
        for (c, first) in levels[..d].iter().enumerate().filter(|(_, l)| **l > 0) {
            let sum = &mut together[ties::place(c, d)];
            let (first, second) = (depends_on_value(*first as usize), depends_on_value(*second as usize));
            sum.known += stranger;
            sum.first += if first { stranger } else { 0.0 };
            sum.second += if second { stranger } else { 0.0 };
            sum.both += if first && second { stranger } else { 0.0 };
        }
    }
}

/// The chance of `Differ` is what the others leave.
///
/// u(differ) = max(0.05, 1 − Σ of weak, close, near and short). The floor keeps a column in which nearly all
/// strangers look alike from turning a difference into evidence for one person.
fn with_rest(mut chance: [f64; LEVELS]) -> [f64; LEVELS] {
    let rest: f64 = chance[2..6].iter().sum();
    chance[1] = (1.0 - rest).max(0.05);
    chance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_the_bound_goes_to_the_other_levels() {
        let mut same = [1.0, 0.4, 0.0, 0.0, 0.0, 0.1, 0.0, 0.5];
        hold(&mut same, 0.1);
        let expected = [1.0, 0.1, 0.0, 0.0, 0.0, 0.15, 0.0, 0.75];
        assert!(same.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-12), "{same:?}");
        hold(&mut same, 0.2);
        assert!((same[1] - 0.1).abs() < 1e-12);
    }
}
