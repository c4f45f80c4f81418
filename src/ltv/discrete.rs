//! BG/BB: customers with a chance to buy at each of a series of occasions (events, mailings, seasons).
//!
//! While alive a customer buys at an occasion with probability p ~ Beta(alpha, beta), and leaves before the next one with
//! probability theta ~ Beta(gamma, delta). With x purchases, the last at occasion `t_x` of n,
//!
//! L = B(alpha + x, beta + n - x) / B(alpha, beta) B(gamma, delta + n) / B(gamma, delta),
//! plus, for each i from 0 to n - `t_x` - 1,
//! B(alpha + x, beta + `t_x` - x + i) / B(alpha, beta) B(gamma + 1, delta + `t_x` + i) / B(gamma, delta).
//!
//! # By hand
//!
//! alpha = beta = gamma = delta = 1, one occasion, no purchase: either alive and silent, E[(1 - p)] E[(1 - theta)] = 1/2 1/2,
//! or gone before the occasion, E[theta] = 1/2. L = 3/4, and P(alive for the second) = (1/2 1/3) / (3/4) = 2/9: two
//! chances to leave survived, E[(1 - theta)^2] = 1/3, one silence.
//!
//! # What is to come
//!
//! One who is alive for the next occasion has p ~ Beta(alpha + x, beta + n - x) and theta ~ Beta(gamma, delta + n + 1), so that
//! the purchase at the k-th occasion from now has probability (alpha + x) / (alpha + beta + n) times E[(1 - theta)^(k - 1)].
//! The sum over k is cut where a term no longer counts; a million occasions are the most.
//!
//! The sum is over the occasion after which the customer left. Everything is computed relative to its largest term, in
//! O(n - `t_x`).
//!
//! Source: Fader, Hardie and Shang (2010), doi:10.1287/mksc.1100.0580, equations 5 to 14.
//!
//! # Symbols
//! | symbol | meaning |
//! |---|---|
//! | n | occasions so far: whole, at most a million |
//! | x, `t_x` | purchases, and the occasion of the last one; x <= `t_x` <= n |
//! | alpha, beta | of the beta law of p, the probability to buy at an occasion while alive; mean alpha / (alpha + beta) |
//! | gamma, delta | of the beta law of theta, the probability to leave before an occasion; mean gamma / (gamma + delta) |
//!
//! # Assumptions
//! Occasions are the same for everybody and one purchase at each is the most. Where purchases may come on any day, cutting time
//! into months loses whoever buys twice in one: use a model in continuous time.
//!
//! # Complexity
//! P(alive) and likelihood: O(n - `t_x`). Forecasts: O(t), ended early where nobody is left. Derivatives cost as many products of
//! [`Jet`]s.

use crate::kernel::optim::Eval;
use crate::kernel::special::{ln_gamma, ln_rising, sigmoid, softplus};

use super::history::RecencyFrequency;
use super::jet::Jet;

/// p ~ Beta(alpha, beta), theta ~ Beta(gamma, delta).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BetaBernoulli {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) delta: f64,
}

/// More occasions to come than this count as this many: nobody is sent a million mailings.
const MOST: f64 = 1e6;

/// x, `t_x` and n as whole numbers with x <= `t_x` <= n.
fn whole(h: &RecencyFrequency) -> (f64, f64, f64) {
    let n = h.t.floor().min(MOST);
    let t_x = h.t_x.floor().min(n);
    (h.x.min(t_x), t_x, n)
}

impl BetaBernoulli {
    /// ln of the odds of having left by the n-th occasion: the sum over i over the term of staying.
    ///
    /// Each term follows from the one before by a ratio of four numbers, so that n - `t_x` of them cost no gamma function; all
    /// are relative to the first, the largest, since silence while alive only gets less likely.
    fn log_odds_gone(&self, h: &RecencyFrequency) -> f64 {
        let (x, t_x, n) = whole(h);
        // Terms relative to the one of i = 0 follow by products; the term of staying follows the last of them.
        let (mut term, mut sum, mut i) = (1.0_f64, 0.0, 0.0);
        let mut stay = self.gamma_ratio(t_x);
        while i < n - t_x {
            sum += term;
            // No purchase at occasion t_x + i + 1, while alive.
            let miss = (self.beta + t_x - x + i) / (self.alpha + self.beta + t_x + i);
            term *= miss * (self.delta + t_x + i) / (self.gamma + self.delta + t_x + i + 1.0);
            stay += miss.ln() + ((self.delta + t_x + i) / (self.gamma + self.delta + t_x + i)).ln();
            i += 1.0;
        }
        if sum > 0.0 { sum.ln() - stay } else { f64::NEG_INFINITY }
    }

    /// ln of (staying through `t_x`) / (leaving right after it): B(gamma, delta + `t_x`) / B(gamma + 1, delta + `t_x`).
    fn gamma_ratio(&self, t_x: f64) -> f64 {
        ((self.gamma + self.delta + t_x) / self.gamma).ln()
    }

    /// P(alive for the next occasion): alive at the n-th by the odds, times E[1 - theta] = (delta + n) / (gamma + delta + n) of
    /// who has stayed n times.
    pub(super) fn p_alive(&self, h: &RecencyFrequency) -> f64 {
        // The survivors of the n-th occasion who do not leave before the next one.
        let (_, _, n) = whole(h);
        sigmoid(-self.log_odds_gone(h)) * (self.delta + n) / (self.gamma + self.delta + n)
    }

    /// ln of the staying term, B(alpha + x, beta + n - x) / B(alpha, beta) B(gamma, delta + n) / B(gamma, delta), and
    /// ln(1 + o), o the odds of having left.
    pub(super) fn log_likelihood(&self, h: &RecencyFrequency) -> f64 {
        let (x, _, n) = whole(h);
        ln_rising(self.alpha, x) + ln_rising(self.beta, n - x) - ln_rising(self.alpha + self.beta, n)
            + ln_rising(self.delta, n)
            - ln_rising(self.gamma + self.delta, n)
            + softplus(self.log_odds_gone(h))
    }

    /// Expected purchases at the next `t` occasions of one who is alive for the next one: (alpha + x) / (alpha + beta + n)
    /// times the expected occasions to be alive at.
    pub(super) fn purchases_while_alive(&self, h: &RecencyFrequency, t: f64) -> f64 {
        let (x, _, n) = whole(h);
        let t = t.floor().min(MOST);
        let (mut alive, mut sum, mut k) = (1.0, 0.0, 1.0);
        while k <= t && alive > 1e-18 * sum {
            sum += alive;
            alive *= (self.delta + n + k) / (self.gamma + self.delta + n + k);
            k += 1.0;
        }
        (self.alpha + x) / (self.alpha + self.beta + n) * sum
    }

    /// As [`purchases_while_alive`](Self::purchases_while_alive), a purchase at the k-th occasion to come counting
    /// e^(-`rate` k).
    pub(super) fn discounted_while_alive(&self, h: &RecencyFrequency, rate: f64, t: f64) -> f64 {
        let (x, _, n) = whole(h);
        let t = t.floor().min(MOST);
        let worth = (-rate).exp();
        let (mut alive, mut sum, mut k) = (worth, 0.0, 1.0);
        while k <= t && alive > 1e-18 * sum {
            sum += alive;
            alive *= worth * (self.delta + n + k) / (self.gamma + self.delta + n + k);
            k += 1.0;
        }
        (self.alpha + x) / (self.alpha + self.beta + n) * sum
    }

    /// P(still alive for the occasion after the next `t`) of one who is alive for the next one.
    ///
    /// E[(1 - theta)^t] over Beta(gamma, delta + n + 1), as a ratio of rising factorials. By hand, gamma = delta = n = t = 1:
    /// 3 / 4.
    pub(super) fn stays(&self, h: &RecencyFrequency, t: f64) -> f64 {
        let (_, _, n) = whole(h);
        let t = t.floor().min(MOST);
        (ln_rising(self.delta + n + 1.0, t) - ln_rising(self.gamma + self.delta + n + 1.0, t)).exp().min(1.0)
    }

    /// P(k purchases at the next `t` occasions) of one who is alive for the next one: over the occasion after which the
    /// customer leaves, the beta-binomial probability of k among those before it.
    pub(super) fn pmf(&self, h: &RecencyFrequency, t: f64, k: f64) -> f64 {
        let (x, _, n) = whole(h);
        let t = t.floor().min(MOST);
        if k > t {
            return 0.0;
        }
        let (a, b) = (self.alpha + x, self.beta + n - x);
        let counts = |m: f64| {
            let choose = ln_gamma(m + 1.0) - ln_gamma(k + 1.0) - ln_gamma(m - k + 1.0);
            (choose + ln_rising(a, k) + ln_rising(b, m - k) - ln_rising(a + b, m)).exp()
        };
        // Alive for the m-th next occasion.
        let (mut alive, mut sum, mut m) = (1.0, 0.0, 1.0);
        while m < t {
            let leave = self.gamma / (self.gamma + self.delta + n + m);
            if m >= k {
                sum += alive * leave * counts(m);
            }
            alive *= 1.0 - leave;
            m += 1.0;
        }
        (sum + alive * counts(t)).min(1.0)
    }

    /// Log-likelihood of keys that share `x`, with derivatives in (alpha, beta, gamma, delta).
    pub(super) fn segment(theta: &[f64; 4], x: f64, t: &[f64], t_x: &[f64], weights: &[f64]) -> Eval<4> {
        let [alpha, beta, gamma, delta] = std::array::from_fn(|i| Jet::<4>::parameter(theta[i], i));
        let mut total = Eval::ZERO;
        for ((t, t_x), weight) in t.iter().zip(t_x).zip(weights) {
            let (x, t_x, n) = whole(&RecencyFrequency { x, t_x: *t_x, t: *t });
            let bought =
                |n: f64| alpha.ln_rising(x) + beta.ln_rising(n - x) + (alpha + beta).ln_rising(n).scale(-1.0);
            let stayed = |n: f64| delta.ln_rising(n) + (gamma + delta).ln_rising(n).scale(-1.0);
            let mut ln = bought(n) + stayed(n);
            let mut last = t_x;
            while last < n {
                let leaves = stayed(last) + gamma.ln() + (gamma + delta).plus(last).ln().scale(-1.0);
                ln = ln.ln_add(bought(last) + leaves);
                last += 1.0;
            }
            total = total + ln.scale(*weight).0;
        }
        total
    }
}
