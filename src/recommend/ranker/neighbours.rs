//! Customers who buy alike, found through an inverted index.
//!
//! | circle | nearness | size | weights |
//! |---|---|---|---|
//! | wide | 2 q·v − \|v\|², Euclidean | a twelfth of the customers, 60 to 800 | equal |
//! | close | cosine | 50 | cosine squared |
//!
//! The wide circle is a smoothed popularity among customers of the same kind; the close one knows the few who buy nearly the
//! same. Neither replaces the other: the learned terms weigh both, and their interaction.
//!
//! A customer is the vector `v(i) = Σ_b δ^(n − b) [i in basket b] / n` over the latest baskets, δ = 0.75, as in
//! TIFU-KNN (Hu et al. 2020, doi:10.1145/3397271.3401066) with every basket its own group. Neighbours are nearest in
//! Euclidean distance, that is largest in `2 q·v − |v|²`, among the customers who share at least one item: the index
//! lists the buyers of each item, at most [`BUYERS`] of them, so that a search costs the buyers of the customer's own
//! items and never all customers.
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
//! Products are summed in the order of items, circles in the order of nearness, ties by the customer's number.

use super::super::baskets::{Baskets, Past};
use super::super::sparse::{Index, Sparse, keep_largest, merge, squared_norm};
use super::scratch::Scratch;

/// Weight of a basket over that of the next one.
const DECAY: f32 = 0.75;
/// Latest baskets of a customer that make the vector: 0.75^24 is a thousandth.
const LATEST: usize = 24;
/// Latest rows of a customer that make the vector.
const ROWS: usize = 300;
/// Buyers of one item that the search visits.
const BUYERS: usize = 1_500;
/// The wide circle: one customer in so many, within bounds.
///
/// A share, so that the circle grows with the shop, but neither so small that it is noise nor so large that it is everybody.
const ONE_IN: usize = 12;
const FEWEST: usize = 60;
const MOST: usize = 800;
/// The close circle, by cosine.
const CLOSE: usize = 50;

/// Every customer's vector, and who bought each item.
#[derive(Clone)]
pub(super) struct Neighbours {
    index: Index<f32>,
    /// |v|² of each customer.
    norms: Vec<f32>,
    /// Size of the wide circle.
    wide: usize,
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
    /// O(rows); 8 bytes a customer's distinct item twice, 16 bytes a customer.
    pub(super) fn new(baskets: &Baskets) -> Self {
        let rows = Sparse::of_rows((0..baskets.customers.len()).map(|c| vector(baskets.past(c))));
        let norms: Vec<f32> = (0..rows.rows()).map(|r| squared_norm(rows.row(r))).collect();
        let customers = norms.iter().filter(|n| **n > 0.0).count();
        let wide = (customers / ONE_IN).clamp(FEWEST, MOST);
        Self { index: Index::new(baskets.items.len(), rows, BUYERS), norms, wide }
    }

    /// Fills `scratch.wide` and `scratch.close`: the mean vector of each circle's customers, without `myself`.
    ///
    /// A customer is no neighbour of its own: at the fit it would vouch for every answer. Weights of each circle add up to one,
    /// so that a sum is a decayed share of the circle's latest baskets: at most about 1, and 0 for what nobody there bought.
    pub(super) fn vouch(&self, past: Past<'_>, myself: Option<u32>, items: usize, scratch: &mut Scratch) {
        scratch.wide.reach(items);
        scratch.close.reach(items);
        self.index.overlap(&vector(past), &mut scratch.common);
        scratch.similar.clear();
        scratch.nearest.clear();
        for other in scratch.common.touched().iter().filter(|other| Some(**other) != myself) {
            let (joint, norm) = (scratch.common.get(*other), self.norms[*other as usize]);
            scratch.nearest.push((2.0 * joint - norm, *other));
            scratch.similar.push((joint / norm.sqrt(), *other));
        }
        scratch.common.clear();
        keep_largest(&mut scratch.nearest, self.wide);
        keep_largest(&mut scratch.similar, CLOSE);
        let each = 1.0 / scratch.nearest.len().max(1) as f32;
        for (_, other) in &scratch.nearest {
            for (item, weight) in self.index.row(*other as usize) {
                scratch.wide.add(*item, each * weight);
            }
        }
        let total: f32 = scratch.similar.iter().map(|(s, _)| s * s).sum();
        for (similarity, other) in &scratch.similar {
            let share = similarity * similarity / total;
            for (item, weight) in self.index.row(*other as usize) {
                scratch.close.add(*item, share * weight);
            }
        }
    }
}
