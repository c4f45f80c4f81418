//! `Ledger::relabel`: the same rows under other customers.
//!
//! The way from accounts to people: `profile` says who is who, and the ledger moves each account's rows to the person
//! whose account it is. Nothing is read again; the sorting of the rows is the same as that of a new
//! ledger.

use std::sync::Arc;

use crate::data::Keys;
use crate::error::{Error, Result};
use crate::kernel::intern::Interner;
use crate::types::Key;

use super::assemble::Parts;
use super::identity::Identity;
use super::store::{Ledger, NONE};

impl Ledger {
    /// The same rows under other customers: accounts that belong to one person become one history.
    ///
    /// `person` names the person whose account it is; an account of which it knows nothing (`None`)
    /// stays a customer of its own, and one of which it says the empty text is a customer no
    /// longer: its rows become anonymous ones, as those that have been so stay. Days, amounts,
    /// orders, items and covered days are unchanged; exact duplicates are counted anew, as two
    /// accounts may hold equal rows.
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day, Key};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for (account, day) in [("ann@web", 3), ("ann@shop", 1), ("bob", 2)] {
    ///     builder.push(Transaction::new(account, Day::ymd(2024, 5, day)?).amount(Amount::minor(100)))?;
    /// }
    /// let people = builder.build()?.relabel(|account| match account.to_text().as_ref() {
    ///     "ann@web" | "ann@shop" => Some(Key::from("ann")),
    ///     _ => None,
    /// })?;
    /// let visits = people.observed(AsOf::ymd(2024, 5, 31)?)?.map(|history| history.len());
    /// assert_eq!((visits.by_key("ann"), visits.by_key("bob")), (Some(&2), Some(&1)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where an account that `person` does not know has the name of a
    /// person: the two would be joined by accident.
    ///
    /// `person` is called once for each account, in ascending order of keys. O(rows), as for building; items, orders
    /// and days keep their meaning, customer indices do not: those of the old ledger are refused by the new one,
    /// unless nothing was renamed.
    pub fn relabel<'k>(&self, mut person: impl FnMut(Key<'_>) -> Option<Key<'k>>) -> Result<Self> {
        let store = self.store();
        let mut people = Interner::default();
        let mut number = vec![NONE; store.customers.len()];
        let mut unknown = Vec::new();
        for (account, key) in store.customers.iter().enumerate() {
            match person(key) {
                Some(name) if name.is_empty() => {}
                Some(name) => number[account] = people.key(&name, "customers")?,
                None => unknown.push(account),
            }
        }
        let named = people.len();
        for account in unknown {
            let Some(key) = store.customers.get(account) else { continue };
            let new = people.key(&key, "customers")?;
            if (new as usize) < named {
                return Err(Error::input(format!(
                    "customer number {account}, who is not relabelled, has the name of a person that others become"
                )));
            }
            number[account] = new;
        }
        let (sorted, ranks) = people.finish();
        let customers = Keys::from_sorted(sorted);
        let groups = customers.len() + 1;
        let mut group = vec![u32::try_from(groups - 1).unwrap_or(NONE); self.len()];
        for (account, range) in store.offsets.windows(2).take(number.len()).enumerate() {
            if let Some(person) = ranks.get(number[account] as usize) {
                group[range[0]..range[1]].fill(*person);
            }
        }
        let (offsets, order) = store.rows.sort(&group, groups);
        let rows = store.rows.gather(&order);
        Parts {
            currency: store.currency,
            time: store.time,
            customers: Arc::new(customers),
            orders: store.orders.clone(),
            items: store.items.clone(),
            ids: store.ids.clone(),
            offsets,
            rows,
            covers: Some(store.covers),
            label: store.label.clone(),
            identity: Identity::Hindsight,
            conflicts: store.conflicts,
            intake: store.intake.clone(),
        }
        .finish()
    }
}
