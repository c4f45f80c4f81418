//! Maximum of a smooth function of a few parameters, with analytic gradient and Hessian, inside a box.
//!
//! A trust-region Newton method (Nocedal and Wright 2006, chapter 4, doi:10.1007/978-0-387-40065-5; the subproblem is
//! solved exactly through the eigenvalues, which cost nothing in a few dimensions). It never needs a positive definite
//! start, never takes a step that lowers the function, and says how it ended. No chance, no time limit: the same function
//! gives the same path.
//!
//! # One step
//! With gradient g, H minus the Hessian, and radius Δ, the step s maximises
//!
//! > gᵀs − ½ sᵀ H s subject to |s| ≤ Δ.
//!
//! In the eigenvectors of H, sₖ = gₖ / (λₖ + μ), where μ = 0 if that is short enough and H positive definite, and
//! otherwise the μ > −min λ at which |s| = Δ, found by bisection. The gain that was expected decides over the radius:
//! more than three quarters of it, and it doubles; less than a quarter, and it shrinks; none, and the step is not taken.
//!
//! # When it ends
//! The Newton decrement gᵀH⁻¹g is twice the gain still to be had. Below 1e-16 of the value's size there is none in this
//! arithmetic. The end is then told apart: in the open and curved, at an edge of the box, or in a flat direction.
//!
//! # What each end means for the caller
//!
//! | end | the point is | standard errors | reported as |
//! |---|---|---|---|
//! | [`End::Converged`] | a maximum inside the box | exist | converged |
//! | [`End::Boundary`] | on an edge: the likelihood still rises outside | not for that parameter | a boundary estimate |
//! | [`End::Flat`] | one of many equally good ones | do not exist | not identified |
//! | [`End::Stopped`] | the best one seen | not to be trusted | not converged |
//!
//! # By hand
//! f(x) = −(x − 3)², from x = 0 with radius 1 in the box \[−5, 5\]: g = 6, H = 2. Newton's step g/H = 3 is longer than 1, so
//! μ = 4 makes it 6 / (2 + 4) = 1. The model is exact, the whole gain comes, and the radius doubles: the next step from 1
//! would be 2, is allowed, and lands on 3. There g = 0, the decrement is 0, and the search ends in its third iteration.
//!
//! # What the caller owes
//! Derivatives that are those of the value: a Hessian of the wrong sign in one corner is not noticed by any check here, only
//! slow. The tests of each likelihood compare them with differences. A value that is not finite away from the start is
//! fine: the step there is refused and the radius shrinks. At the start it ends the search at once, as stopped.
//!
//! Parameters of like scale: a radius of 1 means a factor of e in each of them if they are logarithms. A parameter in
//! days beside one in shares would be moved by the same length.
//!
//! # Cost
//! One evaluation of value, gradient and Hessian a step, a sum over all customers; everything else is N³ for N of two to
//! six. Lifetime models take five to twenty steps. A quasi-Newton method would need no Hessian and three times as many
//! passes over the customers, and would leave standard errors still to be computed.

/// Value, gradient and Hessian at one point. Sums of them are sums of functions: a likelihood is the sum over customers.
///
/// By hand: f(x, y) = x² y at (2, 3) is the value 12, the gradient (2xy, x²) = (12, 4) and the Hessian ((2y, 2x), (2x, 0)) =
/// ((6, 4), (4, 0)). In logarithms of both ([`in_logs`](Self::in_logs)) f = e^(2u + v), whose derivatives are f times products of
/// (2, 1): the gradient (24, 12), the Hessian ((48, 24), (24, 12)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Eval<const N: usize> {
    /// f.
    pub(crate) value: f64,
    /// ∂f/∂θ.
    pub(crate) gradient: [f64; N],
    /// ∂²f/∂θ², symmetric.
    pub(crate) hessian: [[f64; N]; N],
}

impl<const N: usize> Eval<N> {
    /// The function that is 0 everywhere.
    pub(crate) const ZERO: Self = Self { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] };

    /// Whether every number of it is: a point where it is not is never stepped to.
    fn is_finite(&self) -> bool {
        self.value.is_finite()
            && self.gradient.iter().all(|g| g.is_finite())
            && self.hessian.iter().flatten().all(|h| h.is_finite())
    }

    /// The same function of ln theta in place of theta, at `theta`.
    ///
    /// By the chain rule, with u = ln θ: ∂f/∂uᵢ = θᵢ ∂f/∂θᵢ, and ∂²f/∂uᵢ∂uⱼ = θᵢ θⱼ ∂²f/∂θᵢ∂θⱼ, plus ∂f/∂uᵢ where i = j.
    /// Parameters that must be positive are searched in logarithms: no step can leave their domain.
    #[must_use]
    pub(crate) fn in_logs(mut self, theta: &[f64; N]) -> Self {
        for i in 0..N {
            for j in 0..N {
                self.hessian[i][j] *= theta[i] * theta[j];
            }
            self.gradient[i] *= theta[i];
            self.hessian[i][i] += self.gradient[i];
        }
        self
    }
}

impl<const N: usize> std::ops::Add for Eval<N> {
    type Output = Self;

    /// The derivatives of a sum are the sums of the derivatives.
    fn add(mut self, other: Self) -> Self {
        self.value += other.value;
        for i in 0..N {
            self.gradient[i] += other.gradient[i];
            for j in 0..N {
                self.hessian[i][j] += other.hessian[i][j];
            }
        }
        self
    }
}

/// How the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The Newton decrement is below the tolerance, inside the box, where the function is strictly concave.
    Converged,
    /// The same, with at least one parameter on the edge of the box.
    Boundary,
    /// The gradient vanished where the function is flat in some direction to within rounding.
    Flat,
    /// Neither, within the steps allowed; the best point seen is returned.
    Stopped,
}

/// Where the search ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Maximum<const N: usize> {
    /// The best point seen, inside the box.
    pub(crate) at: [f64; N],
    /// The function there.
    pub(crate) eval: Eval<N>,
    /// What kind of end it is; callers report it, never only the point.
    pub(crate) end: End,
    /// Steps tried, accepted or not.
    pub(crate) iterations: u32,
    /// Euclidean norm of the gradient of the free parameters.
    pub(crate) gradient_norm: f64,
    /// Largest over smallest eigenvalue of the negative Hessian of the free parameters; infinite where it is not
    /// positive definite.
    pub(crate) condition: f64,
    /// Which parameters lie on the edge of the box.
    #[cfg(test)]
    pub(crate) at_edge: [bool; N],
}

/// The search's limits: a box, a number of steps, and when a gain is none.
///
/// The box is what keeps a likelihood that rises for ever (dropout that nobody shows, spend that nobody varies in) from
/// running away: its maximum is then on an edge, is reported as one, and the other parameters are still the best for it. In
/// logarithms a box of ± 10 reaches over nine powers of ten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<const N: usize> {
    /// Lower edges of the box.
    pub(crate) low: [f64; N],
    /// Upper edges of the box.
    pub(crate) high: [f64; N],
    /// Steps allowed.
    pub(crate) iterations: u32,
    /// Newton decrement (twice the gain still expected) relative to 1 + |value|.
    pub(crate) tolerance: f64,
}

/// Flatter than this in one direction than in another is not identified: with a ratio of curvatures of 10¹⁰ the standard error
/// of one combination of parameters is 10⁵ times that of another, and its digits are rounding.
const CONDITION_LIMIT: f64 = 1e10;
/// Nearer to an edge of the box than this share of its width counts as on it: functions flatten towards an edge at infinity,
/// and the search may end before it arrives.
const EDGE: f64 = 0.1;
/// Longest step, in the units of the parameters (which are logarithms here).
const LONGEST: f64 = 2.0;

impl<const N: usize> Search<N> {
    /// A box of ± `half` about `centre`, 200 steps at most, and all the digits there are.
    pub(crate) fn about(centre: [f64; N], half: f64) -> Self {
        Self {
            low: centre.map(|c| c - half),
            high: centre.map(|c| c + half),
            iterations: 200,
            tolerance: 1e-16,
        }
    }

    /// Climbs from `start`, which is moved into the box.
    ///
    /// Gains that drown in the rounding of the value cannot steer: there a step is accepted where it lowers the gradient's
    /// norm. A converged point takes one more Newton step, the cheapest digits to be had, if that does no harm.
    ///
    /// 1. Hold parameters that press against an edge; compute step, decrement and whether it is Newton's own.
    /// 2. Newton's own and the decrement below the tolerance: converged, polish, stop.
    /// 3. Cut the step at the box. No length left: stop.
    /// 4. Evaluate there. Compare the gain with that of the quadratic model.
    /// 5. Better (or no worse within rounding and flatter): go there, adjust the radius. Otherwise a quarter of the radius.
    ///
    /// Every accepted step raises the value (or, where that is rounding, lowers the slope), and every refused one shrinks the
    /// radius: the loop cannot cycle, and ends by its count at the latest.
    pub(crate) fn maximise(&self, start: [f64; N], f: impl Fn(&[f64; N]) -> Eval<N>) -> Maximum<N> {
        let mut at: [f64; N] = std::array::from_fn(|i| start[i].clamp(self.low[i], self.high[i]));
        let mut eval = f(&at);
        let mut radius = 1.0_f64;
        let mut iterations = 0;
        let mut end = End::Stopped;
        while iterations < self.iterations && eval.is_finite() {
            iterations += 1;
            let free = self.free(&at, &eval);
            let (step, decrement, inside) = step(&eval, &free, radius);
            let tolerance = self.tolerance * (1.0 + eval.value.abs());
            if inside && decrement <= tolerance {
                end = End::Converged;
                // One more Newton step is the cheapest digit there is, and taken only if it does no harm.
                let (next, _) = self.moved(&at, &step);
                let polished = f(&next);
                if polished.is_finite() && polished.value >= eval.value {
                    (at, eval) = (next, polished);
                }
                break;
            }
            let (next, taken) = self.moved(&at, &step);
            let length = norm(&taken);
            if length <= 1e-13 {
                end = if inside { End::Converged } else { End::Stopped };
                break;
            }
            let expected = model_gain(&eval, &taken);
            let trial = f(&next);
            let gain = trial.value - eval.value;
            let noise = 1e-14 * (1.0 + eval.value.abs());
            // Where the gain drowns in rounding, the gradient decides instead.
            let accept = trial.is_finite()
                && (gain > 0.0 || (expected.abs() <= noise && norm(&trial.gradient) < norm(&eval.gradient)));
            let ratio = if expected > 0.0 { gain / expected } else { f64::from(u8::from(gain > 0.0)) };
            if accept {
                (at, eval) = (next, trial);
                if ratio > 0.75 || expected.abs() <= noise {
                    radius = (2.0 * radius).min(LONGEST).max(2.0 * length.min(LONGEST * 0.5));
                } else if ratio < 0.25 {
                    radius = 0.5 * length;
                }
            } else if expected.abs() <= noise {
                // Nothing left to gain in this arithmetic: done if the slope is nothing either, flat or not.
                let slope =
                    norm(&std::array::from_fn::<f64, N, _>(|i| if free[i] { eval.gradient[i] } else { 0.0 }));
                let done = inside || slope <= 1e-7 * (1.0 + eval.value.abs());
                end = if done { End::Converged } else { End::Stopped };
                break;
            } else {
                radius = 0.25 * length;
            }
        }
        self.finish(at, eval, end, iterations)
    }

    /// Tells the ends apart and measures the curvature of the free parameters.
    fn finish(&self, at: [f64; N], eval: Eval<N>, end: End, iterations: u32) -> Maximum<N> {
        let free = self.free(&at, &eval);
        // The function flattens on the way to an edge: the search may rightly end before it is reached.
        let at_edge: [bool; N] = std::array::from_fn(|i| {
            let margin = EDGE * (self.high[i] - self.low[i]);
            at[i] <= self.low[i] + margin || at[i] >= self.high[i] - margin
        });
        let (values, _) = eigen(&negative(&eval.hessian, &free));
        let of_free = || (0..N).filter(|i| free[*i]).map(|i| values[i]);
        let (low, high) = of_free().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        let condition = if low > 0.0 { high / low } else { f64::INFINITY };
        let gradient_norm =
            (0..N).filter(|i| free[*i]).map(|i| eval.gradient[i] * eval.gradient[i]).sum::<f64>().sqrt();
        let end = match end {
            End::Converged if at_edge.contains(&true) => End::Boundary,
            End::Converged if condition > CONDITION_LIMIT => End::Flat,
            other => other,
        };
        Maximum {
            at,
            eval,
            end,
            iterations,
            gradient_norm,
            condition,
            #[cfg(test)]
            at_edge,
        }
    }

    /// A parameter on the edge whose gradient points outwards is held: the others are optimised along the edge.
    fn free(&self, at: &[f64; N], eval: &Eval<N>) -> [bool; N] {
        std::array::from_fn(|i| {
            !(at[i] <= self.low[i] && eval.gradient[i] <= 0.0
                || at[i] >= self.high[i] && eval.gradient[i] >= 0.0)
        })
    }

    /// The step, cut at the edges of the box, and what is left of it.
    fn moved(&self, at: &[f64; N], step: &[f64; N]) -> ([f64; N], [f64; N]) {
        let next: [f64; N] = std::array::from_fn(|i| (at[i] + step[i]).clamp(self.low[i], self.high[i]));
        (next, std::array::from_fn(|i| next[i] - at[i]))
    }
}

/// Euclidean norm, √Σ vᵢ².
fn norm<const N: usize>(v: &[f64; N]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Gain of a step by the quadratic model, gᵀs + ½ sᵀ(Hessian)s: what the trust region compares with the gain that came. For a
/// function that is quadratic both are equal, and the radius doubles at every step.
fn model_gain<const N: usize>(eval: &Eval<N>, step: &[f64; N]) -> f64 {
    let mut gain = 0.0;
    for i in 0..N {
        gain += eval.gradient[i] * step[i];
        for j in 0..N {
            gain += 0.5 * step[i] * eval.hessian[i][j] * step[j];
        }
    }
    gain
}

/// Minus the Hessian, with held parameters cut out: their rows and columns become those of the unit matrix, so that they
/// neither move nor disturb the eigenvalues of the others.
fn negative<const N: usize>(hessian: &[[f64; N]; N], free: &[bool; N]) -> [[f64; N]; N] {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| match (free[i] && free[j], i == j) {
            (true, _) => -hessian[i][j],
            (false, true) => 1.0,
            (false, false) => 0.0,
        })
    })
}

/// The step of at most `radius` that the quadratic model likes best, the Newton decrement, and whether it is the
/// unrestricted Newton step.
///
/// Three cases. Positive definite and short enough: Newton's step, μ = 0. Positive definite but too long: μ by bisection,
/// since the length falls in μ. Otherwise: μ just above minus the smallest λ, where the step is finite, and by bisection if it is
/// too long; with an indefinite matrix the step then follows the direction of rising curvature as far as the radius allows.
/// Sixty halvings leave nothing of an interval of the start's size.
fn step<const N: usize>(eval: &Eval<N>, free: &[bool; N], radius: f64) -> ([f64; N], f64, bool) {
    let (values, vectors) = eigen(&negative(&eval.hessian, free));
    let rotated: [f64; N] =
        std::array::from_fn(|k| (0..N).filter(|i| free[*i]).map(|i| vectors[i][k] * eval.gradient[i]).sum());
    let scale = values.iter().fold(0.0_f64, |m, v| m.max(v.abs())).max(f64::MIN_POSITIVE);
    let lowest = values.iter().fold(f64::INFINITY, |m, v| m.min(*v));
    let length = |shift: f64| (0..N).map(|k| (rotated[k] / (values[k] + shift)).powi(2)).sum::<f64>().sqrt();
    let floor = scale * 1e-15;
    let decrement = (0..N).map(|k| rotated[k] * rotated[k] / values[k].abs().max(floor)).sum::<f64>();
    let mut shift = 0.0;
    let mut newton = lowest > floor;
    if !newton {
        shift = floor - lowest;
    }
    if length(shift) > radius {
        newton = false;
        // length falls in the shift: bisect between too long and short enough.
        let (mut low, mut high) = (shift, shift + norm(&rotated) / radius);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if length(middle) > radius { low = middle } else { high = middle }
        }
        shift = high;
    } else if !newton {
        // All but flat: a step of the length above along the gradient; nothing is gained from curvature.
        newton = decrement == 0.0 || norm(&rotated) <= floor;
    }
    let mut step = [0.0; N];
    for (i, s) in step.iter_mut().enumerate() {
        *s = (0..N).map(|k| vectors[i][k] * rotated[k] / (values[k] + shift)).sum();
    }
    (step, decrement, newton)
}

/// Eigenvalues and eigenvectors (in columns) of a symmetric matrix, by cyclic Jacobi rotations (Golub and Van Loan 2013,
/// section 8.5).
///
/// Each rotation makes one pair of off-diagonal entries 0; their sum of squares falls, quadratically at the end. Five to
/// ten sweeps for the two to six dimensions met here, and small eigenvalues are as accurate relative to the matrix as f64
/// allows.
///
/// A rotation in the plane (p, q) by the angle with cot 2φ = (a(q,q) − a(p,p)) / (2 a(p,q)) makes a(p,q) zero; t = tan φ is the
/// smaller root of t² + 2tθ − 1 = 0, which keeps the rotation below 45 degrees and the method convergent. Vectors come in the
/// order of the diagonal, unsorted: whoever needs an order sorts.
pub(crate) fn eigen<const N: usize>(matrix: &[[f64; N]; N]) -> ([f64; N], [[f64; N]; N]) {
    let mut a = *matrix;
    let mut v: [[f64; N]; N] = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for _ in 0..60 {
        let off: f64 = (0..N).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j].powi(2)).sum();
        let diagonal: f64 = (0..N).map(|i| a[i][i].powi(2)).sum();
        if off <= 1e-34 * diagonal || off == 0.0 {
            break;
        }
        for p in 0..N {
            for q in p + 1..N {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                let (upper, lower) = (a[p], a[q]);
                a[p] = std::array::from_fn(|k| c * upper[k] - s * lower[k]);
                a[q] = std::array::from_fn(|k| s * upper[k] + c * lower[k]);
                for row in &mut v {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
            }
        }
    }
    (std::array::from_fn(|i| a[i][i]), v)
}

/// The inverse of minus the Hessian, where that is positive definite: the covariance of maximum-likelihood estimates.
///
/// `None` where some direction is flatter than a [`CONDITION_LIMIT`]-th of the steepest: a standard error would be rounding.
pub(crate) fn covariance<const N: usize>(hessian: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let (values, vectors) = eigen(&negative(hessian, &[true; N]));
    let high = values.iter().fold(0.0_f64, |m, v| m.max(*v));
    if values.iter().any(|v| v.is_nan() || *v <= high / CONDITION_LIMIT) {
        return None;
    }
    Some(std::array::from_fn(|i| {
        std::array::from_fn(|j| (0..N).map(|k| vectors[i][k] * vectors[j][k] / values[k]).sum())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minus Rosenbrock's function: a curved ridge with its maximum 0 at (1, 1). The classic trap for methods that follow the
    /// gradient: the way along the ridge is long and bent.
    fn ridge(p: &[f64; 2]) -> Eval<2> {
        let [x, y] = *p;
        let u = y - x * x;
        Eval {
            value: -(1.0 - x).powi(2) - 100.0 * u * u,
            gradient: [2.0 * (1.0 - x) + 400.0 * u * x, -200.0 * u],
            hessian: [[-2.0 + 400.0 * u - 800.0 * x * x, 400.0 * x], [400.0 * x, -200.0]],
        }
    }

    /// From four sides, one of them where the Hessian is indefinite.
    #[test]
    fn climbs_a_curved_ridge() {
        for start in [[-1.2, 1.0], [3.0, -3.0], [0.0, 0.0], [-4.0, 4.0]] {
            let found = Search::about([0.0; 2], 5.0).maximise(start, ridge);
            assert_eq!(found.end, End::Converged, "{start:?} {found:?}");
            assert!((found.at[0] - 1.0).abs() < 1e-9 && (found.at[1] - 1.0).abs() < 1e-9, "{found:?}");
            assert!(found.iterations < 60);
        }
    }

    /// No maximum inside: the end says so, and which parameter is held.
    #[test]
    fn stops_on_the_edge_of_the_box() {
        let slope = |p: &[f64; 2]| Eval {
            value: p[0] - (p[1] - 0.5).powi(2),
            gradient: [1.0, -2.0 * (p[1] - 0.5)],
            hessian: [[0.0, 0.0], [0.0, -2.0]],
        };
        let found = Search::about([0.0; 2], 3.0).maximise([0.0, 0.0], slope);
        assert_eq!((found.end, found.at_edge), (End::Boundary, [true, false]), "{found:?}");
        assert!((found.at[0] - 3.0).abs() < 1e-12 && (found.at[1] - 0.5).abs() < 1e-9);
    }

    /// A trough has no single lowest point; a standard error of it must not exist.
    #[test]
    fn says_when_a_direction_is_flat() {
        let trough = |p: &[f64; 2]| {
            let u = p[0] + p[1] - 1.0;
            Eval { value: -u * u, gradient: [-2.0 * u; 2], hessian: [[-2.0; 2]; 2] }
        };
        let found = Search::about([0.0; 2], 5.0).maximise([0.3, 0.1], trough);
        assert_eq!(found.end, End::Flat, "{found:?}");
        assert!(found.condition > 1e10 && covariance(&found.eval.hessian).is_none());
    }

    /// A = V diag(λ) Vᵀ.
    #[test]
    fn eigenvalues_rebuild_the_matrix() {
        let m = [[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 1.0]];
        let (values, v) = eigen(&m);
        for i in 0..3 {
            for j in 0..3 {
                let back: f64 = (0..3).map(|k| v[i][k] * values[k] * v[j][k]).sum();
                assert!((back - m[i][j]).abs() < 1e-14);
            }
        }
    }

    /// Against derivatives taken by hand.
    #[test]
    fn logs_follow_the_chain_rule() {
        // f = theta^3: in u = ln theta f = e^3u with derivatives 3 e^3u and 9 e^3u.
        let theta = [1.7_f64];
        let f =
            Eval { value: theta[0].powi(3), gradient: [3.0 * theta[0].powi(2)], hessian: [[6.0 * theta[0]]] };
        let logs = f.in_logs(&theta);
        assert!((logs.gradient[0] / (3.0 * f.value) - 1.0).abs() < 1e-14);
        assert!((logs.hessian[0][0] / (9.0 * f.value) - 1.0).abs() < 1e-14);
    }
}
