//! Whether two segments are groups apart, or two halves of one cloud.
//!
//! Any number of segments can be cut out of any cloud, and most quality measures will like some number best. What makes a
//! segment a group of its own is that fewer rows lie between it and its neighbour than in either: a valley.
//!
//! # The test
//!
//! 1. The rows are dealt at random into two halves. One is clustered; the other, which has had no part in where the
//!    centres are, is judged.
//! 2. For two centres a and b take the rows in a tube about the line through both, wide enough for three in four of the
//!    rows of the two segments, and project them on the line, a at 0 and b at 1. A tube is convex. Were the rows one cloud
//!    with a log-concave density (normal, uniform, exponential, at any slant), the projections would have a log-concave
//!    density too (Prékopa 1973, on logarithmic concave measures and functions, Acta Scientiarum Mathematicarum 34), and so a
//!    single peak. The rows of two segments alone would not do: where they meet their common border may be narrow.
//! 3. With a single peak the density between the centres is nowhere below that about both of them. Rows are counted about
//!    each centre (within ¼ of it) and in three places between (within 0.15 of 0.35, 0.5 and 0.65). Of s rows about a centre
//!    and m in between, m has in the hardest case a binomial distribution with p = 0.3 / (0.3 + 0.5); z is how many standard
//!    deviations it lies below. A valley is where z exceeds [`critical`] against both centres, in one of the places.
//!
//! Of uniform rows, the hardest case, that happens in one of a hundred to two hundred cases (simulated); of normal rows hardly
//! ever. Round clouds of 100 rows each show a valley in two cases of three from 3.5 standard deviations between their centres
//! on and nearly always from 4; clouds of 500 rows in four of five at 3 and always from 3.5.
//!
//! # Groups
//!
//! The test is made along the k − 1 edges of the shortest tree that joins all centres: where groups are apart, one edge leads
//! from each to the next, and the others stay within. As many groups as edges with a valley, and one more. As many groups as
//! segments: each is apart. One group: the segments are cuts through a cloud, useful for targeting, with borders that are a
//! convention.
//!
//! The error is on the safe side: groups that touch count as one, as do two segments with too few rows about a centre for a
//! valley to show; where the smaller of such segments hold a tenth of the rows, nothing is said.

use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::block::squared_distance;
use super::fit::{Engine, best_run};
use super::lloyd::{Rows, Stop};

/// Starts of the clustering of the first half.
const STARTS: u32 = 3;

/// The stream of chance that deals the rows.
const HALVES_STREAM: u64 = 1 << 47;

/// Rows of a half for each segment, below which nothing is said.
const LEAST: usize = 8;

/// Half the width of the stretch about a centre, and of a place between, in units of the distance of the centres.
const ABOUT: f64 = 0.25;
const BETWEEN: f64 = 0.15;

/// The places between two centres.
const PLACES: [f64; 3] = [0.35, 0.5, 0.65];

/// What z of n uniform rows exceeds once in a hundred times, from 3,000 simulations each: 1.55 at 10 rows, 1.9 at 20, 2.2 at 200.
fn critical(n: usize) -> f64 {
    2.25 * (1.0 - 3.0 / n.max(3) as f64)
}

/// How many groups, apart from each other by a valley, the best `k` segments of the rows make up; `None` where there are
/// too few rows to tell.
///
/// O(n k width) beyond the clustering of one half.
pub(super) fn groups(rows: Rows<'_>, k: usize, tries: usize, seed: Seed, stop: Stop) -> Option<usize> {
    if k < 2 {
        return Some(k);
    }
    let mut order: Vec<usize> = (0..rows.len()).filter(|row| rows.weight(*row) > 0.0).collect();
    Rng::new(seed, HALVES_STREAM).shuffle(&mut order);
    let (learned, judged) = order.split_at(order.len() / 2);
    if learned.len() < LEAST * k {
        return None;
    }
    let values: Vec<f64> = learned.iter().flat_map(|row| rows.row(*row)).copied().collect();
    let weights: Option<Vec<f64>> = rows.weights.map(|w| learned.iter().map(|row| w[*row]).collect());
    let half = Rows { values: &values, width: rows.width, weights: weights.as_deref() };
    let (run, _) = best_run(half, k, tries, seed, STARTS, Engine::lloyd(stop));
    let judged: Vec<&[f64]> = judged.iter().map(|row| rows.row(*row)).collect();
    apart(&judged, &run.centres, k)
}

/// What lies along the line through two centres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Line {
    /// Rows from a little before the first centre to a little beyond the second.
    rows: usize,
    /// Rows about the first and the second centre.
    about: [usize; 2],
    /// Rows in the places between.
    between: [usize; PLACES.len()],
}

/// What the rows on a line say of its two centres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Too few rows about one of them: even an empty place would prove nothing.
    Unknown,
    Together,
    Apart,
}

impl Line {
    /// Counts a row at a place along the line, 0 the first centre and 1 the second.
    fn count(&mut self, along: f64) {
        self.rows += usize::from((-ABOUT..=1.0 + ABOUT).contains(&along));
        self.about[0] += usize::from(along.abs() <= ABOUT);
        self.about[1] += usize::from((along - 1.0).abs() <= ABOUT);
        for (count, place) in self.between.iter_mut().zip(PLACES) {
            *count += usize::from((along - place).abs() <= BETWEEN);
        }
    }

    /// How many standard deviations a place is emptier than a centre's surroundings, against the less crowded of both.
    ///
    /// With n = s + m rows in both stretches and p the share of the place in their length, z = (p n − m) / √(n p (1 − p)).
    fn emptiness(&self, between: usize) -> f64 {
        let p = BETWEEN / (BETWEEN + ABOUT);
        let z = |about: usize| {
            let n = (about + between) as f64;
            if n > 0.0 { (p * n - between as f64) / (n * p * (1.0 - p)).sqrt() } else { f64::NEG_INFINITY }
        };
        z(self.about[0]).min(z(self.about[1]))
    }

    fn verdict(&self) -> Verdict {
        let critical = critical(self.rows);
        let emptiest = self.between.iter().map(|m| self.emptiness(*m)).fold(f64::NEG_INFINITY, f64::max);
        if emptiest > critical {
            Verdict::Apart
        } else if self.emptiness(0) > critical {
            Verdict::Together
        } else {
            Verdict::Unknown
        }
    }
}

/// Groups among the segments of `centres`, judged by rows that had no part in them; `None` where segments that cannot be
/// judged hold a tenth of these rows.
fn apart(rows: &[&[f64]], centres: &[f64], k: usize) -> Option<usize> {
    let width = centres.len() / k;
    let centre = |j: usize| &centres[j * width..(j + 1) * width];
    let nearest = |row: &[f64]| {
        let distances = (0..k).map(|j| squared_distance(row, centre(j)));
        distances.zip(0..).fold((f64::INFINITY, 0), |best, d| if d.0 < best.0 { d } else { best }).1
    };
    let labels: Vec<usize> = rows.iter().map(|row| nearest(row)).collect();
    let mut sizes = vec![0_usize; k];
    for label in &labels {
        sizes[*label] += 1;
    }
    let (mut groups, mut unknown) = (1, 0);
    for (a, b) in shortest_tree(centres, k) {
        match between(rows, &labels, (a, centre(a)), (b, centre(b))).verdict() {
            Verdict::Apart => groups += 1,
            Verdict::Together => {}
            Verdict::Unknown => unknown += sizes[a].min(sizes[b]),
        }
    }
    (unknown * 10 < rows.len()).then_some(groups)
}

/// The rows in the tube about the line through two centres, which come with their numbers.
fn between(rows: &[&[f64]], labels: &[usize], a: (usize, &[f64]), b: (usize, &[f64])) -> Line {
    let length = squared_distance(a.1, b.1).max(f64::MIN_POSITIVE);
    // Where along the line, and the squared distance from it.
    let place = |row: &&[f64]| {
        let along: f64 = row.iter().zip(a.1).zip(b.1).map(|((x, a), b)| (x - a) * (b - a)).sum();
        let along = along / length;
        (along, (squared_distance(row, a.1) - along * along * length).max(0.0))
    };
    let places: Vec<(f64, f64)> = rows.iter().map(place).collect();
    let own = places.iter().zip(labels).filter(|(_, label)| **label == a.0 || **label == b.0);
    let mut aside: Vec<f64> = own.map(|((_, aside), _)| *aside).collect();
    aside.sort_unstable_by(f64::total_cmp);
    let mut line = Line::default();
    if let Some(radius) = aside.get((aside.len() * 3).div_ceil(4).saturating_sub(1)) {
        places.iter().filter(|(_, aside)| aside <= radius).for_each(|(along, _)| line.count(*along));
    }
    line
}

/// The k − 1 edges of the shortest tree that joins all centres (Prim 1957), the first among equals.
fn shortest_tree(centres: &[f64], k: usize) -> Vec<(usize, usize)> {
    let width = centres.len() / k;
    let distance = |a: usize, b: usize| {
        squared_distance(&centres[a * width..(a + 1) * width], &centres[b * width..(b + 1) * width])
    };
    // For each centre outside the tree the nearest one inside.
    let mut outside: Vec<(usize, usize, f64)> = (1..k).map(|j| (j, 0, distance(0, j))).collect();
    let mut edges = Vec::with_capacity(outside.len());
    while let Some(next) = (0..outside.len()).min_by(|a, b| outside[*a].2.total_cmp(&outside[*b].2)) {
        let (joined, inside, _) = outside.remove(next);
        edges.push((inside, joined));
        for (own, inside, nearest) in &mut outside {
            let d = distance(*own, joined);
            if d < *nearest {
                (*inside, *nearest) = (joined, d);
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop { max_iterations: 100, shift: 1e-4 };

    fn line(places: impl IntoIterator<Item = f64>) -> Line {
        let mut line = Line::default();
        places.into_iter().for_each(|place| line.count(place));
        line
    }

    /// By hand: 16 rows about either centre and 4 in each place between. p = 3/8, n = 20, z = (7.5 − 4) / √(20 · 15/64) = 1.617,
    /// below the critical 2.25 · (1 − 3/44) = 2.097; with one row in each it is (6.375 − 1) / √(17 · 15/64) = 2.693.
    #[test]
    fn a_valley_by_hand() {
        let with = |each: usize| {
            let about = [0.0, 1.0].into_iter().flat_map(|centre| vec![centre; 16]);
            line(about.chain(PLACES.into_iter().flat_map(|place| vec![place; each])))
        };
        let four = with(4);
        assert_eq!((four.rows, four.about, four.between), (44, [16, 16], [4, 4, 4]));
        assert!((four.emptiness(4) - 3.5 / (300.0_f64 / 64.0).sqrt()).abs() < 1e-12);
        assert_eq!((four.verdict(), with(1).verdict()), (Verdict::Together, Verdict::Apart));
        // Four rows about one of them prove nothing.
        assert_eq!(line([0.0; 40].into_iter().chain([1.0; 4]).chain([0.5; 9])).verdict(), Verdict::Unknown);
        assert_eq!(Line::default().verdict(), Verdict::Unknown);
    }

    /// Five centres on a line, out of order: the tree follows the line.
    #[test]
    fn the_tree_joins_neighbours() {
        let edges = shortest_tree(&[0.0, 10.0, 1.0, 12.0, 3.0], 5);
        assert_eq!(edges, [(0, 2), (2, 4), (4, 1), (1, 3)]);
        assert!(shortest_tree(&[7.0], 1).is_empty());
    }

    /// The critical value is kept by uniform rows about as often as it says; rows with one peak hardly ever exceed it.
    #[test]
    fn one_cloud_seldom_shows_a_valley() {
        let mut rng = Rng::new(Seed(3), 0);
        for n in [20, 60, 400] {
            let uniform = (0..1_000)
                .filter(|_| line((0..n).map(|_| 2.0 * rng.uniform() - 0.5)).verdict() == Verdict::Apart);
            let uniform = uniform.count();
            let normal = (0..1_000)
                .filter(|_| line((0..n).map(|_| 0.5 + 0.6 * rng.normal())).verdict() == Verdict::Apart);
            let normal = normal.count();
            // Ten are expected at most.
            assert!(uniform <= 25 && normal <= 10, "{uniform} and {normal} of 1000 at {n}");
        }
    }

    /// Clouds without structure, and groups of unequal size: what hangs together and what does not.
    #[test]
    fn groups_are_told_from_cuts() {
        let mut rng = Rng::new(Seed(8), 0);
        let normal: Vec<f64> = (0..6_000).map(|_| rng.normal()).collect();
        let skewed: Vec<f64> = (0..4_000).map(|_| rng.exponential(1.0)).collect();
        for (values, width) in [(&normal, 3), (&skewed, 2)] {
            for k in 2..=6 {
                let rows = Rows { values, width, weights: None };
                assert_eq!(groups(rows, k, 3, Seed(1), STOP), Some(1), "width {width}, k {k}");
            }
        }
        // One row in two, three in ten, two in ten; the first of them split in two at k = 4.
        let places = [(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)];
        let place = |i: usize| places[[0, 0, 0, 0, 0, 1, 1, 1, 2, 2][i % 10]];
        let apart: Vec<f64> =
            (0..1_500).flat_map(|i| [place(i).0 + rng.normal(), place(i).1 + rng.normal()]).collect();
        let rows = Rows { values: &apart, width: 2, weights: None };
        assert_eq!(groups(rows, 3, 3, Seed(1), STOP), Some(3));
        assert_eq!(groups(rows, 4, 3, Seed(1), STOP), Some(3));
        // One segment is one group; of a handful of rows nothing is said.
        let few = Rows { values: &apart[..24], ..rows };
        assert_eq!(groups(few, 1, 1, Seed(1), STOP), Some(1));
        assert_eq!((groups(few, 3, 1, Seed(1), STOP), groups(few, 12, 1, Seed(1), STOP)), (None, None));
        // Rows on one spot are one group.
        let spot = Rows { values: &[5.0; 300], width: 1, weights: None };
        assert_eq!(groups(spot, 2, 1, Seed(1), STOP), Some(1));
    }
}
