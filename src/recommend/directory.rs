//! `Directory`: the keys a model was fitted with, and those that arrived since.
//!
//! A dictionary numbers keys in their order, so that comparing numbers is comparing keys. A key
//! that arrives by update cannot be inserted without moving every stored number after it. It gets
//! the next number instead, and only comparisons pay: two fitted keys are compared by number, any
//! other pair by key. Both are the order of [`Key`], which does not depend on what other keys there
//! are, so that ties fall as they would after a refit.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::data::Keys;
use crate::error::{Error, Result};
use crate::kernel::intern::Interner;
use crate::types::Key;

/// Numbers for keys: those of the fitted dictionary keep theirs, later ones follow as they come.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    base: Arc<Keys>,
    later: Interner,
}

impl Directory {
    /// Of the fitted keys.
    pub(super) fn new(base: Arc<Keys>) -> Self {
        Self { base, later: Interner::default() }
    }

    /// The fitted dictionary.
    pub(super) fn base(&self) -> &Arc<Keys> {
        &self.base
    }

    /// Later keys, in the order of their numbers.
    pub(super) fn later(&self) -> impl ExactSizeIterator<Item = Key<'_>> {
        (self.base.len()..self.len()).map(|number| self.key(number))
    }

    /// Keys of both kinds.
    pub(super) fn len(&self) -> usize {
        self.base.len() + self.later.len()
    }

    /// The number of a key.
    pub(super) fn find(&self, key: &Key<'_>) -> Option<usize> {
        self.base.find(key).or_else(|| Some(self.base.len() + self.later.find(key)? as usize))
    }

    /// The number of a key, which is added where it is new.
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) beyond 4,294,967,294 keys.
    pub(super) fn find_or_add(&mut self, key: &Key<'_>) -> Result<usize> {
        if let Some(number) = self.find(key) {
            return Ok(number);
        }
        if self.len() >= u32::MAX as usize {
            return Err(Error::overflow("more than 4294967294 distinct keys"));
        }
        Ok(self.base.len() + self.later.key(key, "keys")? as usize)
    }

    /// The key of a number; empty for a number never given.
    pub(super) fn key(&self, number: usize) -> Key<'_> {
        let later = || self.later.get(u32::try_from(number - self.base.len()).ok()?);
        self.base.get(number).or_else(later).unwrap_or_else(|| Key::from(""))
    }

    /// The order of the keys.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        let fitted = self.base.len();
        if (a as usize) < fitted && (b as usize) < fitted {
            return a.cmp(&b);
        }
        self.key(a as usize).cmp(&self.key(b as usize))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keys of every kind: integers, negative ones, texts that look like numbers, the empty text.
    fn key() -> impl Strategy<Value = Key<'static>> {
        prop_oneof![
            (-20..1_200_i64).prop_map(Key::from),
            "[0-9]{1,5}[A-C]?".prop_map(Key::from),
            "00?[0-9]{0,2}".prop_map(Key::from),
            "[a-zé漢]{0,3}".prop_map(Key::from),
        ]
    }

    proptest! {
        /// Whatever keys are fitted and whatever arrive, numbers compare as a dictionary of all of
        /// them would: a total order.
        #[test]
        fn numbers_compare_as_the_keys_of_one_dictionary(
            fitted in proptest::collection::vec(key(), 0..40),
            later in proptest::collection::vec(key(), 1..40),
        ) {
            let base = Keys::new(&fitted).unwrap();
            let all = Keys::new(fitted.iter().chain(&later)).unwrap();
            let mut directory = Directory::new(Arc::new(base));
            for key in &later {
                let number = directory.find_or_add(key).unwrap();
                prop_assert_eq!(directory.find(key), Some(number));
                prop_assert_eq!(&directory.key(number), key);
            }
            prop_assert_eq!(directory.len(), all.len());
            let mut numbers: Vec<u32> = (0..u32::try_from(all.len()).unwrap()).collect();
            numbers.sort_by(|a, b| directory.compare(*a, *b));
            let sorted: Vec<Key<'_>> = numbers.iter().map(|n| directory.key(*n as usize)).collect();
            prop_assert_eq!(sorted, all.iter().collect::<Vec<_>>());
        }
    }
}
