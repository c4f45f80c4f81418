//! `MatchModel`: what was learnt, and how it decides.

use std::fmt;

use crate::data::{Field, Records};
use crate::error::{Error, Result};

use super::params::MatchParams;
use super::prepare::Prepared;
use super::profiles::Profiles;
use super::rules;

/// A fitted matcher.
///
/// `Debug` prints counts.
#[derive(Clone)]
pub struct MatchModel {
    params: MatchParams,
    fields: Vec<Field>,
    records: usize,
}

impl MatchModel {
    pub(crate) fn fit(params: MatchParams, records: &Records) -> Result<Self> {
        let _ = Prepared::new(records, params.normaliser)?;
        Ok(Self { params, fields: records.fields().to_vec(), records: records.len() })
    }

    /// Sorts records into profiles.
    ///
    /// # Errors
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit.
    pub fn merge(&self, records: &Records) -> Result<Profiles> {
        if records.fields() != self.fields {
            return Err(Error::shape("fields, those of the fit", self.fields.len(), records.fields().len()));
        }
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let (roots, _) = rules::resolve(&prepared, &self.params.limits);
        Ok(Profiles::from_roots(records, self.params.normaliser, &roots))
    }
}

impl fmt::Debug for MatchModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MatchModel({:?}, {} fields, {} records)",
            self.params.method,
            self.fields.len(),
            self.records
        )
    }
}
