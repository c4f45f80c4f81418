//! `CalendarCovariates`: what changes over time, the same for all or for each customer.
//!
//! # Days and periods
//!
//! Time is whole days. The covariates of a day hold from the end of the day before to its own end: a purchase on that day is
//! made under them. Periods are runs of days of equal length, weeks usually; the shorter they are, the more a likelihood
//! costs.
//!
//! # Which covariates
//!
//! | season | as |
//! |---|---|
//! | a smooth year | [`CalendarCovariates::yearly`], one or two waves |
//! | December | a column that is 1 in its weeks |
//! | a campaign to all | a column that is 1 while it runs |
//! | a letter to some | a column of each customer, 1 in the weeks after it ([`CalendarCovariates::with_own`]) |
//! | inflation, trend | years since some day, a column that grows: the model carries it on |
//!
//! A covariate that never moves while customers are active cannot be told from the rate itself: its effect is not identified,
//! and its standard error is `None`.

use crate::data::PerCustomer;
use crate::error::{Error, Result};
use crate::types::{AsOf, Day, Horizon};

use super::tracking::MOST_WEEKS;

/// Covariates that change over the calendar: seasons, campaigns, prices; constant within periods of equal length.
///
/// Period k covers the days from `start` + k times its length on. Columns that are the same for everybody come first
/// ([`new`](Self::new)), those of each customer after them ([`with_own`](Self::with_own)). A fit needs them from the first
/// purchase to the as-of day, a forecast to its last day: what is not known that far ahead cannot help a forecast.
///
/// ```
/// use regulars::ltv::CalendarCovariates;
/// use regulars::types::{AsOf, Day, Horizon};
///
/// // A campaign in the second of three weeks.
/// let start = Day::ymd(2024, 3, 4)?;
/// let campaign = CalendarCovariates::new(["campaign"], start, Horizon::weeks(1)?, vec![0.0, 1.0, 0.0])?;
/// assert_eq!(campaign.days(), (start, Day::ymd(2024, 3, 24)?));
/// // The turn of the year, week by week, as far as a forecast will go.
/// let season = CalendarCovariates::yearly(1, Day::ymd(2023, 1, 1)?, AsOf::ymd(2025, 12, 31)?)?;
/// assert_eq!(season.names(), ["year cos 1", "year sin 1"]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarCovariates {
    start: Day,
    period: u32,
    periods: usize,
    /// Names of the shared columns, then of the customers' own.
    names: Vec<String>,
    /// How many of them are shared.
    shared: usize,
    /// Period by period.
    values: Vec<f64>,
    own: Option<PerCustomer<Vec<f64>>>,
}

/// A year of the Gregorian calendar, in days.
const YEAR: f64 = 365.2425;

impl CalendarCovariates {
    /// Columns that are the same for everybody: `values` period by period, one number for each name.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without names or values,
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) where the last period is not whole,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a name twice, or with period and name for a value that is not
    /// finite or above a million in size.
    pub fn new<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        start: Day,
        period: Horizon,
        values: Vec<f64>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.is_empty() || values.is_empty() {
            return Err(Error::empty("covariates need a name and a period"));
        }
        check_names(&names)?;
        if !values.len().is_multiple_of(names.len()) {
            let whole = values.len().div_ceil(names.len()) * names.len();
            return Err(Error::shape("values of covariates", whole, values.len()));
        }
        check_values(&names, &values)?;
        let (shared, periods) = (names.len(), values.len() / names.len());
        let calendar = Self { start, period: period.in_days(), periods, names, shared, values, own: None };
        if calendar.last().is_none() {
            return Err(Error::input("the last period ends after the last day there is"));
        }
        Ok(calendar)
    }

    /// The year as waves: cosine and sine of `waves` periods a year and of all whole numbers below, week by week from
    /// `start` to the week of `end`. One or two waves are enough for most shops; a sharper season (December alone) is a
    /// column of its own.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless there are 1 to 26 waves and `end` is not before `start` nor two
    /// centuries behind it.
    pub fn yearly(waves: u32, start: Day, end: AsOf) -> Result<Self> {
        if !(1..=26).contains(&waves) {
            return Err(Error::param("waves", "must be 1 to 26", waves));
        }
        let days = end.day() - start;
        if days < 0 {
            return Err(Error::param("end", "must not be before the start", end.day()));
        }
        let names = (1..=waves).flat_map(|w| [format!("year cos {w}"), format!("year sin {w}")]);
        let weeks = days / 7 + 1;
        if weeks > MOST_WEEKS {
            return Err(Error::param("end", "must be within two centuries of the start", end.day()));
        }
        let middle = |week: i64| f64::from(start.days_since_epoch()) + week as f64 * 7.0 + 3.0;
        let values = (0..weeks).flat_map(|week| {
            let turn = std::f64::consts::TAU * middle(week) / YEAR;
            (1..=waves).flat_map(move |w| [(f64::from(w) * turn).cos(), (f64::from(w) * turn).sin()])
        });
        Self::new(names, start, Horizon::weeks(1)?, values.collect())
    }

    /// Adds columns of each customer: for every one of them as many values as periods times `names`, period by period. Who
    /// is not among them has zeros.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`InvalidInput`](crate::ErrorKind::InvalidInput) where there are own columns already.
    ///
    /// ```
    /// use regulars::data::{Customers, PerCustomer};
    /// use regulars::ltv::CalendarCovariates;
    /// use regulars::types::{Day, Horizon};
    ///
    /// let season = CalendarCovariates::new(["december"], Day::ymd(2023, 11, 1)?, Horizon::days(30)?, vec![0.0, 1.0])?;
    /// let mailed = PerCustomer::new(Customers::numbered(2)?, vec![vec![0.0, 0.0], vec![1.0, 0.0]])?;
    /// assert_eq!(season.with_own(["mailed"], mailed)?.names(), ["december", "mailed"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn with_own<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
        values: PerCustomer<Vec<f64>>,
    ) -> Result<Self> {
        if self.own.is_some() {
            return Err(Error::input("there are columns of each customer already"));
        }
        let own: Vec<String> = names.into_iter().map(Into::into).collect();
        if own.is_empty() {
            return Err(Error::empty("covariates need a name"));
        }
        for row in values.values() {
            if row.len() != self.periods * own.len() {
                return Err(Error::shape(
                    "values of a customer's covariates",
                    self.periods * own.len(),
                    row.len(),
                ));
            }
            check_values(&own, row)?;
        }
        self.names.extend(own);
        check_names(&self.names)?;
        self.own = Some(values);
        Ok(self)
    }

    /// The names of the columns, those of everybody first: the order of a model's effects.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The first and the last day covered, both inclusive.
    pub fn days(&self) -> (Day, Day) {
        (self.start, self.last().unwrap_or(self.start))
    }

    /// The last day of the last period; `None` beyond the last day there is.
    fn last(&self) -> Option<Day> {
        let periods = i64::try_from(self.periods).ok()?;
        self.start.checked_add(periods.checked_mul(i64::from(self.period))? - 1)
    }

    /// `Ok` where all days from `first` to `last` are covered.
    pub(super) fn covers(&self, first: Day, last: Day) -> Result<()> {
        let (from, to) = self.days();
        if from <= first && last <= to {
            Ok(())
        } else {
            Err(Error::input(format!(
                "the covariates cover {from} to {to}, but are needed from {first} to {last}"
            )))
        }
    }

    /// The columns of one customer.
    pub(super) fn of<'a>(&'a self, key: Option<crate::types::Key<'_>>) -> Column<'a> {
        let own = self.own.as_ref().zip(key).and_then(|(own, key)| own.by_key(key)).map(Vec::as_slice);
        Column { calendar: self, own }
    }
}

/// Each name once, none empty.
fn check_names(names: &[String]) -> Result<()> {
    match names.iter().enumerate().find(|(i, name)| name.is_empty() || names[..*i].contains(name)) {
        Some((_, name)) => Err(Error::input(format!("covariate `{name}` needs a name of its own"))),
        None => Ok(()),
    }
}

/// Finite values of at most a million: beyond that exponentials of effects mean nothing.
fn check_values(names: &[String], values: &[f64]) -> Result<()> {
    match values.iter().position(|v| v.is_nan() || v.abs() > 1e6) {
        Some(i) => {
            let (period, name) = (i / names.len(), &names[i % names.len()]);
            let what = format!("covariate `{name}` must be a number of at most a million");
            Err(Error::row(period as u64 + 1, None, what))
        }
        None => Ok(()),
    }
}

/// The covariates of one customer over time.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    calendar: &'a CalendarCovariates,
    own: Option<&'a [f64]>,
}

impl Column<'_> {
    /// Writes the covariates of a day to `z`; returns the last day of the period.
    pub(super) fn at(&self, day: Day, z: &mut [f64]) -> Day {
        let c = self.calendar;
        let period = i64::from(c.period);
        let k = ((day - c.start) / period).max(0);
        // Days are checked to be covered before: the last period only guards the index.
        let row = usize::try_from(k).unwrap_or(0).min(c.periods - 1);
        let (shared, own) = z.split_at_mut(c.shared);
        shared.copy_from_slice(&c.values[row * c.shared..(row + 1) * c.shared]);
        match self.own {
            Some(values) => own.copy_from_slice(&values[row * own.len()..(row + 1) * own.len()]),
            None => own.fill(0.0),
        }
        c.start.checked_add((k + 1) * period - 1).unwrap_or(day)
    }
}
