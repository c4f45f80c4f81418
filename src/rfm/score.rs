//! `Rfm` and `Code`: what one customer gets.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::Amount;

/// Recency, frequency and monetary value of one customer, and the scores they earn. A higher score is better on every
/// axis.
///
/// ```
/// # use regulars::{data::*, rfm::RfmParams, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (customer, day, cents) in [("ann", 3, 900), ("ann", 20, 700), ("ann", 21, -200), ("bob", 9, 400)] {
/// #     builder.push(Transaction::new(customer, Day::new(day)).amount(Amount::minor(cents)))?;
/// # }
/// # let ledger = builder.build()?;
/// // ann: 9.00 on day 3, 7.00 on day 20, 2.00 back on day 21; bob: 4.00 on day 9. Today is day 30.
/// let now = ledger.observed(AsOf::new(Day::new(30)))?;
/// let scores = RfmParams::new().bins(2).fit(now)?.score(now)?;
/// let ann = scores.by_key("ann").expect("has purchased");
/// assert_eq!((ann.recency, ann.frequency, ann.monetary), (10, 2, Amount::minor(1_400)));
/// assert_eq!((ann.r, ann.f, ann.m), (2, 2, 2));
/// assert!((ann.weighted - 100.0).abs() < 1e-9);
/// assert_eq!(scores.by_key("bob").map(|bob| bob.weighted), Some(0.0));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rfm {
    /// Days (or baskets, on an ordinal time axis) from the last purchase to the as-of day; 0 for a purchase on it.
    /// A refund is no purchase and does not make a customer recent.
    pub recency: u32,
    /// Purchases as the parameters count them, at least one.
    pub frequency: u32,
    /// Money spent, exact, in minor units; negative where more was given back than bought.
    pub monetary: Amount,
    /// Weighted mean of the scores' places between lowest (0) and highest (100). A number to sort by: customers of
    /// one code share it.
    pub weighted: f64,
    /// Score of recency from 1; the highest for those who came last.
    pub r: u8,
    /// Score of frequency from 1; the highest for those who come most often.
    pub f: u8,
    /// Score of monetary value from 1; the highest for those who spent most.
    pub m: u8,
    /// Scores there are on each axis: a segment map for other bins is refused by it.
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
/// Codes compare by recency, then frequency, then money. That is an order to list them in, not one of worth:
/// 155 comes before 211.
///
/// ```
/// use regulars::rfm::Code;
///
/// let code: Code = "543".parse()?;
/// assert_eq!((code.r, code.f, code.m), (5, 4, 3));
/// assert_eq!("10-4-3".parse::<Code>()?.to_string(), "10-4-3");
/// assert!(Code { r: 1, f: 5, m: 5 } < Code { r: 2, f: 1, m: 1 });
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Code {
    /// Score of recency.
    pub r: u8,
    /// Score of frequency.
    pub f: u8,
    /// Score of monetary value.
    pub m: u8,
}

/// Digits side by side; with hyphens as soon as one score is 10, since `1010` could be read three ways.
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

/// Reads what `Display` prints: three digits, or three numbers with hyphens.
///
/// Whether the bins in question have such a code is not known here: `"999"` parses, and
/// [`SegmentMap::segment_of`](super::SegmentMap::segment_of) answers `None` for it.
///
/// ```
/// use regulars::rfm::Code;
/// assert_eq!("5-4-3".parse::<Code>()?, "543".parse::<Code>()?);
/// let error = "54".parse::<Code>().unwrap_err();
/// assert_eq!(error.to_string(), "expected three scores such as 543 or 10-4-3");
/// # Ok::<(), regulars::Error>(())
/// ```
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
            _ => Err(Error::input("expected three scores such as 543 or 10-4-3")),
        }
    }
}
