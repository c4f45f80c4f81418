//! How alike two values are: bit-parallel string comparators, and levels of agreement by kind.
//!
//! The comparators are exact: the same numbers as the textbook algorithms, up to 64 code units (longer texts are cut).
//!
//! # Two steps for one question
//! Most pairs of values have nothing in common, and to say so must be cheap. So a comparison first asks what can be
//! told without reading letters (`sketch`, 32 bits in the row), then what the bags of code units allow (64 bits
//! beside the value), and only then runs a comparator, which for texts of up to 64 units takes some ten
//! instructions a unit (`edit`, `jaro`). `level` turns the outcome into one of eight words by rules for each kind.
//!
//! # Code units
//! An ASCII character stands for itself; every other one for one of 128 classes, by a multiplicative hash of its
//! code point. Two different characters fall into one class with a chance of 1 in 128 and would then count as
//! equal: in Han names, whose levels are coarse, that costs little; equality itself is decided on whole normal
//! forms and never on units.
//!
//! # Bags by hand
//! `anna` has the classes a (seen twice) and n (seen twice): four bits. `hannah` has a, n, h twice each: six bits.
//! Nothing of `anna` is missing in `hannah`, two bits of `hannah` are missing in `anna`, lengths differ by 2: at
//! least 2 edits, and 2 it is.
//!
//! # Why levels, and not a number
//! A similarity of 0.87 has no chance among strangers that could be learnt from a few thousand pairs; a level has.
//! Levels also keep the model readable: an explanation says "one slip apart", not 0.87.
//!
//! # References
//! - Christen 2012, Data Matching, doi:10.1007/978-3-642-31164-2, chapter 5.

mod edit;
mod jaro;
mod level;
mod sketch;
#[cfg(test)]
mod tests;

pub(crate) use level::{LEVELS, Level, level, likeness};
pub(crate) use sketch::{Reading, Verdict, alike};

/// Code units that are compared.
pub(crate) const MAX_UNITS: usize = 64;

/// Texts of so many code units lie in their form itself: most names, numbers, dates and cities.
const SHORT: usize = 12;

/// A comparison form: its code units or where they are, and the bag of them as a bit mask, to tell at once that two
/// texts are far apart.
///
/// 32 bytes, half a line of a cache and never across two: to look at a short text is one wait for memory, at a long one
/// two.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(crate) struct Text {
    /// Two bits for each of 32 classes of code units: seen once, seen twice.
    pub(crate) bag: u64,
    /// Number of the value's key in its column.
    pub(crate) key: u32,
    /// Where a long text begins among the column's code units.
    pub(crate) start: u32,
    len: u8,
    /// Code units that there is place for from `start` on.
    pub(crate) room: u8,
    /// Whether part is hidden behind asterisks.
    pub(crate) masked: bool,
    /// Whether there are Han characters.
    pub(crate) han: bool,
    /// A short text.
    head: [u8; SHORT],
}

impl Text {
    /// The form of a text; the code units of a long one are put behind `codes`, which end at `start`. ASCII stands for
    /// itself, every other character for one of 128 classes, so that two different ones are seldom taken for equal.
    pub(crate) fn push(codes: &mut Vec<u8>, start: u32, text: &str) -> Self {
        let mut form =
            Self { start, len: 0, room: 0, masked: false, han: false, bag: 0, key: 0, head: [0; SHORT] };
        let mut units = [0; MAX_UNITS];
        let mut length = 0;
        if text.is_ascii() {
            length = text.len().min(MAX_UNITS);
            units[..length].copy_from_slice(&text.as_bytes()[..length]);
        } else {
            for (unit, c) in units.iter_mut().zip(text.chars()) {
                form.han |= crate::data::is_han(c);
                *unit = if c.is_ascii() {
                    c as u8
                } else {
                    128 | (((c as u32).wrapping_mul(0x9e37_79b1) >> 25) as u8)
                };
                length += 1;
            }
        }
        let units = &units[..length];
        for unit in units {
            form.masked |= *unit == b'*';
            let class = u32::from(unit & 31) * 2;
            form.bag |= (1 + (form.bag >> class & 1)) << class;
        }
        form.len = u8::try_from(length).unwrap_or(u8::MAX);
        form.room = if length > SHORT { form.len } else { 0 };
        match form.head.get_mut(..units.len()) {
            Some(head) => head.copy_from_slice(units),
            None => codes.extend_from_slice(units),
        }
        form
    }

    /// The code units, at most 64; `codes` are those of the column.
    pub(crate) fn units<'a>(&'a self, codes: &'a [u8]) -> &'a [u8] {
        let (start, length) = (self.start as usize, usize::from(self.len));
        self.head.get(..length).unwrap_or_else(|| &codes[start..start + length])
    }

    /// Leaves nothing of the text but its place.
    pub(crate) fn wipe(&mut self) {
        (self.bag, self.masked, self.han, self.head) = (0, false, false, [0; SHORT]);
    }

    /// A short text as it lies in memory, for tests that search it.
    #[cfg(test)]
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// A lower bound of the edit distance of two texts.
    ///
    /// max( |A \ B|, |B \ A|, | |a| − |b| | ) over bags A and B. One edit adds at most one unit and takes away at
    /// most one, a swap of neighbours neither, so no sequence of fewer edits can do. A bag counts to two in each of
    /// 32 classes, which can only lower the bound.
    pub(crate) fn edits_at_least(&self, other: &Self) -> u32 {
        let only_here = (self.bag & !other.bag).count_ones();
        let only_there = (other.bag & !self.bag).count_ones();
        only_here.max(only_there).max(u32::from(self.len.abs_diff(other.len)))
    }
}

/// Masks of where each code unit stands in a pattern; zero between calls.
///
/// 2 KB that are set and reset for each pattern, at the cost of its length: clearing all of them would cost more
/// than the comparison.
pub(crate) struct Scratch {
    masks: Box<[u64; 256]>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { masks: Box::new([0; 256]) }
    }

    /// Bit i of a unit's mask is set where the pattern has the unit at place i; at most 64 places.
    fn load(&mut self, pattern: &[u8]) {
        for (i, unit) in pattern.iter().enumerate() {
            self.masks[*unit as usize] |= 1 << i;
        }
    }

    /// Must follow every [`load`](Self::load) of the same pattern: the next comparison takes the masks as zero.
    fn clear(&mut self, pattern: &[u8]) {
        for unit in pattern {
            self.masks[*unit as usize] = 0;
        }
    }
}
