//! Keys to dense numbers, by first appearance; the sorted dictionary comes out at the end.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::error::{Error, Result};
use crate::types::Key;

/// Collects keys and numbers them by first appearance. Hash order never reaches a result: the numbers come from the
/// input's order, the final order from sorting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    integers: HashMap<i64, u32>,
    texts: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Text of each number that is a text; an empty range for integers.
    arena: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Int(i64),
    Text { start: u64, end: u64 },
}

/// A distinct-key limit that leaves `u32::MAX` free to mean "none".
const MAX_KEYS: usize = u32::MAX as usize;

fn next(entries: &[Entry], what: &'static str) -> Result<u32> {
    match u32::try_from(entries.len()) {
        Ok(n) if entries.len() < MAX_KEYS => Ok(n),
        _ => Err(Error::overflow(format!("more than 4294967294 distinct {what}"))),
    }
}

impl Interner {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The key with that number.
    pub(crate) fn get(&self, number: u32) -> Option<Key<'_>> {
        Some(match self.entries.get(number as usize)? {
            Entry::Int(value) => Key::from(*value),
            Entry::Text { .. } => Key::from(text_of(&self.arena, &self.entries, number)),
        })
    }

    /// The number of an integer key.
    pub(crate) fn integer(&mut self, value: i64, what: &'static str) -> Result<u32> {
        if let Some(number) = self.integers.get(&value) {
            return Ok(*number);
        }
        let number = next(&self.entries, what)?;
        self.integers.insert(value, number);
        self.entries.push(Entry::Int(value));
        Ok(number)
    }

    /// The number of any key.
    pub(crate) fn key(&mut self, key: &Key<'_>, what: &'static str) -> Result<u32> {
        match (key.as_integer(), key.as_text()) {
            (Some(value), _) => self.integer(value, what),
            (None, text) => self.text(text.unwrap_or_default(), what),
        }
    }

    fn text(&mut self, text: &str, what: &'static str) -> Result<u32> {
        let hash = self.hasher.hash_one(text);
        let (arena, entries) = (&self.arena, &self.entries);
        if let Some(number) = self.texts.find(hash, |n| text_of(arena, entries, *n) == text) {
            return Ok(*number);
        }
        let number = next(entries, what)?;
        let start = self.arena.len() as u64;
        self.arena.push_str(text);
        self.entries.push(Entry::Text { start, end: self.arena.len() as u64 });
        let (arena, entries, hasher) = (&self.arena, &self.entries, &self.hasher);
        self.texts.insert_unique(hash, number, |n| hasher.hash_one(text_of(arena, entries, *n)));
        Ok(number)
    }

    /// The keys in ascending order (see [`Key`]) and, for each number given out, its rank in that order.
    pub(crate) fn finish(self) -> (Sorted, Vec<u32>) {
        let all_integers =
            self.arena.is_empty() && !self.entries.iter().any(|e| matches!(e, Entry::Text { .. }));
        let mut order: Vec<u32> = (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).collect();
        let sorted = if all_integers {
            let value = |n: u32| match self.entries[n as usize] {
                Entry::Int(value) => value,
                Entry::Text { .. } => 0,
            };
            order.sort_unstable_by_key(|n| value(*n));
            Sorted::Integers(order.iter().map(|n| value(*n)).collect())
        } else {
            let text = |n: u32| match self.entries[n as usize] {
                Entry::Int(value) => value.to_string(),
                Entry::Text { .. } => text_of(&self.arena, &self.entries, n).to_owned(),
            };
            let has_integers = !self.integers.is_empty();
            if has_integers {
                order.sort_by_cached_key(|n| text(*n));
            } else {
                order.sort_unstable_by(|a, b| {
                    text_of(&self.arena, &self.entries, *a).cmp(text_of(&self.arena, &self.entries, *b))
                });
            }
            let mut joined = String::with_capacity(self.arena.len());
            let ends = order
                .iter()
                .map(|n| {
                    match self.entries[*n as usize] {
                        Entry::Int(_) => joined.push_str(&text(*n)),
                        Entry::Text { .. } => joined.push_str(text_of(&self.arena, &self.entries, *n)),
                    }
                    joined.len() as u64
                })
                .collect();
            Sorted::Texts { joined, ends }
        };
        let mut ranks = vec![0; order.len()];
        for (rank, number) in (0_u32..).zip(&order) {
            ranks[*number as usize] = rank;
        }
        (sorted, ranks)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "offsets into a string in memory")]
fn text_of<'a>(arena: &'a str, entries: &[Entry], number: u32) -> &'a str {
    match entries[number as usize] {
        Entry::Text { start, end } => &arena[start as usize..end as usize],
        Entry::Int(_) => "",
    }
}

/// Distinct keys in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// All keys are integers.
    Integers(Vec<i64>),
    /// At least one is a text: all as texts, one behind the other.
    Texts { joined: String, ends: Vec<u64> },
}
