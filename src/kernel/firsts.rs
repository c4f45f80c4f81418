//! Many things numbered at once, by first appearance.
//!
//! A million distinct texts looked up in one hash table, one after the other, are a million waits for memory. Here they
//! are dealt by hash into parts of some thousand; what a part is searched in stays in a cache, and the numbers are the
//! same.
//!
//! ```text
//! things    ulm bonn ulm kiel      parts     {ulm, ulm} {bonn, kiel}
//! first     0   1    0   3         numbers   0 1 0 2
//! ```
//!
//! O(n), 16 bytes a thing beside the result. The hash decides where a thing is looked for, never which number it gets,
//! so hashers may be seeded at random.

use hashbrown::HashTable;

/// Things of a part, about.
const PART: usize = 4096;

/// No number.
const NONE: u32 = u32::MAX;

/// Things and their numbers.
pub(crate) struct Numbered {
    /// By thing; `u32::MAX` for one whose hash is 0.
    pub(crate) numbers: Vec<u32>,
    /// By number: the first thing that has it.
    pub(crate) firsts: Vec<u32>,
}

/// Numbers things by first appearance, from 0. Those whose hash is 0 are left out. `equal` is asked of two things whose
/// hashes have the same lower half. Fewer than 2³² things.
pub(crate) fn number(hashes: &[u64], equal: impl Fn(usize, usize) -> bool) -> Numbered {
    // At most so many that the ends of all parts stay in a cache while things are dealt.
    let parts = (hashes.len() / PART).next_power_of_two().min(1024);
    let bits = parts.trailing_zeros();
    let part_of = |hash: u64| ((hash >> 32) << bits >> 32) as usize;
    let mut starts = vec![0_usize; parts + 1];
    for hash in hashes.iter().filter(|h| **h != 0) {
        starts[part_of(*hash) + 1] += 1;
    }
    for part in 0..parts {
        starts[part + 1] += starts[part];
    }
    let mut next = starts.clone();
    let mut dealt = vec![0_u64; starts[parts]];
    for (hash, thing) in hashes.iter().zip(0_u64..).filter(|(h, _)| **h != 0) {
        let at = &mut next[part_of(*hash)];
        dealt[*at] = hash << 32 | thing;
        *at += 1;
    }
    // By thing: the first that is equal to it.
    let mut numbers = vec![NONE; hashes.len()];
    let mut table: HashTable<u64> = HashTable::with_capacity(2 * PART);
    let place = |x: u64| x >> 32 | x >> 32 << 32;
    for part in starts.windows(2) {
        table.clear();
        for x in &dealt[part[0]..part[1]] {
            let thing = thing_of(*x);
            let same = |y: &u64| x >> 32 == y >> 32 && equal(thing_of(*y) as usize, thing as usize);
            numbers[thing as usize] = if let Some(known) = table.find(place(*x), same) {
                thing_of(*known)
            } else {
                table.insert_unique(place(*x), *x, |y| place(*y));
                thing
            };
        }
    }
    // In the order of things, the first of each kind has its number before the others ask for it.
    let mut firsts = Vec::new();
    for thing in 0..thing_of(hashes.len() as u64) {
        let first = numbers[thing as usize];
        if first == thing {
            numbers[thing as usize] = thing_of(firsts.len() as u64);
            firsts.push(thing);
        } else if first != NONE {
            numbers[thing as usize] = numbers[first as usize];
        }
    }
    Numbered { numbers, firsts }
}

/// The lower half.
#[expect(
    clippy::cast_possible_truncation,
    reason = "things are fewer than 2^32, the upper half is of the hash"
)]
fn thing_of(x: u64) -> u32 {
    x as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As one after the other, whatever the hashes: good ones, all equal, none.
    #[test]
    fn as_one_by_one() {
        let things: Vec<u64> = (0..20_000).map(|i| (i * 7919) % 6_007).collect();
        let hashers: [fn(u64) -> u64; 4] = [|x| crate::kernel::rng::mix(x) | 1, |_| 5, |x| x % 3, |_| 0];
        for hash in hashers {
            let hashes: Vec<u64> = things.iter().map(|x| hash(*x)).collect();
            let got = number(&hashes[..5_000], |i, j| things[i] == things[j]);
            let mut known: Vec<u64> = Vec::new();
            for (i, x) in things[..5_000].iter().enumerate() {
                if hashes[i] == 0 {
                    assert_eq!(got.numbers[i], NONE);
                    continue;
                }
                let at = known.iter().position(|k| k == x).unwrap_or(known.len());
                if at == known.len() {
                    known.push(*x);
                    assert_eq!(got.firsts[at] as usize, i);
                }
                assert_eq!(got.numbers[i] as usize, at);
            }
            assert_eq!(got.firsts.len(), known.len());
        }
    }
}
