//! Who is who: records about people, from several systems, become one profile for each person.
//!
//! # When to use it, and when not
//! Use it before anything else where one person has several accounts, records or sources: lifetime value, churn and
//! segments of accounts are not those of people. It wants fields that say something about a person (names, contacts,
//! birth date, address). It does not match companies or products, and it does not guess from one field alone: where all
//! records have is a city, all stay apart.
//!
//! # The model
//! Fellegi and Sunter's model of record linkage. A pair of records is compared field by field; a field agrees at a level
//! l, from "differ" over "one slip apart" to "equal". For each field,
//! - m(l) is the share of pairs of one person that agree at that level,
//! - u(l) is the chance that strangers do; for equal values it is the frequency of the value among people, the pair
//!   itself left out: sharing a rare surname says more than sharing a common one,
//! - R = m(l) / u(l), and 1 where a value is missing,
//! - h is the share of pairs of a household that have the value in common: address nearly always, given name hardly
//!   ever.
//!
//! A pair is of one person, of one household, or of strangers, with weights
//! ```text
//! one person     λ₁ · Π R
//! one household  λ₂ · Π (h · R + 1 − h)
//! strangers      1 − λ₁ − λ₂
//! ```
//! and the log-odds of "one person" against the rest is its score.
//!
//! m, u, h and λ are learnt by expectation-maximisation from the records, without labels, from priors by kind that hold
//! where there is little to learn from. Which pairs are compared follows from the fields: keys of one or two of them, as
//! coarse as a budget of pairs allows; a value shared by very many records is searched along its order only. Profiles
//! are joined by average linkage on the log-odds: two groups become one while the mean over all pairs between them is
//! above the threshold, pairs never compared counting against. Then values are counted by profile instead of by record,
//! and the whole is done once more.
//!
//! The threshold is log-odds 0 unless [`MatchParams::threshold`] says otherwise: for calibrated probabilities p, the
//! pairs that maximise expected F1 are those above F*/2 (Lipton et al. 2014), which is close to ½ where F* is close
//! to 1.
//!
//! # Assumptions
//! Fields agree or not independently of each other, given the kind of pair; the class of households takes up most of
//! what is not so. People do not share all their identifiers. Duplicates inside a source are possible unless
//! [`Sources::FreeOfDuplicates`] says that they are not.
//!
//! # Data contract
//! [`Records`](crate::data::Records): any mixture of fields, each with a [`FieldKind`](crate::data::FieldKind); missing
//! values and several values per field are fine. Values are normalised by [`Normaliser`]; placeholders, and identifiers
//! that more than 50 records and 1 in 200 share, count as missing. The first 20 columns are compared (a whole name is
//! two). No record and no value is ever changed.
//!
//! # Example
//! ```
//! use regulars::profile::{GoldenParams, MatchParams};
//! use regulars::simulate::ShopParams;
//! use regulars::types::Seed;
//!
//! let table = ShopParams::new(500, Seed(7)).simulate()?.record_table()?;
//! let records = table.to_records()?;
//!
//! let people = MatchParams::new().fit(&records)?.merge(&records)?;
//!
//! let scores = regulars::metrics::pairwise(people.labels(), table.people())?;
//! assert!(scores.f1 > 0.9);
//! let golden = people.golden(&records, 0, &GoldenParams::new())?;
//! assert!(golden.iter().count() > 0);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! With n records, P compared pairs and F fields: O(n F log n) to prepare, O(P F) to compare and to score, at most
//! 150,000 pairs for each of at most 50 rounds of learning; P is at most about 10 n for a table of people, and all pairs
//! up to 600,000. Memory is about 16 P + 100 n bytes beside the records. Columns, passes and chunks of pairs run in
//! parallel.
//!
//! # Accuracy
//! Pairwise F1 of the final profiles over all true pairs, one default call each, no labels: FEBRL 1, 2 and 4 (linked)
//! 1.0000, Splink's `fake_1000` 0.976, and see `ACCURACY.md`. String comparators equal the textbook algorithms to 1e-12
//! up to 64 characters.
//!
//! # Determinism
//! Bit-identical for any number of threads. Ties between joins go to the smaller rows; random pairs come from a fixed
//! seed.
//!
//! # Errors
//! [`InvalidParam`](crate::ErrorKind::InvalidParam) for a limit or threshold out of range,
//! [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for other fields than those of the fit. Whatever the values are,
//! they are never an error and never in a message.
//!
//! # References
//! - Fellegi and Sunter 1969, A theory for record linkage, doi:10.1080/01621459.1969.10501049.
//! - Winkler 1988, Using the EM algorithm for weight computation in the Fellegi-Sunter model of record linkage.
//! - Winkler 2000, Frequency-based matching in Fellegi-Sunter model of record linkage, US Census RR2000/06.
//! - Christen 2012, Data Matching, doi:10.1007/978-3-642-31164-2.
//! - Lipton, Elkan and Naryanaswamy 2014, Optimal thresholding of classifiers to maximize F1 measure,
//!   doi:10.1007/978-3-662-44851-9_15.

mod block;
mod cluster;
mod compare;
mod explain;
mod frequency;
mod golden;
mod index;
mod links;
mod mixture;
mod model;
mod normalise;
mod params;
mod prepare;
mod prior;
mod privacy;
mod profiles;
mod quality;
mod review;
mod rules;
mod score;
#[cfg(test)]
mod tests;
#[cfg(feature = "serde")]
mod wire;

pub use explain::{Agreement, Evidence, Explainer, Explanation};
pub use golden::{GoldenParams, GoldenRecord, OwnRule, Survivorship};
pub use index::{Action, AuditEvent, Candidate, Change, IndexParams, IndexSnapshot, ProfileIndex};
pub use links::Links;
pub use model::{MatchModel, MatchSummary};
pub use normalise::{DateOrder, Normaliser, Tags, is_valid_chinese_id};
pub use params::{MatchParams, Method, Sources};
pub use privacy::{Consent, Pseudonyms, mask};
pub use profiles::{ProfileId, Profiles};
pub use quality::{FieldQuality, quality, quality_of_profiles};
pub use review::{BlockingReport, ReviewPair};
