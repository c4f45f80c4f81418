//! `ChurnModel`: churn learned from orders.
//!
//! A fit takes one or several cuts in time. More cuts mean more rows and more seasons; rows of one customer stay in one fold, so
//! cross-validation does not fool itself. A model remembers its horizon and refuses to be judged by another.
//!
//! # Data contract
//!
//! Ledgers of a fit may differ between cuts but must have the same columns (amounts, items); a ledger that predicts must have them
//! too, others are ignored. Customers are known by key: a new ledger may number them otherwise. Who had not been seen by the day
//! asked for has no probability.
//!
//! # Several cuts
//!
//! Cuts may overlap: each customer then has several rows with outcomes that repeat each other in part, and folds that keep a customer
//! together are what keeps that harmless. Cuts a season apart teach more than cuts a week apart.
//!
//! ```text
//! time          ──────────┬──────────┬──────────┬──────────▶
//! first cut     known     │ outcome  │          │
//! second cut    known                │ outcome  │
//! asked for     known                           │ the horizon that the probabilities are about
//! ```

use std::fmt;

use crate::data::{Customers, Features, PerCustomer};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{AsOf, CustomerIx, Day, Horizon, Probability, Provenance, Seed};

use super::explain::Explanation;
use super::orders::{self, Extras, Profile};
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
    /// let why = model.explain_one(now, ledger.customer(0).unwrap())?;
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
        let mut cuts = Vec::with_capacity(pasts.len());
        for past in &pasts {
            let part = Profile::of(past.known(), &extras)?;
            let labels = orders::labels(past, &part, self.leaving)?;
            let hashes = folds::customer_hashes(part.customers(), Seed(self.seed));
            let rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row].is_some()).collect();
            let churned = labels.iter().flatten().filter(|l| **l).count() as u64;
            cuts.push(Cut { as_of: past.split.as_of().day(), customers: rows.len() as u64, churned });
            left.extend(labels.into_iter().flatten());
            groups.extend(rows.iter().map(|row| hashes[*row]));
            parts.push((part, rows));
        }
        if left.is_empty() {
            return Err(Error::input("no customer had a running contract at the cut"));
        }
        let parts: Vec<_> = parts.iter().map(|(part, rows)| (part, rows.clone())).collect();
        let features = orders::stack(&parts, Customers::numbered(left.len())?)?.without_empty_columns()?;
        let mut table = self.fit_grouped(&features, &left, &groups)?;
        table.provenance = pasts[1..]
            .iter()
            .try_fold(first.split.provenance(), |all, past| all.joined(&past.split.provenance()))?;
        let churned = left.iter().filter(|l| **l).count() as u64;
        Ok(ChurnModel { table, horizon, splits: pasts.len() as u64, churned, extras, cuts })
    }
}

/// One of the cuts that a [`ChurnModel`] learned from.
///
/// ```
/// use regulars::churn::ChurnParams;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let shop = ShopParams::new(300, Seed(2)).simulate()?;
/// let (ledger, last) = (shop.ledger()?, shop.days().1);
/// let day = last.checked_add(-120).unwrap();
/// let model = ChurnParams::new().fit(&[ledger.split(AsOf::new(day), Horizon::days(60)?)?])?;
/// let cut = model.cuts()[0];
/// assert_eq!(cut.as_of, day);
/// assert_eq!(cut.churn_rate(), model.churn_rate()); // one cut is all there was
/// assert!(cut.churned < cut.customers);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cut {
    /// The last day known.
    pub as_of: Day,
    /// Customers who took part.
    pub customers: u64,
    /// Those of them who left within the horizon.
    pub churned: u64,
}

impl Cut {
    /// Share of the customers who left.
    pub fn churn_rate(&self) -> f64 {
        self.churned as f64 / self.customers.max(1) as f64
    }
}

/// A churn model learned from orders.
///
/// A [`TableModel`] over columns of behaviour, the horizon, and what it learned from: cuts, kinds of events, contracts. Saved through
/// [`persist`](crate::persist) as `churn`:
///
/// ```
/// use regulars::churn::{ChurnModel, ChurnParams};
/// use regulars::persist;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let shop = ShopParams::new(200, Seed(3)).simulate()?;
/// let (ledger, last) = (shop.ledger()?, shop.days().1);
/// let cut = AsOf::new(last.checked_add(-90).unwrap());
/// let model = ChurnParams::new().fit(&[ledger.split(cut, Horizon::days(90)?)?])?;
/// let mut file = Vec::new();
/// persist::write(&mut file, &model)?;
/// let again: ChurnModel = persist::read(&file[..])?;
/// let now = ledger.observed(AsOf::new(last))?;
/// assert_eq!(again.predict(now)?, model.predict(now)?);
/// assert_eq!(again.horizon(), Horizon::days(90)?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct ChurnModel {
    pub(super) table: TableModel,
    pub(super) horizon: Horizon,
    pub(super) splits: u64,
    pub(super) churned: u64,
    pub(super) extras: Extras,
    pub(super) cuts: Vec<Cut>,
}

impl ChurnModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        self.table.provenance()
    }

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

    /// The cuts it learned from, in the order given, with the share that left after each: their spread says how far the level of
    /// churn moves from one time to another, which no column explains. Empty in models of files that do not say.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let shop = ShopParams::new(300, Seed(2)).simulate()?;
    /// let (ledger, last) = (shop.ledger()?, shop.days().1);
    /// let cut = |back: i64| ledger.split(AsOf::new(last.checked_add(-back).unwrap()), Horizon::days(60)?);
    /// let model = ChurnParams::new().fit(&[cut(180)?, cut(120)?])?;
    /// assert_eq!(model.cuts().len(), 2);
    /// assert!(model.cuts().iter().all(|cut| (0.0..1.0).contains(&cut.churn_rate())));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The share of the horizon's days after `as_of` whose season the model has seen: days of the year, give or take a week,
    /// that lay within the holdout of some cut of the fit. `None` in models of files that do not say.
    ///
    /// Below one half the model knows customers but not the time of the year: its order of them holds, its level may not. A shop
    /// whose buyers return for Christmas has fewer leavers in autumn than any cut of spring says, and nothing in the orders before
    /// tells so. Give cuts of the year before, or recalibrate on the first outcomes (see
    /// [`Monitor`](super::Monitor)). For calendar days; basket numbers have no season.
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let shop = ShopParams::new(300, Seed(2)).simulate()?;
    /// let (ledger, last) = (shop.ledger()?, shop.days().1);
    /// let cut = AsOf::new(last.checked_add(-120).unwrap());
    /// let model = ChurnParams::new().fit(&[ledger.split(cut, Horizon::days(60)?)?])?;
    /// assert_eq!(model.season_seen(cut), Some(1.0));
    /// let half_a_year_on = AsOf::new(cut.day().checked_add(182).unwrap());
    /// assert_eq!(model.season_seen(half_a_year_on), Some(0.0));
    /// let a_year_on = AsOf::new(cut.day().checked_add(365).unwrap());
    /// assert_eq!(model.season_seen(a_year_on), Some(1.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn season_seen(&self, as_of: AsOf) -> Option<f64> {
        /// Days that a season may come earlier or later from year to year.
        const SLACK: i64 = 7;
        /// Days of a year, on average.
        const YEAR: f64 = 365.2425;
        if self.cuts.is_empty() {
            return None;
        }
        let days = i64::from(self.horizon.in_days());
        let seen = |k: &i64| {
            self.cuts.iter().any(|cut| {
                // Days from the cut to that day, less whole years.
                let gap = (as_of.day() - cut.as_of + k) as f64;
                let in_year = gap - YEAR * (gap / YEAR).floor();
                let fits = |gap: f64| gap >= (1 - SLACK) as f64 && gap <= (days + SLACK) as f64;
                fits(in_year) || fits(in_year - YEAR)
            })
        };
        Some((1..=days).filter(seen).count() as f64 / days as f64)
    }

    /// The probability that each customer makes no purchase within the horizon after `as_of`.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) where the ledger lacks money or items that the fit had;
    /// [`IncompatibleModel`](ErrorKind::IncompatibleModel) as [`Provenance::check`].
    pub fn predict<'a>(&self, now: impl Into<Known<'a>>) -> Result<PerCustomer<Probability>> {
        self.table.predict(&self.profile(now.into())?.features()?)
    }

    /// The columns that the model sees of each customer, for [`MonitorParams::fit`](super::MonitorParams::fit),
    /// [`TableModel::cheapest_change`] and own charts.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn features<'a>(&self, now: impl Into<Known<'a>>) -> Result<Features> {
        self.profile(now.into())?.features()
    }

    /// Columns of behaviour that the model does not use, as no customer of the fit had a value in them: the mean gap
    /// where nobody bought twice, money where the ledger had no amounts.
    pub fn unused_columns(&self) -> Vec<&'static str> {
        let used = &self.table.design.names;
        orders::columns().filter(|name| !used.iter().any(|own| own == name)).collect()
    }

    /// What is known of the customers. A column that none of them has is a column of missing values; money and items
    /// that the ledger has no column for are an error where the model learned from them.
    fn profile(&self, known: Known<'_>) -> Result<Profile> {
        let profile = Profile::of(known, &self.extras)?;
        self.provenance().check(profile.customers().provenance())?;
        let (amounts, items) = profile.has();
        let used = |names: &[&str]| self.table.design.names.iter().any(|own| names.contains(&own.as_str()));
        for (has, column, names) in [(amounts, "amount", orders::MONEY), (items, "item", orders::ITEMS)] {
            if !has && used(names) {
                let rule = format!("the model learned from the {column} column, which the ledger has not");
                return Err(Error::input(rule));
            }
        }
        Ok(profile)
    }

    /// Why each customer has that probability, in words of their own behaviour; customers in parallel.
    ///
    /// Each explanation holds a sentence for every column, about a kilobyte.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn explain<'a>(&self, now: impl Into<Known<'a>>) -> Result<PerCustomer<Explanation>> {
        let profile = self.profile(now.into())?;
        let features = profile.features()?;
        let explained = crate::kernel::par::map_chunks(features.len(), 256, |part| {
            part.map(|row| {
                let (plain, known) = (self.table.explain_row(&features, row)?, profile.measures(row));
                Ok(plain.map(|c| c.with_words(|column, value| words::reason(column, value, known))))
            })
            .collect::<Result<Vec<_>>>()
        });
        let explained = explained.into_iter().collect::<Result<Vec<_>>>()?.concat();
        PerCustomer::new(profile.customers().clone(), explained)
    }

    /// The probability of one customer, equal to the bit to that customer's value of [`predict`](Self::predict).
    ///
    /// Reads the rows of that customer alone.
    ///
    /// # Errors
    /// As [`predict`](Self::predict) and [`Observed::only`](crate::data::Observed::only).
    pub fn predict_one<'a>(&self, now: impl Into<Known<'a>>, customer: CustomerIx) -> Result<Probability> {
        let one = self.predict(now.into().only(customer)?)?;
        one.into_values().pop().ok_or_else(|| Error::empty("the customer is not known as of that day"))
    }

    /// Why one customer has that probability, equal to that customer's value of [`explain`](Self::explain).
    ///
    /// Reads the rows of that customer alone.
    ///
    /// # Errors
    /// As [`predict_one`](Self::predict_one).
    pub fn explain_one<'a>(&self, now: impl Into<Known<'a>>, customer: CustomerIx) -> Result<Explanation> {
        let one = self.explain(now.into().only(customer)?)?;
        one.into_values().pop().ok_or_else(|| Error::empty("the customer is not known as of that day"))
    }

    /// Scores the model on a cut whose holdout it has not seen.
    /// Later than every cut of the fit by at least the horizon, or the outcomes learned from are among those that judge:
    ///
    /// ```
    /// use regulars::churn::ChurnParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let shop = ShopParams::new(400, Seed(3)).simulate()?;
    /// let (ledger, last) = (shop.ledger()?, shop.days().1);
    /// let cut = |back: i64| ledger.split(AsOf::new(last.checked_add(-back).unwrap()), Horizon::days(60)?);
    /// let model = ChurnParams::new().fit(&[cut(180)?, cut(120)?])?;
    /// let judged = model.evaluate(cut(60)?)?;
    /// assert!(judged.auc > 0.6 && judged.brier < 0.25);
    /// let other = ledger.split(AsOf::new(last.checked_add(-30).unwrap()), Horizon::days(30)?)?;
    /// assert!(model.evaluate(other).is_err()); // another horizon is another question
    /// # Ok::<(), regulars::Error>(())
    /// ```
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
        let profile = self.profile(past.known())?;
        let labels = orders::labels(&past, &profile, self.table.params.leaving)?;
        let risk = self.table.predict(&profile.features()?)?;
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
