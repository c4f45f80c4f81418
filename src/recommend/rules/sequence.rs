//! Sequence rules: after the first A, within so many days, the first B.
//!
//! # By hand
//! w = 60 days. Of 40 customers whose first formula lies at least 60 days back, 30 bought their first weaning food 1 to 60 days
//! after it: confidence 0.75. Over the first purchases of all items, 500 that lie as far back, 50 were followed by a first
//! weaning food: 0.1. The lift is 7.5. Lags of 3, 5, 9, 20 and 41 days have the quartiles 5, 9 and 20.
//!
//! # Assumptions
//! First purchases alone count: a habit is no sequence. What was bought on the same day is a rule of orders and not of
//! sequence. First purchases too recent to have had their w days are left out on both sides, so that a fraction is not low
//! because the shop is young.
//!
//! # Determinism
//! Lists of lags are sorted before they are read; rules of equal lift stay in the order of antecedent, then consequent.

use std::sync::Arc;

use crate::data::{Keys, Occasion, TimeAxis};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Horizon, Key, Provenance};

use super::super::baskets::{BasketSource, Baskets};
use super::super::model::own_items;

/// Finds [`SequenceRules`].
///
/// ```
/// use regulars::{data::*, recommend::*, types::*};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for baby in 0..10_i64 {
///     for (after, item) in [(0, "formula"), (40 + baby, "weaning food"), (200, "shoes")] {
///         let born = i32::try_from(baby).unwrap_or(0) * 3;
///         let day = Day::new(19_000 + born + i32::try_from(after).unwrap_or(0));
///         builder.push(Transaction::new(baby, day).item(item))?;
///     }
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::new(ledger.covers().1))?;
/// let rules = SequenceRuleParams::new(Horizon::days(60)?).min_customers(5).fit(now)?;
/// let rule = &rules.values()[0];
/// assert_eq!((rule.antecedent.to_string(), rule.consequent.to_string()), ("formula".into(), "weaning food".into()));
/// assert_eq!((rule.customers, rule.confidence, rule.lag_median), (10, 1.0, 44));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct SequenceRuleParams {
    within: Horizon,
    min_customers: u32,
    min_lift: f64,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    SequenceRuleParams, Self::new(within);
    within: Horizon;
    min_customers: u32, min_lift: f64,
}

/// After the antecedent, the consequent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SequenceRule {
    /// What was bought first.
    pub antecedent: Key<'static>,
    /// What came after.
    pub consequent: Key<'static>,
    /// Customers whose first consequent came within the days after their first antecedent.
    pub customers: u32,
    /// Their share of the customers whose first antecedent lies at least those days back.
    pub confidence: f64,
    /// That share over the share after the first purchase of any item.
    pub lift: f64,
    /// Quartiles of the days between: a quarter came by the first, half by the median, three quarters by the last.
    pub lag_lower: u32,
    /// Median of the days between.
    pub lag_median: u32,
    /// Upper quartile of the days between.
    pub lag_upper: u32,
}

/// Sequence rules, highest lift first, then by key.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceRules {
    pub(super) rules: Vec<SequenceRule>,
    pub(super) provenance: Provenance,
}

impl SequenceRules {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The rules, highest lift first.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::new(1)).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::new(Day::new(9)))?;
    /// assert!(SequenceRuleParams::new(Horizon::days(5)?).fit(now)?.values().is_empty());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn values(&self) -> &[SequenceRule] {
        &self.rules
    }
}

impl SequenceRuleParams {
    /// Sequences within so many days, shown by at least 20 customers, of a lift of at least 1.2.
    ///
    /// ```
    /// # use regulars::{recommend::SequenceRuleParams, types::Horizon};
    /// assert!(SequenceRuleParams::new(Horizon::days(60)?).check().is_ok());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new(within: Horizon) -> Self {
        Self { within, min_customers: 20, min_lift: 1.2 }
    }

    /// Fewest customers who show a sequence.
    ///
    /// ```
    /// # use regulars::{recommend::SequenceRuleParams, types::Horizon};
    /// assert!(SequenceRuleParams::new(Horizon::days(60)?).min_customers(0).check().is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn min_customers(mut self, customers: u32) -> Self {
        self.min_customers = customers;
        self
    }

    /// Least lift.
    ///
    /// ```
    /// # use regulars::{recommend::SequenceRuleParams, types::Horizon};
    /// assert!(SequenceRuleParams::new(Horizon::days(60)?).min_lift(f64::NAN).check().is_err());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn min_lift(mut self, lift: f64) -> Self {
        self.min_lift = lift;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for no customers and for a lift that is negative or not finite.
    pub fn check(&self) -> Result<()> {
        if self.min_customers == 0 {
            return Err(Error::param("min_customers", "must be at least 1", 0));
        }
        if !(self.min_lift >= 0.0 && self.min_lift.is_finite()) {
            return Err(Error::param("min_lift", "must be at least 0 and finite", self.min_lift));
        }
        Ok(())
    }

    /// Finds the sequences in a view of a ledger, or in ready [`Baskets`]. One item's counters at a time: memory stays
    /// linear in items and rows.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`Baskets::new`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a ledger of
    /// basket numbers.
    pub fn fit<'a>(&self, data: impl Into<BasketSource<'a>>) -> Result<SequenceRules> {
        self.check()?;
        let owned;
        let baskets = match data.into() {
            BasketSource::Observed(now) => {
                owned = Baskets::new(now, Occasion::Day)?;
                &owned
            }
            BasketSource::Baskets(baskets) => baskets,
        };
        if baskets.time != TimeAxis::Calendar {
            return Err(Error::input("sequences within days need dates, not basket numbers"));
        }
        Ok(self.find(baskets))
    }

    /// Every pair counts towards the usual share, frequent or not; lags are kept only for those shown by customers enough.
    /// Time: O(h²) a customer of h items, sorting of the lags beside. Space: one item's lags at a time for each thread.
    fn find(&self, baskets: &Baskets) -> SequenceRules {
        let within = i64::from(self.within.in_days());
        // First purchases of each customer, by day; and of each item, who made them.
        let firsts: Vec<Vec<(i32, u32)>> = par::map(baskets.customers.len(), |customer| {
            let past = baskets.past(customer);
            let first =
                |o: &super::super::model::Own| (past.days[o.first as usize].days_since_epoch(), o.item);
            let mut firsts: Vec<(i32, u32)> = own_items(past).iter().map(first).collect();
            firsts.sort_unstable();
            firsts
        });
        let as_of = i64::from(baskets.as_of.day().days_since_epoch());
        let mut anchors: Vec<Vec<(u32, u32)>> = vec![Vec::new(); baskets.items.len()];
        for (customer, own) in (0_u32..).zip(&firsts) {
            for (at, (day, item)) in (0_u32..).zip(own) {
                if as_of - i64::from(*day) >= within {
                    anchors[*item as usize].push((customer, at));
                }
            }
        }
        let followers = |anchor: &(u32, u32)| {
            let own = &firsts[anchor.0 as usize];
            let day = i64::from(own[anchor.1 as usize].0);
            let later = own[anchor.1 as usize..].iter();
            later
                .map(move |(d, item)| (i64::from(*d) - day, *item))
                .skip_while(|(lag, _)| *lag == 0)
                .take_while(move |(lag, _)| *lag <= within)
        };
        let parts = par::map_chunks(anchors.len(), 64, |range| {
            let mut lags: Vec<Vec<u32>> = vec![Vec::new(); baskets.items.len()];
            let mut found = Vec::new();
            for item in range {
                let mut touched = Vec::new();
                for anchor in &anchors[item] {
                    for (lag, other) in followers(anchor) {
                        if lags[other as usize].is_empty() {
                            touched.push(other);
                        }
                        lags[other as usize].push(u32::try_from(lag).unwrap_or(u32::MAX));
                    }
                }
                touched.sort_unstable();
                for other in touched {
                    let lags = &mut lags[other as usize];
                    lags.sort_unstable();
                    let at = |quarter: usize| lags[(lags.len() - 1) * quarter / 4];
                    let frequent = lags.len() >= self.min_customers as usize;
                    found.push((item, other, lags.len(), frequent.then(|| [at(1), at(2), at(3)])));
                    lags.clear();
                }
            }
            found
        });
        // How often each item follows any other: what a rule is held against.
        let all: f64 = anchors.iter().map(|a| a.len() as f64).sum();
        let mut usual = vec![0.0; anchors.len()];
        for (_, other, count, _) in parts.iter().flatten() {
            usual[*other as usize] += *count as f64 / all;
        }
        let mut rules: Vec<SequenceRule> = Vec::new();
        for (item, other, count, lags) in parts.into_iter().flatten() {
            let Some([lag_lower, lag_median, lag_upper]) = lags else { continue };
            let confidence = count as f64 / anchors[item].len() as f64;
            let lift = confidence / usual[other as usize];
            if lift >= self.min_lift {
                rules.push(SequenceRule {
                    antecedent: key(&baskets.items, item),
                    consequent: key(&baskets.items, other as usize),
                    customers: u32::try_from(count).unwrap_or(u32::MAX),
                    confidence,
                    lift,
                    lag_lower,
                    lag_median,
                    lag_upper,
                });
            }
        }
        // Stable: equal lifts stay in the order of keys.
        rules.sort_by(|a, b| b.lift.total_cmp(&a.lift));
        SequenceRules { rules, provenance: baskets.provenance.clone() }
    }
}

fn key(items: &Arc<Keys>, item: usize) -> Key<'static> {
    items.get(item).unwrap_or_else(|| Key::from("")).into_owned()
}
