//! `PipelineParams`: the stages' parameters in one place.
//!
//! The pipeline adds two knobs of its own (how many past dates churn learns on, how long the lists of next items are) and
//! passes everything else through.

use crate::churn::{ChurnParams, Method as ChurnMethod};
use crate::data::{Features, Ledger, Split, TierParams};
use crate::error::{Error, Result};
use crate::ltv::{LtvParams, Model};
use crate::recommend::{Method as ItemMethod, NextItemParams};
use crate::rfm::{RfmParams, SegmentMap};
use crate::segment::KMeansParams;
use crate::types::{AsOf, Horizon};

use super::model::{LeftOut, Pipeline, Stage};

/// The parameters of every stage, each with its module's default.
///
/// ```
/// use regulars::pipeline::PipelineParams;
/// use regulars::segment::KMeansParams;
///
/// let params = PipelineParams::new().segment(KMeansParams::new(5)).churn_dates(2).next_items(3);
/// assert!(params.check().is_ok());
/// ```
///
/// | knob | default | why |
/// |---|---|---|
/// | [`rfm`](Self::rfm) | quintiles | the named segments need five bins |
/// | [`segment`](Self::segment) | k chosen from 2 to 12 | nobody knows it beforehand |
/// | [`churn`](Self::churn) | of its module | |
/// | [`ltv`](Self::ltv) | the process chosen by likelihood | |
/// | [`tiers`](Self::tiers) | of its module | |
/// | [`recommend`](Self::recommend) | of its module | |
/// | [`churn_dates`](Self::churn_dates) | 3 | more dates say more about seasons, and cost as much each |
/// | [`next_items`](Self::next_items) | 5 | what fits an e-mail |
/// | [`interval`](Self::interval) | none | an interval costs some hundred times the estimate |
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct PipelineParams {
    pub(super) rfm: RfmParams,
    pub(super) segment: KMeansParams,
    pub(super) churn: ChurnParams,
    pub(super) ltv: LtvParams,
    pub(super) tiers: TierParams,
    pub(super) recommend: NextItemParams,
    pub(super) churn_dates: u32,
    pub(super) next_items: usize,
    pub(super) interval: Option<f64>,
}

/// As [`PipelineParams::new`].
impl Default for PipelineParams {
    fn default() -> Self {
        Self::new()
    }
}

impl PipelineParams {
    /// Every stage with its default; churn learns on up to three dates, five next items a customer.
    ///
    /// Nothing must be chosen to begin with. What is worth choosing first: the horizon at
    /// [`fit`](Self::fit), which is a question of the business, not of the data.
    pub fn new() -> Self {
        Self {
            rfm: RfmParams::new(),
            segment: KMeansParams::auto(2..=12),
            churn: ChurnParams::new(),
            ltv: LtvParams::auto(),
            tiers: TierParams::new(),
            recommend: NextItemParams::new(),
            churn_dates: 3,
            next_items: 5,
            interval: None,
        }
    }

    /// Every stage with the plain model of its field, for a first look, a large shop, or a baseline to beat: ten times
    /// as fast as [`new`](Self::new) where there are items, and less accurate by what `ACCURACY.md` says of each.
    ///
    /// | stage | plain | otherwise |
    /// |---|---|---|
    /// | segments | k-means with k = 5 | k chosen from 2 to 12 |
    /// | churn | logistic regression, linear in its features | splines and pairs where they pay |
    /// | lifetime value | BG/NBD with Gamma-Gamma | the process chosen by likelihood |
    /// | next items | the most frequent of one's own, then everybody's (GP-TopFreq) | the learned ranker |
    ///
    /// Everything else is as in [`new`](Self::new), and each stage can still be set.
    ///
    /// ```
    /// use regulars::pipeline::PipelineParams;
    /// use regulars::simulate::ShopParams;
    /// use regulars::types::{AsOf, Horizon, Seed};
    ///
    /// let ledger = ShopParams::new(300, Seed(1)).simulate()?.ledger()?;
    /// let as_of = AsOf::new(ledger.covers().1);
    /// let pipeline = PipelineParams::plain().fit(&ledger, as_of, Horizon::days(60)?)?;
    /// assert_eq!(pipeline.segment().map(|model| model.k()), Some(5));
    /// assert_eq!(pipeline.ltv().map(|model| model.process().model().to_string()), Some("BG/NBD".into()));
    /// assert_eq!(pipeline.recommend().map(|model| model.summary().ranker.is_none()), Some(true));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn plain() -> Self {
        Self::new()
            .segment(KMeansParams::new(5))
            .churn(ChurnParams::new().method(ChurnMethod::Plain))
            .ltv(LtvParams::new(Model::BgNbd))
            .recommend(NextItemParams::new().method(ItemMethod::GpTopFreq))
    }

    /// Parameters of the RFM scores. Other bins than five on each axis have scores, but no named segments.
    ///
    /// ```
    /// # use regulars::data::{Ledger, Transaction};
    /// # use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # for i in 0..12 {
    /// #     let day = Day::new(19_800 + i * 7);
    /// #     builder.push(Transaction::new(i64::from(i % 4), day).amount(Amount::minor(100 + i64::from(i))))?;
    /// # }
    /// # let ledger = builder.build()?;
    /// # let as_of = AsOf::new(ledger.covers().1);
    /// use regulars::pipeline::PipelineParams;
    /// use regulars::rfm::RfmParams;
    ///
    /// let params = PipelineParams::new().rfm(RfmParams::new().bins(3));
    /// let pipeline = params.fit(&ledger, as_of, Horizon::days(14)?)?;
    /// assert_eq!(pipeline.rfm().map(|model| model.bins()), Some([3, 3, 3]));
    /// assert!(pipeline.rfm_segments().is_none());
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn rfm(mut self, params: RfmParams) -> Self {
        self.rfm = params;
        self
    }

    /// Parameters of the segments. A fixed number of groups is several times faster than choosing one.
    pub fn segment(mut self, params: KMeansParams) -> Self {
        self.segment = params;
        self
    }

    /// Parameters of the churn model. The horizon is the pipeline's.
    pub fn churn(mut self, params: ChurnParams) -> Self {
        self.churn = params;
        self
    }

    /// Parameters of the lifetime model. Its horizon is the pipeline's, too.
    pub fn ltv(mut self, params: LtvParams) -> Self {
        self.ltv = params;
        self
    }

    /// Parameters of the value tiers.
    pub fn tiers(mut self, params: TierParams) -> Self {
        self.tiers = params;
        self
    }

    /// Parameters of the recommender. Without items in the ledger the stage is left out, whatever they say.
    pub fn recommend(mut self, params: NextItemParams) -> Self {
        self.recommend = params;
        self
    }

    /// How many past dates churn may learn on, 1 to 24: the latest is a horizon before `as_of`, each further one a horizon
    /// earlier, as far back as the ledger goes.
    ///
    /// With `as_of` 31 December, a horizon of 30 days and three dates: 1 December, 1 November and 2 October, each with the 30
    /// days after it as labels.
    pub fn churn_dates(mut self, dates: u32) -> Self {
        self.churn_dates = dates;
        self
    }

    /// How many next items each customer's row holds, at least 1; the recommender may have fewer to offer.
    pub fn next_items(mut self, items: usize) -> Self {
        self.next_items = items;
        self
    }

    /// Intervals of that level, between 0 and 1, around each customer's purchases and value in every table.
    ///
    /// They say what a customer will do, not how well the mean is known: at 0.9, nine of ten customers end up inside. Off
    /// unless asked for, since they cost some hundred times the estimates: 10 to 1,000 microseconds a customer.
    ///
    /// ```
    /// # use regulars::churn::{ChurnParams, Method};
    /// # use regulars::ltv::{LtvParams, Model};
    /// # use regulars::segment::KMeansParams;
    /// # use regulars::simulate::ShopParams;
    /// # use regulars::types::{AsOf, Expected, Horizon, Seed};
    /// use regulars::pipeline::PipelineParams;
    ///
    /// # let ledger = ShopParams::new(150, Seed(1)).simulate()?.ledger()?;
    /// # let as_of = AsOf::new(ledger.covers().1);
    /// # let quick = PipelineParams::new()
    /// #     .segment(KMeansParams::new(3))
    /// #     .ltv(LtvParams::new(Model::BgNbd))
    /// #     .churn(ChurnParams::new().method(Method::Plain));
    /// let pipeline = quick.interval(0.9).fit(&ledger, as_of, Horizon::days(60)?)?;
    /// for row in pipeline.predict(&ledger, as_of)?.rows() {
    ///     let (low, high) = row.value_interval.expect("a lifetime model and amounts");
    ///     assert!(Expected::ZERO <= low && low <= high);
    ///     let purchases = row.interval.expect("asked for").purchases;
    ///     assert!(purchases.0 <= purchases.1);
    /// }
    /// # Ok::<(), regulars::Error>(())
    /// ```
    pub fn interval(mut self, level: f64) -> Self {
        self.interval = Some(level);
        self
    }

    /// Whether every parameter lies in its domain; the first line of [`fit`](Self::fit).
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) naming the parameter:
    ///
    /// ```
    /// use regulars::pipeline::PipelineParams;
    /// let error = PipelineParams::new().churn_dates(0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "parameter `churn_dates`: must be 1 to 24, got 0");
    /// ```
    pub fn check(&self) -> Result<()> {
        if !(1..=24).contains(&self.churn_dates) {
            return Err(Error::param("churn_dates", "must be 1 to 24", self.churn_dates));
        }
        if self.next_items == 0 {
            return Err(Error::param("next_items", "must be at least 1", self.next_items));
        }
        if let Some(level) = self.interval {
            check_level(level)?;
        }
        self.rfm.check()?;
        self.segment.check()?;
        self.churn.check()?;
        self.ltv.check()?;
        self.tiers.check()?;
        self.recommend.check()
    }

    /// Learns every stage on what the ledger knows as of a day.
    ///
    /// Stages are fitted one after the other, each in parallel. One that cannot be fitted is listed in
    /// [`Pipeline::left_out`] with its reason; only when none can is that an error.
    ///
    /// ```
    /// use regulars::ErrorKind;
    /// use regulars::data::{Ledger, Transaction};
    /// use regulars::pipeline::{PipelineParams, Stage};
    /// use regulars::types::{Amount, AsOf, Currency, Day, Horizon};
    ///
    /// // Four customers, no items: scores and groups, but nothing to recommend.
    /// let mut builder = Ledger::builder(Currency::EUR);
    /// for i in 0..12 {
    ///     let day = Day::new(19_800 + i * 7);
    ///     builder.push(Transaction::new(i64::from(i % 4), day).amount(Amount::minor(100 + i64::from(i))))?;
    /// }
    /// let ledger = builder.build()?;
    /// let pipeline = PipelineParams::new().fit(&ledger, AsOf::new(ledger.covers().1), Horizon::days(14)?)?;
    /// assert!(pipeline.rfm().is_some() && pipeline.recommend().is_none());
    /// assert!(pipeline.left_out().iter().any(|left| left.stage == Stage::Recommend));
    ///
    /// let nobody = PipelineParams::new().fit(&ledger, AsOf::new(Day::new(0)), Horizon::days(14)?).unwrap_err();
    /// assert_eq!(nobody.kind(), ErrorKind::EmptyInput);
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check); [`EmptyInput`](crate::ErrorKind::EmptyInput) where no customer is known as of the day or
    /// none has a purchase, or no stage could be fitted (the message lists why);
    /// [`Overflow`](crate::ErrorKind::Overflow) where a customer's spend does not fit 64 bits.
    pub fn fit(&self, ledger: &Ledger, as_of: AsOf, horizon: Horizon) -> Result<Pipeline> {
        self.check()?;
        let now = ledger.observed(as_of)?;
        let mut left_out = Vec::new();
        let mut keep = Keep(&mut left_out);
        let rfm = keep.stage(Stage::Rfm, self.rfm.fit(now));
        let segment = keep.stage(Stage::Segment, Features::behaviour(now).and_then(|f| self.segment.fit(&f)));
        let splits = self.splits(ledger, as_of, horizon);
        let churn = keep.stage(Stage::Churn, splits.and_then(|splits| self.churn.fit(&splits)));
        let ltv = keep.stage(Stage::Ltv, self.ltv.fit(now));
        let recommend = keep.stage(Stage::Recommend, self.recommend.fit(now));
        // Other bins than five have no named segments; scores do without.
        let named = rfm.as_ref().and_then(|m| SegmentMap::standard(m.bins()).ok());
        if left_out.len() == Stage::ALL {
            let reasons: Vec<String> = left_out.iter().map(ToString::to_string).collect();
            return Err(Error::empty(format!("no stage could be fitted: {}", reasons.join("; "))));
        }
        let mut pipeline = Pipeline {
            horizon,
            rfm,
            named,
            segment,
            churn,
            ltv,
            tiers: None,
            recommend,
            next_items: self.next_items,
            interval: self.interval,
            left_out,
            provenance: now.provenance(),
        };
        let value = pipeline.ltv.as_ref().map(|model| model.predict(now, horizon)).transpose()?;
        if let Some(scores) = pipeline.tier_scores(now, value.as_ref())? {
            if scores.is_empty() {
                return Err(Error::empty("no customer has a purchase on or before the as-of day"));
            }
            pipeline.tiers = Some(self.tiers.fit(&scores)?);
        }
        Ok(pipeline)
    }

    /// The past splits that churn learns on, latest first. None of them reaches beyond `as_of`: labels are complete, and the
    /// days after `as_of` stay unseen. Too short a past is an error of the first date only; further ones are then not used.
    pub(super) fn splits<'a>(
        &self,
        ledger: &'a Ledger,
        as_of: AsOf,
        horizon: Horizon,
    ) -> Result<Vec<Split<'a>>> {
        let step = i64::from(horizon.in_days());
        let mut splits = Vec::new();
        for back in 1..=i64::from(self.churn_dates) {
            let cut = as_of.day().checked_add(-back * step).map(AsOf::new);
            // A date needs a past as long as the horizon: with less, nobody has had the time to fall silent.
            let Some(cut) = cut.filter(|c| c.day() - ledger.covers().0 >= step || back == 1) else { break };
            match ledger.split(cut, horizon) {
                Ok(split) => splits.push(split),
                Err(error) if splits.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(splits)
    }
}

/// A level of intervals lies strictly between 0 and 1.
pub(super) fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(Error::param("interval", "must lie between 0 and 1", level))
    }
}

/// Keeps a stage, or the reason why it is missing.
struct Keep<'a>(&'a mut Vec<LeftOut>);

impl Keep<'_> {
    /// The model of a stage that worked; of one that did not, its error goes to the list.
    fn stage<T>(&mut self, stage: Stage, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(LeftOut::new(stage, &error))).ok()
    }
}
