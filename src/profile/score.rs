//! Pairs in words: the level of agreement of every column, packed, and the chance of agreeing by accident.

use crate::data::{FieldKind, NONE};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::block::Blocks;
use super::compare::{LEVELS, Level, Scratch, level};
use super::prepare::Prepared;
use super::prior::prior;

/// Columns that take part; three bits each.
pub(crate) const MAX_COLUMNS: usize = 20;
/// Rows handled at a time.
const CHUNK: usize = 1024;

/// A compared pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) pattern: Pattern,
}

/// Levels of all columns, three bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pattern(pub(crate) u64);

impl Pattern {
    pub(crate) fn level(self, column: usize) -> usize {
        (self.0 >> (3 * column) & 7) as usize
    }

    fn set(&mut self, column: usize, level: Level) {
        self.0 = self.0 & !(7 << (3 * column)) | (level as u64) << (3 * column);
    }
}

/// Compares records column by column.
pub(crate) struct Comparer<'a> {
    prepared: &'a Prepared,
    width: usize,
    /// Columns of given and family name, which people enter in either order.
    names: Option<(usize, usize)>,
    /// By row: hashes of the keys of both, 0 where there is none.
    name_keys: Vec<[u32; 2]>,
}

impl<'a> Comparer<'a> {
    pub(crate) fn new(prepared: &'a Prepared) -> Self {
        let find = |kind| prepared.cols.iter().take(MAX_COLUMNS).position(|c| c.kind == kind);
        let names = find(FieldKind::GivenName).zip(find(FieldKind::FamilyName));
        let name_keys = names.map_or_else(Vec::new, |(given, family)| {
            let hash = |cells: &[u32], c: usize| {
                let col = &prepared.cols[c];
                if cells[c] == NONE { 0 } else { high(col.key_hash[col.key_of(cells[c]) as usize]) }
            };
            par::map(prepared.rows, |row| [hash(prepared.row(row), given), hash(prepared.row(row), family)])
        });
        Self { prepared, width: prepared.width().min(MAX_COLUMNS), names, name_keys }
    }

    /// The levels of two records.
    pub(crate) fn compare(&self, a: usize, b: usize, scratch: &mut Scratch) -> Pattern {
        let (x, y) = (self.prepared.row(a), self.prepared.row(b));
        let mut pattern = Pattern::default();
        let swapped = self.swapped(a, b);
        for c in 0..self.width {
            if swapped.is_some() && self.names.is_some_and(|(g, f)| c == g || c == f) {
                continue;
            }
            let col = &self.prepared.cols[c];
            let found = if !self.prepared.multiple || col.more.is_empty() {
                if x[c] == NONE || y[c] == NONE {
                    continue;
                }
                level(col, x[c], y[c], scratch)
            } else {
                self.best(a, b, c, scratch)
            };
            pattern.set(c, found);
        }
        if let (Some((given, family)), Some((g, f))) = (self.names, swapped) {
            if g {
                pattern.set(given, Level::SameKey);
            }
            if f {
                pattern.set(family, if g { Level::Equal } else { Level::SameKey });
            }
        }
        pattern
    }

    /// Which name of the first record stands in the other place of the second, where that explains the names better
    /// than reading them as they stand.
    fn swapped(&self, a: usize, b: usize) -> Option<(bool, bool)> {
        self.names?;
        let ([gx, fx], [gy, fy]) = (self.name_keys[a], self.name_keys[b]);
        let (g, f) = (gx != 0 && gx == fy, fx != 0 && fx == gy);
        if !(g || f) || (gx != 0 && gx == gy) || (fx != 0 && fx == fy) {
            return None;
        }
        let blank = |p: u32, q: u32| p == 0 || q == 0;
        ((g && (f || blank(fx, gy))) || (f && blank(gx, fy))).then_some((g, f))
    }

    /// Whether two records have a value or the key of an identifier in common: candidates that look alike in two
    /// columns and are equal in none are seldom of one person.
    fn promising(&self, a: usize, b: usize) -> bool {
        let (x, y) = (self.prepared.row(a), self.prepared.row(b));
        let equal = x.iter().zip(y).any(|(v, w)| v == w && *v != NONE);
        equal || self.prepared.multiple || self.swapped(a, b).is_some() || self.same_key(x, y)
    }

    fn same_key(&self, x: &[u32], y: &[u32]) -> bool {
        self.prepared.cols.iter().zip(x.iter().zip(y)).any(|(col, (v, w))| {
            let telling = matches!(
                col.kind,
                FieldKind::Phone | FieldKind::NationalId | FieldKind::Email | FieldKind::GivenName
            );
            telling && *v != NONE && *w != NONE && col.key_of(*v) == col.key_of(*w)
        })
    }

    /// The best level of any two values.
    fn best(&self, a: usize, b: usize, c: usize, scratch: &mut Scratch) -> Level {
        let col = &self.prepared.cols[c];
        let mut best = Level::Unknown;
        for v in self.prepared.values(a, c) {
            for w in self.prepared.values(b, c) {
                best = best.max(level(col, v, w, scratch));
            }
        }
        best
    }

    /// All candidate pairs with their patterns, ascending by (a, b).
    pub(crate) fn all(&self, blocks: &Blocks) -> Vec<Pair> {
        let chunks = par::map_chunks(self.prepared.rows, CHUNK, |range| {
            let (mut scratch, mut others, mut pairs) = (Scratch::new(), Vec::new(), Vec::new());
            for row in range {
                blocks.candidates(self.prepared, row, &mut others);
                for other in &others {
                    if !blocks.all() && !self.promising(row, *other as usize) {
                        continue;
                    }
                    pairs.push(Pair {
                        a: u32::try_from(row).unwrap_or(NONE),
                        b: *other,
                        pattern: self.compare(row, *other as usize, &mut scratch),
                    });
                }
            }
            pairs
        });
        chunks.concat()
    }

    /// Pairs drawn at random, to see what agrees by chance.
    pub(crate) fn random(&self, count: usize, across: bool) -> Vec<Pair> {
        let rows = self.prepared.rows as u64;
        if rows < 2 {
            return Vec::new();
        }
        let chunks = par::map_chunks(count, CHUNK, |range| {
            let mut scratch = Scratch::new();
            let mut pairs = Vec::with_capacity(range.len());
            for i in range {
                let mut rng = Rng::new(Seed(0x7265_6775_6c61_7273), i as u64);
                let (a, b) = (rng.below(rows), rng.below(rows - 1));
                let b = if b >= a { b + 1 } else { b };
                let (low, high) = (number(a.min(b)), number(a.max(b)));
                if across && self.prepared.source[low as usize] == self.prepared.source[high as usize] {
                    continue;
                }
                let pattern = self.compare(low as usize, high as usize, &mut scratch);
                pairs.push(Pair { a: low, b: high, pattern });
            }
            pairs
        });
        chunks.concat()
    }
}

/// Half of a hash, never 0.
fn high(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(1).max(1)
}

#[expect(clippy::cast_possible_truncation, reason = "rows are below 2^31")]
fn number(row: u64) -> u32 {
    row as u32
}

/// How many entities have each value and each key: what agreeing on it is worth.
pub(crate) struct Frequencies {
    values: Vec<Vec<u32>>,
    keys: Vec<Vec<u32>>,
    /// Entities with any value.
    filled: Vec<f64>,
    /// Chance of a value that has not been seen elsewhere.
    unseen: Vec<f64>,
}

impl Frequencies {
    /// Counts entities: `label` is the entity of each row, at most the number of rows.
    pub(crate) fn new(prepared: &Prepared, label: impl Fn(usize) -> u32 + Sync + Send) -> Self {
        // Rows by entity, so that one entity's values can be counted once.
        let mut rows: Vec<(u32, u32)> = (0..prepared.rows).zip(0_u32..).map(|(r, n)| (label(r), n)).collect();
        rows.sort_unstable();
        let width = prepared.width().min(MAX_COLUMNS);
        let counted = par::map_chunks(width, 1, |range| {
            range
                .map(|c| {
                    let col = &prepared.cols[c];
                    let mut values = vec![0_u32; col.count.len()];
                    let mut keys = vec![0_u32; col.key_count.len()];
                    let mut filled = 0.0;
                    let mut own: Vec<u32> = Vec::new();
                    for entity in rows.chunk_by(|x, y| x.0 == y.0) {
                        own.clear();
                        for (_, row) in entity {
                            own.extend(prepared.values(*row as usize, c));
                        }
                        if own.is_empty() {
                            continue;
                        }
                        filled += 1.0;
                        own.sort_unstable();
                        own.dedup();
                        for value in &own {
                            values[*value as usize] += 1;
                        }
                        for value in &mut own {
                            *value = col.key_of(*value);
                        }
                        own.sort_unstable();
                        own.dedup();
                        for key in &own {
                            keys[*key as usize] += 1;
                        }
                    }
                    (values, keys, filled)
                })
                .collect::<Vec<_>>()
        });
        let mut all = Self { values: Vec::new(), keys: Vec::new(), filled: Vec::new(), unseen: Vec::new() };
        for (values, keys, filled) in counted.into_iter().flatten() {
            let once = values.iter().filter(|n| **n == 1).count() as f64;
            let twice = values.iter().filter(|n| **n == 2).count() as f64;
            let filled = f64::max(filled, 1.0);
            let universe = prior(prepared.cols[all.values.len()].kind).universe;
            all.unseen.push(((twice + 1.0) / (once + 2.0)).clamp(0.02, 0.5) / (filled + universe));
            all.values.push(values);
            all.keys.push(keys);
            all.filled.push(filled);
        }
        all
    }

    /// The chance that an unrelated record agrees with this pair in a column, the pair itself left out. `entities`: how
    /// many the pair makes, one or two.
    pub(crate) fn chance(
        &self,
        prepared: &Prepared,
        pair: &Pair,
        c: usize,
        level: usize,
        entities: u32,
    ) -> f64 {
        let col = &prepared.cols[c];
        let x = prepared.row(pair.a as usize)[c];
        let y = prepared.row(pair.b as usize)[c];
        let shared = if level == Level::Equal as usize && x != y && !col.more.is_empty() {
            let other = |v: &u32| prepared.values(pair.b as usize, c).any(|w| w == *v);
            prepared.values(pair.a as usize, c).find(other).unwrap_or(x)
        } else {
            x
        };
        if shared == NONE {
            return 1e-3;
        }
        let known = if level == Level::Equal as usize {
            self.values[c][shared as usize]
        } else {
            let keys = &self.keys[c];
            let (k, l) = (col.key_of(shared), if y == NONE { col.key_of(shared) } else { col.key_of(y) });
            keys[k as usize].max(keys[l as usize])
        };
        let others = f64::from(known.saturating_sub(entities));
        (others / self.filled[c] + self.unseen[c]).min(0.95)
    }
}

/// Levels from which the chance depends on the value.
pub(crate) fn depends_on_value(level: usize) -> bool {
    level >= Level::SameKey as usize
}

const _: () = assert!(LEVELS == 8 && MAX_COLUMNS * 3 <= 64);
