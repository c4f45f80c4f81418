//! Tables for people, JSON for programs, progress for the patient.

use std::io::{Write, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Failure;

/// Prints the one JSON object.
pub(crate) fn print_json(object: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(object).map_err(|e| Failure::new(e.to_string()))?;
    writeln!(stdout(), "{text}").map_err(|e| Failure::new(format!("standard output: {e}")))
}

/// A line for people on stdout; not to be used with `--json`.
pub(crate) fn say(line: impl std::fmt::Display) {
    // Who has stopped reading, as `head` does, misses nothing; `println!` would panic.
    let _ = writeln!(stdout(), "{line}");
}

/// A table on stdout: the first column flush left, the others flush right.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![header.into_iter().map(Into::into).collect()] }
    }

    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    pub(crate) fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |c: usize| self.rows.iter().filter_map(|row| row.get(c)).map(|cell| columns_of(cell)).max();
        let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (c, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width - columns_of(cell));
                match c {
                    0 => line.extend([cell.as_str(), &pad]),
                    _ => line.extend(["  ", pad.as_str(), cell]),
                }
            }
            say(line.trim_end());
            if number == 0 {
                say("-".repeat(widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1)));
            }
        }
    }
}

/// Columns a text takes on a terminal: two for East Asian wide characters.
fn columns_of(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
            | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| 1 + usize::from(wide(c))).sum()
}

/// A line on stderr while something long goes on; nothing where stderr is not a terminal. It vanishes when dropped.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Work of unknown length.
    pub(crate) fn spinner(message: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(message);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Work of `steps` steps.
    pub(crate) fn bar(message: &'static str, steps: u64) -> Self {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        let bar = ProgressBar::new(steps).with_message(message);
        Self(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
    }

    /// One step done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// What is being done now.
    pub(crate) fn message(&self, message: impl Into<String>) {
        self.0.set_message(message.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
