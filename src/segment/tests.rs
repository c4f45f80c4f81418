use super::*;
use crate::data::{Customers, Features, Keys, Matrix, TransformParams};
use crate::error::{ErrorKind, Place};
use crate::types::{Language, Seed};

fn matrix(width: usize, values: &[f64]) -> Matrix {
    Matrix::unnamed(Customers::numbered(values.len() / width).unwrap(), width, values.to_vec()).unwrap()
}

fn table(columns: &[(&str, &[f64])]) -> Features {
    let mut builder = Features::builder(Customers::numbered(columns[0].1.len()).unwrap());
    for (name, values) in columns {
        builder = builder.numeric(name, values.iter().copied()).unwrap();
    }
    builder.build().unwrap()
}

fn shop() -> Features {
    table(&[
        ("recency", &[3.0, 5.0, 4.0, 2.0, 200.0, 300.0, 250.0, 280.0, 310.0]),
        ("frequency", &[12.0, 9.0, 15.0, 11.0, 1.0, 2.0, 1.0, 1.0, 1.0]),
        ("monetary", &[900.0, 700.0, 999.0, 800.0, 20.0, 50.0, 15.0, 30.0, 25.0]),
    ])
}

/// Every parameter outside its domain is refused by name before a row is read, whatever the data.
#[test]
fn bad_parameters_name_themselves() {
    let place = |params: KMeansParams| {
        let error = params.fit(&shop()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam, "{error}");
        error.place().cloned()
    };
    let at = |name| Some(Place::Parameter(name));
    assert_eq!(place(KMeansParams::new(0)), at("k"));
    assert_eq!(place(KMeansParams::new(100_000)), at("k"));
    assert_eq!(place(KMeansParams::auto(1..=4)), at("k"));
    #[expect(clippy::reversed_empty_ranges, reason = "a range that users may well give")]
    let reversed = 5..=3;
    assert_eq!(place(KMeansParams::auto(reversed)), at("k"));
    assert_eq!(place(KMeansParams::new(2).restarts(0)), at("restarts"));
    assert_eq!(place(KMeansParams::new(2).max_iterations(0)), at("max_iterations"));
    for tolerance in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(place(KMeansParams::new(2).tolerance(tolerance)), at("tolerance"));
    }
    let centres = |c: &[[f64; 1]]| Init::Centres(c.iter().map(|c| c.to_vec()).collect());
    assert_eq!(place(KMeansParams::new(2).init(centres(&[[0.0]]))), at("init"));
    assert_eq!(place(KMeansParams::new(2).init(centres(&[[0.0], [f64::NAN]]))), at("init"));
    assert_eq!(place(KMeansParams::auto(2..=3).init(centres(&[[0.0], [1.0]]))), at("init"));
    assert_eq!(place(KMeansParams::new(2).transform(TransformParams::new().clip(1.0, 0.0))), at("clip"));
}

/// What the data can do wrong: constant columns, categories, values whose squares do not fit, fewer distinct rows than
/// segments, centres of another width, and weights that are negative, too large, missing or all 0.
#[test]
fn bad_data_name_their_column() {
    let column = |name: &str| Some(Place::Column(name.to_owned().into()));
    let place = |params: &KMeansParams, features: &Features| {
        let error = params.fit(features).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        error.place().cloned()
    };
    let params = KMeansParams::new(2);
    // A constant column is left out by the default transform, named where nothing else is left, and refused where a
    // matrix or a transform of one's own says that it is to be clustered.
    let constant = table(&[("a", &[1.0, 2.0]), ("b", &[3.0, 3.0])]);
    let model = params.fit(&constant).unwrap();
    assert_eq!((model.columns(), model.dropped()), (&["a".to_owned()][..], &["b".to_owned()][..]));
    assert_eq!(place(&params, &table(&[("b", &[3.0, 3.0]), ("c", &[0.0, 0.0])])), column("b"));
    assert_eq!(place(&params.clone().transform(TransformParams::new()), &constant), column("b"));
    assert_eq!(place(&params.clone().transform(TransformParams::new().robust()), &constant), column("b"));
    assert_eq!(place(&params.clone().transform(TransformParams::new().whiten()), &constant), column("b"));
    let cities = Features::builder(Customers::numbered(2).unwrap()).categorical("city", ["x", "y"]).unwrap();
    assert_eq!(place(&params, &cities.build().unwrap()), column("city"));
    let error = params.fit(&matrix(2, &[1.0, 5.0, 2.0, 5.0])).unwrap_err();
    assert_eq!(error.place().cloned(), column("x2"));
    let error = params.fit(&matrix(1, &[1.0, 1e200])).unwrap_err();
    assert_eq!(error.place().cloned(), column("x1"));
    // Fewer distinct rows than segments, −0 and 0 being one value; one row.
    let error = KMeansParams::new(3).fit(&matrix(1, &[0.0, -0.0, 1.0, 1.0])).unwrap_err();
    assert_eq!(error.to_string(), "parameter `k`: 3 segments need as many distinct rows, got 2");
    assert_eq!(params.fit(&matrix(1, &[7.0])).unwrap_err().place(), Some(&Place::Parameter("k")));
    assert!(KMeansParams::new(1).fit(&matrix(1, &[7.0])).is_ok());
    let centres = Init::Centres(vec![vec![0.0, 1.0], vec![1.0, 2.0]]);
    let error = params.clone().init(centres).fit(&matrix(1, &[0.0, 1.0])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
    // Weights.
    let weighted = params.weights("w");
    for weights in [[0.0, 0.0, 0.0], [1.0, -1.0, 1.0], [1.0, 1e300, 1.0]] {
        let features = table(&[("a", &[1.0, 2.0, 3.0]), ("w", &weights)]);
        assert_eq!(weighted.fit(&features).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(place(&weighted, &table(&[("a", &[1.0, 2.0])])), column("w"));
    let one_positive = table(&[("a", &[1.0, 2.0, 3.0]), ("w", &[0.0, 2.0, 0.0])]);
    assert_eq!(weighted.fit(&one_positive).unwrap_err().place(), Some(&Place::Parameter("k")));
}

/// A model never guesses: other columns, another width or a value out of range are errors when later customers come.
#[test]
fn assigning_needs_the_columns_of_the_fit() {
    let model = KMeansParams::new(2).fit(&shop()).unwrap();
    let other = table(&[("recency", &[3.0]), ("frequency", &[12.0])]);
    assert_eq!(model.assign(&other).unwrap_err().place(), Some(&Place::Column("monetary".into())));
    let error = model.assign(&matrix(2, &[1.0, 2.0])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
    let error = model.assign(&matrix(3, &[1.0, 2.0, 3.0])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
    let far = Matrix::new(Customers::numbered(1).unwrap(), model.columns().to_vec(), vec![1e300; 3]).unwrap();
    assert_eq!(model.assign(&far).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(model.centre(Segment(9)).is_err() && model.profile(Segment(2)).is_err());
}

/// Order by value, names by the rule, means in units of the table against sums by hand, and the sentences in both
/// languages.
#[test]
fn segments_are_ordered_named_and_described() {
    let features = shop();
    let model = KMeansParams::new(2).seed(Seed(3)).fit(&features).unwrap();
    let segments = model.assign(&features).unwrap();
    assert_eq!(segments.values()[..4], [Segment(0); 4]);
    assert_eq!(segments.values()[4..], [Segment(1); 5]);
    let [best, worst] = model.profiles() else { panic!("two segments") };
    assert_eq!((best.size, worst.size), (4, 5));
    assert_eq!(best.kind, Some(SegmentKind::Champions));
    assert_eq!(worst.kind, Some(SegmentKind::Dormant));
    let money = &best.traits[2];
    assert_eq!(money.column, "monetary");
    assert!((money.mean.unwrap() - 849.75).abs() < 1e-9);
    assert!((money.share_of_total.unwrap() - 3_399.0 / 3_539.0).abs() < 1e-12);
    // The geometric mean of 1 + x, less 1.
    let geometric = (901.0_f64 * 701.0 * 1_000.0 * 801.0).powf(0.25) - 1.0;
    assert!((money.centre / geometric - 1.0).abs() < 1e-12);
    assert!(money.effect.unwrap() > 2.0 && worst.traits[2].effect.unwrap() < -2.0);
    let english = worst.describe(Language::English);
    assert!(english.starts_with("dormant: 5 customers (55.6 %), 4.0 % of spend, "), "{english}");
    for words in ["silent for much longer", "far fewer purchases", "much lower spend"] {
        assert!(english.contains(words), "{english}");
    }
    let chinese = worst.describe(Language::Chinese);
    assert!(chinese.starts_with("沉睡客户：5人（55.6%），占消费额4.0%，"), "{chinese}");
    assert!(chinese.contains("购买次数明显偏少") && chinese.contains("距上次购买时间明显偏长"), "{chinese}");
    assert!((best.revenue.unwrap() - 3_399.0 / 3_539.0).abs() < 1e-12);
    let named = model.clone().named(["Gold", "Grey"]).unwrap();
    assert_eq!(named.name(Segment(0), Language::Chinese), "Gold");
    assert!(model.clone().named(["x"]).is_err() && model.named(["x", "x"]).is_err());
}

/// One case for each line of the table of names on the module's page, on its borders.
#[test]
fn names_follow_the_table_and_are_numbered_where_they_repeat() {
    let cases = [
        (-1.0, 1.2, Some(0.0), SegmentKind::Champions),
        (0.3, 0.0, None, SegmentKind::AtRisk),
        (0.0, 0.5, None, SegmentKind::HighValue),
        (-0.5, -0.5, Some(-1.0), SegmentKind::New),
        (-0.5, -0.5, Some(0.0), SegmentKind::Potential),
        (-0.5, -0.5, None, SegmentKind::Potential),
        (0.9, -0.5, None, SegmentKind::Dormant),
        (0.0, 0.0, None, SegmentKind::General),
    ];
    let standings: Vec<_> = cases
        .iter()
        .map(|(recency, value, tenure, _)| {
            Some(names::Standing { recency: *recency, value: *value, tenure: *tenure })
        })
        .collect();
    let names = names::name_all(&standings);
    for (name, (.., kind)) in names.iter().zip(&cases) {
        assert!(matches!(name, SegmentName::Kind { kind: own, .. } if own == kind), "{name:?} {kind:?}");
    }
    assert_eq!(names[4].text(Language::English), "potential 1");
    assert_eq!(names[5].text(Language::Chinese), "潜力客户 2");
    assert_eq!(names::name_all(&[None])[0].text(Language::English), "segment 1");
}

/// More restarts only add runs; the inertia told is that of the centres told; the same seed gives the same model.
#[test]
fn restarts_never_make_it_worse_and_seeds_repeat() {
    let values: Vec<f64> = (0..600).map(|i| f64::from(i * i % 97) + 0.01 * f64::from(i % 7)).collect();
    let matrix = matrix(2, &values);
    let fit = |restarts, init| {
        KMeansParams::new(6).seed(Seed(5)).restarts(restarts).init(init).fit(&matrix).unwrap()
    };
    for init in [Init::KMeansPlusPlus, Init::GreedyKMeansPlusPlus] {
        let (one, ten) = (fit(1, init.clone()), fit(10, init.clone()));
        assert!(ten.summary().inertia <= one.summary().inertia);
        assert!(ten == fit(10, init));
        let of_centres = ten.explain(&matrix).unwrap();
        let inertia: f64 = of_centres.values().iter().map(|p| p.distance * p.distance).sum();
        assert!((inertia / ten.summary().inertia - 1.0).abs() < 1e-12);
    }
}

/// On the centre, on the border, and three radii out.
#[test]
fn placements_measure_borders_and_outliers() {
    let model = KMeansParams::new(2).fit(&matrix(1, &[0.0, 2.0, 10.0, 12.0])).unwrap();
    let placed = model.explain(&matrix(1, &[1.0, 6.0, 4.0])).unwrap();
    let [centre, border, out] = placed.values() else { panic!("three rows") };
    assert_eq!((centre.distance, centre.borderline(), centre.outlier_score), (0.0, 0.0, Some(0.0)));
    assert_eq!(border.borderline(), 1.0);
    assert_eq!(out.outlier_score, Some(3.0));
    assert_eq!(out.runner_up.unwrap().1, 7.0);
}

/// Segments follow customers, not rows; money in pence or pounds gives the same segments when columns are standardised.
#[test]
fn row_order_and_units_change_nothing() {
    let people = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let features = shop();
    let column = |name: &str, factor: f64, reverse: bool| {
        let mut values: Vec<f64> =
            features.numeric(name).unwrap().iter().map(|v| v.unwrap() * factor).collect();
        if reverse {
            values.reverse();
        }
        values
    };
    let fit = |factor: f64, reverse: bool| {
        let mut keys = people;
        if reverse {
            keys.reverse();
        }
        // Rows are in key order whatever order they come in; reversing the values gives each key another row.
        let customers = Customers::all(Keys::new(keys).unwrap().into());
        let table = Features::builder(customers)
            .numeric("recency", column("recency", 1.0, reverse))
            .unwrap()
            .numeric("monetary", column("monetary", factor, reverse))
            .unwrap()
            .build()
            .unwrap();
        let plain = TransformParams::new().standardise();
        let model = KMeansParams::new(2).transform(plain).fit(&table).unwrap();
        (model.assign(&table).unwrap().into_values(), model)
    };
    let (segments, model) = fit(1.0, false);
    assert_eq!(fit(1_000.0, false).0, segments);
    let mut reversed = fit(1.0, true).0;
    reversed.reverse();
    assert_eq!(reversed, segments);
    assert!(
        (fit(1_000.0, false).1.profiles()[0].traits[1].centre / model.profiles()[0].traits[1].centre - 1e3)
            .abs()
            < 1e-9
    );
}

/// A row of weight 3 is three rows.
#[test]
fn weights_in_a_table_count_rows_several_times() {
    let once = table(&[("x", &[1.0, 2.0, 8.0, 9.0, 9.0, 9.0])]);
    let weighted = table(&[("x", &[1.0, 2.0, 8.0, 9.0]), ("w", &[1.0, 1.0, 1.0, 3.0])]);
    let plain = KMeansParams::new(2).transform(TransformParams::new());
    let a = plain.fit(&once).unwrap();
    let b = plain.weights("w").fit(&weighted).unwrap();
    // The larger segment by rows comes first.
    assert!((a.summary().inertia - b.summary().inertia).abs() < 1e-12);
    let mut sorted = [a.centres().to_vec(), b.centres().to_vec()];
    for centres in &mut sorted {
        centres.sort_unstable_by(f64::total_cmp);
    }
    assert_eq!(sorted[0], sorted[1]);
    assert!(b.profiles().iter().any(|p| p.weight == 4.0 && p.size == 2));
}

/// Nothing of a customer shows in a debug print.
#[test]
fn debug_prints_counts_only() {
    let model = KMeansParams::new(2).fit(&shop()).unwrap();
    assert_eq!(format!("{model:?}"), "SegmentModel(2 segments of 3 columns, fitted on 9 rows)");
}

/// `sklearn.cluster.KMeans(4, init=rows 0, 7, 50, 123, n_init=1, tol=0)` of scikit-learn 1.9.1, Lloyd and Elkan alike, on a
/// table made by formula: inertia to 10⁻¹², the same labels, row by row.
#[test]
fn labels_and_inertia_are_those_of_scikit_learn() {
    let value =
        |i: usize, d: usize| (i * (7 + 4 * d) % 101) as f64 / 10.0 + if i % 3 == d { 5.0 } else { 0.0 };
    let values: Vec<f64> = (0..400).flat_map(|i| (0..3).map(move |d| value(i, d))).collect();
    let rows = matrix(3, &values);
    let centres = [0, 7, 50, 123].map(|row| rows.row(row).unwrap().to_vec()).to_vec();
    let model = KMeansParams::new(4).init(Init::Centres(centres)).tolerance(0.0).fit(&rows).unwrap();
    assert!((model.summary().inertia / 7524.989474871569 - 1.0).abs() < 1e-12, "{}", model.summary().inertia);
    let labels = model.assign(&rows).unwrap();
    let labels: String = labels.values().iter().map(|s| s.index().to_string()).collect();
    let expected = [
        "0020123113023330121223123123320122113023233121220123123133122113123203123120023123123322101123203123",
        "1000231231133231001222031231130201231130231331222031231133201201110231331212001231130233201210231231",
        "2300012311312332312112202312313002210312322313112202312311332210012322312312202312311332310012322312",
        "3120020123113023330121223123123320122113023233121220123123133122113123203123120023123123322101123203",
    ];
    assert_eq!(labels, expected.concat());
}
