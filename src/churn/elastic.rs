//! `ElasticNetParams` and `ElasticNetModel`: a logistic regression that chooses its columns.
//!
//! # Assumptions
//!
//! Few columns matter, each in a straight line on the log-odds. Of columns that say the same the lasso keeps one by chance of
//! the data; an `alpha` of one half shares the effect among them.
//!
//! # What it gives and what it does not
//!
//! A short list and a forecast. No p-values: a coefficient that was chosen because it was large is larger than its truth, and its
//! test would test the choice (Berk et al. 2013, doi:10.1214/12-AOS1077). For tests on a list fixed beforehand use
//! [`LogisticParams`](super::LogisticParams).
//!
//! # Determinism and errors
//!
//! Folds follow the customers' keys and the seed; the same bits on any number of threads.
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) for parameters out of range and more than 2,000 columns,
//! [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only,
//! [`NotConverged`](crate::ErrorKind::NotConverged) where a penalty has no answer.

use std::fmt;

use crate::data::{Matrix, PerCustomer};
use crate::error::{Error, Result};
use crate::kernel::linalg::dot;
use crate::kernel::logistic::Data;
use crate::kernel::{elastic, par, special};
use crate::types::{Probability, Provenance, Seed};

use super::folds;
use super::logistic::{LogisticFault, check_labels};

/// More columns than this would need a matrix of their products that does not fit a sensible memory.
const MOST_COLUMNS: usize = 2_000;

/// Which penalty of the path becomes the model.
///
/// ```
/// use regulars::churn::{ElasticNetParams, PathChoice};
///
/// let sparing = ElasticNetParams::new(1.0).choice(PathChoice::OneStandardError);
/// assert!(sparing.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum PathChoice {
    /// The smallest loss out of fold.
    #[default]
    Best,
    /// The strongest penalty whose loss lies within one standard error of the smallest: fewer columns.
    OneStandardError,
}

/// How an elastic net is fitted: λ along a path, chosen by cross-validation.
///
/// The objective is (1/n) Σ \[ln(1 + e^z) − y z\] + λ \[α Σ |b| + ½ (1 − α) Σ b²\] over standardised columns, the intercept
/// free (Friedman, Hastie and Tibshirani 2010, doi:10.18637/jss.v033.i01, with the scale of R's `glmnet`). Use it where many
/// columns may say nothing and a short list of those that matter is wanted; [`ChurnParams`](super::ChurnParams) is sharper
/// where effects bend or act together. Chosen coefficients have no standard errors: the choice would have to be part of them.
///
/// Cost: each penalty takes two or three passes of n p² / 2 multiplications over the rows, once for all rows and once for
/// each fold; memory p² numbers. Folds run in parallel.
///
/// ```
/// use regulars::churn::ElasticNetParams;
/// use regulars::data::{Customers, Matrix};
///
/// // Of twenty columns the first alone says who leaves.
/// let x: Vec<f64> = (0..4_000_u32).map(|i| f64::from(i * 7_919 % 1_009) / 1_009.0).collect();
/// let left: Vec<bool> = x.chunks(20).enumerate().map(|(i, row)| row[0] + (i % 7) as f64 / 14.0 > 0.7).collect();
/// let matrix = Matrix::unnamed(Customers::numbered(200)?, 20, x)?;
/// let model = ElasticNetParams::new(1.0).fit(&matrix, &left)?;
/// let kept: Vec<&str> = model.kept().map(|c| c.0).collect();
/// assert!(kept.contains(&"x1") && kept.len() < 15);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct ElasticNetParams {
    alpha: f64,
    penalties: usize,
    least: f64,
    folds: usize,
    seed: u64,
    choice: PathChoice,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    ElasticNetParams, Self::new(1.0);
    alpha: f64;
    penalties: usize, least: f64, folds: usize, seed: u64, choice: PathChoice,
}

impl ElasticNetParams {
    /// `alpha` is the share of the absolute penalty: 1 is the lasso, 0 a ridge. 60 penalties down to 0.001 of the strongest,
    /// five folds, seed 42.
    pub fn new(alpha: f64) -> Self {
        Self { alpha, penalties: 60, least: 1e-3, folds: 5, seed: 42, choice: PathChoice::Best }
    }

    /// Number of penalties on the path, evenly spaced in logarithms (default 60).
    pub fn penalties(mut self, count: usize) -> Self {
        self.penalties = count;
        self
    }

    /// The weakest penalty, as a share of the one at which every coefficient vanishes (default 0.001).
    pub fn least(mut self, share: f64) -> Self {
        self.least = share;
        self
    }

    /// Folds of the cross-validation, at least 2 (default 5).
    pub fn folds(mut self, count: usize) -> Self {
        self.folds = count;
        self
    }

    /// Deals customers out into folds.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed.0;
        self
    }

    /// Which penalty becomes the model (default [`PathChoice::Best`]).
    pub fn choice(mut self, choice: PathChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Checks the parameters alone.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter.
    pub fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.alpha) {
            return Err(Error::param("alpha", "must lie in [0, 1]", self.alpha));
        }
        if !(1..=1_000).contains(&self.penalties) {
            return Err(Error::param("penalties", "must lie between 1 and 1000", self.penalties));
        }
        if !(self.least > 0.0 && self.least < 1.0) {
            return Err(Error::param("least", "must lie in (0, 1)", self.least));
        }
        if self.folds < 2 {
            return Err(Error::param("folds", "must be at least 2", self.folds));
        }
        Ok(())
    }

    /// Fits the probability of `true`.
    ///
    /// # Errors
    /// - [`InvalidParam`](crate::ErrorKind::InvalidParam); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is
    ///   one label for each row and at most 2,000 columns;
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) for one outcome only, in the table or outside some fold;
    /// - [`NotConverged`](crate::ErrorKind::NotConverged).
    pub fn fit(&self, matrix: &Matrix, labels: &[bool]) -> Result<ElasticNetModel> {
        self.check()?;
        check_labels(matrix.len(), labels)?;
        if matrix.width() > MOST_COLUMNS {
            return Err(Error::shape("columns at most", MOST_COLUMNS, matrix.width()));
        }
        let fault = |f| Error::from(LogisticFault::named(f, |c: usize| matrix.names()[c].clone()));
        let data = Data { x: matrix.values(), width: matrix.width(), y: labels, weights: None, offset: None };
        let top = elastic::largest_lambda(&data, self.alpha).map_err(fault)?.max(f64::MIN_POSITIVE);
        // A hair more, so that rounding lets no column in at the top of the path.
        let top = top * (1.0 + 1e-9);
        let steps = (self.penalties - 1).max(1) as f64;
        let lambdas: Vec<f64> =
            (0..self.penalties).map(|k| top * self.least.powf(k as f64 / steps)).collect();
        let path = elastic::path(&data, self.alpha, &lambdas).map_err(fault)?;

        let groups = folds::customer_hashes(matrix.customers(), Seed(self.seed));
        let fold_of = folds::assign(&groups, labels, self.folds);
        let losses = par::map_chunks(self.folds, 1, |k| {
            let outside: Vec<f64> =
                fold_of.iter().map(|fold| f64::from(u8::from(*fold != k.start))).collect();
            let rest = |outcome: bool| labels.iter().zip(&outside).any(|(l, w)| *l == outcome && *w > 0.0);
            if !(rest(true) && rest(false)) {
                return Err(LogisticFault::OneOutcome.into());
            }
            let data = Data { weights: Some(&outside), ..data };
            let path = elastic::path(&data, self.alpha, &lambdas).map_err(fault)?;
            let of = |beta: &[f64]| -> Vec<f64> {
                (0..labels.len())
                    .filter(|row| fold_of[*row] == k.start)
                    .map(|row| {
                        let z = predictor(matrix, row, beta);
                        special::softplus(if labels[row] { -z } else { z })
                    })
                    .collect()
            };
            Ok(path.iter().map(|point| of(&point.beta)).collect::<Vec<_>>())
        });
        let losses = losses.into_iter().collect::<Result<Vec<_>>>()?;
        let n = labels.len() as f64;
        let points: Vec<PathPoint> = path
            .iter()
            .enumerate()
            .map(|(i, point)| {
                let all = || losses.iter().flat_map(|fold| fold[i].iter().copied());
                let mean = all().sum::<f64>() / n;
                let variance = all().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
                PathPoint {
                    penalty: point.lambda,
                    columns: point.beta[1..].iter().filter(|b| **b != 0.0).count(),
                    loss: mean,
                    standard_error: (variance / n).sqrt(),
                }
            })
            .collect();
        let best = (0..points.len()).fold(0, |b, i| if points[i].loss < points[b].loss { i } else { b });
        let chosen = match self.choice {
            PathChoice::Best => best,
            PathChoice::OneStandardError => {
                let limit = points[best].loss + points[best].standard_error;
                points.iter().position(|p| p.loss <= limit).unwrap_or(best)
            }
        };
        Ok(ElasticNetModel {
            names: matrix.names().to_vec(),
            beta: path[chosen].beta.clone(),
            points,
            chosen,
            rows: labels.len(),
            provenance: matrix.customers().provenance().clone(),
        })
    }
}

fn predictor(matrix: &Matrix, row: usize, beta: &[f64]) -> f64 {
    let width = matrix.width();
    beta[0] + dot(&matrix.values()[row * width..(row + 1) * width], &beta[1..])
}

/// One penalty of an elastic net's path.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PathPoint {
    /// λ.
    pub penalty: f64,
    /// Columns with a coefficient.
    pub columns: usize,
    /// Mean negative log-likelihood out of fold.
    pub loss: f64,
    /// Standard error of that mean over the rows.
    pub standard_error: f64,
}

/// A fitted elastic net.
#[derive(Clone, PartialEq)]
pub struct ElasticNetModel {
    pub(super) names: Vec<String>,
    pub(super) beta: Vec<f64>,
    pub(super) points: Vec<PathPoint>,
    pub(super) chosen: usize,
    pub(super) rows: usize,
    pub(super) provenance: Provenance,
}

impl ElasticNetModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The path, the strongest penalty first.
    pub fn path(&self) -> &[PathPoint] {
        &self.points
    }

    /// The penalty of the model.
    pub fn chosen(&self) -> &PathPoint {
        &self.points[self.chosen]
    }

    /// Log-odds of a row of zeros.
    pub fn intercept(&self) -> f64 {
        self.beta[0]
    }

    /// The columns that were kept, with the change of the log-odds for one unit of each.
    pub fn kept(&self) -> impl Iterator<Item = (&str, f64)> {
        let all = self.names.iter().map(String::as_str).zip(self.beta[1..].iter().copied());
        all.filter(|c| c.1 != 0.0)
    }

    /// The probability of `true` for each row.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless the columns are those of the fit, in the same order.
    pub fn predict(&self, matrix: &Matrix) -> Result<PerCustomer<Probability>> {
        matrix.check_names(&self.names)?;
        self.provenance.check(matrix.customers().provenance())?;
        let values = par::map(matrix.len(), |row| {
            Probability::saturating(special::sigmoid(predictor(matrix, row, &self.beta)))
        });
        PerCustomer::new(matrix.customers().clone(), values)
    }
}

/// Prints sizes and the penalty.
impl fmt::Debug for ElasticNetModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (point, columns) = (self.chosen(), self.names.len());
        let Self { rows, .. } = self;
        write!(
            f,
            "ElasticNetModel({} of {columns} columns, {rows} rows, penalty {})",
            point.columns, point.penalty
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::churn::LogisticParams;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;
    use approx::assert_relative_eq;

    fn sample(n: usize, width: usize) -> (Matrix, Vec<bool>) {
        let mut rng = Rng::new(Seed(4), 0);
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for _ in 0..n {
            let row: Vec<f64> = (0..width).map(|j| (j + 1) as f64 * rng.normal()).collect();
            labels.push(rng.chance(special::sigmoid(1.2 * row[0] - 0.4 * row[1] - 0.5)));
            values.extend(row);
        }
        (Matrix::unnamed(Customers::numbered(n).unwrap(), width, values).unwrap(), labels)
    }

    /// At the answer the gradient of the likelihood is −λ sign(b) where b is not 0 and smaller where it is: the
    /// optimality conditions of the lasso, in standardised columns.
    #[test]
    fn satisfies_the_conditions_of_optimality() {
        let (x, y) = sample(400, 8);
        let model = ElasticNetParams::new(1.0).choice(PathChoice::OneStandardError).fit(&x, &y).unwrap();
        let lambda = model.chosen().penalty;
        let p = model.predict(&x).unwrap();
        for j in 0..8 {
            let column: Vec<f64> = x.rows().map(|r| r[j]).collect();
            let mean = column.iter().sum::<f64>() / 400.0;
            let sd = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
            let slope: f64 = column
                .iter()
                .zip(p.values())
                .zip(&y)
                .map(|((v, p), y)| (v - mean) / sd * (p.get() - f64::from(u8::from(*y))))
                .sum::<f64>()
                / 400.0;
            let b = model.beta[j + 1];
            if b == 0.0 {
                assert!(slope.abs() <= lambda * (1.0 + 1e-6), "column {j}");
            } else {
                assert_relative_eq!(slope, -lambda * b.signum(), max_relative = 1e-5);
            }
        }
        assert!(model.kept().count() < 8 && model.beta[1] > 0.3);
    }

    #[test]
    fn a_vanishing_penalty_is_maximum_likelihood_and_a_ridge_is_a_ridge() {
        let (x, y) = sample(300, 3);
        let weak = ElasticNetParams::new(0.5).least(1e-9).penalties(30).fit(&x, &y).unwrap();
        let weakest = elastic::path(
            &Data { x: x.values(), width: 3, y: &y, weights: None, offset: None },
            0.5,
            &[weak.points[29].penalty],
        );
        let plain = LogisticParams::new().fit(&x, &y).unwrap();
        for (a, c) in weakest.unwrap()[0].beta.iter().zip(plain.coefficients()) {
            assert_relative_eq!(*a, c.estimate(), max_relative = 1e-5);
        }
        assert_eq!(weak.path()[0].columns, 0);
        assert!(weak.path().is_sorted_by(|a, b| a.penalty > b.penalty));
    }

    #[test]
    fn contracts() {
        let (x, y) = sample(50, 2);
        let kind = |params: ElasticNetParams| params.fit(&x, &y).unwrap_err().kind();
        assert_eq!(kind(ElasticNetParams::new(1.5)), ErrorKind::InvalidParam);
        assert_eq!(kind(ElasticNetParams::new(f64::NAN)), ErrorKind::InvalidParam);
        assert_eq!(kind(ElasticNetParams::new(1.0).folds(1)), ErrorKind::InvalidParam);
        assert_eq!(kind(ElasticNetParams::new(1.0).penalties(0)), ErrorKind::InvalidParam);
        assert_eq!(kind(ElasticNetParams::new(1.0).least(0.0)), ErrorKind::InvalidParam);
        let params = ElasticNetParams::new(0.5);
        assert_eq!(params.fit(&x, &[true; 50]).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(params.fit(&x, &[true]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
        // Constant columns stay out.
        let flat = Matrix::unnamed(Customers::numbered(50).unwrap(), 1, vec![3.0; 50]).unwrap();
        let model = params.fit(&flat, &y).unwrap();
        assert_eq!(model.kept().count(), 0);
        assert!(format!("{model:?}").contains("0 of 1 columns"));
    }
}
