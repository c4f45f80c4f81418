//! Isotonic recalibration: the best curve from log-odds to log-odds that never falls.
//!
//! A line moves and stretches all log-odds alike; a curve may also bend them, where scores are right in the middle and too sure
//! at the ends. It needs more outcomes: with a few hundred it learns noise, which is why the line is the default.
//!
//! With blocks of nₖ customers and hₖ leavers the log-odds of a block are ln((hₖ + ½) / (nₖ − hₖ + ½)), the logit with half a customer
//! more on either side (Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x), so that no block says 0 or 1.

/// Corners of a curve that never falls, ascending in both.
///
/// Saved as pairs of numbers; a file whose corners do not ascend is refused. As long as there are blocks: a few dozen corners for
/// thousands of customers.
pub(super) type Curve = Vec<(f64, f64)>;

/// The curve for scores (log-odds) and their outcomes: pool adjacent violators (Barlow et al. 1972; for probabilities
/// Zadrozny and Elkan 2002, doi:10.1145/775047.775151). Each block stands at the mean of its scores with the log-odds of
/// (leavers + ½) / (customers + 1), so that no block is certain; between blocks the curve is straight, beyond them flat.
/// O(n log n).
pub(super) fn fit(scores: &[f64], left: &[bool]) -> Curve {
    /// Customers, leavers, sum of scores.
    #[derive(Clone, Copy)]
    struct Block(f64, f64, f64);
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(left.iter().copied()).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut blocks: Vec<Block> = Vec::new();
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let hits = ties.iter().filter(|t| t.1).count() as f64;
        let mut block = Block(ties.len() as f64, hits, ties.len() as f64 * ties[0].0);
        while let Some(last) = blocks.last().copied()
            && last.1 * block.0 >= block.1 * last.0
        {
            block = Block(last.0 + block.0, last.1 + block.1, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut curve = Curve::new();
    let mut highest = f64::NEG_INFINITY;
    for Block(n, hits, sum) in blocks {
        highest = highest.max(((hits + 0.5) / (n - hits + 0.5)).ln());
        let at = sum / n;
        if curve.last().is_none_or(|c| c.0 < at) {
            curve.push((at, highest));
        }
    }
    curve
}

/// The curve's height at a score; an empty curve changes nothing.
/// Binary search and one interpolation: O(log corners).
pub(super) fn apply(curve: &[(f64, f64)], score: f64) -> f64 {
    let above = curve.partition_point(|c| c.0 <= score);
    match (above.checked_sub(1).and_then(|i| curve.get(i)), curve.get(above)) {
        (Some(low), Some(high)) => {
            low.1 + (high.1 - low.1) * ((score - low.0) / (high.0 - low.0)).clamp(0.0, 1.0)
        }
        (Some(end), None) | (None, Some(end)) => end.1,
        (None, None) => score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn violators_are_pooled() {
        // 0, 1, 0 at three scores: the last two are one block of half leavers.
        let curve = fit(&[-1.0, 0.0, 1.0], &[false, true, false]);
        assert_eq!(curve.len(), 2);
        assert_eq!(curve[1], (0.5, 0.0));
        assert_eq!(apply(&curve, 9.0), 0.0);
        assert_eq!(apply(&[], 0.7), 0.7);
    }

    proptest! {
        #[test]
        fn curves_never_fall(rows in proptest::collection::vec((-5.0..5.0_f64, any::<bool>()), 1..60)) {
            let (scores, left): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let curve = fit(&scores, &left);
            prop_assert!(curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
            let heights: Vec<f64> = (-60..60).map(|i| apply(&curve, f64::from(i) / 10.0)).collect();
            prop_assert!(heights.is_sorted() && heights.iter().all(|h| h.is_finite()));
        }
    }
}
