//! Gaussian mixtures: soft segments, in which a customer may stand between several.
//!
//! # When to use it
//! Where segments overlap, differ in width or are elongated, and where a share of membership is worth more than a hard
//! label. k-means is faster and its segments are easier to explain.
//!
//! # The model
//! Rows are drawn from k normal distributions with weights πⱼ, means μⱼ and full covariances Σⱼ. Expectation-maximisation
//! from the best of several k-means runs: responsibilities rᵢⱼ ∝ πⱼ N(xᵢ; μⱼ, Σⱼ), in logarithms so that customers far
//! from every segment do no harm; then weights, means and covariances from them. A ridge of 10⁻⁶ of each column's
//! variance keeps covariances invertible where rows lie on a line. Segments are ordered by weight and named as those of
//! k-means.
//!
//! The mixtures of `linfa-clustering` add up bare exponentials, which vanish for outliers and make every later number
//! NaN; it serves as an oracle in the tests, where both agree.
//!
//! # Complexity
//! n · k · width² per iteration, in parallel; memory 8 k bytes for each of 4,096 rows at a time and a number a row.
//!
//! # Determinism
//! The start is that of k-means by seed; sums run over fixed chunks: bit-identical for any number of threads.
//!
//! # Errors
//! As those of k-means, and a segment that loses all its customers: ask for fewer.
//!
//! # References
//! Dempster, Laird and Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x; Schwarz 1978 (BIC),
//! doi:10.1214/aos/1176344136.

mod em;
mod model;
mod params;
#[cfg(feature = "serde")]
mod wire;

pub use model::{MixtureModel, MixtureScore, MixtureSummary};
pub use params::MixtureParams;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Customers, Features, Matrix};
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    fn clouds() -> Matrix {
        let mut rng = Rng::new(Seed(4), 0);
        let mut values = Vec::new();
        for i in 0..900 {
            let (x, y) = (rng.normal(), rng.normal());
            if i % 3 == 0 {
                values.extend([6.0 + 0.5 * x, 0.3 * y + 0.4 * x]);
            } else {
                values.extend([x, 2.0 * y]);
            }
        }
        Matrix::unnamed(Customers::numbered(900).unwrap(), 2, values).unwrap()
    }

    /// The same maximum as linfa-clustering 0.8.1; its ridge is absolute, hence the tolerance.
    #[test]
    fn linfa_finds_the_same_mixture() {
        use linfa::traits::Fit;
        let matrix = clouds();
        let model = MixtureParams::new(2).seed(Seed(1)).fit(&matrix).unwrap();
        let array = ndarray::Array2::from_shape_vec((900, 2), matrix.values().to_vec()).unwrap();
        let theirs = linfa_clustering::GaussianMixtureModel::params(2)
            .tolerance(1e-9)
            .max_n_iterations(1_000)
            .fit(&linfa::DatasetBase::from(array))
            .unwrap();
        let heavy = usize::from(theirs.weights()[1] > theirs.weights()[0]);
        assert!((theirs.weights()[heavy] - model.parts[0].weight).abs() < 1e-3);
        for d in 0..2 {
            assert!((theirs.means()[[heavy, d]] - model.parts[0].mean[d]).abs() < 1e-2);
            assert!((theirs.means()[[1 - heavy, d]] - model.parts[1].mean[d]).abs() < 1e-2);
        }
        assert!((model.parts[0].weight - 2.0 / 3.0).abs() < 0.01 && model.summary.converged);
    }

    #[test]
    fn outliers_do_no_harm_and_bic_prefers_the_truth() {
        let matrix = clouds();
        let bic = |k| MixtureParams::new(k).fit(&matrix).unwrap().summary().bic;
        assert!(bic(2) < bic(1) && bic(2) < bic(4));
        let mut values = matrix.values().to_vec();
        values[0] = 1e6;
        let far = Matrix::unnamed(Customers::numbered(900).unwrap(), 2, values).unwrap();
        let model = MixtureParams::new(2).fit(&far).unwrap();
        assert!(model.summary().log_likelihood.is_finite());
        let table = Features::builder(Customers::numbered(1).unwrap()).numeric("x1", [-1e9]).unwrap();
        let table = table.numeric("x2", [1e9]).unwrap().build().unwrap();
        let total: f64 = model.predict(&table).unwrap().values()[0].iter().map(|p| p.get()).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bad_parameters_and_dependent_columns() {
        let matrix = clouds();
        assert!(MixtureParams::new(0).fit(&matrix).is_err());
        assert!(MixtureParams::new(2).max_iterations(0).fit(&matrix).is_err());
        assert!(MixtureParams::new(2).tolerance(f64::NAN).fit(&matrix).is_err());
        // Twice the same column: the ridge keeps the covariance invertible.
        let twice = matrix.rows().flat_map(|r| [r[0], r[0]]).collect();
        let twice = Matrix::unnamed(Customers::numbered(900).unwrap(), 2, twice).unwrap();
        assert!(MixtureParams::new(2).fit(&twice).is_ok());
    }
}
