//! The tracking plot: purchases week by week, expected and actual, before and after the cut.

use crate::data::{Observed, Occasion, Purchases, Refunds, Split};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Day;

use super::history::RecencyFrequency;
use super::model::LtvModel;

/// Cumulative repeat purchases of everybody who had bought by the cut, week by week from the first day.
///
/// The "tracking plot" of the lifetime literature: two curves that should lie on each other beyond the cut, too. All
/// vectors have one entry a week; the last days, where they are no whole week, are left out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Tracking {
    /// Last day of each week.
    pub days: Vec<Day>,
    /// Purchases that happened, up to the end of each week.
    pub actual: Vec<f64>,
    /// Purchases that the model expects of customers who began when these did.
    pub expected: Vec<f64>,
    /// Number of weeks before the cut: what follows is forecast.
    pub known_weeks: usize,
}

impl Tracking {
    /// The purchases of each week: actual and expected. Where the cumulative curves hide a season, these show it.
    pub fn weekly(&self) -> Vec<(f64, f64)> {
        let step = |v: &[f64], i: usize| v[i] - if i > 0 { v[i - 1] } else { 0.0 };
        (0..self.days.len()).map(|i| (step(&self.actual, i), step(&self.expected, i))).collect()
    }
}

/// Days of one step.
const WEEK: i64 = 7;

/// The longest curve: two centuries. Days that far apart are slips of the pen, and a step for each week between them
/// would take memory without end.
pub(super) const MOST_WEEKS: i64 = 10_436;

impl LtvModel {
    /// The model's unconditional expectation for customers who began when these did, against what they bought up to the end
    /// of the holdout. A model is judged by the weeks behind the cut; those before it show whether it fits at all.
    ///
    /// E[X(t)] of a newcomer, for each customer's age at the end of each week, summed; ages are shared by customers who began
    /// on one day, so the cost is O(weeks x first days), not O(weeks x customers). Of an averaged model the mean; drift,
    /// which is about the days to come, is left out.
    ///
    /// # Errors
    /// As [`PurchaseHistory::observed`](crate::data::PurchaseHistory::observed);
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the days lie more than two centuries apart.
    ///
    /// ```
    /// use regulars::ltv::{LtvParams, Model};
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let ledger = ShopParams::new(500, Seed(3)).simulate()?.ledger()?;
    /// let cut = AsOf::new(ledger.covers().1.checked_add(-91).unwrap());
    /// let split = ledger.split(cut, Horizon::weeks(13)?)?;
    /// let tracking = LtvParams::new(Model::BgNbd).fit(split.observed())?.track(split)?;
    /// assert_eq!(tracking.days.len() - tracking.known_weeks, 13);
    /// let total: f64 = tracking.weekly().iter().map(|(actual, _)| actual).sum();
    /// assert_eq!(Some(&total), tracking.actual.last());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn track(&self, split: Split<'_>) -> Result<Tracking> {
        let now = split.observed();
        self.provenance.check(&now.provenance())?;
        let purchases = Purchases::observed(now, Occasion::Day, Refunds::Net)?;
        let first = purchases.first_days().iter().min().copied().unwrap_or(now.as_of().day());
        let (_, until) = split.holdout().days();
        if until - first > MOST_WEEKS * WEEK {
            return Err(Error::input(format!(
                "{first} and {until} lie too far apart to follow week by week"
            )));
        }
        let weeks = usize::try_from((until - first) / WEEK).unwrap_or(0);
        let known = usize::try_from((now.as_of().day() - first) / WEEK).unwrap_or(0);
        let week_of = |day: Day| usize::try_from((day - first - 1).div_euclid(WEEK)).unwrap_or(0);
        let mut actual = vec![0.0; weeks];
        for (row, customer) in purchases.customers().iter().enumerate() {
            let begun = purchases.first_days()[row];
            for day in repeat_days(now, split, customer.index(), begun) {
                if let Some(count) = actual.get_mut(week_of(day)) {
                    *count += 1.0;
                }
            }
        }
        for w in 1..weeks {
            actual[w] += actual[w - 1];
        }
        let mut begun: Vec<i64> = purchases.first_days().iter().map(|d| *d - first).collect();
        begun.sort_unstable();
        // Expected purchases by age in days; customers who began on one day share it.
        let unit = self.unit().in_days();
        let longest = usize::try_from(until - first).unwrap_or(0);
        let by_age: Vec<f64> =
            par::map(longest + 1, |age| self.means(&RecencyFrequency::NEW, age as f64 / unit).0);
        let expected = (1..=weeks)
            .map(|w| {
                let day = i64::try_from(w).unwrap_or(0) * WEEK;
                begun
                    .chunk_by(|a, b| a == b)
                    .filter_map(|same| {
                        let age = usize::try_from(day - same[0]).ok()?;
                        Some(same.len() as f64 * by_age.get(age)?)
                    })
                    .sum()
            })
            .collect();
        let days = (1..=weeks).filter_map(|w| first.checked_add(i64::try_from(w).ok()? * WEEK)).collect();
        Ok(Tracking { days, actual, expected, known_weeks: known.min(weeks) })
    }
}

/// Days after the first on which a customer bought, up to the end of the holdout.
fn repeat_days<'a>(
    now: Observed<'a>,
    split: Split<'a>,
    customer: usize,
    begun: Day,
) -> impl Iterator<Item = Day> + use<'a> {
    let histories = now.history_at(customer).into_iter().chain([split.holdout().history_at(customer)]);
    let days = histories.flat_map(|history| history.purchases().map(|purchase| purchase.day));
    days.filter(move |day| *day > begun)
}
