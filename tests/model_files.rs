//! Model files are untrusted: whatever a file says, reading it gives a model that works or
//! [`IncompatibleModel`](regulars::ErrorKind::IncompatibleModel).
//!
//! Every value of every header is replaced by hostile ones, every list shortened, lengthened and emptied, every key taken
//! away, and every block altered, with the checksums set right again, so that the models' own checks are what is tested.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod envelope;

use envelope::{checksum, line, width};
use regulars::ErrorKind;
use regulars::data::{Features, Ledger};
use regulars::persist::{self, Model, read, write};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Seed};
use serde_json::{Value, json};

fn shop() -> Ledger {
    ShopParams::new(60, Seed(3)).days(200).catalogue(30).refunds(0.05).simulate().unwrap().ledger().unwrap()
}

fn as_of(ledger: &Ledger) -> AsOf {
    AsOf::new(ledger.covers().1)
}

/// A file in its two parts.
#[derive(Clone)]
struct File {
    header: Value,
    blocks: Vec<Vec<u8>>,
}

impl File {
    fn of<M: Model>(model: &M) -> Self {
        let mut bytes = Vec::new();
        write(&mut bytes, model).unwrap();
        let end = bytes.iter().position(|b| *b == b'\n').unwrap();
        let header: Value = serde_json::from_slice(&bytes[..end]).unwrap();
        let mut rest = &bytes[end + 1..];
        let mut blocks = Vec::new();
        for block in header["blocks"].as_array().unwrap() {
            let size = usize::try_from(block["len"].as_u64().unwrap()).unwrap()
                * width(block["type"].as_str().unwrap());
            let (this, after) = rest.split_at(size);
            blocks.push(this.to_vec());
            rest = after;
        }
        assert!(rest.is_empty());
        let file = Self { header, blocks };
        let ours = file.bytes();
        let ours: Value =
            serde_json::from_slice(&ours[..ours.iter().position(|b| *b == b'\n').unwrap()]).unwrap();
        assert!(
            ours["blocks"] == file.header["blocks"],
            "the test knows the library's lengths and checksums"
        );
        assert!(read::<M>(&file.bytes()[..]).is_ok(), "and the checksum of the line");
        file
    }

    /// The file with lengths and checksums that fit the blocks.
    fn bytes(&self) -> Vec<u8> {
        let mut header = self.header.clone();
        if let Some(list) = header.get_mut("blocks").and_then(Value::as_array_mut) {
            for (block, bytes) in list.iter_mut().zip(&self.blocks) {
                block["len"] = json!(bytes.len() / width(block["type"].as_str().unwrap()));
                block["checksum"] = json!(checksum(bytes));
            }
        }
        let mut bytes = line(&header);
        self.blocks.iter().for_each(|block| bytes.extend(block));
        bytes
    }
}

/// Paths of everything inside a value, the value itself first.
fn paths(value: &Value, here: &str, into: &mut Vec<String>) {
    into.push(here.to_owned());
    match value {
        Value::Array(list) => {
            // The ends of a list stand for the rest of it.
            for i in (0..list.len()).filter(|i| *i < 3 || i + 2 > list.len()) {
                paths(&list[i], &format!("{here}/{i}"), into);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                paths(field, &format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        _ => {}
    }
}

/// What a value of a header is replaced by.
fn hostile(value: &Value) -> Vec<Value> {
    let mut all = vec![
        Value::Null,
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(""),
        json!("\u{0}"),
        json!([]),
        json!({}),
        json!(true),
        json!(false),
    ];
    match value {
        Value::Array(list) if !list.is_empty() => {
            all.push(Value::from(&list[1..]));
            all.push(Value::from(&list[..list.len() - 1]));
            all.push(Value::from([&list[..], &list[..1]].concat()));
            all.push(list.iter().rev().cloned().collect());
            all.push(Value::from(vec![list[0].clone(); list.len()]));
        }
        Value::Object(fields) => {
            for key in fields.keys() {
                let mut without = fields.clone();
                without.remove(key);
                all.push(without.into());
            }
        }
        Value::Number(number) => {
            if let Some(n) = number.as_i64() {
                all.extend([json!(n.wrapping_add(1)), json!(n.wrapping_sub(1)), json!(n.wrapping_neg())]);
            }
            if let Some(x) = number.as_f64() {
                all.extend([json!(-x), json!(x * 1e6), json!(x + 0.1)]);
            }
        }
        Value::String(text) => all.push(json!(format!("{text}{text}"))),
        _ => {}
    }
    all
}

/// Reads a file; one that is read must work. Says whether it was.
fn survives<M: Model>(what: &str, bytes: &[u8], works: &impl Fn(&M)) -> bool {
    match read::<M>(bytes) {
        Ok(model) => {
            works(&model);
            true
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::IncompatibleModel, "{what}: {error}");
            false
        }
    }
}

/// Everything above for one model; `works` runs the model's verbs and checks what they say.
fn torture<M: Model>(model: &M, works: impl Fn(&M)) {
    let file = File::of(model);
    let bytes = file.bytes();
    let again = File::of(&read::<M>(&bytes[..]).unwrap()).bytes();
    assert!(again == bytes, "a model that is loaded and saved is the same file");

    for cut in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
        assert!(!survives::<M>("cut off", &bytes[..cut], &works), "a file cut at byte {cut} was read");
    }
    // Flipped bits are refused before a model is made of them: see `tests/model_versions.rs`.
    let mut all = Vec::new();
    paths(&file.header["model"], "/model", &mut all);
    for path in &all {
        for value in hostile(file.header.pointer(path).unwrap()) {
            let mut altered = file.clone();
            let what = format!("{path} as {value}");
            *altered.header.pointer_mut(path).unwrap() = value;
            survives(&what, &altered.bytes(), &works);
        }
    }
    for block in 0..file.blocks.len() {
        let wide = width(file.header["blocks"][block]["type"].as_str().unwrap());
        let length = file.blocks[block].len();
        for at in (0..length).step_by((wide * (length / wide / 60).max(1)).max(1)) {
            for value in [vec![0; wide], vec![0xff; wide], vec![0x7f; wide]] {
                let mut altered = file.clone();
                altered.blocks[block][at..at + wide].copy_from_slice(&value);
                survives(&format!("block {block}, byte {at}"), &altered.bytes(), &works);
            }
            let mut altered = file.clone();
            altered.blocks[block][at] = altered.blocks[block][at].wrapping_add(1);
            survives(&format!("block {block}, byte {at} plus one"), &altered.bytes(), &works);
        }
        for keep in [0, length / wide / 2 * wide, length.saturating_sub(wide)] {
            let mut altered = file.clone();
            altered.blocks[block].truncate(keep);
            survives(&format!("block {block} cut to {keep}"), &altered.bytes(), &works);
        }
        let mut altered = file.clone();
        let first = altered.blocks[block].get(..wide).map(<[u8]>::to_vec).unwrap_or_default();
        altered.blocks[block].extend(first);
        survives(&format!("block {block} longer"), &altered.bytes(), &works);
    }
    let mut other = file.clone();
    other.header["kind"] = json!("something else");
    assert!(!survives::<M>("another kind", &other.bytes(), &works));
    other = file.clone();
    other.header["version"] = json!(persist::FORMAT_VERSION + 1);
    assert!(!survives::<M>("a newer version", &other.bytes(), &works));
    other = file;
    other.header["blocks"] = json!([{"name": "x", "type": "f64", "len": u64::MAX, "checksum": ""}]);
    assert!(!survives::<M>("a block of 2^64 numbers", &line(&other.header), &works));
}

#[track_caller]
fn finite(values: impl IntoIterator<Item = f64>) {
    assert!(values.into_iter().all(f64::is_finite), "a number that is not finite");
}

#[test]
fn rfm() {
    use regulars::rfm::{RfmParams, SegmentMap};
    let ledger = shop();
    let now = ledger.observed(as_of(&ledger)).unwrap();
    let model = RfmParams::new().bins(5).fit(now).unwrap();
    torture(&model, |model| {
        if let Ok(scores) = model.score(now) {
            assert_eq!(scores.len(), now.customers().len());
        }
    });
    let scores = model.score(now).unwrap();
    torture(&SegmentMap::standard([3; 3]).or_else(|_| SegmentMap::standard([5; 3])).unwrap(), |map| {
        if let Ok(assigned) = map.assign(&scores) {
            assert_eq!(map.counts(&assigned).iter().sum::<usize>(), scores.len());
        }
    });
}

#[test]
fn segments() {
    let ledger = shop();
    let features = Features::behaviour(ledger.observed(as_of(&ledger)).unwrap()).unwrap();
    let model = regulars::segment::KMeansParams::new(3).fit(&features).unwrap();
    torture(&model, |model| {
        finite(model.centres().iter().copied());
        if let Ok(assigned) = model.assign(&features) {
            assert!(assigned.values().iter().all(|s| model.profile(*s).is_ok()));
        }
        let _ = model.explain(&features);
        if let Ok(drift) = model.drift(&features) {
            finite([drift.chi_square, drift.p_value, drift.stability_index]);
            assert!(!drift.describe(regulars::types::Language::Chinese).is_empty());
        }
        let mut learning = model.clone();
        if learning.update(&features).is_ok() {
            finite(learning.centres().iter().copied());
        }
    });
}

#[test]
fn mixtures() {
    let ledger = shop();
    let features = Features::behaviour(ledger.observed(as_of(&ledger)).unwrap()).unwrap();
    let model = regulars::segment::MixtureParams::auto(2..=3).restarts(2).fit(&features).unwrap();
    torture(&model, |model| {
        if let Ok(shares) = model.predict(&features) {
            assert!(shares.values().iter().all(|row| row.len() == model.k()));
        }
        let _ = model.assign(&features);
    });
}

#[test]
fn tiers() {
    let scores = regulars::data::PerCustomer::new(
        regulars::data::Customers::numbered(4).unwrap(),
        vec![50.0, 30.0, 20.0, 1.0],
    );
    let scores = scores.unwrap();
    let tiers = regulars::data::TierParams::new().names(["a", "b", "c"]).fit(&scores).unwrap();
    torture(&tiers, |tiers| {
        let assigned = tiers.assign(&scores).unwrap();
        assert_eq!(tiers.sizes(&assigned).iter().sum::<usize>(), 4);
        assert!(tiers.reassign(&scores, &assigned).unwrap() == assigned);
    });
}

#[test]
fn contracts_and_refits() {
    use regulars::data::TimeUnit;
    use regulars::ltv::{
        Histogram, LtvParams, Model, PurchaseProcess, RecencyFrequency, ShiftedBetaGeometric,
    };
    torture(&ShiftedBetaGeometric::new(0.704, 1.182).unwrap(), |model| {
        finite([model.survival(7), model.retention(3), model.residual_periods(2, 0.1).unwrap()]);
    });
    let truth = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426).unwrap();
    let history = truth.simulate(&[39.0; 300], TimeUnit::Week, Seed(1)).unwrap();
    let model = LtvParams::new(Model::BgNbd).fit(&history).unwrap();
    let refits = model.bootstrap(&Histogram::new(&history), 12, Seed(2)).unwrap();
    torture(&refits, |refits| {
        assert!(refits.replicates().len() > 1);
        let figure = |p: &PurchaseProcess| p.expected_purchases(&RecencyFrequency::NEW, 1.0);
        let (low, high) = refits.interval(0.9, figure).unwrap();
        assert!(low <= high);
    });
}

#[test]
fn recommender() {
    let ledger = shop();
    let now = ledger.observed(as_of(&ledger)).unwrap();
    let model = regulars::recommend::NextItemParams::new().fit(now).unwrap();
    torture(&model, |model| {
        for customer in [1, 7, 60, 1_000] {
            if let Ok(list) = model.recommend(customer, 5) {
                assert!(!list.is_empty() && list.len() <= 5);
            }
        }
        let _ = model.recommend_all(3);
    });
}

#[test]
fn matcher() {
    let records = ShopParams::new(30, Seed(3)).simulate().unwrap().records().unwrap();
    let model = regulars::profile::MatchParams::new().fit(&records).unwrap();
    torture(&model, |model| {
        if let Ok(people) = model.merge(&records) {
            assert_eq!(people.labels().len(), records.len());
        }
    });
}

#[test]
fn pipeline() {
    use regulars::pipeline::PipelineParams;
    use regulars::types::Horizon;
    let ledger = ShopParams::new(25, Seed(3))
        .days(120)
        .catalogue(8)
        .favourites(3)
        .simulate()
        .unwrap()
        .ledger()
        .unwrap();
    let horizon = Horizon::days(30).unwrap();
    let model = PipelineParams::new().fit(&ledger, as_of(&ledger), horizon).unwrap();
    let file = File::of(&model);
    let bytes = file.bytes();
    let works = |model: &regulars::pipeline::Pipeline| {
        if let Ok(table) = model.predict(&ledger, as_of(&ledger)) {
            finite(table.rows().filter_map(|row| Some(row.value?.purchases)));
        }
    };
    // The stages' own values are altered in their own files; here it is how the parts are put together.
    for (stage, part) in file.header["model"].as_object().unwrap() {
        for value in hostile(part) {
            let mut altered = file.clone();
            altered.header["model"][stage] = value.clone();
            survives(&format!("{stage} as {value}"), &altered.bytes(), &works);
        }
    }
    for at in (0..bytes.len()).step_by(1 + bytes.len() / 300) {
        assert!(!survives("cut off", &bytes[..at], &works), "a file cut at byte {at} was read");
    }
    works(&model);
}

#[test]
fn churn() {
    use regulars::churn::{ChurnParams, Method};
    use regulars::types::Horizon;
    let ledger = shop();
    let cut = AsOf::new(ledger.covers().1.checked_add(-40).unwrap());
    let past = ledger.split(cut, Horizon::days(40).unwrap()).unwrap();
    let now = ledger.observed(as_of(&ledger)).unwrap();
    let params = ChurnParams::new().method(Method::Plain).ridge(1.0);
    torture(&params.fit(&[past]).unwrap(), |model| {
        if let Ok(risk) = model.predict(now) {
            finite(risk.values().iter().map(|p| p.get()));
            let customer = risk.customers().customer(0).unwrap();
            let why = model.explain_one(now, customer).unwrap();
            finite(why.contributions().iter().map(regulars::churn::Contribution::log_odds));
        }
        finite(model.table().coefficients().iter().map(regulars::churn::Coefficient::estimate));
    });
}

#[test]
fn churn_tables() {
    use regulars::churn::{ChurnParams, Direction, MonitorParams, Recalibration};
    use regulars::simulate::ChurnTableParams;
    let table = ChurnTableParams::new(300, Seed(2)).noise(0).missing(0.15).simulate().unwrap();
    let (features, left) = (table.features(), table.left().values());
    let params =
        ChurnParams::new().recalibration(Recalibration::Isotonic).monotone("tenure", Direction::Falling);
    let model = params.fit_table(features, left).unwrap();
    let risk = model.predict(features).unwrap();
    torture(&model, |model| {
        if let Ok(risk) = model.predict(features) {
            finite(risk.values().iter().map(|p| p.get()));
            let customer = risk.customers().customer(7).unwrap();
            finite([model.explain(features, customer).unwrap().log_odds()]);
        }
        if let Ok(effects) = model.effects() {
            finite(effects.iter().flat_map(|e| &e.points).map(|p| p.log_odds));
        }
    });
    let monitor = MonitorParams::new().fit(features, &risk, Some(left)).unwrap();
    torture(&monitor, |monitor| {
        if let Ok(report) = monitor.evaluate(features, &risk, Some(left)) {
            finite(report.columns.iter().flat_map(|d| [d.psi, d.p_value, d.ks.unwrap_or(0.0)]));
        }
    });
}

/// A column of many levels: its effects are a part of the file.
#[test]
fn churn_levels() {
    use regulars::churn::ChurnParams;
    use regulars::data::Customers;
    let shops: Vec<String> = (0..4_000).map(|i| format!("shop {}", i * 7 % 150)).collect();
    let left: Vec<bool> = (0..4_000).map(|i| (i * 7 % 150) % 5 + i * 31 % 17 % 7 > 6).collect();
    let builder = Features::builder(Customers::numbered(4_000).unwrap());
    let table = builder.categorical("shop", shops.iter().map(String::as_str)).unwrap().build().unwrap();
    let later = Features::builder(Customers::numbered(3).unwrap());
    let later = later.categorical("shop", ["shop 1", "new", "shop 9"]).unwrap().build().unwrap();
    let model = ChurnParams::new().fit_table(&table, &left).unwrap();
    assert_eq!(model.level_effects(), ["shop"]);
    torture(&model, |model| {
        if let Ok(risk) = model.predict(&later) {
            finite(risk.values().iter().map(|p| p.get()));
            finite([model.explain(&later, risk.customers().customer(1).unwrap()).unwrap().log_odds()]);
        }
        if let Ok(effects) = model.effects() {
            finite(effects.iter().flat_map(|e| &e.points).map(|p| p.log_odds));
        }
    });
}

#[test]
fn regressions() {
    use regulars::churn::{ElasticNetParams, LogisticParams, StageParams};
    use regulars::data::{Customers, Matrix};
    let x: Vec<f64> = (0..80_u32).map(|i| f64::from(i * 37 % 41)).collect();
    let left: Vec<bool> = (0..40).map(|i| i % 3 == 0).collect();
    let matrix = Matrix::unnamed(Customers::numbered(40).unwrap(), 2, x).unwrap();
    torture(&LogisticParams::new().fit(&matrix, &left).unwrap(), |model| {
        if let Ok(risk) = model.predict(&matrix) {
            finite(risk.values().iter().map(|p| p.get()));
        }
        finite(model.coefficients().iter().filter_map(regulars::churn::Coefficient::standard_error));
    });
    torture(&ElasticNetParams::new(0.5).penalties(5).fit(&matrix, &left).unwrap(), |model| {
        if let Ok(risk) = model.predict(&matrix) {
            finite(risk.values().iter().map(|p| p.get()));
        }
        finite(model.kept().map(|c| c.1).chain([model.chosen().loss]));
    });
    let stages: Vec<&str> = (0..40).map(|i| ["a", "b", "c"][i % 3]).collect();
    torture(&StageParams::new().fit(&matrix, &stages).unwrap(), |model| {
        if let Ok(risk) = model.predict(&matrix) {
            finite(risk.values().iter().flatten().map(|p| p.get()));
        }
    });
}

#[test]
fn rules() {
    use regulars::data::Occasion;
    use regulars::recommend::{Orders, RuleParams, Rules, SequenceRuleParams, SequenceRules};
    use regulars::types::Horizon;
    let ledger = shop();
    let now = ledger.observed(as_of(&ledger)).unwrap();
    let orders = Orders::new(now, Occasion::Order).unwrap();
    let model = RuleParams::new(0.02).max_items(3).fit(&orders).unwrap();
    assert!(model.iter().any(|rule| rule.antecedent().len() == 2), "sides of several items");
    torture(&model, |rules: &Rules| {
        finite(
            rules.iter().flat_map(|rule| [rule.support(), rule.confidence(), rule.lift(), rule.leverage()]),
        );
        let sides = rules.iter().map(|rule| rule.antecedent().len() + rule.consequent().len());
        assert!(sides.sum::<usize>() >= 2 * rules.len());
        assert!(rules.recommend([1_i64, 2, 3], 5).len() <= 5);
    });
    let model =
        SequenceRuleParams::new(Horizon::days(60).unwrap()).min_customers(3).min_lift(0.5).fit(now).unwrap();
    assert!(!model.values().is_empty());
    torture(&model, |rules: &SequenceRules| {
        finite(rules.values().iter().flat_map(|rule| [rule.confidence, rule.lift]));
    });
}
