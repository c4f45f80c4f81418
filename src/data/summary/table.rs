//! `Purchases`: the finished columns, one row per customer; and `SummaryParams`, how they are counted.

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
///
/// # The policies side by side
/// One customer: order A-1 of 10.00 and 5.00 and order A-2 of 2.00 on 1 May; order A-3 of 7.00 on 9 May, returned
/// the same day; 1.00 given back on 20 May.
///
/// | occasions | refunds | purchases | on the first day | last | spend | mean repeat |
/// |---|---|---|---|---|---|---|
/// | day | net | 2 | 1 | 9 May | 16.00 | -1.00 |
/// | day | ignored | 2 | 1 | 9 May | 24.00 | 7.00 |
/// | order | net | 3 | 2 | 9 May | 16.00 | -1.00 |
/// | row | net | 6 | 3 | 20 May | 16.00 | -0.33 |
/// | row | ignored | 4 | 3 | 9 May | 24.00 | 7.00 |
///
/// ```
/// # use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
/// # use regulars::types::{Amount, AsOf, Currency, Day};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// for (day, order, cents) in
///     [(1, "A-1", 1_000), (1, "A-1", 500), (1, "A-2", 200), (9, "A-3", 700), (9, "A-3", -700), (20, "A-4", -100)]
/// {
///     let row = Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents));
///     builder.push(row.order(order))?;
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// for (occasion, refunds, purchases, on_first, last, spend, repeat) in [
///     (Occasion::Day, Refunds::Net, 2, 1, 9, 1_600, -100.0),
///     (Occasion::Day, Refunds::Ignore, 2, 1, 9, 2_400, 700.0),
///     (Occasion::Order, Refunds::Net, 3, 2, 9, 1_600, -100.0),
///     (Occasion::Row, Refunds::Net, 6, 3, 20, 1_600, -100.0 / 3.0),
///     (Occasion::Row, Refunds::Ignore, 4, 3, 9, 2_400, 700.0),
/// ] {
///     let table = Purchases::observed(now, occasion, refunds)?;
///     assert_eq!((table.occasions()[0], table.first_day_occasions()[0]), (purchases, on_first));
///     assert_eq!(table.last_days(), [Day::ymd(2024, 5, last)?]);
///     assert_eq!(table.spend(), Some(&[Amount::minor(spend)][..]));
///     assert_eq!(table.mean_repeat_spend(0), Some(repeat));
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Purchases {
    /// How it was counted.
    pub(super) policy: SummaryParams,
    /// Whose the rows are; all columns have its length.
    pub(super) customers: Customers,
    /// Ascending order of keys, not of days.
    pub(super) first_day: Vec<Day>,
    pub(super) last_day: Vec<Day>,
    /// At least 1 each.
    pub(super) occasions: Vec<u32>,
    /// At least 1, at most the occasions.
    pub(super) first_day_occasions: Vec<u32>,
    /// `None` where amounts were never given.
    pub(super) spend: Option<Spend>,
    /// Customers with rows, but without an occasion.
    pub(super) without_purchase: usize,
}

/// How a [`Summary`](super::Summary) counts purchases: what two summaries must share to be merged.
///
/// There is no default as-of day and no default currency; the three policies have the defaults of the crate: days,
/// net of refunds, calendar.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct SummaryParams {
    pub(super) as_of: AsOf,
    pub(super) currency: Currency,
    pub(super) occasion: Occasion,
    pub(super) refunds: Refunds,
    pub(super) time: TimeAxis,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    SummaryParams, Self::new(AsOf::new(Day::new(0)), Currency::EUR);
    as_of: AsOf, currency: Currency;
    occasion: Occasion, refunds: Refunds, time: TimeAxis,
}

impl SummaryParams {
    /// What is known as of a day, in one currency; occasions are days, refunds lower the spend.
    ///
    /// The as-of day must be chosen before the first row: rows after it are left out for good, since a sum cannot be
    /// undone to an earlier day.
    pub fn new(as_of: AsOf, currency: Currency) -> Self {
        Self {
            as_of,
            currency,
            occasion: Occasion::default(),
            refunds: Refunds::default(),
            time: TimeAxis::default(),
        }
    }

    /// What counts as one purchase; the default is a day. Decides the memory a customer takes, see
    /// [`Summary`](super::Summary).
    pub fn occasion(self, occasion: Occasion) -> Self {
        Self { occasion, ..self }
    }

    /// What happens to rows that give money or goods back; the default lowers the spend by them.
    pub fn refunds(self, refunds: Refunds) -> Self {
        Self { refunds, ..self }
    }

    /// Whether days are calendar days (the default) or basket numbers.
    ///
    /// ```
    /// use regulars::data::{Purchases, Refunds, Summary, SummaryParams, TimeAxis, Transaction};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// // Baskets 1 to 10 in place of days.
    /// let params = SummaryParams::new(AsOf::new(Day::new(10)), Currency::EUR)
    ///     .time_axis(TimeAxis::Ordinal)
    ///     .refunds(Refunds::Ignore);
    /// let mut summary = Summary::new(params);
    /// summary.push(Transaction::new("ann", Day::new(4)))?;
    /// let table: Purchases = summary.finish()?;
    /// assert_eq!((table.time_axis(), table.refunds()), (TimeAxis::Ordinal, Refunds::Ignore));
    /// assert_eq!(table.recency_days(0), Some(6)); // baskets
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn time_axis(self, time: TimeAxis) -> Self {
        Self { time, ..self }
    }
}

/// The columns of money, in minor units, each as long as the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spend {
    /// Over all days.
    pub(super) total: Vec<Amount>,
    /// Over the day of the first occasion.
    pub(super) first_day: Vec<Amount>,
}

impl Purchases {
    /// Number of customers, the length of every column.
    pub fn len(&self) -> usize {
        self.occasions.len()
    }

    /// Whether there are none: a table without purchases is no error here, but cannot be fitted to.
    pub fn is_empty(&self) -> bool {
        self.occasions.is_empty()
    }

    /// Who the rows are. Row `i` of every column belongs to `customers().key(i)`.
    ///
    /// From a ledger the customers keep the ledger's indices; from a stream they are a dictionary of their own.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The last known day, inclusive.
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

    /// Day of the first occasion of each customer, at or before that of [`last_days`](Self::last_days). A refund
    /// before the first purchase does not count, except where refunds are occasions.
    pub fn first_days(&self) -> &[Day] {
        &self.first_day
    }

    /// Day of the last occasion of each customer, at or before the as-of day.
    pub fn last_days(&self) -> &[Day] {
        &self.last_day
    }

    /// Purchase occasions of each customer, at least one.
    pub fn occasions(&self) -> &[u32] {
        &self.occasions
    }

    /// Occasions of the first day: always one where occasions are days; at least one and at most
    /// [`occasions`](Self::occasions) otherwise.
    pub fn first_day_occasions(&self) -> &[u32] {
        &self.first_day_occasions
    }

    /// Money spent by each customer, exact, in minor units; `None` where amounts are not known. Negative for a customer
    /// who got more back than she paid.
    pub fn spend(&self) -> Option<&[Amount]> {
        self.spend.as_ref().map(|s| s.total.as_slice())
    }

    /// Money spent on the day of the first occasion, refunds of that day included; `None` where amounts are not known.
    pub fn first_day_spend(&self) -> Option<&[Amount]> {
        self.spend.as_ref().map(|s| s.first_day.as_slice())
    }

    /// Days from the last occasion to the as-of day, at least 0; `None` behind the last row.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 9)?))?;
    /// let ledger = builder.build()?;
    /// let table = Purchases::observed(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day, Refunds::Net)?;
    /// assert_eq!((table.recency_days(0), table.recency_days(1)), (Some(22), None));
    /// assert_eq!((table.spend(), table.mean_repeat_spend(0)), (None, None)); // no amounts
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn recency_days(&self, row: usize) -> Option<u32> {
        self.last_day.get(row).and_then(|last| u32::try_from(self.policy.as_of.day() - *last).ok())
    }

    /// Mean spend of an occasion after the first day, in minor units: what the Gamma-Gamma model calls the average
    /// transaction value. 0 where no occasion followed; `None` without amounts or behind the last row.
    ///
    /// > (spend - first-day spend) / (occasions - first-day occasions)
    ///
    /// The difference is exact; one division rounds. Refunds of later days lower it, so it may be 0 or negative, which
    /// the Gamma-Gamma model does not accept. Leaving the first purchase out follows Fader and Hardie (2013), "The
    /// Gamma-Gamma Model of Monetary Value", <http://www.brucehardie.com/notes/025/>: x and spend then speak of
    /// the same purchases.
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
    ///
    /// ```
    /// # use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
    /// # use regulars::types::{Amount, AsOf, Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, cents) in [("ann", 900), ("bob", -200)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, 9)?).amount(Amount::minor(cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let table = Purchases::observed(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day, Refunds::Net)?;
    /// assert_eq!((table.len(), table.is_empty(), table.without_purchase()), (1, false, 1));
    /// assert_eq!(table.customers().key(0).map(|key| key.to_string()).as_deref(), Some("ann"));
    /// assert_eq!((table.occasion(), table.currency()), (Occasion::Day, Currency::EUR));
    /// assert_eq!((table.as_of(), table.first_days()), (AsOf::ymd(2024, 5, 31)?, &[Day::ymd(2024, 5, 9)?][..]));
    /// # Ok::<(), regulars::Error>(())
    /// ```
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
