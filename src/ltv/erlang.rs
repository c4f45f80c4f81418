//! BG/CNBD-k and MBG/CNBD-k: the coin models with regular buyers, whose gaps between purchases are Erlang-k.
//!
//! A gap is the sum of k exponential stages of rate lambda, so k = 1 is BG/NBD or MBG/NBD and a large k is clockwork. With
//! R = r + k x, y = (T - `t_x`) / (alpha + T) and n the coins tossed,
//!
//! L = Gamma(R) / Gamma(r) alpha^r B(a, b + n) / B(a, b) { (alpha + T)^-R W + a / (b + n - 1) (alpha + `t_x`)^-R },
//!
//! W = sum over j < k of C(R + j - 1, j) y^j: fewer than k stages fit into the silence. The likelihood of the papers also
//! has the product of all gaps to the power k - 1; here only (x, `t_x`, T) is kept, so that product is integrated out: given
//! x, the last purchase is a sum of k x stages, with density `t_x`^(k x - 1) / Gamma(k x). It is given relative to
//! `t_x`^(x - 1) / Gamma(x), which k = 1 has and BG/NBD leaves out: so the likelihoods of all k, and of all models here,
//! can be compared.
//!
//! # Why W
//!
//! Silence from `t_x` to T means that fewer than k further stages were completed. Given lambda their number is Poisson with
//! mean lambda (T - `t_x`); with lambda ~ Gamma(R, alpha + `t_x`) it is negative binomial, and
//!
//! P(j stages) = C(R + j - 1, j) (1 - y)^R y^j, y = (T - `t_x`) / (alpha + T), 1 - y = (alpha + `t_x`) / (alpha + T).
//!
//! The sum over j < k is (1 - y)^R W: hence the first term of L. For k = 1, W = 1 and L is that of BG/NBD.
//!
//! # What is to come
//!
//! Of one who is alive, j stages of the next purchase are done already, with probability proportional to the j-th term of W.
//! The m stages to come within t are NB(R + j, z), z = t / (alpha + T), and complete floor((j + m) / k) purchases, each with a
//! toss. The sum over j and m is positive term by term. Where more than 10^5 stages are expected, or z > 1,000, the
//! rounding down is left out: counts become stages / k, which is off by at most one purchase in 10^5 / k, and a mean over
//! the coin takes the place of a sum over millions of counts.
//!
//! # How k is chosen
//!
//! The four other parameters are fitted at k = 1, 2, 3 and so on until the likelihood falls: more regularity than there is
//! makes the observed spread of `t_x` ever less likely. k has no standard error, and costs one parameter in AIC and BIC.
//!
//! | k | gaps | coefficient of variation |
//! |---|---|---|
//! | 1 | exponential: a purchase is as likely the day after one as any day | 1 |
//! | 2 | rarely two in a row | .71 |
//! | 4 | restocking | .5 |
//! | 12 | nearly clockwork | .29 |
//!
//! Source: Platzer and Reutterer (2016), Ticking away the moments, doi:10.1287/mksc.2015.0963; Reutterer, Platzer and
//! Schroeder (2021), doi:10.1016/j.ijresmar.2020.09.002.
//!
//! # By hand
//! k = 2, R = 3 and y = .2: no stage in the silence has the probability .8^3 = .512, one .512 · 3 · .2 = .307, and W = 1.6.
//! Fewer than two: .819. With k = 1 the same silence has .512: a regular buyer in the middle of a gap is less suspect.
//!
//! # Complexity
//! P(alive) and likelihood: k sums a customer. Forecasts: k sums over the stages that are likely within t, or one sum over the
//! coin for each of the k where they are many. Derivatives: some 2 k products of [`Jet`]s a distinct history.

use crate::kernel::optim::Eval;
use crate::kernel::special::{beta_inc, ln_gamma, ln_rising, sigmoid, softplus};

use super::betageo::{BetaGeometric, Coin, future};
use super::history::RecencyFrequency;
use super::jet::Jet;

/// A coin model whose gaps have `k` stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Erlang {
    pub(super) k: u32,
    pub(super) base: BetaGeometric,
}

/// Above this many expected stages the count of purchases is taken as stages / k without rounding down.
const MANY: f64 = 1e5;

impl Erlang {
    /// Stages of a gap.
    fn k(&self) -> f64 {
        f64::from(self.k)
    }

    /// R = r + k x: the shape of the rate of stages after x purchases.
    fn stages(&self, x: f64) -> f64 {
        self.base.r + self.k() * x
    }

    /// C(R + j - 1, j) y^j for j < k, and y.
    fn silence(&self, h: &RecencyFrequency) -> (Vec<f64>, f64) {
        let rate = self.stages(h.x);
        let y = (h.t - h.t_x) / (self.base.alpha + h.t);
        let next = |(term, j): (f64, u32)| (term * (rate + f64::from(j)) / f64::from(j + 1) * y, j + 1);
        let terms = std::iter::successors(Some((1.0, 0)), |s| Some(next(*s)));
        // The largest term is below (R + k)^k, far inside the range of floats for k up to MOST and x up to a million.
        (terms.take(self.k as usize).map(|(t, _)| t).collect(), y)
    }

    /// ln of the odds of having left: those of the coin model with R in place of r + x, less ln W, for who is alive may be
    /// in the middle of a gap.
    fn log_odds_gone(&self, h: &RecencyFrequency) -> f64 {
        let tosses = self.base.tosses(h.x);
        if tosses == 0.0 {
            return f64::NEG_INFINITY;
        }
        let w: f64 = self.silence(h).0.iter().sum();
        let quiet = ((h.t - h.t_x) / (self.base.alpha + h.t_x)).ln_1p();
        (self.base.a / (self.base.b + (tosses - 1.0))).ln() + self.stages(h.x) * quiet - w.ln()
    }

    /// 1 / (1 + o), o the odds of having left at the last purchase.
    pub(super) fn p_alive(&self, h: &RecencyFrequency) -> f64 {
        sigmoid(-self.log_odds_gone(h))
    }

    /// ln of the density of `t_x` given x in stages, relative to that of k = 1.
    ///
    /// The ratio of `t_x`^(k x - 1) / Gamma(k x) to `t_x`^(x - 1) / Gamma(x): `t_x`^((k - 1) x) Gamma(x) / Gamma(k x). No
    /// parameter is in it, so that it moves no estimate of the four, only the choice of k.
    fn clock(k: f64, x: f64, t_x: f64) -> f64 {
        if x == 0.0 || k == 1.0 {
            return 0.0;
        }
        (k - 1.0) * x * t_x.max(f64::MIN_POSITIVE).ln() - (ln_gamma(k * x) - ln_gamma(x))
    }

    /// The terms of the coin model with k x stages in place of x purchases in the rate, x purchases in the coin, and ln W.
    pub(super) fn log_likelihood(&self, h: &RecencyFrequency) -> f64 {
        let BetaGeometric { r, alpha, a, b, .. } = self.base;
        let tosses = self.base.tosses(h.x);
        let stages = self.k() * h.x;
        let w: f64 = self.silence(h).0.iter().sum();
        ln_rising(r, stages) + ln_rising(b, tosses)
            - ln_rising(a + b, tosses)
            - r * (h.t / alpha).ln_1p()
            - stages * (alpha + h.t).ln()
            + w.ln()
            + softplus(self.log_odds_gone(h))
            + Self::clock(self.k(), h.x, h.t_x)
    }

    /// Log-likelihood of keys that share `x`, with derivatives in (r, alpha, a, b).
    pub(super) fn segment(
        k: u32,
        coin: Coin,
        theta: &[f64; 4],
        x: f64,
        t: &[f64],
        t_x: &[f64],
        weights: &[f64],
    ) -> Eval<4> {
        let [r, alpha, a, b] = std::array::from_fn(|i| Jet::<4>::parameter(theta[i], i));
        let tosses = if coin == Coin::AfterEvery { x + 1.0 } else { x };
        let k_x = f64::from(k) * x;
        let rate = r.plus(k_x);
        let shared =
            r.ln_rising(k_x) + b.ln_rising(tosses) + (a + b).ln_rising(tosses).scale(-1.0) + r * alpha.ln();
        let leave = (tosses > 0.0).then(|| a.ln() + b.plus(tosses - 1.0).ln().scale(-1.0));
        let mut total = Eval::ZERO;
        for ((t, t_x), weight) in t.iter().zip(t_x).zip(weights) {
            let now = alpha.plus(*t);
            let y = now.inverse().scale(t - t_x);
            let (mut term, mut w) = (Jet::constant(1.0), Jet::constant(1.0));
            for j in 1..k {
                let j = f64::from(j);
                term = term * rate.plus(j - 1.0) * y.scale(1.0 / j);
                w = w + term;
            }
            let stays = (rate * now.ln()).scale(-1.0) + w.ln();
            let ends = match leave {
                Some(leave) => stays.ln_add(leave + (rate * alpha.plus(*t_x).ln()).scale(-1.0)),
                None => stays,
            };
            let ln = (shared + ends).plus(Self::clock(f64::from(k), x, *t_x));
            total = total + ln.scale(*weight).0;
        }
        total
    }

    /// Purchases in (T, T + t] of one who is alive, and the probability to be alive after them: over the stages j already
    /// done, m stages to come ~ NB(R + j, t / (alpha + T)) complete (j + m) / k purchases, rounded down.
    fn ahead(&self, h: &RecencyFrequency, t: f64) -> (f64, f64) {
        let BetaGeometric { alpha, a, .. } = self.base;
        let b = self.base.b + self.base.tosses(h.x);
        let z = t / (alpha + h.t);
        let y = z / (1.0 + z);
        let (done, _) = self.silence(h);
        let all: f64 = done.iter().sum();
        let (mut bought, mut stays) = (0.0, 0.0);
        for (j, share) in (0_u32..).zip(&done) {
            let rate = self.stages(h.x) + f64::from(j);
            let (e, s) = if rate * z > MANY || z > 1e3 {
                future(a, b, rate, z / self.k())
            } else {
                // In logarithms until the mass begins: nothing underflows before it has been counted.
                let mut ln_p = -rate * z.ln_1p();
                let mut p = ln_p.exp();
                let (mut stage, mut m, mut n) = (j, 0.0, 0.0);
                // By now: S_n = 1 + .. + E[q^(n - 1)], and E[q^n].
                let (mut sum, mut survive) = (0.0, 1.0);
                let (mut e, mut s) = (0.0, p);
                loop {
                    let ratio = (rate + m) / (m + 1.0) * y;
                    if m >= rate * z
                        && ratio < 1.0
                        && p * (1.0 + sum) * ratio <= 1e-17 * (e + s) * (1.0 - ratio)
                    {
                        break;
                    }
                    if p < 1e-250 && m < rate * z {
                        ln_p += ratio.ln();
                        p = ln_p.exp();
                    } else {
                        p *= ratio;
                    }
                    m += 1.0;
                    stage += 1;
                    if stage == self.k {
                        stage = 0;
                        sum += survive;
                        survive *= (b + n) / (a + b + n);
                        n += 1.0;
                    }
                    e += p * sum;
                    s += p * survive;
                }
                (e, s)
            };
            bought += share / all * e;
            stays += share / all * s;
        }
        (bought, stays.min(1.0))
    }

    pub(super) fn purchases_while_alive(&self, h: &RecencyFrequency, t: f64) -> f64 {
        self.ahead(h, t).0
    }

    pub(super) fn stays(&self, h: &RecencyFrequency, t: f64) -> f64 {
        self.ahead(h, t).1
    }

    /// P(n purchases in (T, T + t]).
    ///
    /// n purchases are completed by m stages with n k <= j + m < (n + 1) k; the customer then survives n tosses, or loses the
    /// n-th, whatever stages would have followed: that needs P(at least n k - j stages), an incomplete beta function.
    pub(super) fn pmf(&self, h: &RecencyFrequency, t: f64, n: f64) -> f64 {
        let BetaGeometric { alpha, a, .. } = self.base;
        let b = self.base.b + self.base.tosses(h.x);
        let z = t / (alpha + h.t);
        let (y, rest) = (z / (1.0 + z), 1.0 / (1.0 + z));
        let alive = self.p_alive(h);
        let (done, _) = self.silence(h);
        let all: f64 = done.iter().sum();
        let survive = (ln_rising(b, n) - ln_rising(a + b, n)).exp();
        let before = if n > 0.0 { (ln_rising(b, n - 1.0) - ln_rising(a + b, n - 1.0)).exp() } else { 0.0 };
        // E[p q^(n - 1)]: leaves at the n-th purchase.
        let leaves = before * a / (a + b + n - 1.0);
        let mut sum = 0.0;
        for (j, share) in (0_u32..).zip(&done) {
            let rate = self.stages(h.x) + f64::from(j);
            let j = f64::from(j);
            let first = (n * self.k() - j).max(0.0);
            let last = (n + 1.0) * self.k() - j;
            let mut exactly = 0.0;
            let mut m = first;
            while m < last {
                let power = if m > 0.0 { m * y.ln() } else { 0.0 };
                exactly += (ln_rising(rate, m) - ln_gamma(m + 1.0) + power + rate * rest.ln()).exp();
                m += 1.0;
            }
            let at_least = if n > 0.0 { beta_inc(first.max(1.0), rate, y, rest) } else { 0.0 };
            sum += share / all * (exactly * survive + leaves * at_least);
        }
        (alive * sum + if n == 0.0 { 1.0 - alive } else { 0.0 }).clamp(0.0, 1.0)
    }
}
