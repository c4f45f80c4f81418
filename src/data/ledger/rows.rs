//! Ledgers from rows: one `Transaction` at a time.
//!
//! For people and for tests. A row is checked when it is pushed, so that the error names it; the sorting happens
//! once, in [`LedgerBuilder::build`].

use std::fmt;

use crate::data::extend::Refused;
use crate::data::{Anonymous, Conflicts, TimeAxis};
use crate::error::{Error, Result};
use crate::types::Currency;

use super::assemble::Assembler;
use super::store::Ledger;
use super::transaction::Transaction;

/// Collects rows into a [`Ledger`]. Rows may come in any order; a bad one is refused and the builder goes on.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_250)))?;
/// builder.push(Transaction::new("bob", Day::ymd(2024, 5, 3)?).amount(Amount::minor(990)))?;
/// // No amount, though earlier rows have one: refused, counted as read, not in the ledger.
/// assert!(builder.push(Transaction::new("eve", Day::ymd(2024, 5, 4)?)).is_err());
/// let ledger = builder.build()?;
/// assert_eq!(ledger.customers().len(), 2);
/// assert_eq!((ledger.intake().rows_read, ledger.intake().rows_kept), (3, 2));
/// # Ok::<(), regulars::Error>(())
/// ```
pub struct LedgerBuilder(Assembler, pub(in crate::data) Refused);

/// Prints counts, never keys or amounts.
impl fmt::Debug for LedgerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerBuilder({} of {} rows)", self.0.customer.len(), self.0.rows_read)
    }
}

impl Ledger {
    /// A builder that takes rows: one currency, calendar days, rows without a customer skipped,
    /// unless it is set otherwise.
    pub fn builder(currency: Currency) -> LedgerBuilder {
        LedgerBuilder(Assembler::new(currency), Refused::default())
    }
}

impl LedgerBuilder {
    /// What happens to rows without a customer; the default counts and skips them. Say it before the first row:
    /// rows already skipped do not come back.
    #[must_use]
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.0.anonymous = policy;
        self
    }

    /// What happens to two different rows of one id that are known on one day; the default is an error of
    /// [`build`](Self::build).
    #[must_use]
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.0.conflicts = policy;
        self
    }

    /// What the days mean; the default is days of the calendar. With [`TimeAxis::Ordinal`] the days are basket numbers,
    /// and whatever needs weeks, months or weekdays is a typed error.
    #[must_use]
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.0.time = axis;
        self
    }

    /// Adds a row. Amortised constant time, and the hashing of its keys.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row, numbered from 1: another currency than the ledger's,
    /// an amount or quantity missing where the first row had one (or the other way round), a second of the day above 86,399.
    /// [`Overflow`](crate::ErrorKind::Overflow) for more distinct keys of one kind than 32 bits number.
    /// The row is then not in the ledger, and the builder can go on.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// let error = builder.push(Transaction::new("ann", Day::new(0)).second_of_day(86_400)).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1, column `second_of_day`: expected 0 to 86399");
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row is handed over; `push(Transaction::new(..))` reads best"
    )]
    pub fn push(&mut self, row: Transaction<'_>) -> Result<()> {
        self.0.rows_read += 1;
        let number = self.0.rows_read;
        if let Some(currency) = row.currency.filter(|c| *c != self.0.currency) {
            let rule = format!("expected the ledger's currency {:?}, got {currency:?}", self.0.currency);
            return Err(Error::row(number, Some("currency"), rule));
        }
        self.0.push(number, &row)
    }

    /// Sorts the rows into a ledger: by customer, then day, second, order, item, amount, quantity.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows; [`Overflow`](crate::ErrorKind::Overflow) above
    /// 4,294,967,294 of them; the first error of an `extend` that refused a row.
    ///
    /// ```
    /// use regulars::{ErrorKind, data::Ledger, types::Currency};
    /// assert_eq!(Ledger::builder(Currency::EUR).build().unwrap_err().kind(), ErrorKind::EmptyInput);
    /// ```
    pub fn build(mut self) -> Result<Ledger> {
        self.1.check()?;
        self.0.build()
    }
}
