//! `Orders`: sets of items bought together, whoever bought them.
//!
//! Numbers of items follow their keys; an order is their ascending list. 4 bytes a row, 8 bytes an order, and the keys.
//! Grouping is one sort of (order, item): O(rows log rows).

use std::fmt;
use std::sync::Arc;

use crate::data::{History, Keys, Observed, Occasion};
use crate::error::{Error, Result};
use crate::kernel::intern::Interner;
use crate::types::{Amount, Key, Provenance};

use super::super::baskets::NONE;

/// Orders as sets of items.
///
/// ```
/// use regulars::recommend::Orders;
///
/// let orders = Orders::from_pairs([("a", "tea"), ("a", "milk"), ("a", "tea"), ("b", "tea")])?;
/// assert_eq!((orders.len(), orders.rows()), (2, 3));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Orders {
    pub(super) items: Arc<Keys>,
    /// Rows of order `o`: `start[o]..start[o + 1]`.
    pub(super) start: Vec<usize>,
    /// Item numbers, ascending within an order.
    pub(super) bought: Vec<u32>,
    pub(super) provenance: Provenance,
}

impl Orders {
    /// The orders of a ledger known as of a day, those of nobody included: one for each order key, or all purchases of a
    /// customer on a day. Refunds, rows that cost nothing and rows without an item are left out; so are anonymous rows
    /// without an order, which cannot be told apart.
    ///
    /// ```
    /// use regulars::{data::*, recommend::Orders, types::*};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep);
    /// let day = Day::ymd(2024, 5, 1)?;
    /// builder.push(Transaction::new("ann", day).item("tea").order("1"))?;
    /// builder.push(Transaction::anonymous(day).item("tea").order("2"))?;
    /// let ledger = builder.build()?;
    /// assert_eq!(Orders::new(ledger.observed(AsOf::new(day))?, Occasion::Order)?.len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the ledger has no items, or no orders under
    /// [`Occasion::Order`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for [`Occasion::Row`];
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for no order.
    pub fn new(now: Observed<'_>, occasion: Occasion) -> Result<Self> {
        let ledger = now.ledger();
        let Some(items) = ledger.items() else {
            return Err(Error::input("rules need the item column, and the ledger has none"));
        };
        match occasion {
            Occasion::Day => {}
            Occasion::Order if ledger.orders().is_some() => {}
            Occasion::Order => return Err(Error::input("one set per order needs the order column")),
            _ => return Err(Error::param("occasion", "must be Day or Order", format!("{occasion:?}"))),
        }
        // (order, or customer and day; item): one sort groups them all.
        let mut rows: Vec<((u32, u32, i32), u32)> = Vec::new();
        let people = (0_u32..).zip(0..ledger.customers().len());
        let known = people.filter_map(|(number, c)| Some((number, now.history_at(c)?)));
        for (customer, history) in known.chain([(NONE, now.anonymous())]) {
            add(&mut rows, customer, history, occasion);
        }
        Ok(Self { provenance: now.provenance(), ..Self::of_rows(items.clone(), rows)? })
    }

    /// Orders from (order, item) pairs in any order; repeated pairs count once.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for no pair.
    pub fn from_pairs<'k, O, I>(pairs: impl IntoIterator<Item = (O, I)>) -> Result<Self>
    where
        O: Into<Key<'k>>,
        I: Into<Key<'k>>,
    {
        let (mut orders, mut items) = (Interner::default(), Interner::default());
        let mut rows = Vec::new();
        for (order, item) in pairs {
            rows.push(((orders.key(&order.into(), "orders")?, 0, 0), items.key(&item.into(), "items")?));
        }
        let (sorted, ranks) = items.finish();
        for (_, item) in &mut rows {
            *item = ranks[*item as usize];
        }
        Self::of_rows(Arc::new(Keys::from_sorted(sorted)), rows)
    }

    /// One sort brings the rows of an order together and the repeated ones beside one another.
    fn of_rows<G: Ord>(items: Arc<Keys>, mut rows: Vec<(G, u32)>) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::empty("no orders"));
        }
        rows.sort_unstable();
        rows.dedup();
        let mut start = vec![0];
        let bought = rows.iter().map(|(_, item)| *item).collect();
        start.extend(rows.windows(2).zip(1..).filter(|(pair, _)| pair[0].0 != pair[1].0).map(|(_, at)| at));
        start.push(rows.len());
        Ok(Self { items, start, bought, provenance: Provenance::default() })
    }

    /// Number of orders.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Whether there are none; never so for orders that could be built.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of (order, item) pairs.
    pub fn rows(&self) -> usize {
        self.bought.len()
    }

    /// Items of an order, ascending.
    pub(super) fn order(&self, o: usize) -> &[u32] {
        &self.bought[self.start[o]..self.start[o + 1]]
    }
}

/// The group of a row is its order's number, or customer and day where it has none; an anonymous row without an order could
/// belong to any and is passed over.
fn add(rows: &mut Vec<((u32, u32, i32), u32)>, customer: u32, history: History<'_>, occasion: Occasion) {
    let Some(items) = history.item_numbers() else { return };
    let orders = history.order_numbers().filter(|_| occasion == Occasion::Order);
    let days = history.days();
    for row in 0..items.len() {
        let paid = history.amounts().is_none_or(|amounts| amounts[row] > Amount::minor(0));
        let order = orders.map_or(NONE, |orders| orders[row]);
        if items[row] == NONE || history.is_refund(row) || !paid || (order, customer) == (NONE, NONE) {
            continue;
        }
        let group = match order {
            NONE => (NONE, customer, days[row].days_since_epoch()),
            order => (order, 0, 0),
        };
        rows.push((group, items[row]));
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Orders({} orders, {} rows, {} items)", self.len(), self.rows(), self.items.len())
    }
}
