//! Versions of one row: rows of the same id, by the day on which each became known.
//!
//! Rows that are equal in every column are one row. Of the others, each counts from the day it became
//! known until the next version is known. Versions known on the same day contradict each other: the
//! greatest in the order of the rows counts, the others never do. All of them stay in the store, so
//! that what is said does not depend on when and in which order the rows came.

use crate::error::{Error, ErrorKind, Place};
use crate::types::Day;

use super::store::{NEVER, NONE, Rows};

/// What became of rows with ids.
#[derive(Default)]
pub(super) struct Settled {
    /// Rows that repeated another one exactly, now gone.
    pub(super) repeated: u64,
    /// Rows that a later version replaces.
    pub(super) corrected: u64,
    /// Rows that never count.
    pub(super) conflicting: u64,
    /// A day on which versions contradict each other.
    on: Option<Day>,
}

impl Settled {
    /// The error of versions that contradict each other.
    pub(super) fn error(&self) -> Error {
        let day = self.on.map_or_else(String::new, |day| format!(" on {day}"));
        let rule = format!("two different rows of one id became known{day}; {} in all", self.conflicting);
        Error::new(ErrorKind::InvalidInput, Place::Column("id".into()), rule)
    }
}

/// Drops exact repetitions and says until when each version counts.
///
/// Equal rows are neighbours in the sorted store, and rows of one id and one known day stand in the
/// order of their content. O(rows + versions log versions); nothing where no row has an id.
pub(super) fn settle(rows: &mut Rows, offsets: &mut [usize]) -> Settled {
    let mut settled = Settled::default();
    rows.superseded = None;
    if rows.id.is_none() {
        return settled;
    }
    drop_repeated(rows, offsets, &mut settled);
    let Some(ids) = &rows.id else { return settled };
    let known = rows.known.as_ref().unwrap_or(&rows.day);
    let mut versions: Vec<(u32, Day, u32)> = (0_u32..)
        .zip(ids.iter().zip(known))
        .filter(|(_, (id, _))| **id != NONE)
        .map(|(row, (id, known))| (*id, *known, row))
        .collect();
    versions.sort_unstable();
    let mut superseded = vec![NEVER; ids.len()];
    for pair in versions.windows(2) {
        let ((id, known, row), (next_id, next_known, _)) = (pair[0], pair[1]);
        if id != next_id {
            continue;
        }
        superseded[row as usize] = next_known;
        if known == next_known {
            settled.conflicting += 1;
            settled.on.get_or_insert(known);
        } else {
            settled.corrected += 1;
        }
    }
    if settled.corrected + settled.conflicting > 0 {
        rows.superseded = Some(superseded);
    }
    settled
}

/// Keeps one of the rows of an id that are equal in every column.
#[expect(clippy::cast_possible_truncation, reason = "rows are fewer than 2^32")]
fn drop_repeated(rows: &mut Rows, offsets: &mut [usize], settled: &mut Settled) {
    let has_id = |row: usize| rows.id.as_ref().is_some_and(|ids| ids[row] != NONE);
    let equal = |a: usize, b: usize| rows.day[a] == rows.day[b] && rows.compare(a as u32, b as u32).is_eq();
    let mut keep = vec![true; rows.day.len()];
    let mut gone = 0;
    let mut start = 0;
    for end in offsets.iter_mut().skip(1) {
        for row in start + 1..*end {
            if has_id(row) && equal(row - 1, row) {
                keep[row] = false;
                gone += 1;
            }
        }
        start = *end;
        *end -= gone;
    }
    if gone > 0 {
        rows.retain(&keep);
        settled.repeated = gone as u64;
    }
}
