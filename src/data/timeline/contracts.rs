//! `Contract`, `Contracts`: agreements with a beginning and perhaps an end.
//!
//! An end in the future of the as-of day is hidden: whoever knew in May that a contract ends in June would predict
//! churn perfectly, and uselessly.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::data::extend::Refused;
use crate::data::{Customers, DayColumn, KeyColumn, Keys, PerCustomer};
use crate::error::{Error, Place, Result};
use crate::types::{AsOf, Day, Key};

use super::{Arrivals, NONE, Timeline};

/// A customer's contract, subscription or membership: in force from `start` to `end`, both included, or still running.
///
/// A customer may have several, one after the other or side by side.
///
/// ```
/// use regulars::data::Contract;
/// use regulars::types::Day;
///
/// let contract = Contract::new("ann", Day::ymd(2024, 1, 1)?).end(Day::ymd(2024, 12, 31)?).plan("basic");
/// # let _ = contract;
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Contract<'a> {
    customer: Key<'a>,
    start: Day,
    end: Option<Day>,
    plan: Option<Key<'a>>,
}

impl<'a> Contract<'a> {
    /// A contract that is still running.
    pub fn new(customer: impl Into<Key<'a>>, start: Day) -> Self {
        Self { customer: customer.into(), start, end: None, plan: None }
    }

    /// The last day in force, on or after the start. A contract of one day ends on the day it starts.
    pub fn end(mut self, end: Day) -> Self {
        self.end = Some(end);
        self
    }

    /// What was agreed on.
    pub fn plan(mut self, plan: impl Into<Key<'a>>) -> Self {
        self.plan = Some(plan.into());
        self
    }
}

/// A contract as stored: 12 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    start: Day,
    /// `Day::new(i32::MAX)` for a running contract, so that it sorts behind every end.
    end: Day,
    plan: u32,
}

/// The end of a contract without one: behind every day that a view can have, or on it, which is asked for.
const RUNNING: Day = Day::new(i32::MAX);

/// Contracts of many customers, sorted by customer and start. A clone shares the rows.
///
/// They are read through a day, by [`observed`](Self::observed): a contract that begins later is not there, and one that
/// ends later is still running. So nothing learned from them knows who will leave.
///
/// ```
/// use regulars::data::{Contract, Contracts};
/// use regulars::types::{AsOf, Day};
///
/// let mut contracts = Contracts::builder();
/// contracts.push(Contract::new("ann", Day::ymd(2024, 1, 1)?).end(Day::ymd(2024, 6, 30)?).plan("basic"))?;
/// let contracts = contracts.build()?;
///
/// let in_may = contracts.observed(AsOf::ymd(2024, 5, 31)?);
/// assert_eq!(in_may.history("ann").rows().next().map(|c| c.end), Some(None), "nobody knew yet");
/// let in_july = contracts.observed(AsOf::ymd(2024, 7, 31)?);
/// assert!(!in_july.history("ann").is_running());
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # As features
/// Who is under contract, for how long, and on which plan, as of a day:
///
/// ```
/// use regulars::data::{Contract, Contracts, Customers, Features, Keys};
/// use regulars::types::{AsOf, Day};
///
/// let mut contracts = Contracts::builder();
/// contracts.push(Contract::new("ann", Day::ymd(2024, 1, 1)?).plan("basic"))?;
/// contracts.push(Contract::new("bob", Day::ymd(2023, 1, 1)?).end(Day::ymd(2023, 12, 31)?).plan("pro"))?;
/// let contracts = contracts.build()?;
///
/// let as_of = AsOf::ymd(2024, 1, 31)?;
/// let customers = Customers::all(Keys::new(["ann", "bob"])?.into());
/// let facts = contracts.observed(as_of).map(&customers, |history| {
///     let last = history.rows().last();
///     let age = last.as_ref().map(|contract| (as_of.day() - contract.start) as f64);
///     (age, last.and_then(|contract| contract.plan).map(|plan| plan.to_string()), history.is_running())
/// });
/// let table = Features::builder(customers)
///     .numeric("contract_days", facts.values().iter().map(|(age, ..)| *age))?
///     .categorical("plan", facts.values().iter().map(|(_, plan, _)| plan.as_deref()))?
///     .numeric("running", facts.values().iter().map(|(.., running)| f64::from(u8::from(*running))))?
///     .build()?;
/// assert_eq!(table.numeric("contract_days")?.get(0), Some(30.0));
/// assert_eq!(table.categorical("plan")?.level(1), Some("pro"));
/// assert_eq!(table.numeric("running")?.iter().collect::<Vec<_>>(), [Some(1.0), Some(0.0)]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Contracts(pub(super) Timeline<Entry>);

/// Collects rows into [`Contracts`], in any order. Made by [`Contracts::builder`].
#[derive(Debug)]
pub struct ContractsBuilder {
    pub(super) arrivals: Arrivals<Entry>,
    rows: u64,
    pub(in crate::data) refused: Refused,
}

impl ContractsBuilder {
    /// Adds a contract. The row is not taken in where it is refused, and the builder can go on.
    ///
    /// ```
    /// use regulars::data::{Contract, Contracts};
    /// use regulars::types::Day;
    /// let mut contracts = Contracts::builder();
    /// let error = contracts.push(Contract::new("ann", Day::new(10)).end(Day::new(9))).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1, column `end`: expected a day on or after the start");
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row for a contract that ends before it begins.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row is handed over; `push(Contract::new(..))` reads best"
    )]
    pub fn push(&mut self, contract: Contract<'_>) -> Result<()> {
        self.rows += 1;
        let Contract { start, end, .. } = contract;
        if end.is_some_and(|end| end < start) {
            return Err(Error::row(self.rows, Some("end"), "expected a day on or after the start"));
        }
        let end = end.unwrap_or(RUNNING);
        self.arrivals.push(&contract.customer, contract.plan.as_ref(), |plan| Entry { start, end, plan })
    }

    /// Sorts the rows by customer, start, plan, end.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows; the first error of an `extend`
    /// that refused a row.
    pub fn build(mut self) -> Result<Contracts> {
        self.refused.check()?;
        // The end comes last: contracts that look equal as of a day stand in the same order whatever their later ends.
        let by_content = |a: &Entry, b: &Entry| (a.start, a.plan, a.end).cmp(&(b.start, b.plan, b.end));
        self.arrivals.build(|entry| &mut entry.plan, by_content).map(Contracts)
    }
}

impl Contracts {
    /// The rows door.
    pub fn builder() -> ContractsBuilder {
        ContractsBuilder { arrivals: Arrivals::new(), rows: 0, refused: Refused::default() }
    }

    /// The columns door; `None` in `ends` is a running contract, an empty plan is none.
    ///
    /// ```
    /// use regulars::data::{Contracts, KeyColumn};
    /// use regulars::types::Day;
    ///
    /// let (customers, starts) = ([7_i64, 9], [19_844, 19_850]);
    /// let ends = [None, Some(Day::new(19_900))];
    /// let plans = ["basic", ""];
    /// let contracts = Contracts::from_columns(&customers[..], &starts[..], &ends, Some(KeyColumn::Texts(&plans)))?;
    /// assert_eq!((contracts.len(), contracts.plans().len(), contracts.is_empty()), (2, 1, false));
    /// assert_eq!(contracts.customers().len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row without a customer or with an end before its start,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn from_columns<'a>(
        customers: impl Into<KeyColumn<'a>>,
        starts: impl Into<DayColumn<'a>>,
        ends: &[Option<Day>],
        plans: Option<KeyColumn<'a>>,
    ) -> Result<Self> {
        let (customers, starts) = (customers.into(), starts.into());
        let n = customers.len();
        let lengths =
            [("starts", starts.len()), ("ends", ends.len()), ("plans", plans.map_or(n, |p| p.len()))];
        for (name, length) in lengths {
            if length != n {
                return Err(Error::shape("rows", n, length).at(Place::Column(name.into())));
            }
        }
        let mut builder = Self::builder();
        for (row, end) in ends.iter().enumerate() {
            let missing = || Error::row(row as u64 + 1, Some("customers"), "expected a key, found nothing");
            let customer = customers.get(row).ok_or_else(missing)?;
            let plan = plans.as_ref().and_then(|p| p.get(row));
            builder.push(Contract { customer, start: starts.get(row), end: *end, plan })?;
        }
        builder.build()
    }

    /// Number of contracts.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Whose they are, in ascending order of keys.
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The plans, in ascending order of keys.
    pub fn plans(&self) -> &Arc<Keys> {
        &self.0.labels
    }

    /// Rows that a file held but that could not be used, by reason; empty for the other doors, which refuse them.
    pub fn rows_skipped(&self) -> &BTreeMap<String, u64> {
        &self.0.skipped
    }

    /// What is known as of a day: contracts begun by then, and ends that have come by then.
    pub fn observed(&self, as_of: AsOf) -> ObservedContracts<'_> {
        ObservedContracts { contracts: self, as_of }
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Contracts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, customers, plans) = (self.len(), self.customers().len(), self.plans().len());
        write!(f, "Contracts({rows} rows, {customers} customers, {plans} plans)")
    }
}

/// Contracts as they were known on a day: later ones do not exist here, and later ends have not happened.
#[derive(Clone, Copy, Debug)]
pub struct ObservedContracts<'a> {
    contracts: &'a Contracts,
    as_of: AsOf,
}

impl<'a> ObservedContracts<'a> {
    /// The last known day.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The contracts of the customer with that key; none for one nothing is known of. O(log customers + log contracts).
    pub fn history<'k>(&self, customer: impl Into<Key<'k>>) -> ContractHistory<'a> {
        let all = self.contracts.0.of(&customer.into());
        let known = all.partition_point(|entry| entry.start <= self.as_of.day());
        ContractHistory { contracts: self.contracts, entries: &all[..known], as_of: self.as_of }
    }

    /// `f` of the contracts of each of those customers, usually a ledger's as of the same day.
    ///
    /// ```
    /// use regulars::data::{Contract, Contracts, Customers, Keys};
    /// use regulars::types::{AsOf, Day};
    ///
    /// let mut contracts = Contracts::builder();
    /// contracts.push(Contract::new("ann", Day::ymd(2024, 1, 1)?))?;
    /// contracts.push(Contract::new("bob", Day::ymd(2024, 1, 1)?).end(Day::ymd(2024, 3, 31)?))?;
    /// let contracts = contracts.build()?;
    ///
    /// let customers = Customers::all(Keys::new(["ann", "bob", "cleo"])?.into());
    /// let now = contracts.observed(AsOf::ymd(2024, 5, 31)?);
    /// let running = now.map(&customers, |history| history.is_running());
    /// assert_eq!(running.values(), [true, false, false]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn map<T>(
        &self,
        customers: &Customers,
        mut f: impl FnMut(ContractHistory<'a>) -> T,
    ) -> PerCustomer<T> {
        let values =
            (0..customers.len()).filter_map(|row| Some(f(self.history(customers.key(row)?)))).collect();
        PerCustomer::dense(customers.clone(), values)
    }
}

/// The contracts of one customer as known on a day, by start.
#[derive(Clone, Copy)]
pub struct ContractHistory<'a> {
    contracts: &'a Contracts,
    entries: &'a [Entry],
    as_of: AsOf,
}

/// One row of a [`ContractHistory`].
///
/// ```
/// use regulars::data::{Contract, Contracts};
/// use regulars::types::{AsOf, Day};
/// let (start, end) = (Day::ymd(2024, 1, 1)?, Day::ymd(2024, 6, 30)?);
/// let mut contracts = Contracts::builder();
/// contracts.push(Contract::new("ann", start).end(end).plan("basic"))?;
/// let contracts = contracts.build()?;
/// let on_the_last_day = contracts.observed(AsOf::new(end)).history("ann");
/// let row = on_the_last_day.rows().next().expect("there is one");
/// assert_eq!((row.start, row.end, row.plan.map(|plan| plan.to_string())), (start, Some(end), Some("basic".into())));
/// assert!(!on_the_last_day.is_running()); // it does not run on after this day
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ContractRow<'a> {
    /// First day in force.
    pub start: Day,
    /// Last day in force; `None` while running as of the day of the view.
    pub end: Option<Day>,
    /// What was agreed on, where known.
    pub plan: Option<Key<'a>>,
}

impl<'a> ContractHistory<'a> {
    /// Number of contracts.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a contract runs on after the day of the view: it has no end, or one that lies behind that day.
    pub fn is_running(&self) -> bool {
        self.entries.iter().any(|entry| entry.end == RUNNING || entry.end > self.as_of.day())
    }

    /// The rows in order of start, plan, end; ends behind the as-of day are not shown.
    pub fn rows(&self) -> impl Iterator<Item = ContractRow<'a>> + use<'a> {
        let (labels, as_of) = (&self.contracts.0.labels, self.as_of.day());
        self.entries.iter().map(move |entry| ContractRow {
            start: entry.start,
            end: (entry.end <= as_of && entry.end != RUNNING).then_some(entry.end),
            plan: (entry.plan != NONE).then(|| labels.get(entry.plan as usize)).flatten(),
        })
    }
}

/// Prints how many rows there are, not whose.
impl fmt::Debug for ContractHistory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractHistory({} rows)", self.len())
    }
}
