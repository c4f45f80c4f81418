//! Contracts of next purchase dates.

use super::*;
use crate::ErrorKind;
use crate::data::{Ledger, TimeAxis, Transaction};
use crate::types::{AsOf, Currency, Day, Horizon, Probability, Seed};

/// Customers 0..n who come every `3 + c % 20` days from day `c % 11` on, each with one item.
fn clockwork(n: i32, until: i32) -> Ledger {
    let mut builder = Ledger::builder(Currency::EUR);
    for c in 0..n {
        let mut day = c % 11;
        while day <= until {
            builder.push(Transaction::new(i64::from(c), Day::new(day)).item(i64::from(c % 3))).unwrap();
            day += 3 + c % 20;
        }
    }
    builder.build().unwrap()
}

#[test]
fn a_hazard_learns_clockwork_better_than_lognormal_gaps() {
    let ledger = clockwork(300, 400);
    let split = ledger.split(AsOf::new(Day::new(300)), Horizon::days(60).unwrap()).unwrap();
    let score = |timing| {
        let model = NextPurchaseParams::new().timing(timing).fit(split.observed()).unwrap();
        assert_eq!(model.summary().timing, timing);
        model.evaluate(&split, Seed(1)).unwrap()
    };
    let (ours, theirs) = (score(Timing::Hazard), score(Timing::LognormalGaps));
    assert_eq!((ours.customers, ours.returned), (300, 300));
    assert!(ours.crps < theirs.crps, "{} {}", ours.crps, theirs.crps);
    assert!(ours.calibration.iter().all(|(_, e)| e.abs() < 0.05), "{:?}", ours.calibration);
}

#[test]
fn distributions_are_proper() {
    let ledger = clockwork(60, 200);
    let now = ledger.observed(AsOf::new(Day::new(150))).unwrap();
    for timing in [Timing::Hazard, Timing::LognormalGaps] {
        let dates = NextPurchaseParams::new().timing(timing).fit(now).unwrap().predict(now).unwrap();
        for date in dates.values() {
            let mut before = Probability::ZERO;
            for days in 0..500 {
                let p = date.within(days);
                assert!(p >= before && p.get() <= 1.0);
                before = p;
            }
            let median = date.median();
            assert!(median > Day::new(150));
            let days = u32::try_from(median - Day::new(150)).unwrap();
            assert!(date.within(days).get() >= 0.5 || days > 3_000);
            assert!(date.interval(Probability::ONE).is_err());
            assert!(date.usual_gap() > 0.0);
        }
    }
}

#[test]
fn the_future_and_the_customer_order_play_no_part() {
    let (short, long) = (clockwork(40, 150), clockwork(40, 300));
    let at = |ledger: &Ledger| {
        let now = ledger.observed(AsOf::new(Day::new(149))).unwrap();
        NextPurchaseParams::new().fit(now).unwrap().predict(now).unwrap().into_values()
    };
    assert_eq!(at(&short), at(&long));
}

#[test]
fn items_have_dates_of_their_own() {
    let ledger = clockwork(30, 100);
    let now = ledger.observed(AsOf::new(Day::new(100))).unwrap();
    let model = NextPurchaseParams::new().subject(Subject::CustomerItem).fit(now).unwrap();
    let items = model.predict_items(now).unwrap();
    assert!(items.values().iter().all(|own| own.len() == 1));
    assert_eq!(model.predict(now).unwrap_err().kind(), ErrorKind::InvalidInput);
    let of_customers = NextPurchaseParams::new().fit(now).unwrap();
    assert_eq!(of_customers.predict_items(now).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn little_data_gives_defined_answers() {
    let ledger = clockwork(1, 0);
    let now = ledger.observed(AsOf::new(Day::new(0))).unwrap();
    let model = NextPurchaseParams::new().fit(now).unwrap();
    assert_eq!(model.summary().timing, Timing::LognormalGaps);
    assert!(model.predict(now).unwrap().values()[0].within(3_000).get() <= 1.0);

    let mut builder = Ledger::builder(Currency::EUR).time_axis(TimeAxis::Ordinal);
    builder.push(Transaction::new("ann", Day::new(1))).unwrap();
    let ordinal = builder.build().unwrap();
    let now = ordinal.observed(AsOf::new(Day::new(1))).unwrap();
    assert_eq!(NextPurchaseParams::new().fit(now).unwrap_err().kind(), ErrorKind::InvalidInput);

    let mut builder = Ledger::builder(Currency::EUR);
    builder.push(Transaction::new("ann", Day::new(1))).unwrap();
    let no_items = builder.build().unwrap();
    let now = no_items.observed(AsOf::new(Day::new(1))).unwrap();
    let items = NextPurchaseParams::new().subject(Subject::CustomerItem);
    assert_eq!(items.fit(now).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[cfg(feature = "serde")]
#[test]
fn a_saved_model_foresees_the_same_dates() {
    let ledger = clockwork(80, 300);
    let now = ledger.observed(AsOf::new(Day::new(250))).unwrap();
    let model = NextPurchaseParams::new().fit(now).unwrap();
    assert_eq!(model.summary().timing, Timing::Hazard);
    let mut file = Vec::new();
    crate::persist::write(&mut file, &model).unwrap();
    let back: NextPurchaseModel = crate::persist::read(file.as_slice()).unwrap();
    assert_eq!(back.summary(), model.summary());
    assert_eq!(back.predict(now).unwrap().values(), model.predict(now).unwrap().values());
}
