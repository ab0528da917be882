//! Arithmetic that knows no problem: sums with error terms, factorisations, transport, entropies.

pub(crate) mod ball;
pub(crate) mod cholesky;
pub(crate) mod compensated;
pub(crate) mod double_double;
pub(crate) mod expansion;
pub(crate) mod information;
pub(crate) mod low_rank;
pub(crate) mod lu;
pub(crate) mod real;
pub(crate) mod rng;
pub(crate) mod scaling;
pub(crate) mod simd;
pub(crate) mod transport;
