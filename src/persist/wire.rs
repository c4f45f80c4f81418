//! How a model is laid out in a file; implemented beside each model, never by users.
//!
//! A rule for every implementation: what `from_wire` accepts, no method may stumble over. Lengths that must agree, indices
//! that must be in range, floats that must be finite, orders that must ascend: all are asked for again.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::types::Provenance;

use super::{BlockReader, BlockWriter};

/// A model's private wire form. `from_wire` trusts nothing: it keeps every rule that `fit` would have kept.
pub trait Wire: Sized {
    /// Name of the model in the envelope.
    const KIND: &'static str;
    /// The JSON part.
    type Repr: Serialize + DeserializeOwned;

    /// The JSON part; large arrays go to `blocks`.
    #[doc(hidden)]
    fn to_wire(&self, blocks: &mut BlockWriter) -> Self::Repr;

    /// The model again, or an error for anything that no `fit` could have made. Blocks come in the order written.
    #[doc(hidden)]
    fn from_wire(repr: Self::Repr, blocks: &mut BlockReader) -> Result<Self>;

    /// Where the data of the fit came from; kept in the envelope, so that no layout has to mind it.
    #[doc(hidden)]
    fn origin(&self) -> Option<&Provenance> {
        None
    }

    /// The model with that provenance again.
    #[doc(hidden)]
    fn set_origin(&mut self, _: Provenance) {}
}

/// The two methods of [`Wire`] for a model with a field `provenance`.
macro_rules! keeps_provenance {
    () => {
        fn origin(&self) -> Option<&crate::types::Provenance> {
            Some(&self.provenance)
        }

        fn set_origin(&mut self, provenance: crate::types::Provenance) {
            self.provenance = provenance;
        }
    };
}
pub(crate) use keeps_provenance;
