//! From parameters and rows to the best run.

use std::borrow::Cow;

use hashbrown::HashSet;

use crate::data::{Constant, Features, Matrix, Missing, TransformParams};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernel::par;
use crate::types::Seed;

use super::choose::{self, KScore};
use super::input::{Measured, SegmentInput, Source};
use super::lloyd::{self, LARGEST, Rows, Run, Stop};
use super::minibatch;
use super::params::{Algorithm, Init, KMeansParams, Yardstick};
use super::seeding::Sample;

impl KMeansParams {
    /// The rows in units of the matrix that is clustered, with their weights: the column of weights is taken out, a table
    /// is measured by the default transform, the caller's own or that of an older model, a matrix stays as it is.
    ///
    /// # Errors
    /// As [`KMeansParams::fit`].
    pub(super) fn measured<'a>(&self, data: SegmentInput<'a>) -> Result<Measured<'a>> {
        self.check()?;
        match data.0 {
            Source::Table(features) => {
                let fit = |steps: TransformParams| match &self.weights {
                    Some(name) => steps.all_but(features, name).fit(features),
                    None => steps.fit(features),
                };
                let usual = || TransformParams::new().missing(Missing::Median).constant(Constant::Drop);
                let transform = match &self.yardstick {
                    Yardstick::Usual => fit(usual().log1p().standardise())?,
                    Yardstick::Steps(steps) => fit(steps.clone())?,
                    Yardstick::Fitted(transform) => transform.clone(),
                };
                let mut measured = Measured::table(features, transform)?;
                measured.weights =
                    self.weights.as_ref().map(|name| weights_of(features, name)).transpose()?;
                Ok(measured)
            }
            Source::Matrix(matrix) => {
                let (matrix, weights) = self.unweighted(matrix)?;
                Ok(Measured { weights, ..Measured::matrix(matrix) })
            }
        }
    }

    /// A matrix without its column of weights, and the weights.
    fn unweighted<'m>(&self, matrix: &'m Matrix) -> Result<(Cow<'m, Matrix>, Option<Vec<f64>>)> {
        let Some(name) = &self.weights else { return Ok((Cow::Borrowed(matrix), None)) };
        let column = matrix
            .names()
            .iter()
            .position(|own| own == name)
            .ok_or_else(|| blame(name, "is not in the matrix".to_owned()))?;
        let weights: Vec<f64> = matrix.rows().map(|row| row[column]).collect();
        check_weights(&weights, name)?;
        let keep = |i: &usize| *i != column;
        let names: Vec<&String> = (0..matrix.width()).filter(keep).map(|i| &matrix.names()[i]).collect();
        let values = matrix.rows().flat_map(|row| (0..row.len()).filter(keep).map(|i| row[i])).collect();
        let matrix = Matrix::new(matrix.customers().clone(), names, values)?;
        Ok((Cow::Owned(matrix), Some(weights)))
    }

    /// Every number of segments of the range, measured on a sample; numbers above that of the distinct rows are left out.
    pub(super) fn sweep(&self, measured: &Measured<'_>) -> Result<Vec<KScore>> {
        let rows = measured.rows();
        let distinct = self.check_rows(&measured.matrix, rows, *self.k.end())?;
        let (least, most) = (*self.k.start(), (*self.k.end()).min(distinct));
        let tries = |k| self.tries(k);
        Ok(choose::choose(rows, least..=most, self.seed, tries, self.stop(&measured.matrix)).sweep)
    }

    /// When a run stops, in units of the matrix.
    fn stop(&self, matrix: &Matrix) -> Stop {
        let shift = if self.tolerance > 0.0 { self.tolerance * mean_variance(matrix).sqrt() } else { 0.0 };
        Stop { max_iterations: self.max_iterations, shift }
    }

    /// Checks every column, and that there are rows enough; gives the number of distinct rows, counted up to
    /// `enough`.
    pub(super) fn check_rows(&self, matrix: &Matrix, rows: Rows<'_>, enough: usize) -> Result<usize> {
        let first = rows.row(0);
        let flaws = par::map_chunks(matrix.len(), 65_536, |range| {
            let (mut varies, mut large) = (vec![false; rows.width], vec![false; rows.width]);
            for row in rows.values[range.start * rows.width..range.end * rows.width].chunks_exact(rows.width)
            {
                for (d, value) in row.iter().enumerate() {
                    varies[d] |= *value != first[d];
                    large[d] |= value.abs() > LARGEST;
                }
            }
            (varies, large)
        });
        for (d, name) in matrix.names().iter().enumerate() {
            if flaws.iter().any(|(_, large)| large[d]) {
                return Err(blame(
                    name,
                    "holds values beyond 1e140, too large for squared distances".to_owned(),
                ));
            }
            if matrix.len() > 1 && !flaws.iter().any(|(varies, _)| varies[d]) {
                return Err(blame(name, "is constant: it cannot tell customers apart".to_owned()));
            }
        }
        let distinct = distinct_rows(rows, enough);
        if distinct < *self.k.start() {
            let rule = format!("{} segments need as many distinct rows, got {distinct}", self.k.start());
            return Err(Error::new(ErrorKind::InvalidInput, Place::Parameter("k"), rule));
        }
        Ok(distinct)
    }

    /// Checks the matrix, chooses the number of segments where there is a choice, and keeps the best run.
    ///
    /// A range that reaches beyond the number of distinct rows ends there; a single number that does is an error. Centres
    /// that the caller gives are run once, as they are.
    ///
    /// # Errors
    /// As [`KMeansParams::fit`].
    pub(super) fn run(&self, measured: &Measured<'_>) -> Result<Fitted> {
        let rows = measured.rows();
        let distinct = self.check_rows(&measured.matrix, rows, *self.k.end())?;
        let stop = self.stop(&measured.matrix);
        if let Init::Centres(centres) = &self.init {
            if let Some(centre) = centres.iter().find(|c| c.len() != rows.width) {
                return Err(Error::shape("width of the initial centres", rows.width, centre.len()));
            }
            let run = self.engine(stop).run(rows, centres.concat(), self.seed, 0);
            return Fitted::new(run, 0, 1, None);
        }
        let (least, most) = (*self.k.start(), (*self.k.end()).min(distinct));
        let (k, choice) = if least == *self.k.end() {
            (least, None)
        } else {
            let choice = choose::choose(rows, least..=most, self.seed, |k| self.tries(k), stop);
            (choice.k, Some(choice))
        };
        let (run, restart) = best_run(rows, k, self.tries(k), self.seed, self.restarts, self.engine(stop));
        Fitted::new(run, restart, self.restarts, choice)
    }

    /// The engine that the parameters ask for.
    fn engine(&self, stop: Stop) -> Engine {
        Engine { stop, algorithm: self.algorithm }
    }
}

/// How one run goes from its start to its end: by Lloyd's algorithm, or by mini-batches where these are smaller than the
/// whole.
#[derive(Clone, Copy)]
pub(super) struct Engine {
    pub(super) stop: Stop,
    pub(super) algorithm: Algorithm,
}

impl Engine {
    /// Lloyd's algorithm.
    pub(super) fn lloyd(stop: Stop) -> Self {
        Self { stop, algorithm: Algorithm::Lloyd }
    }

    /// One run from its centres; chance is drawn by mini-batches only, from the stream of the restart.
    fn run(self, rows: Rows<'_>, centres: Vec<f64>, seed: Seed, restart: u64) -> Run {
        match self.algorithm {
            Algorithm::MiniBatch { rows: size } if size < rows.len() => {
                minibatch::run(rows, centres, size, self.stop, seed, restart)
            }
            _ => lloyd::lloyd(rows, centres, self.stop),
        }
    }
}

/// The best run, and what stands behind it: how many runs there were, which of them it is, and how k was chosen.
pub(super) struct Fitted {
    /// The run of lowest inertia.
    pub(super) run: Run,
    /// Its number, from 0.
    pub(super) restart: u32,
    /// Runs made.
    pub(super) restarts: u32,
    /// The sweep, where there was a range to choose from.
    pub(super) choice: Option<choose::Choice>,
}

impl Fitted {
    /// Refuses a run whose numbers have left the range of a float: finite rows of moderate size never do.
    fn new(run: Run, restart: u32, restarts: u32, choice: Option<choose::Choice>) -> Result<Self> {
        if run.inertia.is_finite() && run.centres.iter().all(|c| c.is_finite()) {
            Ok(Self { run, restart, restarts, choice })
        } else {
            Err(Error::overflow(
                "the sum of squared distances does not fit a float: scale rows or weights down",
            ))
        }
    }
}

/// Few values are spread over threads by run, many by row; the results are the same, since each run is the same on any
/// number of threads.
const SMALL: usize = 1 << 18;

/// The run of lowest inertia among `restarts`, the first among equals, and its number.
///
/// Run r starts from chance stream r of the seed, so that more restarts only add runs to those of fewer.
pub(super) fn best_run(
    rows: Rows<'_>,
    k: usize,
    tries: usize,
    seed: Seed,
    restarts: u32,
    engine: Engine,
) -> (Run, u32) {
    let sample = Sample::new(rows, seed);
    let run = |restart: u32| {
        let restart = u64::from(restart);
        engine.run(rows, sample.centres(rows, k, tries, seed, restart), seed, restart)
    };
    let mut best = (run(0), 0);
    let mut take = |next: Run, restart: u32| {
        if next.inertia < best.0.inertia {
            best = (next, restart);
        }
    };
    if rows.values.len() <= SMALL {
        let rest =
            par::map_chunks(restarts as usize - 1, 1, |r| run(u32::try_from(r.end).unwrap_or(u32::MAX)));
        for (next, restart) in rest.into_iter().zip(1..) {
            take(next, restart);
        }
    } else {
        for restart in 1..restarts {
            take(run(restart), restart);
        }
    }
    best
}

/// An error of the data that blames a column.
fn blame(column: &str, rule: String) -> Error {
    Error::new(ErrorKind::InvalidInput, Place::Column(column.to_owned().into()), rule)
}

/// The weights that a table gives its rows.
fn weights_of(features: &Features, name: &str) -> Result<Vec<f64>> {
    let column = features.numeric(name)?;
    let Some(values) = column.values() else {
        return Err(blame(name, "holds weights, of which none may be missing".to_owned()));
    };
    check_weights(values, name)?;
    Ok(values.to_vec())
}

/// Weights must be finite and at least 0, one of them above 0. Names the first row that breaks the rule.
fn check_weights(weights: &[f64], name: &str) -> Result<()> {
    if let Some(row) = weights.iter().position(|w| !(*w >= 0.0 && *w <= LARGEST)) {
        let place = Place::Row { row: row as u64 + 1, column: Some(name.to_owned().into()) };
        return Err(Error::new(ErrorKind::InvalidInput, place, "a weight must be finite and at least 0"));
    }
    if weights.iter().all(|w| *w == 0.0) {
        return Err(blame(name, "holds weights, of which at least one must be positive".to_owned()));
    }
    Ok(())
}

/// Distinct rows of positive weight, counted up to `enough`.
///
/// Rows are compared by their bits, −0 and 0 being one value. Mostly a few rows are looked at: O(enough) on real data, O(n)
/// where there are fewer distinct ones.
fn distinct_rows(rows: Rows<'_>, enough: usize) -> usize {
    let mut seen: HashSet<Box<[u64]>> = HashSet::new();
    let mut bits = vec![0; rows.width];
    for row in (0..rows.len()).filter(|row| rows.weight(*row) > 0.0) {
        for (bits, value) in bits.iter_mut().zip(rows.row(row)) {
            // Adding 0 makes −0 and 0 one value.
            *bits = (value + 0.0).to_bits();
        }
        if !seen.contains(&bits[..]) {
            seen.insert(bits.clone().into());
            if seen.len() >= enough {
                break;
            }
        }
    }
    seen.len()
}

/// Mean over the columns of the variance (denominator n), what the tolerance is relative to. Values are taken relative to
/// the first row, so that squares keep their digits; sums run over fixed chunks.
fn mean_variance(matrix: &Matrix) -> f64 {
    let n = matrix.len() as f64;
    let moments = par::reduce_chunks(
        matrix.len(),
        16_384,
        |range| {
            let mut sums = vec![(0.0, 0.0); matrix.width()];
            let first = matrix.rows().next().unwrap_or_default();
            for row in matrix.values()[range.start * matrix.width()..range.end * matrix.width()]
                .chunks_exact(matrix.width())
            {
                for ((sum, value), origin) in sums.iter_mut().zip(row).zip(first) {
                    let v = value - origin;
                    *sum = (sum.0 + v, sum.1 + v * v);
                }
            }
            sums
        },
        |a, b| a.into_iter().zip(b).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect(),
    );
    let moments = moments.unwrap_or_default();
    let total: f64 = moments.iter().map(|(s, ss)| (ss / n - (s / n) * (s / n)).max(0.0)).sum();
    total / matrix.width() as f64
}
