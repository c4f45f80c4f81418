//! The published methods against their definitions, and what all of them share.

use crate::ErrorKind;
use crate::data::{Ledger, Transaction};
use crate::recommend::update::Revised;
use crate::recommend::{
    AlreadyBought, AlsParams, Basket, ItemItemParams, MarkovChainParams, Method, NextItemModel,
    NextItemParams, Request, Similarity, TifuKnnParams, UpCfParams,
};
use crate::types::{Amount, AsOf, Currency, Day, Language, Seed};

/// 60 customers of six tastes, eight visits each, four items a visit.
fn rows() -> Vec<(i64, i32, i64)> {
    let mut rows = Vec::new();
    for who in 0..60_i64 {
        for visit in 0..8_i64 {
            for k in 0..4_i64 {
                let favourite = who % 6 * 5 + (who * 7 + visit * (k + 1)) % 5;
                let item = if k == 3 { 30 + (who * 11 + visit * 5) % 12 } else { favourite };
                rows.push((who, i32::try_from(visit * 7 + who % 5).unwrap(), item));
            }
        }
    }
    rows
}

fn ledger(rows: &[(i64, i32, i64)]) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for (who, day, item) in rows {
        builder.push(Transaction::new(*who, Day::new(*day)).item(*item)).unwrap();
    }
    builder.build().unwrap()
}

fn fit(rows: &[(i64, i32, i64)], method: Method) -> NextItemModel {
    let ledger = ledger(rows);
    NextItemParams::new().method(method).fit(ledger.observed(AsOf::new(Day::new(10_000))).unwrap()).unwrap()
}

fn methods() -> Vec<Method> {
    let similar = |s| Method::ItemItem(ItemItemParams::new().similarity(s).neighbours(20));
    vec![
        Method::TifuKnn(TifuKnnParams::new().neighbours(7)),
        Method::UpCf(UpCfParams::new().neighbours(7).locality(2.0)),
        similar(Similarity::Cosine),
        similar(Similarity::TfIdf),
        similar(Similarity::Bm25),
        similar(Similarity::Lift),
        Method::MarkovChain(MarkovChainParams::new()),
        Method::Als(AlsParams::new().factors(5).confidence(2.0).iterations(8)),
    ]
}

#[test]
fn lists_are_full_distinct_ordered_and_explained() {
    for method in methods() {
        let model = fit(&rows(), method);
        assert_eq!(model.method(), method);
        for who in [0, 17, 59, 1_000] {
            for request in
                [Request::new(5), Request::new(60), Request::new(9).bought(AlreadyBought::Excluded)]
            {
                let list = model.recommend(who, request.clone()).unwrap();
                assert!(list.len() >= 5, "{method:?}");
                let mut items: Vec<String> = list.iter().map(|r| r.item.to_string()).collect();
                items.sort();
                items.dedup();
                assert_eq!(items.len(), list.len());
                assert!(list.windows(2).all(|w| w[0].score >= w[1].score - 1e-9), "{method:?} {who}");
                for r in &list {
                    assert_eq!(r.score, r.reasons.iter().map(|x| x.contribution).sum::<f64>());
                    assert!(r.score.is_finite() && !r.why(Language::Chinese).contains("NaN"));
                }
            }
        }
    }
}

/// With what is known of everybody frozen, one more basket serves the customer as a refit would.
#[test]
fn an_update_equals_a_refit_with_the_engine_frozen() {
    let before = rows();
    let more = [(3_i64, 80, 9_i64), (3, 80, 12), (3, 91, 30), (41, 60, 1)];
    for method in methods() {
        let mut updated = fit(&before, method);
        for (who, day, item) in more {
            updated.update(Basket::new(who, Day::new(day), [item])).unwrap();
        }
        let all: Vec<_> = before.iter().copied().chain(more).collect();
        let mut refit = fit(&all, method);
        for who in 0..60 {
            let revised = Revised::new(refit.past(Some(who)));
            refit.revised.insert(u32::try_from(who).unwrap(), revised);
        }
        refit.engine.clone_from(&updated.engine);
        refit.popularity = updated.popularity.clone();
        refit.baskets = updated.baskets.clone();
        for who in [3_i64, 41, 7] {
            assert_eq!(updated.recommend(who, 15).unwrap(), refit.recommend(who, 15).unwrap(), "{method:?}");
        }
        assert_ne!(updated.recommend(3, 15).unwrap(), fit(&before, method).recommend(3, 15).unwrap());
    }
}

#[cfg(feature = "serde")]
#[test]
fn saved_models_answer_bit_for_bit() {
    for method in methods() {
        let model = fit(&rows(), method);
        let mut file = Vec::new();
        crate::persist::write(&mut file, &model).unwrap();
        let back: NextItemModel = crate::persist::read(file.as_slice()).unwrap();
        for who in [0_i64, 31, 999] {
            assert_eq!(back.recommend(who, 20).unwrap(), model.recommend(who, 20).unwrap(), "{method:?}");
        }
    }
    let ledger = ledger(&rows());
    let now = ledger.observed(AsOf::new(Day::new(999))).unwrap();
    let some = NextItemParams::new().method(methods()[0]).neighbours([9_i64, 4, 9, 5_000]);
    let model = some.fit(now).unwrap();
    assert_eq!(model.pool, Some(vec![9, 4]));
    let mut file = Vec::new();
    crate::persist::write(&mut file, &model).unwrap();
    let back: NextItemModel = crate::persist::read(file.as_slice()).unwrap();
    assert_eq!(back.recommend(8, 20).unwrap(), model.recommend(8, 20).unwrap());
}

#[test]
fn bad_parameters_are_typed_errors() {
    for method in [
        Method::TifuKnn(TifuKnnParams::new().neighbours(0)),
        Method::TifuKnn(TifuKnnParams::new().own_share(f64::NAN)),
        Method::TifuKnn(TifuKnnParams::new().within_group_decay(0.0)),
        Method::TifuKnn(TifuKnnParams::new().groups(0)),
        Method::UpCf(UpCfParams::new().asymmetry(-0.1)),
        Method::UpCf(UpCfParams::new().most_buyers(0)),
        Method::ItemItem(ItemItemParams::new().neighbours(0)),
        Method::MarkovChain(MarkovChainParams::new().successors(0)),
        Method::Als(AlsParams::new().regularisation(0.0)),
        Method::Als(AlsParams::new().factors(513)),
        Method::Als(AlsParams::new().iterations(0)),
    ] {
        let ledger = ledger(&rows());
        let now = ledger.observed(AsOf::new(Day::new(999))).unwrap();
        let refused = NextItemParams::new().method(method).fit(now).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidParam, "{method:?}");
    }
}

/// Cosine, TF-IDF, BM25 and lift of two items, by the formulas on the count matrix.
#[test]
fn similarities_are_those_of_their_formulas() {
    // Customers buy (item, times): a {0: 2, 1: 1}, b {0: 1, 1: 1, 2: 1}, c {2: 3}.
    let shop =
        [(1, 1, 0), (1, 2, 0), (1, 3, 1), (2, 1, 0), (2, 1, 1), (2, 1, 2), (3, 1, 2), (3, 2, 2), (3, 3, 2)];
    let score = |similarity: Similarity, min_together: u32| {
        let params = ItemItemParams::new().similarity(similarity).min_together(min_together);
        let mut model = fit(&shop, Method::ItemItem(params));
        // A customer with one basket of item 0: the score of item 1 is S_01.
        model.update(Basket::new(77, Day::new(4), [0_i64])).unwrap();
        let list = model.recommend(77, Request::new(3).bought(AlreadyBought::Excluded)).unwrap();
        list.iter().find(|r| r.item == 1.into()).map_or(0.0, |r| r.score)
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    near(score(Similarity::Cosine, 1), 3.0 / (5.0_f64.sqrt() * 2.0_f64.sqrt()));
    // idf of a: ln 3 − ln 3 = 0, so only b counts, whose idf is ln 3 − ln 4.
    near(score(Similarity::TfIdf, 1), 1.0);
    let idf = (3.0_f64 / 4.0).ln();
    let bm = |count: f64, total: f64| count * 2.2 / (1.2 * (0.25 + 0.75 * total / 3.0) + count) * idf;
    near(score(Similarity::Bm25, 1), bm(1.0, 3.0) * bm(1.0, 2.0));
    // All customers who bought 0 bought 1: 3 · 2 / (2 · 2).
    near(score(Similarity::Lift, 1), 1.5);
    // Too few bought both: the list is filled by popularity, whose score is that of the worst before, none.
    near(score(Similarity::Lift, 3), 0.0);
}

#[test]
fn transitions_are_shares_of_next_baskets() {
    // After 1 come {2}, {2, 3}; after 2 comes {1}; 3 has no next basket.
    let shop = [(1, 1, 1), (1, 2, 2), (1, 3, 1), (1, 4, 2), (1, 4, 3)];
    let mut model = fit(&shop, Method::MarkovChain(MarkovChainParams::new().memory(0.0)));
    model.update(Basket::new(9, Day::new(5), [1_i64])).unwrap();
    let list = model.recommend(9, 3).unwrap();
    assert_eq!((list[0].item.clone(), list[0].score), (2.into(), 1.0));
    assert_eq!((list[1].item.clone(), list[1].score), (3.into(), 0.5));
    assert!(
        list[0].why(Language::English).starts_with("often bought after 1, 2.0 times as often"),
        "{:?}",
        list[0]
    );
}

/// The factors of a customer solve the normal equations, and contributions of the own items sum to the score.
#[test]
fn factors_bring_tastes_together() {
    let model = fit(&rows(), Method::Als(AlsParams::new().factors(8).iterations(20).seed(Seed(3))));
    // Of the 30 favourites a customer's own five come first, whoever shares the taste.
    for who in 0..6_i64 {
        let list = model.recommend(who, 42).unwrap();
        let favourites: Vec<i64> =
            list.iter().filter_map(|r| r.item.as_integer()).filter(|i| *i < 30).collect();
        assert!(favourites[..5].iter().all(|i| i / 5 == who), "{who}: {favourites:?}");
        assert!(list[0].reasons.len() == 2 && list[0].reasons[1].contribution > 0.0);
    }
    let again = fit(&rows(), Method::Als(AlsParams::new().factors(8).iterations(20).seed(Seed(3))));
    assert_eq!(model.recommend(5, 9).unwrap(), again.recommend(5, 9).unwrap());
}

#[test]
fn offers_are_ranked_by_probability_times_margin() {
    for method in methods().into_iter().chain([Method::Learned, Method::GpTopFreq]) {
        let model = fit(&rows(), method);
        let margins = [(0_i64, 500), (1, -200), (2, 90), (31, 4_000), (32, 10)];
        let request = Request::new(12).margins(margins.map(|(item, m)| (item, Amount::minor(m))));
        let list = model.recommend(6, request).unwrap();
        assert_eq!(list.len(), 12);
        for r in &list {
            let margin = margins.iter().find(|m| r.item == m.0.into()).map_or(0, |m| m.1);
            let expected = r.probability.get() * margin as f64;
            assert_eq!(r.value.unwrap().in_minor(), expected, "{method:?}");
        }
        let scored: Vec<f64> = list.iter().map(|r| r.value.unwrap().in_minor()).take(5).collect();
        assert!(scored.is_sorted_by(|a, b| a >= b), "{method:?} {scored:?}");
        assert!(model.recommend(6, 3).unwrap().iter().all(|r| r.value.is_none()));
    }
}

#[test]
fn diversity_spreads_a_list_over_tastes() {
    let model = fit(&rows(), Method::TifuKnn(TifuKnnParams::new().neighbours(50)));
    let tastes = |request: Request| {
        let list = model.recommend(6, request).unwrap();
        assert_eq!(list.len(), 8);
        let mut tastes: Vec<i64> = list.iter().filter_map(|r| r.item.as_integer()).map(|i| i / 5).collect();
        tastes.sort_unstable();
        tastes.dedup();
        tastes.len()
    };
    let (plain, spread) = (tastes(Request::new(8)), tastes(Request::new(8).diversity(0.8)));
    assert!(spread > plain, "{plain} {spread}");
    let same = model.recommend(6, Request::new(8).diversity(0.0)).unwrap();
    assert_eq!(same, model.recommend(6, 8).unwrap());
    let refused = model.recommend(6, Request::new(8).diversity(1.5)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidParam);
}

#[test]
fn some_customers_are_served_as_alone() {
    let model = fit(&rows(), Method::GpTopFreq);
    let lists = model.recommend_some([5_i64, 77_777, 5, 2], 4).unwrap();
    assert_eq!(lists.len(), 3);
    for (key, list) in lists.iter_keys() {
        assert_eq!(&model.recommend(key, 4).unwrap(), list);
    }
}
