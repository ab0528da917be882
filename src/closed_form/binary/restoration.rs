//! The binary source restored from an observation: C(D,P) and P(D) exactly, over a polygon.

use super::point::ROUNDING;
use super::source::{BinaryRdc, probability};
use crate::error::RdcError;
use crate::validate;

/// C(D,P), the paper's eq. (6), and P(D), its eq. (1), of a binary source that is seen through any binary channel: Hamming
/// distortion, total variation to the source's pmf, and any classifier of a bit.
///
/// A restoration is two numbers, `u_y = P(X^ = 1 | Y = y)`. The flip masses are linear in them, and so are distortion and
/// error; total variation is `|A - B|`. So both functions are linear programs on a polygon with at most seven corners,
/// one of which is best (`docs/perception.md`).
///
/// ```
/// use rdc_theory::{BinaryClassifier, BinaryRdc, BinaryRestoration};
/// // A bit, 1 with probability 0.3 and its own label, is flipped with probability 0.2 before it is seen.
/// let source = BinaryRdc::new(0.3, [0.0, 1.0], BinaryClassifier::Identity)?;
/// let seen = BinaryRestoration::new(source, [0.2, 0.8])?;
/// let best = seen.smallest_distortion(f64::INFINITY)?;
/// assert!((best.distortion - 0.2).abs() < 1e-15);
/// let natural = seen.smallest_distortion(0.0)?;
/// assert!(natural.distortion > 0.2 && natural.perception < 1e-15);
/// assert!(seen.error(0.19, f64::INFINITY)?.is_none(), "no restoration has so little distortion");
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryRestoration {
    source: BinaryRdc,
    /// `P(X = x, Y = y)`.
    joint: [[f64; 2]; 2],
}

/// A restoration of a bit and what it achieves.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BinaryRestorationPoint {
    /// `P(X^ = 1 | Y = y)`.
    pub ones: [f64; 2],
    /// `E[Delta] = P(X^ != X)`.
    pub distortion: f64,
    /// `|P(X^ = 1) - P(X = 1)|`.
    pub perception: f64,
    /// The classification error rate.
    pub error: f64,
}

impl BinaryRestoration {
    /// The restoration of `source` from an observation with `channel[x] = P(Y = 1 | X = x)`.
    ///
    /// # Errors
    /// [`RdcError::Value`] for a probability outside \[0, 1\] or NaN.
    pub fn new(source: BinaryRdc, channel: [f64; 2]) -> Result<Self, RdcError> {
        probability("channel[0]", channel[0])?;
        probability("channel[1]", channel[1])?;
        let [zero, one] = source.masses();
        let seen = |mass: f64, one: f64| [mass * (1.0 - one), mass * one];
        Ok(Self { source, joint: [seen(zero, channel[0]), seen(one, channel[1])] })
    }

    /// C(D,P): the restoration with the fewest classification errors among those with distortion at most `d` and total
    /// variation at most `perception`, each in \[0, inf\]; `None` if there is none (budgets that miss by 8 units in the last
    /// digit of 1 are met on the edge).
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn error(
        &self,
        d: f64,
        perception: f64,
    ) -> Result<Option<BinaryRestorationPoint>, RdcError> {
        let d = validate::budget("d", d)?;
        let perception = validate::budget("perception", perception)?;
        let corners = self.natural(perception);
        let corners = clip(&corners, |ones| d - self.at(ones).distortion);
        Ok(self.best(corners, |point| point.error))
    }

    /// P(D): the restoration with the least total variation among those with distortion at most `d` in \[0, inf\]; `None`
    /// if there is none.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn perception(&self, d: f64) -> Result<Option<BinaryRestorationPoint>, RdcError> {
        let d = validate::budget("d", d)?;
        let corners = clip(&SQUARE, |ones| d - self.at(ones).distortion);
        // |A - B| is least at a corner or where A = B.
        let signed = corners.iter().map(|&ones| self.surplus(ones));
        let [low, high] = signed.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [f64::min(low, value), f64::max(high, value)]
        });
        let corners = if low < 0.0 && high > 0.0 {
            clip(&corners, |ones| self.surplus(ones))
        } else {
            corners
        };
        Ok(self.best(corners, |point| point.perception))
    }

    /// The restoration with the least distortion among those with total variation at most `perception` in \[0, inf\]: the
    /// smallest D at which C(D,P) is finite. There always is one.
    ///
    /// # Errors
    /// A budget that is negative or NaN.
    pub fn smallest_distortion(&self, perception: f64) -> Result<BinaryRestorationPoint, RdcError> {
        let corners = self.natural(validate::budget("perception", perception)?);
        // A letter drawn from the source's pmf whatever Y is is always there.
        let drawn = self.at([self.source.p(); 2]);
        Ok(self.best(corners, |point| point.distortion).unwrap_or(drawn))
    }

    fn natural(&self, perception: f64) -> Vec<[f64; 2]> {
        let corners = clip(&SQUARE, |ones| perception - self.surplus(ones));
        clip(&corners, |ones| perception + self.surplus(ones))
    }

    /// `P(X^ = 1) - P(X = 1) = A - B`.
    fn surplus(&self, ones: [f64; 2]) -> f64 {
        let [a, b] = self.flips(ones);
        a - b
    }

    fn best(
        &self,
        corners: Vec<[f64; 2]>,
        value: impl Fn(&BinaryRestorationPoint) -> f64,
    ) -> Option<BinaryRestorationPoint> {
        let points = corners.into_iter().map(|ones| self.at(ones));
        points.min_by(|a, b| value(a).total_cmp(&value(b)))
    }

    /// `[A, B] = [P(X=0, X^=1), P(X=1, X^=0)]`.
    fn flips(&self, ones: [f64; 2]) -> [f64; 2] {
        let [zero, one] = self.joint;
        [zero[0] * ones[0] + zero[1] * ones[1], one[0] * (1.0 - ones[0]) + one[1] * (1.0 - ones[1])]
    }

    fn at(&self, ones: [f64; 2]) -> BinaryRestorationPoint {
        let flips = self.flips(ones);
        BinaryRestorationPoint {
            ones,
            distortion: flips[0] + flips[1],
            perception: (flips[0] - flips[1]).abs(),
            error: self.source.base_error() + self.source.excess_of(flips),
        }
    }
}

const SQUARE: [[f64; 2]; 4] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];

/// The corners of a convex polygon's part with `height >= 0` (affine; Sutherland and Hodgman 1974). What lies within rounding of
/// the edge lies on it: strips without width, as P = 0 leaves, would fall apart otherwise.
fn clip(corners: &[[f64; 2]], height: impl Fn([f64; 2]) -> f64) -> Vec<[f64; 2]> {
    let snapped = |h: f64| if h.abs() <= ROUNDING { 0.0 } else { h };
    let heights: Vec<f64> = corners.iter().map(|&corner| snapped(height(corner))).collect();
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (i, (&[x, y], &h)) in corners.iter().zip(&heights).enumerate() {
        let next = (i + 1) % corners.len();
        let ([to_x, to_y], to_h) = (corners[next], heights[next]);
        if h >= 0.0 {
            kept.push([x, y]);
        }
        if h.min(to_h) < 0.0 && h.max(to_h) > 0.0 {
            let share = h / (h - to_h);
            kept.push([x + share * (to_x - x), y + share * (to_y - y)]);
        }
    }
    kept
}
