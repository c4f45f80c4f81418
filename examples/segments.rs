//! Segments the customers of a file of orders, or the rows of a raw matrix.
//!
//! `cargo run --release --example segments -- orders.csv --k auto`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "examples are programs; programs print")]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{
    CsvArgs, Failure, Lang, Meter, Outcome, OutputArgs, Progress, Table, print_json, raw_f64s, say,
};
use regulars::data::{Customers, Features, Ledger, Matrix};
use regulars::segment::{Init, KMeansParams, SegmentModel};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Day, Language, Seed};
use serde_json::{Value, json};

/// Segments of similar customers: k-means on what they did, named and described
#[derive(Debug, Parser)]
struct Args {
    /// Orders as CSV or CSV.GZ; a simulated shop where none is given
    #[arg(value_name = "ORDERS")]
    orders: Option<PathBuf>,
    /// Last day known; the last day of the orders by default
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Number of segments, or auto to choose one from 2 to 12
    #[arg(long, default_value = "auto", value_name = "auto|N")]
    k: String,
    /// Where chance begins
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// kmeans, or mixture for soft segments
    #[arg(long, value_enum, default_value_t = Method::Kmeans)]
    method: Method,
    /// Cluster a raw matrix instead: little-endian f64, row by row
    #[arg(long, value_name = "FILE", conflicts_with_all = ["orders", "as_of"], requires_all = ["rows", "dims"])]
    matrix: Option<PathBuf>,
    /// Rows of the matrix
    #[arg(long, requires = "matrix")]
    rows: Option<usize>,
    /// Columns of the matrix
    #[arg(long, requires = "matrix")]
    dims: Option<usize>,
    /// Initial centres of the same form; k-means++ where not given
    #[arg(long, value_name = "FILE", requires = "matrix")]
    centres: Option<PathBuf>,
    /// Iterate to the end, but at most so many times
    #[arg(long, requires = "matrix")]
    iterations: Option<u32>,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    Kmeans,
    Mixture,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    if args.method == Method::Mixture {
        return Err(Failure::usage("--method mixture is not built yet"));
    }
    match &args.matrix {
        Some(file) => matrix(args, file),
        None => orders(args),
    }
}

/// The parameters of the number of segments asked for, and that number if it is one.
fn params(args: &Args) -> Result<(KMeansParams, Option<usize>), Failure> {
    let k = match args.k.as_str() {
        "auto" => None,
        number => Some(
            number.parse().map_err(|_| Failure::usage(format!("--k {number}: expected auto or a number")))?,
        ),
    };
    let params = k.map_or_else(|| KMeansParams::auto(2..=12), KMeansParams::new);
    Ok((params.seed(Seed(args.seed)), k))
}

fn orders(args: &Args) -> Outcome {
    let (params, _) = params(args)?;
    let reading = Meter::start();
    let ledger: Ledger = match &args.orders {
        Some(file) => args.csv.ledger(file)?,
        None => ShopParams::new(2_000, Seed(args.seed)).simulate()?.ledger()?,
    };
    let read_cpu_seconds = reading.cpu_seconds();
    let as_of = AsOf::new(args.as_of.unwrap_or(ledger.covers().1));
    let now = ledger.observed(as_of)?;
    let progress = Progress::spinner("segmenting");
    let meter = Meter::start();
    let features = Features::behaviour(now)?;
    let model = params.fit(&features)?;
    let cpu_seconds = meter.cpu_seconds();
    let sweep = match model.choice() {
        Some(choice) => choice.sweep.clone(),
        None => params.evaluate(&features)?,
    };
    drop(progress);
    let score = sweep.iter().find(|s| s.k == model.k());
    if args.output.json {
        let mut object = summary(&model, cpu_seconds);
        object["customers"] = json!(features.len());
        object["as_of"] = json!(as_of.to_string());
        object["silhouette"] = json!(score.map(|s| s.silhouette));
        object["stability"] = json!(score.map(|s| s.stability));
        object["revenue"] = json!(model.profiles().iter().map(revenue).collect::<Vec<_>>());
        object["sweep"] = json!(
            sweep
                .iter()
                .map(|s| json!({
                    "k": s.k, "stability": s.stability, "silhouette": s.silhouette,
                    "calinski_harabasz": s.calinski_harabasz, "davies_bouldin": s.davies_bouldin,
                }))
                .collect::<Vec<_>>()
        );
        object["profiles"] = json!(model.profiles());
        object["read_cpu_seconds"] = json!(read_cpu_seconds);
        return print_json(&object);
    }
    report(args, &model, &features, score.map(|s| (s.silhouette, s.stability)));
    Ok(())
}

/// The segment's share of all spend.
fn revenue(profile: &regulars::segment::SegmentProfile) -> Option<f64> {
    profile.traits.iter().find(|t| t.column == "monetary").and_then(|t| t.share_of_total)
}

fn report(args: &Args, model: &SegmentModel, features: &Features, score: Option<(f64, f64)>) {
    let lang = args.output.lang;
    let language = lang.pick(Language::English, Language::Chinese);
    let mut header = vec![lang.pick("segment", "客群").to_owned(), lang.pick("customers", "人数").to_owned()];
    header.extend(model.columns().iter().cloned());
    let mut table = Table::new(header);
    for profile in model.profiles() {
        let mut row = vec![profile.name.text(language).into_owned(), profile.size.to_string()];
        row.extend(profile.traits.iter().map(|t| format!("{:.1}", t.centre)));
        table.row(row);
    }
    table.print();
    say("");
    for profile in model.profiles() {
        say(profile.describe(language));
        if let Some(kind) = profile.kind {
            say(format!("  {}", kind.advice(language)));
        }
    }
    let summary = model.summary();
    if let Some((silhouette, stability)) = score {
        say("");
        say(match lang {
            Lang::En => format!(
                "{} customers, {} segments, silhouette {silhouette:.3}, stability {stability:.3}, {} iterations{}",
                features.len(),
                model.k(),
                summary.iterations,
                if summary.converged { "" } else { " (not converged)" }
            ),
            Lang::Zh => format!(
                "{}位客户，{}个客群，轮廓系数{silhouette:.3}，稳定性{stability:.3}，迭代{}次{}",
                features.len(),
                model.k(),
                summary.iterations,
                if summary.converged { "" } else { "（未收敛）" }
            ),
        });
    }
}

fn summary(model: &SegmentModel, cpu_seconds: f64) -> Value {
    let summary = model.summary();
    json!({
        "k": model.k(),
        "sizes": model.profiles().iter().map(|p| p.size).collect::<Vec<_>>(),
        "names": model.profiles().iter().map(|p| p.name.text(Language::English)).collect::<Vec<_>>(),
        "inertia": summary.inertia,
        "iterations": summary.iterations,
        "converged": summary.converged,
        "restarts": summary.restarts,
        "cpu_seconds": cpu_seconds,
        "cpu_ms_per_iteration": 1e3 * cpu_seconds / f64::from(summary.iterations),
    })
}

fn matrix(args: &Args, file: &Path) -> Outcome {
    let (Some(rows), Some(dims)) = (args.rows, args.dims) else {
        return Err(Failure::usage("--matrix needs --rows and --dims"));
    };
    let (mut params, k) = params(args)?;
    let reading = Meter::start();
    let values = raw_f64s(file, rows.saturating_mul(dims))?;
    let matrix = Matrix::unnamed(Customers::numbered(rows)?, dims, values).map_err(Failure::in_file(file))?;
    if let Some(centres) = &args.centres {
        let Some(k) = k else { return Err(Failure::usage("--centres needs --k with a number")) };
        let values = raw_f64s(centres, k.saturating_mul(dims))?;
        params = params.init(Init::Centres(values.chunks(dims.max(1)).map(<[f64]>::to_vec).collect()));
    }
    if let Some(iterations) = args.iterations {
        params = params.max_iterations(iterations).tolerance(0.0);
    }
    let read_cpu_seconds = reading.cpu_seconds();
    let progress = Progress::spinner("segmenting");
    let meter = Meter::start();
    let model = params.fit_matrix(&matrix)?;
    let (cpu_seconds, wall_seconds) = (meter.cpu_seconds(), meter.wall_seconds());
    let mut object = summary(&model, cpu_seconds);
    let sweep = match model.choice() {
        Some(choice) => choice.sweep.clone(),
        None => KMeansParams::new(model.k()).seed(Seed(args.seed)).evaluate_matrix(&matrix)?,
    };
    drop(progress);
    let score = sweep.iter().find(|s| s.k == model.k());
    object["silhouette"] = json!(score.map(|s| s.silhouette));
    object["stability"] = json!(score.map(|s| s.stability));
    object["wall_seconds"] = json!(wall_seconds);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    if args.output.json {
        return print_json(&object);
    }
    let mut table = Table::new(["segment", "rows"]);
    for profile in model.profiles() {
        table.row([profile.name.text(Language::English).into_owned(), profile.size.to_string()]);
    }
    table.print();
    say(format!(
        "inertia {:.3}, {} iterations, {:.2} CPU ms per iteration",
        model.summary().inertia,
        model.summary().iterations,
        1e3 * cpu_seconds / f64::from(model.summary().iterations)
    ));
    Ok(())
}
