//! Minimum of a smooth function of very many parameters from its value and gradient: L-BFGS.
//!
//! The last ten steps stand in for the curvature (Nocedal 1980, doi:10.1090/S0025-5718-1980-0572855-7; Nocedal and Wright
//! 2006, algorithm 7.4), so memory is 20 numbers for each parameter where Newton's method needs the square of their number.
//! Steps are halved until they satisfy Armijo's rule. No chance and no clock: the same function gives the same path.
//!
//! # The method
//!
//! A step s = x′ − x that turned the gradient by y = g′ − g tells the curvature along s: H y = s for the inverse curvature H.
//! BFGS corrects H by such pairs, H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ with ρ = 1 / (sᵀy), which stays positive definite as
//! long as sᵀy > 0. Here H is never formed: the last ten pairs are applied to the gradient one after the other, beginning from
//! the multiple sᵀy / yᵀy of the identity that fits the latest pair.
//!
//! # When it ends
//!
//! By the gap ½ gᵀHg, what a step still promises, relative to the value: the same rule as Newton's method in `logistic.rs`, so
//! that tolerances mean the same whichever method a table is given to. Where rounding hides any gain, it has converged if
//! the gap is below 10⁻⁹ of the value.
//!
//! # When to use it
//!
//! Many parameters (above some 700), smooth convex functions, gradients at the cost of values. With few parameters Newton's
//! method needs 6 evaluations where this needs 30. Not for functions with kinks: an absolute penalty goes to `elastic.rs`.
//!
//! # What it promises
//! The value never rises from one step to the next. The point returned is the last one and therefore the best. A function
//! that is already at its minimum returns at once, converged, with no step taken. Parameters the function does not depend on stay
//! where they started.
//!
//! # By hand
//! f = ½ (x² + 4 y²) from (4, 1): g = (4, 4). One pair s = (−1, −1), y = (−1, −4) has ρ = 1/5 and scale 5/17, and turns the
//! next direction towards the x axis, where the function is flat and the way still long.

use crate::kernel::linalg::dot;

/// Steps remembered.
const MEMORY: usize = 10;
/// Share of the expected gain that a step must bring.
const ARMIJO: f64 = 1e-4;

/// Where the search ended.
#[derive(Clone, Debug)]
pub(crate) struct Minimum {
    /// The parameters.
    pub(crate) at: Vec<f64>,
    /// The function there.
    pub(crate) value: f64,
    /// Its gradient there.
    pub(crate) gradient: Vec<f64>,
    /// ½ gᵀ H g with the remembered inverse curvature H: what a Newton step would still gain.
    pub(crate) gap: f64,
    /// Steps taken.
    pub(crate) iterations: usize,
    /// Whether the gap fell below the tolerance; otherwise the steps ran out, or none lowered the function.
    pub(crate) converged: bool,
}

/// One remembered step: how far, and how the gradient changed.
struct Step {
    /// s, the change of the parameters.
    moved: Vec<f64>,
    /// y, the change of the gradient.
    turned: Vec<f64>,
    /// 1 / (moved · turned).
    rho: f64,
}

/// Minimises `f`, which gives value and gradient, from `start` until the expected gain is below `tolerance` times the
/// value, or for `most` steps.
///
/// Time is one call of `f` and 40 multiplications a parameter for each step.
///
/// A direction that does not lead downhill (rounding can do that) forgets the memory and goes down the gradient. Pairs whose
/// curvature sᵀy is not clearly positive are not remembered. `f` may give infinity or NaN away from the start: such a step is
/// halved.
pub(crate) fn minimise(
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
    f: impl FnMut(&[f64]) -> (f64, Vec<f64>),
) -> Minimum {
    descend(start, tolerance, most, None, f)
}

/// As [`minimise`], from an inverse curvature that is known: `newton` turns a gradient into the step it asks for, in place,
/// where otherwise a multiple of the identity stands. The first step is tried in full and the gap means something from
/// the start.
///
/// With the exact curvature of a quadratic it is Newton's method and ends after one step; with that of a sample the pairs
/// correct for what the sample lacks, where repeating the same step would close in by a constant factor only.
pub(crate) fn minimise_from(
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
    newton: impl Fn(&mut [f64]),
    f: impl FnMut(&[f64]) -> (f64, Vec<f64>),
) -> Minimum {
    descend(start, tolerance, most, Some(&newton), f)
}

/// Turns a gradient into the step that a known curvature asks for, in place.
type Newton<'a> = &'a dyn Fn(&mut [f64]);

fn descend(
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
    newton: Option<Newton<'_>>,
    mut f: impl FnMut(&[f64]) -> (f64, Vec<f64>),
) -> Minimum {
    let (value, gradient) = f(&start);
    let mut now = Minimum { at: start, value, gradient, gap: f64::INFINITY, iterations: 0, converged: false };
    let mut memory: Vec<Step> = Vec::with_capacity(MEMORY);
    loop {
        let mut direction = downhill(&memory, &now.gradient, newton);
        let mut slope = dot(&direction, &now.gradient);
        if slope >= 0.0 || !slope.is_finite() {
            memory.clear();
            direction = now.gradient.iter().map(|g| -g).collect();
            slope = -dot(&now.gradient, &now.gradient);
        }
        now.gap = -0.5 * slope;
        // The first direction knows no curvature: its gain means little unless it is nothing at all.
        let settled = now.gap <= tolerance * now.value.abs().max(f64::MIN_POSITIVE);
        if settled && (!memory.is_empty() || newton.is_some() || slope == 0.0) {
            now.converged = true;
            return now;
        }
        if now.iterations >= most || !now.value.is_finite() {
            return now;
        }
        let unknown = memory.is_empty() && newton.is_none();
        let mut length = if unknown { 1.0 / (1.0 + (-slope).sqrt()) } else { 1.0 };
        let mut found = None;
        for _ in 0..40 {
            let at: Vec<f64> = now.at.iter().zip(&direction).map(|(a, d)| a + length * d).collect();
            let (value, gradient) = f(&at);
            if value <= now.value + ARMIJO * length * slope {
                found = Some((at, value, gradient));
                break;
            }
            length *= 0.5;
        }
        let Some((at, value, gradient)) = found else {
            // Rounding hides any further gain.
            now.converged = now.gap <= 1e-9 * now.value.abs();
            return now;
        };
        let moved: Vec<f64> = at.iter().zip(&now.at).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = gradient.iter().zip(&now.gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-12 * dot(&turned, &turned).sqrt() * dot(&moved, &moved).sqrt() {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push(Step { moved, turned, rho: 1.0 / curvature });
        }
        now = Minimum { at, value, gradient, iterations: now.iterations + 1, ..now };
    }
}

/// Minus the remembered inverse curvature times the gradient (the two-loop recursion, Nocedal and Wright 2006, algorithm
/// 7.4): from the latest pair back αₖ = ρₖ sₖᵀq and q ← q − αₖ yₖ, then the scale or the known curvature, then forward β = ρₖ yₖᵀq and
/// q ← q + (αₖ − β) sₖ. Without pairs it is minus the gradient.
///
/// By hand, the pair of the page and g = (3, 0): q = (−3, 0), α = (1/5) · 3 = 0.6, q = (−2.4, 2.4), times 5/17 it is
/// (−0.706, 0.706); β = (1/5) · (0.706 − 2.824) = −0.424, and q + 1.024 s = (−1.73, −0.32). Downhill: its product with g is −5.2.
///
/// Ten pairs cost forty passes over the parameters: a scalar product and an addition on the way back and on the way forward.
fn downhill(memory: &[Step], gradient: &[f64], newton: Option<Newton<'_>>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(memory.len());
    for step in memory.iter().rev() {
        let alpha = step.rho * dot(&step.moved, &q);
        q.iter_mut().zip(&step.turned).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some(newton) = newton {
        newton(&mut q);
    } else if let Some(last) = memory.last() {
        let scale = 1.0 / (last.rho * dot(&last.turned, &last.turned));
        for q in &mut q {
            *q *= scale;
        }
    }
    for (step, alpha) in memory.iter().zip(alphas.into_iter().rev()) {
        let beta = step.rho * dot(&step.turned, &q);
        q.iter_mut().zip(&step.moved).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function, 1 at its minimum (1, 1), from the usual start.
    #[test]
    fn finds_the_bottom_of_a_curved_valley() {
        let rosenbrock = |x: &[f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            (a * a + 100.0 * b * b + 1.0, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
        };
        let end = minimise(vec![-1.2, 1.0], 1e-16, 200, rosenbrock);
        assert!(end.converged && end.iterations < 60, "{end:?}");
        assert!((end.at[0] - 1.0).abs() < 1e-7 && (end.at[1] - 1.0).abs() < 1e-7);
        assert!((end.value - 1.0).abs() < 1e-14 && end.gradient.iter().all(|g| g.abs() < 1e-6));
    }

    /// f = ½ Σ k x², with the curvature known to within a tenth: exact it would be one step, unknown it is twenty.
    #[test]
    fn a_known_curvature_is_a_newton_step() {
        let f = |x: &[f64]| {
            let terms = || (1..).map(f64::from).zip(x);
            let value: f64 = terms().map(|(k, x)| 0.5 * k * x * x).sum();
            (1.0 + value, terms().map(|(k, x)| k * x).collect::<Vec<f64>>())
        };
        let by = |off: f64| {
            move |g: &mut [f64]| {
                for (k, g) in (1..).map(f64::from).zip(g) {
                    *g /= k * (1.0 + off * (k % 3.0 - 1.0));
                }
            }
        };
        let start = vec![3.0; 200];
        let exact = minimise_from(start.clone(), 1e-12, 50, by(0.0), f);
        assert_eq!((exact.converged, exact.iterations), (true, 1));
        let near = minimise_from(start.clone(), 1e-12, 50, by(0.1), f);
        let blind = minimise(start, 1e-12, 50, f);
        assert!(near.converged && near.iterations <= 5, "{near:?}");
        assert!(blind.iterations > 15, "{blind:?}");
    }

    /// Fifty parameters whose curvatures reach from 1 to 50, and two steps.
    #[test]
    fn says_when_steps_run_out() {
        let end = minimise(vec![9.0; 50], 1e-14, 2, |x| {
            let value = x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x * x).sum();
            (value, x.iter().enumerate().map(|(i, x)| 2.0 * (i + 1) as f64 * x).collect())
        });
        assert!(!end.converged && end.iterations == 2);
    }
}
