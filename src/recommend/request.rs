//! `Request`: how many items, and which may be shown.
//!
//! A request holds keys and not numbers, so that one serves any model; the model resolves it once for a whole batch. Of n
//! places with a share r of repeats, `round(n r)` are for items bought before; with diversity d the next item is the best in
//! `(1 − d) · relevance − d · likeness`; with margins the order is by `probability · margin`, the expected worth of the offer.

use std::fmt;

use crate::error::{Error, Result};
use crate::types::{Amount, Key};

/// What to do with items that the customer has bought before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AlreadyBought {
    /// They may be shown: most of what people buy next they have bought before.
    #[default]
    Allowed,
    /// Only items new to the customer.
    Excluded,
    /// Only items bought before. The list may then be shorter than asked for.
    Only,
}

/// What is wanted: how many items, which are eligible, how many of them new to the customer.
///
/// Filters act before the ranking is cut, so the list has as many items as asked for whenever that many are eligible.
/// A number converts into a plain request.
///
/// ```
/// use regulars::recommend::{AlreadyBought, Request};
///
/// let request = Request::new(10).bought(AlreadyBought::Excluded).deny(["gift card"]).per_category(2);
/// assert!(request.check().is_ok());
/// assert!(Request::new(0).check().is_err());
/// ```
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct Request {
    pub(super) how_many: usize,
    pub(super) bought: AlreadyBought,
    pub(super) repeat_share: Option<f64>,
    pub(super) allow: Option<Vec<Key<'static>>>,
    pub(super) deny: Vec<Key<'static>>,
    pub(super) per_category: Option<usize>,
    pub(super) diversity: f64,
    pub(super) margins: Option<Vec<(Key<'static>, Amount)>>,
}

/// Prints settings and counts, never an item or a margin.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut request = f.debug_struct("Request");
        request.field("how_many", &self.how_many).field("bought", &self.bought);
        request.field("repeat_share", &self.repeat_share);
        request.field("allow", &self.allow.as_ref().map(Vec::len)).field("deny", &self.deny.len());
        request.field("per_category", &self.per_category).field("diversity", &self.diversity);
        request.field("margins", &self.margins.as_ref().map(Vec::len)).finish()
    }
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    Request, Self::new(0);
    how_many: usize;
    bought: AlreadyBought, repeat_share: Option<f64>, allow: Option<Vec<Key<'static>>>,
    deny: Vec<Key<'static>>, per_category: Option<usize>, diversity: f64,
    margins: Option<Vec<(Key<'static>, Amount)>>,
}

impl From<usize> for Request {
    fn from(how_many: usize) -> Self {
        Self::new(how_many)
    }
}

impl Request {
    /// That many items, nothing else asked.
    pub fn new(how_many: usize) -> Self {
        Self {
            how_many,
            bought: AlreadyBought::default(),
            repeat_share: None,
            allow: None,
            deny: Vec::new(),
            per_category: None,
            diversity: 0.0,
            margins: None,
        }
    }

    /// What to do with items bought before: shown where they are the best guess, unless set.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{AlreadyBought, NextItemParams, Request};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, item) in [("ann", "tea"), ("bob", "milk")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let only = |bought| model.recommend("ann", Request::new(1).bought(bought));
    /// assert_eq!(only(AlreadyBought::Only)?[0].item, "tea".into());
    /// assert_eq!(only(AlreadyBought::Excluded)?[0].item, "milk".into());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn bought(mut self, bought: AlreadyBought) -> Self {
        self.bought = bought;
        self
    }

    /// The share of the list, 0 to 1, that should be items bought before; the rest are new to the customer. Where one
    /// kind runs out the other fills its places. Without it the scores alone decide.
    ///
    /// ```
    /// use regulars::recommend::Request;
    /// assert!(Request::new(10).repeat_share(0.7).check().is_ok());
    /// assert!(Request::new(10).repeat_share(1.2).check().is_err());
    /// ```
    pub fn repeat_share(mut self, share: f64) -> Self {
        self.repeat_share = Some(share);
        self
    }

    /// Only these items, such as those in stock. Items the model does not know are passed over; where it knows none of them
    /// the list is empty, and an allow list without any item is an error.
    ///
    /// ```
    /// use regulars::recommend::Request;
    /// assert!(Request::new(3).allow(["tea", "milk"]).check().is_ok());
    /// assert!(Request::new(3).allow(Vec::<&str>::new()).check().is_err());
    /// ```
    pub fn allow<'k>(mut self, items: impl IntoIterator<Item = impl Into<Key<'k>>>) -> Self {
        self.allow = Some(items.into_iter().map(|key| key.into().into_owned()).collect());
        self
    }

    /// None of these items: sold out, recalled, unsuitable. Denied beats allowed.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for item in ["tea", "milk"] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let list = model.recommend("ann", Request::new(2).allow(["tea", "milk"]).deny(["tea"]))?;
    /// assert_eq!((list.len(), list[0].item.to_string()), (1, "milk".into()));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn deny<'k>(mut self, items: impl IntoIterator<Item = impl Into<Key<'k>>>) -> Self {
        self.deny = items.into_iter().map(|key| key.into().into_owned()).collect();
        self
    }

    /// At most so many items of one [category](super::NextItemParams::categories).
    pub fn per_category(mut self, at_most: usize) -> Self {
        self.per_category = Some(at_most);
        self
    }

    /// How much unlikeness counts against the score, 0 (the default: not at all) to 1. Items are taken one by one, each the
    /// best in `(1 − d) · score − d · likeness to those taken`, scores on a scale of 0 to 1; likeness is the cosine of buyers,
    /// or 1 within a [category](super::NextItemParams::categories) (maximal marginal relevance, Carbonell and Goldstein
    /// 1998, doi:10.1145/290941.291025). The list is then in the order of the taking.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Method, NextItemParams, Request};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, item) in [("ann", "sencha"), ("ann", "oolong"), ("bob", "sencha"), ("bob", "oolong"), ("eve", "soap")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let params = NextItemParams::new().method(Method::GTopFreq).categories([("sencha", "tea"), ("oolong", "tea")]);
    /// let model = params.fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// let second = |request: Request| Ok::<_, regulars::Error>(model.recommend("zoe", request)?[1].item.to_string());
    /// assert_eq!(second(Request::new(2))?, "sencha");
    /// assert_eq!(second(Request::new(2).diversity(0.9))?, "soap");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn diversity(mut self, strength: f64) -> Self {
        self.diversity = strength;
        self
    }

    /// Ranks by expected value: the [probability](super::Recommendation::probability) that the customer buys the item next,
    /// times the margin it leaves. Items without a margin are worth 0, and a loss ranks below. Compared are the items the
    /// model scores for the customer: under the default all bought before and up to 250 new ones.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Method, NextItemParams, Request};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (day, item) in [(1, "tea"), (1, "pot"), (2, "tea")] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().method(Method::GpTopFreq).fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// let request = Request::new(2).margins([("tea", Amount::minor(100)), ("pot", Amount::minor(900))]);
    /// let offer = &model.recommend("ann", request)?[0];
    /// // Half as probable, nine times the margin.
    /// assert_eq!((offer.item.to_string(), offer.probability.get()), ("pot".into(), 0.5));
    /// assert_eq!(offer.value.map(|v| v.in_minor()), Some(450.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn margins<'k>(mut self, margins: impl IntoIterator<Item = (impl Into<Key<'k>>, Amount)>) -> Self {
        self.margins = Some(margins.into_iter().map(|(key, m)| (key.into().into_owned(), m)).collect());
        self
    }

    /// Whether the first so many in order are taken, whatever they are: no quota.
    pub(super) fn takes_the_first(&self) -> bool {
        self.repeat_share.is_none() && self.per_category.is_none()
    }

    /// Whether the order is that of scores: no margins, no diversity.
    pub(super) fn orders_by_score(&self) -> bool {
        self.margins.is_none() && self.diversity == 0.0
    }

    /// Whether the best few by score answer it: no filter, no quota, a list of usual length.
    pub(super) fn is_plain(&self) -> bool {
        self.how_many <= super::ranker::SHORTLIST
            && self.bought == AlreadyBought::Allowed
            && self.allow.is_none()
            && self.deny.is_empty()
            && self.takes_the_first()
            && self.orders_by_score()
    }

    /// Whether the request makes sense.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 items, an allow list without any, a repeat share outside
    /// 0 to 1, a diversity outside 0 to 1, and 0 per category.
    pub fn check(&self) -> Result<()> {
        if self.how_many == 0 {
            return Err(Error::param("how_many", "must be at least 1", 0));
        }
        if self.allow.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::param("allow", "must name at least one item", "none"));
        }
        if let Some(share) = self.repeat_share.filter(|s| !(0.0..=1.0).contains(s)) {
            return Err(Error::param("repeat_share", "must lie in [0, 1]", share));
        }
        if !(0.0..=1.0).contains(&self.diversity) {
            return Err(Error::param("diversity", "must lie in [0, 1]", self.diversity));
        }
        if self.per_category == Some(0) {
            return Err(Error::param("per_category", "must be at least 1", 0));
        }
        Ok(())
    }
}
