//! From a request to a solution: the cases that need no iteration, then the method.

mod cholesky;
mod face;
mod finish;
mod interior_point;
mod kernel;
mod multipliers;
mod newton;
mod simd;

pub(crate) use kernel::Kernel;

use crate::frontier::{self, Reach};
use crate::instance::Instance;
use crate::solution::{Constraint, Status};
use crate::{Method, Problem, RdcError, Settings, Solution, information};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Excess over a scaled budget, relative to it, that is rounding.
const BUDGET_ROUNDING: f64 = 1e-12;

/// What a method hands back, in nats and scaled costs.
#[derive(Debug)]
struct Outcome {
    /// m x n, within the budgets.
    channel: DMatrix<f64>,
    lower: f64,
    dual: Dual,
    ended: Ended,
    iterations: usize,
}

/// The pair (q, s) that proves a lower bound.
#[derive(Debug, Clone)]
struct Dual {
    q: DVector<f64>,
    s: DVector<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Certified,
    IterationLimit,
    Stalled,
}

pub(crate) fn solve(
    problem: &Problem,
    budgets: &[f64],
    settings: &Settings,
) -> Result<Solution, RdcError> {
    let (instance, constrained) = Instance::new(problem, budgets);
    let reach = frontier::feasibility(&instance);
    if let Some(reach) = reach.as_ref().filter(|reach| reach.is_infeasible()) {
        return Err(frontier::infeasible(problem, budgets, &constrained, reach));
    }
    let mut outcome = solve_instance(&instance, reach.as_ref(), settings);
    if let Some(reach) = reach.filter(|_| !meets_budgets(&instance, &outcome.channel)) {
        // Whatever went wrong, the bounds are to be true: this channel is feasible.
        outcome.channel.fill(0.0);
        reach.add_to(&mut outcome.channel, 1.0);
        outcome.ended = Ended::Stalled;
    }
    Ok(report(problem, budgets, &constrained, outcome, settings))
}

/// Whether a channel is what the solution's documentation promises.
fn meets_budgets(instance: &Instance<'_>, channel: &DMatrix<f64>) -> bool {
    let expected = instance.expected(channel);
    let rounding = |budget: f64| frontier::FRONTIER_TOLERANCE.max(BUDGET_ROUNDING * budget);
    let within =
        expected.iter().zip(&instance.budgets).all(|(e, budget)| *e <= budget + rounding(*budget));
    within && channel.iter().all(|w| w.is_finite())
}

/// Solves a feasible instance; `reach` is its [`frontier::feasibility`].
fn solve_instance(instance: &Instance<'_>, reach: Option<&Reach>, settings: &Settings) -> Outcome {
    if let Some(outcome) = zero_rate(instance) {
        return outcome;
    }
    match reach {
        Some(edge) if !edge.is_interior() => face::solve(instance, edge, settings),
        _ => run(instance, reach, settings),
    }
}

fn run(instance: &Instance<'_>, reach: Option<&Reach>, settings: &Settings) -> Outcome {
    match settings.method() {
        Method::InteriorPoint => interior_point::solve(instance, reach, settings),
    }
}

/// R = 0 where one output pmf meets the budgets whatever the source letter; decided exactly.
fn zero_rate(instance: &Instance<'_>) -> Option<Outcome> {
    let averages = instance.averages();
    let constant = instance.without_source(&averages);
    let usable = |y: usize| constant.pairs(0).is_none_or(|pairs| pairs[y]);
    let first = (0..instance.reproductions).find(|&y| usable(y))?;
    let mut output = DVector::zeros(instance.reproductions);
    if instance.constraints() == 0 {
        output[first] = 1.0;
    } else {
        let reach = frontier::reach(&constant, |shift, bound| shift <= 0.0 || bound > 0.0);
        if reach.shift > 1e-13 * instance.budgets.min() {
            return None;
        }
        for (weight, letter) in reach.channel {
            output[letter[0]] += weight;
        }
    }
    Some(Outcome {
        channel: constant_channel(instance, &output),
        lower: 0.0,
        dual: Dual { q: output, s: DVector::zeros(instance.constraints()) },
        ended: Ended::Certified,
        iterations: 0,
    })
}

/// The channel (m x n) that ignores the source, except that letters without probability keep to their allowed pairs.
fn constant_channel(instance: &Instance<'_>, output: &DVector<f64>) -> DMatrix<f64> {
    let mut channel = DMatrix::from_fn(output.len(), instance.letters(), |y, _| output[y]);
    for (x, mut letter) in channel.column_iter_mut().enumerate() {
        let Some(pairs) = instance.pairs(x) else { continue };
        for (w, &allowed) in letter.iter_mut().zip(pairs) {
            *w *= f64::from(allowed);
        }
        let total = letter.sum();
        if total > 0.0 {
            letter /= total;
        } else {
            let first = pairs.iter().position(|&allowed| allowed);
            letter[first.unwrap_or(0)] = 1.0;
        }
    }
    channel
}

fn report(
    problem: &Problem,
    budgets: &[f64],
    constrained: &[usize],
    outcome: Outcome,
    settings: &Settings,
) -> Solution {
    let channel = outcome.channel.transpose();
    let rate = information::mutual_information(&problem.pmf, &channel);
    let lower = (outcome.lower / LN_2).min(rate).max(0.0);
    let status = match outcome.ended {
        _ if rate - lower <= settings.tolerance() => Status::Certified,
        Ended::IterationLimit => Status::IterationLimit,
        Ended::Certified | Ended::Stalled => Status::Stalled,
    };
    let constraint = |(index, cost): (usize, &crate::problem::Cost)| {
        let at = constrained.iter().position(|&k| k == index);
        let multiplier = at.map_or(0.0, |k| outcome.dual.s[k] / cost.scale / LN_2);
        let letter =
            |x: usize| problem.pmf[x] * outcome.channel.column(x).dot(&cost.matrix.column(x));
        let achieved = (0..problem.pmf.len()).map(letter).sum();
        Constraint {
            name: cost.name.clone(),
            budget: budgets[index],
            achieved: cost.in_units(achieved),
            multiplier,
        }
    };
    Solution {
        rate,
        lower,
        constraints: problem.costs.iter().enumerate().map(constraint).collect(),
        output: channel.tr_mul(&problem.pmf),
        channel,
        certificate: outcome.dual.q,
        status,
        iterations: outcome.iterations,
    }
}
