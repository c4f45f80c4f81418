//! How good a score or a probability for a yes-or-no outcome is.
//!
//! Every measure sees customers with equal scores as one group, so the order of the rows never matters. Measures of
//! rank ([`roc_auc`], [`average_precision`], [`ks`], [`lift`], [`gains`]) take any finite score; measures of calibration
//! ([`brier`], [`log_loss`], [`reliability`], [`expected_calibration_error`], [`brier_decomposition`]) take
//! probabilities.
//!
//! Time is O(n log n) for the sort (O(n) for [`brier`] and [`log_loss`]), memory 16 bytes a row.
//!
//! ```
//! use regulars::metrics;
//!
//! let left = [true, false, true, false, false];
//! let score = [0.9, 0.2, 0.4, 0.4, 0.1];
//! assert!((metrics::roc_auc(&left, &score)? - 5.5 / 6.0).abs() < 1e-15);
//! assert!((metrics::lift(&left, &score, 0.2)? - 2.5).abs() < 1e-15);
//! assert!((metrics::brier(&left, &score)? - 0.116).abs() < 1e-15);
//! # Ok::<(), regulars::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::kernel::par;

/// Rows summed as one; the partial sums are added in order.
const CHUNK: usize = 1 << 14;

/// Customers with one score.
struct Group {
    score: f64,
    count: f64,
    positives: f64,
}

/// Checks the input and sorts it into groups of equal scores, the highest first.
fn groups(labels: &[bool], scores: &[f64]) -> Result<Vec<Group>> {
    check(labels, scores, f64::is_finite, "must be finite")?;
    let mut pairs: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut groups: Vec<Group> = Vec::new();
    for (score, label) in pairs {
        let positive = f64::from(u8::from(label));
        match groups.last_mut() {
            Some(last) if last.score == score => {
                last.count += 1.0;
                last.positives += positive;
            }
            _ => groups.push(Group { score, count: 1.0, positives: positive }),
        }
    }
    Ok(groups)
}

fn check(labels: &[bool], scores: &[f64], valid: impl Fn(f64) -> bool, rule: &'static str) -> Result<()> {
    if labels.len() != scores.len() {
        return Err(Error::shape("scores, one for each label", labels.len(), scores.len()));
    }
    if labels.is_empty() {
        return Err(Error::empty("no customers to measure on"));
    }
    match scores.iter().position(|s| !valid(*s)) {
        Some(row) => Err(Error::row(row as u64 + 1, Some("score"), rule)),
        None => Ok(()),
    }
}

fn check_probabilities(labels: &[bool], p: &[f64]) -> Result<()> {
    check(labels, p, |p| (0.0..=1.0).contains(&p), "must be a probability in [0, 1]")
}

/// Positives and negatives; both must occur.
fn both(labels: &[bool]) -> Result<(f64, f64)> {
    let positives = labels.iter().filter(|l| **l).count();
    if positives == 0 || positives == labels.len() {
        return Err(Error::input("needs customers of both outcomes, got one outcome only"));
    }
    Ok((positives as f64, (labels.len() - positives) as f64))
}

/// Area under the ROC curve: the probability that a random positive scores above a random negative, ties counting half
/// (Hanley and `McNeil` 1982, doi:10.1148/radiology.143.1.7063747).
///
/// 0.5 says nothing, 1 ranks every positive above every negative, below 0.5 the score is upside down. It does not see
/// whether probabilities are right, only their order.
///
/// ```
/// use regulars::metrics::roc_auc;
///
/// let left = [true, false, true, false];
/// assert_eq!(roc_auc(&left, &[0.9, 0.1, 0.8, 0.3])?, 1.0);
/// assert_eq!(roc_auc(&left, &[0.9, 0.9, 0.2, 0.2])?, 0.5);
/// assert!(roc_auc(&[true, true], &[0.9, 0.1]).is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`EmptyInput`](crate::ErrorKind::EmptyInput), [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch), and
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only or a score that is not finite.
pub fn roc_auc(labels: &[bool], scores: &[f64]) -> Result<f64> {
    let groups = groups(labels, scores)?;
    let (positives, negatives) = both(labels)?;
    // Twice the count of won pairs is whole: below 2^53 the sum is exact.
    let (mut above, mut twice) = (0.0, 0.0);
    for g in &groups {
        twice += (g.count - g.positives) * (2.0 * above + g.positives);
        above += g.positives;
    }
    Ok(twice / (2.0 * positives * negatives))
}

/// Area under the precision-recall curve as average precision, `Σ (R[i] − R[i−1]) P[i]` over the distinct scores, without
/// interpolation (the definition of scikit-learn's `average_precision_score`).
///
/// A score that says nothing reaches the share of positives, so compare with that rather than with 0.5. Where positives
/// are rare it tells scores apart that look alike by [`roc_auc`].
///
/// ```
/// use regulars::metrics::average_precision;
///
/// // The best one is a hit (precision 1), the second hit shares its score with a miss (precision 2/3).
/// let got = average_precision(&[true, false, true, false, false], &[0.9, 0.2, 0.4, 0.4, 0.1])?;
/// assert!((got - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`roc_auc`].
pub fn average_precision(labels: &[bool], scores: &[f64]) -> Result<f64> {
    let groups = groups(labels, scores)?;
    let (positives, _) = both(labels)?;
    let (mut count, mut hits, mut sum) = (0.0, 0.0, 0.0);
    for g in &groups {
        count += g.count;
        hits += g.positives;
        sum += g.positives * (hits / count);
    }
    Ok(sum / positives)
}

/// Kolmogorov-Smirnov distance between the scores of positives and negatives: the largest gap between the two
/// cumulative distributions.
///
/// ```
/// use regulars::metrics::ks;
///
/// let left = [true, false, true, false, false];
/// // At 0.4 and above: both positives, one of three negatives.
/// assert!((ks(&left, &[0.9, 0.2, 0.4, 0.4, 0.1])? - 2.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`roc_auc`].
pub fn ks(labels: &[bool], scores: &[f64]) -> Result<f64> {
    let groups = groups(labels, scores)?;
    let (positives, negatives) = both(labels)?;
    let (mut hits, mut misses, mut gap) = (0.0, 0.0, 0.0_f64);
    for g in &groups {
        hits += g.positives;
        misses += g.count - g.positives;
        gap = gap.max((hits / positives - misses / negatives).abs());
    }
    Ok(gap)
}

/// One row of a gain table: what contacting the best-scored customers reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Gain {
    /// Share of all customers contacted, the highest scores first.
    pub contacted: f64,
    /// Share of all positives among them.
    pub captured: f64,
    /// Rate of positives among the contacted over the overall rate.
    pub lift: f64,
    /// Score of the last customer contacted.
    pub threshold: f64,
}

/// The gain table at 1/`steps`, 2/`steps`, .. 1 of the customers (10 steps: deciles). Where the cut falls among equal
/// scores, it takes the expected number of positives.
///
/// ```
/// use regulars::metrics::gains;
///
/// let left = [true, false, true, false, false];
/// let table = gains(&left, &[0.9, 0.2, 0.4, 0.4, 0.1], 5)?;
/// // The best fifth holds half of the positives, two and a half times its share.
/// assert_eq!((table[0].contacted, table[0].captured, table[0].lift, table[0].threshold), (0.2, 0.5, 2.5, 0.9));
/// // The second fifth falls among two equal scores, one of them a positive: half a positive is expected.
/// assert_eq!(table[1].captured, 0.75);
/// assert_eq!(table[4].captured, 1.0);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`roc_auc`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 steps.
pub fn gains(labels: &[bool], scores: &[f64], steps: usize) -> Result<Vec<Gain>> {
    if steps == 0 {
        return Err(Error::param("steps", "must be at least 1", steps));
    }
    let groups = groups(labels, scores)?;
    let (positives, _) = both(labels)?;
    let n = labels.len();
    let at = (1..=steps).map(|k| share_of(n, k, steps).max(1));
    Ok(cut(&groups, at)
        .into_iter()
        .map(|(taken, hits, threshold)| gain(n, positives, taken, hits, threshold))
        .collect())
}

/// ⌊n k / steps⌋ without overflow.
fn share_of(n: usize, k: usize, steps: usize) -> usize {
    n / steps * k + (n % steps) * k / steps
}

fn gain(n: usize, positives: f64, taken: f64, hits: f64, threshold: f64) -> Gain {
    let n = n as f64;
    Gain {
        contacted: taken / n,
        captured: hits / positives,
        lift: (hits / taken) / (positives / n),
        threshold,
    }
}

/// For each ascending number of customers: that number, the expected positives among that many best, the last score.
fn cut(groups: &[Group], at: impl Iterator<Item = usize>) -> Vec<(f64, f64, f64)> {
    let (mut next, mut count, mut hits) = (groups.iter().peekable(), 0.0, 0.0);
    at.map(|wanted| {
        let wanted = wanted as f64;
        while let Some(g) = next.next_if(|g| count + g.count <= wanted) {
            count += g.count;
            hits += g.positives;
            if count == wanted {
                return (wanted, hits, g.score);
            }
        }
        next.peek().map_or((wanted, hits, 0.0), |g| {
            (wanted, hits + g.positives * ((wanted - count) / g.count), g.score)
        })
    })
    .collect()
}

/// Lift: the rate of positives among the best-scored `fraction` of customers (rounded down, at least one) over the
/// overall rate. Where the cut falls among equal scores, it takes the expected number of positives.
///
/// ```
/// use regulars::metrics::lift;
///
/// let left = [true, false, false, false, true, false, false, false, false, false];
/// let score = [0.9, 0.8, 0.1, 0.2, 0.3, 0.05, 0.04, 0.03, 0.02, 0.01];
/// assert_eq!(lift(&left, &score, 0.1)?, 5.0);
/// assert_eq!(lift(&left, &score, 1.0)?, 1.0);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`roc_auc`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for a fraction outside (0, 1].
pub fn lift(labels: &[bool], scores: &[f64], fraction: f64) -> Result<f64> {
    if !(fraction > 0.0 && fraction <= 1.0) {
        return Err(Error::param("fraction", "must lie in (0, 1]", fraction));
    }
    let groups = groups(labels, scores)?;
    let (positives, _) = both(labels)?;
    let n = labels.len();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length")]
    let wanted = ((n as f64 * fraction) as usize).clamp(1, n);
    let (taken, hits, threshold) = cut(&groups, std::iter::once(wanted))[0];
    Ok(gain(n, positives, taken, hits, threshold).lift)
}

/// Brier score: the mean squared difference between probability and outcome, 0 at best (Brier 1950,
/// doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
///
/// Always saying the base rate p reaches p (1 − p): a model is worth something below that.
///
/// ```
/// use regulars::metrics::brier;
///
/// assert!((brier(&[true, false], &[0.8, 0.4])? - 0.1).abs() < 1e-15);
/// assert_eq!(brier(&[true, false], &[0.5, 0.5])?, 0.25);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`EmptyInput`](crate::ErrorKind::EmptyInput), [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch), and
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a value outside \[0, 1\].
pub fn brier(labels: &[bool], probabilities: &[f64]) -> Result<f64> {
    check_probabilities(labels, probabilities)?;
    Ok(mean(labels, probabilities, |y, p| (p - f64::from(u8::from(y))).powi(2)))
}

/// Mean negative log-likelihood of the outcomes, in nats. Probabilities are kept 2.2e−16 away from 0 and 1, as
/// scikit-learn does, so that one certain error does not make it infinite.
///
/// ```
/// use regulars::metrics::log_loss;
///
/// let got = log_loss(&[true, false], &[0.8, 0.5])?;
/// assert!((got + (0.8_f64.ln() + 0.5_f64.ln()) / 2.0).abs() < 1e-15);
/// assert!(log_loss(&[true], &[0.0])?.is_finite());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`brier`].
pub fn log_loss(labels: &[bool], probabilities: &[f64]) -> Result<f64> {
    check_probabilities(labels, probabilities)?;
    Ok(mean(labels, probabilities, |y, p| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if y { -p.ln() } else { -(1.0 - p).ln() }
    }))
}

fn mean(labels: &[bool], p: &[f64], f: impl Fn(bool, f64) -> f64 + Sync + Send) -> f64 {
    let sum = par::reduce_chunks(
        labels.len(),
        CHUNK,
        |range| range.map(|i| f(labels[i], p[i])).sum::<f64>(),
        |a, b| a + b,
    );
    sum.unwrap_or(0.0) / labels.len() as f64
}

/// One bin of a reliability table: what was promised and what came.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// Customers in the bin.
    pub count: usize,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of positives; where equal probabilities straddle bins, they share their positives in proportion.
    pub observed: f64,
}

/// A reliability table: customers by ascending probability in `bins` bins of equal count (sizes differ by at most one;
/// fewer bins where there are fewer customers).
///
/// # Errors
/// As [`brier`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 bins.
///
/// ```
/// let table = regulars::metrics::reliability(&[false, true, true, true], &[0.2, 0.4, 0.7, 0.9], 2)?;
/// assert_eq!((table[0].count, table[0].observed), (2, 0.5));
/// assert!((table[1].predicted - 0.8).abs() < 1e-15);
/// # Ok::<(), regulars::Error>(())
/// ```
pub fn reliability(labels: &[bool], probabilities: &[f64], bins: usize) -> Result<Vec<ReliabilityBin>> {
    if bins == 0 {
        return Err(Error::param("bins", "must be at least 1", bins));
    }
    check_probabilities(labels, probabilities)?;
    let mut groups = groups(labels, probabilities)?;
    groups.reverse();
    let n = labels.len();
    let bins = bins.min(n);
    let mut table = Vec::with_capacity(bins);
    let mut rest = groups.iter();
    let (mut score, mut left, mut rate) = (0.0, 0.0, 0.0);
    for k in 0..bins {
        let count = share_of(n, k + 1, bins) - share_of(n, k, bins);
        let (mut open, mut predicted, mut observed) = (count as f64, 0.0, 0.0);
        while open > 0.0 {
            if left == 0.0 {
                let Some(g) = rest.next() else { break };
                (score, left, rate) = (g.score, g.count, g.positives / g.count);
            }
            let taken = open.min(left);
            predicted += taken * score;
            observed += taken * rate;
            left -= taken;
            open -= taken;
        }
        table.push(ReliabilityBin {
            count,
            predicted: predicted / count as f64,
            observed: observed / count as f64,
        });
    }
    Ok(table)
}

/// Expected calibration error: the mean over customers of |predicted − observed| of their bin in the
/// [`reliability`] table (10 bins is usual). A perfectly calibrated model does not reach 0: with n customers and b bins
/// expect about √(2 b p (1 − p) / (π n)).
///
/// ```
/// use regulars::metrics::expected_calibration_error;
///
/// // Promised 0.3 where half came, 0.8 where all came.
/// let got = expected_calibration_error(&[false, true, true, true], &[0.2, 0.4, 0.7, 0.9], 2)?;
/// assert!((got - 0.2).abs() < 1e-15);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`reliability`].
pub fn expected_calibration_error(labels: &[bool], probabilities: &[f64], bins: usize) -> Result<f64> {
    let table = reliability(labels, probabilities, bins)?;
    let n = labels.len() as f64;
    Ok(table.iter().map(|b| b.count as f64 * (b.predicted - b.observed).abs()).sum::<f64>() / n)
}

/// The Brier score taken apart over the bins of a [`reliability`] table:
/// brier = reliability − resolution + uncertainty + within.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BrierDecomposition {
    /// The whole score.
    pub brier: f64,
    /// Squared gap between promise and outcome per bin; 0 for a calibrated model.
    pub reliability: f64,
    /// How far the bins' outcomes spread around the base rate; the larger the better.
    pub resolution: f64,
    /// Variance of the outcome, p (1 − p): what nobody can influence.
    pub uncertainty: f64,
    /// What is left because probabilities differ within a bin (Stephenson, Coelho and Jolliffe 2008,
    /// doi:10.1175/2007WAF2006116.1); 0 where each bin holds one value.
    pub within: f64,
}

/// Decomposes the [`brier`] score (Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2).
///
/// ```
/// use regulars::metrics::{brier, brier_decomposition};
///
/// let (left, p) = ([false, true, true, true], [0.2, 0.4, 0.7, 0.9]);
/// let parts = brier_decomposition(&left, &p, 2)?;
/// assert!((parts.uncertainty - 0.1875).abs() < 1e-15);
/// let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within;
/// assert!((sum - brier(&left, &p)?).abs() < 1e-15);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// As [`reliability`].
pub fn brier_decomposition(
    labels: &[bool],
    probabilities: &[f64],
    bins: usize,
) -> Result<BrierDecomposition> {
    let table = reliability(labels, probabilities, bins)?;
    let n = labels.len() as f64;
    let base = labels.iter().filter(|l| **l).count() as f64 / n;
    let over =
        |f: &dyn Fn(&ReliabilityBin) -> f64| table.iter().map(|b| b.count as f64 * f(b)).sum::<f64>() / n;
    let brier = brier(labels, probabilities)?;
    let reliability = over(&|b| (b.predicted - b.observed).powi(2));
    let resolution = over(&|b| (b.observed - base).powi(2));
    let uncertainty = base * (1.0 - base);
    let within = brier - (reliability - resolution + uncertainty);
    Ok(BrierDecomposition { brier, reliability, resolution, uncertainty, within })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    const P: [f64; 20] = [
        0.1, 0.2, 0.8, 0.2, 0.3, 0.9, 0.4, 0.2, 0.6, 0.1, 0.3, 0.05, 0.5, 0.3, 0.5, 0.15, 0.25, 0.7, 0.6,
        0.35,
    ];
    const Y: [u8; 20] = [0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0];

    fn labels() -> Vec<bool> {
        Y.iter().map(|y| *y == 1).collect()
    }

    /// scikit-learn 1.7 on the same 20 rows, which hold ties within and across the outcomes.
    #[test]
    fn equals_scikit_learn() {
        let y = labels();
        assert_relative_eq!(roc_auc(&y, &P).unwrap(), 0.8351648351648352, max_relative = 1e-15);
        assert_relative_eq!(average_precision(&y, &P).unwrap(), 0.7788265306122448, max_relative = 1e-15);
        assert_relative_eq!(ks(&y, &P).unwrap(), 0.5604395604395604, max_relative = 1e-15);
        assert_relative_eq!(brier(&y, &P).unwrap(), 0.14699999999999996, max_relative = 1e-14);
        assert_relative_eq!(log_loss(&y, &P).unwrap(), 0.45627306512239646, max_relative = 1e-14);
    }

    #[test]
    fn gains_and_lift_by_hand() {
        let y = labels();
        let table = gains(&y, &P, 4).unwrap();
        // The five best are .9 .8 .7 and the two of .6, one of which is positive: 4 of 7 positives.
        assert_relative_eq!(table[0].captured, 4.0 / 7.0);
        assert_relative_eq!(table[0].lift, (4.0 / 5.0) / (7.0 / 20.0));
        assert_eq!(table[0].threshold, 0.6);
        assert_relative_eq!(table[3].captured, 1.0);
        assert_relative_eq!(table[3].lift, 1.0);
        // One of the two customers of .6: half a positive is expected.
        assert_relative_eq!(lift(&y, &P, 0.2).unwrap(), (3.5 / 4.0) / (7.0 / 20.0));
        assert_relative_eq!(lift(&y, &P, 0.001).unwrap(), 20.0 / 7.0);
        assert_relative_eq!(lift(&y, &[0.5; 20], 0.3).unwrap(), 1.0);
    }

    #[test]
    fn constant_scores_know_nothing() {
        let y = labels();
        assert_eq!(roc_auc(&y, &[0.3; 20]).unwrap(), 0.5);
        assert_relative_eq!(average_precision(&y, &[0.3; 20]).unwrap(), 0.35);
        assert_eq!(ks(&y, &[0.3; 20]).unwrap(), 0.0);
        let d = brier_decomposition(&y, &[0.35; 20], 10).unwrap();
        assert_relative_eq!(d.brier, 0.35 * 0.65, max_relative = 1e-14);
        assert!(d.reliability.abs() < 1e-15 && d.resolution.abs() < 1e-15 && d.within.abs() < 1e-15);
    }

    #[test]
    fn certain_and_wrong_is_finite() {
        assert_relative_eq!(log_loss(&[true], &[0.0]).unwrap(), -f64::EPSILON.ln());
        assert_eq!(brier(&[true], &[0.0]).unwrap(), 1.0);
    }

    #[test]
    fn contracts() {
        let kind = |r: Result<f64>| r.unwrap_err().kind();
        assert_eq!(kind(roc_auc(&[], &[])), ErrorKind::EmptyInput);
        assert_eq!(kind(roc_auc(&[true], &[])), ErrorKind::ShapeMismatch);
        assert_eq!(kind(roc_auc(&[true, true], &[0.1, 0.2])), ErrorKind::InvalidInput);
        assert_eq!(kind(roc_auc(&[true, false], &[0.1, f64::NAN])), ErrorKind::InvalidInput);
        assert_eq!(kind(ks(&[true, false], &[0.1, f64::INFINITY])), ErrorKind::InvalidInput);
        assert_eq!(kind(brier(&[true], &[1.5])), ErrorKind::InvalidInput);
        assert_eq!(kind(brier(&[], &[])), ErrorKind::EmptyInput);
        assert_eq!(kind(lift(&[true, false], &[0.1, 0.2], 0.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(lift(&[true, false], &[0.1, 0.2], f64::NAN)), ErrorKind::InvalidParam);
        assert_eq!(kind(expected_calibration_error(&[true], &[0.5], 0)), ErrorKind::InvalidParam);
        assert_eq!(gains(&[true, false], &[0.1, 0.2], 0).unwrap_err().kind(), ErrorKind::InvalidParam);
        assert_eq!(gains(&[true, false], &[0.1, 0.2], 7).unwrap().len(), 7);
        assert_eq!(expected_calibration_error(&[true], &[0.25], 10).unwrap(), 0.75);
    }

    fn data() -> impl Strategy<Value = Vec<(bool, f64)>> {
        proptest::collection::vec((any::<bool>(), (0_u8..=20).prop_map(|p| f64::from(p) / 20.0)), 2..80)
            .prop_filter("both outcomes", |rows| rows.iter().any(|r| r.0) && rows.iter().any(|r| !r.0))
    }

    proptest! {
        /// The count of won pairs, by its definition.
        #[test]
        fn auc_is_the_share_of_won_pairs(rows in data()) {
            let (y, p): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
            let (mut won, mut pairs) = (0.0, 0.0);
            for a in rows.iter().filter(|r| r.0) {
                for b in rows.iter().filter(|r| !r.0) {
                    pairs += 1.0;
                    won += if a.1 > b.1 { 1.0 } else if a.1 == b.1 { 0.5 } else { 0.0 };
                }
            }
            prop_assert!((roc_auc(&y, &p).unwrap() - won / pairs).abs() < 1e-14);
        }

        #[test]
        fn row_order_never_matters(rows in data(), seed in any::<u64>()) {
            let measure = |rows: &[(bool, f64)]| {
                let (y, p): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
                let exact = [roc_auc(&y, &p), average_precision(&y, &p), ks(&y, &p), lift(&y, &p, 0.3),
                    expected_calibration_error(&y, &p, 10)].map(|m| m.unwrap().to_bits());
                (exact, brier(&y, &p).unwrap(), gains(&y, &p, 10).unwrap())
            };
            let mut shuffled = rows.clone();
            crate::kernel::rng::Rng::new(crate::types::Seed(seed), 0).shuffle(&mut shuffled);
            let (a, b) = (measure(&rows), measure(&shuffled));
            prop_assert_eq!(a.0, b.0);
            prop_assert!((a.1 - b.1).abs() < 1e-14);
            prop_assert_eq!(a.2, b.2);
        }

        #[test]
        fn reliability_keeps_the_totals(rows in data(), bins in 1_usize..20) {
            let (y, p): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
            let table = reliability(&y, &p, bins).unwrap();
            prop_assert_eq!(table.iter().map(|b| b.count).sum::<usize>(), y.len());
            let positives: f64 = table.iter().map(|b| b.observed * b.count as f64).sum();
            prop_assert!((positives - y.iter().filter(|y| **y).count() as f64).abs() < 1e-9);
            let d = brier_decomposition(&y, &p, bins).unwrap();
            prop_assert!((d.reliability - d.resolution + d.uncertainty + d.within - d.brier).abs() < 1e-12);
        }
    }
}
