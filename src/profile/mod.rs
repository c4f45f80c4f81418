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
//! # With labels
//! Where it is known of some records who they are, [`MatchParams::fit_labelled`] learns from them: the shares m, a
//! correction of the score that knows which fields go together, and the bar; cross-fitted, so that only what helps
//! is used. With half of the people known it is worth .008 of F1 on the synthetic CRM sets; all other calls stay as they are.
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
//! # Words used throughout
//! | word | meaning | unit |
//! |---|---|---|
//! | record, row | one entry of a source; its place in the table | |
//! | column | what is compared: a field, or one of the two parts of a whole name | |
//! | level | how far two values agree, one of eight | |
//! | key | a shorter form under which values that mean nearly the same meet | |
//! | pass | one way of finding candidates: equal keys of one or two columns | |
//! | candidate | a pair that a pass found; it is compared | |
//! | score | log-odds of "one person" | nats in the code, bits in explanations |
//! | m, u, h | shares of a level, or of a value in common, among pairs of one person, strangers, a household | 0 to 1 |
//! | λ | share of a class among all pairs | 0 to 1 |
//! | threshold | probability (log-odds inside) from which groups join | 0 to 1 (nats) |
//!
//! # A pair by hand
//! Two records of a table of 1,000 share a surname that 20 people have, and a birth date nobody else has; their
//! e-mail addresses are not equal but one letter apart, no other column is filled in both. With the priors:
//! ```text
//! log-odds before        ln(0.001 / 0.9988)                        −6.9
//! surname equal          ln(0.865 / 0.018)                         +3.9
//! birth date equal       ln(0.88 / 0.000045)                       +9.9
//! e-mail one slip apart  ln(0.04 / 0.000001)                      +10.6
//! household instead      −ln(1 + 0.0002 · 36 · 79 · 801 / 0.9988)  −6.1
//! sum                    11.3 nats, odds of 80,000 to one
//! ```
//! The household takes so much because people who live together share addresses as well, with h = 0.02. Had only
//! the surname agreed, the score would be −3.0: p = 0.05, apart.
//!
//! # From records to profiles, step by step
//! | step | where | result |
//! |---|---|---|
//! | normalise, number, sketch | `prepare`, `normalise` | cells of numbers, one row a record |
//! | choose keys, make blocks | `block` | candidates |
//! | compare in stages | `score`, `compare` | pairs with a level for each column |
//! | count values | `frequency` | chance of each value |
//! | learn | `mixture`, `prior`, `ties` | m, u, h, λ, what goes together |
//! | learn from labels | `labels`, `supervised` | m, a correction of the score, the bar |
//! | join | `cluster` | a root for each row |
//! | name, index | `profiles` | [`Profiles`] |
//! | look at, correct, keep | `explain`, `review`, `links`, `index` | waterfalls, lists, a living index |
//!
//! # Limits worth knowing
//! - Twins who share a home, a surname and a birth date differ in given name and identifiers only; without those
//!   they are one person.
//! - Two equal masks (`138****8000` twice) are partial evidence, as a mask and a number it may stand for are.
//! - A wrong value that a clerk copies to many records counts as often as it was copied, up to the bound of a pair.
//! - Priors and keys know Latin and Chinese writing best; other scripts are compared as they stand.
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
mod labels;
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
mod supervised;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
mod ties;
#[cfg(feature = "serde")]
mod wire;

pub use explain::{Agreement, Evidence, Explainer, Explanation};
pub use golden::{GoldenParams, GoldenRecord, OwnRule, Survivorship};
pub use index::{Action, AuditEvent, Candidate, Change, IndexParams, IndexSnapshot, ProfileIndex};
pub use labels::Labels;
pub use links::Links;
pub use model::{MatchModel, MatchSummary};
pub use normalise::{Normaliser, Tags, is_valid_chinese_id};
pub use params::{MatchParams, Method, Sources};
pub use privacy::{Consent, Pseudonyms, mask};
pub use profiles::{ProfileId, Profiles};
pub use quality::{FieldQuality, quality, quality_of_profiles};
pub use review::{BlockingReport, ReviewPair};
pub use supervised::LabelSummary;
