//! The columns door: borrowed slices of an engine's own memory.

use std::fmt;

use crate::data::KeyColumn;
use crate::error::{Error, Result};
use crate::types::Day;

use super::infer::infer;
use super::kind::{Field, FieldKind};
use super::store::{Assembler, Column, Records};

/// Columns of records, borrowed.
///
/// ```
/// use regulars::data::{FieldKind, RecordColumns, Records};
///
/// let ids = [1_i64, 2];
/// let columns = RecordColumns::new(&ids[..])
///     .field("email", FieldKind::Email, &["ann@example.org", "ANN@example.org"])
///     .inferred("surname", &["Lee", ""]);
/// let records = Records::from_columns(&columns)?;
/// assert_eq!(records.fields()[1].kind(), FieldKind::FamilyName);
/// assert_eq!(records.values(1, "surname").count(), 0); // an empty text is no value
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// A field has one value a record at most; for several, push rows.
#[derive(Clone)]
#[must_use]
pub struct RecordColumns<'a> {
    ids: KeyColumn<'a>,
    sources: Option<&'a [&'a str]>,
    updated: Option<&'a [Option<Day>]>,
    fields: Vec<(Field, &'a [&'a str])>,
}

impl<'a> RecordColumns<'a> {
    /// One id for each record, unique within its source.
    pub fn new(ids: impl Into<KeyColumn<'a>>) -> Self {
        Self { ids: ids.into(), sources: None, updated: None, fields: Vec::new() }
    }

    /// The source of each record; without it all share the source `""`.
    ///
    /// ```
    /// use regulars::data::{FieldKind, RecordColumns, Records};
    /// let ids = [1_i64, 1];
    /// let columns = RecordColumns::new(&ids[..]).field("city", FieldKind::City, &["York", "Leeds"]);
    /// assert!(Records::from_columns(&columns).is_err()); // one id twice in one source
    /// let records = Records::from_columns(&columns.sources(&["shop", "till"]))?;
    /// assert_eq!(records.row_of("till", "1"), Some(1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn sources(mut self, sources: &'a [&'a str]) -> Self {
        self.sources = Some(sources);
        self
    }

    /// The day each record was last updated, `None` where that is not known. Newer values win when records are merged.
    pub fn updated(mut self, days: &'a [Option<Day>]) -> Self {
        self.updated = Some(days);
        self
    }

    /// A field of known kind; an empty text is an absent value.
    pub fn field(mut self, name: &str, kind: FieldKind, values: &'a [&'a str]) -> Self {
        self.fields.push((Field::new(name, kind), values));
        self
    }

    /// A field whose kind follows from its name or, where that says nothing, from its first 500 values;
    /// [`Records::fields`] shows it. State the kind where it matters: inference is a convenience, and a column of ten-digit
    /// account numbers looks like one of telephone numbers.
    pub fn inferred(self, name: &str, values: &'a [&'a str]) -> Self {
        let kind = infer(name, values.iter().copied());
        self.field(name, kind, values)
    }
}

impl fmt::Debug for RecordColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordColumns({} records, {} fields)", self.ids.len(), self.fields.len())
    }
}

impl Records {
    /// The columns door. All or nothing; O(values).
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for columns of different lengths; otherwise as the
    /// [rows door](Records::builder).
    pub fn from_columns(columns: &RecordColumns<'_>) -> Result<Self> {
        let n = columns.ids.len();
        let lengths = columns.sources.iter().map(|s| s.len());
        let lengths = lengths.chain(columns.updated.iter().map(|d| d.len()));
        for length in lengths.chain(columns.fields.iter().map(|(_, values)| values.len())) {
            if length != n {
                return Err(Error::shape("values, one for each id", n, length));
            }
        }
        let mut table = Assembler::new(columns.fields.iter().map(|(field, _)| field.clone()).collect())?;
        for row in 0..n {
            let id = columns.ids.get(row);
            let id = id.as_ref().map_or_else(|| "".into(), |k| k.to_text());
            let source = columns.sources.map_or("", |s| s[row]);
            table.open(&id, source, columns.updated.and_then(|d| d[row]))?;
        }
        let columns = columns.fields.iter().map(|(_, values)| Column::of(n, n, |i| (i, values[i])));
        table.finish_with(columns.collect::<Result<_>>()?)
    }
}
