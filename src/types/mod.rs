//! The words every module speaks: days, money, probabilities, keys and indices.
//!
//! Facts and estimates are different types. An [`Amount`] is exact money that changed hands; an [`Expected`] is a
//! forecast in the same units, and the two cannot be added. A [`Day`] is a day of the caller's own calendar, an
//! [`AsOf`] is the last day that is known, a [`Horizon`] counts the days after it.
//!
//! | type | holds | unit | excludes |
//! |---|---|---|---|
//! | [`Day`] | `i32` | days since 1970-01-01 | instants, time zones |
//! | [`AsOf`] | [`Day`] | the last day known, inclusive | a bare day in its place |
//! | [`DateOrder`] | | day or month first in a date that ends with its year | a default |
//! | [`Horizon`] | `u32` | days ahead | 0, more than 1,000 years |
//! | [`Amount`] | `i64` | minor units (cents) | fractions of a cent, rounding errors |
//! | [`Expected`] | `f64` | minor units | NaN, infinities, being added to an [`Amount`] |
//! | [`Quantity`] | `i64` | thousandths of a piece | rounding errors |
//! | [`Currency`] | code and decimals | | codes that are not on ISO 4217's list |
//! | [`Probability`] | `f64` | | NaN, numbers outside \[0, 1\] |
//! | [`Key`] | integer or text | | two spellings of one number |
//! | [`CustomerIx`], [`ItemIx`] | `u32` and a fingerprint | | use with another ledger |
//! | [`Seed`] | `u64` | | chance that nobody asked for |
//!
//! ```
//! use regulars::types::{Amount, AsOf, Currency, Day, Expected, Horizon};
//!
//! let paid = Amount::total([Currency::EUR.parse("19.99")?, Currency::EUR.parse("0.01")?])?;
//! assert_eq!(paid, Amount::minor(2_000));
//! let forecast = Expected::minor(2_000.4)?; // `paid + forecast` does not compile
//! assert_eq!(Currency::EUR.format_expected(forecast), "20.00");
//!
//! let as_of = AsOf::ymd(2024, 2, 28)?;
//! let ahead = Horizon::days(2)?;
//! let until = as_of.day().checked_add(ahead.in_days().into());
//! assert_eq!(until, Some(Day::ymd(2024, 3, 1)?)); // 2024 is a leap year
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! All are small and `Copy`, except [`Key`], which may borrow or own a text. Parsing and construction check once;
//! behind them no rule is asked again.

#[cfg(any(feature = "jiff", feature = "chrono"))]
mod civil;
mod currency;
pub(crate) mod date;
mod day;
#[cfg(feature = "rust_decimal")]
mod decimal;
#[cfg(feature = "serde")]
pub(crate) mod json;
mod key;
mod language;
mod moment;
mod money;
mod number;
pub(crate) mod provenance;
mod quantity;
#[cfg(feature = "uuid")]
mod uuid;

pub use currency::Currency;
#[cfg(feature = "csv")]
pub(crate) use currency::Decimal;
pub use date::DateOrder;
pub use day::{AsOf, Day, Horizon, Weekday};
pub use key::{CustomerIx, IntoKey, ItemIx, Key};
pub use language::Language;
pub use moment::Moment;
pub use money::{Amount, Expected};
pub use number::{Probability, Seed};
pub use provenance::Provenance;
pub use quantity::Quantity;
