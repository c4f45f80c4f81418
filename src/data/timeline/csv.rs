//! The CSV doors of events and contracts.
//!
//! Headers are recognised in English and Chinese; encoding and delimiter are found out as for orders. Rows that cannot
//! be used are counted by reason, or refused where reading is strict.

use std::io::Read;

use crate::data::Conflicts;
use crate::data::csv::{CsvFormat, RawTable, Strictness, TextColumn};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{DateOrder, Day, Moment, date};

use super::{Contract, Contracts, Event, Events};

/// How a file becomes [`Events`] or [`Contracts`].
///
/// Columns are recognised by their usual names; [`column`](Self::column) names others. The fields of an event are
/// `customer`, `date`, `kind` and, where they are there, `value`, `channel`, `campaign`, `text`, `id` and `known`; of a
/// contract `customer`, `start` and, where they are there, `end`, `plan`, `id` and `known`. A time beside a date is kept.
///
/// ```
/// use regulars::data::csv::CsvFormat;
/// use regulars::data::{Contracts, Events, TimelineCsvParams};
///
/// let calls = "member,date,type,minutes\nann,2024-05-01,call,3.5\nann,soon,call,1\n";
/// let params = TimelineCsvParams::new().column("value", "minutes");
/// let events = Events::read_csv(calls.as_bytes(), &params)?;
/// assert_eq!((events.len(), events.intake().rows_skipped.len()), (1, 1));
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
    date_order: Option<DateOrder>,
}

/// Usual names of the columns, normalised as headers are, in order of preference.
const KIND: &str =
    "kind event eventtype eventname eventkind type action activity 事件 事件类型 事件名称 类型 行为";
/// How much of an event.
const VALUE: &str = "value eventvalue amount score rating duration 数值 值 评分 时长 金额";
/// Means by which an event happened.
const CHANNELS: &str = "channel medium 渠道 媒介";
/// The campaign of an event.
const CAMPAIGNS: &str = "campaign campaignname 活动 活动名称 营销活动";
/// What was said.
const TEXTS: &str = "text comment note message review 内容 评论 备注 留言";
/// The id of an event.
const EVENT_ID: &str = "eventid eventuuid 事件编号 事件id";
/// The id of a contract.
const CONTRACT_ID: &str = "contractid contractno contractnumber subscriptionid 合同编号 合同号 合约编号";
/// When a row became known.
const KNOWN: &str = "known knownat knownon recordedat bookedat receivedat 入账日期 登记日期 录入时间";
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
    /// use regulars::data::{Events, TimelineCsvParams};
    /// use regulars::types::DateOrder;
    ///
    /// let file = "customer,date,kind\nann,09/12/2011,visit\n";
    /// let error = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new()).unwrap_err();
    /// assert_eq!(error.kind(), regulars::ErrorKind::EmptyInput); // no usable row is left
    /// let params = TimelineCsvParams::new().date_order(DateOrder::DayFirst);
    /// assert_eq!(Events::read_csv(file.as_bytes(), &params)?.len(), 1); // 9 December
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn date_order(mut self, order: impl Into<Option<DateOrder>>) -> Self {
        self.date_order = order.into();
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

    /// The day of a date, and its second where the text has one.
    fn moment(&self, column: &'static str, text: &str) -> Result<(Day, Option<u32>), Bad> {
        date::moment(text, self.date_order).map_err(|misread| (column, misread.rule(self.date_order)))
    }

    /// As [`moment`](Self::moment); the time is not used.
    fn day(&self, column: &'static str, text: &str) -> Result<Day, Bad> {
        self.moment(column, text).map(|(day, _)| day)
    }

    /// What to do with versions of one id that contradict each other: refused where reading is strict.
    fn conflicts(&self) -> Conflicts {
        match self.format.strict() {
            Strictness::Strict => Conflicts::Refuse,
            _ => Conflicts::Count,
        }
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

impl Events {
    /// The CSV door. Needs columns of customer, date and kind; a value is optional.
    ///
    /// ```
    /// use regulars::data::{Events, TimelineCsvParams};
    ///
    /// let file = "customer,date,kind,value\nann,2024-05-01,call,3.5\nann,2024-05-02,call,many\n";
    /// let events = Events::read_csv(file.as_bytes(), &TimelineCsvParams::new())?;
    /// assert_eq!(events.len(), 1);
    /// assert_eq!(events.intake().rows_skipped["value: expected a finite number or nothing"], 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Ledger::read_csv`](crate::data::Ledger::read_csv).
    pub fn read_csv(reader: impl Read, params: &TimelineCsvParams) -> Result<Self> {
        params.check(&["customer", "date", "kind", "value", "channel", "campaign", "text", "id", "known"])?;
        let table = RawTable::read_csv(reader, &params.format)?;
        let customers = params.need(&table, "customer", crate::data::csv::CUSTOMER)?;
        let days = params.need(&table, "date", crate::data::csv::DATE)?;
        let kinds = params.need(&table, "kind", KIND)?;
        let values = params.find(&table, "value", VALUE)?;
        let channels = params.find(&table, "channel", CHANNELS)?;
        let campaigns = params.find(&table, "campaign", CAMPAIGNS)?;
        let texts = params.find(&table, "text", TEXTS)?;
        let ids = params.find(&table, "id", EVENT_ID)?;
        let known = params.find(&table, "known", KNOWN)?;
        let mut builder = Self::builder().conflicts(params.conflicts());
        let mut skipped = std::collections::BTreeMap::new();
        each_row(&table, params.format.strict(), &mut skipped, |row| {
            let text =
                |column: &TextColumn<'_>| column.get(row).filter(|text| !text.is_empty()).map(str::to_owned);
            let Some(customer) = text(&customers) else { return Ok(Err(("customer", NO_KEY))) };
            let Some(kind) = text(&kinds) else { return Ok(Err(("kind", NO_KEY))) };
            let (day, second) = match params.moment("date", &text(&days).unwrap_or_default()) {
                Ok(found) => found,
                Err(bad) => return Ok(Err(bad)),
            };
            let said = texts.as_ref().and_then(text);
            let mut event = Event::new(customer, day, kind);
            event = second.into_iter().fold(event, Event::second_of_day);
            if let Some(value) = values.as_ref().and_then(text) {
                match value.parse() {
                    Ok(value) if f64::is_finite(value) => event = event.value(value),
                    _ => return Ok(Err(("value", "expected a finite number or nothing"))),
                }
            }
            if let Some(known) = known.as_ref().and_then(text) {
                event = match params.moment("known", &known) {
                    Ok((day, Some(second))) => event.known_at(Moment::known(day, second)),
                    Ok((day, None)) => event.known(day),
                    Err(bad) => return Ok(Err(bad)),
                };
            }
            let channel = channels.as_ref().and_then(text);
            let campaign = campaigns.as_ref().and_then(text);
            let id = ids.as_ref().and_then(text);
            let event = event.channel(channel.as_deref()).campaign(campaign.as_deref()).id(id.as_deref());
            builder.push(said.iter().fold(event, |event, text| event.text(text))).map(Ok)
        })?;
        builder.arrivals.skipped = skipped;
        builder.build()
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
        params.check(&["customer", "start", "end", "plan", "id", "known"])?;
        let table = RawTable::read_csv(reader, &params.format)?;
        let customers = params.need(&table, "customer", crate::data::csv::CUSTOMER)?;
        let starts = params.need(&table, "start", START)?;
        let ends = params.find(&table, "end", END)?;
        let plans = params.find(&table, "plan", PLAN)?;
        let ids = params.find(&table, "id", CONTRACT_ID)?;
        let known = params.find(&table, "known", KNOWN)?;
        let mut builder = Self::builder().conflicts(params.conflicts());
        let mut skipped = std::collections::BTreeMap::new();
        each_row(&table, params.format.strict(), &mut skipped, |row| {
            let text =
                |column: &TextColumn<'_>| column.get(row).filter(|text| !text.is_empty()).map(str::to_owned);
            let Some(customer) = text(&customers) else { return Ok(Err(("customer", NO_KEY))) };
            let start = match params.day("start", &text(&starts).unwrap_or_default()) {
                Ok(start) => start,
                Err(bad) => return Ok(Err(bad)),
            };
            let mut contract = Contract::new(customer, start);
            if let Some(end) = ends.as_ref().and_then(text) {
                match params.day("end", &end) {
                    Ok(end) if end >= start => contract = contract.end(end),
                    Ok(_) => return Ok(Err(("end", "expected a day on or after the start"))),
                    Err(bad) => return Ok(Err(bad)),
                }
            }
            if let Some(known) = known.as_ref().and_then(text) {
                match params.day("known", &known) {
                    Ok(day) => contract = contract.known(day),
                    Err(bad) => return Ok(Err(bad)),
                }
            }
            let (plan, id) = (plans.as_ref().and_then(text), ids.as_ref().and_then(text));
            builder.push(contract.plan(plan.as_deref()).id(id.as_deref())).map(Ok)
        })?;
        builder.arrivals.skipped = skipped;
        builder.build()
    }
}
