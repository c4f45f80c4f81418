//! Writes the orders, the customer records and the truth of a simulated shop as CSV files.
//!
//! `records.csv` is what the systems know; `labelled.csv`, written where asked for, adds the person behind each record, for
//! `resolve labelled.csv --truth person`.
//!
//! `cargo run --release --example simulate -- --customers 10000 --seed 7 --out shop`

mod common;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use common::{Failure, Meter, OutputArgs, Progress, Table, peak_rss_mb, print_json, say, write_file};
use regulars::simulate::{RecordTable, Script, Shop, ShopParams};
use regulars::types::Seed;
use serde_json::json;

/// Simulate a shop with known truth: orders.csv, records.csv and truth.csv, and labelled.csv where asked for
#[derive(Debug, clap::Parser)]
struct Args {
    /// Number of customers
    #[arg(long, default_value_t = 1_000)]
    customers: u32,
    /// Seed of all chance: the same seed gives the same files
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder to write to, made where missing
    #[arg(long, value_name = "DIR", default_value = "simulated")]
    out: PathBuf,
    /// Days the shop is open
    #[arg(long, default_value_t = 730)]
    days: u32,
    /// Script of names and addresses
    #[arg(long, value_enum, default_value_t = Letters::Latin)]
    script: Letters,
    /// Mean number of further records of a person
    #[arg(long, default_value_t = 0.83)]
    duplicates: f64,
    /// Share of order rows that are given back
    #[arg(long, default_value_t = 0.02)]
    refunds: f64,
    /// Share of orders placed by nobody known
    #[arg(long, default_value_t = 0.1)]
    anonymous: f64,
    /// Share of customers who buy under two accounts
    #[arg(long, default_value_t = 0.1)]
    second_accounts: f64,
    /// Swing of the purchase rate over the year, 0 to 1
    #[arg(long, default_value_t = 0.2)]
    seasonality: f64,
    /// Which files to write
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [File::Orders, File::Records, File::Truth])]
    files: Vec<File>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Letters {
    Latin,
    Han,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum File {
    Orders,
    Records,
    /// The records once more, with the person behind each
    Labelled,
    Truth,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> common::Outcome {
    let meter = Meter::start();
    let shop = ShopParams::new(args.customers, Seed(args.seed))
        .days(args.days)
        .script(match args.script {
            Letters::Latin => Script::Latin,
            Letters::Han => Script::Han,
        })
        .duplicates(args.duplicates)
        .refunds(args.refunds)
        .anonymous(args.anonymous)
        .second_accounts(args.second_accounts)
        .seasonality(args.seasonality)
        .simulate()
        .map_err(|e| Failure::usage(e.to_string()))?;
    std::fs::create_dir_all(&args.out).map_err(|e| Failure::new(format!("{}: {e}", args.out.display())))?;

    let mut written = Table::new(["file", "rows"]);
    let mut counts = serde_json::Map::new();
    let mut note = |name: &str, rows: u64| {
        written.row([args.out.join(name).display().to_string(), rows.to_string()]);
        counts.insert(name.trim_end_matches(".csv").to_owned(), rows.into());
    };
    if args.files.contains(&File::Orders) {
        let mut rows = 0;
        write_file(&args.out.join("orders.csv"), |file| write_orders(&shop, file, &mut rows))?;
        note("orders.csv", rows);
    }
    for (which, name, truth) in
        [(File::Records, "records.csv", Truth::Hidden), (File::Labelled, "labelled.csv", Truth::Told)]
    {
        if args.files.contains(&which) {
            let records = shop.record_table()?;
            write_file(&args.out.join(name), |file| write_records(&records, truth, file))?;
            note(name, records.len() as u64);
        }
    }
    if args.files.contains(&File::Truth) {
        write_file(&args.out.join("truth.csv"), |file| write_truth(&shop, file))?;
        note("truth.csv", args.customers.into());
    }
    if args.output.json {
        let (cpu, rss) = (meter.cpu_seconds(), peak_rss_mb());
        let object =
            json!({"customers": args.customers, "rows": counts, "cpu_seconds": cpu, "peak_rss_mb": rss});
        print_json(&object)
    } else {
        written.print();
        say(format!("{:.2} CPU seconds", meter.cpu_seconds()));
        Ok(())
    }
}

fn write_orders(shop: &Shop, file: &mut dyn Write, rows: &mut u64) -> common::Outcome {
    let currency = shop.currency();
    let progress = Progress::bar("orders", shop.customers().into());
    line(file, format_args!("customer_id,order_date,order_id,product_id,quantity,amount"))?;
    for person in 0..shop.customers() {
        for row in shop.rows_of(person..person + 1) {
            let customer = row.customer.map_or(String::new(), |c| c.to_string());
            let (hour, minute, second) =
                (row.second_of_day / 3600, row.second_of_day / 60 % 60, row.second_of_day % 60);
            let (day, order, item, quantity) = (row.day, row.order, row.item, row.quantity);
            let amount = currency.format(row.amount);
            line(
                file,
                format_args!(
                    "{customer},{day} {hour:02}:{minute:02}:{second:02},{order},{item},{quantity},{amount}"
                ),
            )?;
            *rows += 1;
        }
        progress.step();
    }
    Ok(())
}

/// Whether the person behind each record is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Hidden,
    Told,
}

/// Records with a number of their own and, where told, the truth last: the person behind each.
fn write_records(records: &RecordTable, truth: Truth, file: &mut dyn Write) -> common::Outcome {
    let last = |person: String| if truth == Truth::Told { format!(",{person}") } else { String::new() };
    line(file, format_args!("record_id,{}{}", records.columns().join(","), last("person".to_owned())))?;
    for (record, person) in records.people().iter().enumerate() {
        let cells = (0..records.columns().len()).filter_map(|column| records.get(record, column));
        // No simulated value has a comma, a quote or a line break.
        let cells: Vec<&str> = cells.collect();
        let person = last((person + 1).to_string());
        line(file, format_args!("{},{}{person}", record + 1, cells.join(",")))?;
    }
    Ok(())
}

/// One row per person: what the shop would like to know.
fn write_truth(shop: &Shop, file: &mut dyn Write) -> common::Outcome {
    let currency = shop.currency();
    line(
        file,
        format_args!("person,accounts,rate_per_week,dropout,mean_order,first_day,left,orders,favourites"),
    )?;
    let list = |keys: &[i64]| keys.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    for (person, truth) in (1..).zip((0..shop.customers()).filter_map(|p| shop.truth().person(p))) {
        line(
            file,
            format_args!(
                "{person},{},{},{},{},{},{},{},{}",
                list(&truth.accounts),
                truth.rate_per_week,
                truth.dropout,
                currency.format_expected(truth.mean_order),
                truth.first_day,
                truth.left.map_or(String::new(), |day| day.to_string()),
                truth.orders,
                list(&truth.favourites),
            ),
        )?;
    }
    Ok(())
}

fn line(file: &mut dyn Write, text: std::fmt::Arguments<'_>) -> common::Outcome {
    writeln!(file, "{text}").map_err(|e| Failure::new(e.to_string()))
}
