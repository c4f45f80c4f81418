//! `ChurnParams` and its choices.
//!
//! There is nothing to tune by hand: [`Method::Auto`] takes its knots from the data and its penalty and pairs from
//! cross-validation. What can be set changes what is asked, not how well it is answered: which method, who counts as having
//! left, which curves may not turn, how probabilities are recalibrated, and the seed of the folds.

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

/// How probabilities are made of the scores of [`Method::Auto`], on scores out of fold.
///
/// ```
/// use regulars::churn::{ChurnParams, Recalibration};
///
/// let params = ChurnParams::new().recalibration(Recalibration::Isotonic);
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Recalibration {
    /// log-odds = a + b × score (Platt 1999): two numbers, so it hardly learns noise.
    #[default]
    Platt,
    /// Platt's line, then the best curve that never falls (pool adjacent violators): for thousands of customers whose
    /// scores are bent, not only too steep. In explanations what the curve adds to the line is a term of its own, named
    /// `(recalibration)`.
    Isotonic,
}

/// Which way the risk may go as a number grows.
///
/// ```
/// use regulars::churn::{ChurnParams, Direction};
///
/// let params = ChurnParams::new().monotone("tenure", Direction::Falling);
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Direction {
    /// The risk never falls as the number grows.
    Rising,
    /// The risk never rises as the number grows.
    Falling,
}

/// Who counts as having left, for [`ChurnParams::fit`].
///
/// ```
/// use regulars::churn::{ChurnParams, Leaving};
///
/// assert!(ChurnParams::new().leaving(Leaving::Silence { times: 3.0 }).check().is_ok());
/// assert!(ChurnParams::new().leaving(Leaving::Silence { times: 0.0 }).check().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Leaving {
    /// Who makes no purchase within the horizon. Giving goods back is no purchase.
    #[default]
    NoPurchase,
    /// Who at the end of the horizon has been silent for more than `times` their own rhythm (the column `rhythm`, as known at
    /// the cut): a buyer of every week is missed sooner than one of every quarter.
    Silence {
        /// Rhythms of silence, above 0; 2 to 4 are usual.
        times: f64,
    },
    /// Whose contract ran at the cut and no longer runs at the end of the horizon, by
    /// [`Past::contracts`](super::Past::contracts). Customers without a running contract take no part in the fit.
    Contract,
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
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct ChurnParams {
    pub(super) method: Method,
    pub(super) ridge: f64,
    pub(super) seed: u64,
    // Left out of files where they are the defaults: files of older libraries stay as they were.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub(super) recalibration: Recalibration,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub(super) monotone: Vec<(String, Direction)>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub(super) leaving: Leaving,
}

#[cfg(feature = "serde")]
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for ChurnParams {
    fn default() -> Self {
        Self {
            method: Method::Auto,
            ridge: 0.0,
            seed: 42,
            recalibration: Recalibration::Platt,
            monotone: Vec::new(),
            leaving: Leaving::NoPurchase,
        }
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

    /// How [`Method::Auto`] makes probabilities of its scores (default [`Recalibration::Platt`]).
    pub fn recalibration(mut self, recalibration: Recalibration) -> Self {
        self.recalibration = recalibration;
        self
    }

    /// Keeps the curve of a numeric column from turning, under [`Method::Auto`]; may be called for several columns. Such a
    /// column takes no part in pairs. Its slopes are kept at 0 or above by leaving out, one round after the other, those that
    /// come out negative: monotone for certain, though not always the very best such curve. A
    /// missing value stays free.
    pub fn monotone(mut self, column: impl Into<String>, direction: Direction) -> Self {
        self.monotone.push((column.into(), direction));
        self
    }

    /// Who counts as having left, for models of orders (default [`Leaving::NoPurchase`]).
    pub fn leaving(mut self, leaving: Leaving) -> Self {
        self.leaving = leaving;
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if let Leaving::Silence { times } = self.leaving
            && !(times > 0.0 && times.is_finite())
        {
            return Err(Error::param("times", "must be finite and above 0", times));
        }
        if self.method == Method::Plain && !self.monotone.is_empty() {
            return Err(Error::param(
                "monotone",
                "stands for the automatic method only",
                self.monotone.len(),
            ));
        }
        if self.ridge >= 0.0 && self.ridge.is_finite() {
            Ok(())
        } else {
            Err(Error::param("ridge", "must be finite and at least 0", self.ridge))
        }
    }
}
