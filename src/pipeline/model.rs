//! `Pipeline`: the fitted stages.

use std::fmt;

use crate::churn::ChurnModel;
use crate::data::{Observed, Occasion, PerCustomer, Purchases, Refunds, Tiers};
use crate::error::{Error, ErrorKind, Result};
use crate::ltv::{LifetimeValue, LtvModel};
use crate::recommend::NextItemModel;
use crate::rfm::{RfmModel, SegmentMap};
use crate::segment::SegmentModel;
use crate::types::{Horizon, Provenance};

/// A stage of the pipeline.
///
/// ```
/// use regulars::pipeline::Stage;
/// assert_eq!(Stage::Churn.name(), "churn");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Stage {
    /// RFM scores.
    Rfm,
    /// Segments.
    Segment,
    /// Churn probabilities.
    Churn,
    /// Lifetime value.
    Ltv,
    /// Next items.
    Recommend,
}

impl Stage {
    /// How many there are.
    pub(super) const ALL: usize = 5;

    /// Its name, as in error messages and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfm => "rfm",
            Self::Segment => "segment",
            Self::Churn => "churn",
            Self::Ltv => "ltv",
            Self::Recommend => "recommend",
        }
    }
}

/// A stage that could not be fitted, and why. Printed as `recommend: ` and the message of its error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LeftOut {
    /// The stage.
    pub stage: Stage,
    /// Kind of its error.
    pub kind: ErrorKind,
    /// Its message.
    pub reason: String,
}

impl LeftOut {
    /// What is kept of the error of a stage.
    pub(super) fn new(stage: Stage, error: &Error) -> Self {
        Self { stage, kind: error.kind(), reason: error.to_string() }
    }
}

/// Stage and reason.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.stage.name(), self.reason)
    }
}

/// Every stage that could be fitted.
///
/// Each model can be taken out and asked by itself, to explain a probability or to list rules. Saved as one file by
/// [`persist`](crate::persist); the reasons of stages left out are not kept in it.
///
/// ```
/// use regulars::churn::{ChurnParams, Method};
/// use regulars::ltv::{LtvParams, Model};
/// use regulars::pipeline::{Pipeline, PipelineParams};
/// use regulars::segment::KMeansParams;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let shop = ShopParams::new(150, Seed(1)).simulate()?;
/// let ledger = shop.ledger()?;
/// let as_of = AsOf::new(ledger.covers().1);
/// let quick = PipelineParams::new()
///     .segment(KMeansParams::new(3))
///     .ltv(LtvParams::new(Model::BgNbd))
///     .churn(ChurnParams::new().method(Method::Plain));
/// let pipeline = quick.fit(&ledger, as_of, Horizon::days(60)?)?;
/// assert_eq!(pipeline.horizon(), Horizon::days(60)?);
/// assert!(pipeline.left_out().is_empty());
/// assert!(pipeline.churn().is_some() && pipeline.ltv().is_some() && pipeline.segment().is_some());
/// assert!(pipeline.tiers().is_some() && pipeline.recommend().is_some());
///
/// let mut file = Vec::new();
/// regulars::persist::write(&mut file, &pipeline)?;
/// let loaded: Pipeline = regulars::persist::read(file.as_slice())?;
/// let (before, after) = (pipeline.predict(&ledger, as_of)?, loaded.predict(&ledger, as_of)?);
/// assert_eq!(before.churn(), after.churn());
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(super) horizon: Horizon,
    pub(super) rfm: Option<RfmModel>,
    pub(super) named: Option<SegmentMap>,
    pub(super) segment: Option<SegmentModel>,
    pub(super) churn: Option<ChurnModel>,
    pub(super) ltv: Option<LtvModel>,
    pub(super) tiers: Option<Tiers>,
    pub(super) recommend: Option<NextItemModel>,
    pub(super) next_items: usize,
    pub(super) interval: Option<f64>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) provenance: Provenance,
}

impl Pipeline {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// How far ahead churn and value look, in days.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The RFM scores' model; `None` where it was left out, as for all that follow.
    pub fn rfm(&self) -> Option<&RfmModel> {
        self.rfm.as_ref()
    }

    /// The names of the RFM codes; `None` for other bins than five on each axis.
    pub fn rfm_segments(&self) -> Option<&SegmentMap> {
        self.named.as_ref()
    }

    /// The value tiers; `None` for a ledger without amounts.
    pub fn tiers(&self) -> Option<&Tiers> {
        self.tiers.as_ref()
    }

    /// The segments' model: names, sizes, centres.
    pub fn segment(&self) -> Option<&SegmentModel> {
        self.segment.as_ref()
    }

    /// The churn model: explanations, and what it learned.
    pub fn churn(&self) -> Option<&ChurnModel> {
        self.churn.as_ref()
    }

    /// The lifetime model: parameters, standard errors, P(alive).
    pub fn ltv(&self) -> Option<&LtvModel> {
        self.ltv.as_ref()
    }

    /// The recommender: rules, lists for any customer, live updates.
    pub fn recommend(&self) -> Option<&NextItemModel> {
        self.recommend.as_ref()
    }

    /// Level of the intervals in every table, by [`interval`](super::PipelineParams::interval).
    pub fn interval(&self) -> Option<f64> {
        self.interval
    }

    /// Stages that could not be fitted, with their reasons; empty after loading from a file.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// What tiers rank by: value within the horizon, or the spend so far without a lifetime model; `None` without money.
    /// The same at fit and at predict, or tiers would be cut in one currency and assigned in another.
    ///
    /// `value` is what the lifetime model predicts for the same customers, so that nobody predicts twice.
    pub(super) fn tier_scores(
        &self,
        now: Observed<'_>,
        value: Option<&PerCustomer<LifetimeValue>>,
    ) -> Result<Option<PerCustomer<f64>>> {
        if let (Some(value), Some(_)) = (value, self.ltv.as_ref().and_then(LtvModel::spend)) {
            return Ok(Some(value.map(|v| v.clv.unwrap_or_default().in_minor())));
        }
        let purchases = Purchases::observed(now, Occasion::Day, Refunds::Net)?;
        let Some(spend) = purchases.spend() else { return Ok(None) };
        let spend = spend.iter().map(|a| a.in_minor() as f64).collect();
        PerCustomer::new(purchases.customers().clone(), spend).map(Some)
    }
}
