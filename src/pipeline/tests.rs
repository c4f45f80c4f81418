use super::*;
use crate::data::{Identity, Ledger, Transaction};
use crate::simulate::ShopParams;
use crate::types::{Amount, AsOf, Currency, Day, Expected, Horizon, Key, Seed};
use crate::{Error, ErrorKind};

/// A shop of 250 customers.
fn shop() -> Ledger {
    ShopParams::new(250, Seed(4)).simulate().unwrap().ledger().unwrap()
}

/// Two months.
fn horizon() -> Horizon {
    Horizon::days(60).unwrap()
}

/// The last day covered.
fn as_of(ledger: &Ledger) -> AsOf {
    AsOf::new(ledger.covers().1)
}

/// Few restarts and one process, so that the tests stay quick.
fn params() -> PipelineParams {
    PipelineParams::new()
        .segment(crate::segment::KMeansParams::new(4))
        .ltv(crate::ltv::LtvParams::new(crate::ltv::Model::BgNbd))
        .churn(crate::churn::ChurnParams::new().method(crate::churn::Method::Plain))
}

#[test]
fn every_customer_has_a_row_with_every_answer() {
    let ledger = shop();
    let pipeline = params().fit(&ledger, as_of(&ledger), horizon()).unwrap();
    assert_eq!(pipeline.left_out(), []);
    let table = pipeline.predict(&ledger, as_of(&ledger)).unwrap();
    assert_eq!(table.len(), ledger.customers().len());
    for row in table.rows() {
        assert!(
            row.rfm.is_some() && row.rfm_segment.is_some() && row.segment.is_some() && row.churn.is_some()
        );
        assert!(row.value.unwrap().clv.unwrap().in_minor() >= 0.0 && row.tier.is_some());
        assert_eq!(row.next.len(), 5);
        assert_eq!(table.by_key(&row.key).unwrap().customer, row.customer);
    }
    let sum: f64 = table.rows().filter_map(|r| r.value?.clv).map(Expected::in_minor).sum();
    assert!((table.total_value().unwrap().in_minor() / sum - 1.0).abs() < 1e-12);
}

/// The leak test of the whole: a ledger that ends with the cut gives the same answers as one that goes on.
#[test]
fn days_after_as_of_change_no_answer() {
    let ledger = shop();
    let cut = AsOf::new(ledger.covers().1.checked_add(-60).unwrap());
    let mut past = Ledger::builder(ledger.currency());
    let now = ledger.observed(cut).unwrap();
    for customer in now.customers().iter() {
        let key = ledger.customer_key(customer).unwrap().into_owned();
        for row in now.history(customer).unwrap().unwrap().rows() {
            let mut copy = Transaction::new(&key, row.day).amount(row.amount.unwrap());
            copy = row.quantity.into_iter().fold(copy, Transaction::quantity);
            copy = row.second_of_day.into_iter().fold(copy, Transaction::second_of_day);
            let item = row.item.map(|i| ledger.item_key(i).unwrap().into_owned());
            copy = item.into_iter().fold(copy, Transaction::item);
            let order = row.order.and_then(|o| ledger.orders().unwrap().get(o as usize)).map(Key::into_owned);
            copy = order.into_iter().fold(copy, Transaction::order);
            past.push(copy).unwrap();
        }
    }
    let past = past.build().unwrap().covering(ledger.covers().0, cut.day()).unwrap();
    let answers = |ledger: &Ledger| {
        let table = params().fit(ledger, cut, horizon()).unwrap().predict(ledger, cut).unwrap();
        let row = |r: CustomerRow<'_>| {
            let next: Vec<String> = r.next.iter().map(|n| format!("{} {:?}", n.item, n.score)).collect();
            format!("{} {:?} {:?} {:?} {:?} {:?}", r.key, r.rfm, r.segment, r.churn, r.value, next)
        };
        table.rows().map(row).collect::<Vec<_>>()
    };
    assert_eq!(answers(&ledger), answers(&past));
}

/// New customers move the indices of the old ones; their next items are found by key all the same.
#[test]
fn next_items_survive_new_customers() {
    let ledger = shop();
    let pipeline = params().fit(&ledger, as_of(&ledger), horizon()).unwrap();
    let mut builder = Ledger::builder(ledger.currency());
    for row in ShopParams::new(250, Seed(4)).simulate().unwrap().rows() {
        builder.push(row.to_transaction()).unwrap();
    }
    let newcomer = Transaction::new(-1, ledger.covers().1).amount(Amount::minor(900)).item(1).order("new");
    builder.push(newcomer.quantity(crate::types::Quantity::units(1))).unwrap();
    let grown = builder.build().unwrap();
    let old = pipeline.predict(&ledger, as_of(&ledger)).unwrap();
    let new = pipeline.predict(&grown, as_of(&ledger)).unwrap();
    let items = |row: CustomerRow<'_>| row.next.iter().map(|n| n.item.to_string()).collect::<Vec<_>>();
    for row in old.rows() {
        let again = new.by_key(&row.key).unwrap();
        assert_eq!(items(again), items(row));
    }
    assert!(new.by_key(-1).unwrap().next.is_empty());
}

#[test]
fn a_stage_without_its_data_is_left_out_by_name() {
    let mut builder = Ledger::builder(Currency::EUR);
    for customer in 0..40 {
        for visit in 0..=customer % 5 {
            let day = Day::new(19_000 + customer + visit * (11 + customer % 7));
            builder.push(Transaction::new(customer, day).amount(Amount::minor(500))).unwrap();
        }
    }
    let ledger = builder.build().unwrap();
    let pipeline = params().fit(&ledger, as_of(&ledger), horizon()).unwrap();
    assert!(pipeline.left_out().iter().any(|l| l.stage == Stage::Recommend));
    let table = pipeline.predict(&ledger, as_of(&ledger)).unwrap();
    assert!(table.next().is_none() && table.rfm().is_some());
    assert!(table.rows().all(|row| row.next.is_empty()));
}

#[test]
fn a_backtest_scores_what_it_did_not_know() {
    let ledger = shop();
    let backtest = params().backtest(&ledger, as_of(&ledger), horizon()).unwrap();
    assert_eq!(backtest.identity, Identity::AsRecorded);
    let people = ledger.relabel(|_| None).unwrap();
    let identity = |ledger: &Ledger| params().backtest(ledger, as_of(ledger), horizon()).unwrap().identity;
    assert_eq!(identity(&people), Identity::Hindsight);
    assert_eq!(identity(&people.identity_known_by(backtest.as_of)), Identity::KnownBy(backtest.as_of));
    assert_eq!(identity(&people.identity_known_by(as_of(&ledger))), Identity::Hindsight);
    assert_eq!(backtest.as_of.day(), ledger.covers().1.checked_add(-60).unwrap());
    let churn = backtest.churn.unwrap();
    assert!(churn.auc > 0.6, "{}", churn.auc);
    let forecast = backtest.ltv.unwrap();
    assert_eq!(usize::try_from(forecast.customers).unwrap(), churn.customers);
    let tracking = forecast.tracking.unwrap();
    assert_eq!(tracking.actual.len(), tracking.expected.len());
    assert!(tracking.actual.is_sorted() && tracking.expected.is_sorted());
    let known = tracking.known_weeks;
    assert!(known > 0 && known < tracking.actual.len());
    assert!(backtest.recommend.unwrap().recall > 0.0);
}

/// Eight of ten customers spend and buy what their intervals say, give or take chance and what the model cannot know.
#[test]
fn intervals_hold_what_customers_do() {
    let ledger = ShopParams::new(600, Seed(11)).simulate().unwrap().ledger().unwrap();
    let last = ledger.covers().1;
    let cut = AsOf::new(last.checked_add(-60).unwrap());
    let split = ledger.split(cut, horizon()).unwrap();
    let pipeline = params().interval(0.8).fit(&ledger, cut, horizon()).unwrap();
    let table = pipeline.predict(&ledger, cut).unwrap();
    let (mut bought, mut spent) = (0.0, 0.0);
    for row in table.rows() {
        let later = split.holdout().history(row.customer).unwrap();
        let mut days: Vec<Day> = later.rows().filter(|r| !r.is_refund).map(|r| r.day).collect();
        days.dedup();
        let sum: i64 = later.rows().filter_map(|r| r.amount).map(Amount::in_minor).sum();
        let interval = row.interval.unwrap();
        let days = u32::try_from(days.len()).unwrap();
        bought += f64::from(u8::from(interval.purchases.0 <= days && days <= interval.purchases.1));
        let (low, high) = row.value_interval.unwrap();
        assert!(low.in_minor() >= 0.0 && low <= high);
        // The ends are discounted, by less than two per cent within two months.
        let sum = sum as f64;
        spent += f64::from(u8::from(low.in_minor() * 0.98 <= sum && sum <= high.in_minor() * 1.02));
    }
    let n = table.len() as f64;
    assert!(bought / n > 0.8, "{}", bought / n);
    assert!(spent / n > 0.75, "{}", spent / n);

    let without = params().fit(&ledger, cut, horizon()).unwrap().predict(&ledger, cut).unwrap();
    assert!(without.intervals().is_none());
    assert!(without.rows().all(|row| row.interval.is_none() && row.value_interval.is_none()));
    assert_eq!(without.value(), table.value());
}

/// A slip of the pen in a date costs a curve, not the memory of the machine.
#[test]
fn days_millennia_apart_have_no_curve() {
    let mut builder = Ledger::builder(Currency::EUR);
    for (customer, day) in [(1, -2_000_000), (1, 100), (2, 90), (2, 120), (3, 95)] {
        builder.push(Transaction::new(customer, Day::new(day)).amount(Amount::minor(500))).unwrap();
    }
    let ledger = builder.build().unwrap();
    let trial = params().backtest(&ledger, as_of(&ledger), Horizon::days(20).unwrap()).unwrap();
    assert!(trial.ltv.unwrap().tracking.is_none());
}

#[test]
fn faults_are_named() {
    let ledger = shop();
    let kind = |result: Result<Pipeline, Error>| result.unwrap_err().kind();
    let day = as_of(&ledger);
    assert_eq!(kind(params().churn_dates(0).fit(&ledger, day, horizon())), ErrorKind::InvalidParam);
    assert_eq!(kind(params().next_items(0).fit(&ledger, day, horizon())), ErrorKind::InvalidParam);
    for level in [0.0, 1.0, f64::NAN] {
        assert_eq!(kind(params().interval(level).fit(&ledger, day, horizon())), ErrorKind::InvalidParam);
    }
    assert_eq!(kind(params().fit(&ledger, AsOf::new(Day::new(-9)), horizon())), ErrorKind::EmptyInput);
    let far = Horizon::days(300_000).unwrap();
    assert!(params().backtest(&ledger, day, far).is_err());
}

#[cfg(feature = "serde")]
#[test]
fn a_saved_pipeline_gives_the_same_answers() {
    let ledger = shop();
    let pipeline = params().fit(&ledger, as_of(&ledger), horizon()).unwrap();
    let mut file = Vec::new();
    crate::persist::write(&mut file, &pipeline).unwrap();
    let back: Pipeline = crate::persist::read(file.as_slice()).unwrap();
    let rows = |p: &Pipeline| {
        let table = p.predict(&ledger, as_of(&ledger)).unwrap();
        table.rows().map(|r| format!("{r:?}")).collect::<Vec<_>>()
    };
    assert_eq!(rows(&pipeline), rows(&back));
}
