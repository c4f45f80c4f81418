//! Pairs in words: the level of agreement of every column, packed, and which pairs are hopeless.
//!
//! Candidates are compared in stages, each cheaper than what follows and enough for most:
//! 1. numbers: equal values have equal numbers, so agreement is a comparison of integers in two rows;
//! 2. sketches of unequal values, which lie in the rows as well and tell most of them far apart;
//! 3. a rough score from what is known so far, prior weights and the best the open columns could say: below −10 nats the
//!    pair is dropped (a pair counts at least −6 in a cluster, see `cluster`);
//! 4. the values themselves, column by column, while the rough score stays above the bar.
//!
//! What is kept are two row numbers and a pattern of three bits a column: the scores of all later rounds come from it.
//! Names in each other's place are found by their keys: the given name of one record is the family name of the other.
//!
//! # What the stages are worth
//! On a million simulated records there are 2.8 million candidates, of which 1.6 million are kept. Two texts are read 2.6
//! million times; all other levels follow from numbers and sketches. What lies in no cache (cells, counts, texts) is
//! fetched for sixteen rows at a time, so that one wait serves many.
//!
//! # The bar
//! A pair is dropped where even the best reading of its open columns leaves it below min(t − 10, −10) nats, t the threshold in
//! log-odds. Weights that are learnt later move a pair by a few nats, not by ten; a pair that is dropped counts as one that was
//! never compared.
//!
//! # A pattern by hand
//! Columns given name, family name, birth date with the levels near (4), equal (7), unknown (0) are
//! ```text
//! 0·8² + 7·8 + 4 = 0o074 = 60
//! ```
//! Reading a level is a shift and a mask. Two records are 16 bytes with their pattern whatever their values, which
//! is why millions of pairs can be kept and scored again after every change of weights.
//!
//! # Names in each other's place
//! `Lee Ann` and `Ann Lee` differ in both names and say the same. Where the key of a given name is that of the
//! other record's family name (and the rest does not contradict: it agrees too, or is blank on one side), the name
//! that is found crosswise agrees at the level of the key, the other one is unknown; where both are, the family
//! name counts as equal. That costs a comparison of two sketches for most pairs.
//!
//! # Promising pairs
//! Outside small tables a candidate is kept only where a column is equal, names are crossed, or the key of a
//! telephone number, identity number, e-mail address or given name is shared, or where records have several values.
//! Two records that merely look alike in two columns are dropped: among candidates of coarse keys they are many,
//! and seldom one person.
//!
//! # Complexity
//! O(candidates · columns) time with a small constant; strings are compared bit-parallel in O(length). Memory 16
//! bytes a kept pair. Rows run in parallel in spans of 4,096; spans are put together in their order, so the list
//! is the same for any number of threads.
//!
//! # Errors
//! None. Row numbers are below 2³¹, which the records' door guarantees.
//!
//! # A verdict by hand
//! Bar −10; given name, surname and telephone number are filled on both sides, and nothing agrees:
//! ```text
//! start                                 −6.9     one pair in a thousand
//! given names, sketches say differ      −3.5     ln(0.03 / 0.97)
//! surnames, sketches leave it open      +5.3     at most: the same key, ln(0.02 / 0.0001)
//! telephone, sketches say differ        −1.9     ln(0.15 / 1)
//! after all sketches                    −7.0     above the bar, so the surnames are read
//! surnames differ                      −15.5     −3.2 in place of +5.3: dropped
//! ```
//! Had the birth dates differed as well (−3.9), the pair would have been dropped at −10.9 and no text read. The bar is
//! asked after all sketches have spoken, then again before each value that would have to be read.

use crate::data::{FieldKind, NONE};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::block::Blocks;
use super::compare::{LEVELS, Level, Reading, Scratch, Text, Verdict, alike, level, likeness};
use super::frequency::Frequencies;
use super::mixture::Rough;
use super::prepare::{Col, Prepared};

/// Columns that take part; three bits each.
pub(crate) const MAX_COLUMNS: usize = 20;
/// Random pairs handled at a time.
///
/// Large enough that buffers are made seldom, small enough that the threads end together.
const CHUNK: usize = 1024;

/// Rows whose candidates are fetched together.
const TOGETHER: usize = 16;

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
    /// 0 to 7; 0 for a column that is not compared.
    pub(crate) fn level(self, column: usize) -> usize {
        (self.0 >> (3 * column) & 7) as usize
    }

    fn set(&mut self, column: usize, level: Level) {
        self.0 = self.0 & !(7 << (3 * column)) | (level as u64) << (3 * column);
    }
}

/// The rough weight of a level; `shared` tells what having the key, and the value, in common is worth, where that is
/// asked.
fn weight(rough: &Rough, c: usize, level: Level, shared: impl FnOnce() -> [f32; 2]) -> f32 {
    match level {
        Level::Equal => shared()[1],
        Level::SameKey => shared()[0],
        level => rough.levels[c][level as usize],
    }
}

/// What numbers and sketches say of two records: the levels they tell, and the columns at which values must be looked at.
#[derive(Clone, Copy)]
struct Glance {
    pattern: Pattern,
    /// Rough score, the open columns at the most they can say.
    score: f32,
    /// One bit for each open column.
    open: u32,
}

impl Glance {
    /// Columns whose values must be looked at, ascending.
    fn open(self) -> impl Iterator<Item = usize> {
        (0..MAX_COLUMNS).filter(move |c| self.open >> c & 1 == 1)
    }
}

/// Compares records column by column.
pub(crate) struct Comparer<'a> {
    prepared: &'a Prepared,
    width: usize,
    /// Columns of given and family name, which people enter in either order.
    names: Option<(usize, usize)>,
    /// By column: how two sketches are read.
    readings: [Reading; MAX_COLUMNS],
}

impl<'a> Comparer<'a> {
    /// A comparer of these records; it costs next to nothing to make.
    pub(crate) fn new(prepared: &'a Prepared) -> Self {
        let find = |kind| prepared.cols.iter().take(MAX_COLUMNS).position(|c| c.kind == kind);
        let names = find(FieldKind::GivenName).zip(find(FieldKind::FamilyName));
        let mut readings = [Reading::Words; MAX_COLUMNS];
        for (reading, col) in readings.iter_mut().zip(&prepared.cols) {
            *reading = col.reading;
        }
        Self { prepared, width: prepared.width().min(MAX_COLUMNS), names, readings }
    }

    /// Hashes of the keys of given and family name of a row, 0 where there is none.
    ///
    /// Hashes, not numbers: keys are numbered by column, and given names must be compared with family names.
    fn name_keys(&self, row: usize, (given, family): (usize, usize)) -> [u64; 2] {
        let cells = self.prepared.row(row);
        [given, family].map(|c| {
            let col = &self.prepared.cols[c];
            if cells[c] == NONE { 0 } else { col.key_hash[col.key_of(cells[c]) as usize].max(1) }
        })
    }

    /// The levels of two records.
    ///
    /// Symmetric up to the reading of crossed names. Columns missing on one side stay `Unknown`. With several
    /// values, the best level of any two counts: a person who has two telephone numbers agrees where one of them
    /// does.
    pub(crate) fn compare(&self, a: usize, b: usize, scratch: &mut Scratch) -> Pattern {
        let (x, y) = (self.prepared.row(a), self.prepared.row(b));
        let mut pattern = Pattern::default();
        let swapped = self.swapped(a, b);
        for c in 0..self.width {
            if swapped.is_some() && self.names.is_some_and(|(g, f)| c == g || c == f) {
                continue;
            }
            let col = &self.prepared.cols[c];
            let found = if !self.prepared.multiple || col.more_of(a).is_empty() && col.more_of(b).is_empty() {
                if x[c] == NONE || y[c] == NONE {
                    continue;
                }
                self.level(a, b, c, scratch)
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

    /// The level of two values, by their sketches where those say enough.
    fn level(&self, a: usize, b: usize, c: usize, scratch: &mut Scratch) -> Level {
        let (x, y) = (self.prepared.row(a)[c], self.prepared.row(b)[c]);
        let col = &self.prepared.cols[c];
        if x == y {
            return level(col, x, y, scratch);
        }
        match col.reading.compare(self.prepared.sketches(a)[c], self.prepared.sketches(b)[c]) {
            Verdict::Is(level) => level,
            Verdict::Look => level(col, x, y, scratch),
        }
    }

    /// Which name of the first record stands in the other place of the second, where that explains the names better
    /// than reading them as they stand.
    ///
    /// Names that agree as they stand are never crossed. A blank on the other side does not contradict: a record
    /// with only one name may have it in the wrong place.
    fn swapped(&self, a: usize, b: usize) -> Option<(bool, bool)> {
        let (given, family) = self.names?;
        let (p, q) = (self.prepared.sketches(a), self.prepared.sketches(b));
        if !alike(p[given], q[family]) && !alike(p[family], q[given]) {
            return None;
        }
        let columns = (given, family);
        let ([gx, fx], [gy, fy]) = (self.name_keys(a, columns), self.name_keys(b, columns));
        let (g, f) = (gx != 0 && gx == fy, fx != 0 && fx == gy);
        if !(g || f) || (gx != 0 && gx == gy) || (fx != 0 && fx == fy) {
            return None;
        }
        let blank = |p: u64, q: u64| p == 0 || q == 0;
        ((g && (f || blank(fx, gy))) || (f && blank(gx, fy))).then_some((g, f))
    }

    /// Whether two records have a value or the key of an identifier in common: candidates that look alike in two
    /// columns and are equal in none are seldom of one person.
    pub(crate) fn promising(&self, a: usize, b: usize, pattern: Pattern) -> bool {
        (0..self.width).any(|c| pattern.level(c) == Level::Equal as usize)
            || self.several(a, b)
            || self.swapped(a, b).is_some()
            || self.same_key(a, b)
    }

    /// Whether either of two records has several values in a column. What other records have says nothing about the
    /// two: a score must not depend on who else is in, or was.
    fn several(&self, a: usize, b: usize) -> bool {
        let more = |col: &Col| !col.more_of(a).is_empty() || !col.more_of(b).is_empty();
        self.prepared.multiple && self.prepared.cols.iter().any(more)
    }

    /// Whether two records have the key of an identifier in common.
    fn same_key(&self, a: usize, b: usize) -> bool {
        let (x, y) = (self.prepared.row(a), self.prepared.row(b));
        let (p, q) = (self.prepared.sketches(a), self.prepared.sketches(b));
        self.prepared.cols.iter().enumerate().any(|(c, col)| {
            let telling = matches!(
                col.kind,
                FieldKind::Phone | FieldKind::NationalId | FieldKind::Email | FieldKind::GivenName
            );
            // Equal keys seldom come with sketches that say the values differ.
            telling
                && x[c] != NONE
                && y[c] != NONE
                && col.reading.compare(p[c], q[c]) == Verdict::Look
                && col.key_of(x[c]) == col.key_of(y[c])
        })
    }

    /// The columns of kinds whose differences part people.
    pub(crate) fn vetoed(&self, kinds: &[FieldKind]) -> Vec<usize> {
        (0..self.width).filter(|c| kinds.contains(&self.prepared.cols[*c].kind)).collect()
    }

    /// Whether two rows differ in one of these columns: both have a value, and even the two most alike are further
    /// apart than slips go. Symmetric; a function of the two rows alone, whichever pairs were compared.
    pub(crate) fn conflict(&self, columns: &[usize], a: u32, b: u32) -> bool {
        let mut scratch = Scratch::new();
        columns.iter().any(|c| self.best(a as usize, b as usize, *c, &mut scratch) == Level::Differ)
    }

    /// The best level of any two values.
    ///
    /// O(values of a · values of b). The best of several tries agrees by chance more often than one does, which the
    /// chance of a value does not know; few records have more than two.
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

    /// All candidate pairs that are not hopeless with their patterns, ascending by (a, b), and how many were compared.
    pub(crate) fn all(&self, blocks: Blocks, rough: &Rough, frequencies: &Frequencies) -> (Vec<Pair>, u64) {
        let prepared = self.prepared;
        let chunks = par::map_chunks(blocks.spans(), 1, |range| {
            let (mut scratch, mut pairs) = (Scratch::new(), Vec::new());
            let (mut cells, mut worth) = (Vec::new(), Vec::new());
            let (mut glances, mut open, mut texts) = (Vec::new(), Vec::new(), Vec::new());
            let mut compared = 0_u64;
            for span in range.map(|i| blocks.span(prepared, i)) {
                compared += span.len() as u64;
                let rows: Vec<(usize, &[u32])> =
                    span.rows().filter(|(_, others)| !others.is_empty()).collect();
                for rows in rows.chunks(TOGETHER) {
                    // Candidates lie all over the table, and so do counts and texts of values: fetching them one
                    // behind another, with nothing in between, lets the memory work on several at a time.
                    cells.clear();
                    for other in rows.iter().flat_map(|(_, others)| *others) {
                        cells.extend_from_slice(prepared.both(*other as usize));
                    }
                    worth.clear();
                    for (a, _) in rows {
                        worth.extend((0..self.width).map(|c| rough.equal(prepared, frequencies, *a, c)));
                    }
                    let weigh = |place: usize, c: usize, level: Level| {
                        weight(rough, c, level, || worth[place * self.width + c])
                    };
                    glances.clear();
                    open.clear();
                    let mut cells = cells.chunks_exact(2 * prepared.width());
                    for (place, (a, others)) in rows.iter().enumerate() {
                        let here = (*a, prepared.both(*a));
                        for (b, there) in others.iter().zip(&mut cells) {
                            let there = (*b as usize, there);
                            let weigh = |c, level| weigh(place, c, level);
                            let Some(glance) = self.glance(here, there, rough, weigh, &mut scratch) else {
                                continue;
                            };
                            glances.push((place, *b, glance));
                            open.extend(glance.open().map(|c| (c, here.1[c], there.1[c])));
                        }
                    }
                    texts.clear();
                    texts.extend(open.iter().map(|(c, x, y)| {
                        let forms = &prepared.cols[*c].forms;
                        [forms[*x as usize], forms[*y as usize]]
                    }));
                    let mut texts = texts.as_slice();
                    for (place, b, glance) in &glances {
                        let (own, rest) = texts.split_at(glance.open.count_ones() as usize);
                        texts = rest;
                        let weigh = |c, level| weigh(*place, c, level);
                        let found = self.settle(*glance, own.iter().copied(), rough, weigh, &mut scratch);
                        let Some(pattern) = found else { continue };
                        let a = rows[*place].0;
                        if blocks.all() || self.promising(a, *b as usize, pattern) {
                            pairs.push(Pair { a: number(a as u64), b: *b, pattern });
                        }
                    }
                }
            }
            (pairs, compared)
        });
        drop(blocks);
        let compared = chunks.iter().map(|(_, compared)| compared).sum();
        let mut pairs = Vec::with_capacity(chunks.iter().map(|(pairs, _)| pairs.len()).sum());
        for (chunk, _) in chunks {
            pairs.extend(chunk);
        }
        (pairs, compared)
    }

    /// The levels of two records, unless their rough score is below the cut.
    ///
    /// One pair, as the living index asks for it; dropped by the same bar as in [`all`](Self::all).
    pub(crate) fn hopeful(
        &self,
        a: usize,
        b: usize,
        rough: &Rough,
        frequencies: &Frequencies,
        scratch: &mut Scratch,
    ) -> Option<Pattern> {
        let prepared = self.prepared;
        let weigh = |c, level| weight(rough, c, level, || rough.equal(prepared, frequencies, a, c));
        let (here, there) = (prepared.both(a), prepared.both(b));
        let glance = self.glance((a, here), (b, there), rough, weigh, scratch)?;
        let texts = glance.open().map(|c| {
            let forms = &prepared.cols[c].forms;
            [forms[here[c] as usize], forms[there[c] as usize]]
        });
        self.settle(glance, texts, rough, weigh, scratch)
    }

    /// What numbers and sketches say of two records, given the cells of both; `None` where the best that the values can
    /// say would not be enough.
    ///
    /// The bound: start + Σ known weights + Σ over open columns of the most they could say. It falls as columns are
    /// read, but for a shared key rarer than 10⁻⁴, so a pair is dropped at the first moment at which next to
    /// nothing can save it, and most columns of most candidates are never read.
    fn glance(
        &self,
        (a, here): (usize, &[u32]),
        (b, there): (usize, &[u32]),
        rough: &Rough,
        weigh: impl Fn(usize, Level) -> f32,
        scratch: &mut Scratch,
    ) -> Option<Glance> {
        let prepared = self.prepared;
        let all = prepared.width();
        let ((x, p), (y, q)) = (here.split_at(all), there.split_at(all));
        let crossed =
            |(given, family): (usize, usize)| alike(p[given], q[family]) || alike(p[family], q[given]);
        if self.several(a, b) || self.names.is_some_and(crossed) && self.swapped(a, b).is_some() {
            let pattern = self.compare(a, b, scratch);
            let score = (0..self.width).map(|c| match pattern.level(c) {
                6 | 7 => weigh(c, Level::Equal).max(rough.alike[c]),
                l => rough.levels[c][l],
            });
            let score = rough.start + score.sum::<f32>();
            return (score >= rough.least).then_some(Glance { pattern, score, open: 0 });
        }
        let mut glance = Glance { pattern: Pattern::default(), score: rough.start, open: 0 };
        for c in 0..self.width {
            if x[c] == NONE || y[c] == NONE {
                continue;
            }
            let told = if x[c] != y[c] {
                self.readings[c].compare(p[c], q[c])
            } else if prepared.cols[c].is_masked(x[c]) {
                Verdict::Look
            } else {
                Verdict::Is(Level::Equal)
            };
            match told {
                Verdict::Is(level) => {
                    glance.pattern.set(c, level);
                    glance.score += weigh(c, level);
                }
                Verdict::Look => {
                    glance.open |= 1 << c;
                    glance.score += rough.alike[c];
                }
            }
        }
        (glance.score >= rough.least).then_some(glance)
    }

    /// The levels of two records after a look at the texts of the open columns, which is taken while what is still open
    /// could be enough.
    fn settle(
        &self,
        glance: Glance,
        texts: impl Iterator<Item = [Text; 2]>,
        rough: &Rough,
        weigh: impl Fn(usize, Level) -> f32,
        scratch: &mut Scratch,
    ) -> Option<Pattern> {
        let Glance { mut pattern, mut score, .. } = glance;
        for (c, [x, y]) in glance.open().zip(texts) {
            if score < rough.least {
                break;
            }
            let found = likeness(&self.prepared.cols[c], &x, &y, scratch);
            pattern.set(c, found);
            score += weigh(c, found) - rough.alike[c];
        }
        (score >= rough.least).then_some(pattern)
    }

    /// Pairs drawn at random, to see what agrees by chance.
    ///
    /// Uniform over ordered pairs of different rows, with a fixed seed and a stream of its own for each draw, so
    /// the sample does not depend on threads. With `across`, pairs of one source are skipped, and the sample is
    /// smaller. Some draws are of one person: a share λ₁ of them, which the fit weighs out by their probability.
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

#[expect(clippy::cast_possible_truncation, reason = "rows are below 2^31")]
fn number(row: u64) -> u32 {
    row as u32
}

const _: () = assert!(LEVELS == 8 && MAX_COLUMNS * 3 <= 64);
