//! Lifetime models against golden values, and the contracts of their public doors.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use regulars::ErrorKind;
use regulars::data::{Customers, PurchaseHistory, TimeUnit};
use regulars::ltv::{
    Discount, FitStatus, GammaGamma, Histogram, LtvParams, Model, PurchaseProcess, RecencyFrequency,
};
use regulars::types::Horizon;
use serde_json::Value;

fn golden() -> Vec<Value> {
    let text = include_str!("golden/ltv.json");
    let file: Value = serde_json::from_str(text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn numbers(params: &Value, names: &[&str]) -> Vec<f64> {
    names.iter().map(|n| params[*n].as_f64().unwrap()).collect()
}

fn model_named(name: &str) -> Option<Model> {
    Model::ALL.into_iter().find(|m| m.name() == name)
}

fn assert_close(id: &str, got: f64, expected: f64, tolerance: f64) {
    let error = (got - expected).abs() / expected.abs().max(1e-12);
    assert!(error <= tolerance, "{id}: got {got:.17e}, expected {expected:.17e}, relative error {error:e}");
}

/// Every case that needs no data file; those on CDNOW's summary are in `tests/anchors/ltv.rs`.
#[test]
fn golden_values() {
    let mut checked = 0;
    for case in golden() {
        let id = case["id"].as_str().unwrap();
        let inputs = &case["inputs"];
        if inputs.is_string() {
            continue;
        }
        let value = case["value"].as_f64().unwrap();
        let tolerance = case["rel_tol"].as_f64().unwrap();
        let number = |name: &str| inputs[name].as_f64();
        let customer = match (number("x"), number("t_x"), number("T")) {
            (Some(x), Some(t_x), Some(t)) => RecencyFrequency::new(x, t_x, t).unwrap(),
            _ => RecencyFrequency::NEW,
        };
        let name = case["model"].as_str().unwrap();
        let process = model_named(name)
            .map(|m| PurchaseProcess::new(m, &numbers(&case["params"], m.parameter_names())).unwrap());
        let got = match (name, case["quantity"].as_str().unwrap()) {
            ("Gamma-Gamma", "conditional expected spend per purchase") => {
                let p = numbers(&case["params"], &["p", "q", "v"]);
                let spend = GammaGamma::new(p[0], p[1], p[2]).unwrap();
                spend.expected(number("x").unwrap(), number("m").unwrap())
            }
            ("BG/NBD + Gamma-Gamma", _) => {
                let bg = numbers(&case["params"]["bg"], Model::BgNbd.parameter_names());
                let gg = numbers(&case["params"]["gg"], &["p", "q", "v"]);
                let process = PurchaseProcess::new(Model::BgNbd, &bg).unwrap();
                let spend = GammaGamma::new(gg[0], gg[1], gg[2]).unwrap();
                let month = 4.345;
                let e = |k: i32| process.expected_purchases(&customer, month * f64::from(k));
                let value: f64 = (1..=12).map(|k| (e(k) - e(k - 1)) / 1.01_f64.powi(k)).sum();
                value * spend.expected(customer.x(), number("m").unwrap())
            }
            (_, "P(alive)") => process.unwrap().p_alive(&customer).get(),
            (_, "conditional expected purchases" | "expected purchases, new customer") => {
                process.unwrap().expected_purchases(&customer, number("t").unwrap())
            }
            (_, "P(X(t)=n)") => {
                let n = u32::try_from(inputs["n"].as_u64().unwrap()).unwrap();
                process.unwrap().p_purchases(&customer, number("t").unwrap(), n).unwrap().get()
            }
            (_, "DERT, continuous discount") => {
                process.unwrap().discounted_purchases(&customer, number("delta").unwrap()).unwrap()
            }
            other => panic!("unknown case {other:?}"),
        };
        assert_close(id, got, value, tolerance);
        checked += 1;
    }
    assert_eq!(checked, 47);
}

/// One drawn case: the process, the customer, the window, and the true values.
fn drawn(case: &Value) -> (PurchaseProcess, RecencyFrequency, f64, Vec<f64>) {
    let model = model_named(case["model"].as_str().unwrap()).unwrap();
    let parameters: Vec<f64> =
        case["params"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let [x, t_x, now, t] = ["x", "t_x", "T", "t"].map(|key| case[key].as_f64().unwrap());
    // Truths are decimal numbers, or text of more digits than a float holds.
    let number = |v: &Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
    let truth = case["truth"].as_array().unwrap().iter().map(number).collect();
    let process = PurchaseProcess::new(model, &parameters).unwrap();
    (process, RecencyFrequency::new(x, t_x, now).unwrap(), t, truth)
}

/// The corners of the domain against 60 and 70 digits: `golden/MAKING.md` says how they were made.
#[test]
fn stress_grids() {
    for (text, count) in
        [(include_str!("golden/ltv_stress.json"), 160), (include_str!("golden/ltv_corners.json"), 164)]
    {
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        assert_eq!(cases.len(), count);
        for case in cases {
            let (process, customer, t, truth) = drawn(&case);
            let got = [
                process.log_likelihood(&customer),
                process.p_alive(&customer).get(),
                process.expected_purchases(&customer, t),
            ];
            for (what, (got, truth)) in got.iter().zip(truth).enumerate() {
                assert_close(&format!("{what} of {case}"), *got, truth, 1e-8);
            }
        }
    }
}

/// Discounted purchases over an infinite horizon, and the probability of a count, in corners of the domain.
#[test]
fn further_stress_grid() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("golden/ltv_corners_further.json")).unwrap();
    assert_eq!(cases.len(), 120);
    for case in cases {
        let (process, customer, t, truth) = drawn(&case);
        let n = u32::try_from(case["n"].as_u64().unwrap()).unwrap();
        let rate = case["rate"].as_f64().unwrap();
        let ever = process.discounted_purchases(&customer, rate).unwrap();
        assert_close(&format!("discounted of {case}"), ever, truth[0], 1e-8);
        let count = process.p_purchases(&customer, t, n).unwrap().get();
        assert_close(&format!("count of {case}"), count, truth[1], 1e-8);
    }
}

/// The documented convention of discounting gives lifetimes' customer value: end of month, 1 % a month.
#[test]
fn predicted_value_follows_the_discount() {
    let history = PurchaseHistory::new(
        Customers::numbered(3).unwrap(),
        TimeUnit::Week,
        vec![0.0, 2.0, 1.0],
        vec![0.0, 30.43, 1.71],
        vec![38.86, 38.86, 38.86],
    )
    .unwrap()
    .with_spend(vec![0.0, 2_235.0, 1_177.0])
    .unwrap();
    let fitted = LtvParams::new(Model::BgNbd).discount(Discount::per(0.01, TimeUnit::Month).unwrap());
    let model = fitted.fit(&Histogram::new(&history)).unwrap();
    assert_ne!(model.summary().status, FitStatus::NotConverged, "{:?}", model.summary());
    let values = model.predict(&history, Horizon::days(365).unwrap()).unwrap();
    let month = TimeUnit::Month.in_days() / 7.0;
    for (row, value) in values.values().iter().enumerate() {
        let customer = RecencyFrequency::new(history.x()[row], history.t_x()[row], history.t()[row]).unwrap();
        let e = |k: f64| model.process().expected_purchases(&customer, (k * month).min(365.0 / 7.0));
        let expected: f64 =
            (1..=12).map(|k| (e(f64::from(k)) - e(f64::from(k - 1))) / 1.01_f64.powi(k)).sum();
        assert_close("discounted", value.discounted_purchases, expected, 1e-4);
        let spend = model.spend().unwrap().expected(customer.x(), history.spend().unwrap()[row]);
        assert_close("clv", value.clv.unwrap().in_minor(), value.discounted_purchases * spend, 1e-12);
    }
    let other =
        PurchaseHistory::new(Customers::numbered(1).unwrap(), TimeUnit::Day, vec![0.0], vec![0.0], vec![1.0]);
    let error = Histogram::new(&history).merge(&Histogram::new(&other.unwrap())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
