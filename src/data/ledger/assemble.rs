//! From rows in any order to the sorted store: the one path of every constructor.
//!
//! Invariants of what comes out, on which every view relies:
//!
//! 1. rows of customer c are `offsets[c] .. offsets[c + 1]`, anonymous rows stand after the last
//!    customer;
//! 2. within a customer rows ascend by (day, second, order, item, amount, quantity, known day, id), hence days ascend;
//! 3. numbers of customers, orders and items ascend with their keys;
//! 4. nothing depends on the order of arrival: rows that are equal in every column are interchangeable.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::versions::{self, Versions};
use crate::data::{Anonymous, Conflicts, Keys, TimeAxis};
use crate::error::{Error, Result};
use crate::kernel::intern::Interner;
use crate::types::{Amount, Currency, Day, Key};

use super::identity::Identity;
use super::late::Late;
use super::store::{Intake, Ledger, NONE, Rows, Store};
use super::transaction::Transaction;

/// Seconds of a civil day; a leap second counts as the last one of its minute.
pub(super) const SECONDS_PER_DAY: u32 = 86_400;

/// Reason under which skipped rows without a customer are counted.
pub(super) const NO_CUSTOMER: &str = "no customer";

/// Row numbers that are kept for each reason of leaving rows out: enough to look some up, and no file of bad rows
/// can fill the memory with them.
pub(super) const EXAMPLES: usize = 5;

/// Columns in the order of arrival, with provisional numbers for keys.
///
/// Keys get their final ranks only when all rows are in: the order of keys is not known before. Until then a key
/// is the number of its first appearance.
pub(crate) struct Assembler {
    pub(in crate::data) currency: Currency,
    pub(in crate::data) anonymous: Anonymous,
    pub(in crate::data) time: TimeAxis,
    pub(in crate::data) conflicts: Conflicts,
    /// Keys and their provisional numbers.
    pub(super) customers: Interner,
    pub(super) orders: Interner,
    pub(super) items: Interner,
    pub(super) ids: Interner,
    /// Provisional number of each row's customer, [`NONE`] for anonymous rows.
    pub(super) customer: Vec<u32>,
    /// The other columns, with provisional numbers of orders and items.
    pub(super) rows: Rows,
    /// Rows offered, kept or not.
    pub(in crate::data) rows_read: u64,
    /// Rows left out, by reason.
    pub(super) rows_skipped: BTreeMap<String, u64>,
    /// Numbers of the first few of each reason, ascending.
    pub(super) skipped_examples: BTreeMap<String, Vec<u64>>,
    #[cfg(feature = "csv")]
    pub(in crate::data) source: Option<crate::data::csv::CsvSource>,
    pub(in crate::data) rounded_amounts: u64,
}

impl Assembler {
    /// Nothing yet, with the defaults of the policies.
    pub(in crate::data) fn new(currency: Currency) -> Self {
        Self {
            currency,
            anonymous: Anonymous::default(),
            time: TimeAxis::default(),
            conflicts: Conflicts::default(),
            customers: Interner::default(),
            orders: Interner::default(),
            items: Interner::default(),
            ids: Interner::default(),
            customer: Vec::new(),
            rows: Rows::default(),
            rows_read: 0,
            rows_skipped: BTreeMap::new(),
            skipped_examples: BTreeMap::new(),
            #[cfg(feature = "csv")]
            source: None,
            rounded_amounts: 0,
        }
    }

    /// Whether no row has been kept so far.
    pub(in crate::data) fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }

    /// Counts rows that are left out; `examples` are the numbers of the first few, ascending.
    pub(in crate::data) fn skip_many(&mut self, reason: &str, rows: u64, examples: &[u64]) {
        if rows > 0 {
            *self.rows_skipped.entry(reason.to_owned()).or_default() += rows;
            let kept = self.skipped_examples.entry(reason.to_owned()).or_default();
            let room = EXAMPLES.saturating_sub(kept.len());
            kept.extend(examples.iter().take(room));
        }
    }

    /// Adds one row; `number` is its number for messages.
    ///
    /// All checks come before the first change, so that a refused row leaves no trace but in the count of rows read
    /// (and perhaps an unused key).
    pub(in crate::data) fn push(&mut self, number: u64, row: &Transaction<'_>) -> Result<()> {
        if row.second.is_some_and(|s| s >= SECONDS_PER_DAY) {
            return Err(Error::row(number, Some("second_of_day"), "expected 0 to 86399"));
        }
        let named = row.customer.as_ref().filter(|key| !key.is_empty());
        if named.is_none() && self.anonymous == Anonymous::Skip {
            self.skip_many(NO_CUSTOMER, 1, &[number]);
            return Ok(());
        }
        let so_far = self.customer.len();
        for (column, given, kept) in [
            ("amount", row.amount.is_some(), self.rows.amount.is_some()),
            ("quantity", row.quantity.is_some(), self.rows.quantity.is_some()),
        ] {
            if so_far > 0 && given != kept {
                let rule = if kept {
                    "missing, but earlier rows have one"
                } else {
                    "given, but earlier rows have none"
                };
                return Err(Error::row(number, Some(column), rule));
            }
        }
        let customer = number_of(&mut self.customers, named, "customers")?;
        let order = number_of(&mut self.orders, row.order.as_ref(), "orders")?;
        let item = number_of(&mut self.items, row.item.as_ref(), "items")?;
        let id = number_of(&mut self.ids, row.id.as_ref(), "ids")?;
        self.customer.push(customer);
        self.rows.day.push(row.day);
        push_sparse(&mut self.rows.second, so_far, row.second.unwrap_or(NONE));
        push_sparse(&mut self.rows.order, so_far, order);
        push_sparse(&mut self.rows.item, so_far, item);
        push_sparse(&mut self.rows.id, so_far, id);
        match (&mut self.rows.known, row.known.unwrap_or(row.day)) {
            (Some(known), day) => known.push(day),
            (None, day) if day == row.day => {}
            (known, day) => {
                // The column comes into being with its first value; earlier rows were known on their own days.
                *known = Some(self.rows.day[..so_far].iter().copied().chain([day]).collect());
            }
        }
        if let Some(amount) = row.amount {
            self.rows.amount.get_or_insert_default().push(amount);
        }
        if let Some(quantity) = row.quantity {
            self.rows.quantity.get_or_insert_default().push(quantity);
        }
        Ok(())
    }

    /// Applies [`Anonymous::Skip`] to columns that were taken over whole: keeping all and dropping some afterwards is
    /// faster than asking at each row of each column.
    pub(super) fn drop_anonymous(&mut self) {
        if self.anonymous == Anonymous::Keep || !self.customer.contains(&NONE) {
            return;
        }
        let keep: Vec<bool> = self.customer.iter().map(|c| *c != NONE).collect();
        let before = self.customer.len();
        self.rows.retain(&keep);
        retain(&mut self.customer, &keep);
        let first = (1_u64..).zip(&keep).filter(|(_, keep)| !**keep).map(|(row, _)| row).take(EXAMPLES);
        self.skip_many(NO_CUSTOMER, (before - self.customer.len()) as u64, &first.collect::<Vec<_>>());
    }

    /// Sorts everything into place: ranks for provisional numbers, a counting sort by customer, a sort within each
    /// customer, and one gathering pass per column. Row numbers have 32 bits, hence the limit on rows.
    pub(in crate::data) fn build(self) -> Result<Ledger> {
        let n = self.customer.len();
        if n == 0 {
            return Err(Error::empty("a ledger needs at least one usable row"));
        }
        if n >= NONE as usize {
            return Err(Error::overflow("more than 4294967294 rows"));
        }
        let (sorted, ranks) = self.customers.finish();
        let customers = Keys::from_sorted(sorted);
        let mut rows = self.rows;
        let orders = rank_column(self.orders, &mut rows.order);
        let items = rank_column(self.items, &mut rows.item);
        let ids = rank_column(self.ids, &mut rows.id);
        let groups = customers.len() + 1;
        let mut group = self.customer;
        let anonymous = u32::try_from(groups - 1).unwrap_or(NONE);
        for number in &mut group {
            *number = if *number == NONE { anonymous } else { ranks[*number as usize] };
        }
        drop(ranks);
        let (offsets, order) = rows.sort(&group, groups);
        drop(group);
        // The sort has the days; their column would only take memory now.
        drop(std::mem::take(&mut rows.day));
        let rows = rows.gather(&order);
        drop(order);
        let intake = Intake {
            rows_read: self.rows_read,
            rows_skipped: self.rows_skipped,
            skipped_examples: self.skipped_examples,
            rounded_amounts: self.rounded_amounts,
            #[cfg(feature = "csv")]
            source: self.source,
            ..Intake::default()
        };
        Parts {
            currency: self.currency,
            time: self.time,
            customers: Arc::new(customers),
            orders,
            items,
            ids,
            offsets,
            rows,
            covers: None,
            label: None,
            identity: Identity::default(),
            conflicts: self.conflicts,
            intake,
        }
        .finish()
    }
}

/// What a ledger is made of: dictionaries, and rows sorted by customer and content.
pub(super) struct Parts {
    pub(super) currency: Currency,
    pub(super) time: TimeAxis,
    pub(super) customers: Arc<Keys>,
    pub(super) orders: Option<Arc<Keys>>,
    pub(super) items: Option<Arc<Keys>>,
    pub(super) ids: Option<Arc<Keys>>,
    pub(super) offsets: Vec<usize>,
    pub(super) rows: Rows,
    /// Days that are covered in addition to those of the rows.
    pub(super) covers: Option<(Day, Day)>,
    pub(super) label: Option<Arc<str>>,
    pub(super) identity: Identity,
    /// What becomes of versions that contradict each other.
    pub(super) conflicts: Conflicts,
    /// Counts of the reading; those of the rows are made here.
    pub(super) intake: Intake,
}

impl Parts {
    /// Settles versions of one id, counts the rows, and puts the store together.
    pub(super) fn finish(mut self) -> Result<Ledger> {
        let rows = &mut self.rows;
        if rows.known.as_ref().is_some_and(|known| *known == rows.day) {
            rows.known = None;
        }
        if rows.second.as_ref().is_some_and(|seconds| seconds.iter().all(|second| *second == NONE)) {
            rows.second = None;
        }
        rows.superseded = None;
        let (mut repeated, mut corrected, mut conflicting) = (0, 0, 0);
        let distinct = self.ids.as_ref().map_or(0, |ids| ids.len());
        let has_versions = rows.id.as_ref().is_some_and(|ids| versions::any(ids, distinct));
        if let Some(ids) = rows.id.as_ref().filter(|_| has_versions) {
            let gone = versions::without_repeated(&mut self.offsets, ids, |row| rows.repeats(row));
            if let Some((keep, gone)) = gone {
                rows.retain(&keep);
                repeated = gone;
            }
        }
        if let Some(ids) = rows.id.as_ref().filter(|_| has_versions) {
            let known = rows.known.as_ref().unwrap_or(&rows.day);
            let versions = Versions::of(ids, distinct, |row| known[row]);
            versions.check(self.conflicts)?;
            (corrected, conflicting) = (versions.corrected, versions.conflicting);
            rows.superseded = versions.superseded;
        }
        let n = rows.day.len();
        let kept = self.offsets[self.offsets.len() - 2];
        let intake = Intake {
            rows_kept: kept as u64,
            rows_anonymous: (n - kept) as u64,
            duplicate_rows: rows.count_duplicates(&self.offsets),
            refund_rows: (0..n).filter(|i| rows.is_refund(*i)).count() as u64,
            repeated_ids: self.intake.repeated_ids + repeated,
            corrected_rows: corrected,
            conflicting_rows: conflicting,
            ..self.intake
        };
        let first = rows.day.iter().min().copied().unwrap_or(Day::new(0));
        let last = rows.day.iter().max().copied().unwrap_or(Day::new(0));
        let covers = self.covers.map_or((first, last), |(from, to)| (from.min(first), to.max(last)));
        Ok(Ledger(Arc::new(Store {
            currency: self.currency,
            time: self.time,
            customers: self.customers,
            orders: self.orders,
            items: self.items,
            ids: self.ids,
            late: Arc::new(Late::of(&self.rows)),
            offsets: self.offsets.into(),
            rows: Arc::new(self.rows),
            covers,
            label: self.label,
            identity: self.identity,
            conflicts: self.conflicts,
            intake,
            computed: Arc::default(),
        })))
    }
}

/// Offsets of the groups, and day and original row of each place of the sorted store, packed. `group` holds each row's
/// group; rows are fewer than 2^32. Rows of one day are ordered by `compare`, where there is more than days.
///
/// A counting sort by customer carries (day, row) packed in 64 bits, so that the sort inside a customer touches one
/// contiguous slice; only equal days look at the other columns. Its counters have 32 bits: they are visited at random,
/// and fewer cache lines hold them.
///
/// 1. Count the rows of each group; running sums are the offsets.
/// 2. Deal (day, row) pairs to their groups, each pair one 64-bit word whose order is that of days, then rows.
/// 3. Sort each group by its words; only rows of one day are compared by the other columns.
///
/// O(n) for the dealing, O(Σ h log h) for the sorting, h rows of a customer: for shops, where h is ten or a hundred, next
/// to nothing. The row number in the low half makes the sort total, and equal rows interchangeable.
pub(in crate::data) fn sort_rows(
    group: &[u32],
    groups: usize,
    days: &[Day],
    compare: Option<&(dyn Fn(u32, u32) -> Ordering + Sync)>,
) -> (Vec<usize>, Vec<u64>) {
    let mut next = vec![0_u32; groups];
    for g in group {
        next[*g as usize] += 1;
    }
    let mut offsets = Vec::with_capacity(groups + 1);
    let mut start = 0_u32;
    for place in &mut next {
        offsets.push(start as usize);
        start += std::mem::replace(place, start);
    }
    offsets.push(start as usize);
    let mut packed = vec![0_u64; group.len()];
    for ((row, g), day) in (0_u64..).zip(group).zip(days) {
        let place = &mut next[*g as usize];
        // Flipping the sign bit makes the unsigned order that of the days.
        let day = day.days_since_epoch().cast_unsigned() ^ SIGN;
        packed[*place as usize] = u64::from(day) << 32 | row;
        *place += 1;
    }
    drop(next);
    sort_groups(&mut packed, &offsets, |slice| {
        slice.sort_unstable();
        if let Some(compare) = compare {
            for same_day in slice.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
                if same_day.len() > 1 {
                    same_day.sort_unstable_by(|a, b| compare(low(*a), low(*b)).then(a.cmp(b)));
                }
            }
        }
    });
    (offsets, packed)
}

/// The sign bit: turned over, signed days compare as unsigned numbers.
const SIGN: u32 = 0x8000_0000;

/// The day of a packed pair.
fn day_of(packed: u64) -> Day {
    Day::new(((packed >> 32) as u32 ^ SIGN).cast_signed())
}

/// The row number of a packed pair.
#[expect(clippy::cast_possible_truncation, reason = "the row number was packed into the low half")]
pub(in crate::data) fn low(packed: u64) -> u32 {
    packed as u32
}

/// Sorts each group; groups are dealt to threads in runs of about `RUN` rows.
fn sort_groups(packed: &mut [u64], offsets: &[usize], sort: impl Fn(&mut [u64]) + Sync) {
    const RUN: usize = 1 << 16;
    let mut runs: Vec<(&mut [u64], &[usize])> = Vec::new();
    let (mut rest, mut first) = (packed, 0);
    while first + 1 < offsets.len() {
        let goal = offsets[first] + RUN;
        let last = first + offsets[first + 1..].partition_point(|o| *o <= goal).max(1);
        let (run, tail) = rest.split_at_mut(offsets[last] - offsets[first]);
        runs.push((run, &offsets[first..=last]));
        (rest, first) = (tail, last);
    }
    let work = |(run, offsets): &mut (&mut [u64], &[usize])| {
        for pair in offsets.windows(2) {
            sort(&mut run[pair[0] - offsets[0]..pair[1] - offsets[0]]);
        }
    };
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        runs.par_iter_mut().for_each(work);
    }
    #[cfg(not(feature = "rayon"))]
    runs.iter_mut().for_each(work);
}

/// The provisional number of a key, [`NONE`] for no key and for the empty text.
fn number_of(interner: &mut Interner, key: Option<&Key<'_>>, what: &'static str) -> Result<u32> {
    key.filter(|key| !key.is_empty()).map_or(Ok(NONE), |key| interner.key(key, what))
}

/// A column comes into being with its first value; earlier rows have none. Ledgers without orders, items or times
/// never pay for the column.
fn push_sparse(column: &mut Option<Vec<u32>>, so_far: usize, value: u32) {
    match column {
        Some(values) => values.push(value),
        None if value != NONE => {
            let mut values = vec![NONE; so_far];
            values.push(value);
            *column = Some(values);
        }
        None => {}
    }
}

/// Replaces provisional numbers by ranks; no dictionary, and no column, where no row has a value.
fn rank_column(interner: Interner, column: &mut Option<Vec<u32>>) -> Option<Arc<Keys>> {
    if interner.len() == 0 {
        *column = None;
    }
    let numbers = column.as_mut()?;
    let (sorted, ranks) = interner.finish();
    for number in numbers.iter_mut().filter(|n| **n != NONE) {
        *number = ranks[*number as usize];
    }
    Some(Arc::new(Keys::from_sorted(sorted)))
}

/// Keeps the values whose flag is set, in their order.
fn retain<T: Copy>(values: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    values.retain(|_| *keep.next().unwrap_or(&false));
}

impl Rows {
    /// The same for every column.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.day, keep);
        self.second.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.order.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.item.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.amount.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.quantity.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.known.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.id.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
        self.superseded.as_mut().map(|c| retain(c, keep)).unwrap_or_default();
    }

    /// By everything but the day, in the order of invariant 2. A column that is absent is equal for all rows.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        fn by<T: Ord + Copy>(column: Option<&Vec<T>>, a: u32, b: u32) -> Ordering {
            column.map_or(Ordering::Equal, |c| c[a as usize].cmp(&c[b as usize]))
        }
        by(self.second.as_ref(), a, b)
            .then_with(|| by(self.order.as_ref(), a, b))
            .then_with(|| by(self.item.as_ref(), a, b))
            .then_with(|| by(self.amount.as_ref(), a, b))
            .then_with(|| by(self.quantity.as_ref(), a, b))
            .then_with(|| by(self.known.as_ref(), a, b))
            .then_with(|| by(self.id.as_ref(), a, b))
    }

    /// The rows in the order of [`sort_rows`], column by column: one random read per value, but none for the days, which
    /// the sort has carried along.
    pub(super) fn gather(&self, order: &[u64]) -> Self {
        fn pick<T: Copy>(column: &[T], order: &[u64]) -> Vec<T> {
            order.iter().map(|packed| column[low(*packed) as usize]).collect()
        }
        Self {
            day: order.iter().map(|packed| day_of(*packed)).collect(),
            second: self.second.as_ref().map(|c| pick(c, order)),
            order: self.order.as_ref().map(|c| pick(c, order)),
            item: self.item.as_ref().map(|c| pick(c, order)),
            amount: self.amount.as_ref().map(|c| pick(c, order)),
            quantity: self.quantity.as_ref().map(|c| pick(c, order)),
            known: self.known.as_ref().map(|c| pick(c, order)),
            id: self.id.as_ref().map(|c| pick(c, order)),
            superseded: self.superseded.as_ref().map(|c| pick(c, order)),
        }
    }

    /// The rows at these places, in their order.
    pub(super) fn select(&self, places: &[usize]) -> Self {
        fn pick<T: Copy>(column: &[T], places: &[usize]) -> Vec<T> {
            places.iter().map(|place| column[*place]).collect()
        }
        Self {
            day: pick(&self.day, places),
            second: self.second.as_ref().map(|c| pick(c, places)),
            order: self.order.as_ref().map(|c| pick(c, places)),
            item: self.item.as_ref().map(|c| pick(c, places)),
            amount: self.amount.as_ref().map(|c| pick(c, places)),
            quantity: self.quantity.as_ref().map(|c| pick(c, places)),
            known: self.known.as_ref().map(|c| pick(c, places)),
            id: self.id.as_ref().map(|c| pick(c, places)),
            superseded: self.superseded.as_ref().map(|c| pick(c, places)),
        }
    }

    /// Rows equal to their predecessor within a group. Sorting has put equal rows side by side, so that neighbours
    /// suffice.
    pub(super) fn count_duplicates(&self, offsets: &[usize]) -> u64 {
        let inside = offsets.windows(2).flat_map(|w| w[0] + 1..w[1].max(w[0] + 1));
        inside.filter(|row| self.repeats(*row)).count() as u64
    }

    /// The order of the rows within their groups: see [`sort_rows`].
    pub(super) fn sort(&self, group: &[u32], groups: usize) -> (Vec<usize>, Vec<u64>) {
        let by_content = self.second.is_some()
            || self.order.is_some()
            || self.item.is_some()
            || self.amount.is_some()
            || self.quantity.is_some()
            || self.known.is_some()
            || self.id.is_some();
        let compare = |a, b| self.compare(a, b);
        sort_rows(group, groups, &self.day, by_content.then_some(&compare))
    }

    /// Whether a row equals the one before it in every column.
    #[expect(clippy::cast_possible_truncation, reason = "rows are fewer than 2^32")]
    fn repeats(&self, row: usize) -> bool {
        self.day[row - 1] == self.day[row] && self.compare(row as u32 - 1, row as u32).is_eq()
    }

    /// Whether a row gives money or goods back. One of the two suffices: some files have negative prices, others
    /// negative quantities, and both at once is still one refund.
    pub(crate) fn is_refund(&self, row: usize) -> bool {
        self.amount.as_ref().is_some_and(|a| a[row] < Amount::ZERO)
            || self.quantity.as_ref().is_some_and(|q| q[row].in_thousandths() < 0)
    }
}

impl Store {
    /// The same rows, shared.
    pub(super) fn shallow_clone(&self) -> Self {
        Self {
            currency: self.currency,
            time: self.time,
            customers: Arc::clone(&self.customers),
            orders: self.orders.clone(),
            items: self.items.clone(),
            offsets: Arc::clone(&self.offsets),
            rows: Arc::clone(&self.rows),
            covers: self.covers,
            label: self.label.clone(),
            identity: self.identity,
            conflicts: self.conflicts,
            intake: self.intake.clone(),
            computed: Arc::clone(&self.computed),
            ids: self.ids.clone(),
            late: Arc::clone(&self.late),
        }
    }
}
