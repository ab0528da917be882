//! Sums of products in twice the working precision: a check must not drown in the rounding of its own sums.

use rdc_theory::nalgebra::{DMatrix, DVector};

/// A sum with what rounding took from it (Knuth's sum, Dekker's product).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
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

/// Blahut's lower bound in bits at an output pmf q and multipliers in bits per unit, as `common::lower_bound`: exact
/// enough where multipliers are so large that the terms have no digits left after the point.
pub(crate) fn lower_bound(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    budgets: &[f64],
    q: &DVector<f64>,
    multipliers: &[f64],
) -> f64 {
    let mut bound = Sum::default();
    let mut c = DVector::<f64>::zeros(q.len());
    for (x, &p) in pmf.iter().enumerate().filter(|&(_, &p)| p > 0.0) {
        let prices: Vec<Option<Sum>> =
            (0..q.len()).map(|y| price(costs, multipliers, x, y)).collect();
        let used = (0..q.len()).filter(|&y| q[y] > 0.0).filter_map(|y| prices[y]);
        let Some(least) = used.min_by(|a, b| a.value().total_cmp(&b.value())) else {
            return f64::NEG_INFINITY;
        };
        let tilt = |y: usize| prices[y].map_or(0.0, |price| (-price.minus(least)).exp2());
        let t: f64 = (0..q.len()).filter(|&y| q[y] > 0.0).map(|y| q[y] * tilt(y)).sum();
        bound.add_multiple(p, least);
        bound.add_product(-p, t.log2());
        (0..q.len()).for_each(|y| c[y] += p * tilt(y) / t);
    }
    bound.add(-c.max().log2());
    let priced = multipliers.iter().zip(budgets).filter(|(s, _)| **s > 0.0);
    priced.for_each(|(s, budget)| bound.add_product(-s, *budget));
    bound.value()
}
