//! Contracts and invariants of the churn models.

use super::*;
use crate::ErrorKind;
use crate::data::{Customers, Matrix};
use crate::kernel::rng::Rng;
use crate::types::Seed;

fn matrix(width: usize, values: Vec<f64>) -> Matrix {
    Matrix::unnamed(Customers::numbered(values.len() / width).unwrap(), width, values).unwrap()
}

/// Standard normal columns and outcomes with known effects.
fn sample(n: usize, beta: &[f64], seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(Seed(seed), 0);
    let width = beta.len() - 1;
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..n {
        let row: Vec<f64> = (0..width).map(|_| rng.normal()).collect();
        let z = beta[0] + row.iter().zip(&beta[1..]).map(|(x, b)| x * b).sum::<f64>();
        labels.push(rng.chance(1.0 / (1.0 + (-z).exp())));
        values.extend(row);
    }
    (matrix(width, values), labels)
}

mod logistic {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn finds_the_truth_within_its_own_standard_errors() {
        let truth = [-1.0, 0.8, -0.5, 0.0];
        // Large enough for the start on a part of the rows.
        for n in [3_000, 100_000] {
            let (x, y) = sample(n, &truth, 5);
            let model = LogisticParams::new().fit(&x, &y).unwrap();
            for (c, truth) in model.coefficients().iter().zip(truth) {
                let se = c.standard_error().unwrap();
                assert!((c.estimate() - truth).abs() < 4.0 * se, "{} is {} +- {se}", c.name(), c.estimate());
            }
            assert!(model.summary().gap < 1e-15, "{:?}", model.summary());
        }
    }

    /// A two by two table has its answer in closed form: logarithms of ratios of counts.
    #[test]
    fn two_by_two_table() {
        let cells = [(0.0, false, 40), (0.0, true, 10), (1.0, false, 20), (1.0, true, 30)];
        let rows: Vec<(f64, bool)> = cells.iter().flat_map(|(x, y, n)| vec![(*x, *y); *n]).collect();
        let (x, y): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
        let model = LogisticParams::new().fit(&matrix(1, x), &y).unwrap();
        let [a, b] = model.coefficients() else { panic!() };
        assert_relative_eq!(a.estimate(), 0.25_f64.ln(), max_relative = 1e-12);
        assert_relative_eq!(b.estimate(), 6.0_f64.ln(), max_relative = 1e-12);
        let se: f64 = (1.0 / 40.0 + 1.0 / 10.0 + 1.0 / 20.0 + 1.0 / 30.0_f64).sqrt();
        assert_relative_eq!(b.standard_error().unwrap(), se, max_relative = 1e-10);
        // Weights are numbers of rows.
        let weights: Vec<f64> = cells.iter().map(|c| c.2 as f64).collect();
        let x = matrix(1, cells.iter().map(|c| c.0).collect());
        let y: Vec<bool> = cells.iter().map(|c| c.1).collect();
        let weighted = LogisticParams::new().weights(&weights).fit(&x, &y).unwrap();
        assert_relative_eq!(weighted.coefficients()[1].estimate(), b.estimate(), max_relative = 1e-12);
        assert_relative_eq!(weighted.covariance(1, 1).unwrap(), se * se, max_relative = 1e-10);
        // A known effect given as an offset leaves nothing to explain.
        let offset: Vec<f64> = x.values().iter().map(|x| x * 6.0_f64.ln()).collect();
        let rest = LogisticParams::new().weights(&weights).offset(&offset).fit(&x, &y).unwrap();
        assert!(rest.coefficients()[1].estimate().abs() < 1e-10);
    }

    #[test]
    fn badly_scaled_columns_do_no_harm() {
        let (x, y) = sample(2_000, &[-0.5, 1.0, -1.0], 9);
        let model = LogisticParams::new().fit(&x, &y).unwrap();
        let scaled = x.rows().flat_map(|r| [1e9 + 1e3 * r[0], 1e-9 * r[1] - 3e-7]).collect();
        let scaled = LogisticParams::new().fit(&matrix(2, scaled), &y).unwrap();
        let z = |m: &LogisticModel, j: usize| m.coefficients()[j].z().unwrap();
        assert_relative_eq!(z(&model, 1), z(&scaled, 1), max_relative = 1e-6);
        assert_relative_eq!(z(&model, 2), z(&scaled, 2), max_relative = 1e-6);
    }

    #[test]
    fn ridge_has_no_standard_errors_and_minimises_its_objective() {
        let (x, y) = sample(500, &[-0.5, 1.0, -1.0], 3);
        let model = LogisticParams::new().ridge(7.0).fit(&x, &y).unwrap();
        assert!(model.coefficients().iter().all(|c| c.standard_error().is_none() && c.p_value().is_none()));
        assert_eq!((model.summary().aic, model.covariance(0, 0)), (None, None));
        let b: Vec<f64> = model.coefficients().iter().map(Coefficient::estimate).collect();
        let objective = |b: &[f64]| {
            let loss: f64 = x
                .rows()
                .zip(&y)
                .map(|(r, y)| {
                    let z = b[0] + b[1] * r[0] + b[2] * r[1];
                    (1.0 + z.exp()).ln() - f64::from(u8::from(*y)) * z
                })
                .sum();
            loss + 3.5 * (b[1] * b[1] + b[2] * b[2])
        };
        assert_relative_eq!(model.summary().objective, objective(&b), max_relative = 1e-12);
        for j in 0..3 {
            for d in [-1e-4, 1e-4] {
                let mut moved = b.clone();
                moved[j] += d;
                assert!(objective(&moved) > objective(&b));
            }
        }
    }

    #[test]
    fn faults_are_typed_and_name_the_column() {
        let (x, y) = sample(400, &[-0.5, 1.0, -1.0], 4);
        let fault = |width, values, labels: &[bool]| {
            let error = LogisticParams::new().fit(&matrix(width, values), labels).unwrap_err();
            (error.kind(), error.to_string())
        };
        let (kind, text) = fault(3, x.rows().flat_map(|r| [r[0], r[1], r[0] - 2.0 * r[1]]).collect(), &y);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.contains("`x3`: is constant or a combination"), "{text}");
        let (_, text) = fault(2, x.rows().flat_map(|r| [r[0], 7.0]).collect(), &y);
        assert!(text.contains("`x2`: is constant"), "{text}");
        // Complete and quasi-complete separation.
        let (_, text) = fault(
            2,
            x.rows().zip(&y).flat_map(|(r, y)| [r[0], f64::from(u8::from(*y)) + 0.1 * r[1].tanh()]).collect(),
            &y,
        );
        assert!(text.contains("`x2`: separates"), "{text}");
        let quasi = x
            .rows()
            .zip(&y)
            .enumerate()
            .flat_map(|(i, (r, y))| [r[0], f64::from(u8::from(*y && i % 5 == 0))]);
        let (kind, text) = fault(2, quasi.collect(), &y);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.contains("`x2`: separates"), "{text}");
        assert_eq!(fault(2, x.values().to_vec(), &vec![true; 400]).0, ErrorKind::InvalidInput);
        assert_eq!(fault(2, x.values().to_vec(), &y[1..]).0, ErrorKind::ShapeMismatch);
    }

    #[test]
    fn separation_is_harmless_with_a_ridge() {
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let y: Vec<bool> = (0..40).map(|i| i >= 20).collect();
        let model = LogisticParams::new().ridge(1e-3).fit(&matrix(1, x.clone()), &y).unwrap();
        let p = model.predict(&matrix(1, x)).unwrap();
        assert!(p.values()[0].get() < 0.01 && p.values()[39].get() > 0.99);
    }

    #[test]
    fn contracts() {
        let (x, y) = sample(50, &[0.0, 0.3], 1);
        let kind = |params: LogisticParams<'_>| params.fit(&x, &y).unwrap_err().kind();
        assert_eq!(kind(LogisticParams::new().ridge(-1.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(LogisticParams::new().ridge(f64::NAN)), ErrorKind::InvalidParam);
        assert_eq!(kind(LogisticParams::new().tolerance(0.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(LogisticParams::new().max_iterations(0)), ErrorKind::InvalidParam);
        assert_eq!(kind(LogisticParams::new().max_iterations(1)), ErrorKind::NotConverged);
        assert_eq!(kind(LogisticParams::new().weights(&[1.0])), ErrorKind::ShapeMismatch);
        assert_eq!(kind(LogisticParams::new().weights(&[-1.0; 50])), ErrorKind::InvalidInput);
        assert_eq!(kind(LogisticParams::new().weights(&[0.0; 50])), ErrorKind::InvalidInput);
        assert_eq!(kind(LogisticParams::new().offset(&[f64::INFINITY; 50])), ErrorKind::InvalidInput);
        let model = LogisticParams::new().fit(&x, &y).unwrap();
        assert_eq!(model.predict(&matrix(2, vec![0.0; 4])).unwrap_err().kind(), ErrorKind::ShapeMismatch);
        // Values at the edge of f64 must not panic or leave NaN behind.
        for huge in [1e308, 1e-308, 1e155] {
            let mut values = x.values().to_vec();
            values[7] = huge;
            if let Ok(model) = LogisticParams::new().ridge(1.0).fit(&matrix(1, values), &y) {
                assert!(model.coefficients().iter().all(|c| c.estimate().is_finite()));
            }
        }
        assert!(!format!("{model:?}").contains("x1"));
    }

    #[test]
    fn row_order_hardly_matters_and_repeats_are_exact() {
        let (x, y) = sample(5_000, &[-0.5, 1.0, -1.0], 2);
        let a = LogisticParams::new().fit(&x, &y).unwrap();
        assert_eq!(a, LogisticParams::new().fit(&x, &y).unwrap());
        let reversed = matrix(2, x.rows().collect::<Vec<_>>().into_iter().rev().flatten().copied().collect());
        let b = LogisticParams::new().fit(&reversed, &y.iter().rev().copied().collect::<Vec<_>>()).unwrap();
        for (a, b) in a.coefficients().iter().zip(b.coefficients()) {
            assert_relative_eq!(a.estimate(), b.estimate(), max_relative = 1e-10);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever the numbers, the fit ends in a finite model or a typed error.
        #[test]
        fn any_matrix_ends_well(values in proptest::collection::vec(any::<f64>(), 2..60), bits in any::<u64>(), ridge in prop_oneof![Just(0.0), 0.0..1e3]) {
            let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
            let width = 1 + (bits % 3) as usize;
            let rows = values.len() / width;
            prop_assume!(rows > 0);
            let x = matrix(width, values[..rows * width].to_vec());
            let y: Vec<bool> = (0..rows).map(|i| bits >> (i % 60) & 1 == 1).collect();
            if let Ok(model) = LogisticParams::new().ridge(ridge).fit(&x, &y) {
                for c in model.coefficients() {
                    prop_assert!(c.estimate().is_finite());
                    prop_assert!(c.standard_error().is_none_or(f64::is_finite));
                }
            }
        }
    }
}
