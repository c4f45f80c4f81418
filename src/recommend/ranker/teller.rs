//! What the reasons of one customer's list are told from.
//!
//! | asked | told |
//! |---|---|
//! | companion | the own item that an item goes with best, and their lift |
//! | season | how the item sells when the customer is due, against its average |
//! | repurchase | how many times as often as the average item it is bought again |
//! | repeat share | the customer's, the same for all items |
//!
//! What is the same for all items of a list is worked out once for it.

use super::super::baskets::Past;
use super::super::model::Own;
use super::Ranker;
use super::features::repeat_share;
use super::relations::strength;
use super::tables::Tables;
use crate::types::Day;

/// Bits that say "maybe" of the own items and "no" of most others.
///
/// A companion is looked for among fifty items, most of which the customer does not have: one bit spares a search. By hand: 80
/// own items set some 79 of 4,096 bits, so that of a hundred others two are searched for in vain.
struct Maybe([u64; 64]);

impl Maybe {
    fn of(own: &[Own]) -> Self {
        let mut bits = [0; 64];
        for o in own {
            let (word, bit) = Self::place(o.item);
            bits[word] |= 1 << bit;
        }
        Self(bits)
    }

    /// The upper twelve bits of a product by the golden ratio: neighbours lie apart.
    fn place(item: u32) -> (usize, u32) {
        let at = item.wrapping_mul(0x9E37_79B1) >> 20;
        ((at >> 6) as usize, at & 63)
    }

    fn holds(&self, item: u32) -> bool {
        let (word, bit) = Self::place(item);
        self.0[word] >> bit & 1 == 1
    }
}

/// Tells the reasons of one list.
pub(in crate::recommend) struct Teller<'a> {
    tables: &'a Tables,
    own: &'a [Own],
    maybe: Maybe,
    /// The day the customer is served for, where there are dates.
    due: Option<Day>,
    /// Share of repeats in the customer's baskets, smoothed.
    pub(in crate::recommend) repeat_share: f64,
}

impl Ranker {
    /// For a list of the customer of this history. O(own items).
    pub(in crate::recommend) fn teller<'a>(&'a self, past: Past<'_>, own: &'a [Own]) -> Teller<'a> {
        Teller {
            tables: &self.tables,
            own,
            maybe: Maybe::of(own),
            due: self.tables.seasons.as_ref().map(|s| s.due(past)),
            repeat_share: repeat_share(past, own).into(),
        }
    }
}

impl Teller<'_> {
    /// The customer's own item that an item goes with best, and their lift: how many times as many customers bought
    /// both as would by chance.
    ///
    /// By hand: honey goes with tea (cosine 0.5), milk (0.4) and rice (0.1), and the customer has milk and rice: milk is told. Of
    /// 100 customers 9 have honey and 16 milk, so that the lift is 0.4 · 100 / √(9 · 16) = 3.3. O(related items).
    pub(in crate::recommend) fn companion(&self, item: u32) -> Option<(u32, f64)> {
        let mine =
            |other: u32| self.maybe.holds(other) && self.own.binary_search_by_key(&other, |o| o.item).is_ok();
        // Strongest first.
        let best = self.tables.related(item).iter().find(|(other, _)| mine(*other));
        best.map(|(other, cosine)| (*other, self.tables.lift(*cosine, item, *other)))
    }

    /// How an item sells at the time the customer is served, against its average.
    pub(in crate::recommend) fn season(&self, item: u32) -> f64 {
        let of = self.tables.seasons.as_ref().zip(self.due);
        of.map_or(1.0, |(seasons, due)| f64::from(seasons.current(due, item)).exp())
    }

    /// How many times as often as the average item this one is bought again.
    pub(in crate::recommend) fn repurchase_ratio(&self, item: u32) -> f64 {
        self.tables.repurchase_ratio(item)
    }

    /// Weighted share of similar customers' latest baskets that hold a candidate, from what the ranker kept of it.
    pub(in crate::recommend) fn vouched(log: f32) -> f64 {
        strength(log).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maybe_is_never_no_for_an_own_item() {
        let own: Vec<Own> = (0..300).map(|i| Own { item: i * i, times: 1, first: 0, last: 0 }).collect();
        let maybe = Maybe::of(&own);
        assert!(own.iter().all(|o| maybe.holds(o.item)));
        let others = (0..10_000_u32).filter(|i| own.binary_search_by_key(i, |o| o.item).is_err());
        assert!(others.filter(|i| maybe.holds(*i)).count() < 1_000);
    }
}
