//! The binary problem by direct minimisation over its two flip masses: no regimes, no derivatives.

use crate::common::binary::BinaryCase;

/// `min I(A, B)` over `0 <= A <= 1-p`, `0 <= B <= p`, `A + B <= D`, `a A + b B <= e`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flips {
    p: f64,
    a: f64,
    b: f64,
    d: f64,
    excess: f64,
}

/// What rounding may take from a constraint.
const ROUNDING: f64 = 4e-15;

/// Golden-section steps: the interval shrinks to the last digits of 1.
const STEPS: usize = 78;

impl Flips {
    pub(crate) fn new(case: &BinaryCase) -> Self {
        let BinaryCase { p, d, e, .. } = *case;
        let misread = |x: usize, y: usize| misread(case, x, y);
        let base = (1.0 - p) * misread(0, 0) + p * misread(1, 1);
        let (a, b) = (misread(0, 1) - misread(0, 0), misread(1, 0) - misread(1, 1));
        Self { p, a, b, d: d.min(1.0), excess: e.min(1.0) - base }
    }

    /// Both budgets moved.
    pub(crate) fn moved(self, by: f64) -> Self {
        Self { d: self.d + by, excess: self.excess + by, ..self }
    }

    /// In bits; +inf where no flips meet the constraints.
    pub(crate) fn least_information(&self) -> f64 {
        let Self { p, a, b, d, excess } = *self;
        let corners =
            [0.0, 1.0 - p, d, d - p, excess / a, (excess - b * p) / a, (excess - b * d) / (a - b)];
        let usable = corners.into_iter().filter(|&flips| self.interval(flips).is_some());
        let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| {
            (low.min(at), high.max(at))
        });
        if !(low <= high) {
            return f64::INFINITY;
        }
        least(low, high, |a| {
            let best = |(low, high)| least(low, high, |b| information(p, [a, b]));
            self.interval(a).map_or(f64::INFINITY, best)
        })
    }

    /// The flips B that may go with A.
    fn interval(&self, flips: f64) -> Option<(f64, f64)> {
        let Self { p, a, b, d, excess } = *self;
        if !(-ROUNDING..=1.0 - p + ROUNDING).contains(&flips) {
            return None;
        }
        let (high, left) = (p.min(d - flips), excess - a * flips);
        let rounding = if b == 0.0 { ROUNDING } else { ROUNDING / b.abs() };
        let possible = if b > 0.0 {
            left / b >= -rounding
        } else if b < 0.0 {
            left / b <= high + rounding
        } else {
            left >= -rounding
        };
        if !possible || high < -ROUNDING {
            return None;
        }
        let high = high.max(0.0);
        Some(if b > 0.0 {
            (0.0, high.min(left / b).max(0.0))
        } else if b < 0.0 {
            ((left / b).max(0.0).min(high), high)
        } else {
            (0.0, high)
        })
    }
}

/// The chance that the classifier errs on reproduction y of letter x.
pub(crate) fn misread(case: &BinaryCase, x: usize, y: usize) -> f64 {
    match case.classifier.class_of()[y] {
        0 => case.posterior[x],
        _ => 1.0 - case.posterior[x],
    }
}

/// `H(X) + H(X^) - H(X, X^)` of a bit with the flip masses A and B, in bits.
pub(crate) fn information(p: f64, [a, b]: [f64; 2]) -> f64 {
    let term = |x: f64| if x > 0.0 { -x * x.log2() } else { 0.0 };
    let q = p - b + a;
    let joint = term(1.0 - p - a) + term(a) + term(b) + term(p - b);
    term(p) + term(1.0 - p) + term(q) + term(1.0 - q) - joint
}

/// The least value of a convex function on an interval, by golden section (Kiefer 1953) and at its ends.
pub(crate) fn least(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let ends = f(low).min(f(high));
    let mut inner = [high - RATIO * (high - low), low + RATIO * (high - low)];
    let mut values = inner.map(&f);
    let mut least = ends;
    for _ in 0..STEPS {
        least = least.min(values[0]).min(values[1]);
        if values[0] <= values[1] {
            high = inner[1];
            (inner[1], values[1]) = (inner[0], values[0]);
            inner[0] = high - RATIO * (high - low);
            values[0] = f(inner[0]);
        } else {
            low = inner[0];
            (inner[0], values[0]) = (inner[1], values[1]);
            inner[1] = low + RATIO * (high - low);
            values[1] = f(inner[1]);
        }
    }
    least
}
