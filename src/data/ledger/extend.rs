//! A ledger with more rows, and a ledger taken apart into rows.
//!
//! New rows are a ledger of their own, made by any of its constructors. Both are sorted, so that putting
//! them together is a merge: dictionaries first, then the rows of the customers that have new ones; all
//! other rows are copied as they stand.

use std::sync::Arc;

use crate::data::Keys;
use crate::data::merge::{Merged, Plan};
use crate::error::{Error, ErrorKind, Result};
use crate::types::Key;

use super::assemble::{EXAMPLES, Parts};
use super::store::{Intake, Ledger, NONE, Rows, Store};
use super::transaction::Transaction;

impl Ledger {
    /// This ledger with the rows of another: what a rebuild from the rows of both gives, bit for bit.
    ///
    /// The other ledger holds the new rows, built from rows, columns or CSV. This one, its clones and its
    /// views stay as they are. Counts of the intake are added up; numbers of skipped rows go on after
    /// those of this ledger. Versions of one id that contradict each other are refused or counted, as this
    /// ledger's own were.
    /// O(rows) of copying, and a merge of the rows of customers who have new ones.
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Currency, Day};
    ///
    /// let of = |rows: &[(&'static str, i32)]| -> regulars::Result<Ledger> {
    ///     let mut builder = Ledger::builder(Currency::EUR);
    ///     builder.extend(rows.iter().map(|(customer, day)| Transaction::new(*customer, Day::new(*day))));
    ///     builder.build()
    /// };
    /// let yesterday = of(&[("bob", 19_000), ("ann", 19_001)])?;
    /// let today = yesterday.extend(&of(&[("ann", 19_002), ("cleo", 19_002)])?)?;
    /// assert_eq!((today.len(), today.customers().len(), yesterday.len()), (4, 3, 2));
    /// assert_eq!(today.covers(), (Day::new(19_000), Day::new(19_002)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the two differ in currency, time axis, label, identity
    /// (relabel the new rows first), or in whether they have amounts or quantities, and where two versions of one
    /// id contradict each other in a ledger that refuses them;
    /// [`Overflow`](crate::ErrorKind::Overflow) above 4,294,967,294 rows.
    pub fn extend(&self, more: &Self) -> Result<Self> {
        let (own, new) = (self.store(), more.store());
        check(own, new)?;
        let customers = Merged::of(Some(&own.customers), Some(&new.customers));
        let orders = Merged::of(own.orders.as_ref(), new.orders.as_ref());
        let items = Merged::of(own.items.as_ref(), new.items.as_ref());
        let ids = Merged::of(own.ids.as_ref(), new.ids.as_ref());
        // The new rows in the numbers of the result; there are few of them, so a copy costs nothing.
        let mut late = (*new.rows).clone();
        for (column, merged) in [(&mut late.order, &orders), (&mut late.item, &items), (&mut late.id, &ids)] {
            column.iter_mut().flatten().for_each(|number| *number = merged.of_new(*number));
        }
        let numbers = [&orders, &items, &ids];
        let before = |old: usize, new: usize| own.rows.is_before(old, &late, new, numbers);
        let people = (own.customers.len(), new.customers.len());
        let plan = Plan::new(&own.offsets, &new.offsets, &customers, people, &before);
        let rows = own.rows.with(&late, &plan, numbers);
        Parts {
            currency: own.currency,
            time: own.time,
            customers: customers.keys.unwrap_or_else(|| own.customers.clone()),
            orders: orders.keys,
            items: items.keys,
            ids: ids.keys,
            offsets: plan.offsets,
            rows,
            covers: Some((own.covers.0.min(new.covers.0), own.covers.1.max(new.covers.1))),
            label: own.label.clone().or_else(|| new.label.clone()),
            identity: own.identity,
            conflicts: own.conflicts,
            intake: sum(&own.intake, &new.intake),
        }
        .finish()
    }

    /// All rows, as they could be pushed into a builder: a ledger built from them has equal rows.
    ///
    /// In the order of the store: by customer, then by time, anonymous rows last. Versions of one id and
    /// rows of any day are among them.
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Amount, Currency, Day};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::new(19_000)).item("tea").amount(Amount::minor(500)))?;
    /// let ledger = builder.build()?;
    /// let mut again = Ledger::builder(Currency::EUR);
    /// again.extend(ledger.rows());
    /// assert_eq!(again.build()?.len(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = Transaction<'_>> {
        let store = self.store();
        (0..store.offsets.len() - 1).flat_map(move |customer| {
            let key = store.customers.get(customer);
            (store.offsets[customer]..store.offsets[customer + 1]).map(move |row| store.row(row, key.clone()))
        })
    }
}

impl Store {
    /// One row as it came in.
    fn row<'a>(&'a self, row: usize, customer: Option<Key<'a>>) -> Transaction<'a> {
        let rows = &self.rows;
        let number = |column: &Option<Vec<u32>>| column.as_ref().map(|c| c[row]).filter(|n| *n != NONE);
        let key = |column: &Option<Vec<u32>>, keys: &'a Option<Arc<Keys>>| {
            keys.as_ref()?.get(number(column)? as usize)
        };
        let mut one = Transaction::anonymous(rows.day[row]);
        one.customer = customer;
        one.second = number(&rows.second);
        one.order = key(&rows.order, &self.orders);
        one.item = key(&rows.item, &self.items);
        one.id = key(&rows.id, &self.ids);
        one.amount = rows.amount.as_ref().map(|c| c[row]);
        one.quantity = rows.quantity.as_ref().map(|c| c[row]);
        one.known = rows.known.as_ref().map(|c| c[row]);
        one
    }
}

/// Whether two ledgers speak of the same kind of rows.
fn check(own: &Store, new: &Store) -> Result<()> {
    let differ = |what: &str| {
        let rule = format!("the new rows differ from the ledger in {what}");
        Err(Error::new(ErrorKind::InvalidInput, None, rule))
    };
    if own.currency != new.currency {
        return differ("their currency");
    }
    if own.time != new.time {
        return differ("the meaning of days");
    }
    if own.label.as_ref().zip(new.label.as_ref()).is_some_and(|(own, new)| own != new) {
        return differ("their label");
    }
    if own.identity != new.identity {
        return differ("what customers are: relabel them as the ledger was");
    }
    if own.rows.amount.is_some() != new.rows.amount.is_some() {
        return differ("whether they have amounts");
    }
    if own.rows.quantity.is_some() != new.rows.quantity.is_some() {
        return differ("whether they have quantities");
    }
    if own.rows.day.len() + new.rows.day.len() >= NONE as usize {
        return Err(Error::overflow("more than 4294967294 rows"));
    }
    Ok(())
}

/// Counts of both readings; those of the rows are made anew.
fn sum(own: &Intake, new: &Intake) -> Intake {
    let mut all = Intake {
        rows_read: own.rows_read + new.rows_read,
        repeated_ids: own.repeated_ids + new.repeated_ids,
        rounded_amounts: own.rounded_amounts + new.rounded_amounts,
        ..own.clone()
    };
    for (reason, rows) in &new.rows_skipped {
        *all.rows_skipped.entry(reason.clone()).or_default() += rows;
    }
    for (reason, examples) in &new.skipped_examples {
        let kept = all.skipped_examples.entry(reason.clone()).or_default();
        let room = EXAMPLES.saturating_sub(kept.len());
        kept.extend(examples.iter().take(room).map(|row| row + own.rows_read));
    }
    all
}

impl Rows {
    /// The rows of both, by plan. Numbers of the new ones are those of the result already.
    fn with(&self, new: &Self, plan: &Plan, [orders, items, ids]: [&Merged; 3]) -> Self {
        let known = (self.known.is_some() || new.known.is_some()).then(|| {
            plan.copy(self.known.as_ref().unwrap_or(&self.day), new.known.as_ref().unwrap_or(&new.day))
        });
        Self {
            day: plan.copy(&self.day, &new.day),
            second: plan.sparse(self.second.as_ref(), new.second.as_ref(), NONE),
            order: plan.numbers(self.order.as_ref(), new.order.as_ref(), orders),
            item: plan.numbers(self.item.as_ref(), new.item.as_ref(), items),
            amount: self.amount.as_ref().zip(new.amount.as_ref()).map(|(old, new)| plan.copy(old, new)),
            quantity: self.quantity.as_ref().zip(new.quantity.as_ref()).map(|(old, new)| plan.copy(old, new)),
            known,
            id: plan.numbers(self.id.as_ref(), new.id.as_ref(), ids),
            superseded: None,
        }
    }

    /// Whether an old row comes before a new one, whose numbers are those of the result already.
    fn is_before(&self, row: usize, new: &Rows, at: usize, [orders, items, ids]: [&Merged; 3]) -> bool {
        let number = |column: &Option<Vec<u32>>, row: usize| column.as_ref().map_or(NONE, |c| c[row]);
        let key = |rows: &Rows, row: usize, order: u32, item: u32, id: u32| {
            (
                rows.day[row],
                number(&rows.second, row),
                order,
                item,
                rows.amount.as_ref().map(|c| c[row]),
                rows.quantity.as_ref().map(|c| c[row]),
                rows.known.as_ref().map_or(rows.day[row], |c| c[row]),
                id,
            )
        };
        let old = |column: &Option<Vec<u32>>, merged: &Merged| merged.of_old(number(column, row));
        key(self, row, old(&self.order, orders), old(&self.item, items), old(&self.id, ids))
            < key(new, at, number(&new.order, at), number(&new.item, at), number(&new.id, at))
    }
}
