//! Frequent sets and the rules they make.
//!
//! # How sets are found
//! A set grows by items later in the order only, so that each set is met once: {1, 2, 3} from {1, 2} and never from {2, 3}. Its
//! holders are the orders that hold it, each with the place of its last item; one walk over what stands behind that place
//! counts every larger set by one item at once. What is not frequent is not grown: no set is more frequent than its parts.
//!
//! By hand, of the orders {1, 2, 3}, {1, 3} and {2, 3}: item 1 is held by the first two; behind it stand 2 once and 3 twice. At
//! a least support of 0.6 (1.8 orders) {1, 3} is frequent with 2, {1, 2} is not, and {1, 2, 3} is never looked at.
//!
//! # Complexity
//! Time: the rows behind the holders of each frequent set that is still to grow, Σ b² / 2 for pairs of orders of b frequent
//! items. Space: a counter an item for each chunk of 32 first items, the holders along one branch, and the sets.
//!
//! # Determinism
//! First items are shared out among threads in fixed chunks; counts are whole and the rules are sorted at the end.

use hashbrown::HashMap;

use crate::error::{Error, Result};
use crate::kernel::par;

use super::orders::Orders;
use super::rule::{Row, Rules};

/// Fits [`Rules`]: all rules of sets that are frequent enough.
///
/// ```
/// use regulars::recommend::RuleParams;
///
/// let params = RuleParams::new(0.01).max_items(3).min_confidence(0.2).min_lift(1.5);
/// assert!(params.check().is_ok());
/// assert!(RuleParams::new(0.0).check().is_err());
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct RuleParams {
    min_support: f64,
    max_items: usize,
    min_confidence: f64,
    min_lift: f64,
    max_sets: usize,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    RuleParams, Self::new(0.0);
    min_support: f64;
    max_items: usize, min_confidence: f64, min_lift: f64, max_sets: usize,
}

impl RuleParams {
    /// Pairs in at least the share `min_support` of all orders, whose lift is at least 1.
    ///
    /// The number of orders that this asks for is n times the share: in 20,000 orders a support of 0.001 is 20. Below some ten
    /// orders lift and confidence are mostly chance, whatever the share.
    ///
    /// ```
    /// # use regulars::recommend::RuleParams;
    /// assert!(RuleParams::new(0.001).check().is_ok());
    /// ```
    pub fn new(min_support: f64) -> Self {
        Self { min_support, max_items: 2, min_confidence: 0.0, min_lift: 1.0, max_sets: 2_000_000 }
    }

    /// Most items of a rule, both sides together; 2 unless set.
    ///
    /// ```
    /// # use regulars::recommend::RuleParams;
    /// assert!(RuleParams::new(0.01).max_items(1).check().is_err());
    /// ```
    pub fn max_items(mut self, items: usize) -> Self {
        self.max_items = items;
        self
    }

    /// Least confidence; 0 unless set.
    ///
    /// A rule is then kept in the direction only in which it is strong: of tea → milk with 0.5 and milk → tea with 0.25, a least
    /// confidence of 0.4 keeps the first.
    ///
    /// ```
    /// # use regulars::recommend::RuleParams;
    /// assert!(RuleParams::new(0.01).min_confidence(1.5).check().is_err());
    /// ```
    pub fn min_confidence(mut self, confidence: f64) -> Self {
        self.min_confidence = confidence;
        self
    }

    /// Least lift; 1 unless set.
    ///
    /// ```
    /// # use regulars::recommend::RuleParams;
    /// assert!(RuleParams::new(0.01).min_lift(0.0).check().is_ok());
    /// ```
    pub fn min_lift(mut self, lift: f64) -> Self {
        self.min_lift = lift;
        self
    }

    /// Most frequent sets; 2,000,000 unless set. A least support too low for a shop is then an error and not a machine
    /// without memory.
    ///
    /// ```
    /// use regulars::recommend::{Orders, RuleParams};
    /// let orders = Orders::from_pairs([(1, 1), (1, 2), (1, 3)])?;
    /// assert!(RuleParams::new(0.5).max_sets(2).fit(&orders).is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn max_sets(mut self, sets: usize) -> Self {
        self.max_sets = sets;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a support outside (0, 1], items outside 2 to 12, a confidence
    /// outside 0 to 1 and a lift that is negative or not finite.
    pub fn check(&self) -> Result<()> {
        if !(self.min_support > 0.0 && self.min_support <= 1.0) {
            return Err(Error::param("min_support", "must lie in (0, 1]", self.min_support));
        }
        if !(2..=12).contains(&self.max_items) {
            return Err(Error::param("max_items", "must lie in 2 to 12", self.max_items));
        }
        if !(0.0..=1.0).contains(&self.min_confidence) {
            return Err(Error::param("min_confidence", "must lie in [0, 1]", self.min_confidence));
        }
        if !(self.min_lift >= 0.0 && self.min_lift.is_finite()) {
            return Err(Error::param("min_lift", "must be at least 0 and finite", self.min_lift));
        }
        Ok(())
    }

    /// Finds the rules.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Overflow`](crate::ErrorKind::Overflow) for more frequent sets than
    /// [`max_sets`](Self::max_sets).
    pub fn fit(&self, orders: &Orders) -> Result<Rules> {
        self.check()?;
        let mut counts = vec![0_u32; orders.items.len()];
        orders.bought.iter().for_each(|item| counts[*item as usize] += 1);
        let n = orders.len() as f64;
        let frequent = |count: u32| count > 0 && f64::from(count) / n >= self.min_support;
        // Orders of frequent items only, and where each item stands.
        let (mut start, mut bought, mut holders) = (vec![0], Vec::new(), vec![Vec::new(); counts.len()]);
        for (number, o) in (0_u32..).zip(0..orders.len()) {
            for item in orders.order(o).iter().filter(|item| frequent(counts[**item as usize])) {
                holders[*item as usize].push((number, bought.len()));
                bought.push(*item);
            }
            start.push(bought.len());
        }
        let search = Search { params: self, start: &start, bought: &bought, counts: &counts, orders: n };
        let parts = par::map_chunks(counts.len(), 32, |range| {
            let mut found = Found::new(counts.len());
            for item in range {
                if frequent(counts[item]) {
                    found.set.push(u32::try_from(item).unwrap_or(u32::MAX));
                    search.grow(&mut found, &holders[item]);
                    found.set.pop();
                }
            }
            found
        });
        let sets: usize = parts.iter().map(|p| p.supports.len()).sum();
        if sets > self.max_sets || parts.iter().any(|p| p.too_many) {
            return Err(Error::overflow("more frequent sets than `max_sets`: raise the least support"));
        }
        let known = self.known(&counts, &parts);
        let mut rules = Rules::new(orders);
        for part in &parts {
            let mut from = 0;
            for (size, support) in &part.supports {
                let set = &part.items[from..from + *size as usize];
                self.split(set, *support, &counts, &known, &mut rules);
                from += *size as usize;
            }
        }
        rules.sort();
        Ok(rules)
    }

    /// Counts of the sets of two and more items that can stand on one side of a rule. Every part of a frequent set is frequent,
    /// so each was found on the way.
    fn known<'p>(&self, counts: &[u32], parts: &'p [Found]) -> HashMap<&'p [u32], u32> {
        let mut known = HashMap::new();
        if self.max_items > 2 && !counts.is_empty() {
            for part in parts {
                let mut from = 0;
                for (size, support) in &part.supports {
                    known.insert(&part.items[from..from + *size as usize], *support);
                    from += *size as usize;
                }
            }
        }
        known
    }

    /// All rules of one frequent set: 2^size − 2 ways to cut it into two sides.
    ///
    /// By hand, {a, b, c} gives six: a→bc, b→ac, c→ab, ab→c, ac→b, bc→a, from the seven counts of its parts.
    fn split(&self, set: &[u32], both: u32, counts: &[u32], known: &HashMap<&[u32], u32>, rules: &mut Rules) {
        let count = |side: &[u32]| match side {
            [item] => counts[*item as usize],
            _ => known.get(side).copied().unwrap_or(0),
        };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for mask in 1..(1_u32 << set.len()) - 1 {
            left.clear();
            right.clear();
            for (at, item) in set.iter().enumerate() {
                if mask >> at & 1 == 1 { left.push(*item) } else { right.push(*item) }
            }
            let row = Row::new(both, count(&left), count(&right));
            let (confidence, lift) = rules.measures(row);
            if confidence >= self.min_confidence && lift >= self.min_lift {
                rules.push(&left, &right, row);
            }
        }
    }
}

/// What stays the same through the search.
///
/// Orders hold frequent items alone: rare ones are dropped once and then cost nothing.
struct Search<'a> {
    params: &'a RuleParams,
    start: &'a [usize],
    bought: &'a [u32],
    counts: &'a [u32],
    orders: f64,
}

/// Frequent sets of two and more items of one part of the search.
struct Found {
    set: Vec<u32>,
    /// Counters by item, zero between uses, and one list of touched items for each depth.
    joint: Vec<u32>,
    items: Vec<u32>,
    supports: Vec<(u8, u32)>,
    too_many: bool,
}

impl Found {
    fn new(items: usize) -> Self {
        Self {
            set: Vec::new(),
            joint: vec![0; items],
            items: Vec::new(),
            supports: Vec::new(),
            too_many: false,
        }
    }
}

impl Search<'_> {
    /// Grows `found.set` by every later item that is frequent with it. `holders` are the orders that hold the set, with
    /// the place of its last item (occurrence deliver, Uno et al. 2004).
    ///
    /// Counters are set back to 0 as they are read, so that one array serves every depth: nothing is counted while deeper.
    fn grow(&self, found: &mut Found, holders: &[(u32, usize)]) {
        let mut touched = Vec::new();
        for (order, place) in holders {
            for item in &self.bought[place + 1..self.start[*order as usize + 1]] {
                let joint = &mut found.joint[*item as usize];
                if *joint == 0 {
                    touched.push(*item);
                }
                *joint += 1;
            }
        }
        touched.sort_unstable();
        let frequent: Vec<(u32, u32)> = touched
            .iter()
            .map(|item| (*item, std::mem::take(&mut found.joint[*item as usize])))
            .filter(|(_, joint)| f64::from(*joint) / self.orders >= self.params.min_support)
            .collect();
        for (item, joint) in frequent {
            if found.supports.len() >= self.params.max_sets {
                found.too_many = true;
                return;
            }
            found.set.push(item);
            found.items.extend_from_slice(&found.set);
            found.supports.push((u8::try_from(found.set.len()).unwrap_or(u8::MAX), joint));
            if found.set.len() < self.params.max_items {
                let mut deeper = Vec::with_capacity(joint as usize);
                for (order, place) in holders {
                    let rest = &self.bought[place + 1..self.start[*order as usize + 1]];
                    if let Ok(at) = rest.binary_search(&item) {
                        deeper.push((*order, place + 1 + at));
                    }
                }
                debug_assert!(joint <= self.counts[item as usize]);
                self.grow(found, &deeper);
            }
            found.set.pop();
        }
    }
}
