//! Between merge and apart: the pairs a person should look at, and what the blocking may have missed.
//!
//! # How to use the list
//! Two thresholds part the pairs: at or above `upper` they merge by themselves, below `lower` they stay apart, between them
//! somebody looks. A pair of p = 0.5 between two singletons is expected to put half a pair right; one of p = 0.2 between profiles
//! of five and four records four pairs: it comes first. Answers go back as [`Links`](super::Links) or as
//! [`ProfileIndex::merge`](super::ProfileIndex::merge) and [`unmerge`](super::ProfileIndex::unmerge), and outlive a refit.
//!
//! # The value of a question by hand
//! | pair | p | profiles of | now | expected pairs put right |
//! |---|---|---|---|---|
//! | two singletons | 0.5 | 1 and 1 | apart | 0.5 · 1 · 1 = 0.5 |
//! | a record and a profile | 0.3 | 1 and 6 | apart | 0.3 · 6 = 1.8 |
//! | two profiles | 0.2 | 5 and 4 | apart | 0.2 · 20 = 4.0 |
//! | inside a profile | 0.6 | 4 | merged | 0.4 · 3 = 1.2 |
//!
//! With time for two questions, the third and the second pair come first: more than twice as many pairs of records
//! are expected to be put right as by going from p = 0.5 outward.
//!
//! # Recall by hand
//! Of 1,000 merged pairs, 60 were found by exactly one pass and 150 by exactly two. Chao's form without bias gives
//! 60 · 59 / (2 · 151) = 11.7 pairs that no pass found: an estimated recall of 1000 / 1011.7 = 0.988. With no pair
//! found once, it is 1.
//!
//! # Assumptions
//! The list takes the probabilities as calibrated; where columns depend on each other they are too sure, and the
//! true answers between the thresholds are more evenly mixed than p says. The recall takes passes as alike; see
//! [`MatchModel::blocking`].
//!
//! # Complexity
//! The list: as a merge, then O(P) to score and O(k log k) for k pairs in it. The report: as a merge, and passes ·
//! Σ s² / 2 over profiles of s records.
//!
//! # Choosing the two thresholds
//! | wish | lower | upper |
//! |---|---|---|
//! | all doubt, once, in a small table | 0.05 | 0.95 |
//! | the questions that matter, every week | 0.2 | 0.9 |
//! | only whether the cut at ½ is right | 0.4 | 0.6 |
//!
//! The list is in order of value, so an interval that is too wide costs nothing but length: stop where the values
//! are no longer worth a look. The thresholds do not change what [`merge`](MatchModel::merge) does.

use crate::data::Records;
use crate::error::{Error, Result};
use crate::types::Probability;

use super::block::choose;
use super::cluster::Constraints;
use super::model::{Compared, MatchModel, decide, entities_of};
use super::prepare::Prepared;

/// A pair between two thresholds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReviewPair {
    /// The two rows, the smaller first.
    pub rows: (usize, usize),
    /// Probability that they are of one person.
    pub probability: Probability,
    /// Whether they are in one profile as things stand.
    pub merged: bool,
    /// What an answer is worth: how many pairs of records it is expected to put right.
    pub value: f64,
}

/// What the blocking keys do to a table.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BlockingReport {
    /// Pairs that were compared.
    pub pairs: u64,
    /// Passes over the table, each with a key of one or two columns; 0 where every pair is compared.
    pub passes: usize,
    /// Records in blocks so large that only neighbours were compared, added up over the passes.
    pub capped_records: u64,
    /// Records in the largest block of any pass.
    pub largest_block: u64,
    /// Share of the pairs of one person that were compared, estimated without labels: see [`MatchModel::blocking`].
    pub estimated_recall: f64,
}

impl MatchModel {
    /// The pairs of these records whose probability lies between two thresholds, the most valuable question first: above
    /// `upper` they may merge by themselves, below `lower` they are apart.
    ///
    /// A pair of probability p is wrong as it stands with probability 1 − p where merged and p where apart. Between
    /// profiles of a and b records, the answer decides about a · b pairs of records; inside a profile of a, about a − 1.
    /// The value of information is the product: the pairs of records expected to be put right (Bayesian experimental
    /// design: Lindley 1956, doi:10.1214/aoms/1177728069, with the number of pairs as the loss). Ties by rows.
    ///
    /// ```
    /// use regulars::profile::MatchParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{Probability, Seed};
    ///
    /// let records = ShopParams::new(400, Seed(7)).simulate()?.records()?;
    /// let model = MatchParams::new().fit(&records)?;
    /// let list = model.review(&records, Probability::new(0.1)?, Probability::new(0.9)?)?;
    /// assert!(list.is_sorted_by(|x, y| x.value >= y.value));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) where `lower` is not below `upper`;
    /// [`ShapeMismatch`](crate::ErrorKind::ShapeMismatch) for records with other fields than those of the fit;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a model that goes by rules.
    pub fn review(
        &self,
        records: &Records,
        lower: Probability,
        upper: Probability,
    ) -> Result<Vec<ReviewPair>> {
        if lower.get() >= upper.get() {
            return Err(Error::param("lower", "must be below the upper threshold", lower));
        }
        self.check_fields(records)?;
        let weights = self.weights.as_ref();
        let weights = weights.ok_or_else(|| Error::input("rules give no probabilities to review"))?;
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let table = Compared::new(&prepared, &self.params);
        let roots = decide(&prepared, &self.params, weights, &table, Constraints::default());
        let counted = table.frequencies.of_entities(&prepared, &roots);
        let scores = weights.score(&prepared, &counted, &table.pairs, entities_of(&roots));
        let mut size = vec![0.0_f64; roots.len()];
        for root in &roots {
            size[*root as usize] += 1.0;
        }
        let mut list = Vec::new();
        for (pair, score) in table.pairs.iter().zip(&scores) {
            let probability = Probability::from_log_odds(f64::from(*score))?;
            let p = probability.get();
            if p < lower.get() || p > upper.get() {
                continue;
            }
            let (a, b) = (roots[pair.a as usize] as usize, roots[pair.b as usize] as usize);
            let merged = a == b;
            let value = if merged { (1.0 - p) * (size[a] - 1.0) } else { p * size[a] * size[b] };
            list.push(ReviewPair { rows: (pair.a as usize, pair.b as usize), probability, merged, value });
        }
        list.sort_by(|x, y| y.value.total_cmp(&x.value).then(x.rows.cmp(&y.rows)));
        Ok(list)
    }

    /// What the blocking keys find in these records, and what they may miss.
    ///
    /// The recall is estimated as ecologists count animals they have not seen (Chao 1987, doi:10.2307/2531532): with f₁ of
    /// the merged pairs found by exactly one pass and f₂ by exactly two, about f₁² / 2f₂ more were found by none. It is an
    /// upper bound in expectation, since passes that share a column fail together. With every pair compared it is 1.
    ///
    /// ```
    /// use regulars::profile::MatchParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let records = ShopParams::new(1_000, Seed(7)).simulate()?.records()?;
    /// let report = MatchParams::new().fit(&records)?.blocking(&records)?;
    /// assert!(report.estimated_recall > 0.9 && report.estimated_recall <= 1.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub fn blocking(&self, records: &Records) -> Result<BlockingReport> {
        let people = self.merge(records)?;
        let prepared = Prepared::new(records, self.params.normaliser)?;
        let blocks = super::block::Blocks::new(&prepared, self.params.sources);
        let (capped_records, largest_block) = blocks.sizes();
        let mut report = BlockingReport {
            pairs: people.pairs_scored(),
            passes: blocks.passes(),
            capped_records,
            largest_block,
            estimated_recall: 1.0,
        };
        if blocks.all() {
            return Ok(report);
        }
        let specs = choose(&prepared);
        let (mut found, mut once, mut twice) = (0.0_f64, 0.0_f64, 0.0_f64);
        for profile in 0..people.len() {
            let rows = people.records_of(profile);
            for (i, a) in rows.iter().enumerate() {
                for b in &rows[i + 1..] {
                    let key = |row: &u32, s: &super::block::Spec| s.key(&prepared, *row as usize);
                    let by = specs.iter().filter(|s| key(a, s).is_some_and(|k| key(b, s) == Some(k))).count();
                    found += f64::from(u8::from(by > 0));
                    once += f64::from(u8::from(by == 1));
                    twice += f64::from(u8::from(by == 2));
                }
            }
        }
        if found > 0.0 {
            // Chao's form without bias, defined for f2 = 0 as well.
            let unseen = once * (once - 1.0).max(0.0) / (2.0 * (twice + 1.0));
            report.estimated_recall = found / (found + unseen);
        }
        Ok(report)
    }
}
