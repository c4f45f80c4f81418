//! How models and maps are laid out in a file.
//!
//! Everything is JSON; neither has a binary block. A file may have been edited or damaged, so reading asks again
//! for each rule that fitting and building guarantee. What is refused is
//! [`IncompatibleModel`](ErrorKind::IncompatibleModel), never a panic later on.

use serde::{Deserialize, Serialize};

use crate::data::{Occasion, Refunds, TimeAxis};
use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::{Currency, Language, Provenance};

use super::model::{Axis, Fit, RfmModel};
use super::params::{AXES, Method, check_weights};
use super::segments::{Segment, SegmentMap, codes_of};

/// The fields of an [`RfmModel`] by name. `Method`, `Occasion` and the others are spelt as words, so that a
/// file can be read without this source.
#[derive(Serialize, Deserialize)]
pub struct ModelRepr {
    occasion: Occasion,
    refunds: Refunds,
    weights: [f64; 3],
    method: Method,
    currency: Currency,
    time: TimeAxis,
    axes: [Axis; 3],
    fit: Fit,
}

/// The error of a file that breaks a rule.
fn damaged(rule: impl Into<String>) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, rule.into())
}

impl Wire for RfmModel {
    const KIND: &'static str = "rfm";
    type Repr = ModelRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> ModelRepr {
        ModelRepr {
            occasion: self.occasion,
            refunds: self.refunds,
            weights: self.weights,
            method: self.method,
            currency: self.currency,
            time: self.time,
            axes: self.axes.clone(),
            fit: self.fit,
        }
    }

    /// Edges: 1 to 9, finite, ascending (equal ones are possible among quantiles). Counts: one more than edges, and
    /// their sum is the number of customers of the fit, which is not 0.
    fn from_wire(repr: ModelRepr, _: &mut BlockReader) -> Result<Self> {
        check_weights(repr.weights).map_err(|e| damaged(e.to_string()))?;
        for (axis, name) in repr.axes.iter().zip(AXES) {
            let fine = (1..=9).contains(&axis.edges.len())
                && axis.edges.iter().all(|e| e.is_finite())
                && axis.edges.is_sorted()
                && axis.customers.len() == axis.edges.len() + 1
                && axis.customers.iter().try_fold(0_u64, |sum, n| sum.checked_add(*n))
                    == Some(repr.fit.customers)
                && repr.fit.customers > 0
                && axis.lowest <= axis.highest;
            if !fine {
                return Err(damaged(format!("the axis of {name} has no valid edges and counts")));
            }
        }
        let ModelRepr { occasion, refunds, weights, method, currency, time, axes, fit } = repr;
        let provenance = Provenance {
            currency: Some(currency),
            time_axis: Some(time),
            as_of: Some(fit.as_of),
            label: None,
        };
        Ok(Self { occasion, refunds, weights, method, currency, time, axes, fit, provenance })
    }

    keeps_provenance!();
}

/// The fields of a [`SegmentMap`]: segments in their order, and the number of one for every code.
#[derive(Serialize, Deserialize)]
pub struct MapRepr {
    bins: [u8; 3],
    segments: Vec<Segment>,
    of_code: Vec<u16>,
}

impl Wire for SegmentMap {
    const KIND: &'static str = "rfm-segments";
    type Repr = MapRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> MapRepr {
        MapRepr { bins: self.bins, segments: self.segments.clone(), of_code: self.of_code.clone() }
    }

    /// A number of a known segment for every code of the bins, and segments with names of their own.
    fn from_wire(repr: MapRepr, _: &mut BlockReader) -> Result<Self> {
        let MapRepr { bins, segments, of_code } = repr;
        let codes = codes_of(bins).map_err(|e| damaged(e.to_string()))?;
        let known = of_code.iter().all(|segment| usize::from(*segment) < segments.len());
        let unnamed = segments.iter().any(|segment| segment.name(Language::English).trim().is_empty());
        let repeated = segments.iter().enumerate().any(|(i, s)| {
            segments[..i].iter().any(|t| t.name(Language::English) == s.name(Language::English))
        });
        if of_code.len() != codes.len() || !known || unnamed || repeated {
            return Err(damaged("the map does not name every code once"));
        }
        Ok(Self { bins, segments, of_code })
    }
}
