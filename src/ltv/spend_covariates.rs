//! Covariates on spend: what is known of each customer moves how much a purchase is worth.
//!
//! # The model
//!
//! nu ~ Gamma(q, v e^(k'z)): the scale of the law of levels moves, its shape does not, so that the coefficient of variation
//! between customers, given their covariates, and within a customer are the same for all. With w = (q - 1) / (p x + q - 1),
//!
//! E(m) = w p v e^(k'z) / (q - 1) + (1 - w) m:
//!
//! between what such customers spend and what this one has spent. An effect of .1 is a tenth more per purchase.
//!
//! # How it differs from the other covariates
//!
//! | | acts on | read from |
//! |---|---|---|
//! | [`CovariateParams`](super::CovariateParams) | how often, how long | counts and times |
//! | [`VaryingParams`](super::VaryingParams) | the same, day by day | counts and days |
//! | this | how much | mean spend of repeat purchases |

use crate::data::{Matrix, PurchaseHistory};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::Provenance;

use super::covariates::{Effect, check_covariates, check_l2};
use super::histogram::Histogram;
use super::newton::{Point, Summit};
use super::spend::{self, GammaGamma};

/// [Gamma-Gamma](GammaGamma) spend whose level depends on covariates of the customer.
///
/// With z the covariates, purchases of a customer are worth e^(k'z) times as much: v becomes v e^(k'z), and with it the
/// expected spend p (v + x m) / (p x + q - 1) of a customer who has shown nothing yet. What a customer has shown
/// counts as before, so that the covariates matter most where the history is short.
///
/// When to use it: where newcomers of different channels or countries spend differently. When not: for the season, which
/// is not the customer's own. Maximum likelihood by Newton's method with analytic derivatives, O(n (3 + m)^2) a step.
///
/// ```
/// use regulars::data::{Customers, Matrix, PurchaseHistory, TimeUnit};
/// use regulars::ltv::{GammaGamma, SpendCovariateParams};
/// use regulars::types::Seed;
///
/// // Every second customer spends twice as much.
/// let x = vec![4.0; 1_000];
/// let plain = GammaGamma::new(6.0, 4.0, 1_500.0)?.simulate(&x, Seed(1));
/// let group: Vec<f64> = (0..1_000).map(|i| f64::from(i % 2)).collect();
/// let spend = plain.iter().zip(&group).map(|(m, z)| m * (1.0 + z)).collect();
/// let customers = Customers::numbered(1_000)?;
/// let history = PurchaseHistory::new(customers.clone(), TimeUnit::Week, x, vec![30.0; 1_000], vec![39.0; 1_000])?
///     .with_spend(spend)?;
/// let covariates = Matrix::new(customers, ["business"], group)?;
/// let model = SpendCovariateParams::new().fit(&history, &covariates)?;
/// let effect = &model.on_spend()[0];
/// assert!((effect.value - 2.0_f64.ln()).abs() < 3.0 * effect.standard_error.unwrap());
/// let newcomer = |z: f64| model.gamma_gamma(&[z]).map(|g| g.expected(0.0, 0.0));
/// assert!(newcomer(1.0)? > 1.7 * newcomer(0.0)?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct SpendCovariateParams {
    l2: f64,
}

/// Gamma-Gamma spend with effects of covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct SpendCovariateModel {
    pub(super) base: GammaGamma,
    pub(super) effects: Vec<Effect>,
    pub(super) log_likelihood: f64,
    pub(super) gradient_norm: f64,
    pub(super) converged: bool,
    pub(super) provenance: Provenance,
}

/// p, q and v come before the effects.
const OWN: usize = 3;

impl SpendCovariateParams {
    /// No penalty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Half this much times the sum of squared effects is taken from the log-likelihood. Default: 0.
    #[must_use]
    pub fn l2(mut self, strength: f64) -> Self {
        self.l2 = strength;
        self
    }

    /// Whether the parameters make sense; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a penalty that is not between 0 and 1e12.
    pub fn check(&self) -> Result<()> {
        check_l2(self.l2)
    }

    /// Fits spend and effects to the repeat buyers with a positive mean spend; one row of `covariates` for each customer of
    /// `history`, in the same order.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) without covariates or where nobody came back
    /// with money; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of rows;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a covariate above a million.
    pub fn fit(&self, history: &PurchaseHistory, covariates: &Matrix) -> Result<SpendCovariateModel> {
        self.check()?;
        check_covariates(history, covariates)?;
        let histogram = Histogram::new(history);
        let (Some(runs), Some(means)) = (&histogram.spend, history.spend()) else {
            return Err(Error::empty("the history has no spend to fit effects to"));
        };
        if runs.count.is_empty() {
            return Err(Error::empty("no customer came back with money"));
        }
        let plain = spend::fit(runs, &runs.weights(), None).theta;
        let m = covariates.width();
        let x = history.x();
        let with_money: Vec<usize> = (0..x.len()).filter(|i| x[*i] > 0.0 && means[*i] > 0.0).collect();
        let total = |at: &[f64]| {
            let chunk = |range: std::ops::Range<usize>| {
                let mut sum = Point::zero(at.len());
                for i in with_money[range].iter().copied() {
                    let z = covariates.row(i).unwrap_or_default();
                    // Each effect acts on ln v.
                    let effects = z.iter().enumerate().map(|(j, z)| (OWN + j, 2, *z));
                    let acts: Vec<_> = (0..OWN).map(|k| (k, k, 1.0)).chain(effects).collect();
                    let mut logs = [0.0; OWN];
                    for (k, role, factor) in &acts {
                        logs[*role] += factor * at[*k];
                    }
                    let theta = logs.map(|u: f64| u.clamp(-80.0, 80.0).exp());
                    let eval = spend::segment(theta, x[i], &means[i..=i], &[1.0], means[i].ln());
                    sum.add_through(&eval.in_logs(&theta), &acts);
                }
                sum
            };
            let mut sum = par::reduce_chunks(with_money.len(), 512, chunk, |a, b| a.plus(&b))
                .unwrap_or_else(|| Point::zero(at.len()));
            sum.penalise(at, OWN, self.l2);
            sum
        };
        let mut at: Vec<f64> = plain.iter().map(|v| v.ln()).collect();
        at.resize(OWN + m, 0.0);
        let found = Summit::climb(at, OWN, self.l2, total);
        let numbers: Vec<usize> = (OWN..OWN + m).collect();
        let own = found.theta(OWN);
        Ok(SpendCovariateModel {
            base: GammaGamma { p: own[0], q: own[1], v: own[2] },
            effects: Effect::list(covariates.names(), &numbers, &found.at, found.errors.as_deref()),
            log_likelihood: found.log_likelihood,
            gradient_norm: found.gradient_norm,
            converged: found.converged,
            provenance: history.customers().provenance().clone(),
        })
    }
}

impl SpendCovariateModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The spend of a customer whose covariates are all 0.
    pub fn base(&self) -> &GammaGamma {
        &self.base
    }

    /// Effects on ln of spend.
    pub fn on_spend(&self) -> &[Effect] {
        &self.effects
    }

    /// ln of the likelihood, without the penalty.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Norm of the gradient of likelihood and penalty where the search ended.
    pub fn gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// Whether the search ended at a maximum.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The spend model of a customer with these covariates.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of covariates,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the effects take v out of its domain.
    pub fn gamma_gamma(&self, covariates: &[f64]) -> Result<GammaGamma> {
        if covariates.len() != self.effects.len() {
            return Err(Error::shape("covariates", self.effects.len(), covariates.len()));
        }
        let sum: f64 = self.effects.iter().zip(covariates).map(|(e, z)| e.value * z).sum();
        GammaGamma::new(self.base.p, self.base.q, self.base.v * sum.exp())
            .map_err(|_| Error::input("these covariates take v out of its domain"))
    }
}
