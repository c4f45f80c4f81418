//! The flexible model: ridge by cross-validation, pairs by a screen inside the folds, probabilities recalibrated on
//! scores out of fold.
//!
//! The steps, on at most 50,000 rows chosen by the hash of their customers' keys:
//!
//! 1. Deal customers out into five folds, leavers and stayers apart.
//! 2. Along a grid of penalties, fit all rows, and from there each set of four folds by three Newton steps whose curvature is
//!    the sum of the other folds' parts: a cross-validation for little more than the price of one fit. The path ends when two
//!    penalties in a row have made the loss out of fold worse.
//! 3. Without each fold, look for pairs in the residuals of that fold's own model: rows of the fold are never seen. Fit 1, 3,
//!    6, .. of the strongest, judge each number on the folds left out, stop when the loss no longer falls, and take the fewest
//!    within one standard error of the best (Breiman et al. 1984, the rule of CART).
//! 4. With the chosen number, screen all rows for the pairs of the final model, and choose the penalty anew.
//! 5. Without each fold, give the levels of columns that have too many for indicators effects of their own, and slopes along a
//!    number where they differ (see [`levels`](super::levels)); keep them where they lower the loss out of fold by more than one
//!    standard error.
//! 6. Without each fold, grow small trees on the residuals of that fold's own model (see [`trees`](super::trees)); take the
//!    number with the smallest loss out of fold, and none where that is within one standard error of none.
//! 7. Platt's line, and on request an isotonic curve, from the scores out of fold of what was chosen.
//! 8. Fit all rows; learn the levels' effects and grow the trees on its residuals.
//!
//! Where an outcome is too rare to be shared out among five folds, steps 2 to 7 are left out and the penalty is
//! [`CAUTIOUS`]. Chance enters through the keys alone; folds run in parallel and are put together in order.
//!
//! # What is minimised
//!
//! Over the coefficients β of the standardised terms, Σ \[ln(1 + e^z) − y z\] + ½ λ Σ cⱼ βⱼ², z = β₀ + Σ βⱼ fⱼ, with cⱼ = 1 for terms of
//! numbers and pairs, and max(1, 0.05 / variance) for indicators. In words: an indicator of a level with few rows is shrunk as if it
//! had the variance of one with 5 % of them, so a level with 20 customers cannot claim an effect that only chance gave it. It is the
//! maximum a posteriori where effects are normal with variance 1 / λ: the shrinkage of a mixed model, with the variance chosen by
//! the loss out of fold.
//!
//! # Why each choice is made out of fold
//!
//! | choice | candidates | judged by | tie goes to |
//! |---|---|---|---|
//! | penalty λ | 0.1 to 300 | loss out of fold | the stronger one |
//! | pairs | 0, 1, 3, 6, 12, 24 | loss out of fold, one standard error | fewer |
//! | effects of levels, slopes of levels | τ² of 0.03 to 1; 0, 1, 2, 4 pairs | loss out of fold, one standard error against none | none |
//! | trees | 0, 8, .., 512 | loss out of fold, one standard error against none | none |
//! | line, curve | | scores out of fold | |
//!
//! A pair screened on all rows has seen the outcomes of the rows that judge it, and the loss would praise it for that: on the IBM
//! Telco table this cost 0.003 of AUC. So whatever looks at outcomes is done again without each fold.
//!
//! # How the penalty, by hand
//!
//! An indicator held by 1 % of 10,000 rows has variance .0099, but its penalty counts it as .05: λ = 10 adds 10 · .05 = .5 to a
//! curvature of 100 rows times p (1 − p) = .16, that is 16: the effect keeps 16 / 16.5 = 97 % of what its rows say. A level of ten
//! rows has a curvature of 1.6 and keeps 1.6 / 2.1 = 76 %; of one row, if such had a term, 24 %.
//!
//! # What is never seen
//!
//! | step | learned from | judged on |
//! |---|---|---|
//! | knots, ranks, which levels have terms | the columns of all rows, never the outcomes | |
//! | penalty, pairs, effects of levels, trees | four folds | the fifth |
//! | line, curve | scores out of fold | |
//! | the model | all rows, with every choice made | the caller's own test rows |
//!
//! Knots at quantiles of rows that judge are no leak: they hold no outcome. Everything that looks at outcomes, down to the order in
//! which levels stand for trees, is made again without each fold.
//!
//! # Where it falls short
//!
//! - Choices are made one after the other, not together: a pair that helps only beside another pair is not found by the screen.
//! - More than 50,000 rows do not sharpen the choices, only the coefficients. A choice among a handful of candidates has long been
//!   clear by then.
//! - Folds are dealt by customer, not by time. Where the law drifts the out-of-fold loss is that of the past; give several cuts.
//!
//! # Cost
//!
//! With n rows (50,000 at most), p terms and P pairs looked at: the path 8 × n p² / 2 and the folds' Newton steps the same again;
//! screening 5 n P; each step of pairs five fits; trees as of [`trees`](super::trees). Memory: 8 n p bytes for the encoded table, and
//! for pairs and trees 40 n bytes for each candidate.

use crate::data::Features;
use crate::error::Result;
use crate::kernel::linalg::{Cholesky, dot};
use crate::kernel::logistic::{self as engine, Config, Curvature, Data, Order, Scaling};
use crate::kernel::{par, special};

use super::design::{Design, Term};
use super::levels::{self, Choice, LevelEffects, Material, Slope};
use super::logistic::LogisticFault;
use super::params::Recalibration;
use super::screen::screen;
use super::trees::{self, Forest, Growing};
use super::{folds, isotonic};

/// Penalties on coefficients of standardised columns that are tried, the strongest first.
const GRID: [f64; 8] = [300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1];
/// The penalty where there are too few customers to choose one.
const CAUTIOUS: f64 = 10.0;
/// Rows that the cross-validation looks at, at most.
const MOST_ROWS: usize = 50_000;
pub(super) const FOLDS: usize = 5;
/// Numbers of pairs that are tried, as long as the loss out of fold falls.
const PAIR_STEPS: [usize; 5] = [1, 3, 6, 12, 24];
/// Rows that each encoded column needs before another step of pairs is tried.
const ROWS_PER_TERM: usize = 5;
/// A penalty this many times as strong leaves nothing of a term.
const PIN: f64 = 1e9;
/// Variance at which the penalty of an indicator column is counted at least: rare levels are shrunk most.
const VARIANCE_FLOOR: f64 = 0.05;

/// A fitted linear model over the columns of a design.
///
/// The reported log-odds of a row x are curve(a + b (β₀ + Σ βⱼ fⱼ(x) + forest(x))), with what is not known of f(x) at its mean.
pub(super) struct Sharp {
    pub(super) design: Design,
    /// Mean of each encoded column over the rows that know it.
    pub(super) means: Vec<f64>,
    /// Intercept, then one coefficient for each encoded column.
    pub(super) beta: Vec<f64>,
    /// Intercept and slope on the log-odds.
    pub(super) calibration: (f64, f64),
    /// The isotonic curve on top of it, if asked for.
    pub(super) curve: isotonic::Curve,
    pub(super) ridge: f64,
    pub(super) fit: engine::Fit,
    /// Effects of levels beside the linear score.
    pub(super) levels: LevelEffects,
    /// Trees beside both.
    pub(super) forest: Forest,
}

/// Encoded rows with the gaps filled.
///
/// Row after row, `width` numbers each: the engine reads it in place and standardises in passing.
pub(super) struct Encoded {
    pub(super) values: Vec<f64>,
    pub(super) width: usize,
}

/// Mean of the known values of each column.
pub(super) fn means_of(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); width];
    for row in values.chunks_exact(width.max(1)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            if !value.is_nan() {
                // A running mean, which cannot overflow.
                sum.1 += 1.0;
                sum.0 += value / sum.1 - sum.0 / sum.1;
            }
        }
    }
    sums.into_iter().map(|s| s.0).collect()
}

/// Replaces unknown values by the mean of their column.
pub(super) fn fill(values: &mut [f64], means: &[f64]) {
    for row in values.chunks_exact_mut(means.len().max(1)) {
        for (value, mean) in row.iter_mut().zip(means) {
            if value.is_nan() {
                *value = *mean;
            }
        }
    }
}

impl Encoded {
    fn new(design: &Design, features: &Features, rows: &[usize]) -> Result<(Self, Vec<f64>)> {
        let width = design.width();
        let mut values = design.encode(features, rows)?;
        let means = means_of(&values, width);
        fill(&mut values, &means);
        Ok((Self { values, width }, means))
    }

    fn data<'a>(&'a self, y: &'a [bool]) -> Data<'a> {
        Data { x: &self.values, width: self.width, y, weights: None, offset: None }
    }

    /// The linear score of the first rows.
    fn etas(&self, rows: usize, beta: &[f64]) -> Vec<f64> {
        par::map(rows, |row| self.eta(row, beta))
    }

    /// The linear score of a row: β₀ + x β.
    pub(super) fn eta(&self, row: usize, beta: &[f64]) -> f64 {
        beta[0] + dot(&self.values[row * self.width..(row + 1) * self.width], &beta[1..])
    }
}

/// The penalty of each encoded column in its own units: λ times its variance, so that it falls on standardised coefficients.
/// Indicators count as if their variance were at least 0.05 (a level with 5 % of the rows): a level with few rows says little
/// of itself and is drawn to the average the more.
fn penalties(terms: &[Term], scaling: &Scaling, lambda: f64) -> Vec<f64> {
    let variance = |j: usize| {
        let s = scaling.inverse_sd[j];
        if s > 0.0 { 1.0 / (s * s) } else { 0.0 }
    };
    let floor = |j: usize| if terms[j].indicator { VARIANCE_FLOOR } else { 0.0 };
    (0..terms.len()).map(|j| lambda * variance(j).max(floor(j)).max(f64::MIN_POSITIVE)).collect()
}

/// Fits all rows of `data`. Terms that must rise are pinned to 0, round after round, where they come out negative.
///
/// An active set that only grows: a term once pinned stays pinned, so there are at most as many rounds as such terms. The result is
/// monotone for certain; a method that also lets terms go again could fit a little closer.
fn fit_ridge(
    data: &Data<'_>,
    terms: &[Term],
    lambda: f64,
    start: Option<&[f64]>,
) -> Result<engine::Fit, engine::Fault> {
    let scaling = Scaling::of(data)?;
    let mut ridge = penalties(terms, &scaling, lambda);
    let mut pinned = vec![false; terms.len()];
    loop {
        let config = Config {
            ridge: &ridge,
            tolerance: 1e-10,
            max_iterations: 100,
            curvature: Curvature::Skip,
            start,
        };
        let mut fit = engine::fit(data, &config)?;
        let mut found = false;
        for (j, term) in terms.iter().enumerate() {
            if term.rises && !pinned[j] && fit.beta[j + 1] < 0.0 {
                (pinned[j], found) = (true, true);
                ridge[j] *= PIN;
            }
        }
        if !found {
            // What a pinned term still holds is a rounding of 0; the intercept takes it up.
            for j in (0..terms.len()).filter(|j| pinned[*j]) {
                fit.beta[0] += fit.beta[j + 1] * scaling.mean[j];
                fit.beta[j + 1] = 0.0;
            }
            return Ok(fit);
        }
    }
}

/// −ln P(y) at log-odds η.
/// softplus(−η) for who left and softplus(η) for who stayed: finite for every finite η.
fn loss(y: bool, eta: f64) -> f64 {
    special::softplus(if y { -eta } else { eta })
}

/// Fits the model of a flexible design.
///
/// `groups` keep rows of one customer in one fold; `design` has no pairs yet. An error is the engine's, with the name of the column:
/// with a ridge it can only be a value that is not finite or iterations that run out.
pub(super) fn fit(
    features: &Features,
    labels: &[bool],
    groups: &[u64],
    mut design: Design,
    recalibration: Recalibration,
) -> Result<Sharp> {
    let named = |fault, design: &Design| {
        LogisticFault::named(fault, |column| {
            design.terms().get(column).map_or_else(String::new, |t| design.source_name(t.source))
        })
    };
    let all: Vec<usize> = (0..labels.len()).collect();
    let plan = Plan::new(labels, groups);
    let Some(plan) = plan else {
        let (encoded, means) = Encoded::new(&design, features, &all)?;
        let terms = design.terms();
        let fit = fit_ridge(&encoded.data(labels), &terms, CAUTIOUS, None).map_err(|f| named(f, &design))?;
        return Ok(Sharp {
            design,
            means,
            beta: fit.beta.clone(),
            calibration: (0.0, 1.0),
            curve: Vec::new(),
            ridge: CAUTIOUS,
            fit,
            levels: LevelEffects::default(),
            forest: Forest::default(),
        });
    };
    let (encoded, _) = Encoded::new(&design, features, &plan.rows)?;
    let terms = design.terms();
    let path = plan.path(&encoded, &terms).map_err(|f| named(f, &design))?;
    let mut held: Held = path.betas.iter().map(|beta| encoded.etas(plan.y.len(), beta)).collect();
    if terms.iter().any(|t| t.rises) {
        let fitted = par::map_chunks(FOLDS, 1, |k| {
            plan.without(k.start, features, &design, path.lambda, &path.betas[k.start])
        });
        let fitted = fitted.into_iter().collect::<Result<Vec<_>>>()?;
        held = fitted.into_iter().map(|fit| fit.1).collect();
    }
    let (chosen, lambda) = plan.pairs(features, &design, &encoded, &path.betas, path.lambda, &mut held)?;
    let columns_alone = design.clone();
    if chosen > 0 {
        let found = screen(features, &design, &plan.rows, &encoded, &plan.y, &path.full, |_| true)?;
        design.pairs = found.into_iter().take(chosen).collect();
    }
    let reader = columns_alone.read(features)?;
    let material = Material::new(&columns_alone, &reader, features, &plan.rows);
    let choice = plan.levels(&material, &mut held);
    let cells = trees::Cells::new(&columns_alone, &reader, &plan.rows);
    let trees = plan.trees(&columns_alone, &cells, &path.betas, &mut held);
    let scores = plan.scores(&held);
    let calibration = plan.calibrate(&scores);
    let curve = match recalibration {
        Recalibration::Platt => Vec::new(),
        Recalibration::Isotonic => {
            let scores: Vec<f64> = scores.iter().map(|s| calibration.0 + calibration.1 * s).collect();
            isotonic::fit(&scores, &plan.y)
        }
    };
    drop(encoded);
    let (encoded, means) = Encoded::new(&design, features, &all)?;
    let terms = design.terms();
    let fit = fit_ridge(&encoded.data(labels), &terms, lambda, None).map_err(|f| named(f, &design))?;
    let mut eta = encoded.etas(labels.len(), &fit.beta);
    let levels = if choice == Choice::default() {
        LevelEffects::default()
    } else {
        Material::new(&columns_alone, &reader, features, &all).finish(choice, labels, &mut eta)
    };
    let forest = if trees == 0 {
        Forest::default()
    } else {
        let eta = plan.rows.iter().map(|row| eta[*row]).collect();
        let orders = trees::orders(&columns_alone, &fit.beta);
        let mut growing = Growing::new(&cells, orders, &plan.y, &plan.keys, eta, |_| true);
        growing.grow_to(trees);
        growing.finish()
    };
    Ok(Sharp {
        design,
        means,
        beta: fit.beta.clone(),
        calibration,
        curve,
        ridge: lambda,
        fit,
        levels,
        forest,
    })
}

/// For each fold the log-odds of all of the plan's rows by the model that has not seen the fold.
type Held = Vec<Vec<f64>>;

/// The rows of the cross-validation, fold after fold.
///
/// Sorted by fold, so that "all rows but those of fold k" are two ranges and need no copy where a sum over them will do.
struct Plan {
    rows: Vec<usize>,
    y: Vec<bool>,
    /// The hash of each row's customer.
    keys: Vec<u64>,
    /// Where each fold begins, and the end.
    cuts: Vec<usize>,
}

struct Path {
    lambda: f64,
    /// Coefficients without each fold, and of all rows.
    betas: Vec<Vec<f64>>,
    full: Vec<f64>,
}

impl Plan {
    /// `None` where an outcome is too rare to be shared out.
    fn new(labels: &[bool], groups: &[u64]) -> Option<Self> {
        let fold_of = folds::assign(groups, labels, FOLDS);
        let mut rows: Vec<usize> = (0..labels.len()).collect();
        if rows.len() > MOST_ROWS {
            rows.sort_unstable_by_key(|row| (groups[*row], *row));
            rows.truncate(MOST_ROWS);
        }
        rows.sort_unstable_by_key(|row| (fold_of[*row], groups[*row], *row));
        let y: Vec<bool> = rows.iter().map(|row| labels[*row]).collect();
        let cuts: Vec<usize> = (0..=FOLDS).map(|k| rows.partition_point(|row| fold_of[*row] < k)).collect();
        for k in 0..FOLDS {
            let fold = &y[cuts[k]..cuts[k + 1]];
            let positives = fold.iter().filter(|y| **y).count();
            if positives < 3 || fold.len() - positives < 3 {
                return None;
            }
        }
        let keys = rows.iter().map(|row| groups[*row]).collect();
        Some(Self { rows, y, keys, cuts })
    }

    /// The places of fold `k` among the plan's rows.
    fn fold(&self, k: usize) -> std::ops::Range<usize> {
        self.cuts[k]..self.cuts[k + 1]
    }

    /// The penalty with the smallest loss out of fold. Along the grid the fit of all rows starts where the one before
    /// ended; without a fold, Newton steps from there with the curvature of the other folds.
    fn path(&self, encoded: &Encoded, terms: &[Term]) -> Result<Path, engine::Fault> {
        let data = encoded.data(&self.y);
        let scaling = Scaling::of(&data)?;
        let mut beta: Option<Vec<f64>> = None;
        let mut best: Option<(f64, Path)> = None;
        let mut worse = 0;
        for lambda in GRID {
            if worse == 2 {
                break;
            }
            let ridge = penalties(terms, &scaling, lambda);
            let config = Config {
                ridge: &ridge,
                // A hundredth of a standard error of the loss is far more than this.
                tolerance: 1e-6,
                max_iterations: 100,
                curvature: Curvature::Skip,
                start: beta.as_deref(),
            };
            let full = engine::fit(&data, &config)?.beta;
            let betas = if encoded.width > engine::WIDE {
                self.without_each(&data, &ridge, &full)?
            } else {
                self.near(&data, &scaling, &ridge, &full)
            };
            let mut scores = Vec::with_capacity(self.y.len());
            for (k, beta) in betas.iter().enumerate() {
                scores.extend(self.fold(k).map(|row| encoded.eta(row, beta)));
            }
            let total = self.total(&scores);
            worse = if best.as_ref().is_none_or(|b| total < b.0) { 0 } else { worse + 1 };
            if worse == 0 {
                best = Some((total, Path { lambda, betas, full: full.clone() }));
            }
            beta = Some(full);
        }
        best.map(|b| b.1).ok_or(engine::Fault::NotConverged { iterations: 0, gradient: 0.0 })
    }

    /// Coefficients without each fold, each fitted anew: for tables too wide for a curvature.
    /// Rows of the fold get weight 0, so that the encoded table is shared; folds in parallel.
    fn without_each(
        &self,
        data: &Data<'_>,
        ridge: &[f64],
        full: &[f64],
    ) -> Result<Vec<Vec<f64>>, engine::Fault> {
        let fits = par::map_chunks(FOLDS, 1, |k| {
            let fold = self.fold(k.start);
            let weights: Vec<f64> =
                (0..self.y.len()).map(|row| f64::from(u8::from(!fold.contains(&row)))).collect();
            let config = Config {
                ridge,
                tolerance: 1e-6,
                max_iterations: 100,
                curvature: Curvature::Skip,
                start: Some(full),
            };
            engine::fit(&Data { weights: Some(&weights), ..*data }, &config).map(|fit| fit.beta)
        });
        fits.into_iter().collect()
    }

    /// The coefficients without a fold differ little from those of all rows, so one curvature serves all three steps: chord steps,
    /// each of which shrinks the distance by about the share of the fold. The path needs an ordering of penalties, not digits.
    ///
    /// Coefficients without each fold by three Newton steps from those of all rows, with the curvature of the other folds
    /// at the start.
    fn near(&self, data: &Data<'_>, scaling: &Scaling, ridge: &[f64], full: &[f64]) -> Vec<Vec<f64>> {
        let q = data.width + 1;
        let z = scaling.standardise(full);
        let standard: Vec<f64> = ridge
            .iter()
            .zip(&scaling.inverse_sd)
            .map(|(r, s)| if *s > 0.0 { r * s * s } else { 1.0 })
            .collect();
        let parts = par::map_chunks(FOLDS, 1, |k| {
            engine::pass(data, scaling, self.fold(k.start), 1, &z, Order::Curvature)
        });
        let without = par::map_chunks(FOLDS, 1, |k| {
            let k = k.start;
            let mut hessian = vec![0.0; q * q];
            let mut gradient = vec![0.0; q];
            for part in parts.iter().enumerate().filter(|(i, _)| *i != k).map(|(_, p)| p) {
                hessian.iter_mut().zip(&part.hessian).for_each(|(a, b)| *a += b);
                gradient.iter_mut().zip(&part.gradient).for_each(|(a, b)| *a += b);
            }
            for (j, r) in standard.iter().enumerate() {
                hessian[(j + 1) * q + j + 1] += r;
                gradient[j + 1] += r * z[j + 1];
            }
            let view = ndarray_view(&hessian, q);
            let Some(factor) = view.and_then(|v| Cholesky::new(v, 1e-15).ok()) else { return z.clone() };
            let mut b = z.clone();
            for step in 0..3 {
                if step > 0 {
                    gradient.fill(0.0);
                    for range in [0..self.cuts[k], self.cuts[k + 1]..self.y.len()] {
                        let part = engine::pass(data, scaling, range, 1, &b, Order::Gradient);
                        gradient.iter_mut().zip(&part.gradient).for_each(|(a, g)| *a += g);
                    }
                    for (j, r) in standard.iter().enumerate() {
                        gradient[j + 1] += r * b[j + 1];
                    }
                }
                let move_by = factor.solve(&gradient);
                b.iter_mut().zip(&move_by).for_each(|(b, m)| *b -= m);
            }
            b
        });
        without.iter().map(|b| scaling.restore(b)).collect()
    }

    /// How many pairs to use: screened and fitted without each fold, judged on it. The fewest whose loss lies within one
    /// standard error of the best. Steps are tried until one does not lower the loss; the penalty is then chosen anew.
    /// Replaces `held` by that of the choice.
    fn pairs(
        &self,
        features: &Features,
        design: &Design,
        encoded: &Encoded,
        betas: &[Vec<f64>],
        lambda: f64,
        held: &mut Held,
    ) -> Result<(usize, f64)> {
        let screened = par::map_chunks(betas.len(), 1, |k| {
            let fold = self.fold(k.start);
            let inside = |row: usize| !fold.contains(&row);
            screen(features, design, &self.rows, encoded, &self.y, &betas[k.start], inside)
        });
        let found = screened.into_iter().collect::<Result<Vec<_>>>()?;
        let most = found.iter().map(Vec::len).max().unwrap_or(0);
        let mut starts = betas.to_vec();
        let mut candidates = vec![held.clone()];
        let mut lowest = self.total(&self.scores(held));
        for (step, wanted) in PAIR_STEPS.into_iter().enumerate() {
            let before = if step == 0 { 0 } else { PAIR_STEPS[step - 1] };
            let wide =
                found.iter().map(|f| design.with(&f[..wanted.min(f.len())]).width()).max().unwrap_or(0);
            if most <= before || (step > 2 && (wide * ROWS_PER_TERM > self.y.len() || wide > engine::WIDE)) {
                break;
            }
            let fitted = par::map_chunks(betas.len(), 1, |k| {
                let k = k.start;
                if found[k].len() <= before {
                    return Ok(None);
                }
                let paired = design.with(&found[k][..wanted.min(found[k].len())]);
                self.without(k, features, &paired, lambda, &starts[k]).map(Some)
            });
            let mut tried = candidates.last().cloned().unwrap_or_default();
            for (k, fitted) in fitted.into_iter().enumerate() {
                if let Some((beta, etas)) = fitted? {
                    starts[k] = beta;
                    tried[k] = etas;
                }
            }
            let total = self.total(&self.scores(&tried));
            candidates.push(tried);
            if total >= lowest {
                break;
            }
            lowest = total;
        }
        let scores: Vec<Vec<f64>> = candidates.iter().map(|held| self.scores(held)).collect();
        let chosen = self.simplest(&scores);
        if chosen == 0 {
            return Ok((0, lambda));
        }
        *held = candidates.swap_remove(chosen);
        let count = PAIR_STEPS[chosen - 1];
        // More terms may want another penalty: uphill or downhill from the one of the columns alone.
        let (mut best, mut lowest) = (lambda, self.total(&scores[chosen]));
        for direction in [3.0, 1.0 / 3.0] {
            let mut next = best * direction;
            while next <= GRID[0] * 3.0 && next >= GRID[GRID.len() - 1] {
                let fitted = par::map_chunks(betas.len(), 1, |k| {
                    let k = k.start;
                    let paired = design.with(&found[k][..count.min(found[k].len())]);
                    self.without(k, features, &paired, next, &starts[k])
                });
                let fitted = fitted.into_iter().collect::<Result<Vec<_>>>()?;
                let tried: Held = fitted.into_iter().map(|fit| fit.1).collect();
                let total = self.total(&self.scores(&tried));
                if total >= lowest {
                    break;
                }
                (best, lowest, *held) = (next, total, tried);
                next *= direction;
            }
            if best != lambda {
                break;
            }
        }
        Ok((count, best))
    }

    /// Whether levels of columns that have many get effects of their own, and along which numbers slopes: learned without each
    /// fold, judged on it. Intercepts first, because slopes are looked for in what they leave. Adds them to `held`.
    fn levels(&self, material: &Material, held: &mut Held) -> Choice {
        let mut choice = Choice::default();
        if material.is_empty() {
            return choice;
        }
        let outside = |k: usize| {
            let fold = self.fold(k);
            move |row: usize| !fold.contains(&row)
        };
        let learn = |held: &Held, add: &(dyn Fn(usize, &mut [f64]) + Sync)| -> Held {
            par::map_chunks(FOLDS, 1, |k| {
                let mut eta = held[k.start].clone();
                add(k.start, &mut eta);
                eta
            })
        };
        if material.has_pooled() {
            let tried = levels::SPREADS.map(|spread| {
                let add = |k: usize, eta: &mut [f64]| {
                    material.intercepts(&self.y, eta, spread, outside(k));
                };
                (spread, learn(held, &add))
            });
            choice.intercepts = self.better(held, tried);
        }
        let found: Vec<Vec<Slope>> =
            par::map_chunks(FOLDS, 1, |k| material.screen(&self.y, &held[k.start], outside(k.start)));
        let mut tried = Vec::new();
        for count in levels::SLOPES {
            if count > 1 && found.iter().all(|pairs| pairs.len() <= count / 2)
                || found.iter().all(Vec::is_empty)
            {
                break;
            }
            for spread in levels::SPREADS {
                let add = |k: usize, eta: &mut [f64]| {
                    let pairs = &found[k][..count.min(found[k].len())];
                    material.slopes(pairs, &self.y, eta, spread, outside(k));
                };
                tried.push(((count, spread), learn(held, &add)));
            }
        }
        choice.slopes = self.better(held, tried);
        choice
    }

    /// The candidate with the smallest loss out of fold, which replaces `held`; none where that lies within one standard error
    /// of `held` itself.
    fn better<T>(&self, held: &mut Held, tried: impl IntoIterator<Item = (T, Held)>) -> Option<T> {
        let judged = tried.into_iter().map(|(what, held)| (self.total(&self.scores(&held)), what, held));
        let best = judged.reduce(|best, next| if next.0 < best.0 { next } else { best });
        let (_, what, best) = best?;
        if self.simplest(&[self.scores(held), self.scores(&best)]) == 0 {
            return None;
        }
        *held = best;
        Some(what)
    }

    /// How many trees to grow: without each fold on the residuals of its own model, judged on it. The number with the
    /// smallest loss, or none where that lies within one standard error of it. Adds them to `held`.
    fn trees(&self, design: &Design, cells: &trees::Cells, betas: &[Vec<f64>], held: &mut Held) -> usize {
        let start = |k: usize| {
            let fold = self.fold(k);
            let orders = trees::orders(design, &betas[k]);
            Growing::new(cells, orders, &self.y, &self.keys, held[k].clone(), |row| !fold.contains(&row))
        };
        let mut growing: Vec<Growing<'_>> = (0..betas.len()).map(start).collect();
        let none = self.scores(held);
        let mut best = (0, self.total(&none), none.clone(), held.clone());
        let mut since = 0;
        for count in trees::STEPS {
            if !growing.iter().all(|g| g.allows(count)) {
                break;
            }
            par::for_each_chunk_mut(&mut growing, 1, |_, g| g.iter_mut().for_each(|g| g.grow_to(count)));
            let tried: Held = growing.iter().map(|g| g.eta.clone()).collect();
            let scores = self.scores(&tried);
            let total = self.total(&scores);
            if total < best.1 {
                best = (count, total, scores, tried);
                since = 0;
                continue;
            }
            since += 1;
            if since == trees::PATIENCE {
                break;
            }
        }
        let (count, _, scores, tried) = best;
        if self.simplest(&[none, scores]) == 0 {
            return 0;
        }
        *held = tried;
        count
    }

    /// Fits all rows but those of fold `k`; coefficients, and scores of all rows.
    fn without(
        &self,
        k: usize,
        features: &Features,
        design: &Design,
        lambda: f64,
        start: &[f64],
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let fold = self.fold(k);
        let (mut all, _) = Encoded::new(design, features, &self.rows)?;
        let width = all.width;
        let own = Encoded { values: all.values[fold.start * width..fold.end * width].to_vec(), width };
        all.values.drain(fold.start * width..fold.end * width);
        let y: Vec<bool> = [&self.y[..fold.start], &self.y[fold.end..]].concat();
        let mut start = start.to_vec();
        start.resize(width + 1, 0.0);
        let fit = fit_ridge(&all.data(&y), &design.terms(), lambda, Some(&start))
            .map_err(|fault| LogisticFault::named(fault, |_| String::new()))?;
        let mut etas = all.etas(y.len(), &fit.beta);
        etas.splice(fold.start..fold.start, own.etas(fold.len(), &fit.beta));
        Ok((fit.beta, etas))
    }

    /// Scores out of fold, in the order of the plan's rows.
    fn scores(&self, held: &Held) -> Vec<f64> {
        held.iter().enumerate().flat_map(|(k, etas)| &etas[self.fold(k)]).copied().collect()
    }

    /// Loss of scores out of fold, in the order of the plan's rows.
    fn total(&self, scores: &[f64]) -> f64 {
        scores.iter().zip(&self.y).map(|(eta, y)| loss(*y, *eta)).sum()
    }

    /// The first of the candidates whose loss lies within one standard error of the smallest.
    ///
    /// By hand: 1,000 rows, the best candidate loses 500.0 in all and the simplest 503.0, .003 a row more. Row by row their losses
    /// differ by .12 on average, so the standard error of that mean is .12 / √1000 = .0038: the simplest is within it and is taken.
    /// Either loss alone has a standard error of about .02 a row, by which nothing could be told from anything.
    ///
    /// The standard error is that of the mean paired difference to the best one, row by row: two models err on the same customers, so
    /// their difference is known far better than either loss (Hastie, Tibshirani and Friedman 2009, section 7.10,
    /// doi:10.1007/978-0-387-84858-7).
    fn simplest(&self, candidates: &[Vec<f64>]) -> usize {
        let totals: Vec<f64> = candidates.iter().map(|scores| self.total(scores)).collect();
        let best = (0..totals.len()).fold(0, |best, i| if totals[i] < totals[best] { i } else { best });
        let n = self.y.len() as f64;
        let near = |i: usize| {
            let gap =
                |row: usize| loss(self.y[row], candidates[i][row]) - loss(self.y[row], candidates[best][row]);
            let mean = (totals[i] - totals[best]) / n;
            let variance = (0..self.y.len()).map(|row| (gap(row) - mean).powi(2)).sum::<f64>() / n;
            mean <= (variance / n).sqrt()
        };
        (0..best).find(|i| near(*i)).unwrap_or(best)
    }

    /// Platt's recalibration: a logistic regression of the outcome on the score out of fold.
    ///
    /// Scores in the fit are too extreme; out of fold they are as later customers will see them. A slope below 1 pulls them in.
    fn calibrate(&self, scores: &[f64]) -> (f64, f64) {
        let data = Data { x: scores, width: 1, y: &self.y, weights: None, offset: None };
        let config = Config {
            ridge: &[0.0],
            tolerance: 1e-10,
            max_iterations: 50,
            curvature: Curvature::Skip,
            start: Some(&[0.0, 1.0]),
        };
        match engine::fit(&data, &config) {
            // A slope that is not positive means that the scores know nothing; turning them round would not help.
            Ok(fit) if fit.beta[1] > 0.0 => (fit.beta[0], fit.beta[1]),
            _ => (0.0, 1.0),
        }
    }
}

fn ndarray_view(hessian: &[f64], q: usize) -> Option<crate::kernel::linalg::SquareView<'_>> {
    crate::kernel::linalg::SquareView::from_shape((q, q), hessian).ok()
}
