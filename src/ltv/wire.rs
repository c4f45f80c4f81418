//! How lifetime models and histograms are saved.
//!
//! | what | where |
//! |---|---|
//! | model, parameters, unit, discount, summary of the fit | JSON of the envelope |
//! | candidates, averaged processes, drift | JSON; absent in files written before they existed |
//! | keys and counts of a histogram | binary blocks, lengths checked |
//!
//! A file is input like any other: parameters outside their domain, numbers that are not finite, keys out of order, summaries
//! that do not match the model are refused as [`IncompatibleModel`](ErrorKind::IncompatibleModel). What comes back is equal to
//! what was saved, bit for bit.
//!
//! # What is checked
//! | part | rule |
//! |---|---|
//! | parameters | each in the domain of its model, as many as the model has |
//! | discount | rate and period as [`Discount::every`] takes them |
//! | standard errors, intervals | one for each parameter or none, all finite |
//! | covariance | a square of the number of parameters, finite, or none |
//! | candidates | finite held-out likelihoods |
//! | averaged processes | at most one for each model, each in its domain |
//! | histogram | keys ascend, whole x, finite times of positive sign, positive counts, `t_x` at most t |
//! | its spend | nobody without repeat purchases, no mean of 0 |
//!
//! # Size
//! A model is a few kilobytes, whatever it was fitted on; a histogram is 32 bytes a distinct history. Neither holds a key
//! of a customer: a model can be given away where the ledger cannot, and a histogram tells how many, not who.
//!
//! # Old files
//! A field that came later is absent in an old file and reads as empty; an unknown one is refused, since a reader that skipped
//! it would predict something else than was saved.

use serde::{Deserialize, Serialize};

use crate::data::TimeUnit;
use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::discount::Discount;
use super::drift::Drift;
use super::histogram::{Histogram, Runs};
use super::model::{LtvModel, SPEND_NAMES};
use super::params::Model;
use super::process::PurchaseProcess;
use super::spend::GammaGamma;
use super::summary::{Candidate, Estimate, FitStatus, FitSummary};

/// The saved form of an [`LtvModel`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRepr {
    model: Model,
    parameters: Vec<f64>,
    unit: TimeUnit,
    rate: f64,
    period_days: f64,
    summary: SummaryRepr,
    spend: Option<SpendRepr>,
    candidates: Vec<(Model, f64)>,
    // Absent in files of models that were named, and in all written before averages existed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<(Model, Vec<f64>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<Drift>,
}

/// p, q and v of the gamma-gamma model, and how they were fitted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpendRepr {
    parameters: [f64; 3],
    summary: SummaryRepr,
}

/// A summary without its names and values: the model knows the first, the parameters are the second.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SummaryRepr {
    customers: u64,
    distinct: u64,
    standard_errors: Vec<Option<f64>>,
    intervals: Vec<Option<(f64, f64)>>,
    log_likelihood: f64,
    aic: f64,
    bic: f64,
    status: FitStatus,
    iterations: u32,
    gradient_norm: f64,
    condition: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    covariance: Option<Vec<f64>>,
}

/// The error of a file that no writer of this crate has made.
pub(super) fn damaged(what: &'static str) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, what)
}

impl SummaryRepr {
    /// What is saved of a summary.
    fn new(s: &FitSummary) -> Self {
        Self {
            customers: s.customers,
            distinct: s.distinct,
            standard_errors: s.estimates.iter().map(|e| e.standard_error).collect(),
            intervals: s.estimates.iter().map(|e| e.interval).collect(),
            log_likelihood: s.log_likelihood,
            aic: s.aic,
            bic: s.bic,
            status: s.status,
            iterations: s.iterations,
            gradient_norm: s.gradient_norm,
            condition: s.condition,
            covariance: s.covariance.clone(),
        }
    }

    /// The summary again, with the names of the model's parameters and the values beside it; refused where they do not match.
    fn restore(self, names: &[&'static str], values: &[f64]) -> Result<FitSummary> {
        if [self.standard_errors.len(), self.intervals.len(), values.len()] != [names.len(); 3] {
            return Err(damaged("the summary of the fit does not match the model"));
        }
        let square = names.len() * names.len();
        if self.covariance.as_ref().is_some_and(|c| c.len() != square || c.iter().any(|v| !v.is_finite())) {
            return Err(damaged("the covariance of the fit does not match the model"));
        }
        let finite = [self.log_likelihood, self.aic, self.bic, self.gradient_norm];
        let errors = self.standard_errors.iter().flatten();
        let ends = self.intervals.iter().flatten().flat_map(|(low, high)| [low, high]);
        if finite.iter().chain(errors).chain(ends).chain(&self.condition).any(|v| !v.is_finite()) {
            return Err(damaged("the summary of the fit holds a number that is not finite"));
        }
        let estimates = names.iter().zip(values).zip(&self.standard_errors).zip(&self.intervals);
        Ok(FitSummary {
            customers: self.customers,
            distinct: self.distinct,
            estimates: estimates
                .map(|(((name, value), error), interval)| Estimate {
                    name,
                    value: *value,
                    standard_error: *error,
                    interval: *interval,
                })
                .collect(),
            log_likelihood: self.log_likelihood,
            aic: self.aic,
            bic: self.bic,
            status: self.status,
            iterations: self.iterations,
            gradient_norm: self.gradient_norm,
            condition: self.condition,
            covariance: self.covariance,
        })
    }
}

impl Wire for LtvModel {
    const KIND: &'static str = "ltv";
    type Repr = ModelRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> ModelRepr {
        let spend = self.spend.as_ref().zip(self.spend_summary.as_ref()).map(|(model, summary)| {
            let (p, q, v) = model.parameters();
            SpendRepr { parameters: [p, q, v], summary: SummaryRepr::new(summary) }
        });
        ModelRepr {
            model: self.process.model(),
            parameters: self.process.parameters(),
            unit: self.unit,
            rate: self.discount.rate(),
            period_days: self.discount.period_days(),
            summary: SummaryRepr::new(&self.summary),
            spend,
            candidates: self.candidates.iter().map(|c| (c.model, c.held_out_log_likelihood)).collect(),
            others: self.others.iter().map(|p| (p.model(), p.parameters())).collect(),
            drift: self.drift,
        }
    }

    fn from_wire(repr: ModelRepr, _: &mut BlockReader) -> Result<Self> {
        let process = PurchaseProcess::new(repr.model, &repr.parameters)
            .map_err(|_| damaged("a parameter of the lifetime model is outside its domain"))?;
        let discount = Discount::every(repr.rate, repr.period_days)
            .map_err(|_| damaged("the discount is outside its domain"))?;
        let summary = repr.summary.restore(repr.model.parameter_names(), &repr.parameters)?;
        let (spend, spend_summary) = match repr.spend {
            Some(SpendRepr { parameters: [p, q, v], summary }) => {
                let model = GammaGamma::new(p, q, v)
                    .map_err(|_| damaged("a parameter of the spend model is outside its domain"))?;
                (Some(model), Some(summary.restore(&SPEND_NAMES, &[p, q, v])?))
            }
            None => (None, None),
        };
        if repr.candidates.iter().any(|(_, v)| !v.is_finite()) {
            return Err(damaged("a held-out likelihood is not finite"));
        }
        let candidates = repr
            .candidates
            .into_iter()
            .map(|(model, held_out_log_likelihood)| Candidate { model, held_out_log_likelihood })
            .collect();
        let others = repr.others.iter().map(|(model, parameters)| PurchaseProcess::new(*model, parameters));
        let others = others
            .collect::<Result<Vec<_>>>()
            .map_err(|_| damaged("a parameter of an averaged model is outside its domain"))?;
        if others.len() > Model::ALL.len() || repr.drift.is_some_and(|d| !d.is_valid()) {
            return Err(damaged("the average or the drift is outside its domain"));
        }
        Ok(Self {
            process,
            spend,
            unit: repr.unit,
            discount,
            summary,
            spend_summary,
            candidates,
            others,
            drift: repr.drift,
            provenance: Provenance::default(),
        })
    }

    keeps_provenance!();
}

/// The saved form of a [`Histogram`]; the keys are binary blocks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistogramRepr {
    unit: TimeUnit,
    has_spend: bool,
    without_spend: u64,
}

/// The keys of one kind as four blocks: x, both times (or mean spend and zeros), counts.
fn write(runs: &Runs, names: [&str; 4], blocks: &mut BlockWriter) {
    let x: Vec<f64> = runs.groups.iter().flat_map(|g| std::iter::repeat_n(g.x, g.end - g.start)).collect();
    blocks.f64s(names[0], &x);
    blocks.f64s(names[1], &runs.first);
    blocks.f64s(names[2], &runs.second);
    blocks.u64s(names[3], &runs.count);
}

/// The same, checked: ascending, finite, counts positive.
fn read(names: [&str; 4], blocks: &mut BlockReader) -> Result<Runs> {
    let x = blocks.f64s(names[0])?;
    let first = blocks.f64s(names[1])?;
    let second = blocks.f64s(names[2])?;
    let count = blocks.u64s(names[3])?;
    Runs::restore(&x, &first, &second, &count).ok_or_else(|| damaged("the keys of the histogram are damaged"))
}

const PURCHASES: [&str; 4] = ["x", "t", "t_x", "customers"];
const SPEND: [&str; 4] = ["spend_x", "spend_mean", "spend_zero", "spend_customers"];

impl Wire for Histogram {
    const KIND: &'static str = "ltv_histogram";
    type Repr = HistogramRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> HistogramRepr {
        write(&self.purchases, PURCHASES, blocks);
        if let Some(spend) = &self.spend {
            write(spend, SPEND, blocks);
        }
        HistogramRepr {
            unit: self.unit(),
            has_spend: self.spend.is_some(),
            without_spend: self.without_spend,
        }
    }

    fn from_wire(repr: HistogramRepr, blocks: &mut BlockReader) -> Result<Self> {
        let purchases = read(PURCHASES, blocks)?;
        let beyond = purchases.first.iter().zip(&purchases.second).any(|(t, t_x)| t_x > t);
        let spend = if repr.has_spend { Some(read(SPEND, blocks)?) } else { None };
        let empty_handed = spend
            .as_ref()
            .is_some_and(|s| s.first.contains(&0.0) || s.groups.first().is_some_and(|g| g.x == 0.0));
        if beyond || empty_handed {
            return Err(damaged("the keys of the histogram break the rules of a purchase history"));
        }
        Ok(Self::from_parts(repr.unit, purchases, spend, repr.without_spend))
    }

    keeps_provenance!();
}
