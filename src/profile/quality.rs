//! Data quality: what is there, what is usable, what is repeated, how old it is; by field and source.
//!
//! # Before and after
//! [`quality`] looks at the records as they came; [`quality_of_profiles`] at one golden record for each profile. What merging is
//! worth shows in the difference: completeness rises (a profile has an e-mail address where one of its records has), uniqueness
//! rises towards 1 (an address that two profiles share is a household or a merge that was missed).
//!
//! # Complexity
//! O(distinct values) to normalise, O(records · fields) to count; values are normalised once, however many records share them.
//!
//! # By hand
//! Four records with the e-mail addresses `ann@x.org`, `ANN@x.org`, `unknown`, and none, the first three updated on
//! the 1st, 5th and 9th:
//! ```text
//! completeness   3 / 4 = 0.75     a placeholder is a value, if not a valid one
//! validity       2 / 3 = 0.67
//! uniqueness     1 / 2 = 0.50     both valid ones have one normal form
//! updated        the 5th          median of the days of records with a value
//! ```
//!
//! # How to read the figures
//! | figure | low means |
//! |---|---|
//! | completeness | not asked, or lost on the way; merging helps where another source has it |
//! | validity | forms without checks, defaults, masks; merging helps little |
//! | uniqueness before merging | duplicates, or shared values (a family's telephone) |
//! | uniqueness after merging | households, or merges that were missed |
//!
//! # Assumptions and errors
//! The default rules of normalising count, whatever the matcher's. Of several values in a record the first valid
//! one counts. Of an even number of days the later of the two middle ones is the median.
//! [`Overflow`](crate::ErrorKind::Overflow) beyond 4 GiB of distinct values; else no table is an error.

use std::fmt;

use crate::data::{FieldKind, Intern, NONE, Records};
use crate::error::Result;
use crate::types::Day;

use super::normalise::{Form, Normaliser, form_of, is_valid_chinese_id};
use super::profiles::Profiles;

/// The quality of one field in one source, or in all.
///
/// With n records, of which f have a value in the field and v of those one that is valid:
/// - completeness f / n,
/// - validity v / f: the value has a normal form (no placeholder, nothing unreadable), is not masked, and keeps its kind's
///   rules (a date of the calendar, a Chinese identity number's check digit, an e-mail address with one `@` and a dot
///   behind it, a telephone number of 7 to 15 digits),
/// - uniqueness d / v with d distinct normal forms: 1 where no value is repeated.
///
/// Shares of nothing are 0.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FieldQuality {
    /// Name of the field.
    pub field: String,
    /// Its kind.
    pub kind: FieldKind,
    /// The source; `None` for all of them together.
    pub source: Option<String>,
    /// Records.
    pub records: usize,
    /// Records, or profiles, that have any value.
    pub filled: usize,
    /// Those whose first value is valid.
    pub valid: usize,
    /// Distinct normal forms among the valid ones.
    pub distinct: usize,
    /// Median of the days on which records with a value were last updated; `None` where no day is known.
    pub median_updated: Option<Day>,
}

/// 0 of 0 is 0: an empty source is not complete.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl FieldQuality {
    /// Share of records that have a value.
    pub fn completeness(&self) -> f64 {
        share(self.filled, self.records)
    }

    /// Share of values that are valid.
    pub fn validity(&self) -> f64 {
        share(self.valid, self.filled)
    }

    /// Share of valid values that are not repetitions.
    pub fn uniqueness(&self) -> f64 {
        share(self.distinct, self.valid)
    }
}

/// One line a field and source, in shares; no value of any record.
impl fmt::Display for FieldQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}) in {}: complete {:.3}, valid {:.3}, unique {:.3}",
            self.field,
            self.kind,
            self.source.as_deref().unwrap_or("all sources"),
            self.completeness(),
            self.validity(),
            self.uniqueness()
        )?;
        self.median_updated.map_or(Ok(()), |day| write!(f, ", updated {day}"))
    }
}

/// The quality of a table before merging: every field, in all sources together and in each of them.
///
/// Fields in their order, all sources first. O(values), with one normalisation for each value of each row.
///
/// ```
/// use regulars::profile::{MatchParams, quality, quality_of_profiles};
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let records = ShopParams::new(300, Seed(7)).simulate()?.records()?;
/// let people = MatchParams::new().fit(&records)?.merge(&records)?;
/// let before = quality(&records)?;
/// let after = quality_of_profiles(&records, &people)?;
/// let email = |all: &[regulars::profile::FieldQuality]| {
///     all.iter().find(|q| q.field == "email" && q.source.is_none()).unwrap().completeness()
/// };
/// assert!(email(&after) > email(&before));
/// println!("{}", before[0]);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`Overflow`](crate::ErrorKind::Overflow) beyond 4 GiB of distinct values in one field.
pub fn quality(records: &Records) -> Result<Vec<FieldQuality>> {
    let sources: Vec<String> = records.sources().map(str::to_owned).collect();
    // Dates that could be two days are not valid where their column does not say which.
    let normaliser = Normaliser::new();
    let normaliser = normaliser.settled(records).unwrap_or(normaliser);
    let mut all = Vec::new();
    for field in 0..records.fields().len() {
        let rows: Vec<usize> = (0..records.len()).collect();
        let one = |rows: &[usize]| {
            tally(records, field, rows.iter().map(std::slice::from_ref), rows.len(), normaliser)
        };
        all.push(one(&rows)?);
        for (number, source) in sources.iter().enumerate().filter(|_| sources.len() > 1) {
            let own: Vec<usize> =
                rows.iter().copied().filter(|r| records.source(*r) == Some(number)).collect();
            all.push(FieldQuality { source: Some(source.clone()), ..one(&own)? });
        }
    }
    Ok(all)
}

/// The quality after merging: every field over profiles instead of records. A profile has a value where any of its records
/// has; it is valid where any is.
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records that were not the ones merged;
/// [`Overflow`](crate::ErrorKind::Overflow) as [`quality()`].
pub fn quality_of_profiles(records: &Records, people: &Profiles) -> Result<Vec<FieldQuality>> {
    people.check(records)?;
    let rows: Vec<Vec<usize>> =
        (0..people.len()).map(|p| people.records_of(p).iter().map(|r| *r as usize).collect()).collect();
    (0..records.fields().len())
        .map(|field| tally(records, field, rows.iter().map(Vec::as_slice), rows.len(), people.normaliser))
        .collect()
}

/// Counts one field over groups of rows.
///
/// A group is a record, or all records of a profile: filled where any row has a value, valid where any value is,
/// and counted once by its first valid normal form. O(values of the groups).
fn tally<'r>(
    records: &Records,
    field: usize,
    groups: impl Iterator<Item = &'r [usize]>,
    count: usize,
    normaliser: Normaliser,
) -> Result<FieldQuality> {
    let f = &records.fields()[field];
    let (mut filled, mut valid) = (0, 0);
    let mut seen = Intern::default();
    let mut days: Vec<Day> = Vec::new();
    let mut distinct = 0;
    for group in groups {
        let mut any = false;
        let mut found = None;
        for row in group {
            let mut here = false;
            for value in records.values(*row, f.name()) {
                here = true;
                let normal = normaliser.normalise(f.kind(), value);
                found = found.or(normal.filter(|n| is_valid(f.kind(), n)));
            }
            any |= here;
            days.extend(records.updated(*row).filter(|_| here));
        }
        filled += usize::from(any);
        if let Some(normal) = found {
            valid += 1;
            let number = seen.number(&normal)?;
            if number != NONE && number as usize == distinct {
                distinct += 1;
            }
        }
    }
    days.sort_unstable();
    Ok(FieldQuality {
        field: f.name().to_owned(),
        kind: f.kind(),
        source: None,
        records: count,
        filled,
        valid,
        distinct,
        median_updated: days.get(days.len() / 2).copied(),
    })
}

/// Whether a normal form keeps the rules of its kind.
///
/// A date must be one of the calendar, which normal forms need not be; an e-mail address has one `@` and a dot
/// behind it; a telephone number has 7 to 15 digits, E.164's bounds; a national id of 18 characters keeps GB 11643.
/// Other kinds are valid where they have a normal form.
fn is_valid(kind: FieldKind, normal: &str) -> bool {
    if form_of(normal) == Form::Masked {
        return false;
    }
    match kind {
        FieldKind::BirthDate => {
            let part = |range: std::ops::Range<usize>| normal.get(range).and_then(|t| t.parse::<u32>().ok());
            let year = normal.get(..4).and_then(|t| t.parse::<i32>().ok());
            match (year, part(5..7), part(8..10)) {
                (Some(y), Some(m), Some(d)) => Day::ymd(y, m, d).is_ok(),
                _ => false,
            }
        }
        FieldKind::Email => match normal.split_once('@') {
            Some((local, domain)) => !local.is_empty() && domain.contains('.') && !domain.contains('@'),
            None => false,
        },
        FieldKind::Phone => (7..=15).contains(&normal.bytes().filter(u8::is_ascii_digit).count()),
        FieldKind::NationalId if normal.len() == 18 => is_valid_chinese_id(normal),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Field, Record};
    use crate::profile::{MatchParams, Method};

    #[test]
    fn shares_are_those_counted_by_hand() {
        let fields = [Field::new("email", FieldKind::Email), Field::new("born", FieldKind::BirthDate)];
        let mut builder = Records::builder(fields).unwrap();
        let day = |d| Day::ymd(2024, 1, d).unwrap();
        let rows = [
            Record::new("1")
                .source("a")
                .updated(day(1))
                .value("email", "ann@x.org")
                .value("born", "1980-02-30"),
            Record::new("2")
                .source("a")
                .updated(day(5))
                .value("email", "ANN@x.org")
                .value("born", "1980-02-28"),
            Record::new("3").source("b").updated(day(9)).value("email", "unknown"),
            Record::new("4").source("b").value("born", "1990-05-05"),
        ];
        for row in rows {
            builder.push(row).unwrap();
        }
        let records = builder.build().unwrap();
        let all = quality(&records).unwrap();
        assert_eq!(all.len(), 6);
        let counts = |q: &FieldQuality| (q.records, q.filled, q.valid, q.distinct);
        assert_eq!(counts(&all[0]), (4, 3, 2, 1));
        assert_eq!(counts(&all[1]), (2, 2, 2, 1));
        assert_eq!(counts(&all[2]), (2, 1, 0, 0));
        assert_eq!(counts(&all[3]), (4, 3, 2, 2));
        assert_eq!(all[0].median_updated, Some(day(5)));
        assert_eq!((all[2].validity(), all[2].uniqueness()), (0.0, 0.0));
        let people = MatchParams::new().method(Method::Rules).fit(&records).unwrap().merge(&records).unwrap();
        let after = quality_of_profiles(&records, &people).unwrap();
        assert_eq!(counts(&after[0]), (3, 2, 1, 1));
        assert!(!all[0].to_string().contains("ann"));
    }
}
