//! Rules against counts by hand and by brute force.

use proptest::prelude::*;

use super::*;
use crate::ErrorKind;

/// Both sides, orders, confidence and lift of a rule.
type Told = (Vec<String>, Vec<String>, u32, f64, f64);

fn all(rules: &Rules) -> Vec<Told> {
    let names = |keys: Vec<crate::types::Key<'_>>| keys.iter().map(ToString::to_string).collect();
    rules
        .iter()
        .map(|r| (names(r.antecedent()), names(r.consequent()), r.count(), r.confidence(), r.lift()))
        .collect()
}

#[test]
fn bad_parameters_are_typed_errors() {
    let orders = Orders::from_pairs([(1, 1), (1, 2)]).unwrap();
    for params in [
        RuleParams::new(0.0),
        RuleParams::new(f64::NAN),
        RuleParams::new(1.1),
        RuleParams::new(0.1).max_items(1),
        RuleParams::new(0.1).max_items(13),
        RuleParams::new(0.1).min_confidence(-0.1),
        RuleParams::new(0.1).min_lift(f64::INFINITY),
    ] {
        assert_eq!(params.fit(&orders).unwrap_err().kind(), ErrorKind::InvalidParam);
    }
    let none: [(i64, i64); 0] = [];
    assert_eq!(Orders::from_pairs(none).unwrap_err().kind(), ErrorKind::EmptyInput);
    let wide = Orders::from_pairs((0..60_i64).map(|i| (1_i64, i))).unwrap();
    let err = RuleParams::new(0.5).max_items(12).max_sets(10_000).fit(&wide).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Overflow);
}

proptest! {
    /// Every rule of up to three items, by counting all subsets.
    #[test]
    fn rules_equal_brute_force(rows in prop::collection::vec((0_i64..12, 0_i64..6), 1..60), support in 0.05..0.6) {
        let orders = Orders::from_pairs(rows.clone()).unwrap();
        let rules = RuleParams::new(support).max_items(3).min_lift(0.0).fit(&orders).unwrap();
        let mut sets: Vec<Vec<i64>> = Vec::new();
        for order in 0..12 {
            let mut set: Vec<i64> = rows.iter().filter(|r| r.0 == order).map(|r| r.1).collect();
            set.sort_unstable();
            set.dedup();
            if !set.is_empty() {
                sets.push(set);
            }
        }
        let n = sets.len() as f64;
        let count = |mask: u32| {
            let holds = |s: &&Vec<i64>| (0..6_u32).all(|i| mask >> i & 1 == 0 || s.contains(&i64::from(i)));
            sets.iter().filter(holds).count() as f64
        };
        let mut expected = 0;
        for a in 1..64_u32 {
            for b in 1..64_u32 {
                let items = (a | b).count_ones();
                if a & b == 0 && items <= 3 && count(a | b) > 0.0 && count(a | b) / n >= support {
                    expected += 1;
                }
            }
        }
        prop_assert_eq!(rules.len(), expected);
        for rule in rules.iter() {
            let mask = |keys: Vec<crate::types::Key<'_>>| {
                keys.iter().map(|k| 1_u32 << k.as_integer().unwrap()).sum::<u32>()
            };
            let (a, b) = (mask(rule.antecedent()), mask(rule.consequent()));
            prop_assert_eq!(f64::from(rule.count()), count(a | b));
            prop_assert!((rule.lift() - count(a | b) * n / (count(a) * count(b))).abs() < 1e-12);
            prop_assert!(rule.conviction().is_none_or(f64::is_finite));
        }
        let turned = Orders::from_pairs(rows.iter().rev().copied()).unwrap();
        let again = RuleParams::new(support).max_items(3).min_lift(0.0).fit(&turned).unwrap();
        prop_assert_eq!(all(&rules), all(&again));
    }
}
