//! `NextPurchaseParams`: whose next purchase, and how it is foreseen.

use crate::data::{Observed, TimeAxis};
use crate::error::{Error, Result};

use super::model::NextPurchaseModel;

/// Whose next purchase is foreseen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Subject {
    /// The next purchase of a customer, of whatever items.
    #[default]
    Customer,
    /// The next purchase of each item that a customer has bought.
    CustomerItem,
}

/// How times are foreseen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Timing {
    /// A hazard learned from the past of all customers. Where that is too short to learn from, lognormal gaps answer.
    #[default]
    Hazard,
    /// Gaps between purchases are lognormal; mean and variance of a customer's log gaps are shrunk to everybody's with the
    /// weight of three gaps. The customary baseline.
    LognormalGaps,
}

/// Fits a [`NextPurchaseModel`].
///
/// ```
/// use regulars::recommend::{NextPurchaseParams, Subject, Timing};
///
/// let params = NextPurchaseParams::new().subject(Subject::CustomerItem).timing(Timing::LognormalGaps);
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct NextPurchaseParams {
    pub(super) subject: Subject,
    pub(super) timing: Timing,
}

impl NextPurchaseParams {
    /// Next purchases of customers, by a learned hazard.
    ///
    /// ```
    /// # use regulars::recommend::NextPurchaseParams;
    /// assert!(NextPurchaseParams::new().check().is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whose next purchase is foreseen: [`Subject::Customer`] unless set.
    ///
    /// ```
    /// # use regulars::recommend::{NextPurchaseParams, Subject};
    /// let of_items = NextPurchaseParams::new().subject(Subject::CustomerItem);
    /// # assert!(of_items.check().is_ok());
    /// ```
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// How times are foreseen: [`Timing::Hazard`] unless set.
    ///
    /// ```
    /// # use regulars::recommend::{NextPurchaseParams, Timing};
    /// let baseline = NextPurchaseParams::new().timing(Timing::LognormalGaps);
    /// # assert!(baseline.check().is_ok());
    /// ```
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Whether the parameters can be used. All combinations can.
    ///
    /// # Errors
    /// None at present.
    pub fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Fits on what is known as of a day.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a ledger of basket numbers, and for
    /// [`Subject::CustomerItem`] without items; [`EmptyInput`](crate::ErrorKind::EmptyInput) for no purchase.
    pub fn fit(&self, now: Observed<'_>) -> Result<NextPurchaseModel> {
        self.check()?;
        if now.ledger().time_axis() != TimeAxis::Calendar {
            return Err(Error::input("dates of purchases need a ledger with dates, not basket numbers"));
        }
        NextPurchaseModel::new(*self, now)
    }
}
