//! The fit: places of all rows, passes over them, and the climb.
//!
//! # Passes
//! | pass | over | gives |
//! |---|---|---|
//! | likelihood | every row, or every eighth | value and gradient |
//! | curvature | some 25,000 rows | the negative Hessian, by its lower triangle |
//!
//! A row costs a likelihood some ninety additions, a curvature the square of that: it is taken from few rows and three times in
//! all, and L-BFGS corrects it by what the gradients of the latest steps tell.
//!
//! # By hand
//! One feature with knots 0 and 1 and the values 2 and 6, intercept −3. A row at x = 0.25 acts by the intercept with 1, the first
//! knot with 0.75 and the second with 0.25: ln odds −3 + 0.75 · 2 + 0.25 · 6 = 0, p = 0.5. With weight 2 and the outcome yes it
//! loses 2 ln 2 = 1.39 nats and pulls the loss's gradient by 2 (0.5 − 1) = −1 in all: −1, −0.75 and −0.25 at the three.
//!
//! # How few curvature rows are enough
//! A curvature of m rows is off by about √(coefficients / m) along an average direction: a seventh for 500 and 25,000. Repeating
//! its step would leave a seventh of the way each time; with the pairs of L-BFGS four or five steps on all rows end a climb.
//!
//! # Order of the sums
//! Rows are cut into chunks of 8,192 and chunks are added in order: the partition, and so every rounding, is independent of how
//! many threads there are.

use crate::kernel::lbfgs::{self, Minimum};
use crate::kernel::linalg::Cholesky;
use crate::kernel::par;
use crate::kernel::special::sigmoid;

use super::layout::Layout;
use super::{Additive, KNOTS, Pair, Rows, SIDE, Term, knots};

/// Rows that a chunk of a reduction takes.
const CHUNK: usize = 8_192;
/// Penalty on differences, as a share of the weight of the positive rows, and the ridge as a share of that.
const PENALTY: f64 = 1e-3;
const RIDGE: f64 = 1e-2;
/// What is still to be gained, as a share of the log-likelihood, when the first curvature has done its part, when the sample
/// has, and when all rows have: some hundredths of a nat, where one coefficient's standard error is worth half a nat.
const FAR: f64 = 1e-3;
const NEAR: f64 = 1e-5;
const DONE: f64 = 1e-6;
/// One row in so many is in the sample that the climb begins on, where there are more than [`FEW`].
const SAMPLED: usize = 8;
const FEW: usize = 40_000;
/// Rows that a curvature is taken from, and those that the knots are.
const CURVED: usize = 25_000;
const SORTED: usize = 50_000;
/// Steps of one climb at most.
const STEPS: usize = 40;
/// Fewer positive rows than this teach nothing.
const FEWEST: usize = 20;

/// The rows as places along the axes of the terms.
struct Design {
    layout: Layout,
    /// Two knots next to each other, of any term: the differences that the penalty shrinks.
    beside: Vec<(usize, usize)>,
    /// Row by row, one number an axis.
    places: Vec<f32>,
    y: Vec<bool>,
    weight: Vec<f32>,
    /// λ h.
    penalty: f64,
}

/// A knot that acts at a row, by its place among all values, and its weight.
type Acting = (usize, f64);

impl Design {
    /// Reads every row once; its features are not needed after that.
    fn new<const W: usize>(rows: Rows<W>, terms: &[Term], penalty: f64) -> Self {
        let layout = Layout::new(terms);
        let axes = layout.axes.len();
        let mut places = vec![0.0; rows.x.len() * axes];
        if axes > 0 {
            par::for_each_chunk_mut(&mut places, CHUNK * axes, |first, part| {
                for (row, x) in part.chunks_mut(axes).zip(&rows.x[first / axes..]) {
                    for (place, axis) in row.iter_mut().zip(&layout.axes) {
                        *place = axis.along(x);
                    }
                }
            });
        }
        let mut beside = Vec::new();
        for (term, span) in terms.iter().zip(&layout.spans) {
            term.neighbours(|i, j| beside.push((span.from + i, span.from + j)));
        }
        Self { layout, beside, places, y: rows.y, weight: rows.weight, penalty }
    }

    fn len(&self) -> usize {
        self.y.len()
    }

    /// Fills `acting` with the knots that act at a row, ascending, the intercept first, and returns the ln odds.
    ///
    /// Of one feature these are the two neighbours with 1 − w and w, of two features the four corners of a cell with the
    /// products. The weights of a term add up to one.
    fn act(&self, row: usize, beta: &[f64], acting: &mut Vec<Acting>) -> f64 {
        let axes = &self.layout.axes;
        let places = &self.places[row * axes.len()..(row + 1) * axes.len()];
        acting.clear();
        acting.push((0, 1.0));
        let mut z = beta[0];
        for span in &self.layout.spans {
            let (k, w) = axes[span.a].split(places[span.a]);
            if span.side == 0 {
                let at = span.from + k;
                acting.extend([(at, 1.0 - w), (at + 1, w)]);
                z += (1.0 - w) * beta[at] + w * beta[at + 1];
                continue;
            }
            let (l, v) = axes[span.b].split(places[span.b]);
            let (low, high) = (span.from + k * span.side + l, span.from + (k + 1) * span.side + l);
            let corners = [(1.0 - w) * (1.0 - v), (1.0 - w) * v, w * (1.0 - v), w * v];
            acting.extend([
                (low, corners[0]),
                (low + 1, corners[1]),
                (high, corners[2]),
                (high + 1, corners[3]),
            ]);
            z += (corners[0] * beta[low] + corners[1] * beta[low + 1])
                + (corners[2] * beta[high] + corners[3] * beta[high + 1]);
        }
        z
    }

    /// Sums over every `stride`-th row: `add(row, ln odds, knots that act, sums)`, of `size` numbers each.
    fn sums(
        &self,
        beta: &[f64],
        stride: usize,
        size: usize,
        add: impl Fn(usize, f64, &mut Vec<Acting>, &mut [f64]) + Sync + Send,
    ) -> Vec<f64> {
        let one = |range: std::ops::Range<usize>| {
            let (mut sums, mut acting) = (vec![0.0; size], Vec::new());
            for row in range.map(|r| r * stride) {
                let z = self.act(row, beta, &mut acting);
                add(row, z, &mut acting, &mut sums);
            }
            sums
        };
        let join = |mut a: Vec<f64>, b: Vec<f64>| {
            a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
            a
        };
        par::reduce_chunks(self.len().div_ceil(stride), CHUNK, one, join).unwrap_or_else(|| vec![0.0; size])
    }

    /// Minus the penalised log-likelihood of every `stride`-th row, and its gradient.
    ///
    /// With p the probability and x the weights of the knots at a row, the gradient of the log-likelihood is Σ w (y − p) x. The
    /// penalty is divided by the stride, so that the two stand in the same ratio for a sample.
    ///
    /// # The penalty's part
    /// For a knot of value v, with ridge `ρ = 0.01 λ h`: the loss is ρ v² / 2, its gradient ρ v. For two neighbours with
    /// difference `d = θ_b − θ_a`: the loss is λ h d² / 2, the gradient at b λ h d and at a the opposite. The intercept is free.
    fn loss(&self, beta: &[f64], stride: usize) -> (f64, Vec<f64>) {
        let dims = self.layout.dims;
        let mut sums = self.sums(beta, stride, dims + 1, |row, z, acting, sums| {
            let (y, w) = (self.y[row], f64::from(self.weight[row]));
            // One exponential serves both: with e = exp(−|z|), p is 1 or e over 1 + e, and ln(1 + exp(−|z|)) = ln(1 + e).
            let e = (-z.abs()).exp();
            let p = if z >= 0.0 { 1.0 } else { e } / (1.0 + e);
            let wrong = if y { -z } else { z };
            sums[dims] += w * (wrong.max(0.0) + e.ln_1p());
            let pull = w * (p - f64::from(u8::from(y)));
            for (knot, weight) in acting.iter() {
                sums[*knot] += pull * weight;
            }
        });
        let mut value = sums.pop().unwrap_or(0.0);
        let penalty = self.penalty / stride as f64;
        for (gradient, v) in sums.iter_mut().zip(beta).skip(1) {
            value += 0.5 * RIDGE * penalty * v * v;
            *gradient += RIDGE * penalty * v;
        }
        for (i, j) in &self.beside {
            let difference = beta[*j] - beta[*i];
            value += 0.5 * penalty * difference * difference;
            sums[*j] += penalty * difference;
            sums[*i] -= penalty * difference;
        }
        (value, sums)
    }

    /// The curvature of the loss, from [`CURVED`] rows: Σ w p (1 − p) x xᵀ, and the penalty's: ρ on the diagonal, λ h on the
    /// diagonal of both neighbours and its opposite between them. Returned with the stride its rows were taken by: that of all
    /// rows is about so many times as large.
    ///
    /// `None` where it is not positive definite in floats.
    fn curvature(&self, beta: &[f64]) -> Option<(Cholesky, f64)> {
        let (dims, stride) = (self.layout.dims, self.len().div_ceil(CURVED).max(1));
        let mut hessian = self.sums(beta, stride, dims * dims, |row, z, acting, sums| {
            let p = sigmoid(z);
            let curvature = f64::from(self.weight[row]) * p * (1.0 - p);
            // A row on a knot touches that one alone.
            acting.retain(|(_, weight)| *weight > 0.0);
            for (at, (i, wi)) in acting.iter().enumerate() {
                let line = &mut sums[i * dims..(i + 1) * dims];
                let scaled = curvature * wi;
                // Acting knots ascend, so these are the lower triangle.
                for (j, wj) in &acting[..=at] {
                    line[*j] += scaled * wj;
                }
            }
        });
        let penalty = self.penalty / stride as f64;
        for knot in 1..dims {
            hessian[knot * (dims + 1)] += RIDGE * penalty;
        }
        for (i, j) in &self.beside {
            hessian[i * (dims + 1)] += penalty;
            hessian[j * (dims + 1)] += penalty;
            hessian[j * dims + i] -= penalty;
        }
        Some((Cholesky::of_rows(&hessian, dims).ok()?, stride as f64))
    }

    /// The climb from `start` over every `stride`-th row, from the curvature there.
    fn climb(&self, start: Vec<f64>, stride: usize, tolerance: f64) -> Option<Minimum> {
        let (curvature, of) = self.curvature(&start)?;
        let share = stride as f64 / of;
        let newton = |gradient: &mut [f64]| {
            curvature.solve_in_place(gradient);
            for g in gradient.iter_mut() {
                *g *= share;
            }
        };
        Some(lbfgs::minimise_from(start, tolerance, STEPS, newton, |beta| self.loss(beta, stride)))
    }

    /// The mean weight of every knot over all rows, not over their weights.
    fn shares(&self, beta: &[f64]) -> Vec<f64> {
        let mut sums = self.sums(beta, 1, self.layout.dims, |_, _, acting, sums| {
            for (knot, weight) in acting.iter() {
                sums[*knot] += weight;
            }
        });
        for sum in &mut sums {
            *sum /= self.len() as f64;
        }
        sums
    }
}

impl Additive {
    /// The maximum of the penalised likelihood; `None` where the rows teach nothing: fewer than [`FEWEST`] of one outcome, or
    /// numbers that left the range of floats.
    ///
    /// # In order
    /// 1. Knots of each feature from every so many-th row, some 50,000 values. Pairs have coarser knots of their own.
    /// 2. Terms of a feature that never varies are dropped: they could not be told from the intercept.
    /// 3. Places of all rows.
    /// 4. The intercept starts at the ln odds of the weighted share of positives, all terms at 0: the model without features.
    /// 5. Beyond 40,000 rows, two climbs on every eighth row with an eighth of the penalty: one with the curvature of the start,
    ///    one with that of where it led. Curvature changes on the way and hardly near the end.
    /// 6. A climb on all rows from there, then the terms are centred, and the whole is checked as a file's would be.
    ///
    /// # Cost
    /// Rows · (2 features + 4 pairs) for each of some ten passes, 25,000 · (2 features + 4 pairs)² for each of three
    /// curvatures. Memory: the rows' places, and a Hessian of all knots for each of four chunks.
    ///
    /// # Why twenty
    /// Fewer than twenty positives, or negatives, tell less than a penalty that is a thousandth of their weight: the terms would
    /// be noise. The caller has a method without parameters to answer with.
    pub(in crate::recommend) fn fit<const W: usize>(
        rows: Rows<W>,
        features: usize,
        pairs: &[Pair],
    ) -> Option<Self> {
        let n = rows.y.len();
        let positives = rows.y.iter().filter(|y| **y).count();
        if positives < FEWEST || n - positives < FEWEST {
            return None;
        }
        let weight = |positive: bool| -> f64 {
            let of = rows.y.iter().zip(&rows.weight).filter(|(y, _)| !positive || **y);
            of.map(|(_, w)| f64::from(*w)).sum()
        };
        let (all, hits) = (weight(false), weight(true));
        let mut terms = terms(&rows, features, pairs);
        let design = Design::new(rows, &terms, PENALTY * hits);
        let mut start = vec![0.0; design.layout.dims];
        start[0] = (hits / (all - hits)).ln();
        let mut iterations = 0;
        let mut climb = |start: Vec<f64>, stride: usize, tolerance: f64| {
            let end = design.climb(start, stride, tolerance)?;
            iterations += end.iterations;
            Some(end)
        };
        let sample = if n > FEW { SAMPLED } else { 1 };
        start = climb(start, sample, FAR)?.at;
        if n > FEW {
            start = climb(start, sample, NEAR)?.at;
        }
        let mut end = climb(start, 1, DONE)?;
        // Each term's mean over the rows moves into the intercept: contributions are then against the average row. The ln odds of
        // every row stay what they were, since the weights of a term's knots add up to one.
        let shares = design.shares(&end.at);
        for (span, term) in design.layout.spans.iter().zip(&mut terms) {
            let range = span.from..span.from + term.len();
            let mean: f64 =
                shares[range.clone()].iter().zip(&end.at[range.clone()]).map(|(s, v)| s * v).sum();
            end.at[0] += mean;
            term.values = end.at[range].iter().map(|v| v - mean).collect();
        }
        let model = Self {
            intercept: end.at[0],
            terms,
            iterations: u32::try_from(iterations).unwrap_or(u32::MAX),
            converged: end.converged,
            log_likelihood: -end.value,
        };
        model.is_sound(W).then_some(model)
    }
}

/// The terms of features and pairs that vary, without values.
fn terms<const W: usize>(rows: &Rows<W>, features: usize, pairs: &[Pair]) -> Vec<Term> {
    let stride = (rows.y.len() / SORTED).max(1);
    let list = |j: usize, at_most: usize| {
        knots(rows.x.iter().step_by(stride).map(|x| x[j]).collect::<Vec<f32>>(), at_most)
    };
    let single =
        |j: usize| Term { a: j, b: j, knots_a: list(j, KNOTS), knots_b: Vec::new(), values: Vec::new() };
    let coarse: Vec<Vec<f32>> = (0..features)
        .map(|j| if pairs.iter().any(|p| p.0 == j || p.1 == j) { list(j, SIDE) } else { Vec::new() })
        .collect();
    let pair = |p: &Pair| {
        let of = |j: usize| coarse.get(j).cloned().unwrap_or_default();
        Term { a: p.0, b: p.1, knots_a: of(p.0), knots_b: of(p.1), values: Vec::new() }
    };
    let mut terms: Vec<Term> = (0..features).map(single).collect();
    terms.retain(|t| t.knots_a.len() > 1);
    terms.extend(pairs.iter().map(pair).filter(|t| t.knots_a.len() > 1 && t.knots_b.len() > 1));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of three features, the first of few values, whose ln odds are a bend, a step and a product.
    fn rows(n: usize) -> Rows<3> {
        let mut rows = Rows::default();
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        for _ in 0..n {
            let x = [(4.0 * uniform()).floor(), uniform(), uniform()];
            rows.y.push(f64::from(uniform()) < sigmoid(truth(&x)));
            rows.weight.push(0.5 + uniform());
            rows.x.push(x);
        }
        rows
    }

    fn truth(x: &[f32; 3]) -> f64 {
        f64::from((x[1] - 0.5).max(0.0) * 4.0 + x[0] * 0.5 - 2.0 + 3.0 * (x[1] - 0.5) * (x[2] - 0.5))
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let rows = rows(2_000);
        let terms = terms(&rows, 3, &[(1, 2)]);
        let design = Design::new(rows, &terms, 3.0);
        assert_eq!(design.layout.dims, 1 + 4 + 9 + 9 + 25);
        let beta: Vec<f64> = (0..design.layout.dims).map(|k| (k as f64 * 0.7).sin()).collect();
        for stride in [1, 8] {
            let (_, gradient) = design.loss(&beta, stride);
            for k in [0, 2, 9, 20, 40, 47] {
                let at = |step: f64| {
                    let mut beta = beta.clone();
                    beta[k] += step;
                    design.loss(&beta, stride).0
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!(
                    (slope - gradient[k]).abs() < 1e-5 * (1.0 + slope.abs()),
                    "{k}: {slope} {}",
                    gradient[k]
                );
            }
        }
    }

    /// From a sample to all rows: the maximum found is one, and the truth is near.
    #[test]
    fn the_climb_ends_where_nothing_pulls() {
        let pairs = [(1, 2)];
        let (n, all) = (60_000, rows(60_000));
        let model = Additive::fit(rows(n), 3, &pairs).unwrap();
        assert!(model.converged && model.iterations < 30, "{}", model.iterations);
        let scorer = model.scorer();
        let error = |x: &[f32; 3]| (scorer.log_odds(x) - truth(x)).powi(2);
        let mean = all.x.iter().map(error).sum::<f64>() / n as f64;
        assert!(mean < 0.01, "{mean}");
        // Contributions are against the average row.
        let mut sums = [0.0; 4];
        all.x.iter().for_each(|x| scorer.each(x, |term, value| sums[term] += value));
        assert!(sums.iter().all(|sum| (sum / n as f64).abs() < 1e-9), "{sums:?}");
        let hits: f64 = all.y.iter().zip(&all.weight).filter(|(y, _)| **y).map(|(_, w)| f64::from(*w)).sum();
        let terms = terms(&all, 3, &pairs);
        let design = Design::new(all, &terms, PENALTY * hits);
        let (_, gradient) = design.loss(&scorer.beta, 1);
        // The intercept is free: its derivative is the sum of weighted residuals, and centring leaves the fit as it is.
        assert!(gradient[0].abs() < 1e-2 * hits.sqrt(), "{}", gradient[0]);
    }

    #[test]
    fn what_teaches_nothing_is_no_model() {
        let mut rows = rows(100);
        rows.y.iter_mut().enumerate().for_each(|(k, y)| *y = k < 19);
        assert!(Additive::fit(rows, 3, &[]).is_none());
    }
}
