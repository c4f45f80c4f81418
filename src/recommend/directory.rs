//! `Directory`: the keys a model was fitted with, and those that arrived since.
//!
//! A dictionary numbers keys in their order, so that comparing numbers is comparing keys. A key that arrives by update would
//! have to be inserted, and every stored number behind it moved. Instead it gets the next number, and only comparisons pay:
//! they go by number while both keys are of the fit and by key otherwise. One subtlety: keys are compared as integers when
//! *all* are integers, as text otherwise, so the first text among integers changes the order of all.
//!
//! # By hand
//! Fitted on milk 0, rice 1, tea 2. Honey arrives and is 3. Compared with rice it goes by key and comes first, as it would after
//! a refit; rice and tea are still compared by number. Fitted on 2, 10 and 30 the order is 2 10 30; once the text "x" arrives,
//! all are compared as text: 10 2 30 x.
//!
//! # Complexity
//! Finding is that of the dictionary, then one hash; comparing two fitted keys is one comparison of numbers, two others that
//! of their texts. Memory beyond the dictionary is for later keys alone.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::data::Keys;
use crate::error::{Error, Result};
use crate::types::Key;

/// Numbers for keys: those of the fitted dictionary keep theirs, later ones are numbered as they come. The order of
/// keys is that of a dictionary built from all of them, so that ties fall as they would after a refit.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    base: Arc<Keys>,
    later: Vec<Key<'static>>,
    numbers: HashMap<Key<'static>, u32>,
    /// Whether the fitted keys are all integers, and whether a later key is a text.
    base_integers: bool,
    texts_came: bool,
}

impl Directory {
    /// Of the fitted keys; O(keys), to see whether all are integers.
    pub(super) fn new(base: Arc<Keys>) -> Self {
        let base_integers = base.iter().all(|key| key.as_integer().is_some());
        Self { base, later: Vec::new(), numbers: HashMap::new(), base_integers, texts_came: false }
    }

    /// The fitted dictionary.
    pub(super) fn base(&self) -> &Arc<Keys> {
        &self.base
    }

    /// Later keys, in the order of their numbers.
    pub(super) fn later(&self) -> &[Key<'static>] {
        &self.later
    }

    /// Keys of both kinds.
    pub(super) fn len(&self) -> usize {
        self.base.len() + self.later.len()
    }

    /// The number of a key.
    pub(super) fn find(&self, key: &Key<'_>) -> Option<usize> {
        match self.base.find(key) {
            Some(number) => Some(number),
            None if self.later.is_empty() => None,
            None => self.numbers.get(&key.clone().into_owned()).map(|n| *n as usize),
        }
    }

    /// The number of a key, which is taken in where it is new.
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) beyond 4,294,967,294 keys.
    pub(super) fn find_or_add(&mut self, key: &Key<'_>) -> Result<usize> {
        if let Some(number) = self.find(key) {
            return Ok(number);
        }
        let number = self.len();
        match u32::try_from(number) {
            Ok(n) if n < u32::MAX => {
                let key = key.clone().into_owned();
                self.texts_came |= key.as_integer().is_none();
                self.numbers.insert(key.clone(), n);
                self.later.push(key);
                Ok(number)
            }
            _ => Err(Error::overflow("more than 4294967294 distinct keys")),
        }
    }

    /// The key of a number; empty for a number never given.
    pub(super) fn key(&self, number: usize) -> Key<'_> {
        self.base
            .get(number)
            .or_else(|| self.later.get(number - self.base.len()).map(Key::from))
            .unwrap_or_else(|| Key::from(""))
    }

    /// The order of the keys.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        let fitted = self.base.len();
        let reordered = self.base_integers && self.texts_came;
        if a == b || (!reordered && (a as usize) < fitted && (b as usize) < fitted) {
            return a.cmp(&b);
        }
        let (a, b) = (self.key(a as usize), self.key(b as usize));
        match (a.as_integer(), b.as_integer()) {
            (Some(a), Some(b)) if self.base_integers && !self.texts_came => a.cmp(&b),
            _ => a.to_text().as_bytes().cmp(b.to_text().as_bytes()),
        }
    }
}
