//! An additive logistic model of piecewise linear terms and their interactions, fitted by penalised likelihood.
//!
//! # Model
//! `ln odds = β₀ + Σ f_j(x_j) + Σ f_jk(x_j, x_k)`; each f is linear between knots at the quantiles of its feature (bilinear
//! for two) and constant beyond the outer ones: a value never seen is taken as the most extreme seen. The sum has no other
//! part, so that every score is told in full by its terms (Hastie and Tibshirani 1986, doi:10.1214/ss/1177013604).
//!
//! With θ the values at all knots, `w_r` the weight and `y_r` ∈ {0, 1} the outcome of row r, `η_r` its ln odds and h the sum of
//! the weights of the rows with y = 1, the fit maximises
//!
//! `Σ_r w_r (y_r η_r − ln(1 + e^η_r)) − λ h / 2 · (Σ over neighbouring knots (θ_a − θ_b)² + 0.01 Σ θ_a²)`
//!
//! - The first penalty shrinks a term towards a constant: with few data a feature says nothing.
//! - The ridge, a hundredth of it, decides the constants, which the intercept could take over: the maximum is unique.
//! - λ = 0.001 against the weight of the positive rows: what a fit may believe grows with what it has seen happen.
//!
//! # Computation
//! What a row touches is two knots of each feature and four of each pair: it is read once, as the place of every feature among
//! its knots, and every pass over the rows is then a gather and a scatter of some ninety numbers (`fit`). Steps are those of
//! L-BFGS, which begins from the curvature of a sample of the rows: near the maximum that is Newton's method but for the
//! sample's error, and the latest steps correct for it. At the end each term is centred: a contribution is against the average
//! row.
//!
//! # By hand
//! One feature with knots 0 and 1 and rows (0, no), (0, yes), (1, yes), (1, yes): without penalty f(0) = 0 and f(1) → ∞. The
//! penalty makes it finite: at the maximum the gradient Σ w (y − p) at a knot equals `λ h (θ_a − θ_b)`.
//!
//! # Determinism
//! Rows are summed in fixed chunks; the same rows give the same bits on any number of threads.
//!
//! # One step by hand
//! At the start all terms are 0 and the intercept is the ln odds of the weighted share of positives, so that p is that share in
//! every row. Say three of four rows of weight 1 are positive: h = 3, β₀ = ln 3, p = 0.75, and each row has the curvature
//! p (1 − p) = 0.1875. A negative row that stands on a knot pulls it down by 0.75, a positive one up by 0.25. The first step
//! solves `(−H) δ = g` for all knots and the intercept at once, where −H is positive definite by the ridge.
//!
//! # Numbers
//! | quantity | bound | for the ranker's two models |
//! |---|---|---|
//! | coefficients | 1 + 9 a feature + 25 a pair | 497 and 359 |
//! | weights that act in a row | 1 + 2 a feature + 4 a pair | 91 and 65 |
//! | steps | 40 a climb | about ten |
//! | places a row | 4 bytes · (features + features in pairs) | 136 and 84 bytes |
//! | a Hessian | 8 bytes · coefficients² | 2 MB and 1 MB |
//!
//! # Assumptions
//! Rows are independent given their features, and a weight counts like so many copies of its row. The log-likelihood is
//! concave and the penalty strictly so in the terms: there is one maximum, and where the steps start does not move it.
//!
//! # Errors
//! None: a fit that cannot be made is `None`, and the caller answers by a model without features.

mod fit;
mod layout;

pub(super) use layout::Scorer;
use layout::{AXES, Layout};

/// Knots of a term of one feature, and along each side of a term of two.
const KNOTS: usize = 9;
const SIDE: usize = 5;

/// Two features that act together, by number.
pub(super) type Pair = (usize, usize);

/// One term; `knots_b` is empty for a term of one feature.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Term {
    a: usize,
    b: usize,
    knots_a: Vec<f32>,
    knots_b: Vec<f32>,
    /// Values at the knots, row by row of `knots_a`.
    values: Vec<f64>,
}

/// The fitted sum.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Additive {
    intercept: f64,
    terms: Vec<Term>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    pub(super) log_likelihood: f64,
}

/// Training rows.
pub(super) struct Rows<const W: usize> {
    pub(super) x: Vec<[f32; W]>,
    pub(super) y: Vec<bool>,
    pub(super) weight: Vec<f32>,
}

impl<const W: usize> Default for Rows<W> {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new(), weight: Vec::new() }
    }
}

/// Distinct quantiles; where a feature takes few values, those.
///
/// Quantiles rather than even steps: every stretch between two knots is then held by about as many rows, so that the
/// penalty weighs alike everywhere. A feature that is one value for half of the rows has fewer knots than `at_most`.
///
/// # By hand
/// At most five knots for 0 0 0 0 0 0 1 2 5 9: the quantiles are 0 0 0 1 9, three of them distinct. The feature takes only five
/// values, so these are the knots: 0 1 2 5 9, and the term is free at each value. With a hundred values it would keep 0 1 9.
///
/// O(n log n) for n values; the caller hands in some 50,000 of the rows at most twice over.
fn knots(mut values: Vec<f32>, at_most: usize) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return values };
    let mut knots: Vec<f32> = (0..at_most).map(|k| values[last * k / (at_most - 1)]).collect();
    knots.dedup();
    if knots.len() < at_most {
        values.dedup();
        if values.len() <= at_most {
            knots = values;
        }
    }
    knots
}

impl Term {
    /// Whether the term is of two features.
    fn is_pair(&self) -> bool {
        !self.knots_b.is_empty()
    }

    /// Number of knots.
    fn len(&self) -> usize {
        self.knots_a.len() * self.knots_b.len().max(1)
    }

    /// Calls `f` with every two neighbouring knots: along the line of one feature, along both sides of a grid of two. These
    /// are the differences that the penalty shrinks.
    fn neighbours(&self, mut f: impl FnMut(usize, usize)) {
        let (na, nb) = (self.knots_a.len(), self.knots_b.len().max(1));
        for a in 0..na {
            for b in 0..nb {
                let at = a * nb + b;
                if a + 1 < na {
                    f(at, at + nb);
                }
                if b + 1 < nb {
                    f(at, at + 1);
                }
            }
        }
    }
}

impl Additive {
    /// The same sum, laid out for scoring many rows.
    pub(super) fn scorer(&self) -> Scorer {
        let layout = Layout::new(&self.terms);
        let values = self.terms.iter().flat_map(|t| t.values.iter().copied());
        Scorer { layout, beta: std::iter::once(self.intercept).chain(values).collect() }
    }

    /// The features of each term, in order: a term of one feature is told as the pair of the feature with itself. Terms dropped at
    /// the fit are not told: they add 0.
    pub(super) fn told(&self) -> impl Iterator<Item = Pair> {
        self.terms.iter().map(|t| (t.a, if t.is_pair() { t.b } else { t.a }))
    }

    /// Whether a fit could have made it: features below `width`, knots ascending, everything finite.
    ///
    /// A file is checked by it before it is believed: with these rules no index leaves its list, no division by a step of 0
    /// happens between two knots, and no sum overflows. Whether the numbers were learned from anything cannot be told.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let ascending =
            |knots: &[f32]| knots.iter().all(|k| k.is_finite()) && knots.is_sorted_by(|a, b| a < b);
        self.intercept.is_finite()
            && self.terms.len() <= AXES
            && self.terms.iter().all(|t| {
                t.a < width
                    && t.b < width
                    && (2..=KNOTS).contains(&t.knots_a.len())
                    && (t.knots_b.is_empty() || (2..=KNOTS).contains(&t.knots_b.len()))
                    && ascending(&t.knots_a)
                    && ascending(&t.knots_b)
                    && t.values.len() == t.len()
                    // Far beyond any fit, and far from overflow in a sum.
                    && t.values.iter().all(|v| v.abs() < 1e12)
            })
            && Layout::new(&self.terms).axes.len() <= AXES
    }
}
