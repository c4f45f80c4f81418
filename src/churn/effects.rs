//! `Effect`: what each column does, as a table. `Action`, `Change`: what would change a customer's risk.
//!
//! # Partial dependence without a sample
//!
//! The partial dependence of a column is the mean prediction with the column set to a value for everybody (Friedman 2001,
//! doi:10.1214/aos/1013203451). In a sum of functions of columns the others drop out of the difference to the mean, so on the
//! scale of the log-odds it is the column's own function, exactly, and no customers are needed to tabulate it.
//!
//! # What would change a risk
//!
//! [`TableModel::cheapest_change`] tries every set of up to three actions on different columns and takes the cheapest that is
//! enough. The answer is about the model: that customers with a yearly contract leave less does not prove that a contract given
//! away keeps anybody. Give it columns that are known to work, by an experiment at best.

use crate::data::{Column, Customers, Features};
use crate::error::{Error, Result};
use crate::types::{CustomerIx, Probability};

use super::design::Encoder;
use super::explain::Value;
use super::table::TableModel;

/// Values of a numeric column in an [`Effect`], at most.
const POINTS: usize = 21;
/// Values of each column of a pair, at most, and of three columns.
const PAIR_POINTS: usize = 9;
const TRIPLE_POINTS: usize = 5;
/// Actions that may be combined, and how many of them at once.
const MOST_ACTIONS: usize = 30;
const AT_ONCE: usize = 3;

/// What a column, or two or three together, add to the log-odds at each of their values, against the average customer of the
/// fit: the partial dependence, exact because the model is a sum. For columns together only what they do beyond each alone.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Effect {
    /// The column, `a x b` or `a x b x c` for columns together.
    pub column: String,
    /// At quantiles of a numeric column, every level of a categorical one, and at a missing value.
    pub points: Vec<EffectPoint>,
}

/// One row of an [`Effect`].
///
/// ```
/// use regulars::churn::{ChurnParams, Method, Value};
/// use regulars::data::{Customers, Features};
///
/// let weeks: Vec<f64> = (0..60).map(|i| f64::from(i % 10)).collect();
/// let left: Vec<bool> = (0..60).map(|i| i % 10 + i * 5 % 7 > 8).collect();
/// let table = Features::builder(Customers::numbered(60)?).numeric("weeks", weeks)?.build()?;
/// let model = ChurnParams::new().method(Method::Plain).fit_table(&table, &left)?;
/// let points = &model.effects()?[0].points;
/// // A straight line: the mean, and one unit more, which adds the coefficient.
/// assert!(matches!(points[0].value, Value::Number(mean) if (mean - 4.5).abs() < 1e-9));
/// let slope = points[1].log_odds - points[0].log_odds;
/// assert!((slope - model.coefficients()[1].estimate()).abs() < 1e-9);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EffectPoint {
    /// The value of the column, of a pair's first column.
    pub value: Value,
    /// The value of the second column, where there is one.
    pub other: Option<Value>,
    /// The value of the third column, where there is one.
    pub third: Option<Value>,
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
        // Where the terms of each column and pair begin.
        let mut starts = Vec::new();
        let mut at = 0;
        for encoder in &self.design.encoders {
            starts.push(at);
            at += encoder.width();
        }
        for pair in &self.design.pairs {
            starts.push(at);
            at += self.design.encoders[pair.0].parts() * self.design.encoders[pair.1].parts();
        }
        let mut effects = Vec::new();
        for (i, set) in self.sources().into_iter().enumerate() {
            let most = [POINTS, PAIR_POINTS, TRIPLE_POINTS][set.len().clamp(1, 3) - 1];
            let sides = set
                .iter()
                .map(|column| {
                    let (name, encoder) = (&self.design.names[*column], &self.design.encoders[*column]);
                    let mean = self.means.get(starts[*column]).copied().unwrap_or(0.0);
                    let values = encoder.points(most, mean);
                    let table = one_column(name, encoder, &values)?;
                    Ok((*column, values, table))
                })
                .collect::<Result<Vec<_>>>()?;
            let sources = sides
                .iter()
                .map(|(column, _, table)| {
                    self.design.encoders[*column].read(&self.design.names[*column], table)
                })
                .collect::<Result<Vec<_>>>()?;
            let mut x = Vec::new();
            let mut cells = vec![0; self.design.names.len()];
            let mut points = Vec::new();
            for place in grid(&sides.iter().map(|side| side.1.len()).collect::<Vec<_>>()) {
                let encoder = |side: usize| &self.design.encoders[sides[side].0];
                let known = i < self.design.sources();
                match place[..] {
                    [row] if known => {
                        x.resize(encoder(0).width(), 0.0);
                        encoder(0).encode(&sources[0], row, &mut x);
                    }
                    [one, two] if known => {
                        x.resize(encoder(0).parts() * encoder(1).parts(), 0.0);
                        let left = (encoder(0), &sources[0], one);
                        super::design::multiply(left, (encoder(1), &sources[1], two), &mut x);
                    }
                    _ => x.clear(),
                }
                let start = starts.get(i).copied().unwrap_or(0);
                let mut sum: f64 = (0..x.len())
                    .filter(|j| !x[*j].is_nan())
                    .map(|j| self.beta[start + j + 1] * (x[j] - self.means[start + j]))
                    .sum();
                for (side, row) in place.iter().enumerate() {
                    let column = sides[side].0;
                    let bin = encoder(side).bin(&sources[side], *row);
                    cells[column] = self.forest.cell_of(column, bin);
                }
                sum += self.forest.part_of(&set, &cells);
                let own: Vec<&Value> = place.iter().zip(&sides).map(|(row, side)| &side.1[*row]).collect();
                sum += self.levels.part_of(&set, &own, &self.design.encoders);
                let value = |side: usize| place.get(side).and_then(|row| sides[side].1.get(*row)).cloned();
                points.push(EffectPoint {
                    value: value(0).unwrap_or(Value::Missing),
                    other: value(1),
                    third: value(2),
                    log_odds: slope * sum,
                });
            }
            effects.push(Effect { column: self.name_of(&set), points });
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
///
/// With n actions at most n + n (n − 1) / 2 + n (n − 1) (n − 2) / 6 of them: 4,525 for the 30 that are allowed.
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

/// All places of a grid with so many points on each side, the last side fastest.
/// (2, 3) gives (0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2).
fn grid(sides: &[usize]) -> Vec<Vec<usize>> {
    sides.iter().fold(vec![Vec::new()], |places, points| {
        let more = |place: &Vec<usize>| -> Vec<Vec<usize>> {
            (0..*points).map(|row| [&place[..], &[row]].concat()).collect()
        };
        places.iter().flat_map(more).collect()
    })
}

/// A table of one column that holds those values, to be encoded as a customer's would be.
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
    /// Numbers of a curve: `most` of its quantiles, ends included. A straight line: the mean, and one unit more. Categories: all levels
    /// for a column alone; the sixteen that stand in pairs, or the first `most` of them, for columns together.
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
            Self::Levels { levels, base, paired, .. } if most == POINTS || paired.is_empty() => {
                let all = base.iter().chain(levels.iter()).cloned().map(Value::Level);
                if most == POINTS { all.collect() } else { all.take(most).collect() }
            }
            Self::Levels { levels, paired, .. } => {
                let shown = paired.iter().filter_map(|place| levels.get(usize::from(*place)));
                let most = if most == PAIR_POINTS { paired.len() } else { most };
                shown.take(most).cloned().map(Value::Level).collect()
            }
        };
        if !matches!(self, Self::Linear { .. }) {
            points.push(Value::Missing);
        }
        points
    }
}

/// Something that can be done about a customer: a column set to a value, at a cost.
/// Costs are in any one unit, of money or of effort; only their sums are compared.
///
/// ```
/// use regulars::churn::Action;
///
/// let discount = Action::number("monthly_charge", 49.9, 25.0);
/// assert_eq!(discount.column(), "monthly_charge");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
///
/// The probability is that of the model for the customer's row with the columns changed and all others as they are.
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
