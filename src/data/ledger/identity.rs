//! `Identity`: what a ledger's customers are, and since when that was known.

use crate::types::AsOf;

/// What the customers of a ledger are, and since when that was known.
///
/// Records that are merged today join accounts that could not have been joined a year ago. A
/// back-test over such people knows a little of the future, and says so.
///
/// ```
/// use regulars::data::{Identity, Ledger, Transaction};
/// use regulars::types::{AsOf, Currency, Day, Key};
///
/// let mut builder = Ledger::builder(Currency::EUR);
/// builder.push(Transaction::new("ann@web", Day::ymd(2024, 5, 1)?))?;
/// let accounts = builder.build()?;
/// assert_eq!(accounts.identity(), Identity::AsRecorded);
///
/// let people = accounts.relabel(|_| Some(Key::from("ann")))?;
/// assert_eq!(people.identity(), Identity::Hindsight);
///
/// // The records that were merged are dated up to the end of 2023.
/// let known = people.identity_known_by(AsOf::ymd(2023, 12, 31)?);
/// assert_eq!(known.identity().at(AsOf::ymd(2024, 4, 30)?), known.identity());
/// assert_eq!(known.identity().at(AsOf::ymd(2023, 11, 30)?), Identity::Hindsight);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Identity {
    /// The customers are those of the rows themselves: what was known when each row was written.
    #[default]
    AsRecorded,
    /// Accounts were joined to people by what was known on that day.
    KnownBy(AsOf),
    /// Accounts were joined to people by what is known by now, whenever that was.
    Hindsight,
}

impl Identity {
    /// The same, as seen from a cut in time: what was known only later is hindsight.
    #[must_use]
    pub fn at(self, as_of: AsOf) -> Self {
        match self {
            Self::KnownBy(day) if day > as_of => Self::Hindsight,
            known => known,
        }
    }
}
