//! Parallel maps and reductions whose results do not depend on the number of threads.
//!
//! A reduction cuts the range into chunks of a fixed size, computes each chunk from left to right, and adds the partial
//! results in the order of the chunks. Threads decide only who computes a chunk. Everything runs in the caller's rayon
//! pool; without the feature `rayon` the same chunks are computed one after the other.
//!
//! Why it matters: (a + b) + c and a + (b + c) differ in floats. A sum whose parts are as many as there are threads
//! changes its last bits from machine to machine, a tie breaks the other way, and a model fitted twice is two models.
//!
//! Chunks should hold some ten thousand operations: less, and handing them out shows; more, and a few threads wait for
//! the last one. Nested calls are fine: rayon works off whatever is there.
//!
//! # By hand
//! Four numbers 1e16, 1, −1e16, 1 sum to 1 from left to right (1e16 + 1 is 1e16 in f64), to 0 as (1e16 + 1) + (−1e16 + 1),
//! and to 2 in exact arithmetic. None of the three is wrong by more than rounding; but a library must give the same one
//! every time. With chunks of two the answer is the second, on any machine.
//!
//! # Use
//! - Sums of integers need none of this: they are exact, and any order gives the same.
//! - Sums of floats: [`reduce_chunks`] with a chunk of some thousand items.
//! - One result an item: [`map`]. The results land in order; only side effects would not.
//! - Results into memory that is there: [`for_each_chunk_mut`].
//! - Ties (arg max over chunks): break them by index in `add`, which runs from left to right.

use std::ops::Range;

#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// `(0..n).map(f)` in order. `f` must depend on its argument only. At least 64 indices go to a thread at a time.
pub(crate) fn map<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    #[cfg(feature = "rayon")]
    return (0..n).into_par_iter().with_min_len(64).map(f).collect();
    #[cfg(not(feature = "rayon"))]
    (0..n).map(f).collect()
}

/// `f` of every chunk of at most `chunk` indices of `0..n`, in order of the chunks. `chunk` is a constant of the
/// algorithm, never derived from the number of threads.
///
/// ```text
/// n = 10, chunk = 4        0..4   4..8   8..10
/// one thread               a      a      a
/// two threads, perhaps     a      b      a
/// result, always           [f(0..4), f(4..8), f(8..10)]
/// ```
///
/// Memory: one result a chunk. A panic inside `f` is the caller's panic: rayon hands it on.
pub(crate) fn map_chunks<T: Send>(
    n: usize,
    chunk: usize,
    f: impl Fn(Range<usize>) -> T + Sync + Send,
) -> Vec<T> {
    let chunk = chunk.max(1);
    let range = |i: usize| i * chunk..n.min((i + 1) * chunk);
    let chunks = n.div_ceil(chunk);
    #[cfg(feature = "rayon")]
    return (0..chunks).into_par_iter().map(|i| f(range(i))).collect();
    #[cfg(not(feature = "rayon"))]
    (0..chunks).map(|i| f(range(i))).collect()
}

/// Folds the chunks' results from left to right; `None` for an empty range. Memory: one result per chunk.
pub(crate) fn reduce_chunks<T: Send>(
    n: usize,
    chunk: usize,
    f: impl Fn(Range<usize>) -> T + Sync + Send,
    add: impl FnMut(T, T) -> T,
) -> Option<T> {
    map_chunks(n, chunk, f).into_iter().reduce(add)
}

/// Runs `f(first index, mutable chunk)` over consecutive mutable chunks. No two calls share a place, so their order does
/// not matter.
pub(crate) fn for_each_chunk_mut<T: Send>(
    values: &mut [T],
    chunk: usize,
    f: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let chunk = chunk.max(1);
    #[cfg(feature = "rayon")]
    values.par_chunks_mut(chunk).enumerate().for_each(|(i, part)| f(i * chunk, part));
    #[cfg(not(feature = "rayon"))]
    values.chunks_mut(chunk).enumerate().for_each(|(i, part)| f(i * chunk, part));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every index once and in order, also where the last chunk is shorter.
    #[test]
    fn chunks_cover_the_range_in_order() {
        for n in [0, 1, 7, 8, 9, 1000] {
            let all: Vec<usize> = map_chunks(n, 8, Iterator::collect::<Vec<_>>).concat();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert_eq!(map(n, |i| i), all);
        }
        assert_eq!(reduce_chunks(0, 8, |r| r.len(), |a, b| a + b), None);
        assert_eq!(reduce_chunks(100, 8, Iterator::sum::<usize>, |a, b| a + b), Some(4950));
    }

    /// The first index handed over is where the chunk begins.
    #[test]
    fn mutable_chunks_know_where_they_start() {
        let mut values = vec![0; 100];
        for_each_chunk_mut(&mut values, 7, |first, part| {
            for (i, v) in part.iter_mut().enumerate() {
                *v = first + i;
            }
        });
        assert_eq!(values, (0..100).collect::<Vec<_>>());
    }
}
