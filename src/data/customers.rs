//! `Keys`, a sorted dictionary, and `Customers`, the customers that stand behind the rows of a table.
//!
//! A dictionary is shared by everything that speaks of the same customers, and compared by fingerprint first. Which of
//! its customers have a row differs from table to table: everybody in a ledger, those seen by a day in its results.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::intern::{Interner, Sorted};
use crate::kernel::rng::mix;
use crate::types::{CustomerIx, Key, Provenance};

/// Distinct keys in ascending order, and a fingerprint of them: two ledgers with the same customers share indices.
///
/// Integers by value, then texts by code point. 8 bytes an integer; for texts their bytes and 8 for where each ends.
///
/// ```
/// use regulars::data::Keys;
///
/// let keys = Keys::new(["bob", "ann", "10", "9", "ann"])?;
/// assert_eq!(keys.len(), 4); // ann once
/// assert_eq!(keys.iter().map(|key| key.to_string()).collect::<Vec<_>>(), ["9", "10", "ann", "bob"]);
/// assert_eq!(keys.get(2).map(|key| key.to_string()).as_deref(), Some("ann"));
/// assert_eq!(keys.find("ann"), Some(2));
/// assert_eq!(keys.find(10), keys.find("10"));
/// assert_eq!((keys.find("eve"), keys.is_empty()), (None, false));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Keys {
    sorted: Sorted,
    fingerprint: u32,
}

/// Prints the count, never a key.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.len())
    }
}

/// The same keys. Fingerprints are compared first, so unequal dictionaries are told apart at once as a rule.
impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.sorted == other.sorted
    }
}

impl Keys {
    /// A dictionary of the given keys; repeated keys count once. O(n log n).
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

    /// A dictionary of keys that are sorted already. The fingerprint is the upper half of a 64-bit hash chained over
    /// integers, ends and texts: the same in every run and on every machine, since saved indices must stay valid.
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

    /// A dictionary of the keys of both, and the ranks in it of the keys of each.
    pub(crate) fn merge(&self, other: &Self) -> (Self, Vec<u32>, Vec<u32>) {
        let mut sorted = Sorted::default();
        let (mut own, mut new) = (Vec::with_capacity(self.len()), Vec::with_capacity(other.len()));
        let (mut a, mut b, mut rank) = (0, 0, 0);
        while a < self.len() || b < other.len() {
            let (left, right) = (self.get(a), other.get(b));
            let order = match (&left, &right) {
                (Some(left), Some(right)) => left.cmp(right),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, _) => std::cmp::Ordering::Greater,
            };
            let Some(key) = (if order.is_le() { left } else { right }) else { break };
            if order.is_le() {
                own.push(rank);
                a += 1;
            }
            if order.is_ge() {
                new.push(rank);
                b += 1;
            }
            if let Some(value) = key.as_integer() {
                sorted.integers.push(value);
            } else {
                sorted.joined.push_str(&key.to_text());
                sorted.ends.push(sorted.joined.len() as u64);
            }
            rank += 1;
        }
        (Self::from_sorted(sorted), own, new)
    }

    /// The keys with these ascending ranks, as a dictionary of their own.
    pub(crate) fn select(&self, ranks: &[u32]) -> Self {
        let integers = self.sorted.integers.len();
        let split = ranks.partition_point(|rank| (*rank as usize) < integers);
        let mut sorted = Sorted::of_integers(
            ranks[..split].iter().map(|rank| self.sorted.integers[*rank as usize]).collect(),
        );
        for rank in &ranks[split..] {
            sorted.joined.push_str(self.text(*rank as usize - integers).unwrap_or_default());
            sorted.ends.push(sorted.joined.len() as u64);
        }
        Self::from_sorted(sorted)
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.sorted.integers.len() + self.sorted.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key with that rank, from 0; `None` behind the last. Constant time.
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

    /// The rank of a key, by binary search; `None` for one that is not in the dictionary.
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

    /// All keys in order, with their number known.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Key<'_>> {
        (0..self.len()).map(|i| self.get(i).unwrap_or_else(|| Key::from("")))
    }

    /// 32 bits that tell dictionaries apart; what indices carry with them.
    pub(crate) fn fingerprint(&self) -> u32 {
        self.fingerprint
    }
}

/// The customers behind the rows of a result or a table: a dictionary, and which of its customers are present.
///
/// Rows are in ascending order of keys. A customer of the ledger who had not yet been seen as of the day in question has
/// no row.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (customer, day) in [("ann", 1), ("bob", 20), ("cleo", 2)] {
///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?))?;
/// }
/// let ledger = builder.build()?;
/// let seen = ledger.observed(AsOf::ymd(2024, 5, 10)?)?.customers();
/// assert_eq!((seen.len(), seen.keys().len()), (2, 3)); // bob is in the dictionary, not among the rows
/// assert_eq!(seen.key(1).map(|key| key.to_string()).as_deref(), Some("cleo"));
/// assert_eq!((seen.row_of_key("cleo"), seen.row_of_key("bob")), (Some(1), None));
///
/// // The index is that of the dictionary, the row that of this table.
/// let cleo = ledger.customer("cleo").expect("has a row");
/// assert_eq!((cleo.index(), seen.row(cleo)?), (2, Some(1)));
/// assert_eq!(seen.iter().last(), Some(cleo));
/// assert_eq!(seen.customer(1), Some(cleo));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Customers {
    keys: Arc<Keys>,
    /// Ascending dictionary indices of the rows; `None` where every customer has one.
    present: Option<Arc<[u32]>>,
    /// Of the view that they are the customers of; silent where they are of none.
    provenance: Provenance,
}

/// The same customers, wherever they come from.
impl PartialEq for Customers {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys && self.present == other.present
    }
}

/// Prints the counts, never a key.
impl fmt::Debug for Customers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Customers({} of {})", self.len(), self.keys.len())
    }
}

impl Customers {
    /// Every customer of a dictionary: row and index are the same number.
    ///
    /// ```
    /// use regulars::data::{Customers, Keys};
    /// let customers = Customers::all(Keys::new(["ann", "bob"])?.into());
    /// assert_eq!((customers.len(), customers.is_empty()), (2, false));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn all(keys: Arc<Keys>) -> Self {
        Self { keys, present: None, provenance: Provenance::default() }
    }

    /// Customers named 0, 1, .. n − 1, for tables that have no keys of their own.
    ///
    /// ```
    /// use regulars::data::Customers;
    /// let customers = Customers::numbered(3)?;
    /// assert_eq!(customers.row_of_key(2), Some(2));
    /// assert_eq!(customers.row_of_key(3), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](ErrorKind::Overflow) above 4,294,967,294.
    pub fn numbered(n: usize) -> Result<Self> {
        if n >= u32::MAX as usize {
            return Err(Error::overflow("more than 4294967294 customers"));
        }
        Ok(Self::all(Arc::new(Keys::from_sorted(Sorted::of_integers((0_i64..).take(n).collect())))))
    }

    /// The customers with those ascending dictionary indices; all of them where none is left out, so that equal sets are
    /// equal values.
    pub(crate) fn some(keys: Arc<Keys>, present: Vec<u32>) -> Self {
        debug_assert!(present.is_sorted_by(|a, b| a < b));
        if present.len() == keys.len() {
            return Self::all(keys);
        }
        Self { keys, present: Some(present.into()), provenance: Provenance::default() }
    }

    /// The same customers, of data of that provenance.
    pub(crate) fn of(self, provenance: Provenance) -> Self {
        Self { provenance, ..self }
    }

    /// Where the data come from that these are the customers of; states nothing for customers of no ledger.
    ///
    /// ```
    /// use regulars::data::Customers;
    /// assert_eq!(Customers::numbered(3)?.provenance().currency(), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.present.as_ref().map_or(self.keys.len(), |p| p.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dictionary: all customers of the ledger, those without a row included.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The customer of a row, from 0; `None` behind the last.
    pub fn customer(&self, row: usize) -> Option<CustomerIx> {
        let index = match &self.present {
            Some(present) => *present.get(row)?,
            None if row < self.keys.len() => u32::try_from(row).ok()?,
            None => return None,
        };
        Some(CustomerIx { index, dictionary: self.keys.fingerprint() })
    }

    /// The key of a row, from 0; `None` behind the last.
    pub fn key(&self, row: usize) -> Option<Key<'_>> {
        self.keys.get(self.customer(row)?.index())
    }

    /// The row of a customer, `None` for one who is not present. O(log rows).
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

    /// The row of the customer with that key; `None` for one who is not present or not known. O(log rows).
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
