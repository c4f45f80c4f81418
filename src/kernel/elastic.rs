//! Logistic regression with absolute and squared penalties, along a path of penalties.
//!
//! Minimises (1 / W) Σ w \[ln(1 + e^z) − y z\] + λ \[α Σ |b| + ½ (1 − α) Σ b²\] over standardised columns, W the sum of
//! weights (Friedman, Hastie and Tibshirani 2010, doi:10.18637/jss.v033.i01). Each outer step takes the curvature X′WX of
//! one pass and descends coordinate by coordinate on that quadratic; a penalty starts where the stronger one ended.
//!
//! # What the penalties do
//!
//! | α | penalty | effect |
//! |---|---|---|
//! | 1 | λ Σ abs(b) (lasso, Tibshirani 1996) | coefficients of columns that say little are exactly 0: a choice of columns |
//! | 0 | ½ λ Σ b² (ridge) | all are shrunk, those of columns that go together towards each other |
//! | between | both (elastic net, Zou and Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x) | a choice, but of groups of columns that go together rather than of one among them |
//!
//! Columns are standardised, so that a penalty means the same for all of them; the intercept is free.
//!
//! # One coordinate
//!
//! On the quadratic with curvature G = X′WX / W and gradient g at the trial point, the best bⱼ with all others held is
//!
//! bⱼ ← S(Gⱼⱼ bⱼ − gⱼ, λ α) / (Gⱼⱼ + λ (1 − α)), S(u, t) = sign(u) max(abs(u) − t, 0).
//!
//! By hand: G = 1, b = 0, g = −0.3. At λ α = 0.2 the coefficient is 0.1; at λ α = 0.3 and above it is 0. So the smallest λ
//! that keeps a coefficient at 0 is abs(gⱼ) / α, and the largest of these over the columns, [`largest_lambda`], is
//! where a path begins.
//!
//! # Choosing the penalty
//!
//! From [`largest_lambda`] down by equal factors, a hundred steps to a thousandth of it, as in the paper. The best one is told by
//! folds: the mean loss of rows left out, and of all penalties within one standard error of the best the strongest, which leaves
//! fewest columns. Standard errors of the coefficients that are left do not exist: the choice has used the data up.
//!
//! # Cost
//!
//! A pass for G costs n p² / 2 and is made once an outer step, of which warm starts leave two or three for a penalty; a sweep
//! over the coordinates costs p² and does not touch the rows. Bits do not depend on threads: the passes add in order and
//! the sweeps are serial.

use crate::kernel::logistic::{Data, Fault, Order, Scaling, pass};

/// Outer steps for one penalty; two or three do from a warm start.
const MOST_STEPS: usize = 60;
/// Sweeps over the coordinates for one quadratic.
const MOST_SWEEPS: usize = 2_000;

/// Coefficients in the columns' own units at each penalty.
pub(crate) struct PathPoint {
    /// The penalty λ.
    pub(crate) lambda: f64,
    /// In the columns' own units, intercept first; exactly 0 for columns left out.
    pub(crate) beta: Vec<f64>,
}

/// The smallest penalty at which every coefficient is 0; α counts as at least 0.001, since ridge alone never gives a 0.
///
/// max abs(gⱼ) / (W α) with the gradient g at the best intercept alone: below it the first column enters.
pub(crate) fn largest_lambda(data: &Data<'_>, alpha: f64) -> Result<f64, Fault> {
    let scaling = Scaling::of(data)?;
    let total = weight_of(data);
    let at = pass(data, &scaling, 0..data.y.len(), 1, &null(data, &scaling), Order::Gradient);
    let steepest = at.gradient[1..].iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    Ok(steepest / total / alpha.max(1e-3))
}

/// W, the sum of weights, or the number of rows without.
fn weight_of(data: &Data<'_>) -> f64 {
    data.weights.map_or(data.y.len() as f64, |w| w.iter().sum::<f64>()).max(f64::MIN_POSITIVE)
}

/// The best intercept alone, the start of a path: Newton on β₀, whose answer is the log-odds of the weighted mean outcome
/// where there are no offsets.
fn null(data: &Data<'_>, scaling: &Scaling) -> Vec<f64> {
    let mut beta = vec![0.0; data.width + 1];
    for _ in 0..30 {
        let at = pass(data, scaling, 0..data.y.len(), 1, &beta, Order::Gradient);
        // The curvature of the intercept is at most a quarter of the weight; twenty such steps would do, these do better.
        let p = at.gradient[0] / weight_of(data);
        let mean = crate::kernel::special::sigmoid(beta[0]);
        let step = p / (mean * (1.0 - mean)).max(1e-6);
        beta[0] -= step.clamp(-2.0, 2.0);
        if step.abs() < 1e-12 {
            break;
        }
    }
    beta
}

/// The answers at `lambdas`, the strongest first.
///
/// Each penalty starts where the one before ended, a little away from its own answer: a path of a hundred penalties costs a
/// few times what one does. A caller that chooses a penalty by folds makes one path a fold and compares them at equal λ.
///
/// # Errors
/// [`Fault::NotFinite`] for a column, [`Fault::NotConverged`] for a penalty whose steps run out.
pub(crate) fn path(data: &Data<'_>, alpha: f64, lambdas: &[f64]) -> Result<Vec<PathPoint>, Fault> {
    let scaling = Scaling::of(data)?;
    let mut z = null(data, &scaling);
    let mut points = Vec::with_capacity(lambdas.len());
    for lambda in lambdas {
        z = solve(data, &scaling, alpha, *lambda, z)?;
        points.push(PathPoint { lambda: *lambda, beta: scaling.restore(&z) });
    }
    Ok(points)
}

/// λ \[α Σ abs(b) + ½ (1 − α) Σ b²\], the intercept left out.
fn penalty(z: &[f64], alpha: f64, lambda: f64) -> f64 {
    z[1..].iter().map(|b| lambda * (alpha * b.abs() + 0.5 * (1.0 - alpha) * b * b)).sum()
}

/// The answer at one penalty from a start: outer steps of a new quadratic each, until the coordinates rest (no coefficient
/// moves by more than 10⁻⁹) or the objective does not fall any more. A step that would raise the objective is halved, since
/// the quadratic may be wrong far from where it was taken.
///
/// # Errors
/// [`Fault::NotConverged`] after 60 outer steps.
fn solve(
    data: &Data<'_>,
    scaling: &Scaling,
    alpha: f64,
    lambda: f64,
    start: Vec<f64>,
) -> Result<Vec<f64>, Fault> {
    let q = data.width + 1;
    let total = weight_of(data);
    let mut z = start;
    let mut value = f64::INFINITY;
    for _ in 0..MOST_STEPS {
        let at = pass(data, scaling, 0..data.y.len(), 1, &z, Order::Curvature);
        let gram = |i: usize, j: usize| at.hessian[i.max(j) * q + i.min(j)] / total;
        let now = at.loss / total + penalty(&z, alpha, lambda);
        // Gradient of the quadratic at the trial point, kept up to date coordinate by coordinate.
        let mut gradient: Vec<f64> = at.gradient.iter().map(|g| g / total).collect();
        let mut trial = z.clone();
        for _ in 0..MOST_SWEEPS {
            let mut largest = 0.0_f64;
            for j in 0..q {
                let curvature = gram(j, j);
                if j > 0 && scaling.inverse_sd[j - 1] == 0.0 || curvature <= 0.0 {
                    continue;
                }
                let pull = curvature * trial[j] - gradient[j];
                let next = if j == 0 {
                    pull / curvature
                } else {
                    let shrunk = (pull.abs() - lambda * alpha).max(0.0).copysign(pull);
                    shrunk / (curvature + lambda * (1.0 - alpha))
                };
                let change = next - trial[j];
                if change != 0.0 {
                    for (k, g) in gradient.iter_mut().enumerate() {
                        *g += change * gram(k, j);
                    }
                    trial[j] = next;
                    largest = largest.max(change * change * curvature);
                }
            }
            if largest <= 1e-18 {
                break;
            }
        }
        let moved = trial.iter().zip(&z).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        if moved <= 1e-9 {
            return Ok(trial);
        }
        // Halve the step while the objective rises.
        let mut length = 1.0;
        loop {
            let next: Vec<f64> = z.iter().zip(&trial).map(|(z, t)| z + length * (t - z)).collect();
            let loss = pass(data, scaling, 0..data.y.len(), 1, &next, Order::Gradient).loss;
            let then = loss / total + penalty(&next, alpha, lambda);
            if then <= now * (1.0 + 1e-14) {
                let gain = now - then;
                z = next;
                if gain <= 1e-16 * now.abs() && value.is_finite() {
                    return Ok(z);
                }
                value = then;
                break;
            }
            length *= 0.5;
            if length < 1e-6 {
                return Ok(z);
            }
        }
    }
    Err(Fault::NotConverged { iterations: MOST_STEPS, gradient: f64::NAN })
}
