//! The published methods, each usable alone: neighbours (TIFU-KNN, UP-CF), pairs of items, a Markov chain of baskets,
//! implicit matrix factors.
//!
//! Each method's parameters fit a [`NextItemModel`](super::NextItemModel), so that filters, updates, files and
//! evaluation are the same for all of them. What is known of everybody is an [`Engine`], frozen at the fit; a
//! customer's own vector is made from the customer's baskets when a list is asked for, so that an update serves the
//! customer as a refit with the engine frozen would.
//!
//! # What each knows
//! | method | of everybody | of the customer | score |
//! |---|---|---|---|
//! | TIFU-KNN | decayed frequencies of all neighbours | the same | `α v(i) + (1 − α) mean of k neighbours` |
//! | UP-CF | items ever bought, latest baskets | the same | `R_u(i) + Σ s^q R_v(i)` |
//! | item-item | the nearest items of each item | counts | `Σ_i c_ui S_ij` |
//! | Markov chain | transitions of each item | the latest baskets | mean of P(j given i) |
//! | ALS | factors of each item | counts | `x_u · y_i` |
//!
//! # Reasons
//! Each score is a sum of what the own purchases of the item add and of what comes from elsewhere. The two are kept with the
//! candidate, and only for the items shown is it looked up who or what the second part is owed to.
//!
//! # Complexity
//! Engines are made once, in parallel, and shared by the clones of a model. A list takes scratch memory from a pool and
//! allocates what it returns.
//!
//! # Determinism
//! Sums run in a fixed order. TIFU-KNN and UP-CF order ties by key, as the code they are compared with; others by popularity.
//!
//! # Errors
//! Only of parameters, by each type's `check`, and of a file whose factors do not fit its items.

mod als;
mod itemitem;
mod markov;
mod pairs;
mod tifu;
mod upcf;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::error::Result;

use super::baskets::{Baskets, Past};
use super::model::Own;
use super::params::Method;
use super::rank::Candidate;
use super::ranker::Group;
use super::sparse::{Scratch, Sums};

pub use als::AlsParams;
pub(super) use als::ItemFactors;
pub use itemitem::{ItemItemParams, Similarity};
pub use markov::MarkovChainParams;
pub(super) use pairs::{Successors, cosines_of_buyers};
pub use tifu::TifuKnnParams;
pub use upcf::UpCfParams;

/// The params' `fit`, the same for every method: a shorthand for [`NextItemParams::method`](super::NextItemParams::method).
macro_rules! fits {
    ($params:ident, $variant:ident) => {
        impl $params {
            /// Fits on what is known as of a day, or on ready [`Baskets`](crate::recommend::Baskets): short for
            /// [`NextItemParams::method`](crate::recommend::NextItemParams::method), which also knows categories,
            /// occasions and who may be a neighbour.
            ///
            /// # Errors
            /// As [`NextItemParams::fit`](crate::recommend::NextItemParams::fit), and
            #[doc = concat!("[`InvalidParam`](crate::ErrorKind::InvalidParam) as [`", stringify!($params), "::check`].")]
            pub fn fit<'a>(
                &self,
                data: impl Into<crate::recommend::BasketSource<'a>>,
            ) -> crate::error::Result<crate::recommend::NextItemModel> {
                let method = crate::recommend::Method::$variant(*self);
                crate::recommend::NextItemParams::new().method(method).fit(data)
            }
        }
    };
}
pub(super) use fits;

/// What a method knows of everybody, behind a counted pointer: a clone of a model shares it.
#[derive(Clone)]
pub(super) enum Engine {
    Tifu(Arc<tifu::Engine>),
    UpCf(Arc<upcf::Engine>),
    ItemItem(Arc<itemitem::Engine>),
    Markov(Arc<markov::Engine>),
    Als(Arc<als::Engine>),
}

/// Sums over neighbours and items while a list is made, to the precision of published digits.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Of rows of an index: what they share with the customer.
    common: Sums<f64>,
    /// Of items: what others add.
    items: Sums<f64>,
    /// Rows by similarity.
    nearest: Vec<(f64, u32)>,
}

impl Scratch for Work {
    fn clear(&mut self) {
        self.common.clear();
        self.items.clear();
        self.nearest.clear();
    }
}

/// What speaks for an item beyond the customer's own purchases of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Because {
    /// Similar customers' latest baskets hold it, by this weighted share.
    Similar(f64),
    /// It goes with this item of the customer's; customers who bought both, over those expected by chance.
    GoesWith(u32, f64),
    /// It follows this item of the last basket; next baskets that hold it, over those expected by chance.
    Follows(u32, f64),
    /// Its factors resemble those of this item of the customer's, by this cosine.
    Resembles(u32, f64),
    /// Nothing.
    Nothing,
}

impl Engine {
    /// `None` for the methods that know nothing but frequencies, and for the learned ranker. `pool` lists the customers
    /// who may be neighbours, in the order of their preference.
    pub(super) fn fit(method: Method, baskets: &Baskets, pool: &[u32]) -> Option<Self> {
        Some(match method {
            Method::TifuKnn(params) => Self::Tifu(Arc::new(tifu::Engine::new(params, baskets, pool))),
            Method::UpCf(params) => Self::UpCf(Arc::new(upcf::Engine::new(params, baskets, pool))),
            Method::ItemItem(params) => Self::ItemItem(Arc::new(itemitem::Engine::new(params, baskets))),
            Method::MarkovChain(params) => Self::Markov(Arc::new(markov::Engine::new(params, baskets))),
            Method::Als(params) => Self::Als(Arc::new(als::Engine::new(params, baskets))),
            _ => return None,
        })
    }

    /// The engine of a file: as fitted, but for factors, which stand in the file.
    pub(super) fn from_file(
        method: Method,
        baskets: &Baskets,
        pool: &[u32],
        factors: Option<ItemFactors>,
    ) -> Result<Option<Self>> {
        match (method, factors) {
            (Method::Als(params), Some(factors)) => {
                Ok(Some(Self::Als(Arc::new(als::Engine::with_factors(params, factors, baskets)?))))
            }
            _ => Ok(Self::fit(method, baskets, pool)),
        }
    }

    /// The factors that a file keeps.
    pub(super) fn factors(&self) -> Option<&ItemFactors> {
        match self {
            Self::Als(engine) => Some(engine.factors()),
            _ => None,
        }
    }

    /// Scored candidates of a customer with purchases, in no order. With a `limit` no more than the best so many need be
    /// given.
    pub(super) fn candidates(
        &self,
        past: Past<'_>,
        own: &[Own],
        customer: Option<u32>,
        limit: Option<usize>,
    ) -> Vec<Candidate> {
        if own.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Tifu(engine) => engine.candidates(past, own, customer),
            Self::UpCf(engine) => engine.candidates(past, own, customer),
            Self::ItemItem(engine) => engine.candidates(own),
            Self::Markov(engine) => engine.candidates(past, own),
            Self::Als(engine) => engine.candidates(own, limit),
        }
    }

    /// Of each candidate: what the customer's own purchases of it add to its score, what the rest adds, and why the rest.
    pub(super) fn explain(
        &self,
        past: Past<'_>,
        own: &[Own],
        candidates: &[Candidate],
    ) -> Vec<(f64, f64, Because)> {
        let parts = |c: &Candidate| (c.parts[Group::Bought as usize], c.parts[Group::Similar as usize]);
        let told = |because: &dyn Fn(&Candidate) -> Because| {
            let one = |c: &Candidate| (parts(c).0, parts(c).1, because(c));
            candidates.iter().map(one).collect()
        };
        match self {
            Self::Tifu(_) | Self::UpCf(_) => told(&|c| Because::Similar(c.vouched.into())),
            Self::ItemItem(engine) => told(&|c| engine.companion(own, c.item)),
            Self::Markov(engine) => told(&|c| engine.companion(past, c.item)),
            Self::Als(engine) => engine.explain(own, candidates),
        }
    }

    /// Whether equal scores are ordered by popularity: the published neighbour methods order them by key.
    pub(super) fn ties_by_popularity(&self) -> bool {
        !matches!(self, Self::Tifu(_) | Self::UpCf(_))
    }
}

/// Candidates from a customer's own weights and what others add: the union of both, each score the sum of the two.
///
/// `mine` ascends. An item that others give 0 is no candidate; one of the own items is, whatever it has. `share` turns what
/// others add into the share that a reason tells.
fn united(mine: &[(u32, f64)], others: &Sums<f64>, own: &[Own], share: f64) -> Vec<Candidate> {
    let candidate = |item: u32, bought: f64| {
        let rest = others.get(item);
        let repeat = own.binary_search_by_key(&item, |o| o.item).is_ok();
        let mut candidate = Candidate::plain(item, bought + rest, repeat);
        candidate.parts[Group::Bought as usize] = bought;
        candidate.parts[Group::Similar as usize] = rest;
        #[expect(clippy::cast_possible_truncation, reason = "a share for the words of a reason")]
        let vouched = (rest * share) as f32;
        candidate.vouched = vouched;
        candidate
    };
    let held = |item: &u32| mine.binary_search_by_key(item, |m| m.0).is_ok();
    let new = others.touched().iter().filter(|item| !held(item) && others.get(**item) > 0.0);
    let new = new.map(|item| candidate(*item, 0.0));
    mine.iter().map(|(item, weight)| candidate(*item, *weight)).chain(new).collect()
}
