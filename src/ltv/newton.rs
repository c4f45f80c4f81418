//! Newton's method for likelihoods with as many parameters as there are covariates.
//!
//! The models themselves have two to five parameters and search by [`Search`](crate::kernel::optim::Search); effects of
//! covariates make the number a matter of the data. Everything here is dense: a few dozen effects at most.
//!
//! # The step
//!
//! With g the gradient and H minus the Hessian at the point, the step solves (H + d diag(|H|)) s = g. d is the damping:
//! 0 gives Newton's step, a large one a short step along the scaled gradient, which always climbs. It falls to a tenth
//! after a step that climbed and grows tenfold after one that did not, or where the matrix is not positive definite. No
//! step is longer than 2 in any parameter: all of them are logarithms, or effects on logarithms.
//!
//! # The end
//!
//! g^T s is twice the gain still to be had. Below 1e-14 of the value, with little damping, there is none in this arithmetic.
//! A climb that ends elsewhere (200 steps, or damping without end) is reported as not converged, with the best point seen.
//!
//! # The chain rule
//!
//! Effects enter the logarithms of a customer's own parameters linearly: ln `alpha_i` = ln alpha - g'`z_i`, say. So the
//! derivatives of a model with effects are those of the model without, multiplied by the covariates:
//! [`Point::add_through`]. No model needs derivatives of its own for its covariates.
//!
//! # By hand
//! -(u - 3)^2 from u = 0: g = 6, H = 2, damping 10^-3. The step is 6 / 2.002 = 2.997, longer than 2, and is cut to 2. From u = 2
//! with damping 10^-4 the step is 2 / 2.0002, just below 1; the next ones close in on 3, and at g^T s below 1e-14 it ends.
//!
//! # Complexity
//! A step costs one pass over the customers with all derivatives and d^3 / 3 for the factor. Memory is d^2 for each chunk of
//! customers that is summed at a time.
//!
//! # Determinism
//! The same likelihood gives the same path: there is no chance and no clock in it.

use crate::kernel::linalg::Cholesky;
use crate::kernel::optim::Eval;

/// Value, gradient and Hessian (row by row) in as many parameters as there are.
///
/// A sum over customers of such points is the point of their sum: chunks are added in a fixed order by [`plus`](Self::plus).
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    pub(super) hessian: Vec<f64>,
}

impl Point {
    /// The function that is 0 everywhere, of `d` parameters.
    pub(super) fn zero(d: usize) -> Self {
        Self { value: 0.0, gradient: vec![0.0; d], hessian: vec![0.0; d * d] }
    }

    /// The sum of two functions.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.value += other.value;
        self.gradient.iter_mut().zip(&other.gradient).for_each(|(a, b)| *a += b);
        self.hessian.iter_mut().zip(&other.hessian).for_each(|(a, b)| *a += b);
        self
    }

    /// Adds a function of `N` logarithms of a customer's own parameters, by the chain rule: an entry `(k, i, f)` of `acts` says
    /// that parameter k of the whole moves the i-th logarithm by f a unit.
    ///
    /// The logarithms are linear in the parameters, so that no second derivative of theirs is left: the Hessian is J'H J and
    /// the gradient J'g, J the matrix of the entries.
    pub(super) fn add_through<const N: usize>(&mut self, eval: &Eval<N>, acts: &[(usize, usize, f64)]) {
        let d = self.gradient.len();
        self.value += eval.value;
        for (k, i, f) in acts {
            self.gradient[*k] += f * eval.gradient[*i];
            for (l, j, g) in acts {
                self.hessian[k * d + l] += f * g * eval.hessian[*i][*j];
            }
        }
    }

    /// Takes half of `strength` times the sum of squares of the parameters from `from` on: the L2 penalty.
    ///
    /// By hand: an effect of .5 with strength 2 takes .25 from the value and 1 from the gradient.
    pub(super) fn penalise(&mut self, at: &[f64], from: usize, strength: f64) {
        let d = at.len();
        for (k, effect) in at.iter().enumerate().skip(from) {
            self.value -= 0.5 * strength * effect * effect;
            self.gradient[k] -= strength * effect;
            self.hessian[k * d + k] -= strength;
        }
    }

    /// Whether a step may go there: a likelihood that overflowed is as a step that did not climb.
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().chain(&self.hessian).all(|v| v.is_finite())
    }

    /// Minus the Hessian, its diagonal raised by the share `damping` of itself and a little.
    ///
    /// Marquardt's scaling by the diagonal makes the damped step the same whatever the units of the covariates; the little that
    /// is added, 10^-6 times the damping, serves a parameter on which nothing depends.
    fn information(&self, damping: f64) -> Vec<f64> {
        let d = self.gradient.len();
        let mut rows: Vec<f64> = self.hessian.iter().map(|h| -h).collect();
        for i in 0..d {
            let at = &mut rows[i * d + i];
            *at += damping * (at.abs() + 1e-6);
        }
        rows
    }

    /// Standard errors from the observed information; `None` where it is singular.
    ///
    /// Square roots of the diagonal of (-H)^-1: of the logarithms, or of effects. With a penalty they would be those of a
    /// posterior, and callers do not give them.
    pub(super) fn standard_errors(&self) -> Option<Vec<f64>> {
        let d = self.gradient.len();
        let inverse = Cholesky::of_rows(&self.information(0.0), d).ok()?.inverse();
        Some((0..d).map(|i| inverse[[i, i]].sqrt()).collect())
    }

    /// Euclidean norm of the gradient.
    pub(super) fn gradient_norm(&self) -> f64 {
        self.gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
    }
}

/// No parameter leaves ±40: they are logarithms or effects on logarithms.
const FURTHEST: f64 = 40.0;

/// Newton steps from `at`, damped until they climb (Levenberg 1944, doi:10.1090/qam/10666; Marquardt 1963,
/// doi:10.1137/0111030). The last point, and whether nothing more can be gained from there.
fn climb(at: &mut Vec<f64>, total: impl Fn(&[f64]) -> Point) -> (Point, bool) {
    let d = at.len();
    let mut here = total(at);
    let mut damping = 1e-3;
    for _ in 0..200 {
        let Ok(factor) = Cholesky::of_rows(&here.information(damping), d) else {
            damping = (damping * 10.0).max(1e-3);
            if damping > 1e12 {
                return (here, false);
            }
            continue;
        };
        let step = factor.solve(&here.gradient);
        let gain: f64 = step.iter().zip(&here.gradient).map(|(s, g)| s * g).sum();
        if gain <= 1e-14 * (1.0 + here.value.abs()) && damping < 1e-2 {
            return (here, true);
        }
        let longest = step.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let shorten = (2.0 / longest.max(1e-300)).min(1.0);
        let next: Vec<f64> =
            at.iter().zip(&step).map(|(u, s)| (u + shorten * s).clamp(-FURTHEST, FURTHEST)).collect();
        let there = total(&next);
        if there.is_finite() && there.value > here.value {
            (*at, here) = (next, there);
            damping *= 0.1;
        } else if gain <= 1e-12 * (1.0 + here.value.abs()) {
            return (here, true);
        } else {
            damping = (damping * 10.0).max(1e-6);
            if damping > 1e12 {
                return (here, false);
            }
        }
    }
    (here, false)
}

/// Where a fit of effects ended.
pub(super) struct Summit {
    /// The parameters, those of the model in logarithms before the effects.
    pub(super) at: Vec<f64>,
    /// Standard errors; none under a penalty, which spoils them, or where the information is singular.
    pub(super) errors: Option<Vec<f64>>,
    /// Without the penalty.
    pub(super) log_likelihood: f64,
    /// Of likelihood and penalty.
    pub(super) gradient_norm: f64,
    pub(super) converged: bool,
}

impl Summit {
    /// Climbs from `at`, of whose numbers all but the first `own` are effects under the penalty `l2` / 2 times their squares, which
    /// `total` has taken off.
    pub(super) fn climb(mut at: Vec<f64>, own: usize, l2: f64, total: impl Fn(&[f64]) -> Point) -> Self {
        let (found, converged) = climb(&mut at, total);
        let penalty = 0.5 * l2 * at[own..].iter().map(|g| g * g).sum::<f64>();
        Self {
            errors: (l2 == 0.0).then(|| found.standard_errors()).flatten(),
            log_likelihood: found.value + penalty,
            gradient_norm: found.gradient_norm(),
            converged,
            at,
        }
    }

    /// The first `own` parameters themselves.
    pub(super) fn theta(&self, own: usize) -> Vec<f64> {
        self.at[..own].iter().map(|u| u.exp()).collect()
    }
}
