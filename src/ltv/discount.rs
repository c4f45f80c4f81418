//! `Discount`: what a later purchase is worth today.
//!
//! # The two conventions
//!
//! | | periods (this type) | continuous (the `rate` of [`PurchaseProcess`](super::PurchaseProcess)) |
//! |---|---|---|
//! | a purchase at time u counts | (1 + rate)^-k, k the period it falls in | e^(-rate u) |
//! | who does so | managers, lifetimes, spreadsheets | DERT, Pareto/NBD papers, CLVTools |
//! | 10 % a year is | rate .1 per year, or .00797 per month | rate ln 1.1 = .0953 per year |
//!
//! Neither is more right; a figure is only comparable with one of its own kind. End of period is the cautious one: a
//! purchase on the first day of a month counts as if it came on the last.
//!
//! # By hand
//!
//! 1 % a month, 2 purchases expected in the first month, 1 in the second: 2 / 1.01 + 1 / 1.0201 = 2.9605. By the cumulative
//! expectation E(1) = 2, E(2) = 3: 2 (1 / 1.01 - 1 / 1.0201) + 3 / 1.0201, the same with positive weights only.

use crate::data::TimeUnit;
use crate::error::{Error, Result};

/// A discount per period, end of period: purchases of the k-th period after the end of the history count
/// (1 + rate)^-k.
///
/// The last period of a horizon may be cut short; its purchases are discounted to its shortened end.
///
/// ```
/// use regulars::ltv::Discount;
/// use regulars::data::TimeUnit;
///
/// let monthly = Discount::per(0.01, TimeUnit::Month)?; // 1 % a month
/// assert_eq!(monthly.rate(), 0.01);
/// assert!(Discount::per(-0.1, TimeUnit::Year).is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Discount {
    rate: f64,
    period_days: f64,
}

impl Discount {
    /// Future money is worth as much as present money.
    pub const NONE: Self = Self { rate: 0.0, period_days: 365.25 };

    /// Interest of `rate` (0.01 is 1 %) per unit of time.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless 0 <= rate <= 1e6.
    pub fn per(rate: f64, unit: TimeUnit) -> Result<Self> {
        Self::every(rate, unit.in_days())
    }

    /// Interest of `rate` per period of that many days: lifetimes' month is `4.345 * 7.0`.
    ///
    /// # Errors
    /// As [`Discount::per`]; a period must last 1 to 365,250 days.
    pub fn every(rate: f64, period_days: f64) -> Result<Self> {
        if !(0.0..=1e6).contains(&rate) {
            return Err(Error::param("rate", "must lie between 0 and 1e6", rate));
        }
        if !(1.0..=365_250.0).contains(&period_days) {
            return Err(Error::param("period_days", "must lie between 1 and 365250", period_days));
        }
        Ok(Self { rate, period_days })
    }

    /// Interest per period: .01 is one per cent.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Days in a period.
    pub fn period_days(&self) -> f64 {
        self.period_days
    }

    /// Discounted purchases within `days` as a weighted sum of the cumulative expectation E: pairs (time, weight), all
    /// weights non-negative, the times in units of `unit_days`.
    ///
    /// With d(k) the worth at the end of period k, sum of (E(k) - E(k - 1)) d(k) = sum of E(k) (d(k) - d(k + 1)).
    pub(super) fn schedule(&self, days: f64, unit_days: f64) -> Vec<(f64, f64)> {
        /// Beyond this worth a purchase no longer counts.
        const WORTHLESS: f64 = 1e-18;
        if self.rate == 0.0 {
            return vec![(days / unit_days, 1.0)];
        }
        let worth = |at: f64| (-(self.rate.ln_1p()) * (at / self.period_days)).exp();
        let mut schedule = Vec::new();
        let mut k = 1.0;
        loop {
            let end = (k * self.period_days).min(days);
            let last = end >= days || worth(end) < WORTHLESS;
            let next = if last { 0.0 } else { worth(((k + 1.0) * self.period_days).min(days)) };
            schedule.push((end / unit_days, worth(end) - next));
            if last {
                return schedule;
            }
            k += 1.0;
        }
    }
}

/// 10 % a year, in months: 1.1^(1/12) - 1 each.
impl Default for Discount {
    fn default() -> Self {
        Self { rate: 1.1_f64.powf(1.0 / 12.0) - 1.0, period_days: TimeUnit::Month.in_days() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_the_sum_over_periods() {
        let discount = Discount::every(0.01, 30.0).unwrap();
        let e = |t: f64| (t + 1.0).ln();
        let schedule = discount.schedule(100.0, 7.0);
        let got: f64 = schedule.iter().map(|(t, w)| w * e(*t)).sum();
        let ends = [30.0, 60.0, 90.0, 100.0];
        let mut expected = 0.0;
        let mut before = 0.0;
        for end in ends {
            expected += (e(end / 7.0) - before) * 1.01_f64.powf(-end / 30.0);
            before = e(end / 7.0);
        }
        assert!((got - expected).abs() < 1e-14, "{got} {expected}");
        assert!(schedule.iter().all(|(_, w)| *w >= 0.0));
        assert_eq!(Discount::NONE.schedule(70.0, 7.0), vec![(10.0, 1.0)]);
        // A thousand years at a steep rate end when nothing is worth anything.
        assert!(Discount::every(1e6, 1.0).unwrap().schedule(365_250.0, 1.0).len() < 10);
    }
}
