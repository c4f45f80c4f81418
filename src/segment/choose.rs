//! How many segments: a sweep over k on a sample, and a rule.
//!
//! No single index finds the number of segments on all data: indices of separation like few large groups, the gap statistic
//! may rise without end on skewed rows, and stability alone prefers two. So stability says which numbers can be
//! reproduced at all, the silhouette which of them are separated nearly as well as any, and four measures vote among
//! those. The larger number wins a tie, because two segments that differ serve better than one that mixes them.
//!
//! Stability is the mean adjusted Rand index between the segments of the sample and those that the centres of bootstrap
//! replicates (rows drawn with replacement) make of it (Ben-Hur, Elisseeff and Guyon 2002; Hennig 2007,
//! doi:10.1016/j.csda.2006.11.025).
//!
//! The sample makes the cost independent of the number of rows: the adjusted Rand index and the indices of 8,192 rows
//! have errors of a hundredth, far below the differences the rule looks at.

use std::ops::RangeInclusive;

use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::metrics;
use crate::types::{Language, Seed};

use super::fit::{Engine, best_run};
use super::gap::Gap;
use super::lloyd::{self, Rows, Stop};
use super::seeding::stretches;
use super::valley;

/// Rows the sweep looks at.
const SWEEP_ROWS: usize = 8_192;
/// Rows whose silhouettes are averaged.
const SILHOUETTE_ROWS: usize = 2_048;
/// Bootstrap replicates per k.
const REPLICATES: u64 = 12;
/// Starts of the clustering of the sample, and of each replicate.
const STARTS: u32 = 6;
const REPLICATE_STARTS: u32 = 3;
/// A number of segments counts as reproducible from this mean adjusted Rand index on.
pub(super) const STABLE: f64 = 0.8;
/// The silhouette may fall this far below the best one, as a share of it.
pub(super) const CLOSE: f64 = 0.9;

/// One number of segments, measured on the sample of the sweep.
///
/// ```
/// use regulars::segment::KMeansParams;
/// use regulars::simulate::BlobsParams;
/// use regulars::types::Seed;
///
/// let blobs = BlobsParams::new(400, 3, Seed(2)).separation(9.0).simulate()?;
/// let sweep = KMeansParams::auto(2..=4).evaluate(blobs.matrix())?;
/// let three = &sweep[1];
/// assert_eq!(three.k, 3);
/// assert!(three.stability > 0.99 && three.silhouette > sweep[0].silhouette);
/// assert!(three.calinski_harabasz > sweep[0].calinski_harabasz && three.davies_bouldin < sweep[2].davies_bouldin);
/// assert!(three.gap > sweep[0].gap && three.gap_error.is_some());
/// assert!(three.inertia_per_row < sweep[0].inertia_per_row);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KScore {
    /// Number of segments.
    pub k: usize,
    /// Mean adjusted Rand index between the segments of the sample and those of bootstrap replicates.
    pub stability: f64,
    /// Mean [silhouette](metrics::silhouette); 0 where it has no value.
    pub silhouette: f64,
    /// [Calinski-Harabasz](metrics::calinski_harabasz) ratio; 0 where it has no value.
    pub calinski_harabasz: f64,
    /// [Davies-Bouldin](metrics::davies_bouldin) index; `None` where it has no value.
    pub davies_bouldin: Option<f64>,
    /// Sum of squared distances per row of the sample.
    pub inertia_per_row: f64,
    /// Gap statistic of at most 4,096 rows against 10 uniform reference sets (Tibshirani, Walther and Hastie 2001,
    /// doi:10.1111/1467-9868.00293): above 0 where segments are tighter than chance makes them; `None` where it has no
    /// value.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub gap: Option<f64>,
    /// Its standard error.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub gap_error: Option<f64>,
    /// How many groups the segments make up that are apart from each other: fewer customers lie between two of them than
    /// in either. `None` where there are too few rows to tell.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub groups: Option<usize>,
}

/// What the segments are, as far as the rows tell.
///
/// ```
/// use regulars::segment::{KMeansParams, Structure};
/// use regulars::simulate::BlobsParams;
/// use regulars::types::{Language, Seed};
///
/// let three = BlobsParams::new(600, 3, Seed(2)).separation(9.0).simulate()?;
/// let one = BlobsParams::new(600, 1, Seed(2)).simulate()?;
/// let sweep = |blobs: &regulars::simulate::Blobs| KMeansParams::auto(3..=4).evaluate(blobs.matrix());
/// assert_eq!(sweep(&three)?[0].structure(), Some(Structure::Groups));
/// assert_eq!(sweep(&three)?[1].structure(), Some(Structure::Mixed));
/// assert_eq!(sweep(&one)?[0].structure(), Some(Structure::Cloud));
/// assert!(sweep(&one)?[0].describe(Language::English).starts_with("No groups"));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Structure {
    /// Every segment is a group of its own.
    Groups,
    /// There are groups, and some of them are cut into several segments.
    Mixed,
    /// Customers form one cloud; the segments are cuts through it.
    Cloud,
}

impl Structure {
    /// `groups`, `mixed` or `cloud`, for tables and files.
    ///
    /// ```
    /// assert_eq!(regulars::segment::Structure::Cloud.code(), "cloud");
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Mixed => "mixed",
            Self::Cloud => "cloud",
        }
    }
}

impl KScore {
    /// Whether the segments are groups that are there or cuts through a cloud; `None` where there are too few rows to tell.
    ///
    /// One row in two is clustered, the others are judged: between two neighbouring segments the rows about the line
    /// through both centres are projected on it, and a test on one peak against a valley decides, with an error of at most
    /// one in a hundred for each of the k − 1 pairs. Shown with [`Structure`].
    pub fn structure(&self) -> Option<Structure> {
        self.groups.map(|groups| match groups {
            groups if groups >= self.k => Structure::Groups,
            0 | 1 => Structure::Cloud,
            _ => Structure::Mixed,
        })
    }

    /// The structure in a sentence; an empty text where it is not known.
    pub fn describe(&self, language: Language) -> String {
        let (k, groups) = (self.k, self.groups.unwrap_or(0));
        match (self.structure(), language) {
            (None, _) => String::new(),
            (Some(_), Language::Chinese) if k == 1 => "只有一个客群。".to_owned(),
            (Some(_), _) if k == 1 => "One segment holds everybody.".to_owned(),
            (Some(Structure::Groups), Language::Chinese) => {
                format!("客户自然形成{k}个群：任意两个相邻的群之间，客户都比群内稀少。")
            }
            (Some(Structure::Groups), _) => {
                format!(
                    "Customers form {k} groups by themselves: between any two of them there are fewer than in either."
                )
            }
            (Some(Structure::Mixed), Language::Chinese) => {
                format!("{k}个客群切分自{groups}个自然形成的群；同一群内的边界是人为约定。")
            }
            (Some(Structure::Mixed), _) => format!(
                "Customers form {groups} groups by themselves, cut into {k} segments; borders within a group are a convention."
            ),
            (Some(Structure::Cloud), Language::Chinese) => format!(
                "没有自然形成的群：客户连成一片。{k}个客群是对这一片的切分，可用于差异化运营，但边界是人为约定。"
            ),
            (Some(Structure::Cloud), _) => format!(
                "No groups: customers form one cloud. The {k} segments are cuts through it, of use for targeting; their borders are a convention."
            ),
        }
    }
}

/// How the number of segments was chosen.
///
/// ```
/// use regulars::segment::KMeansParams;
/// use regulars::simulate::BlobsParams;
/// use regulars::types::Seed;
///
/// let blobs = BlobsParams::new(400, 3, Seed(2)).separation(9.0).simulate()?;
/// let model = KMeansParams::auto(2..=4).fit(blobs.matrix())?;
/// let choice = model.choice().unwrap();
/// assert_eq!((choice.k, choice.rows, choice.sweep.len()), (3, 400, 3));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Choice {
    /// The number chosen.
    pub k: usize,
    /// Rows of the sample.
    pub rows: usize,
    /// Every number tried, ascending.
    pub sweep: Vec<KScore>,
}

impl Choice {
    /// The measures of the number chosen.
    ///
    /// ```
    /// use regulars::segment::{KMeansParams, Structure};
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    ///
    /// let blobs = BlobsParams::new(400, 3, Seed(2)).separation(9.0).simulate()?;
    /// let model = KMeansParams::auto(2..=4).fit(blobs.matrix())?;
    /// let score = model.choice().and_then(|choice| choice.score()).unwrap();
    /// assert_eq!((score.k, score.structure()), (3, Some(Structure::Groups)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn score(&self) -> Option<&KScore> {
        self.sweep.iter().find(|score| score.k == self.k)
    }
}

/// Tries every k of the range on a sample of the rows and applies the rule.
///
/// For each k: 6 runs on the sample; 12 bootstrap replicates of 3 runs each, whose centres label the sample again; 2 runs
/// on the rows of the gap and on each of its 10 reference sets; 3 runs on half of the sample, whose segments the other half
/// tells apart or not ([`valley`]); the quality of the best run.
pub(super) fn choose(
    rows: Rows<'_>,
    range: RangeInclusive<usize>,
    seed: Seed,
    tries: impl Fn(usize) -> usize + Sync + Send,
    stop: Stop,
) -> Choice {
    let picked = stretches(rows.len(), SWEEP_ROWS, seed, SWEEP_STREAM);
    let values: Vec<f64> = picked.iter().flat_map(|row| rows.row(*row)).copied().collect();
    let weights: Option<Vec<f64>> = rows.weights.map(|w| picked.iter().map(|row| w[*row]).collect());
    let sample = Rows { values: &values, width: rows.width, weights: weights.as_deref() };
    let ks: Vec<usize> = range.collect();
    let gap = Gap::new(sample, seed, stop);
    let sweep =
        par::map_chunks(ks.len(), 1, |i| measure(sample, ks[i.start], seed, tries(ks[i.start]), stop, &gap));
    Choice { k: pick(&sweep), rows: picked.len(), sweep }
}

const SWEEP_STREAM: u64 = 1 << 41;
const REPLICATE_STREAM: u64 = 1 << 42;

/// All measures of one k.
///
/// The replicates draw their starts from streams of their own; the labels they are compared with are those of the best
/// run on the sample itself.
fn measure(sample: Rows<'_>, k: usize, seed: Seed, tries: usize, stop: Stop, gap: &Gap) -> KScore {
    let gap = gap.of(k, tries);
    let (run, _) = best_run(sample, k, tries, seed, STARTS, Engine::lloyd(stop));
    let labels: Vec<u32> = run.labels.iter().map(|l| u32::from(*l)).collect();
    let agreement = par::map_chunks(usize::try_from(REPLICATES).unwrap_or(1), 1, |i| {
        let mut rng = Rng::new(seed, REPLICATE_STREAM + i.start as u64);
        // Drawing n rows with replacement is the same as weighting rows by how often they are drawn.
        let mut drawn = vec![0.0; sample.len()];
        for _ in 0..sample.len() {
            let row = rng.below(sample.len() as u64);
            drawn[usize::try_from(row).unwrap_or(0)] += 1.0;
        }
        for (row, drawn) in drawn.iter_mut().enumerate() {
            *drawn *= sample.weight(row);
        }
        let replicate = Rows { weights: Some(&drawn), ..sample };
        let (run, _) = best_run(replicate, k, tries, Seed(rng.bits()), REPLICATE_STARTS, Engine::lloyd(stop));
        let (others, _) = lloyd::assign(sample, &run.centres);
        let others: Vec<u32> = others.iter().map(|l| u32::from(*l)).collect();
        metrics::adjusted_rand_index(&labels, &others).unwrap_or(0.0)
    });
    let (values, width) = (sample.values, sample.width);
    KScore {
        k,
        stability: agreement.iter().sum::<f64>() / agreement.len().max(1) as f64,
        silhouette: metrics::silhouette_sampled(values, width, &labels, SILHOUETTE_ROWS, seed).unwrap_or(0.0),
        calinski_harabasz: metrics::calinski_harabasz(values, width, &labels).unwrap_or(0.0),
        davies_bouldin: metrics::davies_bouldin(values, width, &labels).ok(),
        inertia_per_row: run.inertia / sample.len() as f64,
        gap: gap.map(|(gap, _)| gap),
        gap_error: gap.map(|(_, error)| error),
        groups: valley::groups(sample, k, tries, seed, stop),
    }
}

/// The rule. Numbers that are reproducible ([`STABLE`], or else the most stable one) and whose silhouette is close to
/// the best of these ([`CLOSE`]) are candidates. Silhouette, Calinski-Harabasz and Davies-Bouldin each vote for their
/// best candidate, the gap statistic for the smallest number whose gap is within one error of the next one's, if that is
/// a candidate; the number with most votes wins, the larger one among equals.
fn pick(sweep: &[KScore]) -> usize {
    let most = sweep.iter().map(|s| s.stability).fold(f64::NEG_INFINITY, f64::max);
    let stable = || sweep.iter().filter(|s| s.stability >= STABLE.min(most));
    let best = stable().map(|s| s.silhouette).fold(f64::NEG_INFINITY, f64::max);
    let candidates = || stable().filter(|s| s.silhouette >= best - (1.0 - CLOSE) * best.abs());
    let vote =
        |value: fn(&KScore) -> f64| candidates().max_by(|a, b| value(a).total_cmp(&value(b))).map(|s| s.k);
    let votes = [
        vote(|s| s.silhouette),
        vote(|s| s.calinski_harabasz),
        vote(|s| -s.davies_bouldin.unwrap_or(f64::INFINITY)),
        smallest_gap(sweep).filter(|k| candidates().any(|s| s.k == *k)),
    ];
    let count = |k: usize| votes.iter().filter(|v| **v == Some(k)).count();
    votes.iter().flatten().copied().max_by_key(|k| (count(*k), *k)).unwrap_or(1)
}

/// The smallest k with gap(k) >= gap(k + 1) − s(k + 1); `None` where there is none in the sweep, which is usual for rows
/// with long tails: every further segment is then tighter than chance would make it.
fn smallest_gap(sweep: &[KScore]) -> Option<usize> {
    let enough = |pair: &&[KScore]| match (pair[0].gap, pair[1].gap, pair[1].gap_error) {
        (Some(own), Some(next), Some(error)) => own >= next - error,
        _ => false,
    };
    sweep.windows(2).find(enough).map(|pair| pair[0].k)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop { max_iterations: 100, shift: 1e-4 };

    fn score(k: usize, stability: f64, silhouette: f64) -> KScore {
        KScore {
            k,
            stability,
            silhouette,
            calinski_harabasz: 1.0,
            davies_bouldin: None,
            inertia_per_row: 1.0,
            gap: None,
            gap_error: None,
            groups: None,
        }
    }

    /// The criterion of the paper, where it is met, where it never is, and where a number is no candidate.
    #[test]
    fn the_gap_votes_for_the_smallest_number_that_is_enough() {
        let with = |k, gap, error| KScore { gap: Some(gap), gap_error: Some(error), ..score(k, 0.9, 0.5) };
        assert_eq!(smallest_gap(&[with(2, 0.1, 0.01), with(3, 0.3, 0.01), with(4, 0.305, 0.01)]), Some(3));
        assert_eq!(smallest_gap(&[with(2, 0.1, 0.01), with(3, 0.3, 0.01), with(4, 0.4, 0.01)]), None);
        assert_eq!(smallest_gap(&[score(2, 0.9, 0.5), with(3, 0.3, 0.01)]), None);
        // A number that is not a candidate gets no vote.
        let unstable = KScore { stability: 0.2, ..with(2, 0.5, 0.01) };
        assert_eq!(pick(&[unstable, with(3, 0.3, 0.01), with(4, 0.4, 0.01)]), 4);
    }

    /// The rule line by line: votes among candidates, ties to the larger number, what is not reproducible or not separated
    /// has no say.
    #[test]
    fn the_rule_wants_stable_then_separated_then_votes() {
        let with = |k, stability, silhouette, ratio, db| KScore {
            calinski_harabasz: ratio,
            davies_bouldin: Some(db),
            ..score(k, stability, silhouette)
        };
        let two = with(2, 0.9, 0.50, 9.0, 0.9);
        assert_eq!(pick(&[two, with(3, 0.9, 0.46, 10.0, 0.8), with(4, 0.9, 0.40, 11.0, 0.1)]), 3);
        assert_eq!(pick(&[two, with(3, 0.9, 0.46, 8.0, 1.0)]), 2);
        assert_eq!(pick(&[two, with(3, 0.9, 0.46, 10.0, 1.0), with(4, 0.9, 0.46, 8.0, 0.1)]), 4);
        assert_eq!(pick(&[two, with(3, 0.5, 0.60, 99.0, 0.1)]), 2);
        assert_eq!(pick(&[with(2, 0.3, 0.5, 9.0, 0.1), with(3, 0.5, 0.1, 1.0, 0.9)]), 3);
        assert_eq!(pick(&[score(2, 0.9, -0.10), score(3, 0.9, -0.105), score(4, 0.9, -0.2)]), 3);
    }

    /// Two, four and seven clouds on a circle.
    #[test]
    fn groups_that_are_there_are_found() {
        for groups in [2_usize, 4, 7] {
            let mut rng = Rng::new(Seed(groups as u64), 1);
            let values: Vec<f64> = (0..420)
                .flat_map(|i| {
                    let angle = (i % groups) as f64 * std::f64::consts::TAU / groups as f64;
                    [8.0 * angle.cos() + rng.normal(), 8.0 * angle.sin() + rng.normal()]
                })
                .collect();
            let rows = Rows { values: &values, width: 2, weights: None };
            let choice = choose(rows, 2..=9, Seed(1), |_| 3, STOP);
            assert_eq!(choice.k, groups, "{:?}", choice.sweep);
        }
    }
}
