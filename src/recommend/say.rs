//! From candidates to recommendations: probability, value, and the reasons whose contributions sum to the score.
//!
//! A reason must be true of the score, not a story beside it. So every method's score is a sum whose parts are told, each with
//! what it adds:
//!
//! | method | parts |
//! |---|---|
//! | learned | seven groups of terms of the ln odds |
//! | frequencies | times bought, and popularity as the fraction that breaks ties |
//! | TIFU-KNN, UP-CF | the own vector, and that of similar customers |
//! | item-item | similarity of the item to itself, and to the others of the customer |
//! | Markov chain | transitions from the latest items |
//! | ALS | the terms of the exact solution: the own purchases of the item, and of all others |
//!
//! The sum is taken in the order of the reasons, so that it equals the score to the last bit.
//!
//! # Probability
//! | method | formula |
//! |---|---|
//! | learned | `1 / (1 + e^(−score))` |
//! | any other | `(count + 4 s) / (n + 4)`, s the share of all baskets that hold the item, n the customer's baskets |
//!
//! By hand: an item in 3 of a customer's 6 baskets that is in a tenth of everybody's has (3 + 4 · 0.1) / (6 + 4) = 0.34. Someone
//! without a basket has everybody's share. The learned one is calibrated on candidates of all customers together; the other
//! knows no recency and is a chance for ordering offers by worth rather than a forecast.
//!
//! # Fillers
//! A popular item that fills a list was never scored. It is told with one reason, popularity, that carries the score of the
//! last item that was told before it; under the learned ranker its probability is not above that one's either.
//!
//! # Complexity
//! A few reasons an item, each told from what the ranking has found; a lookup among fifty related items, and for ALS one
//! solution of f² operations an item shown.

use crate::data::TimeAxis;
use crate::kernel::special::sigmoid;
use crate::types::{Day, Expected, Probability};

use super::baskets::Past;
use super::methods::Because;
use super::model::{NextItemModel, Own};
use super::rank::{Candidate, Eligible, margin};
use super::ranker::{Group, Teller};
use super::reasons::{Ago, Reason, ReasonKind, Recommendation};
use super::request::Request;

/// Baskets by which a customer's own frequency of an item is shrunk towards everybody's.
const SHRINKAGE: f64 = 4.0;

impl NextItemModel {
    /// The list of one customer: ranked, then told.
    ///
    /// The score of the recommendation is the sum of its reasons, in their order: what is told is what is shown.
    pub(super) fn list(
        &self,
        customer: Option<usize>,
        request: &Request,
        eligible: &Eligible,
    ) -> Vec<Recommendation> {
        let past = self.past(customer);
        let own = super::model::own_items(past);
        let ranked = self.ranked(customer, &own, request, eligible);
        let mut told =
            self.engine.as_ref().map(|e| e.explain(past, &own, &ranked)).unwrap_or_default().into_iter();
        // A popular item that fills the list was not scored: it is said to score as the worst one that was, and to be no
        // more probable.
        let (mut lowest, mut least) = (0.0, 1.0);
        let teller = self.ranker.as_ref().map(|ranker| ranker.teller(past, &own));
        let mut list = Vec::with_capacity(ranked.len());
        for candidate in ranked {
            let parts = told.next();
            let filler = candidate.score == f64::NEG_INFINITY;
            let reasons = match (&teller, parts) {
                (Some(_), _) | (None, Some(_)) if filler => {
                    vec![Reason { kind: self.popular(candidate.item), contribution: lowest }]
                }
                (Some(teller), _) => self.say_learned(teller, past, &own, &candidate),
                (None, Some(parts)) => self.say_parts(past, &own, &candidate, parts),
                (None, None) => self.say_frequencies(past, &own, candidate.item),
            };
            let score = reasons.iter().map(|r| r.contribution).sum();
            let mut probability = self.probability(past, &own, &candidate);
            if filler && self.ranker.is_some() {
                probability = probability.min(least);
            } else {
                (lowest, least) = (score, probability);
            }
            let value =
                eligible.margins.as_ref().map(|margins| probability * margin(margins, candidate.item));
            list.push(Recommendation {
                item: self.items.key(candidate.item as usize).into_owned(),
                score,
                probability: Probability::saturating(probability),
                value: value.and_then(|v| Expected::minor(v).ok()),
                reasons,
            });
        }
        list
    }

    /// The chance that a candidate is in the customer's next basket: of the learned ranker the inverse of its ln odds;
    /// otherwise the share of the customer's n baskets that hold it, shrunk to the share s of everybody's,
    /// (count + 4 s) / (n + 4).
    pub(super) fn probability(&self, past: Past<'_>, own: &[Own], candidate: &Candidate) -> f64 {
        if self.ranker.is_some() && candidate.score.is_finite() {
            return sigmoid(candidate.score);
        }
        let times = own.binary_search_by_key(&candidate.item, |o| o.item).map_or(0, |at| own[at].times);
        let share = f64::from(self.popularity.of(candidate.item)) / self.popularity.all.max(1) as f64;
        (f64::from(times) + SHRINKAGE * share) / (past.len() as f64 + SHRINKAGE)
    }

    /// The reasons of the learned ranker: one for each group of its terms.
    ///
    /// Seven reasons for an item bought before and six for a new one, whose group of own purchases has no term.
    fn say_learned(
        &self,
        teller: &Teller<'_>,
        past: Past<'_>,
        own: &[Own],
        candidate: &Candidate,
    ) -> Vec<Reason> {
        let item = candidate.item;
        let known = own.binary_search_by_key(&item, |o| o.item).ok().map(|at| own[at]);
        let companion = teller.companion(item);
        let mut reasons = Vec::with_capacity(candidate.parts.len());
        // In the order of the groups: the sum of the contributions is then the score to the last bit.
        let mut add = |group: Group, kind: ReasonKind| {
            reasons.push(Reason { kind, contribution: candidate.parts[group as usize] });
        };
        if let Some(own) = known {
            add(Group::Bought, self.bought(past, own));
        }
        add(Group::Again, ReasonKind::BoughtAgain { times_the_average: teller.repurchase_ratio(item) });
        add(Group::Popular, self.popular(item));
        add(
            Group::GoesWith,
            ReasonKind::GoesWith {
                item: companion.map(|(other, _)| self.items.key(other as usize).into_owned()),
                lift: companion.map_or(0.0, |(_, lift)| lift),
            },
        );
        add(Group::Similar, ReasonKind::SimilarCustomers { share: Teller::vouched(candidate.vouched) });
        add(Group::Season, ReasonKind::Season { ratio: teller.season(item) });
        add(Group::Habits, ReasonKind::Habits { repeat_share: teller.repeat_share });
        reasons
    }

    /// The reasons of a method of two parts: the customer's own purchases of the item, and what others add.
    ///
    /// Parts of 0 are left out, but one reason is always told. For the Markov chain all is the second part.
    fn say_parts(
        &self,
        past: Past<'_>,
        own: &[Own],
        candidate: &Candidate,
        (bought, rest, because): (f64, f64, Because),
    ) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(2);
        let known = own.binary_search_by_key(&candidate.item, |o| o.item).ok().map(|at| own[at]);
        if let Some(own) = known.filter(|_| bought != 0.0) {
            reasons.push(Reason { kind: self.bought(past, own), contribution: bought });
        }
        let name = |item: u32| Some(self.items.key(item as usize).into_owned());
        let kind = match because {
            Because::Similar(share) => ReasonKind::SimilarCustomers { share },
            Because::GoesWith(item, lift) => ReasonKind::GoesWith { item: name(item), lift },
            Because::Follows(item, lift) => ReasonKind::Follows { item: name(item), lift },
            Because::Resembles(item, cosine) => ReasonKind::Resembles { item: name(item), cosine },
            Because::Nothing => ReasonKind::GoesWith { item: None, lift: 0.0 },
        };
        if rest != 0.0 || reasons.is_empty() {
            reasons.push(Reason { kind, contribution: rest });
        }
        reasons
    }

    /// The reasons of the frequency methods. The popularity that breaks ties is part of the score, as a fraction below one
    /// purchase.
    ///
    /// `count + pop / (max pop + 1)`: the fraction is below 1, so that it orders equal counts and never outweighs a purchase. By
    /// hand: bought twice, in 5 baskets where the most popular item is in 9, the score is 2.5.
    fn say_frequencies(&self, past: Past<'_>, own: &[Own], item: u32) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(2);
        let known = own.binary_search_by_key(&item, |o| o.item).ok().map(|at| own[at]);
        if let Some(own) = known.filter(|_| self.method != super::params::Method::GTopFreq) {
            reasons.push(Reason { kind: self.bought(past, own), contribution: own.times.into() });
        }
        let baskets = self.popularity.of(item);
        if baskets > 0 {
            let share = f64::from(baskets) / (f64::from(self.popularity.max()) + 1.0);
            reasons.push(Reason { kind: self.popular(item), contribution: share });
        }
        reasons
    }

    /// Baskets that hold an item, and its place among all.
    fn popular(&self, item: u32) -> ReasonKind {
        let rank = self.popularity.rank.get(item as usize).copied().unwrap_or(0);
        ReasonKind::Popular { baskets: self.popularity.of(item), rank }
    }

    /// The usual interval is the mean gap, `(last − first) / (times − 1)`, rounded half up: 15 days over two gaps are 8. A
    /// purchase of the last basket is 1 basket ago, on ledgers without dates.
    pub(super) fn bought(&self, past: Past<'_>, own: Own) -> ReasonKind {
        let (first, last) = (past.days[own.first as usize], past.days[own.last as usize]);
        let gaps = u64::from(own.times) - 1;
        let halves_up = |total: u64| (total + gaps / 2).checked_div(gaps);
        let days = |from: Day, to: Day| u64::try_from(to - from).unwrap_or(0);
        let (last, interval) = if self.time == TimeAxis::Calendar {
            (Ago::Days(days(last, self.as_of.day())), halves_up(days(first, last)).map(Ago::Days))
        } else {
            let since = past.len() as u64 - u64::from(own.last);
            (Ago::Baskets(since), halves_up(u64::from(own.last - own.first)).map(Ago::Baskets))
        };
        ReasonKind::Bought { times: own.times, last, interval }
    }
}
