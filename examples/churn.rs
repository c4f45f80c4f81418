//! Who is leaving: from a table with one row per customer, from orders, or from a raw matrix.
//!
//! `cargo run --release --example churn -- customers.csv --target Churn --positive Yes --id customerID`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "examples are programs; programs print")]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{
    CsvArgs, Failure, Lang, Meter, Outcome, OutputArgs, Progress, Table, peak_rss_mb, print_json, raw_f64s,
    say,
};
use regulars::churn::{
    ChurnModel, ChurnParams, Coefficient, Comparison, Evaluation, LogisticParams, LogisticSummary, Method,
};
use regulars::data::csv::{RawTable, TextColumn};
use regulars::data::{Customers, Features, Matrix, Split};
use regulars::ltv::{LtvParams, Model as BtydModel};
use regulars::metrics;
use regulars::simulate::ChurnTableParams;
use regulars::types::{AsOf, Day, Horizon, Language, Seed};
use serde_json::{Value, json};

/// Probabilities of leaving, how good they are, and why
#[derive(Debug, Parser)]
struct Args {
    /// A table as CSV or CSV.GZ; a simulated one where neither it nor --orders or --matrix is given
    #[arg(value_name = "TABLE", requires = "target")]
    table: Option<PathBuf>,
    /// The column that says who left
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Its value for those who left; where there are two values and one says so (yes, true, 1, churned, ..) it is found
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// The column that names the customer
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Number of folds, or a file of id and fold
    #[arg(long, value_name = "N|FILE", default_value = "5")]
    folds: String,
    /// Deals customers out into folds
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// auto: curves, pairs and ridge as the data want; plain: maximum likelihood
    #[arg(long, value_enum, default_value_t = Model::Auto)]
    model: Model,
    /// Learn from orders instead, CSV or CSV.GZ
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    orders: Option<PathBuf>,
    /// Last day known; by default the horizon fits behind it
    #[arg(long, value_name = "DATE", requires = "orders")]
    as_of: Option<Day>,
    /// Days in which those who stay come back
    #[arg(long, value_name = "DAYS", requires = "orders")]
    horizon: Option<u32>,
    /// Fit a raw matrix instead, ridge 1: little-endian f64, row by row
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table", "orders"], requires_all = ["labels", "rows", "dims"])]
    matrix: Option<PathBuf>,
    /// Its labels, little-endian f64, 0 or 1
    #[arg(long, value_name = "FILE", requires = "matrix")]
    labels: Option<PathBuf>,
    /// Rows of the matrix
    #[arg(long, requires = "matrix")]
    rows: Option<usize>,
    /// Columns of the matrix
    #[arg(long, requires = "matrix")]
    dims: Option<usize>,
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

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    match (&args.table, &args.orders, &args.matrix) {
        (_, _, Some(file)) => matrix(args, file),
        (_, Some(file), _) => orders(args, file),
        (Some(file), _, _) => table(args, file),
        _ => {
            let simulated = ChurnTableParams::new(4_000, Seed(args.seed)).simulate()?;
            evaluate(args, simulated.features(), simulated.left().values(), None, 0.0, &json!({}))
        }
    }
}

fn params(args: &Args) -> ChurnParams {
    let method = match args.model {
        Model::Auto => Method::Auto,
        Model::Plain => Method::Plain,
    };
    ChurnParams::new().method(method).seed(Seed(args.seed))
}

fn table(args: &Args, file: &Path) -> Outcome {
    let reading = Meter::start();
    let raw = args.csv.table(file)?;
    let wanted = |name: &str| {
        raw.column(name).map_err(|_| {
            let names = raw.names().join(", ");
            Failure::new(format!("{}: {name}: expected one of the columns {names}", file.display()))
        })
    };
    let target = wanted(args.target.as_deref().unwrap_or_default())?;
    let (rows, left) = outcomes(args, file, target)?;
    let id = args.id.as_deref().map(wanted).transpose()?;
    let mut skipped: Vec<&str> = vec![target.name()];
    skipped.extend(id.as_ref().map(TextColumn::name));
    for name in &args.ignore {
        skipped.push(wanted(name)?.name());
    }
    let mut builder = Features::builder(Customers::numbered(rows.len())?);
    for (number, column) in raw.columns().enumerate() {
        // Tables written with their row numbers have a first column without a name.
        let name = match column.name() {
            "" => format!("column {}", number + 1),
            name => name.to_owned(),
        };
        if !skipped.contains(&column.name()) {
            let cells = rows.iter().map(|row| column.get(*row).unwrap_or_default());
            builder = builder.inferred(&name, cells).map_err(Failure::in_file(file))?;
        }
    }
    let features = builder.build().map_err(Failure::in_file(file))?;
    let mut skips: BTreeMap<String, u64> = raw.rows_skipped().iter().cloned().collect();
    if rows.len() < raw.len() {
        skips.insert("no outcome".to_owned(), (raw.len() - rows.len()) as u64);
    }
    let counts = json!({ "rows_read": raw.rows_read(), "rows_skipped": skips });
    let folds = if args.folds.parse::<usize>().is_ok() {
        None
    } else {
        let Some(id) = id else { return Err(Failure::usage("--folds FILE needs --id")) };
        let all = folds_of_file(args, &raw, id)?;
        Some(rows.iter().map(|row| all[*row]).collect())
    };
    evaluate(args, &features, &left, folds, reading.cpu_seconds(), &counts)
}

/// Words for those who left, where `--positive` does not say it.
const LEAVERS: [&str; 13] = [
    "1",
    "yes",
    "y",
    "true",
    "t",
    "churn",
    "churned",
    "left",
    "exited",
    "attrited customer",
    "lost",
    "是",
    "流失",
];

/// The rows whose outcome is known, and whether they left.
fn outcomes(args: &Args, file: &Path, target: TextColumn<'_>) -> Result<(Vec<usize>, Vec<bool>), Failure> {
    // `1.0` is `1`; `TRUE` is `true`; a full stop behind a word, as in some public tables, means nothing.
    let plain = |cell: &str| {
        let text = cell.trim().trim_end_matches('.').to_lowercase();
        text.parse::<f64>().map_or(text, |number| number.to_string())
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for cell in target.iter() {
        *counts.entry(plain(cell)).or_default() += 1;
    }
    let unknown: usize = ["", "na", "n/a", "nan", "null", "?"].iter().filter_map(|m| counts.remove(*m)).sum();
    let found = || {
        let mut all: Vec<(&String, &usize)> = counts.iter().collect();
        all.sort_by_key(|c| usize::MAX - c.1);
        let shown: Vec<String> = all.iter().take(6).map(|(v, n)| format!("`{v}` ({n} rows)")).collect();
        let more = if all.len() > 6 { format!(" and {} more", all.len() - 6) } else { String::new() };
        format!("found {}{more}", shown.join(", "))
    };
    let place = format!("{}: {}", file.display(), target.name());
    let positive = if let Some(value) = &args.positive {
        plain(value)
    } else {
        let words: Vec<&String> = counts.keys().filter(|v| LEAVERS.contains(&v.as_str())).collect();
        match words[..] {
            [word] if counts.len() == 2 => word.clone(),
            _ => {
                let hint = format!("{place}: expected --positive VALUE to say who left; {}", found());
                return Err(Failure::new(hint));
            }
        }
    };
    if !counts.contains_key(&positive) {
        return Err(Failure::new(format!("{place}: no row has the value `{positive}`; {}", found())));
    }
    if counts.len() == 1 {
        return Err(Failure::new(format!("{place}: every row has the value `{positive}`; nobody stayed")));
    }
    if unknown > 0 {
        eprintln!("{place}: {unknown} rows without an outcome are left out");
    }
    let known = |row: &usize| target.get(*row).is_some_and(|cell| counts.contains_key(&plain(cell)));
    let rows: Vec<usize> = (0..target.len()).filter(known).collect();
    let left = rows.iter().map(|row| target.get(*row).is_some_and(|cell| plain(cell) == positive)).collect();
    Ok((rows, left))
}

/// The fold of each row by a file of ids and folds.
fn folds_of_file(args: &Args, raw: &RawTable, id: TextColumn<'_>) -> Result<Vec<usize>, Failure> {
    let path = Path::new(&args.folds);
    let given = args.csv.table(path)?;
    let (Some(ids), Some(numbers)) = (given.column_at(0), given.column_at(1)) else {
        return Err(Failure::new(format!("{}: expected columns id and fold", args.folds)));
    };
    let fold_of: HashMap<&str, usize> = ids
        .iter()
        .zip(numbers.iter())
        .filter_map(|(id, fold)| Some((id, fold.trim().parse().ok()?)))
        .collect();
    id.iter()
        .enumerate()
        .map(|(row, id)| {
            let number = raw.row_number(row);
            let missing =
                || Failure::new(format!("{}: no fold for the customer of row {number}", args.folds));
            fold_of.get(id).copied().ok_or_else(missing)
        })
        .collect()
}

/// Out-of-fold quality of the method, then the model of all rows.
fn evaluate(
    args: &Args,
    features: &Features,
    left: &[bool],
    folds: Option<Vec<usize>>,
    read_cpu_seconds: f64,
    counts: &Value,
) -> Outcome {
    let params = params(args);
    let folds = if let Some(folds) = folds {
        folds
    } else {
        let count = args.folds.parse().map_err(|_| Failure::usage("--folds: expected a number or a file"))?;
        params.folds(features, left, count)?
    };
    let progress = Progress::spinner("fitting fold by fold");
    let meter = Meter::start();
    let risk = params.out_of_fold(features, left, &folds)?;
    let cpu_seconds = meter.cpu_seconds();
    progress.message("fitting all rows");
    let fitting = Meter::start();
    let model = params.fit_table(features, left)?;
    let fit_cpu_seconds = fitting.cpu_seconds();
    drop(progress);
    let p: Vec<f64> = risk.values().iter().map(|p| p.get()).collect();
    let evaluation = Evaluation::new(left, &p)?;
    let riskiest = (0..p.len()).fold(0, |best, row| if p[row] > p[best] { row } else { best });
    let riskiest = features.customers().customer(riskiest);
    let why = riskiest.map(|customer| model.explain(features, customer)).transpose()?;
    if args.output.json {
        let mut object = quality(&evaluation);
        for (name, count) in counts.as_object().into_iter().flatten() {
            object[name] = count.clone();
        }
        let mut count = folds.clone();
        count.sort_unstable();
        count.dedup();
        object["model"] = json!(format!("{:?}", args.model).to_lowercase());
        object["folds"] = json!(count.len());
        object["pairs"] = json!(model.pairs());
        object["trees"] = json!(model.trees());
        object["ridge"] = json!(model.ridge());
        object["left_out"] = json!(model.aliased());
        object["reasons"] = json!({
            "en": why.as_ref().map(|w| w.reasons(Language::English, 3)),
            "zh": why.as_ref().map(|w| w.reasons(Language::Chinese, 3)),
        });
        statistics(&mut object, model.coefficients(), model.summary());
        object["cpu_seconds"] = json!(cpu_seconds);
        object["fit_cpu_seconds"] = json!(fit_cpu_seconds);
        object["read_cpu_seconds"] = json!(read_cpu_seconds);
        object["peak_rss_mb"] = json!(peak_rss_mb());
        return print_json(&object);
    }
    print_quality(args.output.lang, &evaluation);
    if let Some(why) = why {
        say("");
        say(args.output.lang.pick("The customer at the highest risk:", "流失风险最高的客户："));
        for reason in why.reasons(language(args), 5) {
            say(format!("  {reason}"));
        }
    }
    Ok(())
}

fn language(args: &Args) -> Language {
    args.output.lang.pick(Language::English, Language::Chinese)
}

/// Cuts that are stacked, at most, and how many of them lie within one horizon.
const CUTS: i64 = 6;
const CUTS_PER_HORIZON: i64 = 3;

fn orders(args: &Args, file: &Path) -> Outcome {
    let reading = Meter::start();
    let ledger = args.csv.ledger(file, &args.output)?;
    let read_cpu_seconds = reading.cpu_seconds();
    let (first, last) = ledger.covers();
    let days = args.horizon.unwrap_or_else(|| u32::try_from((last - first) / 4).unwrap_or(1).clamp(1, 90));
    let horizon = Horizon::days(days)?;
    let back = |day: Day, times: i64| {
        day.checked_add(-i64::from(days) * times).ok_or_else(|| Failure::new("the horizon is too long"))
    };
    let as_of = args.as_of.map_or_else(|| back(last, 1), Ok)?;
    let test = ledger.split(AsOf::new(as_of), horizon)?;
    // Everything that the model learns from lies on or before the day it is judged from.
    let mut splits = Vec::new();
    for times in 0..CUTS {
        let day = back(as_of, 1)?.checked_add(-i64::from(days) * times / CUTS_PER_HORIZON).unwrap_or(first);
        if day - first >= i64::from(days) / 2
            && let Ok(split) = ledger.split(AsOf::new(day), horizon)
        {
            splits.push(split);
        }
    }
    let progress = Progress::spinner("learning who comes back");
    let meter = Meter::start();
    let model = params(args).fit(&splits)?;
    let risk = model.predict(test.observed())?;
    let cpu_seconds = meter.cpu_seconds();
    progress.message("comparing with recency alone and with P(alive)");
    let baselines = baselines(args, &model, &splits, test)?;
    drop(progress);
    let evaluation = model.evaluate(test)?;
    let riskiest = risk.iter().fold(None, |best: Option<(_, f64)>, (customer, p)| {
        if best.is_none_or(|b| p.get() > b.1) { Some((customer, p.get())) } else { best }
    });
    let why = riskiest.map(|(customer, _)| model.explain_one(test.observed(), customer)).transpose()?;
    if args.output.json {
        let mut object = quality(&evaluation);
        object["as_of"] = json!(as_of.to_string());
        object["horizon_days"] = json!(days);
        object["splits"] = json!(splits.iter().map(|s| s.as_of().to_string()).collect::<Vec<_>>());
        object["churn_rates"] =
            json!(model.cuts().iter().map(regulars::churn::Cut::churn_rate).collect::<Vec<_>>());
        object["season_seen"] = json!(model.season_seen(test.as_of()));
        object["pairs"] = json!(model.table().pairs());
        object["trees"] = json!(model.table().trees());
        statistics(&mut object, model.table().coefficients(), model.table().summary());
        object["reasons"] = json!({
            "en": why.as_ref().map(|w| w.reasons(Language::English, 3)),
            "zh": why.as_ref().map(|w| w.reasons(Language::Chinese, 3)),
        });
        object["gain_over"] = json!(baselines);
        object["cpu_seconds"] = json!(cpu_seconds);
        object["read_cpu_seconds"] = json!(read_cpu_seconds);
        object["peak_rss_mb"] = json!(peak_rss_mb());
        return print_json(&object);
    }
    say(match args.output.lang {
        Lang::En => format!("judged as of {as_of}: who made no purchase in the {days} days after it"),
        Lang::Zh => format!("截至 {as_of}：此后 {days} 天内没有购买的客户"),
    });
    print_quality(args.output.lang, &evaluation);
    if let Some(seen) = model.season_seen(test.as_of()).filter(|seen| *seen < 0.5) {
        let percent = 100.0 * seen;
        say("");
        say(match args.output.lang {
            Lang::En => format!(
                "Only {percent:.0} % of these days of the year lay in the past that was learned from: the level may be off."
            ),
            Lang::Zh => {
                format!("学习所用的历史只覆盖了这段时期所处季节的 {percent:.0}%：整体流失水平可能有偏差。")
            }
        });
    }
    say("");
    for (name, gain) in &baselines {
        let name = match *name {
            "recency" => args.output.lang.pick("recency alone", "仅用最近购买时间"),
            _ => "P(alive), BG/NBD",
        };
        let over = args.output.lang.pick("AUC gained over", "AUC 提升，相对");
        say(format!(
            "{over} {name}: {:+.4} ({:+.4}, {:+.4})",
            gain.auc.estimate, gain.auc.low, gain.auc.high
        ));
    }
    if let Some(why) = why {
        say("");
        say(args.output.lang.pick("The customer at the highest risk:", "流失风险最高的客户："));
        for reason in why.reasons(language(args), 5) {
            say(format!("  {reason}"));
        }
    }
    Ok(())
}

/// A score of every customer seen at a cut.
type Score<'a> = &'a dyn Fn(&Split<'_>) -> Result<Vec<f64>, Failure>;

/// What the model gains over recency alone and over P(alive) of BG/NBD, each made a probability by a logistic regression
/// on the same cuts; paired bootstrap intervals.
fn baselines(
    args: &Args,
    model: &ChurnModel,
    splits: &[Split<'_>],
    test: Split<'_>,
) -> Result<BTreeMap<&'static str, Comparison>, Failure> {
    let recency = |split: &Split<'_>| -> Result<Vec<f64>, Failure> {
        Ok(model.features(split.observed())?.numeric("recency")?.iter().flatten().collect())
    };
    let alive = |split: &Split<'_>| -> Result<Vec<f64>, Failure> {
        let now = split.observed();
        let customers = now.customers();
        // Where a lifetime model has too little to stand on, it holds everybody for alive.
        let Ok(model) = LtvParams::new(BtydModel::BgNbd).fit(now) else {
            return Ok(vec![1.0; customers.len()]);
        };
        let values = model.predict(now, split.horizon())?;
        // Who only ever gave back has no purchase to begin a life with.
        let alive =
            |row| customers.key(row).and_then(|key| values.by_key(key)).map_or(0.0, |v| v.p_alive.get());
        Ok((0..customers.len()).map(alive).collect())
    };
    let (left, p) = model.outcomes(test)?;
    let mut gains = BTreeMap::new();
    for (name, score) in [("recency", &recency as Score<'_>), ("p_alive", &alive)] {
        let column = |values: Vec<f64>| Matrix::unnamed(Customers::numbered(values.len())?, 1, values);
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for split in splits {
            scores.extend(score(split)?);
            labels.extend(model.outcomes(split)?.0);
        }
        // A touch of ridge: everybody may be held for alive, which is a constant.
        let fitted = LogisticParams::new().ridge(1e-3).fit(&column(scores)?, &labels)?;
        let base = fitted.predict(&column(score(&test)?)?)?;
        let base: Vec<f64> = base.values().iter().map(|p| p.get()).collect();
        gains.insert(name, Comparison::new(&left, &p, &base, 300, Seed(args.seed))?);
    }
    Ok(gains)
}

fn matrix(args: &Args, file: &Path) -> Outcome {
    let (Some(labels), Some(rows), Some(dims)) = (&args.labels, args.rows, args.dims) else {
        return Err(Failure::usage("--matrix needs --labels, --rows and --dims"));
    };
    let reading = Meter::start();
    let values = raw_f64s(file, rows.saturating_mul(dims))?;
    let left: Vec<bool> = raw_f64s(labels, rows)?.into_iter().map(|y| y > 0.5).collect();
    let matrix = Matrix::unnamed(Customers::numbered(rows)?, dims, values).map_err(Failure::in_file(file))?;
    let read_cpu_seconds = reading.cpu_seconds();
    let meter = Meter::start();
    let model = LogisticParams::new().ridge(1.0).tolerance(1e-10).fit(&matrix, &left)?;
    let (cpu_seconds, extra_mb) = (meter.cpu_seconds(), meter.extra_mb());
    let p: Vec<f64> = model.predict(&matrix)?.values().iter().map(|p| p.get()).collect();
    let mut object = json!({ "auc": metrics::roc_auc(&left, &p)?, "brier": metrics::brier(&left, &p)? });
    statistics(&mut object, model.coefficients(), model.summary());
    object["cpu_seconds"] = json!(cpu_seconds);
    object["extra_mb"] = json!(extra_mb);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    object["peak_rss_mb"] = json!(peak_rss_mb());
    if args.output.json {
        return print_json(&object);
    }
    let summary = model.summary();
    say(format!(
        "objective {:.6}, gradient norm {:.2e}, {} steps, {cpu_seconds:.3} CPU s",
        summary.objective, summary.gradient_norm, summary.iterations
    ));
    Ok(())
}

fn quality(e: &Evaluation) -> Value {
    json!({
        "customers": e.customers, "churn_rate": e.churn_rate, "auc": e.auc, "pr_auc": e.pr_auc, "brier": e.brier,
        "log_loss": e.log_loss, "lift_at_10": e.lift_at_10, "calibration_error": e.calibration_error, "ks": e.ks,
        "reliability": e.reliability, "gains": e.gains,
    })
}

fn statistics(object: &mut Value, coefficients: &[Coefficient], summary: &LogisticSummary) {
    object["coefficients"] = coefficients
        .iter()
        .map(|c| {
            json!({
                "name": c.name(), "estimate": c.estimate(), "standard_error": c.standard_error(),
                "p_value": c.p_value(),
            })
        })
        .collect();
    // A fit that does not converge is an error, so a model that is here has.
    object["converged"] = json!(true);
    object["iterations"] = json!(summary.iterations);
    object["gradient_norm"] = json!(summary.gradient_norm);
    object["objective"] = json!(summary.objective);
}

fn print_quality(lang: Lang, e: &Evaluation) {
    let mut table = Table::new([lang.pick("measure", "指标"), lang.pick("value", "数值")]);
    table.row([lang.pick("customers", "客户数").to_owned(), e.customers.to_string()]);
    for (en, zh, value) in [
        ("churn rate", "流失率", e.churn_rate),
        ("AUC", "AUC", e.auc),
        ("average precision", "平均精度", e.pr_auc),
        ("Brier score", "Brier 分数", e.brier),
        ("lift in the top tenth", "前十分之一提升度", e.lift_at_10),
        ("calibration error", "校准误差", e.calibration_error),
    ] {
        table.row([lang.pick(en, zh).to_owned(), format!("{value:.4}")]);
    }
    table.print();
    say("");
    let mut bins = Table::new([
        lang.pick("customers", "客户数"),
        lang.pick("predicted", "预测"),
        lang.pick("observed", "实际"),
    ]);
    for b in &e.reliability {
        bins.row([b.count.to_string(), format!("{:.3}", b.predicted), format!("{:.3}", b.observed)]);
    }
    bins.print();
}
