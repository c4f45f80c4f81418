//! The learned ranker: candidates from own history, popularity, related items and similar customers; scores from two
//! additive models (one for items bought before, one for new ones) that foresee each customer's own latest basket.

mod additive;
mod features;
mod scratch;
mod tables;

use std::sync::Arc;

use crate::kernel::par;
use crate::metrics::ranking::ListQuality;

use super::baskets::{Baskets, Past};
use super::model::{Own, own_items};
use super::rank::Candidate;
pub(super) use additive::Additive;
use additive::Rows;
use features::{EXPLORE, EXPLORE_PAIRS, Found, REPEAT, REPEAT_PAIRS, WIDTH, candidates};
pub(super) use features::{GROUPS, Group, repeat_share};
use scratch::Pool;
use tables::Tables;

/// Customers who teach, at most; beyond that every so many-th.
const TEACHERS: usize = 20_000;
/// Of those, customers whose new items teach: each has a hundred and more.
const EXPLORERS: usize = 6_000;
/// One teacher in so many is kept back to see whether anything was learned.
const KEPT_BACK: usize = 10;

/// What was learned, and the tables it reads.
#[derive(Clone)]
pub(super) struct Ranker {
    pub(super) learned: Learned,
    tables: Tables,
    pool: Arc<Pool>,
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
    /// Newton steps for items bought before, and for new ones.
    pub iterations: (u32, u32),
    /// Whether both fits met their criterion.
    pub converged: bool,
    /// Penalised log-likelihoods.
    pub log_likelihood: (f64, f64),
    /// Candidates learned from.
    pub rows: (u64, u64),
    /// Recall@10 + NDCG@10 of the ranker and of GP-TopFreq on the customers kept back, on their latest baskets.
    pub validation: (f64, f64),
}

impl Ranker {
    /// Learns from each customer's latest basket given the earlier ones. `None` where that teaches nothing or does no
    /// better than GP-TopFreq on customers kept back.
    pub(super) fn fit(baskets: &Baskets) -> Option<Self> {
        let (history, truth) = baskets.leave_last_out(2, 0).ok()?;
        let tables = Tables::new(&history);
        let pool = Pool::default();
        let people: Vec<usize> =
            (0..history.customers.len()).filter(|c| history.past(*c).len() > 0).collect();
        let every = people.len().div_ceil(TEACHERS).max(1);
        let teachers: Vec<usize> = people.into_iter().step_by(every).collect();
        let explorers = teachers.len().div_ceil(EXPLORERS).max(1);
        let lessons: Vec<Vec<Found>> = par::map(teachers.len(), |t| {
            let past = history.past(teachers[t]);
            let own = own_items(past);
            let myself = u32::try_from(teachers[t]).ok();
            pool.with(|scratch| candidates(&tables, &history, past, &own, myself, scratch))
        });
        let mut rows = [Rows::<WIDTH>::default(), Rows::<WIDTH>::default()];
        let kept_back = |t: usize| t % KEPT_BACK == KEPT_BACK - 1;
        for (t, found) in lessons.iter().enumerate().filter(|(t, _)| !kept_back(*t)) {
            let bought = truth.past(teachers[t]).bought;
            // Measures count customers alike, likelihood counts items: the root stands between.
            let weight = 1.0 / (bought.len().max(1) as f32).sqrt();
            for candidate in found.iter().filter(|f| f.repeat || t % explorers == 0) {
                let into = &mut rows[usize::from(!candidate.repeat)];
                into.x.push(candidate.x);
                into.y.push(bought.binary_search(&candidate.item).is_ok());
                into.weight.push(weight);
            }
        }
        let repeat = Additive::fit(&rows[0], REPEAT.len(), &REPEAT_PAIRS)?;
        let explore = Additive::fit(&rows[1], EXPLORE.len(), &EXPLORE_PAIRS)?;
        let mut learned = Learned {
            fit: RankerFit {
                iterations: (repeat.iterations, explore.iterations),
                converged: repeat.converged && explore.converged,
                log_likelihood: (repeat.log_likelihood, explore.log_likelihood),
                rows: (rows[0].y.len() as u64, rows[1].y.len() as u64),
                validation: (0.0, 0.0),
            },
            repeat,
            explore,
        };
        let (mut ours, mut theirs, mut judges) = (0.0, 0.0, 0_u64);
        for (t, found) in lessons.iter().enumerate().filter(|(t, _)| kept_back(*t)) {
            let bought = truth.past(teachers[t]).bought;
            let quality = |score: &dyn Fn(&Found) -> [f64; 2]| {
                let mut list: Vec<([f64; 2], u32)> = found.iter().map(|f| (score(f), f.item)).collect();
                list.sort_unstable_by(|a, b| {
                    b.0[0].total_cmp(&a.0[0]).then(b.0[1].total_cmp(&a.0[1])).then(a.1.cmp(&b.1))
                });
                let list: Vec<u32> = list.into_iter().take(10).map(|(_, item)| item).collect();
                ListQuality::of(&list, bought, &[], 10).map_or(0.0, |q| q.recall + q.ndcg)
            };
            ours += quality(&|f| [learned.parts(f).iter().sum(), 0.0]);
            let times = |f: &Found| if f.repeat { f64::from(f.x[3]) } else { 0.0 };
            theirs += quality(&|f| [times(f), f64::from(tables.log_share(f.item))]);
            judges += 1;
        }
        let over = 1.0 / judges.max(1) as f64;
        learned.fit.validation = (ours * over, theirs * over);
        (judges > 0 && ours > theirs).then(|| Self::new(learned, baskets))
    }

    /// The ranker that serves the customers of `baskets`.
    pub(super) fn new(learned: Learned, baskets: &Baskets) -> Self {
        Self { learned, tables: Tables::new(baskets), pool: Arc::default() }
    }

    /// Scored candidates, in no order.
    pub(super) fn candidates(
        &self,
        baskets: &Baskets,
        past: Past<'_>,
        own: &[Own],
        myself: Option<u32>,
    ) -> Vec<Candidate> {
        let found = self.pool.with(|scratch| candidates(&self.tables, baskets, past, own, myself, scratch));
        found
            .into_iter()
            .map(|f| {
                let parts = self.learned.parts(&f);
                let score = parts.iter().sum();
                Candidate { item: f.item, score, repeat: f.repeat, parts, vouched: f.vouched }
            })
            .collect()
    }

    /// The customer's own item that an item goes with best.
    pub(super) fn companion(&self, own: &[Own], item: u32) -> Option<u32> {
        let weight = |list: &[(f32, u32)]| list.iter().find(|(_, other)| *other == item).map(|(w, _)| *w);
        let of = |o: &Own| {
            let related = weight(self.tables.related(o.item)).unwrap_or(0.0);
            related.max(weight(self.tables.follows(o.item)).unwrap_or(0.0))
        };
        let best = own.iter().map(|o| (of(o), o.item)).filter(|(w, other)| *w > 0.0 && *other != item);
        best.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, other)| other)
    }

    /// How many times as often as the average item this one is bought again.
    pub(super) fn repurchase_ratio(&self, item: u32) -> f64 {
        self.tables.repurchase_ratio(item)
    }
}

impl Learned {
    fn parts(&self, found: &Found) -> [f64; GROUPS] {
        if found.repeat {
            self.repeat.parts(&found.x, &REPEAT, &REPEAT_PAIRS)
        } else {
            self.explore.parts(&found.x, &EXPLORE, &EXPLORE_PAIRS)
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
