//! `DateOrder`, and the one reader of dates and times of day as people and machines write them.
//!
//! There is no list of formats to try in turn: a text is one date or none. What a text cannot say,
//! which of two numbers is the month, is the word of the caller or of the column as a whole.

use super::Day;

/// Which number comes first in a date that ends with its year.
///
/// `09/12/2011` is 9 December in most of the world and 12 September in the United States: nothing in
/// the text says which. So there is no default, and without a statement such dates are refused and
/// counted; only where a whole column decides (some number is above 12) is it taken from the column.
/// Dates that begin with the year, or name the month, need no statement.
///
/// ```
/// use regulars::data::{Ledger, csv::CsvParams};
/// use regulars::types::{Currency, DateOrder};
///
/// let file = "customer,date,amount\nann,09/12/2011,12.50\n";
/// let params = CsvParams::new(Currency::GBP);
/// let first_day = |order| -> regulars::Result<String> {
///     let params = params.clone().date_order(order);
///     Ok(Ledger::read_csv(file.as_bytes(), &params)?.covers().0.to_string())
/// };
/// assert_eq!(first_day(DateOrder::DayFirst)?, "2011-12-09");
/// assert_eq!(first_day(DateOrder::MonthFirst)?, "2011-09-12");
/// assert!(Ledger::read_csv(file.as_bytes(), &params).is_err()); // no usable row
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// The year has four digits: `09/12/11` could be six different days and is refused always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DateOrder {
    /// Day, month, year: `09/12/2011` is 9 December.
    // Model files of format version 1 hold the names of the variants.
    #[cfg_attr(feature = "serde", serde(alias = "DayFirst"))]
    DayFirst,
    /// Month, day, year: `09/12/2011` is 12 September.
    #[cfg_attr(feature = "serde", serde(alias = "MonthFirst"))]
    MonthFirst,
}

/// Why a text is not read as a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misread {
    /// It has not the form of one.
    NoDate,
    /// The calendar has no such day.
    NoDay,
    /// It ends with the year, and the order of day and month is not stated.
    Unstated,
}

#[cfg(feature = "csv")]
impl Misread {
    /// What would have been read, for an error or a count.
    pub(crate) fn rule(self, order: Option<DateOrder>) -> &'static str {
        match (self, order) {
            (Self::Unstated, _) => "expected a stated order of day and month, as the year comes last",
            (_, None) => "expected year, month and day such as 2011-12-09",
            (_, Some(DateOrder::DayFirst)) => "expected a date such as 9/12/2011 (9 December) or 2011-12-09",
            (_, Some(DateOrder::MonthFirst)) => {
                "expected a date such as 12/9/2011 (9 December) or 2011-12-09"
            }
        }
    }
}

/// English names of months; three letters tell them apart.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A date as it is written: its numbers, before it is settled which of them is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written<'a> {
    /// Four digits.
    pub(crate) year: u32,
    /// Month and day where `settled`, else the two numbers in the order of the text; 0 to 99.
    pair: (u32, u32),
    /// Whether the year comes first or the month has its name.
    settled: bool,
    /// Whether it has one of the usual forms with nothing before it; else it is only evidence of a
    /// date.
    tidy: bool,
    /// What comes after it.
    rest: &'a str,
}

/// What a run of characters is to the reader of dates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Digits,
    Letters,
    Other,
}

impl Token {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' | '０'..='９' => Self::Digits,
            'a'..='z' | 'A'..='Z' => Self::Letters,
            _ => Self::Other,
        }
    }
}

impl<'a> Written<'a> {
    /// The date with which a text begins; `None` where it is none.
    ///
    /// | form | settled |
    /// |---|---|
    /// | `2011-12-09`, `2011/12/9`, `2011.12.9`, `20111209`, `2011年12月9日` | yes |
    /// | `9 Dec 2011`, `09-Dec-2011`, `December 9th, 2011`, `2011 Dec 9` | yes |
    /// | `9/12/2011`, `9-12-2011`, `9.12.2011` | no |
    ///
    /// Digits may be ASCII or full-width, letters of either case. Words before the date, other
    /// signs between its numbers, and months whose names only begin as the English do (`4 de mayo
    /// de 1980`) are passed over; the date is not `tidy` then. O(length).
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        // Numbers with their lengths, the month that has a name, and what stands between two parts.
        let (mut numbers, mut count) = ([(0, 0); 3], 0);
        let mut month = None;
        let mut gaps = [""; 2];
        let (mut tidy, mut words) = (true, false);
        let mut rest = text;
        while count + usize::from(month.is_some()) < 3 {
            let parts = count + usize::from(month.is_some());
            let kind = Token::of(rest.chars().next()?);
            if kind == Token::Digits {
                let (value, length, after) = number(rest);
                if parts == 0 && matches!(length, 8 | 14) {
                    let pair = (value / 100 % 100, value % 100);
                    return Self { year: value / 10_000, pair, settled: true, tidy, rest: after }.alone();
                }
                if length > 4 {
                    return None;
                }
                numbers[count] = (value, length);
                count += 1;
                rest = after;
                continue;
            }
            let end = rest.find(|c| Token::of(c) != kind).unwrap_or(rest.len());
            let token = &rest[..end];
            match kind {
                Token::Letters => {
                    let named = MONTHS.iter().position(|name| begins(token, &name[..3]));
                    match named.filter(|_| month.is_none()) {
                        Some(i) => {
                            tidy &= begins(MONTHS[i], token);
                            month = u32::try_from(i + 1).ok();
                        }
                        None if is_ordinal(token) && text[..text.len() - rest.len()].ends_with(is_digit) => {}
                        None => {
                            tidy = false;
                            words |= parts > 0;
                        }
                    }
                }
                _ if parts == 0 => tidy = false,
                _ => gaps[parts - 1] = token,
            }
            rest = &rest[end..];
        }
        let (year, pair, settled) = match (month, numbers) {
            (Some(m), [(y, 4), (d, 1 | 2), _] | [(d, 1 | 2), (y, 4), _])
            | (None, [(y, 4), (m, 1 | 2), (d, 1 | 2)]) => (y, (m, d), true),
            (None, [(a, 1 | 2), (b, 1 | 2), (y, 4)]) => (y, (a, b), false),
            _ => return None,
        };
        match gaps {
            _ if month.is_some() => {
                let usual = |c| matches!(c, ' ' | '-' | '/' | '.' | ',');
                tidy &= gaps.into_iter().all(|gap| gap.len() <= 2 && gap.chars().all(usual));
            }
            _ if words => return None,
            ["-", "-"] | ["/", "/"] | [".", "."] => {}
            ["年", "月"] => {
                let after = rest.strip_prefix(['日', '号']);
                tidy &= settled && after.is_some();
                rest = after.unwrap_or(rest);
            }
            // `1980-03 10:30` is a month and a time.
            _ => {
                let blank = gaps.map(|gap| gap.trim().is_empty());
                if blank[0] != blank[1] || gaps.iter().any(|gap| gap.contains([':', '：'])) {
                    return None;
                }
                tidy = false;
            }
        }
        Self { year, pair, settled, tidy, rest }.alone()
    }

    /// The date, unless more numbers follow as if they were of it, or its last number is an hour.
    fn alone(self) -> Option<Self> {
        let mut after = self.rest.chars();
        let more = match after.next() {
            Some('-' | '/' | '.') => after.next().is_some_and(is_digit),
            sign => matches!(sign, Some(':' | '：')),
        };
        (!more).then_some(self)
    }

    /// Month and day; `None` without an order where the text does not say it.
    pub(crate) fn month_and_day(&self, order: Option<DateOrder>) -> Option<(u32, u32)> {
        let (first, second) = self.pair;
        match order {
            _ if self.settled => Some((first, second)),
            Some(DateOrder::DayFirst) => Some((second, first)),
            Some(DateOrder::MonthFirst) => Some((first, second)),
            None => None,
        }
    }

    /// The only order in which the two numbers can be a day and a month.
    ///
    /// Day first also where they are equal; `None` where the text needs no order, and where both or
    /// neither will do.
    pub(crate) fn only_order(&self) -> Option<DateOrder> {
        let (first, second) = self.pair;
        match (first > 12, second > 12) {
            _ if self.settled => None,
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => (first == second).then_some(DateOrder::DayFirst),
        }
    }

    /// Whether it could be either of two days.
    pub(crate) fn is_ambiguous(&self) -> bool {
        let (first, second) = self.pair;
        !self.settled && first != second && first <= 12 && second <= 12
    }

    /// The day and what comes after it, for forms that leave nothing open but the order.
    fn day(self, order: Option<DateOrder>) -> Result<(Day, &'a str), Misread> {
        if !self.tidy {
            return Err(Misread::NoDate);
        }
        let (month, day) = self.month_and_day(order).ok_or(Misread::Unstated)?;
        let day = Day::ymd(self.year.cast_signed(), month, day).map_err(|_| Misread::NoDay)?;
        Ok((day, self.rest))
    }
}

/// The order of day and month in a column, from those of its dates that can be read in one order
/// only.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnOrder {
    day_first: bool,
    month_first: bool,
    ambiguous: bool,
}

impl ColumnOrder {
    /// Takes a date of the column into account.
    pub(crate) fn add(&mut self, date: &Written<'_>) {
        let (first, second) = date.pair;
        if !date.settled && first != second {
            self.day_first |= first > 12;
            self.month_first |= second > 12;
            self.ambiguous |= date.is_ambiguous();
        }
    }

    /// The order; `None` where no date of the column needs one.
    ///
    /// [`Unstated`](Misread::Unstated) where a date could be either of two days and no other says
    /// which, or some say one thing and some the other.
    pub(crate) fn settle(self) -> Result<Option<DateOrder>, Misread> {
        match (self.day_first, self.month_first) {
            (true, false) => Ok(Some(DateOrder::DayFirst)),
            (false, true) => Ok(Some(DateOrder::MonthFirst)),
            _ if self.ambiguous => Err(Misread::Unstated),
            _ => Ok(None),
        }
    }
}

/// The number of the first eight digits of a text, how many digits it begins with, and what comes
/// after them; after the eighth where there are more.
fn number(text: &str) -> (u32, usize, &str) {
    let (mut value, mut length, mut end) = (0, 0, 0);
    for c in text.chars() {
        let Some(digit) = digit(c) else { break };
        length += 1;
        if length <= 8 {
            value = value * 10 + digit;
            end += c.len_utf8();
        }
    }
    (value, length, &text[end..])
}

/// A digit, also as Chinese and Japanese input methods write it: `２` for 2.
fn digit(c: char) -> Option<u32> {
    c.to_digit(10).or_else(|| ('０'..='９').contains(&c).then(|| c as u32 - '０' as u32))
}

fn is_digit(c: char) -> bool {
    Token::of(c) == Token::Digits
}

/// Whether a text begins with another, whatever the case of ASCII letters.
fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

/// What follows the number in `4th`.
fn is_ordinal(word: &str) -> bool {
    ["st", "nd", "rd", "th"].iter().any(|ending| word.eq_ignore_ascii_case(ending))
}

/// The day of a text that holds nothing but a date.
pub(crate) fn day(text: &str) -> Result<Day, Misread> {
    let (day, rest) = Written::read(text).ok_or(Misread::NoDate)?.day(None)?;
    if rest.is_empty() { Ok(day) } else { Err(Misread::NoDate) }
}

/// A date, perhaps followed by a time of day. A trailing zone is allowed and ignored: the day is
/// the one that was written.
///
/// | text | day | second |
/// |---|---|---|
/// | `2010-12-01` | 1 December 2010 | none |
/// | `2010-12-01 08:26`, `2010/12/1 8:26 am`, `1-Dec-2010 8:26`, `2010年12月1日8时26分` | the same | 30,360 |
/// | `20101201082600` | the same | 30,360 |
/// | `2010-12-01T08:26:05.123Z` | the same | 30,365 |
/// | `1/12/2010` | by the stated order, else none | none |
/// | `40513`, `yesterday` | not a date | |
pub(crate) fn moment(text: &str, order: Option<DateOrder>) -> Result<(Day, Option<u32>), Misread> {
    // The usual machine form takes a path without any search.
    if let Some(found) = plain(text.as_bytes()) {
        return Ok(found);
    }
    let text = text.trim();
    let (day, rest) = Written::read(text).ok_or(Misread::NoDate)?.day(order)?;
    if rest.is_empty() {
        return Ok((day, None));
    }
    // A time follows 日, and a date in a row, at once; other dates after a sign ("2024-05-01, 10:00").
    let at_once = text[..text.len() - rest.len()].ends_with(['日', '号']) || rest.starts_with(is_digit);
    let time = match rest.strip_prefix([' ', 'T', 't', '\u{a0}', '\u{3000}', ',']) {
        Some(time) => time.trim_start(),
        None if at_once => rest,
        None => return Err(Misread::NoDate),
    };
    if time.is_empty() {
        return Ok((day, None));
    }
    clock(time).map(|second| (day, Some(second))).ok_or(Misread::NoDate)
}

/// The usual machine form without any search: `2010-12-01` or `2010-12-01 08:26:00`. `None` sends
/// the text to the slow path, which also decides whether it is a date at all.
fn plain(bytes: &[u8]) -> Option<(Day, Option<u32>)> {
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

/// `8:26`, `08:26:00`, `08:26:00.123`, `082600`, `8时26分`, each perhaps with AM or PM, a zone, or 上午
/// / 下午 before it.
///
/// The numbers before the first other sign are read as hours, minutes, seconds; a fraction of a
/// second is dropped; what is left must be a zone or nothing. 12 am is midnight and 12 pm noon;
/// `13:00 am` is refused.
pub(crate) fn clock(text: &str) -> Option<u32> {
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
        match (digit(c), c) {
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
    use proptest::prelude::*;

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
            ("1 Dec 2010", None),
            ("01-DEC-2010 08:26", Some(AT)),
            ("December 1st, 2010 8:26 am", Some(AT)),
            ("1Dec2010", None),
            ("2010 Dec 1", None),
        ] {
            assert_eq!(moment(text, None), Ok((day, second)), "{text}");
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
            "2010-12-01-02",
            "on 2010-12-01",
            "1 Decembre 2010",
            "Dec 2010",
            "31 Feb 2010",
        ] {
            assert!(moment(text, None).is_err(), "{text}");
        }
    }

    /// One text, two days; without a statement none.
    #[test]
    fn the_order_of_day_and_month_is_the_callers_word() {
        let both = |text| {
            (moment(text, Some(DateOrder::DayFirst)).ok(), moment(text, Some(DateOrder::MonthFirst)).ok())
        };
        let day = |m, d| Some((Day::ymd(2010, m, d).unwrap(), None));
        assert_eq!(both("1/12/2010"), (day(12, 1), day(1, 12)));
        assert_eq!(both("31.12.2010"), (day(12, 31), None));
        assert_eq!(both("12/31/2010"), (None, day(12, 31)));
        assert_eq!(both("2010-12-01"), (day(12, 1), day(12, 1)));
        assert_eq!(both("1 Dec 2010"), (day(12, 1), day(12, 1)));
        assert_eq!(both("1/12/10"), (None, None));
        let late = moment("12/1/2010 8:26", Some(DateOrder::MonthFirst));
        assert_eq!(late, Ok((Day::ymd(2010, 12, 1).unwrap(), Some(AT))));
        // What can be read in one order only is refused as well: half a file would be worse than
        // none.
        for text in ["1/12/2010", "31.12.2010", "2-2-2010 8:26"] {
            assert_eq!(moment(text, None), Err(Misread::Unstated), "{text}");
        }
        assert_eq!(moment("2010-02-30", None), Err(Misread::NoDay));
    }

    proptest! {
        /// Every form of a day gives the day, whatever order is stated where it needs none.
        #[test]
        fn every_form_of_a_day_is_that_day(days in -710_000_i32..2_930_000, second in 0_u32..86_400) {
            let day = Day::new(days);
            let ((y, m, d), order) = (day.to_ymd(), Some(DateOrder::DayFirst));
            let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
            let name = MONTHS[m as usize - 1];
            for text in [
                format!("{y:04}-{m:02}-{d:02}"),
                format!("{y:04}/{m}/{d}"),
                format!("{y:04}{m:02}{d:02}"),
                format!("{y:04}年{m}月{d}日"),
                format!("{d} {} {y:04}", &name[..3]),
                format!("{name} {d}, {y:04}"),
            ] {
                prop_assert_eq!(super::day(&text), Ok(day));
                let timed = format!("{text} {hours}:{minutes:02}:{seconds:02}");
                for order in [None, order, Some(DateOrder::MonthFirst)] {
                    prop_assert_eq!(moment(&text, order), Ok((day, None)));
                    prop_assert_eq!(moment(&timed, order), Ok((day, Some(second))));
                }
            }
            prop_assert_eq!(moment(&format!("{d}.{m}.{y:04}"), order), Ok((day, None)));
            prop_assert_eq!(moment(&format!("{m}/{d}/{y:04}"), Some(DateOrder::MonthFirst)), Ok((day, None)));
        }

        /// A text that needs no order says the same under each; no text ends in a panic.
        #[test]
        fn an_order_matters_only_where_it_is_needed(text in "[0-9０-９年月日号 TZtjan:.,/é-]{0,20}|\\PC*") {
            let orders = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|order| moment(&text, Some(order)));
            match moment(&text, None) {
                Err(Misread::Unstated) => {}
                without => prop_assert_eq!(orders, [without, without]),
            }
        }
    }

    /// The dates of a column that can be read in one way only say how the others are.
    #[test]
    fn a_column_settles_its_order() {
        let order = |texts: &[&str]| {
            let mut column = ColumnOrder::default();
            texts.iter().filter_map(|text| Written::read(text)).for_each(|date| column.add(&date));
            column.settle()
        };
        assert_eq!(order(&["1/12/2010", "13/1/2010"]), Ok(Some(DateOrder::DayFirst)));
        assert_eq!(order(&["1/12/2010", "1/13/2010"]), Ok(Some(DateOrder::MonthFirst)));
        assert_eq!(order(&["2010-12-01", "3/3/2010"]), Ok(None));
        assert_eq!(order(&["13/1/2010", "1/13/2010"]), Ok(None)); // each says it for itself
        assert_eq!(order(&["1/12/2010", "13/1/2010", "1/13/2010"]), Err(Misread::Unstated));
        assert_eq!(order(&["1/12/2010"]), Err(Misread::Unstated));
        assert_eq!(order(&[]), Ok(None));
    }
}
