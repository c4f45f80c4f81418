//! Files of format version 1, kept for good: every later library must read them. `REGULARS_BLESS=1` writes those that
//! are missing; a file that exists is never written again.
#![cfg(all(feature = "serde", feature = "csv"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use regulars::churn::{ChurnModel, ChurnParams, Method};
use regulars::data::{Features, Ledger};
use regulars::ltv::{LtvModel, LtvParams, Model};
use regulars::persist;
use regulars::pipeline::{Pipeline, PipelineParams};
use regulars::profile::{MatchModel, MatchParams};
use regulars::recommend::{NextItemModel, NextItemParams};
use regulars::rfm::{RfmModel, RfmParams};
use regulars::segment::{KMeansParams, SegmentModel};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Horizon, Seed};

fn ledger() -> Ledger {
    ShopParams::new(200, Seed(4)).simulate().unwrap().ledger().unwrap()
}

/// Reads the file and writes the model again: the model part must be the same to the byte.
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
    let from_model = |bytes: &[u8]| {
        let at =
            bytes.windows(9).position(|w| w == b"\"model\":{").unwrap_or_else(|| panic!("{name}: no model"));
        bytes[at..].to_vec()
    };
    assert!(from_model(&again) == from_model(&file), "{name}: read and written again it differs");
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
