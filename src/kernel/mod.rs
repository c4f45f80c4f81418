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
//! | `linalg`, `optim`, `logistic` | Cholesky, trust-region Newton, logistic regression | says how it ended |
//! | `quad`, `special` | Gauss-Legendre rules, gamma, beta, normal | accuracy stated and tested |
//! | `simd` | wide vectors where the processor has them | the same bits with and without |
//!
//! # Rules of this floor
//! - Arguments outside a function's domain are excluded by the caller; nothing panics all the same, and no loop depends
//!   on data for its end.
//! - Floats are added in one order. Fused multiply-add is not used: it is not on every processor.
//! - A dependency's type stays inside: replacing ndarray or pulp changes this folder only.

pub(crate) mod elastic;
pub(crate) mod glm;
pub(crate) mod intern;
pub(crate) mod lbfgs;
pub(crate) mod linalg;
pub(crate) mod logistic;
pub(crate) mod multinomial;
pub(crate) mod optim;
pub(crate) mod par;
pub(crate) mod quad;
pub(crate) mod rng;
pub(crate) mod simd;
pub(crate) mod special;
pub(crate) mod union;
