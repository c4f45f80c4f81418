//! Shifted beta-geometric: how long contracts last that are renewed, or not, at the end of each period.
//!
//! # When to use it, and when not
//!
//! For subscriptions: leaving is seen, and the only question is when. Not for shops without contracts, where leaving must be
//! guessed from silence. Ages are periods of the contract (months, years); contracts of different ages and those still
//! running go into one table, [`Renewals`].
//!
//! # By hand
//!
//! 1,000 start, 631 renew once, 468 twice: the retention rates .631 and .742 rise although nobody becomes more loyal; those
//! who leave easily have left. theta ~ Beta(.704, 1.182) has mean .373 = 1 - .627, and after one renewal it is Beta(.704,
//! 2.182), mean .244 = 1 - .756.

use crate::error::{Error, Result};
use crate::kernel::optim::{Eval, Search};
use crate::kernel::special::ln_rising;

use super::fit::{Outcome, Pull, climb_in_logs};
use super::jet::Jet;
use super::process::check_positive;
use super::summary::FitSummary;

/// Contracts in sum: for each age in periods, how many ended after it and how many were seen to that age and no further.
///
/// ```
/// use regulars::ltv::Renewals;
/// // Fader and Hardie (2007): of 1,000 customers 869 renewed once, 743 twice.
/// let renewals = Renewals::of_cohort(&[1_000, 869, 743])?;
/// assert_eq!(renewals.contracts(), 1_000);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Renewals {
    /// By age - 1: ended at the end of that period.
    lost: Vec<u64>,
    /// By age - 1: renewed that often and no further seen.
    kept: Vec<u64>,
}

/// Contracts older than this many periods are refused: no plan has been renewed so often.
const OLDEST: u32 = 100_000;

impl Renewals {
    /// No contract yet; fill it with [`add`](Self::add).
    pub fn new() -> Self {
        Self::default()
    }

    /// One cohort: how many were active at the start, after the first period, the second and so on.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the row where more are active than before,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for fewer than two counts.
    pub fn of_cohort(active: &[u64]) -> Result<Self> {
        let mut all = Self::new();
        for (row, pair) in (2_u64..).zip(active.windows(2)) {
            let Some(lost) = pair[0].checked_sub(pair[1]) else {
                return Err(Error::row(row, Some("active"), "must not exceed the count before"));
            };
            all.lost.push(lost);
        }
        let Some(last) = active.last().filter(|_| active.len() > 1) else {
            return Err(Error::empty("a cohort needs its size and at least one later count"));
        };
        all.kept = vec![0; all.lost.len()];
        if let Some(kept) = all.kept.last_mut() {
            *kept = *last;
        }
        Ok(all)
    }

    /// Adds `count` contracts seen for `periods` of which the last one was renewed ([`Outlook::Renewed`]) or not.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless `periods` is 1 to 100,000.
    pub fn add(&mut self, periods: u32, outlook: Outlook, count: u64) -> Result<&mut Self> {
        if !(1..=OLDEST).contains(&periods) {
            return Err(Error::param("periods", "must be 1 to 100000", periods));
        }
        let length = self.lost.len().max(periods as usize);
        self.lost.resize(length, 0);
        self.kept.resize(length, 0);
        let counts = match outlook {
            Outlook::Lost => &mut self.lost,
            Outlook::Renewed => &mut self.kept,
        };
        let at = &mut counts[periods as usize - 1];
        *at = at.saturating_add(count);
        Ok(self)
    }

    /// Contracts of both: shards add up in any order.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let add = |a: &[u64], b: &[u64]| {
            let at = |v: &[u64], i: usize| v.get(i).copied().unwrap_or(0);
            (0..a.len().max(b.len())).map(|i| at(a, i).saturating_add(at(b, i))).collect()
        };
        Self { lost: add(&self.lost, &other.lost), kept: add(&self.kept, &other.kept) }
    }

    /// Number of contracts, ended and running.
    pub fn contracts(&self) -> u64 {
        self.lost.iter().chain(&self.kept).fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// ln L = sum of lost(t) ln P(T = t) + kept(t) ln S(t), with derivatives in (a, b).
    fn log_likelihood(&self, [a, b]: &[f64; 2]) -> Eval<2> {
        let (a, b) = (Jet::<2>::parameter(*a, 0), Jet::<2>::parameter(*b, 1));
        let mut total = Eval::ZERO;
        for (t, (lost, kept)) in (1_u32..).zip(self.lost.iter().zip(&self.kept)) {
            let t = f64::from(t);
            let survive = |t: f64| b.ln_rising(t) + (a + b).ln_rising(t).scale(-1.0);
            if *lost > 0 {
                let ends = survive(t - 1.0) + a.ln() + (a + b).plus(t - 1.0).ln().scale(-1.0);
                total = total + ends.scale(*lost as f64).0;
            }
            if *kept > 0 {
                total = total + survive(t).scale(*kept as f64).0;
            }
        }
        total
    }
}

/// What the end of the last period seen brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outlook {
    /// The contract ended.
    Lost,
    /// The contract was renewed.
    Renewed,
}

/// The shifted beta-geometric model of contracts (Fader and Hardie 2007): each customer ends the contract at the end of a
/// period with a probability of their own, theta ~ Beta(a, b), constant in time.
///
/// P(T = t) = B(a + 1, b + t - 1) / B(a, b), S(t) = B(a, b + t) / B(a, b), and the retention rate of period t,
/// S(t) / S(t - 1) = (b + t - 1) / (a + b + t - 1), rises with age because those who leave easily have left: a constant
/// churn rate undervalues old customers.
///
/// ```
/// use regulars::ltv::{Renewals, ShiftedBetaGeometric};
///
/// // Fader and Hardie (2007), table 1, "regular" customers: a .704, b 1.182 from seven years.
/// let cohort = Renewals::of_cohort(&[1_000, 631, 468, 382, 326, 289, 262, 241])?;
/// let (model, summary) = ShiftedBetaGeometric::fit(&cohort)?;
/// assert!((model.parameters().0 - 0.704).abs() < 5e-4 && (model.parameters().1 - 1.182).abs() < 5e-4);
/// assert!(model.retention(8) > model.retention(1));
/// assert!((model.survival(8) - 0.22).abs() < 0.01); // 223 of 1,000 were left in the eighth year
/// assert!(summary.log_likelihood < 0.0);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Source: doi:10.1002/dir.20074; the residual value is Fader and Hardie (2010), doi:10.1287/mksc.1080.0482.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShiftedBetaGeometric {
    a: f64,
    b: f64,
}

impl ShiftedBetaGeometric {
    /// a, b > 0.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless both lie between 1e-12 and 1e12.
    pub fn new(a: f64, b: f64) -> Result<Self> {
        check_positive("a", a)?;
        check_positive("b", b)?;
        Ok(Self { a, b })
    }

    /// Maximum likelihood, by the same safeguarded Newton search as the other models. O(ages) a step.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without contracts.
    pub fn fit(renewals: &Renewals) -> Result<(Self, FitSummary)> {
        let contracts = renewals.contracts();
        if contracts == 0 {
            return Err(Error::empty("no contract to fit a retention model to"));
        }
        let starts = [[0.0, 0.7], [-1.0, 0.0], [1.0, 2.0]];
        let fitted = climb_in_logs(Search::about([0.0; 2], 16.0), &Pull::NONE, &starts, |theta| {
            renewals.log_likelihood(theta)
        });
        let [a, b] = fitted.theta;
        let outcome: Outcome = fitted.into();
        let ages = renewals.lost.iter().chain(&renewals.kept).filter(|n| **n > 0).count();
        Ok((Self { a, b }, FitSummary::new(&["a", "b"], &outcome, contracts, ages)))
    }

    /// (a, b) of the law of theta: mean a / (a + b), the more spread out the smaller a + b.
    pub fn parameters(&self) -> (f64, f64) {
        (self.a, self.b)
    }

    /// Share of contracts that outlast `t` periods: B(a, b + t) / B(a, b).
    ///
    /// ```
    /// use regulars::ltv::ShiftedBetaGeometric;
    /// let model = ShiftedBetaGeometric::new(0.704, 1.182)?;
    /// assert_eq!(model.survival(0), 1.0);
    /// assert!((model.survival(1) - 0.627).abs() < 1e-3);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn survival(&self, t: u32) -> f64 {
        (ln_rising(self.b, f64::from(t)) - ln_rising(self.a + self.b, f64::from(t))).exp()
    }

    /// Share of those active in period `t` (1, 2, ..) who renew at its end: (b + t - 1) / (a + b + t - 1).
    ///
    /// ```
    /// use regulars::ltv::ShiftedBetaGeometric;
    /// let model = ShiftedBetaGeometric::new(0.704, 1.182)?;
    /// assert!((model.retention(2) * model.survival(1) - model.survival(2)).abs() < 1e-15);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn retention(&self, t: u32) -> f64 {
        let t = f64::from(t.max(1));
        (self.b + t - 1.0) / (self.a + self.b + t - 1.0)
    }

    /// Discounted expected residual periods of a contract renewed `renewals` times, before its next decision: the next
    /// period, if renewed, counts 1, the k-th after it (1 + `rate`)^-k.
    ///
    /// sum over k of S(n + k | n) (1 + rate)^-(k - 1), to 1e-15 of the sum; without discount the sum diverges for
    /// a <= 1, and is cut after ten million periods.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless `rate` lies between 0 and 1e6.
    ///
    /// ```
    /// use regulars::ltv::ShiftedBetaGeometric;
    /// let model = ShiftedBetaGeometric::new(0.704, 1.182)?;
    /// // The longer somebody has stayed, the longer they will.
    /// assert!(model.residual_periods(6, 0.1)? > model.residual_periods(1, 0.1)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn residual_periods(&self, renewals: u32, rate: f64) -> Result<f64> {
        if !(0.0..=1e6).contains(&rate) {
            return Err(Error::param("rate", "must lie between 0 and 1e6", rate));
        }
        let n = f64::from(renewals);
        let (mut worth, mut sum, mut k) = (1.0, 0.0, 1.0);
        while k < 1e7 {
            let stays = (self.b + n + k - 1.0) / (self.a + self.b + n + k - 1.0);
            worth *= stays;
            sum += worth;
            worth /= 1.0 + rate;
            if worth <= 1e-16 * sum {
                break;
            }
            k += 1.0;
        }
        Ok(sum)
    }
}
