use super::*;
use crate::data::TimeUnit;
use crate::error::{ErrorKind, Place};
use crate::kernel::rng::mix;
use crate::types::{AsOf, Currency, Day, Horizon, Seed};

/// The end of that day of the shop, counted from 0.
fn as_of(shop: &Shop, day: i64) -> AsOf {
    AsOf::new(shop.days().0.checked_add(day).unwrap())
}

/// Mean and standard error.
fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n / n).sqrt())
}

/// Asserts that a sample mean lies within five of its standard errors: chance fails that once in two million.
fn close(what: &str, (mean, error): (f64, f64), expected: f64) {
    assert!((mean - expected).abs() < 5.0 * error + 1e-12, "{what}: {mean} ± {error}, expected {expected}");
}

/// All bits of all rows in one number: equal numbers are equal shops.
fn checksum(rows: impl Iterator<Item = OrderRow>) -> u64 {
    rows.fold(0, |hash, row| {
        [
            row.customer.unwrap_or(0),
            i64::from(row.day.days_since_epoch()),
            i64::from(row.second_of_day),
            row.order,
            row.item,
            row.quantity.in_thousandths(),
            row.amount.in_minor(),
        ]
        .into_iter()
        .fold(hash, |hash, value| mix(hash ^ value.cast_unsigned()))
    })
}

/// A shop with every knob turned away from nothing.
fn busy(customers: u32) -> ShopParams {
    ShopParams::new(customers, Seed(11))
        .days(400)
        .refunds(0.05)
        .anonymous(0.1)
        .second_accounts(0.2)
        .seasonality(0.4)
        .trend(0.1)
}

/// A change of this number is a change of every simulated shop, and belongs into the change log.
#[test]
fn a_small_shop_is_pinned() {
    let shop = busy(50).simulate().unwrap();
    assert_eq!((shop.rows().count(), checksum(shop.rows())), PINNED);
}

/// Rows and checksum.
const PINNED: (usize, u64) = (737, 11941780464531685678);

/// Rows of parts, in any order, are the rows of the whole.
#[test]
fn parts_make_the_whole_and_any_part_can_be_had_alone() {
    let shop = busy(700).simulate().unwrap();
    let whole: Vec<_> = shop.rows().collect();
    let parts: Vec<_> =
        [0..1, 1..300, 300..300, 300..9999].into_iter().flat_map(|p| shop.rows_of(p)).collect();
    assert!(whole == parts);
    assert_eq!(shop.ledger().unwrap().len(), whole.len());
    #[expect(clippy::reversed_empty_ranges, reason = "a range the wrong way round is what is tested")]
    let none = shop.rows_of(5..2).count();
    assert_eq!(none, 0);
}

/// Means of the drawn rates and probabilities against those of their distributions.
#[test]
fn rates_and_dropout_have_their_distribution() {
    let n = 20_000;
    let shop = ShopParams::new(n, Seed(1)).rate(0.5, 5.0).dropout(Dropout::AfterRepeat { a: 2.0, b: 3.0 });
    let people = shop.simulate().unwrap().truth().people().unwrap();
    close("rate", mean(people.values().iter().map(|p| p.rate_per_week)), 0.1);
    close("dropout", mean(people.values().iter().map(|p| p.dropout)), 0.4);
    // Gamma-Gamma: the mean order is p gamma / (q - 1) = 30 euros.
    close("mean order", mean(people.values().iter().map(|p| p.mean_order.in_minor())), 3000.0);
}

/// Counts of purchases against the closed forms of the processes they are drawn from.
#[test]
fn purchases_follow_the_process() {
    for dropout in [
        Dropout::Never,
        Dropout::AfterRepeat { a: 0.8, b: 2.5 },
        Dropout::AfterEvery { a: 0.8, b: 2.5 },
        Dropout::AnyTime { shape: 0.6, rate: 12.0 },
    ] {
        for (season, trend) in [(0.0, 0.0), (0.8, 0.5)] {
            let shop = ShopParams::new(6_000, Seed(5)).dropout(dropout).seasonality(season).trend(trend);
            let shop = shop.arrivals(90).simulate().unwrap();
            for day in [100, 500] {
                let (as_of, horizon) = (as_of(&shop, day), Horizon::days(200).unwrap());
                let expected = shop.truth().expected_purchases(as_of, horizon).unwrap();
                let actual = shop.truth().purchases(as_of, horizon).unwrap();
                assert_eq!(expected.customers(), actual.customers());
                let excess = expected.values().iter().zip(actual.values()).map(|(e, a)| f64::from(*a) - e);
                close(&format!("{dropout:?}, season {season}, day {day}"), mean(excess), 0.0);
            }
        }
    }
}

/// Leavers against the probability of leaving by the end.
#[test]
fn the_share_of_leavers_is_that_of_the_model() {
    // With dropout after every purchase, the share that leaves at the first is the mean of Beta(a, b).
    let shop = ShopParams::new(20_000, Seed(8)).dropout(Dropout::AfterEvery { a: 1.0, b: 3.0 });
    let people = shop.simulate().unwrap().truth().people().unwrap();
    let once = people.values().iter().map(|p| f64::from(u8::from(p.orders == 1 && p.left.is_some())));
    close("leavers at once", mean(once), 0.25);
}

/// The coefficient of variation of Erlang-k gaps is 1 / √k.
#[test]
fn regular_customers_are_regular() {
    let gaps = |k| {
        let shop =
            ShopParams::new(300, Seed(2)).rate(1e5, 1e5).dropout(Dropout::Never).regularity(k).days(2000);
        let shop = shop.simulate().unwrap();
        let mut gaps = Vec::new();
        for person in 0..300 {
            let mut days: Vec<f64> = shop
                .rows_of(person..person + 1)
                .map(|r| f64::from(r.day.days_since_epoch()) + f64::from(r.second_of_day) / 86_400.0)
                .collect();
            days.dedup();
            gaps.extend(days.windows(2).map(|w| (w[1] - w[0]) / 7.0));
        }
        gaps
    };
    for k in [1, 4] {
        let gaps = gaps(k);
        // The gap that would span the end is cut off, so a few long gaps per cent are missing.
        let (mean, _) = mean(gaps.iter().copied());
        assert!((mean - 1.0).abs() < 0.02, "mean gap of {mean} weeks");
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((variance * f64::from(k) - 1.0).abs() < 0.06, "variance {variance} for k = {k}");
    }
}

/// Order values have the mean of the Gamma-Gamma model, and rows add up to them exactly.
#[test]
fn rows_add_up_to_gamma_orders() {
    let shop = ShopParams::new(5_000, Seed(4)).spend(6.0, 4.0, 15.0).simulate().unwrap();
    let mut orders = std::collections::BTreeMap::<i64, i64>::new();
    for row in shop.rows() {
        assert!(row.amount.in_minor() >= 0);
        *orders.entry(row.order).or_default() += row.amount.in_minor();
    }
    let people = shop.truth().people().unwrap();
    let total: f64 = people.values().iter().map(|p| p.mean_order.in_minor() * f64::from(p.orders)).sum();
    let paid: f64 = orders.values().map(|a| *a as f64).sum();
    assert_eq!(orders.len() as u64, people.values().iter().map(|p| u64::from(p.orders)).sum::<u64>());
    assert!((paid / total - 1.0).abs() < 0.02, "paid {paid}, expected {total}");
}

/// With a habit, repeat items are frequent; without one, as rare as chance makes them.
#[test]
fn baskets_repeat_favourites() {
    let repeat_share = |habit| {
        let shop = ShopParams::new(400, Seed(9)).habit(habit).dropout(Dropout::Never).simulate().unwrap();
        let people = shop.truth().people().unwrap();
        let (mut favourite, mut all) = (0_u32, 0_u32);
        for row in shop.rows() {
            let person = people.by_key(row.customer.unwrap()).unwrap();
            favourite += u32::from(person.favourites.contains(&row.item));
            all += 1;
        }
        f64::from(favourite) / f64::from(all)
    };
    let shares = [0.0, 0.3, 0.6, 0.9].map(repeat_share);
    assert!(shares.is_sorted_by(|a, b| a + 0.1 < *b), "{shares:?}");
    assert!(shares[0] < 0.2 && (shares[3] - 0.9).abs() < 0.08, "{shares:?}");
}

/// Pairs within a group occur more often than their popularity explains.
#[test]
fn items_of_a_group_go_together() {
    // Pairs within one basket that share a group, against chance; groups are told by the catalogue.
    let lift = |affinity| {
        let shop =
            ShopParams::new(500, Seed(3)).habit(0.0).affinity(affinity).popularity(0.5).simulate().unwrap();
        let groups: std::collections::BTreeMap<i64, u32> = (0..shop.params().catalogue)
            .map(|item| (shop.catalogue.key(item), shop.catalogue.group(item)))
            .collect();
        let rows: Vec<_> = shop.rows().collect();
        let (mut same, mut pairs) = (0_u32, 0_u32);
        for pair in rows.windows(2).filter(|w| w[0].order == w[1].order) {
            same += u32::from(groups[&pair[0].item] == groups[&pair[1].item]);
            pairs += 1;
        }
        f64::from(same) / f64::from(pairs)
    };
    let shares = [0.0, 0.4, 0.8].map(lift);
    assert!(shares[0] < 0.06 && shares[1] > 0.2 && shares[2] > shares[1] + 0.2, "{shares:?}");
}

/// Each knob is turned alone, and what it does not name stays equal to the bit.
#[test]
fn knobs_move_what_they_name_and_nothing_else() {
    let base = ShopParams::new(2_000, Seed(6)).days(300);
    let plain: Vec<_> = base.clone().simulate().unwrap().rows().collect();
    for (share, rows) in [0.02, 0.1, 0.3].map(|s| (s, base.clone().refunds(s).simulate().unwrap())) {
        let (refunds, others): (Vec<_>, Vec<_>) = rows.rows().partition(|r| r.amount.in_minor() < 0);
        assert!(others == plain, "refunds changed the purchases");
        let seen = refunds.len() as f64 / plain.len() as f64;
        assert!((seen / share - 1.0).abs() < 0.1, "{seen} for {share}");
    }
    for share in [0.05, 0.5] {
        let shop = base.clone().anonymous(share).simulate().unwrap();
        let (nobody, others): (Vec<_>, Vec<_>) = shop.rows().partition(|r| r.customer.is_none());
        assert!(others == plain, "walk-in customers changed the others");
        let seen = nobody.len() as f64 / (nobody.len() + others.len()) as f64;
        assert!((seen - share).abs() < 0.03, "{seen} for {share}");
    }
    let shop = base.clone().second_accounts(0.3).simulate().unwrap();
    let people: Vec<_> = shop.rows().map(|r| shop.truth().person_of(r.customer.unwrap()).unwrap()).collect();
    let before: Vec<_> = plain.iter().map(|r| u32::try_from(r.customer.unwrap() - 1).unwrap()).collect();
    assert_eq!(people, before);
    assert!(shop.ledger().unwrap().customers().len() > 2_100);
}

/// Shares of the most popular items against the Zipf law.
#[test]
fn popularity_is_skewed_as_asked() {
    let top = |exponent| {
        let shop =
            ShopParams::new(500, Seed(6)).popularity(exponent).habit(0.0).affinity(0.0).simulate().unwrap();
        let mut counts = std::collections::BTreeMap::<i64, u32>::new();
        for row in shop.rows() {
            *counts.entry(row.item).or_default() += 1;
        }
        let total: u32 = counts.values().sum();
        f64::from(*counts.values().max().unwrap()) / f64::from(total)
    };
    let shares = [0.0, 0.5, 1.0, 1.5].map(top);
    assert!(shares.is_sorted_by(|a, b| a * 2.0 < *b), "{shares:?}");
}

/// Customers, first days and counts of both doors agree.
#[test]
fn the_ledger_and_the_truth_agree() {
    let shop = ShopParams::new(3_000, Seed(10)).simulate().unwrap();
    let ledger = shop.ledger().unwrap();
    assert_eq!(ledger.covers(), shop.days());
    let as_of = as_of(&shop, 400);
    let observed = ledger.observed(as_of).unwrap();
    let active = shop.truth().active(as_of).unwrap();
    assert_eq!(active.customers(), &observed.customers());
    let exact = shop.purchase_history(as_of, TimeUnit::Day).unwrap();
    assert_eq!(exact.customers(), &observed.customers());
    let days = observed.map(|h| (h.first_day(), h.last_day()));
    for (row, (first, last)) in days.values().iter().enumerate() {
        assert!(((*last - *first) as f64 - exact.t_x()[row]).abs() < 1.0);
        assert!(((as_of.day() - *first + 1) as f64 - exact.t()[row]).abs() <= 1.0);
    }
}

/// Exact times, and the same orders and money as the rows.
#[test]
fn the_exact_history_counts_orders_and_money() {
    let shop = ShopParams::new(300, Seed(10)).simulate().unwrap();
    let end = AsOf::new(shop.days().1);
    let history = shop.purchase_history(end, TimeUnit::Week).unwrap();
    let mut orders = std::collections::BTreeMap::<(i64, i64), i64>::new();
    for row in shop.rows() {
        *orders.entry((row.customer.unwrap(), row.order)).or_default() += row.amount.in_minor();
    }
    for row in 0..history.len() {
        let customer = history.customers().key(row).unwrap().as_integer().unwrap();
        let values: Vec<i64> = orders.range((customer, 0)..(customer + 1, 0)).map(|(_, v)| *v).collect();
        assert_eq!(history.x()[row], values.len() as f64 - 1.0);
        let spend = values[1..].iter().sum::<i64>() as f64 / (values.len() as f64 - 1.0).max(1.0);
        assert!((history.spend().unwrap()[row] - spend).abs() < 1e-6);
    }
}

/// Leavers complain more about their last order.
#[test]
fn complaints_gather_before_the_end() {
    let shop = ShopParams::new(3_000, Seed(10)).complaints(0.1).simulate().unwrap();
    let people = shop.truth().people().unwrap();
    let complaints = shop.complaints();
    let orders: u32 = people.values().iter().map(|p| p.orders).sum();
    let leavers = people.values().iter().filter(|p| p.left.is_some()).count() as f64;
    let expected = 0.1 * f64::from(orders) + 0.4 * leavers;
    let events = shop.events().unwrap();
    assert_eq!(events.len(), complaints.len());
    let silent = ShopParams::new(30, Seed(10)).complaints(0.0).simulate().unwrap();
    assert_eq!(silent.events().unwrap_err().kind(), crate::ErrorKind::EmptyInput);
    let seen = complaints.len() as f64;
    assert!((seen / expected - 1.0).abs() < 0.05, "{seen} of {expected}");
}

/// Pools of several sizes, every door, one result.
#[test]
fn threads_do_not_matter() {
    let shop = busy(900).simulate().unwrap();
    let end = as_of(&shop, 300);
    let horizon = Horizon::days(60).unwrap();
    let all = || {
        let ledger = shop.ledger().unwrap();
        let rows: Vec<_> = ledger
            .observed(end)
            .unwrap()
            .map(|h| h.rows().map(|r| (r.day, r.second_of_day, r.amount)).collect::<Vec<_>>())
            .into_values();
        let truth = shop.truth();
        (
            rows,
            truth.expected_purchases(end, horizon).unwrap(),
            truth.people().unwrap(),
            shop.purchase_history(end, TimeUnit::Week).unwrap(),
            shop.complaints(),
        )
    };
    let expected = all();
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(all) == expected, "{threads} threads");
    }
    assert!(all() == expected);
}

/// The smallest shops there are.
#[test]
fn nobody_and_one() {
    let empty = ShopParams::new(0, Seed(1)).simulate().unwrap();
    assert_eq!(empty.rows().count(), 0);
    assert_eq!(empty.ledger().unwrap_err().kind(), ErrorKind::EmptyInput);
    let day = as_of(&empty, 10);
    assert_eq!(empty.purchase_history(day, TimeUnit::Week).unwrap_err().kind(), ErrorKind::EmptyInput);
    assert!(empty.truth().people().unwrap().is_empty());
    assert_eq!((empty.truth().person(0), empty.truth().person_of(1)), (None, None));
    let one = ShopParams::new(1, Seed(1)).catalogue(1).groups(9).days(1).simulate().unwrap();
    assert_eq!(one.ledger().unwrap().customers().len(), 1);
    assert_eq!(one.truth().person(0).unwrap().favourites.len(), 1);
    let beyond = one.truth().active(as_of(&one, 1)).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::InvalidParam);
}

/// One value outside each domain; the error names the knob.
#[test]
fn every_knob_is_checked() {
    let p = || ShopParams::new(10, Seed(1));
    let dropout = |a, b| p().dropout(Dropout::AfterRepeat { a, b });
    let bad = [
        (ShopParams::new(1_000_000_001, Seed(1)), "customers"),
        (p().days(0), "days"),
        (p().days(36_526), "days"),
        (p().start(Day::new(i32::MAX)), "start"),
        (p().arrivals(0), "arrivals"),
        (p().arrivals(731), "arrivals"),
        (p().rate(0.0, 1.0), "rate"),
        (p().rate(1.0, f64::NAN), "rate"),
        (p().rate(100.0, 1.0), "rate"),
        (p().regularity(0), "regularity"),
        (dropout(0.0, 1.0), "dropout"),
        (dropout(1.0, f64::INFINITY), "dropout"),
        (p().dropout(Dropout::AnyTime { shape: -1.0, rate: 1.0 }), "dropout"),
        (p().spend(6.0, 1.0, 15.0), "spend"),
        (p().spend(6.0, 2.0, f64::NAN), "spend"),
        (p().catalogue(0), "catalogue"),
        (p().groups(0), "groups"),
        (p().favourites(1_001), "favourites"),
        (p().popularity(-0.1), "popularity"),
        (p().basket(0.5), "basket"),
        (p().habit(1.1), "habit"),
        (p().affinity(f64::NAN), "affinity"),
        (p().seasonality(2.0), "seasonality"),
        (p().trend(6.0), "trend"),
        (p().refunds(-0.5), "refunds"),
        (p().anonymous(1.0), "anonymous"),
        (p().second_accounts(2.0), "second_accounts"),
        (p().complaints(0.3), "complaints"),
        (p().duplicates(21.0), "duplicates"),
        (p().typos(f64::INFINITY), "typos"),
        (p().missing(3.0), "missing"),
        (p().households(1.0), "households"),
    ];
    for (params, name) in bad {
        let error = params.simulate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParam, "{name}");
        assert_eq!(error.place(), Some(&Place::Parameter(name)));
    }
}

/// Every knob at its limits: nothing overflows, nothing hangs.
#[test]
fn extreme_shops_stand() {
    let tiny = 1e-3;
    for params in [
        ShopParams::new(20, Seed(1)).rate(tiny, 1e6).dropout(Dropout::AnyTime { shape: tiny, rate: 1e6 }),
        ShopParams::new(20, Seed(1)).rate(tiny, tiny).spend(tiny, 1.1, 1e6),
        ShopParams::new(20, Seed(1)).spend(1e6, 1.001, 1e6).currency(Currency::custom("FINE", 9).unwrap()),
        ShopParams::new(20, Seed(1))
            .seasonality(1.0)
            .trend(-5.0)
            .dropout(Dropout::AfterEvery { a: tiny, b: tiny }),
        ShopParams::new(2, Seed(1)).rate(70.0, 1.0).days(3_000).basket(5.0).regularity(100).trend(5.0),
        ShopParams::new(20, Seed(1)).catalogue(3).favourites(1_000).basket(50.0),
        ShopParams::new(20, Seed(1)).start(Day::new(i32::MIN)).days(1),
    ] {
        let shop = params.simulate().unwrap();
        let ledger = shop.ledger().unwrap();
        assert!(!ledger.is_empty());
        let people = shop.truth().people().unwrap();
        assert!(
            people
                .values()
                .iter()
                .all(|p| p.mean_order.in_minor().is_finite() && p.rate_per_week.is_finite())
        );
        shop.purchase_history(AsOf::new(shop.days().1), TimeUnit::Day).unwrap();
    }
}

/// Of all pairs of records of one person, the share whose values agree where both are present.
fn agreement(records: &RecordTable, column: &str) -> f64 {
    let values: Vec<&str> = records.column(column).unwrap().collect();
    let mut by_person = std::collections::BTreeMap::<u32, Vec<&str>>::new();
    for (person, value) in records.people().iter().zip(values) {
        by_person.entry(*person).or_default().push(value);
    }
    let (mut equal, mut pairs) = (0_u32, 0_u32);
    for values in by_person.values() {
        for (i, a) in values.iter().enumerate().filter(|(_, a)| !a.is_empty()) {
            for b in values[i + 1..].iter().filter(|b| !b.is_empty()) {
                equal += u32::from(a == b);
                pairs += 1;
            }
        }
    }
    f64::from(equal) / f64::from(pairs)
}

/// More slips, less agreement; no slips, full agreement.
#[test]
fn records_repeat_people_with_slips() {
    for script in [Script::Latin, Script::Han] {
        let params = ShopParams::new(3_000, Seed(5)).script(script);
        let name = if script == Script::Latin { "family_name" } else { "name" };
        let shares = [0.0, 0.04, 0.08, 0.2].map(|typos| {
            agreement(&params.clone().typos(typos).simulate().unwrap().record_table().unwrap(), name)
        });
        assert!(shares[0] == 1.0 && shares.is_sorted_by(|a, b| a > b), "{script:?}: {shares:?}");
        let sizes = [0.0, 0.5, 2.0].map(|d| {
            params.clone().duplicates(d).simulate().unwrap().record_table().unwrap().len() as f64 / 3_000.0
        });
        assert!(
            sizes[0] == 1.0 && (sizes[1] - 1.5).abs() < 0.1 && (sizes[2] - 3.0).abs() < 0.25,
            "{sizes:?}"
        );
        let complete = params.clone().missing(0.0).simulate().unwrap().record_table().unwrap();
        for column in complete.columns().iter().filter(|c| **c != "account") {
            assert!(complete.column(column).unwrap().all(|v| !v.is_empty()), "{column}");
        }
    }
}

/// The bridge between records and orders: each account once, on a record of its person.
#[test]
fn every_account_of_the_orders_stands_on_one_record_of_its_person() {
    let shop = ShopParams::new(2_000, Seed(5)).second_accounts(0.3).simulate().unwrap();
    let (table, truth) = (shop.record_table().unwrap(), shop.truth());
    let mut accounts = std::collections::BTreeSet::new();
    for (account, person) in table.column("account").unwrap().zip(table.people()) {
        if let Ok(account) = account.parse::<i64>() {
            assert_eq!(truth.person_of(account), Some(*person));
            assert!(accounts.insert(account));
        }
    }
    assert!(shop.rows().all(|row| accounts.contains(&row.customer.unwrap())));
    assert!(accounts.len() > 2_500);
}

/// Addresses are shared as often as asked for.
#[test]
fn households_share_addresses() {
    let distinct = |share| {
        let shop = ShopParams::new(2_000, Seed(5)).households(share).duplicates(0.0).typos(0.0).missing(0.0);
        let table = shop.simulate().unwrap().record_table().unwrap();
        table.column("address").unwrap().collect::<std::collections::BTreeSet<_>>().len()
    };
    let counts = [0.0, 0.25, 0.5].map(distinct);
    assert!(counts[0] >= 1_990 && counts.is_sorted_by(|a, b| *b + 400 < *a), "{counts:?}");
}

/// As for orders: a change of these numbers is a change of every table of records.
#[test]
fn records_are_pinned_and_threads_do_not_matter() {
    let hash = |table: &RecordTable| {
        (0..table.len()).flat_map(|r| (0..table.columns().len()).map(move |c| (r, c))).fold(
            0,
            |hash, (r, c)| {
                table
                    .get(r, c)
                    .unwrap()
                    .bytes()
                    .fold(mix(hash ^ 0xff), |hash, byte| mix(hash ^ u64::from(byte)))
            },
        )
    };
    for (script, pinned) in [(Script::Latin, PINNED_LATIN), (Script::Han, PINNED_HAN)] {
        let shop = busy(700).script(script).simulate().unwrap();
        let expected = shop.record_table().unwrap();
        #[cfg(feature = "rayon")]
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| shop.record_table().unwrap()) == expected, "{threads} threads");
        }
        assert_eq!((expected.len(), hash(&expected)), pinned, "{script:?}");
    }
}

/// Records and checksum.
const PINNED_LATIN: (usize, u64) = (1377, 15995270090213482680);
/// Records and checksum.
const PINNED_HAN: (usize, u64) = (1377, 12389001399675043795);

/// No person, one person, one household.
#[test]
fn records_of_few() {
    let empty = ShopParams::new(0, Seed(1)).simulate().unwrap();
    assert!(empty.record_table().unwrap().is_empty());
    assert_eq!(empty.records().unwrap_err().kind(), ErrorKind::EmptyInput);
    let extreme = ShopParams::new(30, Seed(1)).duplicates(20.0).typos(1.0).missing(2.0).households(0.95);
    for script in [Script::Latin, Script::Han] {
        let shop = extreme.clone().script(script).simulate().unwrap();
        let table = shop.record_table().unwrap();
        assert_eq!(shop.records().unwrap().len(), table.len());
        assert!(
            (table.get(table.len(), 0), table.get(0, 99), table.column("nobody").is_none())
                == (None, None, true)
        );
        let text = format!("{table:?}");
        assert!(text.starts_with("RecordTable(") && text.len() < 60);
    }
}

/// Calibration of the table against its own probabilities.
#[test]
fn leavers_are_as_probable_as_said() {
    for effects in [Effects::Additive, Effects::Interacting] {
        let table = ChurnTableParams::new(20_000, Seed(3)).effects(effects).simulate().unwrap();
        let pairs: Vec<(f64, f64)> = table
            .probability()
            .values()
            .iter()
            .zip(table.left().values())
            .map(|(p, left)| (p.get(), f64::from(u8::from(*left))))
            .collect();
        for (low, high) in [(0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.01)] {
            let band = pairs.iter().filter(|(p, _)| (low..high).contains(p));
            close(&format!("{effects:?} {low}"), mean(band.map(|(p, left)| left - p)), 0.0);
        }
        let (share, _) = mean(pairs.iter().map(|p| p.1));
        assert!((0.15..0.45).contains(&share), "{share} leave under {effects:?}");
    }
}

/// Names, kinds, and the share of gaps.
#[test]
fn a_table_has_the_columns_and_the_gaps_it_promises() {
    let table = ChurnTableParams::new(5_000, Seed(3)).missing(0.2).noise(2).simulate().unwrap();
    let names: Vec<&str> = table.features().names().collect();
    assert_eq!(names[..4], ["tenure", "monthly_charge", "calls", "usage"]);
    assert_eq!(names[4..], ["senior", "contract", "payment", "internet", "n1", "n2"]);
    for (name, column) in table.features().columns() {
        let share = column.missing() as f64 / 5_000.0;
        let expected = if ["monthly_charge", "usage", "payment"].contains(&name) { 0.2 } else { 0.0 };
        assert!((share - expected).abs() < 0.03, "{name}: {share}");
    }
    let flat = ChurnTableParams::new(50, Seed(3)).strength(0.0).base(0.0).simulate().unwrap();
    assert!(flat.probability().values().iter().all(|p| p.get() == 0.5));
    let whole = ChurnTableParams::new(5_000, Seed(3)).noise(2).simulate().unwrap();
    assert_eq!(whole.left(), table.left(), "missing values changed the truth");
}

/// No two centres nearer than asked for; sizes by the skew.
#[test]
fn clouds_keep_their_distance_and_their_sizes() {
    for (clusters, dims) in [(1, 1), (7, 1), (5, 2), (12, 3), (40, 30)] {
        let blobs = BlobsParams::new(400, clusters, Seed(2)).dims(dims).separation(6.0).simulate().unwrap();
        let centres: Vec<&[f64]> = blobs.centres().chunks(dims as usize).collect();
        let distance =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
        for (i, a) in centres.iter().enumerate() {
            for b in &centres[i + 1..] {
                assert!(distance(a, b) >= 6.0, "{clusters} clouds in {dims} dimensions");
            }
        }
        for (point, label) in blobs.matrix().rows().zip(blobs.labels()) {
            // A standard normal vector of 30 dimensions is longer than 9.5 once in 10^9.
            assert!(distance(point, centres[*label as usize]) < 6.0 + f64::from(dims).sqrt());
        }
    }
    let blobs = BlobsParams::new(20_000, 3, Seed(2)).skew(1.0).noise(0.1).simulate().unwrap();
    let share = |label| blobs.labels().iter().filter(|l| **l == label).count() as f64 / 20_000.0;
    for (label, expected) in
        [(u32::MAX, 0.1), (0, 0.9 * 6.0 / 11.0), (1, 0.9 * 3.0 / 11.0), (2, 0.9 * 2.0 / 11.0)]
    {
        assert!((share(label) - expected).abs() < 0.02, "{label}: {}", share(label));
    }
}

/// The other two generators keep the same promises.
#[test]
fn tables_and_clouds_do_not_depend_on_threads_and_check_their_knobs() {
    let all = || {
        let table = ChurnTableParams::new(3_000, Seed(5)).missing(0.1).simulate().unwrap();
        let blobs = BlobsParams::new(5_000, 6, Seed(5)).dims(4).noise(0.05).simulate().unwrap();
        (table.features().clone(), table.left().clone(), table.probability().clone(), blobs)
    };
    let expected = all();
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(all) == expected, "{threads} threads");
    }
    assert!(all() == expected);
    let table = || ChurnTableParams::new(10, Seed(1));
    for (params, name) in [
        (table().strength(-1.0), "strength"),
        (table().base(f64::NAN), "base"),
        (table().missing(1.5), "missing"),
        (table().noise(1_001), "noise"),
    ] {
        assert_eq!(params.simulate().unwrap_err().place(), Some(&Place::Parameter(name)));
    }
    let blobs = |k| BlobsParams::new(10, k, Seed(1));
    for (params, name) in [
        (blobs(0), "clusters"),
        (blobs(2).dims(0), "dims"),
        (blobs(2).separation(f64::INFINITY), "separation"),
        (blobs(2).skew(4.0), "skew"),
        (blobs(2).stretch(0.0), "stretch"),
        (blobs(2).noise(-0.1), "noise"),
    ] {
        assert_eq!(params.simulate().unwrap_err().place(), Some(&Place::Parameter(name)));
    }
    let none = ChurnTableParams::new(0, Seed(1)).simulate().unwrap_err();
    assert_eq!(none.kind(), ErrorKind::EmptyInput);
    assert_eq!(BlobsParams::new(0, 1, Seed(1)).simulate().unwrap_err().kind(), ErrorKind::EmptyInput);
}
