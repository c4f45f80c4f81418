//! Dates in the usual orders. Days the calendar lacks (the 31st of a swapped month) are kept: they are evidence.
//!
//! `YYYY-MM-DD`, `YYYY/M/D`, `YYYYMMDD`, `D.M.YYYY`, `M/D/YYYY`, `4 May 1980`, `1957年6月2日`, a time of day behind any of them.
//! With the year last, only one order may make a month; where both do, the caller's order decides. The key of a date has the
//! smaller of day and month first, so that 3 April and 4 March meet.
//!
//! | written | normal form | why |
//! |---|---|---|
//! | `1957年6月2日`, `1957/6/2`, `19570602` | `1957-06-02` | the year first settles the order |
//! | `2.6.1957` | `1957-06-02` | day first, unless the caller says otherwise |
//! | `6/13/1957` | `1957-06-13` | there is no thirteenth month |
//! | `1957-02-30` | `1957-02-30` | a slip is evidence; a corrected date would be an invention |
//! | `June 1957` | none | without a day, most of a month's births would agree |
//!
//! # Why impossible days stay
//! `1980-02-30` is most likely 1980-02-20 or 1980-03-02 with a slip. Kept, it is one slip from the truth and says
//! so; dropped, it would say nothing. Months up to 99 are kept for the same reason: 1980-13-04 is a swapped day and
//! month.
//!
//! # Key
//! Year, then the smaller of day and month: 1980-04-03 and 1980-03-04 have `19800304`. For 132 of 365 days of a
//! year there is another day with the same key, so sharing a key says nearly what sharing the date does.
//!
//! # Order by hand
//! | written | day first | month first |
//! |---|---|---|
//! | `03/04/1980` | 1980-04-03 | 1980-03-04 |
//! | `13/04/1980` | 1980-04-13 | 1980-04-13 |
//! | `04/13/1980` | 1980-04-13 | 1980-04-13 |
//! | `1980/03/04` | 1980-03-04 | 1980-03-04 |
//! | `4 Mar 1980`, `March 4, 1980` | 1980-03-04 | 1980-03-04 |
//!
//! A source read in the wrong order still meets the others: two readings of one date share the key.

use super::DateOrder;
use super::text::fold;

/// English months by three letters, as `sept` and `september` both begin with `sep`.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Groups of digits are taken with their lengths: a group of four is a year, one of eight or fourteen a date in a
/// row. With two groups and a month's name the group of four is the year. Anything else is no date. A time behind a
/// date (`t` or a blank) is left out.
pub(super) fn date(value: &str, order: DateOrder) -> Option<String> {
    let folded = fold(value);
    let text = folded.split(['t', ' ']).next().filter(|t| t.contains(['-', '/', '.'])).unwrap_or(&folded);
    let mut groups: Vec<(u32, usize)> = Vec::with_capacity(4);
    let mut named = None;
    let mut word = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else if !digits.is_empty() {
            if digits.len() > 14 || groups.len() == 4 {
                return None;
            }
            groups.push((digits.get(..digits.len().min(8))?.parse().ok()?, digits.len()));
            digits.clear();
        }
        if c.is_ascii_alphabetic() {
            word.push(c);
        } else if !word.is_empty() {
            if let Some(month) = word.get(..3).and_then(|w| MONTHS.iter().position(|m| *m == w)) {
                named = Some((u32::try_from(month).ok()? + 1, groups.len()));
            }
            word.clear();
        }
    }
    let (y, m, d) = match (groups.as_slice(), named) {
        ([(n, 8 | 14)], None) => (n / 10_000, n / 100 % 100, n % 100),
        ([(a, 4), (b, _)], Some((month, _))) => (*a, month, *b),
        ([(a, _), (b, 4)], Some((month, _))) => (*b, month, *a),
        ([(y, 4), (m, 1 | 2), (d, 1 | 2), ..], None) => (*y, *m, *d),
        ([(a, 1 | 2), (b, 1 | 2), (y, 4), ..], None) => {
            let day_first = match order {
                _ if *a > 12 && *b <= 12 => true,
                _ if *b > 12 && *a <= 12 => false,
                DateOrder::DayFirst => true,
                DateOrder::MonthFirst => false,
            };
            if day_first { (*y, *b, *a) } else { (*y, *a, *b) }
        }
        _ => return None,
    };
    (m <= 99 && d <= 99).then(|| format!("{y:04}-{m:02}-{d:02}"))
}

/// The same for 3 April and 4 March.
pub(super) fn date_key(normal: &str) -> String {
    match (normal.get(..4), normal.get(5..7), normal.get(8..10)) {
        (Some(y), Some(m), Some(d)) if m <= d => format!("{y}{m}{d}"),
        (Some(y), Some(m), Some(d)) => format!("{y}{d}{m}"),
        _ => normal.to_owned(),
    }
}
