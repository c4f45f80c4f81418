//! Every module against the known truth of the simulated shop: what was put in must come out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use regulars::data::{Occasion, Refunds, TimeUnit};
use regulars::metrics;
use regulars::simulate::{BlobsParams, ChurnTableParams, Dropout, Effects, Script, Shop, ShopParams};
use regulars::types::{AsOf, Horizon, Key, Seed};

fn day(shop: &Shop, day: i64) -> AsOf {
    AsOf::new(shop.days().0.checked_add(day).unwrap())
}

/// Each purchase process is found again by its model: the truth lies within four standard errors of the estimates, the
/// forecasts of all customers add up, and P(alive) is calibrated.
#[test]
fn lifetime_models_find_their_process() {
    use regulars::ltv::{FitStatus, LtvParams, Model};
    let cases = [
        (Model::BgNbd, Dropout::AfterRepeat { a: 0.8, b: 2.5 }, vec![0.8, 6.0, 0.8, 2.5]),
        (Model::MbgNbd, Dropout::AfterEvery { a: 0.8, b: 2.5 }, vec![0.8, 6.0, 0.8, 2.5]),
        (Model::ParetoNbd, Dropout::AnyTime { shape: 0.8, rate: 15.0 }, vec![0.8, 6.0, 0.8, 15.0]),
    ];
    for (model, dropout, truth) in cases {
        let shop = ShopParams::new(4_000, Seed(17)).rate(0.8, 6.0).dropout(dropout).days(600).arrivals(200);
        let shop = shop.simulate().unwrap();
        let as_of = day(&shop, 400);
        let horizon = Horizon::days(180).unwrap();
        let history = shop.purchase_history(as_of, TimeUnit::Week).unwrap();
        let fitted = LtvParams::new(model).fit(&history).unwrap();
        assert_eq!(fitted.summary().status, FitStatus::Converged, "{model:?}");
        for (estimate, truth) in fitted.summary().estimates.iter().zip(&truth) {
            let error = estimate.standard_error.unwrap();
            let name = estimate.name;
            assert!((estimate.value - truth).abs() < 4.0 * error, "{model:?}: {name} {estimate:?}");
        }
        let values = fitted.predict(&history, horizon).unwrap();
        let best = shop.truth().expected_purchases(as_of, horizon).unwrap();
        let (said, known): (f64, f64) = values
            .values()
            .iter()
            .zip(best.values())
            .fold((0.0, 0.0), |(a, b), (v, e)| (a + v.purchases, b + e));
        assert!(
            (said / known - 1.0).abs() < 0.06,
            "{model:?}: {said} purchases foreseen, {known} to be expected"
        );
        let active = shop.truth().active(as_of).unwrap().into_values();
        let alive: Vec<f64> = values.values().iter().map(|v| v.p_alive.get()).collect();
        assert!(metrics::expected_calibration_error(&active, &alive, 10).unwrap() < 0.04, "{model:?}");
        assert!(metrics::roc_auc(&active, &alive).unwrap() > 0.75, "{model:?}");
    }
}

/// Gamma-Gamma: who spends how much on an order.
#[test]
fn spend_is_found() {
    let shop = ShopParams::new(4_000, Seed(23)).spend(6.0, 4.0, 15.0).arrivals(200).simulate().unwrap();
    let as_of = day(&shop, 600);
    let history = shop.purchase_history(as_of, TimeUnit::Week).unwrap();
    let fitted = regulars::ltv::LtvParams::new(regulars::ltv::Model::BgNbd).fit(&history).unwrap();
    let (p, q, _) = fitted.spend().unwrap().parameters();
    assert!((p - 6.0).abs() < 1.0 && (q - 4.0).abs() < 0.7, "p {p}, q {q}");
    let values = fitted.predict(&history, Horizon::days(100).unwrap()).unwrap();
    let people = shop.truth().people().unwrap();
    let (mut said, mut known) = (0.0, 0.0);
    for (key, value) in values.iter_keys() {
        said += value.spend.unwrap().in_minor();
        known += people.by_key(key).unwrap().mean_order.in_minor();
    }
    assert!((said / known - 1.0).abs() < 0.05, "said {said}, known {known}");
}

/// Curved and interacting effects: the default model comes near what can be known, a plain one does not; where effects
/// are additive the plain one is as good as any.
#[test]
fn churn_comes_near_what_can_be_known() {
    use regulars::churn::{ChurnParams, Method};
    let auc = |effects, method| {
        let table = |seed| ChurnTableParams::new(1_500, Seed(seed)).effects(effects).simulate().unwrap();
        let (train, fresh) = (table(1), table(2));
        let model =
            ChurnParams::new().method(method).fit_table(train.features(), train.left().values()).unwrap();
        let risk = model.predict(fresh.features()).unwrap();
        let left = fresh.left().values();
        let of = |p: &[f64]| metrics::roc_auc(left, p).unwrap();
        let best: Vec<f64> = fresh.probability().values().iter().map(|p| p.get()).collect();
        let ours: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
        assert!(metrics::expected_calibration_error(left, &ours, 10).unwrap() < 0.07);
        of(&best) - of(&ours)
    };
    let (auto, plain) = (auc(Effects::Interacting, Method::Auto), auc(Effects::Interacting, Method::Plain));
    assert!(auto < 0.05 && auto < plain, "short of the best AUC by {auto}, a plain model by {plain}");
    let plain = auc(Effects::Additive, Method::Plain);
    assert!(plain < 0.02, "short of the best AUC by {plain}");
}

#[test]
fn clouds_are_found() {
    for (clusters, dims, skew) in [(4, 2, 0.0), (8, 5, 0.5)] {
        let blobs = BlobsParams::new(2_000, clusters, Seed(4)).dims(dims).skew(skew).separation(9.0);
        let blobs = blobs.simulate().unwrap();
        let model = regulars::segment::KMeansParams::new(clusters as usize).fit(blobs.matrix()).unwrap();
        let assigned = model.assign(blobs.matrix()).unwrap();
        let labels: Vec<u32> = assigned.values().iter().map(|s| u32::try_from(s.index()).unwrap()).collect();
        let ari = metrics::adjusted_rand_index(&labels, blobs.labels()).unwrap();
        assert!(ari > 0.99, "{clusters} clouds in {dims} dimensions: adjusted Rand index {ari}");
    }
}

/// Records become people, and a ledger of accounts a ledger of people.
#[test]
fn records_and_accounts_become_people() {
    use regulars::profile::MatchParams;
    for (script, least) in [(Script::Latin, 0.9), (Script::Han, 0.9)] {
        let shop = ShopParams::new(1_500, Seed(6)).script(script).second_accounts(0.3).simulate().unwrap();
        let (table, records) = (shop.record_table().unwrap(), shop.records().unwrap());
        let people = MatchParams::new().fit(&records).unwrap().merge(&records).unwrap();
        let scores = metrics::pairwise(people.labels(), table.people()).unwrap();
        assert!(scores.f1 > least, "{script:?}: {scores:?}");
        let accounts = shop.ledger().unwrap();
        let ledger = accounts
            .relabel(|account| {
                people.profile_of_account(account).map(|id| Key::from(format!("p{}", id.get())))
            })
            .unwrap();
        let (before, after) = (accounts.customers().len() as f64, ledger.customers().len() as f64);
        assert!(
            before > 1_700.0 && (after / 1_500.0 - 1.0).abs() < 0.12,
            "{script:?}: {before} became {after}"
        );
        assert_eq!(ledger.len(), accounts.len());
    }
}

/// Whoever has habits is foreseen better than whoever has none, and better than by popularity.
#[test]
fn habits_are_foreseen() {
    use regulars::recommend::{Baskets, NextItemParams};
    let recall = |habit| {
        let shop = ShopParams::new(600, Seed(8)).habit(habit).dropout(Dropout::Never).simulate().unwrap();
        let ledger = shop.ledger().unwrap();
        let now = ledger.observed(AsOf::new(shop.days().1)).unwrap();
        let (past, next) = Baskets::new(now, Occasion::Day).unwrap().leave_last_out(3, 1).unwrap();
        let model = NextItemParams::new().fit(&past).unwrap();
        model.evaluate(&next, 10).unwrap().mean().recall
    };
    let shares = [0.0, 0.5, 0.9].map(recall);
    assert!(shares.is_sorted_by(|a, b| a + 0.1 < *b) && shares[2] > 0.5, "{shares:?}");
}

/// Rows with refunds, walk-in customers and seasons sum up to what the truth says of the people.
#[test]
fn the_ledger_sums_up_to_the_truth() {
    let shop = ShopParams::new(800, Seed(9)).refunds(0.1).anonymous(0.2).seasonality(0.5).simulate().unwrap();
    let ledger = shop.ledger().unwrap();
    let now = ledger.observed(AsOf::new(shop.days().1)).unwrap();
    let people = shop.truth().people().unwrap();
    let orders = regulars::data::Purchases::observed(now, Occasion::Order, Refunds::Net).unwrap();
    for (row, person) in people.values().iter().enumerate() {
        assert_eq!(orders.occasions()[row], person.orders);
        assert_eq!(orders.first_days()[row], person.first_day);
        if let Some(left) = person.left {
            assert!(orders.last_days()[row] <= left);
        }
    }
    let rfm = regulars::rfm::RfmParams::new().bins(5).fit(now).unwrap().score(now).unwrap();
    assert_eq!(rfm.len(), 800);
}
