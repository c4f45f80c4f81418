//! `KMeansParams`: what can be chosen.

use std::ops::RangeInclusive;

use crate::data::{Transform, TransformParams};
use crate::error::{Error, Result};
use crate::types::Seed;

use super::choose::KScore;
use super::input::SegmentInput;
use super::lloyd::{LARGEST, MOST_SEGMENTS};
use super::model::SegmentModel;
use super::names::SegmentName;

/// Where k-means starts.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::{Init, KMeansParams};
///
/// let matrix = Matrix::unnamed(Customers::numbered(4)?, 1, vec![1.0, 2.0, 8.0, 9.0])?;
/// for init in [Init::KMeansPlusPlus, Init::GreedyKMeansPlusPlus, Init::Centres(vec![vec![0.0], vec![10.0]])] {
///     assert_eq!(KMeansParams::new(2).init(init).fit(&matrix)?.summary().inertia, 1.0);
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
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

/// How the centres are moved.
///
/// ```
/// use regulars::segment::{Algorithm, KMeansParams};
/// use regulars::simulate::BlobsParams;
/// use regulars::types::Seed;
///
/// let blobs = BlobsParams::new(3_000, 4, Seed(1)).simulate()?;
/// let exact = KMeansParams::new(4).fit(blobs.matrix())?.summary().inertia;
/// let quick = KMeansParams::new(4).algorithm(Algorithm::MiniBatch { rows: 512 }).fit(blobs.matrix())?;
/// assert!(quick.summary().inertia < 1.05 * exact);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// All rows in every iteration, to the end: the centres are means of their rows.
    #[default]
    Lloyd,
    /// So many rows a step, drawn at random (Sculley 2010, doi:10.1145/1772690.1772862), then one iteration over all
    /// rows. A little worse than [`Lloyd`](Self::Lloyd) and, beyond some hundred thousand rows, faster. With at least as
    /// many rows a step as there are it is Lloyd's algorithm.
    MiniBatch {
        /// Rows of a step; 1,024 serves most tables.
        rows: usize,
    },
}

/// How a table becomes a matrix: by the house's usual steps, by steps of the caller's own, or as an older model did it, so
/// that centres of that model mean the same.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub(super) enum Yardstick {
    /// log1p, standardised, medians for missing values, constant columns left out.
    #[default]
    Usual,
    /// The caller's own steps, fitted with the model.
    Steps(TransformParams),
    /// That of an older model.
    Fitted(Transform),
}

/// Parameters of k-means segmentation.
///
/// | setter | default | why |
/// |---|---|---|
/// | [`seed`](Self::seed) | `Seed(0)` | chance is explicit |
/// | [`restarts`](Self::restarts) | 10 | one start in a few ends in a poor place |
/// | [`init`](Self::init) | greedy k-means++ | fewer poor starts for a little seeding |
/// | [`algorithm`](Self::algorithm) | Lloyd | exact, and fast enough for millions of rows |
/// | [`max_iterations`](Self::max_iterations) | 300 | rarely reached |
/// | [`tolerance`](Self::tolerance) | 10⁻⁴ | centres that move less than this change no decision |
/// | [`weights`](Self::weights) | none | every customer counts 1 |
/// | [`transform`](Self::transform) | log1p, standardise | every column counts the same, no giant rules |
///
/// The same defaults serve every data set; none was tuned to one.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct KMeansParams {
    pub(super) k: RangeInclusive<usize>,
    pub(super) seed: Seed,
    pub(super) restarts: u32,
    pub(super) init: Init,
    pub(super) algorithm: Algorithm,
    pub(super) max_iterations: u32,
    pub(super) tolerance: f64,
    pub(super) weights: Option<String>,
    pub(super) yardstick: Yardstick,
    /// Names that segments inherit from an older model.
    pub(super) names: Option<Vec<SegmentName>>,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    KMeansParams, Self::new(2);
    k: crate::types::json::Range;
    seed: Seed, restarts: u32, init: Init, algorithm: Algorithm, max_iterations: u32, tolerance: f64,
    weights: Option<String>, yardstick: Yardstick, names: Option<Vec<SegmentName>>,
}

impl KMeansParams {
    /// `k` segments, at least 1 and at most 65,534.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// assert_eq!(KMeansParams::new(3).fit(&matrix)?.k(), 3);
    /// assert!(KMeansParams::new(7).fit(&matrix).is_err(), "there are six rows");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new(k: usize) -> Self {
        Self::auto(k..=k)
    }

    /// As many segments as the data support, from a range: see the [module](super) for the rule.
    ///
    /// ```
    /// use regulars::segment::KMeansParams;
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    ///
    /// let blobs = BlobsParams::new(600, 3, Seed(2)).separation(9.0).simulate()?;
    /// assert_eq!(KMeansParams::auto(2..=5).fit(blobs.matrix())?.k(), 3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn auto(k: RangeInclusive<usize>) -> Self {
        Self {
            k,
            seed: Seed(0),
            restarts: 10,
            init: Init::default(),
            algorithm: Algorithm::default(),
            max_iterations: 300,
            tolerance: 1e-4,
            weights: None,
            yardstick: Yardstick::default(),
            names: None,
        }
    }

    /// Goes on where a model ends (a warm start): its transform as fitted then, its centres as the start, its order and
    /// names of segments. One run, and few iterations where little has changed; each segment stays itself, which is
    /// [`matched`](SegmentModel::matched) without the matching. For a fit that may leave the old shape behind use
    /// [`new`](Self::new) and match afterwards.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// use regulars::segment::KMeansParams;
    /// use regulars::types::Language;
    ///
    /// let table = |spend: [f64; 4]| Features::builder(Customers::numbered(4)?).numeric("spend", spend)?.build();
    /// let june = KMeansParams::new(2).fit(&table([10.0, 12.0, 900.0, 950.0])?)?.named(["small", "large"])?;
    /// let july = KMeansParams::from_model(&june).fit(&table([11.0, 13.0, 800.0, 999.0])?)?;
    /// assert_eq!(july.name(july.segments().next().unwrap(), Language::English), "small");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn from_model(model: &SegmentModel) -> Self {
        let centres = model.centres().chunks_exact(model.columns().len()).map(<[f64]>::to_vec).collect();
        let mut params = Self::new(model.k()).init(Init::Centres(centres));
        if let Some(transform) = &model.transform {
            params.yardstick = Yardstick::Fitted(transform.clone());
        }
        params.names = Some(model.profiles().iter().map(|p| p.name.clone()).collect());
        params
    }

    /// Where chance begins; `Seed(0)` by default. The same seed gives the same model, bit by bit, on every machine of one
    /// kind and on any number of threads.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// let fit = |seed| KMeansParams::new(3).seed(Seed(seed)).fit(&matrix);
    /// assert!(fit(4)? == fit(4)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Independent starts, of which the run with the lowest inertia is kept (the first among equals); 10 by default. More
    /// of them only add runs to those of fewer, so they never make it worse.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// let inertia = |restarts| Ok::<_, regulars::Error>(KMeansParams::new(3).restarts(restarts).fit(&matrix)?.summary().inertia);
    /// assert!(inertia(20)? <= inertia(1)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.restarts = restarts;
        self
    }

    /// How a run starts; greedy k-means++ by default.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// let centres = Init::Centres(vec![vec![21.0], vec![0.0]]);
    /// let model = KMeansParams::new(2).init(centres).fit(&matrix)?;
    /// // Segments keep the order of the centres given.
    /// assert_eq!(model.centres(), [21.0, 5.0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// How the centres are moved; [`Algorithm::Lloyd`] by default.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// let quick = KMeansParams::new(2).algorithm(Algorithm::MiniBatch { rows: 4 }).fit(&matrix)?;
    /// assert_eq!(quick.k(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The most iterations of a run; 300 by default. An iteration of mini-batches is as many steps as show all rows once.
    /// A run that is cut short is no error: the summary says that it has not converged.
    ///
    /// ```
    /// # use regulars::data::{Customers, Matrix};
    /// # use regulars::segment::{Algorithm, Init, KMeansParams};
    /// # use regulars::types::Seed;
    /// # let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![1.0, 2.0, 8.0, 9.0, 20.0, 22.0])?;
    /// let start = Init::Centres(vec![vec![0.0], vec![1.0], vec![2.0]]);
    /// let cut = KMeansParams::new(3).init(start).max_iterations(1).fit(&matrix)?;
    /// assert_eq!((cut.summary().iterations, cut.summary().converged), (1, false));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// A run has converged when the Euclidean norm of the move of all centres together is at most `tolerance` times the
    /// root of the mean variance of the columns, or when no row changes its segment. 10⁻⁴ by default; 0 leaves only the
    /// second criterion. (scikit-learn compares squares: its `tol` is the square of this one.)
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// use regulars::segment::KMeansParams;
    ///
    /// let matrix = Matrix::unnamed(Customers::numbered(4)?, 1, vec![1.0, 2.0, 8.0, 9.0])?;
    /// let model = KMeansParams::new(2).restarts(3).max_iterations(50).tolerance(0.0).fit(&matrix)?;
    /// assert!(model.summary().converged);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The column that holds each row's weight: finite, at least 0, not missing. It is not clustered.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// use regulars::segment::KMeansParams;
    ///
    /// let features = Features::builder(Customers::numbered(3)?)
    ///     .numeric("x", [1.0, 4.0, 9.0])?
    ///     .numeric("customers", [1.0, 2.0, 5.0])?
    ///     .build()?;
    /// let params = KMeansParams::new(1).weights("customers").transform(TransformParams::new());
    /// assert_eq!(params.fit(&features)?.centres(), [(1.0 + 2.0 * 4.0 + 5.0 * 9.0) / 8.0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn weights(mut self, column: impl Into<String>) -> Self {
        self.weights = Some(column.into());
        self
    }

    /// How a table becomes the matrix that is clustered. By default every column is put through log1p and standardised,
    /// missing values become the median, and columns that are the same for everybody are left out.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, Missing, TransformParams};
    /// use regulars::segment::KMeansParams;
    ///
    /// let features = Features::builder(Customers::numbered(5)?)
    ///     .numeric("spend", [9.0, 8.0, 300.0, 310.0, 1e6])?
    ///     .numeric("age", [Some(30.0), None, Some(50.0), Some(61.0), Some(33.0)])?
    ///     .build()?;
    /// // Winsorised at both ends, scaled by the interquartile range, repeated facts counted once.
    /// let own = TransformParams::new().missing(Missing::Median).clip(0.05, 0.95).robust().whiten();
    /// let model = KMeansParams::new(2).transform(own).fit(&features)?;
    /// assert_eq!(model.summary().filled, 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn transform(mut self, transform: TransformParams) -> Self {
        self.yardstick = Yardstick::Steps(transform);
        self
    }

    /// Checks the parameters; the first step of every fit.
    ///
    /// ```
    /// use regulars::{Place, segment::KMeansParams};
    ///
    /// let error = KMeansParams::new(0).check().unwrap_err();
    /// assert_eq!(error.place(), Some(&Place::Parameter("k")));
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
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
        if self.algorithm == (Algorithm::MiniBatch { rows: 0 }) {
            return Err(Error::param("algorithm", "a mini-batch needs at least 1 row", 0));
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
        match &self.yardstick {
            Yardstick::Steps(steps) => steps.check(),
            Yardstick::Usual | Yardstick::Fitted(_) => Ok(()),
        }
    }

    /// Segments the customers of a table, or the rows of a matrix as they are.
    ///
    /// The steps: measure the table, check every column, choose the number of segments where a range was given, run from
    /// as many starts as asked for, keep the run of lowest inertia, put the segments in order, describe and name them.
    ///
    /// ```
    /// use regulars::data::Features;
    /// use regulars::segment::KMeansParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Language, Seed};
    ///
    /// let ledger = ShopParams::new(300, Seed(4)).simulate()?.ledger()?;
    /// let features = Features::behaviour(ledger.observed(AsOf::new(ledger.covers().1))?)?;
    /// let model = KMeansParams::new(4).seed(Seed(7)).fit(&features)?;
    /// for profile in model.profiles() {
    ///     println!("{}", profile.describe(Language::English));
    /// }
    /// // From the most valuable segment down.
    /// let spend: Vec<f64> = model.profiles().iter().map(|p| p.revenue.unwrap() / p.share).collect();
    /// assert!(spend[0] > spend[3]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check) and, for a table, [`TransformParams::fit`]: a column of categories or one that is not in
    /// the table is named. [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the parameter `k` where there are fewer
    /// distinct rows (of positive weight) than segments, and naming the column that is constant (a table under the
    /// default transform leaves such columns out, and names the first where all are), holds values beyond 10¹⁴⁰ or a
    /// weight below 0; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for initial centres of another width.
    pub fn fit<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<SegmentModel> {
        let measured = self.measured(data.into())?;
        let fitted = self.run(&measured)?;
        SegmentModel::build(&measured, fitted, matches!(self.init, Init::Centres(_)), self.names.as_deref())
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
    pub fn evaluate<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<Vec<KScore>> {
        self.sweep(&self.measured(data.into())?)
    }

    /// Draws per centre in seeding.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    pub(super) fn tries(&self, k: usize) -> usize {
        if self.init == Init::GreedyKMeansPlusPlus { 2 + (k as f64).ln() as usize } else { 1 }
    }
}
