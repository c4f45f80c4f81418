//! The one table behind events and contracts: columns sorted by customer and time, views as of a moment,
//! versions by id, and new rows without a rebuild.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::ledger::{low, sort_rows};
use crate::data::merge::{Merged, Plan};
use crate::data::versions::{self, Versions};
use crate::data::{Conflicts, Keys, Knowledge};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::intern::Interner;
use crate::types::{Day, Key, Moment};

/// "Not known" in a column of numbers or of seconds.
pub(super) const NONE: u32 = u32::MAX;
/// The end of a row without one, after every day that a view can have.
pub(super) const RUNNING: Day = Day::new(i32::MAX);

/// Columns of keys: the kind of an event or the plan of a contract, and what else is known.
pub(super) const KIND: usize = 0;
pub(super) const CHANNEL: usize = 1;
pub(super) const CAMPAIGN: usize = 2;
pub(super) const TEXT: usize = 3;
pub(super) const ID: usize = 4;
/// How many there are.
const LABELS: usize = 5;
const NAMES: [&str; LABELS] = ["kinds", "channels", "campaigns", "texts", "ids"];

/// A row as it comes in.
#[derive(Clone)]
pub(super) struct Arrival<'a> {
    pub(super) customer: Key<'a>,
    pub(super) day: Day,
    pub(super) second: Option<u32>,
    pub(super) end: Option<Day>,
    pub(super) value: Option<f64>,
    pub(super) labels: [Option<Key<'a>>; LABELS],
    pub(super) known: Option<(Day, Option<u32>)>,
}

impl<'a> Arrival<'a> {
    #[inline]
    pub(super) fn new(customer: Key<'a>, day: Day) -> Self {
        Self { customer, day, second: None, end: None, value: None, labels: Default::default(), known: None }
    }

    /// When the row happened: the last second of its day where the second is not known.
    fn moment(&self) -> Moment {
        Moment::known(self.day, self.second.unwrap_or(NONE))
    }

    /// When it became known: without a second that of the row itself on its own day, else the last one.
    fn known(&self) -> Moment {
        match self.known {
            None => self.moment(),
            Some((day, None)) if day == self.day => self.moment(),
            Some((day, second)) => Moment::known(day, second.unwrap_or(NONE)),
        }
    }
}

/// The columns; an optional one is absent where no row has a value. All have one value for each row.
#[derive(Clone, Default)]
pub(super) struct Table {
    day: Vec<Day>,
    /// Second of the day, [`NONE`] where it is not known.
    second: Option<Vec<u32>>,
    /// Last day in force, [`RUNNING`] for none.
    end: Option<Vec<Day>>,
    /// NaN for none.
    value: Option<Vec<f64>>,
    labels: [Option<Vec<u32>>; LABELS],
    /// Absent where every row was known when it happened.
    known: Option<Vec<Moment>>,
    /// When another version of the row takes its place, if ever.
    superseded: Option<Vec<Option<Moment>>>,
}

/// The last moment there is: all that will ever be known is known by then.
fn last() -> Moment {
    Moment::end_of(Day::new(i32::MAX))
}

/// Rows of many customers, sorted by customer, time and content. A clone shares the columns.
#[derive(Clone)]
pub(super) struct Timeline {
    pub(super) customers: Arc<Keys>,
    pub(super) dictionaries: [Option<Arc<Keys>>; LABELS],
    /// One for each customer and one for the end.
    offsets: Arc<[usize]>,
    pub(super) table: Arc<Table>,
    pub(super) intake: TimelineIntake,
    /// What becomes of versions of one row that contradict each other.
    conflicts: Conflicts,
    /// Customers of whom some row does not count from its own moment on for ever, in ascending order.
    late: Arc<[u32]>,
}

/// What came in and what became of it: nothing is dropped without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TimelineIntake {
    /// Rows left out because a row of the same id says the same in every column.
    pub repeated_ids: u64,
    /// Rows that a later version of the same id has replaced: before that they still count.
    pub corrected_rows: u64,
    /// Rows that never count, as another version of the same id became known at the same time
    /// ([`Conflicts::Count`]).
    pub conflicting_rows: u64,
    /// Rows of a file that could not be used, by reason; empty for other constructors, which refuse them.
    pub rows_skipped: BTreeMap<String, u64>,
}

/// Rows in the order of arrival.
#[derive(Default)]
pub(super) struct Arrivals {
    pub(super) conflicts: Conflicts,
    customers: Interner,
    labels: [Interner; LABELS],
    customer: Vec<u32>,
    table: Table,
    pub(super) skipped: BTreeMap<String, u64>,
}

impl std::fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows", self.customer.len())
    }
}

/// A column comes into being with its first value; earlier rows have `absent`.
fn push<T: Copy + PartialEq>(column: &mut Option<Vec<T>>, so_far: usize, value: Option<T>, absent: T) {
    match (column, value) {
        (Some(column), value) => column.push(value.unwrap_or(absent)),
        (None, None) => {}
        (column, Some(value)) => {
            let mut values = vec![absent; so_far];
            values.push(value);
            *column = Some(values);
        }
    }
}

impl Arrivals {
    /// Adds a row whose values have been checked.
    pub(super) fn push(&mut self, row: &Arrival<'_>) -> Result<()> {
        let so_far = self.customer.len();
        let customer = self.customers.key(&row.customer, "customers")?;
        let mut numbers = [None; LABELS];
        for (number, (label, (interner, name))) in
            numbers.iter_mut().zip(row.labels.iter().zip(self.labels.iter_mut().zip(NAMES)))
        {
            let label = label.as_ref().filter(|key| !key.is_empty());
            *number = label.map(|key| interner.key(key, name)).transpose()?;
        }
        self.customer.push(customer);
        let table = &mut self.table;
        table.day.push(row.day);
        push(&mut table.second, so_far, row.second, NONE);
        push(&mut table.end, so_far, row.end, RUNNING);
        push(&mut table.value, so_far, row.value, f64::NAN);
        for (column, number) in table.labels.iter_mut().zip(numbers) {
            push(column, so_far, number, NONE);
        }
        let known = row.known();
        match &mut table.known {
            Some(column) => column.push(known),
            None if known == row.moment() => {}
            None => {
                let own = (0..so_far).map(|row| table.moment(row)).chain([known]).collect();
                table.known = Some(own);
            }
        }
        Ok(())
    }

    /// Sorts the rows; O(n log n).
    pub(super) fn build(mut self) -> Result<Timeline> {
        if self.customer.is_empty() {
            return Err(Error::empty("a timeline needs at least one usable row"));
        }
        if self.customer.len() >= NONE as usize {
            return Err(Error::overflow("more than 4294967294 rows"));
        }
        let (customers, ranks) = self.customers.finish();
        for number in &mut self.customer {
            *number = ranks[*number as usize];
        }
        let mut dictionaries = [const { None }; LABELS];
        for ((dictionary, interner), column) in
            dictionaries.iter_mut().zip(self.labels).zip(&mut self.table.labels)
        {
            let Some(column) = column else { continue };
            let (sorted, ranks) = interner.finish();
            for number in column.iter_mut().filter(|number| **number != NONE) {
                *number = ranks[*number as usize];
            }
            *dictionary = Some(Arc::new(Keys::from_sorted(sorted)));
        }
        let table = &self.table;
        let compare = |a: u32, b: u32| table.compare(a as usize, table, b as usize, &|_, number| number);
        let (offsets, order) = sort_rows(&self.customer, ranks.len(), &table.day, Some(&compare));
        let table = table.select(order.iter().map(|packed| low(*packed) as usize));
        let intake = TimelineIntake { rows_skipped: self.skipped, ..TimelineIntake::default() };
        let customers = Arc::new(Keys::from_sorted(customers));
        Timeline::finish(customers, dictionaries, offsets, table, intake, self.conflicts)
    }
}

impl Table {
    fn moment(&self, row: usize) -> Moment {
        Moment::known(self.day[row], self.second.as_ref().map_or(NONE, |second| second[row]))
    }

    fn known(&self, row: usize) -> Moment {
        self.known.as_ref().map_or_else(|| self.moment(row), |known| known[row])
    }

    /// Whether a row is known at a moment, and no other version has replaced it.
    fn counts(&self, row: usize, at: Moment) -> bool {
        let superseded = self.superseded.as_ref().and_then(|by| by[row]);
        self.known(row) <= at && superseded.is_none_or(|by| by > at)
    }

    fn label(&self, label: usize, row: usize) -> u32 {
        self.labels[label].as_ref().map_or(NONE, |column| column[row])
    }

    /// By the whole content; `number` translates the numbers of this table into those of the other.
    fn compare(&self, a: usize, other: &Self, b: usize, number: &dyn Fn(usize, u32) -> u32) -> Ordering {
        let end = |table: &Self, row: usize| table.end.as_ref().map_or(RUNNING, |end| end[row]);
        let second = |table: &Self, row: usize| table.second.as_ref().map_or(NONE, |second| second[row]);
        // Rows without a value come before those with one.
        let value = |table: &Self, row: usize| {
            let value = table.value.as_ref().map_or(f64::NAN, |value| value[row]);
            if value.is_nan() { f64::NEG_INFINITY } else { value }
        };
        let labels = |from: usize, to: usize| {
            (from..to)
                .map(|l| number(l, self.label(l, a)).cmp(&other.label(l, b)))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        self.day[a]
            .cmp(&other.day[b])
            .then_with(|| second(self, a).cmp(&second(other, b)))
            .then_with(|| labels(KIND, TEXT))
            .then_with(|| end(self, a).cmp(&end(other, b)))
            .then_with(|| value(self, a).total_cmp(&value(other, b)))
            .then_with(|| labels(TEXT, ID))
            .then_with(|| self.known(a).cmp(&other.known(b)))
            .then_with(|| labels(ID, LABELS))
    }

    /// The rows at these places, in their order.
    fn select(&self, places: impl Iterator<Item = usize> + Clone) -> Self {
        fn pick<T: Copy>(column: Option<&Vec<T>>, places: impl Iterator<Item = usize>) -> Option<Vec<T>> {
            column.map(|column| places.map(|place| column[place]).collect())
        }
        Self {
            day: places.clone().map(|place| self.day[place]).collect(),
            second: pick(self.second.as_ref(), places.clone()),
            end: pick(self.end.as_ref(), places.clone()),
            value: pick(self.value.as_ref(), places.clone()),
            labels: std::array::from_fn(|label| pick(self.labels[label].as_ref(), places.clone())),
            known: pick(self.known.as_ref(), places),
            superseded: None,
        }
    }

    /// The rows of both, by plan; numbers of the new ones are those of the result already.
    fn with(&self, new: &Self, plan: &Plan, merged: &[Merged; LABELS]) -> Self {
        let known = (self.known.is_some() || new.known.is_some()).then(|| {
            let all = |table: &Self| (0..table.day.len()).map(|row| table.known(row)).collect::<Vec<_>>();
            plan.copy(&all(self), &all(new))
        });
        Self {
            day: plan.copy(&self.day, &new.day),
            second: plan.sparse(self.second.as_ref(), new.second.as_ref(), NONE),
            end: plan.sparse(self.end.as_ref(), new.end.as_ref(), RUNNING),
            value: plan.sparse(self.value.as_ref(), new.value.as_ref(), f64::NAN),
            labels: std::array::from_fn(|label| {
                plan.numbers(self.labels[label].as_ref(), new.labels[label].as_ref(), &merged[label])
            }),
            known,
            superseded: None,
        }
    }
}

impl Timeline {
    /// Settles versions of one id and finds the rows that do not always count.
    fn finish(
        customers: Arc<Keys>,
        dictionaries: [Option<Arc<Keys>>; LABELS],
        mut offsets: Vec<usize>,
        mut table: Table,
        mut intake: TimelineIntake,
        conflicts: Conflicts,
    ) -> Result<Self> {
        let distinct = dictionaries[ID].as_ref().map_or(0, |ids| ids.len());
        let has_versions = table.labels[ID].as_ref().is_some_and(|ids| versions::any(ids, distinct));
        if let Some(ids) = table.labels[ID].as_ref().filter(|_| has_versions) {
            let same = |_: usize, number: u32| number;
            let repeats = |row: usize| table.compare(row - 1, &table, row, &same).is_eq();
            if let Some((keep, gone)) = versions::without_repeated(&mut offsets, ids, repeats) {
                table = table.select((0..keep.len()).filter(|row| keep[*row]));
                intake.repeated_ids += gone;
            }
        }
        (intake.corrected_rows, intake.conflicting_rows) = (0, 0);
        if let Some(ids) = table.labels[ID].as_ref().filter(|_| has_versions) {
            let versions = Versions::of(ids, distinct, |row| table.known(row));
            versions.check(conflicts)?;
            (intake.corrected_rows, intake.conflicting_rows) = (versions.corrected, versions.conflicting);
            table.superseded = versions.superseded;
        }
        let is_late = |row: usize| {
            table.known(row) > table.moment(row)
                || table.superseded.as_ref().is_some_and(|moment| moment[row].is_some())
        };
        let all = if table.known.is_some() || table.superseded.is_some() { customers.len() } else { 0 };
        let late = (0_u32..).zip(offsets.windows(2).take(all));
        let late = late.filter(|(_, rows)| (rows[0]..rows[1]).any(is_late)).map(|(customer, _)| customer);
        let late = late.collect();
        Ok(Self {
            customers,
            dictionaries,
            offsets: offsets.into(),
            table: Arc::new(table),
            intake,
            conflicts,
            late,
        })
    }

    /// Number of rows, all versions included.
    pub(super) fn len(&self) -> usize {
        self.table.day.len()
    }

    /// What a rebuild from the rows of both gives.
    pub(super) fn extend(&self, new: &Self) -> Result<Self> {
        if self.len() + new.len() >= NONE as usize {
            return Err(Error::overflow("more than 4294967294 rows"));
        }
        let customers = Merged::of(Some(&self.customers), Some(&new.customers));
        let merged: [Merged; LABELS] = std::array::from_fn(|label| {
            Merged::of(self.dictionaries[label].as_ref(), new.dictionaries[label].as_ref())
        });
        let mut more = (*new.table).clone();
        for (column, merged) in more.labels.iter_mut().zip(&merged) {
            column.iter_mut().flatten().for_each(|number| *number = merged.of_new(*number));
        }
        let translated = |label: usize, number: u32| merged[label].of_old(number);
        let before = |old: usize, new: usize| self.table.compare(old, &more, new, &translated).is_lt();
        let people = (self.customers.len(), new.customers.len());
        let plan = Plan::new(&self.offsets, &new.offsets, &customers, people, &before);
        let table = self.table.with(&more, &plan, &merged);
        let mut intake = self.intake.clone();
        intake.repeated_ids += new.intake.repeated_ids;
        for (reason, rows) in &new.intake.rows_skipped {
            *intake.rows_skipped.entry(reason.clone()).or_default() += rows;
        }
        let dictionaries = merged.map(|merged| merged.keys);
        let customers = customers.keys.unwrap_or_else(|| self.customers.clone());
        Self::finish(customers, dictionaries, plan.offsets, table, intake, self.conflicts)
    }

    /// A view at a moment.
    pub(super) fn at(&self, moment: Moment, knowledge: Knowledge) -> View<'_> {
        View { timeline: self, moment, knowledge }
    }
}

/// A timeline as it was known at a moment.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) moment: Moment,
    pub(super) knowledge: Knowledge,
}

impl<'a> View<'a> {
    /// The rows of a customer, in order; none for a customer who is not known. O(log customers +
    /// log rows).
    pub(super) fn rows(&self, customer: &Key<'_>) -> Rows<'a> {
        let timeline = self.timeline;
        let Some(customer) = timeline.customers.find(customer) else {
            return Rows { timeline, start: 0, end: 0, known_at: None };
        };
        let (start, mut end) = (timeline.offsets[customer], timeline.offsets[customer + 1]);
        let mut low = start;
        while low < end {
            let middle = low + (end - low) / 2;
            if timeline.table.moment(middle) <= self.moment {
                low = middle + 1;
            } else {
                end = middle;
            }
        }
        let is_late =
            u32::try_from(customer).is_ok_and(|number| timeline.late.binary_search(&number).is_ok());
        let known_at = if self.knowledge == Knowledge::Hindsight { last() } else { self.moment };
        Rows { timeline, start, end: low, known_at: is_late.then_some(known_at) }
    }
}

/// Some rows of one customer.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) timeline: &'a Timeline,
    start: usize,
    end: usize,
    /// When the rows must have been known; `None` where all of them were.
    known_at: Option<Moment>,
}

impl<'a> Rows<'a> {
    /// How many there are; O(rows) for a customer of late rows.
    pub(super) fn len(&self) -> usize {
        self.known_at.map_or(self.end - self.start, |_| self.places().count())
    }

    /// Places in the table, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + use<'a> {
        let Self { timeline, start, end, known_at } = *self;
        (start..end).filter(move |row| known_at.is_none_or(|at| timeline.table.counts(*row, at)))
    }

    pub(super) fn day(&self, place: usize) -> Day {
        self.timeline.table.day[place]
    }

    pub(super) fn second(&self, place: usize) -> Option<u32> {
        self.timeline.table.second.as_ref().map(|second| second[place]).filter(|second| *second != NONE)
    }

    pub(super) fn end(&self, place: usize) -> Option<Day> {
        self.timeline.table.end.as_ref().map(|end| end[place]).filter(|end| *end != RUNNING)
    }

    pub(super) fn value(&self, place: usize) -> Option<f64> {
        self.timeline.table.value.as_ref().map(|value| value[place]).filter(|value| !value.is_nan())
    }

    pub(super) fn number(&self, label: usize, place: usize) -> u32 {
        self.timeline.table.label(label, place)
    }

    pub(super) fn label(&self, label: usize, place: usize) -> Option<Key<'a>> {
        self.timeline.dictionaries[label].as_ref()?.get(self.number(label, place) as usize)
    }
}

/// The error of a column of another length.
pub(super) fn check_lengths(n: usize, lengths: &[(&'static str, Option<usize>)]) -> Result<()> {
    for (name, length) in lengths {
        if let Some(got) = length.filter(|length| *length != n) {
            return Err(Error::shape("rows", n, got).at(crate::error::Place::Column((*name).into())));
        }
    }
    Ok(())
}

/// A second of the day in range, or the error that names the row and the column.
pub(super) fn check_second(row: u64, column: &'static str, second: Option<u32>) -> Result<()> {
    match second {
        Some(second) if second >= Moment::SECONDS => {
            let place = crate::error::Place::Row { row, column: Some(column.into()) };
            Err(Error::new(ErrorKind::InvalidInput, place, "expected 0 to 86399"))
        }
        _ => Ok(()),
    }
}
