//! The rates at the crossings of two lists of budgets.

use crate::theorem1::{Bracket, Sample};
use crate::{RdcError, Regime, Solution, Status, check};

/// R(D,E) at every pair of a list of distortions and a list of error rates.
///
/// Cells are ordered by error, then by distortion: a row has one error budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    distortions: Vec<f64>,
    errors: Vec<f64>,
    cells: Vec<Cell>,
}

/// What is known at one pair of budgets.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Cell {
    /// Not computed: the sweep was stopped, or the cell belongs to another shard.
    Missing,
    /// No channel meets the budgets: R = +inf.
    Infeasible,
    /// The rate with its bounds.
    Solved(SurfacePoint),
}

/// A certified rate of a surface, without its channel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SurfacePoint {
    /// The upper bound in bits, attained by a channel that meets the budgets.
    pub rate: f64,
    /// The lower bound in bits, `0 <= lower <= rate`.
    pub lower: f64,
    /// \[-dR/dD, -dR/dE\] in bits per unit, `>= 0`: `R(D', E') >= lower - s (D' - D) - t (E' - E)` everywhere, if
    /// `lower > 0`.
    pub multipliers: [f64; 2],
    /// The distortion and the error rate of the channel that attains `rate`.
    pub achieved: [f64; 2],
    /// Which budgets set the rate.
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

    /// The rules that what a file says of a point must keep.
    pub(crate) fn check(&self) -> Result<(), RdcError> {
        check::bounds(self.lower, self.rate)?;
        for (multiplier, achieved) in self.multipliers.into_iter().zip(self.achieved) {
            check::slope(multiplier)?;
            check::spent(achieved)?;
        }
        Ok(())
    }
}

impl From<&Solution> for SurfacePoint {
    /// Of a solution of an [`Rdc`](crate::Rdc): its first two constraints count.
    fn from(solution: &Solution) -> Self {
        let constraint = |k: usize| solution.constraints.get(k);
        Self {
            rate: solution.rate,
            lower: solution.lower,
            multipliers: [0, 1].map(|k| constraint(k).map_or(0.0, |c| c.multiplier)),
            achieved: [0, 1].map(|k| constraint(k).map_or(0.0, |c| c.achieved)),
            regime: Regime::of(solution),
            status: solution.status,
        }
    }
}

impl Cell {
    /// The point, where there is one.
    #[must_use]
    pub fn point(&self) -> Option<&SurfacePoint> {
        match self {
            Self::Solved(point) => Some(point),
            Self::Missing | Self::Infeasible => None,
        }
    }
}

impl Surface {
    /// A surface of cells in rows of one error budget each, the distortions of a row in their order.
    ///
    /// # Errors
    /// An empty list, budgets that are negative, NaN or not strictly increasing, a count of cells other than that of the
    /// pairs.
    pub fn new(
        distortions: Vec<f64>,
        errors: Vec<f64>,
        cells: Vec<Cell>,
    ) -> Result<Self, RdcError> {
        axis("distortions", &distortions)?;
        axis("errors", &errors)?;
        let expected = distortions.len() * errors.len();
        let rule = "one cell for each pair of a distortion and an error";
        check::count("cells", "entries", cells.len(), expected, rule)?;
        Ok(Self { distortions, errors, cells })
    }

    /// The distortion budgets, increasing, the last possibly `+inf`.
    #[must_use]
    pub fn distortions(&self) -> &[f64] {
        &self.distortions
    }

    /// The error budgets, increasing, the last possibly `+inf`.
    #[must_use]
    pub fn errors(&self) -> &[f64] {
        &self.errors
    }

    /// The cell of the i-th distortion and the j-th error; `None` outside of the grid.
    #[must_use]
    pub fn cell(&self, i: usize, j: usize) -> Option<&Cell> {
        self.row(j)?.get(i)
    }

    /// The cells of the j-th error budget, by distortion; `None` outside of the grid.
    #[must_use]
    pub fn row(&self, j: usize) -> Option<&[Cell]> {
        let width = self.distortions.len();
        self.cells.get(j * width..(j + 1) * width)
    }

    /// All cells as (D, E, cell), row by row.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, &Cell)> {
        let budgets =
            self.errors.iter().flat_map(|&e| self.distortions.iter().map(move |&d| (d, e)));
        budgets.zip(&self.cells).map(|((d, e), cell)| (d, e, cell))
    }

    /// Whether every cell is computed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.cells.contains(&Cell::Missing)
    }

    /// The computed cells for [`theorem1::check_samples`](crate::theorem1::check_samples).
    #[must_use]
    pub fn samples(&self) -> Vec<Sample<2>> {
        let sample = |(d, e, cell): (f64, f64, &Cell)| {
            let rate = match cell {
                Cell::Missing => return None,
                Cell::Infeasible => Bracket::INFEASIBLE,
                Cell::Solved(point) => Bracket::from(point),
            };
            Some(Sample { budgets: [d, e], rate })
        };
        self.iter().filter_map(sample).collect()
    }
}

/// A list of budgets, increasing.
pub(super) fn axis(argument: &str, budgets: &[f64]) -> Result<(), RdcError> {
    check::not_empty(argument, budgets.len())?;
    for (index, &budget) in budgets.iter().enumerate() {
        let named = format!("{argument}[{index}]");
        check::scalar(&named, budget, check::BUDGET, budget >= 0.0)?;
        let rule = "budgets must be strictly increasing";
        check::scalar(&named, budget, rule, index == 0 || budgets[index - 1] < budget)?;
    }
    Ok(())
}
