//! How churn models are laid out in a file.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Horizon;

use super::design::Design;
use super::logistic::{Coefficient, LogisticSummary};
use super::model::ChurnModel;
use super::params::ChurnParams;
use super::table::TableModel;

#[derive(Serialize, Deserialize)]
pub struct TableRepr {
    params: ChurnParams,
    design: Design,
    means: Vec<f64>,
    beta: Vec<f64>,
    calibration: (f64, f64),
    ridge: f64,
    coefficients: Vec<(String, f64, Option<f64>)>,
    aliased: Vec<String>,
    summary: LogisticSummary,
    rows: u64,
}

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
            ridge: self.ridge,
            coefficients: self
                .coefficients
                .iter()
                .map(|c| (c.name.clone(), c.estimate, c.standard_error))
                .collect(),
            aliased: self.aliased.clone(),
            summary: self.summary,
            rows: self.rows as u64,
        }
    }

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
        if !(repr.ridge >= 0.0 && repr.ridge.is_finite()) {
            return Err(damaged("the ridge is out of range"));
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
            params: repr.params,
            design: repr.design,
            means: repr.means,
            beta: repr.beta,
            calibration: repr.calibration,
            ridge: repr.ridge,
            coefficients,
            aliased: repr.aliased,
            summary: repr.summary,
            rows,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ModelRepr {
    table: TableRepr,
    horizon_days: u32,
    splits: u64,
    churned: u64,
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
        }
    }

    fn from_wire(repr: ModelRepr, blocks: &mut BlockReader) -> Result<Self> {
        let table = TableModel::from_wire(repr.table, blocks)?;
        if repr.churned > table.rows as u64 || repr.splits == 0 {
            return Err(damaged("its counts do not fit together"));
        }
        let horizon = Horizon::days(repr.horizon_days).map_err(|_| damaged("the horizon is out of range"))?;
        Ok(Self { table, horizon, splits: repr.splits, churned: repr.churned })
    }
}
