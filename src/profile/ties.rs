//! Columns that go together among strangers: what a second one adds once the first is known.
//!
//! # Why
//! The mixture multiplies likelihood ratios as if columns were independent within a class. City, county, state and postcode
//! are not: two strangers of one postcode share all four. With 25 places the product takes such a pair for one in 25⁴ =
//! 390,625 where it is one in 25; the fit then learns that "one person" means one place, and everything after goes wrong.
//! The same holds for a whole name beside its parts, a gender beside a given name, two readings of one address.
//!
//! # The model
//! Each column c may have parents, columns d that say more than it does, and is then read given the level of the first of
//! them that is known (a Bayesian network with one parent, as in Chow and Liu 1968; in classifiers Friedman, Geiger and
//! Goldszmidt 1997):
//! ```text
//! R_c = m_c(l | k) / u_c(l | k)         k the level of d, l that of c, both known
//! u_c(v | k) = max( u_c(v), min( u_c(Equal or SameKey | k), u_c(v) / u_d ) )     where they have something in common in d
//! ```
//! with v the child's value and `u_d` the chance of what they have in common in d. The bound `u_c(v) / u_d` is one of counts:
//! of all that have the parent's value, no more than have the child's can have both, so one barracks of five hundred does not
//! make every house number stand for its street.
//!
//! Where no parent is known, `R_c` is what it is without. In a pair of one postcode a common city then says nothing (both
//! chances are 1), and of two records of somebody who has moved only the postcode speaks, not four columns in turn.
//!
//! # Which columns
//! Asked of the random pairs, weighted by how likely they are strangers. Of two columns the rarer agreement is the parent's.
//! With n pairs that agree in d and know c, of which x agree in c too, against a share u of all pairs,
//! ```text
//! tied where   n ≥ 15,   x − n u ≥ 4 √(n u (1 − u) + 1),   x / n ≥ 1.5 u
//! ```
//! four standard deviations and half as much again. The three parents with the highest x / n are kept; a tie that would close
//! a circle is left out.
//!
//! Columns of one kind that repeat each other row by row (a name beside a whole name) are tied before anything is learnt.
//!
//! # The tables
//! Dirichlet means with a mass of 20 pairs around the shares without a parent: m from the expected pairs of one person
//! among the candidates, u from the random pairs. A row of which nothing is seen is the column without a parent. What goes
//! together in one person is learnt only behind columns that households share (places, numbers), and behind another column
//! of the same kind: behind a given name or a birth date that differs, most pairs that look like one person are not, and
//! would teach the class of one person to take in twins.
//!
//! # By hand
//! 60,000 random pairs; 2,400 share the postcode, and all of them the city, which 2,400 of 60,000 share (u = 0.04):
//! x − n u = 2,304, four deviations are 39, tied. u(city equal | postcode equal) = (2,400 + 20 · 0.04) / 2,420 = 0.992; among
//! people m = 0.995: R = 1.003 in place of 0.9 / 0.04 = 22.
//!
//! # What it does not see
//! Dependence between values that random pairs hardly ever share (address and telephone of a home): that is the class for
//! households.
//!
//! # Complexity and determinism
//! O(pairs · ties) a round, for all tables of levels together; nothing where no columns are tied. Sums run over fixed chunks.
//!
//! # References
//! - Chow and Liu 1968, Approximating discrete probability distributions with dependence trees, doi:10.1109/TIT.1968.1054142.
//! - Friedman, Geiger and Goldszmidt 1997, Bayesian network classifiers, doi:10.1023/A:1007465528199.

use crate::data::NONE;

use super::compare::LEVELS;
use super::frequency::depends_on_value;
use super::prepare::Prepared;
use super::prior::prior;

/// A table by level of the parent and level of the child.
pub(crate) type ByLevel = [[f64; LEVELS]; LEVELS];

/// One parent of a column.
///
/// Both tables have a row for each level of the parent and shares of the child's levels in it, which sum to 1; row and column
/// 0 (unknown) are not read. A kilobyte.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tie {
    /// The column that is read first.
    pub(crate) parent: usize,
    /// Shares of the child's levels among pairs of one person, given the parent's level.
    pub(crate) same: ByLevel,
    /// The same among strangers.
    pub(crate) chance: ByLevel,
}

/// Mass of the shares without a parent, in pairs.
const PRIOR_PAIRS: f64 = 20.0;
/// Pairs that agree in the parent, without which nothing is said.
const LEAST: f64 = 15.0;
/// Standard deviations.
const SURE: f64 = 4.0;
/// How much more often than else the child agrees where the parent does.
const LIFT: f64 = 1.5;
/// Rows that show whether columns repeat each other, at most and at least.
const ROWS: usize = 2_000;
const LEAST_ROWS: usize = 10;
/// How much surer than the child alone a copy is to be what its parent is, before anything is learnt.
const COPY: f64 = 19.0;
/// Parents of a column.
const MOST_PARENTS: usize = 3;

impl Tie {
    /// Shares of the child alone, whatever the parent says.
    fn new(parent: usize, same: &[f64; LEVELS], chance: &[f64; LEVELS]) -> Self {
        Self { parent, same: [*same; LEVELS], chance: [*chance; LEVELS] }
    }

    /// m and u of the child's level `l`, given the parent's level `k`; `chance` is that of the value the child shares, where
    /// its level has one, and `of_parent` that of what the parent shares.
    ///
    /// Where a value is shared in both columns it is no rarer than the child's agreement given the parent's, unless it is
    /// too rare for that, and agreeing does not speak against one person.
    pub(crate) fn parts(&self, (k, of_parent): (usize, f64), l: usize, chance: f64) -> (f64, f64) {
        let same = self.same[k][l];
        if !depends_on_value(l) {
            return (same, self.chance[k][l]);
        }
        if k < 2 {
            return (same, chance);
        }
        let usual = self.chance[k][6] + self.chance[k][7];
        let floor = usual.min(chance / of_parent).min(1.0);
        if floor <= chance { (same, chance) } else { (same.max(floor), floor) }
    }

    /// Takes the shares from counts by level of the parent and of the child.
    ///
    /// Without counts of people the child's shares among them do not depend on the parent: where the parent is a given name
    /// or a birth date, a count would be one of people who are not one person.
    pub(crate) fn learn(
        &mut self,
        (people, same): (Option<&ByLevel>, &[f64; LEVELS]),
        (strangers, chance): (&ByLevel, &[f64; LEVELS]),
    ) {
        for k in 1..LEVELS {
            match people {
                Some(people) => mean(&mut self.same[k], &people[k], same),
                None => self.same[k] = *same,
            }
            mean(&mut self.chance[k], &strangers[k], chance);
        }
    }
}

impl Tie {
    /// Takes the shares of people from counts of labelled pairs, what they were before as the prior; without counts they are
    /// the child's, as labels have left those.
    pub(crate) fn learn_labelled(&mut self, people: Option<&ByLevel>, same: &[f64; LEVELS]) {
        for k in 1..LEVELS {
            let prior = self.same[k];
            match people {
                Some(people) => mean(&mut self.same[k], &people[k], &prior),
                None => self.same[k] = *same,
            }
        }
    }
}

/// (count + 20 · prior) / (Σ count + 20), the prior brought to a sum of 1.
fn mean(shares: &mut [f64; LEVELS], count: &[f64; LEVELS], prior: &[f64; LEVELS]) {
    let whole: f64 = prior[1..].iter().sum();
    let total = count[1..].iter().sum::<f64>() + PRIOR_PAIRS;
    for l in 1..LEVELS {
        shares[l] = (count[l] + PRIOR_PAIRS * prior[l] / whole) / total;
    }
}

/// Whether what people share in a column is learnt by the level of a parent: one that households share, or of the same kind.
pub(crate) fn of_people(prepared: &Prepared, column: usize, parent: usize) -> bool {
    let (kind, parent) = (prepared.cols[column].kind, prepared.cols[parent].kind);
    kind == parent || prior(parent).learn
}

/// How often strangers agree in two columns: weight of the pairs that know both, and of those that agree in the first, in
/// the second, in both.
#[derive(Clone, Copy, Default)]
pub(crate) struct Together {
    pub(crate) known: f64,
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) both: f64,
}

impl Together {
    /// Sums of parts are the sum of the whole.
    pub(crate) fn add(&mut self, other: &Self) {
        self.known += other.known;
        self.first += other.first;
        self.second += other.second;
        self.both += other.both;
    }
}

/// Ties between columns of one kind that repeat each other row by row: a name beside a whole name, a telephone number given
/// twice. Asked of the first 2,000 rows that know both; half of them must have the same key.
///
/// They are there before anything is learnt: three copies of one surname, taken for independent, would make a household of
/// any two people of that name, and nobody would be left to show that the copies go together.
pub(crate) fn copies(prepared: &Prepared, same: &[[f64; LEVELS]], chance: &[[f64; LEVELS]]) -> Vec<Vec<Tie>> {
    let key = |row: usize, c: usize| {
        let (value, col) = (prepared.row(row)[c], &prepared.cols[c]);
        if value == NONE { None } else { col.key_hash.get(col.key_of(value) as usize) }
    };
    let mut ties = vec![Vec::new(); same.len()];
    for d in 1..same.len() {
        for c in (0..d).filter(|c| prepared.cols[*c].kind == prepared.cols[d].kind) {
            let known = (0..prepared.rows).filter_map(|row| key(row, c).zip(key(row, d))).take(ROWS);
            let (all, equal) = known.fold((0, 0), |(n, k), (x, y)| (n + 1, k + usize::from(x == y)));
            if all >= LEAST_ROWS && 2 * equal >= all && ties[d].len() < MOST_PARENTS {
                let mut tie = Tie::new(c, &same[d], &chance[d]);
                for k in 1..LEVELS {
                    for table in [&mut tie.same[k], &mut tie.chance[k]] {
                        let seen = std::array::from_fn(|l| if l == k { COPY * PRIOR_PAIRS } else { 0.0 });
                        let prior = *table;
                        mean(table, &seen, &prior);
                    }
                }
                ties[d].push(tie);
            }
        }
    }
    ties
}

/// The ties of all columns, from what strangers share: `together` has every pair of columns c < d at [`place`].
/// Copies are kept, in front of all others.
pub(crate) fn find(
    copies: &[Vec<Tie>],
    together: &[Together],
    same: &[[f64; LEVELS]],
    chance: &[[f64; LEVELS]],
) -> Vec<Vec<Tie>> {
    let width = same.len();
    let sure = |ties: &Vec<Tie>| ties.iter().map(|tie| (f64::INFINITY, tie.clone())).collect();
    let mut ties: Vec<Vec<(f64, Tie)>> = copies.iter().map(sure).collect();
    for c in 0..width {
        for d in c + 1..width {
            let t = &together[place(c, d)];
            // The rarer agreement comes first; of equals the left column.
            let (parent, child, n, other) =
                if t.first <= t.second { (c, d, t.first, t.second) } else { (d, c, t.second, t.first) };
            if n < LEAST || t.known <= n {
                continue;
            }
            let usual = other / t.known;
            let excess = t.both - n * usual;
            if above(&ties, child, parent) || ties[child].iter().any(|(_, tie)| tie.parent == parent) {
                continue;
            }
            if excess >= SURE * (n * usual * (1.0 - usual) + 1.0).sqrt() && t.both >= LIFT * n * usual {
                ties[child].push((t.both / n, Tie::new(parent, &same[child], &chance[child])));
            }
        }
    }
    ties.into_iter()
        .map(|mut of_column| {
            of_column.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.parent.cmp(&y.1.parent)));
            of_column.truncate(MOST_PARENTS);
            of_column.into_iter().map(|(_, tie)| tie).collect()
        })
        .collect()
}

/// Whether a column is among the parents of another, their parents, and so on: a tie would close a circle.
fn above(ties: &[Vec<(f64, Tie)>], column: usize, of: usize) -> bool {
    column == of || ties[of].iter().any(|(_, tie)| above(ties, column, tie.parent))
}

/// Where columns c < d stand in a list of all pairs of columns.
pub(crate) fn place(c: usize, d: usize) -> usize {
    d * (d - 1) / 2 + c
}

/// The tie to the first parent whose level is known, with that level.
pub(crate) fn known(ties: &[Tie], level: impl Fn(usize) -> usize) -> Option<(usize, &Tie, usize)> {
    ties.iter().enumerate().find_map(|(i, tie)| {
        let k = level(tie.parent);
        (k > 0).then_some((i, tie, k))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of so many pairs: agree in both, in the first alone, in the second alone, in none.
    fn together(counts: [f64; 4]) -> Together {
        let [both, first, second, none] = counts;
        Together { known: both + first + second + none, first: both + first, second: both + second, both }
    }

    fn shares(differ: f64) -> [f64; LEVELS] {
        [0.0, differ, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0 - differ]
    }

    #[test]
    fn the_rarer_of_two_columns_is_the_parent() {
        let (same, chance) = ([shares(0.1); 2], [shares(0.95); 2]);
        // Postcode (column 1) within city (column 0): all that share the first share the second.
        let ties = find(&[vec![], vec![]], &[together([300.0, 1_200.0, 0.0, 58_500.0])], &same, &chance);
        assert_eq!((ties[0].len(), ties[0][0].parent, ties[1].len()), (1, 1, 0));
        // Independent columns; and too few pairs to say anything.
        for counts in [[30.0, 1_170.0, 1_470.0, 57_330.0], [9.0, 1.0, 0.0, 59_990.0]] {
            assert!(
                find(&[vec![], vec![]], &[together(counts)], &same, &chance).iter().all(Vec::is_empty),
                "{counts:?}"
            );
        }
    }

    #[test]
    fn three_parents_at_most_the_surest_first() {
        let width = 6;
        let (same, chance) = (vec![shares(0.1); width], vec![shares(0.95); width]);
        let mut all = vec![Together::default(); place(width - 2, width - 1) + 1];
        for parent in 1..width {
            // The parent's agreement brings the child's along in one half, two thirds, three quarters, ...
            let n = 100.0 * (parent as f64 + 1.0);
            all[place(0, parent)] = together([100.0 * parent as f64, 2_000.0 - n, 100.0, 57_900.0]);
        }
        let none = vec![Vec::new(); width];
        let parents: Vec<usize> = find(&none, &all, &same, &chance)[0].iter().map(|t| t.parent).collect();
        assert_eq!(parents, [5, 4, 3]);
    }

    #[test]
    fn shares_are_the_childs_alone_until_something_is_seen() {
        let (same, chance) = (shares(0.1), shares(0.95));
        let mut tie = Tie::new(1, &same, &chance);
        let mut people = [[0.0; LEVELS]; LEVELS];
        people[1][1] = 60.0;
        people[1][7] = 20.0;
        let strangers = [[0.0; LEVELS]; LEVELS];
        tie.learn((Some(&people), &same), (&strangers, &chance));
        // (60 + 20 · 0.1) / (80 + 20) where the parent differs; as before where it agrees.
        assert!((tie.same[1][1] - 0.62).abs() < 1e-12 && (tie.same[7][1] - 0.1).abs() < 1e-12);
        assert!((tie.chance[1][1] - 0.95).abs() < 1e-12);
        tie.learn((None, &same), (&strangers, &chance));
        assert!((tie.same[1][1] - 0.1).abs() < 1e-12);
    }

    #[test]
    fn what_goes_without_saying_says_nothing_and_rare_values_keep_their_weight() {
        let mut tie = Tie::new(1, &shares(0.1), &shares(0.95));
        tie.chance[7] = shares(0.25);
        // A common value: one in 25 has the city, one in 25 the postcode.
        let (same, chance) = tie.parts((7, 0.04), 7, 0.04);
        assert!((chance - 0.75).abs() < 1e-12 && (same / chance - 1.2).abs() < 1e-12);
        // Of those with the parent's value at most one in a hundred can have the child's.
        assert!((tie.parts((7, 0.04), 7, 0.0004).1 - 0.01).abs() < 1e-12);
        // It never speaks against one person, and a parent that differs leaves the value what it is.
        tie.chance[7] = shares(0.0);
        assert_eq!(tie.parts((7, 0.04), 7, 0.04), (1.0, 1.0));
        assert_eq!(tie.parts((1, 0.95), 7, 0.04).1, 0.04);
        // The first parent that is known counts.
        let other = Tie::new(2, &shares(0.2), &shares(0.9));
        let ties = [tie, other];
        assert_eq!(known(&ties, |d| [0, 0, 7][d]).map(|(i, _, k)| (i, k)), Some((1, 7)));
        assert!(known(&ties, |_| 0).is_none());
    }
}
