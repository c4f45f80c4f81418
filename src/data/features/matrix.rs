//! `Matrix`: dense numbers, row by row.
//!
//! Row by row, because distances between customers are what is computed most: one customer's values share a cache
//! line.

use std::fmt;

use crate::data::Customers;
use crate::error::{Error, ErrorKind, Place, Result};

use super::builder::cell_error;
use super::table::column_error;

/// A dense row-major matrix of finite numbers with named columns; row = customer.
///
/// ```
/// use regulars::data::{Customers, Matrix};
///
/// let matrix = Matrix::new(Customers::numbered(2)?, ["x", "y"], vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(matrix.row(1), Some(&[3.0, 4.0][..]));
/// assert_eq!((matrix.len(), matrix.width(), matrix.is_empty()), (2, 2, false));
/// assert_eq!(matrix.names(), ["x", "y"]);
/// let sums: Vec<f64> = matrix.rows().map(|row| row.iter().sum()).collect();
/// assert_eq!(sums, [3.0, 7.0]);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Names are part of it: a model fitted to `recency, monetary` refuses `monetary, recency`.
#[derive(Clone, PartialEq)]
pub struct Matrix {
    customers: Customers,
    names: Vec<String>,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix of `customers.len()` rows and one column per name; `values` row by row. O(values), no copy.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// let error = Matrix::new(Customers::numbered(2)?, ["x", "y"], vec![1.0, 2.0, f64::INFINITY, 4.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "row 2, column `x`: must be finite");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](ErrorKind::EmptyInput) without rows or columns, [`ShapeMismatch`](ErrorKind::ShapeMismatch) for a
    /// wrong number of values, [`InvalidInput`](ErrorKind::InvalidInput) naming row and column of a value that is not
    /// finite, or a column whose name is taken or empty.
    pub fn new<S: Into<String>>(
        customers: Customers,
        names: impl IntoIterator<Item = S>,
        values: Vec<f64>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if customers.is_empty() || names.is_empty() {
            return Err(Error::empty("a matrix needs at least one row and one column"));
        }
        for (i, name) in names.iter().enumerate() {
            if name.is_empty() || names[..i].contains(name) {
                return Err(column_error(name, "needs a name of its own"));
            }
        }
        if customers.len().checked_mul(names.len()) != Some(values.len()) {
            let expected = customers.len().saturating_mul(names.len());
            return Err(Error::shape("values of a matrix", expected, values.len()));
        }
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(cell_error(i / names.len(), &names[i % names.len()], "must be finite"));
        }
        Ok(Self { customers, names, values })
    }

    /// As [`new`](Self::new) without names: the columns are called `x1`, `x2` and so on.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// let points = Matrix::unnamed(Customers::numbered(2)?, 2, vec![0.0, 0.0, 1.0, 1.0])?;
    /// assert_eq!(points.names(), ["x1", "x2"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn unnamed(customers: Customers, width: usize, values: Vec<f64>) -> Result<Self> {
        if customers.len().checked_mul(width) != Some(values.len()) {
            let expected = customers.len().saturating_mul(width);
            return Err(Error::shape("values of a matrix", expected, values.len()));
        }
        Self::new(customers, (1..=width).map(|i| format!("x{i}")), values)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there are no rows; never so for a matrix from [`new`](Self::new).
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Who the rows are.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// All values, row by row: value (i, j) stands at i · width + j.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One row, from 0; `None` behind the last.
    pub fn row(&self, row: usize) -> Option<&[f64]> {
        let start = row.checked_mul(self.width())?;
        self.values.get(start..start.checked_add(self.width())?)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.width().max(1))
    }

    /// Checks that the columns are those of a model, by number, name and order.
    pub(crate) fn check_names(&self, expected: &[String]) -> Result<()> {
        if self.width() != expected.len() {
            return Err(Error::shape("columns of the matrix", expected.len(), self.width()));
        }
        match self.names.iter().zip(expected).find(|(own, expected)| own != expected) {
            Some((own, expected)) => Err(Error::new(
                ErrorKind::ShapeMismatch,
                Place::Column(own.clone().into()),
                format!("stands where the model was fitted with `{expected}`"),
            )),
            None => Ok(()),
        }
    }
}

/// Prints sizes and names, no values.
impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matrix({} rows x {} columns)", self.len(), self.width())
    }
}
