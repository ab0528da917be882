//! The numbers of a problem as balls.

use crate::model::cost::Cost;
use crate::model::problem::Problem;
use crate::numerics::ball::Ball;
use crate::numerics::double_double::{UNDERFLOW, power_of_two};
use nalgebra::DVector;

/// A problem with its pmf divided by the sum, exactly.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) pmf: Vec<Ball>,
}

impl<'a> Given<'a> {
    pub(crate) fn new(problem: &'a Problem) -> Self {
        Self { problem, pmf: normalised(&problem.pmf) }
    }

    /// The source letters that occur.
    pub(crate) fn letters(&self) -> impl Iterator<Item = usize> {
        (0..self.pmf.len()).filter(|&x| self.problem.pmf[x] > 0.0)
    }

    /// The average of the smallest costs of the letters, in the units of the cost.
    pub(crate) fn offset(&self, cost: &Cost) -> Ball {
        if cost.offset_size == 0.0 {
            return Ball::ZERO;
        }
        // What the sum in twice the working precision may have lost (docs/proof.md).
        let letters = self.pmf.len() as f64;
        let lost = letters * letters * cost.offset_size * power_of_two(-103) + letters * UNDERFLOW;
        let held = Ball::from(cost.offset).plus(Ball::from(cost.offset_error));
        held.widened(lost)
    }

    /// What a budget leaves above the offset, in the scaled units.
    pub(crate) fn above(&self, cost: &Cost, budget: f64) -> Ball {
        let scaled = budget / cost.scale;
        if cost.offset_size == 0.0 && scaled * cost.scale == budget {
            return Ball::from(scaled);
        }
        let above = Ball::from(budget).minus(self.offset(cost));
        above.times_double(1.0 / cost.scale)
    }

    pub(crate) fn is_allowed(&self, x: usize, y: usize) -> bool {
        self.problem.allowed.of(x, self.problem.reproductions).is_none_or(|pairs| pairs[y])
    }
}

/// What a scaled cost as it is held may be off by from the cost as it was given: it was rounded once.
pub(crate) fn cost_rounding(held: f64) -> f64 {
    held * f64::EPSILON
}

/// Probabilities over their sum.
pub(crate) fn normalised(probabilities: &DVector<f64>) -> Vec<Ball> {
    let sum = sum(probabilities.iter().map(|&p| Ball::from(p)));
    let share = |&p: &f64| if p == 0.0 { Ball::ZERO } else { Ball::from(p).over(sum) };
    probabilities.iter().map(share).collect()
}

pub(crate) fn sum(terms: impl IntoIterator<Item = Ball>) -> Ball {
    terms.into_iter().fold(Ball::ZERO, Ball::plus)
}
