//! Segmentation: one fit per case of the peers' script, seeding, assignment, and the sweep over k.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::{Customers, Matrix};
use regulars::segment::{Init, KMeansParams};
use regulars::types::Seed;

/// Skewed groups without a random generator: the fractional parts of multiples of irrational numbers.
fn matrix(n: usize, width: usize) -> Matrix {
    let fraction = |i: usize, step: f64| (i as f64 * step).fract();
    let value = |i: usize, d: usize| {
        let group = (i * 7 % 6) as f64;
        (group * (d as f64 + 1.7)).sin() * 2.0 - (1.0 - fraction(i, 0.618_033_988_749 + 0.1 * d as f64)).ln()
    };
    let values = (0..n).flat_map(|i| (0..width).map(move |d| value(i, d))).collect();
    Matrix::unnamed(Customers::numbered(n).unwrap(), width, values).unwrap()
}

fn fits(c: &mut Criterion) {
    let n = 100_000;
    let mut group = c.benchmark_group("segment");
    group.sample_size(10).throughput(Throughput::Elements(n as u64));
    for (width, k) in [(3, 5), (3, 8), (8, 5), (8, 8)] {
        let matrix = matrix(n, width);
        let centres = matrix.rows().take(k).map(<[f64]>::to_vec).collect();
        let params = KMeansParams::new(k).init(Init::Centres(centres)).max_iterations(20).tolerance(0.0);
        group.bench_function(format!("fit/{width}x{k}/20 iterations"), |b| {
            b.iter(|| params.fit(black_box(&matrix)).unwrap());
        });
        let model = params.fit(&matrix).unwrap();
        group.bench_function(format!("assign/{width}x{k}"), |b| {
            b.iter(|| model.assign(black_box(&matrix)).unwrap());
        });
    }
    let matrix = matrix(n, 8);
    group.bench_function("sweep/8x2..=6", |b| {
        b.iter(|| KMeansParams::auto(2..=6).seed(Seed(1)).evaluate(black_box(&matrix)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, fits);
criterion_main!(benches);
