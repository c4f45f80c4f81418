//! `Matrix` and `PerCustomer` to and from ndarray's arrays, behind the feature `ndarray`.
//!
//! The arrays are those of ndarray 0.16, the version that linfa 0.8 speaks. Row i of an array is row i of the matrix:
//! the customers in ascending order of keys.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::data::{Customers, PerCustomer};
use crate::error::{Error, Result};

use super::Matrix;

impl Matrix {
    /// The values as an array of shape (customers, columns), borrowed: nothing is copied.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let matrix = Matrix::new(Customers::numbered(2)?, ["recency", "spend"], vec![3.0, 20.0, 9.0, 5.5])?;
    /// let array = matrix.view();
    /// assert_eq!(array.shape(), [2, 2]);
    /// assert_eq!(array.column(1).sum(), 25.5);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn view(&self) -> ArrayView2<'_, f64> {
        let (columns, values) = (self.width(), self.values());
        ArrayView1::from(values).into_shape_with_order((self.len(), columns)).unwrap_or_else(|_| {
            // A matrix holds as many values as its shape says; one row of nothing could only follow from a fault of ours.
            ArrayView1::from(&values[..0]).insert_axis(Axis(0))
        })
    }

    /// A matrix with one row per customer and one column per name from an array of any memory order.
    ///
    /// ```
    /// use ndarray::array;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// // Column by column in memory, row by row in the matrix.
    /// let array = array![[1.0, 3.0], [2.0, 4.0]].reversed_axes();
    /// let matrix = Matrix::from_array(Customers::numbered(2)?, ["x", "y"], array.view())?;
    /// assert_eq!(matrix.values(), [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Matrix::new`]; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) where the array's shape is not that of
    /// customers and names.
    pub fn from_array<S: Into<String>>(
        customers: Customers,
        names: impl IntoIterator<Item = S>,
        array: ArrayView2<'_, f64>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if array.nrows() != customers.len() {
            return Err(Error::shape(
                "rows of the array, one for each customer",
                customers.len(),
                array.nrows(),
            ));
        }
        if array.ncols() != names.len() {
            return Err(Error::shape("columns of the array, one for each name", names.len(), array.ncols()));
        }
        Self::new(customers, names, array.iter().copied().collect())
    }
}

/// The values as an array of shape (customers, columns), copied.
///
/// ```
/// use ndarray::{Array2, array};
/// use regulars::data::{Customers, Matrix};
///
/// let matrix = Matrix::new(Customers::numbered(1)?, ["x", "y"], vec![1.0, 2.0])?;
/// assert_eq!(Array2::from(&matrix), array![[1.0, 2.0]]);
/// # Ok::<(), regulars::Error>(())
/// ```
impl From<&Matrix> for Array2<f64> {
    fn from(matrix: &Matrix) -> Self {
        matrix.view().to_owned()
    }
}

/// One value per customer, in ascending order of keys.
///
/// ```
/// use ndarray::{Array1, array};
/// use regulars::data::{Customers, PerCustomer};
///
/// let visits = PerCustomer::new(Customers::numbered(3)?, vec![4_u32, 1, 7])?;
/// assert_eq!(Array1::from(&visits), array![4, 1, 7]);
/// # Ok::<(), regulars::Error>(())
/// ```
impl<T: Clone> From<&PerCustomer<T>> for Array1<T> {
    fn from(answers: &PerCustomer<T>) -> Self {
        answers.values().iter().cloned().collect()
    }
}
