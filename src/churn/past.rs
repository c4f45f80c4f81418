//! `Known` and `Past`: orders with what else is known of the customers.
//!
//! | wanted | give | labels |
//! |---|---|---|
//! | learn from orders | [`Split`] | by the purchases of its holdout |
//! | the same with service contacts, complaints, visits | [`Past::events`] | the same |
//! | learn who ends a contract | [`Past::contracts`] | by the ends of contracts within the holdout |
//! | predict or explain now | [`Observed`], or [`Known`] with the same extras | |
//!
//! Events and contracts may reach beyond the day: they are read through the same guard as orders, and what lies after it is not
//! there. A model that learned from them asks for them again.

use crate::data::{Contracts, Events, Observed, Split};
use crate::error::Result;
use crate::types::{AsOf, CustomerIx};

/// What is known at a day: orders, and perhaps events and contracts. An [`Observed`] alone will do wherever this is asked for.
///
/// ```
/// use regulars::churn::Known;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Seed};
///
/// let shop = ShopParams::new(50, Seed(1)).simulate()?;
/// let (ledger, events) = (shop.ledger()?, shop.events()?);
/// let now = Known::new(ledger.observed(AsOf::new(shop.days().1))?).events(&events);
/// assert_eq!(now.observed().as_of(), AsOf::new(shop.days().1));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Known<'a> {
    pub(super) observed: Observed<'a>,
    pub(super) events: Option<&'a Events>,
    pub(super) contracts: Option<&'a Contracts>,
}

impl<'a> Known<'a> {
    /// Orders alone.
    pub fn new(observed: Observed<'a>) -> Self {
        Self { observed, events: None, contracts: None }
    }

    /// With events (service contacts, complaints, visits), found by the customers' keys. Those after the day of the orders
    /// stay unseen.
    pub fn events(mut self, events: &'a Events) -> Self {
        self.events = Some(events);
        self
    }

    /// With contracts, found by the customers' keys. What begins or ends after the day of the orders stays unseen.
    pub fn contracts(mut self, contracts: &'a Contracts) -> Self {
        self.contracts = Some(contracts);
        self
    }

    /// The orders.
    pub fn observed(&self) -> Observed<'a> {
        self.observed
    }

    /// The same, restricted to one customer: see [`Observed::only`].
    ///
    /// # Errors
    /// As [`Observed::only`].
    pub fn only(self, customer: CustomerIx) -> Result<Self> {
        Ok(Self { observed: self.observed.only(customer)?, ..self })
    }

    pub(super) fn as_of(&self) -> AsOf {
        self.observed.as_of()
    }
}

impl<'a> From<Observed<'a>> for Known<'a> {
    fn from(observed: Observed<'a>) -> Self {
        Self::new(observed)
    }
}

/// A cut with its holdout, to learn from or be judged by, and perhaps events and contracts. A [`Split`] alone will do wherever
/// this is asked for.
///
/// ```
/// use regulars::churn::{ChurnParams, Leaving, Past};
/// use regulars::data::{Contract, Contracts, Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Horizon};
///
/// let (mut orders, mut contracts) = (Ledger::builder(Currency::EUR), Contracts::builder());
/// for customer in 0..120 {
///     // Every third customer buys less and less and cancels.
///     let leaves = customer % 3 == 0;
///     for k in 0..if leaves { 4 } else { 12 } {
///         orders.push(Transaction::new(customer, Day::new(19_000 + 20 * k + customer % 15)))?;
///     }
///     let contract = Contract::new(customer, Day::new(19_000));
///     contracts.push(if leaves { contract.end(Day::new(19_200 + customer % 20)) } else { contract })?;
/// }
/// let (ledger, contracts) = (orders.build()?, contracts.build()?);
/// let split = ledger.split(AsOf::new(Day::new(19_190)), Horizon::days(40)?)?;
/// let params = ChurnParams::new().leaving(Leaving::Contract);
/// let model = params.fit(&[Past::new(split).contracts(&contracts)])?;
/// assert!((model.churn_rate() - 1.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Past<'a> {
    pub(super) split: Split<'a>,
    pub(super) events: Option<&'a Events>,
    pub(super) contracts: Option<&'a Contracts>,
}

impl<'a> Past<'a> {
    /// Orders alone.
    pub fn new(split: Split<'a>) -> Self {
        Self { split, events: None, contracts: None }
    }

    /// As [`Known::events`].
    pub fn events(mut self, events: &'a Events) -> Self {
        self.events = Some(events);
        self
    }

    /// As [`Known::contracts`]; their ends within the holdout are the labels of
    /// [`Leaving::Contract`](super::Leaving::Contract).
    pub fn contracts(mut self, contracts: &'a Contracts) -> Self {
        self.contracts = Some(contracts);
        self
    }

    /// The cut.
    pub fn split(&self) -> Split<'a> {
        self.split
    }

    pub(super) fn known(&self) -> Known<'a> {
        Known { observed: self.split.observed(), events: self.events, contracts: self.contracts }
    }
}

impl<'a> From<Split<'a>> for Past<'a> {
    fn from(split: Split<'a>) -> Self {
        Self::new(split)
    }
}

impl<'a> From<&Split<'a>> for Past<'a> {
    fn from(split: &Split<'a>) -> Self {
        Self::new(*split)
    }
}

impl<'a> From<&Past<'a>> for Past<'a> {
    fn from(past: &Past<'a>) -> Self {
        *past
    }
}
