//! `Backtest`: how good the answers would have been one horizon ago.
//!
//! The only honest figure about a forecast is one on days it did not know. A back-test goes one horizon into the past,
//! fits everything there, and looks at what came.

use crate::churn::Evaluation;
use crate::data::{Identity, Ledger, Observed, Occasion, Purchases, Refunds, Split};
use crate::error::{Error, Result};
use crate::ltv::{LtvModel, RecencyFrequency};
use crate::metrics::ranking::RankingQuality;
use crate::recommend::Baskets;
use crate::types::{AsOf, Day, Horizon};

use super::model::{LeftOut, Stage};
use super::params::PipelineParams;

/// Length of the ranked lists.
const LIST: usize = 10;

/// Days of one step of [`Tracking`].
const STEP_DAYS: i64 = 7;

/// The longest curve: two centuries. Days that far apart are slips of the pen, and a step for each week between them
/// would take memory without end.
const MOST_WEEKS: i64 = 10_436;

/// What the pipeline would have said a horizon before the last known day, held against what happened then.
///
/// Each stage is fitted on the days up to the cut and scored on the days after it; nothing of those days is known to any
/// model. A stage that cannot be tried is `None` and listed in `left_out`.
///
/// ```
/// use regulars::churn::{ChurnParams, Method};
/// use regulars::ltv::{LtvParams, Model};
/// use regulars::pipeline::PipelineParams;
/// use regulars::simulate::ShopParams;
/// use regulars::types::{AsOf, Horizon, Seed};
///
/// let ledger = ShopParams::new(200, Seed(1)).simulate()?.ledger()?;
/// let today = AsOf::new(ledger.covers().1);
/// let quick = PipelineParams::new()
///     .ltv(LtvParams::new(Model::BgNbd))
///     .churn(ChurnParams::new().method(Method::Plain));
/// let backtest = quick.backtest(&ledger, today, Horizon::days(60)?)?;
/// assert_eq!(today.day() - backtest.as_of.day(), 60);
///
/// let ltv = backtest.ltv.expect("has amounts and a past");
/// assert!(ltv.mae <= ltv.rmse); // as for any errors
/// assert_eq!(ltv.bias, Some((ltv.expected - ltv.actual) / ltv.actual));
///
/// let tracking = backtest.tracking.expect("goes with the lifetime model");
/// assert_eq!(tracking.actual.len(), tracking.days.len());
/// assert!(tracking.known_weeks < tracking.days.len()); // the rest was forecast
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Backtest {
    /// The cut: the last day the models knew.
    pub as_of: AsOf,
    /// Length of the days they were scored on.
    pub horizon: Horizon,
    /// Whether the people of the ledger could be told apart at the cut, or only in hindsight.
    pub identity: Identity,
    /// Quality of the churn probabilities.
    pub churn: Option<Evaluation>,
    /// Quality of the forecast of purchases.
    pub ltv: Option<ForecastQuality>,
    /// Purchases week by week, actual and expected; `None` for days more than two centuries apart.
    pub tracking: Option<Tracking>,
    /// Quality of the lists of ten next items, over customers who came back, with the first basket after the cut as truth.
    pub recommend: Option<RankingQuality>,
    /// Stages that could not be tried, with their reasons.
    pub left_out: Vec<LeftOut>,
}

/// Quality of a forecast of purchases, customer by customer, within the horizon.
///
/// A purchase is a day with a row that is no refund. With the error e = expected − actual of each of n customers: `mae` is
/// Σ|e| / n, `rmse` is √(Σe² / n), `bias` is Σe over the sum of what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForecastQuality {
    /// Customers scored: those with a purchase up to the cut.
    pub customers: usize,
    /// Purchases that happened.
    pub actual: f64,
    /// Purchases that were expected.
    pub expected: f64,
    /// Mean absolute error per customer.
    pub mae: f64,
    /// Root of the mean squared error per customer.
    pub rmse: f64,
    /// (expected − actual) / actual of the totals; `None` where nothing happened.
    pub bias: Option<f64>,
}

/// Cumulative repeat purchases of everybody who had bought by the cut, week by week from the first day.
///
/// The "tracking plot" of the lifetime literature: two curves that should lie on each other beyond the cut, too. All
/// vectors have one entry a week; the last days, where they are no whole week, are left out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tracking {
    /// Last day of each week.
    pub days: Vec<Day>,
    /// Purchases that happened, up to the end of each week.
    pub actual: Vec<f64>,
    /// Purchases that the model expects of customers who began when these did.
    pub expected: Vec<f64>,
    /// Number of weeks before the cut: what follows is forecast.
    pub known_weeks: usize,
}

impl PipelineParams {
    /// Fits every stage a horizon before `as_of` and holds its answers against the days since.
    ///
    /// Segments and scores are descriptions, not forecasts, and are not tried. The recommender is scored on lists of ten, as
    /// the literature does, whatever [`next_items`](Self::next_items) says.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`InvalidInput`](crate::ErrorKind::InvalidInput) naming both dates where the ledger does not
    /// cover the days.
    pub fn backtest(&self, ledger: &Ledger, as_of: AsOf, horizon: Horizon) -> Result<Backtest> {
        self.check()?;
        let cut = as_of.day().checked_add(-i64::from(horizon.in_days())).map(AsOf::new);
        let cut = cut.ok_or_else(|| Error::overflow("the cut lies before the calendar begins"))?;
        let split = ledger.split(cut, horizon)?;
        let now = split.observed();
        let mut left_out = Vec::new();
        let mut note = |stage, error: &Error| left_out.push(LeftOut::new(stage, error));
        let churn = self.try_churn(ledger, split).map_err(|e| note(Stage::Churn, &e)).ok();
        let model = self.ltv.fit(now).map_err(|e| note(Stage::Ltv, &e)).ok();
        let forecast = model.as_ref().map(|m| forecast_quality(m, split)).transpose();
        let ltv = forecast.map_err(|e| note(Stage::Ltv, &e)).ok().flatten();
        let tracking = model.as_ref().map(|m| tracking(m, split)).transpose()?.flatten();
        let recommend = self.try_recommend(split).map_err(|e| note(Stage::Recommend, &e)).ok();
        let identity = ledger.identity().at(cut);
        Ok(Backtest { as_of: cut, horizon, identity, churn, ltv, tracking, recommend, left_out })
    }

    /// Churn learned on splits before the cut, evaluated on the one at the cut.
    fn try_churn(&self, ledger: &Ledger, split: Split<'_>) -> Result<Evaluation> {
        let past = self.splits(ledger, split.as_of(), split.horizon())?;
        self.churn.fit(&past)?.evaluate(split)
    }

    /// The recommender fitted up to the cut, evaluated on each customer's first basket after it.
    fn try_recommend(&self, split: Split<'_>) -> Result<RankingQuality> {
        let truth = Baskets::next(&split, Occasion::Day)?;
        Ok(self.recommend.fit(split.observed())?.evaluate(&truth, LIST)?.mean())
    }
}

/// Days with a purchase within the holdout.
fn purchases_in(split: Split<'_>, customer: usize) -> u32 {
    let later = split.holdout().history_at(customer);
    let mut last = None;
    let bought = later.days().iter().enumerate().filter(|(i, _)| !later.is_refund(*i));
    bought.map(|(_, day)| u32::from(last.replace(*day) != Some(*day))).sum()
}

/// Predictions at the cut against purchases within the horizon, for every customer the model knows.
fn forecast_quality(model: &LtvModel, split: Split<'_>) -> Result<ForecastQuality> {
    let predicted = model.predict(split.observed(), split.horizon())?;
    let (mut actual, mut expected, mut absolute, mut squared) = (0.0, 0.0, 0.0, 0.0);
    for (customer, value) in predicted.iter() {
        let truth = f64::from(purchases_in(split, customer.index()));
        let error = value.purchases - truth;
        actual += truth;
        expected += value.purchases;
        absolute += error.abs();
        squared += error * error;
    }
    let n = predicted.len().max(1) as f64;
    Ok(ForecastQuality {
        customers: predicted.len(),
        actual,
        expected,
        mae: absolute / n,
        rmse: (squared / n).sqrt(),
        bias: (actual > 0.0).then(|| (expected - actual) / actual),
    })
}

/// The model's unconditional expectation for customers who began when these did, against what they bought.
///
/// E[X(t)] of a newcomer, for each customer's age at the end of each week, summed; ages are shared by customers who began
/// on one day, so the cost is O(weeks × first days), not O(weeks × customers). `None` beyond [`MOST_WEEKS`].
fn tracking(model: &LtvModel, split: Split<'_>) -> Result<Option<Tracking>> {
    let now = split.observed();
    let purchases = Purchases::observed(now, Occasion::Day, Refunds::Net)?;
    let first = purchases.first_days().iter().min().copied().unwrap_or(now.as_of().day());
    let (_, until) = split.holdout().days();
    if until - first > MOST_WEEKS * STEP_DAYS {
        return Ok(None);
    }
    let weeks = usize::try_from((until - first) / STEP_DAYS).unwrap_or(0);
    let known = usize::try_from((now.as_of().day() - first) / STEP_DAYS).unwrap_or(0);
    let week_of = |day: Day| usize::try_from((day - first - 1).div_euclid(STEP_DAYS)).unwrap_or(0);

    let mut actual = vec![0.0; weeks];
    for (row, customer) in purchases.customers().iter().enumerate() {
        let begun = purchases.first_days()[row];
        for day in repeat_days(now, split, customer.index(), begun) {
            if let Some(count) = actual.get_mut(week_of(day)) {
                *count += 1.0;
            }
        }
    }
    for w in 1..weeks {
        actual[w] += actual[w - 1];
    }

    let mut begun: Vec<i64> = purchases.first_days().iter().map(|d| *d - first).collect();
    begun.sort_unstable();
    let newcomer = RecencyFrequency::new(0.0, 0.0, 0.0)?;
    // Expected purchases by age in days; customers who began on one day share it.
    let unit = model.unit().in_days();
    let longest = usize::try_from(until - first).unwrap_or(0);
    let by_age: Vec<f64> =
        (0..=longest).map(|age| model.process().expected_purchases(&newcomer, age as f64 / unit)).collect();
    let expected = (1..=weeks)
        .map(|w| {
            let day = i64::try_from(w).unwrap_or(0) * STEP_DAYS;
            begun
                .chunk_by(|a, b| a == b)
                .filter_map(|same| {
                    let age = usize::try_from(day - same[0]).ok()?;
                    Some(same.len() as f64 * by_age.get(age)?)
                })
                .sum()
        })
        .collect();
    let days = (1..=weeks).filter_map(|w| first.checked_add(i64::try_from(w).ok()? * STEP_DAYS)).collect();
    Ok(Some(Tracking { days, actual, expected, known_weeks: known.min(weeks) }))
}

/// Days after the first on which a customer bought, up to the end of the holdout.
fn repeat_days<'a>(
    now: Observed<'a>,
    split: Split<'a>,
    customer: usize,
    begun: Day,
) -> impl Iterator<Item = Day> + use<'a> {
    let known = now.history_at(customer);
    let later = split.holdout().history_at(customer);
    let bought = known.into_iter().chain([later]).flat_map(|history| {
        history.days().iter().enumerate().filter(move |(i, _)| !history.is_refund(*i)).map(|(_, day)| *day)
    });
    let mut last = begun;
    bought.filter(move |day| *day > std::mem::replace(&mut last, *day))
}
