//! Segments the customers of a file of orders, or the rows of a raw matrix.
//!
//! `cargo run --release --example segments -- orders.csv --k auto`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "examples are programs; programs print")]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{CsvArgs, Failure, Meter, Outcome, OutputArgs, Progress, Table, print_json, raw_f64s, say};
use regulars::data::{Constant, Customers, Features, Ledger, Matrix, Missing, PerCustomer, TransformParams};
use regulars::metrics;
use regulars::segment::{
    Algorithm, Drift, Init, KMeansParams, KScore, Migration, MixtureModel, MixtureParams, Segment,
    SegmentModel, SegmentProfile, Structure,
};
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
    /// An earlier day: fit there, and tell who has moved by --as-of and whether the segments still fit
    #[arg(long, value_name = "DATE", conflicts_with = "matrix")]
    since: Option<Day>,
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
    /// Steps of so many rows instead of all of them
    #[arg(long, value_name = "ROWS")]
    mini_batch: Option<usize>,
    /// Fit only: no silhouette and no stability of a given number of segments
    #[arg(long)]
    bare: bool,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    fn language(&self) -> Language {
        self.output.lang.pick(Language::English, Language::Chinese)
    }
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
    match &args.matrix {
        Some(file) => matrix(args, file),
        None => orders(args),
    }
}

/// The number of segments asked for; `None` for auto.
fn number(args: &Args) -> Result<Option<usize>, Failure> {
    match args.k.as_str() {
        "auto" => Ok(None),
        number => {
            let expected = |_| Failure::usage(format!("--k {number}: expected auto or a number"));
            number.parse().map(Some).map_err(expected)
        }
    }
}

fn params(args: &Args, k: Option<usize>) -> KMeansParams {
    let params = k.map_or_else(|| KMeansParams::auto(2..=12), KMeansParams::new).seed(Seed(args.seed));
    match args.mini_batch {
        Some(rows) => params.algorithm(Algorithm::MiniBatch { rows }),
        None => params,
    }
}

fn mixture_params(args: &Args, k: Option<usize>) -> MixtureParams {
    k.map_or_else(|| MixtureParams::auto(2..=12), MixtureParams::new).seed(Seed(args.seed))
}

fn orders(args: &Args) -> Outcome {
    let k = number(args)?;
    let reading = Meter::start();
    let ledger: Ledger = match &args.orders {
        Some(file) => args.csv.ledger(file, &args.output)?,
        None => ShopParams::new(2_000, Seed(args.seed)).simulate()?.ledger()?,
    };
    let read_cpu_seconds = reading.cpu_seconds();
    let as_of = AsOf::new(args.as_of.unwrap_or(ledger.covers().1));
    let features = Features::behaviour(ledger.observed(as_of)?)?;
    let progress = Progress::spinner("segmenting");
    if args.method == Method::Mixture {
        let meter = Meter::start();
        let model = mixture_params(args, k).fit(&features)?;
        let cpu_seconds = meter.cpu_seconds();
        let usual = TransformParams::new().missing(Missing::Median).constant(Constant::Drop);
        let matrix = usual.log1p().standardise().fit(&features)?.apply(&features)?;
        let silhouette = silhouette(&matrix, &model.assign(&features)?);
        drop(progress);
        let mut object = mixture_summary(&model, silhouette, cpu_seconds);
        object["customers"] = json!(features.len());
        object["as_of"] = json!(as_of.to_string());
        object["read_cpu_seconds"] = json!(read_cpu_seconds);
        if args.output.json {
            return print_json(&object);
        }
        profiles(args, model.profiles(), &object);
        return Ok(());
    }
    let params = params(args, k);
    let fitted_on = match args.since {
        Some(day) => Features::behaviour(ledger.observed(AsOf::new(day))?)?,
        None => features.clone(),
    };
    let meter = Meter::start();
    let model = params.fit(&fitted_on)?;
    let cpu_seconds = meter.cpu_seconds();
    let sweep = match model.choice() {
        Some(choice) => choice.sweep.clone(),
        None => params.evaluate(&fitted_on)?,
    };
    let later = match args.since {
        Some(_) => Some(Later::new(&model, &params, &fitted_on, &features)?),
        None => None,
    };
    drop(progress);
    let mut object = summary(&model, cpu_seconds);
    measures(&mut object, &sweep, model.k(), args.language());
    object["customers"] = json!(fitted_on.len());
    object["as_of"] = json!(args.since.map_or(as_of, AsOf::new).to_string());
    object["columns_left_out"] = json!(model.dropped());
    object["values_filled"] = json!(model.summary().filled);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    if args.output.json {
        if let Some(later) = &later {
            object["later"] = later.json(&model, as_of);
        }
        return print_json(&object);
    }
    profiles(args, model.profiles(), &object);
    report(args, &model, &fitted_on, &object)?;
    if let Some(later) = &later {
        later.report(args, &model);
    }
    Ok(())
}

/// What the sweep says of the number of segments chosen, and all of it.
fn measures(object: &mut Value, sweep: &[KScore], k: usize, language: Language) {
    let score = sweep.iter().find(|s| s.k == k);
    object["silhouette"] = json!(score.map(|s| s.silhouette));
    object["stability"] = json!(score.map(|s| s.stability));
    object["sweep"] = json!(sweep);
    object["structure"] = json!(score.and_then(KScore::structure).map(Structure::code));
    object["groups"] = json!(score.and_then(|s| s.groups));
    object["structure_text"] = json!(score.map(|s| s.describe(language)));
}

fn silhouette(matrix: &Matrix, segments: &PerCustomer<Segment>) -> Option<f64> {
    let labels: Vec<u32> =
        segments.values().iter().map(|s| u32::try_from(s.index()).unwrap_or(u32::MAX)).collect();
    metrics::silhouette_sampled(matrix.values(), matrix.width(), &labels, 2_048, Seed(0)).ok()
}

/// The same customers at a later date.
struct Later {
    migration: Migration,
    drift: Drift,
    /// Fitted anew on the later date, with the segments of the first.
    refit: SegmentModel,
    /// Adjusted Rand index between the segments of both models on the later date.
    agreement: f64,
}

impl Later {
    fn new(
        model: &SegmentModel,
        params: &KMeansParams,
        then: &Features,
        now: &Features,
    ) -> Result<Self, Failure> {
        let after = model.assign(now)?;
        let migration = model.migration(&model.assign(then)?, &after)?;
        let refit = params.fit(now)?.matched(model, now)?;
        let labels = |segments: &PerCustomer<Segment>| -> Vec<u32> {
            segments.values().iter().map(|s| u32::try_from(s.index()).unwrap_or(u32::MAX)).collect()
        };
        let agreement = metrics::adjusted_rand_index(&labels(&after), &labels(&refit.assign(now)?))?;
        Ok(Self { migration, drift: model.drift(now)?, refit, agreement })
    }

    fn json(&self, model: &SegmentModel, as_of: AsOf) -> Value {
        json!({
            "as_of": as_of.to_string(),
            "migration": self.migration.counts().collect::<Vec<_>>(),
            "stayed": self.migration.stayed(),
            "moved_up": self.migration.moved_up(),
            "moved_down": self.migration.moved_down(),
            "arrived": self.migration.arrived(),
            "left": self.migration.left(),
            "sizes": model.segments().map(|s| self.drift.segments[s.index()].share_now).collect::<Vec<_>>(),
            "drift": self.drift,
            "advice": self.drift.describe(Language::English),
            "refit": {
                "k": self.refit.k(),
                "names": self.refit.profiles().iter().map(|p| p.name.text(Language::English)).collect::<Vec<_>>(),
                "sizes": self.refit.profiles().iter().map(|p| p.size).collect::<Vec<_>>(),
                "agreement": self.agreement,
            },
        })
    }

    fn report(&self, args: &Args, model: &SegmentModel) {
        let language = args.language();
        let name = |p: &SegmentProfile| p.name.text(language).into_owned();
        let mut header = vec![args.output.lang.pick("from \\ to", "由 \\ 至").to_owned()];
        header.extend(model.profiles().iter().map(name));
        let mut table = Table::new(header);
        let numbers = |counts: &[u64]| counts.iter().map(u64::to_string).collect::<Vec<_>>();
        for (profile, counts) in model.profiles().iter().zip(self.migration.counts()) {
            table.row([vec![name(profile)], numbers(counts)].concat());
        }
        let arrived = (*args.output.lang.pick("arrived", "新增")).to_owned();
        table.row([vec![arrived], numbers(self.migration.arrived())].concat());
        say("");
        table.print();
        let (stayed, up, down) =
            (self.migration.stayed(), self.migration.moved_up(), self.migration.moved_down());
        say("");
        say(match language {
            Language::Chinese => format!("不变{stayed}人，上升{up}人，下滑{down}人。"),
            _ => format!("{stayed} stayed, {up} moved up, {down} slipped."),
        });
        say(self.drift.describe(language));
        say(match language {
            Language::Chinese => format!("重新分群后与旧群的一致度（ARI）{:.3}。", self.agreement),
            _ => {
                format!("A fit of the later date agrees with these segments by {:.3} (ARI).", self.agreement)
            }
        });
    }
}

/// A row per segment, then a sentence and advice for each.
fn profiles(args: &Args, profiles: &[SegmentProfile], object: &Value) {
    let language = args.language();
    let mut header = vec![
        args.output.lang.pick("segment", "客群").to_owned(),
        args.output.lang.pick("customers", "人数").to_owned(),
        args.output.lang.pick("spend", "消费额").to_owned(),
    ];
    header.extend(profiles.iter().take(1).flat_map(|p| &p.traits).map(|t| t.column.clone()));
    let mut table = Table::new(header);
    for profile in profiles {
        let mut row = vec![profile.name.text(language).into_owned(), profile.size.to_string()];
        row.push(profile.revenue.map_or_else(String::new, |r| format!("{:.1} %", 100.0 * r)));
        row.extend(profile.traits.iter().map(|t| format!("{:.1}", t.centre)));
        table.row(row);
    }
    table.print();
    say("");
    for profile in profiles {
        say(profile.describe(language));
        if let Some(kind) = profile.kind {
            say(format!("  {}", kind.advice(language)));
        }
    }
    let number = |key: &str| object[key].as_f64().map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    say("");
    say(match language {
        Language::Chinese => format!(
            "{}位客户，{}个客群，轮廓系数{}，稳定性{}，迭代{}次",
            object["customers"],
            object["k"],
            number("silhouette"),
            number("stability"),
            object["iterations"]
        ),
        _ => format!(
            "{} customers, {} segments, silhouette {}, stability {}, {} iterations",
            object["customers"],
            object["k"],
            number("silhouette"),
            number("stability"),
            object["iterations"]
        ),
    });
    if let Some(text) = object["structure_text"].as_str().filter(|text| !text.is_empty()) {
        say(text);
    }
}

/// Who is typical, and what was left out.
fn report(args: &Args, model: &SegmentModel, features: &Features, object: &Value) -> Outcome {
    let language = args.language();
    for members in model.members(features, 3)? {
        let keys = |list: &[regulars::segment::Member]| {
            let key = |m: &regulars::segment::Member| features.customers().key(m.row).map(|k| k.to_string());
            list.iter().filter_map(key).collect::<Vec<_>>().join(", ")
        };
        let name = model.name(members.segment, language);
        let (typical, border) = (keys(&members.typical), keys(&members.borderline));
        say(match language {
            Language::Chinese => format!("{name}：典型 {typical}；临界 {border}"),
            _ => format!("{name}: typical {typical}; at the border {border}"),
        });
    }
    if !model.dropped().is_empty() {
        say(match language {
            Language::Chinese => format!("未使用（全体相同）：{}", model.dropped().join("、")),
            _ => format!("left out, the same for everybody: {}", model.dropped().join(", ")),
        });
    }
    if object["converged"] == json!(false) {
        say(args.output.lang.pick("The fit has not converged.", "拟合未收敛。"));
    }
    Ok(())
}

fn summary(model: &SegmentModel, cpu_seconds: f64) -> Value {
    let summary = model.summary();
    json!({
        "method": "kmeans",
        "k": model.k(),
        "sizes": model.profiles().iter().map(|p| p.size).collect::<Vec<_>>(),
        "names": model.profiles().iter().map(|p| p.name.text(Language::English)).collect::<Vec<_>>(),
        "revenue": model.profiles().iter().map(|p| p.revenue).collect::<Vec<_>>(),
        "profiles": model.profiles(),
        "inertia": summary.inertia,
        "iterations": summary.iterations,
        "converged": summary.converged,
        "restarts": summary.restarts,
        "repaired": summary.repaired,
        "cpu_seconds": cpu_seconds,
        "cpu_ms_per_iteration": 1e3 * cpu_seconds / f64::from(summary.iterations),
    })
}

fn mixture_summary(model: &MixtureModel, silhouette: Option<f64>, cpu_seconds: f64) -> Value {
    let summary = model.summary();
    json!({
        "method": "mixture",
        "k": model.k(),
        "sizes": model.profiles().iter().map(|p| p.size).collect::<Vec<_>>(),
        "names": model.profiles().iter().map(|p| p.name.text(Language::English)).collect::<Vec<_>>(),
        "revenue": model.profiles().iter().map(|p| p.revenue).collect::<Vec<_>>(),
        "profiles": model.profiles(),
        "weights": model.weights().collect::<Vec<_>>(),
        "log_likelihood": summary.log_likelihood,
        "bic": summary.bic,
        "sweep": model.sweep(),
        // Inertia and stability are measures of k-means.
        "inertia": null,
        "stability": null,
        "silhouette": silhouette,
        "iterations": summary.iterations,
        "converged": summary.converged,
        "cpu_seconds": cpu_seconds,
        "cpu_ms_per_iteration": 1e3 * cpu_seconds / f64::from(summary.iterations),
    })
}

fn matrix(args: &Args, file: &Path) -> Outcome {
    let (Some(rows), Some(dims)) = (args.rows, args.dims) else {
        return Err(Failure::usage("--matrix needs --rows and --dims"));
    };
    let k = number(args)?;
    let mut params = params(args, k);
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
    let mut object = if args.method == Method::Mixture {
        let model = mixture_params(args, k).fit(&matrix)?;
        let (cpu_seconds, wall_seconds) = (meter.cpu_seconds(), meter.wall_seconds());
        let silhouette = silhouette(&matrix, &model.assign(&matrix)?);
        let mut object = mixture_summary(&model, silhouette, cpu_seconds);
        object["wall_seconds"] = json!(wall_seconds);
        object
    } else {
        let model = params.fit(&matrix)?;
        let (cpu_seconds, wall_seconds) = (meter.cpu_seconds(), meter.wall_seconds());
        let sweep = match model.choice() {
            Some(choice) => choice.sweep.clone(),
            None if args.bare => Vec::new(),
            None => KMeansParams::new(model.k()).seed(Seed(args.seed)).evaluate(&matrix)?,
        };
        let mut object = summary(&model, cpu_seconds);
        measures(&mut object, &sweep, model.k(), args.language());
        object["wall_seconds"] = json!(wall_seconds);
        object
    };
    drop(progress);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    object["customers"] = json!(rows);
    if args.output.json {
        return print_json(&object);
    }
    let mut table = Table::new(["segment", "rows"]);
    let list = |key: &str| object[key].as_array().cloned().unwrap_or_default();
    for (name, size) in list("names").iter().zip(list("sizes")) {
        table.row([name.as_str().unwrap_or_default().to_owned(), size.to_string()]);
    }
    table.print();
    say(format!(
        "inertia {}, {} iterations, {:.2} CPU ms per iteration",
        object["inertia"],
        object["iterations"],
        object["cpu_ms_per_iteration"].as_f64().unwrap_or_default()
    ));
    if let Some(text) = object["structure_text"].as_str().filter(|text| !text.is_empty()) {
        say(text);
    }
    Ok(())
}
