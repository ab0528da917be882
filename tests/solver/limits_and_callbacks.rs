//! Limits, the callback and the trace of every method's runs.

use crate::cases::{LOOSE, binary, erasure, settings, solve, uneven};
use crate::common::case::Case;
use crate::common::overlap::assert_overlap;
use crate::common::{ROUNDING, hamming_of, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Method, Problem, Progress, Settings, Solution, Status, Target};
use std::ops::ControlFlow;
use std::time::Duration;

fn cases() -> [Case; 3] {
    [uneven(), binary(0.18, 0.35), erasure(1.0, 0.1, 0.07)]
}

/// Every method with each of the cases and its rate by the default method.
fn each(mut check: impl FnMut(Method, &Case, &Solution)) {
    for case in cases() {
        let reference = solve(&case, &Settings::default());
        assert_eq!(reference.status, Status::Certified);
        for method in Method::ALL {
            check(method, &case, &reference);
        }
    }
}

#[test]
fn iteration_limits() {
    let mut limited = 0;
    each(|method, case, reference| {
        for limit in [0, 1, 5] {
            let settings = settings(method, 1e-12).with_max_iterations(limit);
            let solution = solve(case, &settings);
            case.check(&solution);
            assert_overlap(&solution, reference, (method, limit));
            assert!(solution.iterations <= limit, "{method}: {} > {limit}", solution.iterations);
            if solution.gap() > 1e-12 {
                assert_eq!(solution.status, Status::IterationLimit, "{method}, {limit}");
                assert_eq!(solution.iterations, limit, "{method}");
                limited += 1;
            }
        }
        let none = solve(case, &settings(method, 1e-12).with_max_iterations(0));
        assert_eq!(none.status, Status::IterationLimit, "{method}");
    });
    assert!(limited >= 24, "{limited} of 27 runs ended at their limit");
}

#[test]
fn time_limits() {
    each(|method, case, reference| {
        let settings = settings(method, 1e-12).with_time_limit(Duration::ZERO);
        let solution = solve(case, &settings);
        case.check(&solution);
        assert_overlap(&solution, reference, method);
        assert_eq!((solution.status, solution.iterations), (Status::TimeLimit, 0), "{method}");
    });
}

/// What no method reaches, so that inner runs are as long as they get.
#[test]
fn time_limits_hold_within_inner_runs() {
    let limit = Duration::from_millis(50);
    let settings = settings(Method::BlahutArimoto, 1e-300)
        .with_max_iterations(usize::MAX)
        .with_time_limit(limit);
    for case in cases() {
        let solution = solve(&case, &settings);
        case.check(&solution);
        assert_ne!(solution.status, Status::IterationLimit);
        let last = solution.trace.last().unwrap();
        assert!(last.elapsed < 4 * limit, "{:?}", last.elapsed);
    }
}

#[test]
fn callbacks_stop() {
    let mut stopped = 0;
    each(|method, case, reference| {
        for lines in [1, 2, 3] {
            let mut seen = 0;
            let stop = |_: &Progress| {
                seen += 1;
                if seen < lines { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            let target = Target::Budgets(&case.budgets);
            let solution = case.problem().run(target, &settings(method, 1e-12), stop).unwrap();
            case.check(&solution);
            assert_overlap(&solution, reference, (method, lines));
            if solution.status != Status::Certified {
                assert_eq!((solution.status, seen), (Status::Stopped, lines), "{method}");
                stopped += 1;
            }
        }
        let stop = |_: &Progress| ControlFlow::Break(());
        let target = Target::Budgets(&case.budgets);
        let solution = case.problem().run(target, &settings(method, 1e-12), stop).unwrap();
        assert_eq!((solution.status, solution.iterations), (Status::Stopped, 0), "{method}");
    });
    assert!(stopped >= 24, "{stopped} of 27 runs were stopped");
}

#[track_caller]
fn assert_trace(solution: &Solution, tolerance: f64, costs: usize) {
    let trace = &solution.trace;
    assert_eq!(trace[0].iteration, 0);
    for pair in trace.windows(2) {
        // On the edge every attempt starts with a line of its own.
        assert!(pair[0].iteration <= pair[1].iteration);
        assert!(pair[1].gap() <= pair[0].gap() && pair[0].elapsed <= pair[1].elapsed);
        assert!(pair[1].rate <= pair[0].rate && pair[0].lower <= pair[1].lower);
    }
    for line in trace {
        assert_eq!(line.multipliers.len(), costs);
        assert!(line.excess >= 0.0 && (1..=solution.output.len()).contains(&line.support));
    }
    let last = trace.last().unwrap();
    assert_eq!(last.iteration, solution.iterations);
    // Exact zeros may take what the tolerance leaves.
    assert!(solution.gap() <= last.gap().max(tolerance) + ROUNDING);
}

/// Costs in other units, one of them without a budget.
#[test]
fn traces() {
    each(|method, case, _| {
        let mut scaled = case.clone();
        scaled.costs[0] *= 1000.0;
        scaled.budgets[0] *= 1000.0;
        scaled.costs.insert(0, case.costs[0].clone());
        scaled.budgets.insert(0, f64::INFINITY);
        let costs = scaled.costs.len();
        let mut lines = Vec::new();
        let keep = |line: &Progress| {
            lines.push(line.iteration);
            ControlFlow::Continue(())
        };
        let target = Target::Budgets(&scaled.budgets);
        let solution = scaled.problem().run(target, &settings(method, LOOSE), keep).unwrap();
        assert_eq!(solution.status, Status::Certified, "{method}");
        assert_trace(&solution, LOOSE, costs);
        let kept: Vec<usize> = solution.trace.iter().map(|line| line.iteration).collect();
        assert!(kept.iter().all(|iteration| lines.contains(iteration)), "{method}");
        let last = solution.trace.last().unwrap();
        assert!((last.rate - solution.rate).abs() <= LOOSE, "{method}");
        assert!((last.lower - solution.lower).abs() <= LOOSE, "{method}");
        for (constraint, s) in solution.constraints.iter().zip(&last.multipliers) {
            let reference = constraint.multiplier;
            assert!((reference - s).abs() <= 0.02 * reference, "{method}: {s}, not {reference}");
        }
    });
}

#[test]
fn traces_by_slope() {
    let problem = binary(0.0, 0.0).problem();
    for method in Method::ALL {
        let multipliers = [1.5, 2.5];
        let solution = problem.solve_at_with(&multipliers, &settings(method, LOOSE)).unwrap();
        assert_eq!(solution.status, Status::Certified, "{method}");
        assert_trace(&solution, LOOSE, 2);
        let told = &solution.trace.last().unwrap().multipliers;
        for (k, multiplier) in multipliers.into_iter().enumerate() {
            assert!((solution.constraints[k].multiplier - multiplier).abs() < 1e-12, "{method}");
            assert!((told[k] - multiplier).abs() < 1e-12, "{method}");
        }
    }
}

/// Budgets on the edge of the feasible set: no distortion, and the smallest error at a given distortion.
fn edges() -> [Case; 2] {
    let lossless = Case::new(pmf(&[0.5, 0.3, 0.2]), vec![hamming_of(3)], &[0.0]);
    let costs = vec![
        rows(&[[0.0, 4.0], [1.5625, 0.5625], [9.0, 1.0]]),
        rows(&[[0.1, 0.9], [0.4, 0.6], [0.9, 0.1]]),
    ];
    let mut corner = Case::new(pmf(&[0.5, 0.3, 0.2]), costs, &[0.5, 0.0]);
    let least = corner.problem().smallest_budget(1, &corner.budgets).unwrap();
    corner.budgets[1] = least.unwrap();
    [lossless, corner]
}

#[test]
fn runs_on_the_edge_stop_as_they_are_told() {
    for (case, method) in edges().iter().flat_map(|case| Method::ALL.map(|method| (case, method))) {
        let full = solve(case, &settings(method, LOOSE));
        // On the edge two precisions and the edge's normal do what plain multipliers cannot.
        if method == Method::InteriorPoint {
            assert_eq!(full.status, Status::Certified, "{method}");
            assert_trace(&full, LOOSE, case.costs.len());
        }
        let precise = settings(method, 1e-12);
        let limited = solve(case, &precise.clone().with_max_iterations(0));
        assert_eq!(limited.status, Status::IterationLimit, "{method}");
        let timed = solve(case, &precise.clone().with_time_limit(Duration::ZERO));
        assert_eq!(timed.status, Status::TimeLimit, "{method}");
        let mut calls = 0;
        let stop = |_: &Progress| {
            calls += 1;
            ControlFlow::Break(())
        };
        let stopped = case.problem().run(Target::Budgets(&case.budgets), &precise, stop).unwrap();
        assert_eq!((stopped.status, calls), (Status::Stopped, 1), "{method}");
        for solution in [limited, timed, stopped] {
            case.check(&solution);
            assert_overlap(&solution, &full, method);
        }
    }
}

#[test]
fn one_budgets_last_digit_does_not_excuse_another() {
    let case = Case::new(
        pmf(&[0.5, 0.3, 0.2]),
        vec![DMatrix::from_fn(3, 3, |x, y| 1e11 + f64::from(x != y)), DMatrix::identity(3, 3)],
        &[1e11 + 0.25, 0.74999],
    );
    for method in Method::ALL {
        let solution = solve(&case, &settings(method, LOOSE));
        let second = &solution.constraints[1];
        assert!(second.achieved <= second.budget * (1.0 + 1e-12), "{method}: {second:?}");
    }
}

#[test]
fn nothing_to_do_leaves_no_trace() {
    for method in Method::ALL {
        let settings = settings(method, LOOSE);
        let free = Problem::new(pmf(&[0.4, 0.6]), 3).unwrap();
        let mut case = uneven();
        case.budgets = vec![0.7];
        for solution in [free.solve_with(&[], &settings).unwrap(), solve(&case, &settings)] {
            assert_eq!((solution.rate, solution.iterations), (0.0, 0), "{method}");
            assert_eq!(solution.status, Status::Certified);
            assert!(solution.trace.is_empty(), "{method}");
        }
    }
}

/// A run that is stopped before it has a channel falls back to one of the pairs that are allowed.
#[test]
fn a_stopped_run_uses_no_forbidden_pair() {
    let problem = Problem::new(DVector::from_element(2, 0.5), 3).unwrap();
    let loss = DMatrix::from_row_slice(2, 3, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let gain = DMatrix::from_row_slice(2, 3, &[f64::INFINITY, -0.5, 0.0, -0.5, -0.3, -0.5]);
    let problem = problem.with_cost("loss", loss).unwrap().with_cost("gain", gain).unwrap();
    let budgets = [0.1755286975709499, -0.33776434878547495];
    let rate = problem.solve(&budgets).unwrap();
    assert!(rate.gap() <= 1e-9 && rate.lower > 0.2, "{rate:?}");
    for iterations in 0..10 {
        let settings = Settings::default().with_max_iterations(iterations);
        let stopped = problem.solve_with(&budgets, &settings).unwrap();
        assert!(stopped.channel[(0, 0)] == 0.0, "{iterations}: {stopped:?}");
        assert!(stopped.lower <= rate.rate && rate.lower <= stopped.rate, "{stopped:?}");
    }
}
