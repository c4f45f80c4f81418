//! `Shop`: the doors through which the simulated world is looked at.
//!
//! A shop stores its parameters and its catalogue. A customer is computed from the streams (seed, customer, purpose)
//! whenever somebody looks, so that the rows of customer 7,000,000 cost no more than those of the first, and a truth asked
//! for later cannot have drifted from the orders shown before.

use std::fmt;
use std::ops::Range;

use crate::data::{
    Anonymous, Customers, EventColumns, Events, Keys, Ledger, PerCustomer, PurchaseHistory, TimeUnit,
    Transaction,
};
use crate::error::{Error, Result};
use crate::kernel::intern::Sorted;
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::{Amount, AsOf, Currency, Day, Quantity};

use super::basket::{Catalogue, Habits};
use super::clock::Clock;
use super::life::{Life, Purpose, live, stream};
use super::params::ShopParams;
use super::truth::Truth;

/// Customers computed at once by the parallel doors.
pub(super) const CHUNK: usize = 256;
/// Chunks held in memory at once.
const WAVE: u32 = 64;
/// Order keys of one customer: `customer * ORDERS + 0, 1, ..`.
const ORDERS: i64 = 1_000_000_000;

/// A simulated shop: parameters and a catalogue. Its rows, records and truth are computed when asked for, each customer
/// from a stream of random numbers of its own, so that any part can be had without the rest and nothing depends on the
/// number of threads.
///
/// | door | gives | costs |
/// |---|---|---|
/// | [`rows`](Self::rows), [`rows_of`](Self::rows_of) | order rows one by one | one customer of memory |
/// | [`ledger`](Self::ledger) | a [`Ledger`], walk-in customers included | the ledger |
/// | [`purchase_history`](Self::purchase_history) | x, `t_x`, t in exact time | four numbers a customer |
/// | [`events`](Self::events) | dated complaints | two numbers each |
/// | [`records`](Self::records), [`record_table`](Self::record_table) | customer records with slips | the texts |
/// | [`truth`](Self::truth) | who is active, what is to be expected, who is who | what is asked for |
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::{Currency, Seed};
/// let shop = ShopParams::new(40, Seed(7)).currency(Currency::GBP).simulate()?;
/// assert_eq!((shop.customers(), shop.currency()), (40, Currency::GBP));
/// assert_eq!(shop.params(), &ShopParams::new(40, Seed(7)).currency(Currency::GBP));
/// assert_eq!(format!("{shop:?}"), "Shop(40 customers, 1000 items, 2023-01-01 to 2024-12-30)");
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct Shop {
    pub(super) params: ShopParams,
    pub(super) clock: Clock,
    pub(super) catalogue: Catalogue,
}

/// One row of an order as the shop's own system knows it.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
/// let shop = ShopParams::new(1, Seed(7)).simulate()?;
/// let row = shop.rows().next().expect("everybody buys once");
/// assert_eq!(row.customer, Some(1));
/// assert!(row.amount.in_minor() >= 1 && row.quantity.in_thousandths() >= 1_000);
/// assert!(row.second_of_day < 86_400);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OrderRow {
    /// The account the order was placed under, `None` for a walk-in customer.
    pub customer: Option<i64>,
    /// Day of the order.
    pub day: Day,
    /// Second of that day.
    pub second_of_day: u32,
    /// Key of the order; rows of one order share day, second and customer.
    pub order: i64,
    /// Key of the item, 1 to the size of the catalogue; at most once in an order.
    pub item: i64,
    /// Pieces, 1 to 12; negative when given back.
    pub quantity: Quantity,
    /// Money paid for the row, in minor units; negative when given back. The rows of an order add up to its value exactly.
    pub amount: Amount,
}

/// A complaint of a customer. Complaints are likelier before leaving, which a churn model may find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The account.
    pub(super) customer: i64,
    /// The day it arrived.
    pub(super) day: Day,
}

/// Working memory for one customer after another.
#[derive(Debug, Default)]
struct Scratch {
    /// Purchases of the customer at hand, days since the shop's first midnight.
    times: Vec<f64>,
    /// Those of the customer at hand.
    habits: Habits,
    /// A walk-in customer has no favourites.
    nobody: Habits,
    /// Items by popularity rank.
    basket: Vec<u32>,
}

impl Shop {
    /// Draws the catalogue; the parameters have been checked.
    pub(super) fn open(params: ShopParams) -> Self {
        let (year, _, _) = params.start.to_ymd();
        let day_of_year = Day::ymd(year, 1, 1).map_or(0, |new_year| params.start - new_year);
        let clock = Clock::new(params.days, day_of_year as f64, params.seasonality, params.trend);
        let catalogue = Catalogue::new(&params);
        Self { params, clock, catalogue }
    }

    /// The parameters the shop was opened with.
    pub fn params(&self) -> &ShopParams {
        &self.params
    }

    /// The first and the last day.
    pub fn days(&self) -> (Day, Day) {
        let last = self.params.start.checked_add(i64::from(self.params.days) - 1);
        (self.params.start, last.unwrap_or(self.params.start))
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.params.currency
    }

    /// Number of people who buy under a name. Accounts may be more.
    pub fn customers(&self) -> u32 {
        self.params.customers
    }

    /// What only the simulator can know. Borrowed and free to copy; each answer is computed when asked for.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let shop = ShopParams::new(100, Seed(7)).simulate()?;
    /// let as_of = AsOf::ymd(2024, 6, 30)?;
    /// let expected = shop.truth().expected_purchases(as_of, Horizon::days(180)?)?;
    /// let ledger = shop.ledger()?;
    /// assert_eq!(expected.len(), ledger.observed(as_of)?.customers().len());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn truth(&self) -> Truth<'_> {
        Truth::new(self)
    }

    /// Every order row, customer by customer, computed as the iterator goes: 10^8 rows need no memory.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    ///
    /// let shop = ShopParams::new(100, Seed(7)).simulate()?;
    /// assert!(shop.rows().all(|row| row.customer.is_some()));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// Customers come in the order of their numbers; a customer's orders in the order of time, then refunds, then the walk-in
    /// orders drawn beside. [`ledger`](Self::ledger) sorts them anyway.
    pub fn rows(&self) -> OrderRows<'_> {
        self.rows_of(0..self.params.customers)
    }

    /// The order rows of customers number `people` (from 0), so that several readers can share the work. What lies beyond the
    /// last customer is empty.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(10, Seed(7)).simulate()?;
    /// assert!(shop.rows().eq(shop.rows_of(0..4).chain(shop.rows_of(4..99))));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn rows_of(&self, people: Range<u32>) -> OrderRows<'_> {
        let end = people.end.min(self.params.customers);
        OrderRows {
            shop: self,
            next_person: people.start.min(end),
            end,
            buffer: Vec::new(),
            at: 0,
            scratch: Scratch::default(),
        }
    }

    /// All orders as a ledger that covers all the shop's days. Walk-in customers are kept as anonymous rows.
    ///
    /// Customers are computed in parallel, a few thousand at a time, and pushed in order.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{Horizon, Seed, AsOf};
    /// let shop = ShopParams::new(100, Seed(7)).days(365).simulate()?;
    /// let ledger = shop.ledger()?;
    /// assert_eq!(ledger.covers(), shop.days());
    /// assert_eq!(ledger.len(), shop.rows().count());
    /// assert!(ledger.split(AsOf::ymd(2023, 10, 1)?, Horizon::days(90)?).is_ok());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) for a shop without customers,
    /// [`Overflow`](crate::ErrorKind::Overflow) above 4,294,967,294 rows.
    pub fn ledger(&self) -> Result<Ledger> {
        let mut builder = Ledger::builder(self.params.currency).anonymous(Anonymous::Keep);
        let mut first = 0_u32;
        while first < self.params.customers {
            let end = first.saturating_add(WAVE * 256).min(self.params.customers);
            let chunks = par::map_chunks((end - first) as usize, CHUNK, |range| {
                let people = first + number(range.start)..first + number(range.end);
                self.rows_of(people).collect::<Vec<_>>()
            });
            for row in chunks.into_iter().flatten() {
                builder.push(row.to_transaction())?;
            }
            first = end;
        }
        let (from, to) = self.days();
        builder.build()?.covering(from, to)
    }

    /// The customers' purchases as of the end of a day in exact fractional time, as the lifetime models see them; no
    /// two purchases fall together, as they do within the days of a ledger. The customers are those of
    /// [`truth`](Self::truth); spend is the mean order value of repeat purchases.
    ///
    /// To test a model against its own assumptions: parameters fitted here should come back. Histories from the ledger are in
    /// whole days, which shortens every gap's information a little.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Seed};
    /// let shop = ShopParams::new(200, Seed(7)).simulate()?;
    /// let lives = shop.purchase_history(AsOf::ymd(2024, 6, 30)?, TimeUnit::Week)?;
    /// assert_eq!(lives.unit(), TimeUnit::Week);
    /// assert!(lives.t_x().iter().zip(lives.t()).all(|(last, now)| last <= now));
    /// assert!(lives.spend().is_some());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where nobody had bought by then.
    pub fn purchase_history(&self, as_of: AsOf, unit: TimeUnit) -> Result<PurchaseHistory> {
        let now = self.end_of(as_of.day());
        let per_unit = unit.in_days();
        let rows = self.of_everyone(|person, times, life| {
            let x = times.partition_point(|t| *t <= now).checked_sub(1)?;
            let mut totals = Totals::new(&self.params, life, person);
            totals.next();
            let spend = (0..x).map(|_| totals.next() as f64).sum::<f64>() / (x.max(1) as f64);
            let (t_x, t) = ((times[x] - times[0]) / per_unit, (now - times[0]) / per_unit);
            Some([x as f64, t_x.min(t), t, spend])
        })?;
        if rows.is_empty() {
            return Err(Error::empty(format!("no customer bought on or before {as_of}")));
        }
        let column = |i: usize| rows.values().iter().map(|r| r[i]).collect::<Vec<_>>();
        PurchaseHistory::new(rows.customers().clone(), unit, column(0), column(1), column(2))?
            .with_spend(column(3))
    }

    /// What the service desk wrote down: events of kind `complaint`, within 14 days after a purchase, five times as likely
    /// after a customer's last one ([`ShopParams::complaints`]).
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Seed};
    ///
    /// let shop = ShopParams::new(500, Seed(2)).complaints(0.1).simulate()?;
    /// let ledger = shop.ledger()?;
    /// let as_of = AsOf::new(ledger.covers().1);
    /// let customers = ledger.observed(as_of)?.customers();
    /// let complaints = shop.events()?.observed(as_of).map(&customers, |history| history.count("complaint"));
    /// assert_eq!(complaints.values().iter().sum::<usize>(), shop.events()?.len());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`EmptyInput`](crate::ErrorKind::EmptyInput) where nobody complained, as in a shop without the knob.
    pub fn events(&self) -> Result<Events> {
        let complaints = self.complaints();
        let customers: Vec<i64> = complaints.iter().map(|c| c.customer).collect();
        let days: Vec<Day> = complaints.iter().map(|c| c.day).collect();
        let kinds = vec!["complaint"; complaints.len()];
        Events::from_columns(&EventColumns::new(&customers, &days, &kinds[..]))
    }

    /// Every complaint, customer by customer in order of time, under the customers' first accounts.
    pub(super) fn complaints(&self) -> Vec<Complaint> {
        let last = self.days().1;
        let chunks = par::map_chunks(self.params.customers as usize, CHUNK, |range| {
            let mut found = Vec::new();
            let mut times = Vec::new();
            for person in number(range.start)..number(range.end) {
                let life = live(&self.params, &self.clock, person, &mut times);
                let mut rng = stream(self.params.seed, Some(person), Purpose::Complaints);
                for (i, t) in times.iter().enumerate() {
                    let goes = life.left.is_some() && i + 1 == times.len();
                    let p = self.params.complaints * if goes { 5.0 } else { 1.0 };
                    let delay = 14.0 * rng.uniform();
                    let day = self.day_of(t + delay);
                    if rng.chance(p) && day <= last {
                        found.push(Complaint { customer: self.account(person, 0), day });
                    }
                }
            }
            found.sort_by_key(|c| (c.customer, c.day));
            found
        });
        chunks.concat()
    }

    /// `f` of everyone for whom it has an answer, in parallel, under the customers' first accounts.
    ///
    /// Answers are computed in chunks of people and joined in order; a person without an answer is not present in the result.
    pub(super) fn of_everyone<T: Send>(
        &self,
        f: impl Fn(u32, &[f64], &Life) -> Option<T> + Sync + Send,
    ) -> Result<PerCustomer<T>> {
        let chunks = par::map_chunks(self.params.customers as usize, CHUNK, |range| {
            let mut times = Vec::new();
            (number(range.start)..number(range.end))
                .filter_map(|person| {
                    let life = live(&self.params, &self.clock, person, &mut times);
                    Some((person, f(person, &times, &life)?))
                })
                .collect::<Vec<_>>()
        });
        let (present, values) = chunks.into_iter().flatten().unzip();
        let keys = (0..self.params.customers).map(|person| self.account(person, 0)).collect();
        let keys = Keys::from_sorted(Sorted::of_integers(keys));
        PerCustomer::new(Customers::some(keys.into(), present), values)
    }

    /// The customer key of a person's first or second account: number + 1, and that plus the number of customers.
    pub(super) fn account(&self, person: u32, which: u32) -> i64 {
        i64::from(which) * i64::from(self.params.customers) + i64::from(person) + 1
    }

    /// Whether a person has a second account, and the stream that says which orders go there.
    ///
    /// The first draw of the stream decides whether there is a second account, the following ones which orders go there: two
    /// in five.
    pub(super) fn accounts(&self, person: u32) -> (bool, Rng) {
        let mut rng = stream(self.params.seed, Some(person), Purpose::Accounts);
        (rng.chance(self.params.second_accounts), rng)
    }

    /// Days from the shop's first midnight to the end of a day.
    pub(super) fn end_of(&self, day: Day) -> f64 {
        (day - self.params.start + 1) as f64
    }

    /// The day in which a moment lies.
    #[expect(clippy::cast_possible_truncation, reason = "within the shop's days and a few weeks")]
    pub(super) fn day_of(&self, t: f64) -> Day {
        self.params.start.checked_add(t as i64).unwrap_or(self.params.start)
    }

    /// Appends all rows around one customer: orders, refunds, and the walk-in orders drawn beside.
    ///
    /// Each kind has a stream of its own, so that switching one on does not move another. Order keys are the customer's
    /// number times a thousand million, and count up.
    fn rows_into(&self, person: u32, scratch: &mut Scratch, out: &mut Vec<OrderRow>) {
        let Scratch { times, habits, nobody, basket } = scratch;
        let params = &self.params;
        let life = live(params, &self.clock, person, times);
        let mut rng = stream(params.seed, Some(person), Purpose::Basket);
        habits.draw(params, &self.catalogue, &life, &mut rng);
        let mut totals = Totals::new(params, &life, person);
        let (two_accounts, mut accounts) = self.accounts(person);
        let mut orders = (i64::from(person) + 1) * ORDERS;
        let first_row = out.len();
        for t in &*times {
            habits.fill(params, &self.catalogue, *t, &mut rng, basket);
            let which = u32::from(two_accounts && accounts.chance(0.4));
            let order = Order {
                customer: Some(self.account(person, which)),
                t: *t,
                key: orders,
                total: totals.next(),
            };
            self.order_into(&order, basket, &mut rng, out);
            orders += 1;
        }
        self.refunds_into(person, first_row, &mut orders, out);
        if params.anonymous > 0.0 {
            let mut rng = stream(params.seed, Some(person), Purpose::Walk);
            for _ in &*times {
                while rng.chance(params.anonymous) {
                    let u = rng.uniform() * self.clock.operational(f64::from(params.days));
                    let Some(t) = self.clock.calendar(u) else { continue };
                    nobody.fill(params, &self.catalogue, t, &mut rng, basket);
                    let nu = rng.gamma(params.spend.1, params.spend.2).max(f64::MIN_POSITIVE);
                    let total = order_value(params, nu, &mut rng);
                    self.order_into(&Order { customer: None, t, key: orders, total }, basket, &mut rng, out);
                    orders += 1;
                }
            }
        }
    }

    /// Splits an order over its items: one minor unit each, the rest by price and quantity, so that the rows add up to
    /// the order exactly.
    ///
    /// With n items, total T and weights w = price × pieces: each row gets 1, and of the rest T − n the k-th gets
    /// floor((T − n) W(k) / W(n)) minus what the ones before it got, W the running sum of weights; the last one gets what is
    /// left. Rows are therefore at least 1, never negative, and sum to T whatever the rounding. Where T is less than n the ones
    /// are left out, and some rows are free.
    #[expect(clippy::cast_possible_truncation, reason = "a share of the order's total, a second of a day")]
    #[expect(clippy::cast_sign_loss, reason = "a second of a day is positive")]
    fn order_into(&self, order: &Order, basket: &[u32], rng: &mut Rng, out: &mut Vec<OrderRow>) {
        let first = out.len();
        let second = ((order.t.fract() * 86_400.0) as u32).min(86_399);
        let day = self.day_of(order.t);
        let mut weights = 0.0;
        for item in basket {
            let mut pieces = 1;
            while pieces < 12 && rng.chance(0.25) {
                pieces += 1;
            }
            weights += self.catalogue.price(*item) * f64::from(pieces);
            out.push(OrderRow {
                customer: order.customer,
                day,
                second_of_day: second,
                order: order.key,
                item: self.catalogue.key(*item),
                quantity: Quantity::units(pieces),
                amount: Amount::ZERO,
            });
        }
        let lines = i64::try_from(basket.len()).unwrap_or(i64::MAX);
        let each = i64::from(order.total >= lines);
        let rest = order.total - each * lines;
        let (mut so_far, mut given) = (0.0, 0_i64);
        let rows = &mut out[first..];
        for (i, (row, item)) in rows.iter_mut().zip(basket).enumerate() {
            so_far += self.catalogue.price(*item) * row.quantity.to_f64();
            let until = if i + 1 == basket.len() { rest } else { (rest as f64 * (so_far / weights)) as i64 };
            let until = until.clamp(given, rest);
            row.amount = Amount::minor(each + until - given);
            given = until;
        }
    }

    /// Gives back some of the rows from `first` on, each in an order of its own.
    ///
    /// A refund comes 1 to 21 days after its purchase, evenly. Choice and delay are drawn for every row, so that a higher share
    /// gives back all that a lower one did, and more.
    fn refunds_into(&self, person: u32, first: usize, orders: &mut i64, out: &mut Vec<OrderRow>) {
        if self.params.refunds <= 0.0 {
            return;
        }
        let mut rng = stream(self.params.seed, Some(person), Purpose::Refunds);
        let last_day = self.days().1;
        for i in first..out.len() {
            let chosen = rng.chance(self.params.refunds);
            let days = 1 + rng.below(21).cast_signed();
            let row = out[i];
            let day = row.day.checked_add(days).filter(|day| chosen && *day <= last_day);
            if let Some(day) = day {
                out.push(OrderRow {
                    day,
                    order: *orders,
                    quantity: Quantity::thousandths(-row.quantity.in_thousandths()),
                    amount: Amount::minor(-row.amount.in_minor()),
                    ..row
                });
                *orders += 1;
            }
        }
    }
}

impl OrderRow {
    /// The row as the ledger's rows door takes it, all parts given.
    ///
    /// ```
    /// use regulars::data::Ledger;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(5, Seed(7)).simulate()?;
    /// let mut builder = Ledger::builder(shop.currency());
    /// for row in shop.rows() {
    ///     builder.push(row.to_transaction())?;
    /// }
    /// assert_eq!(builder.build()?.customers().len(), 5);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn to_transaction(&self) -> Transaction<'static> {
        let row = match self.customer {
            Some(customer) => Transaction::new(customer, self.day),
            None => Transaction::anonymous(self.day),
        };
        row.second_of_day(self.second_of_day)
            .order(self.order)
            .item(self.item)
            .quantity(self.quantity)
            .amount(self.amount)
    }
}

/// An order before it is split over its items.
struct Order {
    /// The account, `None` for a walk-in customer.
    customer: Option<i64>,
    /// Days since the shop's first midnight.
    t: f64,
    key: i64,
    /// Its value in minor units.
    total: i64,
}

/// The values of one customer's orders, one after the other, in a stream of their own.
struct Totals<'a> {
    params: &'a ShopParams,
    /// The customer's rate of the Gamma distribution.
    nu: f64,
    rng: Rng,
}

impl<'a> Totals<'a> {
    /// The values of that person's orders, from the first on.
    fn new(params: &'a ShopParams, life: &Life, person: u32) -> Self {
        Self { params, nu: life.nu, rng: stream(params.seed, Some(person), Purpose::Spend) }
    }

    /// The value of the next order, in minor units.
    fn next(&mut self) -> i64 {
        order_value(self.params, self.nu, &mut self.rng)
    }
}

/// An order's value in minor units, at least 1: Gamma(p, nu) = Gamma(p, 1) / nu, rounded.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 10^15")]
fn order_value(params: &ShopParams, nu: f64, rng: &mut Rng) -> i64 {
    let major = rng.gamma(params.spend.0, 1.0) / nu;
    (major * params.currency.minor_per_major() as f64).round().clamp(1.0, 1e15) as i64
}

/// An index below the number of customers, which fits.
fn number(i: usize) -> u32 {
    u32::try_from(i).unwrap_or(u32::MAX)
}

/// Order rows, customer by customer; see [`Shop::rows`]. Holds the rows of one customer at a time.
#[derive(Debug)]
#[must_use]
pub struct OrderRows<'a> {
    shop: &'a Shop,
    /// The customer whose rows come next.
    next_person: u32,
    end: u32,
    /// Rows of the last one, handed out up to `at`.
    buffer: Vec<OrderRow>,
    at: usize,
    scratch: Scratch,
}

impl Iterator for OrderRows<'_> {
    type Item = OrderRow;

    fn next(&mut self) -> Option<OrderRow> {
        while self.at == self.buffer.len() {
            if self.next_person >= self.end {
                return None;
            }
            self.buffer.clear();
            self.at = 0;
            self.shop.rows_into(self.next_person, &mut self.scratch, &mut self.buffer);
            self.next_person += 1;
        }
        self.at += 1;
        Some(self.buffer[self.at - 1])
    }
}

/// Prints the size of the shop.
impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.days();
        write!(
            f,
            "Shop({} customers, {} items, {first} to {last})",
            self.params.customers, self.params.catalogue
        )
    }
}
