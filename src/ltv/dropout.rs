//! Pareto/NBD and GGompertz/NBD: a customer buys at a gamma-distributed rate until a random time, whose law mixes
//! exponential (Pareto/NBD) or Gompertz (GGompertz/NBD) lifetimes over a gamma distribution.
//!
//! Both likelihoods are the same positive integral over the time of leaving. It is computed as such, by Gauss-Legendre
//! panels fitted to the decay of the integrand, with its derivatives from the same nodes: no hypergeometric function, no
//! difference of large terms, no singular parameter.
//!
//! # The likelihood
//!
//! Given that a customer leaves at u, purchases until then are Poisson with rate lambda ~ Gamma(r, alpha), so that the density
//! of (x, `t_x`) is Gamma(r + x) / Gamma(r) alpha^r (alpha + min(u, T))^-(r + x) for u > `t_x`. Over u, with S the
//! probability to stay beyond a time and f = -S',
//!
//! L = Gamma(r + x) / Gamma(r) alpha^r { S(T) (alpha + T)^-(r + x) + I },
//! I = integral from `t_x` to T of f(u) (alpha + u)^-(r + x) du.
//!
//! The odds of having left are I over the first term. Of I only the ratio to its first value is ever formed, with a running
//! maximum, so that x = 10^6 overflows as little as x = 0.
//!
//! # The panels
//!
//! The integrand is analytic near the real axis except where alpha + u = 0, or where the law of leaving has a pole: for
//! Pareto at -beta, for Gompertz where beta - 1 + e^(b u) = 0. A panel is kept shorter than the distance to the
//! nearest of these (the law's [`Dropout::scale`], and alpha + u), and so short that the integrand falls by no more than
//! e^12 within it ([`Dropout::steepness`]). Sixteen nodes then leave a relative error below 1e-10 in the worst corners, and
//! 1e-13 in the usual ones; ten and six nodes are used where the panel is tamer still. The panels end where what is left is below
//! e^-42 of the whole.
//!
//! | customer | panels |
//! |---|---|
//! | a typical one (x of 0 to 20, months of silence) | 1 to 3 |
//! | x = 1,000, silent for long | 4 to 10: then nothing is left |
//! | x = 10^6 | the same, each 10^-5 of alpha + `t_x` wide |
//!
//! # What is to come
//!
//! One who is alive at T has lambda ~ Gamma(r + x, alpha + T), independent of the time of leaving, whose law is that of a
//! life that has reached T. So E = (r + x) / (alpha + T) times the integral of S(T + u) / S(T) over (0, t]: closed for
//! Pareto, panels for Gompertz. Discounted, the integrand is multiplied by e^(-rate u), panels for both.
//!
//! # By hand
//!
//! Pareto/NBD with r = .553, alpha = 10.578, s = .606, beta = 11.669 and x = 2, `t_x` = 30.43, T = 38.86: between `t_x` and T
//! the density of leaving is s / (beta + u) S(u), about .0138 S(T) a week in the middle; (49.438 / (alpha + u))^2.553 falls
//! from 1.61 to 1 on the way. Their product over 8.43 weeks is about .15: P(alive) = 1 / 1.15 = .869.
//!
//! # Symbols
//! | symbol | meaning | unit |
//! |---|---|---|
//! | x, `t_x`, T | repeat purchases, time of the last one, time observed, all since the first purchase | counts, time |
//! | r, alpha | shape and rate of the gamma law of the rate of purchase; its mean is r / alpha | none, time |
//! | s, beta | shape and rate of the gamma law of the hazard of leaving | none, time for Pareto, none for Gompertz |
//! | b | speed at which the Gompertz hazard grows with age | 1 / time |
//! | S, f | P(stays beyond), and its density of leaving | none, 1 / time |
//!
//! # Assumptions
//! While active a customer buys as a Poisson process of a constant rate; leaving is final and unseen; rate and lifetime are
//! independent between customers. Gompertz lifetimes (Bemmaor and Glady 2012, doi:10.1287/mnsc.1110.1461) let the hazard rise
//! or fall with age, where exponential ones (Schmittlein, Morrison and Colombo 1987, doi:10.1287/mnsc.33.1.1) cannot.
//!
//! # Complexity
//! A customer costs one to ten panels of 6 to 16 nodes; with derivatives each node costs some (2 + M)^2 / 2 sums. No memory
//! beyond a few numbers on the stack; customers are independent, and the caller cuts them into chunks.
//!
//! # Determinism
//! Where panels are cut depends on the parameters and the one customer alone. Nodes are added in ascending time.
//!
//! # Errors
//! None here: parameters outside their domain are refused before. Times of 0 leave no integral, and then P(alive) is 1.

use crate::kernel::optim::Eval;
use crate::kernel::quad;
use crate::kernel::special::{ln_gamma, ln_rising, one_minus_exp_over, polygamma_rise, sigmoid, softplus};

use super::history::RecencyFrequency;

/// The law of the time of leaving, with `M` parameters.
///
/// What the integral needs of it: ln S and ln f with first and second derivatives in the parameters, and three bounds by
/// which panels are cut. A further law of leaving is an implementation of this trait and nothing else.
pub(super) trait Dropout<const M: usize>: Copy + Send + Sync {
    /// ln S(tau), S = P(stays beyond tau), with derivatives in the parameters.
    fn survival(&self, tau: f64) -> Eval<M>;
    /// ln of the density at tau, with derivatives.
    fn density(&self, tau: f64) -> Eval<M>;
    /// ln S(tau) alone.
    fn ln_survival(&self, tau: f64) -> f64;
    /// ln f(tau) alone, f = -S'.
    fn ln_density(&self, tau: f64) -> f64;
    /// An upper bound on |d ln density / d tau| just after tau.
    fn steepness(&self, tau: f64) -> f64;
    /// Distance over which the density is smooth at tau.
    fn scale(&self, tau: f64) -> f64;
    /// How much ln density can still rise between tau and `end`.
    fn rise(&self, tau: f64, end: f64) -> f64;
    /// Integral over (0, t) of the probability to stay beyond T + u given T.
    fn residual_life(&self, t_now: f64, t: f64) -> f64;
}

/// Lomax (Pareto II) lifetimes: exponential with rate ~ Gamma(s, beta).
///
/// S(tau) = (1 + tau / beta)^-s, f = s / (beta + tau) S; hazard s / (beta + tau), which falls with age only because those at
/// risk leave first. The one pole lies at -beta.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pareto {
    pub(super) s: f64,
    pub(super) beta: f64,
}

impl Dropout<2> for Pareto {
    /// In (s, beta): ln S = -s ln(1 + tau / beta), with d/ds = -ln(1 + tau / beta) and d/dbeta = s (1 / beta - 1 / (beta + tau)).
    /// By hand, s = .606, beta = 11.669 and 12 weeks: ln S = -.606 ln 2.028 = -.429, so that 65 of 100 are still there.
    fn survival(&self, tau: f64) -> Eval<2> {
        let (s, beta) = (self.s, self.beta);
        let ln = -(tau / beta).ln_1p();
        let (i0, i1) = (1.0 / beta, 1.0 / (beta + tau));
        let mixed = i0 - i1;
        Eval {
            value: s * ln,
            gradient: [ln, s * mixed],
            hessian: [[0.0, mixed], [mixed, -s * (i0 * i0 - i1 * i1)]],
        }
    }

    /// ln f = ln s + s ln beta - (s + 1) ln(beta + tau), with d/ds = 1/s + ln beta - ln(beta + tau) and
    /// d/dbeta = s / beta - (s + 1) / (beta + tau).
    fn density(&self, tau: f64) -> Eval<2> {
        let (s, beta) = (self.s, self.beta);
        let ln = (beta + tau).ln();
        let (i0, i1) = (1.0 / beta, 1.0 / (beta + tau));
        let ln_beta = beta.ln();
        let mixed = i0 - i1;
        Eval {
            value: s.ln() + s * ln_beta - (s + 1.0) * ln,
            gradient: [1.0 / s + ln_beta - ln, s * i0 - (s + 1.0) * i1],
            hessian: [[-1.0 / (s * s), mixed], [mixed, -s * i0 * i0 + (s + 1.0) * i1 * i1]],
        }
    }

    fn ln_survival(&self, tau: f64) -> f64 {
        -self.s * (tau / self.beta).ln_1p()
    }

    fn ln_density(&self, tau: f64) -> f64 {
        self.ln_survival(tau) + self.s.ln() - (self.beta + tau).ln()
    }

    fn steepness(&self, tau: f64) -> f64 {
        (self.s + 1.0) / (self.beta + tau)
    }

    fn scale(&self, tau: f64) -> f64 {
        self.beta + tau
    }

    fn rise(&self, _: f64, _: f64) -> f64 {
        0.0
    }

    fn residual_life(&self, t_now: f64, t: f64) -> f64 {
        let base = self.beta + t_now;
        let span = (t / base).ln_1p();
        // ((1 + t/base)^(1 - s) - 1) / (1 - s), also at s = 1.
        base * span * one_minus_exp_over((self.s - 1.0) * span)
    }
}

/// Gompertz lifetimes of hazard eta b e^(b tau) with eta ~ Gamma(s, beta).
///
/// With G(tau) = beta - 1 + e^(b tau): S = (beta / G)^s, f = s b e^(b tau) / G S, and the hazard s b k with
/// k = e^(b tau) / G. k rises to 1 for beta > 1 and falls to 1 for beta < 1: in the end everybody leaves at the rate s b.
/// For beta = 1 the law is exponential from the start. e^(b tau) itself is never formed for b tau > 1: everything is
/// written in e^-(b tau), which cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GammaGompertz {
    pub(super) b: f64,
    pub(super) s: f64,
    pub(super) beta: f64,
}

impl GammaGompertz {
    /// ln G(tau) with G = beta - 1 + e^(b tau), and the share k = e^(b tau) / G and 1 / G.
    ///
    /// Below b tau = 1 by `exp_m1`, which keeps the digits of a short time; from there on in e^-(b tau), which keeps those of a
    /// long one. At b tau = 1 both give beta - 1 + e.
    fn g(&self, tau: f64) -> (f64, f64, f64) {
        let z = self.b * tau;
        if z < 1.0 {
            // G = beta + (e^z - 1)
            let g = self.beta + z.exp_m1();
            (g.ln(), z.exp() / g, 1.0 / g)
        } else {
            let e = (-z).exp();
            let rest = (self.beta - 1.0) * e;
            let k = 1.0 / (1.0 + rest);
            (z + rest.ln_1p(), k, e * k)
        }
    }

    /// ln(G(tau) / beta) and its derivatives in (b, beta): gradient and (bb, b beta, beta beta).
    ///
    /// ln S is -s times this, and every derivative of ln S and ln f is made of these six numbers. d/db = tau k, d2/db2 =
    /// tau^2 k (1 - k): of a logistic form, since k is a sigmoid of b tau - ln(beta - 1) where beta > 1.
    fn growth(&self, tau: f64) -> (f64, [f64; 2], [f64; 3]) {
        let (_, k, inverse) = self.g(tau);
        let value = if self.b * tau < 1.0 {
            ((self.b * tau).exp_m1() / self.beta).ln_1p()
        } else {
            self.g(tau).0 - self.beta.ln()
        };
        let i0 = 1.0 / self.beta;
        let d_b = tau * k;
        (
            value,
            [d_b, inverse - i0],
            [tau * tau * k * (1.0 - k), -tau * k * inverse, i0 * i0 - inverse * inverse],
        )
    }
}

impl Dropout<3> for GammaGompertz {
    /// In (b, s, beta): ln S = -s ln(G(tau) / beta).
    fn survival(&self, tau: f64) -> Eval<3> {
        let s = self.s;
        let (value, [b, beta], [bb, bx, xx]) = self.growth(tau);
        Eval {
            value: -s * value,
            gradient: [-s * b, -value, -s * beta],
            hessian: [[-s * bb, -b, -s * bx], [-b, 0.0, -beta], [-s * bx, -beta, -s * xx]],
        }
    }

    /// ln f = ln s + ln b - ln beta + b tau - (s + 1) ln(G(tau) / beta), in (b, s, beta).
    fn density(&self, tau: f64) -> Eval<3> {
        let (s, s1) = (self.s, self.s + 1.0);
        let i0 = 1.0 / self.beta;
        let (value, [b, beta], [bb, bx, xx]) = self.growth(tau);
        // ln f = ln(s b / beta) + b tau - (s + 1) ln(G / beta)
        Eval {
            value: (s * self.b * i0).ln() + self.b * tau - s1 * value,
            gradient: [1.0 / self.b + tau - s1 * b, 1.0 / s - value, -i0 - s1 * beta],
            hessian: [
                [-1.0 / (self.b * self.b) - s1 * bb, -b, -s1 * bx],
                [-b, -1.0 / (s * s), -beta],
                [-s1 * bx, -beta, i0 * i0 - s1 * xx],
            ],
        }
    }

    fn ln_survival(&self, tau: f64) -> f64 {
        -self.s * self.growth(tau).0
    }

    fn ln_density(&self, tau: f64) -> f64 {
        (self.s * self.b / self.beta).ln() + self.b * tau - (self.s + 1.0) * self.growth(tau).0
    }

    fn steepness(&self, tau: f64) -> f64 {
        // d ln f / d tau = b (1 - (s + 1) k); while k still moves, neither part may be set against the other.
        let hazard = (self.s + 1.0) * self.g(tau).1;
        let steep = if self.scale(tau).is_infinite() { (hazard - 1.0).abs() } else { hazard.max(1.0) };
        self.b * steep
    }

    fn scale(&self, tau: f64) -> f64 {
        if ((self.beta - 1.0) * (-self.b * tau).exp()).abs() < 1e-17 {
            // Nothing is left of the Gompertz law but an exponential, which is smooth everywhere.
            return f64::INFINITY;
        }
        // G vanishes at tau = (ln|beta - 1| ± i pi) / b or, for beta < 1, on the negative axis.
        if self.beta >= 1.0 { 2.0 / self.b } else { (2.0 / self.b).min(tau - (-self.beta).ln_1p() / self.b) }
    }

    fn rise(&self, tau: f64, end: f64) -> f64 {
        // For beta > 1 the density rises until (s + 1) k = 1 and falls from there on.
        let rises = self.beta > 1.0 && (self.s + 1.0) * self.g(tau).1 < 1.0;
        if rises { self.b * (end - tau) } else { 0.0 }
    }

    fn residual_life(&self, t_now: f64, t: f64) -> f64 {
        let rule = quad::rule(16);
        let start = self.ln_survival(t_now);
        let (mut sum, mut u) = (0.0, 0.0);
        while u < t {
            let tau = t_now + u;
            let here = (self.ln_survival(tau) - start).exp();
            let rate = self.s * self.b;
            let k = self.g(tau).1;
            // What is left is at most a life at the smallest hazard to come.
            if here * (t - u).min(1.0 / (rate * k.min(1.0))) <= 1e-17 * sum {
                break;
            }
            if self.scale(tau).is_infinite() {
                // From here on the hazard is the constant s b.
                return sum + here * (t - u) * one_minus_exp_over(rate * (t - u));
            }
            let width = self.scale(tau).min(10.0 / (rate * k)).min(t - u);
            let width = width.min(10.0 / (rate * self.g(tau + width).1));
            let panel = rule.nodes.iter().zip(&rule.weights);
            sum += width
                * panel.map(|(x, w)| w * (self.ln_survival(tau + x * width) - start).exp()).sum::<f64>();
            if u + width <= u {
                break;
            }
            u += width;
        }
        sum
    }
}

/// How an integrand over (0, t) behaves, for [`in_panels`].
struct Shape<S, F> {
    /// Near 0 nothing happens within less than this.
    finest: f64,
    /// Longest panel in ln(`finest` + u).
    width: f64,
    /// Distance over which the integrand is smooth at u.
    scale: S,
    /// An upper bound on its logarithmic slope at u.
    steep: F,
}

/// Calls `f(u, weight)` for the nodes of Gauss-Legendre panels over (0, t). Panels are equal steps of at most `width` in
/// ln(`finest` + u), none longer than the scale at u, none in which the integrand falls by more than e^10; `f` returns ln
/// of a bound on what is left, and the walk ends when that falls below e^-45.
fn in_panels(
    t: f64,
    shape: &Shape<impl Fn(f64) -> f64, impl Fn(f64) -> f64>,
    mut f: impl FnMut(f64, f64) -> f64,
) {
    let rule = quad::rule(16);
    let finest = if t.is_finite() { shape.finest.max(1e-13 * t) } else { shape.finest };
    let mut u = 0.0;
    // The finest count of a million purchases takes some thousand panels; the limit only guards the loop.
    for _ in 0..200_000 {
        if u >= t {
            break;
        }
        let widest = ((finest + u) * shape.width.exp_m1()).min((shape.scale)(u)).min(t - u);
        let step = widest.min(10.0 / (shape.steep)(u));
        let step = step.min(10.0 / (shape.steep)(u + step));
        if u + step <= u {
            break;
        }
        let mut left = 0.0;
        for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
            left = f(u + node * step, weight * step);
        }
        if left < -45.0 {
            break;
        }
        u += step;
    }
}

/// Rate ~ Gamma(r, alpha), time of leaving ~ `dropout`.
///
/// A further law of leaving needs one implementation of [`Dropout`], and gets likelihood, P(alive), forecasts, discounting and
/// the law of the number of purchases with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NbdWith<D> {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) dropout: D,
}

impl<D> NbdWith<D> {
    /// Calls `f(tau, weight, ln((alpha + tau) / (alpha + t_x)))` for the nodes of the integral over the time of leaving,
    /// `t_x` to `t`. Panels are cut in v = ln(m + tau), m the smaller of the scales at `t_x`, so that the integrand falls
    /// by at most e^12 within one; what is below e^-42 of the start is left out. Where m is alpha the third number is v less that
    /// of `t_x`, and needs no logarithm.
    fn nodes<const M: usize>(&self, h: &RecencyFrequency, mut f: impl FnMut(f64, f64, f64))
    where
        D: Dropout<M>,
    {
        let rate = self.r + h.x;
        let shift = self.alpha.min(self.dropout.scale(0.0));
        let by_rate = shift == self.alpha;
        // ln((shift + tau) / (shift + t_x)).
        let mut passed = 0.0;
        let mut tau = h.t_x;
        // No density of the family needs more than some hundreds of panels; the limit only guards the loop.
        for _ in 0..5_000 {
            if tau >= h.t {
                break;
            }
            let here = shift + tau;
            let steep = |tau: f64| (shift + tau) * (rate / (self.alpha + tau) + self.dropout.steepness(tau));
            let rest = ((h.t - tau) / here).ln_1p();
            let smooth = 2.0 * (self.dropout.scale(tau) / here).min(1.0);
            let mut width = rest.min(smooth).min(12.0 / steep(tau));
            width = width.min(12.0 / steep(tau + here * width.exp_m1()));
            let next = if width >= rest { h.t } else { tau + here * width.exp_m1() };
            if next <= tau {
                break;
            }
            let fall = width * steep(next).max(steep(tau));
            let reach = width * (here / self.dropout.scale(tau)).max(1.0);
            let order = if reach <= 0.7 && fall <= 1.0 {
                6
            } else if reach <= 1.6 && fall <= 4.0 {
                10
            } else {
                16
            };
            let rule = quad::rule(order);
            for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
                let grown = here * (node * width).exp();
                let at = (grown - shift).max(tau);
                let ln = if by_rate {
                    passed + node * width
                } else {
                    ((at - h.t_x) / (self.alpha + h.t_x)).ln_1p()
                };
                f(at, weight * width * grown, ln);
            }
            tau = next;
            passed += width;
            // Most customers need one panel, and what is left after it is no question.
            if tau >= h.t {
                break;
            }
            let start = self.dropout.ln_density(h.t_x);
            let lost =
                rate * ((tau - h.t_x) / (self.alpha + h.t_x)).ln_1p() + start - self.dropout.ln_density(tau);
            if lost > 42.0 + self.dropout.rise(tau, h.t) {
                break;
            }
        }
    }

    /// ln of the odds of having left by T: I over the term of staying, both relative to their rate at `t_x`.
    ///
    /// ln((alpha + u) / (alpha + `t_x`)) is computed as `ln_1p` of the difference of the times, exact for a `t_x` that is all
    /// but T.
    fn log_odds_gone<const M: usize>(&self, h: &RecencyFrequency) -> f64
    where
        D: Dropout<M>,
    {
        let rate = self.r + h.x;
        let reference = rate * ((h.t - h.t_x) / (self.alpha + h.t_x)).ln_1p() - self.dropout.ln_survival(h.t);
        // A running maximum keeps the sum in range whatever the density does.
        let (mut top, mut sum) = (f64::NEG_INFINITY, 0.0);
        self.nodes::<M>(h, |tau, weight, grown| {
            let ln = self.dropout.ln_density(tau) - rate * grown;
            if ln > top {
                sum = sum * (top - ln).exp() + weight;
                top = ln;
            } else {
                sum += weight * (ln - top).exp();
            }
        });
        if sum > 0.0 { top + sum.ln() + reference } else { f64::NEG_INFINITY }
    }

    /// P(still a customer at T), given the history: 1 / (1 + o), o the odds of having left. By its logarithm, so that neither a
    /// P(alive) of 1e-300 nor one of 1 - 1e-16 loses its digits. A customer without silence (`t_x` = T) has 1.
    pub(super) fn p_alive<const M: usize>(&self, h: &RecencyFrequency) -> f64
    where
        D: Dropout<M>,
    {
        sigmoid(-self.log_odds_gone(h))
    }

    /// ln L = ln(Gamma(r + x) / Gamma(r)) - r ln(1 + T / alpha) - x ln(alpha + T) + ln S(T) + ln(1 + o).
    ///
    /// For x = 0 and an L within a hundredth of 1 it is instead ln(1 - P(any purchase)): there the terms above cancel, and what
    /// is left of them would be rounding.
    pub(super) fn log_likelihood<const M: usize>(&self, h: &RecencyFrequency) -> f64
    where
        D: Dropout<M>,
    {
        let ln = ln_rising(self.r, h.x) - self.r * (h.t / self.alpha).ln_1p() - h.x * (self.alpha + h.t).ln()
            + self.dropout.ln_survival(h.t)
            + softplus(self.log_odds_gone(h));
        if h.x == 0.0 && ln > -0.01 { (-self.any_purchase::<M>(h.t)).ln_1p() } else { ln }
    }

    /// P(at least one repeat purchase within `t` of the first): the integral of r / (alpha + u) (1 + u / alpha)^-r S(u),
    /// by the panels of [`in_panels`]. One minus this is the likelihood of silence to full relative accuracy where silence
    /// is all but certain.
    fn any_purchase<const M: usize>(&self, t: f64) -> f64
    where
        D: Dropout<M>,
    {
        let steep = |u: f64| self.r / (self.alpha + u) + self.dropout.steepness(u);
        let shape = Shape {
            finest: 1.0 / (1.0 / self.alpha.min(self.dropout.scale(0.0)) + steep(0.0)),
            width: 0.5,
            scale: |u| self.dropout.scale(u),
            steep,
        };
        let mut sum = 0.0;
        in_panels(t, &shape, |u, weight| {
            let ln = self.dropout.ln_survival(u) - self.r * (u / self.alpha).ln_1p();
            sum += weight * self.r / (self.alpha + u) * ln.exp();
            ln
        });
        sum
    }

    /// Purchases to come of one who is alive at T, one at T + u counting e^(-`rate` u), within `t`, which may be infinite:
    /// (r + x) / (alpha + T) times the integral of e^(-rate u) S(T + u) / S(T).
    pub(super) fn discounted_while_alive<const M: usize>(
        &self,
        h: &RecencyFrequency,
        rate: f64,
        t: f64,
    ) -> f64
    where
        D: Dropout<M>,
    {
        let start = self.dropout.ln_survival(h.t);
        let steep = |u: f64| rate + self.dropout.steepness(h.t + u);
        let shape = Shape {
            finest: 1.0 / (1.0 / self.dropout.scale(h.t) + steep(0.0)),
            width: 0.5,
            scale: |u| self.dropout.scale(h.t + u),
            steep,
        };
        let mut sum = 0.0;
        in_panels(t, &shape, |u, weight| {
            let ln = self.dropout.ln_survival(h.t + u) - start - rate * u;
            sum += weight * ln.exp();
            // At most 1 / rate more of what is here, beside what has been counted.
            ln - (rate * sum).ln().max(-700.0)
        });
        (self.r + h.x) / (self.alpha + h.t) * sum
    }

    /// P(n purchases in (T, T + t]) of one who is alive at T, who may leave on the way: with Z(u) the negative binomial
    /// probability of n purchases in u (rate ~ Gamma(r + x, alpha + T)) and S(u) the probability to stay for u,
    ///
    /// S(t) Z(t) + integral from 0 to t of f(u) Z(u) du.
    ///
    /// Source: Fader, Hardie and Jerath (2007) have the closed form of Pareto/NBD (doi:10.1002/dir.20067), in differences
    /// of 2F1; the positive integral keeps its digits and serves every law of leaving.
    pub(super) fn pmf<const M: usize>(&self, h: &RecencyFrequency, t: f64, n: f64) -> f64
    where
        D: Dropout<M>,
    {
        let (rate, scale) = (self.r + h.x, self.alpha + h.t);
        let choose = ln_rising(rate, n) - ln_gamma(n + 1.0);
        let ln_count = |u: f64| {
            let z = u / scale;
            let power = if n > 0.0 { n * (z / (1.0 + z)).ln() } else { 0.0 };
            choose + power - rate * z.ln_1p()
        };
        let start = self.dropout.ln_survival(h.t);
        let stays = |u: f64| self.dropout.ln_survival(h.t + u) - start;
        let mut sum = (stays(t) + ln_count(t)).exp();
        // ln of the count's probability moves by one within this share of u, and within scale / rate near 0.
        let sharp = (1.0 / (1.0 + n) + 1.0 / (1.0 + rate)).sqrt().min(1.0);
        let shape = Shape {
            finest: (scale / (1.0 + rate)).min(1.0 / self.dropout.steepness(h.t)),
            width: 1.5 * sharp,
            scale: |u| self.dropout.scale(h.t + u),
            steep: |u| self.dropout.steepness(h.t + u) + rate / (scale + u),
        };
        in_panels(t, &shape, |u, weight| {
            sum += weight * (self.dropout.ln_density(h.t + u) - start + ln_count(u)).exp();
            stays(u)
        });
        sum.min(1.0)
    }

    /// P(still alive at T + t) of one who is alive at T: S(T + t) / S(T), which no purchase until T can tell more about.
    pub(super) fn stays<const M: usize>(&self, h: &RecencyFrequency, t: f64) -> f64
    where
        D: Dropout<M>,
    {
        (self.dropout.ln_survival(h.t + t) - self.dropout.ln_survival(h.t)).exp().min(1.0)
    }

    /// Expected purchases in (T, T + t] of one who is alive: rate and lifetime are independent then.
    pub(super) fn purchases_while_alive<const M: usize>(&self, h: &RecencyFrequency, t: f64) -> f64
    where
        D: Dropout<M>,
    {
        (self.r + h.x) / (self.alpha + h.t) * self.dropout.residual_life(h.t, t)
    }

    /// The integral and its derivatives in one walk over the nodes.
    ///
    /// With weights p = e^(ln h) at the nodes, mean score m = sum of p s / sum of p and S = sum of p (d2 ln h + s s') / sum of p,
    /// the logarithm of the integral has gradient m and Hessian S - m m'. The score s in (r, alpha) is
    /// (-ln(alpha + u), -(r + x) / (alpha + u)); in the parameters of the law it is that of its density. A running maximum
    /// rescales the sums when a node exceeds all before it.
    ///
    /// ln of the integral over the time of leaving, relative to the rate at `t_x`, with derivatives of the upper
    /// triangle: moments of the score of ln integrand under the normalised integrand. `None` where there is no time to
    /// leave in.
    fn integral<const M: usize, const N: usize>(&self, h: &RecencyFrequency, ln_x: f64) -> Option<Eval<N>>
    where
        D: Dropout<M>,
    {
        let (alpha, rate) = (self.alpha, self.r + h.x);
        let (mut top, mut mass) = (f64::NEG_INFINITY, 0.0);
        let (mut mean, mut second, mut curve) = ([0.0; N], [[0.0; N]; N], [[0.0; N]; N]);
        self.nodes::<M>(h, |tau, weight, grown| {
            let ln_tau = ln_x + grown;
            let inv = 1.0 / (alpha + tau);
            let density = self.dropout.density(tau);
            let ln = density.value - rate * grown;
            let p = if ln > top {
                let rescale = (top - ln).exp();
                top = ln;
                mass *= rescale;
                for i in 0..N {
                    mean[i] *= rescale;
                    for j in i..N {
                        second[i][j] *= rescale;
                        curve[i][j] *= rescale;
                    }
                }
                weight
            } else {
                weight * (ln - top).exp()
            };
            mass += p;
            let mut score = [0.0; N];
            score[0] = -ln_tau;
            score[1] = -rate * inv;
            score[2..].copy_from_slice(&density.gradient);
            for i in 0..N {
                mean[i] += p * score[i];
                for j in i..N {
                    second[i][j] += p * score[i] * score[j];
                }
            }
            curve[0][1] -= p * inv;
            curve[1][1] += p * rate * inv * inv;
            for i in 0..M {
                for j in i..M {
                    curve[i + 2][j + 2] += p * density.hessian[i][j];
                }
            }
        });
        if mass <= 0.0 {
            return None;
        }
        let scale = 1.0 / mass;
        let mut eval =
            Eval { value: top + mass.ln(), gradient: mean.map(|m| m * scale), hessian: [[0.0; N]; N] };
        for i in 0..N {
            for j in i..N {
                let centred = eval.gradient[i] * eval.gradient[j];
                eval.hessian[i][j] = (second[i][j] + curve[i][j]) * scale - centred;
            }
        }
        Some(eval)
    }

    /// Log-likelihood of keys that share `x`, with derivatives in (r, alpha, parameters of the dropout): N = 2 + M.
    ///
    /// What depends on x alone is added once for the segment, what depends on T alone is kept while T repeats: keys are in
    /// ascending order of T. Each key then costs one integral. With o the log-odds of having left,
    /// ln L = ln(term of staying) + ln(1 + e^o), whose derivatives follow from those of o as for the coin models.
    ///
    /// With q = o / (1 + o), the probability to have left: d ln L = d ln(staying) + q d ln o, and the second derivatives add
    /// q d2 ln o + q (1 - q) d ln o d ln o'. Sums run over the upper triangle and are mirrored at the end.
    pub(super) fn segment<const M: usize, const N: usize>(
        &self,
        x: f64,
        t: &[f64],
        t_x: &[f64],
        weights: &[f64],
    ) -> Eval<N>
    where
        D: Dropout<M>,
    {
        debug_assert_eq!(N, M + 2);
        let (r, alpha) = (self.r, self.alpha);
        let rate = r + x;
        let mut total = Eval::<N>::ZERO;
        let mut w_sum = 0.0;
        let mut last = f64::NAN;
        let (mut ln_t, mut inv_t, mut stays) = (0.0, 0.0, Eval::<M>::ZERO);
        for ((t, t_x), w) in t.iter().zip(t_x).zip(weights) {
            let h = RecencyFrequency { x, t_x: *t_x, t: *t };
            if *t != last {
                last = *t;
                ln_t = (alpha + t).ln();
                inv_t = 1.0 / (alpha + t);
                stays = self.dropout.survival(*t);
            }
            let ln_x = (alpha + t_x).ln();
            let left = self.integral::<M, N>(&h, ln_x);
            w_sum += w;
            total.value += w * (stays.value - rate * ln_t);
            total.gradient[0] -= w * ln_t;
            total.gradient[1] -= w * rate * inv_t;
            total.hessian[0][1] -= w * inv_t;
            total.hessian[1][1] += w * rate * inv_t * inv_t;
            for i in 0..M {
                total.gradient[i + 2] += w * stays.gradient[i];
                for j in i..M {
                    total.hessian[i + 2][j + 2] += w * stays.hessian[i][j];
                }
            }
            let Some(left) = left else { continue };
            let odds = left.value + rate * (ln_t - ln_x) - stays.value;
            let e = (-odds.abs()).exp();
            let gone = if odds >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            total.value += w * (odds.max(0.0) + e.ln_1p());
            // ln odds = ln integral + rate ln(alpha + T) - ln survival(T)
            let mut d = left.gradient;
            d[0] += ln_t;
            d[1] += rate * inv_t;
            for i in 0..M {
                d[i + 2] -= stays.gradient[i];
            }
            let (q, v) = (w * gone, w * gone * (1.0 - gone));
            for i in 0..N {
                total.gradient[i] += q * d[i];
                for j in i..N {
                    let mut dd = left.hessian[i][j];
                    if i >= 2 {
                        dd -= stays.hessian[i - 2][j - 2];
                    }
                    if (i, j) == (0, 1) {
                        dd += inv_t;
                    }
                    if (i, j) == (1, 1) {
                        dd -= rate * inv_t * inv_t;
                    }
                    total.hessian[i][j] += q * dd + v * d[i] * d[j];
                }
            }
        }
        let buys = polygamma_rise(r, x);
        total.value += w_sum * (ln_rising(r, x) + r * alpha.ln());
        total.gradient[0] += w_sum * (buys.0 + alpha.ln());
        total.gradient[1] += w_sum * r / alpha;
        total.hessian[0][0] += w_sum * buys.1;
        total.hessian[0][1] += w_sum / alpha;
        total.hessian[1][1] -= w_sum * r / (alpha * alpha);
        for i in 0..N {
            for j in 0..i {
                total.hessian[i][j] = total.hessian[j][i];
            }
        }
        total
    }
}
