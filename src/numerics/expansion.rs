//! Sums of products without any rounding.

use super::compensated::{exact_product, exact_sum};

/// Products below this may lose digits that no double holds.
const SMALLEST_PRODUCT: f64 = 1e-290;

/// An exact sum, as doubles that do not overlap, the smallest first (Shewchuk 1997). Overflow and underflow make it NaN,
/// which has no sign.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expansion(Vec<f64>);

impl Expansion {
    pub(crate) fn add(&mut self, term: f64) {
        let mut carried = term;
        for part in &mut self.0 {
            (carried, *part) = exact_sum(carried, *part);
        }
        self.0.push(carried);
    }

    pub(crate) fn add_product(&mut self, a: f64, b: f64) {
        let (product, lost) = exact_product(a, b);
        let exact = product.abs() >= SMALLEST_PRODUCT || a == 0.0 || b == 0.0;
        self.add(if exact { product } else { f64::NAN });
        self.add(lost);
    }

    fn leading(&self) -> f64 {
        if self.0.iter().all(|part| part.is_finite()) {
            self.0.iter().rev().copied().find(|part| *part != 0.0).unwrap_or(0.0)
        } else {
            f64::NAN
        }
    }

    pub(crate) fn is_positive(&self) -> bool {
        self.leading() > 0.0
    }

    pub(crate) fn is_at_most_zero(&self) -> bool {
        self.leading() <= 0.0
    }

    /// The sum to its last digit but one.
    pub(crate) fn rounded(&self) -> f64 {
        self.0.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(terms: &[f64]) -> Expansion {
        let mut sum = Expansion::default();
        terms.iter().for_each(|&term| sum.add(term));
        sum
    }

    #[test]
    fn signs_are_those_of_the_exact_sum() {
        assert!(sum(&[1e100, 1.0, 1e-100, -1e100, -1.0]).is_positive());
        assert!(!sum(&[1e100, 1.0, -1e-100, -1e100, -1.0]).is_positive());
        assert!(sum(&[1e100, 1.0, -1e100, -1.0]).is_at_most_zero());
        let mut square = Expansion::default();
        square.add_product(1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        square.add(-1.0);
        assert!(square.is_at_most_zero() && square.rounded() == -f64::EPSILON * f64::EPSILON);
    }

    #[test]
    fn what_leaves_the_range_of_doubles_has_no_sign() {
        for (a, b) in [(1e200, 1e200), (1e-200, 1e-200)] {
            let mut sum = Expansion::default();
            sum.add_product(a, b);
            assert!(!sum.is_positive() && !sum.is_at_most_zero());
        }
    }
}
