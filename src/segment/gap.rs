//! The gap statistic: how much tighter the segments are than segments of rows without any structure.
//!
//! With W(k) the inertia of k segments, gap(k) = mean over B reference sets of ln W*(k), minus ln W(k), and
//! s(k) = sd(ln W*) √(1 + 1/B). The reference sets are uniform over the box that holds the rows in the directions of their
//! principal components (Tibshirani, Walther and Hastie 2001, doi:10.1111/1467-9868.00293, variant b).

use crate::kernel::linalg::symmetric_eigen;
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::fit::{Engine, best_run};
use super::lloyd::{Rows, Stop};
use super::seeding::stretches;

/// Rows it is measured on.
const ROWS: usize = 4_096;
/// Reference sets, B.
const REFERENCES: usize = 10;
/// Starts on the rows and on each reference set.
const STARTS: u32 = 2;

/// The stream of chance that draws the rows, and the first of those that draw the reference sets.
const ROWS_STREAM: u64 = 1 << 45;
const REFERENCE_STREAM: u64 = 1 << 46;

/// Rows and reference sets, drawn once for all k, so that gaps of different k differ by k alone.
pub(super) struct Gap {
    width: usize,
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
    references: Vec<Vec<f64>>,
    seed: Seed,
    stop: Stop,
}

impl Gap {
    /// Draws the rows (all, or 4,096 of them) and the reference sets, each from a stream of its own.
    pub(super) fn new(rows: Rows<'_>, seed: Seed, stop: Stop) -> Self {
        let width = rows.width;
        let picked = stretches(rows.len(), ROWS, seed, ROWS_STREAM);
        let values: Vec<f64> = picked.iter().flat_map(|row| rows.row(*row)).copied().collect();
        let weights = rows.weights.map(|w| picked.iter().map(|row| w[*row]).collect());
        let directions = directions(&values, width);
        // k-means does not care how its rows are turned, so the sets stay in the coordinates of the components.
        let along = |row: &[f64], direction: &[f64]| row.iter().zip(direction).map(|(x, v)| x * v).sum();
        let edges: Vec<(f64, f64)> = directions
            .chunks_exact(width)
            .map(|direction| {
                let projected = values.chunks_exact(width).map(|row| along(row, direction));
                projected
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v: f64| (low.min(v), high.max(v)))
            })
            .collect();
        let draw = |b: usize| {
            let mut rng = Rng::new(seed, REFERENCE_STREAM + b as u64);
            let row =
                |_| edges.iter().map(|(low, high)| low + (high - low) * rng.uniform()).collect::<Vec<_>>();
            (0..picked.len()).flat_map(row).collect::<Vec<f64>>()
        };
        let references = (0..REFERENCES).map(draw).collect();
        Self { width, values, weights, references, seed, stop }
    }

    /// gap(k) and s(k); `None` where the segments have no inertia left or it does not fit a float.
    pub(super) fn of(&self, k: usize, tries: usize) -> Option<(f64, f64)> {
        let tightness = |rows: Rows<'_>| {
            let inertia = best_run(rows, k, tries, self.seed, STARTS, Engine::lloyd(self.stop)).0.inertia;
            let weight: f64 = (0..rows.len()).map(|row| rows.weight(row)).sum();
            (inertia / weight).ln()
        };
        let own = Rows { values: &self.values, width: self.width, weights: self.weights.as_deref() };
        let own = tightness(own);
        let sets = par::map_chunks(self.references.len(), 1, |b| {
            tightness(Rows { values: &self.references[b.start], width: self.width, weights: None })
        });
        let n = sets.len() as f64;
        let mean = sets.iter().sum::<f64>() / n;
        let variance = sets.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n;
        let error = (variance * (1.0 + 1.0 / n)).sqrt();
        Some((mean - own, error)).filter(|(gap, error)| gap.is_finite() && error.is_finite())
    }
}

/// The principal components of the rows, one behind the other: eigenvectors of their covariance, in the order of the
/// columns they grew from. Where squares do not fit a float the columns themselves serve.
fn directions(values: &[f64], width: usize) -> Vec<f64> {
    let n = (values.len() / width) as f64;
    let mean: Vec<f64> =
        (0..width).map(|d| values.iter().skip(d).step_by(width).map(|v| v / n).sum()).collect();
    // Relative to the largest deviation, so that squares neither overflow nor vanish.
    let largest = values.iter().enumerate().map(|(i, v)| (v - mean[i % width]).abs()).fold(0.0, f64::max);
    let mut covariance = vec![0.0; width * width];
    for row in values.chunks_exact(width) {
        for a in 0..width {
            for b in 0..=a {
                covariance[a * width + b] += (row[a] - mean[a]) / largest * ((row[b] - mean[b]) / largest);
            }
        }
    }
    if covariance.iter().any(|c| !c.is_finite()) {
        covariance = (0..width * width).map(|i| f64::from(u8::from(i / width == i % width))).collect();
    }
    symmetric_eigen(&covariance, width).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop { max_iterations: 100, shift: 1e-4 };

    /// Uniform rows look like their reference sets; three clouds are chosen by the rule of the paper.
    #[test]
    fn rows_without_structure_have_no_gap_and_groups_have_one() {
        let mut rng = Rng::new(Seed(1), 0);
        // Longer than wide: of a square the components point anywhere.
        let uniform: Vec<f64> = (0..1_000).flat_map(|_| [3.0 * rng.uniform(), rng.uniform()]).collect();
        let gap = Gap::new(Rows { values: &uniform, width: 2, weights: None }, Seed(2), STOP);
        for k in 1..=4 {
            let (gap, error) = gap.of(k, 3).unwrap();
            assert!(gap.abs() < 0.06 && error < 0.06, "{k}: {gap} {error}");
        }
        let mut groups = Vec::new();
        for i in 0..900 {
            let (x, y) = [(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)][i % 3];
            groups.extend([x + rng.normal(), y + rng.normal()]);
        }
        let gap = Gap::new(Rows { values: &groups, width: 2, weights: None }, Seed(2), STOP);
        let gaps: Vec<(f64, f64)> = (1..=5).map(|k| gap.of(k, 3).unwrap()).collect();
        // The rule of the paper: the smallest k whose gap is within one error of the next.
        let chosen = (0..4).find(|i| gaps[*i].0 >= gaps[i + 1].0 - gaps[i + 1].1).unwrap() + 1;
        assert_eq!(chosen, 3, "{gaps:?}");
        let one = Gap::new(Rows { values: &[3.0, 3.0, 3.0], width: 1, weights: None }, Seed(2), STOP);
        assert_eq!(one.of(1, 1), None);
    }
}
