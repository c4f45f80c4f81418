//! Exact-identifier rules: the same e-mail address, the same person, unless too many share it.
//!
//! # When to use it
//! Where a policy says which identifiers make one person, and no weighing is wanted: an audit, a migration, a baseline. It knows
//! no slips and no evidence from several fields together; [`Method::Probabilistic`](super::Method::Probabilistic) finds more
//! and merges less wrongly.
//!
//! # The rule
//! ```text
//! a ~ b   where both have the value v of an identifying kind,  v is not masked,  n(v) ≤ limit(kind)
//! ```
//! People are the connected components of ~, built value by value in the order of columns; a join that would bring two
//! different national ids into one group is left out. `n(v)` is the number of records that have v: an e-mail address of 21
//! records is a desk's, not a person's.
//!
//! # Complexity
//! O(n F log n) time for n records and F identifying columns, O(n) memory. Deterministic: values are visited in their order.
//!
//! # By hand
//! ```text
//! row   e-mail     phone     national id
//! 0     ann@x      111       A
//! 1     ann@x      —         —
//! 2     —          111       B
//! ```
//! In the order of columns: the e-mail address joins 0 and 1, a group whose national id is A. The telephone number
//! would bring 0 and 2 together, A and B contradict each other, and 2 stays apart. Had row 2 no national id, all
//! three were one person.
//!
//! # What depends on order
//! A group knows one national id. Where values of two ids compete for a record without one, the value that is
//! visited first wins: columns in the order of fields, values by first occurrence. So the result is one function of
//! the table, but not the only consistent partition.
//!
//! # Errors
//! None; limits of 0 and of kinds that identify nobody are refused by
//! [`MatchParams::check`](super::MatchParams::check).

use crate::data::FieldKind;
use crate::kernel::union::UnionFind;

use super::params::Limits;
use super::prepare::Prepared;

/// Groups records that share an unmasked identifier which no more records share than its limit allows, and whose
/// national ids do not contradict each other.
///
/// Returns the root of each row and the number of values that were over their limit.
pub(crate) fn resolve(prepared: &Prepared, limits: &Limits) -> (Vec<u32>, usize) {
    let mut groups = UnionFind::new(prepared.rows);
    let mut over = 0;
    // The one national id of each group, by its root; groups that learn a second one stay apart.
    let national = prepared.cols.iter().position(|c| c.kind == FieldKind::NationalId);
    let mut known: Vec<Option<u32>> = (0..prepared.rows)
        .map(|row| {
            let col = national?;
            prepared.values(row, col).find(|v| !prepared.cols[col].forms[*v as usize].masked)
        })
        .collect();
    for (c, col) in prepared.cols.iter().enumerate() {
        let Some(limit) = limits.of(col.kind) else { continue };
        let mut holders: Vec<(u32, u32)> = Vec::with_capacity(col.filled);
        for (row, number) in (0..prepared.rows).zip(0_u32..) {
            holders.extend(prepared.values(row, c).map(|v| (v, number)));
        }
        holders.sort_unstable();
        for group in holders.chunk_by(|a, b| a.0 == b.0) {
            if group.len() < 2 || col.forms[group[0].0 as usize].masked {
                continue;
            }
            if group.len() > limit as usize {
                over += 1;
                continue;
            }
            for pair in group.windows(2) {
                let (a, b) = (groups.find(pair[0].1), groups.find(pair[1].1));
                let (x, y) = (known[a as usize], known[b as usize]);
                if a == b || (x.is_some() && y.is_some() && x != y) {
                    continue;
                }
                let root = groups.union(a, b);
                known[root as usize] = x.or(y);
            }
        }
    }
    (groups.roots(), over)
}
