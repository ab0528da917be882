//! One point of the binary function: which budgets cost rate there, and what they cost.

use super::classifier::BinaryClassifier;
use super::joint::Joint;
use super::source::BinaryRdc;
use crate::error::RdcError;
use crate::result::regime::Regime;
use crate::validate;
use std::f64::consts::LN_2;

/// Budgets that miss the feasible set by no more than this, a few last digits of a probability, are taken to be on its
/// edge.
pub(crate) const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// A point of a binary rate function: the rate and the channel that attains it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BinaryPoint {
    /// R(D,E) in bits, to about 1e-14.
    pub rate: f64,
    /// Which budgets set it. Where two regimes meet, the first in the order of [`Regime`] but for rounding.
    pub regime: Regime,
    /// The test channel's crossover probabilities \[W(1|0), W(0|1)\].
    pub crossover: [f64; 2],
    /// The output pmf \[P(X^ = 0), P(X^ = 1)\].
    pub output: [f64; 2],
    /// The slopes \[-dR/dD, -dR/dE\] in bits per unit, in \[0, +inf\]: `+inf` on the edge of the feasible set. Where R
    /// has a kink, those of one of the planes below it that touch it there: of the horizontal one at zero rate. They have few
    /// digits where R is below 1e-12 bits.
    pub multipliers: [f64; 2],
    /// The distortion `E[Delta] <= D` of the channel.
    pub distortion: f64,
    /// The classification error rate `eps <= E` of the channel.
    pub error: f64,
}

impl BinaryRdc {
    /// R(D,E) at distortion budget `d` and error budget `e`, each in \[0, +inf\].
    ///
    /// Allocates for errors only. Budgets that miss the feasible set by rounding (8 units in the last digit of 1) are met on its
    /// edge.
    ///
    /// # Errors
    /// [`RdcError::Value`] for a budget that is negative or NaN; [`RdcError::Infeasible`], with the proof and the smallest
    /// budgets, where no channel meets both.
    pub fn point(&self, d: f64, e: f64) -> Result<BinaryPoint, RdcError> {
        let (d, e) = (validate::budget("d", d)?, validate::budget("e", e)?);
        let Some(excess) = self.feasible_excess(d, e) else {
            return Err(self.infeasible(d, e));
        };
        // No channel has more distortion.
        let d = d.min(1.0);
        Ok(self
            .zero_rate(d, excess)
            .or_else(|| self.distortion_only(d, excess))
            .unwrap_or_else(|| self.with_classifier(d, excess)))
    }

    /// The point where E sets the rate, alone or with D.
    fn with_classifier(&self, d: f64, excess: f64) -> BinaryPoint {
        let spent = self.both(d, excess);
        if let Some((point, true)) = spent {
            return point;
        }
        let alone = self.zero_rate(1.0, excess);
        let alone = alone.unwrap_or_else(|| self.classification_only(excess));
        if alone.distortion <= d + ROUNDING {
            return alone;
        }
        // That D counts is lost in the rounding of a weight or of a tiny budget.
        let spent = spent.map(|(point, _)| point);
        spent.or_else(|| self.distortion_only(d, f64::INFINITY)).unwrap_or(alone)
    }

    /// What the error budget leaves for `a A + b B`.
    pub(crate) fn excess(&self, e: f64) -> f64 {
        e.min(1.0) - self.base_error
    }

    /// The same, if some channel with distortion at most d meets it.
    pub(crate) fn feasible_excess(&self, d: f64, e: f64) -> Option<f64> {
        let (excess, least) = (self.excess(e), self.least_excess(d));
        (excess >= least - ROUNDING).then_some(excess.max(least))
    }

    fn zero_rate(&self, d: f64, excess: f64) -> Option<BinaryPoint> {
        let (low, high) = self.blind_for(d, excess)?;
        Some(self.blind(if self.p > 0.5 { high } else { low }))
    }

    /// The channel that sends 1 with probability q whatever the source bit.
    fn blind(&self, q: f64) -> BinaryPoint {
        let [zero, one] = self.masses();
        let flips = [zero * q, one * (1.0 - q)];
        BinaryPoint {
            rate: 0.0,
            regime: Regime::Neither,
            crossover: [q, 1.0 - q],
            output: [1.0 - q, q],
            multipliers: [0.0; 2],
            distortion: flips[0] + flips[1],
            error: self.base_error + self.excess_of(flips),
        }
    }

    /// The best channel for D alone, if it needs rate and meets E: X is X^ flipped with probability D.
    fn distortion_only(&self, d: f64, excess: f64) -> Option<BinaryPoint> {
        let joint = self.for_distortion(d)?;
        let needed = self.excess_of(joint.flips());
        let slope = || ((1.0 - d) / d).ln() / LN_2;
        (needed <= excess + ROUNDING * needed.abs())
            .then(|| self.at(Regime::FirstOnly, &joint, [slope(), 0.0]))
    }

    /// The best joint law for D alone where that needs rate.
    pub(crate) fn for_distortion(&self, d: f64) -> Option<Joint> {
        let q = || ((self.p - d) / (1.0 - 2.0 * d)).min(1.0);
        (d < self.rarer()).then(|| Joint::backward(q(), [d, d]))
    }

    /// The channel that spends both budgets, and whether it is the best: R falls with D there. `None` where D does not bind
    /// at all, and for equal weights, which make the error a copy of the distortion.
    fn both(&self, d: f64, excess: f64) -> Option<(BinaryPoint, bool)> {
        let [a, b] = self.weights;
        if d >= 1.0 || a == b {
            return None;
        }
        let masses = self.masses();
        let joint = Joint::with_flips(masses, self.flips_spending(d, (excess - b * d) / (a - b)));
        let (_, slopes) = joint.information(masses);
        // The slopes of R in A and B are those of I: s + t a and s + t b, negated.
        let scaled = |weight: f64, slope: f64| if weight == 0.0 { 0.0 } else { weight * slope };
        let s = (scaled(b, slopes[0]) - scaled(a, slopes[1])) / (a - b);
        let t = (slopes[1] - slopes[0]) / (a - b);
        Some((self.at(Regime::Both, &joint, [s, t]), s >= 0.0))
    }

    /// The flips with `A + B = D`, A as close to `wanted` as there are any. At the ends, where the slopes of the information
    /// are infinite, a flip has its whole mass, or none, to the last bit.
    fn flips_spending(&self, d: f64, wanted: f64) -> [f64; 2] {
        let [zero, one] = self.masses();
        if wanted <= (d - one).max(0.0) {
            let b = d.min(one);
            return [d - b, b];
        }
        if wanted >= d.min(zero) {
            let a = d.min(zero);
            return [a, d - a];
        }
        [wanted, d - wanted]
    }

    /// The best channel for E alone.
    fn classification_only(&self, excess: f64) -> BinaryPoint {
        let (joint, t) = self.for_error(excess);
        self.at(Regime::SecondOnly, &joint, [0.0, t / LN_2])
    }

    fn at(&self, regime: Regime, joint: &Joint, multipliers: [f64; 2]) -> BinaryPoint {
        let masses = self.masses();
        let flips = joint.flips();
        BinaryPoint {
            rate: joint.information(masses).0,
            regime,
            crossover: [flips[0] / masses[0], flips[1] / masses[1]].map(|w| w.min(1.0)),
            output: joint.output(),
            // A NaN is the difference of two infinite slopes, which only rounding brings about.
            multipliers: multipliers.map(|multiplier| multiplier.max(0.0)),
            distortion: flips[0] + flips[1],
            error: self.base_error + self.excess_of(flips),
        }
    }
}

/// R(D,E) in bits of a Bernoulli source with noiseless labels, in closed form.
///
/// The source is `Bern(p)`, the distortion is Hamming, the label is the source bit itself, and c0 reads the
/// reproduction as the label. Distortion and classification error are then the same number, so that
///
/// `R(D,E) = Hb(p) - Hb(min(D, E))` for `min(D,E) < min(p, 1-p)`, and 0 from there on.
///
/// This is the paper's eq. (8) with `min(D, E)` in the place of D; with `e = f64::INFINITY` it *is* eq. (8).
/// `d` and `e` are budgets in \[0, inf\]. [`BinaryRdc`] is the same for noisy labels and other classifiers.
///
/// # Errors
/// [`RdcError::Value`] if p is outside \[0, 1\] or NaN, or a budget is negative or NaN.
///
/// ```
/// use rdc_theory::rdc_bernoulli;
/// let rate = rdc_bernoulli(0.3, 0.1, f64::INFINITY)?;
/// assert!((rate - 0.412295305641).abs() < 1e-12);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
pub fn rdc_bernoulli(p: f64, d: f64, e: f64) -> Result<f64, RdcError> {
    Ok(BinaryRdc::new(p, [0.0, 1.0], BinaryClassifier::Identity)?.point(d, e)?.rate)
}
