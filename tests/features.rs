//! Conversions behind the optional features: there and back, and refusals that name what is wrong.
//!
//! A file of its own, so that checking them costs one small program and not every test again with all features.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

/// `Day` to and from the dates of two calendars, which must agree with each other.
#[cfg(all(feature = "jiff", feature = "chrono"))]
mod dates {
    use regulars::types::Day;

    #[test]
    fn there_and_back() {
        for days in [-4_371_587, -719_163, -1, 0, 1, 19_700, 2_932_896] {
            let day = Day::new(days);
            let by_jiff = jiff::civil::Date::try_from(day).unwrap();
            let by_chrono = chrono::NaiveDate::try_from(day).unwrap();
            assert_eq!(
                by_jiff.to_string().trim_start_matches("-00"),
                by_chrono.to_string().trim_start_matches('-')
            );
            assert_eq!((Day::from(by_jiff), Day::from(by_chrono)), (day, day));
        }
        assert!(jiff::civil::Date::try_from(Day::new(2_932_897)).is_err());
        assert!(jiff::civil::Date::try_from(Day::new(i32::MAX)).is_err());
        assert!(chrono::NaiveDate::try_from(Day::new(i32::MAX)).is_err());
        assert!(chrono::NaiveDate::try_from(Day::new(i32::MIN)).is_err());
    }
}

/// `Matrix` as an array of ndarray.
#[cfg(feature = "ndarray")]
mod arrays {
    use ndarray::Array2;
    use regulars::data::{Customers, Matrix};
    use regulars::{ErrorKind, Result};

    #[test]
    fn shapes_and_values_are_checked() {
        let two = || Customers::numbered(2).unwrap();
        let wide = Array2::<f64>::zeros((2, 3));
        let kind = |result: Result<Matrix>| result.unwrap_err().kind();
        assert_eq!(kind(Matrix::from_array(two(), ["a", "b"], wide.view())), ErrorKind::ShapeMismatch);
        let long = Array2::<f64>::zeros((3, 1));
        assert_eq!(kind(Matrix::from_array(two(), ["a"], long.view())), ErrorKind::ShapeMismatch);
        let bad = ndarray::array![[1.0], [f64::NAN]];
        let error = Matrix::from_array(two(), ["a"], bad.view()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains('2'), "names the row: {error}");
    }

    #[test]
    fn there_and_back_is_the_identity() {
        let customers = Customers::numbered(3).unwrap();
        let matrix = Matrix::new(customers, ["a", "b"], vec![1.0, -2.0, 3.5, 4.0, 5.0, 6.0]).unwrap();
        let array = Array2::from(&matrix);
        let back = Matrix::from_array(matrix.customers().clone(), ["a", "b"], array.view()).unwrap();
        assert_eq!(back, matrix);
    }
}

/// `Matrix` and an answer per customer as a dataset of linfa.
#[cfg(feature = "linfa")]
mod datasets {
    use regulars::ErrorKind;
    use regulars::data::{Customers, Keys, Matrix, PerCustomer};

    #[test]
    fn targets_of_others_are_refused() {
        let of = |keys: [&str; 2]| Customers::all(Keys::new(keys).unwrap().into());
        let matrix = Matrix::new(of(["ann", "bob"]), ["x"], vec![1.0, 2.0]).unwrap();
        let right = PerCustomer::new(of(["ann", "bob"]), vec![1_usize, 0]).unwrap();
        let dataset = matrix.dataset(&right).unwrap();
        assert_eq!(dataset.targets().to_vec(), [1, 0]);
        assert_eq!(dataset.records().column(0).to_vec(), [1.0, 2.0]);
        let wrong = PerCustomer::new(of(["ann", "eve"]), vec![1_usize, 0]).unwrap();
        assert_eq!(matrix.dataset(&wrong).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
