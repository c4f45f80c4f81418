//! How good an answer is: discrimination, calibration, lift, agreement of clusterings, ranking quality.

mod classification;
pub mod ranking;

pub use classification::{
    BrierDecomposition, Gain, ReliabilityBin, average_precision, brier, brier_decomposition,
    expected_calibration_error, gains, ks, lift, log_loss, reliability, roc_auc,
};
