//! How a summary is laid out in a file: sums and sets by customer, in ascending order of keys, so that equal summaries
//! make equal files whatever the order of their rows.
//!
//! | block | content |
//! |---|---|
//! | `integer_keys`, `text_keys`, `text_key_ends` | customers: integers, then texts one behind the other with their ends |
//! | `first_and_last_days` | two days a customer; maximum and minimum of the type for "none" |
//! | `occasions_and_first` | two counts a customer |
//! | `spend_and_first` | two sums a customer, of two halves each, low first |
//! | `day_blocks`, `day_bits` | (customer, day / 64) and 64 days as bits |
//! | `integer_orders`, `text_orders`, `text_order_ends` | order keys |
//! | `orders`, `order_days` | (customer, order) and the earliest day |
//! | `refund_days`, `refunds` | (customer, day) and a sum of two halves |
//! | `waiting_..` | rows after the as-of day, where there are any: keys of customers and orders, and of each row their numbers, two days, an amount and whether it is a refund |
//!
//! Hash seeds, shards and the order of arrival are not in the file. On the way back every key, day and count is
//! checked against the others; a file that contradicts itself is
//! [`IncompatibleModel`](ErrorKind::IncompatibleModel).

use serde::{Deserialize, Serialize};

use crate::data::{Occasion, Refunds, TimeAxis};
use crate::error::{Error, ErrorKind, Result};
use crate::persist::wire::Wire;
use crate::persist::{BlockReader, BlockWriter};
use crate::types::{AsOf, Currency, Day, Key};

use super::runs::Runs;
use super::shard::{Shard, join, unflip};
use super::state::{Summary, Tally};
use super::table::SummaryParams;
use super::waiting::Waiting;

/// The header: policy, tally, and two flags.
#[derive(Serialize, Deserialize)]
pub struct Repr {
    as_of: AsOf,
    currency: Currency,
    occasion: Occasion,
    refunds: Refunds,
    time: TimeAxis,
    has_amounts: Option<bool>,
    overflowed: bool,
    tally: Tally,
    /// Rows that wait; files of older versions hold none.
    #[serde(default, skip_serializing_if = "is_zero")]
    waiting: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

const WAITING_CUSTOMERS: [&str; 3] = ["waiting_integers", "waiting_texts", "waiting_text_ends"];
const WAITING_ORDERS: [&str; 3] =
    ["waiting_integer_orders", "waiting_text_orders", "waiting_text_order_ends"];

/// Rows that wait, in ascending order of their content.
fn write_waiting(waiting: &[Waiting], blocks: &mut BlockWriter) {
    let mut rows: Vec<&Waiting> = waiting.iter().collect();
    rows.sort_unstable();
    let distinct = |keys: &mut dyn Iterator<Item = &Key<'static>>| {
        let mut keys: Vec<Key<'static>> = keys.cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    let customers = distinct(&mut rows.iter().map(|row| &row.customer));
    let orders = distinct(&mut rows.iter().filter_map(|row| row.order.as_ref()));
    let number = |keys: &[Key<'static>], key: &Key<'static>| {
        keys.binary_search(key).ok().and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX)
    };
    let of = |row: &&Waiting| {
        let order = row.order.as_ref().map_or(u32::MAX, |order| number(&orders, order));
        [number(&customers, &row.customer), order, u32::from(row.is_refund)]
    };
    let days = |row: &&Waiting| [row.due, row.day].map(Day::days_since_epoch);
    blocks.u32s("waiting_numbers", &rows.iter().flat_map(of).collect::<Vec<_>>());
    blocks.i32s("waiting_days", &rows.iter().flat_map(days).collect::<Vec<_>>());
    blocks.i64s("waiting_amounts", &rows.iter().map(|row| row.amount).collect::<Vec<_>>());
    write_keys(blocks, WAITING_CUSTOMERS, customers.into_iter());
    write_keys(blocks, WAITING_ORDERS, orders.into_iter());
}

/// The rows again; every number, day and count is checked.
fn read_waiting(n: u64, as_of: AsOf, blocks: &mut BlockReader) -> Result<Vec<Waiting>> {
    let numbers = blocks.u32s("waiting_numbers")?;
    let days = blocks.i32s("waiting_days")?;
    let amounts = blocks.i64s("waiting_amounts")?;
    let customers = read_keys(blocks, WAITING_CUSTOMERS)?;
    let orders = read_keys(blocks, WAITING_ORDERS)?;
    if [numbers.len(), days.len(), amounts.len()] != [3 * amounts.len(), 2 * amounts.len(), amounts.len()]
        || amounts.len() as u64 != n
    {
        return Err(damaged("waiting rows of different lengths"));
    }
    let rows = numbers.chunks_exact(3).zip(days.chunks_exact(2)).zip(amounts);
    rows.map(|((numbers, days), amount)| {
        let [due, day] = [days[0], days[1]].map(Day::new);
        let customer = customers.get(numbers[0] as usize);
        let order = match numbers[1] {
            u32::MAX => Some(None),
            number => orders.get(number as usize).cloned().map(Some),
        };
        let (Some(customer), Some(order)) = (customer.cloned(), order) else {
            return Err(damaged("a waiting row of an unknown customer or order"));
        };
        let is_refund = numbers[2] == 1;
        if due < day || due <= as_of.day() || numbers[2] > 1 || (is_refund && amount > 0) {
            return Err(damaged("a waiting row is known already"));
        }
        Ok(Waiting { due, customer, day, amount, is_refund, order })
    })
    .collect()
}

/// The error of a file that contradicts itself.
fn damaged(rule: &'static str) -> Error {
    Error::new(ErrorKind::IncompatibleModel, None, rule)
}

/// A sum as two words, low first.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
fn halves(sum: i128) -> [i64; 2] {
    [sum as i64, (sum >> 64) as i64]
}

/// The number of two halves; far from the limits of its type, so that sums of many stay inside.
fn whole(low: i64, high: i64) -> Result<i128> {
    const LIMIT: u64 = 1 << 40;
    if high.unsigned_abs() > LIMIT {
        return Err(damaged("a sum is larger than any rows could make it"));
    }
    Ok(i128::from(high) << 64 | i128::from(low.cast_unsigned()))
}

/// Day, block or order of a joined key.
#[expect(clippy::cast_possible_truncation, reason = "the low half of a joined key")]
fn low(key: u64) -> u32 {
    key as u32
}

/// Customer of a joined key.
fn high(key: u64) -> usize {
    usize::try_from(key >> 32).unwrap_or(usize::MAX)
}

/// Keys one behind the other: integers, then texts. Ends rather than lengths, as in the dictionaries.
fn write_keys(blocks: &mut BlockWriter, names: [&str; 3], keys: impl Iterator<Item = Key<'static>>) {
    let (mut integers, mut texts, mut ends) = (Vec::new(), String::new(), Vec::new());
    for key in keys {
        if let Some(value) = key.as_integer() {
            integers.push(value);
        } else {
            texts.push_str(&key.to_text());
            ends.push(texts.len() as u64);
        }
    }
    blocks.i64s(names[0], &integers);
    blocks.bytes(names[1], texts.as_bytes());
    blocks.u64s(names[2], &ends);
}

/// The keys again, checked to ascend strictly. A text that is an integer's usual form becomes that integer, breaks
/// the order, and is refused.
fn read_keys(blocks: &mut BlockReader, names: [&str; 3]) -> Result<Vec<Key<'static>>> {
    let mut keys: Vec<Key<'static>> = blocks.i64s(names[0])?.into_iter().map(Key::from).collect();
    let texts = blocks.text(names[1])?;
    let mut start = 0;
    for end in blocks.u64s(names[2])? {
        let end = usize::try_from(end).map_err(|_| damaged("a key ends behind the texts"))?;
        let text = texts.get(start..end).ok_or_else(|| damaged("a key is not within the texts"))?;
        keys.push(Key::from(text).into_owned());
        start = end;
    }
    // Texts stand behind integers and no text is an integer's usual form, or the order would break.
    if start != texts.len() || !keys.is_sorted_by(|a, b| a < b) || keys.len() >= u32::MAX as usize {
        return Err(damaged("keys do not ascend"));
    }
    Ok(keys)
}

impl Wire for Summary {
    const KIND: &'static str = "purchase-summary";
    type Repr = Repr;

    /// Owners are ranks by key: places within shards depend on the hash seed and mean nothing in a file. Order numbers
    /// become ranks for the same reason.
    fn to_wire(&self, blocks: &mut BlockWriter) -> Repr {
        let shards: Vec<&Shard> = self.integers.iter().chain(std::iter::once(&self.texts)).collect();
        let mut places: Vec<(Key<'static>, usize, usize)> = Vec::with_capacity(self.len());
        for (number, shard) in shards.iter().enumerate() {
            for (place, record) in shard.records.iter().enumerate() {
                let name = || u32::try_from(place).ok().and_then(|n| self.names.get(n)).map(Key::into_owned);
                let is_text = number + 1 == shards.len();
                let key =
                    if is_text { name().unwrap_or_else(|| Key::from("")) } else { Key::from(record.key) };
                places.push((key, number, place));
            }
        }
        places.sort_unstable();
        let mut owners: Vec<Vec<u32>> = shards.iter().map(|shard| vec![0; shard.records.len()]).collect();
        for (owner, (_, shard, place)) in (0_u32..).zip(&places) {
            owners[*shard][*place] = owner;
        }
        let mut orders: Vec<(Key<'static>, u32)> =
            (0_u32..).map_while(|n| self.orders.get(n).map(|key| (key.into_owned(), n))).collect();
        orders.sort_unstable();
        let mut ranks = vec![0_u32; orders.len()];
        for (rank, (_, number)) in (0_u32..).zip(&orders) {
            ranks[*number as usize] = rank;
        }

        let records = || places.iter().map(|(_, shard, place)| (shards[*shard], *place));
        let days: Vec<i32> = records().flat_map(|(s, p)| [s.records[p].first, s.records[p].last]).collect();
        let counts: Vec<u32> =
            records().flat_map(|(s, p)| [s.records[p].count, s.records[p].first_count]).collect();
        let sums: Vec<i64> =
            records().flat_map(|(s, p)| [s.sums(p).0, s.sums(p).1]).flat_map(halves).collect();
        write_keys(
            blocks,
            ["integer_keys", "text_keys", "text_key_ends"],
            places.iter().map(|p| p.0.clone()),
        );
        blocks.i32s("first_and_last_days", &days);
        blocks.u32s("occasions_and_first", &counts);
        blocks.i64s("spend_and_first", &sums);
        let (keys, bits) = gathered(&shards, &owners, |shard| &shard.days, |block| block);
        blocks.u64s("day_blocks", &keys);
        blocks.u64s("day_bits", &bits);
        write_keys(
            blocks,
            ["integer_orders", "text_orders", "text_order_ends"],
            orders.iter().map(|(key, _)| key.clone()),
        );
        let (keys, order_days) =
            gathered(&shards, &owners, |shard| &shard.orders, |number| ranks[number as usize]);
        blocks.u64s("orders", &keys);
        blocks.i32s("order_days", &order_days);
        let (keys, refunds) = gathered(&shards, &owners, |shard| &shard.refunds, |day| day);
        blocks.u64s("refund_days", &keys);
        blocks.i64s("refunds", &refunds.into_iter().flat_map(halves).collect::<Vec<i64>>());
        if !self.waiting.is_empty() {
            write_waiting(&self.waiting, blocks);
        }
        let SummaryParams { as_of, currency, occasion, refunds, time } = self.policy;
        Repr {
            as_of,
            currency,
            occasion,
            refunds,
            time,
            has_amounts: self.has_amounts,
            overflowed: shards.iter().any(|shard| shard.overflowed),
            tally: self.tally,
            waiting: self.waiting.len() as u64,
        }
    }

    /// Refuses columns of unequal length, days behind the as-of day, counts that contradict the days, days and orders
    /// outside their customer's span, and sets that the policy does not have.
    fn from_wire(repr: Repr, blocks: &mut BlockReader) -> Result<Self> {
        let Repr { as_of, currency, occasion, refunds, time, has_amounts, overflowed, tally, waiting } = repr;
        let mut summary = Self::new(SummaryParams { as_of, currency, occasion, refunds, time });
        (summary.has_amounts, summary.tally, summary.texts.overflowed) = (has_amounts, tally, overflowed);
        let keys = read_keys(blocks, ["integer_keys", "text_keys", "text_key_ends"])?;
        let days = blocks.i32s("first_and_last_days")?;
        let counts = blocks.u32s("occasions_and_first")?;
        let sums = blocks.i64s("spend_and_first")?;
        if [days.len(), counts.len(), sums.len() / 2] != [keys.len() * 2; 3] || sums.len() % 4 != 0 {
            return Err(damaged("columns of different lengths"));
        }
        let last_known = as_of.day().days_since_epoch();
        for (i, key) in keys.iter().enumerate() {
            let (first, last) = (days[2 * i], days[2 * i + 1]);
            let (count, first_count) = (counts[2 * i], counts[2 * i + 1]);
            let nothing = (first, last, count, first_count) == (i32::MAX, i32::MIN, 0, 0);
            let bought = first <= last && last <= last_known && (1..=count).contains(&first_count);
            if !(nothing || bought || overflowed) {
                return Err(damaged("a customer's days and occasions contradict each other"));
            }
            let (spend, first_spend) =
                (whole(sums[4 * i], sums[4 * i + 1])?, whole(sums[4 * i + 2], sums[4 * i + 3])?);
            let (shard, place) = summary.locate(key)?;
            let record = &mut shard.records[place];
            (record.first, record.last) = (first, last);
            (record.count, record.first_count) = (count, first_count);
            shard.set_sums(place, spend, first_spend);
        }
        let spans: Vec<(i32, i32)> = days.chunks_exact(2).map(|d| (d[0], d[1])).collect();

        let (set, bits) = (blocks.u64s("day_blocks")?, blocks.u64s("day_bits")?);
        check_set(&set, bits.len(), keys.len(), occasion == Occasion::Day)?;
        for (key, bits) in set.iter().zip(bits) {
            let first = unflip(low(*key) << 6 | bits.trailing_zeros() & 63);
            let last = unflip(low(*key) << 6 | 63_u32.saturating_sub(bits.leading_zeros()));
            let span = spans[high(*key)];
            if bits == 0 || low(*key) >= 1 << 26 || first < span.0 || last > span.1 {
                return Err(damaged("a day lies outside its customer's days"));
            }
            let (shard, place) = summary.locate(&keys[high(*key)])?;
            shard.days.push(join(place, low(*key)), bits);
        }

        let names = read_keys(blocks, ["integer_orders", "text_orders", "text_order_ends"])?;
        for name in &names {
            summary.orders.key(name, "orders")?;
        }
        let (set, order_days) = (blocks.u64s("orders")?, blocks.i32s("order_days")?);
        check_set(&set, order_days.len(), keys.len(), occasion == Occasion::Order)?;
        for (key, day) in set.iter().zip(order_days) {
            let span = spans[high(*key)];
            if low(*key) as usize >= names.len() || day < span.0 || day > span.1 {
                return Err(damaged("an order lies outside its customer's days"));
            }
            let (shard, place) = summary.locate(&keys[high(*key)])?;
            shard.orders.push(join(place, low(*key)), day);
        }

        let (set, given_back) = (blocks.u64s("refund_days")?, blocks.i64s("refunds")?);
        let counted = refunds == Refunds::Net && occasion != Occasion::Row;
        check_set(&set, given_back.len() / 2, keys.len(), counted)?;
        for (key, sum) in set.iter().zip(given_back.chunks_exact(2)) {
            if unflip(low(*key)) > last_known {
                return Err(damaged("a refund lies behind the as-of day"));
            }
            let (shard, place) = summary.locate(&keys[high(*key)])?;
            shard.refunds.push(join(place, low(*key)), whole(sum[0], sum[1])?);
        }
        if waiting > 0 {
            summary.waiting = read_waiting(waiting, as_of, blocks)?;
        }
        Ok(summary)
    }
}

/// One set of all shards by owner, with the lower halves of its keys translated, ascending.
fn gathered<V: Copy>(
    shards: &[&Shard],
    owners: &[Vec<u32>],
    set: impl Fn(&Shard) -> &Runs<V>,
    translated: impl Fn(u32) -> u32,
) -> (Vec<u64>, Vec<V>) {
    let mut all: Vec<(u64, V)> = Vec::new();
    for (shard, owners) in shards.iter().zip(owners) {
        let mut runs = set(shard).clone();
        let (keys, values) = runs.sorted();
        all.extend(
            keys.iter()
                .zip(values)
                .map(|(key, value)| (join(owners[high(*key)] as usize, translated(low(*key))), *value)),
        );
    }
    all.sort_unstable_by_key(|(key, _)| *key);
    all.into_iter().unzip()
}

/// Strictly ascending keys of known owners, one value each, and none where the policy has no such set.
fn check_set(keys: &[u64], values: usize, owners: usize, wanted: bool) -> Result<()> {
    let fine = keys.len() == values
        && keys.is_sorted_by(|a, b| a < b)
        && keys.last().is_none_or(|last| high(*last) < owners)
        && (wanted || keys.is_empty());
    if fine { Ok(()) } else { Err(damaged("a set of days, orders or refunds is damaged")) }
}
