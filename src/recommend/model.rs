//! `NextItemModel`: the fitted model and what can be asked of it.
//!
//! # From a customer to a list
//! 1. The history: as fitted, or as revised by updates; empty for a customer the model does not know.
//! 2. Candidates with a score, by the method.
//! 3. Filters: allowed, denied, bought before or not.
//! 4. Order: score, then popularity (not for TIFU-KNN and UP-CF), then key; by value where the request names margins.
//! 5. Diversity, where asked for.
//! 6. Quotas, and popular items for the places left.
//! 7. Reasons and probabilities, for the items shown alone.
//!
//! # Which source answers
//! | method | candidates | fills by popularity |
//! |---|---|---|
//! | learned, with a ranker | own items and up to 250 new; for a plain list the best 24 of all, kept | yes |
//! | learned without one, GP-TopFreq | own items by count | yes |
//! | P-TopFreq | own items by count | only for a customer without any |
//! | G-TopFreq | none | yes |
//! | the published methods | their own | yes |
//!
//! # Sharing
//! A clone shares what was learned, the tables and the fitted keys; it copies the baskets, their counts and what updates have
//! added. Asking needs no lock but that of scratch memory, so that a model serves any number of threads.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::data::{Customers, Keys, Occasion, PerCustomer, TimeAxis};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{AsOf, Key, Provenance};

use super::baskets::{Baskets, NONE, Past};
use super::directory::Directory;
use super::methods::Engine;
use super::params::{Method, NextItemParams};
use super::rank::{Candidate, Eligible, margin, select};
use super::ranker::{Ranker, RankerFit};
use super::reasons::Recommendation;
use super::request::Request;
use super::sparse::Sparse;
use super::update::Revised;

/// A fitted recommender. It holds every customer's baskets and answers alone, without the data it was fitted on.
///
/// Made by [`NextItemParams::fit`]; kept fresh by [`update`](Self::update).
#[derive(Clone)]
pub struct NextItemModel {
    pub(super) method: Method,
    pub(super) occasion: Occasion,
    pub(super) as_of: AsOf,
    pub(super) time: TimeAxis,
    pub(super) customers: Directory,
    pub(super) items: Directory,
    pub(super) baskets: Baskets,
    /// Histories of customers who had an update since the fit.
    pub(super) revised: BTreeMap<u32, Revised>,
    pub(super) popularity: Popularity,
    pub(super) categories: Categories,
    /// `None` for every method but the learned one, and where that gained nothing.
    pub(super) ranker: Option<Ranker>,
    /// Of the published methods that know of others.
    pub(super) engine: Option<Engine>,
    /// Who may be a neighbour, where not everybody.
    pub(super) pool: Option<Vec<u32>>,
    /// Cosines of buyers, for methods that have no such table, when a request first asks how alike items are.
    pub(super) alike: Arc<OnceLock<Sparse<f32>>>,
}

/// How often each item was bought up to the fit, and the order that follows.
#[derive(Clone)]
pub(super) struct Popularity {
    /// Baskets that hold each fitted item.
    pub(super) baskets: Vec<u32>,
    /// Items with at least one basket, most popular first, then by key.
    pub(super) order: Vec<u32>,
    /// Place of each item in that order, from 1; 0 for an item without a basket.
    pub(super) rank: Vec<u32>,
    /// Baskets in all.
    pub(super) all: usize,
}

impl Popularity {
    /// From the baskets that hold each item, and the baskets in all.
    pub(super) fn new(baskets: Vec<u32>, all: usize) -> Self {
        let mut order: Vec<u32> = (0_u32..).zip(&baskets).filter(|(_, n)| **n > 0).map(|(i, _)| i).collect();
        order.sort_by_key(|item| std::cmp::Reverse(baskets[*item as usize]));
        let mut rank = vec![0; baskets.len()];
        for (place, item) in (1..).zip(&order) {
            rank[*item as usize] = place;
        }
        Self { baskets, order, rank, all }
    }

    /// Baskets that hold an item; 0 for one that came after the fit.
    pub(super) fn of(&self, item: u32) -> u32 {
        self.baskets.get(item as usize).copied().unwrap_or(0)
    }

    /// Baskets that hold the most popular item; 0 where there is none.
    pub(super) fn max(&self) -> u32 {
        self.order.first().map_or(0, |item| self.of(*item))
    }
}

/// The category of each fitted item; `NONE` for none.
#[derive(Clone, Default)]
pub(super) struct Categories {
    pub(super) names: Vec<Key<'static>>,
    pub(super) of: Vec<u32>,
}

impl Categories {
    fn new(pairs: &[(Key<'static>, Key<'static>)], items: &Keys) -> Result<Self> {
        if pairs.is_empty() {
            return Ok(Self::default());
        }
        let names = Keys::new(pairs.iter().map(|(_, category)| category))?;
        let mut of = vec![NONE; items.len()];
        for (item, category) in pairs {
            if let (Some(item), Some(category)) = (items.find(item), names.find(category)) {
                of[item] = u32::try_from(category).unwrap_or(NONE);
            }
        }
        Ok(Self { names: names.iter().map(Key::into_owned).collect(), of })
    }

    /// The category of an item; `None` where it has none or came after the fit.
    pub(super) fn of(&self, item: u32) -> Option<u32> {
        self.of.get(item as usize).copied().filter(|category| *category != NONE)
    }
}

/// What a customer did with one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Own {
    pub(super) item: u32,
    /// Baskets that hold it, and the first and last of them, counted from 0.
    pub(super) times: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// Every item of a history, ascending.
///
/// O(rows log rows): rows sorted by item, then basket, so that the first row of an item is its first basket and the last its
/// last. By hand: {a, b} {a} {b} give a: 2 times, first 0, last 1, and b: 2 times, first 0, last 2.
pub(super) fn own_items(past: Past<'_>) -> Vec<Own> {
    // Item and basket as one number: what sorts fastest.
    let mut rows: Vec<u64> = Vec::with_capacity(past.bought.len());
    for (b, basket) in (0_u64..).zip(past.baskets()) {
        rows.extend(basket.iter().map(|item| u64::from(*item) << 32 | b));
    }
    rows.sort_unstable();
    let mut own: Vec<Own> = Vec::with_capacity(rows.len());
    for row in rows {
        #[expect(clippy::cast_possible_truncation, reason = "the halves that were put together")]
        let (item, b) = ((row >> 32) as u32, row as u32);
        match own.last_mut().filter(|o| o.item == item) {
            Some(o) => (o.times, o.last) = (o.times + 1, b),
            None => own.push(Own { item, times: 1, first: b, last: b }),
        }
    }
    own
}

/// The customers with a basket, ascending.
pub(super) fn everybody(baskets: &Baskets) -> Vec<u32> {
    let people = u32::try_from(baskets.customers.len()).unwrap_or(u32::MAX);
    (0..people).filter(|c| baskets.past(*c as usize).len() > 0).collect()
}

/// Those of `keys` that have a basket, in their order, each once.
fn pool(keys: &[Key<'static>], baskets: &Baskets) -> Vec<u32> {
    let mut seen = vec![false; baskets.customers.len()];
    let mut pool = Vec::with_capacity(keys.len());
    for customer in keys.iter().filter_map(|key| baskets.customers.find(key)) {
        if !std::mem::replace(&mut seen[customer], true) && baskets.past(customer).len() > 0 {
            pool.extend(u32::try_from(customer).ok());
        }
    }
    pool
}

impl NextItemModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.baskets.provenance
    }

    pub(super) fn new(params: &NextItemParams, baskets: Baskets) -> Result<Self> {
        let pool = params.neighbours.as_ref().map(|keys| pool(keys, &baskets));
        Ok(Self {
            engine: Engine::fit(params.method, &baskets, pool.as_deref().unwrap_or(&everybody(&baskets))),
            pool,
            alike: Arc::default(),
            method: params.method,
            occasion: params.occasion,
            as_of: baskets.as_of,
            time: baskets.time,
            customers: Directory::new(baskets.customers.clone()),
            items: Directory::new(baskets.items.clone()),
            popularity: Popularity::new(baskets.popularity(), baskets.len()),
            categories: Categories::new(&params.categories, &baskets.items)?,
            revised: BTreeMap::new(),
            ranker: (params.method == Method::Learned).then(|| Ranker::fit(&baskets)).flatten(),
            baskets,
        })
    }

    /// The last known day: that of the fit, or of the latest basket since.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let mut model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// model.update(Basket::new("ann", Day::ymd(2024, 6, 2)?, ["tea"]))?;
    /// assert_eq!(model.as_of(), AsOf::ymd(2024, 6, 2)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// How items are scored, as asked for: where the learned ranker gained nothing this is still [`Method::Learned`], and
    /// [`NextItemSummary::ranker`] is `None`.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// // One purchase teaches nothing: frequencies answer.
    /// assert_eq!((model.method(), model.summary().ranker), (Method::Learned, None));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn method(&self) -> Method {
        self.method
    }

    /// Items that can be recommended to anybody: those in at least one basket up to the fit.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for item in ["tea", "milk", "tea"] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// assert_eq!(model.catalogue(), 2);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn catalogue(&self) -> usize {
        self.popularity.order.len()
    }

    /// A summary of what the model was fitted on: counts, and what the learned ranker gained on customers kept back.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (day, item) in [(1, "tea"), (1, "milk"), (8, "tea")] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let summary = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?.summary();
    /// assert_eq!((summary.customers, summary.items, summary.baskets, summary.rows), (1, 2, 2, 3));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn summary(&self) -> NextItemSummary {
        NextItemSummary {
            method: self.method,
            customers: self.baskets.customers().len() as u64,
            items: self.catalogue() as u64,
            baskets: self.baskets.len() as u64,
            rows: self.baskets.rows() as u64,
            ranker: self.ranker.as_ref().map(|r| r.learned.fit),
        }
    }

    /// The history as it is now: a revised one stands before that of the fit.
    pub(super) fn past(&self, customer: Option<usize>) -> Past<'_> {
        match customer {
            None => Past::EMPTY,
            Some(c) => match u32::try_from(c).ok().and_then(|c| self.revised.get(&c)) {
                Some(revised) => revised.past(),
                None if c < self.baskets.customers.len() => self.baskets.past(c),
                None => Past::EMPTY,
            },
        }
    }

    /// The next items of one customer, best first: a number of items, or a [`Request`].
    ///
    /// A customer the model does not know is served by popularity. The list is as long as asked for whenever that
    /// many items are eligible (but see [`Method::PTopFreq`]).
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, day, item) in [("ann", 1, "tea"), ("ann", 8, "tea"), ("ann", 8, "milk"), ("bob", 2, "rice")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let in_stock = Request::new(2).allow(["milk", "rice"]);
    /// let list = model.recommend("ann", in_stock)?;
    /// assert_eq!((list[0].item.to_string(), list[1].item.to_string()), ("milk".into(), "rice".into()));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Request::check`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for a limit per category where the model
    /// has no categories.
    pub fn recommend<'k>(
        &self,
        customer: impl Into<Key<'k>>,
        request: impl Into<Request>,
    ) -> Result<Vec<Recommendation>> {
        let request = request.into();
        let eligible = self.resolve(&request)?;
        let number = self.customers.find(&customer.into());
        Ok(self.list(number, &request, &eligible))
    }

    /// The next items of some customers, in parallel: the lists [`recommend`](Self::recommend) gives, by key. A repeated
    /// customer is served once. Runs of some thousand customers serve millions in little memory.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for who in ["ann", "bob"] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let lists = model.recommend_some(["bob", "a stranger"], 1)?;
    /// assert_eq!(lists.len(), 2);
    /// assert_eq!(lists.by_key("bob"), Some(&model.recommend("bob", 1)?));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`recommend`](Self::recommend).
    pub fn recommend_some<'k>(
        &self,
        customers: impl IntoIterator<Item = impl Into<Key<'k>>>,
        request: impl Into<Request>,
    ) -> Result<PerCustomer<Vec<Recommendation>>> {
        let request = request.into();
        let eligible = self.resolve(&request)?;
        let keys = Keys::new(customers)?;
        let numbers: Vec<Option<usize>> = keys.iter().map(|key| self.customers.find(&key)).collect();
        let lists = par::map(numbers.len(), |row| self.list(numbers[row], &request, &eligible));
        PerCustomer::new(Customers::all(Arc::new(keys)), lists)
    }

    /// The next items of every customer who has a basket, in parallel: the lists [`recommend`](Self::recommend) gives. All
    /// lists are in memory at once, some 500 bytes an item with its reasons; [`recommend_some`](Self::recommend_some) bounds
    /// that.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for who in ["ann", "bob"] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// let lists = model.recommend_all(1)?;
    /// assert_eq!(lists.by_key("bob"), Some(&model.recommend("bob", 1)?));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`recommend`](Self::recommend).
    pub fn recommend_all(&self, request: impl Into<Request>) -> Result<PerCustomer<Vec<Recommendation>>> {
        let request = request.into();
        let eligible = self.resolve(&request)?;
        let (customers, numbers) = self.everyone()?;
        let lists = par::map(numbers.len(), |row| self.list(Some(numbers[row]), &request, &eligible));
        PerCustomer::new(customers, lists)
    }

    /// The next items of the customers of a table, in its order, in parallel: found by key.
    ///
    /// A customer whom the model has not seen with a basket has an empty list.
    ///
    /// # Errors
    /// As [`recommend`](Self::recommend), and [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) as
    /// [`Provenance::check`].
    pub fn recommend_for(
        &self,
        customers: &Customers,
        request: impl Into<Request>,
    ) -> Result<PerCustomer<Vec<Recommendation>>> {
        self.provenance().check(customers.provenance())?;
        let request = request.into();
        let eligible = self.resolve(&request)?;
        let lists = par::map(customers.len(), |row| {
            let number = customers.key(row).and_then(|key| self.customers.find(&key));
            let known = number.filter(|c| self.past(Some(*c)).len() > 0);
            known.map_or_else(Vec::new, |number| self.list(Some(number), &request, &eligible))
        });
        PerCustomer::new(customers.clone(), lists)
    }

    /// Customers with a basket, and the number of each inside the model.
    fn everyone(&self) -> Result<(Customers, Vec<usize>)> {
        let with = |c: &usize| self.past(Some(*c)).len() > 0;
        if self.customers.later().len() == 0 {
            let numbers: Vec<usize> = (0..self.customers.len()).filter(with).collect();
            let present = numbers.iter().filter_map(|c| u32::try_from(*c).ok()).collect();
            return Ok((Customers::some(self.customers.base().clone(), present), numbers));
        }
        let numbers: Vec<usize> = (0..self.customers.len()).filter(with).collect();
        let keys = Keys::new(numbers.iter().map(|c| self.customers.key(*c)))?;
        let numbers = keys.iter().filter_map(|key| self.customers.find(&key)).collect();
        Ok((Customers::all(Arc::new(keys)), numbers))
    }

    /// A request checked and put into the model's numbers, once for a whole batch.
    pub(super) fn resolve(&self, request: &Request) -> Result<Eligible> {
        request.check()?;
        if request.per_category.is_some() && self.categories.of.is_empty() {
            return Err(Error::param("per_category", "needs a model fitted with categories", "none"));
        }
        Ok(Eligible::new(request, &self.items, &self.popularity))
    }

    /// The list without words, for callers that only need the items.
    pub(super) fn ranked(
        &self,
        customer: Option<usize>,
        own: &[Own],
        request: &Request,
        eligible: &Eligible,
    ) -> Vec<Candidate> {
        let (mut candidates, fill) = self.candidates(customer, own, request);
        candidates.retain(|c| eligible.allows(c.item, c.repeat, request.bought));
        let by_popularity = self.engine.as_ref().is_none_or(Engine::ties_by_popularity);
        let order = |a: &Candidate, b: &Candidate| {
            let popular = self.popularity.of(b.item).cmp(&self.popularity.of(a.item));
            b.score
                .total_cmp(&a.score)
                .then(if by_popularity { popular } else { Ordering::Equal })
                .then_with(|| self.items.compare(a.item, b.item))
        };
        // What cannot be shown need not be sorted.
        if candidates.len() > request.how_many && request.takes_the_first() && request.orders_by_score() {
            candidates.select_nth_unstable_by(request.how_many, order);
            candidates.truncate(request.how_many);
        }
        candidates.sort_unstable_by(order);
        if let Some(margins) = &eligible.margins {
            // Stable: of equal values the one of the higher score.
            let value =
                |c: &Candidate| self.probability(self.past(customer), own, c) * margin(margins, c.item);
            let mut valued: Vec<(f64, Candidate)> = candidates.into_iter().map(|c| (value(&c), c)).collect();
            valued.sort_by(|a, b| b.0.total_cmp(&a.0));
            candidates = valued.into_iter().map(|(_, c)| c).collect();
        }
        if request.diversity > 0.0 {
            let popular = |n| self.unscored(own, request, eligible, n);
            candidates = self.diversified(candidates, popular, request);
        }
        select(candidates, fill, own, request, eligible, &self.popularity, &self.categories)
    }

    /// Scored candidates, and whether popular items fill a list they leave short.
    fn candidates(&self, customer: Option<usize>, own: &[Own], request: &Request) -> (Vec<Candidate>, bool) {
        let frequent = || own.iter().map(|o| Candidate::plain(o.item, o.times.into(), true)).collect();
        match (self.method, &self.ranker) {
            (Method::GTopFreq, _) => (Vec::new(), true),
            (Method::PTopFreq, _) => (frequent(), own.is_empty()),
            _ if self.engine.is_some() => {
                let limit = request.is_plain().then_some(request.how_many);
                let (past, number) = (self.past(customer), customer.and_then(|c| u32::try_from(c).ok()));
                let of = |engine: &Engine| engine.candidates(past, own, number, limit);
                (self.engine.as_ref().map(of).unwrap_or_default(), true)
            }
            (Method::Learned, Some(ranker)) => {
                let revised = customer
                    .and_then(|c| u32::try_from(c).ok())
                    .is_some_and(|c| self.revised.contains_key(&c));
                let short = !revised && request.is_plain();
                (ranker.candidates(self.past(customer), own, customer, short), true)
            }
            _ => (frequent(), true),
        }
    }
}

/// Prints counts, never keys.
impl fmt::Debug for NextItemModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "NextItemModel({:?}, {} items, {:?}, {} customers revised)",
            self.method,
            self.catalogue(),
            self.baskets,
            self.revised.len()
        )
    }
}

/// What a model was fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NextItemSummary {
    /// How items are scored.
    pub method: Method,
    /// Customers with at least one basket.
    pub customers: u64,
    /// Items in at least one basket.
    pub items: u64,
    /// Baskets.
    pub baskets: u64,
    /// (basket, item) pairs.
    pub rows: u64,
    /// How the learned ranker was fitted; `None` where GP-TopFreq answers in its place, and for other methods.
    pub ranker: Option<RankerFit>,
}
