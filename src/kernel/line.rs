//! The minimum of a convex function along a line, from its first and second derivative.
//!
//! # The method
//!
//! Newton's method in one variable, t ← t − φ'(t) / φ''(t), kept inside the bracket that the signs of φ' have shown so far: φ is
//! convex, so φ' rises, and the minimum lies between the last place where it fell and the first where it rose. Where Newton's
//! step leaves the bracket (φ'' has all but vanished, as in the flat arms of a logistic loss) the bracket is cut instead: in
//! the middle, or at an eighth while its lower end is still 0, because a step may be too long by powers of ten. The search
//! begins at t = 1, the whole step, and ends where the slope is a ten-thousandth of that at the start.
//!
//! # A direction without a minimum
//!
//! Where outcomes are separated φ falls for ever. The answer is then the longest step that the caller allows, and the caller looks
//! at the direction.
//!
//! # By hand
//!
//! φ(t) = ½ (t − 3)²: φ'(0) = −3; at t = 1 the slope is −2 and the curvature 1, Newton's step leads to 3, where it is 0.
//! φ(t) = 3 ln(1 + e^(−100 t)) + ln(1 + e^(100 t)): φ'(0) = −100. At t = 1 the slope is +100 and the curvature 10⁻³⁹, Newton's
//! step leaves (0, 1), an eighth is tried and an eighth of that, t = .0156, from where four steps end at ln(3) / 100 = .010986.

/// Steps tried, at most: the bracket shrinks to half or an eighth of itself in the worst case.
const TRIALS: usize = 60;
/// The share of the slope at the start at which the minimum counts as found.
const EXACT: f64 = 1e-4;

/// The t in (0, `longest`] that minimises a convex φ with φ'(0) = `slope` < 0; `slopes` gives φ' and φ'' at a t. `longest` is
/// at least 1.
///
/// Derivatives that are not finite count as a rise: the place is too far out.
pub(crate) fn minimum(slope: f64, longest: f64, mut slopes: impl FnMut(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut t = 1.0;
    for _ in 0..TRIALS {
        let (first, second) = slopes(t);
        if first.abs() <= EXACT * slope.abs() {
            break;
        }
        if first < 0.0 {
            if t >= longest {
                break;
            }
            low = t;
        } else {
            high = t;
        }
        let newton = t - first / second;
        t = if newton > low && newton < high {
            newton.min(longest)
        } else if high.is_infinite() {
            (4.0 * t).min(longest)
        } else if low == 0.0 {
            high / 8.0
        } else {
            0.5 * (low + high)
        };
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::special::{sigmoid, softplus};

    #[test]
    fn a_parabola_takes_two_looks() {
        let mut looks = 0;
        let t = minimum(-3.0, 8.0, |t| {
            looks += 1;
            (t - 3.0, 1.0)
        });
        assert_eq!((t, looks), (3.0, 2));
    }

    /// One row that rises and many that fall, with steps too long and too short by powers of ten: the slope at the answer is 0.
    #[test]
    fn flat_arms_do_not_lead_astray() {
        for power in -3..8 {
            let scale = 10.0_f64.powi(power);
            // φ(t) = 3 ln(1 + e^(−s t)) + ln(1 + e^(s t)): its minimum is at s t = ln 3.
            let value = |t: f64| 3.0 * softplus(-scale * t) + softplus(scale * t);
            let slopes = |t: f64| {
                let p = sigmoid(scale * t);
                (scale * (4.0 * p - 3.0), 4.0 * scale * scale * p * (1.0 - p))
            };
            let t = minimum(-scale, 8.0, slopes);
            let truth = (3.0_f64.ln() / scale).min(8.0);
            assert!((t / truth - 1.0).abs() < 1e-3, "scale {scale}: {t} against {truth}");
            assert!(value(t) < value(0.0));
        }
    }

    #[test]
    fn what_falls_for_ever_ends() {
        let falls = |t| (sigmoid(t) - 1.0, sigmoid(t) * (1.0 - sigmoid(t)));
        assert_eq!((minimum(-0.5, 8.0, falls), minimum(-0.5, 2.0, falls)), (8.0, 2.0));
        let t = minimum(-1.0, 8.0, |_| (f64::NAN, f64::NAN));
        assert!(t > 0.0 && t < 1e-40);
    }
}
