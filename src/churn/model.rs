//! `ChurnModel`: churn learned from orders.
//!
//! A fit takes one or several cuts in time. More cuts mean more rows and more seasons; rows of one customer stay in one fold, so
//! cross-validation does not fool itself. A model remembers its horizon and refuses to be judged by another.

use std::fmt;

use crate::data::{Customers, Features, PerCustomer};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{CustomerIx, Horizon, Probability, Seed};

use super::explain::Explanation;
use super::orders::{self, Behaviour, Extras};
use super::params::ChurnParams;
use super::past::{Known, Past};
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
    pub fn fit<'a, P: Copy + Into<Past<'a>>>(&self, splits: &[P]) -> Result<ChurnModel> {
        self.check()?;
        let pasts: Vec<Past<'a>> = splits.iter().map(|split| (*split).into()).collect();
        let Some(first) = pasts.first() else {
            return Err(Error::empty("needs at least one split"));
        };
        let horizon = first.split.horizon();
        if let Some(other) = pasts.iter().map(Past::split).find(|s| s.horizon() != horizon) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                Place::Parameter("splits"),
                format!("must have one horizon, got {horizon} and {}", other.horizon()),
            ));
        }
        let extras = Extras::of(&pasts);
        let (mut parts, mut left, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for past in &pasts {
            let part = Behaviour::of(past.known(), &extras)?;
            let labels = orders::labels(past, &part, self.leaving)?;
            let hashes = folds::customer_hashes(&part.customers, Seed(self.seed));
            let rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row].is_some()).collect();
            left.extend(labels.into_iter().flatten());
            groups.extend(rows.iter().map(|row| hashes[*row]));
            parts.push((part, rows));
        }
        if left.is_empty() {
            return Err(Error::input("no customer had a running contract at the cut"));
        }
        let parts: Vec<_> = parts.iter().map(|(part, rows)| (part, rows.clone())).collect();
        let features = orders::stack(&parts, Customers::numbered(left.len())?)?;
        let table = self.fit_grouped(&features, &left, &groups)?;
        let churned = left.iter().filter(|l| **l).count() as u64;
        Ok(ChurnModel { table, horizon, splits: pasts.len() as u64, churned, extras })
    }
}

/// A churn model learned from orders.
#[derive(Clone, PartialEq)]
pub struct ChurnModel {
    pub(super) table: TableModel,
    pub(super) horizon: Horizon,
    pub(super) splits: u64,
    pub(super) churned: u64,
    pub(super) extras: Extras,
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
    pub fn predict<'a>(&self, now: impl Into<Known<'a>>) -> Result<PerCustomer<Probability>> {
        self.table.predict(&self.behaviour(now.into())?.features()?)
    }

    /// The columns that the model sees of each customer, for [`MonitorParams::fit`](super::MonitorParams::fit),
    /// [`TableModel::cheapest_change`] and own charts.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn features<'a>(&self, now: impl Into<Known<'a>>) -> Result<Features> {
        self.behaviour(now.into())?.features()
    }

    fn behaviour(&self, known: Known<'_>) -> Result<Behaviour> {
        Behaviour::of(known, &self.extras)
    }

    /// Why a customer has that probability, in words of their own behaviour.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`InvalidInput`](ErrorKind::InvalidInput) for a customer of another ledger or one
    /// who had not been seen.
    pub fn explain<'a>(&self, now: impl Into<Known<'a>>, customer: CustomerIx) -> Result<Explanation> {
        let mut all = self.explain_all(now.into(), Some(customer))?;
        all.pop().ok_or_else(|| Error::input("the customer had not been seen as of that day"))
    }

    /// [`explain`](Self::explain) for every customer.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn explain_every<'a>(&self, now: impl Into<Known<'a>>) -> Result<PerCustomer<Explanation>> {
        let known = now.into();
        PerCustomer::new(known.observed.customers(), self.explain_all(known, None)?)
    }

    fn explain_all(&self, known: Known<'_>, only: Option<CustomerIx>) -> Result<Vec<Explanation>> {
        let behaviour = self.behaviour(known)?;
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
    pub fn evaluate<'a>(&self, past: impl Into<Past<'a>>) -> Result<Evaluation> {
        let (left, p) = self.outcomes(past)?;
        Evaluation::new(&left, &p)
    }

    /// Who left after a cut, by the rule of the fit, and the probability each had: for [`Comparison`](super::Comparison),
    /// [`Campaign`](super::Campaign) and measures of the caller's own. Customers who take no part are left out.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn outcomes<'a>(&self, past: impl Into<Past<'a>>) -> Result<(Vec<bool>, Vec<f64>)> {
        let past = past.into();
        if past.split.horizon() != self.horizon {
            let rule = format!("must be the {} the model was trained on", self.horizon);
            return Err(Error::param("horizon", &rule, past.split.horizon()));
        }
        let behaviour = self.behaviour(past.known())?;
        let labels = orders::labels(&past, &behaviour, self.table.params.leaving)?;
        let risk = self.table.predict(&behaviour.features()?)?;
        let pairs = labels.into_iter().zip(risk.values());
        Ok(pairs.filter_map(|(left, p)| Some((left?, p.get()))).unzip())
    }
}

/// Prints counts and the horizon.
impl fmt::Debug for ChurnModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChurnModel(horizon {}, {} splits, {:?})", self.horizon, self.splits, self.table)
    }
}
