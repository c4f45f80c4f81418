//! Maximum likelihood on a histogram.

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

/// The best of the climbs from all starts (the first of equal ones); with a prior, of likelihood times prior.
pub(super) fn climb_in_logs<const N: usize>(
    search: Search<N>,
    prior: Prior,
    starts: &[[f64; N]],
    f: impl Fn(&[f64; N]) -> Eval<N>,
) -> Fitted<N> {
    // Half the distance from the centre of the search, squared, in standard deviations of the prior.
    let precision = match prior {
        Prior::Flat => 0.0,
        Prior::LogNormal(sd) => 1.0 / (sd * sd),
    };
    let from_centre = |logs: &[f64; N]| -> [f64; N] {
        std::array::from_fn(|i| logs[i] - 0.5 * (search.low[i] + search.high[i]))
    };
    let penalty = |logs: &[f64; N]| 0.5 * precision * from_centre(logs).iter().map(|d| d * d).sum::<f64>();
    let in_logs = |logs: &[f64; N]| {
        let theta = logs.map(f64::exp);
        let mut eval = f(&theta).in_logs(&theta);
        if precision > 0.0 {
            eval.value -= penalty(logs);
            for (i, d) in from_centre(logs).into_iter().enumerate() {
                eval.gradient[i] -= precision * d;
                eval.hessian[i][i] -= precision;
            }
        }
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
    // What is reported is the likelihood alone.
    maximum.eval.value += penalty(&maximum.at);
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

/// Total log-likelihood, with derivatives in the parameters.
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
    fit_held(model, runs, weights, start, prior, None)
}

/// As [`fit`], with the parameter of that index, if any, held at that value.
pub(super) fn fit_held(
    model: Model,
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    prior: Prior,
    held: Option<(usize, f64)>,
) -> Outcome {
    let scale = Scale::of(runs, weights);
    match model {
        Model::BgCnbdK | Model::MbgCnbdK => {
            let coin = if model == Model::BgCnbdK { Coin::AfterRepeats } else { Coin::AfterEvery };
            regular(coin, runs, weights, start, prior, held)
        }
        Model::BgNbd | Model::MbgNbd => {
            let coin = if model == Model::BgNbd { Coin::AfterRepeats } else { Coin::AfterEvery };
            let centre = [0.0, scale.alpha, 0.0, 0.0];
            let starts = [[-0.7, scale.alpha - 0.7, -0.3, 0.7], [0.7, scale.alpha + 0.7, 0.3, 0.7]];
            staged(
                runs,
                weights,
                start,
                (Search::about(centre, 16.0), prior, held),
                &starts,
                |theta, x, t, t_x, w| BetaGeometric::from_array(*theta, coin).segment(x, t, t_x, w),
            )
        }
        Model::BgBb => {
            let starts = [[0.0, 0.0, -0.5, 1.0], [0.5, 0.5, -1.0, 0.5], [0.0, 1.0, 0.0, 2.0]];
            let search = (Search::about([0.0; 4], 16.0), prior, held);
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
                (Search::about(centre, 16.0), prior, held),
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
            staged(runs, weights, start, (search, prior, held), &starts, |theta, x, t, t_x, w| {
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
fn regular(
    coin: Coin,
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    prior: Prior,
    held: Option<(usize, f64)>,
) -> Outcome {
    let scale = Scale::of(runs, weights);
    let at = |k: u32, start: Option<&[f64]>| {
        // A stage is a k-th of a gap.
        let alpha = scale.alpha - f64::from(k).ln();
        let centre = [0.0, alpha, 0.0, 0.0];
        let starts = [[-0.7, alpha - 0.7, -0.3, 0.7], [0.7, alpha + 0.7, 0.3, 0.7]];
        let held = held.and_then(|(i, value)| i.checked_sub(1).map(|i| (i, value)));
        let search = (Search::about(centre, 16.0), prior, held);
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
    let mut best = (1, at(1, None));
    for k in 2..=MOST_STAGES {
        let outcome = at(k, None);
        if outcome.log_likelihood <= best.1.log_likelihood {
            break;
        }
        best = (k, outcome);
    }
    with_k(best.0, best.1)
}

/// Climbs from all starts on a thinned likeness where there are many keys, then on all keys from the best point.
fn staged<const N: usize>(
    runs: &Runs,
    weights: &[f64],
    start: Option<&[f64]>,
    (mut search, prior, held): (Search<N>, Prior, Option<(usize, f64)>),
    starts: &[[f64; N]],
    f: impl Fn(&[f64; N], f64, &[f64], &[f64], &[f64]) -> Eval<N> + Sync + Send,
) -> Outcome {
    if let Some((i, value)) = held.filter(|(i, _)| *i < N) {
        (search.low[i], search.high[i]) = (value.ln(), value.ln());
    }
    let on = |runs: &Runs, weights: &[f64], starts: &[[f64; N]]| {
        climb_in_logs(search, prior, starts, |theta| {
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
