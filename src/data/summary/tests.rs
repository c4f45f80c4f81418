use proptest::prelude::*;

use super::*;
use crate::ErrorKind;
use crate::data::{Columns, Ledger, Occasion, Refunds, Transaction};
use crate::types::{Amount, AsOf, Currency, Day, Key, Quantity};

/// The as-of day of all tests: days of the generated rows lie on both sides of it.
const AS_OF: i32 = 200;

/// One generated row.
#[derive(Clone, Debug)]
struct Buy {
    /// A digit or a letter: few, so that days and orders repeat.
    customer: String,
    day: i32,
    /// Minor units.
    amount: i64,
    /// Pieces; -1 makes a refund of a positive amount.
    quantity: i64,
    order: u8,
}

/// Few customers, days on both sides of zero and of the as-of day, refunds, zeros, and amounts beyond 32 bits: every
/// path a row can take.
fn buys(text_keys: bool) -> impl Strategy<Value = Vec<Buy>> {
    let customer = if text_keys { "[a-c]|[0-4]" } else { "-?[0-9]" };
    let amount = prop_oneof![4 => -500_i64..5_000, 1 => Just(0), 1 => Just(5_000_000_000)];
    let buy = (customer, -70_i32..230, amount, -1_i64..4, 0_u8..6)
        .prop_map(|(customer, day, amount, quantity, order)| Buy { customer, day, amount, quantity, order });
    prop::collection::vec(buy, 1..120)
}

/// The row as the doors take it.
fn row(buy: &Buy) -> Transaction<'_> {
    Transaction::new(buy.customer.as_str(), Day::new(buy.day))
        .amount(Amount::minor(buy.amount))
        .quantity(Quantity::units(i32::try_from(buy.quantity).unwrap()))
        .order(u32::from(buy.order))
}

/// A policy as of the day of the tests.
fn params(occasion: Occasion, refunds: Refunds) -> SummaryParams {
    SummaryParams::new(AsOf::new(Day::new(AS_OF)), Currency::EUR).occasion(occasion).refunds(refunds)
}

/// A summary of rows, one by one.
fn pushed<'a>(params: SummaryParams, buys: impl IntoIterator<Item = &'a Buy>) -> Summary {
    let mut summary = Summary::new(params);
    for buy in buys {
        summary.push(row(buy)).unwrap();
    }
    summary
}

/// A customer's key; first day, last day, occasions, those of the first day; spend and that of the first day.
type Row = (Key<'static>, (Day, Day, u32, u32), Option<(Amount, Amount)>);

/// A table as comparable rows, and how many customers it leaves out.
fn rows(table: &Purchases) -> (Vec<Row>, usize) {
    let row = |i: usize| {
        let key = table.customers().key(i).unwrap().into_owned();
        let days = (table.first_days()[i], table.last_days()[i]);
        let counts = (table.occasions()[i], table.first_day_occasions()[i]);
        let money = table.spend().map(|s| (s[i], table.first_day_spend().unwrap()[i]));
        (key, (days.0, days.1, counts.0, counts.1), money)
    };
    let mut all: Vec<Row> = (0..table.len()).map(row).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    (all, table.without_purchase())
}

/// Every combination of occasions and refunds.
fn policies() -> impl Iterator<Item = (Occasion, Refunds)> {
    [Occasion::Row, Occasion::Day, Occasion::Order]
        .into_iter()
        .flat_map(|occasion| [Refunds::Net, Refunds::Ignore].map(|refunds| (occasion, refunds)))
}

/// The promise of the page: a ledger, one pass, and three shards merged in some order agree in every column.
fn check(buys: &[Buy], seed: usize) -> Result<(), TestCaseError> {
    let mut builder = Ledger::builder(Currency::EUR);
    for buy in buys {
        builder.push(row(buy)).unwrap();
    }
    let ledger = builder.build().unwrap();
    let Ok(observed) = ledger.observed(AsOf::new(Day::new(AS_OF))) else { return Ok(()) };
    for (occasion, refunds) in policies() {
        let expected = rows(&Purchases::observed(observed, occasion, refunds).unwrap());
        let params = params(occasion, refunds);
        let one_pass = pushed(params, buys);
        let late = buys.iter().filter(|b| b.day > AS_OF).count() as u64;
        prop_assert_eq!(one_pass.tally().rows_after_as_of, late);
        prop_assert_eq!(&rows(&one_pass.finish().unwrap()), &expected);
        let mut shards: Vec<Summary> =
            (0..3).map(|s| pushed(params, buys.iter().skip(s).step_by(3))).collect();
        shards.rotate_left(seed % 3);
        if seed.is_multiple_of(2) {
            shards.reverse();
        }
        let mut merged = shards.pop().unwrap();
        for shard in shards {
            merged.merge(shard).unwrap();
        }
        prop_assert_eq!(merged.tally().rows_read, buys.len() as u64);
        prop_assert_eq!(&rows(&merged.finish().unwrap()), &expected);
        by_nights(&ledger, params, buys, seed)?;
    }
    Ok(())
}

/// Rows that come in any order over several nights, with the as-of day moved on each night, give what a
/// ledger gives as of every one of those days; rows that are not due are counted.
fn by_nights(ledger: &Ledger, params: SummaryParams, buys: &[Buy], seed: usize) -> Result<(), TestCaseError> {
    let SummaryParams { occasion, refunds, .. } = params;
    let start = AsOf::new(Day::new(AS_OF - 40));
    let mut sums = Summary::new(SummaryParams { as_of: start, ..params });
    let mut other = sums.clone();
    for (number, buy) in buys.iter().enumerate() {
        if (number + seed).is_multiple_of(2) { &mut sums } else { &mut other }.push(row(buy)).unwrap();
    }
    other.advance(AsOf::new(Day::new(AS_OF - 20))).unwrap();
    sums.merge(other).unwrap();
    prop_assert!(sums.advance(start).is_err());
    for day in [AS_OF - 20, AS_OF - 1, AS_OF, AS_OF + 50, i32::MAX] {
        let as_of = AsOf::new(Day::new(day));
        let late = |day: Day| buys.iter().filter(|buy| Day::new(buy.day) > day).count() as u64;
        let due = late(sums.as_of().day()) - late(as_of.day());
        prop_assert_eq!(sums.advance(as_of).unwrap(), due);
        prop_assert_eq!(sums.tally().rows_after_as_of, late(as_of.day()));
        #[cfg(feature = "serde")]
        {
            let mut file = Vec::new();
            crate::persist::write(&mut file, &sums).unwrap();
            sums = crate::persist::read(file.as_slice()).unwrap();
        }
        let expected = match ledger.observed(as_of) {
            Ok(now) => rows(&Purchases::observed(now, occasion, refunds).unwrap()),
            Err(_) => (Vec::new(), 0),
        };
        prop_assert_eq!(rows(&sums.clone().finish().unwrap()), expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Integer keys: the scattered way.
    #[test]
    fn shards_in_any_order_equal_one_pass_and_the_ledger(buys in buys(false), seed in 0_usize..6) {
        check(&buys, seed)?;
    }

    /// Text keys: the interner's way.
    #[test]
    fn so_do_text_keys(buys in buys(true), seed in 0_usize..6) {
        check(&buys, seed)?;
    }

    /// With and without quantities, with integer and text keys: each takes another path through the code.
    #[test]
    fn columns_equal_rows(buys in buys(false)) {
        let customers: Vec<i64> = buys.iter().map(|b| b.customer.parse().unwrap_or(0)).collect();
        let names: Vec<String> = customers.iter().map(|c| format!("c{c}")).collect();
        let days: Vec<i32> = buys.iter().map(|b| b.day).collect();
        let orders: Vec<i64> = buys.iter().map(|b| b.order.into()).collect();
        let quantities: Vec<Quantity> = buys.iter().map(|b| Quantity::units(i32::try_from(b.quantity).unwrap())).collect();
        let amounts: Vec<f64> = buys.iter().map(|b| b.amount as f64 / 100.0).collect();
        for (occasion, refunds) in policies() {
            for (with_text, with_quantity) in [(false, false), (false, true), (true, true)] {
                let mut columns = if with_text {
                    Columns::new(Currency::EUR, &names, &days)
                } else {
                    Columns::new(Currency::EUR, &customers, &days)
                };
                columns = columns.amounts(&amounts).orders(&orders);
                if with_quantity {
                    columns = columns.quantities(&quantities);
                }
                let mut summary = Summary::new(params(occasion, refunds));
                summary.push_columns(&columns).unwrap();
                let tally = summary.tally();
                let mut by_row = Summary::new(params(occasion, refunds));
                for i in 0..buys.len() {
                    let mut row = Transaction::new(customers[i], Day::new(days[i]))
                        .amount(Currency::EUR.from_major(amounts[i]).unwrap())
                        .order(orders[i]);
                    if with_text {
                        row = Transaction::new(names[i].as_str(), Day::new(days[i])).amount(row.amount.unwrap()).order(orders[i]);
                    }
                    if with_quantity {
                        row = row.quantity(quantities[i]);
                    }
                    by_row.push(row).unwrap();
                }
                prop_assert_eq!(tally, by_row.tally());
                prop_assert_eq!(rows(&summary.finish().unwrap()), rows(&by_row.finish().unwrap()));
            }
        }
    }
}

/// A hundred thousand rows over several blocks, tables that double, amounts beyond 32 bits.
#[test]
fn many_blocks_and_growing_tables() {
    // More rows than one block, more customers than the first tables hold, some amounts beyond 32 bits.
    let n = 100_000_i64;
    let customers: Vec<i64> = (0..n).map(|i| (i * 7_919 % 10_007) * 1_000_003).collect();
    let days: Vec<i32> = (0..n).map(|i| i32::try_from(i * 104_729 % 300).unwrap()).collect();
    let amounts: Vec<Amount> =
        (0..n).map(|i| Amount::minor(if i % 1_000 == 0 { i << 20 } else { i % 977 - 50 })).collect();
    let columns = Columns::new(Currency::EUR, &customers, &days).amounts(&amounts);
    let ledger = Ledger::from_columns(&columns).unwrap();
    let observed = ledger.observed(AsOf::new(Day::new(AS_OF))).unwrap();
    for (occasion, refunds) in [(Occasion::Row, Refunds::Net), (Occasion::Day, Refunds::Net)] {
        let mut summary = Summary::new(params(occasion, refunds));
        summary.push_columns(&columns).unwrap();
        assert_eq!(summary.tally().rows_read, n.cast_unsigned());
        let table = summary.finish().unwrap();
        assert_eq!(rows(&table), rows(&Purchases::observed(observed, occasion, refunds).unwrap()));
    }
}

/// Sums may leave 64 bits on the way as long as they come back: the error depends on the total, not on the order.
#[test]
fn sums_are_exact_beyond_64_bits_on_the_way() {
    let day = Day::new(1);
    let push = |amounts: &[i64]| {
        let mut summary = Summary::new(params(Occasion::Row, Refunds::Net));
        for amount in amounts {
            summary.push(Transaction::new(1, day).amount(Amount::minor(*amount))).unwrap();
        }
        summary
    };
    let table = push(&[i64::MAX, 5, -10]).finish().unwrap();
    assert_eq!(table.spend(), Some(&[Amount::minor(i64::MAX - 5)][..]));
    assert_eq!(table.first_day_spend(), Some(&[Amount::minor(i64::MAX - 5)][..]));
    assert_eq!(push(&[i64::MAX, 5]).finish().unwrap_err().kind(), ErrorKind::Overflow);
    let mut merged = push(&[i64::MAX, 5]);
    merged.merge(push(&[-10])).unwrap();
    assert_eq!(merged.finish().unwrap().spend(), Some(&[Amount::minor(i64::MAX - 5)][..]));
    // An earlier first day takes the place of one whose sum had overflowed.
    let mut summary = push(&[i64::MIN, i64::MIN]);
    summary.push(Transaction::new(1, Day::new(0)).amount(Amount::minor(7))).unwrap();
    summary.push(Transaction::new(1, day).amount(Amount::minor(i64::MAX))).unwrap();
    summary.push(Transaction::new(1, day).amount(Amount::minor(i64::MAX))).unwrap();
    let table = summary.finish().unwrap();
    assert_eq!(table.first_day_spend(), Some(&[Amount::minor(7)][..]));
    assert_eq!(table.spend(), Some(&[Amount::minor(5)][..]));
}

/// All or nothing: after each error below the summary is as it was before.
#[test]
fn what_does_not_fit_is_an_error_and_nothing_is_taken_in() {
    let mut summary = Summary::new(params(Occasion::Order, Refunds::Net));
    let error = summary.push(Transaction::new("a", Day::new(1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "row 1, column `order`: missing, but occasions by order need it in every row of a purchase"
    );
    assert!(summary.is_empty());

    let mut summary = Summary::new(params(Occasion::Day, Refunds::Net));
    let (customers, days) = (vec![1_i64, 2], vec![1_i32, 2]);
    for bad in [f64::NAN, f64::INFINITY, 1e300] {
        let amounts = vec![1.0, bad];
        let error = summary
            .push_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts))
            .unwrap_err();
        assert!(error.to_string().starts_with("row 2, column `amounts`: "), "{error}");
    }
    let short = Columns::new(Currency::EUR, &customers, &days[..1]);
    assert_eq!(summary.push_columns(&short).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    let foreign = Columns::new(Currency::USD, &customers, &days);
    assert_eq!(summary.push_columns(&foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(summary.is_empty() && summary.tally() == Tally::default());

    summary.push_columns(&Columns::new(Currency::EUR, &customers, &days)).unwrap();
    let error = summary.push(Transaction::new(1, Day::new(1)).amount(Amount::minor(1))).unwrap_err();
    assert!(error.to_string().ends_with("given, but earlier rows have none"), "{error}");
    let other = pushed(params(Occasion::Day, Refunds::Net), &[]);
    summary.merge(other).unwrap();
    let other = Summary::new(params(Occasion::Day, Refunds::Ignore));
    assert_eq!(summary.merge(other).unwrap_err().kind(), ErrorKind::InvalidInput);
    let table = summary.finish().unwrap();
    assert_eq!((table.len(), table.spend()), (2, None));
}

/// Rows of nobody and of the future leave no customer behind.
#[test]
fn nothing_gives_an_empty_table() {
    let mut summary = Summary::new(params(Occasion::Day, Refunds::Net));
    summary.push(Transaction::anonymous(Day::new(1))).unwrap();
    summary.push(Transaction::new(1, Day::new(AS_OF + 1))).unwrap();
    assert_eq!(summary.tally().rows_without_customer, 1);
    let table = summary.finish().unwrap();
    assert!(table.is_empty());
    assert_eq!(
        crate::data::PurchaseHistory::from_purchases(&table, crate::data::TimeUnit::Day).unwrap_err().kind(),
        ErrorKind::EmptyInput
    );
}

#[cfg(feature = "serde")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Saving in the middle of a stream changes nothing, and the file does not tell in which order rows came.
    #[test]
    fn a_saved_summary_goes_on_where_it_stopped(buys in buys(true)) {
        for (occasion, refunds) in policies() {
            let (first, second) = buys.split_at(buys.len() / 2);
            let params = params(occasion, refunds);
            let mut file = Vec::new();
            crate::persist::write(&mut file, &pushed(params, first)).unwrap();
            // The file does not depend on the order of the rows.
            let mut other = Vec::new();
            crate::persist::write(&mut other, &pushed(params, first.iter().rev())).unwrap();
            prop_assert!(file == other);
            let mut loaded: Summary = crate::persist::read(&file[..]).unwrap();
            for buy in second {
                loaded.push(row(buy)).unwrap();
            }
            prop_assert_eq!(rows(&loaded.finish().unwrap()), rows(&pushed(params, &buys).finish().unwrap()));
        }
    }
}

/// A header that contradicts its blocks, and files cut short.
#[cfg(feature = "serde")]
#[test]
fn a_damaged_summary_is_refused() {
    let mut summary = Summary::new(params(Occasion::Day, Refunds::Net));
    summary.push(Transaction::new("a", Day::new(150)).amount(Amount::minor(5))).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &summary).unwrap();
    let end = file.iter().position(|byte| *byte == b'\n').unwrap();
    // The same blocks under an earlier as-of day, or under a policy that has no days.
    for (from, to) in [
        ("1970-07-20", "1970-04-11"),
        ("1970-07-20", "1970-02-30"),
        ("\"occasion\":\"Day\"", "\"occasion\":\"Row\""),
    ] {
        let bad = crate::persist::edited(&file, from, to);
        assert_eq!(
            crate::persist::read::<Summary>(&bad[..]).unwrap_err().kind(),
            ErrorKind::IncompatibleModel
        );
    }
    for cut in [end, end + 20, file.len() - 1] {
        assert_eq!(
            crate::persist::read::<Summary>(&file[..cut]).unwrap_err().kind(),
            ErrorKind::IncompatibleModel
        );
    }
}
