//! Runs a loop with the widest vector instructions the processor has, chosen when the program runs.
//!
//! The loop is ordinary Rust that the compiler vectorises; it is compiled once for each instruction set. The compiler
//! neither reorders float operations nor fuses multiplications with additions, so all versions give the same bits.
//!
//! The choice is made by `pulp` at run time, so that a plain `cargo build --release` uses the machine it runs on. The
//! closure is handed over as a type rather than a function, since only generic code can be compiled several times.
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
