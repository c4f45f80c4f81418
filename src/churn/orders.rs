//! What each customer did up to a day, as the columns that a churn model learns from, and who left.
//!
//! The facts are those of [`Behaviour`], events and contracts as of the same day; only [`labels`]
//! reads the holdout. With a customer's m purchases on days d₁ < .. < dₘ, gaps gᵢ = dᵢ₊₁ − dᵢ, and the
//! cut on day c:
//!
//! | column | formula | unit |
//! |---|---|---|
//! | recency | c − dₘ | days |
//! | tenure | c − d₁ | days |
//! | mean gap | (dₘ − d₁) / (m − 1), missing for m = 1 | days |
//! | rhythm | ((dₘ − d₁) + max(tenure, 1)) / m: the mean gap, shrunk towards the tenure | days |
//! | silence | recency / max(rhythm, 1) | rhythms |
//! | irregularity | standard deviation of the gaps / max(mean gap, 1), missing for m < 3 | |
//! | trend | (purchases in the newer half of the tenure − in the older half) / m | −1 to 1 |
//! | spend | paid − refunded, missing without amounts | major units of money |
//! | refund share | refunded / (paid + refunded) | 0 to 1 |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::data::{Behaviour, CustomerBehaviour, Customers, Features, PerCustomer};
use crate::error::{Error, Result};
use crate::types::{AsOf, Expected};

use super::params::Leaving;
use super::past::{Known, Past};

/// Measures of one customer that need the as-of day or the currency beside the facts.
#[derive(Clone, Copy)]
pub(super) struct Measures<'a> {
    behaviour: &'a Behaviour,
    own: &'a CustomerBehaviour,
}

impl Measures<'_> {
    /// Days since the last purchase.
    pub(super) fn recency(&self) -> f64 {
        self.behaviour.recency(self.own)
    }

    /// An amount of major units in words: `1250.50 EUR`.
    pub(super) fn money(&self, major: f64) -> String {
        let currency = self.behaviour.currency();
        format!("{major:.*} {currency}", usize::from(currency.decimals()))
    }

    /// Number of purchases.
    pub(super) fn purchases(&self) -> f64 {
        f64::from(self.own.purchases)
    }

    /// Mean gap between purchases, shrunk towards the tenure: one purchase in the time known is what
    /// every history begins with.
    pub(super) fn rhythm(&self) -> f64 {
        let tenure = self.behaviour.tenure(self.own);
        (self.own.span() + tenure.max(1.0)) / self.purchases().max(1.0)
    }

    /// Days since the last purchase over the rhythm.
    fn silence(&self) -> f64 {
        self.recency() / self.rhythm().max(1.0)
    }

    /// Standard deviation of the gaps over their mean, from three purchases on.
    fn irregularity(&self) -> Option<f64> {
        Some(self.own.gap_variance()?.sqrt() / self.own.mean_gap()?.max(1.0))
    }

    /// Purchases in the newer half of the tenure less those in the older half, over all of them.
    fn trend(&self) -> f64 {
        let newer = f64::from(self.own.newer_purchases);
        if self.own.purchases > 0 { (2.0 * newer - self.purchases()) / self.purchases() } else { 0.0 }
    }

    /// Rows of a purchase on average.
    fn rows_per_purchase(&self) -> f64 {
        f64::from(self.own.rows) / self.purchases().max(1.0)
    }

    /// Minor units as major ones; `None` where the ledger has no amounts.
    fn major(&self, minor: f64) -> Option<f64> {
        let amount = Expected::minor(minor).ok().filter(|_| self.behaviour.has_amounts())?;
        Some(self.behaviour.currency().to_major(amount))
    }

    /// Money paid per purchase.
    fn spend_per_purchase(&self) -> Option<f64> {
        self.major(self.own.paid.in_minor() as f64 / self.purchases().max(1.0))
    }

    /// Distinct items; `None` where the ledger has no items.
    fn items(&self) -> Option<f64> {
        self.behaviour.has_items().then_some(f64::from(self.own.items))
    }
}

/// One column of the behaviour table; `None` is a missing value.
type Getter = fn(&Measures<'_>) -> Option<f64>;

/// The columns in order. Every ledger gives all of them; their names are part of saved models.
const COLUMNS: [(&str, Getter); 17] = [
    ("recency", |m| Some(m.recency())),
    ("tenure", |m| Some(m.behaviour.tenure(m.own))),
    ("purchases", |m| Some(m.purchases())),
    ("mean_gap", |m| m.own.mean_gap()),
    ("rhythm", |m| Some(m.rhythm())),
    ("silence", |m| Some(m.silence())),
    ("irregularity", |m| m.irregularity()),
    ("longest_gap", |m| (m.own.purchases > 1).then_some(f64::from(m.own.longest_gap))),
    ("trend", |m| Some(m.trend())),
    ("last_30", |m| Some(f64::from(m.own.purchases_30))),
    ("last_90", |m| Some(f64::from(m.own.purchases_90))),
    ("spend", |m| m.major(m.own.spend().in_minor() as f64)),
    ("spend_per_purchase", |m| m.spend_per_purchase()),
    ("last_spend", |m| m.major(m.own.last_day_paid.in_minor() as f64)),
    ("items", |m| m.items()),
    ("rows_per_purchase", |m| Some(m.rows_per_purchase())),
    ("refund_share", |m| Some(m.own.refund_share(m.behaviour.has_amounts()))),
];

/// The columns that need amounts, and those that need items.
pub(super) const MONEY: &[&str] = &["spend", "spend_per_purchase", "last_spend"];
pub(super) const ITEMS: &[&str] = &["items"];

/// Names of the columns that orders give.
pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(name, _)| *name)
}

/// What beside orders becomes columns: kinds of events, and whether there are contracts.
///
/// A model remembers them, because its columns follow from them: it asks for events and contracts again when it predicts, and new
/// kinds of events are ignored.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Extras {
    /// Keys of the kinds in words, ascending.
    pub(super) kinds: Vec<String>,
    pub(super) contracts: bool,
}

/// Kinds of events that become columns, at most.
const MOST_KINDS: usize = 12;
/// Days in which events count as recent.
const RECENT_DAYS: i64 = 90;
/// What follows the kind in the name of a column.
pub(super) const EVENT_COUNT: &str = " in 90 days";
pub(super) const EVENT_SILENCE: &str = " days ago";

impl Extras {
    /// Decided by what was known at the cuts: kinds by the number of customers who had one, ties by key.
    pub(super) fn of(pasts: &[Past<'_>]) -> Self {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for past in pasts {
            let Some(events) = past.events else { continue };
            let (seen, customers) = (events.observed(past.split.as_of()), past.split.observed().customers());
            for row in 0..customers.len() {
                let Some(key) = customers.key(row) else { continue };
                let kinds: BTreeSet<String> =
                    seen.history(key).rows().map(|row| row.kind.to_text().into_owned()).collect();
                for kind in kinds {
                    *counts.entry(kind).or_default() += 1;
                }
            }
        }
        let mut kinds: Vec<(u64, String)> = counts.into_iter().map(|(kind, n)| (n, kind)).collect();
        kinds.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut kinds: Vec<String> = kinds.into_iter().take(MOST_KINDS).map(|k| k.1).collect();
        kinds.sort_unstable();
        Self { kinds, contracts: pasts.iter().any(|past| past.contracts.is_some()) }
    }
}

/// Days since the running contract began, its plan, contracts that ended.
/// A contract that ends on the day of the cut or before has ended by then; a later end is not known yet, so the contract runs.
#[derive(Clone, Debug, Default, PartialEq)]
struct ContractFacts {
    age: Option<f64>,
    plan: Option<String>,
    ended: f64,
}

/// What is known of each customer as of a day: one row per customer, in ascending order of keys.
pub(super) struct Profile {
    behaviour: Arc<Behaviour>,
    /// For each kind of event: how many were recent, days since the last.
    events: Vec<Vec<(f64, Option<f64>)>>,
    contracts: Option<Vec<ContractFacts>>,
    kinds: Vec<String>,
}

impl Profile {
    /// Orders, events and contracts as of the day of `known`, with the extras that the model knows.
    ///
    /// # Errors
    /// Where nobody was seen, and where the model learned from events or contracts that are not given.
    pub(super) fn of(known: Known<'_>, extras: &Extras) -> Result<Self> {
        let behaviour = known.observed.behaviour()?;
        let customers = behaviour.customers();
        if customers.is_empty() {
            return Err(Error::empty("no customer was seen as of that day"));
        }
        let today = known.as_of().day();
        let mut events = vec![Vec::new(); extras.kinds.len()];
        if !extras.kinds.is_empty() {
            let Some(all) = known.events else {
                return Err(Error::input("the model learned from events; give those known at that day"));
            };
            let found = all.observed(known.as_of()).map(customers, |history| {
                let mut of = vec![(0.0, None); extras.kinds.len()];
                for row in history.rows() {
                    if let Ok(kind) = extras.kinds.binary_search_by(|k| k.as_str().cmp(&row.kind.to_text())) {
                        let age = today - row.day;
                        if age < RECENT_DAYS {
                            of[kind].0 += 1.0;
                        }
                        of[kind].1 = Some(age as f64);
                    }
                }
                of
            });
            for customer in found.into_values() {
                events.iter_mut().zip(customer).for_each(|(column, value)| column.push(value));
            }
        }
        let contracts = if extras.contracts {
            let Some(all) = known.contracts else {
                return Err(Error::input("the model learned from contracts; give those known at that day"));
            };
            let found = all.observed(known.as_of()).map(customers, |history| {
                let mut facts = ContractFacts::default();
                for row in history.rows() {
                    if row.end.is_some() {
                        facts.ended += 1.0;
                    } else {
                        facts.age = Some((today - row.start) as f64);
                        facts.plan = row.plan.map(|plan| plan.to_text().into_owned());
                    }
                }
                facts
            });
            Some(found.into_values())
        } else {
            None
        };
        Ok(Self { behaviour, events, contracts, kinds: extras.kinds.clone() })
    }

    /// Whose the rows are.
    pub(super) fn customers(&self) -> &Customers {
        self.behaviour.customers()
    }

    /// Whether the ledger has amounts, and whether it has items.
    pub(super) fn has(&self) -> (bool, bool) {
        (self.behaviour.has_amounts(), self.behaviour.has_items())
    }

    /// The measures of a row.
    pub(super) fn measures(&self, row: usize) -> Measures<'_> {
        Measures { behaviour: &self.behaviour, own: &self.behaviour.rows()[row] }
    }

    /// The table.
    pub(super) fn features(&self) -> Result<Features> {
        let rows: Vec<usize> = (0..self.customers().len()).collect();
        stack(&[(self, rows)], self.customers().clone())
    }
}

/// Some rows of several days' behaviour, one below the other, as one table under `customers`.
///
/// ```text
/// cut 2011-03-14   ann   recency 12  ..   left
///                  bob   recency 90  ..   stayed
/// cut 2011-06-12   ann   recency 102 ..   left
///                  bob   recency 3   ..   stayed
///                  eve   recency 1   ..   stayed
/// ```
///
/// The columns are those of the first part; all parts of a fit share their extras. A customer seen at two cuts has two rows;
/// folds keep them together by the hash of the key.
pub(super) fn stack(parts: &[(&Profile, Vec<usize>)], customers: Customers) -> Result<Features> {
    let mut builder = Features::builder(customers);
    let Some((first, _)) = parts.first() else { return builder.build() };
    for (name, get) in COLUMNS {
        let of = |(part, rows): &(&Profile, Vec<usize>)| -> Vec<Option<f64>> {
            rows.iter().map(|row| get(&part.measures(*row))).collect()
        };
        builder = builder.numeric(name, parts.iter().flat_map(of).collect::<Vec<_>>())?;
    }
    for (k, kind) in first.kinds.iter().enumerate() {
        let all = || parts.iter().flat_map(|(part, rows)| rows.iter().map(|row| part.events[k][*row]));
        builder = builder.numeric(&format!("{kind}{EVENT_COUNT}"), all().map(|e| e.0))?;
        builder = builder.numeric(&format!("{kind}{EVENT_SILENCE}"), all().map(|e| e.1))?;
    }
    if first.contracts.is_some() {
        let all = || {
            parts.iter().flat_map(|(part, rows)| {
                rows.iter().filter_map(|row| part.contracts.as_ref().and_then(|c| c.get(*row)))
            })
        };
        builder = builder.numeric("contract age", all().map(|c| c.age))?;
        builder = builder.numeric("contracts ended", all().map(|c| c.ended))?;
        builder = builder.categorical("plan", all().map(|c| c.plan.as_deref()))?;
    }
    builder.build()
}

/// Who left, for each customer seen by the cut; `None` for who takes no part.
///
/// - [`Leaving::NoPurchase`]: no row of the holdout is a purchase.
/// - [`Leaving::Silence`]: at the holdout's last day, time since the last purchase, before or after the cut, exceeds so many
///   rhythms as known at the cut.
/// - [`Leaving::Contract`]: a contract ran at the cut and none runs at the holdout's last day. Only who had one takes part.
pub(super) fn labels(past: &Past<'_>, profile: &Profile, leaving: Leaving) -> Result<Vec<Option<bool>>> {
    let split = &past.split;
    let end = split.holdout().days().1;
    if leaving == Leaving::Contract {
        let contracts =
            past.contracts.ok_or_else(|| Error::input("labels from contracts need `Past::contracts`"))?;
        let (before, after) = (contracts.observed(split.as_of()), contracts.observed(AsOf::new(end)));
        return Ok((0..profile.customers().len())
            .map(|row| {
                let key = profile.customers().key(row)?;
                before.history(&key).is_running().then(|| !after.history(&key).is_running())
            })
            .collect());
    }
    let outcomes = split.outcomes().map(PerCustomer::into_values)?;
    let left = outcomes.iter().enumerate().map(|(row, outcome)| match leaving {
        Leaving::Silence { times } => {
            let known = profile.measures(row);
            let silence = match outcome.days {
                Some((_, last)) => (end - last) as f64,
                None => known.recency() + (end - split.as_of().day()) as f64,
            };
            Some(silence > times * known.rhythm().max(1.0))
        }
        _ => Some(outcome.purchases == 0),
    });
    Ok(left.collect())
}
