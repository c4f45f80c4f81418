//! Slips of the finger.
//!
//! After the classes that Damerau found to make up four errors in five (1964, doi:10.1145/363958.363994): one letter wrong,
//! missing, too many, or two transposed.

use crate::kernel::rng::Rng;

/// Mistypes a text: a letter too many, too few, wrong, or two swapped; one time in seven twice. Digits become digits,
/// letters become letters, other characters get lost. A text of fewer than two characters stays.
pub(super) fn mistype(text: &mut String, rng: &mut Rng) {
    slip(text, rng);
    if rng.chance(1.0 / 7.0) {
        slip(text, rng);
    }
}

/// One slip at a place of chance. Characters that are not ASCII are lost rather than replaced: nobody mistypes one Han
/// character as a Latin letter.
#[expect(clippy::cast_possible_truncation, reason = "below the length of a text")]
fn slip(text: &mut String, rng: &mut Rng) {
    let count = text.chars().count();
    if count < 2 {
        return;
    }
    let kind = rng.below(4);
    let at = rng.below(count as u64 - u64::from(kind == 0)) as usize;
    let Some((byte, old)) = text.char_indices().nth(at) else { return };
    let width = old.len_utf8();
    match kind {
        0 => {
            if let Some(next) = text[byte + width..].chars().next() {
                text.replace_range(byte..byte + width + next.len_utf8(), &format!("{next}{old}"));
            }
        }
        _ if kind == 1 || !old.is_ascii() => text.replace_range(byte..byte + width, ""),
        2 => text.insert(byte, other(old, rng)),
        _ => text.replace_range(byte..byte + width, other(old, rng).encode_utf8(&mut [0; 4])),
    }
}

/// A neighbour on the keyboard half the time, otherwise anything of the same class.
///
/// Neighbours are those in a row of a QWERTY keyboard; at the end of a row there is one.
pub(super) fn other(c: char, rng: &mut Rng) -> char {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    if let Some(digit) = c.to_digit(10) {
        let step = 1 + u32::try_from(rng.below(9)).unwrap_or(0);
        return char::from_digit((digit + step) % 10, 10).unwrap_or('0');
    }
    if rng.chance(0.5)
        && let Some(row) = ROWS.iter().find(|row| row.contains(c))
    {
        let mut before = None;
        let mut letters = row.chars();
        for letter in letters.by_ref() {
            if letter == c {
                break;
            }
            before = Some(letter);
        }
        let neighbours = if rng.chance(0.5) { (before, letters.next()) } else { (letters.next(), before) };
        return neighbours.0.or(neighbours.1).unwrap_or(c);
    }
    let letter = b'a' + u8::try_from(rng.below(26)).unwrap_or(0);
    char::from(letter)
}

/// Changes one digit of a text of digits.
///
/// A text without digits stays as it is; the digit drawn is never the one that was there.
pub(super) fn wrong_digit(text: &mut String, rng: &mut Rng) {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let chosen = rng.below(digits as u64);
    let found = (0..).zip(text.char_indices().filter(|(_, c)| c.is_ascii_digit()));
    let place = found.filter(|(i, _)| *i == chosen).map(|(_, place)| place).next();
    if let Some((byte, old)) = place {
        text.replace_range(byte..=byte, other(old, rng).encode_utf8(&mut [0; 4]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Seed;

    /// Two characters at most, and hardly ever none; short texts stay.
    #[test]
    fn a_slip_changes_little() {
        let mut rng = Rng::new(Seed(1), 0);
        let mut changed = 0;
        for _ in 0..2_000 {
            let mut text = "王建jiangsu12".to_owned();
            mistype(&mut text, &mut rng);
            changed += u32::from(text != "王建jiangsu12");
            assert!(text.chars().count().abs_diff(11) <= 2);
        }
        assert!(changed > 1_800);
        for short in ["", "x", "李"] {
            let mut text = short.to_owned();
            mistype(&mut text, &mut rng);
            assert_eq!(text, short);
        }
        let mut number = "+86 138".to_owned();
        wrong_digit(&mut number, &mut rng);
        assert!(number != "+86 138" && number.len() == 7);
        let mut none = "none".to_owned();
        wrong_digit(&mut none, &mut rng);
        assert_eq!(none, "none");
    }
}
