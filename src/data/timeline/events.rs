//! `Event`, `Events`: what happened to a customer on a day, beside orders.

use std::fmt;
use std::sync::Arc;

use crate::data::extend::Refused;
use crate::data::{Conflicts, Customers, DayColumn, KeyColumn, Keys, Knowledge, PerCustomer};
use crate::error::{Error, Result};
use crate::types::{AsOf, Day, IntoKey, Key, Moment};

use super::store::{
    Arrival, Arrivals, CAMPAIGN, CHANNEL, ID, KIND, NONE, Rows, TEXT, Timeline, TimelineIntake, View,
    check_lengths, check_second,
};

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
#[derive(Clone)]
#[must_use]
pub struct Event<'a>(Arrival<'a>);

// Setters are inlined into the caller's crate, or each would copy the whole event.
impl<'a> Event<'a> {
    /// An event of some kind.
    pub fn new(customer: impl Into<Key<'a>>, day: Day, kind: impl Into<Key<'a>>) -> Self {
        let mut arrival = Arrival::new(customer.into(), day);
        arrival.labels[KIND] = Some(kind.into());
        Self(arrival)
    }

    /// How much of it: minutes, stars, pages. Must be finite; -0 is stored as 0.
    #[inline]
    pub fn value(mut self, value: f64) -> Self {
        self.0.value = Some(value);
        self
    }

    /// Second of the day, 0 to 86,399. Without one the event counts as having happened by the end of its day.
    #[inline]
    pub fn second_of_day(mut self, second: u32) -> Self {
        self.0.second = Some(second);
        self
    }

    /// Where it happened or by what means: e-mail, telephone, app, shop.
    pub fn channel(mut self, channel: impl IntoKey<'a>) -> Self {
        self.0.labels[CHANNEL] = channel.into_key();
        self
    }

    /// The campaign it belongs to.
    pub fn campaign(mut self, campaign: impl IntoKey<'a>) -> Self {
        self.0.labels[CAMPAIGN] = campaign.into_key();
        self
    }

    /// What was said or written.
    #[inline]
    pub fn text(mut self, text: &'a str) -> Self {
        self.0.labels[TEXT] = Some(Key::from(text));
        self
    }

    /// The event's own id in the system it comes from.
    ///
    /// Events of one id are versions of one event. Equal ones count once; of different ones that version
    /// counts which became [known](Self::known) last, at each moment. Two different versions known at the
    /// same moment are an error or counted, by [`Conflicts`].
    ///
    /// ```
    /// # use regulars::data::{Event, Events};
    /// # use regulars::types::{AsOf, Day};
    /// let day = |d| Day::ymd(2024, 5, d);
    /// let mut events = Events::builder();
    /// events.push(Event::new("ann", day(1)?, "rating").value(1.0).id("r7"))?;
    /// events.push(Event::new("ann", day(1)?, "rating").value(5.0).id("r7").known(day(4)?))?; // corrected
    /// let events = events.build()?;
    /// let rating = |today| -> regulars::Result<Option<f64>> {
    ///     Ok(events.observed(AsOf::new(day(today)?)).history("ann").rows().next().and_then(|row| row.value))
    /// };
    /// assert_eq!((rating(3)?, rating(4)?), (Some(1.0), Some(5.0)));
    /// assert_eq!(events.intake().corrected_rows, 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn id(mut self, id: impl IntoKey<'a>) -> Self {
        self.0.labels[ID] = id.into_key();
        self
    }

    /// The day on which the event became known, where that is not when it happened.
    #[inline]
    pub fn known(mut self, day: Day) -> Self {
        self.0.known = Some((day, self.0.known.and_then(|known| known.1)));
        self
    }

    /// The day and second at which the event became known. Without a second it is the event's own second on
    /// its own day, else the last second of the known day.
    #[inline]
    pub fn known_at(mut self, moment: Moment) -> Self {
        self.0.known = Some((moment.day(), Some(moment.second_of_day())));
        self
    }
}

/// Prints the day, never whose the event is or what it says.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.0.day)
    }
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
pub struct Events(pub(super) Timeline);

/// Borrowed columns of equal length, to become [`Events`].
#[derive(Clone)]
#[must_use]
pub struct EventColumns<'a> {
    customers: KeyColumn<'a>,
    days: DayColumn<'a>,
    kinds: KeyColumn<'a>,
    values: Option<&'a [f64]>,
    seconds: Option<&'a [u32]>,
    labels: [Option<KeyColumn<'a>>; 5],
    known: Option<DayColumn<'a>>,
    known_seconds: Option<&'a [u32]>,
    conflicts: Conflicts,
}

impl<'a> EventColumns<'a> {
    /// Customers, days and kinds, one for each row; everything else is optional.
    pub fn new(
        customers: impl Into<KeyColumn<'a>>,
        days: impl Into<DayColumn<'a>>,
        kinds: impl Into<KeyColumn<'a>>,
    ) -> Self {
        Self {
            customers: customers.into(),
            days: days.into(),
            kinds: kinds.into(),
            values: None,
            seconds: None,
            labels: [None; 5],
            known: None,
            known_seconds: None,
            conflicts: Conflicts::default(),
        }
    }

    /// How much of each event; NaN is "no value".
    pub fn values(mut self, values: &'a [f64]) -> Self {
        self.values = Some(values);
        self
    }

    /// Second of the day of each event, 0 to 86,399; `u32::MAX` where it is not known.
    pub fn seconds_of_day(mut self, seconds: &'a [u32]) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Channels; an empty text is none.
    pub fn channels(mut self, channels: impl Into<KeyColumn<'a>>) -> Self {
        self.labels[CHANNEL] = Some(channels.into());
        self
    }

    /// Campaigns; an empty text is none.
    pub fn campaigns(mut self, campaigns: impl Into<KeyColumn<'a>>) -> Self {
        self.labels[CAMPAIGN] = Some(campaigns.into());
        self
    }

    /// What was said or written; an empty text is nothing.
    pub fn texts(mut self, texts: impl Into<KeyColumn<'a>>) -> Self {
        self.labels[TEXT] = Some(texts.into());
        self
    }

    /// Ids of the events, see [`Event::id`]; an empty text is none.
    pub fn ids(mut self, ids: impl Into<KeyColumn<'a>>) -> Self {
        self.labels[ID] = Some(ids.into());
        self
    }

    /// The day on which each event became known, see [`Event::known`].
    pub fn known(mut self, days: impl Into<DayColumn<'a>>) -> Self {
        self.known = Some(days.into());
        self
    }

    /// Second of the day on which each event became known; `u32::MAX` where it is not said. Needs
    /// [`known`](Self::known).
    pub fn known_seconds(mut self, seconds: &'a [u32]) -> Self {
        self.known_seconds = Some(seconds);
        self
    }

    /// What happens to two different events of one id that are known at one moment; the default is an error.
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.conflicts = policy;
        self
    }
}

/// Prints the number of rows, never keys.
impl fmt::Debug for EventColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventColumns({} rows)", self.customers.len())
    }
}

/// Collects rows into [`Events`], in any order. Made by [`Events::builder`].
#[derive(Debug)]
pub struct EventsBuilder {
    pub(super) arrivals: Arrivals,
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
    pub fn push(&mut self, mut event: Event<'_>) -> Result<()> {
        self.rows += 1;
        let row = &mut event.0;
        if row.value.is_some_and(|v| !v.is_finite()) {
            return Err(Error::row(self.rows, Some("value"), "expected a finite number"));
        }
        check_second(self.rows, "second_of_day", row.second)?;
        // Minus zero equals zero; one of them keeps the order of equal rows out of the result.
        row.value = row.value.map(|v| v + 0.0);
        self.arrivals.push(row)
    }

    /// What happens to two different events of one id that are known at one moment; the default is an error of
    /// [`build`](Self::build).
    #[must_use]
    pub fn conflicts(mut self, policy: Conflicts) -> Self {
        self.arrivals.conflicts = policy;
        self
    }

    /// Sorts the rows by customer, day, second, kind, channel, campaign, value, text.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows; [`InvalidInput`](crate::ErrorKind::InvalidInput) for
    /// versions of one id that contradict each other; the first error of an `extend` that refused a row.
    pub fn build(mut self) -> Result<Events> {
        self.refused.check()?;
        self.arrivals.build().map(Events)
    }
}

impl Events {
    /// Collects events one by one.
    pub fn builder() -> EventsBuilder {
        EventsBuilder { arrivals: Arrivals::default(), rows: 0, refused: Refused::default() }
    }

    /// Events from columns.
    ///
    /// ```
    /// use regulars::data::{EventColumns, Events};
    /// use regulars::types::AsOf;
    ///
    /// let (customers, days, kinds) = (["ann", "bob", "ann"], [19_844, 19_850, 19_851], ["call", "call", "visit"]);
    /// let minutes = [3.5, 1.0, f64::NAN];
    /// let columns = EventColumns::new(&customers[..], &days[..], &kinds[..]).values(&minutes);
    /// let events = Events::from_columns(&columns)?;
    /// assert_eq!((events.len(), events.customers().len(), events.kinds().len()), (3, 2, 2));
    /// let values: Vec<Option<f64>> =
    ///     events.observed(AsOf::ymd(2024, 12, 31)?).history("ann").rows().map(|row| row.value).collect();
    /// assert_eq!(values, [Some(3.5), None]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row without a customer or a kind, with an infinite
    /// value or a second beyond the day, [`EmptyInput`](crate::ErrorKind::EmptyInput) without rows.
    pub fn from_columns(columns: &EventColumns<'_>) -> Result<Self> {
        let EventColumns { customers, days, kinds, values, seconds, labels, known, known_seconds, conflicts } =
            columns;
        let n = customers.len();
        check_lengths(
            n,
            &[
                ("days", Some(days.len())),
                ("kinds", Some(kinds.len())),
                ("values", values.map(<[f64]>::len)),
                ("seconds_of_day", seconds.map(<[u32]>::len)),
                ("channels", labels[CHANNEL].map(|c| c.len())),
                ("campaigns", labels[CAMPAIGN].map(|c| c.len())),
                ("texts", labels[TEXT].map(|c| c.len())),
                ("ids", labels[ID].map(|c| c.len())),
                ("known", known.map(|c| c.len())),
                ("known_seconds", known_seconds.map(<[u32]>::len)),
            ],
        )?;
        let mut builder = Self::builder().conflicts(*conflicts);
        for row in 0..n {
            let number = row as u64 + 1;
            let missing = |column| Error::row(number, Some(column), "expected a key, found nothing");
            let customer = customers.get(row).ok_or_else(|| missing("customers"))?;
            let kind = kinds.get(row).ok_or_else(|| missing("kinds"))?;
            let second = |column: Option<&[u32]>| column.map(|c| c[row]).filter(|s| *s != NONE);
            let mut arrival = Arrival::new(customer, days.get(row));
            arrival.labels =
                labels.each_ref().map(|column| column.as_ref().and_then(|column| column.get(row)));
            arrival.labels[KIND] = Some(kind);
            arrival.value = values.map(|v| v[row]).filter(|v| !v.is_nan());
            arrival.second = second(*seconds);
            check_second(number, "known_seconds", second(*known_seconds))?;
            arrival.known = known.map(|known| (known.get(row), second(*known_seconds)));
            builder.push(Event(arrival))?;
        }
        builder.build()
    }

    /// These events and others: what a rebuild from the rows of both gives, bit for bit.
    ///
    /// These, their clones and their views stay as they are. Versions of one id that contradict each other
    /// are refused or counted, as these events' own were. O(rows) of copying, and a merge of the rows of customers who
    /// have new ones.
    ///
    /// ```
    /// # use regulars::data::{Event, Events};
    /// # use regulars::types::Day;
    /// let of = |day: i32| -> regulars::Result<Events> {
    ///     let mut events = Events::builder();
    ///     events.push(Event::new("ann", Day::new(day), "call"))?;
    ///     events.build()
    /// };
    /// let (yesterday, today) = (of(19_000)?, of(19_001)?);
    /// assert_eq!(yesterday.extend(&today)?.len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for versions of one id that contradict each other, where they are
    /// refused; [`Overflow`](crate::ErrorKind::Overflow) above 4,294,967,294 rows.
    pub fn extend(&self, more: &Self) -> Result<Self> {
        self.0.extend(&more.0).map(Self)
    }

    /// Number of events, all versions included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who they happened to, in ascending order of keys.
    pub fn customers(&self) -> &Arc<Keys> {
        &self.0.customers
    }

    /// The kinds, in ascending order of keys.
    pub fn kinds(&self) -> &Keys {
        // Every event has a kind.
        self.0.dictionaries[KIND].as_deref().unwrap_or(&self.0.customers)
    }

    /// What came in and what became of it.
    pub fn intake(&self) -> &TimelineIntake {
        &self.0.intake
    }

    /// What is known as of a day: events up to it, inclusive. Never fails: no event is an answer too.
    pub fn observed(&self, as_of: AsOf) -> ObservedEvents<'_> {
        self.observed_at(as_of.into())
    }

    /// What is known at a moment: events that had happened and were known by then.
    ///
    /// ```
    /// # use regulars::data::{Event, Events};
    /// # use regulars::types::{Day, Moment};
    /// let day = Day::ymd(2024, 5, 1)?;
    /// let mut events = Events::builder();
    /// events.push(Event::new("ann", day, "click").second_of_day(43_200))?;
    /// events.push(Event::new("ann", day, "call"))?; // some time that day
    /// let events = events.build()?;
    /// assert_eq!(events.observed_at(Moment::new(day, 43_200)?).history("ann").len(), 1);
    /// assert_eq!(events.observed_at(Moment::new(day, 86_399)?).history("ann").len(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn observed_at(&self, moment: Moment) -> ObservedEvents<'_> {
        ObservedEvents(self.0.at(moment, Knowledge::AsKnown))
    }

    /// The events up to a day as they stand now, whenever they became known. Not for a back-test.
    pub fn observed_in_hindsight(&self, as_of: AsOf) -> ObservedEvents<'_> {
        ObservedEvents(self.0.at(as_of.into(), Knowledge::Hindsight))
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

/// Events as they were known at a moment: later ones do not exist here.
#[derive(Clone, Copy)]
pub struct ObservedEvents<'a>(View<'a>);

impl<'a> ObservedEvents<'a> {
    /// The day of the moment.
    pub fn as_of(&self) -> AsOf {
        AsOf::new(self.0.moment.day())
    }

    /// The moment: the last second of the as-of day unless another was asked for.
    pub fn moment(&self) -> Moment {
        self.0.moment
    }

    /// Whether rows are those known at the moment, or those known since.
    pub fn knowledge(&self) -> Knowledge {
        self.0.knowledge
    }

    /// The events of the customer with that key; none for a customer who has none. O(log customers + log events).
    pub fn history<'k>(&self, customer: impl Into<Key<'k>>) -> EventHistory<'a> {
        EventHistory(self.0.rows(&customer.into()))
    }

    /// `f` of the events of each of those customers, usually a ledger's as of the same day; [`Events`] has an example.
    /// Use the same as-of day for both, or features will know what orders do not.
    pub fn map<T>(&self, customers: &Customers, mut f: impl FnMut(EventHistory<'a>) -> T) -> PerCustomer<T> {
        let values =
            (0..customers.len()).filter_map(|row| Some(f(self.history(customers.key(row)?)))).collect();
        PerCustomer::dense(customers.clone(), values)
    }
}

/// Prints counts and the moment, never keys.
impl fmt::Debug for ObservedEvents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObservedEvents({} rows, {}, {:?})", self.0.timeline.len(), self.moment(), self.knowledge())
    }
}

/// The events of one customer within a view, by time. A copy is a few words.
#[derive(Clone, Copy)]
pub struct EventHistory<'a>(Rows<'a>);

/// One row of an [`EventHistory`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EventRow<'a> {
    /// Day of the event.
    pub day: Day,
    /// Second of the day, where known.
    pub second_of_day: Option<u32>,
    /// What happened.
    pub kind: Key<'a>,
    /// How much of it, where known.
    pub value: Option<f64>,
    /// Where it happened or by what means, where known.
    pub channel: Option<Key<'a>>,
    /// The campaign it belongs to, where known.
    pub campaign: Option<Key<'a>>,
    /// What was said or written, where known.
    pub text: Option<Key<'a>>,
    /// The event's own id, where it has one.
    pub id: Option<Key<'a>>,
}

impl<'a> EventHistory<'a> {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of events of a kind; 0 for a kind that never occurs. O(events of the customer).
    pub fn count<'k>(&self, kind: impl Into<Key<'k>>) -> usize {
        let kinds = self.0.timeline.dictionaries[KIND].as_ref();
        let kind = kinds.and_then(|kinds| kinds.find(kind)).and_then(|i| u32::try_from(i).ok());
        self.0.places().filter(|place| Some(self.0.number(KIND, *place)) == kind).count()
    }

    /// The rows in order of day, second, kind, channel, campaign, value, text; those without a second after those with
    /// one, those without a value before.
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
        let rows = self.0;
        rows.places().filter_map(move |place| {
            Some(EventRow {
                day: rows.day(place),
                second_of_day: rows.second(place),
                kind: rows.label(KIND, place)?,
                value: rows.value(place),
                channel: rows.label(CHANNEL, place),
                campaign: rows.label(CAMPAIGN, place),
                text: rows.label(TEXT, place),
                id: rows.label(ID, place),
            })
        })
    }
}

/// Prints how many rows there are, not whose.
impl fmt::Debug for EventHistory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHistory({} rows)", self.len())
    }
}
