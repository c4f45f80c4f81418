//! Private ground floor: numerics, chance, hashing and the one door to ndarray and linfa.

pub(crate) mod intern;
pub(crate) mod linalg;
pub(crate) mod logistic;
pub(crate) mod optim;
pub(crate) mod par;
pub(crate) mod quad;
pub(crate) mod rng;
pub(crate) mod simd;
pub(crate) mod special;
pub(crate) mod union;
