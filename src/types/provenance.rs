//! `Provenance`: where the data behind a table or a model come from.
//!
//! A model learned in euros answers in euros, whatever the data it is asked about; a model of one tenant knows the
//! customers of another by the same numbers. Neither shows in the answers. So what a ledger says of itself goes along
//! with everything that is made of it, and a model compares it with what it was fitted to.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

use super::{AsOf, Currency};

/// What the days of a ledger mean.
///
/// Some public data sets number baskets (Instacart's `order_number`) instead of dating them. Recency, gaps and tenure
/// then count baskets; nothing is made up about weeks.
///
/// ```
/// use regulars::data::{Ledger, TimeAxis, Transaction};
/// use regulars::types::{AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::EUR).time_axis(TimeAxis::Ordinal);
/// for basket in [1, 2, 5] {
///     builder.push(Transaction::new("ann", Day::new(basket)))?;
/// }
/// let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::new(Day::new(7)))?;
/// let silent = now.map(|history| now.as_of().day() - history.last_day());
/// assert_eq!(silent.by_key("ann"), Some(&2)); // baskets
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TimeAxis {
    /// Days of the calendar.
    #[default]
    Calendar,
    /// Basket numbers in place of days. Weekdays, seasons and anything per week are typed errors.
    Ordinal,
}

/// Where data come from: their currency, what their days mean, the last day that is known, and the caller's label.
///
/// Every view of a [`Ledger`](crate::data::Ledger) states all but the label, which is
/// [`Ledger::labelled`](crate::data::Ledger::labelled)'s. It goes along with the
/// [`Customers`](crate::data::Customers) of whatever is made of the view, into tables and answers, and every model keeps
/// that of its fit. A verb of the model compares the two: a currency, a meaning of days or a label that both state and
/// that differ are [`IncompatibleModel`](ErrorKind::IncompatibleModel). What one of them does not state fits
/// everything: tables of one's own, and models of files that do not say. The last known day is kept to be
/// shown and never compared.
///
/// ```
/// use regulars::data::Features;
/// use regulars::segment::KMeansParams;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Seed};
///
/// let ledger = ShopParams::new(60, Seed(1)).simulate()?.ledger()?.labelled("tenant 7");
/// let as_of = AsOf::new(ledger.covers().1);
/// let features = Features::behaviour(ledger.observed(as_of)?)?;
/// let model = KMeansParams::new(2).fit(&features)?;
/// assert_eq!(model.provenance().label(), Some("tenant 7"));
/// assert_eq!(model.provenance().as_of(), Some(as_of));
///
/// let other = ledger.labelled("tenant 8");
/// let error = model.assign(&Features::behaviour(other.observed(as_of)?)?).unwrap_err();
/// assert_eq!(error.to_string(), "fitted to data labelled `tenant 7`, these are labelled `tenant 8`");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Stated", into = "Stated"))]
pub struct Provenance {
    pub(crate) currency: Option<Currency>,
    pub(crate) time_axis: Option<TimeAxis>,
    pub(crate) as_of: Option<AsOf>,
    pub(crate) label: Option<Arc<str>>,
}

impl Provenance {
    /// The currency of every amount; `None` where it is not stated.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Whether days are calendar days or basket numbers; `None` where it is not stated.
    pub fn time_axis(&self) -> Option<TimeAxis> {
        self.time_axis
    }

    /// The last day that is known, for a model the last one that its fit has seen; `None` where it is not stated.
    pub fn as_of(&self) -> Option<AsOf> {
        self.as_of
    }

    /// The caller's own label, of a tenant or a shop; `None` where there is none.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Whether a model of this provenance may be asked about data of that one.
    ///
    /// ```
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let day = Day::ymd(2024, 5, 1)?;
    /// let of = |currency| {
    ///     let mut builder = Ledger::builder(currency);
    ///     builder.push(Transaction::new("ann", day))?;
    ///     Ok::<_, regulars::Error>(builder.build()?.observed(AsOf::new(day))?.provenance())
    /// };
    /// let euros = of(Currency::EUR)?;
    /// assert!(euros.check(&euros).is_ok());
    /// let error = euros.check(&of(Currency::GBP)?).unwrap_err();
    /// assert_eq!(error.to_string(), "fitted in Currency(EUR, 2 decimals), the data are in Currency(GBP, 2 decimals)");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`IncompatibleModel`](ErrorKind::IncompatibleModel) naming both, for what both state and what differs: currency,
    /// meaning of days, label.
    pub fn check(&self, now: &Self) -> Result<()> {
        let rule = if let Some((own, given)) = differ(self.currency, now.currency) {
            format!("fitted in {own:?}, the data are in {given:?}")
        } else if let Some((own, given)) = differ(self.time_axis, now.time_axis) {
            format!("fitted on {own:?} time, the data have {given:?} time")
        } else if let Some((own, given)) = differ(self.label(), now.label()) {
            format!("fitted to data labelled `{own}`, these are labelled `{given}`")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::IncompatibleModel, None, rule))
    }

    /// That of two data sets together: what either states, and the later of the days.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn joined(&self, other: &Self) -> Result<Self> {
        self.check(other)?;
        Ok(Self {
            currency: self.currency.or(other.currency),
            time_axis: self.time_axis.or(other.time_axis),
            as_of: self.as_of.max(other.as_of),
            label: self.label.clone().or_else(|| other.label.clone()),
        })
    }

    /// Whether nothing is stated.
    #[cfg(feature = "serde")]
    pub(crate) fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

/// Both, where both are stated and differ.
fn differ<T: PartialEq>(own: Option<T>, given: Option<T>) -> Option<(T, T)> {
    own.zip(given).filter(|(own, given)| own != given)
}

/// What is saved: only what is stated.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_axis: Option<TimeAxis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

#[cfg(feature = "serde")]
impl From<Stated> for Provenance {
    fn from(stated: Stated) -> Self {
        let Stated { currency, time_axis, as_of, label } = stated;
        Self { currency, time_axis, as_of, label: label.map(Arc::from) }
    }
}

#[cfg(feature = "serde")]
impl From<Provenance> for Stated {
    fn from(own: Provenance) -> Self {
        let Provenance { currency, time_axis, as_of, label } = own;
        Self { currency, time_axis, as_of, label: label.map(|label| label.as_ref().to_owned()) }
    }
}
