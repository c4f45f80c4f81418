//! `Behaviour`: what each customer did up to a day, read once and shared by every module.
//!
//! Recency, frequency, gaps, spend and refunds are facts. Each is computed here and nowhere else, from
//! [`History::purchases`], so that no two modules can disagree about them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::data::{Customers, History, Knowledge, Observed, PerCustomer, Split, TimeAxis};
use crate::error::{Error, Result};
use crate::types::{Amount, AsOf, Currency, Day};

/// What one customer did up to the as-of day: exact counts, days and sums of money.
///
/// A purchase is a day with at least one row that is no refund ([`History::purchases`]). A customer
/// who only gave goods back has no purchase; [`first_day`](Self::first_day) and
/// [`last_day`](Self::last_day) are then those of the refunds. Days are counted in the ledger's
/// [`TimeAxis`]: calendar days, or baskets. Money is in minor units, zero where the ledger has no
/// amounts. [`Behaviour`] has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CustomerBehaviour {
    /// Day of the first purchase.
    pub first_day: Day,
    /// Day of the last purchase.
    pub last_day: Day,
    /// Number of purchases: days on which the customer bought.
    pub purchases: u32,
    /// Rows that are no refunds.
    pub rows: u32,
    /// Rows that give money or goods back.
    pub refund_rows: u32,
    /// Distinct items bought; 0 where the ledger has no items.
    pub items: u32,
    /// Longest time between two purchases in days; 0 for fewer than two purchases.
    pub longest_gap: u32,
    /// Purchases in the newer half of the time since the first one.
    pub newer_purchases: u32,
    /// Purchases of the last 30 days, the as-of day included.
    pub purchases_30: u32,
    /// Purchases of the last 90 days, the as-of day included.
    pub purchases_90: u32,
    /// Money paid: the sum of the rows that are no refunds.
    pub paid: Amount,
    /// Money given back, at least 0.
    pub refunded: Amount,
    /// Money paid on the day of the first purchase.
    pub first_day_paid: Amount,
    /// Money given back on the day of the first purchase, at least 0.
    pub first_day_refunded: Amount,
    /// Money paid on the day of the last purchase.
    pub last_day_paid: Amount,
    /// Sum of the squared times between purchases. It fits, as it is at most the squared time
    /// between the first and the last purchase.
    gap_squares: u64,
}

/// A sum of one customer's money as 64 bits, or the error of one that does not fit.
fn money(sum: i128) -> Result<Amount> {
    i64::try_from(sum)
        .map(Amount::minor)
        .map_err(|_| Error::overflow("a customer's spend does not fit 64 bits"))
}

/// A count of rows; a ledger has fewer than 2^32 of them.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl CustomerBehaviour {
    /// Reads a history that is not empty, in one pass over its purchases and one over its amounts.
    fn of(history: &History<'_>, as_of: AsOf) -> Result<Self> {
        let mut own = Self {
            first_day: history.first_day(),
            last_day: history.last_day(),
            purchases: 0,
            rows: 0,
            refund_rows: 0,
            items: count(history.distinct_items()),
            longest_gap: 0,
            newer_purchases: 0,
            purchases_30: 0,
            purchases_90: 0,
            paid: Amount::ZERO,
            refunded: Amount::ZERO,
            first_day_paid: Amount::ZERO,
            first_day_refunded: Amount::ZERO,
            last_day_paid: Amount::ZERO,
            gap_squares: 0,
        };
        for purchase in history.purchases() {
            let age = as_of.day() - purchase.day;
            if own.purchases == 0 {
                own.first_day = purchase.day;
            } else {
                let gap = u32::try_from(purchase.day - own.last_day).unwrap_or(u32::MAX);
                own.longest_gap = own.longest_gap.max(gap);
                own.gap_squares = own.gap_squares.saturating_add(u64::from(gap) * u64::from(gap));
            }
            own.last_day = purchase.day;
            own.last_day_paid = purchase.paid;
            own.purchases += 1;
            own.rows += purchase.rows;
            own.purchases_30 += u32::from(age < 30);
            own.purchases_90 += u32::from(age < 90);
            own.newer_purchases += u32::from(2 * age < as_of.day() - own.first_day);
        }
        own.refund_rows = count(history.len()) - own.rows;
        if let Some(amounts) = history.amounts() {
            let (mut paid, mut refunded, mut first_paid, mut first_refunded) = (0, 0, 0, 0);
            for (row, (amount, day)) in amounts.iter().zip(history.days()).enumerate() {
                let amount = i128::from(amount.in_minor());
                let on_first = i128::from(*day == own.first_day);
                if history.is_refund(row) {
                    refunded += amount.abs();
                    first_refunded += on_first * amount.abs();
                } else {
                    paid += amount;
                    first_paid += on_first * amount;
                }
            }
            (own.paid, own.refunded) = (money(paid)?, money(refunded)?);
            (own.first_day_paid, own.first_day_refunded) = (money(first_paid)?, money(first_refunded)?);
            // Both ends fit, but their difference may not.
            money(paid - refunded)?;
            money(first_paid - first_refunded)?;
        }
        Ok(own)
    }

    /// Money spent: paid less given back. It fits 64 bits, which was checked when it was summed.
    pub fn spend(&self) -> Amount {
        Amount::minor(self.paid.in_minor().saturating_sub(self.refunded.in_minor()))
    }

    /// Money spent on the day of the first purchase, refunds of that day taken off.
    pub fn first_day_spend(&self) -> Amount {
        Amount::minor(self.first_day_paid.in_minor().saturating_sub(self.first_day_refunded.in_minor()))
    }

    /// Mean time between purchases in days; `None` for fewer than two purchases.
    pub fn mean_gap(&self) -> Option<f64> {
        (self.purchases > 1).then(|| self.span() / f64::from(self.purchases - 1))
    }

    /// Sample variance of the times between purchases, in days squared; `None` for fewer than three.
    ///
    /// (n Σg² - (Σg)²) / (n (n - 1)) for n gaps g: exact whole numbers until the one division.
    pub fn gap_variance(&self) -> Option<f64> {
        let n = u128::from(self.purchases.checked_sub(1).filter(|n| *n > 1)?);
        let span = u128::from((self.last_day - self.first_day).unsigned_abs());
        let numerator = (n * u128::from(self.gap_squares)).saturating_sub(span * span);
        Some(numerator as f64 / (n * (n - 1)) as f64)
    }

    /// Refunded share of the money that changed hands, 0 to 1; of the rows where `rows` says so.
    ///
    /// refunded / (paid + refunded); 0 for a customer who neither paid nor got anything back.
    pub(crate) fn refund_share(&self, has_amounts: bool) -> f64 {
        let (back, all) = if has_amounts {
            let refunded = i128::from(self.refunded.in_minor());
            (refunded as f64, (refunded + i128::from(self.paid.in_minor())) as f64)
        } else {
            (f64::from(self.refund_rows), f64::from(self.refund_rows) + f64::from(self.rows))
        };
        if all > 0.0 { back / all } else { 0.0 }
    }

    /// Days between the first and the last purchase.
    pub(crate) fn span(&self) -> f64 {
        (self.last_day - self.first_day) as f64
    }
}

/// What each customer known as of a day did until then: one row per customer, in order of keys.
///
/// Made by [`Observed::behaviour`]. 104 bytes a customer.
///
/// ```
/// use regulars::data::{Ledger, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (day, cents) in [(1, 1_000), (1, 500), (9, 700), (20, -700)] {
///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let behaviour = ledger.observed(AsOf::ymd(2024, 5, 31)?)?.behaviour()?;
/// let ann = behaviour.by_key("ann").expect("has rows");
/// assert_eq!((ann.purchases, ann.refund_rows), (2, 1)); // the refund of the 20th is no purchase
/// assert_eq!((ann.first_day, ann.last_day), (Day::ymd(2024, 5, 1)?, Day::ymd(2024, 5, 9)?));
/// assert_eq!((ann.paid, ann.spend()), (Amount::minor(2_200), Amount::minor(1_500)));
/// assert_eq!((ann.mean_gap(), ann.gap_variance()), (Some(8.0), None));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Behaviour {
    rows: PerCustomer<CustomerBehaviour>,
    as_of: AsOf,
    knowledge: Knowledge,
    currency: Currency,
    time: TimeAxis,
    has_amounts: bool,
    has_items: bool,
}

impl Behaviour {
    /// Reads every history of a view once, in parallel by customer.
    pub(super) fn of(observed: Observed<'_>) -> Result<Self> {
        let ledger = observed.ledger();
        let as_of = observed.as_of();
        let rows = observed.map(|history| CustomerBehaviour::of(&history, as_of));
        Ok(Self {
            rows: rows.transpose()?,
            as_of,
            knowledge: observed.knowledge(),
            currency: ledger.currency(),
            time: ledger.time_axis(),
            has_amounts: ledger.store().rows.amount.is_some(),
            has_items: ledger.items().is_some(),
        })
    }

    /// The last known day, inclusive.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Whether rows are those known on the day, or those known since.
    pub fn knowledge(&self) -> Knowledge {
        self.knowledge
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether days are calendar days or basket numbers.
    pub fn time_axis(&self) -> TimeAxis {
        self.time
    }

    /// Whether the ledger has amounts; without them every sum of money is zero.
    pub fn has_amounts(&self) -> bool {
        self.has_amounts
    }

    /// Whether the ledger has items; without them no customer has any.
    pub fn has_items(&self) -> bool {
        self.has_items
    }

    /// The customers known as of the day, in ascending order of keys.
    pub fn customers(&self) -> &Customers {
        self.rows.customers()
    }

    /// One row per customer of [`customers`](Self::customers), in the same order.
    pub fn rows(&self) -> &[CustomerBehaviour] {
        self.rows.values()
    }

    /// The row of the customer with that key; `None` for a customer not known by then.
    pub fn by_key<'k>(&self, key: impl Into<crate::types::Key<'k>>) -> Option<&CustomerBehaviour> {
        self.rows.by_key(key)
    }

    /// Days since the last purchase of a row, in the ledger's time axis.
    pub(crate) fn recency(&self, row: &CustomerBehaviour) -> f64 {
        (self.as_of.day() - row.last_day) as f64
    }

    /// Days since the first purchase of a row, in the ledger's time axis.
    pub(crate) fn tenure(&self, row: &CustomerBehaviour) -> f64 {
        (self.as_of.day() - row.first_day) as f64
    }
}

/// Prints the number of customers and the day, never keys.
impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behaviour({} customers as of {})", self.rows().len(), self.as_of)
    }
}

/// What one customer did in the holdout of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Outcome {
    /// Purchases within the holdout: days with at least one row that is no refund.
    pub purchases: u32,
    /// Days of the first and of the last of them; `None` without a purchase.
    pub days: Option<(Day, Day)>,
    /// Money spent within the holdout, refunds taken off; zero without amounts.
    pub spend: Amount,
}

impl Split<'_> {
    /// What each customer known at the cut did in the holdout: the only source of labels.
    ///
    /// One row per customer of [`observed`](Self::observed), in ascending order of keys. A customer
    /// who did not come has no purchase. O(rows of the holdout), in parallel by customer.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, day) in [("ann", 1), ("bob", 2), ("ann", 9), ("ann", 12), ("cleo", 12)] {
    ///     let row = Transaction::new(customer, Day::ymd(2024, 5, day)?);
    ///     builder.push(row.amount(Amount::minor(500)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let split = ledger.split(AsOf::ymd(2024, 5, 5)?, Horizon::weeks(1)?)?;
    /// let outcomes = split.outcomes()?;
    /// assert_eq!(outcomes.len(), 2); // cleo was not known on the 5th
    /// let ann = outcomes.by_key("ann").expect("was known");
    /// assert_eq!((ann.purchases, ann.spend), (2, Amount::minor(1_000)));
    /// assert_eq!(outcomes.by_key("bob").map(|bob| bob.days), Some(None));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's spend does not fit 64 bits.
    pub fn outcomes(&self) -> Result<PerCustomer<Outcome>> {
        let until = AsOf::new(self.holdout().days().1);
        let customers = self.observed().customers();
        let outcomes = crate::kernel::par::map(customers.len(), |row| {
            let Some(customer) = customers.customer(row) else { return Ok(Outcome::default()) };
            let history = self.holdout().history_at(customer.index());
            if history.is_empty() {
                return Ok(Outcome::default());
            }
            let own = CustomerBehaviour::of(&history, until)?;
            Ok(Outcome {
                purchases: own.purchases,
                days: (own.purchases > 0).then_some((own.first_day, own.last_day)),
                spend: own.spend(),
            })
        });
        Ok(PerCustomer::dense(customers, outcomes.into_iter().collect::<Result<_>>()?))
    }
}

/// The behaviours that were computed last, by as-of day. A ledger keeps a few, so that the modules
/// of one pipeline share them; a service that asks for many days does not fill the memory.
#[derive(Default)]
pub(super) struct Computed(Mutex<VecDeque<Arc<Behaviour>>>);

/// As many days as a pipeline with its training dates asks for.
const KEPT: usize = 8;

impl Computed {
    /// The behaviour as of a day, computed where it is not kept. The lock is not held meanwhile: two
    /// threads may compute the same rows, and neither can wait for the other inside a thread pool.
    pub(super) fn get(&self, observed: Observed<'_>) -> Result<Arc<Behaviour>> {
        let wanted = (observed.as_of(), observed.knowledge());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lock().iter().find(|kept| (kept.as_of, kept.knowledge) == wanted).cloned();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let computed = Arc::new(Behaviour::of(observed)?);
        let mut all = lock();
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(Arc::clone(&computed));
        Ok(computed)
    }
}
