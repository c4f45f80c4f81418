//! Unicode, case, blanks, punctuation, diacritics.
//!
//! # From text to words
//! 1. NFKC folds full-width letters, ligatures and compatibility forms: `ＡＢ` is `ab`, `ﬁ` is `fi`.
//! 2. Lower case; NFKC once more, since case can undo a composition.
//! 3. Decomposed, marks dropped, composed again: `Müller` is `muller`, `Ångström` is `angstrom`.
//! 4. Letters, digits and asterisks stay; apostrophes vanish (`O'Brien` is `obrien`); anything else parts words.
//!
//! What stays apart: `ß` and `ss`, `ø` and `o`, `ł` and `l` have no decomposition. They are a slip or two apart,
//! which a level says.
//!
//! # Hash
//! A hash is a number of 64 bits from eight bytes at a time, mixed; no key, no per-process seed, so that blocking
//! and lasting names are the same on every machine and in every version. It is not meant to withstand somebody who
//! looks for collisions; where that matters (index, pseudonyms), BLAKE3 with a key is used.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::data::is_han;
use crate::kernel::rng::mix;

/// The first `chars` characters.
///
/// Counted in characters, never cutting one; a text of no more bytes than that is given back at once.
pub(crate) fn clip(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// NFKC and lower case.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        // Lower case can undo a composition and the other way round; a second round makes the form stable.
        let once: String = text.nfkc().flat_map(char::to_lowercase).collect();
        return once.nfkc().collect();
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// A text without the characters that are not kept.
pub(super) fn only(text: Cow<'_, str>, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&kept) { text } else { text.chars().filter(|c| kept(*c)).collect() }
}

/// Letters and digits in single-blank words: no diacritics, no apostrophes, other punctuation parts words.
///
/// ASCII, the common case, takes one pass and one allocation.
pub(crate) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut push = |c: char| {
        if c.is_alphanumeric() || c == '*' {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        } else if !is_combining_mark(c) && !matches!(c, '\'' | '’' | '‘' | '`' | 'ʼ') {
            gap = true;
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        let folded = fold(text);
        folded.nfd().filter(|c| !is_combining_mark(*c)).nfc().flat_map(char::to_lowercase).for_each(push);
    }
    out
}

/// Plain text.
pub(crate) fn plain(text: &str) -> Option<String> {
    let text = words(text);
    (!text.is_empty()).then_some(text)
}

/// The word that says most about a text: the longest with a digit (a model, a number), else the longest; of equals the
/// first by code point.
pub(super) fn telling_word(normal: &str) -> &str {
    let rank = |w: &&str| (w.contains(|c: char| c.is_ascii_digit()) && w.len() > 2, w.len());
    normal.split(' ').max_by(|x, y| rank(x).cmp(&rank(y)).then(y.cmp(x))).unwrap_or(normal)
}

/// In normal form. Dropped wherever they stand in a name, unless the name is nothing else.
const TITLES: [&str; 14] =
    ["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "mme", "mlle", "herr", "frau", "sr", "jr"];

/// A name: titles dropped, Han characters together and simplified.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = words(text);
    if text.chars().any(is_han) {
        return super::chinese::full_name(&text);
    }
    let mut kept: Vec<&str> = text.split(' ').filter(|w| !TITLES.contains(w)).collect();
    if kept.is_empty() {
        kept = text.split(' ').collect();
    }
    let text = kept.join(" ");
    (!text.is_empty()).then_some(text)
}

/// A number in its shortest form.
///
/// Commas are taken for separators of thousands: `1,200.50` is `1200.5`. `None` for what is no number, and for
/// infinities.
pub(crate) fn number(text: &str) -> Option<String> {
    let folded = fold(text);
    let value: f64 = folded.trim().replace(',', "").parse().ok()?;
    value.is_finite().then(|| if value == 0.0 { "0".to_owned() } else { value.to_string() })
}

/// A number for a text, the same on every machine and in every version.
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut hash = 0x243f_6a88_85a3_08d3 ^ text.len() as u64;
    for block in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..block.len()].copy_from_slice(block);
        hash = mix(hash ^ u64::from_le_bytes(word));
    }
    mix(hash)
}
