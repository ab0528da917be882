//! Sums of products in twice the working precision: a check must not drown in the rounding of its own sums.

#![allow(dead_code, reason = "each test crate uses its part")]

use rdc_theory::nalgebra::{DMatrix, DVector};

/// A sum with what rounding took from it (Knuth's sum, Dekker's product).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// That of a bound that nothing is known of.
    pub(crate) fn unknown() -> Self {
        Self { high: f64::NEG_INFINITY, low: 0.0 }
    }

    pub(crate) fn add(&mut self, term: f64) {
        let sum = self.high + term;
        let added = sum - self.high;
        self.low += (self.high - (sum - added)) + (term - added);
        self.high = sum;
    }

    pub(crate) fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        self.low += a.mul_add(b, -product);
    }

    /// Adds `a` times another sum.
    pub(crate) fn add_multiple(&mut self, a: f64, other: Self) {
        self.add_product(a, other.high);
        self.add_product(a, other.low);
    }

    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }

    /// `self - other`, whose leading digits may cancel.
    pub(crate) fn minus(self, other: Self) -> f64 {
        (self.high - other.high) + (self.low - other.low)
    }
}

/// What probabilities sum to beyond 1, as a share of their sum.
pub(crate) fn surplus(probabilities: &DVector<f64>) -> f64 {
    let mut above = Sum::default();
    probabilities.iter().chain(&[-1.0]).for_each(|p| above.add(*p));
    above.value() / (1.0 + above.value())
}

/// Probabilities that sum to 1 within a few units in the last digit, however many there are.
#[track_caller]
pub(crate) fn assert_pmf(probabilities: &DVector<f64>) {
    let off = surplus(probabilities).abs();
    assert!(probabilities.iter().all(|p| *p >= 0.0) && off <= 4.0 * f64::EPSILON, "off by {off:e}");
}

/// `s.d(x, y)`, +inf where a cost forbids the pair.
pub(crate) fn price(
    costs: &[DMatrix<f64>],
    multipliers: &[f64],
    x: usize,
    y: usize,
) -> Option<Sum> {
    let mut price = Sum::default();
    for (cost, &s) in costs.iter().zip(multipliers) {
        match cost[(x, y)] {
            d if d.is_infinite() => return None,
            d => price.add_product(s, d),
        }
    }
    Some(price)
}

/// `I(X; Y) = sum p W log2(W / q)` in bits, with the channel's own output q.
pub(crate) fn information(pmf: &DVector<f64>, channel: &DMatrix<f64>) -> f64 {
    let output = channel.tr_mul(pmf);
    let mut rate = Sum::default();
    for (x, y) in (0..pmf.len()).flat_map(|x| (0..output.len()).map(move |y| (x, y))) {
        let w = channel[(x, y)];
        // The quotient itself may be too large for a number.
        if pmf[x] * w > 0.0 {
            rate.add_product(pmf[x] * w, w.log2() - output[y].log2());
        }
    }
    rate.value()
}
