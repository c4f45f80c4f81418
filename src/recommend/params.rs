//! `NextItemParams`: which method, what a basket is, which item belongs to which category.
//!
//! Parameters are values: a builder returns itself, nothing is read before [`fit`](NextItemParams::fit), and one set fits any
//! number of models. What is wrong with them is told by `check`, by the name of the parameter, before any data is looked at.

use std::borrow::Cow;
use std::fmt;

use crate::data::Occasion;
use crate::error::{Error, Result};
use crate::types::Key;

use super::baskets::{BasketSource, Baskets};
use super::methods::{AlsParams, ItemItemParams, MarkovChainParams, TifuKnnParams, UpCfParams};
use super::model::NextItemModel;

/// How items are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Method {
    /// Everybody's most popular items (G-TopFreq).
    GTopFreq,
    /// The customer's own most frequent items, and nothing else (P-TopFreq). A customer with few items gets a short
    /// list; one without any is served by popularity.
    PTopFreq,
    /// The customer's own most frequent items, then everybody's (GP-TopFreq). Ties by popularity: breaking them by
    /// first purchase, as published code does, costs about a tenth of the recall.
    GpTopFreq,
    /// The default, a learned ranker: whatever the methods above know, and the rhythm of the customer's purchases, items that go
    /// together and similar customers, weighed as each customer's own latest basket teaches. Where that teaches
    /// nothing, or too little to beat it on customers kept back, [`GpTopFreq`](Self::GpTopFreq) answers.
    #[default]
    Learned,
    /// Own frequencies with decay, and those of the nearest customers.
    TifuKnn(TifuKnnParams),
    /// Popularity in the latest baskets of the customer and of similar ones.
    UpCf(UpCfParams),
    /// Items that go with the customer's.
    ItemItem(ItemItemParams),
    /// Items that follow those of the latest baskets.
    MarkovChain(MarkovChainParams),
    /// Implicit matrix factors.
    Als(AlsParams),
}

impl Method {
    fn check(&self) -> Result<()> {
        match self {
            Self::TifuKnn(params) => params.check(),
            Self::UpCf(params) => params.check(),
            Self::ItemItem(params) => params.check(),
            Self::MarkovChain(params) => params.check(),
            Self::Als(params) => params.check(),
            Self::GTopFreq | Self::PTopFreq | Self::GpTopFreq | Self::Learned => Ok(()),
        }
    }
}

/// Fits a [`NextItemModel`]. See the [module page](super).
///
/// ```
/// use regulars::recommend::{Method, NextItemParams};
/// use regulars::data::Occasion;
///
/// let params = NextItemParams::new().occasion(Occasion::Order).method(Method::GpTopFreq);
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct NextItemParams {
    pub(super) method: Method,
    pub(super) occasion: Occasion,
    pub(super) categories: Vec<(Key<'static>, Key<'static>)>,
    pub(super) neighbours: Option<Vec<Key<'static>>>,
}

/// Prints settings and counts, never a customer, an item or a category.
impl fmt::Debug for NextItemParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params = f.debug_struct("NextItemParams");
        params.field("method", &self.method).field("occasion", &self.occasion);
        params.field("categories", &self.categories.len());
        params.field("neighbours", &self.neighbours.as_ref().map(Vec::len)).finish()
    }
}

impl NextItemParams {
    /// The default: nothing needs to be set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How items are scored: the learned ranker unless set.
    ///
    /// ```
    /// use regulars::recommend::{Method, NextItemParams, TifuKnnParams};
    /// let tuned = TifuKnnParams::new().neighbours(900).own_share(0.1);
    /// assert!(NextItemParams::new().method(Method::TifuKnn(tuned)).check().is_ok());
    /// // The parameters of a method are checked with the rest.
    /// assert!(NextItemParams::new().method(Method::TifuKnn(tuned.groups(0))).check().is_err());
    /// ```
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// What a basket is: all purchases of a day (the default) or an order. Take orders where a customer places several a day
    /// and they differ in kind.
    ///
    /// ```
    /// use regulars::{data::Occasion, recommend::NextItemParams};
    /// assert!(NextItemParams::new().occasion(Occasion::Order).check().is_ok());
    /// assert!(NextItemParams::new().occasion(Occasion::Row).check().is_err());
    /// ```
    pub fn occasion(mut self, occasion: Occasion) -> Self {
        self.occasion = occasion;
        self
    }

    /// (item, category) pairs, for [`Request::per_category`](super::Request::per_category). Items that are not listed
    /// belong to no category and are not limited; of two pairs for one item the later holds.
    ///
    /// ```
    /// let params = regulars::recommend::NextItemParams::new().categories([("oolong", "tea"), ("sencha", "tea")]);
    /// # assert!(params.check().is_ok());
    /// ```
    pub fn categories<'k, I, C>(mut self, pairs: impl IntoIterator<Item = (I, C)>) -> Self
    where
        I: Into<Key<'k>>,
        C: Into<Key<'k>>,
    {
        self.categories =
            pairs.into_iter().map(|(i, c)| (i.into().into_owned(), c.into().into_owned())).collect();
        self
    }

    /// Who may be a neighbour of others under [`Method::TifuKnn`] and [`Method::UpCf`]: all customers with a basket unless
    /// set. Leaves out staff and test accounts, or the customers a protocol holds out. Of equally near neighbours the one
    /// named earlier counts; keys that the baskets do not hold are passed over.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Method, NextItemParams, UpCfParams};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, item) in [("ann", "tea"), ("staff", "tea"), ("staff", "ink"), ("bob", "tea"), ("bob", "milk")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let params = NextItemParams::new().method(Method::UpCf(UpCfParams::new())).neighbours(["ann", "bob"]);
    /// let model = params.fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// assert_eq!(model.recommend("ann", 2)?[1].item, "milk".into());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn neighbours<'k>(mut self, customers: impl IntoIterator<Item = impl Into<Key<'k>>>) -> Self {
        self.neighbours = Some(customers.into_iter().map(|key| key.into().into_owned()).collect());
        self
    }

    /// Whether the parameters can be used.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for [`Occasion::Row`]: a basket of one row is no basket; and as the
    /// parameters of the method say.
    pub fn check(&self) -> Result<()> {
        self.method.check()?;
        match self.occasion {
            Occasion::Day | Occasion::Order => Ok(()),
            other => Err(Error::param("occasion", "must be Day or Order", format!("{other:?}"))),
        }
    }

    /// Fits on what is known as of a day, or on ready [`Baskets`].
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Baskets, NextItemParams};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for day in [1, 8] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).item("tea"))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 10)?)?;
    /// let from_ledger = NextItemParams::new().fit(now)?;
    /// let from_baskets = NextItemParams::new().fit(&Baskets::new(now, Occasion::Day)?)?;
    /// assert_eq!(from_ledger.recommend("ann", 1)?, from_baskets.recommend("ann", 1)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`Baskets::new`]; [`EmptyInput`](crate::ErrorKind::EmptyInput) for no baskets.
    pub fn fit<'a>(&self, data: impl Into<BasketSource<'a>>) -> Result<NextItemModel> {
        self.check()?;
        let baskets = match data.into() {
            BasketSource::Observed(now) => Cow::Owned(Baskets::new(now, self.occasion)?),
            BasketSource::Baskets(baskets) => Cow::Borrowed(baskets),
        };
        if baskets.is_empty() {
            return Err(Error::empty("no baskets"));
        }
        NextItemModel::new(self, baskets.into_owned())
    }
}
