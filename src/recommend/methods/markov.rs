//! A Markov chain of baskets: what comes after what was just bought.

use crate::error::{Error, Result};

use super::super::baskets::{Baskets, Past};
use super::super::model::Own;
use super::super::rank::Candidate;
use super::super::sparse::{Pool, Sparse, merge};
use super::pairs::Successors;
use super::{Because, Work, fits, united};

/// Fits a next-item model of sequences: a first-order Markov chain of baskets.
///
/// # When to use
/// Where order matters more than taste: sessions, courses, stages of life, parts after the machine. For groceries it is
/// a baseline; rules with the time between are [`SequenceRuleParams`](crate::recommend::SequenceRuleParams).
///
/// # Model
/// `P(j | i) = n_i→j / n_i→`, where `n_i→` counts the baskets with item i that have a next one of the same customer and
/// `n_i→j` those whose next one holds j. The score of j is
/// `Σ_a d^a Σ_i P(j | i) / Σ_a d^a |b_a|` over the items i of the basket `b_a` that lies a baskets back: the mean over what
/// was just bought, older baskets counting less by the factor d.
///
/// | symbol | setter | default |
/// |---|---|---|
/// | d | [`memory`](Self::memory) | 0.5 |
/// | | [`successors`](Self::successors) kept of each item | 100 |
///
/// # Example
/// ```
/// # use regulars::{data::*, types::*};
/// use regulars::recommend::MarkovChainParams;
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (who, day, item) in [("ann", 1, "formula"), ("ann", 9, "weaning food"), ("bob", 3, "formula")] {
/// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// let model = MarkovChainParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
/// let next = &model.recommend("bob", 1)?[0];
/// assert_eq!((next.item.to_string(), next.score), ("weaning food".into(), 1.0));
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Complexity
/// `fit` costs Σ |b| |b'| over successive baskets, in parallel by item; a list the kept successors of the last few
/// baskets' items. 12 bytes a kept successor.
///
/// # References
/// Rendle, Freudenthaler, Schmidt-Thieme 2010, Factorizing personalized Markov chains for next-basket recommendation,
/// doi:10.1145/1772690.1772773 (the unfactorised chain)
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct MarkovChainParams {
    memory: f64,
    successors: usize,
}

impl Default for MarkovChainParams {
    fn default() -> Self {
        Self { memory: 0.5, successors: 100 }
    }
}

/// Baskets further back weigh less than a thousandth of the last one, or are too many to matter.
const FURTHEST: usize = 20;

impl MarkovChainParams {
    /// A memory of .5, 100 successors an item.
    pub fn new() -> Self {
        Self::default()
    }

    /// Weight of a basket over that of the next one, d in [0, 1]; 0 for the last basket alone. With visits days apart a little
    /// memory helps; clicks of one session want 0.
    pub fn memory(mut self, decay: f64) -> Self {
        self.memory = decay;
        self
    }

    /// Most probable successors kept of each item; at least 1.
    pub fn successors(mut self, k: usize) -> Self {
        self.successors = k;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// ```
    /// assert!(regulars::recommend::MarkovChainParams::new().memory(1.1).check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for 0 successors and a memory outside [0, 1].
    pub fn check(&self) -> Result<()> {
        if self.successors == 0 {
            return Err(Error::param("successors", "must be at least 1", 0));
        }
        if !(0.0..=1.0).contains(&self.memory) {
            return Err(Error::param("memory", "must lie in [0, 1]", self.memory));
        }
        Ok(())
    }

    /// The latest items with their weights, which add up to 1; the latest basket first.
    ///
    /// By hand, d = 0.5, the last basket {a, b} and the one before {a}: weights 1, 1 and 0.5 over their sum 2.5 are a 0.6, b 0.4.
    /// The weights being shares, a score is a mean of probabilities and lies in 0 to 1.
    fn latest(&self, past: Past<'_>) -> Vec<(u32, f64)> {
        let (mut latest, mut weight, mut total) = (Vec::new(), 1.0, 0.0);
        for basket in past.baskets().rev().take(FURTHEST) {
            if weight < 1e-3 {
                break;
            }
            latest.extend(basket.iter().map(|item| (*item, weight)));
            total += weight * basket.len() as f64;
            weight *= self.memory;
        }
        for (_, w) in &mut latest {
            *w /= total;
        }
        merge(latest)
    }
}

fits!(MarkovChainParams, MarkovChain);

/// The transitions.
pub(in crate::recommend) struct Engine {
    params: MarkovChainParams,
    transitions: Sparse<f64>,
    /// Share of all baskets that hold each item.
    shares: Vec<f64>,
    work: Pool<Work>,
}

impl Engine {
    pub(super) fn new(params: MarkovChainParams, baskets: &Baskets) -> Self {
        let all = baskets.len().max(1) as f64;
        Self {
            params,
            transitions: Successors::new(baskets).transitions(params.successors),
            shares: baskets.popularity().into_iter().map(|n| f64::from(n) / all).collect(),
            work: Pool::default(),
        }
    }

    /// The items of the latest baskets are candidates like any other: what is bought every time follows itself.
    pub(super) fn candidates(&self, past: Past<'_>, own: &[Own]) -> Vec<Candidate> {
        self.work.with(|work| {
            for (item, weight) in self.params.latest(past) {
                for (next, p) in self.transitions.row(item as usize) {
                    work.items.reach(*next as usize + 1);
                    work.items.add(*next, weight * p);
                }
            }
            united(&[], &work.items, own, 0.0)
        })
    }

    /// The recent item that an item follows most, and how many times as often as it is bought at all.
    pub(super) fn companion(&self, past: Past<'_>, item: u32) -> Because {
        let mut best = (0.0, None);
        for (recent, weight) in self.params.latest(past) {
            let row = self.transitions.row(recent as usize);
            let p = row.iter().find(|(next, _)| *next == item).map_or(0.0, |(_, p)| *p);
            if weight * p > best.0 {
                best = (weight * p, Some((recent, p)));
            }
        }
        match (best.1, self.shares.get(item as usize)) {
            (Some((recent, p)), Some(share)) => Because::Follows(recent, p / share.max(f64::MIN_POSITIVE)),
            _ => Because::Nothing,
        }
    }
}
