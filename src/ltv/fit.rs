//! Maximum likelihood on a histogram.
//!
//! # The search
//!
//! All parameters are positive, so the search runs in their logarithms: no step can leave the domain, scales of time do not
//! matter, and Wald intervals on that scale are positive. Value, gradient and Hessian come from one pass over the distinct
//! histories, each counted with its number of customers; a trust-region Newton method
//! ([`Search`]) takes five to twenty such passes.
//!
//! # Where it starts
//!
//! At two or three fixed points about typical values of the data: shapes of 1, alpha at the mean time between purchases,
//! beta at the mean time of observation. No chance. Above 12,000 distinct histories the climbs from all starts run on
//! about 6,000 of them, every n-th, and one climb on all of them from the best point found: the start costs
//! nothing then, and the end is that of all the data.
//!
//! The box is e^±16 about the typical values, wide enough that an estimate on its edge says something about the data:
//!
//! | end | means | example |
//! |---|---|---|
//! | inside, curved | the usual maximum | CDNOW, all models but GGompertz/NBD |
//! | on an edge | a simpler model wants to be it | GGompertz/NBD on CDNOW: b to 0; BG/NBD where nobody leaves: a / b to 0 |
//! | flat | the data do not tell some parameters apart | ten customers who each bought once |
//!
//! # Beliefs
//!
//! A [`Belief`] adds normal laws of the logarithms: a weak one for `auto`, so that an edge does not become a forecast of
//! eternal life; those of the cohorts about the whole. Reported likelihoods never contain them.
//!
//! # Cost
//!
//! | model | per distinct history and pass |
//! |---|---|
//! | BG/NBD, MBG/NBD | one logarithm, one exponential and twelve sums |
//! | Pareto/NBD, GGompertz/NBD | one to three panels of 6 to 16 nodes with derivatives, some logarithms each |
//! | CNBD-k | k products of [`Jet`](super::jet::Jet)s |
//!
//! # Determinism
//!
//! Keys are summed in fixed segments of at most 2,048, segments in fixed groups of four, groups in order: the bits of the sum,
//! and so the whole path, do not depend on the number of threads, on the order of the customers or on how shards were
//! merged.
//!
//! # By hand
//! Customers observed for 39 weeks on average who come back once on average: the typical gap is 39 / 1 = 39 weeks, ln 39 = 3.66.
//! The search for BG/NBD then starts at ln alpha = 3.66 - .7 and 3.66 + .7, that is 19 and 79 weeks, and its box reaches from
//! 39 e^-16 to 39 e^16, from some three seconds to six million years.
//!
//! A prior of standard deviation 5 about the centre costs .5 nats at a factor of e^5 = 148, and 5.1 at the edge of the box.
//!
//! # From the maximum to standard errors
//! The covariance of the logarithms is the inverse of minus the Hessian at the maximum; with s the standard error of ln theta,
//! theta has the standard error theta s and the interval theta e^(± 1.96 s). Where the end is an edge or flat there is none.
//!
//! # Errors
//! None: every search has an end, which the summary reports. That a model cannot be fitted to some data (times that are not
//! whole for BG/BB) is checked before.
//!
//! # References
//! Nocedal and Wright 2006, Numerical Optimization, chapter 4, doi:10.1007/978-0-387-40065-5 (the trust region)

use crate::kernel::optim::{End, Eval, Maximum, Search, covariance};
use crate::kernel::par;

use super::betageo::{BetaGeometric, Coin};
use super::discrete::BetaBernoulli;
use super::dropout::{GammaGompertz, NbdWith, Pareto};
use super::erlang::Erlang;
use super::histogram::Runs;
use super::history::RecencyFrequency;
use super::{Model, Prior};

/// A maximum in the parameters themselves; the search runs in their logarithms.
pub(super) struct Fitted<const N: usize> {
    pub(super) theta: [f64; N],
    pub(super) maximum: Maximum<N>,
    /// Covariance of the logarithms, where the Hessian is negative definite.
    pub(super) covariance: Option<[[f64; N]; N]>,
}

/// A normal belief about each logarithm of a parameter: its centre, and 1 / variance (0: nothing is believed).
///
/// It adds -1/2 p (u - c)^2 to the objective for each logarithm u: -p (u - c) to the gradient, -p to the Hessian's diagonal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull<const N: usize> {
    pub(super) centre: [f64; N],
    pub(super) precision: [f64; N],
}

impl<const N: usize> Pull<N> {
    /// Maximum likelihood.
    pub(super) const NONE: Self = Self { centre: [0.0; N], precision: [0.0; N] };

    /// Half the squared distance from the centre, in standard deviations: minus ln of the density, up to a constant.
    fn penalty(&self, logs: &[f64; N]) -> f64 {
        (0..N).map(|i| 0.5 * self.precision[i] * (logs[i] - self.centre[i]).powi(2)).sum()
    }

    /// Takes the penalty from a log-likelihood in the logarithms.
    fn apply(&self, logs: &[f64; N], eval: &mut Eval<N>) {
        eval.value -= self.penalty(logs);
        for (i, u) in logs.iter().enumerate() {
            eval.gradient[i] -= self.precision[i] * (u - self.centre[i]);
            eval.hessian[i][i] -= self.precision[i];
        }
    }
}

/// What a fit is told of the parameters, whatever their number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Belief<'a> {
    /// A prior about the typical values of the data.
    Prior(Prior),
    /// Normal laws about these logarithms, with these precisions, in the order of the parameters.
    About(&'a [f64], &'a [f64]),
}

impl Belief<'_> {
    /// For the parameters a search looks for, of which k of a regular model is none.
    fn pull<const N: usize>(&self, search: &Search<N>) -> Pull<N> {
        match self {
            Self::Prior(Prior::Flat) => Pull::NONE,
            Self::Prior(Prior::LogNormal(sd)) => Pull {
                centre: std::array::from_fn(|i| 0.5 * (search.low[i] + search.high[i])),
                precision: [1.0 / (sd * sd); N],
            },
            Self::About(logs, precision) => {
                let last = |values: &[f64], i: usize| {
                    values.len().checked_sub(N).and_then(|skip| values.get(skip + i)).copied().unwrap_or(0.0)
                };
                Pull {
                    centre: std::array::from_fn(|i| last(logs, i)),
                    precision: std::array::from_fn(|i| last(precision, i)),
                }
            }
        }
    }
}

/// A search that stops where a factor of e in any parameter moves the likelihood by less than this has met a plateau: the
/// rounding of a sum over thousands of customers hides what is left of the slope.
const FLAT: f64 = 1e-2;

/// The best of the climbs from all starts (the first of equal ones); with a belief, of likelihood times its density.
///
/// # Which end wins
/// The highest value. Within a billionth of it a climb that finished beats one that ran out of steps, whatever came first: the
/// two found the same place, and only one of them can prove it.
pub(super) fn climb_in_logs<const N: usize>(
    search: Search<N>,
    pull: &Pull<N>,
    starts: &[[f64; N]],
    f: impl Fn(&[f64; N]) -> Eval<N>,
) -> Fitted<N> {
    let in_logs = |logs: &[f64; N]| {
        let theta = logs.map(f64::exp);
        let mut eval = f(&theta).in_logs(&theta);
        pull.apply(logs, &mut eval);
        eval
    };
    let mut best: Option<Maximum<N>> = None;
    for start in starts {
        let found = search.maximise(*start, in_logs);
        let usable = |m: &Maximum<N>| u8::from(m.end != End::Stopped);
        let better = best.as_ref().is_none_or(|b| {
            // A finished climb beats one that ran out of steps unless it ended visibly lower.
            let slack = 1e-9 * (1.0 + b.eval.value.abs());
            found.eval.value > b.eval.value + slack
                || (usable(&found) > usable(b) && found.eval.value > b.eval.value - slack)
        });
        if better {
            best = Some(found);
        }
    }
    let mut maximum = best.unwrap_or_else(|| search.maximise([0.0; N], in_logs));
    if maximum.end == End::Stopped && maximum.gradient_norm <= FLAT {
        maximum.end = End::Flat;
    }
    // What is reported is the likelihood alone.
    maximum.eval.value += pull.penalty(&maximum.at);
    Fitted { theta: maximum.at.map(f64::exp), covariance: covariance(&maximum.eval.hessian), maximum }
}

/// Above twice this number of keys the search starts on about this many of them.
const THINNED: usize = 6_000;

/// What a fit of any purchase model gives.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) theta: Vec<f64>,
    pub(super) log_likelihood: f64,
    pub(super) end: End,
    pub(super) iterations: u32,
    pub(super) gradient_norm: f64,
    pub(super) condition: f64,
    /// Standard errors of the logarithms.
    pub(super) log_errors: Option<Vec<f64>>,
    /// Covariance of the logarithms, row by row.
    pub(super) covariance: Option<Vec<f64>>,
}

impl<const N: usize> From<Fitted<N>> for Outcome {
    fn from(f: Fitted<N>) -> Self {
        let m = &f.maximum;
        Self {
            theta: f.theta.to_vec(),
            log_likelihood: m.eval.value,
            end: m.end,
            iterations: m.iterations,
            gradient_norm: m.gradient_norm,
            condition: m.condition,
            covariance: f.covariance.map(|c| c.concat()),
            log_errors: f.covariance.map(|c| (0..N).map(|i| c[i][i].sqrt()).collect()),
        }
    }
}

/// Total log-likelihood, with derivatives in the parameters: the sum over segments of `f(x, T, t_x, weights)`.
///
/// Segments in groups of four: a group is the unit of parallel work, and the order in which groups are added is theirs.
fn total<const N: usize>(
    runs: &Runs,
    weights: &[f64],
    f: impl Fn(f64, &[f64], &[f64], &[f64]) -> Eval<N> + Sync + Send,
) -> Eval<N> {
    let segments = runs.segments();
    let sum = |range: std::ops::Range<usize>| {
        range.fold(Eval::ZERO, |sum, s| {
            let g = segments[s];
            let keys = g.start..g.end;
            sum + f(g.x, &runs.first[keys.clone()], &runs.second[keys.clone()], &weights[keys])
        })
    };
    par::reduce_chunks(segments.len(), 4, sum, |a, b| a + b).unwrap_or(Eval::ZERO)
}

/// Fits one model; `start` are parameters of an earlier fit, if there is one.
pub(super) fn fit(
    model: Model,
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    prior: Prior,
) -> Outcome {
    fit_told(model, runs, weights, start, Belief::Prior(prior), None)
}

/// As [`fit`], told any [`Belief`], with the parameter of that index, if any, held at that value.
pub(super) fn fit_told(
    model: Model,
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    belief: Belief<'_>,
    held: Option<(usize, f64)>,
) -> Outcome {
    let scale = Scale::of(runs, weights);
    match model {
        Model::BgCnbdK | Model::MbgCnbdK => {
            let coin = if model == Model::BgCnbdK { Coin::AfterRepeats } else { Coin::AfterEvery };
            regular(coin, runs, weights, start, belief, held)
        }
        Model::BgNbd | Model::MbgNbd => {
            let coin = if model == Model::BgNbd { Coin::AfterRepeats } else { Coin::AfterEvery };
            let centre = [0.0, scale.alpha, 0.0, 0.0];
            let starts = [[-0.7, scale.alpha - 0.7, -0.3, 0.7], [0.7, scale.alpha + 0.7, 0.3, 0.7]];
            staged(
                runs,
                weights,
                start,
                (Search::about(centre, 16.0), belief, held),
                &starts,
                |theta, x, t, t_x, w| BetaGeometric::from_array(*theta, coin).segment(x, t, t_x, w),
            )
        }
        Model::BgBb => {
            let starts = [[0.0, 0.0, -0.5, 1.0], [0.5, 0.5, -1.0, 0.5], [0.0, 1.0, 0.0, 2.0]];
            let search = (Search::about([0.0; 4], 16.0), belief, held);
            staged(runs, weights, start, search, &starts, BetaBernoulli::segment)
        }
        Model::ParetoNbd => {
            let centre = [0.0, scale.alpha, 0.0, scale.time];
            let starts = [
                [-0.7, scale.alpha - 0.7, -0.5, scale.time - 1.0],
                [0.7, scale.alpha + 0.7, 0.5, scale.time + 0.5],
            ];
            staged(
                runs,
                weights,
                start,
                (Search::about(centre, 16.0), belief, held),
                &starts,
                |theta, x, t, t_x, w| {
                    let [r, alpha, s, beta] = *theta;
                    NbdWith { r, alpha, dropout: Pareto { s, beta } }.segment::<2, 4>(x, t, t_x, w)
                },
            )
        }
        Model::GGompertzNbd => {
            let centre = [0.0, scale.alpha, -scale.time, 0.0, 0.0];
            let mut search = Search::about(centre, 16.0);
            // The way to b -> 0 leads through beta / b constant: let beta go further down than b.
            search.low[4] = -20.0;
            let starts = [
                [-0.7, scale.alpha - 0.7, -scale.time - 0.5, -0.5, -0.5],
                [-0.5, scale.alpha - 0.5, -scale.time - 3.0, -0.5, -3.5],
                [0.0, scale.alpha, -scale.time + 1.0, -0.5, 1.5],
            ];
            staged(runs, weights, start, (search, belief, held), &starts, |theta, x, t, t_x, w| {
                let [r, alpha, b, s, beta] = *theta;
                NbdWith { r, alpha, dropout: GammaGompertz { b, s, beta } }.segment::<3, 5>(x, t, t_x, w)
            })
        }
    }
}

/// The most stages tried: more regular than this is a subscription.
const MOST_STAGES: u32 = 12;

/// CNBD-k: the four other parameters at k = 1, 2, .. until the likelihood has fallen, or at the k of `start`. The first of
/// the parameters is k.
///
/// k is whole, so that the likelihood is compared and not differentiated: at most twelve fits of four parameters. It is taken to
/// rise to one maximum in k and to fall from there, so that the search ends where it has fallen by [`DOUBT`]. The covariance is
/// [that over all k](spread_over_stages), with a row and a column of zeros for k, which has no standard error.
fn regular(
    coin: Coin,
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    belief: Belief<'_>,
    held: Option<(usize, f64)>,
) -> Outcome {
    let scale = Scale::of(runs, weights);
    let at = |k: u32, start: Option<&[f64]>| {
        // A stage is a k-th of a gap.
        let alpha = scale.alpha - f64::from(k).ln();
        let centre = [0.0, alpha, 0.0, 0.0];
        let starts = [[-0.7, alpha - 0.7, -0.3, 0.7], [0.7, alpha + 0.7, 0.3, 0.7]];
        let held = held.and_then(|(i, value)| i.checked_sub(1).map(|i| (i, value)));
        let search = (Search::about(centre, 16.0), belief, held);
        staged(runs, weights, start, search, &starts, |theta, x, t, t_x, w| {
            if k == 1 {
                BetaGeometric::from_array(*theta, coin).segment(x, t, t_x, w)
            } else {
                Erlang::segment(k, coin, theta, x, t, t_x, w)
            }
        })
    };
    let with_k = |k: u32, mut outcome: Outcome| {
        outcome.theta.insert(0, f64::from(k));
        if let Some(errors) = &mut outcome.log_errors {
            // k is chosen, not estimated: it has no standard error.
            errors.insert(0, f64::NAN);
        }
        outcome.covariance = outcome.covariance.map(|c| {
            let rows = c.chunks(4).flat_map(|row| std::iter::once(&0.0).chain(row));
            [0.0; 5].iter().chain(rows).copied().collect()
        });
        outcome
    };
    if let Some(start) = start.filter(|s| s.len() == 5) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and small")]
        let k = start[0].clamp(1.0, 1e3) as u32;
        return with_k(k, at(k, Some(&start[1..])));
    }
    let mut tried = vec![at(1, None)];
    let mut best = 0;
    for k in 2..=MOST_STAGES {
        let last = &tried[tried.len() - 1];
        // Beyond the maximum the last answer is near: a stage is a k-th of a gap there as well.
        let beyond = best + 1 < tried.len();
        let near = beyond.then(|| {
            let mut near = last.theta.clone();
            near[1] *= f64::from(k - 1) / f64::from(k);
            near
        });
        let outcome = at(k, near.as_deref());
        let here = outcome.log_likelihood;
        tried.push(outcome);
        if here > tried[best].log_likelihood {
            best = tried.len() - 1;
        }
        if tried[best].log_likelihood - here > DOUBT {
            break;
        }
    }
    let covariance = spread_over_stages(&tried, best);
    let mut outcome = tried.swap_remove(best);
    if let Some(covariance) = covariance {
        outcome.log_errors = Some((0..4).map(|i| covariance[5 * i].sqrt()).collect());
        outcome.covariance = Some(covariance);
    }
    with_k(u32::try_from(best + 1).unwrap_or(1), outcome)
}

/// The loss of log-likelihood at which a k counts for nothing any more: a weight of 1 in 400.
const DOUBT: f64 = 6.0;

/// The covariance of the logarithms of (r, alpha, a, b) with the doubt about k in it; `None` where the best fit has none.
///
/// An estimate conditional on the chosen k is too sure: with another k, alpha is another number. With weights `w_k` proportional to
/// the maximal likelihood of each k, a flat prior on k and as many parameters for each (Buckland, Burnham and Augustin 1997,
/// doi:10.2307/2533961; the law of total variance), the covariance about the estimate u of the best k is
///
/// C = sum of `w_k` (`C_k` + (`u_k` - u) (`u_k` - u)').
///
/// By hand: two k of equal likelihood whose ln alpha are 1 and 1.4, each with variance .01: about the first, .01 + .5 · .16 = .09,
/// a standard error of .3 instead of .1.
fn spread_over_stages(tried: &[Outcome], best: usize) -> Option<Vec<f64>> {
    let top = tried[best].log_likelihood;
    tried[best].covariance.as_ref()?;
    let (mut sum, mut mass) = (vec![0.0; 16], 0.0);
    for outcome in tried {
        let Some(own) = &outcome.covariance else { continue };
        let weight = (outcome.log_likelihood - top).exp();
        let away: Vec<f64> =
            outcome.theta.iter().zip(&tried[best].theta).map(|(v, u)| (v / u).ln()).collect();
        for i in 0..4 {
            for j in 0..4 {
                sum[4 * i + j] += weight * (own[4 * i + j] + away[i] * away[j]);
            }
        }
        mass += weight;
    }
    Some(sum.into_iter().map(|v| v / mass).collect())
}

/// Climbs from all starts on a thinned likeness where there are many keys, then on all keys from the best point; from `start`
/// alone where one is given. A parameter that is held gets a box of no width, at which the search treats it as known.
///
/// With 100,000 keys the start runs on every 16th of them, 6,250: three climbs of a sixteenth each are a fifth of one climb on
/// all. Where the thinned maximum lies differs from the full one by its sampling error, a step or two.
fn staged<const N: usize>(
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    (mut search, belief, held): (Search<N>, Belief<'_>, Option<(usize, f64)>),
    starts: &[[f64; N]],
    f: impl Fn(&[f64; N], f64, &[f64], &[f64], &[f64]) -> Eval<N> + Sync + Send,
) -> Outcome {
    if let Some((i, value)) = held.filter(|(i, _)| *i < N) {
        (search.low[i], search.high[i]) = (value.ln(), value.ln());
    }
    let pull = belief.pull(&search);
    let on = |runs: &Runs, weights: &[f64], starts: &[[f64; N]]| {
        climb_in_logs(search, &pull, starts, |theta| {
            total(runs, weights, |x, t, t_x, w| f(theta, x, t, t_x, w))
        })
    };
    let given = start.and_then(|s| <[f64; N]>::try_from(s).ok()).map(|s| s.map(f64::ln));
    let mut starts = given.map_or_else(|| starts.to_vec(), |s| vec![s]);
    if given.is_none() && runs.count.len() > 2 * THINNED {
        let thin = runs.thinned(runs.count.len() / THINNED);
        starts = vec![on(&thin, &thin.weights(), &starts).maximum.at];
    }
    on(runs, weights, &starts).into()
}

/// Where to look: logarithms of typical times.
struct Scale {
    /// ln of the time of observation.
    time: f64,
    /// ln of the time between purchases.
    alpha: f64,
}

impl Scale {
    /// Means over customers: of the time of observation, and that over the purchases; held where nobody bought.
    fn of(runs: &Runs, weights: &[f64]) -> Self {
        let (mut n, mut time, mut purchases) = (0.0, 0.0, 0.0);
        for g in &runs.groups {
            for (w, t) in weights[g.start..g.end].iter().zip(&runs.first[g.start..g.end]) {
                n += w;
                time += w * t;
                purchases += w * g.x;
            }
        }
        let mean = |sum: f64| if n > 0.0 { sum / n } else { 0.0 };
        let time = mean(time).max(1e-9);
        let gap = time / mean(purchases).max(1e-3);
        Self { time: time.ln(), alpha: gap.min(1e3 * time).ln() }
    }
}

/// Log-likelihood of a histogram at given parameters.
///
/// Without derivatives, and as the process itself tells it for one customer: what validation and averages weigh by.
pub(super) fn log_likelihood(model: Model, theta: &[f64], runs: &Runs) -> f64 {
    let process = super::process::PurchaseProcess::raw(model, theta);
    let segments = runs.segments();
    let of = |x: f64, i: usize| {
        let customer = RecencyFrequency { x, t_x: runs.second[i], t: runs.first[i] };
        runs.count[i] as f64 * process.log_likelihood(&customer)
    };
    let sum = |range: std::ops::Range<usize>| {
        range.map(|s| (segments[s].start..segments[s].end).map(|i| of(segments[s].x, i)).sum::<f64>()).sum()
    };
    par::reduce_chunks(segments.len(), 4, sum, |a, b| a + b).unwrap_or(0.0)
}
