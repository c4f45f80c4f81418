//! `Extend` of the builders: rows from an iterator, and what becomes of those that are refused.
//!
//! `Iterator::collect` and `extend` have no place for an error. A builder keeps the first one with
//! the number of rows refused, and its `build` fails with it, so that no row vanishes in silence.

use crate::error::{Error, Result};

use super::{
    Contract, ContractsBuilder, Event, EventsBuilder, LedgerBuilder, Record, RecordsBuilder, Transaction,
};

/// The rows that an `extend` could not take in.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    first: Option<Error>,
    rows: u64,
}

impl Refused {
    /// Keeps the first error, counts every one.
    fn note(&mut self, pushed: Result<()>) {
        if let Err(error) = pushed {
            self.rows += 1;
            self.first.get_or_insert(error);
        }
    }

    /// The first error, with the number of rows refused where there are several.
    pub(in crate::data) fn check(&mut self) -> Result<()> {
        match self.first.take() {
            None => Ok(()),
            Some(error) if self.rows == 1 => Err(error),
            Some(error) => Err(error.and(format!("{} rows were refused, this is the first", self.rows))),
        }
    }
}

macro_rules! extend {
    ($($builder:ident, $row:ident, $refused:tt, $example:literal;)*) => {$(
        #[doc = concat!("Adds rows as `push` does; refused ones make [`", stringify!($builder), "::build`] fail.")]
        ///
        /// The error is that of the first row refused, and says how many there were. Use `push` to
        /// go on without bad rows.
        ///
        #[doc = $example]
        impl<'a> Extend<$row<'a>> for $builder {
            fn extend<I: IntoIterator<Item = $row<'a>>>(&mut self, rows: I) {
                for row in rows {
                    let pushed = self.push(row);
                    self.$refused.note(pushed);
                }
            }
        }
    )*};
}

extend! {
    LedgerBuilder, Transaction, 1, "```
use regulars::data::{Ledger, Transaction};
use regulars::types::{Currency, Day};

let days = [19_844, 19_850, 19_851].map(Day::new);
let mut builder = Ledger::builder(Currency::EUR);
builder.extend(days.map(|day| Transaction::new(\"ann\", day)));
assert_eq!(builder.build()?.len(), 3);

let mut builder = Ledger::builder(Currency::EUR);
builder.extend(days.map(|day| Transaction::new(\"ann\", day).second_of_day(86_400)));
assert_eq!(
    builder.build().unwrap_err().to_string(),
    \"row 1, column `second_of_day`: expected 0 to 86399; 3 rows were refused, this is the first\"
);
# Ok::<(), regulars::Error>(())
```";
    EventsBuilder, Event, refused, "```
use regulars::data::{Event, Events};
use regulars::types::Day;

let mut builder = Events::builder();
builder.extend([1.0, f64::NAN].map(|minutes| Event::new(\"ann\", Day::new(0), \"call\").value(minutes)));
assert_eq!(builder.build().unwrap_err().to_string(), \"row 2, column `value`: expected a finite number\");
```";
    ContractsBuilder, Contract, refused, "```
use regulars::data::{Contract, Contracts};
use regulars::types::Day;

let mut builder = Contracts::builder();
builder.extend([\"ann\", \"bob\"].map(|customer| Contract::new(customer, Day::new(0))));
assert_eq!(builder.build()?.len(), 2);
# Ok::<(), regulars::Error>(())
```";
    RecordsBuilder, Record, 1, "```
use regulars::data::{Field, FieldKind, Record, Records};

let mut builder = Records::builder([Field::new(\"email\", FieldKind::Email)])?;
builder.extend([Record::new(\"1\").value(\"email\", \"ann@example.org\"), Record::new(\"2\").value(\"mail\", \"\")]);
assert_eq!(builder.build().unwrap_err().to_string(), \"row 2, column `mail`: the table has no such field\");
# Ok::<(), regulars::Error>(())
```";
}
