//! Numbers of distinct things that come and go, found by hash.
//!
//! A hash finds the number and how many hold it, in one entry of a table; the last to let go frees the number, which is then
//! given to something else. So memory follows what is in, not what ever was.
//!
//! # By hand
//! Three records come with surnames `lee`, `fox`, `lee`, then the second goes and one with `ray` comes.
//! ```text
//! lee    number 0, held once         fox    number 1, held once
//! lee    number 0, held twice
//! fox    let go: number 1 is free    ray    number 1, held once
//! ```
//!
//! # Complexity
//! O(1) to take and to give back; an entry of the table, a hash and what is kept for each number.

use crate::data::NONE;

use super::table::Table;

/// A number and how many hold it.
#[derive(Clone, Copy, Default)]
struct Held {
    number: u32,
    holders: u32,
}

/// Numbers of several sorts of things (columns of values, say), each from 0 on, with something kept beside each. Hashes
/// of different sorts must differ.
pub(super) struct Numbers<T> {
    table: Table<Held>,
    sorts: Vec<Sort<T>>,
}

/// By number: the hash of what has it, 0 where it is free, and what is kept of it.
struct Sort<T> {
    kept: Vec<(u64, T)>,
    free: Vec<u32>,
}

impl<T: Default> Numbers<T> {
    /// For so many sorts of things; the seed is that of a [`Table`].
    pub(super) fn new(sorts: usize, seed: u64) -> Self {
        let sort = |_| Sort { kept: Vec::new(), free: Vec::new() };
        Self { table: Table::new(seed), sorts: (0..sorts).map(sort).collect() }
    }

    /// As [`Table::ahead`].
    pub(super) fn ahead(&self, hash: u64) -> u64 {
        self.table.ahead(hash)
    }

    /// The number of a hash that somebody holds.
    pub(super) fn get(&self, hash: u64) -> Option<u32> {
        self.table.get(hash).map(|held| held.number)
    }

    /// The number of a hash, and whether it is new; one more holds it.
    pub(super) fn take(&mut self, sort: usize, hash: u64) -> (u32, bool) {
        let held = self.table.entry(hash);
        held.holders += 1;
        if held.holders > 1 {
            return (held.number, false);
        }
        let sort = &mut self.sorts[sort];
        let number = sort.free.pop().unwrap_or_else(|| {
            sort.kept.push((0, T::default()));
            u32::try_from(sort.kept.len() - 1).unwrap_or(NONE)
        });
        sort.kept[number as usize].0 = hash;
        held.number = number;
        (number, true)
    }

    /// One less holds it; where it was the last, what was kept of it.
    pub(super) fn give_back(&mut self, sort: usize, number: u32) -> Option<T> {
        let sort = &mut self.sorts[sort];
        let hash = sort.kept[number as usize].0;
        let held = self.table.entry(hash);
        if held.holders > 1 {
            held.holders -= 1;
            return None;
        }
        self.table.remove(hash);
        sort.free.push(number);
        Some(std::mem::take(&mut sort.kept[number as usize]).1)
    }

    /// What is kept of a number.
    pub(super) fn kept(&self, sort: usize, number: u32) -> &T {
        &self.sorts[sort].kept[number as usize].1
    }

    pub(super) fn keep(&mut self, sort: usize, number: u32, what: T) {
        self.sorts[sort].kept[number as usize].1 = what;
    }

    /// The hashes of a sort, by number.
    pub(super) fn hashes(&self, sort: usize) -> impl Iterator<Item = u64> + '_ {
        self.sorts[sort].kept.iter().map(|(hash, _)| *hash)
    }
}
