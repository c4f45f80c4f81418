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
//! 600,000. A pass that turns out to cost more than 3 N + 100,000 pairs is dropped.
//!
//! O(passes · N) time, by radix sort of the rows that may have a partner; four bytes of memory for each candidate.
//!
//! # By hand
//! 1,000,000 records, surnames with Σ share² = 1 / 2,000, cities with 1 / 500, all filled. Strangers who share a surname:
//! 5 · 10¹¹ / 2,000 = 2.5 · 10⁸ pairs, far above the budget of 420,000. Surname with city: 5 · 10¹¹ / (2,000 · 500) = 500,000,
//! above; surname with the first three digits of the postcode (1 / 900): 280,000, within. That pass is taken, and in a table of
//! 100,000 records, where all costs are a hundredth, a coarser one.
//!
//! # Why a budget linear in N
//! Pairs of one person grow with N, pairs of strangers under a fixed key with N². A key that was right for a sample ruins a full
//! run. With the budget the keys grow finer as the table grows, and the work stays O(N).
//!
//! # What may be missed
//! A pair of one person is missed where every pass has one of its columns blank or altered beyond its grain;
//! [`MatchModel::blocking`](super::MatchModel::blocking) estimates how many.
//!
//! # Pairs completeness and reduction
//! Two figures judge a blocking (Christen 2012): pairs completeness, the share of true pairs among the candidates,
//! and the reduction ratio, the share of all pairs that is not compared. Several passes raise the first: with
//! passes that miss a true pair with probabilities q₁, q₂, ... independently of each other, all miss it with Π q.
//! Twelve passes that miss one in three each would miss two in a million; passes that share a column fail together,
//! so the truth lies above.
//!
//! # Caps, together
//! | what | bound | why |
//! |---|---|---|
//! | expected pairs of a pass | 0.4 N + 20,000; twice that for one column | work linear in N |
//! | pairs of a pass as they turn out | 3 N + 100,000 | columns that go together cost more than their product says |
//! | records of a block | 128, above it four neighbours each | one value of a million records |
//! | passes | 60, or 26 above 50,000 records | memory and time by pass |
//! | all pairs | 600,000: 1,095 records | nothing can be missed there |
//!
//! # Hashes
//! Keys are 32 bits of a 64-bit mix. Two different keys meet with chance 2⁻³², so N rows make about N² / 2³³ false
//! candidates a pass: 116 for a million records. They cost a comparison each and never a wrong merge, since what is
//! scored are values.
//!
//! # Determinism
//! Which passes are taken depends on counts only, ties falling to the smaller columns; rows of a block are
//! ascending; candidates of a row are sorted and told once. No random number is drawn.
//!
//! # Large blocks
//! The search along the order in a large block is a sorted neighbourhood with a window of five (Hernández and
//! Stolfo 1995, doi:10.1145/223784.223807), over the order of rows: it finds records that came one after the other,
//! as repeated entries often do, and costs four comparisons a record.
//!
//! # Single columns by hand
//! A table of 100,000 records, 5 · 10⁹ pairs, a budget of 60,000 (single columns: 120,000):
//!
//! | column | Σ share² | filled | expected pairs of strangers | alone |
//! |---|---|---|---|---|
//! | e-mail | 1 / 95,000 | 0.8 | 5 · 10⁹ · 0.64 / 95,000 = 33,700 | yes |
//! | birth date | 1 / 20,000 | 0.7 | 5 · 10⁹ · 0.49 / 20,000 = 122,500 | no, just |
//! | surname | 1 / 2,000 | 1.0 | 2.5 · 10⁶ | no |
//! | surname and birth date | 1 / 40,000,000 | 1.0 · 0.7 | 61 | yes, and coarser still |
//!
//! Surname with birth date can pay for less: with year and month in place of the day (1 / 700) it is 5 · 10⁹ · 0.49
//! / 1,400,000 = 1,750, and three letters of the surname (1 / 300) bring it to 11,700, which is the pass that is
//! taken: it forgives slips behind the third letter and in the day.
//!
//! # References
//! - Fisher, Christen, Wang and Rahm 2015, A clustering-based framework to control block sizes for entity resolution,
//!   doi:10.1145/2783258.2783396.
//! - Papadakis, Skoutas, Thanos and Palpanas 2020, Blocking and filtering techniques for entity resolution,
//!   doi:10.1145/3377455.

use hashbrown::HashMap;

use crate::data::{FieldKind, NONE};
use crate::kernel::par;
use crate::kernel::rng::mix;

use super::params::Sources;
use super::prepare::{Col, Prepared, short};

/// Up to this many pairs in all, every pair is compared.
const ALL_PAIRS: usize = 600_000;
/// A block with more records is searched along its order only: a skewed value never explodes.
const LARGEST: u8 = 128;
/// How many neighbours are compared in a block that is larger.
const NEIGHBOURS: u8 = 4;

/// Passes whose keys are in memory together.
const AT_ONCE: usize = 7;

/// How finely a column takes part in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// Marks the last row of a block; rows are below 2³¹.
const LAST: u32 = 1 << 31;

/// The blocks of one pass: rows behind one another, ascending in each block, the last of a block marked.
///
/// `capped` are records in blocks above the limit, `largest` the records of the largest block: both go into the
/// report on blocking.
struct Pass {
    members: Vec<u32>,
    capped: u64,
    largest: u64,
    /// Candidates it yields.
    pairs: u64,
}

/// The candidates of every row.
pub(crate) struct Blocks {
    /// By row: where its candidates start in `others`, and behind all the length.
    starts: Vec<usize>,
    /// Rows above the row in question; one that several passes found stands there several times.
    others: Vec<u32>,
    passes: usize,
    sizes: (u64, u64),
    /// Every pair is a candidate.
    all: bool,
    rows: usize,
    across: bool,
}

/// Expected share of unrelated pairs that agree, and share of filled rows, of one column at one grain.
///
/// `agree` is Σ of squared shares, `filled` the share of records with a value; a pair of strangers shares the key
/// with chance agree · filled².
#[derive(Clone, Copy)]
struct Cost {
    agree: f64,
    filled: f64,
}

impl Blocks {
    /// All pairs where there are at most 600,000, else the passes that the table can afford. O(passes · N) time;
    /// the passes of a round run in parallel, seven at a time, so that columns of keys need not all be in memory.
    pub(crate) fn new(prepared: &Prepared, sources: Sources) -> Self {
        let rows = prepared.rows;
        let across = sources == Sources::FreeOfDuplicates;
        let mut blocks = Self {
            starts: Vec::new(),
            others: Vec::new(),
            passes: 0,
            sizes: (0, 0),
            all: rows * rows.saturating_sub(1) / 2 <= ALL_PAIRS,
            rows,
            across,
        };
        if blocks.all {
            return blocks;
        }
        let (_, passes): (Vec<Spec>, Vec<Pass>) = affordable(prepared).into_iter().unzip();
        blocks.gather(&passes);
        blocks
    }

    /// Turns blocks into lists of candidates by row.
    ///
    /// Two rounds over the passes, one to count and one to write, so that the lists are one array without holes: 8
    /// bytes a row and 4 a candidate, a candidate that k passes found k times.
    fn gather(&mut self, passes: &[Pass]) {
        let mut starts = vec![0_usize; self.rows + 1];
        for pass in passes {
            self.passes += 1;
            self.sizes = (self.sizes.0 + pass.capped, self.sizes.1.max(pass.largest));
            pass.each(|row, ahead| starts[row + 1] += ahead.len());
        }
        for row in 0..self.rows {
            starts[row + 1] += starts[row];
        }
        let mut others = vec![0; starts[self.rows]];
        let mut next = starts.clone();
        for pass in passes {
            pass.each(|row, ahead| {
                let at = next[row];
                for (slot, other) in others[at..].iter_mut().zip(ahead) {
                    *slot = other & !LAST;
                }
                next[row] += ahead.len();
            });
        }
        (self.starts, self.others) = (starts, others);
    }

    /// How many passes there are; none where every pair is a candidate.
    pub(crate) fn passes(&self) -> usize {
        self.passes
    }

    /// Records in blocks that are searched along their order only, over all passes, and those of the largest block.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        self.sizes
    }

    /// Whether every pair is a candidate.
    pub(crate) fn all(&self) -> bool {
        self.all
    }

    /// Rows above `row` that are candidates for it, ascending.
    ///
    /// Each pair is told by its smaller row, once. Where sources are free of duplicates, rows of the row's own
    /// source are left out. O(c log c) for c entries of the row.
    pub(crate) fn candidates(&self, prepared: &Prepared, row: usize, out: &mut Vec<u32>) {
        out.clear();
        if self.all {
            out.extend((0..u32::try_from(self.rows).unwrap_or(NONE)).skip(row + 1));
        } else {
            out.extend_from_slice(&self.others[self.starts[row]..self.starts[row + 1]]);
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

impl Pass {
    /// Calls `f` with every row and those behind it in its block that are candidates for it.
    fn each(&self, mut f: impl FnMut(usize, &[u32])) {
        for block in self.members.split_inclusive(|m| m & LAST != 0) {
            let reach =
                if block.len() > usize::from(LARGEST) { usize::from(NEIGHBOURS) } else { block.len() };
            for (i, row) in block.iter().enumerate() {
                let behind = &block[i + 1..];
                f((row & !LAST) as usize, &behind[..reach.min(behind.len())]);
            }
        }
    }
}

/// By column and grain that some pass needs: the key of every row, 0 for none.
///
/// Columns of keys are read from front to back by every pass; looking each up where the values lie would cost three reads
/// in no order. O(rows) memory for each column and grain.
struct Keys(HashMap<(usize, Grain), Vec<u32>>);

impl Keys {
    fn new(prepared: &Prepared, specs: &[Spec]) -> Self {
        let mut wanted: Vec<(usize, Grain)> = specs.iter().flat_map(|s| [Some(s.a), s.b]).flatten().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let of_values = par::map_chunks(wanted.len(), 1, |range| {
            let one = |(c, grain): (usize, Grain)| {
                let col = &prepared.cols[c];
                (0_u32..).take(col.forms.len()).map(|v| short(hash_of_value(col, v, grain))).collect()
            };
            range.map(|i| one(wanted[i])).collect::<Vec<Vec<u32>>>()
        });
        let of_values: Vec<Vec<u32>> = of_values.into_iter().flatten().collect();
        let mut keys = vec![Vec::with_capacity(prepared.rows); wanted.len()];
        // Block by block, so that the rows of a block are still at hand for the next column.
        for start in (0..prepared.rows).step_by(2048) {
            for ((keys, values), (c, _)) in keys.iter_mut().zip(&of_values).zip(&wanted) {
                keys.extend((start..prepared.rows.min(start + 2048)).map(|row| {
                    let value = prepared.row(row)[*c];
                    if value == NONE { 0 } else { values[value as usize] }
                }));
            }
        }
        Self(wanted.into_iter().zip(keys).collect())
    }

    fn of(&self, part: (usize, Grain)) -> &[u32] {
        self.0.get(&part).map_or(&[], Vec::as_slice)
    }
}

/// The keys to use: single columns that are selective, and pairs of columns at the coarsest grain that is.
///
/// A single column is taken at its key where C(N, 2) · p · f² ≤ 2 · budget. Of two columns the combination of
/// grains with the highest expected number of pairs not above the budget is taken, which is the coarsest it can pay
/// for. They are then ranked: single columns first, pairs by the product of their filled shares, half of that where
/// a column is a category, region or number. O(columns²).
pub(crate) fn choose(prepared: &Prepared) -> Vec<Spec> {
    let rows = prepared.rows as f64;
    let pairs = rows * (rows - 1.0) / 2.0;
    let budget = 0.4 * rows + 20_000.0;
    let width = prepared.width();
    let cost: Vec<[Cost; 2]> = (0..width).map(|c| costs(prepared, c)).collect();
    let useful = |c: usize| cost[c][1].filled > 0.0;
    // What thousands share helps another column to a key, and only where that needs help.
    let weak = |c: usize| {
        matches!(prepared.cols[c].kind, FieldKind::Category | FieldKind::Region | FieldKind::Number)
    };
    let grains = [Grain::Coarse, Grain::Key];
    let mut specs: Vec<(f64, Spec)> = Vec::new();
    for a in (0..width).filter(|c| useful(*c)) {
        let single = &cost[a][1];
        if !weak(a) && pairs * single.agree * single.filled * single.filled <= 2.0 * budget {
            specs.push((2.0, Spec { a: (a, Grain::Key), b: None, either_order: false }));
        }
        for b in (a + 1..width).filter(|b| useful(*b) && !(weak(a) && weak(*b))) {
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
                let help = if weak(a) || weak(b) { 0.5 } else { 1.0 };
                specs.push((help * cost[a][1].filled * cost[b][1].filled, spec));
            }
        }
    }
    // The fuller the columns, the more a key can find.
    specs.sort_by(|x, y| y.0.total_cmp(&x.0));
    specs.truncate(if prepared.rows > 50_000 { 26 } else { 60 });
    specs.into_iter().map(|(_, spec)| spec).collect()
}

/// The chosen passes that cost no more than they may, with their blocks.
///
/// What a pass really costs shows only in its blocks: columns that go together (a city and its postcodes) agree far more often
/// than the product of their chances. Such a pass finds strangers of one place.
fn affordable(prepared: &Prepared) -> Vec<(Spec, Pass)> {
    let mut specs = choose(prepared);
    // Passes over the same columns together, a few at a time: columns of keys are large.
    specs.sort_unstable_by_key(|s| (s.a, s.b));
    let most = 3 * prepared.rows as u64 + 100_000;
    let mut passes = Vec::with_capacity(specs.len());
    for specs in specs.chunks(AT_ONCE) {
        let keys = Keys::new(prepared, specs);
        let found = par::map_chunks(specs.len(), 1, |range| {
            let one = |i: usize| pass(prepared.rows, &keys, &specs[i], most).map(|pass| (specs[i], pass));
            range.filter_map(one).collect::<Vec<_>>()
        });
        passes.extend(found.into_iter().flatten());
    }
    passes
}

/// The passes for records that come one at a time: as many as wanted of those a table can afford, the fullest columns first.
pub(crate) fn lasting(prepared: &Prepared, most: usize) -> Vec<Spec> {
    let affordable = affordable(prepared);
    let kept = |spec: &Spec| affordable.iter().any(|(s, _)| s == spec);
    let mut specs: Vec<Spec> = choose(prepared).into_iter().filter(kept).collect();
    specs.truncate(most);
    specs
}

/// p = Σ (k / n)² over the keys, each with k of n filled records, at least 1 / n²: the chance that two records
/// drawn with replacement agree. Counts are added in ascending order, so that the sum does not depend on the order
/// of a hash table.
fn costs(prepared: &Prepared, c: usize) -> [Cost; 2] {
    let col = &prepared.cols[c];
    let filled = col.filled as f64 / prepared.rows as f64;
    let total = (col.filled as f64).max(1.0);
    let share = |counts: &mut dyn Iterator<Item = u32>| {
        counts.map(|n| (f64::from(n) / total).powi(2)).sum::<f64>().max(1.0 / (total * total))
    };
    let mut coarse: HashMap<u32, u32> = HashMap::new();
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

/// The same by row; only the first value of a row makes keys, further ones are compared where another key brings
/// the pair.
fn hash(prepared: &Prepared, row: usize, (c, grain): (usize, Grain)) -> u64 {
    let value = prepared.row(row)[c];
    if value == NONE { 0 } else { hash_of_value(&prepared.cols[c], value, grain) }
}

/// The part of a key that a value gives, 0 for none: masks of names and texts hide too much.
fn hash_of_value(col: &Col, value: u32, grain: Grain) -> u64 {
    match grain {
        Grain::Coarse => u64::from(col.coarse[value as usize]) << 32,
        Grain::Key => {
            let hidden = col.forms[value as usize].masked;
            if hidden && !matches!(col.kind, FieldKind::Phone | FieldKind::NationalId) {
                return 0;
            }
            col.key_hash[col.key_of(value) as usize]
        }
    }
}

/// The blocks of a pass, unless they hold more candidates than it may cost.
///
/// Most keys of a selective pass occur once. They are told by a set of bits (a Bloom filter with one function, Bloom 1970,
/// doi:10.1145/362686.362692), so only rows that may have a partner are sorted.
///
/// The set has 8 to 16 bits a row (for up to 33 million rows), so a row without a partner is kept with a chance of
/// at most one in eight; after sorting, blocks of one record are dropped.
fn pass(rows: usize, keys: &Keys, spec: &Spec, most: u64) -> Option<Pass> {
    let (a, b) = (keys.of(spec.a), spec.b.map(|b| keys.of(b)));
    let key = |row: usize| {
        let Some(b) = b else { return a[row] };
        if a[row] == 0 || b[row] == 0 {
            return 0;
        }
        let (x, y) = (u64::from(a[row]), u64::from(b[row]));
        short(mix(if spec.either_order { x + y } else { x << 32 | y }))
    };
    let bits = (rows * 8).next_power_of_two().clamp(1 << 12, 1 << 28).trailing_zeros();
    let mut seen = vec![[0_u64; 2]; 1 << (bits - 6)];
    let place = |key: u32| {
        let slot = key >> (32 - bits);
        (slot as usize >> 6, 1_u64 << (slot & 63))
    };
    let all: Vec<u32> = (0..rows).map(key).collect();
    for key in all.iter().filter(|k| **k != 0) {
        let (word, bit) = place(*key);
        let [once, twice] = &mut seen[word];
        *twice |= *once & bit;
        *once |= bit;
    }
    let mut keyed: Vec<u64> = Vec::new();
    for (key, row) in all.iter().zip(0_u64..) {
        let (word, bit) = place(*key);
        if *key != 0 && seen[word][1] & bit != 0 {
            keyed.push(u64::from(*key) << 32 | row);
        }
    }
    drop((seen, all));
    sort_by_key(&mut keyed);
    let mut pass = Pass { members: Vec::with_capacity(keyed.len()), capped: 0, largest: 0, pairs: 0 };
    for block in keyed.chunk_by(|x, y| x >> 32 == y >> 32).filter(|b| b.len() > 1) {
        let size = block.len() as u64;
        pass.largest = size.max(pass.largest);
        if size > u64::from(LARGEST) {
            pass.capped += size;
            pass.pairs += size * u64::from(NEIGHBOURS);
        } else {
            pass.pairs += size * (size - 1) / 2;
        }
        if pass.pairs > most {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the row is the lower half")]
        pass.members.extend(block.iter().map(|x| *x as u32));
        if let Some(last) = pass.members.last_mut() {
            *last |= LAST;
        }
    }
    Some(pass)
}

/// Sorts keys in the upper half, rows in the lower: two rounds of radix sort over the upper 22 bits, then the few whose keys
/// share those.
///
/// O(n) for the two rounds of 11 bits each. Keys are hashes, so of n rows only about n² / 2²³ pairs share 22 bits
/// by chance, and the last sort touches short groups. The rows inside a block end up ascending, as they are the
/// lower half.
fn sort_by_key(keyed: &mut Vec<u64>) {
    if keyed.len() < 4096 {
        keyed.sort_unstable();
        return;
    }
    let mut other = vec![0; keyed.len()];
    for shift in [42, 53] {
        let digit = |key: u64| (key >> shift & 0x7ff) as usize;
        let mut starts = [0_u32; 2049];
        for key in keyed.iter() {
            starts[digit(*key) + 1] += 1;
        }
        for i in 0..2048 {
            starts[i + 1] += starts[i];
        }
        for key in keyed.iter() {
            let at = &mut starts[digit(*key)];
            other[*at as usize] = *key;
            *at += 1;
        }
        std::mem::swap(keyed, &mut other);
    }
    for group in keyed.chunk_by_mut(|x, y| x >> 42 == y >> 42).filter(|g| g.len() > 1) {
        if !group.is_sorted() {
            group.sort_unstable();
        }
    }
}
