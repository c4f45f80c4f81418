//! The promise of the README: the same input, parameters, seed and version give bit-identical results on any number of
//! threads. Every `fit` and verb runs in pools of 1, 2, 3 and 8 threads; one function a module.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

/// Runs `f` in pools of 1, 2, 3 and 8 threads and demands equal results.
#[cfg(feature = "rayon")]
fn same_in_every_pool<T: PartialEq + Send>(f: impl Fn() -> T + Sync) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&f)
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give another result than one");
    }
}

#[cfg(not(feature = "rayon"))]
fn same_in_every_pool<T: PartialEq>(f: impl Fn() -> T) {
    assert!(f() == f(), "two runs differ");
}

#[test]
fn ledger() {
    use regulars::data::{Columns, Ledger};
    use regulars::types::{AsOf, Currency, Day};

    let n: i64 = 200_000;
    let customers: Vec<i64> = (0..n).map(|i| i * 7_919 % 30_011).collect();
    let days: Vec<i32> = (0..n).map(|i| i32::try_from(19_000 + i * 104_729 % 700).unwrap()).collect();
    let amounts: Vec<f64> = (0..n).map(|i| (i * 31 % 10_007) as f64 / 100.0).collect();
    same_in_every_pool(|| {
        let ledger =
            Ledger::from_columns(&Columns::new(Currency::EUR, &customers, &days).amounts(&amounts)).unwrap();
        let now = ledger.observed(AsOf::new(Day::new(19_500))).unwrap();
        now.map(|h| (h.len(), h.first_day(), h.last_day(), h.rows().last())).into_values()
    });
}

#[test]
fn recommend() {
    use regulars::data::{Columns, Ledger, Occasion};
    use regulars::recommend::{
        AlsParams, Basket, Baskets, ItemItemParams, MarkovChainParams, Method, NextItemParams,
        NextPurchaseParams, Orders, RuleParams, SequenceRuleParams, Subject, TifuKnnParams, UpCfParams,
    };
    use regulars::types::{AsOf, Currency, Day, Horizon, Seed};

    let n: i64 = 60_000;
    let customers: Vec<i64> = (0..n).map(|i| i * 7_919 % 3_011).collect();
    let days: Vec<i32> = (0..n).map(|i| i32::try_from(19_000 + i * 104_729 % 300).unwrap()).collect();
    // Customers return to a few of their own among many items.
    let items: Vec<i64> =
        (0..n).map(|i| (i % 5 + customers[usize::try_from(i).unwrap()] * 13) % 701).collect();
    same_in_every_pool(|| {
        let ledger =
            Ledger::from_columns(&Columns::new(Currency::EUR, &customers, &days).items(&items)).unwrap();
        let now = ledger.observed(AsOf::new(Day::new(19_299))).unwrap();
        let (history, truth) = Baskets::new(now, Occasion::Day).unwrap().leave_last_out(2, 1).unwrap();
        let model = NextItemParams::new().fit(&history).unwrap();
        let evaluation = model.evaluate(&truth, 10).unwrap();
        let lists = model.recommend_all(10).unwrap().into_values();
        let bits: Vec<Vec<u64>> =
            lists.iter().map(|l| l.iter().map(|r| r.score.to_bits()).collect()).collect();
        let published = [
            Method::TifuKnn(TifuKnnParams::new().neighbours(50)),
            Method::UpCf(UpCfParams::new()),
            Method::ItemItem(ItemItemParams::new()),
            Method::MarkovChain(MarkovChainParams::new()),
            Method::Als(AlsParams::new().factors(8).iterations(3)),
        ];
        let published = published.map(|method| {
            let model = NextItemParams::new().method(method).fit(&history).unwrap();
            format!("{:?}", model.recommend_some(customers[..200].iter().copied(), 5).unwrap().values())
        });
        let dates = NextPurchaseParams::new().fit(now).unwrap().predict(now).unwrap().into_values();
        let items = NextPurchaseParams::new().subject(Subject::CustomerItem).fit(now).unwrap();
        let items = items.predict_items(now).unwrap().into_values();
        let rules = RuleParams::new(0.001).fit(&Orders::new(now, Occasion::Day).unwrap()).unwrap();
        let follow = SequenceRuleParams::new(Horizon::days(60).unwrap()).fit(now).unwrap();
        let follow = format!("{:?}", follow.values());
        let mut fed = model.clone();
        fed.update(Basket::new(7, Day::new(19_299), [1, 2, 700])).unwrap();
        let fed = format!("{:?}", fed.recommend(7, 10).unwrap());
        let split = ledger.split(AsOf::new(Day::new(19_250)), Horizon::days(40).unwrap()).unwrap();
        let timing = NextPurchaseParams::new().fit(split.observed()).unwrap();
        let timing = format!("{:?}", timing.evaluate(&split, Seed(1)).unwrap());
        let measures = (evaluation.mean().ndcg.to_bits(), evaluation.coverage().to_bits());
        (lists, bits, measures, dates, (items, rules, follow, fed, timing), published)
    });
}

#[test]
fn rfm() {
    use regulars::data::{Columns, Ledger, Occasion, Summary, SummaryParams};
    use regulars::rfm::{RfmParams, SegmentMap};
    use regulars::types::{AsOf, Currency, Day};

    let n: i64 = 200_000;
    let customers: Vec<i64> = (0..n).map(|i| i * 7_919 % 30_011 - 15_000).collect();
    let days: Vec<i32> = (0..n).map(|i| i32::try_from(19_000 + i * 104_729 % 700).unwrap()).collect();
    let amounts: Vec<f64> = (0..n).map(|i| (i * 31 % 10_007 - 300) as f64 / 100.0).collect();
    let columns = Columns::new(Currency::EUR, &customers, &days).amounts(&amounts);
    let as_of = AsOf::new(Day::new(19_500));
    let ledger = Ledger::from_columns(&columns).unwrap();
    for occasion in [Occasion::Row, Occasion::Day] {
        let run = || {
            let params = RfmParams::new().occasion(occasion);
            let mut summary = Summary::new(SummaryParams::new(as_of, Currency::EUR).occasion(occasion));
            summary.push_columns(&columns).unwrap();
            let streamed = params.fit(&summary).unwrap().score(&summary).unwrap();
            let now = ledger.observed(as_of).unwrap();
            let model = params.fit(now).unwrap();
            let scores = model.score(now).unwrap();
            assert!(streamed.values() == scores.values());
            let segments = SegmentMap::standard(model.bins()).unwrap().assign(&scores).unwrap();
            (model, scores.into_values(), segments.into_values())
        };
        same_in_every_pool(run);
    }
}

#[test]
fn simulate() {
    use regulars::simulate::{BlobsParams, ChurnTableParams, ShopParams};
    use regulars::types::{AsOf, Seed};

    same_in_every_pool(|| {
        let shop = ShopParams::new(1_500, Seed(3)).refunds(0.05).anonymous(0.1).second_accounts(0.2);
        let shop = shop.seasonality(0.3).simulate().unwrap();
        let ledger = shop.ledger().unwrap();
        let rows = ledger.observed(AsOf::new(shop.days().1)).unwrap().map(|h| h.rows().collect::<Vec<_>>());
        let table = ChurnTableParams::new(2_000, Seed(3)).simulate().unwrap();
        let blobs = BlobsParams::new(2_000, 5, Seed(3)).simulate().unwrap();
        let table = (table.features().clone(), table.left().clone(), table.probability().clone());
        (rows.into_values(), shop.record_table().unwrap(), shop.truth().people().unwrap(), table, blobs)
    });
}

#[test]
fn segment() {
    use regulars::data::{Customers, Features, TransformParams};
    use regulars::segment::{Algorithm, KMeansParams, MixtureParams};
    use regulars::simulate::BlobsParams;
    use regulars::types::Seed;

    let n = 30_000;
    let value = |i: usize, step: usize| (i * step % 10_007) as f64 + 300.0 * (i % 4) as f64;
    let table = |n: usize, shift: f64| {
        Features::builder(Customers::numbered(n).unwrap())
            .numeric("recency", (0..n).map(|i| value(i, 7_919) + shift))
            .unwrap()
            .numeric("monetary", (0..n).map(|i| value(i, 104_729)))
            .unwrap()
            .build()
            .unwrap()
    };
    let (features, later) = (table(n, 0.0), table(n / 2, 900.0));
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    same_in_every_pool(|| {
        let params = KMeansParams::auto(2..=3).seed(Seed(5)).restarts(2).max_iterations(12);
        let mut model = params.fit(&features).unwrap();
        let fitted = (bits(model.centres()), model.summary().inertia.to_bits());
        let placed = model.explain(&features).unwrap();
        let distances: Vec<u64> = placed.values().iter().map(|p| p.distance.to_bits()).collect();
        let before = model.assign(&features).unwrap();
        let moves = model.migration(&before, &model.assign(&later).unwrap()).unwrap();
        let told = format!("{:?}", (model.profiles(), model.drift(&later).unwrap(), model.choice()));
        let members = model.members(&features, 5).unwrap();
        let again = params.fit(&later).unwrap().matched(&model, &later).unwrap();
        let warm = KMeansParams::from_model(&model).fit(&later).unwrap();
        let learned = model.update(&later).unwrap().into_values();
        (fitted, distances, before, moves, (told, members, again, warm), (learned, model))
    });
    same_in_every_pool(|| {
        let whitened = TransformParams::new().log1p().standardise().whiten();
        let quick = KMeansParams::new(3).transform(whitened).algorithm(Algorithm::MiniBatch { rows: 500 });
        let quick = quick.restarts(3).fit(&features).unwrap();
        let soft = MixtureParams::auto(1..=3).restarts(2).max_iterations(20).fit(&features).unwrap();
        let shares = soft.predict(&later).unwrap().into_values();
        (bits(quick.centres()), quick, soft, shares)
    });
    // A wide table, whose distances are products in f32 where these are certain.
    let blobs = BlobsParams::new(9_000, 20, Seed(3)).dims(32).separation(3.0).simulate().unwrap();
    same_in_every_pool(|| {
        let model = KMeansParams::new(18).restarts(2).max_iterations(8).fit(blobs.matrix()).unwrap();
        let segments = model.assign(blobs.matrix()).unwrap().into_values();
        (bits(model.centres()), model.summary().inertia.to_bits(), segments)
    });
}

#[test]
fn tiers() {
    use regulars::data::{Customers, Pareto, PerCustomer, TierParams};

    let n = 50_000;
    let spend = |step: usize| {
        let values = (0..n).map(|i| (i * step % 10_007) as f64 / 7.0).collect();
        PerCustomer::new(Customers::numbered(n).unwrap(), values).unwrap()
    };
    let (before, after) = (spend(7_919), spend(7_927));
    same_in_every_pool(|| {
        let tiers = TierParams::new().fit(&before).unwrap();
        let moved = tiers.reassign(&after, &tiers.assign(&before).unwrap()).unwrap();
        (tiers, moved, Pareto::new(&after).unwrap())
    });
}

#[test]
fn profile() {
    use regulars::data::Record;
    use regulars::profile::{IndexParams, Labels, MatchParams};
    use regulars::simulate::ShopParams;
    use regulars::types::{Probability, Seed};

    let table = ShopParams::new(1_000, Seed(7)).simulate().unwrap().record_table().unwrap();
    let records = table.to_records().unwrap();
    let labels = Labels::new().people(table.people().iter().map(|p| (p % 2 == 0).then_some(*p)));
    let [lower, upper] = [0.1, 0.9].map(|p| Probability::new(p).unwrap());
    same_in_every_pool(|| {
        let model = MatchParams::new().fit(&records).unwrap();
        let people = model.merge(&records).unwrap();
        let bits: Vec<u64> = model.summary().unwrap().log_likelihood.iter().map(|l| l.to_bits()).collect();
        let review: Vec<_> = model.review(&records, lower, upper).unwrap();
        let review: Vec<_> = review.iter().map(|r| (r.rows, r.probability.get().to_bits())).collect();
        let recall = model.blocking(&records).unwrap().estimated_recall.to_bits();
        let mut index = IndexParams::new().key([5; 32]).fit(&model, &records).unwrap();
        let before = index.profiles();
        for id in 0..50_u64 {
            let name = ["ann", "bob", "eve"][usize::try_from(id % 3).unwrap()];
            index.upsert(&Record::new(90_000 + id).source("new").value("given_name", name)).unwrap();
        }
        let first = index.profile_of("new", "90000").unwrap();
        index.forget(first).unwrap();
        let index = (before, index.profiles());
        let labelled = MatchParams::new().fit_labelled(&records, &labels).unwrap();
        let learnt = labelled.summary().unwrap().labels.unwrap();
        let learnt = (learnt.f1.to_bits(), labelled.merge(&records).unwrap().labels().to_vec());
        (people.labels().to_vec(), people.pairs_scored(), bits, review, recall, index, learnt)
    });
}

#[test]
fn ltv() {
    use regulars::data::{Matrix, PurchaseHistory, TimeUnit};
    use regulars::ltv::{
        CalendarCovariates, CohortBy, CohortParams, Cohorts, CovariateParams, GammaGamma, Histogram,
        LtvParams, Model, PurchaseProcess, Renewals, ShiftedBetaGeometric, SpendCovariateParams,
        VaryingParams,
    };
    use regulars::types::{Horizon, Seed};

    let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426).unwrap();
    let t: Vec<f64> = (0..20_000).map(|i| 26.0 + f64::from(i % 911) / 70.0).collect();
    same_in_every_pool(|| {
        let history = truth.simulate(&t, TimeUnit::Week, Seed(5)).unwrap();
        let spend = GammaGamma::new(6.25, 3.74, 15.44).unwrap().simulate(history.x(), Seed(6));
        let history = history.with_spend(spend).unwrap();
        let horizon = Horizon::days(200).unwrap();
        let answers = [Model::BgNbd, Model::ParetoNbd].map(|model| {
            let model = LtvParams::new(model).fit(&history).unwrap();
            let values = model.predict(&history, horizon).unwrap().into_values();
            (model, values)
        });
        let histogram = Histogram::new(&history);
        let refits = answers[0].0.bootstrap(&histogram, 5, Seed(7)).unwrap();
        (history, answers, refits)
    });
    let ledger = regulars::simulate::ShopParams::new(400, Seed(5)).simulate().unwrap().ledger().unwrap();
    let cut = regulars::types::AsOf::new(ledger.covers().1.checked_add(-60).unwrap());
    let split = ledger.split(cut, Horizon::days(60).unwrap()).unwrap();
    same_in_every_pool(|| {
        let auto = LtvParams::auto().fit(split.observed()).unwrap();
        let regular = LtvParams::new(Model::MbgCnbdK).fit(split.observed()).unwrap();
        let intervals = auto.predict_intervals(split.observed(), Horizon::days(60).unwrap(), 0.9).unwrap();
        let beside = auto.evaluate_beside(&regular, split, 50, Seed(3)).unwrap();
        let quality = format!("{:?}", auto.evaluate(split).unwrap());
        let history = PurchaseHistory::observed(split.observed(), TimeUnit::Week).unwrap();
        let third = (0..history.len()).map(|row| f64::from(u8::from(row % 3 == 0))).collect();
        let third = Matrix::new(history.customers().clone(), ["third"], third).unwrap();
        let effects = CovariateParams::new(Model::BgNbd).fit(&history, &third).unwrap();
        let effects = format!("{:?} {:?}", effects.on_purchases(), effects.log_likelihood().to_bits());
        let season = CalendarCovariates::yearly(1, ledger.covers().0, cut).unwrap();
        let varying = VaryingParams::new().fit(split.observed(), &season).unwrap();
        let cohorts = Cohorts::acquired(split.observed(), &history, CohortBy::Quarter).unwrap();
        let cohorts = CohortParams::new(Model::BgNbd).fit(&history, &cohorts).unwrap();
        let spend = SpendCovariateParams::new().fit(&history, &third).unwrap();
        let effects = format!("{effects} {varying:?} {cohorts:?} {spend:?}");
        let renewals = Renewals::of_cohort(&[1_000, 869, 743, 653, 593, 551, 517, 491]).unwrap();
        let renewals = ShiftedBetaGeometric::fit(&renewals).unwrap();
        (auto, regular, intervals.into_values(), beside, (quality, effects, renewals))
    });
}

#[test]
fn churn() {
    use regulars::churn::{
        Campaign, ChurnParams, Comparison, Covariance, ElasticNetParams, LogisticParams, Method,
        MonitorParams, Recalibration, StageParams, WarningParams,
    };
    use regulars::data::{Customers, Matrix};
    use regulars::simulate::ChurnTableParams;
    use regulars::types::Seed;

    let table = ChurnTableParams::new(1_200, Seed(3)).simulate().unwrap();
    let n = 70_000;
    let value = |i: usize, step: usize| (i * step % 10_007) as f64;
    let values = (0..n).flat_map(|i| [value(i, 7_919), value(i, 104_729), (i % 3) as f64]).collect();
    let matrix = Matrix::unnamed(Customers::numbered(n).unwrap(), 3, values).unwrap();
    let left: Vec<bool> = (0..n).map(|i| value(i, 7_919) + value(i, 31) > 9_000.0).collect();
    same_in_every_pool(|| {
        let engine = LogisticParams::new().fit(&matrix, &left).unwrap();
        let plain = ChurnParams::new().method(Method::Plain).ridge(1.0);
        let plain = plain.fit_table(table.features(), table.left().values()).unwrap();
        let auto = ChurnParams::new().fit_table(table.features(), table.left().values()).unwrap();
        let risk = auto.predict(table.features()).unwrap().into_values();
        (engine, plain, auto, risk)
    });
    let n = 3_000;
    let values = (0..n).flat_map(|i| [value(i, 7_919), value(i, 104_729), (i % 3) as f64]).collect();
    let small = Matrix::unnamed(Customers::numbered(n).unwrap(), 3, values).unwrap();
    let small_left: Vec<bool> = (0..n).map(|i| value(i, 7_919) + value(i, 31) > 9_000.0).collect();
    let clusters: Vec<u64> = (0..n as u64).map(|i| i / 3).collect();
    let stages: Vec<&str> = (0..n).map(|i| ["a", "b", "c"][(i * 31 + i / 7) % 3]).collect();
    let ledger = regulars::simulate::ShopParams::new(300, Seed(5)).simulate().unwrap().ledger().unwrap();
    let now = ledger.observed(regulars::types::AsOf::new(ledger.covers().1)).unwrap();
    let split = now.as_of().day().checked_add(-60).map(regulars::types::AsOf::new).unwrap();
    let split = ledger.split(split, regulars::types::Horizon::days(60).unwrap()).unwrap();
    let money = |v| regulars::types::Expected::minor(v).unwrap();
    same_in_every_pool(|| {
        let robust = LogisticParams::new().covariance(Covariance::Clustered(&clusters));
        let robust = robust.fit(&small, &small_left).unwrap();
        let firth = LogisticParams::new().firth().fit(&small, &small_left).unwrap();
        let profile = LogisticParams::new().profile_intervals(&robust, &small, &small_left, 0.9).unwrap();
        let net = ElasticNetParams::new(0.7).penalties(12).fit(&small, &small_left).unwrap();
        let stages = StageParams::new().fit(&small, &stages).unwrap();
        let isotonic = ChurnParams::new().recalibration(Recalibration::Isotonic);
        let isotonic = isotonic.fit_table(table.features(), table.left().values()).unwrap();
        let risk = isotonic.predict(table.features()).unwrap();
        let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
        let left = table.left().values();
        let gain = Comparison::new(
            left,
            &p,
            table.features().numeric("senior").unwrap().values().unwrap(),
            60,
            Seed(1),
        );
        let monitor = MonitorParams::new().fit(table.features(), &risk, Some(left)).unwrap();
        let report = monitor.evaluate(table.features(), &risk, Some(left)).unwrap();
        let profit = Campaign::new(money(2e4), money(1e3), money(1e2)).expected_maximum(left, &p).unwrap();
        let warnings = WarningParams::new().fit(now).unwrap().all().to_vec();
        let effects = isotonic.effects().unwrap();
        let by_dates = ChurnParams::new().fit(&[split]).unwrap();
        let reasons = format!("{:?}", by_dates.explain(now).unwrap().values());
        let by_dates =
            (by_dates.predict(now).unwrap().into_values(), reasons, by_dates.evaluate(split).unwrap().auc);
        let told = (warnings, effects, by_dates);
        (robust, firth, profile, (net, stages, isotonic), gain.unwrap(), report, profit, told)
    });
}

#[cfg(feature = "serde")]
#[test]
fn pipeline() {
    use regulars::pipeline::PipelineParams;
    use regulars::types::{AsOf, Horizon};

    let shop = regulars::simulate::ShopParams::new(300, regulars::types::Seed(4)).days(300);
    let ledger = shop.simulate().unwrap().ledger().unwrap();
    let as_of = AsOf::new(ledger.covers().1);
    let horizon = Horizon::days(60).unwrap();
    same_in_every_pool(|| {
        let params = PipelineParams::new().interval(0.9);
        let pipeline = params.fit(&ledger, as_of, horizon).unwrap();
        let mut file = Vec::new();
        regulars::persist::write(&mut file, &pipeline).unwrap();
        let table = pipeline.predict(&ledger, as_of).unwrap();
        let rows: Vec<String> = table.rows().map(|row| format!("{row:?}")).collect();
        let before = AsOf::new(as_of.day().checked_add(-60).unwrap());
        let backtest = format!("{:?}", params.backtest(&ledger, before, horizon).unwrap());
        (file, rows, backtest)
    });
}
