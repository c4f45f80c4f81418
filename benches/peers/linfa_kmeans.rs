//! k-means of linfa-clustering on the files of `kmeans.py`, for `compare.py kmeans`.
//!
//! `peer_linfa_kmeans DATA ROWS DIMS CENTRES K ITERATIONS` prints one JSON object: iterations, inertia of the centres
//! returned (recomputed), CPU and wall seconds of the fit alone. The tolerance lies below any move, so that every iteration is made.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a program for measuring")]

use std::time::Instant;

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::Array2;

/// User and system CPU seconds of this process.
#[cfg(unix)]
fn cpu() -> f64 {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}

#[cfg(not(unix))]
fn cpu() -> f64 {
    0.0
}

fn read(path: &str, rows: usize, dims: usize) -> Array2<f64> {
    let bytes = std::fs::read(path).unwrap();
    let values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    Array2::from_shape_vec((rows, dims), values).unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--json").collect();
    let number = |i: usize| args[i].parse::<usize>().unwrap();
    let (rows, dims, k, iterations) = (number(1), number(2), number(4), number(5));
    let centres = read(&args[3], k, dims);
    let data = DatasetBase::from(read(&args[0], rows, dims));
    let (wall, before) = (Instant::now(), cpu());
    let fitted = KMeans::params(k)
        .init_method(KMeansInit::Precomputed(centres))
        .n_runs(1)
        .max_n_iterations(iterations as u64)
        .tolerance(1e-300)
        .fit(&data)
        .unwrap();
    let (cpu_seconds, wall_seconds) = (cpu() - before, wall.elapsed().as_secs_f64());
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
    println!("{object}");
}
