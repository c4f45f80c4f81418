//! Fit, update and recommend in any sequence: full lists of distinct items, finite scores that are the sums of their
//! reasons, and no panic.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use regulars::data::{Ledger, TimeAxis, Transaction};
use regulars::recommend::{
    AlreadyBought, AlsParams, Basket, ItemItemParams, MarkovChainParams, Method, NextItemModel, NextItemParams, Request,
    Similarity, TifuKnnParams, UpCfParams,
};
use regulars::types::{Amount, AsOf, Currency, Day, Key};

#[derive(Arbitrary, Debug)]
enum Step {
    Update { customer: u8, day: i32, items: Vec<u8> },
    Recommend { customer: u8, n: u16, share: Option<f64>, diversity: f64, margins: Vec<(u8, i16)>, deny: Vec<u8>, allow: Option<Vec<u8>>, bought: u8 },
}

#[derive(Arbitrary, Debug)]
struct Input {
    method: u8,
    is_ordinal: bool,
    rows: Vec<(u8, u8, u8)>,
    steps: Vec<Step>,
}

/// Keys of every kind: integers, negative ones, texts that look like numbers, stock codes.
fn item(number: u8) -> Key<'static> {
    match number % 5 {
        0 => Key::from(85_000 + i64::from(number)),
        1 => Key::from(format!("{}A", 85_000 + i64::from(number))),
        2 => Key::from(format!("00{number}")),
        3 => Key::from(-i64::from(number)),
        _ => Key::from(format!("post {number}")),
    }
}

fn model(input: &Input) -> Option<NextItemModel> {
    let axis = if input.is_ordinal { TimeAxis::Ordinal } else { TimeAxis::Calendar };
    let mut builder = Ledger::builder(Currency::EUR).time_axis(axis);
    for (customer, day, bought) in input.rows.iter().take(600) {
        let row = Transaction::new(i64::from(*customer), Day::new(i32::from(*day) + 1)).item(item(*bought));
        builder.push(row).ok()?;
    }
    let ledger = builder.build().ok()?;
    let items = |similarity| Method::ItemItem(ItemItemParams::new().similarity(similarity));
    let methods = [
        Method::Learned,
        Method::GpTopFreq,
        Method::PTopFreq,
        Method::GTopFreq,
        Method::TifuKnn(TifuKnnParams::new().neighbours(3)),
        Method::UpCf(UpCfParams::new().neighbours(3)),
        items(Similarity::Cosine),
        items(Similarity::TfIdf),
        items(Similarity::Bm25),
        items(Similarity::Lift),
        Method::MarkovChain(MarkovChainParams::new()),
        Method::Als(AlsParams::new().factors(3).iterations(3)),
    ];
    let method = methods[usize::from(input.method) % methods.len()];
    NextItemParams::new().method(method).fit(ledger.observed(AsOf::new(ledger.covers().1)).ok()?).ok()
}

fuzz_target!(|input: Input| {
    let Some(mut model) = model(&input) else { return };
    for step in input.steps.iter().take(30) {
        match step {
            Step::Update { customer, day, items } => {
                let items = items.iter().take(50).map(|i| item(*i));
                let _ = model.update(Basket::new(i64::from(*customer), Day::new(*day), items));
            }
            Step::Recommend { customer, n, share, diversity, margins, deny, allow, bought } => {
                let bought = [AlreadyBought::Allowed, AlreadyBought::Excluded, AlreadyBought::Only]
                    [usize::from(*bought) % 3];
                let mut request = Request::new(usize::from(*n)).bought(bought).deny(deny.iter().map(|i| item(*i)));
                if let Some(share) = share {
                    request = request.repeat_share(*share);
                }
                if diversity.abs() > 1e-3 {
                    request = request.diversity(*diversity);
                }
                if !margins.is_empty() {
                    let of = |(i, m): &(u8, i16)| (item(*i), Amount::minor(i64::from(*m)));
                    request = request.margins(margins.iter().map(of));
                }
                if let Some(allow) = allow {
                    request = request.allow(allow.iter().map(|i| item(*i)));
                }
                let Ok(list) = model.recommend(i64::from(*customer), request) else { continue };
                assert!(list.len() <= usize::from(*n));
                let mut items: Vec<String> = list.iter().map(|r| r.item.to_string()).collect();
                items.sort();
                items.dedup();
                assert_eq!(items.len(), list.len());
                for r in &list {
                    assert!(r.score.is_finite());
                    assert_eq!(r.score, r.reasons.iter().map(|x| x.contribution).sum::<f64>());
                }
            }
        }
    }
});
