//! How well a forecast did: errors on a holdout, beside honest baselines.
//!
//! # What to look at
//!
//! 1. The bias of the total: what a budget sees. Its interval says whether chance explains it, not whether the world changed.
//! 2. RMSE beside that of the baselines: what a ranking sees. A model that does not beat "as those who were last here as
//!    long ago" is not worth its name.
//! 3. The deciles: expected and actual should agree in each, above all in the last, where the money is.
//! 4. Classes by past frequency, the conditional expectations of the literature: where the model's assumptions fail shows
//!    here first.
//! 5. The tracking curve behind the cut: errors that grow week by week are drift, errors that swing are a season.
//!
//! MAE alone misleads: most customers buy nothing, so that the forecast "nobody buys" has a small one. It stands beside for
//! that reason.
//!
//! # The baselines
//!
//! | forecast | for customer i, within t |
//! |---|---|
//! | nobody buys | 0 |
//! | as so far | `x_i` / `T_i` t |
//! | all alike | sum of x / sum of T, times t |
//! | as those who were last here as long ago | the same within one of ten classes by T - `t_x` |
//!
//! # The intervals
//!
//! Normal intervals over customers: of a mean by its standard error; of RMSE by the delta method, var(e^2) / (4 n MSE); of the
//! bias, a ratio of two sums, by its linearisation, the standard error of (`p_i` - R `y_i`) / mean(y) with R the ratio.

use crate::data::{PerCustomer, PurchaseHistory, Split};
use crate::error::{Error, Result};
use crate::types::Horizon;

use super::model::{LifetimeValue, LtvModel};
use super::tracking::Tracking;

/// A figure with its 95 % interval over customers (normal approximation, delta method).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Measured {
    /// The figure.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Errors of a forecast of purchases over a holdout.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Errors {
    /// Mean absolute error per customer. A forecast of zero does well here: never read it alone.
    pub mae: Measured,
    /// Root of the mean squared error per customer.
    pub rmse: Measured,
    /// (predicted - actual) / actual of the total; `None` where nobody bought in the holdout.
    pub bias: Option<Measured>,
}

/// One class of customers, ordered by forecast or by past frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Class {
    /// Smallest forecast (or past frequency) in the class.
    pub from: f64,
    /// Customers.
    pub customers: u64,
    /// Mean forecast.
    pub predicted: f64,
    /// Mean of what they bought.
    pub actual: f64,
}

/// A forecast against what happened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Evaluation {
    /// Customers.
    pub customers: u64,
    /// Purchases forecast in total.
    pub predicted: f64,
    /// Purchases that happened.
    pub actual: f64,
    /// Errors of the model.
    pub model: Errors,
    /// Errors of the forecast "nobody buys".
    pub zero: Errors,
    /// Errors of the forecast "as often as so far": x / T for each.
    pub own_rate: Errors,
    /// Errors of the forecast "all alike": everybody buys at the mean rate of all, their repeat purchases over their time.
    pub mean_rate: Errors,
    /// Errors of the forecast "as those who were last here as long ago": the mean rate of one of ten classes by silence
    /// (T - `t_x`).
    pub by_recency: Errors,
    /// Customers in ten classes of equal count by forecast: predicted and actual should agree in each.
    pub deciles: Vec<Class>,
    /// Customers by repeat purchases so far: 0 to 6, and 7 or more (the conditional expectations of the literature).
    pub by_frequency: Vec<Class>,
    /// Repeat purchases week by week, before and after the cut; `None` where the histories come without their days, and
    /// for days more than two centuries apart.
    pub tracking: Option<Tracking>,
}

const Z: f64 = 1.959_963_984_540_054;

impl LtvModel {
    /// The forecast from the observed part of `split` against the purchases of its holdout (days with at least one row
    /// that is no refund).
    ///
    /// Fit the model on `split.observed()` for an honest answer.
    ///
    /// # Errors
    /// As [`LtvModel::predict`] and [`PurchaseHistory::observed`].
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day, Horizon};
    /// # use regulars::ltv::{LtvParams, Model};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for customer in 0..100_i64 {
    /// #     for visit in 0..=(customer % 7) * (customer % 3) {
    /// #         let day = Day::ymd(2024, 1, 1 + (customer % 28) as u32)?.checked_add(visit * (9 + customer % 20));
    /// #         builder.push(Transaction::new(customer, day.unwrap()))?;
    /// #     }
    /// # }
    /// # let ledger = builder.build()?;
    /// let split = ledger.split(AsOf::ymd(2024, 4, 30)?, Horizon::days(60)?)?;
    /// let model = LtvParams::new(Model::MbgNbd).fit(split.observed())?;
    /// let evaluation = model.evaluate(split)?;
    /// println!("{:?}", evaluation.model.bias);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn evaluate(&self, split: Split<'_>) -> Result<Evaluation> {
        let history = PurchaseHistory::observed(split.observed(), self.unit)?;
        let actual = holdout_purchases(split, &history)?;
        let evaluation = self.evaluate_counts(&history, &actual, split.horizon())?;
        Ok(Evaluation { tracking: self.track(split).ok(), ..evaluation })
    }

    /// The forecast from `history` against `actual` purchases of each of its customers within `horizon`.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one count for each customer,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for one that is not finite or negative,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers; as [`LtvModel::predict`].
    pub fn evaluate_counts(
        &self,
        history: &PurchaseHistory,
        actual: &[f64],
        horizon: Horizon,
    ) -> Result<Evaluation> {
        checked_actual(history, actual)?;
        let forecast: PerCustomer<LifetimeValue> = self.predict(history, horizon)?;
        let predicted: Vec<f64> = forecast.values().iter().map(|v| v.purchases).collect();
        let t = f64::from(horizon.in_days()) / self.unit.in_days();
        let own: Vec<f64> = history
            .x()
            .iter()
            .zip(history.t())
            .map(|(x, now)| if *now > 0.0 { x / now * t } else { 0.0 })
            .collect();
        let everybody: Vec<usize> = (0..actual.len()).collect();
        let silence: Vec<f64> = history.t().iter().zip(history.t_x()).map(|(now, last)| now - last).collect();
        let mut by_silence = everybody.clone();
        by_silence.sort_by(|a, b| silence[*a].total_cmp(&silence[*b]).then(a.cmp(b)));
        // x / T of a class, over the window.
        let pooled = |rows: &[usize], forecast: &mut [f64]| {
            let sum = |v: &[f64]| rows.iter().map(|i| v[*i]).sum::<f64>();
            let time = sum(history.t());
            let rate = if time > 0.0 { sum(history.x()) / time * t } else { 0.0 };
            for i in rows {
                forecast[*i] = rate;
            }
        };
        let (mut alike, mut as_recent) = (vec![0.0; actual.len()], vec![0.0; actual.len()]);
        pooled(&everybody, &mut alike);
        for class in by_silence.chunks(actual.len().div_ceil(10)) {
            pooled(class, &mut as_recent);
        }
        let mut order: Vec<usize> = (0..predicted.len()).collect();
        order.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]).then(a.cmp(b)));
        let class = |rows: &[usize], key: &[f64]| {
            let mean = |v: &[f64]| rows.iter().map(|i| v[*i]).sum::<f64>() / rows.len().max(1) as f64;
            Class {
                from: rows.iter().map(|i| key[*i]).fold(f64::INFINITY, f64::min),
                customers: rows.len() as u64,
                predicted: mean(&predicted),
                actual: mean(actual),
            }
        };
        let n = order.len();
        let deciles = (0..10)
            .map(|d| &order[d * n / 10..(d + 1) * n / 10])
            .filter(|rows| !rows.is_empty())
            .map(|rows| class(rows, &predicted))
            .collect();
        let by_frequency = (0..8_u32)
            .map(|f| {
                let f = f64::from(f);
                (0..n).filter(|i| history.x()[*i].min(7.0) == f).collect::<Vec<_>>()
            })
            .filter(|rows| !rows.is_empty())
            .map(|rows| class(&rows, history.x()))
            .collect();
        Ok(Evaluation {
            customers: n as u64,
            predicted: predicted.iter().sum(),
            actual: actual.iter().sum(),
            model: errors(&predicted, actual),
            zero: errors(&vec![0.0; n], actual),
            own_rate: errors(&own, actual),
            mean_rate: errors(&alike, actual),
            by_recency: errors(&as_recent, actual),
            deciles,
            by_frequency,
            tracking: None,
        })
    }
}

/// One finite, non-negative count for each customer, and at least one customer.
pub(super) fn checked_actual(history: &PurchaseHistory, actual: &[f64]) -> Result<()> {
    if actual.len() != history.len() {
        return Err(Error::shape("actual purchases", history.len(), actual.len()));
    }
    if let Some(row) = actual.iter().position(|y| !(y.is_finite() && *y >= 0.0)) {
        return Err(Error::row(row as u64 + 1, Some("actual"), "must be finite and at least 0"));
    }
    if actual.is_empty() {
        return Err(Error::empty("no customer to evaluate a forecast on"));
    }
    Ok(())
}

/// What each customer of `history` bought in the holdout of `split`: days with at least one row that is no refund.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a history of another ledger.
pub fn holdout_purchases(split: Split<'_>, history: &PurchaseHistory) -> Result<Vec<f64>> {
    let outcomes = split.outcomes()?;
    let of = |customer| Ok(outcomes.get(customer)?.map_or(0.0, |outcome| f64::from(outcome.purchases)));
    history.customers().iter().map(of).collect()
}

/// A mean and its standard error, sqrt(variance / n).
fn mean(values: impl Iterator<Item = f64> + Clone, n: f64) -> (f64, f64) {
    let mean = values.clone().sum::<f64>() / n;
    let spread = values.map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, (spread / n).sqrt())
}

/// A figure and the 95 % interval of its standard error.
fn measured(value: f64, error: f64) -> Measured {
    Measured { value, low: value - Z * error, high: value + Z * error }
}

/// MAE, RMSE and bias of one forecast, each with its interval, as at the head of this file.
fn errors(predicted: &[f64], actual: &[f64]) -> Errors {
    let n = actual.len() as f64;
    let pairs = || predicted.iter().zip(actual);
    let (mae, mae_error) = mean(pairs().map(|(p, y)| (p - y).abs()), n);
    let (mse, mse_error) = mean(pairs().map(|(p, y)| (p - y) * (p - y)), n);
    let rmse = mse.sqrt();
    let rmse_error = if rmse > 0.0 { mse_error / (2.0 * rmse) } else { 0.0 };
    let (level, _) = mean(actual.iter().copied(), n);
    let bias = (level > 0.0).then(|| {
        let ratio = predicted.iter().sum::<f64>() / n / level;
        let (_, error) = mean(pairs().map(|(p, y)| (p - ratio * y) / level), n);
        measured(ratio - 1.0, error)
    });
    Errors { mae: measured(mae, mae_error), rmse: measured(rmse, rmse_error), bias }
}
