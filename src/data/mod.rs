//! What happened: who bought what, when, for how much; and the cuts in time that keep the future out of the past.
//!
//! Orders come in through one of three doors (rows, borrowed columns, CSV) and become a [`Ledger`]: one columnar store,
//! sorted by customer and time. Everything later reads it through a cut in time: [`Ledger::observed`] shows the days up
//! to an [`AsOf`](crate::types::AsOf), [`Ledger::split`] adds the days after it as a holdout.
//!
//! # Which type when
//!
//! | you have | take | you get |
//! |---|---|---|
//! | rows, one at a time | [`Ledger::builder`] | a [`Ledger`] |
//! | columns of another engine | [`Ledger::from_columns`] | a [`Ledger`] |
//! | a CSV file of orders | `Ledger::read_csv` | a [`Ledger`] |
//! | more rows than memory, or several machines | [`Summary`] | [`Purchases`], without rows |
//! | web visits, mails, calls, tickets | [`Events`] | counts and days by kind |
//! | subscriptions | [`Contracts`] | who was under contract when |
//! | customer records of several sources | [`Records`] | input of [`profile`](crate::profile) |
//!
//! | you want | take |
//! |---|---|
//! | what was known on a day | [`Ledger::observed`], then [`Observed::history`] or [`Observed::map`] |
//! | what came after it, to learn or to check | [`Ledger::split`], then [`Split::holdout`] |
//! | first day, last day, purchases, spend | [`Purchases::observed`] |
//! | x, `t_x`, T of the lifetime literature | [`PurchaseHistory::observed`] |
//! | a matrix for clustering or regression | [`Features::behaviour`], or [`Features::builder`] |
//! | gold, silver, bronze | [`TierParams`] |
//!
//! # Five rows, followed by hand
//!
//! | customer | day | item | paid |
//! |---|---|---|---|
//! | ann | 1 May 2024 | tea | 10.00 |
//! | ann | 1 May 2024 | cup | 5.00 |
//! | bob | 3 May 2024 | tea | 10.00 |
//! | ann | 15 May 2024 | tea | 8.00 |
//! | ann | 2 June 2024 | cup | -5.00 |
//!
//! ```
//! use regulars::data::{Ledger, Occasion, PurchaseHistory, Purchases, Refunds, TimeUnit, Transaction};
//! use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for (customer, (month, day), item, cents) in [
//!     ("ann", (5, 1), "tea", 1_000),
//!     ("ann", (5, 1), "cup", 500),
//!     ("bob", (5, 3), "tea", 1_000),
//!     ("ann", (5, 15), "tea", 800),
//!     ("ann", (6, 2), "cup", -500),
//! ] {
//!     let row = Transaction::new(customer, Day::ymd(2024, month, day)?).item(item);
//!     builder.push(row.amount(Amount::minor(cents)))?;
//! }
//! let ledger = builder.build()?;
//! assert_eq!(ledger.covers(), (Day::ymd(2024, 5, 1)?, Day::ymd(2024, 6, 2)?));
//!
//! // Known on 29 May, and the four days after it.
//! let split = ledger.split(AsOf::ymd(2024, 5, 29)?, Horizon::days(4)?)?;
//! let (known, later) = (split.observed(), split.holdout());
//!
//! // One customer's rows, oldest first; the refund of June is not among them.
//! let ann = ledger.customer("ann").expect("is in the ledger");
//! let history = known.history(ann)?.expect("was seen by then");
//! assert_eq!(history.len(), 3);
//! assert_eq!(history.last_day(), Day::ymd(2024, 5, 15)?);
//! assert_eq!(later.history(ann)?.amounts(), Some(&[Amount::minor(-500)][..]));
//!
//! // In sum: two purchase days of ann, one of bob.
//! let table = Purchases::observed(known, Occasion::Day, Refunds::Net)?;
//! assert_eq!(table.occasions(), [2, 1]);
//! assert_eq!(table.spend(), Some(&[Amount::minor(2_300), Amount::minor(1_000)][..]));
//! assert_eq!(table.first_day_spend(), Some(&[Amount::minor(1_500), Amount::minor(1_000)][..]));
//! assert_eq!(table.recency_days(0), Some(14));
//!
//! // In the words of the lifetime models, in weeks: one repeat purchase, two weeks after the first, seen for four.
//! let lives = PurchaseHistory::from_purchases(&table, TimeUnit::Week)?;
//! assert_eq!((lives.x(), lives.t_x()), (&[1.0, 0.0][..], &[2.0, 0.0][..]));
//! assert_eq!(lives.t(), [4.0, 26.0 / 7.0]);
//! assert_eq!(lives.spend(), Some(&[800.0, 0.0][..])); // cents of a repeat purchase
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Rules that hold everywhere
//! - **Nothing is dropped in silence.** [`Intake`] counts every row that came and says what became of it.
//! - **A negative amount or quantity is a refund.** It is never a purchase, except where occasions are rows; it
//!   lowers the spend. An amount of zero is a purchase: free samples are visits.
//! - **Rows have no order of their own.** They are sorted by content; the same rows in any order make the same
//!   ledger, and so the same results.
//! - **Equal rows are kept.** Two cups of coffee at one till are two rows; [`Intake::duplicate_rows`] counts them.
//! - **Keys, not numbers.** Results answer by the caller's own keys ([`PerCustomer::by_key`]); dense indices are
//!   valid inside one ledger and are refused by any other.
//! - **A customer not yet seen as of the day has no value**, never a zero.
//!
//! # Complexity
//! O(n log n) for n rows in the worst case, and O(n) for short histories: rows are dealt to customers by counting,
//! then sorted within each, in parallel. A row takes 4 bytes for its day, 4 each for second, order and item, 8
//! each for amount and quantity, where they are given.
//!
//! # Determinism
//! Bit-identical for any number of threads, with and without the feature `rayon`, and for any order of rows.
//!
//! # Errors
//! [`InvalidInput`](crate::ErrorKind::InvalidInput) with row and column for what a row breaks,
//! [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for columns of unequal length,
//! [`EmptyInput`](crate::ErrorKind::EmptyInput) where no usable row is left,
//! [`Overflow`](crate::ErrorKind::Overflow) where a sum of money does not fit 64 bits.
//!
//! # Recipes
//! Figures of one's own, customer by customer: `map` runs a closure in parallel and keeps the keys. Here the median gap
//! between purchase days, as a column of a feature table.
//!
//! ```
//! use regulars::data::{Features, Ledger, Transaction};
//! use regulars::types::{AsOf, Currency, Day};
//!
//! let mut builder = Ledger::builder(Currency::EUR);
//! for (customer, day) in [("ann", 1), ("ann", 4), ("ann", 14), ("ann", 20), ("bob", 9)] {
//!     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?))?;
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
//! let gaps = now.map(|rows| {
//!     let mut days = rows.days().to_vec();
//!     days.dedup(); // ascending already
//!     let mut gaps: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
//!     gaps.sort_unstable();
//!     gaps.get(gaps.len() / 2).map(|gap| *gap as f64)
//! });
//! let table = Features::behaviour(now)?
//!     .join(&Features::builder(gaps.customers().clone()).numeric("median_gap", gaps.values().iter().copied())?.build()?)?;
//! assert_eq!(table.numeric("median_gap")?.iter().collect::<Vec<_>>(), [Some(6.0), None]); // of 3, 6, 10
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Baskets: rows of one order lie side by side within a day.
//!
//! ```
//! # use regulars::data::{Ledger, Transaction};
//! # use regulars::types::{AsOf, Currency, Day};
//! # let mut builder = Ledger::builder(Currency::EUR);
//! for (order, item) in [("B", "tea"), ("A", "tea"), ("B", "cup")] {
//!     builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).order(order).item(item))?;
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
//! let rows: Vec<_> = now.history(ledger.customer("ann").expect("has rows"))?.expect("was seen").rows().collect();
//! let baskets: Vec<usize> = rows.chunk_by(|a, b| (a.day, a.order) == (b.day, b.order)).map(<[_]>::len).collect();
//! assert_eq!(baskets, [1, 2]); // A, then B
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Cohorts: how many of those who began in a month came back in the next.
//!
//! ```
//! # use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
//! # use regulars::types::{AsOf, Currency, Day};
//! # let mut builder = Ledger::builder(Currency::EUR);
//! for (customer, month, day) in [("ann", 4, 3), ("bob", 4, 9), ("ann", 5, 2), ("cleo", 5, 7)] {
//!     builder.push(Transaction::new(customer, Day::ymd(2024, month, day)?))?;
//! }
//! let ledger = builder.build()?;
//! let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
//! let april = |day: Day| day.to_ymd().1 == 4;
//! let (mut began, mut came_back) = (0, 0);
//! for rows in now.map(|rows| (rows.first_day(), rows.last_day())).values() {
//!     began += u32::from(april(rows.0));
//!     came_back += u32::from(april(rows.0) && !april(rows.1));
//! }
//! assert_eq!((began, came_back), (2, 1));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! From accounts to people, when `profile` has said who is who: see [`Ledger::relabel`]. From a table of another engine:
//! hand over its slices with [`Columns`]; `Date32` of Arrow is what [`DayColumn::Integers`] takes, `Float64` what
//! [`AmountColumn::Major`] takes.
//!
//! Several dates to learn from: every month's end, as far as labels reach.
//!
//! ```
//! # use regulars::data::{Ledger, Split, Transaction};
//! # use regulars::types::{AsOf, Currency, Day, Horizon};
//! # let mut builder = Ledger::builder(Currency::EUR);
//! # for day in [1, 40, 80, 120, 160] {
//! #     builder.push(Transaction::new("ann", Day::ymd(2024, 1, 1)?.checked_add(day).expect("in range")))?;
//! # }
//! # let ledger = builder.build()?; // 2 January to 9 June 2024
//! let horizon = Horizon::days(60)?;
//! let mut cuts: Vec<Split<'_>> = Vec::new();
//! for month in 1..=6 {
//!     let end = Day::ymd(2024, month + 1, 1)?.checked_add(-1).expect("in range");
//!     match ledger.split(AsOf::new(end), horizon) {
//!         Ok(cut) => cuts.push(cut),
//!         Err(_) => break, // the horizon ends behind the data
//!     }
//! }
//! let ends: Vec<String> = cuts.iter().map(|cut| cut.as_of().to_string()).collect();
//! assert_eq!(ends, ["2024-01-31", "2024-02-29", "2024-03-31"]);
//! # Ok::<(), regulars::Error>(())
//! ```

mod behaviour;
mod chain;
#[cfg(feature = "csv")]
pub mod csv;
mod customers;
mod extend;
mod features;
#[cfg(feature = "serde")]
mod json;
mod ledger;
mod merge;
mod per_customer;
mod policy;
mod purchases;
mod records;
mod summary;
mod tiers;
mod timeline;
mod versions;

pub use crate::types::provenance::TimeAxis;
pub use behaviour::{Behaviour, CustomerBehaviour, Outcome};
pub use customers::{Customers, Keys};
pub use features::{
    Categorical, Column, Constant, Features, FeaturesBuilder, Matrix, Missing, Numeric, Transform,
    TransformParams,
};
pub use ledger::{
    AmountColumn, Columns, DayColumn, History, Holdout, Identity, Intake, KeyColumn, Ledger, LedgerBuilder,
    Observed, Purchase, Row, Split, Transaction,
};
pub use per_customer::PerCustomer;
pub use policy::{Anonymous, Conflicts, Knowledge, Occasion, Refunds, TimeUnit};
pub use purchases::PurchaseHistory;
pub(crate) use records::{Dictionary, Intern, NONE, is_han};
pub use records::{Field, FieldKind, Record, RecordColumns, Records, RecordsBuilder};
#[cfg(feature = "csv")]
pub use records::{RecordsCsv, RecordsCsvParams};
pub use summary::{Purchases, Summary, SummaryParams, Tally};
pub use tiers::{Pareto, Score, Tier, TierParams, TierRule, Tiers};
#[cfg(feature = "csv")]
pub use timeline::TimelineCsvParams;
pub use timeline::{
    Contract, ContractColumns, ContractHistory, ContractRow, Contracts, ContractsBuilder, Event,
    EventColumns, EventHistory, EventRow, Events, EventsBuilder, ObservedContracts, ObservedEvents,
    TimelineIntake,
};
