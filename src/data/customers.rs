//! `Keys`, a sorted dictionary, and `Customers`, the customers that stand behind the rows of a table.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::intern::{Interner, Sorted};
use crate::kernel::rng::mix;
use crate::types::{CustomerIx, Key};

/// Distinct keys in ascending order, and a fingerprint of them: two ledgers with the same customers share indices.
#[derive(Clone, Debug)]
pub struct Keys {
    sorted: Sorted,
    fingerprint: u32,
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.sorted == other.sorted
    }
}

impl Keys {
    /// A dictionary of the given keys; repeated keys count once.
    ///
    /// # Errors
    /// [`Overflow`](ErrorKind::Overflow) for more than 4,294,967,294 distinct keys.
    pub fn new<'a>(keys: impl IntoIterator<Item = impl Into<Key<'a>>>) -> Result<Self> {
        let mut interner = Interner::default();
        for key in keys {
            interner.key(&key.into(), "keys")?;
        }
        Ok(Self::from_sorted(interner.finish().0))
    }

    pub(crate) fn from_sorted(sorted: Sorted) -> Self {
        let mut hash = mix(0x0243_f6a8_885a_308d_u64 ^ sorted.integers.len() as u64);
        for value in &sorted.integers {
            hash = mix(hash ^ value.cast_unsigned());
        }
        for end in &sorted.ends {
            hash = mix(hash ^ *end);
        }
        for block in sorted.joined.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..block.len()].copy_from_slice(block);
            hash = mix(hash ^ u64::from_le_bytes(word));
        }
        Self { sorted, fingerprint: (hash >> 32) as u32 }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.sorted.integers.len() + self.sorted.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key with that rank.
    pub fn get(&self, index: usize) -> Option<Key<'_>> {
        match self.sorted.integers.get(index) {
            Some(value) => Some(Key::from(*value)),
            None => self.text(index - self.sorted.integers.len()).map(Key::from),
        }
    }

    /// The text with that rank among the texts.
    #[expect(clippy::cast_possible_truncation, reason = "offsets into a string in memory")]
    fn text(&self, index: usize) -> Option<&str> {
        let end = *self.sorted.ends.get(index)? as usize;
        let start = if index == 0 { 0 } else { self.sorted.ends[index - 1] as usize };
        Some(&self.sorted.joined[start..end])
    }

    /// The rank of a key, by binary search.
    pub fn find<'k>(&self, key: impl Into<Key<'k>>) -> Option<usize> {
        let key = key.into();
        let Some(text) = key.as_text() else {
            return self.sorted.integers.binary_search(&key.as_integer()?).ok();
        };
        let (mut low, mut high) = (0, self.sorted.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.text(middle)?.cmp(text) {
                std::cmp::Ordering::Equal => return Some(self.sorted.integers.len() + middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// All keys in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Key<'_>> {
        (0..self.len()).map(|i| self.get(i).unwrap_or_else(|| Key::from("")))
    }

    pub(crate) fn fingerprint(&self) -> u32 {
        self.fingerprint
    }
}

/// The customers behind the rows of a result or a table: a dictionary, and which of its customers are present.
///
/// Rows are in ascending order of keys. A customer of the ledger who had not yet been seen as of the day in question has
/// no row.
#[derive(Clone, Debug, PartialEq)]
pub struct Customers {
    keys: Arc<Keys>,
    /// Ascending dictionary indices of the rows; `None` where every customer has one.
    present: Option<Arc<[u32]>>,
}

impl Customers {
    /// Every customer of a dictionary.
    pub fn all(keys: Arc<Keys>) -> Self {
        Self { keys, present: None }
    }

    /// Customers named 0, 1, .. n − 1, for tables that have no keys of their own.
    ///
    /// # Errors
    /// [`Overflow`](ErrorKind::Overflow) above 4,294,967,294.
    pub fn numbered(n: usize) -> Result<Self> {
        if n >= u32::MAX as usize {
            return Err(Error::overflow("more than 4294967294 customers"));
        }
        Ok(Self::all(Arc::new(Keys::from_sorted(Sorted::of_integers((0_i64..).take(n).collect())))))
    }

    /// The customers with those ascending dictionary indices.
    pub(crate) fn some(keys: Arc<Keys>, present: Vec<u32>) -> Self {
        debug_assert!(present.is_sorted_by(|a, b| a < b));
        if present.len() == keys.len() {
            return Self::all(keys);
        }
        Self { keys, present: Some(present.into()) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.present.as_ref().map_or(self.keys.len(), |p| p.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dictionary.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The customer of a row.
    pub fn customer(&self, row: usize) -> Option<CustomerIx> {
        let index = match &self.present {
            Some(present) => *present.get(row)?,
            None if row < self.keys.len() => u32::try_from(row).ok()?,
            None => return None,
        };
        Some(CustomerIx { index, dictionary: self.keys.fingerprint() })
    }

    /// The key of a row.
    pub fn key(&self, row: usize) -> Option<Key<'_>> {
        self.keys.get(self.customer(row)?.index())
    }

    /// The row of a customer, `None` for one who is not present.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an index of another ledger.
    pub fn row(&self, customer: CustomerIx) -> Result<Option<usize>> {
        if customer.dictionary != self.keys.fingerprint() || customer.index() >= self.keys.len() {
            return Err(Error::new(ErrorKind::InvalidInput, None, "a customer index of another ledger"));
        }
        Ok(match &self.present {
            Some(present) => present.binary_search(&customer.index).ok(),
            None => Some(customer.index()),
        })
    }

    /// The row of the customer with that key.
    pub fn row_of_key<'k>(&self, key: impl Into<Key<'k>>) -> Option<usize> {
        let index = self.keys.find(key)?;
        match &self.present {
            Some(present) => present.binary_search(&u32::try_from(index).ok()?).ok(),
            None => Some(index),
        }
    }

    /// All rows' customers, in order.
    pub fn iter(&self) -> impl Iterator<Item = CustomerIx> + '_ {
        (0..self.len()).filter_map(|row| self.customer(row))
    }
}
