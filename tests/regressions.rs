//! Inputs that once broke a rule (a panic, a hang, too much memory, a wrong count), found by fuzzing or by people.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "csv")]

use regulars::data::Ledger;
use regulars::data::csv::{CsvFormat, CsvParams, RawTable};
use regulars::types::Currency;

fn orders(file: &[u8]) -> regulars::Result<Ledger> {
    Ledger::read_csv(file, &CsvParams::new(Currency::GBP))
}

/// Neither door may panic on any of these; what they say is tested elsewhere.
#[test]
fn odd_files_are_answered() {
    let files: [&[u8]; 14] = [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff\x00",
        b"\"",
        b"\"customer\",\"date",
        b",,,,\n,,,,\n",
        b"customer,date\n\"a\"\"b\",2024-01-01\n",
        b"customer,date\r\ra,2024-01-01\r",
        b"\x81",
        b"customer,date\n\xb0",
        b"customer,date,amount\na,2024-01-01,-170141183460469231731687303715884105728\n",
        b"customer,date,quantity,price\na,2024-01-01,999999999999999999999999999999999999,999999999999999999\n",
    ];
    for file in files {
        let _ = orders(file);
        let _ = RawTable::read_csv(file, &CsvFormat::new());
    }
}

/// "12 apples" was read as 12.
#[test]
fn a_word_behind_a_number_is_no_number() {
    let ledger = orders(b"customer,date,amount\na,2024-01-01,1\na,2024-01-02,12 apples\n").unwrap();
    assert_eq!(ledger.len(), 1);
}

/// Numbers so near to 0 that the variance of their coefficient is beyond the largest number: the model told an infinite standard
/// error, which a file cannot hold, so that what was read was not what had been written.
#[cfg(feature = "serde")]
#[test]
fn a_standard_error_beyond_all_numbers_is_not_told() {
    use regulars::churn::{ChurnParams, LogisticModel, LogisticParams, Method, TableModel};
    use regulars::data::{Customers, Features, Matrix};
    use regulars::persist;

    let x = [None, Some(8.28892e-317), Some(-2.303_180_383_800_263_3e-156), Some(3.365_622_069_272_784e-164)];
    let left = [true, false, false, false];
    let builder = Features::builder(Customers::numbered(4).unwrap()).numeric("x0", x).unwrap();
    let table = builder.categorical("level", [Some("a"), None, None, None]).unwrap().build().unwrap();
    let model = ChurnParams::new().method(Method::Plain).ridge(0.0).fit_table(&table, &left).unwrap();
    // Maximum likelihood tells all errors, so that one is missing only where it was beyond all numbers.
    let error = regulars::churn::Coefficient::standard_error;
    let errors: Vec<Option<f64>> = model.coefficients().iter().map(error).collect();
    assert!(errors.contains(&None), "{errors:?}");
    assert!(errors.iter().flatten().all(|e| e.is_finite()));
    let mut file = Vec::new();
    persist::write(&mut file, &model).unwrap();
    assert!(persist::read::<TableModel>(&file[..]).unwrap() == model);

    let values: Vec<f64> = (0..40_u32).map(|i| f64::from(i * 37 % 41) * 1e-80).collect();
    let left: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
    let matrix = Matrix::unnamed(Customers::numbered(40).unwrap(), 1, values).unwrap();
    let model = LogisticParams::new().fit(&matrix, &left).unwrap();
    let mut file = Vec::new();
    persist::write(&mut file, &model).unwrap();
    assert!(persist::read::<LogisticModel>(&file[..]).unwrap() == model);
}
