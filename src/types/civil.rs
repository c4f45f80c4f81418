//! `Day` to and from the dates of jiff and chrono, behind the features of those names.

use super::Day;
use crate::error::{Error, Result};

/// ```
/// # #[cfg(feature = "jiff")] {
/// use regulars::types::Day;
/// let day = Day::from(jiff::civil::date(2011, 12, 9));
/// assert_eq!(day, Day::ymd(2011, 12, 9)?);
/// assert_eq!(jiff::civil::Date::try_from(day)?, jiff::civil::date(2011, 12, 9));
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Never fails: jiff's years, -9999 to 9999, all have a day.
#[cfg(feature = "jiff")]
impl From<jiff::civil::Date> for Day {
    fn from(date: jiff::civil::Date) -> Self {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        Self::of_valid(date.year().into(), month.into(), day.into())
    }
}

/// Fails with [`InvalidParam`](crate::ErrorKind::InvalidParam) outside the years -9999 to 9999.
///
/// `Day` reaches 5.8 million years either way, jiff does not.
#[cfg(feature = "jiff")]
impl TryFrom<Day> for jiff::civil::Date {
    type Error = Error;

    fn try_from(day: Day) -> Result<Self> {
        let (year, month, of_month) = day.to_ymd();
        let beyond = || Error::param("date", "must lie in years -9999 to 9999", day);
        let year = i16::try_from(year).map_err(|_| beyond())?;
        let (month, of_month) = (i8::try_from(month), i8::try_from(of_month));
        Self::new(year, month.map_err(|_| beyond())?, of_month.map_err(|_| beyond())?).map_err(|_| beyond())
    }
}

/// Days of the common era up to 1970-01-01: what chrono counts from.
#[cfg(feature = "chrono")]
const COMMON_ERA: i32 = 719_163;

/// ```
/// # #[cfg(feature = "chrono")] {
/// use chrono::NaiveDate;
/// use regulars::types::Day;
/// let date = NaiveDate::from_ymd_opt(2011, 12, 9).unwrap();
/// assert_eq!(Day::from(date), Day::ymd(2011, 12, 9)?);
/// assert_eq!(NaiveDate::try_from(Day::ymd(2011, 12, 9)?)?, date);
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Never fails: chrono's years end near 262,000.
#[cfg(feature = "chrono")]
impl From<chrono::NaiveDate> for Day {
    fn from(date: chrono::NaiveDate) -> Self {
        use chrono::Datelike;
        // chrono's years end near 262,000, far inside the days of an i32.
        Self::new(date.num_days_from_ce() - COMMON_ERA)
    }
}

/// Fails with [`InvalidParam`](crate::ErrorKind::InvalidParam) beyond chrono's range of years.
///
/// `Day` reaches 5.8 million years either way, chrono about 262,000.
#[cfg(feature = "chrono")]
impl TryFrom<Day> for chrono::NaiveDate {
    type Error = Error;

    fn try_from(day: Day) -> Result<Self> {
        day.days_since_epoch()
            .checked_add(COMMON_ERA)
            .and_then(Self::from_num_days_from_ce_opt)
            .ok_or_else(|| Error::param("date", "must lie in chrono's range of years", day))
    }
}
