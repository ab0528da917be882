//! The least budget at a rate, with its bracket.

use crate::result::solution::{Solution, Status};

/// The least budget at a rate.
#[derive(Debug, Clone)]
pub enum AtRate {
    /// The rate is enough from some budget on.
    Enough(LeastBudget),
    /// No budget is enough, or none was found to be: the solution without this budget has more rate than was asked. The
    /// smallest rate that would do lies in \[`lower`, `rate`\] of it.
    TooLittle(Solution),
}

/// The least budget B at which a rate is enough, with its bracket `lower <= B <= upper`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LeastBudget {
    /// The upper bound in the units of the cost, attained: [`solution`](Self::solution) spends no more and has at most the
    /// rate asked, up to 1e-12 bits of rounding.
    pub upper: f64,
    /// The lower bound: no smaller budget is enough, up to what the last digits of the other budgets make of ties.
    pub lower: f64,
    /// `-dR/dB` in bits per unit, the slope of the plane that proves `lower`; B moves by `-1/slope` per bit. 0 where no
    /// plane was needed: where smaller budgets cannot be met, and at rate 0.
    pub slope: f64,
    /// The channel and its rate.
    pub solution: Solution,
    /// [`Status::Certified`] if `slope (upper - lower)` is within the tolerance, so that at the upper bound R is below the
    /// rate asked by no more bits than this, or if the bounds agree to 1e-12. [`Status::Inconsistent`] if bounds contradicted
    /// each other, on a rate or on the budget: `lower` is then 0, or the average of the row minima where negative costs put that
    /// below 0, and `upper` is `+inf`.
    pub status: Status,
    /// Points of R that were solved.
    pub solves: usize,
}

impl LeastBudget {
    /// `upper - lower`, in the units of the cost.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }
}

impl AtRate {
    /// The least budget, `None` where the rate is too little.
    #[must_use]
    pub fn least_budget(&self) -> Option<&LeastBudget> {
        match self {
            Self::Enough(least) => Some(least),
            Self::TooLittle(_) => None,
        }
    }
}
