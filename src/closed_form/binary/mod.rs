//! The binary source with Hamming distortion, in closed form.
//!
//! Everything is said of the two flip masses `A = P(X = 0, X^ = 1)` and `B = P(X = 1, X^ = 0)`: the distortion is `A + B`,
//! the error rate `e0 + a A + b B`, and the rate a convex function of (A, B). `docs/bernoulli.md` has the derivation.

pub(crate) mod boundaries;
pub(crate) mod classification;
pub(crate) mod classifier;
pub(crate) mod joint;
pub(crate) mod point;
pub(crate) mod restoration;
pub(crate) mod source;
