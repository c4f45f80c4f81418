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
/// assert!(Probability::ZERO < p && p < Probability::ONE);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "f64", try_from = "f64"))]
pub struct Probability(f64);

#[cfg(feature = "serde")]
impl From<Probability> for f64 {
    fn from(value: Probability) -> Self {
        value.0
    }
}

#[cfg(feature = "serde")]
impl TryFrom<f64> for Probability {
    type Error = Error;

    fn try_from(value: f64) -> Result<Self> {
        Self::new(value)
    }
}

impl Probability {
    /// The impossible event.
    pub const ZERO: Self = Self(0.0);
    /// The certain event.
    pub const ONE: Self = Self(1.0);

    /// A probability from a number in \[0, 1\], both ends included.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) outside \[0, 1\] and for NaN. Nothing is clamped: a 1.0000001 is
    /// a fault to be found where it arose.
    pub fn new(value: f64) -> Result<Self> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(Error::param("probability", "must lie in [0, 1]", value))
        }
    }

    /// The nearest probability; NaN, which no caller inside the crate produces, becomes 0. For results of floating-point
    /// sums that may leave \[0, 1\] by a rounding.
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

    /// ln(p / (1 − p)), infinite at 0 and 1. The scale on which evidence adds up.
    ///
    /// ```
    /// use regulars::types::Probability;
    /// assert_eq!(Probability::new(0.5)?.log_odds(), 0.0);
    /// assert!((Probability::new(0.8)?.log_odds() - 4_f64.ln()).abs() < 1e-12); // four to one
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn log_odds(self) -> f64 {
        (self.0 / (1.0 - self.0)).ln()
    }

    /// The probability with the given log-odds: 1 / (1 + e^−z), computed without overflow.
    ///
    /// ```
    /// use regulars::types::Probability;
    /// assert_eq!(Probability::from_log_odds(0.0)?.get(), 0.5);
    /// assert_eq!(Probability::from_log_odds(-1e9)?, Probability::ZERO);
    /// assert_eq!(Probability::from_log_odds(f64::INFINITY)?, Probability::ONE);
    /// # Ok::<(), regulars::Error>(())
    /// ```
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

/// The number; precision and width are honoured: `{:.2}`.
impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where chance begins. The same seed gives the same result, on any number of threads.
///
/// Asked for wherever chance enters, never taken from the clock. Streams are derived from it by purpose and key, not
/// by thread, so that adding a customer does not change another one's draws.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let rows = |seed| ShopParams::new(20, Seed(seed)).simulate().map(|shop| shop.rows().count());
/// assert_eq!(rows(7)?, rows(7)?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Seed(pub u64);
