//! From multipliers to the point of the rate function with that slope.

use super::report;
use crate::error::RdcError;
use crate::feasibility::proof;
use crate::model::cost::Cost;
use crate::model::problem::Problem;
use crate::numerics::transport::transport;
use crate::result::settings::{Method, Settings};
use crate::result::solution::Solution;
use crate::solver::methods::dense;
use crate::solver::methods::dispatch::run;
use crate::solver::methods::given_output::path;
use crate::solver::run::budgets::meets_budgets;
use crate::solver::run::monitor::{Observer, Watch};
use crate::solver::run::outcome::{Ended, Outcome};
use crate::solver::zero_rate;
use crate::subproblem::certificate;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::Kernel;
use crate::subproblem::output_constraint::{Bounded, Potential};
use nalgebra::DVector;
use std::f64::consts::LN_2;

/// Mass on forbidden pairs, in the best of all plans, which may be rounding.
const FORBIDDEN_ROUNDING: f64 = 1e-12;

/// Masses are rounded to multiples of its inverse before a plan is looked for: with masses of all sizes the search would go
/// round for long.
const GRAINS: f64 = (1_u64 << 48) as f64;

/// The point of slope `multipliers`, in bits per unit.
pub(crate) fn solve_at(
    problem: &Problem,
    multipliers: &[f64],
    settings: &Settings,
    observer: Observer<'_>,
) -> Result<Solution, RdcError> {
    let mut watch = Watch::new(problem, settings, observer);
    let prices = prices(problem, multipliers);
    let mut instance = Instance::at_prices(problem, &prices);
    if let Some(bounded) = held(problem, multipliers, settings)? {
        instance = instance.held_to(bounded);
        refuse_impossible(problem, &instance)?;
    }
    if let Some(outcome) = zero_rate::at_prices(&instance) {
        return Ok(report::solution(problem, outcome, &prices, None, true, watch));
    }
    let given = instance.marginal.as_ref().and_then(|bounded| Some((bounded, bounded.given()?)));
    let mut outcome = if let Some((bounded, output)) = given {
        path::solve(&instance, bounded, &output, &mut watch)
    } else {
        at_its_budgets(&instance, minimised(&instance, &mut watch))
    };
    outcome.publish(&instance, &problem.allowed);
    let is_met = instance.marginal.is_none() || meets_budgets(&instance, &outcome.channel);
    Ok(report::solution(problem, outcome, &prices, None, is_met, watch))
}

/// The channel of least `I + s.E[d]`, in double-double where doubles stall on a constraint on the output pmf.
fn minimised(instance: &Instance<'_>, watch: &mut Watch<'_>) -> Outcome {
    let outcome = run(instance, None, None, watch);
    let is_stuck = instance.marginal.is_some() && matches!(outcome.ended, Ended::Stalled);
    if is_stuck && watch.limit().is_none() {
        return dense::method::solve(instance, None, &mut |_, _| None, watch);
    }
    outcome
}

/// The bound on `I + s.E[d]` as one on R at the budgets that the channel spends.
fn at_its_budgets(instance: &Instance<'_>, mut outcome: Outcome) -> Outcome {
    let spent = instance.paid(&outcome.channel);
    outcome.lower_nats -= spent + certificate::rounding(instance, &[spent]);
    outcome
}

/// What multipliers hold the output pmf to: its smallest divergence where that of the perception is infinite, nothing where it
/// is 0 or there is no perception.
fn held<'a>(
    problem: &'a Problem,
    multipliers: &[f64],
    settings: &Settings,
) -> Result<Option<Bounded<'a>>, RdcError> {
    let price = multipliers.get(problem.costs.len()).copied().unwrap_or(0.0);
    let Some(marginal) = problem.marginal.as_ref().filter(|_| price > 0.0) else {
        return Ok(None);
    };
    if settings.method() != Method::InteriorPoint {
        let what = format!("the method {}", settings.method());
        return Err(RdcError::KnowsNoPerception { what });
    }
    let refused = |least| proof::too_close(problem, &smallest(problem), least);
    Bounded::new(marginal, marginal.offset).map_err(refused)
}

/// The budgets that an infinite multiplier of the perception stands for.
fn smallest(problem: &Problem) -> Vec<f64> {
    let offset = problem.marginal.iter().map(|marginal| marginal.offset);
    problem.costs.iter().map(|_| f64::INFINITY).chain(offset).collect()
}

/// Refuses an instance whose forbidden pairs leave no channel with the output pmf that is asked for.
fn refuse_impossible(problem: &Problem, instance: &Instance<'_>) -> Result<(), RdcError> {
    if !instance.has_channels() {
        return Err(proof::too_close(problem, &smallest(problem), f64::INFINITY));
    }
    let output = instance.marginal.as_ref().and_then(Bounded::given);
    let Some(output) = output else { return Ok(()) };
    let m = output.len();
    let is_open = |y: usize| instance.allowed.whatever_the_source(&instance.pmf, y, m);
    if (0..m).all(|y| output[y] == 0.0 || is_open(y)) {
        return Ok(());
    }
    let is_forbidden =
        |x: usize, y: usize| f64::from(instance.pairs(x).is_some_and(|pairs| !pairs[y]));
    let [supply, demand] =
        [&*instance.pmf, &output].map(|pmf| pmf.map(|p| (GRAINS * p).round() / GRAINS));
    let plan = transport(supply.as_slice(), demand.as_slice(), is_forbidden);
    if plan.cost <= FORBIDDEN_ROUNDING {
        return Ok(());
    }
    // Potentials of the plan, which no other beats, are one that separates.
    let [_, of_output] = plan.potentials;
    let potential = Potential { g: -of_output, price: 1.0 };
    let none = DVector::zeros(0);
    let at = (&none, &potential);
    Err(proof::apart(problem, &smallest(problem), instance, at, plan.cost))
}

/// A lower bound in bits on `I(X; X^) + sum_k s_k E[d_k]` over all channels, for multipliers `s >= 0` in bits per unit and any
/// pmf q: the bound on R at the budgets D is less by `s.D`.
///
/// A solution's own bound is one on R, and lifted to 0 where R is.
pub(crate) fn lagrangian_lower_bound(
    problem: &Problem,
    multipliers: &[f64],
    q: &DVector<f64>,
) -> f64 {
    let instance = Instance::at_prices(problem, &prices(problem, multipliers));
    let s = DVector::zeros(0);
    let kernel = Kernel::light(&instance, q, &s, None);
    let bound = certificate::lower_bound_nats(&instance, &kernel.sums, &s) / LN_2;
    let offsets = |of: fn(&Cost) -> f64| -> f64 {
        multipliers.iter().zip(&problem.costs).map(|(s, cost)| s * of(cost)).sum()
    };
    let rounding = certificate::rounding(&instance, &[offsets(|cost| cost.offset_size)]);
    bound + offsets(|cost| cost.offset) - rounding
}

/// Multipliers of the costs in bits per unit as nats per scaled unit.
fn prices(problem: &Problem, multipliers: &[f64]) -> Vec<f64> {
    let scaled = |(s, cost): (&f64, &Cost)| s * cost.scale * LN_2;
    multipliers.iter().zip(&problem.costs).map(scaled).collect()
}
