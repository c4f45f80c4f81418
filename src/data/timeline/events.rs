//! `Event`, `Events`: what happened to a customer on a day, beside orders.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::data::extend::Refused;
use crate::data::{Customers, DayColumn, KeyColumn, Keys, PerCustomer};
use crate::error::{Error, Place, Result};
use crate::types::{AsOf, Day, Key};

use super::{Arrivals, Timeline};

/// Something that happened to a customer on a day: a complaint, a visit, a call of so many minutes.
///
/// A kind is a [`Key`] of the caller's choice; kinds are counted apart. A value is optional, event by event.
///
/// ```
/// use regulars::data::{Event, Events};
/// use regulars::types::{AsOf, Day};
///
/// let mut events = Events::builder();
/// events.push(Event::new("ann", Day::ymd(2024, 5, 1)?, "call").value(3.5))?;
/// events.push(Event::new("ann", Day::ymd(2024, 5, 2)?, "complaint"))?;
/// let events = events.build()?;
/// let ann = events.observed(AsOf::ymd(2024, 5, 31)?).history("ann");
/// let minutes: f64 = ann.rows().filter_map(|row| row.value).sum();
/// assert_eq!((ann.len(), ann.count("call"), minutes), (2, 1, 3.5));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Event<'a> {
    customer: Key<'a>,
    day: Day,
    kind: Key<'a>,
    value: Option<f64>,
}

impl<'a> Event<'a> {
    /// An event of some kind.
    pub fn new(customer: impl Into<Key<'a>>, day: Day, kind: impl Into<Key<'a>>) -> Self {
        Self { customer: customer.into(), day, kind: kind.into(), value: None }
    }

    /// How much of it: minutes, stars, pages. Must be finite; -0 is stored as 0.
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(value);
        self
    }
}

/// An event as stored: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    day: Day,
    kind: u32,
    value: Option<f64>,
}

/// Events of many customers, sorted by customer and day. A clone shares the rows.
///
/// Like the rows of a [`Ledger`](crate::data::Ledger) they are read through a day, by [`observed`](Self::observed), and
/// found by the customer's key, so that they need not come from where the orders come from.
///
/// ```
/// use regulars::data::{Event, Events, Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day};
///
/// let mut orders = Ledger::builder(Currency::EUR);
/// orders.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
/// orders.push(Transaction::new("bob", Day::ymd(2024, 5, 2)?))?;
/// let ledger = orders.build()?;
///
/// let mut events = Events::builder();
/// events.push(Event::new("bob", Day::ymd(2024, 5, 20)?, "complaint"))?;
/// events.push(Event::new("bob", Day::ymd(2024, 6, 20)?, "complaint"))?;
/// let events = events.build()?;
///
/// let as_of = AsOf::ymd(2024, 5, 31)?;
/// let now = ledger.observed(as_of)?;
/// let complaints = events.observed(as_of).map(&now.customers(), |history| history.count("complaint"));
/// assert_eq!(complaints.values(), &[0, 1]);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # As features
/// Complaints of the last thirty days, and days since the last one, beside what the orders say:
///
/// ```
/// use regulars::data::{Event, Events, Features, Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day};
///
/// let mut orders = Ledger::builder(Currency::EUR);
/// let mut calls = Events::builder();
/// for customer in ["ann", "bob"] {
///     orders.push(Transaction::new(customer, Day::ymd(2024, 5, 1)?))?;
/// }
/// for day in [2, 20, 28] {
///     calls.push(Event::new("bob", Day::ymd(2024, 5, day)?, "complaint"))?;
/// }
/// let (ledger, calls) = (orders.build()?, calls.build()?);
///
/// let as_of = AsOf::ymd(2024, 6, 9)?;
/// let now = ledger.observed(as_of)?;
/// let complaints = calls.observed(as_of).map(&now.customers(), |history| {
///     let days: Vec<i64> =
///         history.rows().filter(|row| row.kind == "complaint".into()).map(|row| as_of.day() - row.day).collect();
///     (days.iter().filter(|age| **age < 30).count(), days.into_iter().min())
/// });
/// let table = Features::builder(now.customers())
///     .numeric("complaints_30", complaints.values().iter().map(|(recent, _)| *recent as f64))?
///     .numeric("since_complaint", complaints.values().iter().map(|(_, last)| last.map(|days| days as f64)))?
///     .build()?;
/// let table = Features::behaviour(now)?.join(&table)?;
/// assert_eq!(table.numeric("complaints_30")?.iter().collect::<Vec<_>>(), [Some(0.0), Some(2.0)]);
/// assert_eq!(table.numeric("since_complaint")?.iter().collect::<Vec<_>>(), [None, Some(12.0)]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Events(pub(super) Timeline<Entry>);

/// Collects rows into [`Events`], in any order. Made by [`Events::builder`].
#[derive(Debug)]
pub struct EventsBuilder {
    pub(super) arrivals: Arrivals<Entry>,
    rows: u64,
    pub(in crate::data) refused: Refused,
}

impl EventsBuilder {
    /// Adds an event. The row is not taken in where it is refused, and the builder can go on.
    ///
    /// ```
    /// use regulars::data::{Event, Events};
    /// use regulars::types::Day;
    /// let mut events = Events::builder();
    /// let error = events.push(Event::new("ann", Day::new(0), "call").value(f64::NAN)).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1, column `value`: expected a finite number");
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row for a value that is not finite.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a row is handed over; `push(Event::new(..))` reads best"
    )]
    pub fn push(&mut self, event: Event<'_>) -> Result<()> {
        self.rows += 1;
        if event.value.is_some_and(|v| !v.is_finite()) {
            return Err(Error::row(self.rows, Some("value"), "expected a finite number"));
        }
        // Minus zero equals zero; one of them keeps the order of equal rows out of the result.
        let value = event.value.map(|v| v + 0.0);
        self.arrivals.push(&event.customer, Some(&event.kind), |kind| Entry { day: event.day, kind, value })
    }

    /// Sorts the rows by customer, day, kind, value.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows; the first error of an `extend`
    /// that refused a row.
    pub fn build(mut self) -> Result<Events> {
        self.refused.check()?;
        let by_content = |a: &Entry, b: &Entry| {
            let value = |v: Option<f64>| v.unwrap_or(f64::NEG_INFINITY);
            a.day.cmp(&b.day).then(a.kind.cmp(&b.kind)).then(value(a.value).total_cmp(&value(b.value)))
        };
        self.arrivals.build(|entry| &mut entry.kind, by_content).map(Events)
    }
}

impl Events {
    /// The rows door.
    pub fn builder() -> EventsBuilder {
        EventsBuilder { arrivals: Arrivals::new(), rows: 0, refused: Refused::default() }
    }

    /// The columns door; `values` may be absent, and NaN in it means "no value".
    ///
    /// ```
    /// use regulars::data::Events;
    /// use regulars::types::AsOf;
    ///
    /// let (customers, days, kinds) = (["ann", "bob", "ann"], [19_844, 19_850, 19_851], ["call", "call", "visit"]);
    /// let minutes = [3.5, 1.0, f64::NAN];
    /// let events = Events::from_columns(&customers[..], &days[..], &kinds[..], Some(&minutes))?;
    /// assert_eq!((events.len(), events.customers().len(), events.kinds().len()), (3, 2, 2));
    /// let values: Vec<Option<f64>> =
    ///     events.observed(AsOf::ymd(2024, 12, 31)?).history("ann").rows().map(|row| row.value).collect();
    /// assert_eq!(values, [Some(3.5), None]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row without a customer or a kind or with an infinite
    /// value, [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn from_columns<'a>(
        customers: impl Into<KeyColumn<'a>>,
        days: impl Into<DayColumn<'a>>,
        kinds: impl Into<KeyColumn<'a>>,
        values: Option<&[f64]>,
    ) -> Result<Self> {
        let (customers, days, kinds) = (customers.into(), days.into(), kinds.into());
        let n = customers.len();
        let lengths =
            [("days", days.len()), ("kinds", kinds.len()), ("values", values.map_or(n, <[f64]>::len))];
        for (name, length) in lengths {
            if length != n {
                return Err(Error::shape("rows", n, length).at(Place::Column(name.into())));
            }
        }
        let mut builder = Self::builder();
        for row in 0..n {
            let missing = |column| Error::row(row as u64 + 1, Some(column), "expected a key, found nothing");
            let customer = customers.get(row).ok_or_else(|| missing("customers"))?;
            let kind = kinds.get(row).ok_or_else(|| missing("kinds"))?;
            let value = values.map(|v| v[row]).filter(|v| !v.is_nan());
            builder.push(Event { customer, day: days.get(row), kind, value })?;
        }
        builder.build()
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Who they happened to, in ascending order of keys.
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The kinds, in ascending order of keys.
    pub fn kinds(&self) -> &Arc<Keys> {
        &self.0.labels
    }

    /// Rows that a file held but that could not be used, by reason; empty for the other doors, which refuse them.
    pub fn rows_skipped(&self) -> &BTreeMap<String, u64> {
        &self.0.skipped
    }

    /// What is known as of a day: events up to it, inclusive. Never fails: nothing having happened is an answer.
    pub fn observed(&self, as_of: AsOf) -> ObservedEvents<'_> {
        ObservedEvents { events: self, as_of }
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Events({} rows, {} customers, {} kinds)",
            self.len(),
            self.customers().len(),
            self.kinds().len()
        )
    }
}

/// Events as they were known on a day: later ones do not exist here.
#[derive(Clone, Copy, Debug)]
pub struct ObservedEvents<'a> {
    events: &'a Events,
    as_of: AsOf,
}

impl<'a> ObservedEvents<'a> {
    /// The last known day.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The events of the customer with that key; none for one nothing is known of. O(log customers + log events).
    pub fn history<'k>(&self, customer: impl Into<Key<'k>>) -> EventHistory<'a> {
        let all = self.events.0.of(&customer.into());
        let known = all.partition_point(|entry| entry.day <= self.as_of.day());
        EventHistory { events: self.events, entries: &all[..known] }
    }

    /// `f` of the events of each of those customers, usually a ledger's as of the same day; [`Events`] has an example.
    /// Use the same as-of day for both, or features will know what orders do not.
    pub fn map<T>(&self, customers: &Customers, mut f: impl FnMut(EventHistory<'a>) -> T) -> PerCustomer<T> {
        let values =
            (0..customers.len()).filter_map(|row| Some(f(self.history(customers.key(row)?)))).collect();
        PerCustomer::dense(customers.clone(), values)
    }
}

/// The events of one customer within a view, by day. Copies are two pointers and a length.
#[derive(Clone, Copy)]
pub struct EventHistory<'a> {
    events: &'a Events,
    entries: &'a [Entry],
}

/// One row of an [`EventHistory`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EventRow<'a> {
    /// Day of the event.
    pub day: Day,
    /// What happened.
    pub kind: Key<'a>,
    /// How much of it, where known.
    pub value: Option<f64>,
}

impl<'a> EventHistory<'a> {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of events of a kind; 0 for a kind that never occurs. O(events of the customer).
    pub fn count<'k>(&self, kind: impl Into<Key<'k>>) -> usize {
        let kind = self.events.0.labels.find(kind).and_then(|i| u32::try_from(i).ok());
        self.entries.iter().filter(|entry| Some(entry.kind) == kind).count()
    }

    /// The rows in order of day, kind, value; those without a value before those with one.
    ///
    /// ```
    /// use regulars::data::{Event, Events};
    /// use regulars::types::{AsOf, Day};
    /// let mut events = Events::builder();
    /// for (day, kind) in [(9, "visit"), (2, "visit"), (2, "call")] {
    ///     events.push(Event::new("ann", Day::ymd(2024, 5, day)?, kind))?;
    /// }
    /// let events = events.build()?;
    /// let known = events.observed(AsOf::ymd(2024, 5, 5)?);
    /// let rows: Vec<String> = known.history("ann").rows().map(|row| format!("{} {}", row.day, row.kind)).collect();
    /// assert_eq!(rows, ["2024-05-02 call", "2024-05-02 visit"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = EventRow<'a>> + use<'a> {
        let labels = &self.events.0.labels;
        self.entries.iter().filter_map(|entry| {
            Some(EventRow { day: entry.day, kind: labels.get(entry.kind as usize)?, value: entry.value })
        })
    }
}

/// Prints how many rows there are, not whose.
impl fmt::Debug for EventHistory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHistory({} rows)", self.len())
    }
}
