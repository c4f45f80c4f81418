//! `WarningParams` and `Warnings`: signs that a customer is about to change, before a model's label would say so.
//!
//! # Purpose
//!
//! A churn label needs a horizon to pass; a customer who bought every week and has been silent for five is noticed today. Signs
//! are told with their evidence, so that a person can judge and act, and they need no model and no training.
//!
//! # When not to use it
//!
//! Not as a forecast: a sign says that behaviour has changed, not how likely the customer is to leave, which
//! [`ChurnParams`](super::ChurnParams) says. Not for customers with one purchase: they have no history of their own to change
//! against.
//!
//! # Model
//!
//! A customer with n purchases after the first, in T days since then, of which k fall into the latest w days: if the rate never
//! changed, each of the n falls into the window with probability w / T, so
//!
//! P(K ≤ k) = Σ_{i ≤ k} C(n, i) (w / T)^i (1 − w / T)^(n − i) = I_{1 − w/T}(n − k, k + 1),
//!
//! the regularised incomplete beta function: exact, whatever the customer's rate. For spend, all C(m, k) choices of the window's k
//! purchases among the latest m ≤ 40 are equally likely if nothing changed; the p-value is the share of them with as low a sum of
//! mid-ranks, counted by dynamic programming over the doubled ranks.
//!
//! # False alarms
//!
//! The p-values p₍₁₎ ≤ .. ≤ p₍ₘ₎ of all tests are reported up to the largest k with p₍ₖ₎ ≤ α k / m. Where nobody changed this raises
//! any alarm at all with probability at most α; where some did, at most the share α of the alarms is expected to be chance. The
//! counts are discrete, so both tests are cautious: the true share is below α.

use std::fmt;

use crate::data::{Customers, History};
use crate::error::{Error, Result};
use crate::kernel::{par, special};
use crate::types::{CustomerIx, Day, Language};

use super::explain::short;
use super::past::Known;

/// Orders of a customer that the test of spend looks at, the latest ones.
const MOST_ORDERS: usize = 40;

/// What is looked for, and how much chance may raise false alarms.
///
/// - **Fewer purchases**: given n repeat purchases since the first, the number within the latest window is binomial with the
///   window's share of the time if the rate never changed; the p-value is its exact lower tail (Przyborowski and Wilenski
///   1940, doi:10.1093/biomet/31.3-4.313).
/// - **Lower spend**: the ranks of the amounts of the window's purchases among all; the p-value is the exact share of all ways
///   to choose that many purchases with as low a sum of mid-ranks (Wilcoxon 1945, doi:10.2307/3001968, ties included).
/// - **Complaint**: an event of a kind named in [`complaint`](Self::complaint) within the window.
/// - **Lapsed date**: the last contract ended within the window and none runs; or an event of a kind named in
///   [`key_date`](Self::key_date), a renewal or a birthday order, lies more than the grace period back with no purchase since.
///
/// Both tests run for every customer with enough history; those reported are chosen by the procedure of Benjamini and
/// Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x) so that, of the statistical signals, at most the share
/// [`false_alarms`](Self::false_alarms) is expected to be chance. Where nobody changed, the probability of any such signal is
/// at most that share. Assumption: purchases come at random times at the customer's own rate; regular buyers make the test
/// cautious, bursts make it rash. Facts (complaints, dates) need no test.
///
/// ```
/// use regulars::churn::{Signal, WarningParams};
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Language};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for week in 0..50 {
///     builder.push(Transaction::new("steady", Day::new(19_000 + 7 * week)))?;
///     if week < 36 {
///         builder.push(Transaction::new("fading", Day::new(19_000 + 7 * week)))?;
///     }
/// }
/// let ledger = builder.build()?;
/// let warnings = WarningParams::new().fit(ledger.observed(AsOf::new(Day::new(19_345)))?)?;
/// let [warning] = warnings.all() else { panic!() };
/// assert_eq!(ledger.customer_key(warning.customer)?.to_text(), "fading");
/// assert!(matches!(warning.signal, Signal::FewerPurchases { recent: 0, .. }));
/// assert_eq!(warning.evidence(Language::English), "0 purchases in the last 90 days where 12.4 were usual");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct WarningParams {
    window: u32,
    false_alarms: f64,
    grace: u32,
    complaints: Vec<String>,
    key_dates: Vec<String>,
}

impl Default for WarningParams {
    fn default() -> Self {
        Self {
            window: 90,
            false_alarms: 0.05,
            grace: 30,
            complaints: vec!["complaint".into()],
            key_dates: Vec::new(),
        }
    }
}

impl WarningParams {
    /// A window of 90 days, 5 % false alarms, a grace period of 30 days, events named `complaint`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Days that count as the present, at least 1; the history before them is what is usual.
    pub fn window(mut self, days: u32) -> Self {
        self.window = days;
        self
    }

    /// Share of the statistical signals that may be chance, in (0, 1).
    pub fn false_alarms(mut self, share: f64) -> Self {
        self.false_alarms = share;
        self
    }

    /// Days after a key date in which a purchase may still come.
    pub fn grace(mut self, days: u32) -> Self {
        self.grace = days;
        self
    }

    /// One more kind of event that is a complaint.
    pub fn complaint(mut self, kind: impl Into<String>) -> Self {
        self.complaints.push(kind.into());
        self
    }

    /// One more kind of event that is a date by which customers usually buy.
    pub fn key_date(mut self, kind: impl Into<String>) -> Self {
        self.key_dates.push(kind.into());
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if self.window == 0 {
            return Err(Error::param("window", "must be at least 1 day", self.window));
        }
        if !(self.false_alarms > 0.0 && self.false_alarms < 1.0) {
            return Err(Error::param("false_alarms", "must lie in (0, 1)", self.false_alarms));
        }
        Ok(())
    }

    /// | sign | evidence in words |
    /// |---|---|
    /// | fewer purchases | 0 purchases in the last 90 days where 12.4 were usual |
    /// | lower spend | purchases of the last 90 days 40 % smaller than before |
    /// | complaint | 2 complaints in the last 90 days, the last 10 days ago |
    /// | lapsed date | usual date of a purchase 45 days ago, nothing bought since |
    /// | contract ended | contract ended 12 days ago, none runs |
    ///
    /// Looks at every customer known by that day. O(n log n) for the rows, and for the test of spend at most 40³ steps for a
    /// customer.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam); [`EmptyInput`](crate::ErrorKind::EmptyInput) where nobody was seen.
    pub fn fit<'a>(&self, now: impl Into<Known<'a>>) -> Result<Warnings> {
        self.check()?;
        let known = now.into();
        let today = known.as_of().day();
        let window = i64::from(self.window);
        let customers = known.observed.customers();
        if customers.is_empty() {
            return Err(Error::empty("no customer was seen as of that day"));
        }
        let tests = known.observed.map(|history| {
            let orders = orders_of(&history, today);
            (fewer(&orders, window), cheaper(&orders, window))
        });
        let mut found: Vec<(f64, usize, Signal)> = Vec::new();
        let mut made = 0_usize;
        for (row, (count, spend)) in tests.into_values().into_iter().enumerate() {
            for (p, signal) in count.into_iter().chain(spend) {
                made += 1;
                found.push((p, row, signal));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // The largest k whose p-value is at most k / tests of the allowed share.
        let kept = (0..found.len())
            .rev()
            .find(|k| found[*k].0 <= self.false_alarms * (*k + 1) as f64 / made.max(1) as f64)
            .map_or(0, |k| k + 1);
        found.truncate(kept);
        let facts = par::map(customers.len(), |row| self.facts(&known, &customers, row, today));
        let mut all: Vec<(usize, Option<f64>, Signal)> =
            found.into_iter().map(|(p, row, signal)| (row, Some(p), signal)).collect();
        for (row, signals) in facts.into_iter().enumerate() {
            all.extend(signals.into_iter().map(|signal| (row, None, signal)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.unwrap_or(0.0).total_cmp(&b.1.unwrap_or(0.0))));
        let warnings = all
            .into_iter()
            .filter_map(|(row, p_value, signal)| {
                Some(Warning { customer: customers.customer(row)?, window: self.window, p_value, signal })
            })
            .collect();
        Ok(Warnings { customers, all: warnings, tests: made })
    }

    /// Complaints and lapsed dates of a customer.
    fn facts(&self, known: &Known<'_>, customers: &Customers, row: usize, today: Day) -> Vec<Signal> {
        let mut signals = Vec::new();
        let Some(key) = customers.key(row) else { return signals };
        let window = i64::from(self.window);
        if let Some(events) = known.events {
            let history = events.observed(known.as_of()).history(&key);
            let mut latest: Option<i64> = None;
            let mut count = 0;
            let mut lapsed: Option<Day> = None;
            for event in history.rows() {
                let kind = event.kind.to_text();
                if self.complaints.iter().any(|c| *c == kind) && today - event.day < window {
                    count += 1;
                    latest = Some(today - event.day);
                }
                if self.key_dates.iter().any(|c| *c == kind) {
                    lapsed = Some(event.day);
                }
            }
            if let Some(days_ago) = latest {
                signals.push(Signal::Complaint { count, days_ago });
            }
            if let Some(day) = lapsed
                && today - day > i64::from(self.grace)
                && today - day < window + i64::from(self.grace)
                && last_purchase(known, customers, row).is_none_or(|last| last < day)
            {
                signals.push(Signal::LapsedDate { days_ago: today - day });
            }
        }
        if let Some(contracts) = known.contracts {
            let history = contracts.observed(known.as_of()).history(&key);
            let ended = history.rows().filter_map(|row| row.end).max();
            if let Some(end) = ended
                && !history.is_running()
                && today - end < window
            {
                signals.push(Signal::ContractEnded { days_ago: today - end });
            }
        }
        signals
    }
}

fn last_purchase(known: &Known<'_>, customers: &Customers, row: usize) -> Option<Day> {
    let history = known.observed.history(customers.customer(row)?).ok()??;
    history.purchases().last().map(|purchase| purchase.day)
}

/// A sign, with its evidence. Times in days.
///
/// The first two are statistical and have a p-value; the others are facts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Signal {
    /// Fewer purchases in the window than the customer's own rate.
    FewerPurchases {
        /// Days with a purchase in the window.
        recent: u32,
        /// How many their own rate gives.
        usual: f64,
    },
    /// Purchases of the window are smaller than those before.
    LowerSpend {
        /// Mean amount of a purchase in the window, in minor units.
        recent: f64,
        /// Mean amount before.
        usual: f64,
    },
    /// A complaint within the window.
    Complaint {
        /// Complaints within the window.
        count: u32,
        /// Days since the last one.
        days_ago: i64,
    },
    /// A date by which the customer usually buys went by, with its grace period, without a purchase.
    LapsedDate {
        /// Days since that date.
        days_ago: i64,
    },
    /// The last contract ended within the window and no other runs.
    ContractEnded {
        /// Days since it ended.
        days_ago: i64,
    },
}

/// A sign at a customer.
///
/// ```
/// use regulars::churn::{Known, Signal, WarningParams};
/// use regulars::data::{Event, Events, Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Language};
///
/// let mut orders = Ledger::builder(Currency::EUR);
/// orders.push(Transaction::new("ann", Day::new(19_000)))?;
/// let mut events = Events::builder();
/// events.push(Event::new("ann", Day::new(19_040), "complaint"))?;
/// let (ledger, events) = (orders.build()?, events.build()?);
/// let now = Known::new(ledger.observed(AsOf::new(Day::new(19_050)))?).events(&events);
/// let warnings = WarningParams::new().fit(now)?;
/// let warning = warnings.all()[0];
/// assert_eq!(warning.signal, Signal::Complaint { count: 1, days_ago: 10 });
/// assert_eq!(warning.p_value, None); // a fact
/// assert_eq!(warning.evidence(Language::Chinese), "最近 90 天投诉 1 次，上次在 10 天前");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Warning {
    /// The customer.
    pub customer: CustomerIx,
    /// Days of the window.
    pub window: u32,
    /// Probability of such a sign by chance; `None` for facts.
    pub p_value: Option<f64>,
    /// What was seen.
    pub signal: Signal,
}

impl Warning {
    /// The evidence in words.
    ///
    /// A sentence without the customer's name, to be set behind it: "0 purchases in the last 90 days where 12.4 were usual".
    pub fn evidence(&self, language: Language) -> String {
        let days = self.window;
        match self.signal {
            Signal::FewerPurchases { recent, usual } => {
                let usual = short((10.0 * usual).round() / 10.0);
                language.pick(
                    format!("{recent} purchases in the last {days} days where {usual} were usual"),
                    format!("最近 {days} 天购买 {recent} 次，平时约 {usual} 次"),
                )
            }
            Signal::LowerSpend { recent, usual } => {
                let percent = 100.0 * (1.0 - recent / usual.max(f64::MIN_POSITIVE));
                language.pick(
                    format!("purchases of the last {days} days {percent:.0} % smaller than before"),
                    format!("最近 {days} 天每次消费比以前低 {percent:.0}%"),
                )
            }
            Signal::Complaint { count, days_ago } => language.pick(
                format!("{count} complaints in the last {days} days, the last {days_ago} days ago"),
                format!("最近 {days} 天投诉 {count} 次，上次在 {days_ago} 天前"),
            ),
            Signal::LapsedDate { days_ago } => language.pick(
                format!("usual date of a purchase {days_ago} days ago, nothing bought since"),
                format!("惯常购买日期已过 {days_ago} 天，此后没有购买"),
            ),
            Signal::ContractEnded { days_ago } => language.pick(
                format!("contract ended {days_ago} days ago, none runs"),
                format!("合同在 {days_ago} 天前到期，没有续签"),
            ),
        }
    }
}

/// The signs found, customer by customer.
///
/// ```
/// use regulars::churn::WarningParams;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Seed};
///
/// let shop = ShopParams::new(200, Seed(4)).simulate()?;
/// let ledger = shop.ledger()?;
/// let warnings = WarningParams::new().fit(ledger.observed(AsOf::new(shop.days().1))?)?;
/// assert!(warnings.tests() > 0 && warnings.customers().len() <= 200);
/// for warning in warnings.all() {
///     assert!(warnings.of(warning.customer).any(|own| own == warning));
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Warnings {
    customers: Customers,
    all: Vec<Warning>,
    tests: usize,
}

/// A list of objects of the customer's key and the warning.
#[cfg(feature = "serde")]
impl serde::Serialize for Warnings {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Listed<'a> {
            customer: Option<crate::types::Key<'a>>,
            window: u32,
            p_value: Option<f64>,
            signal: Signal,
        }
        to.collect_seq(self.all.iter().map(|warning| Listed {
            customer: self.customers.keys().get(warning.customer.index()),
            window: warning.window,
            p_value: warning.p_value,
            signal: warning.signal,
        }))
    }
}

impl Warnings {
    /// All of them, in order of the customers; at one customer facts first, then the least probable.
    pub fn all(&self) -> &[Warning] {
        &self.all
    }

    /// The signs at one customer.
    pub fn of(&self, customer: CustomerIx) -> impl Iterator<Item = &Warning> {
        self.all.iter().filter(move |w| w.customer == customer)
    }

    /// Customers looked at.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// Statistical tests made; the false alarms are controlled over all of them.
    pub fn tests(&self) -> usize {
        self.tests
    }
}

/// Prints counts.
impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warnings({} at {} customers)", self.all.len(), self.customers.len())
    }
}

/// Purchases, oldest first: age in days, and money paid where there is money.
fn orders_of(history: &History<'_>, today: Day) -> Vec<(i64, Option<i64>)> {
    let money = history.amounts().is_some();
    history.purchases().map(|p| (today - p.day, money.then_some(p.paid.in_minor()))).collect()
}

/// The exact binomial test of the number of purchases in the window, given all since the first.
///
/// `None` where the customer's whole history lies within the window, or there is no purchase after the first. The usual number is
/// that of the time before the window, not of all time: otherwise the silence would hide itself.
fn fewer(orders: &[(i64, Option<i64>)], window: i64) -> Option<(f64, Signal)> {
    let age = orders.first()?.0;
    let repeats = orders.len() - 1;
    if age <= window || repeats == 0 {
        return None;
    }
    let recent = orders.iter().filter(|o| o.0 < window).count();
    let share = window as f64 / age as f64;
    let signal = Signal::FewerPurchases {
        recent: u32::try_from(recent).unwrap_or(u32::MAX),
        usual: (repeats - recent.min(repeats)) as f64 * window as f64 / (age - window) as f64,
    };
    Some((binomial_below(recent, repeats, share), signal))
}

/// P(X ≤ k) for X binomial(n, p): the incomplete beta function.
fn binomial_below(k: usize, n: usize, p: f64) -> f64 {
    if k >= n { 1.0 } else { special::beta_inc((n - k) as f64, k as f64 + 1.0, 1.0 - p, p) }
}

/// The exact rank-sum test of the amounts in the window among the latest purchases.
///
/// `None` without amounts, without a purchase in the window, and with fewer than three before it. With m purchases, k of them in
/// the window, the table of ways has (k + 1) × (2 m k + 2) cells: at most 40³ steps.
fn cheaper(orders: &[(i64, Option<i64>)], window: i64) -> Option<(f64, Signal)> {
    let latest = &orders[orders.len().saturating_sub(MOST_ORDERS)..];
    let amounts: Vec<i64> = latest.iter().map(|o| o.1).collect::<Option<_>>()?;
    let recent = latest.iter().filter(|o| o.0 < window).count();
    let before = latest.len() - recent;
    if recent == 0 || before < 3 {
        return None;
    }
    // Twice the mid-ranks are whole numbers.
    let rank = |a: i64| {
        let below = amounts.iter().filter(|b| **b < a).count();
        let equal = amounts.iter().filter(|b| **b == a).count();
        2 * below + equal + 1
    };
    let ranks: Vec<usize> = amounts.iter().map(|a| rank(*a)).collect();
    let seen: usize = ranks[before..].iter().sum();
    // ways[m][s]: shares of the choices of m purchases with rank sum s; kept as probabilities to stay in range.
    let top = 2 * latest.len() * recent + 1;
    let mut ways = vec![vec![0.0_f64; top + 1]; recent + 1];
    ways[0][0] = 1.0;
    for (i, r) in ranks.iter().enumerate() {
        for m in (1..=recent.min(i + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(m);
            for s in (*r..=top).rev() {
                more[0][s] += fewer[m - 1][s - r];
            }
        }
    }
    let total: f64 = ways[recent].iter().sum();
    let low: f64 = ways[recent][..=seen.min(top)].iter().sum();
    let mean = |part: &[i64]| part.iter().map(|a| *a as f64).sum::<f64>() / part.len() as f64;
    let signal = Signal::LowerSpend { recent: mean(&amounts[before..]), usual: mean(&amounts[..before]) };
    Some((low / total, signal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::{Contract, Contracts, Event, Events, Ledger, Transaction};
    use crate::kernel::rng::Rng;
    use crate::types::{Amount, AsOf, Currency, Seed};
    use approx::assert_relative_eq;

    #[test]
    fn tails_by_hand() {
        // P(X <= 1), X binomial(4, 1/4): (81 + 4 × 27) / 256.
        assert_relative_eq!(binomial_below(1, 4, 0.25), 189.0 / 256.0, max_relative = 1e-12);
        assert_eq!(binomial_below(4, 4, 0.25), 1.0);
        // Five amounts, the two recent ones the smallest: one of the ten choices.
        let orders: Vec<(i64, Option<i64>)> =
            [(300, 9), (200, 8), (150, 7), (20, 2), (10, 1)].map(|(d, a)| (d, Some(a))).into();
        assert_relative_eq!(cheaper(&orders, 90).unwrap().0, 0.1, max_relative = 1e-12);
        // All equal: every choice has that sum.
        let equal: Vec<(i64, Option<i64>)> = orders.iter().map(|o| (o.0, Some(5))).collect();
        assert_eq!(cheaper(&equal, 90).unwrap().0, 1.0);
    }

    fn shop(seed: u64, fading: usize, busy: f64) -> Ledger {
        let mut builder = Ledger::builder(Currency::EUR);
        for customer in 0..200_u32 {
            let mut rng = Rng::new(Seed(seed), u64::from(customer));
            let rate = busy * (0.01 + 0.06 * rng.uniform());
            let mut day = 0.0;
            builder.push(Transaction::new(customer, Day::new(19_000)).amount(Amount::minor(100))).unwrap();
            loop {
                day += rng.exponential(if (customer as usize) < fading && day > 500.0 {
                    rate / 20.0
                } else {
                    rate
                });
                if day >= 600.0 {
                    break;
                }
                #[expect(clippy::cast_possible_truncation, reason = "below 600")]
                let date = Day::new(19_001 + day as i32);
                let amount = i64::try_from(rng.below(900)).unwrap() + 100;
                builder.push(Transaction::new(customer, date).amount(Amount::minor(amount))).unwrap();
            }
        }
        builder.build().unwrap().covering(Day::new(19_000), Day::new(19_700)).unwrap()
    }

    /// Where nobody changes, any statistical signal is a false alarm: at 10 %, in at most 10 % of the shops (40 shops: 4,
    /// standard deviation 1.9). Where 60 of 200 fade, most of those reported have.
    #[test]
    fn false_alarms_are_controlled() {
        let now = AsOf::new(Day::new(19_600));
        let params = WarningParams::new().false_alarms(0.1);
        let alarms = (0..40)
            .filter(|seed| !params.fit(shop(*seed, 0, 1.0).observed(now).unwrap()).unwrap().all().is_empty())
            .count();
        assert!(alarms <= 10, "{alarms} of 40");
        let (mut right, mut wrong) = (0, 0);
        for seed in 0..2 {
            let ledger = shop(seed, 60, 3.0);
            let warnings = params.fit(ledger.observed(now).unwrap()).unwrap();
            assert!(warnings.tests() > 300);
            for w in warnings.all() {
                assert!(w.p_value.unwrap() < 0.1);
                let key = ledger.customer_key(w.customer).unwrap().as_integer().unwrap();
                if key < 60 { right += 1 } else { wrong += 1 }
            }
        }
        assert!(right > 60 && wrong * 5 <= right + wrong, "{right} right, {wrong} wrong");
    }

    #[test]
    fn facts_come_with_their_evidence() {
        let mut orders = Ledger::builder(Currency::EUR);
        for customer in ["ann", "bob", "eve"] {
            orders.push(Transaction::new(customer, Day::new(19_000))).unwrap();
        }
        let ledger = orders.build().unwrap().covering(Day::new(19_000), Day::new(19_200)).unwrap();
        let mut events = Events::builder();
        events.push(Event::new("ann", Day::new(19_095), "complaint")).unwrap();
        events.push(Event::new("ann", Day::new(19_101), "complaint")).unwrap();
        events.push(Event::new("eve", Day::new(19_040), "renewal")).unwrap();
        let events = events.build().unwrap();
        let mut contracts = Contracts::builder();
        contracts.push(Contract::new("bob", Day::new(18_900)).end(Day::new(19_090))).unwrap();
        contracts.push(Contract::new("eve", Day::new(18_900)).end(Day::new(19_150))).unwrap();
        let contracts = contracts.build().unwrap();
        let now = Known::new(ledger.observed(AsOf::new(Day::new(19_100))).unwrap());
        let known = now.events(&events).contracts(&contracts);
        let warnings = WarningParams::new().key_date("renewal").fit(known).unwrap();
        // The second complaint and the end of eve's contract lie in the future.
        let signals: Vec<Signal> = warnings.all().iter().map(|w| w.signal).collect();
        assert_eq!(
            signals,
            [
                Signal::Complaint { count: 1, days_ago: 5 },
                Signal::ContractEnded { days_ago: 10 },
                Signal::LapsedDate { days_ago: 60 }
            ]
        );
        for w in warnings.all() {
            assert!(w.p_value.is_none() && !w.evidence(Language::Chinese).is_ascii());
            assert_eq!(warnings.of(w.customer).count(), 1);
        }
        assert!(format!("{warnings:?}").contains("3 at 3"));
        let kind = |p: WarningParams| p.fit(now).unwrap_err().kind();
        assert_eq!(kind(WarningParams::new().window(0)), ErrorKind::InvalidParam);
        assert_eq!(kind(WarningParams::new().false_alarms(f64::NAN)), ErrorKind::InvalidParam);
    }
}
