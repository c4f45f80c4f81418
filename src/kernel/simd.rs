//! Runs a loop with the widest vector instructions the processor has, chosen when the program runs.
//!
//! The loop is ordinary Rust that the compiler vectorises; it is compiled once for each instruction set. The compiler
//! neither reorders float operations nor fuses multiplications with additions, so all versions give the same bits.
#![allow(clippy::inline_always, reason = "must be compiled into the function of the chosen instruction set")]

/// A computation whose inner loops gain from wide vectors. Implementations are `#[inline(always)]`, as is what they
/// call, so that they are compiled for the chosen instruction set.
pub(crate) trait Vectorised {
    type Output;

    fn run(self) -> Self::Output;
}

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
