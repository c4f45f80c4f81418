//! From the columns of a table to the columns of a linear model. Everything is derived from the rows of the fit.
//!
//! A number x of a flexible design becomes
//!
//! - x, kept within the range of the fit, so that a straight effect costs one coefficient and an outlier at prediction
//!   cannot leave the range that was seen;
//! - r(x), its mid-rank in the fit divided by the number of rows, interpolated between at most 64 quantiles: a skewed
//!   amount and its logarithm give the same ranks, so units and tails do not matter;
//! - (r(x) − k)₊ for knots k at quantiles: together a continuous, piecewise linear curve in the rank.
//!
//! A level becomes an indicator; rare ones share one. A missing value is an average one, and has an indicator from 30 rows
//! on. A pair of columns becomes the products of coarse versions of both: the centred rank and its hinges at the quartiles,
//! or indicators of the sixteen most frequent levels; the ridge sees to it that 16 products do not cost 16 degrees of freedom.
//!
//! Wide tables get fewer knots (see [`ROWS_PER_TERM`]): the encoded table holds 8 bytes for each row and term, and Newton's
//! method takes time with the square of the number of terms.
//!
//! # Why ranks
//!
//! A curve over the number itself puts its knots where the numbers are, but its slopes are per unit: one customer with a balance of
//! a million decides the slope of the last piece. Over ranks every piece has the same number of customers. The number itself stays
//! beside its rank for effects that really are straight, which then cost one coefficient; the ridge decides between them.
//!
//! # What stands for what is missing
//!
//! | cell | terms of the column | its part in pairs | in trees |
//! |---|---|---|---|
//! | a number | number, rank, hinges | centred rank and hinges | its 64th of the ranks |
//! | a level of the fit | its indicator | its indicator, if among the sixteen most frequent | its place in order |
//! | a rare level, or a new one where there are rare ones | the indicator of the rare, and an effect of its own (see [`levels`](super::levels)) unless new | zeros | the place of the rare |
//! | a new level where there are no rare ones | means: contributes nothing | zeros | last |
//! | missing, 30 or more in the fit | means, and an indicator of its own | zeros | last |
//! | missing, fewer in the fit | means: contributes nothing | zeros | last |
//!
//! # Cost
//!
//! Fit: O(n log n) for each numeric column, O(n) for each categorical one, columns in parallel. Encoding a row: a binary search in
//! 64 ranks for each number, nothing to search for a level, whose place is looked up once for the table.
//!
//! # Which levels have terms
//!
//! | rows of the fit | a level needs | of 5,000 levels of equal size |
//! |---|---|---|
//! | 500 | 10 rows (2 %) | none: all share the one term of the rare |
//! | 10,000 | 10 rows (0.1 %) | none |
//! | 1,000,000 | 1,000 rows (0.1 %) | none: 200 each |
//!
//! At most 100 have terms, the most frequent, because Newton's method takes time with the square of the terms; those beyond them are
//! not lost, they have [effects](super::levels) that cost a pass over the rows.
//!
//! # Example of a row
//!
//! ```text
//! columns   balance: curve, knots .25 .5 .75      plan: levels basic, pro, (rare), missing
//! row       balance 40, rank .6                   plan "gold", held by three customers
//! terms     40  .6  .35  .10  0                   0  0  1  0
//! row       balance missing, 12 such rows         plan missing, 80 such rows
//! terms     means, so they contribute nothing     0  0  0  1
//! ```
//!
//! # Example of a rank
//!
//! ```text
//! values of the fit   1  1  1  2  5  9     n = 6
//! mid-rank / n        .25       .58 .75 .92
//! r(1) = .25   r(2) = .58   r(3) = .58 + (3 − 2) / (5 − 2) × (.75 − .58) = .64   r(20) = .92
//! ```

use crate::data::{Categorical, Column, Features, Numeric};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernel::par;

use super::params::Direction;
use super::trees;

/// Points of the table that turns a number into its rank.
const RANK_POINTS: usize = 64;
/// Quantile knots of a numeric column, at most, and the rows each of them needs.
const KNOTS: usize = 8;
const ROWS_PER_KNOT: usize = 40;
/// Wide tables get fewer knots: each encoded column of a number shall have this many rows, down to one knot.
const ROWS_PER_TERM: usize = 8;
/// A level with fewer rows than this, or than this share of them, is pooled with the other rare ones.
const RARE_ROWS: usize = 10;
const RARE_SHARE: f64 = 0.001;
/// Levels kept per column, the most frequent ones.
const MAX_LEVELS: usize = 100;
/// A missing value has a column of its own from this many rows on.
const MISSING_ROWS: usize = 30;
/// Inner knots of a numeric column inside a pair, on the rank scale.
const PAIR_KNOTS: [f64; 3] = [0.25, 0.5, 0.75];
/// Levels of a categorical column inside a pair, at most: the most frequent ones.
const PAIR_LEVELS: usize = 16;
/// The same in models of files that do not say which: the first ones in order.
const FIRST_LEVELS: usize = 8;

/// How numbers and levels enter the model.
///
/// [`Method::Plain`](super::Method::Plain) is linear, so that its coefficients mean what they say in the units of the table;
/// [`Method::Auto`](super::Method::Auto) is flexible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Numbers as they are, levels against the first one (treatment coding).
    Linear,
    /// Numbers as they are and as piecewise linear functions of their rank, every level on its own, rare ones pooled.
    Flexible,
}

/// How one column of the table is encoded.
///
/// Everything in it comes from the rows of the fit. A file holds it as it is, and [`Design::validate`] checks what a file says
/// before anything is encoded by it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Encoder {
    /// The number itself, kept within the range of the fit where that is `Some`.
    Linear { range: Option<(f64, f64)>, missing: bool },
    /// The number within its range, its rank, and (rank − knot)₊ for each knot.
    Curve { range: (f64, f64), ranks: Vec<(f64, f64)>, knots: Vec<f64>, missing: bool },
    /// A curve that never falls (or, with `falls`, never rises): the number within its range and the part of each rank
    /// interval between cuts that lies below the number's rank, all negated with `falls`; coefficients are at least 0.
    Ramp { range: (f64, f64), ranks: Vec<(f64, f64)>, cuts: Vec<f64>, falls: bool, missing: bool },
    /// One column per level; `base` is the level without one. `paired` are the places of the levels that stand in pairs,
    /// ascending; files of older libraries have none, and mean the first eight.
    Levels {
        levels: Vec<String>,
        base: Option<String>,
        pooled: bool,
        missing: bool,
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
        paired: Vec<u8>,
    },
}

/// The pair of two table columns, by number: products of what each contributes.
/// The smaller number first, so that a pair is written one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Pair(pub(super) usize, pub(super) usize);

/// The encoding of a whole table.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Design {
    pub(super) names: Vec<String>,
    pub(super) encoders: Vec<Encoder>,
    pub(super) pairs: Vec<Pair>,
}

/// One encoded column: its name and the table column or pair (numbered behind the columns) it belongs to.
///
/// Explanations put terms together by their source: what a person knows is the column, not its hinges.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) name: String,
    pub(super) source: usize,
    /// 0 or 1: the penalty counts its variance at least at a floor, so that rare levels are shrunk most.
    pub(super) indicator: bool,
    /// Its coefficient must not be negative.
    pub(super) rises: bool,
}

impl Design {
    /// Derives the encoding of every column from all rows of `features`; pairs come later, from a screen.
    ///
    /// Columns are encoded in parallel; sorting a numeric one takes O(n log n). Columns named in `monotone` must be numeric
    /// (the caller checks) and get curves that cannot turn.
    pub(super) fn fit(features: &Features, shape: Shape, monotone: &[(String, Direction)]) -> Self {
        let columns: Vec<&Column> = features.columns().map(|(_, column)| column).collect();
        let numbers = columns.iter().filter(|c| matches!(c, Column::Numeric(_))).count().max(1);
        let knots = (features.len() / ROWS_PER_TERM / numbers).saturating_sub(2).clamp(1, KNOTS);
        let encoders = par::map(columns.len(), |i| match columns[i] {
            Column::Numeric(column) => Encoder::numeric(column, shape, knots),
            Column::Categorical(column) => Encoder::categorical(column, shape),
        });
        let names: Vec<String> = features.names().map(str::to_owned).collect();
        let directed = |(name, encoder): (&String, Encoder)| {
            let direction = monotone.iter().find(|m| m.0 == *name).map(|m| m.1);
            direction.map_or(encoder.clone(), |direction| encoder.directed(direction))
        };
        let encoders = names.iter().zip(encoders).map(directed).collect();
        Self { names, encoders, pairs: Vec::new() }
    }

    /// The same with these pairs.
    /// Pairs stand behind the columns, so that coefficients of the columns keep their places.
    pub(super) fn with(&self, pairs: &[Pair]) -> Self {
        Self { pairs: pairs.to_vec(), ..self.clone() }
    }

    /// Whether a column's curve must not turn: then it takes no part in pairs.
    pub(super) fn is_monotone(&self, column: usize) -> bool {
        matches!(self.encoders[column], Encoder::Ramp { .. })
    }

    /// Whether the cells of a column have an order: numbers do.
    pub(super) fn is_ordered(&self, column: usize) -> bool {
        !matches!(self.encoders[column], Encoder::Levels { .. })
    }

    /// What the encoded columns are, in order.
    pub(super) fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        for (source, (name, encoder)) in self.names.iter().zip(&self.encoders).enumerate() {
            encoder.terms(name, source, &mut terms);
        }
        for (i, Pair(a, b)) in self.pairs.iter().enumerate() {
            let source = self.names.len() + i;
            let (left, right) = (self.encoders[*a].parts(), self.encoders[*b].parts());
            for k in 0..left * right {
                let name = format!("{} x {} {}", self.names[*a], self.names[*b], k + 1);
                terms.push(Term { name, source, indicator: false, rises: false });
            }
        }
        terms
    }

    /// Number of encoded columns: those of each table column in order, then those of each pair.
    pub(super) fn width(&self) -> usize {
        let columns: usize = self.encoders.iter().map(Encoder::width).sum();
        columns
            + self
                .pairs
                .iter()
                .map(|p| self.encoders[p.0].parts() * self.encoders[p.1].parts())
                .sum::<usize>()
    }

    /// Number of sources: columns, then pairs.
    pub(super) fn sources(&self) -> usize {
        self.names.len() + self.pairs.len()
    }

    /// The name of a source.
    pub(super) fn source_name(&self, source: usize) -> String {
        match self.names.get(source) {
            Some(name) => name.clone(),
            None => self
                .pairs
                .get(source - self.names.len())
                .map_or_else(String::new, |Pair(a, b)| format!("{} x {}", self.names[*a], self.names[*b])),
        }
    }

    /// Finds the table's columns by name and translates its levels once, so that encoding a row looks up no text.
    ///
    /// A level that was not in the fit counts as one of the rare ones where the column has any, otherwise as unknown.
    /// Errors name a column that is not there or has changed its kind.
    pub(super) fn read<'a>(&'a self, features: &'a Features) -> Result<Reader<'a>> {
        let columns = self
            .names
            .iter()
            .zip(&self.encoders)
            .map(|(name, encoder)| encoder.read(name, features))
            .collect::<Result<Vec<_>>>()?;
        Ok(Reader { design: self, columns, width: self.width() })
    }

    /// The encoded rows, one after the other. What is not known is NaN; the caller fills it with the means of the fit.
    /// 8 bytes for each row and term; rows in parallel, in chunks of 1,024.
    pub(super) fn encode(&self, features: &Features, rows: &[usize]) -> Result<Vec<f64>> {
        let reader = self.read(features)?;
        let width = reader.width;
        let mut values = vec![0.0; rows.len() * width];
        if width > 0 {
            par::for_each_chunk_mut(&mut values, 1024 * width, |first, part| {
                let first = first / width;
                for (row, out) in rows[first..].iter().zip(part.chunks_exact_mut(width)) {
                    reader.encode(*row, out);
                }
            });
        }
        Ok(values)
    }

    /// Checks what a model file says: as many encoders as names, pairs of existing columns in ascending order, finite ranges,
    /// ranks that ascend within \[0, 1\], knots and cuts within \[0, 1\], levels in ascending order.
    #[cfg(feature = "serde")]
    pub(super) fn validate(&self) -> Result<()> {
        let bad =
            |what: &str| Error::new(ErrorKind::IncompatibleModel, None, format!("churn design: {what}"));
        if self.names.len() != self.encoders.len() {
            return Err(bad("names and encoders differ in number"));
        }
        if self.pairs.iter().any(|Pair(a, b)| a >= b || *b >= self.names.len()) {
            return Err(bad("a pair names no columns"));
        }
        for encoder in &self.encoders {
            let ok = match encoder {
                Encoder::Linear { range, .. } => {
                    range.is_none_or(|r| r.0.is_finite() && r.1.is_finite() && r.0 <= r.1)
                }
                Encoder::Curve { range, ranks, knots, .. } => {
                    range.0.is_finite()
                        && range.1.is_finite()
                        && range.0 <= range.1
                        && !ranks.is_empty()
                        && ranks.iter().all(|r| r.0.is_finite() && (0.0..=1.0).contains(&r.1))
                        && ranks.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1)
                        && knots.iter().all(|k| (0.0..=1.0).contains(k))
                }
                Encoder::Ramp { range, ranks, cuts, .. } => {
                    range.0.is_finite()
                        && range.1.is_finite()
                        && range.0 <= range.1
                        && !ranks.is_empty()
                        && ranks.iter().all(|r| r.0.is_finite() && (0.0..=1.0).contains(&r.1))
                        && ranks.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1)
                        && cuts.len() > 1
                        && cuts.iter().all(|c| (0.0..=1.0).contains(c))
                        && cuts.is_sorted()
                }
                Encoder::Levels { levels, paired, .. } => {
                    levels.is_sorted_by(|a, b| a < b)
                        && paired.is_sorted_by(|a, b| a < b)
                        && paired.len() <= PAIR_LEVELS
                        && paired.last().is_none_or(|last| usize::from(*last) < levels.len())
                }
            };
            if !ok {
                return Err(bad("an encoder is damaged"));
            }
        }
        Ok(())
    }
}

/// A table seen through a design.
/// Made once for a table and read for each row: columns are found by name and levels by binary search only then.
pub(super) struct Reader<'a> {
    design: &'a Design,
    columns: Vec<Source<'a>>,
    width: usize,
}

/// The products of what two columns bring into a pair, each of a row of its own.
///
/// With l₁ .. lₙ and r₁ .. rₘ the parts of the two columns the terms are l₁ r₁, l₁ r₂, .., lₙ rₘ: a surface that is linear in either
/// rank between the quartiles of the other, or one curve for each of the levels.
pub(super) fn multiply(
    (a, left, i): (&Encoder, &Source<'_>, usize),
    (b, right, j): (&Encoder, &Source<'_>, usize),
    out: &mut [f64],
) {
    let (mut l, mut r) = ([0.0; PAIR_LEVELS], [0.0; PAIR_LEVELS]);
    let n = a.encode_part(left, i, &mut l);
    let m = b.encode_part(right, j, &mut r);
    for (out, l) in out.chunks_exact_mut(m.max(1)).zip(&l[..n]) {
        for (out, r) in out.iter_mut().zip(&r[..m]) {
            *out = l * r;
        }
    }
}

/// A table's column as an encoder reads it.
pub(super) enum Source<'a> {
    Number(&'a Numeric),
    /// The place of each of the table's levels among the encoder's columns; [`BASE`] and [`UNSEEN`] have none.
    Level(&'a Categorical, Vec<u32>),
}

const BASE: u32 = u32::MAX;
const UNSEEN: u32 = u32::MAX - 1;

impl Reader<'_> {
    /// Encodes one row into `out`, which has the design's width. What is not known becomes NaN, to be filled with the mean
    /// of the fit: then it contributes nothing to a score that is told apart from the average customer's.
    pub(super) fn encode(&self, row: usize, out: &mut [f64]) {
        let mut at = 0;
        for (encoder, source) in self.design.encoders.iter().zip(&self.columns) {
            let width = encoder.width();
            encoder.encode(source, row, &mut out[at..at + width]);
            at += width;
        }
        for Pair(a, b) in &self.design.pairs {
            let (a, b) = (*a, *b);
            let (left, right) = (&self.design.encoders[a], &self.design.encoders[b]);
            let width = left.parts() * right.parts();
            let out = &mut out[at..at + width];
            multiply((left, &self.columns[a], row), (right, &self.columns[b], row), out);
            at += width;
        }
    }

    /// The table's own number of the row's level, of the rare ones too; `None` for a number or where nothing is known.
    pub(super) fn code(&self, column: usize, row: usize) -> Option<u32> {
        match &self.columns[column] {
            Source::Level(values, _) => values.code(row),
            Source::Number(_) => None,
        }
    }

    /// The rank of a number in \[0, 1\]; `None` for a level or where nothing is known.
    pub(super) fn rank(&self, column: usize, row: usize) -> Option<f64> {
        match &self.columns[column] {
            Source::Number(values) => values.get(row).map(|value| self.design.encoders[column].rank(value)),
            Source::Level(..) => None,
        }
    }

    /// The cell of a row for a tree: see [`Encoder::bin`].
    pub(super) fn bin(&self, column: usize, row: usize) -> u8 {
        self.design.encoders[column].bin(&self.columns[column], row)
    }

    /// The cell of a row in a coarse cut of a column: eighths of the ranks; or the levels that stand in pairs, and one for all
    /// others. [`MISSING_CELL`] for what is missing or unknown.
    pub(super) fn cell(&self, column: usize, row: usize) -> usize {
        match (&self.columns[column], &self.design.encoders[column]) {
            (Source::Number(values), encoder) => match values.get(row) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a rank in [0, 1]"
                )]
                Some(value) => ((encoder.rank(value) * CELLS as f64) as usize).min(CELLS - 1),
                None => MISSING_CELL,
            },
            (Source::Level(values, places), encoder) => {
                match values.code(row).map(|code| places[code as usize]) {
                    None | Some(UNSEEN | BASE) => MISSING_CELL,
                    Some(place) => encoder.pair_place(place as usize).unwrap_or(PAIR_LEVELS),
                }
            }
        }
    }

    /// How many rows hold a level that the fit had not seen, for each column.
    /// Levels that count as rare ones are not among them: for those the fit has a term.
    pub(super) fn unseen(&self) -> Vec<usize> {
        let count = |source: &Source<'_>| match source {
            Source::Number(_) => 0,
            Source::Level(values, places) => {
                values.codes().flatten().filter(|code| places[*code as usize] == UNSEEN).count()
            }
        };
        self.columns.iter().map(count).collect()
    }
}

/// Cells of a number in [`Reader::cell`], without the one for missing values.
pub(super) const CELLS: usize = 8;
/// The cell for missing values in [`Reader::cell`], behind those of the levels and the one for other levels.
pub(super) const MISSING_CELL: usize = PAIR_LEVELS + 1;

impl Encoder {
    /// The first and last value are the range within which later values are kept.
    ///
    /// A numeric column: as it is, or as a curve with up to `knots` knots, at least 40 rows for each. Knots at the same rank
    /// (many equal values) count once, and none lies at an end. A column without a single value becomes a blank that
    /// contributes nothing.
    fn numeric(column: &Numeric, shape: Shape, knots: usize) -> Self {
        let mut sorted: Vec<f64> = column.iter().flatten().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let missing = column.len() - sorted.len() >= MISSING_ROWS;
        let (Some(first), Some(last)) = (sorted.first().copied(), sorted.last().copied()) else {
            return Self::Linear { range: None, missing };
        };
        if shape == Shape::Linear {
            return Self::Linear { range: None, missing };
        }
        let ranks = rank_table(&sorted);
        let wanted = knots.min(sorted.len() / ROWS_PER_KNOT);
        let mut knots: Vec<f64> =
            (1..=wanted).map(|k| rank_in(&ranks, sorted[(sorted.len() - 1) * k / (wanted + 1)])).collect();
        let (low, high) = (ranks[0].1, ranks[ranks.len() - 1].1);
        knots.retain(|k| *k > low && *k < high);
        knots.dedup();
        Self::Curve { range: (first, last), ranks, knots, missing }
    }

    /// A categorical column. Flexible: each level with at least 10 rows and 0.1 % of them, at most the 100 most frequent (ties
    /// in order of the level), the rest pooled; all levels have an indicator, which the ridge makes identifiable. Linear: every
    /// level but the first.
    fn categorical(column: &Categorical, shape: Shape) -> Self {
        let mut counts = vec![0_usize; column.levels().len()];
        for code in column.codes().flatten() {
            counts[code as usize] += 1;
        }
        let missing = column.missing() >= MISSING_ROWS;
        let least = match shape {
            Shape::Linear => 1.0,
            Shape::Flexible => (RARE_ROWS as f64).max(RARE_SHARE * column.len() as f64),
        };
        let mut kept: Vec<usize> = (0..counts.len()).filter(|l| counts[*l] as f64 >= least).collect();
        if kept.len() > MAX_LEVELS {
            kept.sort_by_key(|l| (usize::MAX - counts[*l], *l));
            kept.truncate(MAX_LEVELS);
            kept.sort_unstable();
        }
        let pooled =
            (0..counts.len()).filter(|l| counts[*l] > 0 && kept.binary_search(l).is_err()).count() > 0;
        let mut frequent: Vec<usize> = (0..kept.len()).collect();
        frequent.sort_by_key(|place| (usize::MAX - counts[kept[*place]], *place));
        frequent.truncate(if shape == Shape::Linear { 0 } else { PAIR_LEVELS });
        frequent.sort_unstable();
        let paired = frequent.into_iter().filter_map(|place| u8::try_from(place).ok()).collect();
        let mut levels = kept.into_iter().map(|l| column.levels()[l].clone());
        let base = if shape == Shape::Linear { levels.next() } else { None };
        Self::Levels { levels: levels.collect(), base, pooled, missing, paired }
    }

    /// The same curve with a direction; levels and plain numbers have none.
    /// A curve that cannot fall is a sum of ramps with coefficients of at least 0: each rises over one interval between cuts and is flat
    /// elsewhere.
    fn directed(self, direction: Direction) -> Self {
        match self {
            Self::Curve { range, ranks, knots, missing } => {
                let mut cuts = vec![ranks.first().map_or(0.0, |r| r.1)];
                cuts.extend(knots);
                cuts.push(ranks.last().map_or(1.0, |r| r.1));
                let falls = direction == Direction::Falling;
                Self::Ramp { range, ranks, cuts, falls, missing }
            }
            other => other,
        }
    }

    /// Number of encoded columns.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Ramp { cuts, missing, .. } => cuts.len() + usize::from(*missing),
            Self::Linear { missing, .. } => 1 + usize::from(*missing),
            Self::Curve { knots, missing, .. } => 2 + knots.len() + usize::from(*missing),
            Self::Levels { levels, pooled, missing, .. } => {
                levels.len() + usize::from(*pooled) + usize::from(*missing)
            }
        }
    }

    /// Columns that it brings into a pair.
    /// A pair has the product of both sides' columns: 4 × 4 for two numbers, 4 × 16 for a number and a category at most.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Linear { .. } | Self::Ramp { .. } => 1,
            Self::Curve { .. } => 1 + PAIR_KNOTS.len(),
            Self::Levels { levels, paired, .. } if paired.is_empty() => levels.len().min(FIRST_LEVELS),
            Self::Levels { paired, .. } => paired.len(),
        }
    }

    /// The place of a level among those that stand in pairs.
    fn pair_place(&self, place: usize) -> Option<usize> {
        match self {
            Self::Levels { paired, .. } if paired.is_empty() => Some(place).filter(|p| *p < self.parts()),
            Self::Levels { paired, .. } => paired.iter().position(|p| usize::from(*p) == place),
            _ => None,
        }
    }

    /// Number of level indicators, the one for rare levels included; 0 for numbers.
    pub(super) fn levels(&self) -> usize {
        match self {
            Self::Levels { levels, pooled, .. } => levels.len() + usize::from(*pooled),
            _ => 0,
        }
    }

    /// The cell of a row for a tree: the 64th of the ranks that a number falls into, the place of a level;
    /// [`trees::MISSING`] for what is missing or unknown.
    pub(super) fn bin(&self, source: &Source<'_>, row: usize) -> u8 {
        match source {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank in [0, 1]")]
            Source::Number(values) => values.get(row).map_or(trees::MISSING, |value| {
                ((self.rank(value) * f64::from(trees::BINS)) as u8).min(trees::BINS - 1)
            }),
            Source::Level(values, places) => match values.code(row).map(|code| places[code as usize]) {
                None | Some(UNSEEN | BASE) => trees::MISSING,
                Some(place) => u8::try_from(place).unwrap_or(trees::MISSING),
            },
        }
    }

    /// Names its encoded columns, in the order of [`encode`](Self::encode).
    /// Names are for people: `tenure rank above 0.333`, `contract=monthly`, `income missing`.
    fn terms(&self, name: &str, source: usize, terms: &mut Vec<Term>) {
        let rises = matches!(self, Self::Ramp { .. });
        let mut push = |name: String, indicator: bool| {
            let rises = rises && !indicator;
            terms.push(Term { name, source, indicator, rises });
        };
        let missing = match self {
            Self::Ramp { cuts, missing, .. } => {
                push(name.to_owned(), false);
                for cut in cuts.windows(2) {
                    push(format!("{name} rank {:.3} to {:.3}", cut[0], cut[1]), false);
                }
                *missing
            }
            Self::Linear { missing, .. } => {
                push(name.to_owned(), false);
                *missing
            }
            Self::Curve { knots, missing, .. } => {
                push(name.to_owned(), false);
                push(format!("{name} rank"), false);
                for knot in knots {
                    push(format!("{name} rank above {knot:.3}"), false);
                }
                *missing
            }
            Self::Levels { levels, pooled, missing, .. } => {
                for level in levels {
                    push(format!("{name}={level}"), true);
                }
                if *pooled {
                    push(format!("{name}=(rare)"), true);
                }
                *missing
            }
        };
        if missing {
            push(format!("{name} missing"), true);
        }
    }

    /// The table's column, checked for its kind, with levels translated to the places of their indicators.
    pub(super) fn read<'a>(&self, name: &str, features: &'a Features) -> Result<Source<'a>> {
        Ok(match self {
            Self::Linear { .. } | Self::Curve { .. } | Self::Ramp { .. } => {
                Source::Number(numeric_or_blank(name, features)?)
            }
            Self::Levels { levels, base, pooled, .. } => {
                let column = features.categorical(name)?;
                let place = |level: &String| match levels.binary_search(level) {
                    Ok(place) => u32::try_from(place).unwrap_or(UNSEEN),
                    Err(_) if base.as_ref() == Some(level) => BASE,
                    // A level that was never seen is as rare as the rare ones.
                    Err(_) if *pooled => u32::try_from(levels.len()).unwrap_or(UNSEEN),
                    Err(_) => UNSEEN,
                };
                Source::Level(column, column.levels().iter().map(place).collect())
            }
        })
    }

    /// The rank of a number in \[0, 1\]; the middle for columns without ranks.
    pub(super) fn rank(&self, value: f64) -> f64 {
        match self {
            Self::Curve { ranks, .. } | Self::Ramp { ranks, .. } => rank_in(ranks, value),
            _ => 0.5,
        }
    }

    /// Encodes one cell into `out`, which has the encoder's width; NaN where a value is not known. A missing level with an
    /// indicator of its own is known: it has none of the levels.
    pub(super) fn encode(&self, source: &Source<'_>, row: usize, out: &mut [f64]) {
        let value = match source {
            Source::Number(column) => column.get(row),
            Source::Level(column, places) => column.code(row).map(|code| f64::from(places[code as usize])),
        };
        let has_missing = match self {
            Self::Linear { missing, .. }
            | Self::Curve { missing, .. }
            | Self::Ramp { missing, .. }
            | Self::Levels { missing, .. } => *missing,
        };
        let (body, flag) = out.split_at_mut(out.len() - usize::from(has_missing));
        if let Some(flag) = flag.first_mut() {
            *flag = f64::from(u8::from(value.is_none()));
        }
        let Some(value) = value else {
            let unknown = if has_missing && matches!(self, Self::Levels { .. }) { 0.0 } else { f64::NAN };
            body.fill(unknown);
            return;
        };
        match self {
            Self::Linear { .. } => body[0] = value,
            Self::Curve { range, ranks, knots, .. } => {
                let rank = rank_in(ranks, value);
                body[0] = value.clamp(range.0, range.1);
                body[1] = rank;
                for (out, knot) in body[2..].iter_mut().zip(knots) {
                    *out = (rank - knot).max(0.0);
                }
            }
            Self::Ramp { range, ranks, cuts, falls, .. } => {
                let sign = if *falls { -1.0 } else { 1.0 };
                let rank = rank_in(ranks, value);
                body[0] = sign * value.clamp(range.0, range.1);
                for (out, cut) in body[1..].iter_mut().zip(cuts.windows(2)) {
                    *out = sign * (rank - cut[0]).clamp(0.0, cut[1] - cut[0]);
                }
            }
            Self::Levels { .. } => {
                if value == f64::from(UNSEEN) {
                    body.fill(f64::NAN);
                } else {
                    body.fill(0.0);
                    let hit = body.iter_mut().enumerate().find(|(place, _)| *place as f64 == value);
                    if let Some((_, out)) = hit {
                        *out = 1.0;
                    }
                }
            }
        }
    }

    /// The product of "number" and "level" is one curve in the rank for each level: with rank .6 the number brings
    /// (.1, .35, .1, 0), and a row of the second level has these four in the places of that level, zeros in all others.
    ///
    /// What a cell brings into a pair; returns how many numbers of `out` are used. Missing values and pooled levels bring
    /// zeros, so that a pair says nothing of them.
    fn encode_part(&self, source: &Source<'_>, row: usize, out: &mut [f64; PAIR_LEVELS]) -> usize {
        let parts = self.parts();
        match (self, source) {
            (Self::Curve { ranks, .. }, Source::Number(column)) => {
                if let Some(value) = column.get(row) {
                    let rank = rank_in(ranks, value);
                    out[0] = rank - 0.5;
                    for (out, knot) in out[1..].iter_mut().zip(PAIR_KNOTS) {
                        *out = (rank - knot).max(0.0);
                    }
                }
            }
            (_, Source::Number(column)) => out[0] = column.get(row).unwrap_or(0.0),
            (_, Source::Level(column, places)) => {
                let place = column.code(row).map(|code| places[code as usize] as usize);
                if let Some(place) = place.and_then(|place| self.pair_place(place)) {
                    out[place] = 1.0;
                }
            }
        }
        parts
    }
}

/// A CSV without a single value in a column has no way to say what the column was: it passes for the numbers that the fit had, all
/// of them missing.
///
/// A numeric column, or a column without a single value, which a door cannot tell from a numeric one.
fn numeric_or_blank<'a>(name: &str, features: &'a Features) -> Result<&'a Numeric> {
    match features.column(name) {
        Some(Column::Numeric(column)) => Ok(column),
        Some(_) => Err(Error::new(
            ErrorKind::InvalidInput,
            Place::Column(name.to_owned().into()),
            "held numbers in the fit, but holds categories here",
        )),
        None => features.numeric(name),
    }
}

/// Distinct values with their mid-ranks in [0, 1], at most [`RANK_POINTS`] of them at evenly spaced quantiles.
/// r(x) = (#{values < x} + #{values ≤ x}) / (2 n): ties share the middle of their ranks, so a column of two values has two ranks,
/// and half of a column that is 0 has one rank for all of that half.
fn rank_table(sorted: &[f64]) -> Vec<(f64, f64)> {
    let n = sorted.len();
    let rank = |value: f64| {
        let (low, high) = (sorted.partition_point(|v| *v < value), sorted.partition_point(|v| *v <= value));
        (low + high) as f64 / (2 * n) as f64
    };
    let mut values: Vec<f64> = sorted.to_vec();
    values.dedup();
    if values.len() > RANK_POINTS {
        values = (0..RANK_POINTS).map(|k| sorted[(n - 1) * k / (RANK_POINTS - 1)]).collect();
        values.dedup();
    }
    values.into_iter().map(|value| (value, rank(value))).collect()
}

/// The rank of a value by linear interpolation, constant beyond the ends.
/// O(log points). Beyond the ends it is the rank of the end: a prediction never leaves the range that the fit has seen.
fn rank_in(ranks: &[(f64, f64)], value: f64) -> f64 {
    let above = ranks.partition_point(|r| r.0 <= value);
    match (above.checked_sub(1).and_then(|i| ranks.get(i)), ranks.get(above)) {
        // In halves, because the difference of two numbers may not fit.
        (Some(low), Some(high)) => {
            let share = (0.5 * value - 0.5 * low.0) / (0.5 * high.0 - 0.5 * low.0);
            low.1 + (high.1 - low.1) * if share.is_nan() { 0.5 } else { share.clamp(0.0, 1.0) }
        }
        (Some(end), None) | (None, Some(end)) => end.1,
        (None, None) => 0.5,
    }
}
