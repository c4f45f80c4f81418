//! Lists of items that are not all alike: maximal marginal relevance.
//!
//! Ten sorts of one tea may each be the best guess and yet be a poor list: once the first is shown, the second adds little.
//! Maximal marginal relevance (Carbonell and Goldstein 1998, doi:10.1145/290941.291025) takes the items one by one, each the
//! best in `(1 − d) · relevance − d · largest likeness to those taken`. d = 0 is the plain list; at d = 1 relevance only breaks
//! ties. The cost is n times the pool of four lists' length.
//!
//! # By hand
//! d = 0.5 and a pool of 20: relevance of the first places is 1, 0.95 and 0.9. The second item is of the first one's category
//! (likeness 1), the third is like neither (0). After the first, the second has 0.5 · 0.95 − 0.5 · 1 = −0.025 and the third
//! 0.5 · 0.9 = 0.45: the third is shown next.
//!
//! # Likeness
//! | two items | likeness |
//! |---|---|
//! | of one category, where the model has categories | 1 |
//! | bought by the same customers | `(n_ab − 1) / √(n_a n_b)`, 0 to 1 |
//! | in neither one's fifty most alike | 0 |
//!
//! # Why places and not scores
//! Scores of one method are ln odds, of another counts: a weight d against likeness would mean something else for each. Places
//! are the same for all, at the price that a lead of the first item is not seen.
//!
//! # Pool
//! The best four lists' length, at least 20 and at most 400. What is not picked follows in its old order, so that quotas, which
//! act later, still find enough.
//!
//! # Determinism
//! Equal values fall to the earlier place.

use super::methods::cosines_of_buyers;
use super::model::{NextItemModel, Own};
use super::rank::{Candidate, Eligible};
use super::request::Request;
use super::sparse::{Index, Sparse};

/// Alike items that are known of each item, and a customer's latest rows that count as bought together.
const ALIKE: usize = 50;
const HISTORY: usize = 300;

impl NextItemModel {
    /// Popular items that no method scored, for a list that few candidates fill.
    ///
    /// Their score is −∞: they stand behind every scored candidate and are told as fillers. They are known by popularity only.
    pub(super) fn unscored(
        &self,
        own: &[Own],
        request: &Request,
        eligible: &Eligible,
        n: usize,
    ) -> Vec<Candidate> {
        let candidates = eligible.by_popularity(&self.popularity).iter().map(|item| {
            let repeat = own.binary_search_by_key(item, |o| o.item).is_ok();
            Candidate::plain(*item, f64::NEG_INFINITY, repeat)
        });
        candidates.filter(|c| eligible.allows(c.item, c.repeat, request.bought)).take(n).collect()
    }

    /// The best candidates in the order in which each is the most relevant that is least like those before, then the
    /// rest. `candidates` come best first; where they are few, `popular(n)` gives more.
    ///
    /// Carbonell and Goldstein 1998: the next is the one of the largest `(1 − d) · relevance − d · max likeness`. Relevance is
    /// 1 for the first place and falls evenly with the place, so that scores of any method weigh alike.
    ///
    /// O(places · pool · 50): for each pick one likeness to every item left, each a look through two lists of fifty.
    pub(super) fn diversified(
        &self,
        mut candidates: Vec<Candidate>,
        popular: impl FnOnce(usize) -> Vec<Candidate>,
        request: &Request,
    ) -> Vec<Candidate> {
        let wide = request.how_many.saturating_mul(4).clamp(20, 400);
        if candidates.len() < wide {
            let mut known: Vec<u32> = candidates.iter().map(|c| c.item).collect();
            known.sort_unstable();
            let more = popular(wide).into_iter().filter(|c| known.binary_search(&c.item).is_err());
            candidates.extend(more);
        }
        let wide = wide.min(candidates.len());
        let d = request.diversity;
        let relevance = |place: usize| 1.0 - place as f64 / wide as f64;
        let mut left: Vec<usize> = (0..wide).collect();
        let mut likeness = vec![0.0_f64; wide];
        let mut order = Vec::with_capacity(candidates.len());
        while order.len() < request.how_many.min(wide) {
            let value = |place: usize| (1.0 - d) * relevance(place) - d * likeness[place];
            // Of equal ones the earlier.
            let best =
                left.iter().enumerate().fold(None, |best: Option<(f64, usize)>, (at, place)| match best {
                    Some((v, _)) if v >= value(*place) => best,
                    _ => Some((value(*place), at)),
                });
            let Some((_, at)) = best else { break };
            let taken = left.remove(at);
            order.push(taken);
            for place in &left {
                let alike = self.likeness(candidates[taken].item, candidates[*place].item);
                likeness[*place] = likeness[*place].max(alike);
            }
        }
        order.extend(left);
        order.extend(wide..candidates.len());
        order.into_iter().map(|place| candidates[place]).collect()
    }

    /// 1 for items of one category, else the cosine of their buyers, `(n_ab − 1) / √(n_a n_b)` over customers, 0 where it is not
    /// among the fifty largest of either.
    fn likeness(&self, a: u32, b: u32) -> f64 {
        let category = self.categories.of(a);
        if category.is_some() && category == self.categories.of(b) {
            return 1.0;
        }
        let alike = match &self.ranker {
            Some(ranker) => ranker.alike(),
            None => self.alike.get_or_init(|| self.count_alike()),
        };
        let of = |a: u32, b: u32| {
            let row = alike.row(a as usize);
            row.iter().find(|(other, _)| *other == b).map_or(0.0, |(_, cosine)| f64::from(*cosine))
        };
        of(a, b).max(of(b, a))
    }

    /// The table of cosines, for models that have none: `O(Σ m_u²)` once, at the first request that asks.
    ///
    /// Kept with the model and shared by its clones from then on; a second thread that asks meanwhile waits for the first.
    fn count_alike(&self) -> Sparse<f32> {
        let items = self.baskets.items.len();
        let latest = |c: usize| {
            let latest = self.baskets.past(c).latest_items(HISTORY);
            latest.into_iter().map(|item| (item, 1.0_f32)).collect::<Vec<_>>()
        };
        let rows = Sparse::of_rows((0..self.baskets.customers.len()).map(latest));
        cosines_of_buyers(items, &Index::new(items, rows, usize::MAX), ALIKE)
    }
}
