//! Two forecasts of the same customers side by side: differences of their errors with paired-bootstrap intervals.
//!
//! # Why paired
//!
//! The errors of two models of one shop are nearly the same errors: what nobody could foresee dominates both. Their separate
//! intervals overlap widely where one is better for certain. On the same resample of customers the common part cancels,
//! and the interval of the difference is narrow.
//!
//! # What it does not say
//!
//! Customers are resampled, days are not. A difference that is sure for these customers in this holdout may turn in the next
//! quarter, if a season or a trend made it: look at more than one cut.

use crate::data::{PurchaseHistory, Split};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::{Horizon, Seed};

use super::model::LtvModel;
use super::validate::{Measured, checked_actual, holdout_purchases};

/// Errors of one forecast less those of another, each with the interval that holds the middle 95 % of resamples of the
/// customers, the same customers for both. A negative difference of `mae`, `rmse` or `absolute_bias` means that the first
/// forecast is better; an interval that leaves out 0, that this is not chance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Comparison {
    /// Difference of the mean absolute errors.
    pub mae: Measured,
    /// Difference of the roots of the mean squared errors.
    pub rmse: Measured,
    /// Difference of the absolute biases of the total, as fractions of what was bought; `None` where nobody bought.
    pub absolute_bias: Option<Measured>,
    /// The first forecast's bias of the total; `None` where nobody bought.
    pub bias: Option<Measured>,
}

/// Sums over customers, from which all errors follow.
#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    actual: f64,
    predicted: [f64; 2],
    absolute: [f64; 2],
    squares: [f64; 2],
}

impl Sums {
    /// Differences of MAE, of RMSE and of absolute biases, and the first forecast's bias.
    fn errors(&self) -> [f64; 4] {
        let of = |f: &dyn Fn(usize) -> f64| f(0) - f(1);
        let bias = |k: usize| if self.actual > 0.0 { self.predicted[k] / self.actual - 1.0 } else { 0.0 };
        let n = self.n.max(1.0);
        [
            of(&|k| self.absolute[k] / n),
            of(&|k| (self.squares[k] / n).sqrt()),
            of(&|k| bias(k).abs()),
            bias(0),
        ]
    }
}

impl LtvModel {
    /// The forecasts of this model and of `other` over the holdout of `split`, compared by a paired bootstrap: customers
    /// are resampled `replicates` times, each counting Poisson(1) times, and both forecasts are judged on the same
    /// resample. O(replicates x customers).
    ///
    /// # Errors
    /// As [`evaluate`](LtvModel::evaluate) of either model; [`InvalidParam`](crate::ErrorKind::InvalidParam) unless there
    /// are 20 to 100,000 replicates.
    ///
    /// ```
    /// use regulars::ltv::{LtvParams, Model};
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let ledger = ShopParams::new(300, Seed(2)).simulate()?.ledger()?;
    /// let cut = AsOf::new(ledger.covers().1.checked_add(-90).unwrap());
    /// let split = ledger.split(cut, Horizon::days(90)?)?;
    /// let [one, other] = [Model::BgNbd, Model::ParetoNbd].map(|m| LtvParams::new(m).fit(split.observed()));
    /// let comparison = one?.evaluate_beside(&other?, split, 200, Seed(1))?;
    /// assert!(comparison.rmse.low <= comparison.rmse.high);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn evaluate_beside(
        &self,
        other: &Self,
        split: Split<'_>,
        replicates: u32,
        seed: Seed,
    ) -> Result<Comparison> {
        let history = PurchaseHistory::observed(split.observed(), self.unit)?;
        let actual = holdout_purchases(split, &history)?;
        self.evaluate_beside_counts(other, &history, &actual, split.horizon(), replicates, seed)
    }

    /// As [`evaluate_beside`](LtvModel::evaluate_beside) from histories and the `actual` purchases of each of their
    /// customers within `horizon`.
    ///
    /// # Errors
    /// As [`evaluate_counts`](LtvModel::evaluate_counts) and [`evaluate_beside`](LtvModel::evaluate_beside).
    pub fn evaluate_beside_counts(
        &self,
        other: &Self,
        history: &PurchaseHistory,
        actual: &[f64],
        horizon: Horizon,
        replicates: u32,
        seed: Seed,
    ) -> Result<Comparison> {
        if !(20..=100_000).contains(&replicates) {
            return Err(Error::param("replicates", "must be 20 to 100000", replicates));
        }
        checked_actual(history, actual)?;
        let forecasts = [self.predict(history, horizon)?, other.predict(history, horizon)?];
        let sums = |mut weight: Box<dyn FnMut() -> f64>| {
            let mut sums = Sums::default();
            for (row, y) in actual.iter().enumerate() {
                let w = weight();
                if w == 0.0 {
                    continue;
                }
                sums.n += w;
                sums.actual += w * y;
                for (k, forecast) in forecasts.iter().enumerate() {
                    let p = forecast.values()[row].purchases;
                    sums.predicted[k] += w * p;
                    sums.absolute[k] += w * (p - y).abs();
                    sums.squares[k] += w * (p - y) * (p - y);
                }
            }
            sums
        };
        let whole = sums(Box::new(|| 1.0));
        let resampled = par::map_chunks(replicates as usize, 1, |range| {
            let mut rng = Rng::new(seed, range.start as u64);
            sums(Box::new(move || rng.poisson(1.0) as f64)).errors()
        });
        let figure = |i: usize| {
            let mut values: Vec<f64> = resampled.iter().map(|e| e[i]).collect();
            values.sort_by(f64::total_cmp);
            let last = values.len() - 1;
            let low = last / 40;
            Measured { value: whole.errors()[i], low: values[low], high: values[last - low] }
        };
        let bought = whole.actual > 0.0;
        Ok(Comparison {
            mae: figure(0),
            rmse: figure(1),
            absolute_bias: bought.then(|| figure(2)),
            bias: bought.then(|| figure(3)),
        })
    }
}
