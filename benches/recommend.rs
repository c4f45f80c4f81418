//! Fit, single list, batch and update of the recommender on a simulated shop of 10,000 customers.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use regulars::data::{Ledger, Occasion};
use regulars::recommend::{Basket, Baskets, NextItemModel, NextItemParams, Request};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Seed};

fn shop() -> (Ledger, NextItemModel) {
    let ledger = ShopParams::new(10_000, Seed(7)).simulate().unwrap().ledger().unwrap();
    let model = NextItemParams::new().fit(ledger.observed(AsOf::new(ledger.covers().1)).unwrap()).unwrap();
    (ledger, model)
}

fn recommend(c: &mut Criterion) {
    let (ledger, model) = shop();
    let last = ledger.covers().1;
    let now = ledger.observed(AsOf::new(last)).unwrap();
    let customers: Vec<_> = ledger.customers().iter().collect();
    let items: Vec<_> = ledger.items().unwrap().iter().take(4).collect();

    let mut group = c.benchmark_group("recommend");
    group.sample_size(20);
    group.bench_function("baskets", |b| b.iter(|| Baskets::new(black_box(now), Occasion::Day).unwrap()));
    group.bench_function("fit", |b| b.iter(|| NextItemParams::new().fit(black_box(now)).unwrap()));
    let mut next = 0;
    group.bench_function("one list of 20", |b| {
        b.iter(|| {
            next = (next + 7_919) % customers.len();
            model.recommend(black_box(&customers[next]), 20).unwrap()
        });
    });
    group.bench_function("one list of 20, four items denied", |b| {
        b.iter(|| {
            next = (next + 7_919) % customers.len();
            model.recommend(black_box(&customers[next]), Request::new(20).deny(&items)).unwrap()
        });
    });
    group.bench_function("batch of 20", |b| b.iter(|| model.recommend_all(20).unwrap()));
    group.bench_function("update", |b| {
        b.iter_batched_ref(
            || model.clone(),
            |model| {
                next = (next + 7_919) % customers.len();
                model.update(Basket::new(&customers[next], last, &items)).unwrap();
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, recommend);
criterion_main!(benches);
