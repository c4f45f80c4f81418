//! `MixtureModel`: the fitted components, and each customer's shares in them.

use std::fmt;

use crate::data::{PerCustomer, Transform};
use crate::error::Result;
use crate::kernel::par;
use crate::types::{Probability, Provenance};

use super::super::input::{Measured, SegmentInput};
use super::super::model::Segment;
use super::super::profile::SegmentProfile;
use super::em::{Component, expect, largest};

/// How the fit went.
///
/// Criteria of one number of columns and one transform can be compared, others cannot: a density has units.
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
    pub(super) provenance: Provenance,
}

impl MixtureModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Number of segments.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// assert_eq!(model.k(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn k(&self) -> usize {
        self.parts.len()
    }

    /// The columns of the mixture.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// assert_eq!(model.columns(), ["spend"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How the fit went.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// assert!(model.summary().converged && model.summary().iterations > 1);
    /// assert_eq!(model.summary().rows, 40);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn summary(&self) -> &MixtureSummary {
        &self.summary
    }

    /// Every number of segments tried, ascending; empty where the caller gave the number.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::auto(1..=3).restarts(2).fit(&features)?;
    /// let best = model.sweep().iter().min_by(|a, b| a.bic.total_cmp(&b.bic)).unwrap();
    /// assert_eq!(best.k, model.k());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn sweep(&self) -> &[MixtureScore] {
        &self.sweep
    }

    /// The profiles of the segments, each customer counted where the share is largest; the heaviest first.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// assert_eq!(model.profiles().iter().map(|p| p.size).collect::<Vec<_>>(), [25, 15]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn profiles(&self) -> &[SegmentProfile] {
        &self.profiles
    }

    /// The weights of the segments, which add up to 1.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// assert!((model.weights().sum::<f64>() - 1.0).abs() < 1e-12);
    /// assert!(model.weights().is_sorted_by(|a, b| a >= b));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn weights(&self) -> impl ExactSizeIterator<Item = f64> {
        self.parts.iter().map(|p| p.weight)
    }

    /// The means of the segments, in units of the matrix.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// // Standardised logarithms: the heavier segment spends less than the mean.
    /// assert!(model.means().next().unwrap()[0] < 0.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn means(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.parts.iter().map(|p| p.mean.as_slice())
    }

    /// Each customer's shares in the segments, in their order; they add up to 1.
    ///
    /// A customer so far away that no distance fits a float has the weights of the segments as shares.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// for shares in model.predict(&features)?.values() {
    ///     assert!((shares.iter().map(|p| p.get()).sum::<f64>() - 1.0).abs() < 1e-12);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`SegmentModel::assign`](crate::segment::SegmentModel::assign).
    pub fn predict<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Vec<Probability>>> {
        self.shares(data.into(), |shares| shares.iter().map(|s| Probability::saturating(*s)).collect())
    }

    /// The segment of each customer's largest share, the first among equals.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # use regulars::segment::MixtureParams;
    /// # let spend = (0..40).map(|i| if i < 25 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
    /// # let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
    /// let model = MixtureParams::new(2).fit(&features)?;
    /// let segments = model.assign(&features)?;
    /// assert_eq!((segments.values()[0].index(), segments.values()[39].index()), (0, 1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn assign<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<PerCustomer<Segment>> {
        self.shares(data.into(), |shares| Segment(largest(shares)))
    }

    /// `f` of the shares of every customer.
    fn shares<T: Send>(
        &self,
        data: SegmentInput<'_>,
        f: impl Fn(&[f64]) -> T + Sync + Send,
    ) -> Result<PerCustomer<T>> {
        let measured = Measured::for_model(data, &self.columns, self.transform.as_ref(), &self.provenance)?;
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
