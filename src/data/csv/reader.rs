//! Rows of a file, one after the other, without an allocation for each.
//!
//! The `csv` crate parses; this file decides what is a header, what is a usable row, and how an unusable one is told.
//! Nothing of a field ever enters a message.

use std::fmt;
use std::io::Read;

use csv::ByteRecord;

use crate::error::{Error, ErrorKind, Place, Result};

use super::encoding::Utf8Reader;
use super::{CsvFormat, Encoding, Field, Strictness};

/// What a file turned out to be: to log, or to show whoever delivered it.
///
/// ```
/// use regulars::data::{Ledger, csv::{CsvParams, Encoding, Field}};
/// use regulars::types::Currency;
///
/// let file = "Order Date;Client ID;Net Amount\n2024-05-01;ann;12.50\n";
/// let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::EUR))?;
/// let source = ledger.intake().source.as_ref().expect("read from a file");
/// assert_eq!((source.encoding, source.delimiter, source.is_complete), (Encoding::UTF_8, ';', true));
/// assert_eq!(source.columns, [
///     (Field::Customer, "Client ID".to_owned()),
///     (Field::Date, "Order Date".to_owned()),
///     (Field::Amount, "Net Amount".to_owned()),
/// ]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CsvSource {
    /// The encoding, detected or stated; pure ASCII counts as UTF-8.
    pub encoding: Encoding,
    /// The character between fields.
    pub delimiter: char,
    /// The column that was taken for each field, by its header, in the order of [`Field::ALL`]. Columns that were not
    /// used are not listed.
    pub columns: Vec<(Field, String)>,
    /// Whether the file was read to its end (see [`CsvFormat::limit`]).
    pub is_complete: bool,
}

/// A row that cannot be used: which field is to blame, and what was expected of it. Made of constants, so that
/// counting faults of a million rows allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The field to blame; `None` for the row as a whole.
    pub(crate) field: Option<Field>,
    /// What was expected; also the reason under which the row is counted.
    pub(crate) rule: &'static str,
    /// Kind of the error where reading is strict.
    pub(crate) kind: ErrorKind,
}

impl Fault {
    /// An [`InvalidInput`](ErrorKind::InvalidInput) of that field.
    pub(crate) const fn new(field: Option<Field>, rule: &'static str) -> Self {
        Self { field, rule, kind: ErrorKind::InvalidInput }
    }
}

/// As a reason for leaving a row out.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{field}: {}", self.rule),
            None => f.write_str(self.rule),
        }
    }
}

/// How many rows were left out for which reason, and the first few of each.
#[derive(Debug, Default)]
pub(crate) struct Skipped(Vec<(Fault, u64, Vec<u64>)>);

impl Skipped {
    /// Row numbers kept for each reason.
    const EXAMPLES: usize = 5;

    /// Counts a fault. Reasons are few: a linear search is the fastest.
    pub(crate) fn note(&mut self, fault: Fault, row: u64) {
        let at = self.0.iter().position(|(f, ..)| *f == fault).unwrap_or_else(|| {
            self.0.push((fault, 0, Vec::new()));
            self.0.len() - 1
        });
        let (_, count, rows) = &mut self.0[at];
        *count += 1;
        if rows.len() < Self::EXAMPLES {
            rows.push(row);
        }
    }

    /// Whether no row was left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reason, count and the first rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (String, u64, &[u64])> {
        self.0.iter().map(|(fault, count, rows)| (fault.to_string(), *count, rows.as_slice()))
    }

    /// The most frequent reason, for the error of a file of which nothing is left.
    pub(crate) fn main_reason(&self) -> Option<String> {
        let (fault, count, rows) =
            self.0.iter().max_by_key(|(_, count, rows)| (*count, std::cmp::Reverse(rows.first())))?;
        let first = rows.first().copied().unwrap_or_default();
        Some(format!("{count} rows were left out for `{fault}`, the first of them row {first}"))
    }
}

/// The rows of one file. The header is row 1.
pub(crate) struct Records<R: Read> {
    /// The parser, over text that is UTF-8 by then.
    csv: csv::Reader<Utf8Reader<R>>,
    /// Names of the columns, trimmed.
    header: Vec<String>,
    /// The row at hand; its memory is used again for each.
    record: ByteRecord,
    /// Its number; the header is 1.
    row: u64,
    /// Number of the last row to be read.
    limit: u64,
    delimiter: u8,
    strictness: Strictness,
    /// Whether the limit ended the reading and rows were left.
    at_limit: bool,
}

/// What files are cut by; of equal counts the first one wins.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl<R: Read> Records<R> {
    /// Opens a file: finds the encoding and the delimiter, reads the header.
    pub(crate) fn open(reader: R, format: &CsvFormat) -> Result<Self> {
        format.check()?;
        let mut text = Utf8Reader::new(reader, format.encoding);
        let start = text.peek().map_err(broken_io)?;
        let delimiter = format.delimiter.unwrap_or_else(|| likely_delimiter(start));
        let csv = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let mut records = Self {
            csv,
            header: Vec::new(),
            record: ByteRecord::new(),
            row: 0,
            limit: format.limit.map_or(u64::MAX, |rows| rows.saturating_add(1)),
            delimiter,
            strictness: format.strictness,
            at_limit: false,
        };
        if !records.read()? {
            return Err(Error::empty("a file without a header"));
        }
        let names = records.record.iter().map(|name| {
            std::str::from_utf8(name)
                .map(|name| name.trim().to_owned())
                .map_err(|_| Error::row(1, None, "expected a header of text in the file's encoding"))
        });
        records.header = names.collect::<Result<_>>()?;
        Ok(records)
    }

    /// The next record of the file; `false` at its end.
    fn read(&mut self) -> Result<bool> {
        match self.csv.read_byte_record(&mut self.record) {
            Ok(more) => {
                self.row += u64::from(more);
                Ok(more)
            }
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => broken_io(error),
                _ => Error::row(self.row + 1, None, "expected a row of comma-separated values"),
            }),
        }
    }

    /// Goes to the next row; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.row >= self.limit {
            // Whether anything follows decides whether the file was read whole.
            self.at_limit = self.read()?;
            return Ok(false);
        }
        self.read()
    }

    /// The number of the row, with the header as row 1.
    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    /// The names of the columns, without surrounding space.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Whether the row has the shape of the header. Empty fields behind the last column do no harm.
    pub(crate) fn check_shape(&self) -> std::result::Result<(), Fault> {
        const WIDTH: Fault = Fault::new(None, "expected as many fields as the header has");
        const QUOTE: Fault = Fault::new(None, "expected every quote to be closed");
        let width = self.header.len();
        if self.record.len() != width
            && (self.record.len() < width || self.record.iter().skip(width).any(|f| !f.is_empty()))
        {
            return Err(if self.is_unclosed() { QUOTE } else { WIDTH });
        }
        if self.is_unclosed() { Err(QUOTE) } else { Ok(()) }
    }

    /// Whether the last row swallowed the rest of the file: it spans lines, and the quotes of the file do not pair up.
    ///
    /// A quote that is never closed makes one field of everything behind it. The parser accepts that; the sign is a last record
    /// that reaches the end of the file, spans lines, and leaves an odd number of quotes.
    fn is_unclosed(&self) -> bool {
        let source = self.csv.get_ref();
        source.quotes() % 2 == 1
            && self.csv.position().byte() == source.served()
            && self.record.as_slice().contains(&b'\n')
    }

    /// A field as text without surrounding space.
    pub(crate) fn text(&self, column: usize, field: Field) -> std::result::Result<&str, Fault> {
        let wrong = Fault::new(Some(field), "expected text in the file's encoding");
        let bytes = self.record.get(column).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| wrong)?.trim();
        if self.csv.get_ref().has_replaced() && text.contains('\u{fffd}') {
            return Err(wrong);
        }
        Ok(text)
    }

    /// The first so many fields as texts just as they stand; the number of the first that is none.
    ///
    /// The row is checked whole, which for ASCII costs next to nothing, then only where fields meet.
    pub(crate) fn texts(&self, columns: usize) -> std::result::Result<impl Iterator<Item = &str>, usize> {
        let row = std::str::from_utf8(self.record.as_slice()).unwrap_or_default();
        let field = |c: usize| row.get(self.record.range(c)?);
        let is_text = |c: usize| {
            field(c).is_some() || self.record.get(c).is_none_or(|f| std::str::from_utf8(f).is_ok())
        };
        match (0..columns).find(|c| !is_text(*c)) {
            Some(bad) => Err(bad),
            None => Ok((0..columns).map(field).map(Option::unwrap_or_default)),
        }
    }

    /// Counts an unusable row, or makes it the error of a strict reader.
    pub(crate) fn refuse(&self, fault: Fault, column: Option<usize>, skipped: &mut Skipped) -> Result<()> {
        match self.strictness {
            Strictness::Lenient => {
                skipped.note(fault, self.row);
                Ok(())
            }
            Strictness::Strict => {
                let column = column.and_then(|c| self.header.get(c)).map(|name| name.clone().into());
                Err(Error::new(fault.kind, Place::Row { row: self.row, column }, fault.rule))
            }
        }
    }

    /// What the file turned out to be.
    pub(crate) fn source(&self, columns: Vec<(Field, String)>) -> CsvSource {
        CsvSource {
            encoding: self.csv.get_ref().encoding(),
            delimiter: char::from(self.delimiter),
            columns,
            is_complete: !self.at_limit,
        }
    }
}

/// A decoder that gives up says `InvalidData`: that is the file's fault, everything else the system's.
fn broken_io(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Error::new(ErrorKind::InvalidInput, None, error),
        _ => Error::new(ErrorKind::Io, None, error),
    }
}

/// The one that cuts the header into most parts, quotes aside; the comma where none does.
///
/// `a;b,c;d` has two semicolons and one comma: a semicolon. Only the first line that has any of the four counts, since the
/// rows below may hold texts with commas.
fn likely_delimiter(start: &[u8]) -> u8 {
    let mut counts = [0_u32; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in start {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted && counts.iter().any(|c| *c > 0) => break,
            byte if !is_quoted => {
                if let Some(i) = DELIMITERS.iter().position(|d| d == byte) {
                    counts[i] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|c| *c == most).map_or(b',', |i| DELIMITERS[i])
}
