//! `Amount` and `Expected`: exact money, and estimates of it.
//!
//! Both count minor units of a [`Currency`](super::Currency), which is not part of them.

use std::iter::Sum;

use crate::error::{Error, Result};

/// Exact money that changed hands, in minor units of the ledger's [`Currency`](super::Currency)
/// (pence, cents, fen). Negative is money given back.
///
/// ```
/// use regulars::types::{Amount, Currency};
///
/// let paid = Currency::GBP.parse("£1,234.50")?;
/// assert_eq!(paid, Amount::minor(123_450));
/// assert_eq!(Currency::GBP.format(paid), "1234.50");
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// The currency is not part of it: a ledger has one, and eight bytes a row are enough. Sums are integers, so they
/// are the same in any order; 64 bits hold 92 thousand million million in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of minor units: 1,250 is 12.50 in a currency of cents, and 1,250 in yen.
    ///
    /// ```
    /// use regulars::types::{Amount, Currency};
    /// assert_eq!(Currency::EUR.format(Amount::minor(1_250)), "12.50");
    /// assert_eq!(Currency::JPY.format(Amount::minor(1_250)), "1250");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn minor(units: i64) -> Self {
        Self(units)
    }

    /// Minor units, signed.
    pub const fn in_minor(self) -> i64 {
        self.0
    }

    /// The sum, or `None` where it does not fit 64 bits. There is no `+`: an overflow of money must
    /// be seen. For many amounts see [`total`](Self::total), or `sum` into an `Option` or a
    /// `Result`.
    ///
    /// ```
    /// use regulars::types::Amount;
    /// assert_eq!(Amount::minor(500).checked_add(Amount::minor(-200)), Some(Amount::minor(300)));
    /// assert_eq!(Amount::minor(i64::MAX).checked_add(Amount::minor(1)), None);
    /// ```
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` where it does not fit 64 bits.
    ///
    /// ```
    /// use regulars::types::Amount;
    /// assert_eq!(Amount::minor(500).checked_sub(Amount::minor(700)), Some(Amount::minor(-200)));
    /// assert_eq!(Amount::minor(i64::MIN).checked_sub(Amount::minor(1)), None);
    /// ```
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The amount that many times, or `None` where it does not fit 64 bits.
    ///
    /// ```
    /// use regulars::types::Amount;
    /// assert_eq!(Amount::minor(250).checked_mul(-3), Some(Amount::minor(-750)));
    /// assert_eq!(Amount::minor(i64::MAX).checked_mul(2), None);
    /// ```
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The amount with the other sign, or `None` for the one amount that has no such twin in 64
    /// bits.
    ///
    /// ```
    /// use regulars::types::Amount;
    /// assert_eq!(Amount::minor(250).checked_neg(), Some(Amount::minor(-250)));
    /// assert_eq!(Amount::minor(i64::MIN).checked_neg(), None);
    /// ```
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The exact sum of many amounts; nothing sums to zero.
    ///
    /// ```
    /// use regulars::types::Amount;
    /// // Beyond 64 bits on the way, within them at the end.
    /// let amounts = [i64::MAX, 5, -10].map(Amount::minor);
    /// assert_eq!(Amount::total(amounts)?, Amount::minor(i64::MAX - 5));
    /// assert_eq!(Amount::total([])?, Amount::ZERO);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) where the total does not fit 64 bits; the order of
    /// the amounts never matters.
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Result<Self> {
        let wide: i128 = amounts.into_iter().map(|a| i128::from(a.0)).sum();
        i64::try_from(wide).map(Self).map_err(|_| Error::overflow("a sum of money does not fit 64 bits"))
    }
}

/// The exact sum, or the error of [`Amount::total`]; the order of the amounts never matters.
///
/// ```
/// use regulars::types::Amount;
/// let paid = [250, 499].map(Amount::minor);
/// assert_eq!(paid.iter().sum::<regulars::Result<Amount>>()?, Amount::minor(749));
/// # Ok::<(), regulars::Error>(())
/// ```
impl Sum<Amount> for Result<Amount> {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Self {
        Amount::total(amounts)
    }
}

/// As the sum of owned amounts.
impl<'a> Sum<&'a Amount> for Result<Amount> {
    fn sum<I: Iterator<Item = &'a Amount>>(amounts: I) -> Self {
        Amount::total(amounts.copied())
    }
}

/// The exact sum, `None` where it does not fit 64 bits; the order of the amounts never matters.
///
/// ```
/// use regulars::types::Amount;
/// let amounts = [i64::MAX, 5, -10].map(Amount::minor);
/// assert_eq!(amounts.into_iter().sum::<Option<Amount>>(), Some(Amount::minor(i64::MAX - 5)));
/// assert_eq!(amounts[..2].iter().sum::<Option<Amount>>(), None);
/// ```
impl Sum<Amount> for Option<Amount> {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Self {
        Amount::total(amounts).ok()
    }
}

/// As the sum of owned amounts.
impl<'a> Sum<&'a Amount> for Option<Amount> {
    fn sum<I: Iterator<Item = &'a Amount>>(amounts: I) -> Self {
        Amount::total(amounts.copied()).ok()
    }
}

/// An estimate of money, in minor units of the ledger's currency: finite, and never to be added to an [`Amount`].
///
/// ```
/// use regulars::types::{Currency, Expected};
///
/// let value = Expected::minor(123_456.7)?;
/// assert_eq!(Currency::GBP.format_expected(value), "1234.57");
/// assert_eq!(Currency::GBP.to_major(value), 1_234.567);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Sums are of floats, in the order given, and are held at the largest finite number rather than become infinite:
///
/// ```
/// use regulars::types::Expected;
/// let parts = [Expected::minor(0.5)?, Expected::minor(1.25)?];
/// assert_eq!(parts.into_iter().sum::<Expected>(), Expected::minor(1.75)?);
/// assert!((Expected::minor(f64::MAX)? + Expected::minor(f64::MAX)?).in_minor().is_finite());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "f64", try_from = "f64"))]
pub struct Expected(f64);

impl Expected {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// An estimate in minor units; fractions of them are meant.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) unless finite.
    pub fn minor(units: f64) -> Result<Self> {
        if units.is_finite() { Ok(Self(units)) } else { Err(Error::param("units", "must be finite", units)) }
    }

    /// Minor units, with their fraction.
    pub const fn in_minor(self) -> f64 {
        self.0
    }

    /// The estimate times a factor, such as a discount or a probability; `None` where that is not
    /// finite.
    ///
    /// ```
    /// use regulars::types::Expected;
    /// let value = Expected::minor(1_000.0)?;
    /// assert_eq!(value.checked_mul(0.25), Some(Expected::minor(250.0)?));
    /// assert_eq!(value.checked_mul(f64::NAN), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn checked_mul(self, factor: f64) -> Option<Self> {
        Self::minor(self.0 * factor).ok()
    }
}

#[cfg(feature = "serde")]
impl From<Expected> for f64 {
    fn from(value: Expected) -> Self {
        value.0
    }
}

#[cfg(feature = "serde")]
impl TryFrom<f64> for Expected {
    type Error = Error;

    fn try_from(units: f64) -> Result<Self> {
        Self::minor(units)
    }
}

impl std::ops::Sub for Expected {
    type Output = Self;

    /// The difference, held at the largest finite number.
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Neg for Expected {
    type Output = Self;

    /// The same estimate with the other sign.
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::ops::Add for Expected {
    type Output = Self;

    /// The sum, held at the largest finite number.
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).clamp(f64::MIN, f64::MAX))
    }
}

/// The sum in the order given, held at the largest finite number; of nothing, zero.
impl Sum for Expected {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |a, b| a + b)
    }
}

/// As the sum of owned estimates.
impl<'a> Sum<&'a Self> for Expected {
    fn sum<I: Iterator<Item = &'a Self>>(iter: I) -> Self {
        iter.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_do_not_overflow_on_the_way() {
        let amounts = [Amount(i64::MAX), Amount(5), Amount(-10)];
        assert_eq!(Amount::total(amounts).unwrap(), Amount(i64::MAX - 5));
        assert_eq!(
            Amount::total([Amount(i64::MAX), Amount(1)]).unwrap_err().kind(),
            crate::ErrorKind::Overflow
        );
    }
}
