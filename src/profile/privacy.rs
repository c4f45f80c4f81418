//! Masks, pseudonyms and consent: what may be shown, what may leave the house, what a person allowed.
//!
//! # Which of the three
//! | need | use | reversible? |
//! |---|---|---|
//! | show a value to somebody who may know that the record exists | [`mask`] | no: digits are gone |
//! | match on a value outside the house without showing it | [`Pseudonyms`] | with the key, by trying values |
//! | know what may be done with a person's data after a merge | [`Consent`] | the most restrictive answer survives |
//!
//! Masks are not pseudonyms: 138****8000 is one of ten thousand numbers, and who has the customers' list can tell which. A
//! pseudonym without a secret key is none either: eleven digits are tried in seconds.
//!
//! # How much a mask leaves
//! | value | shown | candidates that fit |
//! |---|---|---|
//! | mainland Chinese mobile | 3 + 4 digits | 10⁴ |
//! | identity number of 18 characters | 6 + 4 | about 3,300 birth dates of a century |
//! | surname of a Chinese name | 1 character | millions of people |
//! | birth date | the year | 365 |
//!
//! Of an identity number only the birth date is hidden, and the check digit that is shown leaves one date in
//! eleven. A mask keeps enough to find the record for somebody who has the list. It is for screens and reports
//! inside, not for publication.
//!
//! # Pseudonyms by numbers
//! 128 bits: among 10⁹ values two different ones meet with a chance of about 10¹⁸ / 2¹²⁹ = 1.5 · 10⁻²¹. Without the
//! key, telling whether a pseudonym is that of a given number means guessing a key of 256 bits. With it, trying
//! 10¹¹ telephone numbers takes hours: the key is as secret as the values. A pseudonym changes when the rules of
//! normalising do, so both parties need the same version and settings.
//!
//! Frequencies stay: the commonest pseudonym of a column of surnames is the commonest surname. Pseudonymise what
//! identifies, and leave out what does not have to be matched.
//!
//! # Consent by hand
//! Granted in the shop (2024), unknown in the app, denied by letter (2021): the profile's consent is denied. Which
//! answer is the last is not asked: days of consents are seldom those of records, and the error of treating a yes
//! as a no is the one that can be mended.
//!
//! # Complexity and errors
//! O(length) each. Masks and consents cannot fail; a value that says nothing has no pseudonym.

use std::fmt::Write as _;

use crate::data::{Field, FieldKind, Record, Records};
use crate::error::Result;
use crate::types::DateOrder;

use super::normalise::Normaliser;

/// A value as it may be shown on a screen or in a report: enough to recognise, too little to use.
///
/// | kind | shown | example |
/// |---|---|---|
/// | names | first letter of each word; of a Chinese name the first character | `A** L**`, `张**` |
/// | e-mail | first letter of the local part, and the domain | `a***@x.org` |
/// | phone | first three and last four digits of the national number | `138****8000` |
/// | national id | first six and last four characters | `110105********002X` |
/// | account, handle, number | last four characters | `****4321` |
/// | birth date | the year | `1980-**-**` |
/// | address | what stands before the first digit; Latin: nothing but the street's words | `*** Milne Cove St` |
/// | house number, postcode | first two characters | `20****` |
/// | city, region, category | the value itself: shared by many | `Ulm` |
/// | free text | nothing | `***` |
///
/// A value too short for its rule is masked whole. The mask never has more of the value than the table says, whatever
/// the value's form. O(length).
///
/// ```
/// use regulars::data::FieldKind;
/// use regulars::profile::mask;
///
/// assert_eq!(mask(FieldKind::Phone, "13800138000"), "138****8000");
/// assert_eq!(mask(FieldKind::Email, "ann.lee@x.org"), "a***@x.org");
/// assert_eq!(mask(FieldKind::NationalId, "11010519491231002X"), "110105********002X");
/// assert_eq!(mask(FieldKind::ChineseName, "张晓明"), "张**");
/// assert_eq!(mask(FieldKind::FullName, "Ann Lee"), "A** L**");
/// assert_eq!(mask(FieldKind::CustomerAccount, "6222021234567890"), "************7890");
/// assert_eq!(mask(FieldKind::Phone, "110"), "***");
/// ```
pub fn mask(kind: FieldKind, value: &str) -> String {
    use FieldKind as K;
    let value = value.trim();
    match kind {
        K::GivenName | K::FamilyName | K::FullName | K::ChineseName => names(value),
        K::Email => match value.split_once('@') {
            Some((local, domain)) if !local.is_empty() => {
                format!("{}***@{domain}", local.chars().next().unwrap_or('*'))
            }
            _ => "***".to_owned(),
        },
        K::Phone => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            let national = digits.strip_prefix("86").filter(|d| d.len() == 11).unwrap_or(&digits);
            keep(national, 3, 4)
        }
        K::NationalId => keep(value, 6, 4),
        K::CustomerAccount | K::Handle | K::Number => keep(value, 0, 4),
        // The year is the same in either order.
        K::BirthDate => match Normaliser::new().dates(DateOrder::DayFirst).normalise(K::BirthDate, value) {
            Some(date) => format!("{}-**-**", &date[..4.min(date.len())]),
            None => "***".to_owned(),
        },
        K::Address | K::AddressPart => {
            let mut shown = String::new();
            let mut hidden = false;
            for c in value.chars() {
                if c.is_numeric() || c == '-' || c == '#' {
                    if !hidden {
                        shown.push_str("***");
                    }
                    hidden = true;
                } else {
                    shown.push(c);
                    hidden = false;
                }
            }
            shown
        }
        K::HouseNumber | K::Postcode => keep(value, 2, 0),
        K::City | K::Region | K::Category => value.to_owned(),
        K::FreeText => "***".to_owned(),
    }
}

/// The first letter of each word; of words in Han characters the first character.
fn names(value: &str) -> String {
    let mut shown = String::new();
    for word in value.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.extend(word.chars().next());
        shown.push_str("**");
    }
    if shown.is_empty() { "***".to_owned() } else { shown }
}

/// So many characters in front and behind, the rest as asterisks; all of them where less than three would be hidden.
fn keep(value: &str, front: usize, behind: usize) -> String {
    let chars: Vec<char> = value.chars().collect();
    if chars.len() < front + behind + 3 {
        return "*".repeat(chars.len().max(3));
    }
    let hidden = chars.len() - front - behind;
    let mut shown: String = chars[..front].iter().collect();
    shown.push_str(&"*".repeat(hidden));
    shown.extend(&chars[chars.len() - behind..]);
    shown
}

/// Pseudonyms under a secret key: equal values have equal pseudonyms, and nobody without the key can tell which.
///
/// A pseudonym is BLAKE3 in its keyed mode (a MAC; O'Connor et al. 2020, <https://blake3.io>) over the kind and the normal
/// form, the first 128 bits as 32 hexadecimal digits. Trying all telephone numbers does not help without the key. Two
/// parties who share a key can match their customers without showing them to each other: see
/// [`pseudonymise`](Self::pseudonymise).
///
/// ```
/// use regulars::data::FieldKind;
/// use regulars::profile::Pseudonyms;
///
/// let ours = Pseudonyms::new([7; 32])?;
/// let a = ours.pseudonym(FieldKind::Phone, "138 0013 8000").unwrap();
/// assert_eq!(Some(a.clone()), ours.pseudonym(FieldKind::Phone, "+86-13800138000"));
/// assert_ne!(Some(a), Pseudonyms::new([8; 32])?.pseudonym(FieldKind::Phone, "13800138000"));
/// assert_eq!(ours.pseudonym(FieldKind::Phone, "unknown"), None);
/// assert_eq!(format!("{ours:?}"), "Pseudonyms(key hidden)");
/// assert!(Pseudonyms::new([0; 32]).is_err()); // zeros are no secret
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
    normaliser: Normaliser,
}

/// Hides the key.
impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(key hidden)")
    }
}

impl Pseudonyms {
    /// Pseudonyms under this key: 32 bytes from a generator of random numbers.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a key of zeros, which is what a caller has who forgot it.
    pub fn new(key: [u8; 32]) -> Result<Self> {
        super::index::secret(&key)?;
        Ok(Self { key, normaliser: Normaliser::new() })
    }

    /// The same with rules of normalising of one's own; both parties must use the same.
    #[must_use]
    pub fn normaliser(mut self, normaliser: Normaliser) -> Self {
        self.normaliser = normaliser;
        self
    }

    /// The pseudonym of a value; `None` for one that says nothing, such as a blank or a placeholder.
    pub fn pseudonym(&self, kind: FieldKind, value: &str) -> Option<String> {
        let normal = self.normaliser.normalise(kind, value)?;
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(kind.name().as_bytes()).update(&[0]).update(normal.as_bytes());
        let mut digits = String::with_capacity(32);
        for byte in &hasher.finalize().as_bytes()[..16] {
            let _ = write!(digits, "{byte:02x}");
        }
        Some(digits)
    }

    /// The same records with a pseudonym in place of every value, ready to be matched on exact identifiers.
    ///
    /// Every field becomes a [`Handle`](FieldKind::Handle): equal or not, nothing between. Names, dates and places lose
    /// their likeness with their letters, so matching finds the pairs that share an identifier and no others. Sources,
    /// ids and days stay.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// use regulars::profile::{MatchParams, Method, Pseudonyms};
    ///
    /// let mut builder = Records::builder([Field::new("phone", FieldKind::Phone)])?;
    /// builder.push(Record::new("1").source("ours").value("phone", "138 0013 8000"))?;
    /// builder.push(Record::new("1").source("theirs").value("phone", "+8613800138000"))?;
    /// let hidden = Pseudonyms::new([7; 32])?.pseudonymise(&builder.build()?)?;
    /// assert!(hidden.values(0, "phone").all(|v| v.len() == 32));
    /// let people = MatchParams::new().method(Method::Rules).fit(&hidden)?.merge(&hidden)?;
    /// assert_eq!(people.len(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the records' door; none for records that came through it.
    pub fn pseudonymise(&self, records: &Records) -> Result<Records> {
        let fields = records.fields().iter().map(|f| Field::new(f.name(), FieldKind::Handle));
        let mut builder = Records::builder(fields)?;
        for row in 0..records.len() {
            let mut hidden = Vec::new();
            for field in records.fields() {
                for value in records.values(row, field.name()) {
                    hidden.extend(self.pseudonym(field.kind(), value).map(|p| (field.name(), p)));
                }
            }
            let mut record =
                Record::new(records.id(row).unwrap_or("")).source(records.source_name(row).unwrap_or(""));
            if let Some(day) = records.updated(row) {
                record = record.updated(day);
            }
            for (field, pseudonym) in &hidden {
                record = record.value(field, pseudonym);
            }
            builder.push(record)?;
        }
        builder.build()
    }
}

/// What a person allowed to be done with a record, the most restrictive first.
///
/// ```
/// use regulars::profile::Consent;
/// // One record without an answer, one with a yes, one with a no: the person said no.
/// let all = [Consent::Unknown, Consent::Granted, Consent::Denied];
/// assert_eq!(Consent::most_restrictive(all), Consent::Denied);
/// assert_eq!(Consent::most_restrictive([Consent::Granted, Consent::Unknown]), Consent::Unknown);
/// assert_eq!(Consent::most_restrictive([]), Consent::Unknown);
/// assert!(!Consent::Unknown.allows());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Consent {
    /// Withdrawn or refused.
    Denied,
    /// Never asked, or the answer is not known: treated as a refusal.
    #[default]
    Unknown,
    /// Given.
    Granted,
}

impl Consent {
    /// The consent of a person with several records: that of the most restrictive one. Without any it is unknown.
    pub fn most_restrictive(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().min().unwrap_or_default()
    }

    /// Whether it allows anything: only a grant does.
    pub fn allows(self) -> bool {
        self == Self::Granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_follow_the_table() {
        for (kind, value, shown) in [
            (FieldKind::Phone, "+86 138-0013-8000", "138****8000"),
            (FieldKind::BirthDate, "1980年4月3日", "1980-**-**"),
            (FieldKind::BirthDate, "3/4/1980", "1980-**-**"),
            (FieldKind::Address, "5 Milne Cove St", "*** Milne Cove St"),
            (FieldKind::Address, "上海新华路199号7-1066", "上海新华路***号***"),
            (FieldKind::Postcode, "200031", "20****"),
            (FieldKind::City, "Ulm", "Ulm"),
            (FieldKind::FreeText, "anything", "***"),
            (FieldKind::Email, "nobody", "***"),
            (FieldKind::Email, "@x", "***"),
            (FieldKind::BirthDate, "soon", "***"),
        ] {
            assert_eq!(mask(kind, value), shown, "{kind}");
        }
    }

    proptest! {
        /// What belongs to one person never shows whole.
        #[test]
        fn an_identifier_is_never_shown_whole(value in "[a-zA-Z0-9张王@.+ -]{1,24}") {
            let value = value.trim();
            for kind in FieldKind::ALL.into_iter().filter(|k| k.is_identifier()) {
                let shown = mask(kind, value);
                prop_assert!(shown.contains('*'));
                prop_assert!(value.is_empty() || shown != value);
            }
        }

        #[test]
        fn pseudonyms_follow_the_normal_form(value in "\\PC{0,16}") {
            let ours = Pseudonyms::new([3; 32]).unwrap();
            for kind in FieldKind::ALL {
                let normal = Normaliser::new().normalise(kind, &value);
                let twice = normal.as_deref().and_then(|n| ours.pseudonym(kind, n));
                prop_assert_eq!(ours.pseudonym(kind, &value), twice);
            }
        }
    }
}
