//! `TransformParams` and `Transform`: from a table to a matrix, fitted once and used again.
//!
//! Fitting measures each chosen column, step by step; applying runs the same steps with the same measures. Scaling a
//! second table by its own mean instead is the commonest leak between training and use, and cannot be written here.

use std::fmt;

use crate::error::{Error, Result};
use crate::kernel::par;

use super::steps::{Step, StepParams, TOO_LARGE};
use super::table::column_error;
use super::values::{quantile_sorted, sorted};
use super::whiten::Whitening;
use super::{Column, Features, Matrix};

/// What a transform does about missing numbers.
///
/// ```
/// use regulars::data::{Customers, Features, Missing, TransformParams};
///
/// let table = Features::builder(Customers::numbered(4)?)
///     .numeric("gap", [Some(10.0), None, Some(30.0), Some(80.0)])?
///     .build()?;
/// let error = TransformParams::new().fit(&table).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "row 2, column `gap`: is missing: choose `Missing::Median` or leave the column out"
/// );
/// let filled = TransformParams::new().missing(Missing::Median).fit(&table)?.apply(&table)?;
/// assert_eq!(filled.values(), [10.0, 30.0, 30.0, 80.0]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Missing {
    /// A missing value is an error that names its row and column: the default, since filling is a decision.
    #[default]
    Refuse,
    /// It is replaced by the median of the column the transform was fitted on, also when other tables are transformed.
    /// Half the customers then sit at one value, which a clustering may take for a cluster.
    Median,
}

/// What a transform does about columns that are the same for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Constant {
    /// They are kept; one that must be scaled is an error that names it.
    #[default]
    Keep,
    /// They are left out and listed by [`Transform::dropped`]. A column counts as constant where its values are equal
    /// once missing ones have been filled, or become so under a step, such as clipping; also where it has no value at
    /// all. Where nothing is left the first column is an error.
    Drop,
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
///
/// Order matters: `log1p().standardise()` has mean 0 and deviation 1, `standardise().log1p()` has neither. For counts
/// and money, `log1p().robust()` is a good beginning; for columns that are already alike in size, no step at all.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct TransformParams {
    columns: Option<Vec<String>>,
    missing: Missing,
    constant: Constant,
    steps: Vec<StepParams>,
    whiten: bool,
}

impl TransformParams {
    /// All columns, which must be numeric, as they are.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(2)?).numeric("a", [1.0, 2.0])?.numeric("b", [3.0, 4.0])?.build()?;
    /// assert_eq!(TransformParams::new().fit(&table)?.apply(&table)?.values(), [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these columns, in this order; without it, all columns of the table in theirs.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(1)?).numeric("a", [1.0])?.categorical("city", ["York"])?.build()?;
    /// assert!(TransformParams::new().fit(&table).is_err()); // `city` is no number
    /// let transform = TransformParams::new().columns(["a"]).fit(&table)?;
    /// assert_eq!((transform.width(), transform.names().next()), (1, Some("a")));
    /// # Ok::<(), regulars::Error>(())
    /// ```
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

    /// What happens to missing values; by default they are refused. See [`Missing`].
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// What happens to columns that are the same for everybody; by default they are kept.
    ///
    /// ```
    /// use regulars::data::{Constant, Customers, Features, TransformParams};
    ///
    /// let everybody_once = Features::builder(Customers::numbered(3)?)
    ///     .numeric("frequency", [1.0, 1.0, 1.0])?
    ///     .numeric("spend", [5.0, 20.0, 90.0])?
    ///     .build()?;
    /// let params = TransformParams::new().standardise();
    /// assert!(params.fit(&everybody_once).is_err());
    /// let transform = params.constant(Constant::Drop).fit(&everybody_once)?;
    /// assert_eq!(transform.names().collect::<Vec<_>>(), ["spend"]);
    /// assert_eq!(transform.dropped(), ["frequency"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn constant(mut self, constant: Constant) -> Self {
        self.constant = constant;
        self
    }

    /// x becomes sign(x) ln(1 + |x|): the logarithm for counts, days and money, which are skewed, defined for net
    /// spends below zero too.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(3)?).numeric("net", [0.0, 99.0, -99.0])?.build()?;
    /// let matrix = TransformParams::new().log1p().fit(&table)?.apply(&table)?;
    /// assert_eq!(matrix.values(), [0.0, 100_f64.ln(), -100_f64.ln()]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn log1p(mut self) -> Self {
        self.steps.push(StepParams::Log1p);
        self
    }

    /// Values outside the quantiles `low` and `high` of the fitted column are moved to these quantiles (winsorising);
    /// 0 <= low < high <= 1.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(5)?).numeric("x", [1.0, 2.0, 3.0, 4.0, 500.0])?.build()?;
    /// let matrix = TransformParams::new().clip(0.25, 0.75).fit(&table)?.apply(&table)?;
    /// assert_eq!(matrix.values(), [2.0, 2.0, 3.0, 4.0, 4.0]); // quartiles 2 and 4
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn clip(mut self, low: f64, high: f64) -> Self {
        self.steps.push(StepParams::Clip { low, high });
        self
    }

    /// x becomes (x − mean) / standard deviation, the deviation with denominator n, as scikit-learn's `StandardScaler`.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(2)?).numeric("x", [10.0, 30.0])?.build()?;
    /// let matrix = TransformParams::new().standardise().fit(&table)?.apply(&table)?;
    /// assert_eq!(matrix.values(), [-1.0, 1.0]); // mean 20, deviation 10
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn standardise(mut self) -> Self {
        self.steps.push(StepParams::Standardise);
        self
    }

    /// x becomes (x − median) / interquartile range. Where more than half of the values are equal and the range is 0,
    /// the standard deviation takes its place. One millionaire does not move the yardstick of all others.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(5)?).numeric("x", [1.0, 2.0, 3.0, 4.0, 500.0])?.build()?;
    /// let matrix = TransformParams::new().robust().fit(&table)?.apply(&table)?;
    /// assert_eq!(matrix.values(), [-1.0, -0.5, 0.0, 0.5, 248.5]); // median 3, quartiles 2 and 4
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn robust(mut self) -> Self {
        self.steps.push(StepParams::Robust);
        self
    }

    /// After all other steps the columns are made uncorrelated, with variance 1 each, so that a fact told by several
    /// columns counts once.
    ///
    /// Distances are those of whitening by principal components; a last rotation, which changes no distance, turns each
    /// component back towards a column, so that the columns of the matrix keep their names and nearly their meaning
    /// (Kessy, Lewin and Strimmer 2018, doi:10.1080/00031305.2016.1277159). A column that is a sum of others adds no
    /// direction. Noise counts as much as signal after whitening: use it where columns repeat one another, not by habit.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    ///
    /// let features = Features::builder(Customers::numbered(4)?)
    ///     .numeric("visits", [1.0, 2.0, 3.0, 4.0])?
    ///     .numeric("orders", [1.0, 2.0, 3.0, 5.0])?
    ///     .build()?;
    /// let matrix = TransformParams::new().standardise().whiten().fit(&features)?.apply(&features)?;
    /// let together: f64 = matrix.rows().map(|row| row[0] * row[1]).sum();
    /// assert!(together.abs() < 1e-9);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn whiten(mut self) -> Self {
        self.whiten = true;
        self
    }

    /// Checks the parameters; the first step of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for quantiles outside 0 <= low < high <= 1 and an empty list of
    /// columns:
    ///
    /// ```
    /// use regulars::data::TransformParams;
    /// let error = TransformParams::new().clip(0.9, 0.1).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `clip`: needs quantiles 0 <= low < high <= 1, got 0.9 and 0.1");
    /// ```
    pub fn check(&self) -> Result<()> {
        if self.columns.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::param("columns", "must name at least one column", "none"));
        }
        self.steps.iter().try_for_each(StepParams::check)
    }

    /// Measures the columns: medians, quantiles, means and deviations of the non-missing values (of all, filled ones
    /// included, where missing values are filled). O(rows log rows) per column where a step needs quantiles, O(rows)
    /// otherwise.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column that is not in the
    /// table, categorical, named twice, without any value, constant where it must be scaled, or too large for it; and
    /// row and column of a missing value unless [`missing`](Self::missing) says otherwise.
    ///
    /// ```
    /// use regulars::data::{Customers, Features, TransformParams};
    /// let table = Features::builder(Customers::numbered(2)?).numeric("x", [7.0, 7.0])?.build()?;
    /// let error = TransformParams::new().standardise().fit(&table).unwrap_err();
    /// assert_eq!(error.to_string(), "column `x`: is constant, so it cannot be scaled");
    /// # Ok::<(), regulars::Error>(())
    /// ```
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
        let mut transform =
            Transform { columns: Vec::with_capacity(names.len()), dropped: Vec::new(), whitening: None };
        for name in names {
            match self.fit_column(features, &name)? {
                Some(fitted) => transform.columns.push(fitted),
                None => transform.dropped.push(name),
            }
        }
        if transform.columns.is_empty() {
            let first = transform.dropped.first().map_or("", String::as_str);
            return Err(column_error(first, "is constant, and so is every other column"));
        }
        if self.whiten {
            let scaled = transform.apply(features)?;
            let fault = |column: usize| {
                column_error(&scaled.names()[column], "is constant or too large, so it cannot be whitened")
            };
            transform.whitening = Some(Whitening::fit(&scaled).map_err(fault)?);
        }
        Ok(transform)
    }

    /// The steps of one column; `None` where it is constant and constant columns are dropped.
    fn fit_column(&self, features: &Features, name: &str) -> Result<Option<Fitted>> {
        let drops = |values: &[f64]| {
            self.constant == Constant::Drop && values.iter().all(|v| Some(v) == values.first())
        };
        let column = features.numeric(name)?;
        if column.missing() == column.len() {
            return match self.constant {
                Constant::Drop => Ok(None),
                Constant::Keep => Err(column_error(name, "has no value at all")),
            };
        }
        let fill = match self.missing {
            Missing::Refuse => None,
            Missing::Median => quantile_sorted(&sorted(column.iter().flatten()), 0.5),
        };
        let mut fitted = Fitted { name: name.to_owned(), fill, steps: Vec::with_capacity(self.steps.len()) };
        let mut values = fitted.filled(features)?;
        for params in &self.steps {
            if drops(&values) {
                return Ok(None);
            }
            let step = params.fit(&values).map_err(|rule| column_error(name, rule))?;
            for value in &mut values {
                *value = step.apply(*value);
            }
            fitted.steps.push(step);
        }
        Ok((!drops(&values)).then_some(fitted))
    }
}

/// A fitted transform: which columns, what stands in for missing values, and the measures of each step.
///
/// ```
/// use regulars::data::{Customers, Features, TransformParams};
/// let old = Features::builder(Customers::numbered(2)?).numeric("x", [10.0, 30.0])?.build()?;
/// let new = Features::builder(Customers::numbered(1)?).numeric("x", [40.0])?.build()?;
/// let transform = TransformParams::new().standardise().fit(&old)?;
/// // The new customer by the old ones' mean of 20 and deviation of 10.
/// assert_eq!(transform.apply(&new)?.values(), [2.0]);
/// assert_eq!(transform.invert(&[2.0])?, [40.0]);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Saved as a part of the models that use it.
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Transform {
    columns: Vec<Fitted>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    dropped: Vec<String>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    whitening: Option<Whitening>,
}

/// The steps of one column.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Fitted {
    /// The column it takes, and makes.
    name: String,
    /// What stands in for a missing value; `None` refuses it.
    fill: Option<f64>,
    /// In the order in which they are applied.
    steps: Vec<Step>,
}

/// Rows handled together when the columns are woven into a matrix; fixed, as everywhere.
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

    /// The columns that were constant and have been left out, in the order of the table: see [`Constant::Drop`].
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Whether the columns are [whitened](TransformParams::whiten).
    pub(crate) fn whitens(&self) -> bool {
        self.whitening.is_some()
    }

    /// A whitened point in units of [`scaled`](Self::scaled); any other point as it is.
    pub(crate) fn unwhiten(&self, point: &[f64]) -> Vec<f64> {
        self.whitening.as_ref().map_or_else(|| point.to_vec(), |w| w.invert(point))
    }

    /// The table as a matrix, measured by the fitted transform. Columns are found by name; others are ignored.
    /// O(rows × columns × steps), in parallel; one copy of the columns beside the matrix.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming a column that is not in the table, changed its type, or
    /// holds a value too large for the scale; and row and column of a missing value unless they are filled.
    pub fn apply(&self, features: &Features) -> Result<Matrix> {
        let scaled = self.scaled(features)?;
        let Some(whitening) = &self.whitening else { return Ok(scaled) };
        let mut values = scaled.values().to_vec();
        whitening.apply(&mut values);
        Matrix::new(features.customers().clone(), self.names(), values)
    }

    /// As [`apply`](Self::apply) without whitening, so that each column is still its own.
    pub(crate) fn scaled(&self, features: &Features) -> Result<Matrix> {
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
        self.columns.iter().zip(&self.unwhiten(point)).map(invert).collect()
    }

    /// Checks what was read from a file: names once each, finite fills, valid steps.
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
        if self.whitening.as_ref().is_some_and(|w| !w.is_valid(self.columns.len())) {
            return Err(Error::input("a whitening needs a square of finite numbers for its columns"));
        }
        Ok(())
    }
}

impl Fitted {
    /// The column with missing values filled; an error at the first one where nothing may be filled.
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
