//! Tests that a lower bound which is too high is noticed wherever bounds are read: what crosses is never called certified.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::functions::rdc::Rdc;
use crate::functions::rdp::Rdp;
use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::perception::Perception;
use crate::model::problem::Problem;
use crate::model::source::Source;
use crate::queries::inverse::least_budget::AtRate;
use crate::result::settings::{Method, Settings};
use crate::result::solution::Status;
use crate::subproblem::certificate::PLANTED;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// Far above all rounding, and far below what a reader of the rate would notice.
const PLANTED_BITS: f64 = 1e-6;

/// Runs with every lower bound raised by `bits`, on threads that share nothing with other tests.
fn with_planted<T: Send>(bits: f64, run: impl FnOnce() -> T + Send) -> T {
    let plant = move |_| PLANTED.set(bits * LN_2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).start_handler(plant);
    pool.build().unwrap().install(run)
}

/// R(D,E) of a bit with a noisy label.
fn bit() -> Rdc {
    let (p, label) = (0.35, [0.1, 0.8]);
    let posterior = DMatrix::from_fn(2, 2, |x, k| if k == 1 { label[x] } else { 1.0 - label[x] });
    let source = Source::new(DVector::from_vec(vec![1.0 - p, p]), posterior).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap()
}

const BUDGETS: [[f64; 2]; 5] =
    [[0.1, f64::INFINITY], [0.2, 0.2], [0.05, 0.17], [0.3, 0.21], [f64::INFINITY, 0.18]];

/// How many of some runs told of bounds that crossed; those that did returned 0 and infinity.
fn inconsistent(runs: impl IntoIterator<Item = (Status, f64, f64)>) -> usize {
    let told = |(status, lower, upper): (Status, f64, f64)| {
        let crossed = status == Status::Inconsistent;
        assert_eq!(crossed, (lower, upper) == (0.0, f64::INFINITY), "{status} [{lower}, {upper}]");
        assert!(crossed || status == Status::Certified, "{status} [{lower}, {upper}]");
        usize::from(crossed)
    };
    runs.into_iter().map(told).sum()
}

#[test]
fn every_method_tells_of_a_bound_that_is_too_high() {
    let rdc = bit();
    for method in Method::ALL {
        let settings = Settings::default().with_method(method);
        let solve = |[d, e]: [f64; 2]| {
            let solution = rdc.solve_with(d, e, &settings).unwrap();
            (solution.status, solution.lower, solution.rate)
        };
        let count = |bits: f64| inconsistent(with_planted(bits, || BUDGETS.map(solve)));
        assert_eq!((count(0.0), count(PLANTED_BITS)), (0, BUDGETS.len()), "{method}");
    }
}

#[test]
fn so_does_a_problem_with_a_perception() {
    let pmf = DVector::from_vec(vec![0.7, 0.3]);
    let perception = Perception::total_variation(pmf.clone()).unwrap();
    let rdp = Rdp::new(pmf, Distortion::hamming(2).unwrap(), perception).unwrap();
    let solve = |[d, p]: [f64; 2]| {
        let solution = rdp.solve(d, p).unwrap();
        (solution.status, solution.lower, solution.rate)
    };
    let count = |bits: f64| {
        inconsistent(with_planted(bits, || [[0.1, 0.0], [0.2, 0.05], [0.25, 0.02]].map(solve)))
    };
    assert_eq!((count(0.0), count(PLANTED_BITS)), (0, 3));
}

#[test]
fn so_does_a_point_of_given_slopes() {
    let rdc = bit();
    for method in Method::ALL {
        let settings = Settings::default().with_method(method);
        let solve = |slopes: [f64; 2]| {
            let solution = rdc.problem().solve_at_with(&slopes, &settings).unwrap();
            (solution.status, solution.lower, solution.rate)
        };
        let slopes = [[3.0, 0.0], [1.5, 1.0], [0.5, 3.0]];
        let count = |bits: f64| inconsistent(with_planted(bits, || slopes.map(solve)));
        assert_eq!((count(0.0), count(PLANTED_BITS)), (0, 3), "{method}");
    }
    let pmf = DVector::from_vec(vec![0.7, 0.3]);
    let perception = Perception::total_variation(pmf.clone()).unwrap();
    let rdp = Rdp::new(pmf, Distortion::hamming(2).unwrap(), perception).unwrap();
    let solve = |s: f64| {
        let solution = rdp.problem().solve_at(&[s, f64::INFINITY]).unwrap();
        (solution.status, solution.lower, solution.rate)
    };
    let count = |bits: f64| inconsistent(with_planted(bits, || [1.0, 3.0, 1e6].map(solve)));
    assert_eq!((count(0.0), count(PLANTED_BITS)), (0, 3));
    let at = with_planted(PLANTED_BITS, || rdc.transform(1.5, 1.0)).unwrap();
    assert_eq!((at.value.lower(), at.value.upper()), (0.0, f64::INFINITY));
    assert_eq!(at.point.status, Status::Inconsistent);
}

#[test]
fn so_do_the_cells_of_a_sweep() {
    let rdc = bit();
    let axes = ([0.05, 0.1, 0.2, 0.3], [0.17, 0.2, 0.3]);
    let count = |bits: f64| {
        let surface = with_planted(bits, || rdc.surface(&axes.0, &axes.1)).unwrap();
        let cells: Vec<_> = surface
            .iter()
            .filter_map(|(_, _, cell)| cell.point())
            .map(|point| (point.status, point.lower, point.rate))
            .collect();
        (inconsistent(cells.iter().copied()), cells.len())
    };
    assert_eq!(count(0.0), (0, 12));
    assert_eq!(count(PLANTED_BITS), (12, 12));
}

#[test]
fn so_does_a_least_budget() {
    let rdc = bit();
    let search = |[rate, e]: [f64; 2]| match rdc.distortion_at(rate, e).unwrap() {
        AtRate::Enough(least) => (least.status, least.lower, least.upper),
        AtRate::TooLittle(solution) => (solution.status, solution.lower, solution.rate),
    };
    let at = [[0.4, f64::INFINITY], [0.5, 0.2], [0.2, 0.25]];
    let count = |bits: f64| inconsistent(with_planted(bits, || at.map(search)));
    assert_eq!((count(0.0), count(PLANTED_BITS)), (0, 3));
}

/// No channel spends less than the average row minimum, here -2, whatever the bounds.
#[test]
fn so_does_a_least_budget_of_a_negative_cost() {
    let cost = DMatrix::from_row_slice(2, 2, &[-2.0, -1.0, -1.0, -2.0]);
    let problem = Problem::new(DVector::from_vec(vec![0.75, 0.25]), 2).unwrap();
    let problem = problem.with_cost("lost gain", cost).unwrap();
    let search = |bits: f64| {
        let found = with_planted(bits, || problem.least_budget(0, 0.4, &[f64::NAN]).unwrap());
        let least = found.least_budget().unwrap();
        (least.status, least.lower, least.upper)
    };
    let (status, lower, upper) = search(0.0);
    assert!(status == Status::Certified && -1.95 < lower && upper < -1.8, "[{lower}, {upper}]");
    assert_eq!(search(PLANTED_BITS), (Status::Inconsistent, -2.0, f64::INFINITY));
}

#[test]
fn so_does_an_interpolant() {
    let rdc = bit();
    let build = |bits: f64| {
        let settings = Settings::default();
        with_planted(bits, || rdc.interpolant([0.05, 0.3], [0.17, 0.3], 1e-2, 200, &settings))
    };
    let surface = build(0.0).unwrap();
    assert_eq!(surface.status(), Status::Certified);
    let flattered = build(PLANTED_BITS).unwrap();
    assert_eq!((flattered.status(), flattered.accuracy()), (Status::Inconsistent, f64::INFINITY));
    for (d, e) in [(0.1, 0.2), (0.2, 0.18), (0.25, 0.25)] {
        let truth = rdc.solve(d, e).unwrap().rate;
        let Some(bracket) = flattered.bracket(d, e) else { continue };
        assert!(bracket.lower() <= truth && truth <= bracket.upper(), "({d}, {e}): {bracket:?}");
    }
}
