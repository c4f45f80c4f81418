use super::*;
use crate::data::{Field, FieldKind, Record, Records};
use crate::profile::normalise::Normaliser;
use crate::profile::prepare::Prepared;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn distances_are_the_textbook_ones(a in "[a-d]{0,12}|[a-z]{0,64}", b in "[a-d]{0,12}|[a-z]{0,64}") {
        let mut scratch = Scratch::new();
        let (x, y) = (a.as_bytes(), b.as_bytes());
        prop_assert_eq!(scratch.osa(x, y) as usize, strsim::osa_distance(&a, &b));
        prop_assert!((scratch.jaro(x, y) - strsim::jaro(&a, &b)).abs() < 1e-12);
        if strsim::jaro(&a, &b) > 0.7 {
            prop_assert!((scratch.jaro_winkler(x, y) - strsim::jaro_winkler(&a, &b)).abs() < 1e-12);
        }
        prop_assert!(scratch.masks.iter().all(|m| *m == 0));
    }

    /// Whatever the characters: edits are symmetric and a distance's bounds hold, likeness lies in [0, 1], and equal
    /// texts are as near as can be.
    #[test]
    fn comparators_keep_their_bounds_on_any_text(a in "\\PC{0,80}", b in "\\PC{0,80}") {
        let mut scratch = Scratch::new();
        let mut codes = Vec::new();
        let x = Text::push(&mut codes, 0, &a);
        let y = Text::push(&mut codes, u32::from(x.room), &b);
        let (s, t) = (x.units(&codes), y.units(&codes));
        let there = scratch.osa(s, t);
        prop_assert_eq!(there, scratch.osa(t, s));
        prop_assert!(there >= u32::from(x.len.abs_diff(y.len)) && there <= u32::from(x.len.max(y.len)));
        prop_assert_eq!(there == 0, s == t);
        for (p, q) in [(s, t), (t, s), (s, s)] {
            let (jaro, winkler) = (scratch.jaro(p, q), scratch.jaro_winkler(p, q));
            prop_assert!((0.0..=1.0).contains(&jaro) && (jaro..=1.0).contains(&winkler));
            prop_assert!(p != q || winkler == 1.0);
        }
    }

    /// What sketches call different is far apart by the textbook's measures.
    #[test]
    fn sketches_dismiss_only_what_is_far(a in "[a-e]{1,12}|[a-z]{1,24}", b in "[a-e]{1,12}|[a-z]{1,24}") {
        for (reading, bound) in [(Reading::Name, 0.82), (Reading::Text, 0.85), (Reading::Short, 1.1)] {
            let (x, y) = (reading.sketch(&a, &a, false), reading.sketch(&b, &b, false));
            prop_assert_eq!(reading.compare(x, y), reading.compare(y, x));
            if reading.compare(x, y) == Verdict::Is(Level::Differ) {
                let slips = if reading == Reading::Short { 2 } else { 3 };
                prop_assert!(strsim::osa_distance(&a, &b) > slips);
                prop_assert!(strsim::jaro_winkler(&a, &b) < bound, "{} {}", a, b);
            }
        }
    }

    /// Numbers that sketches call different are more than two slips apart.
    #[test]
    fn sketches_of_numbers_dismiss_only_what_is_far(a in "1[0-3]{8}", b in "1[0-3]{8}") {
        let (x, y) = (Reading::Digits.sketch(&a, "", false), Reading::Digits.sketch(&b, "", false));
        if Reading::Digits.compare(x, y) == Verdict::Is(Level::Differ) {
            prop_assert!(strsim::osa_distance(&a, &b) > 3);
        }
    }

    /// The level of two dates is a matter of their digits: one differs, two neighbours are swapped, day and month are.
    #[test]
    fn dates_are_compared_in_their_sketches(y in 1950_u32..1953, m in 1_u32..13, d in 1_u32..29, z in 1950_u32..1953, n in 1_u32..13, e in 1_u32..29) {
        let (a, b) = (format!("{y}-{m:02}-{d:02}"), format!("{z}-{n:02}-{e:02}"));
        prop_assume!(a != b);
        let (x, y2) = (Reading::Date.sketch(&a, "", false), Reading::Date.sketch(&b, "", false));
        let verdict = Reading::Date.compare(x, y2);
        let differing = a.bytes().zip(b.bytes()).filter(|(p, q)| p != q).count();
        if y == z && m == e && d == n {
            prop_assert_eq!(verdict, Verdict::Is(Level::SameKey));
        } else if differing == 1 {
            prop_assert_eq!(verdict, Verdict::Is(Level::Near));
        } else if (y == z && (m == n || d == e)) || (m == n && d == e) {
            prop_assert!(matches!(verdict, Verdict::Is(Level::Close | Level::Near)));
        } else if differing > 2 {
            prop_assert_eq!(verdict, Verdict::Is(Level::Differ));
        }
    }

    #[test]
    fn the_bag_never_says_farther_than_it_is(a in "[a-z]{0,20}", b in "[a-z]{0,20}") {
        let mut codes = Vec::new();
        let x = Text::push(&mut codes, 0, &a);
        let y = Text::push(&mut codes, u32::from(x.room), &b);
        prop_assert!(x.edits_at_least(&y) as usize <= strsim::osa_distance(&a, &b));
    }
}

#[test]
fn longer_texts_are_cut() {
    let mut codes = Vec::new();
    assert_eq!(usize::from(Text::push(&mut codes, 0, &"x".repeat(1000)).len), MAX_UNITS);
}

/// The level of two values of one column.
fn level_of(kind: FieldKind, a: &str, b: &str) -> Level {
    let mut records = Records::builder([Field::new("x", kind)]).unwrap();
    for (id, value) in [("1", a), ("2", b)] {
        records.push(Record::new(id).value("x", value)).unwrap();
    }
    let prepared = Prepared::new(&records.build().unwrap(), Normaliser::new()).unwrap();
    let (x, y) = (prepared.row(0)[0], prepared.row(1)[0]);
    let there = level(&prepared.cols[0], x, y, &mut Scratch::new());
    assert_eq!(there, level(&prepared.cols[0], y, x, &mut Scratch::new()), "{a} {b}");
    there
}

#[test]
fn figures_part_namesakes() {
    for (a, b, expected) in [
        ("ann.lee46@x.org", "ann.lee26@x.org", Level::Differ),
        ("ann.lee461@x.org", "ann.lee207@x.org", Level::Differ),
        ("ann.lee1980@x.org", "ann.lee1975@x.org", Level::Differ),
        // A figure dropped, one of three mistyped, letters mistyped: slips.
        ("ann.lee46@x.org", "ann.lee4@x.org", Level::Near),
        ("ann.lee461@x.org", "ann.lee467@x.org", Level::Near),
        ("ann.lee46@x.org", "ann.leee46@x.org", Level::Near),
        // Figures on one side only.
        ("ann.lee4@x.org", "ann.lee@x.org", Level::Near),
        ("ann.lee46@x.org", "ann.lee46@y.org", Level::SameKey),
    ] {
        assert_eq!(level_of(FieldKind::Email, a, b), expected, "{a} {b}");
    }
}

#[test]
fn numbers_are_as_near_as_their_sizes() {
    for (a, b, expected) in [
        ("63", "64", Level::Near),
        ("99.50", "95", Level::Near),
        ("63", "93", Level::Close),
        ("63", "70", Level::Weak),
        ("20", "27", Level::Close),
        ("20", "35", Level::Differ),
        ("0", "7.25", Level::Differ),
        ("-40", "40", Level::Close),
    ] {
        assert_eq!(level_of(FieldKind::Number, a, b), expected, "{a} {b}");
    }
}

#[test]
fn a_plus_sign_is_no_difference() {
    assert_eq!(level_of(FieldKind::Phone, "+84-28-315068", "8428315068"), Level::SameKey);
    assert_eq!(level_of(FieldKind::Phone, "+84-28-315068", "8428399068"), Level::Close);
    assert_eq!(level_of(FieldKind::Phone, "+84-28-315068", "8451395001"), Level::Differ);
}
