//! How customers and what belongs to them stand in JSON: by key, never by number.

use serde::{Serialize, Serializer};

use crate::types::Key;

use super::{Customers, Keys, PerCustomer};

/// A list of keys, in ascending order.
impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

/// A list of the keys of those present, in ascending order.
impl Serialize for Customers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq((0..self.len()).filter_map(|row| self.key(row)))
    }
}

/// A customer's key and value.
#[derive(Serialize)]
struct Entry<'a, T> {
    customer: Key<'a>,
    value: &'a T,
}

/// A list of objects of `customer` and `value`, in ascending order of keys.
impl<T: Serialize> Serialize for PerCustomer<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter_keys().map(|(customer, value)| Entry { customer, value }))
    }
}
