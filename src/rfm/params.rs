//! `RfmParams`: how many bins, where they are cut, what counts as a purchase.

use crate::data::{Occasion, Refunds};
use crate::error::{Error, Result};

/// How one axis is cut into scores.
///
/// ```
/// use regulars::rfm::{Bins, RfmParams};
///
/// // Recency by fixed limits in days, frequency and spend by quartiles.
/// let params = RfmParams::new().bins(4).recency(Bins::cuts([30.0, 90.0, 180.0]));
/// assert!(params.check().is_ok());
/// assert!(RfmParams::new().bins(11).check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bins {
    /// That many bins, 2 to 10, of about equally many customers: edges are quantiles of the customers that are fitted.
    Quantiles(u8),
    /// Bins between fixed limits, 1 to 9 of them, ascending: days of recency, purchases, or minor units of money. A limit
    /// belongs to the bin below it.
    Cuts(Vec<f64>),
}

impl Bins {
    /// Bins between fixed limits.
    pub fn cuts(limits: impl IntoIterator<Item = f64>) -> Self {
        Self::Cuts(limits.into_iter().collect())
    }

    /// Number of scores.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Quantiles(n) => usize::from(*n),
            Self::Cuts(limits) => limits.len() + 1,
        }
    }

    fn check(&self, axis: &'static str) -> Result<()> {
        if !(2..=10).contains(&self.count()) {
            return Err(Error::param(axis, "must have 2 to 10 bins", self.count()));
        }
        if let Self::Cuts(limits) = self {
            if let Some(bad) = limits.iter().find(|l| !l.is_finite()) {
                return Err(Error::param(axis, "limits must be finite", bad));
            }
            if !limits.is_sorted_by(|a, b| a < b) {
                return Err(Error::param(axis, "limits must ascend", format!("{limits:?}")));
            }
        }
        Ok(())
    }
}

/// Where a value counts as above an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Method {
    /// Strictly above it. Scores do not depend on the unit of money.
    #[default]
    Standard,
    /// At least one unit above it (a day, a purchase, a major unit of money), as the R package `rfm` does. For comparison
    /// with reports made by that package; the rule depends on the unit of money and is not recommended otherwise.
    RPackage,
}

/// How recency, frequency and monetary value become scores.
///
/// ```
/// use regulars::data::{Occasion, Refunds};
/// use regulars::rfm::RfmParams;
///
/// let params = RfmParams::new().bins(5).occasion(Occasion::Order).refunds(Refunds::Net).weights(2.0, 1.0, 1.0);
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct RfmParams {
    /// Recency, frequency, monetary.
    pub(super) bins: [Bins; 3],
    pub(super) occasion: Occasion,
    pub(super) refunds: Refunds,
    pub(super) weights: [f64; 3],
    pub(super) method: Method,
}

impl Default for RfmParams {
    fn default() -> Self {
        Self::new()
    }
}

impl RfmParams {
    /// Quintiles of days since the last purchase day, of purchase days and of spend net of refunds, weighted equally.
    pub fn new() -> Self {
        Self {
            bins: [const { Bins::Quantiles(5) }; 3],
            occasion: Occasion::default(),
            refunds: Refunds::default(),
            weights: [1.0; 3],
            method: Method::default(),
        }
    }

    /// That many quantile bins on every axis, 2 to 10.
    pub fn bins(self, bins: u8) -> Self {
        Self { bins: [const { Bins::Quantiles(5) }; 3].map(|_| Bins::Quantiles(bins)), ..self }
    }

    /// Bins of recency.
    pub fn recency(mut self, bins: Bins) -> Self {
        self.bins[0] = bins;
        self
    }

    /// Bins of frequency.
    pub fn frequency(mut self, bins: Bins) -> Self {
        self.bins[1] = bins;
        self
    }

    /// Bins of monetary value.
    pub fn monetary(mut self, bins: Bins) -> Self {
        self.bins[2] = bins;
        self
    }

    /// What counts as one purchase.
    pub fn occasion(self, occasion: Occasion) -> Self {
        Self { occasion, ..self }
    }

    /// What happens to rows that give money or goods back.
    pub fn refunds(self, refunds: Refunds) -> Self {
        Self { refunds, ..self }
    }

    /// Weights of recency, frequency and monetary value in the weighted score: at least 0, not all 0.
    pub fn weights(self, recency: f64, frequency: f64, monetary: f64) -> Self {
        Self { weights: [recency, frequency, monetary], ..self }
    }

    /// Where a value counts as above an edge.
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// What counts as one purchase; a [`Summary`](crate::data::Summary) must count the same.
    pub fn counted_by(&self) -> Occasion {
        self.occasion
    }

    /// Whether every parameter lies in its domain.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the first one that does not.
    pub fn check(&self) -> Result<()> {
        for (bins, axis) in self.bins.iter().zip(AXES) {
            bins.check(axis)?;
        }
        check_weights(self.weights)
    }
}

pub(super) const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

pub(super) fn check_weights(weights: [f64; 3]) -> Result<()> {
    let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
    let sum: f64 = weights.iter().sum();
    if fine && sum > 0.0 && sum.is_finite() {
        Ok(())
    } else {
        Err(Error::param("weights", "must be finite, at least 0 and not all 0", format!("{weights:?}")))
    }
}
