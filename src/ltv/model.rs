//! `LtvModel`: fitting and predicting.
//!
//! # From a ledger to values
//!
//! ```text
//! ledger.observed(as_of) ─▶ PurchaseHistory ─▶ Histogram ─▶ Newton ─▶ PurchaseProcess ─▶ purchases ┐
//!                                  └─▶ mean spend of repeat buyers ─▶ Newton ─▶ GammaGamma ─▶ spend ┴▶ CLV
//! ```
//!
//! # What a value is
//!
//! [`LifetimeValue::clv`] is residual: what comes after the history, within the horizon, discounted by [`Discount`], in the
//! minor units of the ledger's currency. What has been earned already is a fact and is not in it; the total value of a
//! customer is the sum of both, and adding them is the caller's decision. With a horizon of decades and a discount it is the
//! value over an infinite horizon; DERT itself is [`PurchaseProcess::discounted_purchases`].
//!
//! Purchases and spend are taken as independent, so that the value is discounted purchases times expected spend.
//!
//! # Averages and drift
//!
//! A model chosen by [`LtvParams::auto`] may hold several processes: predictions are their plain mean, of P(alive) and of
//! purchases alike, and then multiplied by the [`Drift`] of the customer's class. A model that was named has one process and
//! no drift: its predictions are those of the literature.
//!
//! # Money
//!
//! | the history | the model | predictions |
//! |---|---|---|
//! | has spend | with spend | with value |
//! | has none | without | purchases only: `spend` and `clv` are `None` |
//! | has none | with spend | an error: values would be silently missing |
//! | has spend | without | purchases only |

use std::borrow::Cow;

use crate::data::{Observed, PerCustomer, PurchaseHistory, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::par;
use crate::types::{CustomerIx, Expected, Horizon, Probability, Provenance};

use super::auto::{self, likeness};
use super::curves::Curves;
use super::discount::Discount;
use super::drift::Drift;
use super::fit::{self, Outcome};
use super::histogram::Histogram;
use super::history::RecencyFrequency;
use super::infer::CustomerInterval;
use super::params::{LtvParams, Model};
use super::process::{Inner, PurchaseProcess};
use super::spend::{self, GammaGamma};
use super::summary::{Candidate, FitSummary};

/// What a model is fitted to: a [`PurchaseHistory`], an [`Observed`] ledger (in weeks, by the convention of
/// [`PurchaseHistory::observed`]) or a [`Histogram`]. Made by `into()`.
#[derive(Clone, Debug)]
pub struct FitInput<'a>(Source<'a>);

/// Customers to predict: a [`PurchaseHistory`] or an [`Observed`] ledger. Made by `into()`.
#[derive(Clone, Debug)]
pub struct PredictInput<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    History(&'a PurchaseHistory),
    Observed(Observed<'a>),
    Histogram(&'a Histogram),
}

impl<'a> From<&'a PurchaseHistory> for FitInput<'a> {
    fn from(history: &'a PurchaseHistory) -> Self {
        Self(Source::History(history))
    }
}

impl<'a> From<Observed<'a>> for FitInput<'a> {
    fn from(observed: Observed<'a>) -> Self {
        Self(Source::Observed(observed))
    }
}

impl<'a> From<&'a Histogram> for FitInput<'a> {
    fn from(histogram: &'a Histogram) -> Self {
        Self(Source::Histogram(histogram))
    }
}

impl<'a> From<&'a PurchaseHistory> for PredictInput<'a> {
    fn from(history: &'a PurchaseHistory) -> Self {
        Self(Source::History(history))
    }
}

impl<'a> From<Observed<'a>> for PredictInput<'a> {
    fn from(observed: Observed<'a>) -> Self {
        Self(Source::Observed(observed))
    }
}

impl<'a> FitInput<'a> {
    pub(super) fn histogram(self) -> Result<Cow<'a, Histogram>> {
        Ok(match self.0 {
            Source::History(history) => Cow::Owned(Histogram::new(history)),
            Source::Observed(observed) => {
                Cow::Owned(Histogram::new(&PurchaseHistory::observed(observed, default_unit(observed))?))
            }
            Source::Histogram(histogram) => Cow::Borrowed(histogram),
        })
    }
}

/// What is to be expected of one customer within a horizon.
///
/// All figures are finite and none is negative, whatever the history: a value beyond the largest float is held at it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LifetimeValue {
    /// Probability that the customer has not left for good.
    pub p_alive: Probability,
    /// Expected purchases within the horizon.
    pub purchases: f64,
    /// The same, later purchases discounted.
    pub discounted_purchases: f64,
    /// Expected spend per purchase; `None` for a model fitted without money.
    pub spend: Option<Expected>,
    /// Residual lifetime value within the horizon: discounted purchases times spend.
    pub clv: Option<Expected>,
}

/// A fitted model of purchases and, where money was known, of spend.
///
/// `Debug` prints counts and parameters, never a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct LtvModel {
    pub(super) process: PurchaseProcess,
    pub(super) spend: Option<GammaGamma>,
    pub(super) unit: TimeUnit,
    pub(super) discount: Discount,
    pub(super) summary: FitSummary,
    pub(super) spend_summary: Option<FitSummary>,
    pub(super) candidates: Vec<Candidate>,
    /// Further processes whose predictions are averaged with those of `process`.
    pub(super) others: Vec<PurchaseProcess>,
    pub(super) drift: Option<Drift>,
    pub(super) provenance: Provenance,
}

/// Names of the spend model's parameters.
pub(super) const SPEND_NAMES: [&str; 3] = ["p", "q", "v"];

impl LtvParams {
    /// Fits the model, and Gamma-Gamma spend where money is known and somebody came back with money.
    ///
    /// The likelihood is maximised over the distinct histories, each weighted by its number of customers: O(n log n) for
    /// n customers to count them, then O(distinct) for each of about ten Newton steps, in parallel, O(n) space.
    ///
    /// # Errors
    /// As [`LtvParams::check`]; [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for BG/BB where a time is not whole; as
    /// [`PurchaseHistory::observed`] for a ledger. A likelihood without a proper maximum is no error: see
    /// [`FitStatus`](super::FitStatus).
    pub fn fit<'a>(&self, data: impl Into<FitInput<'a>>) -> Result<LtvModel> {
        self.check()?;
        let data = data.into();
        if let (Source::Observed(observed), true) = (&data.0, self.models.len() > 1) {
            let observed = *observed;
            if let Some(choice) = auto::choose(self, observed, default_unit(observed))? {
                return self.fit_chosen(&*data.histogram()?, choice);
            }
        }
        self.fit_histogram(&*data.histogram()?)
    }

    /// The models that forecast best from inside the past, fitted to all of it: the better one with its summary, the others as
    /// processes that are averaged with it, and the drift of their mean.
    fn fit_chosen(&self, histogram: &Histogram, choice: auto::Choice) -> Result<LtvModel> {
        let only = |model: Model| Self { models: vec![model], ..self.clone() };
        let Some((first, rest)) = choice.members.split_first() else { return self.fit_histogram(histogram) };
        let mut model = only(*first).fit_histogram(histogram)?;
        for other in rest {
            let runs = &histogram.purchases;
            let outcome = fit::fit(*other, runs, &runs.weights(), None, self.prior);
            model.others.push(PurchaseProcess::raw(*other, &outcome.theta));
        }
        model.candidates = choice.candidates;
        model.drift = Some(choice.drift);
        Ok(model)
    }

    fn fit_histogram(&self, histogram: &Histogram) -> Result<LtvModel> {
        let runs = &histogram.purchases;
        if runs.count.is_empty() {
            return Err(Error::empty("no customer to fit a lifetime model to"));
        }
        if self.models.contains(&Model::BgBb) && !runs.is_whole() {
            return Err(Error::input(
                "BG/BB counts occasions: times must be whole, with at most one purchase each",
            ));
        }
        let candidates = self.compare(histogram);
        let model = candidates
            .iter()
            .fold(None::<&Candidate>, |best, c| match best {
                Some(b) if b.held_out_log_likelihood >= c.held_out_log_likelihood => Some(b),
                _ => Some(c),
            })
            .map_or(self.models[0], |c| c.model);
        let outcome = fit::fit(model, runs, &runs.weights(), None, self.prior);
        let summary =
            FitSummary::new(model.parameter_names(), &outcome, histogram.customers(), runs.count.len());
        let process = PurchaseProcess::raw(model, &outcome.theta);
        let (spend, spend_summary) = fit_spend(histogram).unzip();
        Ok(LtvModel {
            process,
            spend,
            unit: histogram.unit(),
            discount: self.discount,
            summary,
            spend_summary,
            candidates,
            others: Vec::new(),
            drift: None,
            provenance: histogram.provenance().clone(),
        })
    }

    /// Held-out log-likelihood of each model, where there is more than one: distinct histories are dealt to the folds in
    /// turn in their order, so that each fold is a likeness of the whole.
    fn compare(&self, histogram: &Histogram) -> Vec<Candidate> {
        if self.models.len() < 2 {
            return Vec::new();
        }
        let all = &histogram.purchases;
        let runs = likeness(all);
        let folds = (self.folds as usize).min(runs.count.len());
        if folds < 2 {
            return Vec::new();
        }
        let parts: Vec<_> =
            (0..folds).map(|f| (runs.fold(f, folds, false), runs.fold(f, folds, true))).collect();
        let candidate = |model: Model| {
            let whole = fit::fit(model, &runs, &runs.weights(), None, self.prior);
            let held_out = parts.iter().map(|(train, test)| {
                let fitted = fit::fit(model, train, &train.weights(), Some(&whole.theta), self.prior);
                fit::log_likelihood(model, &fitted.theta, test)
            });
            Candidate { model, held_out_log_likelihood: held_out.sum() }
        };
        self.models.iter().map(|m| candidate(*m)).collect()
    }
}

/// An estimate held at the largest finite number.
pub(super) fn money_of(value: f64) -> Expected {
    Expected::minor(value.clamp(0.0, f64::MAX)).unwrap_or(Expected::ZERO)
}

/// Weeks, the literature's unit; numbers of baskets are counted singly.
fn default_unit(observed: Observed<'_>) -> TimeUnit {
    match observed.ledger().time_axis() {
        crate::data::TimeAxis::Ordinal => TimeUnit::Day,
        crate::data::TimeAxis::Calendar => TimeUnit::Week,
    }
}

/// Gamma-Gamma by maximum likelihood over the distinct (x, mean spend); `None` where nobody came back with money.
fn fit_spend(histogram: &Histogram) -> Option<(GammaGamma, FitSummary)> {
    let runs = histogram.spend.as_ref().filter(|r| !r.count.is_empty())?;
    let outcome: Outcome = spend::fit(runs, &runs.weights(), None).into();
    let [p, q, v] = <[f64; 3]>::try_from(outcome.theta.as_slice()).ok()?;
    let customers = runs.count.iter().sum();
    let summary = FitSummary::new(&SPEND_NAMES, &outcome, customers, runs.count.len());
    Some((GammaGamma { p, q, v }, summary))
}

impl LtvModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The purchase process with its estimated parameters: the leading one where several are averaged.
    ///
    /// ```
    /// # use regulars::{data::TimeUnit, ltv::*, types::Seed};
    /// # let history = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?.simulate(&[52.0; 300], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::new(Model::BgNbd).fit(&history)?;
    /// // Questions that `predict` does not answer are asked of the process.
    /// let none = model.process().p_purchases(&RecencyFrequency::NEW, 26.0, 0).unwrap();
    /// assert!(none.get() > 0.0 && none.get() < 1.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn process(&self) -> &PurchaseProcess {
        &self.process
    }

    /// The spend model; `None` where no customer came back with money.
    pub fn spend(&self) -> Option<&GammaGamma> {
        self.spend.as_ref()
    }

    /// The unit of time of the rates; histories to be predicted must be in the same.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// How later money is discounted.
    pub fn discount(&self) -> Discount {
        self.discount
    }

    /// The same model with another discount: nothing is fitted again.
    ///
    /// ```
    /// # use regulars::{data::TimeUnit, ltv::*, types::{Horizon, Seed}};
    /// # let history = PurchaseProcess::bg_nbd(0.5, 6.0, 0.8, 2.5)?.simulate(&[52.0; 300], TimeUnit::Week, Seed(1))?;
    /// let model = LtvParams::new(Model::BgNbd).fit(&history)?.with_discount(Discount::NONE);
    /// let value = model.predict(&history, Horizon::weeks(52)?)?.values()[0];
    /// assert!((value.discounted_purchases / value.purchases - 1.0).abs() < 1e-12);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[must_use]
    pub fn with_discount(mut self, discount: Discount) -> Self {
        self.discount = discount;
        self
    }

    /// How the purchase model was fitted.
    pub fn summary(&self) -> &FitSummary {
        &self.summary
    }

    /// How the spend model was fitted.
    pub fn spend_summary(&self) -> Option<&FitSummary> {
        self.spend_summary.as_ref()
    }

    /// The same purchase model with spend fitted to `data`, or without where that has no positive spend of repeat buyers: for
    /// spend of another period than the purchases, or to fit both apart.
    ///
    /// # Errors
    /// As [`LtvParams::fit`]; [`InvalidInput`](crate::ErrorKind::InvalidInput) for another unit of time.
    pub fn with_spend<'a>(mut self, data: impl Into<FitInput<'a>>) -> Result<Self> {
        let histogram = data.into().histogram()?;
        if histogram.unit() != self.unit {
            return Err(Error::input("the data are in another unit of time than the model"));
        }
        (self.spend, self.spend_summary) = fit_spend(&histogram).unzip();
        Ok(self)
    }

    /// Further processes whose predictions are averaged with those of [`process`](Self::process) in equal parts; empty for a
    /// model that was named.
    pub fn averaged_with(&self) -> &[PurchaseProcess] {
        &self.others
    }

    /// What forecasts from inside the past got wrong, which [`predict`](Self::predict) puts right; `None` for a model that
    /// was named or fitted without a ledger.
    pub fn drift(&self) -> Option<&Drift> {
        self.drift.as_ref()
    }

    /// What each model was worth on held-out days or customers; empty where there was no choice.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// P(alive), expected purchases, spend and discounted value of every customer over the days after the history.
    ///
    /// A customer's answer depends on that customer's row alone. BG/NBD and MBG/NBD take about 0.1 microseconds a
    /// customer, the others one to ten.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the history is in another unit of time than the model, or
    /// lacks the spend the model was fitted with;
    /// [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel) as [`Provenance::check`].
    pub fn predict<'a>(
        &self,
        customers: impl Into<PredictInput<'a>>,
        horizon: Horizon,
    ) -> Result<PerCustomer<LifetimeValue>> {
        let history = self.history(&customers.into())?;
        let history = history.as_ref();
        let days = f64::from(horizon.in_days());
        let t = days / self.unit.in_days();
        let schedule = self.discount.schedule(days, self.unit.in_days());
        let money = match (&self.spend, history.spend()) {
            (None, _) => None,
            (Some(model), Some(spend)) => Some((model, spend)),
            (Some(_), None) => {
                return Err(Error::input("the model was fitted with spend, the history has none"));
            }
        };
        let (x, t_x, t_now) = (history.x(), history.t_x(), history.t());
        let members: Vec<_> = std::iter::once(&self.process)
            .chain(&self.others)
            .map(|process| match &process.0 {
                Inner::Coin(model) => (process, Some(Curves::new(model, x, t_now, t, &schedule))),
                _ => (process, None),
            })
            .collect();
        let share = 1.0 / members.len() as f64;
        let one = |i: usize| {
            let customer = RecencyFrequency { x: x[i], t_x: t_x[i], t: t_now[i] };
            let (mut alive, mut purchases, mut discounted) = (0.0, 0.0, 0.0);
            for (process, curves) in &members {
                let stays = share * process.alive(&customer);
                let [all, worth] = if let Some(curves) = curves {
                    curves.at(customer.x, customer.t)
                } else {
                    let until = |t: f64| process.while_alive(&customer, t);
                    [until(t), schedule.iter().map(|(t, w)| w * until(*t)).sum()]
                };
                alive += stays;
                purchases += stays * all;
                discounted += stays * worth;
            }
            if let Some(drift) = &self.drift {
                let factor = drift.factor(&customer);
                purchases *= factor;
                discounted *= factor;
            }
            let spend = money.map(|(model, spend)| model.expected(customer.x, spend[i]));
            LifetimeValue {
                p_alive: Probability::saturating(alive),
                purchases,
                discounted_purchases: discounted,
                spend: spend.map(money_of),
                clv: spend.map(|s| money_of(s * discounted)),
            }
        };
        let values = par::map(x.len(), one);
        PerCustomer::new(history.customers().clone(), values)
    }

    /// What is to be expected of one customer, equal to the bit to that customer's value of [`predict`](Self::predict).
    ///
    /// Reads the rows of that customer alone. `None` for a customer without a purchase.
    ///
    /// # Errors
    /// As [`predict`](Self::predict) and [`Observed::only`].
    pub fn predict_one(
        &self,
        now: Observed<'_>,
        customer: CustomerIx,
        horizon: Horizon,
    ) -> Result<Option<LifetimeValue>> {
        one(now, customer, |view| self.predict(view, horizon))
    }

    /// The intervals of one customer, equal to the bit to that customer's value of
    /// [`predict_intervals`](Self::predict_intervals).
    ///
    /// Reads the rows of that customer alone. `None` for a customer without a purchase.
    ///
    /// # Errors
    /// As [`predict_intervals`](Self::predict_intervals) and [`Observed::only`].
    pub fn predict_intervals_one(
        &self,
        now: Observed<'_>,
        customer: CustomerIx,
        horizon: Horizon,
        level: f64,
    ) -> Result<Option<CustomerInterval>> {
        one(now, customer, |view| self.predict_intervals(view, horizon, level))
    }

    pub(super) fn history<'a>(&self, input: &PredictInput<'a>) -> Result<Cow<'a, PurchaseHistory>> {
        let history = match &input.0 {
            Source::History(history) => Cow::Borrowed(*history),
            Source::Observed(observed) => Cow::Owned(PurchaseHistory::observed(*observed, self.unit)?),
            Source::Histogram(_) => return Err(Error::input("a histogram has no customers to predict")),
        };
        self.provenance.check(history.customers().provenance())?;
        if history.unit() == self.unit {
            Ok(history)
        } else {
            Err(Error::input(format!(
                "the model counts time in {:?}, the history in {:?}",
                self.unit,
                history.unit()
            )))
        }
    }
}

/// The answer for one customer of a view; `None` for a customer who has no purchase.
fn one<'a, T>(
    now: Observed<'a>,
    customer: CustomerIx,
    verb: impl FnOnce(Observed<'a>) -> Result<PerCustomer<T>>,
) -> Result<Option<T>> {
    match verb(now.only(customer)?) {
        Ok(answers) => Ok(answers.into_values().pop()),
        Err(error) if error.kind() == ErrorKind::EmptyInput => Ok(None),
        Err(error) => Err(error),
    }
}
