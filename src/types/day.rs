//! `Day`, `AsOf`, `Horizon`, `Weekday`.
//!
//! The calendar is the proleptic Gregorian one; conversion to and from dates is H. Hinnant's algorithm
//! ("chrono-compatible low-level date algorithms", <https://howardhinnant.github.io/date_algorithms.html>): a few
//! divisions, no table, no loop.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::error::{Error, Result};

use super::date::{self, Misread};

/// A calendar day: days since 1970-01-01 in the proleptic Gregorian calendar (the same number as Arrow's `Date32`).
///
/// The crate never converts instants: cut them into days in your own time zone.
/// For data without dates a `Day` may hold a basket number instead; see [`TimeAxis`](crate::data::TimeAxis).
///
/// ```
/// use regulars::types::{Day, Weekday};
///
/// let day = Day::ymd(2011, 12, 9)?;
/// assert_eq!(day.to_string(), "2011-12-09");
/// assert_eq!(day, "2011年12月9日".parse()?);
/// assert_eq!(day - Day::ymd(2011, 12, 1)?, 8);
/// assert_eq!(day.weekday(), Weekday::Friday);
/// assert_eq!(format!("{day:?}"), "Day(2011-12-09)");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Four bytes. Every `i32` is a day and prints; [`ymd`](Self::ymd) and parsing accept the years that people write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The day that many days after 1970-01-01; negative before it. For values that are such numbers already (Arrow's
    /// `Date32`, basket numbers); for dates see [`ymd`](Self::ymd).
    ///
    /// ```
    /// use regulars::types::Day;
    /// assert_eq!(Day::new(0).to_string(), "1970-01-01");
    /// assert_eq!(Day::new(-1).to_string(), "1969-12-31");
    /// assert_eq!(Day::new(19_844).days_since_epoch(), 19_844);
    /// ```
    pub const fn new(days_since_epoch: i32) -> Self {
        Self(days_since_epoch)
    }

    /// Days since 1970-01-01, negative before it.
    pub const fn days_since_epoch(self) -> i32 {
        self.0
    }

    /// A day of the Gregorian calendar, years −9999 to 9999; year 0 is 1 BC.
    ///
    /// ```
    /// use regulars::types::Day;
    /// assert_eq!(Day::ymd(2024, 2, 29)? - Day::ymd(2024, 2, 28)?, 1);
    /// let error = Day::ymd(2023, 2, 29).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "parameter `date`: must be a day of the calendar in years -9999 to 9999, got 2023-02-29"
    /// );
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a day that does not exist, such as 30
    /// February.
    pub fn ymd(year: i32, month: u32, day: u32) -> Result<Self> {
        let exists = (-9999..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        if exists {
            Ok(Self(days_from_civil(year, month, day)))
        } else {
            let got = format!("{year:04}-{month:02}-{day:02}");
            Err(Error::param("date", "must be a day of the calendar in years -9999 to 9999", got))
        }
    }

    /// A date that another calendar library has checked.
    #[cfg(feature = "jiff")]
    pub(super) fn of_valid(year: i32, month: u32, day: u32) -> Self {
        Self(days_from_civil(year, month, day))
    }

    /// Year, month (1 to 12) and day of the month (1 to 31); defined for every `Day`.
    ///
    /// ```
    /// use regulars::types::Day;
    /// assert_eq!(Day::new(19_782).to_ymd(), (2024, 2, 29));
    /// ```
    pub fn to_ymd(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// Day of the week. Meaningless for basket numbers, which the crate therefore never asks.
    ///
    /// ```
    /// use regulars::types::{Day, Weekday};
    /// assert_eq!(Day::new(0).weekday(), Weekday::Thursday); // 1970-01-01
    /// assert_eq!(Day::new(-4).weekday(), Weekday::Sunday);
    /// ```
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (i64::from(self.0) + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The day `days` later (earlier when negative), or `None` beyond the range of the type.
    ///
    /// ```
    /// use regulars::types::Day;
    /// assert_eq!(Day::ymd(2024, 12, 31)?.checked_add(1), Some(Day::ymd(2025, 1, 1)?));
    /// assert_eq!(Day::new(i32::MAX).checked_add(1), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn checked_add(self, days: i64) -> Option<Self> {
        i32::try_from(i64::from(self.0) + days).ok().map(Self)
    }
}

/// Days from `rhs` to `self`, negative where `rhs` is later; 64 bits, so that no pair overflows.
impl std::ops::Sub for Day {
    type Output = i64;

    fn sub(self, rhs: Self) -> i64 {
        i64::from(self.0) - i64::from(rhs.0)
    }
}

/// The date with its type, as logs are read by people.
impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

/// The date with its type.
impl fmt::Debug for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsOf({})", self.0)
    }
}

/// ISO 8601, `2011-12-09`; years of more than four digits are printed in full.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads `2011-12-09`, `2011/12/9`, `2011.12.9`, `20111209`, `2011年12月9日` and `9 Dec 2011`, in
/// ASCII or full-width digits. Not `09/12/2011`, which means different days in different countries:
/// see [`DateOrder`](super::DateOrder).
///
/// ```
/// use regulars::{ErrorKind, types::Day};
/// let day = Day::ymd(2011, 12, 9)?;
/// for text in ["2011-12-09", "2011/12/9", "2011.12.9", "20111209", " 2011年12月9日 ", "Dec 9, 2011"] {
///     assert_eq!(text.parse::<Day>()?, day);
/// }
/// assert_eq!("09/12/2011".parse::<Day>().unwrap_err().kind(), ErrorKind::InvalidInput);
/// // A date that is no day is bad input too, as it is in a file.
/// assert_eq!("2011-02-29".parse::<Day>().unwrap_err().kind(), ErrorKind::InvalidInput);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for everything else.
impl FromStr for Day {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        date::day(text.trim()).map_err(|fault| match fault {
            Misread::NoDay => Error::input("expected a day of the calendar, got a date that does not exist"),
            Misread::NoDate | Misread::Unstated => {
                Error::input("expected a date such as 2011-12-09, 2011/12/9, 20111209 or 2011年12月9日")
            }
        })
    }
}

/// Every fourth year, except full centuries that 400 does not divide.
fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month from 1 to 12.
fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts from 1 March of year 0, so that the leap day ends the year, in eras of 400 years = 146,097 days.
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month.cast_signed() + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.cast_signed() - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`], in 64 bits so that every `i32` has an answer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "years of i32 days lie within ±5.9 million"
)]
fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

/// A day of the week; ordered from Monday, as ISO 8601 counts.
///
/// ```
/// use regulars::types::Weekday;
/// assert!(Weekday::Monday < Weekday::Sunday);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(missing_docs, reason = "the names say all")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The last day that is known, inclusive. Features come from days up to it; what follows it is the future.
///
/// A type of its own, so that nobody passes a first day, an exclusive end or "today" where the last known day is
/// meant. A back-test moves it into the past; production sets it to yesterday, the last complete day.
///
/// ```
/// use regulars::types::AsOf;
/// assert_eq!(AsOf::ymd(2011, 9, 1)?.day().to_string(), "2011-09-01");
/// assert_eq!(format!("{:?}", AsOf::ymd(2011, 9, 1)?), "AsOf(2011-09-01)");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct AsOf(Day);

impl AsOf {
    /// Everything up to and including `day` is known.
    ///
    /// ```
    /// use regulars::types::{AsOf, Day};
    /// assert_eq!(AsOf::new(Day::new(0)).to_string(), "1970-01-01");
    /// ```
    pub const fn new(day: Day) -> Self {
        Self(day)
    }

    /// Shorthand for `AsOf::new(Day::ymd(..)?)`.
    ///
    /// # Errors
    /// As [`Day::ymd`].
    pub fn ymd(year: i32, month: u32, day: u32) -> Result<Self> {
        Day::ymd(year, month, day).map(Self)
    }

    /// The last known day.
    pub const fn day(self) -> Day {
        self.0
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Reads a day as [`Day`] does: `2011-12-09`.
///
/// ```
/// use regulars::types::AsOf;
/// assert_eq!("2011-09-01".parse::<AsOf>()?, AsOf::ymd(2011, 9, 1)?);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for everything that is no day.
impl FromStr for AsOf {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self)
    }
}

/// How many days to look ahead, at least one: the days `as_of` + 1 to `as_of` + horizon.
///
/// ```
/// use regulars::types::Horizon;
/// assert_eq!(Horizon::weeks(4)?, Horizon::days(28)?);
/// assert!(Horizon::days(0).is_err());
/// assert_eq!(Horizon::days(90)?.to_string(), "90 days");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Months have no fixed length and are left to the caller: 30, 31, or the days of the months in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Horizon(NonZeroU32);

impl Horizon {
    /// The longest horizon: 1,000 years.
    const MAX_DAYS: u32 = 365_250;

    /// A horizon in days.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 and above 365,250 days:
    ///
    /// ```
    /// use regulars::types::Horizon;
    /// let error = Horizon::days(0).unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `horizon`: must be 1 to 365250 days, got 0");
    /// assert_eq!(Horizon::days(365)?.in_days(), 365);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn days(days: u32) -> Result<Self> {
        match NonZeroU32::new(days) {
            Some(n) if days <= Self::MAX_DAYS => Ok(Self(n)),
            _ => Err(Error::param("horizon", "must be 1 to 365250 days", days)),
        }
    }

    /// A horizon in weeks of seven days.
    ///
    /// # Errors
    /// As [`Horizon::days`].
    pub fn weeks(weeks: u32) -> Result<Self> {
        Self::days(weeks.saturating_mul(7))
    }

    /// Its length in days.
    pub const fn in_days(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days", self.0)
    }
}

/// Reads days or weeks: `90`, `90d`, `90 days`, `12w`, `12 weeks`, `90天`, `12周`, or ISO 8601's
/// `P90D` and `P12W`.
///
/// A bare number counts days. Months and years have no fixed length and are refused.
///
/// ```
/// use regulars::{ErrorKind, types::Horizon};
/// for text in ["84", "84d", "84 days", "12w", "12 Weeks", "P12W", "12周"] {
///     assert_eq!(text.parse::<Horizon>()?, Horizon::weeks(12)?);
/// }
/// for text in ["", "0", "-5", "3 months", "1y", "w", "1.5w"] {
///     assert_eq!(text.parse::<Horizon>().unwrap_err().kind(), ErrorKind::InvalidInput);
/// }
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for everything else, 0 and more than 365,250
/// days included.
impl FromStr for Horizon {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_lowercase();
        let text = lower.strip_prefix('p').unwrap_or(&lower);
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let of = match unit.trim() {
            "" | "d" | "day" | "days" | "天" | "日" => Self::days,
            "w" | "week" | "weeks" | "周" | "週" => Self::weeks,
            _ => |_| Err(Error::input("")),
        };
        digits.parse().ok().and_then(|n| of(n).ok()).ok_or_else(|| {
            Error::input("expected a horizon such as 90, 90d, 90 days or 12w, of 1 to 365250 days")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_one_to_one_over_eight_centuries() {
        let mut previous = Day::ymd(1599, 12, 31).unwrap();
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let this = Day::ymd(year, month, day).unwrap();
                    assert_eq!(this - previous, 1);
                    assert_eq!(this.to_ymd(), (year, month, day));
                    previous = this;
                }
            }
        }
        assert_eq!(Day::ymd(1970, 1, 1).unwrap(), Day::new(0));
        assert_eq!(Day::ymd(2000, 3, 1).unwrap(), Day::new(11_017));
    }

    #[test]
    fn every_i32_prints() {
        assert_eq!(Day::new(i32::MAX).to_string(), "5881580-07-11");
        assert_eq!(Day::new(i32::MIN).to_ymd(), (-5_877_641, 6, 23));
    }

    #[test]
    fn reads_the_usual_forms_and_no_others() {
        let expected = Day::ymd(2011, 12, 9).unwrap();
        for text in [
            "2011-12-09",
            "2011/12/9",
            "2011.12.9",
            "20111209",
            "2011年12月9日",
            "２０１１-12-09",
            " 2011-12-09 ",
        ] {
            assert_eq!(text.parse::<Day>().unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "2011",
            "2011-12",
            "09/12/2011",
            "2011-12/09",
            "2011-12-09x",
            "2011年12-9",
            "2011-13-01",
            "2011-02-29",
            "201112099",
            "2011年12月9",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
