//! Profile merging: fit and merge, normalising, explaining.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::FieldKind;
use regulars::data::Record;
use regulars::profile::{IndexParams, MatchParams, Normaliser};
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

fn living(c: &mut Criterion) {
    let records = ShopParams::new(20_000, Seed(7)).simulate().unwrap().records().unwrap();
    let model = MatchParams::new().fit(&records).unwrap();
    let mut index = IndexParams::new().key([1; 32]).fit(&model, &records).unwrap();
    let names: Vec<(String, String)> = (0..records.len())
        .map(|row| (records.source_name(row).unwrap().to_owned(), records.id(row).unwrap().to_owned()))
        .collect();
    let rows: Vec<Record<'_>> = names
        .iter()
        .enumerate()
        .map(|(row, (source, id))| {
            let record = Record::new(id.as_str()).source(source);
            records.fields().iter().fold(record, |record, field| {
                records.values(row, field.name()).fold(record, |r, value| r.value(field.name(), value))
            })
        })
        .collect();
    let mut group = c.benchmark_group("index");
    let mut turn = 0;
    group.bench_function("upsert", |b| {
        b.iter(|| {
            turn = (turn + 7_919) % rows.len();
            index.upsert(black_box(&rows[turn])).unwrap()
        });
    });
    group.bench_function("who", |b| {
        b.iter(|| {
            turn = (turn + 7_919) % rows.len();
            index.who(black_box(&rows[turn])).unwrap()
        });
    });
    group.bench_function("explain", |b| {
        b.iter(|| {
            turn = (turn + 7_919) % (rows.len() - 1);
            let (x, y) = (&names[turn], &names[turn + 1]);
            index.explain((&x.0, &x.1), (&y.0, &y.1)).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, matching, normalising, living);
criterion_main!(benches);
