//! `Backtest`: how good the answers would have been one horizon ago.
//!
//! The only honest figure about a forecast is one on days it did not know. A back-test goes one horizon into the past,
//! fits everything there, and looks at what came.

use crate::churn;
use crate::data::{Identity, Ledger, Occasion, Split};
use crate::error::{Error, Result};
use crate::ltv;
use crate::metrics::ranking::RankingQuality;
use crate::recommend::Baskets;
use crate::types::{AsOf, Horizon};

use super::model::{LeftOut, Stage};
use super::params::PipelineParams;

/// Length of the ranked lists.
const LIST: usize = 10;

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
/// assert!(ltv.model.mae.value <= ltv.model.rmse.value); // as for any errors
///
/// let tracking = ltv.tracking.expect("days less than two centuries apart");
/// assert_eq!(tracking.actual.len(), tracking.days.len());
/// assert!(tracking.known_weeks < tracking.days.len()); // the rest was forecast
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Backtest {
    /// The cut: the last day the models knew.
    pub as_of: AsOf,
    /// Length of the days they were scored on.
    pub horizon: Horizon,
    /// Whether the people of the ledger could be told apart at the cut, or only in hindsight.
    pub identity: Identity,
    /// Quality of the churn probabilities.
    pub churn: Option<churn::Evaluation>,
    /// Quality of the forecast of purchases, beside baselines, with intervals and week by week.
    pub ltv: Option<ltv::Evaluation>,
    /// Quality of the lists of ten next items, over customers who came back, with the first basket after the cut as truth.
    pub recommend: Option<RankingQuality>,
    /// Stages that could not be tried, with their reasons.
    pub left_out: Vec<LeftOut>,
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
        let ltv = self.ltv.fit(now).and_then(|model| model.evaluate(split));
        let ltv = ltv.map_err(|e| note(Stage::Ltv, &e)).ok();
        let recommend = self.try_recommend(split).map_err(|e| note(Stage::Recommend, &e)).ok();
        let identity = ledger.identity().at(cut);
        Ok(Backtest { as_of: cut, horizon, identity, churn, ltv, recommend, left_out })
    }

    /// Churn learned on splits before the cut, evaluated on the one at the cut.
    fn try_churn(&self, ledger: &Ledger, split: Split<'_>) -> Result<churn::Evaluation> {
        let past = self.splits(ledger, split.as_of(), split.horizon())?;
        self.churn.fit(&past)?.evaluate(split)
    }

    /// The recommender fitted up to the cut, evaluated on each customer's first basket after it.
    fn try_recommend(&self, split: Split<'_>) -> Result<RankingQuality> {
        let truth = Baskets::next(&split, Occasion::Day)?;
        Ok(self.recommend.fit(split.observed())?.evaluate(&truth, LIST)?.mean())
    }
}
