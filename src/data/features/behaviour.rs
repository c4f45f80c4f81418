//! Features that every ledger can give.
//!
//! Seven columns that need no choice and that most segmentations begin with. Columns that could say nothing (no
//! amounts, no items, nobody returned anything) are left out rather than filled, so that none is constant for want of
//! data.

use std::collections::BTreeSet;

use crate::data::Observed;
use crate::data::ledger::History;
use crate::error::{Error, Result};
use crate::types::{AsOf, Expected};

use super::{Features, FeaturesBuilder};

impl Features {
    /// What each customer did up to `as_of`, one row per customer seen by then.
    ///
    /// A purchase is a day with at least one row that is not a refund; a customer with refunds only counts days from
    /// those rows. Times are in days, under an [ordinal](crate::data::TimeAxis::Ordinal) time axis in baskets; money is
    /// in major units of the ledger's currency.
    ///
    /// | column | meaning |
    /// |---|---|
    /// | `recency` | time since the last purchase |
    /// | `frequency` | number of purchases (days) |
    /// | `monetary` | money paid, refunds taken off; only where the ledger has amounts |
    /// | `tenure` | time since the first purchase |
    /// | `mean_gap` | mean time between purchases, missing for who bought once; only where somebody bought twice |
    /// | `items` | number of distinct items bought; only where the ledger has items |
    /// | `refund_share` | refunded money / (money paid + refunded), of rows where there are no amounts; only where somebody returned something |
    ///
    /// ```
    /// use regulars::data::{Features, Ledger, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for (day, cents) in [(1, 2_000), (11, 3_000)] {
    ///     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).amount(Amount::minor(cents)))?;
    /// }
    /// let ledger = builder.build()?;
    /// let features = Features::behaviour(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
    /// assert_eq!(features.numeric("recency")?.get(0), Some(20.0));
    /// assert_eq!(features.numeric("monetary")?.get(0), Some(50.0));
    /// assert_eq!(features.numeric("mean_gap")?.get(0), Some(10.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's sum of money does not fit 64 bits.
    ///
    /// Time O(rows), in parallel by customer; a row of the table for each customer of the view. Money is exact until
    /// one division makes major units of it.
    pub fn behaviour(now: Observed<'_>) -> Result<Self> {
        let currency = now.ledger().currency();
        let has_items = now.ledger().items().is_some();
        let facts = now.map(|history| Facts::new(&history, now.as_of()));
        let (customers, facts) = (facts.customers().clone(), facts.into_values());
        let mut builder: FeaturesBuilder = Self::builder(customers)
            .numeric("recency", facts.iter().map(|f| f.recency as f64))?
            .numeric("frequency", facts.iter().map(|f| f.purchases as f64))?;
        if facts.iter().any(|f| f.money.is_some()) {
            let net = facts.iter().map(|f| {
                let (paid, refunded) = f.money.unwrap_or_default();
                let net = i64::try_from(paid - refunded)
                    .map_err(|_| Error::overflow("a customer's sum of money does not fit 64 bits"))?;
                Ok(currency.to_major(Expected::minor(net as f64)?))
            });
            builder = builder.numeric("monetary", net.collect::<Result<Vec<f64>>>()?)?;
        }
        builder = builder.numeric("tenure", facts.iter().map(|f| f.tenure as f64))?;
        if facts.iter().any(|f| f.purchases > 1) {
            builder = builder.numeric("mean_gap", facts.iter().map(Facts::mean_gap))?;
        }
        if has_items {
            builder = builder.numeric("items", facts.iter().map(|f| f.items as f64))?;
        }
        if facts.iter().any(|f| f.refund_rows > 0) {
            builder = builder.numeric("refund_share", facts.iter().map(Facts::refund_share))?;
        }
        builder.build()
    }
}

/// Exact counts and sums of one customer. Purchases are days with a row that is no refund.
struct Facts {
    /// Days since the last purchase.
    recency: i64,
    /// Days since the first one.
    tenure: i64,
    /// Days between the two.
    span: i64,
    /// Days with a purchase.
    purchases: u64,
    /// Distinct items bought.
    items: usize,
    rows: usize,
    /// Rows that give something back.
    refund_rows: usize,
    /// Money paid and money given back, both at least 0.
    money: Option<(i128, i128)>,
}

impl Facts {
    /// One pass over the rows, which ascend in days. Who only gave back has no purchase day; recency and tenure then come
    /// from the refunds, since a missing value would exclude the customer from every clustering.
    fn new(history: &History<'_>, as_of: AsOf) -> Self {
        let days = history.days();
        let (mut purchases, mut first, mut last, mut refund_rows) = (0, None, None, 0);
        let mut items = BTreeSet::new();
        for (i, day) in days.iter().enumerate() {
            if history.is_refund(i) {
                refund_rows += 1;
                continue;
            }
            if last != Some(*day) {
                purchases += 1;
                last = Some(*day);
            }
            first.get_or_insert(*day);
            if let Some(item) = history.item_numbers().map(|items| items[i]).filter(|item| *item != u32::MAX)
            {
                items.insert(item);
            }
        }
        let first = first.unwrap_or_else(|| history.first_day());
        let last = last.unwrap_or_else(|| history.last_day());
        let money = history.amounts().map(|amounts| {
            amounts.iter().map(|a| i128::from(a.in_minor())).fold((0, 0), |(paid, refunded), a| {
                if a < 0 { (paid, refunded - a) } else { (paid + a, refunded) }
            })
        });
        Self {
            recency: as_of.day() - last,
            tenure: as_of.day() - first,
            span: last - first,
            purchases,
            items: items.len(),
            rows: days.len(),
            refund_rows,
            money,
        }
    }

    /// Span over gaps: n purchases have n - 1 gaps. Missing for one purchase, which has none.
    fn mean_gap(&self) -> Option<f64> {
        (self.purchases > 1).then(|| self.span as f64 / (self.purchases - 1) as f64)
    }

    /// Refunded / (paid + refunded), between 0 and 1; of rows where there are no amounts. 0 for who neither paid nor got
    /// anything back.
    fn refund_share(&self) -> f64 {
        match self.money {
            Some((paid, refunded)) if paid + refunded > 0 => refunded as f64 / (paid + refunded) as f64,
            Some(_) => 0.0,
            None => self.refund_rows as f64 / self.rows.max(1) as f64,
        }
    }
}
