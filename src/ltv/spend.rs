//! Gamma-Gamma: what a purchase of a customer is worth on average.
//!
//! # The model
//!
//! | symbol | meaning | unit |
//! |---|---|---|
//! | p | shape of a customer's purchases: coefficient of variation 1 / sqrt(p) | none |
//! | nu ~ Gamma(q, v) | inverse scale of the customer's purchases | 1 / money |
//! | m | mean of the x repeat purchases seen | money |
//!
//! m of x purchases is Gamma(p x, nu x). Over nu,
//!
//! L = Gamma(p x + q) / (Gamma(p x) Gamma(q)) v^q / m (m x)^(p x) / (v + m x)^(p x + q),
//!
//! and given (x, m), nu ~ Gamma(q + p x, v + x m), so that the mean of a later purchase is
//!
//! p (v + x m) / (p x + q - 1) = w p v / (q - 1) + (1 - w) m, w = (q - 1) / (p x + q - 1):
//!
//! between the mean of all customers and the customer's own, the more of the own the more has been seen.
//!
//! # What it says of odd money
//!
//! | case | answer | why |
//! |---|---|---|
//! | nothing seen (x = 0) | the mean of all, p v / (q - 1) | w = 1 |
//! | refunds above purchases, m < 0 | as m = 0: low, positive | a gamma law has no negative purchases |
//! | free purchases, m = 0 | low, positive; no part in the fit | ln m does not exist |
//! | p x + q <= 1 | the median of the customer's mean spend | the mean does not exist: tails are too heavy |
//!
//! The last is what makes other packages print negative values: their formula divides by q - 1 < 0.
//!
//! # Assumptions
//!
//! Spend does not depend on how often one buys (look at the correlation of x and m first: above .2 the value of frequent
//! buyers is off), and a customer's level does not change.
//!
//! # By hand
//!
//! CDNOW, p = 6.25, q = 3.74, v = 15.44 dollars; two repeat purchases of 22.35 on average: 6.25 (15.44 + 44.70) / (12.5 + 2.74)
//! = 24.66. The mean of all is 6.25 x 15.44 / 2.74 = 35.22: w = .18.

use crate::error::Result;
use crate::kernel::optim::{Eval, Search};
use crate::kernel::par;
use crate::kernel::special::{digamma, gamma_inc, ln_gamma, trigamma};

use super::fit::{Fitted, Pull, climb_in_logs};
use super::histogram::Runs;

/// The Gamma-Gamma model of spend (Fader and Hardie 2013): each purchase of a customer is Gamma(p, nu), and
/// nu ~ Gamma(q, v) over customers, independent of how often they buy.
///
/// ```
/// use regulars::ltv::GammaGamma;
///
/// // Fader and Hardie's note 025: CDNOW in dollars, a customer with two repeat purchases of $22.35 on average.
/// let spend = GammaGamma::new(6.25, 3.74, 15.44)?;
/// assert!((spend.expected(2.0, 22.35) - 24.6637).abs() < 1e-4);
/// assert!((spend.expected(0.0, 0.0) - 35.2190).abs() < 1e-4);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GammaGamma {
    pub(super) p: f64,
    pub(super) q: f64,
    pub(super) v: f64,
}

impl GammaGamma {
    /// p, q > 0 without unit, v > 0 in units of money; all finite.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) outside the domain.
    pub fn new(p: f64, q: f64, v: f64) -> Result<Self> {
        for (name, value) in [("p", p), ("q", q), ("v", v)] {
            super::process::check_positive(name, value)?;
        }
        Ok(Self { p, q, v })
    }

    /// (p, q, v): p and q without unit, v in the unit of the money it was fitted to (minor units from a ledger).
    ///
    /// ```
    /// use regulars::ltv::GammaGamma;
    /// assert_eq!(GammaGamma::new(6.25, 3.74, 15.44)?.parameters(), (6.25, 3.74, 15.44));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn parameters(&self) -> (f64, f64, f64) {
        (self.p, self.q, self.v)
    }

    /// Expected spend of a later purchase after `x` repeat purchases of `mean` on average: p (v + x mean) / (p x + q - 1).
    ///
    /// For `x` = 0 that is the mean over all customers, p v / (q - 1). Where p x + q <= 1 no mean exists (the spend of
    /// customers is too heavy-tailed), and the median customer's mean spend is given instead: finite and positive
    /// always. A negative `mean` (refunds above purchases) counts as 0, values that are not numbers as well.
    ///
    /// ```
    /// use regulars::ltv::GammaGamma;
    /// let heavy = GammaGamma::new(0.5, 0.4, 10.0)?;
    /// assert!(heavy.expected(0.0, 0.0) > 0.0); // q < 1: no mean, the median
    /// assert!(heavy.expected(1.0, -7.0) > 0.0); // more given back than bought
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn expected(&self, x: f64, mean: f64) -> f64 {
        let (x, mean) = (non_negative(x), non_negative(mean));
        let shape = self.p * x + self.q;
        let scale = self.p * (self.v + x * mean);
        // Just above 1 the mean explodes without information: from there on the median, which the mean exceeds.
        let value = if shape > 1.0 { scale / (shape - 1.0) } else { scale / gamma_median(shape) };
        value.min(f64::MAX)
    }

    /// Log-likelihood of a mean spend `mean` > 0 over `x` >= 1 repeat purchases; -inf outside.
    ///
    /// A density in money: in cents it is lower by ln 100 for each customer than in dollars.
    ///
    /// ```
    /// use regulars::ltv::GammaGamma;
    /// let (dollars, cents) = (GammaGamma::new(6.25, 3.74, 15.44)?, GammaGamma::new(6.25, 3.74, 1_544.0)?);
    /// let difference = dollars.log_likelihood(2.0, 22.35) - cents.log_likelihood(2.0, 2_235.0);
    /// assert!((difference - 100.0_f64.ln()).abs() < 1e-12);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn log_likelihood(&self, x: f64, mean: f64) -> f64 {
        if !(x > 0.0 && mean > 0.0 && x.is_finite() && mean.is_finite()) {
            return f64::NEG_INFINITY;
        }
        let shape = self.p * x;
        ln_gamma(shape + self.q) - ln_gamma(shape) - ln_gamma(self.q) + self.q * self.v.ln() - mean.ln()
            + shape * (mean * x).ln()
            - (shape + self.q) * (self.v + mean * x).ln()
    }
}

/// What is not a positive number counts as 0, and infinity as the largest number.
fn non_negative(value: f64) -> f64 {
    if value > 0.0 { value.min(f64::MAX) } else { 0.0 }
}

/// The median of Gamma(shape, 1) for shape <= 1, by bisection on the logarithm.
fn gamma_median(shape: f64) -> f64 {
    // P(shape, x) <= x^shape / Gamma(shape + 1), so the median is at least (Gamma(shape + 1) / 2)^(1 / shape).
    let low = ((ln_gamma(shape + 1.0) - std::f64::consts::LN_2) / shape).max(-700.0);
    let (mut low, mut high) = (low, 0.0_f64.max(low));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if gamma_inc(shape, middle.exp()).0 < 0.5 { low = middle } else { high = middle }
    }
    high.exp()
}

/// Log-likelihood of keys (mean spend) that share `x`, with derivatives in (p, q, v); `ln_mean` is their weighted sum of
/// ln mean.
pub(super) fn segment([p, q, v]: [f64; 3], x: f64, means: &[f64], weights: &[f64], ln_mean: f64) -> Eval<3> {
    let (mut w_sum, mut ln, mut inv, mut inv2) = (0.0, 0.0, 0.0, 0.0);
    for (m, w) in means.iter().zip(weights) {
        let total = v + m * x;
        let i = 1.0 / total;
        w_sum += w;
        ln += w * total.ln();
        inv += w * i;
        inv2 += w * i * i;
    }
    let (px, shape) = (p * x, p * x + q);
    let (psi, psi1) = (digamma(shape), trigamma(shape));
    let value = w_sum * (ln_gamma(shape) - ln_gamma(px) - ln_gamma(q) + q * v.ln() + px * x.ln())
        + (px - 1.0) * ln_mean
        - shape * ln;
    let pv = -x * inv;
    let qv = w_sum / v - inv;
    let pq = w_sum * x * psi1;
    Eval {
        value,
        gradient: [
            x * (w_sum * (psi - digamma(px) + x.ln()) + ln_mean - ln),
            w_sum * (psi - digamma(q) + v.ln()) - ln,
            w_sum * q / v - shape * inv,
        ],
        hessian: [
            [w_sum * x * x * (psi1 - trigamma(px)), pq, pv],
            [pq, w_sum * (psi1 - trigamma(q)), qv],
            [pv, qv, -w_sum * q / (v * v) + shape * inv2],
        ],
    }
}

/// Maximum likelihood; `start` of an earlier fit, if there is one.
pub(super) fn fit(runs: &Runs, weights: &[f64], start: Option<[f64; 3]>) -> Fitted<3> {
    let segments = runs.segments();
    let ln_means: Vec<f64> = par::map(segments.len(), |s| {
        (segments[s].start..segments[s].end).map(|i| weights[i] * runs.first[i].ln()).sum()
    });
    let (money, purchases) = segments.iter().fold((0.0, 0.0), |(money, n), g| {
        let m: f64 = (g.start..g.end).map(|i| weights[i] * runs.first[i]).sum();
        let w: f64 = weights[g.start..g.end].iter().sum();
        (money + m, n + w)
    });
    let typical = if purchases > 0.0 { (money / purchases).max(f64::MIN_POSITIVE) } else { 1.0 };
    let centre = [0.0, 0.0, typical.ln()];
    let starts = match start {
        Some(theta) => vec![theta.map(f64::ln)],
        None => vec![[1.5, 1.0, typical.ln() - 0.5], [0.0, 0.7, typical.ln()]],
    };
    climb_in_logs(Search::about(centre, 16.0), &Pull::NONE, &starts, |theta| {
        par::reduce_chunks(
            segments.len(),
            4,
            |range| {
                range.fold(Eval::ZERO, |sum, s| {
                    let g = segments[s];
                    let keys = g.start..g.end;
                    sum + segment(*theta, g.x, &runs.first[keys.clone()], &weights[keys], ln_means[s])
                })
            },
            |a, b| a + b,
        )
        .unwrap_or(Eval::ZERO)
    })
}
