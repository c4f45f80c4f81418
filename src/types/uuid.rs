//! `Key` to and from UUIDs, behind the feature of that name.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::error::{Error, Result};

use super::Key;

/// Digits and hyphens of the text of a UUID.
pub(super) const DIGITS: usize = Hyphenated::LENGTH;

/// The key of the UUID's usual text, in lower case with hyphens; nothing is allocated until the key
/// is owned or printed into a `String`.
///
/// ```
/// # #[cfg(feature = "uuid")] {
/// use regulars::types::Key;
/// use uuid::Uuid;
///
/// let id = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
/// assert_eq!(Key::from(id), Key::from("67e55044-10b1-426f-9247-bb680e5fe0c8"));
/// assert_eq!(Uuid::try_from(&Key::from(id))?, id);
/// assert!(Uuid::try_from(&Key::from("ann")).is_err());
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
impl From<Uuid> for Key<'_> {
    fn from(id: Uuid) -> Self {
        let mut digits = [0; DIGITS];
        id.hyphenated().encode_lower(&mut digits);
        Key::of_uuid(digits)
    }
}

/// As the key of an owned UUID.
impl From<&Uuid> for Key<'_> {
    fn from(id: &Uuid) -> Self {
        Key::from(*id)
    }
}

/// The UUID that a key is the text of.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key that is no UUID.
impl TryFrom<&Key<'_>> for Uuid {
    type Error = Error;

    fn try_from(key: &Key<'_>) -> Result<Self> {
        let id = key.as_text().and_then(|text| Self::try_parse(text).ok());
        id.ok_or_else(|| Error::input("expected a key that is the text of a UUID"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_key_of_a_uuid_is_that_of_its_text() {
        for number in [0, 1, u128::MAX, 0x1111_1111_1111_1111_1111_1111_1111_1111] {
            let id = Uuid::from_u128(number);
            let text = id.to_string();
            let (key, plain) = (Key::from(id), Key::from(text.as_str()));
            assert_eq!(key, plain);
            assert_eq!(key.cmp(&plain), std::cmp::Ordering::Equal);
            assert_eq!(HashSet::from([key.clone(), plain]).len(), 1);
            assert_eq!((key.to_string(), key.to_text().into_owned()), (text.clone(), text));
            assert_eq!(Key::from(&key), key.clone().into_owned());
            assert_eq!(Uuid::try_from(&key.into_owned()).unwrap(), id);
        }
    }
}
