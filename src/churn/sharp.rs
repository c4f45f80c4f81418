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
//! 5. Platt's line, and on request an isotonic curve, from the scores out of fold of what was chosen.
//! 6. Fit all rows.
//!
//! Where an outcome is too rare to be shared out among five folds, steps 2 to 5 are left out and the penalty is
//! [`CAUTIOUS`]. Chance enters through the keys alone; folds run in parallel and are put together in order.

use crate::data::Features;
use crate::error::Result;
use crate::kernel::linalg::{Cholesky, dot};
use crate::kernel::logistic::{self as engine, Config, Curvature, Data, Order, Scaling};
use crate::kernel::{par, special};

use super::design::{CELLS, Design, Pair, Term};
use super::logistic::LogisticFault;
use super::params::Recalibration;
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
/// A pair must beat chance at this level, divided by the number of pairs looked at.
const PAIR_LEVEL: f64 = 0.01;
/// Rows that each encoded column needs before another step of pairs is tried.
const ROWS_PER_TERM: usize = 5;
/// Grains at which the table of a pair is looked at: eighths, quarters, halves.
const GRAINS: usize = 3;
/// A penalty this many times as strong leaves nothing of a term.
const PIN: f64 = 1e9;
/// Variance at which the penalty of an indicator column is counted at least: rare levels are shrunk most.
const VARIANCE_FLOOR: f64 = 0.05;

/// A fitted linear model over the columns of a design.
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
}

/// Encoded rows with the gaps filled.
pub(super) struct Encoded {
    pub(super) values: Vec<f64>,
    pub(super) width: usize,
}

/// Fills unknown values with `means`, which are taken from these rows where not given.
pub(super) fn fill(values: &mut [f64], width: usize, means: Option<Vec<f64>>) -> Vec<f64> {
    if width == 0 {
        return Vec::new();
    }
    let means = means.unwrap_or_else(|| {
        let mut sums = vec![(0.0, 0.0); width];
        for row in values.chunks_exact(width) {
            for (sum, value) in sums.iter_mut().zip(row) {
                if !value.is_nan() {
                    // A running mean, which cannot overflow.
                    sum.1 += 1.0;
                    sum.0 += value / sum.1 - sum.0 / sum.1;
                }
            }
        }
        sums.into_iter().map(|s| s.0).collect()
    });
    for row in values.chunks_exact_mut(width) {
        for (value, mean) in row.iter_mut().zip(&means) {
            if value.is_nan() {
                *value = *mean;
            }
        }
    }
    means
}

impl Encoded {
    fn new(design: &Design, features: &Features, rows: &[usize]) -> Result<(Self, Vec<f64>)> {
        let width = design.width();
        let mut values = design.encode(features, rows)?;
        let means = fill(&mut values, width, None);
        Ok((Self { values, width }, means))
    }

    fn data<'a>(&'a self, y: &'a [bool]) -> Data<'a> {
        Data { x: &self.values, width: self.width, y, weights: None, offset: None }
    }

    fn eta(&self, row: usize, beta: &[f64]) -> f64 {
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
fn loss(y: bool, eta: f64) -> f64 {
    special::softplus(if y { -eta } else { eta })
}

/// Fits the model of a flexible design.
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
        });
    };
    let (encoded, _) = Encoded::new(&design, features, &plan.rows)?;
    let terms = design.terms();
    let path = plan.path(&encoded, &terms).map_err(|f| named(f, &design))?;
    let mut scores = path.scores;
    if terms.iter().any(|t| t.rises) {
        let fitted = par::map_chunks(FOLDS, 1, |k| {
            plan.without(k.start, features, &design, path.lambda, &path.betas[k.start])
        });
        let fitted = fitted.into_iter().collect::<Result<Vec<_>>>()?;
        scores = fitted.into_iter().flat_map(|fit| fit.1).collect();
    }
    let (chosen, lambda) = plan.pairs(features, &design, &encoded, &path.betas, path.lambda, &mut scores)?;
    if chosen > 0 {
        let found = screen(features, &design, &plan.rows, &encoded, &plan.y, &path.full, |_| true)?;
        design.pairs = found.into_iter().take(chosen).collect();
    }
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
    Ok(Sharp { design, means, beta: fit.beta.clone(), calibration, curve, ridge: lambda, fit })
}

/// The rows of the cross-validation, fold after fold.
struct Plan {
    rows: Vec<usize>,
    y: Vec<bool>,
    /// Where each fold begins, and the end.
    cuts: Vec<usize>,
}

struct Path {
    lambda: f64,
    /// Scores out of fold, in the order of the plan's rows.
    scores: Vec<f64>,
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
        Some(Self { rows, y, cuts })
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
                tolerance: 1e-8,
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
                best = Some((total, Path { lambda, scores, betas, full: full.clone() }));
            }
            beta = Some(full);
        }
        best.map(|b| b.1).ok_or(engine::Fault::NotConverged { iterations: 0, gradient: 0.0 })
    }

    /// Coefficients without each fold, each fitted anew: for tables too wide for a curvature.
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
    /// Replaces `scores` by those of the choice.
    fn pairs(
        &self,
        features: &Features,
        design: &Design,
        encoded: &Encoded,
        betas: &[Vec<f64>],
        lambda: f64,
        scores: &mut Vec<f64>,
    ) -> Result<(usize, f64)> {
        let screened = par::map_chunks(betas.len(), 1, |k| {
            let fold = self.fold(k.start);
            let inside = |row: usize| !fold.contains(&row);
            screen(features, design, &self.rows, encoded, &self.y, &betas[k.start], inside)
        });
        let found = screened.into_iter().collect::<Result<Vec<_>>>()?;
        let most = found.iter().map(Vec::len).max().unwrap_or(0);
        let mut starts = betas.to_vec();
        let mut candidates = vec![scores.clone()];
        let mut lowest = self.total(scores);
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
                if let Some((beta, own)) = fitted? {
                    starts[k] = beta;
                    tried[self.fold(k)].copy_from_slice(&own);
                }
            }
            let total = self.total(&tried);
            candidates.push(tried);
            if total >= lowest {
                break;
            }
            lowest = total;
        }
        let chosen = self.simplest(&candidates);
        if chosen == 0 {
            return Ok((0, lambda));
        }
        scores.clone_from(&candidates[chosen]);
        let count = PAIR_STEPS[chosen - 1];
        // More terms may want another penalty: uphill or downhill from the one of the columns alone.
        let (mut best, mut lowest) = (lambda, self.total(scores));
        for direction in [3.0, 1.0 / 3.0] {
            let mut next = best * direction;
            while next <= GRID[0] * 3.0 && next >= GRID[GRID.len() - 1] {
                let fitted = par::map_chunks(betas.len(), 1, |k| {
                    let k = k.start;
                    let paired = design.with(&found[k][..count.min(found[k].len())]);
                    self.without(k, features, &paired, next, &starts[k])
                });
                let fitted = fitted.into_iter().collect::<Result<Vec<_>>>()?;
                let tried = fitted.into_iter().flat_map(|fit| fit.1).collect::<Vec<_>>();
                let total = self.total(&tried);
                if total >= lowest {
                    break;
                }
                (best, lowest, *scores) = (next, total, tried);
                next *= direction;
            }
            if best != lambda {
                break;
            }
        }
        Ok((count, best))
    }

    /// Fits all rows but those of fold `k`; coefficients, and scores of that fold.
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
        let scores = (0..fold.len()).map(|row| own.eta(row, &fit.beta)).collect();
        Ok((fit.beta, scores))
    }

    /// Loss of scores out of fold, in the order of the plan's rows.
    fn total(&self, scores: &[f64]) -> f64 {
        scores.iter().zip(&self.y).map(|(eta, y)| loss(*y, *eta)).sum()
    }

    /// The first of the candidates whose loss lies within one standard error of the smallest.
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

/// The pairs whose table of residuals is not chance, the strongest first. For each pair of columns the residuals of the
/// model without it are summed in cells; Σ (Σ residual)² / Σ weight over the cells, less the same over rows and columns
/// of the table, is close to chi-square where there is no interaction.
fn screen(
    features: &Features,
    design: &Design,
    rows: &[usize],
    encoded: &Encoded,
    y: &[bool],
    beta: &[f64],
    inside: impl Fn(usize) -> bool + Sync + Send,
) -> Result<Vec<Pair>> {
    const SIDE: usize = CELLS + 1;
    let reader = design.read(features)?;
    let columns = design.names.len();
    let used: Vec<usize> = (0..rows.len()).filter(|r| inside(*r)).collect();
    let response: Vec<(f64, f64)> = par::map(used.len(), |i| {
        let p = special::sigmoid(encoded.eta(used[i], beta));
        (f64::from(u8::from(y[used[i]])) - p, p * (1.0 - p))
    });
    let cells: Vec<Vec<u8>> = par::map_chunks(columns, 1, |c| {
        used.iter().map(|r| u8::try_from(reader.cell(c.start, rows[*r])).unwrap_or(0)).collect()
    });
    let pairs: Vec<Pair> = (0..columns)
        .flat_map(|a| (a + 1..columns).map(move |b| Pair(a, b)))
        .filter(|pair| !(design.is_monotone(pair.0) || design.is_monotone(pair.1)))
        .collect();
    let ordered: Vec<bool> = (0..columns).map(|c| design.is_ordered(c)).collect();
    let tests = par::map_chunks(pairs.len(), 1, |i| {
        let Pair(a, b) = pairs[i.start];
        let mut table = vec![(0.0, 0.0); SIDE * SIDE];
        for ((ca, cb), (r, w)) in cells[a].iter().zip(&cells[b]).zip(&response) {
            let cell = &mut table[usize::from(*ca) * SIDE + usize::from(*cb)];
            cell.0 += r;
            cell.1 += w;
        }
        // Eighths, quarters and halves of the ranks: few rows see an interaction in a coarse table only.
        let mut best = f64::NEG_INFINITY;
        for halvings in 0..GRAINS {
            let (statistic, d) =
                interaction(&coarser(&table, SIDE, halvings, (ordered[a], ordered[b])), SIDE);
            if d > 0.0 {
                best = best.max(((statistic / d).cbrt() - 1.0 + 2.0 / (9.0 * d)) * (4.5 * d).sqrt());
            }
            if !(ordered[a] || ordered[b]) {
                break;
            }
        }
        best
    });
    // Wilson and Hilferty's cube root makes a chi-square statistic a standard normal one, comparable across tables.
    let level = PAIR_LEVEL / (pairs.len().max(1) * GRAINS) as f64;
    let mut found: Vec<(f64, Pair)> = tests
        .into_iter()
        .zip(pairs)
        .filter(|(z, _)| z.is_finite() && special::normal_cdf(-z) < level)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(found.into_iter().map(|f| f.1).collect())
}

/// Neighbouring cells of ordered sides put together `halvings` times; the cell for missing values stays on its own.
fn coarser(table: &[(f64, f64)], side: usize, halvings: usize, ordered: (bool, bool)) -> Vec<(f64, f64)> {
    let place = |cell: usize, ordered: bool| {
        if ordered && cell + 1 < side { cell >> halvings } else { cell }
    };
    let mut merged = vec![(0.0, 0.0); side * side];
    for (i, cell) in table.iter().enumerate() {
        let to = &mut merged[place(i / side, ordered.0) * side + place(i % side, ordered.1)];
        to.0 += cell.0;
        to.1 += cell.1;
    }
    merged
}

/// The statistic of a table of (residual, weight) and its degrees of freedom.
fn interaction(table: &[(f64, f64)], side: usize) -> (f64, f64) {
    let part = |cells: &mut dyn Iterator<Item = (f64, f64)>| {
        let (r, w) = cells.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        if w > 1.0 { (r * r / w, 1.0) } else { (0.0, 0.0) }
    };
    let add = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
    let cells = table.iter().fold((0.0, 0.0), |sum, c| add(sum, part(&mut std::iter::once(*c))));
    let rows =
        (0..side).fold((0.0, 0.0), |sum, i| add(sum, part(&mut (0..side).map(|j| table[i * side + j]))));
    let columns =
        (0..side).fold((0.0, 0.0), |sum, j| add(sum, part(&mut (0..side).map(|i| table[i * side + j]))));
    ((cells.0 - rows.0 - columns.0).max(0.0), cells.1 - rows.1 - columns.1 + 1.0)
}
