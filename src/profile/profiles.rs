//! `Profiles`: who is who.
//!
//! A partition of the rows, with a lasting name for each part. Look-ups by row and by number are O(1), by name
//! O(log profiles); the map of accounts is made when it is first asked for, O(records). Memory: about 20 bytes a
//! record and 12 a profile.
//!
//! # Numbers and names
//! A number (0, 1, ...) is a place in this result: it counts profiles by first row and changes with the table. A
//! [`ProfileId`] is made of source and id of one record and outlives the run; keep that one. Two profiles of
//! different first records get one id with chance 2⁻⁶⁴ a pair: among ten million profiles 5 · 10¹³ / 2⁶⁴, about 3
//! in a million for any collision at all. Where it happens, ids are moved on by one in ascending order, so that
//! they stay different.
//!
//! # By hand
//! Rows 0 to 4 with roots 0, 1, 0, 3, 1:
//! ```text
//! labels    0 1 0 2 1
//! profiles  0: rows 0, 2     1: rows 1, 4     2: row 3
//! starts    0, 2, 4, 5       members 0 2 1 4 3
//! ```
//!
//! # Determinism and errors
//! A function of records and roots. Asking for a row, profile, id or account there is not gives `None` or nothing;
//! only other records than those merged, told by their number, are an error where a function takes both.
//!
//! # When a name changes
//! | what happens to a profile | its id |
//! |---|---|
//! | a record joins that is not the smallest by (source, id) | stays |
//! | a smaller record joins | becomes that of the smaller one |
//! | its smallest record leaves or is split off | goes with that record; the rest has a new one |
//! | two profiles merge | that of the smaller first record stays, the other goes |
//! | nothing, but the table is sorted otherwise or fitted anew | stays |
//!
//! So keep a history by record (source and id), which never changes, and use profile ids to look up and to report.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use hashbrown::HashMap;

use crate::data::{FieldKind, NONE, Records};
use crate::error::{Error, Result};
use crate::types::{Key, Probability};

use super::normalise::{Normaliser, hash_of};

/// A name for a profile that outlives the run: sixteen hexadecimal digits.
///
/// It is derived from source and id of the profile's first record (the smallest source, then id, by code point). So a
/// rebuild over the same records gives the same id; a profile keeps its id while that record stays in it; when two
/// profiles merge, the id of the one with the smaller first record survives; when one comes apart, the part with that
/// record keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(u64);

impl ProfileId {
    /// The id of the profile whose first record has this source and id.
    pub(crate) fn of(source: &str, id: &str) -> Self {
        Self(hash_of(source).rotate_left(1) ^ hash_of(id))
    }

    /// The number behind the digits; `ProfileId::from` makes the id of it again.
    pub fn get(self) -> u64 {
        self.0
    }
}

/// The id with that number, as it was stored.
impl From<u64> for ProfileId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// Reads the sixteen hexadecimal digits that are printed.
///
/// ```
/// use regulars::profile::ProfileId;
/// use regulars::types::Key;
///
/// let id: ProfileId = "00c56f1a0e3b9d42".parse()?; // from the address of a request, for instance
/// assert_eq!(id, ProfileId::from(0x00c5_6f1a_0e3b_9d42));
/// assert_eq!(Key::from(id).to_string(), id.to_string());
/// assert!("c56f1a0e3b9d42".parse::<ProfileId>().is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything but sixteen digits.
impl FromStr for ProfileId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u64::from_str_radix(text, 16) {
            Ok(number) if is_id => Ok(Self(number)),
            _ => Err(Error::input("expected a profile id: sixteen hexadecimal digits")),
        }
    }
}

/// The key of the digits that are printed, so that a ledger of people and a list of profiles show
/// one name.
impl From<ProfileId> for Key<'_> {
    fn from(id: ProfileId) -> Self {
        Key::from(id.to_string())
    }
}

/// The sixteen digits, since numbers of 64 bits do not survive every reader of JSON.
#[cfg(feature = "serde")]
impl serde::Serialize for ProfileId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The sixteen digits.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ProfileId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProfileId({self})")
    }
}

/// The profiles of a table of records: a partition of its rows.
///
/// Profiles are numbered from 0 in the order of their first rows.
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, Records};
/// use regulars::profile::MatchParams;
///
/// let mut builder = Records::builder([
///     Field::new("account", FieldKind::CustomerAccount),
///     Field::new("email", FieldKind::Email),
/// ])?;
/// builder.push(Record::new("1").value("account", "A-1").value("email", "ann@x.org"))?;
/// builder.push(Record::new("2").value("account", "A-2").value("email", " ANN@x.org"))?;
/// builder.push(Record::new("3").value("account", "A-3").value("email", "bob@x.org"))?;
/// let records = builder.build()?;
///
/// let people = MatchParams::new().fit(&records)?.merge(&records)?;
/// assert_eq!(people.len(), 2);
/// assert_eq!(people.profile_of_account("A-2"), people.profile_of_account("a-1"));
/// assert_eq!(people.records_of(0), [0, 1]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Profiles {
    of_row: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<u32>,
    ids: Vec<ProfileId>,
    /// Profiles in ascending order of their ids.
    by_id: Vec<u32>,
    /// Hashes of accounts with their profiles, and the map of them, made when first asked.
    accounts: Vec<(u64, u32)>,
    found: OnceLock<HashMap<u64, u32>>,
    pub(super) normaliser: Normaliser,
    has_accounts: bool,
    threshold: Option<Probability>,
    pub(crate) counts: Counts,
}

/// A profile and its rows in the table of records.
#[cfg(feature = "serde")]
#[derive(serde::Serialize)]
struct Listed<'a> {
    id: ProfileId,
    records: &'a [u32],
}

/// A list of objects of `id` and `records`, the rows of the table of records from 0.
#[cfg(feature = "serde")]
impl serde::Serialize for Profiles {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let listed =
            |(profile, id): (usize, &ProfileId)| Listed { id: *id, records: self.records_of(profile) };
        to.collect_seq(self.ids.iter().enumerate().map(listed))
    }
}

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) pairs_scored: u64,
}

impl Profiles {
    /// Profiles from the root of each row.
    ///
    /// A counting sort of rows by profile: O(rows), and a pass over the accounts.
    pub(crate) fn from_roots(records: &Records, normaliser: Normaliser, roots: &[u32]) -> Self {
        let mut of_root = vec![NONE; roots.len()];
        let mut sizes: Vec<u32> = Vec::new();
        let mut of_row = Vec::with_capacity(roots.len());
        for root in roots {
            let slot = &mut of_root[*root as usize];
            if *slot == NONE {
                *slot = u32::try_from(sizes.len()).unwrap_or(NONE);
                sizes.push(0);
            }
            sizes[*slot as usize] += 1;
            of_row.push(*slot);
        }
        let mut starts = Vec::with_capacity(sizes.len() + 1);
        let mut total = 0;
        for size in &sizes {
            starts.push(total);
            total += size;
        }
        starts.push(total);
        let mut next = starts.clone();
        let mut members = vec![0; roots.len()];
        for (row, profile) in (0_u32..).zip(&of_row) {
            members[next[*profile as usize] as usize] = row;
            next[*profile as usize] += 1;
        }
        let mut profiles = Self {
            of_row,
            starts,
            members,
            ids: Vec::new(),
            by_id: Vec::new(),
            accounts: Vec::new(),
            found: OnceLock::new(),
            normaliser,
            has_accounts: false,
            threshold: None,
            counts: Counts::default(),
        };
        profiles.name(records);
        profiles.index_accounts(records);
        profiles
    }

    pub(crate) fn with_threshold(mut self, threshold: Option<Probability>) -> Self {
        self.threshold = threshold;
        self
    }

    /// The first record of a profile is the smallest by (source, id); O(rows) comparisons of texts and a sort of
    /// the ids.
    fn name(&mut self, records: &Records) {
        let key = |row: &u32| {
            let row = *row as usize;
            (records.source_name(row).unwrap_or(""), records.id(row).unwrap_or(""))
        };
        let mut order = Vec::with_capacity(self.starts.len());
        for (profile, number) in (0..self.starts.len().saturating_sub(1)).zip(0_u32..) {
            let rows = self.records_of(profile);
            let first =
                rows.iter().skip(1).fold(rows.first().map(key), |least, row| least.min(Some(key(row))));
            let (source, id) = first.unwrap_or(("", ""));
            order.push((ProfileId::of(source, id).0, number));
        }
        // Two first records with one number are as good as impossible, and settled by order.
        order.sort_unstable();
        for i in 1..order.len() {
            if order[i].0 <= order[i - 1].0 {
                order[i].0 = order[i - 1].0.wrapping_add(1);
            }
        }
        self.ids = vec![ProfileId(0); order.len()];
        for (id, profile) in &order {
            self.ids[*profile as usize] = ProfileId(*id);
        }
        self.by_id = order.into_iter().map(|(_, profile)| profile).collect();
    }

    /// Each distinct account is normalised and hashed once, so a look-up finds `a-1` under `A-1`. Hashes have 64
    /// bits and values are not kept.
    fn index_accounts(&mut self, records: &Records) {
        let fields: Vec<usize> = (0..records.fields().len())
            .filter(|f| records.fields()[*f].kind() == FieldKind::CustomerAccount)
            .collect();
        self.has_accounts = !fields.is_empty();
        if !self.has_accounts {
            let id = |row: usize| hash_of(records.id(row).unwrap_or(""));
            self.accounts = self.of_row.iter().enumerate().map(|(row, p)| (id(row), *p)).collect();
        }
        for field in fields {
            let column = records.column(field);
            let hash = |text: &str| {
                let normal = self.normaliser.normalise(FieldKind::CustomerAccount, text);
                normal.map(|normal| hash_of(&normal))
            };
            let hashes: Vec<Option<u64>> = column.texts.iter().map(hash).collect();
            let first = (0_u32..).zip(&column.first).map(|(row, value)| (row, *value));
            for (row, value) in first.chain(column.more.iter().copied()) {
                if let Some(hash) = hashes.get(value as usize).copied().flatten() {
                    self.accounts.push((hash, self.of_row[row as usize]));
                }
            }
        }
    }

    /// The profile of an account's hash: of several, the one with the smallest row, which has the smallest number.
    ///
    /// The map is made by the first call, O(accounts), and kept; calls from several threads are safe.
    fn account(&self, hash: u64) -> Option<u32> {
        let found = self.found.get_or_init(|| {
            let mut found = HashMap::with_capacity(self.accounts.len());
            for (hash, profile) in &self.accounts {
                found.entry(*hash).and_modify(|p: &mut u32| *p = *profile.min(p)).or_insert(*profile);
            }
            found
        });
        found.get(&hash).copied()
    }

    /// Number of profiles.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The profile of a record.
    pub fn profile_of(&self, row: usize) -> Option<usize> {
        self.of_row.get(row).map(|p| *p as usize)
    }

    /// The rows of a profile, ascending; empty for a number that is none.
    ///
    /// O(1), borrowed.
    pub fn records_of(&self, profile: usize) -> &[u32] {
        match (self.starts.get(profile), self.starts.get(profile + 1)) {
            (Some(start), Some(end)) => &self.members[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// The profile of each row.
    ///
    /// One number a row, below [`len`](Self::len); the shape that [`pairwise`](crate::metrics::pairwise) takes.
    pub fn labels(&self) -> &[u32] {
        &self.of_row
    }

    /// The lasting name of a profile.
    ///
    /// `None` for a number that is none.
    pub fn id(&self, profile: usize) -> Option<ProfileId> {
        self.ids.get(profile).copied()
    }

    /// The profile of that lasting name.
    ///
    /// O(log profiles). `None` for an id of another table, or of a profile that was merged away.
    pub fn profile_by_id(&self, id: ProfileId) -> Option<usize> {
        let place = self.by_id.binary_search_by_key(&id, |p| self.ids[*p as usize]).ok()?;
        Some(self.by_id[place] as usize)
    }

    /// The lasting name of the person an account belongs to: what turns a ledger of accounts into a ledger of people.
    ///
    /// Accounts are the values of the fields of kind [`CustomerAccount`](FieldKind::CustomerAccount); in a table without
    /// such a field, the ids of the records. Where several profiles have it, the one with the smallest row.
    pub fn profile_of_account<'k>(&self, account: impl Into<Key<'k>>) -> Option<ProfileId> {
        let key = account.into();
        let text = key.to_text();
        let found = if self.has_accounts {
            let normal = self.normaliser.normalise(FieldKind::CustomerAccount, &text)?;
            self.account(hash_of(&normal))
        } else {
            self.account(hash_of(&text))
        };
        found.map(|p| self.ids[p as usize])
    }

    /// Records in the largest profile.
    ///
    /// A quick check of a merge: far above what one person has means a shared value that nobody expected.
    pub fn largest(&self) -> usize {
        self.starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0)
    }

    /// Pairs of records that were compared.
    ///
    /// Candidates, with those that were dropped as hopeless after a look at their sketches; 0 under rules.
    pub fn pairs_scored(&self) -> u64 {
        self.counts.pairs_scored
    }

    /// The probability from which two records count as one person; `None` where rules decided.
    pub fn threshold(&self) -> Option<Probability> {
        self.threshold
    }

    /// Only the number of records can be told; other records of the same number are the caller's mistake and give
    /// another person's values.
    pub(crate) fn check(&self, records: &Records) -> Result<()> {
        if records.len() == self.of_row.len() {
            Ok(())
        } else {
            Err(Error::shape("records, as many as were merged", self.of_row.len(), records.len()))
        }
    }
}

/// Prints counts.
impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profiles({} of {} records, largest {})", self.len(), self.of_row.len(), self.largest())
    }
}
