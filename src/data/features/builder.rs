//! The door for the caller's own columns.
//!
//! Columns are checked as they come, so that the error names the column that was being added; a table that was built
//! is valid and is never checked again.

use std::collections::BTreeSet;

use crate::data::Customers;
use crate::error::{Error, ErrorKind, Place, Result};

use super::inferred;
use super::table::{Categorical, Column, Features, NO_LEVEL, Numeric, column_error};

/// Collects columns for a [`Features`] table. Every column has one value per customer, in the order of the customers'
/// rows (ascending keys). Made by [`Features::builder`].
///
/// Values by key rather than by row: let [`Features::join`] put them in order.
///
/// ```
/// use regulars::data::{Customers, Features, Keys};
///
/// let customers = Customers::all(Keys::new(["bob", "ann"])?.into());
/// // Rows ascend by key: the first value is ann's.
/// let table = Features::builder(customers).numeric("visits", [3.0, 5.0])?.build()?;
/// let bob = table.customers().row_of_key("bob").expect("is in the table");
/// assert_eq!(table.numeric("visits")?.get(bob), Some(5.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct FeaturesBuilder {
    features: Features,
}

impl FeaturesBuilder {
    pub(super) fn new(customers: Customers) -> Self {
        Self { features: Features { customers, columns: Vec::new() } }
    }

    /// Adds a numeric column: numbers, or `Option`s of numbers where some are missing.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// let table = Features::builder(Customers::numbered(2)?)
    ///     .numeric("orders", [3.0, 1.0])?
    ///     .numeric("age", [None, Some(35.0)])?
    ///     .build()?;
    /// assert_eq!(table.numeric("age")?.missing(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming row and column of a NaN or an infinity, or the column where its
    /// name is taken or empty; [`ShapeMismatch`](ErrorKind::ShapeMismatch) unless there is one value for each customer.
    pub fn numeric<V: Into<Option<f64>>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self> {
        let mut fault = None;
        let column = Numeric::collect(values.into_iter().enumerate().map(|(row, value)| {
            let value = value.into();
            if fault.is_none() && value.is_some_and(|v| !v.is_finite()) {
                fault = Some(row);
            }
            value
        }));
        match fault {
            Some(row) => Err(cell_error(row, name, "must be finite; a missing value is `None`, not NaN")),
            None => self.push(name, Column::Numeric(column)),
        }
    }

    /// Adds a categorical column: texts, or `Option`s of texts where some are missing. The levels are the distinct
    /// texts in ascending order; an empty text is a level like any other.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    ///
    /// let table = Features::builder(Customers::numbered(3)?)
    ///     .categorical("city", [Some("York"), None, Some("Leeds")])?
    ///     .build()?;
    /// let city = table.categorical("city")?;
    /// assert_eq!(city.levels(), ["Leeds", "York"]);
    /// assert_eq!(city.codes().collect::<Vec<_>>(), [Some(1), None, Some(0)]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`numeric`](Self::numeric); [`Overflow`](ErrorKind::Overflow) above 4,294,967,294 levels.
    pub fn categorical<'a, V: Into<Option<&'a str>>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self> {
        let values: Vec<Option<&str>> = values.into_iter().map(Into::into).collect();
        let levels: BTreeSet<&str> = values.iter().flatten().copied().collect();
        if levels.len() >= NO_LEVEL as usize {
            return Err(Error::overflow("more than 4294967294 levels"));
        }
        let levels: Vec<String> = levels.into_iter().map(str::to_owned).collect();
        let code = |level: &str| {
            levels.binary_search_by(|own| own.as_str().cmp(level)).ok().and_then(|i| u32::try_from(i).ok())
        };
        let codes = values.iter().map(|v| v.and_then(code).unwrap_or(NO_LEVEL)).collect();
        self.push(name, Column::Categorical(Categorical { codes, levels }))
    }

    /// Adds a column of texts as they stand in a file, and finds out what it is.
    ///
    /// Blank cells and `NA`, `N/A`, `NaN`, `NULL` (in any case) are missing; cells are trimmed. The column decides:
    ///
    /// | every other cell is | example | column |
    /// |---|---|---|
    /// | a decimal number | `12`, `-0.5`, `1e3` | numeric |
    /// | the same with separators, signs of money or of shares | `1,234.50`, `29,85`, `$5`, `12 %`, `(7)` | numeric |
    /// | a date, perhaps with a time of day | `2021-01-31 08:30`, `31/01/2021` | numeric: days since 1970-01-01 |
    /// | anything else | `yearly`, `A12` | categorical |
    ///
    /// In a numeric column `?`, `-`, `none`, `unknown`, `missing` are missing; in a categorical one they are levels. Dates
    /// with the year last are read where some number above 12 tells the day from the month. A column of missing cells only
    /// is numeric.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// let table = Features::builder(Customers::numbered(3)?)
    ///     .inferred("charges", ["29.85", " ", "1889.5"])?
    ///     .inferred("contract", ["monthly", "yearly", "monthly"])?
    ///     .build()?;
    /// assert_eq!(table.numeric("charges")?.get(1), None);
    /// assert_eq!(table.categorical("contract")?.levels(), ["monthly", "yearly"]);
    ///
    /// let written = Features::builder(Customers::numbered(3)?)
    ///     .inferred("income", ["$1,250.00", "?", "$80"])?
    ///     .inferred("since", ["1970-01-31", "1970-02-01", ""])?
    ///     .build()?;
    /// assert_eq!(written.numeric("income")?.get(0), Some(1250.0));
    /// assert_eq!(written.numeric("since")?.get(0), Some(30.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`categorical`](Self::categorical).
    pub fn inferred<'a>(self, name: &str, cells: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let cells: Vec<Option<&str>> = cells.into_iter().map(present).collect();
        match inferred::numbers(&cells) {
            Some(numbers) => self.numeric(name, numbers),
            None => self.categorical(name, cells),
        }
    }

    /// Adds a finished column, of another table for example; the rows must be the same customers in the same order.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// let source = Features::builder(Customers::numbered(2)?).numeric("age", [41.0, 35.0])?.build()?;
    /// let (name, age) = source.columns().next().expect("there is one");
    /// let copy = Features::builder(Customers::numbered(2)?).push(name, age.clone())?.build()?;
    /// assert_eq!(copy, source);
    /// let error = Features::builder(Customers::numbered(2)?).push("", age.clone()).unwrap_err();
    /// assert_eq!(error.to_string(), "column ``: needs a name");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`numeric`](Self::numeric).
    pub fn push(mut self, name: &str, column: Column) -> Result<Self> {
        if name.is_empty() {
            return Err(column_error(name, "needs a name"));
        }
        if self.features.column(name).is_some() {
            return Err(column_error(name, "stands in the table already"));
        }
        if column.len() != self.features.len() {
            let rule = format!(
                "needs one value for each of {} customers, got {}",
                self.features.len(),
                column.len()
            );
            return Err(Error::new(ErrorKind::ShapeMismatch, Place::Column(name.to_owned().into()), rule));
        }
        self.features.columns.push((name.to_owned(), column));
        Ok(self)
    }

    /// The finished table.
    ///
    /// # Errors
    /// [`EmptyInput`](ErrorKind::EmptyInput) without customers or without columns:
    ///
    /// ```
    /// use regulars::{ErrorKind, data::{Customers, Features}};
    /// let nothing = Features::builder(Customers::numbered(2)?).build().unwrap_err();
    /// assert_eq!(nothing.kind(), ErrorKind::EmptyInput);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn build(self) -> Result<Features> {
        if self.features.is_empty() {
            return Err(Error::empty("a feature table needs at least one customer"));
        }
        if self.features.columns.is_empty() {
            return Err(Error::empty("a feature table needs at least one column"));
        }
        Ok(self.features)
    }
}

/// An error that blames one cell; rows are numbered from 1.
pub(super) fn cell_error(row: usize, name: &str, rule: &'static str) -> Error {
    let place = Place::Row { row: row as u64 + 1, column: Some(name.to_owned().into()) };
    Error::new(ErrorKind::InvalidInput, place, rule)
}

/// The trimmed cell, `None` where it is missing. The four spellings are those of R, pandas and SQL; `none` and `-` are
/// not among them, since they are categories in some files ([`inferred`] takes them for blanks among numbers).
fn present(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    let missing =
        cell.is_empty() || ["na", "n/a", "nan", "null"].iter().any(|m| cell.eq_ignore_ascii_case(m));
    (!missing).then_some(cell)
}
