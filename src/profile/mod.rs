//! Who is who: records of several sources become profiles, one for each person.

mod block;
mod cluster;
mod compare;
mod golden;
mod mixture;
mod model;
mod normalise;
mod params;
mod prepare;
mod prior;
mod profiles;
mod rules;
mod score;
#[cfg(test)]
mod tests;

pub use golden::{GoldenParams, GoldenRecord, Survivorship};
pub use model::MatchModel;
pub use normalise::{DateOrder, Normaliser, Tags, is_valid_chinese_id};
pub use params::{MatchParams, Method, Sources};
pub use profiles::{ProfileId, Profiles};
