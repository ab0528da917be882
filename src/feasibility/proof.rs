//! The errors that prove that no channel meets the budgets.

use super::linear_program::Reach;
use super::min_budget::smallest_budget;
use crate::error::{Infeasible, InfeasibleBudget, RdcError};
use crate::model::problem::Problem;
use crate::subproblem::instance::Instance;
use crate::subproblem::output_constraint::Potential;
use nalgebra::DVector;

/// The error that explains why `budgets` cannot be met, from a [`Reach`] that proves it.
///
/// Where a perception has ruled letters out, no smallest budgets are looked for.
pub(crate) fn infeasible(
    problem: &Problem,
    budgets: &[f64],
    instance: &Instance<'_>,
    reach: &Reach,
) -> RdcError {
    let smallest = |index: usize| {
        let known = instance.marginal.is_none() && index < problem.costs.len();
        known.then(|| smallest_budget(problem, index, budgets)).flatten()
    };
    let multipliers = in_units(problem, instance, &reach.normal(), 0.0);
    report(problem, budgets, &multipliers, (reach.bound, &[]), smallest)
}

/// The error that explains why no channel meets the budget of the perception, whatever the others are.
pub(crate) fn too_close(problem: &Problem, budgets: &[f64], least: f64) -> RdcError {
    let last = budgets.len() - 1;
    let multipliers: Vec<f64> = (0..=last).map(|index| f64::from(index == last)).collect();
    let smallest = |index: usize| (index == last && least.is_finite()).then_some(least);
    report(problem, budgets, &multipliers, (least - budgets[last], &[]), smallest)
}

/// The error that explains why `budgets` cannot be met together with that of the perception, or with each other, from the multipliers that separate
/// them from what channels can meet by `separation` nats.
pub(crate) fn apart(
    problem: &Problem,
    budgets: &[f64],
    instance: &Instance<'_>,
    (s, potential): (&DVector<f64>, &Potential),
    separation: f64,
) -> RdcError {
    let multipliers = in_units(problem, instance, s, potential.price);
    report(problem, budgets, &multipliers, (separation, potential.g.as_slice()), |_| None)
}

/// The multipliers of all budgets per unit, from those of an instance and the price of the perception.
fn in_units(problem: &Problem, instance: &Instance<'_>, s: &DVector<f64>, price: f64) -> Vec<f64> {
    let mut multipliers = vec![0.0; problem.budgets()];
    for (cost, s) in instance.multipliers(s) {
        multipliers[cost] += s / problem.costs[cost].scale;
    }
    if let Some((marginal, multiplier)) = problem.marginal.as_ref().zip(multipliers.last_mut()) {
        *multiplier = price / marginal.scale;
    }
    multipliers
}

fn report(
    problem: &Problem,
    budgets: &[f64],
    multipliers: &[f64],
    (excess, potential): (f64, &[f64]),
    smallest: impl Fn(usize) -> Option<f64>,
) -> RdcError {
    let total: f64 = multipliers.iter().sum();
    let entry = |(index, name): (usize, &str)| InfeasibleBudget {
        name: name.into(),
        budget: budgets[index],
        smallest: smallest(index),
        multiplier: multipliers[index] / total,
    };
    RdcError::Infeasible(Box::new(Infeasible {
        budgets: problem.names().enumerate().map(entry).collect(),
        excess: excess / total,
        potential: potential.iter().map(|g| g / total).collect(),
    }))
}
