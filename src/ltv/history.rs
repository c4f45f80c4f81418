//! `RecencyFrequency`: one customer as the models see one.

use crate::error::{Error, Result};

/// One customer's past: `x` repeat purchases, the last of them at `t_x`, observed for `t`, both counted from the first
/// purchase, in the model's unit of time.
///
/// ```
/// use regulars::ltv::RecencyFrequency;
///
/// let customer = RecencyFrequency::new(2.0, 30.43, 38.86)?;
/// assert_eq!(customer.x(), 2.0);
/// assert!(RecencyFrequency::new(2.0, 40.0, 38.86).is_err());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecencyFrequency {
    pub(super) x: f64,
    pub(super) t_x: f64,
    pub(super) t: f64,
}

impl RecencyFrequency {
    /// A customer at the moment of the first purchase.
    pub const NEW: Self = Self { x: 0.0, t_x: 0.0, t: 0.0 };

    /// `x` whole and at least 0, 0 <= `t_x` <= `t` < infinity, `t_x` = 0 where `x` = 0.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming what breaks the rule.
    pub fn new(x: f64, t_x: f64, t: f64) -> Result<Self> {
        if !(x.is_finite() && x >= 0.0 && x.fract() == 0.0) {
            return Err(Error::param("x", "must be a whole number of at least 0", x));
        }
        if !(t.is_finite() && t >= 0.0) {
            return Err(Error::param("t", "must be finite and at least 0", t));
        }
        if !(t_x >= 0.0 && t_x <= t) {
            return Err(Error::param("t_x", "must lie between 0 and t", t_x));
        }
        if x == 0.0 && t_x != 0.0 {
            return Err(Error::param("t_x", "must be 0 where there was no repeat purchase", t_x));
        }
        Ok(Self { x, t_x, t })
    }

    /// Repeat purchases.
    pub fn x(&self) -> f64 {
        self.x
    }

    /// Time of the last purchase.
    pub fn t_x(&self) -> f64 {
        self.t_x
    }

    /// Time of observation, the literature's T.
    pub fn t(&self) -> f64 {
        self.t
    }
}
