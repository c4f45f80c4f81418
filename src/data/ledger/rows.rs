//! The rows door: one `Transaction` at a time.

use crate::data::{Anonymous, TimeAxis};
use crate::error::{Error, Result};
use crate::types::{Amount, Currency, Day, Key, Quantity};

use super::assemble::Assembler;
use super::store::Ledger;

/// One row of an order: who, when, and what is known besides.
///
/// ```
/// use regulars::data::Transaction;
/// use regulars::types::{Amount, Day};
///
/// let row = Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_250)).order("A-1").item("tea");
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
    /// A purchase by a customer on a day.
    pub fn new(customer: impl Into<Key<'a>>, day: Day) -> Self {
        Self { customer: Some(customer.into()), ..Self::anonymous(day) }
    }

    /// A purchase by nobody known.
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

    /// Money paid, negative for a refund. Given for every row of a ledger or for none.
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Pieces bought, negative for goods that came back. Given for every row of a ledger or for none.
    pub fn quantity(mut self, quantity: Quantity) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// The order, receipt or basket the row belongs to.
    pub fn order(mut self, order: impl Into<Key<'a>>) -> Self {
        self.order = Some(order.into());
        self
    }

    /// What was bought.
    pub fn item(mut self, item: impl Into<Key<'a>>) -> Self {
        self.item = Some(item.into());
        self
    }

    /// Second of the day, 0 to 86,399: orders the orders within a day.
    pub fn second_of_day(mut self, second: u32) -> Self {
        self.second = Some(second);
        self
    }

    /// The row's currency, to be checked against the ledger's.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = Some(currency);
        self
    }
}

/// Collects rows into a [`Ledger`].
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_250)))?;
/// builder.push(Transaction::new("bob", Day::ymd(2024, 5, 3)?).amount(Amount::minor(990)))?;
/// let ledger = builder.build()?;
/// assert_eq!(ledger.customers().len(), 2);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Debug)]
pub struct LedgerBuilder(Assembler);

impl Ledger {
    /// The rows door.
    pub fn builder(currency: Currency) -> LedgerBuilder {
        LedgerBuilder(Assembler::new(currency))
    }
}

impl LedgerBuilder {
    /// What happens to rows without a customer; the default counts and skips them.
    #[must_use]
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.0.anonymous = policy;
        self
    }

    /// What the days mean; the default is days of the calendar.
    #[must_use]
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.0.time = axis;
        self
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row: another currency than the ledger's, an amount or
    /// quantity missing where the first row had one (or the other way round), a second of the day above 86,399.
    /// The row is then not in the ledger, and the builder can go on.
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

    /// Sorts the rows into a ledger.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn build(self) -> Result<Ledger> {
        self.0.build()
    }
}
