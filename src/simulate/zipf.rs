//! Draws from a fixed distribution over 0..n in constant time.
//!
//! An alias table cuts the total into n columns of equal weight, each of one or two numbers: one uniform number chooses the
//! column by its whole part and the number by its fraction.

use crate::kernel::rng::Rng;

/// Walker's alias table (Vose 1991, doi:10.1109/32.92917).
#[derive(Clone, Debug)]
pub(super) struct Alias {
    /// Probability of keeping each column's own number, and the number otherwise.
    columns: Vec<(f64, u32)>,
}

impl Alias {
    /// Weights 1 / (i + 1)^exponent for i in 0..n.
    ///
    /// Rank 0 has the largest weight. Zipf's law of item sales and of names has exponents near 1.
    pub(super) fn zipf(n: u32, exponent: f64) -> Self {
        Self::new(&(1..=n).map(|i| f64::from(i).powf(-exponent)).collect::<Vec<_>>())
    }

    /// Positive finite weights, at least one. O(n): a column below the average is filled up from one above it, which takes the
    /// rest's place among the low or the high ones.
    pub(super) fn new(weights: &[f64]) -> Self {
        let n = weights.len();
        let scale = n as f64 / weights.iter().sum::<f64>();
        let mut columns: Vec<(f64, u32)> = (0_u32..).zip(weights).map(|(i, w)| (w * scale, i)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| columns[*i].0 < 1.0);
        while let (Some(s), Some(l)) = (small.pop(), large.pop()) {
            columns[s].1 = u32::try_from(l).unwrap_or(0);
            columns[l].0 -= 1.0 - columns[s].0;
            if columns[l].0 < 1.0 { small.push(l) } else { large.push(l) }
        }
        // What is left over is 1 up to rounding.
        for i in small.into_iter().chain(large) {
            columns[i].0 = 1.0;
        }
        Self { columns }
    }

    /// A number with the probability of its weight; one uniform number a draw.
    pub(super) fn draw(&self, rng: &mut Rng) -> u32 {
        let x = rng.uniform() * self.columns.len() as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the length")]
        let column = (x as usize).min(self.columns.len() - 1);
        let (keep, other) = self.columns[column];
        if x - (column as f64) < keep { u32::try_from(column).unwrap_or(0) } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Seed;

    /// Each frequency within five standard errors of its weight.
    #[test]
    fn frequencies_follow_the_weights() {
        let weights = vec![5.0, 0.5, 3.0, 1.0, 0.25, 0.25];
        let table = Alias::new(&weights);
        let mut rng = Rng::new(Seed(3), 0);
        let mut counts = [0.0; 6];
        let n = 200_000;
        for _ in 0..n {
            counts[table.draw(&mut rng) as usize] += 1.0;
        }
        for (count, weight) in counts.iter().zip(&weights) {
            let p = weight / 10.0;
            let deviation = (p * (1.0 - p) / f64::from(n)).sqrt();
            assert!((count / f64::from(n) - p).abs() < 5.0 * deviation, "{count} for weight {weight}");
        }
        assert_eq!(Alias::zipf(1, 2.0).draw(&mut rng), 0);
    }
}
