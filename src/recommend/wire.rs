//! The recommender in a file: keys and baskets in blocks, counted anew on the way back.
//!
//! A file keeps what cannot be derived: the baskets, what was learned, what came by update since, factors. Popularity,
//! related items, similar customers and the kept relations follow from the baskets and are counted again when a model is
//! read, by the code of the fit: a file cannot contradict itself, and is some 6 bytes a row.
//!
//! | block | holds |
//! |---|---|
//! | `customers`, `items`, `later_*` and their ends | keys as text, in the order of the dictionary; those that came by update as they came |
//! | `baskets`, `days`, `sizes`, `bought` | baskets a customer, day of each, rows of each, item numbers |
//! | `revised` and `revised_*` | the same of customers with updates since the fit |
//! | `categories`, `category_of` | names, and the number of each item's |
//! | `factors` | of implicit ALS only: item by item |
//!
//! Nothing in a file is believed: lengths, order, ranges and every rule that a fit keeps are checked, and what no fit could
//! have made is [`IncompatibleModel`](crate::ErrorKind::IncompatibleModel).
//!
//! # What is kept and what is counted again
//! | part | in the file | on the way back |
//! |---|---|---|
//! | baskets, keys, categories | yes | checked |
//! | updates since the fit | as whole histories of the customers concerned | checked |
//! | learned terms | yes, with a number for the features they read | checked, or dropped where that number is another |
//! | ALS factors | yes: they depend on the seed and on every turn | checked |
//! | popularity, tables, neighbours, kept relations | no | by the code of the fit |
//! | who may be a neighbour | where not everybody | checked |
//!
//! So a file of another version of the features still opens, and GP-TopFreq answers until the next fit.
//!
//! # Rules that are checked
//! - Keys stand in the order of their dictionary, each once; ends fall on characters and the last one is the end of the text.
//! - No basket is empty, days of a customer ascend, items of a basket ascend strictly and are known.
//! - Sizes add up to the rows there are: none is announced that is missing, none is left over.
//! - No basket lies after the day of the fit, no update after the last known day, and that day is not before the fit.
//! - Later keys are new, revised customers exist and ascend, a neighbour is a customer, a category has a name.
//! - Terms are [sound](super::additive::Additive::is_sound), parameters pass the check of their own type.
//!
//! # Complexity
//! Writing: linear in rows. Reading: linear in rows, and then what the fit costs without its learning: tables, and for the
//! learned ranker one search a customer. Space: 4 bytes a row, 12 bytes a basket, 8 bytes a customer, and the keys.
//!
//! # Determinism
//! The same model gives the same bytes, and a model read gives the lists of the model written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{Keys, Occasion, TimeAxis};
use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::types::{AsOf, Day, Key, Provenance};

use super::baskets::{Baskets, NONE, Past};
use super::directory::Directory;
use super::methods::{Engine, ItemFactors};
use super::model::{Categories, NextItemModel, Popularity, everybody};
use super::params::{Method, NextItemParams};
use super::ranker::{Learned, Ranker};
use super::update::Revised;

/// The small part; everything that grows with the data stands in blocks.
///
/// `as_of` moves with updates, `fitted_as_of` does not: the tables are those of the second.
#[derive(Serialize, Deserialize)]
pub struct Repr {
    method: Method,
    occasion: Occasion,
    as_of: AsOf,
    fitted_as_of: AsOf,
    /// Whether days are basket numbers.
    ordinal: bool,
    /// What the ranker learned; its tables are counted anew.
    learned: Option<Learned>,
    /// Which features the ranker reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<u32>,
    /// Who may be a neighbour, by number, where not everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pool: Option<Vec<u32>>,
}

/// Weights that were learned on other features mean nothing here: GP-TopFreq answers in their place.
///
/// To be raised with every change of a feature's meaning, order or number: terms are stored by number and would else be read
/// at the wrong places.
const FEATURES: u32 = 3;

/// The error for a file that no writer of ours has made.
fn broken(rule: &'static str) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, rule)
}

/// Keys one behind the other, with their ends. Whether a key is an integer shows in its text.
///
/// By hand: tea, milk are the text `teamilk` and the ends 3, 7.
pub(super) fn write_keys<'a>(
    blocks: &mut BlockWriter,
    names: [&str; 2],
    keys: impl Iterator<Item = Key<'a>>,
) {
    let (mut joined, mut ends) = (String::new(), Vec::new());
    for key in keys {
        joined.push_str(&key.to_text());
        ends.push(joined.len() as u64);
    }
    blocks.bytes(names[0], joined.as_bytes());
    blocks.u64s(names[1], &ends);
}

/// Keys from their joined text and ends; ends must fit characters and cover the text.
fn read_keys(blocks: &mut BlockReader, names: [&str; 2]) -> Result<Vec<Key<'static>>> {
    let joined = blocks.text(names[0])?;
    let ends = blocks.u64s(names[1])?;
    let (mut keys, mut from) = (Vec::with_capacity(ends.len()), 0);
    for end in ends {
        let end = usize::try_from(end).map_err(|_| broken("a key ends beyond memory"))?;
        let text =
            joined.get(from..end).ok_or_else(|| broken("the ends of the keys do not fit their text"))?;
        keys.push(Key::from(text).into_owned());
        from = end;
    }
    if from == joined.len() { Ok(keys) } else { Err(broken("text behind the last key")) }
}

/// A dictionary that must come in its own order, each key once.
pub(super) fn read_dictionary(blocks: &mut BlockReader, names: [&str; 2]) -> Result<Arc<Keys>> {
    let keys = read_keys(blocks, names)?;
    let sorted = Keys::new(&keys)?;
    if sorted.len() == keys.len() && sorted.iter().zip(&keys).all(|(a, b)| a == *b) {
        Ok(Arc::new(sorted))
    } else {
        Err(broken("keys out of order"))
    }
}

/// Baskets of each history, day and size of each basket, items.
///
/// By hand: {a, b} on day 5 and {a} on day 9, of one customer, are 2 | 5 9 | 2 1 | a b a.
fn write_histories(blocks: &mut BlockWriter, names: [&str; 4], histories: &[Past<'_>]) {
    let (mut counts, mut days, mut sizes, mut bought) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for past in histories {
        counts.push(past.len() as u64);
        days.extend(past.days.iter().map(|day| day.days_since_epoch()));
        sizes.extend(past.baskets().map(|basket| basket.len() as u64));
        bought.extend_from_slice(past.bought);
    }
    blocks.u64s(names[0], &counts);
    blocks.i32s(names[1], &days);
    blocks.u64s(names[2], &sizes);
    blocks.u32s(names[3], &bought);
}

/// Offsets from counts, which must end at `total`.
///
/// By hand: sizes 2 0 1 of three rows are the offsets 0 2 2 3. A sum beyond memory is an error, not a wrapped number.
fn offsets(counts: &[u64], total: usize) -> Result<Vec<usize>> {
    let mut offsets = Vec::with_capacity(counts.len() + 1);
    let mut at = 0_usize;
    offsets.push(0);
    for count in counts {
        let next = usize::try_from(*count).ok().and_then(|n| at.checked_add(n));
        at = next.filter(|n| *n <= total).ok_or_else(|| broken("more rows are announced than there are"))?;
        offsets.push(at);
    }
    if at == total { Ok(offsets) } else { Err(broken("rows that belong to nobody")) }
}

/// (baskets of each customer, days, rows of each basket, items), with every rule of a history kept.
type Histories = (Vec<usize>, Vec<Day>, Vec<usize>, Vec<u32>);

/// The same on the way back, checked: no empty basket, days in order, baskets as sets of known items, nothing left over.
fn read_histories(blocks: &mut BlockReader, names: [&str; 4], items: usize) -> Result<Histories> {
    let counts = blocks.u64s(names[0])?;
    let days: Vec<Day> = blocks.i32s(names[1])?.into_iter().map(Day::new).collect();
    let sizes = blocks.u64s(names[2])?;
    let bought = blocks.u32s(names[3])?;
    if sizes.len() != days.len() || sizes.contains(&0) {
        return Err(broken("a basket without a day or without an item"));
    }
    let (first, start) = (offsets(&counts, days.len())?, offsets(&sizes, bought.len())?);
    for own in first.windows(2) {
        if !days[own[0]..own[1]].is_sorted() {
            return Err(broken("baskets out of order"));
        }
    }
    for basket in start.windows(2) {
        let basket = &bought[basket[0]..basket[1]];
        let known = basket.last().is_none_or(|item| (*item as usize) < items);
        if !known || !basket.is_sorted_by(|a, b| a < b) {
            return Err(broken("a basket is not a set of known items"));
        }
    }
    Ok((first, days, start, bought))
}

/// Adds keys that arrived by update; each must be new.
fn add_later(mut directory: Directory, later: &[Key<'static>]) -> Result<Directory> {
    for key in later {
        let number = directory.len();
        if directory.find_or_add(key)? != number {
            return Err(broken("a later key is not new"));
        }
    }
    Ok(directory)
}

const CUSTOMERS: [&str; 2] = ["customers", "customer_ends"];
const ITEMS: [&str; 2] = ["items", "item_ends"];
const LATER_CUSTOMERS: [&str; 2] = ["later_customers", "later_customer_ends"];
const LATER_ITEMS: [&str; 2] = ["later_items", "later_item_ends"];
const CATEGORIES: [&str; 2] = ["categories", "category_ends"];
const BASKETS: [&str; 4] = ["baskets", "days", "sizes", "bought"];
const REVISED: [&str; 4] = ["revised_baskets", "revised_days", "revised_sizes", "revised_bought"];

impl Wire for NextItemModel {
    const KIND: &'static str = "recommend.next_item";
    type Repr = Repr;

    fn to_wire(&self, blocks: &mut BlockWriter) -> Repr {
        write_keys(blocks, CUSTOMERS, self.customers.base().iter());
        write_keys(blocks, ITEMS, self.items.base().iter());
        write_keys(blocks, LATER_CUSTOMERS, self.customers.later());
        write_keys(blocks, LATER_ITEMS, self.items.later());
        let fitted: Vec<Past<'_>> = (0..self.baskets.customers.len()).map(|c| self.baskets.past(c)).collect();
        write_histories(blocks, BASKETS, &fitted);
        blocks.u32s("revised", &self.revised.keys().copied().collect::<Vec<u32>>());
        let revised: Vec<Past<'_>> = self.revised.values().map(Revised::past).collect();
        write_histories(blocks, REVISED, &revised);
        write_keys(blocks, CATEGORIES, self.categories.names.iter().map(Key::from));
        blocks.u32s("category_of", &self.categories.of);
        if let Some(factors) = self.engine.as_ref().and_then(Engine::factors) {
            blocks.f64s("factors", &factors.0);
        }
        Repr {
            pool: self.pool.clone(),
            method: self.method,
            occasion: self.occasion,
            as_of: self.as_of,
            fitted_as_of: self.baskets.as_of,
            ordinal: self.time == TimeAxis::Ordinal,
            learned: self.ranker.as_ref().map(|r| r.learned.clone()),
            features: self.ranker.is_some().then_some(FEATURES),
        }
    }

    fn from_wire(repr: Repr, blocks: &mut BlockReader) -> Result<Self> {
        NextItemParams::new().method(repr.method).occasion(repr.occasion).check()?;
        let time = if repr.ordinal { TimeAxis::Ordinal } else { TimeAxis::Calendar };
        let customers = read_dictionary(blocks, CUSTOMERS)?;
        let items = read_dictionary(blocks, ITEMS)?;
        let all_customers =
            add_later(Directory::new(customers.clone()), &read_keys(blocks, LATER_CUSTOMERS)?)?;
        let all_items = add_later(Directory::new(items.clone()), &read_keys(blocks, LATER_ITEMS)?)?;

        let (first, days, start, bought) = read_histories(blocks, BASKETS, items.len())?;
        if first.len() != customers.len() + 1 || days.is_empty() {
            return Err(broken("baskets and customers do not match"));
        }
        if repr.as_of < repr.fitted_as_of || days.iter().any(|day| *day > repr.fitted_as_of.day()) {
            return Err(broken("a basket lies behind the day of the fit"));
        }
        let (as_of, provenance) = (repr.fitted_as_of, Provenance::default());
        let baskets = Baskets { customers, items, first, days, start, bought, as_of, time, provenance };

        let numbers = blocks.u32s("revised")?;
        let (first, days, start, bought) = read_histories(blocks, REVISED, all_items.len())?;
        let known = numbers.last().is_none_or(|c| (*c as usize) < all_customers.len());
        if numbers.len() + 1 != first.len() || !known || !numbers.is_sorted_by(|a, b| a < b) {
            return Err(broken("revised histories and customers do not match"));
        }
        if days.iter().any(|day| *day > repr.as_of.day()) {
            return Err(broken("a basket lies behind the last known day"));
        }
        let mut revised = BTreeMap::new();
        for (number, own) in numbers.into_iter().zip(first.windows(2)) {
            let rows = start[own[0]]..start[own[1]];
            let past =
                Past { days: &days[own[0]..own[1]], start: &start[own[0]..=own[1]], bought: &bought[rows] };
            revised.insert(number, Revised::new(past));
        }

        let names = read_keys(blocks, CATEGORIES)?;
        let of = blocks.u32s("category_of")?;
        let named = of.iter().all(|c| *c == NONE || (*c as usize) < names.len());
        if !named || !(of.is_empty() || of.len() == baskets.items.len()) {
            return Err(broken("categories and items do not match"));
        }
        let learned =
            repr.learned.filter(|_| repr.method == Method::Learned && repr.features == Some(FEATURES));
        if learned.as_ref().is_some_and(|l| !l.is_sound()) {
            return Err(broken("a learned term that no fit could have made"));
        }
        let pool = repr.pool;
        if pool.iter().flatten().any(|c| *c as usize >= baskets.customers.len()) {
            return Err(broken("a neighbour who is no customer"));
        }
        let factors = match repr.method {
            Method::Als(_) => Some(ItemFactors(blocks.f64s("factors")?)),
            _ => None,
        };
        let all = pool.clone().unwrap_or_else(|| everybody(&baskets));
        Ok(Self {
            engine: Engine::from_file(repr.method, &baskets, &all, factors)?,
            pool,
            alike: Arc::default(),
            ranker: learned.map(|l| Ranker::new(l, &baskets)),
            method: repr.method,
            occasion: repr.occasion,
            as_of: repr.as_of,
            time,
            customers: all_customers,
            items: all_items,
            popularity: Popularity::new(baskets.popularity(), baskets.len()),
            categories: Categories { names, of },
            revised,
            baskets,
        })
    }

    fn origin(&self) -> Option<&Provenance> {
        Some(&self.baskets.provenance)
    }

    fn set_origin(&mut self, provenance: Provenance) {
        self.baskets.provenance = provenance;
    }
}
