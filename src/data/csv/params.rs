//! What a caller may say about a file.
//!
//! [`CsvFormat`] is how any file is written; [`CsvParams`] adds what an order file means. Whatever is not said is found
//! out, except what cannot be: see [`DateOrder`](crate::types::DateOrder).

use std::str::FromStr;

use crate::data::{Anonymous, TimeAxis};
use crate::error::{Error, Result};
use crate::types::{Currency, DateOrder};

use super::{Encoding, Field};

/// What happens to a row that cannot be used.
///
/// ```
/// use regulars::data::{Ledger, csv::{CsvParams, Strictness}};
/// use regulars::types::Currency;
///
/// let file = "customer,date,amount\nann,2024-05-01,12.50\nann,soon,3.00\n";
/// let params = CsvParams::new(Currency::EUR);
/// let lenient = Ledger::read_csv(file.as_bytes(), &params)?;
/// assert_eq!((lenient.len(), lenient.intake().rows_read), (1, 2));
///
/// let error = Ledger::read_csv(file.as_bytes(), &params.strictness(Strictness::Strict)).unwrap_err();
/// assert_eq!(error.to_string(), "row 3, column `date`: expected year, month and day such as 2011-12-09");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Strictness {
    /// It is left out, counted by reason, and the first few row numbers of each reason are kept: the default, since every
    /// file of some length has such rows, and the count says how many.
    #[default]
    Lenient,
    /// The first one is an error that names its row and column.
    Strict,
}

/// Which sign stands between whole units and their parts. Stated, not guessed: `1,234` is either.
///
/// ```
/// use regulars::data::{Ledger, csv::{CsvParams, DecimalMark}};
/// use regulars::types::{Amount, AsOf, Currency};
///
/// let file = "customer;date;amount\nann;2024-05-01;1.234,50\n";
/// let params = CsvParams::new(Currency::EUR).decimal_mark(DecimalMark::Comma);
/// let ledger = Ledger::read_csv(file.as_bytes(), &params)?;
/// let paid = ledger.observed(AsOf::ymd(2024, 5, 31)?)?.map(|rows| rows.amounts().map(|a| a[0]));
/// assert_eq!(paid.by_key("ann"), Some(&Some(Amount::minor(123_450))));
/// assert_eq!("comma".parse::<DecimalMark>()?, DecimalMark::Comma);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DecimalMark {
    /// `1,234.50`
    #[default]
    Point,
    /// `1.234,50`
    Comma,
}

/// How a file of comma-separated values is written. Everything that is not stated is found out.
///
/// | knob | default |
/// |---|---|
/// | [`encoding`](Self::encoding) | by byte-order mark, else UTF-8 or GB18030 by content |
/// | [`delimiter`](Self::delimiter) | comma, semicolon, tab or bar, whichever cuts the header into most parts |
/// | [`strictness`](Self::strictness) | [`Lenient`](Strictness::Lenient) |
/// | [`limit`](Self::limit) | all rows |
///
/// ```
/// use regulars::data::csv::{CsvFormat, Encoding, Strictness};
///
/// let format = CsvFormat::new().encoding(Encoding::GB18030).delimiter(b'\t').strictness(Strictness::Strict);
/// assert!(format.check().is_ok());
/// ```
///
/// Fields may be quoted by `"`, with `""` for a quote inside, and may then hold delimiters and line ends (RFC 4180).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct CsvFormat {
    pub(super) encoding: Option<Encoding>,
    pub(super) delimiter: Option<u8>,
    pub(super) strictness: Strictness,
    pub(super) limit: Option<u64>,
}

impl CsvFormat {
    /// Encoding and delimiter detected, unusable rows counted and left out, all rows read.
    pub fn new() -> Self {
        Self::default()
    }

    /// The encoding; detected by default (UTF-8, GB18030, and UTF-16 with a byte-order mark).
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// The ASCII byte between fields; detected by default among comma, semicolon, tab and bar.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// What happens to rows that cannot be used.
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// Stops after that many rows below the header; [`CsvSource::is_complete`](super::CsvSource::is_complete) then says
    /// so. For a first look at a large file.
    ///
    /// ```
    /// use regulars::data::csv::{CsvFormat, RawTable};
    /// let table = RawTable::read_csv("a\n1\n2\n3\n".as_bytes(), &CsvFormat::new().limit(2))?;
    /// assert_eq!((table.len(), table.source().is_complete), (2, false));
    /// let table = RawTable::read_csv("a\n1\n2\n".as_bytes(), &CsvFormat::new().limit(2))?;
    /// assert!(table.source().is_complete); // there was nothing behind
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// The choice of [`strictness`](Self::strictness).
    pub(crate) fn strict(&self) -> Strictness {
        self.strictness
    }

    /// Whether the values make sense; every reader calls it first.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a delimiter that is no ASCII character, a quote or a line end:
    ///
    /// ```
    /// use regulars::data::csv::CsvFormat;
    /// let error = CsvFormat::new().delimiter(b'"').check().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "parameter `delimiter`: must be an ASCII character, no quote and no line end, got 34"
    /// );
    /// ```
    pub fn check(&self) -> Result<()> {
        match self.delimiter {
            Some(d) if !d.is_ascii() || matches!(d, b'"' | b'\r' | b'\n' | 0) => {
                Err(Error::param("delimiter", "must be an ASCII character, no quote and no line end", d))
            }
            _ => Ok(()),
        }
    }
}

/// How a file of orders becomes a [`Ledger`](crate::data::Ledger).
///
/// ```
/// use regulars::data::csv::{CsvParams, Field, Strictness};
/// use regulars::types::Currency;
///
/// let params = CsvParams::new(Currency::GBP)
///     .column(Field::Customer, "loyalty no.")
///     .without(Field::Item)
///     .strictness(Strictness::Strict);
/// assert!(params.check().is_ok());
/// ```
///
/// The currency has no default: a file seldom says it, and every amount depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct CsvParams {
    pub(super) currency: Currency,
    pub(super) format: CsvFormat,
    pub(super) columns: Vec<(Field, Option<String>)>,
    pub(super) anonymous: Anonymous,
    pub(super) time_axis: Option<TimeAxis>,
    pub(super) date_order: Option<DateOrder>,
    pub(super) decimal_mark: DecimalMark,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    CsvParams, Self::new(Currency::EUR);
    currency: Currency;
    format: CsvFormat, columns: Vec<(Field, Option<String>)>, anonymous: Anonymous,
    time_axis: Option<TimeAxis>, date_order: Option<DateOrder>, decimal_mark: DecimalMark,
}

impl CsvParams {
    /// Amounts in that currency; columns, encoding and delimiter are found out, rows that cannot be used are counted and
    /// left out.
    pub fn new(currency: Currency) -> Self {
        Self {
            currency,
            format: CsvFormat::new(),
            columns: Vec::new(),
            anonymous: Anonymous::default(),
            time_axis: None,
            date_order: None,
            decimal_mark: DecimalMark::default(),
        }
    }

    /// Which column holds a field, where its name does not say it. A name that is not in the header is an
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) when the file is read.
    ///
    /// ```
    /// use regulars::data::{Ledger, csv::{CsvParams, Field}};
    /// use regulars::types::Currency;
    ///
    /// let file = "who,when,date,amount\nann,2024-05-01,2024-05-03,12.50\n"; // ordered on the 1st, paid on the 3rd
    /// let params = CsvParams::new(Currency::EUR).column(Field::Customer, "who").column(Field::Date, "When");
    /// let ledger = Ledger::read_csv(file.as_bytes(), &params)?;
    /// assert_eq!(ledger.covers().0.to_string(), "2024-05-01");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn column(mut self, field: Field, name: impl Into<String>) -> Self {
        self.columns.retain(|(f, _)| *f != field);
        self.columns.push((field, Some(name.into())));
        self
    }

    /// The file has no such field, whatever its columns are called.
    ///
    /// ```
    /// use regulars::data::{Ledger, csv::{CsvParams, Field}};
    /// use regulars::types::Currency;
    ///
    /// let file = "customer,date,product\nann,2024-05-01,tea\n";
    /// let params = CsvParams::new(Currency::EUR);
    /// assert!(Ledger::read_csv(file.as_bytes(), &params)?.items().is_some());
    /// assert!(Ledger::read_csv(file.as_bytes(), &params.without(Field::Item))?.items().is_none());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn without(mut self, field: Field) -> Self {
        self.columns.retain(|(f, _)| *f != field);
        self.columns.push((field, None));
        self
    }

    /// What happens to rows whose customer is empty, `NULL`, `NaN` or the like; by default they are skipped and counted.
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.anonymous = policy;
        self
    }

    /// What the date column counts. By default the calendar, or baskets where the file has a column such as `basket_no`
    /// and none of dates.
    ///
    /// ```
    /// use regulars::data::{Ledger, TimeAxis, csv::CsvParams};
    /// use regulars::types::Currency;
    ///
    /// let file = "customer_id,basket_no,product_id\nann,1,tea\nann,2,cup\n";
    /// let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::EUR))?;
    /// assert_eq!(ledger.time_axis(), TimeAxis::Ordinal);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.time_axis = Some(axis);
        self
    }

    /// Which number comes first in dates such as `09/12/2011`; by default such dates are refused. Dates that begin with
    /// the year are read either way.
    pub fn date_order(mut self, order: impl Into<Option<DateOrder>>) -> Self {
        self.date_order = order.into();
        self
    }

    /// The decimal mark of amounts, prices and quantities; a point by default. See [`DecimalMark`].
    pub fn decimal_mark(mut self, mark: DecimalMark) -> Self {
        self.decimal_mark = mark;
        self
    }

    /// As [`CsvFormat::encoding`].
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.format = self.format.encoding(encoding);
        self
    }

    /// As [`CsvFormat::delimiter`].
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.format = self.format.delimiter(delimiter);
        self
    }

    /// As [`CsvFormat::strictness`].
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.format = self.format.strictness(strictness);
        self
    }

    /// As [`CsvFormat::limit`].
    pub fn limit(mut self, rows: u64) -> Self {
        self.format = self.format.limit(rows);
        self
    }

    /// As [`CsvFormat::check`].
    ///
    /// # Errors
    /// As [`CsvFormat::check`].
    pub fn check(&self) -> Result<()> {
        self.format.check()
    }
}

/// Reads `point` or `comma`: for the arguments of a program.
impl FromStr for DecimalMark {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "point" => Ok(Self::Point),
            "comma" => Ok(Self::Comma),
            _ => Err(Error::param("decimal_mark", "must be point or comma", text)),
        }
    }
}
