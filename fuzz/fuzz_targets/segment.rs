//! Fit and assign: any matrix is segments or an error, every row has a segment that exists, nothing is NaN.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Customers, Features, Matrix};
use regulars::segment::KMeansParams;
use regulars::types::Seed;

#[derive(Arbitrary, Debug)]
struct Input {
    k: u8,
    most: Option<u8>,
    width: u8,
    seed: u64,
    values: Vec<f64>,
    is_table: bool,
}

fn fit(input: &Input) -> Option<()> {
    let width = usize::from(input.width % 5) + 1;
    let rows = (input.values.len() / width).min(200);
    let values = input.values[..rows * width].to_vec();
    let customers = Customers::numbered(rows).ok()?;
    let k = usize::from(input.k % 20);
    let params = match input.most {
        Some(most) => KMeansParams::auto(k..=k.saturating_add(usize::from(most % 3))),
        None => KMeansParams::new(k),
    };
    let params = params.seed(Seed(input.seed)).restarts(2).max_iterations(20);
    let (model, segments) = if input.is_table {
        let mut builder = Features::builder(customers);
        for d in 0..width {
            let column = values.iter().skip(d).step_by(width).map(|v| v.is_finite().then_some(*v));
            builder = builder.numeric(&format!("x{d}"), column).ok()?;
        }
        let table = builder.build().ok()?;
        let model = params.fit(&table).ok()?;
        let segments = model.assign(&table).ok()?;
        (model, segments)
    } else {
        let matrix = Matrix::unnamed(customers, width, values).ok()?;
        let model = params.fit_matrix(&matrix).ok()?;
        let segments = model.assign_matrix(&matrix).ok()?;
        (model, segments)
    };
    assert!(segments.values().iter().all(|s| s.index() < model.k()));
    assert!(model.centres().iter().all(|c| c.is_finite()) && model.summary().inertia.is_finite());
    assert_eq!(model.profiles().iter().map(|p| p.size).sum::<usize>(), rows);
    Some(())
}

fuzz_target!(|input: Input| {
    fit(&input);
});
