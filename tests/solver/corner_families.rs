//! Random problems of every corner family: every one is certified, in few iterations, within its budgets.
//!
//! Each case has its own seed. A failure names the family's test and the seed, and
//! `RDC_SEED=17 cargo test --test solver on_the_frontier -- --nocapture` runs that case alone and prints it whole.
//! `RDC_CASES` sets the number of cases of each family.

use crate::common::case::Case;
use crate::common::exact::information;
use crate::common::families::{Family, Place, Placed};
use crate::common::{count, expected, pmf, rows, variable};
use rdc_theory::nalgebra::DVector;
use rdc_theory::{RdcError, Solution, Status};
use std::panic::catch_unwind;

/// All but one case in a thousand take no more iterations than this.
const MANY_ITERATIONS: usize = 60;

/// In bits, of the rate where that is above 1.
const TOLERANCE: f64 = 1e-9;

/// Relative to the budget.
const BUDGET_ROUNDING: f64 = 1e-12;

/// Bits by which the lower bound may come out otherwise when it is recomputed.
const BOUND_ROUNDING: f64 = 1e-11;

/// Prices of pairs, in units of the scales, that tie on the frontier but for rounding: steep multipliers magnify it.
const TIE: f64 = 1e-13;

const CASES: u64 = 200;

/// What is measured of a solution.
#[derive(Debug, Clone, Copy)]
struct Measures {
    iterations: usize,
    /// Relative to the rate where that is above 1.
    gap: f64,
    /// The largest excess over a budget, relative to it; negative where there is slack.
    excess: f64,
    /// The same relative to the cost's scale.
    scaled_excess: f64,
    /// The largest multiplier, in bits per unit of the cost's scale.
    steepest: f64,
    /// What the lower bound claims beyond the one that is recomputed.
    overclaim: f64,
}

impl Measures {
    fn new(case: &Case, solution: &Solution) -> Self {
        let Case { pmf, costs, budgets, .. } = case;
        let multipliers: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier).collect();
        let no_potential = DVector::zeros(solution.output.len());
        let bound = case.lower_bound(solution, &no_potential, |_| true).value().max(0.0);
        let achieved = |k: usize| expected(pmf, &solution.channel, &costs[k]);
        let scaled = |k: usize| (achieved(k) - budgets[k]) / case.scale(k);
        let each = 0..costs.len();
        Self {
            iterations: solution.iterations,
            gap: solution.gap() / solution.rate.max(1.0),
            excess: each
                .clone()
                .map(|k| relative_excess(achieved(k), budgets[k]))
                .fold(-1.0, f64::max),
            scaled_excess: each.map(scaled).fold(-1.0, f64::max),
            steepest: (0..costs.len()).map(|k| multipliers[k] * case.scale(k)).fold(0.0, f64::max),
            overclaim: solution.lower - bound,
        }
    }
}

fn relative_excess(achieved: f64, budget: f64) -> f64 {
    match budget {
        0.0 if achieved > 0.0 => f64::INFINITY,
        0.0 => 0.0,
        _ if budget.is_infinite() => -1.0,
        _ => achieved / budget - 1.0,
    }
}

/// All that is wrong with a solution, recomputed from the matrices.
fn faults(case: &Placed, solution: &Solution) -> Vec<String> {
    let measures = Measures::new(case, solution);
    let Measures { gap, excess, scaled_excess, steepest, overclaim, .. } = measures;
    let mut faults = Vec::new();
    let mut check = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    // The solver's tolerance is absolute, this one is not.
    let settled = solution.status == Status::Certified || gap <= TOLERANCE;
    check(settled, format!("{}", solution.status));
    check(gap <= TOLERANCE, format!("gap {gap:e}"));
    // A budget of 0 has no digits of its own.
    let has_digits = case.budgets.iter().all(|&budget| budget > 0.0);
    let over = if has_digits { excess } else { excess.min(scaled_excess) };
    check(over <= BUDGET_ROUNDING, format!("relative excess {excess:e}"));
    let rounding = BOUND_ROUNDING + TIE * steepest;
    check(overclaim <= rounding, format!("lower bound {overclaim:e} too high"));
    let stochastic = solution.channel.row_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12);
    check(stochastic && solution.channel.min() >= 0.0, "no channel".into());
    let rate = information(&case.pmf, &solution.channel);
    let difference = (rate - solution.rate).abs();
    check(difference < 1e-12 * rate.max(1.0), format!("rate {difference:e} off"));
    let blind = case.place == Place::ZeroRate;
    check(!blind || solution.rate <= TOLERANCE, format!("rate {} is not 0", solution.rate));
    for (k, (constraint, cost)) in solution.constraints.iter().zip(&case.costs).enumerate() {
        let achieved = expected(&case.pmf, &solution.channel, cost);
        let difference = (achieved - constraint.achieved).abs();
        check(difference <= 1e-12 * achieved, format!("cost {k} said {difference:e} off"));
    }
    faults
}

/// What is wrong with one case, and the iterations that it took.
fn run(family: Family, seed: u64) -> (Vec<String>, usize) {
    let solved = catch_unwind(|| {
        let placed = Placed::new(family, seed);
        let solution = placed.problem().solve(&placed.budgets);
        (placed, solution)
    });
    match solved {
        Err(_) => (vec!["panicked".into()], 0),
        Ok((placed, Err(error))) => (vec![refused(&placed, &error)], 0),
        Ok((placed, Ok(solution))) => {
            let mut faults = faults(&placed, &solution);
            if !faults.is_empty() {
                faults.push(describe(&placed, &solution));
            }
            (faults, solution.iterations)
        }
    }
}

fn describe(case: &Placed, solution: &Solution) -> String {
    let (n, m) = solution.channel.shape();
    let Placed { place, distance, case } = case;
    let measures = Measures::new(case, solution);
    let Measures { iterations, gap, excess, scaled_excess, steepest, .. } = measures;
    let (k, rate) = (case.costs.len(), solution.rate);
    format!(
        "{place:?} by {distance:.1e}, n = {n}, m = {m}, K = {k}; {iterations} iterations, gap {gap:.1e}, rate {rate}, excess {excess:.1e} of the budget, {scaled_excess:.1e} of the scale, steepest multiplier {steepest:.1e}",
    )
}

fn refused(case: &Placed, error: &RdcError) -> String {
    match error {
        RdcError::Infeasible(infeasible) => format!(
            "infeasible by {:e}, {:?} by {:.1e}, K = {}",
            infeasible.excess,
            case.place,
            case.distance,
            case.costs.len()
        ),
        other => other.to_string(),
    }
}

/// Runs the seeds that the environment asks for, and fails with all that failed.
fn assert_solved(family: Family, share: u64) {
    let seeds = if let Some(seed) = variable("RDC_SEED") {
        eprintln!("{}", *Placed::new(family, seed));
        seed..seed + 1
    } else {
        0..count(CASES) / share
    };
    let (mut failures, mut slow) = (Vec::new(), Vec::new());
    for seed in seeds.clone() {
        let (faults, iterations) = run(family, seed);
        if !faults.is_empty() {
            failures.push(format!("{family:?}, RDC_SEED={seed}: {}", faults.join(", ")));
        }
        if iterations > MANY_ITERATIONS {
            slow.push((seed, iterations));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    let allowed = (seeds.end - seeds.start).div_ceil(1000);
    assert!(slow.len() as u64 <= allowed, "{slow:?} iterations, of {seeds:?}");
}

#[test]
fn interior() {
    assert_solved(Family::Interior, 1);
}

#[test]
fn on_the_frontier() {
    assert_solved(Family::OnFrontier, 1);
}

#[test]
fn off_the_frontier() {
    assert_solved(Family::OffFrontier, 1);
}

#[test]
fn corners_of_the_frontier() {
    assert_solved(Family::Corner, 1);
}

#[test]
fn lossless() {
    assert_solved(Family::Lossless, 1);
}

#[test]
fn zero_rate() {
    assert_solved(Family::ZeroRate, 1);
}

#[test]
fn nearly_zero_rate() {
    assert_solved(Family::NearZeroRate, 1);
}

#[test]
fn straight_segments() {
    assert_solved(Family::Straight, 1);
}

#[test]
fn scaled_costs() {
    assert_solved(Family::Scaled, 1);
}

#[test]
fn shifted_costs() {
    assert_solved(Family::Shifted, 1);
}

#[test]
fn tiny_probabilities() {
    assert_solved(Family::TinyProbabilities, 1);
}

#[test]
fn forbidden_pairs() {
    assert_solved(Family::Forbidden, 1);
}

#[test]
fn duplicate_letters() {
    assert_solved(Family::Duplicates, 1);
}

#[test]
fn constant_costs() {
    assert_solved(Family::Constant, 1);
}

#[test]
fn uneven_shapes() {
    assert_solved(Family::Shapes, 4);
}

/// Costs of scale 1 on top of constants in the hundreds, and a pmf whose sum is 1 - 1e-16: were it changed in its last
/// digit, the offset of the budgets would move by more than their distance from it.
#[test]
fn the_pmf_is_the_one_that_was_given() {
    let case = Case {
        pmf: pmf(&[0.6725366931658292, 0.14935337099068804, 0.17810993584348267]),
        costs: vec![rows(&[
            [375.39652907374705, 375.9793605900088, 376.10187743698424, 375.1234421582703],
            [209.48540293836726, 209.72876774792473, 209.82841033345224, 209.201101185743],
            [465.06531593763776, 465.4463903336917, 465.46085750201314, 465.9509829892261],
        ])],
        budgets: vec![366.36192257984277],
    };
    let case = Placed { place: Place::OnFrontier, distance: 0.0, case };
    let solution = case.problem().solve(&case.budgets).unwrap();
    let faults = faults(&case, &solution);
    assert!(faults.is_empty(), "{faults:?}");
}

/// Squared error on points and a random cost, both budgets inside.
#[track_caller]
fn assert_shape_solved(n: usize, m: usize) {
    let case = Placed::of_shape(n, m);
    let solution = case.problem().solve(&case.budgets).unwrap();
    assert!(solution.rate > 0.01);
    let faults = faults(&case, &solution);
    assert!(faults.is_empty(), "{faults:?}, {}", describe(&case, &solution));
}

#[test]
fn five_thousand_source_letters() {
    assert_shape_solved(5000, 2);
}

#[test]
fn five_thousand_reproduction_letters() {
    assert_shape_solved(2, 5000);
}
