//! `Ledger`: the store itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::data::{Keys, TimeAxis};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{Amount, AsOf, Currency, CustomerIx, Day, Horizon, ItemIx, Key, Quantity};

use super::identity::Identity;
use super::views::{Observed, Split};

/// Stands for "no order", "no item" and "no time of day" in the dense columns.
pub(crate) const NONE: u32 = u32::MAX;

/// Every order of every customer, sorted by customer and time. Immutable; a clone shares the store.
#[derive(Clone)]
pub struct Ledger(pub(super) Arc<Store>);

/// Structure of arrays. The rows of customer `c` are `offsets[c]..offsets[c + 1]`, anonymous rows follow behind the last
/// customer. Within a customer rows are ordered by their whole content: day, time of day, order, item, amount, quantity.
pub(crate) struct Store {
    pub(crate) currency: Currency,
    pub(crate) time: TimeAxis,
    pub(crate) customers: Arc<Keys>,
    pub(crate) orders: Option<Arc<Keys>>,
    pub(crate) items: Option<Arc<Keys>>,
    pub(crate) offsets: Arc<[usize]>,
    pub(crate) rows: Arc<Rows>,
    pub(crate) covers: (Day, Day),
    pub(crate) identity: Identity,
    pub(crate) intake: Intake,
}

/// The columns. `None` is a column that was not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) day: Vec<Day>,
    pub(crate) second: Option<Vec<u32>>,
    pub(crate) order: Option<Vec<u32>>,
    pub(crate) item: Option<Vec<u32>>,
    pub(crate) amount: Option<Vec<Amount>>,
    pub(crate) quantity: Option<Vec<Quantity>>,
}

/// What came in through the door and what became of it: nothing is dropped without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Intake {
    /// Rows offered.
    pub rows_read: u64,
    /// Rows in the ledger that belong to a customer.
    pub rows_kept: u64,
    /// Rows in the ledger that belong to nobody ([`Anonymous::Keep`](crate::data::Anonymous::Keep)).
    pub rows_anonymous: u64,
    /// Rows left out, by reason.
    pub rows_skipped: BTreeMap<String, u64>,
    /// Numbers of the first five rows left out for each reason.
    pub skipped_examples: BTreeMap<String, Vec<u64>>,
    /// Rows in the ledger that repeat another one exactly.
    pub duplicate_rows: u64,
    /// Rows in the ledger whose amount or quantity is below zero.
    pub refund_rows: u64,
    /// Amounts that were finer than the currency and had to be rounded.
    pub rounded_amounts: u64,
    /// The file that the rows came from, where they came through the CSV door.
    #[cfg(feature = "csv")]
    pub source: Option<crate::data::csv::CsvSource>,
}

impl Ledger {
    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Whether days are calendar days or basket numbers.
    pub fn time_axis(&self) -> TimeAxis {
        self.0.time
    }

    /// The customers, in ascending order of keys.
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The items, in ascending order of keys, where the ledger has items.
    pub fn items(&self) -> Option<&Arc<Keys>> {
        self.0.items.as_ref()
    }

    /// The order keys in ascending order, where the ledger has orders.
    pub fn orders(&self) -> Option<&Arc<Keys>> {
        self.0.orders.as_ref()
    }

    /// Number of rows, anonymous ones included.
    pub fn len(&self) -> usize {
        self.0.rows.day.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.rows.day.is_empty()
    }

    /// What came in and what became of it.
    pub fn intake(&self) -> &Intake {
        &self.0.intake
    }

    /// The first and the last day about which the ledger knows everything: by default those of its first and last row.
    pub fn covers(&self) -> (Day, Day) {
        self.0.covers
    }

    /// The customer with that key.
    pub fn customer<'k>(&self, key: impl Into<Key<'k>>) -> Option<CustomerIx> {
        let index = u32::try_from(self.0.customers.find(key)?).ok()?;
        Some(CustomerIx { index, dictionary: self.0.customers.fingerprint() })
    }

    /// The item with that key.
    pub fn item<'k>(&self, key: impl Into<Key<'k>>) -> Option<ItemIx> {
        let items = self.0.items.as_ref()?;
        Some(ItemIx { index: u32::try_from(items.find(key)?).ok()?, dictionary: items.fingerprint() })
    }

    /// The key of an item.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an index of another ledger.
    pub fn item_key(&self, item: ItemIx) -> Result<Key<'_>> {
        self.0
            .items
            .as_ref()
            .filter(|items| items.fingerprint() == item.dictionary)
            .and_then(|items| items.get(item.index()))
            .ok_or_else(|| Error::input("an item index of another ledger"))
    }

    /// The key of a customer.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an index of another ledger.
    pub fn customer_key(&self, customer: CustomerIx) -> Result<Key<'_>> {
        self.check_customer(customer)?;
        self.0
            .customers
            .get(customer.index())
            .ok_or_else(|| Error::input("a customer index of another ledger"))
    }

    pub(crate) fn check_customer(&self, customer: CustomerIx) -> Result<()> {
        if customer.dictionary == self.0.customers.fingerprint() && customer.index() < self.0.customers.len()
        {
            Ok(())
        } else {
            Err(Error::input("a customer index of another ledger"))
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0
    }

    /// The same ledger, known to cover at least these days as well: a shop that was open but sold nothing.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) where `last` lies before `first` or either cuts off rows of the ledger.
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

    /// What is known as of a day: the only source of features.
    ///
    /// `as_of` may lie behind the covered days: the caller then states that nothing happened in between.
    ///
    /// # Errors
    /// [`EmptyInput`](ErrorKind::EmptyInput) where no row of any customer lies on or before `as_of`.
    pub fn observed(&self, as_of: AsOf) -> Result<Observed<'_>> {
        Observed::new(self, as_of)
    }

    /// Cuts time in two: what is known as of a day, and the `horizon` after it as the only source of labels.
    ///
    /// # Errors
    /// As [`Ledger::observed`]; [`InvalidInput`](ErrorKind::InvalidInput) naming both dates where the horizon ends behind
    /// the covered days.
    pub fn split(&self, as_of: AsOf, horizon: Horizon) -> Result<Split<'_>> {
        let observed = self.observed(as_of)?;
        let until = as_of.day().checked_add(horizon.in_days().into());
        match until {
            Some(until) if until <= self.0.covers.1 => Ok(Split::new(observed, horizon, until)),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                Place::Parameter("horizon"),
                format!(
                    "{as_of} plus {horizon} ends {}, but the ledger covers days up to {} only",
                    until.map_or_else(|| "beyond the calendar".to_owned(), |u| format!("on {u}")),
                    self.0.covers.1
                ),
            )),
        }
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
