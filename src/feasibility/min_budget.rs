//! The smallest budget that the others leave.

use super::linear_program::{PIVOT, Reach, feasibility, reach};
use crate::error::RdcError;
use crate::model::problem::Problem;
use crate::subproblem::instance::{Instance, LinearConstraint};
use crate::subproblem::output_constraint::Bounded;
use nalgebra::DVector;

/// Newton steps of [`smallest_budget`]; a piecewise linear function takes a handful.
const MAX_NEWTON: usize = 100;

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
    let mut instance = from_offset(problem, index, budgets);
    let scaled = raised(&mut instance, index)?;
    Some(problem.costs[index].in_units(scaled))
}

/// The budget of cost `index` from which on a channel without rate meets all, the others kept; in the cost's own units, up to
/// rounding.
pub(crate) fn smallest_without_rate(
    problem: &Problem,
    index: usize,
    budgets: &[f64],
) -> Option<f64> {
    let instance = from_offset(problem, index, budgets);
    let given = |k: usize| instance.constraints[k].origin[0].0 != index;
    let mut averages = instance.averages();
    // Relative to the budgets, so that a small one is not lost beside the others.
    let unit = |k: usize| {
        let most = if given(k) { instance.constraints[k].budget } else { averages[k].max() };
        if most > 0.0 { most } else { 1.0 }
    };
    let units: Vec<f64> = (0..averages.len()).map(unit).collect();
    for (average, unit) in averages.iter_mut().zip(&units) {
        average.unscale_mut(*unit);
    }
    let mut constant = instance.without_source(&averages);
    // A budget of zero is met exactly or not at all.
    let free = |y: usize| {
        let mut others = (0..units.len()).filter(|&k| given(k));
        others.all(|k| instance.constraints[k].budget > 0.0 || !(averages[k][y] > 0.0))
    };
    constant.allowed.to_mut().restrict(1, problem.reproductions, |_, y| free(y));
    for (constraint, unit) in constant.constraints.iter_mut().zip(&units) {
        constraint.budget /= unit;
    }
    if constant.pairs(0).is_some_and(|pairs| !pairs.contains(&true)) {
        return None;
    }
    let scaled = raised(&mut constant, index)?;
    let unit = (0..units.len()).find(|&k| !given(k)).map_or(1.0, |k| units[k]);
    Some(problem.costs[index].in_units(scaled * unit))
}

/// The request whose budget of cost `index` is the least that any channel spends.
fn from_offset<'a>(problem: &'a Problem, index: usize, budgets: &[f64]) -> Instance<'a> {
    let mut budgets = budgets.to_vec();
    budgets[index] = problem.costs[index].offset;
    Instance::within(problem, &budgets)
}

/// The budget of cost `index`, raised until it can be met; 0 where it constrains nothing, as all channels spend the same.
fn raised(instance: &mut Instance<'_>, index: usize) -> Option<f64> {
    let is_of = |constraint: &LinearConstraint<'_>| constraint.origin[0].0 == index;
    let Some(k) = instance.constraints.iter().position(is_of) else {
        let others = feasibility(instance);
        return (!others.is_some_and(|reach| reach.is_infeasible())).then_some(0.0);
    };
    raise_budget(instance, k)?;
    Some(instance.constraints[k].budget)
}

/// Raises budget k, which is too small or just enough, to the smallest that can be met; `None` where none can. Returns how
/// it is met, and the multipliers that show that no smaller one is (none if it was not raised).
///
/// Newton's method from below on the smallest shift, a convex piecewise linear function of this budget: each
/// separating multiplier gives a budget that every feasible one must reach.
pub(crate) fn raise_budget(
    instance: &mut Instance<'_>,
    k: usize,
) -> Option<(Reach, Option<DVector<f64>>)> {
    let mut raised_by = None;
    for _ in 0..MAX_NEWTON {
        let reach = reach(instance, |_, _| false);
        let rounding = 4.0 * f64::EPSILON * instance.budgets().amax();
        let held_by_others = reach.multipliers[k] <= PIVOT;
        if reach.bound <= rounding || held_by_others {
            let contradiction = held_by_others && reach.bound > rounding && reach.is_infeasible();
            return (!contradiction).then_some((reach, raised_by));
        }
        instance.constraints[k].budget += reach.bound / reach.multipliers[k];
        raised_by = Some(reach.multipliers);
    }
    Some((reach(instance, |_, _| false), raised_by))
}
