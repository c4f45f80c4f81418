//! Purchases in sum and RFM scores on CDNOW and on the orders of the R package `rfm`.

use regulars::data::{Ledger, Occasion, PurchaseHistory, TimeUnit, Transaction};
use regulars::rfm::{Method, RfmParams};
use regulars::types::{AsOf, Currency};

use super::{data_dir, read, rows};

/// The calibration table was built from the same log by day arithmetic; its six decimals are the tolerance.
#[test]
fn cdnow_histories_equal_the_published_calibration_table() {
    let Some(dir) = data_dir() else { return };
    let log = read(&dir, "cdnow/cdnow_sample_transactions.csv.gz");
    let mut builder = Ledger::builder(Currency::USD);
    for row in rows(&log) {
        let row =
            Transaction::new(row[1], row[2].parse().unwrap()).amount(Currency::USD.parse(row[4]).unwrap());
        builder.push(row).unwrap();
    }
    let ledger = builder.build().unwrap();
    let observed = ledger.observed(AsOf::ymd(1997, 9, 30).unwrap()).unwrap();
    let history = PurchaseHistory::observed(observed, TimeUnit::Week).unwrap();
    let table = read(&dir, "cdnow/cdnow_calibration_holdout_days.csv");
    let mut seen = 0;
    for expected in rows(&table) {
        let row = history.customers().row_of_key(expected[0]).unwrap();
        let number = |column: usize| -> f64 { expected[column].parse().unwrap() };
        assert_eq!(history.x()[row], number(1));
        assert!((history.t_x()[row] - number(2)).abs() <= 5e-7);
        assert!((history.t()[row] - number(3)).abs() <= 5e-7);
        assert!((history.spend().unwrap()[row] / 100.0 - number(4)).abs() <= 5e-7);
        seen += 1;
    }
    assert_eq!((seen, history.len()), (2_357, 2_357));
    assert_eq!(history.x().iter().sum::<f64>(), 2_457.0);
    assert_eq!(history.x().iter().filter(|x| **x > 0.0).count(), 946);
}

/// `rfm_expected_r_scores.csv` follows the rule of the R package `rfm` 0.3.0: five quantile bins of days since the last
/// order, orders and revenue, analysis date 2006-12-31. No tolerance.
#[test]
fn the_scores_of_the_r_package_are_reproduced() {
    let Some(dir) = data_dir() else { return };
    let orders = read(&dir, "rfm-orders/rfm_data_orders.csv");
    let mut builder = Ledger::builder(Currency::USD);
    for row in rows(&orders) {
        let amount = Currency::USD.parse(row[2]).unwrap();
        builder.push(Transaction::new(row[0], row[1].parse().unwrap()).amount(amount)).unwrap();
    }
    let ledger = builder.build().unwrap();
    let now = ledger.observed(AsOf::ymd(2006, 12, 31).unwrap()).unwrap();
    let params = RfmParams::new().bins(5).occasion(Occasion::Row).method(Method::RPackage);
    let scores = params.fit(now).unwrap().score(now).unwrap();
    let table = read(&dir, "rfm-orders/rfm_expected_r_scores.csv");
    let mut seen = 0;
    for expected in rows(&table) {
        let rfm = scores.by_key(expected[0]).unwrap();
        let dollars = rfm.monetary.in_minor() / 100;
        let ours = [rfm.recency.to_string(), rfm.frequency.to_string(), dollars.to_string()];
        assert_eq!(ours[..], expected[1..4], "{}", expected[0]);
        let ours = [rfm.r.to_string(), rfm.f.to_string(), rfm.m.to_string(), rfm.code().to_string()];
        assert_eq!(ours[..], expected[4..8], "{}", expected[0]);
        seen += 1;
    }
    assert_eq!((seen, scores.len()), (995, 995));
}
