//! Exact Lloyd iterations that skip rows whose segment cannot have changed.
//!
//! For each row the engine keeps one number, the gap: a lower bound of (distance to the second nearest centre) −
//! (distance to the nearest). When centres move, the gap of a row in segment a shrinks by at most the move of a plus the
//! largest move of any other centre (Hamerly 2010, doi:10.1137/1.9781611972801.12, with both of his bounds folded into
//! one). While the gap is positive the row keeps its segment, and nothing is computed for it. Rows whose gap is used up
//! are collected, and their distances computed several at a time. Sums of segments are updated by the rows that changed.
//!
//! # Why no label is wrong
//!
//! Let d(x, c) be the distance of a row to a centre, a its segment and g = minⱼ≠ₐ d(x, cⱼ) − d(x, cₐ). When every centre
//! cⱼ moves by mⱼ, the triangle inequality gives d(x, cⱼ′) >= d(x, cⱼ) − mⱼ and d(x, cₐ′) <= d(x, cₐ) + mₐ, so that
//! g′ >= g − mₐ − maxⱼ≠ₐ mⱼ. As long as this bound is above 0, a is the only nearest centre. Ties have g = 0 and are
//! always computed, where the lowest number wins.
//!
//! The gap is an f32, rounded down by more than all rounding errors together: those of the distances (each within
//! 10⁻¹² relative, for up to some thousand columns), of the subtraction and of the narrowing to f32. Where there are many
//! columns and centres most rows are told by products in f32, whose larger errors are in the gap as well; rows that
//! these leave open are computed by differences (`screen.rs`).
//!
//! # Sums
//!
//! The sums of a segment are relative to an origin near the rows (the mean of the first centres), so that they keep their
//! digits far from zero. They are updated by rows that come and go, and summed afresh once at the end, so that the centres
//! returned are means and not the end of a long chain of additions.
//!
//! # Complexity
//!
//! Time n · k · width in the first iteration, then n plus k · width for each row whose gap is used up. Memory 6 bytes a
//! row, and k · width numbers for each part of 4,096 rows (more where k is large). Parts are dealt to threads; their sums
//! are added in order.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]

use crate::kernel::par;
use crate::kernel::simd::{Simd, Vectorised, WithSimd, vectorised, with_lanes};

use super::block::{
    MOST_ROWS, Nearest, gather, nearest, rows_at_once, squared_distance, with_constant_width,
};
use super::screen::{Screen, Screened, TILE, TILES, UNCERTAIN};

/// Rows and optional weights, row-major. All numbers are finite and at most [`LARGEST`] in size.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Row by row.
    pub(super) values: &'a [f64],
    /// Columns.
    pub(super) width: usize,
    /// One weight a row, finite and at least 0; 1 for every row where there are none.
    pub(super) weights: Option<&'a [f64]>,
}

/// The largest value whose squared differences can be summed without overflow.
pub(super) const LARGEST: f64 = 1e140;

/// The most segments: labels are 16 bits wide.
pub(super) const MOST_SEGMENTS: usize = 65_534;

const NO_LABEL: u16 = u16::MAX;

impl<'a> Rows<'a> {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// The values of a row.
    pub(super) fn row(&self, row: usize) -> &'a [f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// The weight of a row, 1 without weights.
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[row])
    }
}

/// What a run of Lloyd's algorithm comes to.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Row-major.
    pub(super) centres: Vec<f64>,
    /// Nearest of these centres.
    pub(super) labels: Vec<u16>,
    /// Weighted sum of squared distances to these centres.
    pub(super) inertia: f64,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    /// Empty segments that were given a row.
    pub(super) repaired: u32,
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    pub(super) max_iterations: u32,
    /// Bound on the Euclidean norm of the move of all centres together, in units of the matrix.
    pub(super) shift: f64,
}

/// A fixed run of rows and all that is known of it, so that a thread needs nothing else.
///
/// Parts depend on the number of rows and centres alone, never on threads, so partial sums are the same everywhere.
struct Part {
    /// Number of its first row.
    first: usize,
    /// Lower bound of how much nearer each row's own centre is than any other; not above 0 where it is used up.
    gaps: Vec<f32>,
    /// Segment of each row.
    labels: Vec<u16>,
    /// Rows to be computed, numbered within the part.
    stale: Vec<u32>,
    /// Their segments, once computed.
    fresh: Vec<u16>,
    /// What the changed rows add to the segments: sums of weighted values, weights, numbers of rows with weight.
    sums: Vec<f64>,
    weights: Vec<f64>,
    counts: Vec<i64>,
    /// Rows that have changed their segment in this iteration.
    moved: usize,
    /// Weighted sum of squared distances, after the last pass.
    inertia: f64,
}

/// Sums over all rows of each segment, values relative to an origin so that they keep their digits.
struct Totals {
    sums: Vec<f64>,
    weights: Vec<f64>,
    counts: Vec<i64>,
}

/// Rows in a part: a function of the number of centres alone, so that partial sums never depend on threads.
fn part_rows(k: usize) -> usize {
    (k * 16).next_power_of_two().max(4_096)
}

/// Iterates from `centres` (row-major) until no row changes, the centres rest, or the iterations are used up.
///
/// An iteration assigns every row to its nearest centre, mends empty segments ([`repair`]), and moves every centre to the
/// mean of its rows. The run has converged when no row has changed, or when the norm of all moves together is at most
/// `stop.shift`. At the end the centres are summed afresh, and labels and inertia are those of exactly these centres.
///
/// The rows must be finite and at most [`LARGEST`] in size, and there must be at least one centre.
pub(super) fn lloyd(rows: Rows<'_>, centres: Vec<f64>, stop: Stop) -> Run {
    let width = rows.width;
    let k = centres.len() / width;
    let mut centres = centres;
    let origin = mean_of(&centres, width);
    let mut parts = parts(rows.len(), k, width);
    let mut totals = Totals { sums: vec![0.0; k * width], weights: vec![0.0; k], counts: vec![0; k] };
    let mut drift = vec![0.0_f32; k];
    let (mut iterations, mut converged, mut repaired) = (0, false, 0);
    while iterations < stop.max_iterations && !converged {
        iterations += 1;
        let screen = Screen::new(&centres, width, &origin);
        let pass = Pass { rows, centres: &centres, origin: &origin, drift: &drift, screen: screen.as_ref() };
        pass.over(&mut parts);
        let mut moved = 0;
        for part in &parts {
            moved += part.moved;
            totals.add(part);
        }
        if moved == 0 {
            converged = true;
            drift.fill(0.0);
            break;
        }
        repaired += repair(rows, &centres, &origin, &mut parts, &mut totals);
        let shift = totals.move_centres(&mut centres, &origin, &mut drift);
        converged = shift <= stop.shift;
    }
    // The means once more from scratch, free of what was added and taken off on the way; then labels and inertia of
    // exactly these centres.
    par::for_each_chunk_mut(&mut parts, 1, |_, parts| {
        for part in parts {
            part.sum_up(rows, &origin);
        }
    });
    totals = Totals { sums: vec![0.0; k * width], weights: vec![0.0; k], counts: vec![0; k] };
    for part in &parts {
        totals.add(part);
    }
    let pending = drift.clone();
    totals.move_centres(&mut centres, &origin, &mut drift);
    for (drift, pending) in drift.iter_mut().zip(pending) {
        *drift += pending;
    }
    let screen = Screen::new(&centres, width, &origin);
    let pass = Pass { rows, centres: &centres, origin: &origin, drift: &drift, screen: screen.as_ref() };
    let (labels, inertia) = pass.finish(parts);
    Run { centres, labels, inertia, iterations, converged, repaired }
}

/// Nearest centre of each row (the lowest number among equals), and the weighted sum of squared distances. One pass,
/// n · k · width.
pub(super) fn assign(rows: Rows<'_>, centres: &[f64]) -> (Vec<u16>, f64) {
    let k = centres.len() / rows.width;
    let origin = mean_of(centres, rows.width);
    let screen = Screen::new(centres, rows.width, &origin);
    let pass = Pass { rows, centres, origin: &origin, drift: &[], screen: screen.as_ref() };
    pass.finish(parts(rows.len(), k, rows.width))
}

/// The mean of the centres, the origin that sums are relative to.
fn mean_of(centres: &[f64], width: usize) -> Vec<f64> {
    let k = (centres.len() / width) as f64;
    (0..width).map(|d| centres.iter().skip(d).step_by(width).map(|c| c / k).sum()).collect()
}

/// All rows in parts, none of them labelled yet: every gap is used up.
fn parts(n: usize, k: usize, width: usize) -> Vec<Part> {
    let size = part_rows(k);
    let part = |i: usize| {
        let len = size.min(n - i * size);
        Part {
            first: i * size,
            gaps: vec![-1.0; len],
            labels: vec![NO_LABEL; len],
            stale: Vec::new(),
            fresh: Vec::new(),
            sums: vec![0.0; k * width],
            weights: vec![0.0; k],
            counts: vec![0; k],
            moved: 0,
            inertia: 0.0,
        }
    };
    (0..n.div_ceil(size)).map(part).collect()
}

/// What every part of a pass over the rows shares.
#[derive(Clone, Copy)]
struct Pass<'a> {
    rows: Rows<'a>,
    /// Row by row.
    centres: &'a [f64],
    /// What sums are relative to.
    origin: &'a [f64],
    /// How much the gaps of each segment shrink: its own move and the largest of any other.
    drift: &'a [f32],
    /// The centres once more, where products in f32 tell most rows' segments.
    screen: Option<&'a Screen>,
}

impl Pass<'_> {
    /// Gives every row its segment, and notes what has changed.
    fn over(self, parts: &mut [Part]) {
        par::for_each_chunk_mut(parts, 1, |_, parts| {
            for part in parts {
                with_lanes(Assign { pass: self, part });
            }
        });
    }

    /// The last pass: segments, and the weighted sum of squared distances to these centres.
    fn finish(self, mut parts: Vec<Part>) -> (Vec<u16>, f64) {
        self.over(&mut parts);
        par::for_each_chunk_mut(&mut parts, 1, |_, parts| {
            for part in parts {
                vectorised(Spread { pass: self, part });
            }
        });
        let inertia = parts.iter().map(|p| p.inertia).sum();
        (parts.into_iter().flat_map(|p| p.labels).collect(), inertia)
    }
}

/// More than the rounding of a product and a difference of two f32 together.
const ROUNDING: f32 = 1e-6;

/// Shrinks the gaps and computes the rows whose gap is used up.
struct Assign<'a> {
    pass: Pass<'a>,
    part: &'a mut Part,
}

impl WithSimd for Assign<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_constant_width!(self.pass.rows.width, |width| assign_part(simd, self.pass, self.part, width));
    }
}

#[inline(always)]
fn assign_part<S: Simd>(simd: S, pass: Pass<'_>, part: &mut Part, width: usize) {
    let Part { first, gaps, labels, stale, fresh, sums, weights, counts, moved, .. } = part;
    let n = gaps.len();
    stale.resize(n, 0);
    let mut used_up = 0;
    for (i, (gap, label)) in (0_u32..).zip(gaps.iter_mut().zip(labels.iter())) {
        let drift = pass.drift.get(usize::from(*label)).copied().unwrap_or(f32::INFINITY);
        *gap = *gap * (1.0 - ROUNDING) - drift;
        stale[used_up] = i;
        // Counting instead of branching: which rows are stale is not predictable.
        used_up += usize::from(*gap <= 0.0);
    }
    stale.truncate(used_up);
    fresh.resize(used_up, NO_LABEL);
    let values = &pass.rows.values[*first * width..(*first + n) * width];
    let rows = &mut Stale { values, numbers: stale, gaps, fresh };
    match pass.screen {
        Some(screen) => screened(simd, screen, pass, rows, width),
        None => differences(simd, pass, rows, width),
    }
    sums.fill(0.0);
    weights.fill(0.0);
    counts.fill(0);
    *moved = 0;
    for (i, new) in stale.iter().zip(fresh) {
        let i = *i as usize;
        let (old, new) = (labels[i], *new);
        if new == old {
            continue;
        }
        labels[i] = new;
        *moved += 1;
        let row = &values[i * width..(i + 1) * width];
        let weight = pass.rows.weight(*first + i);
        let mut add = |label: u16, weight: f64, count: i64| {
            let j = usize::from(label);
            weights[j] += weight;
            counts[j] += count;
            for ((sum, value), origin) in
                sums[j * width..(j + 1) * width].iter_mut().zip(row).zip(pass.origin)
            {
                *sum += weight * (value - origin);
            }
        };
        let count = i64::from(weight > 0.0);
        add(new, weight, count);
        if old != NO_LABEL {
            add(old, -weight, -count);
        }
    }
}

/// The rows of a part that have to be computed, and where their gaps and segments go.
struct Stale<'a> {
    /// All values of the part.
    values: &'a [f64],
    /// Numbers of the rows within the part, ascending.
    numbers: &'a [u32],
    /// One for each row of the part.
    gaps: &'a mut [f32],
    /// One for each of the numbers.
    fresh: &'a mut [u16],
}

/// Segments and gaps of some rows by differences in f64.
#[inline(always)]
fn differences<S: Simd>(simd: S, pass: Pass<'_>, rows: &mut Stale<'_>, width: usize) {
    let height = rows_at_once::<S>();
    let mut lanes = vec![0.0; width * height];
    let mut best = Nearest { gap: [0.0; MOST_ROWS], label: [0.0; MOST_ROWS] };
    for (block, fresh) in rows.numbers.chunks(height).zip(rows.fresh.chunks_mut(height)) {
        let last = block.len() - 1;
        gather(rows.values, width, height, |l| block[l.min(last)] as usize, &mut lanes);
        nearest(simd, &lanes, width, pass.centres, &mut best);
        for (((i, fresh), gap), label) in block.iter().zip(fresh).zip(&best.gap).zip(&best.label) {
            rows.gaps[*i as usize] = gap_of(*gap);
            *fresh = label_of(*label);
        }
    }
}

/// The same by products in f32, and by differences for the rows where these are not certain.
#[inline(always)]
fn screened<S: Simd>(simd: S, screen: &Screen, pass: Pass<'_>, rows: &mut Stale<'_>, width: usize) {
    let mut packed = vec![0.0; TILES * TILE * width];
    let mut squared = [[0.0; TILE]; TILES];
    let mut found = [Screened::default(); TILE];
    let (mut doubtful, mut places) = (Vec::new(), Vec::new());
    let mut place = 0;
    for batch in rows.numbers.chunks(TILES * TILE) {
        for ((i, packed), squared) in
            batch.iter().zip(packed.chunks_exact_mut(width)).zip(squared.as_flattened_mut())
        {
            let first = *i as usize * width;
            *squared = screen.pack(&rows.values[first..first + width], packed);
        }
        // What is left over of the last tile are rows of an earlier one, whose answers nobody asks for.
        for ((tile, packed), squared) in
            batch.chunks(TILE).zip(packed.chunks_exact(TILE * width)).zip(&squared)
        {
            screen.tile(simd, packed, squared, &mut found);
            for (i, found) in tile.iter().zip(&found) {
                rows.gaps[*i as usize] = gap_of(found.gap);
                rows.fresh[place] = found.label;
                if found.label == UNCERTAIN {
                    doubtful.push(*i);
                    places.push(place);
                }
                place += 1;
            }
        }
    }
    let mut labels = vec![NO_LABEL; doubtful.len()];
    let mut again = Stale { values: rows.values, numbers: &doubtful, gaps: rows.gaps, fresh: &mut labels };
    differences(simd, pass, &mut again, width);
    for (place, label) in places.into_iter().zip(labels) {
        rows.fresh[place] = label;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 65,535")]
#[inline(always)]
fn label_of(number: f64) -> u16 {
    number as u16
}

/// Rounded down; a gap beyond f32 becomes the largest f32, which is a bound as well. With one centre there is no second
/// distance and the gap is infinite.
#[expect(clippy::cast_possible_truncation, reason = "rounding is allowed for")]
#[inline(always)]
fn gap_of(gap: f64) -> f32 {
    if gap < f64::from(f32::MAX) || gap == f64::INFINITY { gap as f32 * (1.0 - ROUNDING) } else { f32::MAX }
}

/// Adds up the inertia of a part from its labels.
struct Spread<'a> {
    pass: Pass<'a>,
    part: &'a mut Part,
}

impl Vectorised for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { pass, part } = self;
        with_constant_width!(pass.rows.width, |width| {
            let values = &pass.rows.values[part.first * width..(part.first + part.labels.len()) * width];
            part.inertia = 0.0;
            for ((row, label), number) in values.chunks_exact(width).zip(&part.labels).zip(part.first..) {
                let own = usize::from(*label) * width;
                let squared = squared_distance(row, &pass.centres[own..own + width]);
                part.inertia += pass.rows.weight(number) * squared;
            }
        });
    }
}

impl Part {
    /// The sums of the part from its labels.
    fn sum_up(&mut self, rows: Rows<'_>, origin: &[f64]) {
        self.sums.fill(0.0);
        self.weights.fill(0.0);
        self.counts.fill(0);
        for (i, label) in self.labels.iter().enumerate().filter(|(_, label)| **label != NO_LABEL) {
            let (j, row) = (usize::from(*label), self.first + i);
            let weight = rows.weight(row);
            self.weights[j] += weight;
            self.counts[j] += i64::from(weight > 0.0);
            let sums = &mut self.sums[j * rows.width..(j + 1) * rows.width];
            for ((sum, value), origin) in sums.iter_mut().zip(rows.row(row)).zip(origin) {
                *sum += weight * (value - origin);
            }
        }
    }
}

impl Totals {
    fn add(&mut self, part: &Part) {
        for (total, sum) in self.sums.iter_mut().zip(&part.sums) {
            *total += sum;
        }
        for (total, weight) in self.weights.iter_mut().zip(&part.weights) {
            *total += weight;
        }
        for (total, count) in self.counts.iter_mut().zip(&part.counts) {
            *total += count;
        }
    }

    /// Moves every centre to the mean of its rows, notes by how much gaps shrink, and gives the norm of all moves.
    #[expect(clippy::cast_possible_truncation, reason = "rounded up first")]
    fn move_centres(&self, centres: &mut [f64], origin: &[f64], drift: &mut [f32]) -> f64 {
        let width = origin.len();
        let mut moves = vec![0.0_f64; self.counts.len()];
        for (j, centre) in centres.chunks_exact_mut(width).enumerate() {
            if self.counts[j] <= 0 || self.weights[j] <= 0.0 {
                continue;
            }
            for ((c, sum), origin) in centre.iter_mut().zip(&self.sums[j * width..]).zip(origin) {
                let new = sum / self.weights[j] + origin;
                moves[j] += (new - *c) * (new - *c);
                *c = new;
            }
        }
        let shift = moves.iter().sum::<f64>().sqrt();
        for m in &mut moves {
            *m = m.sqrt();
        }
        for (j, drift) in drift.iter_mut().enumerate() {
            let others = moves.iter().enumerate().filter(|(i, _)| *i != j).map(|(_, m)| *m);
            let both = moves[j] + others.fold(0.0, f64::max);
            // Rounded up; the smallest normal number stands in for what underflows.
            *drift = (both * 1.000_001) as f32 + f32::MIN_POSITIVE;
        }
        shift
    }
}

/// The rule for empty segments. Gives every segment without weight the row that lies farthest from its own centre (the lowest row among equals), as
/// long as that row is not the last one of its segment. Returns how many segments were mended.
///
/// Empty segments are served in ascending order. The row's gap is used up at once, so that the next iteration computes
/// it. O(n log n) where a segment is empty, which is rare, and O(k) otherwise.
fn repair(rows: Rows<'_>, centres: &[f64], origin: &[f64], parts: &mut [Part], totals: &mut Totals) -> u32 {
    let empty: Vec<usize> = (0..totals.counts.len()).filter(|j| totals.counts[*j] <= 0).collect();
    if empty.is_empty() {
        return 0;
    }
    let width = rows.width;
    let mut far: Vec<(f64, usize)> = Vec::new();
    for part in parts.iter() {
        for (i, label) in part.labels.iter().enumerate() {
            let (row, j) = (part.first + i, usize::from(*label));
            if rows.weight(row) > 0.0 {
                far.push((squared_distance(rows.row(row), &centres[j * width..(j + 1) * width]), row));
            }
        }
    }
    far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut candidates = far.into_iter();
    let size = part_rows(totals.counts.len());
    let mut repaired = 0;
    for j in empty {
        let taken = candidates.find(|(_, row)| {
            let label = parts[row / size].labels[row % size];
            totals.counts[usize::from(label)] > 1
        });
        let Some((_, row)) = taken else { break };
        let part = &mut parts[row / size];
        let from = usize::from(part.labels[row % size]);
        part.labels[row % size] = u16::try_from(j).unwrap_or(NO_LABEL);
        part.gaps[row % size] = -1.0;
        let weight = rows.weight(row);
        for (d, (value, origin)) in rows.row(row).iter().zip(origin).enumerate() {
            totals.sums[from * width + d] -= weight * (value - origin);
            totals.sums[j * width + d] = weight * (value - origin);
        }
        totals.weights[from] -= weight;
        totals.weights[j] = weight;
        totals.counts[from] -= 1;
        totals.counts[j] = 1;
        repaired += 1;
    }
    repaired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    /// The algorithm of the textbook, row by row.
    fn plain(rows: Rows<'_>, mut centres: Vec<f64>, iterations: u32) -> (Vec<f64>, Vec<u16>, f64) {
        let (width, k) = (rows.width, centres.len() / rows.width);
        let label = |centres: &[f64], row: usize| {
            let mut best = (f64::INFINITY, 0);
            for j in 0..k {
                let d = squared_distance(rows.row(row), &centres[j * width..(j + 1) * width]);
                if d < best.0 {
                    best = (d, j);
                }
            }
            best
        };
        for _ in 0..iterations {
            let mut sums = vec![0.0; k * width];
            let mut weights = vec![0.0; k];
            for row in 0..rows.len() {
                let j = label(&centres, row).1;
                weights[j] += rows.weight(row);
                for d in 0..width {
                    sums[j * width + d] += rows.weight(row) * rows.row(row)[d];
                }
            }
            for j in 0..k {
                for d in 0..width {
                    centres[j * width + d] = sums[j * width + d] / weights[j];
                }
            }
        }
        let best: Vec<_> = (0..rows.len()).map(|row| label(&centres, row)).collect();
        let inertia = best.iter().enumerate().map(|(row, b)| rows.weight(row) * b.0).sum();
        (centres, best.iter().map(|b| u16::try_from(b.1).unwrap()).collect(), inertia)
    }

    fn mixture(n: usize, width: usize, seed: u64, offset: f64) -> Vec<f64> {
        let mut rng = Rng::new(Seed(seed), 0);
        (0..n)
            .flat_map(|i| (0..width).map(move |d| ((i * 7 + d * 3) % 5) as f64))
            .map(|m| offset + m + 0.7 * rng.normal())
            .collect()
    }

    const STOP: Stop = Stop { max_iterations: 12, shift: 0.0 };

    /// The promise of the page above, over widths and numbers of segments that take every path through the block.
    #[test]
    fn bounds_change_no_label() {
        for (width, k) in [(1, 2), (2, 5), (8, 5), (11, 7), (3, 1), (2, 40), (8, 64), (19, 33), (40, 24)] {
            let values = mixture(4_500, width, 3, 0.0);
            let rows = Rows { values: &values, width, weights: None };
            let start = values[..k * width].to_vec();
            let run = lloyd(rows, start.clone(), STOP);
            let (centres, labels, inertia) = plain(rows, start, run.iterations);
            assert!(run.labels == labels, "labels differ, width {width}, k {k}");
            assert!((run.inertia / inertia - 1.0).abs() < 1e-12);
            assert!(run.centres.iter().zip(&centres).all(|(a, b)| (a - b).abs() < 1e-11));
        }
    }

    /// A shift by a million and scales from 10⁻⁶⁰ to 10¹⁰⁰ change neither labels nor, in proportion, inertia.
    #[test]
    fn digits_survive_far_from_the_origin_and_at_extreme_scales() {
        let near = mixture(1_000, 2, 5, 0.0);
        let start = near[..8].to_vec();
        let expected = lloyd(Rows { values: &near, width: 2, weights: None }, start, STOP);
        for (offset, scale) in [(1e6, 1.0), (0.0, 1e-60), (0.0, 1e100), (0.0, 1e-30)] {
            let values: Vec<f64> = near.iter().map(|v| offset + v * scale).collect();
            let run = lloyd(Rows { values: &values, width: 2, weights: None }, values[..8].to_vec(), STOP);
            assert!(run.labels == expected.labels, "offset {offset}, scale {scale}");
            assert!((run.inertia / scale / scale / expected.inertia - 1.0).abs() < 1e-8);
        }
    }

    /// The same where products in f32 serve, with a row so far off that they cannot, and centres that stand twice.
    #[test]
    fn products_change_no_label() {
        let (width, k) = (16, 40);
        for (offset, scale) in [(0.0, 1.0), (1e5, 1.0), (0.0, 1e-60), (0.0, 1e90)] {
            let mut values: Vec<f64> = mixture(3_000, width, 7, 0.0);
            values[width * 100] = 1e30;
            let values: Vec<f64> = values.iter().map(|v| offset + v * scale).collect();
            let rows = Rows { values: &values, width, weights: None };
            let mut start = values[..k * width].to_vec();
            start.copy_within(..width, 5 * width);
            let stop = Stop { max_iterations: 1, shift: 0.0 };
            let (labels, _) = assign(rows, &start);
            let (_, expected, _) = plain(rows, start.clone(), 0);
            assert!(labels == expected, "offset {offset}, scale {scale}");
            assert!(lloyd(rows, start, stop).inertia.is_finite());
        }
    }

    /// Weights of 0 to 3 against rows given as often.
    #[test]
    fn whole_weights_are_repeated_rows() {
        let values = mixture(400, 3, 9, 0.0);
        let weights: Vec<f64> = (0..400).map(|i| f64::from(i % 4)).collect();
        let repeated: Vec<f64> = (0..400).flat_map(|i| values[i * 3..i * 3 + 3].repeat(i % 4)).collect();
        let start = values[..12].to_vec();
        let weighted =
            lloyd(Rows { values: &values, width: 3, weights: Some(&weights) }, start.clone(), STOP);
        let plain = lloyd(Rows { values: &repeated, width: 3, weights: None }, start, STOP);
        assert!((weighted.inertia / plain.inertia - 1.0).abs() < 1e-12);
        assert!(weighted.centres.iter().zip(&plain.centres).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    /// The rule for empty segments, for one and for two of them at once.
    #[test]
    fn an_empty_segment_takes_the_farthest_row() {
        let values = [0.0, 0.1, 0.2, 10.0, 10.1, 30.0];
        let rows = Rows { values: &values, width: 1, weights: None };
        let run = lloyd(rows, vec![0.0, 10.0, 1_000.0], Stop { max_iterations: 50, shift: 0.0 });
        assert_eq!(run.repaired, 1);
        assert!(run.converged);
        assert_eq!(run.labels, [0, 0, 0, 1, 1, 2]);
        // Two segments start on the same spot far away from everything.
        let run = lloyd(rows, vec![0.0, 900.0, 900.0], Stop { max_iterations: 50, shift: 0.0 });
        let mut used = run.labels.clone();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used, [0, 1, 2]);
    }
}
