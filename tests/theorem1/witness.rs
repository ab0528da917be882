//! A violation of Theorem 1 must be one, recomputed from its samples and from nothing else.

use crate::common::exact::Sum;
use rdc_theory::theorem1::{Report, Violation};

/// The weighted samples lie at or below the point in every budget, and below it in rate by the size claimed.
pub(crate) fn assert_proven<const K: usize>(violation: &Violation<K>) {
    let Violation { point, support, size, .. } = violation;
    assert!(support.iter().all(|(weight, _)| *weight > 0.0));
    for (k, &budget) in point.budgets.iter().enumerate().filter(|(_, budget)| budget.is_finite()) {
        let mut excess = Sum::default();
        for (weight, sample) in support {
            excess.add_product(*weight, sample.budgets[k]);
            excess.add_product(-weight, budget);
        }
        assert!(excess.value() <= 0.0, "budget {k} is exceeded by {:e}", excess.value());
    }
    let (mut less, mut total) = (Sum::default(), 0.0);
    for (weight, sample) in support {
        less.add_product(-weight, sample.rate.upper());
        less.add_product(*weight, point.rate.lower().min(f64::MAX));
        total += weight;
    }
    assert!((total - 1.0).abs() < 1e-12, "weights sum to {total}");
    if point.rate.lower().is_finite() {
        let less = less.value() / total;
        assert!(0.0 < *size && *size <= less && less <= size * (1.0 + 1e-12), "{size:e}, {less:e}");
    } else {
        assert_eq!(*size, f64::INFINITY);
    }
}

/// The size of the larger violation, both proven; 0 if there is none.
pub(crate) fn largest<const K: usize>(report: &Report<K>) -> f64 {
    let found = [&report.monotonicity, &report.convexity].into_iter().flatten();
    found
        .inspect(|violation| assert_proven(violation))
        .map(|violation| violation.size)
        .fold(0.0, f64::max)
}
