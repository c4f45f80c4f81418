//! What one list of the learned ranker needs while it is made.
//!
//! Four accumulators as long as there are items, one as long as there are customers, and two short lists: 16 bytes an item
//! and 4 bytes a customer for each list that is made at a time, allocated once and kept in a
//! [pool](super::super::sparse::Pool). A list empties what it filled, at the cost of having filled it.

use super::super::sparse::{Scratch as Cleared, Sums};

/// The sums of one search.
#[derive(Default)]
pub(super) struct Scratch {
    /// Of items: how well they go with what the customer bought.
    pub(super) related: Sums<f32>,
    /// Of items: how often they follow what is in the last basket.
    pub(super) follows: Sums<f32>,
    /// Of items: their weight with the customers of the wide circle, and of the close one.
    pub(super) wide: Sums<f32>,
    pub(super) close: Sums<f32>,
    /// Of customers: items in common.
    pub(super) common: Sums<f32>,
    /// Customers by cosine, and by distance, as keys that ascend from the nearest; and the wide circle's numbers.
    pub(super) similar: Vec<u64>,
    pub(super) nearest: Vec<u64>,
    pub(super) numbers: Vec<u32>,
}

impl Cleared for Scratch {
    fn clear(&mut self) {
        self.related.clear();
        self.follows.clear();
        self.wide.clear();
        self.close.clear();
    }
}
