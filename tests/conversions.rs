//! Foreign values come in as they are: nullable columns, cents, exact decimals, UUIDs and options give the ledger that the
//! same rows give.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::ErrorKind;
use regulars::data::{
    AmountColumn, Columns, Ledger, Occasion, Purchases, Refunds, Summary, SummaryParams, Transaction,
};
use regulars::types::{Amount, AsOf, Currency, Day, Key};

/// A row of a database: customer and item may be null, the amount is in cents.
type Row = (Option<i64>, i32, Option<String>, i64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let customer = prop_oneof![4 => (-3_i64..6).prop_map(Some), 1 => Just(None)];
    let item =
        prop_oneof![2 => "[a-c0-9]{1,2}".prop_map(Some), 1 => Just(None), 1 => Just(Some(String::new()))];
    prop::collection::vec((customer, 19_000..19_030, item, -5_000_i64..5_000), 1..40)
}

/// What a ledger holds, customer by customer.
fn held(ledger: &Ledger) -> Vec<(Key<'static>, Vec<String>)> {
    let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
    let rows = now.map(|history| {
        let item =
            |row: &regulars::data::Row| row.item.map(|item| ledger.item_key(item).unwrap().into_owned());
        history
            .rows()
            .map(|row| format!("{} {:?} {:?}", row.day, item(&row).map(|key| key.to_string()), row.amount))
            .collect()
    });
    rows.iter_keys().map(|(key, rows): (_, &Vec<String>)| (key.into_owned(), rows.clone())).collect()
}

/// What a table of purchases says of each customer.
fn bought(table: &Purchases) -> Vec<(Key<'_>, Day, Day, u32, Option<Amount>)> {
    let row = |row: usize| {
        let spend = table.spend().map(|spend| spend[row]);
        let key = table.customers().key(row).unwrap();
        (key, table.first_days()[row], table.last_days()[row], table.occasions()[row], spend)
    };
    (0..table.len()).map(row).collect()
}

/// The purchases of a ledger under the policies that a summary has by default.
fn purchases(ledger: &Ledger, as_of: AsOf) -> Purchases {
    Purchases::observed(ledger.observed(as_of).unwrap(), Occasion::default(), Refunds::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn nullable_columns_and_cents_are_the_rows(rows in rows()) {
        prop_assume!(rows.iter().any(|row| row.0.is_some()));
        let currency = Currency::EUR;
        let mut pushed = Ledger::builder(currency);
        pushed.extend(rows.iter().map(|(customer, day, item, cents)| {
            let item = item.as_deref().filter(|text| !text.is_empty());
            Transaction::new(*customer, Day::new(*day)).item(item).amount(Amount::minor(*cents))
        }));
        let expected = pushed.build().unwrap();

        let customers: Vec<Option<i64>> = rows.iter().map(|row| row.0).collect();
        let texts: Vec<Option<String>> = customers.iter().map(|key| key.map(|key| key.to_string())).collect();
        let borrowed: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let days: Vec<i32> = rows.iter().map(|row| row.1).collect();
        let items: Vec<Option<String>> = rows.iter().map(|row| row.2.clone()).collect();
        let cents: Vec<i64> = rows.iter().map(|row| row.3).collect();
        let euros: Vec<f64> = cents.iter().map(|cents| *cents as f64 / 100.0).collect();
        let amounts = [AmountColumn::from(&cents), AmountColumn::from(&euros)];
        for (column, amounts) in [
            Columns::new(currency, &customers, &days),
            Columns::new(currency, &texts, &days),
            Columns::new(currency, &borrowed, &days),
        ].into_iter().flat_map(|columns| amounts.map(|amounts| (columns.clone(), amounts))) {
            let columns = column.items(&items).amounts(amounts);
            let ledger = Ledger::from_columns(&columns).unwrap();
            prop_assert_eq!(held(&ledger), held(&expected));
            prop_assert_eq!(ledger.intake(), expected.intake());

            let as_of = AsOf::new(ledger.covers().1);
            let mut sums = Summary::new(SummaryParams::new(as_of, currency));
            sums.push_columns(&columns).unwrap();
            let (finished, observed) = (sums.finish().unwrap(), purchases(&expected, as_of));
            prop_assert_eq!(bought(&finished), bought(&observed));
        }
    }
}

#[cfg(feature = "rust_decimal")]
#[test]
fn columns_of_decimals_round_as_texts_and_name_the_row_that_does_not_fit() {
    use rust_decimal::Decimal;

    let (customers, days) = ([1_i64, 2, 3, 4], [19_000, 19_001, 19_002, 19_003]);
    let texts = ["19.99", "1.005", "-1.015", "0.1"];
    let decimals: Vec<Decimal> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let columns = Columns::new(Currency::EUR, &customers[..], &days[..]);
    let ledger = Ledger::from_columns(&columns.clone().amounts(&decimals)).unwrap();
    let amounts: Vec<Amount> = texts.iter().map(|text| Currency::EUR.parse(text).unwrap()).collect();
    let expected = Ledger::from_columns(&columns.clone().amounts(&amounts)).unwrap();
    assert_eq!(held(&ledger), held(&expected));
    assert_eq!((ledger.intake().rounded_amounts, expected.intake().rounded_amounts), (2, 0));

    let as_of = AsOf::new(Day::new(19_003));
    let mut sums = Summary::new(SummaryParams::new(as_of, Currency::EUR));
    sums.push_columns(&columns.clone().amounts(&decimals)).unwrap();
    assert_eq!(sums.tally().rounded_amounts, 2);
    assert_eq!(bought(&sums.finish().unwrap()), bought(&purchases(&expected, as_of)));

    let mut beyond = decimals;
    beyond[2] = Decimal::MAX;
    let columns = columns.amounts(&beyond);
    let mut sums = Summary::new(SummaryParams::new(as_of, Currency::EUR));
    for error in [Ledger::from_columns(&columns).unwrap_err(), sums.push_columns(&columns).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Overflow);
        assert!(error.to_string().starts_with("row 3, column `amounts`:"), "{error}");
    }
}

#[cfg(feature = "uuid")]
#[test]
fn a_ledger_of_uuids_is_asked_by_uuid_or_text() {
    use uuid::Uuid;

    let ids = [5_u128, 7, 1 << 100].map(Uuid::from_u128);
    let mut builder = Ledger::builder(Currency::EUR);
    builder.extend(ids.iter().map(|id| Transaction::new(*id, Day::new(0)).order(Some(*id))));
    let ledger = builder.build().unwrap();
    assert_eq!(ledger.customers().len(), 3);
    for id in ids {
        let customer = ledger.customer(id).unwrap();
        assert_eq!(ledger.customer(id.to_string().as_str()), Some(customer));
        assert_eq!(Uuid::try_from(&ledger.customer_key(customer).unwrap()).unwrap(), id);
    }
}

#[test]
fn bad_text_is_bad_input_whatever_it_should_have_been() {
    use regulars::profile::ProfileId;
    use regulars::types::{Horizon, Language};

    let kinds = [
        "2024-02-30".parse::<Day>().unwrap_err(),
        "2024-02-20 10:00".parse::<Day>().unwrap_err(),
        "30/02/2024".parse::<Day>().unwrap_err(),
        "20240230".parse::<AsOf>().unwrap_err(),
        "0 days".parse::<Horizon>().unwrap_err(),
        "99999999999999 days".parse::<Horizon>().unwrap_err(),
        "klingon".parse::<Language>().unwrap_err(),
        "EURO".parse::<Currency>().unwrap_err(),
        Currency::new("").unwrap_err(),
        Currency::EUR.parse("12,5").unwrap_err(),
        "12".parse::<ProfileId>().unwrap_err(),
    ]
    .map(|error| error.kind());
    assert!(kinds.iter().all(|kind| *kind == ErrorKind::InvalidInput), "{kinds:?}");
}
