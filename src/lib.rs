#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(all(feature = "serde", feature = "csv")),
    allow(dead_code, reason = "what only saving or reading files calls")
)]

pub mod churn;
pub mod data;
pub mod error;
mod kernel;
pub mod ltv;
pub mod metrics;
#[cfg(feature = "serde")]
pub mod persist;
pub mod pipeline;
pub mod profile;
pub mod recommend;
pub mod rfm;
pub mod segment;
pub mod simulate;
pub mod types;

pub use error::{Error, ErrorKind, Place, Result};
