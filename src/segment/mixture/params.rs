//! `MixtureParams`: what can be chosen, and the way to a model.

use std::ops::RangeInclusive;

use crate::data::TransformParams;
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Seed;

use super::super::fit::{Engine, best_run};
use super::super::input::SegmentInput;
use super::super::lloyd::{Rows, Run, Stop};
use super::super::params::KMeansParams;
use super::super::profile;
use super::super::seeding::stretches;
use super::em;
use super::model::{MixtureModel, MixtureScore, MixtureSummary};

/// Rows that [`MixtureParams::auto`] looks at.
const SWEEP_ROWS: usize = 8_192;
/// The stream of chance that draws them.
const SWEEP_STREAM: u64 = 1 << 44;

/// Parameters of a Gaussian mixture.
///
/// | setter | default |
/// |---|---|
/// | [`seed`](Self::seed) | `Seed(0)` |
/// | [`restarts`](Self::restarts) of k-means for the start | 10 |
/// | [`max_iterations`](Self::max_iterations) | 500 |
/// | [`tolerance`](Self::tolerance) of the mean log-likelihood | 10⁻⁷ |
/// | [`transform`](Self::transform) | that of k-means |
///
/// ```
/// use regulars::data::{Customers, Features};
/// use regulars::segment::MixtureParams;
/// use regulars::types::Seed;
///
/// let spend = (0..40).map(|i| if i < 20 { 10.0 + f64::from(i) } else { 2_000.0 + 9.0 * f64::from(i) });
/// let features = Features::builder(Customers::numbered(40)?).numeric("spend", spend)?.build()?;
/// let model = MixtureParams::new(2).seed(Seed(7)).fit(&features)?;
/// let shares = model.predict(&features)?;
/// let total: f64 = shares.values()[0].iter().map(|p| p.get()).sum();
/// assert!((total - 1.0).abs() < 1e-12);
/// assert!(model.summary().converged);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct MixtureParams {
    start: KMeansParams,
    max_iterations: u32,
    tolerance: f64,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    MixtureParams, Self::new(2);
    start: KMeansParams;
    max_iterations: u32, tolerance: f64,
}

impl MixtureParams {
    /// `k` segments.
    ///
    /// ```
    /// use regulars::{Place, segment::MixtureParams};
    ///
    /// assert!(MixtureParams::new(3).check().is_ok());
    /// let error = MixtureParams::new(0).check().unwrap_err();
    /// assert_eq!(error.place(), Some(&Place::Parameter("k")));
    /// ```
    pub fn new(k: usize) -> Self {
        Self::auto(k..=k)
    }

    /// As many segments as BIC says: each number of the range is fitted to at most 8,192 rows (one at random from each of
    /// as many equal stretches), and the one with the lowest criterion, the smallest among equals, to all. Numbers that
    /// cannot be fitted there are passed over.
    ///
    /// ```
    /// use regulars::segment::MixtureParams;
    /// use regulars::simulate::BlobsParams;
    /// use regulars::types::Seed;
    ///
    /// let blobs = BlobsParams::new(900, 3, Seed(2)).separation(9.0).simulate()?;
    /// let model = MixtureParams::auto(1..=5).restarts(3).fit(blobs.matrix())?;
    /// assert_eq!(model.k(), 3);
    /// assert_eq!(model.sweep().len(), 5);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn auto(k: RangeInclusive<usize>) -> Self {
        Self { start: KMeansParams::auto(k), max_iterations: 500, tolerance: 1e-7 }
    }

    /// Where chance begins; `Seed(0)` by default. It draws the starts of k-means and the rows of a sweep; the iterations
    /// themselves know no chance.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.start = self.start.seed(seed);
        self
    }

    /// Runs of k-means, of which the best one is the start; 10 by default. Expectation-maximisation finds the nearest
    /// maximum, so a good start is worth more than many iterations.
    pub fn restarts(mut self, restarts: u32) -> Self {
        self.start = self.start.restarts(restarts);
        self
    }

    /// The most iterations; 500 by default. A fit that is cut short says so in its summary.
    pub fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Converged when the mean log-likelihood of a row changes by no more than this; 10⁻⁷ by default.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix};
    /// use regulars::segment::MixtureParams;
    /// use regulars::types::Seed;
    ///
    /// let matrix = Matrix::unnamed(Customers::numbered(6)?, 1, vec![0.0, 1.0, 2.0, 3.0, 40.0, 42.0])?;
    /// let params = MixtureParams::new(2).seed(Seed(3)).restarts(2).max_iterations(1).tolerance(1e-9);
    /// assert!(!params.fit(&matrix)?.summary().converged, "one iteration proves nothing");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// As [`KMeansParams::transform`].
    pub fn transform(mut self, transform: TransformParams) -> Self {
        self.start = self.start.transform(transform);
        self
    }

    /// Checks the parameters; the first step of every fit.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if self.max_iterations == 0 {
            return Err(Error::param("max_iterations", "must be at least 1", self.max_iterations));
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::param("tolerance", "must be finite and at least 0", self.tolerance));
        }
        // k-means on its own has no measure of a single segment; the criterion here has.
        let (least, most) = (*self.start.k.start(), *self.start.k.end());
        let mut start = self.start.clone();
        if least == 1 && most > 1 {
            start.k = 2..=most;
        }
        start.check()
    }

    /// Fits the customers of a table, or the rows of a matrix as they are.
    ///
    /// # Errors
    /// As [`KMeansParams::fit`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) also where a segment loses all its
    /// customers or the columns depend on one another too nearly, [`Overflow`](crate::ErrorKind::Overflow) where the
    /// log-likelihood does not fit a float.
    pub fn fit<'a>(&self, data: impl Into<SegmentInput<'a>>) -> Result<MixtureModel> {
        self.check()?;
        let mut start = self.start.clone();
        start.k = *self.start.k.end()..=*self.start.k.end();
        let measured = start.measured(data.into())?;
        let rows = measured.rows();
        let (n, width) = (rows.len(), rows.width);
        let least = *self.start.k.start();
        start.k = least..=least.max(1);
        let distinct = start.check_rows(&measured.matrix, rows, *self.start.k.end())?;
        let most = (*self.start.k.end()).min(distinct);
        let stop = em::Stop { max_iterations: self.max_iterations, tolerance: self.tolerance };
        let fit = |rows: Rows<'_>, k: usize| {
            let run = self.start(rows, k);
            em::fit(rows, &run.labels, &run.centres, stop)
        };
        let (k, sweep) = if least == *self.start.k.end() {
            (least, Vec::new())
        } else {
            let picked = stretches(n, SWEEP_ROWS, self.start.seed, SWEEP_STREAM);
            let values: Vec<f64> = picked.iter().flat_map(|row| rows.row(*row)).copied().collect();
            let sample = Rows { values: &values, width, weights: None };
            let tried = par::map_chunks(most - least + 1, 1, |i| {
                let k = least + i.start;
                let bic = |fit: em::Fit| em::bic(fit.log_likelihood, picked.len(), k, width);
                fit(sample, k).map(|f| MixtureScore { k, bic: bic(f) })
            });
            let mut sweep = Vec::with_capacity(tried.len());
            let mut fault = None;
            for score in tried {
                match score {
                    Ok(score) => sweep.push(score),
                    Err(error) => fault = fault.or(Some(error)),
                }
            }
            let best = sweep.iter().min_by(|a, b| a.bic.total_cmp(&b.bic)).map(|s| s.k);
            match (best, fault) {
                (Some(k), _) => (k, sweep),
                (None, Some(error)) => return Err(error),
                (None, None) => return Err(Error::empty("no number of segments to try")),
            }
        };
        let fitted = fit(rows, k)?;
        let run = Run {
            centres: fitted.parts.iter().flat_map(|p| &p.mean).copied().collect(),
            labels: fitted.rows.iter().map(|(label, _)| *label).collect(),
            inertia: 0.0,
            iterations: fitted.iterations,
            converged: fitted.converged,
            repaired: 0,
        };
        let profiles = profile::profiles(&measured, &run)?;
        let summary = MixtureSummary {
            rows: n,
            iterations: fitted.iterations,
            converged: fitted.converged,
            log_likelihood: fitted.log_likelihood,
            bic: em::bic(fitted.log_likelihood, n, k, width),
        };
        Ok(MixtureModel {
            columns: measured.matrix.names().to_vec(),
            provenance: measured.matrix.customers().provenance().clone(),
            transform: measured.transform,
            parts: fitted.parts,
            profiles,
            summary,
            sweep,
        })
    }

    /// The best of the runs of k-means that a fit starts from.
    fn start(&self, rows: Rows<'_>, k: usize) -> Run {
        let stop = Stop { max_iterations: self.start.max_iterations, shift: 0.0 };
        let tries = self.start.tries(k);
        best_run(rows, k, tries, self.start.seed, self.start.restarts, Engine::lloyd(stop)).0
    }
}
