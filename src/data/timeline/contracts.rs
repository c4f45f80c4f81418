//! `Contract`, `Contracts`: agreements with a beginning and perhaps an end.
//!
//! An end in the future of the as-of day is hidden: whoever knew in May that a contract ends in June would predict
//! churn perfectly, and uselessly.

use std::fmt;
use std::sync::Arc;

use crate::data::extend::Refused;
use crate::data::{Conflicts, Customers, DayColumn, KeyColumn, Keys, Knowledge, PerCustomer};
use crate::error::{Error, Result};
use crate::types::{AsOf, Day, IntoKey, Key, Moment};

use super::store::{Arrival, Arrivals, ID, KIND, Rows, Timeline, TimelineIntake, View, check_lengths};

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
#[derive(Clone)]
#[must_use]
pub struct Contract<'a>(Arrival<'a>);

impl<'a> Contract<'a> {
    /// A contract that is still running.
    pub fn new(customer: impl Into<Key<'a>>, start: Day) -> Self {
        Self(Arrival::new(customer.into(), start))
    }

    /// The last day in force, on or after the start. A contract of one day ends on the day it starts.
    pub fn end(mut self, end: Day) -> Self {
        self.0.end = Some(end);
        self
    }

    /// What was agreed on.
    pub fn plan(mut self, plan: impl IntoKey<'a>) -> Self {
        self.0.labels[KIND] = plan.into_key();
        self
    }

    /// The contract's own id in the system it comes from. Contracts of one id are versions of one contract: a
    /// notice of termination is a version with an end, [known](Self::known) on the day it arrives.
    ///
    /// ```
    /// # use regulars::data::{Contract, Contracts};
    /// # use regulars::types::{AsOf, Day};
    /// let day = |month, day| Day::ymd(2024, month, day);
    /// let mut contracts = Contracts::builder();
    /// let contract = Contract::new("ann", day(1, 1)?).id("c1");
    /// contracts.push(contract.clone())?;
    /// contracts.push(contract.end(day(3, 31)?).known(day(4, 10)?))?; // booked ten days late
    /// let contracts = contracts.build()?;
    /// let running = |as_of| contracts.observed(AsOf::new(as_of)).history("ann").is_running();
    /// assert_eq!((running(day(4, 9)?), running(day(4, 10)?)), (true, false));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn id(mut self, id: impl IntoKey<'a>) -> Self {
        self.0.labels[ID] = id.into_key();
        self
    }

    /// The day on which this row became known, where that is not the start.
    pub fn known(mut self, day: Day) -> Self {
        self.0.known = Some((day, None));
        self
    }

    /// The day and second at which this row became known.
    pub fn known_at(mut self, moment: Moment) -> Self {
        self.0.known = Some((moment.day(), Some(moment.second_of_day())));
        self
    }
}

/// Prints the days, never whose the contract is or what was agreed on.
impl fmt::Debug for Contract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.end {
            Some(end) => write!(f, "Contract({} to {end})", self.0.day),
            None => write!(f, "Contract(from {})", self.0.day),
        }
    }
}

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
pub struct Contracts(pub(super) Timeline);

/// Borrowed columns of equal length, to become [`Contracts`].
#[derive(Clone)]
#[must_use]
pub struct ContractColumns<'a> {
    customers: KeyColumn<'a>,
    starts: DayColumn<'a>,
    ends: &'a [Option<Day>],
    plans: Option<KeyColumn<'a>>,
    ids: Option<KeyColumn<'a>>,
    known: Option<DayColumn<'a>>,
    conflicts: Conflicts,
}

impl<'a> ContractColumns<'a> {
    /// Customers, first days and last days, one for each row; `None` is a running contract.
    pub fn new(
        customers: impl Into<KeyColumn<'a>>,
        starts: impl Into<DayColumn<'a>>,
        ends: &'a [Option<Day>],
    ) -> Self {
        Self {
            customers: customers.into(),
            starts: starts.into(),
            ends,
            plans: None,
            ids: None,
            known: None,
            conflicts: Conflicts::default(),
        }
    }

    /// What was agreed on; an empty text is not known.
    pub fn plans(mut self, plans: impl Into<KeyColumn<'a>>) -> Self {
        self.plans = Some(plans.into());
        self
    }

    /// Ids of the contracts, see [`Contract::id`]; an empty text is none.
    pub fn ids(mut self, ids: impl Into<KeyColumn<'a>>) -> Self {
        self.ids = Some(ids.into());
        self
    }

    /// The day on which each row became known, see [`Contract::known`].
    pub fn known(mut self, days: impl Into<DayColumn<'a>>) -> Self {
        self.known = Some(days.into());
        self
    }

    /// What happens to two different contracts of one id that are known at one moment; the default is an error.
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.conflicts = policy;
        self
    }
}

/// Prints the number of rows, never keys.
impl fmt::Debug for ContractColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractColumns({} rows)", self.customers.len())
    }
}

/// Collects rows into [`Contracts`], in any order. Made by [`Contracts::builder`].
#[derive(Debug)]
pub struct ContractsBuilder {
    pub(super) arrivals: Arrivals,
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
        if contract.0.end.is_some_and(|end| end < contract.0.day) {
            return Err(Error::row(self.rows, Some("end"), "expected a day on or after the start"));
        }
        self.arrivals.push(&contract.0)
    }

    /// What happens to two different contracts of one id that are known at one moment; the default is an error of
    /// [`build`](Self::build).
    #[must_use]
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.arrivals.conflicts = policy;
        self
    }

    /// Sorts the rows by customer, start, plan, end.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows; [`InvalidInput`](crate::ErrorKind::InvalidInput) for
    /// versions of one id that contradict each other; the first error of an `extend` that refused a row.
    pub fn build(mut self) -> Result<Contracts> {
        self.refused.check()?;
        self.arrivals.build().map(Contracts)
    }
}

impl Contracts {
    /// Collects contracts one by one.
    pub fn builder() -> ContractsBuilder {
        ContractsBuilder { arrivals: Arrivals::default(), rows: 0, refused: Refused::default() }
    }

    /// Contracts from columns.
    ///
    /// ```
    /// use regulars::data::{ContractColumns, Contracts};
    /// use regulars::types::Day;
    ///
    /// let (customers, starts) = ([7_i64, 9], [19_844, 19_850]);
    /// let ends = [None, Some(Day::new(19_900))];
    /// let columns = ContractColumns::new(&customers[..], &starts[..], &ends).plans(&["basic", ""][..]);
    /// let contracts = Contracts::from_columns(&columns)?;
    /// assert_eq!((contracts.len(), contracts.plans().map(|plans| plans.len())), (2, Some(1)));
    /// assert_eq!(contracts.customers().len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row without a customer or with an end before its start,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn from_columns(columns: &ContractColumns<'_>) -> Result<Self> {
        let ContractColumns { customers, starts, ends, plans, ids, known, conflicts } = columns;
        let n = customers.len();
        check_lengths(
            n,
            &[
                ("starts", Some(starts.len())),
                ("ends", Some(ends.len())),
                ("plans", plans.map(|c| c.len())),
                ("ids", ids.map(|c| c.len())),
                ("known", known.map(|c| c.len())),
            ],
        )?;
        let mut builder = Self::builder().conflicts(*conflicts);
        for row in 0..n {
            let missing = || Error::row(row as u64 + 1, Some("customers"), "expected a key, found nothing");
            let mut arrival = Arrival::new(customers.get(row).ok_or_else(missing)?, starts.get(row));
            arrival.end = ends[row];
            arrival.labels[KIND] = plans.as_ref().and_then(|column| column.get(row));
            arrival.labels[ID] = ids.as_ref().and_then(|column| column.get(row));
            arrival.known = known.map(|known| (known.get(row), None));
            builder.push(Contract(arrival))?;
        }
        builder.build()
    }

    /// These contracts and others: what a rebuild from the rows of both gives, bit for bit. See
    /// [`Events::extend`](super::Events::extend).
    ///
    /// # Errors
    /// As [`Events::extend`](super::Events::extend).
    pub fn extend(&self, more: &Self) -> Result<Self> {
        self.0.extend(&more.0).map(Self)
    }

    /// Number of contracts, all versions included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whose they are, in ascending order of keys.
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The plans, in ascending order of keys; `None` where no contract names one.
    pub fn plans(&self) -> Option<&Keys> {
        self.0.dictionaries[KIND].as_deref()
    }

    /// What came in and what became of it.
    pub fn intake(&self) -> &TimelineIntake {
        &self.0.intake
    }

    /// What is known as of a day: contracts begun by then, and ends that have come by then.
    pub fn observed(&self, as_of: AsOf) -> ObservedContracts<'_> {
        self.observed_at(as_of.into())
    }

    /// What is known at a moment. A contract begins and ends with the last second of its days.
    pub fn observed_at(&self, moment: Moment) -> ObservedContracts<'_> {
        ObservedContracts(self.0.at(moment, Knowledge::AsKnown))
    }

    /// The contracts up to a day as they stand now, whenever they became known. Not for a back-test.
    pub fn observed_in_hindsight(&self, as_of: AsOf) -> ObservedContracts<'_> {
        ObservedContracts(self.0.at(as_of.into(), Knowledge::Hindsight))
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Contracts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans = self.plans().map_or(0, Keys::len);
        let (rows, customers) = (self.len(), self.customers().len());
        write!(f, "Contracts({rows} rows, {customers} customers, {plans} plans)")
    }
}

/// Contracts as they were known at a moment: later ones do not exist here, and later ends have not happened.
#[derive(Clone, Copy)]
pub struct ObservedContracts<'a>(View<'a>);

impl<'a> ObservedContracts<'a> {
    /// The day of the moment.
    pub fn as_of(&self) -> AsOf {
        AsOf::new(self.0.moment.day())
    }

    /// Whether rows are those known at the moment, or those known since.
    pub fn knowledge(&self) -> Knowledge {
        self.0.knowledge
    }

    /// The contracts of the customer with that key; none for a customer who has none. O(log customers + log contracts).
    pub fn history<'k>(&self, customer: impl Into<Key<'k>>) -> ContractHistory<'a> {
        ContractHistory { rows: self.0.rows(&customer.into()), at: self.0.moment }
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

/// Prints counts and the day, never keys.
impl fmt::Debug for ObservedContracts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ObservedContracts({} rows as of {}, {:?})",
            self.0.timeline.len(),
            self.as_of(),
            self.knowledge()
        )
    }
}

/// The contracts of one customer as known at a moment, by start.
#[derive(Clone, Copy)]
pub struct ContractHistory<'a> {
    rows: Rows<'a>,
    at: Moment,
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
    /// The contract's own id, where it has one.
    pub id: Option<Key<'a>>,
}

impl<'a> ContractHistory<'a> {
    /// Number of contracts.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a contract runs on after the day of the view: it has no end, or one that lies after that day.
    pub fn is_running(&self) -> bool {
        self.rows().any(|row| row.end.is_none())
    }

    /// The rows in order of start, plan, end; ends after the as-of day are not shown.
    pub fn rows(&self) -> impl Iterator<Item = ContractRow<'a>> + use<'a> {
        let (rows, at) = (self.rows, self.at);
        rows.places().map(move |place| ContractRow {
            start: rows.day(place),
            end: rows.end(place).filter(|end| Moment::end_of(*end) <= at),
            plan: rows.label(KIND, place),
            id: rows.label(ID, place),
        })
    }
}

/// Prints how many rows there are, not whose.
impl fmt::Debug for ContractHistory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractHistory({} rows)", self.len())
    }
}
