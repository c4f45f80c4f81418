//! What binds a customer to items beyond the own purchases of them: items that go together, and similar customers.
//!
//! | relation | strength of item j for a customer |
//! |---|---|
//! | related | Σ over own items i of √times · 0.9^(baskets since) · cosine(i, j) |
//! | follows | Σ over the last basket's items i of cosine(i, j next) |
//! | wide, close | mean, and similarity-weighted mean, of the circles' vectors at j |
//!
//! Finding relations is what a list costs most. They depend on the customer's baskets and the frozen tables alone, and so do
//! scores: they are found once for every customer at the fit, and those of the two dozen best candidates are kept
//! ([`Kept`]), so that a plain list costs the same for a long history as for a short one. A customer with an update since gets
//! new ones with the next list.
//!
//! # By hand
//! Tea was bought four times, last in the basket before the last: its weight is √4 · 0.9 = 1.8. With a cosine of 0.2 to honey it
//! adds 0.36 to honey's relation. Coffee, bought once in the last basket, with the cosine 0.1 adds 0.1: 0.46 in all.
//!
//! The root is between counting an item once and counting every purchase: a staple would otherwise drown all else.
//!
//! # Candidates
//! | source | new items at most |
//! |---|---|
//! | the most popular | 50 |
//! | related, follows, wide, close | 50 each |
//!
//! Together at most 250, each once; items already bought are candidates anyway and are taken out. A new item that none of the
//! five proposes cannot be in a learned list but as a filler by popularity.
//!
//! # Complexity
//! Time as [`Related::find`] says. Kept: 20 bytes for each of 24 candidates, 16 bytes a customer: half a kilobyte a customer
//! however long the history.

use super::super::baskets::Past;
use super::super::model::Own;
use super::scratch::Scratch;
use super::tables::Tables;

/// Places in a relation.
pub(super) const RELATED: usize = 0;
pub(super) const FOLLOWS: usize = 1;
pub(super) const WIDE: usize = 2;
pub(super) const CLOSE: usize = 3;

/// ln of the strength of each relation, ln [`FLOOR`] for none.
pub(super) type Relation = [f32; 4];

/// Keeps the logarithm of an absent relation finite; about one thousandth of a usual one.
const FLOOR: f32 = 1e-4;

/// The strength that a logarithm stands for.
pub(super) fn strength(log: f32) -> f32 {
    (log.exp() - FLOOR).max(0.0)
}

/// New items taken from each source: the most popular, and the strongest by each relation.
pub(super) const SOURCE: usize = 50;

/// Relations of one customer: to own items by their places among these, ascending, and to new ones by item.
#[derive(Clone, Copy)]
pub(super) struct Relations<'a> {
    pub(super) own: &'a [(u32, Relation)],
    pub(super) new: &'a [(u32, Relation)],
}

/// The same, owned.
#[derive(Clone, Default)]
pub(super) struct Related {
    pub(super) own: Vec<(u32, Relation)>,
    pub(super) new: Vec<(u32, Relation)>,
}

impl Related {
    /// As borrowed parts, which is what kept relations are as well.
    pub(super) fn view(&self) -> Relations<'_> {
        Relations { own: &self.own, new: &self.new }
    }

    /// Searches everything: O(buyers of the own items + the circles' rows + related lists).
    pub(super) fn find(
        tables: &Tables,
        past: Past<'_>,
        own: &[Own],
        myself: Option<u32>,
        scratch: &mut Scratch,
    ) -> Self {
        let n = past.len();
        scratch.related.reach(tables.items());
        scratch.follows.reach(tables.items());
        for o in own {
            let age = (n - 1 - o.last as usize) as f32;
            let weight = (o.times as f32).sqrt() * 0.9_f32.powf(age);
            for (other, cosine) in tables.related(o.item) {
                scratch.related.add(*other, cosine * weight);
            }
        }
        for item in past.baskets().next_back().unwrap_or_default() {
            for (other, cosine) in tables.follows(*item) {
                scratch.follows.add(*other, *cosine);
            }
        }
        tables.neighbours.vouch(past, myself, tables.items(), scratch);
        let relation = |item: u32| {
            [&scratch.related, &scratch.follows, &scratch.wide, &scratch.close]
                .map(|sums| (sums.get(item) + FLOOR).ln())
        };
        let mut new: Vec<u32> = tables.popular(SOURCE).to_vec();
        for sums in [&scratch.related, &scratch.follows, &scratch.wide, &scratch.close] {
            new.extend(sums.largest(SOURCE));
        }
        new.sort_unstable();
        new.dedup();
        new.retain(|item| own.binary_search_by_key(item, |o| o.item).is_err());
        Self {
            own: (0..).zip(own).map(|(place, o)| (place, relation(o.item))).collect(),
            new: new.into_iter().map(|item| (item, relation(item))).collect(),
        }
    }
}

/// Relations of every customer of the fit to the best candidates.
///
/// Of all customers one behind the other; customer c has `own_from[c]..own_from[c + 1]`, and new ones alike. Four lists in all
/// instead of two small ones a customer, which a shop of millions would pay for in allocations.
#[derive(Clone, Default)]
pub(super) struct Kept {
    own_from: Vec<usize>,
    own: Vec<(u32, Relation)>,
    new_from: Vec<usize>,
    new: Vec<(u32, Relation)>,
}

impl Kept {
    /// In the order of `all`, one for each customer.
    pub(super) fn new(all: impl IntoIterator<Item = Related>) -> Self {
        let mut kept = Self { own_from: vec![0], new_from: vec![0], ..Self::default() };
        for related in all {
            kept.own.extend(related.own);
            kept.new.extend(related.new);
            kept.own_from.push(kept.own.len());
            kept.new_from.push(kept.new.len());
        }
        kept
    }

    /// Relations of a customer of the fit, `None` for one who came later. O(1).
    pub(super) fn of(&self, customer: usize) -> Option<Relations<'_>> {
        let range = |from: &[usize]| Some(*from.get(customer)?..*from.get(customer + 1)?);
        Some(Relations { own: &self.own[range(&self.own_from)?], new: &self.new[range(&self.new_from)?] })
    }
}
