//! Model files: whatever a file says, it is refused or gives a model that works.
#![no_main]

#[path = "../../tests/envelope/mod.rs"]
mod envelope;

use std::sync::LazyLock;

use envelope::{checksum, line, width};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Features, Ledger, Observed, Records};
use regulars::persist::{Model, read};
use regulars::profile::MatchModel;
use regulars::recommend::NextItemModel;
use regulars::rfm::{RfmModel, RfmParams, SegmentMap};
use regulars::segment::SegmentModel;
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Seed};
use regulars::{ErrorKind, Result};
use serde_json::{Value, json};

/// The shop that loaded models are asked about; `fuzz/seeds/models` was made from it.
static LEDGER: LazyLock<Ledger> = LazyLock::new(|| {
    let shop = ShopParams::new(12, Seed(3)).days(120).catalogue(8).favourites(3).refunds(0.05).simulate();
    shop.and_then(|shop| shop.ledger()).expect("a shop")
});

static RECORDS: LazyLock<Records> =
    LazyLock::new(|| ShopParams::new(12, Seed(3)).simulate().and_then(|shop| shop.records()).expect("records"));

fn now() -> Observed<'static> {
    LEDGER.observed(AsOf::new(LEDGER.covers().1)).expect("customers")
}

/// Sets the checksums right where the header can be read at all.
fn repaired(file: &[u8]) -> Option<Vec<u8>> {
    let end = file.iter().position(|b| *b == b'\n')?;
    let mut header: Value = serde_json::from_slice(&file[..end]).ok()?;
    let mut rest = &file[end + 1..];
    for block in header.get_mut("blocks")?.as_array_mut()? {
        let width = width(block.get("type")?.as_str()?);
        let size = usize::try_from(block.get("len")?.as_u64()?).ok()?.checked_mul(width)?;
        let (this, after) = rest.split_at_checked(size)?;
        *block.get_mut("checksum")? = json!(checksum(this));
        rest = after;
    }
    let mut bytes = line(&header);
    bytes.extend(&file[end + 1..]);
    Some(bytes)
}

/// The model, if the file is one. A refusal says that the file is to blame.
fn load<M: Model>(file: &[u8]) -> Option<M> {
    let loaded: Result<M> = read(file);
    loaded.map_err(|error| assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{error}")).ok()
}

fn ask(kind: u8, file: &[u8]) {
    match kind % 5 {
        0 => {
            if let Some(model) = load::<RfmModel>(file) {
                drop(model.score(now()));
            }
        }
        1 => {
            if let Some(map) = load::<SegmentMap>(file) {
                let scores = RfmParams::new().bins(5).fit(now()).and_then(|model| model.score(now()));
                drop(map.assign(&scores.expect("scores")));
            }
        }
        2 => {
            if let Some(model) = load::<SegmentModel>(file) {
                let features = Features::behaviour(now()).expect("features");
                if let Ok(assigned) = model.assign(&features) {
                    assert!(assigned.values().iter().all(|segment| model.profile(*segment).is_ok()));
                }
                drop(model.explain(&features));
            }
        }
        3 => {
            if let Some(model) = load::<NextItemModel>(file) {
                if let Ok(list) = model.recommend(1, 5) {
                    assert!(list.len() <= 5);
                }
            }
        }
        _ => {
            if let Some(model) = load::<MatchModel>(file) {
                drop(model.merge(&RECORDS));
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    LazyLock::force(&LEDGER);
    LazyLock::force(&RECORDS);
    let Some((kind, file)) = data.split_first() else { return };
    regulars_fuzz::guarded(data, |_| {
        ask(*kind, file);
        if let Some(file) = repaired(file) {
            ask(*kind, &file);
        }
    });
});
