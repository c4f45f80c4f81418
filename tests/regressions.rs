//! Inputs that once broke a rule (a panic, a hang, too much memory, a wrong count), found by fuzzing or by people.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "csv")]

use regulars::data::Ledger;
use regulars::data::csv::{CsvFormat, CsvParams, RawTable};
use regulars::types::Currency;

fn orders(file: &[u8]) -> regulars::Result<Ledger> {
    Ledger::read_csv(file, &CsvParams::new(Currency::GBP))
}

/// Neither door may panic on any of these; what they say is tested elsewhere.
#[test]
fn odd_files_are_answered() {
    let files: [&[u8]; 14] = [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff\x00",
        b"\"",
        b"\"customer\",\"date",
        b",,,,\n,,,,\n",
        b"customer,date\n\"a\"\"b\",2024-01-01\n",
        b"customer,date\r\ra,2024-01-01\r",
        b"\x81",
        b"customer,date\n\xb0",
        b"customer,date,amount\na,2024-01-01,-170141183460469231731687303715884105728\n",
        b"customer,date,quantity,price\na,2024-01-01,999999999999999999999999999999999999,999999999999999999\n",
    ];
    for file in files {
        let _ = orders(file);
        let _ = RawTable::read_csv(file, &CsvFormat::new());
    }
}

/// "12 apples" was read as 12.
#[test]
fn a_word_behind_a_number_is_no_number() {
    let ledger = orders(b"customer,date,amount\na,2024-01-01,1\na,2024-01-02,12 apples\n").unwrap();
    assert_eq!(ledger.len(), 1);
}
