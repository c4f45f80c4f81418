//! Where the iterations start: k-means++ and its greedy variant.
//!
//! The first centre is a row drawn by weight. Each further one is drawn with probability in proportion to w D², with D
//! the distance to the nearest centre so far: the expected inertia is within 8 (ln k + 2) of the best (Arthur and
//! Vassilvitskii 2007). The greedy variant draws 2 + ln k candidates and keeps the one that lowers the sum of w D² most,
//! as scikit-learn does.
//!
//! Of more than 65,536 rows a sample is looked at, one row at random from each of as many equal stretches: the density
//! that seeding needs to know is known long before. Chance comes from the stream of the restart alone, so that restarts
//! can run on any thread.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]

use crate::kernel::rng::Rng;
use crate::kernel::simd::{Vectorised, vectorised};
use crate::types::Seed;

use super::block::{squared_distance, with_constant_width};
use super::lloyd::Rows;

/// Seeding looks at no more rows than this.
const SAMPLE: usize = 65_536;

/// The stream of chance that draws the sample; restarts use 0, 1, 2 ...
const SAMPLE_STREAM: u64 = 1 << 40;

/// The rows that seeding looks at, copied side by side: all, or one at random from each of [`SAMPLE`] equal stretches.
pub(super) struct Sample {
    values: Vec<f64>,
    weights: Vec<f64>,
    width: usize,
}

impl Sample {
    pub(super) fn new(rows: Rows<'_>, seed: Seed) -> Self {
        Self::of(rows, seed, SAMPLE)
    }

    fn of(rows: Rows<'_>, seed: Seed, size: usize) -> Self {
        let chosen = stretches(rows.len(), size, seed, SAMPLE_STREAM);
        Self {
            values: chosen.iter().flat_map(|row| rows.row(*row)).copied().collect(),
            weights: chosen.iter().map(|row| rows.weight(*row)).collect(),
            width: rows.width,
        }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// Centres for one restart, row-major: the first drawn by weight, each further one by weight times squared distance
    /// to the nearest centre so far; of `tries` draws the one that lowers the sum of these distances most. `rows` are
    /// searched where the sample holds no row apart from the centres.
    pub(super) fn centres(
        &self,
        rows: Rows<'_>,
        k: usize,
        tries: usize,
        seed: Seed,
        restart: u64,
    ) -> Vec<f64> {
        let mut rng = Rng::new(seed, restart);
        let mut centres = Vec::with_capacity(k * self.width);
        let mut nearest = vec![f64::INFINITY; self.weights.len()];
        let first = draw(&self.weights, &mut rng).unwrap_or(0);
        centres.extend_from_slice(self.row(first));
        self.shorten(self.row(first), &mut nearest);
        let mut potential = vec![0.0; nearest.len()];
        while centres.len() < k * self.width {
            for ((p, w), d) in potential.iter_mut().zip(&self.weights).zip(&nearest) {
                *p = w * d;
            }
            let mut best: Option<(f64, usize, Vec<f64>)> = None;
            for _ in 0..tries {
                let Some(row) = draw(&potential, &mut rng) else { break };
                let mut shorter = nearest.clone();
                let sum = self.shorten(self.row(row), &mut shorter);
                if best.as_ref().is_none_or(|(own, ..)| sum < *own) {
                    best = Some((sum, row, shorter));
                }
            }
            if let Some((_, row, shorter)) = best {
                centres.extend_from_slice(self.row(row));
                nearest = shorter;
            } else {
                let apart = (0..rows.len()).map(|row| rows.row(row)).zip(0..).find(|(row, number)| {
                    rows.weight(*number) > 0.0 && centres.chunks_exact(self.width).all(|c| c != *row)
                });
                let row = apart.map_or_else(|| self.row(0).to_vec(), |(row, _)| row.to_vec());
                self.shorten(&row, &mut nearest);
                centres.extend_from_slice(&row);
            }
        }
        centres
    }

    /// Lowers every row's squared distance to that of a new centre, and gives the weighted sum.
    fn shorten(&self, centre: &[f64], nearest: &mut [f64]) -> f64 {
        vectorised(Shorten { sample: self, centre, nearest })
    }
}

/// One number at random from each of `size` equal stretches of 0..n; all of them where there are no more than that.
#[expect(clippy::cast_possible_truncation, reason = "row numbers")]
pub(super) fn stretches(n: usize, size: usize, seed: Seed, stream: u64) -> Vec<usize> {
    if n <= size {
        return (0..n).collect();
    }
    let mut rng = Rng::new(seed, stream);
    let edge = |i: usize| (i as u128 * n as u128 / size as u128) as usize;
    (0..size).map(|i| edge(i) + rng.below((edge(i + 1) - edge(i)) as u64) as usize).collect()
}

/// The loop of [`Sample::shorten`].
struct Shorten<'a> {
    sample: &'a Sample,
    centre: &'a [f64],
    nearest: &'a mut [f64],
}

impl Vectorised for Shorten<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { sample, centre, nearest } = self;
        with_constant_width!(sample.width, |width| {
            let mut sum = 0.0;
            let rows = sample.values.chunks_exact(width).zip(&sample.weights);
            for ((row, weight), own) in rows.zip(nearest.iter_mut()) {
                let d = squared_distance(row, &centre[..width]);
                *own = if d < *own { d } else { *own };
                sum += weight * *own;
            }
            sum
        })
    }
}

/// A row drawn with probability in proportion to `mass`, which is finite and at least 0; `None` where there is none.
///
/// One uniform number is compared with the running sum; the last row with mass catches what rounding leaves over. O(n).
fn draw(mass: &[f64], rng: &mut Rng) -> Option<usize> {
    let total: f64 = mass.iter().sum();
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let target = rng.uniform() * total;
    let mut reached = 0.0;
    let mut last = None;
    for (row, mass) in mass.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
        reached += mass;
        last = Some(row);
        if reached > target {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frequencies of 30,000 draws against their probabilities; mass 0 is never drawn.
    #[test]
    fn draws_follow_the_mass() {
        let mut rng = Rng::new(Seed(1), 0);
        let mut counts = [0; 4];
        for _ in 0..30_000 {
            counts[draw(&[1.0, 0.0, 2.0, 3.0], &mut rng).unwrap()] += 1;
        }
        // Five standard errors of 30,000 draws.
        assert_eq!(counts[1], 0);
        for (count, p) in [(counts[0], 1.0 / 6.0), (counts[2], 1.0 / 3.0), (counts[3], 0.5)] {
            let expected = 30_000.0 * p;
            assert!((f64::from(count) - expected).abs() < 5.0 * (expected * (1.0 - p)).sqrt());
        }
        assert_eq!(draw(&[0.0, 0.0], &mut rng), None);
    }

    /// Nine distinct values among ninety rows: nine centres find them all, greedy or not.
    #[test]
    fn no_centre_is_drawn_twice_while_other_rows_are_left() {
        let values: Vec<f64> = (0..90).map(|i| f64::from(i / 10)).collect();
        let rows = Rows { values: &values, width: 1, weights: None };
        for seed in 0..20 {
            for tries in [1, 4] {
                let sample = Sample::new(rows, Seed(seed));
                let mut centres = sample.centres(rows, 9, tries, Seed(seed), 0);
                centres.sort_unstable_by(f64::total_cmp);
                assert_eq!(centres, (0..9).map(f64::from).collect::<Vec<_>>());
            }
        }
    }

    /// The only other row is not in the sample, and is found all the same.
    #[test]
    fn a_sample_that_misses_rows_is_helped_out() {
        let mut values = vec![0.0; 1_000];
        values[777] = 5.0;
        let rows = Rows { values: &values, width: 1, weights: None };
        let sample = Sample::of(rows, Seed(3), 4);
        assert_eq!(sample.values.len(), 4);
        let mut centres = sample.centres(rows, 2, 1, Seed(3), 0);
        centres.sort_unstable_by(f64::total_cmp);
        assert_eq!(centres, [0.0, 5.0]);
    }
}
