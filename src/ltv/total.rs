//! `TotalValue`: what a customer has brought and what is still to come.

use crate::data::{Observed, Occasion, PerCustomer, Purchases, Refunds};
use crate::error::{Error, Result};
use crate::types::{Amount, Expected, Horizon};

use super::model::{LtvModel, money_of};

/// The value of a relation from its beginning to the end of a horizon.
///
/// A fact and an estimate, kept apart and then added: [`Amount`] cannot be added to [`Expected`] by accident, and here it is
/// done on purpose. The past is not discounted upwards; it is what was paid, refunds taken off.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TotalValue {
    /// Money paid up to the as-of day, all purchases from the first on, refunds deducted: may be negative.
    pub past: Amount,
    /// Residual value: what is expected within the horizon, discounted; never negative.
    pub residual: Expected,
    /// Both together, in minor units.
    pub total: Expected,
}

impl LtvModel {
    /// Past, residual and total value of every customer seen by the as-of day, the residual within `horizon` by
    /// [`predict`](LtvModel::predict).
    ///
    /// When to use it: to say what a customer has been worth altogether, as for the price of acquiring one. For decisions
    /// about the future (whom to keep, whom to write to) only the residual counts: the past is paid.
    ///
    /// # Errors
    /// As [`predict`](LtvModel::predict); [`InvalidInput`](crate::ErrorKind::InvalidInput) for a ledger without amounts or a
    /// model without spend.
    ///
    /// ```
    /// use regulars::ltv::{LtvParams, Model};
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let ledger = ShopParams::new(300, Seed(2)).simulate()?.ledger()?;
    /// let now = ledger.observed(AsOf::new(ledger.covers().1))?;
    /// let model = LtvParams::new(Model::BgNbd).fit(now)?;
    /// for value in model.total_value(now, Horizon::days(365)?)?.values() {
    ///     assert_eq!(value.total.in_minor(), value.past.in_minor() as f64 + value.residual.in_minor());
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn total_value(&self, observed: Observed<'_>, horizon: Horizon) -> Result<PerCustomer<TotalValue>> {
        let purchases = Purchases::observed(observed, Occasion::Day, Refunds::Net)?;
        let past = purchases.spend().ok_or_else(|| Error::input("the ledger has no amounts"))?;
        let residual = self.predict(observed, horizon)?;
        // Both have one row for each customer with a purchase, in the order of keys.
        if residual.len() != past.len() {
            return Err(Error::shape("customers with a value", past.len(), residual.len()));
        }
        let one = |(past, value): (&Amount, &super::LifetimeValue)| {
            let residual = value.clv.ok_or_else(|| Error::input("the model has no spend"))?;
            let sum = past.in_minor() as f64 + residual.in_minor();
            let total = if sum < 0.0 { Expected::minor(sum)? } else { money_of(sum) };
            Ok(TotalValue { past: *past, residual, total })
        };
        let values = past.iter().zip(residual.values()).map(one).collect::<Result<Vec<_>>>()?;
        PerCustomer::new(residual.customers().clone(), values)
    }
}
