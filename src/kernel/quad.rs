//! Gauss-Legendre rules.
//!
//! The rule of n nodes integrates polynomials up to degree 2n − 1 exactly:
//!
//! > ∫₀¹ f(x) dx ≈ Σ wᵢ f(xᵢ), with 2 xᵢ − 1 the zeros of the Legendre polynomial Pₙ
//! > and wᵢ = 1 / ((1 − zᵢ²) Pₙ'(zᵢ)²), zᵢ = 1 − 2 xᵢ.
//!
//! Smooth likelihood integrals over a cut interval need 10 to 24 nodes for all digits.
//!
//! # By hand
//! Two nodes would be ½ ∓ 1/(2√3) = 0.2113 and 0.7887 with weights of ½: they give ∫ x³ = ½ (0.0094 + 0.4906) = ¼ exactly,
//! and ∫ x⁴ = 0.1945 instead of 0.2. Six nodes, the smallest rule kept, are exact up to x¹¹.
//!
//! # Which rule
//! The error of n nodes on an interval of length L is L^(2n+1) (n!)⁴ / ((2n + 1) ((2n)!)³) times the largest derivative of order
//! 2n (Abramowitz and Stegun 25.4.30). For e^−x over a unit interval six nodes have an error of 10⁻¹⁶ already; what needs more
//! is a peak narrower than the interval. Callers cut the interval at the peak and take the rule for each part: twice ten
//! nodes see more than twenty.

use std::sync::LazyLock;

/// Nodes and weights on [0, 1]; the nodes ascend and the weights sum to 1.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Ascending, inside (0, 1).
    pub(crate) nodes: Vec<f64>,
    /// Positive, one for each node.
    pub(crate) weights: Vec<f64>,
}

impl Rule {
    /// The rule of `n` nodes, by Newton's method on the Legendre polynomial (Golub and Welsch 1969 is for larger n).
    ///
    /// Start cos(π (i + 3/4) / (n + 1/2)), which is within 1/n² of the zero (Abramowitz and Stegun 22.16.6); Pₙ by its
    /// recurrence (j + 1) Pⱼ₊₁ = (2j + 1) z Pⱼ − j Pⱼ₋₁; slope n (z Pₙ − Pₙ₋₁) / (z² − 1). Five steps reach the last digit.
    ///
    /// By hand, n = 2: P₂ = (3 z² − 1) / 2 is 0 at z = 1/√3 = 0.5774 with slope 3 z = 1.7321, so that the weight is
    /// 1 / ((1 − 1/3) · 3) = ½. Weights here are half of those on [−1, 1], whose sum is 2.
    fn new(n: usize) -> Self {
        let (mut nodes, mut weights) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            let mut z = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..20 {
                let (mut p, mut previous) = (1.0, 0.0);
                for j in 0..n {
                    let j = j as f64;
                    (p, previous) = (((2.0 * j + 1.0) * z * p - j * previous) / (j + 1.0), p);
                }
                slope = n as f64 * (z * p - previous) / (z * z - 1.0);
                let change = p / slope;
                z -= change;
                if change.abs() < 1e-16 {
                    break;
                }
            }
            // Descending z is ascending (1 - z) / 2.
            nodes[i] = 0.5 * (1.0 - z);
            weights[i] = 1.0 / ((1.0 - z * z) * slope * slope);
        }
        Self { nodes, weights }
    }
}

/// The rules that are kept, computed on first use: microseconds, once.
static RULES: LazyLock<[Rule; 4]> =
    LazyLock::new(|| [Rule::new(6), Rule::new(10), Rule::new(16), Rule::new(24)]);

/// The smallest rule kept that has at least `n` nodes, at most 24.
///
/// Asked for more nodes than 24, the largest rule is given: callers shorten their steps rather than ask for more.
pub(crate) fn rule(n: usize) -> &'static Rule {
    let rules = &*RULES;
    rules.iter().find(|r| r.nodes.len() >= n).unwrap_or(&rules[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ∫ x^k dx = 1 / (k + 1) for every k below 2n.
    #[test]
    fn exact_for_polynomials() {
        for n in [6, 10, 16, 24] {
            let rule = rule(n);
            assert_eq!(rule.nodes.len(), n);
            for power in 0..2 * n {
                let sum: f64 = rule
                    .nodes
                    .iter()
                    .zip(&rule.weights)
                    .map(|(x, w)| w * x.powi(i32::try_from(power).unwrap()))
                    .sum();
                assert!((sum * (power as f64 + 1.0) - 1.0).abs() < 1e-13, "{n} {power} {sum}");
            }
        }
    }
}
