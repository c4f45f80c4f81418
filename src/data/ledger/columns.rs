//! The columns door: borrowed slices of an engine's own memory.

use crate::data::{Anonymous, TimeAxis};
use crate::error::{Error, Place, Result};
use crate::types::{Amount, Currency, Day, Key, Quantity};

use super::assemble::{Assembler, SECONDS_PER_DAY};
use super::store::{Ledger, NONE};

/// Keys of customers, orders or items, one for each row. An empty text is "no key".
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum KeyColumn<'a> {
    /// Integers.
    Integers(&'a [i64]),
    /// Texts.
    Texts(&'a [&'a str]),
    /// Owned texts.
    Strings(&'a [String]),
}

/// Days, one for each row.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum DayColumn<'a> {
    /// Days.
    Days(&'a [Day]),
    /// Days since 1970-01-01 (Arrow's Date32), or basket numbers.
    Integers(&'a [i32]),
}

/// Amounts, one for each row.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AmountColumn<'a> {
    /// Exact amounts.
    Amounts(&'a [Amount]),
    /// Floats in major units, read as [`Currency::from_major`] reads them.
    Major(&'a [f64]),
}

impl<'a> From<&'a [i64]> for KeyColumn<'a> {
    fn from(values: &'a [i64]) -> Self {
        Self::Integers(values)
    }
}
impl<'a> From<&'a [&'a str]> for KeyColumn<'a> {
    fn from(values: &'a [&'a str]) -> Self {
        Self::Texts(values)
    }
}
impl<'a> From<&'a [String]> for KeyColumn<'a> {
    fn from(values: &'a [String]) -> Self {
        Self::Strings(values)
    }
}
impl<'a> From<&'a Vec<i64>> for KeyColumn<'a> {
    fn from(values: &'a Vec<i64>) -> Self {
        Self::Integers(values)
    }
}
impl<'a> From<&'a Vec<&'a str>> for KeyColumn<'a> {
    fn from(values: &'a Vec<&'a str>) -> Self {
        Self::Texts(values)
    }
}
impl<'a> From<&'a Vec<String>> for KeyColumn<'a> {
    fn from(values: &'a Vec<String>) -> Self {
        Self::Strings(values)
    }
}
impl<'a> From<&'a [Day]> for DayColumn<'a> {
    fn from(values: &'a [Day]) -> Self {
        Self::Days(values)
    }
}
impl<'a> From<&'a [i32]> for DayColumn<'a> {
    fn from(values: &'a [i32]) -> Self {
        Self::Integers(values)
    }
}
impl<'a> From<&'a Vec<Day>> for DayColumn<'a> {
    fn from(values: &'a Vec<Day>) -> Self {
        Self::Days(values)
    }
}
impl<'a> From<&'a Vec<i32>> for DayColumn<'a> {
    fn from(values: &'a Vec<i32>) -> Self {
        Self::Integers(values)
    }
}
impl<'a> From<&'a [Amount]> for AmountColumn<'a> {
    fn from(values: &'a [Amount]) -> Self {
        Self::Amounts(values)
    }
}
impl<'a> From<&'a [f64]> for AmountColumn<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Major(values)
    }
}
impl<'a> From<&'a Vec<Amount>> for AmountColumn<'a> {
    fn from(values: &'a Vec<Amount>) -> Self {
        Self::Amounts(values)
    }
}
impl<'a> From<&'a Vec<f64>> for AmountColumn<'a> {
    fn from(values: &'a Vec<f64>) -> Self {
        Self::Major(values)
    }
}

impl KeyColumn<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Strings(values) => values.len(),
        }
    }

    /// The key of a row; `None` for an empty text.
    pub(crate) fn get(&self, row: usize) -> Option<Key<'_>> {
        let text = match self {
            Self::Integers(values) => return Some(Key::from(values[row])),
            Self::Texts(values) => values[row],
            Self::Strings(values) => values[row].as_str(),
        };
        (!text.is_empty()).then(|| Key::from(text))
    }
}

impl DayColumn<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Days(values) => values.len(),
            Self::Integers(values) => values.len(),
        }
    }

    pub(crate) fn get(&self, row: usize) -> Day {
        match self {
            Self::Days(values) => values[row],
            Self::Integers(values) => Day::new(values[row]),
        }
    }
}

/// Borrowed columns of equal length, to become a [`Ledger`].
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
#[derive(Clone, Debug)]
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
    pub(in crate::data) anonymous: Anonymous,
    pub(in crate::data) time: TimeAxis,
}

impl<'a> Columns<'a> {
    /// Customers and days, one for each row.
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
            anonymous: Anonymous::default(),
            time: TimeAxis::default(),
        }
    }

    /// Money paid; negative for refunds.
    pub fn amounts(mut self, amounts: impl Into<AmountColumn<'a>>) -> Self {
        self.amounts = Some(amounts.into());
        self
    }

    /// The order each row belongs to.
    pub fn orders(mut self, orders: impl Into<KeyColumn<'a>>) -> Self {
        self.orders = Some(orders.into());
        self
    }

    /// What was bought.
    pub fn items(mut self, items: impl Into<KeyColumn<'a>>) -> Self {
        self.items = Some(items.into());
        self
    }

    /// Pieces bought; negative for goods that came back.
    pub fn quantities(mut self, quantities: &'a [Quantity]) -> Self {
        self.quantities = Some(quantities);
        self
    }

    /// Second of the day of each row, 0 to 86,399.
    pub fn seconds_of_day(mut self, seconds: &'a [u32]) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// What happens to rows without a customer; the default counts and skips them.
    pub fn anonymous(mut self, policy: Anonymous) -> Self {
        self.anonymous = policy;
        self
    }

    /// What the days mean; the default is days of the calendar.
    pub fn time_axis(mut self, axis: TimeAxis) -> Self {
        self.time = axis;
        self
    }

    pub(in crate::data) fn check(&self) -> Result<()> {
        let expected = self.customers.len();
        let lengths = [
            ("days", Some(self.days.len())),
            ("seconds_of_day", self.seconds.map(<[u32]>::len)),
            ("orders", self.orders.map(|c| c.len())),
            ("items", self.items.map(|c| c.len())),
            (
                "amounts",
                self.amounts.map(|c| match c {
                    AmountColumn::Amounts(values) => values.len(),
                    AmountColumn::Major(values) => values.len(),
                }),
            ),
            ("quantities", self.quantities.map(<[Quantity]>::len)),
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
    /// The columns door: no row is copied before it reaches its place in the store.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) naming a column of another length,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row and column of a float that is not finite,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn from_columns(columns: &Columns<'_>) -> Result<Self> {
        columns.check()?;
        let n = columns.customers.len();
        let mut into = Assembler::new(columns.currency);
        into.anonymous = columns.anonymous;
        into.time = columns.time;
        into.rows_read = n as u64;
        into.fill(n, columns)?;
        into.build()
    }
}

impl Assembler {
    /// Takes over whole columns.
    fn fill(&mut self, n: usize, columns: &Columns<'_>) -> Result<()> {
        self.customer.reserve_exact(n);
        for row in 0..n {
            let number = match columns.customers {
                KeyColumn::Integers(values) => self.customers.integer(values[row], "customers")?,
                keys => match keys.get(row) {
                    Some(key) => self.customers.key(&key, "customers")?,
                    None => NONE,
                },
            };
            self.customer.push(number);
        }
        self.rows.day = (0..n).map(|row| columns.days.get(row)).collect();
        self.rows.second = columns.seconds.map(<[u32]>::to_vec);
        self.rows.quantity = columns.quantities.map(<[Quantity]>::to_vec);
        self.rows.amount = match columns.amounts {
            None => None,
            Some(AmountColumn::Amounts(values)) => Some(values.to_vec()),
            Some(AmountColumn::Major(values)) => {
                let mut amounts = Vec::with_capacity(n);
                let scale = columns.currency.minor_per_major() as f64;
                for (row, value) in values.iter().enumerate() {
                    if let Some(minor) = Currency::whole_minor(scale, *value) {
                        amounts.push(Amount::minor(minor));
                        continue;
                    }
                    let (amount, rounded) = columns.currency.nearest(*value).map_err(|e| {
                        e.at(Place::Row { row: row as u64 + 1, column: Some("amounts".into()) })
                    })?;
                    self.rounded_amounts += u64::from(rounded);
                    amounts.push(amount);
                }
                Some(amounts)
            }
        };
        for (column, interner, numbers, what) in [
            (columns.orders, &mut self.orders, &mut self.rows.order, "orders"),
            (columns.items, &mut self.items, &mut self.rows.item, "items"),
        ] {
            if let Some(keys) = column {
                let mut all = Vec::with_capacity(n);
                for row in 0..n {
                    all.push(keys.get(row).map_or(Ok(NONE), |key| interner.key(&key, what))?);
                }
                *numbers = Some(all);
            }
        }
        self.drop_anonymous();
        Ok(())
    }
}
