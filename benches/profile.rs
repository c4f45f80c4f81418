//! Profile merging: fit and merge, normalising, explaining.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; the macros add functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::{Field, FieldKind, Record, Records};
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

/// One pair of values of a kind, compared through the explanation of a pair of records: the comparator, the look-up of
/// how common the values are, and the writing of the answer. `equal` is that without a comparator.
fn comparing(c: &mut Criterion) {
    let mut group = c.benchmark_group("compare");
    for (name, kind, a, b) in [
        ("equal", FieldKind::FamilyName, "johnathan", "johnathan"),
        ("one slip", FieldKind::FamilyName, "johnathan", "jonathan"),
        ("Jaro-Winkler", FieldKind::FamilyName, "johnathan", "johnston"),
        ("edits of addresses", FieldKind::Address, "195 milne cove street", "159 milne grove st"),
        ("edits of e-mail", FieldKind::Email, "ann.lee83@example.org", "anne.lee38@example.org"),
        ("digits", FieldKind::Phone, "13800138000", "13900138001"),
        ("dates", FieldKind::BirthDate, "1980-04-03", "1980-03-04"),
        ("Han characters", FieldKind::GivenName, "小明", "晓明"),
        ("far apart", FieldKind::Address, "195 milne cove street", "7 high road"),
    ] {
        let mut builder = Records::builder([Field::new("value", kind)]).unwrap();
        for (id, value) in [a, b].into_iter().enumerate() {
            builder.push(Record::new(id as u64).value("value", value)).unwrap();
        }
        let records = builder.build().unwrap();
        let model = MatchParams::new().fit(&records).unwrap();
        let explainer = model.explainer(&records).unwrap();
        group.bench_function(name, |bencher| bencher.iter(|| explainer.explain(black_box(0), 1).unwrap()));
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
    // Every record as it is, and with the telephone number of the next.
    let with_phone_of = |step: usize| -> Vec<Record<'_>> {
        let all = names.iter().enumerate().map(|(row, (source, id))| {
            let record = Record::new(id.as_str()).source(source);
            records.fields().iter().fold(record, |record, field| {
                let from = if field.kind() == FieldKind::Phone { (row + step) % records.len() } else { row };
                records.values(from, field.name()).fold(record, |r, value| r.value(field.name(), value))
            })
        });
        all.collect()
    };
    let (rows, changed) = (with_phone_of(0), with_phone_of(1));
    let mut group = c.benchmark_group("index");
    let (mut turn, mut turns) = (0, 0);
    group.bench_function("upsert", |b| {
        b.iter(|| {
            // All change, then all change back.
            turn = (turn + 7_919) % rows.len();
            turns += 1;
            let list = if turns / rows.len() % 2 == 0 { &changed } else { &rows };
            index.upsert(black_box(&list[turn])).unwrap()
        });
    });
    for record in &rows {
        index.upsert(record).unwrap();
    }
    group.bench_function("upsert unchanged", |b| {
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

criterion_group!(benches, matching, normalising, comparing, living);
criterion_main!(benches);
