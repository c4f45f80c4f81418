//! Average linkage on log-odds, inside the connected components of likely pairs.
//!
//! Two groups join while the mean log-odds over all pairs between them is above zero. Pairs that were never compared, or
//! came out far below, count against. So a chain of weak links does not make one person of many, whatever the number of
//! records.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use crate::kernel::par;
use crate::kernel::union::UnionFind;

use super::score::Pair;

/// How pairs count.
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

/// The root (smallest row) of each row's cluster. `conflict` says that two records cannot be one person.
pub(crate) fn cluster(
    rows: usize,
    pairs: &[Pair],
    scores: &[f32],
    linkage: Linkage,
    sources: Option<&[u32]>,
) -> Vec<u32> {
    let mut components = UnionFind::new(rows);
    for (pair, score) in pairs.iter().zip(scores) {
        if f64::from(*score) > linkage.cut {
            components.union(pair.a, pair.b);
        }
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
        let mut joined = Vec::new();
        for group in &groups[range] {
            solve(group, pairs, scores, linkage, sources, &mut joined);
        }
        joined
    });
    let mut result = UnionFind::new(rows);
    for (a, b) in solved.into_iter().flatten() {
        result.union(a, b);
    }
    result.roots()
}

/// A candidate join, the best first; ties by the smaller rows.
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
#[derive(Clone, Copy, Default)]
struct Between {
    sum: f64,
    scored: f64,
}

fn solve(
    group: &[(u32, u32)],
    pairs: &[Pair],
    scores: &[f32],
    linkage: Linkage,
    sources: Option<&[u32]>,
    joined: &mut Vec<(u32, u32)>,
) {
    if let [(_, only)] = group {
        let pair = &pairs[*only as usize];
        let apart = sources.is_some_and(|s| s[pair.a as usize] == s[pair.b as usize]);
        if f64::from(scores[*only as usize]) > linkage.cut && !apart {
            joined.push((pair.a, pair.b));
        }
        return;
    }
    let mut nodes: Vec<u32> =
        group.iter().flat_map(|(_, i)| [pairs[*i as usize].a, pairs[*i as usize].b]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let number = |row: u32| nodes.binary_search(&row).unwrap_or(0);
    let mut near: Vec<HashMap<u32, Between>> = vec![HashMap::new(); nodes.len()];
    let mut size = vec![1.0_f64; nodes.len()];
    let mut version = vec![0_u32; nodes.len()];
    let mut held: Vec<Vec<u32>> = match sources {
        Some(s) => nodes.iter().map(|row| vec![s[*row as usize]]).collect(),
        None => Vec::new(),
    };
    let mut heap = BinaryHeap::new();
    let id = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (_, i) in group {
        let pair = &pairs[*i as usize];
        let (a, b) = (number(pair.a), number(pair.b));
        let value = f64::from(scores[*i as usize]).clamp(linkage.least, linkage.most) - linkage.cut;
        let between = Between { sum: value, scored: 1.0 };
        near[a].insert(id(b), between);
        near[b].insert(id(a), between);
        if value > 0.0 {
            heap.push(Join { mean: value, a: id(a.min(b)), b: id(a.max(b)), versions: (0, 0) });
        }
    }
    let missing = linkage.unscored - linkage.cut;
    while let Some(join) = heap.pop() {
        let (a, b) = (join.a as usize, join.b as usize);
        if (version[a], version[b]) != join.versions {
            continue;
        }
        if !held.is_empty() && held[a].iter().any(|s| held[b].contains(s)) {
            continue;
        }
        joined.push((nodes[a], nodes[b]));
        // The second group goes into the first; its version is spent.
        version[a] += 1;
        version[b] = u32::MAX;
        size[a] += size[b];
        if !held.is_empty() {
            let moved = std::mem::take(&mut held[b]);
            held[a].extend(moved);
        }
        let moved = std::mem::take(&mut near[b]);
        near[a].remove(&join.b);
        let mut moved: Vec<(u32, Between)> = moved.into_iter().filter(|(c, _)| *c != join.a).collect();
        moved.sort_unstable_by_key(|(c, _)| *c);
        for (c, between) in moved {
            let total = near[a].entry(c).or_default();
            total.sum += between.sum;
            total.scored += between.scored;
            let total = *total;
            near[c as usize].remove(&join.b);
            near[c as usize].insert(join.a, total);
        }
        let mut neighbours: Vec<(u32, Between)> = near[a].iter().map(|(c, t)| (*c, *t)).collect();
        neighbours.sort_unstable_by_key(|(c, _)| *c);
        for (c, between) in neighbours {
            let n = size[a] * size[c as usize];
            let mean = (between.sum + (n - between.scored) * missing) / n;
            if mean > 0.0 {
                let (low, high) = (join.a.min(c), join.a.max(c));
                heap.push(Join {
                    mean,
                    a: low,
                    b: high,
                    versions: (version[low as usize], version[high as usize]),
                });
            }
        }
    }
}
