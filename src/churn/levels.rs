//! Columns of many levels: an effect for each level, drawn to nothing the more the fewer customers hold it.
//!
//! A shop, a town, a plan code may have thousands of levels. Beside the hundred most frequent, each of which has an indicator in
//! the linear model, the rest would share one term. Here every level of such a column gets a number of its own, and where the
//! data want it a slope of its own along a numeric column ("in shop 17 price matters more"). It is the random intercept and
//! the random slope of a mixed logistic model (Breslow and Clayton 1993, doi:10.1080/01621459.1993.10594284), each estimated at
//! its posterior mode.
//!
//! # The effect of a level
//!
//! Given the log-odds ηᵢ of everything before it, the effect b of a level minimises
//!
//! Σ over its rows \[ln(1 + e^zᵢ) − yᵢ zᵢ\] + b² / (2 τ²), zᵢ = ηᵢ + b uᵢ,
//!
//! with uᵢ = 1, or for a slope uᵢ = √12 (rank of the number − ½), which has mean 0 and variance 1. The levels of a column share no
//! row, so each is a problem of one unknown: some Newton steps over its own rows. Where W = Σ p (1 − p) u², the effect keeps about
//! the share W / (W + 1 / τ²) of what its own rows say:
//!
//! | rows at even odds | W | kept with τ² = 0.3 |
//! |---|---|---|
//! | 1 | 0.25 | 7 % |
//! | 10 | 2.5 | 43 % |
//! | 100 | 25 | 88 % |
//!
//! A level that the fit has not seen has no effect: it is an average one.
//!
//! # Why it does not leak
//!
//! An encoding of levels by their outcomes flatters itself wherever a coefficient is then fitted to rows that made it. Here none
//! is: an effect enters with the factor 1 that its prior gives it. And τ², the columns of slopes and whether there are any such
//! effects are all judged on folds whose outcomes no effect has seen, with the rule of one standard error: a code of which every
//! customer has one of their own gains nothing there and is left out.
//!
//! # Which slopes
//!
//! For a column of levels and a number let R = Σ (y − p) u and W = Σ p (1 − p) u² over the rows of a level. Σ R² / W over levels,
//! less the same of all rows together, is about χ² where levels do not differ in slope; the statistic is brought to a standard
//! normal as in [`screen`](super::screen), and must beat chance at 1 % over the number of pairs looked at.
//!
//! # Cost
//!
//! A handful of passes over the rows for each τ², column and fold. Memory: 8 bytes for each row and column.

use crate::data::{Column, Features};
use crate::kernel::{par, special};

use super::design::{Design, Encoder, Reader};
use super::explain::Value;
use super::trees::Set;

/// Variances of effects in squared log-odds that are tried.
pub(super) const SPREADS: [f64; 4] = [0.03, 0.1, 0.3, 1.0];
/// Numbers of pairs of levels and a number that are tried.
pub(super) const SLOPES: [usize; 3] = [1, 2, 4];
/// A column has slopes by level from this many levels on: with fewer, the pairs of the linear model have them all.
const MANY_LEVELS: usize = 17;
/// A pair must beat chance at this level, divided by the number of pairs.
const SLOPE_LEVEL: f64 = 0.01;
/// Newton steps for one level, and the longest of them in log-odds.
const STEPS: usize = 12;
const LONGEST: f64 = 2.0;
/// √12: a uniform variable has this reciprocal deviation.
const UNIFORM: f64 = 3.464_101_615_137_754_4;
/// No level.
const NONE: u32 = u32::MAX;

/// The effects of one column's levels, or their slopes along a number.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct LevelTable {
    column: u32,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    along: Option<u32>,
    /// Ascending.
    levels: Vec<String>,
    /// Log-odds, or log-odds for each deviation of the number's rank.
    values: Vec<f64>,
    /// What it adds on average over the fit.
    mean: f64,
}

/// What many levels add to the score of a model.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct LevelEffects {
    tables: Vec<LevelTable>,
}

/// u of a number by its rank.
fn direction(rank: f64) -> f64 {
    UNIFORM * (rank - 0.5)
}

impl LevelTable {
    /// The columns it asks, ascending.
    fn set(&self) -> Set {
        let mut set = vec![self.column as usize];
        set.extend(self.along.map(|a| a as usize));
        set.sort_unstable();
        set
    }

    /// The effect of a level by name, 0 for one that is not there.
    fn value(&self, level: &str) -> f64 {
        self.levels.binary_search_by(|l| l.as_str().cmp(level)).map_or(0.0, |at| self.values[at])
    }
}

impl LevelEffects {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The sets of columns that effects belong to: a column, or a column and a number.
    pub(super) fn sets(&self) -> impl Iterator<Item = Set> {
        self.tables.iter().map(LevelTable::set)
    }

    /// What all add on average over the fit.
    pub(super) fn mean(&self) -> f64 {
        self.tables.iter().map(|t| t.mean).sum()
    }

    /// The effects by the table's own numbers of its levels, looked up once.
    pub(super) fn read(&self, design: &Design, features: &Features) -> Vec<Vec<f64>> {
        let one = |table: &LevelTable| match features.column(&design.names[table.column as usize]) {
            Some(Column::Categorical(own)) => own.levels().iter().map(|level| table.value(level)).collect(),
            _ => Vec::new(),
        };
        self.tables.iter().map(one).collect()
    }

    /// What each table adds to a row, in order; `by_code` is what [`read`](Self::read) gave.
    pub(super) fn parts<'a>(
        &'a self,
        by_code: &'a [Vec<f64>],
        reader: &'a Reader<'_>,
        row: usize,
    ) -> impl Iterator<Item = f64> + 'a {
        self.tables.iter().zip(by_code).map(move |(table, values)| {
            let code = reader.code(table.column as usize, row);
            let value = code.and_then(|code| values.get(code as usize)).copied().unwrap_or(0.0);
            match table.along {
                None => value,
                Some(along) => value * reader.rank(along as usize, row).map_or(0.0, direction),
            }
        })
    }

    /// What each table adds, against its average, with its set: for explanations.
    pub(super) fn told<'a>(
        &'a self,
        by_code: &'a [Vec<f64>],
        reader: &'a Reader<'_>,
        row: usize,
    ) -> impl Iterator<Item = (Set, f64)> + 'a {
        self.parts(by_code, reader, row)
            .zip(&self.tables)
            .map(|(part, table)| (table.set(), part - table.mean))
    }

    /// What the tables of one set add at those values of its columns, against their average.
    pub(super) fn part_of(&self, set: &[usize], values: &[&Value], encoders: &[Encoder]) -> f64 {
        let at = |column: u32| {
            set.iter().position(|c| *c == column as usize).and_then(|place| values.get(place)).copied()
        };
        let one = |table: &LevelTable| {
            let value = match at(table.column) {
                Some(Value::Level(level)) => table.value(level),
                _ => 0.0,
            };
            let along = match table.along.map(|a| (a, at(a))) {
                None => 1.0,
                Some((column, Some(Value::Number(number)))) => {
                    direction(encoders[column as usize].rank(*number))
                }
                Some(_) => 0.0,
            };
            value * along - table.mean
        };
        self.tables.iter().filter(|t| t.set() == set).map(one).sum()
    }

    /// Checks what a model file says: columns that exist and are of the right kind, levels in order, one bounded value each.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self, design: &Design) -> bool {
        let fine = |v: &f64| v.is_finite() && v.abs() < 1e100;
        let levels =
            |column: u32| matches!(design.encoders.get(column as usize), Some(Encoder::Levels { .. }));
        let number = |column: u32| {
            let encoder = design.encoders.get(column as usize);
            encoder.is_some_and(|e| !matches!(e, Encoder::Levels { .. }))
        };
        self.tables.iter().all(|table| {
            levels(table.column)
                && table.along.is_none_or(number)
                && table.levels.len() == table.values.len()
                && table.levels.is_sorted_by(|a, b| a < b)
                && table.values.iter().all(fine)
                && fine(&table.mean)
        })
    }
}

/// Codes of levels and ranks of numbers, read once for all folds: what differs between folds is which rows are learned from, and
/// that is asked row by row.
///
/// The rows of a fit as effects of levels see them.
pub(super) struct Material {
    columns: Vec<Grouped>,
    /// Numeric columns that are free to bend, with the u of each row.
    numbers: Vec<(u32, Vec<f64>)>,
}

/// A counting order: the rows of level l are `rows[starts[l]..starts[l + 1]]`, so that a level is learned from its own rows without
/// a look at any other.
///
/// The rows of a column, level by level.
struct Grouped {
    column: u32,
    /// Whether some of its levels share a term of the linear model.
    pooled: bool,
    levels: Vec<String>,
    /// Level of each row.
    code: Vec<u32>,
    /// Rows ordered by level, and where each level begins.
    rows: Vec<u32>,
    starts: Vec<usize>,
}

/// What is chosen out of fold: the variances of intercepts and of slopes, where there are any, and how many pairs have slopes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Choice {
    pub(super) intercepts: Option<f64>,
    pub(super) slopes: Option<(usize, f64)>,
}

/// A pair of a column of levels and a number, by their places in the material.
pub(super) type Slope = (usize, usize);

impl Material {
    /// Reads the columns of many levels, and numbers where there is one.
    pub(super) fn new(design: &Design, reader: &Reader<'_>, features: &Features, rows: &[usize]) -> Self {
        let mut columns = Vec::new();
        for (column, (name, encoder)) in (0_u32..).zip(design.names.iter().zip(&design.encoders)) {
            let (Encoder::Levels { pooled, .. }, Some(Column::Categorical(own))) =
                (encoder, features.column(name))
            else {
                continue;
            };
            if *pooled || own.levels().len() >= MANY_LEVELS {
                let code =
                    rows.iter().map(|row| reader.code(column as usize, *row).unwrap_or(NONE)).collect();
                columns.push(Grouped::new(column, *pooled, own.levels().to_vec(), code));
            }
        }
        let mut numbers = Vec::new();
        if columns.iter().any(|c| c.levels.len() >= MANY_LEVELS) {
            for column in 0_u32..u32::try_from(design.names.len()).unwrap_or(0) {
                let at = column as usize;
                if design.is_ordered(at) && !design.is_monotone(at) {
                    let u = |row: &usize| reader.rank(at, *row).map_or(0.0, direction);
                    let u: Vec<f64> = rows.iter().map(u).collect();
                    if u.iter().any(|v| *v != u[0]) {
                        numbers.push((column, u));
                    }
                }
            }
        }
        Self { columns, numbers }
    }

    /// Whether no column has many levels.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether some column has levels that share a term.
    pub(super) fn has_pooled(&self) -> bool {
        self.columns.iter().any(|c| c.pooled)
    }

    /// Adds the intercepts of all columns with pooled levels to `eta`, one column after the other, learned from the rows `inside`;
    /// gives the effects of each.
    pub(super) fn intercepts(
        &self,
        y: &[bool],
        eta: &mut [f64],
        spread: f64,
        inside: impl Fn(usize) -> bool,
    ) -> Vec<Vec<f64>> {
        let pooled = self.columns.iter().filter(|c| c.pooled);
        pooled.map(|column| column.add(None, y, eta, spread, &inside)).collect()
    }

    /// Adds slopes to `eta`, one pair after the other; gives the slopes of each.
    pub(super) fn slopes(
        &self,
        pairs: &[Slope],
        y: &[bool],
        eta: &mut [f64],
        spread: f64,
        inside: impl Fn(usize) -> bool,
    ) -> Vec<Vec<f64>> {
        let one = |(column, number): &Slope| {
            self.columns[*column].add(Some(&self.numbers[*number].1), y, eta, spread, &inside)
        };
        pairs.iter().map(one).collect()
    }

    /// The pairs whose slopes differ between levels by more than chance, the strongest first.
    pub(super) fn screen(&self, y: &[bool], eta: &[f64], inside: impl Fn(usize) -> bool) -> Vec<Slope> {
        let pairs: Vec<Slope> = (0..self.columns.len())
            .filter(|c| self.columns[*c].levels.len() >= MANY_LEVELS)
            .flat_map(|c| (0..self.numbers.len()).map(move |d| (c, d)))
            .collect();
        let response: Vec<(f64, f64)> = (0..y.len())
            .map(|row| {
                let p = special::sigmoid(eta[row]);
                let w = f64::from(u8::from(inside(row)));
                (w * (f64::from(u8::from(y[row])) - p), w * p * (1.0 - p))
            })
            .collect();
        let level = SLOPE_LEVEL / pairs.len().max(1) as f64;
        let tests = par::map_chunks(pairs.len(), 1, |i| {
            let (c, d) = pairs[i.start];
            self.columns[c].differs(&self.numbers[d].1, &response)
        });
        let mut found: Vec<(f64, Slope)> = tests
            .into_iter()
            .zip(pairs)
            .filter(|(z, _)| z.is_finite() && special::normal_cdf(-z) < level)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.into_iter().map(|f| f.1).collect()
    }

    /// The effects of a choice, learned from all rows and added to `eta`.
    pub(super) fn finish(&self, choice: Choice, y: &[bool], eta: &mut [f64]) -> LevelEffects {
        let mut tables = Vec::new();
        if let Some(spread) = choice.intercepts {
            let effects = self.intercepts(y, eta, spread, |_| true);
            let pooled = self.columns.iter().filter(|c| c.pooled);
            tables.extend(pooled.zip(effects).map(|(column, values)| column.table(None, &values)));
        }
        if let Some((count, spread)) = choice.slopes {
            let pairs: Vec<Slope> = self.screen(y, eta, |_| true).into_iter().take(count).collect();
            let slopes = self.slopes(&pairs, y, eta, spread, |_| true);
            for ((column, number), values) in pairs.into_iter().zip(slopes) {
                tables.push(self.columns[column].table(Some(&self.numbers[number]), &values));
            }
        }
        LevelEffects { tables }
    }
}

impl Grouped {
    /// Orders the rows by level.
    fn new(column: u32, pooled: bool, levels: Vec<String>, code: Vec<u32>) -> Self {
        let mut rows: Vec<u32> =
            (0_u32..).zip(&code).filter(|(_, c)| **c != NONE).map(|(row, _)| row).collect();
        rows.sort_by_key(|row| code[*row as usize]);
        let starts = (0..=levels.len())
            .map(|level| rows.partition_point(|row| (code[*row as usize] as usize) < level))
            .collect();
        Self { column, pooled, levels, code, rows, starts }
    }

    /// Rows of a level.
    fn of(&self, level: usize) -> &[u32] {
        &self.rows[self.starts[level]..self.starts[level + 1]]
    }

    /// Learns the effect of every level from the rows `inside` and adds it to all rows; u is 1 where no `along` is given.
    fn add(
        &self,
        along: Option<&[f64]>,
        y: &[bool],
        eta: &mut [f64],
        spread: f64,
        inside: &impl Fn(usize) -> bool,
    ) -> Vec<f64> {
        let u = |row: usize| along.map_or(1.0, |u| u[row]);
        let mut own = Vec::new();
        let values: Vec<f64> = (0..self.levels.len())
            .map(|level| {
                own.clear();
                let rows = self.of(level).iter().map(|row| *row as usize).filter(|row| inside(*row));
                own.extend(rows.map(|row| (eta[row], u(row), y[row])));
                mode(&own, spread)
            })
            .collect();
        for (row, eta) in eta.iter_mut().enumerate() {
            if let Some(value) = values.get(self.code[row] as usize) {
                *eta += value * u(row);
            }
        }
        values
    }

    /// By hand: two levels with R = +6, W = 10 and R = −6, W = 10. Σ R² / W = 3.6 + 3.6, of all together 0² / 20 = 0: Q = 7.2 with
    /// 2 − 1 = 1 degree, z = ((7.2)^⅓ − 1 + 2/9) √4.5 = 2.45. Had both +6, all together 12² / 20 = 7.2 is taken off and Q = 0.
    ///
    /// How far the slopes along `u` differ between levels, as a standard normal.
    fn differs(&self, u: &[f64], response: &[(f64, f64)]) -> f64 {
        let part = |(r, w): (f64, f64)| if w > 1.0 { (r * r / w, 1.0) } else { (0.0, 0.0) };
        let (mut all, mut sum) = ((0.0, 0.0), (0.0, 0.0));
        for level in 0..self.levels.len() {
            let mut own = (0.0, 0.0);
            for row in self.of(level) {
                let ((r, w), u) = (response[*row as usize], u[*row as usize]);
                own.0 += r * u;
                own.1 += w * u * u;
            }
            if own.1 > 1.0 {
                all = (all.0 + own.0, all.1 + own.1);
            }
            let own = part(own);
            sum = (sum.0 + own.0, sum.1 + own.1);
        }
        let all = part(all);
        let (q, d) = (sum.0 - all.0, sum.1 - all.1);
        if d > 0.0 {
            ((q.max(0.0) / d).cbrt() - 1.0 + 2.0 / (9.0 * d)) * (4.5 * d).sqrt()
        } else {
            f64::NEG_INFINITY
        }
    }

    /// The effects for a model, levels that hold a row of the fit only, with their average over all rows.
    fn table(&self, along: Option<&(u32, Vec<f64>)>, values: &[f64]) -> LevelTable {
        let u = |row: usize| along.map_or(1.0, |(_, u)| u[row]);
        let added = |row: usize| values.get(self.code[row] as usize).map_or(0.0, |v| v * u(row));
        let mean = (0..self.code.len()).map(added).sum::<f64>() / self.code.len().max(1) as f64;
        let mut known: Vec<(String, f64)> = self
            .levels
            .iter()
            .zip(values)
            .enumerate()
            .filter(|(level, _)| !self.of(*level).is_empty())
            .map(|(_, (level, value))| (level.clone(), *value))
            .collect();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        let (levels, values) = known.into_iter().unzip();
        LevelTable { column: self.column, along: along.map(|a| a.0), levels, values, mean }
    }
}

/// The b that minimises Σ \[ln(1 + e^z) − y z\] + b² / (2 τ²), z = η + b u, over rows of (η, u, y): Newton's method with steps of
/// at most [`LONGEST`]; 0 without rows.
///
/// By hand: one row at even odds that left, u = 1, τ² = 1: g = −½, H = ¼ + 1, the first step leads to 0.4, where
/// p = .599, g = −.401 + .4 and the next to .4011.
fn mode(rows: &[(f64, f64, bool)], spread: f64) -> f64 {
    let mut b = 0.0;
    if rows.is_empty() {
        return b;
    }
    for _ in 0..STEPS {
        let (mut g, mut h) = (b / spread, 1.0 / spread);
        for (eta, u, y) in rows {
            let p = special::sigmoid(eta + b * u);
            g += (p - f64::from(u8::from(*y))) * u;
            h += p * (1.0 - p) * u * u;
        }
        let step = (g / h).clamp(-LONGEST, LONGEST);
        b -= step;
        if step.abs() < 1e-7 {
            break;
        }
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    #[test]
    fn the_mode_of_one_row() {
        let b = mode(&[(0.0, 1.0, true)], 1.0);
        assert!((b - (1.0 - special::sigmoid(b))).abs() < 1e-9);
        assert_eq!(mode(&[], 1.0), 0.0);
        // However far out it begins, the answer is finite and on the right side.
        let far = mode(&[(-40.0, 1.0, true); 50], 1.0);
        assert!(far > 1.0 && far.is_finite());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn damaged_effects_are_refused() {
        use crate::churn::design::Shape;
        use crate::data::Customers;
        let table =
            Features::builder(Customers::numbered(4).unwrap()).numeric("x", [1.0, 2.0, 3.0, 4.0]).unwrap();
        let table = table.categorical("k", ["a", "b", "a", "c"]).unwrap().build().unwrap();
        let design = Design::fit(&table, Shape::Flexible, &[]);
        let level = |l: &str| l.to_owned();
        let good = LevelTable {
            column: 1,
            along: Some(0),
            levels: vec![level("a"), level("b")],
            values: vec![0.1, 0.2],
            mean: 0.0,
        };
        let sound = |change: &dyn Fn(&mut LevelTable)| {
            let mut table = good.clone();
            change(&mut table);
            LevelEffects { tables: vec![table] }.is_sound(&design)
        };
        assert!(sound(&|_| {}));
        assert!(!sound(&|t| t.column = 0));
        assert!(!sound(&|t| t.column = 9));
        assert!(!sound(&|t| t.along = Some(1)));
        assert!(!sound(&|t| t.levels.reverse()));
        assert!(!sound(&|t| t.values[0] = f64::NAN));
        assert!(!sound(&|t| t.values.push(1.0)));
    }

    fn grouped(levels: usize, rows: usize) -> Grouped {
        let names = (0..levels).map(|l| format!("{l:04}")).collect();
        let code = (0..rows).map(|row| u32::try_from(row * 7 % levels).unwrap()).collect();
        Grouped::new(0, true, names, code)
    }

    /// Effects are found, drawn towards nothing, and rows outside teach nothing.
    #[test]
    fn effects_are_shrunk_and_learned_inside_only() {
        let column = grouped(50, 20_000);
        let mut rng = Rng::new(Seed(1), 0);
        let truth: Vec<f64> = (0..50).map(|_| 0.8 * rng.normal()).collect();
        let y: Vec<bool> =
            column.code.iter().map(|c| rng.uniform() < special::sigmoid(truth[*c as usize])).collect();
        let mut eta = vec![0.0; y.len()];
        let found = column.add(None, &y, &mut eta, 0.6, &|_| true);
        let error = found.iter().zip(&truth).map(|(f, t)| (f - t).powi(2)).sum::<f64>() / 50.0;
        assert!(error < 0.02, "{error}");
        let mut eta = vec![0.0; y.len()];
        let tight = column.add(None, &y, &mut eta, 1e-3, &|_| true);
        assert!(tight.iter().zip(&found).all(|(t, f)| t.abs() < 0.5 * f.abs() || f.abs() < 0.05));
        let none = column.add(None, &y, &mut vec![0.0; y.len()], 0.6, &|_| false);
        assert!(none.iter().all(|v| *v == 0.0));
    }

    /// Slopes that differ between levels are told from one slope for all, which is nothing to this screen.
    #[test]
    fn the_screen_finds_slopes_that_differ() {
        let column = grouped(60, 12_000);
        let mut rng = Rng::new(Seed(2), 0);
        let slopes: Vec<f64> = (0..60).map(|_| rng.normal()).collect();
        let u: Vec<f64> = (0..12_000).map(|_| direction(rng.uniform())).collect();
        let mut z = |slope: &dyn Fn(usize) -> f64| {
            let response: Vec<(f64, f64)> = (0..12_000)
                .map(|row| {
                    let y = rng.uniform() < special::sigmoid(slope(column.code[row] as usize) * u[row]);
                    (f64::from(u8::from(y)) - 0.5, 0.25)
                })
                .collect();
            column.differs(&u, &response)
        };
        assert!(z(&|level| slopes[level]) > 8.0);
        assert!(z(&|_| 0.0).abs() < 3.5);
        assert!(z(&|_| 0.5) < 3.5);
    }
}
