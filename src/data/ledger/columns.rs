//! Ledgers from columns: borrowed slices of an engine's own memory.
//!
//! For callers that hold columns already (Arrow, Polars, a database driver): nothing is copied row by row, keys are
//! hashed once each, and every check runs before the first row is taken.

use std::fmt;

use crate::data::{Anonymous, Conflicts, TimeAxis};
use crate::error::{Error, Place, Result};
use crate::kernel::intern::Interner;
use crate::types::{Amount, Currency, Day, Key, Quantity};

use super::assemble::{Assembler, SECONDS_PER_DAY};
use super::store::{Ledger, NONE};

/// Keys of customers, orders or items, one for each row. An empty text is "no key": a row of no
/// customer, of no order, or of no item.
///
/// Made by `into` from slices and vectors of `i64`, `&str` and `String`, and of their `Option`s:
///
/// ```
/// use regulars::data::KeyColumn;
/// let names = vec!["ann".to_string(), String::new()];
/// assert!(matches!(KeyColumn::from(&names), KeyColumn::Strings(_)));
/// assert!(matches!(KeyColumn::from(&[7_i64, 9][..]), KeyColumn::Integers(&[7, 9])));
/// assert!(matches!(KeyColumn::from(&[Some(7_i64), None][..]), KeyColumn::NullableIntegers(_)));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum KeyColumn<'a> {
    /// Integers: every value is a key, also 0 and negative ones. The fastest form.
    Integers(&'a [i64]),
    /// Texts; one that is the usual form of an integer is that integer's key.
    Texts(&'a [&'a str]),
    /// Owned texts.
    Strings(&'a [String]),
    /// Integers of a nullable column; `None` is no key.
    NullableIntegers(&'a [Option<i64>]),
    /// Texts of a nullable column; `None` is no key, as an empty text.
    NullableTexts(&'a [Option<&'a str>]),
    /// Owned texts of a nullable column; `None` is no key, as an empty text.
    NullableStrings(&'a [Option<String>]),
}

/// Days, one for each row; made by `into` from slices and vectors of [`Day`] and `i32`.
///
/// ```
/// use regulars::{data::DayColumn, types::Day};
/// assert!(matches!(DayColumn::from(&[Day::new(19_000)][..]), DayColumn::Days(_)));
/// assert!(matches!(DayColumn::from(&vec![19_000]), DayColumn::Integers(_)));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum DayColumn<'a> {
    /// Days.
    Days(&'a [Day]),
    /// Days since 1970-01-01 (Arrow's Date32), or basket numbers.
    Integers(&'a [i32]),
}

/// Amounts, one for each row; made by `into` from slices and vectors of [`Amount`], of `i64` and of
/// `f64`.
///
/// Whole numbers are minor units (cents), floats are major units:
///
/// ```
/// use regulars::{data::AmountColumn, types::Amount};
/// assert!(matches!(AmountColumn::from(&vec![12.5]), AmountColumn::Major(_))); // 12.50
/// assert!(matches!(AmountColumn::from(&[1_250_i64][..]), AmountColumn::Minor(_))); // 12.50
/// assert!(matches!(AmountColumn::from(&[Amount::minor(1_250)][..]), AmountColumn::Amounts(_)));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum AmountColumn<'a> {
    /// Exact amounts in minor units.
    Amounts(&'a [Amount]),
    /// Floats in major units, read as [`Currency::from_major`] reads them: 12.1 is 1,210 cents although no float is
    /// 12.1. What is finer than the currency is rounded half to even and counted in
    /// [`Intake::rounded_amounts`](crate::data::Intake::rounded_amounts).
    Major(&'a [f64]),
    /// Whole minor units, the commonest column of a database: 1,250 is 12.50 in a currency of
    /// cents.
    Minor(&'a [i64]),
    /// Exact decimals of major units, rounded and counted as floats are.
    #[cfg(feature = "rust_decimal")]
    Decimals(&'a [rust_decimal::Decimal]),
}

/// Prints what kind of keys there are and how many, never a key.
impl fmt::Debug for KeyColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integers(values) => write!(f, "Integers({})", values.len()),
            Self::Texts(values) => write!(f, "Texts({})", values.len()),
            Self::Strings(values) => write!(f, "Strings({})", values.len()),
            Self::NullableIntegers(values) => write!(f, "NullableIntegers({})", values.len()),
            Self::NullableTexts(values) => write!(f, "NullableTexts({})", values.len()),
            Self::NullableStrings(values) => write!(f, "NullableStrings({})", values.len()),
        }
    }
}

/// Prints the count.
impl fmt::Debug for DayColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(values) => write!(f, "Days({})", values.len()),
            Self::Integers(values) => write!(f, "Integers({})", values.len()),
        }
    }
}

/// Prints the count, never an amount.
impl fmt::Debug for AmountColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amounts(values) => write!(f, "Amounts({})", values.len()),
            Self::Major(values) => write!(f, "Major({})", values.len()),
            Self::Minor(values) => write!(f, "Minor({})", values.len()),
            #[cfg(feature = "rust_decimal")]
            Self::Decimals(values) => write!(f, "Decimals({})", values.len()),
        }
    }
}

/// Borrowed integers: every value is a key.
impl<'a> From<&'a [i64]> for KeyColumn<'a> {
    fn from(values: &'a [i64]) -> Self {
        Self::Integers(values)
    }
}
/// Borrowed texts; an empty one is no key.
impl<'a> From<&'a [&'a str]> for KeyColumn<'a> {
    fn from(values: &'a [&'a str]) -> Self {
        Self::Texts(values)
    }
}
/// Borrowed owned texts; an empty one is no key.
impl<'a> From<&'a [String]> for KeyColumn<'a> {
    fn from(values: &'a [String]) -> Self {
        Self::Strings(values)
    }
}
/// A vector's integers.
impl<'a> From<&'a Vec<i64>> for KeyColumn<'a> {
    fn from(values: &'a Vec<i64>) -> Self {
        Self::Integers(values)
    }
}
/// A vector's texts.
impl<'a> From<&'a Vec<&'a str>> for KeyColumn<'a> {
    fn from(values: &'a Vec<&'a str>) -> Self {
        Self::Texts(values)
    }
}
/// A vector's owned texts.
impl<'a> From<&'a Vec<String>> for KeyColumn<'a> {
    fn from(values: &'a Vec<String>) -> Self {
        Self::Strings(values)
    }
}
/// Borrowed days.
impl<'a> From<&'a [Day]> for DayColumn<'a> {
    fn from(values: &'a [Day]) -> Self {
        Self::Days(values)
    }
}
/// Borrowed day numbers, or basket numbers.
impl<'a> From<&'a [i32]> for DayColumn<'a> {
    fn from(values: &'a [i32]) -> Self {
        Self::Integers(values)
    }
}
/// A vector's days.
impl<'a> From<&'a Vec<Day>> for DayColumn<'a> {
    fn from(values: &'a Vec<Day>) -> Self {
        Self::Days(values)
    }
}
/// A vector's day numbers.
impl<'a> From<&'a Vec<i32>> for DayColumn<'a> {
    fn from(values: &'a Vec<i32>) -> Self {
        Self::Integers(values)
    }
}
/// Borrowed exact amounts.
impl<'a> From<&'a [Amount]> for AmountColumn<'a> {
    fn from(values: &'a [Amount]) -> Self {
        Self::Amounts(values)
    }
}
/// Borrowed floats of major units.
impl<'a> From<&'a [f64]> for AmountColumn<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Major(values)
    }
}
/// A vector's exact amounts.
impl<'a> From<&'a Vec<Amount>> for AmountColumn<'a> {
    fn from(values: &'a Vec<Amount>) -> Self {
        Self::Amounts(values)
    }
}
/// A vector's floats of major units.
impl<'a> From<&'a Vec<f64>> for AmountColumn<'a> {
    fn from(values: &'a Vec<f64>) -> Self {
        Self::Major(values)
    }
}

macro_rules! columns_of {
    ($($column:ident, $variant:ident, $value:ty, $what:literal;)*) => {$(
        #[doc = concat!("Borrowed ", $what, ".")]
        impl<'a> From<&'a [$value]> for $column<'a> {
            fn from(values: &'a [$value]) -> Self {
                Self::$variant(values)
            }
        }
        #[doc = concat!("A vector's ", $what, ".")]
        impl<'a> From<&'a Vec<$value>> for $column<'a> {
            fn from(values: &'a Vec<$value>) -> Self {
                Self::$variant(values)
            }
        }
    )*};
}

columns_of! {
    KeyColumn, NullableIntegers, Option<i64>, "integers; `None` is no key";
    KeyColumn, NullableTexts, Option<&'a str>, "texts; `None` and an empty one are no key";
    KeyColumn, NullableStrings, Option<String>, "owned texts; `None` and an empty one are no key";
    AmountColumn, Minor, i64, "whole minor units";
}
#[cfg(feature = "rust_decimal")]
columns_of! {
    AmountColumn, Decimals, rust_decimal::Decimal, "exact decimals of major units";
}

impl AmountColumn<'_> {
    /// Rows.
    fn len(&self) -> usize {
        match self {
            Self::Amounts(values) => values.len(),
            Self::Major(values) => values.len(),
            Self::Minor(values) => values.len(),
            #[cfg(feature = "rust_decimal")]
            Self::Decimals(values) => values.len(),
        }
    }

    /// The amount of a row, and whether it was finer than the currency; the error names the row,
    /// from 1.
    pub(in crate::data) fn get(&self, currency: Currency, row: usize) -> Result<(Amount, bool)> {
        let amount = match self {
            Self::Amounts(values) => return Ok((values[row], false)),
            Self::Minor(values) => return Ok((Amount::minor(values[row]), false)),
            Self::Major(values) => currency.nearest(values[row]),
            #[cfg(feature = "rust_decimal")]
            Self::Decimals(values) => currency.nearest_decimal(values[row]),
        };
        amount.map_err(|e| e.at(Place::Row { row: row as u64 + 1, column: Some("amounts".into()) }))
    }
}

impl KeyColumn<'_> {
    /// Rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Strings(values) => values.len(),
            Self::NullableIntegers(values) => values.len(),
            Self::NullableTexts(values) => values.len(),
            Self::NullableStrings(values) => values.len(),
        }
    }

    /// The key of a row; `None` for an empty text and where the column says so.
    pub(crate) fn get(&self, row: usize) -> Option<Key<'_>> {
        let text = match self {
            Self::Integers(values) => return Some(Key::from(values[row])),
            Self::Texts(values) => values[row],
            Self::Strings(values) => values[row].as_str(),
            Self::NullableIntegers(values) => return values[row].map(Key::from),
            Self::NullableTexts(values) => values[row]?,
            Self::NullableStrings(values) => values[row].as_deref()?,
        };
        (!text.is_empty()).then(|| Key::from(text))
    }

    /// The number of each row's key by first appearance, [`NONE`] where there is none or the row is left out.
    fn numbers(
        &self,
        interner: &mut Interner,
        what: &'static str,
        is_left_out: impl Fn(usize) -> bool,
    ) -> Result<Vec<u32>> {
        let mut all = Vec::with_capacity(self.len());
        if let Self::Integers(values) = self {
            // The commonest column by far: its values do not become keys first.
            for (row, value) in values.iter().enumerate() {
                all.push(if is_left_out(row) { NONE } else { interner.integer(*value, what)? });
            }
            return Ok(all);
        }
        for row in 0..self.len() {
            let key = self.get(row).filter(|_| !is_left_out(row));
            all.push(key.map_or(Ok(NONE), |key| interner.key(&key, what))?);
        }
        Ok(all)
    }
}

impl DayColumn<'_> {
    /// Rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Days(values) => values.len(),
            Self::Integers(values) => values.len(),
        }
    }

    /// The day of a row; panics beyond the column, which [`Columns::check`] has excluded.
    pub(crate) fn get(&self, row: usize) -> Day {
        match self {
            Self::Days(values) => values[row],
            Self::Integers(values) => Day::new(values[row]),
        }
    }
}

/// Borrowed columns of equal length, to become a [`Ledger`] or to be added to a [`Summary`](crate::data::Summary).
///
/// ```
/// use regulars::data::{Columns, Ledger};
/// use regulars::types::Currency;
///
/// let (customer, day, amount) = (vec![7_i64, 9, 7], vec![19_000, 19_002, 19_030], vec![12.5, 9.9, 3.0]);
/// let ledger = Ledger::from_columns(&Columns::new(Currency::EUR, &customer, &day).amounts(&amount))?;
/// assert_eq!(ledger.customers().len(), 2);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Columns<'a> {
    pub(in crate::data) currency: Currency,
    pub(in crate::data) customers: KeyColumn<'a>,
    pub(in crate::data) days: DayColumn<'a>,
    pub(in crate::data) seconds: Option<&'a [u32]>,
    pub(in crate::data) orders: Option<KeyColumn<'a>>,
    pub(in crate::data) items: Option<KeyColumn<'a>>,
    pub(in crate::data) amounts: Option<AmountColumn<'a>>,
    pub(in crate::data) quantities: Option<&'a [Quantity]>,
    pub(in crate::data) known: Option<DayColumn<'a>>,
    pub(in crate::data) ids: Option<KeyColumn<'a>>,
    pub(in crate::data) conflicts: Conflicts,
    pub(in crate::data) anonymous: Anonymous,
    pub(in crate::data) time: TimeAxis,
}

/// Prints which columns there are and how long they are, never a value.
impl fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = f.debug_struct("Columns");
        columns.field("customers", &self.customers).field("days", &self.days);
        columns.field("seconds", &self.seconds.map(<[_]>::len)).field("orders", &self.orders);
        columns.field("items", &self.items).field("amounts", &self.amounts);
        columns.field("quantities", &self.quantities.map(<[_]>::len));
        columns.field("ids", &self.ids).field("known", &self.known).finish_non_exhaustive()
    }
}

impl<'a> Columns<'a> {
    /// Customers and days, one for each row; everything else is optional. Lengths are checked when the columns are
    /// used.
    pub fn new(
        currency: Currency,
        customers: impl Into<KeyColumn<'a>>,
        days: impl Into<DayColumn<'a>>,
    ) -> Self {
        Self {
            currency,
            customers: customers.into(),
            days: days.into(),
            seconds: None,
            orders: None,
            items: None,
            amounts: None,
            quantities: None,
            known: None,
            ids: None,
            conflicts: Conflicts::default(),
            anonymous: Anonymous::default(),
            time: TimeAxis::default(),
        }
    }

    /// Money paid for each whole row; negative for refunds.
    ///
    /// ```
    /// use regulars::data::{Columns, Ledger};
    /// use regulars::types::{Amount, AsOf, Currency};
    ///
    /// let (customer, day) = ([Some(7_i64), None, Some(9)], [19_844, 19_845, 19_846]);
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]);
    /// let (cents, euros) = ([1_250_i64, 990, 300], [12.5, 9.9, 3.0]);
    /// let by_cents = Ledger::from_columns(&columns.clone().amounts(&cents[..]))?;
    /// let by_euros = Ledger::from_columns(&columns.amounts(&euros[..]))?;
    /// for ledger in [by_cents, by_euros] {
    ///     let now = ledger.observed(AsOf::ymd(2024, 12, 31)?)?;
    ///     let spent = now.map(|history| history.rows().filter_map(|row| row.amount).sum::<Option<Amount>>());
    ///     assert_eq!(spent.into_values(), [Some(Amount::minor(1_250)), Some(Amount::minor(300))]);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn amounts(mut self, amounts: impl Into<AmountColumn<'a>>) -> Self {
        self.amounts = Some(amounts.into());
        self
    }

    /// The order each row belongs to; an empty text is none.
    ///
    /// ```
    /// # use regulars::data::{Columns, Ledger};
    /// # use regulars::types::Currency;
    /// let (customer, day) = (["ann", "ann", "bob"], [19_000, 19_000, 19_002]);
    /// let (order, item) = (["A-1", "A-1", "B-1"], ["tea", "cup", ""]);
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]).orders(&order[..]).items(&item[..]);
    /// let ledger = Ledger::from_columns(&columns)?;
    /// assert_eq!(ledger.orders().map(|keys| keys.len()), Some(2));
    /// assert_eq!(ledger.items().map(|keys| keys.len()), Some(2)); // bob's item is not known
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn orders(mut self, orders: impl Into<KeyColumn<'a>>) -> Self {
        self.orders = Some(orders.into());
        self
    }

    /// What was bought; an empty text is "not known".
    pub fn items(mut self, items: impl Into<KeyColumn<'a>>) -> Self {
        self.items = Some(items.into());
        self
    }

    /// Pieces bought, in thousandths; negative for goods that came back.
    ///
    /// ```
    /// use regulars::data::{Columns, Ledger};
    /// use regulars::types::{Currency, Quantity};
    ///
    /// let pieces = [Quantity::units(2), Quantity::units(-1)];
    /// let columns = Columns::new(Currency::EUR, &["ann", "ann"][..], &[19_844, 19_850][..]).quantities(&pieces);
    /// assert_eq!(Ledger::from_columns(&columns)?.intake().refund_rows, 1); // one piece came back
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn quantities(mut self, quantities: &'a [Quantity]) -> Self {
        self.quantities = Some(quantities);
        self
    }

    /// Second of the day of each row, 0 to 86,399; `u32::MAX` where it is not known.
    ///
    /// ```
    /// use regulars::data::{Columns, Ledger};
    /// use regulars::types::{AsOf, Currency};
    ///
    /// let (customer, day, item) = (["ann", "ann"], [19_844, 19_844], ["cup", "tea"]);
    /// let seconds = [40_000, 30_000]; // the cup came later
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]).items(&item[..]).seconds_of_day(&seconds);
    /// let ledger = Ledger::from_columns(&columns)?;
    /// let now = ledger.observed(AsOf::ymd(2024, 12, 31)?)?;
    /// let rows = now.history(ledger.customer("ann").expect("has rows"))?.expect("was seen");
    /// let order: Vec<Option<u32>> = rows.rows().map(|row| row.second_of_day).collect();
    /// assert_eq!(order, [Some(30_000), Some(40_000)]);
    ///
    /// let bad = Columns::new(Currency::EUR, &customer[..], &day[..]).seconds_of_day(&[0, 86_400]);
    /// let error = Ledger::from_columns(&bad).unwrap_err();
    /// assert_eq!(error.to_string(), "row 2, column `seconds_of_day`: expected 0 to 86399");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn seconds_of_day(mut self, seconds: &'a [u32]) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// The id of each row, an empty text for none: see [`Transaction::id`](crate::data::Transaction::id).
    ///
    /// ```
    /// use regulars::data::{Columns, Conflicts, Ledger};
    /// use regulars::types::Currency;
    ///
    /// // 12.50 was booked on the first day; on the fourth it became known that it had been 1.25.
    /// let (customer, day, cents) = (["ann", "ann"], [19_844, 19_844], [1_250_i64, 125]);
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]).amounts(&cents[..]).ids(&[7_i64, 7][..]);
    /// let ledger = Ledger::from_columns(&columns.clone().known(&[19_844, 19_847][..]))?;
    /// assert_eq!(ledger.intake().corrected_rows, 1);
    ///
    /// // Known on one day they contradict each other.
    /// let error = Ledger::from_columns(&columns).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "column `id`: two different rows of one id became known on 2024-05-01; 1 in all"
    /// );
    /// let ledger = Ledger::from_columns(&columns.conflicts(Conflicts::Count))?;
    /// assert_eq!(ledger.intake().conflicting_rows, 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn ids(mut self, ids: impl Into<KeyColumn<'a>>) -> Self {
        self.ids = Some(ids.into());
        self
    }

    /// What happens to two different rows of one id that are known on one day; the default is an error.
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.conflicts = policy;
        self
    }

    /// The day on which each row became known: see [`Transaction::known`](crate::data::Transaction::known).
    ///
    /// ```
    /// use regulars::data::{Columns, Ledger};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let (customer, day, known) = (["ann", "ann"], [19_844, 19_845], [19_844, 19_860]);
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]).known(&known[..]);
    /// let ledger = Ledger::from_columns(&columns)?;
    /// for (as_of, rows) in [(19_845, 1), (19_859, 1), (19_860, 2)] {
    ///     let now = ledger.observed(AsOf::new(Day::new(as_of)))?;
    ///     assert_eq!(now.map(|rows| rows.len()).by_key("ann"), Some(&rows));
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn known(mut self, days: impl Into<DayColumn<'a>>) -> Self {
        self.known = Some(days.into());
        self
    }

    /// What happens to rows without a customer; the default counts and skips them.
    ///
    /// ```
    /// # use regulars::data::{Anonymous, Columns, Ledger};
    /// # use regulars::types::Currency;
    /// let (customer, day) = (["ann", ""], [19_000, 19_001]);
    /// let columns = Columns::new(Currency::EUR, &customer[..], &day[..]);
    /// let skipped = Ledger::from_columns(&columns)?;
    /// assert_eq!((skipped.len(), skipped.intake().skipped_examples["no customer"].clone()), (1, vec![2]));
    /// assert_eq!(Ledger::from_columns(&columns.anonymous(Anonymous::Keep))?.len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.anonymous = policy;
        self
    }

    /// What the days mean; the default is days of the calendar.
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.time = axis;
        self
    }

    /// Equal lengths, and seconds of the day in range: all that can be said before a value is read. Shared by the
    /// ledger and by the summary.
    pub(in crate::data) fn check(&self) -> Result<()> {
        let expected = self.customers.len();
        let lengths = [
            ("days", Some(self.days.len())),
            ("seconds_of_day", self.seconds.map(<[u32]>::len)),
            ("orders", self.orders.map(|c| c.len())),
            ("items", self.items.map(|c| c.len())),
            ("amounts", self.amounts.map(|c| c.len())),
            ("quantities", self.quantities.map(<[Quantity]>::len)),
            ("known", self.known.map(|c| c.len())),
            ("ids", self.ids.map(|c| c.len())),
        ];
        for (name, length) in lengths {
            if let Some(got) = length.filter(|l| *l != expected) {
                return Err(Error::shape("rows", expected, got).at(Place::Column(name.into())));
            }
        }
        if let Some(row) =
            self.seconds.and_then(|s| s.iter().position(|s| *s >= SECONDS_PER_DAY && *s != NONE))
        {
            return Err(Error::row(row as u64 + 1, Some("seconds_of_day"), "expected 0 to 86399"));
        }
        Ok(())
    }
}

impl Ledger {
    /// A ledger from borrowed columns: no row is copied before it reaches its place in the store.
    ///
    /// All or nothing: where a column is refused, there is no ledger. O(rows), and the sorting.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) naming a column of another length,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row and column of a float that is not finite or of a
    /// second beyond the day, [`Overflow`](crate::ErrorKind::Overflow) for an amount beyond 2^53 minor units,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    ///
    /// ```
    /// use regulars::data::{Columns, Ledger};
    /// use regulars::types::Currency;
    ///
    /// let columns = Columns::new(Currency::EUR, &[7_i64, 9][..], &[19_000, 19_002][..]);
    /// let error = Ledger::from_columns(&columns.clone().amounts(&[1.0][..])).unwrap_err();
    /// assert_eq!(error.to_string(), "column `amounts`: rows: expected 2, got 1");
    /// let error = Ledger::from_columns(&columns.amounts(&[1.0, f64::NAN][..])).unwrap_err();
    /// assert_eq!(error.to_string(), "row 2, column `amounts`: expected a finite amount");
    /// ```
    pub fn from_columns(columns: &Columns<'_>) -> Result<Self> {
        columns.check()?;
        let n = columns.customers.len();
        let mut into = Assembler::new(columns.currency);
        into.anonymous = columns.anonymous;
        into.time = columns.time;
        into.conflicts = columns.conflicts;
        into.rows_read = n as u64;
        into.fill(n, columns)?;
        into.build()
    }
}

impl Assembler {
    /// Takes over whole columns. Integer keys go to the interner without becoming a [`Key`] first; floats that are whole
    /// minor units, nearly all of them, take a path without a branch on rounding.
    fn fill(&mut self, n: usize, columns: &Columns<'_>) -> Result<()> {
        self.customer = columns.customers.numbers(&mut self.customers, "customers", |_| false)?;
        // A row that is left out leaves nothing: no key in a dictionary, no rounded amount in a count.
        let customer = &self.customer;
        let skips = self.anonymous == Anonymous::Skip && customer.contains(&NONE);
        let is_left_out = |row: usize| skips && customer[row] == NONE;
        self.rows.day = (0..n).map(|row| columns.days.get(row)).collect();
        self.rows.known = columns.known.map(|known| (0..n).map(|row| known.get(row)).collect());
        self.rows.second = columns.seconds.map(<[u32]>::to_vec);
        self.rows.quantity = columns.quantities.map(<[Quantity]>::to_vec);
        self.rows.amount = match columns.amounts {
            None => None,
            Some(AmountColumn::Amounts(values)) => Some(values.to_vec()),
            Some(AmountColumn::Minor(values)) => Some(values.iter().map(|v| Amount::minor(*v)).collect()),
            Some(column) => {
                let mut amounts = Vec::with_capacity(n);
                let scale = columns.currency.minor_per_major() as f64;
                for row in 0..n {
                    if let AmountColumn::Major(values) = column
                        && let Some(minor) = Currency::whole_minor(scale, values[row])
                    {
                        amounts.push(Amount::minor(minor));
                        continue;
                    }
                    let (amount, rounded) = column.get(columns.currency, row)?;
                    self.rounded_amounts += u64::from(rounded && !is_left_out(row));
                    amounts.push(amount);
                }
                Some(amounts)
            }
        };
        for (column, interner, numbers, what) in [
            (columns.orders, &mut self.orders, &mut self.rows.order, "orders"),
            (columns.items, &mut self.items, &mut self.rows.item, "items"),
            (columns.ids, &mut self.ids, &mut self.rows.id, "ids"),
        ] {
            *numbers = column.map(|keys| keys.numbers(interner, what, is_left_out)).transpose()?;
        }
        self.drop_anonymous();
        Ok(())
    }
}
