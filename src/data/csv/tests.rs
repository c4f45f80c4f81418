//! Reading of the kinds of files that shops send.

use crate::data::{Anonymous, Ledger, Row, TimeAxis, Transaction};
use crate::error::{ErrorKind, Place, Result};
use crate::types::{Amount, AsOf, Currency, DateOrder, Day, Quantity};

use super::*;

/// A file in pounds.
fn read(file: &str, params: &CsvParams) -> Result<Ledger> {
    Ledger::read_csv(file.as_bytes(), params)
}

/// Nothing stated but the currency.
fn gbp() -> CsvParams {
    CsvParams::new(Currency::GBP)
}

/// The same, refusing the first bad row.
fn strict() -> CsvParams {
    gbp().strictness(Strictness::Strict)
}

/// All rows of a customer, as of the last day covered.
fn rows(ledger: &Ledger, customer: &str) -> Vec<Row> {
    let now = ledger.observed(AsOf::new(ledger.covers().1)).unwrap();
    now.history(ledger.customer(customer).unwrap()).unwrap().unwrap().rows().collect()
}

/// Row and column that an error blames.
fn row_of(error: &crate::Error) -> (u64, Option<&str>) {
    match error.place() {
        Some(Place::Row { row, column }) => (*row, column.as_deref()),
        other => panic!("expected a row, got {other:?}"),
    }
}

/// 3 × 0.835 is 2.505: rounded once, half to even.
#[test]
fn amount_is_quantity_times_price_rounded_once() {
    let file = "customer_id,date,quantity,unit_price\n\
                a,2024-01-01,3,0.835\n\
                a,2024-01-02,-6,2.55\n\
                a,2024-01-03,0.25,1.10\n\
                a,2024-01-04,1,0\n";
    let ledger = read(file, &strict()).unwrap();
    let amounts: Vec<_> = rows(&ledger, "a").iter().map(|r| r.amount.unwrap().in_minor()).collect();
    assert_eq!(amounts, [250, -1530, 28, 0], "2.505 and 0.275 are ties: half to even");
    assert_eq!(ledger.intake().rounded_amounts, 2);
    assert_eq!(ledger.intake().refund_rows, 1);
    assert_eq!(rows(&ledger, "a")[2].quantity, Some(Quantity::thousandths(250)));
}

/// What was paid, not what was asked.
#[test]
fn an_amount_column_wins_over_quantity_and_price() {
    let file = "customer,date,qty,price,total\na,2024-01-01,3,5,12\n";
    assert_eq!(rows(&read(file, &strict()).unwrap(), "a")[0].amount, Some(Amount::minor(1_200)));
    let by_price = read(file, &strict().without(Field::Amount).without(Field::Quantity)).unwrap();
    assert_eq!(rows(&by_price, "a")[0].amount, Some(Amount::minor(500)));
    let none = read(file, &strict().without(Field::Amount).without(Field::Price)).unwrap();
    assert_eq!(rows(&none, "a")[0].amount, None);
}

/// `007` and `7` are two customers; a number of eighteen digits is neither cut nor rounded.
#[test]
fn ids_are_text_and_zeros_survive() {
    let file = "member,date\n007,2024-01-01\n7,2024-01-01\n123456789012345678,2024-01-02\n 7 ,2024-01-03\n";
    let ledger = read(file, &strict()).unwrap();
    assert_eq!(ledger.customers().len(), 3);
    assert_eq!(rows(&ledger, "7").len(), 2);
    assert_eq!(rows(&ledger, "123456789012345678").len(), 1);
}

/// One file with one fault of each kind: the strict reader names it, the lenient one counts it.
#[test]
fn strict_names_row_and_column_and_lenient_counts() {
    let file = "customer,order date,amount\n\
                a,2024-01-01,1\n\
                a,2024-02-30,1\n\
                a,01/02/2024,1\n\
                a,2024-01-01,\n\
                a,2024-01-01,12 apples\n\
                a,2024-01-01,1,2\n\
                a,2024-01-01\n\
                a,2024-01-01,1,,\n\
                ,2024-01-01,1\n\
                NULL,2024-01-01,1\n\
                a,2024-01-01,99999999999999999999\n";
    let ledger = read(file, &gbp()).unwrap();
    let intake = ledger.intake();
    assert_eq!((intake.rows_read, intake.rows_kept, intake.duplicate_rows), (11, 2, 1));
    assert_eq!(intake.rows_read, intake.rows_kept + intake.rows_skipped.values().sum::<u64>());
    let date = "date: expected year, month and day such as 2011-12-09";
    assert_eq!((intake.rows_skipped[date], &intake.skipped_examples[date][..]), (1, &[3][..]));
    let unstated = "date: expected a stated order of day and month, as the year comes last";
    assert_eq!((intake.rows_skipped[unstated], &intake.skipped_examples[unstated][..]), (1, &[4][..]));
    assert_eq!(intake.rows_skipped["no customer"], 2);
    assert_eq!(intake.rows_skipped["expected as many fields as the header has"], 2);

    let error = read(file, &strict()).unwrap_err();
    assert_eq!(row_of(&error), (3, Some("order date")));
    assert!(!error.to_string().contains("02-30"), "field values stay out of messages");
    for (bad, place, kind) in [
        ("a,2024-01-01,", (2, Some("amount")), ErrorKind::InvalidInput),
        ("a,2024-01-01,x", (2, Some("amount")), ErrorKind::InvalidInput),
        ("a,2024-01-01,99999999999999999999", (2, Some("amount")), ErrorKind::Overflow),
        ("a,2024-01-01,1,2", (2, None), ErrorKind::InvalidInput),
        ("a,,1", (2, Some("order date")), ErrorKind::InvalidInput),
    ] {
        let error = read(&format!("customer,order date,amount\n{bad}\n"), &strict()).unwrap_err();
        assert_eq!((row_of(&error), error.kind()), (place, kind), "{bad}");
    }
    assert!(read("customer,date\n,2024-01-01\na,2024-01-01\n", &strict()).is_ok(), "no customer is a policy");
}

/// The message names the main reason and its first row.
#[test]
fn nothing_left_is_an_error_that_says_why() {
    assert_eq!(read("", &gbp()).unwrap_err().kind(), ErrorKind::EmptyInput);
    assert_eq!(read("customer,date\n", &gbp()).unwrap_err().kind(), ErrorKind::EmptyInput);
    let error = read("customer,date\na,1/2/2024\nb,2/2/2024\n", &gbp()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyInput);
    assert!(error.to_string().contains("2 rows") && error.to_string().contains("row 2"), "{error}");
    assert_eq!(read("a,b\n1,2\n", &gbp()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// In one column or in two, with the same result.
#[test]
fn time_of_day_comes_with_the_date_or_beside_it() {
    let together = read("customer,date\na,2024-01-01 08:26:30\na,2024-01-02\n", &strict()).unwrap();
    let seconds: Vec<_> = rows(&together, "a").iter().map(|r| r.second_of_day).collect();
    assert_eq!(seconds, [Some(8 * 3600 + 26 * 60 + 30), None]);
    let beside = read("customer,date,time\na,2024-01-01,8:26:30\na,2024-01-02,\n", &strict()).unwrap();
    assert_eq!(rows(&beside, "a"), rows(&together, "a"));
    let error = read("customer,date,time\na,2024-01-01,late\n", &strict()).unwrap_err();
    assert_eq!(row_of(&error), (2, Some("time")));
}

/// A statement decides; nothing else does.
#[test]
fn day_first_and_month_first_are_stated() {
    let file = "customer,date\na,3/4/2024\n";
    let first_day = |order| rows(&read(file, &strict().date_order(order)).unwrap(), "a")[0].day;
    assert_eq!(first_day(DateOrder::DayFirst), Day::ymd(2024, 4, 3).unwrap());
    assert_eq!(first_day(DateOrder::MonthFirst), Day::ymd(2024, 3, 4).unwrap());
    assert!(read(file, &strict()).is_err());
}

/// A column of basket numbers makes the axis ordinal.
#[test]
fn baskets_without_dates_are_ordinal_time() {
    let file = "customer_id,basket_no,product_id\n1,1,9\n1,2,9\n2,1,8\n";
    let ledger = read(file, &strict()).unwrap();
    assert_eq!(ledger.time_axis(), TimeAxis::Ordinal);
    assert_eq!(rows(&ledger, "1").iter().map(|r| r.day.days_since_epoch()).collect::<Vec<_>>(), [1, 2]);
    let error = read(file, &strict().time_axis(TimeAxis::Calendar)).unwrap_err();
    assert_eq!(error.place(), Some(&Place::Column("date".into())));
    let by_day = "customer,day\na,17\na,x\n";
    let ledger = read(by_day, &gbp().time_axis(TimeAxis::Ordinal)).unwrap();
    assert_eq!(rows(&ledger, "a")[0].day, Day::new(17));
}

/// Adding dollars to pounds would be wrong in every figure: no leniency helps.
#[test]
fn another_currency_is_an_error_however_lenient() {
    let file = "customer,date,amount,currency\na,2024-01-01,1,GBP\na,2024-01-01,1,gbp\na,2024-01-02,1,\na,2024-01-02,1,EUR\n";
    let error = read(file, &gbp()).unwrap_err();
    assert_eq!(row_of(&error), (5, Some("currency")));
    assert_eq!(read(file, &gbp().without(Field::Currency)).unwrap().len(), 4);
}

/// Kept as anonymous rows, or counted.
#[test]
fn anonymous_rows_can_be_kept() {
    let file = "customer,date,item\na,2024-01-01,tea\n,2024-01-01,tea\n";
    let ledger = read(file, &strict().anonymous(Anonymous::Keep)).unwrap();
    assert_eq!((ledger.intake().rows_kept, ledger.intake().rows_anonymous), (1, 1));
}

/// What spreadsheets write in Europe.
#[test]
fn delimiters_quotes_and_decimal_commas() {
    let comma = read("customer,date,amount\n\"Smith, J\",2024-01-01,\"1,234.50\"\n", &strict()).unwrap();
    assert_eq!(rows(&comma, "Smith, J")[0].amount, Some(Amount::minor(123_450)));
    for delimiter in [';', '\t', '|'] {
        let file = format!(
            "customer{delimiter}date{delimiter}amount\na,b{delimiter}2024-01-01{delimiter}1.234,50\n"
        );
        let ledger = read(&file, &strict().decimal_mark(DecimalMark::Comma)).unwrap();
        assert_eq!(rows(&ledger, "a,b")[0].amount, Some(Amount::minor(123_450)));
        assert_eq!(ledger.intake().source.as_ref().unwrap().delimiter, delimiter);
    }
    let windows = read("customer,date\r\na,2024-01-01\r\n\r\nb,2024-01-02", &strict()).unwrap();
    assert_eq!(windows.len(), 2);
    assert!(read("customer,date\na,2024-01-01\n", &gbp().delimiter(b'"')).is_err());
}

/// It swallows the rest of the file; without a check the ledger would merely be short.
#[test]
fn a_quote_that_is_never_closed_is_noticed() {
    let file =
        "customer,date,note\na,2024-01-01,\"fine\"\nb,2024-01-02,\"open\nc,2024-01-03,x\nd,2024-01-04,y\n";
    let error = read(file, &strict()).unwrap_err();
    assert_eq!(row_of(&error), (3, None));
    assert!(error.to_string().contains("quote"), "{error}");
    let ledger = read(file, &gbp()).unwrap();
    assert_eq!(ledger.intake().rows_skipped["expected every quote to be closed"], 1);
    let closed = "customer,date,note\na,2024-01-01,\"two\nlines\"\n";
    assert_eq!(read(closed, &strict()).unwrap().len(), 1);
}

/// One row more tells whether anything was left.
#[test]
fn a_limit_stops_early_and_says_so() {
    let file = "customer,date\na,2024-01-01\nb,2024-01-02\nc,2024-01-03\n";
    for (limit, rows, is_complete) in [(1, 1, false), (2, 2, false), (3, 3, true), (9, 3, true)] {
        let ledger = read(file, &gbp().limit(limit)).unwrap();
        assert_eq!(ledger.len(), rows);
        assert_eq!(ledger.intake().source.as_ref().unwrap().is_complete, is_complete, "{limit}");
    }
}

/// The same text in UTF-8 and in GB18030 makes the same rows; damaged text is counted, unknown text refused.
#[test]
fn encodings_give_one_ledger() {
    let file =
        "客户编号,下单时间,商品编码,实付金额\n张三,2024年1月2日,茶叶,12.50\n李四,2024年1月3日,咖啡,8\n";
    let plain = read(file, &strict()).unwrap();
    let gb = encoding_rs::GB18030.encode(file).0.into_owned();
    let chinese = Ledger::read_csv(gb.as_slice(), &strict()).unwrap();
    assert_eq!(chinese.intake().source.as_ref().unwrap().encoding, Encoding::GB18030);
    assert_eq!(rows(&chinese, "张三"), rows(&plain, "张三"));
    let damaged =
        [b"customer,date\n\xff\xfe,2024-01-01\nb,2024-01-02\n".as_slice(), b"c,2024-01-03\n"].concat();
    let ledger = Ledger::read_csv(damaged.as_slice(), &gbp().encoding(Encoding::UTF_8)).unwrap();
    assert_eq!(ledger.intake().rows_skipped["customer: expected text in the file's encoding"], 1);
    let unknown = Ledger::read_csv(damaged.as_slice(), &gbp()).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::InvalidInput);
}

/// The same rows through a file and through the builder are equal, row by row.
#[test]
fn the_doors_agree() {
    let file = "customer,date,order,item,amount,quantity\nb,2024-01-02 10:00,o2,tea,3.50,1\na,2024-01-01,o1,,-1,-2\n";
    let from_csv = read(file, &strict()).unwrap();
    let mut builder = Ledger::builder(Currency::GBP);
    let day = |d| Day::ymd(2024, 1, d).unwrap();
    let first = Transaction::new("b", day(2)).second_of_day(36_000).order("o2").item("tea");
    builder.push(first.amount(Amount::minor(350)).quantity(Quantity::units(1))).unwrap();
    let second = Transaction::new("a", day(1)).order("o1");
    builder.push(second.amount(Amount::minor(-100)).quantity(Quantity::units(-2))).unwrap();
    let by_rows = builder.build().unwrap();
    for customer in ["a", "b"] {
        assert_eq!(rows(&from_csv, customer), rows(&by_rows, customer));
    }
}

/// Texts come out as they went in, but for space around them.
#[test]
fn a_table_keeps_its_texts() {
    let file = "id;TotalCharges;note\n1; ;\"a;b\"\n2;12.5;\n3;7\n4;x;y\n";
    let table = RawTable::read_csv(file.as_bytes(), &CsvFormat::new()).unwrap();
    assert_eq!((table.len(), table.rows_read(), table.rows_skipped()[0].1), (3, 4, 1));
    assert_eq!(table.row_number(2), 5);
    let charges = table.column("total charges").unwrap();
    assert_eq!(charges.iter().collect::<Vec<_>>(), ["", "12.5", "x"]);
    assert!(!charges.is_numeric());
    assert_eq!(row_of(&charges.numbers().unwrap_err()), (5, Some("TotalCharges")));
    assert_eq!(table.column("id").unwrap().numbers().unwrap(), [Some(1.0), Some(2.0), Some(4.0)]);
    assert!(table.column("nope").is_err());
    assert_eq!(format!("{table:?}"), "RawTable(3 rows, columns [\"id\", \"TotalCharges\", \"note\"])");
    assert!(RawTable::read_csv("a,a\n1,2\n".as_bytes(), &CsvFormat::new()).is_err());
    let strict = CsvFormat::new().strictness(Strictness::Strict);
    assert_eq!(row_of(&RawTable::read_csv(file.as_bytes(), &strict).unwrap_err()), (4, None));
}
