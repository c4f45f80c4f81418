//! Two forecasts of the same outcomes against each other, with intervals; the variance of an AUC.
//!
//! Two AUCs on the same customers rise and fall together, so the interval of their difference is far narrower than the two
//! intervals suggest: draw customers, not forecasts, and let the same draw judge both.
//!
//! # Formulas
//!
//! With m leavers and n stayers, V₁ᵢ the share of stayers below leaver i (ties half) and V₀ⱼ the share of leavers above stayer j,
//! AUC = mean of V₁ = mean of V₀, and by `DeLong` (1988, doi:10.2307/2531595) its variance is var(V₁) / m + var(V₀) / n; all of
//! it from ranks, O((m + n) log (m + n)) (Sun and Xu 2014, doi:10.1109/LSP.2014.2337313).
//!
//! # Assumptions
//!
//! Customers are independent draws. Rows of one customer at several cuts are not: compare on one cut.

use crate::error::{Error, Result};
use crate::kernel::rng::Rng;
use crate::kernel::{par, special};
use crate::metrics;
use crate::types::Seed;

/// A difference with its interval.
///
/// An interval without 0 says that the one forecast is better at the 5 % level; one with 0, that these customers cannot tell.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Difference {
    /// First forecast less second.
    pub estimate: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// How much better one forecast is than another.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Comparison {
    /// Customers compared.
    pub customers: usize,
    /// Of the area under the ROC curve: above 0, the first ranks better.
    pub auc: Difference,
    /// Of the Brier score: below 0, the first is nearer to the outcomes.
    pub brier: Difference,
}

impl Comparison {
    /// Compares two forecasts of the same outcomes by a paired bootstrap: in each of `replicates` draws the same customers,
    /// drawn with replacement within leavers and stayers, judge both; the interval is from the 2.5 % to the 97.5 % quantile
    /// of the differences (Efron and Tibshirani 1993, doi:10.1007/978-1-4899-4541-9). O(replicates × n log n), in parallel;
    /// the same for any number of threads.
    ///
    /// ```
    /// use regulars::churn::Comparison;
    /// use regulars::types::Seed;
    ///
    /// let left: Vec<bool> = (0..300).map(|i| i % 3 == 0).collect();
    /// let sharp: Vec<f64> = (0..300).map(|i| if i % 3 == 0 { 0.6 } else { 0.2 } + f64::from(i % 7) / 50.0).collect();
    /// let blunt = vec![1.0 / 3.0; 300];
    /// let gain = Comparison::new(&left, &sharp, &blunt, 200, Seed(1))?;
    /// assert!(gain.auc.low > 0.3 && gain.brier.high < 0.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`roc_auc`](metrics::roc_auc) and [`brier`](metrics::brier) of either;
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for fewer than 40 replicates, of which no such quantile exists.
    pub fn new(left: &[bool], first: &[f64], second: &[f64], replicates: usize, seed: Seed) -> Result<Self> {
        if replicates < 40 {
            return Err(Error::param("replicates", "must be at least 40", replicates));
        }
        let gains = |left: &[bool], a: &[f64], b: &[f64]| -> Result<(f64, f64)> {
            Ok((
                metrics::roc_auc(left, a)? - metrics::roc_auc(left, b)?,
                metrics::brier(left, a)? - metrics::brier(left, b)?,
            ))
        };
        let (auc, brier) = gains(left, first, second)?;
        let (leavers, stayers): (Vec<usize>, Vec<usize>) = (0..left.len()).partition(|row| left[*row]);
        let drawn = par::map_chunks(replicates, 1, |r| {
            let mut rng = Rng::new(seed, r.start as u64);
            let mut rows = Vec::with_capacity(left.len());
            for kind in [&leavers, &stayers] {
                rows.extend(
                    (0..kind.len()).map(|_| kind[usize::try_from(rng.below(kind.len() as u64)).unwrap_or(0)]),
                );
            }
            let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| values[*row]).collect() };
            let labels: Vec<bool> = rows.iter().map(|row| left[*row]).collect();
            gains(&labels, &pick(first), &pick(second))
        });
        let drawn = drawn.into_iter().collect::<Result<Vec<_>>>()?;
        let interval = |estimate: f64, mut values: Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a part of a length"
                )]
                let i = (share * (values.len() - 1) as f64).round() as usize;
                values[i]
            };
            Difference { estimate, low: at(0.025), high: at(0.975) }
        };
        Ok(Self {
            customers: left.len(),
            auc: interval(auc, drawn.iter().map(|d| d.0).collect()),
            brier: interval(brier, drawn.iter().map(|d| d.1).collect()),
        })
    }
}

/// AUC and its variance from the placements of each customer among those of the other outcome (`DeLong`, `DeLong` and
/// Clarke-Pearson 1988, doi:10.2307/2531595). Ties count half. O(n log n).
pub(super) fn auc_with_variance(left: &[bool], scores: &[f64]) -> Result<(f64, f64)> {
    let auc = metrics::roc_auc(left, scores)?;
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(left.iter().copied()).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let positives = left.iter().filter(|l| **l).count() as f64;
    let negatives = left.len() as f64 - positives;
    let (mut below, mut spread) = ([0.0, 0.0], [0.0, 0.0]);
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let hits = ties.iter().filter(|t| t.1).count() as f64;
        let misses = ties.len() as f64 - hits;
        // Share of stayers below a leaver of this score, and of leavers above a stayer.
        let of_leaver = (below[0] + 0.5 * misses) / negatives;
        let of_stayer = 1.0 - (below[1] + 0.5 * hits) / positives;
        spread[1] += hits * (of_leaver - auc).powi(2);
        spread[0] += misses * (of_stayer - auc).powi(2);
        below[0] += misses;
        below[1] += hits;
    }
    let part = |sum: f64, n: f64| if n > 1.0 { sum / (n - 1.0) / n } else { 0.25 };
    Ok((auc, part(spread[1], positives) + part(spread[0], negatives)))
}

/// Two-sided standard normal quantile of a coverage.
pub(super) fn z_of(coverage: f64) -> f64 {
    special::normal_quantile(0.5 + 0.5 * coverage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use approx::assert_relative_eq;

    /// By the definition with all pairs.
    #[test]
    fn the_variance_is_that_of_the_placements() {
        let left = [true, false, true, true, false, false, true, false];
        let scores = [0.9, 0.3, 0.4, 0.4, 0.4, 0.1, 0.8, 0.85];
        let (auc, variance) = auc_with_variance(&left, &scores).unwrap();
        let psi = |a: f64, b: f64| {
            if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            }
        };
        let of =
            |kind: bool| -> Vec<f64> { (0..8).filter(|i| left[*i] == kind).map(|i| scores[i]).collect() };
        let (x, y) = (of(true), of(false));
        let v10: Vec<f64> = x.iter().map(|a| y.iter().map(|b| psi(*a, *b)).sum::<f64>() / 4.0).collect();
        let v01: Vec<f64> = y.iter().map(|b| x.iter().map(|a| psi(*a, *b)).sum::<f64>() / 4.0).collect();
        let s = |v: &[f64]| v.iter().map(|p| (p - auc).powi(2)).sum::<f64>() / 3.0;
        assert_relative_eq!(variance, s(&v10) / 4.0 + s(&v01) / 4.0, max_relative = 1e-12);
    }

    #[test]
    fn a_forecast_against_itself_is_even() {
        let left: Vec<bool> = (0..50).map(|i| i % 4 == 0).collect();
        let p: Vec<f64> = (0..50).map(|i| f64::from(i * 7 % 50) / 50.0).collect();
        let c = Comparison::new(&left, &p, &p, 50, Seed(3)).unwrap();
        assert_eq!((c.auc.low, c.auc.high, c.brier.estimate), (0.0, 0.0, 0.0));
        let kind = Comparison::new(&left, &p, &p, 3, Seed(3)).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::InvalidParam);
        assert!(Comparison::new(&left, &p, &p[1..], 50, Seed(3)).is_err());
    }
}
