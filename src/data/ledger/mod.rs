//! The ledger: its constructors, its store, and the views that cut it in time.
//!
//! All constructors share one path. [`rows`] and [`columns`] (and the CSV reader) fill an
//! `Assembler` with columns in the order of arrival; [`assemble`] gives every key its rank and
//! sorts the rows into the [`store`]; [`relabel`] sorts them anew under other customers. [`views`]
//! is the only reader of rows: whoever wants one says as of which day.

mod assemble;
mod columns;
mod extend;
mod identity;
mod late;
mod relabel;
mod rows;
mod store;
mod transaction;
mod views;

#[cfg(feature = "csv")]
pub(in crate::data) use assemble::Assembler;
pub(in crate::data) use assemble::{low, sort_rows};
pub use columns::{AmountColumn, Columns, DayColumn, KeyColumn};
pub use identity::Identity;
pub use rows::LedgerBuilder;
pub use store::{Intake, Ledger};
pub use transaction::Transaction;
pub use views::{History, Holdout, Observed, Purchase, Row, Split};
