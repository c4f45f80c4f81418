//! Rows of a [`Summary`] that are not known yet: they wait until [`Summary::advance`] reaches them.

use crate::error::{Error, Result};
use crate::types::{AsOf, Day, Key};

use super::shard::Fact;
use super::state::Summary;

/// A row whose day, or the day on which it becomes known, lies after the as-of day.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting {
    /// The first as-of day that sees the row.
    pub(super) due: Day,
    pub(super) customer: Key<'static>,
    pub(super) day: Day,
    /// Minor units; what a refund gives back is below zero.
    pub(super) amount: i64,
    pub(super) is_refund: bool,
    /// Where occasions are orders.
    pub(super) order: Option<Key<'static>>,
}

impl Summary {
    /// Moves the as-of day forward, and takes in the rows that have waited for the days up to it.
    ///
    /// Returns how many rows that were. The summary then equals one that had this as-of day from the
    /// start: recency and time of observation count to the new day. O(rows that wait).
    ///
    /// ```
    /// use regulars::data::{Summary, SummaryParams, Transaction};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let mut sums = Summary::new(SummaryParams::new(AsOf::ymd(2024, 5, 30)?, Currency::EUR));
    /// sums.push(Transaction::new("ann", Day::ymd(2024, 5, 30)?))?;
    /// sums.push(Transaction::new("ann", Day::ymd(2024, 5, 31)?))?; // tomorrow's row waits
    /// assert_eq!(sums.clone().finish()?.occasions(), [1]);
    /// assert_eq!(sums.tally().rows_after_as_of, 1);
    ///
    /// assert_eq!(sums.advance(AsOf::ymd(2024, 6, 1)?)?, 1);
    /// let table = sums.finish()?;
    /// assert_eq!((table.occasions(), table.recency_days(0)), (&[2][..], Some(1)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a day before the as-of day: a sum cannot be
    /// undone. [`Overflow`](crate::ErrorKind::Overflow) for more distinct keys than 32 bits number.
    pub fn advance(&mut self, as_of: AsOf) -> Result<u64> {
        if as_of < self.policy.as_of {
            let rule = format!("must not lie before the as-of day {}", self.policy.as_of);
            return Err(Error::param("as_of", &rule, as_of));
        }
        self.policy.as_of = as_of;
        let due: Vec<Waiting> = self.waiting.extract_if(.., |row| row.due <= as_of.day()).collect();
        for row in &due {
            self.tally.refund_rows = self.tally.refund_rows.saturating_add(u64::from(row.is_refund));
            let order = match &row.order {
                Some(order) if !row.is_refund => self.orders.key(order, "orders")?,
                _ => 0,
            };
            let day = row.day.days_since_epoch();
            self.add(&row.customer, &Fact { amount: row.amount, day, is_refund: row.is_refund, order })?;
        }
        let rows = due.len() as u64;
        self.tally.rows_after_as_of = self.tally.rows_after_as_of.saturating_sub(rows);
        Ok(rows)
    }
}
