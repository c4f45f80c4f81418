//! `ChurnModel`: churn learned from orders.

use std::fmt;

use crate::data::{Customers, Observed, PerCustomer, Split};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{CustomerIx, Horizon, Probability, Seed};

use super::explain::Explanation;
use super::orders::{self, Behaviour};
use super::params::ChurnParams;
use super::table::TableModel;
use super::{Evaluation, folds, words};

impl ChurnParams {
    /// Learns from orders who does not come back: features from what was known at each cut, labels from the days after
    /// it. A customer has left who makes no purchase within the horizon (giving goods back is no purchase). Several cuts
    /// are stacked; the folds inside keep the rows of one customer together.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
    ///
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for customer in 0..200 {
    ///     // Two in three come every 20 to 40 days; the rest stop at some point.
    ///     let stop = if customer % 3 == 0 { 19_000 + customer } else { 19_400 };
    ///     let mut day = 18_900 + customer % 30;
    ///     while day < stop {
    ///         let row = Transaction::new(customer, Day::new(day)).amount(Amount::minor(1_000));
    ///         builder.push(row)?;
    ///         day += 20 + (customer * 7 + day) % 20;
    ///     }
    /// }
    /// let ledger = builder.build()?;
    /// let past = ledger.split(AsOf::new(Day::new(19_250)), Horizon::days(60)?)?;
    /// let model = ChurnParams::new().fit(&[past])?;
    ///
    /// let now = ledger.observed(AsOf::new(Day::new(19_399)))?;
    /// let risk = model.predict(now)?;
    /// assert!(risk.by_key(0) > risk.by_key(1));
    /// let why = model.explain(now, ledger.customer(0).unwrap())?;
    /// assert!((why.probability().get() - risk.by_key(0).unwrap().get()).abs() < 1e-12);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`EmptyInput`](ErrorKind::EmptyInput) without splits; [`InvalidParam`](ErrorKind::InvalidParam);
    /// - [`InvalidInput`](ErrorKind::InvalidInput) for horizons that differ, splits with other columns, and where all or
    ///   none came back; [`NotConverged`](ErrorKind::NotConverged).
    pub fn fit(&self, splits: &[Split<'_>]) -> Result<ChurnModel> {
        self.check()?;
        let Some(first) = splits.first() else {
            return Err(Error::empty("needs at least one split"));
        };
        let horizon = first.horizon();
        if let Some(other) = splits.iter().find(|s| s.horizon() != horizon) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                Place::Parameter("splits"),
                format!("must have one horizon, got {horizon} and {}", other.horizon()),
            ));
        }
        let (mut parts, mut left, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for split in splits {
            let part = Behaviour::of(split.observed())?;
            left.extend(orders::labels(split, &part.customers)?);
            groups.extend(folds::customer_hashes(&part.customers, Seed(self.seed)));
            parts.push(part);
        }
        let features = orders::stack(&parts, Customers::numbered(left.len())?)?;
        let table = self.fit_grouped(&features, &left, &groups)?;
        let churned = left.iter().filter(|l| **l).count() as u64;
        Ok(ChurnModel { table, horizon, splits: splits.len() as u64, churned })
    }
}

/// A churn model learned from orders.
#[derive(Clone, PartialEq)]
pub struct ChurnModel {
    pub(super) table: TableModel,
    pub(super) horizon: Horizon,
    pub(super) splits: u64,
    pub(super) churned: u64,
}

impl ChurnModel {
    /// The horizon it was trained on: its probabilities are about that many days after the day they are asked for.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The model over the columns of behaviour: coefficients, summary, pairs.
    pub fn table(&self) -> &TableModel {
        &self.table
    }

    /// Share of the rows of the fit that left.
    pub fn churn_rate(&self) -> f64 {
        self.churned as f64 / (self.table.rows.max(1)) as f64
    }

    /// The probability that each customer makes no purchase within the horizon after `as_of`.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) where the ledger lacks money or items that the fit had.
    pub fn predict(&self, now: Observed<'_>) -> Result<PerCustomer<Probability>> {
        self.table.predict(&Behaviour::of(now)?.features()?)
    }

    /// Why a customer has that probability, in words of their own behaviour.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`InvalidInput`](ErrorKind::InvalidInput) for a customer of another ledger or one
    /// who had not been seen.
    pub fn explain(&self, now: Observed<'_>, customer: CustomerIx) -> Result<Explanation> {
        let mut all = self.explain_all(now, Some(customer))?;
        all.pop().ok_or_else(|| Error::input("the customer had not been seen as of that day"))
    }

    /// [`explain`](Self::explain) for every customer.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn explain_every(&self, now: Observed<'_>) -> Result<PerCustomer<Explanation>> {
        let customers = now.customers();
        PerCustomer::new(customers, self.explain_all(now, None)?)
    }

    fn explain_all(&self, now: Observed<'_>, only: Option<CustomerIx>) -> Result<Vec<Explanation>> {
        let behaviour = Behaviour::of(now)?;
        let features = behaviour.features()?;
        let rows: Vec<usize> = match only {
            Some(customer) => behaviour.customers.row(customer)?.into_iter().collect(),
            None => (0..behaviour.facts.len()).collect(),
        };
        let explained = crate::kernel::par::map_chunks(rows.len(), 256, |part| {
            part.map(|i| {
                let row = rows[i];
                let facts = &behaviour.facts[row];
                let plain = self.table.explain_row(&features, row)?;
                Ok(plain.map(|c| {
                    let words = words::reason(c.column(), c.value(), facts);
                    c.with_words(words)
                }))
            })
            .collect::<Result<Vec<_>>>()
        });
        Ok(explained.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Scores the model on a cut whose holdout it has not seen.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) where the split has another horizon than the model; as
    /// [`predict`](Self::predict) and [`Evaluation::new`].
    pub fn evaluate(&self, split: &Split<'_>) -> Result<Evaluation> {
        if split.horizon() != self.horizon {
            let rule = format!("must be the {} the model was trained on", self.horizon);
            return Err(Error::param("horizon", &rule, split.horizon()));
        }
        let risk = self.predict(split.observed())?;
        let left = orders::labels(split, risk.customers())?;
        let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
        Evaluation::new(&left, &p)
    }
}

/// Prints counts and the horizon.
impl fmt::Debug for ChurnModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChurnModel(horizon {}, {} splits, {:?})", self.horizon, self.splits, self.table)
    }
}
