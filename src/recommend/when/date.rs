//! `NextDate`: the distribution of one next purchase.
//!
//! 18 survival probabilities stand for the whole distribution; between the ends of the periods the chance of a day is the same
//! every day of a period, given silence so far. A date needs no model.

use crate::error::{Error, Result};
use crate::types::{AsOf, Day, Probability};

/// Ends of the periods, in days after the as-of day.
pub(super) const ENDS: [u16; 18] = [1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 270, 365];

/// The distribution of the day of the next purchase.
///
/// Beyond a year the chances of the last period go on.
///
/// ```
/// use regulars::{data::*, recommend::*, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for day in [1, 8, 15, 22] {
/// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
/// # }
/// # let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
/// let dates = NextPurchaseParams::new().timing(Timing::LognormalGaps).fit(now)?.predict(now)?;
/// let ann = &dates.values()[0];
/// let (early, late) = ann.interval(Probability::new(0.8)?)?;
/// assert!(early > Day::ymd(2024, 5, 24)? && early <= ann.median() && ann.median() <= late);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NextDate {
    as_of: Day,
    /// Days since the last purchase, and the usual gap.
    since: f64,
    gap: f64,
    /// P(no purchase up to each end).
    survival: [f32; ENDS.len()],
}

/// Where a customer stands against the usual gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Standing {
    /// Less than four fifths of the usual gap has passed.
    NotYet,
    /// About the usual gap has passed, up to one and a half of it.
    Due,
    /// More than that.
    Overdue,
}

impl NextDate {
    pub(super) fn new(as_of: AsOf, since: f64, gap: f64, survival: [f32; ENDS.len()]) -> Self {
        Self { as_of: as_of.day(), since, gap, survival }
    }

    /// P(no purchase within `days`).
    ///
    /// `S(d) = S(a) · (S(b) / S(a))^((d − a) / (b − a))` for d in the period from a to b. By hand: S(7) = 0.8 and S(10) = 0.64
    /// give S(8) = 0.8 · 0.8^(1/3) = 0.743. Beyond the last end the exponent exceeds 1: the last period's daily chance goes on.
    fn silent(&self, days: f64) -> f64 {
        if days <= 0.0 {
            return 1.0;
        }
        let at = ENDS.partition_point(|end| f64::from(*end) < days).min(ENDS.len() - 1);
        let (from, before) = match at.checked_sub(1) {
            None => (0.0, 1.0),
            Some(b) => (f64::from(ENDS[b]), f64::from(self.survival[b])),
        };
        let after = f64::from(self.survival[at]);
        let share = (days - from) / (f64::from(ENDS[at]) - from);
        // Even in logarithms; a certain return leaves nothing.
        if before > 0.0 && after > 0.0 { before * (after / before).powf(share) } else { 0.0 }
    }

    /// The probability of a purchase within so many days after the as-of day.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// let date = NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0];
    /// assert_eq!(date.within(0).get(), 0.0);
    /// assert!(date.within(60) >= date.within(7));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn within(&self, days: u32) -> Probability {
        Probability::saturating(1.0 - self.silent(days.into()))
    }

    /// The first day by which the purchase has come with probability `p`; `None` beyond ten years.
    ///
    /// The least whole d ≥ 1 with 1 − S(d) ≥ p, by bisection: twelve looks at the survival function. `p` = 0 is tomorrow.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// let date = NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0];
    /// assert_eq!(date.quantile(Probability::ZERO), Some(Day::ymd(2024, 5, 25)?));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn quantile(&self, p: Probability) -> Option<Day> {
        let (mut low, mut high) = (0_u32, FAR);
        if self.within(high) < p {
            return None;
        }
        while high - low > 1 {
            let middle = u32::midpoint(low, high);
            if self.within(middle) >= p { high = middle } else { low = middle }
        }
        self.as_of.checked_add(high.into())
    }

    /// The day by which the purchase has come as likely as not; ten years on where it is later.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// assert!(NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0].median() > Day::ymd(2024, 5, 24)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn median(&self) -> Day {
        self.quantile(Probability::saturating(0.5)).unwrap_or(self.far())
    }

    fn far(&self) -> Day {
        self.as_of.checked_add(FAR.into()).unwrap_or(self.as_of)
    }

    /// The central interval that holds the day with probability `share`; an end beyond ten years is ten years on.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a share of 0 or 1.
    pub fn interval(&self, share: Probability) -> Result<(Day, Day)> {
        if share <= Probability::ZERO || share >= Probability::ONE {
            return Err(Error::param("share", "must lie strictly between 0 and 1", share.get()));
        }
        let tail = (1.0 - share.get()) / 2.0;
        let at = |p: f64| self.quantile(Probability::saturating(p)).unwrap_or(self.far());
        Ok((at(tail), at(1.0 - tail)))
    }

    /// Where the customer stands: days since the last purchase against the usual gap.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 8, 15, 22] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let standing = |day| -> Result<Standing, regulars::Error> {
    ///     let now = ledger.observed(AsOf::ymd(2024, 6, day)?)?;
    ///     Ok(NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0].standing())
    /// };
    /// assert_eq!(standing(28)?, Standing::Overdue);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn standing(&self) -> Standing {
        match self.since / self.gap {
            ratio if ratio < 0.8 => Standing::NotYet,
            ratio if ratio <= 1.5 => Standing::Due,
            _ => Standing::Overdue,
        }
    }

    /// The usual gap in days, shrunk to everybody's.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 8, 15, 22] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// assert_eq!(NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0].usual_gap(), 7.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn usual_gap(&self) -> f64 {
        self.gap
    }

    /// The day to make contact: so early that the purchase is still ahead with probability `ahead`, and tomorrow where
    /// that has passed. A reminder should come shortly before the purchase, not after it: .75 serves.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// let date = NextPurchaseParams::new().fit(now)?.predict(now)?.values()[0];
    /// assert!(date.contact(Probability::new(0.75)?) <= date.median());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn contact(&self, ahead: Probability) -> Day {
        self.quantile(ahead.complement()).unwrap_or(self.far())
    }
}

/// Ten years of days.
const FAR: u32 = 3_653;
