//! Quality of ranked lists against the set that came true: recall, precision, NDCG, hit rate, reciprocal rank, the
//! split into repeat and explore, catalogue coverage, and the paired bootstrap that says whether a difference is real.
//!
//! A list is ranked best first and holds no item twice; a truth is a set. A list may be shorter than `k`: denominators
//! do not change. Definitions follow Li et al. 2023 (doi:10.1145/3587153); NDCG is Järvelin and Kekäläinen 2002
//! (doi:10.1145/582415.582418) with binary gains.

use crate::error::{Error, Result};
use crate::kernel::rng::Rng;
use crate::types::Seed;

/// What DCG is divided by. Published figures differ in this; never mix the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Ideal {
    /// The best list of length `k`: Σ 1/log2(j + 1) over j = 1 .. min(|truth|, k). A perfect list of `k` scores 1.
    #[default]
    TruncatedAtK,
    /// The best list of any length: Σ over j = 1 .. |truth|. Lower where the truth is larger than `k`.
    Full,
}

/// Hits among the first `k`.
fn hits<T: PartialEq>(ranked: &[T], truth: &[T], k: usize) -> usize {
    ranked.iter().take(k).filter(|item| truth.contains(item)).count()
}

/// Share of the truth among the first `k`: |list ∩ truth| / |truth|. `None` for an empty truth.
///
/// ```
/// use regulars::metrics::ranking::recall_at;
/// assert_eq!(recall_at(&["tea", "milk", "rice"], &["rice", "salt"], 3), Some(0.5));
/// assert_eq!(recall_at(&["tea"], &[], 3), None);
/// ```
pub fn recall_at<T: PartialEq>(ranked: &[T], truth: &[T], k: usize) -> Option<f64> {
    (!truth.is_empty()).then(|| hits(ranked, truth, k) as f64 / truth.len() as f64)
}

/// Share of the `k` places that hit: |list ∩ truth| / k, also where the list is shorter than `k`. `None` for `k` = 0.
///
/// ```
/// use regulars::metrics::ranking::precision_at;
/// assert_eq!(precision_at(&["tea", "milk"], &["milk"], 4), Some(0.25));
/// ```
pub fn precision_at<T: PartialEq>(ranked: &[T], truth: &[T], k: usize) -> Option<f64> {
    (k > 0).then(|| hits(ranked, truth, k) as f64 / k as f64)
}

/// Whether any of the first `k` hits; its mean over customers is the personal hit ratio, PHR@k.
///
/// ```
/// use regulars::metrics::ranking::hit_at;
/// assert!(hit_at(&["tea", "milk"], &["milk"], 2));
/// assert!(!hit_at(&["tea", "milk"], &["milk"], 1));
/// ```
pub fn hit_at<T: PartialEq>(ranked: &[T], truth: &[T], k: usize) -> bool {
    hits(ranked, truth, k) > 0
}

/// 1 / rank of the first hit among the first `k`, 0 without one; its mean over customers is MRR@k.
///
/// ```
/// use regulars::metrics::ranking::reciprocal_rank_at;
/// assert_eq!(reciprocal_rank_at(&["tea", "milk"], &["milk"], 10), 0.5);
/// ```
pub fn reciprocal_rank_at<T: PartialEq>(ranked: &[T], truth: &[T], k: usize) -> f64 {
    let first = ranked.iter().take(k).position(|item| truth.contains(item));
    first.map_or(0.0, |at| 1.0 / (at as f64 + 1.0))
}

/// Normalised discounted cumulative gain of the first `k`: Σ hit(j) / log2(j + 1), divided by that of the
/// [ideal](Ideal) list. `None` for an empty truth or `k` = 0.
///
/// ```
/// use regulars::metrics::ranking::{Ideal, ndcg_at};
/// // One hit, in the second place, of a truth of one: 1 / log2(3).
/// let got = ndcg_at(&["tea", "milk"], &["milk"], 2, Ideal::TruncatedAtK).unwrap();
/// assert!((got - 1.0 / 3_f64.log2()).abs() < 1e-15);
/// ```
pub fn ndcg_at<T: PartialEq>(ranked: &[T], truth: &[T], k: usize, ideal: Ideal) -> Option<f64> {
    if truth.is_empty() || k == 0 {
        return None;
    }
    let discount = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let found = ranked.iter().take(k).enumerate().filter(|(_, item)| truth.contains(item));
    let dcg: f64 = found.map(|(place, _)| discount(place)).sum();
    let best = match ideal {
        Ideal::TruncatedAtK => truth.len().min(k),
        Ideal::Full => truth.len(),
    };
    Some(dcg / (0..best).map(discount).sum::<f64>())
}

/// Share of the catalogue that appears in at least one of the lists' first `k`. 0 for an empty catalogue.
///
/// ```
/// use regulars::metrics::ranking::coverage_at;
/// assert_eq!(coverage_at([&["tea", "milk"][..], &["tea", "rice"][..]], 4, 1), 0.25);
/// ```
pub fn coverage_at<'a, T: Ord + 'a>(
    lists: impl IntoIterator<Item = &'a [T]>,
    catalogue: usize,
    k: usize,
) -> f64 {
    let mut shown: Vec<&T> = lists.into_iter().flat_map(|list| list.iter().take(k)).collect();
    shown.sort_unstable();
    shown.dedup();
    if catalogue == 0 { 0.0 } else { (shown.len() as f64 / catalogue as f64).min(1.0) }
}

/// Quality of one list, all measures at one `k`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ListQuality {
    /// [`recall_at`].
    pub recall: f64,
    /// [`precision_at`].
    pub precision: f64,
    /// [`ndcg_at`] with [`Ideal::TruncatedAtK`].
    pub ndcg: f64,
    /// [`ndcg_at`] with [`Ideal::Full`].
    pub ndcg_full: f64,
    /// 1 if anything hits, else 0.
    pub hit: f64,
    /// [`reciprocal_rank_at`].
    pub reciprocal_rank: f64,
    /// Recall of those items of the truth that were bought before; `None` where there are none.
    pub repeat_recall: Option<f64>,
    /// Recall of those items of the truth that were never bought before; `None` where there are none.
    pub explore_recall: Option<f64>,
    /// Share of the `k` places that hold an item bought before.
    pub repeat_share: f64,
}

impl ListQuality {
    /// Of a ranked list against a truth, given what the customer had bought before. `None` for an empty truth or `k` = 0.
    ///
    /// ```
    /// use regulars::metrics::ranking::ListQuality;
    /// let quality = ListQuality::of(&["tea", "milk"], &["milk", "salt"], &["tea", "milk"], 2).unwrap();
    /// assert_eq!((quality.recall, quality.repeat_recall, quality.explore_recall), (0.5, Some(1.0), Some(0.0)));
    /// ```
    pub fn of<T: PartialEq + Copy>(ranked: &[T], truth: &[T], bought_before: &[T], k: usize) -> Option<Self> {
        let (again, new): (Vec<T>, Vec<T>) = truth.iter().partition(|item| bought_before.contains(item));
        Some(Self {
            recall: recall_at(ranked, truth, k)?,
            precision: precision_at(ranked, truth, k)?,
            ndcg: ndcg_at(ranked, truth, k, Ideal::TruncatedAtK)?,
            ndcg_full: ndcg_at(ranked, truth, k, Ideal::Full)?,
            hit: f64::from(u8::from(hit_at(ranked, truth, k))),
            reciprocal_rank: reciprocal_rank_at(ranked, truth, k),
            repeat_recall: recall_at(ranked, &again, k),
            explore_recall: recall_at(ranked, &new, k),
            repeat_share: hits(ranked, bought_before, k) as f64 / k as f64,
        })
    }
}

/// Means of [`ListQuality`] over customers; each customer counts once, whatever the size of the basket.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RankingQuality {
    /// Number of lists.
    pub lists: u64,
    /// Mean recall.
    pub recall: f64,
    /// Mean precision.
    pub precision: f64,
    /// Mean NDCG, ideal truncated at `k`.
    pub ndcg: f64,
    /// Mean NDCG, full ideal.
    pub ndcg_full: f64,
    /// Share of lists with a hit: PHR.
    pub hit_rate: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// Mean repeat recall over the lists that have one.
    pub repeat_recall: f64,
    /// Mean explore recall over the lists that have one.
    pub explore_recall: f64,
    /// Mean share of repeat items shown.
    pub repeat_share: f64,
}

impl RankingQuality {
    /// Means over lists. Zeros for none.
    ///
    /// ```
    /// use regulars::metrics::ranking::{ListQuality, RankingQuality};
    ///
    /// let lists = [
    ///     ListQuality::of(&["tea", "milk"], &["milk"], &["milk"], 2).unwrap(),
    ///     ListQuality::of(&["tea", "milk"], &["salt"], &["milk"], 2).unwrap(),
    /// ];
    /// let mean = RankingQuality::mean(&lists);
    /// assert_eq!((mean.lists, mean.recall, mean.hit_rate), (2, 0.5, 0.5));
    /// ```
    pub fn mean<'a>(lists: impl IntoIterator<Item = &'a ListQuality>) -> Self {
        let mut sum = Self::default();
        let (mut repeats, mut explores) = (0_u64, 0_u64);
        for list in lists {
            sum.lists += 1;
            sum.recall += list.recall;
            sum.precision += list.precision;
            sum.ndcg += list.ndcg;
            sum.ndcg_full += list.ndcg_full;
            sum.hit_rate += list.hit;
            sum.mrr += list.reciprocal_rank;
            sum.repeat_share += list.repeat_share;
            repeats += u64::from(list.repeat_recall.is_some());
            explores += u64::from(list.explore_recall.is_some());
            sum.repeat_recall += list.repeat_recall.unwrap_or(0.0);
            sum.explore_recall += list.explore_recall.unwrap_or(0.0);
        }
        let over = |n: u64| 1.0 / n.max(1) as f64;
        let all = over(sum.lists);
        Self {
            lists: sum.lists,
            repeat_recall: sum.repeat_recall * over(repeats),
            explore_recall: sum.explore_recall * over(explores),
            ..sum.scaled(all)
        }
    }

    /// Plain mean of the means of several folds, as the literature reports cross-validation: a small fold counts as much
    /// as a large one.
    ///
    /// ```
    /// use regulars::metrics::ranking::{ListQuality, RankingQuality};
    ///
    /// let hit = ListQuality::of(&["tea"], &["tea"], &[], 1).unwrap();
    /// let miss = ListQuality::of(&["tea"], &["milk"], &[], 1).unwrap();
    /// let folds = [RankingQuality::mean([&hit]), RankingQuality::mean([&miss, &miss, &miss])];
    /// assert_eq!(RankingQuality::mean_of_folds(&folds).recall, 0.5);
    /// ```
    pub fn mean_of_folds(folds: &[Self]) -> Self {
        let mut sum = Self::default();
        for fold in folds {
            sum.lists += fold.lists;
            sum.recall += fold.recall;
            sum.precision += fold.precision;
            sum.ndcg += fold.ndcg;
            sum.ndcg_full += fold.ndcg_full;
            sum.hit_rate += fold.hit_rate;
            sum.mrr += fold.mrr;
            sum.repeat_recall += fold.repeat_recall;
            sum.explore_recall += fold.explore_recall;
            sum.repeat_share += fold.repeat_share;
        }
        sum.scaled(1.0 / folds.len().max(1) as f64)
    }

    fn scaled(self, by: f64) -> Self {
        Self {
            lists: self.lists,
            recall: self.recall * by,
            precision: self.precision * by,
            ndcg: self.ndcg * by,
            ndcg_full: self.ndcg_full * by,
            hit_rate: self.hit_rate * by,
            mrr: self.mrr * by,
            repeat_recall: self.repeat_recall * by,
            explore_recall: self.explore_recall * by,
            repeat_share: self.repeat_share * by,
        }
    }
}

/// The mean of paired differences with its 95 % percentile-bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PairedDifference {
    /// Mean of ours − theirs.
    pub mean: f64,
    /// 2.5 % quantile of the resampled means.
    pub low: f64,
    /// 97.5 % quantile of the resampled means.
    pub high: f64,
}

/// Mean of `ours[i] - theirs[i]` and its 95 % interval by resampling pairs (Efron and Tibshirani 1993, chapter 13):
/// customers differ far more than methods do, so only the paired difference can tell two methods apart.
///
/// ```
/// use regulars::{metrics::ranking::paired_bootstrap, types::Seed};
/// let better = paired_bootstrap(&[0.5, 0.6, 0.7], &[0.4, 0.5, 0.5], 1_000, Seed(1))?;
/// assert!(better.low > 0.0 && better.high < 0.25);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for different lengths, [`EmptyInput`](crate::ErrorKind::EmptyInput)
/// for none, [`InvalidParam`](crate::ErrorKind::InvalidParam) for fewer than 100 resamples,
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a value that is not finite.
pub fn paired_bootstrap(
    ours: &[f64],
    theirs: &[f64],
    resamples: usize,
    seed: Seed,
) -> Result<PairedDifference> {
    if ours.len() != theirs.len() {
        return Err(Error::shape("paired values", ours.len(), theirs.len()));
    }
    if ours.is_empty() {
        return Err(Error::empty("no pairs"));
    }
    if resamples < 100 {
        return Err(Error::param("resamples", "must be at least 100", resamples));
    }
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
    if let Some(at) = differences.iter().position(|d| !d.is_finite()) {
        return Err(Error::row(at as u64 + 1, None, "paired values must be finite"));
    }
    let n = differences.len();
    let mean = differences.iter().sum::<f64>() / n as f64;
    let mut means = crate::kernel::par::map(resamples, |resample| {
        let mut rng = Rng::new(seed, resample as u64);
        let drawn = (0..n).map(|_| {
            let at = usize::try_from(rng.below(n as u64)).unwrap_or(0);
            differences[at]
        });
        drawn.sum::<f64>() / n as f64
    });
    means.sort_unstable_by(f64::total_cmp);
    let cut = resamples / 40;
    Ok(PairedDifference { mean, low: means[cut], high: means[resamples - 1 - cut] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_conventions_of_ndcg_by_hand() {
        // Truth of three, list of two, hits in places 1 and 2: DCG = 1 + 1/log2(3).
        let dcg = 1.0 + 1.0 / 3_f64.log2();
        let full = dcg + 1.0 / 4_f64.log2();
        let (list, truth) = ([1, 2], [2, 1, 3]);
        assert_eq!(ndcg_at(&list, &truth, 2, Ideal::TruncatedAtK), Some(1.0));
        assert!((ndcg_at(&list, &truth, 2, Ideal::Full).unwrap() - dcg / full).abs() < 1e-15);
        assert_eq!(ndcg_at(&list, &truth, 0, Ideal::Full), None);
    }

    #[test]
    fn short_lists_keep_their_denominators() {
        assert_eq!(precision_at(&[7], &[7], 10), Some(0.1));
        assert_eq!(recall_at::<i32>(&[], &[7], 10), Some(0.0));
        let quality = ListQuality::of(&[7], &[7, 8], &[7], 10).unwrap();
        assert_eq!(
            (quality.repeat_share, quality.repeat_recall, quality.explore_recall),
            (0.1, Some(1.0), Some(0.0))
        );
    }

    #[test]
    fn means_leave_out_what_is_undefined() {
        let a = ListQuality::of(&[1], &[1], &[1], 1).unwrap();
        let b = ListQuality::of(&[1], &[2], &[1], 1).unwrap();
        let mean = RankingQuality::mean([&a, &b]);
        assert_eq!((mean.lists, mean.recall, mean.repeat_recall, mean.explore_recall), (2, 0.5, 1.0, 0.0));
        assert_eq!(RankingQuality::mean([]), RankingQuality::default());
    }

    #[test]
    fn bootstrap_refuses_what_it_cannot_pair() {
        assert!(paired_bootstrap(&[1.0], &[], 100, Seed(0)).is_err());
        assert!(paired_bootstrap(&[], &[], 100, Seed(0)).is_err());
        assert!(paired_bootstrap(&[f64::NAN], &[1.0], 100, Seed(0)).is_err());
        assert!(paired_bootstrap(&[1.0], &[1.0], 99, Seed(0)).is_err());
    }
}
