//! A model for each cohort, drawn towards the model of all.
//!
//! # How much a cohort keeps of its own
//!
//! For one parameter whose estimate from the cohort alone has variance v, and a spread tau between cohorts, the estimate is
//! drawn to that of all by the share v / (v + tau^2) of the way:
//!
//! | cohort | v (of ln alpha, say) | tau^2 (a spread of .3) | drawn by |
//! |---|---|---|---|
//! | 30 customers | .3 | .09 | three quarters |
//! | 300 | .03 | .09 | a quarter |
//! | 3,000 | .003 | .09 | 3 % |
//!
//! With four parameters that are correlated the same happens along the directions that the cohort's data determine: what they
//! say of r / alpha is kept long before they say anything of r alone.
//!
//! # What the spreads say
//!
//! Spreads near the lower limit mean that cohorts do not differ beyond chance, and that one model is enough. A spread at the
//! upper limit means that the cohorts have nothing to say to each other.

use crate::data::{Observed, PerCustomer, PurchaseHistory, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Horizon, Probability, Provenance};

use super::discount::Discount;
use super::fit::{self, Belief};
use super::histogram::Histogram;
use super::history::RecencyFrequency;
use super::model::LifetimeValue;
use super::params::{Model, Prior};
use super::process::PurchaseProcess;
use super::summary::FitStatus;

/// Which cohort each customer belongs to: those who came in the same quarter, through the same channel, from one country.
///
/// ```
/// use regulars::ltv::Cohorts;
/// let cohorts = Cohorts::new(["app", "shop", "app"])?;
/// assert_eq!((cohorts.len(), cohorts.names()), (3, &["app".to_owned(), "shop".to_owned()][..]));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Cohorts {
    names: Vec<String>,
    of: Vec<usize>,
}

/// The time of the first purchase that makes a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CohortBy {
    /// Calendar months: `2024-05`.
    Month,
    /// Calendar quarters: `2024-Q2`.
    Quarter,
    /// Calendar years: `2024`.
    Year,
}

impl Cohorts {
    /// The cohort of each customer by name, in the order of the history.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers.
    pub fn new<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Result<Self> {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        if labels.is_empty() {
            return Err(Error::empty("no customer to put into a cohort"));
        }
        let mut names = labels.clone();
        names.sort_unstable();
        names.dedup();
        // Every label is among the names.
        let of = labels.iter().map(|l| names.partition_point(|n| n < l)).collect();
        Ok(Self { names, of })
    }

    /// The customers of `history`, which is that of `observed`, by the time of their first purchase.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a history of another ledger, or of basket numbers.
    pub fn acquired(observed: Observed<'_>, history: &PurchaseHistory, by: CohortBy) -> Result<Self> {
        if observed.ledger().time_axis() == crate::data::TimeAxis::Ordinal {
            return Err(Error::input("basket numbers have no months"));
        }
        let label = |customer| {
            let first = observed.history(customer)?.and_then(|history| history.purchases().next());
            let (year, month, _) = first.map_or(observed.as_of().day(), |purchase| purchase.day).to_ymd();
            Ok(match by {
                CohortBy::Month => format!("{year:04}-{month:02}"),
                CohortBy::Quarter => format!("{year:04}-Q{}", month.div_ceil(3)),
                CohortBy::Year => format!("{year:04}"),
            })
        };
        Self::new(history.customers().iter().map(label).collect::<Result<Vec<_>>>()?)
    }

    /// Number of customers, not of cohorts.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The cohorts' names, ascending.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// A purchase model for each cohort, shrunk towards the model of all customers.
///
/// When to use it: where customers of different times or channels buy and leave differently, and some cohorts are small.
/// A cohort's own maximum of likelihood is noise for thirty customers; the model of all is wrong for three thousand.
///
/// With u the logarithms of the parameters, cohort c has `u_c` ~ N(u of all, diag(tau^2)), and its estimate maximises
/// likelihood times that density (a hierarchical model, estimated by empirical Bayes). The spreads tau are estimated
/// from the cohorts: the expectation-maximisation step (Dempster, Laird and Rubin 1977,
/// doi:10.1111/j.2517-6161.1977.tb01600.x) with the normal approximation of each cohort's posterior,
///
/// `tau_j`^2 = mean over cohorts of (`u_cj` - `u_j`)^2 + the posterior variance of `u_cj`.
///
/// Cohorts that do not differ get spreads near 0 and thus the model of all. k of CNBD-k is that of all.
///
/// ```
/// use regulars::data::{Customers, PurchaseHistory, TimeUnit};
/// use regulars::ltv::{CohortParams, Cohorts, Model, PurchaseProcess};
/// use regulars::types::Seed;
///
/// // A large cohort of slow buyers and thirty fast ones.
/// let slow = PurchaseProcess::bg_nbd(0.6, 8.0, 0.8, 3.0)?.simulate(&[52.0; 2_000], TimeUnit::Week, Seed(1))?;
/// let fast = PurchaseProcess::bg_nbd(0.6, 2.0, 0.8, 3.0)?.simulate(&[52.0; 30], TimeUnit::Week, Seed(2))?;
/// let join = |a: &[f64], b: &[f64]| [a, b].concat();
/// let history = PurchaseHistory::new(
///     Customers::numbered(2_030)?,
///     TimeUnit::Week,
///     join(slow.x(), fast.x()),
///     join(slow.t_x(), fast.t_x()),
///     join(slow.t(), fast.t()),
/// )?;
/// let cohorts = Cohorts::new((0..2_030).map(|i| if i < 2_000 { "slow" } else { "fast" }))?;
/// let model = CohortParams::new(Model::BgNbd).fit(&history, &cohorts)?;
/// let pace = |name: &str| model.cohort(name).map(|c| c.process.parameters()[0] / c.process.parameters()[1]);
/// assert!(pace("fast") > pace("slow"));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CohortParams {
    model: Model,
    spread: Option<f64>,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    CohortParams, Self::new(Model::BgNbd);
    model: Model;
    spread: Option<f64>,
}

/// One cohort's model, drawn to the whole. Its log-likelihood is that of its own customers at the drawn parameters, lower than
/// at their own maximum: the price of not believing noise.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Cohort {
    /// Its name.
    pub name: String,
    /// Customers.
    pub customers: u64,
    /// The purchase process with the cohort's parameters.
    pub process: PurchaseProcess,
    /// ln of the likelihood of the cohort's customers.
    pub log_likelihood: f64,
    /// How the search ended.
    pub status: FitStatus,
}

/// Fitted cohorts: the model of all, one for each cohort, and how much they differ.
///
/// ```
/// use regulars::data::TimeUnit;
/// use regulars::ltv::{CohortParams, Cohorts, Discount, Model, PurchaseProcess};
/// use regulars::types::{Horizon, Seed};
///
/// let truth = PurchaseProcess::mbg_nbd(0.6, 6.0, 0.8, 2.0)?;
/// let history = truth.simulate(&[40.0; 600], TimeUnit::Week, Seed(1))?;
/// let cohorts = Cohorts::new((0..600).map(|i| format!("channel {}", i % 3)))?;
/// let model = CohortParams::new(Model::MbgNbd).fit(&history, &cohorts)?;
/// assert_eq!(model.cohorts().len(), 3);
/// let ahead = model.predict(&history, &cohorts, Horizon::weeks(26)?, Discount::default())?;
/// assert!(ahead.values().iter().all(|v| v.discounted_purchases <= v.purchases));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CohortModel {
    pub(super) whole: PurchaseProcess,
    pub(super) unit: TimeUnit,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) spreads: Vec<f64>,
    pub(super) provenance: Provenance,
}

/// Steps of expectation-maximisation at most; it stops where no spread moves by more than a hundredth.
const ROUNDS: usize = 40;
/// Where the spreads start, and the limits they are held within.
const START: f64 = 0.5;
const LIMITS: (f64, f64) = (1e-3, 2.0);

impl CohortParams {
    /// Any model of continuous time, the spreads estimated.
    pub fn new(model: Model) -> Self {
        Self { model, spread: None }
    }

    /// The standard deviation of the logarithms of the parameters between cohorts, held instead of estimated: 0.3 says
    /// that cohorts usually differ by a third.
    #[must_use]
    pub fn spread(mut self, spread: f64) -> Self {
        self.spread = Some(spread);
        self
    }

    /// Whether the parameters make sense; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for BG/BB, and for a spread that is not between 0.001 and 2.
    pub fn check(&self) -> Result<()> {
        if self.model == Model::BgBb {
            return Err(Error::param("model", "must be one of continuous time", self.model));
        }
        match self.spread {
            Some(spread) if !(LIMITS.0..=LIMITS.1).contains(&spread) => {
                Err(Error::param("spread", "must lie between 0.001 and 2", spread))
            }
            _ => Ok(()),
        }
    }

    /// Fits the model of all, the spreads and the cohorts: about ten to forty passes over the distinct histories of each
    /// cohort, some Newton steps each.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless each customer has a cohort;
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers.
    pub fn fit(&self, history: &PurchaseHistory, cohorts: &Cohorts) -> Result<CohortModel> {
        self.check()?;
        if cohorts.len() != history.len() {
            return Err(Error::shape("cohorts of customers", history.len(), cohorts.len()));
        }
        let all = Histogram::of_rows(history, None);
        let whole =
            fit::fit(self.model, &all.purchases, &all.purchases.weights(), None, Prior::LogNormal(5.0));
        let n = whole.theta.len();
        let logs: Vec<f64> = whole.theta.iter().map(|v| v.ln()).collect();
        let mut members = vec![Vec::new(); cohorts.names.len()];
        for (row, cohort) in cohorts.of.iter().enumerate() {
            members[*cohort].push(row);
        }
        let histograms: Vec<Histogram> =
            members.iter().map(|rows| Histogram::of_rows(history, Some(rows))).collect();
        let mut spreads = vec![self.spread.unwrap_or(START); n];
        let mut fitted = Vec::new();
        let mut starts = vec![whole.theta.clone(); histograms.len()];
        for _ in 0..ROUNDS {
            let precision: Vec<f64> = spreads.iter().map(|s| 1.0 / (s * s)).collect();
            let belief = Belief::About(&logs, &precision);
            fitted = par::map_chunks(histograms.len(), 1, |range| {
                let runs = &histograms[range.start].purchases;
                fit::fit_told(self.model, runs, &runs.weights(), Some(&starts[range.start]), belief, None)
            });
            starts = fitted.iter().map(|f| f.theta.clone()).collect();
            if self.spread.is_some() || histograms.len() < 2 {
                break;
            }
            let next: Vec<f64> = (0..n)
                .map(|j| {
                    let square = |f: &fit::Outcome| {
                        let away = f.theta[j].ln() - logs[j];
                        let doubt = f.covariance.as_ref().map_or(0.0, |c| c[j * n + j]);
                        away * away + doubt.min(spreads[j] * spreads[j])
                    };
                    let mean = fitted.iter().map(square).sum::<f64>() / fitted.len() as f64;
                    mean.sqrt().clamp(LIMITS.0, LIMITS.1)
                })
                .collect();
            let settled = next.iter().zip(&spreads).all(|(a, b)| (a / b - 1.0).abs() < 0.01);
            spreads = next;
            if settled {
                break;
            }
        }
        let cohorts = (0..histograms.len())
            .map(|c| Cohort {
                name: cohorts.names[c].clone(),
                customers: histograms[c].customers(),
                process: PurchaseProcess::raw(self.model, &fitted[c].theta),
                log_likelihood: fitted[c].log_likelihood,
                status: FitStatus::from(fitted[c].end),
            })
            .collect();
        let whole = PurchaseProcess::raw(self.model, &whole.theta);
        let provenance = history.customers().provenance().clone();
        Ok(CohortModel { whole, unit: history.unit(), cohorts, spreads, provenance })
    }
}

impl CohortModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The model of all customers.
    pub fn whole(&self) -> &PurchaseProcess {
        &self.whole
    }

    /// The unit of time of the rates.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The cohorts in the order of their names.
    pub fn cohorts(&self) -> &[Cohort] {
        &self.cohorts
    }

    /// The cohort of that name, by bisection; `None` for one the fit has not seen.
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.binary_search_by(|c| c.name.as_str().cmp(name)).ok().map(|i| &self.cohorts[i])
    }

    /// How much the logarithms of the parameters differ between cohorts, in standard deviations, in the order of
    /// [`Model::parameter_names`]; for k it says nothing.
    pub fn spreads(&self) -> &[f64] {
        &self.spreads
    }

    /// The process of each of so many customers: that of the own cohort, or of all for one the fit has not seen.
    pub(super) fn processes(&self, cohorts: &Cohorts, customers: usize) -> Result<Vec<&PurchaseProcess>> {
        if cohorts.len() != customers {
            return Err(Error::shape("cohorts of customers", customers, cohorts.len()));
        }
        let by_name: Vec<&PurchaseProcess> =
            cohorts.names.iter().map(|n| self.cohort(n).map_or(&self.whole, |c| &c.process)).collect();
        Ok(cohorts.of.iter().map(|c| by_name[*c]).collect())
    }

    /// P(alive), expected and discounted purchases of every customer within `horizon`, each by the model of the own cohort;
    /// by that of all for a cohort the fit has not seen. `spend` and `clv` are `None`.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) unless each customer has a cohort,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another unit of time.
    pub fn predict(
        &self,
        history: &PurchaseHistory,
        cohorts: &Cohorts,
        horizon: Horizon,
        discount: Discount,
    ) -> Result<PerCustomer<LifetimeValue>> {
        self.provenance.check(history.customers().provenance())?;
        let processes = self.processes(cohorts, history.len())?;
        if history.unit() != self.unit {
            return Err(Error::input("the history is in another unit of time than the model"));
        }
        let days = f64::from(horizon.in_days());
        let schedule = discount.schedule(days, self.unit.in_days());
        let one = |i: usize| {
            let process = processes[i];
            let h = RecencyFrequency { x: history.x()[i], t_x: history.t_x()[i], t: history.t()[i] };
            LifetimeValue::of(process, &h, days / self.unit.in_days(), &schedule)
        };
        PerCustomer::new(history.customers().clone(), par::map(history.len(), one))
    }
}

impl LifetimeValue {
    /// What a process says of a customer, without money; `schedule` of a [`Discount`].
    pub(super) fn of(
        process: &PurchaseProcess,
        h: &RecencyFrequency,
        t: f64,
        schedule: &[(f64, f64)],
    ) -> Self {
        let alive = process.alive(h);
        let until = |t: f64| alive * process.while_alive(h, t);
        Self {
            p_alive: Probability::saturating(alive),
            purchases: until(t),
            discounted_purchases: schedule.iter().map(|(t, w)| w * until(*t)).sum(),
            spend: None,
            clv: None,
        }
    }
}
