//! `Summary`: the mergeable state and its doors.
//!
//! A row becomes a [`Fact`] and goes to the record of its customer. Columns with integer keys, the case where speed
//! matters, are first scattered by shard: rows of one shard then meet records that fit the processor's cache. Which
//! way a row takes never shows in the result.

use std::fmt;
use std::ops::Range;

use crate::data::{AmountColumn, Columns, DayColumn, KeyColumn, Occasion, Refunds, Transaction};
use crate::error::{Error, Place, Result};
use crate::kernel::intern::Interner;
use crate::kernel::par;
use crate::types::{AsOf, Currency, Day, Key};

use super::shard::{Fact, KeyHash, Packed, Record, SHARDS, Shard};
use super::table::SummaryParams;
use super::waiting::Waiting;

/// Rows that are scattered by shard at a time: bounds the memory beside the records (16 bytes a row).
/// Smaller in tests, so that they cross the borders of blocks without a million rows.
const BLOCK: usize = if cfg!(test) { 1 << 14 } else { 1 << 21 };
/// Rows a thread scatters at a time; a fixed number, so that threads never matter.
const CHUNK: usize = if cfg!(test) { 1 << 12 } else { 1 << 16 };
/// Rows whose amounts are converted at a time.
const RUN: usize = 512;

/// Purchases in sum, collected from a stream of rows in any order and mergeable with other summaries.
///
/// Merging is exact: shards in any order, one pass over all rows, and a ledger of the same rows give the same table. The
/// memory needed grows with customers and with the days (or orders) on which they bought, not with rows:
///
/// | occasions | bytes per customer |
/// |---|---|
/// | [`Row`](Occasion::Row) | 40 for the record, 12 to 24 for its place by hash |
/// | [`Day`](Occasion::Day) | the same, and 16 (while filling up to 32) for each block of 64 days with a purchase |
/// | [`Order`](Occasion::Order) | the same, and 12 (while filling up to 24) for each order |
///
/// Rows after the as-of day are ignored, and counted. A row of amount zero is a purchase. A refund (amount or quantity
/// below zero) is an occasion under [`Occasion::Row`] with [`Refunds::Net`] only.
///
/// ```
/// use regulars::data::{Columns, Summary, SummaryParams, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let params = SummaryParams::new(AsOf::ymd(2024, 5, 31)?, Currency::EUR);
/// let mut monday = Summary::new(params);
/// monday.push(Transaction::new(7, Day::ymd(2024, 5, 6)?).amount(Amount::minor(1_250)))?;
///
/// let (customers, days, amounts) = (vec![7_i64, 9], vec![19_850_i32, 19_850], vec![3.5, 9.99]);
/// let mut tuesday = Summary::new(params);
/// tuesday.push_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts))?;
///
/// monday.merge(tuesday)?;
/// let table = monday.finish()?;
/// assert_eq!(table.occasions(), [2, 1]);
/// assert_eq!(table.spend(), Some(&[Amount::minor(1_600), Amount::minor(999)][..]));
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # When to use it, and when a ledger
/// A summary answers RFM and lifetime value and forgets rows; a [`Ledger`](crate::data::Ledger) keeps them for
/// churn, rhythm, baskets, and for any as-of day. A summary fits where rows do not: it takes a day's file and is
/// saved by [`persist`](crate::persist) until the next one.
///
/// # Recipes
/// A stream that is saved every night. The file holds sums by customer; the next night moves the as-of
/// day on and adds the day's rows. A row that comes too early waits for its day.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use regulars::data::{Columns, Summary, SummaryParams};
/// use regulars::persist;
/// use regulars::types::{AsOf, Currency, Day};
///
/// let evening = |night: i32| AsOf::new(Day::new(19_850 + night));
/// let mut file = Vec::new();
/// persist::write(&mut file, &Summary::new(SummaryParams::new(evening(0), Currency::EUR)))?;
/// for night in 0..3 {
///     let mut sums: Summary = persist::read(file.as_slice())?;
///     sums.advance(evening(night))?;
///     let (customers, days) = (vec![7_i64, 9], vec![19_850, 19_850 + night]);
///     sums.push_columns(&Columns::new(Currency::EUR, &customers, &days))?;
///     file.clear();
///     persist::write(&mut file, &sums)?;
/// }
/// let table = persist::read::<Summary>(file.as_slice())?.finish()?;
/// assert_eq!(table.occasions(), [1, 3]); // 7 came on one day only, 9 on three
/// assert_eq!(table.recency_days(1), Some(0)); // 9 came on the last evening
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Files of one month each on several machines: one summary a file, merged in any order, into RFM and lifetime histories.
///
/// ```
/// use regulars::data::{PurchaseHistory, Summary, SummaryParams, TimeUnit, Transaction};
/// use regulars::rfm::RfmParams;
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let params = SummaryParams::new(AsOf::ymd(2024, 3, 31)?, Currency::EUR);
/// let month = |month: u32, customers: &[&'static str]| -> regulars::Result<Summary> {
///     let mut sums = Summary::new(params);
///     for customer in customers {
///         sums.push(Transaction::new(*customer, Day::ymd(2024, month, 3)?).amount(Amount::minor(1_000)))?;
///     }
///     Ok(sums)
/// };
/// let mut quarter = month(2, &["ann"])?;
/// quarter.merge(month(1, &["ann", "bob"])?)?;
/// quarter.merge(month(3, &["ann", "cleo"])?)?;
///
/// let scores = RfmParams::new().fit(&quarter)?.score(&quarter)?;
/// assert_eq!(scores.by_key("ann").map(|rfm| (rfm.frequency, rfm.recency)), Some((3, 28)));
/// let lives = PurchaseHistory::from_purchases(&quarter.finish()?, TimeUnit::Day)?;
/// assert_eq!(lives.x(), [2.0, 0.0, 0.0]);
/// assert_eq!(lives.t(), [88.0, 88.0, 28.0]); // days since 3 January, 3 January, 3 March
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Summary {
    /// How rows are counted; fixed for life.
    pub(super) policy: SummaryParams,
    /// Seeded afresh for each summary; not saved.
    pub(super) hash: KeyHash,
    /// Customers with integer keys, by hash.
    pub(super) integers: Vec<Shard>,
    /// Customers with text keys, numbered by `names`.
    pub(super) names: Interner,
    /// One shard for all texts: their interner has hashed them already.
    pub(super) texts: Shard,
    /// Order keys, for occasions by order only.
    pub(super) orders: Interner,
    /// `None` before the first row.
    pub(super) has_amounts: Option<bool>,
    /// Rows after the as-of day, in no order.
    pub(super) waiting: Vec<Waiting>,
    /// Rows by what became of them.
    pub(super) tally: Tally,
}

/// What came in and what became of it.
///
/// ```
/// use regulars::data::{Summary, SummaryParams, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut summary = Summary::new(SummaryParams::new(AsOf::new(Day::new(10)), Currency::EUR));
/// summary.push(Transaction::new("ann", Day::new(3)).amount(Amount::minor(500)))?;
/// summary.push(Transaction::new("ann", Day::new(4)).amount(Amount::minor(-500)))?;
/// summary.push(Transaction::new("bob", Day::new(11)).amount(Amount::minor(900)))?; // after the as-of day
/// summary.push(Transaction::anonymous(Day::new(3)).amount(Amount::minor(100)))?;
/// let tally = summary.tally();
/// assert_eq!((tally.rows_read, tally.rows_after_as_of, tally.rows_without_customer), (4, 1, 1));
/// assert_eq!((tally.refund_rows, tally.rounded_amounts), (1, 0));
/// assert_eq!(summary.len(), 1); // bob was not yet a customer
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Tally {
    /// Rows offered, except those that an error refused.
    pub rows_read: u64,
    /// Rows that wait for [`Summary::advance`], as their day, or the day they become known, lies after the as-of day.
    pub rows_after_as_of: u64,
    /// Rows left out because they name no customer.
    pub rows_without_customer: u64,
    /// Rows up to the as-of day whose amount or quantity is below zero.
    pub refund_rows: u64,
    /// Amounts that were finer than the currency and had to be rounded.
    pub rounded_amounts: u64,
}

impl Tally {
    /// Adds another tally; counts stay at their limit rather than wrap.
    pub(super) fn add(&mut self, other: &Self) {
        self.rows_read = self.rows_read.saturating_add(other.rows_read);
        self.rows_after_as_of = self.rows_after_as_of.saturating_add(other.rows_after_as_of);
        self.rows_without_customer = self.rows_without_customer.saturating_add(other.rows_without_customer);
        self.refund_rows = self.refund_rows.saturating_add(other.refund_rows);
        self.rounded_amounts = self.rounded_amounts.saturating_add(other.rounded_amounts);
    }
}

impl Summary {
    /// A summary without rows.
    pub fn new(params: SummaryParams) -> Self {
        Self {
            policy: params,
            hash: KeyHash::random(),
            integers: (0..SHARDS).map(|_| Shard::default()).collect(),
            names: Interner::default(),
            texts: Shard::default(),
            orders: Interner::default(),
            has_amounts: None,
            waiting: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// How purchases are counted; what another summary must share to be merged.
    pub fn params(&self) -> SummaryParams {
        self.policy
    }

    /// The last known day, inclusive.
    pub fn as_of(&self) -> AsOf {
        self.policy.as_of
    }

    /// Rows that came in, and what became of them; after merging, those of all.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Number of customers seen so far, those without a purchase included: customers with a row of theirs up to the
    /// as-of day.
    pub fn len(&self) -> usize {
        self.integers.iter().map(|s| s.records.len()).sum::<usize>() + self.texts.records.len()
    }

    /// Whether no customer was seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one row. Amortised constant time; O(log days) where occasions are days or orders.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row: another currency, an amount missing where earlier
    /// rows had one (or the other way round), an id (no row is kept that another version could replace), no order where occasions are orders. The row is then not taken in, and the
    /// summary can go on.
    ///
    /// ```
    /// use regulars::data::{Occasion, Summary, SummaryParams, Transaction};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let params = SummaryParams::new(AsOf::new(Day::new(10)), Currency::EUR).occasion(Occasion::Order);
    /// let mut summary = Summary::new(params);
    /// let error = summary.push(Transaction::new("ann", Day::new(3))).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "row 1, column `order`: missing, but occasions by order need it in every row of a purchase"
    /// );
    /// assert!(summary.push(Transaction::new("ann", Day::new(3)).order("A-1")).is_ok());
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a row is handed over, as to the builder of a ledger")]
    pub fn push(&mut self, row: Transaction<'_>) -> Result<()> {
        let number = self.tally.rows_read.saturating_add(1);
        if row.id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Err(Error::row(number, Some("id"), NO_IDS));
        }
        if let Some(currency) = row.currency.filter(|c| *c != self.policy.currency) {
            let rule =
                format!("expected the summary's currency {:?}, got {currency:?}", self.policy.currency);
            return Err(Error::row(number, Some("currency"), rule));
        }
        let amount = row.amount.map(crate::types::Amount::in_minor);
        self.check_amounts(amount.is_some()).map_err(|rule| Error::row(number, Some("amount"), rule))?;
        let is_refund = amount.is_some_and(|a| a < 0) || row.quantity.is_some_and(|q| q.in_thousandths() < 0);
        let amount = signed(amount.unwrap_or(0), is_refund);
        let Some(customer) = row.customer.as_ref().filter(|key| !key.is_empty()) else {
            self.tally.rows_read = number;
            self.tally.rows_without_customer += 1;
            return Ok(());
        };
        let named = row.order.as_ref().filter(|key| !key.is_empty());
        let needs_order = self.policy.occasion == Occasion::Order && !is_refund;
        if needs_order && named.is_none() {
            return Err(Error::row(number, Some("order"), NEEDS_ORDER));
        }
        let due = row.day.max(row.known.unwrap_or(row.day));
        if due > self.policy.as_of.day() {
            self.tally.rows_read = number;
            self.wait(Waiting {
                due,
                customer: customer.clone().into_owned(),
                day: row.day,
                amount,
                is_refund,
                order: named.cloned().map(Key::into_owned),
            });
            return Ok(());
        }
        let order = match named {
            Some(order) if needs_order => self.orders.key(order, "orders")?,
            _ => 0,
        };
        self.tally.rows_read = number;
        self.tally.refund_rows += u64::from(is_refund);
        let day = row.day.days_since_epoch();
        self.add(customer, &Fact { amount, day, is_refund, order })
    }

    /// Keeps a row until [`advance`](Self::advance) reaches it.
    fn wait(&mut self, row: Waiting) {
        self.tally.rows_after_as_of = self.tally.rows_after_as_of.saturating_add(1);
        self.waiting.push(row);
    }

    /// Adds borrowed columns, all of them or, where something is wrong, none. Anonymous rows are left out and counted.
    ///
    /// The fast door: integer keys without orders are scattered and added in parallel, in 16 bytes a row of working
    /// memory for about two million rows at a time. Items and seconds of the day are not read.
    ///
    /// # Errors
    /// As [`Ledger::from_columns`](crate::data::Ledger::from_columns), but no rows are no error; and as
    /// [`push`](Self::push). Rows are numbered from 1 within the columns given.
    ///
    /// ```
    /// use regulars::data::{Columns, Summary, SummaryParams};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let mut summary = Summary::new(SummaryParams::new(AsOf::new(Day::new(10)), Currency::EUR));
    /// let columns = Columns::new(Currency::EUR, &[7_i64, 9][..], &[3, 4][..]);
    /// let error = summary.push_columns(&columns.clone().amounts(&[1.0, f64::NAN][..])).unwrap_err();
    /// assert_eq!(error.to_string(), "row 2, column `amounts`: expected a finite amount");
    /// assert!(summary.is_empty()); // not even the first row
    /// summary.push_columns(&columns.amounts(&[1.0, 2.5][..]))?;
    /// assert_eq!(summary.len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn push_columns(&mut self, columns: &Columns<'_>) -> Result<()> {
        columns.check()?;
        if columns.ids.is_some() {
            return Err(Error::input(NO_IDS).at(Place::Column("ids".into())));
        }
        if columns.currency != self.policy.currency {
            return Err(Error::input(format!(
                "expected the summary's currency {:?}, got {:?}",
                self.policy.currency, columns.currency
            )));
        }
        let n = columns.customers.len();
        if n == 0 {
            return Ok(());
        }
        let before = self.has_amounts;
        self.check_amounts(columns.amounts.is_some())
            .map_err(|rule| Error::input(rule).at(Place::Column("amounts".into())))?;
        let checked = self.check_values(columns);
        if checked.is_err() {
            self.has_amounts = before;
            return checked;
        }
        match columns.customers {
            KeyColumn::Integers(keys) if self.can_pack(columns) => {
                let mut parts: Vec<Scattered> =
                    (0..BLOCK.min(n).div_ceil(CHUNK)).map(|_| Scattered::default()).collect();
                for first in (0..n).step_by(BLOCK) {
                    self.add_block(columns, keys, first..n.min(first + BLOCK), &mut parts)?;
                }
            }
            _ => {
                for row in 0..n {
                    self.add_row(columns, row)?;
                }
            }
        }
        self.tally.rows_read = self.tally.rows_read.saturating_add(n as u64);
        Ok(())
    }

    /// Everything that could go wrong with a row, looked for before the first one is taken in: floats that are no
    /// amounts, and purchases without an order where orders are counted. The first bad row is named.
    ///
    /// Checked before anything is taken in, so that a column is added as a whole or not at all. The comparison
    /// |v| ≤ 2^53 / scale is false for NaN, and runs several values at a time.
    fn check_values(&self, columns: &Columns<'_>) -> Result<()> {
        if let Some(AmountColumn::Major(values)) = columns.amounts {
            let scale = self.policy.currency.minor_per_major() as f64;
            let limit = 9_007_199_254_740_992.0 / scale;
            let bad = par::map_chunks(values.len(), CHUNK, |rows| {
                // NaN fails the comparison. Without an early exit the loop runs several values at a time.
                let fine = values[rows.clone()].iter().fold(true, |fine, v| fine & (v.abs() <= limit));
                if fine {
                    None
                } else {
                    rows.clone().find(|row| self.policy.currency.nearest(values[*row]).is_err())
                }
            });
            if let Some(row) = bad.into_iter().flatten().next() {
                let place = Place::Row { row: row as u64 + 1, column: Some("amounts".into()) };
                self.policy.currency.nearest(values[row]).map_err(|e| e.at(place))?;
            }
        }
        #[cfg(feature = "rust_decimal")]
        if let Some(column @ AmountColumn::Decimals(values)) = columns.amounts {
            (0..values.len()).try_for_each(|row| column.get(self.policy.currency, row).map(drop))?;
        }
        if self.policy.occasion == Occasion::Order {
            let facts = Facts::new(self.policy, columns);
            let is_bad = |row: &usize| {
                let bare = columns.orders.as_ref().is_none_or(|orders| orders.get(*row).is_none());
                bare && columns.customers.get(*row).is_some() && !facts.fact(*row).0.is_refund
            };
            if let Some(row) = (0..columns.customers.len()).find(is_bad) {
                return Err(Error::row(row as u64 + 1, Some("orders"), NEEDS_ORDER));
            }
        }
        Ok(())
    }

    /// Money for all rows or for none: the first row decides.
    fn check_amounts(&mut self, given: bool) -> Result<(), &'static str> {
        match self.has_amounts {
            Some(true) if !given => Err("missing, but earlier rows have one"),
            Some(false) if given => Err("given, but earlier rows have none"),
            _ => {
                self.has_amounts = Some(given);
                Ok(())
            }
        }
    }

    /// Whether a row's key, day and amount say all that matters: then it fits [`Packed`], where a refund is known by its
    /// sign alone. Quantities could make a refund of a positive amount, which `Row` with `Net` does not ask about.
    fn can_pack(&self, columns: &Columns<'_>) -> bool {
        let every_row = self.policy.occasion == Occasion::Row && self.policy.refunds == Refunds::Net;
        // The scattered pass looks at days alone; rows with a day of knowledge are taken one by one.
        self.policy.occasion != Occasion::Order
            && columns.known.is_none()
            && (every_row || columns.quantities.is_none())
    }

    /// Adds a row of a customer.
    pub(super) fn add(&mut self, customer: &Key<'_>, fact: &Fact) -> Result<()> {
        let policy = self.policy;
        let (shard, place) = self.locate(customer)?;
        shard.add(place, fact, &policy);
        Ok(())
    }

    /// Where a customer's record is, made on first sight. Integers are hashed into shards; texts are numbered by the
    /// interner, whose number is the place.
    pub(super) fn locate(&mut self, customer: &Key<'_>) -> Result<(&mut Shard, usize)> {
        if let Some(key) = customer.as_integer() {
            let hash = self.hash.of(key);
            let shard = &mut self.integers[KeyHash::shard(hash)];
            let place = shard.place(key, self.hash);
            return Ok((shard, place));
        }
        let number = self.names.key(customer, "customers")?;
        let place = number as usize;
        if place == self.texts.records.len() {
            self.texts.records.push(Record::new(number.into()));
        }
        Ok((&mut self.texts, place))
    }

    /// Adds one row of columns that have been checked: the way of texts, orders, and amounts beyond 32 bits.
    fn add_row(&mut self, columns: &Columns<'_>, row: usize) -> Result<()> {
        let Some(customer) = columns.customers.get(row) else {
            self.tally.rows_without_customer += 1;
            return Ok(());
        };
        let facts = Facts::new(self.policy, columns);
        let (mut fact, rounded) = facts.fact(row);
        self.tally.rounded_amounts += u64::from(rounded);
        if facts.is_late(row) {
            let order = columns.orders.as_ref().and_then(|orders| orders.get(row));
            self.wait(Waiting {
                due: facts.due(row),
                customer: customer.into_owned(),
                day: columns.days.get(row),
                amount: fact.amount,
                is_refund: fact.is_refund,
                order: order.map(Key::into_owned),
            });
            return Ok(());
        }
        self.tally.refund_rows += u64::from(fact.is_refund);
        if self.policy.occasion == Occasion::Order
            && !fact.is_refund
            && let Some(order) = columns.orders.as_ref().and_then(|orders| orders.get(row))
        {
            fact.order = self.orders.key(&order, "orders")?;
        }
        self.add(&customer, &fact)
    }

    /// Adds rows with integer keys: scatters them by shard, so that a shard's records stay in the processor's cache while
    /// its rows come.
    ///
    /// Two parallel passes: by chunk of rows, each with lists of its own, then by shard, each reading the lists of all
    /// chunks in order. No two threads write to one place, and the order within a shard is that of the rows.
    fn add_block(
        &mut self,
        columns: &Columns<'_>,
        keys: &[i64],
        rows: Range<usize>,
        parts: &mut [Scattered],
    ) -> Result<()> {
        let (policy, hash) = (self.policy, self.hash);
        let parts = &mut parts[..rows.len().div_ceil(CHUNK)];
        par::for_each_chunk_mut(parts, 1, |number, part| {
            let first = rows.start + number * CHUNK;
            part[0].fill(policy, columns, keys, hash, first..rows.end.min(first + CHUNK));
        });
        for part in parts.iter_mut() {
            self.tally.add(&part.tally);
            for row in std::mem::take(&mut part.apart) {
                self.add_row(columns, row)?;
            }
        }
        par::for_each_chunk_mut(&mut self.integers, 1, |number, shard| {
            shard[0].warm(parts.iter().map(|part| part.of_shard(number).len()).sum());
            for part in parts.iter() {
                shard[0].add_all(part.of_shard(number), &policy, hash);
            }
        });
        Ok(())
    }
}

/// The rule broken by rows with ids: a sum cannot take back what an older version added.
const NO_IDS: &str =
    "given, but a summary keeps no rows that another version could replace: leave ids out or use a ledger";

/// The rule broken by a purchase without an order, in both doors.
const NEEDS_ORDER: &str = "missing, but occasions by order need it in every row of a purchase";

/// Reads the columns row by row.
///
/// Values have been checked: nothing here fails. A small struct by value, so that the loop's invariants stay in
/// registers.
#[derive(Clone, Copy)]
struct Facts<'a> {
    /// As-of day and currency matter here.
    policy: SummaryParams,
    /// Minor units in a major one, as a float.
    scale: f64,
    columns: &'a Columns<'a>,
}

impl<'a> Facts<'a> {
    /// The reader of these columns under that policy.
    fn new(policy: SummaryParams, columns: &'a Columns<'a>) -> Self {
        Self { policy, scale: policy.currency.minor_per_major() as f64, columns }
    }

    /// The day of a row.
    #[inline]
    fn day(&self, row: usize) -> i32 {
        match self.columns.days {
            DayColumn::Days(days) => days[row].days_since_epoch(),
            DayColumn::Integers(days) => days[row],
        }
    }

    /// The days of at most [`RUN`] rows.
    fn days<'d>(&self, rows: Range<usize>, into: &'d mut [i32; RUN]) -> &'d [i32] {
        let into = &mut into[..rows.len()];
        match self.columns.days {
            DayColumn::Days(days) => {
                days[rows].iter().zip(&mut *into).for_each(|(day, into)| *into = day.days_since_epoch());
            }
            DayColumn::Integers(days) => into.copy_from_slice(&days[rows]),
        }
        into
    }

    /// Whether a row lies behind the as-of day: it is then not looked at further.
    #[inline]
    fn is_late(&self, row: usize) -> bool {
        self.due(row) > self.policy.as_of.day()
    }

    /// The first as-of day that sees a row.
    #[inline]
    fn due(&self, row: usize) -> Day {
        let day = self.columns.days.get(row);
        self.columns.known.map_or(day, |known| known.get(row).max(day))
    }

    /// Minor units, and whether they were rounded. Nearly all floats are whole minor units and take the fast path; the
    /// rest is rare and kept out of the loop.
    #[inline]
    fn amount(&self, row: usize) -> (i64, bool) {
        match self.columns.amounts {
            None => (0, false),
            Some(AmountColumn::Amounts(values)) => (values[row].in_minor(), false),
            Some(AmountColumn::Minor(values)) => (values[row], false),
            #[cfg(feature = "rust_decimal")]
            Some(column @ AmountColumn::Decimals(_)) => {
                // The column was checked before.
                let amount = column.get(self.policy.currency, row);
                amount.map_or((0, false), |(amount, rounded)| (amount.in_minor(), rounded))
            }
            Some(AmountColumn::Major(values)) => match Currency::whole_minor(self.scale, values[row]) {
                Some(minor) => (minor, false),
                None => self.rounded(values[row]),
            },
        }
    }

    /// The amounts of at most [`RUN`] rows in minor units, where each is a whole number of 32 bits that alone says whether
    /// its row is a refund. Without early exits, so that several rows are converted at a time.
    fn whole_minor(&self, rows: Range<usize>, into: &mut [i32; RUN]) -> bool {
        match self.columns.amounts {
            Some(AmountColumn::Major(values)) if self.columns.quantities.is_none() => {
                values[rows].iter().zip(into).fold(true, |fine, (value, minor)| {
                    let (whole, is_whole) = Currency::near_minor(self.scale, *value);
                    *minor = whole;
                    fine & is_whole
                })
            }
            _ => false,
        }
    }

    /// The slow path of a float that is finer than the currency or very large.
    #[cold]
    fn rounded(&self, value: f64) -> (i64, bool) {
        // The column was checked before.
        self.policy
            .currency
            .nearest(value)
            .map_or((0, false), |(amount, rounded)| (amount.in_minor(), rounded))
    }

    /// A row's amount, day and refund flag, and whether the amount was rounded. The order is left at 0.
    #[inline]
    fn fact(&self, row: usize) -> (Fact, bool) {
        let (amount, rounded) = self.amount(row);
        let is_refund = amount < 0 || self.columns.quantities.is_some_and(|q| q[row].in_thousandths() < 0);
        (Fact { amount: signed(amount, is_refund), day: self.day(row), is_refund, order: 0 }, rounded)
    }
}

/// A chunk of rows, grouped by shard, in order within each. Its vectors are reused from block to block.
#[derive(Default)]
struct Scattered {
    /// Rows of all shards, one shard behind the other.
    rows: Vec<Packed>,
    /// Where the rows of each shard are.
    spans: Vec<Range<usize>>,
    /// Rows that are taken in one by one: their amount does not fit 32 bits, or they are not known yet.
    apart: Vec<usize>,
    /// The shard of each row, [`OUT`] for none.
    shards: Vec<u8>,
    /// What became of the chunk's rows.
    tally: Tally,
}

/// Stands for the shard of a row that is not known yet.
const OUT: u8 = u8::MAX;

impl Scattered {
    /// Another chunk in place of the last one: a counting sort by shard.
    ///
    /// The first pass finds each row's shard and counts, the second places rows from the running sums. Rows whose
    /// amount does not fit 32 bits are noted in `apart` and leave a gap of one unused entry at the end of their shard's
    /// span, which `spans` excludes.
    ///
    /// 1. Each row's shard, or [`OUT`] for one behind the as-of day; counts by shard.
    /// 2. Running sums of the counts: where each shard's rows begin.
    /// 3. Each row to its place, packed into 16 bytes.
    ///
    /// Two passes over the keys cost less than growing 128 vectors.
    fn fill(
        &mut self,
        policy: SummaryParams,
        columns: &Columns<'_>,
        keys: &[i64],
        hash: KeyHash,
        rows: Range<usize>,
    ) {
        let read = Facts::new(policy, columns);
        let mut tally = Tally::default();
        let mut next = [0_usize; SHARDS];
        self.shards.clear();
        let last = policy.as_of.day().days_since_epoch();
        let mut days = [0_i32; RUN];
        for first in rows.clone().step_by(RUN) {
            let run = first..rows.end.min(first + RUN);
            let days = read.days(run.clone(), &mut days);
            self.shards.extend(keys[run].iter().zip(days).map(|(key, day)| {
                #[expect(clippy::cast_possible_truncation, reason = "shards are fewer than 255")]
                let shard = KeyHash::shard(hash.of(*key)) as u8;
                let out = *day > last;
                next[usize::from(shard)] += usize::from(!out);
                if out { OUT } else { shard }
            }));
        }
        let late = (rows.start..).zip(&self.shards).filter(|(_, shard)| **shard == OUT);
        self.apart.extend(late.map(|(row, _)| row));
        let mut sum = 0;
        for count in &mut next {
            (*count, sum) = (sum, sum + *count);
        }
        self.rows.clear();
        self.rows.resize(sum, Packed { key: 0, amount: 0, day: 0 });
        let starts = next;
        let mut minor = [0_i32; RUN];
        for (first, shards) in rows.step_by(RUN).zip(self.shards.chunks(RUN)) {
            let rows = first..first + shards.len();
            if read.whole_minor(rows.clone(), &mut minor) {
                let days = read.days(rows.clone(), &mut days);
                for (((key, day), shard), amount) in keys[rows].iter().zip(days).zip(shards).zip(&minor) {
                    if *shard == OUT {
                        continue;
                    }
                    tally.refund_rows += u64::from(*amount < 0);
                    let place = &mut next[usize::from(*shard)];
                    self.rows[*place] = Packed { key: *key, amount: *amount, day: *day };
                    *place += 1;
                }
                continue;
            }
            for (row, shard) in rows.zip(shards) {
                if *shard == OUT {
                    continue;
                }
                let (fact, rounded) = read.fact(row);
                let Ok(amount) = i32::try_from(fact.amount) else {
                    self.apart.push(row);
                    continue;
                };
                tally.refund_rows += u64::from(fact.is_refund);
                tally.rounded_amounts += u64::from(rounded);
                let place = &mut next[usize::from(*shard)];
                self.rows[*place] = Packed { key: keys[row], amount, day: fact.day };
                *place += 1;
            }
        }
        self.spans.clear();
        self.spans.extend(starts.iter().zip(next).map(|(start, end)| *start..end));
        self.tally = tally;
    }

    /// The rows of one shard, in order of arrival.
    fn of_shard(&self, number: usize) -> &[Packed] {
        &self.rows[self.spans[number].clone()]
    }
}

/// What a row adds to the spend: a refund lowers it, whichever of amount and quantity is below zero.
fn signed(amount: i64, is_refund: bool) -> i64 {
    if is_refund && amount > 0 { -amount } else { amount }
}

/// Prints counts, never keys.
impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SummaryParams { as_of, occasion, refunds, .. } = self.policy;
        write!(
            f,
            "Summary({} rows, {} customers as of {as_of}, {occasion:?}, {refunds:?})",
            self.tally.rows_read,
            self.len()
        )
    }
}
