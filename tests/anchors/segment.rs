//! Segments of the customers of three public files of orders, and two dates of one of them.

use regulars::data::csv::CsvParams;
use regulars::data::{Features, Ledger};
use regulars::metrics;
use regulars::segment::KMeansParams;
use regulars::types::{AsOf, Currency, Seed};

use super::{data_dir, read};

fn ledger(dir: &std::path::Path, name: &str) -> Ledger {
    Ledger::read_csv(read(dir, name).as_bytes(), &CsvParams::new(Currency::GBP)).unwrap()
}

/// One configuration for every file: the number chosen can be reproduced, every customer has a segment, and the shares of
/// customers and of revenue add up.
#[test]
fn one_default_serves_every_shop() {
    let Some(dir) = data_dir() else { return };
    for name in [
        "online-retail/online_retail.csv.gz",
        "cdnow/cdnow_master_transactions.csv.gz",
        "rfm-orders/rfm_data_orders.csv",
    ] {
        let ledger = ledger(&dir, name);
        let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
        let features = Features::behaviour(now).unwrap();
        let model = KMeansParams::auto(2..=6).seed(Seed(42)).restarts(3).fit(&features).unwrap();
        let choice = model.choice().unwrap();
        let score = choice.sweep.iter().find(|s| s.k == choice.k).unwrap();
        assert!(score.stability >= 0.8, "{name}: {score:?}");
        assert!(model.summary().converged, "{name}");
        assert_eq!(model.profiles().iter().map(|p| p.size).sum::<usize>(), features.len());
        let revenue: f64 = model.profiles().iter().filter_map(|p| p.revenue).sum();
        assert!((revenue - 1.0).abs() < 1e-9, "{name}: {revenue}");
    }
}

/// Three months of Online Retail: nobody is forgotten between the dates, and a refit that is matched to the old segments
/// agrees with them far beyond chance and carries their names.
#[test]
fn segments_of_online_retail_are_followed() {
    let Some(dir) = data_dir() else { return };
    let ledger = ledger(&dir, "online-retail/online_retail.csv.gz");
    let at = |year, month, day| {
        Features::behaviour(ledger.observed(AsOf::ymd(year, month, day).unwrap()).unwrap()).unwrap()
    };
    let (then, now) = (at(2011, 9, 9), at(2011, 12, 9));
    let params = KMeansParams::new(4).seed(Seed(42));
    let model = params.fit(&then).unwrap();
    let (before, after) = (model.assign(&then).unwrap(), model.assign(&now).unwrap());
    let moves = model.migration(&before, &after).unwrap();
    let known = moves.stayed() + moves.moved_up() + moves.moved_down();
    assert_eq!(known + moves.left().iter().sum::<u64>(), then.len() as u64);
    assert_eq!(known + moves.arrived().iter().sum::<u64>(), now.len() as u64);
    assert!(moves.stayed() * 2 > known, "{} of {known} stayed", moves.stayed());
    let refit = params.fit(&now).unwrap().matched(&model, &now).unwrap();
    let labels = |segments: &[regulars::segment::Segment]| -> Vec<u32> {
        segments.iter().map(|s| u32::try_from(s.index()).unwrap()).collect()
    };
    let again = refit.assign(&now).unwrap();
    let agreement = metrics::adjusted_rand_index(&labels(after.values()), &labels(again.values())).unwrap();
    assert!(agreement > 0.5, "{agreement}");
    for (new, old) in refit.profiles().iter().zip(model.profiles()) {
        assert_eq!(new.name, old.name);
    }
}
