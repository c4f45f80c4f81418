//! What sells when: popularity by week, for ledgers with dates.
//!
//! Of week k let `n_k` be the baskets and `n_ki` those that hold item i. Latest sales are halved from week to week,
//! `s_ki = n_ki + s_(k−1)i / 2` and `s_k` alike; their ratio to the average share `π_i` of the item, shrunk by 60 baskets of
//! average sales, is `ln ((s_ki / π_i + 60) / (s_k + 60))`: 0 for an item that sells as always, 0.7 for twice that.
//!
//! A customer is served for the day the next basket is due: the last one plus the usual gap, shrunk to everybody's, not later
//! than the last known day. What sells *then* is known for customers who were due in the past, which is what is learned from.
//!
//! # By hand
//! An item is in 2 % of all baskets, and the decayed sales are 100 baskets. Held by 2 of them it sells as always:
//! ln ((2 / 0.02 + 60) / 160) = 0. Held by 4, ln (260 / 160) = 0.49; held by none, ln (60 / 160) = −0.98, the least there is at
//! 100 baskets. In a shop of 10,000 weekly baskets the 60 hardly count, and twice the usual sales are 0.69.
//!
//! A customer with two gaps of 10 days each, where everybody's mean gap is 20 days, is due after
//! (20 + 3 · 20) / (2 + 3) = 16 days.
//!
//! # Assumptions
//! What sold in the latest weeks before a day sells on that day: a fashion, a fruit in season, stock that ran out. It knows no
//! calendar: a yearly feast is seen when its sales begin and not before.
//!
//! # Complexity
//! Rows + periods · items to build, one access to read; 4 bytes a cell, at most 20 million cells. Where weeks times items are
//! more, or weeks more than 300, periods are longer.
//!
//! # Determinism
//! Counts are added in the order of baskets and of periods, by one thread.

use super::super::baskets::{Baskets, Past};
use crate::data::TimeAxis;
use crate::types::Day;

/// Days of a period, where the memory allows.
const WEEK: i64 = 7;
/// Cells of the table at most; longer ledgers get longer periods.
const CELLS: usize = 20_000_000;
/// Weight of a period over that of the next one.
const DECAY: f32 = 0.5;
/// Baskets of average sales that an item's latest ones are shrunk by.
const SHRINKAGE: f32 = 60.0;
/// Gaps between two baskets that a customer's own are shrunk by towards everybody's.
const GAPS: f64 = 3.0;

/// For each period and item, ln (share of the latest baskets that hold it / its share of all baskets).
#[derive(Clone)]
pub(super) struct Seasons {
    first: Day,
    last: Day,
    width: i64,
    items: usize,
    current: Vec<f32>,
    /// Everybody's mean days between two baskets.
    gap: f64,
}

impl Seasons {
    /// `None` without dates. O(rows + periods x items).
    pub(super) fn new(baskets: &Baskets, popularity: &[u32]) -> Option<Self> {
        let (first, last) = (*baskets.days.iter().min()?, baskets.as_of.day());
        if baskets.time != TimeAxis::Calendar || popularity.is_empty() {
            return None;
        }
        let days = (last - first) + 1;
        let periods = i64::try_from((CELLS / popularity.len()).clamp(1, 300)).unwrap_or(1);
        let width = WEEK.max(days.div_euclid(periods) + 1);
        let periods = usize::try_from(days.div_euclid(width) + 1).unwrap_or(1);
        let items = popularity.len();
        let mut counts = vec![0_f32; periods * items];
        let mut sold = vec![0_f32; periods];
        let mut this = Self { first, last, width, items, current: Vec::new(), gap: 0.0 };
        for (b, day) in baskets.days.iter().enumerate() {
            let period = this.period(*day);
            sold[period] += 1.0;
            for item in &baskets.bought[baskets.start[b]..baskets.start[b + 1]] {
                counts[period * items + *item as usize] += 1.0;
            }
        }
        let all = baskets.days.len() as f32;
        let mut total = 0.0;
        for (period, sold) in sold.iter_mut().enumerate() {
            total = total * DECAY + *sold;
            let (before, now) = counts.split_at_mut(period * items);
            let before = period.checked_sub(1).map(|p| &before[p * items..]);
            for item in 0..items {
                now[item] += before.map_or(0.0, |b| b[item] * DECAY);
            }
            *sold = total;
        }
        for (row, total) in counts.chunks_mut(items).zip(&sold) {
            for (count, overall) in row.iter_mut().zip(popularity) {
                let share = (*overall as f32).max(0.5) / all;
                *count = ((*count / share + SHRINKAGE) / (total + SHRINKAGE)).ln();
            }
        }
        this.current = counts;
        let (mut time, mut gaps) = (0_i64, 0_i64);
        for customer in 0..baskets.customers.len() {
            let past = baskets.past(customer);
            if let (Some(a), Some(b)) = (past.days.first(), past.days.last()) {
                time += *b - *a;
                gaps += i64::try_from(past.len()).unwrap_or(0) - 1;
            }
        }
        this.gap = if gaps > 0 { time as f64 / gaps as f64 } else { 0.0 };
        Some(this)
    }

    /// Days before the first or after the last known period are those periods: nothing is foretold beyond the data.
    fn period(&self, day: Day) -> usize {
        let last = (self.last - self.first).div_euclid(self.width);
        usize::try_from((day - self.first).div_euclid(self.width).clamp(0, last)).unwrap_or(0)
    }

    /// The day for which a customer is served: when the next basket is due by the customer's usual gap, not later than
    /// the last known day.
    ///
    /// `last + (Σ gaps + 3 ḡ) / (number of gaps + 3)`, ḡ everybody's mean gap, in days, rounded; not later than the last known
    /// day. Without baskets it is the last known day.
    #[expect(clippy::cast_possible_truncation, reason = "a gap between two days of the ledger")]
    pub(super) fn due(&self, past: Past<'_>) -> Day {
        let (Some(first), Some(last)) = (past.days.first(), past.days.last()) else { return self.last };
        let gaps = past.len() as f64 - 1.0;
        let gap = ((*last - *first) as f64 + GAPS * self.gap) / (gaps + GAPS);
        last.checked_add(gap.round() as i64).map_or(*last, |due| due.min(self.last).max(*last))
    }

    /// How an item sells on a day, against its average.
    ///
    /// ln of a ratio; 0 for an item that came after the fit. O(1).
    pub(super) fn current(&self, day: Day, item: u32) -> f32 {
        let at = self.period(day) * self.items + item as usize;
        if (item as usize) < self.items { self.current[at] } else { 0.0 }
    }
}
