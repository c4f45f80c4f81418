//! Purchases in sum: first day, last day, occasions and spend of each customer, from a ledger or from a stream.
//!
//! [`Summary`] collects rows in any order and from any number of places; [`Purchases`] holds the finished columns. Under
//! [`Occasion::Row`](crate::data::Occasion::Row) a customer takes one record of 40 bytes and 12 to 24 bytes of a hash
//! table. A counter alone cannot merge two shards that saw the same day, so under
//! [`Occasion::Day`](crate::data::Occasion::Day) a sorted run of blocks is added, 16 bytes for each 64 days in which the
//! customer bought at all, and under [`Occasion::Order`](crate::data::Occasion::Order) 12 bytes for each order. Refunds
//! that are no occasions take 32 bytes a day, so that those of the first day can be told from later ones.
//!
//! # What is computed
//! With the rows of a customer up to the as-of day, O those that are occasions and d(r), a(r) day and amount of row r:
//!
//! | symbol | value |
//! |---|---|
//! | first, last | min and max of d(r) over O |
//! | occasions | distinct days, distinct orders, or rows of O, by policy |
//! | first-day occasions | the same, of those on `first`; an order belongs to its earliest day |
//! | spend | sum of a(r) over all rows, or without refunds |
//! | first-day spend | the same, of rows on `first` |
//!
//! A refund is in O under `Row` with `Net` only. All five are sums, minima, maxima and sizes of sets: operations
//! for which neither order nor grouping matters, which is why merging is exact. Sums are kept beyond 64 bits on
//! the way and asked to fit them at the end.
//!
//! # Layout
//! `state.rs` takes rows in, `shard.rs` holds them by customer, `runs.rs` is the compact set behind days, orders and
//! refunds, `finish.rs` turns sets into counts and merges, `observe.rs` computes the same from a ledger, `table.rs`
//! is the result, `wire.rs` the file.
//!
//! # How much memory, by hand
//! A million customers who bought on six days that fall into four blocks of 64 days: 40 bytes for the record, 12 to 24 for
//! its place, 4 × 16 for the blocks, 116 to 128 bytes each and so about 120 MB, whether they left six rows each or six
//! hundred. With occasions by row it is 52 to 64 MB.

mod finish;
mod observe;
mod runs;
mod shard;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod waiting;
#[cfg(feature = "serde")]
mod wire;

pub use state::{Summary, Tally};
pub use table::{Purchases, SummaryParams};
