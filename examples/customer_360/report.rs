//! The HTML page: self-contained, printable, readable without the library at hand.

use crate::common::Lang;

/// One part of the report: a heading, a sentence that says what the reader sees, and the picture or table.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) sentence: String,
    pub(crate) body: String,
}

/// Text made safe for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A table. The first column and cells that hold words stand to the left, numbers to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    // A column with a sentence in it reads from the left, one of numbers from the right.
    let is_text =
        |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|c| c.chars().count() > 24));
    let classes: Vec<&str> =
        (0..head.len()).map(|column| if is_text(column) { " class=\"text\"" } else { "" }).collect();
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
        let cells =
            cells.zip(&classes).map(|(cell, class)| format!("<{tag}{class}>{}</{tag}>", escape(cell)));
        format!("<tr>{}</tr>", concat(cells))
    };
    let rows = concat(rows.iter().map(|row| cells("td", &mut row.iter().map(String::as_str))));
    let head = cells("th", &mut head.iter().copied());
    format!("<div class=\"scroll\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>")
}

fn concat(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().concat()
}

/// A list of short lines.
pub(crate) fn list(lines: &[String]) -> String {
    let items = concat(lines.iter().map(|l| format!("<li>{}</li>", escape(l))));
    format!("<ul>{items}</ul>")
}

/// The whole page.
pub(crate) fn page(
    lang: Lang,
    title: &str,
    subtitle: &str,
    facts: &[(String, String)],
    sections: &[Section],
) -> String {
    let language = lang.pick("en", "zh-CN");
    let facts =
        concat(facts.iter().map(|(name, value)| {
            format!("<div><b>{}</b><span>{}</span></div>", escape(value), escape(name))
        }));
    let sections = concat(sections.iter().map(|s| {
        let (title, sentence) = (escape(&s.title), escape(&s.sentence));
        format!("<section><h2>{title}</h2><p>{sentence}</p>{}</section>", s.body)
    }));
    let (title, subtitle) = (escape(title), escape(subtitle));
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main><header><h1>{title}</h1><p>{subtitle}</p></header>\
         <div class=\"facts\">{facts}</div>{sections}</main></body></html>\n"
    )
}

const STYLE: &str = "\
body{margin:0;background:#f4f5f7;color:#262b33;font:16px/1.55 system-ui,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:860px;margin:0 auto;padding:32px 20px 64px}\
h1{font-size:30px;margin:0 0 4px}header p{margin:0;color:#5b6572}\
h2{font-size:20px;margin:0 0 6px}\
section{background:#fff;border:1px solid #e3e6ea;border-radius:8px;padding:22px 26px;margin:18px 0}\
section p{margin:0 0 14px;color:#414a56;max-width:44em}\
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px;margin:22px 0}\
.facts div{background:#fff;border:1px solid #e3e6ea;border-radius:8px;padding:14px 18px}\
.facts b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.facts span{color:#5b6572;font-size:14px}\
svg{display:block;width:100%;max-width:700px;height:auto;margin:0 auto}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}\
th,td{padding:6px 10px;border-bottom:1px solid #e9ecef;text-align:right;white-space:nowrap}\
th:first-child,td:first-child,.text{text-align:left}.text{white-space:normal;min-width:16em}th{color:#5b6572;font-weight:600}\
ul{margin:0;padding-left:20px}li{margin:3px 0}\
@media print{body{background:#fff}section{break-inside:avoid}}";
