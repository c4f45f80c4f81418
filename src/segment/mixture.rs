//! Gaussian mixtures: soft segments, in which a customer may stand between several.
//!
//! # When to use it
//! Where segments overlap, differ in width or are elongated, and where a share of membership is worth more than a hard
//! label. k-means is faster and its segments are easier to explain.
//!
//! # The model
//! Rows are drawn from k normal distributions with weights πⱼ, means μⱼ and full covariances Σⱼ. Expectation-maximisation
//! from the best of several k-means runs: responsibilities rᵢⱼ ∝ πⱼ N(xᵢ; μⱼ, Σⱼ), in logarithms so that customers far
//! from every segment do no harm; then weights, means and covariances from them. A ridge of 10⁻⁶ of each column's
//! variance keeps covariances invertible where rows lie on a line. Segments are ordered by weight and named as those of
//! k-means.
//!
//! The mixtures of `linfa-clustering` add up bare exponentials, which vanish for outliers and make every later number
//! NaN; it serves as an oracle in the tests, where both agree.
//!
//! # Complexity
//! n · k · width² per iteration, in parallel; memory 8 k bytes for each of 4,096 rows at a time and a number a row.
//!
//! # References
//! Dempster, Laird and Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x; Schwarz 1978 (BIC),
//! doi:10.1214/aos/1176344136.

use std::fmt;
use std::ops::Range;

use crate::data::{Features, Matrix, PerCustomer, Transform, TransformParams};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Probability, Seed};

use super::lloyd::{LARGEST, Rows, Run};
use super::model::Segment;
use super::params::KMeansParams;
use super::profile::{self, SegmentProfile};

/// Rows summed as one; the partial sums are added in order.
const CHUNK: usize = 4_096;

/// Added to the diagonal of every covariance, as a share of the column's variance.
const RIDGE: f64 = 1e-6;

/// Parameters of a Gaussian mixture.
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::MixtureParams;
/// use regulars::types::Seed;
///
/// let spend = (0..40).map(|i| if i < 20 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
/// let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
/// let model = MixtureParams::new(2).seed(Seed(7)).fit(&features)?;
/// let shares = model.predict(&features)?;
/// let total: f64 = shares.values()[0].iter().map(|p| p.get()).sum();
/// assert!((total - 1.0).abs() < 1e-12);
/// assert!(model.summary().converged);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct MixtureParams {
    k: usize,
    start: KMeansParams,
    max_iterations: u32,
    tolerance: f64,
}

/// How the fit went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MixtureSummary {
    /// Rows fitted.
    pub rows: usize,
    /// Iterations made.
    pub iterations: u32,
    /// Whether the mean log-likelihood came to rest within the iterations allowed.
    pub converged: bool,
    /// Log-likelihood of the rows in units of the matrix.
    pub log_likelihood: f64,
    /// Bayesian information criterion, −2 log-likelihood + parameters · ln n: the lower the better.
    pub bic: f64,
}

/// A fitted mixture.
#[derive(Clone, PartialEq)]
pub struct MixtureModel {
    columns: Vec<String>,
    transform: Option<Transform>,
    parts: Vec<Component>,
    profiles: Vec<SegmentProfile>,
    summary: MixtureSummary,
}

/// One normal distribution.
#[derive(Clone, Debug, PartialEq)]
struct Component {
    weight: f64,
    mean: Vec<f64>,
    /// Lower Cholesky factor of the covariance, row-major.
    factor: Vec<f64>,
    /// ln weight − ½ ln det(2π Σ).
    constant: f64,
}

impl MixtureParams {
    /// `k` segments.
    pub fn new(k: usize) -> Self {
        Self { k, start: KMeansParams::new(k), max_iterations: 500, tolerance: 1e-7 }
    }

    /// Where chance begins; `Seed(0)` by default.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.start = self.start.seed(seed);
        self
    }

    /// Runs of k-means, of which the best one is the start; 10 by default.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.start = self.start.restarts(restarts);
        self
    }

    /// The most iterations; 500 by default.
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Converged when the mean log-likelihood of a row changes by no more than this; 10⁻⁷ by default.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// As [`KMeansParams::transform`].
    pub fn transform(mut self, transform: TransformParams) -> Self {
        self.start = self.start.transform(transform);
        self
    }

    /// Checks the parameters; the first step of every fit.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if self.max_iterations == 0 {
            return Err(Error::param("max_iterations", "must be at least 1", self.max_iterations));
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::param("tolerance", "must be finite and at least 0", self.tolerance));
        }
        self.start.check()
    }

    /// Fits the customers of a table.
    ///
    /// # Errors
    /// As [`KMeansParams::fit`].
    pub fn fit(&self, features: &Features) -> Result<MixtureModel> {
        self.check()?;
        let (transform, matrix, _) = self.start.measured(features)?;
        self.run(&matrix, Some((transform, features)))
    }

    /// Fits the rows of a matrix as they are.
    ///
    /// # Errors
    /// As [`KMeansParams::fit_matrix`].
    pub fn fit_matrix(&self, matrix: &Matrix) -> Result<MixtureModel> {
        self.check()?;
        self.run(matrix, None)
    }

    fn run(&self, matrix: &Matrix, source: Option<(Transform, &Features)>) -> Result<MixtureModel> {
        let (n, width) = (matrix.len(), matrix.width());
        let rows = Rows { values: matrix.values(), width, weights: None };
        let start = self.start.run(matrix, None)?.run;
        let hard = |row: usize, shares: &mut [f64]| {
            shares.fill(0.0);
            shares[usize::from(start.labels[row])] = 1.0;
            0.0
        };
        let ridge: Vec<f64> = variances(rows).iter().map(|v| v * RIDGE).collect();
        let mut parts = maximise(rows, self.k, &ridge, &start.centres, hard)?.1;
        let (mut iterations, mut converged) = (0, false);
        let mut likelihood = f64::NEG_INFINITY;
        while iterations < self.max_iterations && !converged {
            iterations += 1;
            let means: Vec<f64> = parts.iter().flat_map(|p| &p.mean).copied().collect();
            let (total, next) =
                maximise(rows, self.k, &ridge, &means, |row, shares| expect(&parts, rows.row(row), shares))?;
            converged = (total - likelihood).abs() <= self.tolerance * n as f64;
            likelihood = total;
            if !converged {
                parts = next;
            }
        }
        parts.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let shares = par::map_chunks(n, CHUNK, |range| {
            let mut shares = vec![0.0; self.k];
            range
                .map(|row| {
                    let likelihood = expect(&parts, rows.row(row), &mut shares);
                    (largest(&shares), likelihood)
                })
                .collect::<Vec<_>>()
        })
        .concat();
        let log_likelihood: f64 = shares.iter().map(|(_, l)| l).sum();
        if !log_likelihood.is_finite() {
            return Err(Error::overflow("the log-likelihood does not fit a float: scale the columns"));
        }
        let parameters = self.k * (width + width * (width + 1) / 2) + self.k - 1;
        let run = Run {
            centres: parts.iter().flat_map(|p| &p.mean).copied().collect(),
            labels: shares.into_iter().map(|(label, _)| label).collect(),
            inertia: 0.0,
            iterations,
            converged,
            repaired: 0,
        };
        let (transform, features) = source.unzip();
        let profiles = profile::profiles(matrix, transform.as_ref(), features, None, &run)?;
        let summary = MixtureSummary {
            rows: n,
            iterations,
            converged,
            log_likelihood,
            bic: parameters as f64 * (n as f64).ln() - 2.0 * log_likelihood,
        };
        Ok(MixtureModel { columns: matrix.names().to_vec(), transform, parts, profiles, summary })
    }
}

/// The first of the largest.
fn largest(shares: &[f64]) -> u16 {
    let mut best = 0;
    for (j, share) in shares.iter().enumerate() {
        if *share > shares[best] {
            best = j;
        }
    }
    u16::try_from(best).unwrap_or(u16::MAX)
}

fn variances(rows: Rows<'_>) -> Vec<f64> {
    let n = rows.len() as f64;
    let of = |d: usize| {
        let column = || rows.values.iter().skip(d).step_by(rows.width);
        let mean = column().map(|v| v / n).sum::<f64>();
        column().map(|v| (v - mean) * (v - mean) / n).sum()
    };
    (0..rows.width).map(of).collect()
}

/// Shares of one row in the components, and the logarithm of its density.
fn expect(parts: &[Component], row: &[f64], shares: &mut [f64]) -> f64 {
    for (share, part) in shares.iter_mut().zip(parts) {
        *share = part.constant - 0.5 * part.squared_distance(row);
    }
    let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for share in shares.iter_mut() {
        *share = (*share - most).exp();
        sum += *share;
    }
    for share in shares.iter_mut() {
        *share /= sum;
    }
    most + sum.ln()
}

impl Component {
    /// |L⁻¹ (x − μ)|², by forward substitution.
    fn squared_distance(&self, row: &[f64]) -> f64 {
        let width = row.len();
        let mut solved = [0.0; 32];
        let mut long = Vec::new();
        let solved = if width <= solved.len() {
            &mut solved[..width]
        } else {
            long.resize(width, 0.0);
            &mut long[..]
        };
        let mut sum = 0.0;
        for i in 0..width {
            let line = &self.factor[i * width..=i * width + i];
            let known: f64 = line[..i].iter().zip(&*solved).map(|(l, s)| l * s).sum();
            solved[i] = (row[i] - self.mean[i] - known) / line[i];
            sum += solved[i] * solved[i];
        }
        sum
    }
}

/// One pass: shares of every row by `expect`, and the components that follow from them; `origin` holds a point near
/// each component. Returns the log-likelihood too.
fn maximise(
    rows: Rows<'_>,
    k: usize,
    ridge: &[f64],
    origin: &[f64],
    expect: impl Fn(usize, &mut [f64]) -> f64 + Sync + Send,
) -> Result<(f64, Vec<Component>)> {
    let (width, cells) = (rows.width, rows.width * (rows.width + 1) / 2);
    // For each component: weight, sums, and the lower triangle of the products, all relative to its origin.
    let stride = 1 + width + cells;
    let chunk = |range: Range<usize>| {
        let mut sums = vec![0.0; 1 + k * stride];
        let mut shares = vec![0.0; k];
        let mut off = vec![0.0; width];
        for row in range {
            sums[0] += expect(row, &mut shares);
            for (j, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let own = &mut sums[1 + j * stride..=(j + 1) * stride];
                own[0] += share;
                for (d, value) in rows.row(row).iter().enumerate() {
                    off[d] = value - origin[j * width + d];
                    own[1 + d] += share * off[d];
                }
                let mut at = 1 + width;
                for a in 0..width {
                    for b in 0..=a {
                        own[at] += share * off[a] * off[b];
                        at += 1;
                    }
                }
            }
        }
        sums
    };
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
        a
    };
    let sums = par::reduce_chunks(rows.len(), CHUNK, chunk, add).unwrap_or_default();
    let mut parts = Vec::with_capacity(k);
    for (j, own) in sums[1..].chunks_exact(stride).enumerate() {
        let n = own[0];
        if n.is_nan() || n <= 0.0 {
            return Err(Error::input(
                "a segment of the mixture has lost all its customers: ask for fewer segments",
            ));
        }
        let off: Vec<f64> = own[1..=width].iter().map(|s| s / n).collect();
        let mut factor = vec![0.0; width * width];
        let mut at = 1 + width;
        for a in 0..width {
            for b in 0..=a {
                factor[a * width + b] = own[at] / n - off[a] * off[b] + if a == b { ridge[a] } else { 0.0 };
                at += 1;
            }
        }
        if !cholesky(&mut factor, width) {
            return Err(Error::input("the columns are too nearly dependent for a mixture: leave one out"));
        }
        let log_root: f64 = (0..width).map(|d| factor[d * width + d].ln()).sum();
        let weight = n / rows.len() as f64;
        parts.push(Component {
            weight,
            mean: off.iter().zip(&origin[j * width..]).map(|(off, origin)| origin + off).collect(),
            factor,
            constant: weight.ln() - log_root - 0.5 * width as f64 * std::f64::consts::TAU.ln(),
        });
    }
    Ok((sums[0], parts))
}

/// The lower factor in place of the lower triangle; false where the matrix is not positive definite.
fn cholesky(a: &mut [f64], width: usize) -> bool {
    for i in 0..width {
        for j in 0..=i {
            let known: f64 = (0..j).map(|t| a[i * width + t] * a[j * width + t]).sum();
            let rest = a[i * width + j] - known;
            if i == j {
                if !(rest > 0.0 && rest.is_finite()) {
                    return false;
                }
                a[i * width + i] = rest.sqrt();
            } else {
                a[i * width + j] = rest / a[j * width + j];
            }
        }
    }
    true
}

impl MixtureModel {
    /// Number of segments.
    pub fn k(&self) -> usize {
        self.parts.len()
    }

    /// How the fit went.
    pub fn summary(&self) -> &MixtureSummary {
        &self.summary
    }

    /// The profiles of the segments, each customer counted where the share is largest; the heaviest first.
    pub fn profiles(&self) -> &[SegmentProfile] {
        &self.profiles
    }

    /// The weights of the segments, which add up to 1.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = f64> {
        self.parts.iter().map(|p| p.weight)
    }

    /// Each customer's shares in the segments, in their order; they add up to 1.
    ///
    /// # Errors
    /// As [`SegmentModel::assign`](super::SegmentModel::assign).
    pub fn predict(&self, features: &Features) -> Result<PerCustomer<Vec<Probability>>> {
        self.shares(features, |shares| shares.iter().map(|s| Probability::saturating(*s)).collect())
    }

    /// The segment of each customer's largest share, the first among equals.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn assign(&self, features: &Features) -> Result<PerCustomer<Segment>> {
        self.shares(features, |shares| Segment(largest(shares)))
    }

    fn shares<T: Send>(
        &self,
        features: &Features,
        f: impl Fn(&[f64]) -> T + Sync + Send,
    ) -> Result<PerCustomer<T>> {
        let matrix = match &self.transform {
            Some(transform) => transform.apply(features)?,
            None => TransformParams::new()
                .columns(self.columns.iter().map(String::as_str))
                .fit(features)?
                .apply(features)?,
        };
        if matrix.values().iter().any(|v| v.abs() > LARGEST) {
            return Err(Error::input("a column holds values beyond 1e140"));
        }
        let rows = Rows { values: matrix.values(), width: matrix.width(), weights: None };
        let values = par::map(matrix.len(), |row| {
            let mut shares = vec![0.0; self.k()];
            expect(&self.parts, rows.row(row), &mut shares);
            f(&shares)
        });
        PerCustomer::new(matrix.customers().clone(), values)
    }
}

/// Prints sizes.
impl fmt::Debug for MixtureModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MixtureModel({} segments of {} columns, fitted on {} rows)",
            self.k(),
            self.columns.len(),
            self.summary.rows
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;

    fn clouds() -> Matrix {
        let mut rng = Rng::new(Seed(4), 0);
        let mut values = Vec::new();
        for i in 0..900 {
            let (x, y) = (rng.normal(), rng.normal());
            if i % 3 == 0 {
                values.extend([6.0 + 0.5 * x, 0.3 * y + 0.4 * x]);
            } else {
                values.extend([x, 2.0 * y]);
            }
        }
        Matrix::unnamed(Customers::numbered(900).unwrap(), 2, values).unwrap()
    }

    /// The same maximum as linfa-clustering 0.8.1; its ridge is absolute, hence the tolerance.
    #[test]
    fn linfa_finds_the_same_mixture() {
        use linfa::traits::Fit;
        let matrix = clouds();
        let model = MixtureParams::new(2).seed(Seed(1)).fit_matrix(&matrix).unwrap();
        let array = ndarray::Array2::from_shape_vec((900, 2), matrix.values().to_vec()).unwrap();
        let theirs = linfa_clustering::GaussianMixtureModel::params(2)
            .tolerance(1e-9)
            .max_n_iterations(1_000)
            .fit(&linfa::DatasetBase::from(array))
            .unwrap();
        let heavy = usize::from(theirs.weights()[1] > theirs.weights()[0]);
        assert!((theirs.weights()[heavy] - model.parts[0].weight).abs() < 1e-3);
        for d in 0..2 {
            assert!((theirs.means()[[heavy, d]] - model.parts[0].mean[d]).abs() < 1e-2);
            assert!((theirs.means()[[1 - heavy, d]] - model.parts[1].mean[d]).abs() < 1e-2);
        }
        assert!((model.parts[0].weight - 2.0 / 3.0).abs() < 0.01 && model.summary.converged);
    }

    #[test]
    fn outliers_do_no_harm_and_bic_prefers_the_truth() {
        let matrix = clouds();
        let bic = |k| MixtureParams::new(k).fit_matrix(&matrix).unwrap().summary().bic;
        assert!(bic(2) < bic(1) && bic(2) < bic(4));
        let mut values = matrix.values().to_vec();
        values[0] = 1e6;
        let far = Matrix::unnamed(Customers::numbered(900).unwrap(), 2, values).unwrap();
        let model = MixtureParams::new(2).fit_matrix(&far).unwrap();
        assert!(model.summary().log_likelihood.is_finite());
        let table = Features::builder(Customers::numbered(1).unwrap()).numeric("x1", [-1e9]).unwrap();
        let table = table.numeric("x2", [1e9]).unwrap().build().unwrap();
        let total: f64 = model.predict(&table).unwrap().values()[0].iter().map(|p| p.get()).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bad_parameters_and_dependent_columns() {
        let matrix = clouds();
        assert!(MixtureParams::new(0).fit_matrix(&matrix).is_err());
        assert!(MixtureParams::new(2).max_iterations(0).fit_matrix(&matrix).is_err());
        assert!(MixtureParams::new(2).tolerance(f64::NAN).fit_matrix(&matrix).is_err());
        // Twice the same column: the ridge keeps the covariance invertible.
        let twice = matrix.rows().flat_map(|r| [r[0], r[0]]).collect();
        let twice = Matrix::unnamed(Customers::numbered(900).unwrap(), 2, twice).unwrap();
        assert!(MixtureParams::new(2).fit_matrix(&twice).is_ok());
    }
}
