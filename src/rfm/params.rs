//! `RfmParams`: how many bins, where they are cut, what counts as a purchase.
//!
//! Nothing here looks at data: whatever can be refused without any is refused by [`RfmParams::check`].

use crate::data::{Occasion, Refunds};
use crate::error::{Error, Result};

/// How one axis is cut into scores.
///
/// [`Quantiles`](Bins::Quantiles) compares customers with each other: the edges follow the data, bins have about
/// equally many customers, and a score means a rank. [`Cuts`](Bins::Cuts) compares customers with limits of your
/// own: the edges stay, the bins may be of any size, and a score means the same in every shop and every year.
/// Axes may differ in kind and in number of bins.
///
/// ```
/// use regulars::rfm::{Bins, RfmParams};
///
/// // Recency by fixed limits in days, frequency and spend by quartiles.
/// let params = RfmParams::new().bins(4).recency(Bins::cuts([30.0, 90.0, 180.0]));
/// assert!(params.check().is_ok());
/// assert!(RfmParams::new().bins(11).check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Bins {
    /// That many bins, 2 to 10, of about equally many customers: edges are quantiles of the customers that are fitted.
    /// Fewer than 2 tell nobody apart; more than 10 would ask for codes of two digits on every axis.
    Quantiles(u8),
    /// Bins between fixed limits, 1 to 9 of them, strictly ascending and finite: days of recency, purchases, or
    /// minor units of money. A limit belongs to the bin below it: with limits 30 and 90, a recency of 30 days lies
    /// in the first bin (the best score), 31 days in the second.
    Cuts(Vec<f64>),
}

impl Bins {
    /// Bins between fixed limits; n limits make n + 1 bins.
    ///
    /// Limits of recency ascend in days, although scores descend: the first bin (up to 30 days here) has the highest
    /// score. Bad limits are refused by [`RfmParams::check`], not here.
    ///
    /// ```
    /// use regulars::rfm::{Bins, RfmParams};
    ///
    /// assert_eq!(Bins::cuts([30.0, 90.0]), Bins::Cuts(vec![30.0, 90.0])); // three bins: ..=30, 31..=90, 91..
    /// let error = RfmParams::new().recency(Bins::cuts([90.0, 30.0])).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `recency`: limits must ascend, got [90.0, 30.0]");
    /// ```
    pub fn cuts(limits: impl IntoIterator<Item = f64>) -> Self {
        Self::Cuts(limits.into_iter().collect())
    }

    /// Number of scores: one more than there are edges.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Quantiles(n) => usize::from(*n),
            Self::Cuts(limits) => limits.len() + 1,
        }
    }

    /// Refuses bins that could not be told apart; `axis` names the parameter in the message.
    ///
    /// The rule on limits is strict (`<`): two equal limits would make a bin that no value can fall into. Quantile
    /// edges of data may be equal all the same, which is why the fitted model and its file accept `<=`.
    fn check(&self, axis: &'static str) -> Result<()> {
        if !(2..=10).contains(&self.count()) {
            return Err(Error::param(axis, "must have 2 to 10 bins", self.count()));
        }
        if let Self::Cuts(limits) = self {
            if let Some(bad) = limits.iter().find(|l| !l.is_finite()) {
                return Err(Error::param(axis, "limits must be finite", bad));
            }
            if !limits.is_sorted_by(|a, b| a < b) {
                return Err(Error::param(axis, "limits must ascend", format!("{limits:?}")));
            }
        }
        Ok(())
    }
}

/// Where a value counts as above an edge.
///
/// The two differ for values between an edge and one unit above it. Spends 1.00, 1.50 and 9.00 with the one edge
/// 1.25 (`bins` = 2 of other customers): [`Standard`](Method::Standard) counts 1.50 as above it,
/// [`RPackage`](Method::RPackage) does not, since 1.50 < 1.25 + 1.
///
/// ```
/// use regulars::rfm::{Bins, Method, RfmParams};
/// # use regulars::{data::*, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (customer, cents) in [("ann", 100), ("bob", 150), ("cleo", 900)] {
/// #     builder.push(Transaction::new(customer, Day::new(1)).amount(Amount::minor(cents)))?;
/// # }
/// # let ledger = builder.build()?;
/// # let now = ledger.observed(AsOf::new(Day::new(9)))?;
/// let params = RfmParams::new().monetary(Bins::cuts([125.0])); // 1.25 in minor units
/// let m = |method| -> regulars::Result<Vec<u8>> {
///     let scores = params.clone().method(method).fit(now)?.score(now)?;
///     Ok(scores.values().iter().map(|rfm| rfm.m).collect())
/// };
/// assert_eq!(m(Method::Standard)?, [1, 2, 2]);
/// assert_eq!(m(Method::RPackage)?, [1, 1, 2]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Method {
    /// Strictly above it. Scores do not depend on the unit of money.
    #[default]
    Standard,
    /// At least one unit above it (a day, a purchase, a major unit of money), as the R package `rfm` does. For comparison
    /// with reports made by that package; the rule depends on the unit of money and is not recommended otherwise.
    RPackage,
}

/// How recency, frequency and monetary value become scores.
///
/// | knob | default | why |
/// |---|---|---|
/// | [`bins`](Self::bins) | quintiles on each axis | the convention since Hughes (1994), and the one the named segments are defined for |
/// | [`occasion`](Self::occasion) | [`Day`](Occasion::Day) | two orders of one afternoon are one visit; split shipments do not make a loyal customer |
/// | [`refunds`](Self::refunds) | [`Net`](Refunds::Net) | money given back was not earned |
/// | [`weights`](Self::weights) | 1, 1, 1 | no axis is better founded than another before the data are seen |
/// | [`method`](Self::method) | [`Standard`](Method::Standard) | does not depend on the unit of money |
///
/// ```
/// use regulars::data::{Occasion, Refunds};
/// use regulars::rfm::RfmParams;
///
/// let params = RfmParams::new().bins(5).occasion(Occasion::Order).refunds(Refunds::Net).weights(2.0, 1.0, 1.0);
/// assert!(params.check().is_ok());
/// assert_eq!(RfmParams::default(), RfmParams::new());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct RfmParams {
    /// Recency, frequency, monetary.
    pub(super) bins: [Bins; 3],
    pub(super) occasion: Occasion,
    pub(super) refunds: Refunds,
    pub(super) weights: [f64; 3],
    pub(super) method: Method,
}

/// As [`RfmParams::new`]: every knob of RFM has a default, there is nothing that must be given.
impl Default for RfmParams {
    fn default() -> Self {
        Self::new()
    }
}

impl RfmParams {
    /// Quintiles of days since the last purchase day, of purchase days and of spend net of refunds, weighted equally.
    ///
    /// ```
    /// use regulars::data::Occasion;
    /// use regulars::rfm::RfmParams;
    /// assert_eq!(RfmParams::new().counted_by(), Occasion::Day);
    /// ```
    pub fn new() -> Self {
        Self {
            bins: [const { Bins::Quantiles(5) }; 3],
            occasion: Occasion::default(),
            refunds: Refunds::default(),
            weights: [1.0; 3],
            method: Method::default(),
        }
    }

    /// That many quantile bins on every axis, 2 to 10; replaces what [`recency`](Self::recency),
    /// [`frequency`](Self::frequency) and [`monetary`](Self::monetary) have set before, so call it first.
    ///
    /// The standard segments need 5; see [`SegmentMap::standard`](super::SegmentMap::standard).
    pub fn bins(self, bins: u8) -> Self {
        Self { bins: [const { Bins::Quantiles(5) }; 3].map(|_| Bins::Quantiles(bins)), ..self }
    }

    /// Bins of recency, in days (baskets on an ordinal time axis). The lowest bin has the highest score.
    pub fn recency(mut self, bins: Bins) -> Self {
        self.bins[0] = bins;
        self
    }

    /// Bins of frequency, in purchases as [`occasion`](Self::occasion) counts them.
    ///
    /// Most customers of most shops have bought once, so that several quantile edges are equal to 1 and the scores
    /// between stay empty. Fixed limits such as `Bins::cuts([1.0, 2.0, 5.0, 10.0])` use all five.
    pub fn frequency(mut self, bins: Bins) -> Self {
        self.bins[1] = bins;
        self
    }

    /// Bins of monetary value, in minor units of money: `Bins::cuts([5_000.0])` cuts at 50.00 in a currency of cents.
    pub fn monetary(mut self, bins: Bins) -> Self {
        self.bins[2] = bins;
        self
    }

    /// What counts as one purchase; the default is a day.
    ///
    /// [`Occasion::Order`] needs the order column, otherwise `fit` fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput). Under [`Occasion::Row`] a basket of ten lines counts ten times.
    ///
    /// ```
    /// # use regulars::{data::*, rfm::RfmParams, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// // One day, two orders, three rows.
    /// for (order, item) in [("A-1", "tea"), ("A-1", "cup"), ("A-2", "tea")] {
    ///     let row = Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(100));
    ///     builder.push(row.order(order).item(item))?;
    /// }
    /// let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// for (occasion, purchases) in [(Occasion::Day, 1), (Occasion::Order, 2), (Occasion::Row, 3)] {
    ///     let scores = RfmParams::new().occasion(occasion).fit(now)?.score(now)?;
    ///     assert_eq!(scores.values()[0].frequency, purchases);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn occasion(self, occasion: Occasion) -> Self {
        Self { occasion, ..self }
    }

    /// What happens to rows that give money or goods back; the default [`Net`](Refunds::Net) subtracts them from the
    /// spend, so that a customer who returned everything has a monetary value of 0, and one who got more back than
    /// she paid a negative one. [`Ignore`](Refunds::Ignore) scores gross spend.
    pub fn refunds(self, refunds: Refunds) -> Self {
        Self { refunds, ..self }
    }

    /// Weights of recency, frequency and monetary value in the weighted score: at least 0, not all 0. Only their
    /// ratio counts: 2, 1, 1 is the same as 0.5, 0.25, 0.25. They change [`Rfm::weighted`](super::Rfm::weighted) and
    /// nothing else: neither scores nor codes nor segments.
    ///
    /// ```
    /// use regulars::rfm::RfmParams;
    /// assert!(RfmParams::new().weights(1.0, 0.0, 0.0).check().is_ok()); // recency alone
    /// let error = RfmParams::new().weights(0.0, 0.0, 0.0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `weights`: must be finite, at least 0 and not all 0, got [0.0, 0.0, 0.0]");
    /// ```
    pub fn weights(self, recency: f64, frequency: f64, monetary: f64) -> Self {
        Self { weights: [recency, frequency, monetary], ..self }
    }

    /// Where a value counts as above an edge; the default is strictly above it. See [`Method`] for the other choice
    /// and an example of both.
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// What counts as one purchase; a [`Summary`](crate::data::Summary) must count the same. Code that keeps a stream
    /// asks the parameters instead of repeating the choice:
    ///
    /// ```
    /// use regulars::data::{Summary, SummaryParams};
    /// use regulars::rfm::RfmParams;
    /// use regulars::types::{AsOf, Currency};
    ///
    /// let params = RfmParams::new();
    /// let stream = Summary::new(SummaryParams::new(AsOf::ymd(2024, 5, 31)?, Currency::EUR).occasion(params.counted_by()));
    /// # let _ = stream;
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn counted_by(&self) -> Occasion {
        self.occasion
    }

    /// Whether every parameter lies in its domain. [`fit`](Self::fit) calls it first; call it yourself to test a
    /// configuration without data. Constant time.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the first one that does not, in the order `recency`,
    /// `frequency`, `monetary`, `weights`:
    ///
    /// ```
    /// use regulars::rfm::{Bins, RfmParams};
    /// let error = RfmParams::new().frequency(Bins::Quantiles(1)).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `frequency`: must have 2 to 10 bins, got 1");
    /// ```
    pub fn check(&self) -> Result<()> {
        for (bins, axis) in self.bins.iter().zip(AXES) {
            bins.check(axis)?;
        }
        check_weights(self.weights)
    }
}

/// The axes in the order of every array of three in this module, by the names of their setters.
pub(super) const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

/// The rule on weights, shared with the loading of a saved model. The sum must be finite too: two weights of
/// 1e308 are each fine, and their sum is not.
pub(super) fn check_weights(weights: [f64; 3]) -> Result<()> {
    let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
    let sum: f64 = weights.iter().sum();
    if fine && sum > 0.0 && sum.is_finite() {
        Ok(())
    } else {
        Err(Error::param("weights", "must be finite, at least 0 and not all 0", format!("{weights:?}")))
    }
}
