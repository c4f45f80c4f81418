//! Rows that become known later than their day, versions of one row, and ledgers that grow: held against
//! the definitions, row by row.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use regulars::ErrorKind;
use regulars::data::{Anonymous, Columns, Conflicts, Knowledge, Ledger, Transaction};
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Key};

/// What a column orders by: what is not known comes last.
type Last<T> = (bool, Option<T>);

/// A row; without a customer it is anonymous.
#[derive(Clone, Debug)]
struct Line {
    customer: Option<Key<'static>>,
    day: i32,
    second: Option<u32>,
    order: Option<Key<'static>>,
    item: Option<Key<'static>>,
    cents: i64,
    known: Option<i32>,
    id: Option<Key<'static>>,
}

impl Line {
    /// The order of the rows of a ledger, the known day and the id left out.
    #[expect(clippy::type_complexity, reason = "one place for each column")]
    fn rank(&self) -> (Last<&Key<'static>>, i32, Last<u32>, Last<&Key<'static>>, Last<&Key<'static>>, i64) {
        fn last<T>(value: Option<T>) -> Last<T> {
            (value.is_none(), value)
        }
        let keys = [&self.customer, &self.order, &self.item].map(|key| last(key.as_ref()));
        (keys[0], self.day, last(self.second), keys[1], keys[2], self.cents)
    }

    fn known(&self) -> i32 {
        self.known.unwrap_or(self.day)
    }

    fn row(&self) -> Transaction<'_> {
        let day = Day::new(self.day);
        let row = match &self.customer {
            Some(customer) => Transaction::new(customer, day),
            None => Transaction::anonymous(day),
        };
        let row = row.amount(Amount::minor(self.cents));
        let row = self.second.into_iter().fold(row, Transaction::second_of_day);
        let row = self.order.iter().fold(row, Transaction::order);
        let row = self.item.iter().fold(row, Transaction::item);
        let row = self.id.iter().fold(row, Transaction::id);
        self.known.map(Day::new).into_iter().fold(row, Transaction::known)
    }
}

/// Keys of every kind, few of each, so that they meet.
fn key() -> impl Strategy<Value = Key<'static>> {
    prop_oneof![
        (-2..4_i64).prop_map(Key::from),
        "[ab]".prop_map(Key::from),
        "00[1-3]".prop_map(Key::from),
        "8507[0-2]A?".prop_map(Key::from),
    ]
}

fn line(ids: bool) -> impl Strategy<Value = Line> {
    let customer = prop_oneof![8 => key().prop_map(Some), 1 => Just(None)];
    let (order, item) = (proptest::option::of(key()), proptest::option::of(key()));
    let known = prop_oneof![2 => Just(None), 1 => (0..60_i32).prop_map(Some)];
    let id = if ids { proptest::option::of(key()).boxed() } else { Just(None).boxed() };
    let second = proptest::option::of(0..4_u32);
    (customer, 0..40_i32, second, order, item, -300..900_i64, known, id).prop_map(
        |(customer, day, second, order, item, cents, known, id)| Line {
            customer,
            day,
            second,
            order,
            item,
            cents,
            known,
            id,
        },
    )
}

fn lines(ids: bool) -> impl Strategy<Value = Vec<Line>> {
    proptest::collection::vec(line(ids), 1..40)
}

fn ledger(lines: &[Line]) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep).conflicts(Conflicts::Count);
    for line in lines {
        builder.push(line.row()).unwrap();
    }
    builder.build().unwrap()
}

/// Everything a ledger shows as of a day, by key.
fn shown(ledger: &Ledger, as_of: AsOf, knowledge: Knowledge) -> Vec<String> {
    let view = match knowledge {
        Knowledge::Hindsight => ledger.observed_in_hindsight(as_of),
        _ => ledger.observed(as_of),
    };
    let Ok(view) = view else { return Vec::new() };
    let say = |who: String, history: regulars::data::History<'_>| {
        let rows = history.rows().map(|row| {
            let item = row.item.map(|item| ledger.item_key(item).unwrap().to_text().into_owned());
            let order = row.order.and_then(|order| ledger.orders()?.get(order as usize));
            let order = order.map(|key| key.to_text().into_owned());
            format!(
                "{} {:?} {order:?} {item:?} {:?}",
                row.day,
                row.second_of_day,
                row.amount.map(Amount::in_minor)
            )
        });
        format!("{who}: {}", rows.collect::<Vec<_>>().join("; "))
    };
    let mut all: Vec<String> = view
        .customers()
        .iter()
        .map(|customer| {
            let key = ledger.customer_key(customer).unwrap();
            say(key.to_text().into_owned(), view.history(customer).unwrap().unwrap())
        })
        .collect();
    all.push(say("nobody".into(), view.anonymous()));
    all
}

/// The same from the definition: of the versions of an id known by then the last one counts.
fn defined(lines: &[Line], as_of: i32, knowledge: Knowledge) -> Vec<String> {
    let hindsight = knowledge == Knowledge::Hindsight;
    let mut rows: Vec<&Line> = Vec::new();
    let mut versions: BTreeMap<&Key<'static>, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        match &line.id {
            Some(id) => versions.entry(id).or_default().push(line),
            None if hindsight || line.known() <= as_of => rows.push(line),
            None => {}
        }
    }
    for versions in versions.into_values() {
        let known = versions.into_iter().filter(|line| hindsight || line.known() <= as_of);
        rows.extend(known.max_by_key(|line| (line.known(), line.rank())));
    }
    rows.retain(|line| line.day <= as_of);
    rows.sort_by_key(|line| line.rank());
    let mut by: BTreeMap<(bool, Option<&Key<'static>>), Vec<String>> = BTreeMap::new();
    by.entry((true, None)).or_default();
    for line in rows {
        let text = |key: &Option<Key<'static>>| key.as_ref().map(|key| key.to_text().into_owned());
        let day = Day::new(line.day);
        let row = format!(
            "{day} {:?} {:?} {:?} {:?}",
            line.second,
            text(&line.order),
            text(&line.item),
            Some(line.cents)
        );
        by.entry((line.customer.is_none(), line.customer.as_ref())).or_default().push(row);
    }
    if by.len() == 1 {
        return Vec::new(); // no customer is known
    }
    by.into_iter()
        .map(|((_, who), rows)| {
            let who = who.map_or_else(|| "nobody".to_owned(), |key| key.to_text().into_owned());
            format!("{who}: {}", rows.join("; "))
        })
        .collect()
}

/// All rows of a ledger with everything they hold, in their order, and the counts of its intake.
fn content(ledger: &Ledger) -> String {
    let mut lines = vec![format!("{:?} {:?} {:?}", ledger.covers(), ledger.intake(), ledger.len())];
    let mut builder = Ledger::builder(Currency::EUR);
    for row in ledger.rows() {
        builder.push(row).unwrap();
    }
    for day in [0, 10, 20, 39, 45, 60] {
        for knowledge in [Knowledge::AsKnown, Knowledge::Hindsight] {
            lines.extend(shown(ledger, AsOf::new(Day::new(day)), knowledge));
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_view_shows_what_was_known_by_its_day(lines in lines(true), as_of in 0..62_i32) {
        let ledger = ledger(&lines);
        for knowledge in [Knowledge::AsKnown, Knowledge::Hindsight] {
            let day = AsOf::new(Day::new(as_of));
            prop_assert_eq!(shown(&ledger, day, knowledge), defined(&lines, as_of, knowledge));
        }
    }

    /// What becomes known after a day, be it new, late or a correction, changes nothing as of that day.
    #[test]
    fn later_knowledge_changes_nothing(mut lines in lines(true), later in lines(true), as_of in 0..40_i32) {
        let first = lines[0].clone();
        lines.push(Line { day: 0, known: None, id: None, customer: Some(Key::from("a")), ..first });
        let later: Vec<Line> = later
            .into_iter()
            .map(|line| Line { known: Some(line.known().max(as_of + 1)), ..line })
            .collect();
        let more = [&lines[..], &later[..]].concat();
        let day = AsOf::new(Day::new(as_of));
        let (without, with) = (ledger(&lines), ledger(&more));
        prop_assert_eq!(shown(&without, day, Knowledge::AsKnown), shown(&with, day, Knowledge::AsKnown));
        let horizon = Horizon::days(3).unwrap();
        if as_of >= 3 {
            let cut = AsOf::new(Day::new(as_of - 3));
            let outcomes = |ledger: &Ledger| {
                let ledger = ledger.covering(ledger.covers().0, Day::new(60)).unwrap();
                ledger.split(cut, horizon).unwrap().outcomes().unwrap().into_values()
            };
            prop_assert_eq!(outcomes(&without), outcomes(&with));
        }
    }

    /// However rows are dealt to a ledger and what extends it, and in whatever order they come, the result
    /// is that of one build.
    #[test]
    fn extending_equals_a_rebuild(lines in lines(true), cut in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let rebuilt = ledger(&lines);
        let cut = 1 + cut.index(lines.len());
        let (old, new) = lines.split_at(cut);
        let mut grown = ledger(old);
        let (before, content_before) = (grown.clone(), content(&grown));
        for part in new.chunks(1 + (seed % 7) as usize) {
            grown = grown.extend(&ledger(part)).unwrap();
        }
        prop_assert_eq!(content(&grown), content(&rebuilt));
        prop_assert_eq!(grown.customers(), rebuilt.customers());
        prop_assert_eq!((grown.items(), grown.orders()), (rebuilt.items(), rebuilt.orders()));
        prop_assert_eq!(content(&before), content_before, "the old ledger has changed");
    }

    #[test]
    fn a_ledger_taken_apart_can_be_put_together(lines in lines(true)) {
        let ledger = ledger(&lines);
        let mut again =
            Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep).conflicts(Conflicts::Count);
        again.extend(ledger.rows());
        let again = again.build().unwrap();
        let views = |ledger: &Ledger| {
            content(ledger).split_once('\n').map(|(_, rows)| rows.to_owned()).unwrap_or_default()
        };
        prop_assert_eq!(views(&again), views(&ledger));
        prop_assert_eq!(again.len(), ledger.len());
        prop_assert_eq!(again.intake().corrected_rows, ledger.intake().corrected_rows);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(lines in lines(true)) {
        let mut reversed = lines.clone();
        reversed.reverse();
        prop_assert_eq!(content(&ledger(&reversed)), content(&ledger(&lines)));
    }

    /// Columns with ids and known days give the ledger that rows give.
    #[test]
    fn columns_equal_rows(lines in lines(true)) {
        let text = |key: &Option<Key<'static>>| key.as_ref().map_or_else(String::new, ToString::to_string);
        let column = |of: fn(&Line) -> &Option<Key<'static>>| lines.iter().map(|line| text(of(line))).collect::<Vec<_>>();
        let (customers, ids) = (column(|line| &line.customer), column(|line| &line.id));
        let (orders, items) = (column(|line| &line.order), column(|line| &line.item));
        let days: Vec<i32> = lines.iter().map(|line| line.day).collect();
        let known: Vec<i32> = lines.iter().map(Line::known).collect();
        let cents: Vec<i64> = lines.iter().map(|line| line.cents).collect();
        let seconds: Vec<u32> = lines.iter().map(|line| line.second.unwrap_or(u32::MAX)).collect();
        let columns = Columns::new(Currency::EUR, &customers, &days)
            .orders(&orders).items(&items).amounts(&cents[..]).seconds_of_day(&seconds)
            .ids(&ids).known(&known).conflicts(Conflicts::Count).anonymous(Anonymous::Keep);
        prop_assert_eq!(content(&Ledger::from_columns(&columns).unwrap()), content(&ledger(&lines)));
    }
}

#[test]
fn contradicting_versions_are_an_error_unless_they_are_counted() {
    let line = |cents: i64| {
        Transaction::new("ann", Day::new(1)).amount(Amount::minor(cents)).id("7").known(Day::new(5))
    };
    let build = |policy: Conflicts, cents: [i64; 2]| {
        let mut builder = Ledger::builder(Currency::EUR).conflicts(policy);
        builder.extend(cents.map(line));
        builder.build()
    };
    let error = build(Conflicts::Refuse, [100, 200]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("1970-01-06"), "{error}");
    for cents in [[100, 200], [200, 100]] {
        let ledger = build(Conflicts::Count, cents).unwrap();
        assert_eq!((ledger.intake().conflicting_rows, ledger.intake().corrected_rows), (1, 0));
        let spend = ledger.observed(AsOf::new(Day::new(9))).unwrap().behaviour().unwrap().rows()[0].spend();
        assert_eq!(spend, Amount::minor(200));
    }
    assert_eq!(build(Conflicts::Refuse, [100, 100]).unwrap().intake().repeated_ids, 1);
}

#[test]
fn a_ledger_is_extended_by_its_own_kind_alone() {
    let of = |currency: Currency, amount: bool| {
        let mut builder = Ledger::builder(currency);
        let row = Transaction::new("ann", Day::new(1));
        builder.push(if amount { row.amount(Amount::minor(1)) } else { row }).unwrap();
        builder.build().unwrap()
    };
    let own = of(Currency::EUR, true);
    assert!(own.extend(&of(Currency::EUR, true)).is_ok());
    for other in [of(Currency::USD, true), of(Currency::EUR, false), own.relabel(|_| None).unwrap()] {
        assert_eq!(own.extend(&other).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn the_empty_key_is_no_customer_through_every_constructor() {
    let mut builder = Ledger::builder(Currency::EUR);
    for customer in ["", "ann"] {
        builder.push(Transaction::new(customer, Day::new(1)).item("").order("")).unwrap();
    }
    let rows = builder.build().unwrap();
    let (customers, days, empty) = (["", "ann"], [1, 1], ["", ""]);
    let columns = Columns::new(Currency::EUR, &customers[..], &days[..]).items(&empty[..]).orders(&empty[..]);
    let columns = Ledger::from_columns(&columns).unwrap();
    let relabelled = columns.relabel(|_| Some(Key::from(""))).unwrap();
    assert_eq!((relabelled.customers().len(), relabelled.intake().rows_anonymous), (0, 1));
    let check = |ledger: &Ledger| {
        assert_eq!((ledger.customers().len(), ledger.intake().rows_skipped["no customer"]), (1, 1));
        assert_eq!((ledger.items(), ledger.orders()), (None, None));
    };
    check(&rows);
    check(&columns);
    #[cfg(feature = "csv")]
    {
        let file = "customer,date,item,order\n,1970-01-02,,\nann,1970-01-02,,\n";
        let params = regulars::data::csv::CsvParams::new(Currency::EUR);
        check(&Ledger::read_csv(file.as_bytes(), &params).unwrap());
    }
}

#[cfg(feature = "csv")]
#[test]
fn files_have_ids_and_known_days() {
    use regulars::data::csv::{CsvParams, Field, Strictness};

    let file = "customer,date,amount,line,known_at\n\
                ann,2024-05-01,90.00,7,\n\
                ann,2024-05-01,9.00,7,2024-05-04\n\
                ann,2024-05-01,9.00,7,2024-05-04\n\
                ann,2024-05-02,-9.00,8,2024-05-20\n";
    let params = CsvParams::new(Currency::EUR).column(Field::Id, "line");
    let ledger = Ledger::read_csv(file.as_bytes(), &params).unwrap();
    assert_eq!((ledger.intake().corrected_rows, ledger.intake().repeated_ids), (1, 1));
    for (day, spend) in [(3, 9_000), (4, 900), (19, 900), (20, 0)] {
        let behaviour = ledger.observed(AsOf::ymd(2024, 5, day).unwrap()).unwrap().behaviour().unwrap();
        assert_eq!(behaviour.rows()[0].spend(), Amount::minor(spend), "on the {day}th");
    }
    // Without the column of ids the rows are four purchases.
    let plain = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::EUR)).unwrap();
    assert_eq!((plain.len(), plain.intake().duplicate_rows), (4, 1));
    let contradicting = file.replace("2024-05-04\nann,2024-05-01,9.00", "2024-05-04\nann,2024-05-01,8.00");
    let ledger = Ledger::read_csv(contradicting.as_bytes(), &params).unwrap();
    assert_eq!(ledger.intake().conflicting_rows, 1);
    let strict = params.strictness(Strictness::Strict);
    assert_eq!(
        Ledger::read_csv(contradicting.as_bytes(), &strict).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let bad = file.replace("2024-05-20", "soon");
    let error = Ledger::read_csv(bad.as_bytes(), &strict).unwrap_err();
    assert!(error.to_string().starts_with("row 5, column `known_at`"), "{error}");
}

/// A correction known on the last day there is still replaces, and a view asked for on very many days can be dropped.
#[test]
fn the_ends_of_time_and_many_days_are_no_special_case() {
    let mut builder = Ledger::builder(Currency::EUR);
    let row = |cents: i64| Transaction::new("ann", Day::new(0)).amount(Amount::minor(cents)).id("line 7");
    builder.extend([row(100), row(200).known(Day::new(i32::MAX))]);
    let ledger = builder.build().unwrap();
    let spend = |view: regulars::Result<regulars::data::Observed<'_>>| {
        let rows = view.unwrap().map(|rows| rows.amounts().unwrap_or_default().to_vec());
        rows.into_values().concat().into_iter().map(Amount::in_minor).collect::<Vec<_>>()
    };
    let as_of = |day: i32| AsOf::new(Day::new(day));
    for (view, expected) in [
        (ledger.observed(as_of(0)), 100),
        (ledger.observed(as_of(i32::MAX - 1)), 100),
        (ledger.observed(as_of(i32::MAX)), 200),
        (ledger.observed_in_hindsight(as_of(0)), 200),
    ] {
        assert_eq!(spend(view), [expected]);
    }
    let days = 3_000_i32;
    let seen = (0..days).filter(|day| spend(ledger.observed(as_of(*day))) == [100]).count();
    assert_eq!(i32::try_from(seen), Ok(days));
    std::thread::Builder::new().stack_size(1 << 16).spawn(move || drop(ledger)).unwrap().join().unwrap();
}
