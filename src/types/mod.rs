//! The words every module speaks: days, money, probabilities, keys and indices.
//!
//! Facts and estimates are different types. An [`Amount`] is exact money that changed hands; an [`Expected`] is a
//! forecast in the same units, and the two cannot be added. A [`Day`] is a day of the caller's own calendar, an
//! [`AsOf`] is the last day that is known, a [`Horizon`] counts the days after it.

#[cfg(any(feature = "jiff", feature = "chrono"))]
mod civil;
mod day;
mod key;
mod language;
mod money;
mod number;
mod quantity;

pub use day::{AsOf, Day, Horizon, Weekday};
pub use key::{CustomerIx, ItemIx, Key};
pub use language::Language;
#[cfg(feature = "csv")]
pub(crate) use money::Decimal;
pub use money::{Amount, Currency, Expected};
pub use number::{Probability, Seed};
pub use quantity::Quantity;
