//! Keys to dense numbers, by first appearance; the sorted dictionary comes out at the end.
//!
//! Integers have a hash map of their own: most files number their customers, and hashing eight bytes is several times
//! faster than hashing their text. Texts stand behind one another in one arena, and the table holds numbers only, so
//! that a key costs its bytes and about 30 more.
//!
//! Both hashers are seeded at random by the process (hashbrown's default); the numbers given out depend on the order of
//! keys alone.
//!
//! # By hand
//! Keys come as `"bob"`, 10, `"ann"`, 9, `"bob"`. Numbers given out: 0, 1, 2, 3, 0. The arena holds `bobann`. In the end the
//! integers 9, 10 stand before the texts `ann`, `bob`, so the ranks by number are 3, 1, 2, 0: a row that holds number 0 is
//! rewritten to rank 3. Whatever order the keys come in, `bob` ends with rank 3.
//!
//! # Cost
//!
//! | call | time | memory |
//! |---|---|---|
//! | [`Interner::integer`] | one look in a hash map of 16-byte entries | about 40 bytes a new key |
//! | [`Interner::key`] of a text | one hash, one comparison as a rule | its bytes and about 30 a new key |
//! | [`Interner::finish`] | a sort of integers, a sort of texts | the sorted copy, then the old one is freed |
//!
//! Numbers are 32 bits with one value kept free for "none": four thousand million customers are more than people.
//!
//! # Why by first appearance
//! A row can be numbered the moment it is read, before anybody knows what other keys will come; sorting by key waits until
//! the end, once, over distinct keys instead of rows. Ten million rows of a million customers are ten million looks into a
//! hash table and one sort of a million. The ranks of [`Interner::finish`] then rewrite the numbers of the rows in one pass.
//!
//! # What is not promised
//! Keys are compared byte by byte: `Ann` and `ann`, or the composed and the decomposed é, are two customers. Whoever wants
//! them to be one says so before (`profile` does nothing else).

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::error::{Error, Result};
use crate::types::Key;

/// Collects keys and numbers them by first appearance. Hash order never reaches a result: the numbers come from the
/// input's order, the final order from sorting.
#[derive(Clone, Default)]
pub(crate) struct Interner {
    /// Numbers of the integer keys.
    integers: HashMap<i64, u32>,
    /// Numbers of the text keys, found by the hash of the text they stand for.
    texts: HashTable<u32>,
    /// For the texts; seeded by the process.
    hasher: DefaultHashBuilder,
    /// Text of each number that is a text; an empty range for integers.
    arena: String,
    /// By number.
    entries: Vec<Entry>,
}

/// What a number stands for.
#[derive(Clone, Copy)]
enum Entry {
    /// An integer key, as it is.
    Int(i64),
    /// Where a text stands in the arena, in bytes; both ends are boundaries of characters.
    Text { start: u64, end: u64 },
}

/// Prints the count, never a key.
impl fmt::Debug for Interner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interner({} keys)", self.len())
    }
}

/// A distinct-key limit that leaves `u32::MAX` free to mean "none".
const MAX_KEYS: usize = u32::MAX as usize;

/// The next free number, or the error of too many keys; `what` names them in the message: customers, orders, items.
fn next(entries: &[Entry], what: &'static str) -> Result<u32> {
    match u32::try_from(entries.len()) {
        Ok(n) if entries.len() < MAX_KEYS => Ok(n),
        _ => Err(Error::overflow(format!("more than 4294967294 distinct {what}"))),
    }
}

impl Interner {
    /// Distinct keys so far.
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

    /// The number of an integer key, given out on first sight. Amortised constant time.
    pub(crate) fn integer(&mut self, value: i64, what: &'static str) -> Result<u32> {
        if let Some(number) = self.integers.get(&value) {
            return Ok(*number);
        }
        let number = next(&self.entries, what)?;
        self.integers.insert(value, number);
        self.entries.push(Entry::Int(value));
        Ok(number)
    }

    /// The number of any key, integer or text, given out on first sight.
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) beyond 4,294,967,294 distinct keys, which `what` names.
    pub(crate) fn key(&mut self, key: &Key<'_>, what: &'static str) -> Result<u32> {
        match (key.as_integer(), key.as_text()) {
            (Some(value), _) => self.integer(value, what),
            (None, text) => self.text(text.unwrap_or_default(), what),
        }
    }

    /// The number of a key that has one.
    pub(crate) fn find(&self, key: &Key<'_>) -> Option<u32> {
        if let Some(value) = key.as_integer() {
            return self.integers.get(&value).copied();
        }
        let text = key.as_text()?;
        let found = |n: &u32| text_of(&self.arena, &self.entries, *n) == text;
        self.texts.find(self.hasher.hash_one(text), found).copied()
    }

    /// The number of a text key. Found by comparing with the arena, so that no key is stored twice.
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
    ///
    /// O(n log n). Texts are written to a new arena in order, so that binary search later walks through memory in order.
    pub(crate) fn finish(self) -> (Sorted, Vec<u32>) {
        let mut integers: Vec<(i64, u32)> = Vec::with_capacity(self.integers.len());
        let mut texts: Vec<u32> = Vec::with_capacity(self.texts.len());
        for (number, entry) in (0_u32..).zip(&self.entries) {
            match entry {
                Entry::Int(value) => integers.push((*value, number)),
                Entry::Text { .. } => texts.push(number),
            }
        }
        integers.sort_unstable();
        let text = |n: u32| text_of(&self.arena, &self.entries, n);
        texts.sort_unstable_by(|a, b| text(*a).cmp(text(*b)));
        let mut ranks = vec![0; self.entries.len()];
        let numbers = integers.iter().map(|(_, number)| *number).chain(texts.iter().copied());
        for (rank, number) in (0_u32..).zip(numbers) {
            ranks[number as usize] = rank;
        }
        let mut sorted = Sorted {
            integers: integers.into_iter().map(|(value, _)| value).collect(),
            joined: String::with_capacity(self.arena.len()),
            ends: Vec::with_capacity(texts.len()),
        };
        for number in texts {
            sorted.joined.push_str(text(number));
            sorted.ends.push(sorted.joined.len() as u64);
        }
        (sorted, ranks)
    }
}

/// The text of a number; empty for an integer.
#[expect(clippy::cast_possible_truncation, reason = "offsets into a string in memory")]
fn text_of<'a>(arena: &'a str, entries: &[Entry], number: u32) -> &'a str {
    match entries[number as usize] {
        Entry::Text { start, end } => &arena[start as usize..end as usize],
        Entry::Int(_) => "",
    }
}

/// Distinct keys in ascending order: the integers, then the texts, one behind the other. That an integer comes before
/// every text, whatever the other keys are, keeps later rows from moving the order of earlier ones.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// Strictly ascending.
    pub(crate) integers: Vec<i64>,
    /// Texts in ascending order, without a separator.
    pub(crate) joined: String,
    /// Where each text ends.
    pub(crate) ends: Vec<u64>,
}

/// Prints the counts, never a key.
impl fmt::Debug for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sorted({} integers, {} texts)", self.integers.len(), self.ends.len())
    }
}

impl Sorted {
    /// A dictionary of integers, strictly ascending, and no texts: for keys that were dense numbers to begin with.
    pub(crate) fn of_integers(integers: Vec<i64>) -> Self {
        debug_assert!(integers.is_sorted_by(|a, b| a < b));
        Self { integers, ..Self::default() }
    }
}
