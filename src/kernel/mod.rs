//! Private ground floor: numerics, chance, hashing and the one door to ndarray and linfa.
//!
//! Nothing here knows a customer or a model. What stands here is needed by more than one module, or must be right to the
//! last digit and is therefore tested by itself.
//!
//! | file | what it gives | the promise behind it |
//! |---|---|---|
//! | `par` | maps and reductions in fixed chunks | the same bits on any number of threads |
//! | `rng` | pinned random streams and samplers | the same draws in every version |
//! | `intern`, `union` | keys to numbers, disjoint sets | no hash order in a result |
//! | `linalg` | Cholesky, eigenvectors, scalar products | a dependent column is named, not divided by |
//! | `optim`, `lbfgs` | maxima of few parameters with curvature, of very many without | says how it ended |
//! | `logistic`, `glm` | logistic regression, and what surrounds its maximum | no silent failure to converge |
//! | `panels`, `line` | its blocks of rows, its exact line search | the same bits everywhere; ends on every convex function |
//! | `elastic`, `multinomial` | penalties that choose columns; more than two outcomes | the gradient is checked after |
//! | `quad`, `special` | Gauss-Legendre rules, gamma, beta, normal | accuracy stated and tested |
//! | `simd` | wide vectors where the processor has them | the same bits with and without |
//!
//! # Rules of this floor
//! - Arguments outside a function's domain are excluded by the caller; nothing panics all the same, and no loop depends
//!   on data for its end.
//! - Floats are added in one order. Fused multiply-add is not used: it is not on every processor.
//! - A dependency's type stays inside: replacing ndarray or pulp changes this folder only.
//! - A search returns how it ended together with where: converged, at an edge, flat, out of steps. What a caller does not look
//!   at, the type makes it take apart.
//! - Tolerances are relative to the value of the function, not to the size of a step, so that units of columns never matter.
//!
//! # Where to look
//! A number that differs between machines: `par` (order of sums) or `simd` (order in lanes). A fit that does not converge: the
//! table of ends in `optim`, the table of troubles in `logistic`. A function value in doubt: the table of accuracies in
//! `special`, whose tests hold values of 30 digits.

pub(crate) mod elastic;
pub(crate) mod firsts;
pub(crate) mod glm;
pub(crate) mod intern;
pub(crate) mod lbfgs;
pub(crate) mod linalg;
pub(crate) mod line;
pub(crate) mod logistic;
pub(crate) mod multinomial;
pub(crate) mod optim;
mod panels;
pub(crate) mod par;
pub(crate) mod quad;
pub(crate) mod rng;
pub(crate) mod simd;
pub(crate) mod special;
pub(crate) mod union;
