//! `ChurnParams`.

use crate::error::{Error, Result};
use crate::types::Seed;

/// How sharp the model is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Method {
    /// Numbers enter as they are and as piecewise linear functions of their rank with knots at quantiles; rare levels
    /// are pooled; pairs of columns enter where they lower the loss out of fold by more than one standard error; the
    /// ridge is chosen by five-fold cross-validation; probabilities are recalibrated on scores out of fold.
    #[default]
    Auto,
    /// Maximum likelihood on numbers as they are and levels against the first one: coefficients with standard errors
    /// and p-values. Columns that repeat others are left out and [listed](super::TableModel::aliased).
    Plain,
}

/// How a churn model is fitted.
///
/// ```
/// use regulars::churn::{ChurnParams, Method};
/// use regulars::types::Seed;
///
/// let params = ChurnParams::new().method(Method::Plain).ridge(1.0).seed(Seed(7));
/// assert!(params.check().is_ok());
/// assert!(params.ridge(-1.0).check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use]
pub struct ChurnParams {
    pub(super) method: Method,
    pub(super) ridge: f64,
    pub(super) seed: u64,
}

impl Default for ChurnParams {
    fn default() -> Self {
        Self { method: Method::Auto, ridge: 0.0, seed: 42 }
    }
}

impl ChurnParams {
    /// [`Method::Auto`], seed 42.
    pub fn new() -> Self {
        Self::default()
    }

    /// How sharp the model is.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The penalty of [`Method::Plain`] on squared coefficients of standardised columns. The default 0 is maximum
    /// likelihood; a penalised fit has no standard errors. [`Method::Auto`] chooses its own.
    pub fn ridge(mut self, lambda: f64) -> Self {
        self.ridge = lambda;
        self
    }

    /// Deals customers out into folds.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed.0;
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if self.ridge >= 0.0 && self.ridge.is_finite() {
            Ok(())
        } else {
            Err(Error::param("ridge", "must be finite and at least 0", self.ridge))
        }
    }
}
