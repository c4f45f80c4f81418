//! What is known of a sequence of purchase days at a cut, and the features that follow.
//!
//! Let a sequence have n purchase days up to the cut c, with gaps g₁ … g_(n − 1) between them.
//!
//! | feature | definition |
//! |---|---|
//! | 0 | number of the period ahead |
//! | 1 | ln (1 + c − last day) |
//! | 2 | ln n |
//! | 3 | ln ḡ, the mean gap shrunk to everybody's: (Σ g + 3 m) / (n − 1 + 3), m the mean of all gaps |
//! | 4 | ln ((1 + c − last day) / ḡ): how overdue |
//! | 5 | ln (1 + c − first day) |
//! | 6 | ln (1 + last gap), everybody's mean where there is none |
//!
//! The customary lognormal model uses mean and variance of ln g, shrunk with the same weight of three gaps:
//! `μ = (Σ ln g + 3 μ₀) / (n + 2)`, `σ² = (Σ (ln g − mean)² + 3 σ₀²) / (n + 2)`.
//!
//! # By hand
//! Purchases on days 0, 7, 14 and 21, cut on day 24, everybody's mean gap m = 14:
//!
//! | feature | value |
//! |---|---|
//! | 1 | ln (1 + 3) = 1.39 |
//! | 2 | ln 4 = 1.39 |
//! | 3 | ḡ = (21 + 3 · 14) / (3 + 3) = 10.5 days, its ln 2.35 |
//! | 4 | ln (4 / 10.5) = −0.97: not due |
//! | 5 | ln 25 = 3.22 |
//! | 6 | ln 8 = 2.08 |
//!
//! With thirty gaps of 7 days ḡ would be (210 + 42) / 33 = 7.6 days: the own rhythm has won.
//!
//! # Assumptions
//! A gap is measured from one day of purchase to the next, so it is at least one day. Purchases after the cut are not looked
//! at: a state at a past day is what was known on that day.
//!
//! # Complexity
//! O(purchase days) a state, no memory beside.

use crate::data::{History, Observed};
use crate::error::{Error, Result};
use crate::types::{Amount, Day};

use super::super::baskets::NONE;
use super::params::Subject;

/// Number of features.
pub(super) const WIDTH: usize = 7;
/// Gaps that a customer's own are shrunk by towards everybody's.
pub(super) const GAPS: f64 = 3.0;

/// The distinct purchase days of one customer (or customer and item), ascending.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sequence {
    /// The item's number in the ledger; `NONE` for the customer as a whole.
    pub(super) item: u32,
    pub(super) days: Vec<Day>,
}

/// Everybody's gaps between purchases.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Gaps {
    /// Mean gap in days.
    pub(super) mean: f64,
    /// Mean and variance of ln gap.
    pub(super) log_mean: f64,
    pub(super) log_variance: f64,
}

/// What is known of one sequence at a cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) since: f64,
    count: f64,
    tenure: f64,
    last_gap: f64,
    /// Sum, and sum and sum of squares of the logarithms, of the gaps.
    gaps: f64,
    log_sum: f64,
    log_squares: f64,
}

impl State {
    /// `None` before the first purchase.
    ///
    /// One pass over the known days; sums rather than gaps are kept, since shrunk means and variances need no more.
    pub(super) fn at(days: &[Day], cut: Day) -> Option<Self> {
        let known = &days[..days.partition_point(|day| *day <= cut)];
        let (first, last) = (*known.first()?, *known.last()?);
        let mut state = Self {
            since: (cut - last) as f64,
            count: known.len() as f64,
            tenure: (cut - first) as f64,
            last_gap: 0.0,
            gaps: (last - first) as f64,
            log_sum: 0.0,
            log_squares: 0.0,
        };
        for pair in known.windows(2) {
            state.last_gap = (pair[1] - pair[0]) as f64;
            let log = state.last_gap.ln();
            state.log_sum += log;
            state.log_squares += log * log;
        }
        Some(state)
    }

    /// The mean gap in days, shrunk to everybody's by three gaps; at least half a day.
    pub(super) fn gap(&self, all: &Gaps) -> f64 {
        ((self.gaps + GAPS * all.mean) / (self.count - 1.0 + GAPS)).max(0.5)
    }

    /// Mean and standard deviation of ln gap, shrunk.
    ///
    /// Sum of squares about the own mean as `Σ l² − (Σ l)² / n`, not below 0 where rounding would make it so; the deviation is at
    /// least 0.001, so that a customer as regular as a clock still has a distribution.
    pub(super) fn log_gap(&self, all: &Gaps) -> (f64, f64) {
        let n = self.count - 1.0;
        let mean = (self.log_sum + GAPS * all.log_mean) / (n + GAPS);
        let own = if n > 0.0 { (self.log_squares - self.log_sum * self.log_sum / n).max(0.0) } else { 0.0 };
        (mean, ((own + GAPS * all.log_variance) / (n + GAPS)).sqrt().max(1e-3))
    }

    /// The features; the first, the period, is set by the caller.
    #[expect(clippy::cast_possible_truncation, reason = "logarithms of days")]
    pub(super) fn features(&self, all: &Gaps) -> [f32; WIDTH] {
        let gap = self.gap(all);
        let last_gap = if self.count > 1.0 { self.last_gap } else { all.mean };
        [
            0.0,
            (1.0 + self.since).ln() as f32,
            self.count.ln() as f32,
            gap.ln() as f32,
            ((1.0 + self.since) / gap).ln() as f32,
            (1.0 + self.tenure).ln() as f32,
            (1.0 + last_gap).ln() as f32,
        ]
    }
}

impl Gaps {
    /// Over all gaps that ended by a day. Gaps still open are not counted here; the hazard counts them as censored.
    ///
    /// `m = Σ g / n`, `μ₀ = Σ ln g / n`, `σ₀² = Σ (ln g)² / n − μ₀²`, at least 0.01. Where nobody came twice m is twice the mean
    /// time since the first purchase, ln m stands for μ₀ and 1 for σ₀²: a guess that is long, and wide.
    pub(super) fn of(sequences: &[Vec<Sequence>], until: Day) -> Self {
        let (mut n, mut sum, mut log_sum, mut log_squares) = (0.0, 0.0, 0.0, 0.0);
        let mut silence = (0.0, 0.0);
        for sequence in sequences.iter().flatten() {
            if let Some(state) = State::at(&sequence.days, until) {
                n += state.count - 1.0;
                sum += state.gaps;
                log_sum += state.log_sum;
                log_squares += state.log_squares;
                silence = (silence.0 + 1.0, silence.1 + state.tenure + 1.0);
            }
        }
        if n < 1.0 {
            // Nobody came twice: gaps are longer than what has been seen of anybody.
            let mean = f64::max(2.0 * silence.1 / f64::max(silence.0, 1.0), 1.0);
            return Self { mean, log_mean: mean.ln(), log_variance: 1.0 };
        }
        let log_mean = log_sum / n;
        let log_variance = (log_squares / n - log_mean * log_mean).max(0.01);
        Self { mean: sum / n, log_mean, log_variance }
    }
}

/// The sequences of one customer, items ascending.
///
/// Refunds and rows that cost nothing are no purchases; several rows of a day are one. O(rows log rows).
pub(super) fn sequences(history: History<'_>, subject: Subject) -> Vec<Sequence> {
    let days = history.days();
    let items = history.item_numbers();
    let counts = |row: usize| {
        !history.is_refund(row) && history.amounts().is_none_or(|amounts| amounts[row] > Amount::minor(0))
    };
    let item = |row: usize| match subject {
        Subject::Customer => NONE,
        Subject::CustomerItem => items.map_or(NONE, |items| items[row]),
    };
    let mut rows: Vec<(u32, Day)> =
        (0..days.len()).filter(|r| counts(*r)).map(|r| (item(r), days[r])).collect();
    if subject == Subject::CustomerItem {
        rows.retain(|(item, _)| *item != NONE);
    }
    rows.sort_unstable();
    rows.dedup();
    rows.chunk_by(|a, b| a.0 == b.0)
        .map(|rows| Sequence { item: rows[0].0, days: rows.iter().map(|r| r.1).collect() })
        .collect()
}

/// The sequences of all customers known as of the day.
pub(super) fn all_sequences(now: Observed<'_>, subject: Subject) -> Result<Vec<Vec<Sequence>>> {
    if subject == Subject::CustomerItem && now.ledger().items().is_none() {
        return Err(Error::input("next purchases of items need the item column, and the ledger has none"));
    }
    let all = now.map(|history| sequences(history, subject)).into_values();
    if all.iter().all(Vec::is_empty) {
        return Err(Error::empty("no purchase: every row is a refund or costs nothing"));
    }
    Ok(all)
}
