//! `KMeansParams`: what can be chosen, and the way from a table to a model.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use hashbrown::HashSet;

use crate::data::{Features, Matrix, Missing, Transform, TransformParams};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernel::par;
use crate::types::Seed;

use super::choose::{self, KScore};
use super::lloyd::{self, LARGEST, MOST_SEGMENTS, Rows, Run, Stop};
use super::model::SegmentModel;
use super::seeding::Sample;

/// Where k-means starts.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// k-means++ (Arthur and Vassilvitskii 2007): each further centre is a row drawn with probability in proportion to
    /// its squared distance from the centres so far.
    KMeansPlusPlus,
    /// The same with 2 + ln k draws for each centre, of which the best is kept.
    #[default]
    GreedyKMeansPlusPlus,
    /// These centres, in units of the matrix that is clustered (after the transform). There is one run, and the segments
    /// keep this order.
    Centres(Vec<Vec<f64>>),
}

/// Parameters of k-means segmentation.
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::KMeansParams;
/// use regulars::types::Seed;
///
/// let features = Features::builder(Customers::numbered(6)?)
///     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
///     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
///     .build()?;
/// let model = KMeansParams::new(2).seed(Seed(7)).fit(&features)?;
/// let segments = model.assign(&features)?;
/// assert_eq!(segments.values()[0], segments.values()[2]);
/// assert_ne!(segments.values()[0], segments.values()[3]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct KMeansParams {
    pub(super) k: RangeInclusive<usize>,
    pub(super) seed: Seed,
    pub(super) restarts: u32,
    pub(super) init: Init,
    max_iterations: u32,
    tolerance: f64,
    weights: Option<String>,
    transform: Option<TransformParams>,
}

impl KMeansParams {
    /// `k` segments.
    pub fn new(k: usize) -> Self {
        Self::auto(k..=k)
    }

    /// As many segments as the data support, from a range: see the [module](super) for the rule.
    pub fn auto(k: RangeInclusive<usize>) -> Self {
        Self {
            k,
            seed: Seed(0),
            restarts: 10,
            init: Init::default(),
            max_iterations: 300,
            tolerance: 1e-4,
            weights: None,
            transform: None,
        }
    }

    /// Where chance begins; `Seed(0)` by default.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Independent starts, of which the run with the lowest inertia is kept (the first among equals); 10 by default.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.restarts = restarts;
        self
    }

    /// How a run starts; greedy k-means++ by default.
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// The most iterations of a run; 300 by default.
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// A run has converged when the Euclidean norm of the move of all centres together is at most `tolerance` times the
    /// root of the mean variance of the columns, or when no row changes its segment. 10⁻⁴ by default; 0 leaves only the
    /// second criterion.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The column that holds each row's weight: finite, at least 0, not missing. It is not clustered.
    pub fn weights(mut self, column: impl Into<String>) -> Self {
        self.weights = Some(column.into());
        self
    }

    /// How a table becomes the matrix that is clustered. By default every column is put through log1p and standardised,
    /// and missing values become the median.
    pub fn transform(mut self, transform: TransformParams) -> Self {
        self.transform = Some(transform);
        self
    }

    /// Checks the parameters; the first step of every fit.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        let (least, most) = (*self.k.start(), *self.k.end());
        let auto = least != most;
        if least < if auto { 2 } else { 1 } || most > MOST_SEGMENTS || least > most {
            let rule = format!("must be 1 to {MOST_SEGMENTS}, or a range that starts at 2 or more");
            return Err(Error::param("k", &rule, format!("{least} to {most}")));
        }
        if self.restarts == 0 {
            return Err(Error::param("restarts", "must be at least 1", self.restarts));
        }
        if self.max_iterations == 0 {
            return Err(Error::param("max_iterations", "must be at least 1", self.max_iterations));
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::param("tolerance", "must be finite and at least 0", self.tolerance));
        }
        if let Init::Centres(centres) = &self.init {
            if auto {
                return Err(Error::param("init", "centres need one number of segments", "a range"));
            }
            if centres.len() != most {
                return Err(Error::param("init", &format!("must hold {most} centres"), centres.len()));
            }
            if centres.iter().flatten().any(|c| c.is_nan() || c.abs() > LARGEST) {
                return Err(Error::param("init", "centres must be finite", "one that is not"));
            }
        }
        self.transform.as_ref().map_or(Ok(()), TransformParams::check)
    }

    /// Segments the customers of a table.
    ///
    /// # Errors
    /// As [`check`](Self::check), [`TransformParams::fit`] and [`fit_matrix`](Self::fit_matrix): a constant column, a
    /// column of categories or one that is not in the table is named.
    pub fn fit(&self, features: &Features) -> Result<SegmentModel> {
        let (transform, matrix, weights) = self.measured(features)?;
        let fit = self.run(&matrix, weights.as_deref())?;
        SegmentModel::build(&matrix, Some((transform, features)), weights.as_deref(), fit, self.keeps_order())
    }

    /// Segments the rows of a matrix as they are, without a transform.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`InvalidInput`](ErrorKind::InvalidInput) naming the parameter `k` where there are fewer
    /// distinct rows (of positive weight) than segments, and naming the column that is constant, holds values beyond
    /// 10¹⁴⁰ or a weight below 0; [`ShapeMismatch`](ErrorKind::ShapeMismatch) for initial centres of another width.
    pub fn fit_matrix(&self, matrix: &Matrix) -> Result<SegmentModel> {
        self.check()?;
        let (matrix, weights) = self.unweighted(matrix)?;
        let fit = self.run(&matrix, weights.as_deref())?;
        SegmentModel::build(&matrix, None, weights.as_deref(), fit, self.keeps_order())
    }

    /// Measures every number of segments of the range without fitting a model: the sweep behind
    /// [`auto`](Self::auto), also for a single number.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # let spend = [1.0, 2.0, 3.0, 100.0, 120.0, 130.0, 9_000.0, 8_000.0];
    /// # let features = Features::builder(Customers::numbered(8)?).numeric("spend", spend)?.build()?;
    /// let sweep = KMeansParams::auto(2..=3).evaluate(&features)?;
    /// assert!(sweep.iter().all(|score| score.silhouette <= 1.0 && score.stability <= 1.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn evaluate(&self, features: &Features) -> Result<Vec<KScore>> {
        let (_, matrix, weights) = self.measured(features)?;
        self.sweep(&matrix, weights.as_deref())
    }

    /// As [`evaluate`](Self::evaluate), for a matrix as it is.
    ///
    /// # Errors
    /// As [`fit_matrix`](Self::fit_matrix).
    pub fn evaluate_matrix(&self, matrix: &Matrix) -> Result<Vec<KScore>> {
        self.check()?;
        let (matrix, weights) = self.unweighted(matrix)?;
        self.sweep(&matrix, weights.as_deref())
    }

    /// The fitted transform, the matrix it makes, and the weights.
    pub(super) fn measured(&self, features: &Features) -> Result<(Transform, Matrix, Option<Vec<f64>>)> {
        self.check()?;
        let default = || TransformParams::new().missing(Missing::Median).log1p().standardise();
        let mut params = self.transform.clone().unwrap_or_else(default);
        if let Some(name) = &self.weights {
            params = params.all_but(features, name);
        }
        let transform: Transform = params.fit(features)?;
        let matrix = transform.apply(features)?;
        let weights = self.weights.as_ref().map(|name| weights_of(features, name)).transpose()?;
        Ok((transform, matrix, weights))
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

    fn sweep(&self, matrix: &Matrix, weights: Option<&[f64]>) -> Result<Vec<KScore>> {
        let rows = Rows { values: matrix.values(), width: matrix.width(), weights };
        let distinct = self.check_rows(matrix, rows)?;
        let (least, most) = (*self.k.start(), (*self.k.end()).min(distinct));
        let tries = |k| self.tries(k);
        Ok(choose::choose(rows, least..=most, self.seed, tries, self.stop(matrix)).sweep)
    }

    fn stop(&self, matrix: &Matrix) -> Stop {
        let shift = if self.tolerance > 0.0 { self.tolerance * mean_variance(matrix).sqrt() } else { 0.0 };
        Stop { max_iterations: self.max_iterations, shift }
    }

    /// Checks every column, and that there are rows enough; gives the number of distinct rows, counted up to the most
    /// segments wanted.
    fn check_rows(&self, matrix: &Matrix, rows: Rows<'_>) -> Result<usize> {
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
        let distinct = distinct_rows(rows, *self.k.end());
        if distinct < *self.k.start() {
            let rule = format!("{} segments need as many distinct rows, got {distinct}", self.k.start());
            return Err(Error::new(ErrorKind::InvalidInput, Place::Parameter("k"), rule));
        }
        Ok(distinct)
    }

    /// Checks the matrix, chooses the number of segments where there is a choice, and keeps the best run.
    pub(super) fn run(&self, matrix: &Matrix, weights: Option<&[f64]>) -> Result<Fitted> {
        let rows = Rows { values: matrix.values(), width: matrix.width(), weights };
        let distinct = self.check_rows(matrix, rows)?;
        let stop = self.stop(matrix);
        if let Init::Centres(centres) = &self.init {
            if let Some(centre) = centres.iter().find(|c| c.len() != rows.width) {
                return Err(Error::shape("width of the initial centres", rows.width, centre.len()));
            }
            let run = lloyd::lloyd(rows, centres.concat(), stop);
            return Fitted::new(run, 0, 1, None);
        }
        let (least, most) = (*self.k.start(), (*self.k.end()).min(distinct));
        let (k, choice) = if least == *self.k.end() {
            (least, None)
        } else {
            let choice = choose::choose(rows, least..=most, self.seed, |k| self.tries(k), stop);
            (choice.k, Some(choice))
        };
        let (run, restart) = best_run(rows, k, self.tries(k), self.seed, self.restarts, stop);
        Fitted::new(run, restart, self.restarts, choice)
    }

    /// Whether the user has numbered the segments by giving their centres.
    fn keeps_order(&self) -> bool {
        matches!(self.init, Init::Centres(_))
    }

    /// Draws per centre in seeding.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    pub(super) fn tries(&self, k: usize) -> usize {
        if self.init == Init::GreedyKMeansPlusPlus { 2 + (k as f64).ln() as usize } else { 1 }
    }
}

/// The best run, and what stands behind it.
pub(super) struct Fitted {
    pub(super) run: Run,
    pub(super) restart: u32,
    pub(super) restarts: u32,
    pub(super) choice: Option<choose::Choice>,
}

impl Fitted {
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

/// Few values are spread over threads by run, many by row; the results are the same.
const SMALL: usize = 1 << 18;

/// The run of lowest inertia among `restarts`, the first among equals, and its number.
pub(super) fn best_run(
    rows: Rows<'_>,
    k: usize,
    tries: usize,
    seed: Seed,
    restarts: u32,
    stop: Stop,
) -> (Run, u32) {
    let sample = Sample::new(rows, seed);
    let run =
        |restart: u32| lloyd::lloyd(rows, sample.centres(rows, k, tries, seed, u64::from(restart)), stop);
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

fn blame(column: &str, rule: String) -> Error {
    Error::new(ErrorKind::InvalidInput, Place::Column(column.to_owned().into()), rule)
}

fn weights_of(features: &Features, name: &str) -> Result<Vec<f64>> {
    let column = features.numeric(name)?;
    let Some(values) = column.values() else {
        return Err(blame(name, "holds weights, of which none may be missing".to_owned()));
    };
    check_weights(values, name)?;
    Ok(values.to_vec())
}

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

/// Mean over the columns of the variance (denominator n).
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
