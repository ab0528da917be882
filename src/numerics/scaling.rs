//! Powers of two as units, and what is too small to have an inverse.

use crate::validate;

/// Probabilities and average costs below this are zero: their inverses would overflow.
pub(crate) const SMALLEST: f64 = 1e-200;

/// The power of two at or below a positive number, 1 for none.
pub(crate) fn power_of_two(size: f64) -> f64 {
    if size > SMALLEST && size <= validate::LARGEST_COST { size.log2().floor().exp2() } else { 1.0 }
}
