//! What must hold for every ledger, whatever its rows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::data::{Anonymous, Columns, Holdout, Ledger, Observed, Transaction};
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Key, Quantity};
use regulars::{ErrorKind, Place};

/// A row as plain values; an empty text is "none".
#[derive(Clone, Debug)]
struct Plain {
    customer: String,
    day: i32,
    second: u32,
    order: String,
    item: String,
    amount: i64,
    quantity: i64,
}

const START: i32 = 19_700;

fn plain() -> impl Strategy<Value = Plain> {
    let customer = prop_oneof![
        8 => (0..6_i64).prop_map(|n| n.to_string()),
        2 => prop::sample::select(vec!["007", "a", "ann", "王伟", "-3", ""]).prop_map(str::to_owned),
    ];
    let order = prop_oneof![Just(String::new()), (1..30_i64).prop_map(|n| n.to_string()), "[A-C][1-9]"];
    let item = prop::sample::select(vec!["tea", "milk", "12", "7", "面包"]).prop_map(str::to_owned);
    (customer, 0..40_i32, 0..86_400_u32, order, item, -900..2_000_i64, -2..5_i64).prop_map(
        |(customer, day, second, order, item, amount, quantity)| Plain {
            customer,
            day: START + day,
            second,
            order,
            item,
            amount,
            quantity: quantity * 1_000,
        },
    )
}

fn plains() -> impl Strategy<Value = Vec<Plain>> {
    // Some rows twice, so that exact duplicates occur.
    prop::collection::vec((plain(), 1..3_usize), 1..40)
        .prop_map(|rows| rows.into_iter().flat_map(|(row, times)| vec![row; times]).collect())
}

fn by_rows(rows: &[Plain], policy: Anonymous) -> regulars::Result<Ledger> {
    let mut builder = Ledger::builder(Currency::EUR).anonymous(policy);
    for row in rows {
        let day = Day::new(row.day);
        let mut next = match row.customer.as_str() {
            "" => Transaction::anonymous(day),
            customer => Transaction::new(customer, day),
        };
        next = next.item(row.item.as_str()).second_of_day(row.second);
        if !row.order.is_empty() {
            next = next.order(row.order.as_str());
        }
        builder.push(next.amount(Amount::minor(row.amount)).quantity(Quantity::thousandths(row.quantity)))?;
    }
    builder.build()
}

fn by_columns(rows: &[Plain], policy: Anonymous) -> regulars::Result<Ledger> {
    let customers: Vec<String> = rows.iter().map(|r| r.customer.clone()).collect();
    let orders: Vec<String> = rows.iter().map(|r| r.order.clone()).collect();
    let items: Vec<String> = rows.iter().map(|r| r.item.clone()).collect();
    let days: Vec<i32> = rows.iter().map(|r| r.day).collect();
    let seconds: Vec<u32> = rows.iter().map(|r| r.second).collect();
    let amounts: Vec<Amount> = rows.iter().map(|r| Amount::minor(r.amount)).collect();
    let quantities: Vec<Quantity> = rows.iter().map(|r| Quantity::thousandths(r.quantity)).collect();
    let columns = Columns::new(Currency::EUR, &customers, &days)
        .orders(&orders)
        .items(&items)
        .seconds_of_day(&seconds)
        .amounts(&amounts)
        .quantities(&quantities)
        .anonymous(policy);
    Ledger::from_columns(&columns)
}

#[cfg(feature = "csv")]
fn by_csv(rows: &[Plain], policy: Anonymous) -> regulars::Result<Ledger> {
    use regulars::data::csv::{CsvParams, Strictness};
    use std::fmt::Write;

    let mut file = "customer_id,date,order_id,item_id,amount,quantity\n".to_owned();
    for r in rows {
        let (hour, minute, second) = (r.second / 3_600, r.second / 60 % 60, r.second % 60);
        let amount = Currency::EUR.format(Amount::minor(r.amount));
        let quantity = Quantity::thousandths(r.quantity);
        let day = Day::new(r.day);
        writeln!(
            file,
            "{},{day} {hour:02}:{minute:02}:{second:02},{},{},{amount},{quantity}",
            r.customer, r.order, r.item
        )
        .unwrap();
    }
    let params = CsvParams::new(Currency::EUR).strictness(Strictness::Strict).anonymous(policy);
    Ledger::read_csv(file.as_bytes(), &params)
}

type Content = (i32, Option<u32>, Option<String>, Option<String>, Option<i64>, Option<i64>, bool);

fn content(ledger: &Ledger, history: &regulars::data::History<'_>) -> Vec<Content> {
    let order = |rank: u32| ledger.orders().unwrap().get(rank as usize).unwrap().to_string();
    history
        .rows()
        .map(|row| {
            (
                row.day.days_since_epoch(),
                row.second_of_day,
                row.order.map(order),
                row.item.map(|item| ledger.item_key(item).unwrap().to_string()),
                row.amount.map(Amount::in_minor),
                row.quantity.map(Quantity::in_thousandths),
                row.is_refund,
            )
        })
        .collect()
}

/// Everything that an observer sees, by key.
fn seen(now: &Observed<'_>) -> Vec<(String, Vec<Content>)> {
    let rows = now.map(|history| content(now.ledger(), &history));
    let mut all: Vec<_> = rows.iter_keys().map(|(key, rows)| (key.to_string(), rows.clone())).collect();
    all.push((String::new(), content(now.ledger(), &now.anonymous())));
    all
}

fn whole(ledger: &Ledger) -> Option<Vec<(String, Vec<Content>)>> {
    ledger.observed(AsOf::new(ledger.covers().1)).ok().map(|now| seen(&now))
}

fn policy() -> impl Strategy<Value = Anonymous> {
    prop_oneof![Just(Anonymous::Skip), Just(Anonymous::Keep)]
}

proptest! {
    #[test]
    fn the_three_doors_give_one_ledger(rows in plains(), policy in policy()) {
        let Ok(first) = by_rows(&rows, policy) else {
            prop_assert!(by_columns(&rows, policy).is_err());
            return Ok(());
        };
        let second = by_columns(&rows, policy).unwrap();
        prop_assert_eq!(first.customers(), second.customers());
        prop_assert_eq!(whole(&first), whole(&second));
        prop_assert_eq!(first.intake(), second.intake());
        #[cfg(feature = "csv")]
        {
            let third = by_csv(&rows, policy).unwrap();
            prop_assert_eq!(first.customers(), third.customers());
            prop_assert_eq!(whole(&first), whole(&third));
            let (a, b) = (first.intake(), third.intake());
            prop_assert_eq!((a.rows_kept, a.rows_anonymous, a.duplicate_rows), (b.rows_kept, b.rows_anonymous, b.duplicate_rows));
            prop_assert_eq!((a.rows_read, a.refund_rows, &a.rows_skipped), (b.rows_read, b.refund_rows, &b.rows_skipped));
        }
    }

    #[test]
    fn row_order_never_matters(rows in plains(), policy in policy(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut state = seed | 1;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        if let (Ok(first), Ok(second)) = (by_rows(&rows, policy), by_rows(&shuffled, policy)) {
            prop_assert_eq!(whole(&first), whole(&second));
            prop_assert_eq!(first.intake().duplicate_rows, second.intake().duplicate_rows);
        }
    }

    #[test]
    fn what_comes_after_as_of_changes_nothing_observed(
        rows in plains(), later in prop::collection::vec(plain(), 0..20), cut in 0..40_i32, policy in policy(),
    ) {
        let as_of = AsOf::new(Day::new(START + cut));
        let past: Vec<Plain> = rows.iter().filter(|r| r.day <= START + cut).cloned().collect();
        let mut all = past.clone();
        all.extend(later.into_iter().map(|mut r| {
            r.day = START + cut + 1 + r.day % 40;
            r
        }));
        let (Ok(before), Ok(after)) = (by_rows(&past, policy), by_rows(&all, policy)) else { return Ok(()) };
        match (before.observed(as_of), after.observed(as_of)) {
            (Ok(before), Ok(after)) => prop_assert_eq!(seen(&before), seen(&after)),
            (before, after) => prop_assert_eq!(before.is_err(), after.is_err()),
        }
    }

    #[test]
    fn a_split_shares_the_rows_out(rows in plains(), cut in 0..40_i32, days in 1..40_u32) {
        let Ok(ledger) = by_rows(&rows, Anonymous::Skip) else { return Ok(()) };
        let (as_of, horizon) = (AsOf::new(Day::new(START + cut)), Horizon::days(days).unwrap());
        let until = Day::new(START + cut + days.cast_signed());
        match ledger.split(as_of, horizon) {
            Ok(split) => {
                let holdout: Holdout<'_> = split.holdout();
                prop_assert_eq!(holdout.days(), (Day::new(START + cut + 1), until));
                for (customer, key) in ledger.customers().iter().enumerate().map(|(i, k)| (i, k.to_string())) {
                    let ix = ledger.customer(key.as_str()).unwrap();
                    prop_assert_eq!(ix.index(), customer);
                    let of_key = || rows.iter().filter(|r| r.customer == key);
                    let known = split.observed().history(ix).unwrap().map_or(0, |h| h.len());
                    prop_assert_eq!(known, of_key().filter(|r| r.day <= START + cut).count());
                    let label = holdout.history(ix).unwrap();
                    let inside = |r: &&Plain| r.day > START + cut && Day::new(r.day) <= until;
                    prop_assert_eq!(label.len(), of_key().filter(inside).count());
                }
            }
            Err(error) => {
                let nobody = rows.iter().all(|r| r.customer.is_empty() || r.day > START + cut);
                prop_assert!(nobody || until > ledger.covers().1);
                let kind = if nobody { ErrorKind::EmptyInput } else { ErrorKind::InvalidInput };
                prop_assert_eq!(error.kind(), kind);
            }
        }
    }

    #[test]
    fn every_row_is_accounted_for(rows in plains(), policy in policy()) {
        let Ok(ledger) = by_rows(&rows, policy) else { return Ok(()) };
        let intake = ledger.intake();
        let skipped: u64 = intake.rows_skipped.values().sum();
        prop_assert_eq!(intake.rows_read, rows.len() as u64);
        prop_assert_eq!(intake.rows_read, intake.rows_kept + intake.rows_anonymous + skipped);
        let kept = || rows.iter().filter(|r| policy == Anonymous::Keep || !r.customer.is_empty());
        prop_assert_eq!(intake.refund_rows, kept().filter(|r| r.amount < 0 || r.quantity < 0).count() as u64);
        let mut distinct: Vec<String> = kept().map(|r| format!("{r:?}")).collect();
        let all = distinct.len();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(intake.duplicate_rows, (all - distinct.len()) as u64);
    }

    #[test]
    fn relabelling_equals_reading_under_the_new_names(rows in plains(), people in 1..4_i64) {
        let person = |key: &str| match key.parse::<i64>() {
            Ok(n) if n >= 0 && key != "007" => format!("person {}", n % people),
            _ => key.to_owned(),
        };
        let renamed: Vec<Plain> = rows
            .iter()
            .map(|r| Plain { customer: if r.customer.is_empty() { String::new() } else { person(&r.customer) }, ..r.clone() })
            .collect();
        let Ok(ledger) = by_rows(&rows, Anonymous::Keep) else { return Ok(()) };
        let expected = by_rows(&renamed, Anonymous::Keep).unwrap();
        let relabelled = ledger
            .relabel(|key| {
                let (old, new) = (key.to_text(), person(&key.to_text()));
                (old != new).then(|| Key::from(new))
            })
            .unwrap();
        prop_assert_eq!(relabelled.customers(), expected.customers());
        prop_assert_eq!(whole(&relabelled), whole(&expected));
        prop_assert_eq!(relabelled.intake(), expected.intake());
        prop_assert_eq!(relabelled.covers(), ledger.covers());
        prop_assert_eq!(whole(&ledger.relabel(|_| None).unwrap()), whole(&ledger));
    }
}

fn two_customers() -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for (customer, day, item) in [("ann", 1, "tea"), ("bob", 5, "milk")] {
        let day = Day::ymd(2024, 5, day).unwrap();
        builder.push(Transaction::new(customer, day).item(item).amount(Amount::minor(100))).unwrap();
    }
    builder.build().unwrap()
}

#[test]
fn an_index_of_another_ledger_is_an_error() {
    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new("zoe", Day::ymd(2024, 5, 1).unwrap()).item("cake")).unwrap();
    let (ours, theirs) = (two_customers(), builder.build().unwrap());
    let now = ours.observed(AsOf::ymd(2024, 5, 31).unwrap()).unwrap();
    let (foreign, item) = (theirs.customer("zoe").unwrap(), theirs.item("cake").unwrap());
    assert_eq!(now.history(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ours.customer_key(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ours.item_key(item).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(now.map(|h| h.len()).get(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(
        now.history(two_customers().customer("ann").unwrap()).unwrap().is_some(),
        "equal customers, equal indices"
    );
}

#[test]
fn a_name_taken_by_accident_does_not_join_two_people() {
    let error =
        two_customers().relabel(|key| (key == Key::from("ann")).then(|| Key::from("bob"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(!error.to_string().contains("bob"), "keys stay out of messages");
    let meant = two_customers().relabel(|_| Some(Key::from("bob"))).unwrap();
    assert_eq!((meant.customers().len(), meant.len()), (1, 2));
}

#[test]
fn covered_days_grow_and_never_shrink() {
    let ledger = two_customers();
    let (first, last) = ledger.covers();
    let wider = ledger.covering(first, Day::ymd(2024, 12, 31).unwrap()).unwrap();
    let year_end = AsOf::ymd(2024, 5, 31).unwrap();
    assert!(ledger.split(year_end, Horizon::days(90).unwrap()).is_err());
    assert!(wider.split(year_end, Horizon::days(90).unwrap()).is_ok());
    assert_eq!(ledger.covering(first, first).unwrap_err().kind(), ErrorKind::InvalidParam);
    assert_eq!(ledger.covering(last, first).unwrap_err().kind(), ErrorKind::InvalidParam);
}

#[test]
fn columns_of_unequal_length_and_bad_floats_are_named() {
    let (customers, days) = (vec![1_i64, 2], vec![1_i32, 2]);
    let short = Ledger::from_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&vec![1.0]))
        .unwrap_err();
    assert_eq!(
        (short.kind(), short.place()),
        (ErrorKind::ShapeMismatch, Some(&Place::Column("amounts".into())))
    );
    for (value, kind) in [
        (f64::NAN, ErrorKind::InvalidInput),
        (f64::INFINITY, ErrorKind::InvalidInput),
        (1e300, ErrorKind::Overflow),
    ] {
        let amounts = vec![1.0, value];
        let error = Ledger::from_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts))
            .unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.place(), Some(&Place::Row { row: 2, column: Some("amounts".into()) }));
    }
    let empty = Ledger::from_columns(&Columns::new(Currency::EUR, &Vec::<i64>::new(), &Vec::<i32>::new()))
        .unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::EmptyInput);
}

#[test]
fn a_second_currency_names_its_row() {
    let mut builder = Ledger::builder(Currency::EUR);
    let row = || Transaction::new("ann", Day::ymd(2024, 5, 1).unwrap());
    builder.push(row().currency(Currency::EUR)).unwrap();
    let error = builder.push(row().currency(Currency::USD)).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Row { row: 2, column: Some("currency".into()) }));
    builder.push(row()).unwrap();
    assert_eq!(builder.build().unwrap().len(), 2, "the builder goes on without the refused row");
}

#[test]
fn debug_prints_counts_and_no_keys() {
    let ledger = two_customers();
    let now = ledger.observed(AsOf::ymd(2024, 5, 31).unwrap()).unwrap();
    let printed = format!("{ledger:?} {now:?} {:?} {:?}", now.customers().len(), now.map(|h| h.len()));
    assert!(!printed.contains("ann") && !printed.contains("tea"), "{printed}");
}
