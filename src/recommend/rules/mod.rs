//! Which items are bought together, and which follow one another.
//!
//! # When to use
//! To understand a shop and to make offers that everybody can follow: "who buys A also buys B", "within 60 days of the
//! first A, B". Orders of unknown customers count as well as those of known ones. For the list of one customer use the
//! [recommender](super): rules know nothing of the customer.
//!
//! # Model
//! Of n orders, let c(S) be the number that hold all items of the set S, and s(S) = c(S) / n. For disjoint sets A and B
//! with s(A ∪ B) at least the least support (Agrawal, Imieliński, Swami 1993):
//! support s(A ∪ B); confidence s(A ∪ B) / s(A); lift s(A ∪ B) / (s(A) s(B)), 1 under independence; leverage
//! s(A ∪ B) − s(A) s(B); conviction (1 − s(B)) / (1 − confidence).
//!
//! A sequence rule A → B within w days counts the customers whose first B came 1 to w days after their first A, among
//! those whose first A lies at least w days back. Its lift is that share over the share among the first purchases of all
//! items; its lags are the days between.
//!
//! # Assumptions
//! Orders are alike and independent; quantities do not matter. A rule is a regularity, not a cause.
//!
//! # Data
//! Orders of a ledger ([`Orders::new`]), anonymous ones included where the ledger keeps them, or plain pairs of order and
//! item ([`Orders::from_pairs`]).
//!
//! # Example
//! ```
//! use regulars::recommend::{Orders, RuleParams};
//!
//! let pairs = [(1, "tea"), (1, "milk"), (2, "tea"), (2, "milk"), (3, "tea"), (4, "rice")];
//! let orders = Orders::from_pairs(pairs)?;
//! let rules = RuleParams::new(0.25).fit(&orders)?;
//! let rule = rules.iter().next().expect("milk and tea go together");
//! assert_eq!((rule.antecedent()[0].to_string(), rule.consequent()[0].to_string()), ("milk".into(), "tea".into()));
//! assert_eq!((rule.support(), rule.confidence(), rule.conviction()), (0.5, 1.0, None));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! Pairs: Σ b² over orders of b frequent items, with one counter per item for each 32 first items, at most items² / 8 bytes
//! in all, beside the orders and the rules. Larger sets grow a set by one item at a time over the orders that hold it, depth
//! first. Sequences: Σ h² over customers of h items. A rule of a pair takes 28 bytes.
//!
//! # Accuracy
//! Defined as in mlxtend 0.25: counts are whole numbers, measures one division each.
//!
//! # Determinism
//! Counts are whole; rules come in the order of their items' keys.
//!
//! # Errors
//! Typed: a support outside (0, 1], sets of fewer than two items, more sets than the limit, no orders.
//!
//! # References
//! - Agrawal, Imieliński, Swami 1993, Mining association rules between sets of items, doi:10.1145/170035.170072
//! - Brin, Motwani, Ullman, Tsur 1997, Dynamic itemset counting (conviction), doi:10.1145/253260.253325

mod mine;
mod orders;
mod rule;
mod sequence;
#[cfg(feature = "serde")]
mod wire;

#[cfg(test)]
mod tests;

pub use mine::RuleParams;
pub use orders::Orders;
pub use rule::{Rule, Rules};
pub use sequence::{SequenceRule, SequenceRuleParams, SequenceRules};
