//! Sketches: 32 bits of a value that tell most pairs of values far apart without looking at the values.
//!
//! A comparison of two texts that have nothing in common costs two cache misses before it can say so. A sketch lies in
//! the row itself. What it holds depends on the kind:
//! - dates: the eight digits, four bits each; the level of two dates follows from their sketches alone;
//! - postcodes of digits: up to seven digits, four bits each, 1 for the digit 0; likewise exact;
//! - telephone numbers and identity numbers: for each of ten digits three bits, how often it occurs (once, twice, three
//!   times or more);
//! - addresses: the set of letters in 22 classes, and nine bits of the house number;
//! - all other texts: the set of letters in 26 classes, and the length, up to 31.
//!
//! Sets and counts bound the edit distance from below: an edit takes away at most one element and adds at most one, so
//! the distance is at least max(|A \ B|, |B \ A|, ||a| − |b||) (the bag distance of Bartolini, Ciaccia and Patella 2002,
//! doi:10.1007/3-540-45735-6_24).
//!
//! # Never more than the values say
//! A sketch may answer only what reading both values would have answered: the level itself for dates and codes of
//! digits, `Differ` where the bound rules out all other levels, else "look". So leaving sketches out would change
//! no result, only the time; a test compares both.
//!
//! # Dates by hand
//! 1980-04-03 is 0x19800403, 1980-03-04 is 0x19800304: same year, month of one is the day of the other, so the key
//! is the same. 1980-04-03 and 1980-04-08 differ in one digit: near. 1980-04-03 and 1981-04-03: one digit, near as
//! well; 1980-04-03 and 1962-04-03: same day of another year, close. Two digits that have changed places (12 and
//! 21) are near, two other digits weak.
//!
//! # Digits by hand
//! 13800138000 counts 0 five times, 1 twice, 3 twice, 8 twice. A count is three bits, as many set as the digit
//! occurs, at most three. 13900139000 has 9 in place of 8: two bits missing on each side, at least two edits: look.
//! Most numbers of strangers miss four and more, and differ.
//!
//! # What it saves
//! One sketch is four bytes in the row that is being read anyway. Values themselves lie elsewhere: two reads of
//! memory in no order, which no cache foresees.
//!
//! # Layout of the 32 bits
//! | reading | bits 0 to 21 | 22 to 25 | 26 to 30 | 31 |
//! |---|---|---|---|---|
//! | date | eight digits of four bits, over all 32 | | | |
//! | code | up to seven digits of four bits, each + 1, over 28 | | | look |
//! | digits | ten counts of three bits, over 30 | | | look |
//! | street | set of letters | hash of the house number, nine bits | | look |
//! | local part, name, text, short | set of letters, over 26 | | length up to 31 | look |
//! | words | | | | always look |
//!
//! A date never sets the highest bit, as years are below 8000 but for slips, and it is not asked for.

use super::level::Level;
use crate::data::FieldKind;

/// Set where only the whole values can tell: Han characters, masks, codes with letters.
const LOOK: u32 = 1 << 31;
/// Bits of the set of letters; the five above them hold the length, the highest is [`LOOK`].
const LETTERS: u32 = (1 << 26) - 1;
/// Of addresses: 22 classes of letters, nine bits of a hash of the house number above them.
const STREET: u32 = (1 << 22) - 1;
/// Of numbers: ten digits of three bits.
const DIGITS: u32 = (1 << 30) - 1;

/// How two sketches of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Date,
    Code,
    Digits,
    Street,
    Local,
    Name,
    Text,
    Words,
    Short,
}

/// What two sketches say about their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The level, without a look at the values.
    Is(Level),
    /// The values must be compared.
    Look,
}

impl Reading {
    /// The reading of a kind.
    pub(crate) fn of(kind: FieldKind) -> Self {
        match kind {
            FieldKind::BirthDate => Self::Date,
            FieldKind::Postcode => Self::Code,
            FieldKind::Phone | FieldKind::NationalId => Self::Digits,
            FieldKind::Address => Self::Street,
            FieldKind::Email => Self::Local,
            FieldKind::GivenName | FieldKind::FamilyName => Self::Name,
            FieldKind::CustomerAccount
            | FieldKind::Handle
            | FieldKind::HouseNumber
            | FieldKind::Category
            | FieldKind::Region => Self::Short,
            FieldKind::FreeText | FieldKind::Number => Self::Words,
            _ => Self::Text,
        }
    }

    /// The sketch of a value. `text` is its comparison form, `key` its key (for names without blanks and in pinyin), `look`
    /// says that it is masked or has Han characters.
    pub(crate) fn sketch(self, text: &str, key: &str, look: bool) -> u32 {
        match self {
            Self::Date => {
                let digits = text.bytes().filter(u8::is_ascii_digit);
                if text.len() == 10 { digits.fold(0, |n, d| n << 4 | u32::from(d - b'0')) } else { 0 }
            }
            Self::Code => {
                if look || text.len() > 7 || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return LOOK;
                }
                text.bytes().fold(0, |n, d| n << 4 | u32::from(d - b'0' + 1))
            }
            Self::Digits => text.bytes().fold(mark(look), |set, b| {
                let place = u32::from(b % 10) * 3;
                let seen = set >> place & 7;
                set | (seen << 1 | 1).min(7) << place
            }),
            Self::Street => {
                let number = house_number(text.as_bytes());
                letters(text, 22, mark(look)) | (number.wrapping_mul(0x9e37_79b1) >> 23) << 22
            }
            Self::Local => with_length(text.split('@').next().unwrap_or(text), look),
            Self::Name => with_length(key, look),
            // Words in common say nothing about the letters of the others, nor does size about figures.
            Self::Words => LOOK,
            Self::Text | Self::Short => with_length(text, look),
        }
    }

    /// What two sketches of different values say. Symmetric.
    ///
    /// Different values only: equal ones have equal numbers and are never asked about. More than three units apart
    /// means differ for texts and numbers (no level reaches further but likeness, which the Jaro bound rules out),
    /// more than two for short codes. The length is kept up to 31; from there on texts must be looked at.
    #[inline]
    pub(crate) fn compare(self, x: u32, y: u32) -> Verdict {
        if self == Self::Date {
            return if x == 0 || y == 0 { Verdict::Look } else { Verdict::Is(dates(x, y)) };
        }
        if (x | y) & LOOK != 0 {
            return Verdict::Look;
        }
        let differ = Verdict::Is(Level::Differ);
        let apart = |mask: u32| {
            let (only_x, only_y) = ((x & !y & mask).count_ones(), (y & !x & mask).count_ones());
            (only_x.max(only_y), only_x == 0 || only_y == 0)
        };
        let (long, short) = ((x >> 26).max(y >> 26), (x >> 26).min(y >> 26));
        match self {
            Self::Code => codes(x, y),
            Self::Digits => {
                if apart(DIGITS).0 > 3 {
                    differ
                } else {
                    Verdict::Look
                }
            }
            Self::Street => {
                let (apart, within) = apart(STREET);
                if apart > 3 && !within && x >> 22 != y >> 22 { differ } else { Verdict::Look }
            }
            Self::Local => {
                if apart(LETTERS).0.max(long - short) > 3 {
                    differ
                } else {
                    Verdict::Look
                }
            }
            Self::Short => {
                if apart(LETTERS).0.max(long - short) > 2 {
                    differ
                } else {
                    Verdict::Look
                }
            }
            _ => {
                let (apart, within) = apart(LETTERS);
                let apart = apart.max(long - short);
                let bound = if self == Self::Name { 0.82 } else { 0.85 };
                if apart > 3 && !within && long < 31 && best_jaro(short, long, apart) < bound {
                    differ
                } else {
                    Verdict::Look
                }
            }
        }
    }
}

fn mark(look: bool) -> u32 {
    if look { LOOK } else { 0 }
}

/// The set of letters in so many classes.
fn letters(text: &str, classes: u32, start: u32) -> u32 {
    let add = |set: u32, c: char| {
        let class = if c.is_ascii_lowercase() { c as u32 - 97 } else { (c as u32).wrapping_mul(7) };
        if c == ' ' { set } else { set | 1 << (class % classes) }
    };
    // Bytes of ASCII are read faster than characters.
    if text.is_ascii() {
        text.bytes().map(char::from).fold(start, add)
    } else {
        text.chars().fold(start, add)
    }
}

/// The length without blanks, of the first 31 characters.
fn with_length(text: &str, look: bool) -> u32 {
    let blanks = text.bytes().take(31).filter(|b| *b == b' ').count();
    let length = if text.is_ascii() {
        text.len().min(31) - blanks
    } else {
        text.chars().take(31).filter(|c| *c != ' ').count()
    };
    letters(text, 26, mark(look)) | u32::try_from(length).unwrap_or(31) << 26
}

/// The number an address has, its first four digits; 0 for none.
///
/// Digits are taken wherever they stand, so a flat in front of the house is part of it: 0 to 9999.
pub(crate) fn house_number(text: &[u8]) -> u32 {
    let digits = text.iter().filter(|c| c.is_ascii_digit()).take(4);
    digits.fold(0, |n, c| n * 10 + u32::from(c - b'0'))
}

/// The highest Jaro-Winkler similarity that two texts of these lengths can have where `apart` units of one are not in
/// the other: all others match in order, and the first four are equal.
///
/// With c = long − apart units in common: J = (min(c / short, 1) + c / long + 1) / 3, and J + 0.4 (1 − J) with four
/// equal units in front.
fn best_jaro(short: u32, long: u32, apart: u32) -> f32 {
    let common = f32::from(u16::try_from(long.saturating_sub(apart)).unwrap_or(0));
    let (s, l) = (
        f32::from(u16::try_from(short.max(1)).unwrap_or(1)),
        f32::from(u16::try_from(long.max(1)).unwrap_or(1)),
    );
    let jaro = ((common / s).min(1.0) + common / l + 1.0) / 3.0;
    jaro + 0.4 * (1.0 - jaro)
}

/// The level of two dates, four bits a digit: year, month, day.
///
/// `x ^ y` has a nonzero digit where the dates differ; or-ing its four bits into one makes the number of differing
/// digits a count of bits.
fn dates(x: u32, y: u32) -> Level {
    let other = x ^ y;
    let (months, days) = (other >> 8 & 0xff, other & 0xff);
    if x >> 16 == y >> 16 && x >> 8 & 0xff == y & 0xff && x & 0xff == y >> 8 & 0xff {
        return Level::SameKey;
    }
    let places = (other | other >> 1 | other >> 2 | other >> 3) & 0x1111_1111;
    match places.count_ones() {
        1 => Level::Near,
        2 if swapped(x, y, places) => Level::Near,
        _ if other >> 8 == 0 || (other >> 16 == 0 && days == 0) || (months == 0 && days == 0) => Level::Close,
        2 => Level::Weak,
        _ => Level::Differ,
    }
}

/// Whether the two digits at which two numbers differ have changed places.
///
/// `places` has one bit at the lower end of each of the two digits.
fn swapped(x: u32, y: u32, places: u32) -> bool {
    let (low, high) = (places.trailing_zeros(), places.ilog2());
    (x >> low & 15) == (y >> high & 15) && (x >> high & 15) == (y >> low & 15)
}

/// The level of two codes of digits; those of different lengths must be looked at.
fn codes(x: u32, y: u32) -> Verdict {
    let length = |v: u32| (35 - v.leading_zeros()) / 4;
    if length(x) != length(y) {
        return Verdict::Look;
    }
    let other = x ^ y;
    let places = (other | other >> 1 | other >> 2 | other >> 3) & 0x1111_1111;
    let front = 4 * length(x).saturating_sub(3);
    Verdict::Is(match places.count_ones() {
        1 => Level::Near,
        2 if places & places >> 4 != 0 && swapped(x, y, places) => Level::Near,
        2 => Level::Close,
        _ if length(x) >= 4 && x >> front == y >> front => Level::Weak,
        _ => Level::Differ,
    })
}

/// Whether two sketches of names could be those of equal keys, whatever script they are written in.
pub(crate) fn alike(x: u32, y: u32) -> bool {
    (x ^ y) & !LOOK == 0
}
