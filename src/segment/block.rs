//! Distances of rows to all centres, eight rows at a time: the inner loop of everything in this module.
//!
//! Squared distances are sums of squared differences in the order of the columns. The shortcut |x|² − 2xc + |c|² needs
//! fewer operations and loses digits where rows lie far from the origin and close to a centre; it is not used.
//!
//! Eight rows of f64 fill two registers of AVX2 or one of AVX-512; their values are turned so that column after column
//! lies side by side ([`gather`]), every centre is spread over the lanes, and no lane ever waits for another. Lanes that a
//! short block leaves over hold its last row again. For 1 to 8 columns the width is a constant of the compiled loop.
//!
//! The order of operations is the same whatever the instruction set, so the bits are.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]
#![allow(clippy::needless_range_loop, reason = "one index runs through several arrays of lanes")]

/// Rows handled together; their values lie side by side, so that one instruction serves several rows.
pub(super) const LANES: usize = 8;

/// Nearest and second nearest centre of each of eight rows.
#[derive(Clone, Copy)]
pub(super) struct Nearest {
    /// Squared distance to the nearest centre.
    pub(super) first: [f64; LANES],
    /// Squared distance to the second nearest, infinite where there is one centre only.
    pub(super) second: [f64; LANES],
    /// Number of the nearest, the lowest among equals, as a float so that all lanes have one width.
    pub(super) label: [f64; LANES],
}

/// Copies rows into lanes: value d of row `rows(l)` becomes `lanes[d][l]`.
#[inline(always)]
pub(super) fn gather(
    values: &[f64],
    width: usize,
    rows: impl Fn(usize) -> usize,
    lanes: &mut [[f64; LANES]],
) {
    for l in 0..LANES {
        let start = rows(l) * width;
        let row = &values[start..start + width];
        for (lane, value) in lanes[..width].iter_mut().zip(row) {
            lane[l] = *value;
        }
    }
}

/// The nearest two of `centres` (row-major, `width` columns) to each of eight rows.
///
/// A later centre replaces the nearest only where it is strictly nearer, so the lowest number wins among equals. All
/// choices are selections rather than branches, which the compiler turns into masked moves.
#[inline(always)]
pub(super) fn nearest(lanes: &[[f64; LANES]], width: usize, centres: &[f64]) -> Nearest {
    let mut best =
        Nearest { first: [f64::INFINITY; LANES], second: [f64::INFINITY; LANES], label: [0.0; LANES] };
    let lanes = &lanes[..width];
    for (j, centre) in centres.chunks_exact(width).enumerate() {
        let mut squared = [0.0; LANES];
        for (lane, c) in lanes.iter().zip(centre) {
            for l in 0..LANES {
                let difference = lane[l] - c;
                squared[l] += difference * difference;
            }
        }
        let number = j as f64;
        for l in 0..LANES {
            let nearer = squared[l] < best.first[l];
            let other = if nearer { best.first[l] } else { squared[l] };
            best.second[l] = if other < best.second[l] { other } else { best.second[l] };
            best.first[l] = if nearer { squared[l] } else { best.first[l] };
            best.label[l] = if nearer { number } else { best.label[l] };
        }
    }
    best
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
