//! The CSV door: any bytes are a ledger, a table, or an error; and every row is accounted for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regulars::data::csv::{CsvFormat, CsvParams, DecimalMark, Encoding, RawTable, Strictness};
use regulars::data::{Anonymous, Ledger};
use regulars::types::{AsOf, Currency, DateOrder};

fn params(choice: u8) -> CsvParams {
    let mut params = CsvParams::new(if choice & 1 == 0 { Currency::GBP } else { Currency::CNY });
    if choice & 2 != 0 {
        params = params.strictness(Strictness::Strict);
    }
    if choice & 4 != 0 {
        params = params.anonymous(Anonymous::Keep);
    }
    if choice & 8 != 0 {
        params = params.date_order(DateOrder::DayFirst).decimal_mark(DecimalMark::Comma);
    }
    match choice >> 6 {
        0 | 1 => params,
        2 => params.encoding(Encoding::GB18030),
        _ => params.encoding(Encoding::UTF_8),
    }
}

fuzz_target!(|data: &[u8]| regulars_fuzz::guarded(data, |data| {
    let Some((choice, file)) = data.split_first() else { return };
    if choice & 48 == 48 {
        if let Ok(table) = RawTable::read_csv(file, &CsvFormat::new()) {
            for column in table.columns() {
                assert_eq!(column.len(), table.len());
                assert!(!column.is_numeric() || column.numbers().is_ok());
            }
        }
        return;
    }
    if let Ok(ledger) = Ledger::read_csv(file, &params(*choice)) {
        let intake = ledger.intake();
        let skipped: u64 = intake.rows_skipped.values().sum();
        assert_eq!(intake.rows_read, intake.rows_kept + intake.rows_anonymous + skipped);
        assert_eq!(ledger.len() as u64, intake.rows_kept + intake.rows_anonymous);
        if let Ok(now) = ledger.observed(AsOf::new(ledger.covers().1)) {
            let rows = now.map(|history| history.rows().count());
            assert_eq!(rows.values().iter().sum::<usize>() as u64, intake.rows_kept);
        }
    }
}));
