//! Dates in the usual orders. Days the calendar lacks (the 31st of a swapped month) are kept: they are evidence.
//!
//! All forms that [`Written`] knows, a time of day after any of them. With the year last, only one
//! order may make a month; where both do, the caller's order decides, or the column as a whole. The
//! key of a date has the smaller of day and month first, so that 3 April and 4 March meet.
//!
//! | written | normal form | why |
//! |---|---|---|
//! | `1957年6月2日`, `1957/6/2`, `19570602` | `1957-06-02` | the year first settles the order |
//! | `2.6.1957` | `1957-06-02` | day first, as the caller or another date of the column says |
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
//! # Order as stated
//! | written | day first | month first |
//! |---|---|---|
//! | `03/04/1980` (not stated: none) | 1980-04-03 | 1980-03-04 |
//! | `13/04/1980` | 1980-04-13 | 1980-04-13 |
//! | `04/13/1980` | 1980-04-13 | 1980-04-13 |
//! | `1980/03/04` | 1980-03-04 | 1980-03-04 |
//! | `4 Mar 1980`, `March 4, 1980` | 1980-03-04 | 1980-03-04 |
//!
//! A source read in the wrong order still meets the others: two readings of one date share the key.

use crate::types::DateOrder;
use crate::types::date::Written;

use super::text::fold;

/// The normal form of the first date in a text; `None` where there is none, or where it could be
/// two days and `order` does not say which.
pub(super) fn date(value: &str, order: Option<DateOrder>) -> Option<String> {
    let folded = fold(value);
    let written = Written::read(&folded)?;
    let (month, day) = written.month_and_day(written.only_order().or(order))?;
    Some(format!("{:04}-{month:02}-{day:02}", written.year))
}

/// The same for 3 April and 4 March.
pub(super) fn date_key(normal: &str) -> String {
    match (normal.get(..4), normal.get(5..7), normal.get(8..10)) {
        (Some(y), Some(m), Some(d)) if m <= d => format!("{y}{m}{d}"),
        (Some(y), Some(m), Some(d)) => format!("{y}{d}{m}"),
        _ => normal.to_owned(),
    }
}
