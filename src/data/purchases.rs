//! `PurchaseHistory`: recency, frequency and age in the sense of the buy-till-you-die models.

use crate::data::{Customers, TimeUnit};
use crate::error::{Error, Result};

/// What the lifetime models know of each customer: repeat purchases `x`, the time of the last one `t_x`, the time since
/// the first one `t` (the literature's T), and the money spent.
///
/// Times are counted from the customer's first purchase, in a stated [`TimeUnit`]; fractions are allowed.
#[derive(Clone, PartialEq)]
pub struct PurchaseHistory {
    customers: Customers,
    unit: TimeUnit,
    x: Vec<f64>,
    t_x: Vec<f64>,
    t: Vec<f64>,
    spend: Option<Vec<f64>>,
}

impl PurchaseHistory {
    /// Columns of equal length, one row per customer: `x` whole and at least 0, 0 <= `t_x` <= `t`, `t_x` = 0 where `x` = 0.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for unequal lengths,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the row and column that breaks a rule.
    pub fn new(
        customers: Customers,
        unit: TimeUnit,
        x: Vec<f64>,
        t_x: Vec<f64>,
        t: Vec<f64>,
    ) -> Result<Self> {
        for (name, column) in [("column x", &x), ("column t_x", &t_x), ("column t", &t)] {
            if column.len() != customers.len() {
                return Err(Error::shape(name, customers.len(), column.len()));
            }
        }
        for (row, ((x, t_x), t)) in (1_u64..).zip(x.iter().zip(&t_x).zip(&t)) {
            let fault = if !(x.is_finite() && *x >= 0.0 && x.fract() == 0.0) {
                Some(("x", "must be a whole number of at least 0"))
            } else if !(t.is_finite() && *t >= 0.0) {
                Some(("t", "must be finite and at least 0"))
            } else if !(t_x.is_finite() && *t_x >= 0.0 && t_x <= t) {
                Some(("t_x", "must lie between 0 and t"))
            } else if *x == 0.0 && *t_x != 0.0 {
                Some(("t_x", "must be 0 where there was no repeat purchase"))
            } else {
                None
            };
            if let Some((column, rule)) = fault {
                return Err(Error::row(row, Some(column), rule));
            }
        }
        Ok(Self { customers, unit, x, t_x, t, spend: None })
    }

    /// Adds the mean spend of a repeat purchase, in minor units of money; 0 where there was none.
    ///
    /// # Errors
    /// As [`PurchaseHistory::new`]; spend must be finite.
    pub fn with_spend(mut self, spend: Vec<f64>) -> Result<Self> {
        if spend.len() != self.x.len() {
            return Err(Error::shape("column spend", self.x.len(), spend.len()));
        }
        if let Some(row) = spend.iter().position(|s| !s.is_finite()) {
            return Err(Error::row(row as u64 + 1, Some("spend"), "must be finite"));
        }
        self.spend = Some(spend);
        Ok(self)
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// Who the rows are.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The unit of `t_x` and `t`.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Repeat purchases.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Time of the last purchase, counted from the first.
    pub fn t_x(&self) -> &[f64] {
        &self.t_x
    }

    /// Time of observation, counted from the first purchase.
    pub fn t(&self) -> &[f64] {
        &self.t
    }

    /// Mean spend per repeat purchase, in minor units.
    pub fn spend(&self) -> Option<&[f64]> {
        self.spend.as_deref()
    }
}

/// Prints how many customers there are, not what they bought.
impl std::fmt::Debug for PurchaseHistory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let money = if self.spend.is_some() { ", with spend" } else { "" };
        write!(f, "PurchaseHistory({} customers, unit {:?}{money})", self.len(), self.unit)
    }
}
