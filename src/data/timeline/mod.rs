//! What happens to customers beside orders: dated events, and contracts with a beginning and perhaps an end.
//!
//! Both are sorted by customer and time, found by the customer's key, and read through an as-of day, so that the same
//! guard against the future holds as for orders. They need not know the same customers as the ledger: who is unknown
//! here has no events, which is what is known of her.
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

pub use contracts::{Contract, ContractHistory, ContractRow, Contracts, ContractsBuilder, ObservedContracts};
#[cfg(feature = "csv")]
pub use csv::TimelineCsvParams;
pub use events::{Event, EventHistory, EventRow, Events, EventsBuilder, ObservedEvents};

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::Keys;
use crate::error::{Error, Result};
use crate::kernel::intern::Interner;
use crate::types::Key;

/// Stands for "no plan" in dense columns.
const NONE: u32 = u32::MAX;

/// Entries of one kind, sorted by customer and time; what events and contracts share.
///
/// As in the ledger, entries of customer c are `offsets[c] .. offsets[c + 1]`, and one customer is one slice.
#[derive(Clone)]
struct Timeline<T> {
    /// Keys by customer number.
    customers: Arc<Keys>,
    /// Kinds of events, or plans of contracts.
    labels: Arc<Keys>,
    /// One for each customer and one for the end.
    offsets: Arc<[usize]>,
    /// Of all customers, one behind the other.
    entries: Arc<[T]>,
    /// Rows of a file that could not be used, by reason.
    skipped: BTreeMap<String, u64>,
}

/// Entries in the order of arrival.
#[derive(Debug, Default)]
struct Arrivals<T> {
    customers: Interner,
    labels: Interner,
    entries: Vec<(u32, T)>,
    skipped: BTreeMap<String, u64>,
}

impl<T: Copy> Arrivals<T> {
    /// Nothing yet.
    fn new() -> Self {
        Self {
            customers: Interner::default(),
            labels: Interner::default(),
            entries: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// Adds an entry; `entry` makes it from the provisional number of its label, [`NONE`] for no label.
    fn push(
        &mut self,
        customer: &Key<'_>,
        label: Option<&Key<'_>>,
        entry: impl FnOnce(u32) -> T,
    ) -> Result<()> {
        let customer = self.customers.key(customer, "customers")?;
        let label = label.map_or(Ok(NONE), |key| self.labels.key(key, "labels"))?;
        self.entries.push((customer, entry(label)));
        Ok(())
    }

    /// Sorts the entries of each customer; `label` gives access to the label of an entry.
    ///
    /// `compare` orders two entries of one customer by their whole content, so that the order of arrival never shows.
    /// O(n log n).
    fn build(
        mut self,
        label: impl Fn(&mut T) -> &mut u32,
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Result<Timeline<T>> {
        if self.entries.is_empty() {
            return Err(Error::empty("a timeline needs at least one usable row"));
        }
        let (customers, customer_ranks) = self.customers.finish();
        let (labels, label_ranks) = self.labels.finish();
        for (customer, entry) in &mut self.entries {
            *customer = customer_ranks[*customer as usize];
            let label = label(entry);
            if *label != NONE {
                *label = label_ranks[*label as usize];
            }
        }
        self.entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| compare(&a.1, &b.1)));
        let mut offsets = vec![0_usize; customer_ranks.len() + 1];
        for (customer, _) in &self.entries {
            offsets[*customer as usize + 1] += 1;
        }
        for i in 1..offsets.len() {
            offsets[i] += offsets[i - 1];
        }
        Ok(Timeline {
            customers: Arc::new(Keys::from_sorted(customers)),
            labels: Arc::new(Keys::from_sorted(labels)),
            offsets: offsets.into(),
            entries: self.entries.into_iter().map(|(_, entry)| entry).collect(),
            skipped: self.skipped,
        })
    }
}

impl<T> Timeline<T> {
    /// The entries of a customer; none for one who is not known.
    fn of(&self, customer: &Key<'_>) -> &[T] {
        self.customers
            .find(customer)
            .and_then(|i| self.entries.get(self.offsets[i]..self.offsets[i + 1]))
            .unwrap_or_default()
    }
}
