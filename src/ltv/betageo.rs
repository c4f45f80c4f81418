//! BG/NBD and MBG/NBD: a customer buys at a gamma-distributed rate and tosses a beta-distributed coin after each purchase.
//!
//! # The likelihood
//!
//! Given lambda and p, a customer who bought x times, the last at `t_x`, and survived n tosses has the density
//! lambda^x (1 - p)^n e^(-lambda T) if still active; one who left at the last purchase survived one toss less and lost one:
//! lambda^x p (1 - p)^(n - 1) e^(-lambda `t_x`). The means over lambda ~ Gamma(r, alpha) and p ~ Beta(a, b) are
//!
//! Gamma(r + x) / Gamma(r) alpha^r (alpha + u)^-(r + x), with u = T or `t_x`, and
//! B(a, b + n) / B(a, b) or B(a + 1, b + n - 1) / B(a, b) = a / (b + n - 1) times the former.
//!
//! n = x for BG/NBD, where x = 0 has no second way, and n = x + 1 for MBG/NBD. The odds of having left are the ratio of
//! both ways,
//!
//! a / (b + n - 1) ((alpha + T) / (alpha + `t_x`))^(r + x),
//!
//! kept as a logarithm: ln(a / (b + n - 1)) + (r + x) ln(1 + (T - `t_x`) / (alpha + `t_x`)). Nothing is subtracted but the
//! given times, so that every digit of the odds is good however long the silence.
//!
//! # What is to come
//!
//! One who is alive has lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + n). A customer with p buys within t until a toss
//! is lost; the expected number is (1 - e^(-lambda p t)) / p, since purchases that are survived thin a Poisson stream.
//! Over lambda, with z = t / (alpha + T),
//!
//! E = mean over p of (1 - (1 + p z)^-(r + x)) / p.
//!
//! The literature solves the mean over p as ((a + b + n - 1) / (a - 1)) (1 - .. 2F1 ..): singular at a = 1, a difference of
//! nearly equal numbers for small t, and overflowing for large x. The mean itself is none of it. Two sums compute it:
//!
//! | sum | where | terms | error |
//! |---|---|---|---|
//! | [`by_count`] over how many purchases one who never leaves makes | z <= 8 and (r + x) z <= 200 | about the count | rounding |
//! | [`by_coin`] over ln(p / (1 - p)) | elsewhere | 150 to some thousand | e^(-2 pi^2 / h), h <= 1/4 |
//!
//! They agree to about 1e-13 where both can be used (tested).
//!
//! # By hand
//!
//! BG/NBD with r = .243, alpha = 4.414, a = .793, b = 2.426 (CDNOW, weeks) and x = 2, `t_x` = 30.43, T = 38.86: the odds of
//! having left are .793 / 3.426 (43.274 / 34.844)^2.243 = .3763, so P(alive) = 1 / 1.3763 = .7266; E over the next 39 weeks
//! of one who is alive is 1.6874, and the product 1.2260 is the figure of note 004.
//!
//! # Assumptions
//! While active a customer buys as a Poisson process of constant rate; leaving happens at a purchase and at no other time, so
//! that who buys more tosses more often; rate and coin are independent between customers. Fader, Hardie and Lee (2005,
//! doi:10.1287/mksc.1040.0098).
//!
//! # Complexity
//! P(alive) and likelihood: a handful of logarithms. With derivatives, a logarithm, an exponential and twelve sums a distinct
//! history. A forecast: some ten to some thousand terms; many customers at once go through [`curves`](super::curves).

use crate::kernel::optim::Eval;
use crate::kernel::special::{beta_inc, ln_beta, ln_rising, polygamma_rise, sigmoid, softplus};

use super::history::RecencyFrequency;

/// When the coin that ends a relation is tossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coin {
    /// After each repeat purchase (BG/NBD): who never came back is alive for certain.
    AfterRepeats,
    /// After the first purchase too (MBG/NBD).
    AfterEvery,
}

/// Rate ~ Gamma(r, alpha), probability to leave after a purchase ~ Beta(a, b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BetaGeometric {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) coin: Coin,
}

impl BetaGeometric {
    /// From r, alpha, a, b in the order of the search.
    pub(super) fn from_array([r, alpha, a, b]: [f64; 4], coin: Coin) -> Self {
        Self { r, alpha, a, b, coin }
    }

    /// Tosses survived by one who is alive.
    pub(super) fn tosses(&self, x: f64) -> f64 {
        match self.coin {
            Coin::AfterRepeats => x,
            Coin::AfterEvery => x + 1.0,
        }
    }

    /// ln of the odds of having left, as at the head of this file; -inf where that is impossible (BG/NBD, x = 0).
    ///
    /// Both terms are of one rounding each: the relative error of the odds is about (r + x) times that of `ln_1p`, 1e-16,
    /// times the logarithm itself, and matters only where P(alive) is neither 0 nor 1 any more.
    fn log_odds_gone(&self, h: &RecencyFrequency) -> f64 {
        let tosses = self.tosses(h.x);
        if tosses == 0.0 {
            return f64::NEG_INFINITY;
        }
        let silence = ((h.t - h.t_x) / (self.alpha + h.t_x)).ln_1p();
        // tosses - 1 is whole: a tiny b keeps its digits.
        (self.a / (self.b + (tosses - 1.0))).ln() + (self.r + h.x) * silence
    }

    /// 1 / (1 + o), o the odds of having left: 1 for a BG/NBD customer without repeat purchase, who has tossed no coin.
    pub(super) fn p_alive(&self, h: &RecencyFrequency) -> f64 {
        let tosses = self.tosses(h.x);
        if tosses == 0.0 {
            return 1.0;
        }
        let silence = ((h.t - h.t_x) / (self.alpha + h.t_x)).ln_1p();
        1.0 / (1.0 + self.a / (self.b + (tosses - 1.0)) * ((self.r + h.x) * silence).exp())
    }

    /// ln L of one history, as at the head of this file: the way of staying and ln(1 + o).
    ///
    /// For x = 0 both ways are written out. The silence of a customer of MBG/NBD has the probability a / (a + b) +
    /// b / (a + b) (alpha / (alpha + T))^r, which is near 1 where hardly anybody buys: it is then taken as 1 minus the rest.
    pub(super) fn log_likelihood(&self, h: &RecencyFrequency) -> f64 {
        if h.x == 0.0 {
            let ln_silence = -self.r * (h.t / self.alpha).ln_1p();
            if self.coin == Coin::AfterRepeats {
                return ln_silence;
            }
            // One who left at once, or who stays and is silent; near 1 by one minus the probability of a purchase, which
            // is exact where that is all but nothing.
            let sum = self.a + self.b;
            let bought = self.b / sum * ln_silence.exp_m1();
            return if bought > -0.5 {
                bought.ln_1p()
            } else {
                (self.a / sum + self.b / sum * ln_silence.exp()).ln()
            };
        }
        let tosses = self.tosses(h.x);
        ln_rising(self.r, h.x) + ln_rising(self.b, tosses)
            - ln_rising(self.a + self.b, tosses)
            - self.r * (h.t / self.alpha).ln_1p()
            - h.x * (self.alpha + h.t).ln()
            + softplus(self.log_odds_gone(h))
    }

    /// Expected purchases in (T, T + t] of one who is alive, by `v` = 1 / (alpha + T).
    pub(super) fn purchases_while_alive(&self, x: f64, v: f64, t: f64) -> f64 {
        future(self.a, self.b + self.tosses(x), self.r + x, t * v).0
    }

    /// P(still alive at T + t) of one who is alive at T: the mean of (1 + p t / (alpha + T))^-(r + x) over the coin, since
    /// each of the Poisson purchases of the window is survived with probability 1 - p.
    pub(super) fn stays(&self, h: &RecencyFrequency, t: f64) -> f64 {
        future(self.a, self.b + self.tosses(h.x), self.r + h.x, t / (self.alpha + h.t)).1.min(1.0)
    }

    /// P(n purchases in (T, T + t]): Fader, Hardie and Lee (2005), equation 8, given the history.
    ///
    /// One who is alive makes n either by making n of the stream and surviving n tosses, or by losing the n-th toss,
    /// whatever the stream would have gone on to:
    ///
    /// P(N = n) E[q^n] + P(N >= n) E[p q^(n - 1)], N ~ NB(r + x, z), q = 1 - p.
    ///
    /// P(N >= n) is an incomplete beta function. Who has left makes none.
    pub(super) fn pmf(&self, h: &RecencyFrequency, t: f64, n: f64) -> f64 {
        let alive = self.p_alive(h);
        let (rate, z) = (self.r + h.x, t / (self.alpha + h.t));
        let b = self.b + self.tosses(h.x);
        // N ~ negative binomial counts what a customer who never leaves would buy.
        let ln_pmf = ln_rising(rate, n) - crate::kernel::special::ln_gamma(n + 1.0) - rate * z.ln_1p()
            + if n > 0.0 { n * (z / (1.0 + z)).ln() } else { 0.0 };
        let survive = |k: f64| ln_rising(b, k) - ln_rising(self.a + b, k);
        let stays = (ln_pmf + survive(n)).exp();
        if n == 0.0 {
            return (1.0 - alive) + alive * stays;
        }
        let at_least = beta_inc(n, rate, z / (1.0 + z), 1.0 / (1.0 + z));
        let leaves = (ln_beta(self.a + 1.0, b + n - 1.0) - ln_beta(self.a, b)).exp();
        alive * (stays + leaves * at_least)
    }

    /// Log-likelihood of keys that share `x`, with first and second derivatives in the parameters themselves.
    ///
    /// The hot loop of every fit. What depends on x alone (rising factorials and their polygammas) is computed once for the
    /// segment; what depends on T alone, once for each run of equal T; each key then costs a logarithm, an exponential and
    /// twelve sums. With o the log-odds of having left and g = 1 / (1 + e^-o) their probability,
    ///
    /// ln L = .. + ln(1 + e^o), d ln L = .. + g do, d2 ln L = .. + g d2o + g (1 - g) do do',
    ///
    /// so that the sums over keys of g, g (1 - g) and their products with the slopes of o
    /// (d/dr = silence, d/dalpha = (r + x) (1 / (alpha + T) - 1 / (alpha + `t_x`)), d/da = 1 / a, d/db = -1 / (b + n - 1))
    /// are all that is needed.
    pub(super) fn segment(&self, x: f64, t: &[f64], t_x: &[f64], weights: &[f64]) -> Eval<4> {
        let (r, alpha, a, b) = (self.r, self.alpha, self.a, self.b);
        let (rate, tosses) = (r + x, self.tosses(x));
        let leaves = tosses > 0.0;
        let hazard = b + (tosses - 1.0);
        let constant = if leaves { (a / hazard).ln() } else { 0.0 };
        let (mut w_sum, mut ln_t, mut inv_t) = (0.0, 0.0, 0.0);
        let mut last = f64::NAN;
        let (mut l0, mut l1, mut l2) = (0.0, 0.0, 0.0);
        let (mut plus, mut q0, mut qe, mut qd, mut qdd) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut v0, mut ve, mut vee, mut vd, mut vde, mut vdd) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for ((t, t_x), w) in t.iter().zip(t_x).zip(weights) {
            if *t != last {
                last = *t;
                ln_t = (alpha + t).ln();
                inv_t = 1.0 / (alpha + t);
            }
            w_sum += w;
            l0 += w * ln_t;
            l1 += w * inv_t;
            l2 += w * inv_t * inv_t;
            if leaves {
                let since = alpha + t_x;
                let inv_x = 1.0 / since;
                let silence = ln_t - since.ln();
                let odds = constant + rate * silence;
                let e = (-odds.abs()).exp();
                let gone = if odds >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
                plus += w * (odds.max(0.0) + e.ln_1p());
                let (q, d) = (w * gone, inv_t - inv_x);
                let v = q * (1.0 - gone);
                q0 += q;
                qe += q * silence;
                qd += q * d;
                qdd += q * d * (inv_t + inv_x);
                v0 += v;
                ve += v * silence;
                vee += v * silence * silence;
                vd += v * d;
                vde += v * d * silence;
                vdd += v * d * d;
            }
        }
        let (all, stay, buys) =
            (polygamma_rise(a + b, tosses), polygamma_rise(b, tosses), polygamma_rise(r, x));
        let e = if leaves { 1.0 / hazard } else { 0.0 };
        let value = w_sum
            * (ln_rising(r, x) + r * alpha.ln() + ln_rising(b, tosses) - ln_rising(a + b, tosses))
            - rate * l0
            + plus;
        let gradient = [
            w_sum * (buys.0 + alpha.ln()) - l0 + qe,
            w_sum * r / alpha - rate * l1 + rate * qd,
            -w_sum * all.0 + q0 / a,
            w_sum * (stay.0 - all.0) - q0 * e,
        ];
        let rr = w_sum * buys.1 + vee;
        let r_alpha = w_sum / alpha - l1 + qd + rate * vde;
        let alpha_alpha = -w_sum * r / (alpha * alpha) + rate * l2 - rate * qdd + rate * rate * vdd;
        let (r_a, r_b) = (ve / a, -e * ve);
        let (alpha_a, alpha_b) = (rate * vd / a, -e * rate * vd);
        let a_a = -w_sum * all.1 - q0 / (a * a) + v0 / (a * a);
        let a_b = -w_sum * all.1 - v0 * e / a;
        let b_b = w_sum * (stay.1 - all.1) + (q0 + v0) * e * e;
        Eval {
            value,
            gradient,
            hessian: [
                [rr, r_alpha, r_a, r_b],
                [r_alpha, alpha_alpha, alpha_a, alpha_b],
                [r_a, alpha_a, a_a, a_b],
                [r_b, alpha_b, a_b, b_b],
            ],
        }
    }
}

/// (E[(1 - (1 + p z)^-rate) / p], E[(1 + p z)^-rate]) over p ~ Beta(a, b): purchases to come within
/// `z` = t / (alpha + T), and the probability to stay beyond that, of a customer who is alive, whose rate is
/// Gamma(`rate`, alpha + T) and who has stayed through `b` - b0 tosses.
///
/// Nothing is singular at a = 1 here, nothing cancels, nothing overflows: two positive sums, one for short and one for
/// long windows, that agree to about 1e-13 (tested).
pub(super) fn future(a: f64, b: f64, rate: f64, z: f64) -> (f64, f64) {
    if z <= 0.0 {
        (0.0, 1.0)
    } else if z <= 8.0 && rate * z <= 200.0 {
        by_count(a, b, rate, z)
    } else {
        by_coin(a, b, rate, z)
    }
}

/// The sum over counts, for short windows.
///
/// With N ~ NB(rate, z) the purchases of one who never leaves and q = 1 - p,
/// (1 - q^N) / (1 - q) = 1 + q + .. + q^(N - 1), so the mean is the sum over n of P(N = n) S(n) with
/// S(n) = E[1 + .. + q^(n - 1)]. O(rate z + sqrt(rate z (1 + z)) + z) terms.
fn by_count(a: f64, b: f64, rate: f64, z: f64) -> (f64, f64) {
    let y = z / (1.0 + z);
    let mut p = (-rate * z.ln_1p()).exp();
    let (mut sum, mut survive, mut bought, mut n) = (0.0, 1.0, 0.0, 0.0);
    let mut stays = p;
    loop {
        p *= (rate + n) / (n + 1.0) * y;
        bought += survive;
        survive *= (b + n) / (a + b + n);
        n += 1.0;
        let term = p * bought;
        sum += term;
        stays += p * survive;
        // From here on the terms fall faster than the geometric series of `ratio`.
        let ratio = (rate + n) / (n + 1.0) * y * (1.0 + 1.0 / n);
        if ratio < 1.0 && term * ratio <= sum * 1e-17 * (1.0 - ratio) {
            return (sum, stays);
        }
    }
}

/// The sum over the coin, for long windows and heavy buyers.
///
/// Trapezoids in w = ln(p / (1 - p)), where both factors are analytic with features of width about
/// one, so that the error falls as e^(-10 / h) or better; both tails are geometric and summed in closed form. The
/// density is normalised by the same rule.
///
/// Steps are of h <= 1/4 and at most half of sqrt(1/a + 1/b), the width of a sharp beta law in w; the walk begins at the mode
/// and goes down on either side, so that nothing is lost before something has been counted.
fn by_coin(a: f64, b: f64, rate: f64, z: f64) -> (f64, f64) {
    let h = (0.5 * (1.0 / a + 1.0 / b).sqrt()).min(0.25);
    let mode = (a / b).ln();
    let ln_1pe = |w: f64| softplus(w);
    let top = a * mode - (a + b) * ln_1pe(mode);
    let density = |w: f64| (a * w - (a + b) * ln_1pe(w) - top).exp();
    let bought = |w: f64| {
        let p = sigmoid(w);
        let gain = -(-rate * (p * z).ln_1p()).exp_m1();
        if p * z * rate < 1e-17 { rate * z } else { gain / p }
    };
    // Beyond these points density and purchases follow their leading power to the last digit.
    let left = -(38.0 + (rate * z).max(a + b).max(1.0).ln());
    let right = 38.0 + (a + b).max(2.0).ln();
    let (mut mass, mut sum, mut stays) = (0.0, 0.0, 0.0);
    let stay = |w: f64| (-rate * (sigmoid(w) * z).ln_1p()).exp();
    let mut w = mode;
    loop {
        let d = density(w);
        let f = bought(w);
        if w <= left {
            let tail = 1.0 / -(-a * h).exp_m1();
            mass += d * tail;
            sum += d * f * tail;
            stays += d * stay(w) * tail;
            break;
        }
        mass += d;
        sum += d * f;
        stays += d * stay(w);
        if d * f <= 1e-18 * sum && d <= 1e-18 * mass {
            break;
        }
        w -= h;
    }
    w = mode + h;
    loop {
        let d = density(w);
        let f = bought(w);
        if w >= right {
            let tail = 1.0 / -(-b * h).exp_m1();
            mass += d * tail;
            sum += d * f * tail;
            stays += d * stay(w) * tail;
            break;
        }
        mass += d;
        sum += d * f;
        stays += d * stay(w);
        if d * f <= 1e-18 * sum && d <= 1e-18 * mass {
            break;
        }
        w += h;
    }
    (sum / mass, stays / mass)
}
