//! Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, bit-parallel.
//!
//! The dynamic programme
//! ```text
//! D(i, j) = min( D(i−1, j) + 1,  D(i, j−1) + 1,  D(i−1, j−1) + [a_i ≠ b_j],
//!                D(i−2, j−2) + 1  where two neighbours are swapped )
//! ```
//! changes by −1, 0 or 1 from cell to cell. A whole column of such differences lies in two words of
//! 64 bits, so a column costs a dozen instructions whatever the length of the first text.
//!
//! # By hand
//! `marhta` against `martha`: the swap of two neighbours is one edit, D = 1, where Levenshtein's distance is 2. `ca` against
//! `abc` is 3, not 2: optimal string alignment edits no part of a text twice, so it cannot swap `ca` to `ac` and then put a
//! `b` between. That keeps the programme of two rows, and no clerk makes both slips in one place.
//!
//! # Properties
//! - D(a, b) = D(b, a), and 0 only for equal texts; the triangle inequality does not hold (the price of the rule above).
//! - | |a| − |b| | ≤ D(a, b) ≤ max(|a|, |b|).
//! - O(|b|) words for |a| ≤ 64 code units. Longer texts are cut before they come here.
//!
//! # How the words move
//! With VP and VN the rows at which a column rises and falls by one, D0 those whose diagonal step is free, and M
//! the places of the unit in the first text (all of 64 bits, one for each row):
//! ```text
//! TR = ((¬D0 & M) << 1) & M'              a swap: M' are the places of the unit before
//! D0 = (((M & VP) + VP) ^ VP) | M | VN | TR
//! HP = VN | ¬(D0 | VP),   HN = D0 & VP      horizontal steps; at the last row they change the distance
//! VP = (HN << 1) | ¬(D0 | (HP << 1 | 1)),   VN = (HP << 1 | 1) & D0
//! ```
//! The addition carries a free step down a run of matches: it is what makes one word do the work of a column.
//!
//! # References
//! - Hyyrö 2003, A bit-vector algorithm for computing Levenshtein and Damerau edit distances, Nordic Journal of
//!   Computing 10.

use super::Scratch;

impl Scratch {
    /// The optimal-string-alignment distance of two texts of at most 64 units (Hyyrö 2003, "A bit-vector algorithm for
    /// computing Levenshtein and Damerau edit distances", Nordic Journal of Computing 10).
    pub(crate) fn osa(&mut self, a: &[u8], b: &[u8]) -> u32 {
        if a.is_empty() {
            return u32::try_from(b.len()).unwrap_or(u32::MAX);
        }
        self.load(a);
        let last = 1_u64 << (a.len() - 1);
        let (mut positive, mut negative, mut zero) = (u64::MAX, 0_u64, 0_u64);
        let mut before = 0_u64;
        let mut distance = u32::try_from(a.len()).unwrap_or(u32::MAX);
        for unit in b {
            let mask = self.masks[*unit as usize];
            let swap = ((!zero & mask) << 1) & before;
            zero = (((mask & positive).wrapping_add(positive)) ^ positive) | mask | negative | swap;
            let up = negative | !(zero | positive);
            let down = zero & positive;
            distance += u32::from(up & last != 0);
            distance -= u32::from(down & last != 0);
            let up = (up << 1) | 1;
            positive = (down << 1) | !(zero | up);
            negative = up & zero;
            before = mask;
        }
        self.clear(a);
        distance
    }
}
