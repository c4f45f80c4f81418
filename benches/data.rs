//! Speed of `data`: its constructors, its views, growing and relabelling. Memory and peers are measured by `benches/peers`.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a bench may fail")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use regulars::data::csv::CsvParams;
use regulars::data::{Columns, Ledger};
use regulars::simulate::ShopParams;
use regulars::types::{Amount, AsOf, Currency, Day, Key, Quantity, Seed};

fn doors(c: &mut Criterion) {
    let shop = ShopParams::new(20_000, Seed(7)).simulate().unwrap();
    let rows: Vec<_> = shop.rows().collect();
    let customers: Vec<i64> = rows.iter().filter_map(|r| r.customer).collect();
    assert_eq!(customers.len(), rows.len());
    let days: Vec<Day> = rows.iter().map(|r| r.day).collect();
    let amounts: Vec<Amount> = rows.iter().map(|r| r.amount).collect();
    let items: Vec<i64> = rows.iter().map(|r| r.item).collect();
    let orders: Vec<i64> = rows.iter().map(|r| r.order).collect();
    let quantities: Vec<Quantity> = rows.iter().map(|r| r.quantity).collect();
    let mut file = "customer_id,date,order_id,item_id,quantity,amount\n".to_owned();
    for r in &rows {
        let amount = Currency::EUR.format(r.amount);
        let customer = r.customer.unwrap_or_default();
        writeln!(file, "{customer},{} 10:20:30,{},{},{},{amount}", r.day, r.order, r.item, r.quantity)
            .unwrap();
    }

    let mut group = c.benchmark_group("data");
    group.sample_size(10).throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("from_columns, three", |b| {
        b.iter(|| {
            Ledger::from_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts)).unwrap()
        });
    });
    let columns = Columns::new(Currency::EUR, &customers, &days)
        .amounts(&amounts)
        .orders(&orders)
        .items(&items)
        .quantities(&quantities);
    group.bench_function("from_columns, six", |b| b.iter(|| Ledger::from_columns(&columns).unwrap()));
    group.bench_function("read_csv", |b| {
        b.iter(|| Ledger::read_csv(black_box(file.as_bytes()), &CsvParams::new(Currency::EUR)).unwrap());
    });
    let ledger = Ledger::from_columns(&columns).unwrap();
    group.bench_function("observed, map", |b| {
        let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
        b.iter(|| now.map(|history| history.last_day()));
    });
    // One day's rows for every hundred of the past, beside the build of all of them.
    let cut = rows.len() - rows.len() / 101;
    let part = |rows: std::ops::Range<usize>| {
        let columns = Columns::new(Currency::EUR, &customers[rows.clone()], &days[rows.clone()])
            .amounts(&amounts[rows.clone()])
            .items(&items[rows]);
        Ledger::from_columns(&columns).unwrap()
    };
    let (old, new) = (part(0..cut), part(cut..rows.len()));
    group.bench_function("build, four", |b| b.iter(|| part(0..rows.len())));
    group.bench_function("extend, four", |b| b.iter(|| old.extend(&new).unwrap()));
    group.bench_function("behaviour", |b| {
        let day = ledger.covers().1;
        let mut back = 0;
        b.iter(|| {
            // Another day each time: a ledger keeps the latest few.
            back = (back + 1) % 100;
            ledger.observed(AsOf::new(day.checked_add(-back).unwrap())).unwrap().behaviour().unwrap()
        });
    });
    group.bench_function("relabel", |b| {
        b.iter_batched(
            || ledger.clone(),
            |ledger| ledger.relabel(|key| Some(Key::from(key.as_integer()? / 2))).unwrap(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, doors);
criterion_main!(benches);
