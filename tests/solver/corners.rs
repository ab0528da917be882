//! Budgets in corners of the frontier, where letters that hardly occur decide what can be met, and steps of the plain method find no
//! curvature. Each was found open by the random tests.

use crate::common::families::{Family, Placed};
use crate::common::{INF, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, Solution, Status};

const TOLERANCE: f64 = 1e-9;

fn problem<const M: usize>(weights: &[f64], costs: &[&[[f64; M]]]) -> Problem {
    let bare = Problem::new(pmf(weights), M).unwrap();
    costs.iter().enumerate().fold(bare, |problem, (k, cost)| {
        problem.with_cost(format!("cost {k}"), rows(cost)).unwrap()
    })
}

#[track_caller]
fn solved(problem: &Problem, budgets: &[f64]) -> Solution {
    let solution = problem.solve(budgets).unwrap();
    assert_eq!(solution.status, Status::Certified, "{solution:?}");
    for told in &solution.constraints {
        assert!(told.achieved <= told.budget * (1.0 + 1e-12), "{told:?}");
    }
    solution
}

/// A letter of probability 6e-15 has to be shared between two reproductions in a ratio that uses both budgets up.
#[test]
fn a_letter_that_hardly_occurs_is_shared() {
    let problem = problem(
        &[5.955942432505783e-15, 0.00032383100951579176, 0.9996761689904783],
        &[&[[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], &[[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]],
    );
    let solution = solved(&problem, &[3.816188817699186e-15, 2.139753614806597e-15]);
    // The other letters are sent alike, so that no channel needs more than what the rare letter tells: p log2(1/p) + p.
    let p: f64 = 5.955942432505783e-15;
    assert!(solution.rate <= TOLERANCE && solution.lower <= -p * p.log2() + p, "{solution:?}");
    assert!(solution.iterations <= 60);
}

/// The budget of errors is the least that any channel makes but for half a unit of its last digit.
#[test]
fn the_last_digit_of_a_budget_is_what_a_rare_letter_needs() {
    let problem = problem(
        &[0.6123913077954477, 1.2343530123724275e-10, 0.3876086920811171],
        &[&[[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]], &[[1.0, 0.0], [0.6, 0.4], [0.5, 0.5]]],
    );
    let solution = solved(&problem, &[1.2343526680628343e-10, 0.19380434608993266]);
    assert!(solution.rate <= TOLERANCE && solution.iterations <= 60, "{solution:?}");
}

/// Both budgets are known to a tenth of what they leave above the least, and the letter that uses them occurs with 2e-11.
#[test]
fn budgets_have_hardly_a_digit_above_the_least() {
    let problem = problem(
        &[1.8385293106992643e-11, 0.999628202345855, 0.0003717976357595306],
        &[&[[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], &[[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]],
    );
    let solution = solved(&problem, &[0.9996282023583504, 0.9996282023517451]);
    assert!(solution.rate <= 2.0 * TOLERANCE, "{solution:?}");
}

/// Both costs have the least slack at a corner, a share of 1e-16 of the budgets, and two normals leave room for nothing else. With one normal
/// alone the bracket stayed at [2.64, 2.81].
#[test]
fn beside_a_corner_two_costs_stand_for_the_budgets() {
    let placed = Placed::new(Family::Straight, 402_722);
    let solution = solved(&placed.problem(), &placed.budgets);
    assert!(
        (solution.rate - 2.811361811).abs() < 1e-6 && solution.iterations <= 60,
        "{solution:?}"
    );
}

/// A slack of 2e-11 of the budget: multipliers that are centred for an output pmf without the letters that are needed are 1e9, where
/// 39 are right.
#[test]
fn multipliers_are_centred_where_that_helps() {
    for (family, seed) in [(Family::Shifted, 3_043_812), (Family::OffFrontier, 3_028_241)] {
        let placed = Placed::new(family, seed);
        solved(&placed.problem(), &placed.budgets);
    }
}

/// An error budget that is known to 1e-31 beside errors of 1: in units of it the linear program has entries of 1e30.
#[test]
fn the_smallest_budget_beside_one_of_no_size() {
    let weights = [
        5.1551721415813087e-11,
        8.8813792359212e-11,
        2.755616510784712e-14,
        0.09347413776704659,
        0.9065258620925604,
    ];
    let problem = problem(
        &weights,
        &[
            &[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [31470.0, 1.0]],
            &[[0.0, 1.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]],
        ],
    );
    let errors = 0.5 * weights[2];
    // Letter 3 is sent as 1, letter 4 as 0.
    let exact = weights[3] + 31470.0 * weights[4];
    let least = problem.smallest_budget(0, &[INF, errors]).unwrap().unwrap();
    assert!((least / exact - 1.0).abs() < 1e-12, "{least} for {exact}");
    problem.solve(&[exact * (1.0 - 1e-9), errors]).unwrap_err();
    solved(&problem, &[least, errors]);
}

/// A rate of 0 is proven by multipliers of 0: those at which a run ends may prove less than nothing.
#[test]
fn at_no_rate_no_budget_is_worth_anything() {
    let weights = [0.9999999999999594, 4.0726442330198555e-14];
    let problem = Problem::new(DVector::from_column_slice(&weights), 2).unwrap();
    let problem = problem.with_cost("distortion", rows(&[[0.0, 1.0], [1.0, 0.0]])).unwrap();
    let errors = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 1.0]);
    let problem = problem.with_cost("errors", errors).unwrap();
    for share in [0.1, 0.5, 0.9] {
        let budgets = [share, 1.0 - share];
        let solution = solved(&problem, &budgets);
        let priced: f64 = solution.constraints.iter().map(|told| told.multiplier).sum();
        assert!(solution.lower > 0.0 || priced == 0.0, "{solution:?}");
    }
}
