//! Files of format version 1, kept for good: every later library must read them. `REGULARS_BLESS=1` writes those that
//! are missing; a file that exists is never written again.
#![cfg(all(feature = "serde", feature = "csv"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use regulars::churn::{ChurnModel, ChurnParams, Method, TableModel};
use regulars::data::{Customers, Features, Ledger, PurchaseHistory, TimeUnit};
use regulars::ltv::{Bootstrap, Histogram, LtvModel, LtvParams, Model, Renewals, ShiftedBetaGeometric};
use regulars::persist;
use regulars::pipeline::{Pipeline, PipelineParams};
use regulars::profile::{MatchModel, MatchParams};
use regulars::recommend::{NextItemModel, NextItemParams};
use regulars::rfm::{RfmModel, RfmParams};
use regulars::segment::{KMeansParams, SegmentModel};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Day, Horizon, Seed};
use serde_json::Value;

fn ledger() -> Ledger {
    ShopParams::new(200, Seed(4)).simulate().unwrap().ledger().unwrap()
}

/// 150 shops that differ, so that each has an effect.
fn shops() -> (Features, Vec<bool>) {
    let shops: Vec<String> = (0..4_000).map(|i| format!("shop {}", i * 7 % 150)).collect();
    let left: Vec<bool> = (0..4_000).map(|i| (i * 7 % 150) % 5 + i * 31 % 17 % 7 > 6).collect();
    let builder = Features::builder(Customers::numbered(4_000).unwrap());
    let table = builder.categorical("shop", shops.iter().map(String::as_str)).unwrap().build().unwrap();
    (table, left)
}

/// Reads the file and writes the model again: it must be the same value, and its blocks the same bytes.
fn kept<M: persist::Model>(name: &str, fresh: impl FnOnce() -> M) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/v1").join(name);
    if !path.exists() && std::env::var_os("REGULARS_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let model = fresh();
        persist::write(fs::File::create(&path).unwrap(), &model).unwrap();
    }
    let file = fs::read(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let model: M = persist::read(file.as_slice()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut again = Vec::new();
    persist::write(&mut again, &model).unwrap();
    let (was, blocks) = parts(&file);
    let (is, blocks_again) = parts(&again);
    assert!(is == plain(was), "{name}: read and written again it differs");
    assert!(blocks_again == blocks, "{name}: read and written again its blocks differ");
}

/// The model in the header, and all bytes after the header.
fn parts(file: &[u8]) -> (Value, &[u8]) {
    let end = file.iter().position(|byte| *byte == b'\n').unwrap();
    let header: Value = serde_json::from_slice(&file[..end]).unwrap();
    (header["model"].clone(), &file[end + 1..])
}

/// The same model as it is written today: version 1 once held days as numbers, and currencies as code and decimals.
fn plain(model: Value) -> Value {
    let day = |days: i64| Value::String(Day::new(i32::try_from(days).unwrap()).to_string());
    match model {
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(fields) if fields.contains_key("decimals") => fields["code"].clone(),
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| match value.as_i64() {
                Some(days) if name.ends_with("as_of") => (name, day(days)),
                _ => (name, plain(value)),
            };
            fields.into_iter().map(field).collect()
        }
        other => other,
    }
}

#[test]
fn version_1_is_read() {
    let ledger = ledger();
    let as_of = AsOf::new(ledger.covers().1);
    let horizon = Horizon::days(60).unwrap();
    let now = ledger.observed(as_of).unwrap();
    let past = || ledger.split(AsOf::new(as_of.day().checked_add(-60).unwrap()), horizon).unwrap();
    let churn = || ChurnParams::new().method(Method::Plain);
    let segment = || KMeansParams::new(3);
    let ltv = || LtvParams::new(Model::BgNbd);
    kept::<RfmModel>("rfm.json", || RfmParams::new().fit(now).unwrap());
    kept::<SegmentModel>("segment.json", || segment().fit(&Features::behaviour(now).unwrap()).unwrap());
    kept::<ChurnModel>("churn.json", || churn().fit(&[past()]).unwrap());
    kept::<LtvModel>("ltv.json", || ltv().fit(now).unwrap());
    kept::<ShiftedBetaGeometric>("contracts.json", || {
        ShiftedBetaGeometric::fit(&Renewals::of_cohort(&[1_000, 869, 743, 653]).unwrap()).unwrap().0
    });
    kept::<Bootstrap>("refits.model", || {
        let histogram = Histogram::new(&PurchaseHistory::observed(now, TimeUnit::Week).unwrap());
        ltv().fit(now).unwrap().bootstrap(&histogram, 20, Seed(1)).unwrap()
    });
    kept::<TableModel>("churn_levels.json", || {
        let (table, left) = shops();
        ChurnParams::new().fit_table(&table, &left).unwrap()
    });
    kept::<NextItemModel>("recommend.model", || NextItemParams::new().fit(now).unwrap());
    kept::<MatchModel>("match.json", || {
        let records = ShopParams::new(60, Seed(1)).simulate().unwrap().records().unwrap();
        MatchParams::new().fit(&records).unwrap()
    });
    kept::<Pipeline>("pipeline.model", || {
        let params = PipelineParams::new().churn(churn()).segment(segment()).ltv(ltv());
        params.fit(&ledger, as_of, horizon).unwrap()
    });
}
