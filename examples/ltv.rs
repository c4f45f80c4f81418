//! Lifetime value: fit, predict, check on a holdout.
//!
//! Without a file it runs on CDNOW's 2,357 customers (Fader and Hardie) and prints its figures beside the published ones.

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::{CsvArgs, Failure, Meter, Outcome, OutputArgs, Progress, Table, print_json, say};
use plotters::prelude::*;
use regulars::data::{Customers, Ledger, PurchaseHistory, TimeUnit};
use regulars::ltv::{
    Discount, Errors, Evaluation, FitStatus, GammaGamma, Histogram, LtvModel, LtvParams, Measured, Model,
    PurchaseProcess, RecencyFrequency, Tracking,
};
use regulars::types::{AsOf, Day, Horizon, Seed};
use serde_json::{Map, Value, json};

#[derive(clap::Parser)]
#[command(about = "Lifetime value: who is still a customer, how often they will buy, and what that is worth")]
struct Args {
    /// Orders: customer, date and, if known, amount
    orders: Option<PathBuf>,
    /// Last day the models may see (YYYY-MM-DD); what follows is the holdout
    #[arg(long, value_name = "DATE", requires = "orders")]
    calibration_end: Option<String>,
    /// Length of the holdout; to the last day of the data where not given
    #[arg(long, value_name = "DAYS")]
    holdout_days: Option<u32>,
    /// Unit of time of the rates
    #[arg(long, value_enum, default_value_t = Unit::Week)]
    unit: Unit,
    /// `bg_nbd`, `mbg_nbd`, `pareto_nbd`, `ggompertz_nbd`, `bg_cnbd_k`, `mbg_cnbd_k`, `bg_bb` or auto
    /// [default: auto; `bg_nbd` with --simulate]
    #[arg(long)]
    model: Option<String>,
    /// Refits on resampled customers, for intervals of the parameters
    #[arg(long, value_name = "N")]
    bootstrap: Option<u32>,
    /// Seed of the simulation and the bootstrap
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A summary instead of orders: frequency, recency, T[, `monetary_value`, `holdout_frequency`]
    #[arg(long, value_name = "FILE", conflicts_with = "orders")]
    summary: Option<PathBuf>,
    /// N customers drawn from BG/NBD (r .243, alpha 4.414, a .793, b 2.426, T 26 to 39 weeks) with Gamma-Gamma spend
    #[arg(long, value_name = "N", conflicts_with_all = ["orders", "summary"])]
    simulate: Option<u32>,
    /// A JSON list of single cases to evaluate: model, params, x, `t_x`, T, t
    #[arg(long, value_name = "FILE", conflicts_with_all = ["orders", "summary", "simulate"], requires = "out")]
    cases: Option<PathBuf>,
    /// Where the evaluated cases go
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draws the tracking plot (weekly and cumulative purchases, expected and actual) to this SVG file
    #[arg(long, value_name = "FILE", requires = "orders")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Unit {
    Week,
    Day,
}

impl Unit {
    fn time(self) -> TimeUnit {
        match self {
            Self::Week => TimeUnit::Week,
            Self::Day => TimeUnit::Day,
        }
    }
}

fn main() -> ExitCode {
    common::main(run)
}

/// Customers, what they did afterwards where that is known, and how to show money.
struct Input {
    history: PurchaseHistory,
    holdout: Option<(Vec<f64>, Horizon)>,
    /// Minor units in one unit shown.
    minor: f64,
    published: bool,
    /// Where the histories come from, if that is a ledger.
    ledger: Option<(Ledger, AsOf)>,
}

fn run(args: &Args) -> Outcome {
    if let (Some(cases), Some(out)) = (&args.cases, &args.out) {
        return evaluate_cases(cases, out);
    }
    if let Some(n) = args.simulate.filter(|n| *n > SHARD) {
        return in_shards(args, n);
    }
    let input = read(args)?;
    let params = params(args)?;
    let bare = without_spend(&input.history)?;
    let progress = Progress::spinner("fitting");
    // With the ledger at hand, the choice of a model looks at forecasts from inside the past.
    let (fit, model) = timed(|| match &input.ledger {
        Some((ledger, as_of)) if args.unit == Unit::Week && params == LtvParams::auto() => {
            params.fit(ledger.observed(*as_of)?)
        }
        _ => params.fit(&bare),
    })?;
    let (spend, model) = timed(|| model.with_spend(&input.history))?;
    let horizon = input.holdout.as_ref().map_or(Horizon::days(365)?, |(_, h)| *h);
    let plain = model.clone().with_discount(Discount::NONE);
    let (predict, forecast) = timed(|| plain.predict(&input.history, horizon))?;
    let (clv, _) = timed(|| {
        let year = Horizon::days(365)?;
        let monthly = Discount::per(0.01, TimeUnit::Month)?;
        model.clone().with_discount(monthly).predict(&input.history, year)
    })?;
    let evaluation = match &input.holdout {
        Some((actual, horizon)) => Some(model.evaluate_counts(&input.history, actual, *horizon)?),
        None => None,
    };
    // A model chosen is judged beside the model of the literature, on the same resampled customers.
    let beside = match &input.holdout {
        Some((actual, horizon)) if params == LtvParams::auto() => {
            let pareto = LtvParams::new(Model::ParetoNbd).fit(&bare)?.with_spend(&input.history)?;
            Some(model.evaluate_beside_counts(
                &pareto,
                &input.history,
                actual,
                *horizon,
                500,
                Seed(args.seed),
            )?)
        }
        _ => None,
    };
    if let (Some(path), Some((ledger, as_of)), Some((_, horizon))) =
        (&args.plot, &input.ledger, &input.holdout)
    {
        plot(path, &model.track(ledger.split(*as_of, *horizon)?)?)?;
    }
    let bootstrap = match args.bootstrap {
        Some(n) => {
            let histogram = Histogram::new(&bare);
            let (seconds, refits) = timed(|| model.bootstrap(&histogram, n, Seed(args.seed)))?;
            let names = model.process().model().parameter_names();
            let mut intervals = Map::new();
            for (i, name) in names.iter().enumerate() {
                let (low, high) = refits.interval(0.95, |p| p.parameters()[i])?;
                intervals.insert((*name).into(), json!([low, high]));
            }
            Some(
                json!({"replicates": n, "unfinished": refits.unfinished(), "intervals_95": intervals, "cpu_seconds": seconds}),
            )
        }
        None => None,
    };
    drop(progress);
    let stages = json!({"fit": fit, "spend": spend, "predict": predict, "clv": clv});
    let total: f64 = forecast.values().iter().map(|v| v.purchases).sum();
    if args.output.json {
        let mut object = report(&model, &input, evaluation.as_ref());
        object.insert("stages".into(), stages);
        object.insert("horizon_days".into(), json!(horizon.in_days()));
        object.insert("expected_purchases".into(), json!(total));
        object.insert("peak_rss_mb".into(), json!(common::peak_rss_mb()));
        if let Some(c) = &beside {
            let figure = |m: &Measured| json!({"difference": m.value, "interval_95": [m.low, m.high]});
            object.insert(
                "beside_pareto_nbd".into(),
                json!({"absolute_bias": c.absolute_bias.as_ref().map(figure), "rmse": figure(&c.rmse), "mae": figure(&c.mae)}),
            );
        }
        if let Some(bootstrap) = bootstrap {
            object.insert("bootstrap".into(), bootstrap);
        }
        return print_json(&Value::Object(object));
    }
    print(&model, &input, evaluation.as_ref());
    if let Some((c, bias)) = beside.as_ref().and_then(|c| Some((c, c.absolute_bias?))) {
        say(format!(
            "less Pareto/NBD's: absolute bias {:+.3} ({:+.3} to {:+.3}), RMSE {:+.4} ({:+.4} to {:+.4}) by a paired bootstrap",
            bias.value, bias.low, bias.high, c.rmse.value, c.rmse.low, c.rmse.high
        ));
    }
    say(format!("expected purchases in the next {} days: {total:.1}", horizon.in_days()));
    if let Some(bootstrap) = bootstrap {
        say(format!("bootstrap: {bootstrap}"));
    }
    say(format!("CPU seconds: fit {fit:.3}, spend {spend:.3}, predict {predict:.3}, value {clv:.3}"));
    Ok(())
}

fn timed<T>(f: impl FnOnce() -> regulars::Result<T>) -> Result<(f64, T), Failure> {
    let meter = Meter::start();
    let value = f()?;
    Ok((meter.cpu_seconds(), value))
}

fn params(args: &Args) -> Result<LtvParams, Failure> {
    let default = if args.simulate.is_some() { "bg_nbd" } else { "auto" };
    match args.model.as_deref().unwrap_or(default) {
        "auto" => Ok(LtvParams::auto()),
        name => model_named(name).map(LtvParams::new).ok_or_else(|| {
            Failure::usage(format!("--model {name}: this model is not built; see --help for those that are"))
        }),
    }
}

fn model_named(name: &str) -> Option<Model> {
    let plain = |s: &str| s.to_lowercase().replace(['/', '-'], "_");
    Model::ALL.into_iter().chain([Model::BgBb]).find(|m| plain(m.name()) == plain(name))
}

fn read(args: &Args) -> Result<Input, Failure> {
    if let Some(path) = &args.orders {
        return read_orders(args, path);
    }
    if let Some(path) = &args.summary {
        return read_summary(args, path);
    }
    if let Some(n) = args.simulate {
        return simulate(n, 0, Seed(args.seed));
    }
    cdnow()
}

fn read_orders(args: &Args, path: &Path) -> Result<Input, Failure> {
    let ledger = args.csv.ledger(path, &args.output)?;
    let end = args.calibration_end.as_deref().ok_or_else(|| {
        Failure::usage("--calibration-end DATE: where does the past end and the holdout begin?")
    })?;
    let as_of = AsOf::new(end.parse::<Day>().map_err(|e| Failure::usage(format!("--calibration-end: {e}")))?);
    let minor = ledger.currency().minor_per_major() as f64;
    let left = ledger.covers().1 - as_of.day();
    let days = args.holdout_days.map_or(left, i64::from);
    if days <= 0 {
        let history = PurchaseHistory::observed(ledger.observed(as_of)?, args.unit.time())?;
        return Ok(Input { history, holdout: None, minor, published: false, ledger: Some((ledger, as_of)) });
    }
    let horizon = Horizon::days(u32::try_from(days).unwrap_or(u32::MAX))?;
    let split = ledger.split(as_of, horizon)?;
    let history = PurchaseHistory::observed(split.observed(), args.unit.time())?;
    let actual = regulars::ltv::holdout_purchases(split, &history)?;
    Ok(Input {
        history,
        holdout: Some((actual, horizon)),
        minor,
        published: false,
        ledger: Some((ledger, as_of)),
    })
}

fn read_summary(args: &Args, path: &Path) -> Result<Input, Failure> {
    let table = args.csv.table(path)?;
    let position =
        |names: &[&str]| table.names().iter().position(|n| names.contains(&n.trim().to_lowercase().as_str()));
    let column = |names: &[&str]| -> Result<Option<Vec<f64>>, Failure> {
        let Some(column) = position(names).and_then(|i| table.column_at(i)) else { return Ok(None) };
        let numbers = column.numbers().map_err(Failure::in_file(path))?;
        let missing = |row: usize| {
            Failure::new(format!(
                "{}:{}: {}: must not be empty",
                path.display(),
                table.row_number(row),
                column.name()
            ))
        };
        let filled = numbers.into_iter().enumerate().map(|(row, v)| v.ok_or_else(|| missing(row)));
        filled.collect::<Result<Vec<f64>, Failure>>().map(Some)
    };
    let needed = |names: &[&str]| {
        column(names)?.ok_or_else(|| Failure::new(format!("{}: no column `{}`", path.display(), names[0])))
    };
    let (x, t_x, t) =
        (needed(&["frequency", "x"])?, needed(&["recency", "t_x", "t.x"])?, needed(&["t", "t.cal"])?);
    let n = x.len();
    let mut history = PurchaseHistory::new(Customers::numbered(n)?, args.unit.time(), x, t_x, t)
        .map_err(Failure::in_file(path))?;
    if let Some(spend) = column(&["monetary_value", "monetary", "m"])? {
        history = history.with_spend(spend).map_err(Failure::in_file(path))?;
    }
    let holdout = match column(&["holdout_frequency", "x.star", "frequency_holdout"])? {
        Some(actual) => Some((actual, Horizon::days(args.holdout_days.unwrap_or(39 * 7))?)),
        None => None,
    };
    Ok(Input { history, holdout, minor: 1.0, published: false, ledger: None })
}

/// Simulated customers at once: more of them are drawn, counted and predicted shard by shard, so that what is held is one shard and
/// the histogram of all.
const SHARD: u32 = 1_000_000;

/// Fits and predicts more customers than are held: each shard is drawn twice, once to be counted and once to be predicted, as a
/// table on disk would be read twice.
fn in_shards(args: &Args, n: u32) -> Outcome {
    let params = params(args)?;
    let shard = |from: u32| -> Result<PurchaseHistory, Failure> {
        Ok(simulate(SHARD.min(n - from), from, Seed(args.seed.wrapping_add(u64::from(from / SHARD))))?
            .history)
    };
    let starts = || (0..n).step_by(SHARD as usize);
    let (mut fit, mut predict, mut clv) = (0.0, 0.0, 0.0);
    let mut wall = Duration::ZERO;
    let mut clocked = |seconds: &mut f64, started: Instant, cpu: f64| {
        *seconds += cpu;
        wall += started.elapsed();
    };
    // Histograms of equal weight are merged, so that each key is copied a few times only.
    let mut counted: Vec<(u32, Histogram)> = Vec::new();
    for from in starts() {
        let history = shard(from)?;
        let started = Instant::now();
        let (cpu, ()) = timed(|| {
            let mut top = (0, Histogram::new(&history));
            while counted.last().is_some_and(|last| last.0 == top.0) {
                if let Some((level, below)) = counted.pop() {
                    top = (level + 1, below.merge(&top.1)?);
                }
            }
            counted.push(top);
            Ok(())
        })?;
        clocked(&mut fit, started, cpu);
    }
    let started = Instant::now();
    let (cpu, model) = timed(|| {
        let mut all = counted.pop().map(|top| top.1);
        while let Some((_, below)) = counted.pop() {
            all = all.map(|all| below.merge(&all)).transpose()?;
        }
        all.map(|all| params.fit(&all)).transpose()
    })?;
    clocked(&mut fit, started, cpu);
    let model = model.ok_or_else(|| Failure::new("no customers".to_owned()))?;
    let year = Horizon::days(365)?;
    let plain = model.clone().with_discount(Discount::NONE);
    let monthly = model.clone().with_discount(Discount::per(0.01, TimeUnit::Month)?);
    let mut purchases = 0.0;
    for from in starts() {
        let history = shard(from)?;
        let started = Instant::now();
        let (cpu, ahead) = timed(|| plain.predict(&history, year))?;
        clocked(&mut predict, started, cpu);
        purchases += ahead.values().iter().map(|v| v.purchases).sum::<f64>();
        drop(ahead);
        let started = Instant::now();
        let (cpu, _) = timed(|| monthly.predict(&history, year))?;
        clocked(&mut clv, started, cpu);
    }
    let input = simulate(1, 0, Seed(args.seed))?;
    let mut object = report(&model, &input, None);
    object.insert("stages".into(), json!({"fit": fit, "predict": predict, "clv": clv}));
    object.insert("stages_wall_seconds".into(), json!(wall.as_secs_f64()));
    object.insert("horizon_days".into(), json!(year.in_days()));
    object.insert("expected_purchases".into(), json!(purchases));
    object.insert("peak_rss_mb".into(), json!(common::peak_rss_mb()));
    print_json(&Value::Object(object))
}

/// The customers of the peers' script: BG/NBD and Gamma-Gamma near CDNOW's fit, first purchases over a quarter.
fn simulate(n: u32, from: u32, seed: Seed) -> Result<Input, Failure> {
    let process = PurchaseProcess::bg_nbd(0.243, 4.414, 0.793, 2.426)?;
    // The golden ratio's multiples fill 26 to 39 weeks evenly without repeating a value.
    let t = (from..from + n).map(|i| 26.0 + 13.0 * (f64::from(i) * 0.618_033_988_749_895).fract());
    let t: Vec<f64> = t.collect();
    let history = process.simulate(&t, TimeUnit::Week, seed)?;
    let spend = GammaGamma::new(6.25, 3.74, 15.44)?.simulate(history.x(), Seed(seed.0 ^ 1));
    Ok(Input {
        history: history.with_spend(spend)?,
        holdout: None,
        minor: 1.0,
        published: false,
        ledger: None,
    })
}

/// The customers of Fader, Hardie and Lee (2005), weeks rounded to two decimals as they did.
fn cdnow() -> Result<Input, Failure> {
    let text = include_str!("data/cdnow_39_weeks.txt");
    let (mut x, mut t_x, mut t, mut spend, mut holdout) = (vec![], vec![], vec![], vec![], vec![]);
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let numbers: Vec<f64> = line.split(' ').filter_map(|f| f.parse().ok()).collect();
        let [count, purchases, last, days, cents, later] = numbers[..] else { continue };
        let weeks = |days: f64| (days / 7.0 * 100.0).round() / 100.0;
        let mut left = count;
        while left > 0.0 {
            x.push(purchases);
            t_x.push(weeks(last));
            t.push(weeks(days));
            spend.push(cents);
            holdout.push(later);
            left -= 1.0;
        }
    }
    let history = PurchaseHistory::new(Customers::numbered(x.len())?, TimeUnit::Week, x, t_x, t)?;
    Ok(Input {
        history: history.with_spend(spend)?,
        holdout: Some((holdout, Horizon::weeks(39)?)),
        minor: 100.0,
        published: true,
        ledger: None,
    })
}

fn without_spend(history: &PurchaseHistory) -> Result<PurchaseHistory, Failure> {
    let (x, t_x, t) = (history.x().to_vec(), history.t_x().to_vec(), history.t().to_vec());
    Ok(PurchaseHistory::new(history.customers().clone(), history.unit(), x, t_x, t)?)
}

fn status(model: &LtvModel) -> &'static str {
    match model.summary().status {
        FitStatus::Converged => "converged",
        FitStatus::Boundary => "boundary",
        FitStatus::NotIdentified => "not_identified",
        _ => "not_converged",
    }
}

fn report(model: &LtvModel, input: &Input, evaluation: Option<&Evaluation>) -> Map<String, Value> {
    let summary = model.summary();
    let mut object = Map::new();
    let mut insert = |key: &str, value: Value| object.insert(key.into(), value);
    let name = model.process().model();
    insert("model", json!(name.name().to_lowercase().replace(['/', '-'], "_")));
    insert("customers", json!(summary.customers));
    insert("distinct", json!(summary.distinct));
    let by_name = |f: &dyn Fn(&regulars::ltv::Estimate) -> Value| -> Map<String, Value> {
        summary.estimates.iter().map(|e| (e.name.to_owned(), f(e))).collect()
    };
    insert("parameters", Value::Object(by_name(&|e| json!(e.value))));
    insert("standard_errors", Value::Object(by_name(&|e| json!(e.standard_error))));
    insert("intervals_95", Value::Object(by_name(&|e| json!(e.interval))));
    insert("log_likelihood", json!(summary.log_likelihood));
    insert("aic", json!(summary.aic));
    insert("bic", json!(summary.bic));
    insert("converged", json!(summary.status == FitStatus::Converged));
    insert("boundary", json!(summary.status == FitStatus::Boundary));
    insert("not_identified", json!(summary.status == FitStatus::NotIdentified));
    insert("iterations", json!(summary.iterations));
    insert("gradient_norm", json!(summary.gradient_norm));
    insert("condition", json!(summary.condition));
    let candidates = model.candidates().iter();
    let candidates = candidates
        .map(|c| json!({"model": c.model.name(), "held_out_log_likelihood": c.held_out_log_likelihood}));
    insert("candidates", candidates.collect());
    insert("averaged_with", model.averaged_with().iter().map(|p| json!(p.model().name())).collect());
    insert("drift", json!(model.drift().map(regulars::ltv::Drift::factors)));
    if let (Some(spend), Some(fit)) = (model.spend(), model.spend_summary()) {
        let (p, q, v) = spend.parameters();
        // In the unit shown: a density of dollars is a hundred times that of cents.
        let log_likelihood = fit.log_likelihood + fit.customers as f64 * input.minor.ln();
        insert(
            "gamma_gamma",
            json!({"p": p, "q": q, "v": v / input.minor, "log_likelihood": log_likelihood, "customers": fit.customers}),
        );
    }
    if let Some(e) = evaluation {
        let m = &e.model;
        let interval = |m: &Measured| json!([m.low, m.high]);
        let baseline =
            |e: &Errors| json!({"mae": e.mae.value, "rmse": e.rmse.value, "bias": e.bias.map(|b| b.value)});
        insert(
            "holdout",
            json!({
                "mae": m.mae.value, "rmse": m.rmse.value, "bias": m.bias.map(|b| b.value),
                "predicted": e.predicted, "actual": e.actual,
                "intervals": {"mae": interval(&m.mae), "rmse": interval(&m.rmse), "bias": m.bias.as_ref().map(interval)},
                "baselines": {"zero": baseline(&e.zero), "own_rate": baseline(&e.own_rate), "mean_rate": baseline(&e.mean_rate), "by_recency": baseline(&e.by_recency)},
                "by_frequency": e.by_frequency.iter().map(|c| json!([c.from, c.customers, c.predicted, c.actual])).collect::<Value>(),
                "deciles": e.deciles.iter().map(|c| json!([c.predicted, c.actual])).collect::<Value>(),
            }),
        );
    }
    object
}

fn print(model: &LtvModel, input: &Input, evaluation: Option<&Evaluation>) {
    let summary = model.summary();
    say(format!(
        "{}, {} customers ({} distinct histories), {}",
        model.process().model(),
        summary.customers,
        summary.distinct,
        status(model)
    ));
    let mut table = Table::new(["parameter", "estimate", "standard error"]);
    let error = |e: Option<f64>| e.map_or_else(|| "-".into(), |e| format!("{e:.4}"));
    for e in &summary.estimates {
        table.row([e.name.to_owned(), format!("{:.4}", e.value), error(e.standard_error)]);
    }
    if let (Some(spend), Some(fit)) = (model.spend(), model.spend_summary()) {
        let (p, q, v) = spend.parameters();
        for ((e, value), unit) in fit.estimates.iter().zip([p, q, v]).zip([1.0, 1.0, input.minor]) {
            let error = error(e.standard_error.map(|s| s / unit));
            table.row([format!("spend {}", e.name), format!("{:.4}", value / unit), error]);
        }
    }
    table.print();
    say(format!("log-likelihood {:.4}", summary.log_likelihood));
    if let Some(e) = evaluation {
        let m = &e.model;
        let bias = m.bias.map_or_else(|| "-".into(), |b| format!("{:+.1} %", 100.0 * b.value));
        say(format!(
            "holdout: MAE {:.4} (zero {:.4}), RMSE {:.4} (zero {:.4}), bias of the total {bias}",
            m.mae.value, e.zero.mae.value, m.rmse.value, e.zero.rmse.value
        ));
        let mut table = Table::new(["repeat purchases", "customers", "expected", "actual"]);
        for class in &e.by_frequency {
            let name = if class.from >= 7.0 { "7+".into() } else { format!("{}", class.from) };
            table.row([
                name,
                class.customers.to_string(),
                format!("{:.3}", class.predicted),
                format!("{:.3}", class.actual),
            ]);
        }
        table.print();
    }
    if input.published {
        print_published(&input.history);
    }
}

/// Our fits beside the figures of Fader, Hardie and Lee (2005), table 2, and of their notes.
fn print_published(history: &PurchaseHistory) {
    let mut table = Table::new(["figure", "published", "ours"]);
    let mut add = |figure: &str, published: &str, ours: String| {
        table.row([figure.to_owned(), published.to_owned(), ours]);
    };
    for (model, published) in [
        (Model::BgNbd, ["0.243", "4.414", "0.793", "2.426", "-9582.4"]),
        (Model::ParetoNbd, ["0.553", "10.578", "0.606", "11.669", "-9595.0"]),
    ] {
        let Ok(fitted) = LtvParams::new(model).fit(history) else { continue };
        for (e, published) in fitted.summary().estimates.iter().zip(published) {
            add(&format!("{model} {}", e.name), published, format!("{:.3}", e.value));
        }
        add(
            &format!("{model} log-likelihood"),
            published[4],
            format!("{:.1}", fitted.summary().log_likelihood),
        );
        if let (Model::BgNbd, Ok(customer)) = (model, RecencyFrequency::new(2.0, 30.43, 38.86)) {
            let process = fitted.process();
            let ours = format!("{:.3}", process.expected_purchases(&customer, 39.0));
            add("BG/NBD purchases in 39 weeks of x = 2, t_x = 30.43, T = 38.86 (note 004)", "1.226", ours);
            if let Some(spend) = fitted.spend() {
                let (p, q, v) = spend.parameters();
                add("Gamma-Gamma p (note 025)", "6.25", format!("{p:.2}"));
                add("Gamma-Gamma q", "3.74", format!("{q:.2}"));
                add("Gamma-Gamma v", "15.44", format!("{:.2}", v / 100.0));
                let ours = spend.expected(2.0, 2_235.0) / 100.0;
                add("expected spend after 2 purchases of $22.35", "24.65", format!("{ours:.2}"));
            }
        }
    }
    say("");
    say(
        "Published by Fader, Hardie and Lee (2005), doi:10.1287/mksc.1040.0098, and Fader and Hardie's notes 004 and 025:",
    );
    table.print();
}

/// Purchases of each week and their sums, what was expected beside what came, with a line at the cut.
fn plot(path: &Path, tracking: &Tracking) -> Outcome {
    let mut svg = String::new();
    draw(&mut svg, tracking).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
    common::write_file(path, |file| file.write_all(svg.as_bytes()).map_err(|e| Failure::new(e.to_string())))
}

fn draw(svg: &mut String, tracking: &Tracking) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, (900, 640)).into_drawing_area();
    area.fill(&WHITE)?;
    let weekly = tracking.weekly();
    let cumulative: Vec<(f64, f64)> =
        tracking.actual.iter().copied().zip(tracking.expected.iter().copied()).collect();
    let parts = area.split_evenly((2, 1));
    for ((part, series), title) in
        parts.iter().zip([&weekly, &cumulative]).zip(["Purchases a week", "Purchases so far"])
    {
        let top = series.iter().fold(1.0_f64, |m, (a, e)| m.max(*a).max(*e)) * 1.05;
        let mut chart = ChartBuilder::on(part)
            .caption(title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(30)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..series.len() as f64 + 1.0, 0.0..top)?;
        chart.configure_mesh().x_desc("week").light_line_style(WHITE).draw()?;
        let line = |f: fn(&(f64, f64)) -> f64| (1_u32..).zip(series).map(move |(w, v)| (f64::from(w), f(v)));
        let actual = chart.draw_series(LineSeries::new(line(|v| v.0), BLACK))?;
        actual.label("came").legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLACK));
        let expected = chart.draw_series(LineSeries::new(line(|v| v.1), RED))?;
        expected.label("expected").legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], RED));
        let cut = tracking.known_weeks as f64 + 0.5;
        chart.draw_series([PathElement::new([(cut, 0.0), (cut, top)], BLUE)])?;
        let mut legend = chart.configure_series_labels();
        legend.position(SeriesLabelPosition::UpperLeft).border_style(BLACK).draw()?;
    }
    area.present()?;
    Ok(())
}

/// `--cases`: a JSON list in, the same list with results out.
fn evaluate_cases(path: &Path, out: &Path) -> Outcome {
    let fault = |message: String| Failure::new(format!("{}: {message}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| fault(e.to_string()))?;
    let mut cases: Vec<Value> = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
    for (i, case) in cases.iter_mut().enumerate() {
        let results = evaluate_case(case).map_err(|e| fault(format!("case {}: {e}", i + 1)))?;
        if let Some(object) = case.as_object_mut() {
            object.extend(results);
        }
    }
    let text = serde_json::to_string_pretty(&cases).map_err(|e| fault(e.to_string()))?;
    common::write_file(out, |file| file.write_all(text.as_bytes()).map_err(|e| Failure::new(e.to_string())))
}

fn evaluate_case(case: &Value) -> Result<Map<String, Value>, String> {
    let name = case["model"].as_str().ok_or("`model` must be a name")?;
    let model = model_named(name).ok_or_else(|| format!("model `{name}` is not built"))?;
    let number = |v: &Value, what: &str| v.as_f64().ok_or_else(|| format!("`{what}` must be a number"));
    let params: Vec<f64> = match &case["params"] {
        Value::Array(values) => values.iter().map(|v| number(v, "params")).collect::<Result<_, _>>()?,
        named => model.parameter_names().iter().map(|n| number(&named[*n], n)).collect::<Result<_, _>>()?,
    };
    let process = PurchaseProcess::new(model, &params).map_err(|e| e.to_string())?;
    let [x, t_x, now, t] = ["x", "t_x", "T", "t"].map(|key| number(&case[key], key));
    let (customer, t) = (RecencyFrequency::new(x?, t_x?, now?).map_err(|e| e.to_string())?, t?);
    let mut results = Map::new();
    results.insert("log_likelihood".into(), json!(process.log_likelihood(&customer)));
    results.insert("p_alive".into(), json!(process.p_alive(&customer).get()));
    results.insert("expected_purchases".into(), json!(process.expected_purchases(&customer, t)));
    // On demand: purchases discounted continuously, ever and within t, and the probability of a count.
    if let Some(rate) = case["rate"].as_f64() {
        let ever = process.discounted_purchases(&customer, rate).map_err(|e| e.to_string())?;
        let within = process.discounted_purchases_within(&customer, rate, t).map_err(|e| e.to_string())?;
        results.insert("discounted_purchases".into(), json!(ever));
        results.insert("discounted_purchases_within".into(), json!(within));
    }
    if let Some(n) = case["n"].as_u64() {
        let n = u32::try_from(n).map_err(|_| "`n` is too large".to_owned())?;
        results.insert(
            "p_purchases".into(),
            json!(process.p_purchases(&customer, t, n).map(regulars::types::Probability::get)),
        );
    }
    Ok(results)
}
