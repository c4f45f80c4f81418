//! `SegmentModel`: the fitted segments, and what they say about customers.

use std::fmt;

use crate::data::{PerCustomer, Transform};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Language, Provenance};

use super::block::squared_distance;
use super::choose::Choice;
use super::fit::Fitted;
use super::input::{Measured, SegmentInput};
use super::lloyd;
use super::names::SegmentName;
use super::profile::{self, SegmentProfile};

/// A segment of one model, by its number from 0.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
///
/// let matrix = Matrix::unnamed(Customers::numbered(3)?, 1, vec![1.0, 2.0, 9.0])?;
/// let model = KMeansParams::new(2).fit(&matrix)?;
/// let segments = model.assign(&matrix)?;
/// assert_eq!(segments.values()[0].index(), 0);
/// assert_eq!(model.profile(segments.values()[2])?.size, 1);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Segment(pub(super) u16);

impl Segment {
    /// Its number among [`SegmentModel::profiles`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// How the fit went.
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::KMeansParams;
///
/// let features = Features::builder(Customers::numbered(4)?)
///     .numeric("recency", [3.0, 5.0, 200.0, 300.0])?
///     .numeric("mean_gap", [Some(7.0), Some(9.0), None, None])?
///     .build()?;
/// let model = KMeansParams::new(2).restarts(3).fit(&features)?;
/// let summary = model.summary();
/// assert_eq!((summary.rows, summary.restarts, summary.repaired, summary.filled), (4, 3, 0, 2));
/// assert!(summary.converged && summary.iterations >= 1 && summary.best_restart < 3);
/// // Inertia is that of the centres returned.
/// let placed = model.explain(&features)?;
/// let inertia: f64 = placed.values().iter().map(|p| p.distance * p.distance).sum();
/// assert!((inertia - summary.inertia).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentSummary {
    /// Rows fitted, and those of later [updates](SegmentModel::update).
    pub rows: usize,
    /// Weighted sum of squared distances to the model's centres, in squared units of the matrix.
    pub inertia: f64,
    /// Iterations of the run that was kept.
    pub iterations: u32,
    /// Whether that run met its criterion within the iterations allowed.
    pub converged: bool,
    /// Runs made.
    pub restarts: u32,
    /// Number of the run that was kept, from 0.
    pub best_restart: u32,
    /// Segments that had become empty in that run and were given the row farthest from its centre.
    pub repaired: u32,
    /// Missing values that the transform filled: many of them in one column make it say little.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_zero"))]
    pub filled: usize,
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Where a customer stands among the segments.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::KMeansParams;
///
/// let rows = |values: &[f64]| Matrix::unnamed(Customers::numbered(values.len())?, 1, values.to_vec());
/// let model = KMeansParams::new(2).fit(&rows(&[0.0, 2.0, 10.0, 12.0])?)?;
/// let placed = model.explain(&rows(&[1.0, 6.0, 30.0])?)?;
/// let [centre, border, outlier] = placed.values() else { unreachable!() };
/// assert_eq!((centre.distance, centre.borderline()), (0.0, 0.0));
/// assert_eq!(border.borderline(), 1.0);
/// assert_eq!(outlier.outlier_score, Some(19.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Placement {
    /// The nearest segment.
    pub segment: Segment,
    /// Distance to its centre, in units of the matrix.
    pub distance: f64,
    /// The second nearest segment and the distance to it; `None` where there is one segment only.
    pub runner_up: Option<(Segment, f64)>,
    /// Distance over the segment's [radius](SegmentProfile::radius): far above 1 for outliers; `None` where the radius
    /// is 0.
    pub outlier_score: Option<f64>,
}

impl Placement {
    /// How close the customer is to the border of the two nearest segments: 0 on the centre, 1 on the border.
    pub fn borderline(&self) -> f64 {
        match self.runner_up {
            Some((_, other)) if other > 0.0 => (self.distance / other).min(1.0),
            Some(_) => 1.0,
            None => 0.0,
        }
    }
}

/// Fitted segments: centres, profiles, names, and the transform that measures customers for them. Saved through
/// [`persist`](crate::persist); a file that no fit could have made is refused.
///
/// | to | call |
/// |---|---|
/// | show the segments | [`profiles`](Self::profiles), [`members`](Self::members) |
/// | put customers into them | [`assign`](Self::assign) |
/// | say why a customer is there, and how unusual | [`explain`](Self::explain) |
/// | give them names | [`named`](Self::named) |
/// | see who moved between two dates | [`migration`](Self::migration) |
/// | see whether they still fit | [`drift`](Self::drift) |
/// | learn from further customers | [`update`](Self::update) |
/// | keep their identity over a refit | [`matched`](Self::matched), [`KMeansParams::from_model`](super::KMeansParams::from_model) |
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::KMeansParams;
///
/// let features = Features::builder(Customers::numbered(4)?).numeric("spend", [9.0, 8.0, 300.0, 310.0])?.build()?;
/// let model = KMeansParams::new(2).fit(&features)?;
/// assert_eq!(format!("{model:?}"), "SegmentModel(2 segments of 1 columns, fitted on 4 rows)");
/// # #[cfg(feature = "serde")]
/// # {
/// let mut file = Vec::new();
/// regulars::persist::write(&mut file, &model)?;
/// let back: regulars::segment::SegmentModel = regulars::persist::read(file.as_slice())?;
/// assert!(back == model);
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct SegmentModel {
    pub(super) columns: Vec<String>,
    pub(super) transform: Option<Transform>,
    /// Row-major, in units of the matrix.
    pub(super) centres: Vec<f64>,
    pub(super) profiles: Vec<SegmentProfile>,
    pub(super) summary: SegmentSummary,
    pub(super) choice: Option<Choice>,
    pub(super) provenance: Provenance,
}

impl SegmentModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Profiles, orders and names what a run has found. The order is kept, and `names` stand before the rule, where the
    /// caller has numbered the segments.
    pub(super) fn build(
        measured: &Measured<'_>,
        fitted: Fitted,
        keep_order: bool,
        names: Option<&[SegmentName]>,
    ) -> Result<Self> {
        let Fitted { mut run, restart, restarts, choice } = fitted;
        if !keep_order {
            profile::order(measured, &mut run);
        }
        let mut profiles = profile::profiles(measured, &run)?;
        for (profile, name) in profiles.iter_mut().zip(names.unwrap_or_default()) {
            profile.name = name.clone();
        }
        let summary = SegmentSummary {
            rows: run.labels.len(),
            inertia: run.inertia,
            iterations: run.iterations,
            converged: run.converged,
            restarts,
            best_restart: restart,
            repaired: run.repaired,
            filled: measured.filled(),
        };
        Ok(Self {
            columns: measured.matrix.names().to_vec(),
            transform: measured.transform.clone(),
            centres: run.centres,
            profiles,
            summary,
            choice,
            provenance: measured.matrix.customers().provenance().clone(),
        })
    }

    /// Number of segments.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// assert_eq!(model.k(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn k(&self) -> usize {
        self.profiles.len()
    }

    /// The columns that are clustered.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// assert_eq!(model.columns(), ["recency", "frequency"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Columns that were the same for everybody and have been left out: see
    /// [`Constant::Drop`](crate::data::Constant::Drop).
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// use regulars::segment::KMeansParams;
    ///
    /// let everybody_once = Features::builder(Customers::numbered(4)?)
    ///     .numeric("recency", [3.0, 5.0, 200.0, 300.0])?
    ///     .numeric("frequency", [1.0, 1.0, 1.0, 1.0])?
    ///     .build()?;
    /// let model = KMeansParams::new(2).fit(&everybody_once)?;
    /// assert_eq!(model.columns(), ["recency"]);
    /// assert_eq!(model.dropped(), ["frequency"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn dropped(&self) -> &[String] {
        self.transform.as_ref().map_or(&[], Transform::dropped)
    }

    /// How the fit went.
    pub fn summary(&self) -> &SegmentSummary {
        &self.summary
    }

    /// How the number of segments was chosen; `None` where the caller gave it.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// assert!(model.choice().is_none());
    /// let choice = KMeansParams::auto(2..=3).fit(&features)?.choice().unwrap().clone();
    /// assert_eq!(choice.sweep.iter().map(|score| score.k).collect::<Vec<_>>(), [2, 3]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    /// The segments in order: from the most valuable down where the columns tell value, otherwise from the largest
    /// down; in the order of the initial centres where these were given.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let names: Vec<String> = model.segments().map(|s| model.name(s, Language::English)).collect();
    /// assert_eq!(names, ["high value", "dormant"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment> + use<> {
        (0..u16::try_from(self.k()).unwrap_or(u16::MAX)).map(Segment)
    }

    /// The profiles of the segments, in order.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// for profile in model.profiles() {
    ///     println!("{}", profile.describe(Language::English));
    /// }
    /// assert_eq!(model.profiles().iter().map(|p| p.size).sum::<usize>(), 6);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn profiles(&self) -> &[SegmentProfile] {
        &self.profiles
    }

    /// The profile of a segment.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let segments = model.assign(&features)?;
    /// assert_eq!(model.profile(segments.values()[0])?.size, 3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a segment of another model that has more of them.
    pub fn profile(&self, segment: Segment) -> Result<&SegmentProfile> {
        self.profiles.get(segment.index()).ok_or_else(|| Error::input("a segment of another model"))
    }

    /// The centre of a segment in units of the matrix.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let best = model.segments().next().unwrap();
    /// // Recency below the mean, frequency above it, in standard deviations of the logarithms.
    /// assert!(model.centre(best)?[0] < -0.9 && model.centre(best)?[1] > 0.9);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`profile`](Self::profile).
    pub fn centre(&self, segment: Segment) -> Result<&[f64]> {
        self.profile(segment)?;
        let width = self.columns.len();
        Ok(&self.centres[segment.index() * width..(segment.index() + 1) * width])
    }

    /// All centres in units of the matrix, one behind the other.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// // The columns are standardised and the segments equal in size, so the centres cancel out.
    /// assert!((model.centres()[0] + model.centres()[2]).abs() < 1e-9);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The same segments under names of one's own, in order.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let model = model.named(["regulars", "lost"])?;
    /// assert_eq!(model.name(model.segments().next().unwrap(), Language::Chinese), "regulars");
    /// assert!(model.named(["one", "one"]).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one name for each segment,
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for an empty name or one given twice.
    pub fn named<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.k() {
            return Err(Error::shape("names, one for each segment", self.k(), names.len()));
        }
        for (i, name) in names.iter().enumerate() {
            if name.trim().is_empty() || names[..i].contains(name) {
                return Err(Error::param("names", "must differ and not be empty", format!("`{name}`")));
            }
        }
        for (profile, name) in self.profiles.iter_mut().zip(names) {
            profile.name = SegmentName::Custom(name);
        }
        Ok(self)
    }

    /// The name of a segment; for a segment of another model an empty text.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let segment = model.assign(&features)?.values()[5];
    /// assert_eq!(model.name(segment, Language::English), "dormant");
    /// assert_eq!(model.name(segment, Language::Chinese), "沉睡客户");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn name(&self, segment: Segment, language: Language) -> String {
        self.profiles.get(segment.index()).map(|p| p.name.text(language).into_owned()).unwrap_or_default()
    }

    /// The segment of each customer: the nearest centre, the first among equals.
    ///
    /// A table is measured as that of the fit was; for a model fitted on a matrix its columns are taken by name as they
    /// are. A matrix must be in the units of the model's own. O(n · k · width).
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let later = Features::builder(Customers::numbered(1)?)
    ///     .numeric("frequency", [11.0])?
    ///     .numeric("recency", [4.0])?
    ///     .numeric("not used", [0.0])?
    ///     .build()?;
    /// assert_eq!(model.assign(&later)?.values()[0], model.assign(&features)?.values()[0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Transform::apply`]: a column that is not in the table or changed its type is named;
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for a matrix of another width or other columns;
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) as [`Provenance::check`].
    pub fn assign<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Segment>> {
        let measured = self.measure(data.into())?;
        let (labels, _) = lloyd::assign(measured.rows(), &self.centres);
        PerCustomer::new(measured.matrix.customers().clone(), labels.into_iter().map(Segment).collect())
    }

    /// Why each customer is where it is: distances to the nearest two centres, and how unusual the customer is there.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::types::Language;
    /// # let features = Features::builder(Customers::numbered(6)?)
    /// #     .numeric("recency", [3.0, 5.0, 4.0, 200.0, 300.0, 250.0])?
    /// #     .numeric("frequency", [12.0, 9.0, 15.0, 1.0, 2.0, 1.0])?
    /// #     .build()?;
    /// let model = KMeansParams::new(2).fit(&features)?;
    /// let placed = model.explain(&features)?;
    /// let first = &placed.values()[0];
    /// assert_eq!(first.segment, model.assign(&features)?.values()[0]);
    /// assert!(first.runner_up.unwrap().1 > first.distance && first.borderline() < 1.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn explain<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Placement>> {
        let measured = self.measure(data.into())?;
        let rows = measured.rows();
        let placements = par::map(rows.len(), |row| self.place(rows.row(row)));
        PerCustomer::new(measured.matrix.customers().clone(), placements)
    }

    /// The rows in units of the model's matrix, after columns and values have been checked.
    pub(super) fn measure<'a>(&self, data: SegmentInput<'a>) -> Result<Measured<'a>> {
        Measured::for_model(data, &self.columns, self.transform.as_ref(), &self.provenance)
    }

    fn place(&self, row: &[f64]) -> Placement {
        let mut best: [(f64, usize); 2] = [(f64::INFINITY, 0); 2];
        for (j, centre) in self.centres.chunks_exact(self.columns.len()).enumerate() {
            let d = squared_distance(row, centre);
            if d < best[0].0 {
                best = [(d, j), best[0]];
            } else if d < best[1].0 {
                best[1] = (d, j);
            }
        }
        let segment = |j: usize| Segment(u16::try_from(j).unwrap_or(u16::MAX));
        let distance = best[0].0.sqrt();
        let radius = self.profiles[best[0].1].radius;
        Placement {
            segment: segment(best[0].1),
            distance,
            runner_up: best[1].0.is_finite().then(|| (segment(best[1].1), best[1].0.sqrt())),
            outlier_score: Some(distance / radius).filter(|s| s.is_finite()),
        }
    }
}

/// Prints sizes.
impl fmt::Debug for SegmentModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SegmentModel({} segments of {} columns, fitted on {} rows)",
            self.k(),
            self.columns.len(),
            self.summary.rows
        )
    }
}
