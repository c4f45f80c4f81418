use super::*;
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

    #[test]
    fn the_bag_never_says_farther_than_it_is(a in "[a-z]{0,20}", b in "[a-z]{0,20}") {
        let mut codes = Vec::new();
        let x = Text::push(&mut codes, 0, &a);
        let y = Text::push(&mut codes, u32::from(x.len), &b);
        prop_assert!(x.edits_at_least(&y) as usize <= strsim::osa_distance(&a, &b));
    }
}

#[test]
fn longer_texts_are_cut() {
    let mut codes = Vec::new();
    assert_eq!(usize::from(Text::push(&mut codes, 0, &"x".repeat(1000)).len), MAX_UNITS);
}
