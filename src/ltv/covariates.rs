//! Static covariates: what is known of each customer moves how often they buy and how soon they leave.

use crate::data::{Matrix, PurchaseHistory};
use crate::error::{Error, Result};
use crate::kernel::linalg::Cholesky;
use crate::kernel::optim::Eval;
use crate::kernel::par;

use super::betageo::{BetaGeometric, Coin};
use super::dropout::{GammaGompertz, NbdWith, Pareto};
use super::fit;
use super::histogram::Histogram;
use super::params::{Model, Prior};
use super::process::PurchaseProcess;

/// Whether purchases and attrition have effects of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
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
pub struct CovariateParams {
    model: Model,
    l2: f64,
    effects: Effects,
}

/// The effect of one covariate on the logarithm of a rate.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Effect {
    /// The covariate's name.
    pub name: String,
    /// Its effect per unit.
    pub value: f64,
    /// Standard error from the information; `None` under a penalty, which spoils it, and where the information is singular.
    pub standard_error: Option<f64>,
}

/// A purchase model with effects of covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct CovariateModel {
    base: PurchaseProcess,
    purchases: Vec<Effect>,
    attrition: Vec<Effect>,
    log_likelihood: f64,
    gradient_norm: f64,
    converged: bool,
}

impl CovariateParams {
    /// BG/NBD, MBG/NBD, Pareto/NBD or GGompertz/NBD, without penalty.
    pub fn new(model: Model) -> Self {
        Self { model, l2: 0.0, effects: Effects::default() }
    }

    /// Half this much times the sum of squared effects is taken from the log-likelihood. Default: 0.
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

    /// Whether the parameters make sense; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for another model, or a penalty that is not between 0 and 1e12.
    pub fn check(&self) -> Result<()> {
        let able = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd, Model::GGompertzNbd];
        if !able.contains(&self.model) {
            return Err(Error::param("model", "must be one with covariates", self.model));
        }
        if !(0.0..=1e12).contains(&self.l2) {
            return Err(Error::param("l2", "must lie between 0 and 1e12", self.l2));
        }
        Ok(())
    }

    /// Fits the model and the effects; one row of `covariates` for each customer of `history`, in the same order.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of rows,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers or covariates,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a covariate above a million.
    pub fn fit(&self, history: &PurchaseHistory, covariates: &Matrix) -> Result<CovariateModel> {
        self.check()?;
        if covariates.len() != history.len() {
            return Err(Error::shape("rows of covariates", history.len(), covariates.len()));
        }
        let m = covariates.width();
        if history.is_empty() || m == 0 {
            return Err(Error::empty("no customer or no covariate to fit effects to"));
        }
        if covariates.values().iter().any(|v| v.is_nan() || v.abs() > 1e6) {
            return Err(Error::input("a covariate is above a million: standardise it"));
        }
        // The start: no effects.
        let runs = Histogram::new(history);
        let runs = &runs.purchases;
        let plain = fit::fit(self.model, runs, &runs.weights(), None, Prior::LogNormal(5.0));
        let n = plain.theta.len();
        let both = self.effects == Effects::Separate;
        let mut at: Vec<f64> = plain.theta.iter().map(|t| t.ln()).collect();
        at.resize(n + if both { 2 * m } else { m }, 0.0);
        let data = Data { history, covariates, model: self.model, n, m, both, l2: self.l2 };
        let (found, converged) = climb(&data, &mut at);
        let errors = (self.l2 == 0.0).then(|| found.covariance()).flatten();
        let effect = |i: usize, name: &str| Effect {
            name: name.to_owned(),
            value: at[i],
            standard_error: errors.as_ref().map(|e| e[i]),
        };
        let effects = |from: usize| {
            covariates.names().iter().enumerate().map(|(j, name)| effect(from + j, name)).collect::<Vec<_>>()
        };
        let theta: Vec<f64> = at[..n].iter().map(|u| u.exp()).collect();
        let penalty = 0.5 * self.l2 * at[n..].iter().map(|g| g * g).sum::<f64>();
        Ok(CovariateModel {
            base: PurchaseProcess::raw(self.model, &theta),
            purchases: effects(n),
            attrition: effects(if both { n + m } else { n }),
            log_likelihood: found.value + penalty,
            gradient_norm: found.gradient.iter().map(|g| g * g).sum::<f64>().sqrt(),
            converged,
        })
    }
}

struct Data<'a> {
    history: &'a PurchaseHistory,
    covariates: &'a Matrix,
    model: Model,
    /// Parameters without effects, and covariates.
    n: usize,
    m: usize,
    both: bool,
    l2: f64,
}

/// Value, gradient and Hessian (row by row) in as many parameters as there are.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Point {
    fn zero(d: usize) -> Self {
        Self { value: 0.0, gradient: vec![0.0; d], hessian: vec![0.0; d * d] }
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().chain(&self.hessian).all(|v| v.is_finite())
    }

    /// Minus the Hessian, its diagonal raised by the share `damping` of itself and a little.
    fn information(&self, damping: f64) -> Vec<f64> {
        let d = self.gradient.len();
        let mut rows: Vec<f64> = self.hessian.iter().map(|h| -h).collect();
        for i in 0..d {
            let at = &mut rows[i * d + i];
            *at += damping * (at.abs() + 1e-6);
        }
        rows
    }

    /// Standard errors.
    fn covariance(&self) -> Option<Vec<f64>> {
        let d = self.gradient.len();
        let inverse = Cholesky::of_rows(&self.information(0.0), d).ok()?.inverse();
        Some((0..d).map(|i| inverse[[i, i]].sqrt()).collect())
    }
}

/// Which of the model's parameters purchases and attrition act on, and with which sign.
fn roles(model: Model) -> [(usize, f64); 2] {
    match model {
        Model::ParetoNbd => [(1, -1.0), (3, -1.0)],
        Model::GGompertzNbd => [(1, -1.0), (4, -1.0)],
        _ => [(1, -1.0), (2, 1.0)],
    }
}

/// One customer's parameters.
fn own_theta(data: &Data<'_>, at: &[f64], z: &[f64]) -> Vec<f64> {
    let dot = |g: &[f64]| g.iter().zip(z).map(|(g, z)| g * z).sum::<f64>();
    let mut logs = at[..data.n].to_vec();
    let second = if data.both { data.n + data.m } else { data.n };
    for ((role, sign), from) in roles(data.model).into_iter().zip([data.n, second]) {
        logs[role] += sign * dot(&at[from..from + data.m]);
    }
    logs.iter().map(|u| u.clamp(-40.0, 40.0).exp()).collect()
}

/// Adds one customer's log-likelihood by the chain rule: the slope in effect j is that
/// in the logarithm it acts on, times the covariate, with the sign of its role.
fn add<const N: usize>(sum: &mut Point, data: &Data<'_>, z: &[f64], eval: &Eval<N>) {
    let d = sum.gradient.len();
    // Each parameter of the whole acts on at most two of the customer's logarithms, by these factors.
    let acts = |k: usize| -> [(usize, f64); 2] {
        if k < N {
            return [(k, 1.0), (k, 0.0)];
        }
        let [buy, leave] = roles(data.model);
        let j = (k - N) % data.m;
        let first = (buy.0, buy.1 * z[j]);
        let second = (leave.0, leave.1 * z[j]);
        match (data.both, k < N + data.m) {
            (false, _) => [first, second],
            (true, true) => [first, (first.0, 0.0)],
            (true, false) => [second, (second.0, 0.0)],
        }
    };
    sum.value += eval.value;
    for k in 0..d {
        for (i, a) in acts(k) {
            if a == 0.0 {
                continue;
            }
            sum.gradient[k] += a * eval.gradient[i];
            for l in 0..d {
                for (j, b) in acts(l) {
                    sum.hessian[k * d + l] += a * b * eval.hessian[i][j];
                }
            }
        }
    }
}

fn total(data: &Data<'_>, at: &[f64]) -> Point {
    let d = at.len();
    let (x, t_x, t) = (data.history.x(), data.history.t_x(), data.history.t());
    let chunk = |range: std::ops::Range<usize>| {
        let mut sum = Point::zero(d);
        for i in range {
            let z = data.covariates.row(i).unwrap_or_default();
            let theta = own_theta(data, at, z);
            let four = || -> [f64; 4] { std::array::from_fn(|k| theta[k]) };
            let (t, t_x, w) = (&t[i..=i], &t_x[i..=i], &[1.0][..]);
            match data.model {
                Model::ParetoNbd => {
                    let [r, alpha, s, beta] = four();
                    let eval =
                        NbdWith { r, alpha, dropout: Pareto { s, beta } }.segment::<2, 4>(x[i], t, t_x, w);
                    add(&mut sum, data, z, &eval.in_logs(&four()));
                }
                Model::GGompertzNbd => {
                    let all: [f64; 5] = std::array::from_fn(|k| theta[k]);
                    let [r, alpha, b, s, beta] = all;
                    let model = NbdWith { r, alpha, dropout: GammaGompertz { b, s, beta } };
                    add(&mut sum, data, z, &model.segment::<3, 5>(x[i], t, t_x, w).in_logs(&all));
                }
                _ => {
                    let coin = if data.model == Model::BgNbd { Coin::AfterRepeats } else { Coin::AfterEvery };
                    let eval = BetaGeometric::from_array(four(), coin).segment(x[i], t, t_x, w);
                    add(&mut sum, data, z, &eval.in_logs(&four()));
                }
            }
        }
        sum
    };
    let join = |mut a: Point, b: Point| {
        a.value += b.value;
        a.gradient.iter_mut().zip(&b.gradient).for_each(|(a, b)| *a += b);
        a.hessian.iter_mut().zip(&b.hessian).for_each(|(a, b)| *a += b);
        a
    };
    let mut sum = par::reduce_chunks(x.len(), 512, chunk, join).unwrap_or_else(|| Point::zero(d));
    for (k, effect) in at.iter().enumerate().skip(data.n) {
        sum.value -= 0.5 * data.l2 * effect * effect;
        sum.gradient[k] -= data.l2 * effect;
        sum.hessian[k * d + k] -= data.l2;
    }
    sum
}

/// Newton steps, damped until they climb (Levenberg 1944; Marquardt 1963, doi:10.1137/0111030). Whether it ended where
/// nothing more can be gained.
fn climb(data: &Data<'_>, at: &mut Vec<f64>) -> (Point, bool) {
    let d = at.len();
    let mut here = total(data, at);
    let mut damping = 1e-3;
    for _ in 0..200 {
        let Ok(factor) = Cholesky::of_rows(&here.information(damping), d) else {
            damping = (damping * 10.0).max(1e-3);
            if damping > 1e12 {
                return (here, false);
            }
            continue;
        };
        let step = factor.solve(&here.gradient);
        let gain: f64 = step.iter().zip(&here.gradient).map(|(s, g)| s * g).sum();
        if gain <= 1e-14 * (1.0 + here.value.abs()) && damping < 1e-2 {
            return (here, true);
        }
        let longest = step.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let shorten = (2.0 / longest.max(1e-300)).min(1.0);
        let next: Vec<f64> =
            at.iter().zip(&step).map(|(u, s)| (u + shorten * s).clamp(-40.0, 40.0)).collect();
        let there = total(data, &next);
        if there.is_finite() && there.value > here.value {
            (*at, here) = (next, there);
            damping *= 0.1;
        } else if gain <= 1e-12 * (1.0 + here.value.abs()) {
            return (here, true);
        } else {
            damping = (damping * 10.0).max(1e-6);
            if damping > 1e12 {
                return (here, false);
            }
        }
    }
    (here, false)
}

impl CovariateModel {
    /// The process of a customer whose covariates are all 0.
    pub fn base(&self) -> &PurchaseProcess {
        &self.base
    }

    /// Effects on ln of the rate of purchase.
    pub fn on_purchases(&self) -> &[Effect] {
        &self.purchases
    }

    /// Effects on ln of the rate of leaving; those on purchases again where they were held equal.
    pub fn on_attrition(&self) -> &[Effect] {
        &self.attrition
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

    /// The process of a customer with these covariates: its predictions are those of any [`PurchaseProcess`].
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of covariates,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the effects take a parameter out of its domain.
    pub fn process(&self, covariates: &[f64]) -> Result<PurchaseProcess> {
        if covariates.len() != self.purchases.len() {
            return Err(Error::shape("covariates", self.purchases.len(), covariates.len()));
        }
        let dot = |e: &[Effect]| e.iter().zip(covariates).map(|(e, z)| e.value * z).sum::<f64>();
        let mut theta = self.base.parameters();
        for ((role, sign), effects) in
            roles(self.base.model()).into_iter().zip([&self.purchases, &self.attrition])
        {
            theta[role] *= (sign * dot(effects)).exp();
        }
        PurchaseProcess::new(self.base.model(), &theta)
            .map_err(|_| Error::input("these covariates take a parameter out of its domain"))
    }
}
