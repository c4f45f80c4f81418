//! `Records`: the typed columnar table of records about people.
//!
//! Each field is a dictionary of distinct values and one number a row; further values of a row, which few rows have, are
//! kept beside it in ascending order of rows.

use std::fmt;
use std::sync::OnceLock;

use crate::error::{Error, Place, Result};
use crate::types::Day;

use super::dictionary::{Dictionary, Intern, NONE};
use super::kind::Field;

/// A day that is not known.
const NO_DAY: i32 = i32::MIN;

/// Records about people, from one or several sources: a typed table.
///
/// Each record has an id that is unique within its source, the source, perhaps the day it was last updated, and values
/// of the table's fields. A value may be absent, and a field may have several values in one record. Distinct values are
/// stored once, so a value seen a million times costs four bytes each.
///
/// Rows are numbered from 0 in the order given. `Debug` prints counts, never values.
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, Records};
/// use regulars::types::Day;
///
/// let mut builder = Records::builder([
///     Field::new("name", FieldKind::FullName),
///     Field::new("phone", FieldKind::Phone),
/// ])?;
/// builder.push(
///     Record::new("17").source("shop").updated(Day::ymd(2024, 5, 1)?).value("name", "Ann Lee").value("phone", "555 0100"),
/// )?;
/// builder.push(Record::new("17").source("till").value("phone", "555-0100").value("phone", "555-0199"))?;
/// let records = builder.build()?;
/// assert_eq!(records.len(), 2);
/// assert_eq!(records.values(1, "phone").collect::<Vec<_>>(), ["555-0100", "555-0199"]);
/// assert_eq!(records.row_of("till", "17"), Some(1));
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// The three doors make equal tables of equal records:
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, RecordColumns, Records, RecordsCsvParams};
///
/// let mut rows = Records::builder([Field::new("email", FieldKind::Email)])?;
/// rows.push(Record::new(1).source("shop").value("email", "ann@example.org"))?;
/// rows.push(Record::new(2).source("shop"))?;
/// let rows = rows.build()?;
///
/// let ids = [1_i64, 2];
/// let columns = RecordColumns::new(&ids[..])
///     .sources(&["shop", "shop"])
///     .field("email", FieldKind::Email, &["ann@example.org", ""]);
/// let columns = Records::from_columns(&columns)?;
///
/// let mut files = Records::csv(RecordsCsvParams::new());
/// files.read("shop", "id,email\n1,ann@example.org\n2,\n".as_bytes())?;
/// let files = files.build()?;
///
/// for table in [&rows, &columns, &files] {
///     assert_eq!(table.fields(), [Field::new("email", FieldKind::Email)]);
///     assert_eq!(table.values(0, "email").collect::<Vec<_>>(), ["ann@example.org"]);
///     assert_eq!((table.id(1), table.source_name(1)), (Some("2"), Some("shop")));
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Records {
    /// In the order of declaration.
    pub(super) fields: Vec<Field>,
    /// One for each field.
    pub(super) columns: Vec<Column>,
    pub(super) sources: Dictionary,
    /// By row, a number of `sources`.
    pub(super) source_of: Vec<u32>,
    pub(super) ids: Dictionary,
    /// By row, a number of `ids`.
    pub(super) id_of: Vec<u32>,
    /// By row, days since 1970-01-01 or [`NO_DAY`].
    pub(super) updated: Vec<i32>,
    /// Rows in ascending order of (source, id), for look-ups.
    pub(super) by_id: Vec<u32>,
    /// Computed when first asked for.
    pub(super) fingerprint: OnceLock<u64>,
}

/// One field's values: the first of each row, and the rest by row.
#[derive(Clone, Default)]
pub(crate) struct Column {
    /// Distinct values.
    pub(crate) texts: Dictionary,
    /// By row, a number of `texts`, or `NONE` where the row has no value.
    pub(crate) first: Vec<u32>,
    /// Further values, ascending by row.
    pub(crate) more: Vec<(u32, u32)>,
}

impl Column {
    /// Numbers all values of a field at once: as [`Assembler::value`] does one by one, several times as fast. `cell`
    /// tells row and text of each of `cells` places; blank texts are absent values.
    pub(super) fn of<'t>(
        rows: usize,
        cells: usize,
        cell: impl Fn(usize) -> (usize, &'t str),
    ) -> Result<Self> {
        let (texts, numbers) = Dictionary::of(cells, |i| cell(i).1.trim())?;
        let mut column = Self { texts, first: vec![NONE; rows], more: Vec::new() };
        for (i, number) in numbers.into_iter().enumerate().filter(|(_, n)| *n != NONE) {
            column.add(cell(i).0, number);
        }
        column.more.sort_by_key(|(row, _)| *row);
        Ok(column)
    }

    /// Adds a value to a row.
    fn add(&mut self, row: usize, number: u32) {
        let first = &mut self.first[row];
        if *first == NONE {
            *first = number;
        } else if *first != number {
            self.more.push((u32::try_from(row).unwrap_or(NONE), number));
        }
    }

    /// The further values of a row.
    pub(crate) fn more_of(&self, row: usize) -> &[(u32, u32)] {
        if self.more.is_empty() {
            return &[];
        }
        let start = self.more.partition_point(|(r, _)| (*r as usize) < row);
        let len = self.more[start..].partition_point(|(r, _)| *r as usize == row);
        &self.more[start..start + len]
    }
}

impl Records {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.id_of.len()
    }

    /// Whether there are none (a table that was built has at least one).
    pub fn is_empty(&self) -> bool {
        self.id_of.is_empty()
    }

    /// The fields, in the order of their declaration; those of files in the order of the files.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The sources, numbered by first appearance. Records given without one share the source `""`.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sources.iter()
    }

    /// The number of a row's source, from 0, in the order of [`sources`](Self::sources); `None` behind the last row.
    pub fn source(&self, row: usize) -> Option<usize> {
        self.source_of.get(row).map(|s| *s as usize)
    }

    /// The name of a row's source; `None` behind the last row.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    /// let mut builder = Records::builder([Field::new("city", FieldKind::City)])?;
    /// builder.push(Record::new("17").source("shop").value("city", "York"))?;
    /// builder.push(Record::new("4").source("till"))?;
    /// let records = builder.build()?;
    /// assert_eq!((records.source(1), records.source_name(1), records.id(1)), (Some(1), Some("till"), Some("4")));
    /// assert_eq!((records.source(2), records.id(2), records.updated(1)), (None, None, None));
    /// assert_eq!(records.values(1, "city").count(), 0);
    /// assert!(!records.is_empty());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn source_name(&self, row: usize) -> Option<&str> {
        self.source_of.get(row).map(|s| self.sources.get(*s))
    }

    /// The id of a row, as text; `None` behind the last row.
    pub fn id(&self, row: usize) -> Option<&str> {
        self.id_of.get(row).map(|id| self.ids.get(*id))
    }

    /// The row with that id in that source. O(log records).
    pub fn row_of(&self, source: &str, id: &str) -> Option<usize> {
        let key = |row: u32| {
            (self.sources.get(self.source_of[row as usize]), self.ids.get(self.id_of[row as usize]))
        };
        let found = self.by_id.binary_search_by(|row| key(*row).cmp(&(source, id))).ok()?;
        Some(self.by_id[found] as usize)
    }

    /// The day a row was last updated, where known.
    pub fn updated(&self, row: usize) -> Option<Day> {
        self.updated.get(row).filter(|d| **d != NO_DAY).map(|d| Day::new(*d))
    }

    /// The values of a field in a row, as they were given; none for an unknown field or row.
    pub fn values(&self, row: usize, field: &str) -> impl Iterator<Item = &str> {
        let column = self.fields.iter().position(|f| f.name() == field).map(|i| &self.columns[i]);
        column.into_iter().flat_map(move |c| {
            let first = c.first.get(row).copied().filter(|v| *v != NONE);
            first.into_iter().chain(c.more_of(row).iter().map(|(_, v)| *v)).map(|v| c.texts.get(v))
        })
    }

    /// The column of a field, by its place among [`fields`](Self::fields).
    pub(crate) fn column(&self, field: usize) -> &Column {
        &self.columns[field]
    }

    /// A number that differs, in practice, between tables that differ: by kinds, values and sources; not by ids and names of
    /// fields. Results that refer to rows carry it, so that they cannot be read against another table.
    pub(crate) fn fingerprint(&self) -> u64 {
        *self.fingerprint.get_or_init(|| self.hash_of_values())
    }

    fn hash_of_values(&self) -> u64 {
        let mut hash = 0x51ed_270b_u64;
        let mut add = |v: u64| hash = crate::kernel::rng::mix(hash ^ v);
        for (field, column) in self.fields.iter().zip(&self.columns) {
            add(field.kind() as u64);
            for value in &column.first {
                add(u64::from(*value));
            }
            for (row, value) in &column.more {
                add(u64::from(*row) << 32 | u64::from(*value));
            }
            for text in column.texts.iter() {
                add(text.len() as u64);
                for block in text.as_bytes().chunks(8) {
                    let mut word = [0; 8];
                    word[..block.len()].copy_from_slice(block);
                    add(u64::from_le_bytes(word));
                }
            }
        }
        for source in &self.source_of {
            add(u64::from(*source));
        }
        hash
    }
}

/// Prints counts and the fields' names, never a value.
impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({} records, {} sources, fields:", self.len(), self.sources.len())?;
        for field in &self.fields {
            write!(f, " {}={}", field.name(), field.kind())?;
        }
        f.write_str(")")
    }
}

/// What all doors share: it numbers values and checks ids.
#[derive(Default)]
pub(crate) struct Assembler {
    pub(crate) fields: Vec<Field>,
    columns: Vec<(Intern, Column)>,
    sources: Intern,
    source_of: Vec<u32>,
    ids: Intern,
    id_of: Vec<u32>,
    updated: Vec<i32>,
}

/// No record is wider; a guard for the arrays that hold one cell for each field.
pub(crate) const MAX_FIELDS: usize = 64;

impl Assembler {
    /// A table without rows; its fields must differ in name.
    pub(crate) fn new(fields: Vec<Field>) -> Result<Self> {
        if fields.is_empty() {
            return Err(Error::empty("records need at least one field"));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Error::param("fields", "must be at most 64", fields.len()));
        }
        for (i, field) in fields.iter().enumerate() {
            if fields[..i].iter().any(|f| f.name() == field.name()) {
                return Err(Error::param("fields", "names must differ", field.name()));
            }
        }
        let columns = fields.iter().map(|_| Default::default()).collect();
        Ok(Self { fields, columns, ..Self::default() })
    }

    /// Rows opened so far.
    pub(crate) fn rows(&self) -> usize {
        self.id_of.len()
    }

    /// Opens a row; its values follow, unless whole columns come in the end.
    pub(crate) fn open(&mut self, id: &str, source: &str, updated: Option<Day>) -> Result<()> {
        if self.rows() >= (u32::MAX >> 1) as usize {
            return Err(Error::overflow("more than 2147483647 records"));
        }
        let (id, source) = (self.ids.number(id)?, self.sources.number(source)?);
        self.id_of.push(id);
        self.source_of.push(source);
        self.updated.push(updated.map_or(NO_DAY, Day::days_since_epoch));
        Ok(())
    }

    /// Adds a value to the row that was opened last. Blank values are absent values.
    pub(crate) fn value(&mut self, field: usize, text: &str) -> Result<()> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let Some(last) = self.rows().checked_sub(1) else { return Ok(()) };
        let (texts, column) = &mut self.columns[field];
        column.first.resize(last + 1, NONE);
        column.add(last, texts.number(text)?);
        Ok(())
    }

    /// The table of the rows opened, and of the values given to them.
    pub(crate) fn finish(mut self) -> Result<Records> {
        let rows = self.rows();
        let columns = std::mem::take(&mut self.columns).into_iter().map(|(texts, mut column)| {
            column.first.resize(rows, NONE);
            Column { texts: texts.finish(), ..column }
        });
        self.finish_with(columns.collect())
    }

    /// The table of the rows opened and of these columns, once no id appears twice in one source. Sorting by (source,
    /// id) puts twins side by side; of several pairs the one whose second row comes first is named.
    pub(super) fn finish_with(self, columns: Vec<Column>) -> Result<Records> {
        if self.rows() == 0 {
            return Err(Error::empty("no records"));
        }
        let (sources, ids) = (self.sources.finish(), self.ids.finish());
        let key = |row: u32| (sources.get(self.source_of[row as usize]), ids.get(self.id_of[row as usize]));
        // Most comparisons are settled by the first letters, which lie beside the rows; the rest of an id lies elsewhere.
        let head = |text: &str| {
            let mut head = [0; 8];
            let length = text.len().min(8);
            head[..length].copy_from_slice(&text.as_bytes()[..length]);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<u32> = (0..).take(sources.len()).collect();
        order.sort_unstable_by_key(|source| sources.get(*source));
        let mut rank = vec![0_u32; order.len()];
        for (at, source) in (0..).zip(order) {
            rank[source as usize] = at;
        }
        let beside = |row: u32| {
            (rank[self.source_of[row as usize] as usize], head(ids.get(self.id_of[row as usize])), row)
        };
        let mut by_id: Vec<(u32, u64, u32)> = (0..).take(self.id_of.len()).map(beside).collect();
        by_id.sort_unstable_by(|a, b| {
            (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| key(a.2).cmp(&key(b.2))).then(a.2.cmp(&b.2))
        });
        let by_id: Vec<u32> = by_id.into_iter().map(|(_, _, row)| row).collect();
        let twice = by_id.windows(2).filter(|w| key(w[0]) == key(w[1])).map(|w| (w[1], w[0])).min();
        if let Some((second, first)) = twice {
            let place = Place::Row { row: u64::from(second) + 1, column: Some("id".into()) };
            return Err(
                Error::input(format!("the id of record {} again, in the same source", first + 1)).at(place)
            );
        }
        Ok(Records {
            fields: self.fields,
            columns,
            sources,
            source_of: self.source_of,
            ids,
            id_of: self.id_of,
            updated: self.updated,
            by_id,
            fingerprint: OnceLock::new(),
        })
    }
}
