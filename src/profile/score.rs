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
//! On a million simulated records there are 2.8 million candidates, of which 1.6 million are kept. Values themselves are read
//! for hardly more than those: two texts lie in two places of memory that no cache has, which costs more than all the rest.
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
//! bytes a kept pair. Rows run in parallel in chunks of 1,024; chunks are put together in their order, so the list
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
use super::compare::{LEVELS, Level, Scratch, Verdict, alike, level};
use super::frequency::Frequencies;
use super::mixture::Rough;
use super::prepare::Prepared;

/// Columns that take part; three bits each.
pub(crate) const MAX_COLUMNS: usize = 20;
/// Rows handled at a time.
///
/// Large enough that buffers are made seldom, small enough that the threads end together.
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
    /// 0 to 7; 0 for a column that is not compared.
    pub(crate) fn level(self, column: usize) -> usize {
        (self.0 >> (3 * column) & 7) as usize
    }

    fn set(&mut self, column: usize, level: Level) {
        self.0 = self.0 & !(7 << (3 * column)) | (level as u64) << (3 * column);
    }
}

/// What sharing a value or its key with one row is worth, by column, found when first asked for.
struct Worth {
    row: usize,
    known: Vec<Option<[f32; 2]>>,
}

impl Worth {
    /// What a row's values are worth is asked for once a row, not once a candidate: a look-up of counts costs two
    /// reads in no order.
    fn new(width: usize) -> Self {
        Self { row: 0, known: vec![None; width] }
    }

    fn turn_to(&mut self, row: usize) {
        self.row = row;
        self.known.fill(None);
    }

    /// Of the key, and of the value.
    fn of(&mut self, c: usize, prepared: &Prepared, rough: &Rough, frequencies: &Frequencies) -> [f32; 2] {
        *self.known[c].get_or_insert_with(|| rough.equal(prepared, frequencies, self.row, c))
    }
}

/// Compares records column by column.
pub(crate) struct Comparer<'a> {
    prepared: &'a Prepared,
    width: usize,
    /// Columns of given and family name, which people enter in either order.
    names: Option<(usize, usize)>,
}

impl<'a> Comparer<'a> {
    /// A comparer of these records; it holds nothing of its own, so it costs nothing to make.
    pub(crate) fn new(prepared: &'a Prepared) -> Self {
        let find = |kind| prepared.cols.iter().take(MAX_COLUMNS).position(|c| c.kind == kind);
        let names = find(FieldKind::GivenName).zip(find(FieldKind::FamilyName));
        Self { prepared, width: prepared.width().min(MAX_COLUMNS), names }
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
            let found = if !self.prepared.multiple || col.more.is_empty() {
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
            || self.prepared.multiple
            || self.swapped(a, b).is_some()
            || self.same_key(a, b)
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
    pub(crate) fn all(&self, blocks: &Blocks, rough: &Rough, frequencies: &Frequencies) -> (Vec<Pair>, u64) {
        let prepared = self.prepared;
        let chunks = par::map_chunks(prepared.rows, CHUNK, |range| {
            let (mut scratch, mut others, mut pairs) = (Scratch::new(), Vec::new(), Vec::new());
            let (mut worth, mut rows) = (Worth::new(self.width), Vec::new());
            let mut compared = 0_u64;
            for row in range {
                blocks.candidates(prepared, row, &mut others);
                if others.is_empty() {
                    continue;
                }
                compared += others.len() as u64;
                // Candidates lie all over the table: fetching them one behind another, with nothing in between, lets
                // the memory work on several at a time.
                rows.clear();
                for other in &others {
                    rows.extend_from_slice(prepared.both(*other as usize));
                }
                worth.turn_to(row);
                let stride = 2 * prepared.width();
                for (other, there) in others.iter().zip(rows.chunks_exact(stride)) {
                    let b = *other as usize;
                    let here = prepared.both(row);
                    let found =
                        self.judge((row, here), (b, there), rough, frequencies, &mut worth, &mut scratch);
                    let Some(pattern) = found else { continue };
                    if blocks.all() || self.promising(row, b, pattern) {
                        pairs.push(Pair { a: u32::try_from(row).unwrap_or(NONE), b: *other, pattern });
                    }
                }
            }
            (pairs, compared)
        });
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
        let mut worth = Worth::new(self.width);
        worth.turn_to(a);
        let (here, there) = (self.prepared.both(a), self.prepared.both(b));
        self.judge((a, here), (b, there), rough, frequencies, &mut worth, scratch)
    }

    /// The same, given the cells of both rows. Sketches come first; values are looked at only while the best they can say
    /// would be enough.
    ///
    /// The bound: start + Σ known weights + Σ over open columns of the most they could say. It falls as columns are
    /// read, but for a shared key rarer than 10⁻⁴, so a pair is dropped at the first moment at which next to
    /// nothing can save it, and most columns of most candidates are never read.
    fn judge(
        &self,
        (a, here): (usize, &[u32]),
        (b, there): (usize, &[u32]),
        rough: &Rough,
        frequencies: &Frequencies,
        worth: &mut Worth,
        scratch: &mut Scratch,
    ) -> Option<Pattern> {
        let prepared = self.prepared;
        let all = prepared.width();
        let ((x, p), (y, q)) = (here.split_at(all), there.split_at(all));
        let mut weigh = |c: usize, level: Level| match level {
            Level::SameKey => worth.of(c, prepared, rough, frequencies)[0],
            Level::Equal => worth.of(c, prepared, rough, frequencies)[1],
            _ => rough.levels[c][level as usize],
        };
        let crossed =
            |(given, family): (usize, usize)| alike(p[given], q[family]) || alike(p[family], q[given]);
        if prepared.multiple || self.names.is_some_and(crossed) && self.swapped(a, b).is_some() {
            let pattern = self.compare(a, b, scratch);
            let score = (0..self.width).map(|c| match pattern.level(c) {
                6 | 7 => weigh(c, Level::Equal).max(rough.alike[c]),
                l => rough.levels[c][l],
            });
            return (rough.start + score.sum::<f32>() >= rough.least).then_some(pattern);
        }
        let mut pattern = Pattern::default();
        let mut score = rough.start;
        let mut open = 0_u32;
        for c in 0..self.width {
            if x[c] == NONE || y[c] == NONE {
                continue;
            }
            let col = &prepared.cols[c];
            let found = if x[c] == y[c] {
                if col.is_masked(x[c]) { level(col, x[c], y[c], scratch) } else { Level::Equal }
            } else {
                match col.reading.compare(p[c], q[c]) {
                    Verdict::Is(level) => level,
                    Verdict::Look => {
                        open |= 1 << c;
                        score += rough.alike[c];
                        continue;
                    }
                }
            };
            pattern.set(c, found);
            score += weigh(c, found);
        }
        while open != 0 && score >= rough.least {
            let c = open.trailing_zeros() as usize;
            open &= open - 1;
            let found = level(&prepared.cols[c], x[c], y[c], scratch);
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
