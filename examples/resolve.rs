//! Who is who: records of one or several files become profiles.
//!
//! `resolve FILE [FILE..] [--truth COLUMN] [--train COLUMN] [--id COLUMN] [--ignore COLUMNS] [--kinds column=kind,..]
//! [--link] [--threshold P] [--out FILE] [--json]`. Without files it runs on simulated records.
//!
//! With `--train` half of the people are labels to learn from, and the other half measures, with and without labels.

#[path = "common/mod.rs"]
mod common;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{Failure, Meter, Outcome, Table, open, peak_rss_mb, print_json, say, write_file};
use regulars::data::csv::{CsvFormat, RawTable};
use regulars::data::{FieldKind, Records, RecordsCsvParams};
use regulars::metrics::{pairwise, pairwise_across};
use regulars::profile::{GoldenParams, Labels, MatchParams, Profiles, Sources};
use regulars::simulate::ShopParams;
use regulars::types::{Probability, Seed};
use serde_json::json;

/// Who is who.
#[derive(Parser)]
struct Args {
    /// Files of records, CSV or CSV.GZ with a header; each is a source unless it has a column `source`
    files: Vec<PathBuf>,
    /// Column that holds the true person; used to measure, never to match
    #[arg(long)]
    truth: Option<String>,
    /// Column that holds the true person; half of the people are learnt from, the other half measures
    #[arg(long, conflicts_with = "truth")]
    train: Option<String>,
    /// Column of the record ids
    #[arg(long)]
    id: Option<String>,
    /// Columns that are not read, separated by commas
    #[arg(long, value_delimiter = ',')]
    ignore: Vec<String>,
    /// Kinds of columns: `name=given_name,tel=phone`
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<String>,
    /// Each file is free of duplicates: link across files only
    #[arg(long)]
    link: bool,
    /// Probability from which two records count as one person
    #[arg(long)]
    threshold: Option<f64>,
    /// Writes source, id and profile of every record
    #[arg(long)]
    out: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run(args: &Args) -> Outcome {
    let reading = Meter::start();
    let mut kinds = RecordsCsvParams::new();
    if let Some(id) = &args.id {
        kinds = kinds.id(id);
    }
    for pair in &args.kinds {
        let (column, kind) = pair
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--kinds: expected column=kind, got {pair}")))?;
        let kind: FieldKind = kind.parse().map_err(|e| Failure::usage(format!("--kinds: {e}")))?;
        kinds = kinds.kind(column, kind);
    }
    for column in args.ignore.iter().chain(&args.truth).chain(&args.train) {
        kinds = kinds.ignore(column);
    }
    let mut csv = Records::csv(kinds);
    let (mut people, mut truth) = (People::default(), Vec::new());
    for path in &args.files {
        let mut bytes = Vec::new();
        open(path)?.read_to_end(&mut bytes).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
        // First the truth, which is small once numbered: the file's texts are in memory once, not twice.
        if let Some(column) = args.truth.as_ref().or(args.train.as_ref()) {
            read_truth(path, &bytes, column, &mut people, &mut truth)?;
        }
        csv.read(&path.display().to_string(), &bytes[..]).map_err(Failure::in_file(path))?;
    }
    drop(people);
    let records = if args.files.is_empty() {
        let table = ShopParams::new(2_000, Seed(7)).simulate()?.record_table()?;
        truth = table.people().to_vec();
        table.to_records()?
    } else {
        csv.build()?
    };
    let read_cpu = reading.cpu_seconds();
    let read_rss = peak_rss_mb();

    let work = Meter::start();
    let mut params = MatchParams::new();
    if args.link {
        params = params.sources(Sources::FreeOfDuplicates);
    }
    if let Some(p) = args.threshold {
        params = params.threshold(Probability::new(p)?);
    }
    let model = match &args.train {
        Some(_) if !truth.is_empty() => params.fit_labelled(&records, &labels_of_half(&truth))?,
        _ => params.fit(&records)?,
    };
    let people = model.merge(&records)?;
    let cpu = work.cpu_seconds();

    let mut report = json!({
        "records": records.len(),
        "profiles": people.len(),
        "pairs_scored": people.pairs_scored(),
        "largest_profile": people.largest(),
        "threshold": people.threshold().map(Probability::get),
        "cpu_seconds": cpu,
        "read_cpu_seconds": read_cpu,
        "peak_rss_mb": peak_rss_mb(),
        "read_peak_rss_mb": read_rss,
        "fields": records.fields().iter().map(|f| json!({"name": f.name(), "kind": f.kind().name()})).collect::<Vec<_>>(),
    });
    if let Some(learnt) = model.summary().and_then(|s| s.labels) {
        let without = params.fit(&records)?.merge(&records)?;
        report["labels"] = json!({
            "same": learnt.same,
            "different": learnt.different,
            "corrected": learnt.corrected,
            "f1_cross_fitted": learnt.f1,
            "f1_before": learnt.f1_before,
            "f1_other_half": f1_of_other_half(&people, &truth)?,
            "f1_other_half_without_labels": f1_of_other_half(&without, &truth)?,
        });
    }
    if !truth.is_empty() && args.train.is_none() {
        let sources: Vec<u32> =
            (0..records.len()).map(|r| u32::try_from(records.source(r).unwrap_or(0)).unwrap_or(0)).collect();
        let quality = if args.link {
            pairwise_across(people.labels(), &truth, &sources)?
        } else {
            pairwise(people.labels(), &truth)?
        };
        let found = model
            .candidates(&records)?
            .iter()
            .filter(|(a, b)| truth[*a as usize] == truth[*b as usize])
            .count();
        report["precision"] = json!(quality.precision);
        report["recall"] = json!(quality.recall);
        report["f1"] = json!(quality.f1);
        report["true_pairs"] = json!(quality.true_pairs);
        report["blocking_recall"] = json!(found as f64 / quality.true_pairs.max(1) as f64);
    }
    if let Some(path) = &args.out {
        write_profiles(path, &records, &people)?;
    }
    if args.json {
        return print_json(&report);
    }
    show(&report, &records, &people)
}

/// Whether a person is one of the half whose labels are given: by a hash, so that neighbours in a file are dealt
/// apart.
fn is_learnt_from(person: u32) -> bool {
    person.wrapping_mul(0x9e37_79b1) >> 31 == 0
}

/// The labels of half of the people; the other half is left out, as if nobody knew.
fn labels_of_half(truth: &[u32]) -> Labels {
    Labels::new().people(truth.iter().map(|person| is_learnt_from(*person).then_some(*person))).whole()
}

/// Pairwise F1 of the people whose labels were not given.
fn f1_of_other_half(people: &Profiles, truth: &[u32]) -> Result<f64, Failure> {
    let rows = || (0..truth.len()).filter(|row| !is_learnt_from(truth[*row]));
    let labels: Vec<u32> = rows().map(|row| people.labels()[row]).collect();
    let truth: Vec<u32> = rows().map(|row| truth[row]).collect();
    Ok(pairwise(&labels, &truth)?.f1)
}

/// People numbered by first appearance, found by the hash of their names: half a million small texts would leave the
/// memory in pieces.
#[derive(Default)]
struct People {
    hasher: RandomState,
    numbers: HashMap<u64, u32>,
}

impl People {
    fn number(&mut self, name: &str) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(self.hasher.hash_one(name)).or_insert(next)
    }
}

/// The true person of each row, read as the records are, numbered by first appearance in any file.
fn read_truth(path: &Path, bytes: &[u8], column: &str, people: &mut People, truth: &mut Vec<u32>) -> Outcome {
    let table = RawTable::read_csv(bytes, &CsvFormat::new()).map_err(Failure::in_file(path))?;
    let column =
        table.column(column).map_err(|e| Failure::usage(format!("--truth: {}: {e}", path.display())))?;
    truth.extend(column.iter().map(|person| people.number(person)));
    Ok(())
}

fn write_profiles(path: &Path, records: &Records, people: &Profiles) -> Outcome {
    write_file(path, |file| {
        let failed = |e: csv::Error| Failure::new(format!("{}: {e}", path.display()));
        let mut out = csv::Writer::from_writer(file);
        out.write_record(["source", "id", "profile"]).map_err(failed)?;
        for row in 0..records.len() {
            let profile = people.profile_of(row).and_then(|p| people.id(p)).map(|id| id.to_string());
            let source = records.source_name(row).unwrap_or("");
            out.write_record([source, records.id(row).unwrap_or(""), &profile.unwrap_or_default()])
                .map_err(failed)?;
        }
        out.flush().map_err(|e| Failure::new(format!("{}: {e}", path.display())))
    })
}

fn show(report: &serde_json::Value, records: &Records, people: &Profiles) -> Outcome {
    say(format!(
        "{} records, {} profiles, the largest has {}",
        records.len(),
        people.len(),
        people.largest()
    ));
    let mut table = Table::new(["field", "kind"]);
    for field in records.fields() {
        table.row([field.name(), field.kind().name()]);
    }
    table.print();
    if let Some(learnt) = report.get("labels").and_then(serde_json::Value::as_object) {
        for (key, value) in learnt {
            say(format!("{key:>28} {value}"));
        }
    }
    for key in ["precision", "recall", "f1", "blocking_recall", "cpu_seconds", "peak_rss_mb"] {
        if let Some(value) = report.get(key).and_then(serde_json::Value::as_f64) {
            say(format!("{key:>16} {value:.4}"));
        }
    }
    let largest =
        (0..people.len()).max_by_key(|p| (people.records_of(*p).len(), std::cmp::Reverse(*p))).unwrap_or(0);
    let golden = people.golden(records, largest, &GoldenParams::new())?;
    say("golden record of the largest profile");
    for (field, value, row) in golden.iter() {
        say(format!("{field:>16} {value}  (record {})", records.id(row).unwrap_or("")));
    }
    Ok(())
}
