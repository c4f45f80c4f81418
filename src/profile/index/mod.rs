//! `ProfileIndex`: profiles that live. Records come, change and go one at a time; who is who stays known.
//!
//! # When to use it, and when not
//! Where records arrive all day and each must find its person at once, where a merge must be explained, undone or
//! forgotten. For one table of records, [`MatchModel::merge`] is faster and reports more.
//!
//! # What is frozen, what lives
//! An index is made from one fitted model and the records it starts with. Weights, threshold, blocking keys, their limits
//! and the counts of values are frozen. So the score of a pair is a function of the two records, and the partition is a
//! function of the set of records and constraints: **streamed or in a batch, in whatever order, the profiles are the
//! same**. A refit is an explicit step: fit again, make an index of the same records, and compare
//! [`profiles`](ProfileIndex::profiles).
//!
//! - Two records are compared when they share a blocking key that at most 96 records have; a key that more share is
//!   closed until enough of them are gone.
//! - Components of records joined by scores above the threshold are cut by average linkage, each by itself, its records in
//!   the order of (source, id).
//! - A component above [`IndexParams::largest`] records is first taken apart: the bar for a pair to hold two records
//!   together rises by 2 nats at a time until no part is larger.
//!
//! # Names of profiles
//! A [`ProfileId`] is derived from source and id of the profile's smallest record, in the order of (source, id). When two
//! profiles merge, the id with the smaller first record survives; when one comes apart, the part with that record keeps
//! it; a rebuild gives the same ids; an id changes when its first record leaves, or when a smaller one joins. Each
//! [`Change`] says which ids went and which came.
//!
//! # Merging and unmerging by hand
//! [`merge`](ProfileIndex::merge) declares two records to be of one person, [`unmerge`](ProfileIndex::unmerge) of two; the
//! last word counts, and both outlive whatever comes. No value is ever overwritten, so undoing is exact.
//!
//! # Vetoes
//! [`MatchParams::veto`](super::MatchParams::veto) binds an index as it binds a merge: no profile holds two records
//! that differ in a vetoed kind, also where only a third record ties them. Whether two records do is a function of
//! the two, so order still does not matter. By hand, birth dates vetoed: a (1980-01-01) and b (no date) score 8, b
//! and c (1991-07-07) score 6. They are {a, b}, {c}; when a leaves, {b, c}; when a comes back, {a, b}, {c} again. A
//! [`merge`](ProfileIndex::merge) by hand comes before a veto.
//!
//! # Audit and forgetting
//! Every change is appended to an audit whose events are chained by digests ([`verify`](ProfileIndex::verify)) and
//! [`replay`](ProfileIndex::replay) to any point. [`forget`](ProfileIndex::forget) takes a person's records out, overwrites
//! their values in the audit and leaves the chain whole: the same history, with that person absent. What the index keeps
//! of values that are gone is how many people had them, under keyed hashes. A file saved before is cleaned by
//! [`IndexSnapshot::catch_up`].
//!
//! # Complexity
//! `upsert`, `remove`: O(passes + candidates + component), independent of the number of records; an upsert with the values
//! that a record has already: O(values). Memory some 1.2 KB a record of eight fields: its values and its line of the audit, and
//! about 27 bytes for each blocking key. Making an index: as a merge and an upsert of every record.
//!
//! # Errors
//! [`InvalidInput`](crate::ErrorKind::InvalidInput) for records, profiles or points that there are not.
//!
//! # Example
//! ```
//! use regulars::data::{Field, FieldKind, Record, Records};
//! use regulars::profile::{IndexParams, MatchParams};
//!
//! let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
//! let mut builder = Records::builder(fields)?;
//! builder.push(Record::new("1").source("crm").value("name", "Ann Lee").value("email", "ann.lee@x.org"))?;
//! builder.push(Record::new("2").source("crm").value("name", "Bob Fox").value("email", "bob.fox@y.org"))?;
//! let records = builder.build()?;
//! let model = MatchParams::new().fit(&records)?;
//! let mut index = IndexParams::new().key([7; 32]).fit(&model, &records)?;
//!
//! let ann = Record::new("9").source("web").value("name", "Ann Lee").value("email", "Ann.Lee@x.org");
//! assert_eq!(index.who(&ann)?[0].profile, index.profile_of("crm", "1").unwrap());
//! let change = index.upsert(&ann)?;
//! assert_eq!(index.records_of(change.profile.unwrap()).len(), 2);
//!
//! index.unmerge(("crm", "1"), ("web", "9"))?;
//! assert_ne!(index.profile_of("crm", "1"), index.profile_of("web", "9"));
//! index.forget(index.profile_of("web", "9").unwrap())?;
//! assert_eq!(index.len(), 2);
//! index.verify()?;
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # What a change costs, by hand
//! Measured on a million records of eight fields: 20 passes, of which a record has the columns of 13; 13 blocks that
//! hold 26 rows, of 5 or 6 different records; 4 of them are scored, and a component of four is solved. 15 µs in
//! all: 7 for normal forms, keyed hashes and the audit, which every upsert pays, the rest for blocks, scores and
//! partition. None of it grows with the table, since blocks of more than 96 records are closed and components are cut
//! at [`IndexParams::largest`].
//!
//! # What differs from a batch merge
//! | | [`MatchModel::merge`] | index |
//! |---|---|---|
//! | candidates | all passes a budget allows; large blocks searched along their order | at most 20 passes; large blocks closed |
//! | counts of values | of these records, by record, then by profile | of the records of the fit, by profile |
//! | rounds | two | one, with the last weights |
//!
//! So the profiles of an index are mostly those of a merge, and need not be. What is promised is that an index
//! built by streaming, in bulk, by replay or from a file holds the same profiles as any other of the same records.
//!
//! # Calibration over time
//! Weights and counts are of the day of the fit. Shares of slips change slowly; counts do when a source with other
//! people comes in: a surname that was rare keeps its old weight, and looks rarer than it is. Refit when the table
//! has grown by half, or when a source is added.
//!
//! # Determinism
//! Maps are never walked in their own order where it could show; profiles and their records are told in ascending
//! order.
//!
//! # The life of a record
//! | step | profile | audit | what is kept of it |
//! |---|---|---|---|
//! | [`who`](ProfileIndex::who) | asked about, not joined | nothing | nothing |
//! | [`upsert`](ProfileIndex::upsert) | in one, which may change with every later record | its values, sealed | all |
//! | upsert again | by the new values | the new values behind the old | all, old values in the audit |
//! | [`remove`](ProfileIndex::remove) | none | that it was removed | its values, in the audit |
//! | [`forget`](ProfileIndex::forget) | none | that it was forgotten | a number, and digests of what is gone |
//!
//! # Who can see what
//! | somebody has | and learns |
//! |---|---|
//! | the index in memory | everything |
//! | a saved file | values of all records that are not forgotten, who was declared what, in which order |
//! | a saved file, of a record forgotten before it was saved | that record number so and so came and was forgotten |
//! | the audit's events alone | how many records came and went |

mod blocks;
mod frozen;
mod live;
mod log;
mod making;
mod numbers;
mod partition;
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "serde")]
mod wire;

use std::fmt;

use crate::data::{Record, Records};
use crate::error::{Error, Result};
use crate::profile::explain::{Explanation, explanation};
use crate::profile::model::MatchModel;
use crate::profile::profiles::ProfileId;
use crate::types::Probability;

use blocks::Search;
use frozen::Frozen;
use live::{Live, tie, untie};
pub use log::{Action, AuditEvent};
use log::{Log, Stored};
use table::Table;

/// Settings of an index.
///
/// ```
/// use regulars::profile::IndexParams;
/// let params = IndexParams::new().key([42; 32]).largest(100);
/// assert!(params.check().is_ok());
/// assert!(params.largest(1).check().is_err());
/// assert!(IndexParams::new().check().is_err()); // without a key
/// ```
///
/// The key is 32 bytes, from a generator of random numbers, and has to be given; `largest` is in records.
#[derive(Clone, Copy)]
#[must_use]
pub struct IndexParams {
    pub(super) key: [u8; 32],
    pub(super) largest: u32,
}

impl Default for IndexParams {
    fn default() -> Self {
        Self { key: [0; 32], largest: 200 }
    }
}

/// Hides the key.
impl fmt::Debug for IndexParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexParams(largest {})", self.largest)
    }
}

impl IndexParams {
    /// Parts of at most 200 records; the [`key`](Self::key) is still to be given.
    pub fn new() -> Self {
        Self::default()
    }

    /// The secret under which values are hashed and audit blocks are salted; all zeros are no secret, and refused. Keep it
    /// apart from saved files, and who has only a file cannot tell from a hash what was there. It is never saved.
    pub fn key(mut self, key: [u8; 32]) -> Self {
        self.key = key;
        self
    }

    /// The component size above which weak ties are cut first. The default, 200, is far above what one person has.
    pub fn largest(mut self, records: u32) -> Self {
        self.largest = records;
        self
    }

    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a largest component below 2, and for no key or one of zeros.
    pub fn check(&self) -> Result<()> {
        secret(&self.key)?;
        self.check_size()
    }

    /// The part of [`check`](Self::check) that a saved index is held against.
    fn check_size(&self) -> Result<()> {
        if self.largest < 2 {
            return Err(Error::param("largest", "must be at least 2", self.largest));
        }
        Ok(())
    }

    /// An index of these records, which are usually those the model was fitted to.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than
    /// those of the model; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a model that goes by rules.
    pub fn fit(self, model: &MatchModel, records: &Records) -> Result<ProfileIndex> {
        self.check()?;
        ProfileIndex::of_records(model, self, records)
    }
}

/// A key of zeros is what a caller has who forgot to give one.
pub(super) fn secret(key: &[u8; 32]) -> Result<()> {
    if *key == [0; 32] {
        // The value is not quoted: nothing of a key is ever shown.
        return Err(Error::param("key", "must be a secret of 32 bytes, not zeros", "zeros"));
    }
    Ok(())
}

/// What a saved index keeps of its key: enough to tell another one, nothing to find this one by.
fn key_digest(key: &[u8; 32]) -> blake3::Hash {
    blake3::keyed_hash(key, b"regulars: the key of a profile index")
}

/// What an upsert, removal, merge or unmerge did to the profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The profile the record is in now; `None` after a removal.
    pub profile: Option<ProfileId>,
    /// Profiles there are no more: merged into another, or without records. Ascending.
    pub gone: Vec<ProfileId>,
    /// Profiles there were not before. Ascending.
    pub new: Vec<ProfileId>,
}

/// A profile that a record may belong to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Candidate {
    /// The profile.
    pub profile: ProfileId,
    /// Probability that the record and the profile's most similar record are of one person.
    pub probability: Probability,
}

/// Profiles that live.
///
/// `Debug` prints counts.
pub struct ProfileIndex {
    pub(super) model: MatchModel,
    pub(super) params: IndexParams,
    frozen: Frozen,
    live: Live,
    search: Search,
    log: Log,
    /// By keyed hash of source and id: the number of the record in the audit, whether it is there or removed.
    numbers: Table<u32>,
    /// Of the columns, as explanations call them.
    names: Vec<String>,
}

impl fmt::Debug for ProfileIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ProfileIndex({} records, {} profiles, {} events)",
            self.len(),
            self.profile_count(),
            self.log.len()
        )
    }
}

impl ProfileIndex {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of profiles.
    pub fn profile_count(&self) -> usize {
        self.live.profiles
    }

    /// All profiles, ascending by id.
    pub fn profiles(&self) -> Vec<ProfileId> {
        let mut ids: Vec<ProfileId> = self.live.ids().collect();
        ids.sort_unstable();
        ids
    }

    /// The profile of a record.
    pub fn profile_of(&self, source: &str, id: &str) -> Option<ProfileId> {
        self.live.row_of(source, id).map(|row| self.live.profile_of(row))
    }

    /// Source and id of the records of a profile, ascending; none for a profile there is not.
    pub fn records_of(&self, profile: ProfileId) -> Vec<(&str, &str)> {
        self.live.members(profile).filter_map(|row| self.live.name(row)).collect()
    }

    /// Blocking keys that too many records share at present, and the records of the commonest of them.
    ///
    /// Records that share nothing but closed keys are not compared. Where the number of closed keys grows with the
    /// table, a refit chooses finer ones.
    pub fn closed_keys(&self) -> (usize, u32) {
        self.live.closed_blocks()
    }

    /// Values are trimmed and blank ones left out, as at the records' door.
    fn store<'r>(&self, record: &'r Record<'_>) -> Result<Stored<'r>> {
        let (source, id, day) = record.name();
        let mut values = Vec::with_capacity(record.pairs().len());
        for (name, value) in record.pairs() {
            let field = self.model.fields.iter().position(|f| f.name() == *name);
            let field = field.and_then(|f| u8::try_from(f).ok());
            let field = field
                .ok_or_else(|| Error::param("field", "must be a field of the model", format!("`{name}`")))?;
            let value = value.trim();
            if !value.is_empty() {
                values.push((field, value));
            }
        }
        Ok(Stored { source, id, day: day.map(crate::types::Day::days_since_epoch), values })
    }

    /// Adds a record, or replaces the values of the one with its source and id.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a value of a field the model does not have;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that was made to be taken for
    /// another record's, or a date that could be two days where neither the model's settings nor
    /// its records say which.
    ///
    /// All values are replaced, those of fields not given by nothing. Declared merges and unmerges of the record
    /// stay. The event is in the audit even where nothing changed. O(passes + candidates + component).
    pub fn upsert(&mut self, record: &Record<'_>) -> Result<Change> {
        let stored = self.store(record)?;
        self.live.check_name(stored.source, &stored.id)?;
        let row = self.place(&stored)?;
        let hash = self.name_hash(stored.source, &stored.id);
        let number = self.numbers.get(hash).unwrap_or_else(|| self.log.new_record());
        *self.numbers.entry(hash) = number;
        let event = AuditEvent { action: Action::Upsert, record: number, other: number };
        self.log.push(event, Some(&stored), &self.params.key);
        let mut seeds = Vec::new();
        let Some(known) = self.live.row_of(stored.source, &stored.id) else {
            self.live.enter(row, &stored.id, number, &mut self.search, &mut seeds);
            let (gone, new) = self.live.partition(&seeds);
            return Ok(Change { profile: Some(self.live.profile_of(row)), gone, new });
        };
        let was = self.live.profile_of(known);
        if self.live.alike(known, row) {
            // Profiles are a function of the values.
            self.live.vacate(row);
            return Ok(Change { profile: Some(was), ..Change::default() });
        }
        self.live.renew(known, row, &mut self.search, &mut seeds);
        let change = self.settle(was, &seeds);
        Ok(Change { profile: Some(self.live.profile_of(known)), ..change })
    }

    /// Gives a record a row, in no block yet.
    fn place(&mut self, stored: &Stored<'_>) -> Result<u32> {
        self.live.place(stored, &self.frozen, &self.model.fields, self.model.params.normaliser)
    }

    /// The keyed hash of a record's name, under which its number in the audit is found again.
    fn name_hash(&self, source: &str, id: &str) -> u64 {
        let length = u32::try_from(source.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.frozen.hash(usize::MAX, &[&length[..], source.as_bytes(), id.as_bytes()].concat())
    }

    /// Adds or replaces many records. The result is that of one upsert after the other.
    ///
    /// # Errors
    /// As [`upsert`](Self::upsert), for the first record that is wrong; those before it are in.
    pub fn upsert_all<'r>(&mut self, records: impl IntoIterator<Item = Record<'r>>) -> Result<usize> {
        let mut count = 0;
        for record in records {
            self.upsert(&record)?;
            count += 1;
        }
        Ok(count)
    }

    fn row(&self, source: &str, id: &str) -> Result<u32> {
        self.live.row_of(source, id).ok_or_else(|| Error::input("there is no record of that source and id"))
    }

    /// Takes a record out. Its values stay in the audit, so that a replay finds it; [`forget`](Self::forget) erases them.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a record there is not.
    pub fn remove(&mut self, source: &str, id: &str) -> Result<Change> {
        let row = self.row(source, id)?;
        let record = self.live.record[row as usize];
        let was = self.live.profile_of(row);
        let mut seeds = Vec::new();
        self.live.leave(row, &mut self.search, &mut seeds);
        self.log.push(AuditEvent { action: Action::Remove, record, other: record }, None, &self.params.key);
        Ok(self.settle(was, &seeds))
    }

    /// Partitions anew around a record that was in a profile before.
    ///
    /// A profile counts as gone where nobody has its id any more, and as new where nobody had it before; one that
    /// lost or won records is neither.
    fn settle(&mut self, was: ProfileId, seeds: &[u32]) -> Change {
        let (mut gone, mut new) = self.live.partition(seeds);
        // It may have lost its last record, or its name, or have come back under it.
        if self.live.members(was).next().is_none() && !gone.contains(&was) {
            gone.push(was);
            gone.sort_unstable();
        }
        new.retain(|id| *id != was);
        Change { profile: None, gone, new }
    }

    /// Who is this? The profiles a record may belong to, the likeliest first; the record is not stored and leaves no
    /// trace. Empty where nobody comes near.
    ///
    /// It needs `&mut self` because the record's values are numbered while it is looked at.
    ///
    /// # Errors
    /// As [`upsert`](Self::upsert).
    ///
    /// A profile is told with its best record's probability, from −6 nats (p = 0.0025) up. Counts and λ are as for
    /// a record that is in; the answer is what an [`upsert`](Self::upsert) would weigh, not what it would decide,
    /// which is by means over whole profiles.
    pub fn who(&mut self, record: &Record<'_>) -> Result<Vec<Candidate>> {
        let stored = self.store(record)?;
        let row = self.place(&stored)?;
        let near = self.live.neighbours(row, false, &mut self.search);
        self.live.vacate(row);
        self.search.wipe();
        let mut best: Vec<(ProfileId, f32)> =
            near.iter().map(|(r, s)| (self.live.profile_of(*r), *s)).collect();
        best.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(y.1.total_cmp(&x.1)));
        best.dedup_by_key(|(id, _)| *id);
        best.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        best.into_iter()
            .map(|(profile, score)| {
                Ok(Candidate { profile, probability: Probability::from_log_odds(f64::from(score))? })
            })
            .collect()
    }

    /// Why two records count as one person, or do not; whether they do or not.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for records there are not, or one record twice.
    pub fn explain(&self, a: (&str, &str), b: (&str, &str)) -> Result<Explanation> {
        let (x, y) = (self.row(a.0, a.1)?, self.row(b.0, b.1)?);
        let weights = self.model.weights.as_ref().filter(|_| x != y);
        let weights = weights.ok_or_else(|| Error::input("expected two different records"))?;
        let pair = if a <= b { [x, y] } else { [y, x] };
        let pair = pair.map(|row| row as usize);
        explanation(weights, &self.live.prepared, &self.live.frequencies, &self.names, pair, 2)
    }

    /// Declares two records to be of one person, until an [`unmerge`](Self::unmerge) of the same two says otherwise.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for records there are not, or one record twice.
    pub fn merge(&mut self, a: (&str, &str), b: (&str, &str)) -> Result<Change> {
        self.declare(a, b, Action::Merge)
    }

    /// Declares two records to be of different people. It is remembered: they stay apart whatever comes, until a
    /// [`merge`](Self::merge) of the same two says otherwise.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for records there are not, or one record twice.
    pub fn unmerge(&mut self, a: (&str, &str), b: (&str, &str)) -> Result<Change> {
        self.declare(a, b, Action::Unmerge)
    }

    /// The last word counts: a tie of the other sort between the same two goes. O(component of both).
    fn declare(&mut self, a: (&str, &str), b: (&str, &str), action: Action) -> Result<Change> {
        let (x, y) = (self.row(a.0, a.1)?, self.row(b.0, b.1)?);
        if x == y {
            return Err(Error::input("expected two different records"));
        }
        let (record, other) = (self.live.record[x as usize], self.live.record[y as usize]);
        self.log.push(AuditEvent { action, record, other }, None, &self.params.key);
        let (on, off) = match action {
            Action::Merge => (&mut self.live.together, &mut self.live.apart),
            _ => (&mut self.live.apart, &mut self.live.together),
        };
        untie(off, x, y);
        tie(on, x, y);
        let (gone, new) = self.live.partition(&[x, y]);
        Ok(Change { profile: Some(self.live.profile_of(x)), gone, new })
    }

    /// Erases a person: the records of a profile leave the index, and every value they ever had is overwritten in the
    /// audit. The audit still says that records came and were forgotten, by number, and still [verifies](Self::verify).
    ///
    /// Returns how many records went.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a profile there is not.
    ///
    /// O(events) for each record. What stays are digests of salted values, numbers of records, and counts under
    /// keyed hashes. Saved files and backups are the caller's to clean, with [`IndexSnapshot::catch_up`].
    pub fn forget(&mut self, profile: ProfileId) -> Result<usize> {
        let rows: Vec<u32> = self.live.members(profile).collect();
        if rows.is_empty() {
            return Err(Error::input("there is no profile of that id"));
        }
        let mut seeds = Vec::new();
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some((source, id)) = self.live.name(*row) {
                let hash = self.name_hash(source, id);
                self.numbers.remove(hash);
            }
            records.push(self.live.record[*row as usize]);
            self.live.leave(*row, &mut self.search, &mut seeds);
        }
        for record in &records {
            self.erase(*record);
        }
        seeds.retain(|row| !rows.contains(row));
        self.live.partition(&seeds);
        Ok(rows.len())
    }

    /// Erases one record, whether it is still there or has been removed.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a record that never came or has been forgotten already.
    pub fn forget_record(&mut self, source: &str, id: &str) -> Result<()> {
        let hash = self.name_hash(source, id);
        let record = self.numbers.remove(hash);
        let record = record.ok_or_else(|| Error::input("there is no record of that source and id"))?;
        if let Some(row) = self.live.row_of(source, id) {
            let mut seeds = Vec::new();
            self.live.leave(row, &mut self.search, &mut seeds);
            self.live.partition(&seeds);
        }
        self.erase(record);
        Ok(())
    }

    /// Values first, then the event that says so: an audit never claims a forgetting that has not happened.
    fn erase(&mut self, record: u32) {
        self.search.wipe();
        self.log.erase(record);
        self.log.push(AuditEvent { action: Action::Forget, record, other: record }, None, &self.params.key);
    }

    /// The audit, the oldest event first.
    pub fn audit(&self) -> &[AuditEvent] {
        &self.log.events
    }

    /// Checks that the audit is whole: every event follows from those before, every value that has not been erased is as
    /// recorded.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the first event that is not.
    pub fn verify(&self) -> Result<()> {
        self.log.verify()
    }

    /// The index as it was after so many events of the audit; who has been forgotten since is absent.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more events than there are.
    ///
    /// O(events + records), as opening a saved index. Frozen counts are those of today, so what is replayed is who
    /// was in and what was declared.
    pub fn replay(&self, events: usize) -> Result<Self> {
        let log = self.log.prefix(events).ok_or_else(|| {
            Error::input(format!("the audit has {} events, fewer than {events}", self.log.len()))
        })?;
        let mut index = Self::empty(self.model.clone(), self.params, self.frozen.clone())?;
        index.log = log;
        index.rebuild()?;
        Ok(index)
    }

    /// The index as it is saved: the model, the frozen counts and the audit, without the key but with a digest under it.
    ///
    /// It holds the records' values, in the audit, as they were given: a file of it is personal data and wants the
    /// same protection as the records.
    pub fn snapshot(&self) -> IndexSnapshot {
        let mut frozen = self.frozen.clone();
        frozen.key = [0; 32];
        IndexSnapshot {
            model: self.model.clone(),
            largest: self.params.largest,
            frozen,
            log: self.log.clone(),
            key: Some(key_digest(&self.params.key)),
        }
    }
}

/// A saved index. It holds no key: [`open`](Self::open) takes it.
///
/// It holds a digest under the key, by which another key is refused. A snapshot of format version 1 has no such digest:
/// it opens with whatever key is given, as it did, and with a wrong one the counts of values are not found and people
/// are merged who are none. Open it with its key, and save it again.
///
/// ```
/// use regulars::profile::{IndexParams, IndexSnapshot, MatchParams};
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let records = ShopParams::new(60, Seed(7)).simulate()?.records()?;
/// let model = MatchParams::new().fit(&records)?;
/// let index = IndexParams::new().key([1; 32]).fit(&model, &records)?;
/// # #[cfg(feature = "serde")] {
/// let mut file = Vec::new();
/// regulars::persist::write(&mut file, &index.snapshot())?;
/// let loaded: IndexSnapshot = regulars::persist::read(&file[..])?;
/// let error = loaded.clone().open([2; 32]).unwrap_err();
/// assert_eq!(error.kind(), regulars::ErrorKind::IncompatibleModel);
/// assert_eq!(loaded.open([1; 32])?.profiles(), index.profiles());
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct IndexSnapshot {
    model: MatchModel,
    largest: u32,
    frozen: Frozen,
    log: Log,
    /// Absent in snapshots of format version 1.
    key: Option<blake3::Hash>,
}

/// Prints counts.
impl fmt::Debug for IndexSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexSnapshot({} events)", self.log.len())
    }
}

impl IndexSnapshot {
    /// The living index. The key must be the one of [`IndexParams::key`].
    ///
    /// # Errors
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for another key than the one it was saved under;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a snapshot of a model that goes by rules.
    pub fn open(self, key: [u8; 32]) -> Result<ProfileIndex> {
        // Zeros are refused where an index is made; one that was made with them before they were still opens.
        let params = IndexParams { key, largest: self.largest };
        params.check_size()?;
        if self.key.is_some_and(|digest| digest != key_digest(&key)) {
            let message = "the index was saved under another key";
            return Err(Error::new(crate::ErrorKind::IncompatibleModel, None, message));
        }
        let frozen = Frozen { key, ..self.frozen };
        let mut index = ProfileIndex::empty(self.model, params, frozen)?;
        index.log = self.log;
        index.rebuild()?;
        Ok(index)
    }

    /// Erases from an older snapshot everyone whom the index has forgotten since.
    ///
    /// Returns how many records' values were overwritten.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a snapshot of another index, whose records have other numbers.
    pub fn catch_up(&mut self, index: &ProfileIndex) -> Result<usize> {
        let shared = self.log.events.len().min(index.log.events.len());
        let same = self.log.events[..shared] == index.log.events[..shared]
            && self.log.digests[..shared] == index.log.digests[..shared];
        if !same {
            return Err(Error::input("the snapshot is not one of this index"));
        }
        let forgotten = index.log.events.iter().filter(|e| e.action == Action::Forget);
        let forgotten: std::collections::BTreeSet<u32> = forgotten.map(|e| e.record).collect();
        for record in &forgotten {
            self.log.erase(*record);
        }
        Ok(forgotten.len())
    }
}
