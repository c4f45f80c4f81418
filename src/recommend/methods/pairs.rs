//! Pairs of items: bought by the same customers, or one in the basket after the other.
//!
//! Both are counted one item at a time: the customers (or baskets) that hold it, then everything else they hold. The cost
//! is Σ m² over customers of m items, or Σ |b| |b'| over successive baskets, and the memory a row of counters a thread: no
//! matrix of all pairs ever exists. The cosine divides the joint count by `√(n_i n_j)`, so that items everybody buys do not go
//! with everything; one joint observation is taken off before, since among rare items a single coincidence has cosine 1.
//!
//! # By hand
//! Of 100 customers 16 bought tea, 9 honey, 7 both: the cosine is (7 − 1) / √(16 · 9) = 0.5, and without the discount 0.58. Two
//! items of one buyer each, the same, have 0 in place of 1. A pair whose discounted count is not above 0 is not listed.
//!
//! Let {tea} be followed by {honey}, {honey} and {milk}: n of tea as a predecessor is 3, and P(honey | tea) = 2/3. The last
//! basket of a customer has no successor and counts in no denominator.
//!
//! # Determinism
//! Counts are whole, exact in `f32` up to 16,777,216; lists are ordered by strength, then by number.

use super::super::baskets::Baskets;
use super::super::sparse::{Index, Sparse, Sums, Weight, best_pairs};

/// Joint observations that a cosine is discounted by: a single coincidence is not knowledge.
const DISCOUNT: f32 = 1.0;

/// For each item the `keep` others with the highest cosine of buyers, `(n_ij − 1) / √(n_i n_j)`, where the entries of
/// `buyers` are ones.
pub(in crate::recommend) fn cosines_of_buyers(items: usize, buyers: &Index<f32>, keep: usize) -> Sparse<f32> {
    let size = |item: usize| buyers.holders(item).len() as f32;
    best_pairs(
        items,
        keep,
        |item, sums| together(buyers, item, sums),
        |item, other, joint| discounted(item, other, joint, size(item) * size(other)),
    )
}

/// Adds `w_ui · w_uj` over the customers u of an item i, for every item j of theirs.
pub(super) fn together<W: Weight>(customers: &Index<W>, item: usize, sums: &mut Sums<W>) {
    for (customer, weight) in customers.holders(item) {
        for (other, theirs) in customers.row(*customer as usize) {
            sums.add(*other, *weight * *theirs);
        }
    }
}

/// `None` for an item with itself and for what is not above chance of one coincidence. Division by the root of the product
/// keeps the measure between 0 and 1: `n_ij ≤ min(n_i, n_j) ≤ √(n_i n_j)`, for buyers.
fn discounted(item: usize, other: usize, joint: f32, sizes: f32) -> Option<f32> {
    let weight = (joint - DISCOUNT) / sizes.sqrt();
    (item != other && weight > 0.0).then_some(weight)
}

/// Which baskets hold an item, and which basket of the same customer comes after each.
pub(in crate::recommend) struct Successors<'a> {
    baskets: &'a Baskets,
    /// Baskets that have a next one, by item.
    holding: Sparse<()>,
}

impl<'a> Successors<'a> {
    /// O(rows).
    pub(in crate::recommend) fn new(baskets: &'a Baskets) -> Self {
        let mut holding = vec![Vec::new(); baskets.items.len()];
        for own in baskets.first.windows(2) {
            for b in own[0]..own[1].saturating_sub(1) {
                let number = u32::try_from(b).unwrap_or(u32::MAX);
                for item in baskets.items_of(b) {
                    holding[*item as usize].push((number, ()));
                }
            }
        }
        Self { baskets, holding: Sparse::of_rows(holding) }
    }

    /// For each item the `keep` items of the highest cosine of "in a basket" and "in the next basket",
    /// `(n_i→j − 1) / √(n_i n_j)`, where n counts baskets.
    pub(in crate::recommend) fn cosines(&self, popularity: &[u32], keep: usize) -> Sparse<f32> {
        let size = |item: usize| popularity[item] as f32;
        best_pairs(
            popularity.len(),
            keep,
            |item, sums| self.gather(item, sums),
            |item, other, joint| discounted(item, other, joint, size(item) * size(other)),
        )
    }

    /// For each item i the `keep` items j of the highest P(j in the next basket | i in a basket) = `n_i→j / n_i→`, i itself
    /// included.
    pub(super) fn transitions(&self, keep: usize) -> Sparse<f64> {
        best_pairs(
            self.baskets.items.len(),
            keep,
            |item, sums| self.gather(item, sums),
            |item, _, joint: f64| Some(joint / self.holding.row(item).len().max(1) as f64),
        )
    }

    /// Counts the baskets after those that hold an item, by the items in them.
    fn gather<W: Weight>(&self, item: usize, sums: &mut Sums<W>) {
        let one = W::of(1.0);
        for (basket, ()) in self.holding.row(item) {
            for other in self.baskets.items_of(*basket as usize + 1) {
                sums.add(*other, one);
            }
        }
    }
}
