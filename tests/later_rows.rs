//! What was known by a day does not change when later rows are added: every function that reads a ledger,
//! events or contracts gives the same bits with and without them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod verbs;

use std::collections::BTreeSet;

use verbs::{Keys, Shop, VERBS};

/// Functions that only hold or hand out what they are given: nothing is computed from rows. What is asked for in
/// hindsight depends on later knowledge by definition.
const HOLDERS: &[&str] = &[
    "Known::new",
    "Known::observed",
    "Known::events",
    "Known::contracts",
    "Past::new",
    "Past::split",
    "Past::events",
    "Past::contracts",
    "Split::observed",
    "Observed::ledger",
    "Ledger::observed_in_hindsight",
    "Observed::history",
];

#[test]
fn later_rows_change_nothing() {
    let mut compared = 0;
    for (seed, keys) in [(11, Keys::Integers), (222, Keys::Texts), (3_333, Keys::Mixed)] {
        let (without, with) = (Shop::new(seed, keys, false), Shop::new(seed, keys, true));
        assert!(with.ledger.customers().len() > without.ledger.customers().len() + 100);
        for verb in VERBS {
            let name = verb.shows.first().unwrap_or(&"tables and methods");
            let before = (verb.run)(&without).unwrap_or_else(|e| panic!("{name}, {keys:?}: {e}"));
            let after =
                (verb.run)(&with).unwrap_or_else(|e| panic!("{name}, {keys:?}, with later rows: {e}"));
            assert!(!before.is_empty(), "{name} said nothing");
            for (line, (b, a)) in before.iter().zip(&after).enumerate() {
                assert_eq!(b, a, "{name}, {keys:?}: line {line} of {}", before.len());
            }
            assert_eq!(before.len(), after.len(), "{name}, {keys:?}");
            compared += before.len();
        }
    }
    assert!(compared > 10_000, "{compared} lines");
}

/// `Type::function` of a line of the list of public items, for functions that read a ledger, a view of it,
/// baskets or orders.
fn reader(line: &str) -> Option<String> {
    const READ: [&str; 12] = [
        "Observed<",
        "Split<",
        "Into<Known<",
        "Into<Past<",
        "Into<RfmInput<",
        "Into<FitInput<",
        "Into<PredictInput<",
        "Into<BasketSource<",
        "&Ledger",
        "&Baskets",
        "&Orders",
        "&Events",
    ];
    let line = line.replace("&'a ", "&");
    let (holder, item) = line.split_once(" :: ").unwrap_or(("", &line));
    let signature = item.strip_prefix("pub fn ")?;
    let of_view = ["impl<'a> Observed<'a>", "impl Observed<'_>", "impl Split<'_>", "impl<'a> Split<'a>"];
    let (name, arguments) = signature.split_at(signature.find(['<', '('])?);
    let computes = of_view.contains(&holder) && signature.contains("Result<");
    if !computes && !READ.iter().any(|kind| arguments.contains(kind)) {
        return None;
    }
    let holder = holder.trim_start_matches("impl").trim_start_matches("<'a>").trim();
    let holder = holder.split('<').next().unwrap_or_default();
    Some(if holder.is_empty() { name.to_owned() } else { format!("{holder}::{name}") })
}

#[test]
fn every_function_that_reads_a_ledger_is_listed() {
    let list = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/public_api.txt")).unwrap();
    let public: BTreeSet<String> = list.lines().filter_map(reader).collect();
    let holders: BTreeSet<String> = HOLDERS.iter().map(ToString::to_string).collect();
    let listed: BTreeSet<String> =
        VERBS.iter().flat_map(|verb| verb.shows).map(ToString::to_string).chain(holders).collect();
    let missing: Vec<_> = public.difference(&listed).collect();
    assert!(public.len() > 40, "the list of public items was not understood: {public:?}");
    assert!(missing.is_empty(), "not in tests/verbs: {missing:?}");
    let gone: Vec<_> = listed.difference(&public).filter(|name| !HOLDERS.contains(&name.as_str())).collect();
    assert!(gone.is_empty(), "no longer public, or no reader of rows: {gone:?}");
}
