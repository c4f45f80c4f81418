//! Which pairs are worth comparing: keys of one or two columns, chosen by what they would cost.
//!
//! # Keys
//! A column takes part in a key at one of two grains: its key (pinyin of a name, local part of an e-mail, visible digits of a
//! number, a date whatever the order of day and month), or a coarser one (three letters of a name, six digits of a number,
//! the month of a date, six letters of an address). Masked numbers have keys, other masked values none.
//!
//! # Choice
//! For two columns a, b at grains i, j, with p the chance that strangers agree (Σ of squared shares of the keys) and f the
//! share of records filled, a pass is expected to cost
//! ```text
//! E = N (N − 1) / 2 · p_a p_b · (f_a f_b)²        pairs of strangers
//! ```
//! The coarsest combination within the budget of 0.4 N + 20,000 pairs is taken, so a key finds as much as it can pay for;
//! single columns may cost twice as much. The fullest 26 passes (60 in tables of up to 50,000 records) are used.
//!
//! # Bounds
//! A block of more than 128 records is searched along its order only, four neighbours each: a value that a million records
//! share costs four million comparisons, not half a billion of a million. All pairs are compared where there are at most
//! 600,000. Candidates of a row are a few slices of sorted integers; nothing is hashed while pairs are generated.
//!
//! O(passes · N) memory and time, by radix sort.

use hashbrown::HashMap;

use crate::data::{FieldKind, NONE};
use crate::kernel::par;
use crate::kernel::rng::mix;

use super::params::Sources;
use super::prepare::Prepared;

/// Up to this many pairs in all, every pair is compared.
const ALL_PAIRS: usize = 600_000;
/// A block with more records is searched along its order only: a skewed value never explodes.
const LARGEST: u8 = 128;
/// How many neighbours are compared in a block that is larger.
const NEIGHBOURS: u8 = 4;

/// How finely a column takes part in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Grain {
    Coarse,
    Key,
}

/// A pass over all records: those with one key are candidates for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Spec {
    pub(crate) a: (usize, Grain),
    pub(crate) b: Option<(usize, Grain)>,
    /// Both columns are names, which people enter in either order.
    either_order: bool,
}

impl Spec {
    /// The key of a row, where it has the columns.
    pub(crate) fn key(&self, prepared: &Prepared, row: usize) -> Option<u64> {
        let a = hash(prepared, row, self.a);
        if a == 0 {
            return None;
        }
        let Some(b) = self.b else { return Some(a) };
        let b = hash(prepared, row, b);
        (b != 0).then(|| if self.either_order { mix(a.wrapping_add(b)) } else { mix(a ^ mix(b)) })
    }
}

struct Pass {
    /// By row: its place in `members`.
    place: Vec<u32>,
    /// By row: how many of the rows behind it in its block are candidates for it.
    ahead: Vec<u8>,
    /// Rows by block, ascending.
    members: Vec<u32>,
    capped: u64,
    largest: u64,
    /// Candidates it yields.
    pairs: u64,
}

/// All passes.
pub(crate) struct Blocks {
    passes: Vec<Pass>,
    /// Every pair is a candidate.
    all: bool,
    rows: usize,
    across: bool,
}

/// Expected share of unrelated pairs that agree, and share of filled rows, of one column at one grain.
#[derive(Clone, Copy)]
struct Cost {
    agree: f64,
    filled: f64,
}

impl Blocks {
    pub(crate) fn new(prepared: &Prepared, sources: Sources) -> Self {
        let rows = prepared.rows;
        let across = sources == Sources::FreeOfDuplicates;
        if rows * rows.saturating_sub(1) / 2 <= ALL_PAIRS {
            return Self { passes: Vec::new(), all: true, rows, across };
        }
        let specs = choose(prepared);
        let passes = par::map_chunks(specs.len(), 1, |range| {
            range.map(|i| pass(prepared, specs[i])).collect::<Vec<_>>()
        });
        // What a pass really costs shows only now: columns that go together (a city and its postcodes) agree far more
        // often than the product of their chances. Such a pass finds strangers of one place.
        let most = 3 * rows as u64 + 100_000;
        let passes = passes.into_iter().flatten().filter(|pass: &Pass| pass.pairs <= most).collect();
        Self { passes, all: false, rows, across }
    }

    /// How many passes there are; none where every pair is a candidate.
    pub(crate) fn passes(&self) -> usize {
        self.passes.len()
    }

    /// Records in blocks that are searched along their order only, over all passes, and those of the largest block.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        self.passes
            .iter()
            .fold((0, 0), |(capped, largest), pass| (capped + pass.capped, largest.max(pass.largest)))
    }

    /// Whether every pair is a candidate.
    pub(crate) fn all(&self) -> bool {
        self.all
    }

    /// Rows above `row` that are candidates for it, ascending.
    pub(crate) fn candidates(&self, prepared: &Prepared, row: usize, out: &mut Vec<u32>) {
        out.clear();
        if self.all {
            out.extend((0..u32::try_from(self.rows).unwrap_or(NONE)).skip(row + 1));
        }
        for pass in &self.passes {
            let ahead = usize::from(pass.ahead[row]);
            if ahead > 0 {
                let next = pass.place[row] as usize + 1;
                out.extend_from_slice(&pass.members[next..next + ahead]);
            }
        }
        if self.across {
            let own = prepared.source[row];
            out.retain(|other| prepared.source[*other as usize] != own);
        }
        if !self.all {
            out.sort_unstable();
            out.dedup();
        }
    }
}

/// The keys to use: single columns that are selective, and pairs of columns at the coarsest grain that is.
pub(crate) fn choose(prepared: &Prepared) -> Vec<Spec> {
    let rows = prepared.rows as f64;
    let pairs = rows * (rows - 1.0) / 2.0;
    let budget = 0.4 * rows + 20_000.0;
    let width = prepared.width();
    let cost: Vec<[Cost; 2]> = (0..width).map(|c| costs(prepared, c)).collect();
    let useful = |c: usize| {
        !matches!(prepared.cols[c].kind, FieldKind::Category | FieldKind::Region | FieldKind::Number)
            && cost[c][1].filled > 0.0
    };
    let grains = [Grain::Coarse, Grain::Key];
    let mut specs: Vec<(f64, Spec)> = Vec::new();
    for a in (0..width).filter(|c| useful(*c)) {
        let single = &cost[a][1];
        if pairs * single.agree * single.filled * single.filled <= 2.0 * budget {
            specs.push((2.0, Spec { a: (a, Grain::Key), b: None, either_order: false }));
        }
        for b in (a + 1..width).filter(|c| useful(*c)) {
            let mut best: Option<(f64, Spec)> = None;
            for (i, x) in grains.into_iter().enumerate() {
                for (j, y) in grains.into_iter().enumerate() {
                    let filled = cost[a][i].filled * cost[b][j].filled;
                    let expected = pairs * cost[a][i].agree * cost[b][j].agree * filled * filled;
                    if expected > budget || best.as_ref().is_some_and(|(most, _)| *most >= expected) {
                        continue;
                    }
                    let names = [a, b].map(|c| prepared.cols[c].kind);
                    let either_order = x == y
                        && matches!(
                            names,
                            [FieldKind::GivenName, FieldKind::FamilyName]
                                | [FieldKind::FamilyName, FieldKind::GivenName]
                        );
                    best = Some((expected, Spec { a: (a, x), b: Some((b, y)), either_order }));
                }
            }
            if let Some((_, spec)) = best {
                specs.push((cost[a][1].filled * cost[b][1].filled, spec));
            }
        }
    }
    // The fuller the columns, the more a key can find.
    specs.sort_by(|x, y| y.0.total_cmp(&x.0));
    specs.truncate(if prepared.rows > 50_000 { 26 } else { 60 });
    specs.into_iter().map(|(_, spec)| spec).collect()
}

fn costs(prepared: &Prepared, c: usize) -> [Cost; 2] {
    let col = &prepared.cols[c];
    let filled = col.filled as f64 / prepared.rows as f64;
    let total = (col.filled as f64).max(1.0);
    let share = |counts: &mut dyn Iterator<Item = u32>| {
        counts.map(|n| (f64::from(n) / total).powi(2)).sum::<f64>().max(1.0 / (total * total))
    };
    let mut coarse: HashMap<u64, u32> = HashMap::new();
    for (hash, count) in col.coarse.iter().zip(&col.count) {
        if *hash != 0 {
            *coarse.entry(*hash).or_default() += count;
        }
    }
    let mut by_size: Vec<u32> = coarse.into_values().collect();
    by_size.sort_unstable();
    [
        Cost { agree: share(&mut by_size.into_iter()), filled },
        Cost { agree: share(&mut col.key_count.iter().copied()), filled },
    ]
}

fn hash(prepared: &Prepared, row: usize, (c, grain): (usize, Grain)) -> u64 {
    let value = prepared.row(row)[c];
    if value == NONE {
        return 0;
    }
    let col = &prepared.cols[c];
    match grain {
        Grain::Coarse => col.coarse[value as usize],
        Grain::Key => {
            let hidden = col.forms[value as usize].masked;
            if hidden && !matches!(col.kind, FieldKind::Phone | FieldKind::NationalId) {
                return 0;
            }
            col.key_hash[col.key_of(value) as usize]
        }
    }
}

fn pass(prepared: &Prepared, spec: Spec) -> Pass {
    let mut keyed: Vec<(u32, u32)> = Vec::with_capacity(prepared.rows);
    for (row, number) in (0..prepared.rows).zip(0_u32..) {
        // Two keys in one block are harmless: they cost a comparison.
        keyed.extend(spec.key(prepared, row).map(|key| ((key >> 32) as u32, number)));
    }
    sort_by_key(&mut keyed);
    let mut place = vec![NONE; prepared.rows];
    let mut ahead = vec![0; prepared.rows];
    let mut members = Vec::with_capacity(keyed.len());
    let (mut capped, mut largest) = (0, 0);
    for block in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
        let size = block.len() as u64;
        largest = size.max(largest);
        capped += if size > u64::from(LARGEST) { size } else { 0 };
        for (i, (_, row)) in block.iter().enumerate() {
            let behind = block.len() - 1 - i;
            place[*row as usize] = u32::try_from(members.len()).unwrap_or(NONE);
            ahead[*row as usize] = u8::try_from(behind).ok().filter(|n| *n < LARGEST).unwrap_or(NEIGHBOURS);
            members.push(*row);
        }
    }
    let pairs = ahead.iter().map(|n| u64::from(*n)).sum();
    Pass { place, ahead, members, capped, largest, pairs }
}

/// Stable radix sort by the first number: three rounds of eleven bits.
fn sort_by_key(keyed: &mut Vec<(u32, u32)>) {
    if keyed.len() < 4096 {
        keyed.sort_unstable();
        return;
    }
    let mut other = vec![(0, 0); keyed.len()];
    for shift in [0, 11, 22] {
        let digit = |key: u32| (key >> shift & 0x7ff) as usize;
        let mut starts = [0_u32; 2049];
        for (key, _) in keyed.iter() {
            starts[digit(*key) + 1] += 1;
        }
        for i in 0..2048 {
            starts[i + 1] += starts[i];
        }
        for entry in keyed.iter() {
            let at = &mut starts[digit(entry.0)];
            other[*at as usize] = *entry;
            *at += 1;
        }
        std::mem::swap(keyed, &mut other);
    }
}
