//! `Shard`: the records of the customers that share the leading bits of a hash.
//!
//! There are 128 of them, so that each fits a second-level cache (400 KB of a million customers) where all of them
//! together would not, and so that threads can work on different ones without locks. How customers fall into shards
//! depends on a random seed and never reaches a result: finishing sorts by key.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher as _};

use super::runs::Runs;
use super::table::SummaryParams;
use crate::data::{Occasion, Refunds};

/// What is known of a customer at any moment. Fields of money are exact modulo 2^64; what overflows is kept in
/// [`Shard::wide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The integer key; the interner's number in the shard of texts.
    pub(super) key: i64,
    /// Sum of the amounts.
    pub(super) spend: i64,
    /// Sum of the amounts of occasions on the first day.
    pub(super) first_spend: i64,
    /// First day of an occasion; `i32::MAX`, behind `last`, where there was none.
    pub(super) first: i32,
    /// Last day of an occasion; `i32::MIN` where there was none.
    pub(super) last: i32,
    /// Rows that are occasions.
    pub(super) count: u32,
    /// Rows that are occasions on the first day.
    pub(super) first_count: u32,
}

impl Record {
    /// A customer without occasions.
    pub(super) fn new(key: i64) -> Self {
        Self { key, spend: 0, first_spend: 0, first: i32::MAX, last: i32::MIN, count: 0, first_count: 0 }
    }

    /// Whether any row was an occasion.
    pub(super) fn has_occasion(&self) -> bool {
        self.first <= self.last
    }

    /// Adds an occasion. The hot loop: no branch depends on the data.
    ///
    /// For a day d with amount a, against first day f:
    ///
    /// | | first day | first-day count | first-day spend |
    /// |---|---|---|---|
    /// | d < f | d | 1 | a |
    /// | d = f | f | + 1 | + a |
    /// | d > f | f | unchanged | unchanged |
    ///
    /// Written with selects instead of branches: which of the three it is cannot be predicted, and a branch missed costs
    /// more than the arithmetic of all three.
    #[inline]
    fn add(&mut self, day: i32, amount: i64) -> Rare {
        let (earlier, on_first) = (day < self.first, day <= self.first);
        let (spend, carried) = self.spend.overflowing_add(amount);
        let kept = if earlier { 0 } else { self.first_spend };
        let (first_spend, first_carried) = kept.overflowing_add(if on_first { amount } else { 0 });
        let (count, too_many) = self.count.overflowing_add(1);
        self.spend = spend;
        self.first_spend = first_spend;
        self.first_count = (if earlier { 0 } else { self.first_count }).wrapping_add(u32::from(on_first));
        self.first = self.first.min(day);
        self.last = self.last.max(day);
        self.count = count;
        Rare { earlier, carried, first_carried, too_many }
    }
}

/// What adding an occasion may ask beside its record.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four flags that a processor sets beside the sums")]
struct Rare {
    /// It was earlier than all before it, so a carry of the first day's spend is void.
    earlier: bool,
    /// The spend went beyond 64 bits.
    carried: bool,
    /// The first day's spend went beyond 64 bits.
    first_carried: bool,
    /// More occasions than 32 bits count.
    too_many: bool,
}

/// Records in pieces of one size: growing moves none of them and leaves no room unused that matters.
///
/// A vector of 100 million records that doubles would need twice its memory at the moment of moving.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// All but the last one are full.
    pieces: Vec<Vec<Record>>,
    /// Records in all pieces.
    len: usize,
}

impl Records {
    /// 160 KiB a piece: large enough that allocators give them back to the system when they are freed.
    const BITS: u32 = if cfg!(test) { 7 } else { 12 };
    const PIECE: usize = 1 << Self::BITS;

    /// Records held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The record at a place, `None` behind the last.
    #[inline]
    fn get_mut(&mut self, place: usize) -> Option<&mut Record> {
        self.pieces.get_mut(place >> Self::BITS)?.get_mut(place & (Self::PIECE - 1))
    }

    /// Adds a record behind the last.
    pub(super) fn push(&mut self, record: Record) {
        if self.len & (Self::PIECE - 1) == 0 {
            // The first piece grows as it likes: most shards of a small summary hold few customers.
            let room = if self.len == 0 { 0 } else { Self::PIECE };
            self.pieces.push(Vec::with_capacity(room));
        }
        if let Some(last) = self.pieces.last_mut() {
            last.push(record);
            self.len += 1;
        }
    }

    /// All records in the order of arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> + Clone {
        self.pieces.iter().flatten()
    }

    /// All records in the order of arrival, to change them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.pieces.iter_mut().flatten()
    }
}

impl std::ops::Index<usize> for Records {
    type Output = Record;

    #[inline]
    fn index(&self, place: usize) -> &Record {
        &self.pieces[place >> Self::BITS][place & (Self::PIECE - 1)]
    }
}

impl std::ops::IndexMut<usize> for Records {
    #[inline]
    fn index_mut(&mut self, place: usize) -> &mut Record {
        &mut self.pieces[place >> Self::BITS][place & (Self::PIECE - 1)]
    }
}

/// Multiples of 2^64 that the sums of a record lack: exact sum = low 64 bits + 2^64 times this.
///
/// Kept apart, since hardly any customer ever has one: a record with 128-bit sums would be 16 bytes longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wide {
    /// Of the spend.
    pub(super) spend: i64,
    /// Of the first day's spend.
    pub(super) first_spend: i64,
}

/// One row on its way to a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// Minor units; 0 where amounts are not known.
    pub(super) amount: i64,
    /// Days since 1970-01-01, at most the as-of day.
    pub(super) day: i32,
    /// Amount or quantity below zero.
    pub(super) is_refund: bool,
    /// Number of the order; 0 where it does not matter.
    pub(super) order: u32,
}

/// One row with an integer key and an amount of 32 bits on its way into a shard, packed into 16 bytes. It is a refund if
/// its amount is below zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    /// The customer.
    pub(super) key: i64,
    /// Minor units that fit 32 bits: up to 21 million in hundredths.
    pub(super) amount: i32,
    /// Days since 1970-01-01.
    pub(super) day: i32,
}

/// A keyed hash of integers: one folded multiplication, seeded afresh for each summary, so that nobody can choose keys
/// that collide. Its order never reaches a result.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyHash(u64, u64);

impl KeyHash {
    /// A hash with a seed of its own, from the operating system's randomness by way of the standard library. An
    /// adversary who chooses customer numbers cannot make a table of one long collision.
    pub(super) fn random() -> Self {
        let state = std::hash::RandomState::new();
        let seed = |n| {
            let mut hasher = state.build_hasher();
            hasher.write_u64(n);
            hasher.finish()
        };
        Self(seed(0), seed(1) | 1)
    }

    /// The hash: the halves of (key xor s0) times s1, folded by xor, with s1 odd. Every bit of the key reaches the
    /// leading bits, which choose the shard, and the trailing ones, which choose the slot.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit product")]
    pub(super) fn of(self, key: i64) -> u64 {
        let product = u128::from(key.cast_unsigned() ^ self.0) * u128::from(self.1);
        (product >> 64) as u64 ^ product as u64
    }

    /// The shard of a hash: its leading bits.
    pub(super) fn shard(hash: u64) -> usize {
        (hash >> (64 - SHARD_BITS)) as usize
    }

    /// Where to look first in a table of 2^n places; `mask` is one less.
    #[expect(clippy::cast_possible_truncation, reason = "only the lowest bits matter")]
    fn slot(hash: u64, mask: usize) -> usize {
        hash as usize & mask
    }
}

/// Leading bits of a hash that choose the shard.
pub(super) const SHARD_BITS: u32 = 7;
/// Shards of a summary.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;

/// A free place of the table.
const NOBODY: u32 = u32::MAX;

/// Rows whose places are looked up together.
const BATCH: usize = 64;

/// Records in the order of arrival, a table of their places by hash, and what cannot be counted in a record of fixed
/// size: days or orders, and refunds by day.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    /// Open addressing, at most a third full, [`NOBODY`] for a free place.
    index: Vec<u32>,
    /// By place, which is the order of first sight.
    pub(super) records: Records,
    /// 64 days a value, by customer and day / 64. Only for occasions by day.
    pub(super) days: Runs<u64>,
    /// First day, by customer and order. Only for occasions by order.
    pub(super) orders: Runs<i32>,
    /// Refunds, by customer and day. Only where they are no occasions but lower the spend.
    pub(super) refunds: Runs<i128>,
    /// By place; hardly ever an entry.
    pub(super) wide: BTreeMap<u32, Wide>,
    /// There are more customers, or occasions of one, than can be counted. Sticky; everything else is then void.
    pub(super) overflowed: bool,
}

impl Default for Shard {
    /// Nothing, with the way each set combines: union of days, earliest day of an order, sum of refunds. Refunds saturate at
    /// the limits of 128 bits, which no number of rows reaches.
    fn default() -> Self {
        Self {
            index: Vec::new(),
            records: Records::default(),
            days: Runs::new(|a, b| a | b),
            orders: Runs::new(Ord::min),
            refunds: Runs::new(i128::saturating_add),
            wide: BTreeMap::new(),
            overflowed: false,
        }
    }
}

/// Customer and day, order or block of days in one key, ascending by both.
pub(super) fn join(customer: usize, low: u32) -> u64 {
    (customer as u64) << 32 | u64::from(low)
}

/// An order-preserving map of signed to unsigned: the sign bit is turned over.
pub(super) fn flip(day: i32) -> u32 {
    day.cast_unsigned() ^ 0x8000_0000
}

/// The inverse of [`flip`].
pub(super) fn unflip(day: u32) -> i32 {
    (day ^ 0x8000_0000).cast_signed()
}

impl Shard {
    /// The place of the customer with that integer key, made on first sight.
    ///
    /// Linear probing: consecutive slots share a cache line. A customer's place never changes, so places can be kept in sets
    /// and batches.
    pub(super) fn place(&mut self, key: i64, hash: KeyHash) -> usize {
        if self.records.len() * 3 >= self.index.len() && !self.grow(hash) {
            return 0;
        }
        let mask = self.index.len() - 1;
        let mut slot = KeyHash::slot(hash.of(key), mask);
        loop {
            let place = self.index[slot];
            if place == NOBODY {
                break;
            }
            if self.records[place as usize].key == key {
                return place as usize;
            }
            slot = (slot + 1) & mask;
        }
        let place = self.records.len();
        self.index[slot] = u32::try_from(place).unwrap_or(NOBODY);
        self.records.push(Record::new(key));
        place
    }

    /// Doubles the table and puts every record back in; whether there is room again. Linear probing in a table a third full
    /// takes 1.25 looks on average for a customer who is there.
    fn grow(&mut self, hash: KeyHash) -> bool {
        let slots = (self.index.len() * 2).max(32);
        if slots > u32::MAX as usize {
            self.overflowed = true;
            return false;
        }
        self.index.clear();
        self.index.resize(slots, NOBODY);
        let mask = slots - 1;
        for (place, record) in (0_u32..).zip(self.records.iter()) {
            let mut slot = KeyHash::slot(hash.of(record.key), mask);
            while self.index[slot] != NOBODY {
                slot = (slot + 1) & mask;
            }
            self.index[slot] = place;
        }
        true
    }

    /// Frees the sets: they have been counted.
    pub(super) fn forget_sets(&mut self) {
        let Self { days, orders, refunds, .. } = Self::default();
        (self.days, self.orders, self.refunds) = (days, orders, refunds);
    }

    /// Frees the table of places: no row will come any more.
    pub(super) fn drop_index(&mut self) {
        self.index = Vec::new();
    }

    /// Adds rows of integer keys.
    pub(super) fn add_all(&mut self, rows: &[Packed], policy: &SummaryParams, hash: KeyHash) {
        let every_row = policy.occasion == Occasion::Row && policy.refunds == Refunds::Net;
        for batch in rows.chunks(BATCH) {
            let guesses = self.guesses(batch, hash);
            for (row, guess) in batch.iter().zip(guesses) {
                let guess = guess as usize;
                let amount = row.amount.into();
                // Nearly every row of a known customer: found at the first guess and added to where it was found.
                let place = match self.records.get_mut(guess) {
                    Some(record) if record.key == row.key => {
                        if every_row {
                            let rare = record.add(row.day, amount);
                            self.note(guess, amount, rare);
                            continue;
                        }
                        guess
                    }
                    _ => self.place(row.key, hash),
                };
                let is_refund = row.amount < 0;
                self.add(place, &Fact { amount, day: row.day, is_refund, order: 0 }, policy);
            }
        }
    }

    /// Reads the shard from end to end before that many rows use it at random, which brings it into the cache at the speed
    /// of the memory's bandwidth instead of its latency.
    pub(super) fn warm(&self, rows: usize) {
        /// Places that fill a cache line of 64 bytes.
        const LINE: usize = 16;
        if rows * 4 < self.records.len() {
            return;
        }
        let mut seen = 0;
        for place in self.index.iter().step_by(LINE) {
            seen ^= i64::from(*place);
        }
        for record in self.records.iter() {
            seen ^= record.key ^ i64::from(record.first_count);
        }
        std::hint::black_box(seen);
    }

    /// First guesses at the places of a batch of customers. The loads of a batch do not wait for each other, so that its
    /// cache misses overlap.
    ///
    /// A cache miss to memory takes a hundred times as long as the arithmetic of a row. Sixty-four of them one behind the
    /// other would be the whole cost; side by side they take little longer than one.
    fn guesses(&self, batch: &[Packed], hash: KeyHash) -> [u32; BATCH] {
        let mut places = [NOBODY; BATCH];
        if self.index.is_empty() {
            return places;
        }
        let mask = self.index.len() - 1;
        for (place, row) in places.iter_mut().zip(batch) {
            *place = self.index[KeyHash::slot(hash.of(row.key), mask)];
        }
        places
    }

    /// Adds a row of the customer at a place.
    ///
    /// | refund | policy | what happens |
    /// |---|---|---|
    /// | no | any | an occasion |
    /// | yes | `Net` and `Row` | an occasion with a negative amount |
    /// | yes | `Net` otherwise | lowers the spend, kept by day for the first day's part |
    /// | yes | `Ignore` | nothing |
    pub(super) fn add(&mut self, place: usize, fact: &Fact, policy: &SummaryParams) {
        let is_occasion = match (fact.is_refund, policy.refunds, policy.occasion) {
            (false, ..) | (true, Refunds::Net, Occasion::Row) => true,
            (true, Refunds::Ignore, _) => return,
            (true, Refunds::Net, _) => false,
        };
        if is_occasion {
            self.add_occasion(place, fact.day, fact.amount);
            match policy.occasion {
                Occasion::Row => {}
                Occasion::Day => {
                    self.days.push(join(place, flip(fact.day) >> 6), 1 << (flip(fact.day) & 63));
                }
                Occasion::Order => self.orders.push(join(place, fact.order), fact.day),
            }
        } else {
            let record = &mut self.records[place];
            let (sum, carried) = record.spend.overflowing_add(fact.amount);
            record.spend = sum;
            if carried {
                self.carry(place, fact.amount, 0);
            }
            self.refunds.push(join(place, flip(fact.day)), fact.amount.into());
        }
    }

    /// Adds an occasion to the customer at a place.
    #[inline]
    fn add_occasion(&mut self, place: usize, day: i32, amount: i64) {
        let rare = self.records[place].add(day, amount);
        self.note(place, amount, rare);
    }

    /// What an occasion asks beside its record, which is almost never anything.
    #[inline]
    fn note(&mut self, place: usize, amount: i64, rare: Rare) {
        if rare.carried | rare.first_carried | rare.too_many | !self.wide.is_empty() {
            self.add_rarely(place, amount, rare);
        }
    }

    /// What the hot loop does once in a very long while: note a carry, void the first day's carry when an earlier day
    /// comes, remember that a counter ran over.
    #[cold]
    fn add_rarely(&mut self, place: usize, amount: i64, rare: Rare) {
        self.overflowed |= rare.too_many;
        if rare.earlier
            && let Some(wide) = u32::try_from(place).ok().and_then(|p| self.wide.get_mut(&p))
        {
            wide.first_spend = 0;
        }
        let of = |carried| if carried { amount } else { 0 };
        self.carry(place, of(rare.carried), of(rare.first_carried));
    }

    /// Notes that adding these amounts went beyond 64 bits.
    ///
    /// Adding a positive amount can only overflow upwards, a negative one downwards: the sign of the amount is the direction.
    #[cold]
    fn carry(&mut self, place: usize, spend: i64, first_spend: i64) {
        if (spend, first_spend) != (0, 0) {
            let wide = self.wide.entry(u32::try_from(place).unwrap_or(NOBODY)).or_default();
            wide.spend += spend.signum();
            wide.first_spend += first_spend.signum();
        }
    }

    /// Exact sums of the customer at a place: spend, and spend of occasions on the first day.
    pub(super) fn sums(&self, place: usize) -> (i128, i128) {
        self.exact(&self.records[place], place)
    }

    /// As [`sums`](Self::sums), of a record that was at that place.
    ///
    /// The low words wrap modulo 2^64, as two's complement does, and `wide` counts how often and in which direction; together
    /// they are the exact sum, whatever the order of additions.
    pub(super) fn exact(&self, record: &Record, place: usize) -> (i128, i128) {
        let wide = if self.wide.is_empty() {
            Wide::default()
        } else {
            u32::try_from(place).ok().and_then(|p| self.wide.get(&p)).copied().unwrap_or_default()
        };
        let exact = |low: i64, high: i64| i128::from(low) + (i128::from(high) << 64);
        (exact(record.spend, wide.spend), exact(record.first_spend, wide.first_spend))
    }

    /// Adds another customer's record to the one at a place: the same customer seen elsewhere.
    ///
    /// First days decide whose first-day part counts: the earlier one's alone, or both where they are equal. Counts of
    /// rows add; where occasions are days or orders they are counted from the sets at the end instead.
    pub(super) fn absorb(&mut self, place: usize, other: &Record, other_sums: (i128, i128)) {
        let sums = self.sums(place);
        let record = &mut self.records[place];
        let first_spend = match other.first.cmp(&record.first) {
            std::cmp::Ordering::Less => {
                record.first_count = other.first_count;
                other_sums.1
            }
            std::cmp::Ordering::Equal => {
                // Not more than all occasions, whose overflow is noted below.
                record.first_count = record.first_count.wrapping_add(other.first_count);
                sums.1 + other_sums.1
            }
            std::cmp::Ordering::Greater => sums.1,
        };
        record.first = record.first.min(other.first);
        record.last = record.last.max(other.last);
        let (count, too_many) = record.count.overflowing_add(other.count);
        record.count = count;
        self.overflowed |= too_many;
        self.set_sums(place, sums.0 + other_sums.0, first_spend);
    }

    /// Writes exact sums into a record: the low 64 bits there, the rest to `wide`, from which an entry of zeros is
    /// removed, so that equal states are equal in memory too.
    #[expect(clippy::cast_possible_truncation, reason = "the low 64 bits, the rest goes to `wide`")]
    pub(super) fn set_sums(&mut self, place: usize, spend: i128, first_spend: i128) {
        let low = |sum: i128| sum as i64;
        let high = |sum: i128| ((sum - i128::from(sum as i64)) >> 64) as i64;
        let record = &mut self.records[place];
        (record.spend, record.first_spend) = (low(spend), low(first_spend));
        let wide = Wide { spend: high(spend), first_spend: high(first_spend) };
        let place = u32::try_from(place).unwrap_or(NOBODY);
        if wide == Wide::default() {
            self.wide.remove(&place);
        } else {
            self.wide.insert(place, wide);
        }
    }
}
