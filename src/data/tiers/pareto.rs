//! The Pareto curve: how much of all value the best customers bring.
//!
//! It is the Lorenz curve read from the best customer down. A shop whose best fifth brings four fifths of its revenue
//! lives from few; one on the diagonal treats everybody alike and should not have tiers at all.

use crate::data::PerCustomer;
use crate::error::{Error, Result};

use super::{Score, numbers};

/// How much of all value the best customers bring: the curve behind "20 per cent of customers bring 80 per cent of
/// revenue".
///
/// Customers are ordered by score, the best first; the curve goes from (0, 0) to (1, 1) through the share of customers
/// and the share of all value that they bring together, in a straight line between one customer and the next. Values
/// below 0 count as nothing, as in [`TierRule::ShareOfValue`](super::TierRule::ShareOfValue).
///
/// ```
/// use regulars::data::{Customers, Pareto, PerCustomer};
///
/// let spend = PerCustomer::new(Customers::numbered(5)?, vec![10.0, 80.0, 5.0, 5.0, 0.0])?;
/// let curve = Pareto::new(&spend)?;
/// assert!((curve.value_of(0.2) - 0.8).abs() < 1e-12);
/// assert!((curve.customers_for(0.9) - 0.4).abs() < 1e-12);
/// assert!((curve.gini() - 0.66).abs() < 1e-12);
/// let points: Vec<(f64, f64)> = curve.points(5).collect();
/// assert_eq!(points.len(), 6);
/// assert_eq!((points[0], points[5]), ((0.0, 0.0), (1.0, 1.0)));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Pareto {
    /// Share of all value brought by the best 0, 1, .. n customers; ascending from 0 to 1.
    shares: Vec<f64>,
}

impl Pareto {
    /// Orders the scores and adds them up. O(n log n).
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers, [`InvalidInput`](crate::ErrorKind::InvalidInput)
    /// naming the row of a score that is not finite, or where no score is above 0.
    pub fn new<T: Score>(scores: &PerCustomer<T>) -> Result<Self> {
        let mut values = numbers(scores)?;
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let Some(largest) = values.first().copied() else {
            return Err(Error::empty("a curve needs at least one customer"));
        };
        if largest <= 0.0 {
            return Err(Error::input("no score is above zero: there is no value to share"));
        }
        // Relative to the largest, so that the sum of the largest floats fits a float.
        let mut sum = 0.0;
        let mut shares = Vec::with_capacity(values.len() + 1);
        shares.push(0.0);
        for value in &values {
            sum += value.max(0.0) / largest;
            shares.push(sum);
        }
        for share in &mut shares {
            *share /= sum;
        }
        Ok(Self { shares })
    }

    /// Customers behind the curve.
    fn n(&self) -> usize {
        self.shares.len() - 1
    }

    /// Share of all value that the best share of `customers` brings; the argument is taken into \[0, 1\], NaN as 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index"
    )]
    pub fn value_of(&self, customers: f64) -> f64 {
        let at = customers.clamp(0.0, 1.0) * self.n() as f64;
        let below = (at.floor() as usize).min(self.n());
        let above = (below + 1).min(self.n());
        let part = (at - below as f64).max(0.0);
        self.shares[below] + (self.shares[above] - self.shares[below]) * part
    }

    /// Share of customers, best first, that brings a share of all `value`, the smallest such; the argument is taken into
    /// \[0, 1\], NaN as 0.
    pub fn customers_for(&self, value: f64) -> f64 {
        let goal = value.clamp(0.0, 1.0);
        let above = self.shares.partition_point(|share| *share < goal).min(self.n());
        if above == 0 || goal.is_nan() {
            return 0.0;
        }
        let (low, high) = (self.shares[above - 1], self.shares[above]);
        let part = if high > low { (goal - low) / (high - low) } else { 0.0 };
        (above as f64 - 1.0 + part.min(1.0)) / self.n() as f64
    }

    /// Gini coefficient: twice the area between the curve and the diagonal; 0 where all bring the same, towards 1 where
    /// one customer brings everything. One number to follow from month to month.
    ///
    /// ```
    /// # use regulars::data::{Customers, Pareto, PerCustomer};
    /// let gini = |v: [f64; 4]| Ok::<_, regulars::Error>(Pareto::new(&PerCustomer::new(Customers::numbered(4)?, v.to_vec())?)?.gini());
    /// assert_eq!(gini([5.0, 5.0, 5.0, 5.0])?, 0.0);
    /// assert_eq!(gini([8.0, 0.0, 0.0, 0.0])?, 0.75);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn gini(&self) -> f64 {
        let area: f64 = self.shares.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).sum::<f64>();
        (2.0 * area / self.n() as f64 - 1.0).max(0.0)
    }

    /// `steps` + 1 points of the curve at equal steps of customers, from (0, 0) to (1, 1): share of customers, share of
    /// value. Without steps only the last point.
    pub fn points(&self, steps: usize) -> impl Iterator<Item = (f64, f64)> {
        (0..=steps).map(move |step| {
            let customers = if steps == 0 { 1.0 } else { step as f64 / steps as f64 };
            (customers, self.value_of(customers))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorKind;
    use crate::data::Customers;

    fn curve(values: &[f64]) -> Result<Pareto> {
        Pareto::new(&PerCustomer::new(Customers::numbered(values.len()).unwrap(), values.to_vec()).unwrap())
    }

    #[test]
    fn equal_customers_bring_equal_shares_and_one_may_bring_all() {
        let equal = curve(&[7.0; 4]).unwrap();
        assert_eq!((equal.gini(), equal.value_of(0.3), equal.customers_for(0.3)), (0.0, 0.3, 0.3));
        let one = curve(&[0.0, 9.0, -5.0, 0.0]).unwrap();
        assert_eq!((one.gini(), one.value_of(0.25), one.customers_for(1.0)), (0.75, 1.0, 0.25));
        assert_eq!((one.value_of(f64::NAN), one.value_of(9.0), one.customers_for(-1.0)), (0.0, 1.0, 0.0));
        assert_eq!(curve(&[f64::MAX, f64::MAX]).unwrap().value_of(0.5), 0.5);
        assert_eq!(one.points(0).collect::<Vec<_>>(), [(1.0, 1.0)]);
    }

    #[test]
    fn there_must_be_value_to_share() {
        assert_eq!(curve(&[]).unwrap_err().kind(), ErrorKind::EmptyInput);
        assert_eq!(curve(&[0.0, -1.0]).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(curve(&[1.0, f64::NAN]).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    proptest! {
        #[test]
        fn the_curve_is_concave_and_its_two_readings_agree(
            values in prop::collection::vec(0.0..1e6, 1..50), at in 0.0..1.0,
        ) {
            prop_assume!(values.iter().any(|v| *v > 0.0));
            let curve = curve(&values).unwrap();
            let points: Vec<f64> = curve.points(20).map(|p| p.1).collect();
            prop_assert!(points.is_sorted());
            prop_assert!(points.windows(3).all(|p| p[1] >= 0.5 * (p[0] + p[2]) - 1e-12));
            prop_assert!((curve.value_of(curve.customers_for(at)) - at).abs() < 1e-9);
            prop_assert!((0.0..1.0).contains(&curve.gini()));
        }
    }
}
