//! Churn on the IBM Telco table.

use regulars::churn::{ChurnParams, Comparison, Covariance, Evaluation, LogisticParams, Method};
use regulars::data::csv::CsvParams;
use regulars::data::{Customers, Features, Ledger, Matrix, Split};
use regulars::ltv::{LtvParams, Model};
use regulars::types::{AsOf, Currency, Day, Horizon, Seed};

use super::{data_dir, read, rows};

/// The Telco table as a feature table, and who left.
fn telco(dir: &std::path::Path) -> (Features, Vec<bool>, Vec<String>) {
    let text = read(dir, "telco-churn/telco_customer_churn.csv");
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let table: Vec<Vec<&str>> = rows(&text).collect();
    let mut builder = Features::builder(Customers::numbered(table.len()).unwrap());
    for (j, name) in header.iter().enumerate().take(header.len() - 1).skip(1) {
        builder = builder.inferred(name, table.iter().map(|r| r[j])).unwrap();
    }
    let labels = table.iter().map(|r| r[header.len() - 1].trim() == "Yes").collect();
    (builder.build().unwrap(), labels, table.iter().map(|r| r[0].to_owned()).collect())
}

/// R 4.2.2 `glm(binomial)` with epsilon 1e-14, treatment coding. Estimates, deviance and AIC within 1e-9 at any rate. R takes
/// its standard errors from the weights one step before the last, 1e-6 of a coefficient away from the maximum, which moves
/// them by up to 1.5e-8 of themselves: `Covariance::LikeR` takes the same weights and agrees with every printed figure
/// within 1e-9; the default is at the maximum, as a fit in 80-bit arithmetic confirms.
#[test]
fn telco_coefficients_equal_r_glm() {
    let Some(dir) = data_dir() else { return };
    let (features, left, _) = telco(&dir);
    let expected = read(&dir, "telco-churn/expected_glm_coefficients.csv");
    let expected: Vec<Vec<&str>> = rows(&expected).collect();
    let columns: Vec<Vec<f64>> = expected[1..]
        .iter()
        .map(|term| {
            let name = features.names().find(|name| term[0].starts_with(name)).unwrap();
            if let Ok(column) = features.numeric(name) {
                return column.iter().map(|v| v.unwrap_or(0.0)).collect();
            }
            let level = &term[0][name.len()..];
            let column = features.categorical(name).unwrap();
            column.iter().map(|v| f64::from(u8::from(v == Some(level)))).collect()
        })
        .collect();
    let values = (0..left.len()).flat_map(|row| columns.iter().map(move |c| c[row])).collect();
    let names = expected[1..].iter().map(|term| term[0]);
    let matrix = Matrix::new(features.customers().clone(), names, values).unwrap();
    let like_r = LogisticParams::new().covariance(Covariance::LikeR { epsilon: 1e-14 });
    let model = like_r.fit(&matrix, &left).unwrap();
    for (term, c) in expected.iter().zip(model.coefficients()) {
        let (low, high) = c.interval(0.95).unwrap();
        let got =
            [c.estimate(), c.standard_error().unwrap(), c.z().unwrap(), c.p_value().unwrap(), low, high];
        for (k, (got, want)) in got.iter().zip(&term[1..]).enumerate() {
            let want: f64 = want.trim().parse().unwrap();
            // The file gives ten digits of p-values, which a relative error of z moves by up to z squared times as much.
            let tolerance = if k == 3 { 2e-7 * want } else { 1e-9 * want.abs().max(1e-3) };
            assert!((got - want).abs() <= tolerance, "like R, {} {k}: got {got}, expected {want}", c.name());
        }
    }
    let model = LogisticParams::new().fit(&matrix, &left).unwrap();
    assert_eq!(model.coefficients().len(), expected.len());
    for (term, c) in expected.iter().zip(model.coefficients()) {
        let (low, high) = c.interval(0.95).unwrap();
        let got =
            [c.estimate(), c.standard_error().unwrap(), c.z().unwrap(), c.p_value().unwrap(), low, high];
        for (k, (got, want)) in got.iter().zip(&term[1..]).enumerate() {
            let want: f64 = want.trim().parse().unwrap();
            let tolerance = match k {
                0 => 1e-9 * want.abs(),
                1 => 1.5e-8 * want,
                // A relative error of z moves p by up to z squared times as much.
                3 => 1.5e-8 * 100.0 * want,
                _ => 1.5e-8 * want.abs() + 1e-8,
            };
            assert!((got - want).abs() <= tolerance, "{}: got {got}, expected {want}", c.name());
        }
    }
    // The same in 80-bit arithmetic.
    assert!((model.coefficients()[0].standard_error().unwrap() - 0.22112471374458).abs() < 1e-13);
    assert!((model.summary().deviance - 5932.50928068335).abs() < 1e-8);
    assert!((model.summary().aic.unwrap() - 5964.50928068335).abs() < 1e-8);
}

/// Five fixed folds, pooled out of fold. Targets: AUC .849, Brier .1335, calibration error .012.
#[test]
fn telco_out_of_fold() {
    let Some(dir) = data_dir() else { return };
    let (features, left, ids) = telco(&dir);
    let text = read(&dir, "telco-churn/folds.csv");
    let by_id: std::collections::HashMap<&str, usize> =
        rows(&text).map(|r| (r[0], r[1].parse().unwrap())).collect();
    let folds: Vec<usize> = ids.iter().map(|id| by_id[id.as_str()]).collect();
    let evaluate = |method| {
        let risk = ChurnParams::new().method(method).out_of_fold(&features, &left, &folds).unwrap();
        let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
        Evaluation::new(&left, &p).unwrap()
    };
    let plain = evaluate(Method::Plain);
    let auto = evaluate(Method::Auto);
    assert!(plain.auc >= 0.844 && plain.brier <= 0.1360, "plain: {plain:?}");
    assert!(auto.auc >= 0.849 && auto.brier <= 0.1335, "auto: {auto:?}");
    assert!(auto.calibration_error <= 0.012, "auto: {auto:?}");
}

/// A score made a probability by a logistic regression on the cuts learned from: the most that a baseline can ask for.
fn forecast(train: &[(Vec<f64>, Vec<bool>)], test: &[f64]) -> Vec<f64> {
    let column =
        |values: Vec<f64>| Matrix::unnamed(Customers::numbered(values.len()).unwrap(), 1, values).unwrap();
    let left: Vec<bool> = train.iter().flat_map(|t| t.1.iter().copied()).collect();
    let scores = train.iter().flat_map(|t| t.0.iter().copied()).collect();
    // A touch of ridge: a lifetime model may hold everybody for alive, which is a constant.
    let model = LogisticParams::new().ridge(1e-3).fit(&column(scores), &left).unwrap();
    model.predict(&column(test.to_vec())).unwrap().values().iter().map(|p| p.get()).collect()
}

/// Learns from three cuts before the one it is judged by; recency alone and P(alive) of BG/NBD learn from the same. Gains in
/// AUC and Brier score with their paired bootstrap intervals.
fn beats_the_baselines(ledger: &Ledger, days: u32) {
    let horizon = Horizon::days(days).unwrap();
    let back = |k: i64| ledger.covers().1.checked_add(-k * i64::from(days)).unwrap();
    let cut = |day: Day| ledger.split(AsOf::new(day), horizon).unwrap();
    let test = cut(back(1));
    let past: Vec<Split<'_>> =
        (2..=4).map(|k| cut(back(k))).filter(|s| s.as_of().day() > ledger.covers().0).collect();
    let model = ChurnParams::new().fit(&past).unwrap();
    let (left, p) = model.outcomes(test).unwrap();
    let recency = |split: Split<'_>| -> Vec<f64> {
        let features = model.features(split.observed()).unwrap();
        features.numeric("recency").unwrap().iter().map(Option::unwrap).collect()
    };
    let alive = |split: Split<'_>| -> Vec<f64> {
        let customers = split.observed().customers();
        let Ok(fit) = LtvParams::new(Model::BgNbd).fit(split.observed()) else {
            return vec![1.0; customers.len()];
        };
        // Who only ever gave back has no purchase to begin a life with.
        let values = fit.predict(split.observed(), horizon).unwrap();
        let alive = |row| values.by_key(customers.key(row).unwrap()).map_or(0.0, |v| v.p_alive.get());
        (0..customers.len()).map(alive).collect()
    };
    for name in ["recency", "P(alive)"] {
        let score = |split| if name == "recency" { recency(split) } else { alive(split) };
        let train: Vec<(Vec<f64>, Vec<bool>)> =
            past.iter().map(|s| (score(*s), model.outcomes(*s).unwrap().0)).collect();
        let base = forecast(&train, &score(test));
        let gain = Comparison::new(&left, &p, &base, 300, Seed(1)).unwrap();
        assert!(gain.auc.low > 0.0 && gain.brier.high < 0.0, "{name}: {gain:?}");
    }
}

#[test]
fn online_retail_beats_recency_and_p_alive() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "online-retail/online_retail.csv.gz");
    let ledger = Ledger::read_csv(text.as_bytes(), &CsvParams::new(Currency::GBP)).unwrap();
    beats_the_baselines(&ledger, 90);
}

#[test]
fn cdnow_beats_recency_and_p_alive() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "cdnow/cdnow_master_transactions.csv.gz");
    let ledger = Ledger::read_csv(text.as_bytes(), &CsvParams::new(Currency::USD)).unwrap();
    beats_the_baselines(&ledger, 90);
}
