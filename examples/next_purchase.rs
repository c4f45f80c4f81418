//! When each customer buys next: everybody is foreseen at one date, and scored by what came after it.
//!
//! `cargo run --release --example next_purchase -- [ORDERS] [--as-of DATE] [--horizon DAYS] [--json]`
//!
//! Without a file a simulated shop is used. Without a date the cut leaves the horizon behind it.

use std::process::ExitCode;

use clap::Parser;
use regulars::metrics::ranking::paired_bootstrap;
use regulars::recommend::{NextPurchaseParams, Subject, Timing, TimingQuality};
use regulars::types::{AsOf, Day, Horizon, Seed};
use serde_json::{Value, json};

mod common;
use common::{CsvArgs, Failure, Meter, OrdersArgs, Outcome, Table, peak_rss_mb, print_json, say};

/// Foresees the day of each customer's next purchase.
#[derive(Parser)]
struct Args {
    /// Last day known (default: as many days before the last of the data as the horizon has)
    #[arg(long)]
    as_of: Option<Day>,
    /// Days after it that score the forecast
    #[arg(long, default_value_t = 90)]
    horizon: u32,
    /// Foresee each item that each customer has bought, in place of each customer's next purchase
    #[arg(long)]
    items: bool,
    #[command(flatten)]
    orders: OrdersArgs,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    let ledger = args.orders.ledger(CsvArgs::ledger_of_prices)?;
    let horizon = Horizon::days(args.horizon)?;
    let cut = match args.as_of {
        Some(day) => day,
        None => ledger
            .covers()
            .1
            .checked_add(-i64::from(args.horizon))
            .ok_or_else(|| Failure::new("the data end too early for this horizon".to_owned()))?,
    };
    let split = ledger.split(AsOf::new(cut), horizon)?;
    let subject = if args.items { Subject::CustomerItem } else { Subject::Customer };
    let score = |timing| -> Result<(TimingQuality, f64), Failure> {
        let meter = Meter::start();
        let model = NextPurchaseParams::new().subject(subject).timing(timing).fit(split.observed())?;
        let quality = model.evaluate(&split, Seed(1))?;
        Ok((quality, meter.cpu_seconds()))
    };
    let (ours, cpu_seconds) = score(Timing::Hazard)?;
    let (baseline, _) = score(Timing::LognormalGaps)?;
    let difference = paired_bootstrap(&ours.per_customer, &baseline.per_customer, 1_000, Seed(1))?;

    if args.orders.output.json {
        let mut object = figures(&ours);
        object["customers"] = json!(ours.customers);
        object["subjects"] = json!(ours.subjects);
        object["returned"] = json!(ours.returned);
        object["as_of"] = json!(cut.to_string());
        object["horizon_days"] = json!(args.horizon);
        object["baseline"] = figures(&baseline);
        object["crps_difference"] =
            json!({"mean": difference.mean, "low": difference.low, "high": difference.high});
        object["cpu_seconds"] = json!(cpu_seconds);
        object["peak_rss_mb"] = json!(peak_rss_mb());
        return print_json(&object);
    }
    let lang = args.orders.output.lang;
    say(lang.pick(
        format!(
            "{} customers as of {cut}, {} returned within {} days",
            ours.customers, ours.returned, args.horizon
        ),
        format!("截至{cut}共{}位客户，{}天内回来{}位", ours.customers, args.horizon, ours.returned),
    ));
    let header = lang.pick(
        ["", "CRPS, days", "80% covers", "error of the median, days"],
        ["", "CRPS（天）", "80%区间覆盖率", "中位数误差（天）"],
    );
    let mut table = Table::new(header);
    let names = lang.pick(["learned hazard", "lognormal gaps"], ["学习的风险函数", "对数正态间隔"]);
    for (name, q) in names.into_iter().zip([&ours, &baseline]) {
        let values =
            [format!("{:.3}", q.crps), format!("{:.3}", q.coverage_80), format!("{:.1}", q.mae_days)];
        table.row(std::iter::once(name.to_owned()).chain(values));
    }
    table.print();
    for (days, error) in &ours.calibration {
        say(lang.pick(
            format!("P(return within {days} days) is off by {error:+.4} on average"),
            format!("{days}天内回来的概率平均偏差{error:+.4}"),
        ));
    }
    Ok(())
}

fn figures(q: &TimingQuality) -> Value {
    let calibration: serde_json::Map<String, Value> =
        q.calibration.iter().map(|(days, error)| (days.to_string(), json!(error))).collect();
    json!({
        "crps": q.crps,
        "calibration": calibration,
        "coverage_80": q.coverage_80,
        "mae_days": q.mae_days,
    })
}
