//! What surrounds the maximum of a logistic likelihood: covariances that survive a wrong model, R's working weights,
//! Firth's correction and profile likelihoods. All of it in standardised columns, row blocks added in a fixed order.
//!
//! Notation as in `logistic.rs`: xᵢ a row behind a leading 1, pᵢ its probability, wᵢ its weight, X the rows, and
//! A = Σ wᵢ pᵢ (1 − pᵢ) xᵢ xᵢᵀ the curvature of the negative log-likelihood, which is Fisher's information for this model.
//!
//! # Which covariance
//!
//! | covariance | right where | here |
//! |---|---|---|
//! | A⁻¹ at the maximum | the model is right, rows are independent | `logistic::fit` |
//! | A⁻¹ at the last step but one | one wants the digits R prints | [`last_working_weights`] |
//! | A⁻¹ B A⁻¹ | the model may be wrong, rows are independent | [`sandwich`] without clusters |
//! | the same with scores summed by customer | rows of one customer go together | [`sandwich`] with clusters |
//!
//! # Which interval
//! - **Wald**, estimate ± 1.96 standard errors: free with any covariance, symmetric, good for hundreds of rows and effects that
//!   are not extreme. Where a coefficient runs away its standard error runs away faster, and the test loses all power (Hauck and
//!   Donner 1977, doi:10.1080/01621459.1977.10479969).
//! - **Profile likelihood** ([`profile`]): some ten passes for each end, follows the likelihood where it is skewed.
//! - **Firth** ([`firth`]): for outcomes that are rare or separated, where the others have no answer at all.
//!
//! A caller that reports one kind says which: they answer the same question with different promises.
//!
//! # Cost
//! Every function here reads the table row by row in chunks of 4,096, standardising on the way; none keeps a copy. Per step
//! n p² / 2 multiplications; the clusters of a sandwich cost a sort of n numbers besides.
//!
//! # By hand
//! Four rows, three positive, an intercept alone: p = ¾, A = 4 · ¾ · ¼ = ¾, so the standard error is √(4/3) = 1.1547. The
//! scores are −¼ three times and ¾ once, B = 3/16 + 9/16 = ¾ = A, and the sandwich is the same: a saturated model
//! cannot be wrong. Firth's estimate is ln((3 + ½) / (1 + ½)) = 0.8473 instead of ln 3 = 1.0986: the correction adds half a
//! success and half a failure.

use ndarray::Array2;

use crate::kernel::linalg::{Cholesky, RANK_TOLERANCE, dot};
use crate::kernel::logistic::{Data, Fault, Order, Pass, Scaling, pass};
use crate::kernel::{par, special};

/// Rows of a chunk; partial results are added in order, so that covariances have the same bits for any number of threads.
const CHUNK: usize = 4096;
/// Newton steps before a search gives up. Convex problems take ten; what takes hundreds is separated or flat.
const MOST_STEPS: usize = 200;

impl Scaling {
    /// A covariance of standardised coefficients, in the columns' own units: S C Sᵀ with β = S z.
    ///
    /// S has 1/sⱼ on its diagonal and −mⱼ/sⱼ in the intercept's row, since β₀ = b₀ − Σ mⱼ bⱼ / sⱼ. A constant column (1/sⱼ = 0)
    /// gets variance 0. For one column with mean 10, deviation 2 and C = ((1, 0), (0, 4)): the slope's variance is 4/4 = 1, the
    /// intercept's 1 + 25 · 4 = 101, their covariance −10.
    pub(crate) fn restore_covariance(&self, covariance: &Array2<f64>) -> Array2<f64> {
        let q = self.mean.len() + 1;
        let mut transform = Array2::<f64>::eye(q);
        for j in 0..q - 1 {
            transform[[j + 1, j + 1]] = self.inverse_sd[j];
            transform[[0, j + 1]] = -self.inverse_sd[j] * self.mean[j];
        }
        transform.dot(covariance).dot(&transform.t())
    }

    /// The row of a table behind the intercept's 1, standardised: 1, z₁, z₂ and so on. For loops that need one row at a time
    /// (leverages, scores); sums over all rows go through the blocks of `logistic::pass`.
    fn row(&self, data: &Data<'_>, row: usize, out: &mut [f64]) {
        out[0] = 1.0;
        let x = &data.x[row * data.width..(row + 1) * data.width];
        for (j, (out, x)) in out[1..].iter_mut().zip(x).enumerate() {
            *out = (x - self.mean[j]) * self.inverse_sd[j];
        }
    }
}

/// The weight of a row, 1 without weights.
fn weight(data: &Data<'_>, row: usize) -> f64 {
    data.weights.map_or(1.0, |w| w[row])
}

/// The offset of a row, 0 without offsets.
fn offset(data: &Data<'_>, row: usize) -> f64 {
    data.offset.map_or(0.0, |o| o[row])
}

/// The outcome as a number.
fn label(data: &Data<'_>, row: usize) -> f64 {
    f64::from(u8::from(data.y[row]))
}

/// Adds factor · v vᵀ to the lower triangle of a matrix stored row by row.
///
/// By hand: v = (1, 2) and factor 3 add 3, 6 and 12. The upper triangle is left as it is: half the work.
fn add_outer(sum: &mut [f64], v: &[f64], factor: f64) {
    let q = v.len();
    for (i, a) in v.iter().enumerate() {
        let scaled = factor * a;
        for (s, b) in sum[i * q..=i * q + i].iter_mut().zip(v) {
            *s += scaled * b;
        }
    }
}

/// The full matrix of a lower triangle.
fn symmetric(lower: &[f64], q: usize) -> Array2<f64> {
    Array2::from_shape_fn((q, q), |(i, j)| lower[i.max(j) * q + i.min(j)])
}

/// Sums of two parts of the rows, item by item.
fn sum_of(a: Vec<f64>, b: Vec<f64>) -> Vec<f64> {
    a.into_iter().zip(b).map(|(a, b)| a + b).collect()
}

/// The fault of a pivot, numbered with the intercept, in columns without it.
fn collinear(column: usize) -> Fault {
    Fault::Collinear(column.saturating_sub(1))
}

/// The sandwich A⁻¹ B A⁻¹ (White 1982, doi:10.2307/1912526): A the curvature, B the sum of squared scores, of rows or of
/// whole clusters (Liang and Zeger 1986, doi:10.1093/biomet/73.1.13) with the factor G / (G − 1) for G clusters. `beta` in
/// the columns' own units; weights count observations.
///
/// The score of a row is (pᵢ − yᵢ) xᵢ. Without clusters B = Σ wᵢ (pᵢ − yᵢ)² xᵢ xᵢᵀ; with clusters g, B = Σ u uᵀ over them with
/// u = Σ wᵢ (pᵢ − yᵢ) xᵢ over the rows of g, which is larger where a customer's rows err in one direction. Clusters are
/// summed in ascending order of their number, rows within them in the order of the table.
///
/// Time n p² / 2 without clusters and n p + G p² / 2 with them, above one pass for A; memory p² for each chunk.
///
/// # Errors
/// [`Fault::NotFinite`] and [`Fault::Collinear`] for columns, as in a fit. `clusters` has one number for each row.
///
/// By hand: the four rows of the page's example in two clusters, (1, 1) and (1, 0). The scores −¼ −¼ and −¼ ¾ sum to −½ and ½,
/// B = ½, and G / (G − 1) = 2 makes it 1. The standard error is √(1 / ¾²) = 1.333 in place of 1.155.
pub(crate) fn sandwich(
    data: &Data<'_>,
    beta: &[f64],
    clusters: Option<&[u64]>,
) -> Result<Array2<f64>, Fault> {
    let scaling = Scaling::of(data)?;
    let z = scaling.standardise(beta);
    let q = z.len();
    let curvature = pass(data, &scaling, 0..data.y.len(), 1, &z, Order::Curvature).hessian;
    let factor = Cholesky::of_rows(&curvature, q).map_err(|s| collinear(s.column()))?;
    let bread = factor.inverse();
    let score = |row: usize, out: &mut [f64]| {
        scaling.row(data, row, out);
        let p = special::sigmoid(dot(out, &z) + offset(data, row));
        let residual = p - label(data, row);
        for v in out.iter_mut() {
            *v *= residual;
        }
    };
    let (meat, correction) = match clusters {
        None => {
            let meat = par::reduce_chunks(
                data.y.len(),
                CHUNK,
                |rows| {
                    let (mut sum, mut v) = (vec![0.0; q * q], vec![0.0; q]);
                    for row in rows {
                        score(row, &mut v);
                        add_outer(&mut sum, &v, weight(data, row));
                    }
                    sum
                },
                sum_of,
            );
            (meat.unwrap_or_else(|| vec![0.0; q * q]), 1.0)
        }
        Some(clusters) => {
            let mut order: Vec<usize> = (0..clusters.len()).collect();
            order.sort_unstable_by_key(|row| (clusters[*row], *row));
            let (mut sum, mut v, mut count) = (vec![0.0; q * q], vec![0.0; q], 0.0);
            for rows in order.chunk_by(|a, b| clusters[*a] == clusters[*b]) {
                let mut total = vec![0.0; q];
                for row in rows {
                    score(*row, &mut v);
                    let w = weight(data, *row);
                    total.iter_mut().zip(&v).for_each(|(t, v)| *t += w * v);
                }
                add_outer(&mut sum, &total, 1.0);
                count += 1.0;
            }
            (sum, if count > 1.0 { count / (count - 1.0) } else { 1.0 })
        }
    };
    let meat = symmetric(&meat, q) * correction;
    Ok(scaling.restore_covariance(&bread.dot(&meat).dot(&bread)))
}

/// The covariance that R's `glm` prints: from the working weights of the last step but one of iteratively reweighted
/// least squares, begun at (y + ½) / 2 and ended once |D − D′| / (|D| + 0.1) < `epsilon` for the deviance D.
///
/// A step solves A β = Σ ωᵢ xᵢ (ηᵢ − oᵢ + (yᵢ − pᵢ) / (pᵢ (1 − pᵢ))) with ωᵢ = wᵢ pᵢ (1 − pᵢ): Newton's step written as least
/// squares of a working response. R keeps the decomposition of the step that led to the answer, whose weights belong to the
/// coefficients before it; at R's tolerance of 10⁻⁸ its standard errors differ from those at the maximum in the fifth or
/// sixth digit, which is what a comparison of printed tables sees. The deviance is 2 Σ wᵢ \[ln(1 + e^ηᵢ) − yᵢ ηᵢ\].
///
/// # Errors
/// [`Fault::Collinear`] for a column that others make up, [`Fault::NotConverged`] after 200 steps.
pub(crate) fn last_working_weights(data: &Data<'_>, epsilon: f64) -> Result<Array2<f64>, Fault> {
    let scaling = Scaling::of(data)?;
    let q = data.width + 1;
    let n = data.y.len();
    let deviance = |eta: &dyn Fn(usize) -> f64| -> f64 {
        let loss = |row: usize| {
            let e = eta(row);
            weight(data, row) * special::softplus(if data.y[row] { -e } else { e })
        };
        2.0 * (0..n).map(loss).sum::<f64>()
    };
    // R starts from fitted values, so the first linear predictor belongs to no coefficients.
    let start = |row: usize| {
        let w = weight(data, row);
        let mu = (w * label(data, row) + 0.5) / (w + 1.0);
        (mu / (1.0 - mu)).ln()
    };
    let mut beta: Option<Vec<f64>> = None;
    let mut before = deviance(&start);
    for _ in 0..MOST_STEPS {
        let eta = |row: usize| match &beta {
            None => start(row),
            Some(beta) => {
                let mut v = vec![0.0; q];
                scaling.row(data, row, &mut v);
                dot(&v, beta) + offset(data, row)
            }
        };
        let sums = par::reduce_chunks(
            n,
            CHUNK,
            |rows| {
                let (mut sum, mut v) = (vec![0.0; q * q + q], vec![0.0; q]);
                for row in rows {
                    let eta = eta(row);
                    let p = special::sigmoid(eta);
                    let w = p * (1.0 - p);
                    scaling.row(data, row, &mut v);
                    let (square, right) = sum.split_at_mut(q * q);
                    add_outer(square, &v, weight(data, row) * w);
                    let target = weight(data, row) * (w * (eta - offset(data, row)) + label(data, row) - p);
                    right.iter_mut().zip(&v).for_each(|(r, v)| *r += target * v);
                }
                sum
            },
            sum_of,
        )
        .unwrap_or_else(|| vec![0.0; q * q + q]);
        let factor = Cholesky::of_rows(&sums[..q * q], q).map_err(|s| collinear(s.column()))?;
        let next = factor.solve(&sums[q * q..]);
        let now = deviance(&|row| {
            let mut v = vec![0.0; q];
            scaling.row(data, row, &mut v);
            dot(&v, &next) + offset(data, row)
        });
        if (now - before).abs() / (now.abs() + 0.1) < epsilon {
            return Ok(scaling.restore_covariance(&factor.inverse()));
        }
        (beta, before) = (Some(next), now);
    }
    Err(Fault::NotConverged { iterations: MOST_STEPS, gradient: f64::NAN })
}

/// An answer of [`firth`]. Intervals from its covariance are Wald's; with few rows those of the penalised profile are better, and
/// wider on the side where the data end.
pub(crate) struct Firth {
    /// In the columns' own units, intercept first.
    pub(crate) beta: Vec<f64>,
    /// A⁻¹ there.
    pub(crate) covariance: Array2<f64>,
    /// ln L + ½ ln det I at the answer.
    pub(crate) penalised: f64,
    /// ln L alone.
    pub(crate) log_likelihood: f64,
    /// Newton steps.
    pub(crate) iterations: usize,
    /// Norm of the modified score over standardised columns, divided by the total weight.
    pub(crate) gradient_norm: f64,
    /// ½ uᵀ A⁻¹ u with the modified score u: what a further step would gain.
    pub(crate) gap: f64,
}

/// The maximum of ln L + ½ ln det I (Firth 1993, doi:10.1093/biomet/80.1.27; Heinze and Schemper 2002,
/// doi:10.1002/sim.1047): always finite, whatever separates the outcomes. Newton with the curvature of ln L; its modified
/// score is Σ \[w (y − p) + h (½ − p)\] x with h the leverage of a row.
///
/// h = w p (1 − p) xᵀ A⁻¹ x; leverages sum to the number of coefficients, so the correction weighs as much as half a
/// coefficient's worth of rows on either outcome, drawn towards p = ½ and shrinking with 1/n against the likelihood. It takes
/// the bias of order 1/n off the coefficients, and where the outcomes can be told apart perfectly it gives a finite answer
/// with honest, wide intervals. ½ ln det A is Jeffreys' prior.
///
/// The curvature used is that of ln L alone, which is positive definite; the step is shortened to 5 and halved until the
/// penalised likelihood does not fall. Time is 3 n p² / 2 a step: curvature, leverages, and the value at the new place.
///
/// # Errors
/// [`Fault::Collinear`] for a column that is constant or made up of others; [`Fault::NotConverged`] after `most` steps.
///
/// By hand, an intercept alone: leverages are 1/n each, so that the modified score is k − n p + (½ − p) for k successes of n, 0
/// at p = (k + ½) / (n + 1). Three of four: 3.5 / 5 = 0.7 and ln(0.7 / 0.3) = 0.8473. None of four: 0.1, where the likelihood has
/// no maximum at all.
pub(crate) fn firth(data: &Data<'_>, tolerance: f64, most: usize) -> Result<Firth, Fault> {
    let scaling = Scaling::of(data)?;
    if let Some(constant) = scaling.inverse_sd.iter().position(|s| *s == 0.0) {
        return Err(Fault::Collinear(constant));
    }
    let q = data.width + 1;
    let evaluate = |z: &[f64]| -> Result<(Pass, Cholesky, f64), Fault> {
        let at = pass(data, &scaling, 0..data.y.len(), 1, z, Order::Curvature);
        let factor = Cholesky::of_rows(&at.hessian, q).map_err(|s| collinear(s.column()))?;
        let value = -at.loss + 0.5 * factor.log_det();
        Ok((at, factor, value))
    };
    let mut z = vec![0.0; q];
    let (mut at, mut factor, mut value) = evaluate(&z)?;
    let total: f64 = data.weights.map_or(data.y.len() as f64, |w| w.iter().sum());
    for iterations in 0..=most {
        let inverse = factor.inverse();
        let extra = par::reduce_chunks(
            data.y.len(),
            CHUNK,
            |rows| {
                let (mut sum, mut v) = (vec![0.0; q], vec![0.0; q]);
                for row in rows {
                    scaling.row(data, row, &mut v);
                    let p = special::sigmoid(dot(&v, &z) + offset(data, row));
                    let spread: f64 =
                        (0..q).map(|i| v[i] * inverse.row(i).as_slice().map_or(0.0, |r| dot(r, &v))).sum();
                    let h = weight(data, row) * p * (1.0 - p) * spread;
                    sum.iter_mut().zip(&v).for_each(|(s, v)| *s += h * (0.5 - p) * v);
                }
                sum
            },
            sum_of,
        )
        .unwrap_or_else(|| vec![0.0; q]);
        let score: Vec<f64> = extra.iter().zip(&at.gradient).map(|(e, g)| e - g).collect();
        let step = factor.solve(&score);
        let gap = 0.5 * dot(&step, &score);
        let gradient_norm = dot(&score, &score).sqrt() / total.max(f64::MIN_POSITIVE);
        if gap <= tolerance * value.abs().max(f64::MIN_POSITIVE) {
            return Ok(Firth {
                beta: scaling.restore(&z),
                covariance: scaling.restore_covariance(&inverse),
                penalised: value,
                log_likelihood: -at.loss,
                iterations,
                gradient_norm,
                gap,
            });
        }
        // At most five standard deviations of the linear predictor a step, halved until the function rises.
        let longest = step.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let mut length = (5.0 / longest).min(1.0);
        let mut moved = None;
        for _ in 0..40 {
            let trial: Vec<f64> = z.iter().zip(&step).map(|(z, s)| z + length * s).collect();
            if let Ok(next) = evaluate(&trial)
                && next.2 >= value - 1e-13 * value.abs()
            {
                moved = Some((trial, next));
                break;
            }
            length *= 0.5;
        }
        let Some((trial, next)) = moved else {
            return Err(Fault::NotConverged { iterations, gradient: gradient_norm });
        };
        z = trial;
        (at, factor, value) = next;
    }
    Err(Fault::NotConverged { iterations: most, gradient: f64::NAN })
}

/// Where the profile likelihood of coefficient `j` (0 the intercept) has fallen by `drop` on either side of the maximum
/// `beta`, by the method of Venzon and Moolgavkar (1988, doi:10.2307/2347496): Newton on the likelihood's level and on the
/// other coefficients' scores at once.
///
/// The profile likelihood of a coefficient is the largest likelihood with that coefficient held. By Wilks' theorem twice its
/// fall is χ² with one degree of freedom, so a drop of 1.92 bounds a 95 % interval; unlike β ± 1.96 SE it need not be
/// symmetric, never leaves the range the data allow, and is right for small counts.
///
/// A step from z with score u and curvature A moves by A⁻¹ (u + λ c), where c picks the coefficient and
/// λ = ± √(max(0, 2 (ln L − level) + uᵀA⁻¹u) / cᵀA⁻¹c): on a quadratic likelihood that is the end of the interval at once.
/// Coefficients stand in standardised columns, so the intercept's c reaches over all of them (β₀ = b₀ − Σ mⱼ bⱼ / sⱼ).
///
/// # Errors
/// [`Fault::NotConverged`] where a side has no end: outcomes that are separated in that direction.
///
/// By hand, three positives of four and an intercept alone: ln L = 3 ln p + ln(1 − p) is −2.249 at ¾ and 1.92 lower at p = 0.278
/// and 0.984. The interval of ln odds is −0.96 to 4.11 about 1.10, where Wald's is −1.16 to 3.36.
pub(crate) fn profile(data: &Data<'_>, beta: &[f64], j: usize, drop: f64) -> Result<(f64, f64), Fault> {
    let scaling = Scaling::of(data)?;
    let q = beta.len();
    // The coefficient as a linear combination c of the standardised ones.
    let mut c = vec![0.0; q];
    if j == 0 {
        c[0] = 1.0;
        for k in 0..q - 1 {
            c[k + 1] = -scaling.mean[k] * scaling.inverse_sd[k];
        }
    } else {
        c[j] = scaling.inverse_sd[j - 1];
    }
    let start = scaling.standardise(beta);
    let evaluate = |z: &[f64]| pass(data, &scaling, 0..data.y.len(), 1, z, Order::Curvature);
    let top = evaluate(&start);
    let level = -top.loss - drop;
    let side = |sign: f64| -> Result<f64, Fault> {
        let mut z = start.clone();
        let mut at = top.clone();
        let mut error = f64::INFINITY;
        for _ in 0..MOST_STEPS {
            let factor = Cholesky::new(
                ndarray::ArrayView2::from_shape((q, q), &at.hessian).map_err(|_| Fault::Collinear(0))?,
                RANK_TOLERANCE,
            )
            .map_err(|s| collinear(s.column()))?;
            let toward = factor.solve(&c);
            let score: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
            let newton = factor.solve(&score);
            let spread = dot(&c, &toward);
            let reach = 2.0 * (-at.loss - level) + dot(&score, &newton);
            // Where the quadratic has no such level, go straight for the maximum along the profile.
            let lambda = sign * (reach.max(0.0) / spread).sqrt();
            let step: Vec<f64> = newton.iter().zip(&toward).map(|(n, t)| n + lambda * t).collect();
            let mut length = 1.0;
            let mut next = None;
            for _ in 0..30 {
                let trial: Vec<f64> = z.iter().zip(&step).map(|(z, s)| z + length * s).collect();
                let pass = evaluate(&trial);
                // Never let the likelihood fall far below the level that is sought.
                if pass.loss.is_finite() && -pass.loss >= level - drop.max(1.0) {
                    next = Some((trial, pass));
                    break;
                }
                length *= 0.5;
            }
            let Some((trial, pass)) = next else { break };
            let size = dot(&step, &step).sqrt() * length;
            (z, at) = (trial, pass);
            error = (-at.loss - level).abs();
            if error <= 1e-9 * drop && size <= 1e-8 * (1.0 + dot(&z, &z).sqrt()) {
                return Ok(dot(&c, &z));
            }
        }
        Err(Fault::NotConverged { iterations: MOST_STEPS, gradient: error })
    };
    Ok((side(-1.0)?, side(1.0)?))
}
