//! Everything that segments do: any matrix or table is segments or an error, every row has a segment that exists, nothing
//! is NaN, and what is learned later breaks nothing.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Customers, Features, Matrix, Missing, Pareto, PerCustomer, TierParams, TransformParams};
use regulars::segment::{Algorithm, KMeansParams, MixtureParams, SegmentInput, SegmentModel};
use regulars::types::{Language, Seed};

#[derive(Arbitrary, Debug)]
struct Input {
    k: u8,
    most: Option<u8>,
    width: u8,
    seed: u64,
    values: Vec<f64>,
    later: Vec<f64>,
    weights: Option<Vec<f64>>,
    batch: Option<u8>,
    is_table: bool,
    whitens: bool,
    is_mixture: bool,
}

/// A table of the values; what is not finite is missing.
fn table(values: &[f64], width: usize, weights: Option<&[f64]>) -> Option<Features> {
    let mut builder = Features::builder(Customers::numbered(values.len() / width).ok()?);
    for d in 0..width {
        let column = values.iter().skip(d).step_by(width).map(|v| v.is_finite().then_some(*v));
        builder = builder.numeric(["recency", "frequency", "monetary", "tenure", "x"][d], column).ok()?;
    }
    if let Some(weights) = weights {
        let weights = (0..values.len() / width).map(|row| weights.get(row).copied().unwrap_or(1.0));
        builder = builder.numeric("weight", weights).ok()?;
    }
    builder.build().ok()
}

/// Finite numbers in every profile, and shares that add up.
fn sound(model: &SegmentModel, rows: usize) {
    assert!(model.centres().iter().all(|c| c.is_finite()) && model.summary().inertia.is_finite());
    assert_eq!(model.profiles().iter().map(|p| p.size).sum::<usize>(), rows);
    for profile in model.profiles() {
        assert!(profile.radius.is_finite() && profile.weight.is_finite());
        assert!(profile.revenue.is_none_or(f64::is_finite));
        for t in &profile.traits {
            let some = [Some(t.centre), t.mean, t.share_of_total, t.effect, t.deviation];
            assert!(some.into_iter().flatten().all(f64::is_finite));
        }
        assert!(!profile.describe(Language::Chinese).is_empty());
    }
}

/// What a model says of rows, and learns from them.
fn live<'a>(mut model: SegmentModel, fitted: SegmentInput<'a>, later: Option<SegmentInput<'a>>) -> Option<()> {
    let before = model.assign(fitted).ok()?;
    sound(&model, before.len());
    assert!(before.values().iter().all(|s| s.index() < model.k()));
    let later = later?;
    let placed = model.explain(later).ok()?;
    assert!(placed.values().iter().all(|p| p.distance.is_finite() && (0.0..=1.0).contains(&p.borderline())));
    let after = model.assign(later).ok()?;
    let drift = model.drift(later).ok()?;
    assert!(drift.chi_square.is_finite() && (0.0..=1.0).contains(&drift.p_value));
    let columns = drift.segments.iter().flat_map(|s| &s.columns);
    assert!(columns.filter_map(|c| c.p_value).all(|p| (0.0..=1.0).contains(&p)));
    model.migration(&before, &after).ok()?;
    model.members(later, 2).ok()?;
    model.update(later).ok()?;
    sound(&model, before.len() + after.len());
    Some(())
}

fn run(input: &Input) -> Option<()> {
    let width = usize::from(input.width % 5) + 1;
    let cut = |values: &[f64]| values[..(values.len() / width).min(200) * width].to_vec();
    let (values, later) = (cut(&input.values), cut(&input.later));
    let scores = PerCustomer::new(Customers::numbered(values.len()).ok()?, values.clone()).ok()?;
    if let Ok(tiers) = TierParams::new().fit(&scores) {
        let assigned = tiers.assign(&scores).ok()?;
        assert_eq!(tiers.reassign(&scores, &assigned).ok()?.values(), assigned.values());
    }
    if let Ok(curve) = Pareto::new(&scores) {
        assert!(curve.points(7).all(|(a, b)| (0.0..=1.0).contains(&a) && (0.0..=1.0).contains(&b)));
    }
    let k = usize::from(input.k % 20);
    let range = k..=k.saturating_add(usize::from(input.most.unwrap_or(0) % 3));
    let mut params = KMeansParams::auto(range.clone()).seed(Seed(input.seed)).restarts(2).max_iterations(20);
    if let Some(rows) = input.batch {
        params = params.algorithm(Algorithm::MiniBatch { rows: usize::from(rows) });
    }
    if input.whitens {
        params = params.transform(TransformParams::new().missing(Missing::Median).robust().whiten());
    }
    let soft = MixtureParams::auto(range).seed(Seed(input.seed)).restarts(1).max_iterations(20);
    if input.is_table {
        let weights = input.weights.as_deref();
        let fitted = table(&values, width, weights)?;
        let later = table(&later, width, None);
        if input.is_mixture {
            let model = soft.fit(&fitted).ok()?;
            let shares = model.predict(&fitted).ok()?;
            let sum = |row: &Vec<regulars::types::Probability>| row.iter().map(|p| p.get()).sum::<f64>();
            assert!(shares.values().iter().all(|row| (sum(row) - 1.0).abs() < 1e-6));
            return Some(());
        }
        if weights.is_some() {
            params = params.weights("weight");
        }
        live(params.fit(&fitted).ok()?, (&fitted).into(), later.as_ref().map(Into::into))
    } else {
        let matrix = |values: Vec<f64>| {
            Matrix::unnamed(Customers::numbered(values.len() / width).ok()?, width, values).ok()
        };
        let (fitted, later) = (matrix(values)?, matrix(later));
        live(params.fit(&fitted).ok()?, (&fitted).into(), later.as_ref().map(Into::into))
    }
}

fuzz_target!(|input: Input| {
    run(&input);
});
