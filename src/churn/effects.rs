//! `Effect`: what each column does, as a table. `Action`, `Change`: what would change a customer's risk.

use crate::data::{Column, Customers, Features};
use crate::error::{Error, Result};
use crate::types::{CustomerIx, Probability};

use super::design::Encoder;
use super::explain::Value;
use super::table::TableModel;

/// Values of a numeric column in an [`Effect`], at most.
const POINTS: usize = 21;
/// Values of each column of a pair, at most.
const PAIR_POINTS: usize = 9;
/// Actions that may be combined, and how many of them at once.
const MOST_ACTIONS: usize = 30;
const AT_ONCE: usize = 3;

/// What a column, or a pair of columns, adds to the log-odds at each of its values, against the average customer of the fit:
/// its partial dependence, exact because the model is a sum. For a pair only what both do beyond each alone.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Effect {
    /// The column, `a x b` for a pair.
    pub column: String,
    /// At quantiles of a numeric column, every level of a categorical one, and at a missing value.
    pub points: Vec<EffectPoint>,
}

/// One row of an [`Effect`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EffectPoint {
    /// The value of the column, of a pair's first column.
    pub value: Value,
    /// The value of a pair's second column.
    pub other: Option<Value>,
    /// Added to the log-odds; above 0 raises the risk.
    pub log_odds: f64,
}

impl TableModel {
    /// The partial dependence of every column and pair, largest spread first.
    ///
    /// ```
    /// use regulars::churn::{ChurnParams, Value};
    /// use regulars::simulate::ChurnTableParams;
    /// use regulars::types::Seed;
    ///
    /// let shop = ChurnTableParams::new(1_500, Seed(1)).simulate()?;
    /// let model = ChurnParams::new().fit_table(shop.features(), shop.left().values())?;
    /// let effects = model.effects()?;
    /// let contract = effects.iter().find(|e| e.column == "contract").unwrap();
    /// let of = |level: &str| {
    ///     let hit = contract.points.iter().find(|p| p.value == Value::Level(level.into()));
    ///     hit.unwrap().log_odds
    /// };
    /// assert!(of("month-to-month") > of("two years"));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that a fitted model would give; a damaged one, [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn effects(&self) -> Result<Vec<Effect>> {
        let slope = self.calibration.1;
        let mut effects = Vec::new();
        let mut at = 0;
        for (name, encoder) in self.design.names.iter().zip(&self.design.encoders) {
            let width = encoder.width();
            let values = encoder.points(POINTS, self.means.get(at).copied().unwrap_or(0.0));
            let table = one_column(name, encoder, &values)?;
            let source = encoder.read(name, &table)?;
            let mut x = vec![0.0; width];
            let points = values
                .iter()
                .enumerate()
                .map(|(row, value)| {
                    encoder.encode(&source, row, &mut x);
                    let sum: f64 = (0..width)
                        .filter(|j| !x[*j].is_nan())
                        .map(|j| self.beta[at + j + 1] * (x[j] - self.means[at + j]))
                        .sum();
                    EffectPoint { value: value.clone(), other: None, log_odds: slope * sum }
                })
                .collect();
            effects.push(Effect { column: name.clone(), points });
            at += width;
        }
        for (i, pair) in self.design.pairs.iter().enumerate() {
            let (a, b) = (&self.design.encoders[pair.0], &self.design.encoders[pair.1]);
            let (left, right) = (a.points(PAIR_POINTS, 0.0), b.points(PAIR_POINTS, 0.0));
            let names = [&self.design.names[pair.0], &self.design.names[pair.1]];
            let (one, two) = (one_column(names[0], a, &left)?, one_column(names[1], b, &right)?);
            let (one, two) = (a.read(names[0], &one)?, b.read(names[1], &two)?);
            let width = a.parts() * b.parts();
            let mut x = vec![0.0; width];
            let mut points = Vec::new();
            for (row, value) in left.iter().enumerate() {
                for (column, other) in right.iter().enumerate() {
                    super::design::multiply((a, &one, row), (b, &two, column), &mut x);
                    let sum: f64 =
                        (0..width).map(|j| self.beta[at + j + 1] * (x[j] - self.means[at + j])).sum();
                    let (value, other) = (value.clone(), Some(other.clone()));
                    points.push(EffectPoint { value, other, log_odds: slope * sum });
                }
            }
            let column = self.design.source_name(self.design.names.len() + i);
            effects.push(Effect { column, points });
            at += width;
        }
        let spread = |e: &Effect| {
            let of = |f: fn(f64, f64) -> f64, from: f64| e.points.iter().fold(from, |m, p| f(m, p.log_odds));
            of(f64::max, f64::NEG_INFINITY) - of(f64::min, f64::INFINITY)
        };
        effects.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
        Ok(effects)
    }

    /// The cheapest of the `actions`, up to three together, after which the model gives this customer a probability of at
    /// most `target`; `None` where no combination does. Ties go to the lower probability, then to the actions named first.
    ///
    /// It says what the model would say, not what the action causes: give only columns that the business can change and
    /// that are known to work. At most 30 actions; O(their cube) predictions.
    ///
    /// ```
    /// use regulars::churn::{Action, ChurnParams};
    /// use regulars::simulate::ChurnTableParams;
    /// use regulars::types::{Probability, Seed};
    ///
    /// let shop = ChurnTableParams::new(1_500, Seed(1)).simulate()?;
    /// let table = shop.features();
    /// let model = ChurnParams::new().fit_table(table, shop.left().values())?;
    /// let risk = model.predict(table)?;
    /// let (customer, before) = risk.iter().find(|(_, p)| p.get() > 0.6).unwrap();
    /// let actions = [
    ///     Action::level("contract", "two years", 80.0),
    ///     Action::level("contract", "one year", 40.0),
    ///     Action::number("monthly_charge", 50.0, 60.0),
    /// ];
    /// if let Some(change) = model.cheapest_change(table, customer, &actions, Probability::new(0.3)?)? {
    ///     assert!(change.probability < *before && change.cost <= 140.0);
    ///     assert!(!change.actions.is_empty());
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`InvalidInput`](crate::ErrorKind::InvalidInput) for a customer who is not in the
    /// table, [`InvalidParam`](crate::ErrorKind::InvalidParam) for more than 30 actions, for a cost that is negative or not
    /// finite, or for an action on a column that the model does not use or of the other kind.
    pub fn cheapest_change(
        &self,
        features: &Features,
        customer: CustomerIx,
        actions: &[Action],
        target: Probability,
    ) -> Result<Option<Change>> {
        let row = features
            .customers()
            .row(customer)?
            .ok_or_else(|| Error::input("the customer has no row in this table"))?;
        if actions.len() > MOST_ACTIONS {
            return Err(Error::param("actions", "must be at most 30", actions.len()));
        }
        for action in actions {
            if !(action.cost >= 0.0 && action.cost.is_finite()) {
                return Err(Error::param("cost", "must be finite and at least 0", action.cost));
            }
            let fits = match (features.column(&action.column), &action.value) {
                (Some(Column::Numeric(_)), Value::Number(v)) => v.is_finite(),
                (Some(Column::Categorical(_)), Value::Level(_)) => true,
                _ => false,
            };
            if !fits || !self.design.names.contains(&action.column) {
                return Err(Error::param(
                    "actions",
                    "must set numbers in numeric and levels in categorical columns of the model",
                    &action.column,
                ));
            }
        }
        let sets = subsets(actions);
        if sets.is_empty() {
            return Ok(None);
        }
        let set_in = |set: &[usize], name: &str| set.iter().find(|i| actions[**i].column == name).copied();
        let mut builder = Features::builder(Customers::numbered(sets.len())?);
        for (name, column) in features.columns() {
            builder = match column {
                Column::Numeric(own) => builder.numeric(
                    name,
                    sets.iter().map(|set| match set_in(set, name).map(|i| &actions[i].value) {
                        Some(Value::Number(v)) => Some(*v),
                        _ => own.get(row),
                    }),
                )?,
                Column::Categorical(own) => builder.categorical(
                    name,
                    sets.iter().map(|set| match set_in(set, name).map(|i| &actions[i].value) {
                        Some(Value::Level(level)) => Some(level.as_str()),
                        _ => own.level(row),
                    }),
                )?,
            };
        }
        let after = self.predict(&builder.build()?)?;
        let cost = |set: &[usize]| set.iter().map(|i| actions[*i].cost).sum::<f64>();
        let best = sets
            .iter()
            .zip(after.values())
            .filter(|(_, p)| **p <= target)
            .min_by(|a, b| cost(a.0).total_cmp(&cost(b.0)).then(a.1.get().total_cmp(&b.1.get())));
        Ok(best.map(|(set, p)| Change { actions: set.clone(), cost: cost(set), probability: *p }))
    }
}

/// Sets of up to three actions on different columns, in order of the actions.
fn subsets(actions: &[Action]) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = (0..actions.len()).map(|i| vec![i]).collect();
    let mut from = 0;
    for _ in 1..AT_ONCE {
        let until = sets.len();
        for k in from..until {
            let last = sets[k].last().copied().unwrap_or(0);
            for i in last + 1..actions.len() {
                if sets[k].iter().all(|j| actions[*j].column != actions[i].column) {
                    sets.push([&sets[k][..], &[i]].concat());
                }
            }
        }
        from = until;
    }
    sets
}

fn one_column(name: &str, encoder: &Encoder, values: &[Value]) -> Result<Features> {
    let builder = Features::builder(Customers::numbered(values.len())?);
    // Not told by the values: a column of categories may have been missing in every row.
    if matches!(encoder, Encoder::Levels { .. }) {
        let level = |v: &'_ Value| if let Value::Level(level) = v { Some(level.clone()) } else { None };
        let texts: Vec<Option<String>> = values.iter().map(level).collect();
        builder.categorical(name, texts.iter().map(Option::as_deref))?.build()
    } else {
        let number = |v: &Value| if let Value::Number(number) = v { Some(*number) } else { None };
        builder.numeric(name, values.iter().map(number))?.build()
    }
}

impl Encoder {
    /// Values that show the shape of a column's effect.
    fn points(&self, most: usize, mean: f64) -> Vec<Value> {
        let mut points: Vec<Value> = match self {
            Self::Linear { .. } => vec![Value::Number(mean), Value::Number(mean + 1.0)],
            Self::Curve { ranks, .. } | Self::Ramp { ranks, .. } => {
                let last = ranks.len().saturating_sub(1);
                let steps = most.min(ranks.len()).max(2) - 1;
                let mut at: Vec<usize> = (0..=steps).map(|k| last * k / steps).collect();
                at.dedup();
                at.into_iter().filter_map(|i| ranks.get(i)).map(|r| Value::Number(r.0)).collect()
            }
            Self::Levels { levels, base, .. } => {
                base.iter().chain(levels.iter()).cloned().map(Value::Level).collect()
            }
        };
        if !matches!(self, Self::Linear { .. }) {
            points.push(Value::Missing);
        }
        points
    }
}

/// Something that can be done about a customer: a column set to a value, at a cost.
///
/// ```
/// use regulars::churn::Action;
///
/// let discount = Action::number("monthly_charge", 49.9, 25.0);
/// assert_eq!(discount.column(), "monthly_charge");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    column: String,
    value: Value,
    cost: f64,
}

impl Action {
    /// Sets a numeric column.
    pub fn number(column: &str, value: f64, cost: f64) -> Self {
        Self { column: column.to_owned(), value: Value::Number(value), cost }
    }

    /// Sets a categorical column.
    pub fn level(column: &str, level: &str, cost: f64) -> Self {
        Self { column: column.to_owned(), value: Value::Level(level.to_owned()), cost }
    }

    /// The column it changes.
    pub fn column(&self) -> &str {
        &self.column
    }
}

/// The cheapest way to a lower risk.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// Which actions, by their place in the list given.
    pub actions: Vec<usize>,
    /// Their costs together.
    pub cost: f64,
    /// The probability of leaving after them.
    pub probability: Probability,
}
