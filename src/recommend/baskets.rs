//! `Baskets`: what each customer bought together, in order of time.
//!
//! # Layout
//! Three nested lists, each one behind the other: customers hold baskets (`first`), baskets hold rows (`start`), rows are item
//! numbers. By hand: ann's {tea, milk} on day 1 and {tea} on day 8, bob's {rice} on day 3, with milk 0, rice 1, tea 2:
//!
//! | list | content | bytes an entry |
//! |---|---|---|
//! | `first` | 0 2 3 | 8 a customer |
//! | `days` | 1 8 3 | 4 a basket |
//! | `start` | 0 2 3 4 | 8 a basket |
//! | `bought` | 0 2, 2, 1 | 4 a row |
//!
//! A shop of a million customers and a hundred million rows is some half a gigabyte, and a customer's history is two slices
//! without a copy. Numbers follow keys, so that ascending numbers are ascending keys and the same in every run.
//!
//! # What a basket is
//! | occasion | rows that are one basket |
//! |---|---|
//! | day | all of a customer on a day |
//! | order | all of an order, dated by its first row; rows without an order, one basket a day |
//!
//! Of baskets on one day the order in the ledger decides which comes first.
//!
//! # Two kinds of truth
//! [`leave_last_out`](Baskets::leave_last_out) holds out one basket of everybody: most customers are scored, but what others
//! bought later is known. [`next`](Baskets::next) cuts at a day as a shop would live through it: fewer are scored, and nothing of
//! the time after the cut is known. Published figures are of the first kind; a decision to deploy wants the second.
//!
//! # Complexity
//! Making them is O(rows log rows of a customer), in parallel by runs of 1,024 customers; each filter is one pass.

use std::fmt;
use std::sync::Arc;

use crate::data::{Customers, History, Keys, Observed, Occasion, Split, TimeAxis};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::types::{Amount, AsOf, Day, Key, Provenance};

/// Stands for "no item" and "no order" in a history's dense columns.
pub(super) const NONE: u32 = u32::MAX;

/// Customers are cut into runs of this many for parallel work.
const CHUNK: usize = 1024;

/// Every customer's baskets, oldest first. A basket is a set of items: quantities and repeated rows do not count.
///
/// Refunds, rows that cost nothing (samples, gifts; where the ledger has amounts) and rows without an item are left out; a
/// customer may be left with no basket at all.
///
/// ```
/// # use regulars::{data::*, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (day, item) in [(1, "tea"), (1, "milk"), (2, "tea")] {
/// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// use regulars::recommend::Baskets;
///
/// let baskets = Baskets::new(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day)?;
/// assert_eq!((baskets.len(), baskets.rows()), (2, 3));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Baskets {
    pub(super) customers: Arc<Keys>,
    pub(super) items: Arc<Keys>,
    /// Baskets of customer `c`: `first[c]..first[c + 1]`.
    pub(super) first: Vec<usize>,
    /// Day of each basket.
    pub(super) days: Vec<Day>,
    /// Rows of basket `b`: `start[b]..start[b + 1]`.
    pub(super) start: Vec<usize>,
    /// Item numbers, ascending within a basket.
    pub(super) bought: Vec<u32>,
    pub(super) as_of: AsOf,
    pub(super) time: TimeAxis,
    pub(super) provenance: Provenance,
}

/// One customer's baskets, oldest first: borrowed from [`Baskets`] or from a model's own store.
#[derive(Clone, Copy)]
pub(super) struct Past<'a> {
    pub(super) days: &'a [Day],
    /// One more than there are baskets; the first need not be 0.
    pub(super) start: &'a [usize],
    /// The rows of these baskets alone.
    pub(super) bought: &'a [u32],
}

impl<'a> Past<'a> {
    pub(super) const EMPTY: Past<'static> = Past { days: &[], start: &[0], bought: &[] };

    /// Number of baskets.
    pub(super) fn len(self) -> usize {
        self.days.len()
    }

    /// Items of the b-th basket, ascending; 0 is the oldest.
    pub(super) fn basket(self, b: usize) -> &'a [u32] {
        &self.bought[self.start[b] - self.start[0]..self.start[b + 1] - self.start[0]]
    }

    /// All baskets, oldest first; from both ends.
    pub(super) fn baskets(self) -> impl DoubleEndedIterator<Item = &'a [u32]> + ExactSizeIterator {
        (0..self.len()).map(move |b| self.basket(b))
    }

    /// Distinct items of the latest `rows` rows, ascending.
    pub(super) fn latest_items(self, rows: usize) -> Vec<u32> {
        let mut items = self.bought[self.bought.len().saturating_sub(rows)..].to_vec();
        items.sort_unstable();
        items.dedup();
        items
    }

    /// Distinct items, ascending.
    pub(super) fn items(self) -> Vec<u32> {
        let mut items = self.bought.to_vec();
        items.sort_unstable();
        items.dedup();
        items
    }
}

/// Baskets of one customer being put together.
#[derive(Default)]
struct Grouped {
    baskets_of: Vec<usize>,
    days: Vec<Day>,
    sizes: Vec<usize>,
    bought: Vec<u32>,
}

impl Baskets {
    /// The baskets known as of a day: one for each day of a customer, or one for each order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the ledger has no items, or no orders under
    /// [`Occasion::Order`]; [`InvalidParam`](crate::ErrorKind::InvalidParam) for [`Occasion::Row`];
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where no customer has a basket.
    pub fn new(now: Observed<'_>, occasion: Occasion) -> Result<Self> {
        Self::build(now, now.as_of(), occasion, |customer| now.history_at(customer))
    }

    /// The first basket of each customer within the holdout of a split: the truth that a model fitted on
    /// [`split.observed()`](Split::observed) is scored against. A clean cut in time, unlike
    /// [`leave_last_out`](Self::leave_last_out): nobody's later baskets are known to anybody.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Baskets, NextItemParams};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, day, item) in [("ann", 1, "tea"), ("bob", 2, "tea"), ("ann", 20, "tea"), ("ann", 25, "milk")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let split = ledger.split(AsOf::ymd(2024, 5, 10)?, Horizon::days(15)?)?;
    /// let truth = Baskets::next(&split, Occasion::Day)?;
    /// // Ann's basket of the 20th; that of the 25th is not her next one, and Bob has none.
    /// assert_eq!((truth.len(), truth.rows()), (1, 1));
    /// let model = NextItemParams::new().fit(split.observed())?;
    /// assert_eq!(model.evaluate(&truth, 1)?.mean().recall, 1.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn next(split: &Split<'_>, occasion: Occasion) -> Result<Self> {
        let (observed, holdout) = (split.observed(), split.holdout());
        let all = Self::build(observed, AsOf::new(holdout.days().1), occasion, |customer| {
            Some(holdout.history_at(customer)).filter(|h| !h.is_empty())
        })?;
        Ok(all.keep(|_, b, _| b == 0))
    }

    fn build<'a>(
        source: Observed<'a>,
        as_of: AsOf,
        occasion: Occasion,
        history: impl Fn(usize) -> Option<History<'a>> + Sync + Send,
    ) -> Result<Self> {
        let ledger = source.ledger();
        let Some(items) = ledger.items() else {
            return Err(Error::input("baskets need the item column, and the ledger has none"));
        };
        match occasion {
            Occasion::Day => {}
            Occasion::Order if ledger.orders().is_some() => {}
            Occasion::Order => {
                return Err(Error::input(
                    "one basket per order needs the order column, and the ledger has none",
                ));
            }
            _ => return Err(Error::param("occasion", "must be Day or Order", format!("{occasion:?}"))),
        }
        let people = ledger.customers().len();
        let parts = par::map_chunks(people, CHUNK, |range| {
            let mut part = Grouped::default();
            for customer in range {
                let before = part.days.len();
                if let Some(history) = history(customer) {
                    part.add(history, occasion);
                }
                part.baskets_of.push(part.days.len() - before);
            }
            part
        });
        let mut all = Self {
            customers: ledger.customers().clone(),
            items: items.clone(),
            first: Vec::with_capacity(people + 1),
            days: Vec::with_capacity(parts.iter().map(|p| p.days.len()).sum()),
            start: vec![0],
            bought: Vec::with_capacity(parts.iter().map(|p| p.bought.len()).sum()),
            as_of,
            time: ledger.time_axis(),
            provenance: Provenance { as_of: Some(as_of), ..source.provenance() },
        };
        all.first.push(0);
        for part in parts {
            for count in part.baskets_of {
                all.first.push(all.first[all.first.len() - 1] + count);
            }
            for size in part.sizes {
                all.start.push(all.start[all.start.len() - 1] + size);
            }
            all.days.extend(part.days);
            all.bought.extend(part.bought);
        }
        if all.days.is_empty() {
            return Err(Error::empty(
                "no customer has a basket: every row is a refund, costs nothing or has no item",
            ));
        }
        all.compact();
        Ok(all)
    }

    /// Numbers only the customers with a basket and the items that are in one.
    ///
    /// The ledger numbers everybody, also those who first come after the as-of day. Numbers, their
    /// count and whatever is drawn by number would then depend on what nobody knew by that day.
    fn compact(&mut self) {
        let people = u32::try_from(self.customers.len()).unwrap_or(u32::MAX);
        let with: Vec<u32> =
            (0..people).filter(|c| self.first[*c as usize] < self.first[*c as usize + 1]).collect();
        if with.len() < self.customers.len() {
            self.customers = Arc::new(self.customers.select(&with));
            let mut first: Vec<usize> = with.iter().map(|c| self.first[*c as usize]).collect();
            first.push(self.days.len());
            self.first = first;
        }
        let mut number = vec![NONE; self.items.len()];
        self.bought.iter().for_each(|item| number[*item as usize] = 0);
        let bought: Vec<u32> = (0_u32..).zip(&number).filter(|(_, n)| **n != NONE).map(|(i, _)| i).collect();
        if bought.len() < self.items.len() {
            (0_u32..).zip(&bought).for_each(|(new, old)| number[*old as usize] = new);
            self.bought.iter_mut().for_each(|item| *item = number[*item as usize]);
            self.items = Arc::new(self.items.select(&bought));
        }
    }

    /// Number of baskets, of all customers together.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Number of (basket, item) pairs.
    pub fn rows(&self) -> usize {
        self.bought.len()
    }

    /// The customers with at least one basket.
    pub fn customers(&self) -> Customers {
        let people = u32::try_from(self.customers.len()).unwrap_or(u32::MAX);
        let with = (0..people).filter(|c| self.first[*c as usize] < self.first[*c as usize + 1]).collect();
        Customers::some(self.customers.clone(), with)
    }

    /// The items that are in at least one basket: fewer than the ledger's where some were only returned, or dropped.
    pub fn distinct_items(&self) -> usize {
        self.popularity().iter().filter(|n| **n > 0).count()
    }

    /// Holds out each customer's last basket: (history, truth). The field's "leave last out".
    ///
    /// A customer stays with at least `min_baskets` baskets. Then items that are in fewer than `min_item` histories'
    /// baskets are dropped from histories and truths, baskets that became empty vanish, and customers left without a
    /// truth or without a history are dropped; a truth is never replaced by an earlier basket. `(2, 0)` keeps all
    /// that can be kept.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::Baskets;
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (who, day, item) in [("ann", 1, "tea"), ("ann", 8, "tea"), ("ann", 9, "milk"), ("bob", 2, "tea")] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let all = Baskets::new(ledger.observed(AsOf::ymd(2024, 5, 10)?)?, Occasion::Day)?;
    /// let (history, truth) = all.leave_last_out(2, 0)?;
    /// // Bob has one basket only and is left out.
    /// assert_eq!((history.len(), truth.len(), truth.customers().len()), (2, 1, 1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// This is not a clean split in time: one customer's history may be later than another's truth. For that, use
    /// [`Ledger::split`](crate::data::Ledger::split) and [`Baskets::next`].
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for `min_baskets` below 2,
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where no customer is left.
    pub fn leave_last_out(&self, min_baskets: usize, min_item: u32) -> Result<(Self, Self)> {
        if min_baskets < 2 {
            return Err(Error::param(
                "min_baskets",
                "must be at least 2: a history and a truth",
                min_baskets,
            ));
        }
        let count = |customer: usize| self.first[customer + 1] - self.first[customer];
        let history = self.keep(|customer, b, _| count(customer) >= min_baskets && b + 1 < count(customer));
        let popularity = history.popularity();
        let frequent = |item: u32| popularity[item as usize] >= min_item;
        let history = history.keep(|_, _, item| frequent(item));
        let truth = self.keep(|customer, b, item| {
            count(customer) >= min_baskets && b + 1 == count(customer) && frequent(item)
        });
        let both = |c: usize| history.first[c] < history.first[c + 1] && truth.first[c] < truth.first[c + 1];
        let (history, truth) = (history.keep(|c, _, _| both(c)), truth.keep(|c, _, _| both(c)));
        if truth.is_empty() {
            return Err(Error::empty(format!(
                "no customer has {min_baskets} baskets to hold one of them out"
            )));
        }
        Ok((history, truth))
    }

    /// The rows for which `keep(customer, basket number of the customer, item)` holds; empty baskets vanish.
    pub(super) fn keep(&self, keep: impl Fn(usize, usize, u32) -> bool) -> Self {
        let mut kept = Self {
            customers: self.customers.clone(),
            items: self.items.clone(),
            first: Vec::with_capacity(self.first.len()),
            days: Vec::new(),
            start: vec![0],
            bought: Vec::new(),
            provenance: self.provenance.clone(),
            ..*self
        };
        kept.first.push(0);
        for customer in 0..self.customers.len() {
            let past = self.past(customer);
            for b in 0..past.len() {
                let before = kept.bought.len();
                kept.bought.extend(past.basket(b).iter().copied().filter(|item| keep(customer, b, *item)));
                if kept.bought.len() > before {
                    kept.days.push(past.days[b]);
                    kept.start.push(kept.bought.len());
                }
            }
            kept.first.push(kept.days.len());
        }
        kept
    }

    /// The baskets of one customer of the dictionary, by number; maybe none. O(1), without a copy.
    pub(super) fn past(&self, customer: usize) -> Past<'_> {
        let baskets = self.first[customer]..self.first[customer + 1];
        let rows = self.start[baskets.start]..self.start[baskets.end];
        Past {
            days: &self.days[baskets.clone()],
            start: &self.start[baskets.start..=baskets.end],
            bought: &self.bought[rows],
        }
    }

    /// Items of a basket, by its number among all baskets.
    pub(super) fn items_of(&self, basket: usize) -> &[u32] {
        &self.bought[self.start[basket]..self.start[basket + 1]]
    }

    /// The baskets of the customers for whom `keep` holds; the others are left without.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::Baskets, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for who in ["ann", "bob"] {
    /// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let all = Baskets::new(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day)?;
    /// assert_eq!(all.only(|customer| *customer == "ann".into()).customers().len(), 1);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Key<'_>) -> bool) -> Self {
        let kept: Vec<bool> = self.customers.iter().map(|key| keep(&key)).collect();
        self.keep(|customer, _, _| kept[customer])
    }

    /// The same baskets, holding categories in place of items: what is fitted on them foresees the next *category*, with
    /// the same methods, reasons and evaluation. Items without a category are left out, and baskets without any vanish;
    /// of two pairs for one item the later holds.
    ///
    /// ```
    /// # use regulars::{data::*, types::*};
    /// use regulars::recommend::{Baskets, Method, NextItemParams};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for (day, item) in [(1, "sencha"), (1, "soap"), (8, "oolong"), (9, "bag")] {
    /// #     builder.push(Transaction::new("ann", Day::ymd(2024, 5, day)?).item(item))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// let baskets = Baskets::new(ledger.observed(AsOf::ymd(2024, 5, 31)?)?, Occasion::Day)?;
    /// let wares = baskets.by_category([("sencha", "tea"), ("oolong", "tea"), ("soap", "care")])?;
    /// let next = &NextItemParams::new().method(Method::GpTopFreq).fit(&wares)?.recommend("ann", 1)?[0];
    /// assert_eq!(next.item, "tea".into());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where no basket holds an item with a category.
    pub fn by_category<'k, I, C>(&self, pairs: impl IntoIterator<Item = (I, C)>) -> Result<Self>
    where
        I: Into<Key<'k>>,
        C: Into<Key<'k>>,
    {
        let pairs: Vec<(Key<'k>, Key<'k>)> =
            pairs.into_iter().map(|(item, category)| (item.into(), category.into())).collect();
        let categories = Keys::new(pairs.iter().map(|(_, category)| category))?;
        let mut of = vec![NONE; self.items.len()];
        for (item, category) in &pairs {
            if let (Some(item), Some(category)) = (self.items.find(item), categories.find(category)) {
                of[item] = u32::try_from(category).unwrap_or(NONE);
            }
        }
        let kept = self.keep(|_, _, item| of[item as usize] != NONE);
        if kept.is_empty() {
            return Err(Error::empty("no basket holds an item with a category"));
        }
        let (mut start, mut bought) = (vec![0], Vec::with_capacity(kept.bought.len()));
        for basket in 0..kept.len() {
            let mut set: Vec<u32> = kept.items_of(basket).iter().map(|item| of[*item as usize]).collect();
            set.sort_unstable();
            set.dedup();
            bought.append(&mut set);
            start.push(bought.len());
        }
        Ok(Self { items: Arc::new(categories), start, bought, ..kept })
    }

    /// Number of baskets that hold each item of the dictionary.
    pub(super) fn popularity(&self) -> Vec<u32> {
        let mut popularity = vec![0_u32; self.items.len()];
        for item in &self.bought {
            popularity[*item as usize] = popularity[*item as usize].saturating_add(1);
        }
        popularity
    }
}

/// Prints counts, never keys.
impl fmt::Debug for Baskets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Baskets({} baskets, {} rows, {} customers, as of {})",
            self.len(),
            self.rows(),
            self.customers().len(),
            self.as_of
        )
    }
}

impl Grouped {
    /// A basket is named by the number of its first row, so that one sort of (name, item) brings items together and keeps the
    /// baskets in the order of the ledger. Rows that do not count are dropped after orders were named: an order that begins with
    /// a refund keeps its place in time.
    fn add(&mut self, history: History<'_>, occasion: Occasion) {
        let (days, Some(items)) = (history.days(), history.item_numbers()) else { return };
        let orders = history.order_numbers().filter(|_| occasion == Occasion::Order);
        let paid = |row: usize| history.amounts().is_none_or(|amounts| amounts[row] > Amount::minor(0));
        let counts = |row: usize| items[row] != NONE && !history.is_refund(row) && paid(row);
        let mut rows: Vec<(usize, u32)> = Vec::new();
        match orders {
            None => {
                let mut basket = 0;
                for row in (0..items.len()).filter(|r| counts(*r)) {
                    if row > 0 && days[row] != days[basket] {
                        basket = row;
                    }
                    rows.push((basket, items[row]));
                }
            }
            Some(orders) => {
                // An order is dated and placed by its first row, whatever lies between its rows; rows without an order
                // make one basket a day.
                let mut firsts: Vec<((u32, i32), usize)> = Vec::new();
                let name = |row: usize| match orders[row] {
                    NONE => (NONE, days[row].days_since_epoch()),
                    order => (order, 0),
                };
                firsts.extend((0..items.len()).map(|row| (name(row), row)));
                firsts.sort_unstable();
                firsts.dedup_by_key(|(name, _)| *name);
                for row in (0..items.len()).filter(|r| counts(*r)) {
                    let at = firsts.partition_point(|(n, _)| *n < name(row));
                    rows.push((firsts[at].1, items[row]));
                }
            }
        }
        rows.sort_unstable();
        rows.dedup();
        let mut open = None;
        for (basket, item) in rows {
            if open != Some(basket) {
                open = Some(basket);
                self.days.push(days[basket]);
                self.sizes.push(0);
            }
            if let Some(size) = self.sizes.last_mut() {
                *size += 1;
            }
            self.bought.push(item);
        }
    }
}

/// What a model is fitted on: a view of a ledger, or baskets already put together.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BasketSource<'a> {
    /// The baskets of a ledger as of a day, one per [occasion](super::NextItemParams::occasion).
    Observed(Observed<'a>),
    /// Ready baskets; the parameter `occasion` plays no part.
    Baskets(&'a Baskets),
}

impl<'a> From<Observed<'a>> for BasketSource<'a> {
    fn from(now: Observed<'a>) -> Self {
        Self::Observed(now)
    }
}

impl<'a> From<&'a Baskets> for BasketSource<'a> {
    fn from(baskets: &'a Baskets) -> Self {
        Self::Baskets(baskets)
    }
}
