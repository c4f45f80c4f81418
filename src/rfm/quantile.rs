//! Edges by quantiles, found by selection instead of sorting.
//!
//! The i-th of b bins ends at rank h = i (n - 1) / b among the sorted values x(0) .. x(n - 1), and the edge is
//!
//! > x(floor h) + (h - floor h) (x(floor h + 1) - x(floor h)),
//!
//! type 7 of Hyndman and Fan (1996), doi:10.1080/00031305.1996.10473566. For the values 10, 20, 30, 40, 50 and
//! five bins h is 0.8, 1.6, 2.4, 3.2 and the edges are 18, 26, 34, 42. Quotient and remainder are taken in
//! integers, so that no rank is off by one through rounding; only the interpolation itself rounds, once.

/// Quantiles at 1/bins, 2/bins, .. by linear interpolation between order statistics: type 7 of Hyndman and Fan (1996),
/// the default of R, numpy, pandas and polars. `values` is not empty and left in another order.
///
/// Ranks ascend, so each selection works on what lies behind the last one: all that is left in front is smaller.
/// The upper neighbour of an order statistic is the minimum of the rest behind it.
///
/// O(n) expected time for a given number of bins.
pub(super) fn edges<T: Copy + Ord + Into<i64>>(values: &mut [T], bins: usize) -> Vec<f64> {
    let n = values.len();
    let (mut rest, mut skipped) = (values, 0);
    let mut edges = Vec::with_capacity(bins.saturating_sub(1));
    let mut last: Option<(usize, T)> = None;
    for i in 1..bins {
        // Exact in integers: i (n - 1) = below * bins + part.
        let (below, part) = (i * (n - 1) / bins, i * (n - 1) % bins);
        let low = match last {
            Some((rank, value)) if rank == below => value,
            _ => {
                let (_, value, tail) = rest.select_nth_unstable(below - skipped);
                let value = *value;
                (rest, skipped) = (tail, below + 1);
                value
            }
        };
        last = Some((below, low));
        let high = if part == 0 { low } else { rest.iter().copied().min().unwrap_or(low) };
        edges.push(between(low.into(), high.into(), part as f64 / bins as f64));
    }
    edges
}

/// low + (high - low) * part, exact where both ends are equal; i64 differences may exceed i64.
/// The result lies between the ends up to one rounding, which the edges' ascent survives: equal ends give equal
/// edges.
fn between(low: i64, high: i64, part: f64) -> f64 {
    let step = (i128::from(high) - i128::from(low)) as f64;
    low as f64 + step * part
}

/// As [`edges`] for small whole numbers, by counting: one pass over the values, and one over their range.
pub(super) fn edges_u32(values: &[u32], bins: usize) -> Vec<f64> {
    /// Ranges up to this many values are counted.
    const COUNTED: u32 = 1 << 16;
    let (low, high) = values.iter().fold((u32::MAX, 0), |(low, high), v| (low.min(*v), high.max(*v)));
    if high - low >= COUNTED {
        return edges(&mut values.to_vec(), bins);
    }
    let mut counts = vec![0_usize; (high - low) as usize + 1];
    for value in values {
        counts[(value - low) as usize] += 1;
    }
    // Ranks ascend, so the walk over the counts never turns back: `before` values lie below the one at `at`.
    let (n, mut at, mut before) = (values.len(), 0, 0);
    let mut edges = Vec::with_capacity(bins.saturating_sub(1));
    for i in 1..bins {
        let (below, part) = (i * (n - 1) / bins, i * (n - 1) % bins);
        while before + counts[at] <= below {
            before += counts[at];
            at += 1;
        }
        let mut next = at;
        if part > 0 && before + counts[at] <= below + 1 {
            next = counts[at + 1..].iter().position(|count| *count > 0).map_or(at, |ahead| at + 1 + ahead);
        }
        let from_low = |at: usize| i64::from(low) + i64::try_from(at).unwrap_or_default();
        edges.push(between(from_low(at), from_low(next), part as f64 / bins as f64));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    /// The definition, by sorting all values: what selection and counting must equal to the bit.
    fn by_sorting(values: &[i64], bins: usize) -> Vec<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        (1..bins)
            .map(|i| {
                let (below, part) = (i * (values.len() - 1) / bins, i * (values.len() - 1) % bins);
                between(sorted[below], sorted[(below + 1).min(values.len() - 1)], part as f64 / bins as f64)
            })
            .collect()
    }

    #[test]
    fn selection_and_counting_equal_sorting() {
        let mut rng = Rng::new(Seed(2), 0);
        for n in [1, 2, 3, 4, 7, 10, 11, 999] {
            for spread in [1, 3, 1_000, 1 << 20] {
                let values: Vec<i64> = (0..n).map(|_| rng.below(spread).cast_signed()).collect();
                let small: Vec<u32> = values.iter().map(|v| u32::try_from(*v).unwrap()).collect();
                for bins in 2..=10 {
                    let expected = by_sorting(&values, bins);
                    assert_eq!(edges(&mut values.clone(), bins), expected, "n {n}, bins {bins}");
                    assert_eq!(edges_u32(&small, bins), expected, "n {n}, bins {bins}");
                }
            }
        }
    }

    #[test]
    fn agrees_with_r_type_7() {
        // R: quantile(c(2, 4, 4, 5, 9, 11), c(.2, .4, .6, .8), type = 7)
        assert_eq!(edges(&mut [11_i64, 4, 2, 9, 5, 4], 5), [4.0, 4.0, 5.0, 9.0]);
        // R: quantile(c(1, 2, 3, 10), c(.25, .5, .75), type = 7)
        assert_eq!(edges_u32(&[10, 1, 3, 2], 4), [1.75, 2.5, 4.75]);
        assert_eq!(edges(&mut [i64::MIN, i64::MAX], 2), [0.0]);
    }
}
