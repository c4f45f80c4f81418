//! Dense symmetric positive-definite systems: Cholesky with solve, inverse, log-determinant and rank detection.
//!
//! The matrix is brought to unit diagonal first, so a pivot is the share of a column that the columns before it do not
//! explain (1 − R²) whatever the units of the columns: one tolerance serves every table.
//!
//! With S = D⁻¹ A D⁻¹ of unit diagonal and S = L Lᵀ,
//!
//! > l(i, j) = (s(i, j) − Σ(k<j) l(i, k) l(j, k)) / l(j, j) for j < i,
//! > l(i, i)² = 1 − Σ(k<i) l(i, k)².
//!
//! n³/3 operations, row by row, each row from scalar products of rows that lie contiguous in memory. Backward stable
//! without pivoting (Higham 2002, Accuracy and Stability of Numerical Algorithms, chapter 10,
//! doi:10.1137/1.9780898718027). For the tens of columns met here nothing faster is worth a dependency.
//!
//! # By hand
//! A = ((4, 2), (2, 5)): D = (2, √5), s = 2 / (2 √5) = 0.4472, so L = ((1, 0), (0.4472, 0.8944)); the second pivot is
//! 1 − 0.2 = 0.8: four fifths of the second column are not explained by the first. For b = (8, 9) the solution is
//! (1.375, 1.25), and det A = 16 = (1 · 0.8944 · 2 · 2.236)².
//!
//! # Which call
//!
//! | for | call |
//! |---|---|
//! | the step of a Newton method | [`Cholesky::new`], then [`Cholesky::solve`] |
//! | standard errors | [`Cholesky::inverse`], never for solving |
//! | a density, a penalised likelihood | [`Cholesky::log_det`] |
//! | principal components, whitening | [`symmetric_eigen`] |
//! | a sum of products anywhere | [`dot`], so that the order of the sum is fixed |
//!
//! # Cost and limits
//! n³/3 multiplications for the factor, n² for each solution, n³ for the inverse. The condition of the scaled matrix is at
//! most n times that of the best diagonal scaling (van der Sluis 1969, doi:10.1007/BF02165096), so that units of columns,
//! euros beside shares, cost no digits.

use ndarray::{Array2, ArrayView2};
use thiserror::Error;

/// A borrowed square matrix, row by row.
pub(crate) type SquareView<'a> = ArrayView2<'a, f64>;

/// Why a matrix could not be factored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Singular {
    /// The diagonal entry of that column is zero, negative or not a number.
    #[error("column {0} has no variation")]
    Empty(usize),
    /// That column is a linear combination of the ones before it, as far as f64 can tell.
    #[error("column {0} is a combination of the columns before it")]
    Dependent(usize),
}

impl Singular {
    /// The column to blame.
    pub(crate) fn column(self) -> usize {
        match self {
            Self::Empty(column) | Self::Dependent(column) => column,
        }
    }
}

/// Share of a column's variation that must remain unexplained by the columns before it: below it the pivot is rounding.
///
/// Rounding of the products is about n · 2⁻⁵²; 1e-12 leaves a margin of a hundred for tables of fifty columns, and is far
/// below any collinearity whose coefficients could still be told apart.
pub(crate) const RANK_TOLERANCE: f64 = 1e-12;

/// A = D L Lᵀ D with D the square roots of the diagonal and L lower triangular, its diagonal positive.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky {
    /// L, row by row; above the diagonal 0.
    lower: Array2<f64>,
    /// The diagonal of D, positive.
    scale: Vec<f64>,
}

impl Cholesky {
    /// Factors a symmetric matrix; only the lower triangle is read. Pivots of at most `tolerance` count as dependence
    /// ([`RANK_TOLERANCE`] unless the caller knows better).
    ///
    /// The column named by a fault is the first one that the columns before it explain: dropping it and trying again ends
    /// with a basis. NaN anywhere ends as a fault, never as a factor.
    ///
    /// | input | answer |
    /// |---|---|
    /// | no rows | a factor that solves the empty system |
    /// | a diagonal entry of 0, below 0, infinite or NaN | [`Singular::Empty`] with its column |
    /// | a column that the earlier ones explain to within the tolerance | [`Singular::Dependent`] with its column |
    /// | an indefinite matrix | the same: its pivot is negative |
    /// | NaN off the diagonal | the same: its pivot is NaN |
    pub(crate) fn new(a: ArrayView2<'_, f64>, tolerance: f64) -> Result<Self, Singular> {
        let n = a.nrows().min(a.ncols());
        let mut scale = Vec::with_capacity(n);
        for j in 0..n {
            let d = a[[j, j]];
            if !(d > 0.0 && d.is_finite()) {
                return Err(Singular::Empty(j));
            }
            scale.push(d.sqrt());
        }
        let mut l = vec![0.0; n * n];
        for i in 0..n {
            let (done, rest) = l.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in 0..i {
                let other = &done[j * n..j * n + n];
                let sum = a[[i, j]] / (scale[i] * scale[j]) - dot(&row[..j], &other[..j]);
                row[j] = sum / other[j];
            }
            let pivot = 1.0 - dot(&row[..i], &row[..i]);
            if pivot.is_nan() || pivot <= tolerance {
                return Err(Singular::Dependent(i));
            }
            row[i] = pivot.sqrt();
        }
        let lower = Array2::from_shape_vec((n, n), l).unwrap_or_else(|_| Array2::zeros((n, n)));
        Ok(Self { lower, scale })
    }

    /// As [`new`](Self::new) at [`RANK_TOLERANCE`], of an n x n matrix given row by row.
    ///
    /// For callers that keep their matrix in a plain vector, as sums over chunks are kept. A length that is not n² is answered as
    /// an empty column 0 would be.
    pub(crate) fn of_rows(rows: &[f64], n: usize) -> Result<Self, Singular> {
        let view = ArrayView2::from_shape((n, n), rows).map_err(|_| Singular::Empty(0))?;
        Self::new(view, RANK_TOLERANCE)
    }

    /// Number of columns.
    ///
    /// 0 for the empty system, whose solution is empty and whose log-determinant is 0.
    pub(crate) fn len(&self) -> usize {
        self.scale.len()
    }

    /// x with A x = b, in place of b: forward substitution by rows, then backward substitution by columns, so that both walk
    /// along rows of L. 2n² operations.
    pub(crate) fn solve_in_place(&self, b: &mut [f64]) {
        let n = self.len().min(b.len());
        for i in 0..n {
            let row = self.lower.row(i);
            let row = row.as_slice().unwrap_or_default();
            b[i] = (b[i] / self.scale[i] - dot(&row[..i], &b[..i])) / row[i];
        }
        for i in (0..n).rev() {
            let row = self.lower.row(i);
            let row = row.as_slice().unwrap_or_default();
            let value = b[i] / row[i];
            for (b, l) in b[..i].iter_mut().zip(&row[..i]) {
                *b -= l * value;
            }
            b[i] = value;
        }
        for (b, s) in b.iter_mut().zip(&self.scale) {
            *b /= s;
        }
    }

    /// x with A x = b, b kept.
    ///
    /// The residual is some n · 2⁻⁵² of |A| |x|; the error of x is larger by the condition of the scaled matrix. For the A of the
    /// page's example and b = (8, 9): L z = D⁻¹ b gives z = (4, 2.5), Lᵀ y = z gives y = (2.75, 2.795), and x = D⁻¹ y =
    /// (1.375, 1.25).
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        self.solve_in_place(&mut x);
        x
    }

    /// A⁻¹, exactly symmetric: one solve for each unit vector, of which only the lower half is kept. The covariance of
    /// estimates; for solving, [`solve`](Self::solve) is cheaper and more accurate.
    ///
    /// By hand: of ((4, 2), (2, 5)) it is ((5, −2), (−2, 4)) / 16. What is mirrored is the lower half, so that no covariance is
    /// asymmetric by a rounding, and a variance is the number that its own column's solution gives.
    pub(crate) fn inverse(&self) -> Array2<f64> {
        let n = self.len();
        let mut inverse = Array2::zeros((n, n));
        let mut column = vec![0.0; n];
        for j in 0..n {
            column.fill(0.0);
            column[j] = 1.0;
            self.solve_in_place(&mut column);
            for i in j..n {
                inverse[[i, j]] = column[i];
                inverse[[j, i]] = column[i];
            }
        }
        inverse
    }

    /// ln det A = 2 Σ (ln lᵢᵢ + ln dᵢ): as a sum of logarithms, since the determinant of fifty columns of money overflows. Used
    /// by Firth's correction and by the densities of Gaussian mixtures.
    ///
    /// By hand: of the page's A it is ln 16 = 2.7726.
    pub(crate) fn log_det(&self) -> f64 {
        let half: f64 = (0..self.len()).map(|i| self.lower[[i, i]].ln() + self.scale[i].ln()).sum();
        2.0 * half
    }
}

/// Eigenvalues of a symmetric matrix of n x n numbers given row by row, and the unit eigenvectors, one behind the other
/// in the order of the values. Only the lower triangle is read.
///
/// Cyclic rotations of Jacobi (Golub and Van Loan 2013, section 8.5): O(n³) a sweep, a handful of sweeps, and small
/// eigenvalues as exact as large ones. The order is that of the diagonal, not sorted.
///
/// A rotation in the plane of p and q, by the angle whose tangent t is the smaller root of t² + 2 θ t − 1 = 0 with
/// θ = (a(q,q) − a(p,p)) / (2 a(p,q)), makes a(p,q) zero and takes its square twice from the sum of squares off the diagonal.
/// It ends when what is left there is below 2 · 10⁻¹⁹ of the diagonal, or at NaN.
///
/// By hand: ((2, 1), (1, 2)) has θ = 0, t = 1, an angle of 45 degrees: the values 1 and 3, the vectors (1, −1)/√2 and
/// (1, 1)/√2. Signs of vectors are as the rotations leave them: the same input gives the same signs.
pub(crate) fn symmetric_eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut a: Vec<f64> = (0..n * n).map(|i| matrix[(i / n).max(i % n) * n + (i / n).min(i % n)]).collect();
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..64 {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].abs()).sum();
        let size: f64 = (0..n).map(|i| a[i * n + i].abs()).sum();
        if off.is_nan() || off <= f64::EPSILON * 1e-3 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                    let (x, y) = (vectors[p * n + k], vectors[q * n + k]);
                    vectors[p * n + k] = c * x - s * y;
                    vectors[q * n + k] = s * x + c * y;
                }
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

/// Scalar product, in four fixed lanes.
///
/// A single running sum is a chain of dependent additions, which no compiler may reorder. Four chains run side by side
/// and are joined as (0 + 2) + (1 + 3) + tail, on every processor alike.
///
/// By hand, seven products: the first four go to the lanes, the last three to the tail: (p₀ + p₂) + (p₁ + p₃) + (p₄ + p₅ + p₆).
/// The shorter of two slices decides how far whole lanes go; callers give equal lengths.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let tail: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(a, b)| a * b).sum();
    let mut lanes = [0.0; 4];
    for (a, b) in a4.zip(b4) {
        for k in 0..4 {
            lanes[k] += a[k] * b[k];
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    /// The Hilbert matrix of order 5: inverse and determinant are known exactly (1 / 266716800000).
    #[test]
    fn hilbert_matrix() {
        let a = Array2::from_shape_fn((5, 5), |(i, j)| 1.0 / (i + j + 1) as f64);
        let c = Cholesky::new(a.view(), RANK_TOLERANCE).unwrap();
        assert_relative_eq!(c.log_det(), -(266_716_800_000_f64.ln()), max_relative = 1e-11);
        let inverse = c.inverse();
        assert_relative_eq!(inverse[[0, 0]], 25.0, max_relative = 1e-9);
        assert_relative_eq!(inverse[[4, 4]], 44100.0, max_relative = 1e-9);
        assert_relative_eq!(inverse[[3, 1]], 26880.0, max_relative = 1e-9);
        let x = c.solve(&a.dot(&array![1.0, -2.0, 3.0, -4.0, 5.0]).to_vec());
        for (x, expected) in x.iter().zip([1.0, -2.0, 3.0, -4.0, 5.0]) {
            assert_relative_eq!(*x, expected, max_relative = 1e-9);
        }
    }

    /// Diagonals 40 orders of magnitude apart: scaling first makes them equal.
    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        // The second difference matrix of order 6: eigenvalues 2 − 2 cos(j π / 7).
        let n = 6;
        let cell = |i: usize, j: usize| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        };
        let matrix: Vec<f64> = (0..n * n).map(|i| cell(i / n, i % n)).collect();
        let (mut values, vectors) = symmetric_eigen(&matrix, n);
        for i in 0..n * n {
            let sum: f64 = (0..n).map(|k| values[k] * vectors[k * n + i / n] * vectors[k * n + i % n]).sum();
            assert!((sum - matrix[i]).abs() < 1e-13);
        }
        values.sort_unstable_by(f64::total_cmp);
        for (j, value) in values.iter().enumerate() {
            let expected = 2.0 - 2.0 * ((j + 1) as f64 * std::f64::consts::PI / 7.0).cos();
            assert!((value - expected).abs() < 1e-13, "{value} {expected}");
        }
        assert_eq!(symmetric_eigen(&[3.0], 1), (vec![3.0], vec![1.0]));
    }

    #[test]
    fn units_do_not_change_the_verdict() {
        let a = array![[1e-20, 0.5], [0.5, 1e20]];
        assert!(Cholesky::new(a.view(), RANK_TOLERANCE).is_ok());
    }

    /// Zero and NaN diagonals, dependence, indefiniteness.
    #[test]
    fn faults_name_the_column() {
        let fault = |a: Array2<f64>| Cholesky::new(a.view(), RANK_TOLERANCE).unwrap_err();
        assert_eq!(fault(array![[1.0, 0.0], [0.0, 0.0]]), Singular::Empty(1));
        assert_eq!(fault(array![[f64::NAN]]), Singular::Empty(0));
        assert_eq!(fault(array![[1.0, 2.0], [2.0, 4.0]]), Singular::Dependent(1));
        assert_eq!(fault(array![[1.0, 2.0], [f64::NAN, 4.0]]), Singular::Dependent(1));
        assert_eq!(fault(array![[1.0, 2.0], [2.0, 1.0]]).column(), 1);
    }

    /// The empty system has the empty solution and determinant 1.
    #[test]
    fn nothing_to_factor() {
        let c = Cholesky::new(Array2::zeros((0, 0)).view(), RANK_TOLERANCE).unwrap();
        assert!(c.solve(&[]).is_empty());
        assert_eq!(c.log_det(), 0.0);
    }
}
