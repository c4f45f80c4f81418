//! One written form for each value: what two clerks meant to type the same is typed the same.
//!
//! # The rule of all rules
//! A normal form is a fixed point: normalising it again changes nothing. Rounds of a kind's rules are run until
//! they agree with themselves, so a rule may make room for another without a special case. Normal forms are what is
//! compared, counted, hashed and given pseudonyms; the values as they came are what golden records show.
//!
//! # Three forms of one value
//! | form | what for | `Ann.Lee+x@example.org` | `Müller` |
//! |---|---|---|---|
//! | normal | equality, counts | `ann.lee@example.org` | `muller` |
//! | key | levels and blocking | `ann.lee` | `muller` (and `孙` as `sun`) |
//! | coarse key | blocking with another column | `ann.l` | `mul` |
//!
//! # What is left alone
//! Nothing is guessed that could be wrong in silence: no transliteration but pinyin, no nicknames, no corrected
//! dates, no country that was not given (but eleven digits with 13 to 19 in front are taken for a mainland Chinese
//! mobile: a North American number written with its 1 wants a plus sign to be told from one). Two values that
//! differ after normalising are told apart here, and likeness is for levels to judge.
//!
//! # Complexity
//! O(length) a round, at most 256 characters of a value. Most values are in normal form or reach it in one round; a
//! second one shows that it is one.
//!
//! # Determinism and errors
//! A function of kind, value and settings alone, the same on every machine. Any text has a normal form or none;
//! there is no error.

mod address;
mod chinese;
mod contact;
mod date;
mod identity;
mod placeholder;
mod text;

use std::borrow::Cow;

use crate::data::{Field, FieldKind, Records};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::DateOrder;
use crate::types::date::{ColumnOrder, Written};

pub(crate) use chinese::{pinyin_key, split_name};
pub(crate) use text::hash_of;

/// How much of a value counts. What lies behind can neither slow matching down nor change it.
const MAX_CHARS: usize = 256;

/// Rules of normalising that a country or a company chooses.
///
/// ```
/// use regulars::data::FieldKind;
/// use regulars::profile::Normaliser;
///
/// let n = Normaliser::new();
/// assert_eq!(n.normalise(FieldKind::Phone, "０１３８-0013-8000").as_deref(), Some("013800138000"));
/// assert_eq!(n.normalise(FieldKind::Phone, "+86 138 0013 8000").as_deref(), Some("+8613800138000"));
/// assert_eq!(n.normalise(FieldKind::Phone, "138-0013-8000").as_deref(), Some("+8613800138000"));
/// assert_eq!(n.normalise(FieldKind::BirthDate, "1987年10月7日").as_deref(), Some("1987-10-07"));
/// assert_eq!(n.normalise(FieldKind::Email, " Ann.Lee+shop@GMAIL.com ").as_deref(), Some("annlee@gmail.com"));
/// assert_eq!(n.normalise(FieldKind::FamilyName, "O’Brien-Müller").as_deref(), Some("obrien muller"));
/// assert_eq!(n.normalise(FieldKind::Email, "test@test.com"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Normaliser {
    country: Option<u16>,
    plus_tags: Tags,
    dates: Option<DateOrder>,
}

/// What happens to the part of an e-mail address behind a plus sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Tags {
    /// It is dropped: `ann+shop@example.org` is `ann@example.org`.
    #[default]
    Drop,
    /// It is part of the address.
    Keep,
}

/// How much of a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All of it.
    Whole,
    /// Part of it is hidden behind asterisks.
    Masked,
}

impl Normaliser {
    /// The defaults: no country, tags dropped, no order of day and month.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The calling code of telephone numbers given without one, such as 86 or 44. Without it such numbers stay as they
    /// are, except that numbers in the form of a mainland Chinese mobile get theirs.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// use regulars::profile::Normaliser;
    ///
    /// // Eleven digits with 1 in front: a trunk 1 in America, a mobile in China.
    /// let phone = |n: Normaliser| n.normalise(FieldKind::Phone, "1 305-555-0100");
    /// assert_eq!(phone(Normaliser::new().country(1)).as_deref(), Some("+13055550100"));
    /// assert_eq!(phone(Normaliser::new().country(86)).as_deref(), Some("+8613055550100"));
    /// assert_eq!(phone(Normaliser::new()).as_deref(), Some("+8613055550100"));
    /// ```
    #[must_use]
    pub fn country(mut self, calling_code: u16) -> Self {
        self.country = Some(calling_code);
        self
    }

    /// What happens to plus tags of e-mail addresses.
    #[must_use]
    pub fn plus_tags(mut self, tags: Tags) -> Self {
        self.plus_tags = tags;
        self
    }

    /// How `03/04/1980` is read, which is 3 April or 4 March.
    ///
    /// Without it such a value has no normal form. A model takes the order from the other dates of
    /// the column, where one of them can be read in one way only, and refuses the records where
    /// none can.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// use regulars::profile::Normaliser;
    /// use regulars::types::DateOrder;
    ///
    /// let born = |n: Normaliser, value| n.normalise(FieldKind::BirthDate, value);
    /// let day_first = Normaliser::new().dates(DateOrder::DayFirst);
    /// assert_eq!(born(day_first, "03/04/1980").as_deref(), Some("1980-04-03"));
    /// assert_eq!(born(Normaliser::new(), "03/04/1980"), None);
    /// assert_eq!(born(Normaliser::new(), "13/04/1980").as_deref(), Some("1980-04-13"));
    /// ```
    #[must_use]
    pub fn dates(mut self, order: impl Into<Option<DateOrder>>) -> Self {
        self.dates = order.into();
        self
    }

    /// The same with the order of day and month that the records' dates have, where none is stated.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the field of a date that could be
    /// two days, where its other dates do not say which, or those of another field say otherwise.
    ///
    /// O(distinct dates · length).
    pub(crate) fn settled(mut self, records: &Records) -> Result<Self> {
        if self.dates.is_some() {
            return Ok(self);
        }
        for (number, field) in records.fields().iter().enumerate() {
            if field.kind() != FieldKind::BirthDate {
                continue;
            }
            let texts = &records.column(number).texts;
            let mut column = ColumnOrder::default();
            for text in texts.iter() {
                let folded = text::fold(text);
                if let Some(date) = Written::read(&folded) {
                    column.add(&date);
                }
            }
            let found = column
                .settle()
                .ok()
                .filter(|found| found.is_none() || self.dates.is_none() || *found == self.dates);
            self.dates = found.ok_or_else(|| unstated(field))?.or(self.dates);
        }
        Ok(self)
    }

    /// An error where a value of the field is a date that could be two days, and no order is stated.
    pub(crate) fn check_order(self, field: &Field, value: &str) -> Result<()> {
        let is_open = || Written::read(&text::fold(value)).is_some_and(|date| date.is_ambiguous());
        if self.dates.is_none() && field.kind() == FieldKind::BirthDate && is_open() {
            return Err(unstated(field));
        }
        Ok(())
    }

    /// The normal form of a value, `None` for one that says nothing (blank, `unknown`, `000-00-0000`, `test@test.com`).
    ///
    /// Normalising a normal form changes nothing. Only the first 256 characters count. Asterisks of a masked value stay.
    ///
    /// | kind | form |
    /// |---|---|
    /// | names, places, text | NFKC, lower case, no diacritics, no punctuation, single blanks; titles dropped |
    /// | Chinese names | blanks dropped, common traditional characters simplified |
    /// | e-mail | lower case, no blanks, no `mailto:`, no plus tag; dots dropped at gmail.com |
    /// | phone | E.164 where the country is known, else digits |
    /// | dates | `YYYY-MM-DD`, also for days the calendar lacks |
    /// | national id | upper case letters and digits; 15-digit Chinese numbers become 18 digits |
    /// | addresses | street types in one spelling; Chinese: road, number, building, room behind the known place |
    #[must_use]
    pub fn normalise(self, kind: FieldKind, value: &str) -> Option<String> {
        let value = text::clip(value, MAX_CHARS);
        let mut normal = self.once(kind, value)?;
        if normal == value {
            return Some(normal);
        }
        // One rule can make room for another (a tag behind a tag); rounds end when nothing moves.
        for _ in 0..MAX_CHARS {
            match self.once(kind, &normal)? {
                again if again == normal => break,
                again => normal = again,
            }
        }
        Some(normal)
    }

    /// One round of a kind's rules; `None` for what is blank or a placeholder then.
    fn once(self, kind: FieldKind, value: &str) -> Option<String> {
        let normal = match kind {
            FieldKind::Email => contact::email(value, self.plus_tags),
            FieldKind::Phone => contact::phone(value, self.country),
            FieldKind::BirthDate => date::date(value, self.dates),
            FieldKind::NationalId => identity::national_id(value),
            FieldKind::CustomerAccount | FieldKind::Handle => identity::account(value),
            FieldKind::Postcode | FieldKind::HouseNumber => identity::code(value),
            FieldKind::ChineseName | FieldKind::FullName => chinese::full_name(value),
            FieldKind::GivenName | FieldKind::FamilyName => text::name(value),
            FieldKind::Address | FieldKind::AddressPart => address::address(value),
            FieldKind::Number => text::number(value),
            _ => text::plain(value),
        };
        normal.filter(|n| !n.is_empty() && !placeholder::is_placeholder(kind, n))
    }
}

/// Dates of a field in which day and month could be exchanged.
fn unstated(field: &Field) -> Error {
    let rule = "dates could be read day first or month first; state which (`Normaliser::dates`)";
    Error::new(ErrorKind::InvalidInput, Place::Column(field.name().to_owned().into()), rule)
}

/// Whether a Chinese national id (18 characters) has the check digit that belongs to it (GB 11643-1999, ISO 7064
/// MOD 11-2).
///
/// ```
/// assert!(regulars::profile::is_valid_chinese_id("11010519491231002X"));
/// assert!(!regulars::profile::is_valid_chinese_id("110105194912310021"));
/// ```
pub fn is_valid_chinese_id(id: &str) -> bool {
    identity::check_digit(id).is_some_and(|digit| id.as_bytes().get(17) == Some(&digit))
}

/// Whether part of a normal form is hidden.
pub(crate) fn form_of(normal: &str) -> Form {
    if normal.contains('*') { Form::Masked } else { Form::Whole }
}

/// The key under which values that mean nearly the same fall together: the local part of an e-mail address, what a
/// masked number shows, the pinyin of a name, a date whatever the order of day and month, an address without its flat, the
/// word of a text that says most.
pub(crate) fn key_of(kind: FieldKind, normal: &str) -> Cow<'_, str> {
    let key = match kind {
        FieldKind::Email => return Cow::Borrowed(normal.split('@').next().unwrap_or(normal)),
        FieldKind::Phone => contact::phone_key(normal),
        FieldKind::NationalId => identity::id_key(normal),
        FieldKind::BirthDate => date::date_key(normal),
        FieldKind::GivenName | FieldKind::FamilyName => return pinyin_key(normal),
        FieldKind::Address => return Cow::Borrowed(address::address_key(normal)),
        FieldKind::FreeText => return Cow::Borrowed(text::telling_word(normal)),
        _ => return Cow::Borrowed(normal),
    };
    Cow::Owned(key)
}

/// A shorter key, to find candidates that agree on it and on another field.
///
/// | kind | what is left | about how many |
/// |---|---|---|
/// | names | three letters of the key | some thousand |
/// | e-mail | five characters of the local part | tens of thousands |
/// | phone | last six digits | a million |
/// | birth date | year and month | 1,200 in a century |
/// | national id | first five characters | thousands |
/// | address, city | six characters | thousands |
/// | postcode | three characters | a thousand |
/// | free text | four characters of the telling word | tens of thousands |
///
/// Other kinds have none shorter than the key.
pub(crate) fn coarse_key<'k>(kind: FieldKind, normal: &'k str, key: &'k str) -> &'k str {
    match kind {
        FieldKind::GivenName | FieldKind::FamilyName => text::clip(key, 3),
        FieldKind::Email => text::clip(key, 5),
        FieldKind::Phone => normal.char_indices().rev().nth(5).map_or(normal, |(start, _)| &normal[start..]),
        FieldKind::BirthDate => text::clip(normal, 7),
        FieldKind::NationalId => text::clip(normal, 5),
        FieldKind::Address | FieldKind::AddressPart | FieldKind::City => text::clip(normal, 6),
        FieldKind::Postcode => text::clip(normal, 3),
        FieldKind::FreeText => text::clip(key, 4),
        _ => key,
    }
}

#[cfg(test)]
mod tests;
