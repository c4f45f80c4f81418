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
//! - [`Method::GpTopFreq`] ranks the items the customer has bought by count(u, i), then all others by pop(i). Equal
//!   counts are ordered by pop(i), equal popularity by the item's key.
//! - [`Method::PTopFreq`] stops after the customer's own items; [`Method::GTopFreq`] uses popularity alone.
//!
//! The score shown is count(u, i) + pop(i) / (max pop + 1): the reasons' contributions add up to it, and it orders
//! items as above.
//!
//! # Assumptions
//! Tastes persist; quantities within a basket do not matter; an item's popularity is that of the whole period.
//!
//! # Data
//! A ledger with the item column. Refunds, rows that cost nothing and rows without an item are left out. Customers may have any number of
//! baskets; those with none, and those the model has never seen, are served by popularity. Days order baskets; a
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
//! `fit` is linear in rows. A list costs O(h log h) in the customer's own rows h, plus the places filled by popularity.
//! Memory: 4 bytes a row, 12 bytes a basket, 8 bytes a customer, 12 bytes an item, and the keys. Batches run in
//! parallel by customer.
//!
//! # Accuracy
//! Recall, NDCG and hit rate on the Ta-Feng and Online Retail sets agree with an independent implementation to all
//! published digits; see `ACCURACY.md`.
//!
//! # Determinism
//! Counts are integers and every tie has a rule, so lists are identical for any number of threads.
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

mod baskets;
mod directory;
mod evaluate;
mod model;
mod params;
mod rank;
mod reasons;
mod request;
mod update;
#[cfg(feature = "serde")]
mod wire;

#[cfg(test)]
mod tests;

pub use baskets::{BasketSource, Baskets};
pub use evaluate::Evaluation;
pub use model::{NextItemModel, NextItemSummary};
pub use params::{Method, NextItemParams};
pub use reasons::{Ago, Reason, ReasonKind, Recommendation};
pub use request::{AlreadyBought, Request};
pub use update::Basket;
