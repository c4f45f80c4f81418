//! What a fit found, and how sure it is.
//!
//! # How to read it
//!
//! | look at | for |
//! |---|---|
//! | [`status`](FitSummary::status) | whether standard errors exist, and what an estimate at the edge means |
//! | [`estimates`](FitSummary::estimates) | values with Wald intervals; intervals wider than a factor of ten say that the data say little |
//! | [`condition`](FitSummary::condition) | above 10^6: some combination of parameters is barely determined; forecasts may be fine |
//! | [`gradient_norm`](FitSummary::gradient_norm) | below about 10^-6 of the likelihood at a maximum |
//! | [`aic`](FitSummary::aic), [`bic`](FitSummary::bic) | which model, where all were fitted to the same customers |
//!
//! # What the intervals are
//!
//! The observed information in the logarithms of the parameters is inverted; an interval is
//! value times e^(± 1.96 s), s the standard error of the logarithm, so that it is never negative. Near an edge, or for a few
//! hundred customers, [`profile_interval`](super::LtvModel::profile_interval) and
//! [`bootstrap`](super::LtvModel::bootstrap) are more honest.

use crate::kernel::optim::End;

use super::fit::Outcome;
use super::params::Model;

/// How the search for the maximum ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FitStatus {
    /// At a strict maximum inside the domain.
    Converged,
    /// The likelihood still rises, ever more slowly, towards an infinite or vanishing parameter: the model wants to be a
    /// simpler one. Predictions are those of the limit; standard errors are not given.
    Boundary,
    /// The data do not tell some combination of the parameters from others (a flat maximum): predictions on similar
    /// customers are usable, the parameters mean nothing by themselves.
    NotIdentified,
    /// The search ran out of steps; the best point seen is kept.
    NotConverged,
}

impl From<End> for FitStatus {
    fn from(end: End) -> Self {
        match end {
            End::Converged => Self::Converged,
            End::Boundary => Self::Boundary,
            End::Flat => Self::NotIdentified,
            End::Stopped => Self::NotConverged,
        }
    }
}

/// One estimated parameter.
///
/// ```
/// # use regulars::{data::TimeUnit, ltv::*, types::Seed};
/// let truth = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?;
/// let history = truth.simulate(&[52.0; 2_000], TimeUnit::Week, Seed(1))?;
/// let model = LtvParams::new(Model::BgNbd).fit(&history)?;
/// let r = &model.summary().estimates[0];
/// let (low, high) = r.interval.unwrap();
/// assert!(r.name == "r" && low < r.value && r.value < high);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The literature's letter.
    pub name: &'static str,
    /// Maximum-likelihood estimate.
    pub value: f64,
    /// Standard error from the observed information, where the fit converged.
    pub standard_error: Option<f64>,
    /// 95 % Wald interval on the logarithmic scale, which keeps it positive.
    pub interval: Option<(f64, f64)>,
}

/// How a likelihood was maximised and what was found.
///
/// ```
/// # use regulars::{data::TimeUnit, ltv::*, types::Seed};
/// let truth = PurchaseProcess::pareto_nbd(0.55, 10.6, 0.6, 11.7)?;
/// let history = truth.simulate(&[39.0; 800], TimeUnit::Week, Seed(1))?;
/// let model = LtvParams::new(Model::ParetoNbd).fit(&history)?;
/// let summary = model.summary();
/// assert_eq!(summary.customers, 800);
/// assert_eq!(summary.aic, 8.0 - 2.0 * summary.log_likelihood); // four parameters
/// assert_ne!(summary.status, FitStatus::NotConverged);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FitSummary {
    /// Customers behind the likelihood.
    pub customers: u64,
    /// Distinct histories among them.
    pub distinct: u64,
    /// Parameters in the literature's order.
    pub estimates: Vec<Estimate>,
    /// ln of the likelihood at the estimates.
    pub log_likelihood: f64,
    /// Akaike's criterion, 2 k - 2 ln L.
    pub aic: f64,
    /// Schwarz's criterion, k ln n - 2 ln L.
    pub bic: f64,
    /// How the search ended.
    pub status: FitStatus,
    /// Newton steps.
    pub iterations: u32,
    /// Covariance of the logarithms of the parameters, row by row, where the fit converged: what
    /// [`predict_intervals`](super::LtvModel::predict_intervals) builds on.
    pub covariance: Option<Vec<f64>>,
    /// Norm of the gradient in the logarithms of the parameters, those on the edge left out.
    pub gradient_norm: f64,
    /// Condition number of the information in the logarithms; `None` where it is not positive definite.
    pub condition: Option<f64>,
}

impl FitSummary {
    pub(super) fn new(names: &[&'static str], outcome: &Outcome, customers: u64, distinct: usize) -> Self {
        let status = FitStatus::from(outcome.end);
        let errors = outcome.log_errors.as_ref().filter(|_| status == FitStatus::Converged);
        let z = crate::kernel::special::normal_quantile(0.975);
        let estimates = names
            .iter()
            .zip(&outcome.theta)
            .enumerate()
            .map(|(i, (name, value))| {
                let error = errors.and_then(|e| e.get(i)).copied().filter(|e| e.is_finite() && *e < 200.0);
                Estimate {
                    name,
                    value: *value,
                    standard_error: error.map(|e| e * value),
                    interval: error.map(|e| (value * (-z * e).exp(), value * (z * e).exp())),
                }
            })
            .collect();
        let k = names.len() as f64;
        Self {
            customers,
            distinct: distinct as u64,
            estimates,
            log_likelihood: outcome.log_likelihood,
            aic: 2.0 * k - 2.0 * outcome.log_likelihood,
            bic: k * (customers.max(1) as f64).ln() - 2.0 * outcome.log_likelihood,
            status,
            covariance: outcome
                .covariance
                .clone()
                .filter(|c| status == FitStatus::Converged && c.iter().all(|v| v.is_finite())),
            iterations: outcome.iterations,
            gradient_norm: outcome.gradient_norm,
            condition: Some(outcome.condition).filter(|c| c.is_finite()),
        }
    }
}

/// How a model did in the choice of [`LtvParams::auto`](super::LtvParams::auto).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Candidate {
    /// The model.
    pub model: Model,
    /// Log-likelihood of the customers held out, summed over the folds.
    pub held_out_log_likelihood: f64,
}
