//! Lifetime models: fitting and predicting 100,000 simulated customers, each with a history of its own.

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench stops by panicking and is nobody's API")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use regulars::data::TimeUnit;
use regulars::ltv::{Discount, GammaGamma, Histogram, LtvParams, Model, PurchaseProcess};
use regulars::types::{Horizon, Seed};

fn ltv(c: &mut Criterion) {
    let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426).unwrap();
    let t: Vec<f64> = (0..100_000).map(|i| 26.0 + 13.0 * (f64::from(i) * 0.618_033_988_75).fract()).collect();
    let bare = truth.simulate(&t, TimeUnit::Week, Seed(1)).unwrap();
    let spend = GammaGamma::new(6.25, 3.74, 15.44).unwrap().simulate(bare.x(), Seed(2));
    let history = bare.clone().with_spend(spend).unwrap();
    let year = Horizon::days(365).unwrap();
    let mut group = c.benchmark_group("ltv");
    group.sample_size(10);
    for model in Model::ALL {
        let params = LtvParams::new(model);
        group.bench_function(format!("fit {model}, 100k"), |b| {
            b.iter(|| params.fit(black_box(&bare)).unwrap());
        });
        let fitted = params.fit(&bare).unwrap().with_discount(Discount::NONE);
        group.bench_function(format!("predict {model}, 100k"), |b| {
            b.iter(|| fitted.predict(black_box(&bare), year).unwrap());
        });
    }
    let fitted = LtvParams::new(Model::BgNbd).fit(&bare).unwrap();
    group.bench_function("fit Gamma-Gamma, 100k", |b| {
        b.iter(|| fitted.clone().with_spend(black_box(&history)).unwrap());
    });
    let valued = fitted.clone().with_spend(&history).unwrap();
    group.bench_function("12-month value, 100k", |b| {
        b.iter(|| valued.predict(black_box(&history), year).unwrap());
    });
    let small = Histogram::new(&truth.simulate(&t[..2_357], TimeUnit::Week, Seed(3)).unwrap());
    group.bench_function("100 bootstrap refits of 2,357 customers", |b| {
        b.iter(|| fitted.bootstrap(black_box(&small), 100, Seed(4)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, ltv);
criterion_main!(benches);
