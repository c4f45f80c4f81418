//! How models with covariates, cohorts and contracts are saved, and the replicates of a bootstrap.
//!
//! Parameter models: JSON only. Nothing of a customer is in them but names of covariates and cohorts, which the caller chose.
//! What `fit` could not have made is refused: effects that are not numbers or have no name, an attrition effect of a covariate
//! that purchases do not know, cohorts out of order or of another model than the whole.
//!
//! # What is checked
//! | model | rule beyond finite numbers and names |
//! |---|---|
//! | covariates | a base of BG/NBD, MBG/NBD, Pareto/NBD or GGompertz/NBD; as many effects on leaving as on buying |
//! | varying covariates | a base of Pareto/NBD; effects on leaving only of covariates that purchases know |
//! | spend | p, q and v in the domain of gamma-gamma |
//! | contracts | a and b in the domain of the shifted beta-geometric |
//! | bootstrap | at least two replicates, all of one model and in its domain |
//! | cohorts | at least one, names ascending, each of the whole's model, one spread a parameter |
//!
//! # Layout
//! ```json
//! {"base": ["pareto_nbd", [0.55, 10.6, 0.61, 11.7]], "unit": "week",
//!  "purchases": [{"name": "year cos 1", "value": 0.7, "standard_error": 0.05}], "attrition": [],
//!  "log_likelihood": -9000.5, "gradient_norm": 1e-9, "converged": true}
//! ```
//! of covariates, over time or not; `{"a": 0.704, "b": 1.182}` of contracts; of a bootstrap the model, how many refits ran out of steps,
//! and a block of the parameters, replicate after replicate in the order of the model's names, 8 bytes each.
//!
//! Effects are numbers per unit of their covariate on ln of a rate: a file can be read, and an effect of .69 understood as a
//! doubling, without this crate. The covariates themselves are not saved.

use serde::{Deserialize, Serialize};

use crate::data::TimeUnit;
use crate::error::Result;
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::bootstrap::Bootstrap;
use super::cohorts::{Cohort, CohortModel};
use super::contract::ShiftedBetaGeometric;
use super::covariates::{CovariateModel, Effect, EffectsFit};
use super::params::Model;
use super::process::PurchaseProcess;
use super::spend::GammaGamma;
use super::spend_covariates::SpendCovariateModel;
use super::summary::FitStatus;
use super::varying::VaryingModel;
use super::wire::damaged;

/// A purchase process: model and parameters.
type ProcessRepr = (Model, Vec<f64>);

/// A process again, its parameters checked.
fn process((model, parameters): &ProcessRepr) -> Result<PurchaseProcess> {
    PurchaseProcess::new(*model, parameters)
        .map_err(|_| damaged("a parameter of the lifetime model is outside its domain"))
}

/// The saved form of a process.
fn repr(process: &PurchaseProcess) -> ProcessRepr {
    (process.model(), process.parameters())
}

/// Finite effects, each with a name, with standard errors that are absent or not negative; `figures` are finite as well.
fn check_effects<'a>(effects: impl IntoIterator<Item = &'a Effect>, figures: [f64; 2]) -> Result<()> {
    let sound = |e: &Effect| {
        let error = e.standard_error.is_none_or(|s| s.is_finite() && s >= 0.0);
        !e.name.is_empty() && e.value.is_finite() && error
    };
    if effects.into_iter().all(sound) && figures.iter().all(|v| v.is_finite()) {
        Ok(())
    } else {
        Err(damaged("an effect of a covariate is not a number"))
    }
}

/// The saved form of a [`CovariateModel`] and of a [`VaryingModel`]: the base process, the effects by name, and how the search
/// ended. Both are told apart by the kind in the envelope: one does not read the other's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectsRepr {
    base: ProcessRepr,
    unit: TimeUnit,
    purchases: Vec<Effect>,
    attrition: Vec<Effect>,
    log_likelihood: f64,
    gradient_norm: f64,
    converged: bool,
}

impl EffectsRepr {
    /// What is saved of a fit.
    fn new(fit: &EffectsFit) -> Self {
        Self {
            base: repr(&fit.base),
            unit: fit.unit,
            purchases: fit.purchases.clone(),
            attrition: fit.attrition.clone(),
            log_likelihood: fit.log_likelihood,
            gradient_norm: fit.gradient_norm,
            converged: fit.converged,
        }
    }

    /// The fit again, once effects and figures are found sound and `matches` says that they are those of such a model.
    fn restore(self, matches: impl Fn(&EffectsFit) -> bool) -> Result<EffectsFit> {
        let effects = self.purchases.iter().chain(&self.attrition);
        check_effects(effects, [self.log_likelihood, self.gradient_norm])?;
        let fit = EffectsFit {
            base: process(&self.base)?,
            unit: self.unit,
            purchases: self.purchases,
            attrition: self.attrition,
            log_likelihood: self.log_likelihood,
            gradient_norm: self.gradient_norm,
            converged: self.converged,
            provenance: Provenance::default(),
        };
        if matches(&fit) { Ok(fit) } else { Err(damaged("the effects do not match the model")) }
    }
}

impl Wire for CovariateModel {
    const KIND: &'static str = "ltv_covariates";
    type Repr = EffectsRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> EffectsRepr {
        EffectsRepr::new(&self.0)
    }

    fn from_wire(saved: EffectsRepr, _: &mut BlockReader) -> Result<Self> {
        let able = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd, Model::GGompertzNbd];
        saved
            .restore(|fit| able.contains(&fit.base.model()) && fit.purchases.len() == fit.attrition.len())
            .map(Self)
    }

    fn origin(&self) -> Option<&Provenance> {
        Some(&self.0.provenance)
    }

    fn set_origin(&mut self, provenance: Provenance) {
        self.0.provenance = provenance;
    }
}

impl Wire for VaryingModel {
    const KIND: &'static str = "ltv_varying";
    type Repr = EffectsRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> EffectsRepr {
        EffectsRepr::new(&self.0)
    }

    fn from_wire(saved: EffectsRepr, _: &mut BlockReader) -> Result<Self> {
        let known = |fit: &EffectsFit, e: &Effect| fit.purchases.iter().any(|p| p.name == e.name);
        let matches = |fit: &EffectsFit| {
            fit.base.model() == Model::ParetoNbd && fit.attrition.iter().all(|e| known(fit, e))
        };
        saved.restore(matches).map(Self)
    }

    fn origin(&self) -> Option<&Provenance> {
        Some(&self.0.provenance)
    }

    fn set_origin(&mut self, provenance: Provenance) {
        self.0.provenance = provenance;
    }
}

/// The saved form of a [`SpendCovariateModel`]: p, q, v of customers whose covariates are 0, and the effects by name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendEffectsRepr {
    base: [f64; 3],
    effects: Vec<Effect>,
    log_likelihood: f64,
    gradient_norm: f64,
    converged: bool,
}

impl Wire for SpendCovariateModel {
    const KIND: &'static str = "ltv_spend_covariates";
    type Repr = SpendEffectsRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> SpendEffectsRepr {
        let (p, q, v) = self.base.parameters();
        SpendEffectsRepr {
            base: [p, q, v],
            effects: self.effects.clone(),
            log_likelihood: self.log_likelihood,
            gradient_norm: self.gradient_norm,
            converged: self.converged,
        }
    }

    fn from_wire(saved: SpendEffectsRepr, _: &mut BlockReader) -> Result<Self> {
        check_effects(&saved.effects, [saved.log_likelihood, saved.gradient_norm])?;
        let [p, q, v] = saved.base;
        let base = GammaGamma::new(p, q, v)
            .map_err(|_| damaged("a parameter of the spend model is outside its domain"))?;
        Ok(Self {
            base,
            effects: saved.effects,
            log_likelihood: saved.log_likelihood,
            gradient_norm: saved.gradient_norm,
            converged: saved.converged,
            provenance: Provenance::default(),
        })
    }

    keeps_provenance!();
}

/// The saved form of a [`ShiftedBetaGeometric`]: (a, b).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractsRepr {
    a: f64,
    b: f64,
}

impl Wire for ShiftedBetaGeometric {
    const KIND: &'static str = "ltv_contracts";
    type Repr = ContractsRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> ContractsRepr {
        let (a, b) = self.parameters();
        ContractsRepr { a, b }
    }

    fn from_wire(saved: ContractsRepr, _: &mut BlockReader) -> Result<Self> {
        Self::new(saved.a, saved.b)
            .map_err(|_| damaged("a parameter of the contracts' model is outside its domain"))
    }
}

/// The saved form of a [`Bootstrap`]: the model; the parameters of the replicates, one after the other, are a binary block.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapRepr {
    model: Model,
    unfinished: u32,
}

impl Wire for Bootstrap {
    const KIND: &'static str = "ltv_bootstrap";
    type Repr = BootstrapRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> BootstrapRepr {
        let parameters: Vec<f64> = self.replicates.iter().flat_map(PurchaseProcess::parameters).collect();
        blocks.f64s("parameters", &parameters);
        let model = self.replicates.first().map_or(Model::BgNbd, PurchaseProcess::model);
        BootstrapRepr { model, unfinished: self.unfinished }
    }

    fn from_wire(saved: BootstrapRepr, blocks: &mut BlockReader) -> Result<Self> {
        let parameters = blocks.f64s("parameters")?;
        let each = saved.model.parameter_names().len();
        let count = parameters.len() / each;
        if count < 2 || count * each != parameters.len() || saved.unfinished as usize > count {
            return Err(damaged("the replicates of the bootstrap do not match its model"));
        }
        let replicates = parameters.chunks(each).map(|own| process(&(saved.model, own.to_vec())));
        Ok(Self {
            replicates: replicates.collect::<Result<_>>()?,
            unfinished: saved.unfinished,
            provenance: Provenance::default(),
        })
    }

    keeps_provenance!();
}

/// The saved form of a [`CohortModel`]: the process of all, one for each cohort in the order of names, and the spreads.
///
/// Names of cohorts are the caller's own words: a cohort named after a person would be in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortsRepr {
    whole: ProcessRepr,
    unit: TimeUnit,
    cohorts: Vec<CohortRepr>,
    spreads: Vec<f64>,
}

/// One cohort: its name, how many customers, its process, and how the fit ended.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CohortRepr {
    name: String,
    customers: u64,
    process: ProcessRepr,
    log_likelihood: f64,
    status: FitStatus,
}

impl Wire for CohortModel {
    const KIND: &'static str = "ltv_cohorts";
    type Repr = CohortsRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> CohortsRepr {
        let one = |c: &Cohort| CohortRepr {
            name: c.name.clone(),
            customers: c.customers,
            process: repr(&c.process),
            log_likelihood: c.log_likelihood,
            status: c.status,
        };
        CohortsRepr {
            whole: repr(&self.whole),
            unit: self.unit,
            cohorts: self.cohorts.iter().map(one).collect(),
            spreads: self.spreads.clone(),
        }
    }

    fn from_wire(saved: CohortsRepr, _: &mut BlockReader) -> Result<Self> {
        let whole = process(&saved.whole)?;
        let ascending = saved.cohorts.windows(2).all(|w| w[0].name < w[1].name);
        let numbers = saved.spreads.iter().chain(saved.cohorts.iter().map(|c| &c.log_likelihood));
        let matching = saved.spreads.len() == whole.parameters().len()
            && saved.cohorts.iter().all(|c| c.process.0 == whole.model());
        if saved.cohorts.is_empty() || !ascending || !matching || numbers.into_iter().any(|v| !v.is_finite())
        {
            return Err(damaged("the cohorts do not match the model"));
        }
        let one = |c: &CohortRepr| {
            Ok(Cohort {
                name: c.name.clone(),
                customers: c.customers,
                process: process(&c.process)?,
                log_likelihood: c.log_likelihood,
                status: c.status,
            })
        };
        Ok(Self {
            whole,
            unit: saved.unit,
            cohorts: saved.cohorts.iter().map(one).collect::<Result<_>>()?,
            spreads: saved.spreads,
            provenance: Provenance::default(),
        })
    }

    keeps_provenance!();
}
