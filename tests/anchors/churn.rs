//! Churn on the IBM Telco table.

use regulars::churn::{ChurnParams, Evaluation, LogisticParams, Method};
use regulars::data::{Customers, Features, Matrix};

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

/// R 4.2.2 `glm(binomial)` with epsilon 1e-14, treatment coding. Estimates, deviance and AIC within 1e-9. R takes the
/// standard errors from the weights of the step before the last, which is 1e-6 of a coefficient away from the maximum and
/// moves them by up to 1.5e-8 of themselves (reproduced by running R's iteration by hand); a fit in 80-bit arithmetic
/// gives ours. z, p and intervals inherit that.
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
