//! `NextPurchaseModel`: the fitted model.
//!
//! # Lessons
//! Every 14 days, up to 26 times, the past is cut: at a cut c the state of each subject is what was known on day c, and the
//! periods after it are asked in turn whether the next purchase fell into them.
//!
//! | at a cut 28 days ago, next purchase 8 days after it | lesson |
//! |---|---|
//! | periods that end on days 1, 2, 3, 5, 7 | no |
//! | the period that ends on day 10 | yes, and the subject's lessons of this cut end |
//!
//! Without that purchase the periods up to day 21 are "no" and that to day 30 is left out: it has not ended. That
//! is right censoring, and the product of the chances of all lessons of a cut is its likelihood,
//! `Π (1 − h(k))` over the silent periods times h of the last where the purchase came (Cox 1972).
//!
//! A lesson of age a days weighs `0.5^(a / 90)`: 1 now, a half after a quarter of a year, 0.06 for the oldest cut.
//!
//! # Numbers
//! | quantity | bound |
//! |---|---|
//! | lessons | about 250,000: with more, every so many-th subject teaches at each cut, others at the next |
//! | coefficients | 1 + 7 · 9 + 4 · 25 = 164 |
//! | a prediction | 18 sums of 11 terms |
//!
//! # Assumptions
//! Cuts of one subject overlap in what came after them and are not independent: the estimates stand, but the likelihood would
//! promise too much precision, which is why no standard errors are given.
//!
//! # Determinism
//! Subjects come in the order of customers and items, cuts from the latest back; who teaches at a cut follows from its number.

use std::fmt;

use crate::data::{Observed, PerCustomer};
use crate::error::{Error, Result};
use crate::kernel::par;
use crate::kernel::special::{normal_cdf, sigmoid};
use crate::types::{AsOf, Day, Key, Provenance};

use super::super::additive::{Additive, Pair, Rows, Scorer};
use super::super::baskets::NONE;
use super::date::{ENDS, NextDate};
use super::params::{NextPurchaseParams, Subject, Timing};
use super::states::{Gaps, Sequence, State, WIDTH, all_sequences};

/// Days between the cuts that teach.
const EVERY: i64 = 14;
/// Cuts at most.
const CUTS: i64 = 26;
/// (subject, period) pairs learned from, about.
const PAIRS: usize = 250_000;
/// Days after which a lesson weighs half.
const HALF_LIFE: f64 = 90.0;
/// Which features act together: period with silence, gap and overdueness; silence with count.
///
/// A hazard that depends on the period alone is one shape for all; the pairs with the period let its peak lie where the gap
/// and the silence say.
const TOGETHER: [Pair; 4] = [(0, 4), (0, 3), (2, 4), (3, 4)];

/// Foresees next purchases.
///
/// ```
/// use regulars::{data::*, recommend::*, types::*};
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?))?;
/// # let ledger = builder.build()?;
/// let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
/// let model = NextPurchaseParams::new().fit(now)?;
/// assert_eq!(model.summary().subjects, 1);
/// # Ok::<(), regulars::Error>(())
/// ```
#[derive(Clone)]
pub struct NextPurchaseModel {
    pub(super) subject: Subject,
    pub(super) gaps: Gaps,
    pub(super) hazard: Option<Additive>,
    pub(super) summary: NextPurchaseSummary,
    pub(super) provenance: Provenance,
}

/// What a model was fitted on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NextPurchaseSummary {
    /// How times are foreseen: lognormal gaps where too little was known to learn a hazard.
    pub timing: Timing,
    /// Customers, or pairs of customer and item.
    pub subjects: u64,
    /// (subject, period) pairs learned from.
    pub rows: u64,
    /// Steps of the fit, 0 where nothing was learned.
    pub iterations: u32,
    /// Whether they met their criterion; true where nothing was learned.
    pub converged: bool,
    /// Mean days between two purchases.
    pub mean_gap: f64,
}

impl NextPurchaseModel {
    /// Where the data of the fit came from: currency, meaning of days, last known day, label.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Under [`Timing::LognormalGaps`] there are no lessons and so no hazard: the fallback and the choice are one path.
    pub(super) fn new(params: NextPurchaseParams, now: Observed<'_>) -> Result<Self> {
        let sequences = all_sequences(now, params.subject)?;
        let as_of = now.as_of().day();
        let gaps = Gaps::of(&sequences, as_of);
        let rows = match params.timing {
            Timing::Hazard => lessons(&sequences, as_of, &gaps),
            Timing::LognormalGaps => Rows::default(),
        };
        let pairs = rows.y.len() as u64;
        let hazard = Additive::fit(rows, WIDTH, &TOGETHER);
        let summary = NextPurchaseSummary {
            timing: if hazard.is_some() { Timing::Hazard } else { Timing::LognormalGaps },
            subjects: sequences.iter().map(Vec::len).sum::<usize>() as u64,
            rows: pairs,
            iterations: hazard.as_ref().map_or(0, |h| h.iterations),
            converged: hazard.as_ref().is_none_or(|h| h.converged),
            mean_gap: gaps.mean,
        };
        Ok(Self { subject: params.subject, gaps, hazard, summary, provenance: now.provenance() })
    }

    /// What the model was fitted on.
    pub fn summary(&self) -> NextPurchaseSummary {
        self.summary
    }

    /// The next purchase of every customer known as of the day.
    ///
    /// A customer all of whose rows are refunds or cost nothing is given the distribution of everybody's gap.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the model foresees items: use
    /// [`predict_items`](Self::predict_items).
    pub fn predict(&self, now: Observed<'_>) -> Result<PerCustomer<NextDate>> {
        if self.subject != Subject::Customer {
            return Err(Error::input("this model foresees items: use `predict_items`"));
        }
        let dates = self.dates(now)?;
        let customers = dates.customers().clone();
        let first = |own: Vec<(u32, NextDate)>| own.into_iter().map(|(_, date)| date).next();
        PerCustomer::new(customers, dates.into_values().into_iter().filter_map(first).collect())
    }

    /// The dates of every subject of every customer, by item number. A customer without a purchase has everybody's, where
    /// customers are foreseen.
    pub(super) fn dates(&self, now: Observed<'_>) -> Result<PerCustomer<Vec<(u32, NextDate)>>> {
        self.provenance.check(&now.provenance())?;
        let as_of = now.as_of();
        let all = all_sequences(now, self.subject)?;
        let hazard = self.hazard.as_ref().map(Additive::scorer);
        let date = |days: &[Day]| self.date(hazard.as_ref(), State::at(days, as_of.day()), as_of);
        let dates = par::map(all.len(), |customer| {
            let of = |s: &Sequence| (s.item, date(&s.days));
            let mut own: Vec<(u32, NextDate)> = all[customer].iter().map(of).collect();
            if own.is_empty() && self.subject == Subject::Customer {
                own.push((NONE, date(&[as_of.day()])));
            }
            own
        });
        PerCustomer::new(now.customers(), dates)
    }

    /// The next purchase of every item that each customer has bought, by item key.
    ///
    /// ```
    /// use regulars::{data::*, recommend::*, types::*};
    /// # let mut builder = Ledger::builder(Currency::EUR);
    /// # builder.push(Transaction::new("ann", Day::ymd(2024, 5, 1)?).item("tea"))?;
    /// # let ledger = builder.build()?;
    /// let now = ledger.observed(AsOf::ymd(2024, 5, 24)?)?;
    /// let model = NextPurchaseParams::new().subject(Subject::CustomerItem).fit(now)?;
    /// assert_eq!(model.predict_items(now)?.by_key("ann").map(Vec::len), Some(1));
    /// # Ok::<(), regulars::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the model foresees customers as a whole.
    pub fn predict_items(&self, now: Observed<'_>) -> Result<PerCustomer<Vec<(Key<'static>, NextDate)>>> {
        if self.subject != Subject::CustomerItem {
            return Err(Error::input("this model foresees customers: use `predict`"));
        }
        let dates = self.dates(now)?.into_values();
        let items = now.ledger().items();
        let key = |item: u32| items.and_then(|keys| keys.get(item as usize)).map(Key::into_owned);
        let named = dates.into_iter().map(|own| {
            own.into_iter().filter_map(|(item, date)| Some((key(item)?, date))).collect::<Vec<_>>()
        });
        PerCustomer::new(now.customers(), named.collect())
    }

    /// The distribution that follows from a state: survival to the end of each period, `S(k) = Π (1 − h(k))`, or the lognormal
    /// tail given the silence so far, `P(gap > since + d) / P(gap > since)`.
    ///
    /// By hand: hazards of 0.2 and 0.25 in the first two periods leave 0.8 and 0.8 · 0.75 = 0.6 after them. For lognormal gaps of
    /// mean log ln 10 and deviation 1, ten days silent: P(gap > 10) = 0.5 and P(gap > 20) = Φ(−0.69) = 0.24, so that the chance
    /// of ten more silent days is 0.49. A subject without a state has the chance 0 of coming on any day.
    fn date(&self, hazard: Option<&Scorer>, state: Option<State>, as_of: AsOf) -> NextDate {
        let Some(state) = state else { return NextDate::new(as_of, 0.0, self.gaps.mean, [1.0; ENDS.len()]) };
        let mut survival = [1_f32; ENDS.len()];
        if let Some(hazard) = hazard {
            let mut x = state.features(&self.gaps);
            let mut silent = 1.0;
            for (k, s) in survival.iter_mut().enumerate() {
                x[0] = k as f32;
                silent *= sigmoid(-hazard.log_odds(&x));
                *s = narrow(silent);
            }
        } else {
            // P(gap > since + d | gap > since).
            let (mean, sd) = state.log_gap(&self.gaps);
            let tail = |days: f64| normal_cdf((mean - days.ln()) / sd).max(1e-12);
            let now = tail(state.since.max(0.5));
            for (end, s) in ENDS.iter().zip(&mut survival) {
                *s = narrow((tail(state.since + f64::from(*end)) / now).min(1.0));
            }
        }
        NextDate::new(as_of, state.since, state.gap(&self.gaps), survival)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a probability; half a digit less than f32 keeps is enough"
)]
fn narrow(p: f64) -> f32 {
    p as f32
}

/// (state at a cut, period) pairs, and whether the purchase came in the period. Only periods that ended before the
/// as-of day and that the subject entered without a purchase.
///
/// Rows are `f32` features, the outcome, and the weight; their number is what [`NextPurchaseSummary::rows`] tells.
fn lessons(sequences: &[Vec<Sequence>], as_of: Day, gaps: &Gaps) -> Rows<WIDTH> {
    let mut rows = Rows::default();
    let flat: Vec<&Sequence> = sequences.iter().flatten().collect();
    let Some(first) = flat.iter().filter_map(|s| s.days.first()).min() else { return rows };
    let cuts = ((as_of - *first) / EVERY).min(CUTS);
    // About half of the periods are entered.
    let most = flat.len().saturating_mul(usize::try_from(cuts).unwrap_or(0)) * ENDS.len() / 2;
    let every = most.div_ceil(PAIRS).max(1);
    for k in 1..=cuts {
        let Some(cut) = as_of.checked_add(-k * EVERY) else { break };
        let age = (as_of - cut) as f64;
        #[expect(clippy::cast_possible_truncation, reason = "a weight of at most 1")]
        let weight = 0.5_f64.powf(age / HALF_LIFE) as f32;
        let turn = usize::try_from(k).unwrap_or(0);
        for sequence in flat.iter().skip(turn % every).step_by(every) {
            let Some(state) = State::at(&sequence.days, cut) else { continue };
            let next = sequence.days.get(sequence.days.partition_point(|day| *day <= cut));
            let mut x = state.features(gaps);
            for (period, end) in ENDS.iter().enumerate() {
                if i64::from(*end) > as_of - cut {
                    break;
                }
                let came = next.is_some_and(|day| *day - cut <= i64::from(*end));
                x[0] = period as f32;
                rows.x.push(x);
                rows.y.push(came);
                rows.weight.push(weight);
                if came {
                    break;
                }
            }
        }
    }
    rows
}

/// Prints counts, never keys.
impl fmt::Debug for NextPurchaseModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.summary;
        write!(
            f,
            "NextPurchaseModel({:?}, {:?}, {} subjects, {} rows)",
            self.subject, s.timing, s.subjects, s.rows
        )
    }
}
