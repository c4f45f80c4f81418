//! How good the dates are against what came.
//!
//! # Measures by hand
//! F is 0.2, 0.5 and 0.7 on the three days of a holdout, and the purchase came on the second.
//!
//! | measure | value |
//! |---|---|
//! | CRPS | 0.2² + (0.5 − 1)² + (0.7 − 1)² = 0.04 + 0.25 + 0.09 = 0.38 days |
//! | transform | uniform in F(1) to F(2), that is 0.2 to 0.5 |
//! | had it not come | CRPS 0.04 + 0.25 + 0.49 = 0.78 days, transform uniform in 0.7 to 1 |
//!
//! The CRPS is proper (Gneiting and Raftery 2007): nobody gains by telling another distribution than the believed one. For a
//! certain day it is the days by which that day is wrong. The transform is uniform for true distributions (Czado, Gneiting,
//! Held 2009), and censoring at the horizon keeps it so, since what is left of the distribution is spread evenly.
//!
//! # Complexity
//! O(subjects · horizon in days). Subjects are scored in order, by one thread; the dates are made in parallel.

use crate::data::Split;
use crate::error::Result;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::date::NextDate;
use super::model::NextPurchaseModel;
use super::states::sequences;

/// Days at which the chance of a return is held against the returns.
const CHECKED: [u32; 4] = [7, 30, 60, 90];

/// Quality of the dates of all customers, or of all their items, known at one cut. Those who did not come within the holdout are
/// censored, not absent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TimingQuality {
    /// Dates scored: one a customer, or one for each item that each customer has bought.
    pub subjects: u64,
    /// Customers.
    pub customers: u64,
    /// Dates that came within the holdout.
    pub returned: u64,
    /// Continuous ranked probability score, cut at the horizon: Σ over the days of the holdout of (F(d) − \[came by d\])²,
    /// in days; lower is better.
    pub crps: f64,
    /// (days, mean of P(return by day) − share that returned) at 7, 30, 60 and 90 days within the holdout.
    pub calibration: Vec<(u32, f64)>,
    /// Share of customers whose randomised probability integral transform lies in \[.1, .9\]: .8 where all is well.
    pub coverage_80: f64,
    /// Mean |median − day| of those who came, the median cut at the horizon.
    pub mae_days: f64,
    /// CRPS of each customer (the mean over the customer's items), for paired intervals.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub per_customer: Vec<f64>,
}

impl NextPurchaseModel {
    /// Foresees every customer, or every item of every customer, at the cut of a split and scores it by the holdout. `seed`
    /// spreads the transform of those who did not come over what was left.
    ///
    /// ```
    /// use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 8, 15, 22, 29] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let split = ledger.split(AsOf::ymd(2024, 5, 19)?, Horizon::days(10)?)?;
    /// let quality = NextPurchaseParams::new().fit(split.observed())?.evaluate(&split, Seed(1))?;
    /// assert_eq!((quality.customers, quality.returned), (1, 1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn evaluate(&self, split: &Split<'_>, seed: Seed) -> Result<TimingQuality> {
        let dates = self.dates(split.observed())?;
        let (cut, until) = (split.as_of().day(), split.holdout().days().1);
        let horizon = u32::try_from(until - cut).unwrap_or(0);
        let all: usize = dates.values().iter().map(Vec::len).sum();
        let mut quality = TimingQuality {
            subjects: all as u64,
            customers: dates.len() as u64,
            returned: 0,
            crps: 0.0,
            calibration: CHECKED.iter().filter(|d| **d <= horizon).map(|d| (*d, 0.0)).collect(),
            coverage_80: 0.0,
            mae_days: 0.0,
            per_customer: Vec::with_capacity(dates.len()),
        };
        let mut row = 0_u64;
        for (customer, own) in dates.iter() {
            let later = sequences(split.holdout().history(customer)?, self.subject);
            let mut mean = 0.0;
            for (item, date) in own {
                let came = later.iter().find(|s| s.item == *item).and_then(|s| s.days.first());
                let came = came.and_then(|day| u32::try_from(*day - cut).ok());
                let crps = crps(date, came, horizon);
                quality.crps += crps;
                mean += crps / own.len() as f64;
                for (days, error) in &mut quality.calibration {
                    *error +=
                        date.within(*days).get() - f64::from(u8::from(came.is_some_and(|d| d <= *days)));
                }
                let (low, high) = match came {
                    Some(days) => (date.within(days - 1).get(), date.within(days).get()),
                    None => (date.within(horizon).get(), 1.0),
                };
                let transform = low + Rng::new(seed, row).uniform() * (high - low);
                row += 1;
                quality.coverage_80 += f64::from(u8::from((0.1..=0.9).contains(&transform)));
                if let Some(days) = came {
                    quality.returned += 1;
                    let median = ((date.median() - cut) as f64).min(horizon.into());
                    quality.mae_days += (median - f64::from(days)).abs();
                }
            }
            quality.per_customer.push(mean);
        }
        let over = 1.0 / f64::max(all as f64, 1.0);
        quality.crps *= over;
        quality.coverage_80 *= over;
        quality.calibration.iter_mut().for_each(|(_, error)| *error *= over);
        quality.mae_days /= quality.returned.max(1) as f64;
        Ok(quality)
    }
}

/// Σ over days 1 .. horizon of (F(d) − \[came by d\])².
fn crps(date: &NextDate, came: Option<u32>, horizon: u32) -> f64 {
    let square = |day: u32| {
        let truth = f64::from(u8::from(came.is_some_and(|c| c <= day)));
        (date.within(day).get() - truth).powi(2)
    };
    (1..=horizon).map(square).sum()
}
