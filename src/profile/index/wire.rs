//! How an index is saved: the matcher, the frozen counts under their keyed hashes, and the audit with its blocks. The
//! key is not saved. Everything is checked on the way back, the chain of digests included.
//!
//! # Layout
//! A header in JSON (format, fields, weights, settings, totals), then blocks whose lengths are checked: for each
//! column hashes and numbers of people, ascending by hash; then the audit: actions, records, others, digests, ends
//! of the value blocks, the value blocks themselves, the chain. A length that does not fit its block is an error.
//! The key is not in the file and is asked for when it is opened; a digest under it is, by which another key is known.
//!
//! # What is checked
//! | part | rule |
//! |---|---|
//! | totals | one a compared column, finite, above 0 |
//! | passes | at most 255, of columns there are |
//! | counts | as many hashes as numbers |
//! | audit | actions known, parts of one length, records numbered as they came, digests of 32 bytes, fields there are |
//! | chain | every block that is not erased has its digest, and the last link is the one that was saved |
//! | matcher | probabilistic, and all that `profile::wire` checks |
//!
//! A file that passes opens to an index that answers as the saved one, given its key. With another key frozen counts
//! would not be found, every value would count as rare, and too much would be merged: so another key is refused.
//! Only a file of format version 1 has no digest to refuse it by. Keep key and file together in mind, and apart in
//! place.
//!
//! # Determinism
//! Counts are written in ascending order of hashes, so equal indexes make equal files.

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::frozen::Frozen;
use super::log::{Action, AuditEvent, Log};
use super::{IndexParams, IndexSnapshot};
use crate::error::{Error, Result};
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::profile::block::Spec;
use crate::profile::model::MatchModel;
use crate::profile::params::Method;
use crate::profile::prepare::plan;
use crate::profile::score::MAX_COLUMNS;
use crate::profile::wire::MatchRepr;

/// The header of a saved index; the rest lies in blocks.
#[derive(Serialize, Deserialize)]
pub struct IndexRepr {
    model: MatchRepr,
    largest: u32,
    passes: Vec<Spec>,
    filled: Vec<f64>,
    unseen: Vec<f64>,
    /// Digest under the key, in hexadecimal.
    #[serde(default)]
    key: Option<String>,
}

/// Counts by hash, ascending by hash.
fn write_counts(blocks: &mut BlockWriter, name: &str, columns: &[HashMap<u64, u32>]) {
    for counts in columns {
        let mut sorted: Vec<(u64, u32)> = counts.iter().map(|(h, n)| (*h, *n)).collect();
        sorted.sort_unstable();
        blocks.u64s(&format!("{name} hashes"), &sorted.iter().map(|(h, _)| *h).collect::<Vec<_>>());
        blocks.u32s(&format!("{name} people"), &sorted.iter().map(|(_, n)| *n).collect::<Vec<_>>());
    }
}

/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) where hashes and numbers do not pair off.
fn read_counts(blocks: &mut BlockReader, name: &str, columns: usize) -> Result<Vec<HashMap<u64, u32>>> {
    (0..columns)
        .map(|_| {
            let hashes = blocks.u64s(&format!("{name} hashes"))?;
            let people = blocks.u32s(&format!("{name} people"))?;
            if hashes.len() != people.len() {
                return Err(Error::shape("counts", hashes.len(), people.len()));
            }
            Ok(hashes.into_iter().zip(people).collect())
        })
        .collect()
}

impl Wire for IndexSnapshot {
    const KIND: &'static str = "profile_index";
    type Repr = IndexRepr;

    /// O(counts · log counts + bytes of the audit).
    fn to_wire(&self, blocks: &mut BlockWriter) -> IndexRepr {
        write_counts(blocks, "values", &self.frozen.values);
        write_counts(blocks, "keys", &self.frozen.keys);
        for common in &self.frozen.common {
            let mut sorted: Vec<u64> = common.iter().copied().collect();
            sorted.sort_unstable();
            blocks.u64s("common", &sorted);
        }
        let log = &self.log;
        let events = || log.events.iter();
        blocks.bytes("actions", &events().map(|e| e.action as u8).collect::<Vec<_>>());
        blocks.u32s("records", &events().map(|e| e.record).collect::<Vec<_>>());
        blocks.u32s("others", &events().map(|e| e.other).collect::<Vec<_>>());
        blocks.bytes("digests", log.digests.as_flattened());
        blocks.u64s("ends", &log.ends);
        blocks.bytes("values", &log.blocks);
        blocks.bytes("chain", &log.chain);
        IndexRepr {
            model: self.model.to_wire(blocks),
            largest: self.largest,
            passes: self.frozen.specs.clone(),
            filled: self.frozen.filled.clone(),
            unseen: self.frozen.unseen.clone(),
            key: self.key.map(|digest| digest.to_hex().to_string()),
        }
    }

    /// Blocks are read in the order in which they were written; the audit before the matcher.
    fn from_wire(repr: IndexRepr, blocks: &mut BlockReader) -> Result<Self> {
        let largest = repr.largest;
        IndexParams::new().largest(largest).check_size()?;
        let digest =
            |hex: String| blake3::Hash::from_hex(hex).map_err(|_| Error::input("the key's digest is none"));
        let key = repr.key.map(digest).transpose()?;
        let fields = repr.model.fields();
        let columns = plan(fields).len();
        let compared = columns.min(MAX_COLUMNS);
        let values = read_counts(blocks, "values", columns)?;
        let keys = read_counts(blocks, "keys", columns)?;
        let common: Vec<HashSet<u64>> =
            (0..columns).map(|_| Ok(blocks.u64s("common")?.into_iter().collect())).collect::<Result<_>>()?;
        let share = |x: &f64| x.is_finite() && *x > 0.0;
        let totals = repr.filled.len() == compared && repr.unseen.len() == compared;
        if !totals || !repr.filled.iter().chain(&repr.unseen).all(share) {
            return Err(Error::input(
                "the totals of the frozen counts are not positive numbers, one a column",
            ));
        }
        let inside = |spec: &Spec| spec.a.0 < columns && spec.b.is_none_or(|b| b.0 < columns);
        if repr.passes.len() > 255 || !repr.passes.iter().all(inside) {
            return Err(Error::input("a blocking key of a column there is not"));
        }
        let log = read_log(blocks, fields.len())?;
        let model = MatchModel::from_wire(repr.model, blocks)?;
        if model.params.method != Method::Probabilistic {
            return Err(Error::input("an index of a matcher that goes by rules"));
        }
        let frozen = Frozen {
            key: [0; 32],
            specs: repr.passes,
            values,
            keys,
            common,
            filled: repr.filled,
            unseen: repr.unseen,
        };
        Ok(Self { model, largest, frozen, log, key })
    }
}

/// O(bytes): every digest is computed anew.
fn read_log(blocks: &mut BlockReader, fields: usize) -> Result<Log> {
    let actions = blocks.bytes("actions")?;
    let (records, others) = (blocks.u32s("records")?, blocks.u32s("others")?);
    if actions.len() != records.len() || actions.len() != others.len() {
        return Err(Error::input("the audit's parts do not fit each other"));
    }
    let all = [Action::Upsert, Action::Remove, Action::Merge, Action::Unmerge, Action::Forget];
    let events = actions.iter().zip(records.into_iter().zip(others)).map(|(action, (record, other))| {
        let action = all.get(usize::from(*action)).copied();
        let action = action.ok_or_else(|| Error::input("an audit event of an unknown kind"))?;
        Ok(AuditEvent { action, record, other })
    });
    let events = events.collect::<Result<Vec<_>>>()?;
    let digests = blocks.bytes("digests")?;
    let (digests, rest) = digests.as_chunks::<32>();
    let digests = digests.to_vec();
    if !rest.is_empty() {
        return Err(Error::input("a digest of the audit is cut short"));
    }
    let ends = blocks.u64s("ends")?;
    let values = blocks.bytes("values")?;
    let chain = blocks.bytes("chain")?;
    let chain: [u8; 32] =
        chain.try_into().map_err(|_| Error::input("the audit's last digest is cut short"))?;
    let log = Log::from_parts(events, digests, ends, values, chain)?;
    let known = (0..log.len()).filter_map(|i| log.stored(i));
    if known.flat_map(|s| s.values).any(|(field, _)| usize::from(field) >= fields) {
        return Err(Error::input("an audit event with a value of a field there is not"));
    }
    Ok(log)
}
