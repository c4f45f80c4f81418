//! `Records`: what the systems know about people, before anyone knows who is who.

mod columns;
#[cfg(feature = "csv")]
mod csv;
mod dictionary;
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
