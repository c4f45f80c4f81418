//! Identity numbers, accounts, codes.
//!
//! Identity numbers are upper case letters and digits. First-generation Chinese numbers (15 digits, two for the year) become
//! those of the second: `19` in front of the year and the check digit behind,
//! ```text
//! check = 10X98765432[ Σ w_i d_i mod 11 ],   w = 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2
//! ```
//! (GB 11643-1999; ISO 7064 MOD 11-2). A number with a wrong check digit is kept: it is evidence of a slip.
//!
//! Check digit of a mainland Chinese number (GB 11643-1999, which is ISO 7064 MOD 11-2): with digits d₁ .. d₁₇ and weights
//! wᵢ = 2^(18−i) mod 11, that is 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2,
//! ```text
//! r = Σ dᵢ wᵢ mod 11,    digit = "10X98765432"[r]
//! ```
//! `11010519491231002?`: Σ = 167, r = 2, so the digit is X. Numbers of 15 digits, issued until 1999, get their century (19) and
//! the digit, and meet the 18-digit form. A wrong digit is no reason to drop a number: it is most likely one slip away from the
//! right one, and the comparison says so.
//!
//! # Key
//! Six characters in front and four behind, of numbers of 15 characters and more: what the usual mask leaves. Two
//! people of one district share the front, one in ten thousand of them the rest.

use super::text::{fold, only};

/// Blanks, dashes and points go: `110105 19491231-002x` and `11010519491231002X` are one number. Asterisks stay.
fn letters_and_digits(value: &str) -> String {
    fold(value).chars().filter(|c| c.is_alphanumeric() || *c == '*').collect()
}

/// Only fifteen digits with a possible month and day are lengthened; fifteen others may be another country's
/// number.
pub(super) fn national_id(value: &str) -> Option<String> {
    let text = letters_and_digits(value).to_uppercase();
    // The first generation of Chinese cards had a two-digit year and no check digit.
    if text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit()) && plausible_day(&text[8..12]) {
        let longer = format!("{}19{}", &text[..6], &text[6..]);
        if let Some(digit) = check_digit(&longer) {
            return Some(format!("{longer}{}", char::from(digit)));
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Month 1 to 12, day 1 to 31, both of two digits.
fn plausible_day(month_day: &str) -> bool {
    matches!((month_day[..2].parse::<u8>(), month_day[2..].parse::<u8>()), (Ok(1..=12), Ok(1..=31)))
}

/// The check digit over the first 17 digits.
pub(super) fn check_digit(id: &str) -> Option<u8> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = id.as_bytes().get(..17)?;
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(WEIGHTS) {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum += u32::from(byte - b'0') * weight;
    }
    Some(b"10X98765432"[(sum % 11) as usize])
}

/// What the usual mask of an 18-digit number leaves: six digits in front and four at the end.
pub(super) fn id_key(normal: &str) -> String {
    match (normal.get(..6), normal.get(normal.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if normal.len() >= 15 => format!("{head}{tail}"),
        _ => normal.to_owned(),
    }
}

/// Case does not tell accounts apart.
pub(super) fn account(value: &str) -> Option<String> {
    let text = only(fold(value), |c| !c.is_whitespace() && !c.is_control());
    (!text.is_empty()).then(|| text.into_owned())
}

/// Postcodes and house numbers.
pub(super) fn code(value: &str) -> Option<String> {
    let text = letters_and_digits(value);
    (!text.is_empty()).then_some(text)
}
