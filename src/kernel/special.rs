//! Special functions of the likelihoods: gamma and its derivatives, beta, incomplete gamma and beta, the normal.
//!
//! Domain unless stated otherwise: positive finite arguments. Each function states its accuracy; the tests hold values
//! computed to 30 digits.
//!
//! Differences are functions of their own ([`ln_rising`], [`polygamma_rise`]): ln Γ(a + n) − ln Γ(a) for a of a million
//! loses nine digits if each term is computed first, and likelihoods of the gamma family are made of such differences.
//!
//! References: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, chapters 6 and 26; DLMF,
//! <https://dlmf.nist.gov/5>, <https://dlmf.nist.gov/8>; Press et al. (2007), Numerical Recipes, section 6.2.
//!
//! # At a glance
//!
//! | function | what | domain | error | used by |
//! |---|---|---|---|---|
//! | [`ln_gamma`] | ln Γ(x) | x > 0 | 1e-14 relative | every likelihood with a gamma mixture |
//! | [`ln_rising`] | ln Γ(a + n) − ln Γ(a) | a > 0, n ≥ 0 | 2e-13 absolute for n below 60 | negative binomial terms |
//! | [`ln_beta`] | ln B(a, b) | a, b > 0 | 4e-15 of the larger of 1 and itself | beta mixtures of dropout |
//! | [`digamma`], [`trigamma`] | first and second derivative of ln Γ | x > 0 | 1e-14 | gradients and Hessians |
//! | [`polygamma_rise`] | their differences over n | a > 0, n ≥ 0 | 1e-13 | the same, per customer |
//! | [`gamma_inc`] | P(a, x) and Q(a, x) | a > 0, x ≥ 0 | 2e-12 in the tests | normal, chi-square |
//! | [`beta_inc`] | `I_x(a, b)` | a, b > 0 | 1e-12 in the tests | beta-geometric lifetimes |
//! | [`normal_cdf`], [`normal_quantile`] | Φ and its inverse | any z; 0 < p < 1 | 1e-12, 1e-11 absolute | intervals |
//! | [`chi_square_tail`] | P(X > x) | x ≥ 0 | 1e-12 | tests of effects and of drift |
//! | [`softplus`], [`sigmoid`] | ln(1 + e^z), its derivative | any z | rounding | logistic regression |
//! | [`one_minus_exp_over`] | (1 − e^−z) / z | any z | rounding | expected purchases |
//!
//! # By hand
//! Γ(5) = 4! = 24, so `ln_gamma(5.0)` is ln 24 = 3.178. `ln_rising(2.0, 3.0)` is ln(2 · 3 · 4) = ln 24 as well: a short
//! product, taken as one. `ln_beta(2.0, 3.0)` is ln(1! 2! / 4!) = ln(1/12). `digamma(1.0)` is −γ = −0.5772 and
//! `trigamma(1.0)` π²/6 = 1.6449. `polygamma_rise(1.0, 3.0)` is (1 + 1/2 + 1/3, −(1 + 1/4 + 1/9)).
//!
//! # Why not a crate
//! The likelihoods need differences without cancellation and derivatives of the same accuracy as the values: a gradient that
//! is off in the tenth digit stops an optimiser before the likelihood is. What is there is a page long and has no
//! dependency whose update could move a fitted parameter.

use std::f64::consts::PI;

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;
/// ln sqrt(2 pi).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// (zeta(k) - 1) / k for k = 2, 3, ..: coefficients of ln Gamma about 2 (Abramowitz and Stegun 6.1.33).
///
/// ln Γ(1 + z) = −ln(1 + z) + z (1 − γ) + Σ (−1)^k (ζ(k) − 1) z^k / k for |z| < 2; moved by one with Γ(2 + e) = (1 + e) Γ(1 +
/// e), the logarithm goes and what is left converges fast.
const ZETA: [f64; 25] = [
    0.3224670334241132,
    0.0673523010531981,
    0.020580808427784546,
    0.007385551028673986,
    0.0028905103307415234,
    0.001192753911703261,
    0.0005096695247430425,
    0.00022315475845357939,
    9.945751278180853e-05,
    4.492623673813314e-05,
    2.050721277567069e-05,
    9.439488275268397e-06,
    4.374866789907488e-06,
    2.039215753801366e-06,
    9.55141213040742e-07,
    4.492469198764566e-07,
    2.1207184805554665e-07,
    1.0043224823968099e-07,
    4.7698101693639804e-08,
    2.2711094608943164e-08,
    1.0838659214896955e-08,
    5.183475041970047e-09,
    2.4836745438024785e-09,
    1.1921401405860912e-09,
    5.731367241678862e-10,
];

/// B(2k) / (2k (2k - 1)): Stirling's series (Abramowitz and Stegun 6.1.41).
const STIRLING: [f64; 9] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1_260.0,
    -1.0 / 1_680.0,
    1.0 / 1_188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
    -3_617.0 / 122_400.0,
    43_867.0 / 244_188.0,
];

/// From here on Stirling's series of nine terms is exact to the last digit. Lower, and terms would have to be added, of which
/// an asymptotic series gives only so many; higher, and recurrences would take more steps.
const LARGE: f64 = 10.0;

/// ln Gamma(x) - ((x - 1/2) ln x - x + ln sqrt(2 pi)) for x >= `LARGE`.
///
/// The sum over k of B(2k) / (2k (2k − 1) x^(2k−1)); its error is below the first term left out, 1.4e-19 at x = 10.
///
/// By hand at x = 10: 1/120 - 1/360000 = 0.00833056, so that ln Γ(10) = 9.5 ln 10 − 10 + 0.918939 + 0.008331 = 12.801827.
fn stirling_rest(x: f64) -> f64 {
    let square = 1.0 / (x * x);
    STIRLING.iter().rev().fold(0.0, |sum, c| sum * square + c) / x
}

/// ln Gamma(2 + e) for |e| <= 1/2.
///
/// The series (1 − γ) e + Σ (−1)^k (ζ(k) − 1) e^k / k converges like (e / 2)^k; the first term left out is 2e-18 at |e| = 1/2.
///
/// By hand at e = 1/2: (1 − γ)/2 = 0.2114, and the sum adds 0.0733; together ln Γ(5/2) = 0.2847.
fn ln_gamma_about_two(e: f64) -> f64 {
    let tail = ZETA.iter().rev().fold(0.0, |sum, c| c - sum * e);
    e * ((1.0 - EULER) + e * tail)
}

/// ln Gamma(x), relative error below 1e-14 (also about its zeros at 1 and 2).
///
/// | x | by |
/// |---|---|
/// | below 1/2 | Γ(x) = Γ(x + 2) / (x (x + 1)) and the series about 2 |
/// | 1/2 to 3/2 | Γ(x) = Γ(x + 1) / x and the series about 2, in e = x − 1, so that the zero at 1 keeps its digits |
/// | 3/2 to 10 | down to within 1/2 of 2 by Γ(x) = (x − 1) Γ(x − 1) |
/// | from 10 on | Stirling's series |
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x >= LARGE {
        return (x - 0.5) * x.ln() - x + LN_SQRT_2PI + stirling_rest(x);
    }
    if x < 0.5 {
        return ln_gamma_about_two(x) - x.ln_1p() - x.ln();
    }
    if x < 1.5 {
        let e = x - 1.0;
        return ln_gamma_about_two(e) - e.ln_1p();
    }
    let (mut y, mut product) = (x, 1.0);
    while y > 2.5 {
        y -= 1.0;
        product *= y;
    }
    ln_gamma_about_two(y - 2.0) + product.ln()
}

/// ln Gamma(a + n) - ln Gamma(a) without cancellation of the two large terms, n >= 0.
///
/// For large a: (a − ½) ln(1 + n/a) + n (ln(a + n) − 1) and the difference of two small rests, none of which cancels.
///
/// | a | n | by |
/// |---|---|---|
/// | any | 0 | 0 |
/// | below 10 | whole, below 10 | ln of the product a (a + 1) .. (a + n − 1) |
/// | below 10 | otherwise | the difference of two [`ln_gamma`], neither of them large |
/// | from 10 on | any | Stirling's formula for both, subtracted term by term |
///
/// For a = 10⁶ and n = 1 the answer is ln 10⁶ = 13.8, the difference of two numbers near 1.28 · 10⁷: taken literally it would
/// keep nine digits.
pub(crate) fn ln_rising(a: f64, n: f64) -> f64 {
    if n == 0.0 {
        return 0.0;
    }
    if a < LARGE {
        if n < LARGE && n.fract() == 0.0 {
            // A short product is exact and fast.
            let (mut product, mut k) = (1.0, 0.0);
            while k < n {
                product *= a + k;
                k += 1.0;
            }
            return product.ln();
        }
        return ln_gamma(a + n) - ln_gamma(a);
    }
    let sum = a + n;
    (a - 0.5) * (n / a).ln_1p() + n * (sum.ln() - 1.0) + (stirling_rest(sum) - stirling_rest(a))
}

/// ln B(a, b), absolute error about 1e-15 times the largest of 1 and its own size.
///
/// ln B(a, b) = ln Γ(small) − [ln Γ(large + small) − ln Γ(large)]: the difference of the two large terms never arises.
///
/// With a and b of size n the terms are of size n ln n, but the answer of size n: for a = b = 10⁶ it is −1,386,300.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    ln_gamma(small) - ln_rising(large, small)
}

/// Digamma, the derivative of ln Gamma; absolute error below 1e-14 for x >= 1, relative below it.
///
/// Recurrence ψ(x) = ψ(x + 1) − 1/x up to 10, then ψ(y) = ln y − 1/(2y) − Σ B(2k) / (2k y^(2k)) (6.3.18).
///
/// ψ(2) = 1 − γ = 0.4228, and for large x it is ln x − 1/(2x): at 10, 2.3026 − 0.05 − 0.0008 = 2.2518. Below 1 it falls like
/// −1/x, which is why the error there is relative.
pub(crate) fn digamma(x: f64) -> f64 {
    let (mut y, mut shift) = (x, 0.0);
    while y < LARGE {
        shift += 1.0 / y;
        y += 1.0;
    }
    let square = 1.0 / (y * y);
    let series = square
        * (1.0 / 12.0
            - square
                * (1.0 / 120.0
                    - square
                        * (1.0 / 252.0
                            - square
                                * (1.0 / 240.0
                                    - square
                                        * (1.0 / 132.0
                                            - square * (691.0 / 32_760.0 - square * (1.0 / 12.0)))))));
    y.ln() - 0.5 / y - series - shift
}

/// Trigamma, the derivative of digamma; relative error below 1e-14.
///
/// Recurrence ψ'(x) = ψ'(x + 1) + 1/x² up to 10, then 1/y + 1/(2y²) + Σ B(2k) / y^(2k+1) (6.4.12).
///
/// ψ'(2) = π²/6 − 1 = 0.6449. It is positive, so that ln Γ is convex, and falls like 1/x.
pub(crate) fn trigamma(x: f64) -> f64 {
    let (mut y, mut shift) = (x, 0.0);
    while y < LARGE {
        shift += 1.0 / (y * y);
        y += 1.0;
    }
    let square = 1.0 / (y * y);
    let series = 1.0 / 6.0
        - square
            * (1.0 / 30.0
                - square
                    * (1.0 / 42.0
                        - square
                            * (1.0 / 30.0
                                - square
                                    * (5.0 / 66.0 - square * (691.0 / 2_730.0 - square * (7.0 / 6.0))))));
    shift + 1.0 / y + 0.5 * square + series * square / y
}

/// Digamma(a + n) - digamma(a) and the same of trigamma, n >= 0, without cancellation for large `a`.
///
/// Whole n up to 12, the usual number of purchases, as sums Σ 1/(a + k) and −Σ 1/(a + k)²: exact and fast.
///
/// For n above 12 the difference of two logarithms is one `ln_1p`, and what is left of both series is of size 1/a. The second
/// component is a plain difference of two numbers of size 1/a.
pub(crate) fn polygamma_rise(a: f64, n: f64) -> (f64, f64) {
    if n <= 12.0 && n.fract() == 0.0 {
        let (mut first, mut second, mut k) = (0.0, 0.0, 0.0);
        while k < n {
            let inverse = 1.0 / (a + k);
            first += inverse;
            second -= inverse * inverse;
            k += 1.0;
        }
        return (first, second);
    }
    let second = trigamma(a + n) - trigamma(a);
    if a < LARGE {
        return (digamma(a + n) - digamma(a), second);
    }
    // What follows ln z in the asymptotic series is small, and its difference harmless.
    let rest = |z: f64| digamma(z) - z.ln();
    ((n / a).ln_1p() + (rest(a + n) - rest(a)), second)
}

/// ln(1 + e^z) without overflow: z + ln(1 + e^−z) for positive z. Its derivative is [`sigmoid`].
///
/// The loss of a logistic regression at the log-odds z of the wrong outcome: ln 2 at 0, close to z for large z, e^z for
/// very negative z, where ln(1 + e^z) taken literally would be 0 from z = −37 on.
///
/// softplus(2) = 2 + ln(1 + e^−2) = 2.1269. softplus(z) − softplus(−z) = z, exactly in real numbers.
pub(crate) fn softplus(z: f64) -> f64 {
    if z > 0.0 { z + (-z).exp().ln_1p() } else { z.exp().ln_1p() }
}

/// 1 / (1 + e^-z) without overflow: the exponential is always of a negative number. 0 and 1 are reached at −745 and 37, where
/// f64 has nothing between.
///
/// sigmoid(2) = 0.8808, and sigmoid(−z) is 1 − sigmoid(z) with the digits of a small probability kept.
pub(crate) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}

/// (1 - e^-z) / z, 1 at z = 0; any sign of z. By `exp_m1`, so that small z keep all digits.
///
/// The mean of e^−zt over t in \[0, 1\]: what is left, on average over a period, of a rate that dies away. At z = 10⁻¹⁰ the
/// literal formula has six digits, this one all sixteen: 1 − z/2.
///
/// At 1 it is 0.6321, at −1 1.7183: growth instead of decay.
pub(crate) fn one_minus_exp_over(z: f64) -> f64 {
    if z == 0.0 { 1.0 } else { -(-z).exp_m1() / z }
}

/// The regularised lower and upper incomplete gamma functions P(a, x) and Q(a, x): series below a + 1, continued
/// fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31). Relative error of the smaller part about 1e-13 for a up to
/// 1e4, growing as the square root of a.
///
/// P(a, x) = x^a e^−x / Γ(a + 1) · (1 + x/(a+1) + x²/((a+1)(a+2)) + ..), all terms positive;
/// Q(a, x) = x^a e^−x / Γ(a) · 1/(x+1−a − 1(1−a)/(x+3−a − 2(2−a)/(x+5−a − ..))).
///
/// The front factor decides the accuracy for large a: its logarithm is the difference of terms of size a ln a. It is written
/// about the peak at x = a, where with m = (x − a)/a it is a (ln(1 + m) − m) and a small rest. The other of the two is one
/// minus the computed one, which is why each is computed where it is the smaller.
///
/// | input | P, Q |
/// |---|---|
/// | x ≤ 0 | 0, 1 |
/// | x = ∞ | 1, 0 |
/// | otherwise | each in \[0, 1\], sum 1 |
///
/// P(1, x) is 1 − e^−x, the law of one waiting time: P(1, 2) = 0.8647. P(n, x) for whole n is the probability of n and more
/// events of a Poisson law of mean x. Some √a terms are summed; near x = a, the peak, most of them.
pub(crate) fn gamma_inc(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let front = if a < LARGE {
        a * x.ln() - x - ln_gamma(a)
    } else {
        // The same, relative to the peak at x = a, where the large terms cancel by hand.
        let m = (x - a) / a;
        a * (m.ln_1p() - m) + 0.5 * (a / (2.0 * PI)).ln() - stirling_rest(a)
    };
    let front = front.exp();
    let steps = 200.0 + 20.0 * a.sqrt();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, 1.0);
        while n < steps + a && term > sum * 1e-17 {
            term *= x / (a + n);
            sum += term;
            n += 1.0;
        }
        let p = (front * sum).clamp(0.0, 1.0);
        (p, 1.0 - p)
    } else {
        // Lentz's method, modified as in Numerical Recipes 6.2.
        let tiny = 1e-300;
        let mut b = x + 1.0 - a;
        let mut c = 1.0 / tiny;
        let mut d = 1.0 / b;
        let mut h = d;
        let mut n = 1.0;
        while n < steps {
            let an = -n * (n - a);
            b += 2.0;
            d = 1.0 / nonzero(an * d + b, tiny);
            c = nonzero(b + an / c, tiny);
            let delta = d * c;
            h *= delta;
            if (delta - 1.0).abs() < 1e-16 {
                break;
            }
            n += 1.0;
        }
        let q = (front * h).clamp(0.0, 1.0);
        (1.0 - q, q)
    }
}

/// Keeps Lentz's recurrences from dividing by 0: a denominator that vanishes is replaced by a tiny one, which the next step
/// takes back out (Press et al. 2007, section 5.2).
fn nonzero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// The regularised incomplete beta function `I_x(a, b)`, given x and 1 - x so that neither loses digits; by the continued
/// fraction of Abramowitz and Stegun 26.5.8 on the side where it converges fast.
///
/// > `I_x(a, b)` = x^a (1 − x)^b / (a B(a, b)) · 1/(1 + d₁/(1 + d₂/(1 + ..))),
/// > d₂ₘ = m (b − m) x / ((a + 2m − 1)(a + 2m)), d₂ₘ₊₁ = −(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1)).
///
/// It converges fast below the mean, x < (a + 1)/(a + b + 2); above it the symmetry `I_x(a, b)` = 1 − `I_(1−x)(b, a)` is used.
/// The caller gives both x and 1 − x, since for x = 1 − 1e-20 the subtraction would leave nothing.
///
/// For whole a and b it is the probability of a and more successes in a + b − 1 trials: `I_x(2, 3)` at x = 1/2 is 11/16, two or
/// more heads of four coins.
pub(crate) fn beta_inc(a: f64, b: f64, x: f64, one_minus_x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if one_minus_x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() + b * one_minus_x.ln() - ln_beta(a, b)).exp();
    if x * (a + b + 2.0) < a + 1.0 {
        (front * beta_fraction(a, b, x) / a).clamp(0.0, 1.0)
    } else {
        (1.0 - front * beta_fraction(b, a, one_minus_x) / b).clamp(0.0, 1.0)
    }
}

/// The continued fraction of 26.5.8 by Lentz's method, two terms a turn. Converges in O(√max(a, b)) turns on the side
/// x < (a + 1) / (a + b + 2).
///
/// Lentz's method carries the ratios C and D of successive numerators and denominators instead of the numbers themselves,
/// which would overflow.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let steps = 300.0 + 20.0 * a.max(b).sqrt();
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0), tiny);
    let mut h = d;
    let mut m = 1.0;
    while m < steps {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d, tiny);
        c = nonzero(1.0 + even / c, tiny);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d, tiny);
        c = nonzero(1.0 + odd / c, tiny);
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
        m += 1.0;
    }
    h
}

/// P(Z <= z) of the standard normal, relative error about 1e-13 in both tails: Φ(z) = Q(½, z²/2) / 2 for negative z, so
/// that small tail probabilities keep their digits.
///
/// Φ(0) = ½ exactly, Φ(1.96) = 0.9750021, Φ(−8) = 6.2210e-16: as 1 − Φ(8) it would have one digit.
///
/// Φ(1) = 0.8413. Both tails come of the same incomplete gamma function, as |z|²/2 is half a χ² of one degree.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    let (p, q) = gamma_inc(0.5, 0.5 * z * z);
    if z < 0.0 { 0.5 * q } else { 0.5 * (1.0 + p) }
}

/// P(X > x) of chi-square with that many degrees of freedom: Q(degrees / 2, x / 2).
///
/// 3.841459 with one degree leaves 0.05, 9.487729 with four. With two degrees it is e^(−x/2). For x at or below 0 it is 1.
pub(crate) fn chi_square_tail(x: f64, degrees: f64) -> f64 {
    gamma_inc(0.5 * degrees, 0.5 * x).1
}

/// The standard normal quantile, 0 < p < 1: a start after Abramowitz and Stegun 26.2.23, then Newton steps.
///
/// The start is within 4.5e-4 of the root; four steps on the logarithm of the tail reach the last digits.
///
/// Newton on g(z) = ln(1 − Φ(z)) − ln tail, whose slope is −φ(z)/(1 − Φ(z)): concave, so that
/// Newton's method converges from any start. Symmetry serves p above a half, and p = ½ gives 0 exactly. For p that is 0 or 1 the
/// answer is that of the smallest normal number, finite.
///
/// 0.975 gives 1.959964, the 1.96 of intervals. It is the inverse of [`normal_cdf`] to 1e-11 over |z| below 8.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    if p == 0.5 {
        return 0.0;
    }
    let tail = p.min(1.0 - p).max(f64::MIN_POSITIVE);
    let t = (-2.0 * tail.ln()).sqrt();
    let mut z = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    for _ in 0..4 {
        // On ln of the upper tail, where Newton's method converges from either side.
        let q = gamma_inc(0.5, 0.5 * z * z).1;
        let upper = 0.5 * if z < 0.0 { 2.0 - q } else { q };
        let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
        if density == 0.0 || upper == 0.0 {
            break;
        }
        z += (upper / tail).ln() * upper / density;
    }
    if p < 0.5 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative error, with a message that shows both numbers.
    fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
        let error = (got - expected).abs() / expected.abs().max(1e-300);
        assert!(error <= tolerance, "{what}: got {got:e}, expected {expected:e}, relative error {error:e}");
    }

    // Every table below was printed by mpmath 1.4 at 40 digits from the f64 value of its argument.

    /// x, ln Γ(x), ψ(x), ψ'(x).
    #[rustfmt::skip]
    const GAMMA: [(f64, f64, f64, f64); 20] = [
        (1e-08, 18.42068073818021, -100000000.57721566, 1e+16),
        (0.001, 6.907178885383853, -1000.5755719318103, 1000001.6425331958),
        (0.1, 2.252712651734206, -10.423754940411076, 101.43329915079275),
        (0.243, 1.3180435846996699, -4.351093864423211, 18.14177978709583),
        (0.5, 0.5723649429247001, -1.9635100260214235, 4.934802200544679),
        (0.9, 0.06637623973474295, -0.7549269499470513, 1.9225399594772035),
        (1.0000001, -5.772155829918507e-08, -0.5772155004081381, 1.644933826436878),
        (1.25, -0.09827183642181316, -0.22745353337626542, 1.1973291545071107),
        (1.4999, -0.12078588195849393, 0.03639648961430398, 0.934885087255137),
        (1.7, -0.09580769740706588, 0.2085478748734939, 0.7932328301639984),
        (1.9999, -4.227520877215346e-05, 0.42271983967113097, 0.6449744806987031),
        (2.3, 0.15418945495963046, 0.6000398803639695, 0.5425374586652585),
        (2.6, 0.35741186354897986, 0.7510474527734763, 0.4678068931245799),
        (3.5, 1.2009736023470743, 1.103156640645243, 0.3303577561002349),
        (7.25, 7.0521854507385395, 1.910453526883736, 0.14787923315893217),
        (9.99, 12.779315214350193, 2.250700372831201, 0.10527695014824177),
        (10.0, 12.80182748008147, 2.251752589066721, 0.10516633568168575),
        (25.5, 56.389167643719944, 3.2189424728839198, 0.03999466964956292),
        (1000.25, 5906.9472682711175, 6.907505289414428, 0.0010002499791197934),
        (1000000.0, 12815504.569147613, 13.815510057964191, 1.0000005000001667e-06),
    ];

    /// a, b, ln B(a, b).
    #[rustfmt::skip]
    const BETA: [(f64, f64, f64); 8] = [
        (0.001, 0.002, 7.313217104417236),
        (0.793, 2.426, -0.5115692885937033),
        (1.0, 1.0, 0.0),
        (5.0, 9.5, -8.99537859054387),
        (0.5, 1000000.0, -6.335390211057437),
        (1000000.0, 1000000.0, -1386300.003362921),
        (1e-06, 1000.0, 13.815503073494236),
        (30.0, 0.2, 0.8464998212038055),
    ];

    /// a, x, P(a, x), Q(a, x).
    #[rustfmt::skip]
    const GAMMA_INC: [(f64, f64, f64, f64); 8] = [
        (0.5, 0.1, 0.345279153981423, 0.654720846018577),
        (0.5, 8.0, 0.9999366575163338, 6.334248366623985e-05),
        (3.7, 2.0, 0.18627467088905394, 0.8137253291109461),
        (3.7, 12.0, 0.998479553380881, 0.0015204466191189932),
        (0.01, 1e-05, 0.8963367982671973, 0.1036632017328028),
        (100.0, 80.0, 0.017108313035133115, 0.9828916869648668),
        (100.0, 130.0, 0.9972495916326934, 0.002750408367306526),
        (5000.0, 5100.0, 0.9206711189223811, 0.07932888107761897),
    ];

    /// a, b, x, `I_x(a, b)`.
    #[rustfmt::skip]
    const BETA_INC: [(f64, f64, f64, f64); 6] = [
        (10.0, 0.243, 0.3, 3.4896768314731263e-07),
        (0.5, 0.5, 0.9, 0.7951672353008665),
        (1.0, 3.0, 1e-06, 2.9999970000009997e-06),
        (20.0, 30.0, 0.25, 0.010855728106240824),
        (300.0, 2.0, 0.99, 0.19616357628514303),
        (2.0, 5000.0, 0.0001, 0.09022675656288269),
    ];

    /// z, Φ(z).
    #[rustfmt::skip]
    const NORMAL: [(f64, f64); 6] = [
        (-8.0, 6.220960574271784e-16),
        (-1.959963984540054, 0.025000000000000012),
        (-0.3, 0.3820885778110474),
        (0.0, 0.5),
        (0.7, 0.758036347776927),
        (3.5, 0.9997673709209645),
    ];

    /// Twenty arguments from 1e-8 to 1e6, about the zeros of ln Gamma and at every border between methods.
    #[test]
    fn gamma_and_its_derivatives() {
        for (x, ln, psi, psi1) in GAMMA {
            close(ln_gamma(x), ln, 1e-14, &format!("ln_gamma({x})"));
            assert!(
                (digamma(x) - psi).abs() <= 1e-14 * psi.abs().max(1.0),
                "digamma({x}): {} {psi}",
                digamma(x)
            );
            close(trigamma(x), psi1, 1e-14, &format!("trigamma({x})"));
        }
        assert_eq!((ln_gamma(1.0), ln_gamma(2.0)), (0.0, 0.0));
    }

    /// Both orders of arguments; rising factorials against sums of logarithms.
    #[test]
    fn beta_and_rising_factorials() {
        for (a, b, ln) in BETA {
            for got in [ln_beta(a, b), ln_beta(b, a)] {
                assert!((got - ln).abs() <= 4e-15 * ln.abs().max(1.0), "ln_beta({a}, {b}): {got} {ln}");
            }
        }
        for a in [0.1, 0.243, 9.0, 11.0, 500.0] {
            let mut product = 0.0;
            for n in 0..60_u32 {
                assert!((ln_rising(a, f64::from(n)) - product).abs() < 2e-13, "{a} {n}");
                product += (a + f64::from(n)).ln();
            }
        }
    }

    /// Where the difference itself is safe, the two must agree.
    #[test]
    fn rises_are_differences() {
        for a in [0.01, 0.3, 2.0, 9.0, 40.0] {
            for n in [0.0, 1.0, 5.0, 12.0, 13.0, 100.0] {
                let (first, second) = polygamma_rise(a, n);
                assert!((first - (digamma(a + n) - digamma(a))).abs() <= 1e-13 * (1.0 + first), "{a} {n}");
                assert!(
                    (second - (trigamma(a + n) - trigamma(a))).abs() <= 1e-13 * (1.0 - second),
                    "{a} {n}"
                );
            }
        }
        close(polygamma_rise(1e9, 3.0).0, 3e-9 * (1.0 - 1e-9), 1e-14, "large");
    }

    /// Both tails, both sides of the border between series and fraction.
    #[test]
    fn incomplete_functions_and_the_normal() {
        for (a, x, p, q) in GAMMA_INC {
            let got = gamma_inc(a, x);
            close(got.0, p, 2e-12, &format!("P({a}, {x})"));
            close(got.1, q, 2e-12, &format!("Q({a}, {x})"));
        }
        for (a, b, x, expected) in BETA_INC {
            close(beta_inc(a, b, x, 1.0 - x), expected, 1e-12, &format!("I({a}, {b}, {x})"));
        }
        for (z, p) in NORMAL {
            close(normal_cdf(z), p, 1e-12, &format!("cdf({z})"));
            if z.abs() < 8.0 {
                assert!((normal_quantile(p) - z).abs() < 1e-11, "{z}: {}", normal_quantile(p));
            }
        }
        close(chi_square_tail(3.841_458_820_694_124, 1.0), 0.05, 1e-12, "chi-square");
    }

    /// Arguments at which a naive form is infinite or loses all digits.
    #[test]
    fn no_overflow_at_the_ends() {
        for z in [-1e4, -800.0, -1.0, 0.0, 1e-300, 1.0, 800.0, 1e4] {
            assert!(softplus(z).is_finite() && (0.0..=1.0).contains(&sigmoid(z)));
        }
        close(softplus(-40.0), (-40.0_f64).exp(), 1e-15, "softplus");
        close(one_minus_exp_over(1e-12), 1.0, 1e-12, "one_minus_exp_over");
    }
}
