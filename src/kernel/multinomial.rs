//! Multinomial logistic regression by `linfa-logistic`, behind checks.
//!
//! linfa's L-BFGS reports no convergence, and its log-sum-exp is shifted by the largest value of the whole table, which
//! spoils rows far from it. So it gets standardised columns, its answer is judged by a gradient of our own, and where that
//! is not small enough our own L-BFGS goes on from there.
//!
//! # The model
//!
//! For K classes and a row x behind a leading 1, P(class k) = e^ηₖ / Σₗ e^ηₗ with ηₖ = bₖᵀ x. Adding one vector to all bₖ changes
//! nothing, so the coefficients are fixed by the ridge alone: among all that fit alike it takes those of least length, whose
//! slopes sum to 0 over the classes. The objective is −Σᵢ ln P(classᵢ) + ½ r Σ b² over slopes of standardised columns; its
//! gradient for class k is Σᵢ (Pᵢₖ − 1\[classᵢ = k\]) xᵢ + r bₖ.
//!
//! # By hand
//! Three classes seen 2, 1 and 1 times, no columns: the intercepts differ by ln 2 between the first and the others,
//! P = ½, ¼, ¼, and the loss is 2 ln 2 + 2 ln 4 = 4.159.
//!
//! # What the ridge decides
//! Without it the coefficients are not determined, and classes that can be told apart perfectly send them to infinity. A small
//! one settles both. It is taken on standardised
//! columns, so that it means the same for days and for money; the intercepts are free, so that mean probabilities equal the
//! shares of the classes.
//!
//! # Cost
//! n K p multiplications and n K exponentials an evaluation; some tens of evaluations. Memory K p for each chunk of 2,048
//! rows, and one standardised copy of the table.
//!
//! # Assumptions
//! Rows are independent, and the odds of two classes do not depend on which others there are: an additional class takes from
//! all in proportion.
//!
//! # Errors
//! None is raised here: a search that does not end within its tolerance is `None`, and the caller says so.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2};

use crate::kernel::{lbfgs, par};

/// Rows of a chunk; partial results are added in order. 2,048 rows of tens of columns by some classes are work enough to hand
/// out.
const CHUNK: usize = 2048;

/// The answer of a multinomial fit, one block of coefficients for each class: intercepts and slopes in the columns' own units,
/// `beta[class * (width + 1)]` the intercept of a class.
pub(crate) struct Stages {
    pub(crate) beta: Vec<f64>,
    /// The objective, penalty included.
    pub(crate) loss: f64,
    /// Norm of the gradient over standardised columns, divided by the number of rows.
    pub(crate) gradient_norm: f64,
}

/// Probabilities of the classes from their linear predictors, in place.
///
/// The largest predictor is taken off first, so that nothing overflows and the largest exponential is 1: of 1000, 1001 and
/// 1002 the probabilities are .0900, .2447 and .6652, as of 0, 1 and 2. They sum to 1 up to rounding.
pub(crate) fn softmax(scores: &mut [f64]) {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for s in scores.iter_mut() {
        *s = (*s - top).exp();
        sum += *s;
    }
    for s in scores.iter_mut() {
        *s /= sum;
    }
}

/// Minimises −Σ ln p(class) + ½ ridge Σ b² over standardised columns, intercepts free. `None` where the search ends before
/// its tolerance.
///
/// `x` row by row, `classes` below `count`. A class that no row has gets a probability that the ridge alone keeps above 0.
/// The tolerance is relative to the objective, as in [`lbfgs`].
pub(crate) fn fit(
    x: &[f64],
    width: usize,
    classes: &[usize],
    count: usize,
    ridge: f64,
    tolerance: f64,
) -> Option<Stages> {
    let n = classes.len();
    let (means, inverse) = moments(x, width, n);
    let z = Array2::from_shape_fn((n, width), |(i, j)| (x[i * width + j] - means[j]) * inverse[j]);
    let start = by_linfa(&z, classes, count, ridge).unwrap_or_else(|| vec![0.0; count * (width + 1)]);
    let rows = z.as_slice().unwrap_or_default();
    let q = width + 1;
    let evaluate = |beta: &[f64]| {
        let sums = par::reduce_chunks(
            n,
            CHUNK,
            |range| {
                let (mut loss, mut gradient, mut p) = (0.0, vec![0.0; count * q], vec![0.0; count]);
                for i in range {
                    let row = &rows[i * width..(i + 1) * width];
                    for (k, p) in p.iter_mut().enumerate() {
                        let b = &beta[k * q..(k + 1) * q];
                        *p = b[0] + crate::kernel::linalg::dot(row, &b[1..]);
                    }
                    softmax(&mut p);
                    loss -= p[classes[i]].max(f64::MIN_POSITIVE).ln();
                    p[classes[i]] -= 1.0;
                    for (k, residual) in p.iter().enumerate() {
                        let g = &mut gradient[k * q..(k + 1) * q];
                        g[0] += residual;
                        g[1..].iter_mut().zip(row).for_each(|(g, x)| *g += residual * x);
                    }
                }
                (loss, gradient)
            },
            |a, b| (a.0 + b.0, a.1.into_iter().zip(b.1).map(|(a, b)| a + b).collect()),
        );
        let (mut loss, mut gradient) = sums.unwrap_or_else(|| (0.0, vec![0.0; count * q]));
        for (i, b) in beta.iter().enumerate().filter(|(i, _)| i % q > 0) {
            loss += 0.5 * ridge * b * b;
            gradient[i] += ridge * b;
        }
        (loss, gradient)
    };
    let end = lbfgs::minimise(start, tolerance, 2_000, evaluate);
    if !end.converged || end.at.iter().any(|b| !b.is_finite()) {
        return None;
    }
    let norm = end.gradient.iter().map(|g| g * g).sum::<f64>().sqrt() / n as f64;
    let mut beta = end.at;
    for class in beta.chunks_exact_mut(q) {
        for j in 0..width {
            class[j + 1] *= inverse[j];
            class[0] -= class[j + 1] * means[j];
        }
    }
    Some(Stages { beta, loss: end.value, gradient_norm: norm })
}

/// Column means and reciprocal deviations, 0 for a constant column: one whose variance is below the rounding of its mean's
/// square.
///
/// In two passes, mean then squares about it: no digits are lost where the mean is large against the deviation.
fn moments(x: &[f64], width: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
    let column = |j: usize| (0..n).map(move |i| x[i * width + j]);
    let means: Vec<f64> = (0..width).map(|j| column(j).map(|v| v / n as f64).sum()).collect();
    let inverse = (0..width).map(|j| {
        let variance: f64 = column(j).map(|v| (v - means[j]).powi(2) / n as f64).sum();
        let inverse = 1.0 / variance.sqrt();
        if variance > 1e-28 * means[j] * means[j] && inverse.is_finite() { inverse } else { 0.0 }
    });
    let inverse = inverse.collect();
    (means, inverse)
}

/// linfa's answer with the classes' intercepts first; `None` where its line search gives up.
///
/// A start, not an answer: two hundred iterations at a loose tolerance. linfa's α is the ridge on all slopes, as here. It keeps
/// the classes in ascending order of their labels, and a class that no row has is missing from its result, which the check of
/// the number of intercepts catches.
fn by_linfa(z: &Array2<f64>, classes: &[usize], count: usize, ridge: f64) -> Option<Vec<f64>> {
    let targets = Array1::from_vec(classes.to_vec());
    let model = MultiLogisticRegression::default()
        .alpha(ridge)
        .max_iterations(200)
        .gradient_tolerance(1e-4)
        .fit(&DatasetBase::new(z.view(), targets))
        .ok()?;
    let (params, intercept) = (model.params(), model.intercept());
    if intercept.len() != count || params.iter().chain(intercept).any(|v| !v.is_finite()) {
        return None;
    }
    let width = z.ncols();
    let class = |k: usize| std::iter::once(intercept[k]).chain((0..width).map(move |j| params[[j, k]]));
    Some((0..count).flat_map(class).collect())
}
