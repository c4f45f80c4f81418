//! `Histogram`: the sufficient statistics of every model here, compressed and mergeable.
//!
//! # Why it is enough
//!
//! The likelihood of every model in this module depends on a customer through (x, `t_x`, T) alone, that of spend through
//! (x, mean spend): customers with equal numbers have equal terms. Days are whole, so that equal numbers are common:
//!
//! | customers | distinct histories |
//! |---|---|
//! | CDNOW's 2,357 | 1,016 |
//! | CDNOW's 23,570 | 8,685 |
//! | a million simulated ones with T to the day | some hundred thousand |
//!
//! A fit costs the distinct histories, not the customers.
//!
//! # How it is laid out
//!
//! Keys in ascending order of (x, T, `t_x`), grouped by x: what a likelihood shares for one x is computed once for the
//! group, what it shares for one T once for the run. Order and counts are a function of the customers as a multiset, so
//! that any order of rows and any way of merging shards gives the same bits.
//!
//! # How it is counted
//!
//! Floats of one sign are ordered as their bits are. Rows go into buckets by x, where (T, `t_x`) is one 128-bit number; sorting
//! those and counting equal neighbours is O(n log n) without a hash table, whose memory and order would both be in the
//! way. Merging is the merge of two sorted lists, O(distinct).
//!
//! # By hand
//! Four customers (x, T, `t_x`): (0, 39, 0), (2, 39, 30), (0, 39, 0), (1, 39, 5).
//!
//! | group | keys (T, `t_x`) | count |
//! |---|---|---|
//! | x = 0 | (39, 0) | 2 |
//! | x = 1 | (39, 5) | 1 |
//! | x = 2 | (39, 30) | 1 |
//!
//! Another shard with one more (1, 39, 5) makes its count 2 and changes nothing else.
//!
//! # Assumptions
//! Customers are exchangeable given their numbers: who they are, and which day they began, plays no part in a likelihood. A
//! cohort effect is a histogram of each cohort.
//!
//! # Space
//! 24 bytes a distinct history, 24 a distinct x. While counting, 16 bytes a customer, 32 for those of 64 purchases and more.

use crate::data::{PurchaseHistory, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Provenance;

/// How many customers share each purchase history: the whole input of a fit, usually far smaller than the customers.
///
/// Two histograms of different customers add up to the histogram of all of them, in any order and bit for bit, so shards
/// and days can be counted apart and fitted together. CDNOW's 2,357 customers have 1,016 distinct histories.
///
/// ```
/// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
/// use regulars::ltv::Histogram;
///
/// let unit = TimeUnit::Week;
/// let shard = |x: Vec<f64>, t_x: Vec<f64>| {
///     let t = vec![39.0; x.len()];
///     PurchaseHistory::new(Customers::numbered(x.len())?, unit, x, t_x, t).map(|h| Histogram::new(&h))
/// };
/// let (a, b) = (shard(vec![0.0, 2.0], vec![0.0, 30.0])?, shard(vec![0.0, 1.0], vec![0.0, 5.0])?);
/// let both = a.merge(&b)?;
/// assert_eq!((both.customers(), both.distinct()), (4, 3));
/// assert_eq!(both, b.merge(&a)?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Histogram {
    unit: TimeUnit,
    pub(super) purchases: Runs,
    /// Mean spend of the repeat purchases: customers with at least one and a positive mean.
    pub(super) spend: Option<Runs>,
    /// Repeat buyers whose mean spend is not positive, or all of them where money is unknown.
    pub(super) without_spend: u64,
    pub(super) provenance: Provenance,
}

impl Histogram {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Counts the distinct histories. O(n log n) time, O(n) space.
    pub fn new(history: &PurchaseHistory) -> Self {
        let rows = history.x().iter().zip(history.t()).zip(history.t_x()).map(|((x, t), t_x)| [*x, *t, *t_x]);
        let purchases = Runs::count(rows);
        let repeat =
            || history.x().iter().zip(history.spend().unwrap_or_default()).filter(|(x, _)| **x > 0.0);
        let spend = history
            .spend()
            .map(|_| Runs::count(repeat().filter(|(_, m)| **m > 0.0).map(|(x, m)| [*x, *m, 0.0])));
        let repeat_buyers = history.x().iter().filter(|x| **x > 0.0).count() as u64;
        let without_spend = repeat_buyers - spend.as_ref().map_or(0, |s| s.count.iter().sum());
        let provenance = history.customers().provenance().clone();
        Self { unit: history.unit(), purchases, spend, without_spend, provenance }
    }

    /// The histogram of some rows, or of all, money left out.
    ///
    /// For cohorts and resamples: rows may repeat, and each counts as often as it is named.
    pub(super) fn of_rows(history: &PurchaseHistory, rows: Option<&[usize]>) -> Self {
        let row = |i: usize| [history.x()[i], history.t()[i], history.t_x()[i]];
        let purchases = match rows {
            Some(rows) => Runs::count(rows.iter().map(|i| row(*i))),
            None => Runs::count((0..history.len()).map(row)),
        };
        let provenance = history.customers().provenance().clone();
        Self { unit: history.unit(), purchases, spend: None, without_spend: 0, provenance }
    }

    /// The histogram of both sets of customers together. Money is kept only where both have it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the units of time differ;
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for other currencies or labels.
    pub fn merge(&self, other: &Self) -> Result<Self> {
        if self.unit != other.unit {
            return Err(Error::input("histograms in different units of time cannot be merged"));
        }
        let spend = match (&self.spend, &other.spend) {
            (Some(a), Some(b)) => Some(a.merge(b)),
            _ => None,
        };
        Ok(Self {
            unit: self.unit,
            purchases: self.purchases.merge(&other.purchases),
            spend,
            without_spend: self.without_spend + other.without_spend,
            provenance: self.provenance.joined(&other.provenance)?,
        })
    }

    /// Number of customers.
    pub fn customers(&self) -> u64 {
        self.purchases.count.iter().sum()
    }

    /// Number of distinct histories (x, `t_x`, t).
    pub fn distinct(&self) -> usize {
        self.purchases.count.len()
    }

    /// The unit of time.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Each distinct history as (x, `t_x`, t) with its number of customers, in ascending order of x, t and `t_x`.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, f64, u64)> + '_ {
        let runs = &self.purchases;
        runs.groups.iter().flat_map(move |g| {
            (g.start..g.end).map(move |i| (g.x, runs.second[i], runs.first[i], runs.count[i]))
        })
    }

    pub(super) fn from_parts(
        unit: TimeUnit,
        purchases: Runs,
        spend: Option<Runs>,
        without_spend: u64,
    ) -> Self {
        Self { unit, purchases, spend, without_spend, provenance: Provenance::default() }
    }
}

/// Prints how many, not who.
impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Histogram({} customers, {} distinct histories, unit {:?})",
            self.customers(),
            self.distinct(),
            self.unit
        )
    }
}

/// Distinct triples of finite, non-negative numbers in ascending order, with counts, grouped by the first number.
///
/// `first` and `second` are T and `t_x` of purchases, mean spend and 0 of spend. One list for each, so that a likelihood reads
/// its numbers side by side.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Runs {
    pub(super) groups: Vec<Group>,
    pub(super) first: Vec<f64>,
    pub(super) second: Vec<f64>,
    pub(super) count: Vec<u64>,
}

/// The keys `start..end` share the number of repeat purchases `x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) x: f64,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// At most this many keys are one unit of work; a constant, so that sums do not depend on threads.
const SEGMENT: usize = 2_048;

impl Runs {
    /// Counts triples. Bits of non-negative floats are ordered as the floats are (zero is made positive).
    fn count(rows: impl Iterator<Item = [f64; 3]> + Clone) -> Self {
        const SMALL: usize = 64;
        let bits = |v: f64| (v + 0.0).to_bits();
        let key = |[_, u, v]: [f64; 3]| u128::from(bits(u)) << 64 | u128::from(bits(v));
        // Most customers have a small x: put each of those in a bucket, so that sorting compares one number.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below SMALL")]
        let bucket = |x: f64| if x < SMALL as f64 && x.fract() == 0.0 { x as usize } else { SMALL };
        let mut sizes = [0_usize; SMALL + 1];
        for row in rows.clone() {
            sizes[bucket(row[0])] += 1;
        }
        let mut buckets: Vec<Vec<u128>> = sizes[..SMALL].iter().map(|n| Vec::with_capacity(*n)).collect();
        let mut rest: Vec<(u64, u128)> = Vec::with_capacity(sizes[SMALL]);
        for row in rows {
            match buckets.get_mut(bucket(row[0])) {
                Some(keys) => keys.push(key(row)),
                None => rest.push((bits(row[0]), key(row))),
            }
        }
        par::for_each_chunk_mut(&mut buckets, 1, |_, keys| keys.iter_mut().for_each(|k| k.sort_unstable()));
        let mut runs = Self::default();
        for (x, keys) in buckets.into_iter().enumerate() {
            for key in keys {
                runs.push((x as f64).to_bits(), key, 1);
            }
        }
        rest.sort_unstable();
        for (x, key) in rest {
            runs.push(x, key, 1);
        }
        runs
    }

    /// Adds a key that is not below the last one.
    fn push(&mut self, x: u64, key: u128, count: u64) {
        #[expect(clippy::cast_possible_truncation, reason = "the halves of the key")]
        let (x, u, v) = (f64::from_bits(x), f64::from_bits((key >> 64) as u64), f64::from_bits(key as u64));
        let n = self.count.len();
        match self.groups.last_mut() {
            Some(group) if group.x == x => {
                if self.first[n - 1] == u && self.second[n - 1] == v {
                    self.count[n - 1] += count;
                    return;
                }
                group.end = n + 1;
            }
            _ => self.groups.push(Group { x, start: n, end: n + 1 }),
        }
        self.first.push(u);
        self.second.push(v);
        self.count.push(count);
    }

    /// Every key as bits that are ordered as the numbers are, with its count.
    fn keys(&self) -> impl Iterator<Item = ((u64, u128), u64)> + '_ {
        self.groups.iter().flat_map(move |g| {
            (g.start..g.end).map(move |i| {
                let key = u128::from(self.first[i].to_bits()) << 64 | u128::from(self.second[i].to_bits());
                ((g.x.to_bits(), key), self.count[i])
            })
        })
    }

    /// Two ascending lists into one: equal keys come one after the other and are counted together.
    fn merge(&self, other: &Self) -> Self {
        let mut runs = Self::default();
        let (mut a, mut b) = (self.keys().peekable(), other.keys().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(p), Some(q)) if p.0 <= q.0 => a.next(),
                (Some(_), None) => a.next(),
                (_, Some(_)) => b.next(),
                (None, None) => return runs,
            };
            if let Some(((x, key), count)) = next {
                runs.push(x, key, count);
            }
        }
    }

    /// Rebuilds saved runs; `None` unless they are whole, in order and of positive count.
    pub(super) fn restore(x: &[f64], first: &[f64], second: &[f64], count: &[u64]) -> Option<Self> {
        let n = x.len();
        if [first.len(), second.len(), count.len()] != [n; 3] {
            return None;
        }
        let valid = |v: f64| v.is_finite() && v.is_sign_positive();
        let mut runs = Self::default();
        let mut previous = None;
        for i in 0..n {
            if !(valid(x[i]) && x[i].fract() == 0.0 && valid(first[i]) && valid(second[i]) && count[i] > 0) {
                return None;
            }
            let key = u128::from(first[i].to_bits()) << 64 | u128::from(second[i].to_bits());
            let this = (x[i].to_bits(), key);
            if previous.is_some_and(|p| p >= this) {
                return None;
            }
            previous = Some(this);
            runs.push(this.0, key, count[i]);
        }
        Some(runs)
    }

    /// The units of work: (x, keys).
    ///
    /// Every group is cut anew, so that a unit of work has one x. The cut depends on the keys alone, not on how they were
    /// counted.
    pub(super) fn segments(&self) -> Vec<Group> {
        let cut = |g: &Group| {
            let g = *g;
            (g.start..g.end).step_by(SEGMENT).map(move |start| Group {
                x: g.x,
                start,
                end: g.end.min(start + SEGMENT),
            })
        };
        self.groups.iter().flat_map(cut).collect()
    }

    /// Whether all times are whole and nobody bought more often than there was time.
    ///
    /// What the discrete-time model asks for: opportunities are counted, and each holds one purchase at most.
    pub(super) fn is_whole(&self) -> bool {
        let whole = |times: &[f64]| times.iter().all(|t| t.fract() == 0.0);
        let fits = |g: &Group| self.second[g.start..g.end].iter().all(|t_x| *t_x >= g.x);
        whole(&self.first) && whole(&self.second) && self.groups.iter().all(fits)
    }

    /// The counts as weights.
    pub(super) fn weights(&self) -> Vec<f64> {
        self.count.iter().map(|c| *c as f64).collect()
    }

    /// Every `step`-th key, from the middle of the first stride: a small likeness of the whole to start a search on.
    ///
    /// Keys are in order of x, then T: every n-th of them keeps the mix of light and heavy buyers, with the counts as they are.
    pub(super) fn thinned(&self, step: usize) -> Self {
        let mut runs = Self::default();
        for ((x, key), count) in self.keys().skip(step / 2).step_by(step.max(1)) {
            runs.push(x, key, count);
        }
        runs
    }

    /// Keys whose rank modulo `folds` is `fold`, or all others.
    pub(super) fn fold(&self, fold: usize, folds: usize, inside: bool) -> Self {
        let mut runs = Self::default();
        for (i, ((x, key), count)) in self.keys().enumerate() {
            if (i % folds == fold) == inside {
                runs.push(x, key, count);
            }
        }
        runs
    }
}
