//! `Tiers`: gold, silver, bronze, or the caller's own, on any score; and the curve behind them.
//!
//! # When to use it
//! To rank customers by one number (spend, lifetime value, a probability) and treat the best of them differently. For
//! groups that are alike in several numbers use [`segment`](crate::segment).
//!
//! # The rule
//! Tiers are half-open ranges of the score: a customer is in the first tier whose lower bound the score reaches. Bounds
//! are frozen by [`TierParams::fit`], so that later customers are measured with the same yardstick; equal scores always
//! share a tier. With [`hysteresis`](TierParams::hysteresis) h a customer who had a tier before rises only from
//! b + h |b| on and falls only below b − h |b|, so that nobody flaps about a bound b.
//!
//! A customer who crosses two bounds at once crosses each by its own rule: one who rises past the first by far and the
//! second by a little ends between them.
//!
//! # Complexity
//! O(n log n) to fit, O(n · tiers) to assign.
//!
//! # References
//! Dickie 1951, "ABC inventory analysis shoots for dollars, not pennies"; Lorenz 1905, doi:10.2307/2276207 (the curve);
//! Gini 1912.

mod pareto;
#[cfg(feature = "serde")]
mod wire;

use std::fmt;

pub use pareto::Pareto;

use crate::data::PerCustomer;
use crate::error::{Error, Result};
use crate::types::{Amount, Expected, Language, Probability, Provenance};

/// A number that customers can be ranked by: money, an estimate, a probability, a count.
///
/// ```
/// use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
/// use regulars::types::Probability;
///
/// let risk = [0.9, 0.2, 0.4].map(|p| Probability::new(p).unwrap());
/// let risk = PerCustomer::new(Customers::numbered(3)?, risk.to_vec())?;
/// let call_first = TierParams::new().rule(TierRule::Thresholds(vec![0.5])).fit(&risk)?;
/// assert_eq!(call_first.sizes(&call_first.assign(&risk)?), [1, 2]);
/// # Ok::<(), regulars::Error>(())
/// ```
pub trait Score: sealed::Sealed {
    /// The number.
    #[doc(hidden)]
    fn score(&self) -> f64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! scores {
    ($($type:ty: |$value:ident| $number:expr;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Score for $type {
            fn score(&self) -> f64 {
                let $value = *self;
                $number
            }
        }
    )*};
}

scores! {
    f64: |v| v;
    u32: |v| f64::from(v);
    i64: |v| v as f64;
    u64: |v| v as f64;
    Amount: |v| v.in_minor() as f64;
    Expected: |v| v.in_minor();
    Probability: |v| v.get();
}

/// Where one tier ends and the next begins.
///
/// ```
/// use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
///
/// let spend = PerCustomer::new(Customers::numbered(5)?, vec![50.0, 30.0, 10.0, 6.0, 4.0])?;
/// let sizes = |rule| {
///     let tiers = TierParams::new().rule(rule).fit(&spend)?;
///     Ok::<_, regulars::Error>(tiers.sizes(&tiers.assign(&spend)?))
/// };
/// assert_eq!(sizes(TierRule::ShareOfValue(vec![0.8, 0.9]))?, [2, 1, 2]);
/// assert_eq!(sizes(TierRule::ShareOfCustomers(vec![0.2, 0.6]))?, [1, 2, 2]);
/// assert_eq!(sizes(TierRule::Thresholds(vec![20.0, 5.0]))?, [2, 2, 1]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TierRule {
    /// Ascending shares of the total value: with `[0.8, 0.95]` the best customers who together make 80 % of the value are
    /// the first tier, those up to 95 % the second, all others the third (the ABC analysis of Dickie 1951). Values below
    /// zero count as nothing.
    ShareOfValue(Vec<f64>),
    /// Ascending shares of the customers: with `[0.1, 0.4]` the best tenth, the next three tenths, the rest.
    ShareOfCustomers(Vec<f64>),
    /// Descending lower bounds of the score, in its own units (minor units for money).
    Thresholds(Vec<f64>),
}

impl TierRule {
    fn cuts(&self) -> &[f64] {
        match self {
            Self::ShareOfValue(cuts) | Self::ShareOfCustomers(cuts) | Self::Thresholds(cuts) => cuts,
        }
    }
}

/// How customers are put into tiers.
///
/// ```
/// use regulars::data::{Customers, Keys, PerCustomer, TierParams, TierRule};
/// use regulars::types::{Amount, Language};
///
/// let customers = Customers::all(Keys::new(["ann", "bob", "cy", "dee"])?.into());
/// let spend = PerCustomer::new(customers, [900, 60, 25, 15].map(|v| Amount::minor(v)).to_vec())?;
///
/// let tiers = TierParams::new().fit(&spend)?;
/// let tier = tiers.assign(&spend)?;
/// assert_eq!(tiers.name(*tier.by_key("ann").unwrap(), Language::English), "gold");
/// assert_eq!(tiers.name(*tier.by_key("dee").unwrap(), Language::Chinese), "铜");
///
/// let own = TierParams::new().rule(TierRule::Thresholds(vec![500.0])).names(["VIP", "other"]).fit(&spend)?;
/// assert_eq!(own.sizes(&own.assign(&spend)?), [1, 3]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct TierParams {
    rule: TierRule,
    names: Vec<String>,
    hysteresis: f64,
}

impl Default for TierParams {
    fn default() -> Self {
        Self::new()
    }
}

/// Names of the three default tiers.
const METALS: [(&str, &str); 3] = [("gold", "金"), ("silver", "银"), ("bronze", "铜")];

impl TierParams {
    /// Gold, silver and bronze: those who make 80 % of the value, those up to 95 %, the rest.
    pub fn new() -> Self {
        Self { rule: TierRule::ShareOfValue(vec![0.8, 0.95]), names: Vec::new(), hysteresis: 0.1 }
    }

    /// Where tiers end; the default is [`TierRule::ShareOfValue`] of 80 % and 95 %.
    pub fn rule(mut self, rule: TierRule) -> Self {
        self.rule = rule;
        self
    }

    /// Names from the best tier down, one more than the rule has cuts. Three tiers have default names; others are
    /// numbered from 1.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(2)?, vec![60.0, 5.0])?;
    /// let params = TierParams::new().rule(TierRule::ShareOfCustomers(vec![0.5])).names(["VIP", "others"]);
    /// assert!(params.check().is_ok());
    /// let tiers = params.fit(&spend)?;
    /// assert_eq!(tiers.name(tiers.assign(&spend)?.values()[1], Language::English), "others");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// How far beyond a bound a score must lie before [`Tiers::reassign`] moves a customer across it, as a share of the
    /// bound; 0.1 by default, 0 for none.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// let spend = |v: f64| PerCustomer::new(Customers::numbered(1)?, vec![v]);
    /// let params = TierParams::new().rule(TierRule::Thresholds(vec![100.0]));
    /// let before = spend(102.0)?;
    /// for (hysteresis, tier) in [(0.0, 1), (0.1, 0)] {
    ///     let tiers = params.clone().hysteresis(hysteresis).fit(&before)?;
    ///     let now = tiers.reassign(&spend(95.0)?, &tiers.assign(&before)?)?;
    ///     assert_eq!(now.values()[0].index(), tier);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn hysteresis(mut self, share: f64) -> Self {
        self.hysteresis = share;
        self
    }

    /// Whether every parameter lies in its domain; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for shares outside (0, 1) or not ascending, thresholds that are not
    /// finite or not descending, more than 254 cuts, a wrong number of names, or a hysteresis outside [0, 1).
    pub fn check(&self) -> Result<()> {
        let cuts = self.rule.cuts();
        let list = || format!("{cuts:?}");
        if cuts.len() > 254 {
            return Err(Error::param("rule", "must have at most 254 cuts", cuts.len()));
        }
        match self.rule {
            TierRule::Thresholds(_) => {
                if !cuts.iter().all(|c| c.is_finite()) || !cuts.is_sorted_by(|a, b| a > b) {
                    return Err(Error::param("rule", "thresholds must be finite and descend", list()));
                }
            }
            _ => {
                if !cuts.iter().all(|c| *c > 0.0 && *c < 1.0) || !cuts.is_sorted_by(|a, b| a < b) {
                    return Err(Error::param("rule", "shares must lie between 0 and 1 and ascend", list()));
                }
            }
        }
        if !(self.hysteresis >= 0.0 && self.hysteresis < 1.0) {
            return Err(Error::param("hysteresis", "must be at least 0 and below 1", self.hysteresis));
        }
        if !self.names.is_empty() && self.names.len() != cuts.len() + 1 {
            let rule = format!("must be {}, one more than the rule has cuts", cuts.len() + 1);
            return Err(Error::param("names", &rule, self.names.len()));
        }
        Ok(())
    }

    /// Finds the scores at which tiers end. Equal scores share a tier: a cut that falls among equals takes all of them
    /// into the better tier. O(n log n).
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row of a score that is not finite.
    pub fn fit<T: Score>(&self, scores: &PerCustomer<T>) -> Result<Tiers> {
        self.check()?;
        let mut sorted = numbers(scores)?;
        if sorted.is_empty() {
            return Err(Error::empty("tiers need at least one customer"));
        }
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let bounds = match &self.rule {
            TierRule::Thresholds(cuts) => cuts.clone(),
            TierRule::ShareOfCustomers(shares) => share_bounds(&sorted, shares, |_| 1.0),
            TierRule::ShareOfValue(shares) => share_bounds(&sorted, shares, |v| v.max(0.0)),
        };
        Ok(Tiers {
            bounds,
            names: self.names.clone(),
            hysteresis: self.hysteresis,
            provenance: scores.customers().provenance().clone(),
        })
    }
}

/// The lowest score of each tier but the last: that of the customer with whom the running sum reaches the share.
fn share_bounds(sorted: &[f64], shares: &[f64], weight: impl Fn(f64) -> f64) -> Vec<f64> {
    let total: f64 = sorted.iter().map(|v| weight(*v)).sum();
    let mut bounds = Vec::with_capacity(shares.len());
    let (mut sum, mut next) = (0.0, 0);
    for share in shares {
        // A hair of slack, so that a share met exactly in decimals is not missed in binary.
        let goal = share * total * (1.0 - 1e-12);
        while next < sorted.len() && (sum < goal || next == 0) {
            sum += weight(sorted[next]);
            next += 1;
        }
        bounds.push(sorted[next.max(1) - 1]);
    }
    bounds
}

/// The scores as numbers; a row whose score is not finite is an error that names it.
fn numbers<T: Score>(scores: &PerCustomer<T>) -> Result<Vec<f64>> {
    let values: Vec<f64> = scores.values().iter().map(Score::score).collect();
    match values.iter().position(|v| !v.is_finite()) {
        Some(row) => Err(Error::row(row as u64 + 1, Some("score"), "must be finite")),
        None => Ok(values),
    }
}

/// A tier of one [`Tiers`], 0 being the best.
///
/// ```
/// # use regulars::data::{Customers, PerCustomer, TierParams};
/// let spend = PerCustomer::new(Customers::numbered(3)?, vec![90.0, 9.0, 1.0])?;
/// let tiers = TierParams::new().fit(&spend)?;
/// let indices: Vec<usize> = tiers.assign(&spend)?.values().iter().map(|tier| tier.index()).collect();
/// assert_eq!(indices, [0, 1, 2]);
/// assert!(tiers.tiers().is_sorted());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Tier(u8);

impl Tier {
    /// Its number from 0, the best.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Fitted tiers: frozen bounds, applied to anybody's score. Saved through [`persist`](crate::persist).
///
/// ```
/// # use regulars::data::{Customers, PerCustomer, TierParams};
/// let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
/// let tiers = TierParams::new().fit(&spend)?;
/// assert_eq!((tiers.len(), tiers.bounds()), (3, &[25.0, 10.0][..]));
/// assert_eq!(tiers.to_string(), "3 tiers with lower bounds [25.0, 10.0]");
/// # #[cfg(feature = "serde")]
/// # {
/// let mut file = Vec::new();
/// regulars::persist::write(&mut file, &tiers)?;
/// assert!(regulars::persist::read::<regulars::data::Tiers>(file.as_slice())? == tiers);
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tiers {
    /// Lowest score of each tier but the last, descending.
    bounds: Vec<f64>,
    names: Vec<String>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_zero"))]
    hysteresis: f64,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Provenance::is_silent"))]
    provenance: Provenance,
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl Tiers {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Every rule that [`TierParams::fit`] would have kept; for tiers that come from a file.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self) -> Result<()> {
        let sound = self.bounds.len() <= 254
            && self.bounds.iter().all(|b| b.is_finite())
            && self.bounds.is_sorted_by(|a, b| a >= b)
            && (0.0..1.0).contains(&self.hysteresis)
            && (self.names.is_empty() || self.names.len() == self.len());
        if sound { Ok(()) } else { Err(Error::input("tiers need finite, descending bounds and a name each")) }
    }

    /// How many tiers there are, one more than the rule has cuts.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
    /// let tiers = TierParams::new().fit(&spend)?;
    /// assert_eq!(tiers.len(), 3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.bounds.len() + 1
    }

    /// Never: there is always a last tier.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The lowest score of each tier but the last, from the best down; two are equal where a tier between them is empty.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
    /// let tiers = TierParams::new().fit(&spend)?;
    /// assert_eq!(tiers.bounds(), [25.0, 10.0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The tier of a score under bounds each moved by `shift`; NaN goes to the last.
    #[expect(clippy::cast_possible_truncation, reason = "at most 254 bounds")]
    fn tier_of(&self, score: f64, shift: impl Fn(f64) -> f64) -> Tier {
        let tier = self.bounds.iter().position(|bound| score >= shift(*bound)).unwrap_or(self.bounds.len());
        Tier(tier as u8)
    }

    /// The tier of each customer.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
    /// let tiers = TierParams::new().fit(&spend)?;
    /// let later = PerCustomer::new(Customers::numbered(2)?, vec![24.9, 1e6])?;
    /// assert_eq!(tiers.assign(&later)?.values().iter().map(|t| t.index()).collect::<Vec<_>>(), [1, 0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row of a score that is not finite.
    pub fn assign<T: Score>(&self, scores: &PerCustomer<T>) -> Result<PerCustomer<Tier>> {
        self.provenance.check(scores.customers().provenance())?;
        let tiers = numbers(scores)?.into_iter().map(|v| self.tier_of(v, |bound| bound)).collect();
        PerCustomer::new(scores.customers().clone(), tiers)
    }

    /// As [`assign`](Self::assign), for customers of whom some had a tier before: nobody rises before the score exceeds
    /// the bound by the [hysteresis](TierParams::hysteresis), or falls before it is below by as much. Customers are
    /// matched by key; those without a previous tier are assigned plainly. A bound of 0 has no hysteresis.
    ///
    /// ```
    /// use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    ///
    /// let spend = |v: [f64; 3]| PerCustomer::new(Customers::numbered(3)?, v.to_vec());
    /// let (before, now) = (spend([101.0, 99.0, 50.0])?, spend([95.0, 104.0, 120.0])?);
    /// let tiers = TierParams::new().rule(TierRule::Thresholds(vec![100.0])).hysteresis(0.1).fit(&before)?;
    /// let moved = tiers.reassign(&now, &tiers.assign(&before)?)?;
    /// // The first two stay where they were, near the bound; the third has earned the better tier.
    /// assert_eq!(moved.values().iter().map(|t| t.index()).collect::<Vec<_>>(), [0, 1, 0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign), and for a previous tier that is none of these.
    pub fn reassign<T: Score>(
        &self,
        scores: &PerCustomer<T>,
        previous: &PerCustomer<Tier>,
    ) -> Result<PerCustomer<Tier>> {
        if previous.values().iter().any(|tier| tier.index() >= self.len()) {
            return Err(Error::input("a previous tier is none of these tiers"));
        }
        self.provenance.check(scores.customers().provenance())?;
        let values = numbers(scores)?;
        let same = scores.customers() == previous.customers();
        let mut tiers = Vec::with_capacity(values.len());
        for (row, value) in values.into_iter().enumerate() {
            let before = if same {
                previous.values().get(row)
            } else {
                scores.customers().key(row).and_then(|key| previous.by_key(key))
            };
            let plain = self.tier_of(value, |bound| bound);
            tiers.push(match before {
                Some(before) if plain < *before => {
                    let up = self.tier_of(value, |bound| bound + self.hysteresis * bound.abs());
                    up.min(*before)
                }
                Some(before) => {
                    let down = self.tier_of(value, |bound| bound - self.hysteresis * bound.abs());
                    down.max(*before)
                }
                None => plain,
            });
        }
        PerCustomer::new(scores.customers().clone(), tiers)
    }

    /// The name of a tier: the caller's own; gold, silver and bronze where there are three; otherwise a number from 1.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
    /// let tiers = TierParams::new().fit(&spend)?;
    /// let names: Vec<String> = tiers.tiers().map(|t| tiers.name(t, Language::Chinese)).collect();
    /// assert_eq!(names, ["金", "银", "铜"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn name(&self, tier: Tier, language: Language) -> String {
        match (self.names.get(tier.index()), METALS.get(tier.index())) {
            (Some(name), _) => name.clone(),
            (None, Some((english, chinese))) if self.len() == METALS.len() => {
                (*language.pick(english, chinese)).to_owned()
            }
            _ => (tier.index() + 1).to_string(),
        }
    }

    /// All tiers, from the best down.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams};
    /// # let spend = PerCustomer::new(Customers::numbered(2)?, vec![60.0, 5.0])?;
    /// assert_eq!(TierParams::new().fit(&spend)?.tiers().len(), 3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn tiers(&self) -> impl ExactSizeIterator<Item = Tier> + use<> {
        (0..=u8::try_from(self.bounds.len()).unwrap_or(u8::MAX - 1)).map(Tier).collect::<Vec<_>>().into_iter()
    }

    /// Number of customers in each tier, from the best down; tiers of another model are not counted.
    ///
    /// ```
    /// # use regulars::data::{Customers, PerCustomer, TierParams, TierRule};
    /// # use regulars::types::Language;
    /// # let spend = PerCustomer::new(Customers::numbered(4)?, vec![60.0, 25.0, 10.0, 5.0])?;
    /// let tiers = TierParams::new().fit(&spend)?;
    /// assert_eq!(tiers.sizes(&tiers.assign(&spend)?), [2, 1, 1]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn sizes(&self, assigned: &PerCustomer<Tier>) -> Vec<usize> {
        let mut sizes = vec![0; self.len()];
        for tier in assigned.values() {
            if let Some(size) = sizes.get_mut(tier.index()) {
                *size += 1;
            }
        }
        sizes
    }
}

impl fmt::Display for Tiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tiers with lower bounds {:?}", self.len(), self.bounds)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorKind;
    use crate::data::Customers;

    fn per_customer(values: &[f64]) -> PerCustomer<f64> {
        PerCustomer::new(Customers::numbered(values.len()).unwrap(), values.to_vec()).unwrap()
    }

    fn sizes(params: &TierParams, values: &[f64]) -> Vec<usize> {
        let scores = per_customer(values);
        let tiers = params.fit(&scores).unwrap();
        tiers.sizes(&tiers.assign(&scores).unwrap())
    }

    /// The customer with whom the running sum reaches the share is the last one of the tier.
    #[test]
    fn shares_of_value_are_reached_by_the_last_customer_of_the_tier() {
        // 50 + 30 = 80 of 100: exactly 80 %; 15 more make 95 %.
        assert_eq!(sizes(&TierParams::new(), &[5.0, 50.0, 30.0, 15.0]), [2, 1, 1]);
        let tenth = TierParams::new().rule(TierRule::ShareOfCustomers(vec![0.1, 0.4]));
        assert_eq!(sizes(&tenth, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]), [1, 3, 6]);
    }

    /// All equal, losses, and nothing at all.
    #[test]
    fn equals_share_a_tier_and_losses_count_as_nothing() {
        assert_eq!(sizes(&TierParams::new(), &[7.0; 9]), [9, 0, 0]);
        assert_eq!(sizes(&TierParams::new(), &[-3.0, 0.0, 10.0]), [1, 0, 2]);
        assert_eq!(sizes(&TierParams::new(), &[-3.0]), [1, 0, 0]);
        assert_eq!(sizes(&TierParams::new(), &[0.0, 0.0]), [2, 0, 0]);
    }

    /// Up, down, two tiers at once, bounds above, at and below 0, customers by key, and tiers of another model.
    #[test]
    fn hysteresis_holds_customers_near_a_bound() {
        let rule = TierRule::Thresholds(vec![100.0, 50.0, 0.0, -50.0]);
        let model = TierParams::new().rule(rule).hysteresis(0.2).fit(&per_customer(&[1.0])).unwrap();
        let moved = |from: f64, to: f64| {
            let before = model.assign(&per_customer(&[from])).unwrap();
            model.reassign(&per_customer(&[to]), &before).unwrap().values()[0].index()
        };
        assert_eq!([moved(100.0, 81.0), moved(100.0, 79.0), moved(100.0, 39.0)], [0, 1, 2]);
        assert_eq!([moved(60.0, 119.0), moved(60.0, 120.0), moved(10.0, 59.0)], [1, 0, 2]);
        assert_eq!([moved(10.0, 119.0), moved(1.0, -1.0), moved(-1.0, 0.0)], [1, 3, 2]);
        assert_eq!([moved(-40.0, -59.0), moved(-40.0, -61.0), moved(-70.0, -41.0)], [3, 4, 4]);
        // Matched by key: the second customer is new, and a tier of another model is refused.
        let two = per_customer(&[95.0, 95.0]);
        let one = model.assign(&per_customer(&[100.0])).unwrap();
        let tiers = model.reassign(&two, &one).unwrap();
        assert_eq!([tiers.values()[0].index(), tiers.values()[1].index()], [0, 1]);
        let fewer = TierParams::new().rule(TierRule::Thresholds(vec![1.0])).fit(&two).unwrap();
        let other = model.assign(&per_customer(&[-90.0])).unwrap();
        assert_eq!(fewer.reassign(&two, &other).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    /// Every parameter outside its domain, no customers, and a score that is not a number.
    #[test]
    fn faults_are_named() {
        let kind =
            |params: &TierParams, values: &[f64]| params.fit(&per_customer(values)).unwrap_err().kind();
        assert_eq!(kind(&TierParams::new(), &[]), ErrorKind::EmptyInput);
        assert_eq!(kind(&TierParams::new(), &[1.0, f64::NAN]), ErrorKind::InvalidInput);
        for rule in [
            TierRule::ShareOfValue(vec![0.9, 0.5]),
            TierRule::ShareOfValue(vec![0.0]),
            TierRule::ShareOfCustomers(vec![1.0]),
            TierRule::Thresholds(vec![1.0, 2.0]),
            TierRule::Thresholds(vec![f64::INFINITY]),
            TierRule::Thresholds((0..255).rev().map(f64::from).collect()),
        ] {
            assert_eq!(kind(&TierParams::new().rule(rule), &[1.0]), ErrorKind::InvalidParam);
        }
        assert_eq!(kind(&TierParams::new().names(["a"]), &[1.0]), ErrorKind::InvalidParam);
        for hysteresis in [-0.1, 1.0, f64::NAN] {
            assert_eq!(kind(&TierParams::new().hysteresis(hysteresis), &[1.0]), ErrorKind::InvalidParam);
        }
    }

    proptest! {
        #[test]
        fn a_better_score_never_has_a_worse_tier(values in prop::collection::vec(-1e6..1e6, 1..60)) {
            let scores = per_customer(&values);
            let tiers = TierParams::new().fit(&scores).unwrap();
            let assigned = tiers.assign(&scores).unwrap();
            for (a, x) in assigned.values().iter().zip(&values) {
                for (b, y) in assigned.values().iter().zip(&values) {
                    prop_assert!(x < y || a <= b);
                }
            }
        }

        /// Scores that stay within the hysteresis of where they were move nobody; without a change nothing moves.
        #[test]
        fn nobody_flaps(values in prop::collection::vec(1.0..1e6, 1..60), wobble in 0.95..1.05) {
            let scores = per_customer(&values);
            let tiers = TierParams::new().fit(&scores).unwrap();
            let before = tiers.assign(&scores).unwrap();
            let later = per_customer(&values.iter().map(|v| v * wobble).collect::<Vec<_>>());
            let after = tiers.reassign(&later, &before).unwrap();
            prop_assert_eq!(before.values(), after.values());
        }
    }
}
