//! The smallest budget that the others leave.

use super::linear_program::{Polytope, Reach, feasibility, pivot, reach};
use crate::error::RdcError;
use crate::model::cost::Cost;
use crate::model::problem::Problem;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::{Real, largest};
use crate::subproblem::instance::Instance;
use crate::subproblem::output_constraint::Bounded;
use crate::subproblem::program::Program;
use crate::subproblem::thresholds::{MAX_FINITE_STEPS, PROMISED_ROUNDING};

impl Problem {
    /// The smallest feasible budget of cost `index` when the other costs keep their `budgets` (the entry at
    /// `index` is not read). `None` if the others already contradict each other.
    ///
    /// With the paper's two costs these are the ends of the axes: the smallest E at a given D, and D at E. With a perception
    /// that constrains it is C(D,P), a linear program of another size, which `Restoration` solves (feature `programs`).
    ///
    /// # Errors
    /// A cost index that is not below K, a count of budgets other than K, a NaN budget or a negative one of a cost
    /// without negative entries;
    /// [`RdcError::KnowsNoPerception`] for a finite budget of the perception which not every channel meets.
    pub fn smallest_budget(&self, index: usize, budgets: &[f64]) -> Result<Option<f64>, RdcError> {
        self.check_cost("index", index)?;
        let mut budgets = budgets.to_vec();
        if let Some(budget) = budgets.get_mut(index) {
            *budget = 0.0;
        }
        self.check_budgets(&budgets)?;
        let perception = self.marginal.as_ref().zip(budgets.last());
        if perception
            .is_some_and(|(marginal, &budget)| !matches!(Bounded::new(marginal, budget), Ok(None)))
        {
            return Err(RdcError::KnowsNoPerception { what: "the smallest budget".into() });
        }
        Ok(smallest_budget(self, index, &budgets))
    }

    /// A budget `index` below which no channel meets the others, as [`smallest_budget`](Self::smallest_budget) but for what a
    /// perception asks for, which is left out. The arguments have been checked.
    pub(crate) fn floor(&self, index: usize, budgets: &[f64]) -> Option<f64> {
        match &self.marginal {
            Some(marginal) if index == self.costs.len() => Some(marginal.offset),
            _ => smallest_budget(self, index, budgets),
        }
    }
}

/// The smallest feasible budget of cost `index`, the others kept; in the cost's own units.
pub(crate) fn smallest_budget(problem: &Problem, index: usize, budgets: &[f64]) -> Option<f64> {
    raised(&from_offset(problem, index, budgets), index, &problem.costs[index])
}

/// The budget of cost `index` from which on a channel without rate meets all, the others kept; in the cost's own units, up to
/// rounding.
pub(crate) fn smallest_without_rate(
    problem: &Problem,
    index: usize,
    budgets: &[f64],
) -> Option<f64> {
    let instance = from_offset(problem, index, budgets);
    let averages = instance.averages();
    let mut constant = instance.without_source(&averages);
    // A budget of zero is met exactly or not at all.
    let free = |y: usize| {
        let mut others = instance.constraints.iter().zip(&averages);
        others
            .all(|(of, average)| of.origin[0].0 == index || of.budget > 0.0 || !(average[y] > 0.0))
    };
    constant.allowed.to_mut().restrict(1, problem.reproductions, |_, y| free(y));
    if constant.pairs(0).is_some_and(|pairs| !pairs.contains(&true)) {
        return None;
    }
    raised(&constant, index, &problem.costs[index])
}

/// The request whose budget of cost `index` is the least that any channel spends.
fn from_offset<'a>(problem: &'a Problem, index: usize, budgets: &[f64]) -> Instance<'a> {
    let mut budgets = budgets.to_vec();
    budgets[index] = problem.costs[index].offset;
    let mut instance = Instance::within(problem, &budgets);
    if let Some(k) = position(&instance, index) {
        instance.clear_budget(k);
    }
    instance
}

fn position(instance: &Instance<'_>, index: usize) -> Option<usize> {
    instance.constraints.iter().position(|constraint| constraint.origin[0].0 == index)
}

/// The budget of cost `index`, raised from the least that any channel spends until it can be met; that least one where it
/// constrains nothing, as all channels spend the same.
fn raised(instance: &Instance<'_>, index: usize, cost: &Cost) -> Option<f64> {
    let Some(k) = position(instance, index) else {
        let reach = feasibility(instance);
        let missed = reach.map_or(0.0, |reach| reach.missed_share(instance));
        return (missed <= 1.0).then_some(cost.offset);
    };
    let mut program = Program::<DoubleDouble>::new(instance, 0.0);
    raise_budget(&mut program, k, PROMISED_ROUNDING)?;
    let scaled = program.budgets[k] / DoubleDouble::from(instance.constraints[k].scale);
    Some(cost.in_units_of_cost(scaled))
}

/// Raises budget k, which is too small or just enough, to the smallest that can be met; `None` where none can: the others
/// miss what can be met by more than the `allowance`. Returns how it is met, and the multipliers that show that no smaller
/// one is (none if it was not raised).
///
/// Newton's method from below on the smallest shift, a convex piecewise linear function of this budget: each
/// separating multiplier gives a budget that every feasible one must reach.
pub(crate) fn raise_budget<T: Real, P: Polytope<T>>(
    polytope: &mut P,
    k: usize,
    allowance: f64,
) -> Option<(Reach<T>, Option<Vec<T>>)> {
    let mut raised_by = None;
    for _ in 0..MAX_FINITE_STEPS {
        let reach = reach(polytope, |_, _| false);
        let rounding = T::from(4.0 * T::EPSILON) * largest(polytope.budgets());
        let held_by_others = reach.multipliers[k] <= pivot();
        if reach.bound <= rounding || held_by_others {
            let contradiction = held_by_others && reach.bound > rounding.max(T::from(allowance));
            return (!contradiction).then_some((reach, raised_by));
        }
        polytope.raise(k, reach.bound / reach.multipliers[k]);
        raised_by = Some(reach.multipliers);
    }
    Some((reach(polytope, |_, _| false), raised_by))
}
