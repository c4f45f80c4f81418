//! Runs a loop with the widest vector instructions the processor has, chosen when the program runs.
//!
//! The loop is ordinary Rust that the compiler vectorises; it is compiled once for each instruction set. The compiler
//! neither reorders float operations nor fuses multiplications with additions, so all versions give the same bits.
//!
//! The choice is made by `pulp` at run time, so that a plain `cargo build --release` uses the machine it runs on. The
//! closure is handed over as a type rather than a function, since only generic code can be compiled several times.
//!
//! # Use
//! A struct holds the borrowed slices; `run` has the loop; whatever it calls is `#[inline(always)]` too. A call of an
//! ordinary function inside would be compiled once, for the oldest processor, and would be the slow part.
//!
//! What gains: distances of many rows to many centres, sums in fixed lanes. On a processor with 256-bit vectors four f64 go
//! side by side, with 512-bit vectors eight; the lanes of a sum are fixed in the source, so that the result is the same.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]

/// A computation whose inner loops gain from wide vectors. Implementations are `#[inline(always)]`, as is what they
/// call, so that they are compiled for the chosen instruction set.
///
/// Worth it for loops over contiguous slices with independent lanes; a loop that carries a sum gains nothing, unless the
/// sum is kept in fixed lanes as in [`dot`](super::linalg::dot).
pub(crate) trait Vectorised {
    /// What the computation gives.
    type Output;

    /// The loop itself, in ordinary Rust.
    fn run(self) -> Self::Output;
}

/// The lanes of the instruction set at hand, for loops that the compiler does not vectorise by itself: selections and
/// reductions. Whoever uses them must come to the same bits for any number of lanes.
pub(crate) use pulp::{Simd, WithSimd};

/// Runs a computation that names its lanes, with the best instruction set of this processor.
pub(crate) fn with_lanes<W: WithSimd>(computation: W) -> W::Output {
    pulp::Arch::new().dispatch(computation)
}

/// What `pulp` dispatches.
struct Operation<V>(V);

impl<V: Vectorised> pulp::WithSimd for Operation<V> {
    type Output = V::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> V::Output {
        self.0.run()
    }
}

/// Runs a computation with the best instruction set of this processor.
pub(crate) fn vectorised<V: Vectorised>(computation: V) -> V::Output {
    pulp::Arch::new().dispatch(Operation(computation))
}
