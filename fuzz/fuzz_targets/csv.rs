//! Files: any bytes are a ledger, a table, or an error; and every row is accounted for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regulars::data::csv::{CsvFormat, CsvParams, DecimalMark, Encoding, Field, RawTable, Strictness};
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
    if choice & 16 != 0 {
        params = params.column(Field::Id, "id");
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
        let left_out = intake.rows_skipped.values().sum::<u64>() + intake.repeated_ids;
        assert_eq!(intake.rows_read, intake.rows_kept + intake.rows_anonymous + left_out);
        assert_eq!(ledger.len() as u64, intake.rows_kept + intake.rows_anonymous);
        if let Ok(now) = ledger.observed_in_hindsight(AsOf::new(ledger.covers().1)) {
            let rows = now.map(|history| history.rows().count());
            let all = rows.values().iter().sum::<usize>() + now.anonymous().len();
            assert_eq!(all as u64, ledger.len() as u64 - intake.corrected_rows - intake.conflicting_rows);
        }
    }
}));
