//! `Evaluation`: how good predictions of churn were.
//!
//! Three questions, three kinds of figures: do leavers stand above stayers (AUC, average precision, lift, KS), are the
//! probabilities right (calibration error, reliability), and both at once (Brier score, log loss). A balanced or resampled fit
//! can rank well and still be useless for money; a constant is perfectly calibrated and ranks nobody.

use crate::error::Result;
use crate::metrics::{self, Gain, ReliabilityBin};

/// How good probabilities of leaving were for customers whose outcome is known (definitions: [`crate::metrics`]).
///
/// Give it probabilities out of fold ([`ChurnParams::out_of_fold`](super::ChurnParams::out_of_fold)) or of a later cut; on the
/// rows of the fit every figure flatters. O(n log n).
///
/// ```
/// use regulars::churn::Evaluation;
///
/// let left = [true, false, true, false, false, false];
/// let p = [0.8, 0.3, 0.6, 0.4, 0.2, 0.1];
/// let e = Evaluation::new(&left, &p)?;
/// assert_eq!((e.customers, e.auc), (6, 1.0));
/// assert!((e.brier - 0.5 / 6.0).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Evaluation {
    /// Customers with a prediction and an outcome.
    pub customers: usize,
    /// Share of them who left.
    pub churn_rate: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Average precision.
    pub pr_auc: f64,
    /// Brier score.
    pub brier: f64,
    /// Mean negative log-likelihood.
    pub log_loss: f64,
    /// Lift among the tenth with the highest probabilities.
    pub lift_at_10: f64,
    /// Expected calibration error over ten bins of equal count.
    pub calibration_error: f64,
    /// Kolmogorov-Smirnov distance.
    pub ks: f64,
    /// The reliability table behind the calibration error.
    pub reliability: Vec<ReliabilityBin>,
    /// The gain table by tenths.
    pub gains: Vec<Gain>,
}

impl Evaluation {
    /// Scores probabilities against outcomes.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput), [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch), and
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only.
    pub fn new(left: &[bool], probabilities: &[f64]) -> Result<Self> {
        Ok(Self {
            auc: metrics::roc_auc(left, probabilities)?,
            pr_auc: metrics::average_precision(left, probabilities)?,
            brier: metrics::brier(left, probabilities)?,
            log_loss: metrics::log_loss(left, probabilities)?,
            lift_at_10: metrics::lift(left, probabilities, 0.1)?,
            calibration_error: metrics::expected_calibration_error(left, probabilities, 10)?,
            ks: metrics::ks(left, probabilities)?,
            reliability: metrics::reliability(left, probabilities, 10)?,
            gains: metrics::gains(left, probabilities, 10)?,
            customers: left.len(),
            churn_rate: left.iter().filter(|l| **l).count() as f64 / left.len() as f64,
        })
    }
}
