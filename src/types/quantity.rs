//! `Quantity`.

use std::fmt;

/// How many pieces (or kilograms, litres, metres) a row moves: exact thousandths, negative for goods that came back.
///
/// Thousandths hold grams of a kilogram and millilitres of a litre. The crate asks for the sign only, to know a
/// refund, and for the product with a unit price; it does not ask what the unit is.
///
/// ```
/// use regulars::types::Quantity;
///
/// assert_eq!(Quantity::units(2), Quantity::thousandths(2_000));
/// assert_eq!(Quantity::thousandths(1_250).to_string(), "1.25");
/// assert_eq!(Quantity::thousandths(-500).to_f64(), -0.5);
/// assert!(Quantity::units(-1) < Quantity::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Quantity(i64);

impl Quantity {
    /// Whole units; 32 bits of them always fit.
    pub const fn units(units: i32) -> Self {
        // Widening: i32::MAX thousand-fold fits i64.
        Self(units as i64 * 1_000)
    }

    /// A quantity of thousandths of a unit: 1,250 is one and a quarter.
    pub const fn thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// Thousandths of a unit, signed.
    pub const fn in_thousandths(self) -> i64 {
        self.0
    }

    /// The number of units, as the nearest float.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

/// The number of units without trailing zeros: `2`, `1.25`, `-0.001`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, rest) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        if rest == 0 {
            write!(f, "{sign}{units}")
        } else {
            write!(f, "{sign}{units}.{}", format!("{rest:03}").trim_end_matches('0'))
        }
    }
}
