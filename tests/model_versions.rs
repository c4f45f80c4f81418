//! Files of every format version, kept for good: every later library must read them. And no bit of a new file can change
//! unseen. `REGULARS_BLESS=1` writes the files of the newest version that are missing; a file that exists is never
//! written again.
#![cfg(all(feature = "serde", feature = "csv"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regulars::ErrorKind;
use regulars::churn::{
    ChurnModel, ChurnParams, ElasticNetParams, LogisticParams, Method, MonitorParams, StageParams, TableModel,
};
use regulars::data::{
    Customers, Features, Ledger, Matrix, Occasion, PerCustomer, PurchaseHistory, Summary, SummaryParams,
    TierParams, TimeUnit, Transaction,
};
use regulars::ltv::{
    Bootstrap, CalendarCovariates, CohortParams, Cohorts, CovariateParams, Histogram, LtvModel, LtvParams,
    Model, ShiftedBetaGeometric, SpendCovariateParams, VaryingParams,
};
use regulars::persist;
use regulars::pipeline::{Pipeline, PipelineParams};
use regulars::profile::{IndexParams, MatchModel, MatchParams};
use regulars::recommend::{
    self, NextItemModel, NextItemParams, NextPurchaseParams, Orders, RuleParams, SequenceRuleParams,
};
use regulars::rfm::{RfmModel, RfmParams, SegmentMap};
use regulars::segment::{KMeansParams, MixtureParams, SegmentModel};
use regulars::simulate::ShopParams;
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Seed};
use serde_json::Value;

/// The bytes of every file of a version, by name; `version_1_is_read` says which there must be.
fn kept_file(version: u32, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/models/v{version}")).join(name)
}

/// Reads a file and writes the model again: it must be the same value, and its blocks the same
/// bytes.
fn comes_back<M: persist::Model>(name: &str, file: &[u8]) {
    let model: M = persist::read(file).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut again = Vec::new();
    persist::write(&mut again, &model).unwrap();
    // The model and its blocks: what stands around them in the header differs between versions.
    let parts = |bytes: &[u8]| {
        let line = bytes.iter().position(|b| *b == b'\n').unwrap();
        let head: Value = serde_json::from_slice(&bytes[..line]).unwrap();
        (plain(head["model"].clone()), head["blocks"].clone(), bytes[line..].to_vec())
    };
    assert!(parts(&again) == parts(file), "{name}: read and written again it differs");
}

/// The same model as it is written today: older files hold days as numbers, currencies as code and
/// decimals, and the order of day and month by the name of its variant.
fn plain(model: Value) -> Value {
    let day = |days: i64| Value::String(Day::new(i32::try_from(days).unwrap()).to_string());
    match model {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(fields) if fields.contains_key("decimals") => fields["code"].clone(),
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| match value.as_i64() {
                Some(days) if name.ends_with("as_of") => (name, day(days)),
                None if value == "DayFirst" => (name, Value::from("day_first")),
                None if value == "MonthFirst" => (name, Value::from("month_first")),
                _ => (name, plain(value)),
            };
            fields.into_iter().map(field).collect()
        }
        other => other,
    }
}

#[test]
fn version_1_is_read() {
    fn kept<M: persist::Model>(name: &str) {
        let file = fs::read(kept_file(1, name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        comes_back::<M>(name, &file);
    }
    kept::<RfmModel>("rfm.json");
    kept::<SegmentModel>("segment.json");
    kept::<ChurnModel>("churn.json");
    kept::<LtvModel>("ltv.json");
    kept::<ShiftedBetaGeometric>("contracts.json");
    kept::<Bootstrap>("refits.model");
    kept::<TableModel>("churn_levels.json");
    kept::<NextItemModel>("recommend.model");
    kept::<MatchModel>("match.json");
    kept::<Pipeline>("pipeline.model");
}

/// What is done with one model of each kind.
trait Visitor {
    fn visit<M: persist::Model>(&mut self, model: &M);
}

/// A small model of every kind there is, so that its file is small.
fn every_kind(visitor: &mut impl Visitor) {
    let shop = ShopParams::new(40, Seed(4)).days(200).catalogue(12).favourites(3);
    let ledger: Ledger = shop.simulate().unwrap().ledger().unwrap();
    let last = ledger.covers().1;
    let (as_of, horizon) = (AsOf::new(last), Horizon::days(40).unwrap());
    let now = ledger.observed(as_of).unwrap();
    let past = ledger.split(AsOf::new(last.checked_add(-40).unwrap()), horizon).unwrap();
    let features = Features::behaviour(now).unwrap();
    let history = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    let histogram = Histogram::new(&history);
    let n = history.len();

    visitor.visit(&RfmParams::new().fit(now).unwrap());
    visitor.visit(&SegmentMap::standard([5; 3]).unwrap());
    visitor.visit(&KMeansParams::new(2).fit(&features).unwrap());
    visitor.visit(&MixtureParams::new(2).fit(&features).unwrap());
    let scores = PerCustomer::new(Customers::numbered(3).unwrap(), vec![5.0, 3.0, 2.0]).unwrap();
    visitor.visit(&TierParams::new().fit(&scores).unwrap());
    let mut summary = Summary::new(SummaryParams::new(as_of, Currency::EUR));
    summary.push(Transaction::new("ann", Day::new(19_000)).amount(Amount::minor(500))).unwrap();
    visitor.visit(&summary);

    let churn = ChurnParams::new().method(Method::Plain).ridge(1.0);
    visitor.visit(&churn.fit(&[past]).unwrap());
    let x: Vec<f64> = (0..80_u32).map(|i| f64::from(i * 37 % 41)).collect();
    let left: Vec<bool> = (0..80).map(|i| i % 3 == 0).collect();
    let customers = Customers::numbered(80).unwrap();
    let table = Features::builder(customers.clone()).numeric("x", x.clone()).unwrap().build().unwrap();
    let model = ChurnParams::new().fit_table(&table, &left).unwrap();
    visitor.visit(&model);
    let risk = model.predict(&table).unwrap();
    visitor.visit(&MonitorParams::new().fit(&table, &risk, Some(&left)).unwrap());
    let matrix = Matrix::new(customers, ["x"], x).unwrap();
    visitor.visit(&LogisticParams::new().fit(&matrix, &left).unwrap());
    visitor.visit(&ElasticNetParams::new(0.5).penalties(3).fit(&matrix, &left).unwrap());
    let stages: Vec<&str> = (0..80).map(|i| ["a", "b", "c"][i % 3]).collect();
    visitor.visit(&StageParams::new().fit(&matrix, &stages).unwrap());

    let ltv = LtvParams::new(Model::BgNbd).fit(now).unwrap();
    visitor.visit(&ltv);
    visitor.visit(&histogram);
    visitor.visit(&ltv.bootstrap(&histogram, 5, Seed(1)).unwrap());
    visitor.visit(&ShiftedBetaGeometric::new(0.704, 1.182).unwrap());
    let z: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 0.0 } else { 1.0 }).collect();
    let z = Matrix::new(history.customers().clone(), ["z"], z).unwrap();
    visitor.visit(&CovariateParams::new(Model::BgNbd).fit(&history, &z).unwrap());
    visitor.visit(&SpendCovariateParams::new().fit(&history, &z).unwrap());
    let cohorts = Cohorts::new((0..n).map(|i| if i % 2 == 0 { "app" } else { "shop" })).unwrap();
    visitor.visit(&CohortParams::new(Model::MbgNbd).fit(&history, &cohorts).unwrap());
    let start = ledger.covers().0;
    let season = CalendarCovariates::new(["x"], start, horizon, vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).unwrap();
    visitor.visit(&VaryingParams::new().fit(now, &season).unwrap());

    let next = NextItemParams::new().method(recommend::Method::GpTopFreq);
    visitor.visit(&next.fit(now).unwrap());
    visitor.visit(&NextPurchaseParams::new().fit(now).unwrap());
    let orders = Orders::new(now, Occasion::Day).unwrap();
    visitor.visit(&RuleParams::new(0.1).min_lift(1.1).fit(&orders).unwrap());
    visitor.visit(&SequenceRuleParams::new(horizon).min_customers(3).fit(now).unwrap());

    let records = ShopParams::new(12, Seed(1)).simulate().unwrap().records().unwrap();
    let matcher = MatchParams::new().fit(&records).unwrap();
    visitor.visit(&matcher);
    visitor.visit(&IndexParams::new().key([7; 32]).fit(&matcher, &records).unwrap().snapshot());

    let params = PipelineParams::new().churn(churn).segment(KMeansParams::new(2));
    let params = params.ltv(LtvParams::new(Model::BgNbd)).recommend(next);
    visitor.visit(&params.fit(&ledger, as_of, horizon).unwrap());
}

/// The kind of a saved model.
fn kind_of(file: &[u8]) -> String {
    let line = file.split(|b| *b == b'\n').next().unwrap();
    let head: serde_json::Value = serde_json::from_slice(line).unwrap();
    head["kind"].as_str().unwrap().to_owned()
}

/// Every kind that the library can save, from its source.
fn kinds_of_the_source() -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut kinds = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("persist/tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let rests = text.split("const KIND: &'static str = \"").skip(1);
                kinds.extend(rests.map(|rest| rest[..rest.find('"').unwrap()].to_owned()));
            }
        }
    }
    kinds.sort();
    kinds
}

/// Bits that were flipped in a file of each kind, its bytes, and how often the file was read all the same.
#[derive(Default)]
struct Flips(BTreeMap<String, (usize, usize, usize)>);

impl Visitor for Flips {
    fn visit<M: persist::Model>(&mut self, model: &M) {
        let mut file = Vec::new();
        persist::write(&mut file, model).unwrap();
        let kind = kind_of(&file);
        comes_back::<M>(&kind, &file);
        // All bits of a small file; of a large one those of every so many bytes, and all of the first and last.
        let bytes = file.len();
        let step = 1 + bytes / 12_000;
        let (mut flips, mut accepted) = (0, 0);
        for at in (0..bytes).filter(|at| at % step == 0 || *at < 500 || at + 500 > bytes) {
            for bit in 0..8 {
                file[at] ^= 1 << bit;
                flips += 1;
                match persist::read::<M>(&file[..]) {
                    Ok(_) => accepted += 1,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{kind}, byte {at}"),
                }
                file[at] ^= 1 << bit;
            }
        }
        assert!(self.0.insert(kind, (bytes, flips, accepted)).is_none());
    }
}

#[test]
fn a_flipped_bit_is_refused_in_a_file_of_every_kind() {
    let mut table = Flips::default();
    every_kind(&mut table);
    println!("{:24} {:>8} {:>8} {:>8}", "kind", "bytes", "flips", "accepted");
    for (kind, (bytes, flips, accepted)) in &table.0 {
        println!("{kind:24} {bytes:8} {flips:8} {accepted:8}");
    }
    assert_eq!(table.0.keys().cloned().collect::<Vec<_>>(), kinds_of_the_source());
    assert!(table.0.values().all(|(_, flips, accepted)| *flips > 1_000 && *accepted == 0));
}

/// Reads the file of each kind that was kept.
#[derive(Default)]
struct Kept(Vec<String>);

impl Visitor for Kept {
    fn visit<M: persist::Model>(&mut self, model: &M) {
        let mut fresh = Vec::new();
        persist::write(&mut fresh, model).unwrap();
        let kind = kind_of(&fresh);
        let path = kept_file(persist::FORMAT_VERSION, &format!("{kind}.model"));
        if !path.exists() && std::env::var_os("REGULARS_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &fresh).unwrap();
        }
        let file = fs::read(&path).unwrap_or_else(|e| panic!("{kind}: {e}"));
        comes_back::<M>(&kind, &file);
        self.0.push(kind);
    }
}

#[test]
fn the_newest_version_is_read() {
    let mut kept = Kept::default();
    every_kind(&mut kept);
    kept.0.sort();
    assert_eq!(kept.0, kinds_of_the_source());
}
