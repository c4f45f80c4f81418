//! `RfmInput`: the one way in, for ledgers and streams alike.
//!
//! Fitting and scoring ask for the same four columns (first day, last day, occasions, spend), which
//! [`Purchases`] holds. This file turns each kind of source into that table and checks once, in one place,
//! what the arithmetic behind it takes for granted: the counting policy is the one asked for, somebody has
//! purchased, and there is money.

use std::borrow::Cow;

use crate::data::{Observed, Occasion, Purchases, Refunds, Summary};
use crate::error::{Error, Result};

/// What can be fitted and scored: a ledger as of a day ([`Observed`]), a stream ([`Summary`]) or its finished columns
/// ([`Purchases`]). Made by `into`; the methods of this module take any of them directly.
///
/// | from | cost | the as-of day is |
/// |---|---|---|
/// | [`Observed`] | one pass over the rows | that of the view |
/// | [`&Purchases`](Purchases) | borrowed, nothing is copied | that of the table |
/// | [`&Summary`](Summary) | a copy of the stream's state, then a sort by key | that of its parameters |
///
/// A stream has counted its purchases already: its occasions and refunds must be those of the parameters,
/// otherwise `fit` and `score` fail with [`InvalidInput`](crate::ErrorKind::InvalidInput).
/// A [`Purchases`] that is fitted and then scored is summed up once instead of twice.
///
/// ```
/// use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
/// use regulars::rfm::{RfmInput, RfmParams};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(500)))?;
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
///
/// let table = Purchases::observed(now, Occasion::Day, Refunds::Net)?;
/// let from_table = RfmParams::new().fit(&table)?.score(&table)?;
/// let from_ledger = RfmParams::new().fit(now)?.score(RfmInput::from(now))?;
/// assert_eq!(from_table, from_ledger);
///
/// // Counted by days, asked for by rows: refused, not recounted.
/// let by_rows = RfmParams::new().occasion(Occasion::Row);
/// assert_eq!(by_rows.fit(&table).unwrap_err().kind(), regulars::ErrorKind::InvalidInput);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RfmInput<'a>(Source<'a>);

/// Where the purchases come from; private, so that a new kind of source breaks no caller's `match`.
#[derive(Clone, Debug)]
enum Source<'a> {
    Observed(Observed<'a>),
    Purchases(&'a Purchases),
    Summary(&'a Summary),
}

/// A ledger as of a day. The view is `Copy`: it can be used again afterwards.
impl<'a> From<Observed<'a>> for RfmInput<'a> {
    fn from(observed: Observed<'a>) -> Self {
        Self(Source::Observed(observed))
    }
}

/// The same view by reference, for callers that hold one.
impl<'a> From<&Observed<'a>> for RfmInput<'a> {
    fn from(observed: &Observed<'a>) -> Self {
        Self(Source::Observed(*observed))
    }
}

/// Finished columns, borrowed.
impl<'a> From<&'a Purchases> for RfmInput<'a> {
    fn from(purchases: &'a Purchases) -> Self {
        Self(Source::Purchases(purchases))
    }
}

/// A stream as it stands; it is not consumed and can take more rows afterwards.
impl<'a> From<&'a Summary> for RfmInput<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self(Source::Summary(summary))
    }
}

impl<'a> RfmInput<'a> {
    /// The purchases of the customers, counted as asked for; at least one customer, with amounts.
    ///
    /// The four checks in this order: the source itself (unreadable state, overflow), the policy, emptiness, money.
    /// Policy stands before emptiness so that a wrong pairing of stream and parameters shows on the first try,
    /// also with a stream that has not seen a purchase yet.
    pub(super) fn purchases(self, occasion: Occasion, refunds: Refunds) -> Result<Cow<'a, Purchases>> {
        let purchases = match self.0 {
            Source::Observed(observed) => Cow::Owned(Purchases::observed(observed, occasion, refunds)?),
            Source::Purchases(purchases) => Cow::Borrowed(purchases),
            Source::Summary(summary) => Cow::Owned(summary.clone().finish()?),
        };
        if (purchases.occasion(), purchases.refunds()) != (occasion, refunds) {
            return Err(Error::input(format!(
                "purchases were counted by {:?} with refunds {:?}, the parameters say {occasion:?} and {refunds:?}",
                purchases.occasion(),
                purchases.refunds()
            )));
        }
        if purchases.is_empty() {
            return Err(Error::empty("no customer has a purchase on or before the as-of day"));
        }
        if purchases.spend().is_none() {
            return Err(Error::input("monetary scores need the amount column"));
        }
        Ok(purchases)
    }
}
