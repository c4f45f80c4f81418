//! The ledger: its doors, its store, and the views that cut it in time.

mod assemble;
mod columns;
mod identity;
mod relabel;
mod rows;
mod store;
mod views;

#[cfg(feature = "csv")]
pub(in crate::data) use assemble::Assembler;
pub use columns::{AmountColumn, Columns, DayColumn, KeyColumn};
pub use identity::Identity;
pub use rows::{LedgerBuilder, Transaction};
pub use store::{Intake, Ledger};
pub use views::{History, Holdout, Observed, Row, Split};
