//! A deterministic shop with known truth, for examples, tests, benches and users who need test data.
//!
//! # When to use it
//! To try a method on data whose answer is known, to size a machine, to show an application without real customers. It
//! is no forecast of a real shop: fit [`ltv`](crate::ltv) for that.
//!
//! # Model
//! Each customer `i` is drawn from a stream of random numbers of its own:
//! - rate `lambda_i ~ Gamma(r, alpha)` purchases per week; first purchase evenly within the arrival days; gaps are
//!   exponential with rate `lambda_i`, or Erlang-k ([`regularity`](ShopParams::regularity));
//! - the end: after each repeat purchase with `p_i ~ Beta(a, b)` (BG/NBD), after each purchase (MBG/NBD), at a rate
//!   `mu_i ~ Gamma(s, beta)` per week (Pareto/NBD), or never ([`Dropout`]);
//! - order values `z ~ Gamma(p, nu_i)`, `nu_i ~ Gamma(q, gamma)` (Gamma-Gamma), split over the items of the basket so
//!   that the rows add up exactly;
//! - baskets of 1 + Poisson places. A place goes to a favourite with the probability of the habit: favourites have a
//!   liking and a period, and the wish for one grows with the time since it was last bought as `x^2 / (1 + x^2)`,
//!   `x = elapsed / period`. Other places go to an item of the same affinity group as one already in the basket, or to
//!   any item by its Zipf popularity. A place whose draws are in the basket already stays empty;
//! - season and trend bend time, the same for all: a customer's process runs in operational time, whose speed is
//!   `(1 + amplitude * cos(2 pi (day - 348) / 365.25)) * exp(trend * years)`.
//!
//! Records are written by three systems (`crm`, `shop`, `service`), each with its own habits of leaving values out: see
//! [`Shop::record_table`].
//!
//! Two generators stand beside the shop: [`ChurnTableParams`] draws a table of contract customers with the probability
//! each had of leaving, [`BlobsParams`] clouds of points with their labels.
//!
//! # Assumptions
//! Rate, dropout, spend and taste of a customer are independent of one another, as in the models of the field.
//!
//! # Example
//! ```
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let shop = ShopParams::new(1_000, Seed(7)).seasonality(0.3).refunds(0.02).anonymous(0.1).simulate()?;
//! let ledger = shop.ledger()?;                       // what a shop sees
//! let truth = shop.truth();                          // what it would like to know
//! let as_of = AsOf::ymd(2024, 3, 31)?;
//! let active = truth.active(as_of)?;
//! let expected = truth.expected_purchases(as_of, Horizon::days(90)?)?;
//! assert_eq!(active.customers(), &ledger.observed(as_of)?.customers());
//! assert!(active.values().iter().zip(expected.values()).all(|(active, e)| *active || *e == 0.0));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! Linear in the rows; [`Shop::rows`] and [`Shop::rows_of`] hold one customer at a time. Opening a shop costs time and
//! 28 bytes per item of the catalogue.
//!
//! # Determinism
//! A customer is a function of seed, parameters and the customer's number alone. Any number of threads, any order and
//! any part of the shop give the same bits; a test pins them. Purchases, order values, refunds, walk-in customers,
//! accounts and complaints have streams of their own, so that one knob does not move what another one names.
//!
//! # Errors
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter, [`EmptyInput`](crate::ErrorKind::EmptyInput)
//! where a shop without customers is asked for a ledger.
//!
//! # References
//! Fader, Hardie and Lee 2005, BG/NBD, doi:10.1287/mksc.1040.0098. Batislam, Denizel and Filiztekin 2007, MBG/NBD,
//! doi:10.1016/j.ijresmar.2006.12.005. Schmittlein, Morrison and Colombo 1987, Pareto/NBD, doi:10.1287/mnsc.33.1.1.
//! Platzer and Reutterer 2016, regularity, doi:10.1287/mksc.2015.0963. Fader, Hardie and Lee 2005, Gamma-Gamma, RFM and
//! CLV, doi:10.1509/jmkr.2005.42.4.415.

mod basket;
mod blobs;
mod clock;
mod life;
mod params;
mod records;
mod shop;
mod tables;
#[cfg(test)]
mod tests;
mod truth;
mod zipf;

pub use blobs::{Blobs, BlobsParams};
pub use params::{Dropout, Script, ShopParams};
pub use records::RecordTable;
pub use shop::{OrderRow, OrderRows, Shop};
pub use tables::{ChurnTable, ChurnTableParams, Effects};
pub use truth::{Person, Truth};
