//! The terms laid out for reading: each feature's place among its knots once, then every term from places.
//!
//! A term of one feature and a pair with it have different knots, so that a feature has up to two places: an *axis* is a feature
//! with one list of knots. Terms of the same axis share its place.
//!
//! ```text
//! axes    recency (9 knots) · count (9) · recency (5) · count (5)
//! spans   recency → axis 0 · count → axis 1 · recency with count → axes 2, 3
//! beta    intercept | 9 values | 9 values | 25 values
//! ```
//!
//! # Complexity
//! An axis costs eight comparisons at once, a term of one feature two products, one of two features six. A row of the ranker's
//! larger model has 36 axes and 32 terms.
//!
//! # Determinism
//! A row's sum runs in the order of the terms.

use super::{KNOTS, Term};

/// Axes of one model at most.
pub(super) const AXES: usize = 64;

/// A feature with one list of knots.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    feature: usize,
    /// Ascending, with infinity behind the last.
    knots: [f32; KNOTS],
    /// One over the width of the segment behind each knot.
    per: [f32; KNOTS],
    /// Number of segments, one less than there are knots.
    segments: usize,
}

impl Axis {
    /// Two to [`KNOTS`] knots; more are not read.
    fn new(feature: usize, list: &[f32]) -> Self {
        let (mut knots, mut per) = ([f32::INFINITY; KNOTS], [0.0; KNOTS]);
        for (to, from) in knots.iter_mut().zip(list) {
            *to = *from;
        }
        for (to, ends) in per.iter_mut().zip(list.windows(2)) {
            *to = (ends[1] - ends[0]).recip();
        }
        Self { feature, knots, per, segments: list.len().clamp(2, KNOTS) - 1 }
    }

    /// The segment of `x` and the place within it, 0 to 1: `x = (1 − place) q_k + place q_(k+1)`; constant beyond the outer
    /// knots. What is no number lies at place 0.
    ///
    /// By hand, with knots 0, 1 and 3: x = 2 is in segment 1 at place 0.5, so that f(2) is the mean of f(1) and f(3). x = 7 is at
    /// place 1 of the same segment, which is the outermost knot, and x = −4 at place 0 of segment 0. Knots are counted
    /// rather than searched, eight at once and without a branch: where the ninth lies below `x` the segment is the last anyhow.
    fn place(&self, x: f32) -> (usize, f32) {
        let above: u32 = self.knots[..KNOTS - 1].iter().map(|q| u32::from(*q <= x)).sum();
        let segment = (above as usize).clamp(1, self.segments) - 1;
        let place = (x - self.knots[segment]) * self.per[segment];
        (segment, if place > 0.0 { place.min(1.0) } else { 0.0 })
    }

    /// Segment and place as one number: 2.5 is the middle of segment 2.
    pub(super) fn along(&self, x: &[f32]) -> f32 {
        let (segment, place) = self.place(x[self.feature]);
        segment as f32 + place
    }

    /// Back from one number; the outermost knot belongs to the last segment.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of segments"
    )]
    pub(super) fn split(&self, along: f32) -> (usize, f64) {
        let segment = (along as usize).min(self.segments - 1);
        (segment, f64::from(along - segment as f32))
    }
}

/// Where a term reads: its axes, and its first value among all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) a: usize,
    pub(super) b: usize,
    /// Knots of the second feature; 0 for a term of one.
    pub(super) side: usize,
    /// Place of the first value, behind the intercept.
    pub(super) from: usize,
}

impl Span {
    /// f where the first feature lies at `(k, w)` and the second at `(l, v)`: linear between the two neighbouring values, or
    /// bilinear between the four corners of the cell, which meets the neighbouring cells without a step.
    fn value(self, beta: &[f64], (k, w): (usize, f64), (l, v): (usize, f64)) -> f64 {
        let line = |at: usize, w: f64| beta[at] + w * (beta[at + 1] - beta[at]);
        if self.side == 0 {
            return line(self.from + k, w);
        }
        let at = self.from + k * self.side + l;
        let (low, high) = (line(at, v), line(at + self.side, v));
        low + w * (high - low)
    }
}

/// Axes and spans of some terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) axes: Vec<Axis>,
    pub(super) spans: Vec<Span>,
    /// Values in all, with the intercept.
    pub(super) dims: usize,
}

impl Layout {
    pub(super) fn new(terms: &[Term]) -> Self {
        let mut layout = Self { dims: 1, ..Self::default() };
        for term in terms {
            let a = layout.axis(Axis::new(term.a, &term.knots_a));
            let b = if term.is_pair() { layout.axis(Axis::new(term.b, &term.knots_b)) } else { a };
            layout.spans.push(Span { a, b, side: term.knots_b.len(), from: layout.dims });
            layout.dims += term.len();
        }
        layout
    }

    /// The number of an axis, which is taken in where it is new.
    fn axis(&mut self, axis: Axis) -> usize {
        self.axes.iter().position(|known| *known == axis).unwrap_or_else(|| {
            self.axes.push(axis);
            self.axes.len() - 1
        })
    }
}

/// A fitted sum, laid out for scoring many rows.
#[derive(Clone, Debug)]
pub(in crate::recommend) struct Scorer {
    pub(super) layout: Layout,
    /// The intercept, then the values of each term.
    pub(super) beta: Vec<f64>,
}

impl Scorer {
    /// The constant.
    pub(in crate::recommend) fn intercept(&self) -> f64 {
        self.beta[0]
    }

    /// Calls `f` with the number of each term and what it adds; with the [intercept](Self::intercept) they sum to the ln odds.
    ///
    /// No allocation, no branch but for the two kinds of terms.
    pub(in crate::recommend) fn each(&self, x: &[f32], mut f: impl FnMut(usize, f64)) {
        let mut places = [(0_usize, 0.0_f64); AXES];
        for (place, axis) in places.iter_mut().zip(&self.layout.axes) {
            let (segment, within) = axis.place(x[axis.feature]);
            *place = (segment, f64::from(within));
        }
        for (number, span) in self.layout.spans.iter().enumerate() {
            f(number, span.value(&self.beta, places[span.a], places[span.b]));
        }
    }

    /// The ln odds of a row of features.
    pub(in crate::recommend) fn log_odds(&self, x: &[f32]) -> f64 {
        let mut sum = self.intercept();
        self.each(x, |_, value| sum += value);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(a: usize, knots_a: &[f32], b: usize, knots_b: &[f32], values: &[f64]) -> Term {
        Term { a, b, knots_a: knots_a.to_vec(), knots_b: knots_b.to_vec(), values: values.to_vec() }
    }

    #[test]
    fn places_are_linear_between_knots_and_constant_beyond() {
        let axis = Axis::new(0, &[0.0, 1.0, 3.0]);
        let along = |x: f32| axis.along(&[x]);
        assert_eq!([-4.0, 0.0, 0.5, 1.0, 2.0, 3.0, 7.0].map(along), [0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.0]);
        assert_eq!([f32::INFINITY, f32::NEG_INFINITY, f32::NAN].map(along), [2.0, 0.0, 0.0]);
        assert_eq!((axis.split(2.0), axis.split(1.5), axis.split(0.25)), ((1, 1.0), (1, 0.5), (0, 0.25)));
    }

    #[test]
    fn a_pair_is_bilinear_and_shares_no_axis_with_other_knots() {
        let line = term(0, &[0.0, 1.0, 3.0], 0, &[], &[0.0, 1.0, 5.0]);
        let cell = term(0, &[0.0, 2.0], 1, &[0.0, 1.0], &[0.0, 1.0, 2.0, 7.0]);
        let layout = Layout::new(&[line.clone(), cell, line]);
        assert_eq!((layout.axes.len(), layout.dims), (3, 11));
        let beta = [0.5, 0.0, 1.0, 5.0, 0.0, 1.0, 2.0, 7.0, 0.0, 0.0, 0.0].to_vec();
        let scorer = Scorer { layout, beta };
        let mut told = Vec::new();
        scorer.each(&[1.0, 0.5], |_, value| told.push(value));
        // The middle of the cell is the mean of its corners.
        assert_eq!(told, [1.0, 2.5, 0.0]);
        assert_eq!(scorer.log_odds(&[1.0, 0.5]), 4.0);
    }
}
