//! A table of records with more records.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::{Error, ErrorKind, Place, Result};

use super::dictionary::{Dictionary, NONE};
use super::store::{Column, Records};

impl Records {
    /// These records and others after them: what a rebuild from the rows of both gives, bit for bit.
    ///
    /// The other table holds the new records, built from rows, columns or CSV, with the same fields. This
    /// one and its clones stay as they are. O(records) of copying, one look at each distinct value, and a
    /// search for the id of each new record.
    ///
    /// ```
    /// use regulars::data::{Field, FieldKind, Record, Records};
    ///
    /// let of = |id: u32, city: &'static str| -> regulars::Result<Records> {
    ///     let mut records = Records::builder([Field::new("city", FieldKind::City)])?;
    ///     records.push(Record::new(id).value("city", city))?;
    ///     records.build()
    /// };
    /// let all = of(1, "York")?.extend(&of(2, "York")?)?;
    /// assert_eq!((all.len(), all.row_of("", "2")), (2, Some(1)));
    /// assert!(all.extend(&of(2, "Leeds")?).is_err()); // the id is there already
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for other fields or other kinds of fields, and naming both rows
    /// where an id appears twice in one source; [`Overflow`](crate::ErrorKind::Overflow) above 2,147,483,647 records.
    pub fn extend(&self, more: &Self) -> Result<Self> {
        if self.fields != more.fields {
            let rule = "the new records have other fields than the table";
            return Err(Error::new(ErrorKind::InvalidInput, Place::Parameter("fields"), rule));
        }
        let rows = u32::try_from(self.len() + more.len()).ok().filter(|rows| *rows <= u32::MAX >> 1);
        if rows.is_none() {
            return Err(Error::overflow("more than 2147483647 records"));
        }
        let first = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let columns = self.columns.iter().zip(&more.columns);
        let columns = columns.map(|(own, new)| own.with(new, first)).collect::<Result<_>>()?;
        let (sources, source_numbers) = self.sources.with(&more.sources)?;
        let (ids, id_numbers) = self.ids.with(&more.ids)?;
        let numbered = |own: &[u32], new: &[u32], numbers: &[u32]| -> Vec<u32> {
            own.iter().copied().chain(new.iter().map(|n| numbers[*n as usize])).collect()
        };
        let mut all = Self {
            fields: self.fields.clone(),
            columns,
            source_of: numbered(&self.source_of, &more.source_of, &source_numbers),
            id_of: numbered(&self.id_of, &more.id_of, &id_numbers),
            sources,
            ids,
            updated: [&self.updated[..], &more.updated[..]].concat(),
            by_id: Vec::with_capacity(self.len() + more.len()),
            fingerprint: OnceLock::new(),
        };
        all.by_id = all.merged_ids(&self.by_id, &more.by_id, first)?;
        Ok(all)
    }

    /// The rows in ascending order of (source, id), from the orders of the two parts.
    fn merged_ids(&self, own: &[u32], new: &[u32], first: u32) -> Result<Vec<u32>> {
        let key = |row: u32| {
            (self.sources.get(self.source_of[row as usize]), self.ids.get(self.id_of[row as usize]))
        };
        let mut merged = Vec::with_capacity(own.len() + new.len());
        let (mut rest, mut twice) = (own, None);
        for row in new.iter().map(|row| row + first) {
            let own_key = key(row);
            let before = rest.partition_point(|old| key(*old) < own_key);
            let (earlier, later) = rest.split_at(before);
            merged.extend_from_slice(earlier);
            if let Some(same) = later.first().filter(|old| key(**old) == own_key) {
                let pair = (row, *same);
                twice = Some(twice.map_or(pair, |least: (u32, u32)| least.min(pair)));
            }
            merged.push(row);
            rest = later;
        }
        merged.extend_from_slice(rest);
        match twice {
            None => Ok(merged),
            Some((second, first)) => {
                let place = Place::Row { row: u64::from(second) + 1, column: Some("id".into()) };
                let rule = format!("the id of record {} again, in the same source", first + 1);
                Err(Error::input(rule).at(place))
            }
        }
    }
}

impl Column {
    /// The values of both; the rows of `new` come after the `first` rows of this one.
    fn with(&self, new: &Self, first: u32) -> Result<Self> {
        let (texts, numbers) = self.texts.with(&new.texts)?;
        let number = |n: &u32| if *n == NONE { NONE } else { numbers[*n as usize] };
        let more = new.more.iter().map(|(row, n)| (row + first, number(n)));
        Ok(Self {
            texts,
            first: self.first.iter().copied().chain(new.first.iter().map(number)).collect(),
            more: self.more.iter().copied().chain(more).collect(),
        })
    }
}

impl Dictionary {
    /// The texts of both, new ones after the old, and the number of each new text.
    fn with(&self, new: &Self) -> Result<(Self, Vec<u32>)> {
        // The new texts are few: they are hashed into a table, and the old ones looked up in it.
        let hasher = DefaultHashBuilder::default();
        let mut table: HashTable<u32> = HashTable::with_capacity(new.len());
        for (number, text) in (0_u32..).zip(new.iter()) {
            table.insert_unique(hasher.hash_one(text), number, |n| hasher.hash_one(new.get(*n)));
        }
        let mut numbers = vec![NONE; new.len()];
        for (number, text) in (0_u32..).zip(self.iter()) {
            if let Some(found) = table.find(hasher.hash_one(text), |n| new.get(*n) == text) {
                numbers[*found as usize] = number;
            }
        }
        let mut all = self.clone();
        for (number, text) in numbers.iter_mut().zip(new.iter()) {
            if *number == NONE {
                *number = all.push(text)?;
            }
        }
        Ok((all, numbers))
    }
}
