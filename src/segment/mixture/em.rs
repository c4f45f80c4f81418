//! Expectation-maximisation of normal components, in logarithms.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::kernel::par;

use super::super::lloyd::Rows;

/// Rows summed as one; the partial sums are added in order.
pub(super) const CHUNK: usize = 4_096;

/// Added to the diagonal of every covariance, as a share of the column's variance.
const RIDGE: f64 = 1e-6;

/// One normal distribution.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Component {
    /// Share of all rows, above 0.
    pub(super) weight: f64,
    pub(super) mean: Vec<f64>,
    /// Lower Cholesky factor L of the covariance Σ = L Lᵀ, row-major; zeros above the diagonal.
    pub(super) factor: Vec<f64>,
    /// ln weight − ½ ln det(2π Σ).
    pub(super) constant: f64,
}

/// When the iterations end.
#[derive(Clone, Copy)]
pub(super) struct Stop {
    pub(super) max_iterations: u32,
    /// Bound on the change of the mean log-likelihood of a row.
    pub(super) tolerance: f64,
}

/// What the iterations come to.
pub(super) struct Fit {
    /// By descending weight.
    pub(super) parts: Vec<Component>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    /// Log-likelihood of each row, and the number of its largest component.
    pub(super) rows: Vec<(u16, f64)>,
    pub(super) log_likelihood: f64,
}

/// Iterates from hard labels; `centres` holds a point near the rows of each label.
///
/// Each pass computes the shares rᵢⱼ = πⱼ N(xᵢ; μⱼ, Σⱼ) / Σₗ πₗ N(xᵢ; μₗ, Σₗ) and from them the next components:
/// πⱼ = Σᵢ rᵢⱼ / n, μⱼ = Σᵢ rᵢⱼ xᵢ / (n πⱼ), Σⱼ = Σᵢ rᵢⱼ (xᵢ − μⱼ)(xᵢ − μⱼ)ᵀ / (n πⱼ) + ridge (Dempster, Laird and Rubin
/// 1977). The log-likelihood rises with every pass, but for what the ridge takes.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) where a component loses all its rows or the columns depend on one
/// another beyond the ridge, [`Overflow`](crate::ErrorKind::Overflow) where the log-likelihood does not fit a float.
pub(super) fn fit(rows: Rows<'_>, labels: &[u16], centres: &[f64], stop: Stop) -> Result<Fit> {
    let n = rows.len();
    let k = centres.len() / rows.width;
    let hard = |row: usize, shares: &mut [f64]| {
        shares.fill(0.0);
        shares[usize::from(labels[row])] = 1.0;
        0.0
    };
    let ridge: Vec<f64> = variances(rows).iter().map(|v| v * RIDGE).collect();
    let mut parts = maximise(rows, k, &ridge, centres, hard)?.1;
    let (mut iterations, mut converged) = (0, false);
    let mut likelihood = f64::NEG_INFINITY;
    while iterations < stop.max_iterations && !converged {
        iterations += 1;
        let means: Vec<f64> = parts.iter().flat_map(|p| &p.mean).copied().collect();
        let (total, next) =
            maximise(rows, k, &ridge, &means, |row, shares| expect(&parts, rows.row(row), shares))?;
        converged = (total - likelihood).abs() <= stop.tolerance * n as f64;
        likelihood = total;
        if !converged {
            parts = next;
        }
    }
    parts.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let of_chunk = |range: Range<usize>| {
        let mut shares = vec![0.0; k];
        let of_row = |row| {
            let likelihood = expect(&parts, rows.row(row), &mut shares);
            (largest(&shares), likelihood)
        };
        range.map(of_row).collect::<Vec<_>>()
    };
    let rows = par::map_chunks(n, CHUNK, of_chunk).concat();
    let log_likelihood: f64 = rows.iter().map(|(_, l)| l).sum();
    if !log_likelihood.is_finite() {
        return Err(Error::overflow("the log-likelihood does not fit a float: scale the columns"));
    }
    Ok(Fit { parts, iterations, converged, rows, log_likelihood })
}

/// −2 log-likelihood + parameters · ln n (Schwarz 1978, doi:10.1214/aos/1176344136), with k − 1 weights, k means and k full
/// covariances as parameters.
pub(super) fn bic(log_likelihood: f64, n: usize, k: usize, width: usize) -> f64 {
    let parameters = k * (width + width * (width + 1) / 2) + k - 1;
    parameters as f64 * (n as f64).ln() - 2.0 * log_likelihood
}

/// The first of the largest.
pub(super) fn largest(shares: &[f64]) -> u16 {
    let mut best = 0;
    for (j, share) in shares.iter().enumerate() {
        if *share > shares[best] {
            best = j;
        }
    }
    u16::try_from(best).unwrap_or(u16::MAX)
}

/// Variance of each column (denominator n), what the ridge is a share of.
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
///
/// lⱼ = ln πⱼ + ln N(x; μⱼ, Σⱼ); the largest l is taken off before the exponentials, so that at least one of them is 1 and
/// none overflows: ln f(x) = max l + ln Σⱼ exp(lⱼ − max l).
pub(super) fn expect(parts: &[Component], row: &[f64], shares: &mut [f64]) -> f64 {
    for (share, part) in shares.iter_mut().zip(parts) {
        *share = part.constant - 0.5 * part.squared_distance(row);
    }
    let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        // So far from all components that no distance fits a float: nothing but their weights is known.
        for (share, part) in shares.iter_mut().zip(parts) {
            *share = part.weight;
        }
        return f64::NEG_INFINITY;
    }
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
    /// Whether a fit on `width` columns could have made it.
    #[cfg(feature = "serde")]
    pub(super) fn is_valid(&self, width: usize) -> bool {
        let square = Some(self.factor.len()) == width.checked_mul(width) && self.mean.len() == width;
        let mut numbers = self.mean.iter().chain(&self.factor).chain([&self.constant]);
        square
            && self.weight > 0.0
            && self.weight <= 1.0
            && numbers.all(|v| v.is_finite())
            && (0..width).all(|d| self.factor[d * width + d] > 0.0)
    }

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
