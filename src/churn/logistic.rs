//! `LogisticParams` and `LogisticModel`: logistic regression on a numeric matrix, with the statistics of a
//! generalised linear model.
//!
//! # When to use it
//!
//! Where the question is about an effect: is it real, how large is it, how sure are we? Its coefficients have standard errors,
//! tests and intervals. Where the question is who will leave, [`ChurnParams`](super::ChurnParams) is sharper: it finds curves and
//! pairs that a straight line misses, and gives up standard errors for it.
//!
//! # Model
//!
//! | symbol | meaning | unit |
//! |---|---|---|
//! | yᵢ | 1 where row i left | |
//! | xᵢ | the row of the matrix | that of each column |
//! | oᵢ | an offset, log-odds known beforehand | log-odds |
//! | wᵢ | how often the row counts | rows |
//! | β₀, β | intercept and coefficients | log-odds, log-odds per unit of the column |
//! | λ | ridge | 1 / (log-odds per unit)² |
//!
//! P(yᵢ = 1) = 1 / (1 + e^−zᵢ), zᵢ = β₀ + xᵢ β + oᵢ, with (β₀, β) the minimum of
//! Σ wᵢ \[ln(1 + e^zᵢ) − yᵢ zᵢ\] + ½ λ Σ βⱼ².
//!
//! e^βⱼ is the factor by which one unit of column j multiplies the odds of leaving.
//!
//! # Assumptions
//!
//! Rows are independent unless [`Covariance::Clustered`] says which are not; the log-odds are linear in the columns unless
//! [`Covariance::Robust`] is asked for; Wald statements need many leavers and stayers for each coefficient (about ten), and
//! [`LogisticParams::profile_intervals`] or [`LogisticParams::firth`] where there are fewer.
//!
//! # What cannot be answered is said
//!
//! | what happens | outcome | advice it gives |
//! |---|---|---|
//! | a column, or a sum of columns, parts leavers from stayers | `InvalidInput` at that column | drop it, set a ridge, or [`firth`](LogisticParams::firth) |
//! | a column is constant or a sum of others | `InvalidInput` at that column | drop one, or set a ridge |
//! | one outcome only | `InvalidInput` | |
//! | the iterations run out | `NotConverged` with the gradient's norm | more iterations, or a ridge |
//! | a value, weight or offset out of range | `InvalidInput` or `InvalidParam` at its row or column | |
//!
//! # Complexity
//!
//! n p² / 2 multiplications for a Newton step, five to eight steps, of which the last ones often need a gradient only (n p). The
//! matrix is read in place; 64 partial sums of (p + 1)² numbers are held. With a ridge and more than 700 columns L-BFGS takes n p
//! for each iteration.

use std::fmt;

use thiserror::Error;

use crate::data::{Matrix, PerCustomer};
use crate::error::{Error, ErrorKind, Fault, Place, Result};
use crate::kernel::linalg::dot;
use crate::kernel::logistic::{self as engine, Config, Curvature, Data};
use crate::kernel::{glm, par, special};
use crate::types::{Probability, Provenance};

use super::statistics::Covariance;

/// Variances are told up to this; files hold no more either.
pub(super) const LARGEST: f64 = 1e150;

/// Why a logistic regression has no answer, with what to do about it.
#[derive(Debug, Error)]
pub(super) enum LogisticFault {
    #[error("needs customers of both outcomes, got one outcome only")]
    OneOutcome,
    #[error(
        "separates the outcomes, alone or with other columns: the likelihood has no maximum; drop the column or set a ridge"
    )]
    Separated(String),
    #[error("is constant or a combination of the columns before it; drop one of them or set a ridge")]
    Collinear(String),
    #[error(
        "no convergence after {iterations} iterations (gradient norm {gradient:.3e}); raise max_iterations or set a ridge"
    )]
    NotConverged { iterations: usize, gradient: f64 },
    #[error("must be finite")]
    NotFinite(String),
}

impl Fault for LogisticFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotConverged { .. } => ErrorKind::NotConverged,
            _ => ErrorKind::InvalidInput,
        }
    }

    fn place(&self) -> Option<Place> {
        match self {
            Self::Separated(name) | Self::Collinear(name) | Self::NotFinite(name) => {
                Some(Place::Column(name.clone().into()))
            }
            Self::NotConverged { .. } => Some(Place::Stage("logistic regression")),
            Self::OneOutcome => None,
        }
    }
}

impl LogisticFault {
    /// The engine's fault with the column's name.
    pub(super) fn named(fault: engine::Fault, name: impl Fn(usize) -> String) -> Self {
        match fault {
            engine::Fault::NotFinite(column) => Self::NotFinite(name(column)),
            engine::Fault::Collinear(column) => Self::Collinear(name(column)),
            engine::Fault::Separated(column) => Self::Separated(name(column)),
            engine::Fault::NotConverged { iterations, gradient } => {
                Self::NotConverged { iterations, gradient }
            }
        }
    }
}

/// Both outcomes must occur, and there must be one label for each row.
pub(super) fn check_labels(rows: usize, labels: &[bool]) -> Result<()> {
    if rows != labels.len() {
        return Err(Error::shape("labels, one for each row", rows, labels.len()));
    }
    if labels.iter().all(|l| *l) || !labels.iter().any(|l| *l) {
        return Err(LogisticFault::OneOutcome.into());
    }
    Ok(())
}

/// How a logistic regression is fitted: by maximum likelihood, unless a [ridge](Self::ridge) is set.
///
/// The objective is Σ wᵢ \[ln(1 + e^zᵢ) − yᵢ zᵢ\] + ½ λ Σ βⱼ², z = β₀ + x β + offset; the intercept β₀ is not penalised.
/// Newton's method with an exact line search, on columns standardised in passing, so badly scaled columns do no harm and the
/// matrix is never copied. From 65,536 rows on the start is the answer on a part of the rows.
///
/// ```
/// use regulars::churn::LogisticParams;
/// use regulars::data::{Customers, Matrix};
///
/// let silent_weeks = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
/// let left = [false, false, true, false, true, false, true, true];
/// let x = Matrix::new(Customers::numbered(8)?, ["silent_weeks"], silent_weeks)?;
/// let model = LogisticParams::new().fit(&x, &left)?;
///
/// let effect = &model.coefficients()[1];
/// assert_eq!(effect.name(), "silent_weeks");
/// assert!((effect.estimate() - 0.5941).abs() < 1e-4);
/// assert!((effect.standard_error().unwrap() - 0.4322).abs() < 1e-4);
/// assert!(model.predict(&x)?.values()[7].get() > 0.75);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct LogisticParams<'a> {
    ridge: f64,
    tolerance: f64,
    max_iterations: usize,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) offset: Option<&'a [f64]>,
    covariance: Covariance<'a>,
    firth: bool,
    class_weights: (f64, f64),
}

impl Default for LogisticParams<'_> {
    fn default() -> Self {
        Self {
            ridge: 0.0,
            tolerance: 1e-12,
            max_iterations: 100,
            weights: None,
            offset: None,
            covariance: Covariance::Model,
            firth: false,
            class_weights: (1.0, 1.0),
        }
    }
}

impl<'a> LogisticParams<'a> {
    /// Maximum likelihood, no weights, no offset.
    pub fn new() -> Self {
        Self::default()
    }

    /// λ, the penalty on the squared coefficients in the units of the columns as they are (1/C of scikit-learn). The
    /// default 0 is maximum likelihood; a penalised fit has no standard errors.
    pub fn ridge(mut self, lambda: f64) -> Self {
        self.ridge = lambda;
        self
    }

    /// Stop when the objective is this close to its minimum, relative to its value (default 1e−12).
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Newton steps before the fit is given up (default 100).
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// How often each row counts; finite, at least 0. Standard errors take them as numbers of observations.
    pub fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// Log-odds known beforehand, added to each row's linear predictor; finite.
    ///
    /// Where a model in use gives log-odds already, a fit on its offset asks what has changed since:
    ///
    /// ```
    /// use regulars::churn::LogisticParams;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let x: Vec<f64> = (0..200).map(|i| f64::from(i % 8)).collect();
    /// let left: Vec<bool> = (0..200).map(|i| i % 8 + i * 7 % 9 > 9).collect();
    /// let matrix = Matrix::new(Customers::numbered(200)?, ["weeks"], x)?;
    /// let model = LogisticParams::new().fit(&matrix, &left)?;
    /// let known: Vec<f64> = matrix.rows().map(|row| {
    ///     model.coefficients()[0].estimate() + model.coefficients()[1].estimate() * row[0]
    /// }).collect();
    /// let again = LogisticParams::new().offset(&known).fit(&matrix, &left)?;
    /// assert!(again.coefficients().iter().all(|c| c.estimate().abs() < 1e-6)); // nothing has changed
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn offset(mut self, offset: &'a [f64]) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Where standard errors come from (default [`Covariance::Model`]).
    pub fn covariance(mut self, covariance: Covariance<'a>) -> Self {
        self.covariance = covariance;
        self
    }

    /// Maximises ln L + ½ ln det I instead of ln L (Firth 1993, doi:10.1093/biomet/80.1.27): takes the bias of order 1/n out
    /// of the coefficients and has a finite answer even where a column separates the outcomes (Heinze and Schemper 2002,
    /// doi:10.1002/sim.1047). Each step costs two passes over the rows. Its log-likelihood is that of its coefficients, below
    /// the maximum, so it has no AIC and no likelihood-ratio test; standard errors are those of the curvature there.
    ///
    /// ```
    /// use regulars::churn::LogisticParams;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let weeks = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let left = [false, false, false, true, true, true];
    /// let x = Matrix::new(Customers::numbered(6)?, ["weeks"], weeks)?;
    /// assert!(LogisticParams::new().fit(&x, &left).is_err()); // separated: no maximum
    /// let model = LogisticParams::new().firth().fit(&x, &left)?;
    /// assert!((0.5..3.0).contains(&model.coefficients()[1].estimate()));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn firth(mut self) -> Self {
        self.firth = true;
        self
    }

    /// Multiplies the weight of everybody who stayed and of everybody who left, as for a balanced fit. Probabilities stay
    /// those of the rows as they are: the intercept is moved back by ln(left / stayed) (King and Zeng 2001,
    /// doi:10.1093/oxfordjournals.pan.a004868). For a table that was itself resampled give the inverse of the rates at which
    /// rows were kept, divided as `1 / kept`, as [`weights`](Self::weights) instead. A fit with class weights has no
    /// standard errors.
    ///
    /// ```
    /// use regulars::churn::LogisticParams;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let x: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
    /// let left: Vec<bool> = (0..100).map(|i| i % 10 + i / 10 > 15).collect();
    /// let x = Matrix::new(Customers::numbered(100)?, ["weeks"], x)?;
    /// let balanced = LogisticParams::new().class_weights(1.0, 9.0).fit(&x, &left)?;
    /// let mean = balanced.predict(&x)?.values().iter().map(|p| p.get()).sum::<f64>() / 100.0;
    /// let rate = left.iter().filter(|l| **l).count() as f64 / 100.0;
    /// assert!((mean - rate).abs() < 0.02); // not near one half
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn class_weights(mut self, stayed: f64, left: f64) -> Self {
        self.class_weights = (stayed, left);
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if !(self.ridge >= 0.0 && self.ridge.is_finite()) {
            return Err(Error::param("ridge", "must be finite and at least 0", self.ridge));
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::param("tolerance", "must lie in (0, 1)", self.tolerance));
        }
        if self.max_iterations == 0 {
            return Err(Error::param("max_iterations", "must be at least 1", self.max_iterations));
        }
        if let Covariance::LikeR { epsilon } = self.covariance
            && !(epsilon > 0.0 && epsilon < 1.0)
        {
            return Err(Error::param("epsilon", "must lie in (0, 1)", epsilon));
        }
        for weight in [self.class_weights.0, self.class_weights.1] {
            if !(weight > 0.0 && weight.is_finite()) {
                return Err(Error::param("class_weights", "must be finite and above 0", weight));
            }
        }
        if self.firth && self.ridge > 0.0 {
            return Err(Error::param("ridge", "must be 0 with Firth's correction", self.ridge));
        }
        Ok(())
    }

    pub(super) fn check_rows(&self, rows: usize) -> Result<()> {
        if let Some(weights) = self.weights {
            if weights.len() != rows {
                return Err(Error::shape("weights, one for each row", rows, weights.len()));
            }
            if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
                return Err(Error::row(row as u64 + 1, Some("weight"), "must be finite and at least 0"));
            }
        }
        if let Some(offset) = self.offset {
            if offset.len() != rows {
                return Err(Error::shape("offsets, one for each row", rows, offset.len()));
            }
            if let Some(row) = offset.iter().position(|o| o.is_nan() || o.abs() > 1e6) {
                return Err(Error::row(row as u64 + 1, Some("offset"), "must lie between -1e6 and 1e6"));
            }
        }
        if let Covariance::Clustered(clusters) = self.covariance
            && clusters.len() != rows
        {
            return Err(Error::shape("clusters, one for each row", rows, clusters.len()));
        }
        Ok(())
    }

    /// Fits the probability of `true`.
    ///
    /// # Errors
    /// - [`InvalidParam`](ErrorKind::InvalidParam), [`ShapeMismatch`](ErrorKind::ShapeMismatch) for lengths that differ;
    /// - [`InvalidInput`](ErrorKind::InvalidInput) for one outcome only, a weight below 0, and, without a ridge, naming a
    ///   column that is constant or collinear or that separates the outcomes;
    /// - [`NotConverged`](ErrorKind::NotConverged) when the iterations run out: there is no half-fitted model.
    pub fn fit(&self, matrix: &Matrix, labels: &[bool]) -> Result<LogisticModel> {
        self.check()?;
        check_labels(matrix.len(), labels)?;
        self.check_rows(matrix.len())?;
        if let Some(weights) = self.weights {
            let counts = |outcome: bool| labels.iter().zip(weights).any(|(l, w)| *l == outcome && *w > 0.0);
            if !(counts(true) && counts(false)) {
                return Err(LogisticFault::OneOutcome.into());
            }
        }
        let classed = self.class_weights.0 != self.class_weights.1;
        let weights: Option<Vec<f64>> = classed.then(|| {
            let (stayed, left) = self.class_weights;
            let own = |row: usize| self.weights.map_or(1.0, |w| w[row]);
            labels.iter().enumerate().map(|(row, l)| own(row) * if *l { left } else { stayed }).collect()
        });
        let data = Data {
            x: matrix.values(),
            width: matrix.width(),
            y: labels,
            weights: weights.as_deref().or(self.weights),
            offset: self.offset,
        };
        let named = |fault| LogisticFault::named(fault, |column| matrix.names()[column].clone());
        if self.firth {
            let fit = glm::firth(&data, self.tolerance, self.max_iterations).map_err(named)?;
            let fit = engine::Fit {
                beta: fit.beta,
                iterations: fit.iterations,
                gradient_norm: fit.gradient_norm,
                gap: fit.gap,
                objective: -fit.penalised,
                log_likelihood: fit.log_likelihood,
                covariance: Some(fit.covariance),
            };
            return self.finish(matrix, &data, fit, true).map_err(|f| named(f).into());
        }
        let ridge = vec![self.ridge; matrix.width()];
        let wants_curvature = self.ridge == 0.0 && !classed;
        let config = Config {
            ridge: &ridge,
            tolerance: self.tolerance,
            max_iterations: self.max_iterations,
            curvature: if wants_curvature { Curvature::AtAnswer } else { Curvature::Skip },
            start: None,
        };
        let fit = engine::fit(&data, &config).map_err(named)?;
        let invalid = self.ridge > 0.0 || classed;
        self.finish(matrix, &data, fit, invalid).map_err(|f| named(f).into())
    }

    /// The covariance that was asked for, and the intercept that class weights have moved.
    fn finish(
        &self,
        matrix: &Matrix,
        data: &Data<'_>,
        mut fit: engine::Fit,
        penalised: bool,
    ) -> Result<LogisticModel, engine::Fault> {
        if fit.covariance.is_some() {
            match self.covariance {
                Covariance::Model => {}
                Covariance::Robust => fit.covariance = Some(glm::sandwich(data, &fit.beta, None)?),
                Covariance::Clustered(clusters) => {
                    fit.covariance = Some(glm::sandwich(data, &fit.beta, Some(clusters))?);
                }
                Covariance::LikeR { epsilon } => {
                    fit.covariance = Some(glm::last_working_weights(data, epsilon)?);
                }
            }
        }
        let (stayed, left) = self.class_weights;
        if stayed != left {
            fit.beta[0] -= (left / stayed).ln();
            fit.covariance = None;
        }
        Ok(LogisticModel::new(matrix, &fit, penalised))
    }
}

/// One term of a fitted model: the intercept or a column.
///
/// ```
/// use regulars::churn::LogisticParams;
/// use regulars::data::{Customers, Matrix};
///
/// let weeks: Vec<f64> = (0..40).map(|i| f64::from(i % 10)).collect();
/// let left: Vec<bool> = (0..40).map(|i| i % 10 + i * 3 % 7 > 8).collect();
/// let x = Matrix::new(Customers::numbered(40)?, ["weeks"], weeks)?;
/// let model = LogisticParams::new().fit(&x, &left)?;
/// let effect = &model.coefficients()[1];
/// let (low, high) = effect.interval(0.95).unwrap();
/// assert!(low < effect.estimate() && effect.estimate() < high);
/// assert!((effect.z().unwrap() - effect.estimate() / effect.standard_error().unwrap()).abs() < 1e-12);
/// assert!(effect.p_value().unwrap() < 0.05 && low > 0.0); // the test and the interval agree
///
/// // A penalty makes the same figures invalid, so there are none.
/// let penalised = LogisticParams::new().ridge(1.0).fit(&x, &left)?;
/// assert_eq!(penalised.coefficients()[1].p_value(), None);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coefficient {
    pub(super) name: String,
    pub(super) estimate: f64,
    pub(super) standard_error: Option<f64>,
}

impl Coefficient {
    /// The column, `(intercept)` for the first.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Change of the log-odds for one unit of the column.
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// From the curvature of the likelihood at its maximum; `None` where a penalty or a selection makes it invalid.
    pub fn standard_error(&self) -> Option<f64> {
        self.standard_error
    }

    /// Estimate over standard error (Wald).
    pub fn z(&self) -> Option<f64> {
        self.standard_error.map(|se| self.estimate / se)
    }

    /// Two-sided p-value of "no effect" by the normal approximation.
    /// 2 Φ(−|z|), Φ the standard normal distribution.
    pub fn p_value(&self) -> Option<f64> {
        self.z().map(|z| 2.0 * special::normal_cdf(-z.abs()))
    }

    /// Wald interval with that coverage, for example 0.95; `None` without a standard error or outside (0, 1).
    pub fn interval(&self, coverage: f64) -> Option<(f64, f64)> {
        let se = self.standard_error.filter(|_| coverage > 0.0 && coverage < 1.0)?;
        let half = special::normal_quantile(0.5 + 0.5 * coverage) * se;
        Some((self.estimate - half, self.estimate + half))
    }
}

/// How the fit went. Likelihood statistics stand for unpenalised fits only.
///
/// ```
/// use regulars::churn::LogisticParams;
/// use regulars::data::{Customers, Matrix};
///
/// let weeks: Vec<f64> = (0..40).map(|i| f64::from(i % 10)).collect();
/// let left: Vec<bool> = (0..40).map(|i| i % 10 + i * 3 % 7 > 8).collect();
/// let x = Matrix::new(Customers::numbered(40)?, ["weeks"], weeks)?;
/// let summary = *LogisticParams::new().fit(&x, &left)?.summary();
/// assert!(summary.gradient_norm < 1e-6 && summary.gap < 1e-9);
/// assert!((summary.deviance + 2.0 * summary.log_likelihood).abs() < 1e-12);
/// assert!((summary.aic.unwrap() - summary.deviance - 4.0).abs() < 1e-9); // two terms
/// assert_eq!(LogisticParams::new().ridge(1.0).fit(&x, &left)?.summary().aic, None);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LogisticSummary {
    /// Newton steps on all rows.
    pub iterations: usize,
    /// Norm of the mean gradient over standardised columns at the answer.
    pub gradient_norm: f64,
    /// How far above its minimum the objective still is, from the last gradient and curvature.
    pub gap: f64,
    /// The minimised objective.
    pub objective: f64,
    /// Log-likelihood at the answer.
    pub log_likelihood: f64,
    /// −2 log-likelihood.
    pub deviance: f64,
    /// Akaike's criterion; `None` for a penalised fit.
    pub aic: Option<f64>,
    /// Bayes' criterion; `None` for a penalised fit.
    pub bic: Option<f64>,
}

impl LogisticSummary {
    pub(super) fn new(fit: &engine::Fit, penalised: bool, rows: usize) -> Self {
        let deviance = -2.0 * fit.log_likelihood;
        let terms = fit.beta.len() as f64;
        Self {
            iterations: fit.iterations,
            gradient_norm: fit.gradient_norm,
            gap: fit.gap,
            objective: fit.objective,
            log_likelihood: fit.log_likelihood,
            deviance,
            aic: (!penalised).then_some(deviance + 2.0 * terms),
            bic: (!penalised).then_some(deviance + terms * (rows as f64).ln()),
        }
    }
}

/// A fitted logistic regression.
///
/// Holds coefficients, their covariance and the names of its columns, no rows of the fit; saved through
/// [`persist`](crate::persist) as `logistic`. A model that exists has converged.
#[derive(Clone, PartialEq)]
pub struct LogisticModel {
    pub(super) coefficients: Vec<Coefficient>,
    pub(super) names: Vec<String>,
    pub(super) beta: Vec<f64>,
    pub(super) covariance: Option<Vec<f64>>,
    pub(super) summary: LogisticSummary,
    pub(super) rows: usize,
    pub(super) provenance: Provenance,
}

impl LogisticModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    fn new(matrix: &Matrix, fit: &engine::Fit, penalised: bool) -> Self {
        let names = std::iter::once("(intercept)".to_owned()).chain(matrix.names().iter().cloned());
        // Columns of the smallest numbers there are may have variances beyond the largest: then there are none to tell.
        let covariance = fit.covariance.as_ref().filter(|c| c.iter().all(|v| v.abs() < LARGEST));
        let coefficients = names
            .enumerate()
            .map(|(j, name)| Coefficient {
                name,
                estimate: fit.beta[j],
                standard_error: covariance.map(|c| c[[j, j]].sqrt()),
            })
            .collect();
        let rows = matrix.len();
        Self {
            coefficients,
            names: matrix.names().to_vec(),
            beta: fit.beta.clone(),
            covariance: covariance.map(|c| c.iter().copied().collect()),
            summary: LogisticSummary::new(fit, penalised, rows),
            rows,
            provenance: matrix.customers().provenance().clone(),
        }
    }

    /// The intercept, then one term for each column in the order of the matrix.
    pub fn coefficients(&self) -> &[Coefficient] {
        &self.coefficients
    }

    /// How the fit went.
    pub fn summary(&self) -> &LogisticSummary {
        &self.summary
    }

    /// For sums of effects: the variance of β₁ − β₂ is c₁₁ + c₂₂ − 2 c₁₂.
    ///
    /// Covariance of two estimates, numbered as [`coefficients`](Self::coefficients); `None` for a penalised fit or
    /// beyond the last term.
    pub fn covariance(&self, a: usize, b: usize) -> Option<f64> {
        let q = self.beta.len();
        (a < q && b < q).then_some(())?;
        self.covariance.as_ref().map(|c| c[a * q + b])
    }

    /// The probability of `true` for each row. An offset of the fit is not part of it.
    ///
    /// # Errors
    /// [`ShapeMismatch`](ErrorKind::ShapeMismatch) unless the columns are those of the fit, in the same order.
    pub fn predict(&self, matrix: &Matrix) -> Result<PerCustomer<Probability>> {
        matrix.check_names(&self.names)?;
        self.provenance.check(matrix.customers().provenance())?;
        let width = matrix.width();
        let values = par::map(matrix.len(), |row| {
            let x = &matrix.values()[row * width..(row + 1) * width];
            Probability::saturating(special::sigmoid(self.beta[0] + dot(x, &self.beta[1..])))
        });
        PerCustomer::new(matrix.customers().clone(), values)
    }
}

/// Prints sizes and how the fit went.
impl fmt::Debug for LogisticModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogisticModel({} columns, {} rows, {:?})", self.names.len(), self.rows, self.summary)
    }
}
