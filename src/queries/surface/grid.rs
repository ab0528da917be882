//! The rates at the crossings of two lists of budgets.

use crate::error::RdcError;
use crate::result::point::SurfacePoint;
use crate::validate;

/// The rate at every pair of a list of budgets of one constraint and a list of budgets of another: R(D,E) of an
/// [`Rdc`](crate::Rdc), or a section of the function of a [`Problem`](crate::Problem) on which its other budgets are fixed.
///
/// Cells are ordered by the second budget, then by the first: a row has one second budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    names: [String; 2],
    first: Vec<f64>,
    second: Vec<f64>,
    fixed: Vec<(String, f64)>,
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
    /// A surface of cells in rows of one second budget each, the first budgets of a row in their order, without budgets beside
    /// these.
    ///
    /// `names` are those of the two constraints, as given to [`Problem::with_cost`](crate::Problem::with_cost).
    ///
    /// # Errors
    /// An empty list, budgets that are below -1e150, NaN or not strictly increasing, a count of cells other than that of the
    /// pairs.
    pub fn new(
        names: [impl Into<String>; 2],
        first: Vec<f64>,
        second: Vec<f64>,
        cells: Vec<Cell>,
    ) -> Result<Self, RdcError> {
        axis("first", &first, validate::signed_budget)?;
        axis("second", &second, validate::signed_budget)?;
        let expected = first.len() * second.len();
        let rule = "one cell for each pair of a first and a second budget";
        validate::count("cells", "entries", cells.len(), expected, rule)?;
        Ok(Self { names: names.map(Into::into), first, second, fixed: Vec::new(), cells })
    }

    /// With the budgets that all cells share, by the names of their constraints, in the order of the problem.
    ///
    /// # Errors
    /// A budget that is below -1e150 or NaN.
    pub fn with_fixed(self, fixed: Vec<(String, f64)>) -> Result<Self, RdcError> {
        for (name, budget) in &fixed {
            validate::signed_budget(&format!("the fixed budget of {name}"), *budget)?;
        }
        Ok(Self { fixed, ..self })
    }

    /// The names of the constraints whose budgets vary: of R(D,E) "distortion" and "classification error".
    #[must_use]
    pub fn names(&self) -> [&str; 2] {
        self.names.each_ref().map(String::as_str)
    }

    /// The first budgets, increasing, the last possibly `+inf`.
    #[must_use]
    pub fn first(&self) -> &[f64] {
        &self.first
    }

    /// The second budgets, increasing, the last possibly `+inf`.
    #[must_use]
    pub fn second(&self) -> &[f64] {
        &self.second
    }

    /// The constraints beside these two and their budgets; none of R(D,E).
    #[must_use]
    pub fn fixed(&self) -> &[(String, f64)] {
        &self.fixed
    }

    /// The cell of the i-th first and the j-th second budget; `None` outside of the grid.
    #[must_use]
    pub fn cell(&self, i: usize, j: usize) -> Option<&Cell> {
        self.row(j)?.get(i)
    }

    /// The cells of the j-th second budget, by the first; `None` outside of the grid.
    #[must_use]
    pub fn row(&self, j: usize) -> Option<&[Cell]> {
        let width = self.first.len();
        let start = j.checked_mul(width)?;
        self.cells.get(start..start.checked_add(width)?)
    }

    /// All cells as (first budget, second budget, cell), row by row.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, &Cell)> {
        let row = |&e: &f64| self.first.iter().map(move |&d| (d, e));
        let budgets = self.second.iter().flat_map(row);
        budgets.zip(&self.cells).map(|((d, e), cell)| (d, e, cell))
    }

    /// Whether every cell is computed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.cells.contains(&Cell::Missing)
    }
}

/// A list of budgets, increasing, each of which passes `check`.
pub(crate) fn axis(
    argument: &str,
    budgets: &[f64],
    check: impl Fn(&str, f64) -> Result<(), RdcError>,
) -> Result<(), RdcError> {
    validate::not_empty(argument, budgets.len())?;
    for (index, &budget) in budgets.iter().enumerate() {
        let named = format!("{argument}[{index}]");
        check(&named, budget)?;
        let rule = "budgets must be strictly increasing";
        validate::scalar(&named, budget, rule, index == 0 || budgets[index - 1] < budget)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_outside_of_the_grid_have_no_cell() {
        let names = ["distortion", "classification error"];
        let cells = vec![Cell::Missing, Cell::Infeasible];
        let surface = Surface::new(names, vec![0.1, 0.2], vec![0.3], cells).unwrap();
        assert_eq!(surface.cell(1, 0), Some(&Cell::Infeasible));
        // At 2^63 the product with the width is 0 once it has wrapped.
        for outside in [1, usize::MAX / 2, usize::MAX / 2 + 1, usize::MAX - 1, usize::MAX] {
            assert_eq!((surface.row(outside), surface.cell(0, outside)), (None, None));
        }
        for outside in [2, usize::MAX] {
            assert_eq!(surface.cell(outside, 0), None);
        }
    }
}
