//! A ledger with more rows, and a ledger taken apart into rows.
//!
//! New rows are a ledger of their own, made by any of its constructors. Both are sorted, so that putting
//! them together is a merge: dictionaries first, then the rows of the customers that have new ones; all
//! other rows are copied as they stand.

use std::borrow::Cow;
use std::sync::Arc;

use crate::data::{Conflicts, Keys};
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
    /// those of this ledger. Versions of one id that contradict each other are counted, not refused.
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
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the two differ in currency, time axis, identity (relabel
    /// the new rows first), or in whether they have amounts or quantities;
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
            column.iter_mut().flatten().for_each(|number| *number = merged.new(*number));
        }
        let plan = Plan::new(own, new, &late, &customers, [&orders, &items, &ids]);
        let rows = plan.rows(&own.rows, &late, [&orders, &items, &ids]);
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
            identity: own.identity,
            intake: sum(&own.intake, &new.intake),
        }
        .finish(Conflicts::Count)
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

/// A dictionary of the keys of two, and their numbers in it.
struct Merged {
    /// `None` where neither has the column.
    keys: Option<Arc<Keys>>,
    /// Numbers of the old keys; `None` where they keep theirs.
    old: Option<Vec<u32>>,
    new: Vec<u32>,
}

impl Merged {
    fn of(old: Option<&Arc<Keys>>, new: Option<&Arc<Keys>>) -> Self {
        let (old, new) = match (old, new) {
            (old, None) => return Self { keys: old.cloned(), old: None, new: Vec::new() },
            (None, Some(new)) => {
                let numbers = (0_u32..).take(new.len()).collect();
                return Self { keys: Some(new.clone()), old: None, new: numbers };
            }
            (Some(old), Some(new)) => (old, new),
        };
        let found: Vec<Option<usize>> = new.iter().map(|key| old.find(key)).collect();
        if found.iter().all(Option::is_some) {
            let new = found.into_iter().flatten().filter_map(|n| u32::try_from(n).ok()).collect();
            return Self { keys: Some(old.clone()), old: None, new };
        }
        let (keys, old, new) = old.merge(new);
        Self { keys: Some(Arc::new(keys)), old: Some(old), new }
    }

    /// The number of an old key.
    fn old(&self, number: u32) -> u32 {
        match &self.old {
            Some(numbers) if number != NONE => numbers[number as usize],
            _ => number,
        }
    }

    /// The number of a new key.
    fn new(&self, number: u32) -> u32 {
        if number == NONE { NONE } else { self.new[number as usize] }
    }
}

/// A run of rows that are copied together.
struct Run {
    /// Whether they are old rows.
    is_old: bool,
    start: usize,
    end: usize,
}

/// Where each row of the result comes from.
struct Plan {
    runs: Vec<Run>,
    offsets: Vec<usize>,
}

impl Plan {
    /// Customer by customer in the order of the merged dictionary.
    fn new(own: &Store, new: &Store, late: &Rows, customers: &Merged, merged: [&Merged; 3]) -> Self {
        let count = customers.keys.as_ref().map_or(own.customers.len(), |keys| keys.len());
        let mut plan = Self { runs: Vec::new(), offsets: Vec::with_capacity(count + 2) };
        let (mut old_at, mut new_at, mut placed) = (0, 0, 0);
        for customer in 0..=count {
            plan.offsets.push(placed);
            let last = customer == count;
            let number = u32::try_from(customer).unwrap_or(NONE);
            let of = |at: usize, len: usize, number_of: &dyn Fn(u32) -> u32| {
                if last {
                    at == len
                } else {
                    at < len && number_of(u32::try_from(at).unwrap_or(NONE)) == number
                }
            };
            let has_old = of(old_at, own.customers.len(), &|n| customers.old(n));
            let has_new = of(new_at, new.customers.len(), &|n| customers.new(n));
            let slice = |store: &Store, at: usize| (store.offsets[at], store.offsets[at + 1]);
            let (mut old, mut fresh) = ((0, 0), (0, 0));
            if has_old {
                old = slice(own, old_at);
                old_at += 1;
            }
            if has_new {
                fresh = slice(new, new_at);
                new_at += 1;
            }
            plan.merge(old, fresh, own, late, merged);
            placed += (old.1 - old.0) + (fresh.1 - fresh.0);
        }
        plan.offsets.push(placed);
        plan
    }

    /// Adds a run, to the last one where it goes on.
    fn push(&mut self, is_old: bool, start: usize, end: usize) {
        match self.runs.last_mut() {
            _ if start == end => {}
            Some(run) if run.is_old == is_old && run.end == start => run.end = end,
            _ => self.runs.push(Run { is_old, start, end }),
        }
    }

    /// The rows of one customer: old and new ones in the order of the store. Equal rows are alike, so that
    /// it does not matter which of them comes first.
    fn merge(
        &mut self,
        (mut old, old_end): (usize, usize),
        (mut new, new_end): (usize, usize),
        own: &Store,
        late: &Rows,
        merged: [&Merged; 3],
    ) {
        while new < new_end {
            // New rows as a rule come after all old ones: look at the end first.
            let before = |row: usize| own.rows.is_before(row, late, new, merged);
            let skip = if old < old_end && before(old_end - 1) {
                old_end - old
            } else {
                let (mut low, mut high) = (old, old_end);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if before(middle) { low = middle + 1 } else { high = middle }
                }
                low - old
            };
            self.push(true, old, old + skip);
            old += skip;
            self.push(false, new, new + 1);
            new += 1;
        }
        self.push(true, old, old_end);
    }

    /// The columns of the result.
    fn rows(&self, old: &Rows, new: &Rows, [orders, items, ids]: [&Merged; 3]) -> Rows {
        let known = |rows: &'_ Rows| -> Option<Vec<_>> { rows.known.clone() };
        let (old_known, new_known) = (known(old), known(new));
        let has_known = old_known.is_some() || new_known.is_some();
        let (old_known, new_known) =
            (old_known.as_ref().unwrap_or(&old.day), new_known.as_ref().unwrap_or(&new.day));
        Rows {
            day: self.copy(&old.day, &new.day),
            second: self.sparse(old.second.as_ref(), new.second.as_ref(), None),
            order: self.sparse(old.order.as_ref(), new.order.as_ref(), orders.old.as_deref()),
            item: self.sparse(old.item.as_ref(), new.item.as_ref(), items.old.as_deref()),
            amount: old.amount.as_ref().zip(new.amount.as_ref()).map(|(old, new)| self.copy(old, new)),
            quantity: old.quantity.as_ref().zip(new.quantity.as_ref()).map(|(old, new)| self.copy(old, new)),
            known: has_known.then(|| self.copy(old_known, new_known)),
            id: self.sparse(old.id.as_ref(), new.id.as_ref(), ids.old.as_deref()),
            superseded: None,
        }
    }

    /// A column that both have.
    fn copy<T: Copy>(&self, old: &[T], new: &[T]) -> Vec<T> {
        let mut all = Vec::with_capacity(old.len() + new.len());
        for run in &self.runs {
            let from = if run.is_old { old } else { new };
            all.extend_from_slice(&from[run.start..run.end]);
        }
        all
    }

    /// A column that one of them may lack, and whose old numbers may have moved.
    fn sparse(
        &self,
        old: Option<&Vec<u32>>,
        new: Option<&Vec<u32>>,
        moved: Option<&[u32]>,
    ) -> Option<Vec<u32>> {
        if old.is_none() && new.is_none() {
            return None;
        }
        let absent = |rows: usize| Cow::Owned(vec![NONE; rows]);
        let (old_rows, new_rows) = self.runs.iter().fold((0, 0), |(old, new), run| match run.is_old {
            true => (old.max(run.end), new),
            false => (old, new.max(run.end)),
        });
        let old = old.map_or_else(|| absent(old_rows), |column| Cow::Borrowed(&column[..]));
        let new = new.map_or_else(|| absent(new_rows), |column| Cow::Borrowed(&column[..]));
        let mut all = self.copy(&old, &new);
        if let Some(moved) = moved {
            let mut at = 0;
            for run in &self.runs {
                let end = at + (run.end - run.start);
                if run.is_old {
                    for number in all[at..end].iter_mut().filter(|number| **number != NONE) {
                        *number = moved[*number as usize];
                    }
                }
                at = end;
            }
        }
        Some(all)
    }
}

impl Rows {
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
        let old = |column: &Option<Vec<u32>>, merged: &Merged| merged.old(number(column, row));
        key(self, row, old(&self.order, orders), old(&self.item, items), old(&self.id, ids))
            < key(new, at, number(&new.order, at), number(&new.item, at), number(&new.id, at))
    }
}
