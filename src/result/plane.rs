//! Planes below the rate function.

use super::solution::Solution;

/// What rounding may take from a plane's value, relative to its terms.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A plane below R: `R(D, E) >= height - s (D - D0) - t (E - E0)` at all budgets, in bits.
///
/// Every [`Solution`] proves one, by Blahut's lower bound (the crate's first page): `height` is its lower bound, `at` its
/// budgets, `slopes` its multipliers.
///
/// ```
/// # use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source};
/// # use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::Plane;
/// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
/// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
/// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
/// let plane = Plane::from(&rdc.solve(0.1, 0.2)?);
/// assert!(plane.value(0.05, 0.3) <= rdc.solve(0.05, 0.3)?.rate);
/// # Ok::<(), RdcError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Plane {
    /// Its value at the budgets `at`, in bits.
    pub height: f64,
    /// \[D0, E0\] in the units of the costs; `+inf` where the slope is 0.
    pub at: [f64; 2],
    /// \[s, t\] in bits per unit, finite and `>= 0`.
    pub slopes: [f64; 2],
}

impl Plane {
    /// `R >= 0`.
    pub(crate) const ZERO: Self = Self { height: 0.0, at: [f64::INFINITY; 2], slopes: [0.0; 2] };

    /// The lower bound on R(d, e) in bits, possibly negative; `-inf` at an infinite budget that has a slope.
    #[must_use]
    pub fn value(&self, d: f64, e: f64) -> f64 {
        self.height - self.fall(0, d) - self.fall(1, e)
    }

    fn fall(&self, k: usize, budget: f64) -> f64 {
        if self.slopes[k] > 0.0 { self.slopes[k] * (budget - self.at[k]) } else { 0.0 }
    }

    /// What rounding may take from the plane's value at these budgets, in bits.
    pub(crate) fn rounding(&self, budgets: [f64; 2]) -> f64 {
        let priced = (0..2).filter(|&k| self.slopes[k] > 0.0);
        let terms = priced.map(|k| self.slopes[k] * (self.at[k].abs() + budgets[k].abs()));
        ROUNDING * terms.sum::<f64>()
    }

    /// The plane below itself by what rounding may take from its value where budgets are not far from its own.
    pub(crate) fn rounded_down(self) -> Self {
        let priced =
            (0..2).filter(|&k| self.slopes[k] > 0.0).map(|k| self.slopes[k] * self.at[k].abs());
        Self { height: self.height - ROUNDING * priced.sum::<f64>(), ..self }
    }

    /// The plane with a slope of its own where its height is a bound that was lifted to 0: what then is proven is `R >= 0`.
    fn proven(self) -> Self {
        if self.height > 0.0 { self } else { Self::ZERO }
    }
}

impl From<&Solution> for Plane {
    /// Of a solution of an [`Rdc`](crate::Rdc): its first two constraints count.
    fn from(solution: &Solution) -> Self {
        let constraint = |k: usize| solution.constraints.get(k);
        Self {
            height: solution.lower,
            at: [0, 1].map(|k| constraint(k).map_or(f64::INFINITY, |c| c.budget)),
            slopes: [0, 1].map(|k| constraint(k).map_or(0.0, |c| c.multiplier)),
        }
        .proven()
    }
}
