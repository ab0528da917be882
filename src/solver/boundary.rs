//! From a request to a solution: the cases that need no iteration, then the method.

use super::zero_rate::zero_rate;
use crate::feasibility::linear_program;
use crate::feasibility::linear_program::Reach;
use crate::model::cost::Allowed;
use crate::numerics::information;
use crate::result::verdict::Verdict;
use crate::solver::methods::dispatch::run;
use crate::solver::run::budgets::{meets_budget, meets_budgets};
use crate::solver::run::combined_cost::Combined;
use crate::solver::run::incumbent::BUDGET_ROUNDING;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::solver::run::warm_start::Guess;
use crate::subproblem::certificate;
use crate::subproblem::instance::{Instance, LinearConstraint};
use crate::subproblem::lagrangian::Kernel;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Solves a feasible instance; `reach` is its [`linear_program::feasibility`]. Away from the edge a guess saves iterations.
pub(crate) fn solve_instance(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    if let Some(outcome) = zero_rate(instance) {
        return outcome;
    }
    let Some(reach) = reach else { return run(instance, None, guess, watch) };
    if let Some(outcome) = run_in_units_of_budgets(instance, reach, guess.as_ref(), watch) {
        return outcome;
    }
    if reach.is_near() {
        solve(instance, reach, watch)
    } else {
        run(instance, Some(reach), guess, watch)
    }
}

/// Runs the method with each budget as the unit of its constraint. `None` where these units leave hardly any slack.
///
/// A budget that is small beside the largest cost is not close to the edge for that. In units of the cost it would be, and the
/// multipliers would start decades away from where they end.
fn run_in_units_of_budgets(
    instance: &Instance<'_>,
    reach: &Reach,
    guess: Option<&Guess>,
    watch: &mut Watch<'_>,
) -> Option<Outcome> {
    let relative = instance.in_units_of_budgets();
    let reach = reach.in_units_of(&relative)?;
    let scales = relative.scales().component_div(&instance.scales());
    let guess = guess.map(|(q, s)| (q.clone(), s.component_div(&scales)));
    let mut outcome = run(&relative, Some(&reach), guess, watch);
    outcome.dual.s.component_mul_assign(&scales);
    Some(outcome)
}

/// Excess of the constraint that was left out which may be rounding, in scaled costs.
const LEFT_OUT: f64 = 1e-12;

/// Slack of the budgets, in scaled costs, that may be rounding: such are first tried as lying on the edge.
const EDGE: f64 = 4.0 * f64::EPSILON;

/// Multipliers of c tried for the lower bound on the edge: 0, and 10 to 1e17 in powers of ten.
const STEEPEST: i32 = 17;

/// The share of the tolerance that the lower bound may lose on its way from the face to the whole instance.
const WIDENED: f64 = 1e-3;

impl Combined {
    /// Gives constraint k back its multiplier, which is this cost's.
    fn take_out(&self, k: usize, dual: &mut Dual) {
        let steep = std::mem::take(&mut dual.s[k]);
        dual.edges.push((self.clone(), steep));
    }
}

/// Solves an instance whose budgets lie on or close to the edge that `reach` describes.
pub(crate) fn solve(instance: &Instance<'_>, reach: &Reach, watch: &mut Watch<'_>) -> Outcome {
    let combined = Combined::new(instance, reach);
    let normal = &reach.multipliers;
    let several = normal.iter().filter(|n| **n > 0.0).count() > 1;
    let mut best: Option<Outcome> = None;
    if -reach.shift <= EDGE {
        let outcome = on(instance, &combined, normal, watch);
        if is_over(&outcome) || !(combined.budget > 0.0) {
            return outcome;
        }
        best = Some(outcome);
    }
    if several {
        let outcome = close(instance, reach, &combined, watch);
        let other = outcome.slack.and_then(|k| without(instance, k, watch));
        let outcome = better(instance, best, other.unwrap_or(outcome), watch);
        if is_over(&outcome) {
            return outcome;
        }
        let relaxed = beside(instance, &combined, normal, watch);
        let outcome = better(instance, Some(outcome), relaxed, watch);
        if is_over(&outcome) {
            return outcome;
        }
        best = Some(outcome);
    }
    let outcome = run(instance, Some(reach), None, watch);
    better(instance, best, outcome, watch)
}

fn is_over(outcome: &Outcome) -> bool {
    !matches!(outcome.ended, Ended::Stalled)
}

/// The better bound of each kind: all hold for the whole instance.
fn better(
    instance: &Instance<'_>,
    first: Option<Outcome>,
    second: Outcome,
    watch: &Watch<'_>,
) -> Outcome {
    let Some(first) = first else { return second };
    let (mut better, other) = if first.lower_nats > second.lower_nats {
        (Outcome { ended: second.ended, ..first }, second.channel)
    } else {
        (second, first.channel)
    };
    let rate = |channel: &DMatrix<f64>| {
        if meets_budgets(instance, channel) {
            information::mutual_information(&instance.pmf, &channel.transpose())
        } else {
            f64::INFINITY
        }
    };
    if rate(&other) < rate(&better.channel) {
        better.channel = other;
    }
    if !is_over(&better) {
        settle(instance, &mut better, watch);
    }
    better
}

/// Solves with the combined constraint in place of the one with the largest share of `n.D`.
fn close(
    instance: &Instance<'_>,
    reach: &Reach,
    combined: &Combined,
    watch: &mut Watch<'_>,
) -> Outcome {
    // What rounding leaves of the others is to be small beside the budget that follows from them.
    let k = reach.multipliers.component_mul(&instance.budgets()).imax();
    let changed = combined.in_place_of(instance, k);
    let mut outcome = run(&changed, Some(reach), None, watch);
    combined.take_out(k, &mut outcome.dual);
    outcome
}

/// Solves with the combined constraint in place of one, the others as they are.
fn beside(
    instance: &Instance<'_>,
    combined: &Combined,
    normal: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let relaxed = |k: usize, watch: &mut Watch<'_>| {
        let mut changed = combined.in_place_of(instance, k);
        changed.edge = None;
        for constraint in &mut changed.constraints {
            constraint.is_equality = false;
        }
        let mut outcome =
            run(&changed, linear_program::feasibility(&changed).as_ref(), None, watch);
        combined.take_out(k, &mut outcome.dual);
        outcome
    };
    relaxations(instance, normal, 0.0, relaxed, watch)
}

/// Leaves constraint k out; `None` if it matters after all.
fn without(instance: &Instance<'_>, k: usize, watch: &mut Watch<'_>) -> Option<Outcome> {
    let fewer = instance.without(k);
    let reach = linear_program::feasibility(&fewer);
    let mut outcome =
        watch.relaxed(true, |watch| solve_instance(&fewer, reach.as_ref(), None, watch));
    let expected = instance.expected(&outcome.channel)[k];
    outcome.dual.insert(k);
    meets_budget(instance, k, expected).then_some(outcome)
}

/// Solves on the pairs that the edge leaves, without one of its constraints.
fn on(
    instance: &Instance<'_>,
    combined: &Combined,
    normal: &DVector<f64>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let relaxed = |k: usize, watch: &mut Watch<'_>| {
        let face = instance.face(k, |x, y| combined.cost[(y, x)] == 0.0);
        let mut outcome =
            solve_instance(&face, linear_program::feasibility(&face).as_ref(), None, watch);
        outcome.dual.insert(k);
        outcome
    };
    let mut outcome = relaxations(instance, normal, LEFT_OUT, relaxed, watch);
    widen(instance, combined, &mut outcome, watch);
    settle(instance, &mut outcome, watch);
    outcome
}

/// Solves relaxations that each leave out one of the edge's constraints, until a mixture of their channels meets all.
///
/// On the edge and close to it all these hold with equality, or all but. Leaving one out is exact if its multiplier is the
/// smallest: the multipliers are determined but for multiples of the edge's. Where that optimum is not unique, the
/// constraint may still be exceeded; but some mixture of the relaxations' channels, each over the one budget that it does
/// not know, meets all budgets, and it has no more rate than the largest of them.
fn relaxations(
    instance: &Instance<'_>,
    normal: &DVector<f64>,
    allowance: f64,
    mut relaxed: impl FnMut(usize, &mut Watch<'_>) -> Outcome,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut left: Vec<usize> = (0..normal.len()).filter(|&k| normal[k] > 0.0).collect();
    let several = left.len() > 1;
    let mut k = normal.imax();
    let mut channels = Vec::new();
    let mut best: Option<Outcome> = None;
    loop {
        let outcome = watch.relaxed(several, |watch| relaxed(k, watch));
        channels.push(outcome.channel.clone());
        let (channel, excess) = mixture(instance, &channels);
        let mut outcome = match best.take() {
            Some(best) if best.lower_nats >= outcome.lower_nats => best,
            _ => outcome,
        };
        left.retain(|&l| l != k);
        let weighed = |k: &usize| normal[*k] * excess[*k];
        let next = left.iter().copied().min_by(|a, b| weighed(a).total_cmp(&weighed(b)));
        let met = excess
            .iter()
            .zip(&instance.budgets())
            .all(|(excess, budget)| *excess <= allowance.max(BUDGET_ROUNDING * budget));
        let Some(next) = next.filter(|_| !met && watch.limit().is_none()) else {
            outcome.channel = channel;
            settle(instance, &mut outcome, watch);
            return outcome;
        };
        best = Some(outcome);
        k = next;
    }
}

/// Says how an outcome ended by its bounds.
fn settle(instance: &Instance<'_>, outcome: &mut Outcome, watch: &Watch<'_>) {
    let rate = information::mutual_information(&instance.pmf, &outcome.channel.transpose());
    let tolerance = watch.settings().tolerance();
    let verdict = Verdict::of(outcome.lower_nats / LN_2, rate, tolerance, f64::INFINITY);
    let closed = verdict == Verdict::Certified && meets_budgets(instance, &outcome.channel);
    outcome.ended = if closed { Ended::Certified } else { watch.limit().unwrap_or(Ended::Stalled) };
}

/// The mixture of these channels whose largest excess over a budget is smallest, and what it exceeds the budgets by.
fn mixture(instance: &Instance<'_>, channels: &[DMatrix<f64>]) -> (DMatrix<f64>, DVector<f64>) {
    let excess = |channel: &DMatrix<f64>| instance.expected(channel) - &instance.budgets();
    let each: Vec<DVector<f64>> = channels.iter().map(excess).collect();
    let size = each.iter().map(DVector::amax).fold(f64::MIN_POSITIVE, f64::max);
    let cost = |k: usize| DMatrix::from_fn(each.len(), 1, |i, _| each[i][k] / size);
    let costs: Vec<DMatrix<f64>> = (0..instance.constraints.len()).map(cost).collect();
    let budgets = DVector::zeros(costs.len());
    let mixtures =
        Instance::mixture(each.len(), costs.iter().collect(), &budgets, Allowed::default());
    let weights = linear_program::reach(&mixtures, |shift, _| shift <= 0.0);
    let mut mixed = DMatrix::zeros(instance.reproductions, instance.letters());
    for (weight, choice) in &weights.channel {
        mixed += *weight * &channels[choice[0]];
    }
    let excess = excess(&mixed);
    (mixed, excess)
}

/// Turns the lower bound of the face into one of the whole instance: a large multiplier of c prices every pair outside
/// the face out.
fn widen(instance: &Instance<'_>, combined: &Combined, outcome: &mut Outcome, watch: &Watch<'_>) {
    let mut dual = outcome.dual.clone();
    dual.edges.push((combined.clone(), 0.0));
    let last = dual.edges.len() - 1;
    let edges = dual.edges.clone();
    let mut whole = instance.clone();
    let of_face = std::mem::take(&mut outcome.lower_nats);
    // Budgets below the edge by rounding count as being on it.
    whole.constraints.extend(edges.iter().map(|(edge, _)| LinearConstraint {
        matrix: &edge.cost,
        scale: 1.0,
        origin: Vec::new(),
        budget: edge.budget.max(0.0),
        rounding: 0.0,
        is_equality: false,
    }));
    let mut s = dual.s.clone();
    s.extend(edges.iter().map(|(_, steep)| *steep));
    let mut kernel = Kernel::light(&whole, &dual.q, &s, dual.potential.clone());
    outcome.dual.s.fill(0.0);
    outcome.dual.edges.clear();
    let enough = of_face - WIDENED * watch.settings().tolerance() * LN_2;
    // In units of the constraints' own multipliers, and as small as will do: an edge around this one has to outweigh them.
    let unit = combined.weights.max();
    let powers = (1..=STEEPEST).map(|power| 10_f64.powi(power) / unit);
    for steep in std::iter::once(0.0).chain(powers) {
        s[instance.constraints.len() + last] = steep;
        dual.edges[last].1 = steep;
        kernel.evaluate(&whole, &dual.q, &s);
        let lower = certificate::lower_bound_nats(&whole, &kernel.sums, &s);
        if lower > outcome.lower_nats && dual.multipliers().min() >= 0.0 {
            outcome.lower_nats = lower;
            outcome.dual = dual.clone();
        }
        if outcome.lower_nats >= enough {
            break;
        }
    }
}
