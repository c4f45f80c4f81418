//! What the index looks up by hash: values, keys, blocks, names. One sort of table for all of them.
//!
//! # Why a table of its own
//! An index of a million records is larger than any cache, so a look-up costs as much as it waits for memory, and an upsert
//! makes some forty. Here an entry lies beside its hash, 16 bytes in all, four to a line of the cache, and a search
//! starts at the first entry of a line: one wait, where a map with its control bytes apart takes two. And
//! [`Table::ahead`] reads the line without looking at it: a caller that has twenty hashes reads twenty lines first, waits
//! once for all of them, and then searches.
//!
//! # By hand
//! Two lines, hashes h that start at line h mod 2:
//! ```text
//! put 2, 4, 6, 8, 10    line 0: 2 4 6 8     line 1: 10 . . .
//! put 3                 line 0: 2 4 6 8     line 1: 10 3 . .
//! remove 4              line 0: 2 10 6 8    line 1: 3 . . .
//! ```
//! 10 started at line 0, so it may fill the hole; 3 started at line 1, so it moves up only within it. No entry ever has
//! a hole between its start and its place, so a search ends at the first hole.
//!
//! # Growth
//! A table has 256 parts, dealt by hash, each of which doubles when it is three quarters full. So no single arrival waits
//! until millions of entries have found new places: at ten million entries a part moves forty thousand, in about a
//! millisecond.
//!
//! # Leaving nothing
//! An entry that goes is overwritten, by one from behind it or with zeros. What goes with old lines are hashes.
//!
//! # Chosen hashes
//! Values come from outside, and whoever chooses them could choose such as start in one place. Where a hash starts
//! therefore depends on a seed that follows from the index's key.
//!
//! # Complexity
//! O(1) expected. 21 to 43 bytes an entry. Which entries there are
//! does not depend on their order; where they lie does, and shows nowhere.

use crate::kernel::rng::mix;

/// Enough that growing by parts is not noticed, few enough that an empty table is small: 16 KB.
const PARTS: usize = 256;
/// Entries of a line.
const LINE: usize = 4;

/// A hash of 0 marks a hole.
#[derive(Clone, Copy, Default)]
struct Entry<T> {
    hash: u64,
    value: T,
}

/// 64 bytes where a value has 8 at most.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line<T>([Entry<T>; LINE]);

/// One of the parts; its lines are a power of two.
struct Part<T> {
    lines: Vec<Line<T>>,
    used: usize,
}

/// Values by hash; a hash of 0 is taken for 1.
pub(super) struct Table<T> {
    parts: Vec<Part<T>>,
    seed: u64,
    len: usize,
}

impl<T: Copy + Default> Part<T> {
    fn new(lines: usize) -> Self {
        Self { lines: vec![Line::default(); lines], used: 0 }
    }

    /// Places are numbered through all lines, and behind the last comes the first.
    fn last(&self) -> usize {
        self.lines.len() * LINE - 1
    }

    fn at(&self, place: usize) -> &Entry<T> {
        &self.lines[place / LINE].0[place % LINE]
    }

    fn at_mut(&mut self, place: usize) -> &mut Entry<T> {
        &mut self.lines[place / LINE].0[place % LINE]
    }

    /// The first place of the line at which the search for a hash starts.
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are all that is needed")]
    fn start(&self, spread: u64) -> usize {
        (spread as usize & (self.lines.len() - 1)) * LINE
    }

    /// The place of a hash, or the hole where it would go. There always is a hole.
    fn find(&self, spread: u64, hash: u64) -> usize {
        let mut place = self.start(spread);
        loop {
            let met = self.at(place).hash;
            if met == hash || met == 0 {
                return place;
            }
            place = (place + 1) & self.last();
        }
    }
}

impl<T: Copy + Default> Table<T> {
    /// An empty table; the seed says where hashes start.
    pub(super) fn new(seed: u64) -> Self {
        Self { parts: (0..PARTS).map(|_| Part::new(1)).collect(), seed, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Which part, and by its lower bits which line, without the eight bits that tell the part.
    fn spread(&self, hash: u64) -> (usize, u64) {
        let spread = mix(hash ^ self.seed);
        ((spread >> 56) as usize, spread)
    }

    /// Reads the line of a hash and gives something of it: to be asked for many hashes in a row before any of them is
    /// looked up, so that the memory works on all of them at a time.
    pub(super) fn ahead(&self, hash: u64) -> u64 {
        let (part, spread) = self.spread(hash.max(1));
        let part = &self.parts[part];
        part.at(part.start(spread)).hash
    }

    pub(super) fn get(&self, hash: u64) -> Option<T> {
        let hash = hash.max(1);
        let (part, spread) = self.spread(hash);
        let part = &self.parts[part];
        let entry = part.at(part.find(spread, hash));
        (entry.hash == hash).then_some(entry.value)
    }

    /// The value of a hash, which is the default where there was none.
    pub(super) fn entry(&mut self, hash: u64) -> &mut T {
        let hash = hash.max(1);
        let (number, spread) = self.spread(hash);
        let part = &self.parts[number];
        let mut place = part.find(spread, hash);
        if part.at(place).hash == 0 {
            if 4 * (part.used + 1) > 3 * LINE * part.lines.len() {
                self.grow(number);
                place = self.parts[number].find(spread, hash);
            }
            self.parts[number].used += 1;
            self.len += 1;
        }
        let entry = self.parts[number].at_mut(place);
        entry.hash = hash;
        &mut entry.value
    }

    /// Entries behind the hole move up where their own start allows it.
    pub(super) fn remove(&mut self, hash: u64) -> Option<T> {
        let hash = hash.max(1);
        let (number, spread) = self.spread(hash);
        let mut hole = self.parts[number].find(spread, hash);
        let removed = *self.parts[number].at(hole);
        if removed.hash != hash {
            return None;
        }
        let last = self.parts[number].last();
        let mut place = hole;
        loop {
            place = (place + 1) & last;
            let entry = *self.parts[number].at(place);
            if entry.hash == 0 {
                break;
            }
            let start = self.parts[number].start(self.spread(entry.hash).1);
            // Between its start and its place lies the hole.
            if place.wrapping_sub(start) & last >= place.wrapping_sub(hole) & last {
                *self.parts[number].at_mut(hole) = entry;
                hole = place;
            }
        }
        *self.parts[number].at_mut(hole) = Entry::default();
        self.parts[number].used -= 1;
        self.len -= 1;
        Some(removed.value)
    }

    /// All values, in no order that means anything.
    #[cfg(test)]
    pub(super) fn values(&self) -> impl Iterator<Item = T> + '_ {
        let entries = self.parts.iter().flat_map(|p| &p.lines).flat_map(|l| &l.0);
        entries.filter(|e| e.hash != 0).map(|e| e.value)
    }

    fn grow(&mut self, number: usize) {
        let mut larger = Part::new(2 * self.parts[number].lines.len());
        larger.used = self.parts[number].used;
        for entry in self.parts[number].lines.iter().flat_map(|l| &l.0).filter(|e| e.hash != 0) {
            let place = larger.find(self.spread(entry.hash).1, entry.hash);
            *larger.at_mut(place) = *entry;
        }
        self.parts[number] = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;
    use std::collections::BTreeMap;

    /// Entries come, change and go at random; few distinct hashes, so that all of it happens to each.
    #[test]
    fn a_table_is_a_map() {
        let mut rng = Rng::new(Seed(3), 0);
        let (mut table, mut map) = (Table::new(11), BTreeMap::new());
        for step in 0..200_000_u32 {
            let hash = rng.below(6_000);
            let known = map.get(&hash.max(1)).copied();
            assert_eq!(table.get(hash), known);
            if rng.below(3) == 0 {
                assert_eq!(table.remove(hash), map.remove(&hash.max(1)));
            } else {
                assert_eq!(*table.entry(hash), known.unwrap_or(0));
                *table.entry(hash) = step;
                map.insert(hash.max(1), step);
            }
            assert_eq!(table.len(), map.len());
        }
        let mut values: Vec<u32> = table.values().collect();
        values.sort_unstable();
        let mut expected: Vec<u32> = map.values().copied().collect();
        expected.sort_unstable();
        assert_eq!(values, expected);
        for hash in map.keys() {
            table.remove(*hash);
        }
        let left = table.parts.iter().flat_map(|p| &p.lines).flat_map(|l| &l.0);
        assert!(left.into_iter().all(|e| e.hash == 0 && e.value == 0) && table.len() == 0);
    }
}
