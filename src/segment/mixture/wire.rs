//! How a mixture is saved.
//!
//! As for the model of k-means, nothing in the file is trusted: components with positive weights that add up to 1, finite
//! means of the right width, triangular factors with a positive diagonal, a transform for exactly these columns.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::data::Transform;
use crate::error::{Error, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::super::lloyd::MOST_SEGMENTS;
use super::super::profile::SegmentProfile;
use super::super::wire::{check_profile, sizes_add_up};
use super::em::Component;
use super::model::{MixtureModel, MixtureScore, MixtureSummary};

/// The fields of the model under the names of the file.
#[derive(Serialize, Deserialize)]
pub struct MixtureRepr {
    columns: Vec<String>,
    transform: Option<Transform>,
    parts: Vec<Component>,
    profiles: Vec<SegmentProfile>,
    summary: MixtureSummary,
    sweep: Vec<MixtureScore>,
}

impl Wire for MixtureModel {
    const KIND: &'static str = "mixture";
    type Repr = MixtureRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> MixtureRepr {
        MixtureRepr {
            columns: self.columns.clone(),
            transform: self.transform.clone(),
            parts: self.parts.clone(),
            profiles: self.profiles.clone(),
            summary: self.summary.clone(),
            sweep: self.sweep.clone(),
        }
    }

    fn from_wire(repr: MixtureRepr, _: &mut BlockReader) -> Result<Self> {
        let MixtureRepr { columns, transform, parts, profiles, summary, sweep } = repr;
        let (k, width) = (parts.len(), columns.len());
        let distinct: BTreeSet<&String> = columns.iter().collect();
        if width == 0 || distinct.len() != width || columns.iter().any(String::is_empty) {
            return Err(Error::input("a mixture needs named columns, each once"));
        }
        if k == 0 || k > MOST_SEGMENTS || profiles.len() != k {
            return Err(Error::shape("profiles of the mixture", k, profiles.len()));
        }
        if !parts.iter().all(|p| p.is_valid(width)) {
            return Err(Error::input("a component of the mixture is impossible"));
        }
        if (parts.iter().map(|p| p.weight).sum::<f64>() - 1.0).abs() > 1e-6 {
            return Err(Error::input("the weights of the mixture do not add up to 1"));
        }
        if let Some(transform) = &transform {
            transform.validate()?;
            if !transform.names().eq(columns.iter().map(String::as_str)) {
                return Err(Error::input("the transform has other columns than the mixture"));
            }
        }
        for profile in &profiles {
            check_profile(profile, &columns)?;
        }
        if !sizes_add_up(&profiles, summary.rows) {
            return Err(Error::input("the sizes of the segments do not add up to the rows"));
        }
        let numbers = [summary.log_likelihood, summary.bic];
        if summary.rows == 0 || !numbers.iter().chain(sweep.iter().map(|s| &s.bic)).all(|v| v.is_finite()) {
            return Err(Error::input("the summary of the fit is impossible"));
        }
        let provenance = Provenance::default();
        Ok(Self { columns, transform, parts, profiles, summary, sweep, provenance })
    }

    keeps_provenance!();
}

#[cfg(test)]
mod tests {
    use super::super::MixtureParams;
    use super::*;
    use crate::data::{Customers, Features};
    use crate::{ErrorKind, persist};

    /// Bit for bit, and one damaged field at a time.
    #[test]
    fn a_saved_mixture_is_the_same_and_a_damaged_one_is_refused() {
        let value = |i: i32| f64::from(i * i % 23) + 0.1 * f64::from(i % 3);
        let features = Features::builder(Customers::numbered(60).unwrap())
            .numeric("recency", (0..60).map(value))
            .unwrap()
            .numeric("monetary", (0..60).map(|i| value(i + 7)))
            .unwrap()
            .build()
            .unwrap();
        let model = MixtureParams::auto(2..=3).restarts(2).fit(&features).unwrap();
        let mut file = Vec::new();
        persist::write(&mut file, &model).unwrap();
        let back: MixtureModel = persist::read(file.as_slice()).unwrap();
        assert!(back == model);
        let bits = |m: &MixtureModel| m.predict(&features).unwrap().into_values();
        assert!(bits(&back) == bits(&model));
        let text = String::from_utf8(file).unwrap();
        for (from, to) in [
            ("\"columns\":[\"recency\"", "\"columns\":[\"r\""),
            ("\"weight\":0", "\"weight\":7"),
            ("\"mean\":[", "\"mean\":[0.5,"),
            ("\"factor\":[", "\"factor\":[-"),
            ("\"parts\":[", "\"parts\":[{\"weight\":1.0,\"mean\":[],\"factor\":[],\"constant\":0.0},"),
            ("\"rows\":60", "\"rows\":0"),
        ] {
            assert!(text.contains(from), "{from}");
            let damaged = text.replacen(from, to, 1);
            let error = persist::read::<MixtureModel>(damaged.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{from}: {error}");
        }
    }
}
