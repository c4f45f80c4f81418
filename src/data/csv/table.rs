//! `RawTable`: any file with a header, as named columns of text.
//!
//! For files whose columns mean something only to the caller: survey answers, contract tables, exported features.

use std::fmt;
use std::io::Read;

use crate::error::{Error, ErrorKind, Place, Result};

use super::header::normalise;
use super::reader::{Fault, Records, Skipped};
use super::{CsvFormat, CsvSource};

/// A table as it stands in a file: named columns of text, one behind the other in memory. What the columns mean is up to
/// the reader: features of customers, records of people, summaries of purchases.
///
/// ```
/// use regulars::data::csv::{CsvFormat, RawTable};
///
/// let file = "customerID,Contract,tenure\n7590-VHVEG,Month-to-month,1\n5575-GNVDE,One year,34\n";
/// let table = RawTable::read_csv(file.as_bytes(), &CsvFormat::new())?;
///
/// assert_eq!(table.len(), 2);
/// assert_eq!(table.column("contract")?.get(1), Some("One year"));
/// assert_eq!(table.column("tenure")?.numbers()?, [Some(1.0), Some(34.0)]);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// On the way to features, column by column:
///
/// ```
/// use regulars::data::{Customers, Features, Keys};
/// use regulars::data::csv::{CsvFormat, RawTable};
///
/// let file = "id,plan,spend\nann,pro,12.5\nbob,basic,\n";
/// let table = RawTable::read_csv(file.as_bytes(), &CsvFormat::new())?;
/// let customers = Customers::all(Keys::new(table.column("id")?.iter())?.into()); // ids ascend in this file
/// let mut builder = Features::builder(customers);
/// for column in table.columns().filter(|column| column.name() != "id") {
///     builder = builder.inferred(column.name(), column.iter())?;
/// }
/// let features = builder.build()?;
/// assert_eq!(features.categorical("plan")?.level(0), Some("pro"));
/// assert_eq!(features.numeric("spend")?.get(1), None);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RawTable {
    /// As in the header, trimmed.
    names: Vec<String>,
    columns: Vec<Texts>,
    /// Row of the file behind each row of the table; `None` where no row was left out.
    numbers: Option<Vec<u64>>,
    rows: usize,
    /// Rows below the header, those left out included.
    rows_read: u64,
    rows_skipped: Vec<(String, u64)>,
    source: CsvSource,
}

/// The texts of one column behind one another, and where each ends: one allocation for a column, not one a cell.
#[derive(Clone, Default, PartialEq)]
struct Texts {
    /// All texts without a separator.
    joined: String,
    /// Where each text ends; where it begins is where the one before ends.
    ends: Vec<u32>,
}

impl RawTable {
    /// Reads a file with a header. Fields lose surrounding space; a field of nothing but space is empty. Rows of another
    /// width are left out and counted, or refused where reading is strict.
    ///
    /// ```
    /// use regulars::data::csv::{CsvFormat, RawTable};
    /// let table = RawTable::read_csv("a,b\n1,2\n3\n5,6\n".as_bytes(), &CsvFormat::new())?;
    /// assert_eq!((table.len(), table.rows_read()), (2, 3));
    /// assert_eq!(table.rows_skipped(), [("expected as many fields as the header has".to_owned(), 1)]);
    /// assert_eq!(table.row_number(1), 4); // the second row of the table is row 4 of the file
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for two columns of the same name, an encoding that cannot be told, or
    /// (strict) a row with more or fewer fields than the header; [`EmptyInput`](ErrorKind::EmptyInput) without rows;
    /// [`Io`](ErrorKind::Io) where reading fails; [`Overflow`](ErrorKind::Overflow) beyond 4 GiB of text in one column.
    pub fn read_csv(reader: impl Read, format: &CsvFormat) -> Result<Self> {
        const ENCODING: Fault = Fault::new(None, "expected text in the file's encoding");
        let mut records = Records::open(reader, format)?;
        let names = records.header().to_vec();
        for (i, name) in names.iter().enumerate() {
            if !name.is_empty() && names[..i].contains(name) {
                let place = Place::Column(name.clone().into());
                return Err(Error::new(ErrorKind::InvalidInput, place, "two columns have this name"));
            }
        }
        let mut columns = vec![Texts::default(); names.len()];
        let mut skipped = Skipped::default();
        let (mut numbers, mut rows_read) = (Vec::new(), 0);
        while records.advance()? {
            rows_read += 1;
            if let Err(fault) = records.check_shape() {
                records.refuse(fault, None, &mut skipped)?;
                continue;
            }
            let texts = match records.texts(columns.len()) {
                Ok(texts) => texts,
                Err(bad) => {
                    records.refuse(ENCODING, Some(bad), &mut skipped)?;
                    continue;
                }
            };
            for (column, text) in columns.iter_mut().zip(texts) {
                column.joined.push_str(text.trim());
                let end = u32::try_from(column.joined.len());
                column.ends.push(end.map_err(|_| Error::overflow("more than 4 GiB of text in one column"))?);
            }
            numbers.push(records.row());
        }
        if numbers.is_empty() {
            let reason = skipped.main_reason().unwrap_or_else(|| "the file has a header only".to_owned());
            return Err(Error::empty(format!("no usable row: {reason}")));
        }
        Ok(Self {
            names,
            columns,
            rows: numbers.len(),
            numbers: (!skipped.is_empty()).then_some(numbers),
            rows_read,
            rows_skipped: skipped.iter().map(|(reason, count, _)| (reason, count)).collect(),
            source: records.source(Vec::new()),
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns' names, as in the header.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of that name: letter by letter if there is one, otherwise whatever its case, spaces and underscores.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming the column that is not there.
    pub fn column(&self, name: &str) -> Result<TextColumn<'_>> {
        self.position(name).and_then(|i| self.column_at(i)).ok_or_else(|| {
            let place = Place::Column(name.to_owned().into());
            Error::new(ErrorKind::InvalidInput, place, "expected a column of this name")
        })
    }

    /// The number of the column that [`column`](Self::column) would give, from 0; `None` where there is none.
    ///
    /// ```
    /// use regulars::data::csv::{CsvFormat, RawTable};
    /// let table = RawTable::read_csv("Customer ID,Net (EUR)\nann,1\n".as_bytes(), &CsvFormat::new())?;
    /// assert_eq!((table.position("customer_id"), table.position("net")), (Some(0), Some(1)));
    /// assert_eq!(table.position("gross"), None);
    /// assert_eq!(table.column_at(0).map(|column| column.name()), Some("Customer ID"));
    /// assert_eq!(table.names(), ["Customer ID", "Net (EUR)"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn position(&self, name: &str) -> Option<usize> {
        let wanted = normalise(name);
        let exact = self.names.iter().position(|n| n == name.trim());
        exact.or_else(|| self.names.iter().position(|n| !wanted.is_empty() && normalise(n) == wanted))
    }

    /// The column with that number, from 0; `None` behind the last.
    pub fn column_at(&self, index: usize) -> Option<TextColumn<'_>> {
        Some(TextColumn { table: self, name: self.names.get(index)?, texts: self.columns.get(index)? })
    }

    /// All columns in order.
    pub fn columns(&self) -> impl Iterator<Item = TextColumn<'_>> {
        (0..self.names.len()).filter_map(|i| self.column_at(i))
    }

    /// The row of the file, with the header as row 1, behind row `row` of the table.
    pub fn row_number(&self, row: usize) -> u64 {
        self.numbers.as_ref().and_then(|n| n.get(row).copied()).unwrap_or(row as u64 + 2)
    }

    /// Rows of the file below the header, those left out included.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Rows that were left out, by reason.
    pub fn rows_skipped(&self) -> &[(String, u64)] {
        &self.rows_skipped
    }

    /// What the file turned out to be.
    pub fn source(&self) -> &CsvSource {
        &self.source
    }
}

/// Prints names and counts, never fields.
impl fmt::Debug for RawTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawTable({} rows, columns {:?})", self.rows, self.names)
    }
}

/// One column of a [`RawTable`]: borrowed, and free to copy.
///
/// ```
/// use regulars::data::csv::{CsvFormat, RawTable};
/// let table = RawTable::read_csv("n,word\n1,a\n,b\n2.5,NaN\n".as_bytes(), &CsvFormat::new())?;
/// let (n, word) = (table.column("n")?, table.column("word")?);
/// assert_eq!((n.len(), n.is_empty(), n.name()), (3, false, "n"));
/// assert_eq!((n.is_numeric(), word.is_numeric()), (true, false));
/// assert_eq!(n.numbers()?, [Some(1.0), None, Some(2.5)]);
/// let error = word.numbers().unwrap_err();
/// assert_eq!(error.to_string(), "row 2, column `word`: expected a finite number or nothing");
/// assert_eq!(n.iter().collect::<Vec<_>>(), ["1", "", "2.5"]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct TextColumn<'a> {
    table: &'a RawTable,
    name: &'a str,
    texts: &'a Texts,
}

impl<'a> TextColumn<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.texts.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.ends.is_empty()
    }

    /// The text of a row, from 0; empty where nothing was written, `None` behind the last row.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        let end = *self.texts.ends.get(row)? as usize;
        let start = if row == 0 { 0 } else { self.texts.ends[row - 1] as usize };
        Some(&self.texts.joined[start..end])
    }

    /// The texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let column = *self;
        (0..column.len()).map(move |row| column.get(row).unwrap_or_default())
    }

    /// Whether a number can be read from every row that is not empty, and at least one is not.
    pub fn is_numeric(&self) -> bool {
        let mut texts = self.iter().filter(|text| !text.is_empty()).peekable();
        texts.peek().is_some() && texts.all(|text| number(text).is_some())
    }

    /// The rows as numbers, `None` where nothing was written.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) naming the first row that is no finite number.
    pub fn numbers(&self) -> Result<Vec<Option<f64>>> {
        let read = |(row, text): (usize, &str)| match number(text) {
            _ if text.is_empty() => Ok(None),
            Some(value) => Ok(Some(value)),
            None => {
                let column = Some(self.name.to_owned().into());
                let place = Place::Row { row: self.table.row_number(row), column };
                Err(Error::new(ErrorKind::InvalidInput, place, "expected a finite number or nothing"))
            }
        };
        self.iter().enumerate().map(read).collect()
    }
}

/// A finite decimal number.
fn number(text: &str) -> Option<f64> {
    // `parse` also reads "inf", "NaN" and "infinity", which are words here.
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|v: &f64| is_plain && v.is_finite())
}

/// Prints the name and the count, never fields.
impl fmt::Debug for TextColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextColumn({:?}, {} rows)", self.name, self.len())
    }
}
