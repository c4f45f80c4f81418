use super::values::quantile_sorted;
use super::*;
use crate::ErrorKind;
use crate::data::{Customers, Keys, Ledger, Transaction};
use crate::error::Place;
use crate::types::{Amount, AsOf, Currency, Day};

fn table(columns: &[(&str, &[f64])]) -> Features {
    let n = columns[0].1.len();
    let mut builder = Features::builder(Customers::numbered(n).unwrap());
    for (name, values) in columns {
        builder = builder.numeric(name, values.iter().copied()).unwrap();
    }
    builder.build().unwrap()
}

/// Ann buys and returns, bob buys once, cat only gives back; ann's last row lies behind the day of the tests.
fn shop() -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    let day = |d| Day::ymd(2024, 5, d).unwrap();
    for (who, d, cents, item) in [
        ("ann", 1, 2_000, "tea"),
        ("ann", 1, 500, "jam"),
        ("ann", 11, 3_000, "tea"),
        ("ann", 12, -500, "jam"),
        ("bob", 21, 700, "tea"),
        ("cat", 25, -300, "tea"),
        ("ann", 30, 9_900, "pot"),
    ] {
        builder.push(Transaction::new(who, day(d)).amount(Amount::minor(cents)).item(item)).unwrap();
    }
    builder.build().unwrap()
}

#[test]
fn behaviour_counts_what_happened_up_to_the_day() {
    let ledger = shop();
    let features = Features::behaviour(ledger.observed(AsOf::ymd(2024, 5, 25).unwrap()).unwrap()).unwrap();
    let column = |name| features.numeric(name).unwrap().iter().collect::<Vec<_>>();
    // Rows: ann, bob, cat (who only returned something).
    assert_eq!(column("recency"), [Some(14.0), Some(4.0), Some(0.0)]);
    assert_eq!(column("frequency"), [Some(2.0), Some(1.0), Some(0.0)]);
    assert_eq!(column("monetary"), [Some(50.0), Some(7.0), Some(-3.0)]);
    assert_eq!(column("tenure"), [Some(24.0), Some(4.0), Some(0.0)]);
    assert_eq!(column("mean_gap"), [Some(10.0), None, None]);
    assert_eq!(column("items"), [Some(2.0), Some(1.0), Some(0.0)]);
    assert_eq!(column("refund_share"), [Some(500.0 / 6_000.0), Some(0.0), Some(1.0)]);
}

#[test]
fn every_ledger_gives_all_columns_and_what_it_does_not_know_is_missing() {
    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new(1, Day::new(3))).unwrap();
    let ledger = builder.build().unwrap();
    let features = Features::behaviour(ledger.observed(AsOf::new(Day::new(9))).unwrap()).unwrap();
    let full = shop();
    let full = Features::behaviour(full.observed(AsOf::ymd(2024, 5, 25).unwrap()).unwrap()).unwrap();
    assert_eq!(features.names().collect::<Vec<_>>(), full.names().collect::<Vec<_>>());
    let row = features.names().map(|name| features.numeric(name).unwrap().get(0)).collect::<Vec<_>>();
    assert_eq!(row, [Some(6.0), Some(1.0), None, Some(6.0), None, None, Some(0.0)]);
}

#[test]
fn a_customer_sum_beyond_64_bits_is_an_overflow() {
    let mut builder = Ledger::builder(Currency::EUR);
    for _ in 0..2 {
        builder.push(Transaction::new(1, Day::new(3)).amount(Amount::minor(i64::MAX))).unwrap();
    }
    let ledger = builder.build().unwrap();
    let error = Features::behaviour(ledger.observed(AsOf::new(Day::new(9))).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overflow);
}

#[test]
fn the_builder_names_what_is_wrong() {
    let builder = || Features::builder(Customers::numbered(2).unwrap());
    let error = builder().numeric("age", [1.0, f64::NAN]).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Row { row: 2, column: Some("age".into()) }));
    assert_eq!(error.to_string(), "row 2, column `age`: must be finite; a missing value is `None`, not NaN");
    assert!(builder().numeric("age", [1.0, f64::INFINITY]).is_err());
    let error = builder().numeric("age", [1.0]).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::ShapeMismatch, Some(&Place::Column("age".into()))));
    let twice = builder().numeric("age", [1.0, 2.0]).unwrap().categorical("age", ["a", "b"]);
    assert_eq!(twice.unwrap_err().place(), Some(&Place::Column("age".into())));
    assert_eq!(builder().build().unwrap_err().kind(), ErrorKind::EmptyInput);
    let nobody = Features::builder(Customers::numbered(0).unwrap()).numeric("a", [] as [f64; 0]).unwrap();
    assert_eq!(nobody.build().unwrap_err().kind(), ErrorKind::EmptyInput);
    assert!(builder().numeric("", [1.0, 2.0]).is_err());
}

/// `inf`, `1_000` and `0x10` are texts here, whatever a parser would make of them.
#[test]
fn inference_reads_numbers_only_where_all_cells_are_numbers() {
    let features = Features::builder(Customers::numbered(4).unwrap())
        .inferred("number", ["1", " -2.5e1 ", "NA", ""])
        .unwrap()
        .inferred("text", ["1", "inf", "NaN", "b"])
        .unwrap()
        .inferred("nothing", ["", "null", "n/a", " "])
        .unwrap()
        .build()
        .unwrap();
    let numbers: Vec<_> = features.numeric("number").unwrap().iter().collect();
    assert_eq!(numbers, [Some(1.0), Some(-25.0), None, None]);
    let texts = features.categorical("text").unwrap();
    assert_eq!(texts.levels(), ["1", "b", "inf"]);
    assert_eq!(texts.codes().collect::<Vec<_>>(), [Some(0), Some(2), None, Some(1)]);
    assert_eq!(features.numeric("nothing").unwrap().missing(), 4);
    assert!(features.numeric("text").is_err() && features.categorical("number").is_err());
}

/// Figures of `StandardScaler` and `RobustScaler` for the same column.
#[test]
fn scaling_agrees_with_scikit_learn() {
    // sklearn.preprocessing.StandardScaler and RobustScaler 1.9.1 on log1p of the column; tolerance 1e-14 relative.
    let spend = [0.0, 3.0, 10.0, 250.0, 12_000.0];
    let features = table(&[("spend", &spend)]);
    let check = |params: TransformParams, expected: [f64; 5]| {
        let transform = params.fit(&features).unwrap();
        let matrix = transform.apply(&features).unwrap();
        for ((own, expected), original) in matrix.values().iter().zip(expected).zip(spend) {
            assert!((own - expected).abs() <= 1e-14 * (1.0 + expected.abs()), "{own} {expected}");
            let back = transform.invert(&[*own]).unwrap()[0];
            assert!((back - original).abs() <= 1e-11 * (1.0 + original), "{back} {original}");
        }
    };
    check(TransformParams::new().log1p().standardise(), STANDARD);
    check(TransformParams::new().log1p().robust(), ROBUST);
}

/// Population standard deviation, as `StandardScaler` has it.
const STANDARD: [f64; 5] =
    [-1.113019065771897, -0.700512366470981, -0.3994997065412484, 0.5311384941149667, 1.68189264466916];
/// Median 0 and quartile range 1, as `RobustScaler` has it.
const ROBUST: [f64; 5] =
    [-0.5793194987832817, -0.24439771818657138, 0.0, 0.7556022818134287, 1.6899207541820769];

#[test]
fn clipping_uses_quantiles_of_the_fitted_column() {
    let features = table(&[("x", &[0.0, 1.0, 2.0, 3.0, 100.0])]);
    let transform = TransformParams::new().clip(0.25, 0.75).fit(&features).unwrap();
    assert_eq!(transform.apply(&features).unwrap().values(), [1.0, 1.0, 2.0, 3.0, 3.0]);
    let later = table(&[("y", &[7.0]), ("x", &[-50.0])]);
    assert_eq!(transform.apply(&later).unwrap().values(), [1.0]);
}

#[test]
fn transforms_name_the_column_they_cannot_use() {
    let features = table(&[("x", &[1.0, 2.0]), ("same", &[5.0, 5.0])]);
    let place = |error: crate::Error| error.place().cloned();
    let error = TransformParams::new().standardise().fit(&features).unwrap_err();
    assert_eq!(error.to_string(), "column `same`: is constant, so it cannot be scaled");
    assert!(TransformParams::new().robust().fit(&features).is_err());
    assert!(TransformParams::new().columns(["x"]).standardise().fit(&features).is_ok());
    assert_eq!(
        place(TransformParams::new().columns(["z"]).fit(&features).unwrap_err()),
        Some(Place::Column("z".into()))
    );
    assert!(TransformParams::new().columns(["x", "x"]).fit(&features).is_err());
    let none: [&str; 0] = [];
    assert_eq!(
        TransformParams::new().columns(none).fit(&features).unwrap_err().kind(),
        ErrorKind::InvalidParam
    );
    for (low, high) in [(0.5, 0.5), (-0.1, 1.0), (0.0, 1.1), (f64::NAN, 1.0)] {
        let error = TransformParams::new().clip(low, high).fit(&features).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam);
    }
    let transform = TransformParams::new().columns(["x"]).fit(&features).unwrap();
    let texts =
        Features::builder(Customers::numbered(1).unwrap()).categorical("x", ["a"]).unwrap().build().unwrap();
    assert_eq!(place(transform.apply(&texts).unwrap_err()), Some(Place::Column("x".into())));
    assert_eq!(place(TransformParams::new().fit(&texts).unwrap_err()), Some(Place::Column("x".into())));
    let huge = table(&[("x", &[f64::MAX, f64::MAX, -f64::MAX])]);
    assert_eq!(
        place(TransformParams::new().standardise().fit(&huge).unwrap_err()),
        Some(Place::Column("x".into()))
    );
}

#[test]
fn missing_values_are_refused_or_filled_with_the_fitted_median() {
    let build = |values: Vec<Option<f64>>| {
        let customers = Customers::numbered(values.len()).unwrap();
        Features::builder(customers).numeric("x", values).unwrap().build().unwrap()
    };
    let features = build(vec![Some(1.0), None, Some(3.0), Some(8.0)]);
    let error = TransformParams::new().fit(&features).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Row { row: 2, column: Some("x".into()) }));
    let transform = TransformParams::new().missing(Missing::Median).fit(&features).unwrap();
    assert_eq!(transform.apply(&features).unwrap().values(), [1.0, 3.0, 3.0, 8.0]);
    assert_eq!(transform.apply(&build(vec![None])).unwrap().values(), [3.0]);
    assert!(TransformParams::new().missing(Missing::Median).fit(&build(vec![None, None])).is_err());
}

/// By key, whatever the rows; who is unknown to the other table has missing values.
#[test]
fn tables_join_by_customer() {
    let keyed = |keys: [&str; 2]| Customers::all(Keys::new(keys).unwrap().into());
    let left = Features::builder(keyed(["a", "b"])).numeric("x", [1.0, 2.0]).unwrap().build().unwrap();
    let right = Features::builder(keyed(["b", "c"])).categorical("y", ["p", "q"]).unwrap().build().unwrap();
    let both = left.join(&right).unwrap();
    assert_eq!(both.categorical("y").unwrap().iter().collect::<Vec<_>>(), [None, Some("p")]);
    assert!(both.join(&right).is_err());
}

#[test]
fn matrices_refuse_what_is_not_a_number() {
    let new = |width, values| Matrix::unnamed(Customers::numbered(2).unwrap(), width, values);
    let error = new(2, vec![0.0, 1.0, 2.0, f64::NAN]).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Row { row: 2, column: Some("x2".into()) }));
    assert_eq!(new(2, vec![0.0]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    assert_eq!(new(0, vec![]).unwrap_err().kind(), ErrorKind::EmptyInput);
    assert!(Matrix::new(Customers::numbered(1).unwrap(), ["a", "a"], vec![1.0, 2.0]).is_err());
}

/// Ends, middle, and no overflow between the largest floats.
#[test]
fn quantiles_interpolate() {
    assert_eq!(quantile_sorted(&[], 0.5), None);
    assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
    assert_eq!(quantile_sorted(&[f64::MIN, f64::MAX], 0.5), Some(0.0));
}

#[test]
fn a_centre_that_cancels_is_zero() {
    // ln(1 + days) of two customers, standardised: the one with 0 days comes back as 0, not as a rounding error.
    for other in 1..200 {
        let features = table(&[("days", &[0.0, f64::from(other)])]);
        let transform = TransformParams::new().log1p().standardise().fit(&features).unwrap();
        let matrix = transform.apply(&features).unwrap();
        assert_eq!(transform.invert(matrix.row(0).unwrap()).unwrap(), [0.0], "beside {other}");
    }
}
