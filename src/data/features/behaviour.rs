//! Features that every ledger can give.
//!
//! Seven columns that need no choice and that most segmentations begin with. The table always has all of them, in one
//! order: what a ledger does not know is missing, so that a model finds its columns in any ledger.

use crate::data::{CustomerBehaviour, Observed};
use crate::error::Result;
use crate::types::Expected;

use super::Features;

impl Features {
    /// What each customer did up to `as_of`, one row per customer seen by then.
    ///
    /// The columns are those of [`Behaviour`](crate::data::Behaviour). Times are in days, under an
    /// [ordinal](crate::data::TimeAxis::Ordinal) time axis in baskets; money is in major units of the ledger's currency.
    ///
    /// | column | meaning | missing |
    /// |---|---|---|
    /// | `recency` | time since the last purchase | |
    /// | `frequency` | number of purchases (days) | |
    /// | `monetary` | money paid, refunds taken off | where the ledger has no amounts |
    /// | `tenure` | time since the first purchase | |
    /// | `mean_gap` | mean time between purchases | for a customer who bought once |
    /// | `items` | number of distinct items bought | where the ledger has no items |
    /// | `refund_share` | refunded money / (money paid + refunded), of rows where there are no amounts | |
    ///
    /// Every ledger gives all seven columns. Those that are the same for everybody, or missing, can be left out of a
    /// [transform](crate::data::TransformParams) by [`Constant::Drop`](crate::data::Constant::Drop).
    ///
    /// ```
    /// use regulars::data::{Features, Ledger, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for (day, cents) in [(1, 2_000), (11, 3_000)] {
    ///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let features = Features::behaviour(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// assert_eq!(features.numeric("recency")?.get(0), Some(20.0));
    /// assert_eq!(features.numeric("monetary")?.get(0), Some(50.0));
    /// assert_eq!(features.numeric("mean_gap")?.get(0), Some(10.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's sum of money does not fit 64 bits.
    ///
    /// O(rows) where the behaviour as of the day has not been computed yet, then O(customers). Money is exact until one
    /// division makes major units of it.
    pub fn behaviour(now: Observed<'_>) -> Result<Self> {
        let behaviour = now.behaviour()?;
        let (rows, currency) = (behaviour.rows(), behaviour.currency());
        let (money, items) = (behaviour.has_amounts(), behaviour.has_items());
        let major = |minor: f64| Expected::minor(minor).map(|amount| currency.to_major(amount));
        let spend = rows.iter().map(|row| money.then(|| major(row.spend().in_minor() as f64)).transpose());
        Self::builder(behaviour.customers().clone())
            .numeric("recency", rows.iter().map(|row| behaviour.recency(row)))?
            .numeric("frequency", rows.iter().map(|row| f64::from(row.purchases)))?
            .numeric("monetary", spend.collect::<Result<Vec<_>>>()?)?
            .numeric("tenure", rows.iter().map(|row| behaviour.tenure(row)))?
            .numeric("mean_gap", rows.iter().map(CustomerBehaviour::mean_gap))?
            .numeric("items", rows.iter().map(|row| items.then_some(f64::from(row.items))))?
            .numeric("refund_share", rows.iter().map(|row| row.refund_share(money)))?
            .build()
    }
}
