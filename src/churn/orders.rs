//! What each customer did up to a day, as the columns that a churn model learns from, and who did not come back.

use std::collections::BTreeSet;

use crate::data::{Customers, Features, History, Observed, Split};
use crate::error::{Error, Result};
use crate::types::{AsOf, Expected};

/// The facts of one customer. Times are in days (in baskets under an ordinal time axis), money in major units.
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

/// Behaviour as of a day, one row per customer seen by then.
pub(super) struct Behaviour {
    pub(super) customers: Customers,
    pub(super) facts: Vec<Facts>,
    has_money: bool,
    has_items: bool,
}

impl Behaviour {
    pub(super) fn of(now: Observed<'_>) -> Result<Self> {
        let currency = now.ledger().currency();
        // Sums of 64-bit amounts stay far inside the range of f64.
        let major = |minor: i128| Expected::minor(minor as f64).map_or(0.0, |money| currency.to_major(money));
        let facts = now.map(|history| Facts::new(&history, now.as_of(), &major));
        let customers = facts.customers().clone();
        let facts = facts.into_values();
        if facts.is_empty() {
            return Err(Error::empty("no customer was seen as of that day"));
        }
        Ok(Self {
            has_money: facts.iter().any(|f| f.spend.is_some()),
            has_items: now.ledger().items().is_some(),
            customers,
            facts,
        })
    }

    fn columns(&self) -> impl Iterator<Item = (&'static str, Getter)> {
        let (money, items) = (self.has_money, self.has_items);
        COLUMNS
            .into_iter()
            .filter(move |(name, _)| (money || !name.contains("spend")) && (items || *name != "items"))
    }

    /// The table.
    pub(super) fn features(&self) -> Result<Features> {
        stack(std::slice::from_ref(self), self.customers.clone())
    }
}

/// Several days' behaviour, one below the other.
pub(super) fn stack(parts: &[Behaviour], customers: Customers) -> Result<Features> {
    let mut builder = Features::builder(customers);
    let Some(first) = parts.first() else { return builder.build() };
    for (name, get) in first.columns() {
        let values: Vec<Option<f64>> = parts.iter().flat_map(|p| p.facts.iter().map(get)).collect();
        builder = builder.numeric(name, values)?;
    }
    builder.build()
}

/// Who made no purchase in the holdout, for each customer seen by the cut.
pub(super) fn labels(split: &Split<'_>, customers: &Customers) -> Result<Vec<bool>> {
    let holdout = split.holdout();
    customers
        .iter()
        .map(|customer| {
            let after = holdout.history(customer)?;
            Ok(!(0..after.len()).any(|i| !after.is_refund(i)))
        })
        .collect()
}
