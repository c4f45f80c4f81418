//! From the state to the finished columns, and merging.
//!
//! Both walk over all records of all shards. Finishing sorts once by key; merging looks each record up in the other
//! summary, since each has a hash seed of its own and the shards of two do not correspond.

use std::sync::Arc;

use crate::data::{Customers, Keys, Occasion, Refunds};
use crate::error::{Error, Result};
use crate::kernel::intern::{Interner, Sorted};
use crate::types::{Amount, Day, Key, Provenance};

use super::observe::to_money;
use super::shard::{Shard, unflip};
use super::state::Summary;
use super::table::{Purchases, Spend, SummaryParams};

/// Where a record is: shard (the last one holds the texts) and place.
type At = (u32, u32);

impl Summary {
    /// The columns, one row per customer in ascending order of keys, equal to what a ledger of the same rows gives.
    ///
    /// Consumes the summary; clone it first to go on collecting. O(customers log customers) and the size of the sets;
    /// without a row or without a purchase the table is empty.
    ///
    /// ```
    /// use regulars::data::{Summary, SummaryParams, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day};
    ///
    /// let mut stream = Summary::new(SummaryParams::new(AsOf::ymd(2024, 5, 31)?, Currency::EUR));
    /// stream.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).amount(Amount::minor(1_000)))?;
    /// let so_far = stream.clone().finish()?;
    /// stream.push(Transaction::new("ann", Day::ymd(2024, 5, 8)?).amount(Amount::minor(300)))?;
    /// let at_last = stream.finish()?;
    /// assert_eq!((so_far.occasions(), at_last.occasions()), (&[1][..], &[2][..]));
    /// assert_eq!(at_last.mean_repeat_spend(0), Some(300.0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's spend does not fit 64 bits or there are more occasions
    /// or customers than 32 bits count.
    pub fn finish(mut self) -> Result<Purchases> {
        let policy = self.policy;
        let mut shards = std::mem::take(&mut self.integers);
        shards.push(std::mem::take(&mut self.texts));
        if shards.iter().any(|s| s.overflowed) {
            return Err(Error::overflow("more customers, or occasions of one customer, than 32 bits count"));
        }
        for shard in &mut shards {
            shard.drop_index();
            shard.count_sets(&policy)?;
        }
        let all: usize = shards.iter().map(|s| s.records.len()).sum();
        let (keys, order) = sorted(&shards, &self.names)?;
        drop(self.names);
        let without_purchase = all - order.len();
        let n = order.len();
        let mut first_day = Vec::with_capacity(n);
        let mut last_day = Vec::with_capacity(n);
        let mut occasions = Vec::with_capacity(n);
        let mut first_day_occasions = Vec::with_capacity(n);
        let mut spend = (self.has_amounts == Some(true))
            .then(|| Spend { total: Vec::with_capacity(n), first_day: Vec::with_capacity(n) });
        for batch in order.chunks(64) {
            // Records lie in the order of their hashes, not of their keys: loads that do not wait for each other.
            let seen = batch.iter().fold(0, |seen, (shard, place)| {
                let record = &shards[*shard as usize].records[*place as usize];
                seen ^ record.key ^ i64::from(record.first_count)
            });
            std::hint::black_box(seen);
            for (shard, place) in batch {
                let (shard, place) = (&shards[*shard as usize], *place as usize);
                let record = &shard.records[place];
                first_day.push(Day::new(record.first));
                last_day.push(Day::new(record.last));
                occasions.push(record.count);
                first_day_occasions.push(record.first_count);
                if let Some(spend) = &mut spend {
                    let (total, first_day) = shard.exact(record, place);
                    spend.total.push(Amount::minor(to_money(total)?));
                    spend.first_day.push(Amount::minor(to_money(first_day)?));
                }
            }
        }
        let provenance = Provenance {
            currency: Some(policy.currency),
            time_axis: Some(policy.time),
            as_of: Some(policy.as_of),
            label: None,
        };
        Ok(Purchases {
            policy,
            customers: Customers::all(Arc::new(Keys::from_sorted(keys))).of(provenance),
            first_day,
            last_day,
            occasions,
            first_day_occasions,
            spend,
            without_purchase,
        })
    }

    /// Adds what another summary has collected. The order of merging never matters.
    ///
    /// Where the two have different as-of days, the earlier one is [advanced](Self::advance) to the later.
    /// Rows that wait in either wait in the result.
    ///
    /// Days or orders that both have seen count once: two tills that sold to one customer on one day saw one visit.
    /// Rows that both have seen count twice, as in a ledger, under [`Occasion::Row`] and in the spend; give each row
    /// to one summary. O(customers and sets of the other).
    ///
    /// ```
    /// use regulars::data::{Summary, SummaryParams, Transaction};
    /// use regulars::types::{Amount, AsOf, Currency, Day};
    ///
    /// let params = SummaryParams::new(AsOf::ymd(2024, 5, 31)?, Currency::EUR);
    /// let till = |day: i32, cents: i64| -> regulars::Result<Summary> {
    ///     let mut summary = Summary::new(params);
    ///     summary.push(Transaction::new("ann", Day::new(19_850 + day)).amount(Amount::minor(cents)))?;
    ///     Ok(summary)
    /// };
    /// let mut all = till(0, 500)?;
    /// all.merge(till(0, 250)?)?; // the same day at another till
    /// all.merge(till(7, 100)?)?;
    /// let table = all.finish()?;
    /// assert_eq!(table.occasions(), [2]);
    /// assert_eq!(table.first_day_spend(), Some(&[Amount::minor(750)][..]));
    ///
    /// let mut later = Summary::new(SummaryParams::new(AsOf::ymd(2024, 6, 30)?, Currency::EUR));
    /// later.merge(till(0, 500)?)?;
    /// assert_eq!(later.as_of(), AsOf::ymd(2024, 6, 30)?);
    /// let other = Summary::new(SummaryParams::new(AsOf::ymd(2024, 6, 30)?, Currency::USD));
    /// assert!(later.merge(other).is_err()); // another currency
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the two differ in currency, occasions, refunds,
    /// time axis, or in whether they have amounts. Nothing is then merged.
    /// [`Overflow`](crate::ErrorKind::Overflow) for more distinct keys than 32 bits number.
    pub fn merge(&mut self, mut other: Summary) -> Result<()> {
        let as_of = self.policy.as_of.max(other.policy.as_of);
        if (SummaryParams { as_of, ..self.policy }) != (SummaryParams { as_of, ..other.policy }) {
            return Err(Error::input(
                "only summaries of the same currency, occasions, refunds and time axis can be merged",
            ));
        }
        match (self.has_amounts, other.has_amounts) {
            (Some(a), Some(b)) if a != b => {
                return Err(Error::input("one summary has amounts, the other has none"));
            }
            (None, given) => self.has_amounts = given,
            _ => {}
        }
        self.advance(as_of)?;
        other.advance(as_of)?;
        self.waiting.append(&mut other.waiting);
        let mut orders = Vec::with_capacity(other.orders.len());
        for number in 0..u32::try_from(other.orders.len()).unwrap_or(u32::MAX) {
            let key = other.orders.get(number).unwrap_or_else(|| Key::from(""));
            orders.push(self.orders.key(&key, "orders")?);
        }
        self.tally.add(&other.tally);
        let names = std::mem::take(&mut other.names);
        let texts = std::mem::take(&mut other.texts);
        for (shard, is_text) in
            other.integers.into_iter().map(|s| (s, false)).chain(std::iter::once((texts, true)))
        {
            self.take_in(shard, |key| if is_text { text_key(&names, key) } else { Key::from(key) }, &orders)?;
        }
        Ok(())
    }

    /// Adds the records and the sets of one shard. `key_of` turns a record's key into the customer's, `orders` the other
    /// summary's order numbers into this one's.
    ///
    /// Sets are keyed by place: the upper half of a joined key is looked up anew, the lower half (day block, order,
    /// day) is kept or translated.
    fn take_in<'k>(
        &mut self,
        mut shard: Shard,
        key_of: impl Fn(i64) -> Key<'k>,
        orders: &[u32],
    ) -> Result<()> {
        let records = std::mem::take(&mut shard.records);
        let key_at = |place: u64| key_of(records[usize::try_from(place).unwrap_or(0)].key);
        for (place, record) in records.iter().enumerate() {
            let sums = shard.exact(record, place);
            let (into, there) = self.locate(&key_of(record.key))?;
            into.overflowed |= shard.overflowed;
            into.absorb(there, record, sums);
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low half of a joined key")]
        let low = |key: u64| key as u32;
        let (keys, values) = shard.days.sorted();
        for (key, bits) in keys.iter().zip(values) {
            let (into, there) = self.locate(&key_at(key >> 32))?;
            into.days.push(super::shard::join(there, low(*key)), *bits);
        }
        let (keys, values) = shard.orders.sorted();
        for (key, day) in keys.iter().zip(values) {
            let (into, there) = self.locate(&key_at(key >> 32))?;
            into.orders.push(super::shard::join(there, orders[low(*key) as usize]), *day);
        }
        let (keys, values) = shard.refunds.sorted();
        for (key, sum) in keys.iter().zip(values) {
            let (into, there) = self.locate(&key_at(key >> 32))?;
            into.refunds.push(super::shard::join(there, low(*key)), *sum);
        }
        Ok(())
    }
}

/// The key behind a number of the shard of texts.
fn text_key(names: &Interner, number: i64) -> Key<'_> {
    u32::try_from(number).ok().and_then(|n| names.get(n)).unwrap_or_else(|| Key::from(""))
}

/// The keys of customers with a purchase in ascending order, and where their records are.
///
/// Integers come before texts, so the two are sorted apart. Sorting is by distinct keys: stability does not
/// matter.
///
/// Time O(n log n) for n customers, memory 24 bytes each while sorting. The keys of text customers are borrowed from the
/// interner until they are joined.
fn sorted(shards: &[Shard], names: &Interner) -> Result<(Sorted, Vec<At>)> {
    let numbered = || (0_u32..).zip(shards);
    let rows = || {
        numbered().flat_map(|(number, shard)| {
            let with_purchase =
                (0_u32..).zip(shard.records.iter()).filter(|(_, record)| record.has_occasion());
            with_purchase.map(move |(place, record)| (record.key, (number, place)))
        })
    };
    let count = rows().count();
    if count >= u32::MAX as usize {
        return Err(Error::overflow("more than 4294967294 customers"));
    }
    let text_shard = shards.len() - 1;
    let is_text = |at: &At| at.0 as usize == text_shard;
    let mut integers: Vec<(i64, At)> = Vec::with_capacity(count);
    integers.extend(rows().filter(|(_, at)| !is_text(at)));
    // In place: a radix sort would be a little faster, but takes as much memory again.
    integers.sort_unstable_by_key(|(key, _)| *key);
    let mut texts: Vec<(Key<'_>, At)> =
        rows().filter(|(_, at)| is_text(at)).map(|(key, at)| (text_key(names, key), at)).collect();
    texts.sort_unstable();
    let mut sorted = Sorted::of_integers(integers.iter().map(|(key, _)| *key).collect());
    for (key, _) in &texts {
        sorted.joined.push_str(key.as_text().unwrap_or_default());
        sorted.ends.push(sorted.joined.len() as u64);
    }
    // Collected from references into new memory of the right size; the larger one is freed.
    let places = integers.iter().map(|(_, at)| *at).chain(texts.iter().map(|(_, at)| *at));
    Ok((sorted, places.collect()))
}

impl Shard {
    /// Turns sets into counts: occasions, those of the first day, and the first day's refunds.
    ///
    /// The first day of a customer is final only now, so only now can it be said which refunds belong to it.
    ///
    /// | occasions | count | first-day count |
    /// |---|---|---|
    /// | row | kept in the record | kept in the record |
    /// | day | bits set in the customer's blocks | 1 |
    /// | order | entries of the customer | entries whose earliest day is the first day |
    fn count_sets(&mut self, policy: &SummaryParams) -> Result<()> {
        let place = |key: u64| usize::try_from(key >> 32).unwrap_or(usize::MAX);
        let too_many = || Error::overflow("more than 4294967295 occasions");
        if policy.occasion != Occasion::Row {
            for record in self.records.iter_mut() {
                record.count = 0;
                record.first_count = u32::from(policy.occasion == Occasion::Day && record.has_occasion());
            }
        }
        let (keys, values) = self.days.sorted();
        for (key, bits) in keys.iter().zip(values) {
            let record = &mut self.records[place(*key)];
            record.count = record.count.checked_add(bits.count_ones()).ok_or_else(too_many)?;
        }
        let (keys, values) = self.orders.sorted();
        for (key, day) in keys.iter().zip(values) {
            let record = &mut self.records[place(*key)];
            record.count = record.count.checked_add(1).ok_or_else(too_many)?;
            record.first_count += u32::from(*day == record.first);
        }
        if policy.refunds == Refunds::Net {
            let mut on_first = Vec::new();
            let (keys, values) = self.refunds.sorted();
            for (key, sum) in keys.iter().zip(values) {
                #[expect(clippy::cast_possible_truncation, reason = "the low half of a joined key")]
                let day = unflip(*key as u32);
                let record = &self.records[place(*key)];
                if record.has_occasion() && day == record.first {
                    on_first.push((place(*key), *sum));
                }
            }
            for (place, sum) in on_first {
                let (spend, first_spend) = self.sums(place);
                self.set_sums(place, spend, first_spend + sum);
            }
        }
        self.forget_sets();
        Ok(())
    }
}
