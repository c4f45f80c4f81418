//! `Key`, and the dense indices that stand for keys inside one ledger.
//!
//! A key is what the caller calls a customer; an index is what the crate computes with. Indices are handed out in the
//! order of keys, so that a tie broken by index is a tie broken by key.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The caller's own name for a customer, an item or an order: a whole number or a text.
///
/// A text that is the usual decimal form of a 64-bit integer *is* that integer, so `"17850"` and `17850` are one key.
/// `"007"`, `"+7"` and `"-0"` are not the usual form: they stay texts, and leading zeros survive.
/// Keys are ordered: integers first, by value, then texts by code point. The order of two keys never depends on which
/// other keys there are.
///
/// ```
/// use regulars::types::Key;
///
/// assert_eq!(Key::from("17850"), Key::from(17850));
/// assert_ne!(Key::from("007"), Key::from(7));
/// assert_eq!(Key::from("007").to_string(), "007");
///
/// let mut keys = ["b", "10", "9", "B"].map(Key::from);
/// keys.sort();
/// assert_eq!(keys.map(|key| key.to_string()), ["9", "10", "B", "b"]);
/// ```
///
/// Texts are compared byte by byte: case, accents and spaces count. Clean keys up before they come in; the crate
/// does not guess that `A-1` and `a-1` are one.
///
/// A key often is an e-mail address. So `Debug`, which ends in logs, says the kind only; `Display` shows the key.
///
/// ```
/// # use regulars::types::Key;
/// assert_eq!(format!("{:?} {:?}", Key::from("ann@x.org"), Key::from(7)), "Key(text) Key(integer)");
/// ```
#[derive(Clone)]
pub struct Key<'a>(Repr<'a>);

/// Canonical by construction: a text here is never the usual form of an integer, so that equality is that of the
/// variants.
#[derive(Clone)]
enum Repr<'a> {
    Int(i64),
    Text(Cow<'a, str>),
}

impl Key<'_> {
    /// The integer, if this key is one.
    ///
    /// ```
    /// use regulars::types::Key;
    /// assert_eq!(Key::from("-3").as_integer(), Some(-3));
    /// assert_eq!(Key::from("A-3").as_integer(), None);
    /// ```
    pub fn as_integer(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(value) => Some(value),
            Repr::Text(_) => None,
        }
    }

    /// The text of the key; allocates for integers only.
    ///
    /// ```
    /// use regulars::types::Key;
    /// assert_eq!(Key::from(17850).to_text(), "17850");
    /// assert_eq!(Key::from("ann").to_text(), "ann");
    /// ```
    pub fn to_text(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Int(value) => Cow::Owned(value.to_string()),
            Repr::Text(text) => Cow::Borrowed(text),
        }
    }

    /// The same key, owning its text: to keep it beyond the ledger or the line it was borrowed from.
    ///
    /// ```
    /// use regulars::types::Key;
    /// let key = {
    ///     let line = String::from("ann,12.50");
    ///     Key::from(&line[..3]).into_owned()
    /// };
    /// assert_eq!(key, Key::from("ann"));
    /// ```
    pub fn into_owned(self) -> Key<'static> {
        match self.0 {
            Repr::Int(value) => Key(Repr::Int(value)),
            Repr::Text(text) => Key(Repr::Text(Cow::Owned(text.into_owned()))),
        }
    }

    /// The text of a key that is not an integer.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Repr::Int(_) => None,
            Repr::Text(text) => Some(text),
        }
    }
}

/// The integer that `text` is the usual decimal form of: what `to_string` of that integer gives back. No leading
/// zeros, no plus, no minus zero, no spaces, within 64 bits.
pub(crate) fn canonical_integer(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    match digits {
        [b'0'] if digits.len() == bytes.len() => Some(0),
        [] | [b'0', ..] => None,
        _ if digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) => None,
        _ => text.parse().ok(),
    }
}

impl Key<'_> {
    /// Whether it is the empty text, which names nothing: no customer, no order, no item.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.0, Repr::Text(text) if text.is_empty())
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Key(canonical_integer(text).map_or(Repr::Text(Cow::Borrowed(text)), Repr::Int))
    }
}

impl From<String> for Key<'_> {
    fn from(text: String) -> Self {
        Key(canonical_integer(&text).map_or(Repr::Text(Cow::Owned(text)), Repr::Int))
    }
}

impl<'a> From<&'a String> for Key<'a> {
    fn from(text: &'a String) -> Self {
        Key::from(text.as_str())
    }
}

impl<'a> From<&'a Key<'_>> for Key<'a> {
    fn from(key: &'a Key<'_>) -> Self {
        match &key.0 {
            Repr::Int(value) => Key(Repr::Int(*value)),
            Repr::Text(text) => Key(Repr::Text(Cow::Borrowed(text))),
        }
    }
}

impl From<i64> for Key<'_> {
    fn from(value: i64) -> Self {
        Key(Repr::Int(value))
    }
}

impl From<i32> for Key<'_> {
    fn from(value: i32) -> Self {
        Key(Repr::Int(value.into()))
    }
}

impl From<u32> for Key<'_> {
    fn from(value: u32) -> Self {
        Key(Repr::Int(value.into()))
    }
}

/// Numbers beyond `i64::MAX` become texts of their digits, as they would from a file; they sort behind all
/// integers, as texts do.
impl From<u64> for Key<'_> {
    fn from(value: u64) -> Self {
        i64::try_from(value)
            .map_or_else(|_| Key(Repr::Text(Cow::Owned(value.to_string()))), |v| Key(Repr::Int(v)))
    }
}

/// Equal keys name one customer, whatever type and lifetime they came with.
impl PartialEq<Key<'_>> for Key<'_> {
    fn eq(&self, other: &Key<'_>) -> bool {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a == b,
            (Repr::Text(a), Repr::Text(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Key<'_> {}

/// Integers by value, then texts by code point (the order of their UTF-8 bytes).
impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            (Repr::Int(_), Repr::Text(_)) => Ordering::Less,
            (Repr::Text(_), Repr::Int(_)) => Ordering::Greater,
            (Repr::Text(a), Repr::Text(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Equal keys hash alike. Not stable between processes: nothing that reaches a result uses it.
impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Int(value) => value.hash(state),
            Repr::Text(text) => text.hash(state),
        }
    }
}

/// Says the kind of the key, never the key.
impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Repr::Int(_) => "Key(integer)",
            Repr::Text(_) => "Key(text)",
        })
    }
}

/// The text of the key; padding and alignment are honoured.
impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(value) => fmt::Display::fmt(value, f),
            Repr::Text(text) => fmt::Display::fmt(text, f),
        }
    }
}

/// A customer inside one ledger: a dense number from 0 in ascending order of keys.
///
/// It carries a fingerprint of the ledger's customers. Used with a ledger that holds other customers it is an error,
/// not a wrong answer.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for customer in ["bob", "ann", "10", "9"] {
///     builder.push(Transaction::new(customer, Day::new(0)))?;
/// }
/// let ledger = builder.build()?;
/// let order = ["9", "10", "ann", "bob"].map(|key| ledger.customer(key).map(|ix| ix.index()));
/// assert_eq!(order, [Some(0), Some(1), Some(2), Some(3)]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerIx {
    pub(crate) index: u32,
    pub(crate) dictionary: u32,
}

impl CustomerIx {
    /// The dense number, for arrays of one's own with a place for each customer of the ledger.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

/// An item inside one ledger; the same rules as [`CustomerIx`]. Made by [`Ledger::item`](crate::data::Ledger::item),
/// turned into its key by [`Ledger::item_key`](crate::data::Ledger::item_key).
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Currency, Day, ItemIx};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for item in ["tea", "cup"] {
///     builder.push(Transaction::new("ann", Day::new(0)).item(item))?;
/// }
/// let ledger = builder.build()?;
/// let tea: ItemIx = ledger.item("tea").expect("was bought");
/// assert_eq!(tea.index(), 1); // behind `cup`
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIx {
    pub(crate) index: u32,
    pub(crate) dictionary: u32,
}

impl ItemIx {
    /// The dense number, for arrays of one's own with a place for each item of the ledger.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_decimal_form_is_an_integer() {
        for (text, integer) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-0", None),
            ("007", None),
            ("-07", None),
            ("+7", None),
            ("", None),
            ("-", None),
            (" 7", None),
            ("１", None),
        ] {
            assert_eq!(Key::from(text).as_integer(), integer, "{text:?}");
            assert_eq!(Key::from(text).to_string(), text);
        }
        assert_eq!(Key::from(u64::MAX), Key::from("18446744073709551615"));
    }
}
