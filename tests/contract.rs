//! The contract of every public `fit` and verb on hostile data: a result or an error of the expected kind, never a
//! panic, never a number that is not finite. Modules test their own parameters; here one table holds them all against
//! the same ledgers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use regulars::churn::ChurnParams;
use regulars::data::{
    Anonymous, Customers, Features, Ledger, Matrix, Occasion, Pareto, Purchases, Refunds, TierParams,
    TimeAxis, Transaction,
};
use regulars::types::{Amount, AsOf, Currency, Day, Horizon, Key, Language, Quantity};
use regulars::{Error, ErrorKind, Result};

/// A row: customer (0 for nobody), day, amount in minor units, item.
type Line = (u32, i32, i64, u32);

/// What the rows of a ledger carry.
#[derive(Clone, Copy, PartialEq)]
enum Carries {
    Everything,
    NoAmounts,
    NoItems,
}

fn ledger_of(lines: &[Line], carries: Carries, axis: TimeAxis) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep).time_axis(axis);
    for (number, (customer, day, amount, item)) in lines.iter().enumerate() {
        let day = Day::new(*day);
        let mut row = match customer {
            0 => Transaction::anonymous(day),
            c => Transaction::new(*c, day),
        };
        if carries != Carries::NoAmounts {
            let pieces = if *amount < 0 { -1 } else { 1 };
            row = row.amount(Amount::minor(*amount)).quantity(Quantity::units(pieces));
        }
        if carries != Carries::NoItems {
            row = row.item(*item).order(number as u64);
        }
        builder.push(row).unwrap();
    }
    builder.build().unwrap()
}

fn plain(lines: &[Line]) -> Ledger {
    ledger_of(lines, Carries::Everything, TimeAxis::Calendar)
}

/// A shop of forty customers with nothing wrong about it.
fn sound() -> Vec<Line> {
    let line = |i: u32| {
        let day = 19_000 + i32::try_from(i * 53 % 211).unwrap();
        // Squares make some customers come often and some once.
        (1 + i * i % 89 % 40, day, 500 + i64::from(i * 37 % 900), 1 + i * i % 17)
    };
    (0..400).map(line).collect()
}

/// The ledgers, from the smallest to the strangest.
fn ledgers() -> Vec<(&'static str, Ledger)> {
    let all_equal: Vec<Line> = (1..=30).map(|c| (c, 19_000, 1_000, 1)).collect();
    let one_customer: Vec<Line> =
        (0..50).map(|i: i32| (1, 19_000 + i * 3, 1_000, 1 + i.unsigned_abs() % 4)).collect();
    let same_day: Vec<Line> = (0..50).map(|i| (1, 19_000, 1_000, i)).collect();
    let duplicates: Vec<Line> = sound().iter().flat_map(|line| [*line; 5]).collect();
    let refunds: Vec<Line> = sound().iter().map(|(c, d, a, i)| (*c, *d, -a, *i)).collect();
    let free: Vec<Line> = sound().iter().map(|(c, d, _, i)| (*c, *d, 0, *i)).collect();
    let huge: Vec<Line> = sound().iter().map(|(c, d, _, i)| (*c, *d, i64::MAX, *i)).collect();
    let low: Vec<Line> = sound().iter().map(|(c, d, _, i)| (*c, *d, i64::MIN, *i)).collect();
    let nobody: Vec<Line> = sound().iter().map(|(_, d, a, i)| (0, *d, *a, *i)).collect();
    let once: Vec<Line> = (1..=200).map(|c: u32| (c, 19_000 + c.cast_signed() % 90, 1_000, c)).collect();
    let wide: Vec<Line> = vec![(1, i32::MIN, 1_000, 1), (2, i32::MAX, 1_000, 2), (1, i32::MAX, 1_000, 2)];
    let late: Vec<Line> = sound().iter().map(|(c, d, a, i)| (*c, d + 1_000, *a, *i)).collect();
    let mixed: Vec<Line> = [sound(), late].concat();
    vec![
        ("sound", plain(&sound())),
        ("one row", plain(&[(1, 19_000, 1_000, 1)])),
        ("one refund", plain(&[(1, 19_000, -1_000, 1)])),
        ("one customer", plain(&one_customer)),
        ("one customer, one day", plain(&same_day)),
        ("all equal", plain(&all_equal)),
        ("everybody once", plain(&once)),
        ("duplicates", plain(&duplicates)),
        ("refunds only", plain(&refunds)),
        ("free of charge", plain(&free)),
        ("huge amounts", plain(&huge)),
        ("hugely negative", plain(&low)),
        ("nobody", plain(&nobody)),
        ("ends of time", plain(&wide)),
        ("most rows in the future", plain(&mixed)),
        ("no amounts", ledger_of(&sound(), Carries::NoAmounts, TimeAxis::Calendar)),
        ("no items", ledger_of(&sound(), Carries::NoItems, TimeAxis::Calendar)),
        ("basket numbers", ledger_of(&sound(), Carries::Everything, TimeAxis::Ordinal)),
    ]
}

/// The day each ledger is looked at: its last, or before most of its rows where those are the future.
fn as_of(name: &str, ledger: &Ledger) -> AsOf {
    AsOf::new(if name == "most rows in the future" { Day::new(19_211) } else { ledger.covers().1 })
}

#[track_caller]
fn finite(values: impl IntoIterator<Item = f64>) {
    assert!(values.into_iter().all(f64::is_finite), "a number that is not finite");
}

type Verb = fn(&Ledger, AsOf) -> Result<()>;

fn observe(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let now = ledger.observed(as_of)?;
    assert!(now.map(|history| history.rows().count()).values().iter().all(|rows| *rows > 0));
    Ok(())
}

/// The cut in time, with the last day of the ledger as holdout.
fn split(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let before = as_of.day().checked_add(-1).unwrap();
    let split = ledger.split(AsOf::new(before), Horizon::days(1)?)?;
    for customer in split.observed().customers().iter() {
        let rows = split.holdout().history(customer)?.rows();
        assert!(rows.map(|row| row.day).all(|day| day == as_of.day()));
    }
    Ok(())
}

fn purchases(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    for occasion in [Occasion::Day, Occasion::Row] {
        for refunds in [Refunds::Net, Refunds::Ignore] {
            let table = Purchases::observed(ledger.observed(as_of)?, occasion, refunds)?;
            assert_eq!(table.occasions().len(), table.customers().len());
        }
    }
    Ok(())
}

fn orders(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    Purchases::observed(ledger.observed(as_of)?, Occasion::Order, Refunds::Net).map(drop)
}

fn behaviour(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    for name in features.names() {
        if let Ok(column) = features.numeric(name) {
            finite(column.iter().flatten());
        }
    }
    Ok(())
}

fn segment(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::segment::KMeansParams;
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let mut model = KMeansParams::new(3).fit(&features)?;
    finite(model.centres().iter().copied());
    let before = model.assign(&features)?;
    assert_eq!(before.len(), features.len());
    assert_eq!(model.explain(&features)?.len(), features.len());
    assert_eq!(model.members(&features, 2)?.len(), 3);
    let drift = model.drift(&features)?;
    finite([drift.chi_square, drift.p_value, drift.stability_index]);
    assert!(!drift.describe(Language::English).is_empty());
    assert_eq!(model.update(&features)?.values(), before.values());
    let moves = model.migration(&before, &model.assign(&features)?)?;
    assert_eq!(moves.changes().len(), features.len());
    let again = KMeansParams::from_model(&model).fit(&features)?.matched(&model, &features)?;
    for profile in model.profiles().iter().chain(again.profiles()) {
        finite([profile.share, profile.weight, profile.radius]);
        finite(profile.revenue);
        for t in &profile.traits {
            finite([t.centre]);
            finite([t.mean, t.share_of_total, t.effect, t.deviation].into_iter().flatten());
        }
    }
    Ok(())
}

/// Soft segments, two of them; what a mixture cannot tell apart is an error of the data.
fn mixture(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::segment::MixtureParams;
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let model = MixtureParams::auto(1..=2).restarts(2).fit(&features)?;
    for shares in model.predict(&features)?.values() {
        let sum: f64 = shares.iter().map(|p| p.get()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }
    assert_eq!(model.assign(&features)?.len(), features.len());
    finite([model.summary().bic, model.summary().log_likelihood]);
    Ok(())
}

fn segment_auto(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::segment::KMeansParams;
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let model = KMeansParams::auto(2..=4).fit(&features)?;
    assert!((2..=4).contains(&model.k()));
    Ok(())
}

fn recommend(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::recommend::{
        AlsParams, ItemItemParams, MarkovChainParams, Method, NextItemParams, TifuKnnParams, UpCfParams,
    };
    for method in [
        Method::Learned,
        Method::TifuKnn(TifuKnnParams::new()),
        Method::UpCf(UpCfParams::new()),
        Method::ItemItem(ItemItemParams::new()),
        Method::MarkovChain(MarkovChainParams::new()),
        Method::Als(AlsParams::new().factors(3)),
    ] {
        let model = NextItemParams::new().method(method).fit(ledger.observed(as_of)?)?;
        let lists = model.recommend_all(5)?;
        assert!(lists.values().iter().all(|list| !list.is_empty() && list.len() <= 5), "{method:?}");
        assert!(lists.values().iter().flatten().all(|r| r.score.is_finite()), "{method:?}");
        assert!(!model.recommend("a stranger", 5)?.is_empty());
    }
    Ok(())
}

fn rfm(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::rfm::{RfmParams, SegmentMap};
    let now = ledger.observed(as_of)?;
    let model = RfmParams::new().bins(5).fit(now)?;
    let scores = model.score(now)?;
    let segments = SegmentMap::standard(model.bins())?.assign(&scores)?;
    assert_eq!(segments.len(), scores.len());
    Ok(())
}

fn lifetime(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::ltv::LtvParams;
    let now = ledger.observed(as_of)?;
    let model = LtvParams::auto().fit(now)?;
    finite(model.process().parameters());
    for value in model.predict(now, Horizon::weeks(26)?)?.values() {
        finite([value.p_alive.get(), value.purchases, value.discounted_purchases]);
        finite(value.clv.map(regulars::types::Expected::in_minor));
    }
    Ok(())
}

/// All customers merged into three people, and nobody merged at all.
fn relabel(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    ledger.observed(as_of)?;
    let merged = ledger.relabel(|key| key.as_integer().map(|c| Key::from(c % 3)))?;
    assert!(merged.customers().len() <= 3 && merged.len() == ledger.len());
    let same = ledger.relabel(|_| None)?;
    assert_eq!(same.customers(), ledger.customers());
    Ok(())
}

fn tiers(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let now = ledger.observed(as_of)?;
    let rows = now.map(|history| history.len() as f64);
    let tiers = TierParams::new().fit(&rows)?;
    let assigned = tiers.assign(&rows)?;
    assert_eq!(tiers.sizes(&assigned).iter().sum::<usize>(), rows.len());
    assert_eq!(tiers.reassign(&rows, &assigned)?.values(), assigned.values());
    let curve = Pareto::new(&rows)?;
    finite(curve.points(10).flat_map(|(a, b)| [a, b]).chain([curve.gini(), curve.customers_for(0.8)]));
    Ok(())
}

/// Every other customer is said to have left, so that only data decide whether a model stands.
fn churn(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let left: Vec<bool> = (0..features.len()).map(|row| row % 2 == 0).collect();
    let model = ChurnParams::new().fit_table(&features, &left)?;
    let risk = model.predict(&features)?;
    let customer = risk.customers().customer(0).unwrap();
    finite(
        model
            .explain(&features, customer)?
            .contributions()
            .iter()
            .map(regulars::churn::Contribution::log_odds),
    );
    finite(risk.values().iter().map(|p| p.get()));
    Ok(())
}

/// Early warning on whatever there is.
fn warnings(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let found = regulars::churn::WarningParams::new().fit(ledger.observed(as_of)?)?;
    finite(found.all().iter().filter_map(|w| w.p_value));
    for warning in found.all() {
        assert!(!warning.evidence(regulars::types::Language::English).contains("NaN"));
    }
    Ok(())
}

/// Churn learned on the last thirty days, asked as of the end.
fn churn_by_dates(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    let now = ledger.observed(as_of)?;
    let cut = as_of.day().checked_add(-30).map_or(as_of, AsOf::new);
    let split = ledger.split(cut, Horizon::days(30)?)?;
    let model = ChurnParams::new().fit(&[split])?;
    let risk = model.predict(now)?;
    finite(risk.values().iter().map(|p| p.get()));
    for why in model.explain(now)?.values() {
        finite(why.contributions().iter().map(regulars::churn::Contribution::log_odds));
        assert!(!format!("{why}").contains("NaN"));
    }
    let quality = model.evaluate(split)?;
    finite([quality.auc, quality.brier, quality.lift_at_10, quality.calibration_error]);
    Ok(())
}

/// Everything at once. A stage without its data is left out; what is there must be sound.
fn pipeline(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::ltv::{LtvParams, Model};
    use regulars::pipeline::PipelineParams;
    use regulars::segment::KMeansParams;
    let params = PipelineParams::new()
        .segment(KMeansParams::new(2))
        .ltv(LtvParams::new(Model::BgNbd))
        .churn_dates(1)
        .interval(0.8);
    let horizon = Horizon::days(30)?;
    let pipeline = params.fit(ledger, as_of, horizon)?;
    let table = pipeline.predict(ledger, as_of)?;
    for row in table.rows() {
        finite(row.churn.map(regulars::types::Probability::get));
        finite(row.value.iter().flat_map(|v| [v.p_alive.get(), v.purchases]));
        finite(row.value.and_then(|v| v.clv).map(regulars::types::Expected::in_minor));
        let ends = row.value_interval.map(|(low, high)| [low.in_minor(), high.in_minor()]);
        assert!(ends.is_none_or(|[low, high]| 0.0 <= low && low <= high && high.is_finite()));
        assert!(row.next.len() <= 5);
    }
    // Too short a past is an error of the trial, and of nothing else.
    if let Ok(trial) = params.backtest(ledger, as_of, horizon) {
        finite(trial.ltv.iter().flat_map(|q| {
            [q.model.mae.value, q.model.rmse.value, q.model.bias.map_or(0.0, |bias| bias.value)]
        }));
        finite(trial.churn.iter().flat_map(|q| [q.auc, q.brier]));
        let tracking = trial.ltv.iter().flat_map(|q| &q.tracking);
        finite(tracking.flat_map(|t| t.expected.iter().copied()));
    }
    Ok(())
}

/// When each customer, and each item, comes next.
fn timing(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::recommend::{NextPurchaseParams, Timing};
    let now = ledger.observed(as_of)?;
    for timing in [Timing::Hazard, Timing::LognormalGaps] {
        let dates = NextPurchaseParams::new().timing(timing).fit(now)?.predict(now)?;
        for date in dates.values() {
            finite([date.within(7).get(), date.within(365).get(), date.usual_gap()]);
            assert!(date.within(7) <= date.within(365));
        }
    }
    Ok(())
}

/// Rules of what goes together and of what follows what.
fn rules(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::recommend::{Orders, RuleParams, SequenceRuleParams};
    let now = ledger.observed(as_of)?;
    let found = RuleParams::new(0.02).fit(&Orders::new(now, Occasion::Day)?)?;
    finite(found.iter().flat_map(|r| [r.support(), r.confidence(), r.lift(), r.leverage()]));
    let found = SequenceRuleParams::new(Horizon::days(30)?).fit(now)?;
    finite(found.values().iter().flat_map(|r| [r.confidence, r.lift]));
    Ok(())
}

/// How sure the lifetime model is, and what a column tells it beside the history.
fn intervals(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::data::{PurchaseHistory, TimeUnit};
    use regulars::ltv::{CovariateParams, LtvParams, Model};
    let now = ledger.observed(as_of)?;
    let model = LtvParams::new(Model::BgNbd).fit(now)?;
    for customer in model.predict_intervals(now, Horizon::days(60)?, 0.9)?.values() {
        finite([customer.expected.0, customer.expected.1]);
        assert!(customer.purchases.0 <= customer.purchases.1);
        assert!(customer.spend.is_none_or(|(low, high)| low <= high && high.in_minor().is_finite()));
    }
    let unit = match ledger.time_axis() {
        TimeAxis::Ordinal => TimeUnit::Day,
        _ => TimeUnit::Week,
    };
    let history = PurchaseHistory::observed(now, unit)?;
    let column = (0..history.len()).map(|row| f64::from(u8::from(row % 3 == 0))).collect();
    let column = Matrix::new(history.customers().clone(), ["third"], column)?;
    if let Ok(model) = CovariateParams::new(Model::BgNbd).fit(&history, &column) {
        finite(model.base().parameters());
        finite(model.on_purchases().iter().map(|effect| effect.value));
    }
    Ok(())
}

/// What season, cohort and columns do to a lifetime model. Whether the data hold such an effect is theirs to say: an answer
/// is finite, a refusal typed.
fn effects(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::data::{PurchaseHistory, TimeUnit};
    use regulars::ltv::{
        CalendarCovariates, CohortBy, CohortParams, Cohorts, Discount, Model, SpendCovariateParams,
        VaryingParams,
    };
    let now = ledger.observed(as_of)?;
    let horizon = Horizon::days(14)?;
    let weeks: Vec<f64> = (0..80).map(|week| f64::from(week % 2)).collect();
    let calendar = CalendarCovariates::new(["odd"], Day::new(18_900), Horizon::weeks(1)?, weeks)?;
    if let Ok(model) = VaryingParams::new().fit(now, &calendar) {
        finite(model.base().parameters());
        let values = model.predict(now, &calendar, horizon, Discount::NONE)?;
        finite(values.values().iter().map(|value| value.purchases));
    }
    let unit = if ledger.time_axis() == TimeAxis::Ordinal { TimeUnit::Day } else { TimeUnit::Week };
    let Ok(history) = PurchaseHistory::observed(now, unit) else { return Ok(()) };
    if let Ok(cohorts) = Cohorts::acquired(now, &history, CohortBy::Quarter)
        && let Ok(model) = CohortParams::new(Model::BgNbd).fit(&history, &cohorts)
    {
        let values = model.predict(&history, &cohorts, horizon, Discount::NONE)?;
        finite(values.values().iter().map(|value| value.purchases));
    }
    let third = (0..history.len()).map(|row| f64::from(u8::from(row % 3 == 0))).collect();
    let third = Matrix::new(history.customers().clone(), ["third"], third)?;
    if let Ok(model) = SpendCovariateParams::new().fit(&history, &third) {
        finite(model.on_spend().iter().map(|effect| effect.value));
    }
    Ok(())
}

/// Transforms of the behaviour table and back.
fn transform(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::data::{Constant, Missing, TransformParams};
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let params = || TransformParams::new().constant(Constant::Drop).missing(Missing::Median);
    for params in [params().log1p().standardise(), params().clip(0.05, 0.95).robust()] {
        let fitted = params.fit(&features)?;
        let matrix = fitted.apply(&features)?;
        finite(matrix.values().iter().copied());
        finite(fitted.invert(&vec![0.0; fitted.width()])?);
    }
    Ok(())
}

/// The streaming door says what the ledger says.
fn stream(ledger: &Ledger, as_of: AsOf) -> Result<()> {
    use regulars::data::{Summary, SummaryParams};
    use regulars::rfm::RfmParams;
    let now = ledger.observed(as_of)?;
    let mut sums = Summary::new(
        SummaryParams::new(as_of, ledger.currency()).occasion(Occasion::Day).time_axis(ledger.time_axis()),
    );
    for customer in now.customers().iter() {
        let key = ledger.customer_key(customer)?;
        for row in now.history(customer)?.iter().flat_map(regulars::data::History::rows) {
            let piece = Transaction::new(key.clone(), row.day);
            sums.push(row.amount.into_iter().fold(piece, Transaction::amount))?;
        }
    }
    let streamed = RfmParams::new().fit(&sums)?.score(&sums)?;
    assert_eq!(streamed.values(), RfmParams::new().fit(now)?.score(now)?.values());
    Ok(())
}

const VERBS: [(&str, Verb); 23] = [
    ("effects", effects),
    ("churn by dates", churn_by_dates),
    ("pipeline", pipeline),
    ("timing", timing),
    ("rules", rules),
    ("intervals", intervals),
    ("transform", transform),
    ("stream", stream),
    ("warnings", warnings),
    ("relabel", relabel),
    ("tiers", tiers),
    ("churn", churn),
    ("observed", observe),
    ("split", split),
    ("purchases", purchases),
    ("orders", orders),
    ("behaviour", behaviour),
    ("segment", segment),
    ("segment auto", segment_auto),
    ("mixture", mixture),
    ("recommend", recommend),
    ("rfm", rfm),
    ("ltv", lifetime),
];

use ErrorKind::{EmptyInput, InvalidInput, Overflow};

/// Customers who are the same in every column cannot be told apart.
const SAME: [(&str, ErrorKind); 3] =
    [("segment", InvalidInput), ("segment auto", InvalidInput), ("mixture", InvalidInput)];
/// Money given back is not a purchase.
const NO_PURCHASE: [(&str, ErrorKind); 8] = [
    ("recommend", EmptyInput),
    ("rfm", EmptyInput),
    ("ltv", EmptyInput),
    ("pipeline", EmptyInput),
    ("timing", EmptyInput),
    ("rules", EmptyInput),
    ("intervals", EmptyInput),
    ("stream", EmptyInput),
];
/// Where every column is constant, none is left to scale.
const ONE_VALUE: (&str, ErrorKind) = ("transform", InvalidInput);
/// There is no month before the last to learn from.
const NO_PAST: (&str, ErrorKind) = ("churn by dates", EmptyInput);
/// Nobody, or everybody, came back within the last month.
const ONE_FATE: (&str, ErrorKind) = ("churn by dates", InvalidInput);
/// One customer cannot both leave and stay.
const ONE_OUTCOME: (&str, ErrorKind) = ("churn", InvalidInput);
/// Exact sums of money do not fit.
const NO_SUM: [(&str, ErrorKind); 8] = [
    ("churn by dates", Overflow),
    ("transform", Overflow),
    ("purchases", Overflow),
    ("behaviour", Overflow),
    ("churn", Overflow),
    ("segment", Overflow),
    ("segment auto", Overflow),
    ("mixture", Overflow),
];
/// Nothing lies before the only day.
const ONE_DAY: (&str, ErrorKind) = ("split", EmptyInput);

/// Which verbs fail on a ledger, and how; every other verb succeeds.
fn expected(ledger: &str) -> Vec<(&'static str, ErrorKind)> {
    let with = |base: &[(&'static str, ErrorKind)], more: &[(&'static str, ErrorKind)]| [base, more].concat();
    match ledger {
        "one row" | "one customer, one day" => with(&SAME, &[ONE_DAY, ONE_OUTCOME, ONE_VALUE, NO_PAST]),
        "all equal" => with(&SAME, &[ONE_DAY, ONE_VALUE, NO_PAST]),
        "one refund" => with(&with(&SAME, &NO_PURCHASE), &[ONE_DAY, ONE_OUTCOME, ONE_VALUE, NO_PAST]),
        "one customer" => with(&SAME, &[ONE_OUTCOME, ONE_VALUE, ONE_FATE]),
        "everybody once" => vec![ONE_FATE],
        // Two customers are too few for the three segments asked for.
        "ends of time" => vec![("segment", InvalidInput), ONE_FATE],
        // What is given away is no purchase to recommend from.
        "free of charge" => {
            vec![("recommend", EmptyInput), ("timing", EmptyInput), ("rules", EmptyInput)]
        }
        "refunds only" => with(&NO_PURCHASE, &[ONE_FATE]),
        "huge amounts" => with(
            &NO_SUM,
            &["orders", "rfm", "ltv", "pipeline", "intervals", "stream"].map(|verb| (verb, Overflow)),
        ),
        // The sum is looked at before anything is said about purchases.
        "hugely negative" => {
            let sums = ["rfm", "ltv", "intervals"].map(|verb| (verb, Overflow));
            with(&with(&NO_SUM, &sums), &NO_PURCHASE)
        }
        "nobody" => VERBS.iter().map(|(verb, _)| (*verb, EmptyInput)).collect(),
        "no amounts" => vec![("rfm", InvalidInput), ("stream", InvalidInput)],
        "no items" => ["orders", "recommend", "rules"].map(|verb| (verb, InvalidInput)).to_vec(),
        // Days are numbers of baskets here: nothing comes "in thirty days".
        "basket numbers" => vec![("timing", InvalidInput), ("rules", InvalidInput)],
        _ => Vec::new(),
    }
}

#[test]
fn every_verb_keeps_the_contract_on_every_ledger() {
    let mut surprises = Vec::new();
    for (name, ledger) in ledgers() {
        let expected = expected(name);
        for (verb, run) in VERBS {
            let expected = expected.iter().find(|(v, _)| *v == verb).map(|(_, kind)| *kind);
            let got = run(&ledger, as_of(name, &ledger));
            if got.as_ref().err().map(Error::kind) != expected {
                surprises.push(format!("{verb} of {name}: expected {expected:?}, got {got:?}"));
            }
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// As of a day before the first row nothing is known, and every verb says so.
#[test]
fn a_ledger_that_begins_later_is_empty_as_of_yesterday() {
    for (name, ledger) in ledgers() {
        let Some(before) = ledger.covers().0.checked_add(-1) else { continue };
        for (verb, run) in VERBS.iter().filter(|(verb, _)| *verb != "split") {
            let error = run(&ledger, AsOf::new(before)).expect_err(verb);
            assert_eq!(error.kind(), ErrorKind::EmptyInput, "{verb} of {name}");
        }
    }
}

/// An index, a model or a table of another ledger is an error, not a wrong answer.
#[test]
fn what_belongs_elsewhere_is_refused() {
    let fewer: Vec<Line> = sound().into_iter().filter(|line| line.0 > 3).collect();
    let (one, other) = (plain(&sound()), plain(&fewer));
    let now = one.observed(as_of("sound", &one)).unwrap();
    let foreign = other.customers().iter().find_map(|key| other.customer(key)).unwrap();
    assert!(other.customers() != one.customers());
    assert_eq!(now.history(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(now.map(|h| h.len()).get(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(one.customer_key(foreign).unwrap_err().kind(), ErrorKind::InvalidInput);
    let model = regulars::segment::KMeansParams::new(2).fit(&Features::behaviour(now).unwrap()).unwrap();
    let narrow = Features::builder(Customers::numbered(2).unwrap()).numeric("x", [1.0, 2.0]).unwrap();
    let error = model.assign(&narrow.build().unwrap()).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::ShapeMismatch | ErrorKind::IncompatibleModel
    ));
}

/// Tables of numbers: nothing that is not finite comes in, and wrong widths are told.
#[test]
fn matrices_are_checked_at_the_door() {
    let customers = |n| Customers::numbered(n).unwrap();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Matrix::new(customers(2), ["x"], vec![1.0, bad]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = Features::builder(customers(2)).numeric("x", [1.0, bad]).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let wide = Matrix::unnamed(customers(40), 2, (0..80).map(f64::from).collect()).unwrap();
    let narrow = Matrix::unnamed(customers(40), 1, (0..40).map(f64::from).collect()).unwrap();
    let labels: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
    let logistic = regulars::churn::LogisticParams::new();
    let fitted = logistic.ridge(1.0).fit(&wide, &labels).unwrap();
    assert!(fitted.predict(&narrow).is_err());
    let shape = regulars::churn::LogisticParams::new().fit(&wide, &labels[..3]).unwrap_err();
    assert_eq!(shape.kind(), ErrorKind::ShapeMismatch);
    let clusters = regulars::segment::KMeansParams::new(3).fit(&wide).unwrap();
    assert!(clusters.assign(&narrow).is_err());

    let net = regulars::churn::ElasticNetParams::new(0.5).penalties(5);
    assert_eq!(net.fit(&wide, &labels[..3]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    assert!(net.fit(&wide, &labels).unwrap().predict(&narrow).is_err());
    let stages: Vec<&str> = (0..40).map(|i| ["a", "b", "c"][i * 7 % 3]).collect();
    let params = regulars::churn::StageParams::new().ridge(1.0);
    assert_eq!(params.fit(&wide, &stages[..3]).unwrap_err().kind(), ErrorKind::ShapeMismatch);
    assert!(params.fit(&wide, &["a"; 40]).is_err());
    assert!(params.fit(&wide, &stages).unwrap().predict(&narrow).is_err());
}

/// Values at the edge of what a float holds must not turn into NaN on the way.
#[test]
fn extreme_numbers_stay_numbers() {
    let customers = Customers::numbered(60).unwrap();
    let labels: Vec<bool> = (0..60).map(|i| i % 4 == 0).collect();
    for scale in [f64::MIN_POSITIVE, 1e-300, 1e150, 1e300, f64::MAX / 64.0] {
        let values = (0..120).map(|i| f64::from(i * i % 37) * scale).collect();
        let matrix = Matrix::unnamed(customers.clone(), 2, values).unwrap();
        if let Ok(model) = regulars::segment::KMeansParams::new(3).fit(&matrix) {
            finite(model.centres().iter().copied());
        }
        if let Ok(model) = regulars::churn::LogisticParams::new().ridge(1.0).fit(&matrix, &labels) {
            finite(model.coefficients().iter().map(regulars::churn::Coefficient::estimate));
            finite(model.predict(&matrix).unwrap().values().iter().map(|p| p.get()));
        }
    }
}

/// A monitor refuses tables and outcomes that do not belong together.
#[test]
fn a_monitor_wants_what_it_was_shown() {
    use regulars::churn::MonitorParams;
    let table = regulars::simulate::ChurnTableParams::new(200, regulars::types::Seed(3)).simulate().unwrap();
    let left = table.left().values();
    let risk = table.probability();
    let short = MonitorParams::new().fit(table.features(), risk, Some(&left[..9])).unwrap_err();
    assert_eq!(short.kind(), ErrorKind::ShapeMismatch);
    let monitor = MonitorParams::new().fit(table.features(), risk, Some(left)).unwrap();
    let other = Features::builder(risk.customers().clone()).numeric("x", vec![1.0; 200]).unwrap();
    assert!(monitor.evaluate(&other.build().unwrap(), risk, Some(left)).is_err());
}

/// Contracts that never end and contracts that all end at once have no maximum to speak of, and still no panic.
#[test]
fn renewals_without_a_story_are_told_apart() {
    use regulars::ltv::{Outlook, Renewals, ShiftedBetaGeometric};
    assert_eq!(ShiftedBetaGeometric::fit(&Renewals::new()).unwrap_err().kind(), ErrorKind::EmptyInput);
    for outlook in [Outlook::Lost, Outlook::Renewed] {
        let mut all = Renewals::new();
        all.add(1, outlook, 1_000).unwrap();
        if let Ok((model, _)) = ShiftedBetaGeometric::fit(&all) {
            finite([model.parameters().0, model.parameters().1, model.survival(5), model.retention(5)]);
        }
    }
}

/// A living index takes whatever is put into it, and refuses what it does not know.
#[test]
fn an_index_keeps_the_contract_on_every_table_of_records() {
    use regulars::data::{Field, FieldKind, Record, Records};
    use regulars::profile::{IndexParams, MatchParams};

    for (name, rows) in record_tables() {
        let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
        let ids: Vec<String> = (1..=rows.len().min(40)).map(|id| id.to_string()).collect();
        let record = |id: usize| {
            let row = &rows[id];
            Record::new(ids[id].as_str()).source("crm").value("name", &row[0]).value("email", &row[1])
        };
        let mut builder = Records::builder(fields).unwrap();
        (0..ids.len()).for_each(|id| builder.push(record(id)).unwrap());
        let records = builder.build().unwrap();
        let model = MatchParams::new().fit(&records).unwrap();
        let mut index = IndexParams::new().key([5; 32]).fit(&model, &records).unwrap();
        assert_eq!(index.len(), ids.len(), "{name}");
        index.upsert(&record(0)).unwrap();
        assert_eq!(index.len(), ids.len(), "{name}: the same record once more is the same record");
        assert!(index.remove("crm", "nobody").is_err(), "{name}");
        assert!(index.explain(("crm", "nobody"), ("crm", "1")).is_err(), "{name}");
        assert!(index.merge(("crm", "nobody"), ("crm", "1")).is_err(), "{name}");
        assert!(index.unmerge(("crm", "nobody"), ("crm", "1")).is_err(), "{name}");
        let profile = index.profile_of("crm", "1").unwrap();
        index.forget(profile).unwrap();
        assert!(index.profile_of("crm", "1").is_none(), "{name}");
        index.verify().unwrap();
    }
}

/// Records from the smallest to the strangest: a field each, and the values of the records.
fn record_tables() -> Vec<(&'static str, Vec<Vec<String>>)> {
    let name = |i: usize| format!("{} {}", ["ann", "bob", "eve"][i % 3], ["smith", "jones"][i % 2]);
    let long = "x".repeat(1 << 20);
    vec![
        ("one record", vec![vec![name(0), "ann@smith.org".into()]]),
        ("all blank", vec![vec![String::new(), "  ".into()]; 50]),
        ("all identical", vec![vec![name(1), "bob@jones.org".into()]; 2_000]),
        ("one field only", (0..300).map(|i| vec![name(i * 7), String::new()]).collect()),
        ("placeholders", vec![vec!["unknown".into(), "test@test.com".into()]; 500]),
        ("one long value", vec![vec![long.clone(), long.clone()], vec![long, "a@b.org".into()]]),
        (
            "not a text at all",
            (0..200).map(|i| vec!["\u{0}\u{fffd}\u{202e}".repeat(i % 4), "@".into()]).collect(),
        ),
        (
            "all different",
            (0..300).map(|i| vec![format!("p{i} q{}", i * 31), format!("m{i}@x.org")]).collect(),
        ),
    ]
}

#[test]
fn merging_keeps_the_contract_on_every_table_of_records() {
    use regulars::data::{Field, FieldKind, Record, Records};
    use regulars::profile::{GoldenParams, Labels, MatchParams, Method, Sources};

    for (name, rows) in record_tables() {
        let fields = [Field::new("name", FieldKind::FullName), Field::new("email", FieldKind::Email)];
        let mut builder = Records::builder(fields).unwrap();
        for (number, row) in (1_u64..).zip(&rows) {
            let source = if number % 2 == 0 { "crm" } else { "shop" };
            let record = Record::new(number).source(source).value("name", &row[0]).value("email", &row[1]);
            builder.push(record).unwrap();
        }
        let records = builder.build().unwrap();
        // Labels of any table are an answer or an error, the same people twice over being an answer.
        let labels = Labels::new().people((0..records.len()).map(|row| u32::try_from(row / 2).ok()));
        match MatchParams::new().fit_labelled(&records, &labels) {
            Ok(model) => assert!(model.summary().unwrap().labels.is_some(), "{name}"),
            Err(error) => assert!(records.len() < 3, "{name}: {error}"),
        }
        for method in [Method::Probabilistic, Method::Rules] {
            for sources in [Sources::MayRepeat, Sources::FreeOfDuplicates] {
                let params = MatchParams::new().method(method).sources(sources);
                let profiles = params.fit(&records).and_then(|model| model.merge(&records));
                let profiles = profiles.unwrap_or_else(|e| panic!("{name}, {method:?}: {e:?}"));
                assert_eq!(profiles.labels().len(), rows.len(), "{name}");
                let apart = ["all blank", "placeholders", "all different", "one field only"].contains(&name);
                if apart && method == Method::Rules {
                    assert_eq!(profiles.len(), rows.len(), "{name}: nothing identifies anybody");
                }
                let golden = profiles.golden(&records, 0, &GoldenParams::new()).unwrap();
                assert!(golden.iter().count() <= 2);
                let beyond = profiles.golden(&records, rows.len(), &GoldenParams::new()).unwrap_err();
                assert_eq!(beyond.kind(), ErrorKind::InvalidInput);
            }
        }
    }
    let empty = Records::builder([Field::new("name", FieldKind::FullName)]).unwrap().build();
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::EmptyInput);
}
