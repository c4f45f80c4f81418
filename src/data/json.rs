//! How customers and what belongs to them stand in JSON: by key, never by number.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::types::{Amount, Day, Key};

use super::{Behaviour, Customers, Keys, PerCustomer, Purchases};

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

/// As-of day, currency, and what each customer did, by key.
impl Serialize for Behaviour {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Behaviour", 3)?;
        fields.serialize_field("as_of", &self.as_of())?;
        fields.serialize_field("currency", &self.currency())?;
        let row = |(row, value)| Some(Entry { customer: self.customers().key(row)?, value });
        let rows: Vec<_> = self.rows().iter().enumerate().filter_map(row).collect();
        fields.serialize_field("customers", &rows)?;
        fields.end()
    }
}

/// The purchases of one customer.
#[derive(Serialize)]
struct Purchased<'a> {
    customer: Key<'a>,
    first_day: Day,
    last_day: Day,
    occasions: u32,
    first_day_occasions: u32,
    spend: Option<Amount>,
    first_day_spend: Option<Amount>,
}

/// As-of day, currency, and one object for each customer who bought.
impl Serialize for Purchases {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let row = |row: usize| {
            Some(Purchased {
                customer: self.customers().key(row)?,
                first_day: self.first_days()[row],
                last_day: self.last_days()[row],
                occasions: self.occasions()[row],
                first_day_occasions: self.first_day_occasions()[row],
                spend: self.spend().map(|spend| spend[row]),
                first_day_spend: self.first_day_spend().map(|spend| spend[row]),
            })
        };
        let mut fields = to.serialize_struct("Purchases", 3)?;
        fields.serialize_field("as_of", &self.as_of())?;
        fields.serialize_field("currency", &self.currency())?;
        fields.serialize_field("customers", &(0..self.len()).filter_map(row).collect::<Vec<_>>())?;
        fields.end()
    }
}
