//! Events and contracts: one content through every door, and nothing from after the day of the view.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regulars::ErrorKind;
use regulars::data::{
    Conflicts, Contract, ContractColumns, Contracts, Event, EventColumns, Events, Knowledge,
};
use regulars::types::{AsOf, Day, Key, Moment};

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
        let columns = Events::from_columns(&EventColumns::new(&customers, &days, &kinds).values(&values)).unwrap();
        prop_assert_eq!(seen_events(&columns, 99), seen_events(&events(&rows), 99));

        let mut backward = more.clone();
        backward.reverse();
        prop_assert_eq!(seen_contracts(&contracts(&more), 99), seen_contracts(&contracts(&backward), 99));
        let (customers, starts): (Vec<String>, Vec<i32>) = more.iter().map(|r| (r.0.clone(), r.1)).unzip();
        let ends: Vec<Option<Day>> = more.iter().map(|r| r.2.map(Day::new)).collect();
        let plans: Vec<String> = more.iter().map(|r| r.3.clone()).collect();
        let columns = Contracts::from_columns(&ContractColumns::new(&customers, &starts, &ends).plans(&plans)).unwrap();
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
    let error = Events::from_columns(&EventColumns::new(&customers, &days, &vec!["x", "y"])).unwrap_err();
    assert!(error.to_string().starts_with("row 2, column `customers`"), "{error}");
    let error = Contracts::from_columns(&ContractColumns::new(&customers, &days, &[None])).unwrap_err();
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
    assert_eq!((contracts.len(), contracts.intake().rows_skipped.values().sum::<u64>()), (1, 3));
    let strict = TimelineCsvParams::new().format(CsvFormat::new().strictness(Strictness::Strict));
    let error = Contracts::read_csv(file.as_bytes(), &strict).unwrap_err();
    assert!(error.to_string().starts_with("row 2, column `end`"), "{error}");
    let wrong = TimelineCsvParams::new().column("colour", "x");
    assert_eq!(Contracts::read_csv(file.as_bytes(), &wrong).unwrap_err().kind(), ErrorKind::InvalidParam);
    let missing = Events::read_csv("customer,date\na,2024-01-01\n".as_bytes(), &TimelineCsvParams::new());
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// An event with everything that it can have.
#[derive(Clone, Debug)]
struct Full {
    customer: Key<'static>,
    day: i32,
    second: Option<u32>,
    kind: Key<'static>,
    value: Option<i32>,
    channel: Option<Key<'static>>,
    text: Option<String>,
    id: Option<Key<'static>>,
    known: Option<(i32, Option<u32>)>,
}

impl Full {
    fn event(&self) -> Event<'_> {
        let event = Event::new(&self.customer, Day::new(self.day), &self.kind);
        let event = self.second.into_iter().fold(event, Event::second_of_day);
        let event = self.value.map(f64::from).into_iter().fold(event, Event::value);
        let event = event.channel(self.channel.as_ref()).id(self.id.as_ref());
        let event = self.text.iter().fold(event, |event, text| event.text(text));
        match self.known {
            None => event,
            Some((day, None)) => event.known(Day::new(day)),
            Some((day, Some(second))) => event.known_at(Moment::new(Day::new(day), second).unwrap()),
        }
    }

    fn moment(&self) -> (i32, u32) {
        (self.day, self.second.unwrap_or(86_399))
    }

    fn known(&self) -> (i32, u32) {
        match self.known {
            None => self.moment(),
            Some((day, None)) if day == self.day => self.moment(),
            Some((day, second)) => (day, second.unwrap_or(86_399)),
        }
    }

    fn said(&self) -> String {
        let text = |key: &Option<Key<'static>>| key.as_ref().map(Key::to_string);
        let (value, channel) = (self.value.map(f64::from), text(&self.channel));
        let day = Day::new(self.day);
        format!(
            "{day} {:?} {} {value:?} {channel:?} {:?} {:?}",
            self.second,
            self.kind,
            self.text,
            text(&self.id)
        )
    }
}

fn key() -> impl Strategy<Value = Key<'static>> {
    prop_oneof![(-2..3_i64).prop_map(Key::from), "[ab]".prop_map(Key::from), "00[12]".prop_map(Key::from)]
}

fn full() -> impl Strategy<Value = Full> {
    let second =
        || prop_oneof![1 => Just(None), 2 => prop::sample::select(vec![0, 7, 86_399]).prop_map(Some)];
    let known = prop::option::of((0..40_i32, second()));
    let texts = prop::option::of("[xy]{1,2}");
    let labels = (prop::option::of(key()), texts, prop::option::of(key()));
    (key(), 0..30_i32, second(), key(), prop::option::of(-2..3_i32), labels, known).prop_map(
        |(customer, day, second, kind, value, (channel, text, id), known)| Full {
            customer,
            day,
            second,
            kind,
            value,
            channel,
            text,
            id,
            known,
        },
    )
}

fn all_of(rows: &[Full]) -> Events {
    let mut builder = Events::builder().conflicts(Conflicts::Count);
    builder.extend(rows.iter().map(Full::event));
    builder.build().unwrap()
}

/// Everything that events show at a moment.
fn at(events: &Events, (day, second): (i32, u32), knowledge: Knowledge) -> Vec<String> {
    let view = match knowledge {
        Knowledge::Hindsight => events.observed_in_hindsight(AsOf::new(Day::new(day))),
        _ => events.observed_at(Moment::new(Day::new(day), second).unwrap()),
    };
    let of = |key: Key<'_>| {
        let rows = view.history(&key).rows().map(|row| {
            let text = |key: &Option<Key<'_>>| key.as_ref().map(Key::to_string);
            let (channel, said, id) = (text(&row.channel), text(&row.text), text(&row.id));
            format!(
                "{} {:?} {} {:?} {channel:?} {said:?} {id:?}",
                row.day, row.second_of_day, row.kind, row.value
            )
        });
        format!("{key}: {}", rows.collect::<Vec<_>>().join("; "))
    };
    events.customers().iter().map(of).collect()
}

/// Moments at which something may change.
const MOMENTS: [(i32, u32); 7] = [(0, 0), (3, 7), (9, 86_398), (15, 86_399), (20, 0), (29, 86_399), (60, 5)];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// At a moment: what had happened and was known by then, each id in the version known last.
    #[test]
    fn a_view_shows_what_was_known_by_its_moment(rows in prop::collection::vec(full(), 1..25)) {
        let events = all_of(&rows);
        for now in MOMENTS {
            let now = (now.0, now.1);
            for (line, key) in at(&events, now, Knowledge::AsKnown).into_iter().zip(events.customers().iter()) {
                let mut shown: Vec<String> = line.split_once(": ").unwrap().1.split("; ").map(str::to_owned).collect();
                shown.retain(|row| !row.is_empty());
                shown.sort();
                let last = |row: &&Full| {
                    let later = |other: &&Full| other.id == row.id && other.known() <= now && other.known() > row.known();
                    row.id.is_none() || !rows.iter().any(|other| later(&other))
                };
                let known = rows.iter().filter(|row| row.known() <= now).filter(last);
                let mut defined: Vec<&Full> = known.filter(|row| row.moment() <= now && row.customer == key).collect();
                // Of versions known at one moment one counts; which one is the order of rows.
                let ids: Vec<_> = defined.iter().filter_map(|row| row.id.clone()).collect();
                defined.retain(|row| row.id.is_none());
                let plain = shown.iter().filter(|row| row.ends_with("None")).cloned().collect::<Vec<_>>();
                let mut expected: Vec<String> = defined.iter().map(|row| row.said()).collect();
                expected.sort();
                prop_assert_eq!(plain, expected);
                for row in shown.iter().filter(|row| !row.ends_with("None")) {
                    prop_assert!(rows.iter().any(|own| own.said() == *row && own.id.is_some() && ids.contains(own.id.as_ref().unwrap())));
                }
            }
        }
    }

    #[test]
    fn growing_equals_a_rebuild(rows in prop::collection::vec(full(), 1..25), cut in any::<prop::sample::Index>()) {
        let (old, new) = rows.split_at(1 + cut.index(rows.len()));
        let mut grown = all_of(old);
        for part in new.chunks(3) {
            grown = grown.extend(&all_of(part)).unwrap();
        }
        let mut backward = rows.clone();
        backward.reverse();
        for rebuilt in [all_of(&rows), all_of(&backward)] {
            prop_assert_eq!(grown.intake(), rebuilt.intake());
            prop_assert_eq!(grown.len(), rebuilt.len());
            for now in MOMENTS {
                for knowledge in [Knowledge::AsKnown, Knowledge::Hindsight] {
                    prop_assert_eq!(at(&grown, now, knowledge), at(&rebuilt, now, knowledge));
                }
            }
        }
    }

    #[test]
    fn contracts_grow_alike(rows in prop::collection::vec(contract(), 2..30), cut in any::<prop::sample::Index>()) {
        let (old, new) = rows.split_at(1 + cut.index(rows.len() - 1));
        prop_assert!(!new.is_empty());
        let grown = contracts(old).extend(&contracts(new)).unwrap();
        for day in [0, 10, 25, 99] {
            prop_assert_eq!(seen_contracts(&grown, day), seen_contracts(&contracts(&rows), day));
        }
    }
}

#[test]
fn columns_carry_what_rows_carry() {
    let (customers, days, kinds) = (vec!["a", "a"], vec![1_i32, 1], vec!["rating", "rating"]);
    let (seconds, known, known_seconds) = ([7, u32::MAX], vec![1_i32, 3], [u32::MAX, 9]);
    let columns = EventColumns::new(&customers, &days, &kinds)
        .seconds_of_day(&seconds)
        .channels(&["app", ""][..])
        .campaigns(&["spring", "spring"][..])
        .texts(&["good", "bad"][..])
        .ids(&["r1", "r1"][..])
        .known(&known)
        .known_seconds(&known_seconds);
    let events = Events::from_columns(&columns).unwrap();
    assert_eq!((events.len(), events.intake().corrected_rows), (2, 1));
    let said = |moment: Moment| {
        let rows: Vec<_> = events.observed_at(moment).history("a").rows().collect();
        rows.iter().map(|row| (row.second_of_day, row.text.as_ref().map(Key::to_string))).collect::<Vec<_>>()
    };
    let moment = |day, second| Moment::new(Day::new(day), second).unwrap();
    assert_eq!(said(moment(1, 6)), []);
    assert_eq!(said(moment(1, 7)), [(Some(7), Some("good".to_owned()))]);
    assert_eq!(said(moment(3, 8)), [(Some(7), Some("good".to_owned()))]);
    assert_eq!(said(moment(3, 9)), [(None, Some("bad".to_owned()))]);
    let error = Events::from_columns(&columns.seconds_of_day(&[7, 86_400])).unwrap_err();
    assert_eq!(error.to_string(), "row 2, column `second_of_day`: expected 0 to 86399");
}

#[cfg(feature = "csv")]
#[test]
fn files_carry_what_rows_carry() {
    use regulars::data::TimelineCsvParams;

    let file = "customer,date,kind,channel,campaign,comment,event_id,known\n\
                a,2024-05-01 12:00,rating,app,spring,good,r1,\n\
                a,2024-05-01 12:00,rating,app,spring,bad,r1,2024-05-03\n\
                a,2024-05-01 12:00,rating,app,spring,bad,r1,2024-05-03\n";
    let events = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap();
    assert_eq!((events.len(), events.intake().corrected_rows, events.intake().repeated_ids), (2, 1, 1));
    let text = |day| {
        let row = events.observed(AsOf::ymd(2024, 5, day).unwrap()).history("a").rows().next().unwrap();
        (row.second_of_day, row.channel.unwrap().to_string(), row.text.unwrap().to_string())
    };
    assert_eq!(text(2), (Some(43_200), "app".into(), "good".into()));
    assert_eq!(text(3), (Some(43_200), "app".into(), "bad".into()));
    let plans = "customer,start,end,plan,contract_id,known\na,2024-01-01,,basic,c1,\n\
                 a,2024-01-01,2024-03-31,basic,c1,2024-04-10\n";
    let contracts = Contracts::read_csv(plans.as_bytes(), &TimelineCsvParams::new()).unwrap();
    let running = |day| contracts.observed(AsOf::ymd(2024, 4, day).unwrap()).history("a").is_running();
    assert_eq!((running(9), running(10)), (true, false));
}

/// Views of very many moments leave nothing in the events.
#[test]
fn any_number_of_moments_can_be_asked_for() {
    let mut builder = Events::builder();
    for day in 0..10 {
        builder.push(Event::new("ann", Day::new(day), "call").known(Day::new(day + 1))).unwrap();
    }
    let events = builder.build().unwrap();
    let seen = |second| {
        let moment = Moment::new(Day::new(second / 86_400), u32::try_from(second % 86_400).unwrap()).unwrap();
        events.observed_at(moment).history("ann").len()
    };
    assert_eq!((0..864_000).step_by(9).map(seen).sum::<usize>(), 345_600);
}
