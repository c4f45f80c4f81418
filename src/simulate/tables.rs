//! Tables with known probabilities of leaving, for methods that learn from tables.
//!
//! Shaped after the contract tables that telephone companies publish: tenure, charges, contract, payment. Since the
//! probability behind each row is known, a model's figures can be held against the best there can be, not only against
//! another model's.

use crate::data::{Customers, Features, PerCustomer};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::{Probability, Seed};

use super::params::between;

/// What the true log-odds of leaving are made of.
///
/// ```
/// use regulars::simulate::{ChurnTableParams, Effects};
/// use regulars::types::Seed;
/// let table = ChurnTableParams::new(500, Seed(7)).effects(Effects::Additive).strength(0.0).base(0.0).simulate()?;
/// // Without effects everybody leaves with the probability of the base: log-odds 0 are a half.
/// assert!(table.probability().values().iter().all(|p| p.get() == 0.5));
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Effects {
    /// A sum of one term for each column, linear in numbers: a logistic regression can find it exactly.
    Additive,
    /// Curved terms, a threshold and interactions, as real tables have them: a plain logistic regression falls short of
    /// what can be known.
    #[default]
    Interacting,
}

/// Parameters of a table of contract customers, one row each, some of whom leave.
///
/// ```
/// use regulars::simulate::ChurnTableParams;
/// use regulars::types::Seed;
///
/// let table = ChurnTableParams::new(1_000, Seed(7)).simulate()?;
/// let expected: f64 = table.probability().values().iter().map(|p| p.get()).sum();
/// let left = table.left().values().iter().filter(|left| **left).count();
/// assert!((left as f64 - expected).abs() < 60.0);
/// assert_eq!(table.features().len(), 1_000);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// The columns and what drives them:
///
/// | column | drawn from | effect on leaving |
/// |---|---|---|
/// | `contract` | month-to-month 55 %, one year 21 %, two years 24 % | the longer, the less |
/// | `tenure` | Gamma with mean 18, 40 or 56 months by contract, 1 to 72 | falls, steeply in the first months |
/// | `internet` | dsl 34 %, fibre 44 %, none 22 % | fibre more, none less |
/// | `monthly_charge` | normal about 58, 91 or 21 by line, 15 to 140 | rises beyond 70, less with fibre; and near 20 |
/// | `calls` | Poisson with mean 0.8 | jumps at the third |
/// | `usage` | log-normal about 1 | both far less and far more than before |
/// | `payment` | four kinds | electronic checks, where the contract is monthly |
/// | `senior` | 16 % | with fibre |
/// | `n1`, `n2`, .. | standard normal | none |
///
/// That is the truth of [`Effects::Interacting`]; under [`Effects::Additive`] each column has one straight term.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct ChurnTableParams {
    customers: u32,
    seed: Seed,
    effects: Effects,
    strength: f64,
    base: f64,
    missing: f64,
    noise: u32,
}

#[cfg(feature = "serde")]
crate::types::json::deserialize_params! {
    ChurnTableParams, Self::new(0, Seed(0));
    customers: u32, seed: Seed;
    effects: Effects, strength: f64, base: f64, missing: f64, noise: u32,
}

/// A table of customers, who left, and how probable that was.
///
/// ```
/// use regulars::simulate::ChurnTableParams;
/// use regulars::types::Seed;
/// let table = ChurnTableParams::new(200, Seed(7)).noise(1).simulate()?;
/// let names: Vec<&str> = table.features().names().collect();
/// assert_eq!(names, [
///     "tenure", "monthly_charge", "calls", "usage", "senior", "contract", "payment", "internet", "n1",
/// ]);
/// assert_eq!(table.left().len(), 200);
/// assert_eq!(table.features().categorical("contract")?.levels(), ["month-to-month", "one year", "two years"]);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChurnTable {
    features: Features,
    left: PerCustomer<bool>,
    probability: PerCustomer<Probability>,
}

impl ChurnTable {
    /// The columns, customers numbered from 0: `tenure` (months), `monthly_charge`, `calls` (to the help desk), `usage`
    /// (against the month before), `senior` (0 or 1), `contract`, `payment`, `internet`, and noise `n1`, `n2`, ..
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Who left: one draw for each customer, true with the probability of [`probability`](Self::probability).
    pub fn left(&self) -> &PerCustomer<bool> {
        &self.left
    }

    /// The probability each customer had of leaving, given all its values before any went missing: no model can do
    /// better than this.
    pub fn probability(&self) -> &PerCustomer<Probability> {
        &self.probability
    }
}

/// One customer's values, before any goes missing.
#[derive(Clone, Debug)]
struct Subject {
    /// Months, 1 to 72.
    tenure: f64,
    /// Major units of money a month.
    charge: f64,
    /// To the help desk.
    calls: f64,
    /// Relative to the month before; 1 is unchanged.
    usage: f64,
    /// 0 or 1.
    senior: f64,
    /// Place among [`CONTRACTS`].
    contract: usize,
    /// Place among [`PAYMENTS`].
    payment: usize,
    /// Place among [`INTERNETS`].
    internet: usize,
    /// Standard normal, without effect.
    noise: Vec<f64>,
    /// Which of charge, usage and payment are missing from the table.
    blanks: [bool; 3],
    left: bool,
    probability: Probability,
}

/// Levels of the categories, in ascending order, as the table will list them.
const CONTRACTS: [&str; 3] = ["month-to-month", "one year", "two years"];
/// Ways to pay.
const PAYMENTS: [&str; 4] = ["bank transfer", "credit card", "electronic check", "mailed check"];
/// Lines.
const INTERNETS: [&str; 3] = ["dsl", "fibre", "none"];

impl ChurnTableParams {
    /// That many customers: curved and interacting effects, three columns of noise, nothing missing.
    pub const fn new(customers: u32, seed: Seed) -> Self {
        Self {
            customers,
            seed,
            effects: Effects::Interacting,
            strength: 1.0,
            base: -1.3,
            missing: 0.0,
            noise: 3,
        }
    }

    /// What the truth is made of; curved and interacting by default.
    pub const fn effects(mut self, effects: Effects) -> Self {
        self.effects = effects;
        self
    }

    /// Multiplies every effect: 0 leaves nothing to learn, 1 is the default, 5 the most.
    pub const fn strength(mut self, factor: f64) -> Self {
        self.strength = factor;
        self
    }

    /// Log-odds of leaving of a customer without effects, −20 to 20; −1.3 by default.
    pub const fn base(mut self, log_odds: f64) -> Self {
        self.base = log_odds;
        self
    }

    /// Share of values of `monthly_charge`, `usage` and `payment` that are missing; 0 by default. Completely at random: that a
    /// value is missing says nothing.
    ///
    /// ```
    /// use regulars::simulate::ChurnTableParams;
    /// use regulars::types::Seed;
    /// let table = ChurnTableParams::new(500, Seed(7)).missing(0.2).simulate()?;
    /// let missing = table.features().numeric("usage")?.missing();
    /// assert!((60..140).contains(&missing)); // 100 are to be expected
    /// assert_eq!(table.features().numeric("tenure")?.missing(), 0);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub const fn missing(mut self, share: f64) -> Self {
        self.missing = share;
        self
    }

    /// Number of columns that say nothing, at most 1,000; 3 by default.
    pub const fn noise(mut self, columns: u32) -> Self {
        self.noise = columns;
        self
    }

    /// Whether every parameter is in its domain.
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the first that is not:
    ///
    /// ```
    /// use regulars::simulate::ChurnTableParams;
    /// use regulars::types::Seed;
    /// let error = ChurnTableParams::new(10, Seed(7)).strength(6.0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `strength`: must lie in [0, 5], got 6");
    /// ```
    pub fn check(&self) -> Result<()> {
        between("strength", self.strength, 0.0, 5.0)?;
        between("base", self.base, -20.0, 20.0)?;
        between("missing", self.missing, 0.0, 1.0)?;
        if self.noise > 1_000 {
            return Err(Error::param("noise", "must be at most 1000", self.noise));
        }
        Ok(())
    }

    /// Draws the table; every customer from a stream of its own, so that a longer table begins with the shorter one.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) without customers.
    pub fn simulate(&self) -> Result<ChurnTable> {
        self.check()?;
        if self.customers == 0 {
            return Err(Error::empty("a table needs at least one customer"));
        }
        let subjects = par::map(self.customers as usize, |i| self.subject(i as u64));
        let customers = Customers::numbered(subjects.len())?;
        let shown = |value: f64, blank: bool| (!blank).then_some(value);
        let mut builder = Features::builder(customers.clone())
            .numeric("tenure", subjects.iter().map(|s| s.tenure))?
            .numeric("monthly_charge", subjects.iter().map(|s| shown(s.charge, s.blanks[0])))?
            .numeric("calls", subjects.iter().map(|s| s.calls))?
            .numeric("usage", subjects.iter().map(|s| shown(s.usage, s.blanks[1])))?
            .numeric("senior", subjects.iter().map(|s| s.senior))?
            .categorical("contract", subjects.iter().map(|s| CONTRACTS[s.contract]))?
            .categorical("payment", subjects.iter().map(|s| (!s.blanks[2]).then_some(PAYMENTS[s.payment])))?
            .categorical("internet", subjects.iter().map(|s| INTERNETS[s.internet]))?;
        for column in 0..self.noise as usize {
            builder =
                builder.numeric(&format!("n{}", column + 1), subjects.iter().map(|s| s.noise[column]))?;
        }
        Ok(ChurnTable {
            features: builder.build()?,
            left: PerCustomer::new(customers.clone(), subjects.iter().map(|s| s.left).collect())?,
            probability: PerCustomer::new(customers, subjects.iter().map(|s| s.probability).collect())?,
        })
    }

    /// One customer: values first, then the log-odds from them, then whether she leaves, then what goes missing.
    fn subject(&self, customer: u64) -> Subject {
        let mut rng = Rng::new(self.seed, customer);
        let contract = choose(&mut rng, &[0.55, 0.21, 0.24]);
        let payment = choose(&mut rng, &[0.22, 0.22, 0.33, 0.23]);
        let internet = choose(&mut rng, &[0.34, 0.44, 0.22]);
        // Long contracts go with long tenure, fibre with high charges: columns are correlated, as in life.
        let shape = [1.0, 3.0, 6.0][contract];
        let tenure = rng.gamma(shape, shape / [18.0, 40.0, 56.0][contract]).ceil().clamp(1.0, 72.0);
        let charge = ([58.0, 91.0, 21.0][internet] + 14.0 * rng.normal()).clamp(15.0, 140.0);
        let charge = (charge * 100.0).round() / 100.0;
        let calls = rng.poisson(0.8) as f64;
        let usage = (1000.0 * (0.35 * rng.normal()).exp()).round() / 1000.0;
        let senior = f64::from(u8::from(rng.chance(0.16)));
        let noise = (0..self.noise).map(|_| rng.normal()).collect();
        let log_odds = self.base
            + self.strength
                * match self.effects {
                    Effects::Additive => {
                        -0.03 * (tenure - 30.0) + 0.012 * (charge - 65.0) + 0.3 * (calls - 0.8)
                            - 0.8 * (usage - 1.0)
                            + 0.3 * senior
                            + [0.5, -0.4, -1.2][contract]
                            + [-0.1, -0.1, 0.4, 0.0][payment]
                            + [0.0, 0.4, -0.5][internet]
                    }
                    Effects::Interacting => {
                        let monthly = f64::from(u8::from(contract == 0));
                        let fibre = f64::from(u8::from(internet == 1));
                        // Early months are the dangerous ones, for those who can go from month to month.
                        (1.4 * monthly + 0.3) * (-tenure / 9.0).exp() * 1.6
                            - 0.4 * (tenure / 12.0).ln_1p()
                            // A dear contract drives away, a dear fibre line less so; a very cheap one is never used.
                            + (1.0 - 0.7 * fibre) * 0.02 * (charge - 70.0).max(0.0)
                            + 0.5 * (-((charge - 20.0) / 6.0).powi(2)).exp()
                            // The third call is the one too many, and it hurts the old hands most.
                            + if calls >= 3.0 { 1.2 + 0.012 * tenure } else { 0.1 * calls }
                            // Using less and less, and suddenly much more, both precede leaving.
                            + 1.1 * (usage.ln() / 0.35).powi(2).min(6.0) * if usage < 1.0 { 0.6 } else { 0.2 }
                            + 0.5 * senior * fibre
                            + [0.3, -0.5, -1.4][contract]
                            + if payment == 2 { 0.5 * monthly } else { 0.0 }
                            + [0.0, 0.5, -0.4][internet]
                    }
                };
        let probability = Probability::from_log_odds(log_odds).unwrap_or_default();
        let left = rng.chance(probability.get());
        let blanks = [0; 3].map(|_: i32| rng.chance(self.missing));
        Subject {
            tenure,
            charge,
            calls,
            usage,
            senior,
            contract,
            payment,
            internet,
            noise,
            blanks,
            left,
            probability,
        }
    }
}

/// An index, with probabilities that sum to one.
///
/// By walking down the cumulated probabilities; rounding at the very end gives the last one.
fn choose(rng: &mut Rng, probabilities: &[f64]) -> usize {
    let mut left = rng.uniform();
    for (i, p) in probabilities.iter().enumerate() {
        left -= p;
        if left < 0.0 {
            return i;
        }
    }
    probabilities.len() - 1
}
