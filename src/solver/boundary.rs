//! From a feasible instance to an outcome: budgets of zero, the method in doubles, and in double-double where these do not do.

use super::zero_rate::zero_rate;
use crate::feasibility::linear_program::{Reach, feasibility, feasibility_within_rounding};
use crate::numerics::information;
use crate::result::settings::Method;
use crate::solver::methods::dense;
use crate::solver::methods::dispatch::run;
use crate::solver::run::budgets::meets_budgets;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::solver::run::warm_start::Guess;
use crate::subproblem::certificate;
use crate::subproblem::instance::{Instance, LinearConstraint};
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::output_constraint::Potential;
use crate::subproblem::thresholds::{LARGEST_MULTIPLIER, UNFELT};
use nalgebra::DMatrix;

/// Solves a feasible instance; `reach` is its [`feasibility`]. Away from the frontier a guess saves iterations.
pub(crate) fn solve_instance(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    if watch.settings().is_beyond_doubles() && !instance.constraints.is_empty() {
        // What counts as zero in doubles, a rate or a budget, would end the digits there.
        return in_double_double(instance, None, watch);
    }
    if let Some(outcome) = zero_rate(instance) {
        return outcome;
    }
    if let Some(k) = instance.constraints.iter().position(|constraint| constraint.budget == 0.0) {
        return without_costs(instance, k, watch);
    }
    let has_two_precisions = watch.settings().method() == Method::InteriorPoint;
    if has_two_precisions && reach.is_some_and(|reach| reach.is_near(instance)) {
        return in_double_double(instance, None, watch);
    }
    let outcome = run(instance, reach, guess, watch);
    let is_stuck = match outcome.ended {
        Ended::Stalled => true,
        Ended::Certified => !meets_budgets(instance, &outcome.channel),
        _ => false,
    };
    if has_two_precisions && is_stuck && watch.limit().is_none() {
        let second = in_double_double(instance, Some(&outcome.dual), watch);
        return better(instance, outcome, second);
    }
    outcome
}

/// Solves in double-double.
fn in_double_double(
    instance: &Instance<'_>,
    grown: Option<&Dual>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut without = |k: usize, watch: &mut Watch<'_>| {
        let fewer = instance.without(k);
        let mut outcome = solve_instance(&fewer, feasibility(&fewer).as_ref(), None, watch);
        outcome.dual.s = outcome.dual.s.insert_row(k, 0.0);
        meets_budgets(instance, &outcome.channel).then_some(outcome)
    };
    dense::method::solve(instance, grown, &mut without, watch)
}

/// Solves an instance whose budget k is 0: on the pairs that cost nothing, without the constraint.
fn without_costs(instance: &Instance<'_>, k: usize, watch: &mut Watch<'_>) -> Outcome {
    let LinearConstraint { matrix, rounding, .. } = &instance.constraints[k];
    // Costs that differ in their last digits are the same, as far as a budget with such digits tells.
    let tie = UNFELT * rounding / instance.letters() as f64;
    let mut face = instance.face(k, |x, y| instance.pmf[x] * matrix[(y, x)] <= tie);
    let reach = feasibility_within_rounding(&mut face);
    let mut outcome = solve_instance(&face, reach.unwrap_or_else(Some).as_ref(), None, watch);
    outcome.dual.s = outcome.dual.s.insert_row(k, 0.0);
    widen(instance, k, &mut outcome, watch);
    outcome
}

/// The multipliers that are tried for a budget k of 0, in nats per scaled unit: up to where the smallest cost of a pair, which may be far
/// below the scale, is too dear.
fn multipliers(instance: &Instance<'_>, k: usize) -> impl Iterator<Item = f64> + use<> {
    let LinearConstraint { matrix, scale, .. } = &instance.constraints[k];
    let smallest = matrix.iter().filter(|d| **d > 0.0).fold(1.0, |least: f64, d| least.min(*d));
    let most = (LARGEST_MULTIPLIER / (scale * smallest)).min(f64::MAX.sqrt());
    let tens = std::iter::successors(Some(1.0), |steep| Some(10.0 * steep));
    tens.take_while(move |steep| *steep < most)
}

/// Turns the lower bound on fewer pairs into one of the whole instance: a large multiplier of cost k prices every pair
/// out that costs something.
fn widen(instance: &Instance<'_>, k: usize, outcome: &mut Outcome, watch: &Watch<'_>) {
    if let Ended::Infeasible(_) = outcome.ended {
        outcome.ended = separated(instance, k, outcome).unwrap_or(Ended::Stalled);
        return;
    }
    let mut s = outcome.dual.s.clone();
    let mut kernel = Kernel::light(instance, &outcome.dual.q, &s, outcome.dual.potential.clone());
    let enough = outcome.lower_nats - UNFELT * watch.settings().tolerance_nats();
    outcome.lower_nats = f64::NEG_INFINITY;
    for steep in std::iter::once(0.0).chain(multipliers(instance, k)) {
        s[k] = steep;
        kernel.evaluate(instance, &outcome.dual.q, &s);
        let lower = certificate::lower_bound_nats(instance, &kernel.sums, &s);
        if lower > outcome.lower_nats {
            outcome.lower_nats = lower;
            outcome.dual.s.copy_from(&s);
        }
        if outcome.lower_nats >= enough {
            return;
        }
    }
    widen_in_double_double(instance, k, outcome, enough);
}

/// What separates the budgets from what channels can meet on fewer pairs, as what does so on all pairs.
fn separated(instance: &Instance<'_>, k: usize, outcome: &mut Outcome) -> Option<Ended> {
    let none = Potential::none(instance.reproductions);
    let potential = outcome.dual.potential.as_ref().unwrap_or(&none);
    multipliers(instance, k).find_map(|steep| {
        outcome.dual.s[k] = steep;
        let separation = certificate::separation_nats(instance, &outcome.dual.s, potential);
        (separation > 0.0).then_some(Ended::Infeasible(separation))
    })
}

/// The same where steep multipliers leave doubles too few digits.
fn widen_in_double_double(instance: &Instance<'_>, k: usize, outcome: &mut Outcome, enough: f64) {
    let bound = dense::lower_bound::LowerBound::new(instance);
    let Dual { q, s, potential } = outcome.dual.clone();
    let mut trial = s;
    for steep in multipliers(instance, k) {
        trial[k] = steep;
        let lower = bound.at(&q, &trial, potential.as_ref());
        if lower > outcome.lower_nats {
            outcome.lower_nats = lower;
            outcome.dual.s.copy_from(&trial);
        }
        if outcome.lower_nats >= enough {
            return;
        }
    }
}

/// The better bound of each kind: all hold for the same instance.
fn better(instance: &Instance<'_>, first: Outcome, second: Outcome) -> Outcome {
    let rate = |channel: &DMatrix<f64>| {
        if meets_budgets(instance, channel) {
            information::mutual_information(&instance.pmf, &channel.transpose())
        } else {
            f64::INFINITY
        }
    };
    let channel =
        if rate(&first.channel) < rate(&second.channel) { first.channel } else { second.channel };
    let (lower_nats, dual) = if first.lower_nats > second.lower_nats {
        (first.lower_nats, first.dual)
    } else {
        (second.lower_nats, second.dual)
    };
    Outcome { channel, lower_nats, dual, ended: second.ended, fine: second.fine }
}
