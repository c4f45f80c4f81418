//! Which pairs of columns act together: a screen of the residuals.
//!
//! A model with curves for every column leaves residuals y − p. If two columns act only each on its own, the residuals sum to
//! nothing in every cell of a table of both, but for chance; if they act together, they do not. The screen is cheap, one pass
//! over the rows for each pair, and its error rate is stated: a pair of columns that do not act together passes with probability
//! [`PAIR_LEVEL`] / (pairs × grains). It is run on the rows of a fit only, never on those that judge it.
//!
//! # The statistic
//!
//! In a cell c of the table of columns a and b let R = Σ (y − p) and W = Σ p (1 − p) over its rows. Where the model is right R has
//! mean 0 and variance about W, so Σ R² / W is about χ² with one degree of freedom for each cell. What rows and columns of the
//! table take of it belongs to the columns alone and is subtracted. To compare tables of different sizes the statistic Q with d
//! degrees becomes a standard normal z = ((Q / d)^⅓ − 1 + 2 / (9 d)) √(9 d / 2) (Wilson and Hilferty 1931,
//! doi:10.1073/pnas.17.12.684).
//!
//! # Three grains
//!
//! Eighths of the ranks see a fine pattern and need many rows; halves see "both high or both low" with a few hundred. Each pair
//! counts with its best grain, and the level is divided by their number, too.
//!
//! # Cost
//!
//! O(rows) for each pair, pairs in parallel; 18 × 18 cells. With 50 columns there are 1,225 pairs, with 200 there are 19,900.

use crate::data::Features;
use crate::error::Result;
use crate::kernel::{par, special};

use super::design::{CELLS, Design, MISSING_CELL, Pair};
use super::sharp::Encoded;

/// A pair must beat chance at this level, divided by the number of pairs looked at.
const PAIR_LEVEL: f64 = 0.01;
/// Grains at which the table of a pair is looked at: eighths, quarters, halves.
const GRAINS: usize = 3;

/// The pairs whose table of residuals is not chance, the strongest first. For each pair of columns the residuals of the
/// model without it are summed in cells; Σ (Σ residual)² / Σ weight over the cells, less the same over rows and columns
/// of the table, is close to chi-square where there is no interaction.
pub(super) fn screen(
    features: &Features,
    design: &Design,
    rows: &[usize],
    encoded: &Encoded,
    y: &[bool],
    beta: &[f64],
    inside: impl Fn(usize) -> bool + Sync + Send,
) -> Result<Vec<Pair>> {
    const SIDE: usize = MISSING_CELL + 1;
    let reader = design.read(features)?;
    let columns = design.names.len();
    let used: Vec<usize> = (0..rows.len()).filter(|r| inside(*r)).collect();
    let response: Vec<(f64, f64)> = par::map(used.len(), |i| {
        let p = special::sigmoid(encoded.eta(used[i], beta));
        (f64::from(u8::from(y[used[i]])) - p, p * (1.0 - p))
    });
    let cells: Vec<Vec<u8>> = par::map_chunks(columns, 1, |c| {
        used.iter().map(|r| u8::try_from(reader.cell(c.start, rows[*r])).unwrap_or(0)).collect()
    });
    let pairs: Vec<Pair> = (0..columns)
        .flat_map(|a| (a + 1..columns).map(move |b| Pair(a, b)))
        .filter(|pair| !(design.is_monotone(pair.0) || design.is_monotone(pair.1)))
        .collect();
    let ordered: Vec<bool> = (0..columns).map(|c| design.is_ordered(c)).collect();
    let tests = par::map_chunks(pairs.len(), 1, |i| {
        let Pair(a, b) = pairs[i.start];
        let mut table = vec![(0.0, 0.0); SIDE * SIDE];
        for ((ca, cb), (r, w)) in cells[a].iter().zip(&cells[b]).zip(&response) {
            let cell = &mut table[usize::from(*ca) * SIDE + usize::from(*cb)];
            cell.0 += r;
            cell.1 += w;
        }
        // Eighths, quarters and halves of the ranks: few rows see an interaction in a coarse table only.
        let mut best = f64::NEG_INFINITY;
        for halvings in 0..GRAINS {
            let (statistic, d) =
                interaction(&coarser(&table, SIDE, halvings, (ordered[a], ordered[b])), SIDE);
            if d > 0.0 {
                best = best.max(((statistic / d).cbrt() - 1.0 + 2.0 / (9.0 * d)) * (4.5 * d).sqrt());
            }
            if !(ordered[a] || ordered[b]) {
                break;
            }
        }
        best
    });
    // Wilson and Hilferty's cube root makes a chi-square statistic a standard normal one, comparable across tables.
    let level = PAIR_LEVEL / (pairs.len().max(1) * GRAINS) as f64;
    let mut found: Vec<(f64, Pair)> = tests
        .into_iter()
        .zip(pairs)
        .filter(|(z, _)| z.is_finite() && special::normal_cdf(-z) < level)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(found.into_iter().map(|f| f.1).collect())
}

/// Neighbouring cells of ordered sides put together `halvings` times; the cell for missing values stays on its own.
///
/// ```text
/// cells of a number    0 1 2 3 4 5 6 7   ..   missing
/// halved once          0 0 1 1 2 2 3 3   ..   missing
/// halved twice         0 0 0 0 1 1 1 1   ..   missing
/// ```
fn coarser(table: &[(f64, f64)], side: usize, halvings: usize, ordered: (bool, bool)) -> Vec<(f64, f64)> {
    let place = |cell: usize, ordered: bool| {
        if ordered && cell < CELLS { cell >> halvings } else { cell }
    };
    let mut merged = vec![(0.0, 0.0); side * side];
    for (i, cell) in table.iter().enumerate() {
        let to = &mut merged[place(i / side, ordered.0) * side + place(i % side, ordered.1)];
        to.0 += cell.0;
        to.1 += cell.1;
    }
    merged
}

/// The statistic of a table of (residual, weight) and its degrees of freedom: with R and W the sums over a part,
///
/// Q = Σ R² / W over cells − Σ R² / W over rows − Σ R² / W over columns,
///
/// each sum over the parts with a weight above 1. Residuals of a model that has both columns sum to almost nothing over rows
/// and columns of the table, so Q is what is left to the cells: a score test of their indicators (Rao 1948,
/// doi:10.1017/S0305004100023987), with (cells − rows − columns + 1) degrees of freedom.
fn interaction(table: &[(f64, f64)], side: usize) -> (f64, f64) {
    let part = |cells: &mut dyn Iterator<Item = (f64, f64)>| {
        let (r, w) = cells.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        if w > 1.0 { (r * r / w, 1.0) } else { (0.0, 0.0) }
    };
    let add = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
    let cells = table.iter().fold((0.0, 0.0), |sum, c| add(sum, part(&mut std::iter::once(*c))));
    let rows =
        (0..side).fold((0.0, 0.0), |sum, i| add(sum, part(&mut (0..side).map(|j| table[i * side + j]))));
    let columns =
        (0..side).fold((0.0, 0.0), |sum, j| add(sum, part(&mut (0..side).map(|i| table[i * side + j]))));
    ((cells.0 - rows.0 - columns.0).max(0.0), cells.1 - rows.1 - columns.1 + 1.0)
}
