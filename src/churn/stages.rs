//! `StageParams` and `StageModel`: which of several stages a customer comes to.
//!
//! # Assumptions
//!
//! One stage per row; log-odds between any two stages are linear in the columns; what makes one stage likelier does so against
//! every other alike but for its own coefficients. Stages without an order: for ordered ones this is flexible, not wrong.
//!
//! # Data contract
//!
//! Columns finite; stages any texts, in ascending order afterwards; every stage that occurs has a probability, others have none.
//! A constant column keeps coefficient 0.
//!
//! # Determinism
//!
//! The same bits on any number of threads: sums run in the order of the rows.
//!
//! # References
//!
//! Böhning (1992), doi:10.1007/BF00048682. Liu and Nocedal (1989), L-BFGS, doi:10.1007/BF01589116.

use std::fmt;

use crate::data::{Matrix, PerCustomer};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernel::{linalg::dot, multinomial, par};
use crate::types::{Probability, Provenance};

/// How a multinomial logistic regression is fitted: P(stage k | x) = e^zₖ / Σ e^zⱼ, zₖ = aₖ + x bₖ.
///
/// Use it where leaving has more than two outcomes: stays, downgrades, leaves; or which stage of a life cycle comes next.
/// For leaving alone use [`ChurnParams`](super::ChurnParams), which finds curves and pairs.
///
/// The objective is −Σ ln P(stage) + ½ λ Σ b² over standardised columns, with λ > 0 so that it has one minimum. It is
/// minimised by the L-BFGS of `linfa-logistic`; because that reports no convergence, the gradient at its answer is checked,
/// and iterations of our own go on until what is left to gain is below 1e−12 of the objective. Time is a few hundred passes
/// of n p k multiplications; the standardised copy of the table takes n p numbers.
///
/// ```
/// use regulars::churn::StageParams;
/// use regulars::data::{Customers, Matrix};
///
/// let silent: Vec<f64> = (0..90).map(|i| f64::from(i)).collect();
/// let stage: Vec<&str> = (0..90).map(|i| ["active", "fading", "gone"][i / 30]).collect();
/// let matrix = Matrix::new(Customers::numbered(90)?, ["silent_days"], silent)?;
/// let model = StageParams::new().fit(&matrix, &stage)?;
/// assert_eq!(model.stages(), ["active", "fading", "gone"]);
/// let probabilities = model.predict(&matrix)?;
/// assert!(probabilities.values()[3][0].get() > 0.8 && probabilities.values()[85][2].get() > 0.8);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct StageParams {
    ridge: f64,
}

impl Default for StageParams {
    fn default() -> Self {
        Self { ridge: 1.0 }
    }
}

impl StageParams {
    /// Ridge 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// λ, the penalty on squared coefficients of standardised columns, above 0.
    pub fn ridge(mut self, lambda: f64) -> Self {
        self.ridge = lambda;
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if self.ridge > 0.0 && self.ridge.is_finite() {
            Ok(())
        } else {
            Err(Error::param("ridge", "must be finite and above 0", self.ridge))
        }
    }

    /// Fits the probability of each stage that occurs; `stages` has one for each row.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam), [`ShapeMismatch`](ErrorKind::ShapeMismatch);
    /// [`InvalidInput`](ErrorKind::InvalidInput) for fewer than two or more than 1,000 stages;
    /// [`NotConverged`](ErrorKind::NotConverged).
    pub fn fit<S: AsRef<str>>(&self, matrix: &Matrix, stages: &[S]) -> Result<StageModel> {
        self.check()?;
        if stages.len() != matrix.len() {
            return Err(Error::shape("stages, one for each row", matrix.len(), stages.len()));
        }
        let mut names: Vec<&str> = stages.iter().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names.dedup();
        if !(2..=1_000).contains(&names.len()) {
            let rule = format!("needs between 2 and 1000 different stages, got {}", names.len());
            return Err(Error::input(rule));
        }
        let classes: Vec<usize> =
            stages.iter().map(|s| names.binary_search(&s.as_ref()).unwrap_or(0)).collect();
        let fit = multinomial::fit(matrix.values(), matrix.width(), &classes, names.len(), self.ridge, 1e-12)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::NotConverged,
                    Place::Stage("multinomial regression"),
                    "no convergence; set a larger ridge or remove columns of extreme values",
                )
            })?;
        Ok(StageModel {
            columns: matrix.names().to_vec(),
            stages: names.into_iter().map(str::to_owned).collect(),
            beta: fit.beta,
            objective: fit.loss,
            gradient_norm: fit.gradient_norm,
            rows: stages.len(),
            provenance: matrix.customers().provenance().clone(),
        })
    }
}

/// A fitted multinomial logistic regression.
///
/// ```
/// use regulars::churn::StageParams;
/// use regulars::data::{Customers, Matrix};
///
/// let silent: Vec<f64> = (0..90).map(f64::from).collect();
/// let stage: Vec<&str> = (0..90).map(|i| ["active", "fading", "gone"][i / 30]).collect();
/// let matrix = Matrix::new(Customers::numbered(90)?, ["silent_days"], silent)?;
/// let model = StageParams::new().fit(&matrix, &stage)?;
/// // Only differences count: a day of silence moves the odds from active towards gone.
/// let per_day = model.coefficients("gone").unwrap()[1] - model.coefficients("active").unwrap()[1];
/// assert!(per_day > 0.0 && model.coefficients("new").is_none());
/// assert!(model.gradient_norm() < 1e-5 && model.objective() > 0.0);
/// let p = &model.predict(&matrix)?.into_values()[40];
/// assert!((p.iter().map(|p| p.get()).sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StageModel {
    pub(super) columns: Vec<String>,
    pub(super) stages: Vec<String>,
    pub(super) beta: Vec<f64>,
    pub(super) objective: f64,
    pub(super) gradient_norm: f64,
    pub(super) rows: usize,
    pub(super) provenance: Provenance,
}

impl StageModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The stages in ascending order; probabilities come in this order.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// The log-odds of stage k against stage j are (aₖ − aⱼ) + x (bₖ − bⱼ).
    ///
    /// The intercept of a stage, then the change of its log-odds for one unit of each column; `None` for a stage the fit
    /// did not see. Only differences between stages matter.
    pub fn coefficients(&self, stage: &str) -> Option<&[f64]> {
        let k = self.stages.iter().position(|s| s == stage)?;
        let q = self.columns.len() + 1;
        self.beta.get(k * q..(k + 1) * q)
    }

    /// The minimised objective.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// Norm of the objective's gradient over standardised columns at the answer, divided by the number of rows.
    pub fn gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// The probability of each stage, in the order of [`stages`](Self::stages), for each row; they sum to 1.
    ///
    /// # Errors
    /// [`ShapeMismatch`](ErrorKind::ShapeMismatch) unless the columns are those of the fit, in the same order.
    pub fn predict(&self, matrix: &Matrix) -> Result<PerCustomer<Vec<Probability>>> {
        matrix.check_names(&self.columns)?;
        self.provenance.check(matrix.customers().provenance())?;
        let (width, q) = (matrix.width(), matrix.width() + 1);
        let values = par::map(matrix.len(), |row| {
            let x = &matrix.values()[row * width..(row + 1) * width];
            let mut scores: Vec<f64> = self
                .beta
                .chunks_exact(q)
                .map(|b| (b[0] + dot(x, &b[1..])).clamp(-1e300, 1e300))
                .map(|z| if z.is_nan() { 0.0 } else { z })
                .collect();
            multinomial::softmax(&mut scores);
            scores.into_iter().map(Probability::saturating).collect()
        });
        PerCustomer::new(matrix.customers().clone(), values)
    }
}

/// Prints sizes.
impl fmt::Debug for StageModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stages, columns, rows, .. } = self;
        write!(f, "StageModel({} stages, {} columns, {rows} rows)", stages.len(), columns.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::LogisticParams;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;
    use approx::assert_relative_eq;

    fn sample(n: usize) -> (Matrix, Vec<&'static str>, Vec<bool>) {
        let mut rng = Rng::new(Seed(6), 0);
        let (mut values, mut stages, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            let (a, b) = (rng.normal(), 50.0 + 9.0 * rng.normal());
            let mut scores = [0.0, a, 0.1 * (b - 50.0) - 0.5];
            multinomial::softmax(&mut scores);
            let u = rng.uniform();
            let stage = if u < scores[0] {
                0
            } else if u < scores[0] + scores[1] {
                1
            } else {
                2
            };
            values.extend([a, b]);
            stages.push(["active", "fading", "gone"][stage]);
            left.push(stage == 2);
        }
        (Matrix::unnamed(Customers::numbered(n).unwrap(), 2, values).unwrap(), stages, left)
    }

    #[test]
    fn finds_the_truth() {
        let (x, stages, _) = sample(4_000);
        let model = StageParams::new().ridge(1e-3).fit(&x, &stages).unwrap();
        let of = |stage: &str| model.coefficients(stage).unwrap();
        let against = |stage: &str, j: usize| of(stage)[j] - of("active")[j];
        assert!((against("fading", 1) - 1.0).abs() < 0.15);
        assert!((against("gone", 2) - 0.1).abs() < 0.02);
        assert!(model.gradient_norm() < 1e-5, "{}", model.gradient_norm());
        for p in model.predict(&x).unwrap().values() {
            assert_relative_eq!(p.iter().map(|p| p.get()).sum::<f64>(), 1.0, max_relative = 1e-12);
        }
    }

    /// Two stages are a logistic regression whose coefficients are shared out between both: b = ½ and −½ of it, and the
    /// penalty of two halves is half the penalty.
    #[test]
    fn two_stages_are_a_logistic_regression() {
        let (x, _, left) = sample(500);
        let two: Vec<&str> = left.iter().map(|l| if *l { "left" } else { "kept" }).collect();
        let model = StageParams::new().ridge(4.0).fit(&x, &two).unwrap();
        let sd = |j: usize| {
            let mean = x.rows().map(|r| r[j]).sum::<f64>() / 500.0;
            (x.rows().map(|r| (r[j] - mean).powi(2)).sum::<f64>() / 500.0).sqrt()
        };
        let scaled: Vec<f64> = x.rows().flat_map(|r| [r[0] / sd(0), r[1] / sd(1)]).collect();
        let scaled = Matrix::unnamed(x.customers().clone(), 2, scaled).unwrap();
        let plain = LogisticParams::new().ridge(2.0).fit(&scaled, &left).unwrap();
        for j in 0..2 {
            let b = model.coefficients("left").unwrap()[j + 1] - model.coefficients("kept").unwrap()[j + 1];
            assert_relative_eq!(b * sd(j), plain.coefficients()[j + 1].estimate(), max_relative = 1e-5);
        }
    }

    #[test]
    fn contracts() {
        let (x, stages, _) = sample(60);
        let kind = |r: Result<StageModel>| r.unwrap_err().kind();
        assert_eq!(kind(StageParams::new().ridge(0.0).fit(&x, &stages)), ErrorKind::InvalidParam);
        assert_eq!(kind(StageParams::new().fit(&x, &stages[..3])), ErrorKind::ShapeMismatch);
        assert_eq!(kind(StageParams::new().fit(&x, &["one"; 60])), ErrorKind::InvalidInput);
        // Constant and extreme columns end in a model or a typed error.
        let odd = vec![1e300; 30].into_iter().chain(vec![-1e300; 30]).flat_map(|v| [v, 7.0]).collect();
        let odd = Matrix::unnamed(Customers::numbered(60).unwrap(), 2, odd).unwrap();
        if let Ok(model) = StageParams::new().fit(&odd, &stages) {
            let p = model.predict(&odd).unwrap();
            assert!(p.values().iter().flatten().all(|p| p.get().is_finite()));
        }
        assert!(StageParams::new().fit(&x, &stages).unwrap().coefficients("unknown").is_none());
    }
}
