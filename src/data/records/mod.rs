//! `Records`: what the systems know about people, before anyone knows who is who.
//!
//! Input of [`profile`](crate::profile), which links records and merges them. A table has fields of known kinds; each
//! record has an id within its source, perhaps a day of last update, and for each field none, one or several values,
//! kept as they were given: normalising is the business of matching. Three doors, as for orders: rows
//! (`RecordsBuilder`), borrowed columns (`RecordColumns`), files (`RecordsCsv`).
//!
//! Values of people are personal data. Nothing here prints one: `Debug` shows counts and field names, errors show rows
//! and fields.

mod columns;
#[cfg(feature = "csv")]
mod csv;
mod dictionary;
mod extend;
mod infer;
mod kind;
mod rows;
mod store;
#[cfg(test)]
mod tests;

pub use columns::RecordColumns;
#[cfg(feature = "csv")]
pub use csv::{RecordsCsv, RecordsCsvParams};
pub(crate) use dictionary::{Dictionary, Intern, NONE};
pub(crate) use infer::is_han;
pub use kind::{Field, FieldKind};
pub use rows::{Record, RecordsBuilder};
pub use store::Records;
