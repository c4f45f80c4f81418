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
    Text(Text<'a>),
}

/// The text of a key, and where it is kept.
#[derive(Clone, Debug)]
enum Text<'a> {
    /// With the caller, or on the heap.
    Cow(Cow<'a, str>),
    /// In the key itself, so that a UUID becomes a key without an allocation.
    #[cfg(feature = "uuid")]
    Uuid([u8; super::uuid::DIGITS]),
}

impl Text<'_> {
    /// The text itself.
    fn as_str(&self) -> &str {
        match self {
            Self::Cow(text) => text,
            // Written by the `uuid` crate: always ASCII.
            #[cfg(feature = "uuid")]
            Self::Uuid(digits) => std::str::from_utf8(digits).unwrap_or_default(),
        }
    }

    /// The text, on the heap unless it was there.
    fn into_string(self) -> String {
        match self {
            Self::Cow(text) => text.into_owned(),
            #[cfg(feature = "uuid")]
            Self::Uuid(_) => self.as_str().to_owned(),
        }
    }
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
            Repr::Text(text) => Cow::Borrowed(text.as_str()),
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
            Repr::Text(text) => Key(Repr::Text(Text::Cow(Cow::Owned(text.into_string())))),
        }
    }

    /// The text of a key that is not an integer.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Repr::Int(_) => None,
            Repr::Text(text) => Some(text.as_str()),
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
        matches!(&self.0, Repr::Text(text) if text.as_str().is_empty())
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Key(canonical_integer(text).map_or(Repr::Text(Text::Cow(Cow::Borrowed(text))), Repr::Int))
    }
}

impl From<String> for Key<'_> {
    fn from(text: String) -> Self {
        Key(canonical_integer(&text).map_or_else(|| Repr::Text(Text::Cow(Cow::Owned(text))), Repr::Int))
    }
}

impl<'a> From<Cow<'a, str>> for Key<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Key::from(text),
            Cow::Owned(text) => Key::from(text),
        }
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
            Repr::Text(text) => Key(Repr::Text(Text::Cow(Cow::Borrowed(text.as_str())))),
        }
    }
}

macro_rules! from_integers {
    (exact: $($exact:ty)*; wide: $($wide:ty)*) => {
        $(impl From<$exact> for Key<'_> {
            fn from(value: $exact) -> Self {
                Key(Repr::Int(value.into()))
            }
        })*
        $(
            /// A number beyond 64 signed bits becomes the text of its digits, as it would from a
            /// file; it sorts after all integers, as texts do.
            impl From<$wide> for Key<'_> {
                fn from(value: $wide) -> Self {
                    i64::try_from(value).map_or_else(
                        |_| Key(Repr::Text(Text::Cow(Cow::Owned(value.to_string())))),
                        |value| Key(Repr::Int(value)),
                    )
                }
            }
        )*
    };
}

from_integers!(exact: i8 i16 i32 i64 u8 u16 u32; wide: isize i128 u64 usize u128);

/// The text of a UUID, kept in the key itself.
#[cfg(feature = "uuid")]
impl Key<'_> {
    pub(super) fn of_uuid(digits: [u8; super::uuid::DIGITS]) -> Self {
        Key(Repr::Text(Text::Uuid(digits)))
    }
}

/// What may be a key or none: everything that becomes a [`Key`] by `into`, and an `Option` of it.
///
/// Setters such as [`Transaction::item`](crate::data::Transaction::item) take it, so that a
/// nullable column of a database goes in as it is.
///
/// ```
/// use regulars::types::{IntoKey, Key};
///
/// assert_eq!("tea".into_key(), Some(Key::from("tea")));
/// assert_eq!(Some(7_u16).into_key(), Some(Key::from(7)));
/// assert_eq!(None::<String>.into_key(), None);
/// ```
pub trait IntoKey<'a> {
    /// The key, `None` where there is none.
    fn into_key(self) -> Option<Key<'a>>;
}

impl<'a, K: Into<Key<'a>>> IntoKey<'a> for K {
    fn into_key(self) -> Option<Key<'a>> {
        Some(self.into())
    }
}

impl<'a, K: Into<Key<'a>>> IntoKey<'a> for Option<K> {
    fn into_key(self) -> Option<Key<'a>> {
        self.map(Into::into)
    }
}

/// Equal keys name one customer, whatever type and lifetime they came with.
impl PartialEq<Key<'_>> for Key<'_> {
    fn eq(&self, other: &Key<'_>) -> bool {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a == b,
            (Repr::Text(a), Repr::Text(b)) => a.as_str() == b.as_str(),
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
            (Repr::Text(a), Repr::Text(b)) => a.as_str().cmp(b.as_str()),
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
            Repr::Text(text) => text.as_str().hash(state),
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
            Repr::Text(text) => fmt::Display::fmt(text.as_str(), f),
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

    #[test]
    fn one_number_is_one_key_whatever_its_type() {
        let seven = Key::from("7");
        let keys = [
            Key::from(7_i8),
            Key::from(7_i16),
            Key::from(7_i32),
            Key::from(7_i64),
            Key::from(7_i128),
            Key::from(7_isize),
            Key::from(7_u8),
            Key::from(7_u16),
            Key::from(7_u32),
            Key::from(7_u64),
            Key::from(7_u128),
            Key::from(7_usize),
            Key::from(Cow::Borrowed("7")),
        ];
        assert!(keys.iter().all(|key| *key == seven && key.as_integer() == Some(7)));
        let beyond = i128::from(i64::MIN) - 1;
        assert_eq!(Key::from(beyond), Key::from("-9223372036854775809"));
        assert_eq!(Key::from(beyond).as_integer(), None);
        assert!(Key::from(u64::MAX) > Key::from(i64::MAX));
    }
}
