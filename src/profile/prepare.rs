//! Records as matching sees them: normal forms, numbered, with all that is computed once for each distinct value.
//!
//! # What is kept of a record
//! Row by row, side by side: the number of its first value in every column, then 32 bits of sketch for each. A comparison of two
//! records reads two such rows, 8 bytes a column, and goes to the values themselves only where the sketches leave it open.
//! Further values of a column lie in a list of their own, since few records have any.
//!
//! # What is kept of a value
//! Its code units (up to 12) or where they lie, their bag (two bits for each of 32 classes), its key's number, the hash of
//! the key and of the coarse key: about 60 bytes, and the text of a long one. A city that a million records share is
//! prepared once.
//!
//! # Which columns
//! Each field is a column; a whole name is two, family and given. The first 20 columns are compared.
//!
//! # Complexity
//! O(distinct values · length) to normalise, O(records · columns) to lay out; columns run in parallel.
//!
//! # Identifiers that are none
//! An identifier that more than max(50, n / 200) of n records have belongs to a desk, a shop or a default, not to a
//! person. Its values count as missing before anything is compared: in a table of 100,000 records from 501 records
//! on, in one of 5,000 from 51 on. Names, dates and places are never dropped; how common they are is their weight's
//! business.
//!
//! # Why values are numbered in parts
//! A million distinct e-mail addresses in one hash table are a million waits for memory. Dealt by hash into parts of
//! some 4,000 they are searched in tables that a cache holds, and the numbers are the same: by first appearance
//! (`kernel::firsts`). Normal forms are numbered so, and their keys.
//!
//! # Cells by hand
//! Two columns, surname and birth date, three records: `lee` 1980-04-03, `lee` without a date, `fox` 1975-01-09.
//! ```text
//! row 0     0  0     sketch(lee)  0x19800403
//! row 1     0  NONE  sketch(lee)  0
//! row 2     1  1     sketch(fox)  0x19750109
//! ```
//! That two records have one surname is a comparison of two numbers; a column that several records share is
//! normalised once.
//!
//! # Keys and own keys
//! A key is a hash of the key's text, numbered by first occurrence. In a column in which every value is its own key
//! (accounts, places), keys have the numbers of their values.
//!
//! # Memory
//! 8 bytes a column and record for the cells, 4 a record for the source, about 60 bytes for each distinct value and the
//! text of a long one. A million records with ten columns are 84 MB and their values.
//!
//! # Determinism
//! Values are numbered by first occurrence in the table, columns by the order of fields. Normalising runs in chunks
//! whose results are put together in order.
//!
//! # Errors
//! [`Overflow`](crate::ErrorKind::Overflow) beyond 4 GiB of code units in one column, since offsets have 32 bits.
//! Nothing else.
//!
//! # A value by hand
//! | | e-mail `ann.lee@x.org` | surname `孙` | telephone `+8613800138000` |
//! |---|---|---|---|
//! | compared | `ann.lee@x.org` | `孙`, one unit | `13800138000` |
//! | key | `ann.lee` | `sun` | `1388000` |
//! | coarse key | `ann.l` | `sun` | `138000` |
//! | sketch | letters of `ann.lee`, length 7 | look: Han characters | counts of digits |

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};

use crate::data::{Dictionary, Field, FieldKind, NONE, Records};
use crate::error::{Error, Result};
use crate::kernel::firsts::{self, Numbered};
use crate::kernel::par;

use super::compare::{Reading, Text};
use super::normalise::{self, Form, Normaliser};

/// What part of a field a column holds: whole names come apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Part {
    Whole,
    Family,
    Given,
}

/// One compared column.
///
/// Vectors by value have one entry for each distinct normal form, numbered by first occurrence; vectors by key one
/// for each distinct key.
pub(crate) struct Col {
    /// The field of the records it comes from.
    pub(crate) field: usize,
    /// What is compared: parts of whole names are given and family names.
    pub(crate) kind: FieldKind,
    pub(crate) part: Part,
    /// By value: comparison forms.
    pub(crate) forms: Vec<Text>,
    /// Code units of the long comparison forms, behind one another.
    pub(crate) codes: Vec<u8>,
    /// By value: its sketch; empty once rows have them.
    pub(crate) sketches: Vec<u32>,
    pub(crate) reading: Reading,
    /// Whether any value is masked.
    masked: bool,
    /// Every value is a key of its own, under the same number.
    own_keys: bool,
    /// By key: a number that is the same in every column.
    pub(crate) key_hash: Vec<u64>,
    /// By value: the upper half of the coarse blocking key, 0 for none.
    pub(crate) coarse: Vec<u32>,
    /// By value and by key: records that have it.
    pub(crate) count: Vec<u32>,
    pub(crate) key_count: Vec<u32>,
    /// Records that have any value.
    pub(crate) filled: usize,
    /// By row that has several values: those behind its first.
    pub(crate) more: HashMap<u32, Vec<u32>>,
}

/// All columns of all records.
pub(crate) struct Prepared {
    pub(crate) rows: usize,
    pub(crate) cols: Vec<Col>,
    /// Row by row: the first value of each column, then the sketches of those values, side by side because a comparison
    /// reads both.
    cells: Vec<u32>,
    /// Where they begin.
    start: usize,
    pub(crate) source: Vec<u32>,
    pub(crate) sources: usize,
    /// Whether any column has several values in one row.
    pub(crate) multiple: bool,
}

impl Prepared {
    /// Columns, also those beyond the first 20, which make keys but are not compared.
    pub(crate) fn width(&self) -> usize {
        self.cols.len()
    }

    /// The first values of a row.
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.both(row)[..self.cols.len()]
    }

    /// The sketches of the first values of a row; 0 where there is none.
    pub(crate) fn sketches(&self, row: usize) -> &[u32] {
        &self.both(row)[self.cols.len()..]
    }

    /// First values and sketches of a row, behind one another.
    pub(crate) fn both(&self, row: usize) -> &[u32] {
        &self.cells[self.start + row * 2 * self.cols.len()..][..2 * self.cols.len()]
    }

    /// All values of a column in a row.
    pub(crate) fn values(&self, row: usize, col: usize) -> impl Iterator<Item = u32> + '_ {
        let first = Some(self.row(row)[col]).filter(|v| *v != NONE);
        first.into_iter().chain(self.cols[col].more_of(row).iter().copied())
    }

    /// Normalises all values of all records.
    ///
    /// O(distinct values · length + rows · columns); columns and chunks of values run in parallel.
    pub(crate) fn new(records: &Records, normaliser: Normaliser) -> Result<Self> {
        let rows = records.len();
        let normaliser = normaliser.settled(records)?;
        let plan = plan(records.fields());
        // Several fields of one kind with the same role (two phones) stay columns of their own.
        let built = par::map_chunks(plan.len(), 1, |range| {
            range.map(|i| column(records, normaliser, plan[i])).collect::<Vec<_>>()
        });
        let mut cols = Vec::with_capacity(plan.len());
        let mut firsts = Vec::with_capacity(plan.len());
        for result in built.into_iter().flatten() {
            let (col, first) = result?;
            cols.push(col);
            firsts.push(first);
        }
        let width = cols.len();
        let mut cells = vec![0; 2 * rows * width + LINE];
        // Rows of a table of eight columns then lie in one line of a cache each, not across two.
        let start = cells.as_ptr().align_offset(4 * LINE).min(LINE);
        for (row, cells) in cells[start..].chunks_exact_mut(2 * width).take(rows).enumerate() {
            let (values, sketches) = cells.split_at_mut(width);
            for (c, first) in firsts.iter().enumerate() {
                values[c] = first[row];
                if first[row] != NONE {
                    sketches[c] = cols[c].sketches[first[row] as usize];
                }
            }
        }
        drop(firsts);
        for col in &mut cols {
            col.sketches = Vec::new();
        }
        let source =
            (0..rows).map(|row| u32::try_from(records.source(row).unwrap_or(0)).unwrap_or(0)).collect();
        let multiple = cols.iter().any(|c| !c.more.is_empty());
        Ok(Self { rows, cols, cells, start, source, sources: records.sources().len(), multiple })
    }
}

/// A table that grows row by row, for the living index.
impl Prepared {
    /// No rows yet.
    pub(crate) fn empty(fields: &[Field]) -> Self {
        let cols: Vec<Col> = plan(fields).into_iter().map(|(f, k, p)| Col::empty(f, k, p)).collect();
        Self { rows: 0, cols, cells: Vec::new(), start: 0, source: Vec::new(), sources: 0, multiple: false }
    }

    /// A row without values, behind all others.
    pub(crate) fn add_row(&mut self) -> u32 {
        self.cells.extend(std::iter::repeat_n(NONE, self.cols.len()));
        self.cells.extend(std::iter::repeat_n(0, self.cols.len()));
        self.rows += 1;
        u32::try_from(self.rows - 1).unwrap_or(NONE)
    }

    /// Sets the values of a column in a row, which had none, with the sketch of the first.
    pub(crate) fn set(&mut self, row: u32, c: usize, values: &[u32], sketch: u32) {
        let Some((first, rest)) = values.split_first() else { return };
        let width = self.cols.len();
        let at = self.start + 2 * row as usize * width + c;
        let col = &mut self.cols[c];
        self.cells[at] = *first;
        self.cells[at + width] = sketch;
        if !rest.is_empty() {
            self.multiple = true;
            col.more.insert(row, rest.to_vec());
        }
    }

    /// Gives each of two rows the values of the other.
    pub(crate) fn exchange(&mut self, a: u32, b: u32) {
        let width = 2 * self.cols.len();
        let [of_a, of_b] = [a, b].map(|row| self.start + row as usize * width);
        for at in 0..width {
            self.cells.swap(of_a + at, of_b + at);
        }
        for col in &mut self.cols {
            let [of_a, of_b] = [a, b].map(|row| col.more.remove(&row));
            col.more.extend(of_a.map(|values| (b, values)));
            col.more.extend(of_b.map(|values| (a, values)));
        }
    }

    /// Takes all values of a row away.
    pub(crate) fn clear_row(&mut self, row: u32) {
        let width = self.cols.len();
        let cells = &mut self.cells[self.start + 2 * row as usize * width..][..2 * width];
        cells[..width].fill(NONE);
        cells[width..].fill(0);
        for col in &mut self.cols {
            col.more.remove(&row);
        }
    }
}

impl Col {
    /// A column without values; keys have numbers of their own from the start, as values come in any order.
    fn empty(field: usize, kind: FieldKind, part: Part) -> Self {
        Self {
            field,
            kind,
            part,
            forms: Vec::new(),
            codes: Vec::new(),
            sketches: Vec::new(),
            reading: Reading::of(kind),
            masked: false,
            own_keys: false,
            key_hash: Vec::new(),
            coarse: Vec::new(),
            count: Vec::new(),
            key_count: Vec::new(),
            filled: 0,
            more: HashMap::new(),
        }
    }

    /// Writes a value under a number that is new or free; the key's number is given. Returns its sketch.
    ///
    /// The place of a former value is used again where the new one fits, so an index whose values come and go does
    /// not grow; where it does not fit, the new one goes behind all others.
    pub(crate) fn put(&mut self, number: usize, value: &Value<'_>, key: u32) -> Result<u32> {
        let start = u32::try_from(self.codes.len())
            .map_err(|_| Error::overflow("more than 4 GiB of distinct values in one column"))?;
        let mut form = Text::push(&mut self.codes, start, value.compared);
        form.key = key;
        self.masked |= form.masked;
        let sketch = self.reading.sketch(value.compared, &value.key, form.masked || form.han);
        if number == self.forms.len() {
            self.forms.push(form);
            self.coarse.push(short(value.coarse));
        } else {
            let old = self.forms[number];
            if form.room <= old.room {
                // The place of the former value takes the new one and stays as large as it was.
                let (end, length) = (start as usize, usize::from(form.room));
                self.codes.copy_within(end..end + length, old.start as usize);
                self.codes[end..].fill(0);
                self.codes.truncate(end);
                (form.start, form.room) = (old.start, old.room);
            }
            self.forms[number] = form;
            self.coarse[number] = short(value.coarse);
        }
        Ok(sketch)
    }

    /// Leaves nothing of a value.
    ///
    /// Its units are overwritten, not only unlinked: forgetting a person must leave nothing in memory that a dump
    /// would show.
    pub(crate) fn wipe(&mut self, number: usize) {
        let form = &mut self.forms[number];
        self.codes[form.start as usize..][..usize::from(form.room)].fill(0);
        form.wipe();
        self.coarse[number] = 0;
    }

    /// The further values of a row.
    pub(crate) fn more_of(&self, row: usize) -> &[u32] {
        if self.more.is_empty() {
            return &[];
        }
        let row = u32::try_from(row).unwrap_or(NONE);
        self.more.get(&row).map_or(&[], Vec::as_slice)
    }

    /// Whether a value is partly hidden: two equal masks may stand for different values.
    pub(crate) fn is_masked(&self, value: u32) -> bool {
        self.masked && self.forms[value as usize].masked
    }

    /// The number of a value's key.
    pub(crate) fn key_of(&self, value: u32) -> u32 {
        if self.own_keys { value } else { self.forms[value as usize].key }
    }
}

/// The upper half of a hash, 0 for none. Two keys in one block are harmless: they cost a comparison.
pub(crate) fn short(hash: u64) -> u32 {
    if hash == 0 { 0 } else { ((hash >> 32) as u32).max(1) }
}

/// Number of the field, kind of the column, part of the value.
pub(crate) type Plan = (usize, FieldKind, Part);

/// Values shared by so many records that they cannot belong to one person: `noemail@shop.com` under another name.
///
/// Fifty is above what a family or a small firm shares, and below what a shop's default address soon reaches.
const TOO_MANY: u32 = 50;

/// Records up to which an identifier counts as one, in a table of so many.
///
/// max(50, n / 200): in records. The share keeps a table of millions, in which one person may have many, from
/// losing identifiers.
pub(crate) fn most_holders(records: usize) -> u32 {
    TOO_MANY.max(u32::try_from(records / 200).unwrap_or(u32::MAX))
}

/// Cells in a line of a cache.
const LINE: usize = 16;

/// Values normalised at a time: their normal forms lie behind one another, some 100 KB.
const CHUNK: usize = 4096;

/// Values that normalise to nothing are missing; where a row's first value is, its next one moves up. A value that
/// repeats the row's first, or the one before it, is left out.
fn column(records: &Records, normaliser: Normaliser, (field, kind, part): Plan) -> Result<(Col, Vec<u32>)> {
    let raw = records.column(field);
    let declared = records.fields()[field].kind();
    let normal_of = |text: &str| part_of(normaliser, declared, part, text);
    // Chunks of normal forms behind one another, not one text each: a million small allocations cost more than the rules.
    let normals = par::map_chunks(raw.texts.len(), CHUNK, |range| {
        let (mut texts, mut ends) = (String::new(), Vec::with_capacity(range.len()));
        for i in range {
            texts.push_str(&normal_of(raw.texts.get(u32::try_from(i).unwrap_or(NONE))).unwrap_or_default());
            ends.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        }
        (texts, ends)
    });
    // A normal form is never empty: where there is none, the value says nothing.
    let (texts, to) = Dictionary::of(raw.texts.len(), |i| {
        let ((texts, ends), at) = (&normals[i / CHUNK], i % CHUNK);
        let start = if at == 0 { 0 } else { ends[at - 1] };
        &texts[start as usize..ends[at] as usize]
    })?;
    drop(normals);
    let map = |v: u32| if v == NONE { NONE } else { to[v as usize] };
    let mut first: Vec<u32> = raw.first.iter().map(|v| map(*v)).collect();
    let mut more: Vec<(u32, u32)> = Vec::new();
    for (row, value) in &raw.more {
        let value = map(*value);
        let at = *row as usize;
        if value == NONE || first[at] == value || more.last() == Some(&(*row, value)) {
            continue;
        }
        if first[at] == NONE {
            first[at] = value;
        } else {
            more.push((*row, value));
        }
    }
    let mut count = vec![0_u32; texts.len()];
    for value in first.iter().filter(|v| **v != NONE).chain(more.iter().map(|(_, v)| v)) {
        count[*value as usize] += 1;
    }
    if kind.is_identifier() {
        let limit = most_holders(records.len());
        let common: Vec<bool> = count.iter().map(|n| *n > limit).collect();
        if common.contains(&true) {
            let lost = |value: u32| value != NONE && common[value as usize];
            more.retain(|(row, value)| {
                let first = &mut first[*row as usize];
                // Where the first value of a row goes, its next one moves up.
                let moves = lost(*first) && !lost(*value);
                if moves {
                    *first = *value;
                }
                !moves && !lost(*value)
            });
            for value in first.iter_mut().filter(|value| lost(**value)) {
                *value = NONE;
            }
            for (n, _) in count.iter_mut().zip(&common).filter(|(_, common)| **common) {
                *n = 0;
            }
        }
    }
    let filled = first.iter().filter(|v| **v != NONE).count();
    let col = finish(field, kind, part, &texts, count, filled, more)?;
    Ok((col, first))
}

/// O(values): each value is read once for its form, sketch, key and coarse key.
fn finish(
    field: usize,
    kind: FieldKind,
    part: Part,
    texts: &Dictionary,
    count: Vec<u32>,
    filled: usize,
    more: Vec<(u32, u32)>,
) -> Result<Col> {
    let mut forms = Vec::with_capacity(texts.len());
    let mut codes = Vec::with_capacity(texts.bytes());
    let reading = Reading::of(kind);
    let mut sketches = Vec::with_capacity(texts.len());
    let mut coarse = Vec::with_capacity(texts.len());
    let mut key_hash = Vec::with_capacity(texts.len());
    let mut own_keys = true;
    for text in texts.iter() {
        let start = u32::try_from(codes.len())
            .map_err(|_| Error::overflow("more than 4 GiB of distinct values in one column"))?;
        let value = Value::new(kind, text);
        let mut form = Text::push(&mut codes, start, value.compared);
        form.key = u32::try_from(forms.len()).unwrap_or(NONE);
        sketches.push(reading.sketch(value.compared, &value.key, form.masked || form.han));
        own_keys &= value.key == text;
        forms.push(form);
        key_hash.push(value.hash);
        coarse.push(short(value.coarse));
    }
    // While every value is its own key, keys need no numbers of their own.
    let mut key_count = count.clone();
    if !own_keys {
        // Seeded anew by every process: keys that are made to meet would else be searched one by one.
        let hasher = DefaultHashBuilder::default();
        let places: Vec<u64> = key_hash.iter().map(|hash| hasher.hash_one(hash).max(1)).collect();
        let Numbered { numbers, firsts } = firsts::number(&places, |i, j| key_hash[i] == key_hash[j]);
        key_hash = firsts.iter().map(|first| key_hash[*first as usize]).collect();
        key_count.clear();
        key_count.resize(key_hash.len(), 0);
        for ((form, number), count) in forms.iter_mut().zip(numbers).zip(&count) {
            form.key = number;
            key_count[number as usize] += count;
        }
    }
    let mut further: HashMap<u32, Vec<u32>> = HashMap::new();
    for (row, value) in more {
        further.entry(row).or_default().push(value);
    }
    Ok(Col {
        field,
        kind,
        part,
        masked: forms.iter().any(|f| f.masked),
        forms,
        codes,
        sketches,
        reading,
        own_keys,
        key_hash,
        coarse,
        count,
        key_count,
        filled,
        more: further,
    })
}

/// A normal form with all that follows from it.
pub(crate) struct Value<'t> {
    /// The text that comparators see.
    pub(crate) compared: &'t str,
    pub(crate) key: Cow<'t, str>,
    /// Of the key; never 0.
    pub(crate) hash: u64,
    /// Of the coarse key; 0 for a masked value, which has none.
    pub(crate) coarse: u64,
}

impl<'t> Value<'t> {
    pub(crate) fn new(kind: FieldKind, text: &'t str) -> Self {
        let key = normalise::key_of(kind, text);
        let hash = normalise::hash_of(&key).max(1);
        let coarse = match normalise::form_of(text) {
            Form::Whole => normalise::hash_of(normalise::coarse_key(kind, text, &key)),
            Form::Masked => 0,
        };
        Self { compared: comparison_form(kind, text), key, hash, coarse }
    }
}

/// The columns that fields become: whole names come apart.
pub(crate) fn plan(fields: &[Field]) -> Vec<Plan> {
    let mut plan = Vec::new();
    for (field, f) in fields.iter().enumerate() {
        match f.kind() {
            FieldKind::FullName | FieldKind::ChineseName => {
                plan.push((field, FieldKind::FamilyName, Part::Family));
                plan.push((field, FieldKind::GivenName, Part::Given));
            }
            kind => plan.push((field, kind, Part::Whole)),
        }
    }
    plan
}

/// The normal form of the part of a value that a column holds.
///
/// `None` where the value says nothing, or says nothing about this part: a surname with a title has no given name.
pub(crate) fn part_of(normaliser: Normaliser, declared: FieldKind, part: Part, text: &str) -> Option<String> {
    let normal = normaliser.normalise(declared, text)?;
    let normal = match part {
        Part::Whole => normal,
        Part::Family => normalise::split_name(&normal).0,
        Part::Given => normalise::split_name(&normal).1,
    };
    (!normal.is_empty()).then_some(normal)
}

/// The text that comparators see: telephone numbers without the country's code.
///
/// Only 86 and the plus sign are taken off: where one record has the country and the other has not, the numbers
/// differ in front, which levels forgive.
fn comparison_form(kind: FieldKind, text: &str) -> &str {
    match kind {
        FieldKind::Phone => text.strip_prefix("+86").unwrap_or(text.strip_prefix('+').unwrap_or(text)),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Record;

    fn value(text: &str) -> Value<'_> {
        Value::new(FieldKind::Address, text)
    }

    /// Values come and go under one number: the place of the longest is used again and again, and nothing of a former one is
    /// left behind.
    #[test]
    fn a_column_whose_values_come_and_go_does_not_grow() {
        let mut col = Col::empty(0, FieldKind::Address, Part::Whole);
        let long = [
            "40 some very long street name",
            "3 elm st",
            "17 another long street somewhere",
            "9 oak avenue near",
        ];
        col.put(0, &value(long[0]), 0).unwrap();
        for _ in 0..100 {
            for text in long {
                col.wipe(0);
                assert!(
                    col.codes.iter().all(|unit| *unit == 0) && col.forms[0].head().iter().all(|u| *u == 0)
                );
                col.put(0, &value(text), 0).unwrap();
                assert_eq!(col.forms[0].units(&col.codes), text.as_bytes());
            }
        }
        assert!(col.codes.len() <= long[0].len() + long[2].len());
    }

    /// What too many share counts for nobody, and the next value of the row takes its place.
    #[test]
    fn shared_identifiers_count_for_nobody() {
        let mut table = Records::builder([Field::new("email", FieldKind::Email)]).unwrap();
        for i in 0..60_i64 {
            let own = format!("person{i}@x.org");
            let record = Record::new(i).value("email", "desk@shop.com");
            table.push(if i % 2 == 0 { record.value("email", &own) } else { record }).unwrap();
        }
        let prepared = Prepared::new(&table.build().unwrap(), Normaliser::new()).unwrap();
        let col = &prepared.cols[0];
        assert_eq!((col.filled, col.more.len(), col.count.iter().sum::<u32>()), (30, 0, 30));
        assert_eq!(col.key_count.iter().sum::<u32>(), 30);
        assert!((0..60).all(|row| (prepared.row(row)[0] == NONE) == (row % 2 == 1)));
    }
}
