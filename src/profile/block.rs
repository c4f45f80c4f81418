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
//! A block of more than 128 records is searched along its order only, four neighbours each: a value that ten thousand of a
//! million records share costs forty thousand comparisons, not fifty million. All pairs are compared where there are at most
//! 600,000. A pass that turns out to cost more than 3 N + 100,000 pairs is dropped.
//!
//! O(passes · N) time, by dealing rows into parts that a cache holds; six bytes of memory for each pass that finds a candidate.
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
        self.key_of_parts(|part| hash(prepared, row, part))
    }

    /// The key of a row of which the parts are known otherwise; 0 is none.
    pub(crate) fn key_of_parts(&self, part: impl Fn((usize, Grain)) -> u64) -> Option<u64> {
        let a = part(self.a);
        if a == 0 {
            return None;
        }
        let Some(b) = self.b else { return Some(a) };
        let b = part(b);
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

/// The candidates of all rows, span by span.
///
/// Sorting a few thousand rows' candidates at a time keeps them in a cache; a list for each row of the table would be
/// written all over the memory.
pub(crate) struct Blocks {
    /// By span of rows: where its entries start, and behind all how many there are.
    starts: Vec<usize>,
    /// By entry: the place of the row in its span.
    places: Vec<u16>,
    /// By entry: a row above it that shares a block with it; one that several passes found stands there several times.
    others: Vec<u32>,
    passes: usize,
    sizes: (u64, u64),
    /// Every pair is a candidate.
    all: bool,
    rows: usize,
    across: bool,
}

/// Rows whose candidates lie together.
const SPAN: usize = 4096;

/// The candidates of the rows of one span.
pub(crate) struct Span {
    first: usize,
    /// By row of the span: where its candidates end.
    ends: Vec<usize>,
    others: Vec<u32>,
}

impl Span {
    /// Each row with its candidates: rows above it, ascending, each once.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .enumerate()
            .map(|(place, (start, end))| (self.first + place, &self.others[start..*end]))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.others.len()
    }
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
            places: Vec::new(),
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

    /// Turns blocks into entries by span of rows.
    ///
    /// Two rounds over the passes, one to count and one to write, so that the entries are one array without holes: 6
    /// bytes each, one for every pass that found the pair.
    fn gather(&mut self, passes: &[Pass]) {
        let mut starts = vec![0_usize; self.rows.div_ceil(SPAN) + 1];
        for pass in passes {
            self.passes += 1;
            self.sizes = (self.sizes.0 + pass.capped, self.sizes.1.max(pass.largest));
            pass.each(|row, ahead| starts[row / SPAN + 1] += ahead.len());
        }
        for span in 1..starts.len() {
            starts[span] += starts[span - 1];
        }
        let entries = starts.last().copied().unwrap_or(0);
        let (mut places, mut others) = (vec![0; entries], vec![0; entries]);
        let mut next = starts.clone();
        for pass in passes {
            pass.each(|row, ahead| {
                let at = next[row / SPAN];
                next[row / SPAN] += ahead.len();
                #[expect(clippy::cast_possible_truncation, reason = "a place in a span of 4,096 rows")]
                places[at..at + ahead.len()].fill((row % SPAN) as u16);
                for (slot, other) in others[at..].iter_mut().zip(ahead) {
                    *slot = other & !LAST;
                }
            });
        }
        (self.starts, self.places, self.others) = (starts, places, others);
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

    /// How many spans the rows make.
    pub(crate) fn spans(&self) -> usize {
        self.rows.div_ceil(SPAN)
    }

    /// The candidates of the rows of one span.
    ///
    /// Each pair is told by its smaller row, once. Where sources are free of duplicates, rows of the row's own
    /// source are left out. O(c log c) for rows of c entries.
    pub(crate) fn span(&self, prepared: &Prepared, span: usize) -> Span {
        let first = span * SPAN;
        let rows = SPAN.min(self.rows - first);
        let (starts, mut by_row) =
            if self.all { self.every_pair(first, rows) } else { self.by_row(span, rows) };
        let mut out =
            Span { first, ends: Vec::with_capacity(rows), others: Vec::with_capacity(by_row.len() / 2) };
        for place in 0..rows {
            let others = &mut by_row[starts[place]..starts[place + 1]];
            others.sort_unstable();
            let own = prepared.source[first + place];
            let mut last = NONE;
            for other in others {
                if *other != last && !(self.across && prepared.source[*other as usize] == own) {
                    out.others.push(*other);
                }
                last = *other;
            }
            out.ends.push(out.others.len());
        }
        out
    }

    /// All rows above each row of a span, and where those of each row start.
    fn every_pair(&self, first: usize, rows: usize) -> (Vec<usize>, Vec<u32>) {
        let (mut starts, mut others) = (vec![0], Vec::new());
        for row in first..first + rows {
            others.extend((0..NONE).take(self.rows).skip(row + 1));
            starts.push(others.len());
        }
        (starts, others)
    }

    /// The entries of a span, those of a row together, and where those of each row start.
    fn by_row(&self, span: usize, rows: usize) -> (Vec<usize>, Vec<u32>) {
        let range = self.starts[span]..self.starts[span + 1];
        let (places, others) = (&self.places[range.clone()], &self.others[range]);
        let mut starts = vec![0; rows + 2];
        for place in places {
            starts[usize::from(*place) + 2] += 1;
        }
        for row in 2..rows + 2 {
            starts[row] += starts[row - 1];
        }
        let mut by_row = vec![0; others.len()];
        for (place, other) in places.iter().zip(others) {
            let at = &mut starts[usize::from(*place) + 1];
            by_row[*at] = *other;
            *at += 1;
        }
        (starts, by_row)
    }
}

impl Pass {
    /// Takes a block in: keys in the upper half, rows in the lower half, ascending.
    fn take(&mut self, block: &[u64]) {
        let size = block.len() as u64;
        self.largest = size.max(self.largest);
        if size > u64::from(LARGEST) {
            self.capped += size;
            self.pairs += size * u64::from(NEIGHBOURS);
        } else {
            self.pairs += size * (size - 1) / 2;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the row is the lower half")]
        self.members.extend(block.iter().map(|x| *x as u32));
        if let Some(last) = self.members.last_mut() {
            *last |= LAST;
        }
    }

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
        for start in (0..prepared.rows).step_by(256) {
            for ((keys, values), (c, _)) in keys.iter_mut().zip(&of_values).zip(&wanted) {
                keys.extend((start..prepared.rows.min(start + 256)).map(|row| {
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
/// drawn with replacement agree. Counts of coarse keys are added in ascending order, those of keys by first
/// appearance, so that no sum depends on the order of a hash table.
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
pub(crate) fn hash_of_value(col: &Col, value: u32, grain: Grain) -> u64 {
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

/// Rows that a part of a pass holds, about: what is looked up in it stays in a cache of the first level.
const PART: usize = 4096;

/// Slots in which a part's keys are counted; a slot that only one row falls into needs no more looking at.
const SLOTS: u32 = 13;

/// The blocks of a pass, unless they hold more candidates than it may cost.
///
/// Most keys of a selective pass occur once. Rows are dealt into parts by the upper bits of their keys, and in each
/// part counted by the next bits: rows alone in their slot have no partner, the others are put side by side and
/// sorted, a handful at a time. O(n): two rounds over the table, two over each part.
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
    let parts = (rows / PART).next_power_of_two().min(1024);
    let bits = parts.trailing_zeros();
    // Rows without a key make a part of their own, behind all others, so that nothing has to be decided row by row.
    let part_of = |key: u32| if key == 0 { parts } else { (u64::from(key) << bits >> 32) as usize };
    let all: Vec<u32> = (0..rows).map(key).collect();
    let mut starts = vec![0_usize; parts + 2];
    for key in &all {
        starts[part_of(*key) + 1] += 1;
    }
    for part in 0..parts {
        starts[part + 1] += starts[part];
    }
    let mut next = starts.clone();
    let mut dealt = vec![0_u64; rows];
    for (key, row) in all.iter().zip(0_u64..) {
        let at = &mut next[part_of(*key)];
        dealt[*at] = u64::from(*key) << 32 | row;
        *at += 1;
    }
    drop(all);
    let mut pass = Pass { members: Vec::new(), capped: 0, largest: 0, pairs: 0 };
    let (mut slots, mut shared) = (vec![0_u32; 1 << SLOTS], Vec::new());
    for part in starts[..=parts].windows(2) {
        not_alone(&dealt[part[0]..part[1]], bits, &mut slots, &mut shared);
        for block in shared.chunk_by(|x, y| x >> 32 == y >> 32).filter(|b| b.len() > 1) {
            pass.take(block);
            if pass.pairs > most {
                return None;
            }
        }
    }
    Some(pass)
}

/// The rows of a part that share a slot with another one, sorted by key and row within each slot. Keys in the upper
/// half, of which the first `bits` are those of the part; rows in the lower half, ascending.
fn not_alone(part: &[u64], bits: u32, slots: &mut [u32], shared: &mut Vec<u64>) {
    let slot = |x: u64| (x << bits >> (64 - SLOTS)) as usize;
    slots.fill(0);
    for x in part {
        slots[slot(*x)] += 1;
    }
    // Where a slot's next row goes, times two; odd where the slot has one row only, which goes to the end and stays
    // there until the next one takes its place.
    let end: u32 = slots.iter().filter(|n| **n > 1).sum();
    let mut start = 0;
    for n in slots.iter_mut() {
        let alone = *n < 2;
        let size = *n;
        *n = if alone { end << 1 | 1 } else { start << 1 };
        start += if alone { 0 } else { size };
    }
    shared.clear();
    shared.resize(end as usize + 1, 0);
    for x in part {
        let at = &mut slots[slot(*x)];
        shared[(*at >> 1) as usize] = *x;
        *at += (!*at & 1) << 1;
    }
    shared.truncate(end as usize);
    for slot in shared.chunk_by_mut(|x, y| slot(*x) == slot(*y)) {
        if !slot.is_sorted() {
            slot.sort_unstable();
        }
    }
}
