//! The rows door: one `Record` at a time.

use std::fmt;

use crate::data::extend::Refused;
use crate::error::{Error, Place, Result};
use crate::types::{Day, Key};

use super::kind::Field;
use super::store::{Assembler, Records};

/// One record about one person.
///
/// ```
/// use regulars::data::Record;
/// let record = Record::new("17").source("shop").value("email", "ann@example.org");
/// assert!(!format!("{record:?}").contains("example"));
/// ```
///
/// Values are borrowed until the record is pushed. Order and spelling of values are kept; surrounding space is not.
#[derive(Clone)]
#[must_use]
pub struct Record<'a> {
    id: Key<'a>,
    source: &'a str,
    updated: Option<Day>,
    values: Vec<(&'a str, &'a str)>,
}

impl<'a> Record<'a> {
    /// A record with that id, which is unique within its source.
    pub fn new(id: impl Into<Key<'a>>) -> Self {
        Self { id: id.into(), source: "", updated: None, values: Vec::new() }
    }

    /// The system it comes from; without one, records share the source `""`.
    pub fn source(mut self, source: &'a str) -> Self {
        self.source = source;
        self
    }

    /// The day it was last updated; without one, it is older than all that have a day when values compete.
    pub fn updated(mut self, day: Day) -> Self {
        self.updated = Some(day);
        self
    }

    /// Source, id and day.
    pub(crate) fn name(&self) -> (&str, std::borrow::Cow<'_, str>, Option<Day>) {
        (self.source, self.id.to_text(), self.updated)
    }

    /// Field and value, in the order given.
    pub(crate) fn pairs(&self) -> &[(&'a str, &'a str)] {
        &self.values
    }

    /// A value of a field. Called twice for one field, the record has two values. A blank value is an absent one.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// let mut builder = Records::builder([Field::new("phone", FieldKind::Phone)])?;
    /// builder.push(Record::new(1).value("phone", " 555 0100 ").value("phone", "555 0199").value("phone", " "))?;
    /// let records = builder.build()?;
    /// assert_eq!(records.values(0, "phone").collect::<Vec<_>>(), ["555 0100", "555 0199"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn value(mut self, field: &'a str, value: &'a str) -> Self {
        self.values.push((field, value));
        self
    }
}

/// Prints how many values there are, not what they are.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} values)", self.values.len())
    }
}

/// Collects records into a table. Made by [`Records::builder`].
pub struct RecordsBuilder(Assembler, pub(in crate::data) Refused);

/// Prints how many records there are, not what they say.
impl fmt::Debug for RecordsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordsBuilder({} records)", self.0.rows())
    }
}

impl Records {
    /// The rows door, for a table with these fields.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without fields; [`InvalidParam`](crate::ErrorKind::InvalidParam)
    /// for two of one name or more than 64.
    pub fn builder(fields: impl IntoIterator<Item = Field>) -> Result<RecordsBuilder> {
        Ok(RecordsBuilder(Assembler::new(fields.into_iter().collect())?, Refused::default()))
    }
}

impl RecordsBuilder {
    /// Adds a record.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming row and field for a field the table does not have. The
    /// record is then not in the table, and the builder can go on:
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// let mut builder = Records::builder([Field::new("email", FieldKind::Email)])?;
    /// let error = builder.push(Record::new("1").value("mail", "ann@example.org")).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1, column `mail`: the table has no such field"); // and no address
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a record is handed over; `push(Record::new(..))` reads best"
    )]
    pub fn push(&mut self, record: Record<'_>) -> Result<()> {
        let mut cells = Vec::with_capacity(record.values.len());
        for (name, value) in &record.values {
            let field = self.0.fields.iter().position(|f| f.name() == *name).ok_or_else(|| {
                let place =
                    Place::Row { row: self.0.rows() as u64 + 1, column: Some((*name).to_owned().into()) };
                Error::input("the table has no such field").at(place)
            })?;
            cells.push((field, *value));
        }
        self.0.open(&record.id.to_text(), record.source, record.updated)?;
        cells.into_iter().try_for_each(|(field, value)| self.0.value(field, value))
    }

    /// The table, rows in the order in which they were pushed. O(records log records) to check the ids.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without records;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming both rows where an id appears twice
    /// in one source; the first error of an `extend` that refused a record.
    pub fn build(mut self) -> Result<Records> {
        self.1.check()?;
        self.0.finish()
    }
}
