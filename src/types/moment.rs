//! `Moment`: a second of a day.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

use super::{AsOf, Day};

/// A second of a calendar day, in the time zone in which the caller cuts instants into days.
///
/// All moments of one data set are wall-clock times of one zone. A time between two moments may be off by
/// an hour where the clock changed in between.
///
/// ```
/// use regulars::types::{AsOf, Day, Moment};
///
/// let noon = Moment::new(Day::ymd(2024, 5, 1)?, 43_200)?;
/// assert_eq!(noon.to_string(), "2024-05-01T12:00:00");
/// assert_eq!("2024-05-01T12:00:00".parse::<Moment>()?, noon);
/// assert!(noon < Moment::from(AsOf::ymd(2024, 5, 1)?)); // the last second of the day
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    day: Day,
    second: u32,
}

impl Moment {
    /// Seconds of a day; a leap second counts as the last one of its minute.
    pub(crate) const SECONDS: u32 = 86_400;

    /// A second of a day, 0 to 86,399.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a second beyond the day.
    pub fn new(day: Day, second_of_day: u32) -> Result<Self> {
        if second_of_day < Self::SECONDS {
            Ok(Self { day, second: second_of_day })
        } else {
            Err(Error::param("second_of_day", "must be 0 to 86399", second_of_day))
        }
    }

    /// The last second of a day.
    pub(crate) fn end_of(day: Day) -> Self {
        Self { day, second: Self::SECONDS - 1 }
    }

    /// A second of a day, or its last one where the second is not known.
    pub(crate) fn known(day: Day, second: u32) -> Self {
        Self { day, second: second.min(Self::SECONDS - 1) }
    }

    /// The day.
    pub fn day(self) -> Day {
        self.day
    }

    /// The second of the day, 0 to 86,399.
    pub fn second_of_day(self) -> u32 {
        self.second
    }
}

/// The last second of the as-of day.
impl From<AsOf> for Moment {
    fn from(as_of: AsOf) -> Self {
        Self::end_of(as_of.day())
    }
}

/// ISO 8601 without a zone: `2024-05-01T12:00:00`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.second / 3_600, self.second / 60 % 60, self.second % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.day)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Moment({self})")
    }
}

/// Reads a date, `T` or a space, and `hh:mm` or `hh:mm:ss`.
impl FromStr for Moment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::input("expected a date and a time such as 2024-05-01T12:00:00");
        let (date, time) = text.split_once(['T', ' ']).ok_or_else(bad)?;
        let mut second = 0;
        let mut parts = 0;
        for (part, limit) in time.split(':').zip([24, 60, 60]) {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            let value = part.parse::<u32>().ok().filter(|v| digits && *v < limit).ok_or_else(bad)?;
            second = second * 60 + value;
            parts += 1;
        }
        match parts {
            2 if time.split(':').count() == 2 => Self::new(date.parse()?, second * 60),
            3 if time.split(':').count() == 3 => Self::new(date.parse()?, second),
            _ => Err(bad()),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
