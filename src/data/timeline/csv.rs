//! The CSV doors of events and contracts.
//!
//! Headers are recognised in English and Chinese; encoding and delimiter are found out as for orders. Rows that cannot
//! be used are counted by reason, or refused where reading is strict.

use std::io::Read;

use crate::data::csv::{CsvFormat, DateOrder, RawTable, Strictness, TextColumn};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::Day;

use super::{Contract, Contracts, Event, Events};

/// How a file becomes [`Events`] or [`Contracts`].
///
/// Columns are recognised by their usual names; [`column`](Self::column) names others. The fields of an event are
/// `customer`, `date`, `kind` and, where there is one, `value`; of a contract `customer`, `start` and, where they are
/// there, `end` and `plan`.
///
/// ```
/// use regulars::data::csv::CsvFormat;
/// use regulars::data::{Contracts, Events, TimelineCsvParams};
///
/// let calls = "member,date,type,minutes\nann,2024-05-01,call,3.5\nann,soon,call,1\n";
/// let params = TimelineCsvParams::new().column("value", "minutes");
/// let events = Events::read_csv(calls.as_bytes(), &params)?;
/// assert_eq!((events.len(), events.rows_skipped().len()), (1, 1));
///
/// let plans = "客户编号,开始日期,结束日期,套餐\n007,2024-01-01,,基础\n";
/// let contracts = Contracts::read_csv(plans.as_bytes(), &TimelineCsvParams::new())?;
/// assert_eq!(contracts.len(), 1);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// A header is recognised whatever its case, spaces, hyphens and underscores: `Event Type`, `event_type` and
/// `eventtype` are one. Where two columns have a usual name of one field, the first name of the crate's list wins:
/// say which one is meant where it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct TimelineCsvParams {
    format: CsvFormat,
    columns: Vec<(String, String)>,
    date_order: DateOrder,
}

/// Usual names of the columns, normalised as headers are, in order of preference.
const KIND: &str =
    "kind event eventtype eventname eventkind type action activity 事件 事件类型 事件名称 类型 行为";
/// How much of an event.
const VALUE: &str = "value eventvalue amount score rating duration 数值 值 评分 时长 金额";
/// First day of a contract.
const START: &str = "start startdate begin begindate contractstart validfrom from signupdate activationdate \
    开始日期 开始时间 生效日期 起始日期 签约日期 开通日期 开通时间";
/// Last day of a contract.
const END: &str = "end enddate contractend validto validuntil until to canceldate cancellationdate expirydate \
    结束日期 结束时间 终止日期 到期日期 到期时间 失效日期 退订日期 注销日期";
/// What was agreed on.
const PLAN: &str = "plan planname contract contracttype subscription package tier product \
    套餐 方案 合同类型 合约 产品";

impl TimelineCsvParams {
    /// Columns, encoding and delimiter found out; rows that cannot be used are counted and left out.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encoding, delimiter, strictness and limit; found out, lenient and generous by default.
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }

    /// Which column holds a field, where its name does not say it; said twice, the last word counts. A field that does
    /// not exist is an [`InvalidParam`](ErrorKind::InvalidParam) when the file is read, a column that does not an
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn column(mut self, field: impl Into<String>, name: impl Into<String>) -> Self {
        self.columns.push((field.into(), name.into()));
        self
    }

    /// Which number comes first in dates such as `09/12/2011`; by default such dates are refused.
    ///
    /// ```
    /// use regulars::data::csv::DateOrder;
    /// use regulars::data::{Events, TimelineCsvParams};
    ///
    /// let file = "customer,date,kind\nann,09/12/2011,visit\n";
    /// let error = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap_err();
    /// assert_eq!(error.kind(), regulars::ErrorKind::EmptyInput); // no usable row is left
    /// let params = TimelineCsvParams::new().date_order(DateOrder::DayFirst);
    /// assert_eq!(Events::read_csv(file.as_bytes(), &params)?.len(), 1); // 9 December
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.date_order = order;
        self
    }

    /// Whether every stated field is one of those: a misspelt field would otherwise be ignored in silence.
    fn check(&self, fields: &[&str]) -> Result<()> {
        match self.columns.iter().find(|(field, _)| !fields.contains(&field.as_str())) {
            Some((field, _)) => {
                Err(Error::param("column", &format!("must name one of {}", fields.join(", ")), field))
            }
            None => Ok(()),
        }
    }

    /// The column of a field, by the caller's word or by its usual names.
    fn find<'t>(&self, table: &'t RawTable, field: &str, usual: &str) -> Result<Option<TextColumn<'t>>> {
        if let Some((_, name)) = self.columns.iter().rev().find(|(f, _)| f == field) {
            return table.column(name).map(Some);
        }
        let position = usual.split_ascii_whitespace().find_map(|name| table.position(name));
        Ok(position.and_then(|i| table.column_at(i)))
    }

    /// As [`find`](Self::find) for a field without which there is no row.
    fn need<'t>(&self, table: &'t RawTable, field: &'static str, usual: &str) -> Result<TextColumn<'t>> {
        self.find(table, field, usual)?.ok_or_else(|| {
            let rule = "no column has a usual name of it; say which one is";
            Error::new(ErrorKind::InvalidInput, Place::Column(field.into()), rule)
        })
    }

    /// The day of a date or of a date with a time; the time is not used.
    fn day(&self, text: &str) -> Option<Day> {
        crate::data::csv::moment(text, self.date_order).map(|(day, _)| day)
    }
}

/// A row that cannot be used: its column and what was expected.
type Bad = (&'static str, &'static str);

/// Offers every row of a table; bad ones are counted or refused.
fn each_row(
    table: &RawTable,
    strictness: Strictness,
    skipped: &mut std::collections::BTreeMap<String, u64>,
    mut row: impl FnMut(usize) -> Result<Result<(), Bad>>,
) -> Result<()> {
    for (reason, count) in table.rows_skipped() {
        *skipped.entry(reason.clone()).or_default() += count;
    }
    for i in 0..table.len() {
        if let Err((column, rule)) = row(i)? {
            if strictness == Strictness::Strict {
                return Err(Error::row(table.row_number(i), Some(column), rule));
            }
            *skipped.entry(format!("{column}: {rule}")).or_default() += 1;
        }
    }
    Ok(())
}

const NO_KEY: &str = "expected a key, found nothing";
const NO_DAY: &str = "expected year, month and day such as 2011-12-09";

impl Events {
    /// The CSV door. Needs columns of customer, date and kind; a value is optional.
    ///
    /// ```
    /// use regulars::data::{Events, TimelineCsvParams};
    ///
    /// let file = "customer,date,kind,value\nann,2024-05-01,call,3.5\nann,2024-05-02,call,many\n";
    /// let events = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new())?;
    /// assert_eq!(events.len(), 1);
    /// assert_eq!(events.rows_skipped()["value: expected a finite number or nothing"], 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Ledger::read_csv`](crate::data::Ledger::read_csv).
    pub fn read_csv(reader: impl Read, params: &TimelineCsvParams) -> Result<Self> {
        params.check(&["customer", "date", "kind", "value"])?;
        let table = RawTable::read_csv(reader, &params.format)?;
        let customers = params.need(&table, "customer", crate::data::csv::CUSTOMER)?;
        let days = params.need(&table, "date", crate::data::csv::DATE)?;
        let kinds = params.need(&table, "kind", KIND)?;
        let values = params.find(&table, "value", VALUE)?;
        let mut builder = Self::builder();
        let mut skipped = std::collections::BTreeMap::new();
        each_row(&table, params.format.strict(), &mut skipped, |row| {
            let text =
                |column: &TextColumn<'_>| column.get(row).filter(|text| !text.is_empty()).map(str::to_owned);
            let Some(customer) = text(&customers) else { return Ok(Err(("customer", NO_KEY))) };
            let Some(kind) = text(&kinds) else { return Ok(Err(("kind", NO_KEY))) };
            let Some(day) = text(&days).and_then(|t| params.day(&t)) else {
                return Ok(Err(("date", NO_DAY)));
            };
            let mut event = Event::new(customer, day, kind);
            if let Some(value) = values.as_ref().and_then(text) {
                match value.parse() {
                    Ok(value) if f64::is_finite(value) => event = event.value(value),
                    _ => return Ok(Err(("value", "expected a finite number or nothing"))),
                }
            }
            builder.push(event).map(Ok)
        })?;
        let mut events = builder.build()?;
        events.0.skipped = skipped;
        Ok(events)
    }
}

impl Contracts {
    /// The CSV door; an empty end is a running contract. Needs columns of customer and start; end and plan are optional.
    ///
    /// ```
    /// use regulars::data::csv::{CsvFormat, Strictness};
    /// use regulars::data::{Contracts, TimelineCsvParams};
    ///
    /// let file = "customer,start,end\nann,2024-05-01,2024-04-30\n";
    /// let strict = TimelineCsvParams::new().format(CsvFormat::new().strictness(Strictness::Strict));
    /// let error = Contracts::read_csv(file.as_bytes(), &strict).unwrap_err();
    /// assert_eq!(error.to_string(), "row 2, column `end`: expected a day on or after the start");
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Ledger::read_csv`](crate::data::Ledger::read_csv).
    pub fn read_csv(reader: impl Read, params: &TimelineCsvParams) -> Result<Self> {
        params.check(&["customer", "start", "end", "plan"])?;
        let table = RawTable::read_csv(reader, &params.format)?;
        let customers = params.need(&table, "customer", crate::data::csv::CUSTOMER)?;
        let starts = params.need(&table, "start", START)?;
        let ends = params.find(&table, "end", END)?;
        let plans = params.find(&table, "plan", PLAN)?;
        let mut builder = Self::builder();
        let mut skipped = std::collections::BTreeMap::new();
        each_row(&table, params.format.strict(), &mut skipped, |row| {
            let text =
                |column: &TextColumn<'_>| column.get(row).filter(|text| !text.is_empty()).map(str::to_owned);
            let Some(customer) = text(&customers) else { return Ok(Err(("customer", NO_KEY))) };
            let Some(start) = text(&starts).and_then(|t| params.day(&t)) else {
                return Ok(Err(("start", NO_DAY)));
            };
            let mut contract = Contract::new(customer, start);
            if let Some(end) = ends.as_ref().and_then(text) {
                match params.day(&end) {
                    Some(end) if end >= start => contract = contract.end(end),
                    Some(_) => return Ok(Err(("end", "expected a day on or after the start"))),
                    None => return Ok(Err(("end", NO_DAY))),
                }
            }
            if let Some(plan) = plans.as_ref().and_then(text) {
                contract = contract.plan(plan);
            }
            builder.push(contract).map(Ok)
        })?;
        let mut contracts = builder.build()?;
        contracts.0.skipped = skipped;
        Ok(contracts)
    }
}
