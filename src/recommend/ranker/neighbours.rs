//! Customers who buy alike, found through an inverted index.
//!
//! A customer is the vector `v(i) = Σ_b δ^(n − b) [i in basket b] / n` over the latest baskets, δ = 0.75, as in
//! TIFU-KNN (Hu et al. 2020, doi:10.1145/3397271.3401066) with every basket its own group. Neighbours are nearest in
//! Euclidean distance, that is largest in `2 q·v − |v|²`, among the customers who share at least one item: the index
//! lists the buyers of each item, at most [`BUYERS`] of them, so that a search costs the buyers of the customer's own
//! items and never all customers.

use super::super::baskets::{Baskets, Past};
use super::scratch::{Scratch, keep_largest};

/// Weight of a basket over that of the next one.
const DECAY: f32 = 0.75;
/// Latest baskets of a customer that make the vector: 0.75^24 is a thousandth.
const LATEST: usize = 24;
/// Latest rows of a customer that make the vector.
const ROWS: usize = 300;
/// Buyers of one item that the search visits.
const BUYERS: usize = 1_500;
/// The wide circle: one customer in so many, within bounds.
const ONE_IN: usize = 12;
const FEWEST: usize = 60;
const MOST: usize = 800;
/// The close circle, by cosine.
const CLOSE: usize = 50;

/// Rows of a sparse matrix one behind the other: row `r` is `from[r]..from[r + 1]`.
#[derive(Clone)]
pub(super) struct Sparse {
    from: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl Sparse {
    pub(super) fn row(&self, r: usize) -> &[(u32, f32)] {
        if r + 1 < self.from.len() { &self.entries[self.from[r]..self.from[r + 1]] } else { &[] }
    }
}

/// Every customer's vector, and who bought each item.
#[derive(Clone)]
pub(super) struct Neighbours {
    vectors: Sparse,
    /// |v|² of each customer.
    norms: Vec<f32>,
    /// (customer, weight) of each item.
    buyers: Sparse,
    /// Size of the wide circle.
    wide: usize,
}

/// A customer's vector, items ascending.
pub(super) fn vector(past: Past<'_>) -> Vec<(u32, f32)> {
    let n = past.len();
    let (mut rows, mut weight) = (Vec::with_capacity(past.bought.len().min(ROWS)), 1.0 / n.max(1) as f32);
    for basket in past.baskets().rev().take(LATEST) {
        if rows.len() + basket.len() > ROWS && !rows.is_empty() {
            break;
        }
        rows.extend(basket.iter().map(|item| (*item, weight)));
        weight *= DECAY;
    }
    // Stable: the weights of an item are added from the latest basket back.
    rows.sort_by_key(|(item, _)| *item);
    rows.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    rows
}

fn norm(vector: &[(u32, f32)]) -> f32 {
    vector.iter().map(|(_, w)| w * w).sum()
}

impl Neighbours {
    /// O(rows); 8 bytes a customer's distinct item twice, 16 bytes a customer.
    pub(super) fn new(baskets: &Baskets) -> Self {
        let (items, people) = (baskets.items.len(), baskets.customers.len());
        let mut vectors = Sparse { from: vec![0], entries: Vec::new() };
        let mut sizes = vec![0_usize; items];
        let mut norms = Vec::with_capacity(people);
        for customer in 0..people {
            let own = vector(baskets.past(customer));
            for (item, _) in &own {
                sizes[*item as usize] += 1;
            }
            norms.push(norm(&own));
            vectors.entries.extend(own);
            vectors.from.push(vectors.entries.len());
        }
        // Of an item with too many buyers, every so many-th.
        let every: Vec<usize> = sizes.iter().map(|n| n.div_ceil(BUYERS).max(1)).collect();
        let mut from = vec![0];
        for (n, every) in sizes.iter().zip(&every) {
            from.push(from[from.len() - 1] + n.div_ceil(*every));
        }
        let mut entries = vec![(0, 0.0); from[items]];
        let mut seen = vec![0_usize; items];
        for (number, customer) in (0_u32..).zip(0..people) {
            for (item, weight) in vectors.row(customer) {
                let i = *item as usize;
                if seen[i] % every[i] == 0 {
                    entries[from[i] + seen[i] / every[i]] = (number, *weight);
                }
                seen[i] += 1;
            }
        }
        let customers = norms.iter().filter(|n| **n > 0.0).count();
        let wide = (customers / ONE_IN).clamp(FEWEST, MOST);
        Self { vectors, norms, buyers: Sparse { from, entries }, wide }
    }

    /// Fills `scratch.wide` and `scratch.close`: the mean vector of each circle's customers, without `myself`.
    pub(super) fn vouch(&self, past: Past<'_>, myself: Option<u32>, items: usize, scratch: &mut Scratch) {
        scratch.wide.reach(items);
        scratch.close.reach(items);
        scratch.common.reach(self.norms.len());
        for (item, weight) in vector(past) {
            for (buyer, theirs) in self.buyers.row(item as usize) {
                scratch.common.add(*buyer, weight * theirs);
            }
        }
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
            for (item, weight) in self.vectors.row(*other as usize) {
                scratch.wide.add(*item, each * weight);
            }
        }
        let total: f32 = scratch.similar.iter().map(|(s, _)| s * s).sum();
        for (similarity, other) in &scratch.similar {
            let share = similarity * similarity / total;
            for (item, weight) in self.vectors.row(*other as usize) {
                scratch.close.add(*item, share * weight);
            }
        }
    }
}
