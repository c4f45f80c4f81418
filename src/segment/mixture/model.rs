//! `MixtureModel`: the fitted components, and each customer's shares in them.

use std::fmt;

use crate::data::{PerCustomer, Transform};
use crate::error::Result;
use crate::kernel::par;
use crate::types::Probability;

use super::super::input::{Measured, SegmentInput};
use super::super::model::Segment;
use super::super::profile::SegmentProfile;
use super::em::{Component, expect, largest};

/// How the fit went.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MixtureSummary {
    /// Rows fitted.
    pub rows: usize,
    /// Iterations made.
    pub iterations: u32,
    /// Whether the mean log-likelihood came to rest within the iterations allowed.
    pub converged: bool,
    /// Log-likelihood of the rows in units of the matrix.
    pub log_likelihood: f64,
    /// Bayesian information criterion, −2 log-likelihood + parameters · ln n: the lower the better.
    pub bic: f64,
}

/// One number of segments that [`MixtureParams::auto`](super::MixtureParams::auto) has tried.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MixtureScore {
    /// Number of segments.
    pub k: usize,
    /// Bayesian information criterion of the fit to the rows of the sweep.
    pub bic: f64,
}

/// A fitted mixture.
///
/// ```
/// use regulars::data::{Customers, Matrix};
/// use regulars::segment::MixtureParams;
///
/// let values = vec![0.0, 1.0, 2.0, 3.0, 40.0, 42.0];
/// let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, values)?;
/// let model = MixtureParams::new(2).fit(&matrix)?;
/// // The heavier segment comes first.
/// let weights: Vec<f64> = model.weights().collect();
/// assert!((weights[0] - 2.0 / 3.0).abs() < 1e-9);
/// assert!((model.means().next().unwrap()[0] - 1.5).abs() < 1e-9);
/// assert_eq!(model.profiles()[0].size, 4);
/// assert_eq!(model.assign(&matrix)?.values()[5].index(), 1);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct MixtureModel {
    pub(super) columns: Vec<String>,
    pub(super) transform: Option<Transform>,
    pub(super) parts: Vec<Component>,
    pub(super) profiles: Vec<SegmentProfile>,
    pub(super) summary: MixtureSummary,
    pub(super) sweep: Vec<MixtureScore>,
}

impl MixtureModel {
    /// Number of segments.
    pub fn k(&self) -> usize {
        self.parts.len()
    }

    /// The columns of the mixture.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How the fit went.
    pub fn summary(&self) -> &MixtureSummary {
        &self.summary
    }

    /// Every number of segments tried, ascending; empty where the caller gave the number.
    pub fn sweep(&self) -> &[MixtureScore] {
        &self.sweep
    }

    /// The profiles of the segments, each customer counted where the share is largest; the heaviest first.
    pub fn profiles(&self) -> &[SegmentProfile] {
        &self.profiles
    }

    /// The weights of the segments, which add up to 1.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = f64> {
        self.parts.iter().map(|p| p.weight)
    }

    /// The means of the segments, in units of the matrix.
    pub fn means(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.parts.iter().map(|p| p.mean.as_slice())
    }

    /// Each customer's shares in the segments, in their order; they add up to 1.
    ///
    /// # Errors
    /// As [`SegmentModel::assign`](crate::segment::SegmentModel::assign).
    pub fn predict<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Vec<Probability>>> {
        self.shares(data.into(), |shares| shares.iter().map(|s| Probability::saturating(*s)).collect())
    }

    /// The segment of each customer's largest share, the first among equals.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn assign<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Segment>> {
        self.shares(data.into(), |shares| Segment(largest(shares)))
    }

    fn shares<T: Send>(
        &self,
        data: SegmentInput<'_>,
        f: impl Fn(&[f64]) -> T + Sync + Send,
    ) -> Result<PerCustomer<T>> {
        let measured = Measured::for_model(data, &self.columns, self.transform.as_ref())?;
        let rows = measured.rows();
        let values = par::map(rows.len(), |row| {
            let mut shares = vec![0.0; self.k()];
            expect(&self.parts, rows.row(row), &mut shares);
            f(&shares)
        });
        PerCustomer::new(measured.matrix.customers().clone(), values)
    }
}

/// Prints sizes.
impl fmt::Debug for MixtureModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MixtureModel({} segments of {} columns, fitted on {} rows)",
            self.k(),
            self.columns.len(),
            self.summary.rows
        )
    }
}
