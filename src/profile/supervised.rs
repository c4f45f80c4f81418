//! Learning from labels: shares of people, a correction of the score, and the bar.
//!
//! # When to use it, and when not
//! Where somebody knows of some hundred pairs or more what they are. Without labels the model's own independence
//! is taken on trust; with them it is checked, and mended where the labels say so. With few labels, or labels of
//! another kind of record than those to be merged, the unlabelled fit is the safer one: look at
//! [`LabelSummary::f1`] beside [`LabelSummary::f1_before`] before using what was learnt.
//!
//! # The model
//! The unlabelled fit comes first (see `mixture`); labels then change three things.
//!
//! **Shares.** m(l) of a column from the labelled pairs of one person among those compared, the unlabelled answer
//! as a Dirichlet prior worth 40 pairs:
//! ```text
//! m(l) = (labelled pairs of one person at l + 40 · m_unlabelled(l)) / (labelled pairs of one person + 40)
//! ```
//! **Score.** To the log-odds s of the mixture a linear correction is added,
//! ```text
//! s' = s + β₀ + Σ βⱼ fⱼ
//! ```
//! over features of the pair: each level of each column; ln R of shared values (they may count too much or too
//! little); bends of s at −5, 0, 5 and 10 (Platt's calibration, in pieces);
//! the household's share; and, for any two columns, whether both agree, both differ, or one does: the interactions
//! that independence leaves out. β minimises the weighted logistic loss with a ridge, Σ β² / 2, which says that a
//! feature moves the odds by a factor of e^±1 as a rule: with no labels β is 0 and the score stays as it was.
//!
//! **Bar.** The log-odds at which groups join, of −2, −1, −½, 0, ½, 1, 2, by the F1 of the profiles over all
//! labelled pairs; the one nearest 0 among equals. A threshold that the caller set stays.
//!
//! # Cross-fitting
//! What a fit says about its own labels flatters it. So labelled persons are dealt into five parts; the pairs of
//! each part are scored by a correction learnt from the other four (Stone 1974,
//! doi:10.1111/j.2517-6161.1974.tb00994.x), joined, and judged. The bar is chosen by these scores, and whether the
//! correction is used at all: where it does not raise the F1, the mixture's own score stays.
//!
//! # Few labels
//! Errors come in clumps: two people of four records each, joined by mistake, make sixteen wrong pairs at once, or
//! none that a label sees. So a candidate that decides otherwise than the unlabelled model is judged as if it had made
//! one such error more than was seen, between people of the labels' mean size n:
//! ```text
//! F1 − n² · max(1, weight of two people / weight of one) / (right + all)
//! ```
//! With 75 people of four records that is .013 at least: labels so few change the answer only where they gain more.
//! With 5,000 people of three records it is .0004. On the public sets one person in a hundred labelled changes
//! nothing, and one in ten nothing or little for the better; one draw of three in a hundred lost .005, where without
//! this doubt such draws lost up to .07.
//!
//! # Labels that are not a fair sample
//! Of labelled *people* all pairs of one person are known but only few pairs of strangers: both must be labelled.
//! With a share f of the people, a fraction f of the one and f² of the other is seen, and a bar learnt from them
//! would be too low. So each class is weighted by how much of it the unlabelled model expects among all compared
//! pairs, against how much of it lies in the labelled ones:
//! ```text
//! weight of a pair of one person   Σ γ / (labelled pairs of one person + 1)          γ = 1 / (1 + e^−s)
//! weight of a pair of two people   Σ (1 − γ) / (labelled pairs of two people + 1)
//! ```
//! brought to a mean of 1. Half the people labelled: about 2 and 4, so 1 : 2; the same where people are labelled
//! [whole](super::Labels::whole), so that a record without a person is known to be somebody else's: 2 and 4/3.
//!
//! # What is not used
//! No label of a record reaches the pairs of unlabelled records except through β, m and the bar. Chances u come
//! from the values of all records, labelled or not, as without labels.
//!
//! # Complexity
//! Beside the unlabelled fit: five and one logistic fits of at most 30,000 pairs and 8 million numbers, and
//! fourteen joins of all pairs.
//!
//! # Determinism
//! Parts are dealt by a hash of the group's first row, pairs are taken evenly spread, sums run in fixed chunks: the
//! same bits for any number of threads.
//!
//! # Errors
//! Those of the labels (see [`Labels`](super::Labels)). Labelled pairs of which none is compared teach nothing and
//! are no error; [`LabelSummary`] says how many there were.
//!
//! # By hand
//! Two columns, and labels that say: where the surname agrees and the birth date differs, only 1 pair in 20 is of
//! one person, though s = 0 would mean 1 in 2. With enough such pairs the feature "surname agrees, birth date
//! differs" takes β = ln(1/19) = −2.9; with ten of them, by itself, −1.4, where 10 (1 / (1 + e^1.4) − 1/20) = 1.4: the
//! ridge pulls as hard as the labels push.
//!
//! # What it was seen to be worth
//! F1 of the half of the people of whom nothing was said, with labels of the other half, whole: synthetic Chinese CRM
//! .957 to .965, synthetic CRM .970 to .978; `fake_1000`, 125 people known, stays at .971 and goes to .983 with four in
//! five known (the example `resolve` with `--train`).
//!
//! # What it cannot do
//! Pairs that blocking never finds stay unfound: labels do not change which pairs are compared. Nor do they change
//! which households there are, or what a value's frequency is.
//!
//! # References
//! - Platt 1999, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers.
//! - Stone 1974, Cross-validatory choice and assessment of statistical predictions,
//!   doi:10.1111/j.2517-6161.1974.tb00994.x.
//! - King and Zeng 2001, Logistic regression in rare events data, doi:10.1093/oxfordjournals.pan.a004868 (weights by
//!   class where the sample is not fair to them).

use crate::kernel::logistic::{Config, Curvature, Data, fit};
use crate::kernel::par;
use crate::kernel::rng::mix;

use super::cluster::Constraints;
use super::compare::LEVELS;
use super::frequency::depends_on_value;
use super::labels::{Judged, Labelled};
use super::mixture::{Scorer, Seen, Weights};
use super::model::{Compared, First, entities_of, join};
use super::params::MatchParams;
use super::prepare::Prepared;
use super::score::{MAX_COLUMNS, Pattern};
use super::ties;

/// What the labels have taught beside the shares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Learnt {
    /// β₀ and β, by [`Features`]; empty where the score stays as it is.
    pub(crate) beta: Vec<f64>,
    /// The bar, in nats.
    pub(crate) cut: f64,
    pub(crate) summary: LabelSummary,
}

/// How learning from labels went.
///
/// Both F1 are pairwise, of the profiles over all pairs of which the labels know, between 0 and 1; counts are in
/// pairs of records.
///
/// ```
/// use regulars::profile::{Labels, MatchParams};
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let table = ShopParams::new(300, Seed(5)).simulate()?.record_table()?;
/// let records = table.to_records()?;
/// let labels = Labels::new().people(table.people().iter().map(|person| Some(*person)));
/// let model = MatchParams::new().fit_labelled(&records, &labels)?;
/// let learnt = model.summary().and_then(|s| s.labels).expect("labels were given");
/// assert!(learnt.same > 0 && learnt.f1 > 0.9);
/// assert!(MatchParams::new().fit(&records)?.summary().expect("probabilistic").labels.is_none());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LabelSummary {
    /// Labelled pairs of one person among the compared pairs.
    pub same: u64,
    /// Labelled pairs of two people among the compared pairs.
    pub different: u64,
    /// F1 with what was learnt, cross-fitted: each person is judged by what the other persons taught.
    pub f1: f64,
    /// F1 of the same labels without learning from them.
    pub f1_before: f64,
    /// Whether the score is corrected, or only shares and bar were learnt.
    pub corrected: bool,
}

/// Where the parts of β lie, for so many columns.
///
/// | from | features | number |
/// |---|---|---|
/// | 0 | levels differ to equal of each column | 7 C |
/// | 7 C | ln R of a shared value or key, in fives | C |
/// | 8 C | s in fives, bends at −5, 0, 5, 10 | 5 |
/// | 8 C + 5 | ln(1 + w₂ / w₃), in fives | 1 |
/// | 8 C + 6 | two columns: differ and agree | 2 C (C − 1) |
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features(pub(crate) usize);

/// The bends of s.
const KNOTS: [f64; 4] = [-5.0, 0.0, 5.0, 10.0];
/// Logarithms are counted in fives of nats, so that all features move by about 1.
const FIVE: f64 = 5.0;

impl Features {
    /// How many there are, without β₀.
    pub(crate) fn len(self) -> usize {
        8 * self.0 + 6 + 2 * self.0 * self.0.saturating_sub(1)
    }

    /// Tells each feature of a pair that is not 0, with its place.
    ///
    /// O(columns²) with a small constant: of two columns at most one of four features is 1.
    pub(crate) fn each(self, pattern: Pattern, seen: &Seen, mut tell: impl FnMut(usize, f64)) {
        let n = self.0;
        let score = seen.score.clamp(-20.0, 30.0);
        let mut known = [(0_usize, 0_usize); MAX_COLUMNS];
        let mut count = 0;
        for (c, log) in seen.logs().iter().enumerate() {
            let level = pattern.level(c);
            if level == 0 {
                continue;
            }
            tell(7 * c + level - 1, 1.0);
            if depends_on_value(level) {
                tell(7 * n + c, log / FIVE);
            }
            // Weak likeness is a difference here.
            known[count] = (c, usize::from(level > 2));
            count += 1;
        }
        tell(8 * n, score / FIVE);
        for (k, knot) in KNOTS.iter().enumerate().filter(|(_, knot)| score > **knot) {
            tell(8 * n + 1 + k, (score - knot) / FIVE);
        }
        tell(8 * n + 5, seen.home / FIVE);
        let known = &known[..count];
        for (i, (b, second)) in known.iter().enumerate() {
            for (a, first) in &known[..i] {
                tell(8 * n + 6 + 4 * (b * (b - 1) / 2 + a) + 2 * first + second, 1.0);
            }
        }
    }
}

/// What β adds to the mixture's log-odds of a pair; nothing where there is no β.
pub(crate) fn correction(beta: &[f64], pattern: Pattern, seen: &Seen) -> f64 {
    let Some((base, beta)) = beta.split_first() else { return 0.0 };
    let mut sum = *base;
    Features(seen.logs().len()).each(pattern, seen, |at, value| sum += beta[at] * value);
    sum
}

/// Mass of the unlabelled shares, in pairs.
const PRIOR_PAIRS: f64 = 40.0;
/// Pairs that a correction is learnt from.
const LEARN_FROM: usize = 30_000;
/// Numbers of a table of features: 64 MB.
const MOST_NUMBERS: usize = 8_000_000;
/// Parts of the labels for cross-fitting.
const PARTS: u64 = 5;
/// Each class must have so many compared labelled pairs, or the score stays as it is.
const LEAST_PAIRS: usize = 10;
/// The bars that are tried, the first of equals taken.
const CUTS: [f64; 7] = [0.0, -0.5, 0.5, -1.0, 1.0, -2.0, 2.0];

/// A labelled pair among the compared ones.
struct Example {
    /// Its place among the compared pairs.
    at: usize,
    same: bool,
    part: u64,
}

/// Learns from labels, on top of weights that were learnt without.
///
/// Candidates are what was learnt without labels, shares alone, and shares with the cross-fitted correction, each of
/// the last two at each bar. The best is kept in `weights`, the first of equals, so that nothing changes without a
/// reason.
pub(super) fn learn(
    prepared: &Prepared,
    params: &MatchParams,
    weights: &mut Weights,
    table: &Compared,
    first: &First,
    known: &Labelled,
) {
    let mut examples = Vec::new();
    for (at, (pair, score)) in table.pairs.iter().zip(&first.scores).enumerate() {
        if *score >= first.least
            && let Some(same) = known.same(pair.a, pair.b)
        {
            let part = mix(u64::from(known.group(pair.a, pair.b))) % PARTS;
            examples.push(Example { at, same, part });
        }
    }
    let same = examples.iter().filter(|e| e.same).count();
    let different = examples.len() - same;
    let before = first.rescored(prepared, weights, table);
    let class = class_weights(same, different, &before, first);
    let weight = class[0] / class[1];
    let judge = |weights: &Weights, scores: &[f32]| {
        known.judge(&join(prepared, params, weights, &table.pairs, scores, Constraints::default()))
    };
    let start = judge(weights, &before);
    // What is not seen to go wrong may still do so once: two people of the usual size joined, or one parted.
    let doubt = known.mean_size().powi(2) * weight.max(1.0);
    let careful = |found: Judged| {
        let changed = (found.right, found.wrong) != (start.right, start.wrong);
        found.f1(weight) - if changed { doubt / ((found.right + found.all) as f64).max(1.0) } else { 0.0 }
    };
    let f1_before = start.f1(weight);
    let summary = LabelSummary {
        same: same as u64,
        different: different as u64,
        f1: f1_before,
        f1_before,
        corrected: false,
    };
    let none = Learnt { beta: Vec::new(), cut: 0.0, summary };
    let mut best = (f1_before, Weights { learnt: Some(none.clone()), ..weights.clone() });
    learn_shares(weights, prepared, table, &examples);
    let shared = first.rescored(prepared, weights, table);
    let cuts = if params.threshold.is_some() { &CUTS[..1] } else { &CUTS[..] };
    let mut try_all = |beta: &[f64], scores: &[f32]| {
        for cut in cuts {
            let mut candidate =
                Weights { learnt: Some(Learnt { cut: *cut, ..none.clone() }), ..weights.clone() };
            let found = judge(&candidate, scores);
            if careful(found) > best.0 {
                let summary = LabelSummary { f1: found.f1(weight), corrected: !beta.is_empty(), ..summary };
                candidate.learnt = Some(Learnt { beta: beta.to_vec(), cut: *cut, summary });
                best = (careful(found), candidate);
            }
        }
    };
    try_all(&[], &shared);
    if same.min(different) >= LEAST_PAIRS
        && let Some((beta, crossed)) = correct(prepared, weights, table, first, &examples, (&shared, class))
    {
        try_all(&beta, &crossed);
    }
    *weights = best.1;
}

/// m(l) from the labelled pairs of one person, with what they were before as the prior.
///
/// By hand: m(Equal) was 0.90, and of 60 labelled pairs with both values 40 are equal: (40 + 40 · 0.90) / (60 + 40)
/// = 0.76. Columns that are read behind others learn so by their parent's level. O(labelled pairs · columns).
fn learn_shares(weights: &mut Weights, prepared: &Prepared, table: &Compared, examples: &[Example]) {
    for (c, same) in weights.same.iter_mut().enumerate() {
        let mut count = [0.0; LEVELS];
        for example in examples.iter().filter(|e| e.same) {
            count[table.pairs[example.at].pattern.level(c)] += 1.0;
        }
        let total = count[1..].iter().sum::<f64>() + PRIOR_PAIRS;
        for l in 1..LEVELS {
            same[l] = (count[l] + PRIOR_PAIRS * same[l]) / total;
        }
        let ties = &mut weights.ties[c];
        let mut counts = vec![[[0.0; LEVELS]; LEVELS]; ties.len()];
        for example in examples.iter().filter(|e| e.same) {
            let pattern = table.pairs[example.at].pattern;
            if let Some((i, _, k)) = ties::known(ties, |d| pattern.level(d)) {
                counts[i][k][pattern.level(c)] += 1.0;
            }
        }
        for (tie, count) in ties.iter_mut().zip(&counts) {
            let people = Some(count).filter(|_| ties::of_people(prepared, c, tie.parent));
            tie.learn_labelled(people, same);
        }
    }
}

/// β from all labelled pairs, and the scores of all pairs: those of labelled pairs by the β of the other parts.
///
/// `None` where a fit does not converge, which a ridge does not let happen on finite features.
fn correct(
    prepared: &Prepared,
    weights: &Weights,
    table: &Compared,
    first: &First,
    examples: &[Example],
    (scores, class): (&[f32], [f64; 2]),
) -> Option<(Vec<f64>, Vec<f32>)> {
    let scorer = Scorer::new(weights);
    let entities = entities_of(&first.roots);
    let features = Features(weights.same.len());
    let width = features.len();
    let step = examples.len().div_ceil(LEARN_FROM.min(MOST_NUMBERS / width)).max(1);
    let chosen: Vec<&Example> = examples.iter().step_by(step).collect();
    let pair_of = |example: &Example| &table.pairs[example.at];
    // Two pairs at s = 0 without features, one of each class: they keep β0 finite.
    let mut x = vec![0.0; (chosen.len() + 2) * width];
    let (mut y, mut offset, mut mass) = (vec![true, false], vec![0.0; 2], vec![1.0; 2]);
    for (example, row) in chosen.iter().zip(x[2 * width..].chunks_exact_mut(width)) {
        let pair = pair_of(example);
        let seen = scorer.seen(prepared, &first.counted, pair, entities(pair));
        features.each(pair.pattern, &seen, |at, value| row[at] = value);
        y.push(example.same);
        offset.push(seen.score);
        mass.push(class[usize::from(example.same)]);
    }
    let ridge = vec![1.0; width];
    let solve = |mass: &[f64], start: Option<&[f64]>| {
        let data = Data { x: &x, width, y: &y, weights: Some(mass), offset: Some(&offset) };
        let config =
            Config { ridge: &ridge, tolerance: 1e-7, max_iterations: 60, curvature: Curvature::Skip, start };
        fit(&data, &config).ok().map(|fit| fit.beta)
    };
    let beta = solve(&mass, None)?;
    let mut crossed = scores.to_vec();
    let corrected = |beta: &[f64], at: usize| {
        let pair = &table.pairs[at];
        let seen = scorer.seen(prepared, &first.counted, pair, entities(pair));
        #[expect(clippy::cast_possible_truncation, reason = "a score of a few digits")]
        let score = (seen.score + correction(beta, pair.pattern, &seen)) as f32;
        score
    };
    par::for_each_chunk_mut(&mut crossed, 8192, |from, part| {
        for (i, score) in part.iter_mut().enumerate().filter(|(i, _)| first.scores[from + i] >= first.least) {
            *score = corrected(&beta, from + i);
        }
    });
    for part in 0..PARTS {
        let mut others = mass.clone();
        for (mass, _) in others[2..].iter_mut().zip(&chosen).filter(|(_, e)| e.part == part) {
            *mass = 0.0;
        }
        let crossfit = solve(&others, Some(&beta))?;
        for example in examples.iter().filter(|e| e.part == part) {
            crossed[example.at] = corrected(&crossfit, example.at);
        }
    }
    Some((beta, crossed))
}

/// Weights of pairs of two people and of one person: see the page of this module.
///
/// Brought to a mean of 1 over the labelled pairs, so that the ridge has the same say whatever share is labelled.
fn class_weights(same: usize, different: usize, scores: &[f32], first: &First) -> [f64; 2] {
    let mut all = [0.0; 2];
    for (score, before) in scores.iter().zip(&first.scores) {
        if *before >= first.least {
            let gamma = crate::kernel::special::sigmoid(f64::from(*score));
            all[1] += gamma;
            all[0] += 1.0 - gamma;
        }
    }
    let number = [different as f64, same as f64];
    // One pair more of either class: with none seen, a class is not weighted without bound.
    let raw = [0, 1].map(|k: usize| all[k].max(1.0) / (number[k] + 1.0));
    let mean = (raw[0] * number[0] + raw[1] * number[1]) / (number[0] + number[1]).max(1.0);
    raw.map(|w| if mean > 0.0 { w / mean } else { 1.0 })
}
