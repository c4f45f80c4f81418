use proptest::prelude::*;

use super::*;
use crate::ErrorKind;
use crate::data::{
    Columns, Ledger, Occasion, PerCustomer, Purchases, Refunds, Summary, SummaryParams, TimeAxis, Transaction,
};
use crate::types::{Amount, AsOf, Currency, Day, Language};

/// Customer, day since the epoch, cents.
type Buy = (i64, i32, i64);

fn ledger(buys: &[Buy]) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for (customer, day, amount) in buys {
        builder.push(Transaction::new(*customer, Day::new(*day)).amount(Amount::minor(*amount))).unwrap();
    }
    builder.build().unwrap()
}

fn as_of(day: i32) -> AsOf {
    AsOf::new(Day::new(day))
}

fn score(params: &RfmParams, buys: &[Buy], day: i32) -> PerCustomer<Rfm> {
    let ledger = ledger(buys);
    let now = ledger.observed(as_of(day)).unwrap();
    params.fit(now).unwrap().score(now).unwrap()
}

fn codes(scores: &PerCustomer<Rfm>) -> Vec<String> {
    scores.values().iter().map(|rfm| rfm.code().to_string()).collect()
}

/// The commonest fault of RFM code is a recency that runs backwards; the second, ties that are broken by chance.
#[test]
fn recency_runs_the_right_way_and_equal_values_share_a_score() {
    let buys = [(1, 10, 100), (2, 20, 200), (3, 30, 300), (4, 40, 400), (5, 50, 500), (6, 50, 500)];
    let scores = score(&RfmParams::new(), &buys, 60);
    // R: recency edges quantile(c(50, 40, 30, 20, 10, 10), 1:4 / 5, type = 7) are 10, 20, 30, 40; money's 200, 300, 400, 500.
    assert_eq!(codes(&scores), ["111", "211", "312", "413", "514", "514"]);
    assert!(scores.values().windows(2).all(|w| w[0].weighted <= w[1].weighted));
}

/// One customer, and three equal ones: every quantile is that value, nobody lies above it.
#[test]
fn zero_variance_and_single_customers_are_defined() {
    assert_eq!(codes(&score(&RfmParams::new(), &[(1, 5, 100)], 9)), ["511"]);
    let same = [(1, 5, 100), (2, 5, 100), (3, 5, 100)];
    let ledger = ledger(&same);
    let now = ledger.observed(as_of(9)).unwrap();
    let model = RfmParams::new().bins(4).fit(now).unwrap();
    assert_eq!(codes(&model.score(now).unwrap()), ["411", "411", "411"]);
    assert_eq!(model.recency().range(), (4, 4));
    assert_eq!(model.monetary().customers(), [3, 0, 0, 0]);
    assert_eq!(model.frequency().edges(), [1.0, 1.0, 1.0]);
}

/// A model scores customers it has never seen, also beyond the values it has seen.
#[test]
fn frozen_edges_score_new_customers() {
    let old = ledger(&[(1, 10, 100), (2, 20, 200), (3, 30, 300), (4, 40, 400), (5, 50, 500)]);
    let model = RfmParams::new().fit(old.observed(as_of(60)).unwrap()).unwrap();
    let new = ledger(&[(7, 0, -50), (8, 60, 1_000_000), (9, 30, 300)]);
    let scores = model.score(new.observed(as_of(60)).unwrap()).unwrap();
    // Customer 7 only gave back, hence has no score; 8 lies beyond the fitted range.
    assert_eq!(scores.len(), 2);
    assert_eq!(scores.by_key(8).unwrap().code().to_string(), "515");
    assert_eq!(scores.by_key(9).unwrap().code().to_string(), "313");
}

/// Kinds of bins mix freely; the weighted score is checked by hand.
#[test]
fn axes_combine_quantiles_and_fixed_cuts() {
    let params = RfmParams::new()
        .recency(Bins::cuts([30.0, 90.0]))
        .frequency(Bins::cuts([1.0]))
        .monetary(Bins::Quantiles(4))
        .weights(1.0, 0.0, 3.0);
    let buys = [(1, 100, 100), (2, 70, 200), (2, 69, 200), (3, 69, 700), (4, 9, 900)];
    let scores = score(&params, &buys, 100);
    assert_eq!(codes(&scores), ["311", "322", "213", "114"]);
    // (3 - 1) / 2 * 1/4 + (1 - 1) / 3 * 3/4, in hundredths.
    assert_eq!(scores.values()[0].weighted, 25.0);
    assert_eq!(scores.values()[3].weighted, 75.0);
    assert_eq!(scores.values()[2].weighted, 100.0 * (0.25 * 0.5) + 100.0 * 0.75 * 2.0 / 3.0);
}

/// `10-1-10` must not be printed `10110`, which is also 1-01-10.
#[test]
fn ten_bins_print_unambiguous_codes() {
    let buys: Vec<Buy> = (0..100).map(|i| (i, i32::try_from(i).unwrap(), i * 100)).collect();
    let scores = score(&RfmParams::new().bins(10), &buys, 100);
    assert_eq!(scores.by_key(99).unwrap().code().to_string(), "10-1-10");
    assert_eq!(scores.by_key(0).unwrap().code().to_string(), "111");
    assert_eq!("10-1-10".parse::<Code>().unwrap(), scores.by_key(99).unwrap().code());
    assert!("1010".parse::<Code>().is_err() && "5-5".parse::<Code>().is_err() && "".parse::<Code>().is_err());
}

/// 2^60 + 1 is no float: a comparison in floats would put five customers into one bin.
#[test]
fn amounts_beyond_the_floats_compare_exactly() {
    let big = 1_i64 << 60;
    let buys: Vec<Buy> = (0..5).map(|i| (i, 1, big + i)).collect();
    let scores = score(&RfmParams::new().monetary(Bins::cuts([big as f64])), &buys, 2);
    assert_eq!(scores.values().iter().map(|rfm| rfm.m).collect::<Vec<_>>(), [1, 2, 2, 2, 2]);
}

#[test]
fn basket_numbers_are_a_time_axis() {
    let mut builder = Ledger::builder(Currency::EUR).time_axis(TimeAxis::Ordinal);
    for (customer, basket) in [("a", 1), ("a", 7), ("b", 3)] {
        builder.push(Transaction::new(customer, Day::new(basket)).amount(Amount::minor(5))).unwrap();
    }
    let ledger = builder.build().unwrap();
    let now = ledger.observed(as_of(9)).unwrap();
    let model = RfmParams::new().fit(now).unwrap();
    assert_eq!(model.score(now).unwrap().by_key("a").unwrap().recency, 2);
    let calendar = super::tests::ledger(&[(1, 1, 1)]);
    let error = model.score(calendar.observed(as_of(9)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleModel);
}

/// Ledger, stream and table must agree to the bit, for edges and for scores.
#[test]
fn every_door_gives_the_same_scores() {
    let buys: Vec<Buy> = (0..500).map(|i| (i * 37 % 61, (i * 53 % 300) as i32, i * 29 % 997 - 90)).collect();
    let ledger = ledger(&buys);
    let now = ledger.observed(as_of(200)).unwrap();
    for occasion in [Occasion::Row, Occasion::Day] {
        let params = RfmParams::new().occasion(occasion);
        let model = params.fit(now).unwrap();
        let expected = model.score(now).unwrap();
        let mut summary = Summary::new(SummaryParams::new(as_of(200), Currency::EUR).occasion(occasion));
        let customers: Vec<i64> = buys.iter().map(|b| b.0).collect();
        let days: Vec<i32> = buys.iter().map(|b| b.1).collect();
        let amounts: Vec<f64> = buys.iter().map(|b| b.2 as f64 / 100.0).collect();
        summary.push_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts)).unwrap();
        let streamed = params.fit(&summary).unwrap();
        assert_eq!(streamed, model);
        assert_eq!(streamed.score(&summary).unwrap().values(), expected.values());
        let table = summary.finish().unwrap();
        assert_eq!(params.fit(&table).unwrap().score(&table).unwrap().values(), expected.values());
        let error = RfmParams::new().occasion(Occasion::Order).fit(&table).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn bad_parameters_and_data_are_typed_errors() {
    for params in [
        RfmParams::new().bins(1),
        RfmParams::new().bins(11),
        RfmParams::new().bins(0),
        RfmParams::new().recency(Bins::cuts([])),
        RfmParams::new().recency(Bins::cuts([3.0, 3.0])),
        RfmParams::new().monetary(Bins::cuts([f64::NAN])),
        RfmParams::new().frequency(Bins::cuts((0..10).map(f64::from))),
        RfmParams::new().weights(0.0, 0.0, 0.0),
        RfmParams::new().weights(1.0, -1.0, 1.0),
        RfmParams::new().weights(f64::MAX, f64::MAX, 1.0),
    ] {
        let ledger = ledger(&[(1, 1, 1)]);
        let error = params.fit(ledger.observed(as_of(1)).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam, "{params:?}");
    }
    let refunds = ledger(&[(1, 1, -1)]);
    let error = RfmParams::new().fit(refunds.observed(as_of(1)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyInput);
    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new(1, Day::new(1))).unwrap();
    let bare = builder.build().unwrap();
    let error = RfmParams::new().fit(bare.observed(as_of(1)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let ledger = ledger(&[(1, 1, i64::MAX), (1, 2, i64::MAX)]);
    let error = RfmParams::new().fit(ledger.observed(as_of(2)).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overflow);
}

#[test]
fn the_standard_map_names_every_code_once() {
    let map = SegmentMap::standard([5, 5, 5]).unwrap();
    let names: Vec<&str> = map.segments().iter().map(|s| s.name(Language::English)).collect();
    assert_eq!(
        names,
        [
            "champions",
            "loyal",
            "potential loyalist",
            "new",
            "promising",
            "need attention",
            "about to sleep",
            "at risk",
            "cannot lose them",
            "hibernating",
            "lost"
        ]
    );
    let mut sizes = vec![0; 11];
    for code in super::segments::codes_of([5, 5, 5]).unwrap() {
        let segment = map.segment_of(code).unwrap();
        sizes[names.iter().position(|n| *n == segment.name(Language::English)).unwrap()] += 1;
    }
    assert_eq!(sizes, [7, 8, 24, 7, 16, 8, 8, 22, 8, 11, 6]);
    assert_eq!(SegmentMap::standard([5, 5, 4]).unwrap_err().kind(), ErrorKind::InvalidParam);
    assert_eq!(map.segment_of("666".parse().unwrap()), None);
}

/// The table of the module's page is what users read: it is held against the map, code by code.
#[test]
fn the_page_lists_the_codes_of_the_map() {
    let map = SegmentMap::standard([5, 5, 5]).unwrap();
    let page = include_str!("mod.rs");
    let mut listed = 0;
    for line in page.lines().filter_map(|l| l.strip_prefix("//! | ")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let Some(segment) = map.segments().iter().find(|s| s.name(Language::English) == cells[0]) else {
            continue;
        };
        assert_eq!(segment.name(Language::Chinese), cells[1]);
        for code in cells[2].trim_end_matches(" |").split(' ') {
            assert_eq!(map.segment_of(code.parse().unwrap()), Some(segment), "{code}");
            listed += 1;
        }
    }
    assert_eq!(listed, 125);
}

/// Holes, overlaps and codes that do not exist are all named in one message.
#[test]
fn maps_are_checked_for_holes_overlaps_and_strangers() {
    let error = SegmentMap::from_codes([2, 2, 2], [("a", &["111", "333"][..]), ("b", &["111", "222"][..])])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter `rules`: must cover every code exactly once, got no segment for 112, 121, 122, 211, 212, 221; \
         more than one for 111; codes that do not exist: 333"
    );
    let big = SegmentMap::from_rules([5, 5, 5], [SegmentRule::new("top").recency(5..=5)]).unwrap_err();
    assert!(big.to_string().contains(", 155, 211, 212, 213, 214, 215 and 70 more"), "{big}");
    assert!(SegmentMap::from_rules([5, 5, 5], [SegmentRule::new(" ")]).is_err());
    assert!(SegmentMap::from_rules([1, 5, 5], [SegmentRule::new("all")]).is_err());
    let map = SegmentMap::from_rules([4, 4, 4], [SegmentRule::new("all")]).unwrap();
    let scores = score(&RfmParams::new().bins(5), &[(1, 1, 1)], 1);
    assert_eq!(map.assign(&scores).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    let scores = score(&RfmParams::new().bins(4), &[(1, 1, 1)], 1);
    assert_eq!(map.counts(&map.assign(&scores).unwrap()), [1]);
}

/// A file that breaks a rule must be refused on reading; each damage below breaks one.
#[cfg(feature = "serde")]
#[test]
fn models_and_maps_survive_saving_and_refuse_damage() {
    let buys: Vec<Buy> = (0..99).map(|i| (i % 17, (i * 7 % 50) as i32, i * 13)).collect();
    let ledger = ledger(&buys);
    let now = ledger.observed(as_of(60)).unwrap();
    let model = RfmParams::new().weights(0.1, 0.2, 0.3).method(Method::RPackage).fit(now).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &model).unwrap();
    let loaded: RfmModel = crate::persist::read(&file[..]).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(loaded.score(now).unwrap().values(), model.score(now).unwrap().values());
    for (from, to) in [
        ("\"weights\":[0.1", "\"weights\":[-1.0"),
        ("\"currency\":\"EUR\"", "\"currency\":{\"code\":\"EUR\",\"decimals\":99}"),
        ("\"customers\":17", "\"customers\":18"),
    ] {
        let damaged = crate::persist::edited(&file, from, to);
        let error = crate::persist::read::<RfmModel>(&damaged[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IncompatibleModel);
    }
    let map = SegmentMap::standard([5, 5, 5]).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &map).unwrap();
    assert_eq!(crate::persist::read::<SegmentMap>(&file[..]).unwrap(), map);
    let damaged = crate::persist::edited(&file, "\"of_code\":[10,", "\"of_code\":[11,");
    assert!(crate::persist::read::<SegmentMap>(&damaged[..]).is_err());
    assert!(crate::persist::read::<RfmModel>(&file[..]).is_err());
}

/// Up to 150 rows of up to 20 customers, refunds among them: many ties on purpose.
fn some_buys() -> impl Strategy<Value = Vec<Buy>> {
    prop::collection::vec((0_i64..20, 0_i32..100, -300_i64..3_000), 1..150)
}

proptest! {
    /// Order of rows, shift of the calendar, unit of money and rows of the future change nothing; more is never
    /// scored lower, equal never differently.
    #[test]
    fn scores_are_invariant_and_monotone(buys in some_buys(), bins in 2_u8..=10, shift in -500_i32..500) {
        let book = ledger(&buys);
        let now = book.observed(as_of(100)).unwrap();
        let params = RfmParams::new().bins(bins);
        let Ok(model) = params.fit(now) else { return Ok(()) };
        let scores = model.score(now).unwrap();
        let all = scores.values();
        for a in all {
            prop_assert!([a.r, a.f, a.m].iter().all(|s| (1..=bins).contains(s)) && (0.0..=100.0).contains(&a.weighted));
            for b in all {
                prop_assert!(a.recency >= b.recency || a.r >= b.r);
                prop_assert!(a.frequency <= b.frequency || a.f >= b.f);
                prop_assert!(a.monetary <= b.monetary || a.m >= b.m);
                prop_assert!(a.recency != b.recency || a.r == b.r);
            }
        }
        // The order of rows never matters, nor does a shift of all days, nor the unit of money.
        let reversed: Vec<Buy> = buys.iter().rev().copied().collect();
        prop_assert_eq!(score(&params, &reversed, 100).into_values(), all);
        let shifted: Vec<Buy> = buys.iter().map(|(c, d, a)| (*c, d + shift, *a)).collect();
        prop_assert_eq!(codes(&score(&params, &shifted, 100 + shift)), codes(&scores));
        let scaled: Vec<Buy> = buys.iter().map(|(c, d, a)| (*c, *d, a * 1_000)).collect();
        prop_assert_eq!(codes(&score(&params, &scaled, 100)), codes(&scores));
        // Rows after the as-of day change nothing.
        let mut future = buys.clone();
        future.extend([(3, 101, 999), (77, 150, 5)]);
        let later = ledger(&future);
        let then = later.observed(as_of(100)).unwrap();
        prop_assert_eq!(params.fit(then).unwrap().score(then).unwrap().into_values(), all);
        let counted: u64 = model.monetary().customers().iter().sum();
        prop_assert_eq!(counted, all.len() as u64);
    }
}

#[test]
fn purchases_of_either_policy_are_accepted() {
    let ledger = ledger(&[(1, 1, 10), (1, 1, -4), (2, 2, 5)]);
    let now = ledger.observed(as_of(3)).unwrap();
    let table = Purchases::observed(now, Occasion::Row, Refunds::Net).unwrap();
    let params = RfmParams::new().occasion(Occasion::Row);
    assert_eq!(params.fit(&table).unwrap().score(&table).unwrap().values()[0].frequency, 2);
    let ignore = params.refunds(Refunds::Ignore);
    assert_eq!(ignore.fit(now).unwrap().score(now).unwrap().values()[0].monetary, Amount::minor(10));
}
