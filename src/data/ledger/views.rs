//! Views of a ledger: what is known as of a day, what came after, and one customer's rows.
//!
//! Rows of a customer are contiguous and ascend in days, so every cut in time is a binary search in one slice. The
//! types keep the promise that features never see the future: [`Observed`] has no way past its as-of day, and
//! [`Holdout`] comes from a [`Split`] only, which has one as-of day for both.

use std::fmt;
use std::sync::Arc;

use crate::data::{Behaviour, Customers, Keys, Knowledge, PerCustomer};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernel::par;
use crate::types::{Amount, AsOf, CustomerIx, Day, Horizon, ItemIx, Provenance, Quantity};

use super::late::Patch;
use super::store::{LAST, Ledger, NONE, Rows, Store};

impl Ledger {
    /// What is known as of a day: the only source of features.
    ///
    /// `as_of` may lie after the covered days: the caller then states that nothing happened in
    /// between. O(customers) at most: it looks for the first customer who was seen by then. Where
    /// rows are known later than their own day or have other versions, the rows of the customers
    /// concerned are copied once for each as-of day asked for, and kept as long as the ledger.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, day) in [("ann", 1), ("bob", 20)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?))?;
    /// }
    /// let ledger = builder.build()?;
    /// assert_eq!(ledger.observed(AsOf::ymd(2024, 5, 10)?)?.customers().len(), 1); // bob is yet to come
    /// let error = ledger.observed(AsOf::ymd(2024, 4, 30)?).unwrap_err();
    /// assert_eq!(error.to_string(), "no customer has a row on or before 2024-04-30");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](ErrorKind::EmptyInput) where no row of any customer lies on or before `as_of`.
    pub fn observed(&self, as_of: AsOf) -> Result<Observed<'_>> {
        Observed::new(self, as_of, Knowledge::AsKnown)
    }

    /// The rows up to a day as they stand now, whenever they became known.
    ///
    /// Late rows and corrections of rows up to the day are in it, although they were not known on
    /// that day. For a report about the past; not for a back-test, which would know a little of the
    /// future.
    ///
    /// ```
    /// # use regulars::data::{Knowledge, Ledger, Transaction};
    /// # use regulars::types::{Amount, AsOf, Currency, Day};
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// let day = |d| Day::ymd(2024, 5, d);
    /// builder.push(Transaction::new("ann", day(1)?).amount(Amount::minor(900)))?;
    /// builder.push(Transaction::new("ann", day(2)?).amount(Amount::minor(-900)).known(day(20)?))?;
    /// let ledger = builder.build()?;
    /// let as_of = AsOf::new(day(10)?);
    /// let (then, now) = (ledger.observed(as_of)?, ledger.observed_in_hindsight(as_of)?);
    /// assert_eq!(then.behaviour()?.rows()[0].spend(), Amount::minor(900)); // the refund was booked on the 20th
    /// assert_eq!(now.behaviour()?.rows()[0].spend(), Amount::minor(0));
    /// assert_eq!(now.knowledge(), Knowledge::Hindsight);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`observed`](Self::observed).
    pub fn observed_in_hindsight(&self, as_of: AsOf) -> Result<Observed<'_>> {
        Observed::new(self, as_of, Knowledge::Hindsight)
    }

    /// Cuts time in two: what is known as of a day, and the `horizon` after it as the only source of labels.
    ///
    /// The holdout is the days `as_of` + 1 to `as_of` + horizon, both inclusive; the cut day itself is known.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 20] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?))?;
    /// # }
    /// # let ledger = builder.build()?; // 1 and 20 May
    /// let split = ledger.split(AsOf::ymd(2024, 5, 13)?, Horizon::weeks(1)?)?;
    /// assert_eq!(split.holdout().days(), (Day::ymd(2024, 5, 14)?, Day::ymd(2024, 5, 20)?));
    /// let error = ledger.split(AsOf::ymd(2024, 5, 14)?, Horizon::weeks(1)?).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "parameter `horizon`: 2024-05-14 plus 7 days ends on 2024-05-21, but the ledger covers days up to 2024-05-20 only"
    /// );
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Ledger::observed`]; [`InvalidInput`](ErrorKind::InvalidInput) naming both dates where
    /// the horizon ends after the covered days.
    pub fn split(&self, as_of: AsOf, horizon: Horizon) -> Result<Split<'_>> {
        let observed = self.observed(as_of)?;
        let until = as_of.day().checked_add(horizon.in_days().into());
        match until {
            Some(until) if until <= self.covers().1 => Ok(Split::new(observed, horizon, until)),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                Place::Parameter("horizon"),
                format!(
                    "{as_of} plus {horizon} ends {}, but the ledger covers days up to {} only",
                    until.map_or_else(|| "beyond the calendar".to_owned(), |u| format!("on {u}")),
                    self.covers().1
                ),
            )),
        }
    }
}

/// The ledger as it was known on a day: rows after `as_of` do not exist here. The only source of features.
///
/// Two words; copy it freely. Made by [`Ledger::observed`] and [`Split::observed`].
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (customer, day, cents) in [("ann", 1, 1_000), ("ann", 9, 500), ("bob", 3, 990), ("cleo", 30, 10)] {
///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let then = ledger.observed(AsOf::ymd(2024, 5, 8)?)?;
///
/// assert_eq!(then.customers().len(), 2); // cleo is not yet known
/// let ann = ledger.customer("ann").expect("has rows");
/// assert_eq!(then.history(ann)?.map(|rows| rows.len()), Some(1)); // the 9th is the future
/// assert!(then.history(ledger.customer("cleo").expect("has rows"))?.is_none());
/// assert!(then.anonymous().is_empty());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    ledger: &'a Ledger,
    as_of: AsOf,
    /// The one customer that is shown; `None` for all of them.
    only: Option<u32>,
    knowledge: Knowledge,
    /// The customers whose known rows are not those of the store; `None` where there are none.
    patch: Option<&'a Patch>,
}

impl<'a> Observed<'a> {
    /// A view that shows at least one row of a customer.
    fn new(ledger: &'a Ledger, as_of: AsOf, knowledge: Knowledge) -> Result<Self> {
        let store = ledger.store();
        let patch = match knowledge {
            Knowledge::AsKnown => store.late.patch(store, as_of.day()),
            Knowledge::Hindsight => store.late.patch(store, LAST),
        };
        let observed = Self { ledger, as_of, only: None, knowledge, patch };
        let anyone = (0..store.customers.len()).any(|customer| observed.history_at(customer).is_some());
        if anyone {
            Ok(observed)
        } else {
            Err(Error::empty(format!("no customer has a row on or before {as_of}")))
        }
    }

    /// The last known day, inclusive.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The whole ledger, for its keys and currency. Its rows may lie in the future: take rows from
    /// [`history`](Self::history).
    pub fn ledger(&self) -> &'a Ledger {
        self.ledger
    }

    /// Customers with at least one row up to `as_of`, in ascending order of keys. Refunds are rows: who only gave back
    /// is known, though without a purchase. O(customers).
    pub fn customers(&self) -> Customers {
        let store = self.ledger.store();
        if let Some(only) = self.only {
            return Customers::some(store.customers.clone(), vec![only]).of(self.provenance());
        }
        // A customer's first row is the earliest: one comparison for each decides.
        let seen = (0_u32..).zip(&store.offsets[..store.customers.len()]);
        let present = seen.filter(|(customer, first)| match self.patch {
            Some(_) => self.history_at(*customer as usize).is_some(),
            None => store.rows.day[**first] <= self.as_of.day(),
        });
        let present = present.map(|(customer, _)| customer).collect();
        Customers::some(store.customers.clone(), present).of(self.provenance())
    }

    /// Currency, meaning of days and label of the ledger, and the as-of day: what a model keeps of its fit.
    pub fn provenance(&self) -> Provenance {
        let store = self.ledger.store();
        Provenance {
            currency: Some(store.currency),
            time_axis: Some(store.time),
            as_of: Some(self.as_of),
            label: store.label.clone(),
        }
    }

    /// A customer's rows up to `as_of`, never empty; `None` for one who was not yet seen. O(log rows of the customer).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger.
    pub fn history(&self, customer: CustomerIx) -> Result<Option<History<'a>>> {
        self.ledger.check_customer(customer)?;
        Ok(self.history_at(customer.index()))
    }

    /// As [`history`](Self::history), by dense number.
    pub(crate) fn history_at(&self, customer: usize) -> Option<History<'a>> {
        if self.only.is_some_and(|only| only as usize != customer) {
            return None;
        }
        let all = History::of(self.ledger.store(), self.patch, customer);
        Some(all.until(self.as_of.day())).filter(|h| !h.is_empty())
    }

    /// Whether rows are those known on the day, or those known since.
    pub fn knowledge(&self) -> Knowledge {
        self.knowledge
    }

    /// The same view, restricted to one customer: everything computed from it has that row alone.
    ///
    /// Each verb of the crate answers for the customers of the view that it is given, so this is the
    /// way to score one customer: no other customer's rows are read, and the answer equals that
    /// customer's row of the full table to the bit. O(log rows of the customer).
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for customer in ["ann", "bob"] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, 1)?))?;
    /// }
    /// let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// let ann = now.only(ledger.customer("ann").expect("has rows"))?;
    /// assert_eq!(ann.customers().len(), 1);
    /// assert_eq!(ann.behaviour()?.rows(), &now.behaviour()?.rows()[..1]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an index of another ledger,
    /// [`EmptyInput`](ErrorKind::EmptyInput) for a customer who is not known as of the day.
    pub fn only(&self, customer: CustomerIx) -> Result<Self> {
        if self.history(customer)?.is_none() {
            let rule = format!("the customer has no row on or before {}", self.as_of);
            return Err(Error::empty(rule));
        }
        Ok(Self { only: Some(customer.index), ..*self })
    }

    /// What each customer did up to the day: purchases, gaps, spend, refunds.
    ///
    /// Computed once per as-of day and shared: the ledger keeps the latest eight. A view of one
    /// customer reads that customer alone. O(rows), in parallel by customer.
    ///
    /// # Errors
    /// [`Overflow`](ErrorKind::Overflow) where a customer's spend does not fit 64 bits.
    pub fn behaviour(&self) -> Result<Arc<Behaviour>> {
        match self.only {
            Some(_) => Behaviour::of(*self).map(Arc::new),
            None => self.ledger.store().computed.get(*self),
        }
    }

    /// Rows without a customer up to `as_of` (see [`Anonymous`](crate::data::Anonymous)), ordered
    /// by day, time of day, order, item; empty where they were skipped.
    pub fn anonymous(&self) -> History<'a> {
        let store = self.ledger.store();
        History::of(store, self.patch, store.customers.len()).until(self.as_of.day())
    }

    /// `f` of every customer known as of the day, in parallel, in ascending order of keys. `f` gets histories that
    /// are never empty. Its result does not depend on the number of threads as long as `f` depends on nothing but
    /// its argument.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
    /// # let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// let days_silent = now.map(|history| now.as_of().day() - history.last_day());
    /// assert_eq!(days_silent.by_key("ann"), Some(&30));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn map<T: Send>(&self, f: impl Fn(History<'a>) -> T + Sync + Send) -> PerCustomer<T> {
        let customers = self.customers();
        let values = par::map(customers.len(), |row| {
            customers.customer(row).and_then(|c| self.history_at(c.index())).map(&f)
        });
        let values: Vec<T> = values.into_iter().flatten().collect();
        PerCustomer::dense(customers, values)
    }
}

/// Prints counts and the day, never keys.
impl fmt::Debug for Observed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hindsight = if self.knowledge == Knowledge::Hindsight { " in hindsight" } else { "" };
        write!(f, "Observed({:?} as of {}{hindsight})", self.ledger, self.as_of)
    }
}

/// The days after a cut: the only source of labels and of the truth that forecasts are scored against.
///
/// Made by [`Split::holdout`]. Its rows are those known on its last day: a split depends on nothing after that day. It
/// knows every customer of the ledger, also those who first come in it: whether they count is up to the question asked. Churn asks only about customers of the observed part.
#[derive(Clone, Copy)]
pub struct Holdout<'a> {
    ledger: &'a Ledger,
    /// The cut: the holdout begins on the next day.
    after: AsOf,
    /// Its last day, within the covered ones.
    until: Day,
    /// The customers whose rows as known on the last day are not those of the store.
    patch: Option<&'a Patch>,
}

impl<'a> Holdout<'a> {
    /// The first and last day of the holdout.
    pub fn days(&self) -> (Day, Day) {
        (self.after.day().checked_add(1).unwrap_or(self.until), self.until)
    }

    /// A customer's rows within the holdout; empty for one who did not come. O(log rows of the customer).
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, day) in [("ann", 1), ("bob", 1), ("ann", 8), ("ann", 15)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?))?;
    /// }
    /// let ledger = builder.build()?;
    /// let split = ledger.split(AsOf::ymd(2024, 5, 7)?, Horizon::weeks(1)?)?;
    /// let came = |key: &str| -> regulars::Result<usize> {
    ///     Ok(split.holdout().history(ledger.customer(key).expect("has rows"))?.len())
    /// };
    /// assert_eq!((came("ann")?, came("bob")?), (1, 0)); // the 8th lies within, the 15th after it
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger.
    pub fn history(&self, customer: CustomerIx) -> Result<History<'a>> {
        self.ledger.check_customer(customer)?;
        Ok(self.history_at(customer.index()))
    }

    /// As [`history`](Self::history), by dense number.
    pub(crate) fn history_at(&self, customer: usize) -> History<'a> {
        let all = History::of(self.ledger.store(), self.patch, customer);
        let mut within = all.until(self.until);
        within.start += all.until(self.after.day()).len();
        within
    }
}

/// Prints counts and the days, never keys.
impl fmt::Debug for Holdout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holdout({:?}, {} to {})", self.ledger, self.days().0, self.until)
    }
}

/// A cut in time: what was known, and what came after. The two parts belong together and cannot be mismatched.
///
/// Models that learn take splits instead of a table of features and a table of labels; several splits of one
/// ledger are several dates to learn from.
///
/// ```
/// use regulars::data::{Ledger, Split, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Horizon};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for month in 1..=6 {
/// #     builder.push(Transaction::new("ann", Day::ymd(2024, month, 1)?))?;
/// # }
/// # let ledger = builder.build()?;
/// // A purchase on the first of each month from January to June; three cuts, four weeks ahead each.
/// let month = Horizon::weeks(4)?;
/// let cuts: Vec<Split> = (2..=4)
///     .map(|month_of| ledger.split(AsOf::ymd(2024, month_of, 15)?, month))
///     .collect::<regulars::Result<_>>()?;
/// let ann = ledger.customer("ann").expect("has rows");
/// for (months, cut) in (2..).zip(&cuts) {
///     assert_eq!(cut.observed().history(ann)?.map(|rows| rows.len()), Some(months));
///     assert_eq!(cut.holdout().history(ann)?.len(), 1);
///     assert_eq!((cut.as_of(), cut.horizon()), (cut.observed().as_of(), month));
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    observed: Observed<'a>,
    horizon: Horizon,
    until: Day,
}

impl<'a> Split<'a> {
    /// A split whose holdout ends on `until`, within the covered days: [`Ledger::split`] has checked it.
    pub(super) fn new(observed: Observed<'a>, horizon: Horizon, until: Day) -> Self {
        Self { observed, horizon, until }
    }

    /// As that of the observed part, up to the last day of the holdout: what a model has seen that learned from both.
    pub(crate) fn provenance(&self) -> Provenance {
        Provenance { as_of: Some(AsOf::new(self.until)), ..self.observed.provenance() }
    }

    /// What was known: the source of features.
    pub fn observed(&self) -> Observed<'a> {
        self.observed
    }

    /// What came after: the source of labels.
    pub fn holdout(&self) -> Holdout<'a> {
        let ledger = self.observed.ledger;
        let patch = ledger.store().late.patch(ledger.store(), self.until);
        Holdout { ledger, after: self.observed.as_of, until: self.until, patch }
    }

    /// The last known day, inclusive; the holdout begins on the next one.
    pub fn as_of(&self) -> AsOf {
        self.observed.as_of
    }

    /// Length of the holdout in days.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }
}

/// The rows of one customer within a view: contiguous, ordered by day, time of day, order, item, amount, quantity.
///
/// Columns come as slices, rows one by one; slices are the faster way. [`Observed`] never hands out an empty one,
/// [`Holdout`] and [`Observed::anonymous`] may.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (day, cents) in [(9, -200), (1, 1_000), (9, 700)] {
///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// let rows = now.history(ledger.customer("ann").expect("has rows"))?.expect("was seen");
/// assert_eq!((rows.len(), rows.is_empty()), (3, false));
/// assert_eq!((rows.first_day(), rows.last_day()), (Day::ymd(2024, 5, 1)?, Day::ymd(2024, 5, 9)?));
/// // Of one day, by amount: rows of one moment are ordered by content.
/// assert_eq!(rows.amounts(), Some(&[1_000, -200, 700].map(Amount::minor)[..]));
/// assert_eq!(rows.rows().filter(|row| row.is_refund).count(), 1);
/// assert_eq!(rows.quantities(), None); // the ledger counts no pieces
/// assert_eq!(rows.days().len(), 3);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct History<'a> {
    rows: &'a Rows,
    /// Fingerprint of the ledger's items.
    items: u32,
    /// First row.
    start: usize,
    /// The place after the last row.
    end: usize,
}

/// A day on which a customer bought something: see [`History::purchases`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Purchase {
    /// The day.
    pub day: Day,
    /// Rows of the day that are no refunds, at least one.
    pub rows: u32,
    /// Sum of their amounts, held at 64 bits; zero where the ledger has no amounts.
    pub paid: Amount,
}

/// One row of a [`History`].
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Quantity};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// let day = Day::ymd(2024, 5, 1)?;
/// builder.push(Transaction::new("ann", day).order("A-1").item("tea").quantity(Quantity::units(-1)))?;
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::new(day))?;
/// let rows = now.history(ledger.customer("ann").expect("has rows"))?.expect("was seen");
/// let row = rows.row(0).expect("there is one");
/// assert_eq!((row.day, row.order, row.item), (day, Some(0), ledger.item("tea")));
/// assert_eq!((row.amount, row.quantity, row.is_refund), (None, Some(Quantity::units(-1)), true));
/// assert_eq!(row.second_of_day, None);
/// assert_eq!(rows.row(1), None);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Row {
    /// Day of the row.
    pub day: Day,
    /// Second of the day, where known.
    pub second_of_day: Option<u32>,
    /// Rank of the order among the ledger's [orders](Ledger::orders), where known.
    pub order: Option<u32>,
    /// Item, where known.
    pub item: Option<ItemIx>,
    /// Money paid, where the ledger has amounts.
    pub amount: Option<Amount>,
    /// Pieces bought, where the ledger has quantities.
    pub quantity: Option<Quantity>,
    /// Whether the row gives money or goods back: amount or quantity below zero.
    pub is_refund: bool,
}

impl<'a> History<'a> {
    /// All rows of a customer; the number after the last customer stands for anonymous rows.
    fn of(store: &'a Store, patch: Option<&'a Patch>, customer: usize) -> Self {
        let items = store.items.as_deref().map_or(0, Keys::fingerprint);
        let place = patch.and_then(|patch| Some((patch, patch.place(customer)?)));
        let (rows, offsets, at) = match place {
            Some((patch, at)) => (&patch.rows, &patch.offsets[..], at),
            None => (&*store.rows, &*store.offsets, customer),
        };
        Self { rows, items, start: offsets[at], end: offsets[at + 1] }
    }

    /// The part up to and including `day`: days ascend, so the border is found by bisection.
    fn until(self, day: Day) -> Self {
        let days = &self.rows.day[self.start..self.end];
        Self { end: self.start + days.partition_point(|d| *d <= day), ..self }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The day of each row, ascending.
    pub fn days(&self) -> &'a [Day] {
        &self.rows.day[self.start..self.end]
    }

    /// The amount of each row in minor units, where the ledger has amounts.
    pub fn amounts(&self) -> Option<&'a [Amount]> {
        self.rows.amount.as_ref().map(|c| &c[self.start..self.end])
    }

    /// The quantity of each row in thousandths, where the ledger has quantities.
    pub fn quantities(&self) -> Option<&'a [Quantity]> {
        self.rows.quantity.as_ref().map(|c| &c[self.start..self.end])
    }

    /// Dense item numbers, `u32::MAX` for none.
    pub(crate) fn item_numbers(&self) -> Option<&'a [u32]> {
        self.rows.item.as_ref().map(|c| &c[self.start..self.end])
    }

    /// Dense order numbers, `u32::MAX` for none.
    pub(crate) fn order_numbers(&self) -> Option<&'a [u32]> {
        self.rows.order.as_ref().map(|c| &c[self.start..self.end])
    }

    /// Seconds of the day, `u32::MAX` for unknown.
    pub(crate) fn seconds(&self) -> Option<&'a [u32]> {
        self.rows.second.as_ref().map(|c| &c[self.start..self.end])
    }

    /// Whether row `i` gives money or goods back.
    pub(crate) fn is_refund(&self, i: usize) -> bool {
        self.rows.is_refund(self.start + i)
    }

    /// The purchases, oldest first: each day with at least one row that is no refund.
    ///
    /// This is the crate's only definition of a purchase. A row of amount zero belongs to a purchase.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (day, cents) in [(1, 1_000), (1, 500), (1, -300), (9, -500)] {
    ///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
    /// }
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// # let history = now.history(ledger.customer("ann").expect("has rows"))?.expect("was seen");
    /// let purchases: Vec<Purchase> = history.purchases().collect();
    /// assert_eq!(purchases.len(), 1); // only refunds on the 9th
    /// assert_eq!((purchases[0].day, purchases[0].rows), (Day::ymd(2024, 5, 1)?, 2));
    /// assert_eq!(purchases[0].paid, Amount::minor(1_500)); // the refund is not taken off
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn purchases(&self) -> impl Iterator<Item = Purchase> + use<'a> {
        let (history, days) = (*self, self.days());
        let mut row = 0;
        std::iter::from_fn(move || {
            let mut found: Option<Purchase> = None;
            while let Some(day) = days.get(row) {
                if found.is_some_and(|purchase| purchase.day != *day) {
                    break;
                }
                if !history.is_refund(row) {
                    let purchase = found.get_or_insert(Purchase { day: *day, rows: 0, paid: Amount::ZERO });
                    purchase.rows += 1;
                    let amount = history.amounts().map_or(Amount::ZERO, |amounts| amounts[row]);
                    purchase.paid = Amount::minor(purchase.paid.in_minor().saturating_add(amount.in_minor()));
                }
                row += 1;
            }
            found
        })
    }

    /// Number of distinct items among the rows that are no refunds; 0 where the ledger has no items.
    pub(crate) fn distinct_items(&self) -> usize {
        let Some(items) = self.item_numbers() else { return 0 };
        let bought = |row: &usize| items[*row] != NONE && !self.is_refund(*row);
        let mut items: Vec<u32> = (0..items.len()).filter(bought).map(|row| items[row]).collect();
        items.sort_unstable();
        items.dedup();
        items.len()
    }

    /// The first day; for an empty history, day 0 (1970-01-01), so ask [`is_empty`](Self::is_empty) first where that
    /// can be.
    pub fn first_day(&self) -> Day {
        self.days().first().copied().unwrap_or(Day::new(0))
    }

    /// The last day; for an empty history, day 0 as in [`first_day`](Self::first_day).
    pub fn last_day(&self) -> Day {
        self.days().last().copied().unwrap_or(Day::new(0))
    }

    /// Row `i` from 0, or `None` after the last.
    pub fn row(&self, i: usize) -> Option<Row> {
        let day = *self.days().get(i)?;
        let known = |column: Option<&'a [u32]>| column.map(|c| c[i]).filter(|v| *v != NONE);
        let dictionary = self.items;
        Some(Row {
            day,
            second_of_day: known(self.seconds()),
            order: known(self.order_numbers()),
            item: known(self.item_numbers()).map(|index| ItemIx { index, dictionary }),
            amount: self.amounts().map(|a| a[i]),
            quantity: self.quantities().map(|q| q[i]),
            is_refund: self.is_refund(i),
        })
    }

    /// All rows in order, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = Row> + use<'a> {
        let history = *self;
        (0..self.len()).filter_map(move |i| history.row(i))
    }
}

/// Prints how many rows there are, not whose.
impl fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "History({} rows)", self.len())
    }
}
