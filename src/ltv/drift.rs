//! `Drift`: what a forecast from inside the past got wrong, put right.
//!
//! # What is estimated
//!
//! From a few dates inside the past, the models forecast the rest of it. With A and F the purchases that came and that were
//! forecast, in total and by class c of past frequency, and S the sums of squared errors of customers:
//!
//! - the level, ln A / F: trade grows or shrinks, or customers come back later than any model allows;
//! - for each class its departure from that, ln `A_c` / `F_c` - ln A / F: frequent buyers last longer than the law says.
//!
//! # How much of it is believed
//!
//! The variance of a level is about n S / F^2, n the number of dates: their windows end on one day and overlap, so that
//! together they count as one. An estimate is drawn towards 0 by prior / (prior + variance). The prior standard deviation
//! of a level is 0.25, forecasts being rarely off by more than a half; that of a departure is 0.1. Then the classes are
//! scaled so that together they leave the level alone. A stable shop, a small one, and a class of few customers all get
//! factors near 1.
//!
//! # What it can and cannot do
//!
//! It carries on what has begun: a trend, a law that does not fit. It cannot see a change that has not begun, and takes the
//! season of the windows for that of the days to come: with less than a year of days nobody can tell the two apart. Where a
//! season is known, [`VaryingParams`](super::VaryingParams) takes it as given.

use super::history::RecencyFrequency;

/// Classes by repeat purchases so far: 0, 1, 2, 3 to 4, 5 to 7, 8 and more.
pub(super) const CLASSES: usize = 6;

/// How much more, or less, customers bought than the models said when they stood inside the calibration period and
/// forecast the rest of it: one factor for each class of past frequency.
///
/// The models assume that rates never change and that all customers follow one law. Where trade grows, or where those who
/// buy often stay longer than any of the models allows, forecasts from the middle of the period are off in the same way as
/// those from its end. The factor is actual / forecast, over all for the level and by class for the departures from it,
/// pooled over the inner dates, and drawn towards 1 by as much as it is uncertain: see the head of the source file.
///
/// ```
/// use regulars::ltv::{LtvParams, RecencyFrequency};
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Seed};
///
/// let shop = ShopParams::new(300, Seed(2)).simulate()?;
/// let ledger = shop.ledger()?;
/// let model = LtvParams::auto().fit(ledger.observed(AsOf::new(ledger.covers().1))?)?;
/// if let Some(drift) = model.drift() {
///     assert!(drift.factor(&RecencyFrequency::NEW) > 0.0);
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Drift(pub(super) [f64; CLASSES]);

/// The class of a number of repeat purchases.
pub(super) fn class(x: f64) -> usize {
    [1.0, 2.0, 3.0, 5.0, 8.0].iter().filter(|from| x >= **from).count()
}

/// What came, what was forecast, and the sum of squared errors of the customers, over all inner dates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) actual: f64,
    pub(super) forecast: f64,
    pub(super) squares: f64,
}

impl Sums {
    /// ln(actual / forecast), with its variance for that many overlapping windows; `None` where nothing was forecast.
    fn ratio(&self, dates: f64) -> Option<(f64, f64)> {
        (self.forecast > 0.0).then(|| {
            let variance = dates * self.squares / (self.forecast * self.forecast);
            ((self.actual.max(0.5) / self.forecast).ln(), variance)
        })
    }
}

impl Drift {
    /// The factors by what the classes came to over `dates` inner dates.
    pub(super) fn from_errors(classes: &[Sums; CLASSES], dates: usize) -> Self {
        /// Variance of the level before anything is seen: forecasts are rarely off by more than a half.
        const LEVEL: f64 = 0.25 * 0.25;
        /// Variance of a class's departure from the level.
        const DEPARTURE: f64 = 0.1 * 0.1;
        let dates = dates as f64;
        let all = classes.iter().fold(Sums::default(), |sum, c| Sums {
            actual: sum.actual + c.actual,
            forecast: sum.forecast + c.forecast,
            squares: sum.squares + c.squares,
        });
        let Some((level, variance)) = all.ratio(dates) else { return Self([1.0; CLASSES]) };
        let drawn = (level * LEVEL / (LEVEL + variance)).exp();
        let departures = classes.map(|c| {
            c.ratio(dates)
                .map_or(1.0, |(own, variance)| ((own - level) * DEPARTURE / (DEPARTURE + variance)).exp())
        });
        let weighted: f64 = classes.iter().zip(&departures).map(|(c, d)| c.forecast * d).sum();
        let scale = drawn * all.forecast / weighted;
        Self(departures.map(|d| (d * scale).clamp(1e-6, 1e6)))
    }

    /// What the forecast of this customer's purchases is multiplied by.
    ///
    /// ```
    /// use regulars::ltv::LtvParams;
    /// # use regulars::ltv::RecencyFrequency;
    /// # use regulars::simulate::ShopParams;
    /// # use regulars::types::{AsOf, Seed};
    /// # let ledger = ShopParams::new(300, Seed(2)).simulate()?.ledger()?;
    /// let model = LtvParams::auto().fit(ledger.observed(AsOf::new(ledger.covers().1))?)?;
    /// let drift = model.drift().expect("the shop is large and old enough");
    /// // Six repeat purchases are the fifth class.
    /// assert_eq!(drift.factor(&RecencyFrequency::new(6.0, 20.0, 30.0)?), drift.factors()[4]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn factor(&self, customer: &RecencyFrequency) -> f64 {
        self.0[class(customer.x)]
    }

    /// The factors of customers with 0, 1, 2, 3 to 4, 5 to 7, and 8 and more repeat purchases.
    pub fn factors(&self) -> [f64; CLASSES] {
        self.0
    }

    /// Whether a saved drift could have been learned.
    pub(super) fn is_valid(&self) -> bool {
        self.0.iter().all(|f| (1e-6..=1e6).contains(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_follow_the_evidence() {
        let class = |actual: f64, forecast: f64, squares: f64| Sums { actual, forecast, squares };
        // Much evidence that everybody buys a fifth more: all factors 1.2.
        let all = Drift::from_errors(&[class(12_000.0, 10_000.0, 100.0); CLASSES], 3);
        assert!(all.0.iter().all(|f| (f / 1.2 - 1.0).abs() < 1e-3), "{all:?}");
        // None: all 1.
        let none = Drift::from_errors(&[class(12.0, 10.0, 1e9); CLASSES], 3);
        assert!(none.0.iter().all(|f| (f - 1.0).abs() < 1e-3), "{none:?}");
        assert_eq!(Drift::from_errors(&[class(5.0, 0.0, 0.0); CLASSES], 3).0, [1.0; CLASSES]);
        // A class that departs moves the others so that the total stays with the level.
        let mut classes = [class(10_000.0, 10_000.0, 100.0); CLASSES];
        classes[5].actual = 13_000.0;
        let one = Drift::from_errors(&classes, 3);
        let total: f64 = one.0.iter().sum();
        assert!((total / 6.3 - 1.0).abs() < 1e-3 && one.0[5] > 1.2 && one.0[0] < 1.01, "{one:?}");
    }
}
