//! The dates' model in a file: what it learned, checked on the way back.
//!
//! | part | what it is |
//! |---|---|
//! | subject | customers, or items of customers |
//! | gaps | everybody's mean gap in days, mean and variance of its logarithm |
//! | hazard | knots and values of its terms; none for lognormal gaps |
//! | summary | how it was fitted |
//!
//! No customer is in the file: a date follows from a ledger's history and these few numbers. What a fit could not have made
//! is [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel).

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::super::additive::Additive;
use super::model::{NextPurchaseModel, NextPurchaseSummary};
use super::params::Subject;
use super::states::{Gaps, WIDTH};

/// All of it: a model is a few kilobytes.
#[derive(Serialize, Deserialize)]
pub struct Repr {
    subject: Subject,
    gaps: Gaps,
    hazard: Option<Additive>,
    summary: NextPurchaseSummary,
}

impl Wire for NextPurchaseModel {
    const KIND: &'static str = "recommend.next_purchase";
    type Repr = Repr;

    /// Nothing grows with the data, so that no block is written.
    fn to_wire(&self, _blocks: &mut BlockWriter) -> Repr {
        Repr { subject: self.subject, gaps: self.gaps, hazard: self.hazard.clone(), summary: self.summary }
    }

    /// Every rule that a fit keeps is checked: positive gaps, finite numbers, ascending knots, known features.
    fn from_wire(repr: Repr, _blocks: &mut BlockReader) -> Result<Self> {
        let Gaps { mean, log_mean, log_variance } = repr.gaps;
        let positive = |x: f64| x > 0.0 && x.is_finite() && x < 1e9;
        let sound = positive(mean)
            && log_mean.abs() < 1e3
            && positive(log_variance)
            && repr.summary.mean_gap.is_finite()
            && repr.hazard.as_ref().is_none_or(|h| h.is_sound(WIDTH));
        if !sound {
            return Err(Error::new(
                ErrorKind::IncompatibleModel,
                None,
                "a hazard that no fit could have made",
            ));
        }
        Ok(Self {
            subject: repr.subject,
            gaps: repr.gaps,
            hazard: repr.hazard,
            summary: repr.summary,
            provenance: Provenance::default(),
        })
    }

    keeps_provenance!();
}
