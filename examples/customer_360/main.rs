//! Everything `regulars` can say about a shop's customers: orders (and customer records) in, one row per person out.
//!
//! Without arguments it runs on a simulated shop whose truth is known, and says how close it came.

mod charts;
#[path = "../common/mod.rs"]
mod common;
mod export;
mod report;
mod story;
mod truth;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use common::{CsvArgs, Failure, Meter, Outcome, OutputArgs, Progress, Table, peak_rss_mb, print_json, say};
use regulars::Error;
use regulars::data::{Ledger, Records, RecordsCsvParams};
use regulars::pipeline::{Backtest, CustomerTable, Pipeline, PipelineParams};
use regulars::profile::{MatchParams, Profiles};
use regulars::simulate::{Shop, ShopParams};
use regulars::types::{AsOf, Day, Horizon, Key, Seed};
use serde_json::{Map, Value, json};

/// All answers about a shop's customers in one run
#[derive(Debug, Parser)]
struct Args {
    /// Orders, CSV or CSV.GZ; a simulated shop where not given
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
    /// Customer records of one or several sources, to merge accounts into people
    #[arg(long, value_name = "FILE", num_args = 1..)]
    records: Vec<PathBuf>,
    /// Columns of the records that say nothing about who a person is
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Last day known; default: the last day of the orders
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// How far to look ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    horizon: u32,
    /// The models of every stage: the defaults, or the plain model of each field, several times as fast
    #[arg(long, value_enum, default_value_t = Model::Auto)]
    model: Model,
    /// Where customers.csv, report.html and models/ go
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Model {
    Auto,
    Plain,
}

/// What one run found out.
struct Findings {
    ledger: Ledger,
    profiles: usize,
    people: Option<Profiles>,
    /// Accounts of each person by key; empty without records, where an account is a person.
    accounts: BTreeMap<Key<'static>, Vec<String>>,
    pipeline: Pipeline,
    table: CustomerTable,
    /// The trial on the past, or why there was none.
    backtest: Result<Backtest, Error>,
}

/// Level of the intervals around the value.
const LEVEL: f64 = 0.9;

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    let horizon = Horizon::days(args.horizon).map_err(|e| Failure::usage(e.to_string()))?;
    let mut stages = Map::new();
    let progress = Progress::spinner("working");
    let meter = Meter::start();
    let shop = match args.orders {
        Some(_) => None,
        None => Some(simulated()?),
    };
    let ledger = match (&args.orders, &shop) {
        (Some(path), _) => args.csv.ledger(path, &args.output)?,
        (None, Some(shop)) => shop.ledger()?,
        (None, None) => return Err(Failure::usage("no orders")),
    };
    stages.insert("read".to_owned(), json!(meter.cpu_seconds()));

    let mut timed = |name: &str, meter: Meter| stages.insert(name.to_owned(), json!(meter.cpu_seconds()));
    progress.message("merging accounts into people");
    let meter = Meter::start();
    let people = profiles_of(args, shop.as_ref())?;
    let accounts = people.as_ref().map_or_else(BTreeMap::new, |people| accounts_of(&ledger, people));
    let ledger = match &people {
        Some(people) => ledger.relabel(|key| people.profile_of_account(&key).map(Key::from))?,
        None => ledger,
    };
    timed("profile", meter);
    // Without `--as-of` a shop with known truth keeps its last horizon back, so that the truth can be compared.
    let last = ledger.covers().1;
    let kept_back = if shop.is_some() { i64::from(horizon.in_days()) } else { 0 };
    let as_of = AsOf::new(args.as_of.or(last.checked_add(-kept_back)).unwrap_or(last));

    progress.message("fitting every model");
    let meter = Meter::start();
    let params = match args.model {
        Model::Auto => PipelineParams::new(),
        Model::Plain => PipelineParams::plain(),
    };
    let params = params.interval(LEVEL);
    let pipeline = params.fit(&ledger, as_of, horizon)?;
    timed("fit", meter);
    progress.message("answering for every customer");
    let meter = Meter::start();
    let table = pipeline.predict(&ledger, as_of)?;
    timed("predict", meter);
    progress.message("asking how good the answers would have been");
    let meter = Meter::start();
    // A shop with a short past has answers, though nothing to try them on.
    let backtest = params.backtest(&ledger, as_of, horizon);
    timed("backtest", meter);

    progress.message("writing");
    let meter = Meter::start();
    let profiles = ledger.customers().len();
    let findings = Findings { ledger, profiles, people, accounts, pipeline, table, backtest };
    export::write(&findings, &args.out, args.output.lang)?;
    timed("write", meter);
    drop(progress);

    let truth = shop.as_ref().map(|shop| truth::compare(shop, &findings)).transpose()?;
    if args.output.json {
        return print_json(&as_json(&findings, &stages, truth.as_ref()));
    }
    print(&findings, args);
    if let Some(truth) = truth {
        say("");
        say("The shop is simulated, so the truth is known:");
        for line in truth.lines() {
            say(format!("  {line}"));
        }
    }
    Ok(())
}

fn simulated() -> Result<Shop, Failure> {
    Ok(ShopParams::new(3_000, Seed(2024)).simulate()?)
}

/// Who is who by the customer records, if there are any.
fn profiles_of(args: &Args, shop: Option<&Shop>) -> Result<Option<Profiles>, Failure> {
    let records = if let Some(shop) = shop {
        shop.records()?
    } else if args.records.is_empty() {
        return Ok(None);
    } else {
        let mut door =
            Records::csv(args.ignore.iter().fold(RecordsCsvParams::new(), RecordsCsvParams::ignore));
        let format = args.csv.format()?;
        for path in &args.records {
            door.read_as(&path.display().to_string(), common::open(path)?, &format)
                .map_err(Failure::in_file(path))?;
        }
        let files: Vec<String> = args.records.iter().map(|path| path.display().to_string()).collect();
        let skipped = door.rows_skipped().map(|(reason, rows)| (reason.as_str(), *rows));
        args.output.left_out(&PathBuf::from(files.join(", ")), skipped);
        door.build()?
    };
    Ok(Some(MatchParams::new().fit(&records)?.merge(&records)?))
}

/// The accounts that buy, listed under the person each belongs to.
fn accounts_of(ledger: &Ledger, people: &Profiles) -> BTreeMap<Key<'static>, Vec<String>> {
    let mut accounts = BTreeMap::<Key<'static>, Vec<String>>::new();
    for account in ledger.customers().iter() {
        let person = people.profile_of_account(&account).map(Key::from);
        let person = person.unwrap_or_else(|| account.clone().into_owned());
        accounts.entry(person).or_default().push(account.to_string());
    }
    accounts
}

impl Findings {
    /// The trial on the past, where there was one.
    fn trial(&self) -> Option<&Backtest> {
        self.backtest.as_ref().ok()
    }

    /// Every stage that is missing from the answers or from the trial, with its reason.
    fn left_out(&self) -> Vec<String> {
        let answers = self.pipeline.left_out().iter().map(ToString::to_string);
        let trial = match &self.backtest {
            Ok(backtest) => backtest.left_out.iter().map(|left| format!("trial of {left}")).collect(),
            Err(error) => vec![format!("trial on the past: {error}")],
        };
        answers.chain(trial).collect()
    }

    /// The key of the customer that an account belongs to after merging.
    fn person(&self, account: &Key<'_>) -> Option<Key<'static>> {
        match &self.people {
            Some(people) => people.profile_of_account(account).map(Key::from),
            None => Some(account.clone().into_owned()),
        }
    }
}

fn as_json(findings: &Findings, stages: &Map<String, Value>, truth: Option<&truth::Truth>) -> Value {
    let Findings { ledger, profiles, pipeline, table, .. } = findings;
    let trial = findings.trial();
    let intake = ledger.intake();
    let segments: Vec<Value> = story::segments(findings)
        .into_iter()
        .map(|s| json!({ "name": s.name, "customers": s.customers, "revenue": s.revenue }))
        .collect();
    let churn = trial.and_then(|t| t.churn.as_ref()).map(|c| {
        json!({ "auc": c.auc, "brier": c.brier, "lift_at_10": c.lift_at_10, "calibration_error": c.calibration_error,
                "customers": c.customers, "churned": c.churn_rate })
    });
    let ltv = pipeline.ltv().map(|model| {
        let holdout = trial.and_then(|t| t.ltv.as_ref()).map(|f| {
            let errors = &f.model;
            json!({ "mae": errors.mae.value, "rmse": errors.rmse.value, "bias": errors.bias.map(|b| b.value) })
        });
        json!({ "model": model.process().model().to_string(), "log_likelihood": model.summary().log_likelihood,
                "holdout": holdout })
    });
    let recommend = trial
        .and_then(|t| t.recommend.as_ref())
        .map(|r| json!({ "recall_at_10": r.recall, "ndcg_at_10": r.ndcg, "customers": r.lists }));
    json!({
        "customers": table.len(),
        "profiles": profiles,
        "rows_read": intake.rows_read,
        "rows_kept": intake.rows_kept,
        "rows_skipped": intake.rows_skipped,
        "duplicate_rows": intake.duplicate_rows,
        "refund_rows": intake.refund_rows,
        "as_of": table.as_of().to_string(),
        "horizon_days": table.horizon().in_days(),
        "segments": segments,
        "churn": churn,
        "ltv": ltv,
        "recommend": recommend,
        "left_out": findings.left_out(),
        "identity": story::identity(findings),
        "truth": truth.map(truth::Truth::to_json),
        "stages": stages,
        "peak_rss_mb": peak_rss_mb(),
    })
}

fn print(findings: &Findings, args: &Args) {
    let lang = args.output.lang;
    for (name, value) in story::facts(findings, lang) {
        say(format!("{name}: {value}"));
    }
    say("");
    let mut table = Table::new(
        lang.pick(["segment", "customers", "revenue", "share"], ["分层", "客户数", "收入", "占比"]),
    );
    for s in story::segments(findings) {
        table.row([
            lang.pick(s.name, s.name_zh),
            charts::thousands(s.customers),
            format!("{:.2}", s.revenue),
            format!("{:.1} %", s.share * 100.0),
        ]);
    }
    table.print();
    say("");
    for line in story::quality(findings, lang) {
        say(line);
    }
    say("");
    say(lang.pick(
        format!("Written to {}: customers.csv, report.html, models/", args.out.display()),
        format!("已写入 {}：customers.csv、report.html、models/", args.out.display()),
    ));
}
