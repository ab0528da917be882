//! Questions that are answered by several solves: inverses, surfaces, interpolants, transforms.

pub(crate) mod interpolant;
pub(crate) mod inverse;
pub(crate) mod legendre;
pub(crate) mod level;
#[cfg(test)]
mod planted;
pub(crate) mod surface;
