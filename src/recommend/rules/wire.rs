//! Rules in a file, checked on the way back.
//!
//! Rules of orders: the items' keys, the sides of all rules one after the other, how long each is,
//! and three counts a rule (blocks). Sequence rules: a list (JSON), since there are as many as
//! people read.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::{Wire, keeps_provenance};
use crate::persist::{BlockReader, BlockWriter};
use crate::types::Provenance;

use super::super::wire::{read_dictionary, write_keys};
use super::rule::{Row, Rules};
use super::sequence::{SequenceRule, SequenceRules};

const ITEMS: [&str; 2] = ["items", "item_ends"];

/// What no fit could have made.
fn broken(rule: &'static str) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, rule)
}

/// The JSON part of rules.
#[derive(Serialize, Deserialize)]
pub struct RulesRepr {
    orders: usize,
}

impl Wire for Rules {
    const KIND: &'static str = "recommend.rules";
    type Repr = RulesRepr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> RulesRepr {
        write_keys(blocks, ITEMS, self.items.iter());
        blocks.u32s("sides", &self.sides);
        let (antecedents, sizes): (Vec<u8>, Vec<u8>) =
            self.at.iter().map(|(_, left, both)| (left, both)).unzip();
        blocks.bytes("antecedents", &antecedents);
        blocks.bytes("sizes", &sizes);
        let counts: Vec<u32> =
            self.rows.iter().flat_map(|row| [row.both, row.antecedent, row.consequent]).collect();
        blocks.u32s("counts", &counts);
        RulesRepr { orders: self.orders }
    }

    /// Sides of known items that ascend and share none, counts that can be, and the order of rules.
    fn from_wire(repr: RulesRepr, blocks: &mut BlockReader) -> Result<Self> {
        let items = read_dictionary(blocks, ITEMS)?;
        let sides = blocks.u32s("sides")?;
        let (antecedents, sizes) = (blocks.bytes("antecedents")?, blocks.bytes("sizes")?);
        let counts = blocks.u32s("counts")?;
        let (counts, rest) = counts.as_chunks::<3>();
        if antecedents.len() != sizes.len() || counts.len() != sizes.len() || !rest.is_empty() {
            return Err(broken("sides and counts of unequal length"));
        }
        let mut rules = Self {
            items,
            orders: repr.orders,
            sides: Vec::new(),
            at: Vec::new(),
            rows: Vec::new(),
            provenance: Provenance::default(),
        };
        let mut from = 0;
        for ((left, size), [both, antecedent, consequent]) in antecedents.into_iter().zip(sizes).zip(counts) {
            let (left, size) = (usize::from(left), usize::from(size));
            let side = sides.get(from..from + size).ok_or_else(|| broken("a side beyond the last item"))?;
            let (left, right) =
                side.split_at_checked(left).ok_or_else(|| broken("a side longer than its rule"))?;
            from += size;
            let is_side = |side: &[u32]| {
                let known = side.last().is_some_and(|item| (*item as usize) < rules.items.len());
                known && side.is_sorted_by(|a, b| a < b)
            };
            let possible = *both > 0
                && both <= antecedent
                && both <= consequent
                && [antecedent, consequent].iter().all(|count| **count as usize <= repr.orders);
            let ascends =
                rules.len().checked_sub(1).is_none_or(|last| rules.both_sides(last) < (left, right));
            let disjoint = left.iter().all(|item| right.binary_search(item).is_err());
            if !(is_side(left) && is_side(right) && disjoint && possible && ascends) {
                return Err(broken("a rule that no fit could have made"));
            }
            let (left, right) = (left.to_vec(), right.to_vec());
            rules.push(&left, &right, Row::new(*both, *antecedent, *consequent));
        }
        if from == sides.len() { Ok(rules) } else { Err(broken("items after the last rule")) }
    }

    keeps_provenance!();
}

/// All sequence rules.
#[derive(Serialize, Deserialize)]
pub struct SequencesRepr {
    rules: Vec<SequenceRule>,
}

impl Wire for SequenceRules {
    const KIND: &'static str = "recommend.sequence_rules";
    type Repr = SequencesRepr;

    fn to_wire(&self, _: &mut BlockWriter) -> SequencesRepr {
        SequencesRepr { rules: self.rules.clone() }
    }

    /// Shares, lifts and quartiles that can be, and the order of rules.
    fn from_wire(repr: SequencesRepr, _: &mut BlockReader) -> Result<Self> {
        let possible = |rule: &SequenceRule| {
            rule.customers > 0
                && rule.confidence > 0.0
                && rule.confidence <= 1.0
                && rule.lift > 0.0
                && rule.lift.is_finite()
                && (1..=rule.lag_median).contains(&rule.lag_lower)
                && rule.lag_median <= rule.lag_upper
                && rule.antecedent != rule.consequent
        };
        let keys = |rule: &SequenceRule| (rule.antecedent.clone(), rule.consequent.clone());
        let ordered = repr
            .rules
            .is_sorted_by(|a, b| a.lift > b.lift || (a.lift.total_cmp(&b.lift).is_eq() && keys(a) < keys(b)));
        if ordered && repr.rules.iter().all(possible) {
            Ok(Self { rules: repr.rules, provenance: Provenance::default() })
        } else {
            Err(broken("sequence rules that no fit could have made"))
        }
    }

    keeps_provenance!();
}
