//! Sorting many values by a 64-bit key.

/// Below this length comparison sorting is faster.
const SMALL: usize = 1 << 12;
const BITS: u32 = 11;
const BUCKETS: usize = 1 << BITS;

/// Sorts by key, keeping the order of equal keys: a radix sort from the lowest digit up, which skips digits that all keys
/// share. O(n) time, as much memory again.
#[expect(clippy::cast_possible_truncation, reason = "a digit of 11 bits")]
pub(crate) fn sort_by_key_u64<T: Copy + Default>(values: &mut Vec<(u64, T)>) {
    if values.len() < SMALL {
        values.sort_by_key(|(key, _)| *key);
        return;
    }
    let (any, all) = values.iter().fold((0, u64::MAX), |(any, all), (key, _)| (any | key, all & key));
    let differing = any ^ all;
    let mut other = vec![(0, T::default()); values.len()];
    for shift in (0..u64::BITS).step_by(BITS as usize) {
        let digit = |key: u64| (key >> shift) as usize & (BUCKETS - 1);
        if digit(differing) == 0 {
            continue;
        }
        let mut next = [0_usize; BUCKETS];
        for (key, _) in values.iter() {
            next[digit(*key)] += 1;
        }
        let mut sum = 0;
        for count in &mut next {
            (*count, sum) = (sum, sum + *count);
        }
        for value in values.iter() {
            let place = &mut next[digit(value.0)];
            other[*place] = *value;
            *place += 1;
        }
        std::mem::swap(values, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::rng::Rng;
    use crate::types::Seed;

    #[test]
    fn equals_a_stable_comparison_sort() {
        let mut rng = Rng::new(Seed(5), 0);
        for (n, spread) in [(0, 1), (100, 50), (20_000, 300), (20_000, u64::MAX)] {
            let mut values: Vec<(u64, u32)> = (0..n).map(|i| (rng.below(spread) << 9, i)).collect();
            let mut expected = values.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key_u64(&mut values);
            assert_eq!(values, expected);
        }
    }
}
