//! Dates and times of day as people and machines write them.
//!
//! The common machine form takes a path without any search; everything else goes through a small hand-written reader.
//! There is no list of formats to try in turn: a text is one date or none.

use crate::types::Day;

/// Which number comes first in a date that does not begin with a four-digit year.
///
/// `09/12/2011` is 9 December in most of the world and 12 September in the United States: nothing in a file says which,
/// so it is never guessed.
///
/// ```
/// use regulars::data::{Ledger, csv::{CsvParams, DateOrder}};
/// use regulars::types::Currency;
///
/// let file = "customer,date,amount\nann,09/12/2011,12.50\n";
/// let first_day = |order| -> regulars::Result<String> {
///     let params = CsvParams::new(Currency::GBP).date_order(order);
///     Ok(Ledger::read_csv(file.as_bytes(), &params)?.covers().0.to_string())
/// };
/// assert_eq!(first_day(DateOrder::DayFirst)?, "2011-12-09");
/// assert_eq!(first_day(DateOrder::MonthFirst)?, "2011-09-12");
/// assert!(first_day(DateOrder::YearFirst).is_err()); // the default: no usable row
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// The year has four digits: `09/12/11` could be six different days and is refused always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DateOrder {
    /// Year, month, day. Anything else is not a date.
    #[default]
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// A day, and the second of the day where one was written.
pub(crate) type Moment = (Day, Option<u32>);

/// A date, perhaps followed by a time of day; `None` for anything else. A trailing zone is allowed and ignored: the day
/// is the one that was written.
///
/// | text | day | second |
/// |---|---|---|
/// | `2010-12-01` | 1 December 2010 | none |
/// | `2010-12-01 08:26`, `2010/12/1 8:26 am`, `2010年12月1日8时26分` | the same | 30,360 |
/// | `20101201082600` | the same | 30,360 |
/// | `2010-12-01T08:26:05.123Z` | the same | 30,365 |
/// | `1/12/2010` | by the stated order, else none | none |
/// | `40513`, `yesterday` | not a date | |
pub(crate) fn moment(text: &str, order: DateOrder) -> Option<Moment> {
    let bytes = text.as_bytes();
    if let Some(found) = plain(bytes) {
        return Some(found);
    }
    let text = text.trim();
    // The date ends at the first space, T or 日 / 号; before a comma it may be followed by a space ("2024-05-01, 10:00").
    let end = text.char_indices().find_map(|(i, c)| match c {
        ' ' | 'T' | 't' | '\u{a0}' | '\u{3000}' | ',' => Some((i, i + c.len_utf8())),
        '日' | '号' => Some((i + c.len_utf8(), i + c.len_utf8())),
        _ => None,
    });
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some((text[..8].parse().ok()?, Some(clock(&text[8..])?)));
    }
    let (date, rest) = end.map_or((text, ""), |(end, next)| (&text[..end], text[next..].trim_start()));
    let day = match order {
        DateOrder::YearFirst => date.parse().ok()?,
        DateOrder::DayFirst | DateOrder::MonthFirst => {
            date.parse().ok().or_else(|| year_last(date, order))?
        }
    };
    Some((day, if rest.is_empty() { None } else { Some(clock(rest)?) }))
}

/// The usual machine form without any search: `2010-12-01` or `2010-12-01 08:26:00`. `None` sends the text to the slow
/// path, which also decides whether it is a date at all.
fn plain(bytes: &[u8]) -> Option<Moment> {
    let two = |i: usize| -> Option<u32> {
        let (tens, units) = (bytes[i].wrapping_sub(b'0'), bytes[i + 1].wrapping_sub(b'0'));
        (tens < 10 && units < 10).then(|| u32::from(tens) * 10 + u32::from(units))
    };
    if !matches!(bytes.len(), 10 | 16 | 19) || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let day = Day::ymd((two(0)? * 100 + two(2)?).cast_signed(), two(5)?, two(8)?).ok()?;
    if bytes.len() == 10 {
        return Some((day, None));
    }
    if !matches!(bytes[10], b' ' | b'T') || bytes[13] != b':' {
        return None;
    }
    let second = if bytes.len() == 19 {
        if bytes[16] != b':' {
            return None;
        }
        two(17)?
    } else {
        0
    };
    Some((day, Some(second_of_day(two(11)?, two(14)?, second)?)))
}

/// Seconds since midnight, by the clock on the wall; 24:00 is not a time of a day.
fn second_of_day(hour: u32, minute: u32, second: u32) -> Option<u32> {
    // A leap second is the last second of its minute.
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3_600 + minute * 60 + second.min(59))
}

/// A date that ends with its year, `9/12/2011`, `9-12-2011` or `9.12.2011`, in the order the caller stated.
fn year_last(date: &str, order: DateOrder) -> Option<Day> {
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '/' | '-' | '.') {
        return None;
    }
    let mut parts = date.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |p: &str, n: std::ops::RangeInclusive<usize>| {
        n.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit())
    };
    let fits = is_number(first, 1..=2) && is_number(second, 1..=2) && is_number(year, 4..=4);
    if !fits || parts.next().is_some() {
        return None;
    }
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    let (month, day) = if order == DateOrder::DayFirst { (second, first) } else { (first, second) };
    Day::ymd(year.parse().ok()?, month, day).ok()
}

/// `8:26`, `08:26:00`, `08:26:00.123`, `082600`, `8时26分`, each perhaps with AM or PM, a zone, or 上午 / 下午 before it.
///
/// The numbers before the first other sign are read as hours, minutes, seconds; a fraction of a second is dropped; what
/// is left must be a zone or nothing. 12 am is midnight and 12 pm noon; `13:00 am` is refused.
pub(super) fn clock(text: &str) -> Option<u32> {
    let text = text.trim();
    let (text, mut half) = ["上午", "下午"]
        .iter()
        .zip([0, 12])
        .find_map(|(name, hours)| Some((text.strip_prefix(name)?.trim_start(), Some(hours))))
        .unwrap_or((text, None));
    let (mut numbers, mut lengths, mut part) = ([0_u32; 3], [0_usize; 3], 0);
    let mut rest = text;
    let mut chars = text.char_indices();
    for (i, c) in chars.by_ref() {
        rest = &text[i..];
        let digit = c.to_digit(10).or_else(|| ('０'..='９').contains(&c).then(|| c as u32 - '０' as u32));
        match (digit, c) {
            (Some(digit), _) => {
                lengths[part] += 1;
                if lengths[part] > 6 {
                    return None;
                }
                numbers[part] = numbers[part] * 10 + digit;
            }
            (None, ':' | '：') if part < 2 && lengths[part] > 0 => part += 1,
            (None, '时' | '點' | '点') if part == 0 && lengths[0] > 0 => part = 1,
            (None, '分') if part == 1 && lengths[1] > 0 => part = 2,
            (None, '秒') if part == 2 && lengths[2] > 0 => {}
            _ => break,
        }
        rest = &text[i + c.len_utf8()..];
    }
    // Parts of a second are below the resolution.
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let mut rest = rest.trim();
    for (name, hours) in [("am", 0), ("a.m.", 0), ("pm", 12), ("p.m.", 12)] {
        if let Some(head) = rest.get(..name.len()).filter(|h| half.is_none() && h.eq_ignore_ascii_case(name))
        {
            (half, rest) = (Some(hours), rest[head.len()..].trim_start());
        }
    }
    if !is_zone(rest) {
        return None;
    }
    let [mut hour, minute, second] = match lengths {
        [1 | 2, 0..=2, 0..=2] => numbers,
        [6, 0, 0] => [numbers[0] / 10_000, numbers[0] / 100 % 100, numbers[0] % 100],
        [4, 0, 0] => [numbers[0] / 100, numbers[0] % 100, 0],
        _ => return None,
    };
    // A bare "8" is no time of day; "8时" and "8 pm" are.
    if lengths[0] <= 2 && part == 0 && half.is_none() {
        return None;
    }
    if let Some(hours) = half {
        if hour > 12 && hours == 0 {
            return None;
        }
        hour = if hour >= 12 { hour - 12 + hours } else { hour + hours };
    }
    second_of_day(hour, minute, second)
}

/// Nothing, `Z`, `UTC`, or an offset such as `+08:00`.
fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes {
        [] | b"Z" | b"z" | b"UTC" | b"GMT" => true,
        [b'+' | b'-', offset @ ..] => {
            (2..=5).contains(&offset.len()) && offset.iter().all(|b| b.is_ascii_digit() || *b == b':')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 08:26 as a second of the day.
    const AT: u32 = 8 * 3_600 + 26 * 60;

    /// Every form that is read, and many that must not be.
    #[test]
    fn dates_as_they_are_written() {
        let day = Day::ymd(2010, 12, 1).unwrap();
        for (text, second) in [
            ("2010-12-01", None),
            ("2010/12/1", None),
            ("20101201", None),
            ("2010年12月1日", None),
            ("2010-12-01 08:26", Some(AT)),
            ("2010-12-01 08:26:05", Some(AT + 5)),
            ("2010-12-01T08:26:05", Some(AT + 5)),
            ("2010-12-01T08:26:05.123Z", Some(AT + 5)),
            ("2010-12-01 08:26:05+08:00", Some(AT + 5)),
            ("2010/12/1 8:26", Some(AT)),
            ("2010/12/1 8:26 PM", Some(AT + 43_200)),
            ("2010-12-01, 12:26 am", Some(26 * 60)),
            ("20101201082600", Some(AT)),
            ("2010年12月1日 8:26", Some(AT)),
            ("2010年12月1日8时26分", Some(AT)),
            ("2010年12月1日 下午8:26", Some(AT + 43_200)),
            ("２０１０-１２-０１ ０８：２６", Some(AT)),
            (" 2010-12-01 ", None),
            ("2010-12-01 23:59:60", Some(86_399)),
        ] {
            assert_eq!(moment(text, DateOrder::YearFirst), Some((day, second)), "{text}");
        }
        for text in [
            "",
            "2010-12",
            "01/12/2010",
            "2010-13-01",
            "2010-02-29",
            "2010-12-01 24:00",
            "2010-12-01 08:60",
            "2010-12-01 x",
            "2010-12-01 08",
            "2010-12-01 13:00 am",
            "yesterday",
            "40513",
            "2010-12-0",
            "2010-12-01 08:26:05 Mars",
            "----------",
            "2010-1é-01",
        ] {
            assert_eq!(moment(text, DateOrder::YearFirst), None, "{text}");
        }
    }

    /// One text, two days; without a statement none.
    #[test]
    fn the_order_of_day_and_month_is_the_callers_word() {
        let both = |text| (moment(text, DateOrder::DayFirst), moment(text, DateOrder::MonthFirst));
        let day = |m, d| Some((Day::ymd(2010, m, d).unwrap(), None));
        assert_eq!(both("1/12/2010"), (day(12, 1), day(1, 12)));
        assert_eq!(both("31.12.2010"), (day(12, 31), None));
        assert_eq!(both("12/31/2010"), (None, day(12, 31)));
        assert_eq!(both("2010-12-01"), (day(12, 1), day(12, 1)));
        assert_eq!(both("1/12/10"), (None, None));
        let late = moment("12/1/2010 8:26", DateOrder::MonthFirst);
        assert_eq!(late, Some((Day::ymd(2010, 12, 1).unwrap(), Some(AT))));
    }
}
