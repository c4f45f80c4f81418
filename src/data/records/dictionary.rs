//! Distinct texts of one column, numbered by first appearance.
//!
//! A city that a million records share is stored once. Numbers, not texts, are what matching compares first: equal
//! numbers are equal values.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, Result};
use crate::kernel::firsts::{self, Numbered};

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
    /// Numbers, each with half of the hash of its text: another text is seldom looked at, and none when the table grows.
    table: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
}

impl Dictionary {
    /// Distinct texts.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Puts a text behind all others and gives its number.
    pub(super) fn push(&mut self, text: &str) -> Result<u32> {
        let number = u32::try_from(self.ends.len()).ok().filter(|n| *n < NONE);
        let end = u32::try_from(self.arena.len() + text.len());
        let (Some(number), Ok(end)) = (number, end) else {
            return Err(Error::overflow("more than 4 GiB of distinct values in one column"));
        };
        self.arena.push_str(text);
        self.ends.push(end);
        Ok(number)
    }

    /// Numbers many texts at once, by first appearance: the dictionary, and the number of each text. An empty text has
    /// the number [`NONE`] and is not in the dictionary.
    ///
    /// As one text after the other through [`Intern`], without its waiting for memory. O(texts).
    pub(crate) fn of<'t>(count: usize, text: impl Fn(usize) -> &'t str) -> Result<(Self, Vec<u32>)> {
        if u32::try_from(count).is_err() {
            return Err(Error::overflow("more than 4294967295 values in one column"));
        }
        let hasher = DefaultHashBuilder::default();
        let hash = |text: &str| if text.is_empty() { 0 } else { hasher.hash_one(text).max(1) };
        let hashes: Vec<u64> = (0..count).map(|i| hash(text(i))).collect();
        let Numbered { numbers, firsts } = firsts::number(&hashes, |i, j| text(i) == text(j));
        let mut texts = Self::default();
        for first in firsts {
            texts.push(text(first as usize))?;
        }
        Ok((texts, numbers))
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
    /// The number of a text, new or known.
    pub(crate) fn number(&mut self, text: &str) -> Result<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "half of the hash")]
        let half = self.hasher.hash_one(text) as u32;
        let place = |half: u32| u64::from(half) << 32 | u64::from(half);
        let texts = &self.texts;
        if let Some((_, number)) = self.table.find(place(half), |(h, n)| *h == half && texts.get(*n) == text)
        {
            return Ok(*number);
        }
        let number = self.texts.push(text)?;
        self.table.insert_unique(place(half), (half, number), |(half, _)| place(*half));
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

    /// Many at once are numbered as one after the other, in one part and in several.
    #[test]
    fn numbered_at_once_or_one_by_one() {
        for count in [0, 1, 100, 20_000_usize] {
            let texts: Vec<String> = (0..count)
                .map(|i| (i * 7919) % 6_007)
                .map(|n| if n % 13 == 0 { String::new() } else { format!("text {n}") })
                .collect();
            let (dictionary, numbers) = Dictionary::of(count, |i| texts[i].as_str()).unwrap();
            let mut intern = Intern::default();
            for (text, number) in texts.iter().zip(numbers) {
                let expected = if text.is_empty() { NONE } else { intern.number(text).unwrap() };
                assert_eq!(number, expected);
            }
            assert!(dictionary.iter().eq(intern.finish().iter()));
        }
    }

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
