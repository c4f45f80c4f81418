//! Covariates over time, covariates on spend, cohorts, tracking: against simpler models, differences and known truth.

use crate::ErrorKind;
use crate::data::{Customers, Ledger, Matrix, PerCustomer, PurchaseHistory, TimeUnit, Transaction};
use crate::kernel::rng::Rng;
use crate::types::{AsOf, Currency, Day, Horizon, Seed};

use super::*;

/// Customers who buy at `rate(day)` purchases a day times their own Gamma(2, 2) while they live, on whole days.
fn shop(n: u32, days: i64, left: f64, rate: impl Fn(u32, i64) -> f64) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for customer in 0..n {
        let mut rng = Rng::new(Seed(5), u64::from(customer));
        let own = rng.gamma(2.0, 2.0);
        let mu = rng.gamma(1.0, left);
        let start = i64::try_from(rng.below(60)).unwrap();
        let death = rng.exponential(mu);
        for day in start..days {
            let age = (day - start) as f64;
            if age > death {
                break;
            }
            // At most one purchase a day, so that days lose none.
            if age == 0.0 || rng.chance(1.0 - (-own * rate(customer, day)).exp()) {
                let date = Day::new(i32::try_from(19_000 + day).unwrap());
                builder.push(Transaction::new(i64::from(customer), date)).unwrap();
            }
        }
    }
    builder.build().unwrap()
}

fn as_of(day: i64) -> AsOf {
    AsOf::new(Day::new(i32::try_from(19_000 + day).unwrap()))
}

/// Without effects the model is Pareto/NBD; with effects that do not change it is the one with static covariates.
#[test]
fn varying_contains_the_simpler_models() {
    let ledger = shop(300, 400, 300.0, |c, _| if c % 2 == 0 { 0.02 } else { 0.05 });
    let now = ledger.observed(as_of(399)).unwrap();
    let start = Day::new(19_000);
    let half: Vec<f64> = (0..60).map(|k| f64::from(k % 2)).collect();
    let week = Horizon::weeks(1).unwrap();
    let calendar = CalendarCovariates::new(["odd"], start, week, half).unwrap();
    let held = VaryingParams::new().l2(1e11).fit(now, &calendar).unwrap();
    let plain = LtvParams::new(Model::ParetoNbd).fit(now).unwrap();
    assert!((held.log_likelihood() / plain.summary().log_likelihood - 1.0).abs() < 1e-9);
    for (a, b) in held.base().parameters().iter().zip(plain.process().parameters()) {
        assert!((a / b - 1.0).abs() < 1e-3, "{a} {b}");
    }
    let ahead = Horizon::days(14).unwrap();
    let discount = Discount::every(0.01, 5.0).unwrap();
    let values = held.predict(now, &calendar, ahead, discount).unwrap();
    let expected = plain.clone().with_discount(discount).predict(now, ahead).unwrap();
    for (a, b) in values.values().iter().zip(expected.values()) {
        assert!((a.purchases / b.purchases - 1.0).abs() < 1e-3, "{a:?} {b:?}");
        assert!((a.discounted_purchases / b.discounted_purchases - 1.0).abs() < 1e-3, "{a:?} {b:?}");
        assert!((a.p_alive.get() - b.p_alive.get()).abs() < 1e-3, "{a:?} {b:?}");
    }
    // The same covariate all the time, one value for each customer.
    let history = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    let own: Vec<f64> = history.customers().iter().map(|c| (c.index() % 2) as f64).collect();
    let columns = own.iter().map(|z| vec![*z; 60]).collect();
    let columns = PerCustomer::new(history.customers().clone(), columns).unwrap();
    let constant = CalendarCovariates::new(["none"], start, week, vec![0.0; 60]).unwrap();
    let calendar = constant.with_own(["kind"], columns).unwrap();
    // "none" is 0 always: a weak penalty holds it, and moves the other by nothing that matters.
    let varying = VaryingParams::new().l2(1e-6).fit(now, &calendar).unwrap();
    let matrix = Matrix::new(history.customers().clone(), ["kind"], own).unwrap();
    let fixed = CovariateParams::new(Model::ParetoNbd).fit(&history, &matrix).unwrap();
    assert!(varying.converged() && fixed.converged(), "{varying:?} {fixed:?}");
    assert!((varying.log_likelihood() / fixed.log_likelihood() - 1.0).abs() < 1e-9);
    assert!((varying.on_purchases()[1].value - fixed.on_purchases()[0].value).abs() < 1e-4);
    assert!((varying.on_attrition()[1].value - fixed.on_attrition()[0].value).abs() < 1e-3);
    let (a, b) = (varying.log_likelihood(), plain.summary().log_likelihood);
    assert!(a > b + 10.0, "{a} {b}");
}

/// What is drawn from a model with a season is found again by a fit, and customers depend on their number alone.
#[test]
fn customers_are_drawn_from_calendars() {
    let season = CalendarCovariates::yearly(1, Day::new(19_000), as_of(799)).unwrap();
    let effect = |name: &str, value: f64| Effect { name: name.into(), value, standard_error: None };
    let truth = VaryingModel(super::covariates::EffectsFit {
        provenance: crate::types::Provenance::default(),
        base: PurchaseProcess::pareto_nbd(0.9, 6.0, 0.8, 30.0).unwrap(),
        unit: TimeUnit::Week,
        purchases: vec![effect("year cos 1", 0.8), effect("year sin 1", -0.3)],
        attrition: Vec::new(),
        log_likelihood: 0.0,
        gradient_norm: 0.0,
        converged: true,
    });
    let first: Vec<Day> = (0..900).map(|i| Day::new(19_000 + i % 100)).collect();
    let ledger = truth.simulate(&first, as_of(699), &season, Seed(5)).unwrap();
    let now = ledger.observed(as_of(699)).unwrap();
    let names = ["year cos 1", "year sin 1"];
    let found = VaryingParams::new().purchases_only(names).fit(now, &season).unwrap();
    for (effect, truth) in found.on_purchases().iter().zip([0.8, -0.3]) {
        assert!((effect.value - truth).abs() < 4.0 * effect.standard_error.unwrap(), "{effect:?} {truth}");
    }
    let rate = |p: &PurchaseProcess| p.parameters()[0] / p.parameters()[1];
    assert!((rate(found.base()) / rate(truth.base()) - 1.0).abs() < 0.15, "{:?}", found.base());
    let few = truth.simulate(&first[..10], as_of(699), &season, Seed(5)).unwrap();
    let lives = |ledger: &Ledger| {
        let history = PurchaseHistory::observed(ledger.observed(as_of(699)).unwrap(), TimeUnit::Day).unwrap();
        (0..10).map(|i| [history.x()[i], history.t_x()[i], history.t()[i]]).collect::<Vec<_>>()
    };
    assert_eq!(lives(&few), lives(&ledger));
    assert_eq!(truth.simulate(&[], as_of(699), &season, Seed(5)).unwrap_err().kind(), ErrorKind::EmptyInput);
    let late = truth.simulate(&[Day::new(19_750)], as_of(699), &season, Seed(5)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::InvalidInput);
    let short = CalendarCovariates::yearly(1, Day::new(19_000), as_of(600)).unwrap();
    assert!(truth.simulate(&first, as_of(699), &short, Seed(5)).is_err());
}

/// Each cohort's customers are drawn from its own process, and those of a row of covariates from theirs.
#[test]
fn customers_are_drawn_from_cohorts_and_covariates() {
    let whole = PurchaseProcess::bg_nbd(0.6, 8.0, 0.8, 3.0).unwrap();
    let cohort = |name: &str, alpha: f64| Cohort {
        name: name.into(),
        customers: 1,
        process: PurchaseProcess::bg_nbd(0.6, alpha, 0.8, 3.0).unwrap(),
        log_likelihood: 0.0,
        status: FitStatus::Converged,
    };
    let model = CohortModel {
        whole,
        unit: TimeUnit::Week,
        cohorts: vec![cohort("fast", 2.0), cohort("slow", 20.0)],
        spreads: vec![0.5; 4],
        provenance: crate::types::Provenance::default(),
    };
    let names = ["fast", "slow", "new"];
    let cohorts = Cohorts::new((0..3_000).map(|i| names[i % 3])).unwrap();
    let weeks = vec![52.0; 3_000];
    let drawn = model.simulate(&weeks, &cohorts, Seed(1)).unwrap();
    let mean = |of: usize| drawn.x().iter().skip(of).step_by(3).sum::<f64>() / 1_000.0;
    assert!(mean(0) > 1.5 * mean(2) && mean(2) > 1.5 * mean(1), "{} {} {}", mean(0), mean(2), mean(1));
    // Whoever is of no cohort that the fit knows is drawn as the whole's own simulation would.
    let all = whole.simulate(&weeks, TimeUnit::Week, Seed(1)).unwrap();
    assert!((2..3_000).step_by(3).all(|i| drawn.x()[i] == all.x()[i] && drawn.t_x()[i] == all.t_x()[i]));
    assert!(model.simulate(&[52.0; 2], &cohorts, Seed(1)).is_err());
    assert!(model.simulate(&[f64::NAN].repeat(3_000), &cohorts, Seed(1)).is_err());
}

/// A season on purchases and a campaign on attrition come back, and the forecast follows the season.
#[test]
fn seasons_are_recovered() {
    let wave = |day: i64| (std::f64::consts::TAU * (19_000 + day) as f64 / 365.2425).cos();
    let ledger = shop(500, 800, 400.0, |_, day| 0.03 * (0.7 * wave(day)).exp());
    let now = ledger.observed(as_of(699)).unwrap();
    let season = CalendarCovariates::yearly(1, Day::new(19_000), as_of(799)).unwrap();
    let names = ["year cos 1", "year sin 1"];
    let model = VaryingParams::new().purchases_only(names).fit(now, &season).unwrap();
    assert!(model.converged(), "{model:?}");
    assert!(model.on_attrition().is_empty());
    for (effect, truth) in model.on_purchases().iter().zip([0.7, 0.0]) {
        assert!((effect.value - truth).abs() < 4.0 * effect.standard_error.unwrap(), "{effect:?} {truth}");
        assert!(effect.standard_error.unwrap() < 0.1, "{effect:?}");
    }
    let split = ledger.split(as_of(699), Horizon::days(100).unwrap()).unwrap();
    let history = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    let came: f64 = holdout_purchases(split, &history).unwrap().iter().sum();
    let sum = |values: PerCustomer<LifetimeValue>| values.values().iter().map(|v| v.purchases).sum::<f64>();
    let seasonal = sum(model.predict(now, &season, split.horizon(), Discount::NONE).unwrap());
    let plain = LtvParams::new(Model::ParetoNbd).fit(now).unwrap();
    let flat = sum(plain.predict(now, split.horizon()).unwrap());
    assert!((seasonal / came - 1.0).abs() < 0.15, "{seasonal} {came}");
    assert!((seasonal - came).abs() < 0.5 * (flat - came).abs(), "{seasonal} {flat} {came}");
    // What is asked for must be covered, and be what was fitted.
    let short = CalendarCovariates::yearly(1, Day::new(19_000), as_of(720)).unwrap();
    let error = model.predict(now, &short, split.horizon(), Discount::NONE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("are needed from"), "{error}");
    let other = CalendarCovariates::yearly(2, Day::new(19_000), as_of(799)).unwrap();
    assert!(model.predict(now, &other, split.horizon(), Discount::NONE).is_err());
    let late = CalendarCovariates::yearly(1, Day::new(19_100), as_of(799)).unwrap();
    assert_eq!(VaryingParams::new().fit(now, &late).unwrap_err().kind(), ErrorKind::InvalidInput);
    let unknown = VaryingParams::new().purchases_only(["moon"]).fit(now, &season).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::InvalidParam);
}

#[test]
fn calendars_are_checked() {
    let start = Day::new(19_000);
    let week = Horizon::weeks(1).unwrap();
    let kind = |r: crate::Result<CalendarCovariates>| r.unwrap_err().kind();
    let new = |names: &[&str], values: Vec<f64>| {
        CalendarCovariates::new(names.iter().copied(), start, week, values)
    };
    assert_eq!(kind(new(&[], vec![1.0])), ErrorKind::EmptyInput);
    assert_eq!(kind(new(&["a"], vec![])), ErrorKind::EmptyInput);
    assert_eq!(kind(new(&["a", "a"], vec![0.0; 2])), ErrorKind::InvalidInput);
    assert_eq!(kind(new(&["a", "b"], vec![0.0; 3])), ErrorKind::ShapeMismatch);
    for bad in [f64::NAN, f64::INFINITY, 2e6] {
        assert_eq!(kind(new(&["a"], vec![0.0, bad])), ErrorKind::InvalidInput);
    }
    assert_eq!(kind(CalendarCovariates::yearly(0, start, as_of(9))), ErrorKind::InvalidParam);
    assert_eq!(kind(CalendarCovariates::yearly(1, start, as_of(-9))), ErrorKind::InvalidParam);
    assert_eq!(kind(CalendarCovariates::yearly(1, Day::new(i32::MIN), as_of(9))), ErrorKind::InvalidParam);
    let end = Day::new(i32::MAX);
    assert_eq!(kind(CalendarCovariates::new(["a"], end, week, vec![0.0])), ErrorKind::InvalidInput);
    let one = |values: Vec<f64>| PerCustomer::new(Customers::numbered(1).unwrap(), vec![values]).unwrap();
    let base = new(&["a"], vec![0.0; 3]).unwrap();
    assert_eq!(kind(base.clone().with_own(["b"], one(vec![0.0; 2]))), ErrorKind::ShapeMismatch);
    assert_eq!(kind(base.clone().with_own(["a"], one(vec![0.0; 3]))), ErrorKind::InvalidInput);
    assert!(base.with_own(["b"], one(vec![0.0; 3])).is_ok());
}

/// Cohorts that do not differ get the model of all; those that differ keep their difference; small ones are drawn in.
#[test]
fn cohorts_are_drawn_to_the_whole() {
    let draw = |alpha: f64, n: usize, seed: u64| {
        let process = PurchaseProcess::bg_nbd(0.6, alpha, 0.8, 3.0).unwrap();
        process.simulate(&vec![52.0; n], TimeUnit::Week, Seed(seed)).unwrap()
    };
    let together = |parts: &[(PurchaseHistory, &str)]| {
        let column = |f: fn(&PurchaseHistory) -> &[f64]| {
            parts.iter().flat_map(|(h, _)| f(h).to_vec()).collect::<Vec<f64>>()
        };
        let labels: Vec<&str> = parts.iter().flat_map(|(h, name)| vec![*name; h.len()]).collect();
        let history = PurchaseHistory::new(
            Customers::numbered(labels.len()).unwrap(),
            TimeUnit::Week,
            column(PurchaseHistory::x),
            column(PurchaseHistory::t_x),
            column(PurchaseHistory::t),
        );
        (history.unwrap(), Cohorts::new(labels).unwrap())
    };
    let pace = |p: &PurchaseProcess| p.parameters()[0] / p.parameters()[1];
    let names = ["a", "b", "c", "d", "e", "f"];
    let alike: Vec<_> = (0..).zip(names).map(|(seed, name)| (draw(6.0, 400, seed), name)).collect();
    let (history, cohorts) = together(&alike);
    let same = CohortParams::new(Model::BgNbd).fit(&history, &cohorts).unwrap();
    for cohort in same.cohorts() {
        assert_eq!(cohort.customers, 400);
        assert!((pace(&cohort.process) / pace(same.whole()) - 1.0).abs() < 0.12, "{cohort:?}");
    }
    // One of thirty customers only: its own maximum lies further out than the shrunk estimate.
    let alphas = [3.0, 4.5, 6.0, 9.0, 13.0];
    let mut different: Vec<_> =
        (10..).zip(alphas).zip(names).map(|((seed, alpha), name)| (draw(alpha, 800, seed), name)).collect();
    different.push((draw(2.0, 30, 77), "f"));
    let (history, cohorts) = together(&different);
    let model = CohortParams::new(Model::BgNbd).fit(&history, &cohorts).unwrap();
    for (i, alpha) in alphas.iter().enumerate() {
        let cohort = model.cohort(names[i]).unwrap();
        assert!((pace(&cohort.process) / (0.6 / alpha) - 1.0).abs() < 0.25, "{alpha} {cohort:?}");
    }
    let small = pace(&model.cohort("f").unwrap().process);
    assert!(small > pace(model.whole()), "{small} {:?}", model.whole());
    let alone = LtvParams::new(Model::BgNbd).fit(&different[5].0).unwrap();
    let away = |p: &PurchaseProcess| {
        let logs = p.parameters().into_iter().zip(model.whole().parameters()).map(|(a, b)| (a / b).ln());
        logs.map(|d| d * d).sum::<f64>()
    };
    assert!(away(&model.cohort("f").unwrap().process) < away(alone.process()));
    assert!(model.spreads()[1] > same.spreads()[1], "{:?} {:?}", model.spreads(), same.spreads());
    // Predictions: each by its own cohort, the unknown by all.
    let horizon = Horizon::weeks(10).unwrap();
    let values = model.predict(&history, &cohorts, horizon, Discount::NONE).unwrap();
    let customer = RecencyFrequency::new(history.x()[0], history.t_x()[0], history.t()[0]).unwrap();
    let own = model.cohort("a").unwrap().process.expected_purchases(&customer, 10.0);
    assert_eq!(values.values()[0].purchases, own);
    let foreign = Cohorts::new(vec!["z"; history.len()]).unwrap();
    let values = model.predict(&history, &foreign, horizon, Discount::NONE).unwrap();
    assert_eq!(values.values()[0].purchases, model.whole().expected_purchases(&customer, 10.0));
    let few = Cohorts::new(["a"]).unwrap();
    let error = CohortParams::new(Model::BgNbd).fit(&history, &few).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShapeMismatch);
    assert!(CohortParams::new(Model::BgBb).check().is_err());
    assert!(CohortParams::new(Model::BgNbd).spread(0.0).check().is_err());
    assert!(Cohorts::new(Vec::<String>::new()).is_err());
}

/// Cohorts of regular buyers keep the k of all, and months name themselves.
#[test]
fn cohorts_by_month_and_regularity() {
    let ledger = shop(200, 300, 400.0, |_, _| 0.04);
    let now = ledger.observed(as_of(299)).unwrap();
    let history = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    let cohorts = Cohorts::acquired(now, &history, CohortBy::Month).unwrap();
    assert!(cohorts.names().iter().all(|n| n.starts_with("2022-0")), "{:?}", cohorts.names());
    let quarters = Cohorts::acquired(now, &history, CohortBy::Quarter).unwrap();
    assert_eq!(
        quarters.names(),
        ["2022-Q1", "2022-Q2"].map(str::to_owned).get(..quarters.names().len()).unwrap()
    );
    let model = CohortParams::new(Model::MbgCnbdK).fit(&history, &cohorts).unwrap();
    for cohort in model.cohorts() {
        assert_eq!(cohort.process.parameters()[0], model.whole().parameters()[0]);
    }
}

/// Effects on spend are recovered beside an irrelevant covariate; the penalty draws them to 0.
#[test]
fn effects_on_spend_are_recovered() {
    let n = 2_000_u32;
    let x: Vec<f64> = (0..n).map(|i| f64::from(i % 6)).collect();
    let mut rng = Rng::new(Seed(3), 0);
    let z: Vec<f64> = (0..2 * n).map(|_| rng.normal()).collect();
    let plain = GammaGamma::new(6.0, 4.0, 1_500.0).unwrap().simulate(&x, Seed(9));
    let spend = (0..n as usize).map(|i| plain[i] * (0.3 * z[2 * i]).exp()).collect();
    let customers = Customers::numbered(n as usize).unwrap();
    let t_x = x.iter().map(|x| if *x > 0.0 { 20.0 } else { 0.0 }).collect();
    let history = PurchaseHistory::new(customers.clone(), TimeUnit::Week, x, t_x, vec![39.0; n as usize])
        .unwrap()
        .with_spend(spend)
        .unwrap();
    let matrix = Matrix::new(customers, ["level", "noise"], z).unwrap();
    let model = SpendCovariateParams::new().fit(&history, &matrix).unwrap();
    assert!(model.converged(), "{model:?}");
    for (effect, truth) in model.on_spend().iter().zip([0.3, 0.0]) {
        assert!((effect.value - truth).abs() < 4.0 * effect.standard_error.unwrap(), "{effect:?}");
    }
    let without = LtvParams::new(Model::BgNbd).fit(&history).unwrap();
    assert!(model.log_likelihood() > without.spend_summary().unwrap().log_likelihood + 50.0);
    let shrunk = SpendCovariateParams::new().l2(1e9).fit(&history, &matrix).unwrap();
    assert!(shrunk.on_spend()[0].value.abs() < 1e-3 && shrunk.on_spend()[0].standard_error.is_none());
    let before = without.spend_summary().unwrap().log_likelihood;
    assert!((shrunk.log_likelihood() / before - 1.0).abs() < 1e-6);
    assert_eq!(model.gamma_gamma(&[0.0, 0.0]).unwrap(), *model.base());
    assert_eq!(model.gamma_gamma(&[0.0]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    assert_eq!(model.gamma_gamma(&[1e9, 0.0]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(SpendCovariateParams::new().l2(-1.0).check().is_err());
}

/// Named covariates may be held equal while others are not.
#[test]
fn some_effects_are_held_equal() {
    let truth = PurchaseProcess::pareto_nbd(0.8, 4.0, 1.2, 20.0).unwrap();
    let history = truth.simulate(&vec![60.0; 800], TimeUnit::Week, Seed(1)).unwrap();
    let mut rng = Rng::new(Seed(2), 0);
    let z = (0..1_600).map(|_| rng.normal()).collect();
    let matrix = Matrix::new(history.customers().clone(), ["u", "v"], z).unwrap();
    let params = CovariateParams::new(Model::ParetoNbd);
    let model = params.clone().equal(["v"]).fit(&history, &matrix).unwrap();
    assert_eq!(model.on_purchases()[1], model.on_attrition()[1]);
    assert_ne!(model.on_purchases()[0].value, model.on_attrition()[0].value);
    let free = params.fit(&history, &matrix).unwrap();
    let equal = params.clone().effects(Effects::Equal).fit(&history, &matrix).unwrap();
    assert!(free.log_likelihood() >= model.log_likelihood());
    assert!(model.log_likelihood() >= equal.log_likelihood());
    assert_eq!(params.equal(["w"]).fit(&history, &matrix).unwrap_err().kind(), ErrorKind::InvalidParam);
}

/// What is worth less later is the same by every way of computing it.
#[test]
fn discounted_purchases_agree() {
    let customer = RecencyFrequency::new(3.0, 20.0, 30.0).unwrap();
    for process in [
        PurchaseProcess::bg_nbd(0.6, 8.0, 0.8, 3.0).unwrap(),
        PurchaseProcess::pareto_nbd(0.6, 8.0, 0.8, 12.0).unwrap(),
        PurchaseProcess::pareto_nbd(0.6, 8.0, 1_000.0, 1_000.0).unwrap(),
        PurchaseProcess::ggompertz_nbd(0.6, 8.0, 0.05, 0.8, 1e6).unwrap(),
        PurchaseProcess::ggompertz_nbd(0.6, 8.0, 0.5, 5.0, 1e-3).unwrap(),
        PurchaseProcess::mbg_cnbd_k(3, 0.6, 3.0, 0.8, 3.0).unwrap(),
        PurchaseProcess::bg_bb(1.2, 0.75, 0.66, 2.8).unwrap(),
    ] {
        let rate = 0.01;
        // Thin slices, each counted at its middle; whole occasions at their end.
        let discrete = process.model() == Model::BgBb;
        let step = if discrete { 1.0 } else { 0.05 };
        let e = |t: f64| process.expected_purchases(&customer, t);
        let slices = if discrete { 400 } else { 8_000_u32 };
        let sum: f64 = (0..slices)
            .map(|i| {
                let (from, to) = (f64::from(i) * step, f64::from(i + 1) * step);
                let at = if discrete { to } else { 0.5 * (from + to) };
                (e(to) - e(from)) * (-rate * at).exp()
            })
            .sum();
        let within = process.discounted_purchases_within(&customer, rate, 400.0).unwrap();
        // The slices err by rate step^2 hazard / 12.
        assert!((within / sum - 1.0).abs() < 1e-5, "{process:?}: {within} {sum}");
        let ever = process.discounted_purchases(&customer, rate).unwrap();
        let nearly = process.discounted_purchases_within(&customer, rate, 1e4).unwrap();
        assert!((ever / nearly - 1.0).abs() < 1e-9, "{process:?}: {ever} {nearly}");
        assert!(within <= ever * (1.0 + 1e-12), "{process:?}: {within} {ever}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn saved_effects_come_back_whole() {
    fn through<M: crate::persist::wire::Wire + PartialEq + std::fmt::Debug>(model: &M, damage: (&str, &str)) {
        let mut bytes = Vec::new();
        crate::persist::write(&mut bytes, model).unwrap();
        assert_eq!(crate::persist::read::<M>(&mut bytes.as_slice()).unwrap(), *model);
        let damaged = crate::persist::edited(&bytes, damage.0, damage.1);
        assert!(crate::persist::read::<M>(&damaged[..]).is_err());
    }
    let ledger = shop(120, 200, 300.0, |_, _| 0.05);
    let now = ledger.observed(as_of(199)).unwrap();
    let season = CalendarCovariates::new(
        ["x"],
        Day::new(19_000),
        Horizon::days(50).unwrap(),
        vec![0.0, 1.0, 0.0, 1.0],
    );
    through(&VaryingParams::new().fit(now, &season.unwrap()).unwrap(), ("pareto_nbd", "bg_nbd"));
    let history = PurchaseHistory::observed(now, TimeUnit::Week).unwrap();
    let z: Vec<f64> = (0..history.len()).map(|i| (i % 2) as f64).collect();
    let matrix = Matrix::new(history.customers().clone(), ["z"], z).unwrap();
    through(&CovariateParams::new(Model::BgNbd).fit(&history, &matrix).unwrap(), ("bg_nbd", "bg_bb"));
    let cohorts = Cohorts::acquired(now, &history, CohortBy::Month).unwrap();
    through(&CohortParams::new(Model::MbgNbd).fit(&history, &cohorts).unwrap(), ("mbg_nbd", "bg_nbd\",[1]"));
    let spend = history.x().iter().map(|x| 100.0 + 7.0 * x).collect();
    let history = history.with_spend(spend).unwrap();
    through(
        &SpendCovariateParams::new().fit(&history, &matrix).unwrap(),
        ("\"effects\":[{\"name\":\"z\"", "\"effects\":[{\"name\":\"\""),
    );
    through(&ShiftedBetaGeometric::new(0.704, 1.182).unwrap(), ("0.704", "-0.704"));
    let model = LtvParams::new(Model::BgNbd).fit(now).unwrap();
    let refits = model.bootstrap(&Histogram::new(&history), 20, Seed(1)).unwrap();
    through(&refits, ("\"unfinished\":", "\"unfinished\":9"));
}
