//! `RfmModel`: frozen edges, and scoring by them.

use std::fmt;

use crate::data::{Occasion, PerCustomer, Purchases, Refunds, TimeAxis};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::par;
use crate::types::{Amount, AsOf, Currency};

use super::input::RfmInput;
use super::params::{Bins, Method, RfmParams};
use super::quantile;
use super::score::Rfm;

/// Customers per chunk of work.
const CHUNK: usize = 1 << 15;

/// Fitted edges of recency, frequency and monetary value: scores the customers it was fitted to, and any others, by the
/// same limits.
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
}

/// What the fit saw.
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
    /// Edges between the bins, ascending, in the axis's unit: days, purchases, minor units of money. Equal edges are
    /// possible where many customers are equal.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Fitted customers in each bin, in ascending order of values.
    pub fn customers(&self) -> &[u64] {
        &self.customers
    }

    /// The lowest and the highest fitted value. Where they are equal, the axis tells nobody apart.
    pub fn range(&self) -> (i64, i64) {
        (self.lowest, self.highest)
    }

    /// Number of scores.
    pub fn bins(&self) -> usize {
        self.edges.len() + 1
    }
}

impl RfmParams {
    /// Finds the edges.
    ///
    /// Time O(customers), expected: quantiles are selected, not sorted.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) from [`check`](Self::check); [`EmptyInput`](ErrorKind::EmptyInput) where
    /// nobody has purchased; [`InvalidInput`](ErrorKind::InvalidInput) without amounts, without orders where occasions are
    /// orders, and for a stream that has counted by another policy; [`Overflow`](ErrorKind::Overflow) where a customer's
    /// spend does not fit 64 bits.
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
        };
        model.count(purchases);
        Ok(model)
    }
}

fn recency_of(purchases: &Purchases, row: usize) -> u32 {
    // Days lie at or before the as-of day; the distance of two i32 fits u32.
    purchases.recency_days(row).unwrap_or(u32::MAX)
}

impl Axis {
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
#[derive(Clone, Copy, Debug)]
struct Limits {
    limits: [i64; 9],
    used: usize,
}

impl Limits {
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

    fn bins(&self) -> u8 {
        u8::try_from(self.used + 1).unwrap_or(u8::MAX)
    }
}

impl RfmModel {
    /// Scores customers by the fitted edges: those it was fitted to, or others, as of any day.
    ///
    /// # Errors
    /// As [`RfmParams::fit`]; [`IncompatibleModel`](ErrorKind::IncompatibleModel) for data in another currency or with
    /// another meaning of days.
    pub fn score<'a>(&self, data: impl Into<RfmInput<'a>>) -> Result<PerCustomer<Rfm>> {
        let purchases = data.into().purchases(self.occasion, self.refunds)?;
        let purchases = purchases.as_ref();
        if purchases.currency() != self.currency {
            let rule = format!("fitted in {:?}, the data are in {:?}", self.currency, purchases.currency());
            return Err(Error::new(ErrorKind::IncompatibleModel, None, rule));
        }
        if purchases.time_axis() != self.time {
            let rule =
                format!("fitted on {:?} time, the data have {:?} time", self.time, purchases.time_axis());
            return Err(Error::new(ErrorKind::IncompatibleModel, None, rule));
        }
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

    fn limits(&self) -> [Limits; 3] {
        let units = [1.0, 1.0, self.currency.minor_per_major() as f64];
        [0, 1, 2].map(|axis| Limits::new(&self.axes[axis].edges, self.method, units[axis]))
    }

    /// Customers per bin.
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

    /// The axis of recency; its bins ascend in days, so that the first one has the highest score.
    pub fn recency(&self) -> &Axis {
        &self.axes[0]
    }

    /// The axis of frequency.
    pub fn frequency(&self) -> &Axis {
        &self.axes[1]
    }

    /// The axis of monetary value.
    pub fn monetary(&self) -> &Axis {
        &self.axes[2]
    }

    /// Scores on each axis: recency, frequency, monetary value.
    pub fn bins(&self) -> [u8; 3] {
        self.limits().map(|l| l.bins())
    }

    /// The day as of which it was fitted.
    pub fn as_of(&self) -> AsOf {
        self.fit.as_of
    }

    /// Customers it was fitted to.
    pub fn customers(&self) -> u64 {
        self.fit.customers
    }

    /// Customers of the fit who only gave back: they have no recency and no score.
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
