//! Files of orders as shops export them, read once, exactly, with nothing dropped uncounted.
//!
//! # When to use it
//! For files. An engine that has its columns in memory already uses
//! [`Ledger::from_columns`](crate::data::Ledger::from_columns); a program that makes its rows uses
//! [`Ledger::builder`](crate::data::Ledger::builder). All three give the same ledger for the same rows.
//!
//! # What it finds out by itself
//! - **Encoding**: UTF-8 with or without byte-order mark, UTF-16 with one, GB18030 (GBK, GB2312). What it found stands in
//!   [`CsvSource`]; [`encoding`](CsvParams::encoding) overrides it. Western files in windows-1252 must be stated: nothing
//!   tells them from a dozen others.
//! - **Delimiter**: comma, semicolon, tab or bar, by the header.
//! - **Columns**: by their usual names in English and Chinese (`customer_id`, `InvoiceDate`, 订单号, `实付金额（元）`), whatever
//!   their case, spaces, underscores and full-width forms; [`column`](CsvParams::column) overrides. What was taken for
//!   what stands in [`CsvSource::columns`].
//! - **Time**: dates as `2011-12-09`, `2011/12/9`, `20111209`, 2011年12月9日, each perhaps with a time of day, which then
//!   orders the rows of a day. Dates such as `09/12/2011` are refused until [`date_order`](CsvParams::date_order) says how
//!   to read them. Where there are no dates but numbered baskets, the number is the time
//!   ([`TimeAxis::Ordinal`](crate::data::TimeAxis::Ordinal)).
//!
//! # What it keeps exact
//! Ids are text: leading zeros and long numbers survive. Amounts are decimals of any length up to 36 digits. Without an
//! amount column the amount of a row is quantity times unit price, multiplied exactly and rounded once, half to even, to
//! the currency's decimals; rounded rows are counted. A price without a quantity is the price of one piece.
//!
//! # What it does with awkward rows
//! | row | becomes |
//! |---|---|
//! | cancellation, return (quantity or amount below zero) | an ordinary negative fact, counted as a refund; the policy is chosen where it is used ([`Refunds`](crate::data::Refunds)) |
//! | price zero, free item | a purchase of amount 0 |
//! | postage, bank charges, other codes that are no products | an item like any other: what is a product is for the caller to say |
//! | no customer (empty, `NULL`, `NaN`) | skipped and counted, or kept as an anonymous order ([`Anonymous`](crate::data::Anonymous)) |
//! | exact repetition of another row | kept, and counted |
//! | unreadable date or number, other width, damaged text | [`Strictness`]: counted by reason and left out, or an error |
//! | another currency | always an error |
//! | the same id again | counted once if equal; else a correction, see [`Transaction::id`](crate::data::Transaction::id) |
//! | two versions of one id, known on one day | [`Strictness`]: counted, or an error |
//!
//! # Example
//! ```
//! use regulars::data::{Ledger, csv::{CsvParams, Field}};
//! use regulars::types::{AsOf, Currency};
//!
//! let file = "会员号;下单时间;订单号;实付金额\n007;2024年5月1日 9:30;A1;￥1,250.00\n007;2024-06-01;A2;80\nx;昨天;A3;5\n";
//! let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::CNY))?;
//!
//! assert_eq!(ledger.intake().rows_read, 3);
//! assert_eq!(ledger.intake().rows_skipped["date: expected year, month and day such as 2011-12-09"], 1);
//! let source = ledger.intake().source.as_ref().expect("read from a file");
//! assert_eq!(source.columns[0], (Field::Customer, "会员号".to_owned()));
//!
//! let now = ledger.observed(AsOf::ymd(2024, 6, 30)?)?;
//! let days = now.map(|history| history.len());
//! assert_eq!(days.by_key("007"), Some(&2));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Complexity
//! One pass over the bytes with no allocation per row, then the sort of the ledger. Memory: the ledger's columns and
//! dictionaries, twice while sorting; never the text of the file.
//!
//! # Errors
//! See [`Ledger::read_csv`](crate::data::Ledger::read_csv). Messages name the row as a spreadsheet shows it (the header is
//! row 1) and the column, never the content of a field.
//!
//! # The same file, column by column
//! A file of Online Retail's shape, three rows, and what becomes of each:
//!
//! | file | ledger |
//! |---|---|
//! | `536365,6,2010-12-01 08:26:00,2.55,17850` | customer 17850, 1 December 2010, second 30,360 of the day, order 536365, 6 pieces, 6 × 2.55 = 15.30 |
//! | `C536379,-1,2010-12-01 09:41:00,27.50,17850` | the same customer and day; -1 piece, -27.50: a refund |
//! | `536414,56,2010-12-01 11:52:00,0,` | no customer: skipped and counted |
//!
//! ```
//! use regulars::data::{Ledger, csv::CsvParams};
//! use regulars::types::{Amount, AsOf, Currency, Quantity};
//!
//! let file = "invoice,quantity,invoice_date,unit_price,customer_id\n\
//!             536365,6,2010-12-01 08:26:00,2.55,17850\n\
//!             C536379,-1,2010-12-01 09:41:00,27.50,17850\n\
//!             536414,56,2010-12-01 11:52:00,0,\n";
//! let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::GBP))?;
//! let now = ledger.observed(AsOf::ymd(2010, 12, 9)?)?;
//! let rows = now.history(ledger.customer(17_850).expect("has rows"))?.expect("was seen");
//!
//! let first = rows.row(0).expect("there are two");
//! assert_eq!((first.second_of_day, first.amount), (Some(30_360), Some(Amount::minor(1_530))));
//! assert_eq!(first.quantity, Some(Quantity::units(6)));
//! assert_eq!(rows.amounts(), Some(&[Amount::minor(1_530), Amount::minor(-2_750)][..]));
//! assert_eq!(ledger.orders().map(|orders| orders.len()), Some(2));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Determinism
//! The same bytes give the same ledger, whatever size the reader's pieces have.
//!
//! # Recipes
//! A marketplace export in Chinese: GB18030, full-width signs, thousands separators, no quantities.
//!
//! ```
//! use regulars::data::{Ledger, csv::{CsvParams, Encoding}};
//! use regulars::types::Currency;
//!
//! let text = "买家会员名,订单编号,订单付款时间,买家实际支付金额\n张三,T001,2024-05-01 10:00:00,\"￥1,250.00\"\n";
//! let bytes = encoding_rs::GB18030.encode(text).0.into_owned();
//! let ledger = Ledger::read_csv(bytes.as_slice(), &CsvParams::new(Currency::CNY))?;
//! assert!(ledger.customer("张三").is_some());
//! let source = ledger.intake().source.as_ref().expect("read from a file");
//! assert_eq!(source.encoding, Encoding::GB18030);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! A German till: semicolons, decimal commas, day first, a customer column of its own name.
//!
//! ```
//! use regulars::data::{Ledger, csv::{CsvParams, DecimalMark, Field}};
//! use regulars::types::{Amount, AsOf, Currency, DateOrder};
//!
//! let file = "Kunde;Datum;Betrag\n4711;31.12.2023;1.019,90\n4711;02.01.2024;-19,90\n";
//! let params = CsvParams::new(Currency::EUR)
//!     .column(Field::Customer, "Kunde")
//!     .column(Field::Date, "Datum")
//!     .column(Field::Amount, "Betrag")
//!     .date_order(DateOrder::DayFirst)
//!     .decimal_mark(DecimalMark::Comma);
//! let ledger = Ledger::read_csv(file.as_bytes(), &params)?;
//! let spend = ledger
//!     .observed(AsOf::ymd(2024, 1, 31)?)?
//!     .map(|rows| Amount::total(rows.amounts().unwrap_or_default().iter().copied()));
//! assert_eq!(spend.by_key(4711).and_then(|total| total.as_ref().ok()), Some(&Amount::minor(100_000)));
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! Baskets without dates, as some public sets number them: the number is the time.
//!
//! ```
//! use regulars::data::{Ledger, TimeAxis, csv::CsvParams};
//! use regulars::types::{AsOf, Currency, Day};
//!
//! let file = "user_id,order_id,order_index,product_id\n1,A,1,tea\n1,B,2,tea\n1,B,2,cup\n2,C,1,tea\n";
//! let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::USD))?;
//! assert_eq!(ledger.time_axis(), TimeAxis::Ordinal);
//! let after_one = ledger.observed(AsOf::new(Day::new(1)))?;
//! assert_eq!(after_one.map(|rows| rows.len()).by_key(1), Some(&1)); // the first basket only
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! A compressed file: any reader will do, `flate2::read::GzDecoder` or a socket; nothing seeks.
//!
//! ```
//! use regulars::data::{Ledger, csv::CsvParams};
//! use regulars::types::Currency;
//! use std::io::Read;
//!
//! let (head, tail) = ("customer,date,amount\n", "ann,2024-05-01,12.50\n");
//! let stream = head.as_bytes().chain(tail.as_bytes());
//! assert_eq!(Ledger::read_csv(stream, &CsvParams::new(Currency::EUR))?.len(), 1);
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! What was wrong with the rest: counts by reason, and rows to look up.
//!
//! ```
//! use regulars::data::{Ledger, csv::CsvParams};
//! use regulars::types::Currency;
//!
//! let file = "customer,date,amount\nann,2024-05-01,12.50\nbob,,3\ncleo,2024-05-02,free\n,2024-05-03,1\n";
//! let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::EUR))?;
//! let intake = ledger.intake();
//! for (reason, rows) in &intake.rows_skipped {
//!     assert_eq!(*rows, 1, "{reason}");
//! }
//! assert_eq!(intake.rows_skipped.keys().map(String::as_str).collect::<Vec<_>>(), [
//!     "amount: expected an exact decimal number such as -1234.50",
//!     "date: expected year, month and day such as 2011-12-09",
//!     "no customer",
//! ]);
//! assert_eq!(intake.skipped_examples["no customer"], [5]); // row 5 of the file
//! # Ok::<(), regulars::Error>(())
//! ```
//!
//! # Usual names
//! The most telling name of a field wins; a few of each list (all of them are in the source of `header.rs`):
//!
//! | field | English | Chinese |
//! |---|---|---|
//! | customer | `customer_id`, `client`, `member_no`, `user_id`, `account`, `email` | 客户编号, 会员号, 手机号, 邮箱 |
//! | date | `date`, `order_date`, `InvoiceDate`, `timestamp`, `created_at`, `paid_at`, `day` | 下单时间, 付款时间, 日期 |
//! | basket number | `basket_no`, `visit_number`, `order_index`, `sequence` | 购物篮序号, 次序 |
//! | time | `time`, `time_of_day` | 时刻 |
//! | amount | `amount`, `revenue`, `net_sales`, `line_total`, `total`, `spend` | 实付金额, 成交金额, 金额 |
//! | quantity | `quantity`, `qty`, `units`, `pieces` | 数量, 件数 |
//! | price | `unit_price`, `price` | 单价, 售价 |
//! | order | `order_id`, `invoice_no`, `basket_id`, `receipt` | 订单号, 小票号 |
//! | item | `item_id`, `stock_code`, `product`, `sku`, `ean` | 商品编码, 货号 |
//! | currency | `currency`, `currency_code` | 币种 |
//! | known | `known_at`, `booked_at`, `recorded_at` | 入账日期, 登记日期 |
//!
//! The row's own id has no usual name: [`column`](CsvParams::column) says which column it is.

mod encoding;
mod header;
mod orders;
mod params;
mod reader;
mod table;
#[cfg(test)]
mod tests;

pub use encoding::Encoding;
pub use header::Field;
pub(crate) use header::{CUSTOMER, DATE};
pub use params::{CsvFormat, CsvParams, DecimalMark, Strictness};
pub use reader::CsvSource;
pub use table::{RawTable, TextColumn};
