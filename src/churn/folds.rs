//! Folds that keep the rows of one customer together and do not depend on the order of the rows.
//!
//! A customer's place in the deal is the hash of the key and the seed, so the same customers fall into the same folds whatever
//! rows stand around them, and a subset of a table is dealt as the whole table is. Leavers and stayers are dealt apart, which
//! keeps the folds' rates equal to within one customer: with few leavers the loss out of fold would otherwise depend on the
//! luck of the deal.

//!
//! | rows | fold |
//! |---|---|
//! | of one customer, at however many cuts | one |
//! | of the same customer in another table, same seed, the same others | the same |
//! | in another order | the same |
use crate::data::Customers;
use crate::kernel::rng::mix;
use crate::types::Seed;

/// A number for each row's customer that depends on the customer's key and the seed alone: `SplitMix64` over the key's text in
/// words of eight bytes, begun with the seed and the text's length. Equal keys have equal numbers; two customers share one
/// with probability 2⁻⁶⁴, which would only put them into one fold.
pub(super) fn customer_hashes(customers: &Customers, seed: Seed) -> Vec<u64> {
    (0..customers.len())
        .map(|row| {
            let key = customers.key(row);
            let text = key.as_ref().map(|k| k.to_text());
            let bytes = text.as_ref().map_or(&[][..], |t| t.as_bytes());
            bytes.chunks(8).fold(mix(seed.0 ^ bytes.len() as u64), |hash, block| {
                let mut word = [0; 8];
                word[..block.len()].copy_from_slice(block);
                mix(hash ^ u64::from_le_bytes(word))
            })
        })
        .collect()
}

/// With labels "left at some cut" and "never left" the groups are two packs of cards, shuffled by the hash and dealt to the folds
/// one by one: fold sizes of either kind differ by at most one group. O(n log n).
///
/// The fold of each row: groups in order of their hash are dealt out in turn, those with a positive and those without
/// apart, so that every fold has its share of both.
pub(super) fn assign(groups: &[u64], labels: &[bool], folds: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_unstable_by_key(|row| (groups[*row], *row));
    let mut fold_of = vec![0; groups.len()];
    let mut dealt = [0_usize; 2];
    for rows in order.chunk_by(|a, b| groups[*a] == groups[*b]) {
        let positive = usize::from(rows.iter().any(|row| labels[*row]));
        for row in rows {
            fold_of[*row] = dealt[positive] % folds.max(1);
        }
        dealt[positive] += 1;
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_stay_together_and_outcomes_are_shared_out() {
        let groups: Vec<u64> = (0..300).map(|i| mix(i / 3)).collect();
        let labels: Vec<bool> = (0..300).map(|i| i / 3 % 4 == 0).collect();
        let folds = assign(&groups, &labels, 5);
        for i in (0..300).step_by(3) {
            assert!(folds[i] == folds[i + 1] && folds[i] == folds[i + 2]);
        }
        for k in 0..5 {
            let of_fold = |positive: bool| {
                folds.iter().zip(&labels).filter(|(f, l)| **f == k && **l == positive).count()
            };
            assert_eq!((of_fold(true), of_fold(false)), (15, 45));
        }
    }

    #[test]
    fn folds_follow_the_key_not_the_position() {
        let keys = |names: &[&str]| {
            let customers = Customers::all(crate::data::Keys::new(names.iter().copied()).unwrap().into());
            customer_hashes(&customers, Seed(7))
        };
        let (all, some) = (keys(&["ann", "bob", "eve"]), keys(&["bob", "eve"]));
        assert_eq!(all[1..], some[..]);
    }
}
