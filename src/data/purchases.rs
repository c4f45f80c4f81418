//! `PurchaseHistory`: recency, frequency and age in the sense of the buy-till-you-die models.
//!
//! The literature's three numbers (Schmittlein, Morrison and Colombo 1987, doi:10.1287/mnsc.33.1.1; Fader, Hardie and
//! Lee 2005, doi:10.1287/mksc.1040.0098) are sufficient for the Pareto/NBD, BG/NBD and MBG/NBD models: two customers
//! with equal x, `t_x` and t have equal forecasts, whatever lay between.
//!
//! > first purchase ——— x repeat purchases, the last one after `t_x` ——— today, after t

use crate::data::{Customers, Observed, Occasion, Purchases, Refunds, TimeAxis, TimeUnit};
use crate::error::{Error, Result};

/// What the lifetime models know of each customer: repeat purchases `x`, the time of the last one `t_x`, the time since
/// the first one `t` (the literature's T), and the money spent.
///
/// Times are counted from the customer's first purchase, in a stated [`TimeUnit`]; fractions are allowed.
///
/// ```
/// use regulars::data::{Ledger, PurchaseHistory, TimeUnit, Transaction};
/// use regulars::types::{Amount, AsOf, Currency, Day};
///
/// let mut builder = Ledger::builder(Currency::USD);
/// for (day, cents) in [(1, 1_000), (8, 500), (22, 700)] {
///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
/// }
/// let ledger = builder.build()?;
/// let history = PurchaseHistory::observed(ledger.observed(AsOf::ymd(2024, 5, 29)?)?, TimeUnit::Week)?;
/// assert_eq!((history.x(), history.t_x(), history.t()), (&[2.0][..], &[3.0][..], &[4.0][..]));
/// assert_eq!(history.spend(), Some(&[600.0][..])); // cents per repeat purchase
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Mind the names: `t_x` is the literature's recency, counted from the first purchase; RFM's recency is t − `t_x`.
/// Columns are `f64`, since published tables have fractional weeks; `x` is whole all the same.
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
    /// For published tables and for other systems' output; times may be fractions.
    ///
    /// ```
    /// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
    ///
    /// let columns = |t_x: f64| {
    ///     PurchaseHistory::new(Customers::numbered(1)?, TimeUnit::Week, vec![2.0], vec![t_x], vec![38.86])
    /// };
    /// assert_eq!(columns(30.43)?.len(), 1);
    /// let error = columns(40.0).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1, column `t_x`: must lie between 0 and t");
    /// # Ok::<(), regulars::Error>(())
    /// ```
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

    /// The histories of a ledger as of a day by the convention of the literature: the purchases of one day are one
    /// occasion, a row of amount zero is a purchase, a refund is none and lowers the spend.
    ///
    /// Customers known only by refunds have no purchase and no row. For other conventions see
    /// [`PurchaseHistory::from_purchases`]. O(rows), in parallel.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a unit other than days on a ledger of basket numbers,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where nobody has purchased,
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's spend does not fit 64 bits.
    pub fn observed(observed: Observed<'_>, unit: TimeUnit) -> Result<Self> {
        Self::from_purchases(&Purchases::observed(observed, Occasion::Day, Refunds::Net)?, unit)
    }

    /// The histories behind purchases in sum, from a ledger or from a stream.
    ///
    /// x = occasions - 1, `t_x` = last day - first day, t = as-of day - first day; spend is
    /// [`Purchases::mean_repeat_spend`], exact before the one division.
    ///
    /// Under [`Occasion::Order`] or [`Occasion::Row`] x may be positive while `t_x` is 0: several purchases on one day.
    ///
    /// ```
    /// use regulars::data::{Occasion, PurchaseHistory, Summary, SummaryParams, TimeUnit, Transaction};
    /// use regulars::types::{AsOf, Currency, Day};
    ///
    /// let mut stream = Summary::new(SummaryParams::new(AsOf::new(Day::new(35)), Currency::EUR).occasion(Occasion::Row));
    /// for day in [7, 7, 21] {
    ///     stream.push(Transaction::new("ann", Day::new(day)))?;
    /// }
    /// let lives = PurchaseHistory::from_purchases(&stream.finish()?, TimeUnit::Week)?;
    /// assert_eq!((lives.x(), lives.t_x(), lives.t()), (&[2.0][..], &[2.0][..], &[4.0][..]));
    /// assert_eq!(lives.spend(), None); // no amounts
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`PurchaseHistory::observed`].
    pub fn from_purchases(purchases: &Purchases, unit: TimeUnit) -> Result<Self> {
        if purchases.time_axis() == TimeAxis::Ordinal && unit != TimeUnit::Day {
            return Err(Error::param(
                "unit",
                "basket numbers have no weeks, months or years: must be Day",
                format!("{unit:?}"),
            ));
        }
        if purchases.is_empty() {
            return Err(Error::empty("no customer has a purchase on or before the as-of day"));
        }
        let span = |days: i64| days as f64 / unit.in_days();
        let first = purchases.first_days();
        let as_of = purchases.as_of().day();
        let x = purchases.occasions().iter().map(|n| f64::from(n - 1)).collect();
        let t_x = first.iter().zip(purchases.last_days()).map(|(first, last)| span(*last - *first)).collect();
        let t = first.iter().map(|first| span(as_of - *first)).collect();
        let history = Self::new(purchases.customers().clone(), unit, x, t_x, t)?;
        if purchases.spend().is_none() {
            return Ok(history);
        }
        let spend = (0..purchases.len()).filter_map(|row| purchases.mean_repeat_spend(row)).collect();
        history.with_spend(spend)
    }

    /// Adds the mean spend of a repeat purchase, in minor units of money; 0 where there was none.
    ///
    /// ```
    /// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
    /// let one = vec![1.0];
    /// let lives = PurchaseHistory::new(Customers::numbered(1)?, TimeUnit::Week, one.clone(), one, vec![5.0])?;
    /// assert_eq!(lives.with_spend(vec![1_250.0])?.spend(), Some(&[1_250.0][..]));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`PurchaseHistory::new`]; spend must be finite. Negative spend is accepted here and refused by the model that
    /// cannot use it.
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

    /// Who the rows are: row `i` of every column belongs to `customers().key(i)`.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The unit of `t_x` and `t`.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Repeat purchases: one less than all.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Time of the last purchase, counted from the first; 0 for who bought once.
    pub fn t_x(&self) -> &[f64] {
        &self.t_x
    }

    /// Time of observation, counted from the first purchase to the as-of day; 0 for who came on that day.
    pub fn t(&self) -> &[f64] {
        &self.t
    }

    /// Mean spend per repeat purchase, in minor units; 0 for who bought once, `None` where amounts are not known.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Ledger, Transaction};
    use crate::types::{Amount, AsOf, Currency, Day};

    fn ledger(rows: &[(i64, i32, i64)]) -> Ledger {
        let mut builder = Ledger::builder(Currency::EUR);
        for (customer, day, amount) in rows {
            builder.push(Transaction::new(*customer, Day::new(*day)).amount(Amount::minor(*amount))).unwrap();
        }
        builder.build().unwrap()
    }

    #[test]
    fn repeat_purchases_exclude_the_first_day_and_the_future() {
        let ledger = ledger(&[
            (1, 10, 100),
            (1, 10, 50),
            (1, 24, 0),
            (1, 31, 90),
            (1, 99, 7),
            (2, 50, 5),
            (3, 20, -5),
        ]);
        let history =
            PurchaseHistory::observed(ledger.observed(AsOf::new(Day::new(38))).unwrap(), TimeUnit::Week)
                .unwrap();
        // Customer 2 comes later, customer 3 only gave back.
        assert_eq!(history.customers().key(0).and_then(|k| k.as_integer()), Some(1));
        assert_eq!((history.x(), history.t_x(), history.t()), (&[2.0][..], &[3.0][..], &[4.0][..]));
        assert_eq!(history.spend(), Some(&[45.0][..]));
    }

    #[test]
    fn basket_numbers_have_no_weeks() {
        let mut builder = Ledger::builder(Currency::EUR).time_axis(TimeAxis::Ordinal);
        builder.push(Transaction::new("a", Day::new(1))).unwrap();
        let ledger = builder.build().unwrap();
        let observed = ledger.observed(AsOf::new(Day::new(3))).unwrap();
        assert_eq!(
            PurchaseHistory::observed(observed, TimeUnit::Week).unwrap_err().kind(),
            crate::ErrorKind::InvalidParam
        );
        let history = PurchaseHistory::observed(observed, TimeUnit::Day).unwrap();
        assert_eq!((history.t(), history.spend()), (&[2.0][..], None));
    }
}
