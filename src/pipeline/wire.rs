//! How a pipeline is saved: its models one behind the other, in one envelope.

use serde::{Deserialize, Serialize};

use crate::churn::ChurnModel;
use crate::data::Tiers;
use crate::error::{Error, Result};
use crate::ltv::LtvModel;
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::recommend::NextItemModel;
use crate::rfm::{RfmModel, SegmentMap};
use crate::segment::SegmentModel;
use crate::types::{Horizon, Provenance};

use super::model::Pipeline;
use super::params::check_level;

/// The JSON part. Stages that were left out when the pipeline was fitted are null; their reasons are not kept.
#[derive(Serialize, Deserialize)]
pub struct PipelineRepr {
    horizon_days: u32,
    next_items: usize,
    rfm: Option<<RfmModel as Wire>::Repr>,
    named: Option<<SegmentMap as Wire>::Repr>,
    segment: Option<<SegmentModel as Wire>::Repr>,
    churn: Option<<ChurnModel as Wire>::Repr>,
    ltv: Option<<LtvModel as Wire>::Repr>,
    tiers: Option<Tiers>,
    recommend: Option<<NextItemModel as Wire>::Repr>,
    /// Absent where tables have none, as in files written before they could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interval: Option<f64>,
}

/// A stage's JSON part, if there is one; its blocks follow those of the stages before it.
fn put<M: Wire>(model: Option<&M>, blocks: &mut BlockWriter) -> Option<M::Repr> {
    model.map(|m| m.to_wire(blocks))
}

/// The stage again; blocks come in the order in which `put` wrote them.
fn get<M: Wire>(repr: Option<M::Repr>, blocks: &mut BlockReader) -> Result<Option<M>> {
    repr.map(|r| M::from_wire(r, blocks)).transpose()
}

impl Wire for Pipeline {
    const KIND: &'static str = "pipeline";
    type Repr = PipelineRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> PipelineRepr {
        PipelineRepr {
            horizon_days: self.horizon.in_days(),
            next_items: self.next_items,
            rfm: put(self.rfm.as_ref(), blocks),
            named: put(self.named.as_ref(), blocks),
            segment: put(self.segment.as_ref(), blocks),
            churn: put(self.churn.as_ref(), blocks),
            ltv: put(self.ltv.as_ref(), blocks),
            tiers: self.tiers.clone(),
            recommend: put(self.recommend.as_ref(), blocks),
            interval: self.interval,
        }
    }

    /// Each model checks itself; what is left is what must agree between them: bins of scores and names, horizons of churn and
    /// pipeline.
    fn from_wire(repr: PipelineRepr, blocks: &mut BlockReader) -> Result<Self> {
        if repr.next_items == 0 {
            return Err(Error::input("a pipeline shows at least one next item"));
        }
        if let Some(tiers) = &repr.tiers {
            tiers.check()?;
        }
        if let Some(level) = repr.interval {
            check_level(level)?;
        }
        let horizon = Horizon::days(repr.horizon_days)?;
        let pipeline = Self {
            horizon,
            next_items: repr.next_items,
            rfm: get(repr.rfm, blocks)?,
            named: get(repr.named, blocks)?,
            segment: get(repr.segment, blocks)?,
            churn: get(repr.churn, blocks)?,
            ltv: get(repr.ltv, blocks)?,
            tiers: repr.tiers,
            interval: repr.interval,
            recommend: get(repr.recommend, blocks)?,
            left_out: Vec::new(),
            provenance: Provenance::default(),
        };
        match (&pipeline.named, &pipeline.rfm) {
            (Some(map), Some(model)) if map.bins() != model.bins() => {
                Err(Error::input("the named segments are for other bins than the scores"))
            }
            _ if pipeline.churn.as_ref().is_some_and(|m| m.horizon() != horizon) => {
                Err(Error::input("the churn model looks ahead another number of days than the pipeline"))
            }
            _ => Ok(pipeline),
        }
    }

    fn origin(&self) -> Option<&Provenance> {
        Some(&self.provenance)
    }

    /// Every stage was fitted as of the same day to the same ledger.
    fn set_origin(&mut self, provenance: Provenance) {
        let again = || provenance.clone();
        self.rfm.iter_mut().for_each(|model| model.set_origin(again()));
        self.segment.iter_mut().for_each(|model| model.set_origin(again()));
        self.churn.iter_mut().for_each(|model| model.set_origin(again()));
        self.ltv.iter_mut().for_each(|model| model.set_origin(again()));
        self.recommend.iter_mut().for_each(|model| model.set_origin(again()));
        self.provenance = provenance;
    }
}
