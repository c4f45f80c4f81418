//! What a ledger looks like as of a day where rows become known later than their own day, or are
//! replaced by other versions.
//!
//! Most customers have no such row: their slice of the store is what is known. The others get a slice
//! of their own, made once for each as-of day that is asked for and kept as long as the ledger.

use crate::data::chain::Chain;
use crate::types::Day;

use super::store::{Rows, Store};

/// Rows that do not count from their own day on for ever.
#[derive(Default)]
pub(crate) struct Late {
    /// Their places in the store, ascending; empty where every row is known on its own day.
    rows: Vec<u32>,
    /// The slices that differ, by as-of day.
    patches: Chain<Day, Patch>,
}

/// The rows known as of a day, of the customers of whom some rows are not.
pub(super) struct Patch {
    /// Numbers of the customers, ascending; the number after the last customer stands for anonymous rows.
    pub(super) customers: Vec<u32>,
    /// Their rows, one customer after the other.
    pub(super) rows: Rows,
    /// Where each customer's rows begin, and the end.
    pub(super) offsets: Vec<usize>,
}

impl Patch {
    /// The place of a customer among those that differ.
    pub(super) fn place(&self, customer: usize) -> Option<usize> {
        self.customers.binary_search(&u32::try_from(customer).ok()?).ok()
    }
}

impl Late {
    /// The rows to look at: those known after their own day, and those with another version.
    pub(super) fn of(rows: &Rows) -> Self {
        if rows.known.is_none() && rows.superseded.is_none() {
            return Self::default();
        }
        let late = |row: &usize| {
            rows.known.as_ref().is_some_and(|known| known[*row] > rows.day[*row])
                || rows.superseded.as_ref().is_some_and(|day| day[*row].is_some())
        };
        let rows = (0..rows.day.len()).filter(late).filter_map(|row| u32::try_from(row).ok()).collect();
        Self { rows, patches: Chain::default() }
    }

    /// The slices that differ as of a day; `None` where no customer's do. The last day there is asks for
    /// what is known in hindsight: the last version of every row.
    pub(super) fn patch<'a>(&'a self, store: &Store, as_of: Day) -> Option<&'a Patch> {
        if self.rows.is_empty() {
            return None;
        }
        let patch = self.patches.get(as_of, || self.make(store, as_of));
        Some(patch).filter(|patch| !patch.customers.is_empty())
    }

    /// O(late rows + rows of the customers that differ).
    fn make(&self, store: &Store, as_of: Day) -> Patch {
        let all = &*store.rows;
        let hidden = |row: usize| {
            all.known.as_ref().is_some_and(|known| known[row] > as_of)
                || all.superseded.as_ref().and_then(|day| day[row]).is_some_and(|day| day <= as_of)
        };
        let mut customers: Vec<u32> = Vec::new();
        for row in self.rows.iter().map(|row| *row as usize) {
            if hidden(row) && all.day[row] <= as_of {
                let customer = store.offsets.partition_point(|start| *start <= row) - 1;
                let customer = u32::try_from(customer).unwrap_or(u32::MAX);
                if customers.last() != Some(&customer) {
                    customers.push(customer);
                }
            }
        }
        let mut offsets = vec![0];
        let mut places: Vec<usize> = Vec::new();
        for customer in &customers {
            let range = store.offsets[*customer as usize]..store.offsets[*customer as usize + 1];
            places.extend(range.filter(|row| !hidden(*row) && all.day[*row] <= as_of));
            offsets.push(places.len());
        }
        Patch { customers, rows: all.select(&places), offsets }
    }
}
