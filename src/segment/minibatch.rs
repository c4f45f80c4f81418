//! Mini-batches: centres that learn from a few rows at a time, in memory or as a stream.
//!
//! A centre that stands for rows of weight W and meets members of weight w with mean m moves to
//! (W c + w m) / (W + w), the mean of all it has met (`MacQueen` 1967; in batches Sculley 2010,
//! doi:10.1145/1772690.1772862). Every batch is assigned to the centres as they stand before it, so the order of rows
//! within a batch changes nothing but the last bits of a sum.
//!
//! A centre moves less and less as its weight grows, so the steps settle without a rate that anybody would have to set.
//! What stops them is the inertia of the batches, smoothed over one look at all rows: it is measured on the rows before
//! they are learned, so it does not flatter. The closing iteration of Lloyd's algorithm makes labels, inertia and means
//! those of all rows, and serves the segments that the batches have missed by the rule for empty segments.
//!
//! The tests hold it within five per cent of the inertia of full runs; where a full run
//! is affordable, take that.

use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::lloyd::{self, Rows, Run, Stop};

/// The stream of chance that draws the batches of a restart; seeding uses the restarts' own numbers.
const BATCH_STREAM: u64 = 1 << 43;

/// A run ends when its smoothed inertia has not fallen in so many steps.
const PATIENCE: u32 = 10;

/// What a batch adds to each centre.
pub(super) struct Batch {
    /// Segment of each row under the centres before the batch.
    pub(super) labels: Vec<u16>,
    /// Weighted sum of squared distances to these centres.
    pub(super) inertia: f64,
}

/// Moves centres of weights `weights` towards the rows of a batch, and adds the rows' weights to them. A centre without
/// weight jumps to the mean of its first members. n · k · width.
pub(super) fn step(rows: Rows<'_>, centres: &mut [f64], weights: &mut [f64]) -> Batch {
    let width = rows.width;
    let (labels, inertia) = lloyd::assign(rows, centres);
    let mut sums = vec![0.0; centres.len()];
    let mut added = vec![0.0; weights.len()];
    for (row, label) in labels.iter().enumerate() {
        let (j, weight) = (usize::from(*label), rows.weight(row));
        added[j] += weight;
        let own = j * width..(j + 1) * width;
        for ((sum, value), centre) in sums[own.clone()].iter_mut().zip(rows.row(row)).zip(&centres[own]) {
            *sum += weight * (value - centre);
        }
    }
    for (j, added) in added.iter().enumerate().filter(|(_, added)| **added > 0.0) {
        weights[j] += added;
        for (centre, sum) in centres[j * width..(j + 1) * width].iter_mut().zip(&sums[j * width..]) {
            *centre += sum / weights[j];
        }
    }
    Batch { labels, inertia }
}

/// Steps of `size` rows drawn with replacement, until the centres rest, the smoothed inertia stops falling, or every
/// iteration allowed has shown all rows once; then one exact iteration, which mends empty segments and makes the centres
/// the means of their rows.
pub(super) fn run(
    rows: Rows<'_>,
    mut centres: Vec<f64>,
    size: usize,
    stop: Stop,
    seed: Seed,
    restart: u64,
) -> Run {
    let (n, width) = (rows.len(), rows.width);
    let mut rng = Rng::new(seed, BATCH_STREAM + restart);
    let mut weights = vec![0.0; centres.len() / width];
    let most = (n.div_ceil(size) as u64).saturating_mul(u64::from(stop.max_iterations));
    // The span of the moving average is one look at all rows.
    let rate = (2.0 * size as f64 / (n as f64 + 1.0)).min(1.0);
    let (mut smooth, mut least, mut idle) = (None, f64::INFINITY, 0);
    let (mut steps, mut converged) = (0_u64, false);
    let mut values = Vec::with_capacity(size * width);
    let mut own = Vec::with_capacity(size);
    while steps < most && !converged {
        steps += 1;
        values.clear();
        own.clear();
        for _ in 0..size {
            let row = usize::try_from(rng.below(n as u64)).unwrap_or(0);
            values.extend_from_slice(rows.row(row));
            own.push(rows.weight(row));
        }
        let before = centres.clone();
        let sample = Rows { values: &values, width, weights: Some(&own) };
        let inertia = step(sample, &mut centres, &mut weights).inertia;
        let shift: f64 = centres.iter().zip(&before).map(|(a, b)| (a - b) * (a - b)).sum();
        let average = smooth.map_or(inertia, |old: f64| old + rate * (inertia - old));
        smooth = Some(average);
        if average < least {
            (least, idle) = (average, 0);
        } else {
            idle += 1;
        }
        converged = shift.sqrt() <= stop.shift || idle >= PATIENCE;
    }
    let last = lloyd::lloyd(rows, centres, Stop { max_iterations: 1, shift: stop.shift });
    Run { iterations: u32::try_from(steps.saturating_add(1)).unwrap_or(u32::MAX), converged, ..last }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Centres without weight jump to their first batch and end at the mean of all they have met.
    #[test]
    fn a_stream_of_batches_ends_at_the_means() {
        let mut centres = vec![0.0, 10.0];
        let mut weights = vec![0.0, 0.0];
        let stream = [[1.0, 11.0], [3.0, 12.0], [2.0, 13.0]];
        for batch in stream {
            step(Rows { values: &batch, width: 1, weights: None }, &mut centres, &mut weights);
        }
        assert_eq!((weights, centres), (vec![3.0, 3.0], vec![2.0, 12.0]));
    }

    /// Never better than the exact run from the same start, and here within a hundredth of it.
    #[test]
    fn batches_come_close_to_the_exact_run() {
        let mut rng = Rng::new(Seed(3), 9);
        let values: Vec<f64> =
            (0..20_000).map(|i| if i % 2 == 0 { rng.normal() } else { 8.0 + rng.normal() }).collect();
        let rows = Rows { values: &values, width: 1, weights: None };
        let stop = Stop { max_iterations: 20, shift: 1e-4 };
        let exact = lloyd::lloyd(rows, vec![0.0, 1.0], stop);
        let quick = run(rows, vec![0.0, 1.0], 256, stop, Seed(1), 0);
        assert!(quick.converged && quick.inertia >= exact.inertia * (1.0 - 1e-12));
        assert!(quick.inertia < 1.01 * exact.inertia, "{} {}", quick.inertia, exact.inertia);
    }
}
