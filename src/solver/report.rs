//! From an outcome to a solution: bits, the units of the costs, rows and columns as the caller has them.

use super::watch::Watch;
use super::{Ended, Outcome};
use crate::marginal::Potential;
use crate::problem::{Cost, PERCEPTION};
use crate::solution::{Constraint, Status};
use crate::{Problem, Solution, information};
use std::f64::consts::LN_2;

/// `multipliers` holds one per cost of the problem, in nats per scaled unit. The budgets are what the channel achieves;
/// `is_met` says whether that is within those asked for.
pub(super) fn solution(
    problem: &Problem,
    outcome: Outcome,
    multipliers: &[f64],
    is_met: bool,
    watch: Watch<'_>,
) -> Solution {
    let Outcome { channel, lower, dual, ended, .. } = outcome;
    let constraint = |(cost, &s): (&Cost, &f64)| {
        let letter = |x: usize| problem.pmf[x] * channel.column(x).dot(&cost.matrix.column(x));
        let achieved = cost.in_units((0..problem.pmf.len()).map(letter).sum());
        let multiplier = bits_per_unit(s, cost.scale);
        Constraint { name: cost.name.clone(), budget: achieved, achieved, multiplier }
    };
    let mut constraints: Vec<Constraint> =
        problem.costs.iter().zip(multipliers).map(constraint).collect();
    let output = &channel * &problem.pmf;
    let potential = dual.potential.unwrap_or_else(|| Potential::none(output.len()));
    if let Some(marginal) = &problem.marginal {
        let achieved = marginal.in_units(marginal.divergence(&output));
        let multiplier = bits_per_unit(potential.price, marginal.scale);
        let name = PERCEPTION.to_owned();
        constraints.push(Constraint { name, budget: achieved, achieved, multiplier });
    }
    let transposed = channel.transpose();
    drop(channel);
    let channel = transposed;
    let information = information::mutual_information(&problem.pmf, &channel);
    let rate = if is_met { information } else { f64::INFINITY };
    let lower = (lower / LN_2).min(rate).max(0.0);
    let status = match ended {
        _ if rate - lower <= watch.settings().tolerance() => Status::Certified,
        Ended::IterationLimit => Status::IterationLimit,
        Ended::TimeLimit => Status::TimeLimit,
        Ended::Stopped => Status::Stopped,
        Ended::Certified | Ended::Stalled | Ended::Infeasible => Status::Stalled,
    };
    Solution {
        rate,
        lower,
        constraints,
        output,
        potential: potential.g / LN_2,
        channel,
        certificate: dual.q,
        status,
        iterations: watch.iterations(),
        trace: watch.into_trace(),
    }
}

/// Bits per unit of a cost, from nats per scaled unit.
pub(super) fn bits_per_unit(s: f64, scale: f64) -> f64 {
    s / scale / LN_2
}
