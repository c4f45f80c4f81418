//! What must hold for every ledger, whatever its rows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::data::{
    Anonymous, Columns, Conflicts, Holdout, Ledger, Observed, Summary, SummaryParams, Transaction,
};
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
    /// Days after its own on which the row became known, perhaps negative.
    late: i32,
    id: String,
}

impl Plain {
    /// The same row without an id, known on its own day.
    fn simple(self) -> Self {
        Self { late: 0, id: String::new(), ..self }
    }
}

const START: i32 = 19_700;

fn plain() -> impl Strategy<Value = Plain> {
    let customer = prop_oneof![
        8 => (0..6_i64).prop_map(|n| n.to_string()),
        2 => prop::sample::select(vec!["007", "a", "ann", "王伟", "-3", ""]).prop_map(str::to_owned),
    ];
    let order = prop_oneof![Just(String::new()), (1..30_i64).prop_map(|n| n.to_string()), "[A-C][1-9]"];
    let item = prop::sample::select(vec!["tea", "milk", "12", "7", "面包", "", "-3"]).prop_map(str::to_owned);
    let late = prop_oneof![3 => Just(0), 1 => -5..30_i32];
    let id = prop_oneof![2 => Just(String::new()), 1 => (1..6_i64).prop_map(|n| n.to_string()), 1 => "[x-z]"];
    let money = (-900..2_000_i64, -2..5_i64);
    (customer, 0..40_i32, 0..86_400_u32, order, item, money, late, id).prop_map(
        |(customer, day, second, order, item, (amount, quantity), late, id)| Plain {
            customer,
            day: START + day,
            second,
            order,
            item,
            amount,
            quantity: quantity * 1_000,
            late,
            id,
        },
    )
}

/// Rows of which the first has a customer and no other version, so that they are a ledger under
/// every policy.
fn plains() -> impl Strategy<Value = Vec<Plain>> {
    // Some rows twice, so that exact duplicates occur.
    (plain(), prop::collection::vec((plain(), 1..3_usize), 0..40)).prop_map(|(first, rows)| {
        let first = Plain { customer: format!("{}1", first.customer), ..first.simple() };
        let more = rows.into_iter().flat_map(|(row, times)| vec![row; times]);
        std::iter::once(first).chain(more).collect()
    })
}

fn simple_plains() -> impl Strategy<Value = Vec<Plain>> {
    plains().prop_map(|rows| rows.into_iter().map(Plain::simple).collect())
}

fn by_rows(rows: &[Plain], policy: Anonymous) -> regulars::Result<Ledger> {
    let mut builder = Ledger::builder(Currency::EUR).anonymous(policy).conflicts(Conflicts::Count);
    for (number, row) in rows.iter().enumerate() {
        let day = Day::new(row.day);
        // An absent key and an empty text are the same.
        let next = match row.customer.as_str() {
            "" if number % 2 == 0 => Transaction::anonymous(day),
            customer => Transaction::new(customer, day),
        };
        let next = next.item(row.item.as_str()).second_of_day(row.second).id(row.id.as_str());
        let next = next.order(Some(row.order.as_str()).filter(|order| !order.is_empty()));
        let next = next.known(Some(Day::new(row.day + row.late)).filter(|_| row.late != 0));
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
    let known: Vec<i32> = rows.iter().map(|r| r.day + r.late).collect();
    let ids: Vec<String> = rows.iter().map(|r| r.id.clone()).collect();
    let columns = Columns::new(Currency::EUR, &customers, &days)
        .orders(&orders)
        .items(&items)
        .known(&known)
        .ids(&ids)
        .conflicts(Conflicts::Count)
        .seconds_of_day(&seconds)
        .amounts(&amounts)
        .quantities(&quantities)
        .anonymous(policy);
    Ledger::from_columns(&columns)
}

#[cfg(feature = "csv")]
fn by_csv(rows: &[Plain], policy: Anonymous) -> regulars::Result<Ledger> {
    use regulars::data::csv::{CsvParams, Field};
    use std::fmt::Write;

    let mut file = "customer_id,date,order_id,item_id,amount,quantity,known_at,line\n".to_owned();
    for r in rows {
        let (hour, minute, second) = (r.second / 3_600, r.second / 60 % 60, r.second % 60);
        let amount = Currency::EUR.format(Amount::minor(r.amount));
        let quantity = Quantity::thousandths(r.quantity);
        let day = Day::new(r.day);
        let known = if r.late == 0 { String::new() } else { Day::new(r.day + r.late).to_string() };
        writeln!(
            file,
            "{},{day} {hour:02}:{minute:02}:{second:02},{},{},{amount},{quantity},{known},{}",
            r.customer, r.order, r.item, r.id
        )
        .unwrap();
    }
    let params = CsvParams::new(Currency::EUR).column(Field::Id, "line").anonymous(policy);
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

/// Everything that observers see: in the middle, on the last day, and when all is known.
fn whole(ledger: &Ledger) -> Vec<Vec<(String, Vec<Content>)>> {
    let cuts = [START + 15, START + 39, START + 100].map(|day| ledger.observed(AsOf::new(Day::new(day))));
    let seen: Vec<_> = cuts.into_iter().flatten().map(|now| seen(&now)).collect();
    assert!(!seen.is_empty(), "every ledger here has a customer");
    seen
}

/// Two ledgers that are one: what they show, their dictionaries, and the counts of their rows.
fn assert_equal(a: &Ledger, b: &Ledger) {
    assert_eq!(whole(a), whole(b));
    assert_eq!((a.customers(), a.items(), a.orders()), (b.customers(), b.items(), b.orders()));
    assert_eq!((a.len(), a.covers()), (b.len(), b.covers()));
    let counts = |ledger: &Ledger| {
        let intake = ledger.intake();
        let rows = [intake.rows_read, intake.rows_kept, intake.rows_anonymous, intake.refund_rows];
        let versions = [intake.repeated_ids, intake.corrected_rows, intake.conflicting_rows];
        (rows, versions, intake.duplicate_rows, intake.rounded_amounts, intake.rows_skipped.clone())
    };
    assert_eq!(counts(a), counts(b));
}

fn policy() -> impl Strategy<Value = Anonymous> {
    prop_oneof![Just(Anonymous::Skip), Just(Anonymous::Keep)]
}

proptest! {
    #[test]
    fn the_three_constructors_give_one_ledger(rows in plains(), policy in policy()) {
        let first = by_rows(&rows, policy).unwrap();
        let second = by_columns(&rows, policy).unwrap();
        assert_equal(&first, &second);
        prop_assert_eq!(first.intake(), second.intake());
        #[cfg(feature = "csv")]
        assert_equal(&first, &by_csv(&rows, policy).unwrap());
    }

    #[test]
    fn row_order_never_matters(rows in plains(), policy in policy(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut state = seed | 1;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        assert_equal(&by_rows(&rows, policy).unwrap(), &by_rows(&shuffled, policy).unwrap());
    }

    /// Later rows, rows of earlier days that become known later, and later versions of earlier rows.
    #[test]
    fn what_comes_after_as_of_changes_nothing_observed(
        rows in plains(), later in prop::collection::vec((plain(), any::<bool>()), 0..20),
        cut in 0..40_i32, policy in policy(),
    ) {
        let (cut, mut past) = (START + cut, rows);
        past.retain(|r| r.day.max(r.day + r.late) <= cut);
        past.push(Plain { customer: "ann".into(), day: START, ..plain_row() });
        let mut all = past.clone();
        all.extend(later.into_iter().map(|(mut r, is_of_a_later_day)| {
            if is_of_a_later_day {
                (r.day, r.late) = (cut + 1 + r.day % 40, r.late.max(0));
            } else {
                r.late = (cut + 1 - r.day).max(r.late);
            }
            r
        }));
        let (before, after) = (by_rows(&past, policy).unwrap(), by_rows(&all, policy).unwrap());
        let as_of = AsOf::new(Day::new(cut));
        prop_assert_eq!(seen(&before.observed(as_of).unwrap()), seen(&after.observed(as_of).unwrap()));
    }

    /// Whatever part of the rows comes later, one ledger or many, the result is that of one build.
    #[test]
    fn extending_equals_a_rebuild(rows in plains(), policy in policy(), cuts in prop::collection::vec(0..40_usize, 1..4)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| 1 + cut % rows.len()).collect();
        cuts.sort_unstable();
        let mut grown = by_rows(&rows[..cuts[0]], policy).unwrap();
        let (old, shown) = (grown.clone(), whole(&grown));
        cuts.push(rows.len());
        let mut added = 0;
        for pair in cuts.windows(2) {
            let part = &rows[pair[0]..pair[1]];
            // Nothing usable is no ledger; those rows are added with the next usable one.
            let from = pair[0] - added;
            match by_rows(&rows[from..pair[1]], policy) {
                Ok(new) => (grown, added) = (grown.extend(&new).unwrap(), 0),
                Err(error) => {
                    prop_assert_eq!(error.kind(), ErrorKind::EmptyInput);
                    added += part.len();
                }
            }
        }
        let rebuilt = by_rows(&rows[..rows.len() - added], policy).unwrap();
        assert_equal(&grown, &rebuilt);
        prop_assert_eq!(grown.intake(), rebuilt.intake());
        prop_assert_eq!(whole(&old), shown);
    }

    /// Taken apart and put together again: the same ledger, but for the rows that were left out.
    #[test]
    fn rows_rebuild_the_ledger(rows in plains(), policy in policy()) {
        let ledger = by_rows(&rows, policy).unwrap();
        let mut builder = Ledger::builder(Currency::EUR).anonymous(policy).conflicts(Conflicts::Count);
        builder.extend(ledger.rows());
        let again = builder.build().unwrap();
        prop_assert_eq!(whole(&again), whole(&ledger));
        prop_assert_eq!((again.items(), again.orders()), (ledger.items(), ledger.orders()));
        let (a, b) = (again.intake(), ledger.intake());
        prop_assert_eq!((a.rows_kept, a.corrected_rows, a.conflicting_rows), (b.rows_kept, b.corrected_rows, b.conflicting_rows));
        prop_assert_eq!((a.rows_read, a.repeated_ids), (again.len() as u64, 0));
    }

    #[test]
    fn a_split_shares_the_rows_out(rows in simple_plains(), cut in 0..40_i32, days in 1..40_u32) {
        let ledger = by_rows(&rows, Anonymous::Skip).unwrap();
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
        let ledger = by_rows(&rows, policy).unwrap();
        let intake = ledger.intake();
        let left_out = intake.rows_skipped.values().sum::<u64>() + intake.repeated_ids;
        prop_assert_eq!(intake.rows_read, intake.rows_kept + intake.rows_anonymous + left_out);
        prop_assert_eq!(ledger.len() as u64, intake.rows_kept + intake.rows_anonymous);
        let rows: Vec<Plain> = rows.into_iter().map(Plain::simple).collect();
        let ledger = by_rows(&rows, policy).unwrap();
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
            // An account that is found to be a till: its rows are anonymous.
            Ok(3) => String::new(),
            Ok(n) if n >= 0 && key != "007" => format!("person {}", n % people),
            _ => key.to_owned(),
        };
        let renamed: Vec<Plain> = rows
            .iter()
            .map(|r| Plain { customer: if r.customer.is_empty() { String::new() } else { person(&r.customer) }, ..r.clone() })
            .collect();
        let ledger = by_rows(&rows, Anonymous::Keep).unwrap();
        let expected = by_rows(&renamed, Anonymous::Keep).unwrap();
        let relabelled = ledger
            .relabel(|key| {
                let (old, new) = (key.to_text(), person(&key.to_text()));
                (old != new).then(|| Key::from(new))
            })
            .unwrap();
        assert_equal(&relabelled, &expected);
        prop_assert_eq!(relabelled.intake(), expected.intake());
        prop_assert_eq!(whole(&ledger.relabel(|_| None).unwrap()), whole(&ledger));
    }
}

/// A row without anything special.
fn plain_row() -> Plain {
    Plain {
        customer: String::new(),
        day: START,
        second: 0,
        order: String::new(),
        item: "tea".into(),
        amount: 100,
        quantity: 1_000,
        late: 0,
        id: String::new(),
    }
}

#[test]
fn rows_without_a_customer_are_no_ledger_unless_they_are_kept() {
    let rows = [plain_row(), plain_row()];
    let constructors = [by_rows, by_columns];
    for build in constructors {
        assert_eq!(build(&rows, Anonymous::Skip).unwrap_err().kind(), ErrorKind::EmptyInput);
        let kept = build(&rows, Anonymous::Keep).unwrap();
        assert_eq!((kept.len(), kept.customers().len(), kept.intake().rows_anonymous), (2, 0, 2));
    }
    #[cfg(feature = "csv")]
    assert_eq!(by_csv(&rows, Anonymous::Skip).unwrap_err().kind(), ErrorKind::EmptyInput);
}

/// What is left out leaves nothing: no item that only anonymous rows have, no rounding of their amounts; and a
/// column in which no row has a value is no column.
#[test]
fn rows_left_out_leave_nothing() {
    let (customers, days, amounts) = (["", "ann"], [1, 1], [1.005, 2.0]);
    let columns = Columns::new(Currency::EUR, &customers[..], &days[..]).amounts(&amounts[..]);
    let columns = columns.items(&["tea", "cup"][..]).orders(&["", ""][..]).seconds_of_day(&[u32::MAX; 2]);
    let ledger = Ledger::from_columns(&columns).unwrap();
    assert_eq!((ledger.items().unwrap().len(), ledger.orders()), (1, None));
    assert_eq!((ledger.intake().rounded_amounts, ledger.intake().rows_skipped["no customer"]), (0, 1));
    let kept = Ledger::from_columns(&columns.anonymous(Anonymous::Keep)).unwrap();
    assert_eq!((kept.items().unwrap().len(), kept.intake().rounded_amounts), (2, 1));
}

/// A ledger that refuses versions that contradict each other goes on to do so when it grows.
#[test]
fn a_grown_ledger_keeps_its_policy_on_versions() {
    let of = |policy: Conflicts, cents: i64| {
        let mut builder = Ledger::builder(Currency::EUR).conflicts(policy);
        builder.push(Transaction::new("ann", Day::new(1)).amount(Amount::minor(cents)).id("line 7")).unwrap();
        builder.build().unwrap()
    };
    let new = of(Conflicts::Count, 200);
    let error = of(Conflicts::Refuse, 100).extend(&new).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::InvalidInput, Some(&Place::Column("id".into()))));
    assert_eq!(of(Conflicts::Count, 100).extend(&new).unwrap().intake().conflicting_rows, 1);
    assert_eq!(of(Conflicts::Refuse, 200).extend(&new).unwrap().intake().repeated_ids, 1);
}

/// A sum keeps no row that a correction could replace, so it takes no ids.
#[test]
fn a_summary_refuses_ids() {
    let mut summary = Summary::new(SummaryParams::new(AsOf::new(Day::new(9)), Currency::EUR));
    let row = Transaction::new("ann", Day::new(1));
    let error = summary.push(row.clone().id("line 7")).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Row { row: 1, column: Some("id".into()) }));
    let columns = Columns::new(Currency::EUR, &["ann"][..], &[1][..]);
    let error = summary.push_columns(&columns.clone().ids(&["line 7"][..])).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::InvalidInput, Some(&Place::Column("ids".into()))));
    assert!(summary.is_empty());
    summary.push(row).unwrap();
    summary.push_columns(&columns).unwrap();
    assert_eq!(summary.len(), 1);
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
