//! Money and quantities to and from `rust_decimal`, behind the feature of that name.

use rust_decimal::Decimal as Exact;

use crate::error::{Error, Result};

use super::currency::Decimal;
use super::{Amount, Currency, Quantity};

/// Decimals of a [`Quantity`].
const QUANTITY_DECIMALS: u8 = 3;

impl Currency {
    /// The amount behind an exact decimal of major units; what is finer than the currency is
    /// rounded half to even, once.
    ///
    /// ```
    /// # #[cfg(feature = "rust_decimal")] {
    /// use regulars::types::{Amount, Currency};
    /// use rust_decimal::Decimal;
    ///
    /// assert_eq!(Currency::EUR.from_decimal(Decimal::new(1_999, 2))?, Amount::minor(1_999)); // 19.99
    /// assert_eq!(Currency::EUR.from_decimal(Decimal::new(1_005, 3))?, Amount::minor(100)); // 1.005 is a tie
    /// assert_eq!(Currency::JPY.from_decimal(Decimal::new(1_250, 0))?, Amount::minor(1_250));
    /// # }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// A whole column of them is an
    /// [`AmountColumn::Decimals`](crate::data::AmountColumn::Decimals), which counts what was
    /// rounded.
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) beyond 64 bits of minor units.
    pub fn from_decimal(&self, value: Exact) -> Result<Amount> {
        self.nearest_decimal(value).map(|(amount, _)| amount)
    }

    /// As [`Currency::from_decimal`], and whether anything was rounded away.
    pub(crate) fn nearest_decimal(&self, value: Exact) -> Result<(Amount, bool)> {
        let (minor, rounded) = Decimal::new(value.mantissa(), value.scale()).round_to(self.decimals())?;
        Ok((Amount::minor(minor), rounded))
    }

    /// The amount as an exact decimal of major units, with the currency's decimals.
    ///
    /// ```
    /// # #[cfg(feature = "rust_decimal")] {
    /// use regulars::types::{Amount, Currency};
    /// let price = Currency::EUR.to_decimal(Amount::minor(-1_250));
    /// assert_eq!(price.to_string(), "-12.50");
    /// assert_eq!(Currency::EUR.from_decimal(price)?, Amount::minor(-1_250));
    /// # }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn to_decimal(&self, amount: Amount) -> Exact {
        Exact::new(amount.in_minor(), self.decimals().into())
    }
}

/// The exact number of units.
///
/// ```
/// # #[cfg(feature = "rust_decimal")] {
/// use regulars::{ErrorKind, types::Quantity};
/// use rust_decimal::Decimal;
///
/// assert_eq!(Quantity::try_from(Decimal::new(125, 2))?, Quantity::thousandths(1_250));
/// assert_eq!(Decimal::from(Quantity::units(2)), Decimal::TWO);
/// let finer = Quantity::try_from(Decimal::new(1, 4)).unwrap_err();
/// assert_eq!(finer.kind(), ErrorKind::InvalidInput);
/// # }
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a number finer than thousandths,
/// [`Overflow`](crate::ErrorKind::Overflow) beyond 64 bits of them.
impl TryFrom<Exact> for Quantity {
    type Error = Error;

    fn try_from(value: Exact) -> Result<Self> {
        match Decimal::new(value.mantissa(), value.scale()).round_to(QUANTITY_DECIMALS)? {
            (thousandths, false) => Ok(Self::thousandths(thousandths)),
            (_, true) => Err(Error::input("expected a quantity of at most three decimals")),
        }
    }
}

/// The exact number of units, with three decimals.
impl From<Quantity> for Exact {
    fn from(quantity: Quantity) -> Self {
        Self::new(quantity.in_thousandths(), QUANTITY_DECIMALS.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_decimal_is_read_as_its_text() {
        for text in ["0", "-0.01", "19.99", "1.005", "1.015", "-1.005", "92233720368547758.07"] {
            let exact: Exact = text.parse().unwrap();
            assert_eq!(
                Currency::EUR.from_decimal(exact).unwrap(),
                Currency::EUR.parse(text).unwrap(),
                "{text}"
            );
        }
        assert!(!Currency::EUR.nearest_decimal(Exact::new(100, 4)).unwrap().1);
        assert!(Currency::EUR.nearest_decimal(Exact::new(101, 4)).unwrap().1);
        for beyond in [Exact::MAX, Exact::MIN] {
            assert_eq!(Currency::EUR.from_decimal(beyond).unwrap_err().kind(), ErrorKind::Overflow);
            assert_eq!(Quantity::try_from(beyond).unwrap_err().kind(), ErrorKind::Overflow);
        }
        let tiny = Exact::new(1, 28);
        assert_eq!(Currency::EUR.nearest_decimal(tiny).unwrap(), (Amount::ZERO, true));
        for minor in [i64::MIN, -1, 0, 5, i64::MAX] {
            let fine = Currency::CNY.with_decimals(9).unwrap();
            let amount = Amount::minor(minor);
            assert_eq!(fine.from_decimal(fine.to_decimal(amount)).unwrap(), amount);
        }
    }
}
