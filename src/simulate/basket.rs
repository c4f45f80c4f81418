//! What is in the shop, and what a customer puts into the basket.
//!
//! Three forces make baskets worth learning from: popularity (everybody buys bread), affinity (paint goes with brushes)
//! and habit (this customer comes back for this tea, and more so the longer it is gone). Each has a knob, and at 0 it is
//! gone.

use crate::kernel::rng::Rng;

use super::life::{Life, Purpose, stream};
use super::params::ShopParams;
use super::zipf::Alias;

/// Draws for one place of a basket before it stays empty.
const ATTEMPTS: u32 = 4;

/// The items, by popularity rank. Item `i` belongs to group `i % groups`, so that every group has popular and rare items.
#[derive(Clone, Debug)]
pub(super) struct Catalogue {
    /// At most the number of items.
    groups: u32,
    /// The key of each item, shuffled so that keys do not tell popularity.
    keys: Vec<u32>,
    /// Price level of each item, relative to the average one.
    prices: Vec<f64>,
    /// Over all items.
    popularity: Alias,
    /// Over the ranks of the largest group.
    within_group: Alias,
}

impl Catalogue {
    /// Keys, prices and popularity, from a stream of the shop's own: the catalogue does not depend on the customers. Price
    /// levels are log-normal with a deviation of 0.6.
    pub(super) fn new(params: &ShopParams) -> Self {
        let n = params.catalogue;
        let groups = params.groups.min(n);
        let mut rng = stream(params.seed, None, Purpose::Basket);
        let mut keys: Vec<u32> = (1..=n).collect();
        rng.shuffle(&mut keys);
        let prices = (0..n).map(|_| (0.6 * rng.normal()).exp()).collect();
        Self {
            groups,
            keys,
            prices,
            popularity: Alias::zipf(n, params.popularity),
            within_group: Alias::zipf(n.div_ceil(groups), params.popularity),
        }
    }

    /// The key by which the outside knows an item.
    pub(super) fn key(&self, item: u32) -> i64 {
        i64::from(self.keys[item as usize])
    }

    /// Its price relative to the average one.
    pub(super) fn price(&self, item: u32) -> f64 {
        self.prices[item as usize]
    }

    /// Its affinity group.
    pub(super) fn group(&self, item: u32) -> u32 {
        item % self.groups
    }

    /// An item by popularity.
    fn any(&self, rng: &mut Rng) -> u32 {
        self.popularity.draw(rng)
    }

    /// An item of a group. The last rank exists in some groups only; rank 0 exists in all, so the loop ends.
    fn of_group(&self, group: u32, rng: &mut Rng) -> u32 {
        loop {
            let item = u64::from(self.within_group.draw(rng)) * u64::from(self.groups) + u64::from(group);
            if item < self.keys.len() as u64 {
                return u32::try_from(item).unwrap_or(group);
            }
        }
    }
}

/// An item a customer keeps coming back for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Favourite {
    /// By popularity rank.
    pub(super) item: u32,
    /// How much it is liked.
    weight: f64,
    /// Days after which half the wish for it has come back.
    pub(super) period: f64,
    /// When it was last bought; minus infinity for never.
    last: f64,
}

/// A customer's habits: favourites, and the wish for each at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// The dearest first.
    pub(super) favourites: Vec<Favourite>,
    /// Places already filled, by position in `favourites`.
    wishes: Vec<f64>,
}

impl Habits {
    /// Draws a customer's favourites: distinct items, mostly out of one or two groups.
    ///
    /// The liking of the k-th favourite is k^-0.7; its period is half to three times the customer's mean gap, so that some are
    /// bought nearly every time and others now and then.
    pub(super) fn draw(&mut self, params: &ShopParams, catalogue: &Catalogue, life: &Life, rng: &mut Rng) {
        self.favourites.clear();
        let home = [catalogue.group(catalogue.any(rng)), catalogue.group(catalogue.any(rng))];
        let gap = if life.rate > 0.0 { (1.0 / life.rate).min(1e6) } else { 1e6 };
        for rank in 1..=params.favourites {
            let item = (0..ATTEMPTS).find_map(|_| {
                let item = if rng.chance(params.affinity) {
                    catalogue.of_group(home[usize::from(rng.chance(0.5))], rng)
                } else {
                    catalogue.any(rng)
                };
                self.favourites.iter().all(|f| f.item != item).then_some(item)
            });
            let period = gap * (0.5 + 2.5 * rng.uniform());
            if let Some(item) = item {
                let weight = f64::from(rank).powf(-0.7);
                self.favourites.push(Favourite { item, weight, period, last: f64::NEG_INFINITY });
            }
        }
    }

    /// Fills a basket at time `t` with distinct items.
    ///
    /// 1 + Poisson places. A place is a favourite with the probability of the habit, drawn by liking times
    /// x² / (1 + x²), x = time since it was last bought / period: just bought, it is not wanted; after one period half as much
    /// as it can be. Other places go to the group of an item that is in already, or to any item.
    pub(super) fn fill(
        &mut self,
        params: &ShopParams,
        catalogue: &Catalogue,
        t: f64,
        rng: &mut Rng,
        basket: &mut Vec<u32>,
    ) {
        basket.clear();
        let places = 1 + rng.poisson(params.basket - 1.0);
        self.wishes.clear();
        self.wishes.extend(self.favourites.iter().map(|f| {
            let x = ((t - f.last) / f.period).powi(2);
            f.weight * if x.is_finite() { x / (1.0 + x) } else { 1.0 }
        }));
        for _ in 0..places {
            if rng.chance(params.habit)
                && let Some(chosen) = self.wish(rng)
            {
                let favourite = &mut self.favourites[chosen];
                favourite.last = t;
                self.wishes[chosen] = 0.0;
                if !basket.contains(&favourite.item) {
                    basket.push(favourite.item);
                }
                continue;
            }
            for _ in 0..ATTEMPTS {
                let item = if !basket.is_empty() && rng.chance(params.affinity) {
                    #[expect(clippy::cast_possible_truncation, reason = "below the length of a basket")]
                    let beside = basket[rng.below(basket.len() as u64) as usize];
                    catalogue.of_group(catalogue.group(beside), rng)
                } else {
                    catalogue.any(rng)
                };
                if !basket.contains(&item) {
                    basket.push(item);
                    break;
                }
            }
        }
    }

    /// A favourite not yet in the basket, by weight; `None` where all are.
    fn wish(&self, rng: &mut Rng) -> Option<usize> {
        let total: f64 = self.wishes.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let mut left = rng.uniform() * total;
        let mut last = None;
        for (i, wish) in self.wishes.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            last = Some(i);
            left -= wish;
            if left < 0.0 {
                break;
            }
        }
        last
    }
}
