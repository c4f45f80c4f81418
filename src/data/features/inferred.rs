//! What a column of texts holds: numbers as people write them, days, or categories.
//!
//! The column decides, not the cell: `1,234` is a number with a separator of thousands where every comma of the column stands
//! before three digits, and `29,85` one with a decimal comma where none does. Where a column could be read in two ways it
//! stays a category, which loses nothing but the order.

use crate::types::date::{self, ColumnOrder, Written};

/// Texts that stand for nothing in a column of numbers or days; in a column of categories they are levels.
const BLANKS: [&str; 11] =
    ["?", "-", "--", ".", "none", "nil", "unknown", "missing", "#n/a", "(null)", "\\n"];
/// Signs of money and shares before or behind a number.
const SIGNS: [char; 9] = ['$', '€', '£', '¥', '￥', '元', '%', '₹', '₽'];

/// The cells as numbers, days as days since 1970-01-01; `None` where they are categories. A column of missing cells only is
/// numeric. O(cells).
pub(super) fn numbers(cells: &[Option<&str>]) -> Option<Vec<Option<f64>>> {
    if let Some(plain) = all(cells, plain) {
        return Some(plain);
    }
    let cells: Vec<Option<&str>> = cells
        .iter()
        .map(|cell| cell.filter(|text| !BLANKS.contains(&text.to_lowercase().as_str())))
        .collect();
    if cells.iter().all(Option::is_none) {
        return None;
    }
    // The first cell that fails ends an attempt, so a column of words costs a few cells.
    all(&cells, plain)
        .or_else(|| all(&cells, |text| bare(text).and_then(|text| thousands(&text, ',', '.'))))
        .or_else(|| all(&cells, |text| bare(text).and_then(|text| thousands(&text, '.', ','))))
        .or_else(|| days(&cells))
}

/// Every cell by `read`, or nothing.
fn all(cells: &[Option<&str>], read: impl Fn(&str) -> Option<f64>) -> Option<Vec<Option<f64>>> {
    cells.iter().map(|cell| cell.map_or(Some(None), |text| read(text).map(Some))).collect()
}

/// A finite decimal number; `inf` and the like, which Rust would also read, are texts.
fn plain(cell: &str) -> Option<f64> {
    let decimal = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    cell.parse::<f64>().ok().filter(|v| decimal && v.is_finite())
}

/// The number without one sign of money or share at either end, and without spaces between; `(5)` is −5, as in books.
fn bare(cell: &str) -> Option<String> {
    let inner = cell.strip_prefix('(').and_then(|c| c.strip_suffix(')'));
    let text: String =
        inner.unwrap_or(cell).chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'')).collect();
    let (minus, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.to_owned()),
        None => (inner.is_some(), text),
    };
    let text = text.strip_prefix(SIGNS).unwrap_or(&text);
    let text = text.strip_suffix(SIGNS).unwrap_or(text);
    let (again, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let minus = minus != again;
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("{}{text}", if minus { "-" } else { "" }))
}

/// A number whose digits before the point are in groups of three, or in one.
fn thousands(text: &str, group: char, point: char) -> Option<f64> {
    let (whole, fraction) = text.split_once(point).map_or((text, None), |(w, f)| (w, Some(f)));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let mut groups = digits.split(group);
    let first = groups.next()?;
    let grouped = digits.contains(group);
    let fits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let sound = fits(first, 1, if grouped { 3 } else { 30 })
        && groups.all(|part| fits(part, 3, 3))
        && fraction.is_none_or(|f| fits(f, 0, 30));
    let text: String = whole.chars().filter(|c| *c != group).collect();
    sound.then(|| format!("{text}.{}", fraction.unwrap_or("0")).parse().ok()).flatten()
}

/// Dates, perhaps followed by a time of day; day and month before the year where some number above
/// 12 says which is which.
fn days(cells: &[Option<&str>]) -> Option<Vec<Option<f64>>> {
    let mut column = ColumnOrder::default();
    for text in cells.iter().flatten() {
        column.add(&Written::read(text)?);
    }
    let order = column.settle().ok()?;
    all(cells, |text| date::moment(text, order).ok().map(|(day, _)| f64::from(day.days_since_epoch())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Day;

    fn read(cells: &[&str]) -> Option<Vec<Option<f64>>> {
        let cells: Vec<Option<&str>> = cells.iter().map(|c| Some(*c)).collect();
        numbers(&cells)
    }

    #[test]
    fn numbers_as_people_write_them() {
        let some = |values: &[f64]| Some(values.iter().map(|v| Some(*v)).collect::<Vec<_>>());
        assert_eq!(read(&["1,234", "12", "1,234,567.50"]), some(&[1234.0, 12.0, 1_234_567.5]));
        assert_eq!(read(&["29,85", "1.889,5", "3"]), some(&[29.85, 1889.5, 3.0]));
        assert_eq!(read(&["$1,000.00", "-$5", "($7.5)"]), some(&[1000.0, -5.0, -7.5]));
        assert_eq!(read(&["12 %", "3.5%"]), some(&[12.0, 3.5]));
        assert_eq!(read(&["¥ 12", "12元"]), some(&[12.0, 12.0]));
        assert_eq!(read(&["1", "?", "3"]), Some(vec![Some(1.0), None, Some(3.0)]));
        // Nothing that says so: categories.
        assert_eq!(read(&["?", "?"]), None);
        assert_eq!(read(&["12,34,56", "1"]), None);
        assert_eq!(read(&["1-2", "3-4"]), None);
        assert_eq!(read(&["A12", "7"]), None);
        assert_eq!(read(&["1,23,4.5"]), None);
        assert_eq!(read(&["$", "5"]), None);
    }

    #[test]
    fn dates_are_days() {
        let day = |y, m, d| Some(f64::from(Day::ymd(y, m, d).unwrap().days_since_epoch()));
        assert_eq!(
            read(&["2021-01-31", "2021-02-01 08:30:00"]),
            Some(vec![day(2021, 1, 31), day(2021, 2, 1)])
        );
        assert_eq!(read(&["31/01/2021", "01/02/2021"]), Some(vec![day(2021, 1, 31), day(2021, 2, 1)]));
        assert_eq!(read(&["01/31/2021", "02/01/2021"]), Some(vec![day(2021, 1, 31), day(2021, 2, 1)]));
        assert_eq!(read(&["31-Jan-2021", "2021-02-01"]), Some(vec![day(2021, 1, 31), day(2021, 2, 1)]));
        // Which is the month? Both would do, or neither.
        assert_eq!(read(&["01/02/2021", "03/04/2021"]), None);
        assert_eq!(read(&["13/02/2021", "03/14/2021"]), None);
        assert_eq!(read(&["2021-02-30", "2021-01-01"]), None);
        assert_eq!(read(&["2021-02-03 to 2021-03-03"]), None);
    }
}
