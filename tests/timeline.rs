//! Events and contracts: one content through every door, and nothing from after the day of the view.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::ErrorKind;
use regulars::data::{Contract, Contracts, Event, Events};
use regulars::types::{AsOf, Day};

type PlainEvent = (String, i32, String, Option<f64>);
type PlainContract = (String, i32, Option<i32>, String);

fn event() -> impl Strategy<Value = PlainEvent> {
    let value = prop_oneof![Just(None), (-3..4_i32).prop_map(|v| Some(f64::from(v) / 2.0))];
    ("[a-c1-3]", 0..30_i32, prop::sample::select(vec!["call", "visit", "7"]).prop_map(str::to_owned), value)
}

fn contract() -> impl Strategy<Value = PlainContract> {
    let plan = prop::sample::select(vec!["", "basic", "12"]).prop_map(str::to_owned);
    ("[a-c1-3]", 0..30_i32, prop::option::of(0..30_i32), plan)
        .prop_map(|(customer, start, length, plan)| (customer, start, length.map(|l| start + l), plan))
}

fn events(rows: &[PlainEvent]) -> Events {
    let mut builder = Events::builder();
    for (customer, day, kind, value) in rows {
        let event = Event::new(customer, Day::new(*day), kind);
        builder.push(value.map_or(event.clone(), |v| event.value(v))).unwrap();
    }
    builder.build().unwrap()
}

fn contracts(rows: &[PlainContract]) -> Contracts {
    let mut builder = Contracts::builder();
    for (customer, start, end, plan) in rows {
        let mut contract = Contract::new(customer, Day::new(*start));
        if let Some(end) = end {
            contract = contract.end(Day::new(*end));
        }
        if !plan.is_empty() {
            contract = contract.plan(plan);
        }
        builder.push(contract).unwrap();
    }
    builder.build().unwrap()
}

fn seen_events(events: &Events, day: i32) -> Vec<String> {
    let now = events.observed(AsOf::new(Day::new(day)));
    ["1", "2", "3", "a", "b", "c"]
        .iter()
        .map(|key| format!("{:?}", now.history(*key).rows().collect::<Vec<_>>()))
        .collect()
}

fn seen_contracts(contracts: &Contracts, day: i32) -> Vec<String> {
    let now = contracts.observed(AsOf::new(Day::new(day)));
    let of = |key: &&str| {
        let history = now.history(*key);
        format!("{} {:?}", history.is_running(), history.rows().collect::<Vec<_>>())
    };
    ["1", "2", "3", "a", "b", "c"].iter().map(of).collect()
}

proptest! {
    #[test]
    fn doors_and_orders_agree(rows in prop::collection::vec(event(), 1..30), more in prop::collection::vec(contract(), 1..30)) {
        let mut backward = rows.clone();
        backward.reverse();
        prop_assert_eq!(seen_events(&events(&rows), 99), seen_events(&events(&backward), 99));
        let (customers, days): (Vec<String>, Vec<i32>) = rows.iter().map(|r| (r.0.clone(), r.1)).unzip();
        let kinds: Vec<String> = rows.iter().map(|r| r.2.clone()).collect();
        let values: Vec<f64> = rows.iter().map(|r| r.3.unwrap_or(f64::NAN)).collect();
        let columns = Events::from_columns(&customers, &days, &kinds, Some(&values)).unwrap();
        prop_assert_eq!(seen_events(&columns, 99), seen_events(&events(&rows), 99));

        let mut backward = more.clone();
        backward.reverse();
        prop_assert_eq!(seen_contracts(&contracts(&more), 99), seen_contracts(&contracts(&backward), 99));
        let (customers, starts): (Vec<String>, Vec<i32>) = more.iter().map(|r| (r.0.clone(), r.1)).unzip();
        let ends: Vec<Option<Day>> = more.iter().map(|r| r.2.map(Day::new)).collect();
        let plans: Vec<String> = more.iter().map(|r| r.3.clone()).collect();
        let columns = Contracts::from_columns(&customers, &starts, &ends, Some((&plans).into())).unwrap();
        prop_assert_eq!(seen_contracts(&columns, 99), seen_contracts(&contracts(&more), 99));

        #[cfg(feature = "csv")]
        {
            use regulars::data::TimelineCsvParams;
            use std::fmt::Write;
            let mut file = "customer,date,kind,value\n".to_owned();
            for (customer, day, kind, value) in &rows {
                let value = value.map(|v| v.to_string()).unwrap_or_default();
                writeln!(file, "{customer},{},{kind},{value}", Day::new(*day)).unwrap();
            }
            let read = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap();
            prop_assert_eq!(seen_events(&read, 99), seen_events(&events(&rows), 99));
            let mut file = "customer,start,end,plan\n".to_owned();
            for (customer, start, end, plan) in &more {
                let end = end.map(|d| Day::new(d).to_string()).unwrap_or_default();
                writeln!(file, "{customer},{},{end},{plan}", Day::new(*start)).unwrap();
            }
            let read = Contracts::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap();
            prop_assert_eq!(seen_contracts(&read, 99), seen_contracts(&contracts(&more), 99));
        }
    }

    #[test]
    fn the_future_is_not_seen(rows in prop::collection::vec(contract(), 1..30), past in prop::collection::vec(event(), 1..20),
        later in prop::collection::vec(event(), 0..20), cut in 0..30_i32, shift in 1..20_i32) {
        // Every end after the cut moves, every start after the cut goes.
        let altered: Vec<PlainContract> = rows
            .iter()
            .filter(|r| r.1 <= cut)
            .map(|r| (r.0.clone(), r.1, r.2.map(|end| if end > cut { end + shift } else { end }), r.3.clone()))
            .collect();
        if !altered.is_empty() {
            prop_assert_eq!(seen_contracts(&contracts(&rows), cut), seen_contracts(&contracts(&altered), cut));
        }
        let past: Vec<PlainEvent> = past.into_iter().filter(|r| r.1 <= cut).collect();
        if !past.is_empty() {
            let mut all = past.clone();
            all.extend(later.into_iter().map(|mut r| { r.1 += cut + 1; r }));
            prop_assert_eq!(seen_events(&events(&past), cut), seen_events(&events(&all), cut));
        }
    }
}

#[test]
fn bad_rows_are_named() {
    let day = Day::new(10);
    let error = Events::builder().push(Event::new("a", day, "call").value(f64::NAN)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(Contracts::builder().push(Contract::new("a", day).end(Day::new(9))).is_err());
    assert!(Contracts::builder().push(Contract::new("a", day).end(day)).is_ok());
    assert_eq!(Events::builder().build().unwrap_err().kind(), ErrorKind::EmptyInput);
    let (customers, days) = (vec!["a", ""], vec![1_i32, 2]);
    let error = Events::from_columns(&customers, &days, &vec!["x", "y"], None).unwrap_err();
    assert!(error.to_string().starts_with("row 2, column `customers`"), "{error}");
    let error = Contracts::from_columns(&customers, &days, &[None], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
}

#[cfg(feature = "csv")]
#[test]
fn files_with_faults() {
    use regulars::data::TimelineCsvParams;
    use regulars::data::csv::{CsvFormat, Strictness};

    let file =
        "customer,start,end\na,2024-01-01,2023-01-01\n,2024-01-01,\nb,soon,\nc,2024-01-01,2024-01-31\n";
    let contracts = Contracts::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap();
    assert_eq!((contracts.len(), contracts.rows_skipped().values().sum::<u64>()), (1, 3));
    let strict = TimelineCsvParams::new().format(CsvFormat::new().strictness(Strictness::Strict));
    let error = Contracts::read_csv(file.as_bytes(), &strict).unwrap_err();
    assert!(error.to_string().starts_with("row 2, column `end`"), "{error}");
    let wrong = TimelineCsvParams::new().column("colour", "x");
    assert_eq!(Contracts::read_csv(file.as_bytes(), &wrong).unwrap_err().kind(), ErrorKind::InvalidParam);
    let missing = Events::read_csv("customer,date\na,2024-01-01\n".as_bytes(), &TimelineCsvParams::new());
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::InvalidInput);
}
