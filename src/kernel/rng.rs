//! The crate's only source of chance: xoshiro256++ streams derived from (seed, stream), with samplers of its own so
//! that no dependency's update changes a result.
//!
//! xoshiro256++ (Blackman and Vigna 2021, doi:10.1145/3460772) has a period of 2²⁵⁶ − 1 and passes the usual batteries.
//! For one seed, different stream numbers give different starts, since the hash is a bijection; two starts lie within
//! 2⁶⁴ draws of each other with a probability of about 2⁻¹⁹¹.
//!
//! A stream belongs to a customer, a restart or a replicate, never to a thread: which thread draws is chance, what is
//! drawn is not. A test pins the bits.
//!
//! # Streams
//! `Rng::new(seed, stream)` starts xoshiro from mix(seed) xor a rotation of mix(stream + c), so that seeds 1, 2, 3 and
//! streams 1, 2, 3 lie far apart, and (1, 2) is not (2, 1). Numbering is up to each module: the simulator takes sixteen
//! streams a person, k-means one a restart, a bootstrap one a replicate.
//!
//! # By hand
//! `below(6)` for a die: 64 random bits times 6, of which the upper half of the 128-bit product is the face. 2⁶⁴ is no
//! multiple of 6, so four of the 2⁶⁴ values would favour some faces; they are drawn again, which happens once in
//! 4.6 · 10¹⁸ throws. `uniform()` takes 53 bits b and gives (b + ½) / 2⁵³: the smallest is 5.6 · 10⁻¹⁷, the largest 1 minus
//! that.
//!
//! # Samplers
//!
//! | sampler | mean | variance | 64-bit draws on average |
//! |---|---|---|---|
//! | `bits` | | | 1 |
//! | `uniform` | 1/2 | 1/12 | 1 |
//! | `below(n)` | (n − 1)/2 | (n² − 1)/12 | 1 |
//! | `chance(p)` | p | p (1 − p) | 1 |
//! | `normal` | 0 | 1 | 2.5 |
//! | `exponential(λ)` | 1/λ | 1/λ² | 1 |
//! | `gamma(a, β)`, a ≥ 1 | a/β | a/β² | 3.7 at a = 1, fewer above |
//! | `beta(a, b)` | a/(a + b) | ab/((a + b)² (a + b + 1)) | two gammas |
//! | `poisson(m)` | m | m | m + 1 below 10 |
//!
//! A new sampler is added at the end of a stream's use, or takes a stream of its own: a draw put in between would move all
//! that follow, and with them every pinned result.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use crate::types::Seed;

/// A stream of random numbers, a function of seed and stream number alone. Not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Rng(Xoshiro256PlusPlus);

/// One step of `SplitMix64` (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195): a bijection that mixes all bits.
pub(crate) fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream `stream` of `seed`. Give every customer, restart or replicate its own number, never a thread.
    pub(crate) fn new(seed: Seed, stream: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(
            mix(seed.0) ^ mix(stream.wrapping_add(0x6a09_e667_f3bc_c908)).rotate_left(32),
        ))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in the open interval (0, 1): 53 bits, shifted by half a step. Neither 0 nor 1 is ever drawn, so that
    /// logarithms and quantiles of it are finite.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0..n without bias (Lemire 2019, doi:10.1145/3230636). `n` of 0 gives 0.
    ///
    /// The upper half of bits · n is floor(bits · n / 2⁶⁴). Values whose lower half lies below 2⁶⁴ mod n are those too many;
    /// the division that finds this threshold is needed only where the lower half is below n, which it hardly ever is.
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit product")]
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let mut product = u128::from(self.bits()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// True with probability `p`; never for 0, always for 1.
    ///
    /// For p of at most 2⁻⁵⁴ it is never true either: U is not smaller.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal, by the polar method (Marsaglia and Bray 1964, doi:10.1137/1006063); the second value is dropped
    /// so that the stream has no hidden state.
    ///
    /// A point (u, v) uniform in the unit disc has s = u² + v² uniform and an angle independent of it; √(−2 ln s) then has the
    /// distance of a normal pair, and u/√s is the cosine of its angle. π out of four trials hit the disc.
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s < 1.0 && s > 0.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Exponential with the given rate: −ln U / rate.
    ///
    /// By inversion: P(X > x) = P(U < e^(−rate x)). U is never 0, so that the longest is 37.4 mean times.
    pub(crate) fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Gamma with mean shape / rate (Marsaglia and Tsang 2000, doi:10.1145/358407.358414).
    ///
    /// For shapes from 1 on by rejection from a cubed normal, accepted 95 times in 100 or more; below 1 by the identity
    /// G(a) = G(a + 1) U^(1/a), which for very small shapes may underflow to 0.
    ///
    /// With d = a − 1/3 and c = 1/√(9d), d (1 + c X)³ for a normal X is nearly Gamma(a); it is accepted with the ratio of the
    /// densities, ln U < X²/2 + d − d V + d ln V for V = (1 + c X)³. One normal and one uniform a trial, 1.05 trials at a = 1,
    /// fewer above.
    pub(crate) fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return self.gamma(shape + 1.0, rate) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v / rate;
            }
        }
    }

    /// Beta(a, b) as X / (X + Y) of two gammas. Where both underflow, which happens for tiny parameters only, the mass lies at
    /// the ends, and one of them is drawn with its probability a / (a + b).
    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let x = self.gamma(a, 1.0);
        let y = self.gamma(b, 1.0);
        if x + y > 0.0 { x / (x + y) } else { f64::from(u8::from(self.chance(a / (a + b)))) }
    }

    /// Poisson with that mean: by inversion below 10, above it by halving through a gamma of whole shape (Ahrens and
    /// Dieter 1974, doi:10.1007/BF02293108).
    ///
    /// The k-th event of a unit-rate process comes at a Gamma(k) time: where that lies before `mean`, k events are
    /// certain and the rest starts afresh; where behind it, the k − 1 events before it are uniform and are counted. The
    /// mean falls to about an eighth each time, so the loop runs O(log mean) times.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole non-negative number below the mean"
    )]
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        let (mut mean, mut count) = (mean, 0_u64);
        while mean >= 10.0 {
            let shape = (mean * 0.875).floor();
            let time = self.gamma(shape, 1.0);
            if time > mean {
                return count + (1..shape as u64).filter(|_| self.uniform() < mean / time).count() as u64;
            }
            count += shape as u64;
            mean -= time;
        }
        let limit = (-mean).exp();
        let mut product = self.uniform();
        while product > limit {
            count += 1;
            product *= self.uniform();
        }
        count
    }

    /// Shuffles in place (Fisher and Yates): each of the n! orders has the same probability, as far as 64 bits go.
    ///
    /// n − 1 draws for n values, from the last place down: each place takes one of those not yet placed.
    #[expect(clippy::cast_possible_truncation, reason = "below the length of a slice")]
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            values.swap(i, j);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of so many draws.
    fn moments(n: u32, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n))
    }

    /// Bits of one stream, and that neighbours in seed and in stream differ.
    #[test]
    fn the_stream_is_pinned() {
        let mut rng = Rng::new(Seed(7), 3);
        let drawn = [rng.bits(), rng.bits(), rng.below(1000), rng.poisson(50.0)];
        assert_eq!(drawn, PINNED);
        assert_ne!(Rng::new(Seed(7), 4).bits(), drawn[0]);
        assert_ne!(Rng::new(Seed(3), 7).bits(), drawn[0]);
    }

    /// Drawn once; a change of these is a change of every simulated shop and every seeded fit.
    const PINNED: [u64; 4] = [17290734867152416950, 2565294839068566687, 409, 54];

    /// Mean and variance of each sampler, both below and above the borders between its methods.
    #[test]
    fn samplers_have_their_moments() {
        let mut rng = Rng::new(Seed(1), 0);
        // Tolerances are five standard errors of 200,000 draws.
        let n = 200_000;
        let close = |(mean, var): (f64, f64), m: f64, v: f64| {
            assert!((mean - m).abs() < 5.0 * (v / f64::from(n)).sqrt(), "mean {mean}, expected {m}");
            assert!((var / v - 1.0).abs() < 0.06, "variance {var}, expected {v}");
        };
        close(moments(n, || rng.uniform()), 0.5, 1.0 / 12.0);
        close(moments(n, || rng.normal()), 0.0, 1.0);
        close(moments(n, || rng.gamma(0.3, 2.0)), 0.15, 0.075);
        close(moments(n, || rng.gamma(4.0, 0.5)), 8.0, 16.0);
        close(moments(n, || rng.beta(2.0, 3.0)), 0.4, 0.04);
        close(moments(n, || rng.poisson(3.0) as f64), 3.0, 3.0);
        close(moments(n, || rng.poisson(75.0) as f64), 75.0, 75.0);
        close(moments(n, || rng.below(6) as f64), 2.5, 35.0 / 12.0);
    }
}
