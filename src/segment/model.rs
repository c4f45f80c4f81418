//! `SegmentModel`: the fitted segments, and what they say about customers.

use std::fmt;

use crate::data::{Features, Matrix, PerCustomer, Transform, TransformParams};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Language;

use super::block::squared_distance;
use super::choose::Choice;
use super::lloyd::{self, LARGEST, Rows};
use super::names::SegmentName;
use super::params::Fitted;
use super::profile::{self, SegmentProfile};

/// A segment of one model, by its number from 0.
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
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentSummary {
    /// Rows fitted.
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
}

/// Where a customer stands among the segments.
#[derive(Clone, Copy, Debug, PartialEq)]
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

/// Fitted segments: centres, profiles, names, and the transform that measures customers for them.
#[derive(Clone, PartialEq)]
pub struct SegmentModel {
    pub(super) columns: Vec<String>,
    pub(super) transform: Option<Transform>,
    /// Row-major, in units of the matrix.
    pub(super) centres: Vec<f64>,
    pub(super) profiles: Vec<SegmentProfile>,
    pub(super) summary: SegmentSummary,
    pub(super) choice: Option<Choice>,
}

impl SegmentModel {
    /// Profiles, orders and names what a run has found.
    pub(super) fn build(
        matrix: &Matrix,
        source: Option<(Transform, &Features)>,
        weights: Option<&[f64]>,
        fitted: Fitted,
        keep_order: bool,
    ) -> Result<Self> {
        let Fitted { mut run, restart, restarts, choice } = fitted;
        if !keep_order {
            profile::order(matrix, weights, &mut run);
        }
        let (transform, features) = source.unzip();
        let profiles = profile::profiles(matrix, transform.as_ref(), features, weights, &run)?;
        let summary = SegmentSummary {
            rows: matrix.len(),
            inertia: run.inertia,
            iterations: run.iterations,
            converged: run.converged,
            restarts,
            best_restart: restart,
            repaired: run.repaired,
        };
        Ok(Self {
            columns: matrix.names().to_vec(),
            transform,
            centres: run.centres,
            profiles,
            summary,
            choice,
        })
    }

    /// Number of segments.
    pub fn k(&self) -> usize {
        self.profiles.len()
    }

    /// The columns that are clustered.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How the fit went.
    pub fn summary(&self) -> &SegmentSummary {
        &self.summary
    }

    /// How the number of segments was chosen; `None` where the caller gave it.
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    /// The segments in order: from the most valuable down where the columns tell value, otherwise from the largest
    /// down; in the order of the initial centres where these were given.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Segment> + use<> {
        (0..u16::try_from(self.k()).unwrap_or(u16::MAX)).map(Segment)
    }

    /// The profiles of the segments, in order.
    pub fn profiles(&self) -> &[SegmentProfile] {
        &self.profiles
    }

    /// The profile of a segment.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a segment of another model that has more of them.
    pub fn profile(&self, segment: Segment) -> Result<&SegmentProfile> {
        self.profiles.get(segment.index()).ok_or_else(|| Error::input("a segment of another model"))
    }

    /// The centre of a segment in units of the matrix.
    ///
    /// # Errors
    /// As [`profile`](Self::profile).
    pub fn centre(&self, segment: Segment) -> Result<&[f64]> {
        self.profile(segment)?;
        let width = self.columns.len();
        Ok(&self.centres[segment.index() * width..(segment.index() + 1) * width])
    }

    /// All centres in units of the matrix, one behind the other.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The same segments under names of one's own, in order.
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
    pub fn name(&self, segment: Segment, language: Language) -> String {
        self.profiles.get(segment.index()).map(|p| p.name.text(language).into_owned()).unwrap_or_default()
    }

    /// The segment of each customer of a table: the nearest centre, the first among equals.
    ///
    /// # Errors
    /// As [`Transform::apply`]: a column that is not in the table or changed its type is named. For a model fitted on a
    /// matrix the columns are taken by name as they are.
    pub fn assign(&self, features: &Features) -> Result<PerCustomer<Segment>> {
        self.assign_matrix(&self.measure(features)?)
    }

    /// As [`assign`](Self::assign), for a matrix in the units of the model's own.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for a matrix of another width or other columns.
    pub fn assign_matrix(&self, matrix: &Matrix) -> Result<PerCustomer<Segment>> {
        let (labels, _) = lloyd::assign(self.rows(matrix)?, &self.centres);
        PerCustomer::new(matrix.customers().clone(), labels.into_iter().map(Segment).collect())
    }

    /// Why each customer is where it is: distances to the nearest two centres, and how unusual the customer is there.
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn explain(&self, features: &Features) -> Result<PerCustomer<Placement>> {
        self.explain_matrix(&self.measure(features)?)
    }

    /// As [`explain`](Self::explain), for a matrix in the units of the model's own.
    ///
    /// # Errors
    /// As [`assign_matrix`](Self::assign_matrix).
    pub fn explain_matrix(&self, matrix: &Matrix) -> Result<PerCustomer<Placement>> {
        let rows = self.rows(matrix)?;
        let placements = par::map(matrix.len(), |row| self.place(rows.row(row)));
        PerCustomer::new(matrix.customers().clone(), placements)
    }

    /// The rows of a matrix after its columns and values have been checked.
    pub(super) fn rows<'m>(&self, matrix: &'m Matrix) -> Result<Rows<'m>> {
        matrix.check_names(&self.columns)?;
        if let Some(i) = matrix.values().iter().position(|v| v.abs() > LARGEST) {
            let rule = format!("column `{}` holds values beyond 1e140", matrix.names()[i % matrix.width()]);
            return Err(Error::input(rule));
        }
        Ok(Rows { values: matrix.values(), width: matrix.width(), weights: None })
    }

    /// A table in the units of the model's matrix.
    pub(super) fn measure(&self, features: &Features) -> Result<Matrix> {
        if let Some(transform) = &self.transform {
            return transform.apply(features);
        }
        let columns = self.columns.iter().map(String::as_str);
        TransformParams::new().columns(columns).fit(features)?.apply(features)
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
