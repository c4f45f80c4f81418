//! The nearest centre by products in f32, and whether it is certain: what large numbers of columns and segments gain from.
//!
//! With rows x and centres c relative to an origin o near them, |x − c|² = |x|² + 2 (|c|²/2 − x c), so that the nearest
//! centre is the one of least score s = |c|²/2 − x c. A score takes one product and one difference a column, in f32 eight
//! side by side in a register of AVX2, and four rows by sixteen centres share what is loaded: some ten times the speed of
//! differences in f64 (`block.rs`). What it loses in digits is bounded, and a row whose two lowest scores lie within the
//! bound is left to the differences. So the labels are those of the plain algorithm to the last one, and neither they nor
//! anything computed from them depends on the screen.
//!
//! # The bound
//!
//! Let u = 2⁻²⁴. Rows and centres are scaled by a power of two, so that the largest coordinate of a centre lies in
//! \[1, 2); x̂ and ĉ are their f32. Rounding of the inputs, of d products and of d + 1 terms gives (Higham 2002,
//! doi:10.1137/1.9780898718027, section 3.1)
//!
//! |ŝ − s| <= (d + 4) u′ (|c|²/2 + |x| |c|), u′ = 1.01 u,
//!
//! as long as d u is small. With C the largest |c| this is at most (d + 4) u′ (|x| + C)²/2 =: E/2, for every centre. Two
//! scores that differ by more than E are in their true order, and by far more than the differences in f64 round. Products
//! below the range of f32 add at most d 2⁻¹⁴⁰. Squared distances |x|² + 2ŝ are within 2 E of the truth, the rounding of
//! |x|² included, from which the gap of the row is bounded below. A row so far off that its squares are beyond f32 has
//! infinite E and is never certain.
//!
//! # Layout
//!
//! Centres lie side by side in the lanes of the processor's registers, two registers to a block, the last one to itself where
//! their number is odd; places left over hold centres of infinite score. Every score is summed column by column in its
//! lane and nothing is fused, and the lowest two of all lanes are the same in any order: so gaps, too, are the same on
//! every processor.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]
#![allow(clippy::cast_possible_truncation, reason = "rounding to f32 is what the bound allows for")]

use crate::kernel::simd::{Simd, WithSimd, with_lanes};

/// Rows that share what is loaded of the centres.
pub(super) const TILE: usize = 4;

/// Tiles whose rows are packed together, so that the processor waits for several rows at a time.
pub(super) const TILES: usize = 8;

/// 2⁻²⁴, a little enlarged.
const UNIT: f32 = 1.02 / 16_777_216.0;

/// More columns than this would loosen the bound.
const MOST_COLUMNS: usize = 1_024;

/// The label of a row whose nearest centre is not certain.
pub(super) const UNCERTAIN: u16 = u16::MAX;

/// Centres as the screen wants them.
pub(super) struct Screen {
    origin: Vec<f64>,
    /// A power of two, so that scaling is exact, and its inverse.
    scale: f64,
    unit: f64,
    /// Value by value, the lanes of a block side by side; pairs of registers first, then a single one.
    centres: Vec<f32>,
    /// |c|²/2 of each centre, infinite for places left over.
    halves: Vec<f32>,
    /// The largest |c|, rounded up.
    reach: f32,
}

/// What the screen says of a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Screened {
    /// The nearest centre, or [`UNCERTAIN`].
    pub(super) label: u16,
    /// Lower bound of the distance to any other centre minus that to this one, in units of the matrix. May be below 0.
    pub(super) gap: f64,
}

/// Numbers of f32 in a register.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> usize {
        S::F32_LANES
    }
}

impl Screen {
    /// `None` where differences are as fast, or the bound would not hold.
    pub(super) fn new(centres: &[f64], width: usize, origin: &[f64]) -> Option<Self> {
        let k = centres.len() / width;
        if !pays(width, k) {
            return None;
        }
        let shifted = |c: &[f64]| c.iter().zip(origin).map(|(c, o)| c - o).collect::<Vec<f64>>();
        let centred: Vec<Vec<f64>> = centres.chunks_exact(width).map(shifted).collect();
        let largest = centred.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
        let scale = inverse_power(largest)?;
        let lanes = with_lanes(Lanes);
        let registers = k.div_ceil(lanes);
        let paired = registers / 2 * 2;
        let mut screen = Self {
            origin: origin.to_vec(),
            scale,
            unit: 1.0 / scale,
            centres: vec![0.0; registers * lanes * width],
            halves: vec![f32::INFINITY; registers * lanes],
            reach: 0.0,
        };
        for (j, centre) in centred.iter().enumerate() {
            let squared: f64 = centre.iter().map(|v| (v * scale) * (v * scale)).sum();
            screen.reach = screen.reach.max((squared.sqrt() * 1.000_001) as f32);
            screen.halves[j] = (0.5 * squared) as f32;
            let (register, lane) = (j / lanes, j % lanes);
            let (block, together) = if register < paired { (register / 2 * 2, 2) } else { (register, 1) };
            let first = block * lanes * width + (register - block) * lanes + lane;
            for (d, value) in centre.iter().enumerate() {
                screen.centres[first + d * together * lanes] = (value * scale) as f32;
            }
        }
        Some(screen)
    }

    /// Brings a row into the units of the screen and gives its |x|².
    #[inline(always)]
    pub(super) fn pack(&self, row: &[f64], packed: &mut [f32]) -> f32 {
        for ((packed, value), origin) in packed.iter_mut().zip(row).zip(&self.origin) {
            *packed = ((value - origin) * self.scale) as f32;
        }
        sum_of_squares(packed)
    }

    /// The nearest centres of four packed rows, one behind the other.
    #[inline(always)]
    pub(super) fn tile<S: Simd>(
        &self,
        simd: S,
        packed: &[f32],
        squared: &[f32; TILE],
        found: &mut [Screened; TILE],
    ) {
        let width = self.origin.len();
        let row = |r: usize| &packed[r * width..(r + 1) * width];
        let rows = [row(0), row(1), row(2), row(3)];
        let (centres, _) = S::as_simd_f32s(&self.centres);
        let (halves, _) = S::as_simd_f32s(&self.halves);
        let mut lowest = [Lowest::none(simd); TILE];
        let mut number = 0.0;
        let blocks = centres.chunks(2 * width);
        for (block, half) in blocks.zip(halves.chunks(2)) {
            if let [left, right] = *half {
                let scores = pair(simd, block, [left, right], rows);
                for (lowest, [left, right]) in lowest.iter_mut().zip(scores) {
                    lowest.take(simd, left, number);
                    lowest.take(simd, right, number + 1.0);
                }
                number += 2.0;
            } else if let [half] = *half {
                let scores = single(simd, block, half, rows);
                for (lowest, score) in lowest.iter_mut().zip(scores) {
                    lowest.take(simd, score, number);
                }
            }
        }
        let terms = (width + 5) as f32 * UNIT;
        for ((found, lowest), squared) in found.iter_mut().zip(&lowest).zip(*squared) {
            let (first, second, label) = lowest.reduce(simd);
            let reach = squared.sqrt() * 1.000_1 + self.reach;
            let error = terms * (reach * reach + 1e-30);
            // Written so that NaN is not certain either.
            let certain = second - first > error;
            let (first, second) = (f64::from(first), f64::from(second));
            let (error, squared) = (f64::from(error), f64::from(squared));
            let near = (squared + 2.0 * (first + error)).max(0.0).sqrt();
            let far = (squared + 2.0 * (second - error)).max(0.0).sqrt();
            let gap = ((far - near) - 1e-12 * (far + near)) * self.unit;
            *found = Screened { label: if certain { label } else { UNCERTAIN }, gap };
        }
    }
}

/// Whether the screen is faster than differences. Measured on 100,000 rows of 2 to 64 columns by 2 to 64 centres: differences
/// win up to 16 by 16, 32 by 8 and 8 by 32; from 8 by 64, 16 by 32 and 32 by 16 on the screen does, by 2.4 at 64 by 64.
fn pays(width: usize, k: usize) -> bool {
    k >= 16 && (8..=MOST_COLUMNS).contains(&width) && k * width >= 512
}

/// Scores of four rows for two registers of centres: |c|²/2 − x c, column after column.
#[inline(always)]
fn pair<S: Simd>(
    simd: S,
    block: &[S::f32s],
    half: [S::f32s; 2],
    rows: [&[f32]; TILE],
) -> [[S::f32s; 2]; TILE] {
    let [mut s, mut t, mut u, mut v] = [half; TILE];
    let columns = block.chunks_exact(2).zip(rows[0]).zip(rows[1]).zip(rows[2]).zip(rows[3]);
    for ((((centres, a), b), c), d) in columns {
        let (left, right) = (centres[0], centres[1]);
        let less = |score: &mut [S::f32s; 2], value: &f32| {
            let value = simd.splat_f32s(*value);
            score[0] = simd.sub_f32s(score[0], simd.mul_f32s(value, left));
            score[1] = simd.sub_f32s(score[1], simd.mul_f32s(value, right));
        };
        less(&mut s, a);
        less(&mut t, b);
        less(&mut u, c);
        less(&mut v, d);
    }
    [s, t, u, v]
}

/// The same for one register.
#[inline(always)]
fn single<S: Simd>(simd: S, block: &[S::f32s], half: S::f32s, rows: [&[f32]; TILE]) -> [S::f32s; TILE] {
    let [mut s, mut t, mut u, mut v] = [half; TILE];
    for ((((centres, a), b), c), d) in block.iter().zip(rows[0]).zip(rows[1]).zip(rows[2]).zip(rows[3]) {
        let less = |score: &mut S::f32s, value: &f32| {
            *score = simd.sub_f32s(*score, simd.mul_f32s(simd.splat_f32s(*value), *centres));
        };
        less(&mut s, a);
        less(&mut t, b);
        less(&mut u, c);
        less(&mut v, d);
    }
    [s, t, u, v]
}

/// |x|² in eight lanes.
#[inline(always)]
fn sum_of_squares(row: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let chunks = row.chunks_exact(8);
    let mut rest = 0.0;
    for value in chunks.remainder() {
        rest += value * value;
    }
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value * value;
        }
    }
    let half = [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (half[0] + half[2]) + (half[1] + half[3]) + rest
}

/// The lowest two scores in each lane, and the register of the lowest.
#[derive(Clone, Copy)]
struct Lowest<S: Simd> {
    first: S::f32s,
    second: S::f32s,
    register: S::f32s,
}

impl<S: Simd> Lowest<S> {
    #[inline(always)]
    fn none(simd: S) -> Self {
        let far = simd.splat_f32s(f32::INFINITY);
        Self { first: far, second: far, register: simd.splat_f32s(0.0) }
    }

    /// Compares the scores of a register with what has been seen.
    #[inline(always)]
    fn take(&mut self, simd: S, score: S::f32s, register: f32) {
        let lower = simd.less_than_f32s(score, self.first);
        self.second = simd.min_f32s(self.second, simd.max_f32s(score, self.first));
        self.first = simd.min_f32s(self.first, score);
        self.register = simd.select_f32s(lower, simd.splat_f32s(register), self.register);
    }

    /// The lowest two of all lanes and the number of the lowest.
    #[inline(always)]
    fn reduce(&self, simd: S) -> (f32, f32, u16) {
        let lanes = S::F32_LANES as f32;
        let mut places = [0.0_f32; MOST_LANES];
        for (place, l) in places.iter_mut().zip(0_u8..) {
            *place = f32::from(l);
        }
        let (places, _) = S::as_simd_f32s(&places[..S::F32_LANES]);
        let number = simd.add_f32s(simd.mul_f32s(self.register, simd.splat_f32s(lanes)), places[0]);
        let first = simd.reduce_min_f32s(self.first);
        let lowest = simd.equal_f32s(self.first, simd.splat_f32s(first));
        let label = simd.reduce_min_f32s(simd.select_f32s(lowest, number, simd.splat_f32s(f32::INFINITY)));
        let own = simd.equal_f32s(number, simd.splat_f32s(label));
        let second = simd.reduce_min_f32s(simd.select_f32s(own, self.second, self.first));
        (first, second, whole(label))
    }
}

/// The number of a centre, below 65,535; an infinite one becomes [`UNCERTAIN`].
#[expect(clippy::cast_sign_loss, reason = "numbers are never negative")]
#[inline(always)]
fn whole(number: f32) -> u16 {
    number as u16
}

/// The most f32 that any register holds.
const MOST_LANES: usize = 16;

/// 1 / 2ᵉ for the power of two that `value` reaches; `None` where there is none.
fn inverse_power(value: f64) -> Option<f64> {
    let exponent = value.to_bits() >> 52;
    (value > 0.0 && (1..2046).contains(&exponent)).then(|| f64::from_bits((2046 - exponent) << 52))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    /// One tile of every set of rows, in lanes of whatever processor runs the test.
    struct Tile<'a> {
        screen: &'a Screen,
        rows: &'a [f64],
        width: usize,
    }

    impl WithSimd for Tile<'_> {
        type Output = [Screened; TILE];

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let mut packed = vec![0.0; TILE * self.width];
            let mut squared = [0.0; TILE];
            for (r, packed) in packed.chunks_exact_mut(self.width).enumerate() {
                squared[r] = self.screen.pack(&self.rows[r * self.width..(r + 1) * self.width], packed);
            }
            let mut found = [Screened::default(); TILE];
            self.screen.tile(simd, &packed, &squared, &mut found);
            found
        }
    }

    /// The lowest two distances in f64.
    fn truth(row: &[f64], centres: &[f64]) -> (usize, f64) {
        let mut all: Vec<(f64, usize)> = centres
            .chunks_exact(row.len())
            .map(|c| c.iter().zip(row).map(|(c, x)| (c - x) * (c - x)).sum::<f64>().sqrt())
            .zip(0..)
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        (all[0].1, all[1].0 - all[0].0)
    }

    /// Certain labels are right and gaps are bounds, at any scale, near the origin and far from it; most rows are certain.
    #[test]
    fn what_is_certain_is_true() {
        let mut rng = Rng::new(Seed(5), 0);
        for (width, k) in [(8, 64), (16, 37), (33, 16), (64, 17), (70, 40)] {
            for (offset, scale) in [(0.0, 1.0), (1e6, 1.0), (0.0, 1e-60), (0.0, 1e100), (-3.0, 1e-3)] {
                let mut draw = |n: usize| -> Vec<f64> {
                    (0..n * width).map(|_| (offset + rng.normal()) * scale).collect()
                };
                let (centres, rows) = (draw(k), draw(40));
                let screen = Screen::new(&centres, width, &vec![offset * scale; width]).unwrap();
                let mut certain = 0;
                for rows in rows.chunks_exact(TILE * width) {
                    let found = with_lanes(Tile { screen: &screen, rows, width });
                    for (found, row) in found.iter().zip(rows.chunks_exact(width)) {
                        let (label, gap) = truth(row, &centres);
                        if found.label != UNCERTAIN {
                            certain += 1;
                            assert_eq!(usize::from(found.label), label, "{width} x {k}, {offset}, {scale}");
                        }
                        assert!(found.gap <= gap * (1.0 + 1e-9), "{} {gap}", found.gap);
                        // The bound is tight enough to be of use.
                        assert!(found.gap >= gap - 1e-3 * scale, "{} {gap}", found.gap);
                    }
                }
                assert!(certain >= 39, "{certain} of 40 at {width} x {k}, {offset}, {scale}");
            }
        }
    }

    /// Ties, rows beyond f32 and rows beyond all measure are never certain.
    #[test]
    fn what_cannot_be_told_is_not_certain() {
        let width = 16;
        let mut centres: Vec<f64> =
            (0..32 * width).map(|i| f64::from(i32::try_from(i * 7 % 31).unwrap())).collect();
        // The last centre is the first once more.
        let first = centres[..width].to_vec();
        centres[31 * width..].copy_from_slice(&first);
        let screen = Screen::new(&centres, width, &vec![0.0; width]).unwrap();
        let mut rows = first;
        rows.extend([1e60; 16]);
        rows.extend([-1e140; 16]);
        rows.extend([f64::MAX; 16]);
        let found = with_lanes(Tile { screen: &screen, rows: &rows, width });
        assert!(found.iter().all(|f| f.label == UNCERTAIN), "{found:?}");
        // Centres on one spot have no scale.
        assert!(Screen::new(&[0.0; 512], 16, &[0.0; 16]).is_none());
    }
}
