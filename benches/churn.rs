//! Churn: the logistic engine, a sharp fit of a table, prediction and explanation.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::churn::{ChurnParams, LogisticParams, Method};
use regulars::data::{Customers, Matrix};
use regulars::simulate::ChurnTableParams;
use regulars::types::Seed;

fn engine(c: &mut Criterion) {
    let (n, width) = (100_000, 20);
    let value = |i: usize, j: usize| (i as f64 * (0.618_033_988_749 + 0.073 * j as f64)).fract() - 0.5;
    let values = (0..n).flat_map(|i| (0..width).map(move |j| value(i, j))).collect();
    let matrix = Matrix::unnamed(Customers::numbered(n).unwrap(), width, values).unwrap();
    let chance = |i: usize| (i as f64 * 0.754_877_666).fract();
    let left: Vec<bool> = (0..n).map(|i| chance(i) < 0.1 + 0.1 * (value(i, 0) + value(i, 1))).collect();
    let mut group = c.benchmark_group("churn");
    group.sample_size(10).throughput(Throughput::Elements(n as u64));
    group.bench_function("logistic/20 columns/ridge", |b| {
        b.iter(|| LogisticParams::new().ridge(1.0).fit(black_box(&matrix), &left).unwrap());
    });
    group.bench_function("logistic/20 columns/standard errors", |b| {
        b.iter(|| LogisticParams::new().fit(black_box(&matrix), &left).unwrap());
    });
    group.finish();
}

fn tables(c: &mut Criterion) {
    let table = ChurnTableParams::new(5_000, Seed(1)).simulate().unwrap();
    let (features, left) = (table.features(), table.left().values());
    let mut group = c.benchmark_group("churn");
    group.sample_size(10).throughput(Throughput::Elements(5_000));
    for (name, method) in [("auto", Method::Auto), ("plain", Method::Plain)] {
        let params = ChurnParams::new().method(method).ridge(1.0);
        group.bench_function(format!("fit_table/{name}"), |b| {
            b.iter(|| params.fit_table(black_box(features), left).unwrap());
        });
    }
    let model = ChurnParams::new().fit_table(features, left).unwrap();
    group.bench_function("predict", |b| b.iter(|| model.predict(black_box(features)).unwrap()));
    let customer = features.customers().customer(17).unwrap();
    group.bench_function("explain/one", |b| b.iter(|| model.explain(black_box(features), customer).unwrap()));
    group.finish();
}

criterion_group!(benches, engine, tables);
criterion_main!(benches);
