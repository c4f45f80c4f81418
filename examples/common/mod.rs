//! What every example needs besides the library: arguments, files, a meter, output.
//!
//! An example is `fn main() -> ExitCode { common::main(run) }` with `fn run(args: &Args) -> common::Outcome`.
#![allow(dead_code, unused_imports, reason = "each example uses the part it needs")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "examples are programs; programs print")]

mod files;
mod meter;
mod output;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
#[cfg(feature = "csv")]
use regulars::data::csv::{CsvFormat, CsvParams, DecimalMark, RawTable, Strictness};
#[cfg(feature = "csv")]
use regulars::data::{Anonymous, Ledger};
#[cfg(feature = "csv")]
use regulars::simulate::ShopParams;
use regulars::types::Language;
#[cfg(feature = "csv")]
use regulars::types::{Currency, DateOrder, Seed};
use regulars::{Error, Place};

pub(crate) use files::{open, raw_f64s, raw_i32s, raw_i64s, write_file};
pub(crate) use meter::{Meter, peak_rss_mb};
pub(crate) use output::{Progress, Table, print_json, say};

/// What the run of an example comes to.
pub(crate) type Outcome = Result<(), Failure>;

/// Parses the arguments, runs the example, turns a failure into one line on stderr and an exit code: 1 for bad data, 2
/// for wrong usage.
pub(crate) fn main<A: Parser>(run: impl FnOnce(&A) -> Outcome) -> ExitCode {
    match run(&A::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.code)
        }
    }
}

/// One line that says where, what is wrong and what was expected.
#[derive(Debug)]
pub(crate) struct Failure {
    line: String,
    code: u8,
}

impl Failure {
    /// Bad data or a failing system call.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), code: 1 }
    }

    /// Wrong usage, or a flag whose model is not built yet.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self { line: line.into(), code: 2 }
    }

    /// `FILE:ROW: column: rule`, as far as the error knows them. Use as `.map_err(Failure::in_file(path))`.
    pub(crate) fn in_file(path: &Path) -> impl Fn(Error) -> Self {
        let file = path.display().to_string();
        move |error| {
            let whole = error.to_string();
            let rule = error.place().and_then(|p| whole.strip_prefix(&format!("{p}: "))).unwrap_or(&whole);
            Self::new(match error.place() {
                Some(Place::Row { row, column: Some(column) }) => format!("{file}:{row}: {column}: {rule}"),
                Some(Place::Row { row, column: None }) => format!("{file}:{row}: {rule}"),
                Some(Place::Column(column)) => format!("{file}: {column}: {rule}"),
                _ => format!("{file}: {whole}"),
            })
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a cause may have put into its message.
        f.write_str(&self.line.replace(['\n', '\r'], " "))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<String> for Failure {
    fn from(line: String) -> Self {
        Self::new(line)
    }
}

impl From<&str> for Failure {
    fn from(line: &str) -> Self {
        Self::new(line)
    }
}

/// The language of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The same, in the library's words.
    pub(crate) fn language(self) -> Language {
        self.pick(Language::English, Language::Chinese)
    }

    /// The text in this language.
    pub(crate) fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// Arguments about output, the same in every example. Use with `#[command(flatten)]`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// Print exactly one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of reasons and reports
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
}

impl OutputArgs {
    /// Tells a person how many rows of a file were left out, by reason; JSON has its own keys for them.
    pub(crate) fn left_out<'a>(&self, path: &Path, reasons: impl Iterator<Item = (&'a str, u64)>) {
        let mut all = 0;
        let mut list = Vec::new();
        for (reason, rows) in reasons {
            all += rows;
            list.push(format!("{rows} × {reason}"));
        }
        if all > 0 && !self.json {
            let (file, list) = (path.display(), list.join("; "));
            say(self.lang.pick(
                format!("{file}: {all} rows left out: {list}"),
                format!("{file}：跳过{all}行：{list}"),
            ));
        }
    }
}

/// Arguments about reading CSV, the same in every example. Use with `#[command(flatten)]`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CsvArgs {
    /// Which column is which, where its name does not say it: customer=..,date=..,amount=..,order=..,item=..,
    /// quantity=..,price=.. (`time=` with nothing behind it: the file has no such field)
    #[arg(long, value_name = "FIELD=COLUMN,..", value_delimiter = ',', value_parser = field_and_column)]
    pub(crate) columns: Vec<(String, String)>,
    /// Encoding of the files (utf-8, gb18030, utf-16le, windows-1252, ..); detected where not given
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// The first row that cannot be used is an error; otherwise such rows are counted and skipped
    #[arg(long)]
    pub(crate) strict: bool,
    /// Currency of the amounts, an ISO 4217 code
    #[arg(long, value_name = "CODE", default_value = "USD")]
    pub(crate) currency: String,
    /// Which number comes first in dates such as 09/12/2011, which no file tells
    #[arg(long, value_enum, value_name = "ORDER", default_value_t)]
    pub(crate) dates: Dates,
    /// The decimal mark of amounts
    #[arg(long, value_enum, value_name = "MARK", default_value_t)]
    pub(crate) decimal: Decimal,
}

/// The order of the parts of a date.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Dates {
    /// Year, month, day
    #[default]
    Ymd,
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
}

/// The decimal mark of amounts.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Decimal {
    /// 1,234.50
    #[default]
    Point,
    /// 1.234,50
    Comma,
}

fn field_and_column(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, column)) if !field.trim().is_empty() => {
            Ok((field.trim().to_owned(), column.trim().to_owned()))
        }
        _ => Err("expected FIELD=COLUMN".to_owned()),
    }
}

/// Examples that read files state `required-features = ["csv"]` in Cargo.toml.
#[cfg(feature = "csv")]
impl CsvArgs {
    /// The ledger of a file of orders. A person is told at once which rows could not be used, and why.
    pub(crate) fn ledger(&self, path: &Path, output: &OutputArgs) -> Result<Ledger, Failure> {
        self.ledger_in(path, self.currency()?, Anonymous::Skip, output)
    }

    /// The ledger of a file whose unit prices may be finer than the currency: no paid row is rounded to nothing.
    pub(crate) fn ledger_of_prices(&self, path: &Path, output: &OutputArgs) -> Result<Ledger, Failure> {
        let currency = self.currency()?.with_decimals(4).map_err(usage)?;
        self.ledger_in(path, currency, Anonymous::Skip, output)
    }

    /// The same, orders of unknown customers kept.
    pub(crate) fn ledger_of_everybody(&self, path: &Path, output: &OutputArgs) -> Result<Ledger, Failure> {
        let currency = self.currency()?.with_decimals(4).map_err(usage)?;
        self.ledger_in(path, currency, Anonymous::Keep, output)
    }

    /// The currency of the amounts.
    pub(crate) fn currency(&self) -> Result<Currency, Failure> {
        Currency::new(&self.currency).map_err(|_| {
            Failure::usage(format!(
                "--currency: expected an ISO 4217 code such as EUR, got {}",
                self.currency
            ))
        })
    }

    fn ledger_in(
        &self,
        path: &Path,
        currency: Currency,
        anonymous: Anonymous,
        output: &OutputArgs,
    ) -> Result<Ledger, Failure> {
        let progress = Progress::spinner("reading orders");
        let mut params = CsvParams::new(currency)
            .anonymous(anonymous)
            .strictness(self.strictness())
            .date_order(match self.dates {
                Dates::Ymd => None,
                Dates::Dmy => Some(DateOrder::DayFirst),
                Dates::Mdy => Some(DateOrder::MonthFirst),
            })
            .decimal_mark(match self.decimal {
                Decimal::Point => DecimalMark::Point,
                Decimal::Comma => DecimalMark::Comma,
            });
        for (field, column) in &self.columns {
            let field = field.parse().map_err(usage)?;
            params = if column.is_empty() { params.without(field) } else { params.column(field, column) };
        }
        if let Some(encoding) = &self.encoding {
            params = params.encoding(encoding.parse().map_err(usage)?);
        }
        let ledger = Ledger::read_csv(open(path)?, &params).map_err(Failure::in_file(path));
        drop(progress);
        let ledger = ledger?;
        output.left_out(
            path,
            ledger.intake().rows_skipped.iter().map(|(reason, rows)| (reason.as_str(), *rows)),
        );
        Ok(ledger)
    }

    /// How any file is written, as far as the arguments say.
    pub(crate) fn format(&self) -> Result<CsvFormat, Failure> {
        let format = CsvFormat::new().strictness(self.strictness());
        Ok(match &self.encoding {
            Some(encoding) => format.encoding(encoding.parse().map_err(usage)?),
            None => format,
        })
    }

    /// Any file with a header, as columns of text.
    pub(crate) fn table(&self, path: &Path) -> Result<RawTable, Failure> {
        RawTable::read_csv(open(path)?, &self.format()?).map_err(Failure::in_file(path))
    }

    fn strictness(&self) -> Strictness {
        if self.strict { Strictness::Strict } else { Strictness::Lenient }
    }
}

/// A file of orders or a simulated shop, and how to read and print. Use with `#[command(flatten)]`.
#[cfg(feature = "csv")]
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OrdersArgs {
    /// Orders; a simulated shop where not given
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) csv: CsvArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[cfg(feature = "csv")]
impl OrdersArgs {
    /// The orders as `read` takes them from the file, or those of 2,000 simulated customers.
    pub(crate) fn ledger(
        &self,
        read: impl Fn(&CsvArgs, &Path, &OutputArgs) -> Result<Ledger, Failure>,
    ) -> Result<Ledger, Failure> {
        match &self.file {
            Some(path) => read(&self.csv, path, &self.output),
            None => Ok(ShopParams::new(2_000, Seed(7)).simulate()?.ledger()?),
        }
    }
}

/// A wrong value of an argument.
#[allow(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn usage(error: Error) -> Failure {
    Failure::usage(error.to_string())
}
