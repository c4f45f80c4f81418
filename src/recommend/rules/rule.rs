//! `Rules` and what each of them says.
//!
//! # Measures by hand
//! Of n = 1,000 orders 100 hold tea, 200 milk, 50 both. For tea → milk:
//!
//! | measure | formula | value | 0 or 1 means |
//! |---|---|---|---|
//! | support | c(AB) / n | 0.05 | |
//! | confidence | c(AB) / c(A) | 0.5 | 1: milk whenever tea |
//! | lift | confidence / s(B) | 0.5 / 0.2 = 2.5 | 1: independent |
//! | leverage | s(AB) − s(A) s(B) | 0.05 − 0.02 = 0.03 | 0: independent |
//! | conviction | (1 − s(B)) / (1 − confidence) | 0.8 / 0.5 = 1.6 | 1: independent |
//!
//! Support, lift and leverage are the same for milk → tea; confidence (0.25) and conviction (0.9 / 0.75 = 1.2) are not.
//!
//! # Space
//! Only three counts a rule are kept, and measures are formed when asked for: 12 bytes, 8 for where its sides are, 4 an item.
//!
//! # Determinism
//! Measures are divisions of whole numbers below 2³²: the same on every machine.

use std::fmt;
use std::sync::Arc;

use crate::data::Keys;
use crate::types::{Key, Provenance};

use super::orders::Orders;

/// Orders that hold both sides, the antecedent, and the consequent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) both: u32,
    pub(super) antecedent: u32,
    pub(super) consequent: u32,
}

impl Row {
    pub(super) fn new(both: u32, antecedent: u32, consequent: u32) -> Self {
        Self { both, antecedent, consequent }
    }
}

/// Rules in the order of their antecedents' keys, then of their consequents'.
///
/// Saved and loaded as every model:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use regulars::persist;
/// use regulars::recommend::{Orders, RuleParams, Rules};
/// let orders = Orders::from_pairs([(1, "tea"), (1, "milk"), (2, "tea"), (2, "milk"), (3, "rice")])?;
/// let rules = RuleParams::new(0.3).fit(&orders)?;
/// let mut file = Vec::new();
/// persist::write(&mut file, &rules)?;
/// assert!(persist::read::<Rules>(file.as_slice())? == rules);
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Rules {
    pub(super) items: Arc<Keys>,
    pub(super) orders: usize,
    /// Items of both sides one behind the other; of each rule where they begin, and where the consequent does.
    pub(super) sides: Vec<u32>,
    pub(super) at: Vec<(u32, u8, u8)>,
    pub(super) rows: Vec<Row>,
    pub(super) provenance: Provenance,
}

/// One rule: who buys the antecedent buys the consequent.
///
/// ```
/// use regulars::recommend::{Orders, RuleParams};
/// // Of four orders two hold tea, three milk, two both.
/// let orders = Orders::from_pairs([(1, "tea"), (1, "milk"), (2, "tea"), (2, "milk"), (3, "milk"), (4, "rice")])?;
/// let rules = RuleParams::new(0.5).fit(&orders)?;
/// let rule = rules.iter().find(|r| r.antecedent()[0] == "milk".into()).expect("a rule");
/// assert_eq!((rule.support(), rule.confidence()), (0.5, 2.0 / 3.0));
/// assert_eq!((rule.lift(), rule.leverage()), (2.0 / 3.0 / 0.5, 0.125));
/// assert_eq!(rule.conviction(), Some(0.5 / (1.0 - 2.0 / 3.0)));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Rule<'a> {
    rules: &'a Rules,
    number: usize,
}

impl Rules {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    pub(super) fn new(orders: &Orders) -> Self {
        Self {
            items: orders.items.clone(),
            orders: orders.len(),
            sides: Vec::new(),
            at: Vec::new(),
            rows: Vec::new(),
            provenance: orders.provenance.clone(),
        }
    }

    /// Adds a rule with its sides' items ascending.
    pub(super) fn push(&mut self, left: &[u32], right: &[u32], row: Row) {
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let from = u32::try_from(self.sides.len()).unwrap_or(u32::MAX);
        self.at.push((from, small(left.len()), small(left.len() + right.len())));
        self.sides.extend_from_slice(left);
        self.sides.extend_from_slice(right);
        self.rows.push(row);
    }

    /// Puts rules in the order of their antecedents, then consequents: the same whatever order they were found in.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.at.len()).collect();
        order.sort_unstable_by(|a, b| self.both_sides(*a).cmp(&self.both_sides(*b)));
        let mut sorted = Self {
            at: Vec::new(),
            rows: Vec::new(),
            sides: Vec::new(),
            items: self.items.clone(),
            orders: self.orders,
            provenance: self.provenance.clone(),
        };
        for number in order {
            let (left, right) = self.both_sides(number);
            sorted.push(left, right, self.rows[number]);
        }
        *self = sorted;
    }

    /// Items on the left and on the right of a rule.
    pub(super) fn both_sides(&self, number: usize) -> (&[u32], &[u32]) {
        let (from, middle, end) = self.at[number];
        let from = from as usize;
        let (middle, end) = (from + usize::from(middle), from + usize::from(end));
        (&self.sides[from..middle], &self.sides[middle..end])
    }

    /// (confidence, lift).
    ///
    /// In this order of divisions, shares first, the digits are those of packages that work on supports.
    pub(super) fn measures(&self, row: Row) -> (f64, f64) {
        let share = |n: u32| f64::from(n) / self.orders as f64;
        let confidence = share(row.both) / share(row.antecedent);
        (confidence, confidence / share(row.consequent))
    }

    /// Number of rules.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no set was frequent enough.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of orders the rules were counted in.
    pub fn orders(&self) -> usize {
        self.orders
    }

    /// All rules.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Rule<'_>> {
        (0..self.len()).map(|number| Rule { rules: self, number })
    }

    /// What to put beside a basket: the single items that rules whose antecedents are all in it lead to, best confidence
    /// first (then lift, then key), none that is in it already.
    ///
    /// Each item once, under its best rule. O(rules): where there are millions of them, keep the answers of frequent baskets.
    ///
    /// ```
    /// use regulars::recommend::{Orders, RuleParams};
    /// let orders = Orders::from_pairs([(1, "tea"), (1, "milk"), (2, "tea"), (2, "milk"), (3, "rice")])?;
    /// let rules = RuleParams::new(0.3).fit(&orders)?;
    /// assert_eq!(rules.recommend(["tea"], 5)[0].0, "milk".into());
    /// assert!(rules.recommend(["salt"], 5).is_empty());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn recommend<'k>(
        &self,
        basket: impl IntoIterator<Item = impl Into<Key<'k>>>,
        n: usize,
    ) -> Vec<(Key<'static>, Rule<'_>)> {
        let mut basket: Vec<u32> =
            basket.into_iter().filter_map(|key| u32::try_from(self.items.find(key.into())?).ok()).collect();
        basket.sort_unstable();
        let holds = |item: &u32| basket.binary_search(item).is_ok();
        let mut best: Vec<(u32, usize)> = Vec::new();
        for number in 0..self.len() {
            if let (left, [item]) = self.both_sides(number)
                && left.iter().all(holds)
                && !holds(item)
            {
                best.push((*item, number));
            }
        }
        let measures = |number: usize| self.measures(self.rows[number]);
        best.sort_by(|a, b| {
            let (x, y) = (measures(a.1), measures(b.1));
            y.0.total_cmp(&x.0).then(y.1.total_cmp(&x.1)).then(a.0.cmp(&b.0))
        });
        let mut shown: Vec<(Key<'static>, Rule<'_>)> = Vec::new();
        for (item, number) in best {
            if shown.len() == n {
                break;
            }
            if let Some(key) = self.items.get(item as usize).map(Key::into_owned)
                && shown.iter().all(|(other, _)| *other != key)
            {
                shown.push((key, Rule { rules: self, number }));
            }
        }
        shown
    }
}

/// Both sides and all measures.
#[cfg(feature = "serde")]
impl serde::Serialize for Rule<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = to.serialize_struct("Rule", 8)?;
        fields.serialize_field("antecedent", &self.antecedent())?;
        fields.serialize_field("consequent", &self.consequent())?;
        fields.serialize_field("count", &self.count())?;
        fields.serialize_field("support", &self.support())?;
        fields.serialize_field("confidence", &self.confidence())?;
        fields.serialize_field("lift", &self.lift())?;
        fields.serialize_field("leverage", &self.leverage())?;
        fields.serialize_field("conviction", &self.conviction())?;
        fields.end()
    }
}

impl<'a> Rule<'a> {
    fn keys(self, numbers: &[u32]) -> Vec<Key<'a>> {
        numbers.iter().filter_map(|item| self.rules.items.get(*item as usize)).collect()
    }

    fn row(self) -> Row {
        self.rules.rows[self.number]
    }

    /// As a share of all orders.
    fn share(self, count: u32) -> f64 {
        f64::from(count) / self.rules.orders as f64
    }

    /// The items on the left.
    pub fn antecedent(self) -> Vec<Key<'a>> {
        self.keys(self.rules.both_sides(self.number).0)
    }

    /// The items on the right.
    pub fn consequent(self) -> Vec<Key<'a>> {
        self.keys(self.rules.both_sides(self.number).1)
    }

    /// Number of orders that hold both sides: c(A ∪ B).
    pub fn count(self) -> u32 {
        self.row().both
    }

    /// Share of all orders that hold both sides: s = c(A ∪ B) / n.
    pub fn support(self) -> f64 {
        self.share(self.row().both)
    }

    /// Share of the orders with the antecedent that hold the consequent too: c(A ∪ B) / c(A).
    pub fn confidence(self) -> f64 {
        self.rules.measures(self.row()).0
    }

    /// Confidence over the share of all orders that hold the consequent; 1 where the sides are independent.
    pub fn lift(self) -> f64 {
        self.rules.measures(self.row()).1
    }

    /// Support less that of independent sides, s(A ∪ B) − s(A) s(B): how many orders more than by chance, as a share of all.
    /// Unlike lift it does not favour what is rare.
    pub fn leverage(self) -> f64 {
        self.support() - self.share(self.row().antecedent) * self.share(self.row().consequent)
    }

    /// How many times as often the rule would fail if the sides were independent; `None` where it never fails.
    pub fn conviction(self) -> Option<f64> {
        let confidence = self.confidence();
        (confidence < 1.0).then(|| (1.0 - self.share(self.row().consequent)) / (1.0 - confidence))
    }
}

impl fmt::Debug for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (support, confidence) = (self.support(), self.confidence());
        write!(f, "Rule({:?} => {:?}, {support:.4}, {confidence:.3})", self.antecedent(), self.consequent())
    }
}

/// Prints counts.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rules({} rules of {} orders)", self.len(), self.orders)
    }
}
