//! `Debug` ends in logs. No type of this library shows a key, an amount of a row or a value of a record in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use regulars::churn::{
    ChurnParams, ElasticNetParams, Known, LogisticParams, Method, MonitorParams, Past, StageParams,
    WarningParams,
};
use regulars::data::{
    Behaviour, Columns, Contract, ContractColumns, Contracts, Event, EventColumns, Events, Features, Field,
    FieldKind, KeyColumn, Keys, Ledger, Matrix, Observed, Occasion, PurchaseHistory, Purchases, Record,
    RecordColumns, Records, Refunds, Summary, SummaryParams, TimeUnit, Transaction,
};
use regulars::ltv::{FitInput, Histogram, LtvParams, Model};
use regulars::pipeline::PipelineParams;
use regulars::profile::{GoldenParams, IndexParams, Labels, Links, MatchParams, Pseudonyms};
use regulars::recommend::{
    self, Basket, Baskets, NextItemParams, NextPurchaseParams, Orders, Request, RuleParams,
    SequenceRuleParams, Subject,
};
use regulars::rfm::{RfmInput, RfmParams};
use regulars::segment::{KMeansParams, MixtureParams, SegmentInput};
use regulars::simulate::ShopParams;
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Key, Probability, Quantity, Seed};

/// What must never be shown: parts of every key and value below, in text and in numbers.
const SECRETS: [&str; 7] = ["ecre", "SECRE", "77123", "88123", "771.23", "ann.lee", "Quux"];

/// An amount of which no other number of this file is a part.
const PAID: i64 = 77_123;

/// Formats values, and remembers the names of their types.
#[derive(Default)]
struct Shown(BTreeSet<String>);

impl Shown {
    fn value<T: Debug + ?Sized>(&mut self, value: &T) {
        let name = type_name::<T>();
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{name} shows `{secret}`: {text:.300}");
            }
        }
        let end = name.find('<').unwrap_or(name.len());
        self.0.insert(name[..end].rsplit("::").next().unwrap().to_owned());
    }
}

fn customer(i: i64) -> Key<'static> {
    if i % 2 == 0 { Key::from(format!("secret-{i}@x.org")) } else { Key::from(88_123_000 + i) }
}

fn ledger() -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for i in 0..40_i64 {
        for visit in 0..=(i % 7) {
            let day = Day::new(19_000 + i32::try_from(i % 28 + visit * (9 + i % 20)).unwrap());
            for item in [visit % 3, i % 4] {
                let row = Transaction::new(customer(i), day).item(format!("SECRET item {item}"));
                let row = row.order(format!("secret order {i}-{visit}")).quantity(Quantity::units(1));
                builder.push(row.amount(Amount::minor(PAID))).unwrap();
            }
        }
    }
    builder.build().unwrap()
}

fn of_ledgers(shown: &mut Shown) {
    let day = Day::new(19_100);
    shown.value(&Key::from("secret"));
    shown.value(&Key::from(88_123));
    shown.value(&Keys::new(["secret", "77123"]).unwrap());
    let row = Transaction::new("secret", day).order("secret").item(77_123).amount(Amount::minor(PAID));
    shown.value(&row.quantity(Quantity::units(88_123)));
    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new("secret", day).amount(Amount::minor(PAID))).unwrap();
    builder.push(Transaction::new(88_123, day).amount(Amount::minor(PAID))).unwrap();
    shown.value(&builder);
    let (texts, owned) = (["secret"], ["secret".to_owned()]);
    let (numbers, amounts, days) = ([88_123_i64], [Amount::minor(PAID)], [day]);
    let quantities = [Quantity::units(88_123)];
    shown.value(&KeyColumn::from(&texts[..]));
    shown.value(&KeyColumn::from(&owned[..]));
    shown.value(&KeyColumn::from(&numbers[..]));
    shown.value(&regulars::data::AmountColumn::from(&amounts[..]));
    shown.value(&regulars::data::AmountColumn::from(&[771.23][..]));
    shown.value(&regulars::data::DayColumn::from(&days[..]));
    let columns = Columns::new(Currency::EUR, &texts[..], &days[..]).orders(&owned[..]).items(&numbers[..]);
    shown.value(&columns.amounts(&amounts[..]).quantities(&quantities));

    let ledger = ledger();
    let as_of = AsOf::new(ledger.covers().1);
    let now = ledger.observed(as_of).unwrap();
    let cut = AsOf::new(as_of.day().checked_add(-60).unwrap());
    let split = ledger.split(cut, Horizon::days(40).unwrap()).unwrap();
    let one = ledger.customer(customer(6)).unwrap();
    shown.value(&ledger);
    shown.value(&ledger.intake());
    shown.value::<Observed<'_>>(&now);
    shown.value(&now.only(one).unwrap());
    shown.value(&now.customers());
    shown.value(&one);
    shown.value(&now.history(one).unwrap().unwrap());
    shown.value(&split);
    shown.value(&split.holdout());
    shown.value::<Behaviour>(&now.behaviour().unwrap());
    shown.value(&now.map(|_| "secret".to_owned()));
    let features = Features::behaviour(now).unwrap();
    shown.value(&features);
    shown.value(&SegmentInput::from(&features));
    shown.value(&Matrix::unnamed(now.customers(), 1, vec![77_123.0; now.customers().len()]).unwrap());
    let purchases = Purchases::observed(now, Occasion::Day, Refunds::Net).unwrap();
    shown.value(&purchases);
    shown.value(&RfmInput::from(&purchases));
    let lives = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    shown.value(&lives);
    shown.value(&Histogram::new(&lives));
    shown.value(&FitInput::from(&lives));
    let mut summary = Summary::new(SummaryParams::new(as_of, Currency::EUR));
    summary.push(Transaction::new("secret", day).amount(Amount::minor(PAID))).unwrap();
    shown.value(&summary);

    shown
        .value(&Event::new("secret", day, "secret").value(3.0).text("secret").id("secret").channel("secret"));
    let (secret, on) = (["secret"], [day]);
    shown.value(&EventColumns::new(&secret[..], &on[..], &secret[..]).texts(&secret[..]).ids(&secret[..]));
    shown.value(&ContractColumns::new(&secret[..], &on[..], &[None]).plans(&secret[..]));
    let mut events = Events::builder();
    events.push(Event::new(customer(6), day, "secret").value(3.0).text("secret").id("secret")).unwrap();
    shown.value(&events);
    let events = events.build().unwrap();
    shown.value(&events);
    let seen = events.observed(as_of);
    shown.value(&seen);
    let own = seen.history(customer(6));
    shown.value(&own);
    shown.value(&own.rows().next().expect("one"));
    shown.value(&Contract::new("secret", day).plan("secret"));
    let mut contracts = Contracts::builder();
    contracts.push(Contract::new(customer(6), day).plan("secret")).unwrap();
    shown.value(&contracts);
    let contracts = contracts.build().unwrap();
    shown.value(&contracts);
    let seen = contracts.observed(as_of);
    shown.value(&seen);
    let own = seen.history(customer(6));
    shown.value(&own);
    shown.value(&own.rows().next().expect("one"));
    shown.value(&Known::from(now).events(&events));
    shown.value(&Past::from(split));
}

fn of_models(shown: &mut Shown) {
    let ledger = ledger();
    let as_of = AsOf::new(ledger.covers().1);
    let now = ledger.observed(as_of).unwrap();
    let features = Features::behaviour(now).unwrap();
    let rfm = RfmParams::new().fit(now).unwrap();
    shown.value(&rfm);
    shown.value(&rfm.score(now).unwrap());
    shown.value(&KMeansParams::new(2).fit(&features).unwrap());
    let left: Vec<bool> = (0..features.len()).map(|i| i % 3 == 0).collect();
    let model = ChurnParams::new().method(Method::Plain).ridge(1.0).fit_table(&features, &left).unwrap();
    shown.value(&model);
    let risk = model.predict(&features).unwrap();
    shown.value(&MonitorParams::new().fit(&features, &risk, None).unwrap());
    let cut = AsOf::new(as_of.day().checked_add(-60).unwrap());
    let split = ledger.split(cut, Horizon::days(40).unwrap()).unwrap();
    shown.value(&ChurnParams::new().method(Method::Plain).ridge(1.0).fit(&[split]).unwrap());
    let x = (0..features.len()).map(|i| (i * 37 % 41) as f64).collect();
    let matrix = Matrix::new(features.customers().clone(), ["x"], x).unwrap();
    shown.value(&LogisticParams::new().fit(&matrix, &left).unwrap());
    shown.value(&ElasticNetParams::new(0.5).penalties(3).fit(&matrix, &left).unwrap());
    let stages: Vec<&str> = (0..left.len()).map(|i| ["a", "b", "c"][i % 3]).collect();
    shown.value(&StageParams::new().fit(&matrix, &stages).unwrap());
    shown.value(&MixtureParams::new(2).fit(&features).unwrap());
    let names = (0..features.len()).map(|i| ["secret", "Quux"][i % 2]);
    let named = Features::builder(features.customers().clone()).categorical("name", names).unwrap();
    let named = named.numeric("x", vec![77_123.0; features.len()]).unwrap().build().unwrap();
    shown.value(&named);
    for (_, column) in named.columns() {
        shown.value(column);
    }
    shown.value(&named.numeric("x").unwrap());
    shown.value(&named.categorical("name").unwrap());
    shown.value(&WarningParams::new().fit(now).unwrap());
    shown.value(&LtvParams::new(Model::BgNbd).fit(now).unwrap());

    let request = Request::new(3).allow(["secret", "SECRET item 1"]).deny([77_123]);
    shown.value(&request.margins([("SECRET item 1", Amount::minor(PAID))]));
    let params = NextItemParams::new().method(recommend::Method::GpTopFreq);
    let params = params.neighbours([customer(2), customer(3)]).categories([("SECRET item 1", "secret")]);
    shown.value(&params);
    let mut model = params.fit(now).unwrap();
    let basket = Basket::new("secret", as_of.day(), ["secret", "SECRET item 1"]);
    shown.value(&basket);
    model.update(basket).unwrap();
    shown.value(&model);
    let list = model.recommend(customer(6), 3).unwrap();
    assert!(list.iter().any(|own| !own.reasons.is_empty()));
    shown.value(&list[0]);
    shown.value(&list[..]);
    shown.value(&list[0].reasons[0]);
    shown.value(&list[0].reasons[0].kind);
    shown.value(&Baskets::new(now, Occasion::Day).unwrap());
    let orders = Orders::new(now, Occasion::Day).unwrap();
    shown.value(&orders);
    let rules = RuleParams::new(0.01).min_lift(0.0).fit(&orders).unwrap();
    shown.value(&rules);
    shown.value(&rules.iter().next().expect("a rule"));
    let within = SequenceRuleParams::new(Horizon::days(30).unwrap()).min_customers(1).min_lift(0.0);
    let rules = within.fit(now).unwrap();
    shown.value(&rules);
    shown.value(&rules.values()[0]);
    let dates = NextPurchaseParams::new().subject(Subject::CustomerItem).fit(now).unwrap();
    shown.value(&dates);
    shown.value(&dates.predict_items(now).unwrap());

    let pipeline = PipelineParams::new().recommend(params).segment(KMeansParams::new(2));
    let pipeline = pipeline.churn(ChurnParams::new().method(Method::Plain).ridge(1.0));
    let pipeline = pipeline.ltv(LtvParams::new(Model::BgNbd));
    shown.value(&pipeline);
    let pipeline = pipeline.fit(&ledger, as_of, Horizon::days(40).unwrap()).unwrap();
    shown.value(&pipeline);
    let table = pipeline.predict(&ledger, as_of).unwrap();
    shown.value(&table);
    shown.value(&table.rows().find(|row| row.key == customer(6)).expect("a row"));
}

fn of_records(shown: &mut Shown) {
    let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
    let mut builder = Records::builder(fields).unwrap();
    for id in ["secret 1", "secret 2", "secret 3"] {
        let record = Record::new(id).source("crm").value("name", "Quux Lee").value("email", "ann.lee@x.org");
        shown.value(&record);
        builder.push(record).unwrap();
    }
    shown.value(&builder);
    let records = builder.build().unwrap();
    shown.value(&records);
    let (ids, values) = (["secret 1"], ["ann.lee@x.org"]);
    shown.value(&RecordColumns::new(&ids[..]).field("email", FieldKind::Email, &values));
    let links = Links::new().together(("crm", "secret 1"), ("crm", "secret 2"));
    shown.value(&links);
    shown.value(&Labels::new().pairs(links));
    let model = MatchParams::new().fit(&records).unwrap();
    shown.value(&model);
    let people = model.merge(&records).unwrap();
    shown.value(&people);
    shown.value(&people.golden(&records, 0, &GoldenParams::new()).unwrap());
    shown.value(&model.explainer(&records).unwrap());
    shown.value(&model.explainer(&records).unwrap().explain(0, 1).unwrap());
    let all = |p| Probability::new(p).unwrap();
    shown.value(&model.review(&records, all(0.0), all(1.0)).unwrap());
    let params = IndexParams::new().key([77; 32]);
    shown.value(&params);
    let mut index = params.fit(&model, &records).unwrap();
    let change = index.upsert(&Record::new("secret 9").value("name", "Quux Lee")).unwrap();
    shown.value(&change);
    shown.value(&index);
    shown.value(&index.audit());
    shown.value(&index.snapshot());
    let shop = ShopParams::new(12, Seed(1)).simulate().unwrap();
    shown.value(&shop);
    shown.value(&shop.record_table().unwrap());
    shown.value(&Pseudonyms::new([77; 32]).unwrap());
}

/// Public types of the source that write `Debug` themselves or derive it over keys, by name.
fn holders() -> BTreeSet<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut holders = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for part in text.split("\npub struct ").skip(1).chain(text.split("\npub enum ").skip(1)) {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric()).collect();
                let body = part.split("\n}").next().unwrap().split(";\n").next().unwrap();
                let keys = ["Key<", "Keys>", "KeyColumn", "Interner", "Directory", "&'a [&'a str]"];
                let by_hand = [format!("Debug for {name}<"), format!("Debug for {name} ")];
                let own = by_hand.iter().any(|text_of| text.contains(text_of));
                if own || keys.iter().any(|key| body.contains(key)) {
                    holders.insert(name);
                }
            }
        }
    }
    holders
}

#[cfg(feature = "csv")]
fn of_files(shown: &mut Shown) {
    use regulars::data::RecordsCsvParams;
    use regulars::data::csv::{CsvFormat, RawTable};
    let text = "id,name,email\nsecret 1,Quux Lee,ann.lee@x.org\nsecret 2,Quux Fox,ann.lee@y.org\n";
    let table = RawTable::read_csv(text.as_bytes(), &CsvFormat::new()).unwrap();
    shown.value(&table);
    shown.value(&table.column("email").unwrap());
    let mut reader = Records::csv(RecordsCsvParams::new());
    reader.read("crm", text.as_bytes()).unwrap();
    shown.value(&reader);
}

#[cfg(not(feature = "csv"))]
fn of_files(shown: &mut Shown) {
    shown.0.extend(["RawTable", "TextColumn", "RecordsCsv"].map(str::to_owned));
}

/// Types that hold no value of a person.
const OF_NOBODY: [&str; 9] =
    ["AsOf", "Currency", "Day", "Encoding", "Error", "Moment", "ProfileId", "SegmentMap", "Transform"];

#[test]
fn debug_shows_no_personal_value() {
    let mut shown = Shown::default();
    of_ledgers(&mut shown);
    of_models(&mut shown);
    of_records(&mut shown);
    of_files(&mut shown);
    let nobody: BTreeSet<String> = OF_NOBODY.iter().map(ToString::to_string).collect();
    let missing: Vec<String> =
        holders().into_iter().filter(|name| !shown.0.contains(name) && !nobody.contains(name)).collect();
    assert!(missing.is_empty(), "neither formatted here nor listed as of nobody: {missing:?}");
}

#[test]
fn days_print_as_dates() {
    let day = Day::ymd(2024, 5, 1).unwrap();
    assert_eq!(format!("{day:?} {:?}", AsOf::new(day)), "Day(2024-05-01) AsOf(2024-05-01)");
}
