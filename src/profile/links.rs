//! What people know better: records that must be one person, records that cannot be.
//!
//! What happens to a pair that has been looked at: `together` and `apart` are facts for every later merge, stronger than any
//! evidence. They name records by source and id, so they outlive a refit and a new extract. Transitivity is respected: a pair
//! declared apart whose records are tied together through a third stays together, since the ties were declared by somebody too.
//!
//! ```text
//! together (a, b), together (b, c)      {a, b, c} whatever the scores
//! apart (a, c) beside them              without effect: c is tied to a through b
//! apart (a, d)                          no group ever holds both a and d
//! ```
//!
//! # By hand
//! Records a, b, c, d with scores (a, b) 8, (b, c) 7, (a, c) 6, and d scored with nobody. Without links: {a, b, c},
//! {d}.
//! ```text
//! apart (a, b)                  (a, b) is forbidden; b and c join first at 7, a may not follow: {a}, {b, c}, {d}
//! together (c, d)               c and d first; then a with b at 8; the groups at (7 + 6 − 3) / 4 = 2.5 > 0: one person
//! together (c, d), apart (a, d) {c, d} first, a with b, and never the two groups: {a, b}, {c, d}
//! ```
//!
//! # Cost and errors
//! O(links · log links) beside the merge. A link of a record there is not is an error, named by its place in the
//! list and not by the record, since messages carry no values. The fit's own answer is not used again: with links
//! everything is scored anew.

use crate::data::Records;
use crate::error::{Error, Result};

use super::cluster::Constraints;
use super::model::{Compared, MatchModel, decide};
use super::prepare::Prepared;
use super::profiles::{Counts, Profiles};

/// Pairs of records, by source and id, about which somebody has decided: must-links and cannot-links.
///
/// Must-links come first, whatever the evidence; groups that hold a cannot-link never join. A pair that is declared both,
/// directly or through others, is together.
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, Records};
/// use regulars::profile::{Links, MatchParams};
///
/// let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
/// let mut builder = Records::builder(fields)?;
/// builder.push(Record::new("1").value("name", "Ann Lee").value("email", "ann.lee@x.org"))?;
/// builder.push(Record::new("2").value("name", "Ann Lee").value("email", "ann.lee@x.org"))?;
/// builder.push(Record::new("3").value("name", "Bob Fox").value("email", "bob.fox@y.org"))?;
/// let records = builder.build()?;
/// let model = MatchParams::new().fit(&records)?;
/// assert_eq!(model.merge(&records)?.labels(), [0, 0, 1]);
///
/// let links = Links::new().apart(("", "1"), ("", "2")).together(("", "1"), ("", "3"));
/// assert_eq!(model.merge_with(&records, &links)?.labels(), [0, 1, 0]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Links {
    together: Vec<[(String, String); 2]>,
    apart: Vec<[(String, String); 2]>,
}

/// Prints counts.
impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Links({} together, {} apart)", self.together.len(), self.apart.len())
    }
}

fn named(a: (&str, &str), b: (&str, &str)) -> [(String, String); 2] {
    [a, b].map(|(source, id)| (source.to_owned(), id.to_owned()))
}

impl Links {
    /// No decision yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Two records, by source and id, that are one person.
    pub fn together(mut self, a: (&str, &str), b: (&str, &str)) -> Self {
        self.together.push(named(a, b));
        self
    }

    /// Two records, by source and id, that are different people.
    pub fn apart(mut self, a: (&str, &str), b: (&str, &str)) -> Self {
        self.apart.push(named(a, b));
        self
    }

    /// The pairs as rows: together, apart.
    pub(super) fn rows(&self, records: &Records) -> Result<(RowPairs, RowPairs)> {
        Ok((rows(records, &self.together)?, rows(records, &self.apart)?))
    }
}

/// Pairs of rows, the smaller first, ascending.
type RowPairs = Vec<(u32, u32)>;

/// The rows of the pairs, the smaller first, ascending.
///
/// Sorted and without repetition, as the cluster's look-up by halving needs them.
fn rows(records: &Records, pairs: &[[(String, String); 2]]) -> Result<RowPairs> {
    let mut list = Vec::with_capacity(pairs.len());
    for (i, pair) in pairs.iter().enumerate() {
        let [a, b] = [&pair[0], &pair[1]].map(|(source, id)| records.row_of(source, id));
        let (Some(a), Some(b)) = (a, b) else {
            return Err(Error::input(format!("link {}: there is no record of that source and id", i + 1)));
        };
        let number = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        if a == b {
            return Err(Error::input(format!("link {}: expected two different records", i + 1)));
        }
        list.push((number(a.min(b)), number(a.max(b))));
    }
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

impl MatchModel {
    /// Sorts records into profiles as [`merge`](Self::merge) does, under must-links and cannot-links.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a link of a record there is not, or for a model that goes by
    /// rules; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit.
    pub fn merge_with(&self, records: &Records, links: &Links) -> Result<Profiles> {
        self.check_fields(records)?;
        let weights = self.weights.as_ref();
        let weights = weights.ok_or_else(|| Error::input("rules take no links; make an index or a model"))?;
        let (together, apart) = links.rows(records)?;
        let normaliser = self.params.normaliser.settled(records)?;
        let prepared = Prepared::new(records, normaliser)?;
        let table = Compared::new(&prepared, &self.params);
        let constraints = Constraints { together: &together, apart: &apart, ..Constraints::default() };
        let roots = decide(&prepared, &self.params, weights, &table, constraints);
        let mut profiles = Profiles::from_roots(records, normaliser, &roots);
        profiles.counts = Counts { pairs_scored: table.count };
        Ok(profiles.with_threshold(self.threshold()))
    }
}
