//! What somebody knows about some of the records: who they are, or that two of them are or are not one person.
//!
//! # Where labels come from
//! A file with a column of true persons, a register that was cleaned by hand, the answers to a review list. Few are
//! enough to tell whether a matcher is right (some hundred pairs), some thousand to make it better; see
//! [`MatchParams::fit_labelled`](super::MatchParams::fit_labelled) for what is learnt from them.
//!
//! # What labels say
//! | given | follows |
//! |---|---|
//! | two records of one person | they are one person |
//! | two records of two persons | they are two people |
//! | a record without a person | nothing; of [whole](Labels::whole) labels: it is none of the labelled people |
//! | together (a, b), together (b, c) | a and c are one person |
//! | apart (a, b), together (b, c) | a and c are two people |
//!
//! Persons and pairs may be mixed. Where they contradict each other, by whatever chain, that is an error: a label
//! that is wrong somewhere makes all of them doubtful, and no answer would say which.
//!
//! # Persons by hand
//! Rows 0, 1, 2, 3 with persons 7, 7, 9 and none, and the pair (2, 3) together:
//! ```text
//! known as one person    (0, 1)  (2, 3)
//! known as two           (0, 2)  (0, 3)  (1, 2)  (1, 3)
//! ```
//! Without the pair, row 3 could be anybody: of six pairs of rows three would be known.
//!
//! # Cost
//! O(records + pairs · log pairs) once; a question about a pair of rows is O(log pairs). Eight bytes a record.
//!
//! # Errors
//! Another number of persons than records, a pair of a record there is not, contradictions, and labels that know of
//! no two records of one person or of no two people: a bar between two classes cannot be learnt from one.

use crate::data::{NONE, Records};
use crate::error::{Error, Result};
use crate::kernel::union::UnionFind;

use super::links::Links;

/// Labels of some of the records of a table: persons by row, pairs by source and id, or both.
///
/// ```
/// use regulars::data::{Field, FieldKind, Record, Records};
/// use regulars::profile::{Labels, Links, MatchParams};
///
/// let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
/// let mut builder = Records::builder(fields)?;
/// builder.push(Record::new("1").value("name", "Ann Lee").value("email", "ann.lee@x.org"))?;
/// builder.push(Record::new("2").value("name", "Ann Leigh").value("email", "ann.lee@x.org"))?;
/// builder.push(Record::new("3").value("name", "Bob Fox").value("email", "bob.fox@y.org"))?;
/// let records = builder.build()?;
///
/// // By row; the third is not known.
/// let persons = Labels::new().people([Some(7), Some(7), None]);
/// // Only one person is known, so there is nothing to tell apart.
/// assert!(MatchParams::new().fit_labelled(&records, &persons).is_err());
/// let labels = persons.pairs(Links::new().apart(("", "1"), ("", "3")));
/// assert!(MatchParams::new().fit_labelled(&records, &labels).is_ok());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Labels {
    people: Option<Vec<Option<u32>>>,
    whole: bool,
    pairs: Links,
}

/// Prints counts.
impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.people.iter().flatten().flatten().count();
        write!(f, "Labels({known} records, {:?})", self.pairs)
    }
}

impl Labels {
    /// No labels yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The person of each record, in the order of the rows; `None` where nobody knows. Numbers have no meaning but
    /// equality.
    ///
    /// What is learnt takes labelled people as a sample of all: choose them at random. The last call counts.
    pub fn people(mut self, people: impl IntoIterator<Item = Option<u32>>) -> Self {
        self.people = Some(people.into_iter().collect());
        self
    }

    /// Labelled people are known with all their records: a record without a person is of somebody else.
    ///
    /// Say so where it holds, as it does when people were drawn and all records of each looked up. It tells much:
    /// with one person in ten labelled, one false join in a hundred is between two labelled people, but one in five
    /// concerns a labelled one. Where it does not hold, every record that was overlooked teaches a falsehood.
    ///
    /// ```
    /// use regulars::profile::{Labels, MatchParams};
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let table = ShopParams::new(300, Seed(5)).simulate()?.record_table()?;
    /// let records = table.to_records()?;
    /// let some = || table.people().iter().map(|person| (person % 4 == 0).then_some(*person));
    /// let known = |labels: &Labels| -> regulars::Result<u64> {
    ///     let model = MatchParams::new().fit_labelled(&records, labels)?;
    ///     Ok(model.summary().and_then(|s| s.labels).map_or(0, |l| l.different))
    /// };
    /// assert!(known(&Labels::new().people(some()).whole())? > 2 * known(&Labels::new().people(some()))?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Pairs of records, by source and id, that are one person or two: the answers to a
    /// [review list](super::MatchModel::review), for one.
    ///
    /// ```
    /// use regulars::profile::{Labels, Links};
    ///
    /// let answers = Links::new().together(("crm", "1"), ("web", "9")).apart(("crm", "1"), ("crm", "2"));
    /// let labels = Labels::new().pairs(answers);
    /// assert_eq!(format!("{labels:?}"), "Labels(0 records, Links(1 together, 1 apart))");
    /// ```
    ///
    /// As labels they teach; as [links](super::MatchModel::merge_with) they bind. The same pairs may do both. The
    /// last call counts.
    pub fn pairs(mut self, pairs: Links) -> Self {
        self.pairs = pairs;
        self
    }

    /// The labels as rows, checked against a table and against each other.
    ///
    /// Groups are the connected components of "one person"; a group with two persons, or one that is declared apart
    /// from itself, is a contradiction, named by the first row that shows it.
    pub(super) fn known(&self, records: &Records) -> Result<Labelled> {
        let rows = records.len();
        let none = Vec::new();
        let people = self.people.as_ref().unwrap_or(&none);
        if self.people.is_some() && people.len() != rows {
            return Err(Error::shape("persons, one a record", rows, people.len()));
        }
        let (together, apart) = self.pairs.rows(records)?;
        let mut sets = UnionFind::new(rows);
        // The first row of each person stands for it.
        let mut first: Vec<(u32, u32)> =
            (0_u32..).zip(people).filter_map(|(row, person)| person.map(|p| (p, row))).collect();
        first.sort_unstable();
        for person in first.chunk_by(|x, y| x.0 == y.0) {
            for (_, row) in person {
                sets.union(person[0].1, *row);
            }
        }
        for (a, b) in &together {
            sets.union(*a, *b);
        }
        let mut group = vec![NONE; rows];
        let roots = sets.roots();
        for row in first.iter().map(|(_, row)| *row) {
            group[row as usize] = roots[row as usize];
        }
        for row in together.iter().chain(&apart).flat_map(|(a, b)| [*a, *b]) {
            group[row as usize] = roots[row as usize];
        }
        let mut person = vec![NONE; rows];
        for (p, row) in &first {
            let known = &mut person[roots[*row as usize] as usize];
            if *known != NONE && *known != *p {
                return Err(contradiction(records, *row, "is tied to records of another person"));
            }
            *known = *p;
        }
        let mut parted = Vec::with_capacity(apart.len());
        for (a, b) in apart {
            let (x, y) = (roots[a as usize], roots[b as usize]);
            if x == y {
                return Err(contradiction(records, a, "is declared apart from a record of its own person"));
            }
            parted.push((x.min(y), x.max(y)));
        }
        parted.sort_unstable();
        parted.dedup();
        let known = Labelled { group, person, parted, whole: self.whole };
        known.two_classes()?;
        Ok(known)
    }
}

/// Rows are numbered from 1, as everywhere in errors.
fn contradiction(records: &Records, row: u32, what: &str) -> Error {
    let row = u64::from(row).min(records.len() as u64) + 1;
    Error::row(row, None, format!("the label contradicts others: this record {what}"))
}

/// Checked labels of the rows of one table.
pub(super) struct Labelled {
    /// By row: the first row of its group, [`NONE`] for a row without label.
    group: Vec<u32>,
    /// By the first row of a group: its person, [`NONE`] where only pairs tell of it.
    person: Vec<u32>,
    /// Pairs of groups declared apart, the smaller first, ascending.
    parted: Vec<(u32, u32)>,
    /// Whether rows without a person are of nobody who is labelled.
    whole: bool,
}

impl Labelled {
    /// Whether a row has a person.
    fn has_person(&self, row: u32) -> bool {
        let group = self.group[row as usize];
        group != NONE && self.person[group as usize] != NONE
    }

    /// Whether two rows are one person; `None` where the labels do not say.
    ///
    /// One group: yes. Two groups: no where each has a person (they are different ones), where the two are declared
    /// apart, or where one has a person and people are labelled whole.
    pub(super) fn same(&self, a: u32, b: u32) -> Option<bool> {
        let (x, y) = (self.group[a as usize], self.group[b as usize]);
        if self.whole && self.has_person(a) != self.has_person(b) {
            return Some(false);
        }
        if x == NONE || y == NONE {
            return None;
        }
        if x == y {
            return Some(true);
        }
        let persons = self.person[x as usize] != NONE && self.person[y as usize] != NONE;
        let declared = || self.parted.binary_search(&(x.min(y), x.max(y))).is_ok();
        (persons || declared()).then_some(false)
    }

    /// The group of a labelled pair, by which parts of the labels are kept together: that of a row with a label, the
    /// smaller of two.
    pub(super) fn group(&self, a: u32, b: u32) -> u32 {
        self.group[a as usize].min(self.group[b as usize])
    }

    /// Records of a labelled person or tied group, in the mean; at least 1.
    pub(super) fn mean_size(&self) -> f64 {
        let labelled = self.group.iter().filter(|g| **g != NONE).count();
        let groups = (0_u32..).zip(&self.group).filter(|(row, g)| row == *g).count();
        labelled.max(1) as f64 / groups.max(1) as f64
    }

    /// There must be two records of one person and two people: without either class every bar would be as good as
    /// any other.
    fn two_classes(&self) -> Result<()> {
        let mut groups: Vec<u32> = self.group.iter().copied().filter(|g| *g != NONE).collect();
        groups.sort_unstable();
        let same = groups.windows(2).any(|w| w[0] == w[1]);
        groups.dedup();
        let people = groups.iter().filter(|g| self.person[**g as usize] != NONE).count();
        let others =
            self.whole && people > 0 && (0_u32..).zip(&self.group).any(|(row, _)| !self.has_person(row));
        match (same, people > 1 || others || !self.parted.is_empty()) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::input("the labels know of no two records of one person")),
            (_, false) => Err(Error::input("the labels know of no two people")),
        }
    }

    /// How well profiles agree with the labels, over all pairs of which the labels know.
    ///
    /// Pairs are counted, not listed: with n records of a group in a profile, n (n − 1) / 2 are rightly together.
    /// O(records · log records + declared pairs).
    pub(super) fn judge(&self, roots: &[u32]) -> Judged {
        let half = |n: u64| n * n.saturating_sub(1) / 2;
        // By profile: its labelled rows' groups.
        let mut cells: Vec<(u32, u32)> =
            roots.iter().zip(&self.group).filter(|(_, g)| **g != NONE).map(|(r, g)| (*r, *g)).collect();
        cells.sort_unstable();
        let mut sizes: Vec<(u32, u32, u64)> = Vec::new();
        for cell in cells.chunk_by(|x, y| x == y) {
            sizes.push((cell[0].0, cell[0].1, cell.len() as u64));
        }
        let mut judged = Judged::default();
        for profile in sizes.chunk_by(|x, y| x.0 == y.0) {
            judged.right += profile.iter().map(|s| half(s.2)).sum::<u64>();
            let persons = profile.iter().filter(|s| self.person[s.1 as usize] != NONE);
            let (all, own) = persons.fold((0, 0), |(all, own), s| (all + s.2, own + half(s.2)));
            judged.wrong += half(all) - own;
        }
        if self.whole {
            // By profile: rows with a person, and rows without.
            let mut rows = vec![[0_u64; 2]; roots.len()];
            for (row, root) in (0_u32..).zip(roots) {
                rows[*root as usize][usize::from(self.has_person(row))] += 1;
            }
            judged.wrong += rows.iter().map(|[without, with]| without * with).sum::<u64>();
        }
        // Groups declared apart, of which not both have a person (those are counted already).
        let number = |profile: u32, group: u32| {
            sizes.binary_search_by(|s| (s.0, s.1).cmp(&(profile, group))).map_or(0, |i| sizes[i].2)
        };
        let mut by_group: Vec<(u32, u32)> = sizes.iter().map(|s| (s.1, s.0)).collect();
        by_group.sort_unstable();
        for (x, y) in &self.parted {
            let persons = [x, y].iter().filter(|g| self.person[***g as usize] != NONE).count();
            if persons == 2 || persons == 1 && self.whole {
                continue;
            }
            let from = by_group.partition_point(|(g, _)| g < x);
            for (_, profile) in by_group[from..].iter().take_while(|(g, _)| g == x) {
                judged.wrong += number(*profile, *x) * number(*profile, *y);
            }
        }
        let mut groups: Vec<u32> = self.group.iter().copied().filter(|g| *g != NONE).collect();
        groups.sort_unstable();
        judged.all = groups.chunk_by(|x, y| x == y).map(|g| half(g.len() as u64)).sum();
        judged
    }
}

/// Labelled pairs, as profiles have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// Pairs of one person in one profile.
    pub(super) right: u64,
    /// Pairs of two people in one profile.
    pub(super) wrong: u64,
    /// Pairs of one person.
    pub(super) all: u64,
}

impl Judged {
    /// 2 · right / (right + wrong · weight + all), between 0 and 1.
    ///
    /// `weight`: how many pairs of two people a labelled one stands for, against those that a labelled pair of one
    /// person stands for. With one person in ten labelled, one in ten pairs of one person is known, but only one in
    /// a hundred of two: unweighted, profiles would look far more precise than they are.
    pub(super) fn f1(self, weight: f64) -> f64 {
        let wrong = self.wrong as f64 * weight;
        2.0 * self.right as f64 / ((self.right + self.all) as f64 + wrong).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::{Field, FieldKind, Record};

    fn table(rows: u32) -> Records {
        let mut builder = Records::builder([Field::new("email", FieldKind::Email)]).unwrap();
        for row in 0..rows {
            builder.push(Record::new(u64::from(row))).unwrap();
        }
        builder.build().unwrap()
    }

    #[test]
    fn what_follows_from_labels() {
        let links = Links::new().together(("", "2"), ("", "3")).apart(("", "4"), ("", "0"));
        let labels = Labels::new().people([Some(7), Some(7), Some(9), None, None, None]).pairs(links);
        let known = labels.known(&table(6)).unwrap();
        assert_eq!(known.same(0, 1), Some(true));
        assert_eq!(known.same(3, 2), Some(true));
        assert_eq!(known.same(1, 3), Some(false));
        assert_eq!(known.same(1, 4), Some(false));
        assert_eq!((known.same(3, 4), known.same(0, 5)), (None, None));
    }

    /// Counted as listed, one pair after the other.
    #[test]
    fn judging_counts_every_known_pair() {
        let links = Links::new().together(("", "5"), ("", "6")).apart(("", "5"), ("", "0"));
        let labels =
            Labels::new().people([Some(1), Some(1), Some(2), Some(2), None, None, None, None]).pairs(links);
        for known in [&labels, &labels.clone().whole()].map(|l| l.known(&table(8)).unwrap()) {
            let profiles: [[u32; 8]; 4] = [
                [0, 1, 2, 3, 4, 5, 6, 7],
                [0, 0, 2, 2, 4, 5, 5, 7],
                [0, 0, 0, 0, 0, 0, 0, 0],
                [0, 1, 1, 0, 0, 0, 1, 0],
            ];
            for roots in profiles {
                let mut slow = Judged::default();
                for a in 0..8_u32 {
                    for b in a + 1..8 {
                        let joined = roots[a as usize] == roots[b as usize];
                        let same = known.same(a, b);
                        slow.all += u64::from(same == Some(true));
                        slow.right += u64::from(joined && same == Some(true));
                        slow.wrong += u64::from(joined && same == Some(false));
                    }
                }
                assert_eq!(known.judge(&roots), slow, "{roots:?}");
            }
            assert_eq!(known.judge(&profiles[1]).f1(1.0), 1.0);
        }
    }

    #[test]
    fn labels_that_cannot_be_are_errors() {
        let records = table(4);
        let kind = |labels: Labels| labels.known(&records).err().map(|e| e.kind());
        let four = |p: [u32; 4]| Labels::new().people(p.map(|p| (p > 0).then_some(p)));
        let pair = |a: &'static str, b: &'static str| (("", a), ("", b));
        assert_eq!(kind(Labels::new()), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(four([1, 2, 3, 4])), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(four([1, 1, 1, 0])), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(Labels::new().people([Some(1)])), Some(ErrorKind::ShapeMismatch));
        let (a, b) = pair("0", "9");
        assert_eq!(kind(Labels::new().pairs(Links::new().apart(a, b))), Some(ErrorKind::InvalidInput));
        let (a, b) = pair("0", "2");
        let tied = four([1, 1, 2, 2]).pairs(Links::new().together(a, b)).known(&records).err().unwrap();
        assert!(tied.to_string().contains("contradicts"), "{tied}");
        let (a, b) = pair("0", "1");
        assert_eq!(kind(four([1, 1, 2, 2]).pairs(Links::new().apart(a, b))), Some(ErrorKind::InvalidInput));
        let ((a, b), (c, d), (x, y)) = (pair("0", "1"), pair("1", "2"), pair("2", "0"));
        let chain = Links::new().together(a, b).together(c, d).apart(x, y);
        assert_eq!(kind(Labels::new().pairs(chain)), Some(ErrorKind::InvalidInput));
        assert_eq!(kind(four([1, 1, 2, 0])), None);
    }
}
