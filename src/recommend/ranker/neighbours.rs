//! Customers who buy alike, found through an inverted index.
//!
//! | circle | nearness | size | weights |
//! |---|---|---|---|
//! | wide | 2 q·v − \|v\|², Euclidean | 1.5 √customers, 60 to 400 | equal |
//! | close | cosine | 50 | cosine squared |
//!
//! The wide circle is a smoothed popularity among customers of the same kind; the close one knows the few who buy nearly the
//! same. Neither replaces the other: the learned terms weigh both, and their interaction.
//!
//! A customer is the vector `v(i) = Σ_b δ^(n − b) [i in basket b] / n` over the latest baskets, δ = 0.75, as in
//! TIFU-KNN (Hu et al. 2020, doi:10.1145/3397271.3401066) with every basket its own group. Neighbours are nearest in
//! Euclidean distance, that is largest in `2 q·v − |v|²`, among the customers who share at least one item: the index
//! lists the buyers of each item, at most [`BUYERS`] of them, so that a search costs the buyers of the customer's own
//! items and never all customers. Beyond [`POOL`] customers an even part of them may be neighbours, and everybody has some.
//!
//! # By hand
//! The baskets {tea} and {tea, milk} make n = 2 and the vector tea: (0.75 + 1) / 2 = 0.875, milk: 1 / 2 = 0.5, of squared length
//! 1.016. Someone of the vector tea: 1 has a product of 0.875 with it; nearness is 2 · 0.875 − 1 = 0.75, the cosine
//! 0.875 / √1.016 = 0.868. Someone of tea: 1 and ten other items of 1 has the same product, but the nearness 1.75 − 11.
//!
//! # Why two measures
//! Euclidean nearness punishes what the other has and the customer lacks, and so prefers short vectors: customers of few,
//! shared items. The cosine forgives length. A wide equal mean has little variance, a close weighted one little bias.
//!
//! # Determinism
//! Products are summed in the order of items, the wide circle in that of its customers, the close one in that of nearness,
//! ties by the customer's number.

use super::super::baskets::{Baskets, Past};
use super::super::sparse::{Index, Sparse, Weight, choose_first, keep_first, merge, squared_norm};
use super::scratch::Scratch;

/// Weight of a basket over that of the next one.
const DECAY: f32 = 0.75;
/// Latest baskets of a customer that make the vector: 0.75^24 is a thousandth.
const LATEST: usize = 24;
/// Latest rows of a customer that make the vector.
const ROWS: usize = 300;
/// Buyers of one item that the search visits.
const BUYERS: usize = 1_500;
/// Customers among whom neighbours are looked for, at most.
///
/// In a larger shop every so many-th is in the pool. The fiftieth nearest of a hundred thousand is hardly farther than that of a
/// million, and what a search touches fits a processor's cache: a tenth of the time at a million.
const POOL: usize = 100_000;
/// The wide circle: so many times the root of the number of customers, within bounds.
///
/// The error of a mean of k neighbours has a part that falls with k (chance) and one that grows with k / customers (they are ever
/// less alike): where the two balance, k grows more slowly than the shop. Between one and two roots nothing much changes.
const WIDE: f64 = 1.5;
const FEWEST: usize = 60;
const MOST: usize = 400;
/// The close circle, by cosine.
const CLOSE: usize = 50;

/// Every customer's vector, and who bought each item.
#[derive(Clone)]
pub(super) struct Neighbours {
    index: Index<f32>,
    /// |v|² and 1 / |v| of each customer.
    norms: Vec<(f32, f32)>,
    /// Size of the wide circle.
    wide: usize,
    /// Row r of the index is customer r times this.
    every: usize,
}

/// A customer's vector, items ascending.
///
/// Whole baskets are taken, newest first, while they fit into the rows allowed; the newest always. O(rows log rows).
fn vector(past: Past<'_>) -> Vec<(u32, f32)> {
    let (mut rows, mut weight) =
        (Vec::with_capacity(past.bought.len().min(ROWS)), 1.0 / past.len().max(1) as f32);
    for basket in past.baskets().rev().take(LATEST) {
        if rows.len() + basket.len() > ROWS && !rows.is_empty() {
            break;
        }
        rows.extend(basket.iter().map(|item| (*item, weight)));
        weight *= DECAY;
    }
    merge(rows)
}

impl Neighbours {
    /// O(rows); of the pool's customers 8 bytes a distinct item twice, and 20 bytes each.
    pub(super) fn new(baskets: &Baskets) -> Self {
        let people = baskets.customers.len();
        let every = people.div_ceil(POOL).max(1);
        let rows = Sparse::of_rows((0..people).step_by(every).map(|c| vector(baskets.past(c))));
        let norm = |r: usize| squared_norm(rows.row(r));
        let norms: Vec<(f32, f32)> = (0..rows.rows()).map(norm).map(|n| (n, n.sqrt().recip())).collect();
        let customers = norms.iter().filter(|(n, _)| *n > 0.0).count();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the root of a number of customers"
        )]
        let wide = ((WIDE * (customers as f64).sqrt()) as usize).clamp(FEWEST, MOST);
        Self { index: Index::new(baskets.items.len(), rows, BUYERS), norms, wide, every }
    }

    /// Fills `scratch.wide` and `scratch.close`: the mean vector of each circle's customers, without `myself`.
    ///
    /// A customer is no neighbour of its own: at the fit it would vouch for every answer. Weights of each circle add up to one,
    /// so that a sum is a decayed share of the circle's latest baskets: at most about 1, and 0 for what nobody there bought.
    pub(super) fn vouch(&self, past: Past<'_>, myself: Option<u32>, items: usize, scratch: &mut Scratch) {
        scratch.wide.reach(items);
        scratch.close.reach(items);
        self.index.overlap(&vector(past), &mut scratch.common);
        let myself = myself.map(|m| m as usize).filter(|m| m.is_multiple_of(self.every));
        let myself = myself.and_then(|m| u32::try_from(m / self.every).ok());
        scratch.similar.clear();
        scratch.nearest.clear();
        for other in scratch.common.touched().iter().filter(|other| Some(**other) != myself) {
            let joint = scratch.common.get(*other);
            let (norm, root) = self.norms[*other as usize];
            scratch.nearest.push((2.0 * joint - norm).key(*other));
            scratch.similar.push((joint * root).key(*other));
        }
        scratch.common.clear();
        choose_first(&mut scratch.nearest, self.wide);
        keep_first(&mut scratch.similar, CLOSE);
        // By number: rows are then read as they lie in memory.
        scratch.numbers.clear();
        scratch.numbers.extend(scratch.nearest.iter().map(|key| f32::of_key(*key).1));
        scratch.numbers.sort_unstable();
        let each = 1.0 / scratch.numbers.len().max(1) as f32;
        for other in &scratch.numbers {
            for (item, weight) in self.index.row(*other as usize) {
                scratch.wide.add(*item, each * weight);
            }
        }
        let similar = || scratch.similar.iter().map(|key| f32::of_key(*key));
        let total: f32 = similar().map(|(s, _)| s * s).sum();
        for (similarity, other) in similar() {
            let share = similarity * similarity / total;
            for (item, weight) in self.index.row(other as usize) {
                scratch.close.add(*item, share * weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Ledger, Occasion, Transaction};
    use crate::types::{AsOf, Currency, Day};

    /// Four customers: two of tea, one of tea and milk, one of rice.
    #[test]
    fn circles_leave_the_customer_out_and_hold_who_shares_something() {
        let mut builder = Ledger::builder(Currency::EUR);
        for (who, item) in [("a", "tea"), ("b", "tea"), ("c", "tea"), ("c", "milk"), ("d", "rice")] {
            builder.push(Transaction::new(who, Day::new(3)).item(item)).unwrap();
        }
        let ledger = builder.build().unwrap();
        let baskets = Baskets::new(ledger.observed(AsOf::new(Day::new(3))).unwrap(), Occasion::Day).unwrap();
        let mut neighbours = Neighbours::new(&baskets);
        // Milk is item 0, rice 1, tea 2.
        let wide = |neighbours: &Neighbours, myself: Option<u32>| {
            let mut scratch = Scratch::default();
            neighbours.vouch(baskets.past(0), myself, 3, &mut scratch);
            [0, 1, 2].map(|item| scratch.wide.get(item))
        };
        assert_eq!(wide(&neighbours, Some(0)), [0.5, 0.0, 1.0]);
        assert_eq!(wide(&neighbours, None), [1.0 / 3.0, 0.0, 1.0]);
        // Every second customer: a and c may be neighbours, and a is none of its own.
        let rows = Sparse::of_rows([0, 2].map(|c| vector(baskets.past(c))));
        neighbours.index = Index::new(3, rows, BUYERS);
        neighbours.norms = vec![(1.0, 1.0), (2.0, 0.5_f32.sqrt())];
        neighbours.every = 2;
        assert_eq!(wide(&neighbours, Some(0)), [1.0, 0.0, 1.0]);
        assert_eq!(wide(&neighbours, Some(1)), [0.5, 0.0, 1.0]);
    }
}
