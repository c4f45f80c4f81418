//! Gaussian mixtures: soft segments, in which a customer may stand between several.
//!
//! # When to use it
//! Where segments overlap, differ in width or are elongated, and where a share of membership is worth more than a hard
//! label. k-means is faster and its segments are easier to explain.
//!
//! Where columns are few and groups round, take k-means; with many columns a full covariance has more parameters than
//! customers can tell (k · width² / 2).
//!
//! # The model
//! Rows are drawn from k normal distributions with weights πⱼ, means μⱼ and full covariances Σⱼ. Expectation-maximisation
//! from the best of several k-means runs: responsibilities rᵢⱼ ∝ πⱼ N(xᵢ; μⱼ, Σⱼ), in logarithms so that customers far
//! from every segment do no harm; then weights, means and covariances from them. A ridge of 10⁻⁶ of each column's
//! variance keeps covariances invertible where rows lie on a line. Segments are ordered by weight and named as those of
//! k-means.
//!
//! **How many.** [`MixtureParams::auto`] takes the number of segments with the lowest Bayesian information criterion,
//! −2 ln L + p ln n with p parameters and n rows of a sample.
//!
//! **Not linfa.** `linfa-clustering` 0.8.1 was measured and kept as an oracle: its responsibilities are the logarithm of a
//! sum of bare exponentials, so a single customer whose density underflows everywhere ends the fit (a test shows it), and
//! it names no column in its errors.
//!
//! # Assumptions
//! Rows are independent, and each segment is a normal cloud in units of the matrix, which logarithms of counts and money
//! come near to. Columns with many equal values (a count that is mostly 1) break the assumption: a component may shrink
//! onto them until the ridge holds it.
//!
//! # Data contract
//! As that of k-means, without weights.
//!
//! # Example
//! ```
//! use regulars::segment::MixtureParams;
//! use regulars::simulate::BlobsParams;
//! use regulars::types::Seed;
//!
//! let blobs = BlobsParams::new(600, 3, Seed(5)).separation(6.0).simulate()?;
//! let model = MixtureParams::new(3).seed(Seed(7)).fit(blobs.matrix())?;
//! let undecided = model.predict(blobs.matrix())?.values().iter().filter(|p| p.iter().all(|p| p.get() < 0.9)).count();
//! assert!(undecided < 60, "few stand between two segments");
//! # Ok::<(), regulars::Error>(())
//! ```
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

    fn clouds(n: usize) -> Matrix {
        let mut rng = Rng::new(Seed(4), 0);
        let mut values = Vec::new();
        for i in 0..n {
            let (x, y) = (rng.normal(), rng.normal());
            if i % 3 == 0 {
                values.extend([6.0 + 0.5 * x, 0.3 * y + 0.4 * x]);
            } else {
                values.extend([x, 2.0 * y]);
            }
        }
        Matrix::unnamed(Customers::numbered(n).unwrap(), 2, values).unwrap()
    }

    /// The same maximum as linfa-clustering 0.8.1; its ridge is absolute, hence the tolerance.
    #[test]
    fn linfa_finds_the_same_mixture() {
        use linfa::traits::Fit;
        let matrix = clouds(900);
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

    /// Why linfa's mixture is an oracle and not the engine: where the density of one customer underflows in every segment, the
    /// logarithm of its sum is −∞, and the next step is made of numbers that are none. Ours goes on.
    #[test]
    fn a_far_customer_breaks_the_oracle_and_not_ours() {
        use linfa::traits::Fit;
        let mut values = clouds(9_000).values().to_vec();
        values[0] = 200.0;
        let array = ndarray::Array2::from_shape_vec((9_000, 2), values.clone()).unwrap();
        let theirs = linfa_clustering::GaussianMixtureModel::params(2).fit(&linfa::DatasetBase::from(array));
        assert!(theirs.map_or(true, |model| model.means().iter().any(|m| !m.is_finite())));
        let far = Matrix::unnamed(Customers::numbered(9_000).unwrap(), 2, values).unwrap();
        let model = MixtureParams::new(2).seed(Seed(1)).fit(&far).unwrap();
        assert!(model.means().flatten().all(|m| m.is_finite()) && model.summary().converged);
    }

    /// Two clouds are two by BIC; a row at a million is survived, and shares add up for rows nobody has ever seen.
    #[test]
    fn outliers_do_no_harm_and_bic_prefers_the_truth() {
        let matrix = clouds(900);
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

    /// Parameters are refused; a column that is a copy of another is carried by the ridge.
    #[test]
    fn bad_parameters_and_dependent_columns() {
        let matrix = clouds(900);
        assert!(MixtureParams::new(0).fit(&matrix).is_err());
        assert!(MixtureParams::new(2).max_iterations(0).fit(&matrix).is_err());
        assert!(MixtureParams::new(2).tolerance(f64::NAN).fit(&matrix).is_err());
        // Twice the same column: the ridge keeps the covariance invertible.
        let twice = matrix.rows().flat_map(|r| [r[0], r[0]]).collect();
        let twice = Matrix::unnamed(Customers::numbered(900).unwrap(), 2, twice).unwrap();
        assert!(MixtureParams::new(2).fit(&twice).is_ok());
    }
}
