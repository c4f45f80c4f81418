//! `TransformParams` and `Transform`: from a table to a matrix, fitted once and used again.

use std::fmt;

use crate::error::{Error, Result};
use crate::kernel::par;

use super::steps::{Step, StepParams};
use super::table::column_error;
use super::values::{quantile_sorted, sorted};
use super::{Column, Features, Matrix};

/// What a transform does about missing numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Missing {
    /// A missing value is an error that names its row and column.
    #[default]
    Refuse,
    /// It is replaced by the median of the column the transform was fitted on.
    Median,
}

/// The steps of a [`Transform`], in the order in which the setters are called.
///
/// ```
/// use regulars::data::{Customers, Features, TransformParams};
///
/// let features = Features::builder(Customers::numbered(4)?).numeric("spend", [0.0, 10.0, 100.0, 5000.0])?.build()?;
/// let transform = TransformParams::new().log1p().clip(0.01, 0.99).standardise().fit(&features)?;
/// let matrix = transform.apply(&features)?;
/// assert!(matrix.values().iter().sum::<f64>().abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct TransformParams {
    columns: Option<Vec<String>>,
    missing: Missing,
    steps: Vec<StepParams>,
}

impl TransformParams {
    /// All columns, which must be numeric, as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these columns, in this order.
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// All columns of the table but one, unless columns have been chosen.
    pub(crate) fn all_but(self, features: &Features, left_out: &str) -> Self {
        if self.columns.is_some() {
            return self;
        }
        self.columns(features.names().filter(|name| *name != left_out))
    }

    /// What happens to missing values; by default they are refused.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// x becomes sign(x) ln(1 + |x|): the logarithm for counts, days and money, which are skewed, defined for net
    /// spends below zero too.
    pub fn log1p(mut self) -> Self {
        self.steps.push(StepParams::Log1p);
        self
    }

    /// Values outside the quantiles `low` and `high` of the fitted column are moved to these quantiles (winsorising).
    pub fn clip(mut self, low: f64, high: f64) -> Self {
        self.steps.push(StepParams::Clip { low, high });
        self
    }

    /// x becomes (x − mean) / standard deviation, the deviation with denominator n.
    pub fn standardise(mut self) -> Self {
        self.steps.push(StepParams::Standardise);
        self
    }

    /// x becomes (x − median) / interquartile range. Where more than half of the values are equal and the range is 0,
    /// the standard deviation takes its place.
    pub fn robust(mut self) -> Self {
        self.steps.push(StepParams::Robust);
        self
    }

    /// Checks the parameters; the first step of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for quantiles outside 0 <= low < high <= 1 and an empty list of
    /// columns.
    pub fn check(&self) -> Result<()> {
        if self.columns.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::param("columns", "must name at least one column", "none"));
        }
        self.steps.iter().try_for_each(StepParams::check)
    }

    /// Measures the columns: medians, quantiles, means and deviations of the non-missing values.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column that is not in the
    /// table, categorical, named twice, without any value, constant where it must be scaled, or too large for it; and
    /// row and column of a missing value unless [`missing`](Self::missing) says otherwise.
    pub fn fit(&self, features: &Features) -> Result<Transform> {
        self.check()?;
        let names: Vec<String> = match &self.columns {
            Some(names) => names.clone(),
            None => features.names().map(str::to_owned).collect(),
        };
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                return Err(column_error(name, "is named twice"));
            }
            if let Some(Column::Categorical(_)) = features.column(name) {
                return Err(column_error(name, "holds categories: choose numeric columns with `columns`"));
            }
        }
        let mut transform = Transform { columns: Vec::with_capacity(names.len()) };
        for name in names {
            let column = features.numeric(&name)?;
            if column.missing() == column.len() {
                return Err(column_error(&name, "has no value at all"));
            }
            let fill = match self.missing {
                Missing::Refuse => None,
                Missing::Median => quantile_sorted(&sorted(column.iter().flatten()), 0.5),
            };
            let mut fitted = Fitted { name, fill, steps: Vec::with_capacity(self.steps.len()) };
            let mut values = fitted.filled(features)?;
            for params in &self.steps {
                let step = params.fit(&values).map_err(|rule| column_error(&fitted.name, rule))?;
                for value in &mut values {
                    *value = step.apply(*value);
                }
                fitted.steps.push(step);
            }
            transform.columns.push(fitted);
        }
        Ok(transform)
    }
}

/// A fitted transform: which columns, what stands in for missing values, and the measures of each step.
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Transform {
    columns: Vec<Fitted>,
}

/// The steps of one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Fitted {
    name: String,
    fill: Option<f64>,
    steps: Vec<Step>,
}

/// Rows handled together when the columns are woven into a matrix.
const CHUNK: usize = 4_096;

impl Transform {
    /// The columns it takes, which are also the columns of the matrix it makes.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|c| c.name.as_str())
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The table as a matrix, measured by the fitted transform. Columns are found by name; others are ignored.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column that is not in the table, changed its type, or
    /// holds a value too large for the scale; and row and column of a missing value unless they are filled.
    pub fn apply(&self, features: &Features) -> Result<Matrix> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for fitted in &self.columns {
            let mut values = fitted.filled(features)?;
            par::for_each_chunk_mut(&mut values, CHUNK, |_, part| {
                for value in part {
                    *value = fitted.steps.iter().fold(*value, |v, step| step.apply(v));
                }
            });
            if values.iter().any(|v| !v.is_finite()) {
                return Err(column_error(&fitted.name, TOO_LARGE));
            }
            columns.push(values);
        }
        let width = columns.len();
        let mut woven = vec![0.0; features.len() * width];
        par::for_each_chunk_mut(&mut woven, CHUNK * width, |first, part| {
            for (row, cells) in (first / width.max(1)..).zip(part.chunks_exact_mut(width)) {
                for (cell, column) in cells.iter_mut().zip(&columns) {
                    *cell = column[row];
                }
            }
        });
        Matrix::new(features.customers().clone(), self.names(), woven)
    }

    /// A point of the matrix in the units of the table: the inverse of every step but clipping, which cannot be undone.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, TransformParams};
    /// # let features = Features::builder(Customers::numbered(3)?).numeric("spend", [0.0, 10.0, 100.0])?.build()?;
    /// let transform = TransformParams::new().log1p().standardise().fit(&features)?;
    /// let matrix = transform.apply(&features)?;
    /// assert!((transform.invert(matrix.row(2).unwrap())?[0] - 100.0).abs() < 1e-9);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another width,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column whose result is not finite.
    pub fn invert(&self, point: &[f64]) -> Result<Vec<f64>> {
        if point.len() != self.width() {
            return Err(Error::shape("width of the point", self.width(), point.len()));
        }
        let invert = |(fitted, value): (&Fitted, &f64)| {
            let inverted = fitted.steps.iter().rev().fold(*value, |v, step| step.invert(v));
            if inverted.is_finite() { Ok(inverted) } else { Err(column_error(&fitted.name, TOO_LARGE)) }
        };
        self.columns.iter().zip(point).map(invert).collect()
    }

    /// Checks what was read from a file.
    pub(crate) fn validate(&self) -> Result<()> {
        if self.columns.is_empty() {
            return Err(Error::input("a transform needs at least one column"));
        }
        for (i, fitted) in self.columns.iter().enumerate() {
            let known = self.columns[..i].iter().any(|c| c.name == fitted.name);
            let fill = fitted.fill.is_none_or(f64::is_finite);
            if known || fitted.name.is_empty() || !fill || !fitted.steps.iter().all(Step::is_valid) {
                return Err(column_error(&fitted.name, "has an impossible transform"));
            }
        }
        Ok(())
    }
}

/// Rule broken by a column whose mean, deviation or scaled value is not finite.
pub(super) const TOO_LARGE: &str = "holds values too large to be scaled";

impl Fitted {
    /// The column with missing values filled.
    fn filled(&self, features: &Features) -> Result<Vec<f64>> {
        let column = features.numeric(&self.name)?;
        if let Some(values) = column.values() {
            return Ok(values.to_vec());
        }
        let fill = |(row, value): (usize, Option<f64>)| {
            value.or(self.fill).ok_or_else(|| {
                let rule = "is missing: choose `Missing::Median` or leave the column out";
                super::builder::cell_error(row, &self.name, rule)
            })
        };
        column.iter().enumerate().map(fill).collect()
    }
}

/// Prints the columns and the number of steps.
impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.columns.first().map_or(0, |c| c.steps.len());
        write!(f, "Transform({} columns, {steps} steps)", self.width())
    }
}
