//! How an index is made: from records, and again from its audit.
//!
//! # From records
//! The records are merged once, by the model, to know how many people have each value. They are entered into an index
//! without blocking keys, so that every value has a number and a keyed hash; then people are counted, and counts and
//! keys frozen. What follows is what opening a saved index does.
//!
//! # From the audit
//! The last values of every record that is still there are placed, all pairs scored in parallel, and all components cut. So an
//! index that was just made, one that was opened and one that has lived through the same events are the same.
//!
//! # Complexity
//! O(events + records · (columns + candidates)), twice the time of a merge and more.

use hashbrown::{HashMap, HashSet};

use crate::data::Records;
use crate::error::{Error, Result};
use crate::profile::block;
use crate::profile::explain::column_names;
use crate::profile::frequency::Frequencies;
use crate::profile::mixture::Weights;
use crate::profile::model::{MatchModel, linkage_of};
use crate::profile::prepare::{most_holders, plan};
use crate::profile::score::MAX_COLUMNS;

use super::blocks::Search;
use super::frozen::Frozen;
use super::live::{Live, Setting, tie};
use super::log::{Action, AuditEvent, Log, Stored};
use super::table::Table;
use super::{IndexParams, ProfileIndex};

/// Fields are numbered in the order of the records' fields, in one byte.
fn stored_row(records: &Records, row: usize) -> Stored<'_> {
    let mut values = Vec::new();
    for (field, f) in (0_u8..).zip(records.fields()) {
        values.extend(records.values(row, f.name()).map(|v| (field, v)));
    }
    Stored {
        source: records.source_name(row).unwrap_or(""),
        id: records.id(row).unwrap_or("").into(),
        day: records.updated(row).map(crate::types::Day::days_since_epoch),
        values,
    }
}

impl ProfileIndex {
    /// An index of these records with a model that was fitted to them or to others like them.
    pub(super) fn of_records(model: &MatchModel, params: IndexParams, records: &Records) -> Result<Self> {
        let mut model = model.clone();
        model.params.normaliser = model.params.normaliser.settled(records)?;
        let people = model.merge(records)?;
        model.known = None;
        let columns = plan(&model.fields).len();
        let mut index = Self::empty(model, params, Frozen::empty(params.key, columns))?;
        for row in 0..records.len() {
            let stored = stored_row(records, row);
            index.live.check_name(stored.source, &stored.id)?;
            let record = index.log.new_record();
            let event = AuditEvent { action: Action::Upsert, record, other: record };
            index.log.push(event, Some(&stored), &params.key);
            let row = index.place(&stored)?;
            index.live.enter_quietly(row, &stored.id, record, &mut index.search, &mut Vec::new());
        }
        index.frozen = index.count(people.labels());
        index.rebuild()?;
        Ok(index)
    }

    /// An index without records.
    pub(super) fn empty(model: MatchModel, params: IndexParams, frozen: Frozen) -> Result<Self> {
        let live = Self::live(&model, params, &frozen)?;
        let names = column_names(&live.prepared, &model.fields);
        let (search, numbers) = (Search::new(), Table::new(frozen.seed()));
        Ok(Self { model, params, frozen, live, search, log: Log::default(), numbers, names })
    }

    fn live(model: &MatchModel, params: IndexParams, frozen: &Frozen) -> Result<Live> {
        let weights = model.weights.as_ref();
        let weights =
            weights.ok_or_else(|| Error::input("an index needs a probabilistic model, not rules"))?;
        let start = Weights::start_for(&model.fields, model.records, model.all_pairs);
        Ok(Live::new(
            &Setting {
                fields: &model.fields,
                weights,
                start: &start,
                linkage: linkage_of(&model.params, weights),
                threshold: model.params.cut(),
                vetoes: &model.params.vetoes,
                sources: model.params.sources,
                largest: params.largest as usize,
            },
            frozen,
        ))
    }

    /// Counts people by value and key, and chooses the blocking keys.
    ///
    /// Frozen are: values and keys that two people or more have, values above max(50, n / 200) records as common
    /// (they count as missing from then on), the totals of each column, and the 20 fullest passes that the table
    /// can afford. O(rows · columns + passes · rows).
    fn count(&mut self, labels: &[u32]) -> Frozen {
        let live = &mut self.live;
        let hashes: Vec<Vec<u64>> = (0..live.prepared.width()).map(|c| live.hashes(c).collect()).collect();
        let prepared = &mut live.prepared;
        let rows = prepared.rows;
        let limit = most_holders(rows);
        let mut frozen = Frozen::empty(self.params.key, prepared.width());
        let mut drop: Vec<HashSet<u32>> = vec![HashSet::new(); prepared.width()];
        for (c, drop) in drop.iter_mut().enumerate() {
            let mut count = vec![0_u32; prepared.cols[c].forms.len()];
            let mut filled = 0;
            for row in 0..rows {
                let mut any = false;
                for value in prepared.values(row, c) {
                    count[value as usize] += 1;
                    any = true;
                }
                filled += usize::from(any);
            }
            let col = &mut prepared.cols[c];
            let identifies = col.kind.is_identifier();
            for (value, n) in (0_u32..).zip(&mut count) {
                if identifies && *n > limit {
                    drop.insert(value);
                    filled -= (*n as usize).min(filled);
                    *n = 0;
                }
            }
            col.filled = filled;
            col.key_count = vec![0; col.key_hash.len()];
            for (value, n) in (0_u32..).zip(&count) {
                let key = col.key_of(value) as usize;
                col.key_count[key] += n;
            }
            col.count = count;
        }
        frozen.specs = block::lasting(prepared, 20);
        // The root of each row is the first row with its label.
        let mut first: HashMap<u32, u32> = HashMap::new();
        let roots: Vec<u32> =
            (0_u32..).zip(labels).map(|(row, label)| *first.entry(*label).or_insert(row)).collect();
        let counted = Frequencies::of_records(prepared).of_entities(prepared, &roots);
        let (filled, unseen) = counted.totals();
        (frozen.filled, frozen.unseen) = (filled.to_vec(), unseen.to_vec());
        for c in 0..prepared.width().min(MAX_COLUMNS) {
            let col = &prepared.cols[c];
            for (number, hash) in (0_u32..).zip(&hashes[c]) {
                let [n, k] = counted.counts(c, number);
                if drop[c].contains(&number) {
                    frozen.common[c].insert(*hash);
                } else if n > 1 {
                    frozen.values[c].insert(*hash, n);
                }
                if k > 1 {
                    let key = frozen.hash(c, &col.key_hash[col.key_of(number) as usize].to_le_bytes());
                    frozen.keys[c].insert(key, k);
                }
            }
        }
        frozen
    }

    /// Rebuilds the living state from the audit: the last values of every record that is still there.
    ///
    /// The state after n events is a function of them: of each record its last upsert, unless a removal or a
    /// forgetting followed; of each pair its last declaration, unless one of its records left. O(events + records ·
    /// (columns + candidates)).
    pub(super) fn rebuild(&mut self) -> Result<()> {
        let mut last: Vec<Option<usize>> = Vec::new();
        let (mut together, mut apart) = (Vec::new(), Vec::new());
        for (i, event) in self.log.events.iter().enumerate() {
            let at = event.record as usize;
            if last.len() <= at {
                last.resize(at + 1, None);
            }
            match event.action {
                Action::Upsert => last[at] = Some(i),
                Action::Remove | Action::Forget => {
                    last[at] = None;
                    for list in [&mut together, &mut apart] {
                        list.retain(|(a, b)| *a != event.record && *b != event.record);
                    }
                }
                Action::Merge | Action::Unmerge => {
                    let pair = (event.record.min(event.other), event.record.max(event.other));
                    together.retain(|p| *p != pair);
                    apart.retain(|p| *p != pair);
                    let list = if event.action == Action::Merge { &mut together } else { &mut apart };
                    list.push(pair);
                }
            }
        }
        self.numbers = Table::new(self.frozen.seed());
        for (i, event) in self.log.events.iter().enumerate() {
            if let Some(stored) = self.log.stored(i) {
                let hash = self.name_hash(stored.source, &stored.id);
                *self.numbers.entry(hash) = event.record;
            }
        }
        let mut live = Self::live(&self.model, self.params, &self.frozen)?;
        let mut row_of: HashMap<u32, u32> = HashMap::new();
        for event in last.into_iter().flatten() {
            let Some(stored) = self.log.stored(event) else { continue };
            let row = live.place(&stored, &self.frozen, &self.model.fields, self.model.params.normaliser)?;
            let record = self.log.events[event].record;
            row_of.insert(record, row);
            live.enter_quietly(row, &stored.id, record, &mut self.search, &mut Vec::new());
        }
        for (list, set) in [(together, &mut live.together), (apart, &mut live.apart)] {
            for (a, b) in list {
                if let (Some(a), Some(b)) = (row_of.get(&a), row_of.get(&b)) {
                    tie(set, *a, *b);
                }
            }
        }
        live.score_all();
        let rows: Vec<u32> = (0..u32::MAX).take(live.rows.len()).collect();
        live.partition(&rows);
        self.live = live;
        Ok(())
    }
}
