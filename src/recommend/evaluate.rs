//! How good the lists are against what was bought next.
//!
//! # By hand
//! A list of tea, milk, rice against a basket of tea and honey, k = 3: one of two items is found, recall 1/2; a hit, 1. With
//! gains 1 / log₂ (1 + place) the list has 1, the best possible 1 + 0.63: NDCG 0.61. An item sold for the first time cannot be
//! found by anybody and still counts among the two.
//!
//! # Means
//! Every customer counts once. Two models are compared on the same customers, pair by pair: the spread between customers is
//! far larger than that between methods, and cancels.
//!
//! # Complexity
//! One list a customer, in parallel; results come in the order of customers, so that means are the same on any number of
//! threads. Space: the lists' numbers and one quality a customer.

use crate::data::{Customers, PerCustomer};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::metrics::ranking::{ListQuality, RankingQuality, coverage_at};
use crate::types::Key;

use super::baskets::Baskets;
use super::model::{NextItemModel, own_items};
use super::request::Request;

/// Quality of a model's lists, customer by customer.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Evaluation {
    k: usize,
    lists: PerCustomer<ListQuality>,
    coverage: f64,
}

impl Evaluation {
    /// Length of the lists, k of every measure here.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The quality of each customer's list: pair two methods customer by customer to compare them
    /// ([`paired_bootstrap`](crate::metrics::ranking::paired_bootstrap)).
    pub fn per_customer(&self) -> &PerCustomer<ListQuality> {
        &self.lists
    }

    /// Means over all customers; each counts once, whatever the size of the basket.
    pub fn mean(&self) -> RankingQuality {
        RankingQuality::mean(self.lists.values())
    }

    /// Share of the catalogue that is shown to anybody: low where everybody is shown the same few.
    pub fn coverage(&self) -> f64 {
        self.coverage
    }

    /// Means over each of `folds` sets of customers; customers without a fold are left out.
    pub fn by_fold(&self, folds: usize, fold: impl Fn(&Key<'_>) -> Option<usize>) -> Vec<RankingQuality> {
        let mut sets: Vec<Vec<&ListQuality>> = vec![Vec::new(); folds];
        for (key, quality) in self.lists.iter_keys() {
            if let Some(set) = fold(&key).and_then(|f| sets.get_mut(f)) {
                set.push(quality);
            }
        }
        sets.into_iter().map(RankingQuality::mean).collect()
    }
}

impl NextItemModel {
    /// Recommends `k` items to every customer of `truth` and compares them with what the customer bought then.
    ///
    /// Customers and items are matched by key. An item of the truth that the model has never seen counts as missed.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, day, item) in [("ann", 1, "tea"), ("ann", 8, "tea"), ("bob", 2, "milk"), ("bob", 9, "rice")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let baskets = Baskets::new(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day)?;
    /// let (history, truth) = baskets.leave_last_out(2, 0)?;
    /// let quality = NextItemParams::new().fit(&history)?.evaluate(&truth, 1)?.mean();
    /// // Ann's next tea was foreseen; the rice that Bob bought had never been sold before.
    /// assert_eq!((quality.lists, quality.recall), (2, 0.5));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for `k` = 0,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for a truth without baskets.
    pub fn evaluate(&self, truth: &Baskets, k: usize) -> Result<Evaluation> {
        self.provenance().check(&truth.provenance)?;
        if truth.is_empty() {
            return Err(Error::empty("the truth holds no basket"));
        }
        let request = Request::new(k);
        let eligible = self.resolve(&request)?;
        // Items unknown here keep distinct numbers behind all known ones: they can only be missed.
        let unknown = self.items.len();
        let number = |at: usize, key: &Key<'_>| u32::try_from(self.items.find(key).unwrap_or(unknown + at));
        let numbers: Vec<u32> =
            truth.items.iter().enumerate().map(|(at, key)| number(at, &key).unwrap_or(u32::MAX)).collect();
        let customers: Customers = truth.customers();
        let answers = par::map(customers.len(), |row| {
            let key = customers.key(row)?;
            let customer = customers.customer(row)?;
            let number = self.customers.find(&key);
            let own = own_items(self.past(number));
            let list: Vec<u32> =
                self.ranked(number, &own, &request, &eligible).into_iter().map(|c| c.item).collect();
            let true_items: Vec<u32> =
                truth.past(customer.index()).items().into_iter().map(|item| numbers[item as usize]).collect();
            let before: Vec<u32> = own.iter().map(|o| o.item).collect();
            Some((ListQuality::of(&list, &true_items, &before, k)?, list))
        });
        let (qualities, lists): (Vec<_>, Vec<_>) = answers.into_iter().flatten().unzip();
        let coverage = coverage_at(lists.iter().map(Vec::as_slice), self.catalogue(), k);
        Ok(Evaluation { k, lists: PerCustomer::new(customers, qualities)?, coverage })
    }
}
