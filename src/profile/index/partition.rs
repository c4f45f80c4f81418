//! From scores to profiles: components, and how they are cut.
//!
//! # What an upsert partitions
//! Only components that its rows are in. A breadth-first search from each row over scores above the threshold and declared ties
//! finds them; each is solved by itself.
//!
//! # How a profile is kept
//! Its rows are a chain in the order of names; each knows the first, whose name gives the profile its id. So a profile of one
//! record takes no memory of its own, and telling the profile of a row is a look at one other row.
//!
//! # By hand
//! Rows 7, 2, 9 with names a, b, c; scores (7, 2) 6 and (2, 9) 2 above a threshold of 0.
//! ```text
//! component    7 2 9              in the order of names: places 0, 1, 2
//! edges        (0, 1) 6, (1, 2) 2
//! joined       (0, 1), (0, 2)
//! chain        7 → 2 → 9          first of all three: 7
//! ```
//!
//! # Vetoes and the component
//! A veto takes no score away: two records that differ in a vetoed kind may still hang together in one component,
//! through each other or through a third. It is asked when groups would join, of every pair between them, so the
//! component stays a function of scores, and its partition a function of the component. O(|A| · |B|) comparisons of
//! one value for a join, only where there are vetoes.
//!
//! # Large components
//! A component above the largest size is taken apart before it is solved, since average linkage is O(E log E) and
//! worse: the bar for a pair to hold two records together rises by 2 nats at a time (t + 2, t + 4, ...) until no
//! part is larger, some 30 times at most. Records still held together then share more than 60 nats with each other;
//! such a part is not solved at all, and stays as single records but for declared ties. Its size is a sign of
//! copied records.

use std::collections::BTreeSet;

use crate::data::NONE;
use crate::kernel::union::UnionFind;
use crate::profile::cluster::{Constraints, Edge, solve};
use crate::profile::profiles::ProfileId;
use crate::profile::score::Comparer;

use super::live::{Live, tied};

impl Live {
    /// Cuts the components of these rows into profiles anew. Gives the profiles that went and those that came.
    ///
    /// O(records and scores of the components).
    pub(super) fn partition(&mut self, seeds: &[u32]) -> (Vec<ProfileId>, Vec<ProfileId>) {
        let (members, ends) = self.components(seeds);
        // First all components leave their profiles, then they get new ones: two of them may come out of one profile,
        // and one of them keep its name.
        let mut before: Vec<u64> = Vec::new();
        for row in &members {
            let first = self.rows[*row].first;
            if first != NONE {
                before.push(self.rows[first].order);
            }
        }
        before.sort_unstable();
        before.dedup();
        let mut after = Vec::new();
        let mut rest = members;
        for end in ends.into_iter().rev() {
            let mut component = rest.split_off(end);
            component.sort_unstable_by(|a, b| self.name(*a).cmp(&self.name(*b)));
            self.cut(&component, &mut after);
        }
        after.sort_unstable();
        self.profiles = self.profiles + after.len() - before.len();
        let only = |these: &[u64], those: &[u64]| {
            let mut only = these.to_vec();
            only.retain(|id| those.binary_search(id).is_err());
            only.into_iter().map(ProfileId::from).collect()
        };
        (only(&before, &after), only(&after, &before))
    }

    /// The rows of the components of these rows, component by component, and where each starts.
    ///
    /// Breadth first. Rows that were met are marked in their place and unmarked at the end: a set of them would cost
    /// more than the search.
    fn components(&mut self, seeds: &[u32]) -> (Vec<u32>, Vec<usize>) {
        let Self { rows, together, linkage, .. } = self;
        let (mut members, mut starts) = (Vec::new(), Vec::new());
        for seed in seeds {
            let row = &mut rows[*seed];
            if row.id.is_none() || std::mem::replace(&mut row.met, true) {
                continue;
            }
            let mut next = members.len();
            starts.push(next);
            members.push(*seed);
            while let Some(row) = members.get(next).copied() {
                next += 1;
                for i in 0..rows[row].edges.len() {
                    let (other, score) = rows[row].edges[i];
                    if f64::from(score) > linkage.cut && !std::mem::replace(&mut rows[other].met, true) {
                        members.push(other);
                    }
                }
                let ties = tied(together, row);
                members.extend(ties.filter(|o| !std::mem::replace(&mut rows[*o].met, true)));
            }
        }
        for row in &members {
            rows[*row].met = false;
        }
        (members, starts)
    }

    /// Cuts a component, whose rows come in the order of their names; `after` receives the profiles it makes.
    ///
    /// The root of a group is its smallest place, so its first row in the order of names: the one that names it. Groups are
    /// chained from their roots on in one pass over the places.
    fn cut(&mut self, component: &[u32], after: &mut Vec<u64>) {
        for (place, row) in (0..).zip(component) {
            self.rows[*row].next = place;
        }
        let mut sets = UnionFind::new(component.len());
        if component.len() > 1 {
            for (a, b) in self.joined(component) {
                sets.union(a, b);
            }
        }
        // By place: the smallest place of its group; there, once the group has begun, its last place so far.
        let mut last = sets.roots();
        for (place, row) in (0_u32..).zip(component) {
            let root = last[place as usize];
            let entry = &mut self.rows[*row];
            (entry.first, entry.next) = (component[root as usize], NONE);
            if root == place {
                after.push(entry.order);
            } else {
                let behind = std::mem::replace(&mut last[root as usize], place);
                self.rows[component[behind as usize]].next = *row;
            }
        }
    }

    /// The pairs of places that tie the groups of a component together.
    ///
    /// Rows are numbered 0, 1, ... in the order of (source, id) within the component, so ties between means fall
    /// the same way whatever their rows.
    fn joined(&self, component: &[u32]) -> Vec<(u32, u32)> {
        // A row elsewhere may have any number there, but no other row has its place.
        let place = |row: u32| {
            let place = self.rows[row].next;
            (component.get(place as usize) == Some(&row)).then_some(place)
        };
        let mut edges = Vec::new();
        for (a, row) in (0_u32..).zip(component) {
            for (other, score) in &self.rows[*row].edges {
                if let Some(b) = place(*other).filter(|b| a < *b) {
                    edges.push(Edge { a, b, score: *score });
                }
            }
        }
        edges.sort_unstable_by_key(|e| (e.a, e.b));
        let local = |set: &BTreeSet<(u32, u32)>| {
            let mut list: Vec<(u32, u32)> = Vec::new();
            for (a, row) in (0_u32..).zip(component).filter(|_| !set.is_empty()) {
                list.extend(tied(set, *row).filter_map(place).filter(|b| a < *b).map(|b| (a, b)));
            }
            list.sort_unstable();
            list
        };
        let (together, apart) = (local(&self.together), local(&self.apart));
        let row = |place: u32| component[place as usize];
        let sources = component.iter().filter(|_| self.one_each).map(|row| self.rows[*row].source);
        let sources: Vec<u32> = sources.collect();
        let comparer = Comparer::new(&self.prepared);
        let conflict = |a: u32, b: u32| comparer.conflict(&self.vetoed, row(a), row(b));
        let constraints = Constraints {
            sources: self.one_each.then_some(sources.as_slice()),
            together: &together,
            apart: &apart,
            conflict: if self.vetoed.is_empty() { None } else { Some(&conflict) },
        };
        let mut joined = together.clone();
        self.pieces(component.len(), edges, constraints, &mut joined);
        joined
    }

    /// Solves a component; one above the largest size is first taken apart: the bar for a pair to hold two records
    /// together rises by two nats at a time until no part is larger. What that leaves is solved by itself.
    ///
    /// `rows` is the size of the component, which numbers the edges. Parts are solved one after the other; which
    /// comes first has no influence, as they share no record.
    fn pieces(
        &self,
        rows: usize,
        edges: Vec<Edge>,
        constraints: Constraints<'_>,
        joined: &mut Vec<(u32, u32)>,
    ) {
        let mut open = vec![(self.linkage.cut, edges)];
        while let Some((bar, edges)) = open.pop() {
            if rows <= self.largest || records(&edges) <= self.largest {
                solve(&edges, self.linkage, constraints, joined);
                continue;
            }
            if bar > self.linkage.cut + 60.0 {
                continue;
            }
            let bar = bar + 2.0;
            let mut sets = UnionFind::new(rows);
            for edge in edges.iter().filter(|e| f64::from(e.score) > bar) {
                sets.union(edge.a, edge.b);
            }
            let roots = sets.roots();
            let mut parts: Vec<(u32, Edge)> = edges
                .into_iter()
                .filter(|e| roots[e.a as usize] == roots[e.b as usize])
                .map(|e| (roots[e.a as usize], e))
                .collect();
            parts.sort_by_key(|(root, _)| *root);
            let parts = parts.chunk_by(|x, y| x.0 == y.0);
            open.extend(parts.map(|p| (bar, p.iter().map(|(_, e)| *e).collect::<Vec<_>>())));
        }
    }
}

/// How many records there are scores of.
fn records(edges: &[Edge]) -> usize {
    let mut places: Vec<u32> = edges.iter().flat_map(|e| [e.a, e.b]).collect();
    places.sort_unstable();
    places.dedup();
    places.len()
}
