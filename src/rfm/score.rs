//! `Rfm` and `Code`: what one customer gets.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::Amount;

/// Recency, frequency and monetary value of one customer, and the scores they earn. A higher score is better on every
/// axis.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rfm {
    /// Days (or baskets, on an ordinal time axis) from the last purchase to the as-of day.
    pub recency: u32,
    /// Purchases, at least one.
    pub frequency: u32,
    /// Money spent.
    pub monetary: Amount,
    /// Weighted mean of the scores' places between lowest (0) and highest (100).
    pub weighted: f64,
    /// Score of recency from 1; the highest for those who came last.
    pub r: u8,
    /// Score of frequency from 1.
    pub f: u8,
    /// Score of monetary value from 1.
    pub m: u8,
    /// Scores there are on each axis.
    pub(super) bins: [u8; 3],
}

impl Rfm {
    /// The three scores in one: 555 is the best of five bins.
    pub fn code(&self) -> Code {
        Code { r: self.r, f: self.f, m: self.m }
    }
}

/// Three scores in one, printed `543`, or `10-4-3` where one of them has two digits.
///
/// ```
/// use regulars::rfm::Code;
///
/// let code: Code = "543".parse()?;
/// assert_eq!((code.r, code.f, code.m), (5, 4, 3));
/// assert_eq!("10-4-3".parse::<Code>()?.to_string(), "10-4-3");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// Score of recency.
    pub r: u8,
    /// Score of frequency.
    pub f: u8,
    /// Score of monetary value.
    pub m: u8,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r, f: frequency, m } = self;
        if [r, frequency, m].iter().all(|score| **score < 10) {
            write!(f, "{r}{frequency}{m}")
        } else {
            write!(f, "{r}-{frequency}-{m}")
        }
    }
}

impl FromStr for Code {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let scores: Option<Vec<u8>> = if text.contains('-') {
            text.split('-').map(|part| part.parse().ok()).collect()
        } else {
            text.chars().map(|c| c.to_digit(10).and_then(|d| u8::try_from(d).ok())).collect()
        };
        match scores.as_deref() {
            Some([r, f, m]) => Ok(Self { r: *r, f: *f, m: *m }),
            _ => Err(Error::param("code", "must be three scores such as 543 or 10-4-3", text)),
        }
    }
}
