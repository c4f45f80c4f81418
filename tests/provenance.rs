//! Every model keeps where the data of its fit came from, and refuses data that state otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;

use regulars::ErrorKind;
use regulars::Result;
use regulars::churn::{ChurnParams, ElasticNetParams, LogisticParams, Method, MonitorParams, StageParams};
use regulars::data::{
    Features, Ledger, Matrix, Observed, Occasion, PerCustomer, PurchaseHistory, Purchases, Refunds, Split,
    TierParams, TimeAxis, TimeUnit, Transaction,
};
use regulars::ltv::{
    CalendarCovariates, CohortParams, Cohorts, CovariateParams, Discount, Histogram, LtvParams, Model,
    SpendCovariateParams, VaryingParams,
};
use regulars::pipeline::PipelineParams;
use regulars::recommend::{
    self, Baskets, NextItemParams, NextPurchaseParams, Orders, RuleParams, SequenceRuleParams,
};
use regulars::rfm::RfmParams;
use regulars::segment::{KMeansParams, MixtureParams};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Currency, Horizon, Probability, Provenance, Seed};

/// The days of the one shop that all ledgers hold.
const HORIZON: u32 = 40;

/// The same rows in another currency, on another time axis, under another label.
fn shop(currency: Currency, axis: TimeAxis, label: Option<&str>) -> Ledger {
    let shop = ShopParams::new(60, Seed(4)).days(200).catalogue(12).favourites(3).simulate().unwrap();
    let plain = shop.ledger().unwrap();
    let now = plain.observed(AsOf::new(plain.covers().1)).unwrap();
    let mut builder = Ledger::builder(currency).time_axis(axis);
    for customer in now.customers().iter() {
        for row in now.history(customer).unwrap().unwrap().rows() {
            let key = plain.customer_key(customer).unwrap();
            let item = row.item.map(|item| plain.item_key(item).unwrap()).unwrap();
            let mut of_row = Transaction::new(key, row.day).item(item).amount(row.amount.unwrap());
            if let Some(quantity) = row.quantity {
                of_row = of_row.quantity(quantity);
            }
            builder.push(of_row).unwrap();
        }
    }
    let ledger = builder.build().unwrap();
    label.map_or(ledger.clone(), |label| ledger.labelled(label))
}

fn as_of(ledger: &Ledger) -> AsOf {
    AsOf::new(ledger.covers().1)
}

fn now(ledger: &Ledger) -> Observed<'_> {
    ledger.observed(as_of(ledger)).unwrap()
}

fn past(ledger: &Ledger) -> Split<'_> {
    let cut = AsOf::new(ledger.covers().1.checked_add(-i64::from(HORIZON)).unwrap());
    ledger.split(cut, Horizon::days(HORIZON).unwrap()).unwrap()
}

fn features(ledger: &Ledger) -> Features {
    Features::behaviour(now(ledger)).unwrap()
}

fn lives(ledger: &Ledger) -> PurchaseHistory {
    let unit = if ledger.time_axis() == TimeAxis::Ordinal { TimeUnit::Day } else { TimeUnit::Week };
    PurchaseHistory::observed(now(ledger), unit).unwrap()
}

/// Every other customer.
fn halves(n: usize) -> Vec<f64> {
    (0..n).map(|i| if i % 2 == 0 { 0.0 } else { 1.0 }).collect()
}

fn matrix(ledger: &Ledger) -> Matrix {
    let customers = now(ledger).customers();
    let x = (0..customers.len()).map(|i| (i * 37 % 41) as f64).collect();
    Matrix::new(customers, ["x"], x).unwrap()
}

fn scores(ledger: &Ledger) -> PerCustomer<f64> {
    let customers = now(ledger).customers();
    let values = (0..customers.len()).map(|i| i as f64).collect();
    PerCustomer::new(customers, values).unwrap()
}

fn risk(ledger: &Ledger) -> PerCustomer<Probability> {
    scores(ledger).map(|_| Probability::new(0.5).unwrap())
}

fn season(ledger: &Ledger) -> CalendarCovariates {
    let of = vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
    CalendarCovariates::new(["x"], ledger.covers().0, Horizon::days(HORIZON).unwrap(), of).unwrap()
}

/// A verb of a model, asked about a ledger.
type Verb = Box<dyn Fn(&Ledger) -> Result<()>>;

/// A model by name, what it says of its fit, and its verbs.
type Fitted = (&'static str, Provenance, Vec<(&'static str, Verb)>);

/// A verb that is told apart from others by its name.
fn verb<T>(name: &'static str, ask: impl Fn(&Ledger) -> Result<T> + 'static) -> (&'static str, Verb) {
    (name, Box::new(move |ledger| ask(ledger).map(drop)))
}

/// Every kind of model, fitted to a ledger; through a file and back where there are files.
#[allow(clippy::too_many_lines, reason = "one entry after the other")]
fn models(ledger: &Ledger, through: bool) -> Vec<Fitted> {
    #[cfg(feature = "serde")]
    fn filed<M: regulars::persist::Model>(model: M, through: bool) -> M {
        if !through {
            return model;
        }
        let mut file = Vec::new();
        regulars::persist::write(&mut file, &model).unwrap();
        regulars::persist::read(file.as_slice()).unwrap()
    }
    #[cfg(not(feature = "serde"))]
    fn filed<M>(model: M, _: bool) -> M {
        model
    }
    let left: Vec<bool> = (0..now(ledger).customers().len()).map(|i| i % 3 == 0).collect();
    let horizon = Horizon::days(HORIZON).unwrap();
    let mut all: Vec<Fitted> = Vec::new();

    let model = filed(RfmParams::new().fit(now(ledger)).unwrap(), through);
    let origin = model.provenance().clone();
    let of_purchases = model.clone();
    all.push((
        "RfmModel",
        origin,
        vec![
            verb("score", move |l| model.score(now(l))),
            verb("score purchases", move |l| {
                of_purchases.score(&Purchases::observed(now(l), Occasion::Day, Refunds::Net)?)
            }),
        ],
    ));
    let model = filed(KMeansParams::new(2).fit(&features(ledger)).unwrap(), through);
    let (a, b, c, origin) = (model.clone(), model.clone(), model.clone(), model.provenance().clone());
    all.push((
        "SegmentModel",
        origin,
        vec![
            verb("assign", move |l| model.assign(&features(l))),
            verb("explain", move |l| a.explain(&features(l))),
            verb("drift", move |l| b.drift(&features(l))),
            verb("update", move |l| c.clone().update(&features(l))),
        ],
    ));
    let model = filed(MixtureParams::new(2).fit(&features(ledger)).unwrap(), through);
    let (a, origin) = (model.clone(), model.provenance().clone());
    all.push((
        "MixtureModel",
        origin,
        vec![
            verb("predict", move |l| model.predict(&features(l))),
            verb("assign", move |l| a.assign(&features(l))),
        ],
    ));
    let model = filed(TierParams::new().fit(&scores(ledger)).unwrap(), through);
    let (a, origin) = (model.clone(), model.provenance().clone());
    let before = model.assign(&scores(ledger)).unwrap();
    all.push((
        "Tiers",
        origin,
        vec![
            verb("assign", move |l| model.assign(&scores(l))),
            verb("reassign", move |l| a.reassign(&scores(l), &before)),
        ],
    ));
    let churn = ChurnParams::new().method(Method::Plain).ridge(1.0);
    let model = filed(churn.fit(&[past(ledger)]).unwrap(), through);
    let (a, b, c, origin) = (model.clone(), model.clone(), model.clone(), model.provenance().clone());
    all.push((
        "ChurnModel",
        origin,
        vec![
            verb("predict", move |l| model.predict(now(l))),
            verb("explain", move |l| a.explain(now(l))),
            verb("features", move |l| b.features(now(l))),
            verb("evaluate", move |l| c.outcomes(past(l))),
        ],
    ));
    let model = filed(churn.fit_table(&features(ledger), &left).unwrap(), through);
    let (a, b, origin) = (model.clone(), model.clone(), model.provenance().clone());
    all.push((
        "TableModel",
        origin,
        vec![
            verb("predict", move |l| model.predict(&features(l))),
            verb("explain", move |l| a.explain(&features(l), now(l).customers().customer(0).unwrap())),
            verb("unseen_levels", move |l| b.unseen_levels(&features(l))),
        ],
    ));
    let model = MonitorParams::new().fit(&features(ledger), &risk(ledger), None).unwrap();
    let model = filed(model, through);
    let origin = model.provenance().clone();
    let report = verb("evaluate", move |l| model.evaluate(&features(l), &risk(l), None));
    all.push(("Monitor", origin, vec![report]));
    let model = filed(LogisticParams::new().fit(&matrix(ledger), &left).unwrap(), through);
    let origin = model.provenance().clone();
    all.push(("LogisticModel", origin, vec![verb("predict", move |l| model.predict(&matrix(l)))]));
    let net = ElasticNetParams::new(0.5).penalties(3);
    let model = filed(net.fit(&matrix(ledger), &left).unwrap(), through);
    let origin = model.provenance().clone();
    all.push(("ElasticNetModel", origin, vec![verb("predict", move |l| model.predict(&matrix(l)))]));
    let stages: Vec<&str> = (0..left.len()).map(|i| ["a", "b", "c"][i % 3]).collect();
    let model = filed(StageParams::new().fit(&matrix(ledger), &stages).unwrap(), through);
    let origin = model.provenance().clone();
    all.push(("StageModel", origin, vec![verb("predict", move |l| model.predict(&matrix(l)))]));

    let ltv = LtvParams::new(Model::BgNbd);
    let model = filed(ltv.fit(now(ledger)).unwrap(), through);
    let origin = model.provenance().clone();
    let copy = || model.clone();
    let (a, b, c, d, e) = (copy(), copy(), copy(), copy(), copy());
    let refits = filed(model.bootstrap(&Histogram::new(&lives(ledger)), 5, Seed(1)).unwrap(), through);
    all.push(("Bootstrap", refits.provenance().clone(), Vec::new()));
    all.push((
        "LtvModel",
        origin,
        vec![
            verb("predict", move |l| model.predict(now(l), horizon)),
            verb("predict_intervals", move |l| a.predict_intervals(&lives(l), horizon, 0.9)),
            verb("total_value", move |l| b.total_value(now(l), horizon)),
            verb("evaluate", move |l| c.evaluate(past(l))),
            verb("track", move |l| d.track(past(l))),
            verb("bootstrap", move |l| e.bootstrap(&Histogram::new(&lives(l)), 5, Seed(1))),
        ],
    ));
    let histogram = filed(Histogram::new(&lives(ledger)), through);
    let origin = histogram.provenance().clone();
    let merge = verb("merge", move |l| histogram.merge(&Histogram::new(&lives(l))));
    all.push(("Histogram", origin, vec![merge]));
    let z = |l: &Ledger| {
        let customers = lives(l).customers().clone();
        let z = halves(customers.len());
        Matrix::new(customers, ["z"], z).unwrap()
    };
    let covariates = CovariateParams::new(Model::BgNbd);
    let model = filed(covariates.fit(&lives(ledger), &z(ledger)).unwrap(), through);
    let origin = model.provenance().clone();
    let predict = verb("predict", move |l| model.predict(&lives(l), &z(l), horizon, Discount::default()));
    all.push(("CovariateModel", origin, vec![predict]));
    let model = filed(SpendCovariateParams::new().fit(&lives(ledger), &z(ledger)).unwrap(), through);
    all.push(("SpendCovariateModel", model.provenance().clone(), Vec::new()));
    let groups = |l: &Ledger| {
        Cohorts::new((0..lives(l).len()).map(|i| if i % 2 == 0 { "app" } else { "shop" })).unwrap()
    };
    let model = CohortParams::new(Model::MbgNbd).fit(&lives(ledger), &groups(ledger)).unwrap();
    let model = filed(model, through);
    let origin = model.provenance().clone();
    let predict =
        verb("predict", move |l| model.predict(&lives(l), &groups(l), horizon, Discount::default()));
    all.push(("CohortModel", origin, vec![predict]));
    let model = filed(VaryingParams::new().fit(now(ledger), &season(ledger)).unwrap(), through);
    let origin = model.provenance().clone();
    let predict = verb("predict", move |l| model.predict(now(l), &season(l), horizon, Discount::default()));
    all.push(("VaryingModel", origin, vec![predict]));

    let next = NextItemParams::new().method(recommend::Method::GpTopFreq);
    let model = filed(next.fit(now(ledger)).unwrap(), through);
    let (a, origin) = (model.clone(), model.provenance().clone());
    all.push((
        "NextItemModel",
        origin,
        vec![
            verb("recommend_for", move |l| model.recommend_for(&now(l).customers(), 3)),
            verb("evaluate", move |l| a.evaluate(&Baskets::new(now(l), Occasion::Day)?, 3)),
        ],
    ));
    let model = filed(NextPurchaseParams::new().fit(now(ledger)).unwrap(), through);
    let (a, origin) = (model.clone(), model.provenance().clone());
    all.push((
        "NextPurchaseModel",
        origin,
        vec![
            verb("predict", move |l| model.predict(now(l))),
            verb("evaluate", move |l| a.evaluate(&past(l), Seed(1))),
        ],
    ));
    let rules = RuleParams::new(0.05).fit(&Orders::new(now(ledger), Occasion::Day).unwrap()).unwrap();
    let rules = filed(rules, through);
    all.push(("Rules", rules.provenance().clone(), Vec::new()));
    let rules = filed(SequenceRuleParams::new(horizon).fit(now(ledger)).unwrap(), through);
    all.push(("SequenceRules", rules.provenance().clone(), Vec::new()));
    let params = PipelineParams::new().churn(churn).segment(KMeansParams::new(2)).ltv(ltv);
    let model = params.recommend(next).fit(ledger, as_of(ledger), horizon).unwrap();
    let model = filed(model, through);
    let stages = [
        model.rfm().unwrap().provenance(),
        model.segment().unwrap().provenance(),
        model.churn().unwrap().provenance(),
        model.ltv().unwrap().provenance(),
        model.tiers().unwrap().provenance(),
        model.recommend().unwrap().provenance(),
    ];
    assert!(stages.iter().all(|stage| *stage == model.provenance()), "{stages:?}");
    let (a, origin) = (model.clone(), model.provenance().clone());
    all.push((
        "Pipeline",
        origin,
        vec![
            verb("predict", move |l| model.predict(l, as_of(l))),
            verb("row", move |l| {
                a.row(l, as_of(l), now(l).customers().customer(0).unwrap()).map(|row| row.is_some())
            }),
        ],
    ));
    all
}

#[test]
fn data_that_state_otherwise_are_refused() {
    let fitted_to = shop(Currency::EUR, TimeAxis::Calendar, Some("tenant 7"));
    let same = shop(Currency::EUR, TimeAxis::Calendar, Some("tenant 7"));
    let silent = shop(Currency::EUR, TimeAxis::Calendar, None);
    let others = [
        (shop(Currency::GBP, TimeAxis::Calendar, Some("tenant 7")), ["EUR", "GBP"]),
        (shop(Currency::EUR, TimeAxis::Ordinal, Some("tenant 7")), ["Calendar", "Ordinal"]),
        (shop(Currency::EUR, TimeAxis::Calendar, Some("tenant 8")), ["tenant 7", "tenant 8"]),
    ];
    let asked = Cell::new(0);
    for through in [false, true] {
        for (model, origin, verbs) in models(&fitted_to, through) {
            assert_eq!(origin.currency(), Some(Currency::EUR), "{model}");
            assert_eq!(origin.time_axis(), Some(TimeAxis::Calendar), "{model}");
            assert_eq!(origin.as_of(), Some(as_of(&fitted_to)), "{model}");
            assert_eq!(origin.label(), Some("tenant 7"), "{model}");
            for (name, ask) in verbs {
                ask(&same).unwrap_or_else(|e| panic!("{model}::{name}: {e}"));
                ask(&silent).unwrap_or_else(|e| panic!("{model}::{name}: {e}"));
                for (other, words) in &others {
                    // Some verbs cannot read basket numbers at all; what they say of them is another matter.
                    let ordinal = other.time_axis() == TimeAxis::Ordinal;
                    let error = ask(other).expect_err(&format!("{model}::{name} of {words:?}"));
                    if error.kind() == ErrorKind::IncompatibleModel {
                        let text = error.to_string();
                        assert!(words.iter().all(|word| text.contains(word)), "{model}::{name}: {text}");
                        asked.set(asked.get() + 1);
                    } else {
                        assert!(ordinal, "{model}::{name}: {error}");
                    }
                }
            }
        }
    }
    // 36 verbs, three ledgers, twice, less the verbs that refuse basket numbers before they compare.
    assert!(asked.get() >= 2 * 3 * 34, "{}", asked.get());
}

#[test]
fn a_model_that_states_nothing_fits_every_label() {
    let labelled = shop(Currency::EUR, TimeAxis::Calendar, Some("tenant 7"));
    let fitted_to = shop(Currency::EUR, TimeAxis::Calendar, None);
    let mut verbs = 0;
    for (model, origin, own) in models(&fitted_to, true) {
        assert_eq!(origin.label(), None);
        for (name, ask) in own {
            ask(&labelled).unwrap_or_else(|e| panic!("{model}::{name}: {e}"));
            verbs += 1;
        }
    }
    assert!(verbs >= 34, "{verbs}");
}
