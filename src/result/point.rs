//! A certified rate without its channel.

use super::bracket::Bracket;
use super::regime::Regime;
use super::rules;
use super::solution::{Solution, Status};
use crate::error::RdcError;

/// A certified rate of a surface, without its channel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SurfacePoint {
    /// The upper bound in bits, attained by a channel that meets the budgets.
    pub rate: f64,
    /// The lower bound in bits, `0 <= lower <= rate`.
    pub lower: f64,
    /// \[-dR/dD, -dR/dE\], the slopes by the first budget D and the second E in bits per unit, `>= 0`:
    /// `R(D', E') >= lower - s (D' - D) - t (E' - E)` everywhere, if `lower > 0`.
    pub multipliers: [f64; 2],
    /// What the channel that attains `rate` spends of the two budgets.
    pub achieved: [f64; 2],
    /// Which of the two budgets set the rate.
    pub regime: Regime,
    /// How the run ended.
    pub status: Status,
}

impl SurfacePoint {
    /// `rate - lower` in bits.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.rate - self.lower
    }

    /// What a solution says of two of its constraints, by their indices; missing ones spend nothing.
    #[must_use]
    pub fn along(solution: &Solution, axes: [usize; 2]) -> Self {
        let constraint = |k: usize| solution.constraints.get(k);
        Self {
            rate: solution.rate,
            lower: solution.lower,
            multipliers: axes.map(|k| constraint(k).map_or(0.0, |c| c.multiplier)),
            achieved: axes.map(|k| constraint(k).map_or(0.0, |c| c.achieved)),
            regime: Regime::along(solution, axes),
            status: solution.status,
        }
    }

    /// The rules that what a file says of a point must keep.
    pub(crate) fn check(&self) -> Result<(), RdcError> {
        rules::bounds(self.lower, self.rate, self.status)?;
        for (multiplier, achieved) in self.multipliers.into_iter().zip(self.achieved) {
            rules::slope(multiplier)?;
            rules::spent(achieved)?;
        }
        Ok(())
    }
}

impl From<&Solution> for SurfacePoint {
    /// Of a solution of an [`Rdc`](crate::Rdc): its first two constraints count.
    fn from(solution: &Solution) -> Self {
        Self::along(solution, [0, 1])
    }
}

impl From<&SurfacePoint> for Bracket {
    fn from(point: &SurfacePoint) -> Self {
        Self::of_bounds(point.lower, point.rate)
    }
}
