//! What happened: who bought what, when, for how much; and the cuts in time that keep the future out of the past.
//!
//! Orders come in through one of three doors (rows, borrowed columns, CSV) and become a [`Ledger`]: one columnar store,
//! sorted by customer and time. Everything later reads it through a cut in time: [`Ledger::observed`] shows the days up
//! to an [`AsOf`](crate::types::AsOf), [`Ledger::split`] adds the days after it as a holdout.

#[cfg(feature = "csv")]
pub mod csv;
mod customers;
mod features;
mod ledger;
mod per_customer;
mod policy;
mod purchases;
mod records;
mod summary;
mod tiers;
mod timeline;

pub use customers::{Customers, Keys};
pub use features::{
    Categorical, Column, Constant, Features, FeaturesBuilder, Matrix, Missing, Numeric, Transform,
    TransformParams,
};
pub use ledger::{
    AmountColumn, Columns, DayColumn, History, Holdout, Identity, Intake, KeyColumn, Ledger, LedgerBuilder,
    Observed, Row, Split, Transaction,
};
pub use per_customer::PerCustomer;
pub use policy::{Anonymous, Occasion, Refunds, TimeAxis, TimeUnit};
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
    Contract, ContractHistory, ContractRow, Contracts, ContractsBuilder, Event, EventHistory, EventRow,
    Events, EventsBuilder, ObservedContracts, ObservedEvents,
};
