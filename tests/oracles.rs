//! Other people's implementations as judges of ours.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use linfa::traits::Fit;
use linfa_clustering::{KMeans, KMeansInit};
use regulars::data::{Customers, Matrix};
use regulars::segment::{Init, KMeansParams};

/// linfa-clustering 0.8.1 from the same start ends at the same centres. It counts the centre before as one more row of its
/// segment, so its steps are shorter, but where nothing moves any more a centre is the mean of its rows.
#[test]
fn linfa_ends_at_the_same_centres() {
    let (n, width) = (600, 3);
    let value = |i: usize, d: usize| (i * (7 + 4 * d) % 101) as f64 / 20.0 + ((i >> d) % 2) as f64 * 6.0;
    let values: Vec<f64> = (0..n).flat_map(|i| (0..width).map(move |d| value(i, d))).collect();
    let rows = Matrix::unnamed(Customers::numbered(n).unwrap(), width, values.clone()).unwrap();
    let start: Vec<Vec<f64>> = (0..8).map(|row| rows.row(row).unwrap().to_vec()).collect();
    let array = ndarray::Array2::from_shape_vec((n, width), values).unwrap();
    let init = ndarray::Array2::from_shape_vec((8, width), start.concat()).unwrap();
    let theirs = KMeans::params(8)
        .init_method(KMeansInit::Precomputed(init))
        .n_runs(1)
        .max_n_iterations(1_000)
        .tolerance(1e-12)
        .fit(&linfa::DatasetBase::from(array))
        .unwrap();
    let ours = KMeansParams::new(8).init(Init::Centres(start)).tolerance(0.0).fit(&rows).unwrap();
    // Ours are numbered in an order of their own; each of theirs must be among them.
    for centre in theirs.centroids().rows() {
        let gap = |c: &[f64]| c.iter().zip(centre).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let nearest = ours.centres().chunks(width).map(gap).fold(f64::INFINITY, f64::min);
        assert!(nearest < 1e-9, "{nearest}");
    }
}
