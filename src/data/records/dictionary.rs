//! Distinct texts of one column, numbered by first appearance.
//!
//! A city that a million records share is stored once. Numbers, not texts, are what matching compares first: equal
//! numbers are equal values.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, Result};

/// "No value" in a column of numbers.
pub(crate) const NONE: u32 = u32::MAX;

/// Distinct texts behind one another in one arena.
#[derive(Clone, Default)]
pub(crate) struct Dictionary {
    /// All texts without a separator, below 4 GiB.
    arena: String,
    /// Where each ends.
    ends: Vec<u32>,
}

/// A dictionary that can still grow. The hash decides where a text is found, never which number it gets.
#[derive(Default)]
pub(crate) struct Intern {
    texts: Dictionary,
    /// Numbers by the hash of their texts.
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Dictionary {
    /// Distinct texts.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all texts.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.len()
    }

    /// The text with that number; empty for a number never given out.
    pub(crate) fn get(&self, number: u32) -> &str {
        let n = number as usize;
        let Some(end) = self.ends.get(n) else { return "" };
        let start = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.arena[start as usize..*end as usize]
    }

    /// The texts by number.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|i| {
            let start = if i == 0 { 0 } else { self.ends[i - 1] };
            &self.arena[start as usize..self.ends[i] as usize]
        })
    }
}

impl Intern {
    /// Empty, with room for so many texts in its table.
    pub(crate) fn with_capacity(texts: usize) -> Self {
        Self { table: HashTable::with_capacity(texts), ..Self::default() }
    }

    /// The number of a text, new or known.
    pub(crate) fn number(&mut self, text: &str) -> Result<u32> {
        let hash = self.hasher.hash_one(text);
        let texts = &self.texts;
        if let Some(number) = self.table.find(hash, |n| texts.get(*n) == text) {
            return Ok(*number);
        }
        let number = u32::try_from(self.texts.len()).ok().filter(|n| *n < NONE);
        let end = u32::try_from(self.texts.arena.len() + text.len());
        let (Some(number), Ok(end)) = (number, end) else {
            return Err(Error::overflow("more than 4 GiB of distinct values in one column"));
        };
        self.texts.arena.push_str(text);
        self.texts.ends.push(end);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.table.insert_unique(hash, number, |n| hasher.hash_one(texts.get(*n)));
        Ok(number)
    }

    /// The texts, without the table that found them.
    pub(crate) fn finish(self) -> Dictionary {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_number_and_come_back() {
        let mut intern = Intern::default();
        let numbers: Vec<u32> =
            ["ann", "", "张伟", "ann"].iter().map(|t| intern.number(t).unwrap()).collect();
        assert_eq!(numbers, [0, 1, 2, 0]);
        let texts = intern.finish();
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["ann", "", "张伟"]);
        assert_eq!(texts.get(9), "");
    }
}
