//! `Campaign`: what it pays to contact customers who may leave.
//!
//! The best share to contact follows from money, not from a threshold of one half: with value 200, incentive 10, contact 1 and
//! a success rate of 0.3 a contact pays from a probability of about 0.16 on. Which customers to rank highest follows from
//! their values too: a likely leaver worth little may earn less than an unlikely one worth much.
//!
//! | question | verb | needs outcomes |
//! |---|---|---|
//! | which model earns more? | [`Campaign::expected_maximum`] | yes |
//! | how many customers to contact? | [`Campaign::maximum`], [`Campaign::curve`] | yes |
//! | whom to contact now? | [`Campaign::rank`] | no: calibrated probabilities |
//!
//! # Assumptions
//!
//! Everybody contacted costs the same and is offered the same; who would leave accepts with a probability that does not depend on
//! the score; who would have stayed takes the incentive and stays. A model says who leaves, not who can be kept: where contacts
//! provoke departures (sleeping dogs), only an experiment with a control group tells.
//!
//! # Closed form
//!
//! At success rate γ the best corner i of the hull changes at γᵢ = ((d + f) π₁ ΔF₁ + f π₀ ΔF₀) / ((V − d) π₀ ΔF₀). Between γᵢ₋₁ and γᵢ the
//! profit is linear in γ, so its mean over a beta distribution is a sum of incomplete beta functions: mass and first moment of
//! each interval. No sampling, O(n log n) for the sorting, and equal to 20,000 midpoints of the definition within 10⁻⁶.
//!
//! # Errors
//!
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) for figures that make no campaign; for outcomes and scores those of
//! [`roc_auc`](crate::metrics::roc_auc): lengths that differ, one outcome only, scores that are not finite.

use crate::data::PerCustomer;
use crate::error::{Error, Result};
use crate::kernel::special;
use crate::types::{CustomerIx, Expected, Probability};

/// What a retention campaign costs and brings, by the model of Verbraken, Verbeke and Baesens (2013,
/// doi:10.1109/TKDE.2012.50).
///
/// A contacted customer costs the contact f. One who would leave accepts the incentive d with probability γ and then stays
/// and keeps the value V; one who would have stayed takes the incentive anyway. Contacting the share η of customers with the
/// highest scores therefore earns, per customer,
///
/// P(η; γ) = π₀ F₀ \[γ (V − d) − f\] − π₁ F₁ (d + f)
///
/// with π₀, π₁ the shares of leavers and stayers, F₀, F₁ the parts of them among the contacted. γ is not known exactly and
/// has a beta distribution; the *expected maximum profit* is the mean over γ of the best P, integrated in closed form along
/// the convex hull of the ROC curve.
///
/// Money is in minor units of one currency. O(n log n) for each evaluation.
///
/// ```
/// use regulars::churn::Campaign;
/// use regulars::types::Expected;
///
/// let money = |euros: f64| Expected::minor(100.0 * euros);
/// let campaign = Campaign::new(money(200.0)?, money(10.0)?, money(1.0)?);
/// let left = [true, true, false, true, false, false, false, false];
/// let score = [0.9, 0.8, 0.7, 0.6, 0.3, 0.2, 0.1, 0.1];
/// let best = campaign.expected_maximum(&left, &score)?;
/// assert!((best.profit.in_minor() / 100.0 - 19.63).abs() < 0.01); // per customer of the base, contacted or not
/// assert!((0.45..0.55).contains(&best.contacted));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct Campaign {
    value: Expected,
    incentive: Expected,
    contact: Expected,
    success: (f64, f64),
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    Campaign, Self::new(Expected::ZERO, Expected::ZERO, Expected::ZERO);
    value: Expected, incentive: Expected, contact: Expected;
    success: (f64, f64),
}

/// The best share of customers to contact, and what it earns.
///
/// Compare two models by `profit`: the difference, times the number of customers, is what the better one is worth a campaign.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BestContact {
    /// Profit per customer of the base, contacted or not; 0 where contacting nobody is best.
    pub profit: Expected,
    /// Share of customers contacted, the highest scores first.
    pub contacted: f64,
}

/// One row of a profit curve.
///
/// Shares lie between 0 and 1; at 1 everybody is contacted, `captured` is 1 and `lift` is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProfitPoint {
    /// Share of customers contacted, the highest scores first.
    pub contacted: f64,
    /// Lowest score among the contacted.
    pub threshold: f64,
    /// Share of all leavers among the contacted.
    pub captured: f64,
    /// Rate of leavers among the contacted over the overall rate.
    pub lift: f64,
    /// Profit per customer of the base at the mean success rate; negative where it loses.
    pub profit: Expected,
}

/// A customer worth contacting.
///
/// `gain` is p \[γ (V − d) − f\] − (1 − p) (d + f) in minor units; see [`Campaign::rank`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Target {
    /// The customer.
    pub customer: CustomerIx,
    /// What contacting this customer earns in expectation; negative where it loses.
    pub gain: Expected,
}

/// A place on the ROC curve: leavers and stayers among the contacted, as shares of their kind, and the score there.
#[derive(Clone, Copy)]
struct Place {
    leavers: f64,
    stayers: f64,
    score: f64,
}

impl Campaign {
    /// Value kept by a rescued customer, incentive offered, cost of a contact. The success rate has a beta distribution with
    /// parameters 6 and 14 (mean 0.3), those of the paper, until [`success`](Self::success) says otherwise.
    pub fn new(value: Expected, incentive: Expected, contact: Expected) -> Self {
        Self { value, incentive, contact, success: (6.0, 14.0) }
    }

    /// The beta distribution of the probability that a leaver accepts and stays: `alpha` and `beta` as numbers of successes
    /// and failures seen so far. Large numbers mean certainty.
    pub fn success(mut self, alpha: f64, beta: f64) -> Self {
        self.success = (alpha, beta);
        self
    }

    /// Checks the figures.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a value that does not exceed the incentive, costs below 0, or
    /// parameters of the beta distribution outside \[0.01, 10⁶\].
    pub fn check(&self) -> Result<()> {
        if self.incentive.in_minor() < 0.0 {
            return Err(Error::param("incentive", "must be at least 0", self.incentive.in_minor()));
        }
        if self.contact.in_minor() < 0.0 {
            return Err(Error::param("contact", "must be at least 0", self.contact.in_minor()));
        }
        if self.value.in_minor() <= self.incentive.in_minor() {
            return Err(Error::param("value", "must exceed the incentive", self.value.in_minor()));
        }
        for parameter in [self.success.0, self.success.1] {
            if !(0.01..=1e6).contains(&parameter) {
                return Err(Error::param("success", "must lie between 0.01 and 1e6", parameter));
            }
        }
        Ok(())
    }

    /// γ's mean, α / (α + β).
    fn mean_success(&self) -> f64 {
        self.success.0 / (self.success.0 + self.success.1)
    }

    /// Profit per customer at success rate `gamma`.
    /// P of the type's page, in minor units; linear in γ, which the closed form uses.
    fn profit(&self, rate: f64, place: Place, gamma: f64) -> f64 {
        let (v, d, f) = (self.value.in_minor(), self.incentive.in_minor(), self.contact.in_minor());
        rate * place.leavers * (gamma * (v - d) - f) - (1.0 - rate) * place.stayers * (d + f)
    }

    /// The expected maximum profit of scores, and the share to contact for it.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`roc_auc`](crate::metrics::roc_auc).
    pub fn expected_maximum(&self, left: &[bool], scores: &[f64]) -> Result<BestContact> {
        self.check()?;
        let (rate, places) = roc(left, scores)?;
        let hull = hull(&places);
        let (a, b) = self.success;
        let (v, d, f) = (self.value.in_minor(), self.incentive.in_minor(), self.contact.in_minor());
        // Up to which success rate a corner of the hull is best.
        let until = |i: usize| -> f64 {
            let Some(next) = hull.get(i + 1) else { return 1.0 };
            let leavers = rate * (next.leavers - hull[i].leavers);
            let stayers = (1.0 - rate) * (next.stayers - hull[i].stayers);
            if leavers > 0.0 {
                (((d + f) * stayers + f * leavers) / ((v - d) * leavers)).clamp(0.0, 1.0)
            } else {
                1.0
            }
        };
        let (mut profit, mut contacted, mut from) = (0.0, 0.0, 0.0_f64);
        for (i, place) in hull.iter().enumerate() {
            let to = until(i).max(from);
            let mass = special::beta_inc(a, b, to, 1.0 - to) - special::beta_inc(a, b, from, 1.0 - from);
            let above = special::beta_inc(a + 1.0, b, to, 1.0 - to);
            let moment = a / (a + b) * (above - special::beta_inc(a + 1.0, b, from, 1.0 - from));
            let (at_0, at_1) = (self.profit(rate, *place, 0.0), self.profit(rate, *place, 1.0));
            profit += at_0 * mass + (at_1 - at_0) * moment;
            contacted += mass * (rate * place.leavers + (1.0 - rate) * place.stayers);
            from = to;
        }
        Ok(BestContact { profit: Expected::minor(profit)?, contacted })
    }

    /// The best share to contact at the mean success rate.
    ///
    /// Simpler than [`expected_maximum`](Self::expected_maximum) and never above it: knowing γ only on average, one share must do
    /// for all its values.
    ///
    /// ```
    /// # use regulars::churn::Campaign;
    /// # use regulars::types::Expected;
    /// # let campaign = Campaign::new(Expected::minor(2e4)?, Expected::minor(1e3)?, Expected::minor(1e2)?);
    /// let (left, score) = ([true, false, true, false], [0.9, 0.1, 0.8, 0.3]);
    /// let best = campaign.maximum(&left, &score)?;
    /// assert_eq!(best.contacted, 0.5); // both leavers, nobody else
    /// assert!(best.profit.in_minor() <= campaign.expected_maximum(&left, &score)?.profit.in_minor() + 1e-9);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`expected_maximum`](Self::expected_maximum).
    pub fn maximum(&self, left: &[bool], scores: &[f64]) -> Result<BestContact> {
        self.check()?;
        let (rate, places) = roc(left, scores)?;
        let (mut best, mut contacted) = (0.0, 0.0);
        for place in places {
            let profit = self.profit(rate, place, self.mean_success());
            if profit > best {
                (best, contacted) = (profit, rate * place.leavers + (1.0 - rate) * place.stayers);
            }
        }
        Ok(BestContact { profit: Expected::minor(best)?, contacted })
    }

    /// Profit, lift and gain at 1/`steps`, 2/`steps`, .. 1 of the customers.
    ///
    /// ```
    /// # use regulars::churn::Campaign;
    /// # use regulars::types::Expected;
    /// # let campaign = Campaign::new(Expected::minor(2e4)?, Expected::minor(1e3)?, Expected::minor(1e2)?);
    /// let curve = campaign.curve(&[true, false, true, false], &[0.9, 0.1, 0.8, 0.3], 4)?;
    /// assert_eq!(curve[1].captured, 1.0);
    /// assert!(curve[1].profit.in_minor() > curve[3].profit.in_minor());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`expected_maximum`](Self::expected_maximum); [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 steps.
    pub fn curve(&self, left: &[bool], scores: &[f64], steps: usize) -> Result<Vec<ProfitPoint>> {
        self.check()?;
        let rate = left.iter().filter(|l| **l).count() as f64 / left.len().max(1) as f64;
        crate::metrics::gains(left, scores, steps)?
            .into_iter()
            .map(|gain| {
                let stayers = ((gain.contacted - rate * gain.captured) / (1.0 - rate)).clamp(0.0, 1.0);
                let place = Place { leavers: gain.captured, stayers, score: gain.threshold };
                Ok(ProfitPoint {
                    contacted: gain.contacted,
                    threshold: gain.threshold,
                    captured: gain.captured,
                    lift: gain.lift,
                    profit: Expected::minor(self.profit(rate, place, self.mean_success()))?,
                })
            })
            .collect()
    }

    /// Every customer by what a contact earns in expectation, the best first, ties by customer: p \[γ (V − d) − f\] −
    /// (1 − p) (d + f), with γ the mean success rate and V the customer's own value where `values` are given (a lifetime
    /// value, for example; who has none counts with the campaign's value). Contact those above 0: needs no outcomes, only
    /// calibrated probabilities.
    ///
    /// ```
    /// # use regulars::churn::Campaign;
    /// # use regulars::data::{Customers, PerCustomer};
    /// # use regulars::types::{Expected, Probability};
    /// # let campaign = Campaign::new(Expected::minor(2e4)?, Expected::minor(1e3)?, Expected::minor(1e2)?);
    /// let customers = Customers::numbered(3)?;
    /// let p = [0.9, 0.5, 0.02].map(Probability::new).into_iter().collect::<regulars::Result<_>>()?;
    /// let values = [1e3, 9e4, 9e4].map(Expected::minor).into_iter().collect::<regulars::Result<_>>()?;
    /// let risk = PerCustomer::new(customers.clone(), p)?;
    /// let ranked = campaign.rank(&risk, Some(&PerCustomer::new(customers, values)?))?;
    /// assert_eq!(ranked[0].customer, risk.customers().customer(1).unwrap()); // worth more than the surer leaver
    /// assert_eq!(ranked.iter().filter(|t| t.gain.in_minor() > 0.0).count(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check); [`InvalidInput`](crate::ErrorKind::InvalidInput) for values of another ledger's customers.
    pub fn rank(
        &self,
        risk: &PerCustomer<Probability>,
        values: Option<&PerCustomer<Expected>>,
    ) -> Result<Vec<Target>> {
        self.check()?;
        let (d, f, gamma) = (self.incentive.in_minor(), self.contact.in_minor(), self.mean_success());
        let mut targets = risk
            .iter()
            .map(|(customer, p)| {
                let own = values.map(|v| v.get(customer)).transpose()?.flatten();
                let value = own.unwrap_or(&self.value).in_minor();
                let p = p.get();
                let gain = p * (gamma * (value - d) - f) - (1.0 - p) * (d + f);
                Ok(Target { customer, gain: Expected::minor(gain)? })
            })
            .collect::<Result<Vec<_>>>()?;
        targets.sort_by(|a, b| b.gain.in_minor().total_cmp(&a.gain.in_minor()));
        Ok(targets)
    }
}

/// The rate of leavers and the ROC curve's corners from (0, 0) on, one for each distinct score.
///
/// Equal scores are contacted together or not at all, so they share one corner: no order of rows earns anything.
fn roc(left: &[bool], scores: &[f64]) -> Result<(f64, Vec<Place>)> {
    // Checks lengths, emptiness, finiteness and both outcomes.
    crate::metrics::roc_auc(left, scores)?;
    let positives = left.iter().filter(|l| **l).count() as f64;
    let negatives = left.len() as f64 - positives;
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(left.iter().copied()).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut places = vec![Place { leavers: 0.0, stayers: 0.0, score: f64::MAX }];
    let (mut hits, mut misses) = (0.0, 0.0);
    for (i, (score, left)) in order.iter().enumerate() {
        if *left {
            hits += 1.0;
        } else {
            misses += 1.0;
        }
        if order.get(i + 1).is_none_or(|next| next.0 != *score) {
            places.push(Place { leavers: hits / positives, stayers: misses / negatives, score: *score });
        }
    }
    Ok((positives / left.len() as f64, places))
}

/// The corners of the upper convex hull (Andrew's monotone chain over stayers, then leavers).
///
/// Between two corners of the hull no success rate makes a place on the curve best. O(n), because the corners come in order.
fn hull(places: &[Place]) -> Vec<Place> {
    let mut hull: Vec<Place> = Vec::new();
    for place in places {
        while let [.., a, b] = hull[..] {
            let cross = (b.stayers - a.stayers) * (place.leavers - a.leavers)
                - (b.leavers - a.leavers) * (place.stayers - a.stayers);
            if cross < 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(*place);
    }
    debug_assert!(hull.is_sorted_by(|a, b| a.score >= b.score));
    hull
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;
    use approx::assert_relative_eq;

    fn minor(v: f64) -> Expected {
        Expected::minor(v).unwrap()
    }

    fn campaign() -> Campaign {
        Campaign::new(minor(200.0), minor(10.0), minor(1.0))
    }

    fn sample(n: usize) -> (Vec<bool>, Vec<f64>) {
        let mut rng = Rng::new(Seed(2), 0);
        let scores: Vec<f64> = (0..n).map(|_| (rng.uniform() * 50.0).round() / 50.0).collect();
        (scores.iter().map(|s| rng.chance(0.5 * s * s)).collect(), scores)
    }

    /// The definition: the best profit at each success rate, averaged by the midpoint rule over 20,000 rates.
    #[test]
    fn expected_maximum_is_the_mean_of_the_best() {
        let (left, scores) = sample(700);
        let exact = campaign().expected_maximum(&left, &scores).unwrap();
        let (rate, places) = roc(&left, &scores).unwrap();
        let (a, b) = (6.0, 14.0);
        let (mut profit, mut share, mut total) = (0.0, 0.0, 0.0);
        for k in 0..20_000 {
            let g = (f64::from(k) + 0.5) / 20_000.0;
            let w = g.powf(a - 1.0) * (1.0 - g).powf(b - 1.0);
            let best = places
                .iter()
                .copied()
                .map(|p| (campaign().profit(rate, p, g), rate * p.leavers + (1.0 - rate) * p.stayers))
                .fold((0.0, 0.0), |best, p| if p.0 > best.0 { p } else { best });
            profit += w * best.0;
            share += w * best.1;
            total += w;
        }
        assert_relative_eq!(exact.profit.in_minor(), profit / total, max_relative = 1e-6);
        assert_relative_eq!(exact.contacted, share / total, max_relative = 1e-3);
    }

    #[test]
    fn certain_success_is_the_plain_maximum() {
        let (left, scores) = sample(500);
        let sure = campaign().success(3e5, 7e5);
        let expected = sure.expected_maximum(&left, &scores).unwrap();
        let plain = sure.maximum(&left, &scores).unwrap();
        assert_relative_eq!(expected.profit.in_minor(), plain.profit.in_minor(), max_relative = 1e-3);
        let curve = sure.curve(&left, &scores, 500).unwrap();
        let top = curve.iter().map(|p| p.profit.in_minor()).fold(0.0, f64::max);
        assert!(top <= plain.profit.in_minor() * 1.02);
        // Contacting everybody earns the same whoever counts it.
        let all = curve[499];
        let rate = left.iter().filter(|l| **l).count() as f64 / 500.0;
        let by_hand = rate * (0.3 * 190.0 - 1.0) - (1.0 - rate) * 11.0;
        assert_relative_eq!(all.profit.in_minor(), by_hand, max_relative = 1e-9);
    }

    #[test]
    fn worthless_campaigns_contact_nobody() {
        let (left, scores) = sample(300);
        let dear = Campaign::new(minor(200.0), minor(10.0), minor(1e6));
        let best = dear.expected_maximum(&left, &scores).unwrap();
        assert_eq!((best.profit.in_minor(), best.contacted), (0.0, 0.0));
        assert_eq!(dear.maximum(&left, &scores).unwrap().contacted, 0.0);
        let risk = PerCustomer::new(Customers::numbered(1).unwrap(), vec![Probability::ONE]).unwrap();
        assert!(dear.rank(&risk, None).unwrap()[0].gain.in_minor() < 0.0);
    }

    #[test]
    fn contracts() {
        let kind = |c: Campaign| c.maximum(&[true, false], &[0.5, 0.1]).unwrap_err().kind();
        assert_eq!(kind(Campaign::new(minor(5.0), minor(9.0), minor(1.0))), ErrorKind::InvalidParam);
        assert_eq!(kind(Campaign::new(minor(5.0), minor(1.0), minor(-1.0))), ErrorKind::InvalidParam);
        assert_eq!(kind(Campaign::new(minor(5.0), minor(-1.0), minor(1.0))), ErrorKind::InvalidParam);
        assert_eq!(kind(campaign().success(0.0, 1.0)), ErrorKind::InvalidParam);
        assert_eq!(campaign().curve(&[], &[], 3).unwrap_err().kind(), ErrorKind::EmptyInput);
        let one = campaign().expected_maximum(&[true], &[0.5]).unwrap_err();
        assert_eq!(one.kind(), ErrorKind::InvalidInput);
        assert!(campaign().maximum(&[true, false], &[f64::NAN, 0.1]).is_err());
    }
}
