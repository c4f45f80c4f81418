//! The CSV door: one file for each source, or a column that names it.
//!
//! Files are read first and joined when all are in: a column of one name in several files is one field, whose kind is
//! decided by the first file that has it.

use std::fmt;
use std::io::Read;

use crate::data::csv::{CsvFormat, RawTable, TextColumn};
use crate::error::{Error, Result};
use crate::types::Day;

use super::infer::infer;
use super::kind::{Field, FieldKind};
use super::store::{Assembler, Column, Records};

/// How files of records are read.
///
/// Columns are recognised by their headers, English and Chinese: the record id (`id`, `rec_id`, `unique_id`, ..), the
/// source (`source`, 来源), the day of the last update (`updated_at`, ..). Every other column becomes a field whose kind
/// follows from its header or, failing that, from its values, unless [`kind`](Self::kind) says otherwise.
///
/// ```
/// use regulars::data::{FieldKind, Records, RecordsCsvParams};
///
/// let shop = "id,姓名,手机号,note\n1,张伟,138 0013 8000,vip\n2,李娜,,\n";
/// let mut files = Records::csv(RecordsCsvParams::new().ignore("note"));
/// files.read("shop", shop.as_bytes())?;
/// files.read("till", "id,phone\n1,+8613800138000\n".as_bytes())?;
/// let records = files.build()?;
/// assert_eq!(records.len(), 3);
/// assert_eq!(records.fields()[0].kind(), FieldKind::ChineseName);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct RecordsCsvParams {
    id: Option<String>,
    ignored: Vec<String>,
    kinds: Vec<(String, FieldKind)>,
}

impl RecordsCsvParams {
    /// Everything recognised, nothing ignored.
    pub fn new() -> Self {
        Self::default()
    }

    /// The column of the record ids. Without one that is given or recognised, ids are row numbers: `#2` for the first row
    /// below the header.
    pub fn id(mut self, column: impl Into<String>) -> Self {
        self.id = Some(column.into());
        self
    }

    /// A column that is not read. A name that no file has is an error in [`RecordsCsv::build`]: a misspelt column would
    /// otherwise take part in matching.
    pub fn ignore(mut self, column: impl Into<String>) -> Self {
        self.ignored.push(column.into());
        self
    }

    /// The kind of a column, where its header and values mislead.
    ///
    /// ```
    /// use regulars::data::{FieldKind, Records, RecordsCsvParams};
    /// let file = "id,code\n1,1380013800\n2,1390013900\n";
    /// let kind_of = |params| -> regulars::Result<FieldKind> {
    ///     let mut files = Records::csv(params);
    ///     files.read("shop", file.as_bytes())?;
    ///     Ok(files.build()?.fields()[0].kind())
    /// };
    /// assert_eq!(kind_of(RecordsCsvParams::new())?, FieldKind::Phone); // ten digits
    /// assert_eq!(kind_of(RecordsCsvParams::new().kind("code", FieldKind::CustomerAccount))?, FieldKind::CustomerAccount);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn kind(mut self, column: impl Into<String>, kind: FieldKind) -> Self {
        self.kinds.push((column.into(), kind));
        self
    }
}

/// Files being read into one table. Columns of one name in several files are one field.
///
/// Made by [`Records::csv`]; each [`read`](Self::read) adds a file, [`build`](Self::build) joins them.
///
/// ```
/// use regulars::data::{Records, RecordsCsvParams};
/// let mut files = Records::csv(RecordsCsvParams::new());
/// files.read("shop", "id,name\n1,Ann Lee\n2\n".as_bytes())?;
/// assert_eq!(files.rows_skipped().map(|(_, rows)| rows).sum::<u64>(), 1); // the row without a name column
/// files.read("crm", "id,name,updated_at\n9,Ann Leigh,2024-05-01\n".as_bytes())?;
/// let records = files.build()?;
/// assert_eq!(records.sources().collect::<Vec<_>>(), ["shop", "crm"]);
/// assert_eq!(records.updated(1).map(|day| day.to_string()).as_deref(), Some("2024-05-01"));
/// # Ok::<(), regulars::Error>(())
/// ```
pub struct RecordsCsv {
    params: RecordsCsvParams,
    files: Vec<File>,
}

/// A file read, and the source of its records where no column names one.
struct File {
    source: String,
    table: RawTable,
}

/// Prints counts, never values.
impl fmt::Debug for RecordsCsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: usize = self.files.iter().map(|f| f.table.len()).sum();
        write!(f, "RecordsCsv({} files, {rows} rows)", self.files.len())
    }
}

/// What a column is for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Id,
    Source,
    Updated,
    Field(usize),
    Ignored,
}

/// A header without case, spaces and signs.
fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Records {
    /// The CSV door; no file yet.
    pub fn csv(params: RecordsCsvParams) -> RecordsCsv {
        RecordsCsv { params, files: Vec::new() }
    }
}

impl RecordsCsv {
    /// Reads one file: encoding and delimiter are found out, rows that cannot be used are left out and counted
    /// ([`rows_skipped`](Self::rows_skipped)). `source` is the source of its records unless the file has a column that
    /// names it.
    ///
    /// # Errors
    /// As [`RawTable::read_csv`].
    pub fn read(&mut self, source: &str, reader: impl Read) -> Result<()> {
        self.read_as(source, reader, &CsvFormat::new())
    }

    /// As [`read`](Self::read), with encoding, delimiter or strictness given.
    ///
    /// # Errors
    /// As [`RawTable::read_csv`].
    ///
    /// ```
    /// use regulars::data::{Records, RecordsCsvParams};
    /// use regulars::data::csv::{CsvFormat, Strictness};
    ///
    /// let mut files = Records::csv(RecordsCsvParams::new());
    /// let format = CsvFormat::new().delimiter(b'|').strictness(Strictness::Strict);
    /// files.read_as("crm", "id|name\n1|Ann Lee\n".as_bytes(), &format)?;
    /// assert!(files.read_as("till", "id|name\n1\n".as_bytes(), &format).is_err()); // a row of another width
    /// assert_eq!(files.build()?.values(0, "name").collect::<Vec<_>>(), ["Ann Lee"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn read_as(&mut self, source: &str, reader: impl Read, format: &CsvFormat) -> Result<()> {
        let table = RawTable::read_csv(reader, format)?;
        self.files.push(File { source: source.to_owned(), table });
        Ok(())
    }

    /// Rows left out so far, by reason, file by file.
    pub fn rows_skipped(&self) -> impl Iterator<Item = &(String, u64)> {
        self.files.iter().flat_map(|f| f.table.rows_skipped())
    }

    /// The table of all files read.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows or fields;
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a parameter that names no column;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that appears twice in one source.
    pub fn build(self) -> Result<Records> {
        let known = |name: &String| self.files.iter().any(|f| f.table.names().contains(name));
        let named = self.params.kinds.iter().map(|(name, _)| ("kind", name));
        let named = named.chain(self.params.ignored.iter().map(|name| ("ignore", name)));
        for (parameter, name) in named.chain(self.params.id.iter().map(|name| ("id", name))) {
            if !known(name) && !self.files.is_empty() {
                return Err(Error::param(parameter, "must name a column of the files", format!("`{name}`")));
            }
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut roles = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let mut of_file = Vec::with_capacity(file.table.names().len());
            for (i, header) in file.table.names().iter().enumerate() {
                of_file.push(self.role(file, i, header, &of_file, &mut fields));
            }
            roles.push(of_file);
        }
        let width = fields.len();
        let mut table = Assembler::new(fields)?;
        // By field: the columns that hold it, with their first row and how many cells come before.
        let mut holding: Vec<Vec<(TextColumn<'_>, usize, usize)>> = vec![Vec::new(); width];
        for (file, roles) in self.files.iter().zip(&roles) {
            let column =
                |role: Role| roles.iter().position(|r| *r == role).and_then(|i| file.table.column_at(i));
            let (ids, sources, days) = (column(Role::Id), column(Role::Source), column(Role::Updated));
            for (i, role) in roles.iter().enumerate() {
                if let (Role::Field(field), Some(column)) = (role, file.table.column_at(i)) {
                    let before =
                        holding[*field].last().map_or(0, |(column, _, before)| before + column.len());
                    holding[*field].push((column, table.rows(), before));
                }
            }
            for row in 0..file.table.len() {
                let numbered = || format!("#{}", file.table.row_number(row));
                let id = cell(ids, row).map_or_else(numbered, str::to_owned);
                table.open(
                    &id,
                    cell(sources, row).unwrap_or(&file.source),
                    cell(days, row).and_then(read_day),
                )?;
            }
        }
        let rows = table.rows();
        let columns = holding.iter().map(|columns| {
            let cells = columns.last().map_or(0, |(column, _, before)| before + column.len());
            Column::of(rows, cells, |i| {
                let at = columns.partition_point(|(_, _, before)| *before <= i) - 1;
                let (column, first, before) = columns[at];
                (first + i - before, column.get(i - before).unwrap_or(""))
            })
        });
        table.finish_with(columns.collect::<Result<_>>()?)
    }

    /// What a column is for: the caller's word first, then the first free one of the usual names, else a field.
    fn role(&self, file: &File, i: usize, header: &str, before: &[Role], fields: &mut Vec<Field>) -> Role {
        let params = &self.params;
        if params.ignored.iter().any(|name| name == header) {
            return Role::Ignored;
        }
        let given = params.kinds.iter().find(|(name, _)| name == header).map(|(_, kind)| *kind);
        let key = plain(header);
        let free = |role: Role| !before.contains(&role);
        let is_id = match &params.id {
            Some(name) => name == header,
            None => matches!(
                key.as_str(),
                "id" | "recid" | "recordid" | "uniqueid" | "rowid" | "记录编号" | "编号"
            ),
        };
        if is_id && given.is_none() && free(Role::Id) {
            return Role::Id;
        }
        if given.is_none() {
            match key.as_str() {
                "source" | "sourcesystem" | "system" | "来源" if free(Role::Source) => return Role::Source,
                "updatedat" | "updated" | "lastupdated" | "modified" | "modifiedat" | "更新时间"
                | "更新日期"
                    if free(Role::Updated) =>
                {
                    return Role::Updated;
                }
                _ => {}
            }
        }
        if let Some(field) = fields.iter().position(|f| f.name() == header) {
            return Role::Field(field);
        }
        let kind =
            given.unwrap_or_else(|| infer(header, file.table.column_at(i).iter().flat_map(TextColumn::iter)));
        fields.push(Field::new(header, kind));
        Role::Field(fields.len() - 1)
    }
}

/// The day of a date or of a date with a time; an unreadable one is no day rather than an error, since nothing but the
/// precedence of values depends on it.
fn read_day(text: &str) -> Option<Day> {
    text.split(['T', ' ']).next().unwrap_or(text).parse().ok()
}

/// What stands in a cell, if anything does.
fn cell(column: Option<TextColumn<'_>>, row: usize) -> Option<&str> {
    column.and_then(|c| c.get(row)).filter(|text| !text.is_empty())
}
