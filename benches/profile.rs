//! Profile merging: fit and merge, normalising, explaining.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::FieldKind;
use regulars::profile::{MatchParams, Normaliser};
use regulars::simulate::ShopParams;
use regulars::types::Seed;

fn matching(c: &mut Criterion) {
    let records = ShopParams::new(10_000, Seed(7)).simulate().unwrap().records().unwrap();
    let mut group = c.benchmark_group("profile");
    group.sample_size(10).throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("fit and merge", |b| {
        b.iter(|| MatchParams::new().fit(black_box(&records)).unwrap().merge(&records).unwrap());
    });
    let model = MatchParams::new().fit(&records).unwrap();
    let people = model.merge(&records).unwrap();
    let pair = (0..people.len()).map(|p| people.records_of(p)).find(|r| r.len() > 1).unwrap();
    let explainer = model.explainer(&records).unwrap();
    group.throughput(Throughput::Elements(1));
    group.bench_function("explain", |b| {
        b.iter(|| explainer.explain(black_box(pair[0] as usize), pair[1] as usize).unwrap());
    });
    group.finish();
}

fn normalising(c: &mut Criterion) {
    let mut group = c.benchmark_group("normalise");
    for (kind, value) in [
        (FieldKind::FamilyName, "O'Brien-Smith"),
        (FieldKind::FamilyName, "Müller"),
        (FieldKind::Email, "Ann.Lee+shop@example.org"),
        (FieldKind::Phone, "+86 138-0013-8000"),
        (FieldKind::BirthDate, "1987年10月7日"),
        (FieldKind::Address, "浙江省杭州市余杭区工业东路169号1栋305室"),
    ] {
        group.bench_function(format!("{kind} {value}"), |b| {
            b.iter(|| Normaliser::new().normalise(kind, black_box(value)));
        });
    }
    group.finish();
}

criterion_group!(benches, matching, normalising);
criterion_main!(benches);
