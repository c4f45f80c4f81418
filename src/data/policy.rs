//! Choices that a caller makes in words, where other libraries take a `bool`.

/// What counts as one purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Occasion {
    /// All purchases of one day together (the convention of the buy-till-you-die literature).
    #[default]
    Day,
    /// Each order; needs the order column.
    Order,
    /// Each row.
    Row,
}

/// What happens to rows that give money or goods back (amount or quantity below zero).
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Anonymous {
    /// Counted and left out.
    #[default]
    Skip,
    /// Kept as orders of nobody: item statistics and association rules see them, customers do not.
    Keep,
}

/// What the days of a ledger mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TimeAxis {
    /// Days of the calendar.
    #[default]
    Calendar,
    /// Basket numbers in place of days. Weekdays, seasons and anything per week are typed errors.
    Ordinal,
}

/// The unit of time of a [`PurchaseHistory`](crate::data::PurchaseHistory) and of the rates fitted to it.
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
    pub const fn in_days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => 365.25 / 12.0,
            Self::Year => 365.25,
        }
    }
}
