//! Contracts and invariants of the recommender.

use proptest::prelude::*;

use super::*;
use crate::ErrorKind;
use crate::data::{Ledger, Occasion, TimeAxis, Transaction};
use crate::types::{AsOf, Currency, Day, Key};

type Rows = Vec<(u8, i32, u8)>;

fn ledger(rows: &[(u8, i32, u8)]) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for (who, day, item) in rows {
        builder.push(Transaction::new(i64::from(*who), Day::new(*day)).item(format!("i{item}"))).unwrap();
    }
    builder.build().unwrap()
}

/// Keys of every kind: integers, negative ones, texts that look like numbers, stock codes.
fn mixed(number: u8) -> Key<'static> {
    match number % 5 {
        0 => Key::from(85_000 + i64::from(number)),
        1 => Key::from(format!("{}A", 85_000 + i64::from(number))),
        2 => Key::from(format!("00{number}")),
        3 => Key::from(-i64::from(number)),
        _ => Key::from(format!("post {number}")),
    }
}

/// As [`fit`], with customers and items of mixed keys.
fn fit_mixed(rows: &[(u8, i32, u8)], method: Method) -> NextItemModel {
    let mut builder = Ledger::builder(Currency::EUR);
    for (who, day, item) in rows {
        builder.push(Transaction::new(mixed(*who), Day::new(*day)).item(mixed(*item))).unwrap();
    }
    let ledger = builder.build().unwrap();
    NextItemParams::new().method(method).fit(ledger.observed(AsOf::new(Day::new(10_000))).unwrap()).unwrap()
}

fn fit(rows: &[(u8, i32, u8)], method: Method) -> NextItemModel {
    let ledger = ledger(rows);
    NextItemParams::new().method(method).fit(ledger.observed(AsOf::new(Day::new(10_000))).unwrap()).unwrap()
}

fn names(list: &[Recommendation]) -> Vec<String> {
    list.iter().map(|r| r.item.to_string()).collect()
}

/// Customer 1 bought i1 twice and i2, i3 once; i3 is more popular than i2; i4 and i5 are others' items.
const SHOP: [(u8, i32, u8); 9] =
    [(1, 1, 1), (1, 2, 1), (1, 2, 2), (1, 3, 3), (2, 1, 3), (2, 2, 4), (3, 1, 4), (3, 2, 4), (3, 3, 5)];

#[test]
fn frequency_then_popularity_then_key() {
    assert_eq!(
        names(&fit(&SHOP, Method::GpTopFreq).recommend(1, 9).unwrap()),
        ["i1", "i3", "i2", "i4", "i5"]
    );
    assert_eq!(names(&fit(&SHOP, Method::PTopFreq).recommend(1, 9).unwrap()), ["i1", "i3", "i2"]);
    assert_eq!(names(&fit(&SHOP, Method::GTopFreq).recommend(1, 9).unwrap()), ["i4", "i1", "i3", "i2", "i5"]);
    for method in [Method::GpTopFreq, Method::PTopFreq, Method::GTopFreq] {
        assert_eq!(names(&fit(&SHOP, method).recommend("nobody", 2).unwrap()), ["i4", "i1"]);
    }
}

#[test]
fn filters_act_before_the_cut() {
    let model = fit(&SHOP, Method::GpTopFreq);
    let ask = |request: Request| names(&model.recommend(1, request).unwrap());
    assert_eq!(ask(Request::new(2).deny(["i1", "i3"])), ["i2", "i4"]);
    assert_eq!(ask(Request::new(2).allow(["i5", "i2", "unheard of"])), ["i2", "i5"]);
    assert_eq!(ask(Request::new(2).bought(AlreadyBought::Excluded)), ["i4", "i5"]);
    assert_eq!(ask(Request::new(9).bought(AlreadyBought::Only)), ["i1", "i3", "i2"]);
    assert_eq!(ask(Request::new(2).repeat_share(0.5)), ["i1", "i4"]);
    assert_eq!(ask(Request::new(4).repeat_share(1.0)), ["i1", "i3", "i2", "i4"]);
    assert_eq!(ask(Request::new(3).repeat_share(0.0)), ["i1", "i4", "i5"]);
    assert_eq!(ask(Request::new(1).allow(["unheard of"])), Vec::<String>::new());
}

#[test]
fn at_most_m_of_a_category() {
    let ledger = ledger(&SHOP);
    let now = ledger.observed(AsOf::new(Day::new(9))).unwrap();
    let model = NextItemParams::new()
        .method(Method::GpTopFreq)
        .categories([("i1", "a"), ("i3", "a"), ("i2", "b"), ("i4", "b")])
        .fit(now)
        .unwrap();
    assert_eq!(names(&model.recommend(1, Request::new(9).per_category(1)).unwrap()), ["i1", "i2", "i5"]);
    let refused = fit(&SHOP, Method::GpTopFreq).recommend(1, Request::new(9).per_category(1)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidParam);
}

#[test]
fn bad_requests_are_typed_errors() {
    let model = fit(&SHOP, Method::GpTopFreq);
    for request in [
        Request::new(0),
        Request::new(1).allow(Vec::<Key<'_>>::new()),
        Request::new(1).repeat_share(f64::NAN),
        Request::new(1).repeat_share(1.1),
        Request::new(1).per_category(0),
    ] {
        assert_eq!(model.recommend(1, request.clone()).unwrap_err().kind(), ErrorKind::InvalidParam);
        assert_eq!(model.recommend_all(request).unwrap_err().kind(), ErrorKind::InvalidParam);
    }
    assert_eq!(model.recommend(1, usize::MAX).unwrap().len(), 5);
}

#[test]
fn data_without_baskets_are_typed_errors() {
    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new("ann", Day::new(1))).unwrap();
    let no_items = builder.build().unwrap();
    let now = no_items.observed(AsOf::new(Day::new(1))).unwrap();
    assert_eq!(NextItemParams::new().fit(now).unwrap_err().kind(), ErrorKind::InvalidInput);

    let mut builder = Ledger::builder(Currency::EUR);
    let refund = Transaction::new("ann", Day::new(1)).item("tea").amount(crate::types::Amount::minor(-1));
    builder.push(refund).unwrap();
    let refunds = builder.build().unwrap();
    let now = refunds.observed(AsOf::new(Day::new(1))).unwrap();
    assert_eq!(NextItemParams::new().fit(now).unwrap_err().kind(), ErrorKind::EmptyInput);

    let ledger = ledger(&SHOP);
    let now = ledger.observed(AsOf::new(Day::new(1))).unwrap();
    let by_row = NextItemParams::new().occasion(Occasion::Row).fit(now).unwrap_err();
    assert_eq!(by_row.kind(), ErrorKind::InvalidParam);
    assert_eq!(Baskets::new(now, Occasion::Order).unwrap_err().kind(), ErrorKind::InvalidInput);
    let baskets = Baskets::new(now, Occasion::Day).unwrap();
    assert_eq!(baskets.leave_last_out(1, 1).unwrap_err().kind(), ErrorKind::InvalidParam);
    assert_eq!(baskets.leave_last_out(2, 1).unwrap_err().kind(), ErrorKind::EmptyInput);
}

#[test]
fn orders_are_baskets_of_their_own() {
    let mut builder = Ledger::builder(Currency::EUR);
    for (order, day, item) in
        [("a", 1, "tea"), ("b", 1, "milk"), ("a", 1, "rice"), ("", 1, "salt"), ("b", 2, "soap")]
    {
        let row = Transaction::new("ann", Day::new(day)).item(item);
        builder.push(if order.is_empty() { row } else { row.order(order) }).unwrap();
    }
    let ledger = builder.build().unwrap();
    let now = ledger.observed(AsOf::new(Day::new(2))).unwrap();
    // a = {tea, rice}, b = {milk, soap} dated by its first row, and the row without an order.
    let baskets = Baskets::new(now, Occasion::Order).unwrap();
    assert_eq!((baskets.len(), baskets.rows()), (3, 5));
    assert!(baskets.past(0).days.iter().all(|d| *d == Day::new(1)));
    assert_eq!(Baskets::new(now, Occasion::Day).unwrap().len(), 2);
}

#[test]
fn without_dates_reasons_count_baskets() {
    let mut builder = Ledger::builder(Currency::EUR).time_axis(TimeAxis::Ordinal);
    for (basket, item) in [(1, "tea"), (3, "tea"), (4, "milk")] {
        builder.push(Transaction::new("ann", Day::new(basket)).item(item)).unwrap();
    }
    let ledger = builder.build().unwrap();
    let model = NextItemParams::new()
        .method(Method::GpTopFreq)
        .fit(ledger.observed(AsOf::new(Day::new(9))).unwrap())
        .unwrap();
    let tea = &model.recommend("ann", 1).unwrap()[0];
    assert_eq!(
        tea.reasons[0].kind,
        ReasonKind::Bought { times: 2, last: Ago::Baskets(2), interval: Some(Ago::Baskets(1)) }
    );
}

#[test]
fn leaving_the_last_basket_out_follows_the_protocol() {
    // Item 9 is in one history basket only and falls to min_item = 2; customer 3 has too few baskets.
    let rows =
        [(1, 1, 1), (1, 2, 1), (1, 2, 9), (1, 3, 1), (1, 3, 2), (2, 1, 9), (2, 2, 1), (2, 3, 7), (3, 1, 1)];
    let ledger = ledger(&rows);
    let baskets = Baskets::new(ledger.observed(AsOf::new(Day::new(5))).unwrap(), Occasion::Day).unwrap();
    let (history, truth) = baskets.leave_last_out(3, 2).unwrap();
    // Kept items: i1 (three histories' baskets) and i9 (two). Customer 2's truth, i7, is dropped, and so is customer 2.
    assert_eq!((history.customers().len(), history.len(), history.rows()), (1, 2, 3));
    assert_eq!((truth.len(), truth.rows()), (1, 1));
}

#[test]
fn the_future_is_not_seen() {
    let ledger = ledger(&[(1, 1, 1), (1, 50, 2), (2, 60, 3)]);
    let model = NextItemParams::new().fit(ledger.observed(AsOf::new(Day::new(10))).unwrap()).unwrap();
    assert_eq!(names(&model.recommend(1, 9).unwrap()), ["i1"]);
    assert_eq!(model.recommend_all(1).unwrap().len(), 1);
}

#[test]
fn a_basket_without_items_changes_nothing() {
    let mut model = fit(&SHOP, Method::GpTopFreq);
    let none: [&str; 0] = [];
    assert_eq!(model.update(Basket::new(1, Day::new(5), none)).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(model.as_of(), AsOf::new(Day::new(10_000)));
}

#[test]
fn debug_prints_counts_only() {
    let model = fit(&SHOP, Method::GpTopFreq);
    assert_eq!(
        format!("{model:?}"),
        "NextItemModel(GpTopFreq, 5 items, Baskets(8 baskets, 9 rows, 3 customers, as of 1997-05-19), 0 customers revised)"
    );
    assert_eq!(format!("{:?}", Basket::new("secret", Day::new(0), ["tea"])), "Basket(1 items on 1970-01-01)");
}

fn shops() -> impl Strategy<Value = Rows> {
    prop::collection::vec((0_u8..6, 0_i32..8, 0_u8..12), 1..60)
}

proptest! {
    #[test]
    fn row_order_never_matters(rows in shops(), turn in 0_usize..60) {
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (a, b) = (fit(&rows, Method::default()), fit(&turned, Method::default()));
        prop_assert_eq!(a.recommend_all(5).unwrap().into_values(), b.recommend_all(5).unwrap().into_values());
    }

    #[test]
    fn lists_are_full_distinct_ordered_and_explained(rows in shops(), n in 1_usize..15, who in 0_u8..8) {
        let model = fit(&rows, Method::default());
        let list = model.recommend(i64::from(who), n).unwrap();
        prop_assert_eq!(list.len(), n.min(model.catalogue()));
        let mut items = names(&list);
        items.sort();
        items.dedup();
        prop_assert_eq!(items.len(), list.len());
        prop_assert!(list.is_sorted_by(|a, b| a.score >= b.score));
        for r in &list {
            prop_assert!(r.score.is_finite());
            prop_assert_eq!(r.score, r.reasons.iter().map(|x| x.contribution).sum::<f64>());
        }
    }

    /// The state after updates equals that of a fit on all rows, with the popularity of the first fit.
    #[test]
    fn an_update_equals_a_refit_with_frozen_popularity(rows in shops(), more in shops(), n in 1_usize..15) {
        let mut updated = fit_mixed(&rows, Method::GpTopFreq);
        let frozen = updated.clone();
        for (who, day, item) in &more {
            updated.update(Basket::new(mixed(*who), Day::new(*day), [mixed(*item)])).unwrap();
        }
        let all: Rows = rows.iter().chain(&more).copied().collect();
        let mut refit = fit_mixed(&all, Method::GpTopFreq);
        let counts = refit.items.base().iter().map(|key| {
            frozen.items.find(&key).map_or(0, |i| frozen.popularity.of(u32::try_from(i).unwrap()))
        });
        refit.popularity = super::model::Popularity::new(counts.collect(), frozen.popularity.all);
        for who in 0..7 {
            let (a, b) = (updated.recommend(mixed(who), n).unwrap(), refit.recommend(mixed(who), n).unwrap());
            prop_assert_eq!(a, b);
        }
        prop_assert_eq!(updated.recommend_all(n).unwrap().into_values(), refit.recommend_all(n).unwrap().into_values());
    }

    #[test]
    fn shifting_all_days_changes_nothing(rows in shops(), shift in -1000_i32..1000) {
        let moved: Rows = rows.iter().map(|(w, d, i)| (*w, d + shift, *i)).collect();
        let as_of = |rows: &Rows, day| {
            let ledger = ledger(rows);
            NextItemParams::new().fit(ledger.observed(AsOf::new(Day::new(day))).unwrap()).unwrap()
        };
        let (a, b) = (as_of(&rows, 20), as_of(&moved, 20 + shift));
        prop_assert_eq!(a.recommend_all(6).unwrap().into_values(), b.recommend_all(6).unwrap().into_values());
    }

    #[test]
    fn one_customer_is_served_as_in_the_batch(rows in shops()) {
        let model = fit(&rows, Method::default());
        for (key, list) in model.recommend_all(4).unwrap().iter_keys() {
            prop_assert_eq!(&model.recommend(key, 4).unwrap(), list);
        }
    }
}

/// Items of every kind of key that arrive by update are sorted among those of the fit: no method panics in a
/// sort, and ties fall in the order of keys.
#[test]
fn updates_with_keys_of_every_kind_have_one_order() {
    let items: Vec<u8> = (0..200).collect();
    for method in [
        Method::Learned,
        Method::GpTopFreq,
        Method::TifuKnn(TifuKnnParams::new()),
        Method::UpCf(UpCfParams::new()),
        Method::ItemItem(ItemItemParams::new()),
        Method::MarkovChain(MarkovChainParams::new()),
        Method::Als(AlsParams::new().factors(2)),
    ] {
        let rows: Rows =
            items.iter().filter(|item| *item % 3 == 0).map(|item| (item % 7, 1, *item)).collect();
        let mut model = fit_mixed(&rows, method);
        let basket = Basket::new(mixed(1), Day::new(9), items.iter().map(|item| mixed(*item)));
        model.update(basket).unwrap();
        let list = model.recommend(mixed(1), 500).unwrap();
        assert!(list.len() >= rows.len(), "{method:?}");
        let own: Vec<&Recommendation> = list.iter().filter(|r| r.score == list[0].score).collect();
        // Of equal scores these two show the smaller key first; the others the more popular item.
        let by_key = matches!(method, Method::TifuKnn(_) | Method::UpCf(_));
        assert!(!by_key || own.is_sorted_by(|a, b| a.item < b.item), "{method:?}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_saved_model_comes_back_with_its_updates() {
    use crate::persist;
    let ledger = ledger(&SHOP);
    let now = ledger.observed(AsOf::new(Day::new(9))).unwrap();
    let mut model = NextItemParams::new().categories([("i1", "a"), ("i3", "a")]).fit(now).unwrap();
    model.update(Basket::new(2, Day::new(8), ["i1", "brand new"])).unwrap();
    model.update(Basket::new("new here", Day::new(12), ["i5"])).unwrap();
    let mut file = Vec::new();
    persist::write(&mut file, &model).unwrap();
    let back: NextItemModel = persist::read(file.as_slice()).unwrap();
    assert_eq!(format!("{back:?}"), format!("{model:?}"));
    for who in [Key::from(1), Key::from(2), Key::from("new here"), Key::from("nobody")] {
        let request = Request::new(9).per_category(1);
        assert_eq!(
            back.recommend(who.clone(), request.clone()).unwrap(),
            model.recommend(who.clone(), request).unwrap()
        );
    }
    let mut again = Vec::new();
    persist::write(&mut again, &back).unwrap();
    assert_eq!(file, again);
    for end in 0..file.len() {
        assert_eq!(
            persist::read::<NextItemModel>(&file[..end]).unwrap_err().kind(),
            ErrorKind::IncompatibleModel
        );
    }
}

/// 256 customers with three favourites each among 60 items, bought in turn, and something popular or new beside them.
fn habits() -> Rows {
    let mut rows = Rows::new();
    for who in 0..=255_u8 {
        let me = u32::from(who);
        for visit in 0..8_u32 {
            let day = i32::try_from(visit * 7 + me % 5).unwrap();
            let mut put = |item: u32| rows.push((who, day, u8::try_from(item % 60).unwrap()));
            put(me * 7);
            if visit % 2 == me % 2 {
                put(me * 7 + 1);
            }
            if (visit + me) % 3 == 0 {
                put(me * 11 + 5);
            }
            put((me * 31 + visit * 17) % 13);
            put((me + visit * visit * 7) % 60);
        }
    }
    rows
}

#[test]
fn the_ranker_learns_habits_and_tells_all_of_its_score() {
    let ledger = ledger(&habits());
    let baskets = Baskets::new(ledger.observed(AsOf::new(Day::new(99))).unwrap(), Occasion::Day).unwrap();
    let (history, truth) = baskets.leave_last_out(2, 0).unwrap();
    let model = NextItemParams::new().method(Method::Learned).fit(&history).unwrap();
    let fit = model.summary().ranker.expect("habits as plain as these are learned");
    assert!(fit.converged && fit.validation.0 > fit.validation.1, "{fit:?}");
    let plain = NextItemParams::new().method(Method::GpTopFreq).fit(&history).unwrap();
    let gain =
        model.evaluate(&truth, 3).unwrap().mean().ndcg - plain.evaluate(&truth, 3).unwrap().mean().ndcg;
    assert!(gain > 0.0, "{gain}");
    for who in [0_i64, 7, 200, 999] {
        for request in [Request::new(5), Request::new(60), Request::new(50).bought(AlreadyBought::Excluded)] {
            let list = model.recommend(who, request).unwrap();
            assert!(list.len() >= 5);
            assert!(list.is_sorted_by(|a, b| a.score >= b.score), "{who}");
            for r in &list {
                assert!(r.score.is_finite());
                assert_eq!(r.score, r.reasons.iter().map(|x| x.contribution).sum::<f64>());
                assert!(!r.why(crate::types::Language::Chinese).is_empty());
            }
        }
    }
}

/// With the learned weights and all tables frozen, one more basket serves the customer as a refit would.
#[test]
fn an_update_of_the_learned_model_equals_a_refit_with_frozen_tables() {
    let rows = habits();
    let mut updated = fit(&rows, Method::Learned);
    assert!(updated.ranker.is_some());
    let mut all = rows.clone();
    for (who, day, item) in [(3, 80, 9), (3, 80, 12), (3, 91, 9), (77, 60, 1)] {
        updated.update(Basket::new(i64::from(who), Day::new(day), [format!("i{item}")])).unwrap();
        all.push((who, day, item));
    }
    let mut refit = fit(&all, Method::GpTopFreq);
    refit.method = Method::Learned;
    refit.popularity = updated.popularity.clone();
    // The tables are frozen, and so are the baskets of similar customers that they read.
    refit.ranker = updated.ranker.clone();
    for who in 0..=255_usize {
        let revised = super::update::Revised::new(refit.past(Some(who)));
        refit.revised.insert(u32::try_from(who).unwrap(), revised);
    }
    refit.baskets = updated.baskets.clone();
    for who in [3, 77, 4, 250] {
        assert_eq!(updated.recommend(who, 20).unwrap(), refit.recommend(who, 20).unwrap());
    }
    let before = fit(&rows, Method::Learned).recommend(3, 20).unwrap();
    assert_ne!(updated.recommend(3, 20).unwrap(), before);
}

#[cfg(feature = "serde")]
#[test]
fn a_saved_ranker_answers_bit_for_bit() {
    let model = fit(&habits(), Method::Learned);
    assert!(model.ranker.is_some());
    let mut file = Vec::new();
    crate::persist::write(&mut file, &model).unwrap();
    let back: NextItemModel = crate::persist::read(file.as_slice()).unwrap();
    assert_eq!(back.summary(), model.summary());
    for who in [1_i64, 100, 999] {
        assert_eq!(back.recommend(who, 20).unwrap(), model.recommend(who, 20).unwrap());
    }
}
