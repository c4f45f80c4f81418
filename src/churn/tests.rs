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

mod table {
    use super::*;
    use crate::data::Features;
    use approx::assert_relative_eq;

    /// A curve, an interaction without main effects, a level effect and noise.
    fn shop(n: usize, seed: u64) -> (Features, Vec<bool>) {
        let mut rng = Rng::new(Seed(seed), 1);
        let (mut a, mut b, mut c, mut level, mut left) = (vec![], vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let (x, y, w) = (rng.normal(), rng.normal(), rng.exponential(0.1));
            let plan = ["basic", "plus", "pro"][i % 3];
            let z = 1.5 * (x.abs() - 0.8)
                + 1.5 * x.signum() * y.signum()
                + if plan == "pro" { -1.0 } else { 0.0 };
            left.push(rng.chance(1.0 / (1.0 + (-z).exp())));
            a.push((i % 17 != 0).then_some(x));
            b.push(y);
            c.push(w);
            level.push((i % 23 != 0).then_some(plan));
        }
        let features = Features::builder(Customers::numbered(n).unwrap())
            .numeric("a", a)
            .unwrap()
            .numeric("b", b)
            .unwrap()
            .numeric("noise", c)
            .unwrap()
            .categorical("plan", level)
            .unwrap()
            .build()
            .unwrap();
        (features, left)
    }

    #[test]
    fn auto_finds_curves_and_pairs_and_plain_does_not() {
        let (train, y) = shop(1_200, 1);
        let (test, truth) = shop(2_000, 2);
        let auto = ChurnParams::new().fit_table(&train, &y).unwrap();
        let plain = ChurnParams::new().method(Method::Plain).fit_table(&train, &y).unwrap();
        let (a, p) = (auto.evaluate(&test, &truth).unwrap(), plain.evaluate(&test, &truth).unwrap());
        assert!(a.auc > p.auc + 0.15, "auto {} plain {}", a.auc, p.auc);
        assert!(a.calibration_error < 0.06, "{}", a.calibration_error);
        assert!(auto.pairs().contains(&("a", "b")), "{:?}", auto.pairs());
        assert!(auto.coefficients().iter().all(|c| c.standard_error().is_none()));
        assert!(plain.coefficients().iter().all(|c| c.p_value().is_some()));
    }

    #[test]
    fn a_column_of_noise_brings_no_pair() {
        let mut rng = Rng::new(Seed(3), 0);
        let n = 800;
        let columns: Vec<Vec<f64>> = (0..6).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
        let left: Vec<bool> = (0..n).map(|i| rng.chance(1.0 / (1.0 + (-columns[0][i]).exp()))).collect();
        let mut builder = Features::builder(Customers::numbered(n).unwrap());
        for (j, column) in columns.into_iter().enumerate() {
            builder = builder.numeric(&format!("x{j}"), column).unwrap();
        }
        let model = ChurnParams::new().fit_table(&builder.build().unwrap(), &left).unwrap();
        assert!(model.pairs().is_empty(), "{:?}", model.pairs());
    }

    #[test]
    fn contributions_sum_to_the_log_odds_of_the_prediction() {
        let (features, y) = shop(600, 5);
        for method in [Method::Auto, Method::Plain] {
            let model = ChurnParams::new().method(method).fit_table(&features, &y).unwrap();
            let risk = model.predict(&features).unwrap();
            for row in (0..600).step_by(47) {
                let customer = features.customers().customer(row).unwrap();
                let why = model.explain(&features, customer).unwrap();
                let sum = why.contributions().iter().fold(why.base(), |sum, c| sum + c.log_odds());
                assert_eq!(sum, why.log_odds());
                assert_relative_eq!(why.probability().get(), risk.values()[row].get(), max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn new_levels_and_missing_values_are_average_and_counted() {
        let (features, y) = shop(400, 6);
        let model = ChurnParams::new().fit_table(&features, &y).unwrap();
        let strange = Features::builder(Customers::numbered(2).unwrap())
            .categorical("plan", ["gold", "pro"])
            .unwrap()
            .numeric("noise", [None, Some(1e300)])
            .unwrap()
            .numeric("b", [None::<f64>, None])
            .unwrap()
            .numeric("a", [None, Some(-1e300)])
            .unwrap()
            .build()
            .unwrap();
        assert_eq!(model.unseen_levels(&strange).unwrap(), [("plan".to_owned(), 1)]);
        let risk = model.predict(&strange).unwrap();
        assert!(risk.values().iter().all(|p| p.get() > 0.0 && p.get() < 1.0));
        let why = model.explain(&strange, strange.customers().customer(0).unwrap()).unwrap();
        let of = |name: &str| why.contributions().iter().find(|c| c.column() == name).unwrap().log_odds();
        assert_eq!((of("plan"), of("b")), (0.0, 0.0));
        let missing = strange.select(&["a", "b", "plan"]).unwrap();
        assert_eq!(model.predict(&missing).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn contracts() {
        let one = |values: Vec<Option<f64>>| {
            let n = values.len();
            Features::builder(Customers::numbered(n).unwrap()).numeric("x", values).unwrap().build().unwrap()
        };
        for method in [Method::Auto, Method::Plain] {
            let params = ChurnParams::new().method(method).ridge(1.0);
            let few = one(vec![Some(1.0), Some(2.0), Some(3.0)]);
            assert_eq!(params.fit_table(&few, &[true; 3]).unwrap_err().kind(), ErrorKind::InvalidInput);
            assert_eq!(params.fit_table(&few, &[true]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
            // Too little to choose anything, nothing to learn, nothing known: still a model.
            for table in [few, one(vec![Some(7.0); 3]), one(vec![None; 3])] {
                let model = params.fit_table(&table, &[true, false, true]).unwrap();
                assert!(model.predict(&table).unwrap().values().iter().all(|p| p.get() > 0.0));
            }
        }
        let (features, y) = shop(100, 1);
        let folds = vec![0; 100];
        assert_eq!(
            ChurnParams::new().out_of_fold(&features, &y, &folds).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        assert_eq!(
            ChurnParams::new().out_of_fold(&features, &y, &[1]).unwrap_err().kind(),
            ErrorKind::ShapeMismatch
        );
    }

    #[test]
    fn repeated_columns_are_left_out_and_listed() {
        let (x, y) = sample(300, &[0.0, 1.0], 8);
        let features = Features::builder(Customers::numbered(300).unwrap())
            .numeric("x", x.values().iter().copied())
            .unwrap()
            .numeric("again", x.values().iter().map(|v| 3.0 - 2.0 * v))
            .unwrap()
            .build()
            .unwrap();
        let model = ChurnParams::new().method(Method::Plain).fit_table(&features, &y).unwrap();
        assert_eq!(model.aliased(), ["again"]);
        let alone = LogisticParams::new().fit(&x, &y).unwrap();
        assert_relative_eq!(
            model.coefficients()[1].estimate(),
            alone.coefficients()[1].estimate(),
            max_relative = 1e-10
        );
    }

    #[test]
    fn a_curve_that_must_fall_never_rises() {
        let (features, y) = shop(900, 7);
        // The truth of `a` is V-shaped: the constraint binds.
        let params = ChurnParams::new().monotone("a", Direction::Falling);
        let model = params.fit_table(&features, &y).unwrap();
        let effects = model.effects().unwrap();
        let a = effects.iter().find(|e| e.column == "a").unwrap();
        let heights: Vec<f64> =
            a.points.iter().filter(|p| p.value != Value::Missing).map(|p| p.log_odds).collect();
        assert!(heights.len() > 5 && heights.is_sorted_by(|a, b| *a >= *b - 1e-12), "{heights:?}");
        assert!(model.pairs().iter().all(|p| p.0 != "a" && p.1 != "a"));
        let kind = |p: ChurnParams| p.fit_table(&features, &y).unwrap_err().kind();
        assert_eq!(kind(ChurnParams::new().monotone("plan", Direction::Rising)), ErrorKind::InvalidInput);
        assert_eq!(kind(ChurnParams::new().monotone("zzz", Direction::Rising)), ErrorKind::InvalidInput);
        assert_eq!(kind(params.method(Method::Plain)), ErrorKind::InvalidParam);
    }

    #[test]
    fn an_isotonic_remainder_is_a_term_of_its_own() {
        let (features, y) = shop(800, 8);
        let params = ChurnParams::new().recalibration(Recalibration::Isotonic);
        let model = params.fit_table(&features, &y).unwrap();
        let risk = model.predict(&features).unwrap();
        for row in (0..800).step_by(61) {
            let why = model.explain(&features, features.customers().customer(row).unwrap()).unwrap();
            assert_relative_eq!(why.probability().get(), risk.values()[row].get(), max_relative = 1e-12);
            assert_eq!(why.contributions().iter().filter(|c| c.column() == "(recalibration)").count(), 1);
        }
        // It never turns the order of the line round, only flattens it.
        let line = ChurnParams::new().fit_table(&features, &y).unwrap().predict(&features).unwrap();
        let mut rows: Vec<usize> = (0..800).collect();
        rows.sort_by(|a, b| line.values()[*a].get().total_cmp(&line.values()[*b].get()));
        assert!(rows.windows(2).all(|w| risk.values()[w[0]].get() <= risk.values()[w[1]].get() + 1e-12));
    }

    /// A column's effect is the contribution that an explanation gives it.
    #[test]
    fn effects_are_the_contributions() {
        let (features, y) = shop(900, 9);
        let model = ChurnParams::new().fit_table(&features, &y).unwrap();
        let effects = model.effects().unwrap();
        // One for every column and pair, and one for every other set of columns that trees ask.
        let mut names: Vec<&str> = effects.iter().map(|e| e.column.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), effects.len());
        let pairs: Vec<String> = model.pairs().iter().map(|(a, b)| format!("{a} x {b}")).collect();
        let wanted = features.names().map(str::to_owned).chain(pairs);
        let others = wanted.filter(|name| names.binary_search(&name.as_str()).is_ok()).count();
        assert_eq!(others, 4 + model.pairs().len());
        assert!(model.trees() > 0 || effects.len() == others);
        let plan = effects.iter().find(|e| e.column == "plan").unwrap();
        for row in 0..30 {
            let why = model.explain(&features, features.customers().customer(row).unwrap()).unwrap();
            let own = why.contributions().iter().find(|c| c.column() == "plan").unwrap();
            let point = plan.points.iter().find(|p| p.value == *own.value()).unwrap();
            assert_relative_eq!(point.log_odds, own.log_odds(), epsilon = 1e-12);
        }
        let pair = effects.iter().find(|e| e.column == "a x b").unwrap();
        assert!(pair.points.iter().all(|p| p.other.is_some() && p.log_odds.is_finite()));
    }

    /// Leaves who is new, on the basic plan and silent, all three; no two of them say it.
    fn rule_of_three(n: usize, seed: u64) -> (Features, Vec<bool>) {
        let mut rng = Rng::new(Seed(seed), 2);
        let (mut a, mut b, mut plan, mut left) = (vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let (x, y, k) = (rng.normal(), rng.normal(), rng.below(3));
            let sign = x.signum() * y.signum() * if k == 0 { 1.0 } else { -1.0 };
            left.push(rng.chance(1.0 / (1.0 + (0.5 - 1.5 * sign - 0.5 * x).exp())));
            a.push((i % 19 != 0).then_some(x));
            b.push(y);
            plan.push(["basic", "plus", "pro"][usize::try_from(k).unwrap()]);
        }
        let builder = Features::builder(Customers::numbered(n).unwrap()).numeric("a", a).unwrap();
        let builder = builder.numeric("b", b).unwrap().categorical("plan", plan).unwrap();
        (builder.build().unwrap(), left)
    }

    #[test]
    fn trees_find_what_no_pair_says_and_are_explained() {
        let (train, y) = rule_of_three(4_000, 1);
        let (test, truth) = rule_of_three(3_000, 2);
        let model = ChurnParams::new().fit_table(&train, &y).unwrap();
        assert!(model.trees() > 0);
        let judged = model.evaluate(&test, &truth).unwrap();
        assert!(judged.auc > 0.72, "{}", judged.auc);
        assert!(judged.calibration_error < 0.04, "{}", judged.calibration_error);

        let risk = model.predict(&test).unwrap();
        let effects = model.effects().unwrap();
        let triple = effects.iter().find(|e| e.column == "a x b x plan").unwrap();
        assert!(triple.points.iter().all(|p| p.other.is_some() && p.third.is_some()));
        for row in (0..3_000).step_by(271) {
            let customer = test.customers().customer(row).unwrap();
            let why = model.explain(&test, customer).unwrap();
            let sum = why.contributions().iter().fold(why.base(), |sum, c| sum + c.log_odds());
            assert_eq!(sum, why.log_odds());
            assert_relative_eq!(why.probability().get(), risk.values()[row].get(), max_relative = 1e-12);
            for part in why.contributions() {
                assert!(effects.iter().any(|e| e.column == part.column()), "{}", part.column());
            }
            let together = why.contributions().iter().find(|c| c.column() == "a x b x plan").unwrap();
            let reason = together.reason(crate::types::Language::English);
            assert!(reason.contains("a is ") && reason.contains(", and plan is "), "{reason}");
        }
        // The table of an effect says what an explanation says at the same values.
        let values = |p: &EffectPoint| (p.value.clone(), p.other.clone().unwrap(), p.third.clone().unwrap());
        let point = triple.points.iter().find(|p| !matches!(p.value, Value::Missing)).unwrap();
        let (Value::Number(a), Value::Number(b), Value::Level(plan)) = values(point) else { panic!() };
        let one = Features::builder(Customers::numbered(1).unwrap()).numeric("a", [a]).unwrap();
        let one =
            one.numeric("b", [b]).unwrap().categorical("plan", [plan.as_str()]).unwrap().build().unwrap();
        let why = model.explain(&one, one.customers().customer(0).unwrap()).unwrap();
        let own = why.contributions().iter().find(|c| c.column() == "a x b x plan").unwrap();
        assert_relative_eq!(own.log_odds(), point.log_odds, epsilon = 1e-9);
    }

    /// 400 shops of about 20 customers that differ in their level and in what price does to them.
    fn many_shops(n: usize, seed: u64) -> (Features, Vec<bool>) {
        let mut law = Rng::new(Seed(77), 0);
        let shops: Vec<(f64, f64)> = (0..400).map(|_| (0.9 * law.normal(), 1.2 * law.normal())).collect();
        let mut rng = Rng::new(Seed(seed), 3);
        let (mut price, mut other, mut shop, mut left) = (vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let (x, at) = (rng.normal(), usize::try_from(rng.below(400)).unwrap());
            let z = -0.5 + shops[at].0 + shops[at].1 * x;
            left.push(rng.chance(1.0 / (1.0 + (-z).exp())));
            price.push((i % 31 != 0).then_some(x));
            other.push(rng.normal());
            shop.push((i % 37 != 0).then(|| format!("shop {at:03}")));
        }
        let builder = Features::builder(Customers::numbered(n).unwrap()).numeric("price", price).unwrap();
        let builder = builder.numeric("other", other).unwrap();
        let shop = shop.iter().map(Option::as_deref);
        (builder.categorical("shop", shop).unwrap().build().unwrap(), left)
    }

    #[test]
    fn many_levels_have_effects_and_slopes_that_are_explained() {
        let (train, y) = many_shops(8_000, 1);
        let (test, truth) = many_shops(4_000, 2);
        let model = ChurnParams::new().fit_table(&train, &y).unwrap();
        assert_eq!(model.level_effects(), ["shop", "price x shop"]);
        let judged = model.evaluate(&test, &truth).unwrap();
        assert!(judged.auc > 0.72, "{}", judged.auc);
        assert!(judged.calibration_error < 0.04, "{}", judged.calibration_error);

        let risk = model.predict(&test).unwrap();
        let effects = model.effects().unwrap();
        for row in (0..4_000).step_by(301) {
            let customer = test.customers().customer(row).unwrap();
            let why = model.explain(&test, customer).unwrap();
            let sum = why.contributions().iter().fold(why.base(), |sum, c| sum + c.log_odds());
            assert_eq!(sum, why.log_odds());
            assert_relative_eq!(why.probability().get(), risk.values()[row].get(), max_relative = 1e-12);
            for part in why.contributions() {
                assert!(effects.iter().any(|e| e.column == part.column()), "{}", part.column());
            }
        }
        // The table of an effect says what an explanation says at the same values.
        let slopes = effects.iter().find(|e| e.column == "price x shop").unwrap();
        let known =
            |p: &&EffectPoint| matches!((&p.value, &p.other), (Value::Number(_), Some(Value::Level(_))));
        let point = slopes.points.iter().find(known).unwrap();
        let (Value::Number(price), Some(Value::Level(shop))) = (&point.value, &point.other) else { panic!() };
        let one = Features::builder(Customers::numbered(1).unwrap()).numeric("price", [*price]).unwrap();
        let one = one.numeric("other", [0.0]).unwrap().categorical("shop", [shop.as_str()]).unwrap();
        let one = one.build().unwrap();
        let why = model.explain(&one, one.customers().customer(0).unwrap()).unwrap();
        let own = why.contributions().iter().find(|c| c.column() == "price x shop").unwrap();
        assert_relative_eq!(own.log_odds(), point.log_odds, epsilon = 1e-9);
        #[cfg(feature = "serde")]
        {
            let mut file = Vec::new();
            crate::persist::write(&mut file, &model).unwrap();
            let again: TableModel = crate::persist::read(&file[..]).unwrap();
            assert!(again == model);
            assert_eq!(again.predict(&test).unwrap(), risk);
        }
    }

    /// Every customer's own code, and levels that only chance tells apart: out of fold they say nothing, so they get no effects.
    #[test]
    fn codes_and_chance_get_no_effects_of_levels() {
        let mut rng = Rng::new(Seed(12), 0);
        let n = 2_000;
        let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let code: Vec<String> = (0..n).map(|i| format!("C{:05}", i * 7_919 % n)).collect();
        let group: Vec<String> = (0..n).map(|_| format!("g{}", rng.below(300))).collect();
        let left: Vec<bool> = x.iter().map(|x| rng.chance(1.0 / (1.0 + (-x).exp()))).collect();
        let table = Features::builder(Customers::numbered(n).unwrap()).numeric("x", x).unwrap();
        let table = table.categorical("code", code.iter().map(String::as_str)).unwrap();
        let table = table.categorical("group", group.iter().map(String::as_str)).unwrap().build().unwrap();
        let model = ChurnParams::new().fit_table(&table, &left).unwrap();
        assert!(model.level_effects().is_empty(), "{:?}", model.level_effects());
    }

    #[test]
    fn trees_are_left_out_where_curves_say_all() {
        let mut rng = Rng::new(Seed(8), 0);
        let n = 1_500;
        let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let noise: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let left: Vec<bool> = x.iter().map(|x| rng.chance(1.0 / (1.0 + (1.0 - x.abs()).exp()))).collect();
        let table = Features::builder(Customers::numbered(n).unwrap()).numeric("x", x).unwrap();
        let table = table.numeric("noise", noise).unwrap().build().unwrap();
        assert_eq!(ChurnParams::new().fit_table(&table, &left).unwrap().trees(), 0);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn trees_are_saved_and_damaged_ones_refused() {
        let (train, y) = rule_of_three(3_000, 3);
        let model = ChurnParams::new().fit_table(&train, &y).unwrap();
        assert!(model.trees() > 0);
        let mut file = Vec::new();
        crate::persist::write(&mut file, &model).unwrap();
        let again: TableModel = crate::persist::read(&file[..]).unwrap();
        assert!(again == model);
        assert_eq!(again.predict(&train).unwrap(), model.predict(&train).unwrap());
    }

    /// A column of categories that was missing in every row has an effect like any other: none.
    #[test]
    fn a_category_that_was_never_known_has_an_effect_of_nothing() {
        let n = 80;
        let left: Vec<bool> = (0..n).map(|i| i % 4 == 0).collect();
        let table = Features::builder(Customers::numbered(n).unwrap())
            .numeric("x", (0..n).map(|i| (i % 4) as f64))
            .unwrap()
            .categorical("gone", vec![None::<&str>; n])
            .unwrap();
        let model = ChurnParams::new().fit_table(&table.build().unwrap(), &left).unwrap();
        let effects = model.effects().unwrap();
        let gone = effects.iter().find(|e| e.column == "gone").unwrap();
        assert!(gone.points.iter().all(|p| p.log_odds == 0.0), "{gone:?}");
    }

    /// A frequent level takes part in pairs wherever it stands in the alphabet.
    #[test]
    fn pairs_see_the_frequent_levels() {
        let mut rng = Rng::new(Seed(4), 4);
        let n = 4_000;
        let (mut x, mut level, mut left) = (vec![], vec![], vec![]);
        for i in 0..n {
            let v = rng.normal();
            let often = i % 2 == 0;
            let name = if often { "zz".to_owned() } else { format!("a{:02}", i / 2 % 20) };
            left.push(rng.chance(1.0 / (1.0 + (-if often { 1.5 * v } else { -1.5 * v }).exp())));
            x.push(v);
            level.push(name);
        }
        let table = Features::builder(Customers::numbered(n).unwrap()).numeric("x", x).unwrap();
        let table = table.categorical("level", level.iter().map(String::as_str)).unwrap().build().unwrap();
        let model = ChurnParams::new().fit_table(&table, &left).unwrap();
        assert_eq!(model.pairs(), [("x", "level")]);
        assert!(model.evaluate(&table, &left).unwrap().auc > 0.78);
    }

    #[test]
    fn the_cheapest_change_that_is_enough() {
        let (features, y) = shop(900, 10);
        let model = ChurnParams::new().fit_table(&features, &y).unwrap();
        let risk = model.predict(&features).unwrap();
        let (customer, before) = risk
            .iter()
            .zip(features.categorical("plan").unwrap().iter())
            .find(|((_, p), plan)| *plan == Some("basic") && (0.3..0.7).contains(&p.get()))
            .unwrap()
            .0;
        let actions = [
            Action::level("plan", "pro", 9.0),
            Action::level("plan", "plus", 1.0),
            Action::number("b", 0.0, 2.0),
        ];
        let of = |target: f64| {
            model.cheapest_change(
                &features,
                customer,
                &actions,
                crate::types::Probability::new(target).unwrap(),
            )
        };
        let change = of(before.get() - 0.02).unwrap().unwrap();
        assert!(change.probability.get() <= before.get() - 0.02 && change.cost <= 11.0);
        assert!(of(1e-9).unwrap().is_none());
        let kind = |action| {
            let target = crate::types::Probability::ONE;
            model.cheapest_change(&features, customer, &[action], target).unwrap_err().kind()
        };
        assert_eq!(kind(Action::number("plan", 1.0, 1.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(Action::number("b", f64::NAN, 1.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(Action::number("b", 1.0, -1.0)), ErrorKind::InvalidParam);
        assert_eq!(kind(Action::level("unknown", "x", 1.0)), ErrorKind::InvalidParam);
    }

    /// Wide tables go another way through the engine, to the same minimum.
    #[test]
    fn more_columns_than_customers() {
        let mut rng = Rng::new(Seed(3), 3);
        let (n, width) = (120, 720);
        let values: Vec<f64> = (0..n * width).map(|_| rng.normal()).collect();
        let y: Vec<bool> =
            values.chunks(width).map(|row| rng.chance(1.0 / (1.0 + (-2.0 * row[0]).exp()))).collect();
        let x = matrix(width, values);
        let model = LogisticParams::new().ridge(5.0).tolerance(1e-10).fit(&x, &y).unwrap();
        assert!(model.summary().gradient_norm < 1e-5, "{:?}", model.summary());
        assert!(model.coefficients().iter().all(|c| c.standard_error().is_none()));
        let p = model.predict(&x).unwrap();
        let mean = p.values().iter().map(|p| p.get()).sum::<f64>() / n as f64;
        let rate = y.iter().filter(|y| **y).count() as f64 / n as f64;
        assert_relative_eq!(mean, rate, max_relative = 1e-4);
    }
}

mod orders {
    use super::*;
    use crate::data::{Contract, Contracts, Event, Events, Ledger, Transaction};
    use crate::types::{Amount, AsOf, Currency, Day, Horizon, Language};
    use approx::assert_relative_eq;
    use proptest::prelude::{ProptestConfig, prop_assert, proptest};

    const CUT: i32 = 19_200;

    /// Orders of 150 customers over 300 days; `after` changes what happens behind the cut alone.
    fn shop(seed: u64, after: u64) -> Ledger {
        let mut builder = Ledger::builder(Currency::EUR);
        for customer in 0..150_i64 {
            let mut rng = Rng::new(Seed(seed), customer.cast_unsigned());
            let mut later = Rng::new(Seed(after), customer.cast_unsigned());
            let (gap, quits) = (10.0 + 30.0 * rng.uniform(), 0.08);
            let mut day = 19_000 + i32::try_from(rng.below(60)).unwrap();
            while day < 19_300 {
                let rng = if day > CUT { &mut later } else { &mut rng };
                let cents = 500 + i64::try_from(rng.below(5_000)).unwrap();
                let item = i64::try_from(rng.below(20)).unwrap();
                let row =
                    |cents| Transaction::new(customer, Day::new(day)).amount(Amount::minor(cents)).item(item);
                builder.push(row(cents)).unwrap();
                if rng.chance(0.1) {
                    builder.push(row(-cents / 2)).unwrap();
                }
                if rng.chance(quits) {
                    break;
                }
                day += 1 + i32::try_from(rng.poisson(gap)).unwrap();
            }
        }
        builder.build().unwrap().covering(Day::new(18_990), Day::new(19_400)).unwrap()
    }

    fn cut(day: i32) -> AsOf {
        AsOf::new(Day::new(day))
    }

    #[test]
    fn several_cuts_are_stacked_and_horizons_must_agree() {
        let ledger = shop(1, 1);
        let horizon = Horizon::days(40).unwrap();
        let splits: Vec<_> = [19_100, 19_150].map(|day| ledger.split(cut(day), horizon).unwrap()).into();
        let model = ChurnParams::new().fit(&splits).unwrap();
        assert_eq!(model.horizon(), horizon);
        let observed: usize = splits.iter().map(|s| s.observed().customers().len()).sum();
        assert!(format!("{model:?}").contains(&format!("{observed} rows")));
        let test = ledger.split(cut(CUT), horizon).unwrap();
        assert!(model.evaluate(test).unwrap().auc > 0.7);
        let other = ledger.split(cut(19_100), Horizon::days(41).unwrap()).unwrap();
        assert_eq!(ChurnParams::new().fit(&[splits[0], other]).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(
            ChurnParams::new().fit::<crate::data::Split<'_>>(&[]).unwrap_err().kind(),
            ErrorKind::EmptyInput
        );
        assert_eq!(model.evaluate(other).unwrap_err().kind(), ErrorKind::InvalidParam);
    }

    #[test]
    fn reasons_speak_both_languages_and_sum_up() {
        let ledger = shop(2, 2);
        let split = ledger.split(cut(19_150), Horizon::days(40).unwrap()).unwrap();
        let model = ChurnParams::new().fit(&[split]).unwrap();
        let now = ledger.observed(cut(CUT)).unwrap();
        let risk = model.predict(now).unwrap();
        let all = model.explain(now).unwrap();
        let mut spoken = 0;
        for ((customer, p), why) in risk.iter().zip(all.values()) {
            assert_relative_eq!(why.probability().get(), p.get(), max_relative = 1e-12);
            assert_eq!(&model.explain_one(now, customer).unwrap(), why);
            let (english, chinese) = (why.reasons(Language::English, 3), why.reasons(Language::Chinese, 3));
            assert_eq!(english.len(), chinese.len());
            assert!(english.iter().all(|r| r.is_ascii()));
            assert!(!chinese.iter().any(|r| r.is_ascii()));
            spoken += english.len();
        }
        assert!(spoken > 100);
    }

    #[test]
    fn nobody_or_everybody_left_is_an_error() {
        let ledger = shop(3, 3);
        let far = ledger.split(cut(19_310), Horizon::days(30).unwrap()).unwrap();
        assert_eq!(ChurnParams::new().fit(&[far]).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(ledger.split(cut(19_310), Horizon::days(300).unwrap()).is_err());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn saved_and_loaded_it_answers_the_same() {
        let ledger = shop(4, 4);
        let split = ledger.split(cut(19_150), Horizon::days(40).unwrap()).unwrap();
        let model = ChurnParams::new().fit(&[split]).unwrap();
        let mut file = Vec::new();
        crate::persist::write(&mut file, &model).unwrap();
        let loaded: ChurnModel = crate::persist::read(&file[..]).unwrap();
        assert_eq!(loaded, model);
        let now = ledger.observed(cut(CUT)).unwrap();
        assert_eq!(loaded.predict(now).unwrap(), model.predict(now).unwrap());
    }

    fn complaints(seed: u64, after: u64) -> (Events, Contracts) {
        let (mut events, mut contracts) = (Events::builder(), Contracts::builder());
        for customer in 0..150_i64 {
            let mut rng = Rng::new(Seed(seed + 5), customer.cast_unsigned());
            let mut later = Rng::new(Seed(after + 5), customer.cast_unsigned());
            for kind in ["call", "complaint"] {
                let day = 19_000 + i32::try_from(rng.below(200)).unwrap();
                events.push(Event::new(customer, Day::new(day), kind)).unwrap();
                let day = CUT + 1 + i32::try_from(later.below(90)).unwrap();
                events.push(Event::new(customer, Day::new(day), "new kind")).unwrap();
            }
            let contract =
                Contract::new(customer, Day::new(18_900)).plan(["a", "b"][usize::from(rng.chance(0.5))]);
            let end = 19_100 + i32::try_from(rng.below(200)).unwrap();
            let end = if end > CUT { CUT + 1 + i32::try_from(later.below(90)).unwrap() } else { end };
            contracts.push(contract.end(Day::new(end))).unwrap();
        }
        (events.build().unwrap(), contracts.build().unwrap())
    }

    #[test]
    fn labels_by_rhythm_and_by_contract() {
        let ledger = shop(6, 6);
        let split = ledger.split(cut(19_150), Horizon::days(40).unwrap()).unwrap();
        let share = |leaving| {
            ChurnParams::new()
                .method(Method::Plain)
                .ridge(1.0)
                .leaving(leaving)
                .fit(&[split])
                .unwrap()
                .churn_rate()
        };
        let (patient, strict) =
            (share(Leaving::Silence { times: 1.5 }), share(Leaving::Silence { times: 0.7 }));
        assert!(patient < strict, "{patient} {strict}");
        let (events, contracts) = complaints(6, 6);
        let params = ChurnParams::new().method(Method::Plain).ridge(1.0).leaving(Leaving::Contract);
        assert_eq!(params.fit(&[split]).unwrap_err().kind(), ErrorKind::InvalidInput);
        let past = Past::new(split).contracts(&contracts).events(&events);
        let model = params.fit(&[past]).unwrap();
        // By hand: who had a contract beyond the cut, and whose ended by the end of the holdout.
        let running = |day: i32, customer: i64| {
            contracts.observed(cut(day)).history(customer).rows().any(|row| row.end.is_none())
        };
        let with: Vec<i64> = (0..150)
            .filter(|c| split.observed().customers().row_of_key(*c).is_some() && running(19_150, *c))
            .collect();
        let ended = with.iter().filter(|c| !running(19_190, **c)).count();
        assert_relative_eq!(model.churn_rate(), ended as f64 / with.len() as f64);
        let names: Vec<String> = model.features(past.known()).unwrap().names().map(str::to_owned).collect();
        for name in ["complaint in 90 days", "call days ago", "contract age", "plan"] {
            assert!(names.iter().any(|n| n == name), "{names:?}");
        }
        // What the model learned from must be there when it is asked.
        assert_eq!(model.predict(split.observed()).unwrap_err().kind(), ErrorKind::InvalidInput);
        let (left, p) = model.outcomes(past).unwrap();
        assert_eq!((left.len(), p.len()), (with.len(), with.len()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3))]
        /// Events and contracts after the cut leave everything as it is, too.
        #[test]
        fn nothing_after_the_cut_matters_in_events_and_contracts(seed in 0_u64..1000, other in 1000_u64..2000) {
            let horizon = Horizon::days(40).unwrap();
            let ledger = shop(seed, seed);
            let answers = |after| {
                let (events, contracts) = complaints(seed, after);
                let split = ledger.split(cut(19_150), horizon).unwrap();
                let past = Past::new(split).events(&events).contracts(&contracts);
                let model = ChurnParams::new().method(Method::Plain).ridge(1.0).fit(&[past]).unwrap();
                let now = Known::new(ledger.observed(cut(CUT)).unwrap()).events(&events).contracts(&contracts);
                let risk: Vec<u64> = model.predict(now).unwrap().values().iter().map(|p| p.get().to_bits()).collect();
                let warnings = WarningParams::new().fit(now).unwrap().all().to_vec();
                (model, risk, warnings)
            };
            let (a, b) = (answers(seed), answers(other));
            prop_assert!(a == b);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]
        /// Another future leaves every feature, score and reason as it is, down to the last bit.
        #[test]
        fn nothing_after_the_cut_matters(seed in 0_u64..1000, other in 1000_u64..2000) {
            let horizon = Horizon::days(40).unwrap();
            let answers = |after| {
                let ledger = shop(seed, after);
                let model = ChurnParams::new().fit(&[ledger.split(cut(19_150), horizon).unwrap()]).unwrap();
                let now = ledger.observed(cut(CUT)).unwrap();
                let risk: Vec<u64> = model.predict(now).unwrap().values().iter().map(|p| p.get().to_bits()).collect();
                let why = model.explain(now).unwrap().into_values();
                (model, risk, why)
            };
            let (a, b) = (answers(seed), answers(other));
            prop_assert!(a == b);
        }
    }
}
