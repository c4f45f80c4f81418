//! Distinct texts of one column, numbered by first appearance.
//!
//! A city that a million records share is stored once. Numbers, not texts, are what matching compares first: equal
//! numbers are equal values.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, Result};

/// "No value" in a column of numbers.
pub(crate) const NONE: u32 = u32::MAX;

/// Texts of a part of [`Dictionary::of`]: hashes, numbers and table stay in a cache of the second level.
const PART: usize = 4096;

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

    /// Puts a text behind all others and gives its number.
    fn push(&mut self, text: &str) -> Result<u32> {
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
    /// As one text after the other through [`Intern`], but without its waiting for memory: texts are dealt by hash
    /// into parts of some thousand, and each part is searched by a table that the cache holds. O(texts), 12 bytes a
    /// text beside the result.
    ///
    /// ```text
    /// texts     ulm bonn ulm ""          parts     {ulm, ulm} {bonn}
    /// first     0   1    0               numbers   0 1 0 NONE
    /// ```
    pub(crate) fn of<'t>(count: usize, text: impl Fn(usize) -> &'t str) -> Result<(Self, Vec<u32>)> {
        let hasher = DefaultHashBuilder::default();
        let parts = count.div_ceil(PART).next_power_of_two();
        let bits = parts.trailing_zeros();
        let hashes: Vec<u64> = (0..count).map(|i| hasher.hash_one(text(i))).collect();
        // The upper bits choose the part, the others are compared before the texts are.
        #[expect(clippy::cast_possible_truncation, reason = "below the number of parts")]
        let part_of = |hash: u64| if bits == 0 { 0 } else { (hash >> (64 - bits)) as usize };
        let mut starts = vec![0_usize; parts + 1];
        for hash in &hashes {
            starts[part_of(*hash) + 1] += 1;
        }
        for i in 0..parts {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut dealt = vec![0_u32; count];
        for (i, hash) in (0_u32..).zip(&hashes) {
            let at = &mut next[part_of(*hash)];
            dealt[*at] = i;
            *at += 1;
        }
        // By text: the first that is equal to it.
        let mut first = vec![NONE; count];
        let mut table: HashTable<(u64, u32)> = HashTable::with_capacity(2 * PART);
        for part in starts.windows(2) {
            table.clear();
            for i in &dealt[part[0]..part[1]] {
                let (hash, this) = (hashes[*i as usize], text(*i as usize));
                if this.is_empty() {
                    continue;
                }
                let equal = |(h, j): &(u64, u32)| *h == hash && text(*j as usize) == this;
                let known = table.find(hash, equal).map(|(_, j)| *j);
                if known.is_none() {
                    table.insert_unique(hash, (hash, *i), |(h, _)| *h);
                }
                first[*i as usize] = known.unwrap_or(*i);
            }
        }
        let mut texts = Self::default();
        for i in 0..count {
            let j = first[i] as usize;
            if j == i {
                first[i] = texts.push(text(i))?;
            } else if first[i] != NONE {
                first[i] = first[j];
            }
        }
        Ok((texts, first))
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
        let hash = self.hasher.hash_one(text);
        let texts = &self.texts;
        if let Some(number) = self.table.find(hash, |n| texts.get(*n) == text) {
            return Ok(*number);
        }
        let number = self.texts.push(text)?;
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
