//! Purchases in sum: first day, last day, occasions and spend of each customer, from a ledger or from a stream.
//!
//! [`Summary`] collects rows in any order and from any number of places; [`Purchases`] holds the finished columns. Under
//! [`Occasion::Row`](crate::data::Occasion::Row) a customer takes one record of 40 bytes and 12 to 24 bytes of a hash
//! table. A counter alone cannot merge two shards that saw the same day, so under
//! [`Occasion::Day`](crate::data::Occasion::Day) a sorted run of blocks is added, 16 bytes for each 64 days in which the
//! customer bought at all, and under [`Occasion::Order`](crate::data::Occasion::Order) 12 bytes for each order. Refunds
//! that are no occasions take 32 bytes a day, so that those of the first day can be told from later ones.

mod finish;
mod observe;
mod runs;
mod shard;
mod state;
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "serde")]
mod wire;

pub use state::{Summary, Tally};
pub use table::{Purchases, SummaryParams};
