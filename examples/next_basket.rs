//! What each customer buys next: each customer's last basket is held out and foreseen from the earlier ones.
//!
//! `cargo run --release --example next_basket -- [FILE] [--folds FILE] [--out FILE] [--json]`
//!
//! FILE holds orders, or ready baskets (customer, basket number, item). Without it a simulated shop is used. `--method`
//! evaluates a published method in place of the default, with the parameters of `--params`. `--simulate 1000000` measures a
//! large shop instead: the fit, everybody's lists, and one list at a time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use regulars::data::{Customers, Ledger, Occasion, TimeAxis};
use regulars::metrics::ranking::{ListQuality, RankingQuality, paired_bootstrap};
use regulars::recommend::{
    AlsParams, Baskets, Evaluation, ItemItemParams, MarkovChainParams, Method, NextItemModel, NextItemParams,
    Similarity, TifuKnnParams, UpCfParams,
};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Day, Horizon, Key, Language, Seed};
use serde_json::{Value, json};

mod common;
use common::{
    CsvArgs, Failure, Lang, Meter, OrdersArgs, Outcome, Table, peak_rss_mb, print_json, say, write_file,
};

/// Customers a run, where everybody is served: some 200 MB of lists.
const RUN: usize = 20_000;

/// Foresees each customer's last basket from the earlier ones.
#[derive(Parser)]
struct Args {
    /// Evaluate these customers only, by these folds (a file of customer ids and folds)
    #[arg(long)]
    folds: Option<PathBuf>,
    /// Write the next 20 items of every customer, from all baskets, to this CSV file
    #[arg(long)]
    out: Option<PathBuf>,
    /// Measure a simulated shop of so many customers and 20,000 items, about 20 rows a customer
    #[arg(long, value_name = "CUSTOMERS", conflicts_with_all = ["file", "folds", "out", "as_of", "beside"])]
    simulate: Option<u32>,
    /// Fewest baskets of a customer (orders only)
    #[arg(long, default_value_t = 3)]
    min_baskets: usize,
    /// Fewest baskets of earlier purchases that hold an item (orders only)
    #[arg(long, default_value_t = 3)]
    min_item: u32,
    /// Foresee an earlier basket: drop so many last baskets of every customer first (to choose parameters by)
    #[arg(long, default_value_t = 0)]
    earlier: usize,
    /// A clean cut in time instead: learn from baskets up to this day, foresee each customer's first basket after it
    #[arg(long)]
    as_of: Option<Day>,
    /// Days after it in which that basket must lie
    #[arg(long, default_value_t = 90)]
    horizon: u32,
    /// How items are scored
    #[arg(long, value_enum, default_value_t = Named::Learned)]
    method: Named,
    /// Its parameters in order, with commas: tifu-knn k,w,g,alpha,groups; up-cf r,a,q; cosine, tf-idf, bm25 and lift k;
    /// markov-chain memory; als factors
    #[arg(long, value_delimiter = ',')]
    params: Vec<f64>,
    /// Another method to compare with by a paired bootstrap
    #[arg(long, value_enum)]
    beside: Option<Named>,
    /// Its parameters
    #[arg(long, value_delimiter = ',')]
    beside_params: Vec<f64>,
    #[command(flatten)]
    orders: OrdersArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Named {
    Learned,
    GTopFreq,
    PTopFreq,
    GpTopFreq,
    TifuKnn,
    UpCf,
    Cosine,
    TfIdf,
    Bm25,
    Lift,
    MarkovChain,
    Als,
}

impl Named {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers by intention")]
    fn method(self, params: &[f64]) -> Method {
        let real = |at: usize, default: f64| params.get(at).copied().unwrap_or(default);
        let whole = |at: usize, default: usize| params.get(at).map_or(default, |v| v.max(0.0) as usize);
        let items = |similarity| {
            let together = if similarity == Similarity::Lift { 5 } else { 1 };
            let params = ItemItemParams::new().similarity(similarity).neighbours(whole(0, 100));
            Method::ItemItem(params.min_together(together))
        };
        match self {
            Self::Learned => Method::Learned,
            Self::GTopFreq => Method::GTopFreq,
            Self::PTopFreq => Method::PTopFreq,
            Self::GpTopFreq => Method::GpTopFreq,
            Self::TifuKnn => Method::TifuKnn(
                TifuKnnParams::new()
                    .neighbours(whole(0, 300))
                    .within_group_decay(real(1, 0.9))
                    .group_decay(real(2, 0.7))
                    .own_share(real(3, 0.7))
                    .groups(whole(4, 7)),
            ),
            Self::UpCf => Method::UpCf(
                UpCfParams::new().recency(whole(0, 5)).asymmetry(real(1, 0.75)).locality(real(2, 5.0)),
            ),
            Self::Cosine => items(Similarity::Cosine),
            Self::TfIdf => items(Similarity::TfIdf),
            Self::Bm25 => items(Similarity::Bm25),
            Self::Lift => items(Similarity::Lift),
            Self::MarkovChain => Method::MarkovChain(MarkovChainParams::new().memory(real(0, 0.5))),
            Self::Als => Method::Als(AlsParams::new().factors(whole(0, 64))),
        }
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    if let Some(customers) = args.simulate {
        return measure(args, customers);
    }
    let reading = Meter::start();
    let ledger = args.orders.ledger(CsvArgs::ledger_of_prices)?;
    let read_cpu_seconds = reading.cpu_seconds();
    let baskets = baskets(&ledger)?;
    let ready = is_ready(&ledger);
    let (mut history, mut truth) = match args.as_of {
        Some(day) => by_date(&ledger, day, args.horizon)?,
        None if ready => baskets.leave_last_out(2, 0)?,
        None => baskets.leave_last_out(args.min_baskets, args.min_item)?,
    };
    for _ in 0..args.earlier {
        (history, truth) = history.leave_last_out(2, 0)?;
    }
    let folds = args.folds.as_ref().map(|path| Folds::read(args, path)).transpose()?;

    let params = NextItemParams::new().method(args.method.method(&args.params));
    let fitting = Meter::start();
    let model = params.fit(&history)?;
    let fit_cpu_seconds = fitting.cpu_seconds();
    let by_protocol = |model: &NextItemModel, params: &NextItemParams| match (&folds, model.method()) {
        (Some(folds), Method::TifuKnn(_)) => Quality::by_pools(params, &history, &truth, folds),
        _ => Quality::of(model, &truth, folds.as_ref()),
    };
    let ours = by_protocol(&model, &params)?;
    let baseline = NextItemParams::new().method(Method::GpTopFreq).fit(&history)?;
    let theirs = Quality::of(&baseline, &truth, folds.as_ref())?;
    let beside = args.beside.map(|named| -> Result<Quality, Failure> {
        let params = NextItemParams::new().method(named.method(&args.beside_params));
        by_protocol(&params.fit(&history)?, &params)
    });
    let beside = beside.transpose()?;
    let meter = Meter::start();
    let served = model.recommend_all(20)?.len();
    let batch = meter.cpu_seconds() * 1e6 / served.max(1) as f64;
    let speed = Speed::of(&model, &truth.customers(), batch)?;
    if let Some(path) = &args.out {
        let language = args.orders.output.lang.pick(Language::English, Language::Chinese);
        let text = lists(&NextItemParams::new().fit(&baskets)?, language)?;
        write_file(path, |file| {
            file.write_all(text.as_bytes()).map_err(|e| Failure::new(format!("{}: {e}", path.display())))
        })?;
    }

    let mut object = ours.json();
    object["customers"] = json!(ours.ten.lists);
    object["items"] = json!(history.distinct_items());
    object["method"] = json!(format!("{:?}", model.method()));
    object["ranker"] = ranker(&model);
    object["baseline"] = json!({ "gp_top_freq": theirs.json() });
    object["difference"] = ours.against(&theirs)?;
    if let (Some(named), Some(beside)) = (args.beside, &beside) {
        let mut figures = beside.json();
        figures["method"] = json!(format!("{named:?}"));
        figures["difference"] = ours.against(beside)?;
        object["beside"] = figures;
    }
    object["fit_cpu_seconds"] = json!(fit_cpu_seconds);
    object["read_cpu_seconds"] = json!(read_cpu_seconds);
    object["us_per_customer_batch"] = json!(speed.batch);
    speed.tell(&mut object);
    object["peak_rss_mb"] = json!(peak_rss_mb());
    if args.orders.output.json {
        return print_json(&object);
    }
    print(args.orders.output.lang, &ours, &theirs, &history, &speed);
    Ok(())
}

/// Everything up to a day, and the first basket after it of the customers known then.
fn by_date(ledger: &Ledger, day: Day, horizon: u32) -> Result<(Baskets, Baskets), Failure> {
    let split = ledger.split(AsOf::new(day), Horizon::days(horizon)?)?;
    let history = Baskets::new(split.observed(), Occasion::Day)?;
    let known = history.customers();
    let truth = Baskets::next(&split, Occasion::Day)?;
    Ok((history, truth.only(|key| known.row_of_key(key).is_some())))
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

/// Customers in the order of the file, and the fold of each.
struct Folds {
    order: Vec<(Key<'static>, usize)>,
    of: HashMap<Key<'static>, usize>,
    number: usize,
}

impl Folds {
    fn read(args: &Args, path: &std::path::Path) -> Result<Self, Failure> {
        let table = args.orders.csv.table(path)?;
        let (customers, folds) = (table.column("customer_id")?, table.column("fold")?);
        let mut order = Vec::new();
        for row in 0..table.len() {
            let (Some(customer), Some(fold)) = (customers.get(row), folds.get(row)) else { continue };
            let fold: usize = fold.parse().map_err(|_| {
                Failure::new(format!(
                    "{}:{}: fold: expected a whole number",
                    path.display(),
                    table.row_number(row)
                ))
            })?;
            order.push((Key::from(customer).into_owned(), fold));
        }
        let number = order.iter().map(|(_, fold)| fold + 1).max().unwrap_or(0);
        Ok(Self { of: order.iter().cloned().collect(), order, number })
    }

    fn fold(&self, key: &Key<'_>) -> Option<usize> {
        self.of.get(&key.clone().into_owned()).copied()
    }

    /// Nine tenths of the customers of the other folds, in the order of the folds: who may be a neighbour.
    fn pool(&self, tested: usize) -> Vec<&Key<'static>> {
        let others = (0..self.number).filter(|f| *f != tested);
        let of = |fold: usize| self.order.iter().filter(move |(_, f)| *f == fold).map(|(key, _)| key);
        let mut pool: Vec<&Key<'static>> = others.flat_map(of).collect();
        pool.truncate(pool.len() * 9 / 10);
        pool
    }
}

struct Quality {
    ten: RankingQuality,
    twenty: RankingQuality,
    lists: Vec<ListQuality>,
    coverage: f64,
}

impl Quality {
    fn of(model: &NextItemModel, truth: &Baskets, folds: Option<&Folds>) -> Result<Self, Failure> {
        let (ten, twenty) = (model.evaluate(truth, 10)?, model.evaluate(truth, 20)?);
        let mean = |evaluation: &Evaluation| match folds {
            None => evaluation.mean(),
            Some(folds) => {
                RankingQuality::mean_of_folds(&evaluation.by_fold(folds.number, |key| folds.fold(key)))
            }
        };
        let lists = ten.per_customer().values().to_vec();
        Ok(Self { ten: mean(&ten), twenty: mean(&twenty), coverage: ten.coverage(), lists })
    }

    /// Each fold with neighbours from the others only; per-customer values in the order of the customers.
    fn by_pools(
        params: &NextItemParams,
        history: &Baskets,
        truth: &Baskets,
        folds: &Folds,
    ) -> Result<Self, Failure> {
        let mut each = Vec::new();
        let mut lists = Vec::new();
        for fold in 0..folds.number {
            let model = params.clone().neighbours(folds.pool(fold)).fit(history)?;
            let tested = truth.only(|key| folds.fold(key) == Some(fold));
            let (ten, twenty) = (model.evaluate(&tested, 10)?, model.evaluate(&tested, 20)?);
            lists.extend(ten.per_customer().iter().map(|(customer, quality)| (customer, *quality)));
            each.push((ten.mean(), twenty.mean(), ten.coverage()));
        }
        lists.sort_by_key(|(customer, _)| *customer);
        let ten: Vec<RankingQuality> = each.iter().map(|e| e.0).collect();
        let twenty: Vec<RankingQuality> = each.iter().map(|e| e.1).collect();
        Ok(Self {
            ten: RankingQuality::mean_of_folds(&ten),
            twenty: RankingQuality::mean_of_folds(&twenty),
            lists: lists.into_iter().map(|(_, quality)| quality).collect(),
            coverage: each.iter().map(|e| e.2).sum::<f64>() / each.len().max(1) as f64,
        })
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
            "ndcg_full_at_10": self.ten.ndcg_full,
        })
    }

    /// Paired differences to the baseline, with 95 % intervals.
    fn against(&self, other: &Self) -> Result<Value, Failure> {
        let pair = |of: fn(&ListQuality) -> f64| {
            let values = |q: &Self| q.lists.iter().map(of).collect::<Vec<f64>>();
            paired_bootstrap(&values(self), &values(other), 1_000, Seed(1))
        };
        let (recall, ndcg) = (pair(|q| q.recall)?, pair(|q| q.ndcg)?);
        Ok(json!({
            "recall_at_10": {"mean": recall.mean, "low": recall.low, "high": recall.high},
            "ndcg_at_10": {"mean": ndcg.mean, "low": ndcg.low, "high": ndcg.high},
        }))
    }
}

/// Of lists of 20 with reasons: CPU microseconds a customer in one batch, wall microseconds one by one, ascending.
struct Speed {
    batch: f64,
    single: Vec<f64>,
}

impl Speed {
    /// One by one for at most 5,000 customers, evenly spread.
    fn of(model: &NextItemModel, customers: &Customers, batch: f64) -> Result<Self, Failure> {
        let mut single = Vec::new();
        for row in (0..customers.len()).step_by(customers.len().div_ceil(5_000).max(1)) {
            if let Some(key) = customers.key(row) {
                let start = Instant::now();
                std::hint::black_box(model.recommend(key, 20)?);
                single.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        single.sort_by(f64::total_cmp);
        Ok(Self { batch, single })
    }

    fn at(&self, percent: usize) -> f64 {
        self.single.get(self.single.len() * percent / 100).or(self.single.last()).copied().unwrap_or(0.0)
    }

    fn words(&self, lang: Lang) -> String {
        let (batch, p50, p99) = (self.batch, self.at(50), self.at(99));
        lang.pick(
            format!("one list: {batch:.1} us in a batch, {p50:.1} us alone (p99 {p99:.1} us)"),
            format!("每份清单：批量{batch:.1}微秒，单独{p50:.1}微秒（p99 {p99:.1}微秒）"),
        )
    }

    /// The median, the 99th percentile, and the distribution by its deciles.
    fn tell(&self, object: &mut Value) {
        object["us_single_p50"] = json!(self.at(50));
        object["us_single_p99"] = json!(self.at(99));
        let percents = (0..100).step_by(10).chain([95, 99]);
        let mut histogram: serde_json::Map<String, Value> =
            percents.map(|p| (format!("p{p:02}"), json!(self.at(p)))).collect();
        histogram.insert("max".to_owned(), json!(self.at(100)));
        object["us_single_histogram"] = Value::Object(histogram);
    }
}

/// How the learned ranker was fitted, for items bought before and new ones, and recall@10 + NDCG@10 of it and of GP-TopFreq on
/// customers kept back; null where the latter answers.
fn ranker(model: &NextItemModel) -> Value {
    let told = model.summary().ranker.map(|r| {
        json!({
            "rows": [r.rows.0, r.rows.1],
            "steps": [r.iterations.0, r.iterations.1],
            "converged": r.converged,
            "validation": [r.validation.0, r.validation.1],
        })
    });
    told.unwrap_or_default()
}

/// A large shop: what the fit costs, everybody's lists of 20 with reasons in runs that bound the memory, and one at a time.
fn measure(args: &Args, customers: u32) -> Outcome {
    let shop = ShopParams::new(customers, Seed(7)).catalogue(20_000).groups(400).rate(0.8, 4.5).basket(4.0);
    let ledger = shop.simulate()?.ledger()?;
    let all = baskets(&ledger)?;
    drop(ledger);
    let (meter, start) = (Meter::start(), Instant::now());
    let model = NextItemParams::new().method(args.method.method(&args.params)).fit(&all)?;
    let mut object = json!({
        "customers": all.customers().len(),
        "items": all.distinct_items(),
        "rows": all.rows(),
        "method": format!("{:?}", model.method()),
        "fit_cpu_seconds": meter.cpu_seconds(),
        "fit_wall_seconds": start.elapsed().as_secs_f64(),
        "ranker": ranker(&model),
    });
    let (known, meter, start) = (all.customers(), Meter::start(), Instant::now());
    for first in (0..known.len()).step_by(RUN) {
        let run = (first..known.len().min(first + RUN)).filter_map(|row| known.key(row));
        std::hint::black_box(model.recommend_some(run, 20)?);
    }
    let (cpu, wall) = (meter.cpu_seconds(), start.elapsed().as_secs_f64());
    object["batch_cpu_seconds"] = json!(cpu);
    object["batch_wall_seconds"] = json!(wall);
    let speed = Speed::of(&model, &known, cpu * 1e6 / known.len().max(1) as f64)?;
    speed.tell(&mut object);
    object["peak_rss_mb"] = json!(peak_rss_mb());
    if args.orders.output.json {
        return print_json(&object);
    }
    let lang = args.orders.output.lang;
    say(lang.pick(
        format!("{} customers, {} items, {} rows", known.len(), all.distinct_items(), all.rows()),
        format!("{}位客户，{}种商品，{}行", known.len(), all.distinct_items(), all.rows()),
    ));
    say(lang.pick(
        format!("everybody's next 20 items: {wall:.1} s, {cpu:.1} CPU s"),
        format!("全部客户的下20件商品：{wall:.1}秒，CPU {cpu:.1}秒"),
    ));
    say(speed.words(lang));
    Ok(())
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
    say(speed.words(lang));
}
