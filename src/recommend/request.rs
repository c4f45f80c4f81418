//! `Request`: how many items, and which may be shown.

use crate::error::{Error, Result};
use crate::types::Key;

/// What to do with items that the customer has bought before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug)]
#[must_use]
pub struct Request {
    pub(super) how_many: usize,
    pub(super) bought: AlreadyBought,
    pub(super) repeat_share: Option<f64>,
    pub(super) allow: Option<Vec<Key<'static>>>,
    pub(super) deny: Vec<Key<'static>>,
    pub(super) per_category: Option<usize>,
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
        }
    }

    /// What to do with items bought before.
    pub fn bought(mut self, bought: AlreadyBought) -> Self {
        self.bought = bought;
        self
    }

    /// The share of the list, 0 to 1, that should be items bought before; the rest are new to the customer. Where one
    /// kind runs out the other fills its places. Without it the scores alone decide.
    pub fn repeat_share(mut self, share: f64) -> Self {
        self.repeat_share = Some(share);
        self
    }

    /// Only these items, such as those in stock. Items the model does not know are passed over.
    pub fn allow<'k>(mut self, items: impl IntoIterator<Item = impl Into<Key<'k>>>) -> Self {
        self.allow = Some(items.into_iter().map(|key| key.into().into_owned()).collect());
        self
    }

    /// None of these items.
    pub fn deny<'k>(mut self, items: impl IntoIterator<Item = impl Into<Key<'k>>>) -> Self {
        self.deny = items.into_iter().map(|key| key.into().into_owned()).collect();
        self
    }

    /// At most so many items of one [category](super::NextItemParams::categories).
    pub fn per_category(mut self, at_most: usize) -> Self {
        self.per_category = Some(at_most);
        self
    }

    /// Whether the best few by score answer it: no filter, no quota, a list of usual length.
    pub(super) fn is_plain(&self) -> bool {
        self.how_many <= super::ranker::SHORTLIST
            && self.bought == AlreadyBought::Allowed
            && self.repeat_share.is_none()
            && self.allow.is_none()
            && self.deny.is_empty()
            && self.per_category.is_none()
    }

    /// Whether the request makes sense.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 items, an allow list without any, a repeat share outside
    /// 0 to 1, and 0 per category.
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
        if self.per_category == Some(0) {
            return Err(Error::param("per_category", "must be at least 1", 0));
        }
        Ok(())
    }
}
