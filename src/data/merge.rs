//! Two sorted tables put together: dictionaries merged, rows copied run by run.

use std::sync::Arc;

use super::Keys;

/// "No key" in a column of numbers.
const NONE: u32 = u32::MAX;

/// A dictionary of the keys of two, and their numbers in it.
pub(super) struct Merged {
    /// `None` where neither has the column.
    pub(super) keys: Option<Arc<Keys>>,
    /// Numbers of the old keys; `None` where they keep theirs.
    old: Option<Vec<u32>>,
    new: Vec<u32>,
}

impl Merged {
    pub(super) fn of(old: Option<&Arc<Keys>>, new: Option<&Arc<Keys>>) -> Self {
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
    pub(super) fn of_old(&self, number: u32) -> u32 {
        match &self.old {
            Some(numbers) if number != NONE => numbers[number as usize],
            _ => number,
        }
    }

    /// The number of a new key.
    pub(super) fn of_new(&self, number: u32) -> u32 {
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

/// Where each row of two sorted tables put together comes from.
pub(super) struct Plan {
    runs: Vec<Run>,
    /// Where the rows of each customer begin, and the end.
    pub(super) offsets: Vec<usize>,
}

impl Plan {
    /// Customer by customer in the order of the merged dictionary. `old` and `new` are the offsets of the
    /// two tables, with the rows of customers first and perhaps one more group; `before` says whether an old
    /// row comes before a new one. Equal rows are alike, so that it does not matter which comes first.
    pub(super) fn new(
        old: &[usize],
        new: &[usize],
        customers: &Merged,
        (old_customers, new_customers): (usize, usize),
        before: &dyn Fn(usize, usize) -> bool,
    ) -> Self {
        let count = customers.keys.as_ref().map_or(0, |keys| keys.len());
        let further = old.len() - 1 > old_customers;
        let mut plan = Self { runs: Vec::new(), offsets: Vec::with_capacity(count + 2) };
        let (mut old_at, mut new_at, mut placed) = (0, 0, 0);
        for customer in 0..count + usize::from(further) {
            plan.offsets.push(placed);
            let number = u32::try_from(customer).unwrap_or(NONE);
            let of = |at: usize, len: usize, number_of: &dyn Fn(u32) -> u32| {
                if customer == count {
                    at == len
                } else {
                    at < len && number_of(u32::try_from(at).unwrap_or(NONE)) == number
                }
            };
            let (mut own, mut fresh) = ((0, 0), (0, 0));
            if of(old_at, old_customers, &|n| customers.of_old(n)) {
                own = (old[old_at], old[old_at + 1]);
                old_at += 1;
            }
            if of(new_at, new_customers, &|n| customers.of_new(n)) {
                fresh = (new[new_at], new[new_at + 1]);
                new_at += 1;
            }
            plan.merge(own, fresh, before);
            placed += (own.1 - own.0) + (fresh.1 - fresh.0);
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

    /// The rows of one customer.
    fn merge(
        &mut self,
        (mut old, old_end): (usize, usize),
        (mut new, new_end): (usize, usize),
        before: &dyn Fn(usize, usize) -> bool,
    ) {
        while new < new_end {
            // New rows as a rule come after all old ones: look at the end first.
            let skip = if old < old_end && before(old_end - 1, new) {
                old_end - old
            } else {
                let (mut low, mut high) = (old, old_end);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if before(middle, new) { low = middle + 1 } else { high = middle }
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

    /// A column that both have.
    pub(super) fn copy<T: Copy>(&self, old: &[T], new: &[T]) -> Vec<T> {
        let mut all = Vec::with_capacity(old.len() + new.len());
        for run in &self.runs {
            let from = if run.is_old { old } else { new };
            all.extend_from_slice(&from[run.start..run.end]);
        }
        all
    }

    /// A column that one of them may lack; `absent` stands for its rows.
    pub(super) fn sparse<T: Copy>(
        &self,
        old: Option<&Vec<T>>,
        new: Option<&Vec<T>>,
        absent: T,
    ) -> Option<Vec<T>> {
        if old.is_none() && new.is_none() {
            return None;
        }
        let (old_rows, new_rows) = self.runs.iter().fold((0, 0), |(old, new), run| {
            if run.is_old { (old.max(run.end), new) } else { (old, new.max(run.end)) }
        });
        let of = |column: Option<&'_ Vec<T>>, rows: usize| column.is_none().then(|| vec![absent; rows]);
        let (no_old, no_new) = (of(old, old_rows), of(new, new_rows));
        Some(self.copy(old.or(no_old.as_ref())?, new.or(no_new.as_ref())?))
    }

    /// A column of numbers that one of them may lack, with the numbers of the merged dictionary.
    pub(super) fn numbers(
        &self,
        old: Option<&Vec<u32>>,
        new: Option<&Vec<u32>>,
        merged: &Merged,
    ) -> Option<Vec<u32>> {
        let mut all = self.sparse(old, new, NONE)?;
        let Some(moved) = &merged.old else { return Some(all) };
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
        Some(all)
    }
}
