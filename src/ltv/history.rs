//! `RecencyFrequency`: one customer as the models see one.
//!
//! > first purchase ——— x repeat purchases, the last one after `t_x` ——— now, after T
//!
//! | letter | is | is not |
//! |---|---|---|
//! | x | repeat purchases: all but the first | the number of orders; days with a purchase are usual |
//! | `t_x` | time from the first purchase to the last | recency in the sense of RFM, which is T - `t_x` |
//! | T | time from the first purchase to now | the length of the data, unless the customer came on its first day |
//!
//! Between the purchases nothing is read: two customers with equal (x, `t_x`, T) have equal forecasts under all models here,
//! whose buyers are as likely to buy early as late while they are active.

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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RecencyFrequency {
    pub(super) x: f64,
    pub(super) t_x: f64,
    pub(super) t: f64,
}

impl RecencyFrequency {
    /// A customer at the moment of the first purchase: what is asked about newcomers.
    ///
    /// ```
    /// use regulars::ltv::{PurchaseProcess, RecencyFrequency};
    /// let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    /// assert_eq!(process.p_alive(&RecencyFrequency::NEW).get(), 1.0);
    /// assert!(process.expected_purchases(&RecencyFrequency::NEW, 39.0) > 1.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
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

    /// Repeat purchases, a whole number.
    ///
    /// ```
    /// # use regulars::ltv::RecencyFrequency;
    /// assert_eq!(RecencyFrequency::new(3.0, 7.5, 20.0)?.x(), 3.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn x(&self) -> f64 {
        self.x
    }

    /// Time of the last purchase, counted from the first, in the unit it was given in.
    ///
    /// ```
    /// # use regulars::ltv::RecencyFrequency;
    /// assert_eq!(RecencyFrequency::new(3.0, 7.5, 20.0)?.t_x(), 7.5);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn t_x(&self) -> f64 {
        self.t_x
    }

    /// Time of observation, the literature's T, counted from the first purchase.
    ///
    /// ```
    /// # use regulars::ltv::RecencyFrequency;
    /// assert_eq!(RecencyFrequency::new(3.0, 7.5, 20.0)?.t(), 20.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn t(&self) -> f64 {
        self.t
    }
}
