//! E-mail addresses and telephone numbers.
//!
//! E-mail: lower case, full-width forms folded, no blanks, `mailto:` and angle brackets dropped, no plus tag (unless kept),
//! dots dropped in the local part at gmail.com, googlemail.com as gmail.com: Google delivers all of these to one mailbox,
//! other hosts do not, so dots stay there.
//!
//! Telephone: E.164 where the country is known: `+` or `00` in front, the country given, or, where none is given, eleven
//! digits in the form of a mainland Chinese mobile. Extensions are dropped, asterisks of a mask stay. `0086 199 2941 2039` is `+8619929412039`.
//! The key of a number is what the usual mask shows: the first three and the last four digits of the national number.
//!
//! | written | normal form | key |
//! |---|---|---|
//! | ` Ann.Lee+shop@GMAIL.com ` | `annlee@gmail.com` | `annlee` |
//! | `ann.lee@example.org` | `ann.lee@example.org` | `ann.lee` |
//! | `0086 199 2941 2039` | `+8619929412039` | `1992039` |
//! | `199****2039` | `+86199****2039` | `1992039` |
//! | `+44 (0)20 7946 0000` | `+442079460000` | `4420000` |
//! | `020 7946 0000`, country 44 | `+442079460000` | `4420000` |
//! | `1 (305) 555-0100`, country 1 | `+13055550100` | `1300100` |
//! | `305 555 0100`, country 1 | `+13055550100` | `1300100` |
//!
//! The key of a masked number is that of every number it may stand for, and nothing else: a mask agrees with a number at the
//! level of the key, never at that of equality.
//!
//! # What is left as it is
//! A number without a country stays digits: `020 7946 0000` without a country given is `02079460000`, and meets
//! `+442079460000` only at the level close (two slips). Giving the country makes them equal. Codes of up to five
//! digits get no country, being short numbers. Italy (39) keeps its leading zero, which is part of the number
//! there.
//!
//! E-mail addresses are not checked: what has no `@` stays as it is, compares as text and is reported by
//! [`quality`](crate::profile::quality).
//!
//! # Why one key for a number and its mask
//! A mask of the usual form shows three digits in front and four behind. Were the key the whole number, a mask
//! would meet nobody; so the key of every number is what its mask would show. Strangers share such a key with a
//! chance of about one in ten million where numbers are evenly spread, and the count of the key (see `frequency`)
//! says what it is in this table.

use super::Tags;
use super::text::{fold, only};

/// A tag is dropped only where something stands before it; `+shop@example.org` stays. `None` for nothing, and for a
/// lone `@`.
pub(super) fn email(value: &str, tags: Tags) -> Option<String> {
    // NFKC has made an ordinary one of every other form of the at sign.
    let text = only(fold(value), |c| !c.is_whitespace() && !c.is_control());
    let mut text: &str = &text;
    while let Some(rest) = text.strip_prefix("mailto:") {
        text = rest;
    }
    let wrapping = |b: u8| matches!(b, b'<' | b'>' | b'"' | b'\'' | b';' | b',' | b'.');
    let start = text.bytes().position(|b| !wrapping(b))?;
    let end = text.bytes().rposition(|b| !wrapping(b))?;
    let text = &text[start..=end];
    let Some(at) = text.bytes().position(|b| b == b'@') else { return Some(text.to_owned()) };
    let (local, domain) = (&text[..at], &text[at + 1..]);
    let local = match (tags, local.bytes().position(|b| b == b'+')) {
        (Tags::Drop, Some(plus)) if plus > 0 => &local[..plus],
        _ => local,
    };
    let domain = if domain == "googlemail.com" { "gmail.com" } else { domain };
    let mut normal = String::with_capacity(text.len());
    if domain == "gmail.com" {
        normal.extend(local.split('.'));
    } else {
        normal.push_str(local);
    }
    if normal.is_empty() && domain.is_empty() {
        return None;
    }
    normal.push('@');
    normal.push_str(domain);
    Some(normal)
}

/// Digits, asterisks and, where the country is known, a plus sign in front.
pub(super) fn phone(value: &str, country: Option<u16>) -> Option<String> {
    let folded = fold(value);
    let folded = folded.trim_start();
    let mut plus = folded.starts_with('+');
    let end = folded.char_indices().find(|(_, c)| matches!(c, 'x' | '#' | ';' | '转'));
    let number = &folded[..end.map_or(folded.len(), |(at, _)| at)];
    let number = number.strip_prefix('+').unwrap_or(number);
    let digits = only(number.into(), |c| c.is_ascii_digit() || c == '*');
    let mut digits: &str = &digits;
    if let Some(rest) = digits.strip_prefix("00").filter(|r| !plus && r.len() >= 9) {
        (plus, digits) = (true, rest);
    }
    if digits.is_empty() {
        return None;
    }
    if plus {
        // "+44 (0)20": the zero is dialled at home only.
        if let Some(rest) = digits.strip_prefix("440").filter(|r| r.len() >= 9) {
            return Some(["+44", rest].concat());
        }
        return Some(["+", digits].concat());
    }
    // Another country that is stated is believed: in the United States 1 300 555 0100 is a trunk 1 and ten digits.
    if country.is_none_or(|code| code == 86) && is_chinese_mobile(digits) {
        return Some(["+86", digits].concat());
    }
    if let Some(rest) = digits.strip_prefix("86").filter(|r| is_chinese_mobile(r)) {
        return Some(["+86", rest].concat());
    }
    match country {
        Some(code) if digits.len() >= 6 && !digits.starts_with('*') => {
            let national = match digits.strip_prefix(code.to_string().as_str()) {
                Some(rest) if rest.len() >= NATIONAL => rest,
                _ if code == 39 => digits,
                _ => digits.trim_start_matches('0'),
            };
            Some(format!("+{code}{national}"))
        }
        _ => Some(digits.to_owned()),
    }
}

/// A number that begins with its country's code and has so many digits behind it was written with the code, though
/// without the plus sign: 1 212 555 0100, 44 20 7946 0000. Shorter ones begin with these digits by themselves, as
/// mobiles of Italy (392 123 4567) and of the south of Brazil (55 91234 5678) do.
const NATIONAL: usize = 10;

/// Eleven places, 1 in front, then 3 to 9; the others may be asterisks.
fn is_chinese_mobile(digits: &str) -> bool {
    let b = digits.as_bytes();
    b.len() == 11 && b[0] == b'1' && (b'3'..=b'9').contains(&b[1])
}

/// First three and last four digits of the national number: what the usual mask leaves.
pub(super) fn phone_key(normal: &str) -> String {
    let national = normal.strip_prefix("+86").unwrap_or(normal.strip_prefix('+').unwrap_or(normal));
    // Digits and asterisks only.
    match (national.get(..3), national.len().checked_sub(4).and_then(|last| national.get(last..))) {
        (Some(front), Some(back)) if national.len() >= 8 => [front, back].concat(),
        _ => national.to_owned(),
    }
}
