//! Columns: any of them are a ledger or an error, their order never matters, and any ledger can grow.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Anonymous, Columns, Conflicts, Holdout, Ledger};
use regulars::types::{Amount, AsOf, Currency, Horizon, Quantity};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    customers: Vec<&'a str>,
    integers: Option<Vec<i64>>,
    days: Vec<i32>,
    amounts: Option<Vec<f64>>,
    minor: Option<Vec<i64>>,
    quantities: Option<Vec<i64>>,
    seconds: Option<Vec<u32>>,
    items: Option<Vec<&'a str>>,
    orders: Option<Vec<i64>>,
    keep_anonymous: bool,
    horizon: u16,
    known: Option<Vec<i32>>,
    ids: Option<Vec<i64>>,
    count_conflicts: bool,
}

fn cut<T>(mut values: Vec<T>, n: usize, is_reversed: bool) -> Vec<T> {
    values.truncate(n);
    if is_reversed {
        values.reverse();
    }
    values
}

/// The ledger of the columns, in the order given or reversed.
fn ledger(input: &Input<'_>, is_reversed: bool) -> Option<Ledger> {
    let lengths = [
        Some(input.integers.as_ref().map_or(input.customers.len(), Vec::len)),
        Some(input.days.len()),
        input.amounts.as_ref().map(Vec::len),
        input.minor.as_ref().map(Vec::len),
        input.quantities.as_ref().map(Vec::len),
        input.seconds.as_ref().map(Vec::len),
        input.items.as_ref().map(Vec::len),
        input.orders.as_ref().map(Vec::len),
        input.known.as_ref().map(Vec::len),
        input.ids.as_ref().map(Vec::len),
    ];
    let n = lengths.into_iter().flatten().min()?;
    let texts = cut(input.customers.clone(), n, is_reversed);
    let integers = input.integers.clone().map(|v| cut(v, n, is_reversed));
    let days = cut(input.days.clone(), n, is_reversed);
    let amounts = input.amounts.clone().map(|v| cut(v, n, is_reversed));
    let minor = input.minor.clone().map(|v| cut(v.into_iter().map(Amount::minor).collect(), n, is_reversed));
    let quantities =
        input.quantities.clone().map(|v| cut(v.into_iter().map(Quantity::thousandths).collect(), n, is_reversed));
    let seconds = input.seconds.clone().map(|v| cut(v, n, is_reversed));
    let items = input.items.clone().map(|v| cut(v, n, is_reversed));
    let orders = input.orders.clone().map(|v| cut(v, n, is_reversed));
    let known = input.known.clone().map(|v| cut(v, n, is_reversed));
    let ids = input.ids.clone().map(|v| cut(v, n, is_reversed));
    let mut columns = match &integers {
        Some(integers) => Columns::new(Currency::EUR, integers, &days),
        None => Columns::new(Currency::EUR, &texts, &days),
    };
    if let Some(values) = &amounts {
        columns = columns.amounts(values);
    }
    if let Some(values) = &minor {
        columns = columns.amounts(values);
    }
    if let Some(values) = &quantities {
        columns = columns.quantities(values);
    }
    if let Some(values) = &seconds {
        columns = columns.seconds_of_day(values);
    }
    if let Some(values) = &items {
        columns = columns.items(values);
    }
    if let Some(values) = &orders {
        columns = columns.orders(values);
    }
    if let Some(values) = &known {
        columns = columns.known(values);
    }
    if let Some(values) = &ids {
        columns = columns.ids(values);
    }
    if input.count_conflicts {
        columns = columns.conflicts(Conflicts::Count);
    }
    if input.keep_anonymous {
        columns = columns.anonymous(Anonymous::Keep);
    }
    Ledger::from_columns(&columns).ok()
}

fn rows(ledger: &Ledger) -> Vec<String> {
    let Ok(now) = ledger.observed(AsOf::new(ledger.covers().1)) else { return Vec::new() };
    let mut all: Vec<String> = now.map(|h| h.rows().map(|r| format!("{r:?}")).collect::<Vec<_>>()).into_values().concat();
    all.extend(now.anonymous().rows().map(|r| format!("{r:?}")));
    all
}

fuzz_target!(|data: &[u8]| {
    let Ok(input) = Input::arbitrary(&mut Unstructured::new(data)) else { return };
    let (mut forward, mut backward) = (None, None);
    regulars_fuzz::guarded(data, |_| forward = ledger(&input, false));
    regulars_fuzz::guarded(data, |_| backward = ledger(&input, true));
    match (forward, backward) {
        (Some(forward), Some(backward)) => {
            assert_eq!(rows(&forward), rows(&backward));
            let twice = forward.extend(&backward).expect("two ledgers of one kind, without a conflict between them");
            let intake = twice.intake();
            assert_eq!(twice.len() as u64 + intake.repeated_ids - 2 * forward.intake().repeated_ids, 2 * forward.len() as u64);
            assert_eq!(intake.corrected_rows, forward.intake().corrected_rows);
            let (first, last) = forward.covers();
            assert!(first <= last);
            if let Ok(horizon) = Horizon::days(input.horizon.into())
                && let Ok(split) = forward.split(AsOf::new(first), horizon)
            {
                let holdout: Holdout<'_> = split.holdout();
                for customer in split.observed().customers().iter() {
                    assert!(holdout.history(customer).is_ok_and(|h| h.days().iter().all(|d| *d > first)));
                }
            }
        }
        (None, None) => {}
        _ => panic!("the order of rows decided whether they are a ledger"),
    }
});
