//! Churn: any table and any matrix is a model or an error, and a model says nothing that is not finite.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use regulars::churn::{ChurnParams, ElasticNetParams, LogisticParams, Method, Recalibration, StageParams};
use regulars::data::{Customers, Features, Matrix};
use regulars::persist;

#[derive(Arbitrary, Debug)]
struct Input {
    width: u8,
    method: u8,
    ridge: f64,
    values: Vec<f64>,
    levels: Vec<u8>,
    left: Vec<bool>,
}

fn table(input: &Input) -> Option<()> {
    let width = usize::from(input.width % 3) + 1;
    let rows = (input.values.len() / width).min(120);
    let mut builder = Features::builder(Customers::numbered(rows).ok()?);
    for d in 0..width {
        let column = input.values.iter().skip(d).step_by(width).take(rows);
        builder = builder.numeric(&format!("x{d}"), column.map(|v| v.is_finite().then_some(*v))).ok()?;
    }
    let names = ["a", "b", "c", "d"];
    let level = |row: usize| input.levels.get(row).and_then(|l| names.get(usize::from(*l)).copied());
    let table = builder.categorical("level", (0..rows).map(level)).ok()?.build().ok()?;
    let left: Vec<bool> = (0..rows).map(|row| input.left.get(row).copied().unwrap_or(false)).collect();
    let params = match input.method % 3 {
        0 => ChurnParams::new(),
        1 => ChurnParams::new().recalibration(Recalibration::Isotonic),
        _ => ChurnParams::new().method(Method::Plain).ridge(input.ridge),
    };
    let model = params.fit_table(&table, &left).ok()?;
    let risk = model.predict(&table).expect("the table of the fit");
    assert!(risk.values().iter().all(|p| p.get().is_finite()));
    let customer = table.customers().customer(0).expect("a row");
    assert!(model.explain(&table, customer).expect("a row").log_odds().is_finite());
    assert!(model.effects().expect("a model").iter().flat_map(|e| &e.points).all(|p| p.log_odds.is_finite()));
    let mut file = Vec::new();
    persist::write(&mut file, &model).expect("memory");
    if let Ok(again) = persist::read::<regulars::churn::TableModel>(&file[..]) {
        assert!(again == model);
    }
    Some(())
}

fn matrix(input: &Input) -> Option<()> {
    let width = usize::from(input.width % 4) + 1;
    let rows = (input.values.len() / width).min(60);
    let matrix =
        Matrix::unnamed(Customers::numbered(rows).ok()?, width, input.values[..rows * width].to_vec()).ok()?;
    let left: Vec<bool> = (0..rows).map(|row| input.left.get(row).copied().unwrap_or(false)).collect();
    for params in [LogisticParams::new().ridge(input.ridge), LogisticParams::new().firth()] {
        if let Ok(model) = params.fit(&matrix, &left) {
            assert!(model.coefficients().iter().all(|c| c.estimate().is_finite()));
        }
    }
    if let Ok(model) = ElasticNetParams::new(0.5).penalties(5).folds(2).fit(&matrix, &left) {
        assert!(model.kept().all(|c| c.1.is_finite()));
    }
    let stages: Vec<&str> =
        (0..rows).map(|row| ["a", "b", "c"][usize::from(input.levels.get(row).copied().unwrap_or(0) % 3)]).collect();
    if let Ok(model) = StageParams::new().fit(&matrix, &stages) {
        let p = model.predict(&matrix).expect("the matrix of the fit");
        assert!(p.values().iter().flatten().all(|p| p.get().is_finite()));
    }
    Some(())
}

fuzz_target!(|input: Input| {
    table(&input);
    matrix(&input);
});
