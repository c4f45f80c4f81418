//! The CSV door against the check figures that stand beside the public sets.

use regulars::data::csv::CsvParams;
use regulars::data::{Anonymous, Ledger, TimeAxis};
use regulars::types::{Amount, AsOf, Currency};

use super::{data_dir, read};

/// `online-retail/SOURCE.md`: 541,909 rows, 25,900 invoices, 4,070 stock codes, 4,372 customers, 135,080 rows without
/// one, 10,624 negative quantities, sum of quantity times price 9,747,747.934.
#[test]
fn online_retail_arrives_whole() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "online-retail/online_retail.csv.gz");
    let pounds = Currency::GBP.with_decimals(3).unwrap();
    let params = CsvParams::new(pounds).anonymous(Anonymous::Keep);
    let ledger = Ledger::read_csv(text.as_bytes(), &params).unwrap();
    let intake = ledger.intake();
    assert_eq!((intake.rows_read, intake.rows_kept, intake.rows_anonymous), (541_909, 406_829, 135_080));
    assert!(intake.rows_skipped.is_empty() && intake.rounded_amounts == 0);
    assert_eq!(ledger.customers().len(), 4_372);
    assert_eq!(ledger.orders().unwrap().len(), 25_900);
    assert_eq!(ledger.items().unwrap().len(), 4_070);
    assert_eq!(
        (ledger.covers().0.to_string(), ledger.covers().1.to_string()),
        ("2010-12-01".into(), "2011-12-09".into())
    );

    let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
    let all = || {
        let customers = now.customers();
        let known = customers.iter().filter_map(|c| now.history(c).unwrap()).collect::<Vec<_>>();
        known.into_iter().chain([now.anonymous()])
    };
    let total = Amount::total(all().flat_map(|h| h.amounts().unwrap().to_vec())).unwrap();
    assert_eq!(pounds.format(total), "9747747.934");
    let negative = all().flat_map(|h| h.quantities().unwrap().to_vec()).filter(|q| q.in_thousandths() < 0);
    assert_eq!(negative.count(), 10_624);
}

/// In pence, with rows of nobody left out: what an application reads.
#[test]
fn online_retail_in_pence() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "online-retail/online_retail.csv.gz");
    let ledger = Ledger::read_csv(text.as_bytes(), &CsvParams::new(Currency::GBP)).unwrap();
    let intake = ledger.intake();
    assert_eq!(ledger.len(), 406_829);
    assert_eq!(intake.rows_skipped["no customer"], 135_080);
    assert_eq!(intake.skipped_examples["no customer"][0], 624);
}

/// `ta-feng-baskets/SOURCE.md`: baskets without dates; 13,858 customers, 11,997 products.
#[test]
fn ta_feng_is_ordinal() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "ta-feng-baskets/ta_feng_baskets.csv.gz");
    let ledger = Ledger::read_csv(text.as_bytes(), &CsvParams::new(Currency::USD)).unwrap();
    assert_eq!(ledger.time_axis(), TimeAxis::Ordinal);
    assert_eq!((ledger.len(), ledger.customers().len()), (571_933, 13_858));
    assert_eq!(ledger.items().unwrap().len(), 11_997);
    assert_eq!(ledger.covers().1.days_since_epoch(), 51);
}

/// `cdnow/SOURCE.md`: 69,659 transactions of 23,570 customers, 80 of them for nothing.
#[test]
fn cdnow_arrives_whole() {
    let Some(dir) = data_dir() else { return };
    let text = read(&dir, "cdnow/cdnow_master_transactions.csv.gz");
    let ledger = Ledger::read_csv(text.as_bytes(), &CsvParams::new(Currency::USD)).unwrap();
    assert_eq!((ledger.len(), ledger.customers().len()), (69_659, 23_570));
    let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
    let free = now.map(|h| h.amounts().unwrap().iter().filter(|a| **a <= Amount::ZERO).count());
    assert_eq!(free.values().iter().sum::<usize>(), 80);
}
