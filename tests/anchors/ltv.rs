//! Lifetime models on CDNOW (Fader and Hardie): the published fits and the holdout errors of the reference packages.

use regulars::data::{Customers, PurchaseHistory, TimeUnit};
use regulars::ltv::{FitStatus, GammaGamma, LtvModel, LtvParams, Model, PurchaseProcess, RecencyFrequency};
use regulars::types::Horizon;

use super::{data_dir, read, rows};

/// Weeks rounded to two decimals, as published.
const ROUNDED: &str = "cdnow/cdnow_summary_39wk.csv";
/// The same customers, precise to the day.
const DAYS: &str = "cdnow/cdnow_calibration_holdout_days.csv";

fn columns(dir: &std::path::Path, name: &str) -> Vec<Vec<f64>> {
    let text = read(dir, name);
    let mut columns = vec![Vec::new(); 6];
    for row in rows(&text) {
        for (column, field) in columns.iter_mut().zip(row) {
            column.push(field.parse::<f64>().unwrap());
        }
    }
    columns
}

/// Spend stays in dollars here: the papers' parameters are.
fn history(columns: &[Vec<f64>]) -> PurchaseHistory {
    let c = |i: usize| columns[i].clone();
    let customers = Customers::numbered(columns[0].len()).unwrap();
    PurchaseHistory::new(customers, TimeUnit::Week, c(1), c(2), c(3)).unwrap().with_spend(c(4)).unwrap()
}

fn check(model: &LtvModel, parameters: &[f64], errors: Option<&[f64]>, ln: f64) {
    let summary = model.summary();
    let name = model.process().model();
    assert!(
        (summary.log_likelihood / ln - 1.0).abs() < 1e-9,
        "{name}: {} {ln} {summary:?}",
        summary.log_likelihood
    );
    for (estimate, expected) in summary.estimates.iter().zip(parameters) {
        assert!((estimate.value / expected - 1.0).abs() < 1e-5, "{name}: {estimate:?} {expected}");
    }
    for (estimate, expected) in summary.estimates.iter().zip(errors.unwrap_or_default()) {
        let got = estimate.standard_error.unwrap();
        assert!((got / expected - 1.0).abs() < 1e-3, "{name}: {estimate:?} {expected}");
    }
}

#[test]
fn published_fits() {
    let Some(dir) = data_dir() else { return };
    let a = history(&columns(&dir, ROUNDED));
    let b = history(&columns(&dir, DAYS));
    let fit = |model: Model, history: &PurchaseHistory| LtvParams::new(model).fit(history).unwrap();

    // File A: Newton to a vanishing gradient at 40 digits; the papers' rounded figures agree.
    let bg = fit(Model::BgNbd, &a);
    check(
        &bg,
        &[0.24259290720446544, 4.413531561205415, 0.7928861480987943, 2.425753436493716],
        Some(&[0.012557319583759911, 0.37822141552658883, 0.1857191430959342, 0.7053457551036006]),
        -9582.425560567362,
    );
    assert_eq!(bg.summary().status, FitStatus::Converged);
    assert_eq!(bg.summary().distinct, 1_016);
    check(
        &fit(Model::MbgNbd, &a),
        &[0.5248379836655759, 6.182992019671978, 0.8913561553315655, 1.6139993347306334],
        Some(&[0.08326406461358331, 0.6955979328548334, 0.15478531140320934, 0.5374723605483669]),
        -9582.132684899902,
    );
    check(
        &fit(Model::ParetoNbd, &a),
        &[0.5532755086849998, 10.57761223862349, 0.606213568704488, 11.667911238939004],
        Some(&[0.04762930311121082, 0.8427270419958452, 0.18728934380253237, 6.211356555741858]),
        -9594.973929826863,
    );
    let spend = bg.spend_summary().unwrap();
    assert!((spend.log_likelihood / -4055.9232435028657 - 1.0).abs() < 1e-9, "{spend:?}");
    let expected = [6.248802489710715, 3.7445884532871796, 15.447748009458117];
    let errors = [1.1896870376587891, 0.290165615135168, 4.159993878325001];
    for ((estimate, value), error) in spend.estimates.iter().zip(expected).zip(errors) {
        assert!((estimate.value / value - 1.0).abs() < 1e-5, "{estimate:?} {value}");
        assert!((estimate.standard_error.unwrap() / error - 1.0).abs() < 1e-3, "{estimate:?} {error}");
    }

    // File B: CLVTools 0.12.1's GGompertz/NBD stops early at -9595.02669; the supremum is Pareto/NBD's.
    check(&fit(Model::BgNbd, &b), &[], None, -9582.42921);
    check(&fit(Model::ParetoNbd, &b), &[], None, -9594.97618);
    let gompertz = fit(Model::GGompertzNbd, &b);
    assert_eq!(gompertz.summary().status, FitStatus::Boundary, "{:?}", gompertz.summary());
    assert!(gompertz.summary().log_likelihood > -9594.97619, "{:?}", gompertz.summary());
}

/// Total log-likelihoods at rounded parameters, by 40-digit evaluation of the closed forms.
#[test]
fn golden_totals() {
    let Some(dir) = data_dir() else { return };
    let columns = columns(&dir, ROUNDED);
    let total = |process: PurchaseProcess| -> f64 {
        (0..columns[0].len())
            .map(|i| RecencyFrequency::new(columns[1][i], columns[2][i], columns[3][i]).unwrap())
            .map(|c| process.log_likelihood(&c))
            .sum()
    };
    for (process, expected) in [
        (PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426).unwrap(), -9582.426831182365),
        (PurchaseProcess::mbg_nbd(0.525, 6.183, 0.891, 1.614).unwrap(), -9582.132795287249),
        (PurchaseProcess::pareto_nbd(0.553, 10.578, 0.606, 11.669).unwrap(), -9594.974010040976),
    ] {
        let got = total(process);
        assert!((got / expected - 1.0).abs() < 1e-11, "{process:?}: {got} {expected}");
    }
    let spend = GammaGamma::new(6.25, 3.74, 15.44).unwrap();
    let got: f64 = (0..columns[0].len())
        .filter(|i| columns[1][*i] > 0.0)
        .map(|i| spend.log_likelihood(columns[1][i], columns[4][i]))
        .sum();
    assert!((got / -4055.924712730166 - 1.0).abs() < 1e-11, "{got}");
}

/// 39 weeks ahead on file A: MAE, RMSE and bias of the total, as lifetimes and BTYD have them.
#[test]
fn holdout_errors() {
    let Some(dir) = data_dir() else { return };
    let columns = columns(&dir, ROUNDED);
    let history = history(&columns);
    let actual = &columns[5];
    for (model, mae, rmse, bias) in [
        (Model::BgNbd, 0.7855, 1.6080, -0.121),
        (Model::MbgNbd, 0.7648, 1.6072, -0.162),
        (Model::ParetoNbd, 0.7545, 1.6029, -0.115),
    ] {
        let fitted = LtvParams::new(model).fit(&history).unwrap();
        let predicted = fitted.predict(&history, Horizon::weeks(39).unwrap()).unwrap();
        let n = actual.len() as f64;
        let errors = || predicted.values().iter().zip(actual).map(|(p, y)| p.purchases - y);
        let got = (
            errors().map(f64::abs).sum::<f64>() / n,
            (errors().map(|e| e * e).sum::<f64>() / n).sqrt(),
            errors().sum::<f64>() / actual.iter().sum::<f64>(),
        );
        assert!(
            (got.0 - mae).abs() < 6e-5 && (got.1 - rmse).abs() < 6e-5 && (got.2 - bias).abs() < 6e-4,
            "{model}: {got:?}"
        );
    }
}
