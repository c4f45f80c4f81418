//! `Tables`: what the ranker knows about everybody: popularity, repurchase, items that go together, who buys alike.
//!
//! # By hand
//! An item had 20 baskets in which its earlier buyers could have bought it again, and was in 5 of them; over all items the rate
//! is 0.1. Shrunk by ten chances it is (5 + 10 · 0.1) / (20 + 10) = 0.2, and the feature ln 0.2 = −1.6. With 1 of 1 it would be
//! (1 + 1) / 11 = 0.18 and not 1: one coincidence is worth about as much as a long record of a fifth.
//!
//! The lift of two items is told from their cosine: with `n_a` and `n_b` buyers among N, joint buyers less one m, the
//! cosine is `m / √(n_a n_b)` and the lift `m N / (n_a n_b)` = cosine · `N / √(n_a n_b)`.
//!
//! # Complexity
//! Time: O(rows), but for related items `Σ h²` over customers of h ≤ 300 latest distinct items and for followers `Σ |b| |b'|`
//! over successive baskets, both in parallel by item. Space: at most 50 entries of 8 bytes an item in each of the two lists, some
//! 36 bytes an item beside, the neighbours' index and the seasons' cells.
//!
//! # Determinism
//! Counts are whole and exact in `f32` up to 16,777,216; rates are one division and one logarithm each.

use super::super::baskets::Baskets;
use super::super::methods::{Successors, cosines_of_buyers};
use super::super::model::{Popularity, own_items};
use super::super::sparse::{Index, Sparse};
use super::neighbours::Neighbours;
use super::seasons::Seasons;

/// Related items kept for each item.
const RELATED: usize = 50;
/// A customer's latest rows that count as bought together; more of a very long history adds cost, not knowledge.
const HISTORY: usize = 300;
/// Observations that an item's own rate is shrunk by towards the mean of all items.
const SHRINKAGE: f32 = 10.0;

/// Population tables, frozen at the fit, and never moved by an update: the model answers as fitted until the next fit.
///
/// | table | of an item i |
/// |---|---|
/// | share | ln of baskets with i over all baskets |
/// | repurchase | ln ((Σ (times − 1) + 10 r) / (Σ baskets after the first + 10)), r the rate of all items |
/// | trend | ln of the shrunk share of its baskets that are their customers' last |
/// | related | the 50 items of the highest cosine of buyers |
/// | follows | the 50 items of the highest cosine of "in the next basket" |
///
/// Rates have one entry more than there are items: that of an item never seen.
#[derive(Clone)]
pub(super) struct Tables {
    items: usize,
    /// Of each item, as they are read together.
    rates: Vec<Rates>,
    related: Sparse<f32>,
    follows: Sparse<f32>,
    pub(super) neighbours: Neighbours,
    pub(super) seasons: Option<Seasons>,
    /// Items by popularity.
    popular: Vec<u32>,
    /// Customers who bought each item, and all of them.
    breadth: Vec<f32>,
    customers: f32,
}

/// What is known of one item by itself.
#[derive(Clone, Copy)]
pub(super) struct Rates {
    /// ln of the share of all baskets; half a basket for an item in none.
    pub(super) log_share: f32,
    /// ln of the shrunk repurchase rate: of a customer's baskets after the item's first those that hold it again.
    pub(super) repurchase: f32,
    /// ln of the shrunk share of the item's baskets that are their customers' last: high for what is new, low for what has gone.
    pub(super) trend: f32,
}

/// ln((hits + s·mean) / (trials + s)) of each item, and of an item without trials.
///
/// The mean is that of all items together, with half a hit and one trial added so that it is never 0. Shrinking is what a
/// beta prior of weight 10 around the mean does: an item without trials has the mean.
fn log_rates(hits: &[f32], trials: &[f32]) -> Vec<f32> {
    // Sums of whole numbers in f64: exact, so their order plays no part.
    let total = |v: &[f32]| v.iter().map(|x| f64::from(*x)).sum::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "a rate")]
    let mean = ((total(hits) + 0.5) / (total(trials) + 1.0)) as f32;
    let rate = |(h, t): (&f32, &f32)| ((h + SHRINKAGE * mean) / (t + SHRINKAGE)).ln();
    hits.iter().zip(trials).map(rate).chain([mean.ln()]).collect()
}

impl Tables {
    pub(super) fn new(baskets: &Baskets) -> Self {
        let (items, people) = (baskets.items.len(), baskets.customers.len());
        let popularity = baskets.popularity();
        let counts: Vec<f32> = popularity.iter().map(|n| *n as f32).collect();
        let all = baskets.len().max(1) as f32;
        let log_share = counts.iter().chain([&0.0]).map(|n| (n.max(0.5) / all).ln());

        let (mut again, mut chances) = (vec![0_f32; items], vec![0_f32; items]);
        let mut late = vec![0_f32; items];
        for customer in 0..people {
            let past = baskets.past(customer);
            for own in own_items(past) {
                again[own.item as usize] += (own.times - 1) as f32;
                chances[own.item as usize] += (past.len() - 1 - own.first as usize) as f32;
            }
            if let Some(last) = past.baskets().next_back() {
                for item in last {
                    late[*item as usize] += 1.0;
                }
            }
        }
        let latest = Sparse::of_rows((0..people).map(|c| {
            baskets.past(c).latest_items(HISTORY).into_iter().map(|item| (item, 1.0_f32)).collect()
        }));
        let buyers = Index::new(items, latest, usize::MAX);
        let (related, follows) = (
            cosines_of_buyers(items, &buyers, RELATED),
            Successors::new(baskets).cosines(&popularity, RELATED),
        );
        Self {
            breadth: (0..items).map(|i| buyers.holders(i).len() as f32).collect(),
            customers: people as f32,
            items,
            rates: log_share
                .zip(log_rates(&again, &chances).into_iter().zip(log_rates(&late, &counts)))
                .map(|(log_share, (repurchase, trend))| Rates { log_share, repurchase, trend })
                .collect(),
            related,
            follows,
            neighbours: Neighbours::new(baskets),
            seasons: Seasons::new(baskets, &popularity),
            popular: Popularity::new(popularity, baskets.len()).order,
        }
    }

    /// Number of items seen at the fit.
    pub(super) fn items(&self) -> usize {
        self.items
    }

    /// Items that came after the fit read the entry behind the last: that of an item never seen.
    pub(super) fn rates(&self, item: u32) -> Rates {
        self.rates[(item as usize).min(self.items)]
    }

    /// How many times as often as the average item this one is bought again.
    pub(super) fn repurchase_ratio(&self, item: u32) -> f64 {
        f64::from(self.rates(item).repurchase - self.rates[self.items].repurchase).exp()
    }

    /// The cosines of buyers, by item.
    pub(super) fn alike(&self) -> &Sparse<f32> {
        &self.related
    }

    /// Items of the highest cosine of buyers, best first; none for an item that came after the fit.
    pub(super) fn related(&self, item: u32) -> &[(u32, f32)] {
        self.related.row(item as usize)
    }

    /// Customers who bought both over those expected by chance, from the (discounted) cosine of two items.
    pub(super) fn lift(&self, cosine: f32, a: u32, b: u32) -> f64 {
        let of = |item: u32| f64::from(self.breadth.get(item as usize).copied().unwrap_or(0.0).max(1.0));
        f64::from(cosine) * f64::from(self.customers) / (of(a) * of(b)).sqrt()
    }

    /// Items that follow an item most, by cosine, best first.
    pub(super) fn follows(&self, item: u32) -> &[(u32, f32)] {
        self.follows.row(item as usize)
    }

    /// The n most popular items, or all.
    pub(super) fn popular(&self, n: usize) -> &[u32] {
        &self.popular[..n.min(self.popular.len())]
    }
}
