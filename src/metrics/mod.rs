//! How good an answer is: discrimination, calibration, lift, agreement of clusterings, ranking quality.

mod classification;
mod clustering;
mod matching;
pub mod ranking;

pub use classification::{
    BrierDecomposition, Gain, ReliabilityBin, average_precision, brier, brier_decomposition,
    expected_calibration_error, gains, ks, lift, log_loss, reliability, roc_auc,
};
pub use clustering::{
    adjusted_rand_index, calinski_harabasz, davies_bouldin, silhouette, silhouette_sampled,
};
pub use matching::{BCubed, PairScores, b_cubed, pairwise, pairwise_across};
