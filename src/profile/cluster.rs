//! Average linkage on log-odds, inside the connected components of likely pairs.
//!
//! Two groups A and B join while the mean log-odds over all pairs between them is above the cut t,
//! ```text
//! Σ_{a∈A, b∈B} s(a, b) / (|A| |B|) > t,
//! ```
//! the pair of groups with the highest mean first. Scores are bounded to [−6, 12] nats: one slip in an identifier must not
//! outweigh everything else. A pair that was never compared, or came out far below, counts −1.5. So a chain of weak links does
//! not make one person of many, whatever the number of records (average linkage: Sokal and Michener 1958; on match weights:
//! Christen 2012, chapter 6).
//!
//! Vetoes are asked of every pair of rows between two groups, whether the pair was compared or not: so they hold for
//! whole profiles. A group that a veto keeps from its best partner may join the next best.
//!
//! Constraints come first: what must be one person is joined before anything else, and groups that hold two records that
//! cannot be one person never join; two records of one source, where sources are free of duplicates, are such a pair. The
//! result is a function of the component alone.
//!
//! Components of up to twelve records are solved in arrays. In larger ones a heap holds the possible joins with the versions
//! of both groups; a join whose groups have changed since is stale and is skipped.
//!
//! # By hand
//! Three records; a and b score 6, b and c score 2, a and c were never compared. The threshold is 0.
//! ```text
//! first join    {a, b}: mean 6, the highest
//! then          {a, b} with {c}: (2 − 1.5) / (2 · 1) = 0.25 > 0, joined
//! had b, c scored 1          (1 − 1.5) / 2 = −0.25: c stays apart
//! ```
//! Connected components would have joined c either way. Over n records a chain needs every link to carry the pairs that are
//! missing: to join two groups of k records each through one pair, its score would have to be above 1.5 (k² − 1).
//!
//! # Why components first
//! Two groups without one scored pair above the threshold between them never join, since every missing pair counts against.
//! So each connected component of likely pairs is a problem of its own, most of two or three records, and they are solved in
//! parallel.
//!
//! # Complexity
//! O(P) to find components among P scored pairs, O(n³) with n ≤ 12 for small ones, else O(E log E) joins of E pairs.
//!
//! # Assumptions
//! That missing pairs count −1.5 nats is a choice: below 0, because a blocking that knows the fields seldom misses
//! a pair of one person in every pass, and well above −6, because a miss is weaker evidence than a comparison that
//! came out against. A single pair at the upper bound of 12 joins two groups only where |A| · |B| ≤ 8: 12 − 7 · 1.5
//! = 1.5 > 0, but 12 − 8 · 1.5 = 0 is not.
//!
//! # Why a mean of log-odds
//! Were pairs independent evidence, the log-odds of "A and B are one person" would be the sum over all pairs
//! between them. They are not: ten records that repeat one address say it once. The mean takes the pairs of two
//! groups as so many readings of one question. Single linkage (one good pair suffices) chains; complete linkage
//! (one bad pair forbids) breaks a person at the first slip.
//!
//! # Update
//! Sums and counts between groups add up when two groups become one: for any third group C
//! ```text
//! sum(A ∪ B, C) = sum(A, C) + sum(B, C),     scored(A ∪ B, C) = scored(A, C) + scored(B, C)
//! mean(X, C)    = ( sum + (|X| |C| − scored) · (−1.5 − t) ) / (|X| |C|)      with scores less t
//! ```
//! so no pair is looked at twice. Means of a join never exceed the larger of the two means it came from, so groups
//! come out in descending order and the result is the same whether joins are taken from a heap or searched for.
//!
//! # Determinism
//! Ties between means go to the smaller row numbers. Neighbours are visited in ascending order, so sums are added
//! in one order. Components are independent of each other and of the number of threads.
//!
//! # Three linkages on one chain
//! Five records in a row, each pair of neighbours with score 4, all others never compared (−1.5), threshold 0:
//! ```text
//! single linkage     one person of five
//! complete linkage   {1, 2}, {3, 4}, {5}
//! average linkage    {1, 2}, {3, 4} first (mean 4; ties to the smaller rows)
//!                    {1, 2} with {3, 4}: (4 − 3 · 1.5) / 4 = −0.125: apart
//!                    {3, 4} with {5}:    (4 − 1.5) / 2 = 1.25: joined, so {1, 2}, {3, 4, 5}
//! ```
//! Had records 1 and 3 been compared with score 1 as well: (4 + 1 − 2 · 1.5) / 4 = 0.5 against 1.25 for {3, 4} with
//! {5}, which still comes first; then {1, 2} with {3, 4, 5}: (5 − 4 · 1.5) / 6 = −0.17, apart.
//!
//! # Errors
//! None. Scores may be infinite (they are bounded before they are added); rows of constraints that are in no
//! component are passed over.
//!
//! # References
//! - Sokal and Michener 1958, A statistical method for evaluating systematic relationships, University of Kansas
//!   Science Bulletin 38.
//! - Christen 2012, Data Matching, doi:10.1007/978-3-642-31164-2.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use crate::kernel::par;
use crate::kernel::union::UnionFind;

use super::score::Pair;

/// How pairs count.
///
/// All in nats of log-odds. With `cut` t the mean of scores must be above t, which is the same as a mean of (score
/// − t) above 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linkage {
    /// Log-odds above which two records can be one person at all.
    pub(crate) cut: f64,
    /// What a pair that was not compared counts.
    pub(crate) unscored: f64,
    /// Bounds of what a pair can count.
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// What must be one person and what cannot be, as pairs of rows, the smaller first, in ascending order.
///
/// A must-link is transitive, a cannot-link is not. Where they contradict each other the must-links hold, since
/// they are applied first and forced joins are not asked whether they are forbidden.
#[derive(Clone, Copy, Default)]
pub(crate) struct Constraints<'a> {
    /// By row: two records of one source cannot be one person.
    pub(crate) sources: Option<&'a [u32]>,
    pub(crate) together: &'a [(u32, u32)],
    pub(crate) apart: &'a [(u32, u32)],
    /// Whether the values of two rows forbid that they are one person; symmetric.
    pub(crate) conflict: Option<&'a Conflict<'a>>,
}

/// Asked of two rows.
pub(crate) type Conflict<'a> = dyn Fn(u32, u32) -> bool + Sync + 'a;

impl Constraints<'_> {
    /// Whether two rows cannot be one person, whatever their score.
    fn forbid(&self, a: u32, b: u32) -> bool {
        self.sources.is_some_and(|s| s[a as usize] == s[b as usize])
            || has(self.apart, a, b)
            || self.conflict.is_some_and(|conflict| conflict(a, b))
    }

    /// Whether there is anything that parts rows.
    fn part(&self) -> bool {
        self.sources.is_some() || !self.apart.is_empty() || self.conflict.is_some()
    }
}

/// A scored pair of rows.
///
/// In nats. 12 bytes; rows are places in the table or in a component, as the caller numbers them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edge {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) score: f32,
}

/// The root (smallest row) of each row's cluster.
///
/// Union-find over the pairs above the threshold gives components; pairs at or below the least count inside a
/// component as never compared. O(P α(P)) and a sort of the pairs inside components.
pub(crate) fn cluster(
    rows: usize,
    pairs: &[Pair],
    scores: &[f32],
    linkage: Linkage,
    constraints: Constraints<'_>,
) -> Vec<u32> {
    let mut components = UnionFind::new(rows);
    for (pair, score) in pairs.iter().zip(scores) {
        if f64::from(*score) > linkage.cut {
            components.union(pair.a, pair.b);
        }
    }
    for (a, b) in constraints.together {
        components.union(*a, *b);
    }
    let roots = components.roots();
    // Pairs inside components, by component.
    let mut inside: Vec<(u32, u32)> = Vec::new();
    for (i, pair) in (0_u32..).zip(pairs) {
        let root = roots[pair.a as usize];
        if root == roots[pair.b as usize] && f64::from(scores[i as usize]) > linkage.least {
            inside.push((root, i));
        }
    }
    inside.sort_unstable();
    let groups: Vec<&[(u32, u32)]> = inside.chunk_by(|x, y| x.0 == y.0).collect();
    let solved = par::map_chunks(groups.len(), 256, |range| {
        let (mut joined, mut edges) = (Vec::new(), Vec::new());
        for group in &groups[range] {
            edges.clear();
            edges.extend(group.iter().map(|(_, i)| {
                let pair = &pairs[*i as usize];
                Edge { a: pair.a, b: pair.b, score: scores[*i as usize] }
            }));
            solve(&edges, linkage, constraints, &mut joined);
        }
        joined
    });
    let mut result = UnionFind::new(rows);
    for (a, b) in solved.into_iter().flatten().chain(constraints.together.iter().copied()) {
        result.union(a, b);
    }
    result.roots()
}

/// A candidate join, the best first; ties by the smaller rows.
///
/// `versions` are those of both groups when the join was put in: where one has grown since, another entry speaks
/// for it.
#[derive(PartialEq)]
struct Join {
    mean: f64,
    a: u32,
    b: u32,
    versions: (u32, u32),
}

impl Eq for Join {}
impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Join {
    fn cmp(&self, other: &Self) -> Ordering {
        self.mean.total_cmp(&other.mean).then_with(|| (other.a, other.b).cmp(&(self.a, self.b)))
    }
}

/// What is known between two groups: the sum of scores and how many pairs have one.
///
/// With n = |A| |B| pairs between two groups, n − `scored` of them count as never compared. 16 bytes for each pair
/// of groups that has a score.
#[derive(Clone, Copy, Default)]
struct Between {
    sum: f64,
    scored: f64,
}

/// Whether a list of constraints has the pair, in either order.
fn has(list: &[(u32, u32)], a: u32, b: u32) -> bool {
    !list.is_empty() && list.binary_search(&(a.min(b), a.max(b))).is_ok()
}

/// The groups of one component while they grow.
///
/// A group lives in the place of its smallest row; `near` maps the places of groups that it has scored pairs with
/// to what is between them. The map is walked in sorted order only.
struct Groups<'a> {
    nodes: Vec<u32>,
    near: Vec<HashMap<u32, Between>>,
    size: Vec<f64>,
    version: Vec<u32>,
    /// By group: its rows, where constraints need them.
    rows: Vec<Vec<u32>>,
    heap: BinaryHeap<Join>,
    constraints: Constraints<'a>,
    missing: f64,
}

/// Joins the records of one component; `joined` receives the pairs of rows that tie the groups together.
pub(crate) fn solve(
    edges: &[Edge],
    linkage: Linkage,
    constraints: Constraints<'_>,
    joined: &mut Vec<(u32, u32)>,
) {
    if let [only] = edges
        && constraints.together.is_empty()
    {
        if f64::from(only.score) > linkage.cut && !constraints.forbid(only.a, only.b) {
            joined.push((only.a, only.b));
        }
        return;
    }
    let mut nodes: Vec<u32> = edges.iter().flat_map(|e| [e.a, e.b]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let number = |row: u32| nodes.binary_search(&row).ok();
    let count = nodes.len();
    let restricted = constraints.part();
    if count <= SMALL && !restricted && constraints.together.is_empty() {
        solve_small(&nodes, edges, linkage, joined);
        return;
    }
    let mut groups = Groups {
        near: vec![HashMap::new(); count],
        size: vec![1.0; count],
        version: vec![0; count],
        rows: if restricted { nodes.iter().map(|n| vec![*n]).collect() } else { Vec::new() },
        heap: BinaryHeap::new(),
        constraints,
        missing: linkage.unscored - linkage.cut,
        nodes: Vec::new(),
    };
    for edge in edges {
        let (Some(a), Some(b)) = (number(edge.a), number(edge.b)) else { continue };
        let value = f64::from(edge.score).clamp(linkage.least, linkage.most) - linkage.cut;
        let between = Between { sum: value, scored: 1.0 };
        groups.near[a].insert(id(b), between);
        groups.near[b].insert(id(a), between);
        if value > 0.0 {
            groups.heap.push(Join { mean: value, a: id(a.min(b)), b: id(a.max(b)), versions: (0, 0) });
        }
    }
    let forced: Vec<(u32, u32)> = constraints
        .together
        .iter()
        .filter_map(|(a, b)| number(*a).zip(number(*b)))
        .map(|(a, b)| (id(a), id(b)))
        .collect();
    groups.nodes = nodes;
    groups.force(&forced, joined);
    while let Some(join) = groups.heap.pop() {
        let (a, b) = (join.a as usize, join.b as usize);
        if (groups.version[a], groups.version[b]) != join.versions || groups.forbidden(a, b) {
            continue;
        }
        groups.join(join.a, join.b, joined);
    }
}

/// Components of so many records, nearly all, are solved in arrays: no heap, no maps.
///
/// A table of 144 entries on the stack. A person with more than twelve records is rare, and so are thirteen that
/// hang together.
const SMALL: usize = 12;

/// The same joins in the same order: of all pairs of groups with a scored pair between them, the one with the highest mean,
/// the smaller rows first among equals. O(n³) for n records, n at most [`SMALL`].
fn solve_small(nodes: &[u32], edges: &[Edge], linkage: Linkage, joined: &mut Vec<(u32, u32)>) {
    let missing = linkage.unscored - linkage.cut;
    let mut between = [[Between::default(); SMALL]; SMALL];
    for edge in edges {
        let (Ok(a), Ok(b)) = (nodes.binary_search(&edge.a), nodes.binary_search(&edge.b)) else { continue };
        let sum = f64::from(edge.score).clamp(linkage.least, linkage.most) - linkage.cut;
        between[a][b] = Between { sum, scored: 1.0 };
        between[b][a] = between[a][b];
    }
    let mut size = [1.0; SMALL];
    let mut alive: Vec<usize> = (0..nodes.len()).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for (i, a) in alive.iter().enumerate() {
            for b in &alive[i + 1..] {
                let Between { sum, scored } = between[*a][*b];
                let n = size[*a] * size[*b];
                let mean = (sum + (n - scored) * missing) / n;
                if scored > 0.0 && mean > 0.0 && best.is_none_or(|(most, ..)| mean > most) {
                    best = Some((mean, *a, *b));
                }
            }
        }
        let Some((_, a, b)) = best else { return };
        joined.push((nodes[a], nodes[b]));
        size[a] += size[b];
        alive.retain(|c| *c != b);
        for c in alive.iter().copied().filter(|c| *c != a) {
            between[a][c].sum += between[b][c].sum;
            between[a][c].scored += between[b][c].scored;
            between[c][a] = between[a][c];
        }
    }
}

/// Places in a component are below 2³², as rows are.
fn id(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Groups<'_> {
    /// Joins what must be one person.
    fn force(&mut self, forced: &[(u32, u32)], joined: &mut Vec<(u32, u32)>) {
        let mut sets = UnionFind::new(self.nodes.len());
        for (a, b) in forced {
            let (a, b) = (sets.find(*a), sets.find(*b));
            if a != b {
                sets.union(a, b);
                self.join(a.min(b), a.max(b), joined);
            }
        }
    }

    /// Whether two groups hold records that cannot be one person.
    ///
    /// O(|A| · |B| · log of the list). Only where there are constraints at all; else groups keep no rows.
    fn forbidden(&self, a: usize, b: usize) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        self.rows[a].iter().any(|x| self.rows[b].iter().any(|y| self.constraints.forbid(*x, *y)))
    }

    /// The second group goes into the first; its version is spent.
    ///
    /// O(neighbours · log heap). Joins that named the former groups stay in the heap and are told by their versions
    /// when they come up.
    fn join(&mut self, low: u32, high: u32, joined: &mut Vec<(u32, u32)>) {
        let (a, b) = (low as usize, high as usize);
        joined.push((self.nodes[a], self.nodes[b]));
        self.version[a] += 1;
        self.version[b] = u32::MAX;
        self.size[a] += self.size[b];
        if !self.rows.is_empty() {
            let moved = std::mem::take(&mut self.rows[b]);
            self.rows[a].extend(moved);
        }
        let moved = std::mem::take(&mut self.near[b]);
        self.near[a].remove(&high);
        let mut moved: Vec<(u32, Between)> = moved.into_iter().filter(|(c, _)| *c != low).collect();
        moved.sort_unstable_by_key(|(c, _)| *c);
        for (c, between) in moved {
            let total = self.near[a].entry(c).or_default();
            total.sum += between.sum;
            total.scored += between.scored;
            let total = *total;
            self.near[c as usize].remove(&high);
            self.near[c as usize].insert(low, total);
        }
        let mut neighbours: Vec<(u32, Between)> = self.near[a].iter().map(|(c, t)| (*c, *t)).collect();
        neighbours.sort_unstable_by_key(|(c, _)| *c);
        for (c, between) in neighbours {
            let n = self.size[a] * self.size[c as usize];
            let mean = (between.sum + (n - between.scored) * self.missing) / n;
            if mean > 0.0 {
                let (x, y) = (low.min(c), low.max(c));
                let versions = (self.version[x as usize], self.version[y as usize]);
                self.heap.push(Join { mean, a: x, b: y, versions });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    /// Random components of up to twelve rows, solved in arrays and, with a constraint that binds nobody, by the heap.
    #[test]
    fn arrays_and_heap_join_alike() {
        let linkage = Linkage { cut: 0.0, unscored: -1.5, least: -6.0, most: 12.0 };
        let nobody = Constraints { apart: &[(90, 91)], ..Constraints::default() };
        let mut joins = 0;
        for case in 0..400_u64 {
            let mut rng = Rng::new(Seed(5), case);
            let n = 3 + u32::try_from(rng.below(10)).unwrap();
            let mut edges = Vec::new();
            for a in 0..n {
                for b in a + 1..n {
                    if rng.below(3) > 0 {
                        // Few distinct scores, so that ties happen.
                        let score = f32::from(u8::try_from(rng.below(12)).unwrap()) - 5.0;
                        edges.push(Edge { a, b, score });
                    }
                }
            }
            let (mut arrays, mut heap) = (Vec::new(), Vec::new());
            solve(&edges, linkage, Constraints::default(), &mut arrays);
            solve(&edges, linkage, nobody, &mut heap);
            assert_eq!(arrays, heap, "case {case}");
            joins += arrays.len();
        }
        assert!(joins > 400);
    }
}
