//! Sums that keep what rounding takes from them.

/// The unevaluated sum `value + lost`, about 32 digits (Dekker 1971; Knuth 4.2.2).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TwoFold {
    pub(crate) value: f64,
    pub(crate) lost: f64,
}

impl TwoFold {
    pub(crate) fn add(&mut self, term: f64) {
        let (sum, lost) = exact_sum(self.value, term);
        self.value = sum;
        self.lost += lost;
    }

    /// Adds `a b` without rounding the product.
    pub(crate) fn add_product(&mut self, a: f64, b: f64) {
        let (product, lost) = exact_product(a, b);
        self.lost += lost;
        self.add(product);
    }
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
        assert_eq!(sum.value + sum.lost, 1.0 + 1e-16);
        let mut square = TwoFold::default();
        square.add_product(1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        square.add(-1.0);
        assert_eq!(square.value + square.lost, -f64::EPSILON * f64::EPSILON);
    }
}
