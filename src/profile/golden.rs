//! Golden records: one value for each field of a profile, and where it comes from.
//!
//! # Survivorship is a view
//! Nothing is overwritten when records are merged: a golden record is computed from the profile's records when it is asked for,
//! and each of its values names the row it comes from. So a merge can be undone exactly, two departments can have different
//! rules, and a rule can change without touching a record.
//!
//! # Which rule for which field
//! | field | rule that usually serves | why |
//! |---|---|---|
//! | e-mail, phone, address | most recent | people move |
//! | name | majority, or longest | slips are rare, initials lose letters |
//! | birth date, national id | majority | they do not change; the odd one out is a slip |
//! | consent | none of these: [`Consent`](super::Consent) merges to the most restrictive | |
//!
//! O(records of the profile · fields) for one golden record.
//!
//! # By hand
//! | row | source | updated | name | e-mail |
//! |---|---|---|---|---|
//! | 0 | crm | 2022-03-01 | `Ann Lee` | `ann@old.org` |
//! | 1 | web | 2024-05-01 | `A. Lee` | `ann@new.org` |
//! | 2 | shop | no day | `ann lee` | `a***@new.org` |
//!
//! ```text
//! most recent     name A. Lee (row 1)     e-mail ann@new.org (row 1)
//! majority        name Ann Lee (row 0): two records share its normal form, row 0 was updated, row 2 has no day
//! longest         name Ann Lee (row 0): as long as row 2's, and of the later day
//! source crm      name Ann Lee (row 0)    e-mail ann@old.org (row 0)
//! ```
//! The masked address never survives while a readable one is there.
//!
//! # The order, exactly
//! Of all values of the field in all records of the profile, the greatest by, one after the other:
//! 1. readable (a normal form without asterisks) before masked before none;
//! 2. what the rule asks: nothing more for most recent, votes, characters, filled fields, or rank of the source;
//! 3. the day of the record, none before all;
//! 4. votes: records' values with the same normal form;
//! 5. characters; 6. the smaller row.
//!
//! Two values of one row that agree in all of these: the later one in the record. So the result is one function of
//! the table and rules.
//!
//! # Assumptions
//! Values are normalised by the default rules, whatever the matcher's: it decides only which values vote together
//! and which can be read. The day is the record's, not the value's: a record updated for a new telephone number
//! brings its old address along. Where systems keep days by field, give each field's latest as records of their
//! own.
//!
//! # Errors and determinism
//! A profile or field there is not is an error; a rule of one's own that answers beyond its values leaves the field
//! empty. No random choice.

use std::cmp::Reverse;
use std::fmt;

use hashbrown::HashMap;

use crate::data::Records;
use crate::error::{Error, Result};

use super::profiles::Profiles;

/// Which of several values of a field survives.
///
/// | rule | largest of | unit |
/// |---|---|---|
/// | `MostRecent` | the record's day | days |
/// | `Majority` | values of the profile with the same normal form | values |
/// | `Longest` | the value as it came | characters |
/// | `MostComplete` | fields of the record that have any value | fields |
/// | `Source` | rank in the list, those not named last | |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Survivorship {
    /// The one of the record updated last; records without a day come last.
    #[default]
    MostRecent,
    /// The one most records agree on, whatever its spelling.
    Majority,
    /// The longest.
    Longest,
    /// The one of the record with the most fields filled.
    MostComplete,
    /// The one of the source named first in [`GoldenParams::source_priority`].
    Source,
}

/// How golden records are put together.
///
/// A value in which something can be read always wins over a masked one or a placeholder. Ties go to the most recent
/// record, then to the most frequent value, then to the longest, then to the first row.
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, Records};
/// use regulars::profile::{GoldenParams, MatchParams, Survivorship};
///
/// let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
/// let mut builder = Records::builder(fields)?;
/// builder.push(Record::new("1").source("web").value("name", "A. Lee").value("email", "ann@x.org"))?;
/// builder.push(Record::new("2").source("crm").value("name", "Ann Lee").value("email", "ann@x.org"))?;
/// let records = builder.build()?;
/// let people = MatchParams::new().fit(&records)?.merge(&records)?;
///
/// let rules = GoldenParams::new().field("name", Survivorship::Longest).source_priority(["crm"]);
/// let ann = people.golden(&records, 0, &rules)?;
/// assert_eq!(ann.value("name"), Some("Ann Lee"));
/// assert_eq!(ann.row("name"), Some(1));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct GoldenParams {
    default: Survivorship,
    fields: Vec<(String, Survivorship)>,
    own: Vec<(String, OwnRule)>,
    sources: Vec<String>,
}

impl GoldenParams {
    /// The most recent value of every field.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rule of all fields that have none of their own.
    pub fn default_rule(mut self, rule: Survivorship) -> Self {
        self.default = rule;
        self
    }

    /// The rule of one field.
    pub fn field(mut self, field: impl Into<String>, rule: Survivorship) -> Self {
        self.fields.push((field.into(), rule));
        self
    }

    /// A rule of one's own for one field: it is given the readable values of the profile in the order of the rows, and
    /// answers with the place of the one that survives. An answer beyond the last means that none does.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// use regulars::profile::{GoldenParams, MatchParams};
    ///
    /// let mut builder = Records::builder([Field::new("email", FieldKind::Email), Field::new("points", FieldKind::Number)])?;
    /// builder.push(Record::new("1").value("email", "ann.lee@x.org").value("points", "70"))?;
    /// builder.push(Record::new("2").value("email", "ann.lee@x.org").value("points", "120"))?;
    /// let records = builder.build()?;
    /// let people = MatchParams::new().fit(&records)?.merge(&records)?;
    /// let most = |values: &[&str]| (0..values.len()).max_by_key(|i| values[*i].parse::<u32>().ok()).unwrap_or(0);
    /// let ann = people.golden(&records, 0, &GoldenParams::new().own("points", most))?;
    /// assert_eq!((ann.value("points"), ann.row("points")), (Some("120"), Some(1)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn own(mut self, field: impl Into<String>, rule: OwnRule) -> Self {
        self.own.push((field.into(), rule));
        self
    }

    /// The last rule given for a field counts, here and below: settings are refined by adding.
    fn own_rule(&self, field: &str) -> Option<OwnRule> {
        self.own.iter().rev().find(|(name, _)| name == field).map(|(_, rule)| *rule)
    }

    /// Sources, the most trusted first; those not named come last.
    pub fn source_priority<S: Into<String>>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.sources = sources.into_iter().map(Into::into).collect();
        self
    }

    /// The fields that have a rule of their own.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .map(|(name, _)| name.as_str())
            .chain(self.own.iter().map(|(name, _)| name.as_str()))
    }

    /// The rule of the field, else the default.
    fn rule(&self, field: &str) -> Survivorship {
        self.fields.iter().rev().find(|(name, _)| name == field).map_or(self.default, |(_, rule)| *rule)
    }
}

/// A rule of one's own: from the readable values of a field, in the order of the rows, to the place of the survivor.
///
/// A plain function, so that rules can be copied, sent between threads, and keep no state from one profile to the
/// next. Values are as they came, not normalised; those that say nothing are left out, masked ones are in. It is
/// not called without values.
pub type OwnRule = fn(&[&str]) -> usize;

/// One person's record.
///
/// Values are borrowed from the records, not copied; each has the row it comes from.
#[derive(Clone, PartialEq)]
pub struct GoldenRecord<'a> {
    values: Vec<(&'a str, Option<(&'a str, usize)>)>,
}

/// The fields that have a value, with it: an object, as a page or a mailing needs it.
#[cfg(feature = "serde")]
impl serde::Serialize for GoldenRecord<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.iter().map(|(field, value, _)| (field, value)))
    }
}

impl<'a> GoldenRecord<'a> {
    /// The surviving value of a field.
    pub fn value(&self, field: &str) -> Option<&'a str> {
        self.survivor(field).map(|(value, _)| value)
    }

    /// The row the surviving value of a field comes from.
    pub fn row(&self, field: &str) -> Option<usize> {
        self.survivor(field).map(|(_, row)| row)
    }

    /// Field, value and row, in the order of the fields; fields nobody filled are missing.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str, usize)> + '_ {
        self.values.iter().filter_map(|(field, found)| found.map(|(value, row)| (*field, value, row)))
    }

    /// `None` for a field nobody filled, and for one there is not.
    fn survivor(&self, field: &str) -> Option<(&'a str, usize)> {
        self.values.iter().find(|(name, _)| *name == field).and_then(|(_, found)| *found)
    }
}

/// Prints how many fields are filled.
impl fmt::Debug for GoldenRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoldenRecord({} of {} fields)", self.iter().count(), self.values.len())
    }
}

impl Profiles {
    /// The golden record of a profile. Survivorship is computed on demand and changes nothing: the records stay as they
    /// are, so a merge can be undone.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records that were not the ones merged;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a profile there is not;
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a rule of a field there is not.
    pub fn golden<'a>(
        &self,
        records: &'a Records,
        profile: usize,
        params: &GoldenParams,
    ) -> Result<GoldenRecord<'a>> {
        self.check(records)?;
        if profile >= self.len() {
            return Err(Error::input(format!(
                "there are {} profiles, none is numbered {profile}",
                self.len()
            )));
        }
        if let Some(name) = params.names().find(|name| records.fields().iter().all(|f| f.name() != *name)) {
            return Err(Error::param("field", "must be a field of the records", format!("`{name}`")));
        }
        let rows = self.records_of(profile);
        let filled: HashMap<u32, usize> = rows
            .iter()
            .map(|row| {
                let at = *row as usize;
                (
                    *row,
                    records.fields().iter().filter(|f| records.values(at, f.name()).next().is_some()).count(),
                )
            })
            .collect();
        let normaliser = self.normaliser;
        let values = records.fields().iter().map(|field| {
            let rule = params.rule(field.name());
            let mut candidates = Vec::new();
            for row in rows {
                for value in records.values(*row as usize, field.name()) {
                    candidates.push((value, normaliser.normalise(field.kind(), value), *row));
                }
            }
            if let Some(rule) = params.own_rule(field.name()) {
                let readable: Vec<_> = candidates.iter().filter(|(_, normal, _)| normal.is_some()).collect();
                let values: Vec<&str> = readable.iter().map(|(value, _, _)| *value).collect();
                let found = if values.is_empty() { None } else { readable.get(rule(&values)) };
                return (field.name(), found.map(|(value, _, row)| (*value, *row as usize)));
            }
            let mut votes: HashMap<&str, usize> = HashMap::new();
            for (_, normal, _) in &candidates {
                *votes.entry(normal.as_deref().unwrap_or("")).or_default() += 1;
            }
            let best = candidates.iter().max_by_key(|(value, normal, row)| {
                let at = *row as usize;
                let readable = normal.as_deref().map_or(0, |n| if n.contains('*') { 1 } else { 2 });
                let votes = votes.get(normal.as_deref().unwrap_or("")).copied().unwrap_or(0);
                let length = value.chars().count();
                let first = match rule {
                    Survivorship::MostRecent => 0,
                    Survivorship::Majority => votes,
                    Survivorship::Longest => length,
                    Survivorship::MostComplete => filled.get(row).copied().unwrap_or(0),
                    Survivorship::Source => {
                        let name = records.source_name(at).unwrap_or("");
                        let rank = params.sources.iter().position(|s| s == name);
                        rank.map_or(0, |rank| params.sources.len() - rank)
                    }
                };
                (readable, first, records.updated(at), votes, length, Reverse(*row))
            });
            (field.name(), best.map(|(value, _, row)| (*value, *row as usize)))
        });
        Ok(GoldenRecord { values: values.collect() })
    }
}
