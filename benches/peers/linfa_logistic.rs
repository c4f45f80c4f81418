//! Logistic regression of linfa-logistic on the files of `logistic.py`, for `compare.py logistic`.
//!
//! `peer_linfa_logistic X Y ROWS DIMS TOLERANCE` prints one JSON object: objective and AUC of the answer (recomputed), CPU seconds
//! of the fit alone. linfa's loss is α/2 |w|² + Σ ln(1 + e^−yz), the objective of the other peers at α = 1.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for measuring")]

#[path = "../../examples/common/mod.rs"]
mod common;

use std::path::Path;

use common::{Meter, print_json, raw_f64s};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--json").collect();
    let (rows, dims): (usize, usize) = (args[2].parse().unwrap(), args[3].parse().unwrap());
    let read = |path: &str, numbers: usize| raw_f64s(Path::new(path), numbers).unwrap();
    let x = Array2::from_shape_vec((rows, dims), read(&args[0], rows * dims)).unwrap();
    let y: Array1<bool> = read(&args[1], rows).into_iter().map(|y| y > 0.5).collect();
    let data = DatasetBase::new(x, y);
    let meter = Meter::start();
    let fitted = LogisticRegression::default()
        .alpha(1.0)
        .max_iterations(1_000)
        .gradient_tolerance(args[4].parse().unwrap())
        .fit(&data)
        .unwrap();
    let cpu_seconds = meter.cpu_seconds();
    // Which of the two classes the parameters speak for is decided by frequency; the better sign is the right one.
    let z = data.records().dot(fitted.params()) + fitted.intercept();
    let left: Vec<bool> = data.targets().to_vec();
    let loss = |sign: f64| -> f64 {
        let of = |(z, y): (&f64, &bool)| {
            let m = if *y { -sign * z } else { sign * z };
            m.max(0.0) + (-m.abs()).exp().ln_1p()
        };
        z.iter().zip(&left).map(of).sum()
    };
    let sign = if loss(1.0) <= loss(-1.0) { 1.0 } else { -1.0 };
    let penalty = 0.5 * fitted.params().dot(fitted.params());
    let scores: Vec<f64> = z.iter().map(|z| sign * z).collect();
    let object = serde_json::json!({
        "cpu_seconds": cpu_seconds,
        "objective": loss(sign) + penalty,
        "auc": regulars::metrics::roc_auc(&left, &scores).unwrap(),
    });
    print_json(&object).unwrap();
}
