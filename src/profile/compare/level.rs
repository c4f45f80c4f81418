//! Levels of agreement: what a pair of values says, in one of eight words.
//!
//! | kind | near | close | short | weak |
//! |---|---|---|---|---|
//! | names | one slip, from 3 letters | 2 from 5, 3 from 9 | one begins with the other | initial, two slips, Jaro-Winkler 0.82 |
//! | names in Han characters | one character differs | | one character missing | |
//! | birth date | one digit, or two neighbours swapped | all but day, month or year equal | | two digits |
//! | e-mail | one slip, from 8 characters | two from 12, three from 16 | | local parts two slips apart, same beginning |
//! | phone, ids, accounts | one slip, from 6 characters | two from 7 | | same last eight digits (phone, national id) |
//! | address | one slip | two or three, from 6 | one begins with the other, from 6 | same number, Jaro-Winkler 0.8 |
//! | postcode | one digit | two digits | | first three are equal |
//! | city, text | one slip, from 3 | two from 5, three from 9 | one begins with the other, from 4 | Jaro-Winkler from 0.85 |
//! | text of three words and more | | four fifths of the words | | half of the words |
//! | category, region | one slip | | | |
//! | number | a twentieth apart | one slip | | a seventh apart |
//!
//! A slip is an insertion, deletion, substitution, or a swap of neighbours. `Equal` is equality of normal forms,
//! `SameKey` of keys: pinyin, local part, visible digits of a mask, day and month in the other order, the telling
//! word of a text. A masked value never agrees better than that, and where nothing visible can be compared the
//! level is unknown, which says nothing. Symmetric in both values.
//!
//! # Why these bounds
//! A bound on slips grows with length because chance likeness falls with it: short surnames are often one letter
//! apart, long ones hardly ever. Addresses of an e-mail want more, since a domain alone makes up half of them: one
//! slip counts from 8 characters. Telephone numbers of one town share their front, so one slip counts from 6
//! digits.
//!
//! # By hand
//! | kind | a | b | level | why |
//! |---|---|---|---|---|
//! | surname | `smith` | `smyth` | near | one substitution, five letters |
//! | surname | `lee` | `lees` | near | one insertion comes before "one begins with the other" |
//! | given name | `rob` | `robert` | short | the first is the beginning of the second |
//! | given name | `a` | `anna` | weak | an initial |
//! | birth date | `1980-04-03` | `1980-03-04` | same key | day and month in the other order |
//! | birth date | `1980-04-03` | `1980-04-17` | close | same month of the year |
//! | e-mail | `ann.lee@x.org` | `ann.lee@y.org` | same key | equal local parts |
//! | phone | `+8613800138000` | `+8613800138001` | near | one digit |
//! | phone | `+8613800138000` | `138****8000` | same key | all that is visible agrees |
//! | address | `5 milne cove st` | `5 milne cove st bargo` | short | six letters in front are equal |
//! | text | `red wine glass small jar` | `red wine glass small bottle` | close | four words of five in common |
//!
//! # Order of the tests
//! Levels are tested from the surest to the weakest, and the first that holds is taken: slips before beginnings for
//! one slip, beginnings before two slips in names (`rob` and `robin` are a short form first), likeness last because
//! it costs most. The order of the words is that of the evidence for typical weights; where several values are
//! compared the highest level counts.
//!
//! # Complexity
//! O(1) for equal values and for those told apart by bags; one comparator of O(length) else, two at most (slips,
//! then likeness). An e-mail's local parts are compared once more where the whole addresses are too far apart.
//!
//! # Errors
//! None, whatever the bytes. Values are cut to 64 units; what lies behind is not compared, but counts for equality.

use super::sketch::house_number;
use super::{MAX_UNITS, Scratch, Text};
use crate::data::FieldKind;
use crate::profile::prepare::Col;

/// How far two values agree, from unknown to equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Level {
    /// One of them is absent, or nothing visible can be compared.
    Unknown = 0,
    Differ = 1,
    /// Something in common: the first letters, the same year.
    Weak = 2,
    /// Alike at a glance: two slips apart.
    Close = 3,
    /// One slip apart.
    Near = 4,
    /// A short form: one begins with the other.
    Short = 5,
    /// The same key: local part of an e-mail, visible digits of a masked number, pinyin, day and month swapped.
    SameKey = 6,
    Equal = 7,
}

/// Number of levels.
pub(crate) const LEVELS: usize = 8;

/// The level of two values of one column. `a` and `b` are values, never [`NONE`](crate::data::NONE).
///
/// Two equal masks are not equal values: what they show is all that is known to agree.
pub(crate) fn level(col: &Col, a: u32, b: u32, scratch: &mut Scratch) -> Level {
    if a == b && !col.is_masked(a) {
        return Level::Equal;
    }
    likeness(col, &col.forms[a as usize], &col.forms[b as usize], scratch)
}

/// The level of two texts of one column that are not of equal values.
pub(crate) fn likeness(col: &Col, x: &Text, y: &Text, scratch: &mut Scratch) -> Level {
    let (s, t) = (x.units(&col.codes), y.units(&col.codes));
    let same_key = x.key == y.key;
    if x.masked || y.masked {
        return masked(col.kind, s, t, same_key);
    }
    match col.kind {
        FieldKind::GivenName | FieldKind::FamilyName if x.han || y.han => {
            return if same_key { Level::SameKey } else { han_name(s, t, x.han && y.han) };
        }
        FieldKind::Phone | FieldKind::NationalId => {}
        _ if same_key => return Level::SameKey,
        _ => {}
    }
    let apart = x.edits_at_least(y);
    match col.kind {
        FieldKind::GivenName | FieldKind::FamilyName => name(s, t, apart, scratch),
        FieldKind::BirthDate => date(s, t),
        FieldKind::Email => email(s, t, apart, scratch),
        FieldKind::Phone | FieldKind::NationalId | FieldKind::CustomerAccount | FieldKind::Handle => {
            let long = matches!(col.kind, FieldKind::Phone | FieldKind::NationalId);
            match slips(s, t, apart, 2, scratch) {
                // The country's code with and without a plus sign.
                Some(0) if col.kind == FieldKind::Phone => Level::SameKey,
                Some(1) if s.len().min(t.len()) >= 6 => Level::Near,
                Some(2) if s.len().min(t.len()) >= 7 => Level::Close,
                _ if long && tail(s, t) => Level::Weak,
                _ => Level::Differ,
            }
        }
        FieldKind::Address => address(s, t, apart, scratch),
        FieldKind::Postcode => match slips(s, t, apart, 2, scratch) {
            Some(1) => Level::Near,
            Some(2) => Level::Close,
            _ if s.len() >= 4 && t.len() >= 4 && s[..3] == t[..3] => Level::Weak,
            _ => Level::Differ,
        },
        FieldKind::HouseNumber => match slips(s, t, apart, 1, scratch) {
            Some(1) if s.len().max(t.len()) >= 2 => Level::Near,
            _ => Level::Differ,
        },
        FieldKind::Number => number(s, t, apart, scratch),
        FieldKind::Category | FieldKind::Region => match slips(s, t, apart, 1, scratch) {
            Some(1) => Level::Near,
            _ => Level::Differ,
        },
        FieldKind::FreeText => text(s, t, apart, scratch).max(words(s, t)),
        _ => text(s, t, apart, scratch),
    }
}

/// Texts by their words: Dice's coefficient of the two sets (Dice 1945, doi:10.2307/1932409), 2 |A ∩ B| / (|A| + |B|), from
/// three words on. Half of the words in common are something, four fifths are alike.
fn words(s: &[u8], t: &[u8]) -> Level {
    let split = |text: &'_ [u8]| -> u32 { text.split(|c| *c == b' ').fold(0, |n, _| n + 1) };
    let (n, m) = (split(s), split(t));
    if n.min(m) < 2 || n.max(m) < 3 {
        return Level::Differ;
    }
    let common = s.split(|c| *c == b' ').filter(|w| t.split(|c| *c == b' ').any(|v| v == *w)).count();
    let common = 2 * u32::try_from(common).unwrap_or(0);
    if 5 * common >= 4 * (n + m) {
        Level::Close
    } else if 2 * common > n + m {
        Level::Weak
    } else {
        Level::Differ
    }
}

/// The distance where it is at most `limit`.
///
/// `apart` is a lower bound of the distance, so where it is above the limit nothing is computed.
fn slips(s: &[u8], t: &[u8], apart: u32, limit: u32, scratch: &mut Scratch) -> Option<u32> {
    if apart > limit {
        return None;
    }
    Some(scratch.osa(s, t)).filter(|d| *d <= limit)
}

/// Whether the shorter text, of at least so many units, is the beginning of the longer one.
fn begins(s: &[u8], t: &[u8], least: usize) -> bool {
    let n = s.len().min(t.len());
    n >= least && s[..n] == t[..n]
}

/// The same last eight digits behind different country codes.
fn tail(s: &[u8], t: &[u8]) -> bool {
    s.len() >= 8 && t.len() >= 8 && s.len() != t.len() && s[s.len() - 8..] == t[t.len() - 8..]
}

/// Numbers by their size: a twentieth apart, a slip, a seventh apart. Ages and prices move, and are mistyped.
fn number(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    let value = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let off = match (value(s), value(t)) {
        (Some(x), Some(y)) => (x - y).abs() / x.abs().max(y.abs()),
        _ => f64::INFINITY,
    };
    if off <= 0.05 {
        Level::Near
    } else if slips(s, t, apart, 1, scratch).is_some() {
        Level::Close
    } else if off <= 1.0 / 7.0 {
        Level::Weak
    } else {
        Level::Differ
    }
}

/// For names whose keys differ, neither masked nor in Han characters. Two letters are the least for a short form,
/// three for a slip: `li` and `lu` are different names, not one with a slip.
fn name(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    let least = s.len().min(t.len());
    let slips = if apart <= 3 { scratch.osa(s, t) } else { u32::MAX };
    if slips == 1 && least >= 3 {
        return Level::Near;
    }
    if begins(s, t, 2) {
        return Level::Short;
    }
    if slips == 2 && least >= 5 || slips == 3 && least >= 9 {
        return Level::Close;
    }
    // An initial, or half of the letters in their places.
    if least == 1 && s[0] == t[0] || slips <= 2 && least >= 3 {
        return Level::Weak;
    }
    if similar(s, t, 0.82, apart, scratch) { Level::Weak } else { Level::Differ }
}

/// Whether Jaro-Winkler reaches a bound; most pairs are dismissed by the bound that common units set.
///
/// With c = longer − apart units in common at most, J ≤ (c / |s| + c / |t| + 1) / 3 and Jaro-Winkler ≤ J + 0.4 (1 −
/// J). Texts that cannot reach the bound are not compared.
fn similar(s: &[u8], t: &[u8], bound: f64, apart: u32, scratch: &mut Scratch) -> bool {
    let longer = s.len().max(t.len());
    let common = longer.saturating_sub(apart as usize) as f64;
    let best = (common / s.len() as f64 + common / t.len() as f64 + 1.0).min(3.0) / 3.0;
    // A common prefix takes back at most two fifths of what is missing.
    if best + 0.4 * (1.0 - best) < bound {
        return false;
    }
    scratch.jaro_winkler(s, t) >= bound
}

/// Cities, parts of addresses and free text. Three slips are allowed from nine units on, one third of the text at
/// most.
fn text(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    let least = s.len().min(t.len());
    let slips = if apart <= 3 { scratch.osa(s, t) } else { u32::MAX };
    match slips {
        1 if least >= 3 => Level::Near,
        2 if least >= 5 => Level::Close,
        3 if least >= 9 => Level::Close,
        _ if begins(s, t, 4) => Level::Short,
        _ if similar(s, t, 0.85, apart, scratch) => Level::Weak,
        _ => Level::Differ,
    }
}

/// Addresses with equal local parts do not come here: they share the key. Else the whole address counts first, then
/// the local parts, which must begin alike in three letters: providers change with employers, the part in front
/// seldom by more than two slips.
///
/// Addresses are made of names, and of figures where the name was taken: `ann.lee46` and `ann.lee26` are two people of one
/// name. So figures that differ, in more than one place, or one of one or two figures for another, make addresses differ.
fn email(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    match address_of(s, t, apart, scratch) {
        Level::Differ => Level::Differ,
        _ if figures_differ(s, t, scratch) => Level::Differ,
        level => level,
    }
}

/// The level by letters and figures alike.
fn address_of(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    let slips = if apart <= 3 { scratch.osa(s, t) } else { u32::MAX };
    // In short addresses, two people are a few letters apart.
    let least = s.len().min(t.len());
    match slips {
        1 if least >= 8 => return Level::Near,
        2 if least >= 12 => return Level::Close,
        3 if least >= 16 => return Level::Close,
        _ => {}
    }
    if least < 5 || s[..3] != t[..3] {
        return Level::Differ;
    }
    let local = |e: &[u8]| e.iter().position(|c| *c == b'@').unwrap_or(e.len());
    let (s, t) = (&s[..local(s)], &t[..local(t)]);
    let least = s.len().min(t.len());
    if least >= 5 && s.len().abs_diff(t.len()) <= 2 && scratch.osa(s, t) <= 2 {
        Level::Weak
    } else {
        Level::Differ
    }
}

/// Whether both local parts have figures, and others.
fn figures_differ(s: &[u8], t: &[u8], scratch: &mut Scratch) -> bool {
    let mut buffers = [[0_u8; MAX_UNITS]; 2];
    let mut lengths = [0; 2];
    for ((text, buffer), length) in [s, t].into_iter().zip(&mut buffers).zip(&mut lengths) {
        for unit in text.iter().take_while(|c| **c != b'@').filter(|c| c.is_ascii_digit()) {
            buffer[*length] = *unit;
            *length += 1;
        }
    }
    let (x, y) = (&buffers[0][..lengths[0]], &buffers[1][..lengths[1]]);
    let shorter = x.len().min(y.len());
    shorter > 0 && x != y && (x.len() == y.len() && shorter < 3 || scratch.osa(x, y) > 1)
}

/// `YYYY-MM-DD` in both.
fn date(s: &[u8], t: &[u8]) -> Level {
    if s.len() != 10 || t.len() != 10 {
        return Level::Differ;
    }
    let swapped = |i: usize, j: usize| s[i] == t[j] && s[j] == t[i];
    let mut differing = (0..10).filter(|i| s[*i] != t[*i]);
    match (differing.next(), differing.next(), differing.next()) {
        (Some(_), None, _) => Level::Near,
        (Some(i), Some(j), None) if swapped(i, j) => Level::Near,
        _ if s[..7] == t[..7] || (s[..4] == t[..4] && s[8..] == t[8..]) || s[5..] == t[5..] => Level::Close,
        (Some(_), Some(_), None) => Level::Weak,
        _ => Level::Differ,
    }
}

/// Street addresses: the same house number, or the same street.
fn address(s: &[u8], t: &[u8], apart: u32, scratch: &mut Scratch) -> Level {
    let slips = if apart <= 4 { scratch.osa(s, t) } else { u32::MAX };
    match slips {
        1 => Level::Near,
        2 | 3 if s.len().min(t.len()) >= 6 => Level::Close,
        _ if begins(s, t, 6) => Level::Short,
        _ => {
            let number = house_number(s);
            if number > 0 && number == house_number(t) && similar(s, t, 0.8, apart, scratch) {
                Level::Weak
            } else {
                Level::Differ
            }
        }
    }
}

/// Names of which at least one is in Han characters, `both` or not, and whose keys differ.
///
/// A name in Han characters is one to three units long, so a slip is a third of it and more: one character other is
/// near, one missing a short form, and only where at least one is in common. Homophones and pinyin share the key
/// and are told before.
fn han_name(s: &[u8], t: &[u8], both: bool) -> Level {
    if !both {
        return Level::Differ;
    }
    let common = s.iter().filter(|c| t.contains(c)).count();
    let longer = s.len().max(t.len());
    if longer > 1 && common > 0 && common + 1 >= longer {
        return if s.len() == t.len() { Level::Near } else { Level::Short };
    }
    Level::Differ
}

/// A mask agrees where every visible unit does.
///
/// Of equal length, with every visible unit agreeing and at least one of them: the same key. A visible
/// contradiction: differ. Nothing visible, or another length: unknown, which is no evidence for either side.
fn masked(kind: FieldKind, s: &[u8], t: &[u8], same_key: bool) -> Level {
    if same_key && matches!(kind, FieldKind::Phone | FieldKind::NationalId) {
        return Level::SameKey;
    }
    let agrees = s.len() == t.len() && s.iter().zip(t).all(|(c, d)| c == d || *c == b'*' || *d == b'*');
    let seen = s.iter().zip(t).filter(|(c, d)| c == d && **c != b'*').count();
    match (agrees, seen > 0) {
        (true, true) => Level::SameKey,
        (false, _) if s.len() == t.len() => Level::Differ,
        _ => Level::Unknown,
    }
}
