//! What curves and pairs leave: small trees on the residuals.
//!
//! Some laws are neither curves nor products of two columns: "new, on a monthly plan, and called twice" is a rule of three.
//! Beside the linear score stands a sum of trees of at most three splits in a row, each fitted to the residuals of all before
//! it (gradient boosting: Friedman 2001, doi:10.1214/aos/1013203451; Newton steps as of Chen and Guestrin 2016,
//! doi:10.1145/2939672.2939785). How many there are is judged out of fold, and there are none unless they lower the loss by
//! more than one standard error: a table whose law is a sum of curves keeps its sum of curves.
//!
//! # A sum that can be explained
//!
//! Each node of a tree has a value, a step of [`RATE`] towards the Newton optimum of its rows,
//!
//! v = η Σ (y − p) / (Σ p (1 − p) + λ).
//!
//! A row that ends in a leaf gets the leaf's value, written as the root's and what each split on the way adds to it: v₁ + (v₂ −
//! v₁) + .. Each addition belongs to the set of columns asked so far, so that every tree is a sum of functions of one, two or
//! three columns. Sets are put together over all trees and told against their mean over the fit.
//!
//! # Columns as small integers
//!
//! A number is the 64th of the ranks it falls into, so outliers and units do not matter and a model needs no thresholds beside
//! the ranks it has. A level is its place in the order of the levels' coefficients in the linear model: with them in order the
//! best split into two groups is one of the cuts (Fisher 1958, doi:10.1080/01621459.1958.10501479). What is missing or unknown
//! comes last.
//!
//! # Half of the customers for each tree
//!
//! A tree sees the customers whose key, mixed with its number, is even: half of them, others each time (Friedman 2002,
//! doi:10.1016/S0167-9473(01)00065-2). Where several splits are as good as each other chance then takes another one each time, and
//! the sum is smoother. The draw follows the keys, so the order of the rows does not matter to it.
//!
//! # Cost
//!
//! rows / 2 × columns × trees additions for each of the three depths, for the five folds and once for all: at most [`MOST_WORK`]
//! each, on at most the rows of the cross-validation. Sums run in the order of the rows; columns are looked at in parallel.
//!
//! # Example
//!
//! ```text
//!                        root  v = −0.02
//!              contract ≤ monthly      contract > monthly
//!               v = +0.05                v = −0.07 (leaf)
//!      calls ≤ 1        calls > 1
//!   v = +0.03 (leaf)   v = +0.11 (leaf)
//!
//! monthly, called twice: −0.02 to everybody, +0.07 to {contract}, +0.06 to {calls, contract}; in all +0.11
//! yearly:                −0.02 to everybody, −0.05 to {contract};                              in all −0.07
//! ```
//!
//! # What may go wrong, and does not
//!
//! - Trees fitted to their own rows praise themselves: their number is judged on rows that none of them has seen.
//! - The order of levels is learned from outcomes: each fold has its own, from its own linear model.
//! - A level or value that was never seen goes where what is missing goes, at every split the same way.
//! - Columns whose curve must not turn take no part: a tree could turn it.
//! - Sums of halves of rows depend on which half: the half follows the customers' keys, so a repeat is exact.

use crate::kernel::rng::mix;
use crate::kernel::{par, special};

use super::design::{Design, Encoder, Reader};

/// Splits in a row, at most.
const DEPTH: usize = 3;
/// Cells of a number.
pub(super) const BINS: u8 = 64;
/// The cell of what is missing or not known.
pub(super) const MISSING: u8 = u8::MAX;
/// The share of each Newton step that is taken.
const RATE: f64 = 0.1;
/// λ: added to the curvature of each node, in rows of even odds times four.
const SHRINK: f64 = 4.0;
/// What each side of a split needs: Σ p (1 − p), and rows.
const LEAST_WEIGHT: f64 = 3.0;
const LEAST_ROWS: u32 = 10;
/// Numbers of trees that are tried, until [`PATIENCE`] of them in a row have not lowered the loss out of fold.
pub(super) const STEPS: [usize; 7] = [8, 16, 32, 64, 128, 256, 512];
/// The first trees of a rule of three know only that there is something: one step without gain is no reason to stop.
pub(super) const PATIENCE: usize = 2;
/// Rows times columns times trees of one ensemble, at most.
const MOST_WORK: usize = 1 << 29;
/// Columns whose cells are counted in one go.
const COLUMNS_AT_ONCE: usize = 4;

/// A node: a leaf where `next` is 0, otherwise rows whose cell of `column` is at most `cut` go on to `next` and others to
/// the node behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Node {
    column: u32,
    cut: u8,
    next: u32,
    value: f64,
}

/// Nodes, the root first; children behind their parents.
type Tree = Vec<Node>;

/// The trees of a model and what they say on average.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Forest {
    /// For each column of the table the place of each of its levels in the order of their coefficients; empty for numbers.
    orders: Vec<Vec<u8>>,
    trees: Vec<Tree>,
    /// The mean of what each set of columns adds, in the order of the sets.
    means: Vec<f64>,
    /// The sets of columns that act together in some tree, ascending; the empty one, of the roots, first. Not written to
    /// files: they follow from the trees.
    #[cfg_attr(feature = "serde", serde(skip))]
    sets: Vec<Set>,
}

/// Columns in ascending order, at most [`DEPTH`].
pub(super) type Set = Vec<usize>;

impl Forest {
    /// Whether there are no trees.
    pub(super) fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Number of trees.
    pub(super) fn len(&self) -> usize {
        self.trees.len()
    }

    /// The sets of columns that act together in some tree, ascending; the empty one, of the roots, first.
    pub(super) fn sets(&self) -> &[Set] {
        &self.sets
    }

    /// The same with its sets told from its trees.
    pub(super) fn with_sets(mut self) -> Self {
        self.sets = if self.trees.is_empty() { Vec::new() } else { vec![Set::new()] };
        for tree in &self.trees {
            walk_all(tree, &mut |_, set, _| self.sets.push(set.to_vec()));
        }
        self.sets.sort();
        self.sets.dedup();
        self
    }

    /// The mean score of the fit.
    pub(super) fn mean(&self) -> f64 {
        self.means.iter().sum()
    }

    /// The cells of a row in every column.
    pub(super) fn cells(&self, reader: &Reader<'_>, row: usize) -> Vec<u8> {
        self.orders
            .iter()
            .enumerate()
            .map(|(column, order)| in_order(order, reader.bin(column, row)))
            .collect()
    }

    /// The cell of a value by an encoder's column.
    pub(super) fn cell_of(&self, column: usize, bin: u8) -> u8 {
        self.orders.get(column).map_or(MISSING, |order| in_order(order, bin))
    }

    /// The sum of the trees at those cells.
    pub(super) fn score(&self, cells: &[u8]) -> f64 {
        self.trees.iter().map(|tree| leaf(tree, |column| cells[column])).sum()
    }

    /// What each set adds at those cells, against its mean over the fit; in the order of [`sets`](Self::sets).
    pub(super) fn parts(&self, cells: &[u8]) -> Vec<f64> {
        let mut parts: Vec<f64> = self.means.iter().map(|mean| -mean).collect();
        for tree in &self.trees {
            walk(tree, |column| cells[column], &mut |set, added| {
                if let Ok(at) = self.sets.binary_search_by(|s| s.as_slice().cmp(set)) {
                    parts[at] += added;
                }
            });
        }
        parts
    }

    /// What one set adds at those cells, against its mean over the fit; 0 for a set that no tree has.
    pub(super) fn part_of(&self, set: &[usize], cells: &[u8]) -> f64 {
        let Ok(at) = self.sets.binary_search_by(|s| s.as_slice().cmp(set)) else { return 0.0 };
        let mut sum = -self.means[at];
        for tree in &self.trees {
            // Cells of other columns are 0 here; nodes behind them belong to other sets.
            walk(tree, |column| cells[column], &mut |own, added| sum += if own == set { added } else { 0.0 });
        }
        sum
    }

    /// Checks what a model file says: orders for every column, cuts and children that exist behind their parent, finite
    /// values, one mean for each set.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self, columns: usize) -> bool {
        if self.trees.is_empty() {
            return self.means.is_empty();
        }
        let fine = |v: f64| v.is_finite() && v.abs() < 1e100;
        let node_is_sound = |tree: &Tree, at: usize| {
            let node = tree[at];
            let next = node.next as usize;
            fine(node.value)
                && (next == 0 || (next > at && next + 1 < tree.len() && (node.column as usize) < columns))
        };
        self.orders.len() == columns
            && self.means.iter().all(|m| fine(*m))
            && self.trees.iter().all(|tree| {
                // Children stand behind their parents and each has one parent, so a walk ends.
                let mut parents = vec![0_u8; tree.len()];
                !tree.is_empty()
                    && tree.len() < 2 << DEPTH
                    && (0..tree.len()).all(|at| node_is_sound(tree, at))
                    && tree.iter().filter(|n| n.next > 0).all(|n| {
                        (0..2).all(|side| {
                            let child = &mut parents[n.next as usize + side];
                            *child += 1;
                            *child == 1
                        })
                    })
                    && depth(tree, 0) <= DEPTH
            })
            && self.means.len() == self.clone().with_sets().sets.len()
    }
}

#[cfg(feature = "serde")]
fn depth(tree: &[Node], at: usize) -> usize {
    match tree[at].next as usize {
        0 => 0,
        next => 1 + depth(tree, next).max(depth(tree, next + 1)),
    }
}

/// A level's cell by the order of the levels; a number's cell as it is.
/// Levels of unknown place, in damaged orders too, come last.
fn in_order(order: &[u8], bin: u8) -> u8 {
    if order.is_empty() || bin == MISSING {
        bin
    } else {
        order.get(usize::from(bin)).copied().unwrap_or(MISSING)
    }
}

/// The value of the leaf that those cells lead to.
/// At most three comparisons. Trees come from a fit or have passed [`Forest::is_sound`], so every child exists.
fn leaf(tree: &[Node], cell: impl Fn(usize) -> u8) -> f64 {
    let mut node = tree[0];
    while node.next > 0 {
        node = tree[node.next as usize + usize::from(cell(node.column as usize) > node.cut)];
    }
    node.value
}

/// Calls `f` for the root and every split on the way of those cells: the columns asked so far, and what the node adds.
fn walk(tree: &[Node], cell: impl Fn(usize) -> u8, f: &mut impl FnMut(&[usize], f64)) {
    let mut set = Set::new();
    let mut node = tree[0];
    f(&set, node.value);
    while node.next > 0 {
        let column = node.column as usize;
        if let Err(at) = set.binary_search(&column) {
            set.insert(at, column);
        }
        let next = tree[node.next as usize + usize::from(cell(column) > node.cut)];
        f(&set, next.value - node.value);
        node = next;
    }
}

/// Calls `f` for every node: its number, the columns asked on the way, and what it adds to its parent.
fn walk_all(tree: &[Node], f: &mut impl FnMut(usize, &[usize], f64)) {
    let mut open = vec![(0_usize, Set::new(), 0.0)];
    while let Some((at, set, above)) = open.pop() {
        let node = tree[at];
        f(at, &set, node.value - above);
        if node.next > 0 {
            let mut below = set;
            if let Err(place) = below.binary_search(&(node.column as usize)) {
                below.insert(place, node.column as usize);
            }
            let next = node.next as usize;
            open.push((next, below.clone(), node.value));
            open.push((next + 1, below, node.value));
        }
    }
}

/// The place of each level in the order of the coefficients, for every column; nothing for numbers.
/// `beta` are those of a model that has not seen the rows that will judge the trees: an order is learned from outcomes, too.
pub(super) fn orders(design: &Design, beta: &[f64]) -> Vec<Vec<u8>> {
    let mut at = 1;
    let of = |encoder: &Encoder| {
        let start = at;
        at += encoder.width();
        let levels = encoder.levels();
        let mut by: Vec<usize> = (0..levels).collect();
        by.sort_by(|a, b| beta[start + a].total_cmp(&beta[start + b]).then(a.cmp(b)));
        let mut order = vec![0; levels];
        for (place, level) in by.into_iter().enumerate() {
            order[level] = u8::try_from(place).unwrap_or(MISSING - 1);
        }
        order
    };
    design.encoders.iter().map(of).collect()
}

/// The cells of some rows, column by column, levels by their place in the table.
pub(super) struct Cells {
    columns: Vec<Vec<u8>>,
    /// Columns that may be split: all but those whose curve must not turn.
    free: Vec<usize>,
}

impl Cells {
    /// Reads the cells of `rows`; columns in parallel.
    pub(super) fn new(design: &Design, reader: &Reader<'_>, rows: &[usize]) -> Self {
        let columns = par::map_chunks(design.names.len(), 1, |c| {
            rows.iter().map(|row| reader.bin(c.start, *row)).collect::<Vec<u8>>()
        });
        let varies = |c: &usize| columns[*c].windows(2).any(|w| w[0] != w[1]);
        let free = (0..columns.len()).filter(|c| !design.is_monotone(*c)).filter(varies).collect();
        Self { columns, free }
    }

    /// The same with levels in that order.
    fn ordered(&self, orders: &[Vec<u8>]) -> Self {
        let columns = self
            .columns
            .iter()
            .zip(orders)
            .map(|(cells, order)| cells.iter().map(|cell| in_order(order, *cell)).collect());
        Self { columns: columns.collect(), free: self.free.clone() }
    }
}

/// Trees in the making.
///
/// One for each fold and one for the model: each begins at the log-odds of its own linear model and never sees the rows that judge
/// it but to score them.
pub(super) struct Growing<'a> {
    cells: Cells,
    orders: Vec<Vec<u8>>,
    y: &'a [bool],
    /// A number for each row's customer, by which each tree draws its half.
    keys: &'a [u64],
    /// Rows that are learned from, ascending.
    rows: Vec<u32>,
    /// Log-odds of every row so far.
    pub(super) eta: Vec<f64>,
    trees: Vec<Tree>,
}

impl<'a> Growing<'a> {
    /// Begins at the log-odds `eta` of the linear model; only rows for which `inside` holds are learned from.
    /// `eta` has every row's, those to be judged too: their scores are carried along as trees come.
    pub(super) fn new(
        cells: &Cells,
        orders: Vec<Vec<u8>>,
        y: &'a [bool],
        keys: &'a [u64],
        eta: Vec<f64>,
        inside: impl Fn(usize) -> bool,
    ) -> Self {
        let rows =
            (0..y.len()).filter(|row| inside(*row)).filter_map(|row| u32::try_from(row).ok()).collect();
        Self { cells: cells.ordered(&orders), orders, y, keys, rows, eta, trees: Vec::new() }
    }

    /// Whether that many trees may be grown: see [`MOST_WORK`].
    pub(super) fn allows(&self, trees: usize) -> bool {
        self.y.len().saturating_mul(self.cells.free.len().max(1)).saturating_mul(trees) <= MOST_WORK
    }

    /// Grows until there are that many trees.
    /// Each on the residuals y − p and weights p (1 − p) of what stands so far, the linear model included.
    pub(super) fn grow_to(&mut self, count: usize) {
        while self.trees.len() < count {
            let eta = &self.eta;
            let response: Vec<(f64, f64)> = self
                .y
                .iter()
                .zip(eta)
                .map(|(y, eta)| {
                    let p = special::sigmoid(*eta);
                    (f64::from(u8::from(*y)) - p, p * (1.0 - p))
                })
                .collect();
            let number = self.trees.len() as u64 + 1;
            let drawn = |row: &&u32| mix(self.keys[**row as usize] ^ mix(number)) & 1 == 0;
            let half = self.rows.iter().filter(drawn).copied().collect();
            let tree = grow(&self.cells, half, &response);
            let cells = &self.cells.columns;
            for (row, eta) in self.eta.iter_mut().enumerate() {
                *eta += leaf(&tree, |column| cells[column][row]);
            }
            self.trees.push(tree);
        }
    }

    /// The finished trees, with the means of their sets over all rows.
    pub(super) fn finish(self) -> Forest {
        let forest = Forest { orders: self.orders, trees: self.trees, ..Forest::default() };
        let mut forest = forest.with_sets();
        let sets = &forest.sets;
        let n = self.y.len();
        let cells = &self.cells.columns;
        let mut sums = vec![0.0; sets.len()];
        for tree in &forest.trees {
            // How many rows come by each node says what each node adds on average.
            let mut visits = vec![0_u32; tree.len()];
            let rows = 0..n;
            rows.for_each(|row| {
                let mut at = 0;
                visits[0] += 1;
                while tree[at].next > 0 {
                    let node = tree[at];
                    at = node.next as usize + usize::from(cells[node.column as usize][row] > node.cut);
                    visits[at] += 1;
                }
            });
            walk_all(tree, &mut |at, set, added| {
                if let Ok(place) = sets.binary_search_by(|s| s.as_slice().cmp(set)) {
                    sums[place] += added * f64::from(visits[at]);
                }
            });
        }
        forest.means = sums.into_iter().map(|sum| sum / n.max(1) as f64).collect();
        forest
    }
}

/// One tree, split by split; each split is the best of its node.
///
/// Depth first, at most seven splits and eight leaves; a node with fewer than 20 rows, or less than 6 of Σ p (1 − p), stays whole.
fn grow(cells: &Cells, rows: Vec<u32>, response: &[(f64, f64)]) -> Tree {
    let blank = Node { column: 0, cut: 0, next: 0, value: 0.0 };
    let mut nodes = vec![blank];
    let mut open = vec![(0_usize, rows, 0_usize)];
    while let Some((at, rows, depth)) = open.pop() {
        let (g, h) =
            rows.iter().map(|row| response[*row as usize]).fold((0.0, 0.0), |s, r| (s.0 + r.0, s.1 + r.1));
        nodes[at].value = RATE * g / (h + SHRINK);
        if depth == DEPTH || rows.len() < 2 * LEAST_ROWS as usize || h < 2.0 * LEAST_WEIGHT {
            continue;
        }
        let Some((column, cut)) = split(cells, &rows, response, (g, h)) else { continue };
        let (Ok(next), Ok(name)) = (u32::try_from(nodes.len()), u32::try_from(column)) else { continue };
        (nodes[at].column, nodes[at].cut, nodes[at].next) = (name, cut, next);
        let of = &cells.columns[column];
        let (low, high): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| of[*row as usize] <= cut);
        nodes.extend([blank, blank]);
        open.push((next as usize, low, depth + 1));
        open.push((next as usize + 1, high, depth + 1));
    }
    nodes
}

/// The column and cut that lower the loss most, by its second-order expansion: G² / (H + λ) of both sides less that of the
/// whole; ties go to the first column and cut. `None` where no cut leaves enough on both sides or helps.
fn split(cells: &Cells, rows: &[u32], response: &[(f64, f64)], whole: (f64, f64)) -> Option<(usize, u8)> {
    let score = |g: f64, h: f64| g * g / (h + SHRINK);
    let best = par::map_chunks(cells.free.len(), COLUMNS_AT_ONCE, |part| {
        let mut best: Option<(f64, usize, u8)> = None;
        for column in &cells.free[part] {
            let of = &cells.columns[*column];
            let mut table = [(0.0, 0.0, 0_u32); 256];
            for row in rows {
                let (g, h) = response[*row as usize];
                let cell = &mut table[usize::from(of[*row as usize])];
                cell.0 += g;
                cell.1 += h;
                cell.2 += 1;
            }
            let (mut g, mut h, mut n) = (0.0, 0.0, 0);
            for (cut, cell) in (0_u8..MISSING).zip(&table) {
                if cell.2 == 0 {
                    continue;
                }
                (g, h, n) = (g + cell.0, h + cell.1, n + cell.2);
                let (rest_g, rest_h) = (whole.0 - g, whole.1 - h);
                let enough = n >= LEAST_ROWS
                    && rows.len() >= (n + LEAST_ROWS) as usize
                    && h >= LEAST_WEIGHT
                    && rest_h >= LEAST_WEIGHT;
                if enough {
                    let gain = score(g, h) + score(rest_g, rest_h) - score(whole.0, whole.1);
                    if gain > best.map_or(1e-9, |b| b.0) {
                        best = Some((gain, *column, cut));
                    }
                }
            }
        }
        best
    });
    let first = |a: Option<(f64, usize, u8)>, b: (f64, usize, u8)| match a {
        Some(a) if a.0 >= b.0 => Some(a),
        _ => Some(b),
    };
    best.into_iter().flatten().fold(None, first).map(|(_, column, cut)| (column, cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    fn growing<'a>(y: &'a [bool], keys: &'a [u64], columns: Vec<Vec<u8>>) -> Growing<'a> {
        let orders = vec![Vec::new(); columns.len()];
        let free = (0..columns.len()).collect();
        Growing::new(&Cells { columns, free }, orders, y, keys, vec![0.0; y.len()], |_| true)
    }

    fn keys(n: u64) -> Vec<u64> {
        (0..n).map(mix).collect()
    }

    /// A rule of three columns is found, belongs to those columns, and the sum of the sets is the score.
    #[test]
    fn a_rule_of_three_is_a_set_of_three() {
        let mut rng = Rng::new(Seed(3), 0);
        let n = 4000;
        let columns: Vec<Vec<u8>> =
            (0..5).map(|_| (0..n).map(|_| u8::try_from(rng.below(64)).unwrap()).collect()).collect();
        let y: Vec<bool> = (0..n).map(|i| (0..3).all(|c| columns[c][i] < 40)).collect();
        let keys = keys(4000);
        let mut grown = growing(&y, &keys, columns.clone());
        grown.grow_to(60);
        let (eta, forest) = (grown.eta.clone(), grown.finish());
        let right = (0..n).filter(|i| (eta[*i] > 0.0) == y[*i]).count();
        assert!(right > 3900, "{right} of {n}");
        let sets = forest.sets();
        assert!(sets.contains(&vec![0, 1, 2]));
        for row in (0..n).step_by(97) {
            let cells: Vec<u8> = columns.iter().map(|c| c[row]).collect();
            let score = forest.score(&cells);
            assert!((score - eta[row]).abs() < 1e-9);
            let sum = forest.mean() + forest.parts(&cells).iter().sum::<f64>();
            assert!((sum - score).abs() < 1e-9);
        }
        // Against their means: parts of all rows sum to nothing.
        let mut sums = vec![0.0; sets.len()];
        for row in 0..n {
            let cells: Vec<u8> = columns.iter().map(|c| c[row]).collect();
            sums.iter_mut().zip(forest.parts(&cells)).for_each(|(s, p)| *s += p);
        }
        assert!(sums.iter().all(|s| s.abs() < 1e-6));
    }

    #[test]
    fn few_rows_are_not_split() {
        let y: Vec<bool> = (0..29).map(|i| i % 2 == 0).collect();
        let keys = keys(29);
        let mut grown = growing(&y, &keys, vec![(0..29).map(|i| i % 2).collect()]);
        grown.grow_to(1);
        assert_eq!(grown.trees[0].len(), 1);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn damaged_trees_are_refused() {
        let y: Vec<bool> = (0..200).map(|i| i % 3 == 0).collect();
        let keys = keys(200);
        let mut grown = growing(&y, &keys, vec![(0..200_u8).map(|i| i % 3).collect()]);
        grown.grow_to(2);
        let forest = grown.finish();
        assert!(forest.is_sound(1) && !forest.is_sound(2));
        let mut around = forest.clone();
        around.trees[0][0].next = 200;
        assert!(!around.is_sound(1));
        let mut short = forest.clone();
        short.means.pop();
        assert!(!short.is_sound(1));
        let mut wild = forest;
        wild.trees[0][0].value = f64::NAN;
        assert!(!wild.is_sound(1));
    }
}
