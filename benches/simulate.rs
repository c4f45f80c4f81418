//! How fast the simulated shop is: order rows, records, a ledger, truth.

#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "criterion's macro writes a function; a bench fails by panicking"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::simulate::{BlobsParams, ChurnTableParams, Script, ShopParams};
use regulars::types::{AsOf, Seed};
use std::hint::black_box;

fn simulate(c: &mut Criterion) {
    let shop = |customers: u32| ShopParams::new(customers, Seed(7)).simulate().expect("valid parameters");
    let mut group = c.benchmark_group("simulate");
    group.sample_size(10);

    let small = shop(20_000);
    group.throughput(Throughput::Elements(small.rows().count() as u64));
    group.bench_function("rows", |b| {
        b.iter(|| small.rows().fold(0_i64, |sum, row| sum.wrapping_add(black_box(row).amount.in_minor())));
    });
    group.bench_function("ledger", |b| b.iter(|| small.ledger()));

    for (name, script) in [("records latin", Script::Latin), ("records han", Script::Han)] {
        let shop = ShopParams::new(20_000, Seed(7)).script(script).simulate().expect("valid parameters");
        let records = shop.record_table().expect("records").len();
        group.throughput(Throughput::Elements(records as u64));
        group.bench_function(name, |b| b.iter(|| shop.record_table()));
    }

    group.throughput(Throughput::Elements(20_000));
    group.bench_function("truth", |b| b.iter(|| small.truth().active(AsOf::new(small.days().1))));
    let table = ChurnTableParams::new(20_000, Seed(7));
    group.bench_function("churn table", |b| b.iter(|| table.simulate()));
    let blobs = BlobsParams::new(20_000, 8, Seed(7)).dims(8);
    group.bench_function("blobs", |b| b.iter(|| blobs.simulate()));
    group.finish();
}

criterion_group!(benches, simulate);
criterion_main!(benches);
