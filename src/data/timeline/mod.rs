//! What happens to customers beside orders: dated events, and contracts with a beginning and perhaps an end.
//!
//! Both are sorted by customer and time, found by the customer's key, and read through an as-of day, so that the same
//! guard against the future holds as for orders. They need not know the same customers as the ledger: who is unknown
//! here has no events, which is what is known of her.
//!
//! A row may say when it became known, and have an id: see [`Event::known`] and [`Event::id`]. As of a moment one sees the
//! rows that had happened and were known by then, in the version known last. All moments of one data set are wall-clock
//! times of one time zone; a time between two of them may be off by an hour where the clock changed in between.
//!
//! ```
//! use regulars::data::{Contract, Contracts, Event, Events};
//! use regulars::types::{AsOf, Day};
//!
//! let mut events = Events::builder();
//! events.push(Event::new("ann", Day::ymd(2024, 5, 20)?, "complaint"))?;
//! let mut contracts = Contracts::builder();
//! contracts.push(Contract::new("ann", Day::ymd(2024, 1, 1)?).end(Day::ymd(2024, 6, 30)?))?;
//!
//! let (events, contracts) = (events.build()?, contracts.build()?);
//! let before = AsOf::ymd(2024, 5, 19)?;
//! assert_eq!(events.observed(before).history("ann").count("complaint"), 0);
//! assert!(contracts.observed(before).history("ann").is_running()); // the end is not known yet
//! assert!(events.observed(before).history("somebody else").is_empty());
//! # Ok::<(), regulars::Error>(())
//! ```

mod contracts;
#[cfg(feature = "csv")]
mod csv;
mod events;
mod store;

pub use contracts::{
    Contract, ContractColumns, ContractHistory, ContractRow, Contracts, ContractsBuilder, ObservedContracts,
};
#[cfg(feature = "csv")]
pub use csv::TimelineCsvParams;
pub use events::{Event, EventColumns, EventHistory, EventRow, Events, EventsBuilder, ObservedEvents};
pub use store::TimelineIntake;
