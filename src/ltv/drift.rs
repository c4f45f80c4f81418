//! `Drift`: what a forecast from inside the past got wrong, put right.

use super::history::RecencyFrequency;

/// Classes by repeat purchases so far: 0, 1, 2, 3 to 4, 5 to 7, 8 and more.
pub(super) const CLASSES: usize = 6;

/// How much more, or less, customers bought than the models said when they stood inside the calibration period and
/// forecast the rest of it: one factor for each class of past frequency.
///
/// The models assume that rates never change and that all customers follow one law. Where trade grows, or where those who
/// bought once come back later than any of the models allows, forecasts from the middle of the period are off by class in
/// the same way as those from its end. The factor of a class is actual / forecast, pooled over the inner dates and drawn
/// towards 1 by as much as it is uncertain: ln factor times 0.0625 / (0.0625 + variance), a normal prior of standard
/// deviation 0.25. So a stable shop gets factors near 1, and a class of few customers as well.
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

pub(super) fn class(x: f64) -> usize {
    [1.0, 2.0, 3.0, 5.0, 8.0].iter().filter(|from| x >= **from).count()
}

impl Drift {
    /// Actual and forecast purchases of each class, and the sum of squared errors of its customers.
    pub(super) fn from_errors(classes: &[(f64, f64, f64); CLASSES]) -> Self {
        /// Variance of ln factor before anything is seen: forecasts are rarely off by more than a half.
        const PRIOR: f64 = 0.25 * 0.25;
        Self(classes.map(|(actual, forecast, squares)| {
            if forecast <= 0.0 {
                return 1.0;
            }
            let variance = squares / (forecast * forecast);
            ((actual.max(0.5) / forecast).ln() * PRIOR / (PRIOR + variance)).exp()
        }))
    }

    /// What the forecast of this customer's purchases is multiplied by.
    pub fn factor(&self, customer: &RecencyFrequency) -> f64 {
        self.0[class(customer.x)]
    }

    /// The factors of customers with 0, 1, 2, 3 to 4, 5 to 7, and 8 and more repeat purchases.
    pub fn factors(&self) -> [f64; CLASSES] {
        self.0
    }

    pub(super) fn is_valid(&self) -> bool {
        self.0.iter().all(|f| (1e-6..=1e6).contains(f))
    }
}
