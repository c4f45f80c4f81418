//! `RfmInput`: the one way in, for ledgers and streams alike.

use std::borrow::Cow;

use crate::data::{Observed, Occasion, Purchases, Refunds, Summary};
use crate::error::{Error, Result};

/// What can be fitted and scored: a ledger as of a day ([`Observed`]), a stream ([`Summary`]) or its finished columns
/// ([`Purchases`]). Made by `into`; the methods of this module take any of them directly.
///
/// A stream has counted its purchases already: its occasions and refunds must be those of the parameters.
#[derive(Clone, Debug)]
pub struct RfmInput<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Observed(Observed<'a>),
    Purchases(&'a Purchases),
    Summary(&'a Summary),
}

impl<'a> From<Observed<'a>> for RfmInput<'a> {
    fn from(observed: Observed<'a>) -> Self {
        Self(Source::Observed(observed))
    }
}

impl<'a> From<&Observed<'a>> for RfmInput<'a> {
    fn from(observed: &Observed<'a>) -> Self {
        Self(Source::Observed(*observed))
    }
}

impl<'a> From<&'a Purchases> for RfmInput<'a> {
    fn from(purchases: &'a Purchases) -> Self {
        Self(Source::Purchases(purchases))
    }
}

impl<'a> From<&'a Summary> for RfmInput<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self(Source::Summary(summary))
    }
}

impl<'a> RfmInput<'a> {
    /// The purchases of the customers, counted as asked for; at least one customer, with amounts.
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
