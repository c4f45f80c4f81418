//! `PerCustomer`: one answer for each customer.
//!
//! What every `score` and `predict` returns: dense values, and who they are of.

use std::fmt;

use crate::data::Customers;
use crate::error::{Error, Result};
use crate::types::{CustomerIx, Key};

/// One value for each customer known as of the day in question, in ascending order of keys.
///
/// A customer of the ledger who had not yet been seen has no value: [`get`](Self::get) gives `None`, never a zero.
///
/// ```
/// use regulars::data::{Customers, Keys, PerCustomer};
///
/// let customers = Customers::all(Keys::new(["ann", "bob"])?.into());
/// let visits = PerCustomer::new(customers, vec![3, 5])?;
/// assert_eq!(visits.by_key("bob"), Some(&5));
/// assert_eq!(visits.by_key("eve"), None);
///
/// let lines: Vec<String> = visits.iter_keys().map(|(key, visits)| format!("{key}: {visits}")).collect();
/// assert_eq!(lines, ["ann: 3", "bob: 5"]);
/// assert_eq!((visits.len(), visits.is_empty()), (2, false));
/// assert_eq!(visits.values().iter().sum::<i32>(), 8);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// To rank customers, sort rows by value; ties then stand in the order of keys:
///
/// ```
/// # use regulars::data::{Customers, Keys, PerCustomer};
/// # let customers = Customers::all(Keys::new(["ann", "bob", "cleo"])?.into());
/// let risk = PerCustomer::new(customers, vec![0.2_f64, 0.9, 0.9])?;
/// let mut rows: Vec<usize> = (0..risk.len()).collect();
/// rows.sort_by(|a, b| risk.values()[*b].total_cmp(&risk.values()[*a])); // a stable sort
/// let names: Vec<String> = rows.iter().filter_map(|row| risk.customers().key(*row)).map(|k| k.to_string()).collect();
/// assert_eq!(names, ["bob", "cleo", "ann"]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct PerCustomer<T> {
    customers: Customers,
    values: Vec<T>,
}

impl<T> PerCustomer<T> {
    /// Values in the order of the customers' rows.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one value for each row:
    ///
    /// ```
    /// use regulars::data::{Customers, PerCustomer};
    /// let error = PerCustomer::new(Customers::numbered(2)?, vec![1]).unwrap_err();
    /// assert_eq!(error.to_string(), "values, one for each customer: expected 2, got 1");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn new(customers: Customers, values: Vec<T>) -> Result<Self> {
        if customers.len() == values.len() {
            Ok(Self { customers, values })
        } else {
            Err(Error::shape("values, one for each customer", customers.len(), values.len()))
        }
    }

    /// As [`new`](Self::new) for a caller that computed one value for each row.
    pub(crate) fn dense(customers: Customers, values: Vec<T>) -> Self {
        debug_assert_eq!(customers.len(), values.len());
        Self { customers, values }
    }

    /// Number of customers with a value.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The customers, row by row; two results as of one day have equal ones and can be read side by side.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The values, row by row: value `i` is that of `customers().key(i)`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, row by row, without the customers and without a copy.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }

    /// The value of a customer, `None` for one who was not yet seen. O(log customers).
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// for (customer, day) in [("ann", 1), ("bob", 20)] {
    ///     builder.push(Transaction::new(customer, Day::ymd(2024, 5, day)?))?;
    /// }
    /// let ledger = builder.build()?;
    /// let rows = ledger.observed(AsOf::ymd(2024, 5, 10)?)?.map(|history| history.len());
    /// assert_eq!(rows.get(ledger.customer("ann").expect("has rows"))?, Some(&1));
    /// assert_eq!(rows.get(ledger.customer("bob").expect("has rows"))?, None); // comes later
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger.
    pub fn get(&self, customer: CustomerIx) -> Result<Option<&T>> {
        Ok(self.customers.row(customer)?.map(|row| &self.values[row]))
    }

    /// The value of the customer with that key; `None` for one who was not yet seen or is not known. O(log customers).
    pub fn by_key<'k>(&self, key: impl Into<Key<'k>>) -> Option<&T> {
        self.customers.row_of_key(key).map(|row| &self.values[row])
    }

    /// Customers and values, in ascending order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (CustomerIx, &T)> {
        self.customers.iter().zip(&self.values)
    }

    /// Keys and values, in ascending order of keys.
    pub fn iter_keys(&self) -> impl Iterator<Item = (Key<'_>, &T)> {
        self.values.iter().enumerate().filter_map(|(row, value)| Some((self.customers.key(row)?, value)))
    }

    /// The same customers with other values.
    ///
    /// ```
    /// use regulars::data::{Customers, PerCustomer};
    /// let cents = PerCustomer::new(Customers::numbered(2)?, vec![1_250, 990])?;
    /// assert_eq!(cents.map(|c| f64::from(*c) / 100.0).into_values(), [12.5, 9.9]);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> PerCustomer<U> {
        PerCustomer { customers: self.customers.clone(), values: self.values.iter().map(f).collect() }
    }
}

impl<T> PerCustomer<Result<T>> {
    /// The values where there is no error, or the error of the first customer that has one.
    pub(crate) fn transpose(self) -> Result<PerCustomer<T>> {
        let values = self.values.into_iter().collect::<Result<_>>()?;
        Ok(PerCustomer { customers: self.customers, values })
    }
}

/// Prints how many values there are, not whose they are.
impl<T> fmt::Debug for PerCustomer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PerCustomer<{}>({} of {} customers)",
            short_name::<T>(),
            self.len(),
            self.customers.keys().len()
        )
    }
}

/// The type's own name without its path: `Rfm` for `regulars::rfm::score::Rfm`.
fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}
