//! How good an answer is: discrimination, calibration, lift, agreement of clusterings, ranking quality.
//!
//! | question | measures |
//! |---|---|
//! | does the score put leavers first? | [`roc_auc`], [`average_precision`], [`ks`], [`lift`], [`gains`] |
//! | are the probabilities right? | [`brier`], [`log_loss`], [`reliability`], [`expected_calibration_error`], [`brier_decomposition`] |
//! | do segments hold together, and would others agree? | [`silhouette`], [`calinski_harabasz`], [`davies_bouldin`], [`adjusted_rand_index`] |
//! | were the right records put together? | [`pairwise`], [`pairwise_across`], [`b_cubed`] |
//! | is the list what the customer bought? | [`ranking`] |
//!
//! The measures of [`ranking`] have a module of their own, because their names (`recall_at`, `precision_at`) would mean
//! something else beside those of pairs.
//!
//! All are plain functions of slices. None of them depends on the order of rows, beyond the last bits of a float; bad input
//! is a typed error; nothing returned is NaN.

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
