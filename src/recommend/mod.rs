//! What each customer will buy next, and why.
//!
//! # When to use
//! For shops whose customers come back: groceries, supplies, cosmetics, anything used up. Most of what such a customer
//! buys next has been bought before, and everybody's favourites are the best guess for the rest. It is not a
//! recommender for things bought once (films, furniture), and it does not read descriptions or clicks.
//!
//! # Model
//! A basket is the set of items that a customer buys on a day (or in an order). Let count(u, i) be the number of
//! baskets of customer u that hold item i, and pop(i) the number of baskets of all customers that hold it.
//! - [`Method::Learned`], the default and the most accurate, takes as candidates everything the customer has bought and up
//!   to 250 new items: the most popular, those related to the customer's items (cosine of buyers), those that follow
//!   the last basket (cosine of successive baskets), and those of similar customers, in a wide circle (1.5 √customers,
//!   nearest in the space of TIFU-KNN) and a close one (50 by cosine). Two logistic models, one for items bought
//!   before and one for new ones, give each candidate
//!   `ln odds = β₀ + Σ f_j(x_j) + Σ f_jk(x_j, x_k)` of being in the next basket, with piecewise linear f. Features are
//!   the rhythm of the customer's own purchases, everybody's repurchase, popularity, the relations above, how the item
//!   sells at the time the customer is due (ledgers with dates), and the customer's habits. They are
//!   learned from each customer's own latest baskets given the earlier ones, with a fixed penalty: nothing needs to be
//!   set. A tenth of the customers is kept back; where recall@10 + NDCG@10 on them is not above that of GP-TopFreq,
//!   GP-TopFreq answers ([`NextItemSummary::ranker`] is then `None`).
//! - [`Method::GpTopFreq`] ranks the items the customer has bought by count(u, i), then all others by pop(i). Equal
//!   counts are ordered by pop(i), equal popularity by the item's key.
//! - The published methods, each alone: [`TifuKnnParams`], [`UpCfParams`], [`ItemItemParams`] (cosine, TF-IDF, BM25, lift),
//!   [`MarkovChainParams`] (what follows what), [`AlsParams`] (implicit matrix factors). Each fits the same
//!   [`NextItemModel`]: requests, updates, files and evaluation are the same for all.
//! - [`Method::PTopFreq`] stops after the customer's own items; [`Method::GTopFreq`] uses popularity alone.
//!
//! The score of the learned ranker is its ln odds; that of the frequency methods is count(u, i) + pop(i) / (max pop +
//! 1). Either way the reasons' contributions add up to it. Rhythm in the learned ranker is counted in the customer's own
//! baskets, so that it serves ledgers with and without dates.
//!
//! # Which method
//! | you want | take |
//! |---|---|
//! | the next basket of known customers, reasons, nothing to set | the default |
//! | a baseline everybody understands | [`Method::GpTopFreq`] |
//! | published figures reproduced | [`TifuKnnParams`], [`UpCfParams`] |
//! | something beside a product | [`RuleParams`], or [`ItemItemParams`] by lift |
//! | what comes after a purchase, and how long after | [`SequenceRuleParams`], [`MarkovChainParams`] |
//! | new items by taste, where purchases are seldom repeated | [`AlsParams`] |
//! | the next category | any of them on [`Baskets::by_category`] |
//! | what to offer | [`Request::margins`]: probability times margin |
//! | the day | [`NextPurchaseParams`] |
//!
//! # Lists under control
//! A [`Request`] says how many items, bought before or not, which share of each, allowed and denied items, at most so many of
//! a category, how unlike each other, and ranked by which value. Filters act before the cut. [`NextItemModel::recommend_some`]
//! serves a chosen part of the customers.
//!
//! # Assumptions
//! Tastes persist; quantities within a basket do not matter; an item's popularity is that of the whole period.
//!
//! # Data
//! A ledger with the item column. Refunds, rows that cost nothing and rows without an item are left out. Customers may have any
//! number of baskets; those with none, and those the model has never seen, are served by popularity. Days order baskets; a
//! ledger of [basket numbers](crate::data::TimeAxis::Ordinal) serves as well, and reasons then count baskets.
//!
//! # Example
//! ```
//! use regulars::data::{Ledger, Transaction};
//! use regulars::recommend::{AlreadyBought, NextItemParams, Request};
//! use regulars::types::{AsOf, Currency, Day, Language};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for (who, day, item) in
//!     [("ann", 1, "tea"), ("ann", 1, "milk"), ("ann", 8, "tea"), ("bob", 3, "rice"), ("bob", 9, "milk")]
//! {
//!     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
//! }
//! let ledger = builder.build()?;
//! let model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
//!
//! let next = model.recommend("ann", 2)?;
//! assert_eq!(next[0].item, "tea".into());
//! println!("{}", next[0].why(Language::English));
//!
//! let new = model.recommend("ann", Request::new(2).bought(AlreadyBought::Excluded))?;
//! assert_eq!(new[0].item, "rice".into());
//! assert_eq!(model.recommend("a stranger", 3)?.len(), 3);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! The frequency methods: `fit` is linear in rows, a list costs O(h log h) in the customer's own rows h plus the places
//! filled by popularity. The learned ranker: `fit` adds Σ b² over customers for related items (b distinct items among
//! the latest 300 rows), the steps of two regressions on at most 20,000 baskets, and for each customer one search over the buyers
//! of the own items, at most 1,500 each. What the search finds is kept for the 24 best candidates, so that a list without filters
//! costs the scores of these, however long the history; a list with filters, or after an update, searches again. Memory: 4
//! bytes a row, 12 bytes a basket, 8 bytes a customer, 12 bytes an item, and the keys; the learned ranker adds 16 bytes a
//! customer's distinct item, 500 bytes a customer, and up to 800 bytes an item. Batches run in parallel by customer.
//!
//! # Accuracy
//! Recall, NDCG and hit rate on the Ta-Feng and Online Retail sets agree with an independent implementation to all
//! published digits. The learned ranker is measured on the same protocol; see `ACCURACY.md`.
//!
//! # Determinism
//! Counts are integers, sums run in a fixed order and every tie has a rule: score, then popularity, then key. Lists are
//! identical for any number of threads.
//!
//! # Errors
//! Typed: no item column, no baskets, a request for 0 items, an empty allow list, a share outside 0 to 1, a limit per
//! category without categories. Unknown customers and items are never an error.
//!
//! # References
//! - Li, Jullien, Ariannezhad, de Rijke 2023, A Next Basket Recommendation Reality Check, doi:10.1145/3587153 (the
//!   three frequency methods, the split into repeat and explore)
//! - Hu, He, Gao, Zhang 2020, Modeling Personalized Item Frequency Information for Next-basket Recommendation,
//!   doi:10.1145/3397271.3401066
//! - Faggioli, Polato, Aiolli 2020, Recency Aware Collaborative Filtering for Next Basket Recommendation,
//!   doi:10.1145/3340631.3394850 (UP-CF)
//! - Carbonell and Goldstein 1998, The use of MMR, diversity-based reranking, doi:10.1145/290941.291025
//! - Hastie and Tibshirani 1986, Generalized Additive Models, doi:10.1214/ss/1177013604

mod additive;
mod baskets;
mod directory;
mod diverse;
mod evaluate;
mod methods;
mod model;
mod params;
mod rank;
mod ranker;
mod reasons;
mod request;
mod rules;
mod say;
mod sparse;
mod update;
mod when;
#[cfg(feature = "serde")]
mod wire;

#[cfg(test)]
mod tests;

pub use baskets::{BasketSource, Baskets};
pub use evaluate::Evaluation;
pub use methods::{AlsParams, ItemItemParams, MarkovChainParams, Similarity, TifuKnnParams, UpCfParams};
pub use model::{NextItemModel, NextItemSummary};
pub use params::{Method, NextItemParams};
pub use ranker::RankerFit;
pub use reasons::{Ago, Reason, ReasonKind, Recommendation};
pub use request::{AlreadyBought, Request};
pub use rules::{Orders, Rule, RuleParams, Rules, SequenceRule, SequenceRuleParams, SequenceRules};
pub use update::Basket;
pub use when::{
    NextDate, NextPurchaseModel, NextPurchaseParams, NextPurchaseSummary, Standing, Subject, Timing,
    TimingQuality,
};
