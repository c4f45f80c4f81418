//! Disjoint sets.
//!
//! For "who is who": pairs of records that match are edges, people are the components.
//!
//! # By hand
//! Eight members, edges 5–3, 1–0, 3–1, 7–6: {5, 3} has root 3, {1, 0} root 0, joining 3 and 1 makes {0, 1, 3, 5} with root
//! 0, and {6, 7} has root 6. Roots: 0 0 2 0 4 0 6 6, in whatever order the edges come.
//!
//! # Cost
//! 4 bytes a member. m unions and finds of n members cost O((m + n) log n) at most.

/// Union-find with path halving. The root of a set is its smallest member, so that it does not depend on the order of
/// unions.
///
/// Linking by smallest member instead of by rank gives O(log n) amortised per call with path halving (Tarjan and van
/// Leeuwen 1984, doi:10.1145/62.2160), and makes every root canonical, which is worth more here.
#[derive(Clone, Debug)]
pub(crate) struct UnionFind {
    /// By member; a root is its own parent, everybody else's is smaller.
    parent: Vec<u32>,
}

impl UnionFind {
    /// `n` sets of one; `n` below 2^32.
    pub(crate) fn new(n: usize) -> Self {
        Self { parent: (0..=u32::MAX).take(n).collect() }
    }

    /// The smallest member of the set. Every second node on the way is hung one level higher.
    ///
    /// By hand: 7 → 6 → 3 → 0 becomes 7 → 3 → 0 after one find of 7, and 7 → 0 after the next.
    pub(crate) fn find(&mut self, mut x: u32) -> u32 {
        while self.parent[x as usize] != x {
            let above = self.parent[self.parent[x as usize] as usize];
            self.parent[x as usize] = above;
            x = above;
        }
        x
    }

    /// Joins two sets and gives the root of both: the smaller of the two. Joining a set with itself changes nothing.
    ///
    /// By hand: the sets of 3 and 5 with roots 3 and 5 become one of root 3; a later union with a set of root 1 makes it 1.
    pub(crate) fn union(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.find(a), self.find(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high as usize] = low;
        low
    }

    /// The root of every member.
    ///
    /// One pass from the smallest member up: when a member's turn comes, its parent, being smaller, points to the root already.
    /// O(n), and the result can be shared between threads, which [`find`](Self::find), changing paths as it goes, cannot.
    pub(crate) fn roots(mut self) -> Vec<u32> {
        // Parents are never larger than their children, so one pass from below sees only finished parents.
        for x in 0..self.parent.len() {
            let parent = self.parent[x];
            self.parent[x] = self.parent[parent as usize];
        }
        self.parent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forwards and backwards, the same roots.
    #[test]
    fn the_order_of_unions_does_not_matter() {
        let edges = [(5, 3), (1, 0), (3, 1), (7, 6)];
        let mut orders = [edges.to_vec(), edges.iter().rev().copied().collect()];
        let roots = orders.each_mut().map(|edges| {
            let mut sets = UnionFind::new(8);
            for (a, b) in edges {
                sets.union(*a, *b);
            }
            sets.roots()
        });
        assert_eq!(roots[0], [0, 0, 2, 0, 4, 0, 6, 6]);
        assert_eq!(roots[0], roots[1]);
    }
}
