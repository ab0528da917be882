//! Rate functions known in closed form: useful alone, and as oracles of any numerical method.
//!
//! | Source | Costs | Function |
//! | --- | --- | --- |
//! | uniform on m letters | Hamming | [`uniform_hamming`] |
//! | any pmf | Hamming | [`hamming`] |
//! | uniform on labelled blocks | Hamming, classification error | [`hierarchical_hamming`] |
//! | a uniform bit | of an error and of an erasure | [`erasure`] |
//! | Gaussian | squared error | [`gaussian`] |
//! | Laplace | absolute error | [`laplace`] |
//! | Bernoulli | Hamming, total variation | [`bernoulli_perception`] |
//! | Gaussian | squared error, Wasserstein-2 squared | [`gaussian_perception`] |
//!
//! [`rdc_bernoulli`](crate::rdc_bernoulli) is one more. All rates are in bits per symbol, and exact
//! but for rounding: a few units in the last place of the source's entropy, or of the rate where
//! the source is continuous.

pub(crate) mod binary;
mod erasure;
mod hamming;
mod perception;
mod point;
mod shannon;

pub use erasure::erasure;
pub use hamming::{hamming, hierarchical_hamming, uniform_hamming};
pub use perception::{bernoulli_perception, gaussian_perception};
pub use point::Point;
pub use shannon::{gaussian, laplace};
