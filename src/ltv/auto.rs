//! The choice of [`LtvParams::auto`](super::LtvParams::auto): forecasts from inside the past, judged by what came.
//!
//! With a ledger, the models are fitted as of three dates: a half, five eighths and three quarters of the way from the
//! first purchase to the as-of day. Each forecasts the days that are left, and is judged by the log-likelihood of what
//! its customers then bought (P(n purchases), Good 1952's proper score). Two models are kept, the better of those who leave by a
//! coin and the better of those who leave by a clock: the two kinds err in different ways (the first keep customers who
//! never came back, the second lose them too fast), and their mean is more often near the truth than either (Bates
//! and Granger 1969, doi:10.1057/jors.1969.103). What both get wrong at the inner dates is the [`Drift`].
//!
//! # What is looked at
//!
//! | what | why |
//! |---|---|
//! | log-likelihood of counts | proper: nobody gains by saying other than what they believe; total and ranking both count |
//! | two kinds of leaving | a coin model and a clock model fitted to one past agree on it and part in the future |
//! | three dates | one may fall into a holiday; their windows all end on the as-of day, so that none looks ahead |
//! | 4,000 customers for the score, 40,000 distinct histories for the fits | more change no choice |
//!
//! # How well it does
//!
//! `ACCURACY.md` has the table: CDNOW and Online Retail cut at many dates, and simulated shops with and without trend,
//! season and regular buyers, beside Pareto/NBD. It is usually better, and sometimes worse: no rule from inside the past
//! knows what comes after it.
//!
//! Without a ledger (a table or a histogram of histories) nothing is known of the way to the as-of day: customers are
//! held out instead of days, and the best single model is kept.
//!
//! # Complexity
//! Three fits of each model, each on at most 40,000 distinct histories, and P(n purchases) of 4,000 customers for each model and
//! date. The second and third fit of a model start where the one before ended.
//!
//! # Determinism
//! Dates, likenesses and scored customers follow from the data; no chance enters. Of equal scores the first model wins.

use std::borrow::Cow;

use crate::data::{Observed, PurchaseHistory, TimeUnit};
use crate::error::Result;
use crate::kernel::par;
use crate::types::{AsOf, Horizon};

use super::drift::{CLASSES, Drift, Sums, class};
use super::fit;
use super::histogram::{Histogram, Runs};
use super::history::RecencyFrequency;
use super::params::{LtvParams, Model};
use super::process::PurchaseProcess;
use super::summary::Candidate;
use super::validate::holdout_purchases;

/// Where the inner dates lie between the first purchase and the as-of day.
const SHARES: [f64; 3] = [0.5, 0.625, 0.75];
/// Shorter periods than this have no inner dates: half of four weeks is no forecast.
const SHORTEST: i64 = 56;
/// Fewer customers than this say nothing about a forecast.
const FEWEST: usize = 50;
/// A likeness of many customers chooses as well as all of them.
pub(super) const ENOUGH: usize = 40_000;
/// Customers whose P(n purchases) is computed at an inner date.
const SCORED: usize = 4_000;

/// What the inner dates say: how each model did, which are kept, and what their mean got wrong.
pub(super) struct Choice {
    /// In the order of the parameters' models.
    pub(super) candidates: Vec<Candidate>,
    /// The models kept, the better one first.
    pub(super) members: Vec<Model>,
    pub(super) drift: Drift,
}

/// One forecast from an inner date, of one model fitted to what was known then.
///
/// `score` is the log-likelihood of what the scored customers then bought, in nats: the sum over dates decides.
struct Rehearsal {
    /// Expected purchases of each customer.
    expected: Vec<f64>,
    score: f64,
}

/// Fits and judges the models at the inner dates.
///
/// Each model starts the second and third date from its parameters at the one before, so that three fits cost little more than
/// one. The better coin and the better clock are found by the sum of their scores over the dates, the first of equal ones;
/// drift is what the plain mean of the two got wrong. Nothing after the as-of day is read: the windows end there.
///
/// `None` where the period is too short or has too few customers for inner dates.
pub(super) fn choose(params: &LtvParams, observed: Observed<'_>, unit: TimeUnit) -> Result<Option<Choice>> {
    let whole = PurchaseHistory::observed(observed, unit)?;
    let longest = whole.t().iter().fold(0.0_f64, |m, t| m.max(*t)) * unit.in_days();
    #[expect(clippy::cast_possible_truncation, reason = "days between two dates")]
    let span = longest.round() as i64;
    if span < SHORTEST || whole.len() < FEWEST {
        return Ok(None);
    }
    let mut pasts = Vec::new();
    for share in SHARES {
        #[expect(clippy::cast_possible_truncation, reason = "a share of the days")]
        let left = ((1.0 - share) * span as f64).round() as i64;
        let Some(day) = observed.as_of().day().checked_add(-left) else { continue };
        let horizon = Horizon::days(u32::try_from(left).unwrap_or(u32::MAX))?;
        // The window ends on the as-of day: nothing after it is read.
        let split = observed.ledger().split(AsOf::new(day), horizon)?;
        let Ok(history) = PurchaseHistory::observed(split.observed(), unit) else { continue };
        if history.len() >= FEWEST {
            let actual = holdout_purchases(split, &history)?;
            pasts.push((history, actual, left as f64 / unit.in_days()));
        }
    }
    if pasts.is_empty() {
        return Ok(None);
    }
    let histograms: Vec<_> = pasts.iter().map(|(history, ..)| Histogram::new(history)).collect();
    let rehearse = |model: Model| -> Vec<Rehearsal> {
        let mut start: Option<Vec<f64>> = None;
        let runs = pasts.iter().zip(&histograms).map(|((history, actual, t), histogram)| {
            let runs = likeness(&histogram.purchases);
            let fitted = fit::fit(model, &runs, &runs.weights(), start.as_deref(), params.prior);
            let process = PurchaseProcess::raw(model, &fitted.theta);
            start = Some(fitted.theta);
            rehearsal(&process, history, actual, *t)
        });
        runs.collect()
    };
    let rehearsals: Vec<_> = params.models.iter().map(|model| rehearse(*model)).collect();
    let candidates: Vec<_> = params
        .models
        .iter()
        .zip(&rehearsals)
        .map(|(model, r)| Candidate {
            model: *model,
            held_out_log_likelihood: r.iter().map(|r| r.score).sum(),
        })
        .collect();
    // The best coin and the best clock; the first of equal ones.
    let best = |clock: bool| {
        let of_kind = (0..candidates.len()).filter(|i| candidates[*i].model.leaves_by_clock() == clock);
        of_kind.fold(None::<usize>, |best, i| match best {
            Some(b) if candidates[b].held_out_log_likelihood >= candidates[i].held_out_log_likelihood => {
                Some(b)
            }
            _ => Some(i),
        })
    };
    let mut kept: Vec<usize> = [best(false), best(true)].into_iter().flatten().collect();
    let score = |i: usize| candidates[i].held_out_log_likelihood;
    kept.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
    let mut classes = [Sums::default(); CLASSES];
    for (i, (history, actual, _)) in pasts.iter().enumerate() {
        for (row, y) in actual.iter().enumerate() {
            let sum: f64 = kept.iter().map(|m| rehearsals[*m][i].expected[row]).sum();
            let forecast = sum / kept.len() as f64;
            let sums = &mut classes[class(history.x()[row])];
            sums.actual += y;
            sums.forecast += forecast;
            sums.squares += (y - forecast) * (y - forecast);
        }
    }
    let members = kept.iter().map(|i| candidates[*i].model).collect();
    Ok(Some(Choice { members, drift: Drift::from_errors(&classes, pasts.len()), candidates }))
}

/// All keys, or every n-th of very many: a fixed stride in the order of keys, so that the choice has no chance in it.
pub(super) fn likeness(runs: &Runs) -> Cow<'_, Runs> {
    if runs.count.len() > 2 * ENOUGH {
        Cow::Owned(runs.thinned(runs.count.len() / ENOUGH))
    } else {
        Cow::Borrowed(runs)
    }
}

/// Expected purchases of all customers of an inner date, and the score over some of them.
fn rehearsal(process: &PurchaseProcess, history: &PurchaseHistory, actual: &[f64], t: f64) -> Rehearsal {
    let n = history.len();
    let customer =
        |i: usize| RecencyFrequency { x: history.x()[i], t_x: history.t_x()[i], t: history.t()[i] };
    let expected = par::map(n, |i| process.expected_purchases(&customer(i), t));
    let stride = n.div_ceil(SCORED).max(1);
    let scores = par::map(n.div_ceil(stride), |j| {
        let i = j * stride;
        process.pmf(&customer(i), t, actual[i]).max(1e-300).ln()
    });
    Rehearsal { expected, score: scores.iter().sum() }
}
