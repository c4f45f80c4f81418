//! `RfmModel`: frozen edges, and scoring by them.
//!
//! Fitting finds the edges of three axes; scoring compares whole numbers with them. The two share the bins as
//! [`Limits`], so that a customer on an edge can never be counted in one bin and scored in another.

use std::fmt;

use crate::data::{Observed, Occasion, PerCustomer, Purchases, Refunds, TimeAxis};
use crate::error::{ErrorKind, Result};
use crate::kernel::par;
use crate::types::{Amount, AsOf, Currency, CustomerIx, Provenance};

use super::input::RfmInput;
use super::params::{Bins, Method, RfmParams};
use super::quantile;
use super::score::Rfm;

/// Customers per chunk of work. Fixed, so that the chunks do not depend on the number of threads; large enough
/// that handing one out costs nothing beside working it off.
const CHUNK: usize = 1 << 15;

/// Fitted edges of recency, frequency and monetary value: scores the customers it was fitted to, and any others, by the
/// same limits.
///
/// Keep it, rather than fit anew, to follow customers over time: a customer who moves from 345 to 245 under one
/// model came later than before, under two models perhaps only the others came sooner. Saved by
/// [`persist`](crate::persist) with all that scoring needs: edges, policy of counting, currency, meaning of days.
///
/// ```
/// # use regulars::{data::*, rfm::RfmParams, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (customer, day, cents) in [("ann", 1, 100), ("bob", 11, 200), ("ann", 40, 900)] {
/// #     builder.push(Transaction::new(customer, Day::new(day)).amount(Amount::minor(cents)))?;
/// # }
/// # let ledger = builder.build()?;
/// // ann: day 1 and day 40; bob: day 11. Edges as of day 20, halves on every axis.
/// let may = ledger.observed(AsOf::new(Day::new(20)))?;
/// let model = RfmParams::new().bins(2).fit(may)?;
/// assert_eq!(model.recency().edges(), [14.0]); // between 9 days (bob) and 19 days (ann)
///
/// // The same limits 30 days later: ann has come back, bob has grown stale.
/// let june = ledger.observed(AsOf::new(Day::new(50)))?;
/// let (before, after) = (model.score(may)?, model.score(june)?);
/// assert_eq!((before.by_key("ann").map(|s| s.r), after.by_key("ann").map(|s| s.r)), (Some(1), Some(2)));
/// assert_eq!((before.by_key("bob").map(|s| s.r), after.by_key("bob").map(|s| s.r)), (Some(2), Some(1)));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RfmModel {
    pub(super) occasion: Occasion,
    pub(super) refunds: Refunds,
    pub(super) weights: [f64; 3],
    pub(super) method: Method,
    pub(super) currency: Currency,
    pub(super) time: TimeAxis,
    pub(super) axes: [Axis; 3],
    pub(super) fit: Fit,
    pub(super) provenance: Provenance,
}

/// What the fit saw: when, how many were scored, and how many could not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Fit {
    pub(super) as_of: AsOf,
    pub(super) customers: u64,
    pub(super) without_purchase: u64,
}

/// One axis: its edges, and what the fit found on it.
///
/// With fixed cuts or many equal values a score may have no customers: the counts show it.
///
/// ```
/// # use regulars::{data::*, rfm::RfmParams, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (customer, day) in [(1, 1), (2, 1), (3, 1), (4, 1), (4, 5), (4, 9)] {
/// #     builder.push(Transaction::new(customer, Day::new(day)).amount(Amount::minor(100)))?;
/// # }
/// # let ledger = builder.build()?;
/// // Three customers bought once, a fourth three times; quartiles of 1, 1, 1, 3.
/// let model = RfmParams::new().bins(4).fit(ledger.observed(AsOf::new(Day::new(9)))?)?;
/// let frequency = model.frequency();
/// assert_eq!(frequency.edges(), [1.0, 1.0, 1.5]); // ranks 0.75, 1.5 and 2.25
/// assert_eq!(frequency.customers(), [3, 0, 0, 1]); // scores 2 and 3 have nobody
/// assert_eq!((frequency.range(), frequency.bins()), ((1, 3), 4));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Axis {
    /// Edges between the bins, ascending, in the axis's unit: days, purchases, minor units of money.
    pub(super) edges: Vec<f64>,
    /// Customers per bin in ascending order of values.
    pub(super) customers: Vec<u64>,
    pub(super) lowest: i64,
    pub(super) highest: i64,
}

impl Axis {
    /// Edges between the bins, ascending, in the axis's unit: days, purchases, minor units of money. One fewer than
    /// [`bins`](Self::bins), 1 to 9 of them. Equal edges are possible where many customers are equal; quantile edges
    /// may be fractions, by interpolation.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Fitted customers in each bin, in ascending order of values; the sum is [`RfmModel::customers`].
    ///
    /// On the axis of recency the first count is of those who came last, whose score is the highest: read it from
    /// behind to have it by score.
    pub fn customers(&self) -> &[u64] {
        &self.customers
    }

    /// The lowest and the highest fitted value, in the axis's unit. Where they are equal, the axis tells nobody apart.
    pub fn range(&self) -> (i64, i64) {
        (self.lowest, self.highest)
    }

    /// Number of scores, 2 to 10.
    pub fn bins(&self) -> usize {
        self.edges.len() + 1
    }
}

impl RfmParams {
    /// Finds the edges.
    ///
    /// Fixed cuts are taken over; quantiles are those of the customers with at least one purchase as of the day.
    /// Then one more pass counts how many customers each bin has.
    ///
    /// Time O(customers), expected: quantiles are selected, not sorted; recency and frequency, small whole numbers
    /// as a rule, are counted. Memory: one copy of the axis in work, 4 bytes (recency) or 8 bytes (money) a customer.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) from [`check`](Self::check); [`EmptyInput`](ErrorKind::EmptyInput) where
    /// nobody has purchased; [`InvalidInput`](ErrorKind::InvalidInput) without amounts, without orders where occasions are
    /// orders, and for a stream that has counted by another policy; [`Overflow`](ErrorKind::Overflow) where a customer's
    /// spend does not fit 64 bits.
    ///
    /// ```
    /// # use regulars::{ErrorKind, data::*, rfm::RfmParams, types::*};
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(-500)))?;
    /// let ledger = builder.build()?;
    /// // Known only by a refund: there is a customer, but nobody who purchased.
    /// let error = RfmParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::EmptyInput);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn fit<'a>(&self, data: impl Into<RfmInput<'a>>) -> Result<RfmModel> {
        self.check()?;
        let purchases = data.into().purchases(self.occasion, self.refunds)?;
        let purchases = purchases.as_ref();
        let [recency, frequency, monetary] = &self.bins;
        let axes = [
            {
                let days: Vec<u32> = (0..purchases.len()).map(|row| recency_of(purchases, row)).collect();
                Axis::fit(
                    recency,
                    days.len(),
                    |row| days[row].into(),
                    |bins| quantile::edges_u32(&days, bins),
                )
            },
            {
                let counts = purchases.occasions();
                Axis::fit(
                    frequency,
                    counts.len(),
                    |row| counts[row].into(),
                    |bins| quantile::edges_u32(counts, bins),
                )
            },
            {
                let spend = purchases.spend().unwrap_or_default();
                let selected = |bins| {
                    let mut values: Vec<i64> = spend.iter().map(|a| a.in_minor()).collect();
                    quantile::edges(&mut values, bins)
                };
                Axis::fit(monetary, spend.len(), |row| spend[row].in_minor(), selected)
            },
        ];
        let mut model = RfmModel {
            occasion: self.occasion,
            refunds: self.refunds,
            weights: self.weights,
            method: self.method,
            currency: purchases.currency(),
            time: purchases.time_axis(),
            axes,
            fit: Fit {
                as_of: purchases.as_of(),
                customers: purchases.len() as u64,
                without_purchase: purchases.without_purchase() as u64,
            },
            provenance: purchases.customers().provenance().clone(),
        };
        model.count(purchases);
        Ok(model)
    }
}

/// Recency of a row in days. Rows of [`Purchases`] lie at or before the as-of day, so the distance is never
/// negative; the fallback only keeps the function total.
fn recency_of(purchases: &Purchases, row: usize) -> u32 {
    // Days lie at or before the as-of day; the distance of two i32 fits u32.
    purchases.recency_days(row).unwrap_or(u32::MAX)
}

impl Axis {
    /// The edges of one axis and the range of its values; the customers in its bins are counted later, when the
    /// limits of all three axes stand.
    ///
    /// `quantiles` is called for [`Bins::Quantiles`] only: with fixed cuts nothing is copied or selected.
    fn fit(
        bins: &Bins,
        n: usize,
        value: impl Fn(usize) -> i64,
        quantiles: impl FnOnce(usize) -> Vec<f64>,
    ) -> Self {
        let edges = match bins {
            Bins::Quantiles(bins) => quantiles(usize::from(*bins)),
            Bins::Cuts(limits) => limits.clone(),
        };
        let (lowest, highest) =
            (0..n).map(value).fold((i64::MAX, i64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        Self { customers: vec![0; edges.len() + 1], edges, lowest, highest }
    }
}

/// The bins of one axis as whole numbers: a value lies above an edge where it exceeds the limit. Whole numbers compare
/// exactly where floats no longer hold every unit.
///
/// Since values are whole, v > e holds exactly where v > floor(e), for any float e. Nine places are always
/// compared, without a branch: unused ones hold `i64::MAX`, which nothing exceeds.
#[derive(Clone, Copy, Debug)]
struct Limits {
    limits: [i64; 9],
    used: usize,
}

impl Limits {
    /// The limits of the given edges. `unit` is one day, one purchase, or one major unit of money: what
    /// [`Method::RPackage`] adds to an edge. v >= e + u holds for a whole v exactly where v > ceil(e + u) - 1.
    fn new(edges: &[f64], method: Method, unit: f64) -> Self {
        let mut limits = [i64::MAX; 9];
        for (limit, edge) in limits.iter_mut().zip(edges) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "casts of floats saturate, as they should here"
            )]
            let whole = match method {
                Method::Standard => edge.floor() as i64,
                // value >= edge + unit
                Method::RPackage => ((edge + unit).ceil() as i64).saturating_sub(1),
            };
            *limit = whole;
        }
        Self { limits, used: edges.len() }
    }

    /// Number of edges below the value.
    #[inline]
    fn below(&self, value: i64) -> u8 {
        // `i64::MAX` fills the rest: nothing exceeds it.
        self.limits.iter().map(|limit| u8::from(value > *limit)).sum()
    }

    /// Number of scores; edges are at most nine.
    fn bins(&self) -> u8 {
        u8::try_from(self.used + 1).unwrap_or(u8::MAX)
    }
}

impl RfmModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Scores customers by the fitted edges: those it was fitted to, or others, as of any day.
    ///
    /// One [`Rfm`] for each customer with a purchase, in ascending order of keys; a customer who only gave back, or
    /// who first comes after the as-of day, has none. Values outside the fitted range get the lowest or the highest
    /// score. The weighted score is 100 times the weighted mean of (score - 1) / (bins - 1): 0 where all scores are
    /// 1, and 100, up to rounding, where all are the highest.
    ///
    /// O(rows) to sum a ledger up, then O(customers), in parallel; 32 bytes per customer.
    ///
    /// ```
    /// # use regulars::{data::*, rfm::RfmParams, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for i in 1..=5 {
    /// #     builder.push(Transaction::new(i64::from(i), Day::new(10 * i)).amount(Amount::minor(100 * i64::from(i))))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// # let now = ledger.observed(AsOf::new(Day::new(60)))?;
    /// // Customers 1 to 5 bought once each, on day 10, 20, .. 50, for 1.00, 2.00, .. 5.00; today is day 60.
    /// let scores = RfmParams::new().fit(now)?.score(now)?;
    /// let codes: Vec<String> = scores.values().iter().map(|rfm| rfm.code().to_string()).collect();
    /// assert_eq!(codes, ["111", "212", "313", "414", "515"]);
    /// // Customer 3: (3 - 1) / 4, (1 - 1) / 4 and (3 - 1) / 4, of which a third each: 100 / 3.
    /// assert!((scores.values()[2].weighted - 100.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RfmParams::fit`]; [`IncompatibleModel`](ErrorKind::IncompatibleModel) for data in another currency, with
    /// another meaning of days or under another label.
    pub fn score<'a>(&self, data: impl Into<RfmInput<'a>>) -> Result<PerCustomer<Rfm>> {
        let purchases = data.into().purchases(self.occasion, self.refunds)?;
        let purchases = purchases.as_ref();
        self.provenance.check(purchases.customers().provenance())?;
        let limits = self.limits();
        let bins = limits.map(|l| l.bins());
        let total: f64 = self.weights.iter().sum();
        // Places between lowest and highest score, weighted, by score.
        let mut parts = [[0.0; 10]; 3];
        for ((parts, bins), weight) in parts.iter_mut().zip(bins).zip(self.weights) {
            for (score, part) in parts.iter_mut().enumerate() {
                *part = 100.0 * (weight / total) * score as f64 / f64::from(bins - 1);
            }
        }
        let spend = purchases.spend().unwrap_or_default();
        let nothing =
            Rfm { recency: 0, frequency: 0, monetary: Amount::ZERO, weighted: 0.0, r: 1, f: 1, m: 1, bins };
        let mut scores = vec![nothing; purchases.len()];
        par::for_each_chunk_mut(&mut scores, CHUNK, |first, chunk| {
            for (row, rfm) in (first..).zip(chunk) {
                rfm.recency = recency_of(purchases, row);
                rfm.frequency = purchases.occasions()[row];
                rfm.monetary = spend[row];
                let late = limits[0].below(rfm.recency.into());
                let often = limits[1].below(rfm.frequency.into());
                let much = limits[2].below(rfm.monetary.in_minor());
                (rfm.r, rfm.f, rfm.m) = (bins[0] - late, often + 1, much + 1);
                let place = |axis: usize, score: u8| parts[axis][usize::from(score - 1) % 10];
                rfm.weighted = (place(0, rfm.r) + place(1, rfm.f) + place(2, rfm.m)).min(100.0);
            }
        });
        Ok(PerCustomer::dense(purchases.customers().clone(), scores))
    }

    /// The scores of one customer of a view, equal to the bit to that customer's row of [`score`](Self::score).
    ///
    /// Reads the rows of that customer alone. `None` for a customer without a purchase.
    ///
    /// ```
    /// # use regulars::{data::*, rfm::RfmParams, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, cents) in [("ann", 900), ("bob", -200)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, 1)?).amount(Amount::minor(cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// let model = RfmParams::new().fit(now)?;
    /// let of = |key: &str| model.score_one(now, ledger.customer(key).expect("has rows"));
    /// assert_eq!(of("ann")?.as_ref(), model.score(now)?.by_key("ann"));
    /// assert_eq!(of("bob")?, None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`score`](Self::score) and [`Observed::only`].
    pub fn score_one(&self, now: Observed<'_>, customer: CustomerIx) -> Result<Option<Rfm>> {
        match self.score(now.only(customer)?) {
            Ok(scores) => Ok(scores.into_values().pop()),
            Err(error) if error.kind() == ErrorKind::EmptyInput => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The limits of the three axes, in their order.
    fn limits(&self) -> [Limits; 3] {
        let units = [1.0, 1.0, self.currency.minor_per_major() as f64];
        [0, 1, 2].map(|axis| Limits::new(&self.axes[axis].edges, self.method, units[axis]))
    }

    /// Customers per bin, by the same comparison that scores them. Counts of chunks are whole numbers: their sum
    /// does not depend on who added them up.
    fn count(&mut self, purchases: &Purchases) {
        let limits = self.limits();
        let spend = purchases.spend().unwrap_or_default();
        let parts = par::map_chunks(purchases.len(), CHUNK, |rows| {
            let mut counts = [[0_u64; 10]; 3];
            for row in rows {
                let values = [
                    recency_of(purchases, row).into(),
                    purchases.occasions()[row].into(),
                    spend[row].in_minor(),
                ];
                for ((counts, limits), value) in counts.iter_mut().zip(&limits).zip(values) {
                    counts[usize::from(limits.below(value))] += 1;
                }
            }
            counts
        });
        for part in parts {
            for (axis, counts) in self.axes.iter_mut().zip(part) {
                for (sum, count) in axis.customers.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
    }

    /// The axis of recency, in days; its bins ascend in days, so that the first one has the highest score.
    pub fn recency(&self) -> &Axis {
        &self.axes[0]
    }

    /// The axis of frequency, in purchases.
    pub fn frequency(&self) -> &Axis {
        &self.axes[1]
    }

    /// The axis of monetary value, in minor units of money.
    pub fn monetary(&self) -> &Axis {
        &self.axes[2]
    }

    /// Scores on each axis: recency, frequency, monetary value. What [`SegmentMap`](super::SegmentMap) is made for.
    pub fn bins(&self) -> [u8; 3] {
        self.limits().map(|l| l.bins())
    }

    /// The day as of which it was fitted; scoring may use another.
    pub fn as_of(&self) -> AsOf {
        self.fit.as_of
    }

    /// Customers it was fitted to: those with at least one purchase.
    pub fn customers(&self) -> u64 {
        self.fit.customers
    }

    /// Customers of the fit who only gave back: they have no recency and no score.
    ///
    /// ```
    /// # use regulars::{data::*, rfm::RfmParams, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, cents) in [("ann", 900), ("bob", -200)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, 1)?).amount(Amount::minor(cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let model = RfmParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// assert_eq!((model.customers(), model.without_purchase()), (1, 1));
    /// assert_eq!((model.bins(), model.as_of()), ([5, 5, 5], AsOf::ymd(2024, 5, 31)?));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn without_purchase(&self) -> u64 {
        self.fit.without_purchase
    }
}

/// Prints counts and edges.
impl fmt::Debug for RfmModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, frequency, m] = self.bins();
        write!(
            f,
            "RfmModel({} customers as of {}, {r}x{frequency}x{m} scores, {:?}, {:?})",
            self.fit.customers, self.fit.as_of, self.occasion, self.refunds
        )
    }
}
