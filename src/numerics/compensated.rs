//! Sums that keep what rounding takes from them.

use nalgebra::DVector;

/// The unevaluated sum `value + lost`, about 32 digits (Dekker 1971; Knuth 4.2.2).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TwoFold {
    pub(crate) value: f64,
    pub(crate) lost: f64,
}

impl TwoFold {
    /// The sum of some terms.
    pub(crate) fn of<'a>(terms: impl IntoIterator<Item = &'a f64>) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(*term));
        sum
    }

    pub(crate) fn add(&mut self, term: f64) {
        let (sum, lost) = exact_sum(self.value, term);
        self.value = sum;
        self.lost += lost;
    }

    pub(crate) fn total(self) -> f64 {
        self.value + self.lost
    }

    /// Adds `a b` without rounding the product.
    pub(crate) fn add_product(&mut self, a: f64, b: f64) {
        let (product, lost) = exact_product(a, b);
        self.lost += lost;
        self.add(product);
    }
}

/// The share of their sum by which probabilities sum to more than 1, with all its digits: what an average under them exceeds
/// that under the probabilities over their sum by, relative to it.
pub(crate) fn surplus(probabilities: &DVector<f64>) -> f64 {
    let above = TwoFold::of(probabilities.iter().chain(&[-1.0])).total();
    above / (1.0 + above)
}

/// `a + b` and what rounding takes from it.
#[inline(always)]
pub(crate) fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let added = sum - a;
    (sum, (a - (sum - added)) + (b - added))
}

/// `a b` and what rounding takes from it.
#[inline(always)]
pub(crate) fn exact_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        let mut sum = TwoFold::default();
        for term in [1e16, 1.0, -1e16, 1e-16] {
            sum.add(term);
        }
        assert_eq!(sum.total(), 1.0 + 1e-16);
        let mut square = TwoFold::default();
        square.add_product(1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        square.add(-1.0);
        assert_eq!(square.total(), -f64::EPSILON * f64::EPSILON);
    }
}
