//! `Probability` and `Seed`.

use std::fmt;

use crate::error::{Error, Result};

/// A number in \[0, 1\], never NaN.
///
/// ```
/// use regulars::types::Probability;
///
/// let p = Probability::new(0.75)?;
/// assert_eq!(p.complement().get(), 0.25);
/// assert!(Probability::new(1.2).is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Probability(f64);

impl Probability {
    /// The impossible event.
    pub const ZERO: Self = Self(0.0);
    /// The certain event.
    pub const ONE: Self = Self(1.0);

    /// A probability from a number in \[0, 1\].
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) outside \[0, 1\] and for NaN.
    pub fn new(value: f64) -> Result<Self> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(Error::param("probability", "must lie in [0, 1]", value))
        }
    }

    /// The nearest probability; NaN, which no caller inside the crate produces, becomes 0.
    pub(crate) fn saturating(value: f64) -> Self {
        if value.is_nan() { Self::ZERO } else { Self(value.clamp(0.0, 1.0)) }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability of the opposite, 1 − p.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(1.0 - self.0)
    }

    /// ln(p / (1 − p)), infinite at 0 and 1.
    pub fn log_odds(self) -> f64 {
        (self.0 / (1.0 - self.0)).ln()
    }

    /// The probability with the given log-odds: 1 / (1 + e^−z), computed without overflow.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for NaN.
    pub fn from_log_odds(z: f64) -> Result<Self> {
        if z.is_nan() {
            return Err(Error::param("z", "must not be NaN", z));
        }
        Ok(Self(if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }))
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where chance begins. The same seed gives the same result, on any number of threads.
///
/// ```
/// use regulars::types::Seed;
/// assert_eq!(Seed(7), Seed(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);
