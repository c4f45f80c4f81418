//! What an index keeps of the records of its fit: how common values are, under keyed hashes.
//!
//! No value is kept, common or rare: only `BLAKE3` keyed with the caller's key, over the column's number and the normal
//! form, cut to 64 bits, with the number of people who have it. Without the key nobody can tell what a hash stands for,
//! even by trying all telephone numbers; with other keys, two indexes cannot be joined on them.
//!
//! # What somebody with the file alone can learn
//! How many values a column had that two people or more share, and how many people share each. Not which: that takes the key.
//! Values of one person are not in the file at all, so whether a given person was in the table cannot be asked.
//!
//! # Why counts are frozen
//! A score that depended on today's counts would change with every arrival, for pairs that have nothing to do with
//! it, and the order of arrivals would decide who is who. Frozen, it is a function of the two records. The price is
//! that weights age; see the module's page.
//!
//! # Sizes
//! 12 bytes and some room for each value that two people or more share. In customer files most values of e-mail and
//! telephone are one person's and are not kept at all; names and places are few.
//!
//! # Collisions
//! Hashes have 64 bits: among 10⁷ values of a column two meet with a chance of 3 · 10⁻⁶. The rarer of the two is
//! then taken to be as common as the other.

use hashbrown::{HashMap, HashSet};

use crate::profile::block::Spec;

/// Counts, totals and blocking keys, frozen at the fit.
#[derive(Clone)]
pub(super) struct Frozen {
    pub(super) key: [u8; 32],
    pub(super) specs: Vec<Spec>,
    /// By column: people who have a value, a key. Values of one person only are as good as unseen and are not kept.
    pub(super) values: Vec<HashMap<u64, u32>>,
    pub(super) keys: Vec<HashMap<u64, u32>>,
    /// By column: values too common to belong to one person.
    pub(super) common: Vec<HashSet<u64>>,
    pub(super) filled: Vec<f64>,
    pub(super) unseen: Vec<f64>,
}

impl Frozen {
    /// Nothing known yet, for so many columns.
    pub(super) fn empty(key: [u8; 32], columns: usize) -> Self {
        Self {
            key,
            specs: Vec::new(),
            values: vec![HashMap::new(); columns],
            keys: vec![HashMap::new(); columns],
            common: vec![HashSet::new(); columns],
            filled: vec![1.0; columns],
            unseen: vec![0.5; columns],
        }
    }

    /// The keyed hash of a normal form in a column.
    ///
    /// The column is one byte in front: the same text in two columns has two hashes, so columns cannot be joined on
    /// them either. 255 stands for no column.
    pub(super) fn hash(&self, column: usize, bytes: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[u8::try_from(column).unwrap_or(u8::MAX)]).update(bytes);
        let digest = hasher.finalize();
        digest.as_bytes().first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
    }

    /// Where hashes start in the tables of the living state; from the key, so that nobody can choose values that
    /// crowd one place.
    pub(super) fn seed(&self) -> u64 {
        self.hash(usize::MAX, b"tables")
    }

    /// Whether too many records of the fit had the value for it to identify anybody; such a value is treated as
    /// missing.
    pub(super) fn common(&self, column: usize, hash: u64) -> bool {
        self.common[column].contains(&hash)
    }

    /// In people; 1 for a value that the fit did not see, or saw with one person.
    pub(super) fn value_count(&self, column: usize, hash: u64) -> u32 {
        self.values[column].get(&hash).copied().unwrap_or(1)
    }

    /// In people who have any value of the key; 1 as above.
    pub(super) fn key_count(&self, column: usize, hash: u64) -> u32 {
        self.keys[column].get(&hash).copied().unwrap_or(1)
    }
}
