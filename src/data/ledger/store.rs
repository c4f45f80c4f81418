//! `Ledger`: the store itself.
//!
//! Everything a view hands out borrows from here; nothing here changes after [`build`](super::LedgerBuilder::build).
//! What looks like a change (`covering`, `relabel`) makes another ledger that shares the columns it can.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::data::behaviour::Computed;
use crate::data::{Conflicts, Keys, TimeAxis};
use crate::error::{Error, Result};
use crate::types::{Amount, AsOf, Currency, CustomerIx, Day, ItemIx, Key, Quantity};

use super::identity::Identity;
use super::late::Late;

/// Stands for "no order", "no item" and "no time of day" in the dense columns.
pub(crate) const NONE: u32 = u32::MAX;

/// Every order of every customer, sorted by customer and time. Immutable; a clone shares the store and costs two
/// counters.
///
/// Customers, orders and items are numbered from 0 in ascending order of their keys, integers before texts. The
/// same rows, in any order and through any constructor, make equal ledgers; two ledgers of the same
/// customers share indices.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (customer, day, cents) in [("bob", 3, 990), ("ann", 1, 1_250), ("ann", 1, 1_250)] {
///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// assert_eq!(ledger.len(), 3);
/// assert_eq!(ledger.customer("ann").map(|ix| ix.index()), Some(0)); // by key, not by arrival
/// assert_eq!(ledger.intake().duplicate_rows, 1); // kept, and counted
/// assert_eq!(ledger.currency(), Currency::EUR);
/// assert!(!ledger.is_empty());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Rows are read through a view as of a day: [`observed`](Self::observed) or [`split`](Self::split).
#[derive(Clone)]
pub struct Ledger(pub(super) Arc<Store>);

/// Structure of arrays. The rows of customer `c` are `offsets[c]..offsets[c + 1]`, anonymous rows
/// follow after the last customer. Within a customer rows are ordered by their whole content: day,
/// time of day, order, item, amount, quantity.
pub(crate) struct Store {
    /// The one currency; all amounts are its minor units.
    pub(crate) currency: Currency,
    /// What a day means.
    pub(crate) time: TimeAxis,
    /// Keys by customer number.
    pub(crate) customers: Arc<Keys>,
    /// Keys by order number; `None` exactly where the column is absent.
    pub(crate) orders: Option<Arc<Keys>>,
    /// Keys by item number; `None` exactly where the column is absent.
    pub(crate) items: Option<Arc<Keys>>,
    /// Keys by number of a row's id; `None` exactly where the column is absent.
    pub(super) ids: Option<Arc<Keys>>,
    /// One for each customer, one for the anonymous rows, one for the end: customers + 2 of them, ascending.
    pub(crate) offsets: Arc<[usize]>,
    /// Shared, so that `covering` copies nothing.
    pub(crate) rows: Arc<Rows>,
    /// First and last day covered; no row lies outside.
    pub(crate) covers: (Day, Day),
    /// The caller's own name for the data.
    pub(crate) label: Option<Arc<str>>,
    /// What the customers are, and since when that was known.
    pub(crate) identity: Identity,
    /// What becomes of versions of one row that contradict each other.
    pub(super) conflicts: Conflicts,
    /// Counts of the reading.
    pub(crate) intake: Intake,
    /// What was computed from the rows last, by as-of day.
    pub(in crate::data) computed: Arc<Computed>,
    /// Rows that are not visible on every day from their own on, and what that changes by as-of day.
    pub(super) late: Arc<Late>,
}

/// The columns. `None` is a column that was not given.
///
/// All that are given have one value for each row of the store; in `second`, `order` and `item` the value [`NONE`]
/// stands for "not known here".
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    /// Always there; its length is the number of rows.
    pub(crate) day: Vec<Day>,
    /// Second of the day, or [`NONE`].
    pub(crate) second: Option<Vec<u32>>,
    /// Rank of the order, or [`NONE`].
    pub(crate) order: Option<Vec<u32>>,
    /// Rank of the item, or [`NONE`].
    pub(crate) item: Option<Vec<u32>>,
    /// Minor units, signed; known for every row if for one.
    pub(crate) amount: Option<Vec<Amount>>,
    /// Thousandths, signed; known for every row if for one.
    pub(crate) quantity: Option<Vec<Quantity>>,
    /// The day on which the row became known; absent where that is every row's own day.
    pub(super) known: Option<Vec<Day>>,
    /// Rank of the row's id, or [`NONE`].
    pub(super) id: Option<Vec<u32>>,
    /// The first day on which another version of the row counts, if ever; absent where no row has another
    /// version. Follows from ids and known days.
    pub(super) superseded: Option<Vec<Option<Day>>>,
}

/// The last day there is: all that will ever be known is known by then.
pub(super) const LAST: Day = Day::new(i32::MAX);

/// What came in and what became of it: nothing is dropped without being counted here.
///
/// `rows_read` = `rows_kept` + `rows_anonymous` + all of `rows_skipped` + `repeated_ids` + rows that were refused by an
/// error. The other counts describe rows that are in the ledger. A relabelled ledger counts its duplicates anew.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// let day = Day::ymd(2024, 5, 1)?;
/// builder.push(Transaction::new("ann", day).amount(Amount::minor(1_250)))?;
/// builder.push(Transaction::new("ann", day).amount(Amount::minor(-1_250)))?;
/// builder.push(Transaction::anonymous(day).amount(Amount::minor(300)))?;
/// let ledger = builder.build()?;
/// let intake = ledger.intake();
/// assert_eq!((intake.rows_read, intake.rows_kept, intake.rows_skipped["no customer"]), (3, 2, 1));
/// assert_eq!(intake.skipped_examples["no customer"], [3]);
/// assert_eq!((intake.refund_rows, intake.duplicate_rows, intake.rounded_amounts), (1, 0, 0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Intake {
    /// Rows offered.
    pub rows_read: u64,
    /// Rows in the ledger that belong to a customer.
    pub rows_kept: u64,
    /// Rows in the ledger that belong to no customer
    /// ([`Anonymous::Keep`](crate::data::Anonymous::Keep)).
    pub rows_anonymous: u64,
    /// Rows left out, by reason, in the alphabetical order of the reasons. Rows without a customer are under
    /// `no customer`; lenient reading of CSV adds reasons of its own.
    pub rows_skipped: BTreeMap<String, u64>,
    /// Numbers of the first five rows left out for each reason, to look them up in the source.
    pub skipped_examples: BTreeMap<String, Vec<u64>>,
    /// Rows in the ledger that repeat another one exactly, in every column: three equal rows are two duplicates. They
    /// are kept, since two equal rows may be two purchases; a high count points to a file that was read twice.
    pub duplicate_rows: u64,
    /// Rows in the ledger whose amount or quantity is below zero, anonymous ones included.
    pub refund_rows: u64,
    /// Rows left out because a row of the same id says the same in every column.
    pub repeated_ids: u64,
    /// Rows in the ledger that a later version of the same id has replaced: as of earlier days they still count.
    pub corrected_rows: u64,
    /// Rows in the ledger that never count, as another version of the same id was known on the same day
    /// ([`Conflicts::Count`](crate::data::Conflicts::Count)).
    pub conflicting_rows: u64,
    /// Amounts that were finer than the currency and had to be rounded, half to even. A currency kept with more
    /// decimals ([`Currency::with_decimals`](crate::types::Currency::with_decimals)) rounds fewer.
    pub rounded_amounts: u64,
    /// The file that the rows came from, where they came from one.
    #[cfg(feature = "csv")]
    pub source: Option<crate::data::csv::CsvSource>,
}

impl Ledger {
    /// The currency of every amount. There is one: a ledger of two would add pounds to yen.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Whether days are calendar days or basket numbers.
    pub fn time_axis(&self) -> TimeAxis {
        self.0.time
    }

    /// The customers, in ascending order of keys; those of every row, also of rows after any as-of day. For those known
    /// on a day see [`Observed::customers`](crate::data::Observed::customers).
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The items, in ascending order of keys, where the ledger has items: `None` where no row ever named one.
    pub fn items(&self) -> Option<&Arc<Keys>> {
        self.0.items.as_ref()
    }

    /// The order keys in ascending order, where the ledger has orders. [`Row::order`](super::Row::order) is a rank
    /// among them.
    pub fn orders(&self) -> Option<&Arc<Keys>> {
        self.0.orders.as_ref()
    }

    /// Number of rows, anonymous ones included.
    pub fn len(&self) -> usize {
        self.0.rows.day.len()
    }

    /// Whether there are none; never so for a ledger that was built.
    pub fn is_empty(&self) -> bool {
        self.0.rows.day.is_empty()
    }

    /// What came in and what became of it. See [`Intake`].
    pub fn intake(&self) -> &Intake {
        &self.0.intake
    }

    /// The first and the last day about which the ledger knows everything: by default those of its first and last row,
    /// anonymous ones included. A day without a row inside is a day without a sale. See [`covering`](Self::covering).
    pub fn covers(&self) -> (Day, Day) {
        self.0.covers
    }

    /// The customer with that key; `None` for one without a row. O(log customers).
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new(17_850, Day::ymd(2024, 5, 1)?))?;
    /// let ledger = builder.build()?;
    /// assert_eq!(ledger.customer(17_850), ledger.customer("17850")); // one key
    /// assert!(ledger.customer("017850").is_none()); // another one
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn customer<'k>(&self, key: impl Into<Key<'k>>) -> Option<CustomerIx> {
        let index = u32::try_from(self.0.customers.find(key)?).ok()?;
        Some(CustomerIx { index, dictionary: self.0.customers.fingerprint() })
    }

    /// The item with that key; `None` without such an item or without items at all. O(log items).
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// let ledger = builder.build()?;
    /// let tea = ledger.item("tea").expect("was bought");
    /// assert_eq!(ledger.item_key(tea)?.to_text(), "tea");
    /// assert!(ledger.item("cup").is_none());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn item<'k>(&self, key: impl Into<Key<'k>>) -> Option<ItemIx> {
        let items = self.0.items.as_ref()?;
        Some(ItemIx { index: u32::try_from(items.find(key)?).ok()?, dictionary: items.fingerprint() })
    }

    /// The key of an item. Constant time.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger, unless that has exactly the same items.
    pub fn item_key(&self, item: ItemIx) -> Result<Key<'_>> {
        self.0
            .items
            .as_ref()
            .filter(|items| items.fingerprint() == item.dictionary)
            .and_then(|items| items.get(item.index()))
            .ok_or_else(|| Error::input("an item index of another ledger"))
    }

    /// The key of a customer. Constant time.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger, unless that has exactly the same
    /// customers:
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Currency, Day};
    /// let of = |customers: &[&'static str]| -> regulars::Result<Ledger> {
    ///     let mut builder = Ledger::builder(Currency::EUR);
    ///     for customer in customers {
    ///         builder.push(Transaction::new(*customer, Day::new(0)))?;
    ///     }
    ///     builder.build()
    /// };
    /// let (mine, same, other) = (of(&["ann", "bob"])?, of(&["bob", "ann", "ann"])?, of(&["ann", "cleo"])?);
    /// let bob = mine.customer("bob").expect("has a row");
    /// assert_eq!(same.customer_key(bob)?.to_text(), "bob");
    /// assert!(other.customer_key(bob).is_err()); // would have been cleo
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn customer_key(&self, customer: CustomerIx) -> Result<Key<'_>> {
        self.check_customer(customer)?;
        self.0
            .customers
            .get(customer.index())
            .ok_or_else(|| Error::input("a customer index of another ledger"))
    }

    /// The check of every function that takes an index: a fingerprint of 32 bits makes a foreign
    /// ledger pass by accident once in four billion, and then the range still holds.
    pub(crate) fn check_customer(&self, customer: CustomerIx) -> Result<()> {
        if customer.dictionary == self.0.customers.fingerprint() && customer.index() < self.0.customers.len()
        {
            Ok(())
        } else {
            Err(Error::input("a customer index of another ledger"))
        }
    }

    /// The columns, for modules of this layer and above; rows go through the views.
    pub(crate) fn store(&self) -> &Store {
        &self.0
    }

    /// The same ledger, known to cover at least these days as well: a shop that was open but sold nothing.
    ///
    /// Matters for [`split`](Self::split): without it the last day of the data is taken for the last day known, and a
    /// horizon after it is refused, since customers may have stayed away or the file may have ended.
    /// Constant time; the rows are shared.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 20] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// // Rows from 1 to 20 May, but the books are complete to the end of the month.
    /// assert!(ledger.split(AsOf::ymd(2024, 5, 17)?, Horizon::days(14)?).is_err());
    /// let may = ledger.covering(Day::ymd(2024, 5, 1)?, Day::ymd(2024, 5, 31)?)?;
    /// assert!(may.split(AsOf::ymd(2024, 5, 17)?, Horizon::days(14)?).is_ok());
    /// // It cannot be made to know less than its rows say.
    /// assert!(ledger.covering(Day::ymd(2024, 5, 2)?, Day::ymd(2024, 5, 31)?).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) where `last` lies before `first` or either cuts off rows of the ledger.
    pub fn covering(&self, first: Day, last: Day) -> Result<Self> {
        let (own_first, own_last) = (self.0.covers.0.min(first), self.0.covers.1.max(last));
        if last < first || (own_first, own_last) != (first, last) {
            return Err(Error::param(
                "covering",
                &format!("must include {} to {}", self.0.covers.0, self.0.covers.1),
                format!("{first} to {last}"),
            ));
        }
        let store = Store { covers: (first, last), ..self.0.shallow_clone() };
        Ok(Self(Arc::new(store)))
    }

    /// The same ledger under a label of the caller's: of the tenant or the shop that the rows belong to.
    ///
    /// Every model keeps the label of its fit and refuses data of another label; see
    /// [`Provenance`](crate::types::Provenance). Shares the rows; O(1).
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Currency, Day};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// let ledger = builder.build()?;
    /// assert_eq!(ledger.label(), None);
    /// assert_eq!(ledger.labelled("tenant 7").label(), Some("tenant 7"));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[must_use]
    pub fn labelled(&self, label: &str) -> Self {
        // What was computed holds the old label.
        let computed = Arc::default();
        Self(Arc::new(Store { label: Some(label.into()), computed, ..self.0.shallow_clone() }))
    }

    /// The label given by [`labelled`](Self::labelled), if any.
    pub fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// What the customers are: [`Identity::AsRecorded`] until [`relabel`](Self::relabel) makes people of accounts.
    pub fn identity(&self) -> Identity {
        self.0.identity
    }

    /// The same ledger, whose people come from records dated up to a day. A ledger that was never relabelled stays as it
    /// is.
    #[must_use]
    pub fn identity_known_by(&self, as_of: AsOf) -> Self {
        if self.identity() == Identity::AsRecorded {
            return self.clone();
        }
        Self(Arc::new(Store { identity: Identity::KnownBy(as_of), ..self.0.shallow_clone() }))
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Ledger({} rows, {} customers, {} to {}, {})",
            self.len(),
            self.0.customers.len(),
            self.0.covers.0,
            self.0.covers.1,
            self.0.currency
        )
    }
}
