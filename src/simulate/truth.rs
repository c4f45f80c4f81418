//! `Truth`: what only the simulator can know.
//!
//! The yardstick for forecasts: not what happened, which is noise around it, but what was to be expected.

use crate::data::PerCustomer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::types::{AsOf, Day, Expected, Horizon};

use super::basket::Habits;
use super::life::{Life, Purpose, live, stream};
use super::shop::Shop;

/// The truth about a shop's customers, computed when asked for.
///
/// Answers stand under the customers' first accounts, keys 1 to the number of customers. Without
/// [second accounts](super::ShopParams::second_accounts) those are the customers of the [ledger](Shop::ledger) and the
/// indices of one serve in the other. As everywhere, a customer who had not yet bought as of the day asked for has no
/// answer.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let shop = ShopParams::new(500, Seed(7)).simulate()?;
/// let (as_of, ahead) = (AsOf::ymd(2024, 3, 31)?, Horizon::days(180)?);
/// let truth = shop.truth();
/// let expected: f64 = truth.expected_purchases(as_of, ahead)?.values().iter().sum();
/// let happened: u32 = truth.purchases(as_of, ahead)?.values().iter().sum();
/// // What happened is what was expected, give or take chance.
/// assert!((f64::from(happened) - expected).abs() < 6.0 * expected.sqrt() + 10.0);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Truth<'a> {
    shop: &'a Shop,
}

/// What a customer was born with, and what became of it.
///
/// ```
/// use regulars::simulate::ShopParams;
/// use regulars::types::Seed;
/// let shop = ShopParams::new(3, Seed(7)).favourites(4).simulate()?;
/// let person = shop.truth().person(0).expect("there are three");
/// assert_eq!(person.accounts, [1]);
/// assert!(person.rate_per_week > 0.0 && person.orders >= 1);
/// assert!(person.favourites.len() <= 4);
/// assert!(person.left.is_none_or(|left| left >= person.first_day));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Person {
    /// Mean purchases per week while active, before season and trend.
    pub rate_per_week: f64,
    /// Probability of leaving at a purchase, or the rate of leaving per week under
    /// [`Dropout::AnyTime`](super::Dropout::AnyTime).
    pub dropout: f64,
    /// Mean order value, in minor units: p / nu of the Gamma-Gamma model.
    pub mean_order: Expected,
    /// Day of the first purchase.
    pub first_day: Day,
    /// The day the customer left, `None` for one who was still active when the simulation ended.
    pub left: Option<Day>,
    /// Number of orders within the shop's days.
    pub orders: u32,
    /// Keys of the items the customer keeps coming back for, the dearest first.
    pub favourites: Vec<i64>,
    /// Keys of the accounts the customer buys under.
    pub accounts: Vec<i64>,
}

impl<'a> Truth<'a> {
    /// The truth about that shop.
    pub(super) fn new(shop: &'a Shop) -> Self {
        Self { shop }
    }

    /// Everything about everyone, the ones who have not bought yet as of any day included. O(orders), in parallel.
    ///
    /// # Errors
    /// Never for a shop that was opened; the signature is that of its siblings.
    pub fn people(&self) -> Result<PerCustomer<Person>> {
        self.shop.of_everyone(|person, times, life| Some(self.describe(person, times, life)))
    }

    /// Everything about customer number `person`, from 0; `None` beyond the last. Computes that customer only.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(3, Seed(7)).simulate()?;
    /// assert_eq!(shop.truth().person(2).as_ref(), shop.truth().people()?.by_key(3));
    /// assert_eq!(shop.truth().person(3), None);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn person(&self, person: u32) -> Option<Person> {
        if person >= self.shop.params.customers {
            return None;
        }
        let mut times = Vec::new();
        let life = live(&self.shop.params, &self.shop.clock, person, &mut times);
        Some(self.describe(person, &times, &life))
    }

    /// Who stands behind a customer key of the ledger: the number of the person, from 0; `None` for a key that no account has.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::Seed;
    /// let shop = ShopParams::new(3, Seed(7)).simulate()?;
    /// assert_eq!((shop.truth().person_of(1), shop.truth().person_of(4)), (Some(0), None)); // no second accounts
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn person_of(&self, customer: i64) -> Option<u32> {
        let n = i64::from(self.shop.params.customers);
        if !(1..=2 * n).contains(&customer) {
            return None;
        }
        let person = u32::try_from((customer - 1) % n).ok()?;
        (customer <= n || self.shop.accounts(person).0).then_some(person)
    }

    /// Whether each customer is still active at the end of a day. Active does not mean about to buy: under
    /// [`Dropout::Never`](super::Dropout::Never) everybody is.
    ///
    /// ```
    /// use regulars::simulate::{Dropout, ShopParams};
    /// use regulars::types::{AsOf, Seed};
    /// let shop = ShopParams::new(50, Seed(7)).dropout(Dropout::Never).simulate()?;
    /// assert!(shop.truth().active(AsOf::ymd(2024, 6, 30)?)?.values().iter().all(|active| *active));
    /// let error = shop.truth().active(AsOf::ymd(2025, 6, 30)?).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "parameter `as_of`: must be at most the shop's last day 2024-12-30, got 2025-06-30"
    /// );
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) for a day after the shop's last.
    pub fn active(&self, as_of: AsOf) -> Result<PerCustomer<bool>> {
        let now = self.now(as_of)?;
        self.shop.of_everyone(|_, times, life| seen(times, now).then(|| is_active(life, now)))
    }

    /// Expected number of purchases in the `horizon` after a day, given everything about the customer but the future: 0
    /// for one who has left. This is what the best possible forecast would say.
    ///
    /// With rate λ, operational time s of the horizon, and leaving at rate μ (λp where the customer leaves at purchases):
    ///
    /// > λ s where nobody leaves, otherwise λ (1 − e^(−μ s)) / μ.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) where the horizon ends after the shop's last day, or when
    /// [`regularity`](super::ShopParams::regularity) is above 1 (there the answer depends on unseen stages).
    ///
    /// ```
    /// use regulars::simulate::{Dropout, ShopParams};
    /// use regulars::types::{AsOf, Horizon, Seed};
    /// // Nobody leaves: everybody's expectation is the own rate times the weeks ahead.
    /// let shop = ShopParams::new(5, Seed(7)).dropout(Dropout::Never).arrivals(1).simulate()?;
    /// let expected = shop.truth().expected_purchases(AsOf::ymd(2023, 6, 30)?, Horizon::weeks(10)?)?;
    /// for (person, expected) in shop.truth().people()?.values().iter().zip(expected.values()) {
    ///     assert!((expected - 10.0 * person.rate_per_week).abs() < 1e-9);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn expected_purchases(&self, as_of: AsOf, horizon: Horizon) -> Result<PerCustomer<f64>> {
        let (now, end) = self.span(as_of, horizon)?;
        let params = &self.shop.params;
        if params.regularity > 1 {
            return Err(Error::param(
                "regularity",
                "must be 1 for expected purchases to be known",
                params.regularity,
            ));
        }
        let span = self.shop.clock.operational(end) - self.shop.clock.operational(now);
        self.shop.of_everyone(|_, times, life| {
            seen(times, now)
                .then(|| if is_active(life, now) { life.expected(params.dropout, span) } else { 0.0 })
        })
    }

    /// Number of purchases that happened in the `horizon` after a day, by order rather than by day.
    ///
    /// # Errors
    /// [`InvalidParam`](ErrorKind::InvalidParam) where the horizon ends after the shop's last day.
    ///
    /// ```
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    /// let shop = ShopParams::new(20, Seed(7)).arrivals(1).simulate()?;
    /// let (start, all) = (AsOf::new(shop.days().0), Horizon::days(729)?);
    /// let later = shop.truth().purchases(start, all)?;
    /// for (person, later) in shop.truth().people()?.values().iter().zip(later.values()) {
    ///     assert!(*later < person.orders); // all but those of the first day
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn purchases(&self, as_of: AsOf, horizon: Horizon) -> Result<PerCustomer<u32>> {
        let (now, end) = self.span(as_of, horizon)?;
        self.shop.of_everyone(|_, times, _| {
            let upto = |t: f64| times.partition_point(|time| *time <= t);
            seen(times, now).then(|| u32::try_from(upto(end) - upto(now)).unwrap_or(u32::MAX))
        })
    }

    /// A person as told to the outside: rates per week, money in minor units, keys instead of numbers.
    fn describe(self, person: u32, times: &[f64], life: &Life) -> Person {
        let params = &self.shop.params;
        let mut habits = Habits::default();
        let mut rng = stream(params.seed, Some(person), Purpose::Basket);
        habits.draw(params, &self.shop.catalogue, life, &mut rng);
        let minor = params.currency.minor_per_major() as f64;
        let accounts = 1 + u32::from(self.shop.accounts(person).0);
        Person {
            rate_per_week: life.rate * 7.0,
            dropout: match params.dropout {
                super::Dropout::AnyTime { .. } => life.dropout * 7.0,
                _ => life.dropout,
            },
            mean_order: Expected::minor(params.spend.0 / life.nu * minor).unwrap_or_default(),
            first_day: self.shop.day_of(times.first().copied().unwrap_or(0.0)),
            left: life.left.map(|t| self.shop.day_of(t)),
            orders: u32::try_from(times.len()).unwrap_or(u32::MAX),
            favourites: habits.favourites.iter().map(|f| self.shop.catalogue.key(f.item)).collect(),
            accounts: (0..accounts).map(|which| self.shop.account(person, which)).collect(),
        }
    }

    /// The end of the as-of day on the shop's clock.
    fn now(self, as_of: AsOf) -> Result<f64> {
        let (_, last) = self.shop.days();
        if as_of.day() > last {
            return Err(Error::param("as_of", &format!("must be at most the shop's last day {last}"), as_of));
        }
        Ok(self.shop.end_of(as_of.day()))
    }

    /// The ends of the as-of day and of the horizon.
    fn span(self, as_of: AsOf, horizon: Horizon) -> Result<(f64, f64)> {
        let now = self.now(as_of)?;
        let (_, last) = self.shop.days();
        match as_of.day().checked_add(horizon.in_days().into()).filter(|end| *end <= last) {
            Some(end) => Ok((now, self.shop.end_of(end))),
            None => Err(Error::new(
                ErrorKind::InvalidParam,
                Place::Parameter("horizon"),
                format!("{as_of} plus {horizon} ends after the shop's last day {last}"),
            )),
        }
    }
}

/// Whether the first purchase lies before now.
fn seen(times: &[f64], now: f64) -> bool {
    times.first().is_some_and(|first| *first <= now)
}

/// Whether the customer has not left by now.
fn is_active(life: &Life, now: f64) -> bool {
    life.left.is_none_or(|left| left > now)
}
