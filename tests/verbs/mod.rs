//! Every public function that reads a ledger, events or contracts, in one list, and a shop to run it on.
//!
//! Tests that hold for all of them (`later_rows`) run the list; `every_function_that_reads_a_ledger_is_listed`
//! compares it with the public surface, so that a new fit or verb cannot be left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::{Debug, Write};

use regulars::Result;
use regulars::churn::{ChurnParams, Known, Method as ChurnMethod, Past, WarningParams};
use regulars::data::{
    Anonymous, Contract, Contracts, Event, Events, Features, Ledger, Observed, Occasion, PerCustomer,
    PurchaseHistory, Purchases, Refunds, Split, TierParams, TimeUnit, Transaction,
};
use regulars::ltv::{
    CalendarCovariates, CohortBy, CohortParams, Cohorts, Discount, LtvParams, Model, VaryingParams,
};
use regulars::pipeline::{CustomerRow, PipelineParams};
use regulars::recommend::{
    AlsParams, Baskets, ItemItemParams, MarkovChainParams, Method, NextItemModel, NextItemParams,
    NextPurchaseParams, Orders, Recommendation, Request, RuleParams, SequenceRuleParams, Similarity, Subject,
    TifuKnnParams, Timing, UpCfParams,
};
use regulars::rfm::RfmParams;
use regulars::segment::{KMeansParams, MixtureParams};
use regulars::types::{Amount, AsOf, Currency, CustomerIx, Day, Horizon, Key, Language, Seed};

/// The day as of which everything is asked.
pub(crate) const TODAY: i32 = 19_200;

/// [`TODAY`] as an as-of day.
pub(crate) fn today() -> AsOf {
    AsOf::new(Day::new(TODAY))
}

/// How keys of customers and items look.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// Integers, negative ones too.
    Integers,
    /// Texts.
    Texts,
    /// Stock codes such as 85070 and 85070A, leading zeros, negative integers and words.
    Mixed,
}

impl Keys {
    /// The key of a number; different numbers have different keys.
    pub(crate) fn of(self, number: i64) -> Key<'static> {
        match (self, number.rem_euclid(5)) {
            (Self::Integers, 0) | (Self::Mixed, 3) => Key::from(-number - 1),
            (Self::Integers, _) => Key::from(number),
            (Self::Texts, _) => Key::from(format!("k{number}")),
            (Self::Mixed, 0) => Key::from(85_000 + number),
            (Self::Mixed, 1) => Key::from(format!("{}A", 85_000 + number)),
            (Self::Mixed, 2) => Key::from(format!("00{number}")),
            (Self::Mixed, _) => Key::from(format!("post {number}")),
        }
    }
}

/// Orders, events and contracts of a shop, perhaps with rows of days after [`TODAY`].
pub(crate) struct Shop {
    pub(crate) ledger: Ledger,
    pub(crate) events: Events,
    pub(crate) contracts: Contracts,
}

/// A small generator of draws that needs no crate: the numbers are the same in every version.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n).unwrap()
    }
}

impl Shop {
    /// A shop of about 170 customers. `later` adds rows of days up to [`TODAY`] that become known after it, and
    /// rows of days after it: of old customers and of new
    /// ones, whose keys sort before, among and after the old ones, with new items and orders likewise.
    pub(crate) fn new(seed: u64, keys: Keys, later: bool) -> Self {
        let mut draws = Draws(seed);
        let mut orders = Ledger::builder(Currency::EUR).anonymous(Anonymous::Keep);
        let (mut events, mut contracts) = (Events::builder(), Contracts::builder());
        let (mut number, mut lines, mut with_id, mut agreements) = (0, 0, Vec::new(), Vec::new());
        for customer in 1_000..1_170 {
            let gap = 3 + draws.below(30);
            let mut day = i32::try_from(i64::from(TODAY) - 200 + draws.below(120)).unwrap();
            let left = draws.below(6) == 0;
            events
                .push(Event::new(keys.of(customer), Day::new(day), "call").value(draws.below(9) as f64))
                .unwrap();
            let contract = Contract::new(keys.of(customer), Day::new(day)).plan(keys.of(customer % 3));
            let contract = contract.id(keys.of(customer));
            agreements.push((customer, contract.clone()));
            contracts.push(if left { contract.end(Day::new(TODAY - 20)) } else { contract }).unwrap();
            while day <= TODAY {
                number += 1;
                for _ in 0..=draws.below(3) {
                    let item = 100 + customer % 5 * 6 + draws.below(9);
                    let cents = 100 + draws.below(3_000);
                    let row = Transaction::new(keys.of(customer), Day::new(day)).order(keys.of(number));
                    let row = row.item(keys.of(item)).amount(Amount::minor(cents));
                    lines += 1;
                    if lines % 5 == 0 {
                        orders.push(row.clone().id(keys.of(lines))).unwrap();
                        with_id.push((lines, row));
                    } else {
                        orders.push(row).unwrap();
                    }
                }
                if draws.below(12) == 0 {
                    let row = Transaction::new(keys.of(customer), Day::new(day)).order(keys.of(number));
                    orders.push(row.item(keys.of(100)).amount(Amount::minor(-80))).unwrap();
                }
                if draws.below(20) == 0 {
                    events.push(Event::new(keys.of(customer), Day::new(day), "complaint")).unwrap();
                }
                if left && draws.below(3) == 0 {
                    break;
                }
                day += i32::try_from(1 + draws.below(2 * gap.unsigned_abs())).unwrap();
            }
        }
        let walk_in = Transaction::anonymous(Day::new(TODAY - 9)).item(keys.of(103)).order(keys.of(90_000));
        orders.push(walk_in.amount(Amount::minor(900))).unwrap();
        if later {
            // Rows of days up to today that become known afterwards: new ones, and corrections.
            for (line, row) in with_id {
                let known = Day::new(TODAY + 1 + i32::try_from(draws.below(30)).unwrap());
                orders.push(row.clone().amount(Amount::minor(1)).id(keys.of(line)).known(known)).unwrap();
                orders.push(row.amount(Amount::minor(70_000)).known(known)).unwrap();
            }
            for (customer, contract) in agreements {
                let known = Day::new(TODAY + 1);
                contracts.push(contract.end(Day::new(TODAY)).known(known)).unwrap();
                events
                    .push(Event::new(keys.of(customer), Day::new(TODAY - 5), "complaint").known(known))
                    .unwrap();
            }
            for row in 0..1_500 {
                // Numbers on both sides of the old ones, and between them.
                let who = [draws.below(900), 1_000 + draws.below(170), 2_000 + draws.below(300)];
                let item = [draws.below(90), 100 + draws.below(40), 900 + draws.below(90)];
                let day = Day::new(TODAY + 1 + i32::try_from(draws.below(180)).unwrap());
                let pick = usize::try_from(row % 3).unwrap();
                let order = [-row, 1 + draws.below(200), 100_000 + row][pick];
                let sale = Transaction::new(keys.of(who[pick]), day).order(keys.of(order));
                let cents = draws.below(90_000) - 3_000;
                orders.push(sale.item(keys.of(item[pick])).amount(Amount::minor(cents))).unwrap();
                if row % 4 == 0 {
                    let kind = ["complaint", "call", "a new kind"][pick];
                    events.push(Event::new(keys.of(who[pick]), day, kind)).unwrap();
                    contracts.push(Contract::new(keys.of(who[pick]), day).plan(keys.of(-7 - row))).unwrap();
                }
            }
        }
        let ledger = orders.build().unwrap();
        let last = ledger.covers().1.max(Day::new(TODAY));
        Self {
            ledger: ledger.covering(ledger.covers().0, last).unwrap(),
            events: events.build().unwrap(),
            contracts: contracts.build().unwrap(),
        }
    }

    pub(crate) fn now(&self) -> Observed<'_> {
        self.ledger.observed(today()).unwrap()
    }

    /// A split whose holdout ends today.
    pub(crate) fn split(&self) -> Split<'_> {
        self.ledger.split(AsOf::new(Day::new(TODAY - 40)), Horizon::days(40).unwrap()).unwrap()
    }
}

/// What a function answered: one line for each customer, item or number, with all digits. Indices do not
/// appear, since they may move with later rows; keys do.
pub(crate) type Said = Vec<String>;

/// A function that is run, and the public functions that it shows.
pub(crate) struct Verb {
    pub(crate) shows: &'static [&'static str],
    pub(crate) run: fn(&Shop) -> Result<Said>,
}

fn by_key<T>(answers: &PerCustomer<T>, say: impl Fn(&T) -> String) -> Said {
    answers.iter_keys().map(|(key, answer)| format!("{} {}", key.to_text(), say(answer))).collect()
}

fn debug<T: Debug>(answers: &PerCustomer<T>) -> Said {
    by_key(answers, |answer| format!("{answer:?}"))
}

fn list(list: &[Recommendation]) -> String {
    list.iter().fold(String::new(), |mut text, r| {
        let words: Vec<String> =
            r.reasons.iter().map(|reason| reason.kind.words(Language::English)).collect();
        write!(text, "{} {:?} {:?} {words:?}; ", r.item.to_text(), r.score, r.probability).unwrap();
        text
    })
}

fn table(features: &Features) -> Said {
    let mut said = vec![features.names().collect::<Vec<_>>().join(" ")];
    for row in 0..features.len() {
        let mut line = features.customers().key(row).unwrap().to_text().into_owned();
        for name in features.names() {
            match features.numeric(name) {
                Ok(column) => write!(line, " {:?}", column.get(row)).unwrap(),
                Err(_) => write!(line, " {:?}", features.categorical(name).unwrap().level(row)).unwrap(),
            }
        }
        said.push(line);
    }
    said
}

pub(crate) fn row_of_table(row: &CustomerRow<'_>) -> String {
    format!(
        "{} {} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
        row.key.to_text(),
        row.first_day,
        row.last_day,
        row.purchases,
        row.spend.map(Amount::in_minor),
        row.rfm,
        row.rfm_segment.map(|s| s.name(Language::English)),
        row.segment.map(regulars::segment::Segment::index),
        row.churn,
        row.value,
        row.value_interval,
        row.tier.map(regulars::data::Tier::index),
        list(&row.next),
    )
}

fn known(shop: &Shop) -> Known<'_> {
    Known::new(shop.now()).events(&shop.events).contracts(&shop.contracts)
}

fn past(shop: &Shop) -> Past<'_> {
    Past::new(shop.split()).events(&shop.events).contracts(&shop.contracts)
}

fn first_customer(shop: &Shop) -> CustomerIx {
    shop.now().customers().iter().next().unwrap()
}

fn lists_of(model: &NextItemModel) -> Result<Said> {
    let mut said = by_key(&model.recommend_all(12)?, |l| list(l));
    said.push(list(&model.recommend("a stranger", 40)?));
    said.push(format!("{:?}", model.summary()));
    Ok(said)
}

fn quick(shop: &Shop) -> Result<regulars::pipeline::Pipeline> {
    let params = PipelineParams::new()
        .segment(KMeansParams::new(3))
        .ltv(LtvParams::new(Model::BgNbd))
        .churn(ChurnParams::new().method(ChurnMethod::Plain).ridge(1.0))
        .churn_dates(2)
        .interval(0.8);
    params.fit(&shop.ledger, today(), Horizon::days(40)?)
}

fn season() -> CalendarCovariates {
    let weeks: Vec<f64> = (0..80).map(|week| f64::from(week % 3)).collect();
    CalendarCovariates::new(["third"], Day::new(TODAY - 260), Horizon::weeks(1).unwrap(), weeks).unwrap()
}

pub(crate) const VERBS: &[Verb] = &[
    Verb {
        shows: &["Ledger::observed", "Observed::behaviour", "Observed::only"],
        run: |shop| {
            let behaviour = shop.now().behaviour()?;
            let mut said: Said = (0..behaviour.rows().len())
                .map(|row| {
                    let key = behaviour.customers().key(row).unwrap();
                    format!("{} {:?}", key.to_text(), behaviour.rows()[row])
                })
                .collect();
            let one = shop.now().only(first_customer(shop))?.behaviour()?;
            said.push(format!("{:?}", one.rows()));
            said.extend(debug(&shop.now().map(|history| (history.len(), history.last_day()))));
            said.push(format!("{} anonymous", shop.now().anonymous().len()));
            Ok(said)
        },
    },
    Verb { shows: &["Ledger::split", "Split::outcomes"], run: |shop| Ok(debug(&shop.split().outcomes()?)) },
    Verb { shows: &["Features::behaviour"], run: |shop| Ok(table(&Features::behaviour(shop.now())?)) },
    Verb {
        shows: &["Purchases::observed"],
        run: |shop| {
            let mut said = Said::new();
            for occasion in [Occasion::Day, Occasion::Order, Occasion::Row] {
                let purchases = Purchases::observed(shop.now(), occasion, Refunds::Net)?;
                said.extend((0..purchases.len()).map(|row| {
                    let key = purchases.customers().key(row).unwrap();
                    let spend = purchases.spend().unwrap()[row].in_minor();
                    let days = (purchases.first_days()[row], purchases.last_days()[row]);
                    format!("{} {} {days:?} {spend}", key.to_text(), purchases.occasions()[row])
                }));
            }
            Ok(said)
        },
    },
    Verb {
        shows: &["PurchaseHistory::observed"],
        run: |shop| {
            let history = PurchaseHistory::observed(shop.now(), TimeUnit::Week)?;
            let columns = (history.x(), history.t_x(), history.t(), history.spend());
            Ok(vec![format!("{columns:?}")])
        },
    },
    Verb {
        shows: &["RfmParams::fit", "RfmModel::score", "RfmModel::score_one"],
        run: |shop| {
            let model = RfmParams::new().fit(shop.now())?;
            let mut said = debug(&model.score(shop.now())?);
            said.push(format!("{:?}", model.score_one(shop.now(), first_customer(shop))?));
            Ok(said)
        },
    },
    Verb {
        // Segments and tiers read tables, which come from a ledger.
        shows: &[],
        run: |shop| {
            let features = Features::behaviour(shop.now())?;
            let model = KMeansParams::auto(2..=4).fit(&features)?;
            let mut said = by_key(&model.assign(&features)?, |s| s.index().to_string());
            let soft = MixtureParams::auto(1..=2).restarts(2).fit(&features)?;
            said.extend(debug(&soft.predict(&features)?));
            let spend = shop.now().behaviour()?;
            let spend = spend.rows().iter().map(|row| row.spend().in_minor() as f64).collect();
            let spend = PerCustomer::new(shop.now().customers(), spend)?;
            said.extend(by_key(&TierParams::new().fit(&spend)?.assign(&spend)?, |t| t.index().to_string()));
            Ok(said)
        },
    },
    Verb {
        shows: &[
            "ChurnParams::fit",
            "ChurnModel::predict",
            "ChurnModel::features",
            "ChurnModel::explain",
            "ChurnModel::explain_one",
            "ChurnModel::predict_one",
            "ChurnModel::evaluate",
            "ChurnModel::outcomes",
        ],
        run: |shop| {
            let model = ChurnParams::new().fit(&[past(shop)])?;
            let mut said = debug(&model.predict(known(shop))?);
            said.extend(table(&model.features(known(shop))?));
            let reasons = |e: &regulars::churn::Explanation| format!("{:?}", e.reasons(Language::English, 3));
            said.extend(by_key(&model.explain(known(shop))?, reasons));
            said.push(reasons(&model.explain_one(known(shop), first_customer(shop))?));
            said.push(format!("{:?}", model.predict_one(known(shop), first_customer(shop))?));
            said.push(format!("{:?}", model.evaluate(past(shop))?));
            said.push(format!("{:?}", model.outcomes(past(shop))?));
            Ok(said)
        },
    },
    Verb {
        shows: &["WarningParams::fit"],
        run: |shop| {
            let warnings = WarningParams::new().fit(known(shop))?;
            let said = warnings.all().iter().map(|w| {
                let key = shop.ledger.customer_key(w.customer).unwrap();
                format!("{} {:?} {:?} {}", key.to_text(), w.signal, w.p_value, w.evidence(Language::English))
            });
            Ok(said.chain([format!("{} tests", warnings.tests())]).collect())
        },
    },
    Verb {
        shows: &[
            "LtvParams::fit",
            "LtvModel::predict",
            "LtvModel::predict_one",
            "LtvModel::predict_intervals_one",
            "LtvModel::predict_intervals",
            "LtvModel::profile_interval",
            "LtvModel::total_value",
            "LtvModel::with_spend",
        ],
        run: |shop| {
            let horizon = Horizon::days(40)?;
            let auto = LtvParams::auto().fit(shop.now())?;
            let mut said = debug(&auto.predict(shop.now(), horizon)?);
            said.extend(debug(&auto.total_value(shop.now(), horizon)?));
            let model = LtvParams::new(Model::BgNbd).fit(shop.now())?;
            said.extend(debug(&model.predict_intervals(shop.now(), horizon, 0.9)?));
            let one = first_customer(shop);
            said.push(format!("{:?}", model.predict_one(shop.now(), one, horizon)?));
            said.push(format!("{:?}", model.predict_intervals_one(shop.now(), one, horizon, 0.9)?));
            said.push(format!("{:?}", model.profile_interval(shop.now(), "r", 0.9)?));
            let again = model.with_spend(shop.now())?;
            said.extend(debug(&again.predict(shop.now(), horizon)?));
            Ok(said)
        },
    },
    Verb {
        shows: &["LtvModel::evaluate", "LtvModel::evaluate_beside", "LtvModel::track", "holdout_purchases"],
        run: |shop| {
            let split = shop.split();
            let model = LtvParams::new(Model::BgNbd).fit(split.observed())?;
            let other = LtvParams::new(Model::MbgNbd).fit(split.observed())?;
            let history = PurchaseHistory::observed(split.observed(), TimeUnit::Week)?;
            Ok(vec![
                format!("{:?}", model.evaluate(split)?),
                format!("{:?}", model.evaluate_beside(&other, split, 20, Seed(1))?),
                format!("{:?}", model.track(split)?),
                format!("{:?}", regulars::ltv::holdout_purchases(split, &history)?),
            ])
        },
    },
    Verb {
        shows: &["VaryingParams::fit", "VaryingModel::predict"],
        run: |shop| {
            let model = VaryingParams::new().fit(shop.now(), &season())?;
            let horizon = Horizon::days(40)?;
            Ok(debug(&model.predict(shop.now(), &season(), horizon, Discount::NONE)?))
        },
    },
    Verb {
        shows: &["Cohorts::acquired"],
        run: |shop| {
            let history = PurchaseHistory::observed(shop.now(), TimeUnit::Week)?;
            let cohorts = Cohorts::acquired(shop.now(), &history, CohortBy::Quarter)?;
            let model = CohortParams::new(Model::BgNbd).fit(&history, &cohorts)?;
            let horizon = Horizon::days(40)?;
            Ok(debug(&model.predict(&history, &cohorts, horizon, Discount::NONE)?))
        },
    },
    Verb {
        shows: &["NextItemParams::fit", "Baskets::new", "Baskets::next", "NextItemModel::evaluate"],
        run: |shop| {
            let mut said = lists_of(&NextItemParams::new().fit(shop.now())?)?;
            let model = NextItemParams::new().fit(shop.split().observed())?;
            let truth = Baskets::next(&shop.split(), Occasion::Day)?;
            said.push(format!("{:?}", model.evaluate(&truth, 10)?.mean()));
            let baskets = Baskets::new(shop.now(), Occasion::Order)?;
            let (history, truth) = baskets.leave_last_out(2, 1)?;
            let model = NextItemParams::new().fit(&history)?;
            said.push(format!("{:?}", model.evaluate(&truth, 10)?.mean()));
            said.extend(by_key(&model.recommend_for(&shop.now().customers(), 5)?, |l| list(l)));
            let mixed = Request::new(10).diversity(0.5);
            said.push(list(&model.recommend(Keys::Texts.of(1_001), mixed)?));
            Ok(said)
        },
    },
    Verb {
        // Methods of the recommender, each by its own engine.
        shows: &[],
        run: |shop| {
            let mut said = Said::new();
            for method in [
                Method::GpTopFreq,
                Method::PTopFreq,
                Method::GTopFreq,
                Method::TifuKnn(TifuKnnParams::new()),
                Method::UpCf(UpCfParams::new()),
                Method::ItemItem(ItemItemParams::new()),
                Method::ItemItem(ItemItemParams::new().similarity(Similarity::TfIdf)),
                Method::ItemItem(ItemItemParams::new().similarity(Similarity::Bm25)),
                Method::ItemItem(ItemItemParams::new().similarity(Similarity::Lift)),
                Method::MarkovChain(MarkovChainParams::new()),
                Method::Als(AlsParams::new().factors(4)),
            ] {
                said.extend(lists_of(&NextItemParams::new().method(method).fit(shop.now())?)?);
            }
            Ok(said)
        },
    },
    Verb {
        shows: &["RuleParams::fit", "Orders::new", "SequenceRuleParams::fit"],
        run: |shop| {
            let mut said = Said::new();
            for occasion in [Occasion::Day, Occasion::Order] {
                let rules = RuleParams::new(0.01).fit(&Orders::new(shop.now(), occasion)?)?;
                said.extend(
                    rules.iter().map(|r| format!("{:?} {:?} {:?}", r.support(), r.confidence(), r.lift())),
                );
            }
            let rules = SequenceRuleParams::new(Horizon::days(40)?).fit(shop.now())?;
            said.extend(rules.values().iter().map(|r| format!("{:?} {:?}", r.confidence, r.lift)));
            Ok(said)
        },
    },
    Verb {
        shows: &[
            "NextPurchaseParams::fit",
            "NextPurchaseModel::predict",
            "NextPurchaseModel::predict_items",
            "NextPurchaseModel::evaluate",
        ],
        run: |shop| {
            let mut said = Said::new();
            for timing in [Timing::Hazard, Timing::LognormalGaps] {
                let params = NextPurchaseParams::new().timing(timing);
                let model = params.fit(shop.now())?;
                said.extend(by_key(&model.predict(shop.now())?, |d| {
                    format!("{:?} {:?}", d.within(30), d.usual_gap())
                }));
                let before = params.fit(shop.split().observed())?;
                said.push(format!("{:?}", before.evaluate(&shop.split(), Seed(1))?));
            }
            let items = NextPurchaseParams::new().subject(Subject::CustomerItem).fit(shop.now())?;
            said.extend(by_key(&items.predict_items(shop.now())?, |items| {
                items.iter().fold(String::new(), |mut text, (item, d)| {
                    write!(text, "{} {:?} {:?}; ", item.to_text(), d.within(30), d.usual_gap()).unwrap();
                    text
                })
            }));
            Ok(said)
        },
    },
    Verb {
        shows: &["PipelineParams::fit", "PipelineParams::backtest", "Pipeline::predict", "Pipeline::row"],
        run: |shop| {
            let pipeline = quick(shop)?;
            let mut said: Said =
                pipeline.predict(&shop.ledger, today())?.rows().map(|r| row_of_table(&r)).collect();
            let one = pipeline.row(&shop.ledger, today(), first_customer(shop))?;
            said.push(one.map_or_else(String::new, |row| row_of_table(&row)));
            said.push(format!("{:?}", pipeline.left_out()));
            let before = AsOf::new(Day::new(TODAY - 40));
            let params = PipelineParams::plain();
            said.push(format!("{:?}", params.backtest(&shop.ledger, before, Horizon::days(40)?)?));
            Ok(said)
        },
    },
];
