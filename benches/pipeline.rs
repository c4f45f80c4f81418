//! Speed of the pipeline for one customer: the row alone, and the churn probability with its explanation.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a bench may fail")]

use criterion::{Criterion, criterion_group, criterion_main};
use regulars::pipeline::PipelineParams;
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Horizon, Seed};

fn one_customer(c: &mut Criterion) {
    let ledger = ShopParams::new(2_000, Seed(7)).simulate().unwrap().ledger().unwrap();
    let as_of = AsOf::new(ledger.covers().1);
    let params = PipelineParams::plain().interval(0.8);
    let pipeline = params.fit(&ledger, as_of, Horizon::days(60).unwrap()).unwrap();
    let now = ledger.observed(as_of).unwrap();
    let customers: Vec<_> = now.customers().iter().collect();
    let mut next = (0..).map(|i: usize| customers[i * 7_919 % customers.len()]);
    let mut group = c.benchmark_group("pipeline");
    group.bench_function("row", |b| {
        b.iter(|| pipeline.row(&ledger, as_of, next.next().unwrap()).unwrap());
    });
    group.bench_function("churn with explanation", |b| {
        let churn = pipeline.churn().unwrap();
        b.iter(|| {
            let customer = next.next().unwrap();
            (churn.predict_one(now, customer).unwrap(), churn.explain_one(now, customer).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, one_customer);
criterion_main!(benches);
