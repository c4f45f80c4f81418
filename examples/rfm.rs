//! RFM scores, segments and value tiers of a file of orders, of raw columns, or of a simulated stream.
//!
//! `cargo run --release --example rfm -- orders.csv --as-of 2011-12-09 --out scores.csv`

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use common::{
    CsvArgs, Failure, Meter, OutputArgs, Progress, Table, peak_rss_mb, print_json, raw_f64s, raw_i32s,
    raw_i64s, say, write_file,
};
use regulars::data::{
    Columns, Ledger, Occasion, PerCustomer, Purchases, Refunds, Summary, SummaryParams, Tier, TierParams,
    Tiers,
};
use regulars::rfm::{Method, Rfm, RfmModel, RfmParams, SegmentMap};
use regulars::simulate::ShopParams;
use regulars::types::{AsOf, Currency, Day, Language, Seed};
use serde_json::{Value, json};

/// Recency, frequency and monetary scores, with segments and value tiers
#[derive(Debug, clap::Parser)]
struct Args {
    /// Orders as CSV or CSV.GZ; without it, a simulated shop
    #[arg(value_name = "ORDERS", conflicts_with_all = ["raw", "simulate_rows"])]
    orders: Option<PathBuf>,
    /// Prefix of three raw little-endian files, PREFIXcustomer.i64, PREFIXday.i32 and PREFIXamount.f64
    #[arg(long, value_name = "PREFIX", requires = "rows", conflicts_with = "simulate_rows")]
    raw: Option<String>,
    /// Rows of the raw files
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// The door the raw rows come in by
    #[arg(long, value_enum, default_value_t, requires = "raw")]
    door: Door,
    /// A simulated stream of that many rows, 100 a customer, summed up by days without being held in memory
    #[arg(long, value_name = "N")]
    simulate_rows: Option<usize>,
    /// The last known day; the last day of the data where not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Quantile bins of each axis, 2 to 10
    #[arg(long, value_name = "N", default_value_t = 5)]
    bins: u8,
    /// What counts as one purchase; rows for raw files, days otherwise
    #[arg(long, value_enum)]
    occasion: Option<Count>,
    /// Whether refunds lower the spend
    #[arg(long, value_enum, default_value_t)]
    refunds: Givebacks,
    /// Which rule scores by
    #[arg(long, value_enum, default_value_t)]
    method: Rule,
    /// Write a row per customer as CSV
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Count {
    Day,
    Order,
    Row,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Door {
    /// Rows are summed up and forgotten
    #[default]
    Summary,
    /// Rows are sorted into a ledger that keeps them
    Ledger,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Givebacks {
    #[default]
    Net,
    Ignore,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Rule {
    #[default]
    Standard,
    /// As the R package `rfm`
    RPackage,
}

fn main() -> ExitCode {
    common::main(run)
}

/// Scored customers, and what it took.
struct Scored {
    model: RfmModel,
    scores: PerCustomer<Rfm>,
    currency: Currency,
    cpu_seconds: f64,
    extra_mb: f64,
    more: Value,
}

fn run(args: &Args) -> common::Outcome {
    let currency = args.csv.currency()?;
    params(args, Occasion::Day)
        .check()
        .map_err(|_| Failure::usage(format!("--bins: must be 2 to 10, got {}", args.bins)))?;
    let scored = if let (Some(prefix), Some(rows)) = (&args.raw, args.rows) {
        raw(args, prefix, rows, currency)?
    } else if let Some(rows) = args.simulate_rows {
        stream(args, rows, currency)?
    } else {
        ledger(args)?
    };
    let Scored { model, scores, currency, .. } = &scored;

    let tiers = TierParams::new().fit(&scores.map(|rfm| rfm.monetary))?;
    let tiered = tiers.assign(&scores.map(|rfm| rfm.monetary))?;
    // The eleven named segments are defined for five bins; other bins have no standard.
    let map = (model.bins() == [5, 5, 5]).then(|| SegmentMap::standard(model.bins())).transpose()?;
    if let Some(path) = &args.out {
        write_scores(path, scores, map.as_ref(), &tiers, &tiered, *currency)?;
    }
    report(args, &scored, map.as_ref(), &tiers, &tiered)
}

fn params(args: &Args, default: Occasion) -> RfmParams {
    let occasion = match args.occasion {
        None => default,
        Some(Count::Day) => Occasion::Day,
        Some(Count::Order) => Occasion::Order,
        Some(Count::Row) => Occasion::Row,
    };
    let method = match args.method {
        Rule::Standard => Method::Standard,
        Rule::RPackage => Method::RPackage,
    };
    RfmParams::new().bins(args.bins).occasion(occasion).refunds(refunds(args)).method(method)
}

fn refunds(args: &Args) -> Refunds {
    match args.refunds {
        Givebacks::Net => Refunds::Net,
        Givebacks::Ignore => Refunds::Ignore,
    }
}

fn fitted(params: &RfmParams, table: &Purchases) -> Result<(RfmModel, PerCustomer<Rfm>), Failure> {
    let model = params.fit(table)?;
    let scores = model.score(table)?;
    Ok((model, scores))
}

/// A file of orders, or the simulated shop.
fn ledger(args: &Args) -> Result<Scored, Failure> {
    let reading = Meter::start();
    let ledger = match &args.orders {
        Some(path) => args.csv.ledger(path, &args.output)?,
        None => ShopParams::new(5_000, Seed(7))
            .refunds(0.02)
            .anonymous(0.1)
            .seasonality(0.2)
            .simulate()?
            .ledger()?,
    };
    let read_cpu_seconds = reading.cpu_seconds();
    let meter = Meter::start();
    let now = ledger.observed(AsOf::new(args.as_of.unwrap_or(ledger.covers().1)))?;
    let model = params(args, Occasion::Day).fit(now)?;
    let scores = model.score(now)?;
    let intake = ledger.intake();
    Ok(Scored {
        model,
        scores,
        currency: ledger.currency(),
        cpu_seconds: meter.cpu_seconds(),
        extra_mb: meter.extra_mb(),
        more: json!({
            "rows_read": intake.rows_read,
            "rows_skipped": intake.rows_skipped,
            "refund_rows": intake.refund_rows,
            "read_cpu_seconds": read_cpu_seconds,
        }),
    })
}

/// Raw columns through the streaming door, or into a ledger.
fn raw(args: &Args, prefix: &str, rows: usize, currency: Currency) -> Result<Scored, Failure> {
    let reading = Meter::start();
    let file = |name: &str| PathBuf::from(format!("{prefix}{name}"));
    let customers = raw_i64s(&file("customer.i64"), rows)?;
    let days = raw_i32s(&file("day.i32"), rows)?;
    let amounts = raw_f64s(&file("amount.f64"), rows)?;
    let read_cpu_seconds = reading.cpu_seconds();

    let last = days.iter().copied().max().map_or(Day::new(0), Day::new);
    let params = params(args, Occasion::Row);
    let occasion = args.occasion.map_or(Occasion::Row, |_| params.counted_by());
    let meter = Meter::start();
    let as_of = AsOf::new(args.as_of.unwrap_or(last));
    let columns = Columns::new(currency, &customers, &days).amounts(&amounts);
    let (model, scores, mut more) = match args.door {
        Door::Summary => {
            let mut summary =
                Summary::new(SummaryParams::new(as_of, currency).occasion(occasion).refunds(refunds(args)));
            summary.push_columns(&columns)?;
            let tally = summary.tally();
            let table = summary.finish()?;
            let (model, scores) = fitted(&params, &table)?;
            let more = json!({
                "rows_read": tally.rows_read,
                "refund_rows": tally.refund_rows,
                "rounded_amounts": tally.rounded_amounts,
            });
            (model, scores, more)
        }
        Door::Ledger => {
            let ledger = Ledger::from_columns(&columns)?;
            let ledger_cpu_seconds = meter.cpu_seconds();
            let now = ledger.observed(as_of)?;
            let model = params.fit(now)?;
            let scores = model.score(now)?;
            let intake = ledger.intake();
            let more = json!({
                "rows_read": intake.rows_read,
                "refund_rows": intake.refund_rows,
                "rounded_amounts": intake.rounded_amounts,
                "ledger_cpu_seconds": ledger_cpu_seconds,
            });
            (model, scores, more)
        }
    };
    let (cpu_seconds, extra_mb) = (meter.cpu_seconds(), meter.extra_mb());
    more["read_cpu_seconds"] = json!(read_cpu_seconds);
    Ok(Scored { model, scores, currency, cpu_seconds, extra_mb, more })
}

/// Rows that are made, summed up and forgotten block by block.
fn stream(args: &Args, rows: usize, currency: Currency) -> Result<Scored, Failure> {
    const BLOCK: usize = 1 << 20;
    let params = params(args, Occasion::Day);
    let customers_in_all = (rows / 100).max(1) as u64;
    let as_of = AsOf::new(args.as_of.unwrap_or(Day::ymd(2024, 12, 30)?));
    let first_day = Day::ymd(2023, 1, 1)?.days_since_epoch();
    let meter = Meter::start();
    let mut making = 0.0;
    let mut summary = Summary::new(
        SummaryParams::new(as_of, currency).occasion(params.counted_by()).refunds(refunds(args)),
    );
    let progress = Progress::bar("summing up", rows.div_ceil(BLOCK) as u64);
    for block in (0..rows).step_by(BLOCK) {
        let made = Meter::start();
        let numbers = || (block..rows.min(block + BLOCK)).map(|row| scrambled(row as u64));
        let customers: Vec<i64> =
            numbers().map(|n| scrambled(n % customers_in_all).cast_signed() >> 8).collect();
        let days: Vec<i32> =
            numbers().map(|n| first_day + i32::try_from((n >> 24) % 730).unwrap_or(0)).collect();
        let amounts: Vec<f64> = numbers()
            .map(|n| if n >> 58 == 0 { -9.99 } else { ((n >> 34) % 10_000) as f64 / 100.0 })
            .collect();
        making += made.cpu_seconds();
        summary.push_columns(&Columns::new(currency, &customers, &days).amounts(&amounts))?;
        progress.step();
    }
    drop(progress);
    let tally = summary.tally();
    let table = summary.finish()?;
    let (model, scores) = fitted(&params, &table)?;
    Ok(Scored {
        model,
        scores,
        currency,
        cpu_seconds: meter.cpu_seconds() - making,
        extra_mb: meter.extra_mb(),
        more: json!({ "rows_read": tally.rows_read, "simulate_cpu_seconds": making }),
    })
}

/// A bijection that mixes all bits (`SplitMix64`).
fn scrambled(n: u64) -> u64 {
    let z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The sum of each score, and a checksum of all codes in the order of customers.
fn checks(scores: &PerCustomer<Rfm>) -> ([u64; 3], String) {
    let mut sums = [0_u64; 3];
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for rfm in scores.values() {
        for (sum, score) in sums.iter_mut().zip([rfm.r, rfm.f, rfm.m]) {
            *sum += u64::from(score);
            hash = (hash ^ u64::from(score)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    (sums, format!("{hash:016x}"))
}

fn report(
    args: &Args,
    scored: &Scored,
    map: Option<&SegmentMap>,
    tiers: &Tiers,
    tiered: &PerCustomer<Tier>,
) -> common::Outcome {
    let Scored { model, scores, currency, cpu_seconds, extra_mb, more } = scored;
    let segments: Option<Vec<(&str, &str, usize, i128)>> = map
        .map(|map| -> Result<_, Failure> {
            let assigned = map.assign(scores)?;
            let mut revenue = vec![0_i128; map.segments().len()];
            for (segment, rfm) in assigned.values().iter().zip(scores.values()) {
                revenue[segment.index()] += i128::from(rfm.monetary.in_minor());
            }
            let counts = map.counts(&assigned);
            let named = map.segments().iter().zip(counts).zip(revenue);
            Ok(named
                .map(|((s, count), revenue)| {
                    (s.name(Language::English), s.name(Language::Chinese), count, revenue)
                })
                .collect())
        })
        .transpose()?;
    let (score_sums, checksum) = checks(scores);
    let tier_counts = tiers.sizes(tiered);
    if args.output.json {
        let segments: Option<BTreeMap<&str, usize>> =
            segments.map(|all| all.into_iter().map(|(name, _, count, _)| (name, count)).collect());
        let named = tiers.tiers().map(|tier| tiers.name(tier, Language::English));
        let tiers: BTreeMap<String, usize> = named.zip(tier_counts).collect();
        let mut object = json!({
            "customers": scores.len(),
            "without_purchase": model.without_purchase(),
            "as_of": model.as_of().to_string(),
            "bins": model.bins(),
            "segments": segments,
            "tiers": tiers,
            "score_sums": score_sums,
            "score_checksum": checksum,
            "cpu_seconds": cpu_seconds,
            "extra_mb": extra_mb,
            "peak_rss_mb": peak_rss_mb(),
        });
        if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
            object.extend(more.clone());
        }
        return print_json(&object);
    }
    let lang = args.output.lang;
    let total: i128 = scores.values().iter().map(|rfm| i128::from(rfm.monetary.in_minor())).sum();
    let (customers, as_of) = (scores.len(), model.as_of());
    say(lang.pick(
        format!("{customers} customers as of {as_of}, amounts in {currency}"),
        format!("{customers}位客户，截至{as_of}，金额单位{currency}"),
    ));
    let percent = |part: i128| {
        if total > 0 { format!("{:.1} %", part as f64 * 100.0 / total as f64) } else { "-".to_owned() }
    };
    if let Some(segments) = segments {
        let header = lang.pick(["segment", "customers", "revenue"], ["分群", "客户数", "销售额占比"]);
        let mut table = Table::new(header);
        for (name, name_zh, count, revenue) in segments {
            table.row([lang.pick(name, name_zh).to_owned(), count.to_string(), percent(revenue)]);
        }
        table.print();
    }
    let mut table = Table::new(lang.pick(["tier", "customers"], ["等级", "客户数"]));
    for (tier, count) in tiers.tiers().zip(tier_counts) {
        let name = tiers.name(tier, lang.pick(Language::English, Language::Chinese));
        table.row([name, count.to_string()]);
    }
    table.print();
    say(format!("{cpu_seconds:.3} CPU s, {extra_mb:.0} MB"));
    Ok(())
}

fn write_scores(
    path: &std::path::Path,
    scores: &PerCustomer<Rfm>,
    map: Option<&SegmentMap>,
    tiers: &Tiers,
    tiered: &PerCustomer<Tier>,
    currency: Currency,
) -> common::Outcome {
    let assigned = map.map(|map| map.assign(scores)).transpose()?;
    write_file(path, |file| {
        let failed = |e: csv::Error| Failure::new(format!("{}: {e}", path.display()));
        let mut writer = csv::Writer::from_writer(file);
        let header = [
            "customer_id",
            "recency",
            "frequency",
            "monetary",
            "r",
            "f",
            "m",
            "code",
            "weighted",
            "segment",
            "segment_zh",
            "tier",
        ];
        writer.write_record(header).map_err(failed)?;
        for (row, (key, rfm)) in scores.iter_keys().enumerate() {
            let segment = assigned.as_ref().zip(map).and_then(|(all, map)| map.segment(all.values()[row]));
            writer
                .write_record([
                    key.to_string(),
                    rfm.recency.to_string(),
                    rfm.frequency.to_string(),
                    currency.format(rfm.monetary),
                    rfm.r.to_string(),
                    rfm.f.to_string(),
                    rfm.m.to_string(),
                    rfm.code().to_string(),
                    format!("{:.1}", rfm.weighted),
                    segment.map_or("", |s| s.name(Language::English)).to_owned(),
                    segment.map_or("", |s| s.name(Language::Chinese)).to_owned(),
                    tiers.name(tiered.values()[row], Language::English),
                ])
                .map_err(failed)?;
        }
        writer.flush().map_err(|e| Failure::new(format!("{}: {e}", path.display())))
    })
}
