//! What each customer did up to a day, as the columns that a churn model learns from, and who did not come back.
//!
//! Everything here reads [`Known`], which shows nothing after its day, and labels alone read the holdout of a [`Past`]: a
//! feature cannot see the future because it has no way to it. Property tests change the future of orders, events and contracts
//! and see no bit of a feature, score, reason or warning move.
//!
//! The rhythm of a customer with n gaps of mean g and tenure T is (n g + T) / (n + 1): their own mean, shrunk towards "one
//! purchase in the time known" by one observation. It exists for who bought once, and it is what silence is measured against:
//! 30 days mean little for a buyer of every quarter and much for one of every week.
//!
//! # Formulas
//!
//! A customer bought on days d₁ < .. < dₘ; the cut is on day c. With gᵢ = dᵢ₊₁ − dᵢ the gaps:
//!
//! | column | formula | unit |
//! |---|---|---|
//! | recency | c − dₘ | days |
//! | tenure | c − d₁ | days |
//! | mean gap | (dₘ − d₁) / (m − 1), missing for m = 1 | days |
//! | rhythm | ((dₘ − d₁) + max(tenure, 1)) / m | days |
//! | silence | recency / max(rhythm, 1) | rhythms |
//! | irregularity | standard deviation of the gaps / max(mean gap, 1), missing for m < 3 | |
//! | trend | (purchases in the newer half of the tenure − in the older half) / m | −1 to 1 |
//! | spend | paid − refunded | major units of money |
//! | refund share | refunded / (paid + refunded) | 0 to 1 |
//!
//! # Assumptions
//!
//! Rows of one day are one purchase. A customer's rhythm is steady but for chance; where it is not, irregularity and trend say so.
//! Columns of money and of items exist where the ledger has them; a model that learned from them refuses a ledger that has not.
//!
//! # Complexity
//!
//! One pass over a customer's rows, customers in parallel: O(rows); a set of the customer's items where the ledger has items.

use std::collections::{BTreeMap, BTreeSet};

use crate::data::{Customers, Features, History};
use crate::error::{Error, Result};
use crate::types::{AsOf, Expected};

use super::params::Leaving;
use super::past::{Known, Past};

/// The facts of one customer. Times are in days (in baskets under an ordinal time axis), money in major units.
///
/// Kept beside the columns because a reason in words may need more than the column that it is about: silence is told together
/// with the rhythm.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// Since the last purchase.
    pub(super) recency: f64,
    /// Since the first purchase.
    pub(super) tenure: f64,
    /// Days with a purchase.
    pub(super) purchases: f64,
    /// Mean gap between purchases, shrunk towards the tenure of those who have none yet; the rhythm.
    pub(super) rhythm: f64,
    /// Mean of the customer's own gaps; `None` for who bought once.
    own_gap: Option<f64>,
    /// Recency over the rhythm.
    pub(super) silence: f64,
    /// Standard deviation of the gaps over their mean, from three purchases on.
    irregularity: Option<f64>,
    /// The longest of the customer's own gaps.
    longest_gap: Option<f64>,
    /// Purchases in the newer half of the tenure less those in the older half, over all of them.
    trend: f64,
    /// Purchases in the last 30 and 90 days.
    last_30: f64,
    last_90: f64,
    /// Money paid, net of refunds; per purchase; of the last purchase day.
    spend: Option<f64>,
    spend_per_purchase: Option<f64>,
    last_spend: Option<f64>,
    /// Distinct items, rows per purchase.
    items: Option<f64>,
    rows_per_purchase: f64,
    /// Refunded share of the money paid (of the rows, where there is no money).
    refund_share: f64,
}

impl Facts {
    /// Facts of one customer's rows up to the day, in one pass; `major` turns minor units of money into major ones. Rows of one
    /// day are one purchase. A customer who only gave goods back counts days from those rows and has no purchases.
    fn new(history: &History<'_>, as_of: AsOf, major: &dyn Fn(i128) -> f64) -> Self {
        let days = history.days();
        let mut bought: Vec<i64> = Vec::new();
        let mut items = BTreeSet::new();
        let (mut rows, mut refund_rows, mut paid, mut refunded, mut last_paid) =
            (0.0, 0.0, 0_i128, 0_i128, 0_i128);
        let age = |i: usize| as_of.day() - days[i];
        for i in 0..days.len() {
            let amount = history.amounts().map_or(0, |a| i128::from(a[i].in_minor()));
            if amount < 0 {
                refunded -= amount;
            } else {
                paid += amount;
            }
            if history.is_refund(i) {
                refund_rows += 1.0;
                continue;
            }
            rows += 1.0;
            if bought.last() != Some(&age(i)) {
                bought.push(age(i));
                last_paid = 0;
            }
            last_paid += amount.max(0);
            if let Some(item) = history.item_numbers().map(|items| items[i]).filter(|item| *item != u32::MAX)
            {
                items.insert(item);
            }
        }
        // Who only gave goods back counts from those days.
        let first = bought.first().copied().unwrap_or_else(|| age(0));
        let last = bought.last().copied().unwrap_or_else(|| age(days.len() - 1));
        let purchases = bought.len() as f64;
        let gaps: Vec<f64> = bought.windows(2).map(|w| (w[0] - w[1]) as f64).collect();
        let (tenure, recency) = (first as f64, last as f64);
        let n = gaps.len() as f64;
        let own_gap = (!gaps.is_empty()).then(|| (tenure - recency) / n);
        // One purchase within the time known is the guess that every history begins with.
        let rhythm = ((tenure - recency) + tenure.max(1.0)) / (n + 1.0);
        let irregularity = own_gap.filter(|_| gaps.len() > 1).map(|mean| {
            (gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt() / mean.max(1.0)
        });
        let within = |limit: i64| bought.iter().filter(|age| **age < limit).count() as f64;
        let newer = bought.iter().filter(|age| (2 * **age) < first).count() as f64;
        let has_money = history.amounts().is_some();
        let money = |value: i128| has_money.then(|| major(value));
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            recency,
            tenure,
            purchases,
            rhythm,
            own_gap,
            silence: recency / rhythm.max(1.0),
            irregularity,
            longest_gap: gaps.iter().copied().reduce(f64::max),
            trend: share(2.0 * newer - purchases, purchases),
            last_30: within(30),
            last_90: within(90),
            spend: money(paid - refunded),
            spend_per_purchase: money(paid).map(|paid| paid / purchases.max(1.0)),
            last_spend: money(last_paid),
            items: history.item_numbers().map(|_| items.len() as f64),
            rows_per_purchase: share(rows, purchases),
            refund_share: if has_money {
                share(major(refunded), major(paid) + major(refunded))
            } else {
                share(refund_rows, rows + refund_rows)
            },
        }
    }
}

/// One column of the behaviour table.
/// `None` is a missing value: the model counts it as an average one, and as a sign of its own from 30 such rows on.
type Getter = fn(&Facts) -> Option<f64>;

/// The columns in order. Those of money and items are left out where the ledger has none.
const COLUMNS: [(&str, Getter); 17] = [
    ("recency", |f| Some(f.recency)),
    ("tenure", |f| Some(f.tenure)),
    ("purchases", |f| Some(f.purchases)),
    ("mean_gap", |f| f.own_gap),
    ("rhythm", |f| Some(f.rhythm)),
    ("silence", |f| Some(f.silence)),
    ("irregularity", |f| f.irregularity),
    ("longest_gap", |f| f.longest_gap),
    ("trend", |f| Some(f.trend)),
    ("last_30", |f| Some(f.last_30)),
    ("last_90", |f| Some(f.last_90)),
    ("spend", |f| f.spend),
    ("spend_per_purchase", |f| f.spend_per_purchase),
    ("last_spend", |f| f.last_spend),
    ("items", |f| f.items),
    ("rows_per_purchase", |f| Some(f.rows_per_purchase)),
    ("refund_share", |f| Some(f.refund_share)),
];

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

/// Behaviour as of a day, one row per customer seen by then.
/// Rows ascend by the customers' keys, as in the ledger, whatever order the rows of the orders came in.
pub(super) struct Behaviour {
    pub(super) customers: Customers,
    pub(super) facts: Vec<Facts>,
    /// For each kind of event: how many were recent, days since the last.
    events: Vec<Vec<(f64, Option<f64>)>>,
    contracts: Option<Vec<ContractFacts>>,
    has_money: bool,
    has_items: bool,
    kinds: Vec<String>,
}

impl Behaviour {
    /// Events and contracts are found by the customers' keys and read through the same guard as orders: what happened after the day
    /// cannot be seen, whatever the tables hold.
    ///
    /// Facts of every customer seen by that day, in parallel, with the extras that the model knows. An error where nobody was
    /// seen, and where the model learned from events or contracts that are not given now.
    pub(super) fn of(known: Known<'_>, extras: &Extras) -> Result<Self> {
        let now = known.observed;
        let currency = now.ledger().currency();
        // Sums of 64-bit amounts stay far inside the range of f64.
        let major = |minor: i128| Expected::minor(minor as f64).map_or(0.0, |money| currency.to_major(money));
        let facts = now.map(|history| Facts::new(&history, now.as_of(), &major));
        let customers = facts.customers().clone();
        let facts = facts.into_values();
        if facts.is_empty() {
            return Err(Error::empty("no customer was seen as of that day"));
        }
        let today = known.as_of().day();
        let mut events = vec![Vec::new(); extras.kinds.len()];
        if !extras.kinds.is_empty() {
            let Some(all) = known.events else {
                return Err(Error::input("the model learned from events; give those known at that day"));
            };
            let found = all.observed(known.as_of()).map(&customers, |history| {
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
            let found = all.observed(known.as_of()).map(&customers, |history| {
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
        Ok(Self {
            has_money: facts.iter().any(|f| f.spend.is_some()),
            has_items: now.ledger().items().is_some(),
            kinds: extras.kinds.clone(),
            customers,
            facts,
            events,
            contracts,
        })
    }

    /// The columns of orders that this ledger can fill: without amounts there is no money, without items no breadth.
    /// In the order of the table of the module; their names are part of saved models.
    fn columns(&self) -> impl Iterator<Item = (&'static str, Getter)> {
        let (money, items) = (self.has_money, self.has_items);
        COLUMNS
            .into_iter()
            .filter(move |(name, _)| (money || !name.contains("spend")) && (items || *name != "items"))
    }

    /// The table.
    pub(super) fn features(&self) -> Result<Features> {
        let rows: Vec<usize> = (0..self.facts.len()).collect();
        stack(&[(self, rows)], self.customers.clone())
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
pub(super) fn stack(parts: &[(&Behaviour, Vec<usize>)], customers: Customers) -> Result<Features> {
    let mut builder = Features::builder(customers);
    let Some((first, _)) = parts.first() else { return builder.build() };
    for (name, get) in first.columns() {
        let of = |(part, rows): &(&Behaviour, Vec<usize>)| -> Vec<Option<f64>> {
            rows.iter().map(|row| get(&part.facts[*row])).collect()
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
pub(super) fn labels(past: &Past<'_>, behaviour: &Behaviour, leaving: Leaving) -> Result<Vec<Option<bool>>> {
    let split = &past.split;
    let holdout = split.holdout();
    if leaving == Leaving::Contract {
        let contracts =
            past.contracts.ok_or_else(|| Error::input("labels from contracts need `Past::contracts`"))?;
        let end = AsOf::new(holdout.days().1);
        let (before, after) = (contracts.observed(split.as_of()), contracts.observed(end));
        return Ok((0..behaviour.customers.len())
            .map(|row| {
                let key = behaviour.customers.key(row)?;
                before.history(&key).is_running().then(|| !after.history(&key).is_running())
            })
            .collect());
    }
    behaviour
        .customers
        .iter()
        .zip(&behaviour.facts)
        .map(|(customer, facts)| {
            let after = holdout.history(customer)?;
            let last = (0..after.len()).rev().find(|i| !after.is_refund(*i)).map(|i| after.days()[i]);
            Ok(Some(match leaving {
                Leaving::Silence { times } => {
                    let end = holdout.days().1;
                    let silence =
                        last.map_or(facts.recency + (end - split.as_of().day()) as f64, |d| (end - d) as f64);
                    silence > times * facts.rhythm.max(1.0)
                }
                _ => last.is_none(),
            }))
        })
        .collect()
}
