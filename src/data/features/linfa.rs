//! `Matrix` as a dataset of linfa, behind the feature `linfa`.

use linfa::dataset::DatasetBase;
use ndarray::{Array1, Array2};

use crate::data::PerCustomer;
use crate::error::{Error, Result};

use super::Matrix;

/// Records of shape (customers, columns) with the columns' names, and no targets.
///
/// ```
/// use linfa::DatasetBase;
/// use regulars::data::{Customers, Matrix};
///
/// let matrix = Matrix::new(Customers::numbered(2)?, ["recency", "spend"], vec![3.0, 20.0, 9.0, 5.5])?;
/// let dataset = DatasetBase::from(&matrix);
/// assert_eq!(dataset.feature_names(), ["recency", "spend"]);
/// # Ok::<(), regulars::Error>(())
/// ```
impl From<&Matrix> for DatasetBase<Array2<f64>, Array1<()>> {
    fn from(matrix: &Matrix) -> Self {
        DatasetBase::from(Array2::from(matrix)).with_feature_names(matrix.names().to_vec())
    }
}

impl Matrix {
    /// A dataset of this matrix and of targets of the same customers, for any of linfa's estimators.
    ///
    /// ```
    /// use linfa::traits::Fit;
    /// use linfa_logistic::LogisticRegression;
    /// use regulars::data::{Customers, Matrix, PerCustomer};
    ///
    /// let customers = Customers::numbered(4)?;
    /// let silence = Matrix::new(customers.clone(), ["silence"], vec![3.0, 9.0, 60.0, 90.0])?;
    /// let left = PerCustomer::new(customers, vec![false, false, true, true])?;
    /// let model = LogisticRegression::default().fit(&silence.dataset(&left)?);
    /// assert!(model.is_ok());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the targets belong to other customers.
    pub fn dataset<T: Clone>(&self, targets: &PerCustomer<T>) -> Result<DatasetBase<Array2<f64>, Array1<T>>> {
        if targets.customers() != self.customers() {
            return Err(Error::input("the targets belong to other customers than the rows of the matrix"));
        }
        let records = Array2::from(self);
        Ok(DatasetBase::new(records, Array1::from(targets)).with_feature_names(self.names().to_vec()))
    }
}
