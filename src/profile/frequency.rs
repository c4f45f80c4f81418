//! How common values are: what agreeing on one of them is worth.
//!
//! That two strangers share a value v is as likely as v is common. With N entities that have any value in the column and
//! n(v) of them with v, the pair itself left out,
//! ```text
//! u(v) = (n(v) − pair) / N + unseen
//! ```
//! where `pair` is 1 or 2, the entities the pair makes, so that a value nobody else has is not called common because the
//! pair has it. `unseen` is what is left for such a value. By Good and Turing (Good 1953, doi:10.1093/biomet/40.3-4.237) a
//! value seen once is worth 2 · twice / once sightings, with `once` and `twice` the numbers of values that one and two
//! entities have; half of that, smoothed, is taken for one that nobody else has, over a number of entities raised by the
//! least number of values of the kind.
//!
//! # By hand
//! 1,000 people have a surname. `smith` is held by 20 of them, `zwart` by the two records of the pair alone. For a pair that is
//! not yet one person (`pair` = 2):
//! ```text
//! u(smith) = (20 − 2) / 1000 + unseen     about 1 in 56
//! u(zwart) = 0 + unseen                   0.2 / (1000 + 300): 1 in 6,500
//!                                         where one surname occurs twice for five that occur once
//! ```
//! With the pair left in, `zwart` would count as 2 in 1,000: twice the records of anybody would make their name look common,
//! and the rarest names, which say most, would say least.
//!
//! # By record, then by person
//! Once profiles are known, a value is counted by profile: ten records of one person are one person with that name.
//! So are keys, but for local parts of e-mail addresses, which stay counted by record: they are made of names, which have
//! spoken already, and the higher count keeps namesakes with addresses at two hosts from counting twice. Counted by
//! profile they cost .004 of F1 at a million records.
//!
//! # Keys
//! A pair that agrees in the key alone (pinyin of a name, visible digits of a mask) is as likely among strangers as
//! the key is common: u is taken from the number of entities with the key, of the commoner key where the two differ
//! (names in each other's place). A key is never rarer than the values that share it, so `SameKey` never says more
//! than `Equal` through u.
//!
//! # Bounds
//! u lies between unseen and 0.95. The upper bound keeps R = m / u of an equal value that nearly everybody has near
//! 1: agreeing on it says nothing, and must not say something against. The lower one is what bounds the weight of
//! the rarest value: log₂ of m (N + universe) / ratio bits, ratio between 0.02 and 0.5.
//!
//! # Why the pair is left out
//! Leaving out is what cross-validation does: the chance that a stranger has v is estimated from those who are not
//! asked about. For a value of n records the correction is 1 − 2/n, so it matters for rare values only, which is
//! where the weight lies.
//!
//! # Assumptions
//! Strangers' values are drawn independently from the same distribution in every source and place. Where sources
//! differ (one has local names, one not), a name that is common in one only is taken to be as common as in the
//! whole.
//!
//! # Complexity
//! O(values) for a table of records, O(rows · columns) to count by entity, of which only rows of entities with two
//! records and more are read; O(1) for a chance, with one look at a second row where a key or a list of values is
//! concerned. Eight bytes a value. Counting is of integers, so the order of rows cannot change a chance.
//!
//! # Counting by person, by hand
//! Rows 0, 1, 2 are one person, row 3 another; surnames `lee`, `lee`, `leigh`, `lee`.
//! ```text
//! by record    N = 4    n(lee) = 3    n(leigh) = 1
//! by person    N = 2    n(lee) = 2    n(leigh) = 1
//! ```
//! For the pair of rows 0 and 3, two people: by record u = (3 − 2) / 4 + unseen, by person (2 − 2) / 2 + unseen.
//! The first takes the person's own repetition for a stranger's; the second knows that nobody else has the name.
//!
//! # References
//! - Winkler 2000, Frequency-based matching in Fellegi-Sunter model of record linkage, US Census RR2000/06.
//! - Good 1953, The population frequencies of species and the estimation of population parameters,
//!   doi:10.1093/biomet/40.3-4.237.

use crate::data::{FieldKind, NONE};

use super::compare::Level;
use super::prepare::{Col, Prepared};
use super::prior::prior;
use super::score::{MAX_COLUMNS, Pair};

/// How many entities have each value and each key.
#[derive(Clone)]
pub(crate) struct Frequencies {
    /// By column and value: entities that have the value, and those that have its key. Side by side, because who asks
    /// for a value that lies elsewhere in memory waits once.
    shared: Vec<Vec<[u32; 2]>>,
    /// Entities with any value.
    filled: Vec<f64>,
    /// Chance of a value that has not been seen elsewhere.
    unseen: Vec<f64>,
}

impl Frequencies {
    /// Every record an entity of its own.
    pub(crate) fn of_records(prepared: &Prepared) -> Self {
        let cols = prepared.cols.iter().take(MAX_COLUMNS);
        let mut all = Self {
            shared: cols.clone().map(counts_of).collect(),
            filled: cols.map(|c| c.filled as f64).collect(),
            unseen: Vec::new(),
        };
        all.finish(prepared);
        all
    }

    /// Entities by the root of each row: what the rows of one entity share counts once. O(rows + values).
    ///
    /// With k rows of one entity that have a value in the column, the number of entities falls by k − 1; each value
    /// that the entity has in r of its rows falls by r − 1. Entities of one record leave everything as it is, so
    /// only the others are visited.
    pub(crate) fn of_entities(&self, prepared: &Prepared, roots: &[u32]) -> Self {
        let mut all = self.clone();
        let members = members(roots);
        let cols = &prepared.cols[..all.shared.len()];
        let mut keys: Vec<Option<Vec<u32>>> =
            cols.iter().map(|c| key_by_person(c.kind).then(|| c.key_count.clone())).collect();
        let mut own: Vec<u32> = Vec::new();
        for entity in members.chunk_by(|x, y| roots[*x as usize] == roots[*y as usize]) {
            for (c, (shared, keys)) in all.shared.iter_mut().zip(&mut keys).enumerate() {
                let key_of = |value: u32| cols[c].key_of(value);
                if let [a, b] = *entity
                    && !prepared.multiple
                {
                    // Most entities: two values are compared without a list.
                    let (x, y) = (prepared.row(a as usize)[c], prepared.row(b as usize)[c]);
                    if x != NONE && y != NONE {
                        all.filled[c] -= 1.0;
                        take(&mut shared[x as usize][0], x == y);
                        if let Some(keys) = keys {
                            take(&mut keys[key_of(x) as usize], key_of(x) == key_of(y));
                        }
                    }
                    continue;
                }
                own.clear();
                let mut filled = 0.0;
                for row in entity {
                    let before = own.len();
                    own.extend(prepared.values(*row as usize, c));
                    filled += if own.len() > before { 1.0 } else { 0.0 };
                }
                if filled >= 2.0 {
                    all.filled[c] -= filled - 1.0;
                    own.sort_unstable();
                    for (value, again) in own.iter().zip(&own[1..]) {
                        take(&mut shared[*value as usize][0], value == again);
                    }
                    if let Some(keys) = keys {
                        for value in &mut own {
                            *value = key_of(*value);
                        }
                        own.sort_unstable();
                        for (key, again) in own.iter().zip(&own[1..]) {
                            take(&mut keys[*key as usize], key == again);
                        }
                    }
                }
            }
        }
        for ((shared, keys), col) in all.shared.iter_mut().zip(&keys).zip(cols) {
            if let Some(keys) = keys {
                for (counts, value) in shared.iter_mut().zip(0..) {
                    counts[1] = keys[col.key_of(value) as usize];
                }
            }
        }
        all.finish(prepared);
        all
    }

    /// Frozen totals without any value yet: the index tells the counts of values as they come.
    pub(crate) fn frozen(filled: Vec<f64>, unseen: Vec<f64>) -> Self {
        Self { shared: vec![Vec::new(); filled.len()], filled, unseen }
    }

    /// The totals that stay when values come and go.
    pub(crate) fn totals(&self) -> (&[f64], &[f64]) {
        (&self.filled, &self.unseen)
    }

    /// Sets how many entities have a value, and how many its key. The list grows to hold the number; numbers are dense,
    /// since freed ones are used again.
    pub(crate) fn put(&mut self, c: usize, value: u32, counts: [u32; 2]) {
        let (shared, at) = (&mut self.shared[c], value as usize);
        if shared.len() <= at {
            shared.resize(at + 1, [0; 2]);
        }
        shared[at] = counts;
    }

    /// The chance of a value that nobody else has, from how many values occur once and twice:
    /// ```text
    /// unseen = clamp( (twice + 1) / (once + 2), 0.02, 0.5 ) / (N + universe)
    /// ```
    /// The added 1 and 2 keep the ratio defined in a column without repetition, where it falls as 1 / once down to
    /// its bound.
    fn finish(&mut self, prepared: &Prepared) {
        self.unseen.clear();
        for ((shared, filled), col) in self.shared.iter().zip(&mut self.filled).zip(&prepared.cols) {
            let (mut once, mut twice) = (0_u32, 0_u32);
            for [n, _] in shared {
                once += u32::from(*n == 1);
                twice += u32::from(*n == 2);
            }
            *filled = filled.max(1.0);
            let ratio = (f64::from(twice) + 1.0) / (f64::from(once) + 2.0);
            self.unseen.push(ratio.clamp(0.02, 0.5) / (*filled + prior(col.kind).universe));
        }
    }

    /// How many entities have a value, and how many its key.
    pub(crate) fn counts(&self, c: usize, value: u32) -> [u32; 2] {
        self.shared[c][value as usize]
    }

    /// The chance of a value or key that so many entities have, those of the pair left out.
    ///
    /// u = min( (known − entities)⁺ / N + unseen, 0.95 ), a chance between 0 and 1. `known` counts the pair's own
    /// entities, which is why they are taken off; where a count was frozen before they came, it cannot fall below
    /// 0.
    pub(crate) fn rate(&self, c: usize, known: u32, entities: u32) -> f64 {
        (f64::from(known.saturating_sub(entities)) / self.filled[c] + self.unseen[c]).min(0.95)
    }

    /// The chance that an unrelated record agrees with this pair in a column, the pair itself left out. `entities`: how
    /// many the pair makes, one or two.
    ///
    /// `level` is `Equal` or `SameKey`. With several values in a row it is that of a value both have. A level that
    /// came from another place (names read crosswise, where the first record has no value in the column) has a
    /// round chance of 10⁻³.
    pub(crate) fn chance(
        &self,
        prepared: &Prepared,
        pair: &Pair,
        c: usize,
        level: usize,
        entities: u32,
    ) -> f64 {
        let col = &prepared.cols[c];
        let x = prepared.row(pair.a as usize)[c];
        // The second row is read only where it says more: it lies elsewhere.
        let known = if level == Level::Equal as usize {
            let shared = if col.more.is_empty() {
                x
            } else {
                let other = |v: &u32| prepared.values(pair.b as usize, c).any(|w| w == *v);
                prepared.values(pair.a as usize, c).find(other).unwrap_or(x)
            };
            if shared == NONE {
                return 1e-3;
            }
            self.counts(c, shared)[0]
        } else {
            let y = prepared.row(pair.b as usize)[c];
            if x == NONE {
                return 1e-3;
            }
            let [_, key] = self.counts(c, x);
            if y == NONE { key } else { key.max(self.counts(c, y)[1]) }
        };
        self.rate(c, known, entities)
    }
}

/// The rows of all entities of two rows and more, those of an entity side by side, ascending.
fn members(roots: &[u32]) -> Vec<u32> {
    let mut next = vec![0_u32; roots.len()];
    for root in roots {
        next[*root as usize] += 1;
    }
    // By root: where the next row of the entity goes.
    let mut end = 0;
    for at in &mut next {
        let rows = *at;
        *at = if rows > 1 { end } else { NONE };
        end += if rows > 1 { rows } else { 0 };
    }
    let mut members = vec![0; end as usize];
    for (row, root) in (0_u32..).zip(roots) {
        let at = &mut next[*root as usize];
        if *at != NONE {
            members[*at as usize] = row;
            *at += 1;
        }
    }
    members
}

/// One less, where something is had again. Values too common to count have none.
fn take(count: &mut u32, again: bool) {
    *count = count.saturating_sub(u32::from(again));
}

/// Whether a column's keys are counted by person once people are known.
///
/// Local parts of e-mail addresses are not: they repeat the name, which is a column of its own.
fn key_by_person(kind: FieldKind) -> bool {
    kind != FieldKind::Email
}

/// Records that have each value, and its key.
fn counts_of(col: &Col) -> Vec<[u32; 2]> {
    col.count.iter().zip(0..).map(|(n, value)| [*n, col.key_count[col.key_of(value) as usize]]).collect()
}

/// Levels from which the chance depends on the value.
///
/// `SameKey` and `Equal`: what they share is a value and as likely as that is common. The levels below are about
/// likeness, which has much the same chance for all values of a column, and is learnt from random pairs.
pub(crate) fn depends_on_value(level: usize) -> bool {
    level >= Level::SameKey as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Field, Record, Records};
    use crate::profile::Normaliser;

    /// The page's example, with e-mail addresses whose local parts are one key; two rows of an entity and three, which
    /// are counted in different ways.
    #[test]
    fn what_rows_of_one_person_share_counts_once() {
        let fields = [Field::new("name", FieldKind::FamilyName), Field::new("email", FieldKind::Email)];
        let mut table = Records::builder(fields).unwrap();
        for ((name, email), id) in
            [("lee", "a.lee@x.org"), ("lee", "a.lee@y.org"), ("leigh", ""), ("lee", "a.lee@x.org")]
                .into_iter()
                .zip(0_i64..)
        {
            table.push(Record::new(id).value("name", name).value("email", email)).unwrap();
        }
        let prepared = Prepared::new(&table.build().unwrap(), Normaliser::new()).unwrap();
        let records = Frequencies::of_records(&prepared);
        let counts = |f: &Frequencies| {
            let of = |row: usize, c: usize| f.counts(c, prepared.row(row)[c]);
            ([of(0, 0), of(2, 0)], [of(0, 1), of(1, 1)], f.totals().0.to_vec())
        };
        assert_eq!(counts(&records), ([[3, 3], [1, 1]], [[2, 3], [1, 3]], vec![4.0, 3.0]));
        let three = records.of_entities(&prepared, &[0, 0, 0, 3]);
        assert_eq!(counts(&three), ([[2, 2], [1, 1]], [[2, 3], [1, 3]], vec![2.0, 2.0]));
        let two = records.of_entities(&prepared, &[0, 1, 2, 0]);
        assert_eq!(counts(&two), ([[2, 2], [1, 1]], [[1, 3], [1, 3]], vec![3.0, 2.0]));
    }
}
