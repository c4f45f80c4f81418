//! What a caller may say about a file.

use std::str::FromStr;

use crate::data::{Anonymous, TimeAxis};
use crate::error::{Error, Result};
use crate::types::Currency;

use super::{DateOrder, Encoding, Field};

/// What happens to a row that cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strictness {
    /// It is left out, counted by reason, and the first few row numbers of each reason are kept.
    #[default]
    Lenient,
    /// The first one is an error that names its row and column.
    Strict,
}

/// Which sign stands between whole units and their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
/// ```
/// use regulars::data::csv::{CsvFormat, Encoding, Strictness};
///
/// let format = CsvFormat::new().encoding(Encoding::GB18030).delimiter(b'\t').strictness(Strictness::Strict);
/// # let _ = format;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// so.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    pub(crate) fn strict(&self) -> Strictness {
        self.strictness
    }

    /// Whether the values make sense; every reader calls it first.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a delimiter that is no ASCII character, a quote or a line end.
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
/// # let _ = params;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CsvParams {
    pub(super) currency: Currency,
    pub(super) format: CsvFormat,
    pub(super) columns: Vec<(Field, Option<String>)>,
    pub(super) anonymous: Anonymous,
    pub(super) time_axis: Option<TimeAxis>,
    pub(super) date_order: DateOrder,
    pub(super) decimal_mark: DecimalMark,
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
            date_order: DateOrder::default(),
            decimal_mark: DecimalMark::default(),
        }
    }

    /// Which column holds a field, where its name does not say it.
    pub fn column(mut self, field: Field, name: impl Into<String>) -> Self {
        self.columns.retain(|(f, _)| *f != field);
        self.columns.push((field, Some(name.into())));
        self
    }

    /// The file has no such field, whatever its columns are called.
    pub fn without(mut self, field: Field) -> Self {
        self.columns.retain(|(f, _)| *f != field);
        self.columns.push((field, None));
        self
    }

    /// What happens to rows whose customer is empty.
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.anonymous = policy;
        self
    }

    /// What the date column counts. By default the calendar, or baskets where the file has a column such as `basket_no`
    /// and none of dates.
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.time_axis = Some(axis);
        self
    }

    /// Which number comes first in dates such as `09/12/2011`; by default such dates are refused.
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.date_order = order;
        self
    }

    /// The decimal mark of amounts, prices and quantities; a point by default.
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

/// Reads `point` or `comma`.
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
