//! Sparse rows, the inverted index over them, and the dense accumulators that searches fill: what every method that
//! looks at other customers or at pairs of items stands on.
//!
//! A search costs the entries it touches. Accumulators are as long as there are columns but are emptied by touching
//! only what was filled, and lists of holders are capped, so that no search reads all rows.
//!
//! # What stands on it
//! | user | rows | columns | weights |
//! |---|---|---|---|
//! | circles of the learned ranker | customers | items | decayed frequencies, `f32` |
//! | TIFU-KNN, UP-CF | customers who may be neighbours | items | decayed frequencies; ones, `f64` |
//! | item-item | customers | items | weights by the similarity, `f64` |
//! | ALS | customers | items | numbers of baskets, `f64` |
//! | what follows | items | baskets | none |
//!
//! # Complexity
//! Let a query have h entries and the columns at most H holders. A search reads h · H entries at most, adds each in constant
//! time, and selects the k best of the t rows touched in O(t + k log k). Nothing depends on the number of rows but the length
//! of the accumulator, which is allocated once a thread and emptied in O(t).
//!
//! # What a cap costs in truth
//! A column with n holders and a cap H lists every ⌈n / H⌉-th. A row then is found by such a column with the probability of
//! its share, and by all its rarer columns for sure. Rare columns tell kinship; a column that everybody holds tells little.
//!
//! # Determinism
//! Entries are added in the order of the query and, for one column, of the rows. The order of candidates is total: value
//! first, then number. Neither depends on threads, and scratch memory is emptied before it is used again.

use std::ops::{AddAssign, Mul};
use std::sync::Mutex;

use crate::kernel::par;

/// A number that entries carry: `f32` where memory counts, `f64` where published digits do.
pub(super) trait Weight:
    Copy + Default + PartialEq + PartialOrd + Send + Sync + AddAssign + Mul<Output = Self>
{
    /// A value and a number as one whole number: values descend as keys ascend, equal values by number.
    type Key: Copy + Ord + Send;

    /// The nearest value of the type.
    fn of(value: f64) -> Self;
    /// Value and number as a key.
    ///
    /// The bits of floats order like whole numbers with a sign in front: those below 0 are turned over, the others lifted above
    /// them. By hand, as `f32`: 1.0 and 2.0 have the bits 3F800000 and 40000000, so that the key of 2.0 is the smaller.
    fn key(self, number: u32) -> Self::Key;
    /// The value and the number of a key, bit for bit.
    fn of_key(key: Self::Key) -> (Self, u32);
}

macro_rules! weights {
    ($($type:ty, $bits:ty, $key:ty);*) => {$(
        impl Weight for $type {
            type Key = $key;

            #[allow(clippy::cast_possible_truncation, reason = "rounding is what the conversion is for")]
            fn of(value: f64) -> Self {
                value as $type
            }

            fn key(self, number: u32) -> $key {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                let ascending = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                <$key>::from(!ascending) << 32 | <$key>::from(number)
            }

            #[expect(clippy::cast_possible_truncation, reason = "the parts that were put together")]
            fn of_key(key: $key) -> (Self, u32) {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let ascending = !((key >> 32) as $bits);
                let bits = if ascending & SIGN == 0 { !ascending } else { ascending & !SIGN };
                (<$type>::from_bits(bits), key as u32)
            }
        }
    )*};
}

weights!(f32, u32, u64; f64, u64, u128);

/// Rows of a sparse matrix one behind the other: row `r` is `from[r]..from[r + 1]`.
///
/// By hand: the rows {(2, 0.5)}, {} and {(0, 1), (2, 1)} are `from` 0 1 1 3 and the entries (2, 0.5) (0, 1) (2, 1). An empty row
/// costs 8 bytes, an entry 8 (`f32`) or 16 (`f64`, by alignment).
#[derive(Clone, Debug)]
pub(super) struct Sparse<W> {
    from: Vec<usize>,
    entries: Vec<(u32, W)>,
}

impl<W: Copy> Sparse<W> {
    /// From rows in order.
    pub(super) fn of_rows(rows: impl IntoIterator<Item = Vec<(u32, W)>>) -> Self {
        let mut sparse = Self { from: vec![0], entries: Vec::new() };
        for row in rows {
            sparse.entries.extend(row);
            sparse.from.push(sparse.entries.len());
        }
        sparse
    }

    /// Empty beyond the last row.
    pub(super) fn row(&self, r: usize) -> &[(u32, W)] {
        if r + 1 < self.from.len() { &self.entries[self.from[r]..self.from[r + 1]] } else { &[] }
    }

    pub(super) fn rows(&self) -> usize {
        self.from.len() - 1
    }
}

/// Rows, and for each column the rows that hold it.
///
/// ```text
/// rows       0: {a, b}   1: {b}   2: {a, c}
/// holders    a: 0, 2     b: 0, 1  c: 2
/// query      {a, c} reads three holders: rows 0 and 2 share something, row 1 is never looked at
/// ```
///
/// A search costs the holders of the query's columns, at most columns · cap, however many rows there are.
#[derive(Clone, Debug)]
pub(super) struct Index<W> {
    rows: Sparse<W>,
    /// (row, weight) of each column, rows ascending.
    holders: Sparse<W>,
}

impl<W: Weight> Index<W> {
    /// Inverts `rows`. Of a column with more than `cap` holders every so many-th is listed, so that what a search sees of
    /// it is spread over all rows. O(entries).
    ///
    /// By hand: ten holders and a cap of four make every third listed, numbers 0, 3, 6 and 9 of them: ⌈10 / 3⌉ = 4 places. Two
    /// passes: the first counts, so that the second writes each entry where it belongs without growing any list.
    pub(super) fn new(columns: usize, rows: Sparse<W>, cap: usize) -> Self {
        let mut sizes = vec![0_usize; columns];
        for (column, _) in &rows.entries {
            sizes[*column as usize] += 1;
        }
        let every: Vec<usize> = sizes.iter().map(|n| n.div_ceil(cap.max(1)).max(1)).collect();
        let mut from = vec![0];
        for (n, every) in sizes.iter().zip(&every) {
            from.push(from[from.len() - 1] + n.div_ceil(*every));
        }
        let mut entries = vec![(0, W::default()); from[columns]];
        let mut seen = vec![0_usize; columns];
        for (number, row) in (0_u32..).zip(0..rows.rows()) {
            for (column, weight) in rows.row(row) {
                let c = *column as usize;
                if seen[c].is_multiple_of(every[c]) {
                    entries[from[c] + seen[c] / every[c]] = (number, *weight);
                }
                seen[c] += 1;
            }
        }
        Self { rows, holders: Sparse { from, entries } }
    }

    pub(super) fn row(&self, r: usize) -> &[(u32, W)] {
        self.rows.row(r)
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The rows listed for a column, ascending, with their weights; empty for a column that is not there.
    pub(super) fn holders(&self, column: usize) -> &[(u32, W)] {
        self.holders.row(column)
    }

    /// Adds Σ over shared columns of query · row to `sums`, for every row that shares one (and is listed there).
    ///
    /// The sum is the scalar product q · v of two sparse vectors, for all v at once that are not orthogonal to q. With weights 1
    /// it is the number of columns in common. By hand: the query {a: 1, b: 2} and the row {b: 3, c: 4} share b, which adds 6.
    pub(super) fn overlap(&self, query: &[(u32, W)], sums: &mut Sums<W>) {
        sums.reach(self.rows());
        for (column, weight) in query {
            for (row, theirs) in self.holders(*column as usize) {
                sums.add(*row, *weight * *theirs);
            }
        }
    }
}

/// Σ w² of a row.
///
/// Together with the product it gives distances: `|q − v|² = |q|² − 2 q·v + |v|²`, and cosines: `q·v / (|q| |v|)`.
pub(super) fn squared_norm<W: Weight>(row: &[(u32, W)]) -> W {
    let mut sum = W::default();
    for (_, w) in row {
        sum += *w * *w;
    }
    sum
}

/// Sorts entries by number and adds up those of the same number, in the order they came in.
///
/// By hand: (4, 1) (1, 2) (4, 0.5) becomes (1, 2) (4, 1.5). O(n log n).
pub(super) fn merge<W: Weight>(mut entries: Vec<(u32, W)>) -> Vec<(u32, W)> {
    // Stable: the order of the additions, and so the last bit of the sums, is that of the entries.
    entries.sort_by_key(|(number, _)| *number);
    entries.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    entries
}

/// Sums by number, for few of many numbers: a dense array with the list of what was filled. Adding and reading are one
/// access each; emptying costs what was filled.
#[derive(Debug, Default)]
pub(super) struct Sums<W> {
    values: Vec<W>,
    /// The numbers with a sum are the first `filled`; the one place behind them is written to by every addition.
    touched: Vec<u32>,
    filled: usize,
}

impl<W: Weight> Sums<W> {
    /// Numbers below `n` can be summed from now on.
    pub(super) fn reach(&mut self, n: usize) {
        if self.values.len() < n {
            self.values.resize(n, W::default());
            self.touched.resize(n + 1, 0);
        }
    }

    /// Adds a value that is not negative; 0 leaves no trace. Numbers beyond the reach are left out.
    ///
    /// That no value is negative is what lets 0 stand for "not yet": a sum that came back to 0 would be listed twice. The number
    /// is written behind the list in any case and the list grows where the sum was 0: no branch, which a processor would guess
    /// wrong every third time.
    pub(super) fn add(&mut self, number: u32, value: W) {
        if let (Some(sum), Some(next)) =
            (self.values.get_mut(number as usize), self.touched.get_mut(self.filled))
        {
            *next = number;
            self.filled += usize::from((*sum == W::default()) & (value != W::default()));
            *sum += value;
        }
    }

    /// The sum of a number; 0 for one that was never added or lies beyond the reach.
    pub(super) fn get(&self, number: u32) -> W {
        self.values.get(number as usize).copied().unwrap_or_default()
    }

    /// Numbers with a sum, in the order of their first addition.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched[..self.filled]
    }

    pub(super) fn clear(&mut self) {
        for number in &self.touched[..self.filled] {
            self.values[*number as usize] = W::default();
        }
        self.filled = 0;
    }

    /// Multiplies every sum.
    pub(super) fn scale(&mut self, by: W) {
        for number in &self.touched[..self.filled] {
            let sum = &mut self.values[*number as usize];
            *sum = *sum * by;
        }
    }

    /// The numbers with the `n` largest sums; equal sums by number.
    ///
    /// O(t + n log n) for t numbers with a sum. What comes first among equals is the smaller number, which is the smaller key.
    pub(super) fn largest(&self, n: usize) -> Vec<u32> {
        let mut keys: Vec<W::Key> = self.touched().iter().map(|i| self.get(*i).key(*i)).collect();
        keep_first(&mut keys, n);
        keys.into_iter().map(|key| W::of_key(key).1).collect()
    }
}

/// Keeps the `n` smallest keys, that is the largest values, in no order. O(len).
pub(super) fn choose_first<K: Copy + Ord>(keys: &mut Vec<K>, n: usize) {
    if keys.len() > n {
        keys.select_nth_unstable(n);
        keys.truncate(n);
    }
}

/// Keeps the `n` smallest keys, in order. O(len + n log n): selection first, then the sort of few.
pub(super) fn keep_first<K: Copy + Ord>(keys: &mut Vec<K>, n: usize) {
    choose_first(keys, n);
    keys.sort_unstable();
}

/// Keeps the `n` largest, in order; equal values by number. O(len + n log n).
pub(super) fn keep_largest<W: Weight>(sums: &mut Vec<(W, u32)>, n: usize) {
    let mut keys: Vec<W::Key> = sums.iter().map(|(value, number)| value.key(*number)).collect();
    keep_first(&mut keys, n);
    sums.clear();
    sums.extend(keys.into_iter().map(W::of_key));
}

/// For each item the `keep` others that `finish` values most, best first. `gather(item, sums)` adds what binds the item to
/// others; `finish(item, other, sum)` turns a sum into a strength, `None` to leave the pair out.
///
/// One item's sums at a time: memory is the lists and a row of counters a thread.
///
/// # Cost
/// With `together` as `gather` over customers of m items it is Σ m² additions in all, shared out by chunks of 64 items. Each
/// item's list depends on its own sums alone, so that the threads change nothing. The lists take `keep` entries an item.
pub(super) fn best_pairs<W: Weight>(
    items: usize,
    keep: usize,
    gather: impl Fn(usize, &mut Sums<W>) + Sync + Send,
    finish: impl Fn(usize, usize, W) -> Option<W> + Sync + Send,
) -> Sparse<W> {
    let lists = par::map_chunks(items, 64, |range| {
        let mut sums = Sums::default();
        sums.reach(items);
        let mut lists = Vec::with_capacity(range.len());
        for item in range {
            gather(item, &mut sums);
            let strength = |other: &u32| Some(finish(item, *other as usize, sums.get(*other))?.key(*other));
            let mut best: Vec<W::Key> = sums.touched().iter().filter_map(strength).collect();
            keep_first(&mut best, keep);
            let list = best.into_iter().map(W::of_key).map(|(w, other)| (other, w));
            lists.push(list.collect::<Vec<_>>());
            sums.clear();
        }
        lists
    });
    Sparse::of_rows(lists.into_iter().flatten())
}

/// Scratch memory that is emptied between two uses.
pub(super) trait Scratch: Default {
    /// Empties what was filled, and keeps the memory.
    fn clear(&mut self);
}

/// Scratch memory for as many lists as are made at a time, kept so that a list allocates little. Its contents never
/// outlive a list, so they reach no result.
#[derive(Debug, Default)]
pub(super) struct Pool<S>(Mutex<Vec<S>>);

impl<S: Scratch> Pool<S> {
    /// Memory taken from the pool is handed to one user at a time and emptied behind it, also where a list found nothing. If a
    /// thread panicked while it held the lock, new memory is made and nothing is handed back: slower, never wrong.
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut S) -> T) -> T {
        let kept = self.0.lock().ok().and_then(|mut pool| pool.pop());
        let mut scratch = kept.unwrap_or_default();
        let result = f(&mut scratch);
        scratch.clear();
        if let Ok(mut pool) = self.0.lock() {
            pool.push(scratch);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_lists_the_holders_of_each_column_within_its_cap() {
        let rows = Sparse::of_rows((0..10_u32).map(|r| vec![(0, 1.0_f64), (1 + r % 2, 2.0)]));
        let index = Index::new(3, rows, 4);
        // Ten holders at a cap of four: every third, from the first on.
        assert_eq!(index.holders(0).iter().map(|h| h.0).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(index.holders(1).iter().map(|h| h.0).collect::<Vec<_>>(), [0, 4, 8]);
        let mut sums = Sums::default();
        index.overlap(&[(0, 1.0), (1, 0.5)], &mut sums);
        assert_eq!((sums.get(0), sums.get(3), sums.get(1)), (2.0, 1.0, 0.0));
    }

    #[test]
    fn sums_leave_no_trace_of_nothing_and_none_when_cleared() {
        let mut sums = Sums::<f32>::default();
        sums.reach(3);
        for (number, value) in [(2, 0.0), (1, 1.0), (2, 1.0), (1, 2.0), (7, 1.0)] {
            sums.add(number, value);
        }
        assert_eq!((sums.touched(), sums.largest(1)), (&[1, 2][..], vec![1]));
        sums.clear();
        assert_eq!((sums.touched().len(), sums.get(1)), (0, 0.0));
    }

    #[test]
    fn keys_order_by_value_then_number_and_come_back() {
        let values = [f64::INFINITY, 2.5, 1.0, f64::MIN_POSITIVE, 0.0, -1.0, -2.5];
        let keys: Vec<u128> = values.iter().flat_map(|v| [v.key(3), v.key(9)]).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert_eq!(f64::of_key(keys[3]), (2.5, 9));
        let narrow: Vec<u64> = [2.5_f32, 1.0, 0.0, -1.0].iter().map(|v| v.key(7)).collect();
        assert!(narrow.is_sorted_by(|a, b| a < b));
        assert_eq!(f32::of_key(narrow[3]), (-1.0, 7));
    }

    #[test]
    fn entries_of_one_number_are_added_in_their_order() {
        assert_eq!(merge(vec![(4, 1.0), (1, 2.0), (4, 0.5)]), [(1, 2.0), (4, 1.5)]);
    }

    #[test]
    fn pairs_are_cut_by_strength_then_number() {
        let gather = |item: usize, sums: &mut Sums<f64>| {
            for other in 0..4_u32 {
                sums.add(other, if other as usize == item { 9.0 } else { f64::from(1 + other / 2) });
            }
        };
        let pairs = best_pairs(4, 2, gather, |a, b, sum| (a != b).then_some(sum));
        assert_eq!(pairs.row(0), [(2, 2.0), (3, 2.0)]);
        assert_eq!(pairs.row(3), [(2, 2.0), (0, 1.0)]);
    }
}
