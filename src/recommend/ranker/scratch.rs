//! Dense accumulators that are emptied by touching only what was filled, and a pool of them.

use std::sync::Mutex;

/// Sums by number, for few of many numbers.
#[derive(Default)]
pub(super) struct Sums {
    values: Vec<f32>,
    touched: Vec<u32>,
}

impl Sums {
    /// Numbers below `n` can be summed from now on.
    pub(super) fn reach(&mut self, n: usize) {
        if self.values.len() < n {
            self.values.resize(n, 0.0);
        }
    }

    /// Adds a positive value. Numbers beyond the reach are left out.
    pub(super) fn add(&mut self, number: u32, value: f32) {
        if let Some(sum) = self.values.get_mut(number as usize) {
            if *sum == 0.0 {
                self.touched.push(number);
            }
            *sum += value;
        }
    }

    pub(super) fn get(&self, number: u32) -> f32 {
        self.values.get(number as usize).copied().unwrap_or(0.0)
    }

    /// Numbers with a sum, in the order of their first addition.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    pub(super) fn clear(&mut self) {
        for number in self.touched.drain(..) {
            self.values[number as usize] = 0.0;
        }
    }

    /// The numbers with the `n` largest sums; equal sums by number.
    pub(super) fn largest(&self, n: usize) -> Vec<u32> {
        let mut sums: Vec<(f32, u32)> = self.touched.iter().map(|i| (self.get(*i), *i)).collect();
        keep_largest(&mut sums, n);
        sums.into_iter().map(|(_, i)| i).collect()
    }
}

/// Keeps the `n` largest, in order; equal values by number.
pub(super) fn keep_largest(sums: &mut Vec<(f32, u32)>, n: usize) {
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if sums.len() > n {
        sums.select_nth_unstable_by(n, order);
        sums.truncate(n);
    }
    sums.sort_unstable_by(order);
}

/// What one list needs while it is made.
#[derive(Default)]
pub(super) struct Scratch {
    /// Of items: how well they go with what the customer bought.
    pub(super) related: Sums,
    /// Of items: how often they follow what is in the last basket.
    pub(super) follows: Sums,
    /// Of items: their weight with the customers of the wide circle, and of the close one.
    pub(super) wide: Sums,
    pub(super) close: Sums,
    /// Of customers: items in common.
    pub(super) common: Sums,
    /// Customers by cosine, and by distance.
    pub(super) similar: Vec<(f32, u32)>,
    pub(super) nearest: Vec<(f32, u32)>,
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.related.clear();
        self.follows.clear();
        self.wide.clear();
        self.close.clear();
    }
}

/// Scratch memory for as many lists as are made at a time, kept so that a list allocates little. Its contents never
/// outlive a list, so they reach no result.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Scratch>>);

impl Pool {
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut Scratch) -> T) -> T {
        let kept = self.0.lock().ok().and_then(|mut pool| pool.pop());
        let mut scratch = kept.unwrap_or_default();
        let result = f(&mut scratch);
        scratch.clear();
        if let Ok(mut pool) = self.0.lock() {
            pool.push(scratch);
        }
        result
    }
}
