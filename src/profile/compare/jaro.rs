//! Jaro and Jaro-Winkler similarity, bit-parallel.
//!
//! With m matches (equal units at most half the longer length apart, less one) and t of them out of order,
//! ```text
//! jaro = (m / |a| + m / |b| + (m − t/2) / m) / 3
//! jaro-winkler = jaro + 0.1 · min(4, common prefix) · (1 − jaro)   where jaro > 0.7
//! ```
//! Matches are found by masks: where a unit stands in the first text, within the window, and not yet taken.
//!
//! # By hand
//! | a | b | window | m | t | Jaro | Jaro-Winkler |
//! |---|---|---|---|---|---|---|
//! | martha | marhta | 2 | 6 | 2 | (1 + 1 + 5/6) / 3 = 0.9444 | 0.9444 + 0.3 · 0.0556 = 0.9611 |
//! | dixon | dicksonx | 3 | 4 | 0 | (4/5 + 4/8 + 1) / 3 = 0.7667 | 0.7667 + 0.2 · 0.2333 = 0.8133 |
//!
//! # When it says more than edits
//! Edits count what was done to a text; Jaro counts what the texts have in common, so it is kind to letters left out in the
//! middle (`jon`, `johnathan`). It serves as the weakest level of names and addresses only: two different surnames of one
//! language often reach 0.8.
//!
//! # Properties
//! - Symmetric only as far as greedy matching is: units of the second text take the first free place in the first.
//!   For short texts such as names the two orders seldom differ; rows are therefore always compared in one order.
//! - 1 for equal texts, 0 without a common unit in the window; no triangle inequality.
//! - A common prefix takes back at most 0.4 of what is missing to 1, which is what the bound in `sketch` and
//!   `level` relies on.
//!
//! # Bound
//! With c units in common at most, Jaro is at most (min(c/|a|, 1) + min(c/|b|, 1) + 1) / 3: all common units match,
//! and in order. Most pairs are dismissed by it without a look at the letters.
//!
//! # Complexity
//! O(|a| + |b|) words: a unit's match is found by one AND and the lowest bit, where the textbook searches a window.
//!
//! # References
//! - Jaro 1989, Advances in record-linkage methodology as applied to matching the 1985 census of Tampa, Florida,
//!   doi:10.1080/01621459.1989.10478785.
//! - Winkler 1990, String comparator metrics and enhanced decision rules in the Fellegi-Sunter model of record linkage.

use super::Scratch;

impl Scratch {
    /// The Jaro similarity of two texts of at most 64 units (Jaro 1989, doi:10.1080/01621459.1989.10478785): matches
    /// within half the longer length, less half the matches that are out of order.
    pub(crate) fn jaro(&mut self, a: &[u8], b: &[u8]) -> f64 {
        if a.is_empty() || b.is_empty() {
            return if a.len() == b.len() { 1.0 } else { 0.0 };
        }
        self.load(a);
        let window = (a.len().max(b.len()) / 2).saturating_sub(1);
        let (mut taken, mut given) = (0_u64, 0_u64);
        for (j, unit) in b.iter().enumerate() {
            let from = j.saturating_sub(window);
            if from >= 64 {
                break;
            }
            let width = j + window + 1 - from;
            let near = if width >= 64 { u64::MAX } else { (1 << width) - 1 } << from;
            let hit = self.masks[*unit as usize] & near & !taken;
            let lowest = hit & hit.wrapping_neg();
            taken |= lowest;
            given |= u64::from(hit != 0) << j;
        }
        self.clear(a);
        let matches = taken.count_ones();
        if matches == 0 {
            return 0.0;
        }
        let mut moved = 0_u32;
        while taken != 0 {
            let (i, j) = (taken.trailing_zeros(), given.trailing_zeros());
            moved += u32::from(a[i as usize] != b[j as usize]);
            taken &= taken - 1;
            given &= given - 1;
        }
        let m = f64::from(matches);
        (m / a.len() as f64 + m / b.len() as f64 + (m - f64::from(moved / 2)) / m) / 3.0
    }

    /// Jaro-Winkler (Winkler 1990): up to four equal units in front bring it closer to 1, a tenth each.
    pub(crate) fn jaro_winkler(&mut self, a: &[u8], b: &[u8]) -> f64 {
        let jaro = self.jaro(a, b);
        let prefix = a.iter().zip(b).take(4).take_while(|(x, y)| x == y).count();
        if jaro > 0.7 { jaro + 0.1 * prefix as f64 * (1.0 - jaro) } else { jaro }
    }
}
