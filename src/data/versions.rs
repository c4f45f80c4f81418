//! Versions of one row: rows of the same id, by when each became known.
//!
//! Rows that are equal in every column are one row. Of the others, each counts from when it became known
//! until the next version is known. Versions known at the same time contradict each other: the greatest
//! in the order of the rows counts, the others never do. All of them stay, so that what is said does not
//! depend on when and in which order the rows came.

use std::fmt::Display;

use crate::error::{Error, ErrorKind, Place};

use super::Conflicts;

/// "No id" in a column of ids.
const NONE: u32 = u32::MAX;

/// Until when each version counts, and how many do not count any more.
pub(super) struct Versions<T> {
    /// When another version takes each row's place, if ever; `None` where no row has another version.
    pub(super) superseded: Option<Vec<Option<T>>>,
    /// Rows that a later version replaces.
    pub(super) corrected: u64,
    /// Rows that never count.
    pub(super) conflicting: u64,
    /// A time at which versions contradict each other.
    on: Option<T>,
}

impl<T: Copy + Ord + Display> Versions<T> {
    /// The versions of rows that stand in the order of their content; ids are below `distinct`.
    pub(super) fn of(ids: &[u32], distinct: usize, known: impl Fn(usize) -> T) -> Self {
        // Corrections are few: only rows of an id that comes twice are sorted.
        let (mut once, mut twice) = (vec![false; distinct], vec![false; distinct]);
        for id in ids.iter().filter(|id| **id != NONE) {
            let seen = &mut once[*id as usize];
            twice[*id as usize] |= std::mem::replace(seen, true);
        }
        let mut versions: Vec<(u32, T, u32)> = (0_u32..)
            .zip(ids)
            .filter(|(_, id)| **id != NONE && twice[**id as usize])
            .map(|(row, id)| (*id, known(row as usize), row))
            .collect();
        versions.sort_unstable();
        let mut all = Self { superseded: None, corrected: 0, conflicting: 0, on: None };
        let mut superseded = vec![None; ids.len()];
        for pair in versions.windows(2) {
            let ((id, known, row), (next_id, next_known, _)) = (pair[0], pair[1]);
            if id != next_id {
                continue;
            }
            superseded[row as usize] = Some(next_known);
            if known == next_known {
                all.conflicting += 1;
                all.on.get_or_insert(known);
            } else {
                all.corrected += 1;
            }
        }
        all.superseded = (all.corrected + all.conflicting > 0).then_some(superseded);
        all
    }

    /// The error of versions that contradict each other, where they are not to be counted.
    pub(super) fn check(&self, policy: Conflicts) -> Result<(), Error> {
        match self.on {
            Some(on) if policy == Conflicts::Refuse => {
                let n = self.conflicting;
                let rule = format!("two different rows of one id became known on {on}; {n} in all");
                Err(Error::new(ErrorKind::InvalidInput, Place::Column("id".into()), rule))
            }
            _ => Ok(()),
        }
    }
}

/// Whether an id has several rows. As a rule each row has an id of its own, which the number of distinct ids shows.
pub(super) fn any(ids: &[u32], distinct: usize) -> bool {
    ids.iter().filter(|id| **id != NONE).count() != distinct
}

/// Which rows stay where each row of an id that repeats its predecessor goes; `None` where all do. Moves
/// the offsets of the groups, and says how many rows go.
pub(super) fn without_repeated(
    offsets: &mut [usize],
    ids: &[u32],
    equals_predecessor: impl Fn(usize) -> bool,
) -> Option<(Vec<bool>, u64)> {
    let mut keep = vec![true; ids.len()];
    let (mut gone, mut start) = (0, 0);
    for end in offsets.iter_mut().skip(1) {
        for row in start + 1..*end {
            if ids[row] != NONE && equals_predecessor(row) {
                keep[row] = false;
                gone += 1;
            }
        }
        start = *end;
        *end -= gone;
    }
    (gone > 0).then_some((keep, gone as u64))
}
