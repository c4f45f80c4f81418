//! The learned ranker: candidates from own history, popularity, related items and similar customers; scores from two
//! additive models (one for items bought before, one for new ones) that foresee each customer's own latest basket.
//!
//! # How it learns
//! A *lesson* is one basket of a customer given the earlier ones: the candidates are scored as for a list, those in the basket
//! are the positives. The latest basket of every customer is taken first, then the one before, and so on until there are
//! enough lessons; each level has tables of its own, made from the baskets before that level only, so that no lesson knows
//! its own answer. Nobody's held-out baskets are ever read: a model fitted on histories learns from histories.
//!
//! | choice | why |
//! |---|---|
//! | two models, repeat and explore | a bought item and a new one have different features; their ln odds compare, since both are calibrated to the same event |
//! | a lesson weighs 1/√(items in the basket) | measures count customers alike, likelihood counts items: the root stands between |
//! | one in eight of the new negatives, weighing eight | there are some hundred of them a lesson, and they are much alike |
//! | penalty by the weight of positives, fixed | nothing to set; small shops get smooth terms |
//! | a tenth of the customers kept back | where recall@10 + NDCG@10 on them is not above GP-TopFreq's, that answers |
//!
//! # How it serves
//! Relations (what a search of similar customers and related items finds) are kept for each customer of the fit, of the best
//! two dozen candidates; so a plain list scores those, by the code of the fit. Filters, and customers with an update, search
//! again.
//!
//! # The loss
//! For a lesson of customer u with basket B, candidate i has `y = 1` where i ∈ B. Over the lessons both models maximise
//! `Σ w (y η − ln(1 + e^η))` less the penalty of [`Additive`], with `w = 1 / √|B|`; a thinned negative has 8 w. Items of B
//! that are no candidates (new ones that no source proposed) are in neither sum: the odds are those of candidates.
//!
//! By hand: a basket of four items gives its candidates the weight 1/2. Two of 30 own items are in it: the repeat model gets
//! two positives and 28 negatives of weight 1/2. One of 200 new candidates is in it: the explore model gets one positive of
//! weight 1/2 and 24 or 25 of the 199 negatives with weight 4, which stand for all.
//!
//! # Levels
//! | level | tables from | lesson |
//! |---|---|---|
//! | 0 | all baskets but each customer's last | the last basket |
//! | 1 | all but the last two | the last but one |
//! | 2 | all but the last three | the third from last |
//!
//! A level is opened while at least a tenth of the 20,000 lessons is left to fill. With 18,001 customers of two baskets and
//! more, level 0 is all; a shop of 2,000 customers learns from three of each. Tables at level 0 and at service differ by one
//! basket a customer only, so that what is learned of features there holds for the features here.
//!
//! # The judges
//! Customers whose number ends in 9 teach nothing at any level; at level 0 their candidates are scored by what was learned and
//! by GP-TopFreq, and lists of ten are compared: recall@10 + NDCG@10, means over the judges. Not above means `None`: an
//! equal list is better told by frequencies. Numbers follow keys, so that the choice is the same in every run.
//!
//! # Complexity
//! Time: three levels of tables, one search a lesson, two fits, then tables of all baskets and
//! a search a customer. Space: the rows of the lessons while learning, 81 bytes each, then tables and kept relations.
//! Lessons, Hessians and searches run in parallel.
//!
//! # Determinism
//! Lessons come in the order of customers whatever thread made them; which negatives are thinned follows from the place of a
//! lesson and of the candidate within it. No random number is drawn.

mod features;
mod neighbours;
mod relations;
mod scratch;
mod seasons;
mod tables;
mod teller;

use std::sync::Arc;

use crate::kernel::par;
use crate::metrics::ranking::ListQuality;

use super::additive::{Additive, Pair, Rows, Scorer};
use super::baskets::{Baskets, Past};
use super::model::{Own, own_items};
use super::rank::Candidate;
use super::sparse::{Pool, Sparse};
use features::{EXPLORE, EXPLORE_PAIRS, Found, REPEAT, REPEAT_PAIRS, WIDTH, features};
pub(super) use features::{GROUPS, Group};
use relations::{Kept, Related, SOURCE};
use scratch::Scratch;
use tables::Tables;
pub(super) use teller::Teller;

/// Lessons, at most: one is a customer's basket given the earlier ones.
const LESSONS: usize = 20_000;
/// How many baskets of a customer may be lessons, where there are few customers.
const LEVELS: usize = 3;
/// One negative of the new items in so many is learned from, with that weight.
const THINNED: usize = 8;
/// One customer in so many is kept back to see whether anything was learned.
const KEPT_BACK: usize = 10;
/// Candidates kept for each customer's list without filters.
pub(super) const SHORTLIST: usize = 24;

/// What was learned, and the tables it reads.
///
/// Tables, relations and scratch memory are shared by the clones of a model; what was learned is a few kilobytes.
#[derive(Clone)]
pub(super) struct Ranker {
    pub(super) learned: Learned,
    scorers: Arc<Scorers>,
    tables: Arc<Tables>,
    kept: Arc<Kept>,
    pool: Arc<Pool<Scratch>>,
}

/// The learned part alone: what a file keeps. The tables follow from the baskets.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Learned {
    repeat: Additive,
    explore: Additive,
    pub(super) fit: RankerFit,
}

/// How the learned ranker was fitted, and what it gained on customers it had not learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RankerFit {
    /// Steps of the fit for items bought before, and for new ones.
    pub iterations: (u32, u32),
    /// Whether both fits met their criterion.
    pub converged: bool,
    /// Penalised log-likelihoods.
    ///
    /// In nats, of weighted rows: they compare fits to the same data only.
    pub log_likelihood: (f64, f64),
    /// Candidates learned from.
    pub rows: (u64, u64),
    /// Recall@10 + NDCG@10 of the ranker and of GP-TopFreq on the customers kept back, on their latest baskets.
    ///
    /// Each measure lies in 0 to 1, so each sum in 0 to 2; the first is above the second, or there is no ranker.
    pub validation: (f64, f64),
}

/// Rows to learn from, and customers to judge by.
#[derive(Default)]
struct School {
    rows: [Rows<WIDTH>; 2],
    judges: Vec<(Vec<Found>, Vec<u32>)>,
}

impl School {
    /// Adds the baskets of `truth`, given those of `history`, as lessons: at most `limit` of them, evenly spread over the
    /// customers. Returns how many.
    ///
    /// A customer without a history has nothing to be told from and is passed over. With more customers than lessons left, every
    /// so many-th teaches, so that the lessons are spread over all keys.
    fn teach(
        &mut self,
        tables: &Tables,
        history: &Baskets,
        truth: &Baskets,
        limit: usize,
        level: usize,
    ) -> usize {
        let people: Vec<usize> =
            (0..history.customers.len()).filter(|c| history.past(*c).len() > 0).collect();
        let every = people.len().div_ceil(limit.max(1)).max(1);
        let teachers: Vec<usize> = people.into_iter().step_by(every).collect();
        let pool = Pool::<Scratch>::default();
        let lessons: Vec<Vec<Found>> = par::map(teachers.len(), |t| {
            let past = history.past(teachers[t]);
            let own = own_items(past);
            let myself = u32::try_from(teachers[t]).ok();
            let bought = truth.past(teachers[t]).bought;
            let mut related = pool.with(|scratch| Related::find(tables, past, &own, myself, scratch));
            if !is_judge(teachers[t]) {
                let mut at = t + own.len();
                related.new.retain(|(item, _)| {
                    at += 1;
                    at.is_multiple_of(THINNED) || bought.binary_search(item).is_ok()
                });
            }
            let mut found = Vec::with_capacity(related.own.len() + related.new.len());
            features(tables, past, &own, related.view(), |f| found.push(f.clone()));
            found
        });
        for (teacher, found) in teachers.iter().zip(lessons) {
            let bought = truth.past(*teacher).bought;
            if is_judge(*teacher) {
                if level == 0 {
                    self.judges.push((found, bought.to_vec()));
                }
                continue;
            }
            // Measures count customers alike, likelihood counts items: the root stands between.
            let weight = 1.0 / (bought.len().max(1) as f32).sqrt();
            for candidate in found {
                let into = &mut self.rows[usize::from(!candidate.repeat)];
                let hit = bought.binary_search(&candidate.item).is_ok();
                into.x.push(candidate.x);
                into.y.push(hit);
                into.weight.push(if hit || candidate.repeat { weight } else { weight * THINNED as f32 });
            }
        }
        teachers.len()
    }
}

/// Whether a customer's baskets are kept back from learning.
///
/// By number rather than by chance: a refit on the same customers keeps back the same, and the comparison of two fits is paired.
fn is_judge(customer: usize) -> bool {
    customer % KEPT_BACK == KEPT_BACK - 1
}

impl Ranker {
    /// Learns from each customer's latest baskets given the earlier ones. `None` where that teaches nothing or does no
    /// better than GP-TopFreq on customers kept back.
    ///
    /// The order of the judged lists is that of service: score, then, for GP-TopFreq, popularity in the histories, then key. Both
    /// lists are of the same candidates, so that the comparison is of orders and not of who was proposed.
    pub(super) fn fit(baskets: &Baskets) -> Option<Self> {
        let mut school = School::default();
        let (mut left, mut all) = (LESSONS, baskets.clone());
        let mut popularity = Vec::new();
        for level in 0..LEVELS {
            let Ok((history, truth)) = all.leave_last_out(2, 0) else { break };
            let tables = Tables::new(&history);
            if level == 0 {
                popularity = history.popularity();
            }
            left = left.saturating_sub(school.teach(&tables, &history, &truth, left, level));
            if left < LESSONS / 10 {
                break;
            }
            all = history;
        }
        let School { rows, judges } = school;
        let [repeat, explore] = rows;
        let learned_from = (repeat.y.len() as u64, explore.y.len() as u64);
        let repeat = Additive::fit(repeat, REPEAT.len(), &REPEAT_PAIRS.map(|p| p.0))?;
        let explore = Additive::fit(explore, EXPLORE.len(), &EXPLORE_PAIRS.map(|p| p.0))?;
        let mut learned = Learned {
            fit: RankerFit {
                iterations: (repeat.iterations, explore.iterations),
                converged: repeat.converged && explore.converged,
                log_likelihood: (repeat.log_likelihood, explore.log_likelihood),
                rows: learned_from,
                validation: (0.0, 0.0),
            },
            repeat,
            explore,
        };
        let scorers = learned.scorers();
        let (mut ours, mut theirs) = (0.0, 0.0);
        for (found, bought) in &judges {
            let quality = |score: &dyn Fn(&Found) -> [f64; 2]| {
                let mut list: Vec<([f64; 2], u32)> = found.iter().map(|f| (score(f), f.item)).collect();
                list.sort_unstable_by(|a, b| {
                    b.0[0].total_cmp(&a.0[0]).then(b.0[1].total_cmp(&a.0[1])).then(a.1.cmp(&b.1))
                });
                let list: Vec<u32> = list.into_iter().take(10).map(|(_, item)| item).collect();
                ListQuality::of(&list, bought, &[], 10).map_or(0.0, |q| q.recall + q.ndcg)
            };
            ours += quality(&|f| [scorers.parts(f).iter().sum(), 0.0]);
            let times = |f: &Found| if f.repeat { f64::from(f.x[3]) } else { 0.0 };
            theirs += quality(&|f| [times(f), f64::from(popularity[f.item as usize])]);
        }
        let over = 1.0 / judges.len().max(1) as f64;
        learned.fit.validation = (ours * over, theirs * over);
        (!judges.is_empty() && ours > theirs).then(|| Self::new(learned, baskets))
    }

    /// The ranker that serves the customers of `baskets`: tables of all baskets, and the relations of every customer. Costs one
    /// search a customer, in parallel; the learned part is taken as it is.
    pub(super) fn new(learned: Learned, baskets: &Baskets) -> Self {
        let (tables, scorers) = (Tables::new(baskets), learned.scorers());
        let pool = Pool::<Scratch>::default();
        let all = par::map(baskets.customers.len(), |customer| {
            let past = baskets.past(customer);
            if past.len() == 0 {
                return Related::default();
            }
            let own = own_items(past);
            let myself = u32::try_from(customer).ok();
            let mut related = pool.with(|scratch| Related::find(&tables, past, &own, myself, scratch));
            let mut best = Vec::with_capacity(related.own.len() + related.new.len());
            features(&tables, past, &own, related.view(), |f| {
                best.push((scorers.parts(f).iter().sum::<f64>(), tables.rates(f.item).log_share, f.item));
            });
            // As lists are ordered: by score, popularity and key.
            let order = |a: &(f64, f32, u32), b: &(f64, f32, u32)| {
                b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2))
            };
            if best.len() > SHORTLIST {
                best.select_nth_unstable_by(SHORTLIST, order);
                best.truncate(SHORTLIST);
            }
            let shown = |item: u32| best.iter().any(|b| b.2 == item);
            related.own.retain(|(place, _)| shown(own[*place as usize].item));
            related.new.retain(|(item, _)| shown(*item));
            // Room for candidates that are gone would be ten times that of those kept, until all customers are done.
            related.own.shrink_to_fit();
            related.new.shrink_to_fit();
            related
        });
        Self {
            learned,
            scorers: Arc::new(scorers),
            tables: Arc::new(tables),
            kept: Arc::new(Kept::new(all)),
            pool: Arc::new(pool),
        }
    }

    /// Scored candidates, in no order: each with what every group of terms adds, in the order of the groups. `short` allows those
    /// kept since the fit, which are the best few.
    ///
    /// The score is the ln odds, the sum of the parts in the order of the groups: reasons add up to it by construction.
    pub(super) fn candidates(
        &self,
        past: Past<'_>,
        own: &[Own],
        customer: Option<usize>,
        short: bool,
    ) -> Vec<Candidate> {
        let kept = customer.filter(|_| short).and_then(|c| self.kept.of(c));
        let mut scored = Vec::with_capacity(if kept.is_some() { SHORTLIST } else { own.len() + 5 * SOURCE });
        let score = |f: &Found| {
            let parts = self.scorers.parts(f);
            let score = parts.iter().sum();
            scored.push(Candidate { item: f.item, score, repeat: f.repeat, parts, vouched: f.vouched });
        };
        if let Some(relations) = kept {
            features(&self.tables, past, own, relations, score);
        } else {
            let myself = customer.and_then(|c| u32::try_from(c).ok());
            let found = self.pool.with(|scratch| Related::find(&self.tables, past, own, myself, scratch));
            features(&self.tables, past, own, found.view(), score);
        }
        scored
    }

    /// Cosines of buyers.
    pub(super) fn alike(&self) -> &Sparse<f32> {
        self.tables.alike()
    }
}

/// What was learned, laid out for scoring, each term with the group it is told in.
///
/// Each term of the sum belongs to one group, by its feature or, for a pair, by the table of pairs.
struct Scorers {
    repeat: (Scorer, Vec<usize>),
    explore: (Scorer, Vec<usize>),
}

impl Scorers {
    /// What each group of terms adds to the ln odds; the constant counts among the habits.
    ///
    /// Since terms are centred at the fit, a part above 0 speaks for the item against the average candidate of its kind, one
    /// below 0 against it.
    fn parts(&self, found: &Found) -> [f64; GROUPS] {
        let (scorer, groups) = if found.repeat { &self.repeat } else { &self.explore };
        let mut parts = [0.0; GROUPS];
        parts[Group::Habits as usize] = scorer.intercept();
        scorer.each(&found.x, |term, value| parts[groups[term]] += value);
        parts
    }
}

impl Learned {
    fn scorers(&self) -> Scorers {
        let of = |sum: &Additive, groups: &[Group], pairs: &[(Pair, Group)]| {
            let group = |told: Pair| match pairs.iter().find(|p| p.0 == told) {
                Some((_, group)) => *group as usize,
                None => groups[told.0] as usize,
            };
            (sum.scorer(), sum.told().map(group).collect())
        };
        Scorers {
            repeat: of(&self.repeat, &REPEAT, &REPEAT_PAIRS),
            explore: of(&self.explore, &EXPLORE, &EXPLORE_PAIRS),
        }
    }

    /// Whether a fit could have made it.
    pub(super) fn is_sound(&self) -> bool {
        let (a, b) = self.fit.validation;
        self.repeat.is_sound(REPEAT.len())
            && self.explore.is_sound(EXPLORE.len())
            && a.is_finite()
            && b.is_finite()
    }
}
