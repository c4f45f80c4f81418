//! `SegmentInput`: the one way in, for tables and matrices alike.
//!
//! Every verb of this module takes `impl Into<SegmentInput>`: there is one `fit`, one `assign`, and what is given says how
//! it is measured. [`Measured`] is what they all work on.

use std::borrow::Cow;

use crate::data::{Features, Matrix, Numeric, Transform, TransformParams};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::Provenance;

use super::lloyd::{LARGEST, Rows};

/// What can be segmented: a table of [`Features`], which the model's transform measures, or a [`Matrix`], which is taken
/// as it is, in the units of the model's own. Made by `into`; the methods of this module take either directly.
///
/// ```
/// use regulars::data::{Customers, Features, Matrix};
/// use regulars::segment::KMeansParams;
///
/// let customers = Customers::numbered(4)?;
/// let table = Features::builder(customers.clone()).numeric("spend", [9.0, 8.0, 300.0, 310.0])?.build()?;
/// let matrix = Matrix::new(customers, ["spend"], vec![9.0, 8.0, 300.0, 310.0])?;
/// let (measured, as_it_is) = (KMeansParams::new(2).fit(&table)?, KMeansParams::new(2).fit(&matrix)?);
/// // Logarithms, standardised, against money.
/// assert!(measured.centres()[0] < 2.0 && as_it_is.centres()[0] > 8.0);
/// assert_eq!(measured.assign(&table)?.len(), as_it_is.assign(&matrix)?.len());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SegmentInput<'a>(pub(super) Source<'a>);

/// The two kinds of input: one that has to be measured, and one that has been.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Table(&'a Features),
    Matrix(&'a Matrix),
}

impl<'a> From<&'a Features> for SegmentInput<'a> {
    fn from(table: &'a Features) -> Self {
        Self(Source::Table(table))
    }
}

impl<'a> From<&'a Matrix> for SegmentInput<'a> {
    fn from(matrix: &'a Matrix) -> Self {
        Self(Source::Matrix(matrix))
    }
}

/// Rows in units of the engine, and what profiles need besides.
///
/// Every row is a customer of the table or matrix, in its order. A matrix is borrowed and never copied unless it holds a
/// column of weights; a table is measured once.
pub(super) struct Measured<'a> {
    /// What is clustered.
    pub(super) matrix: Cow<'a, Matrix>,
    /// The same before whitening, where there is any.
    pub(super) scaled: Option<Matrix>,
    /// How the table was measured; `None` for a matrix.
    pub(super) transform: Option<Transform>,
    /// The table itself; `None` for a matrix.
    pub(super) features: Option<&'a Features>,
    /// Finite, at least 0, not all 0; `None` where every row counts 1.
    pub(super) weights: Option<Vec<f64>>,
}

impl<'a> Measured<'a> {
    /// A table under a fitted transform.
    pub(super) fn table(features: &'a Features, transform: Transform) -> Result<Self> {
        let matrix = Cow::Owned(transform.apply(features)?);
        let scaled = if transform.whitens() { Some(transform.scaled(features)?) } else { None };
        Ok(Self { matrix, scaled, transform: Some(transform), features: Some(features), weights: None })
    }

    /// A matrix as it is.
    pub(super) fn matrix(matrix: Cow<'a, Matrix>) -> Self {
        Self { matrix, scaled: None, transform: None, features: None, weights: None }
    }

    /// The rows of later customers in units of a model's matrix, after columns and values have been checked. A table
    /// without a transform gives its columns by name as they are.
    pub(super) fn for_model(
        data: SegmentInput<'a>,
        columns: &[String],
        transform: Option<&Transform>,
        fitted: &Provenance,
    ) -> Result<Self> {
        let measured = match (data.0, transform) {
            (Source::Matrix(matrix), _) => {
                matrix.check_names(columns)?;
                Self::matrix(Cow::Borrowed(matrix))
            }
            (Source::Table(features), Some(transform)) => Self::table(features, transform.clone())?,
            (Source::Table(features), None) => {
                let columns = columns.iter().map(String::as_str);
                let matrix = TransformParams::new().columns(columns).fit(features)?.apply(features)?;
                Self::matrix(Cow::Owned(matrix))
            }
        };
        measured.check_size()?;
        fitted.check(measured.matrix.customers().provenance())?;
        Ok(measured)
    }

    /// What is clustered, with its weights.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { values: self.matrix.values(), width: self.matrix.width(), weights: self.weights.as_deref() }
    }

    /// What profiles are made of: every column still its own.
    pub(super) fn shown(&self) -> Rows<'_> {
        let matrix = self.scaled.as_ref().unwrap_or(&self.matrix);
        Rows { values: matrix.values(), width: matrix.width(), weights: self.weights.as_deref() }
    }

    /// Centres in units of [`shown`](Self::shown).
    pub(super) fn shown_centres(&self, centres: &[f64]) -> Vec<f64> {
        match &self.transform {
            Some(transform) if transform.whitens() => {
                centres.chunks_exact(self.matrix.width()).flat_map(|c| transform.unwhiten(c)).collect()
            }
            _ => centres.to_vec(),
        }
    }

    /// Refuses values whose squared distances do not fit a float.
    fn check_size(&self) -> Result<()> {
        let large = self.matrix.values().iter().position(|v| v.abs() > LARGEST);
        large.map_or(Ok(()), |i| {
            let column = self.matrix.names()[i % self.matrix.width()].clone();
            let place = Place::Column(column.into());
            Err(Error::new(
                ErrorKind::InvalidInput,
                place,
                "holds values beyond 1e140, too large for squared distances",
            ))
        })
    }

    /// Missing values that the transform has filled.
    pub(super) fn filled(&self) -> usize {
        let Some(features) = self.features else { return 0 };
        let missing = |name: &String| features.numeric(name).map_or(0, Numeric::missing);
        self.matrix.names().iter().map(missing).sum()
    }
}
