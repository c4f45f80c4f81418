//! `Purchases` from a ledger as of a day.
//!
//! A ledger has a customer's rows side by side and in order, so nothing needs a set: first and last are ends of a
//! slice, days are counted where they change, and only orders are sorted. The result equals that of a stream of the
//! same rows in every column; the tests hold one against the other.

use crate::data::{Customers, History, Observed, Occasion, Refunds};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Amount, Day};

use super::table::{Purchases, Spend, SummaryParams};

/// Customers per chunk of work; fixed, so that parts do not depend on threads.
const CHUNK: usize = 4_096;

/// One row of the table. Sums fit 64 bits: what does not is an error before it gets here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Totals {
    /// Of the first occasion.
    first_day: Day,
    /// Of the last occasion.
    last_day: Day,
    occasions: u32,
    first_day_occasions: u32,
    /// Minor units, all days.
    spend: i64,
    /// Minor units, the first day's.
    first_day_spend: i64,
}

impl Purchases {
    /// The purchases of a ledger as of a day.
    ///
    /// Time O(rows), with [`Occasion::Order`] O(rows log rows) per customer; parallel by customer. 16 bytes per
    /// customer, 16 more with amounts.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for [`Occasion::Order`] where a row has no order,
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's spend does not fit 64 bits.
    /// A ledger in which nobody has purchased gives an empty table.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Occasion, Purchases, Refunds, Transaction};
    /// # use regulars::types::{AsOf, Currency, Day};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// builder.push(Transaction::new("ann", Day::ymd(2024, 5, 9)?))?;
    /// let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 31)?)?;
    /// let error = Purchases::observed(now, Occasion::Order, Refunds::Net).unwrap_err();
    /// assert_eq!(error.to_string(), "occasions by order need the order column");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn observed(observed: Observed<'_>, occasion: Occasion, refunds: Refunds) -> Result<Self> {
        let ledger = observed.ledger();
        let seen = observed.customers();
        let (has_amounts, has_orders) = (ledger.store().rows.amount.is_some(), ledger.orders().is_some());
        if occasion == Occasion::Order && !has_orders {
            return Err(Error::input("occasions by order need the order column"));
        }
        if occasion == Occasion::Day {
            return Self::by_day(observed, refunds);
        }
        let parts = par::map_chunks(seen.len(), CHUNK, |rows| -> Result<(Self, Vec<u32>)> {
            let mut part = Self::empty(observed, occasion, refunds, has_amounts);
            let mut present = Vec::with_capacity(rows.len());
            for row in rows {
                let Some(customer) = seen.customer(row) else { continue };
                let Some(history) = observed.history_at(customer.index()) else { continue };
                match totals(&history, occasion, refunds)? {
                    Some(totals) => {
                        part.push(totals);
                        present.push(customer.index);
                    }
                    None => part.without_purchase += 1,
                }
            }
            Ok((part, present))
        });
        let mut table = Self::empty(observed, occasion, refunds, has_amounts);
        let mut present = Vec::with_capacity(seen.len());
        for part in parts {
            let (part, rows) = part?;
            present.extend(rows);
            table.append(part);
        }
        table.customers = Customers::some(ledger.customers().clone(), present).of(observed.provenance());
        Ok(table)
    }

    /// The purchases by day, which the behaviour of the customers holds already.
    fn by_day(observed: Observed<'_>, refunds: Refunds) -> Result<Self> {
        let behaviour = observed.behaviour()?;
        let mut table = Self::empty(observed, Occasion::Day, refunds, behaviour.has_amounts());
        let mut present = Vec::with_capacity(behaviour.rows().len());
        for (customer, own) in behaviour.customers().iter().zip(behaviour.rows()) {
            if own.purchases == 0 {
                table.without_purchase += 1;
                continue;
            }
            let (spend, first_day_spend) = match refunds {
                Refunds::Net => (own.spend(), own.first_day_spend()),
                Refunds::Ignore => (own.paid, own.first_day_paid),
            };
            table.push(Totals {
                first_day: own.first_day,
                last_day: own.last_day,
                occasions: own.purchases,
                first_day_occasions: 1,
                spend: spend.in_minor(),
                first_day_spend: first_day_spend.in_minor(),
            });
            present.push(customer.index);
        }
        let keys = observed.ledger().customers().clone();
        table.customers = Customers::some(keys, present).of(observed.provenance());
        Ok(table)
    }

    /// A table without rows, with the policy and the columns it will have.
    fn empty(observed: Observed<'_>, occasion: Occasion, refunds: Refunds, has_amounts: bool) -> Self {
        let ledger = observed.ledger();
        let policy = SummaryParams {
            as_of: observed.as_of(),
            currency: ledger.currency(),
            occasion,
            refunds,
            time: ledger.time_axis(),
        };
        Self {
            policy,
            customers: Customers::some(ledger.customers().clone(), Vec::new()),
            first_day: Vec::new(),
            last_day: Vec::new(),
            occasions: Vec::new(),
            first_day_occasions: Vec::new(),
            spend: has_amounts.then(Spend::default),
            without_purchase: 0,
        }
    }

    /// Adds a customer's row.
    fn push(&mut self, totals: Totals) {
        self.first_day.push(totals.first_day);
        self.last_day.push(totals.last_day);
        self.occasions.push(totals.occasions);
        self.first_day_occasions.push(totals.first_day_occasions);
        if let Some(spend) = &mut self.spend {
            spend.total.push(Amount::minor(totals.spend));
            spend.first_day.push(Amount::minor(totals.first_day_spend));
        }
    }

    /// Adds the rows of a chunk behind those of the chunks before it.
    fn append(&mut self, part: Self) {
        self.first_day.extend(part.first_day);
        self.last_day.extend(part.last_day);
        self.occasions.extend(part.occasions);
        self.first_day_occasions.extend(part.first_day_occasions);
        if let (Some(spend), Some(more)) = (&mut self.spend, part.spend) {
            spend.total.extend(more.total);
            spend.first_day.extend(more.first_day);
        }
        self.without_purchase += part.without_purchase;
    }
}

/// A customer's row; `None` for one who never purchased.
///
/// An order that spans several days is one occasion, of its earliest day: sorting by (order, day) puts that day
/// first, and `dedup` keeps it. Refunds of an order are no occasions, so an order of nothing but refunds does not
/// count; their money does, on the day it was given back.
fn totals(history: &History<'_>, occasion: Occasion, refunds: Refunds) -> Result<Option<Totals>> {
    let days = history.days();
    // Under `Row` with `Net` a refund is an occasion like any other row.
    let refund_counts = occasion == Occasion::Row && refunds == Refunds::Net;
    let is_occasion = |row: &usize| refund_counts || !history.is_refund(*row);
    let (Some(first), Some(last)) =
        ((0..days.len()).find(is_occasion), (0..days.len()).rev().find(is_occasion))
    else {
        return Ok(None);
    };
    let (first_day, last_day) = (days[first], days[last]);
    let (occasions, first_day_occasions) = match occasion {
        Occasion::Row => {
            let all = (first..=last).filter(is_occasion).count();
            let on_first = (first..=last).take_while(|r| days[*r] == first_day).filter(is_occasion).count();
            (all, on_first)
        }
        Occasion::Day => (history.purchases().count(), 1),
        Occasion::Order => {
            let numbers = history.order_numbers().unwrap_or_default();
            let mut orders: Vec<(u32, Day)> =
                (first..=last).filter(is_occasion).map(|r| (numbers[r], days[r])).collect();
            if orders.iter().any(|(order, _)| *order == u32::MAX) {
                return Err(Error::input("occasions by order need an order in every row of a purchase"));
            }
            orders.sort_unstable();
            // The earliest day of an order is its day.
            orders.dedup_by_key(|(order, _)| *order);
            (orders.len(), orders.iter().filter(|(_, day)| *day == first_day).count())
        }
    };
    let (mut spend, mut first_day_spend) = (0_i128, 0_i128);
    if let Some(amounts) = history.amounts() {
        for (row, amount) in amounts.iter().enumerate() {
            if refunds == Refunds::Net || !history.is_refund(row) {
                let amount = i128::from(amount.in_minor());
                // A return lowers the spend, whichever of amount and quantity is negative.
                let amount = if history.is_refund(row) { -amount.abs() } else { amount };
                spend += amount;
                first_day_spend += if days[row] == first_day { amount } else { 0 };
            }
        }
    }
    let count = |n: usize| u32::try_from(n).map_err(|_| Error::overflow("more than 4294967295 occasions"));
    Ok(Some(Totals {
        first_day,
        last_day,
        occasions: count(occasions)?,
        first_day_occasions: count(first_day_occasions)?,
        spend: to_money(spend)?,
        first_day_spend: to_money(first_day_spend)?,
    }))
}

/// An exact sum as 64 bits of minor units, or the error of a spend that does not fit.
pub(super) fn to_money(sum: i128) -> Result<i64> {
    i64::try_from(sum).map_err(|_| Error::overflow("a customer's spend does not fit 64 bits"))
}
