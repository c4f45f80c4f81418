//! New baskets applied to a fitted model.
//!
//! What a model knows has two parts. What it knows of *everybody* (popularity, pairs, similar customers, learned weights) is
//! a statistic of all baskets and moves by one part in millions with one of them: it is frozen until the next fit. What it
//! knows of *one customer* is the history, and the next list must show the basket just bought: an update copies the
//! customer's history once, inserts the basket in its place in time, and every later list reads the copy.
//!
//! So an update costs the customer's own rows and nothing else, and its result is defined: the list is that of a refit on all
//! baskets with everybody's part kept as it was. A property test holds it to that, for every method.
//!
//! # By hand
//! Ann has baskets on days 1 and 8. A basket of day 5, arriving late, is inserted between them; one of day 8 joins the second
//! where a basket is a day, and stands behind it where a basket is an order.
//!
//! # Complexity
//! The first update of a customer copies the history, O(rows of the customer); each moves what stands behind the new basket.
//! Under the learned ranker the customer is then served by a search in place of the kept relations.

use crate::data::Occasion;
use crate::error::{Error, Result};
use crate::types::{AsOf, Day, Key};

use super::baskets::Past;
use super::model::NextItemModel;

/// A basket that was bought after a model was fitted.
///
/// ```
/// use regulars::recommend::Basket;
/// use regulars::types::Day;
///
/// let basket = Basket::new("ann", Day::ymd(2024, 6, 1)?, ["tea", "milk"]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Basket {
    customer: Key<'static>,
    day: Day,
    items: Vec<Key<'static>>,
}

impl Basket {
    /// What a customer bought together on a day. Repeated items count once. In a ledger of basket numbers the day is the
    /// number.
    pub fn new<'k>(
        customer: impl Into<Key<'k>>,
        day: Day,
        items: impl IntoIterator<Item = impl Into<Key<'k>>>,
    ) -> Self {
        Self {
            customer: customer.into().into_owned(),
            day,
            items: items.into_iter().map(|item| item.into().into_owned()).collect(),
        }
    }
}

/// Prints the size, not who bought what.
impl std::fmt::Debug for Basket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Basket({} items on {})", self.items.len(), self.day)
    }
}

/// A customer's history, owned, because it has changed since the fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Revised {
    pub(super) days: Vec<Day>,
    pub(super) start: Vec<usize>,
    pub(super) bought: Vec<u32>,
}

impl Revised {
    /// A copy whose offsets start at 0.
    pub(super) fn new(past: Past<'_>) -> Self {
        let base = past.start[0];
        Self {
            days: past.days.to_vec(),
            start: past.start.iter().map(|s| s - base).collect(),
            bought: past.bought.to_vec(),
        }
    }

    /// As every other history is read.
    pub(super) fn past(&self) -> Past<'_> {
        Past { days: &self.days, start: &self.start, bought: &self.bought }
    }

    /// Adds a basket in its place in time: behind those of earlier days and, one basket per order, of the same day.
    fn insert(&mut self, day: Day, items: &[u32], occasion: Occasion) {
        let at = self.days.partition_point(|d| *d <= day);
        let same_day = at > 0 && self.days[at - 1] == day;
        if occasion == Occasion::Day && same_day {
            let basket = self.start[at - 1]..self.start[at];
            let mut merged = self.bought[basket.clone()].to_vec();
            merged.extend_from_slice(items);
            merged.sort_unstable();
            merged.dedup();
            let grown = merged.len() - basket.len();
            self.bought.splice(basket, merged);
            self.start[at..].iter_mut().for_each(|s| *s += grown);
        } else {
            let from = self.start[at];
            self.bought.splice(from..from, items.iter().copied());
            self.start.insert(at, from);
            self.start[at + 1..].iter_mut().for_each(|s| *s += items.len());
            self.days.insert(at, day);
        }
    }
}

impl NextItemModel {
    /// Applies one new basket. Afterwards the customer is served as after a refit on all baskets with what is known of
    /// everybody (popularity, related items, similar customers, learned weights) frozen as it was; fit again to move
    /// that. New customers and new items are taken in.
    ///
    /// With one basket per day, a second basket of a day joins the first.
    ///
    /// ```
    /// # use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let mut model = NextItemParams::new().fit(ledger.observed(AsOf::ymd(2024, 5, 10)?)?)?;
    /// model.update(Basket::new("bob", Day::ymd(2024, 6, 1)?, ["rice"]))?;
    /// assert_eq!(model.recommend("bob", 1)?[0].item, "rice".into());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a basket without items; the model is then unchanged.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a basket is handed over; `update(Basket::new(..))` reads best"
    )]
    pub fn update(&mut self, basket: Basket) -> Result<()> {
        if basket.items.is_empty() {
            return Err(Error::input("a basket needs at least one item"));
        }
        let mut items = Vec::with_capacity(basket.items.len());
        for key in &basket.items {
            let number = self.items.find_or_add(key)?;
            items.push(u32::try_from(number).map_err(|_| Error::overflow("too many items"))?);
        }
        items.sort_unstable();
        items.dedup();
        let customer = self.customers.find_or_add(&basket.customer)?;
        let number = u32::try_from(customer).map_err(|_| Error::overflow("too many customers"))?;
        if !self.revised.contains_key(&number) {
            let revised = Revised::new(self.past(Some(customer)));
            self.revised.insert(number, revised);
        }
        if let Some(revised) = self.revised.get_mut(&number) {
            revised.insert(basket.day, &items, self.occasion);
        }
        self.as_of = self.as_of.max(AsOf::new(basket.day));
        Ok(())
    }
}
