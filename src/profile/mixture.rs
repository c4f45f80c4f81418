//! Three kinds of pairs: one person, one household, strangers.
//!
//! Each column contributes a likelihood ratio against strangers, R = same\[level\] / chance. Pairs of one person multiply
//! R; pairs of a household share a value with probability h and are strangers otherwise: h·R + 1 − h. The mixture over
//! all pairs of the table is fitted by expectation-maximisation; pairs that were not compared count as strangers.

use crate::kernel::par;

use super::compare::LEVELS;
use super::prepare::Prepared;
use super::prior::prior;
use super::score::{Frequencies, MAX_COLUMNS, Pair, depends_on_value};

/// The fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    /// Share of each level among pairs of one person, by column; 1 for `Unknown`.
    pub(crate) same: Vec<[f64; LEVELS]>,
    /// Chance of each level among strangers; the two highest depend on the value.
    pub(crate) chance: Vec<[f64; LEVELS]>,
    /// Share of household pairs that have the column's value in common.
    pub(crate) household: Vec<f64>,
    /// Share of all pairs that are of one person, of one household.
    pub(crate) rate: [f64; 2],
    pub(crate) log_likelihood: Vec<f64>,
    pub(crate) converged: bool,
}

/// Pairs ready for the fit: levels, and the inverse chances of the levels that depend on the value.
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
#[derive(Clone)]
struct Expected {
    same: Vec<[f64; LEVELS]>,
    stranger: Vec<[f64; LEVELS]>,
    shared: Vec<[f64; 2]>,
    people: f64,
    homes: f64,
    log_likelihood: f64,
}

const PRIOR_PAIRS: f64 = 40.0;
const PRIOR_STRANGERS: f64 = 20_000.0;
const PRIOR_HOMES: f64 = 100.0;
const MOST_ROUNDS: usize = 25;

impl Weights {
    /// The priors, for a table of that many pairs.
    pub(crate) fn start(prepared: &Prepared, all_pairs: f64) -> Self {
        let priors: Vec<_> = prepared.cols.iter().take(MAX_COLUMNS).map(|c| prior(c.kind)).collect();
        let rows = prepared.rows as f64;
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
            rate: [(0.5 * rows / all_pairs).min(0.3), (0.1 * rows / all_pairs).min(0.1)],
            log_likelihood: Vec::new(),
            converged: false,
        }
    }

    /// Learns from candidate pairs what people share, and from random pairs what strangers do.
    pub(crate) fn fit(&mut self, prepared: &Prepared, candidates: &Sample, random: &Sample, all_pairs: f64) {
        let priors: Vec<_> = prepared.cols.iter().take(MAX_COLUMNS).map(|c| prior(c.kind)).collect();
        let mut last = f64::NEG_INFINITY;
        self.converged = false;
        for _ in 0..MOST_ROUNDS {
            let found = self.expect(candidates);
            let chance = self.expect(random);
            for (c, prior) in priors.iter().enumerate() {
                let total: f64 = found.same[c][1..].iter().sum::<f64>() + PRIOR_PAIRS;
                for l in 1..LEVELS {
                    self.same[c][l] = (found.same[c][l] + PRIOR_PAIRS * prior.same[l]) / total;
                }
                let total: f64 = chance.stranger[c][1..].iter().sum::<f64>() + PRIOR_STRANGERS;
                for l in 2..6 {
                    self.chance[c][l] = (chance.stranger[c][l] + PRIOR_STRANGERS * prior.chance[l]) / total;
                }
                self.chance[c] = with_rest(self.chance[c]);
                if prior.learn {
                    let [shared, seen] = found.shared[c];
                    let share = (shared + PRIOR_HOMES * prior.household) / (seen + PRIOR_HOMES);
                    self.household[c] = share.clamp(0.001, 0.99);
                }
            }
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

    fn expect(&self, sample: &Sample) -> Expected {
        let width = sample.width;
        let empty = Expected {
            same: vec![[0.0; LEVELS]; width],
            stranger: vec![[0.0; LEVELS]; width],
            shared: vec![[0.0; 2]; width],
            people: 0.0,
            homes: 0.0,
            log_likelihood: 0.0,
        };
        let ratio = self.ratios();
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
                        let r = if depends_on_value(l) { self.same[c][l] * inverse[c] } else { ratio[l] };
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
                    }
                }
                sum
            },
            |mut x, y| {
                for c in 0..width {
                    for l in 0..LEVELS {
                        x.same[c][l] += y.same[c][l];
                        x.stranger[c][l] += y.stranger[c][l];
                    }
                    x.shared[c][0] += y.shared[c][0];
                    x.shared[c][1] += y.shared[c][1];
                }
                x.people += y.people;
                x.homes += y.homes;
                x.log_likelihood += y.log_likelihood;
                x
            },
        );
        sum.unwrap_or(empty)
    }

    /// Likelihood ratios of the levels that do not depend on the value.
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
        let ratio = self.ratios();
        let stranger = (1.0 - self.rate[0] - self.rate[1]).max(1e-9);
        let scores = par::map_chunks(pairs.len(), 8192, |range| {
            pairs[range]
                .iter()
                .map(|pair| {
                    let entities = entities(pair);
                    let (mut person, mut home) = (self.rate[0], self.rate[1]);
                    for (c, ratio) in ratio.iter().enumerate() {
                        let l = pair.pattern.level(c);
                        if l == 0 {
                            continue;
                        }
                        let r = if depends_on_value(l) {
                            self.same[c][l] / frequencies.chance(prepared, pair, c, l, entities)
                        } else {
                            ratio[l]
                        };
                        person *= r;
                        home *= self.household[c] * r + 1.0 - self.household[c];
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "a score of a few digits")]
                    let score = (person / (home + stranger)).ln() as f32;
                    score
                })
                .collect::<Vec<f32>>()
        });
        scores.concat()
    }
}

/// The score of one pair, taken apart.
pub(crate) struct Parts {
    pub(crate) prior: f64,
    pub(crate) columns: Vec<ColumnPart>,
    pub(crate) household: f64,
}

/// What one column adds.
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
            let (same, chance) = match level {
                0 => (1.0, 1.0),
                l if depends_on_value(l) => {
                    (self.same[c][l], frequencies.chance(prepared, pair, c, l, entities))
                }
                l => (self.same[c][l], self.chance[c][l]),
            };
            home *= self.household[c] * same / chance + 1.0 - self.household[c];
            columns.push(ColumnPart { level, same, chance });
        }
        Parts { prior: (self.rate[0] / stranger).ln(), columns, household: -(home / stranger).ln_1p() }
    }
}

/// The chance of `Differ` is what the others leave.
fn with_rest(mut chance: [f64; LEVELS]) -> [f64; LEVELS] {
    let rest: f64 = chance[2..6].iter().sum();
    chance[1] = (1.0 - rest).max(0.05);
    chance
}
