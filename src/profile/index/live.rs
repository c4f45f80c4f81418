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
//! # By hand
//! Records a, b, c with scores (a, b) 6 and (b, c) 2 are one component and, by average linkage, one profile named
//! after a. When b leaves, its scores go with it; a and c are looked at again, have no chain between them, and are
//! two profiles: a keeps the name, c gets its own. Had b never come, the result would be the same, which is the
//! promise.
//!
//! # Numbers that are used again
//! Rows, values and keys live on shelves: a hash finds the number, a count says how many hold it, and the last to
//! let go frees it. So memory follows the records that are in, not those that ever were. The row of a record may
//! change with each upsert; only its number in the audit stays.
//!
//! # Vetoes and the component
//! A veto takes no score away: two records that differ in a vetoed kind may still hang together in one component,
//! through each other or through a third. It is asked when groups would join, of every pair between them, so the
//! component stays a function of scores, and its partition a function of the component. O(|A| · |B|) comparisons of
//! one value for a join, only where there are vetoes.
//!
//! # What closing and opening of blocks does
//! When the 97th record shares a key, that key stops making candidates: the pairs of all 97 are looked at again,
//! and those that met only there lose their scores. When one leaves, they meet again. A change at this border costs
//! O(96 · candidates), which is rare by the choice of keys; everywhere else it is O(candidates).
//!
//! # Large components
//! A component above the largest size is taken apart before it is solved, since average linkage is O(E log E) and
//! worse: the bar for a pair to hold two records together rises by 2 nats at a time (t + 2, t + 4, ...) until no
//! part is larger, some 30 times at most. Records still held together then share more than 60 nats with each other;
//! such a part is not solved at all, and stays as single records but for declared ties. Its size is a sign of
//! copied records.
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
//! Memory of a record: 8 bytes a column, 8 a pass, 8 a score, its name and some 50 bytes; beside them the distinct
//! values.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use crate::data::{Field, FieldKind, NONE};
use crate::error::Result;
use crate::kernel::par;
use crate::kernel::union::UnionFind;
use crate::profile::cluster::{Constraints, Edge, Linkage, solve};
use crate::profile::compare::Scratch;
use crate::profile::frequency::Frequencies;
use crate::profile::mixture::{Rough, Scorer, Weights};
use crate::profile::normalise::{Normaliser, hash_of};
use crate::profile::params::Sources;
use crate::profile::prepare::{Prepared, Value, part_of};
use crate::profile::profiles::ProfileId;
use crate::profile::score::{Comparer, MAX_COLUMNS, Pair};

use super::blocks::LiveBlocks;
use super::frozen::Frozen;
use super::log::Stored;

/// Numbers of distinct things that come and go, found by keyed hash.
///
/// O(1) to take and to give back; 16 bytes a number and its place in the map. A number whose hash is 0 is free.
#[derive(Default)]
struct Shelf {
    numbers: HashMap<u64, u32>,
    /// By number: its hash, and how many hold it.
    held: Vec<(u64, u32)>,
    free: Vec<u32>,
}

impl Shelf {
    /// The number of a hash, and whether it is new; one more holds it.
    fn take(&mut self, hash: u64) -> (u32, bool) {
        if let Some(number) = self.numbers.get(&hash) {
            self.held[*number as usize].1 += 1;
            return (*number, false);
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.held.push((0, 0));
            u32::try_from(self.held.len() - 1).unwrap_or(NONE)
        });
        self.held[number as usize] = (hash, 1);
        self.numbers.insert(hash, number);
        (number, true)
    }

    /// One less holds it; true where it was the last.
    fn give_back(&mut self, number: u32) -> bool {
        let (hash, held) = &mut self.held[number as usize];
        *held -= 1;
        if *held > 0 {
            return false;
        }
        self.numbers.remove(hash);
        *hash = 0;
        self.free.push(number);
        true
    }
}

/// Where a row comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) source: String,
    pub(super) id: String,
}

/// The rows tied to a row; a tie is kept in both directions.
///
/// O(log ties + answers), ascending.
fn tied(set: &BTreeSet<(u32, u32)>, row: u32) -> impl Iterator<Item = u32> + '_ {
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
    values: Vec<Shelf>,
    keys: Vec<Shelf>,
    blocks: LiveBlocks,
    rough: Rough,
    scorer: Scorer,
    linkage: Linkage,
    one_each: bool,
    /// Columns whose differences part people.
    vetoed: Vec<usize>,
    largest: usize,
    /// By row; `None` for a free one.
    pub(super) names: Vec<Option<Name>>,
    /// By row: the hash of its name, the order in which two rows are compared.
    order: Vec<u64>,
    /// By row: the number of the record in the audit.
    pub(super) record: Vec<u32>,
    rows: HashMap<u64, u32>,
    sources: HashMap<u64, u32>,
    free: Vec<u32>,
    /// By row: all scores above the least that counts.
    edges: Vec<Vec<(u32, f32)>>,
    profile: Vec<u64>,
    members: HashMap<u64, Vec<u32>>,
    pub(super) together: BTreeSet<(u32, u32)>,
    pub(super) apart: BTreeSet<(u32, u32)>,
    scratch: Scratch,
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
        Self {
            rough: Rough::new(setting.start, &frequencies, setting.threshold),
            prepared,
            frequencies,
            values: (0..width).map(|_| Shelf::default()).collect(),
            keys: (0..width).map(|_| Shelf::default()).collect(),
            blocks: LiveBlocks::new(frozen.specs.clone()),
            scorer: Scorer::new(setting.weights),
            linkage: setting.linkage,
            one_each: setting.sources == Sources::FreeOfDuplicates,
            vetoed,
            largest: setting.largest,
            names: Vec::new(),
            order: Vec::new(),
            record: Vec::new(),
            rows: HashMap::new(),
            sources: HashMap::new(),
            free: Vec::new(),
            edges: Vec::new(),
            profile: Vec::new(),
            members: HashMap::new(),
            together: BTreeSet::new(),
            apart: BTreeSet::new(),
            scratch: Scratch::new(),
        }
    }

    /// By column and value: its keyed hash.
    pub(super) fn hashes(&self) -> Vec<Vec<u64>> {
        self.values.iter().map(|shelf| shelf.held.iter().map(|(hash, _)| *hash).collect()).collect()
    }

    /// The rows declared to be of the same person, or of others.
    pub(super) fn tied(&self, row: u32, together: bool) -> Vec<u32> {
        tied(if together { &self.together } else { &self.apart }, row).collect()
    }

    /// The number behind the name of a profile whose first record this is; it finds the row, and orders the two
    /// records of a pair.
    fn hash(source: &str, id: &str) -> u64 {
        ProfileId::of(source, id).get()
    }

    /// The row of a record.
    pub(super) fn row_of(&self, source: &str, id: &str) -> Option<u32> {
        self.rows.get(&Self::hash(source, id)).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn profiles(&self) -> usize {
        self.members.len()
    }

    pub(super) fn profile_of(&self, row: u32) -> ProfileId {
        ProfileId::from_number(self.profile[row as usize])
    }

    /// Rows of a profile, ascending by source and id.
    ///
    /// Nobody for an id there is not.
    pub(super) fn members(&self, id: ProfileId) -> &[u32] {
        self.members.get(&id.get()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ProfileId> + '_ {
        self.members.keys().map(|n| ProfileId::from_number(*n))
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
        stored: &Stored,
        frozen: &Frozen,
        fields: &[Field],
        normaliser: Normaliser,
    ) -> Result<u32> {
        let row = self.free.pop().unwrap_or_else(|| {
            self.names.push(None);
            self.order.push(0);
            self.record.push(0);
            self.edges.push(Vec::new());
            self.profile.push(0);
            self.prepared.add_row()
        });
        let next = u32::try_from(self.sources.len()).unwrap_or(NONE);
        let source = *self.sources.entry(hash_of(&stored.source)).or_insert(next);
        self.prepared.source[row as usize] = source;
        self.order[row as usize] = Self::hash(&stored.source, &stored.id);
        let mut numbers: Vec<u32> = Vec::new();
        for c in 0..self.prepared.width() {
            numbers.clear();
            let (field, kind, part) = {
                let col = &self.prepared.cols[c];
                (col.field, col.kind, col.part)
            };
            let given = stored.values.iter().filter(|(f, _)| usize::from(*f) == field);
            for (_, text) in given {
                let Some(normal) = part_of(normaliser, fields[field].kind(), part, text) else { continue };
                let hash = frozen.hash(c, normal.as_bytes());
                if frozen.common(c, hash) {
                    continue;
                }
                let (number, new) = self.values[c].take(hash);
                if numbers.contains(&number) {
                    self.values[c].give_back(number);
                    continue;
                }
                if new {
                    let value = Value::new(kind, &normal);
                    let key_hash = frozen.hash(c, &value.hash.to_le_bytes());
                    let (key, new_key) = self.keys[c].take(key_hash);
                    let col = &mut self.prepared.cols[c];
                    if new_key {
                        if key as usize >= col.key_hash.len() {
                            col.key_hash.push(0);
                        }
                        col.key_hash[key as usize] = value.hash;
                    }
                    col.put(number as usize, &value, key)?;
                    if c < MAX_COLUMNS {
                        let counts = [frozen.value_count(c, hash), frozen.key_count(c, key_hash)];
                        self.frequencies.put(c, number, counts);
                    }
                }
                numbers.push(number);
            }
            self.prepared.set(row, c, &numbers);
        }
        Ok(row)
    }

    /// Takes the values of a row away and frees it; it is in no block any more.
    ///
    /// Values nobody else holds are overwritten.
    pub(super) fn vacate(&mut self, row: u32) {
        for c in 0..self.prepared.width() {
            let held: Vec<u32> = self.prepared.values(row as usize, c).collect();
            for number in held {
                if self.values[c].give_back(number) {
                    let col = &mut self.prepared.cols[c];
                    let key = col.key_of(number);
                    col.wipe(number as usize);
                    if self.keys[c].give_back(key) {
                        self.prepared.cols[c].key_hash[key as usize] = 0;
                    }
                }
            }
        }
        self.prepared.clear_row(row);
        self.edges[row as usize] = Vec::new();
        self.names[row as usize] = None;
        self.order[row as usize] = 0;
        // Whoever gets the row next must not be taken for a member of this profile.
        self.profile[row as usize] = 0;
        self.free.push(row);
    }

    /// Makes a placed row part of the table; `seeds` receives the rows whose components must be looked at.
    pub(super) fn enter(&mut self, row: u32, name: Name, record: u32, seeds: &mut Vec<u32>) {
        self.rows.insert(Self::hash(&name.source, &name.id), row);
        self.names[row as usize] = Some(name);
        self.record[row as usize] = record;
        let mut again = Vec::new();
        self.blocks.insert(&self.prepared, row, &mut again);
        self.rescore(row, seeds);
        again.retain(|r| *r != row);
        self.rescore_all(again, seeds);
        seeds.push(row);
    }

    /// Takes a row out of the table and frees it.
    ///
    /// Everything that was joined through it must be looked at: those it had scores with, those declared to be one
    /// with it, and the rest of its profile. Its ties go with it; an upsert, which leaves and enters, puts them
    /// back.
    pub(super) fn leave(&mut self, row: u32, seeds: &mut Vec<u32>) {
        let mut again = Vec::new();
        self.blocks.remove(&self.prepared, row, &mut again);
        self.unlink(row, seeds);
        if let Some(name) = &self.names[row as usize] {
            self.rows.remove(&Self::hash(&name.source, &name.id));
        }
        let id = self.profile[row as usize];
        seeds.extend(tied(&self.together, row));
        for set in [&mut self.together, &mut self.apart] {
            for other in tied(set, row).collect::<Vec<_>>() {
                untie(set, row, other);
            }
        }
        if let Some(members) = self.members.get_mut(&id) {
            members.retain(|r| *r != row);
            seeds.extend(members.iter().copied());
            if members.is_empty() {
                self.members.remove(&id);
            }
        }
        self.vacate(row);
        again.retain(|r| *r != row);
        self.rescore_all(again, seeds);
        seeds.retain(|r| *r != row);
    }

    /// Drops all scores of a row.
    fn unlink(&mut self, row: u32, seeds: &mut Vec<u32>) {
        for (other, _) in std::mem::take(&mut self.edges[row as usize]) {
            self.edges[other as usize].retain(|(r, _)| *r != row);
            seeds.push(other);
        }
    }

    /// Scores are kept at both ends, so that either can be dropped by walking one list.
    fn rescore(&mut self, row: u32, seeds: &mut Vec<u32>) {
        self.unlink(row, seeds);
        let mut scratch = std::mem::replace(&mut self.scratch, Scratch::new());
        let found = self.neighbours(row, true, &mut scratch);
        self.scratch = scratch;
        for (other, score) in &found {
            self.edges[*other as usize].push((row, *score));
        }
        self.edges[row as usize] = found;
    }

    /// Ascending and each once, so that the lists of scores do not depend on the order in which blocks told their
    /// rows.
    fn rescore_all(&mut self, mut rows: Vec<u32>, seeds: &mut Vec<u32>) {
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            self.rescore(row, seeds);
            seeds.push(row);
        }
    }

    /// All rows whose score with this one counts.
    ///
    /// In nats, those above −6, by ascending row. Two people are assumed for the counts (`entities` 2): a frozen
    /// count knows the records of the fit, not which of them the pair is.
    pub(super) fn neighbours(&self, row: u32, inside: bool, scratch: &mut Scratch) -> Vec<(u32, f32)> {
        let mut others = Vec::new();
        self.blocks.candidates(&self.prepared, row, inside, &mut others);
        let comparer = Comparer::new(&self.prepared);
        let mut found = Vec::new();
        for other in others {
            if self.one_each && self.prepared.source[row as usize] == self.prepared.source[other as usize] {
                continue;
            }
            // Always in one order, that of the hashes of their names: a score must not depend on who came first.
            let (a, b) = if self.order[row as usize] <= self.order[other as usize] {
                (row, other)
            } else {
                (other, row)
            };
            let pattern = comparer.hopeful(a as usize, b as usize, &self.rough, &self.frequencies, scratch);
            let Some(pattern) = pattern.filter(|p| comparer.promising(a as usize, b as usize, *p)) else {
                continue;
            };
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
        let rows = self.names.len();
        let found = par::map_chunks(rows, 1024, |range| {
            let mut scratch = Scratch::new();
            let one = |row: usize| match &self.names[row] {
                Some(_) => self.neighbours(u32::try_from(row).unwrap_or(NONE), true, &mut scratch),
                None => Vec::new(),
            };
            range.map(one).collect::<Vec<_>>()
        });
        self.edges = found.into_iter().flatten().collect();
    }

    /// As [`enter`](Self::enter), without scores: [`score_all`](Self::score_all) follows.
    pub(super) fn enter_quietly(&mut self, row: u32, name: Name, record: u32) {
        self.rows.insert(Self::hash(&name.source, &name.id), row);
        self.names[row as usize] = Some(name);
        self.record[row as usize] = record;
        self.blocks.insert(&self.prepared, row, &mut Vec::new());
    }

    /// Cuts the components of these rows into profiles anew. Gives the profiles that went and those that came.
    ///
    /// A breadth-first search from each seed over scores above the threshold and declared ties finds its component;
    /// each is solved by itself. O(records and scores of the components).
    pub(super) fn partition(&mut self, seeds: &[u32]) -> (Vec<ProfileId>, Vec<ProfileId>) {
        let mut seen = HashSet::new();
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        // First all components leave their profiles, then they get new ones: two of them may come out of one profile, and
        // one of them keep its name.
        let mut components = Vec::new();
        for seed in seeds {
            if self.names[*seed as usize].is_none() || !seen.insert(*seed) {
                continue;
            }
            let mut component = vec![*seed];
            let mut next = 0;
            while next < component.len() {
                let row = component[next];
                next += 1;
                let near = self.edges[row as usize].iter();
                let strong = near.filter(|(_, score)| f64::from(*score) > self.linkage.cut).map(|(r, _)| *r);
                for other in strong.chain(tied(&self.together, row)) {
                    if seen.insert(other) {
                        component.push(other);
                    }
                }
            }
            for row in &component {
                let id = self.profile[*row as usize];
                if self.members.remove(&id).is_some() {
                    before.insert(id);
                }
            }
            component.sort_unstable_by(|a, b| self.names[*a as usize].cmp(&self.names[*b as usize]));
            components.push(component);
        }
        for component in components {
            for group in self.groups(&component) {
                let Some(name) = &self.names[group[0] as usize] else { continue };
                let id = ProfileId::of(&name.source, &name.id).get();
                for row in &group {
                    self.profile[*row as usize] = id;
                }
                after.insert(id);
                self.members.insert(id, group);
            }
        }
        let gone = before.difference(&after).map(|n| ProfileId::from_number(*n)).collect();
        let new = after.difference(&before).map(|n| ProfileId::from_number(*n)).collect();
        (gone, new)
    }

    /// The groups of a component; its rows come in the order of their names, and so do those of each group.
    ///
    /// Rows are numbered 0, 1, ... in the order of (source, id) within the component, so ties between means fall
    /// the same way whatever their rows.
    fn groups(&self, component: &[u32]) -> Vec<Vec<u32>> {
        if let [only] = component {
            return vec![vec![*only]];
        }
        let place: HashMap<u32, u32> = (0_u32..).zip(component).map(|(i, row)| (*row, i)).collect();
        let mut edges = Vec::new();
        for (a, row) in (0_u32..).zip(component) {
            for (other, score) in &self.edges[*row as usize] {
                if let Some(b) = place.get(other).filter(|b| a < **b) {
                    edges.push(Edge { a, b: *b, score: *score });
                }
            }
        }
        edges.sort_unstable_by_key(|e| (e.a, e.b));
        let local = |set: &BTreeSet<(u32, u32)>| {
            let mut list: Vec<(u32, u32)> = Vec::new();
            for (a, row) in (0_u32..).zip(component).filter(|_| !set.is_empty()) {
                let others = tied(set, *row).filter_map(|other| place.get(&other).copied());
                list.extend(others.filter(|b| a < *b).map(|b| (a, b)));
            }
            list.sort_unstable();
            list
        };
        let (together, apart) = (local(&self.together), local(&self.apart));
        let sources: Vec<u32> = component.iter().map(|r| self.prepared.source[*r as usize]).collect();
        let comparer = Comparer::new(&self.prepared);
        let row = |place: u32| component[place as usize];
        let conflict = |a: u32, b: u32| comparer.conflict(&self.vetoed, row(a), row(b));
        let constraints = Constraints {
            sources: self.one_each.then_some(sources.as_slice()),
            together: &together,
            apart: &apart,
            conflict: if self.vetoed.is_empty() { None } else { Some(&conflict) },
        };
        let mut joined = together.clone();
        self.pieces(component.len(), edges, constraints, &mut joined);
        let mut sets = UnionFind::new(component.len());
        for (a, b) in joined {
            sets.union(a, b);
        }
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); component.len()];
        for (root, row) in sets.roots().into_iter().zip(component) {
            groups[root as usize].push(*row);
        }
        groups.retain(|g| !g.is_empty());
        groups
    }

    /// Solves a component; one above the largest size is first taken apart: the bar for a pair to hold two records
    /// together rises by two nats at a time until no part is larger. What that leaves is solved by itself.
    ///
    /// `rows` is the size of the component, which numbers the edges. Parts are solved one after the other; which
    /// comes first has no influence, as they share no record.
    fn pieces(
        &self,
        rows: usize,
        edges: Vec<Edge>,
        constraints: Constraints<'_>,
        joined: &mut Vec<(u32, u32)>,
    ) {
        let mut open = vec![(self.linkage.cut, edges)];
        while let Some((bar, edges)) = open.pop() {
            let mut nodes: Vec<u32> = edges.iter().flat_map(|e| [e.a, e.b]).collect();
            nodes.sort_unstable();
            nodes.dedup();
            if nodes.len() <= self.largest || bar > self.linkage.cut + 60.0 {
                if nodes.len() <= self.largest {
                    solve(&edges, self.linkage, constraints, joined);
                }
                continue;
            }
            let bar = bar + 2.0;
            let mut sets = UnionFind::new(rows);
            for edge in edges.iter().filter(|e| f64::from(e.score) > bar) {
                sets.union(edge.a, edge.b);
            }
            let roots = sets.roots();
            let mut parts: Vec<(u32, Edge)> = edges
                .into_iter()
                .filter(|e| roots[e.a as usize] == roots[e.b as usize])
                .map(|e| (roots[e.a as usize], e))
                .collect();
            parts.sort_by_key(|(root, _)| *root);
            let parts = parts.chunk_by(|x, y| x.0 == y.0);
            open.extend(parts.map(|p| (bar, p.iter().map(|(_, e)| *e).collect::<Vec<_>>())));
        }
    }

    /// All text that is still held, for tests that search it.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for col in &self.prepared.cols {
            bytes.extend(&col.codes);
            bytes.extend(col.forms.iter().flat_map(|f| f.head()));
        }
        for name in self.names.iter().flatten() {
            bytes.extend(name.source.as_bytes());
            bytes.extend(name.id.as_bytes());
        }
        bytes
    }
}
