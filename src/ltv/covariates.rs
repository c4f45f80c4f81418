//! Static covariates: what is known of each customer moves how often they buy and how soon they leave.
//!
//! # How to read an effect
//!
//! | effect on | of .1 says |
//! |---|---|
//! | purchases, all models | a tenth more purchases a week while active |
//! | attrition, Pareto/NBD and GGompertz/NBD | leaves a tenth sooner |
//! | attrition, BG/NBD and MBG/NBD | the odds of leaving at a purchase are a tenth higher, on average |
//!
//! Both are effects on latent rates, found from what customers did: a group that buys less often and one that leaves sooner
//! look alike for a short time, so that both effects have wide intervals until a year or so has been seen.
//!
//! # When not
//!
//! Not for what changes over time ([`VaryingParams`](super::VaryingParams)), and not for what follows from the purchases
//! themselves (spend so far, items bought): such covariates know the future of the past they explain.

use crate::data::{Matrix, PerCustomer, PurchaseHistory, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Horizon, Provenance};

use super::betageo::{BetaGeometric, Coin};
use super::discount::Discount;
use super::dropout::{GammaGompertz, NbdWith, Pareto};
use super::fit;
use super::histogram::Histogram;
use super::history::RecencyFrequency;
use super::model::LifetimeValue;
use super::newton::{Point, Summit};
use super::params::{Model, Prior};
use super::process::PurchaseProcess;

/// Whether purchases and attrition have effects of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Effects {
    /// Each covariate has one effect on purchases and another on attrition.
    #[default]
    Separate,
    /// Each covariate moves both by the same factor (an equality constraint: half the parameters).
    Equal,
}

/// A purchase model whose rates depend on covariates of the customer that do not change: the channel they came by, where
/// they live, whether they gave an address.
///
/// With z the covariates, purchases are exp(g'z) times as frequent: alpha becomes alpha e^(-g'z). Attrition is e^(d'z) times
/// as fast: beta becomes beta e^(-d'z) for Pareto/NBD and GGompertz/NBD, and a becomes a e^(d'z) for BG/NBD and MBG/NBD (the
/// odds of leaving at a purchase). g and d are effects on a logarithm, per unit of the covariate: standardise
/// covariates before they are penalised.
///
/// Newton's method with analytic gradient and Hessian, which follow from those of the model without covariates by the
/// chain rule, because the covariates enter the logarithms linearly. O(n (N + m)^2) a step for n customers, N parameters and m
/// effects.
///
/// Source: Fader and Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models,
/// brucehardie.com/notes/019.
///
/// ```
/// use regulars::data::{Customers, Matrix, PurchaseHistory, TimeUnit};
/// use regulars::ltv::{CovariateParams, Model, PurchaseProcess};
/// use regulars::types::Seed;
///
/// // Every second customer buys three times as often.
/// let slow = PurchaseProcess::pareto_nbd(0.6, 12.0, 0.6, 12.0)?.simulate(&[52.0; 1_000], TimeUnit::Week, Seed(1))?;
/// let fast = PurchaseProcess::pareto_nbd(0.6, 4.0, 0.6, 12.0)?.simulate(&[52.0; 1_000], TimeUnit::Week, Seed(2))?;
/// let join = |a: &[f64], b: &[f64]| [a, b].concat();
/// let customers = Customers::numbered(2_000)?;
/// let history = PurchaseHistory::new(
///     customers.clone(),
///     TimeUnit::Week,
///     join(slow.x(), fast.x()),
///     join(slow.t_x(), fast.t_x()),
///     join(slow.t(), fast.t()),
/// )?;
/// let is_fast = (0..2_000).map(|i| if i < 1_000 { 0.0 } else { 1.0 }).collect();
/// let model = CovariateParams::new(Model::ParetoNbd).fit(&history, &Matrix::unnamed(customers, 1, is_fast)?)?;
/// let effect = &model.on_purchases()[0];
/// assert!((effect.value - 3.0_f64.ln()).abs() < 3.0 * effect.standard_error.unwrap());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CovariateParams {
    model: Model,
    l2: f64,
    effects: Effects,
    equal: Vec<String>,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    CovariateParams, Self::new(Model::BgNbd);
    model: Model;
    l2: f64, effects: Effects, equal: Vec<String>,
}

/// The effect of one covariate on the logarithm of a rate, or of spend.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Effect {
    /// The covariate's name.
    pub name: String,
    /// Its effect per unit: 0.1 is about a tenth more.
    pub value: f64,
    /// Standard error from the information; `None` under a penalty, which spoils it, and where the information is singular.
    pub standard_error: Option<f64>,
}

impl Effect {
    /// Effects of `names`, whose numbers among the parameters are `at`.
    pub(super) fn list(names: &[String], at: &[usize], values: &[f64], errors: Option<&[f64]>) -> Vec<Self> {
        let one = |(name, i): (&String, &usize)| Self {
            name: name.clone(),
            value: values[*i],
            standard_error: errors.map(|e| e[*i]),
        };
        names.iter().zip(at).map(one).collect()
    }
}

/// A purchase model with effects of covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct CovariateModel(pub(super) EffectsFit);

/// A purchase process with effects on buying and leaving, and how the search for them ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EffectsFit {
    /// Of a customer whose covariates are 0.
    pub(super) base: PurchaseProcess,
    pub(super) unit: TimeUnit,
    pub(super) purchases: Vec<Effect>,
    pub(super) attrition: Vec<Effect>,
    pub(super) log_likelihood: f64,
    pub(super) gradient_norm: f64,
    pub(super) converged: bool,
    pub(super) provenance: Provenance,
}

impl EffectsFit {
    /// What a search came to: `own` parameters of `model`, then effects; `buys` and `leaves` are names and numbers of those on buying
    /// and on leaving.
    pub(super) fn new(
        (model, own): (Model, usize),
        unit: TimeUnit,
        found: &Summit,
        buys: (&[String], &[usize]),
        leaves: (&[String], &[usize]),
    ) -> Self {
        let list =
            |(names, at): (&[String], &[usize])| Effect::list(names, at, &found.at, found.errors.as_deref());
        Self {
            provenance: Provenance::default(),
            base: PurchaseProcess::raw(model, &found.theta(own)),
            unit,
            purchases: list(buys),
            attrition: list(leaves),
            log_likelihood: found.log_likelihood,
            gradient_norm: found.gradient_norm,
            converged: found.converged,
        }
    }
}

impl CovariateParams {
    /// BG/NBD, MBG/NBD, Pareto/NBD or GGompertz/NBD, without penalty.
    pub fn new(model: Model) -> Self {
        Self { model, l2: 0.0, effects: Effects::default(), equal: Vec::new() }
    }

    /// Half this much times the sum of squared effects is taken from the log-likelihood. Default: 0.
    ///
    /// A ridge: the estimate of an effect is its posterior mode under a normal prior of variance 1 / `strength`.
    #[must_use]
    pub fn l2(mut self, strength: f64) -> Self {
        self.l2 = strength;
        self
    }

    /// Whether purchases and attrition have effects of their own. Default: [`Effects::Separate`].
    #[must_use]
    pub fn effects(mut self, effects: Effects) -> Self {
        self.effects = effects;
        self
    }

    /// Covariates that move purchases and attrition by the same factor, the others having two effects of their own: an
    /// equality constraint for each of them. Default: none.
    #[must_use]
    pub fn equal<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.equal = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether the parameters make sense; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for another model, or a penalty that is not between 0 and 1e12.
    pub fn check(&self) -> Result<()> {
        let able = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd, Model::GGompertzNbd];
        if !able.contains(&self.model) {
            return Err(Error::param("model", "must be one with covariates", self.model));
        }
        check_l2(self.l2)
    }

    /// Fits the model and the effects; one row of `covariates` for each customer of `history`, in the same order.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`InvalidParam`](crate::ErrorKind::InvalidParam) where [`equal`](Self::equal) names a
    /// covariate that is not there; [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of rows,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers or covariates,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a covariate above a million.
    pub fn fit(&self, history: &PurchaseHistory, covariates: &Matrix) -> Result<CovariateModel> {
        self.check()?;
        check_covariates(history, covariates)?;
        let names = covariates.names();
        if let Some(name) = self.equal.iter().find(|n| !names.contains(n)) {
            return Err(Error::param("equal", "must name covariates", name));
        }
        // The start: no effects.
        let runs = Histogram::new(history);
        let runs = &runs.purchases;
        let plain = fit::fit(self.model, runs, &runs.weights(), None, Prior::LogNormal(5.0));
        let n = plain.theta.len();
        let buys: Vec<usize> = (n..n + names.len()).collect();
        let mut free = n + names.len();
        let leaves: Vec<usize> = names
            .iter()
            .zip(&buys)
            .map(|(name, own)| {
                if self.effects == Effects::Equal || self.equal.contains(name) {
                    return *own;
                }
                free += 1;
                free - 1
            })
            .collect();
        let mut at: Vec<f64> = plain.theta.iter().map(|t| t.ln()).collect();
        at.resize(free, 0.0);
        let data = Data { history, covariates, model: self.model, n, buys, leaves, l2: self.l2 };
        let found = Summit::climb(at, n, self.l2, |at| data.total(at));
        let (buys, leaves) = ((names, &data.buys[..]), (names, &data.leaves[..]));
        let fit = EffectsFit::new((self.model, n), history.unit(), &found, buys, leaves);
        Ok(CovariateModel(EffectsFit { provenance: history.customers().provenance().clone(), ..fit }))
    }
}

/// A strength of the penalty that Newton's method can carry.
pub(super) fn check_l2(l2: f64) -> Result<()> {
    if (0.0..=1e12).contains(&l2) {
        Ok(())
    } else {
        Err(Error::param("l2", "must lie between 0 and 1e12", l2))
    }
}

/// One row of covariates for each customer, none of them absurd.
pub(super) fn check_covariates(history: &PurchaseHistory, covariates: &Matrix) -> Result<()> {
    if covariates.len() != history.len() {
        return Err(Error::shape("rows of covariates", history.len(), covariates.len()));
    }
    if history.is_empty() || covariates.width() == 0 {
        return Err(Error::empty("no customer or no covariate to fit effects to"));
    }
    if covariates.values().iter().any(|v| v.is_nan() || v.abs() > 1e6) {
        return Err(Error::input("a covariate is above a million: standardise it"));
    }
    Ok(())
}

struct Data<'a> {
    history: &'a PurchaseHistory,
    covariates: &'a Matrix,
    model: Model,
    /// Parameters without effects.
    n: usize,
    /// For each covariate the number of its effect on purchases, and on attrition, among the parameters.
    buys: Vec<usize>,
    leaves: Vec<usize>,
    l2: f64,
}

/// Which of the model's parameters purchases and attrition act on, and with which sign: a rate times e^f is a scale
/// parameter times e^-f, since lambda / alpha and mu / beta are all that the gamma laws know.
fn roles(model: Model) -> [(usize, f64); 2] {
    match model {
        Model::ParetoNbd => [(1, -1.0), (3, -1.0)],
        Model::GGompertzNbd => [(1, -1.0), (4, -1.0)],
        _ => [(1, -1.0), (2, 1.0)],
    }
}

impl Data<'_> {
    /// (parameter of the whole, logarithm of the customer, factor) for a customer with covariates `z`.
    fn acts(&self, z: &[f64]) -> Vec<(usize, usize, f64)> {
        let [buy, leave] = roles(self.model);
        let own = (0..self.n).map(|k| (k, k, 1.0));
        let on = |at: &[usize], (role, sign): (usize, f64)| -> Vec<(usize, usize, f64)> {
            at.iter().zip(z).map(|(k, z)| (*k, role, sign * z)).collect()
        };
        own.chain(on(&self.buys, buy)).chain(on(&self.leaves, leave)).collect()
    }

    /// The penalised log-likelihood at `at`.
    fn total(&self, at: &[f64]) -> Point {
        let d = at.len();
        let (x, t_x, t) = (self.history.x(), self.history.t_x(), self.history.t());
        let chunk = |range: std::ops::Range<usize>| {
            let mut sum = Point::zero(d);
            for i in range {
                let acts = self.acts(self.covariates.row(i).unwrap_or_default());
                let mut logs = [0.0; 5];
                for (k, role, factor) in &acts {
                    logs[*role] += factor * at[*k];
                }
                let all = logs.map(|u: f64| u.clamp(-40.0, 40.0).exp());
                let four: [f64; 4] = std::array::from_fn(|k| all[k]);
                let (t, t_x, w) = (&t[i..=i], &t_x[i..=i], &[1.0][..]);
                match self.model {
                    Model::ParetoNbd => {
                        let [r, alpha, s, beta] = four;
                        let model = NbdWith { r, alpha, dropout: Pareto { s, beta } };
                        let eval = model.segment::<2, 4>(x[i], t, t_x, w);
                        sum.add_through(&eval.in_logs(&four), &acts);
                    }
                    Model::GGompertzNbd => {
                        let [r, alpha, b, s, beta] = all;
                        let model = NbdWith { r, alpha, dropout: GammaGompertz { b, s, beta } };
                        let eval = model.segment::<3, 5>(x[i], t, t_x, w);
                        sum.add_through(&eval.in_logs(&all), &acts);
                    }
                    _ => {
                        let coin =
                            if self.model == Model::BgNbd { Coin::AfterRepeats } else { Coin::AfterEvery };
                        let eval = BetaGeometric::from_array(four, coin).segment(x[i], t, t_x, w);
                        sum.add_through(&eval.in_logs(&four), &acts);
                    }
                }
            }
            sum
        };
        let mut sum =
            par::reduce_chunks(x.len(), 512, chunk, |a, b| a.plus(&b)).unwrap_or_else(|| Point::zero(d));
        sum.penalise(at, self.n, self.l2);
        sum
    }
}

impl CovariateModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.0.provenance
    }

    /// The process of a customer whose covariates are all 0.
    ///
    /// ```
    /// # use regulars::{data::{Matrix, TimeUnit}, ltv::*, types::Seed};
    /// # let history = PurchaseProcess::bg_nbd(0.8, 4.0, 0.8, 2.5)?.simulate(&[52.0; 300], TimeUnit::Week, Seed(1))?;
    /// # let z = (0..300).map(|i| f64::from(i % 3)).collect();
    /// # let covariates = Matrix::new(history.customers().clone(), ["visits"], z)?;
    /// let model = CovariateParams::new(Model::BgNbd).fit(&history, &covariates)?;
    /// assert_eq!(model.process(&[0.0])?, *model.base());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn base(&self) -> &PurchaseProcess {
        &self.0.base
    }

    /// The unit of time of the rates.
    pub fn unit(&self) -> TimeUnit {
        self.0.unit
    }

    /// Effects on ln of the rate of purchase.
    pub fn on_purchases(&self) -> &[Effect] {
        &self.0.purchases
    }

    /// Effects on ln of the rate of leaving; those on purchases again where they were held equal.
    pub fn on_attrition(&self) -> &[Effect] {
        &self.0.attrition
    }

    /// ln of the likelihood, without the penalty.
    pub fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood
    }

    /// Norm of the gradient of likelihood and penalty where the search ended.
    pub fn gradient_norm(&self) -> f64 {
        self.0.gradient_norm
    }

    /// Whether the search ended at a maximum.
    pub fn converged(&self) -> bool {
        self.0.converged
    }

    /// The process of a customer with these covariates: its predictions are those of any [`PurchaseProcess`].
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of covariates,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the effects take a parameter out of its domain.
    pub fn process(&self, covariates: &[f64]) -> Result<PurchaseProcess> {
        if covariates.len() != self.0.purchases.len() {
            return Err(Error::shape("covariates", self.0.purchases.len(), covariates.len()));
        }
        let dot = |e: &[Effect]| e.iter().zip(covariates).map(|(e, z)| e.value * z).sum::<f64>();
        let mut theta = self.0.base.parameters();
        for ((role, sign), effects) in
            roles(self.0.base.model()).into_iter().zip([&self.0.purchases, &self.0.attrition])
        {
            theta[role] *= (sign * dot(effects)).exp();
        }
        PurchaseProcess::new(self.0.base.model(), &theta)
            .map_err(|_| Error::input("these covariates take a parameter out of its domain"))
    }

    /// P(alive), expected and discounted purchases of every customer of `history` over the days after it; one row of
    /// `covariates` for each, in the same order. Money is another model's ([`SpendCovariateModel`](super::SpendCovariateModel)
    /// or [`GammaGamma`](super::GammaGamma)): `spend` and `clv` are `None`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the history is in another unit of time than the model; as
    /// [`process`](Self::process), naming the row.
    ///
    /// ```
    /// use regulars::data::{Customers, Matrix, PurchaseHistory, TimeUnit};
    /// use regulars::ltv::{CovariateParams, Discount, Model, PurchaseProcess};
    /// use regulars::types::{Horizon, Seed};
    ///
    /// let truth = PurchaseProcess::bg_nbd(0.8, 4.0, 0.8, 2.5)?;
    /// let history = truth.simulate(&[52.0; 500], TimeUnit::Week, Seed(1))?;
    /// let channel = (0..500).map(|i| f64::from(i % 2)).collect();
    /// let covariates = Matrix::new(history.customers().clone(), ["app"], channel)?;
    /// let model = CovariateParams::new(Model::BgNbd).fit(&history, &covariates)?;
    /// let ahead = model.predict(&history, &covariates, Horizon::weeks(26)?, Discount::default())?;
    /// assert!(ahead.values().iter().all(|v| v.discounted_purchases <= v.purchases));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn predict(
        &self,
        history: &PurchaseHistory,
        covariates: &Matrix,
        horizon: Horizon,
        discount: Discount,
    ) -> Result<PerCustomer<LifetimeValue>> {
        check_covariates(history, covariates)?;
        self.0.provenance.check(history.customers().provenance())?;
        if history.unit() != self.0.unit {
            return Err(Error::input("the history is in another unit of time than the model"));
        }
        let days = f64::from(horizon.in_days());
        let t = days / self.0.unit.in_days();
        let schedule = discount.schedule(days, self.0.unit.in_days());
        let one = |i: usize| {
            let process = self.process(covariates.row(i).unwrap_or_default()).map_err(|_| {
                Error::row(i as u64 + 1, None, "the covariates take a parameter out of its domain")
            })?;
            let h = RecencyFrequency { x: history.x()[i], t_x: history.t_x()[i], t: history.t()[i] };
            Ok(LifetimeValue::of(&process, &h, t, &schedule))
        };
        let values = par::map(history.len(), one).into_iter().collect::<Result<Vec<_>>>()?;
        PerCustomer::new(history.customers().clone(), values)
    }
}
