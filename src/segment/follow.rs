//! Segments over time: who moved, and which segment of a new model is which of the old one.
//!
//! Two models number their segments each in its own way, and a refit may put a border elsewhere. What stays comparable
//! are the customers: a segment of the new model is the old one with which it shares most of them, all pairs taken
//! together so that no old segment is claimed twice (an assignment problem). Names follow, and "champions" stay champions.

use std::cmp::Ordering;

use crate::data::PerCustomer;
use crate::error::{Error, Result};
use crate::types::Language;

use super::input::SegmentInput;
use super::model::{Segment, SegmentModel};
use super::names::SegmentName;

/// Who was in which segment at two dates, under one model.
///
/// Row i and column j of the matrix count the customers who were in segment i and are in segment j. Segments stand in the
/// order of the model, from the most valuable down where the columns tell value: below the diagonal are those who moved
/// up, above it those who slipped. Customers of one date only are counted apart, so that nobody is lost.
///
/// ```
/// use regulars::data::{Customers, Features, Keys};
/// use regulars::segment::{Change, KMeansParams};
///
/// let table = |keys: [&str; 4], spend: [f64; 4]| {
///     let customers = Customers::all(Keys::new(keys)?.into());
///     Features::builder(customers).numeric("spend", spend)?.build()
/// };
/// let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
/// let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
/// let model = KMeansParams::new(2).fit(&june)?;
/// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
///
/// assert_eq!(moves.stayed(), 2);
/// assert_eq!(moves.arrived().iter().sum::<u64>(), 1);
/// assert_eq!(moves.left().iter().sum::<u64>(), 1);
/// assert_eq!(moves.changes().by_key("bob"), Some(&Change::Down));
/// assert_eq!(moves.changes().by_key("eve"), Some(&Change::Arrived));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Migration {
    k: usize,
    counts: Vec<u64>,
    arrived: Vec<u64>,
    left: Vec<u64>,
    changes: PerCustomer<Change>,
}

/// What became of one customer between two dates.
///
/// ```
/// use regulars::segment::Change;
/// use regulars::types::Language;
///
/// assert_eq!(Change::Up.name(Language::English), "moved up");
/// assert_eq!(Change::Down.name(Language::Chinese), "下滑");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Change {
    /// Not seen at the first date.
    Arrived,
    /// In the same segment at both.
    Stayed,
    /// In a segment that stands before the old one in the order of the model: towards more value where the columns tell
    /// value.
    Up,
    /// In a segment that stands behind the old one.
    Down,
}

impl Change {
    /// The word for it.
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Self::Arrived => language.pick("arrived", "新增"),
            Self::Stayed => language.pick("stayed", "不变"),
            Self::Up => language.pick("moved up", "上升"),
            Self::Down => language.pick("slipped", "下滑"),
        }
    }
}

impl Migration {
    /// Customers in segment `from` at the first date and in `to` at the second; 0 for segments of another model.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!((moves.count(small, large), moves.count(large, small)), (1, 0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn count(&self, from: Segment, to: Segment) -> u64 {
        let at = (from.index() < self.k && to.index() < self.k).then(|| from.index() * self.k + to.index());
        at.map_or(0, |at| self.counts[at])
    }

    /// Of the customers in `from` who are seen at both dates, the share now in `to`; `None` where there are none.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!((moves.share(small, large), moves.share(large, large)), (Some(0.5), Some(1.0)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn share(&self, from: Segment, to: Segment) -> Option<f64> {
        let row = self.counts.chunks_exact(self.k).nth(from.index())?;
        let all: u64 = row.iter().sum();
        (all > 0).then(|| self.count(from, to) as f64 / all as f64)
    }

    /// Customers in the same segment at both dates.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.stayed(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn stayed(&self) -> u64 {
        (0..self.k).map(|j| self.counts[j * self.k + j]).sum()
    }

    /// Customers who moved to a segment before their old one in the order of the model, which is towards more value
    /// where the columns tell value.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.moved_up(), 0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn moved_up(&self) -> u64 {
        self.sum_where(|from, to| to < from)
    }

    /// Customers who moved to a segment behind their old one.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.moved_down(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn moved_down(&self) -> u64 {
        self.sum_where(|from, to| to > from)
    }

    /// Customers seen at the second date only, by segment.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.arrived(), [1, 0]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn arrived(&self) -> &[u64] {
        &self.arrived
    }

    /// Customers seen at the first date only, by segment.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.left(), [0, 1]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn left(&self) -> &[u64] {
        &self.left
    }

    /// Who moved up and who slipped: what became of every customer of the second date.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// let down = moves.changes().iter_keys().filter(|(_, change)| **change == Change::Down);
    /// assert_eq!(down.map(|(key, _)| key.to_string()).collect::<Vec<_>>(), ["bob"]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn changes(&self) -> &PerCustomer<Change> {
        &self.changes
    }

    /// The matrix of counts row by row: from segment i of the first date to segment j of the second.
    ///
    /// ```
    /// # use regulars::data::{Customers, Features, Keys};
    /// # use regulars::segment::{Change, KMeansParams};
    /// # let table = |keys: [&str; 4], spend: [f64; 4]| {
    /// #     Features::builder(Customers::all(Keys::new(keys)?.into())).numeric("spend", spend)?.build()
    /// # };
    /// # let june = table(["ann", "bob", "cat", "dan"], [10.0, 12.0, 900.0, 950.0])?;
    /// # let july = table(["ann", "bob", "cat", "eve"], [11.0, 880.0, 905.0, 13.0])?;
    /// # let model = KMeansParams::new(2).fit(&june)?;
    /// // Bob went from the first segment to the second, Dan left, Eve is new.
    /// let moves = model.migration(&model.assign(&june)?, &model.assign(&july)?)?;
    /// let [small, large] = model.segments().collect::<Vec<_>>()[..] else { unreachable!() };
    /// assert_eq!(moves.counts().collect::<Vec<_>>(), [[1, 1], [0, 1]]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn counts(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.counts.chunks_exact(self.k)
    }

    /// Customers in the cells of the matrix that `keep` chooses.
    fn sum_where(&self, keep: impl Fn(usize, usize) -> bool) -> u64 {
        let cells = (0..self.k).flat_map(|from| (0..self.k).map(move |to| (from, to)));
        cells.filter(|(from, to)| keep(*from, *to)).map(|(from, to)| self.counts[from * self.k + to]).sum()
    }
}

impl SegmentModel {
    /// Who moved between two dates: segments that this model assigned at each, customers matched by key.
    ///
    /// Both come from one model, so that a move is the customer's and not the border's; after a refit, match first.
    /// O(n log n).
    ///
    /// ```
    /// use regulars::data::Features;
    /// use regulars::segment::KMeansParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Seed};
    ///
    /// let ledger = ShopParams::new(300, Seed(4)).simulate()?.ledger()?;
    /// let last = ledger.covers().1;
    /// let at = |back: i64| Features::behaviour(ledger.observed(AsOf::new(last.checked_add(-back).unwrap()))?);
    /// let (then, now) = (at(60)?, at(0)?);
    /// let model = KMeansParams::new(4).fit(&then)?;
    /// let moves = model.migration(&model.assign(&then)?, &model.assign(&now)?)?;
    /// let known = moves.stayed() + moves.moved_up() + moves.moved_down();
    /// assert_eq!(known, then.len() as u64, "nobody is forgotten");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for segments of another model that has more of them.
    pub fn migration(
        &self,
        before: &PerCustomer<Segment>,
        after: &PerCustomer<Segment>,
    ) -> Result<Migration> {
        let k = self.k();
        if before.values().iter().chain(after.values()).any(|s| s.index() >= k) {
            return Err(Error::input("a segment of another model"));
        }
        let (mut counts, mut arrived, mut left) = (vec![0; k * k], vec![0; k], vec![0; k]);
        for (_, from) in before.iter_keys().filter(|(key, _)| after.by_key(key).is_none()) {
            left[from.index()] += 1;
        }
        let mut changes = Vec::with_capacity(after.len());
        for (key, to) in after.iter_keys() {
            let Some(from) = before.by_key(&key) else {
                arrived[to.index()] += 1;
                changes.push(Change::Arrived);
                continue;
            };
            counts[from.index() * k + to.index()] += 1;
            changes.push(match to.cmp(from) {
                Ordering::Less => Change::Up,
                Ordering::Equal => Change::Stayed,
                Ordering::Greater => Change::Down,
            });
        }
        let changes = PerCustomer::new(after.customers().clone(), changes)?;
        Ok(Migration { k, counts, arrived, left, changes })
    }

    /// This model with the segments in the order and under the names of an older one, so that "champions" stay
    /// champions across refits. Both models assign the customers given; segments are paired so that as many
    /// customers as possible keep theirs (the assignment problem, solved exactly; the lower number wins among equals).
    /// Where the models differ in the number of segments, those without a partner keep their names and come last.
    ///
    /// ```
    /// use regulars::data::{Customers, Features};
    /// use regulars::segment::{Init, KMeansParams};
    /// use regulars::types::Language;
    ///
    /// let spend = [10.0, 12.0, 900.0, 950.0, 14.0];
    /// let features = Features::builder(Customers::numbered(5)?).numeric("spend", spend)?.build()?;
    /// let june = KMeansParams::new(2).fit(&features)?.named(["small", "large"])?;
    /// // A later fit that happens to number its segments the other way round, and knows no names.
    /// let upside_down = Init::Centres(vec![vec![1.0], vec![-1.0]]);
    /// let july = KMeansParams::new(2).init(upside_down).fit(&features)?;
    /// assert_ne!(july.assign(&features)?.values(), june.assign(&features)?.values());
    /// let july = july.matched(&june, &features)?;
    /// assert_eq!(july.assign(&features)?.values(), june.assign(&features)?.values());
    /// assert_eq!(july.name(july.segments().next().unwrap(), Language::English), "small");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`assign`](Self::assign), for either model.
    pub fn matched<'a>(&self, older: &Self, data: impl Into<SegmentInput<'a>>) -> Result<Self> {
        let data = data.into();
        let (new, old) = (self.assign(data)?, older.assign(data)?);
        let size = self.k().max(older.k());
        let mut overlap = vec![0_i64; size * size];
        for (new, old) in new.values().iter().zip(old.values()) {
            overlap[old.index() * size + new.index()] += 1;
        }
        let partners = best_pairs(&overlap, size);
        let mut order: Vec<usize> = partners[..older.k()].iter().copied().filter(|j| *j < self.k()).collect();
        let paired: Vec<usize> = (0..older.k()).filter(|i| partners[*i] < self.k()).collect();
        order.extend((0..self.k()).filter(|j| !partners[..older.k()].contains(j)));
        let width = self.columns.len();
        let mut matched = self.clone();
        matched.centres =
            order.iter().flat_map(|j| &self.centres[j * width..(j + 1) * width]).copied().collect();
        matched.profiles = order.iter().map(|j| self.profiles[*j].clone()).collect();
        for (profile, old) in matched.profiles.iter_mut().zip(&paired) {
            profile.name = older.profiles[*old].name.clone();
        }
        // A segment without a partner must not share its name with one that has inherited it.
        for i in paired.len()..matched.profiles.len() {
            let mut number = u16::try_from(i + 1).unwrap_or(u16::MAX);
            while matched.profiles[..i].iter().any(|p| p.name == matched.profiles[i].name) {
                matched.profiles[i].name = SegmentName::Number(number);
                number = number.saturating_add(1);
            }
        }
        Ok(matched)
    }
}

/// The column paired with each row so that the sum of `gain` (square, row-major) is largest: the Hungarian algorithm with
/// potentials, O(size³) (Kuhn 1955, doi:10.1002/nav.3800020109).
///
/// Rows are added one at a time. Each row u and column v has a potential with −gain(u, v) >= p(u) + p(v), with equality
/// along the pairs made; a shortest augmenting path in the differences brings the new row in, and potentials are raised
/// along it so that the inequality holds on. Gains are counts of customers, so everything is an integer and exact; among
/// equals the lower column is reached first.
fn best_pairs(gain: &[i64], size: usize) -> Vec<usize> {
    // Rows and columns count from 1; 0 stands for "none yet".
    let (mut of_row, mut of_column) = (vec![0_i64; size + 1], vec![0_i64; size + 1]);
    let mut row_of = vec![0_usize; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut at = 0;
        let mut least = vec![i64::MAX; size + 1];
        let mut from = vec![0_usize; size + 1];
        let mut used = vec![false; size + 1];
        while row_of[at] != 0 {
            used[at] = true;
            let i = row_of[at];
            let (mut step, mut next) = (i64::MAX, 0);
            for j in 1..=size {
                if used[j] {
                    continue;
                }
                let slack = -gain[(i - 1) * size + j - 1] - of_row[i] - of_column[j];
                if slack < least[j] {
                    least[j] = slack;
                    from[j] = at;
                }
                if least[j] < step {
                    step = least[j];
                    next = j;
                }
            }
            for j in 0..=size {
                if used[j] {
                    of_row[row_of[j]] += step;
                    of_column[j] -= step;
                } else if least[j] < i64::MAX {
                    least[j] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[from[at]];
            at = from[at];
        }
    }
    let mut pairs = vec![0; size];
    for column in 1..=size {
        pairs[row_of[column] - 1] = column - 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Customers, Features, Keys};
    use crate::kernel::rng::Rng;
    use crate::segment::KMeansParams;
    use crate::types::{Language, Seed};

    /// The best sum over all permutations.
    fn brute(gain: &[i64], size: usize, row: usize, taken: &mut Vec<usize>) -> i64 {
        if row == size {
            return 0;
        }
        let mut best = i64::MIN;
        for column in 0..size {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.max(gain[row * size + column] + brute(gain, size, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    /// The assignment against all permutations, up to six by six, ties included.
    #[test]
    fn pairs_are_the_best_of_all() {
        let mut rng = Rng::new(Seed(1), 0);
        for size in 1..=6 {
            for _ in 0..30 {
                let gain: Vec<i64> = (0..size * size).map(|_| i64::try_from(rng.below(9)).unwrap()).collect();
                let pairs = best_pairs(&gain, size);
                let mut sorted = pairs.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..size).collect::<Vec<_>>());
                let sum: i64 = pairs.iter().enumerate().map(|(i, j)| gain[i * size + j]).sum();
                assert_eq!(sum, brute(&gain, size, 0, &mut Vec::new()));
            }
        }
    }

    fn table(groups: &[(f64, f64)]) -> Features {
        let n = groups.len() * 20;
        let jitter = |i: usize| 0.01 * (i % 20) as f64;
        let column = |f: fn(&(f64, f64)) -> f64| (0..n).map(move |i| f(&groups[i / 20]) + jitter(i));
        Features::builder(Customers::numbered(n).unwrap())
            .numeric("recency", column(|g| g.0))
            .unwrap()
            .numeric("frequency", column(|g| g.1))
            .unwrap()
            .build()
            .unwrap()
    }

    /// The same segments in another order, one more, and one fewer than before.
    #[test]
    fn a_refit_keeps_order_and_names() {
        let features = table(&[(5.0, 50.0), (200.0, 2.0), (20.0, 10.0)]);
        let model = KMeansParams::new(3).seed(Seed(1)).fit(&features).unwrap();
        let named = model.clone().named(["Gold", "Silver", "Lead"]).unwrap();
        // The same customers in a model whose own order is another one.
        let mut turned = model.clone();
        let width = turned.columns.len();
        turned.centres.rotate_left(width);
        turned.profiles.rotate_left(1);
        let matched = turned.matched(&named, &features).unwrap();
        assert_eq!(matched.centres, named.centres);
        assert_eq!(matched.name(Segment(0), Language::English), "Gold");
        assert!(matched.assign(&features).unwrap() == named.assign(&features).unwrap());
        // More segments than before: the new one comes last, under a name of its own.
        let four =
            KMeansParams::new(4).seed(Seed(1)).fit(&features).unwrap().matched(&named, &features).unwrap();
        let names: Vec<String> = four.segments().map(|s| four.name(s, Language::English)).collect();
        assert_eq!(names[..3], ["Gold", "Silver", "Lead"]);
        assert!(!names[..3].contains(&names[3]));
        // Fewer: the partners keep the names.
        let two =
            KMeansParams::new(2).seed(Seed(1)).fit(&features).unwrap().matched(&named, &features).unwrap();
        assert!(
            two.segments()
                .all(|s| ["Gold", "Silver", "Lead"].contains(&two.name(s, Language::English).as_str()))
        );
    }

    /// Rows of the two dates differ; customers are found by their keys.
    #[test]
    fn moves_are_counted_once_and_by_key() {
        let features = table(&[(5.0, 50.0), (200.0, 2.0)]);
        let model = KMeansParams::new(2).fit(&features).unwrap();
        let of = |keys: &[&str], segments: &[u16]| {
            let customers = Customers::all(Keys::new(keys.iter().copied()).unwrap().into());
            PerCustomer::new(customers, segments.iter().map(|s| Segment(*s)).collect()).unwrap()
        };
        let moves = model
            .migration(&of(&["a", "b", "c", "d"], &[0, 0, 1, 1]), &of(&["a", "b", "c", "e"], &[0, 1, 0, 1]))
            .unwrap();
        assert_eq!((moves.stayed(), moves.moved_up(), moves.moved_down()), (1, 1, 1));
        assert_eq!((moves.arrived(), moves.left()), (&[0, 1][..], &[0, 1][..]));
        assert_eq!(moves.share(Segment(0), Segment(1)), Some(0.5));
        assert_eq!((moves.share(Segment(9), Segment(0)), moves.count(Segment(0), Segment(9))), (None, 0));
        assert!(model.migration(&of(&["a"], &[7]), &of(&["a"], &[0])).is_err());
    }
}
