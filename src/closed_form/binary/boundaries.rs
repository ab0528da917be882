//! Where one regime of the binary function ends and the next begins, and what lies outside of all.

use super::point::ROUNDING;
use super::source::BinaryRdc;
use crate::error::{Infeasible, InfeasibleBudget, RdcError};
use crate::validate;

impl BinaryRdc {
    /// The smallest error rate of all channels with distortion at most `d`, in \[0, 1\]: R(D,E) is finite from there on.
    ///
    /// At `d = f64::INFINITY` it is the smallest error rate of all channels.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn smallest_error(&self, d: f64) -> Result<f64, RdcError> {
        let d = validate::budget("d", d)?;
        Ok((self.base_error + self.least_excess(d)).max(0.0))
    }

    /// The smallest distortion of all channels with error rate at most `e`, in \[0, 1\]; `None` where no channel errs so
    /// rarely.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn smallest_distortion(&self, e: f64) -> Result<Option<f64>, RdcError> {
        let e = validate::budget("e", e)?;
        let mut missing = -self.excess(e);
        let mut distortion = 0.0;
        for (weight, mass) in self.most_helpful_first() {
            if missing <= 0.0 || weight >= 0.0 {
                break;
            }
            let flipped = (missing / -weight).min(mass);
            distortion += flipped;
            // All of it: what is left is not rounding.
            missing = if flipped < mass { 0.0 } else { missing + weight * mass };
        }
        Ok((missing <= ROUNDING).then_some(distortion))
    }

    /// The paper's `D1(E)`: `R(D,E) = Hb(p) - Hb(D)`, as if there were no classifier, for all D up to it.
    ///
    /// It is the smaller root of `(a+b) D^2 - (a p + b (1-p) + 2e) D + e = 0` with `e = E - e0`, at most `min(p, 1-p)`,
    /// from where on `Hb(p) - Hb(D)` is no rate. `None` where `E < e0`: at D = 0 the budget cannot be met, and the first
    /// branch of eq. (9) does not exist. Beyond D1 the rate may come back to `Hb(p) - Hb(D)`, up to the larger root: the
    /// error rate of the best channel for D alone need not grow with D
    /// ([`flat_in_error_from`](Self::flat_in_error_from)).
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn d1(&self, e: f64) -> Result<Option<f64>, RdcError> {
        let e = validate::budget("e", e)?;
        let Some(excess) = self.feasible_excess(0.0, e) else {
            return Ok(None);
        };
        let [a, b] = self.weights;
        let square = a + b;
        let linear = a * self.p + b * (1.0 - self.p) + 2.0 * excess;
        let discriminant = linear * linear - 4.0 * square * excess;
        let root = if discriminant < 0.0 {
            f64::INFINITY
        } else if linear > 0.0 {
            2.0 * excess / (linear + discriminant.sqrt())
        } else if square < 0.0 {
            (linear - discriminant.sqrt()) / (2.0 * square)
        } else {
            f64::INFINITY
        };
        Ok(Some(root.min(self.rarer())))
    }

    /// The paper's `D2(E)`: the smallest D with R(D,E) = 0. `None` where R(D,E) > 0 for all D, that is for E below the
    /// error rates of both constant reproductions; eq. (9) is wrong there.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn d2(&self, e: f64) -> Result<Option<f64>, RdcError> {
        let e = validate::budget("e", e)?;
        let [zero, one] = self.masses();
        let distortion = |q: f64| one * (1.0 - q) + zero * q;
        let ends = self.feasible_excess(1.0, e).and_then(|excess| self.blind_for(1.0, excess));
        Ok(ends.map(|(low, high)| distortion(low).min(distortion(high))))
    }

    /// The D from which on R(D,E) is constant in D: `D2(E)` where it is 0 there, else the distortion of the best channel
    /// for E alone. `None` where no channel errs so rarely.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn flat_in_distortion_from(&self, e: f64) -> Result<Option<f64>, RdcError> {
        if let Some(zero_rate) = self.d2(e)? {
            return Ok(Some(zero_rate));
        }
        let distortion = |excess| {
            let [a, b] = self.for_error(excess).0.flips();
            a + b
        };
        Ok(self.feasible_excess(1.0, e).map(distortion))
    }

    /// The E from which on R(D,E) is constant in E, so that the classifier costs no rate: the error rate of the best
    /// channel for D alone, the smallest one where that needs no rate.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn flat_in_error_from(&self, d: f64) -> Result<f64, RdcError> {
        let d = validate::budget("d", d)?;
        if let Some(joint) = self.for_distortion(d) {
            return Ok(self.base_error + self.excess_of(joint.flips()));
        }
        let [zero, one] = self.masses();
        let error = |q: f64| self.base_error + self.excess_of([zero * q, one * (1.0 - q)]);
        let (low, high) = self.blind_for(d, f64::INFINITY).unwrap_or((0.0, 1.0));
        Ok(error(low).min(error(high)))
    }

    /// `min a A + b B` over the channels with `A + B <= d`.
    pub(crate) fn least_excess(&self, d: f64) -> f64 {
        let mut left = d;
        let mut excess = 0.0;
        for (weight, mass) in self.most_helpful_first() {
            let flipped = left.min(mass);
            excess += weight.min(0.0) * flipped;
            left -= flipped;
        }
        excess
    }

    /// The (weight, largest mass) of both flips, the smaller weight first.
    fn most_helpful_first(&self) -> [(f64, f64); 2] {
        let [a, b] = self.weights;
        let [zero, one] = self.masses();
        if a <= b { [(a, zero), (b, one)] } else { [(b, one), (a, zero)] }
    }

    /// The smallest and largest P(X^ = 1) of the channels that ignore the source and meet both budgets.
    pub(crate) fn blind_for(&self, d: f64, excess: f64) -> Option<(f64, f64)> {
        let [zero, one] = self.masses();
        let [a, b] = self.weights;
        let (low, high) = shares(one, zero, d)?;
        let (lower, higher) = shares(b * one, a * zero, excess)?;
        let (low, high) = (low.max(lower), high.min(higher));
        (low <= high + ROUNDING).then_some((low, high))
    }

    /// The error that explains why no channel meets both budgets.
    ///
    /// Multipliers (s, t) prove it by `s A + s B + t a A + t b B >= min over A, B` with `s = 0`, or such that one of the
    /// flips costs nothing.
    pub(crate) fn infeasible(&self, d: f64, e: f64) -> RdcError {
        let excess_by = |[s, t]: [f64; 2]| {
            let masses = self.masses();
            let price = |flip: usize| (s + t * self.weights[flip]).min(0.0) * masses[flip];
            price(0) + price(1) - s * d.min(1.0) - t * self.excess(e)
        };
        let candidates = [0.0, -self.weights[0], -self.weights[1]].map(|s| {
            let s = s.max(0.0);
            [s / (1.0 + s), 1.0 / (1.0 + s)]
        });
        let [s, t] = candidates.into_iter().fold(candidates[0], |best, candidate| {
            if excess_by(candidate) > excess_by(best) { candidate } else { best }
        });
        let report = |name: &str, budget, smallest, multiplier| InfeasibleBudget {
            name: name.into(),
            budget,
            smallest,
            multiplier,
        };
        let smallest_distortion = self.smallest_distortion(e).ok().flatten();
        let smallest_error = self.smallest_error(d).ok();
        RdcError::Infeasible(Box::new(Infeasible {
            budgets: vec![
                report("distortion", d, smallest_distortion, s),
                report("classification error", e, smallest_error, t),
            ],
            excess: excess_by([s, t]),
            potential: Vec::new(),
        }))
    }
}

/// The q in \[0, 1\] with `(1-q) at_zero + q at_one <= budget`, as an interval.
fn shares(at_zero: f64, at_one: f64, budget: f64) -> Option<(f64, f64)> {
    let crossing = || ((budget - at_zero) / (at_one - at_zero)).clamp(0.0, 1.0);
    match (at_zero <= budget, at_one <= budget) {
        (true, true) => Some((0.0, 1.0)),
        (true, false) => Some((0.0, crossing())),
        (false, true) => Some((crossing(), 1.0)),
        (false, false) => None,
    }
}
