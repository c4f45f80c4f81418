//! `PerCustomer`: one answer for each customer.

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
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless there is one value for each row.
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

    /// The customers, row by row.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// The values, row by row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, row by row, without the customers.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }

    /// The value of a customer, `None` for one who was not yet seen.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an index of another ledger.
    pub fn get(&self, customer: CustomerIx) -> Result<Option<&T>> {
        Ok(self.customers.row(customer)?.map(|row| &self.values[row]))
    }

    /// The value of the customer with that key.
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
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> PerCustomer<U> {
        PerCustomer { customers: self.customers.clone(), values: self.values.iter().map(f).collect() }
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

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}
