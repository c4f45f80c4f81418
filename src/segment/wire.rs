//! How a segment model is saved.
//!
//! The file holds what `fit` has made, field by field; nothing in it is trusted. A model that comes back has named columns,
//! each once; as many finite centres as profiles; a transform for exactly these columns; profiles with shares, weights and
//! radii that a fit can have; names that differ; a summary and a sweep of finite numbers. Whatever fails is
//! [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel).
//!
//! Fields that later versions have added (`revenue`, `deviation`, `filled`, the gap) are absent from files of the first
//! version, and are left out again where they are empty, so that such a file is written as it was read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::data::Transform;
use crate::error::{Error, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::choose::Choice;
use super::lloyd::{LARGEST, MOST_SEGMENTS};
use super::model::{SegmentModel, SegmentSummary};
use super::names::SegmentName;
use super::profile::SegmentProfile;

/// The fields of the model under the names of the file.
///
/// | field | unit |
/// |---|---|
/// | `centres` | of the matrix, row by row, one row a segment in order |
/// | `transform` | null for a model fitted on a matrix |
/// | `profiles` | of the table, in the order of the centres |
/// | `choice` | null where the caller gave the number of segments |
///
#[derive(Serialize, Deserialize)]
pub struct SegmentRepr {
    columns: Vec<String>,
    transform: Option<Transform>,
    centres: Vec<f64>,
    profiles: Vec<SegmentProfile>,
    summary: SegmentSummary,
    choice: Option<Choice>,
}

impl Wire for SegmentModel {
    const KIND: &'static str = "segments";
    type Repr = SegmentRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> SegmentRepr {
        SegmentRepr {
            columns: self.columns.clone(),
            transform: self.transform.clone(),
            centres: self.centres.clone(),
            profiles: self.profiles.clone(),
            summary: self.summary.clone(),
            choice: self.choice.clone(),
        }
    }

    fn from_wire(repr: SegmentRepr, _: &mut BlockReader) -> Result<Self> {
        let SegmentRepr { columns, transform, centres, profiles, summary, choice } = repr;
        let (k, width) = (profiles.len(), columns.len());
        let distinct: BTreeSet<&String> = columns.iter().collect();
        if width == 0 || distinct.len() != width || columns.iter().any(String::is_empty) {
            return Err(Error::input("a segment model needs named columns, each once"));
        }
        if k == 0 || k > MOST_SEGMENTS || k.checked_mul(width) != Some(centres.len()) {
            return Err(Error::shape("numbers of the centres", k.saturating_mul(width), centres.len()));
        }
        if centres.iter().any(|c| c.is_nan() || c.abs() > LARGEST) {
            return Err(Error::input("a centre is not finite"));
        }
        if let Some(transform) = &transform {
            transform.validate()?;
            if !transform.names().eq(columns.iter().map(String::as_str)) {
                return Err(Error::input("the transform has other columns than the centres"));
            }
        }
        for profile in &profiles {
            check_profile(profile, &columns)?;
        }
        let names: BTreeSet<String> =
            profiles.iter().map(|p| p.name.text(crate::types::Language::English).into_owned()).collect();
        if names.len() != k {
            return Err(Error::input("two segments share a name"));
        }
        if !(summary.inertia >= 0.0 && summary.inertia.is_finite()) || summary.rows == 0 {
            return Err(Error::input("the summary of the fit is impossible"));
        }
        if !sizes_add_up(&profiles, summary.rows) {
            return Err(Error::input("the sizes of the segments do not add up to the rows"));
        }
        if let Some(choice) = &choice {
            let finite = |v: f64| v.is_finite();
            let sound = choice.sweep.iter().all(|s| {
                let plain = [s.stability, s.silhouette, s.calinski_harabasz, s.inertia_per_row];
                let some = [s.davies_bouldin, s.gap, s.gap_error];
                let groups = s.groups.is_none_or(|groups| (1..=s.k.max(1)).contains(&groups));
                groups && plain.into_iter().all(finite) && some.into_iter().flatten().all(finite)
            });
            if choice.k != k || !sound {
                return Err(Error::input("the choice of the number of segments is impossible"));
            }
        }
        let provenance = Provenance::default();
        Ok(Self { columns, transform, centres, profiles, summary, choice, provenance })
    }

    keeps_provenance!();
}

/// Whether every row is a member of one segment.
pub(super) fn sizes_add_up(profiles: &[SegmentProfile], rows: usize) -> bool {
    profiles.iter().try_fold(0_usize, |sum, p| sum.checked_add(p.size)) == Some(rows)
}

/// Whether a fit could have made a profile for these columns: a name that is not empty, a share from 0 to 1, weights,
/// radii and deviations that are finite and not negative, one trait for each column in their order.
pub(super) fn check_profile(profile: &SegmentProfile, columns: &[String]) -> Result<()> {
    let named = match &profile.name {
        SegmentName::Custom(name) => !name.trim().is_empty(),
        _ => true,
    };
    let numbers = (0.0..=1.0).contains(&profile.share)
        && profile.weight >= 0.0
        && profile.weight.is_finite()
        && profile.radius >= 0.0
        && profile.radius.is_finite()
        && profile.revenue.is_none_or(f64::is_finite);
    let finite = |v: f64| v.is_finite();
    let traits = profile.traits.iter().all(|t| {
        let some = [t.mean, t.share_of_total, t.effect, t.deviation];
        finite(t.centre)
            && some.into_iter().flatten().all(finite)
            && t.deviation.is_none_or(|deviation| deviation >= 0.0)
    });
    let same = profile.traits.iter().map(|t| &t.column).eq(columns);
    if named && numbers && traits && same {
        Ok(())
    } else {
        Err(Error::input("the profile of a segment is impossible"))
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Customers, Features, Matrix};
    use crate::segment::{KMeansParams, SegmentModel};
    use crate::{ErrorKind, persist};

    fn model() -> (Features, SegmentModel) {
        let value = |i: i32| f64::from(i * i % 23) + 0.1 * f64::from(i % 3);
        let features = Features::builder(Customers::numbered(40).unwrap())
            .numeric("recency", (0..40).map(value))
            .unwrap()
            .numeric("monetary", (0..40).map(|i| Some(value(i + 7)).filter(|_| i % 9 != 0)))
            .unwrap()
            .build()
            .unwrap();
        let model = KMeansParams::auto(2..=4).restarts(3).fit(&features).unwrap();
        (features, model)
    }

    fn saved(model: &SegmentModel) -> String {
        let mut file = Vec::new();
        persist::write(&mut file, model).unwrap();
        String::from_utf8(file).unwrap()
    }

    /// Bit for bit, answers included, with and without a transform.
    #[test]
    fn a_saved_model_is_the_same_model() {
        let (features, model) = model();
        let back: SegmentModel = persist::read(saved(&model).as_bytes()).unwrap();
        assert!(back == model);
        assert!(back.assign(&features).unwrap() == model.assign(&features).unwrap());
        let plain = Matrix::unnamed(Customers::numbered(3).unwrap(), 1, vec![1.0, 2.0, 9.0]).unwrap();
        let model = KMeansParams::new(2).fit(&plain).unwrap().named(["低", "高"]).unwrap();
        assert!(persist::read::<SegmentModel>(saved(&model).as_bytes()).unwrap() == model);
    }

    /// One damaged field at a time.
    #[test]
    fn what_no_fit_could_have_made_is_refused() {
        let file = saved(&model().1);
        for (from, to) in [
            ("\"columns\":[\"recency\"", "\"columns\":[\"monetary\""),
            ("\"columns\":[\"recency\"", "\"columns\":[\"r\""),
            ("\"centres\":[", "\"centres\":[0.5,"),
            ("\"centres\":[", "\"centres\":[1e200,"),
            ("\"share\":0", "\"share\":7"),
            ("\"radius\":", "\"radius\":-"),
            ("\"inertia\":", "\"inertia\":-"),
            ("\"choice\":{\"k\":", "\"choice\":{\"k\":9"),
            ("\"scale\":", "\"scale\":-"),
        ] {
            assert!(file.contains(from), "{from}");
            let damaged = file.replacen(from, to, 1);
            let error = persist::read::<SegmentModel>(damaged.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{from}: {error}");
        }
    }
}
