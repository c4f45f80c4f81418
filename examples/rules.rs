//! Which items are bought together: association rules of orders.
//!
//! `cargo run --release --example rules -- [ORDERS] [--min-support S] [--max-items N] [--out FILE] [--json]`
//!
//! Orders of unknown customers count. Without a file a simulated shop is used.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use regulars::data::Occasion;
use regulars::recommend::{Orders, Rule, RuleParams};
use regulars::types::{AsOf, Key};
use serde_json::json;

mod common;
use common::{CsvArgs, Failure, Meter, OrdersArgs, Outcome, Table, peak_rss_mb, print_json, say, write_file};

/// Finds which items are bought together.
#[derive(Parser)]
struct Args {
    /// Least share of orders that hold all items of a rule
    #[arg(long, default_value_t = 0.001)]
    min_support: f64,
    /// Most items of a rule, both sides together
    #[arg(long, default_value_t = 2)]
    max_items: usize,
    /// Least lift
    #[arg(long, default_value_t = 1.0)]
    min_lift: f64,
    /// Write all rules to this CSV file
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    orders: OrdersArgs,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    let ledger = args.orders.ledger(CsvArgs::ledger_of_everybody)?;
    let now = ledger.observed(AsOf::new(ledger.covers().1))?;
    let meter = Meter::start();
    let occasion = if ledger.orders().is_some() { Occasion::Order } else { Occasion::Day };
    let orders = Orders::new(now, occasion)?;
    let params = RuleParams::new(args.min_support).max_items(args.max_items).min_lift(args.min_lift);
    let rules = params.fit(&orders)?;
    let cpu_seconds = meter.cpu_seconds();
    let extra_mb = meter.extra_mb();
    if let Some(path) = &args.out {
        write_file(path, |file| {
            let failed = |e| Failure::new(format!("{}: {e}", path.display()));
            writeln!(file, "antecedent,consequent,support,confidence,lift,leverage,conviction")
                .map_err(failed)?;
            for rule in rules.iter() {
                writeln!(file, "{}", line(rule)).map_err(failed)?;
            }
            Ok(())
        })?;
    }
    if args.orders.output.json {
        return print_json(&json!({
            "orders": orders.len(),
            "rules": rules.len(),
            "min_support": args.min_support,
            "cpu_seconds": cpu_seconds,
            "extra_mb": extra_mb,
            "peak_rss_mb": peak_rss_mb(),
        }));
    }
    let lang = args.orders.output.lang;
    say(lang.pick(
        format!("{} rules of {} orders", rules.len(), orders.len()),
        format!("{}个订单中的{}条规则", orders.len(), rules.len()),
    ));
    let mut best: Vec<Rule<'_>> = rules.iter().collect();
    best.sort_by(|a, b| b.leverage().total_cmp(&a.leverage()));
    let header = lang.pick(
        ["who buys", "buys too", "support", "confidence", "lift"],
        ["购买", "也购买", "支持度", "置信度", "提升度"],
    );
    let mut table = Table::new(header);
    for rule in best.into_iter().take(20) {
        let figures = [
            format!("{:.4}", rule.support()),
            format!("{:.3}", rule.confidence()),
            format!("{:.2}", rule.lift()),
        ];
        table.row([side(&rule.antecedent()), side(&rule.consequent())].into_iter().chain(figures));
    }
    table.print();
    Ok(())
}

fn side(keys: &[Key<'_>]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

fn line(rule: Rule<'_>) -> String {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let conviction = rule.conviction().map_or_else(|| "inf".to_owned(), |c| c.to_string());
    format!(
        "{},{},{},{},{},{},{conviction}",
        quoted(side(&rule.antecedent())),
        quoted(side(&rule.consequent())),
        rule.support(),
        rule.confidence(),
        rule.lift(),
        rule.leverage()
    )
}
