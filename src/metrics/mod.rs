//! How good an answer is: discrimination, calibration, lift, agreement of clusterings, ranking quality.
