//! An additive logistic model of piecewise linear terms and their interactions, fitted by penalised Newton steps.
//!
//! # Model
//! `ln odds = β₀ + Σ f_j(x_j) + Σ f_jk(x_j, x_k)`; each f is linear between knots at the quantiles of its feature (bilinear
//! for two) and constant beyond the outer ones: a value never seen is taken as the most extreme seen. The sum has no other
//! part, so that every score is told in full by its terms (Hastie and Tibshirani 1986, doi:10.1214/ss/1177013604).
//!
//! With θ the values at all knots, `w_r` the weight and `y_r` ∈ {0, 1} the outcome of row r, `η_r` its ln odds and h the sum of
//! the weights of the rows with y = 1, the fit maximises
//!
//! `Σ_r w_r (y_r η_r − ln(1 + e^η_r)) − λ h / 2 · (Σ over neighbouring knots (θ_a − θ_b)² + 0.01 Σ θ_a²)`
//!
//! - The first penalty shrinks a term towards a constant: with few data a feature says nothing.
//! - The ridge, a hundredth of it, decides the constants, which the intercept could take over: the maximum is unique.
//! - λ = 0.001 against the weight of the positive rows: what a fit may believe grows with what it has seen happen.
//!
//! # Computation
//! Newton's method. The Hessian is `Xᵀ diag(w p (1 − p)) X` plus the penalty's, X the weights of the knots at each row: a row
//! touches two knots of each feature and four of each pair, so that its part costs the square of some sixty numbers and
//! not of all few hundred. Curvature changes slowly near the maximum: it is computed on every eighth row while far away,
//! then once on all rows and kept; steps that do not climb are halved. At the end each term is centred: a contribution
//! is against the average row.
//!
//! # By hand
//! One feature with knots 0 and 1 and rows (0, no), (0, yes), (1, yes), (1, yes): without penalty f(0) = 0 and f(1) → ∞. The
//! penalty makes it finite: at the maximum the gradient Σ w (y − p) at a knot equals `λ h (θ_a − θ_b)`.
//!
//! # Determinism
//! Rows are summed in fixed chunks ([`par`]); the same rows give the same bits on any number of threads.
//!
//! # One step by hand
//! At the start all terms are 0 and the intercept is the ln odds of the weighted share of positives, so that p is that share in
//! every row. Say three of four rows of weight 1 are positive: h = 3, β₀ = ln 3, p = 0.75, and each row has the curvature
//! p (1 − p) = 0.1875. A negative row that stands on a knot pulls it down by 0.75, a positive one up by 0.25. The Newton step
//! solves `(−H) δ = g` for all knots and the intercept at once, where −H is positive definite by the ridge.
//!
//! # Numbers
//! | quantity | bound | for the ranker's two models |
//! |---|---|---|
//! | coefficients | 1 + 9 a feature + 25 a pair | 497 and 359 |
//! | weights that act in a row | 1 + 2 a feature + 4 a pair | 91 and 65 |
//! | Newton steps | 40 a climb | about ten |
//! | a Hessian | 8 bytes · coefficients² | 2 MB and 1 MB |
//!
//! # Assumptions
//! Rows are independent given their features, and a weight counts like so many copies of its row. The log-likelihood is
//! concave and the penalty strictly so in the terms: there is one maximum, and where the steps start does not move it.
//!
//! # Errors
//! None: a fit that cannot be made is `None`, and the caller answers by a model without features.

use crate::kernel::linalg::Cholesky;
use crate::kernel::par;
use crate::kernel::special::{sigmoid, softplus};

/// Rows that a chunk of a reduction takes.
const CHUNK: usize = 8_192;
/// Knots of a term of one feature, and along each side of a term of two.
const KNOTS: usize = 9;
const SIDE: usize = 5;
/// Penalty on differences, as a share of the weight of the positive rows; the ridge is a hundredth of it.
const PENALTY: f64 = 1e-3;
/// Gain of a step, as a share of the log-likelihood, at which the sample has done its part, and at which all rows have: some
/// hundredths of a nat, where one coefficient's standard error is worth half a nat.
const NEAR: f64 = 1e-5;
const DONE: f64 = 1e-6;
/// One row in so many is in the sample that the climb begins on.
const SAMPLED: usize = 8;
/// Fewer positive rows than this teach nothing.
const FEWEST: usize = 20;

/// Two features that act together, by number.
pub(super) type Pair = (usize, usize);

/// One term; `knots_b` is empty for a term of one feature.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Term {
    a: usize,
    b: usize,
    knots_a: Vec<f32>,
    knots_b: Vec<f32>,
    /// Values at the knots, row by row of `knots_a`.
    values: Vec<f64>,
}

/// The fitted sum.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Additive {
    intercept: f64,
    terms: Vec<Term>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    pub(super) log_likelihood: f64,
}

/// Training rows.
pub(super) struct Rows<const W: usize> {
    pub(super) x: Vec<[f32; W]>,
    pub(super) y: Vec<bool>,
    pub(super) weight: Vec<f32>,
}

impl<const W: usize> Default for Rows<W> {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new(), weight: Vec::new() }
    }
}

/// Distinct quantiles; where a feature takes few values, those.
///
/// Quantiles rather than even steps: every stretch between two knots is then held by about as many rows, so that the
/// penalty weighs alike everywhere. A feature that is one value for half of the rows has fewer knots than `at_most`.
///
/// # By hand
/// At most five knots for 0 0 0 0 0 0 1 2 5 9: the quantiles are 0 0 0 1 9, three of them distinct. The feature takes only five
/// values, so these are the knots: 0 1 2 5 9, and the term is free at each value. With a hundred values it would keep 0 1 9.
///
/// O(n log n) for n values; the caller hands in some 50,000 of the rows at most twice over.
fn knots(mut values: Vec<f32>, at_most: usize) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return values };
    let mut knots: Vec<f32> = (0..at_most).map(|k| values[last * k / (at_most - 1)]).collect();
    knots.dedup();
    if knots.len() < at_most {
        values.dedup();
        if values.len() <= at_most {
            knots = values;
        }
    }
    knots
}

/// The segment of `x` and the place within it, 0 to 1: `x = (1 − place) q_k + place q_(k+1)`; constant beyond the outer
/// knots. There are at least two knots.
///
/// By hand, with knots 0, 1 and 3: x = 2 is in segment 1 at place 0.5, so that f(2) is the mean of f(1) and f(3). x = 7 is at
/// place 1 of the same segment, which is the outermost knot, and x = −4 at place 0 of segment 0. O(log knots).
fn place(knots: &[f32], x: f32) -> (usize, f64) {
    let above = knots.partition_point(|q| *q <= x);
    match above {
        0 => (0, 0.0),
        k if k == knots.len() => (knots.len() - 2, 1.0),
        k => (k - 1, f64::from(x - knots[k - 1]) / f64::from(knots[k] - knots[k - 1])),
    }
}

impl Term {
    /// Whether the term is of two features.
    fn is_pair(&self) -> bool {
        !self.knots_b.is_empty()
    }

    /// Number of knots.
    fn len(&self) -> usize {
        self.knots_a.len() * self.knots_b.len().max(1)
    }

    /// Calls `f` with the knots that act at `x` and their weights, which add up to one.
    ///
    /// Of one feature the two neighbours with 1 − w and w; of two features the four corners of a cell with the products:
    /// a surface that is linear along each side and meets its neighbours without a step.
    fn at(&self, x: &[f32], mut f: impl FnMut(usize, f64)) {
        let (k, w) = place(&self.knots_a, x[self.a]);
        if !self.is_pair() {
            f(k, 1.0 - w);
            f(k + 1, w);
            return;
        }
        let (l, v) = place(&self.knots_b, x[self.b]);
        let n = self.knots_b.len();
        f(k * n + l, (1.0 - w) * (1.0 - v));
        f(k * n + l + 1, (1.0 - w) * v);
        f((k + 1) * n + l, w * (1.0 - v));
        f((k + 1) * n + l + 1, w * v);
    }

    /// f at `x`: Σ weight · value over the knots that act.
    fn value(&self, x: &[f32]) -> f64 {
        let mut sum = 0.0;
        self.at(x, |knot, weight| sum += self.values[knot] * weight);
        sum
    }

    /// Calls `f` with every two neighbouring knots: along the line of one feature, along both sides of a grid of two. These
    /// are the differences that the penalty shrinks.
    fn neighbours(&self, mut f: impl FnMut(usize, usize)) {
        let (na, nb) = (self.knots_a.len(), self.knots_b.len().max(1));
        for a in 0..na {
            for b in 0..nb {
                let at = a * nb + b;
                if a + 1 < na {
                    f(at, at + nb);
                }
                if b + 1 < nb {
                    f(at, at + 1);
                }
            }
        }
    }
}

/// Whether a step computes the Hessian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curvature {
    Anew,
    Kept,
}

/// A curvature that serves for several steps.
struct Kept {
    curvature: Cholesky,
    /// The rows it was computed from, as a share of those it serves.
    share: f64,
    /// Steps it has served for.
    served: u32,
}

impl Kept {
    /// A curvature that has served for more steps is a poor one.
    const LONGEST: u32 = 12;
}

/// Value, gradient and negative Hessian (lower triangle, row by row; empty where it is kept) of the penalised log-likelihood.
///
/// | part | formula |
/// |---|---|
/// | value | `Σ w ln p(y) − λ h / 2 · penalty`, in nats |
/// | gradient | its derivatives by the intercept and each knot's value |
/// | Hessian | second derivatives, with the sign turned: positive definite |
struct Step {
    value: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Additive {
    /// The maximum of the penalised likelihood; `None` where the rows teach nothing: fewer than [`FEWEST`] of one outcome, or
    /// numbers that left the range of floats.
    ///
    /// Cost: rows · (2 features + 4 pairs)² for each Hessian, about two of a sample; a gradient costs far less. Memory: one
    /// Hessian of all knots for each of sixteen chunks at a time.
    ///
    /// # In order
    /// 1. Knots of each feature from every so many-th row, some 50,000 values. Pairs have coarser knots of their own.
    /// 2. Terms of a feature that never varies are dropped: they could not be told from the intercept.
    /// 3. The intercept starts at the ln odds of the weighted share of positives, all terms at 0: the model without features.
    /// 4. Beyond 40,000 rows, a climb on every eighth row with an eighth of the penalty, so that the two stand in the same ratio.
    /// 5. A climb on all rows from there, then the terms are centred, and the whole is checked as a file's would be. Beyond
    ///    160,000 rows it begins with the sample's curvature, eight times as large: the penalties stand in that ratio, too, so
    ///    what differs is the error of a sample of 20,000 rows, a few per cent, and the steps still close in tenfold.
    ///
    /// # Why twenty
    /// Fewer than twenty positives, or negatives, tell less than a penalty that is a thousandth of their weight: the terms would
    /// be noise. The caller has a method without parameters to answer with.
    pub(super) fn fit<const W: usize>(rows: &Rows<W>, features: usize, pairs: &[Pair]) -> Option<Self> {
        let n = rows.y.len();
        let positives = rows.y.iter().filter(|y| **y).count();
        if positives < FEWEST || n - positives < FEWEST {
            return None;
        }
        let stride = (n / 50_000).max(1);
        let column = |j: usize| rows.x.iter().step_by(stride).map(|x| x[j]).collect::<Vec<f32>>();
        let mut terms: Vec<Term> = Vec::new();
        for j in 0..features {
            let knots_a = knots(column(j), KNOTS);
            terms.push(Term { a: j, b: j, knots_a, knots_b: Vec::new(), values: Vec::new() });
        }
        for pair in pairs {
            let (knots_a, knots_b) = (knots(column(pair.0), SIDE), knots(column(pair.1), SIDE));
            terms.push(Term { a: pair.0, b: pair.1, knots_a, knots_b, values: Vec::new() });
        }
        // A feature that never varies has no term.
        terms.retain(|t| t.knots_a.len() > 1 && (t.knots_b.is_empty() || t.knots_b.len() > 1));
        let weight = |positive: bool| -> f64 {
            let of = rows.y.iter().zip(&rows.weight).filter(|(y, _)| !positive || **y);
            of.map(|(_, w)| f64::from(*w)).sum()
        };
        let (all, hits) = (weight(false), weight(true));
        let mut model = Self {
            intercept: (hits / (all - hits)).ln(),
            terms,
            iterations: 0,
            converged: false,
            log_likelihood: 0.0,
        };
        model.terms.iter_mut().for_each(|t| t.values = vec![0.0; t.len()]);
        let penalty = PENALTY * hits;
        // A sample brings the coefficients near, all rows finish.
        let mut kept = None;
        if n > 40_000 {
            model.climb(rows, SAMPLED, penalty / SAMPLED as f64, NEAR, &mut kept)?;
            kept = kept.filter(|_| n > 160_000).map(|sample| Kept {
                share: 1.0 / SAMPLED as f64,
                served: 0,
                ..sample
            });
        }
        model.climb(rows, 1, penalty, DONE, &mut kept)?;
        model.centre(rows);
        model.is_sound(W).then_some(model)
    }

    /// Newton steps, halved while they do not climb, over every `stride`-th row. The curvature is that of the first step and
    /// of those after a halving: it costs fifty times what the gradient costs and hardly changes from step to step.
    ///
    /// # Rules of a step
    /// Let L be the value at a place and g its gain over the last good one.
    ///
    /// | gain | what follows |
    /// |---|---|
    /// | g < 0 | half the way back to the last good place, with curvature computed anew there |
    /// | g < `tolerance` \|L\| | converged |
    /// | g > 10⁻³ \|L\| with kept curvature | the same place is visited again with its own curvature: far away it changes |
    /// | else | the next step, with the curvature kept |
    ///
    /// A kept curvature makes this a chord method: its steps converge linearly, at a rate that is the relative change of the
    /// curvature since it was computed, which is small near the maximum. After 40 places the best one stands, with `converged`
    /// false. A curvature that has served for twelve steps is computed anew: it is a poor one. `kept` is one to begin with, and
    /// the last one when it is done. `None` where the negative Hessian is not positive definite in floats, or where there are no
    /// rows.
    fn climb<const W: usize>(
        &mut self,
        rows: &Rows<W>,
        stride: usize,
        penalty: f64,
        tolerance: f64,
        kept: &mut Option<Kept>,
    ) -> Option<()> {
        let mut best: Option<(Vec<f64>, f64)> = None;
        self.converged = false;
        for _ in 0..40 {
            *kept = kept.take().filter(|k| k.served < Kept::LONGEST);
            let curvature = if kept.is_some() { Curvature::Kept } else { Curvature::Anew };
            let step = self.step(rows, stride, penalty, curvature)?;
            self.iterations += 1;
            let beta = self.coefficients();
            let mut slow = false;
            if let Some((old, value)) = &best {
                let gain = step.value - value;
                if gain < 0.0 {
                    let half: Vec<f64> = beta.iter().zip(old).map(|(b, o)| 0.5 * (b + o)).collect();
                    self.set(&half);
                    *kept = None;
                    continue;
                }
                if gain < tolerance * value.abs() {
                    self.converged = true;
                    self.log_likelihood = step.value;
                    return Some(());
                }
                // Far from the maximum the curvature moves on.
                slow = gain > 1e-3 * value.abs();
            }
            self.log_likelihood = step.value;
            if slow && curvature == Curvature::Kept {
                // The same place again, with its curvature.
                (*kept, best) = (None, None);
                continue;
            }
            let n = beta.len();
            let mut current = match kept.take() {
                Some(current) => current,
                None => Kept { curvature: Cholesky::of_rows(&step.hessian, n).ok()?, share: 1.0, served: 0 },
            };
            let move_by = current.curvature.solve(&step.gradient);
            let next: Vec<f64> = beta.iter().zip(&move_by).map(|(b, m)| b + current.share * m).collect();
            current.served += 1;
            *kept = Some(current);
            best = Some((beta, step.value));
            self.set(&next);
        }
        if let Some((beta, _)) = best {
            self.set(&beta);
        }
        Some(())
    }

    /// The intercept and the values at the knots, in the order of the Hessian's rows.
    fn coefficients(&self) -> Vec<f64> {
        std::iter::once(self.intercept)
            .chain(self.terms.iter().flat_map(|t| t.values.iter().copied()))
            .collect()
    }

    /// Takes over coefficients in that order.
    fn set(&mut self, beta: &[f64]) {
        self.intercept = beta[0];
        let mut from = 1;
        for term in &mut self.terms {
            let n = term.values.len();
            term.values.copy_from_slice(&beta[from..from + n]);
            from += n;
        }
    }

    /// Value, gradient and (where wanted) negative Hessian at the current coefficients.
    ///
    /// With p the probability and x the weights of the knots at a row: the gradient is Σ w (y − p) x, the negative Hessian
    /// Σ w p (1 − p) x xᵀ, of which the lower triangle is kept.
    ///
    /// # The penalty's part
    /// For a knot of value v, with ridge `ρ = 0.01 λ h`: the value loses ρ v² / 2, the gradient ρ v, and the diagonal
    /// of the negative Hessian gains ρ. For two neighbours with difference `d = θ_b − θ_a`: the value loses λ h d² / 2, the
    /// gradient at b loses λ h d and at a gains it; both diagonals gain λ h and their common entry loses it. The intercept is
    /// free.
    ///
    /// # Order of the sums
    /// Rows are cut into chunks of 8,192 and chunks are added in order, in runs of sixteen. Both are constants: the partition,
    /// and so every rounding, is independent of how many threads there are. Memory is sixteen Hessians however many rows.
    fn step<const W: usize>(
        &self,
        rows: &Rows<W>,
        stride: usize,
        penalty: f64,
        curvature: Curvature,
    ) -> Option<Step> {
        let dims = 1 + self.terms.iter().map(Term::len).sum::<usize>();
        let n = rows.y.len().div_ceil(stride);
        let anew = curvature == Curvature::Anew;
        let size = if anew { dims * dims } else { 0 };
        let one = |range: std::ops::Range<usize>| {
            let mut part = Step { value: 0.0, gradient: vec![0.0; dims], hessian: vec![0.0; size] };
            let mut active: Vec<(usize, f64)> = Vec::new();
            for r in range.map(|r| r * stride) {
                active.clear();
                active.push((0, 1.0));
                let (mut z, mut from) = (self.intercept, 1);
                for term in &self.terms {
                    term.at(&rows.x[r], |knot, weight| {
                        if weight > 0.0 {
                            z += term.values[knot] * weight;
                            active.push((from + knot, weight));
                        }
                    });
                    from += term.len();
                }
                let (p, w) = (sigmoid(z), f64::from(rows.weight[r]));
                part.value -= w * softplus(if rows.y[r] { -z } else { z });
                let gradient = w * (f64::from(u8::from(rows.y[r])) - p);
                for (i, wi) in &active {
                    part.gradient[*i] += gradient * wi;
                }
                if !anew {
                    continue;
                }
                let curvature = w * p * (1.0 - p);
                for (at, (i, wi)) in active.iter().enumerate() {
                    let row = &mut part.hessian[i * dims..(i + 1) * dims];
                    let scaled = curvature * wi;
                    // Active knots ascend, so these are the lower triangle.
                    for (j, wj) in &active[..=at] {
                        row[*j] += scaled * wj;
                    }
                }
            }
            part
        };
        let add = |mut a: Step, b: Step| {
            a.value += b.value;
            a.gradient.iter_mut().zip(b.gradient).for_each(|(x, y)| *x += y);
            a.hessian.iter_mut().zip(b.hessian).for_each(|(x, y)| *x += y);
            a
        };
        // Partial Hessians are large: a run of chunks at a time keeps few of them in memory.
        let mut step: Option<Step> = None;
        for first in (0..n).step_by(16 * CHUNK) {
            let count = (n - first).min(16 * CHUNK);
            let part = par::reduce_chunks(count, CHUNK, |r| one(first + r.start..first + r.end), add)?;
            step = Some(match step {
                None => part,
                Some(so_far) => add(so_far, part),
            });
        }
        let mut step = step?;
        let mut from = 1;
        for term in &self.terms {
            for (knot, value) in term.values.iter().enumerate() {
                let ridge = 0.01 * penalty;
                step.value -= 0.5 * ridge * value * value;
                step.gradient[from + knot] -= ridge * value;
                if anew {
                    step.hessian[(from + knot) * (dims + 1)] += ridge;
                }
            }
            term.neighbours(|i, j| {
                let difference = term.values[j] - term.values[i];
                step.value -= 0.5 * penalty * difference * difference;
                step.gradient[from + j] -= penalty * difference;
                step.gradient[from + i] += penalty * difference;
                if !anew {
                    return;
                }
                step.hessian[(from + i) * (dims + 1)] += penalty;
                step.hessian[(from + j) * (dims + 1)] += penalty;
                step.hessian[(from + j) * dims + from + i] -= penalty;
            });
            from += term.len();
        }
        Some(step)
    }

    /// Moves each term's mean over the rows into the intercept: contributions are then against the average candidate.
    ///
    /// The ln odds of every row stay what they were, since the weights of a term's knots add up to one wherever it is read: what
    /// is taken from all knots comes back by the intercept. The mean is over rows, not over their weights. Nothing is refitted.
    fn centre<const W: usize>(&mut self, rows: &Rows<W>) {
        let n = rows.y.len() as f64;
        for term in &mut self.terms {
            let sum = par::reduce_chunks(
                rows.x.len(),
                CHUNK,
                |range| rows.x[range].iter().map(|x| term.value(x)).sum::<f64>(),
                |a, b| a + b,
            );
            let mean = sum.unwrap_or(0.0) / n;
            term.values.iter_mut().for_each(|v| *v -= mean);
            self.intercept += mean;
        }
    }

    /// Calls `f` with the constant and with what each term adds, told by its feature or its pair; their sum is the ln
    /// odds.
    ///
    /// A term of one feature is told as the pair of the feature with itself. Terms dropped at the fit are not told: they add 0.
    pub(super) fn each(&self, x: &[f32], mut f: impl FnMut(Option<Pair>, f64)) {
        f(None, self.intercept);
        for term in &self.terms {
            let b = if term.is_pair() { term.b } else { term.a };
            f(Some((term.a, b)), term.value(x));
        }
    }

    /// The ln odds of a row of features.
    ///
    /// O(terms · log knots): some thirty terms of two or four knots, without allocation.
    pub(super) fn log_odds(&self, x: &[f32]) -> f64 {
        self.intercept + self.terms.iter().map(|t| t.value(x)).sum::<f64>()
    }

    /// Whether a fit could have made it: features below `width`, knots ascending, everything finite.
    ///
    /// A file is checked by it before it is believed: with these rules no index leaves its list, no division by a step of 0
    /// happens between two knots, and no sum overflows. Whether the numbers were learned from anything cannot be told.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let ascending =
            |knots: &[f32]| knots.iter().all(|k| k.is_finite()) && knots.is_sorted_by(|a, b| a < b);
        self.intercept.is_finite()
            && self.terms.iter().all(|t| {
                t.a < width
                    && t.b < width
                    && t.knots_a.len() > 1
                    && t.knots_b.len() != 1
                    && ascending(&t.knots_a)
                    && ascending(&t.knots_b)
                    && t.values.len() == t.len()
                    // Far beyond any fit, and far from overflow in a sum.
                    && t.values.iter().all(|v| v.abs() < 1e12)
            })
    }
}
