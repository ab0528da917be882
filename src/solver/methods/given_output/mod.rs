//! Prices for all costs and one output pmf: entropic optimal transport, by Newton's method along a path of prices.

pub(crate) mod laplacian;
pub(crate) mod path;
