//! How alike two values are: bit-parallel string comparators, and levels of agreement by kind.
//!
//! The comparators are exact: the same numbers as the textbook algorithms, up to 64 code units (longer texts are cut).

mod edit;
mod jaro;
mod level;
mod sketch;
#[cfg(test)]
mod tests;

pub(crate) use level::{LEVELS, Level, level};
pub(crate) use sketch::{Reading, Verdict, alike};

/// Code units that are compared.
pub(crate) const MAX_UNITS: usize = 64;

/// A comparison form: where its code units are, and the bag of them as a bit mask, to tell at once that two texts are
/// far apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    pub(crate) start: u32,
    pub(crate) len: u8,
    /// Whether part is hidden behind asterisks.
    pub(crate) masked: bool,
    /// Whether there are Han characters.
    pub(crate) han: bool,
    /// Two bits for each of 32 classes of code units: seen once, seen twice.
    pub(crate) bag: u64,
    /// Number of the value's key in its column.
    pub(crate) key: u32,
}

impl Text {
    /// Appends the code units of a text. ASCII stands for itself, every other character for one of 128 classes, so that
    /// two different ones are seldom taken for equal.
    pub(crate) fn push(codes: &mut Vec<u8>, start: u32, text: &str) -> Self {
        let mut form = Self { start, len: 0, masked: false, han: false, bag: 0, key: 0 };
        for c in text.chars().take(MAX_UNITS) {
            let unit = if c.is_ascii() {
                c as u8
            } else {
                form.han |= crate::data::is_han(c);
                128 | (((c as u32).wrapping_mul(0x9e37_79b1) >> 25) as u8)
            };
            form.masked |= c == '*';
            let class = u32::from(unit & 31) * 2;
            let seen = if form.bag >> class & 1 == 1 { 2 } else { 1 };
            form.bag |= seen << class;
            codes.push(unit);
            form.len += 1;
        }
        form
    }

    /// A lower bound of the edit distance of two texts.
    pub(crate) fn edits_at_least(&self, other: &Self) -> u32 {
        let only_here = (self.bag & !other.bag).count_ones();
        let only_there = (other.bag & !self.bag).count_ones();
        only_here.max(only_there).max(u32::from(self.len.abs_diff(other.len)))
    }
}

/// Masks of where each code unit stands in a pattern; zero between calls.
pub(crate) struct Scratch {
    masks: Box<[u64; 256]>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { masks: Box::new([0; 256]) }
    }

    fn load(&mut self, pattern: &[u8]) {
        for (i, unit) in pattern.iter().enumerate() {
            self.masks[*unit as usize] |= 1 << i;
        }
    }

    fn clear(&mut self, pattern: &[u8]) {
        for unit in pattern {
            self.masks[*unit as usize] = 0;
        }
    }
}
