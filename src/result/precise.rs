//! Bounds with more digits than doubles have.

use crate::numerics::double_double::DoubleDouble;

/// The bracket of a [`Solution`](crate::Solution) in numbers of twice the precision of doubles: `lower <= R <= rate`, in bits, where R
/// is that of the pmf over its sum, of the budgets as they are, and of the costs as the library holds them: with the smallest cost
/// of each source letter taken from its row and rounded to doubles, which changes nothing where that is 0.
///
/// The bounds are evaluated to about 30 digits, without an analysis of their rounding as [`Problem::prove`](crate::Problem::prove)
/// has one; the channel whose rate is the upper one is the solution's before it was rounded to doubles.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Problem, Settings};
/// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
/// let problem = Problem::new(DVector::from_vec(vec![0.5, 0.5]), 2)?.with_cost("distortion", hamming)?;
/// let settings = Settings::default().with_tolerance(1e-25)?;
/// let solution = problem.solve_with(&[0.125], &settings)?;
/// let bracket = solution.precise.ok_or("solved in doubles")?;
/// assert!(bracket.gap() <= 1e-25);
/// // 1 - h(1/8) = 7/8 log2 7 - 2.
/// assert!(bracket.lower.to_string().starts_with("0.456435556800403594"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PreciseBracket {
    /// The upper bound.
    pub rate: DoubleDouble,
    /// The lower bound.
    pub lower: DoubleDouble,
}

impl PreciseBracket {
    /// `rate - lower` in bits, 0 where rounding has crossed them.
    #[must_use]
    pub fn gap(&self) -> f64 {
        (self.rate - self.lower).high().max(0.0)
    }
}
