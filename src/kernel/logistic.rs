//! Logistic regression by Newton's method on row-major data that is read in place.
//!
//! A pass walks the rows in blocks that fit the first-level cache. Each block is centred, scaled and turned
//! column-major on the fly, so every product runs over contiguous columns and badly scaled columns do no harm; no copy
//! of the data is ever made. The curvature `X'WX` and the gradient come out of one register-tiled product per block.
//! Chunks have a size that depends on the table alone and are added in order: the result does not depend on threads.
//!
//! # The model
//!
//! For row i with columns xᵢ, outcome yᵢ in {0, 1}, weight wᵢ and offset oᵢ, the linear predictor is
//! ηᵢ = oᵢ + β₀ + Σⱼ βⱼ xᵢⱼ and the probability pᵢ = 1 / (1 + e^−ηᵢ). The objective is the negative log-likelihood with a
//! ridge,
//!
//! f(β) = Σᵢ wᵢ \[ln(1 + e^ηᵢ) − yᵢ ηᵢ\] + ½ Σⱼ rⱼ βⱼ².
//!
//! Its gradient is Xᵀ(w (p − y)) + r β, its second derivative H = Xᵀ W X + diag(r) with Wᵢ = wᵢ pᵢ (1 − pᵢ), where X has a
//! leading column of 1 that is never penalised (McCullagh and Nelder 1989, chapter 4). f is convex, strictly so where no
//! column is a combination of others.
//!
//! # The method
//!
//! Newton with an exact line search: β ← β − t H⁻¹ g with the t that minimises f along the direction. Near the answer t = 1 up
//! to terms of third order, and a step whose own pass shows that it did not overshoot is taken as it is; where the quadratic model
//! overshoots, or falls short again and again, t is found by a safeguarded Newton search in one variable (`line.rs`) on
//! the linear predictors of point and direction, one exponential a row for each trial. Half the product of step and
//! gradient, ½ gᵀH⁻¹g, is what the quadratic model still expects to gain, the *gap*; a fit ends where the gap is at most the tolerance times f. Near the
//! minimum the gap is the distance of f to it, up to terms of third order, so the tolerance means what it says; a bound on
//! the size of a step or of the gradient would depend on the units of the columns.
//!
//! | trouble | answer |
//! |---|---|
//! | columns of very different scale | columns are standardised on the fly; H has a unit-like diagonal |
//! | a column that is a combination of others | the pivot of its row in the Cholesky factor vanishes: [`Fault::Collinear`] names it |
//! | a direction that separates the outcomes | the likelihood has no maximum (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1): [`Fault::Separated`] names its largest column |
//! | many rows | the answer on every 64th, then every 8th block of rows is the start; the full table takes two or three passes |
//! | very many columns | with a ridge, L-BFGS (`lbfgs.rs`), which needs gradients alone |
//!
//! # Standardised columns
//!
//! With zⱼ = (xⱼ − mⱼ) / sⱼ the coefficients are bⱼ = sⱼ βⱼ and b₀ = β₀ + Σⱼ βⱼ mⱼ, a penalty rⱼ βⱼ² is (rⱼ / sⱼ²) bⱼ². The
//! answer is the same; what changes is the rounding: with years of birth beside shares of income the raw H has entries that
//! differ by ten powers of ten, the standardised one does not.
//!
//! # Cost
//!
//! A pass with curvature is n (p + 1)(p + 2) / 2 multiplications and n exponentials, one without n p and n; a Newton step
//! solves a system of p + 1 unknowns, (p + 1)³ / 6. Typical fits take 5 to 7 steps, of which the last two reuse the old
//! curvature. Memory is one partial curvature, (p + 1)² numbers, for each of at most 64 chunks, and two panels a thread.
//!
//! # A fit from beginning to end
//!
//! 1. Means and deviations of all columns, one pass; a value that is not finite or a constant column ends it here.
//! 2. The start: the log-odds of the mean outcome, the caller's own, or the answers on parts of the rows.
//! 3. Newton steps with a fresh curvature while the gap is above a thousandth of the objective.
//! 4. Steps with the last curvature, each half a pass, as long as each leaves less than a thousandth of the gap before it.
//! 5. Where the covariance is wanted, a fresh curvature and one to three last steps with it.
//! 6. Back to the columns' own units.
//!
//! What can be checked after: the gradient's norm over the total weight, the gap, and whether iterations ran out, which is an
//! error and never an answer.
//!
//! # By hand
//!
//! No columns but the intercept, three of four rows positive. f = 4 ln(1 + e^β) − 3 β, g = 4 p − 3, H = 4 p (1 − p).
//! From β = 0: p = ½, g = −1, H = 1, step −1, gap ½; next β = 1, p = .731, g = −.076, H = .787, step −.096; then 1.0963 and
//! 1.098612 = ln 3, where p = ¾ exactly.

use std::ops::Range;

use ndarray::Array2;
use thiserror::Error;

use crate::kernel::linalg::{Cholesky, RANK_TOLERANCE, Singular, dot};
use crate::kernel::panels::{BLOCK, Panels};
use crate::kernel::{lbfgs, line, par};

/// From this many rows on, a fit starts from the answer on a part of them. Below, the passes saved cost less than those added.
const WARM_START_ROWS: usize = 1 << 16;
/// Penalised tables with more columns are fitted by L-BFGS: a curvature costs rows times columns squared.
pub(crate) const WIDE: usize = 700;
/// Numbers that the partial curvatures of a pass may hold together: 256 MB.
const MOST_PARTIALS: usize = 1 << 25;
/// A whole step ended short where it left more than this share of the slope: its exact length would have been some 1.5.
const SHORT: f64 = 0.33;
/// After so many short steps in a row exact lengths are looked for, until one is below [`LONG`].
const IN_A_ROW: u32 = 2;
const LONG: f64 = 1.3;
/// Steps after which separation is looked for: a step of at most two whole ones moves the separated rows by about two log-odds.
const LOOK_AFTER: usize = 4;

/// What a fit reads, borrowed and never copied. Columns are `x[row * width + column]`.
///
/// The caller checks lengths (`x` rows times `width`, `y`, `weights` and `offset` one number for each row) and that weights are
/// finite and not negative. Values that are not finite are found by [`Scaling::of`], which names their column.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    /// Row by row, without a column for the intercept.
    pub(crate) x: &'a [f64],
    /// Columns, without the intercept.
    pub(crate) width: usize,
    /// The outcomes.
    pub(crate) y: &'a [bool],
    /// Non-negative; `None` is 1 for every row. They count observations: a weight of 2 is the row given twice.
    pub(crate) weights: Option<&'a [f64]>,
    /// Added to the linear predictor; `None` is 0.
    pub(crate) offset: Option<&'a [f64]>,
}

/// How to fit. The objective is `Σ w [ln(1 + e^z) − y z] + ½ Σ ridge[j] β[j]²`; the intercept is never penalised.
pub(crate) struct Config<'a> {
    /// One penalty for each column, on its coefficient in the column's own units.
    pub(crate) ridge: &'a [f64],
    /// Stop when the objective is this close to its minimum, relative to its value.
    pub(crate) tolerance: f64,
    /// Newton steps allowed on the full table.
    pub(crate) max_iterations: usize,
    /// Whether the curvature at the answer is wanted.
    pub(crate) curvature: Curvature,
    /// Intercept and coefficients to begin at.
    pub(crate) start: Option<&'a [f64]>,
}

/// Whether the inverse curvature at the answer is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curvature {
    /// No: half a pass less, and L-BFGS may serve wide tables.
    Skip,
    /// Yes, after a last step or two that bring the gap to 10⁻¹⁶: standard errors and tests rest on it.
    AtAnswer,
}

/// Why there is no answer. Columns are numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum Fault {
    #[error("column {0} holds a value that is not finite")]
    NotFinite(usize),
    #[error("column {0} is constant or a combination of the columns before it")]
    Collinear(usize),
    #[error("column {0} separates the outcomes: the likelihood has no maximum")]
    Separated(usize),
    #[error("no convergence after {iterations} iterations, gradient norm {gradient}")]
    NotConverged { iterations: usize, gradient: f64 },
}

/// The answer, in the columns' own units.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    /// Intercept, then one coefficient for each column.
    pub(crate) beta: Vec<f64>,
    /// Steps taken on the full table; a start on a part of the rows is not counted.
    pub(crate) iterations: usize,
    /// Norm of the gradient of the objective over standardised columns, divided by the total weight.
    pub(crate) gradient_norm: f64,
    /// The objective's distance to its minimum as the last gradient and curvature tell.
    pub(crate) gap: f64,
    /// f at the answer, penalty included.
    pub(crate) objective: f64,
    /// Of the weighted rows, without the penalty; at most 0.
    pub(crate) log_likelihood: f64,
    /// Inverse of the objective's second derivative, intercept first.
    pub(crate) covariance: Option<Array2<f64>>,
}

/// Column means and reciprocal standard deviations; a constant column keeps 0, which takes it out.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    pub(crate) mean: Vec<f64>,
    pub(crate) inverse_sd: Vec<f64>,
}

/// Loss, gradient and curvature (lower triangle, intercept first) over some rows, in standardised columns.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) loss: f64,
    pub(crate) gradient: Vec<f64>,
    pub(crate) hessian: Vec<f64>,
}

impl Pass {
    /// Sums of two parts of the rows: everything a pass computes is a sum over rows.
    fn add(mut self, other: &Self) -> Self {
        self.loss += other.loss;
        for (a, b) in self.gradient.iter_mut().zip(&other.gradient) {
            *a += b;
        }
        for (a, b) in self.hessian.iter_mut().zip(&other.hessian) {
            *a += b;
        }
        self
    }
}

/// What a pass computes. The loss comes with either; both orders give the same loss to the last bit, the gradients differ
/// in rounding, because the curvature's product sums them in another order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// n p multiplications.
    Gradient,
    /// n p² / 2 multiplications, gradient included: the residual is one more column of the product.
    Curvature,
}

impl Scaling {
    /// Means and deviations in one pass over blocks, each shifted by the table's first row.
    ///
    /// With d = x − x₁ the mean is x₁ + Σd/n and the variance Σd²/n − (Σd/n)² (denominator n). Shifting by a value of the
    /// column itself keeps the digits of columns far from zero: dates as days since 1970 have a mean of 15,000 and a
    /// deviation of 100, whose raw squares would lose five digits.
    ///
    /// A column counts as constant where what is left of the variance is the rounding of its squares. Errors: a value
    /// that is not finite, found because its square is not.
    pub(crate) fn of(data: &Data<'_>) -> Result<Self, Fault> {
        let p = data.width;
        let n = data.y.len();
        if p == 0 {
            return Ok(Self { mean: Vec::new(), inverse_sd: Vec::new() });
        }
        let first = &data.x[..p];
        let sums = par::reduce_chunks(
            n,
            chunk_rows(n),
            |rows| {
                let mut sums = vec![(0.0_f64, 0.0_f64); p];
                for row in data.x[rows.start * p..rows.end * p].chunks_exact(p) {
                    for ((sum, x), shift) in sums.iter_mut().zip(row).zip(first) {
                        let d = x - shift;
                        sum.0 += d;
                        sum.1 += d * d;
                    }
                }
                sums
            },
            |mut a, b| {
                for (a, b) in a.iter_mut().zip(b) {
                    a.0 += b.0;
                    a.1 += b.1;
                }
                a
            },
        )
        .unwrap_or_else(|| vec![(0.0, 0.0); p]);
        let n = n as f64;
        let mut scaling = Self { mean: Vec::with_capacity(p), inverse_sd: Vec::with_capacity(p) };
        for (j, ((sum, squares), shift)) in sums.into_iter().zip(first).enumerate() {
            if !squares.is_finite() {
                return Err(Fault::NotFinite(j));
            }
            let variance = squares / n - (sum / n).powi(2);
            // Below that the deviation is the rounding of the squares.
            let constant = variance <= 1e-14 * (squares / n) || variance <= 1e-30 * shift * shift;
            let inverse = 1.0 / variance.sqrt();
            scaling.mean.push(shift + sum / n);
            scaling.inverse_sd.push(if constant || !inverse.is_finite() { 0.0 } else { inverse });
        }
        Ok(scaling)
    }

    /// Coefficients of the standardised columns, from those of the columns as they are: b₀ = β₀ + Σ βⱼ mⱼ, bⱼ = βⱼ sⱼ. A
    /// constant column has none.
    ///
    /// By hand: a column of mean 10 and deviation 2 with β = (1, ½) has b₁ = ½ · 2 = 1 and b₀ = 1 + ½ · 10 = 6.
    pub(crate) fn standardise(&self, beta: &[f64]) -> Vec<f64> {
        let mut z = beta.to_vec();
        for j in 0..self.mean.len() {
            z[0] += beta[j + 1] * self.mean[j];
            z[j + 1] = if self.inverse_sd[j] > 0.0 { beta[j + 1] / self.inverse_sd[j] } else { 0.0 };
        }
        z
    }

    /// The way back: βⱼ = bⱼ / sⱼ, β₀ = b₀ − Σ βⱼ mⱼ. For columns that vary, `restore` undoes `standardise` up to rounding.
    pub(crate) fn restore(&self, z: &[f64]) -> Vec<f64> {
        let mut beta = z.to_vec();
        for j in 0..self.mean.len() {
            beta[j + 1] = z[j + 1] * self.inverse_sd[j];
            beta[0] -= beta[j + 1] * self.mean[j];
        }
        beta
    }
}

/// At most about 64 chunks, so that partial curvatures of wide tables stay small; a function of the table alone.
///
/// By hand: a million rows make 15,625 a chunk, the next multiple of 128 is 15,744, and there are 64 chunks. 10,000 rows are two
/// chunks of at most 8,192. Rounding to whole blocks keeps every block of a table the same whichever chunk reads it.
fn chunk_rows(n: usize) -> usize {
    n.div_ceil(64).max(8192).next_multiple_of(BLOCK)
}

/// Loss, gradient and perhaps curvature at standardised coefficients, over every `stride`-th block of `rows`.
///
/// The penalty is not in it. Partial sums belong to chunks of blocks, whose number depends on rows, columns and stride alone
/// and which are added in order: the bits do not depend on threads.
///
/// Time: n p for the predictor, n exponentials, and n p for the gradient or n p² / 2 for the curvature. Rows are read once, in
/// order, whatever is asked. With a stride of 64 every 64th block is read: 128 neighbouring rows of each 8,192.
pub(crate) fn pass(
    data: &Data<'_>,
    scaling: &Scaling,
    rows: Range<usize>,
    stride: usize,
    beta: &[f64],
    order: Order,
) -> Pass {
    let q = data.width + 1;
    let empty = || Pass {
        loss: 0.0,
        gradient: vec![0.0; q],
        hessian: if order == Order::Curvature { vec![0.0; q * q] } else { Vec::new() },
    };
    // A chunk is a run of blocks; striding counts blocks from the start of the rows.
    let blocks = rows.len().div_ceil(BLOCK).div_ceil(stride.max(1));
    let mut chunk = chunk_rows(rows.len() / stride.max(1)) / BLOCK;
    if order == Order::Curvature {
        // Few large chunks for a wide table, or their partial curvatures would fill the memory.
        chunk = chunk.max(blocks.div_ceil((MOST_PARTIALS / (q * q)).max(1)));
    }
    par::reduce_chunks(
        blocks,
        chunk,
        |part| {
            let mut sum = empty();
            let mut panels = Panels::new(data.width, order);
            for block in part {
                let start = rows.start + block * stride.max(1) * BLOCK;
                let block = start..(start + BLOCK).min(rows.end);
                panels.load(data, scaling, &block);
                panels.predict(data, &block, beta);
                sum.loss += panels.respond(data, &block);
                match order {
                    Order::Gradient => panels.gradient(&mut sum),
                    Order::Curvature => panels.curvature(&mut sum),
                }
            }
            sum
        },
        |a, b| a.add(&b),
    )
    .unwrap_or_else(empty)
}

/// Minimises the objective.
///
/// # Errors
/// [`Fault::NotFinite`] for a column; [`Fault::Collinear`] for a constant column or one that others make up, unless there is a
/// penalty; [`Fault::Separated`] without penalty where the outcomes can be told apart perfectly;
/// [`Fault::NotConverged`] where the iterations run out.
///
/// | table | way |
/// |---|---|
/// | up to 65,535 rows | Newton from the mean outcome |
/// | more, and 400 rows a coefficient | the same from the answers on parts of the rows |
/// | more than 700 columns, all penalised, no covariance asked | L-BFGS |
pub(crate) fn fit(data: &Data<'_>, config: &Config<'_>) -> Result<Fit, Fault> {
    let scaling = Scaling::of(data)?;
    let penalised = config.ridge.iter().any(|r| *r > 0.0);
    if !penalised && let Some(constant) = scaling.inverse_sd.iter().position(|s| *s == 0.0) {
        return Err(Fault::Collinear(constant));
    }
    // A constant column of a penalised fit keeps coefficient 0; the 1 only makes the system regular.
    let ridge: Vec<f64> = config
        .ridge
        .iter()
        .zip(&scaling.inverse_sd)
        .map(|(r, s)| if *s > 0.0 { r * s * s } else { 1.0 })
        .collect();
    let newton = Newton { data, scaling: &scaling, ridge: &ridge, penalised, config };
    let start = match config.start {
        Some(beta) => scaling.standardise(beta),
        None => newton.warm_start(),
    };
    if data.width > WIDE && config.ridge.iter().all(|r| *r > 0.0) && config.curvature == Curvature::Skip {
        return newton.run_wide(start);
    }
    let answer = newton.run(start, 1, config.max_iterations)?;
    newton.finish(answer)
}

/// A fit under way, in standardised columns.
struct Newton<'a> {
    data: &'a Data<'a>,
    scaling: &'a Scaling,
    /// Penalties on the standardised coefficients, rⱼ / sⱼ².
    ridge: &'a [f64],
    /// Whether any penalty is above 0: then there always is a minimum, and only one.
    penalised: bool,
    config: &'a Config<'a>,
}

/// Where Newton's method ended.
struct Answer {
    /// Standardised coefficients, intercept first.
    beta: Vec<f64>,
    /// Loss and derivatives there.
    pass: Pass,
    /// The last curvature that was factored, perhaps of a step before.
    factor: Cholesky,
    /// ½ gᵀH⁻¹g.
    gap: f64,
    iterations: usize,
}

impl Newton<'_> {
    /// All of them.
    fn rows(&self) -> Range<usize> {
        0..self.data.y.len()
    }

    /// The log-odds of the mean outcome and no effects, or from many rows the answer on a part of them, then on more.
    ///
    /// The answer on n/64 rows lies within some 8 standard errors of the full one, that on n/8 within 3; from there Newton's
    /// method converges quadratically, and the full table is read two or three times instead of six. ½ is added to either
    /// count, so that all-equal outcomes give a finite start.
    fn warm_start(&self) -> Vec<f64> {
        let n = self.data.y.len();
        let positives = self.data.y.iter().filter(|y| **y).count() as f64;
        let mut beta = vec![0.0; self.data.width + 1];
        if self.data.offset.is_none() && self.data.weights.is_none() {
            beta[0] = ((positives + 0.5) / (n as f64 - positives + 0.5)).ln();
        }
        if n < WARM_START_ROWS || n < 400 * beta.len() {
            return beta;
        }
        let mut best = beta;
        for (stride, iterations) in [(64, 8), (8, 2)] {
            if n / stride < 20 * best.len() {
                continue;
            }
            if let Ok(answer) = self.run(best.clone(), stride, iterations) {
                best = answer.beta;
            }
        }
        best
    }

    /// A pass with the penalty: f, g = Zᵀ residual + r b, and H + diag(r).
    fn evaluate(&self, beta: &[f64], stride: usize, order: Order) -> Pass {
        let mut pass = pass(self.data, self.scaling, self.rows(), stride, beta, order);
        let q = beta.len();
        for (j, r) in self.ridge.iter().enumerate() {
            // A part of the rows gets a like part of the penalty.
            let r = r / stride as f64;
            let b = beta[j + 1];
            pass.loss += 0.5 * r * b * b;
            pass.gradient[j + 1] += r * b;
            if order == Order::Curvature {
                pass.hessian[(j + 1) * q + j + 1] += r;
            }
        }
        pass
    }

    /// The Cholesky factor of the curvature. Without a penalty a pivot that is small against its diagonal is a combination of
    /// columns; with one the system is regular and only rounding has to be survived.
    ///
    /// A singular matrix is a fault of the data and not of the method: the caller tells the column.
    fn factor(&self, pass: &Pass) -> Result<Cholesky, Singular> {
        let q = pass.gradient.len();
        let view = ndarray::ArrayView2::from_shape((q, q), &pass.hessian);
        match view {
            Ok(view) => Cholesky::new(view, if self.penalised { 1e-15 } else { RANK_TOLERANCE }),
            Err(_) => Err(Singular::Empty(0)),
        }
    }

    /// Newton with exact line search. Once steps are short the old curvature serves for further steps, because a gradient
    /// costs half a pass. On a part of the rows (`stride` above 1) running out of iterations is no fault.
    ///
    /// A kept curvature is a chord method: each step leaves a fixed small share of the gap, and once it leaves more than a
    /// thousandth the curvature is computed anew. Separation is looked for from the fifth step on, when most regular fits have ended.
    fn run(&self, start: Vec<f64>, stride: usize, max_iterations: usize) -> Result<Answer, Fault> {
        let mut beta = start;
        let mut current = self.evaluate(&beta, stride, Order::Curvature);
        if !current.loss.is_finite() {
            beta.fill(0.0);
            current = self.evaluate(&beta, stride, Order::Curvature);
        }
        let mut factor = self.factor(&current).map_err(|s| self.collinear(s))?;
        let (mut fresh, mut last_gap, mut iterations, mut short) = (true, f64::INFINITY, 0, 0);
        loop {
            let step = factor.solve(&current.gradient);
            let gap = 0.5 * dot(&step, &current.gradient);
            let enough = self.config.tolerance * current.loss.abs().max(f64::MIN_POSITIVE);
            if gap <= enough {
                return Ok(Answer { beta, pass: current, factor, gap, iterations });
            }
            if !fresh && gap > 1e-3 * last_gap {
                // The old curvature has worn out.
                current = self.evaluate(&beta, stride, Order::Curvature);
                factor = self.factor(&current).map_err(|s| self.singular(s, &step))?;
                (fresh, last_gap) = (true, f64::INFINITY);
                continue;
            }
            if iterations >= max_iterations {
                if stride > 1 {
                    return Ok(Answer { beta, pass: current, factor, gap, iterations });
                }
                let gradient = self.gradient_norm(&current);
                return Err(Fault::NotConverged { iterations, gradient });
            }
            if !self.penalised && stride == 1 && iterations >= LOOK_AFTER && self.separates(&step) {
                return Err(Fault::Separated(largest(&step)));
            }
            iterations += 1;
            let order = if gap <= 1e-3 * current.loss { Order::Gradient } else { Order::Curvature };
            let Some((moved, next)) = self.descend(&beta, &current, &step, (stride, order), &mut short)
            else {
                // No shorter step lowers the objective: the minimum, as far as f64 can tell, or no descent at all.
                if gap <= 1e-9 * current.loss.abs() {
                    return Ok(Answer { beta, pass: current, factor, gap, iterations });
                }
                let gradient = self.gradient_norm(&current);
                return Err(Fault::NotConverged { iterations, gradient });
            };
            (beta, last_gap) = (moved, gap);
            current = next;
            fresh = order == Order::Curvature;
            if fresh {
                factor = self.factor(&current).map_err(|s| self.singular(s, &step))?;
            }
        }
    }

    /// The answer by L-BFGS, which needs no curvature. 20 steps count as one of `max_iterations`.
    fn run_wide(&self, start: Vec<f64>) -> Result<Fit, Fault> {
        let end = lbfgs::minimise(start, self.config.tolerance, 20 * self.config.max_iterations, |beta| {
            let pass = self.evaluate(beta, 1, Order::Gradient);
            (pass.loss, pass.gradient)
        });
        let pass = Pass { loss: end.value, gradient: end.gradient, hessian: Vec::new() };
        let gradient_norm = self.gradient_norm(&pass);
        if !end.converged {
            return Err(Fault::NotConverged { iterations: end.iterations, gradient: gradient_norm });
        }
        let penalty: f64 = self.ridge.iter().zip(&end.at[1..]).map(|(r, b)| 0.5 * r * b * b).sum();
        Ok(Fit {
            gradient_norm,
            gap: end.gap,
            objective: pass.loss,
            log_likelihood: penalty - pass.loss,
            beta: self.scaling.restore(&end.at),
            iterations: end.iterations,
            covariance: None,
        })
    }

    /// The step against the gradient: the whole of it where that is close to the minimum along its direction, otherwise as far as
    /// that minimum. `None` where no length lowers the objective.
    ///
    /// Near the answer the whole step is the exact one up to terms of third order, and it costs nothing beside the pass that is
    /// needed anyway, so it is tried first, and taken where it lowers the objective: another pass would cost more than it
    /// gains. Where it does not, the exact length is looked for at n operations a trial. The pass also tells the slope that is
    /// left; where [`IN_A_ROW`] steps have ended [`SHORT`], as where outcomes are all but separated, the next is not tried whole at
    /// all: its exact length is looked for at once.
    fn descend(
        &self,
        beta: &[f64],
        current: &Pass,
        step: &[f64],
        (stride, order): (usize, Order),
        short: &mut u32,
    ) -> Option<(Vec<f64>, Pass)> {
        let at = |length: f64| -> Vec<f64> { beta.iter().zip(step).map(|(b, s)| b - length * s).collect() };
        let highest = current.loss + 1e-13 * current.loss.abs();
        let slope = dot(step, &current.gradient);
        if *short < IN_A_ROW {
            let whole = at(1.0);
            let next = self.evaluate(&whole, stride, order);
            let left = dot(step, &next.gradient);
            let lower = next.loss <= highest;
            if lower {
                let ended_short = order == Order::Curvature && left > SHORT * slope;
                *short = if ended_short { *short + 1 } else { 0 };
                return Some((whole, next));
            }
        }
        let length = self.exact_length(beta, step, stride, slope);
        if length < LONG {
            *short = 0;
        }
        let exact = at(length);
        let found = self.evaluate(&exact, stride, order);
        (found.loss <= highest).then_some((exact, found))
    }

    /// The longest step, in whole ones. With a penalty there always is a minimum to go to. Without one a column may separate the
    /// outcomes, and then every step lowers the objective: it must be found out while the rows that it separates still
    /// weigh something, so steps are not to run away, least of all on a part of the rows, where nobody looks.
    fn longest(&self, stride: usize) -> f64 {
        match (self.penalised, stride) {
            (true, _) => 8.0,
            (false, 1) => 2.0,
            (false, _) => 1.0,
        }
    }

    /// How many steps away the objective is smallest along this direction: φ(t) = f(b − t s), φ'(0) = −`slope`.
    ///
    /// With η and δ the linear predictors of b and −s, computed once, φ(t) = Σ w ℓ(η + t δ) + ½ Σ r (b − t s)², so that a trial
    /// costs one exponential a row whatever the number of columns. Two numbers a row are held.
    fn exact_length(&self, beta: &[f64], step: &[f64], stride: usize, slope: f64) -> f64 {
        let n = self.data.y.len();
        let rows = |block: usize| {
            let start = block * stride * BLOCK;
            start..(start + BLOCK).min(n)
        };
        let blocks = n.div_ceil(BLOCK).div_ceil(stride);
        let plain = Data { offset: None, ..*self.data };
        let chunk = (chunk_rows(n / stride) / BLOCK).max(1);
        let lines: Vec<([f64; BLOCK], [f64; BLOCK])> = par::map_chunks(blocks, chunk, |part| {
            let mut panels = Panels::new(self.data.width, Order::Gradient);
            let line = |block| {
                let rows = rows(block);
                panels.load(self.data, self.scaling, &rows);
                panels.predict(self.data, &rows, beta);
                let eta = panels.eta;
                panels.predict(&plain, &rows, step);
                let mut delta = [0.0; BLOCK];
                for (delta, s) in delta[..rows.len()].iter_mut().zip(&panels.eta) {
                    *delta = -s;
                }
                (eta, delta)
            };
            part.map(line).collect::<Vec<_>>()
        })
        .concat();
        line::minimum(-slope, self.longest(stride), |t| {
            let sums = par::reduce_chunks(
                blocks,
                chunk,
                |part| {
                    let mut panels = Panels::new(0, Order::Gradient);
                    let mut sums = (0.0, 0.0);
                    for block in part {
                        let (eta, delta) = &lines[block];
                        for ((at, eta), delta) in panels.eta.iter_mut().zip(eta).zip(delta) {
                            *at = eta + t * delta;
                        }
                        panels.respond(self.data, &rows(block));
                        sums.0 += dot(&panels.residual, delta);
                        for (w, delta) in panels.weight.iter().zip(delta) {
                            sums.1 += w * delta * delta;
                        }
                    }
                    sums
                },
                |a, b| (a.0 + b.0, a.1 + b.1),
            );
            let (mut first, mut second) = sums.unwrap_or((0.0, 0.0));
            for ((r, b), s) in self.ridge.iter().zip(&beta[1..]).zip(&step[1..]) {
                let r = r / stride as f64;
                first -= r * s * (b - t * s);
                second += r * s * s;
            }
            (first, second)
        })
    }

    /// Whether a step away from this direction raises no row's loss and lowers some: then it can go on for ever.
    ///
    /// With margins mᵢ = (2 yᵢ − 1)(−Δηᵢ) the outcomes are separated, completely or in part, where all mᵢ >= 0 and one is
    /// above 0 (Albert and Anderson 1984). One hundred-thousandth of the largest margin is allowed for rounding, and a
    /// direction in which no row moves by a tenth of a log-odds is no separation but the end of a fit.
    fn separates(&self, step: &[f64]) -> bool {
        let chunk = chunk_rows(self.data.y.len());
        let margin = par::reduce_chunks(
            self.data.y.len(),
            chunk,
            |rows| {
                let mut panels = Panels::new(self.data.width, Order::Gradient);
                let plain = Data { offset: None, ..*self.data };
                let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                for start in rows.clone().step_by(BLOCK) {
                    let block = start..(start + BLOCK).min(rows.end);
                    panels.load(&plain, self.scaling, &block);
                    panels.predict(&plain, &block, step);
                    for (i, row) in block.enumerate() {
                        if self.data.weights.is_none_or(|w| w[row] > 0.0) {
                            let gain = if self.data.y[row] { -panels.eta[i] } else { panels.eta[i] };
                            low = low.min(gain);
                            high = high.max(gain);
                        }
                    }
                }
                (low, high)
            },
            |a, b| (a.0.min(b.0), a.1.max(b.1)),
        );
        margin.is_some_and(|(low, high)| high > 0.1 && low >= -1e-5 * high)
    }

    /// The column, numbered without the intercept, whose pivot vanished.
    fn collinear(&self, singular: Singular) -> Fault {
        Fault::Collinear(singular.column().saturating_sub(1).min(self.data.width.saturating_sub(1)))
    }

    /// A system that became singular on the way: coefficients that run away do that.
    fn singular(&self, singular: Singular, step: &[f64]) -> Fault {
        if self.separates(step) { Fault::Separated(largest(step)) } else { self.collinear(singular) }
    }

    /// |g| over the total weight: comparable between tables of any size, because columns are standardised.
    fn gradient_norm(&self, pass: &Pass) -> f64 {
        let weight = self.data.weights.map_or(self.data.y.len() as f64, |w| w.iter().sum());
        dot(&pass.gradient, &pass.gradient).sqrt() / weight.max(f64::MIN_POSITIVE)
    }

    /// The answer in the columns' own units, with the covariance H⁻¹ of the coefficients where it is wanted (S H⁻¹ Sᵀ with
    /// β = S b), for which the gap is first brought to 10⁻¹⁶.
    fn finish(&self, answer: Answer) -> Result<Fit, Fault> {
        let Answer { mut beta, mut pass, mut factor, mut gap, mut iterations } = answer;
        let covariance = if self.config.curvature == Curvature::AtAnswer {
            if pass.hessian.is_empty() {
                pass = self.evaluate(&beta, 1, Order::Curvature);
                factor = self.factor(&pass).map_err(|s| self.collinear(s))?;
            }
            // Standard errors are worth a full last step or two: a gap of 1e-16 is 1e-8 of a standard error.
            for _ in 0..3 {
                let step = factor.solve(&pass.gradient);
                gap = 0.5 * dot(&step, &pass.gradient);
                if gap <= 1e-16 {
                    break;
                }
                let Some((moved, next)) = self.descend(&beta, &pass, &step, (1, Order::Curvature), &mut 0)
                else {
                    break;
                };
                (beta, pass) = (moved, next);
                factor = self.factor(&pass).map_err(|s| self.collinear(s))?;
                iterations += 1;
            }
            Some(self.scaling.restore_covariance(&factor.inverse()))
        } else {
            None
        };
        let penalty: f64 = self.ridge.iter().zip(&beta[1..]).map(|(r, b)| 0.5 * r * b * b).sum();
        Ok(Fit {
            gradient_norm: self.gradient_norm(&pass),
            gap,
            objective: pass.loss,
            log_likelihood: penalty - pass.loss,
            beta: self.scaling.restore(&beta),
            iterations,
            covariance,
        })
    }
}

/// The column with the largest standardised part of a direction.
fn largest(step: &[f64]) -> usize {
    let parts = step[1..].iter().enumerate();
    parts.fold((0, -1.0), |best, (j, s)| if s.abs() > best.1 { (j, s.abs()) } else { best }).0
}
