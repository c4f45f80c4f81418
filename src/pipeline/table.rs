//! `CustomerTable`: one row per person.
//!
//! Columns of all stages side by side. A row is put together when it is asked for: the table is as large as its columns.

use std::borrow::Cow;
use std::fmt;

use crate::data::{
    Customers, Features, Ledger, Observed, Occasion, PerCustomer, Purchases, Refunds, Tier, Tiers,
};
use crate::error::Result;
use crate::ltv::{CustomerInterval, LifetimeValue};
use crate::recommend::Recommendation;
use crate::rfm::{self, Rfm, SegmentIx, SegmentMap};
use crate::segment::Segment;
use crate::types::{Amount, AsOf, Currency, CustomerIx, Day, Expected, Horizon, Key, Language, Probability};

use super::model::Pipeline;

/// Every stage's answer for every customer known as of a day. Columns of a stage that was left out are `None`.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::pipeline::PipelineParams;
/// use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Language};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for i in 0..12 {
///     let day = Day::new(19_800 + i * 7);
///     builder.push(Transaction::new(i64::from(i % 4), day).amount(Amount::minor(100 + i64::from(i))))?;
/// }
/// let ledger = builder.build()?;
/// let as_of = AsOf::new(ledger.covers().1);
/// let table = PipelineParams::new().fit(&ledger, as_of, Horizon::days(14)?)?.predict(&ledger, as_of)?;
///
/// assert_eq!((table.len(), table.is_empty()), (4, false));
/// assert_eq!((table.as_of(), table.horizon(), table.currency()), (as_of, Horizon::days(14)?, Currency::EUR));
///
/// // Customer 3 bought on the 4th, 8th and 12th of twelve weekly days, for 1.03, 1.07 and 1.11.
/// let row = table.by_key(3).expect("has bought");
/// assert_eq!((row.purchases, row.last_day), (3, as_of.day()));
/// assert_eq!(row.spend, Some(Amount::minor(321)));
/// assert_eq!(row.rfm.map(|rfm| rfm.recency), Some(0));
/// assert!(row.rfm_segment.is_some_and(|segment| !segment.name(Language::English).is_empty()));
/// assert!(row.next.is_empty() && table.next().is_none()); // no items
/// assert!(table.by_key(4).is_none());
/// assert_eq!(table.rows().count(), table.customers().len());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct CustomerTable {
    as_of: AsOf,
    horizon: Horizon,
    currency: Currency,
    segment_names: Vec<[String; 2]>,
    rfm_map: Option<SegmentMap>,
    tiers: Option<Tiers>,
    answers: Answers,
}

/// The answers of the stages, one column each; all but `next` have the same customers.
#[derive(Clone)]
struct Answers {
    purchases: Purchases,
    rfm: Option<PerCustomer<Rfm>>,
    named: Option<PerCustomer<SegmentIx>>,
    segment: Option<PerCustomer<Segment>>,
    churn: Option<PerCustomer<Probability>>,
    value: Option<PerCustomer<LifetimeValue>>,
    intervals: Option<PerCustomer<CustomerInterval>>,
    tier: Option<PerCustomer<Tier>>,
    next: Option<PerCustomer<Vec<Recommendation>>>,
}

/// One person's row: every stage's answer for one customer.
///
/// A row of [`CustomerTable::rows`], or the answer of [`Pipeline::row`] for one customer.
/// [`CustomerTable`] has an example.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CustomerRow<'a> {
    /// The customer's key.
    pub key: Key<'a>,
    /// The customer's index in the ledger.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub customer: CustomerIx,
    /// Day of the first purchase.
    pub first_day: Day,
    /// Day of the last purchase.
    pub last_day: Day,
    /// Days with a purchase.
    pub purchases: u32,
    /// Money spent, net of refunds; `None` for a ledger without amounts.
    pub spend: Option<Amount>,
    /// Recency, frequency, monetary.
    pub rfm: Option<Rfm>,
    /// Named segment of the RFM code.
    pub rfm_segment: Option<&'a rfm::Segment>,
    /// Group of customers that behave alike.
    pub segment: Option<Segment>,
    /// Probability of no purchase within the horizon; `None` for a customer the stage has no answer for.
    pub churn: Option<Probability>,
    /// P(alive), expected purchases and value within the horizon.
    pub value: Option<LifetimeValue>,
    /// Intervals of purchases, P(alive) and spend, where [`interval`](super::PipelineParams::interval) asked for them.
    pub interval: Option<CustomerInterval>,
    /// The value that will turn out lies between these two, with the level asked for: the ends of the spend within the
    /// horizon, discounted as `value` is on average. A customer who most likely stays away has an interval that is 0 at both
    /// ends and yet a value above it: the mean of many zeros and a few large orders.
    pub value_interval: Option<(Expected, Expected)>,
    /// Value tier.
    pub tier: Option<Tier>,
    /// Next items, best first; empty for a customer whom the recommender has not seen.
    pub next: Cow<'a, [Recommendation]>,
}

impl Pipeline {
    /// Every stage's answer for every customer known as of a day.
    ///
    /// The ledger may hold more customers and later days than the one the pipeline was fitted on: models translate by
    /// key and columns by name. Next items are those of the recommender as fitted: a customer it has never seen has none.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where no customer is known as of the day;
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for a ledger of another currency, time axis or label than
    /// that of the fit; the errors of the stages where the ledger lacks what they were fitted on.
    pub fn predict(&self, ledger: &Ledger, as_of: AsOf) -> Result<CustomerTable> {
        CustomerTable::new(self, ledger.observed(as_of)?)
    }

    /// Every stage's answer for one customer, equal to the bit to that customer's row of
    /// [`predict`](Self::predict).
    ///
    /// Reads the rows of that customer alone: O(rows of the customer), whatever the size of the
    /// ledger, which may hold that customer alone. `None` for a customer without a purchase as of
    /// the day.
    ///
    /// ```
    /// # use regulars::churn::{ChurnParams, Method};
    /// # use regulars::ltv::{LtvParams, Model};
    /// # use regulars::pipeline::PipelineParams;
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::simulate::ShopParams;
    /// # use regulars::types::{AsOf, Horizon, Seed};
    /// # let ledger = ShopParams::new(150, Seed(1)).simulate()?.ledger()?;
    /// # let as_of = AsOf::new(ledger.covers().1);
    /// # let quick = PipelineParams::new()
    /// #     .segment(KMeansParams::new(3))
    /// #     .ltv(LtvParams::new(Model::BgNbd))
    /// #     .churn(ChurnParams::new().method(Method::Plain));
    /// # let pipeline = quick.fit(&ledger, as_of, Horizon::days(60)?)?;
    /// let table = pipeline.predict(&ledger, as_of)?;
    /// let of_table = table.rows().next().expect("150 customers");
    /// let alone = pipeline.row(&ledger, as_of, of_table.customer)?.expect("has bought");
    /// assert_eq!((alone.churn, alone.value), (of_table.churn, of_table.value));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for a customer who is not known as of the day.
    pub fn row<'a>(
        &'a self,
        ledger: &'a Ledger,
        as_of: AsOf,
        customer: CustomerIx,
    ) -> Result<Option<CustomerRow<'a>>> {
        let now = ledger.observed(as_of)?.only(customer)?;
        if now.behaviour()?.rows().iter().all(|own| own.purchases == 0) {
            return Ok(None);
        }
        let mut answers = Answers::new(self, now)?;
        let next = answers.next.take().and_then(|next| next.into_values().pop()).unwrap_or_default();
        let key = ledger.customer_key(customer)?;
        Ok(Some(answers.row(0, key, customer, self.rfm_segments(), Cow::Owned(next))))
    }
}

impl Answers {
    /// Asks every stage about the customers of a view; the first that fails ends it.
    fn new(pipeline: &Pipeline, now: Observed<'_>) -> Result<Self> {
        pipeline.provenance().check(&now.provenance())?;
        let rfm = pipeline.rfm().map(|m| m.score(now)).transpose()?;
        let named = match (pipeline.rfm_segments(), &rfm) {
            (Some(map), Some(scores)) => Some(map.assign(scores)?),
            _ => None,
        };
        let segment = match pipeline.segment() {
            Some(model) => Some(model.assign(&Features::behaviour(now)?)?),
            None => None,
        };
        let horizon = pipeline.horizon();
        let value = pipeline.ltv().map(|m| m.predict(now, horizon)).transpose()?;
        let intervals = match (pipeline.ltv(), pipeline.interval()) {
            (Some(model), Some(level)) => Some(model.predict_intervals(now, horizon, level)?),
            _ => None,
        };
        let tier = match (pipeline.tiers(), pipeline.tier_scores(now, value.as_ref())?) {
            (Some(tiers), Some(scores)) => Some(tiers.assign(&scores)?),
            _ => None,
        };
        let purchases = Purchases::observed(now, Occasion::Day, Refunds::Net)?;
        let next = pipeline.recommend().map(|m| m.recommend_for(purchases.customers(), pipeline.next_items));
        Ok(Self {
            purchases,
            rfm,
            named,
            segment,
            churn: pipeline.churn().map(|m| m.predict(now)).transpose()?,
            value,
            intervals,
            tier,
            next: next.transpose()?,
        })
    }

    /// Puts a row together: the same customer in every column.
    fn row<'a>(
        &self,
        row: usize,
        key: Key<'a>,
        customer: CustomerIx,
        map: Option<&'a SegmentMap>,
        next: Cow<'a, [Recommendation]>,
    ) -> CustomerRow<'a> {
        let named = map.zip(of(self.named.as_ref(), customer));
        let value = of(self.value.as_ref(), customer);
        let interval = of(self.intervals.as_ref(), customer);
        CustomerRow {
            key,
            customer,
            first_day: self.purchases.first_days()[row],
            last_day: self.purchases.last_days()[row],
            purchases: self.purchases.occasions()[row],
            spend: self.purchases.spend().map(|s| s[row]),
            rfm: of(self.rfm.as_ref(), customer),
            rfm_segment: named.and_then(|(map, segment)| map.segment(segment)),
            segment: of(self.segment.as_ref(), customer),
            churn: of(self.churn.as_ref(), customer),
            value,
            interval,
            value_interval: value.zip(interval).and_then(discounted),
            tier: of(self.tier.as_ref(), customer),
            next,
        }
    }
}

/// As-of day, horizon, currency, the segments' names in English, and one object for each customer.
#[cfg(feature = "serde")]
impl serde::Serialize for CustomerTable {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = to.serialize_struct("CustomerTable", 5)?;
        fields.serialize_field("as_of", &self.as_of)?;
        fields.serialize_field("horizon", &self.horizon)?;
        fields.serialize_field("currency", &self.currency)?;
        let names: Vec<&str> = self.segment_names.iter().map(|[english, _]| english.as_str()).collect();
        fields.serialize_field("segment_names", &names)?;
        fields.serialize_field("customers", &self.rows().collect::<Vec<_>>())?;
        fields.end()
    }
}

impl CustomerTable {
    /// Asks every stage; the first that fails ends it.
    pub(super) fn new(pipeline: &Pipeline, now: Observed<'_>) -> Result<Self> {
        let segment_names = pipeline.segment().map_or_else(Vec::new, |m| {
            m.segments().map(|s| [m.name(s, Language::English), m.name(s, Language::Chinese)]).collect()
        });
        Ok(Self {
            as_of: now.as_of(),
            horizon: pipeline.horizon(),
            currency: now.ledger().currency(),
            segment_names,
            rfm_map: pipeline.rfm_segments().cloned(),
            tiers: pipeline.tiers().cloned(),
            answers: Answers::new(pipeline, now)?,
        })
    }

    /// The last day known.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// How far ahead churn and value look.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.answers.purchases.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.answers.purchases.is_empty()
    }

    /// Who the rows are: everybody who has bought by the day, in ascending order of keys. Who only gave back has no row.
    pub fn customers(&self) -> &Customers {
        self.answers.purchases.customers()
    }

    /// First and last day, purchases and spend, column by column.
    pub fn purchases(&self) -> &Purchases {
        &self.answers.purchases
    }

    /// Recency, frequency, monetary.
    pub fn rfm(&self) -> Option<&PerCustomer<Rfm>> {
        self.answers.rfm.as_ref()
    }

    /// Named segments of the RFM codes, with the map that names them; `None` for other bins than five.
    pub fn rfm_segments(&self) -> Option<(&SegmentMap, &PerCustomer<SegmentIx>)> {
        self.rfm_map.as_ref().zip(self.answers.named.as_ref())
    }

    /// Value tiers, with their names and bounds.
    pub fn tiers(&self) -> Option<(&Tiers, &PerCustomer<Tier>)> {
        self.tiers.as_ref().zip(self.answers.tier.as_ref())
    }

    /// Segments.
    pub fn segment(&self) -> Option<&PerCustomer<Segment>> {
        self.answers.segment.as_ref()
    }

    /// Name of a segment; empty for a segment of another pipeline.
    pub fn segment_name(&self, segment: Segment, language: Language) -> &str {
        self.segment_names
            .get(segment.index())
            .map_or("", |[english, chinese]| language.pick(english, chinese))
    }

    /// Churn probabilities.
    pub fn churn(&self) -> Option<&PerCustomer<Probability>> {
        self.answers.churn.as_ref()
    }

    /// Intervals around the answers of the lifetime model, where [`interval`](super::PipelineParams::interval) asked for
    /// them.
    pub fn intervals(&self) -> Option<&PerCustomer<CustomerInterval>> {
        self.answers.intervals.as_ref()
    }

    /// Lifetime values.
    pub fn value(&self) -> Option<&PerCustomer<LifetimeValue>> {
        self.answers.value.as_ref()
    }

    /// Next items; empty for a customer whom the recommender has not seen.
    pub fn next(&self) -> Option<&PerCustomer<Vec<Recommendation>>> {
        self.answers.next.as_ref()
    }

    /// The sum of all customers' value within the horizon, in minor units; `None` without a lifetime model or without amounts.
    ///
    /// ```
    /// use regulars::churn::{ChurnParams, Method};
    /// use regulars::ltv::{LtvParams, Model};
    /// use regulars::pipeline::PipelineParams;
    /// use regulars::segment::KMeansParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Language, Seed};
    ///
    /// let ledger = ShopParams::new(120, Seed(1)).simulate()?.ledger()?;
    /// let today = AsOf::new(ledger.covers().1);
    /// let quick = PipelineParams::new()
    ///     .segment(KMeansParams::new(3))
    ///     .ltv(LtvParams::new(Model::BgNbd))
    ///     .churn(ChurnParams::new().method(Method::Plain));
    /// let table = quick.fit(&ledger, today, Horizon::days(60)?)?.predict(&ledger, today)?;
    ///
    /// let total = table.total_value().expect("a lifetime model and amounts").in_minor();
    /// let by_hand: f64 = table.rows().filter_map(|row| Some(row.value?.clv?.in_minor())).sum();
    /// assert!((total / by_hand - 1.0).abs() < 1e-12);
    ///
    /// let row = table.rows().next().expect("120 customers");
    /// let group = row.segment.expect("the stage was fitted");
    /// assert!(!table.segment_name(group, Language::English).is_empty());
    /// assert!(!table.segment_name(group, Language::Chinese).is_empty());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn total_value(&self) -> Option<Expected> {
        self.answers.value.as_ref()?.values().iter().map(|v| v.clv).sum::<Option<Expected>>()
    }

    /// All rows, in ascending order of keys. Sort them by what matters:
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::pipeline::PipelineParams;
    /// # use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for i in 0..12 {
    /// #     let day = Day::new(19_800 + i * 7);
    /// #     builder.push(Transaction::new(i64::from(i % 4), day).amount(Amount::minor(100 + i64::from(i))))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// # let as_of = AsOf::new(ledger.covers().1);
    /// # let table = PipelineParams::new().fit(&ledger, as_of, Horizon::days(14)?)?.predict(&ledger, as_of)?;
    /// let mut rows: Vec<_> = table.rows().collect();
    /// rows.sort_by_key(|row| std::cmp::Reverse(row.spend)); // stable: equal spends stay in the order of keys
    /// assert_eq!(rows[0].key.to_string(), "3");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = CustomerRow<'_>> {
        (0..self.len()).filter_map(|row| self.row(row))
    }

    /// The row of the customer with that key.
    pub fn by_key<'k>(&self, key: impl Into<Key<'k>>) -> Option<CustomerRow<'_>> {
        self.row(self.customers().row_of_key(key)?)
    }

    fn row(&self, row: usize) -> Option<CustomerRow<'_>> {
        let customer = self.customers().customer(row)?;
        let next = self.answers.next.as_ref().and_then(|next| next.values().get(row));
        let next = Cow::Borrowed(next.map_or(&[][..], Vec::as_slice));
        Some(self.answers.row(row, self.customers().key(row)?, customer, self.rfm_map.as_ref(), next))
    }
}

/// The ends of the spend, each times the discount that the expected purchases bear: Σ w(t) / n.
fn discounted((value, interval): (LifetimeValue, CustomerInterval)) -> Option<(Expected, Expected)> {
    let (low, high) = interval.spend?;
    let weight = if value.purchases > 0.0 { value.discounted_purchases / value.purchases } else { 1.0 };
    let end = |spend: Expected| Expected::minor(spend.in_minor() * weight.clamp(0.0, 1.0)).ok();
    Some((end(low)?, end(high)?))
}

/// A stage's answer for a customer. The columns come from one ledger, so the index is never foreign.
fn of<T: Copy>(column: Option<&PerCustomer<T>>, customer: CustomerIx) -> Option<T> {
    column?.get(customer).ok().flatten().copied()
}

/// Prints counts, never a customer.
impl fmt::Debug for CustomerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerTable({} customers as of {}, horizon {})", self.len(), self.as_of, self.horizon)
    }
}
