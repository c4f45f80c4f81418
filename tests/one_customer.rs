//! One customer at a time: the answer for one customer equals that customer's row of the full table,
//! to the bit, also where the ledger holds that customer alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::churn::{ChurnParams, Method as ChurnMethod};
use regulars::data::{Ledger, Transaction};
use regulars::ltv::{LtvParams, Model};
use regulars::pipeline::{CustomerRow, Pipeline, PipelineParams};
use regulars::recommend::{Method, NextItemParams};
use regulars::segment::KMeansParams;
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Key};

/// A row: customer, day, minor units, item.
type Line = (u32, i32, i64, u32);

/// Keys of every kind, so that neither order nor form is a special one.
fn key(number: u32) -> Key<'static> {
    match number % 4 {
        0 => Key::from(i64::from(number)),
        1 => Key::from(-i64::from(number)),
        2 => Key::from(format!("00{number}")),
        _ => Key::from(format!("c{number}")),
    }
}

fn ledger(lines: impl IntoIterator<Item = Line>) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for (customer, day, cents, item) in lines {
        let row = Transaction::new(key(customer), Day::new(day)).amount(Amount::minor(cents));
        builder.push(row.item(key(item))).unwrap();
    }
    builder.build().unwrap()
}

/// Customers of all sorts: frequent buyers, people who came once, people who return much.
fn shop() -> Vec<Line> {
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((state >> 33) % below).unwrap()
    };
    let mut lines = Vec::new();
    for customer in 0..CUSTOMERS {
        let (mut day, step) = (19_000 + draw(150).cast_signed(), 5 + u64::from(customer % 40));
        while day < 19_300 {
            let cents = 300 + i64::from(draw(900));
            for _ in 0..=draw(3) {
                lines.push((customer, day, cents, draw(13)));
            }
            if draw(6) == 0 {
                lines.push((customer, day + 1, -cents, draw(13)));
            }
            if draw(7) == 0 {
                break;
            }
            day += 1 + draw(2 * step).cast_signed();
        }
    }
    // The last day of the books, and one customer who is known by a refund alone.
    lines.push((0, 19_300, 700, 2));
    lines.push((CUSTOMERS, 19_100, -500, 1));
    lines
}

const CUSTOMERS: u32 = 240;

fn fitted(lines: &[Line], interval: bool) -> Pipeline {
    let ledger = ledger(lines.iter().copied());
    let params = PipelineParams::new()
        .segment(KMeansParams::new(3))
        .ltv(LtvParams::new(Model::BgNbd))
        .churn(ChurnParams::new().method(ChurnMethod::Plain))
        .recommend(NextItemParams::new().method(Method::GpTopFreq));
    let params = if interval { params.interval(0.8) } else { params };
    let pipeline = params.fit(&ledger, AsOf::new(Day::new(19_300)), Horizon::days(60).unwrap()).unwrap();
    assert!(pipeline.left_out().is_empty(), "{:?}", pipeline.left_out());
    pipeline
}

/// Everything a row says, with all digits; indices and shared keys left out.
fn said(row: &CustomerRow<'_>) -> String {
    let next: Vec<_> = row.next.iter().map(|n| (n.item.to_text().into_owned(), n.score.to_bits())).collect();
    let named = row.rfm_segment.map(|s| s.name(regulars::types::Language::English).to_owned());
    format!(
        "{} {} {} {:?} {:?} {named:?} {:?} {:?} {:?} {:?} {:?} {:?} {next:?}",
        row.first_day,
        row.last_day,
        row.purchases,
        row.spend.map(Amount::in_minor),
        row.rfm,
        row.segment.map(regulars::segment::Segment::index),
        row.churn.map(|p| p.get().to_bits()),
        row.value,
        row.interval,
        row.value_interval,
        row.tier.map(regulars::data::Tier::index),
    )
}

#[test]
fn a_row_asked_for_alone_is_the_row_of_the_table() {
    let lines = shop();
    let pipeline = fitted(&lines, true);
    let all = ledger(lines.iter().copied());
    let as_of = AsOf::new(Day::new(19_300));
    let table = pipeline.predict(&all, as_of).unwrap();
    let (mut compared, mut without) = (0, 0);
    for c in 0..=CUSTOMERS {
        let customer = all.customer(key(c)).unwrap();
        let alone = ledger(lines.iter().copied().filter(|line| line.0 == c));
        let first = alone.customer(key(c)).unwrap();
        let one = pipeline.row(&all, as_of, customer).unwrap();
        let of_one = pipeline.row(&alone, as_of, first).unwrap();
        if let Some(row) = table.by_key(key(c)) {
            assert_eq!(said(&one.unwrap()), said(&row), "customer {c} of the ledger");
            assert_eq!(said(&of_one.unwrap()), said(&row), "customer {c} alone");
            compared += 1;
        } else {
            assert!(one.is_none() && of_one.is_none());
            without += 1;
        }
    }
    assert_eq!((compared, without), (CUSTOMERS, 1));
}

#[test]
fn who_is_not_known_and_who_is_of_another_ledger_are_errors() {
    let lines = shop();
    let pipeline = fitted(&lines, false);
    let all = ledger(lines.iter().copied());
    let other = ledger([(7, 19_000, 100, 1)]);
    let as_of = AsOf::new(Day::new(19_300));
    let foreign = pipeline.row(&all, as_of, other.customer(key(7)).unwrap()).unwrap_err();
    assert_eq!(foreign.kind(), regulars::ErrorKind::InvalidInput);
    let late = ledger([(7, 19_000, 100, 1), (8, 19_900, 100, 1)]);
    let error = pipeline.row(&late, as_of, late.customer(key(8)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), regulars::ErrorKind::EmptyInput);
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (0..12_u32, 19_000..19_300_i32, -900..2_000_i64, 0..9_u32);
    proptest::collection::vec(line, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_customer_of_any_ledger_is_answered_alike_alone(lines in lines()) {
        // One pipeline for all cases: what is tried is the data that it answers for.
        static PIPELINE: std::sync::OnceLock<Pipeline> = std::sync::OnceLock::new();
        let pipeline = PIPELINE.get_or_init(|| fitted(&shop(), false));
        let all = ledger(lines.iter().copied());
        let as_of = AsOf::new(Day::new(19_300));
        let bought = lines.iter().any(|line| line.2 >= 0);
        let table = pipeline.predict(&all, as_of);
        prop_assert_eq!(table.is_ok(), bought);
        let mut compared = 0;
        for c in 0..12 {
            let Some(customer) = all.customer(key(c)) else { continue };
            let alone = ledger(lines.iter().copied().filter(|line| line.0 == c));
            let one = pipeline.row(&all, as_of, customer).unwrap().map(|row| said(&row));
            let of_one = pipeline.row(&alone, as_of, alone.customer(key(c)).unwrap()).unwrap();
            let row = table.as_ref().ok().and_then(|table| table.by_key(key(c))).map(|row| said(&row));
            prop_assert_eq!(&one, &row);
            prop_assert_eq!(&of_one.map(|row| said(&row)), &row);
            compared += 1;
        }
        prop_assert!(compared > 0);
    }
}

#[test]
fn a_row_does_not_depend_on_the_other_customers() {
    // The same customers under other company: a row depends on the customer and the model alone.
    let lines = shop();
    let pipeline = fitted(&lines, false);
    let as_of = AsOf::new(Day::new(19_300));
    let (all, half) = (ledger(lines.iter().copied()), ledger(lines.iter().copied().filter(|l| l.0 % 2 == 0)));
    let (all, half) = (pipeline.predict(&all, as_of).unwrap(), pipeline.predict(&half, as_of).unwrap());
    let compared = half.rows().map(|row| {
        assert_eq!(said(&all.by_key(row.key.clone()).unwrap()), said(&row));
    });
    assert!(compared.count() > 20);
}
