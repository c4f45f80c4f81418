//! Choices that a caller makes in words, where other libraries take a `bool`.
//!
//! Each has the default that its field takes for granted, and a page that says what the other choices change. The
//! lists may grow; match with a wildcard arm.

/// What counts as one purchase.
///
/// | | one afternoon: order A of two rows, order B of one | needs |
/// |---|---|---|
/// | [`Day`](Self::Day) | 1 | |
/// | [`Order`](Self::Order) | 2 | an order in every row of a purchase |
/// | [`Row`](Self::Row) | 3 | |
///
/// ```
/// use regulars::data::Occasion;
/// assert_eq!(Occasion::default(), Occasion::Day);
/// ```
///
/// [`Purchases`](crate::data::Purchases) has a worked example of all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Occasion {
    /// All purchases of one day together (the convention of the buy-till-you-die literature): split orders and second
    /// thoughts at the till are one visit, and time between purchases is at least a day.
    #[default]
    Day,
    /// Each order, of whatever day; an order that spans days counts once, on its earliest. Needs the order column.
    Order,
    /// Each row. With [`Refunds::Net`] refunds count too, as rows of a negative amount. The cheapest to stream: a counter
    /// is enough.
    Row,
}

/// What happens to rows that give money or goods back (amount or quantity below zero).
///
/// ```
/// use regulars::data::{Features, Ledger, Occasion, Purchases, Refunds, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// for (day, cents) in [(1, 1_000), (8, 400), (9, -400)] {
///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
/// for (refunds, spend) in [(Refunds::Net, 1_000), (Refunds::Ignore, 1_400)] {
///     let table = Purchases::observed(now, Occasion::Day, refunds)?;
///     assert_eq!(table.spend(), Some(&[Amount::minor(spend)][..]));
///     assert_eq!(table.occasions(), [2]); // either way: the purchase of the 8th was a visit
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Refunds {
    /// They lower the spend. They are never a purchase occasion, except under [`Occasion::Row`].
    #[default]
    Net,
    /// They are left out altogether.
    Ignore,
}

/// What happens to rows without a customer.
///
/// ```
/// use regulars::data::Anonymous;
/// assert_eq!(Anonymous::default(), Anonymous::Skip);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Anonymous {
    /// Counted and left out.
    #[default]
    Skip,
    /// Kept as orders of nobody: item statistics and association rules see them, customers do not.
    Keep,
}

/// What happens to two different rows of one id that became known on the same day.
///
/// Rows of one id are versions of one row: as of a day the version known last counts. Two versions
/// known on the same day contradict each other.
///
/// ```
/// use regulars::data::Conflicts;
/// assert_eq!(Conflicts::default(), Conflicts::Refuse);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Conflicts {
    /// They are an error.
    #[default]
    Refuse,
    /// The greater one in the order of its fields counts, whatever the order of the rows; the others are counted.
    Count,
}

/// Which rows a view shows: those that were known on its day, or those known since.
///
/// ```
/// use regulars::data::Knowledge;
/// assert_eq!(Knowledge::default(), Knowledge::AsKnown);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Knowledge {
    /// Rows of days up to the as-of day that had become known by then.
    #[default]
    AsKnown,
    /// Rows of days up to the as-of day, as they stand now.
    Hindsight,
}

/// The unit of time of a [`PurchaseHistory`](crate::data::PurchaseHistory) and of the rates fitted to it.
///
/// A choice of presentation, not of model: rates scale with the unit and predictions do not change. Weeks keep the
/// parameters of weekly shoppers near 1, where optimisers are comfortable, and are what published tables use.
///
/// ```
/// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
///
/// // The same three customers, in weeks and in days.
/// let lives = |unit: TimeUnit, days: f64| -> regulars::Result<PurchaseHistory> {
///     let in_unit = |weeks: &[f64]| weeks.iter().map(|w| w * 7.0 / days).collect::<Vec<f64>>();
///     let (t_x, t) = (in_unit(&[30.0, 1.7, 0.0]), in_unit(&[38.0, 38.0, 38.0]));
///     PurchaseHistory::new(Customers::numbered(3)?, unit, vec![2.0, 1.0, 0.0], t_x, t)
/// };
/// let (weeks, days) = (lives(TimeUnit::Week, 7.0)?, lives(TimeUnit::Day, 1.0)?);
/// assert_eq!((weeks.t()[0], days.t()[0]), (38.0, 266.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TimeUnit {
    /// Days.
    Day,
    /// Weeks of seven days (the literature's usual unit).
    #[default]
    Week,
    /// Months of 365.25 / 12 days.
    Month,
    /// Years of 365.25 days.
    Year,
}

impl TimeUnit {
    /// Days in one unit.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// assert_eq!(TimeUnit::Week.in_days(), 7.0);
    /// assert_eq!(TimeUnit::Month.in_days() * 12.0, TimeUnit::Year.in_days());
    /// ```
    pub const fn in_days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => 365.25 / 12.0,
            Self::Year => 365.25,
        }
    }
}
