//! k-means of linfa-clustering on the files of `kmeans.py`, for `compare.py kmeans`.
//!
//! `peer_linfa_kmeans DATA ROWS DIMS CENTRES K ITERATIONS` prints one JSON object: iterations, inertia of the centres
//! returned (recomputed), CPU and wall seconds of the fit alone. The tolerance lies below any move, so that every iteration is made.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for measuring")]

#[path = "../../examples/common/mod.rs"]
mod common;

use std::path::Path;

use common::{Meter, print_json, raw_f64s};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::Array2;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--json").collect();
    let number = |i: usize| args[i].parse::<usize>().unwrap();
    let (rows, dims, k, iterations) = (number(1), number(2), number(4), number(5));
    let read = |path: &str, rows: usize| {
        Array2::from_shape_vec((rows, dims), raw_f64s(Path::new(path), rows * dims).unwrap()).unwrap()
    };
    let centres = read(&args[3], k);
    let data = DatasetBase::from(read(&args[0], rows));
    let meter = Meter::start();
    let fitted = KMeans::params(k)
        .init_method(KMeansInit::Precomputed(centres))
        .n_runs(1)
        .max_n_iterations(iterations as u64)
        .tolerance(1e-300)
        .fit(&data)
        .unwrap();
    let (cpu_seconds, wall_seconds) = (meter.cpu_seconds(), meter.wall_seconds());
    let nearest = |row: ndarray::ArrayView1<'_, f64>| {
        let distances = fitted.centroids().rows().into_iter().map(|c| (&row - &c).mapv(|v| v * v).sum());
        distances.fold(f64::INFINITY, f64::min)
    };
    let inertia = data.records().rows().into_iter().map(nearest).sum::<f64>();
    let object = serde_json::json!({
        "iterations": iterations,
        "inertia": inertia,
        "cpu_seconds": cpu_seconds,
        "wall_seconds": wall_seconds,
    });
    print_json(&object).unwrap();
}
