//! `Transaction`: what one row of an order says.

use std::fmt;

use crate::types::{Amount, Currency, Day, IntoKey, Key, Quantity};

/// One row of an order: who, when, and what is known besides.
///
/// Only the day is needed; everything else may be absent. What needs an absent part says so by a typed error:
/// monetary scores without amounts, occasions by order without orders. Order and item may be given for some rows
/// only; amount and quantity for every row or for none, since a missing amount is neither zero nor known.
///
/// | part | type | absent means |
/// |---|---|---|
/// | customer | [`Key`] | an anonymous row, see [`Anonymous`](crate::data::Anonymous) |
/// | day | [`Day`] | cannot be absent; basket numbers serve where dates are missing, see [`TimeAxis`](crate::data::TimeAxis) |
/// | second of the day | `u32` | orders of one day are ordered by order key |
/// | order | [`Key`] | the row belongs to no order |
/// | item | [`Key`] | what was bought is not known |
/// | amount | [`Amount`], minor units | the ledger knows no money |
/// | quantity | [`Quantity`], thousandths | the ledger counts no pieces |
/// | currency | [`Currency`] | not checked |
/// | id | [`Key`] | the row is never replaced; a correction is a row that reverses it |
/// | known | [`Day`] | the row was known on its own day |
///
/// An empty text is no key: as a customer it is an anonymous row, as an order, item or id it is absent.
///
/// ```
/// use regulars::data::Transaction;
/// use regulars::types::{Amount, Day};
///
/// let row = Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_250)).order("A-1").item("tea");
/// # let _ = row;
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
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
    pub(in crate::data) known: Option<Day>,
    pub(in crate::data) id: Option<Key<'a>>,
}

/// Prints the day and what else is known, never a key, an amount or a quantity.
impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({}", self.day)?;
        let known = [
            ("customer", self.customer.is_some()),
            ("order", self.order.is_some()),
            ("item", self.item.is_some()),
            ("amount", self.amount.is_some()),
            ("quantity", self.quantity.is_some()),
            ("known", self.known.is_some()),
            ("id", self.id.is_some()),
        ];
        known.iter().filter(|(_, known)| *known).try_for_each(|(name, _)| write!(f, ", {name}"))?;
        f.write_str(")")
    }
}

impl<'a> Transaction<'a> {
    /// A purchase by a customer on a day. The key is a whole number or a text; `"17850"` and
    /// `17850` are one key. `None` is an [`anonymous`](Self::anonymous) row.
    ///
    /// Customer, order, item and all other parts take a value or an `Option`, so that a row of a
    /// database goes in as it is:
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Amount, Currency, Day};
    ///
    /// struct Order { customer: Option<i64>, day: Day, item: Option<String>, cents: i64 }
    ///
    /// let day = Day::ymd(2024, 5, 1)?;
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for row in [
    ///     Order { customer: Some(7), day, item: Some("tea".into()), cents: 1_250 },
    ///     Order { customer: None, day, item: None, cents: 990 },
    /// ] {
    ///     builder.push(Transaction::new(row.customer, row.day).item(row.item).amount(Amount::minor(row.cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// assert_eq!((ledger.intake().rows_read, ledger.len()), (2, 1)); // the other row has no customer
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new(customer: impl IntoKey<'a>, day: Day) -> Self {
        Self { customer: customer.into_key(), ..Self::anonymous(day) }
    }

    /// A purchase by an unknown customer: kept for item statistics under
    /// [`Anonymous::Keep`](crate::data::Anonymous::Keep), otherwise counted and skipped.
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
            known: None,
            id: None,
        }
    }

    /// Money paid for the whole row, not for a piece; negative for a refund. Given for every row of a ledger or for none.
    pub fn amount(mut self, amount: impl Into<Option<Amount>>) -> Self {
        self.amount = amount.into();
        self
    }

    /// Pieces bought, negative for goods that came back. Given for every row of a ledger or for none. A row is a
    /// refund where either amount or quantity is negative.
    pub fn quantity(mut self, quantity: impl Into<Option<Quantity>>) -> Self {
        self.quantity = quantity.into();
        self
    }

    /// The order, receipt or basket the row belongs to. Orders count purchases under
    /// [`Occasion::Order`](crate::data::Occasion::Order) and are the baskets of the recommender. An order key names one
    /// order of the whole ledger: two customers should not share one.
    pub fn order(mut self, order: impl IntoKey<'a>) -> Self {
        self.order = order.into_key();
        self
    }

    /// What was bought.
    pub fn item(mut self, item: impl IntoKey<'a>) -> Self {
        self.item = item.into_key();
        self
    }

    /// The row's own id: that of the line in the system it comes from.
    ///
    /// Rows of one id are versions of one row. Equal ones count once; of different ones that version
    /// counts which became [known](Self::known) last, as of each day. Two different versions known on one
    /// day are an error or counted, by [`Conflicts`](crate::data::Conflicts). Without ids a correction is a
    /// row that reverses another.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Amount, AsOf, Currency, Day};
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// let day = |d| Day::ymd(2024, 5, d);
    /// let line = |cents, known| -> regulars::Result<Transaction<'static>> {
    ///     Ok(Transaction::new("ann", day(1)?).amount(Amount::minor(cents)).id("line 7").known(day(known)?))
    /// };
    /// for (cents, known) in [(9_000, 1), (900, 4), (900, 4)] {
    ///     builder.push(line(cents, known)?)?; // a slip of the pen, corrected on the 4th, sent twice
    /// }
    /// let ledger = builder.build()?;
    /// assert_eq!((ledger.intake().corrected_rows, ledger.intake().repeated_ids), (1, 1));
    /// for (today, spend) in [(3, 9_000), (4, 900)] {
    ///     let behaviour = ledger.observed(AsOf::new(day(today)?))?.behaviour()?;
    ///     assert_eq!(behaviour.rows()[0].spend(), Amount::minor(spend));
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn id(mut self, id: impl IntoKey<'a>) -> Self {
        self.id = id.into_key();
        self
    }

    /// The day on which the row became known, where that is not its own day: a refund booked later, a
    /// late import. As of a day one sees rows whose day and whose known day have both come.
    pub fn known(mut self, day: impl Into<Option<Day>>) -> Self {
        self.known = day.into();
        self
    }

    /// Second of the day, 0 to 86,399: orders the orders within a day. Larger values are refused by
    /// [`LedgerBuilder::push`](crate::data::LedgerBuilder::push).
    pub fn second_of_day(mut self, second: impl Into<Option<u32>>) -> Self {
        self.second = second.into();
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
    pub fn currency(mut self, currency: impl Into<Option<Currency>>) -> Self {
        self.currency = currency.into();
        self
    }
}
