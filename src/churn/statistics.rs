//! What a fit may be asked beyond its coefficients: other covariances, tests between models, profile intervals.
//!
//! | question | answer |
//! |---|---|
//! | are the standard errors right where the model is not? | [`Covariance::Robust`] |
//! | and where several rows belong to one customer? | [`Covariance::Clustered`] |
//! | do these columns matter together? | [`LogisticModel::against`] |
//! | how sure, with few customers? | [`LogisticParams::profile_intervals`] |
//!
//! All of it is computed in standardised columns and turned back by β = S z, so that badly scaled columns lose no digits.

use crate::data::Matrix;
use crate::error::{Error, Result};
use crate::kernel::logistic::Data;
use crate::kernel::{glm, par, special};

use super::logistic::{LogisticFault, LogisticModel, LogisticParams, check_labels};

/// Where the standard errors of a fit without a ridge come from.
///
/// ```
/// use regulars::churn::{Covariance, LogisticParams};
/// use regulars::data::{Customers, Matrix};
///
/// // Each customer was seen twice: the second row adds nothing, and clustered standard errors know it.
/// let weeks: Vec<f64> = (0..80).map(|i| f64::from(i / 2 % 10)).collect();
/// let left: Vec<bool> = (0..80).map(|i| i / 2 % 10 + i / 2 % 7 > 7).collect();
/// let customer: Vec<u64> = (0..80).map(|i| i / 2).collect();
/// let x = Matrix::new(Customers::numbered(80)?, ["weeks"], weeks)?;
/// let naive = LogisticParams::new().fit(&x, &left)?;
/// let honest = LogisticParams::new().covariance(Covariance::Clustered(&customer)).fit(&x, &left)?;
/// assert_eq!(naive.coefficients()[1].estimate(), honest.coefficients()[1].estimate());
/// assert!(naive.coefficients()[1].standard_error() < honest.coefficients()[1].standard_error());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Covariance<'a> {
    /// The inverse of the likelihood's curvature at its maximum: right where the model is.
    #[default]
    Model,
    /// The sandwich A⁻¹ B A⁻¹ with B the sum of the rows' squared scores, without small-sample factors (HC0; White 1982,
    /// doi:10.2307/1912526): right for the best linear approximation even where the model is not.
    Robust,
    /// The sandwich over clusters, one number for each row, with the factor G / (G − 1) for G clusters (Liang and Zeger 1986,
    /// doi:10.1093/biomet/73.1.13): rows of one cluster may depend on each other, as several dates of one customer do.
    Clustered(&'a [u64]),
    /// What R's `glm` prints at that `epsilon` (1e−8 by default in R): the inverse curvature one step of iteratively
    /// reweighted least squares before the last. It is the figure of [`Model`](Self::Model) but for the rounding of the stop,
    /// up to 1e−4 of itself at R's default and 1.5e−8 at 1e−14 on the IBM Telco table; for comparisons with printouts only.
    LikeR {
        /// R's `epsilon`.
        epsilon: f64,
    },
}

/// Twice the difference of two log-likelihoods, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// 2 (ln L of the larger model − ln L of the smaller one), at least 0.
    pub statistic: f64,
    /// Terms that the larger model has and the smaller one has not.
    pub degrees: usize,
    /// Probability of such a statistic if those terms had no effect (chi-square, Wilks 1938, doi:10.1214/aoms/1177732360).
    pub p_value: f64,
}

impl LogisticModel {
    /// Tests this model against a smaller one, fitted to the same rows on some of its columns.
    ///
    /// ```
    /// use regulars::churn::LogisticParams;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let n = 60;
    /// let silent: Vec<f64> = (0..n).map(|i| f64::from(i % 10)).collect();
    /// let coin: Vec<f64> = (0..n).map(|i| f64::from(i * 7 % 13 % 2)).collect();
    /// let left: Vec<bool> = (0..n).map(|i| i % 10 + i * 5 % 9 > 8).collect();
    /// let both: Vec<f64> = silent.iter().zip(&coin).flat_map(|(a, b)| [*a, *b]).collect();
    /// let customers = Customers::numbered(60)?;
    /// let large = LogisticParams::new().fit(&Matrix::new(customers.clone(), ["silent", "coin"], both)?, &left)?;
    /// let small = LogisticParams::new().fit(&Matrix::new(customers, ["silent"], silent)?, &left)?;
    /// let test = large.against(&small)?;
    /// assert_eq!(test.degrees, 1);
    /// assert!(test.p_value > 0.05); // the coin says nothing
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a penalised fit, models of different numbers of rows, or a model
    /// that is not smaller: all of its columns must be among this one's.
    pub fn against(&self, smaller: &Self) -> Result<LikelihoodRatio> {
        if self.summary().aic.is_none() || smaller.summary().aic.is_none() {
            return Err(Error::input("a likelihood-ratio test needs two fits without penalty"));
        }
        let nested = smaller.names.iter().all(|name| self.names.contains(name));
        if !nested || smaller.names.len() >= self.names.len() || smaller.rows != self.rows {
            return Err(Error::input(
                "a likelihood-ratio test needs a model of the same rows on fewer of the same columns",
            ));
        }
        let statistic = (smaller.summary().deviance - self.summary().deviance).max(0.0);
        let degrees = self.names.len() - smaller.names.len();
        Ok(LikelihoodRatio {
            statistic,
            degrees,
            p_value: special::chi_square_tail(statistic, degrees as f64),
        })
    }
}

impl LogisticParams<'_> {
    /// Profile-likelihood intervals with that coverage, one for each coefficient: the values that a likelihood-ratio test
    /// would not reject. Unlike Wald intervals they need not be symmetric and stay right for few customers. By the method
    /// of Venzon and Moolgavkar (1988, doi:10.2307/2347496); a dozen Newton steps for each end.
    ///
    /// `matrix` and `labels` are those of the fit.
    ///
    /// ```
    /// use regulars::churn::LogisticParams;
    /// use regulars::data::{Customers, Matrix};
    ///
    /// let x: Vec<f64> = (0..30).map(|i| f64::from(i % 6)).collect();
    /// let left: Vec<bool> = (0..30).map(|i| i % 6 + i * 7 % 5 > 4).collect();
    /// let matrix = Matrix::new(Customers::numbered(30)?, ["weeks"], x)?;
    /// let params = LogisticParams::new();
    /// let model = params.fit(&matrix, &left)?;
    /// let (low, high) = params.profile_intervals(&model, &matrix, &left, 0.95)?[1];
    /// let estimate = model.coefficients()[1].estimate();
    /// assert!(low < estimate && estimate < high);
    /// assert!(high - estimate > estimate - low); // the likelihood is steeper towards 0
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`InvalidParam`](crate::ErrorKind::InvalidParam) for a coverage outside (0, 1),
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a penalised fit, and
    /// [`NotConverged`](crate::ErrorKind::NotConverged) where the likelihood never falls that far: then the interval is
    /// unbounded.
    pub fn profile_intervals(
        &self,
        model: &LogisticModel,
        matrix: &Matrix,
        labels: &[bool],
        coverage: f64,
    ) -> Result<Vec<(f64, f64)>> {
        self.check()?;
        check_labels(matrix.len(), labels)?;
        self.check_rows(matrix.len())?;
        matrix.check_names(&model.names)?;
        if !(coverage > 0.0 && coverage < 1.0) {
            return Err(Error::param("coverage", "must lie in (0, 1)", coverage));
        }
        if model.summary().aic.is_none() {
            return Err(Error::input("a profile likelihood needs a fit without penalty"));
        }
        let data = Data {
            x: matrix.values(),
            width: matrix.width(),
            y: labels,
            weights: self.weights,
            offset: self.offset,
        };
        let drop = 0.5 * special::normal_quantile(0.5 + 0.5 * coverage).powi(2);
        let ends = par::map_chunks(model.beta.len(), 1, |j| glm::profile(&data, &model.beta, j.start, drop));
        ends.into_iter()
            .map(|end| end.map_err(|f| LogisticFault::named(f, |c| matrix.names()[c].clone()).into()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::Customers;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;
    use approx::assert_relative_eq;

    fn matrix(width: usize, values: Vec<f64>) -> Matrix {
        Matrix::unnamed(Customers::numbered(values.len() / width).unwrap(), width, values).unwrap()
    }

    fn sample(n: usize, seed: u64) -> (Matrix, Vec<bool>) {
        let mut rng = Rng::new(Seed(seed), 0);
        let mut values = Vec::new();
        let mut labels = Vec::new();
        for _ in 0..n {
            let (a, b) = (rng.normal(), 3.0 + 10.0 * rng.exponential(1.0));
            labels.push(rng.chance(special::sigmoid(-1.0 + a - 0.03 * b)));
            values.extend([a, b]);
        }
        (matrix(2, values), labels)
    }

    fn errors(model: &LogisticModel) -> Vec<f64> {
        model.coefficients().iter().map(|c| c.standard_error().unwrap()).collect()
    }

    /// Where every cell has a parameter of its own the sandwich is the inverse information itself.
    #[test]
    fn a_saturated_model_has_one_covariance() {
        let rows: Vec<(f64, bool)> = [(0.0, false, 40), (0.0, true, 10), (1.0, false, 20), (1.0, true, 30)]
            .into_iter()
            .flat_map(|(x, y, n)| vec![(x, y); n])
            .collect();
        let (x, y): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
        let x = matrix(1, x);
        let plain = LogisticParams::new().fit(&x, &y).unwrap();
        let robust = LogisticParams::new().covariance(Covariance::Robust).fit(&x, &y).unwrap();
        for (a, b) in errors(&plain).iter().zip(errors(&robust)) {
            assert_relative_eq!(*a, b, max_relative = 1e-10);
        }
        // R's weights at a loose epsilon are another matter, at a tight one nearly the same.
        let r = |epsilon| {
            errors(&LogisticParams::new().covariance(Covariance::LikeR { epsilon }).fit(&x, &y).unwrap())
        };
        assert_relative_eq!(r(1e-15)[1], errors(&plain)[1], max_relative = 1e-7);
        assert!((r(1e-2)[1] / errors(&plain)[1] - 1.0).abs() > 1e-6);
    }

    /// By the formula, term by term.
    #[test]
    fn the_sandwich_by_hand() {
        let (x, y) = sample(200, 3);
        let clusters: Vec<u64> = (0..200).map(|i| i % 37).collect();
        let model = LogisticParams::new().fit(&x, &y).unwrap();
        let p: Vec<f64> = model.predict(&x).unwrap().values().iter().map(|p| p.get()).collect();
        let score = |row: usize| -> [f64; 3] {
            let r = p[row] - f64::from(u8::from(y[row]));
            let v = x.row(row).unwrap();
            [r, r * v[0], r * v[1]]
        };
        let of = |groups: &[u64], factor: f64| -> f64 {
            let mut meat = [[0.0; 3]; 3];
            for g in 0..200 {
                let mut total = [0.0; 3];
                for row in (0..200).filter(|row| groups[*row] == g) {
                    let s = score(row);
                    (0..3).for_each(|i| total[i] += s[i]);
                }
                for i in 0..3 {
                    for j in 0..3 {
                        meat[i][j] += factor * total[i] * total[j];
                    }
                }
            }
            let c = |i: usize, j: usize| model.covariance(i, j).unwrap();
            let mut variance = 0.0;
            for (i, row) in meat.iter().enumerate() {
                for (j, m) in row.iter().enumerate() {
                    variance += c(1, i) * m * c(j, 1);
                }
            }
            variance.sqrt()
        };
        let single: Vec<u64> = (0..200).collect();
        let robust = LogisticParams::new().covariance(Covariance::Robust).fit(&x, &y).unwrap();
        assert_relative_eq!(errors(&robust)[1], of(&single, 1.0), max_relative = 1e-8);
        let clustered = LogisticParams::new().covariance(Covariance::Clustered(&clusters));
        assert_relative_eq!(
            errors(&clustered.fit(&x, &y).unwrap())[1],
            of(&clusters, 37.0 / 36.0),
            max_relative = 1e-8
        );
        let short = LogisticParams::new().covariance(Covariance::Clustered(&clusters[..5]));
        assert_eq!(short.fit(&x, &y).unwrap_err().kind(), ErrorKind::ShapeMismatch);
        let silly = LogisticParams::new().covariance(Covariance::LikeR { epsilon: -1.0 });
        assert_eq!(silly.fit(&x, &y).unwrap_err().kind(), ErrorKind::InvalidParam);
    }

    /// At each end the best likelihood with that coefficient held lies 1.92 below the maximum.
    #[test]
    fn profiles_end_where_the_likelihood_ratio_says() {
        let (x, y) = sample(120, 9);
        let params = LogisticParams::new();
        let model = params.fit(&x, &y).unwrap();
        let intervals = params.profile_intervals(&model, &x, &y, 0.95).unwrap();
        for (column, ends) in [(0_usize, intervals[1]), (1, intervals[2])] {
            for held in [ends.0, ends.1] {
                let other: Vec<f64> = x.rows().map(|r| r[1 - column]).collect();
                let offset: Vec<f64> = x.rows().map(|r| held * r[column]).collect();
                let rest = LogisticParams::new().offset(&offset).fit(&matrix(1, other), &y).unwrap();
                let drop = model.summary().log_likelihood - rest.summary().log_likelihood;
                assert_relative_eq!(drop, 0.5 * 3.841_458_820_694_124, max_relative = 1e-6);
            }
        }
        assert!(intervals[0].0 < model.coefficients()[0].estimate());
        assert!(params.profile_intervals(&model, &x, &y, 1.0).is_err());
    }

    #[test]
    fn ratios_are_chi_square_where_nothing_is_lost() {
        let mut rejected = 0;
        for seed in 0..200 {
            let mut rng = Rng::new(Seed(seed), 1);
            let x: Vec<f64> = (0..300).map(|_| rng.normal()).collect();
            let noise: Vec<f64> = (0..300).map(|_| rng.normal()).collect();
            let y: Vec<bool> = x.iter().map(|x| rng.chance(special::sigmoid(*x))).collect();
            let both = x.iter().zip(&noise).flat_map(|(a, b)| [*a, *b]).collect();
            let customers = Customers::numbered(300).unwrap();
            let both = Matrix::new(customers.clone(), ["a", "b"], both).unwrap();
            let one = Matrix::new(customers, ["a"], x).unwrap();
            let large = LogisticParams::new().fit(&both, &y).unwrap();
            let small = LogisticParams::new().fit(&one, &y).unwrap();
            rejected += usize::from(large.against(&small).unwrap().p_value < 0.05);
            assert!(small.against(&large).is_err());
        }
        // 10 expected, standard deviation 3.1.
        assert!((2..=20).contains(&rejected), "{rejected} of 200");
    }
}
