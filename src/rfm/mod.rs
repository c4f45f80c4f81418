//! RFM: who came last, who comes often, who spends most.
//!
//! # When to use it
//! To rank a customer base by what it has done, with nothing to estimate and nothing to tune: for campaigns, for a first
//! look, as a language that marketing already speaks. It says nothing about the future: for chances and amounts use
//! [`ltv`](crate::ltv) and [`churn`](crate::churn). It compares customers with each other: scores of two shops, or of one
//! shop with edges fitted on two dates, are not on one scale. Keep a fitted [`RfmModel`] to follow customers over time.
//!
//! # The model
//! For every customer with at least one purchase up to the as-of day:
//!
//! | symbol | value | unit |
//! |---|---|---|
//! | R | as-of day - day of the last purchase | days (baskets, on an ordinal time axis) |
//! | F | purchases, counted by [`Occasion`](crate::data::Occasion) | purchases |
//! | M | sum of the amounts, refunds by [`Refunds`](crate::data::Refunds) | minor units of money |
//!
//! Edges e(1) <= .. <= e(b-1) cut an axis into b bins: quantiles at 1/b, 2/b, .. of the fitted customers by linear
//! interpolation (type 7 of Hyndman and Fan), or fixed limits. With k the number of edges strictly below the value,
//!
//! > score of F and M = 1 + k, score of R = b - k:
//!
//! a higher score is better on every axis. The weighted score is the weighted mean of (score - 1) / (b - 1), times 100.
//!
//! Equal values always share a score, so bins need not be of equal size: where three customers in four have bought once,
//! their frequency score is 1 and the middle scores have nobody. [`Axis::customers`] shows how many each bin has. Rank
//! methods that fill bins evenly would give different scores to equal customers.
//!
//! # Corner cases
//! - All customers equal on an axis: every edge is that value and k = 0. Everybody has frequency and monetary score 1, and
//!   recency score b. [`Axis::range`] tells.
//! - Fewer customers than bins: the same rule; some bins are empty. One customer scores b, 1, 1.
//! - A customer who only gave back has no purchase, hence no R and no score (`None`), and is counted in
//!   [`RfmModel::without_purchase`].
//! - A negative M (more given back than bought) is an ordinary low value.
//! - New customers scored by frozen edges may lie outside the fitted range; they get the lowest or highest score.
//!
//! # Data contract
//! A ledger as of a day ([`Observed`](crate::data::Observed)), a stream ([`Summary`](crate::data::Summary)) or its columns
//! ([`Purchases`](crate::data::Purchases)), all with amounts. Nothing after the as-of day is seen.
//!
//! ```
//! use regulars::data::{Ledger, Transaction};
//! use regulars::rfm::{RfmParams, SegmentMap};
//! use regulars::types::{Amount, AsOf, Currency, Day, Language};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for (customer, day, cents) in [("ann", 30, 9_900), ("ann", 2, 4_000), ("bob", 12, 500), ("cleo", 1, 2_000)] {
//!     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
//!
//! let model = RfmParams::new().bins(5).fit(now)?;
//! let scores = model.score(now)?;
//! let ann = scores.by_key("ann").expect("has purchased");
//! assert_eq!((ann.recency, ann.frequency, ann.monetary), (1, 2, Amount::minor(13_900)));
//! assert_eq!(ann.code().to_string(), "555");
//!
//! let map = SegmentMap::standard(model.bins())?;
//! let segments = map.assign(&scores)?;
//! assert_eq!(map.segment(segments.values()[0]).map(|s| s.name(Language::English)), Some("champions"));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # The eleven segments
//! [`SegmentMap::standard`] names all 125 codes of five scores, each exactly once. The list is the one that vendors of
//! customer data platforms publish, code by code (for example Squeezely, "RFM App",
//! <https://squeezely.atlassian.net/wiki/pages/2666070037>).
//!
//! | segment | | codes |
//! |---|---|---|
//! | champions | 冠军客户 | 445 454 455 544 545 554 555 |
//! | loyal | 忠诚客户 | 335 344 345 354 355 435 444 543 |
//! | potential loyalist | 潜在忠诚客户 | 323 333 341 342 351 352 353 423 431 432 433 441 442 451 452 453 531 532 533 541 542 551 552 553 |
//! | new | 新客户 | 311 411 412 421 422 511 512 |
//! | promising | 潜力客户 | 313 314 315 413 414 415 424 425 513 514 515 521 522 523 524 525 |
//! | need attention | 需要关注 | 324 325 334 343 434 443 534 535 |
//! | about to sleep | 即将沉睡 | 213 221 231 241 251 312 321 331 |
//! | at risk | 流失风险 | 124 125 133 134 135 142 143 145 152 153 224 225 234 235 242 243 244 245 252 253 254 255 |
//! | cannot lose them | 不能失去 | 113 114 115 144 154 155 214 215 |
//! | hibernating | 休眠客户 | 122 123 132 211 212 222 223 232 233 322 332 |
//! | lost | 已流失 | 111 112 121 131 141 151 |
//!
//! Other bins have no published standard: asking for one is an error, and [`SegmentMap::from_rules`] makes your own,
//! checked for holes and overlaps.
//!
//! # Complexity
//! O(rows) to sum up the purchases, then O(customers) expected for edges (selection, not sorting) and O(customers) to
//! score, in parallel; 32 bytes per scored customer.
//!
//! # Accuracy
//! All values are whole numbers and all comparisons exact; edges are exact up to one rounding of an f64.
//! [`Method::RPackage`] reproduces the scores of the R package `rfm` on its own sample (995 customers) without exception.
//!
//! # Determinism
//! Bit-identical for any number of threads, any order of rows and any order of merging.
//!
//! # Errors
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) for bins outside 2 to 10, limits that do not ascend, weights below 0 or
//! all 0, maps with holes or overlaps; [`EmptyInput`](crate::ErrorKind::EmptyInput) where nobody has purchased;
//! [`InvalidInput`](crate::ErrorKind::InvalidInput) without amounts or for a stream counted by another policy;
//! [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) for scoring another currency or time axis.
//!
//! # References
//! - Hughes, A. M. (1994). Strategic Database Marketing. Probus.
//! - Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. The American Statistician 50(4).
//!   doi:10.1080/00031305.1996.10473566
//! - Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). RFM and CLV: Using iso-value curves for customer base analysis.
//!   Journal of Marketing Research 42(4). doi:10.1509/jmkr.2005.42.4.415

mod input;
mod model;
mod params;
mod quantile;
mod score;
mod segments;
#[cfg(test)]
mod tests;
#[cfg(feature = "serde")]
mod wire;

pub use input::RfmInput;
pub use model::{Axis, RfmModel};
pub use params::{Bins, Method, RfmParams};
pub use score::{Code, Rfm};
pub use segments::{Segment, SegmentIx, SegmentMap, SegmentRule};
