//! Writes customers.csv, report.html and the models. Each file appears whole or not at all.

use std::fs;
use std::path::Path;

use regulars::persist::{self, Model};
use regulars::types::Expected;

use crate::Findings;
use crate::common::{Failure, Lang, write_file};
use crate::story;

pub(crate) fn write(findings: &Findings, out: &Path, lang: Lang) -> Result<(), Failure> {
    let models = out.join("models");
    fs::create_dir_all(&models).map_err(|e| Failure::new(format!("{}: {e}", models.display())))?;
    put(&out.join("customers.csv"), customers(findings, lang)?.as_bytes())?;
    let page = story::html(findings, lang).map_err(|e| Failure::new(format!("report: {e}")))?;
    put(&out.join("report.html"), page.as_bytes())?;
    let pipeline = &findings.pipeline;
    save(&models.join("rfm.json"), pipeline.rfm())?;
    save(&models.join("segment.json"), pipeline.segment())?;
    save(&models.join("churn.json"), pipeline.churn())?;
    save(&models.join("ltv.json"), pipeline.ltv())?;
    save(&models.join("recommend.model"), pipeline.recommend())?;
    save(&models.join("pipeline.model"), Some(pipeline))
}

fn save<M: Model>(path: &Path, model: Option<&M>) -> Result<(), Failure> {
    let Some(model) = model else { return Ok(()) };
    write_file(path, |file| Ok(persist::write(file, model)?))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(path, |file| {
        file.write_all(bytes).map_err(|e| Failure::new(format!("{}: {e}", path.display())))
    })
}

const HEADER: [&str; 26] = [
    "profile",
    "accounts",
    "first_purchase",
    "last_purchase",
    "purchase_days",
    "spend",
    "recency_days",
    "r",
    "f",
    "m",
    "rfm_segment",
    "behaviour_segment",
    "tier",
    "churn_probability",
    "churn_reason_1",
    "churn_reason_2",
    "p_alive",
    "expected_purchases",
    "purchases_low",
    "purchases_high",
    "value",
    "value_low",
    "value_high",
    "next_item_1",
    "next_item_2",
    "next_item_3",
];

/// A row per person; purchases and value within the horizon, each with the ends between which nine of ten customers will
/// find themselves. Values in major units of the currency; byte-order mark first, so that spreadsheets read Chinese.
fn customers(findings: &Findings, lang: Lang) -> Result<String, Failure> {
    let table = &findings.table;
    let currency = table.currency();
    let language = lang.language();
    let now = findings.ledger.observed(table.as_of())?;
    let why = findings.pipeline.churn().map(|model| model.explain(now)).transpose()?;
    let mut csv = format!("\u{feff}{}\r\n", HEADER.join(","));
    for row in table.rows() {
        let money = |value: Option<Expected>| value.map_or(String::new(), |v| currency.format_expected(v));
        let reasons = why.as_ref().and_then(|w| w.get(row.customer).ok().flatten());
        let mut reasons = reasons.map_or_else(Vec::new, |e| e.reasons(language, 2)).into_iter();
        let mut next = row.next.iter().map(|r| r.item.to_string());
        let score =
            |pick: fn(&regulars::rfm::Rfm) -> u32| row.rfm.map_or(String::new(), |s| pick(&s).to_string());
        let cells = [
            row.key.to_string(),
            findings.accounts.get(&row.key).map_or_else(|| row.key.to_string(), |all| all.join(" ")),
            row.first_day.to_string(),
            row.last_day.to_string(),
            row.purchases.to_string(),
            row.spend.map_or(String::new(), |a| currency.format(a)),
            score(|s| s.recency),
            score(|s| s.r.into()),
            score(|s| s.f.into()),
            score(|s| s.m.into()),
            row.rfm_segment.map_or("", |s| s.name(language)).to_owned(),
            row.segment.map_or("", |s| table.segment_name(s, language)).to_owned(),
            row.tier.and_then(|t| Some(table.tiers()?.0.name(t, language))).unwrap_or_default(),
            row.churn.map_or(String::new(), |p| format!("{:.4}", p.get())),
            reasons.next().unwrap_or_default(),
            reasons.next().unwrap_or_default(),
            row.value.map_or(String::new(), |v| format!("{:.4}", v.p_alive.get())),
            row.value.map_or(String::new(), |v| format!("{:.3}", v.purchases)),
            row.interval.map_or(String::new(), |i| i.purchases.0.to_string()),
            row.interval.map_or(String::new(), |i| i.purchases.1.to_string()),
            money(row.value.and_then(|v| v.clv)),
            money(row.value_interval.map(|(low, _)| low)),
            money(row.value_interval.map(|(_, high)| high)),
            next.next().unwrap_or_default(),
            next.next().unwrap_or_default(),
            next.next().unwrap_or_default(),
        ];
        let quoted: Vec<String> = cells.iter().map(|c| quote(c)).collect();
        csv.push_str(&quoted.join(","));
        csv.push_str("\r\n");
    }
    Ok(csv)
}

/// RFC 4180 quoting. A text that a spreadsheet would take for a formula gets an apostrophe.
fn quote(cell: &str) -> String {
    let number = cell.parse::<f64>().is_ok();
    let cell =
        if cell.starts_with(['=', '+', '-', '@']) && !number { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
