//! From a file of orders to a ledger.
//!
//! One pass: the reader holds one record, `Cells` reads it in place, the assembler takes its numbers. No text of the file
//! outlives its row, except as a key seen for the first time.

use std::io::Read;

use crate::data::ledger::Assembler;
use crate::data::{Anonymous, Conflicts, Ledger, TimeAxis, Transaction};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{Amount, Currency, DateOrder, Day, Decimal, Key, Quantity, date};

use super::header::Layout;
use super::reader::{Fault, Records, Skipped};
use super::{CsvParams, DecimalMark, Field, Strictness};

/// A row without a customer under [`Anonymous::Skip`]; counted under the same words as by the other
/// constructors.
const NO_CUSTOMER: Fault = Fault::new(None, "no customer");

impl Ledger {
    /// A ledger from a file: one order row a line, columns found by their names (see
    /// [`csv`](crate::data::csv)).
    ///
    /// ```
    /// use regulars::data::{Ledger, csv::CsvParams};
    /// use regulars::types::Currency;
    ///
    /// let file = "invoice,quantity,invoice_date,unit_price,customer_id\n\
    ///             536365,6,2010-12-01 08:26:00,2.55,17850\n\
    ///             C536379,-1,2010-12-01 09:41:00,27.50,17850\n\
    ///             536414,56,2010-12-01 11:52:00,0,\n";
    /// let ledger = Ledger::read_csv(file.as_bytes(), &CsvParams::new(Currency::GBP))?;
    ///
    /// assert_eq!(ledger.len(), 2);
    /// assert_eq!(ledger.intake().refund_rows, 1);
    /// assert_eq!(ledger.intake().rows_skipped["no customer"], 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) where no column is the customer or the date, the encoding cannot be told,
    /// a row has another currency, or (strict) a row cannot be used;
    /// [`InvalidParam`](ErrorKind::InvalidParam) for a stated column that is not in the file;
    /// [`EmptyInput`](ErrorKind::EmptyInput) where nothing usable is left, naming the main reason;
    /// [`Io`](ErrorKind::Io) where reading fails.
    pub fn read_csv(reader: impl Read, params: &CsvParams) -> Result<Self> {
        params.check()?;
        let mut records = Records::open(reader, &params.format)?;
        let layout = Layout::recognise(records.header(), &params.columns, params.time_axis)?;
        let cells = Cells::new(&layout, params);
        let mut into = Assembler::new(params.currency);
        into.anonymous = params.anonymous;
        into.time = layout.axis;
        into.conflicts = match params.format.strict() {
            Strictness::Strict => Conflicts::Refuse,
            _ => Conflicts::Count,
        };
        let mut skipped = Skipped::default();
        while records.advance()? {
            into.rows_read += 1;
            match cells.read(&records) {
                Ok((row, is_rounded)) => {
                    into.push(records.row(), &row)?;
                    into.rounded_amounts += u64::from(is_rounded);
                }
                // A policy, not a fault: even a strict reader goes on.
                Err(NO_CUSTOMER) => skipped.note(NO_CUSTOMER, records.row()),
                Err(fault) if fault.field == Some(Field::Currency) => {
                    let column = layout.get(Field::Currency).map(|c| records.header()[c].clone().into());
                    let rule = format!("expected the ledger's currency {}", params.currency);
                    return Err(Error::new(fault.kind, Place::Row { row: records.row(), column }, rule));
                }
                Err(fault) => {
                    let column = fault.field.and_then(|f| layout.get(f));
                    records.refuse(fault, column, &mut skipped)?;
                }
            }
        }
        if into.is_empty() {
            let reason = skipped.main_reason().unwrap_or_else(|| "the file has a header only".to_owned());
            return Err(Error::empty(format!("no usable row: {reason}")));
        }
        for (reason, count, rows) in skipped.iter() {
            into.skip_many(&reason, count, rows);
        }
        let columns =
            Field::ALL.into_iter().filter_map(|f| Some((f, records.header()[layout.get(f)?].clone())));
        into.source = Some(records.source(columns.collect()));
        into.build()
    }
}

/// Where the fields are and how they are written; made once for the file, so that reading a row asks no names.
struct Cells {
    /// Column of the customer; always there, as is that of the date.
    customer: usize,
    date: usize,
    time: Option<usize>,
    /// Where amounts come from.
    money: Money,
    quantity: Option<usize>,
    order: Option<usize>,
    item: Option<usize>,
    /// To be checked where it is there.
    currency_column: Option<usize>,
    id: Option<usize>,
    known: Option<usize>,
    currency: Currency,
    /// Whether the date column holds basket numbers.
    axis: TimeAxis,
    anonymous: Anonymous,
    date_order: Option<DateOrder>,
    decimal_mark: DecimalMark,
}

/// Where the amount comes from.
enum Money {
    None,
    Amount(usize),
    /// Of one piece, or times the quantity where there is one.
    Price(usize),
}

impl Cells {
    /// An amount column wins over a price column: it is what was paid, the price perhaps what was asked.
    fn new(layout: &Layout, params: &CsvParams) -> Self {
        let money = match (layout.get(Field::Amount), layout.get(Field::Price)) {
            (Some(column), _) => Money::Amount(column),
            (None, Some(column)) => Money::Price(column),
            (None, None) => Money::None,
        };
        Self {
            // `Layout::recognise` finds both or fails.
            customer: layout.get(Field::Customer).unwrap_or_default(),
            date: layout.get(Field::Date).unwrap_or_default(),
            time: layout.get(Field::Time),
            money,
            quantity: layout.get(Field::Quantity),
            order: layout.get(Field::Order),
            item: layout.get(Field::Item),
            currency_column: layout.get(Field::Currency),
            id: layout.get(Field::Id),
            known: layout.get(Field::Known),
            currency: params.currency,
            axis: layout.axis,
            anonymous: params.anonymous,
            date_order: params.date_order,
            decimal_mark: params.decimal_mark,
        }
    }

    /// The row, and whether its amount was rounded.
    ///
    /// Checked in this order, so that the first fault of a row is always the same one: shape, customer, currency, date,
    /// time, quantity, amount. The product of quantity and price is exact (128 bits) and rounded once.
    fn read<'a, R: Read>(&self, records: &'a Records<R>) -> Result<(Transaction<'a>, bool), Fault> {
        records.check_shape()?;
        let customer = key(records.text(self.customer, Field::Customer)?);
        if customer.is_none() && self.anonymous == Anonymous::Skip {
            return Err(NO_CUSTOMER);
        }
        if let Some(column) = self.currency_column {
            let code = records.text(column, Field::Currency)?;
            if !code.is_empty() && !is_currency(code, self.currency) {
                return Err(Fault::new(Some(Field::Currency), "expected the ledger's currency"));
            }
        }
        let (day, mut second) = self.moment(records.text(self.date, Field::Date)?, Field::Date)?;
        if let Some(column) = self.time {
            let text = records.text(column, Field::Time)?;
            if !text.is_empty() {
                let clock = date::clock(text).or_else(|| date::moment(text, self.date_order).ok()?.1);
                let rule = "expected a time of day such as 08:26";
                second = Some(clock.ok_or(Fault::new(Some(Field::Time), rule))?);
            }
        }
        let quantity = self.quantity.map(|c| self.decimal(records, c, Field::Quantity)).transpose()?;
        let amount = match self.money {
            Money::None => None,
            Money::Amount(column) => Some((Field::Amount, self.decimal(records, column, Field::Amount)?)),
            Money::Price(column) => {
                let price = self.decimal(records, column, Field::Price)?;
                let total = quantity.map_or(Ok(price), |q| q.times(price));
                Some((Field::Price, total.map_err(|_| too_large(Field::Price))?))
            }
        };
        let mut row = Transaction::anonymous(day);
        let mut is_rounded = false;
        row.customer = customer;
        row.second = second;
        if let Some((field, amount)) = amount {
            let (minor, rounded) = amount.round_to(self.currency.decimals()).map_err(|_| too_large(field))?;
            row.amount = Some(Amount::minor(minor));
            is_rounded = rounded;
        }
        if let Some(quantity) = quantity {
            let (thousandths, _) = quantity.round_to(3).map_err(|_| too_large(Field::Quantity))?;
            row.quantity = Some(Quantity::thousandths(thousandths));
        }
        if let Some(column) = self.order {
            row.order = key(records.text(column, Field::Order)?);
        }
        if let Some(column) = self.item {
            row.item = key(records.text(column, Field::Item)?);
        }
        if let Some(column) = self.id {
            row.id = key(records.text(column, Field::Id)?);
        }
        if let Some(column) = self.known {
            let text = records.text(column, Field::Known)?;
            if key(text).is_some() {
                row.known = Some(self.moment(text, Field::Known)?.0);
            }
        }
        Ok((row, is_rounded))
    }

    /// The day and perhaps the second; under an ordinal axis the basket number in place of the day.
    fn moment(&self, text: &str, field: Field) -> Result<(Day, Option<u32>), Fault> {
        if self.axis == TimeAxis::Ordinal {
            let number = text.parse().map_err(|_| Fault::new(Some(field), "expected a whole basket number"));
            return Ok((Day::new(number?), None));
        }
        date::moment(text, self.date_order)
            .map_err(|misread| Fault::new(Some(field), misread.rule(self.date_order)))
    }

    /// An exact decimal in the file's notation. A comma file is turned into a point file character by character: both
    /// marks change places, so that groups are still checked.
    fn decimal<R: Read>(&self, records: &Records<R>, column: usize, field: Field) -> Result<Decimal, Fault> {
        let text = records.text(column, field)?;
        if text.is_empty() {
            return Err(Fault::new(Some(field), "expected a number, found nothing"));
        }
        let number = match self.decimal_mark {
            DecimalMark::Point => Decimal::parse(text),
            DecimalMark::Comma => {
                let swap = |c| match c {
                    ',' | '，' => '.',
                    '.' | '．' => ',',
                    c => c,
                };
                Decimal::parse(&text.chars().map(swap).collect::<String>())
            }
        };
        number.map_err(|_| Fault::new(Some(field), "expected an exact decimal number such as -1234.50"))
    }
}

/// An amount that does not fit: an [`Overflow`](ErrorKind::Overflow), not a misspelt number.
fn too_large(field: Field) -> Fault {
    Fault {
        field: Some(field),
        rule: "expected an amount that fits 64 bits of minor units",
        kind: ErrorKind::Overflow,
    }
}

/// No key where the cell is empty or says so in the words of a database.
fn key(text: &str) -> Option<Key<'_>> {
    let is_missing = text.is_empty()
        || (text.len() <= 4 && matches!(text, "NULL" | "null" | "NaN" | "nan" | "None" | "\\N" | "#N/A"));
    (!is_missing).then(|| Key::from(text))
}

/// Whether a cell names the ledger's currency, by code or by sign. `$` means the United States dollar here; other
/// dollars state their code.
fn is_currency(text: &str, currency: Currency) -> bool {
    let code = currency.code();
    text.eq_ignore_ascii_case(code)
        || match text {
            "£" => code == "GBP",
            "€" => code == "EUR",
            "RMB" | "rmb" | "人民币" | "元" | "￥" | "¥" => code == "CNY",
            "$" | "US$" => code == "USD",
            _ => false,
        }
}
