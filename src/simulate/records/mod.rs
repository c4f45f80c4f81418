//! Records of the shop's customers as three systems keep them: repeated, incomplete and full of slips.
//!
//! For methods that find out who is who. Every kind of trouble has its cause in the model: people move, marry and change
//! numbers; systems ask for different things; fingers slip. A record says which person it is of, but only to the tests.

mod han;
mod han_lists;
mod latin;
mod slips;
mod words;

use std::fmt;

use crate::data::{Field, FieldKind, Record, Records};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Day;

use super::life::{Purpose, stream};
use super::params::{Script, ShopParams};
use super::shop::{CHUNK, Shop};

/// Customer records of a simulated shop: named columns of text, an empty text where a value is missing, in an order that
/// says nothing.
///
/// The columns are `source` (`crm`, `shop` or `service`), `updated` (a date), `account` (the customer key of the orders
/// placed under it, on exactly one record for each account), and
/// - in Latin script `given_name`, `family_name`, `birth_date`, `email`, `phone`, `address`, `city`, `postcode`;
/// - in Han script `name`, `mobile`, `id_card`, `email`, `wechat`, `birth_date`, `address`.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let table = ShopParams::new(30, Seed(7)).typos(0.0).missing(0.0).simulate()?.record_table()?;
/// assert_eq!(table.columns()[..3], ["source", "updated", "account"]);
/// assert!(!table.is_empty() && table.len() >= 30);
///
/// // Without slips and gaps, two records of one person agree in the family name.
/// let names: Vec<&str> = table.column("family_name").expect("Latin script").collect();
/// for (i, person) in table.people().iter().enumerate() {
///     let first = table.people().iter().position(|other| other == person).expect("at least itself");
///     assert_eq!(names[first], names[i]);
/// }
/// assert_eq!(table.get(0, 0).map(|source| ["crm", "shop", "service"].contains(&source)), Some(true));
/// assert_eq!(table.get(table.len(), 0), None);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RecordTable {
    /// Of all columns.
    names: Vec<&'static str>,
    /// Columns of people and their kinds, those of the script.
    fields: &'static [(&'static str, FieldKind)],
    columns: Vec<Texts>,
    /// By record, the number of the person.
    people: Vec<u32>,
}

/// Texts one behind the other, and where each ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Texts {
    joined: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text.
    fn push(&mut self, text: &str) {
        self.joined.push_str(text);
        self.ends.push(self.joined.len());
    }

    /// The text of a record.
    fn get(&self, i: usize) -> Option<&str> {
        let end = *self.ends.get(i)?;
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        self.joined.get(start..end)
    }
}

impl RecordTable {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> &[&'static str] {
        &self.names
    }

    /// The value of a record (from 0) in a column (from 0, as in [`columns`](Self::columns)); empty where it is missing.
    pub fn get(&self, record: usize, column: usize) -> Option<&str> {
        self.columns.get(column)?.get(record)
    }

    /// All values of a column, record by record; `None` for a name that is none.
    pub fn column(&self, name: &str) -> Option<impl ExactSizeIterator<Item = &str>> {
        let texts = &self.columns[self.names.iter().position(|n| *n == name)?];
        Some((0..self.len()).map(|i| texts.get(i).unwrap_or_default()))
    }

    /// The same records as merging takes them, in the same order: record `i` has the key `i + 1`, unique in all sources.
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) without records.
    ///
    /// ```
    /// use regulars::data::FieldKind;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let table = ShopParams::new(10, Seed(7)).simulate()?.record_table()?;
    /// let records = table.to_records()?;
    /// assert_eq!(records.len(), table.len());
    /// assert_eq!(records.id(0), Some("1"));
    /// assert_eq!(records.fields()[0].kind(), FieldKind::CustomerAccount);
    /// assert_eq!(records.source_name(0), table.get(0, 0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn to_records(&self) -> Result<Records> {
        let account = Field::new(COMMON[2], FieldKind::CustomerAccount);
        let own = self.fields.iter().map(|(name, kind)| Field::new(*name, *kind));
        let mut builder = Records::builder(std::iter::once(account).chain(own))?;
        for record in 0..self.len() {
            let cell = |column| self.get(record, column).unwrap_or_default();
            let mut row = Record::new(record as u64 + 1).source(cell(0)).updated(cell(1).parse()?);
            for (column, name) in self.names.iter().enumerate().skip(2) {
                if !cell(column).is_empty() {
                    row = row.value(name, cell(column));
                }
            }
            builder.push(row)?;
        }
        builder.build()
    }

    /// The truth: the number of the person (from 0) behind each record.
    ///
    /// With second accounts, a person's accounts stand on different records of hers:
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let shop = ShopParams::new(20, Seed(7)).second_accounts(1.0).simulate()?;
    /// let table = shop.record_table()?;
    /// let accounts = table.column("account").expect("a common column");
    /// for (account, person) in accounts.zip(table.people()) {
    ///     if let Ok(account) = account.parse() {
    ///         assert_eq!(shop.truth().person_of(account), Some(*person));
    ///     }
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn people(&self) -> &[u32] {
        &self.people
    }
}

/// Prints counts, no values.
impl fmt::Debug for RecordTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordTable({} records, {} columns)", self.len(), self.names.len())
    }
}

/// Where a record comes from; each system has habits of its own about what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Crm,
    Shop,
    Service,
}

impl Source {
    /// All of them, in the order of the arrays of habits.
    const ALL: [Self; 3] = [Self::Crm, Self::Shop, Self::Service];

    /// As it stands in the column `source`.
    fn name(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Shop => "shop",
            Self::Service => "service",
        }
    }
}

/// What the writer of a record needs to know besides the person.
///
/// What differs from record to record of one person: the system, and how old the record is.
struct Context<'a> {
    params: &'a ShopParams,
    /// The system that keeps the record.
    source: Source,
    /// How far into the shop's days the record was last touched, 0 to 1: changes before that have reached it.
    age: f64,
}

impl Context<'_> {
    /// Whether a slip with that probability at the default typo rate (0.08) happens.
    fn slips(&self, rng: &mut Rng, probability: f64) -> bool {
        rng.chance(probability * self.params.typos / 0.08)
    }

    /// Clears each cell with the probability with which this source leaves that value out.
    fn leave_out(&self, rng: &mut Rng, cells: &mut [String], by_source: &[[f64; 3]]) {
        for (cell, share) in cells.iter_mut().zip(by_source) {
            if rng.chance(share[self.source as usize] * self.params.missing) {
                cell.clear();
            }
        }
    }

    /// Which version of a value that changed at `moment` a record has: 0 for the one before, where the record is older
    /// than the change or nobody told the source, and where nothing changed; else 1.
    fn version(&self, rng: &mut Rng, moment: Option<f64>) -> usize {
        let stale = rng.chance(0.25);
        let outdated = |moment| self.params.typos > 0.0 && (self.age < moment || stale);
        usize::from(moment.is_some_and(|moment| !outdated(moment)))
    }
}

/// A moment at which something about a person changed, for a share of people.
///
/// Drawn whether or not it is used, so that a knob that hides it does not move what follows.
fn moment(rng: &mut Rng, share: f64) -> Option<f64> {
    let (changed, when) = (rng.chance(share), rng.uniform());
    changed.then_some(when)
}

/// One script's way to describe people.
///
/// Two of them, Latin and Han. A scribe is handed cleared cells, so that nothing of another record can stay behind.
trait Scribe: Sync {
    /// Names of the columns after the common ones.
    fn columns(&self) -> &'static [(&'static str, FieldKind)];

    /// Writes a record of the person into cleared cells.
    fn write(&self, person: u32, context: &Context<'_>, rng: &mut Rng, cells: &mut [String]);
}

/// Columns that every script has.
const COMMON: [&str; 3] = ["source", "updated", "account"];

/// The first of a person's household: the person itself, or the one before who lives there.
///
/// A walk back over the numbers of people: each lives with the one before with the probability of the share. Households are
/// therefore of geometric size, and found without any table.
fn head_of(params: &ShopParams, person: u32) -> u32 {
    let mut head = person;
    while head > 0 && stream(params.seed, Some(head), Purpose::Identity).chance(params.households) {
        head -= 1;
    }
    head
}

impl Shop {
    /// The customers' records, as three systems keep them, in an order of chance.
    ///
    /// A person has 1 + a geometric number of records. People move house and change phone and e-mail (older records keep
    /// the old value, newer ones sometimes too), go by nicknames, are entered with names or day and month swapped, and
    /// everything is mistyped now and then. A quarter of all people share a household. Chinese records add pinyin in
    /// either order, traditional characters, homophones, titles for names, masked values and the usual formats of
    /// mobile numbers, dates and addresses.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let shop = ShopParams::new(200, Seed(7)).duplicates(1.0).simulate()?;
    /// let records = shop.record_table()?;
    /// assert!(records.len() > 250);
    /// assert_eq!(records.people().len(), records.len());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) above 4,294,967,294 records.
    pub fn record_table(&self) -> Result<RecordTable> {
        match self.params.script {
            Script::Latin => self.write_records(&latin::Latin::new()),
            Script::Han => self.write_records(&han::Han::new()),
        }
    }

    /// The customers' records as merging takes them; [`record_table`](Self::record_table) has the truth about them, in the
    /// same order.
    ///
    /// ```
    /// use regulars::simulate::{Script, ShopParams};
    /// use regulars::types::Seed;
    ///
    /// let shop = ShopParams::new(200, Seed(7)).script(Script::Han).simulate()?;
    /// assert_eq!(shop.records()?.len(), shop.record_table()?.len());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`record_table`](Self::record_table), and [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers.
    pub fn records(&self) -> Result<Records> {
        self.record_table()?.to_records()
    }

    /// Writes all records in parallel, person by person, then shuffles them: a first pass finds each record's place, so that
    /// every column is copied once into memory of the right size.
    fn write_records(&self, scribe: &impl Scribe) -> Result<RecordTable> {
        let names: Vec<&'static str> =
            COMMON.into_iter().chain(scribe.columns().iter().map(|c| c.0)).collect();
        let chunks = par::map_chunks(self.params.customers as usize, CHUNK, |range| {
            let mut columns = vec![Texts::default(); names.len()];
            let mut people = Vec::new();
            let mut cells = vec![String::new(); names.len()];
            for person in range.filter_map(|p| u32::try_from(p).ok()) {
                self.write_person(scribe, person, &mut cells, &mut columns, &mut people);
            }
            (columns, people)
        });
        // Where each record lies, then the order of chance.
        let mut places = Vec::with_capacity(chunks.iter().map(|c| c.1.len()).sum());
        for (c, (_, people)) in (0_u32..).zip(&chunks) {
            places.extend((0_u32..).zip(people).map(|(i, _)| (c, i)));
        }
        if places.len() >= u32::MAX as usize {
            return Err(Error::overflow("more than 4294967294 records"));
        }
        stream(self.params.seed, None, Purpose::Records).shuffle(&mut places);
        let people = places.iter().map(|(c, i)| chunks[*c as usize].1[*i as usize]).collect();
        let columns = par::map_chunks(names.len(), 1, |range| {
            let column = range.start;
            let mut texts = Texts::default();
            texts.joined.reserve_exact(chunks.iter().map(|c| c.0[column].joined.len()).sum());
            texts.ends.reserve_exact(places.len());
            for (c, i) in &places {
                texts.push(chunks[*c as usize].0[column].get(*i as usize).unwrap_or_default());
            }
            texts
        });
        Ok(RecordTable { names, fields: scribe.columns(), columns, people })
    }

    /// The records of one person: as many as chance and accounts ask for, accounts on the first ones.
    fn write_person(
        &self,
        scribe: &impl Scribe,
        person: u32,
        cells: &mut [String],
        columns: &mut [Texts],
        people: &mut Vec<u32>,
    ) {
        let params = &self.params;
        let accounts = 1 + u32::from(self.accounts(person).0);
        let mut rng = stream(params.seed, Some(person), Purpose::Records);
        let again = params.duplicates / (1.0 + params.duplicates);
        let mut records = 1;
        while records < ShopParams::MAX_RECORDS && rng.chance(again) {
            records += 1;
        }
        for record in 0..records.max(accounts) {
            #[expect(clippy::cast_possible_truncation, reason = "one of three")]
            let source = Source::ALL[rng.below(3) as usize];
            let context = Context { params, source, age: rng.uniform() };
            cells.iter_mut().for_each(String::clear);
            let (common, own) = cells.split_at_mut(COMMON.len());
            common[0].push_str(source.name());
            push_fmt(&mut common[1], format_args!("{}", self.updated(context.age)));
            if record < accounts {
                push_fmt(&mut common[2], format_args!("{}", self.account(person, record)));
            }
            scribe.write(person, &context, &mut rng, own);
            for (column, cell) in columns.iter_mut().zip(&*cells) {
                column.push(cell);
            }
            people.push(person);
        }
    }

    /// The day on which a record was last touched.
    fn updated(&self, age: f64) -> Day {
        self.day_of(age * f64::from(self.params.days))
    }
}

/// Formats into a string, which cannot fail.
fn push_fmt(text: &mut String, arguments: fmt::Arguments<'_>) {
    let _ = fmt::Write::write_fmt(text, arguments);
}

/// One of a list.
#[expect(clippy::cast_possible_truncation, reason = "below the length of a list")]
fn pick<T: Copy>(rng: &mut Rng, list: &[T]) -> T {
    list[rng.below(list.len() as u64) as usize]
}
