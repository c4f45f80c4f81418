//! Expected purchases of many customers at once.
//!
//! For a given number of purchases x, horizon and discount, what a living customer will buy is a function of one number,
//! v = 1 / (alpha + T), analytic and bounded to the right of v = 0. On each panel [2^e, 2^(e + 1)) a Chebyshev series of
//! 20 terms therefore reproduces it to the last digits (the singularities lie three half-widths from the centre:
//! error (3 + sqrt 8)^-20 < 1e-15). The panels are fixed by the float's exponent, not by the data, so that the answer for
//! a customer does not depend on who else is in the table.
//!
//! # By hand
//! alpha + T = 3.33 gives v = .3 = 1.2 / 4: the octave e = -2 and the place xi = 2 · 1.2 - 3 = -.6 within it. A series
//! c0 + c1 xi + c2 (2 xi^2 - 1) + .. with c = (1, 2, 3) is there 1 - 1.2 + 3 · (-.28) = -1.04, and as powers
//! -2 + 2 xi + 6 xi^2 = -2 - 1.2 + 2.16 = -1.04.
//!
//! # Complexity
//! Time: O(customers) for look-ups, 20 · 20 · (1 + periods) sums a panel. Space: 320 bytes a panel of two functions, some
//! hundred panels; the panels in z live while one x is made. In parallel by x.
//!
//! # Determinism
//! Panels are made for keys in ascending order, and hold the same numbers whoever is in the table.
//!
//! # Why this pays
//!
//! A million customers have some hundred numbers of purchases x, and v within a few octaves: some hundred panels of 20
//! nodes stand for a million sums over [`future`](super::betageo::future). Discounting by month multiplies the nodes, not the
//! customers: the discounted sum of twelve months is a function of v as well, with a series of its own.
//!
//! | step | work |
//! |---|---|
//! | which (x, octave of v) occur | a look at the keys seen last for each customer |
//! | E(z) for each x, on panels in z | 20 sums for each octave of z |
//! | the two functions of v on each panel | 20 times (1 + periods) series of 20 terms |
//! | each customer | one look-up, one series of two functions |
//!
//! # Why it is exact
//!
//! E as a function of v has its nearest singularity at v = 0, or at negative v where 1 + p t v = 0. On a panel from 2^e to
//! 2^(e + 1), of centre 1.5 and half-width .5 in units of 2^e, that is three half-widths away: the series converges as
//! rho^-n, rho = 3 + sqrt(8) = 5.83, and twenty terms leave 5.83^-20 = 5e-16. Interpolating twice, in z and in v, doubles
//! it. A test compares with the direct sums to 1e-11 in the corners.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::kernel::par;

use super::betageo::BetaGeometric;

/// Terms of a series, and nodes of a panel: twenty leave 5e-16, and fewer would show in the printed digits.
const TERMS: usize = 20;

/// Chebyshev nodes on [-1, 1].
fn node(i: usize) -> f64 {
    (PI * (i as f64 + 0.5) / TERMS as f64).cos()
}

/// cos(j `theta_i`): values at the nodes to coefficients.
static COSINES: LazyLock<[[f64; TERMS]; TERMS]> = LazyLock::new(|| {
    std::array::from_fn(|j| {
        std::array::from_fn(|i| {
            let scale = if j == 0 { 1.0 } else { 2.0 } / TERMS as f64;
            scale * (PI * j as f64 * (i as f64 + 0.5) / TERMS as f64).cos()
        })
    })
});

/// Coefficients of xi^i in the Chebyshev polynomial `T_j`: `T_j` = 2 xi `T_(j-1)` - `T_(j-2)`.
static POWERS: LazyLock<[[f64; TERMS]; TERMS]> = LazyLock::new(|| {
    let mut powers = [[0.0; TERMS]; TERMS];
    powers[0][0] = 1.0;
    powers[1][1] = 1.0;
    for j in 2..TERMS {
        for i in 0..TERMS {
            let above = if i > 0 { 2.0 * powers[j - 1][i - 1] } else { 0.0 };
            powers[j][i] = above - powers[j - 2][i];
        }
    }
    powers
});

/// Chains that a series is summed in: four sums side by side wait for each other five times, one would twenty times.
const CHAINS: usize = 4;
const LINKS: usize = TERMS / CHAINS;

/// `K` functions on one panel, as powers of xi: the coefficient of xi^(4 m + chain) at \[m\]\[chain\].
///
/// Powers are a poor basis in general, but not here: the Chebyshev coefficients fall by 5.83 a term and the powers' grow by at
/// most 1 + sqrt 2 = 2.41, so that no digit is lost on the way.
struct Panel<const K: usize>([[[f64; CHAINS]; LINKS]; K]);

impl<const K: usize> Panel<K> {
    /// Interpolates `f` on [2^exponent, 2^(exponent + 1)] at the Chebyshev nodes: coefficient j is
    /// (2 - \[j = 0\]) / n times the sum of f(`v_i`) cos(j `theta_i`).
    fn new(f: impl Fn(f64) -> [f64; K], exponent: i32) -> Self {
        let low = 2.0_f64.powi(exponent);
        let values: [[f64; K]; TERMS] = std::array::from_fn(|i| f(low * (1.5 + 0.5 * node(i))));
        Self(std::array::from_fn(|what| {
            let series: [f64; TERMS] =
                std::array::from_fn(|j| (0..TERMS).map(|i| COSINES[j][i] * values[i][what]).sum());
            let power = |i: usize| (i..TERMS).map(|j| series[j] * POWERS[j][i]).sum();
            std::array::from_fn(|m| std::array::from_fn(|chain| power(CHAINS * m + chain)))
        }))
    }

    /// The sums at xi in [-1, 1]: four chains in xi^4, put together by xi and xi^2.
    #[inline]
    fn at(&self, xi: f64) -> [f64; K] {
        let square = xi * xi;
        let fourth = square * square;
        std::array::from_fn(|k| {
            let mut sums = [0.0; CHAINS];
            for link in self.0[k].iter().rev() {
                for (sum, c) in sums.iter_mut().zip(link) {
                    *sum = *sum * fourth + c;
                }
            }
            (sums[0] + xi * sums[1]) + square * (sums[2] + xi * sums[3])
        })
    }
}

/// Tables for all the (x, T) of a set of customers.
pub(super) struct Curves {
    alpha: f64,
    /// (bits of x, octave of v) of each panel, ascending.
    keys: Vec<(u64, i32)>,
    panels: Vec<Panel<2>>,
    /// Where the panels of small whole x are: x times `octaves`, plus the octave less `lowest`; [`NOWHERE`] for none.
    direct: Vec<u32>,
    lowest: i32,
    octaves: i32,
}

/// Whole x below this and so many octaves are found by their place, others by bisection.
const SMALL: usize = 64;
const MOST_OCTAVES: i32 = 64;
const NOWHERE: u32 = u32::MAX;
/// Keys seen last that are not noted again.
const RECENT: usize = 256;

/// Purchases of a living customer with `x` repeat purchases as a function of z = t / (alpha + T), on panels that cover a
/// range.
struct InZ<'a> {
    model: &'a BetaGeometric,
    x: f64,
    first: i32,
    panels: Vec<Panel<1>>,
}

impl<'a> InZ<'a> {
    /// From the octave of the least z to that of the largest, at most 201 of them: beyond, the function is asked itself.
    fn new(model: &'a BetaGeometric, x: f64, low: f64, high: f64) -> Self {
        let first = split(low).0;
        let exponents = first..=split(high).0.min(first + 200);
        let f = |z: f64| [model.purchases_while_alive(x, z, 1.0)];
        Self { model, x, first, panels: exponents.map(|e| Panel::new(f, e)).collect() }
    }

    /// Expected purchases at z, by its panel; directly where there is none.
    fn at(&self, z: f64) -> f64 {
        let (exponent, xi) = split(z);
        let panel = usize::try_from(exponent - self.first).ok().and_then(|i| self.panels.get(i));
        match panel {
            Some(panel) => panel.at(xi)[0],
            None => self.model.purchases_while_alive(self.x, z, 1.0),
        }
    }
}

/// v = m 2^e with m in [1, 2): (e, 2 m - 3), by the bits of the float: exact, and the same for every customer and thread.
fn split(v: f64) -> (i32, f64) {
    let bits = v.to_bits();
    let exponent = (bits >> 52) as i32 - 1_023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1_023 << 52));
    (exponent, 2.0 * mantissa - 3.0)
}

impl Curves {
    /// `t` is the horizon, `schedule` the discounted one, both in the model's unit.
    pub(super) fn new(
        model: &BetaGeometric,
        x: &[f64],
        t_now: &[f64],
        t: f64,
        schedule: &[(f64, f64)],
    ) -> Self {
        let key = |i: usize| (x[i].to_bits(), split(1.0 / (model.alpha + t_now[i])).0);
        let chunks = par::map_chunks(x.len(), 65_536, |range| {
            let mut recent = [(u64::MAX, 0); RECENT];
            let mut seen = Vec::new();
            for i in range {
                let key = key(i);
                // Exponent and first digits of x, and the octave: neighbours have slots of their own.
                #[expect(clippy::cast_sign_loss, reason = "a slot")]
                let slot = ((key.0 >> 46) as usize ^ ((key.1 as usize) << 3)) % RECENT;
                if recent[slot] != key {
                    recent[slot] = key;
                    seen.push(key);
                }
            }
            seen.sort_unstable();
            seen.dedup();
            seen
        });
        let mut keys = chunks.concat();
        keys.sort_unstable();
        keys.dedup();
        // All times are seen through z = t v: for each x one set of panels in z serves every v and every time.
        let by_x: Vec<&[(u64, i32)]> = keys.chunk_by(|a, b| a.0 == b.0).collect();
        let times = schedule.iter().map(|(t, _)| *t).chain([t]);
        let (first, last) = times.fold((f64::INFINITY, 0.0_f64), |(l, h), t| (l.min(t), h.max(t)));
        let made = par::map_chunks(by_x.len(), 1, |range| {
            let group = by_x[range.start];
            let x = f64::from_bits(group[0].0);
            let (low, high) = (group[0].1, group[group.len() - 1].1);
            let in_z = InZ::new(model, x, first * 2.0_f64.powi(low), last * 2.0_f64.powi(high + 1));
            let on = |exponent: i32| {
                let sum = |v: f64| schedule.iter().map(|(t, w)| w * in_z.at(t * v)).sum::<f64>();
                Panel::new(|v| [in_z.at(t * v), sum(v)], exponent)
            };
            group.iter().map(|(_, exponent)| on(*exponent)).collect::<Vec<_>>()
        });
        let panels: Vec<Panel<2>> = made.into_iter().flatten().collect();
        let octaves = || keys.iter().map(|k| k.1);
        let (lowest, highest) = (octaves().min().unwrap_or(0), octaves().max().unwrap_or(0));
        let octaves = (highest - lowest + 1).min(MOST_OCTAVES);
        let mut all = Self { alpha: model.alpha, keys, panels, direct: Vec::new(), lowest, octaves };
        let mut direct = vec![NOWHERE; SMALL * usize::try_from(octaves).unwrap_or(0)];
        for ((x, octave), place) in all.keys.iter().zip(0_u32..) {
            if let Some(to) = all.place(f64::from_bits(*x), *octave).and_then(|at| direct.get_mut(at)) {
                *to = place;
            }
        }
        all.direct = direct;
        all
    }

    /// The place in `direct` of a small whole x and an octave near the lowest.
    #[inline]
    fn place(&self, x: f64, octave: i32) -> Option<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below SMALL")]
        let whole = if x < SMALL as f64 { x as usize } else { SMALL };
        let step = usize::try_from(octave - self.lowest).ok()?;
        let octaves = usize::try_from(self.octaves).ok()?;
        (whole < SMALL && whole as f64 == x && step < octaves).then_some(whole * octaves + step)
    }

    /// Expected purchases and discounted purchases of one who is alive.
    ///
    /// Not below 0, where interpolation of a function that is all but 0 could be by a rounding. A pair (x, octave) that was not
    /// among the customers has no panel and gives 0: callers ask for the customers they built the tables for.
    pub(super) fn at(&self, x: f64, t_now: f64) -> [f64; 2] {
        let (octave, xi) = split(1.0 / (self.alpha + t_now));
        let found = match self.place(x, octave) {
            Some(at) => self.direct.get(at).map(|place| *place as usize),
            None => self.keys.binary_search(&(x.to_bits(), octave)).ok(),
        };
        match found.and_then(|place| self.panels.get(place)) {
            Some(panel) => panel.at(xi).map(|v| v.max(0.0)),
            None => [0.0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ltv::betageo::Coin;

    #[test]
    fn panels_reproduce_the_direct_sum() {
        for (r, alpha, a, b) in
            [(0.243, 4.414, 0.793, 2.426), (5.0, 0.01, 1.0, 0.1), (0.01, 300.0, 20.0, 0.5)]
        {
            for coin in [Coin::AfterRepeats, Coin::AfterEvery] {
                let model = BetaGeometric { r, alpha, a, b, coin };
                let t_now: Vec<f64> = (0..40).map(|i| f64::from(i) * f64::from(i) * 0.7).collect();
                for x in [0.0, 1.0, 7.0, 400.0, 1e6] {
                    let xs = vec![x; t_now.len()];
                    for t in [0.1, 39.0, 5_000.0] {
                        let curves = Curves::new(&model, &xs, &t_now, t, &[(t, 0.5)]);
                        for now in &t_now {
                            let direct = model.purchases_while_alive(x, 1.0 / (alpha + now), t);
                            let [all, half] = curves.at(x, *now);
                            assert!(
                                (all / direct - 1.0).abs() < 1e-11,
                                "{model:?} {x} {now} {t}: {all} {direct}"
                            );
                            assert!((half / direct - 0.5).abs() < 1e-11);
                        }
                    }
                }
            }
        }
    }
}
