//! From an outcome to a solution: bits, the units of the costs, rows and columns as the caller has them.

use crate::model::cost::{Cost, bits_per_unit};
use crate::model::problem::{PERCEPTION, Problem};
use crate::numerics::double_double::{DoubleDouble, LOG2E};
use crate::numerics::information;
use crate::numerics::real::Real;
use crate::result::precise::PreciseBracket;
use crate::result::settings::SMALLEST_IN_DOUBLES;
use crate::result::solution::{Constraint, Solution, Status, bounds_rounding};
use crate::result::verdict::Verdict;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Ended, Outcome};
use crate::subproblem::certificate;
use crate::subproblem::output_constraint::Potential;
use std::f64::consts::LN_2;

/// `multipliers` holds one per cost of the problem, in nats per scaled unit; `budgets` those asked for, `None` where they are
/// what the channel achieves. `is_met` says whether the channel is within them.
pub(crate) fn solution(
    problem: &Problem,
    outcome: Outcome,
    multipliers: &[f64],
    budgets: Option<&[f64]>,
    is_met: bool,
    watch: Watch<'_>,
) -> Solution {
    let Outcome { channel, lower_nats: proven, dual, ended, fine } = outcome;
    // No channel has a larger rate: a bound beyond that says that the budgets are missed, by no more than their rounding.
    let largest_rate = (channel.nrows().min(channel.ncols()) as f64).ln();
    let proven = if budgets.is_some() { proven.min(largest_rate) } else { proven };
    // R >= 0 is proven by multipliers of 0, and better than by those whose bound is below that.
    let is_proof = proven > 0.0 || budgets.is_none();
    let constraint = |(cost, &s): (&Cost, &f64)| {
        let s = if is_proof { s } else { 0.0 };
        let letter = |x: usize| problem.pmf[x] * channel.column(x).dot(&cost.matrix.column(x));
        let achieved = cost.in_units((0..problem.pmf.len()).map(letter).sum());
        let multiplier = bits_per_unit(s, cost.scale);
        Constraint { name: cost.name.clone(), budget: achieved, achieved, multiplier }
    };
    let mut constraints: Vec<Constraint> =
        problem.costs.iter().zip(multipliers).map(constraint).collect();
    let output = &channel * &problem.pmf;
    let potential = dual.potential.filter(|_| is_proof);
    let potential = potential.unwrap_or_else(|| Potential::none(output.len()));
    if let Some(marginal) = &problem.marginal {
        let achieved = marginal.in_units(marginal.divergence(&output));
        let multiplier = bits_per_unit(potential.price, marginal.scale);
        let name = PERCEPTION.to_owned();
        constraints.push(Constraint { name, budget: achieved, achieved, multiplier });
    }
    for (constraint, &budget) in constraints.iter_mut().zip(budgets.unwrap_or_default()) {
        constraint.budget = budget;
    }
    let transposed = channel.transpose();
    drop(channel);
    let channel = transposed;
    let information = information::mutual_information(&problem.pmf, &channel);
    let rate = if is_met { information } else { f64::INFINITY };
    let (lower, rate, mut status) = settled(
        proven / LN_2,
        rate,
        bounds_rounding(problem, rate, &constraints),
        watch.settings().tolerance(),
        ended,
    );
    debug_assert!(
        status != Status::Inconsistent || certificate::is_planted(),
        "a lower bound of {} bits on a rate of {information} bits",
        proven / LN_2
    );
    let precise = fine.filter(|_| is_met && watch.settings().is_beyond_doubles()).map(in_bits);
    if watch.settings().tolerance() < SMALLEST_IN_DOUBLES {
        // Doubles that agree to the last digit are not known to that digit.
        let is_closed = |precise: PreciseBracket| precise.gap() <= watch.settings().tolerance();
        status = match status {
            Status::Certified | Status::Stalled if precise.is_some_and(is_closed) => {
                Status::Certified
            }
            Status::Certified => Status::Stalled,
            other => other,
        };
    }
    Solution {
        rate,
        lower,
        constraints,
        output,
        potential: potential.g / LN_2,
        precise,
        channel,
        certificate: dual.q,
        status,
        iterations: watch.iterations(),
        trace: watch.into_trace(),
    }
}

/// Bounds in nats as a bracket in bits.
fn in_bits(nats: [DoubleDouble; 2]) -> PreciseBracket {
    let [lower, rate] = nats.map(|bound| bound.max(DoubleDouble::ZERO) * LOG2E);
    PreciseBracket { rate, lower }
}

/// The bounds in bits that are returned, and the status: a lower bound on R in bits and the rate of a channel, judged by the
/// rounding that may have crossed them.
fn settled(
    lower: f64,
    rate: f64,
    rounding: f64,
    tolerance: f64,
    ended: Ended,
) -> (f64, f64, Status) {
    // R >= 0 needs no proof. A NaN stays one, which `max` would not keep.
    let lower = if lower.is_nan() { lower } else { lower.max(0.0) };
    let verdict = Verdict::of(lower, rate, tolerance, rounding);
    let status = match (verdict, ended) {
        (Verdict::Crossed, _) => return (0.0, f64::INFINITY, Status::Inconsistent),
        (Verdict::Certified, _) => Status::Certified,
        (_, Ended::IterationLimit) => Status::IterationLimit,
        (_, Ended::TimeLimit) => Status::TimeLimit,
        (_, Ended::Stopped) => Status::Stopped,
        (_, Ended::Certified | Ended::Stalled | Ended::Infeasible(_)) => Status::Stalled,
    };
    (lower.min(rate), rate, status)
}
