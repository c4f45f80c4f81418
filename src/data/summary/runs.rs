//! `Runs`: a compact exact set that is filled in any order.
//!
//! A hash map of small values takes two to three times the memory of its content; a `BTreeMap` somewhat less, with
//! a pointer chase per level. Here the content is two parallel vectors in order of keys, and a buffer.

/// An ordered map from 64-bit keys to small values that are combined where keys meet.
///
/// New pairs collect in a buffer; when it is half as long as the sorted run it is sorted and merged into it from behind,
/// in place. Filling costs O(log n) amortised per pair, memory stays below twice that of the distinct keys, and nothing
/// depends on the order of arrival as long as combining does not.
#[derive(Clone, Debug)]
pub(super) struct Runs<V> {
    /// Strictly ascending.
    keys: Vec<u64>,
    /// One for each key.
    values: Vec<V>,
    /// What came since, in order of arrival; keys may repeat, also those of the run.
    buffer: Vec<(u64, V)>,
    /// What becomes of two values of one key.
    combine: fn(V, V) -> V,
}

/// Pairs to collect before the first merge.
const FIRST: usize = 256;

impl<V: Copy> Runs<V> {
    /// An empty set. `combine` must be associative and commutative: union of bits, minimum, sum.
    pub(super) fn new(combine: fn(V, V) -> V) -> Self {
        Self { keys: Vec::new(), values: Vec::new(), buffer: Vec::new(), combine }
    }

    /// Adds a pair; values of equal keys are combined sooner or later.
    pub(super) fn push(&mut self, key: u64, value: V) {
        // Rows of one customer and day often come together.
        if let Some((last, kept)) = self.buffer.last_mut()
            && *last == key
        {
            *kept = (self.combine)(*kept, value);
            return;
        }
        if self.buffer.len() >= FIRST.max(self.keys.len() / 2) {
            self.settle();
        }
        self.buffer.push((key, value));
    }

    /// Distinct keys in ascending order, and their values.
    pub(super) fn sorted(&mut self) -> (&[u64], &[V]) {
        self.settle();
        (&self.keys, &self.values)
    }

    /// Merges the buffer into the run: sort, combine within, combine with what is there, then merge what is new from
    /// behind into the same vectors, so that no second copy of the run is ever needed.
    ///
    /// With n keys in the run and m in the buffer: O(m log m) to sort it, O(n + m) to merge. Since m grows with n, each pair
    /// takes part in O(log n) merges before it rests. The values of new places are filled with any value first, which the
    /// backward merge overwrites before it can be read.
    fn settle(&mut self) {
        let combine = self.combine;
        self.buffer.sort_unstable_by_key(|(key, _)| *key);
        self.buffer.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = combine(kept.1, next.1);
            }
            same
        });
        // What is in the run already is combined there; the rest is moved to the front of the buffer.
        let (mut at, mut fresh) = (0, 0);
        for i in 0..self.buffer.len() {
            let (key, value) = self.buffer[i];
            while self.keys.get(at).is_some_and(|k| *k < key) {
                at += 1;
            }
            if self.keys.get(at) == Some(&key) {
                self.values[at] = combine(self.values[at], value);
            } else {
                self.buffer[fresh] = (key, value);
                fresh += 1;
            }
        }
        self.buffer.truncate(fresh);
        let Some(&(_, filler)) = self.buffer.first() else { return };
        let mut from = self.keys.len();
        let mut to = from + fresh;
        self.keys.reserve_exact(fresh);
        self.values.reserve_exact(fresh);
        self.keys.resize(to, 0);
        self.values.resize(to, filler);
        while let Some(&(key, value)) = self.buffer.last() {
            to -= 1;
            if from > 0 && self.keys[from - 1] > key {
                from -= 1;
                self.keys[to] = self.keys[from];
                self.values[to] = self.values[from];
            } else {
                self.keys[to] = key;
                self.values[to] = value;
                self.buffer.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    /// Against a `BTreeMap`, with merges in the middle and many equal keys.
    #[test]
    fn equals_a_map_for_any_order_of_arrival() {
        let mut rng = Rng::new(Seed(1), 0);
        for n in [0, 1, 255, 257, 20_000] {
            let (mut runs, mut map) = (Runs::new(|a: u64, b| a | b), BTreeMap::new());
            for i in 0..n {
                let (key, bit) = (rng.below(n / 3 + 1), 1 << rng.below(64));
                runs.push(key, bit);
                *map.entry(key).or_insert(0) |= bit;
                if i % 7_919 == 0 {
                    runs.sorted();
                }
            }
            let (keys, values) = runs.sorted();
            assert_eq!(keys, map.keys().copied().collect::<Vec<_>>());
            assert_eq!(values, map.values().copied().collect::<Vec<_>>());
        }
    }
}
