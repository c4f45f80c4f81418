//! From scored candidates to the list: eligibility, quotas, and the fill by popularity.
//!
//! The order of events decides whether a list is full. Filters that are cut *after* a top-N (deny lists, stock) leave
//! holes; here every filter acts on the candidates, then the best are taken within the quotas, then popular items that are
//! eligible fill what is left, and last, where a share of repeats cannot be kept, the other kind takes the places. A list is
//! short only where fewer items than asked for are eligible.
//!
//! ```text
//! candidates ── eligible? ── by score ── quota of kind and category ──┐
//! popular    ── eligible? ── not yet there ── quota ──────────────────┼─▶ list
//! passed over by the quota of kind ── only while places are left ─────┘
//! ```
//!
//! # By hand
//! Four places, a share of repeats of one half, and candidates by score: r₁ r₂ r₃ n₁ r₄, r bought before and n new. Two places
//! are for each kind. r₁ and r₂ take theirs, r₃ is passed over, n₁ takes one, r₄ is passed over; popular items that are new fill
//! the fourth. Is there none, r₃ takes it: the list is full, and in the order of scores r₁ r₂ r₃ n₁.
//!
//! # Rules
//! | case | what holds |
//! |---|---|
//! | share · places between two whole numbers | rounded half up: .25 of 10 are 3 repeats and 7 new |
//! | an item without a category | counts against no limit per category |
//! | a limit per category that leaves holes | the list is shorter: a limit is never broken |
//! | two margins for one item | the later |
//! | an item without a margin | the margin 0 |
//! | an item both allowed and denied | denied |
//!
//! # Complexity
//! O(candidates + places + popular items looked at), times log of the list lengths for allow and deny lists. A plain request
//! is a cut and costs nothing beyond.
//!
//! # Determinism
//! No sum is formed here; what is in order stays in order.

use super::directory::Directory;
use super::model::{Categories, Own, Popularity};
use super::ranker::GROUPS;
use super::request::{AlreadyBought, Request};

/// An item that a method has scored for a customer.
///
/// 56 bytes of parts travel with it, so that reasons are told from what was added and not computed a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) item: u32,
    pub(super) score: f64,
    /// Whether the customer bought it before.
    pub(super) repeat: bool,
    /// What each group of the learned ranker's terms adds; zeros of any other method.
    pub(super) parts: [f64; GROUPS],
    /// Share of similar customers' latest baskets that hold it; as a logarithm by the learned ranker, which tells it.
    pub(super) vouched: f32,
}

impl Candidate {
    /// A candidate of a method without parts.
    pub(super) fn plain(item: u32, score: f64, repeat: bool) -> Self {
        Self { item, score, repeat, parts: [0.0; GROUPS], vouched: 0.0 }
    }
}

/// A request's lists in the model's numbers, worked out once for a whole batch.
pub(super) struct Eligible {
    /// Ascending; `None` allows everything.
    allow: Option<Vec<u32>>,
    /// The same, most popular first.
    allow_by_popularity: Vec<u32>,
    /// Ascending.
    deny: Vec<u32>,
    /// Margins in minor units, by item, ascending.
    pub(super) margins: Option<Vec<(u32, f64)>>,
}

/// What an item leaves, in minor units; 0 where nobody said.
pub(super) fn margin(margins: &[(u32, f64)], item: u32) -> f64 {
    margins.binary_search_by_key(&item, |m| m.0).map_or(0.0, |at| margins[at].1)
}

impl Eligible {
    /// Keys that the model does not know are dropped: they can neither be shown nor be wrong. O(keys log keys), once a batch.
    pub(super) fn new(request: &Request, items: &Directory, popularity: &Popularity) -> Self {
        let numbers = |keys: &[_]| {
            let mut numbers: Vec<u32> =
                keys.iter().filter_map(|key| u32::try_from(items.find(key)?).ok()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let allow = request.allow.as_deref().map(numbers);
        let mut allow_by_popularity = allow.clone().unwrap_or_default();
        allow_by_popularity.retain(|item| popularity.of(*item) > 0);
        allow_by_popularity.sort_unstable_by_key(|item| popularity.rank[*item as usize]);
        let margins = request.margins.as_ref().map(|pairs| {
            let known = pairs.iter().filter_map(|(key, margin)| {
                Some((u32::try_from(items.find(key)?).ok()?, margin.in_minor() as f64))
            });
            let mut margins: Vec<(u32, f64)> = known.collect();
            // Stable, and the last of equal ones kept: of two margins for one item the later holds.
            margins.reverse();
            margins.sort_by_key(|m| m.0);
            margins.dedup_by_key(|m| m.0);
            margins
        });
        Self { allow, allow_by_popularity, deny: numbers(&request.deny), margins }
    }

    /// Whether a request allows an item, given whether the customer bought it before.
    ///
    /// O(log) of the lists' lengths.
    pub(super) fn allows(&self, item: u32, repeat: bool, bought: AlreadyBought) -> bool {
        let kind = match bought {
            AlreadyBought::Allowed => true,
            AlreadyBought::Excluded => !repeat,
            AlreadyBought::Only => repeat,
        };
        kind && self.allow.as_ref().is_none_or(|allow| allow.binary_search(&item).is_ok())
            && (self.deny.is_empty() || self.deny.binary_search(&item).is_err())
    }

    /// What fills a list that the candidates leave short.
    pub(super) fn by_popularity<'a>(&'a self, popularity: &'a Popularity) -> &'a [u32] {
        if self.allow.is_some() { &self.allow_by_popularity } else { &popularity.order }
    }
}

/// Places left in a list: in all, by kind (repeat or new, from the share asked for), and by category.
///
/// `repeats` and `explores` are each as long as the list where no share is asked for, so that only `left` binds.
struct Places {
    left: usize,
    repeats: usize,
    explores: usize,
    per_category: Option<usize>,
    in_category: Vec<(u32, usize)>,
}

impl Places {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share in [0, 1] of a length in memory"
    )]
    fn new(request: &Request) -> Self {
        let n = request.how_many;
        let (repeats, explores) = match request.repeat_share {
            None => (n, n),
            Some(share) => {
                let repeats = ((n as f64 * share).round() as usize).min(n);
                (repeats, n - repeats)
            }
        };
        Self { left: n, repeats, explores, per_category: request.per_category, in_category: Vec::new() }
    }

    /// Takes a place if kind and category have one left.
    ///
    /// Nothing is taken where any of the three has no place left, and then nothing is changed. Categories of a list are few: they
    /// are looked up one by one.
    fn take(&mut self, candidate: Candidate, categories: &Categories) -> bool {
        let kind = if candidate.repeat { &mut self.repeats } else { &mut self.explores };
        if *kind == 0 {
            return false;
        }
        if let (Some(limit), Some(category)) = (self.per_category, categories.of(candidate.item)) {
            match self.in_category.iter_mut().find(|(c, _)| *c == category) {
                Some((_, n)) if *n >= limit => return false,
                Some((_, n)) => *n += 1,
                None => self.in_category.push((category, 1)),
            }
        }
        *kind -= 1;
        self.left -= 1;
        true
    }
}

/// Takes the best eligible candidates within the quotas, best first, then popular items until the list is full.
///
/// `candidates` are eligible and in order. Where the share of repeats cannot be kept because one kind ran out, the
/// other kind takes its places.
///
/// `fill` is false for the one method that stops after the customer's own items. Places are remembered with each pick, so that
/// items taken in the second round stand where their score puts them.
pub(super) fn select(
    mut candidates: Vec<Candidate>,
    fill: bool,
    own: &[Own],
    request: &Request,
    eligible: &Eligible,
    popularity: &Popularity,
    categories: &Categories,
) -> Vec<Candidate> {
    let mut places = Places::new(request);
    if request.takes_the_first() && candidates.len() >= places.left {
        candidates.truncate(places.left);
        return candidates;
    }
    let mut scored: Vec<u32> = candidates.iter().map(|c| c.item).collect();
    scored.sort_unstable();
    let popular = eligible.by_popularity(popularity);
    let fillers =
        popular.iter().filter(|_| fill).filter(|item| scored.binary_search(item).is_err()).map(|item| {
            let repeat = own.binary_search_by_key(item, |o| o.item).is_ok();
            Candidate::plain(*item, f64::NEG_INFINITY, repeat)
        });
    let fillers = fillers.filter(|c| eligible.allows(c.item, c.repeat, request.bought));
    let mut taken = Vec::with_capacity(places.left.min(candidates.len() + popular.len()));
    let mut passed = Vec::new();
    for (place, candidate) in candidates.into_iter().chain(fillers).enumerate() {
        if places.left == 0 {
            break;
        }
        if places.take(candidate, categories) {
            taken.push((place, candidate));
        } else if request.repeat_share.is_some() {
            passed.push((place, candidate));
        }
    }
    if places.left > 0 && !passed.is_empty() {
        (places.repeats, places.explores) = (places.left, places.left);
        for (place, candidate) in passed {
            if places.left == 0 {
                break;
            }
            if places.take(candidate, categories) {
                taken.push((place, candidate));
            }
        }
        taken.sort_unstable_by_key(|(place, _)| *place);
    }
    taken.into_iter().map(|(_, candidate)| candidate).collect()
}
