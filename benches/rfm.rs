//! Purchases in sum by both doors, edges and scores.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::{Columns, Ledger, Occasion, Purchases, Refunds, Summary, SummaryParams};
use regulars::rfm::{RfmParams, SegmentMap};
use regulars::types::{AsOf, Currency, Day};

const ROWS: usize = 1_000_000;

fn rfm(c: &mut Criterion) {
    // Multiples of a large odd number: spread keys without a random generator.
    let mixed = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let customers: Vec<i64> =
        (0..ROWS).map(|i| mixed(usize::try_from(mixed(i) >> 32).unwrap() % 85_000).cast_signed()).collect();
    let days: Vec<i32> = (0..ROWS).map(|i| 18_000 + i32::try_from(mixed(i) >> 40).unwrap() % 730).collect();
    let amounts: Vec<f64> = (0..ROWS).map(|i| ((mixed(i) >> 45) % 10_000) as f64 / 100.0 - 3.0).collect();
    let columns = Columns::new(Currency::EUR, &customers, &days).amounts(&amounts);
    let as_of = AsOf::new(Day::new(18_731));
    let params = SummaryParams::new(as_of, Currency::EUR);

    let mut group = c.benchmark_group("rfm");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    for occasion in [Occasion::Row, Occasion::Day] {
        group.bench_function(format!("summary/{occasion:?}"), |b| {
            b.iter(|| {
                let mut summary = Summary::new(params.occasion(occasion));
                summary.push_columns(black_box(&columns)).unwrap();
                summary.finish().unwrap()
            });
        });
    }
    group.bench_function("ledger and purchases", |b| {
        b.iter(|| {
            let ledger = Ledger::from_columns(black_box(&columns)).unwrap();
            Purchases::observed(ledger.observed(as_of).unwrap(), Occasion::Row, Refunds::Net).unwrap()
        });
    });
    let mut summary = Summary::new(params.occasion(Occasion::Row));
    summary.push_columns(&columns).unwrap();
    let table = summary.finish().unwrap();
    let params = RfmParams::new().occasion(Occasion::Row);
    group.throughput(Throughput::Elements(table.len() as u64));
    group.bench_function("fit", |b| b.iter(|| params.fit(black_box(&table)).unwrap()));
    let model = params.fit(&table).unwrap();
    group.bench_function("score", |b| b.iter(|| model.score(black_box(&table)).unwrap()));
    let map = SegmentMap::standard(model.bins()).unwrap();
    let scores = model.score(&table).unwrap();
    group.bench_function("assign", |b| b.iter(|| map.assign(black_box(&scores)).unwrap()));
    group.finish();
}

criterion_group!(benches, rfm);
criterion_main!(benches);
