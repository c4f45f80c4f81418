//! `ShopParams`: what kind of shop, how many customers, how untidy its records.
//!
//! Every knob moves what its name says and nothing else: with refunds switched on, the purchases stay as they were, row by
//! row. Defaults make a shop whose customers come every nine weeks on average for as long as they are active, and some
//! of whom leave after each repeat purchase.

use crate::error::{Error, Result};
use crate::types::{Currency, Day, Seed};

use super::shop::Shop;

/// How a customer's relationship ends.
///
/// | process | leaves | model that fits |
/// |---|---|---|
/// | [`Never`](Self::Never) | never | NBD |
/// | [`AfterRepeat`](Self::AfterRepeat) | after a repeat purchase, with a probability of one's own | BG/NBD |
/// | [`AfterEvery`](Self::AfterEvery) | after any purchase, the first included | MBG/NBD |
/// | [`AnyTime`](Self::AnyTime) | at any time, at a rate of one's own | Pareto/NBD |
///
/// Leaving is not seen in the orders: a customer who has left looks like one who waits. [`Truth`](super::Truth) tells.
///
/// ```
/// use regulars::simulate::{Dropout, ShopParams};
/// use regulars::types::Seed;
///
/// let left = |dropout| -> regulars::Result<usize> {
///     let shop = ShopParams::new(200, Seed(7)).dropout(dropout).simulate()?;
///     Ok(shop.truth().people()?.values().iter().filter(|person| person.left.is_some()).count())
/// };
/// assert_eq!(left(Dropout::Never)?, 0);
/// // One more chance to leave, at the first purchase: more leave.
/// assert!(left(Dropout::AfterEvery { a: 0.8, b: 4.0 })? > left(Dropout::AfterRepeat { a: 0.8, b: 4.0 })?);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Dropout {
    /// Never: purchases go on at the customer's rate to the end.
    Never,
    /// After each repeat purchase with a probability drawn once per customer from Beta(a, b): the BG/NBD process.
    AfterRepeat {
        /// First shape of the beta distribution.
        a: f64,
        /// Second shape of the beta distribution.
        b: f64,
    },
    /// After each purchase, the first one included: the MBG/NBD process.
    AfterEvery {
        /// First shape of the beta distribution.
        a: f64,
        /// Second shape of the beta distribution.
        b: f64,
    },
    /// At any time, at a rate per week drawn once per customer from Gamma(s, beta): the Pareto/NBD process.
    AnyTime {
        /// Shape s.
        shape: f64,
        /// Rate beta, in weeks.
        rate: f64,
    },
}

/// The script the customers' names and addresses are written in. It changes the records, not the orders.
///
/// ```
/// use regulars::simulate::{Script, ShopParams};
/// use regulars::types::Seed;
///
/// let shop = |script| ShopParams::new(20, Seed(7)).script(script).simulate();
/// assert!(shop(Script::Latin)?.record_table()?.columns().contains(&"postcode"));
/// assert!(shop(Script::Han)?.record_table()?.columns().contains(&"wechat"));
/// assert!(shop(Script::Latin)?.rows().eq(shop(Script::Han)?.rows()));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Script {
    /// Invented Latin names.
    #[default]
    Latin,
    /// Chinese names, addresses, mobile numbers and identity cards, all drawn at random.
    Han,
}

/// Parameters of a simulated shop. Customers and seed have no default; everything else has.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
///
/// let shop = ShopParams::new(500, Seed(7)).days(365).refunds(0.02).simulate()?;
/// let ledger = shop.ledger()?;
/// assert_eq!(ledger.customers().len(), 500);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// | about | knobs |
/// |---|---|
/// | time | [`start`](Self::start), [`days`](Self::days), [`arrivals`](Self::arrivals), [`seasonality`](Self::seasonality), [`trend`](Self::trend) |
/// | purchases | [`rate`](Self::rate), [`regularity`](Self::regularity), [`dropout`](Self::dropout) |
/// | money | [`spend`](Self::spend), [`currency`](Self::currency), [`refunds`](Self::refunds) |
/// | baskets | [`catalogue`](Self::catalogue), [`groups`](Self::groups), [`popularity`](Self::popularity), [`basket`](Self::basket), [`favourites`](Self::favourites), [`habit`](Self::habit), [`affinity`](Self::affinity) |
/// | accounts | [`anonymous`](Self::anonymous), [`second_accounts`](Self::second_accounts), [`complaints`](Self::complaints) |
/// | records | [`script`](Self::script), [`duplicates`](Self::duplicates), [`typos`](Self::typos), [`missing`](Self::missing), [`households`](Self::households) |
///
/// Domains are checked by [`check`](Self::check), when the shop is opened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct ShopParams {
    /// At most 10^9, since keys of accounts and orders are made of it.
    pub(super) customers: u32,
    /// Where all streams begin.
    pub(super) seed: Seed,
    /// First day.
    pub(super) start: Day,
    pub(super) days: u32,
    /// Days within which everybody begins; `None` for two thirds of all.
    pub(super) arrivals: Option<u32>,
    /// r and alpha, in weeks.
    pub(super) rate: (f64, f64),
    /// k of the Erlang gaps.
    pub(super) regularity: u32,
    pub(super) dropout: Dropout,
    /// p, q and gamma, in major units.
    pub(super) spend: (f64, f64, f64),
    pub(super) currency: Currency,
    pub(super) catalogue: u32,
    pub(super) groups: u32,
    /// Zipf exponent.
    pub(super) popularity: f64,
    /// Mean places.
    pub(super) basket: f64,
    pub(super) favourites: u32,
    /// Probability of a favourite.
    pub(super) habit: f64,
    /// Probability of an item beside one that is in.
    pub(super) affinity: f64,
    /// Amplitude.
    pub(super) seasonality: f64,
    /// Log growth a year.
    pub(super) trend: f64,
    /// Share of rows.
    pub(super) refunds: f64,
    /// Share of all orders.
    pub(super) anonymous: f64,
    /// Share of people.
    pub(super) second_accounts: f64,
    pub(super) complaints: f64,
    pub(super) script: Script,
    /// Mean further records.
    pub(super) duplicates: f64,
    /// Probability of a slip.
    pub(super) typos: f64,
    /// Multiple of the sources' habits.
    pub(super) missing: f64,
    /// Share of people.
    pub(super) households: f64,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    ShopParams, Self::new(0, Seed(0));
    customers: u32, seed: Seed;
    start: Day, days: u32, arrivals: Option<u32>, rate: (f64, f64), regularity: u32, dropout: Dropout,
    spend: (f64, f64, f64), currency: Currency, catalogue: u32, groups: u32, popularity: f64, basket: f64,
    favourites: u32, habit: f64, affinity: f64, seasonality: f64, trend: f64, refunds: f64, anonymous: f64,
    second_accounts: f64, complaints: f64, script: Script, duplicates: f64, typos: f64, missing: f64,
    households: f64,
}

impl ShopParams {
    /// Orders one customer can place; who would place more is taken to leave with this one.
    pub(super) const MAX_ORDERS: u32 = 100_000;
    /// Most records one person can have.
    pub(super) const MAX_RECORDS: u32 = 64;

    /// A shop with that many customers, each of whom buys at least once. 0 is allowed: such a shop has no rows, and asking it
    /// for a ledger is an [`EmptyInput`](crate::ErrorKind::EmptyInput).
    ///
    /// Customer `i` is the same person in a shop of any size: the first thousand of a million are those of a shop of a
    /// thousand with the same parameters.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let small = ShopParams::new(3, Seed(7)).simulate()?;
    /// let large = ShopParams::new(30, Seed(7)).simulate()?;
    /// assert!(small.rows().eq(large.rows_of(0..3)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn new(customers: u32, seed: Seed) -> Self {
        Self {
            customers,
            seed,
            // 2023-01-01, a Sunday.
            start: Day::new(19_358),
            days: 730,
            arrivals: None,
            rate: (0.8, 7.0),
            regularity: 1,
            dropout: Dropout::AfterRepeat { a: 0.8, b: 4.0 },
            spend: (6.0, 4.0, 15.0),
            currency: Currency::EUR,
            catalogue: 1_000,
            groups: 40,
            popularity: 0.9,
            basket: 3.0,
            favourites: 8,
            habit: 0.6,
            affinity: 0.5,
            seasonality: 0.0,
            trend: 0.0,
            refunds: 0.0,
            anonymous: 0.0,
            second_accounts: 0.0,
            complaints: 0.05,
            script: Script::Latin,
            duplicates: 0.83,
            typos: 0.08,
            missing: 1.0,
            households: 0.25,
        }
    }

    /// The shop's first day; 2023-01-01 by default. It fixes the season: the peak is in mid-December.
    pub const fn start(mut self, day: Day) -> Self {
        self.start = day;
        self
    }

    /// Days the shop is open, 1 to 36,525; 730 by default.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{Day, Seed};
    /// let shop = ShopParams::new(10, Seed(7)).start(Day::ymd(2024, 1, 1)?).days(31).simulate()?;
    /// assert_eq!(shop.days(), (Day::ymd(2024, 1, 1)?, Day::ymd(2024, 1, 31)?));
    /// assert!(shop.rows().all(|row| shop.days().0 <= row.day && row.day <= shop.days().1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// First purchases fall evenly into the first so many days; by default two thirds of all. 1 makes a cohort: everybody
    /// begins on the first day.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(50, Seed(7)).arrivals(1).simulate()?;
    /// let people = shop.truth().people()?;
    /// assert!(people.values().iter().all(|person| person.first_day == shop.days().0));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn arrivals(mut self, days: u32) -> Self {
        self.arrivals = Some(days);
        self
    }

    /// Purchases per week while active: each customer's own rate is drawn from Gamma(r, alpha), whose mean is
    /// `r / alpha` (at most 70). 0.8 and 7 weeks by default: one purchase in nine weeks on average, and a long tail of
    /// frequent buyers. The smaller `r`, the more customers differ.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(2_000, Seed(7)).rate(4.0, 8.0).simulate()?;
    /// let people = shop.truth().people()?;
    /// let mean = people.values().iter().map(|person| person.rate_per_week).sum::<f64>() / 2_000.0;
    /// assert!((mean - 0.5).abs() < 0.03); // 4 / 8, within five standard errors
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn rate(mut self, r: f64, alpha: f64) -> Self {
        self.rate = (r, alpha);
        self
    }

    /// How clocklike purchases are: gaps are Erlang-k with the customer's rate, whose coefficient of variation is 1 / √k.
    /// 1, the default, is the Poisson process, without any rhythm; at most 100.
    ///
    /// ```
    /// use regulars::data::TimeUnit;
    /// use regulars::simulate::{Dropout, ShopParams};
    /// use regulars::types::{AsOf, Seed};
    ///
    /// // Everybody once a week, all from the first day on, nobody leaves: about 52 repeat purchases in a year.
    /// let spread = |k| -> regulars::Result<f64> {
    ///     let shop = ShopParams::new(200, Seed(7)).days(365).arrivals(1).dropout(Dropout::Never);
    ///     let shop = shop.rate(1e5, 1e5).regularity(k).simulate()?;
    ///     let lives = shop.purchase_history(AsOf::new(shop.days().1), TimeUnit::Week)?;
    ///     let mean = lives.x().iter().sum::<f64>() / 200.0;
    ///     Ok((lives.x().iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 200.0).sqrt())
    /// };
    /// // The count of a clockwork varies less: by the square root of 25.
    /// assert!(spread(25)? < spread(1)? / 3.0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn regularity(mut self, k: u32) -> Self {
        self.regularity = k;
        self
    }

    /// How customers leave; by default after each repeat purchase with a probability from Beta(0.8, 4).
    pub const fn dropout(mut self, dropout: Dropout) -> Self {
        self.dropout = dropout;
        self
    }

    /// Order values: Gamma(p, nu) in major units with each customer's nu from Gamma(q, gamma), the Gamma-Gamma model;
    /// the mean order is `p * gamma / (q - 1)`. 6, 4 and 15 by default: 30.00 on average. `q` must exceed 1.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(2_000, Seed(7)).spend(6.0, 11.0, 100.0).simulate()?;
    /// let people = shop.truth().people()?;
    /// let mean = people.values().iter().map(|person| person.mean_order.in_minor()).sum::<f64>() / 2_000.0;
    /// assert!((mean / 6_000.0 - 1.0).abs() < 0.05); // 6 * 100 / 10 = 60.00
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn spend(mut self, p: f64, q: f64, gamma: f64) -> Self {
        self.spend = (p, q, gamma);
        self
    }

    /// The currency; euro by default. Order values are drawn in its major units and rounded to its minor ones.
    pub const fn currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// Number of different items, 1 to 10,000,000; 1,000 by default. Keys are 1 to that number, in an order that says nothing
    /// about popularity.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(30, Seed(7)).catalogue(5).simulate()?;
    /// assert!(shop.rows().all(|row| (1..=5).contains(&row.item)));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn catalogue(mut self, items: u32) -> Self {
        self.catalogue = items;
        self
    }

    /// Number of affinity groups the items fall into; 40 by default, never more than items. Items of a group go together in
    /// baskets: tea and cups, paint and brushes.
    pub const fn groups(mut self, groups: u32) -> Self {
        self.groups = groups;
        self
    }

    /// Exponent of the items' Zipf popularity, 0 (all alike) to 3; 0.9 by default. The item of rank k is drawn with a weight
    /// of k^-exponent.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let rows_of_the_best = |exponent| -> regulars::Result<usize> {
    ///     let shop = ShopParams::new(100, Seed(7)).catalogue(50).habit(0.0).affinity(0.0).popularity(exponent).simulate()?;
    ///     let mut rows = [0_usize; 51];
    ///     for row in shop.rows() {
    ///         rows[usize::try_from(row.item).expect("1 to 50")] += 1;
    ///     }
    ///     Ok(rows.into_iter().max().unwrap_or(0))
    /// };
    /// assert!(rows_of_the_best(2.0)? > 3 * rows_of_the_best(0.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn popularity(mut self, exponent: f64) -> Self {
        self.popularity = exponent;
        self
    }

    /// Mean number of different items in an order, 1 to 100; 3 by default. Baskets have 1 + Poisson places, some of which stay
    /// empty where the catalogue is small.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(50, Seed(7)).basket(1.0).simulate()?;
    /// let mut orders: Vec<i64> = shop.rows().map(|row| row.order).collect();
    /// let rows = orders.len();
    /// orders.dedup();
    /// assert_eq!(orders.len(), rows); // one row an order
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn basket(mut self, items: f64) -> Self {
        self.basket = items;
        self
    }

    /// Number of items each customer keeps coming back for, at most 1,000; 8 by default. Mostly of two groups of the customer's
    /// own.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// // One favourite and nothing else: every basket of a customer is the same.
    /// let shop = ShopParams::new(10, Seed(7)).favourites(1).habit(1.0).basket(1.0).simulate()?;
    /// let mut bought: Vec<_> = shop.rows().map(|row| (row.customer, row.item)).collect();
    /// bought.dedup();
    /// assert_eq!(bought.len(), 10);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn favourites(mut self, items: u32) -> Self {
        self.favourites = items;
        self
    }

    /// Probability that a place in the basket goes to a favourite; 0.6 by default. 0 makes baskets without memory, which no
    /// recommender can learn beyond popularity and groups.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// // Of all items a customer buys, how many differ? With habits, fewer.
    /// let distinct = |habit| -> regulars::Result<usize> {
    ///     let shop = ShopParams::new(50, Seed(7)).habit(habit).simulate()?;
    ///     let mut bought: Vec<_> = shop.rows().map(|row| (row.customer, row.item)).collect();
    ///     bought.sort_unstable();
    ///     bought.dedup();
    ///     Ok(bought.len())
    /// };
    /// assert!(distinct(1.0)? < distinct(0.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn habit(mut self, probability: f64) -> Self {
        self.habit = probability;
        self
    }

    /// Probability that any other place goes to an item of the same group as one already in the basket; 0.5 by default.
    pub const fn affinity(mut self, probability: f64) -> Self {
        self.affinity = probability;
        self
    }

    /// Swing of the purchase rate over the year, 0 (none, the default) to 1, with its peak in mid-December: the rate is
    /// multiplied by 1 + amplitude · cos(2π (day − 348) / 365.25).
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(300, Seed(7)).arrivals(1).seasonality(0.9).simulate()?;
    /// let in_month = |month| shop.rows().filter(|row| row.day.to_ymd().1 == month).count();
    /// assert!(in_month(12) > 2 * in_month(6));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn seasonality(mut self, amplitude: f64) -> Self {
        self.seasonality = amplitude;
        self
    }

    /// Growth of the purchase rate per year as a logarithm, −5 to 5; 0 by default. 0.0953 is ten per cent a year.
    ///
    /// ```
    /// use regulars::simulate::{Dropout, ShopParams};
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(200, Seed(7)).arrivals(1).dropout(Dropout::Never).trend(1.0).simulate()?;
    /// let in_year = |year| shop.rows().filter(|row| row.day.to_ymd().0 == year).count();
    /// assert!(in_year(2024) > 2 * in_year(2023)); // e times as many
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn trend(mut self, log_growth_per_year: f64) -> Self {
        self.trend = log_growth_per_year;
        self
    }

    /// Share of order rows that are given back within three weeks; 0 by default. A refund is a row of its own, in an order of
    /// its own, with quantity and amount of the original below zero; one that would come after the last day does not come.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{Amount, Seed};
    /// let plain = ShopParams::new(50, Seed(7)).simulate()?;
    /// let shop = ShopParams::new(50, Seed(7)).refunds(0.1).simulate()?;
    /// assert!(plain.rows().all(|row| row.amount > Amount::ZERO));
    /// assert!(shop.rows().any(|row| row.amount < Amount::ZERO));
    /// // The purchases themselves are the same.
    /// assert!(shop.rows().filter(|row| row.amount > Amount::ZERO).eq(plain.rows()));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn refunds(mut self, share: f64) -> Self {
        self.refunds = share;
        self
    }

    /// Share of all orders that are placed by nobody known, up to 0.99; 0 by default. They come on top of the customers' own.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(50, Seed(7)).anonymous(0.5).simulate()?;
    /// let ledger = shop.ledger()?;
    /// assert_eq!(ledger.customers().len(), 50);
    /// assert!(ledger.intake().rows_anonymous > 0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn anonymous(mut self, share: f64) -> Self {
        self.anonymous = share;
        self
    }

    /// Share of customers who buy under two accounts; 0 by default, so that accounts are people. Two orders in five go to the
    /// second one.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(50, Seed(7)).second_accounts(1.0).simulate()?;
    /// let person = shop.truth().person(4).expect("there are fifty");
    /// assert_eq!(person.accounts, [5, 55]); // number + 1, and the same behind all first accounts
    /// assert_eq!(shop.truth().person_of(55), Some(4));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn second_accounts(mut self, share: f64) -> Self {
        self.second_accounts = share;
        self
    }

    /// Probability of a complaint about an order; five times as much about the last order of one who leaves. 0.05 by
    /// default, at most 0.2. It arrives within two weeks of the order.
    pub const fn complaints(mut self, probability: f64) -> Self {
        self.complaints = probability;
        self
    }

    /// The script of names and addresses; Latin by default.
    pub const fn script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// Mean number of records a person has besides the first, 0 to 20; 0.83 by default. The number is geometric, at most 64
    /// records a person.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let records = |mean| -> regulars::Result<usize> {
    ///     Ok(ShopParams::new(100, Seed(7)).duplicates(mean).simulate()?.record_table()?.len())
    /// };
    /// assert_eq!(records(0.0)?, 100);
    /// assert!(records(2.0)? > 200);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn duplicates(mut self, mean: f64) -> Self {
        self.duplicates = mean;
        self
    }

    /// How untidy records are: about the probability that a value is mistyped, 0.08 by default. Every other slip (nicknames,
    /// swapped names and days, other ways of writing) grows with it; at 0 there is none, and nobody moves house or
    /// changes numbers.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// // Distinct family names among the records: every slip makes another one.
    /// let names = |typos| -> regulars::Result<usize> {
    ///     let table = ShopParams::new(200, Seed(7)).typos(typos).simulate()?.record_table()?;
    ///     let mut names: Vec<&str> = table.column("family_name").expect("Latin script").collect();
    ///     names.sort_unstable();
    ///     names.dedup();
    ///     Ok(names.len())
    /// };
    /// assert!(names(0.3)? > names(0.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn typos(mut self, probability: f64) -> Self {
        self.typos = probability;
        self
    }

    /// How often values are missing, as a multiple of each source's habit; 1 by default, 0 for none, at most 2.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let empty = |factor| -> regulars::Result<usize> {
    ///     let table = ShopParams::new(100, Seed(7)).missing(factor).simulate()?.record_table()?;
    ///     Ok(table.column("email").expect("a column").filter(|value| value.is_empty()).count())
    /// };
    /// assert_eq!(empty(0.0)?, 0);
    /// assert!(empty(2.0)? > empty(1.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn missing(mut self, factor: f64) -> Self {
        self.missing = factor;
        self
    }

    /// Share of people who live with another customer and share address, often family name, sometimes the phone; 0.25 by
    /// default, below 1.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let addresses = |share| -> regulars::Result<usize> {
    ///     let shop = ShopParams::new(200, Seed(7)).households(share).typos(0.0).missing(0.0).duplicates(0.0);
    ///     let table = shop.simulate()?.record_table()?;
    ///     let mut all: Vec<&str> = table.column("address").expect("a column").collect();
    ///     all.sort_unstable();
    ///     all.dedup();
    ///     Ok(all.len())
    /// };
    /// assert!(addresses(0.8)? < addresses(0.0)?);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn households(mut self, share: f64) -> Self {
        self.households = share;
        self
    }

    /// Whether every parameter is in its domain. [`simulate`](Self::simulate) calls it first.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the first that is not:
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let error = ShopParams::new(10, Seed(7)).spend(6.0, 1.0, 15.0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `spend`: must have q above 1, or the mean does not exist, got 1");
    /// let error = ShopParams::new(10, Seed(7)).habit(1.5).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `habit`: must lie in [0, 1], got 1.5");
    /// ```
    pub fn check(&self) -> Result<()> {
        // Keys of second accounts and of orders are built from the number of customers.
        if self.customers > 1_000_000_000 {
            return Err(Error::param("customers", "must be at most 1000000000", self.customers));
        }
        within("days", self.days, 1, 36_525)?;
        if self.start.checked_add(i64::from(self.days) + 366).is_none() {
            return Err(Error::param("start", "must leave room for all days", self.start));
        }
        if let Some(days) = self.arrivals {
            within("arrivals", days, 1, self.days)?;
        }
        within("regularity", self.regularity, 1, 100)?;
        within("catalogue", self.catalogue, 1, 10_000_000)?;
        within("groups", self.groups, 1, 10_000_000)?;
        within("favourites", self.favourites, 0, 1_000)?;
        let (r, alpha) = self.rate;
        shape("rate", r)?;
        shape("rate", alpha)?;
        if r / alpha > 70.0 {
            return Err(Error::param(
                "rate",
                "must mean at most 70 purchases per week (r / alpha)",
                r / alpha,
            ));
        }
        match self.dropout {
            Dropout::Never => {}
            Dropout::AfterRepeat { a, b } | Dropout::AfterEvery { a, b } => {
                shape("dropout", a)?;
                shape("dropout", b)?;
            }
            Dropout::AnyTime { shape: s, rate } => {
                shape("dropout", s)?;
                shape("dropout", rate)?;
            }
        }
        let (p, q, gamma) = self.spend;
        for value in [p, q, gamma] {
            shape("spend", value)?;
        }
        if q <= 1.0 {
            return Err(Error::param("spend", "must have q above 1, or the mean does not exist", q));
        }
        between("popularity", self.popularity, 0.0, 3.0)?;
        between("basket", self.basket, 1.0, 100.0)?;
        between("trend", self.trend, -5.0, 5.0)?;
        between("duplicates", self.duplicates, 0.0, 20.0)?;
        between("missing", self.missing, 0.0, 2.0)?;
        between("complaints", self.complaints, 0.0, 0.2)?;
        for (name, value) in [
            ("habit", self.habit),
            ("affinity", self.affinity),
            ("seasonality", self.seasonality),
            ("refunds", self.refunds),
            ("second_accounts", self.second_accounts),
            ("typos", self.typos),
        ] {
            between(name, value, 0.0, 1.0)?;
        }
        // The mean number of extra orders is share / (1 - share); beyond 0.99 nothing would be left of the shop.
        between("anonymous", self.anonymous, 0.0, 0.99)?;
        between("households", self.households, 0.0, 0.95)
    }

    /// Opens the shop. Nothing is stored but the catalogue: every customer is a function of the seed and of the
    /// customer's number, computed when asked for.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn simulate(&self) -> Result<Shop> {
        self.check()?;
        Ok(Shop::open(self.clone()))
    }
}

/// A whole number between two bounds, both included.
fn within(name: &'static str, value: u32, low: u32, high: u32) -> Result<()> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Error::param(name, &format!("must be {low} to {high}"), value))
    }
}

/// A number between two bounds, both included; NaN lies nowhere.
pub(super) fn between(name: &'static str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Error::param(name, &format!("must lie in [{low}, {high}]"), value))
    }
}

/// Shapes and rates of the distributions, within bounds where the samplers keep their precision.
fn shape(name: &'static str, value: f64) -> Result<()> {
    between(name, value, 1e-3, 1e6)
}
