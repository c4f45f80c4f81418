//! What the index holds now: values, blocks, scored pairs and the partition that follows from them.
//!
//! # Why the order of arrivals does not matter
//! Everything here is a function of the set of records, the constraints and what was frozen at the fit:
//! - a pair is scored where both share an open block (see [`super::blocks`]); its score comes from frozen weights and frozen
//!   counts alone, and its two records are always compared in the order of the hashes of their names;
//! - records are in one component where a chain of scores above the threshold, or of declared ties, joins them;
//! - a component is partitioned by average linkage over its scored pairs, records numbered in the order of (source, id), so
//!   ties fall the same way however the rows lie in memory;
//! - a profile is named after its smallest record.
//!
//! So an arrival or a departure concerns its own component and no other, and the order of arrivals is forgotten.
//!
//! # Cost
//! An upsert normalises its values, looks up one block a pass, compares with the candidates (most dismissed by sketches) and
//! solves its component again: a few records. Rows, values and keys are numbered; freed numbers are used again, and what they
//! stood for is overwritten.
//!
//! # Waiting for memory
//! In an index of a million records nearly everything that an arrival touches lies in memory that no cache has, 0.1 µs away,
//! and there are some hundred such places. So what is asked for together lies together (all of a row but its values is one
//! line, all that placing asks of a value is 32 bytes), and what must be read from many places is read in rounds, all reads of
//! a round before the first is used:
//! ```text
//! values      entries of the table | what is known of each | their counts
//! blocks      entries of the table | runs of rows
//! candidates  cells and names' hashes
//! ```
//! A processor has ten and more reads under way at a time where none needs the result of another, so a round takes little
//! longer than one read. The sums of such a round are good for nothing but to keep the reads from being left out.
//!
//! # A known record comes again
//! Its new values are placed first. Where they are the old ones, that is all: profiles are a function of values. Else the row
//! keeps its number and its ties, leaves the blocks of keys that it has no more, enters those of new ones, and is scored anew.
//!
//! # By hand
//! Records a, b, c with scores (a, b) 6 and (b, c) 2 are one component and, by average linkage, one profile named
//! after a. When b leaves, its scores go with it; a and c are looked at again, have no chain between them, and are
//! two profiles: a keeps the name, c gets its own. Had b never come, the result would be the same, which is the
//! promise.
//!
//! # Numbers that are used again
//! Rows, values, keys and sources have numbers (see [`super::numbers`]); a count says how many hold one, and the last to let
//! go frees it. So memory follows the records that are in, not those that ever were. A record keeps its row until it
//! leaves; its number in the audit stays for ever.
//!
//! # What closing and opening of blocks does
//! When the 97th record shares a key, that key stops making candidates: the pairs of all 97 are looked at again,
//! and those that met only there lose their scores. When one leaves, they meet again. A change at this border costs
//! O(96 · candidates), which is rare by the choice of keys; everywhere else it is O(candidates).
//!
//! # Errors
//! `Overflow` beyond 4 GiB of values in a column, from preparing a record; nothing else fails.
//!
//! # Complexity
//! | operation | time |
//! |---|---|
//! | place a record | its values, normalised and hashed |
//! | enter or leave | passes + candidates; 96 times that where a block closes or opens |
//! | partition | records and scores of the components concerned, times a logarithm |
//! | look up by name or profile | O(1) |
//! | open an index | events, then all records in parallel |
//!
//! Memory of a record: 8 bytes a column, 64 for its row, 8 a score, its id, and about 27 bytes for each key that nobody
//! else has; beside them some 100 bytes and the text for each distinct value.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::ops::{Index, IndexMut};

use crate::data::{Field, FieldKind, NONE};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::profile::block::{Grain, hash_of_value};
use crate::profile::cluster::Linkage;
use crate::profile::frequency::Frequencies;
use crate::profile::mixture::{Rough, Scorer, Weights};
use crate::profile::normalise::{Normaliser, hash_of};
use crate::profile::params::Sources;
use crate::profile::prepare::{Prepared, Value, part_of};
use crate::profile::profiles::ProfileId;
use crate::profile::score::{Comparer, MAX_COLUMNS, Pair};

use super::blocks::{LiveBlocks, Search};
use super::frozen::Frozen;
use super::log::Stored;
use super::numbers::Numbers;
use super::table::Table;

/// What placing a value and making its keys ask of it, side by side.
///
/// It says again what its column knows, in one place instead of four.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The part of a blocking key that its key makes, 0 for none.
    part: u64,
    /// The upper half of the part that its coarse key makes, 0 for none.
    coarse: u32,
    sketch: u32,
    /// Number of its key.
    key: u32,
}

/// A value that a record gives.
struct Given {
    column: usize,
    normal: String,
    hash: u64,
}

/// What is known of a row beside its values: a line of the cache.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Row {
    /// The hash of its name: the order in which two rows are compared, and the id of the profile whose first row it is.
    pub(super) order: u64,
    /// The first row of its profile, in the order of names; [`NONE`] in none.
    pub(super) first: u32,
    /// The row behind it in its profile. While its component is solved, its place there.
    pub(super) next: u32,
    pub(super) source: u32,
    /// Whether a search for components has met it.
    pub(super) met: bool,
    /// `None` for a row that is not in.
    pub(super) id: Option<Box<str>>,
    /// All scores above the least that counts.
    pub(super) edges: Vec<(u32, f32)>,
}

/// Rows of a page.
const PAGE: usize = 1024;

/// All rows, page by page: one list of millions would be copied whenever it grows, and an arrival wait for it.
#[derive(Default)]
pub(super) struct Rows(Vec<Vec<Row>>);

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PAGE + last.len())
    }

    fn push(&mut self, row: Row) {
        if self.len().is_multiple_of(PAGE) {
            self.0.push(Vec::with_capacity(PAGE));
        }
        if let Some(last) = self.0.last_mut() {
            last.push(row);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter().flatten()
    }
}

impl Index<u32> for Rows {
    type Output = Row;

    fn index(&self, row: u32) -> &Row {
        &self.0[row as usize / PAGE][row as usize % PAGE]
    }
}

impl IndexMut<u32> for Rows {
    fn index_mut(&mut self, row: u32) -> &mut Row {
        &mut self.0[row as usize / PAGE][row as usize % PAGE]
    }
}

/// The rows tied to a row; a tie is kept in both directions.
///
/// O(log ties + answers), ascending.
pub(super) fn tied(set: &BTreeSet<(u32, u32)>, row: u32) -> impl Iterator<Item = u32> + '_ {
    set.range((row, 0)..=(row, NONE)).map(|(_, other)| *other)
}

/// Ties two rows.
pub(super) fn tie(set: &mut BTreeSet<(u32, u32)>, a: u32, b: u32) {
    set.insert((a, b));
    set.insert((b, a));
}

/// Unties them.
pub(super) fn untie(set: &mut BTreeSet<(u32, u32)>, a: u32, b: u32) {
    set.remove(&(a, b));
    set.remove(&(b, a));
}

/// Nothing here is saved: all of it follows from the audit and what was frozen, and is made anew when an index is
/// opened.
pub(super) struct Live {
    pub(super) prepared: Prepared,
    pub(super) frequencies: Frequencies,
    /// Numbers of values and of keys, by column.
    values: Numbers<Known>,
    keys: Numbers<()>,
    blocks: LiveBlocks,
    rough: Rough,
    scorer: Scorer,
    pub(super) linkage: Linkage,
    pub(super) one_each: bool,
    /// Columns whose differences part people.
    pub(super) vetoed: Vec<usize>,
    pub(super) largest: usize,
    pub(super) rows: Rows,
    /// By row: the number of the record in the audit.
    pub(super) record: Vec<u32>,
    free: Vec<u32>,
    /// By hash of its name: the row of a record that is in.
    names: Table<u32>,
    /// Numbers of sources, and what they are called.
    sources: Numbers<String>,
    pub(super) profiles: usize,
    pub(super) together: BTreeSet<(u32, u32)>,
    pub(super) apart: BTreeSet<(u32, u32)>,
}

/// What of a model the living state needs.
///
/// `weights` decide, `start` are the weights a fit starts with, by which hopeless pairs are dropped as in the fit.
pub(super) struct Setting<'m> {
    pub(super) fields: &'m [Field],
    pub(super) weights: &'m Weights,
    pub(super) start: &'m Weights,
    pub(super) linkage: Linkage,
    /// Log-odds of the caller's threshold, by which hopeless pairs are told.
    pub(super) threshold: f64,
    pub(super) sources: Sources,
    pub(super) vetoes: &'m [FieldKind],
    pub(super) largest: usize,
}

impl Live {
    pub(super) fn new(setting: &Setting<'_>, frozen: &Frozen) -> Self {
        let prepared = Prepared::empty(setting.fields);
        let width = prepared.width();
        let vetoed = Comparer::new(&prepared).vetoed(setting.vetoes);
        let frequencies = Frequencies::frozen(frozen.filled.clone(), frozen.unseen.clone());
        let seed = frozen.seed();
        Self {
            rough: Rough::new(setting.start, &frequencies, setting.threshold),
            prepared,
            frequencies,
            values: Numbers::new(width, seed),
            keys: Numbers::new(width, seed),
            blocks: LiveBlocks::new(frozen.specs.clone(), seed),
            scorer: Scorer::new(setting.weights),
            linkage: setting.linkage,
            one_each: setting.sources == Sources::FreeOfDuplicates,
            vetoed,
            largest: setting.largest,
            rows: Rows::default(),
            record: Vec::new(),
            free: Vec::new(),
            names: Table::new(seed),
            sources: Numbers::new(1, seed),
            profiles: 0,
            together: BTreeSet::new(),
            apart: BTreeSet::new(),
        }
    }

    /// The keyed hashes of a column's values, by number; 0 for a number that is free.
    pub(super) fn hashes(&self, c: usize) -> impl Iterator<Item = u64> + '_ {
        self.values.hashes(c)
    }

    /// The row of a record.
    pub(super) fn row_of(&self, source: &str, id: &str) -> Option<u32> {
        let row = self.names.get(ProfileId::of(source, id).get());
        row.filter(|row| self.name(*row) == Some((source, id)))
    }

    /// Whether a record can be told from all others by its source and id.
    ///
    /// Names are found by a hash of 64 bits that is the same everywhere, as ids of profiles have to be. Two that meet by
    /// chance are not to be expected; two that were made to meet must not pass for one record.
    pub(super) fn check_name(&self, source: &str, id: &str) -> Result<()> {
        let meets = |row: u32| self.name(row) != Some((source, id));
        let source_meets = |number: u32| self.sources.kept(0, number) != source;
        if self.names.get(ProfileId::of(source, id).get()).is_some_and(meets)
            || self.sources.get(hash_of(source)).is_some_and(source_meets)
        {
            return Err(Error::input(
                "expected a source and an id that can be told from those of other records",
            ));
        }
        Ok(())
    }

    /// Source and id of a row that is in.
    pub(super) fn name(&self, row: u32) -> Option<(&str, &str)> {
        let row = &self.rows[row];
        row.id.as_deref().map(|id| (self.sources.kept(0, row.source).as_str(), id))
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn profile_of(&self, row: u32) -> ProfileId {
        match self.rows[row].first {
            NONE => ProfileId::from(0),
            first => ProfileId::from(self.rows[first].order),
        }
    }

    /// Rows of a profile, ascending by source and id.
    ///
    /// Nobody for an id there is not.
    pub(super) fn members(&self, id: ProfileId) -> impl Iterator<Item = u32> + '_ {
        let first = self.names.get(id.get()).filter(|row| self.rows[*row].first == *row);
        let next = |row: &u32| Some(self.rows[*row].next).filter(|next| *next != NONE);
        std::iter::successors(first, next)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ProfileId> + '_ {
        let first = |(number, row): &(u32, &Row)| row.first == *number;
        (0..).zip(self.rows.iter()).filter(first).map(|(_, row)| ProfileId::from(row.order))
    }

    pub(super) fn closed_blocks(&self) -> (usize, u32) {
        self.blocks.closed()
    }

    /// Gives a record a row with its values; it is in no block yet.
    ///
    /// A value that is new to the index gets its count from what was frozen: 1 where the fit did not see it twice.
    /// O(values · length).
    pub(super) fn place(
        &mut self,
        stored: &Stored<'_>,
        frozen: &Frozen,
        fields: &[Field],
        normaliser: Normaliser,
    ) -> Result<u32> {
        let given = self.given(stored, frozen, fields, normaliser)?;
        self.read_ahead(&given);
        let row = self.free.pop().unwrap_or_else(|| {
            self.rows.push(Row { first: NONE, next: NONE, ..Row::default() });
            self.record.push(0);
            self.prepared.add_row()
        });
        let mut numbers: Vec<u32> = Vec::new();
        for given in given.chunk_by(|x, y| x.column == y.column) {
            let c = given[0].column;
            numbers.clear();
            for value in given {
                let Some(number) = self.number(value, frozen)? else { continue };
                if numbers.contains(&number) {
                    self.values.give_back(c, number);
                } else {
                    numbers.push(number);
                }
            }
            let sketch = numbers.first().map_or(0, |number| self.values.kept(c, *number).sketch);
            self.prepared.set(row, c, &numbers, sketch);
        }
        let (source, new) = self.sources.take(0, hash_of(stored.source));
        if new {
            self.sources.keep(0, source, stored.source.to_owned());
        }
        let entry = &mut self.rows[row];
        (entry.source, entry.order) = (source, ProfileId::of(stored.source, &stored.id).get());
        Ok(row)
    }

    /// The normal forms of a record's values with their keyed hashes, column by column.
    fn given(
        &self,
        stored: &Stored<'_>,
        frozen: &Frozen,
        fields: &[Field],
        normaliser: Normaliser,
    ) -> Result<Vec<Given>> {
        let mut all = Vec::with_capacity(stored.values.len() + 2);
        for (column, col) in self.prepared.cols.iter().enumerate() {
            for (_, text) in stored.values.iter().filter(|(f, _)| usize::from(*f) == col.field) {
                let normal = part_of(normaliser, fields[col.field].kind(), col.part, text);
                let Some(normal) = normal else {
                    normaliser.check_order(&fields[col.field], text)?;
                    continue;
                };
                let hash = frozen.hash(column, normal.as_bytes());
                all.push(Given { column, normal, hash });
            }
        }
        Ok(all)
    }

    /// Reads all that will be asked of values that are there already, in three rounds: within a round no read waits
    /// for another, so the memory works on all of them at a time.
    fn read_ahead(&self, given: &[Given]) {
        black_box(given.iter().fold(0, |sum, g| sum ^ self.values.ahead(g.hash)));
        let numbers = given.iter().filter_map(|g| Some((g.column, self.values.get(g.hash)?)));
        let here: Vec<(usize, u32)> = numbers.collect();
        black_box(here.iter().fold(0, |sum, (c, number)| {
            let col = &self.prepared.cols[*c];
            sum ^ self.values.kept(*c, *number).part ^ col.forms[*number as usize].bag
        }));
        black_box(here.iter().filter(|(c, _)| *c < MAX_COLUMNS).fold(0, |sum, (c, number)| {
            let [value, key] = self.frequencies.counts(*c, *number);
            sum ^ value ^ key
        }));
    }

    /// The number of a value, which one more row holds then; a value that is new is written to its column, with its key, its
    /// sketch and the counts that were frozen under its hash. `None` for one that is too common to identify anybody.
    fn number(&mut self, given: &Given, frozen: &Frozen) -> Result<Option<u32>> {
        let (c, hash) = (given.column, given.hash);
        if self.values.get(hash).is_some() {
            return Ok(Some(self.values.take(c, hash).0));
        }
        if frozen.common(c, hash) {
            return Ok(None);
        }
        let col = &mut self.prepared.cols[c];
        let value = Value::new(col.kind, &given.normal);
        let key_hash = frozen.hash(c, &value.hash.to_le_bytes());
        let (key, new) = self.keys.take(c, key_hash);
        if new {
            if key as usize >= col.key_hash.len() {
                col.key_hash.push(0);
            }
            col.key_hash[key as usize] = value.hash;
        }
        let (number, _) = self.values.take(c, hash);
        let sketch = match col.put(number as usize, &value, key) {
            Ok(sketch) => sketch,
            Err(error) => {
                // Nothing may hold a number that no value was written under.
                self.values.give_back(c, number);
                self.keys.give_back(c, key);
                return Err(error);
            }
        };
        if c < MAX_COLUMNS {
            let counts = [frozen.value_count(c, hash), frozen.key_count(c, key_hash)];
            self.frequencies.put(c, number, counts);
        }
        let part = hash_of_value(col, number, Grain::Key);
        let known = Known { part, coarse: col.coarse[number as usize], sketch, key };
        self.values.keep(c, number, known);
        Ok(Some(number))
    }

    /// Takes the values of a row away and frees it; it is in no block any more.
    ///
    /// Values nobody else holds are overwritten.
    pub(super) fn vacate(&mut self, row: u32) {
        for c in 0..self.prepared.width() {
            let held: Vec<u32> = self.prepared.values(row as usize, c).collect();
            for number in held {
                let Some(known) = self.values.give_back(c, number) else { continue };
                self.prepared.cols[c].wipe(number as usize);
                if self.keys.give_back(c, known.key).is_some() {
                    self.prepared.cols[c].key_hash[known.key as usize] = 0;
                }
            }
        }
        self.prepared.clear_row(row);
        // Whoever gets the row next must not be taken for a member of its profile.
        let old = std::mem::replace(&mut self.rows[row], Row { first: NONE, next: NONE, ..Row::default() });
        self.sources.give_back(0, old.source);
        self.free.push(row);
    }

    /// Whether two rows have the same values, further ones in the same order.
    ///
    /// Equal texts have equal numbers, so no text is read. O(columns).
    pub(super) fn alike(&self, a: u32, b: u32) -> bool {
        let [x, y] = [a as usize, b as usize];
        let further = || self.prepared.cols.iter().all(|col| col.more_of(x) == col.more_of(y));
        self.prepared.row(x) == self.prepared.row(y) && further()
    }

    /// The keys of a row, with which a search for its neighbours starts.
    ///
    /// From what is known of its first values, without their texts.
    fn keys_of(&self, row: u32, search: &mut Search) {
        let cells = self.prepared.row(row as usize);
        let part = |(c, grain): (usize, Grain)| match (cells[c], grain) {
            (NONE, _) => 0,
            (value, Grain::Coarse) => u64::from(self.values.kept(c, value).coarse) << 32,
            (value, Grain::Key) => self.values.kept(c, value).part,
        };
        self.blocks.keys(part, &mut search.keys);
    }

    /// Makes a placed row part of the table; `seeds` receives the rows whose components must be looked at.
    pub(super) fn enter(
        &mut self,
        row: u32,
        id: &str,
        record: u32,
        search: &mut Search,
        seeds: &mut Vec<u32>,
    ) {
        let mut again = Vec::new();
        self.enter_quietly(row, id, record, search, &mut again);
        let found = self.scores(row, search);
        self.link(row, found);
        again.retain(|r| *r != row);
        self.rescore_all(again, search, seeds);
        seeds.push(row);
    }

    /// The same without scores, as records are entered in bulk: [`score_all`](Self::score_all) follows. The search
    /// knows the candidates of the row then; `again` receives the rows of blocks that closed.
    pub(super) fn enter_quietly(
        &mut self,
        row: u32,
        id: &str,
        record: u32,
        search: &mut Search,
        again: &mut Vec<u32>,
    ) {
        let entry = &mut self.rows[row];
        entry.id = Some(id.into());
        *self.names.entry(entry.order) = row;
        self.record[row as usize] = record;
        self.keys_of(row, search);
        self.blocks.insert(row, search, again);
    }

    /// Takes a row out of the table and frees it.
    ///
    /// Everything that was joined through it must be looked at: those it had scores with, those declared to be one
    /// with it, and the rest of its profile. Its ties go with it.
    pub(super) fn leave(&mut self, row: u32, search: &mut Search, seeds: &mut Vec<u32>) {
        let mut again = Vec::new();
        self.keys_of(row, search);
        self.blocks.remove(row, search, &mut again);
        self.unlink(row, seeds);
        self.names.remove(self.rows[row].order);
        seeds.extend(tied(&self.together, row));
        for set in [&mut self.together, &mut self.apart] {
            for other in tied(set, row).collect::<Vec<_>>() {
                untie(set, row, other);
            }
        }
        self.dissolve(row, seeds);
        self.vacate(row);
        again.retain(|r| *r != row);
        self.rescore_all(again, search, seeds);
        seeds.retain(|r| *r != row);
    }

    /// Gives a row that is in the values of one that was placed, and frees that.
    ///
    /// Blocks of keys that both have stay as they are. Ties stay. Everything that hung together through it before is in
    /// `seeds`: rows it had scores with, and its profile. O(passes + candidates).
    pub(super) fn renew(&mut self, row: u32, placed: u32, search: &mut Search, seeds: &mut Vec<u32>) {
        let mut again = Vec::new();
        self.keys_of(row, search);
        let old = std::mem::take(&mut search.keys);
        self.keys_of(placed, search);
        let new = std::mem::take(&mut search.keys);
        let only = |these: &[u64], those: &[u64]| -> Vec<u64> {
            these.iter().zip(those).map(|(key, other)| if key == other { 0 } else { *key }).collect()
        };
        search.keys = only(&old, &new);
        self.blocks.remove(row, search, &mut again);
        search.keys = only(&new, &old);
        self.blocks.insert(row, search, &mut again);
        search.keys = new;
        self.prepared.exchange(row, placed);
        self.vacate(placed);
        self.unlink(row, seeds);
        self.dissolve(row, seeds);
        self.blocks.candidates(row, true, search);
        let found = self.scores(row, search);
        self.link(row, found);
        again.retain(|r| *r != row);
        self.rescore_all(again, search, seeds);
        seeds.push(row);
    }

    /// Takes the profile of a row apart; `seeds` receives its rows, which are in no profile until they are partitioned.
    fn dissolve(&mut self, row: u32, seeds: &mut Vec<u32>) {
        let mut member = self.rows[row].first;
        self.profiles -= usize::from(member != NONE);
        while member != NONE {
            seeds.push(member);
            let entry = &mut self.rows[member];
            entry.first = NONE;
            member = std::mem::replace(&mut entry.next, NONE);
        }
    }

    /// Drops all scores of a row.
    fn unlink(&mut self, row: u32, seeds: &mut Vec<u32>) {
        for (other, _) in std::mem::take(&mut self.rows[row].edges) {
            self.rows[other].edges.retain(|(r, _)| *r != row);
            seeds.push(other);
        }
    }

    /// Scores are kept at both ends, so that either can be dropped by walking one list.
    fn link(&mut self, row: u32, found: Vec<(u32, f32)>) {
        for (other, score) in &found {
            self.rows[*other].edges.push((row, *score));
        }
        self.rows[row].edges = found;
    }

    /// Ascending and each once, so that the lists of scores do not depend on the order in which blocks told their
    /// rows.
    fn rescore_all(&mut self, mut rows: Vec<u32>, search: &mut Search, seeds: &mut Vec<u32>) {
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            self.unlink(row, seeds);
            let found = self.neighbours(row, true, search);
            self.link(row, found);
            seeds.push(row);
        }
    }

    /// All rows whose score with this one counts.
    ///
    /// In nats, those above −6, by ascending row. A row that is not `inside` is looked at as if it were.
    pub(super) fn neighbours(&self, row: u32, inside: bool, search: &mut Search) -> Vec<(u32, f32)> {
        self.keys_of(row, search);
        self.blocks.candidates(row, inside, search);
        self.scores(row, search)
    }

    /// The same, given the candidates. Two people are assumed for the counts (`entities` 2): a frozen count knows the
    /// records of the fit, not which of them the pair is.
    fn scores(&self, row: u32, search: &mut Search) -> Vec<(u32, f32)> {
        let comparer = Comparer::new(&self.prepared);
        let order = |row: u32| self.rows[row].order;
        // Candidates lie all over the table: reading them one behind another, with nothing in between, lets the
        // memory work on several at a time.
        black_box(search.others.iter().fold(0, |sum, other| {
            let cells = self.prepared.both(*other as usize);
            sum ^ order(*other) ^ u64::from(cells[0] ^ cells[cells.len() - 1])
        }));
        let mut found = Vec::new();
        for other in search.others.iter().copied() {
            if self.one_each && self.rows[row].source == self.rows[other].source {
                continue;
            }
            // Always in one order, that of the hashes of their names: a score must not depend on who came first.
            let (a, b) = if order(row) <= order(other) { (row, other) } else { (other, row) };
            let (x, y) = (a as usize, b as usize);
            let pattern = comparer.hopeful(x, y, &self.rough, &self.frequencies, &mut search.scratch);
            let Some(pattern) = pattern.filter(|p| comparer.promising(x, y, *p)) else { continue };
            let pair = Pair { a, b, pattern };
            let score = self.scorer.score(&self.prepared, &self.frequencies, &pair, 2);
            if f64::from(score) > self.linkage.least {
                found.push((other, score));
            }
        }
        found
    }

    /// Scores all rows that were entered in bulk.
    ///
    /// O(records · candidates), in parallel over chunks of 1,024 rows; each pair is scored from both ends, with the
    /// same result, since its two records are always compared in one order.
    pub(super) fn score_all(&mut self) {
        let found = par::map_chunks(self.rows.len(), 1024, |range| {
            let mut search = Search::new();
            let one = |row: usize| {
                let row = u32::try_from(row).unwrap_or(NONE);
                let inside = self.rows[row].id.is_some();
                if inside { self.neighbours(row, true, &mut search) } else { Vec::new() }
            };
            range.map(one).collect::<Vec<_>>()
        });
        for (row, edges) in (0..).zip(found.into_iter().flatten()) {
            self.rows[row].edges = edges;
        }
    }

    /// All text that is still held, for tests that search it.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for col in &self.prepared.cols {
            bytes.extend(&col.codes);
            for form in &col.forms {
                bytes.extend(form.head());
            }
        }
        for id in self.rows.iter().filter_map(|row| row.id.as_ref()) {
            bytes.extend(id.as_bytes());
        }
        for (source, _) in (0..).zip(self.sources.hashes(0)) {
            bytes.extend(self.sources.kept(0, source).as_bytes());
        }
        bytes
    }
}
