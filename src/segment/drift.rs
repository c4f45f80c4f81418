//! Whether customers still look like those the segments were fitted on.

use crate::data::Features;
use crate::error::Result;
use crate::kernel::special::chi_square_tail;

use super::lloyd::{self, Rows};
use super::model::SegmentModel;

/// What to do about drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The segments still fit.
    Keep,
    /// Shares have begun to move: look again soon.
    Watch,
    /// Shares or distances have moved far: fit anew, and [match](SegmentModel::matched) the segments with the old ones.
    Refit,
}

/// How the customers of a later date compare with those of the fit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// Share of each segment at the fit and now.
    pub shares: Vec<(f64, f64)>,
    /// Pearson's χ² of the sizes now against the shares of the fit, a sample of its own size
    /// (homogeneity of two samples).
    pub chi_square: f64,
    /// Probability of a χ² at least this large without drift. With many customers tiny differences are significant; the
    /// advice looks at their size instead.
    pub p_value: f64,
    /// Population stability index Σ (now − then) ln(now / then) over the segments, each share raised to at least 10⁻⁴.
    pub stability_index: f64,
    /// Mean squared distance to the own centre, now over that at the fit: above 1 where customers have moved away from
    /// every centre; `None` where it was 0 at the fit.
    pub distance_ratio: Option<f64>,
    /// Refit from a stability index of 0.25 or a distance ratio of 1.5 on, watch from 0.1 or 1.25 on: the usual bands
    /// of the index in credit scoring (Siddiqi 2006), and our own for the ratio.
    pub advice: Advice,
}

impl SegmentModel {
    /// Compares the customers of a later date with those of the fit.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// use regulars::segment::{Advice, KMeansParams};
    ///
    /// let table = |spend: [f64; 4]| Features::builder(Customers::numbered(4)?).numeric("spend", spend)?.build();
    /// let model = KMeansParams::new(2).fit(&table([10.0, 12.0, 900.0, 950.0])?)?;
    /// assert_eq!(model.drift(&table([12.0, 10.0, 950.0, 900.0])?)?.advice, Advice::Keep);
    /// assert_eq!(model.drift(&table([12.0, 10.0, 11.0, 10.0])?)?.advice, Advice::Refit);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign).
    pub fn drift(&self, features: &Features) -> Result<Drift> {
        let matrix = self.measure(features)?;
        let rows: Rows<'_> = self.rows(&matrix)?;
        let (labels, inertia) = lloyd::assign(rows, &self.centres);
        let mut now = vec![0_usize; self.k()];
        for label in &labels {
            now[usize::from(*label)] += 1;
        }
        let then: Vec<usize> = self.profiles().iter().map(|p| p.size).collect();
        let (n_now, n_then) = (labels.len() as f64, then.iter().sum::<usize>().max(1) as f64);
        let (mut chi_square, mut degrees, mut stability_index) = (0.0, -1.0, 0.0);
        let mut shares = Vec::with_capacity(self.k());
        for (now, then) in now.iter().zip(&then) {
            let (a, b) = (*then as f64, *now as f64);
            if a + b > 0.0 {
                let (expected_a, expected_b) =
                    ((a + b) * n_then / (n_then + n_now), (a + b) * n_now / (n_then + n_now));
                chi_square += (a - expected_a).powi(2) / expected_a + (b - expected_b).powi(2) / expected_b;
                degrees += 1.0;
            }
            let (p, q) = (a / n_then, b / n_now);
            shares.push((p, q));
            let (p, q) = (p.max(1e-4), q.max(1e-4));
            stability_index += (q - p) * (q / p).ln();
        }
        let weight: f64 = self.profiles().iter().map(|p| p.weight).sum();
        let before = self.summary().inertia / weight;
        let distance_ratio = Some(inertia / n_now / before).filter(|r| r.is_finite());
        let ratio = distance_ratio.unwrap_or(1.0);
        let advice = if stability_index >= 0.25 || ratio >= 1.5 {
            Advice::Refit
        } else if stability_index >= 0.1 || ratio >= 1.25 {
            Advice::Watch
        } else {
            Advice::Keep
        };
        let p_value = if degrees > 0.0 { chi_square_tail(chi_square, degrees) } else { 1.0 };
        Ok(Drift { shares, chi_square, p_value, stability_index, distance_ratio, advice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TransformParams;
    use crate::data::{Customers, Features, Matrix};
    use crate::segment::KMeansParams;

    fn table(low: usize, high: usize) -> Features {
        let values = (0..low).map(|i| (i % 3) as f64).chain((0..high).map(|i| 100.0 + (i % 3) as f64));
        Features::builder(Customers::numbered(low + high).unwrap())
            .numeric("x", values)
            .unwrap()
            .build()
            .unwrap()
    }

    #[test]
    fn the_test_is_pearsons() {
        // scipy.stats.chi2_contingency([[60, 30], [45, 45]], correction=False) of SciPy 1.17.1.
        let plain = KMeansParams::new(2).transform(TransformParams::new());
        let model = plain.fit(&table(60, 30)).unwrap();
        let drift = model.drift(&table(45, 45)).unwrap();
        assert!((drift.chi_square - 5.142857142857143).abs() < 1e-12);
        assert!((drift.p_value - 0.02334220200).abs() < 1e-9);
        let index = (0.5 - 2.0 / 3.0) * (0.5_f64 * 1.5).ln() + (0.5 - 1.0 / 3.0) * (1.5_f64).ln();
        assert!((drift.stability_index - index).abs() < 1e-12);
        assert_eq!(drift.advice, Advice::Watch);
        let same = model.drift(&table(60, 30)).unwrap();
        assert_eq!((same.chi_square, same.p_value, same.advice), (0.0, 1.0, Advice::Keep));
        assert!((same.distance_ratio.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_segment_without_spread_has_no_ratio_and_no_test() {
        let one = Matrix::new(Customers::numbered(1).unwrap(), ["x"], vec![3.0]).unwrap();
        let model = KMeansParams::new(1).fit_matrix(&one).unwrap();
        let drift = model.drift(&table(2, 2)).unwrap();
        assert_eq!((drift.distance_ratio, drift.p_value), (None, 1.0));
    }
}
