//! Purchases in sum: first day, last day, occasions and spend of each customer, from a ledger or from a stream.

mod observe;
mod table;

pub use table::Purchases;
