//! Solves an instance in double-double: on the frontier of what can be met, beside it, or away from it.

use super::attempt::{Best, Run};
use super::cone::Cone;
use super::normal::Normal;
use crate::feasibility::linear_program;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::{Real, dot};
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::program::Program;
use nalgebra::DVector;

/// Budgets are raised by this share of the tolerance, relative to them, so that they leave some slack.
const EXTRA_SHARE: f64 = 1e-8;

/// The share of what budgets were raised by that is left after each step that has come near it: the quicker the better, but where that throws
/// the multipliers too far out.
const EXTRA_KEPT: [f64; 3] = [1e-3, 0.03, 0.2];

/// What budgets may be raised by at most, relative to them, where a constraint on the output pmf makes them miss what can be
/// met: the rounding that a solution documents.
const LARGEST_EXTRA: f64 = 1e-12;

/// Budgets with less slack than this, as a share of what a joint normal weighs, lie on the joint frontier of costs and a divergence.
const ON_FRONTIER: f64 = 1e-12;

/// Budgets with less slack than this, relative to them, are close to the frontier.
const NEAR_FRONTIER: f64 = 1e-2;

/// What budgets on a joint frontier are raised by, as a share of the tolerance and relative to them, so that there is slack.
const FRONTIER_SHARE: f64 = 1e-4;

/// What pairs may cost that count as those of the frontier, as a share of what the budgets are known to.
const TIE_SHARE: f64 = 1e-2;

/// Runs with budgets that are raised further; two suffice where the first has told by how much.
const MAX_RUNS: usize = 4;

/// Solves the instance without a constraint; `None` where that matters after all.
pub(crate) type Without<'a> = &'a mut dyn FnMut(usize, &mut Watch<'_>) -> Option<Outcome>;

/// Solves an instance in double-double.
///
/// `grown` are multipliers that have grown along the normal of the frontier, where there are some.
pub(crate) fn solve(
    instance: &Instance<'_>,
    grown: Option<&Dual>,
    without: Without<'_>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut extra = EXTRA_SHARE * watch.settings().tolerance();
    for _ in 1..MAX_RUNS {
        let whole = Program::<DoubleDouble>::new(instance, extra);
        let on_joint = grown.and_then(|grown| on_joint_frontier(instance, &whole, grown, watch));
        if let Some(outcome) = on_joint {
            return outcome;
        }
        if let Some(outcome) = close_to_frontier(instance, &whole, without, watch) {
            return outcome;
        }
        let (outcome, missing) = run(instance, &whole, watch);
        let is_within_rounding = missing.is_some_and(|missing| extra + missing <= LARGEST_EXTRA);
        if (is_within_rounding || matches!(outcome.ended, Ended::Stalled))
            && let Some(on_joint) = on_joint_frontier(instance, &whole, &outcome.dual, watch)
        {
            return on_joint;
        }
        match missing {
            Some(missing) if is_within_rounding => extra += 2.0 * missing,
            _ => return outcome,
        }
    }
    run(instance, &Program::new(instance, LARGEST_EXTRA), watch).0
}

/// Uses the normals of the frontier where the budgets lie on it, up to what they are known to, or close to it; `None` where they do
/// not, or where that does not do.
fn close_to_frontier(
    instance: &Instance<'_>,
    whole: &Program<DoubleDouble>,
    without: Without<'_>,
    watch: &mut Watch<'_>,
) -> Option<Outcome> {
    if whole.costs.is_empty() {
        return None;
    }
    let reach = linear_program::reach(whole, |_, _| false);
    let slack = -reach.bound;
    let digits: Vec<DoubleDouble> =
        instance.constraints.iter().map(|of| DoubleDouble::from(of.rounding)).collect();
    let known = dot(&reach.multipliers, &digits);
    let is_on = slack <= known;
    let cone = if is_on {
        Cone::around(whole, reach.multipliers, &digits)
    } else {
        Cone::of(reach.multipliers)
    };
    let normals = cone.independent(whole);
    if is_on {
        let normal = Normal::of_costs(whole, cone.inside());
        let implied = normals.iter().map(|(_, k)| *k);
        let tie = DoubleDouble::from(TIE_SHARE) * dot(&normal.s, &digits);
        let face = whole.on_frontier(&normal.s, implied, tie);
        if let Some(outcome) = on_face(instance, whole, &face, &normal, watch) {
            return Some(outcome);
        }
    }
    let has_slack =
        |(normal, _): &(&[DoubleDouble], usize)| whole.slack(normal) > DoubleDouble::ZERO;
    let is_beside = normals.iter().all(has_slack);
    (is_beside && slack.to_f64() < NEAR_FRONTIER).then_some(())?;
    beside_frontier(instance, whole, &whole.beside_frontier(&normals), without, watch)
}

/// The same on the joint frontier of the costs and a divergence that is the cost of a flow, whose normal is sought near multipliers
/// that have grown along it.
fn on_joint_frontier(
    instance: &Instance<'_>,
    whole: &Program<DoubleDouble>,
    grown: &Dual,
    watch: &mut Watch<'_>,
) -> Option<Outcome> {
    whole.network.as_ref().filter(|network| !network.is_smooth)?;
    let near = Normal::near(whole, &grown.s, grown.potential.as_ref()?);
    near.polished(whole).find_map(|(normal, mut face)| {
        let slack = -whole.separation(&normal.s, &normal.phi, normal.price);
        let worth = whole.worth(&normal.s, &normal.phi, normal.price);
        if (slack / worth).to_f64() < -LARGEST_EXTRA {
            let apart = Best::apart(whole, normal);
            return Some(apart.outcome(instance, whole, Ended::Infeasible(-slack.to_f64())));
        }
        let reduced = whole.reduced_costs(&normal.s, &whole.potential(&normal.phi));
        let scale = whole.largest_average(&reduced);
        let is_on = (slack.abs() / scale).to_f64() < ON_FRONTIER;
        let share = DoubleDouble::from(FRONTIER_SHARE * watch.settings().tolerance());
        face.raise_budgets(share * (scale / worth).min(DoubleDouble::ONE));
        if is_on { on_face(instance, whole, &face, &normal, watch) } else { None }
    })
}

/// Solves on the pairs and ways that channels on the frontier can use; `None` where these do not do.
///
/// On the frontier with the normal n every channel within the budgets sends each letter to where `n.d` is least, and meets with
/// equality what n weighs. On these pairs `s` and `s + lambda n` are the same multipliers, and a large lambda prices all other pairs out.
fn on_face(
    instance: &Instance<'_>,
    whole: &Program<DoubleDouble>,
    face: &Program<DoubleDouble>,
    normal: &Normal<DoubleDouble>,
    watch: &mut Watch<'_>,
) -> Option<Outcome> {
    let kept = if face.equalities.contains(&true) { 0.0 } else { EXTRA_KEPT[0] };
    let (ended, mut best) = Run::solve(instance, face, kept, watch);
    best.widen(instance, whole, normal, watch);
    let is_closed = best.is_closed(watch.settings().tolerance_nats());
    is_closed.then(|| best.outcome(instance, face, ended))
}

/// Solves with the costs that the normals of the frontier weigh in the place of as many others, all others that they weigh held to
/// equality; and without the one that turns out to want none.
///
/// Hardly any of such a cost may be spent, so that its multiplier is large, and the other multipliers beside it are not.
fn beside_frontier(
    instance: &Instance<'_>,
    whole: &Program<DoubleDouble>,
    beside: &Program<DoubleDouble>,
    without: Without<'_>,
    watch: &mut Watch<'_>,
) -> Option<Outcome> {
    let (ended, mut best) = Run::solve(instance, beside, 0.0, watch);
    if let Some(k) = best.slack {
        return without(k, watch);
    }
    let s = &mut best.dual.costs.value;
    *s = DVector::from_vec(beside.taken_apart(s.as_slice()));
    let is_closed = best.is_closed(watch.settings().tolerance_nats());
    is_closed.then(|| best.outcome(instance, whole, ended))
}

/// The outcome, and by how much budgets that no channel meets would have to be raised.
fn run(
    instance: &Instance<'_>,
    program: &Program<DoubleDouble>,
    watch: &mut Watch<'_>,
) -> (Outcome, Option<f64>) {
    let (mut ended, mut best) = Run::solve(instance, program, EXTRA_KEPT[0], watch);
    for kept in &EXTRA_KEPT[1..] {
        if matches!(ended, Ended::Stalled) {
            let (next_ended, next) = Run::solve(instance, program, *kept, watch);
            (ended, best) = (next_ended, best.or(next));
        }
    }
    let missing = best.missing;
    (best.outcome(instance, program, ended), missing)
}
