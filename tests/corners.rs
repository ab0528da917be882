//! Random problems of every corner family: every one is certified, in few iterations, within its budgets.
//!
//! Each case has its own seed. A failure names the family's test and the seed, and
//! `RDC_SEED=17 cargo test --test corners on_the_frontier -- --nocapture` runs that case alone and prints it whole.
//! `RDC_CASES` sets the number of cases of each family; every family ends with its worst case on standard error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use common::families::{Case, Family, Place};
use common::{exact, expected};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{RdcError, Solution, Status};
use std::panic::catch_unwind;

const MAX_ITERATIONS: usize = 60;

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
    /// What the excess is worth in bits, by the multipliers. Measured only: on the frontier, where multipliers are huge, one
    /// unit in the last place of a budget is worth more than the tolerance.
    priced_excess: f64,
    /// The largest multiplier, in bits per unit of the cost's scale.
    steepest: f64,
    /// What the lower bound claims beyond the one that is recomputed.
    overclaim: f64,
}

impl Measures {
    fn new(case: &Case, solution: &Solution) -> Self {
        let Case { pmf, costs, budgets, .. } = case;
        let multipliers: Vec<f64> = solution.constraints.iter().map(|c| c.multiplier).collect();
        let bound =
            exact::lower_bound(pmf, costs, budgets, &solution.certificate, &multipliers).max(0.0);
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
            scaled_excess: each.clone().map(scaled).fold(-1.0, f64::max),
            priced_excess: each
                .filter(|&k| multipliers[k] > 0.0)
                .map(|k| multipliers[k] * (achieved(k) - budgets[k]).max(0.0))
                .sum(),
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
fn faults(case: &Case, solution: &Solution) -> Vec<String> {
    let measures = Measures::new(case, solution);
    let Measures { iterations, gap, excess, scaled_excess, steepest, overclaim, .. } = measures;
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
    check(iterations <= MAX_ITERATIONS, format!("{iterations} iterations"));
    // Near the frontier a budget may be anything down to 0: there the cost's scale is the measure.
    let large = (0..case.costs.len()).all(|k| case.budgets[k] > 1e-6 * case.scale(k));
    let strict = large && matches!(case.place, Place::Inside | Place::NearZeroRate);
    let over = if strict { excess } else { excess.min(scaled_excess) };
    check(over <= BUDGET_ROUNDING, format!("relative excess {excess:e}"));
    let rounding = BOUND_ROUNDING + TIE * steepest;
    check(overclaim <= rounding, format!("lower bound {overclaim:e} too high"));
    let stochastic = solution.channel.row_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12);
    check(stochastic && solution.channel.min() >= 0.0, "no channel".into());
    let rate = information(&case.pmf, &solution.channel);
    let difference = (rate - solution.rate).abs();
    check(difference < 1e-12 * rate.max(1.0), format!("rate {difference:e} off"));
    check(0.0 <= solution.lower && solution.lower <= solution.rate, "bracket".into());
    let blind = case.place == Place::ZeroRate;
    check(!blind || solution.rate <= TOLERANCE, format!("rate {} is not 0", solution.rate));
    for (k, (constraint, cost)) in solution.constraints.iter().zip(&case.costs).enumerate() {
        let achieved = expected(&case.pmf, &solution.channel, cost);
        let difference = (achieved - constraint.achieved).abs();
        check(difference <= 1e-12 * achieved, format!("cost {k} said {difference:e} off"));
    }
    faults
}

/// `sum p W log2(W / q)` with the channel's own output q.
fn information(pmf: &DVector<f64>, channel: &DMatrix<f64>) -> f64 {
    let output = channel.tr_mul(pmf);
    let mut rate = exact::Sum::default();
    for (x, y) in (0..pmf.len()).flat_map(|x| (0..output.len()).map(move |y| (x, y))) {
        let w = channel[(x, y)];
        if pmf[x] * w > 0.0 {
            rate.add_product(pmf[x] * w, (w / output[y]).log2());
        }
    }
    rate.value()
}

/// How one case went: what was measured, if it was solved, and what is wrong.
struct Run {
    seed: u64,
    measures: Option<Measures>,
    faults: Vec<String>,
}

fn run(family: Family, seed: u64) -> Run {
    let solved = catch_unwind(|| {
        let case = Case::new(family, seed);
        let solution = case.problem().solve(&case.budgets);
        (case, solution)
    });
    let failed = |fault| Run { seed, measures: None, faults: vec![fault] };
    match solved {
        Err(_) => failed("panicked".into()),
        Ok((case, Err(error))) => failed(refused(&case, &error)),
        Ok((case, Ok(solution))) => {
            let mut faults = faults(&case, &solution);
            if !faults.is_empty() {
                faults.push(describe(&case, &solution));
            }
            Run { seed, measures: Some(Measures::new(&case, &solution)), faults }
        }
    }
}

fn describe(case: &Case, solution: &Solution) -> String {
    let (n, m) = solution.channel.shape();
    let Case { place, distance, costs, .. } = case;
    let measures = Measures::new(case, solution);
    let Measures { iterations, gap, excess, scaled_excess, steepest, .. } = measures;
    let (k, rate) = (costs.len(), solution.rate);
    format!(
        "{place:?} by {distance:.1e}, n = {n}, m = {m}, K = {k}; {iterations} iterations, gap {gap:.1e}, rate {rate}, excess {excess:.1e} of the budget, {scaled_excess:.1e} of the scale, steepest multiplier {steepest:.1e}",
    )
}

fn refused(case: &Case, error: &RdcError) -> String {
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
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = if let Some(seed) = number("RDC_SEED") {
        eprintln!("{}", Case::new(family, seed));
        seed..seed + 1
    } else {
        0..number("RDC_CASES").unwrap_or(CASES) / share
    };
    let runs: Vec<Run> = seeds.map(|seed| run(family, seed)).collect();
    report(family, &runs);
    let failures: Vec<String> = runs
        .iter()
        .filter(|run| !run.faults.is_empty())
        .map(|run| format!("{family:?}, RDC_SEED={}: {}", run.seed, run.faults.join(", ")))
        .collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// The worst case of each measure, with its seed.
fn report(family: Family, runs: &[Run]) {
    let worst = |name: &str, measure: fn(&Measures) -> f64| {
        let measured =
            runs.iter().filter_map(|run| Some((measure(run.measures.as_ref()?), run.seed)));
        match measured.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((value, seed)) => format!("{name} {value:.3e} (seed {seed})"),
            None => format!("{name} -"),
        }
    };
    let measures = [
        worst("iterations", |m| m.iterations as f64),
        worst("gap", |m| m.gap),
        worst("excess", |m| m.excess),
        worst("priced excess", |m| m.priced_excess),
        worst("overclaim", |m| m.overclaim),
    ];
    eprintln!("{family:?}, {} cases: {}", runs.len(), measures.join(", "));
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
        place: Place::OnFrontier,
        distance: 0.0,
        pmf: common::pmf(&[0.6725366931658292, 0.14935337099068804, 0.17810993584348267]),
        costs: vec![common::rows(&[
            [375.39652907374705, 375.9793605900088, 376.10187743698424, 375.1234421582703],
            [209.48540293836726, 209.72876774792473, 209.82841033345224, 209.201101185743],
            [465.06531593763776, 465.4463903336917, 465.46085750201314, 465.9509829892261],
        ])],
        budgets: vec![366.36192257984277],
    };
    let solution = case.problem().solve(&case.budgets).unwrap();
    let faults = faults(&case, &solution);
    assert!(faults.is_empty(), "{faults:?}");
}

/// Squared error on points and a random cost, both budgets inside.
#[track_caller]
fn assert_shape_solved(n: usize, m: usize) {
    let case = Case::of_shape(n, m);
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
