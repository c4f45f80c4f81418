//! Records as matching sees them: normal forms, numbered, with all that is computed once for each distinct value.

use hashbrown::HashMap;

use crate::data::{Dictionary, FieldKind, Intern, NONE, Records};
use crate::error::{Error, Result};
use crate::kernel::par;

use super::compare::Text;
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
pub(crate) struct Col {
    /// The field of the records it comes from.
    pub(crate) field: usize,
    /// What is compared: parts of whole names are given and family names.
    pub(crate) kind: FieldKind,
    pub(crate) part: Part,
    /// By value: comparison forms.
    pub(crate) forms: Vec<Text>,
    /// By value: code points of the comparison forms, behind one another.
    pub(crate) codes: Vec<u8>,
    /// By key: a number that is the same in every column.
    pub(crate) key_hash: Vec<u64>,
    /// By value: the coarse blocking key.
    pub(crate) coarse: Vec<u64>,
    /// By value and by key: records that have it.
    pub(crate) count: Vec<u32>,
    pub(crate) key_count: Vec<u32>,
    /// Records that have any value.
    pub(crate) filled: usize,
    /// Further values of a row, ascending by row.
    pub(crate) more: Vec<(u32, u32)>,
}

/// All columns of all records.
pub(crate) struct Prepared {
    pub(crate) rows: usize,
    pub(crate) cols: Vec<Col>,
    /// First value of each column, row by row.
    pub(crate) cells: Vec<u32>,
    pub(crate) source: Vec<u32>,
    pub(crate) sources: usize,
    /// Whether any column has several values in one row.
    pub(crate) multiple: bool,
}

impl Prepared {
    pub(crate) fn width(&self) -> usize {
        self.cols.len()
    }

    /// The first values of a row.
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.cells[row * self.cols.len()..(row + 1) * self.cols.len()]
    }

    /// All values of a column in a row.
    pub(crate) fn values(&self, row: usize, col: usize) -> impl Iterator<Item = u32> + '_ {
        let first = Some(self.row(row)[col]).filter(|v| *v != NONE);
        first.into_iter().chain(self.cols[col].more_of(row).iter().map(|(_, v)| *v))
    }

    /// Normalises all values of all records.
    pub(crate) fn new(records: &Records, normaliser: Normaliser) -> Result<Self> {
        let rows = records.len();
        let mut plan = Vec::new();
        for (field, f) in records.fields().iter().enumerate() {
            match f.kind() {
                FieldKind::FullName | FieldKind::ChineseName => {
                    plan.push((field, FieldKind::FamilyName, Part::Family));
                    plan.push((field, FieldKind::GivenName, Part::Given));
                }
                kind => plan.push((field, kind, Part::Whole)),
            }
        }
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
        let mut cells = vec![NONE; rows * width];
        for (c, first) in firsts.iter().enumerate() {
            for (row, value) in first.iter().enumerate() {
                cells[row * width + c] = *value;
            }
        }
        let source =
            (0..rows).map(|row| u32::try_from(records.source(row).unwrap_or(0)).unwrap_or(0)).collect();
        let multiple = cols.iter().any(|c| !c.more.is_empty());
        Ok(Self { rows, cols, cells, source, sources: records.sources().len(), multiple })
    }
}

impl Col {
    /// The further values of a row.
    pub(crate) fn more_of(&self, row: usize) -> &[(u32, u32)] {
        if self.more.is_empty() {
            return &[];
        }
        let start = self.more.partition_point(|(r, _)| (*r as usize) < row);
        let len = self.more[start..].partition_point(|(r, _)| *r as usize == row);
        &self.more[start..start + len]
    }

    /// The number of a value's key.
    pub(crate) fn key_of(&self, value: u32) -> u32 {
        self.forms[value as usize].key
    }

    pub(crate) fn codes_of(&self, value: u32) -> &[u8] {
        let form = &self.forms[value as usize];
        &self.codes[form.start as usize..form.start as usize + form.len as usize]
    }
}

type Plan = (usize, FieldKind, Part);

/// Values shared by so many records that they cannot belong to one person: `noemail@shop.com` under another name.
const TOO_MANY: u32 = 50;

fn column(records: &Records, normaliser: Normaliser, (field, kind, part): Plan) -> Result<(Col, Vec<u32>)> {
    let raw = records.column(field);
    let declared = records.fields()[field].kind();
    let normal_of = |text: &str| -> Option<String> {
        let normal = normaliser.normalise(declared, text)?;
        let normal = match part {
            Part::Whole => normal,
            Part::Family => normalise::split_name(&normal).0,
            Part::Given => normalise::split_name(&normal).1,
        };
        (!normal.is_empty()).then_some(normal)
    };
    let normals: Vec<Option<String>> = par::map_chunks(raw.texts.len(), 4096, |range| {
        range.map(|i| normal_of(raw.texts.get(u32::try_from(i).unwrap_or(NONE)))).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    let mut texts = Intern::default();
    let mut to = Vec::with_capacity(normals.len());
    for normal in &normals {
        to.push(match normal {
            Some(normal) => texts.number(normal)?,
            None => NONE,
        });
    }
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
    let texts = texts.finish();
    let mut count = vec![0_u32; texts.len()];
    for value in first.iter().filter(|v| **v != NONE).chain(more.iter().map(|(_, v)| v)) {
        count[*value as usize] += 1;
    }
    if kind.is_identifier() {
        let limit = TOO_MANY.max(u32::try_from(records.len() / 200).unwrap_or(u32::MAX));
        let common: Vec<bool> = count.iter().map(|c| *c > limit).collect();
        let neutralised = common.iter().filter(|c| **c).count();
        if neutralised > 0 {
            for value in &mut first {
                if *value != NONE && common[*value as usize] {
                    *value = NONE;
                }
            }
            more.retain(|(_, v)| !common[*v as usize]);
        }
    }
    let filled = first.iter().filter(|v| **v != NONE).count();
    let col = finish(field, kind, part, &texts, count, filled, more)?;
    Ok((col, first))
}

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
    let mut codes = Vec::new();
    let mut coarse = Vec::with_capacity(texts.len());
    let (mut key_hash, mut key_count) = (Vec::new(), Vec::<u32>::new());
    let mut keys: HashMap<u64, u32> = HashMap::new();
    for (text, count) in texts.iter().zip(&count) {
        let start = u32::try_from(codes.len())
            .map_err(|_| Error::overflow("more than 4 GiB of distinct values in one column"))?;
        let key_text = normalise::key_of(kind, text);
        let mut form = Text::push(&mut codes, start, comparison_form(kind, text));
        let hash = normalise::hash_of(&key_text);
        let number = *keys.entry(hash).or_insert_with(|| {
            key_hash.push(hash);
            key_count.push(0);
            u32::try_from(key_hash.len() - 1).unwrap_or(NONE)
        });
        form.key = number;
        forms.push(form);
        key_count[number as usize] += count;
        let whole = normalise::form_of(text) == Form::Whole;
        coarse.push(if whole {
            normalise::hash_of(&normalise::coarse_key(kind, text, &key_text))
        } else {
            0
        });
    }
    Ok(Col { field, kind, part, forms, codes, key_hash, coarse, count, key_count, filled, more })
}

/// The text that comparators see: telephone numbers without the country's code.
fn comparison_form(kind: FieldKind, text: &str) -> &str {
    match kind {
        FieldKind::Phone => text.strip_prefix("+86").unwrap_or(text.strip_prefix('+').unwrap_or(text)),
        _ => text,
    }
}
