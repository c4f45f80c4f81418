//! One block of rows of a logistic regression: loaded once, used for everything.
//!
//! A block is 128 rows, centred, scaled and turned column-major on the fly, so that every loop runs along a column of 1 KiB in
//! the first-level cache and the table itself is never copied. On a loaded block stand the linear predictor, the response
//! (residual, weight and loss), the gradient and the curvature `X'WX`; `logistic.rs` walks a table block by block and adds up.
//!
//! # Promise
//! The lanes of every sum are fixed in the source and no operation is fused, so a block gives the same bits on every processor.
//! Rows beyond the end of the table have weight 0 and add nothing.

use std::ops::Range;

use crate::kernel::linalg::dot;
use crate::kernel::logistic::{Data, Order, Pass, Scaling};

/// Rows of a block: two panels of 21 columns fit a first-level cache of 48 KiB. A multiple of the lanes of every sum, so that
/// no loop has a remainder; the last block of a table is filled up with rows of weight 0.
pub(super) const BLOCK: usize = 128;
/// Columns of a tile on the weighted side and on the plain side: eight sums in SSE2 registers.
const LEFT: usize = 4;
const RIGHT: usize = 2;
/// ln 2 in two parts, the first with trailing zeros so that a multiple of it is exact.
const LN2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);

/// e^x for x in \[−708, 0\], to about one unit in the last place; plain arithmetic that the compiler vectorises, the same
/// bits on every processor.
///
/// x = k ln 2 + r with k whole and |r| <= ln(2)/2, so e^x = 2ᵏ eʳ. k is rounded by adding 1.5 · 2⁵², which leaves it in the
/// low bits; r is taken off in two parts, of which the first is exact (Cody and Waite 1980, chapter 6); eʳ is its Taylor
/// polynomial; 2ᵏ is written into the exponent. Below −708 the result is that of −708, some 10⁻³⁰⁸: still positive, so that a
/// probability is never exactly 0 or 1.
///
/// By hand: x = −1 has k = −1 and r = −1 + 0.6931 = −0.3069; eʳ = 0.7358 and half of it is 0.3679.
#[inline]
fn exp_negative(x: f64) -> f64 {
    /// 1.5 · 2^52: adding it leaves the rounded integer in the low bits.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let x = if x < -708.0 { -708.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    let r = (x - k * LN2.0) - k * LN2.1;
    let r2 = r * r;
    // Taylor to r^13, error below 2e-17 for |r| <= ln(2) / 2; in pairs, to shorten the chain of dependent steps.
    let a = 1.0 / 2.0 + r * (1.0 / 6.0);
    let b = 1.0 / 24.0 + r * (1.0 / 120.0);
    let c = 1.0 / 720.0 + r * (1.0 / 5040.0);
    let d = 1.0 / 40320.0 + r * (1.0 / 362_880.0);
    let e = 1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0);
    let f = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let poly = 1.0 + (r + r2 * (a + r2 * (b + r2 * (c + r2 * (d + r2 * (e + r2 * f))))));
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    poly * scale
}

/// The panels of one block: 128 rows, turned, so that every loop runs along a column of 1 KiB in the first-level cache.
///
/// A block is loaded once and used for everything: the linear predictor, the response, the gradient and the curvature.
pub(super) struct Panels {
    /// `[1, z_1, .., z_p]`, padded with zero columns.
    plain: Vec<[f64; BLOCK]>,
    /// `[w, w z_1, .., w z_p, residual]`, padded with zero columns.
    weighted: Vec<[f64; BLOCK]>,
    /// The linear predictors ηᵢ.
    pub(super) eta: [f64; BLOCK],
    /// wᵢ (pᵢ − yᵢ).
    pub(super) residual: [f64; BLOCK],
    /// wᵢ pᵢ (1 − pᵢ).
    pub(super) weight: [f64; BLOCK],
}

impl Panels {
    /// Room for `p` columns; the weighted side only where a curvature is wanted.
    pub(super) fn new(p: usize, order: Order) -> Self {
        let weighted = if order == Order::Curvature { (p + 2).next_multiple_of(LEFT) } else { 0 };
        Self {
            plain: vec![[0.0; BLOCK]; (p + 1).next_multiple_of(RIGHT)],
            weighted: vec![[0.0; BLOCK]; weighted],
            eta: [0.0; BLOCK],
            residual: [0.0; BLOCK],
            weight: [0.0; BLOCK],
        }
    }

    /// Loads the rows, standardised and column-major. Rows beyond the data get weight 0 later.
    pub(super) fn load(&mut self, data: &Data<'_>, scaling: &Scaling, rows: &Range<usize>) {
        let p = data.width;
        let m = rows.len();
        self.plain[0].fill(1.0);
        if m < BLOCK {
            for column in &mut self.plain[1..] {
                column.fill(0.0);
            }
        }
        let x = &data.x[rows.start * p..rows.end * p];
        for j in 0..p {
            let (mean, inverse) = (scaling.mean[j], scaling.inverse_sd[j]);
            let column = &mut self.plain[j + 1];
            for (z, row) in column[..m].iter_mut().zip(x.chunks_exact(p)) {
                *z = (row[j] - mean) * inverse;
            }
        }
    }

    /// Linear predictor of the loaded rows, η = o + b₀ + Σ bⱼ zⱼ, column after column.
    pub(super) fn predict(&mut self, data: &Data<'_>, rows: &Range<usize>, beta: &[f64]) {
        self.eta.fill(beta[0]);
        if let Some(offset) = data.offset {
            for (eta, o) in self.eta.iter_mut().zip(&offset[rows.clone()]) {
                *eta += o;
            }
        }
        for (column, b) in self.plain[1..].iter().zip(&beta[1..]) {
            for (eta, z) in self.eta.iter_mut().zip(column) {
                *eta += b * z;
            }
        }
    }

    /// Residuals and weights; returns the loss Σ w \[ln(1 + e^η) − y η\].
    ///
    /// With e = e^−|η| and q = 1 / (1 + e): p = q or e q by the sign of η, p (1 − p) = e q², and
    /// ln(1 + e^η) = max(η, 0) + ln(1 + e): no difference of nearly equal numbers anywhere, and one exponential a row.
    ///
    /// By hand: η = 2, y = 1 and weight 1 have e = 0.1353, q = p = 0.8808, residual −0.1192, weight p (1 − p) = 0.1050 and the
    /// loss ln 1.1353 = 0.1269. With y = 0 the residual is 0.8808 and the loss 2.1269.
    pub(super) fn respond(&mut self, data: &Data<'_>, rows: &Range<usize>) -> f64 {
        let m = rows.len();
        let mut y = [0.0; BLOCK];
        for (y, label) in y.iter_mut().zip(&data.y[rows.clone()]) {
            *y = f64::from(u8::from(*label));
        }
        let mut e = [0.0; BLOCK];
        for (e, eta) in e.iter_mut().zip(&self.eta) {
            *e = exp_negative(-eta.abs());
        }
        for i in 0..BLOCK {
            let eta = self.eta[i];
            let q = 1.0 / (1.0 + e[i]);
            let p = if eta >= 0.0 { q } else { e[i] * q };
            self.residual[i] = p - y[i];
            self.weight[i] = e[i] * q * q;
        }
        if let Some(weights) = data.weights {
            let weights = &weights[rows.clone()];
            let mut loss = 0.0;
            for (i, w) in weights.iter().enumerate() {
                let eta = self.eta[i];
                loss += w * (e[i].ln_1p() + eta.max(0.0) - y[i] * eta);
                self.residual[i] *= w;
                self.weight[i] *= w;
            }
            self.residual[m..].fill(0.0);
            self.weight[m..].fill(0.0);
            return loss;
        }
        let linear: f64 = self.eta[..m].iter().zip(&y).map(|(eta, y)| eta.max(0.0) - y * eta).sum();
        self.residual[m..].fill(0.0);
        self.weight[m..].fill(0.0);
        // ln(1 + e) summed as the logarithm of a product: 32 factors of at most 2 lose nothing.
        let logs: f64 = e[..m].chunks(32).map(|e| e.iter().fold(1.0, |p, e| p * (1.0 + e)).ln()).sum();
        linear + logs
    }

    /// Adds the block's gradient, Zᵀ residual.
    pub(super) fn gradient(&self, pass: &mut Pass) {
        for (g, column) in pass.gradient.iter_mut().zip(&self.plain) {
            *g += dot(column, &self.residual);
        }
    }

    /// Adds the block's gradient and curvature: the product of \[1, Z\] with its weighted self, of which the lower triangle is
    /// kept. The residual stands below the weighted columns, so that the gradient is the last row of the same product.
    pub(super) fn curvature(&mut self, pass: &mut Pass) {
        let q = pass.gradient.len();
        for (weighted, plain) in self.weighted[..q].iter_mut().zip(&self.plain) {
            for ((l, z), w) in weighted.iter_mut().zip(plain).zip(&self.weight) {
                *l = z * w;
            }
        }
        self.weighted[q] = self.residual;
        for (j, right) in self.plain.chunks_exact(RIGHT).enumerate() {
            let j = j * RIGHT;
            for (i, left) in self.weighted.chunks_exact(LEFT).enumerate().skip(j / LEFT) {
                let i = i * LEFT;
                let sums = tile(left, right);
                for (a, sums) in sums.iter().enumerate() {
                    for (b, sum) in sums.iter().enumerate() {
                        let (row, column) = (i + a, j + b);
                        if column < q && row == q {
                            pass.gradient[column] += sum;
                        } else if column <= row && row < q {
                            pass.hessian[row * q + column] += sum;
                        }
                    }
                }
            }
        }
    }
}

/// The scalar products of four columns with two, each in two lanes.
///
/// Sixteen sums stay in eight SSE2 registers, and every number loaded serves two or four products: the loop is bound by
/// arithmetic, not by memory. The lanes are fixed in the source, so the sums have the same bits on every processor.
#[inline]
fn tile(left: &[[f64; BLOCK]], right: &[[f64; BLOCK]]) -> [[f64; RIGHT]; LEFT] {
    let mut sums = [[[0.0_f64; 2]; RIGHT]; LEFT];
    let (Some(left), Some(right)) = (left.first_chunk::<LEFT>(), right.first_chunk::<RIGHT>()) else {
        return [[0.0; RIGHT]; LEFT];
    };
    for k in (0..BLOCK).step_by(2) {
        for a in 0..LEFT {
            for b in 0..RIGHT {
                for lane in 0..2 {
                    sums[a][b][lane] += left[a][k + lane] * right[b][k + lane];
                }
            }
        }
    }
    sums.map(|row| row.map(|[a, b]| a + b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200,000 places from 0 to −700 against the standard library; 0 is exact, and the far end is tiny but positive.
    #[test]
    fn exp_is_exact_to_the_last_places() {
        for i in 0..200_000 {
            let x = -f64::from(i) * 0.0035;
            let (ours, std) = (exp_negative(x), x.exp());
            assert!((ours / std - 1.0).abs() < 4e-16, "exp({x}): {ours} against {std}");
        }
        assert_eq!(exp_negative(0.0), 1.0);
        assert!(exp_negative(-1e300) < 1e-300);
    }
}
