//! Whitening: columns that are copies of one another in part are made uncorrelated.

use crate::data::Matrix;
use crate::kernel::linalg::{dot, symmetric_eigen};
use crate::kernel::par;

/// Rows summed as one; the partial sums are added in order.
const CHUNK: usize = 4_096;

/// Directions whose share of the correlation is below this are rounding: a column that is a sum of others.
const NOTHING: f64 = 1e-10;

/// A fitted whitening: z = F (x − μ), and x = μ + B z on the way back.
///
/// With D the standard deviations of the columns and R = G Θ Gᵀ their correlation matrix, F = G Θ^(−½) Gᵀ D⁻¹ and
/// B = D G Θ^(½) Gᵀ (ZCA-cor of Kessy, Lewin and Strimmer 2018, doi:10.1080/00031305.2016.1277159). Without the last
/// rotation G this is the whitening by principal components; a rotation changes no distance, and with it every whitened
/// column stays as like its own column as can be and may keep its name.
///
/// Directions without variance (Θ below 10⁻¹⁰ of the largest) are left out of both.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Whitening {
    mean: Vec<f64>,
    /// F, row by row.
    forward: Vec<f64>,
    /// B, row by row.
    back: Vec<f64>,
}

impl Whitening {
    /// Measures the columns of a matrix; `Err` holds the column that is constant or too large.
    ///
    /// O(n d² + d³) for n rows of d columns.
    pub(super) fn fit(matrix: &Matrix) -> Result<Self, usize> {
        let (n, d) = (matrix.len() as f64, matrix.width());
        let sum = |f: &(dyn Fn(&[f64], &mut [f64]) + Sync), len: usize| {
            let chunk = |range: std::ops::Range<usize>| {
                let mut sums = vec![0.0; len];
                for row in matrix.values()[range.start * d..range.end * d].chunks_exact(d) {
                    f(row, &mut sums);
                }
                sums
            };
            let add = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(|(a, b)| a + b).collect();
            par::reduce_chunks(matrix.len(), CHUNK, chunk, add).unwrap_or_else(|| vec![0.0; len])
        };
        let first = matrix.row(0).unwrap_or_default().to_vec();
        let offset = sum(
            &|row, sums| {
                for (sum, (x, first)) in sums.iter_mut().zip(row.iter().zip(&first)) {
                    *sum += (x - first) / n;
                }
            },
            d,
        );
        let mean: Vec<f64> = first.iter().zip(&offset).map(|(first, offset)| first + offset).collect();
        let products = sum(
            &|row, sums| {
                for a in 0..d {
                    let own = (row[a] - mean[a]) / n;
                    for (b, cell) in sums[a * d..=a * d + a].iter_mut().enumerate() {
                        *cell += own * (row[b] - mean[b]);
                    }
                }
            },
            d * d,
        );
        let deviation: Vec<f64> = (0..d).map(|a| products[a * d + a].sqrt()).collect();
        if let Some(flaw) = deviation.iter().position(|s| !(*s > 0.0 && s.is_finite())) {
            return Err(flaw);
        }
        let correlation = |a: usize, b: usize| {
            let (high, low) = (a.max(b), a.min(b));
            if a == b { 1.0 } else { products[high * d + low] / deviation[high] / deviation[low] }
        };
        let cells: Vec<f64> = (0..d * d).map(|i| correlation(i / d, i % d)).collect();
        let (values, vectors) = symmetric_eigen(&cells, d);
        let largest = values.iter().copied().fold(0.0, f64::max);
        // G f(Θ) Gᵀ with the eigenvectors as rows.
        let through = |a: usize, b: usize, f: &dyn Fn(f64) -> f64| -> f64 {
            let kept = values.iter().zip(vectors.chunks_exact(d)).filter(|(v, _)| **v > NOTHING * largest);
            kept.map(|(value, vector)| vector[a] * f(*value) * vector[b]).sum()
        };
        let forward =
            (0..d * d).map(|i| through(i / d, i % d, &|v| 1.0 / v.sqrt()) / deviation[i % d]).collect();
        let back = (0..d * d).map(|i| through(i / d, i % d, &f64::sqrt) * deviation[i / d]).collect();
        Ok(Self { mean, forward, back })
    }

    /// Whitens every row in place.
    pub(super) fn apply(&self, values: &mut [f64]) {
        let d = self.mean.len();
        par::for_each_chunk_mut(values, CHUNK * d, |_, part| {
            let mut centred = vec![0.0; d];
            for row in part.chunks_exact_mut(d) {
                for ((c, x), m) in centred.iter_mut().zip(&*row).zip(&self.mean) {
                    *c = x - m;
                }
                for (x, weights) in row.iter_mut().zip(self.forward.chunks_exact(d)) {
                    *x = dot(weights, &centred);
                }
            }
        });
    }

    /// A whitened point as it was before.
    pub(super) fn invert(&self, point: &[f64]) -> Vec<f64> {
        let lines = self.back.chunks_exact(self.mean.len().max(1));
        self.mean.iter().zip(lines).map(|(mean, weights)| mean + dot(weights, point)).collect()
    }

    /// Whether it could have been fitted on `width` columns.
    pub(super) fn is_valid(&self, width: usize) -> bool {
        let squares = [&self.forward, &self.back];
        self.mean.len() == width
            && squares.iter().all(|s| Some(s.len()) == width.checked_mul(width))
            && self.mean.iter().chain(squares.into_iter().flatten()).all(|v| v.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    fn cloud(n: usize) -> Matrix {
        let mut rng = Rng::new(Seed(8), 0);
        let row = |_| {
            let (a, b) = (rng.normal(), rng.normal());
            [5.0 + 3.0 * a, a + 0.5 * b - 2.0, 100.0 * b]
        };
        let values = (0..n).flat_map(row).collect();
        Matrix::unnamed(Customers::numbered(n).unwrap(), 3, values).unwrap()
    }

    #[test]
    fn whitened_columns_are_uncorrelated_and_come_back() {
        let matrix = cloud(10_000);
        let two = Matrix::unnamed(
            matrix.customers().clone(),
            2,
            matrix.rows().flat_map(|r| [r[0], r[1]]).collect(),
        );
        for matrix in [two.unwrap(), matrix] {
            let d = matrix.width();
            let whitening = Whitening::fit(&matrix).unwrap();
            let mut values = matrix.values().to_vec();
            whitening.apply(&mut values);
            let moment = |a: usize, b: usize| {
                values.chunks_exact(d).map(|r| r[a] * r[b]).sum::<f64>() / matrix.len() as f64
            };
            // Three columns span two directions only: the trace is the rank.
            let trace: f64 = (0..d).map(|a| moment(a, a)).sum();
            assert!((trace - 2.0).abs() < 1e-9, "{trace}");
            if d == 2 {
                assert!(moment(0, 1).abs() < 1e-9 && (moment(0, 0) - 1.0).abs() < 1e-9);
            }
            for (whitened, row) in values.chunks_exact(d).zip(matrix.rows()).take(50) {
                for (back, own) in whitening.invert(whitened).iter().zip(row) {
                    assert!((back - own).abs() < 1e-9 * own.abs().max(1.0), "{back} {own}");
                }
            }
        }
    }

    #[test]
    fn a_constant_column_is_blamed() {
        let matrix = Matrix::unnamed(Customers::numbered(3).unwrap(), 2, vec![1.0, 4.0, 2.0, 4.0, 3.0, 4.0]);
        assert_eq!(Whitening::fit(&matrix.unwrap()).unwrap_err(), 1);
    }
}
