//! Exact derivatives by arithmetic: numbers that carry their gradient and Hessian.
//!
//! # How it works
//!
//! With f, its gradient g and Hessian H in the parameters, and likewise for another number:
//!
//! | operation | value | gradient | Hessian |
//! |---|---|---|---|
//! | sum | f + f' | g + g' | H + H' |
//! | product | f f' | f g' + f' g | f H' + f' H + g g'^T + g' g^T |
//! | phi of it | phi(f) | phi' g | phi' H + phi'' g g^T |
//!
//! Every function the likelihoods need is one of these with its two derivatives: ln, exp, 1 / f, ln Gamma(f + n) - ln Gamma(f).
//! No step size, no cancellation: the derivatives are as exact as the value.
//!
//! # By hand
//!
//! f = a b at (2, 3): value 6, gradient (3, 2), Hessian ((0, 1), (1, 0)). ln f: gradient (3, 2) / 6 = (1/2, 1/3), Hessian
//! ((0, 1), (1, 0)) / 6 - (1/2, 1/3)(1/2, 1/3)^T = ((-1/4, 0), (0, -1/9)), as ln a + ln b must have.
//!
//! A model whose likelihood is written with [`Jet`]s has analytic first and second derivatives in all its parameters
//! (forward-mode automatic differentiation of second order: Griewank and Walther 2008, doi:10.1137/1.9780898717761,
//! chapter 13). It costs O(N^2) a step, so the hot likelihoods write theirs by hand; the rarer models use this.
//!
//! # Complexity
//! A number of N = 4 parameters is 1 + 4 + 16 numbers on the stack; a product costs some 6 N^2 multiplications, a function
//! 2 N^2. Nothing is allocated.

use std::ops::{Add, Mul};

use crate::kernel::optim::Eval;
use crate::kernel::special::{ln_rising, polygamma_rise};

/// A value with its derivatives in `N` parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jet<const N: usize>(pub(super) Eval<N>);

impl<const N: usize> Jet<N> {
    /// The i-th parameter itself.
    pub(super) fn parameter(value: f64, i: usize) -> Self {
        let mut gradient = [0.0; N];
        gradient[i] = 1.0;
        Self(Eval { value, gradient, hessian: [[0.0; N]; N] })
    }

    /// A number that depends on no parameter.
    pub(super) fn constant(value: f64) -> Self {
        Self(Eval { value, gradient: [0.0; N], hessian: [[0.0; N]; N] })
    }

    /// f of this, given f and its first two derivatives here: the chain rule.
    pub(super) fn map(&self, [f, f1, f2]: [f64; 3]) -> Self {
        let g = &self.0.gradient;
        let mut eval = Eval { value: f, gradient: g.map(|d| f1 * d), hessian: self.0.hessian };
        for i in 0..N {
            for j in 0..N {
                eval.hessian[i][j] = f1 * self.0.hessian[i][j] + f2 * g[i] * g[j];
            }
        }
        Self(eval)
    }

    /// This times a number.
    pub(super) fn scale(&self, factor: f64) -> Self {
        self.map([factor * self.0.value, factor, 0.0])
    }

    /// This plus a number.
    pub(super) fn plus(mut self, number: f64) -> Self {
        self.0.value += number;
        self
    }

    /// Natural logarithm: slopes 1 / f and -1 / f^2.
    pub(super) fn ln(&self) -> Self {
        let inverse = 1.0 / self.0.value;
        self.map([self.0.value.ln(), inverse, -inverse * inverse])
    }

    /// Exponential: its own slopes.
    pub(super) fn exp(&self) -> Self {
        let e = self.0.value.exp();
        self.map([e, e, e])
    }

    /// 1 / f: slopes -1 / f^2 and 2 / f^3.
    pub(super) fn inverse(&self) -> Self {
        let i = 1.0 / self.0.value;
        self.map([i, -i * i, 2.0 * i * i * i])
    }

    /// ln Gamma(this + n) - ln Gamma(this).
    pub(super) fn ln_rising(&self, n: f64) -> Self {
        let (first, second) = polygamma_rise(self.0.value, n);
        self.map([ln_rising(self.0.value, n), first, second])
    }

    /// ln(e^this + e^other), without overflow.
    ///
    /// The larger of the two is taken off first, so that one exponential is 1 and the other at most 1. Which one is larger plays
    /// no part in the derivatives: they are those of the sum.
    pub(super) fn ln_add(self, other: Self) -> Self {
        let top = self.0.value.max(other.0.value);
        (self.plus(-top).exp() + other.plus(-top).exp()).ln().plus(top)
    }
}

impl<const N: usize> Add for Jet<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl<const N: usize> Mul for Jet<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        let mut eval = Eval { value: a.value * b.value, gradient: a.gradient, hessian: a.hessian };
        for i in 0..N {
            eval.gradient[i] = a.value * b.gradient[i] + b.value * a.gradient[i];
            for j in 0..N {
                eval.hessian[i][j] = a.value * b.hessian[i][j]
                    + b.value * a.hessian[i][j]
                    + a.gradient[i] * b.gradient[j]
                    + a.gradient[j] * b.gradient[i];
            }
        }
        Self(eval)
    }
}
