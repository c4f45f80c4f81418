//! `Features`: the table, and its two kinds of column.
//!
//! A numeric column is a vector of finite floats and, only where something is missing, a vector of flags; a
//! categorical one is a vector of codes into a sorted list of levels. NaN has no place in either.

use std::fmt;

use crate::data::Customers;
use crate::error::{Error, ErrorKind, Place, Result};

use super::FeaturesBuilder;

/// Stands for a missing category.
pub(super) const NO_LEVEL: u32 = u32::MAX;

/// Named columns with one row per customer, in ascending order of the customers' keys.
///
/// ```
/// use regulars::data::{Customers, Features, Keys};
///
/// let customers = Customers::all(Keys::new(["ann", "bob"])?.into());
/// let features = Features::builder(customers)
///     .numeric("age", [Some(41.0), None])?
///     .categorical("city", ["Leeds", "York"])?
///     .build()?;
/// assert_eq!(features.numeric("age")?.get(0), Some(41.0));
/// assert_eq!(features.numeric("age")?.get(1), None);
/// assert_eq!(features.categorical("city")?.level(1), Some("York"));
/// assert_eq!((features.len(), features.width(), features.is_empty()), (2, 2, false));
/// assert_eq!(features.names().collect::<Vec<_>>(), ["age", "city"]);
/// assert_eq!(features.customers().row_of_key("bob"), Some(1));
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// At least one row and one column; names are unique and not empty. Columns are found by name, in O(columns).
#[derive(Clone, PartialEq)]
pub struct Features {
    pub(super) customers: Customers,
    /// Names, unique and not empty, and columns of the customers' length.
    pub(super) columns: Vec<(String, Column)>,
}

/// One column of a [`Features`] table.
///
/// ```
/// use regulars::data::{Column, Customers, Features};
/// let table = Features::builder(Customers::numbered(2)?).numeric("age", [Some(41.0), None])?.build()?;
/// match table.column("age") {
///     Some(Column::Numeric(age)) => assert_eq!(age.iter().flatten().sum::<f64>(), 41.0),
///     _ => unreachable!("it is numeric"),
/// }
/// let column = table.column("age").expect("is there");
/// assert_eq!((column.len(), column.missing(), column.is_empty()), (2, 1, false));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Column {
    /// Numbers.
    Numeric(Numeric),
    /// One of a list of levels, in no order that means anything.
    Categorical(Categorical),
}

/// A column of finite numbers, some of which may be missing.
///
/// ```
/// use regulars::data::{Customers, Features};
/// let table = Features::builder(Customers::numbered(3)?)
///     .numeric("age", [Some(41.0), None, Some(35.0)])?
///     .numeric("visits", [1.0, 2.0, 3.0])?
///     .build()?;
/// let (age, visits) = (table.numeric("age")?, table.numeric("visits")?);
/// assert_eq!((age.len(), age.missing(), age.is_empty()), (3, 1, false));
/// assert_eq!(age.iter().collect::<Vec<_>>(), [Some(41.0), None, Some(35.0)]);
/// assert_eq!(age.values(), None); // there is no slice without a hole
/// assert_eq!(visits.values(), Some(&[1.0, 2.0, 3.0][..]));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Numeric {
    /// 0 where missing.
    pub(super) values: Vec<f64>,
    /// `None` where nothing is missing.
    pub(super) missing: Option<Vec<bool>>,
}

/// A column of codes into a sorted list of levels, some of which may be missing.
///
/// ```
/// use regulars::data::{Customers, Features};
/// let table = Features::builder(Customers::numbered(3)?).categorical("plan", ["pro", "basic", "pro"])?.build()?;
/// let plan = table.categorical("plan")?;
/// assert_eq!((plan.len(), plan.missing(), plan.is_empty()), (3, 0, false));
/// assert_eq!(plan.levels(), ["basic", "pro"]);
/// assert_eq!((plan.code(0), plan.level(0)), (Some(1), Some("pro")));
/// assert_eq!(plan.iter().flatten().filter(|level| *level == "pro").count(), 2);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Codes ascend with the levels' code points. They are names, not numbers: a model must not add them up.
#[derive(Clone, PartialEq)]
pub struct Categorical {
    /// Ranks among the levels, or [`NO_LEVEL`].
    pub(super) codes: Vec<u32>,
    /// Strictly ascending by code point.
    pub(super) levels: Vec<String>,
}

impl Features {
    /// A table of the caller's own columns, one row for each of these customers. For tables without keys see
    /// [`Customers::numbered`].
    pub fn builder(customers: Customers) -> FeaturesBuilder {
        FeaturesBuilder::new(customers)
    }

    /// Number of rows, one per customer.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Who the rows are.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// Names and columns in the order in which they were given.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The names of the columns in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The column of that name, whatever its kind; `None` where there is none.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// The numeric column of that name.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// let table = Features::builder(Customers::numbered(1)?).categorical("plan", ["pro"])?.build()?;
    /// let error = table.numeric("plan").unwrap_err();
    /// assert_eq!(error.to_string(), "column `plan`: must be numeric, but holds categories here");
    /// let error = table.categorical("Plan").unwrap_err();
    /// assert_eq!(error.to_string(), "column `Plan`: is not in the table");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming the column where there is none or it is categorical.
    pub fn numeric(&self, name: &str) -> Result<&Numeric> {
        match self.column(name) {
            Some(Column::Numeric(column)) => Ok(column),
            Some(Column::Categorical(_)) => {
                Err(column_error(name, "must be numeric, but holds categories here"))
            }
            None => Err(column_error(name, "is not in the table")),
        }
    }

    /// The categorical column of that name.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming the column where there is none or it is numeric.
    pub fn categorical(&self, name: &str) -> Result<&Categorical> {
        match self.column(name) {
            Some(Column::Categorical(column)) => Ok(column),
            Some(Column::Numeric(_)) => {
                Err(column_error(name, "must hold categories, but holds numbers here"))
            }
            None => Err(column_error(name, "is not in the table")),
        }
    }

    /// The same customers with only these columns, in this order.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features};
    /// # let features = Features::builder(Customers::numbered(1)?).numeric("a", [1.0])?.numeric("b", [2.0])?.build()?;
    /// assert_eq!(features.select(&["b"])?.names().collect::<Vec<_>>(), ["b"]);
    /// assert!(features.select(&["c"]).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming a column that is not in the table or is named twice.
    pub fn select(&self, names: &[&str]) -> Result<Self> {
        let mut builder = Self::builder(self.customers.clone());
        for name in names {
            let column = self.column(name).ok_or_else(|| column_error(name, "is not in the table"))?;
            builder = builder.push(name, column.clone())?;
        }
        builder.build()
    }

    /// The table without the columns that have no value at all.
    pub(crate) fn without_empty_columns(mut self) -> Result<Self> {
        let rows = self.len();
        self.columns.retain(|(_, column)| column.missing() < rows);
        if self.columns.is_empty() { Err(Error::input("no column has a value")) } else { Ok(self) }
    }

    /// This table with the columns of `other` behind its own, row by row of the same customers.
    ///
    /// A customer of this table whom `other` does not know has missing values there; customers whom only `other` knows
    /// are left out.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// let ours = Customers::all(Keys::new(["ann", "bob"])?.into());
    /// let theirs = Customers::all(Keys::new(["bob", "eve"])?.into());
    /// let visits = Features::builder(ours).numeric("visits", [3.0, 5.0])?.build()?;
    /// let ages = Features::builder(theirs).numeric("age", [52.0, 19.0])?.build()?;
    /// let both = visits.join(&ages)?;
    /// assert_eq!(both.numeric("age")?.iter().collect::<Vec<_>>(), [None, Some(52.0)]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming a column that both tables have.
    pub fn join(&self, other: &Self) -> Result<Self> {
        let rows: Vec<Option<usize>> = (0..self.len())
            .map(|row| self.customers.key(row).and_then(|key| other.customers.row_of_key(key)))
            .collect();
        let mut builder = Self::builder(self.customers.clone());
        for (name, column) in self.columns() {
            builder = builder.push(name, column.clone())?;
        }
        for (name, column) in other.columns() {
            let picked = match column {
                Column::Numeric(own) => {
                    Column::Numeric(Numeric::collect(rows.iter().map(|row| own.get((*row)?))))
                }
                Column::Categorical(own) => Column::Categorical(Categorical {
                    codes: rows
                        .iter()
                        .map(|row| row.and_then(|row| own.code(row)).unwrap_or(NO_LEVEL))
                        .collect(),
                    levels: own.levels.clone(),
                }),
            };
            builder = builder.push(name, picked)?;
        }
        builder.build()
    }
}

/// Prints sizes and names, no values.
impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({} customers", self.len())?;
        for name in self.names() {
            write!(f, ", {name}")?;
        }
        f.write_str(")")
    }
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Numeric(column) => column.len(),
            Self::Categorical(column) => column.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values are missing.
    pub fn missing(&self) -> usize {
        match self {
            Self::Numeric(column) => column.missing(),
            Self::Categorical(column) => column.missing(),
        }
    }
}

/// Prints the kind and sizes, no values.
impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric(column) => column.fmt(f),
            Self::Categorical(column) => column.fmt(f),
        }
    }
}

impl Numeric {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a row, from 0; `None` where it is missing or there is no such row.
    pub fn get(&self, row: usize) -> Option<f64> {
        let value = *self.values.get(row)?;
        (!self.is_missing(row)).then_some(value)
    }

    /// All values, `None` where missing.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<f64>> {
        self.values.iter().enumerate().map(|(row, value)| (!self.is_missing(row)).then_some(*value))
    }

    /// All values as a slice, where none is missing; the fast way for a complete column.
    pub fn values(&self) -> Option<&[f64]> {
        self.missing.is_none().then_some(self.values.as_slice())
    }

    /// How many values are missing.
    pub fn missing(&self) -> usize {
        self.missing.as_ref().map_or(0, |m| m.iter().filter(|m| **m).count())
    }

    /// Whether the value of a row is missing; the row exists.
    fn is_missing(&self, row: usize) -> bool {
        self.missing.as_ref().is_some_and(|m| m[row])
    }
}

impl Numeric {
    /// A column of values that the caller knows to be finite; what is not finite after all becomes missing. The flags come
    /// into being with the first missing value, so that a complete column has none.
    pub(super) fn collect(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut column = Self { values: Vec::new(), missing: None };
        for value in values {
            if let Some(value) = value.filter(|v| v.is_finite()) {
                column.values.push(value);
                if let Some(missing) = &mut column.missing {
                    missing.push(false);
                }
            } else {
                let before = column.values.len();
                column.missing.get_or_insert_with(|| vec![false; before]).push(true);
                column.values.push(0.0);
            }
        }
        column
    }
}

/// Prints sizes, no values.
impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Numeric({} values, {} missing)", self.len(), self.missing())
    }
}

impl Categorical {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The levels, ascending by code point. A level may have no row (after [`Features::join`]).
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The rank of a row's level among the [`levels`](Self::levels); `None` where it is missing.
    pub fn code(&self, row: usize) -> Option<u32> {
        self.codes.get(row).copied().filter(|code| *code != NO_LEVEL)
    }

    /// The level of a row; `None` where it is missing.
    pub fn level(&self, row: usize) -> Option<&str> {
        self.levels.get(self.code(row)? as usize).map(String::as_str)
    }

    /// The codes of all rows, `None` where missing.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = Option<u32>> {
        self.codes.iter().map(|code| Some(*code).filter(|code| *code != NO_LEVEL))
    }

    /// The levels of all rows, `None` where missing.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.level(row))
    }

    /// How many values are missing.
    pub fn missing(&self) -> usize {
        self.codes.iter().filter(|code| **code == NO_LEVEL).count()
    }
}

/// Prints sizes, no values.
impl fmt::Debug for Categorical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Categorical({} values, {} levels, {} missing)",
            self.len(),
            self.levels.len(),
            self.missing()
        )
    }
}

/// An error that blames a whole column.
pub(crate) fn column_error(name: &str, rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidInput, Place::Column(name.to_owned().into()), rule.into())
}
