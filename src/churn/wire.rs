//! How churn models are laid out in a file.
//!
//! All of them are parameter models: JSON in the envelope of [`persist`](crate::persist), no binary blocks.
//!
//! | kind | model | what is checked on the way back |
//! |---|---|---|
//! | `churn-table` | [`TableModel`] | parameters in range; design sound; as many means and coefficients as encoded columns, finite and below 10¹⁵⁰; a recalibration that rises; trees whose walks end |
//! | `churn` | [`ChurnModel`] | the same for its table; counts that fit together; a horizon; kinds of events in order |
//! | `churn-monitor` | [`Monitor`] | counts finite and not negative, cuts and quantiles ascending, levels in order |
//! | `logistic` | [`LogisticModel`] | names, coefficients and covariance of one size, finite, variances not negative |
//! | `elastic-net` | [`ElasticNetModel`] | the same; the chosen penalty lies on the path |
//! | `stages` | [`StageModel`] | as many coefficients as stages times terms, finite; stages in order |
//!
//! The bound of 10¹⁵⁰ keeps every sum of finite terms within the range of f64. Fields that came after format version 1 are left
//! out where they hold their defaults, so files of older libraries are read and written again without a change.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::{Horizon, Provenance};

use super::design::Design;
use super::elastic::{ElasticNetModel, PathPoint};
use super::levels::LevelEffects;
use super::logistic::{Coefficient, LARGEST, LogisticModel, LogisticSummary};
use super::model::{ChurnModel, Cut};
use super::monitor::{Baseline, Monitor, Reference};
use super::orders::Extras;
use super::params::{ChurnParams, is_default};
use super::stages::StageModel;
use super::table::TableModel;
use super::trees::Forest;

/// A [`TableModel`]: the encoding, its means, the coefficients behind the intercept and the recalibration.
///
/// ```json
/// {
///   "params": {"method": "Auto", "ridge": 0.0, "seed": 42},
///   "design": {"names": ["tenure"], "encoders": [{"Curve": {"range": [1, 72], "ranks": [[1, 0.04]], "knots": [0.5], "missing": false}}], "pairs": []},
///   "means": [32.4, 0.5, 0.125],
///   "beta": [-0.3, -0.02, 0.1, 0.4],
///   "calibration": [0.01, 0.98],
///   "ridge": 1.0
/// }
/// ```
///
/// With effects of levels and one tree:
///
/// ```json
/// {
///   "levels": [
///     {"column": 1, "levels": ["shop 1", "shop 2"], "values": [0.4, -0.2], "mean": 0.05},
///     {"column": 1, "along": 0, "levels": ["shop 1", "shop 2"], "values": [0.1, 0.0], "mean": 0.0}
///   ],
///   "forest": {"orders": [[], [1, 0]], "trees": [[{"column": 0, "cut": 12, "next": 1, "value": -0.02},
///     {"column": 0, "cut": 0, "next": 0, "value": 0.05}, {"column": 0, "cut": 0, "next": 0, "value": -0.07}]],
///     "means": [-0.02, 0.01]}
/// }
/// ```
///
/// Columns are numbered as in `design`; `along` is the number whose slope a table holds; `next` is the first of a node's two
/// children, 0 for a leaf. Who reads such a file without this crate gets a score as
/// β₀ + Σ βⱼ fⱼ + Σ values of the row's levels (times √12 (rank − ½) where there is `along`) + the values of the leaves.
///
/// `means` has one number for each encoded column, `beta` one more for the intercept; `curve`, `levels` and `forest` stand there only
/// where there are any.
#[derive(Serialize, Deserialize)]
pub struct TableRepr {
    params: ChurnParams,
    design: Design,
    means: Vec<f64>,
    beta: Vec<f64>,
    calibration: (f64, f64),
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    curve: Vec<(f64, f64)>,
    ridge: f64,
    coefficients: Vec<(String, f64, Option<f64>)>,
    aliased: Vec<String>,
    summary: LogisticSummary,
    rows: u64,
    #[serde(default, skip_serializing_if = "LevelEffects::is_empty")]
    levels: LevelEffects,
    #[serde(default, skip_serializing_if = "Forest::is_empty")]
    forest: Forest,
}

/// The error for a file that says what no fit would.
/// Damaged, forged or of a newer library: in any case no model, and never a panic later.
fn damaged(rule: &str) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, format!("churn model: {rule}"))
}

impl Wire for TableModel {
    const KIND: &'static str = "churn-table";
    type Repr = TableRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> TableRepr {
        TableRepr {
            params: self.params.clone(),
            design: self.design.clone(),
            means: self.means.clone(),
            beta: self.beta.clone(),
            calibration: self.calibration,
            curve: self.curve.clone(),
            ridge: self.ridge,
            coefficients: self
                .coefficients
                .iter()
                .map(|c| (c.name.clone(), c.estimate, c.standard_error))
                .collect(),
            aliased: self.aliased.clone(),
            summary: self.summary,
            rows: self.rows as u64,
            levels: self.levels.clone(),
            forest: self.forest.clone(),
        }
    }

    /// Checks everything that predicting, explaining and tabulating rely on, so that they need not: a file that passes gives finite
    /// numbers for every table.
    fn from_wire(repr: TableRepr, _: &mut BlockReader) -> Result<Self> {
        repr.params.check().map_err(|_| damaged("its parameters are out of range"))?;
        repr.design.validate()?;
        let width = repr.design.width();
        if repr.means.len() != width || repr.beta.len() != width + 1 {
            return Err(damaged("terms, means and coefficients differ in number"));
        }
        // Bounded, so that no sum of finite terms can leave the range of f64.
        let fine = |v: &f64| v.is_finite() && v.abs() < 1e150;
        if !repr.means.iter().chain(&repr.beta).all(fine)
            || !fine(&repr.calibration.0)
            || !fine(&repr.calibration.1)
        {
            return Err(damaged("a coefficient is not finite"));
        }
        let rises = repr.curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        if !rises || repr.curve.iter().any(|c| !fine(&c.0) || !fine(&c.1)) {
            return Err(damaged("the recalibration is no curve that rises"));
        }
        if !(repr.ridge >= 0.0 && repr.ridge.is_finite()) {
            return Err(damaged("the ridge is out of range"));
        }
        if !repr.levels.is_sound(&repr.design) {
            return Err(damaged("the effects of its levels are damaged"));
        }
        if !repr.forest.is_sound(repr.design.names.len()) {
            return Err(damaged("a tree is damaged"));
        }
        let coefficients = repr
            .coefficients
            .into_iter()
            .map(|(name, estimate, standard_error)| {
                let known = estimate.is_finite() && standard_error.is_none_or(|e| e.is_finite() && e >= 0.0);
                known.then_some(Coefficient { name, estimate, standard_error })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| damaged("a coefficient is not finite"))?;
        let rows = usize::try_from(repr.rows).map_err(|_| damaged("too many rows"))?;
        Ok(Self {
            provenance: Provenance::default(),
            params: repr.params,
            design: repr.design,
            means: repr.means,
            beta: repr.beta,
            calibration: repr.calibration,
            curve: repr.curve,
            ridge: repr.ridge,
            coefficients,
            aliased: repr.aliased,
            summary: repr.summary,
            rows,
            levels: repr.levels,
            forest: repr.forest.with_sets(),
        })
    }

    keeps_provenance!();
}

/// A [`ChurnModel`]: its table and what the labels were.
///
/// The horizon stands in days; cuts, events and contracts are left out where there are none.
#[derive(Serialize, Deserialize)]
pub struct ModelRepr {
    table: TableRepr,
    horizon_days: u32,
    splits: u64,
    churned: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    extras: Extras,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cuts: Vec<Cut>,
}

impl Wire for ChurnModel {
    const KIND: &'static str = "churn";
    type Repr = ModelRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> ModelRepr {
        ModelRepr {
            table: self.table.to_wire(blocks),
            horizon_days: self.horizon.in_days(),
            splits: self.splits,
            churned: self.churned,
            extras: self.extras.clone(),
            cuts: self.cuts.clone(),
        }
    }

    /// The table is checked first; its number of rows bounds those who left.
    fn from_wire(repr: ModelRepr, blocks: &mut BlockReader) -> Result<Self> {
        let table = TableModel::from_wire(repr.table, blocks)?;
        if repr.churned > table.rows as u64 || repr.splits == 0 {
            return Err(damaged("its counts do not fit together"));
        }
        let horizon = Horizon::days(repr.horizon_days).map_err(|_| damaged("the horizon is out of range"))?;
        if !repr.extras.kinds.is_sorted_by(|a, b| a < b) {
            return Err(damaged("its kinds of events are not in order"));
        }
        if repr.cuts.iter().any(|cut| cut.churned > cut.customers) {
            return Err(damaged("more left after a cut than took part"));
        }
        Ok(Self {
            table,
            horizon,
            splits: repr.splits,
            churned: repr.churned,
            extras: repr.extras,
            cuts: repr.cuts,
        })
    }

    fn origin(&self) -> Option<&Provenance> {
        self.table.origin()
    }

    fn set_origin(&mut self, provenance: Provenance) {
        self.table.set_origin(provenance);
    }
}

/// ```json
/// {
///   "false_alarms": 0.05,
///   "columns": [["plan", {"Categorical": {"levels": ["basic", "pro"], "counts": [610, 380, 0, 10]}}]],
///   "score": {"Numeric": {"cuts": [0.1, 0.3], "counts": [400, 350, 250, 0], "quantiles": [0.01, 0.2, 0.9]}},
///   "outcomes": null
/// }
/// ```
///
/// Counts have one place more than levels for all others, or than bins, and one for what is missing.
///
/// A [`Monitor`]: the distributions of the reference.
///
/// Quantiles and counts only: no customer can be told from them, but for the extremes of a column.
#[derive(Serialize, Deserialize)]
pub struct MonitorRepr {
    false_alarms: f64,
    columns: Vec<(String, Reference)>,
    score: Reference,
    outcomes: Option<Baseline>,
}

impl Wire for Monitor {
    const KIND: &'static str = "churn-monitor";
    type Repr = MonitorRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> MonitorRepr {
        MonitorRepr {
            false_alarms: self.false_alarms,
            columns: self.columns.clone(),
            score: self.score.clone(),
            outcomes: self.outcomes,
        }
    }

    /// A monitor without scores, or with columns of one name, is none that a fit makes.
    fn from_wire(repr: MonitorRepr, _: &mut BlockReader) -> Result<Self> {
        let sound = repr.columns.iter().all(|(_, reference)| reference.is_sound())
            && repr.score.is_sound()
            && matches!(repr.score, Reference::Numeric { .. })
            && repr.outcomes.is_none_or(|outcomes| outcomes.is_sound());
        if !(repr.false_alarms > 0.0 && repr.false_alarms <= 0.5 && sound) {
            return Err(damaged("its reference is damaged"));
        }
        let MonitorRepr { false_alarms, columns, score, outcomes } = repr;
        Ok(Self { false_alarms, columns, score, outcomes, provenance: Provenance::default() })
    }

    keeps_provenance!();
}

/// ```json
/// {"names": ["weeks"], "beta": [-2.1, 0.59], "covariance": [1.9, -0.37, -0.37, 0.19], "summary": {}, "rows": 8}
/// ```
///
/// The covariance is row by row, the intercept first: √.19 = .43 is the standard error of `weeks`. It is null for a penalised fit,
/// and where an entry would be beyond 10¹⁵⁰.
///
/// A [`LogisticModel`]; standard errors are the roots of the covariance's diagonal.
#[derive(Serialize, Deserialize)]
pub struct LogisticRepr {
    names: Vec<String>,
    beta: Vec<f64>,
    covariance: Option<Vec<f64>>,
    summary: LogisticSummary,
    rows: u64,
}

impl Wire for LogisticModel {
    const KIND: &'static str = "logistic";
    type Repr = LogisticRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> LogisticRepr {
        LogisticRepr {
            names: self.names.clone(),
            beta: self.beta.clone(),
            covariance: self.covariance.clone(),
            summary: self.summary,
            rows: self.rows as u64,
        }
    }

    fn from_wire(repr: LogisticRepr, _: &mut BlockReader) -> Result<Self> {
        let q = repr.beta.len();
        let fine = |v: &f64| v.is_finite() && v.abs() < LARGEST;
        let square = repr.covariance.as_ref().is_none_or(|c| {
            q.checked_mul(q) == Some(c.len())
                && c.iter().all(fine)
                && c.iter().step_by(q + 1).all(|variance| *variance >= 0.0)
        });
        if q != repr.names.len() + 1 || !repr.beta.iter().all(fine) || !square {
            return Err(damaged("its coefficients are damaged"));
        }
        let rows = usize::try_from(repr.rows).map_err(|_| damaged("too many rows"))?;
        let LogisticRepr { names, beta, covariance, summary, .. } = repr;
        let named = std::iter::once("(intercept)".to_owned()).chain(names.iter().cloned());
        let coefficients = named
            .enumerate()
            .map(|(j, name)| Coefficient {
                name,
                estimate: beta[j],
                standard_error: covariance.as_ref().map(|c| c[j * q + j].sqrt()),
            })
            .collect();
        let provenance = Provenance::default();
        Ok(Self { coefficients, names, beta, covariance, summary, rows, provenance })
    }

    keeps_provenance!();
}

/// An [`ElasticNetModel`] with its whole path: each point has its penalty, how many columns it keeps, and the loss out of fold
/// with its standard error, so that another choice can be read off later. `beta` are the coefficients of the `chosen` one.
#[derive(Serialize, Deserialize)]
pub struct ElasticRepr {
    names: Vec<String>,
    beta: Vec<f64>,
    points: Vec<PathPoint>,
    chosen: u64,
    rows: u64,
}

impl Wire for ElasticNetModel {
    const KIND: &'static str = "elastic-net";
    type Repr = ElasticRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> ElasticRepr {
        ElasticRepr {
            names: self.names.clone(),
            beta: self.beta.clone(),
            points: self.points.clone(),
            chosen: self.chosen as u64,
            rows: self.rows as u64,
        }
    }

    fn from_wire(repr: ElasticRepr, _: &mut BlockReader) -> Result<Self> {
        let (chosen, rows) = usize::try_from(repr.chosen)
            .and_then(|chosen| Ok((chosen, usize::try_from(repr.rows)?)))
            .map_err(|_| damaged("its counts are out of range"))?;
        let fine = |v: &f64| v.is_finite() && v.abs() < 1e150;
        if repr.beta.len() != repr.names.len() + 1
            || !repr.beta.iter().all(fine)
            || chosen >= repr.points.len()
        {
            return Err(damaged("its coefficients are damaged"));
        }
        let ElasticRepr { names, beta, points, .. } = repr;
        Ok(Self { names, beta, points, chosen, rows, provenance: Provenance::default() })
    }

    keeps_provenance!();
}

/// A [`StageModel`], its coefficients stage after stage: for each stage an intercept and one number for each column, in log-odds
/// against the mean of the stages, (columns + 1) × stages numbers in all. The order of `stages` is that of the alphabet, and
/// the probabilities of a prediction stand in the same order.
#[derive(Serialize, Deserialize)]
pub struct StageRepr {
    columns: Vec<String>,
    stages: Vec<String>,
    beta: Vec<f64>,
    objective: f64,
    gradient_norm: f64,
    rows: u64,
}

impl Wire for StageModel {
    const KIND: &'static str = "stages";
    type Repr = StageRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> StageRepr {
        StageRepr {
            columns: self.columns.clone(),
            stages: self.stages.clone(),
            beta: self.beta.clone(),
            objective: self.objective,
            gradient_norm: self.gradient_norm,
            rows: self.rows as u64,
        }
    }

    fn from_wire(repr: StageRepr, _: &mut BlockReader) -> Result<Self> {
        let wanted = (repr.columns.len() + 1).checked_mul(repr.stages.len());
        let fine = |v: &f64| v.is_finite() && v.abs() < 1e150;
        if wanted != Some(repr.beta.len()) || repr.stages.len() < 2 || !repr.beta.iter().all(fine) {
            return Err(damaged("its coefficients are damaged"));
        }
        if !repr.stages.is_sorted_by(|a, b| a < b) {
            return Err(damaged("its stages are not in order"));
        }
        let rows = usize::try_from(repr.rows).map_err(|_| damaged("too many rows"))?;
        let StageRepr { columns, stages, beta, objective, gradient_norm, .. } = repr;
        let provenance = Provenance::default();
        Ok(Self { columns, stages, beta, objective, gradient_norm, rows, provenance })
    }

    keeps_provenance!();
}
