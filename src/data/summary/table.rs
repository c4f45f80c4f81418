//! `Purchases`: the finished columns, one row per customer.

use std::fmt;

use crate::data::{Customers, Occasion, Refunds, TimeAxis};
use crate::types::{Amount, AsOf, Currency, Day};

/// What each customer bought in sum, as of a day: first and last day, occasions, spend.
///
/// One row per customer with at least one purchase occasion, in ascending order of keys. Customers known only by refunds
/// have no purchase and no row; they are [counted](Self::without_purchase).
///
/// | column | meaning |
/// |---|---|
/// | [`first_days`](Self::first_days), [`last_days`](Self::last_days) | days of the first and of the last occasion |
/// | [`occasions`](Self::occasions) | purchases, counted by [`Occasion`]; the literature's frequency x is one less |
/// | [`spend`](Self::spend) | exact sum of the amounts, net of refunds or without them by [`Refunds`] |
/// | [`first_day_occasions`](Self::first_day_occasions), [`first_day_spend`](Self::first_day_spend) | the part that belongs to the first day, refunds of that day included: what is left is repeat business |
///
/// ```
/// use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (day, cents) in [(1, 1_000), (1, 500), (9, 700), (20, -700)] {
///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let table = Purchases::observed(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day, Refunds::Net)?;
/// assert_eq!(table.occasions(), [2]); // the refund on the 20th is no occasion
/// assert_eq!(table.last_days(), [Day::ymd(2024, 5, 9)?]);
/// assert_eq!(table.spend(), Some(&[Amount::minor(1_500)][..]));
/// assert_eq!(table.first_day_spend(), Some(&[Amount::minor(1_500)][..]));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Purchases {
    pub(super) policy: SummaryParams,
    pub(super) customers: Customers,
    pub(super) first_day: Vec<Day>,
    pub(super) last_day: Vec<Day>,
    pub(super) occasions: Vec<u32>,
    pub(super) first_day_occasions: Vec<u32>,
    pub(super) spend: Option<Spend>,
    pub(super) without_purchase: usize,
}

/// How a [`Summary`](super::Summary) counts purchases: what two summaries must share to be merged.
///
/// ```
/// use regulars::data::{Occasion, Summary, SummaryParams};
/// use regulars::types::{AsOf, Currency};
///
/// let params = SummaryParams::new(AsOf::ymd(2024, 5, 31)?, Currency::EUR).occasion(Occasion::Row);
/// assert!(Summary::new(params).is_empty());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct SummaryParams {
    pub(super) as_of: AsOf,
    pub(super) currency: Currency,
    pub(super) occasion: Occasion,
    pub(super) refunds: Refunds,
    pub(super) time: TimeAxis,
}

impl SummaryParams {
    /// What is known as of a day, in one currency; occasions are days, refunds lower the spend.
    pub fn new(as_of: AsOf, currency: Currency) -> Self {
        Self {
            as_of,
            currency,
            occasion: Occasion::default(),
            refunds: Refunds::default(),
            time: TimeAxis::default(),
        }
    }

    /// What counts as one purchase.
    pub fn occasion(self, occasion: Occasion) -> Self {
        Self { occasion, ..self }
    }

    /// What happens to rows that give money or goods back.
    pub fn refunds(self, refunds: Refunds) -> Self {
        Self { refunds, ..self }
    }

    /// Whether days are calendar days or basket numbers.
    pub fn time_axis(self, time: TimeAxis) -> Self {
        Self { time, ..self }
    }
}

/// The columns of money.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spend {
    pub(super) total: Vec<Amount>,
    pub(super) first_day: Vec<Amount>,
}

impl Purchases {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.occasions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.occasions.is_empty()
    }

    /// Who the rows are.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The last known day.
    pub fn as_of(&self) -> AsOf {
        self.policy.as_of
    }

    /// The currency of the amounts.
    pub fn currency(&self) -> Currency {
        self.policy.currency
    }

    /// What counts as one purchase.
    pub fn occasion(&self) -> Occasion {
        self.policy.occasion
    }

    /// What happened to refunds.
    pub fn refunds(&self) -> Refunds {
        self.policy.refunds
    }

    /// Whether days are calendar days or basket numbers.
    pub fn time_axis(&self) -> TimeAxis {
        self.policy.time
    }

    /// Day of the first occasion.
    pub fn first_days(&self) -> &[Day] {
        &self.first_day
    }

    /// Day of the last occasion.
    pub fn last_days(&self) -> &[Day] {
        &self.last_day
    }

    /// Purchase occasions, at least one.
    pub fn occasions(&self) -> &[u32] {
        &self.occasions
    }

    /// Occasions of the first day: always one where occasions are days.
    pub fn first_day_occasions(&self) -> &[u32] {
        &self.first_day_occasions
    }

    /// Money spent, where amounts are known.
    pub fn spend(&self) -> Option<&[Amount]> {
        self.spend.as_ref().map(|s| s.total.as_slice())
    }

    /// Money spent on the first day, where amounts are known.
    pub fn first_day_spend(&self) -> Option<&[Amount]> {
        self.spend.as_ref().map(|s| s.first_day.as_slice())
    }

    /// Days from the last occasion to the as-of day, at least 0.
    pub fn recency_days(&self, row: usize) -> Option<u32> {
        self.last_day.get(row).and_then(|last| u32::try_from(self.policy.as_of.day() - *last).ok())
    }

    /// Mean spend of an occasion after the first day, in minor units: what the Gamma-Gamma model calls the average
    /// transaction value. 0 where no occasion followed; `None` without amounts.
    pub fn mean_repeat_spend(&self, row: usize) -> Option<f64> {
        let spend = self.spend.as_ref()?;
        let (total, first) = (spend.total.get(row)?.in_minor(), spend.first_day.get(row)?.in_minor());
        let later = self.occasions[row] - self.first_day_occasions[row];
        if later == 0 {
            return Some(0.0);
        }
        Some((i128::from(total) - i128::from(first)) as f64 / f64::from(later))
    }

    /// Customers who only gave back: they have no row.
    pub fn without_purchase(&self) -> usize {
        self.without_purchase
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Purchases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SummaryParams { as_of, occasion, refunds, .. } = self.policy;
        write!(f, "Purchases({} customers as of {as_of}, {occasion:?}, {refunds:?})", self.len())
    }
}
