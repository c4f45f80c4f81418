//! Implicit-feedback matrix factors, fitted by alternating least squares.

use crate::error::{Error, ErrorKind, Result};
use crate::kernel::linalg::{Cholesky, dot};
use crate::kernel::par;
use crate::kernel::rng::Rng;
use crate::types::Seed;

use super::super::baskets::Baskets;
use super::super::model::{Own, own_items};
use super::super::rank::Candidate;
use super::super::sparse::{Index, Sparse, keep_largest};
use super::{Because, fits};

/// Fits implicit ALS: customers and items as vectors of few factors whose products tell what is bought.
///
/// # When to use
/// Where taste has few dimensions and purchases are seldom repeated: media, fashion. For groceries frequencies are far
/// better; here it is a baseline and a source of new items.
///
/// # Model
/// With `p_ui = 1` where customer u bought item i and 0 elsewhere, `c_ui` = α times the number of baskets that hold it (1 where
/// it was not bought), factors `x_u` and `y_i` minimise `Σ c_ui (p_ui − x_u·y_i)² + λ (Σ |x_u|² + Σ |y_i|²)`. Customers' and
/// items' factors are improved in turn by three steps of conjugate gradients (Takács, Pilászy, Tikk 2011).
///
/// A customer is served by the exact solution `x_u = (YᵀC_uY + λI)⁻¹ YᵀC_u p_u` for the baskets as they are, so that an update
/// moves the list at once. Its score `x_u·y_i` is the sum over the customer's items j of `c_uj y_iᵀ(YᵀC_uY + λI)⁻¹y_j`: the term
/// j = i is told as the own purchases, the rest as resemblance to them (Hu et al., section 5).
///
/// | symbol | setter | default |
/// |---|---|---|
/// | factors | [`factors`](Self::factors) | 64 |
/// | λ | [`regularisation`](Self::regularisation) | 0.1 |
/// | α | [`confidence`](Self::confidence) | 1 |
/// | | [`iterations`](Self::iterations) | 15 |
/// | | [`seed`](Self::seed) of the first factors | 0 |
///
/// # By hand
/// One factor, λ = 0.1, α = 1, items tea and milk with y = 1 each, so that `YᵀY + λI` = 2.1. A customer who bought tea once has
/// x = (1 · 1) / 2.1 = 0.476 and both items score 0.476: with one factor all tastes are one. With α = 40 the matrix is
/// 2.1 + 39 = 41.1 and the score 40 / 41.1 = 0.973: what was bought is believed, what was not hardly counts.
///
/// # Assumptions
/// What was not bought is liked less, with little confidence; more baskets are more confidence. Time plays no part: neither
/// the order of the baskets nor how long they lie back.
///
/// # Determinism
/// First factors are drawn for each row from the seed and the row's number, sums are in fixed chunks: the same factors on any
/// number of threads.
///
/// # Example
/// ```
/// # use regulars::{data::*, types::*};
/// use regulars::recommend::AlsParams;
/// # let mut builder = Ledger::builder(Currency::EUR);
/// # for (who, item) in [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("eve", "tea"), ("eve", "milk")] {
/// #     builder.push(Transaction::new(who, Day::ymd(2024, 5, 1)?).item(item))?;
/// # }
/// # let ledger = builder.build()?;
/// let model = AlsParams::new().factors(2).fit(ledger.observed(AsOf::ymd(2024, 5, 31)?)?)?;
/// let bob = model.recommend("bob", 2)?;
/// assert_eq!(bob[1].item, "milk".into());
/// assert!(bob[1].score > 0.0 && bob[1].score < bob[0].score);
/// # Ok::<(), regulars::Error>(())
/// ```
///
/// # Complexity
/// An iteration costs O(f² (customers + items) + f rows); a list f³ / 3 + f² h + f times the items. 8 f bytes an item.
///
/// # Accuracy
/// Recall and NDCG within their spread over seeds of the package implicit 0.7.3; `ACCURACY.md`.
///
/// # References
/// - Hu, Koren, Volinsky 2008, Collaborative Filtering for Implicit Feedback Datasets, doi:10.1109/ICDM.2008.22
/// - Takács, Pilászy, Tikk 2011, Applications of the conjugate gradient method for implicit feedback collaborative
///   filtering, doi:10.1145/2043932.2043987
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[must_use]
pub struct AlsParams {
    factors: usize,
    regularisation: f64,
    confidence: f64,
    iterations: usize,
    /// As a number, since a file keeps it.
    seed: u64,
}

impl Default for AlsParams {
    fn default() -> Self {
        Self { factors: 64, regularisation: 0.1, confidence: 1.0, iterations: 15, seed: 0 }
    }
}

impl AlsParams {
    /// 64 factors, λ = .1, α = 1, 15 iterations, seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of factors, 1 to 512. More tell finer tastes and cost the square; with few customers they learn by heart.
    pub fn factors(mut self, factors: usize) -> Self {
        self.factors = factors;
        self
    }

    /// Weight λ of the factors' lengths: positive and finite. It keeps the rows of customers and items with few purchases
    /// short, so that little is claimed of them.
    pub fn regularisation(mut self, lambda: f64) -> Self {
        self.regularisation = lambda;
        self
    }

    /// Confidence α in one purchase, where none counts 1: positive and finite. Above 1 what was bought weighs more than what
    /// was not; Hu et al. use 40.
    pub fn confidence(mut self, alpha: f64) -> Self {
        self.confidence = alpha;
        self
    }

    /// Turns of customers and items; at least 1. Ten to twenty do.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// Where the first factors come from. Another seed gives other factors of about the same quality: recall@10 on Online
    /// Retail differs by about .002.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed.0;
        self
    }

    /// Whether the parameters can be used.
    ///
    /// ```
    /// assert!(regulars::recommend::AlsParams::new().factors(0).check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidParam`](crate::ErrorKind::InvalidParam) for factors outside 1 to 512, 0 iterations, and a regularisation or
    /// confidence that is not positive and finite.
    pub fn check(&self) -> Result<()> {
        if !(1..=512).contains(&self.factors) {
            return Err(Error::param("factors", "must lie in 1 to 512", self.factors));
        }
        if self.iterations == 0 {
            return Err(Error::param("iterations", "must be at least 1", 0));
        }
        for (name, value) in [("regularisation", self.regularisation), ("confidence", self.confidence)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::param(name, "must be positive and finite", value));
            }
        }
        Ok(())
    }
}

fits!(AlsParams, Als);

/// Factors of all items, one row each.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::recommend) struct ItemFactors(pub(in crate::recommend) Vec<f64>);

/// Factors of the items, and what a customer's solution needs of them.
pub(in crate::recommend) struct Engine {
    params: AlsParams,
    items: ItemFactors,
    /// `YᵀY + λI`.
    gram: Vec<f64>,
}

/// Rows of one chunk of work.
const CHUNK: usize = 128;
/// Steps of conjugate gradients for one row.
const STEPS: usize = 3;

/// The factors of one row.
fn row(factors: &[f64], number: usize, f: usize) -> &[f64] {
    &factors[number * f..(number + 1) * f]
}

/// `into += by · values`.
fn add_scaled(into: &mut [f64], by: f64, values: &[f64]) {
    into.iter_mut().zip(values).for_each(|(x, v)| *x += by * v);
}

/// `YᵀY + λI`, row by row.
///
/// O(n f²) in parallel chunks of 2,048 rows, added in order. Of a symmetric matrix all entries are formed: rows are then read
/// without a case for the side of the diagonal.
fn gram(y: &[f64], f: usize, lambda: f64) -> Vec<f64> {
    let part = |range: std::ops::Range<usize>| {
        let mut sum = vec![0.0; f * f];
        for number in range {
            let own = row(y, number, f);
            for (a, value) in own.iter().enumerate() {
                add_scaled(&mut sum[a * f..(a + 1) * f], *value, own);
            }
        }
        sum
    };
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        add_scaled(&mut a, 1.0, &b);
        a
    };
    let mut sum = par::reduce_chunks(y.len() / f, 2_048, part, add).unwrap_or_else(|| vec![0.0; f * f]);
    (0..f).for_each(|a| sum[a * f + a] += lambda);
    sum
}

/// Improves every row of `x` against `y` by a few steps of conjugate gradients.
///
/// Row r solves `(YᵀY + λI + Σ (c − 1) y yᵀ) x = Σ c y` over its columns with confidence c = α count. The matrix is never made:
/// a product with it is one with `YᵀY + λI` and one scalar product a column. Starting from the last turn's row, three steps
/// do what an exact solution does at a tenth of the cost (Takács, Pilászy, Tikk 2011); the turns correct the rest.
/// `counts(r)` are the (column, confidence)
/// pairs of row r; a row without any becomes 0.
///
/// # A step
/// With A the matrix, b the right side, `r = b − A x` and p = r at first: `t = r·r / p·A p`, `x += t p`, `r −= t A p`, and
/// `p = r + (r'·r' / r·r) p` with r' the new residual. In exact arithmetic f steps would solve it; after three the loss is
/// already below that of the last turn, since each step lowers `x·A x / 2 − b·x`. Steps end where `r·r` is below 10⁻²⁰.
///
/// The residual needs b − A x for one bought column as `(c − (c − 1) y·x) y`: one product serves both sides.
fn improve<'a>(
    x: &mut [f64],
    y: &[f64],
    f: usize,
    lambda: f64,
    alpha: f64,
    counts: impl Fn(usize) -> &'a [(u32, f64)] + Sync + Send,
) {
    let gram = gram(y, f, lambda);
    par::for_each_chunk_mut(x, CHUNK * f, |first, rows| {
        let (mut r, mut p, mut ap) = (vec![0.0; f], vec![0.0; f], vec![0.0; f]);
        for (at, x) in rows.chunks_exact_mut(f).enumerate() {
            let own = counts(first / f + at);
            if own.is_empty() {
                x.fill(0.0);
                continue;
            }
            // r = b − A x.
            r.fill(0.0);
            (0..f).for_each(|a| add_scaled(&mut r, -x[a], row(&gram, a, f)));
            for (column, count) in own {
                let (theirs, c) = (row(y, *column as usize, f), alpha * count);
                add_scaled(&mut r, c - (c - 1.0) * dot(theirs, x), theirs);
            }
            p.copy_from_slice(&r);
            let mut before = dot(&r, &r);
            for _ in 0..STEPS {
                if before < 1e-20 {
                    break;
                }
                ap.fill(0.0);
                (0..f).for_each(|a| add_scaled(&mut ap, p[a], row(&gram, a, f)));
                for (column, count) in own {
                    let theirs = row(y, *column as usize, f);
                    add_scaled(&mut ap, (alpha * count - 1.0) * dot(theirs, &p), theirs);
                }
                let step = before / dot(&p, &ap);
                add_scaled(x, step, &p);
                add_scaled(&mut r, -step, &ap);
                let after = dot(&r, &r);
                p.iter_mut().zip(&r).for_each(|(p, r)| *p = r + after / before * *p);
                before = after;
            }
        }
    });
}

impl Engine {
    pub(super) fn new(params: AlsParams, baskets: &Baskets) -> Self {
        let AlsParams { factors: f, regularisation, confidence, iterations, seed } = params;
        let (people, items) = (baskets.customers.len(), baskets.items.len());
        let counts = Sparse::of_rows((0..people).map(|c| {
            own_items(baskets.past(c)).iter().map(|o| (o.item, f64::from(o.times))).collect::<Vec<_>>()
        }));
        let index = Index::new(items, counts, usize::MAX);
        // Small, and no two alike: all equal factors would stay equal.
        let start = |n: usize, kind: u64| {
            let of = |r: usize| {
                let mut rng = Rng::new(Seed(seed), 2 * r as u64 + kind);
                (0..f).map(|_| 0.01 * rng.uniform()).collect::<Vec<f64>>()
            };
            (0..n).flat_map(of).collect::<Vec<f64>>()
        };
        let (mut x, mut y) = (start(people, 0), start(items, 1));
        for _ in 0..iterations {
            improve(&mut x, &y, f, regularisation, confidence, |r| index.row(r));
            improve(&mut y, &x, f, regularisation, confidence, |r| index.holders(r));
        }
        let gram = gram(&y, f, regularisation);
        Self { params, items: ItemFactors(y), gram }
    }

    /// Of factors from a file, which must be those of the items of the baskets.
    pub(super) fn with_factors(params: AlsParams, items: ItemFactors, baskets: &Baskets) -> Result<Self> {
        let fits = items.0.len() == baskets.items.len() * params.factors;
        if !fits || !items.0.iter().all(|v| v.abs() < 1e12) {
            return Err(Error::new(
                ErrorKind::IncompatibleModel,
                None,
                "factors that no fit could have made",
            ));
        }
        let gram = gram(&items.0, params.factors, params.regularisation);
        Ok(Self { params, items, gram })
    }

    pub(super) fn factors(&self) -> &ItemFactors {
        &self.items
    }

    /// Factors of an item; `None` for one that came after the fit.
    fn item(&self, item: u32) -> Option<&[f64]> {
        let f = self.params.factors;
        self.items.0.get(item as usize * f..(item as usize + 1) * f)
    }

    /// `YᵀC_uY + λI`, decomposed, and `YᵀC_u p_u`. `None` where nothing the customer bought was known at the fit.
    ///
    /// A bought item already counts 1 in the gram matrix, so that c − 1 is added for it, and nothing where c is 1.
    fn system(&self, own: &[Own]) -> Option<(Cholesky, Vec<f64>)> {
        let f = self.params.factors;
        let (mut matrix, mut right, mut known) = (self.gram.clone(), vec![0.0; f], false);
        for o in own {
            let Some(y) = self.item(o.item) else { continue };
            known = true;
            let c = self.params.confidence * f64::from(o.times);
            add_scaled(&mut right, c, y);
            if c != 1.0 {
                for (a, value) in y.iter().enumerate() {
                    add_scaled(&mut matrix[a * f..(a + 1) * f], (c - 1.0) * value, y);
                }
            }
        }
        known.then(|| Cholesky::of_rows(&matrix, f).ok()).flatten().map(|solver| (solver, right))
    }

    pub(super) fn candidates(&self, own: &[Own], limit: Option<usize>) -> Vec<Candidate> {
        let f = self.params.factors;
        let Some((solver, right)) = self.system(own) else { return Vec::new() };
        let x = solver.solve(&right);
        // An item that nobody bought has no factors.
        let known = (0_u32..).zip(self.items.0.chunks_exact(f)).filter(|(_, y)| y.iter().any(|v| *v != 0.0));
        let mut scores: Vec<(f64, u32)> = known.map(|(i, y)| (dot(&x, y), i)).collect();
        if let Some(limit) = limit {
            keep_largest(&mut scores, limit);
        }
        let repeat = |item: u32| own.binary_search_by_key(&item, |o| o.item).is_ok();
        scores.into_iter().map(|(score, item)| Candidate::plain(item, score, repeat(item))).collect()
    }

    /// Of each candidate: the part of the score that the own purchases of it make, the rest, and the item that adds most
    /// of it.
    pub(super) fn explain(&self, own: &[Own], candidates: &[Candidate]) -> Vec<(f64, f64, Because)> {
        let system = self.system(own);
        let one = |candidate: &Candidate| {
            let (Some((solver, _)), Some(y)) = (&system, self.item(candidate.item)) else {
                return (0.0, candidate.score, Because::Nothing);
            };
            let pull = solver.solve(y);
            let (mut bought, mut best) = (0.0, (0.0, None));
            for o in own {
                let Some(theirs) = self.item(o.item) else { continue };
                let adds = self.params.confidence * f64::from(o.times) * dot(&pull, theirs);
                if o.item == candidate.item {
                    bought = adds;
                } else if adds > best.0 {
                    best = (adds, Some((o.item, theirs)));
                }
            }
            let because = best.1.map_or(Because::Nothing, |(item, theirs)| {
                let lengths = (dot(y, y) * dot(theirs, theirs)).sqrt().max(f64::MIN_POSITIVE);
                Because::Resembles(item, dot(y, theirs) / lengths)
            });
            (bought, candidate.score - bought, because)
        };
        candidates.iter().map(one).collect()
    }
}
