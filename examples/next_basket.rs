//! What each customer buys next: each customer's last basket is held out and foreseen from the earlier ones.
//!
//! `cargo run --release --example next_basket -- [FILE] [--folds FILE] [--out FILE] [--json]`
//!
//! FILE holds orders, or ready baskets (customer, basket number, item). Without it a simulated shop is used.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use regulars::data::{Ledger, Occasion, TimeAxis};
use regulars::metrics::ranking::{RankingQuality, paired_bootstrap};
use regulars::recommend::{Baskets, Evaluation, Method, NextItemModel, NextItemParams};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Key, Language, Seed};
use serde_json::{Value, json};

mod common;
use common::{
    CsvArgs, Failure, Lang, Meter, Outcome, OutputArgs, Table, peak_rss_mb, print_json, say, write_file,
};

/// Foresees each customer's last basket from the earlier ones.
#[derive(Parser)]
struct Args {
    /// Orders, or ready baskets (customer, basket number, item); a simulated shop where not given
    file: Option<PathBuf>,
    /// Evaluate these customers only, by these folds (a file of customer ids and folds)
    #[arg(long)]
    folds: Option<PathBuf>,
    /// Write the next 20 items of every customer, from all baskets, to this CSV file
    #[arg(long)]
    out: Option<PathBuf>,
    /// Fewest baskets of a customer (orders only)
    #[arg(long, default_value_t = 3)]
    min_baskets: usize,
    /// Fewest baskets of earlier purchases that hold an item (orders only)
    #[arg(long, default_value_t = 3)]
    min_item: u32,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    let reading = Meter::start();
    let ledger = match &args.file {
        Some(path) => args.csv.ledger_of_prices(path, &args.output)?,
        None => ShopParams::new(2_000, Seed(7)).simulate()?.ledger()?,
    };
    let read_cpu_seconds = reading.cpu_seconds();
    let baskets = baskets(&ledger)?;
    let ready = is_ready(&ledger);
    let (history, truth) = if ready {
        baskets.leave_last_out(2, 0)?
    } else {
        baskets.leave_last_out(args.min_baskets, args.min_item)?
    };
    let folds = args.folds.as_ref().map(|path| read_folds(args, path)).transpose()?;

    let fitting = Meter::start();
    let model = NextItemParams::new().fit(&history)?;
    let fit_cpu_seconds = fitting.cpu_seconds();
    let baseline = NextItemParams::new().method(Method::GpTopFreq).fit(&history)?;
    let ours = Quality::of(&model, &truth, folds.as_ref())?;
    let theirs = Quality::of(&baseline, &truth, folds.as_ref())?;
    let speed = Speed::of(&model, &truth)?;
    if let Some(path) = &args.out {
        let language = args.output.lang.pick(Language::English, Language::Chinese);
        let text = lists(&NextItemParams::new().fit(&baskets)?, language)?;
        write_file(path, |file| {
            file.write_all(text.as_bytes()).map_err(|e| Failure::new(format!("{}: {e}", path.display())))
        })?;
    }

    let mut object = ours.json();
    object["customers"] = json!(ours.ten.lists);
    object["items"] = json!(history.distinct_items());
    object["method"] = json!(format!("{:?}", model.method()));
    object["baseline"] = json!({ "gp_top_freq": theirs.json() });
    object["difference"] = ours.against(&theirs)?;
    object["fit_cpu_seconds"] = json!(fit_cpu_seconds);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    object["us_per_customer_batch"] = json!(speed.batch);
    object["us_single_p50"] = json!(speed.p50);
    object["us_single_p99"] = json!(speed.p99);
    object["peak_rss_mb"] = json!(peak_rss_mb());
    if args.output.json {
        return print_json(&object);
    }
    print(args.output.lang, &ours, &theirs, &history, &speed);
    Ok(())
}

/// Files of ready baskets have no money: basket numbers in place of dates, or baskets with dates.
fn is_ready(ledger: &Ledger) -> bool {
    ledger.time_axis() == TimeAxis::Ordinal
        || ledger.orders().is_some() && ledger.intake().refund_rows == 0 && !has_amounts(ledger)
}

fn has_amounts(ledger: &Ledger) -> bool {
    let now = ledger.observed(AsOf::new(ledger.covers().1));
    now.is_ok_and(|now| {
        let first = now.customers().iter().next();
        first.and_then(|c| now.history(c).ok().flatten()).is_some_and(|h| h.amounts().is_some())
    })
}

fn baskets(ledger: &Ledger) -> Result<Baskets, Failure> {
    let now = ledger.observed(AsOf::new(ledger.covers().1))?;
    let by_order = ledger.time_axis() == TimeAxis::Calendar && is_ready(ledger);
    Ok(Baskets::new(now, if by_order { Occasion::Order } else { Occasion::Day })?)
}

type Folds = HashMap<Key<'static>, usize>;

fn read_folds(args: &Args, path: &std::path::Path) -> Result<Folds, Failure> {
    let table = args.csv.table(path)?;
    let (customers, folds) = (table.column("customer_id")?, table.column("fold")?);
    let mut by_customer = HashMap::new();
    for row in 0..table.len() {
        let (Some(customer), Some(fold)) = (customers.get(row), folds.get(row)) else { continue };
        let fold = fold.parse().map_err(|_| {
            Failure::new(format!(
                "{}:{}: fold: expected a whole number",
                path.display(),
                table.row_number(row)
            ))
        })?;
        by_customer.insert(Key::from(customer).into_owned(), fold);
    }
    Ok(by_customer)
}

struct Quality {
    ten: RankingQuality,
    twenty: RankingQuality,
    lists: Evaluation,
    coverage: f64,
}

impl Quality {
    fn of(model: &NextItemModel, truth: &Baskets, folds: Option<&Folds>) -> Result<Self, Failure> {
        let (ten, twenty) = (model.evaluate(truth, 10)?, model.evaluate(truth, 20)?);
        let mean = |evaluation: &Evaluation| match folds {
            None => evaluation.mean(),
            Some(folds) => {
                let number = folds.values().max().map_or(0, |last| last + 1);
                let each = evaluation.by_fold(number, |key| folds.get(&key.clone().into_owned()).copied());
                RankingQuality::mean_of_folds(&each)
            }
        };
        Ok(Self { ten: mean(&ten), twenty: mean(&twenty), coverage: ten.coverage(), lists: ten })
    }

    fn json(&self) -> Value {
        json!({
            "recall_at_10": self.ten.recall,
            "recall_at_20": self.twenty.recall,
            "ndcg_at_10": self.ten.ndcg,
            "ndcg_at_20": self.twenty.ndcg,
            "phr_at_10": self.ten.hit_rate,
            "repeat_recall_at_10": self.ten.repeat_recall,
            "explore_recall_at_10": self.ten.explore_recall,
            "repeat_share_at_10": self.ten.repeat_share,
            "mrr_at_10": self.ten.mrr,
            "coverage_at_10": self.coverage,
        })
    }

    /// Paired differences to the baseline, with 95 % intervals.
    fn against(&self, other: &Self) -> Result<Value, Failure> {
        let pair = |of: fn(&regulars::metrics::ranking::ListQuality) -> f64| {
            let values = |q: &Self| q.lists.per_customer().values().iter().map(of).collect::<Vec<f64>>();
            paired_bootstrap(&values(self), &values(other), 1_000, Seed(1))
        };
        let (recall, ndcg) = (pair(|q| q.recall)?, pair(|q| q.ndcg)?);
        Ok(json!({
            "recall_at_10": {"mean": recall.mean, "low": recall.low, "high": recall.high},
            "ndcg_at_10": {"mean": ndcg.mean, "low": ndcg.low, "high": ndcg.high},
        }))
    }
}

struct Speed {
    batch: f64,
    p50: f64,
    p99: f64,
}

impl Speed {
    /// Of lists of 20 with reasons: CPU microseconds a customer in one batch, wall microseconds one by one.
    fn of(model: &NextItemModel, truth: &Baskets) -> Result<Self, Failure> {
        let meter = Meter::start();
        let served = model.recommend_all(20)?.len();
        let batch = meter.cpu_seconds() * 1e6 / served.max(1) as f64;
        let customers = truth.customers();
        let mut times = Vec::new();
        for row in 0..customers.len().min(5_000) {
            if let Some(key) = customers.key(row) {
                let start = Instant::now();
                std::hint::black_box(model.recommend(key, 20)?);
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(0.0);
        Ok(Self { batch, p50: at(50), p99: at(99) })
    }
}

/// The next 20 items of every customer, one row each.
fn lists(model: &NextItemModel, language: Language) -> Result<String, Failure> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut file = String::from("customer_id,rank,item,score,why\n");
    for (customer, list) in model.recommend_all(20)?.iter_keys() {
        for (rank, r) in (1..).zip(list) {
            let (customer, item) = (quoted(&customer.to_text()), quoted(&r.item.to_text()));
            let _ = writeln!(file, "{customer},{rank},{item},{},{}", r.score, quoted(&r.why(language)));
        }
    }
    Ok(file)
}

fn print(lang: Lang, ours: &Quality, theirs: &Quality, history: &Baskets, speed: &Speed) {
    say(lang.pick(
        format!("{} customers, {} items", ours.ten.lists, history.distinct_items()),
        format!("{}位客户，{}种商品", ours.ten.lists, history.distinct_items()),
    ));
    let header = lang.pick(
        ["at 10", "recall", "NDCG", "hit rate", "repeat", "explore"],
        ["前10名", "召回率", "NDCG", "命中率", "复购召回", "新品召回"],
    );
    let mut table = Table::new(header);
    for (name, q) in [("learned", ours), ("GP-TopFreq", theirs)] {
        let q = &q.ten;
        let figures = [q.recall, q.ndcg, q.hit_rate, q.repeat_recall, q.explore_recall];
        table.row(std::iter::once(name.to_owned()).chain(figures.iter().map(|f| format!("{f:.4}"))));
    }
    table.print();
    say(lang.pick(
        format!(
            "one list: {:.1} us in a batch, {:.1} us alone (p99 {:.1} us)",
            speed.batch, speed.p50, speed.p99
        ),
        format!("每份清单：批量{:.1}微秒，单独{:.1}微秒（p99 {:.1}微秒）", speed.batch, speed.p50, speed.p99),
    ));
}
