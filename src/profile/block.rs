//! Which pairs are worth comparing: keys of one or two columns, chosen by what they would cost.

use hashbrown::HashMap;

use crate::data::{FieldKind, NONE};
use crate::kernel::par;
use crate::kernel::rng::mix;

use super::params::Sources;
use super::prepare::Prepared;

/// Up to this many pairs in all, every pair is compared.
const ALL_PAIRS: usize = 600_000;
/// A block with more records is searched along its order only: a skewed value never explodes.
const LARGEST: usize = 128;
/// How many neighbours are compared in a block that is larger.
const NEIGHBOURS: usize = 4;
const LAST: u32 = 1 << 31;

/// How finely a column takes part in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    Coarse,
    Key,
}

/// A pass over all records: those with one key are candidates for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spec {
    a: (usize, Grain),
    b: Option<(usize, Grain)>,
    /// Both columns are names, which people enter in either order.
    either_order: bool,
}

struct Pass {
    /// By row: its place in `members`, or `NONE`.
    place: Vec<u32>,
    /// Rows by block, ascending; the last of a block is marked.
    members: Vec<u32>,
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
        let passes = passes.into_iter().flatten().collect();
        Self { passes, all: false, rows, across }
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
            let place = pass.place[row];
            if place == NONE || pass.members[place as usize] & LAST != 0 {
                continue;
            }
            let rest = &pass.members[place as usize + 1..];
            let before = out.len();
            for member in rest.iter().take(LARGEST) {
                out.push(member & !LAST);
                if member & LAST != 0 {
                    break;
                }
            }
            if out.len() - before == LARGEST {
                out.truncate(before + NEIGHBOURS);
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
fn choose(prepared: &Prepared) -> Vec<Spec> {
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
        let a = hash(prepared, row, spec.a);
        if a == 0 {
            continue;
        }
        let key = match spec.b {
            None => a,
            Some(b) => {
                let b = hash(prepared, row, b);
                if b == 0 {
                    continue;
                }
                if spec.either_order { mix(a.wrapping_add(b)) } else { mix(a ^ mix(b)) }
            }
        };
        // Two keys in one block are harmless: they cost a comparison.
        keyed.push(((key >> 32) as u32, number));
    }
    sort_by_key(&mut keyed);
    let mut place = vec![NONE; prepared.rows];
    let mut members = Vec::with_capacity(keyed.len());
    for block in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
        for (_, row) in block {
            place[*row as usize] = u32::try_from(members.len()).unwrap_or(NONE);
            members.push(*row);
        }
        if let Some(last) = members.last_mut() {
            *last |= LAST;
        }
    }
    Pass { place, members }
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
