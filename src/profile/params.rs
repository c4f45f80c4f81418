//! What a caller may choose about matching.
//!
//! # What to change, and what not
//! Nothing, to begin with: kinds of fields decide more than settings do, so look at the kinds first. Then, in the
//! order of what it is usually worth:
//! | wish | setting |
//! |---|---|
//! | each source holds a person once (two registers to be linked) | [`sources`](MatchParams::sources) |
//! | numbers are given without a country's code; dates month first | [`normaliser`](MatchParams::normaliser) |
//! | a wrong merge costs more than a missed one | [`threshold`](MatchParams::threshold) of 0.9 or 0.99 |
//! | two different national ids must never meet | [`veto`](MatchParams::veto) |
//! | it is known of some records who they are | [`fit_labelled`](MatchParams::fit_labelled) in place of `fit` |
//! | exact identifiers only, no weighing | [`method`](MatchParams::method) and [`limit`](MatchParams::limit) |
//!
//! A threshold is a probability: 0.9 means that of the pairs merged at the bar, one in ten is expected to be wrong.
//!
//! # What a threshold does, by hand
//! Two groups join while their mean log-odds lie above t = ln(p / (1 − p)). For p = 0.5, t = 0; for 0.9, t = 2.2;
//! for 0.99, t = 4.6; for 0.1, t = −2.2. A pair never compared counts −1.5 nats whatever the threshold, so below p
//! = 0.18 (t = −1.5) missing pairs no longer speak against a join, and groups grow along chains: such thresholds
//! are for lists to look at, not for merging.
//!
//! # What a setting costs
//! | setting | precision | recall | time |
//! |---|---|---|---|
//! | threshold up | up | down | the same |
//! | veto on a kind | up | down where the kind has wrong values | the same |
//! | sources free of duplicates, where they are | up | up | less: pairs inside a source are not compared |
//! | sources free of duplicates, where they are not | wrong | down | less |
//! | rules | as good as the identifiers | low | least |
//!
//! # Errors
//! Settings are checked when they are used, by [`check`](MatchParams::check) or [`fit`](MatchParams::fit), not when
//! they are set, so that they chain.

use crate::data::{FieldKind, Records};
use crate::error::{Error, Result};
use crate::types::Probability;

use super::labels::Labels;
use super::model::MatchModel;
use super::normalise::Normaliser;

/// How records are told to be of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Method {
    /// By the weight of all evidence: a Fellegi-Sunter model learnt from the records themselves.
    #[default]
    Probabilistic,
    /// By equal identifiers alone, within [limits](MatchParams::limit).
    Rules,
}

/// What is known of duplicates inside a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Sources {
    /// A person may have several records in a source.
    #[default]
    MayRepeat,
    /// A person has at most one record in each source; only records of different sources can be one person.
    FreeOfDuplicates,
}

/// How many records may share an identifier before it stops counting as one.
///
/// By kind, in records. Kinds that are not listed identify nobody under rules. A telephone number of a family is
/// that of ten at most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Limits(Vec<(FieldKind, u32)>);

impl Default for Limits {
    fn default() -> Self {
        Self(vec![
            (FieldKind::Email, 20),
            (FieldKind::Phone, 10),
            (FieldKind::NationalId, 50),
            (FieldKind::CustomerAccount, 50),
            (FieldKind::Handle, 20),
        ])
    }
}

impl Limits {
    /// `None` for a kind by which rules tell nobody.
    pub(crate) fn of(&self, kind: FieldKind) -> Option<u32> {
        self.0.iter().find(|(k, _)| *k == kind).map(|(_, limit)| *limit)
    }
}

/// Settings of matching. The defaults are meant to be right for records about people.
///
/// ```
/// use regulars::profile::{MatchParams, Method, Sources};
/// use regulars::types::Probability;
///
/// let careful = MatchParams::new().threshold(Probability::new(0.9)?);
/// let linking = MatchParams::new().sources(Sources::FreeOfDuplicates);
/// let simple = MatchParams::new().method(Method::Rules);
/// # let _ = (careful, linking, simple);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct MatchParams {
    pub(crate) method: Method,
    pub(crate) sources: Sources,
    pub(crate) normaliser: Normaliser,
    pub(crate) limits: Limits,
    pub(crate) threshold: Option<Probability>,
    pub(crate) vetoes: Vec<FieldKind>,
}

impl MatchParams {
    /// The defaults: probabilistic, sources may repeat a person, the threshold is chosen by the library.
    pub fn new() -> Self {
        Self::default()
    }

    /// How records are told to be of one person.
    ///
    /// Rules need no learning and give no probabilities: models that go by rules cannot explain, review, take links
    /// or make an index.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// What is known of duplicates inside a source.
    ///
    /// Under [`Sources::FreeOfDuplicates`] λ is a share of the pairs across sources, random pairs are drawn across,
    /// and groups with two records of one source never form. A table of a single source then has no pairs at all.
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }

    /// How values are normalised.
    ///
    /// It is part of the fitted matcher: records that are merged later are normalised the same way.
    pub fn normaliser(mut self, normaliser: Normaliser) -> Self {
        self.normaliser = normaliser;
        self
    }

    /// How many records may share one value of an identifier under [`Method::Rules`]. The defaults: e-mail 20, phone 10,
    /// national id 50, account 50, handle 20.
    pub fn limit(mut self, kind: FieldKind, records: u32) -> Self {
        self.limits.0.retain(|(k, _)| *k != kind);
        self.limits.0.push((kind, records));
        self
    }

    /// Two records whose values of this kind differ by more than slips go cannot be one person, whatever else they
    /// share: for identifiers that a person has one of and that are entered with care. None by default.
    ///
    /// It holds for whole profiles, in a merge and in a [`ProfileIndex`](crate::profile::ProfileIndex) alike: no
    /// profile has two records that differ so, also where only a third record brought them together, and two groups
    /// with such a pair never join. Masked and missing values contradict nothing; of several values the two most
    /// alike count. What is declared to be [`together`](crate::profile::Links::together) or
    /// [merged](crate::profile::ProfileIndex::merge) comes before any veto. Under [`Method::Rules`] national ids
    /// always veto.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// use regulars::profile::MatchParams;
    /// assert!(MatchParams::new().veto(FieldKind::NationalId).check().is_ok());
    /// assert!(MatchParams::new().veto(FieldKind::City).check().is_err());
    /// ```
    pub fn veto(mut self, kind: FieldKind) -> Self {
        self.vetoes.push(kind);
        self
    }

    /// The probability from which two records count as one person. Without it the library chooses the one at which the
    /// expected pairwise F1 is best.
    ///
    /// Strictly between 0 and 1. It also moves the bar below which pairs are dropped, so a low threshold keeps more
    /// pairs.
    pub fn threshold(mut self, threshold: Probability) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for a limit of 0, a limit of a kind that is no identifier, or a
    /// threshold of 0 or 1.
    pub fn check(&self) -> Result<()> {
        for (kind, limit) in &self.limits.0 {
            if !kind.is_identifier() {
                return Err(Error::param("limit", "must be of a kind that identifies a person", kind));
            }
            if *limit == 0 {
                return Err(Error::param("limit", "must be at least 1", limit));
            }
        }
        let unique = |kind: &FieldKind| kind.is_identifier() || *kind == FieldKind::BirthDate;
        if let Some(kind) = self.vetoes.iter().find(|kind| !unique(kind)) {
            return Err(Error::param("veto", "must be of a kind of which a person has one", kind));
        }
        match self.threshold {
            Some(p) if p.get() <= 0.0 || p.get() >= 1.0 => {
                Err(Error::param("threshold", "must lie strictly between 0 and 1", p))
            }
            _ => Ok(()),
        }
    }

    /// Learns from records how to tell which of them are of one person.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) without records;
    /// [`Overflow`](crate::ErrorKind::Overflow) beyond 4 GiB of distinct values in one field.
    pub fn fit(&self, records: &Records) -> Result<MatchModel> {
        self.check()?;
        MatchModel::fit(self.clone(), records, None)
    }

    /// Learns from records and from what is known of some of them.
    ///
    /// First as [`fit`](Self::fit), then shares, a correction of the score and the bar from the labelled pairs;
    /// cross-fitted, so that what does not help is not used. [`MatchModel::summary`] tells how well it went. The
    /// model is saved, explained and used like any other.
    ///
    /// ```
    /// use regulars::profile::{Labels, MatchParams};
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let table = ShopParams::new(800, Seed(7)).simulate()?.record_table()?;
    /// let records = table.to_records()?;
    /// // Half of the people are known.
    /// let half = table.people().iter().map(|person| (person % 2 == 0).then_some(*person));
    /// let model = MatchParams::new().fit_labelled(&records, &Labels::new().people(half))?;
    ///
    /// let learnt = model.summary().and_then(|s| s.labels).expect("labels were given");
    /// assert!(learnt.same > 100 && learnt.f1 >= learnt.f1_before - 0.01);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`InvalidParam`](crate::ErrorKind::InvalidParam) under [`Method::Rules`];
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for another number of persons than records;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a pair of a record there is not, for labels that
    /// contradict each other, and for labels that know of no two records of one person or of no two people.
    pub fn fit_labelled(&self, records: &Records, labels: &Labels) -> Result<MatchModel> {
        self.check()?;
        if self.method == Method::Rules {
            return Err(Error::param("method", "must be probabilistic to learn from labels", "rules"));
        }
        MatchModel::fit(self.clone(), records, Some(labels))
    }
}
