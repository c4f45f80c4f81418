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
//!
//! # Recipes
//! How well a forecast could do at all, beside how well it does: the truth is the upper limit.
//!
//! ```
//! use regulars::data::{Occasion, PurchaseHistory, Purchases, Refunds, TimeUnit};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Horizon, Seed};
//!
//! let shop = ShopParams::new(400, Seed(7)).simulate()?;
//! let (as_of, ahead) = (AsOf::ymd(2024, 6, 30)?, Horizon::days(180)?);
//! let happened = shop.truth().purchases(as_of, ahead)?;
//! let best = shop.truth().expected_purchases(as_of, ahead)?;
//!
//! // A naive forecast from the ledger: everybody goes on at the pace so far.
//! let ledger = shop.ledger()?;
//! let table = Purchases::observed(ledger.observed(as_of)?, Occasion::Order, Refunds::Net)?;
//! let lives = PurchaseHistory::from_purchases(&table, TimeUnit::Day)?;
//! let naive: Vec<f64> = lives.x().iter().zip(lives.t()).map(|(x, t)| x / t.max(1.0) * 180.0).collect();
//!
//! let error = |forecast: &[f64]| -> f64 {
//!     forecast.iter().zip(happened.values()).map(|(f, h)| (f - f64::from(*h)).powi(2)).sum()
//! };
//! assert!(error(best.values()) < error(&naive));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! A file to try a program on:
//!
//! ```
//! use regulars::data::{Ledger, csv::CsvParams};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{Amount, Currency, Seed};
//! use std::fmt::Write;
//!
//! let shop = ShopParams::new(20, Seed(7)).simulate()?;
//! let mut file = "customer,date,order,item,amount\n".to_owned();
//! for row in shop.rows() {
//!     let customer = row.customer.map(|key| key.to_string()).unwrap_or_default();
//!     let amount = Currency::EUR.format(row.amount);
//!     writeln!(file, "{customer},{},{},{},{amount}", row.day, row.order, row.item).expect("a string takes all");
//! }
//! let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::EUR))?;
//! assert_eq!(ledger.len(), shop.rows().count());
//! # let _ = Amount::ZERO;
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Who is who, checked against the truth: records of people, and how many there really are.
//!
//! ```
//! use regulars::simulate::ShopParams;
//! use regulars::types::Seed;
//!
//! let shop = ShopParams::new(100, Seed(7)).duplicates(1.0).second_accounts(0.2).simulate()?;
//! let table = shop.record_table()?;
//! // Exact agreement of e-mail finds some of the pairs of records of one person, but by far not all.
//! let mails: Vec<&str> = table.column("email").expect("a column").collect();
//! let (mut pairs, mut found) = (0, 0);
//! for i in 0..table.len() {
//!     for j in 0..i {
//!         if table.people()[i] == table.people()[j] {
//!             pairs += 1;
//!             found += u32::from(!mails[i].is_empty() && mails[i] == mails[j]);
//!         }
//!     }
//! }
//! assert!(found > 0 && found < pairs);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! A back-test with a known answer: how many of those called leavers had really left.
//!
//! ```
//! use regulars::simulate::{Dropout, ShopParams};
//! use regulars::types::{AsOf, Seed};
//!
//! let shop = ShopParams::new(300, Seed(7))
//!     .rate(20.0, 20.0)                               // everybody about once a week
//!     .dropout(Dropout::AnyTime { shape: 2.0, rate: 60.0 })
//!     .simulate()?;
//! let as_of = AsOf::ymd(2024, 6, 30)?;
//! let (ledger, active) = (shop.ledger()?, shop.truth().active(as_of)?);
//! let now = ledger.observed(as_of)?;
//!
//! // Weekly shoppers who have been silent for two months.
//! let silent = now.map(|history| now.as_of().day() - history.last_day() > 60);
//! let (mut called, mut right) = (0, 0);
//! for (silent, active) in silent.values().iter().zip(active.values()) {
//!     called += u32::from(*silent);
//!     right += u32::from(*silent && !*active);
//! }
//! assert!(called > 0 && right * 10 > called * 9); // nine in ten at least
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Sizing a machine: rows without memory, so that only what is measured takes any.
//!
//! ```
//! use regulars::data::{Summary, SummaryParams};
//! use regulars::simulate::ShopParams;
//! use regulars::types::{AsOf, Seed};
//!
//! let shop = ShopParams::new(500, Seed(7)).simulate()?;
//! let params = SummaryParams::new(AsOf::new(shop.days().1), shop.currency());
//! let mut sums = Summary::new(params);
//! for row in shop.rows() {
//!     sums.push(row.to_transaction())?;
//! }
//! assert_eq!(sums.len(), 500);
//! assert_eq!(sums.tally().rows_read, shop.rows().count() as u64);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Every door can be had by itself: rows without records, records without orders, truth without either.

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
