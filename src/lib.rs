#![doc = include_str!("../README.md")]
//!
//! # Modules
//!
//! | module | the question it answers |
//! |---|---|
//! | [`data`] | What happened: who bought what, when, for how much? And what was known on a given day? |
//! | [`profile`] | Who is who? |
//! | [`rfm`] | Who bought recently, often, for much? |
//! | [`segment`] | Which groups of customers behave alike? |
//! | [`churn`] | Who is leaving, how sure are we, and why? |
//! | [`ltv`] | What will each customer buy, and what is that worth? |
//! | [`recommend`] | What does each customer buy next, when, and why? |
//! | [`pipeline`] | What do all the answers together say about each person? |
//! | [`metrics`] | How good is an answer? |
//! | [`simulate`] | What would a shop with known truth look like? |
//! | [`types`] | Which words do all modules share? |
//! | [`error`](mod@error) | What went wrong, of what kind, and in which row, column or parameter? |
//!
//! Saved models are in `persist`, with the feature `serde`.
//!
//! Begin with [`data`]: its page follows five rows of orders from the door to a forecast's input, by hand.
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
