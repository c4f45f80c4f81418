//! The rows door: one `Transaction` at a time.
//!
//! For people and for tests. A row is checked when it is pushed, so that the error names it; the sorting happens
//! once, in [`LedgerBuilder::build`].

use crate::data::{Anonymous, TimeAxis};
use crate::error::{Error, Result};
use crate::types::{Amount, Currency, Day, Key, Quantity};

use super::assemble::Assembler;
use super::store::Ledger;

/// One row of an order: who, when, and what is known besides.
///
/// Only the day is needed; everything else may be absent. What needs an absent part says so by a typed error:
/// monetary scores without amounts, occasions by order without orders. Order and item may be given for some rows
/// only; amount and quantity for every row or for none, since a missing amount is neither zero nor known.
///
/// | part | type | absent means |
/// |---|---|---|
/// | customer | [`Key`] | a row of nobody, see [`Anonymous`] |
/// | day | [`Day`] | cannot be absent; basket numbers serve where dates are missing, see [`TimeAxis`] |
/// | second of the day | `u32` | orders of one day are ordered by order key |
/// | order | [`Key`] | the row belongs to no order |
/// | item | [`Key`] | what was bought is not known |
/// | amount | [`Amount`], minor units | the ledger knows no money |
/// | quantity | [`Quantity`], thousandths | the ledger counts no pieces |
/// | currency | [`Currency`] | not checked |
///
/// ```
/// use regulars::data::Transaction;
/// use regulars::types::{Amount, Day};
///
/// let row = Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_250)).order("A-1").item("tea");
/// # let _ = row;
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Transaction<'a> {
    pub(in crate::data) customer: Option<Key<'a>>,
    pub(in crate::data) day: Day,
    pub(in crate::data) second: Option<u32>,
    pub(in crate::data) order: Option<Key<'a>>,
    pub(in crate::data) item: Option<Key<'a>>,
    pub(in crate::data) amount: Option<Amount>,
    pub(in crate::data) quantity: Option<Quantity>,
    pub(in crate::data) currency: Option<Currency>,
}

impl<'a> Transaction<'a> {
    /// A purchase by a customer on a day. The key is a whole number or a text; `"17850"` and `17850` are one key.
    pub fn new(customer: impl Into<Key<'a>>, day: Day) -> Self {
        Self { customer: Some(customer.into()), ..Self::anonymous(day) }
    }

    /// A purchase by nobody known: kept for item statistics under [`Anonymous::Keep`], otherwise counted and skipped.
    ///
    /// ```
    /// # use regulars::data::{Anonymous, Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// let mut builder = Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// builder.push(Transaction::anonymous(Day::ymd(2024, 5, 2)?).item("tea"))?;
    /// let ledger = builder.build()?;
    /// assert_eq!((ledger.len(), ledger.customers().len()), (2, 1));
    /// assert_eq!(ledger.intake().rows_anonymous, 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn anonymous(day: Day) -> Self {
        Self {
            customer: None,
            day,
            second: None,
            order: None,
            item: None,
            amount: None,
            quantity: None,
            currency: None,
        }
    }

    /// Money paid for the whole row, not for a piece; negative for a refund. Given for every row of a ledger or for none.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Pieces bought, negative for goods that came back. Given for every row of a ledger or for none. A row is a
    /// refund where either amount or quantity is negative.
    pub fn quantity(mut self, quantity: Quantity) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// The order, receipt or basket the row belongs to. Orders count purchases under
    /// [`Occasion::Order`](crate::data::Occasion::Order) and are the baskets of the recommender. An order key names one
    /// order of the whole ledger: two customers should not share one.
    pub fn order(mut self, order: impl Into<Key<'a>>) -> Self {
        self.order = Some(order.into());
        self
    }

    /// What was bought.
    pub fn item(mut self, item: impl Into<Key<'a>>) -> Self {
        self.item = Some(item.into());
        self
    }

    /// Second of the day, 0 to 86,399: orders the orders within a day. Larger values are refused by
    /// [`LedgerBuilder::push`].
    pub fn second_of_day(mut self, second: u32) -> Self {
        self.second = Some(second);
        self
    }

    /// The row's currency, to be checked against the ledger's. Nothing is converted.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// let error = builder.push(Transaction::new("ann", Day::new(0)).currency(Currency::USD)).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "row 1, column `currency`: expected the ledger's currency Currency(EUR, 2 decimals), got Currency(USD, 2 decimals)"
    /// );
    /// ```
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }
}

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
#[derive(Debug)]
pub struct LedgerBuilder(Assembler);

impl Ledger {
    /// The rows door: one currency, calendar days, rows without a customer skipped, until told otherwise.
    pub fn builder(currency: Currency) -> LedgerBuilder {
        LedgerBuilder(Assembler::new(currency))
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

    /// What the days mean; the default is days of the calendar. With [`TimeAxis::Ordinal`] the days are basket numbers,
    /// and whatever needs weeks, months or weekdays is a typed error.
    #[must_use]
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.0.time = axis;
        self
    }

    /// Adds a row. Amortised constant time beside the hashing of its keys.
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
    /// 4,294,967,294 of them.
    ///
    /// ```
    /// use regulars::{ErrorKind, data::Ledger, types::Currency};
    /// assert_eq!(Ledger::builder(Currency::EUR).build().unwrap_err().kind(), ErrorKind::EmptyInput);
    /// ```
    pub fn build(self) -> Result<Ledger> {
        self.0.build()
    }
}
