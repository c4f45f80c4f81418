//! Distances of rows to all centres by differences, several rows at a time: the inner loop wherever there are few columns or
//! centres, and the judge wherever products in f32 (`screen.rs`) are not certain.
//!
//! Squared distances are sums of squared differences in the order of the columns. The shortcut |x|² − 2xc + |c|² needs
//! fewer operations and loses digits where rows lie far from the origin and close to a centre; here it is not used.
//!
//! Four registers of f64 hold four rows each with AVX2; values of the rows are turned so that column after column lies side
//! by side ([`gather`]), every centre is spread over the lanes, and no lane ever waits for another. Places that a
//! short block leaves over hold its last row again. For 1 to 8 columns the width is a constant of the compiled loop.
//!
//! A row stays in its lane from the first operation to the last, so its bits are the same for any number of lanes.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]
#![allow(clippy::needless_range_loop, reason = "one index runs through several arrays of registers")]

use crate::kernel::simd::Simd;

/// Registers of rows that share what is loaded of a centre.
const REGISTERS: usize = 4;

/// The most rows of a block, whatever the processor.
pub(super) const MOST_ROWS: usize = 32;

/// Rows handled together.
#[inline(always)]
pub(super) fn rows_at_once<S: Simd>() -> usize {
    (REGISTERS * S::F64_LANES).min(MOST_ROWS)
}

/// The nearest centre of each row of a block.
pub(super) struct Nearest {
    /// How much nearer it is than any other, at least, rounding allowed for; not a number where there is no other.
    pub(super) gap: [f64; MOST_ROWS],
    /// Its number, the lowest among equals, as a float so that all lanes have one width.
    pub(super) label: [f64; MOST_ROWS],
}

/// Turns rows: value d of row `rows(l)` becomes `lanes[d * height + l]`, with `height` rows in a block.
#[inline(always)]
pub(super) fn gather(
    values: &[f64],
    width: usize,
    height: usize,
    rows: impl Fn(usize) -> usize,
    lanes: &mut [f64],
) {
    let lanes = &mut lanes[..width * height];
    for l in 0..height {
        let start = rows(l) * width;
        for (lane, value) in lanes.chunks_exact_mut(height).zip(&values[start..start + width]) {
            lane[l] = *value;
        }
    }
}

/// The nearest of `centres` (row-major, `width` columns) to each row of a block.
///
/// A later centre replaces the nearest only where it is strictly nearer, so the lowest number wins among equals. The gap is
/// d₂ − d₁ less 10⁻¹² (d₂ + d₁), which exceeds what rounding can do to the two distances.
#[inline(always)]
pub(super) fn nearest<S: Simd>(simd: S, lanes: &[f64], width: usize, centres: &[f64], best: &mut Nearest) {
    let far = simd.splat_f64s(f64::INFINITY);
    let (mut first, mut second) = ([far; REGISTERS], [far; REGISTERS]);
    let mut label = [simd.splat_f64s(0.0); REGISTERS];
    let (lanes, _) = S::as_simd_f64s(lanes);
    let lanes = &lanes[..width * REGISTERS];
    let mut number = 0.0;
    for centre in centres.chunks_exact(width) {
        let mut squared = [simd.splat_f64s(0.0); REGISTERS];
        for (lane, c) in lanes.chunks_exact(REGISTERS).zip(centre) {
            let c = simd.splat_f64s(*c);
            for r in 0..REGISTERS {
                let difference = simd.sub_f64s(lane[r], c);
                squared[r] = simd.add_f64s(squared[r], simd.mul_f64s(difference, difference));
            }
        }
        let own = simd.splat_f64s(number);
        for r in 0..REGISTERS {
            let nearer = simd.less_than_f64s(squared[r], first[r]);
            second[r] = simd.min_f64s(second[r], simd.max_f64s(squared[r], first[r]));
            first[r] = simd.min_f64s(squared[r], first[r]);
            label[r] = simd.select_f64s(nearer, own, label[r]);
        }
        number += 1.0;
    }
    let (gaps, _) = S::as_mut_simd_f64s(&mut best.gap[..]);
    let (labels, _) = S::as_mut_simd_f64s(&mut best.label[..]);
    let little = simd.splat_f64s(1e-12);
    for r in 0..REGISTERS {
        let (a, b) = (simd.sqrt_f64s(first[r]), simd.sqrt_f64s(second[r]));
        gaps[r] = simd.sub_f64s(simd.sub_f64s(b, a), simd.mul_f64s(little, simd.add_f64s(b, a)));
        labels[r] = label[r];
    }
}

/// Squared distance of two points, in the same order of operations as [`nearest`].
#[inline(always)]
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Calls a function with the width as a constant where it is small, so that its loops are unrolled.
///
/// Customer tables mostly have 1 to 8 columns; wider ones take the last arm, whose loops run to a variable and lose little
/// because there is more to do in each.
macro_rules! with_constant_width {
    ($width:expr, |$w:ident| $body:expr) => {
        match $width {
            1 => {
                let $w = 1_usize;
                $body
            }
            2 => {
                let $w = 2_usize;
                $body
            }
            3 => {
                let $w = 3_usize;
                $body
            }
            4 => {
                let $w = 4_usize;
                $body
            }
            5 => {
                let $w = 5_usize;
                $body
            }
            6 => {
                let $w = 6_usize;
                $body
            }
            7 => {
                let $w = 7_usize;
                $body
            }
            8 => {
                let $w = 8_usize;
                $body
            }
            $w => $body,
        }
    };
}
pub(super) use with_constant_width;
