//! How well records were put together: pairwise precision, recall and F1, and B-cubed.
//!
//! Pairs weigh a cluster by its square: one large cluster wrongly joined costs precision at once, which is what over-linking
//! does to a business. B-cubed weighs records alike and says what a typical record sees. Look at both. Pairs are counted
//! exactly, in integers.

use hashbrown::HashMap;

use crate::error::{Error, Result};

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PairScores {
    /// Share of the pairs put together that belong together; 1 where none were put together.
    pub precision: f64,
    /// Share of the pairs that belong together that were put together; 1 where none belong together.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Pairs that belong together.
    pub true_pairs: u64,
    /// Pairs put together.
    pub predicted_pairs: u64,
    /// Pairs put together that belong together.
    pub hits: u64,
}

/// Pairwise precision, recall and F1 of a clustering, over all pairs of records.
///
/// `labels` and `truth` name the cluster and the entity of each record by any numbers.
///
/// ```
/// use regulars::metrics::pairwise;
/// let scores = pairwise(&[0, 0, 0, 1], &[7, 7, 8, 8])?;
/// assert_eq!((scores.hits, scores.predicted_pairs, scores.true_pairs), (1, 3, 2));
/// assert_eq!(scores.f1, 0.4);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// Menestrina, Whang and Garcia-Molina 2010, doi:10.14778/1920841.1920871.
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for different lengths.
pub fn pairwise(labels: &[u32], truth: &[u32]) -> Result<PairScores> {
    same_length(labels, truth)?;
    let within =
        |counts: &mut dyn Iterator<Item = u64>| counts.map(|n| n * (n.saturating_sub(1)) / 2).sum::<u64>();
    let mut clusters: HashMap<u32, u64> = HashMap::new();
    let mut entities: HashMap<u32, u64> = HashMap::new();
    let mut both: HashMap<(u32, u32), u64> = HashMap::new();
    for (label, entity) in labels.iter().zip(truth) {
        *clusters.entry(*label).or_default() += 1;
        *entities.entry(*entity).or_default() += 1;
        *both.entry((*label, *entity)).or_default() += 1;
    }
    Ok(scores(
        within(&mut both.into_values()),
        within(&mut clusters.into_values()),
        within(&mut entities.into_values()),
    ))
}

/// As [`pairwise`], over pairs of records of different sources only: for linking tables without duplicates of their own.
///
/// ```
/// use regulars::metrics::{pairwise, pairwise_across};
///
/// // Records 0 and 1 are of one source; 2 is of the other.
/// let (labels, truth, sources) = ([0, 0, 0], [7, 8, 7], [1, 1, 2]);
/// assert_eq!(pairwise(&labels, &truth)?.predicted_pairs, 3);
/// let across = pairwise_across(&labels, &truth, &sources)?;
/// assert_eq!((across.predicted_pairs, across.true_pairs, across.hits), (2, 1, 1));
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for different lengths.
pub fn pairwise_across(labels: &[u32], truth: &[u32], sources: &[u32]) -> Result<PairScores> {
    same_length(labels, truth)?;
    same_length(labels, sources)?;
    let all = pairwise(labels, truth)?;
    let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
    let mut inside = |group: &[u32]| -> Vec<u32> {
        numbers.clear();
        group
            .iter()
            .zip(sources)
            .map(|(label, source)| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry((*label, *source)).or_insert(next)
            })
            .collect()
    };
    let (labels, truth) = (inside(labels), inside(truth));
    let own = pairwise(&labels, &truth)?;
    Ok(scores(
        all.hits - own.hits,
        all.predicted_pairs - own.predicted_pairs,
        all.true_pairs - own.true_pairs,
    ))
}

/// B-cubed precision, recall and F1 (the mean over records, not over pairs, so that large entities do not rule).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BCubed {
    /// Mean share of a record's cluster that is of its entity.
    pub precision: f64,
    /// Mean share of a record's entity that is in its cluster.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// B-cubed of a clustering (Bagga and Baldwin 1998, doi:10.3115/980845.980859).
///
/// ```
/// use regulars::metrics::b_cubed;
/// let scores = b_cubed(&[0, 0, 0, 1], &[7, 7, 8, 8])?;
/// assert!((scores.precision - (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0 + 1.0) / 4.0).abs() < 1e-12);
/// assert!((scores.recall - (1.0 + 1.0 + 0.5 + 0.5) / 4.0).abs() < 1e-12);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Errors
/// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for different lengths;
/// [`EmptyInput`](crate::ErrorKind::EmptyInput) without records.
pub fn b_cubed(labels: &[u32], truth: &[u32]) -> Result<BCubed> {
    same_length(labels, truth)?;
    if labels.is_empty() {
        return Err(Error::empty("no records to evaluate"));
    }
    let mut clusters: HashMap<u32, f64> = HashMap::new();
    let mut entities: HashMap<u32, f64> = HashMap::new();
    let mut both: HashMap<(u32, u32), f64> = HashMap::new();
    for (label, entity) in labels.iter().zip(truth) {
        *clusters.entry(*label).or_default() += 1.0;
        *entities.entry(*entity).or_default() += 1.0;
        *both.entry((*label, *entity)).or_default() += 1.0;
    }
    let (mut precision, mut recall) = (0.0, 0.0);
    for (label, entity) in labels.iter().zip(truth) {
        precision += both[&(*label, *entity)] / clusters[label];
        recall += both[&(*label, *entity)] / entities[entity];
    }
    let n = labels.len() as f64;
    let (precision, recall) = (precision / n, recall / n);
    Ok(BCubed { precision, recall, f1: 2.0 * precision * recall / (precision + recall) })
}

fn same_length(labels: &[u32], other: &[u32]) -> Result<()> {
    if labels.len() == other.len() {
        Ok(())
    } else {
        Err(Error::shape("labels, one for each record", labels.len(), other.len()))
    }
}

fn scores(hits: u64, predicted: u64, true_pairs: u64) -> PairScores {
    let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    let (precision, recall) = (share(hits, predicted), share(hits, true_pairs));
    let f1 =
        if predicted + true_pairs == 0 { 1.0 } else { 2.0 * hits as f64 / (predicted + true_pairs) as f64 };
    PairScores { precision, recall, f1, true_pairs, predicted_pairs: predicted, hits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_inside_a_source_do_not_count_across() {
        let scores = pairwise_across(&[0, 0, 0, 1], &[7, 7, 7, 8], &[0, 0, 1, 1]).unwrap();
        assert_eq!((scores.hits, scores.predicted_pairs, scores.true_pairs), (2, 2, 2));
    }

    #[test]
    fn nothing_together_is_precise() {
        let scores = pairwise(&[0, 1], &[0, 0]).unwrap();
        assert_eq!((scores.precision, scores.recall, scores.f1), (1.0, 0.0, 0.0));
        assert_eq!(pairwise(&[], &[]).unwrap().f1, 1.0);
        assert!(pairwise(&[0], &[]).is_err() && b_cubed(&[], &[]).is_err());
    }
}
