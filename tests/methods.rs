//! The three methods against each other and against closed forms; limits, the callback and the trace of each.
//!
//! `RDC_CASES` sets the number of random cases (300 by default).

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

#[path = "../examples/solve/case.rs"]
mod case;

use common::{assert_consistent, expected, hamming, pmf, rows};
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Method, Problem, Progress, Settings, Solution, Status, Target, binary_entropy, rdc_bernoulli,
};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::time::Duration;

/// In bits; the two slow methods reach it in hundreds of iterations where they are at their best.
const LOOSE: f64 = 1e-6;

/// What rounding may put between a bound and the truth.
const ROUNDING: f64 = 1e-11;

/// A problem as plain matrices, so that a failing case prints whole.
#[derive(Debug, Clone)]
struct Case {
    pmf: DVector<f64>,
    costs: Vec<DMatrix<f64>>,
    budgets: Vec<f64>,
}

impl Case {
    fn new(pmf: DVector<f64>, costs: Vec<DMatrix<f64>>, budgets: &[f64]) -> Self {
        Self { pmf, costs, budgets: budgets.to_vec() }
    }

    fn problem(&self) -> Problem {
        let problem = Problem::new(self.pmf.clone(), self.costs[0].ncols()).unwrap();
        self.costs
            .iter()
            .fold(problem, |problem, cost| problem.with_cost("cost", cost.clone()).unwrap())
    }

    fn solve(&self, settings: &Settings) -> Solution {
        self.problem().solve_with(&self.budgets, settings).unwrap()
    }

    /// What every solution must satisfy, whatever its status.
    #[track_caller]
    fn check(&self, solution: &Solution) {
        assert_consistent(&self.pmf, &self.costs, &self.budgets, solution);
    }
}

fn settings(method: Method, tolerance: f64) -> Settings {
    Settings::default().with_method(method).with_tolerance(tolerance).unwrap()
}

fn hamming_cost(letters: usize) -> DMatrix<f64> {
    DMatrix::from_fn(letters, letters, |x, y| f64::from(x != y))
}

/// Eight letters of which the rarer ones leave at this D: no method is done after a handful of iterations.
fn uneven() -> Case {
    let pmf = pmf(&[0.3, 0.2, 0.15, 0.12, 0.1, 0.06, 0.04, 0.03]);
    Case::new(pmf, vec![hamming_cost(8)], &[0.2])
}

/// A bit, and an erasure at cost `a` for either value (Berger 1971, section 2.7).
fn erasure(wrong: f64, a: f64, d: f64) -> Case {
    Case::new(pmf(&[0.5, 0.5]), vec![rows(&[[0.0, wrong, a], [wrong, 0.0, a]])], &[d])
}

/// Two noisy labels of a bit, both budgets with a price.
fn binary(d: f64, e: f64) -> Case {
    let error = rows(&[[4.0 / 13.0, 9.0 / 13.0], [6.0 / 7.0, 1.0 / 7.0]]);
    Case::new(pmf(&[0.65, 0.35]), vec![hamming(), error], &[d, e])
}

#[track_caller]
fn assert_holds(solution: &Solution, closed: f64, case: impl Debug) {
    let (lower, rate) = (solution.lower, solution.rate);
    assert!(
        lower - ROUNDING <= closed && closed <= rate + ROUNDING,
        "{case:?}: [{lower}, {rate}] without {closed}"
    );
}

#[track_caller]
fn assert_certified(solution: &Solution, closed: f64, case: impl Debug) {
    assert_eq!(solution.status, Status::Certified, "{case:?}: gap {:e}", solution.gap());
    assert_holds(solution, closed, case);
}

/// Both brackets may hold the rate.
#[track_caller]
fn assert_overlap(one: &Solution, other: &Solution, case: impl Debug) {
    assert!(
        one.lower <= other.rate + ROUNDING && other.lower <= one.rate + ROUNDING,
        "{case:?}: [{}, {}] and [{}, {}]",
        one.lower,
        one.rate,
        other.lower,
        other.rate
    );
}

#[test]
fn small_vectors_are_certified_by_every_method() {
    let text = include_str!("vectors/rdc.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let small = |case: &&Value| case["pmf"].as_array().unwrap().len() <= 8;
    let small: Vec<&Value> = cases.iter().filter(small).collect();
    assert!(small.len() >= 20, "{} small cases", small.len());
    for (case, method) in small.iter().flat_map(|case| Method::ALL.map(|method| (case, method))) {
        let mut case = (*case).clone();
        case["method"] = json!(method.name());
        case["tolerance_bits"] = json!(LOOSE);
        let answers: Vec<Value> = case::split(&case.to_string())
            .into_iter()
            .enumerate()
            .map(|(index, case)| case::answer(index, case))
            .collect();
        let answer = &answers[0];
        let number = |value: &Value, key: &str| value[key].as_f64().unwrap();
        let (rate, lower) = (number(answer, "rate_bits"), number(answer, "lower_bits"));
        let known = number(&case, "rate_bits");
        assert_eq!(answer["status"], "certified", "{method}: {answer}");
        assert!(rate - lower <= LOOSE, "{method}: {answer}");
        // The vectors themselves are certified to 1e-8 only.
        assert!(
            lower - 1e-8 <= known && known <= rate + 1e-8,
            "{method}: {answer} without {known}"
        );
    }
}

#[test]
fn bernoulli_on_every_face() {
    let rdc = common::bernoulli();
    let slope = |d: f64| ((1.0 - d) / d).log2();
    for method in Method::ALL {
        for d in [0.001, 0.05, 0.1, 0.25, f64::INFINITY] {
            for e in [0.002, 0.04, 0.2, f64::INFINITY] {
                let solution = rdc.solve_with(d, e, &settings(method, LOOSE)).unwrap();
                let closed = rdc_bernoulli(0.3, d, e).unwrap();
                assert_certified(&solution, closed, (method, d, e));
                let tight = usize::from(e < d);
                let [active, slack] =
                    [tight, 1 - tight].map(|k| solution.constraints[k].multiplier);
                assert_eq!(slack, 0.0, "{method}: the slack budget of {d} and {e}");
                let slope = if d.min(e) < 0.3 { slope(d.min(e)) } else { 0.0 };
                assert!((active - slope).abs() < 0.01, "{method}: {active}, not {slope}");
            }
        }
    }
}

/// The multiplier of the first, the second and the third cost in turn is the one that is not 0.
#[test]
fn slack_constraints_cost_nothing_wherever_they_stand() {
    let mut case = uneven();
    case.costs = vec![hamming_cost(8); 3];
    for (method, tight) in Method::ALL.into_iter().flat_map(|m| [(m, 0), (m, 1), (m, 2)]) {
        case.budgets = vec![0.5; 3];
        case.budgets[tight] = 0.2;
        let solution = case.solve(&settings(method, LOOSE));
        case.check(&solution);
        assert_eq!(solution.status, Status::Certified, "{method}");
        assert_overlap(&solution, &uneven().solve(&Settings::default()), (method, tight));
        for (k, constraint) in solution.constraints.iter().enumerate() {
            assert_eq!(constraint.is_active(), k == tight, "{method}: {constraint:?}");
        }
    }
}

#[test]
fn uniform_hamming() {
    for (method, m) in Method::ALL.into_iter().flat_map(|method| [2, 3, 5, 8].map(|m| (method, m)))
    {
        let uniform = DVector::from_element(m, 1.0 / m as f64);
        for fraction in [0.01, 0.3, 0.7] {
            let d = fraction * (1.0 - 1.0 / m as f64);
            let closed = (m as f64).log2() - binary_entropy(d) - d * ((m - 1) as f64).log2();
            let case = Case::new(uniform.clone(), vec![hamming_cost(m)], &[d]);
            let solution = case.solve(&settings(method, LOOSE));
            case.check(&solution);
            assert_certified(&solution, closed, (method, m, d));
        }
    }
}

/// One slope serves all of the segment, `I >= 1 - D`.
#[test]
fn erasures_on_a_straight_segment() {
    for (method, d) in
        Method::ALL.into_iter().flat_map(|method| [0.1, 0.3, 0.5, 0.77, 0.9].map(|d| (method, d)))
    {
        let solution = erasure(f64::INFINITY, 1.0, d).solve(&settings(method, LOOSE));
        assert_certified(&solution, 1.0 - d, (method, d));
        // The chord between the segment's ends has its slope: nothing is left to be searched for.
        assert!(solution.iterations <= 500, "{method}: {} iterations", solution.iterations);
        let multiplier = solution.constraints[0].multiplier;
        assert!((multiplier - 1.0).abs() < 1e-4, "{method}: slope {multiplier}");
    }
}

/// Both ends of the segment are curved here, and on it the best slope is known to be the same.
#[test]
fn erasures_between_curves() {
    for method in Method::ALL {
        let segment = [0.02, 0.05, 0.09].map(|d| {
            let case = erasure(1.0, 0.1, d);
            let solution = case.solve(&settings(method, LOOSE));
            case.check(&solution);
            let reference = case.solve(&Settings::default());
            assert_certified(&solution, reference.rate, (method, d));
            assert!(solution.iterations <= 10_000, "{method}: {} iterations", solution.iterations);
            solution.constraints[0].multiplier
        });
        assert!(segment.iter().all(|s| (s - segment[0]).abs() < 1e-3), "{method}: {segment:?}");
    }
}

#[test]
fn two_prices() {
    for method in Method::ALL {
        for (d, e) in [(0.18, 0.35), (0.27, 0.4)] {
            let case = binary(d, e);
            let solution = case.solve(&settings(method, LOOSE));
            case.check(&solution);
            let reference = case.solve(&Settings::default());
            assert_certified(&solution, reference.rate, (method, d, e));
            for (one, other) in solution.constraints.iter().zip(&reference.constraints) {
                assert!(one.is_active());
                assert!((one.multiplier - other.multiplier).abs() < 0.01, "{method}: {one:?}");
            }
        }
    }
}

/// Budgets that a random channel meets with some slack.
fn random_case() -> impl Strategy<Value = Case> {
    (1..=6_usize, 1..=6_usize, 1..=3_usize)
        .prop_flat_map(|(n, m, k)| {
            let entries = prop::collection::vec(0.0..1.0_f64, n * m);
            let kinds = prop::collection::vec((entries, any::<bool>()), k);
            let weights = prop::collection::vec(0.02..1.0_f64, n);
            let prices = prop::collection::vec(0.0..1.0_f64, k);
            (Just((n, m)), kinds, weights, prices, -1.0..1.5_f64, -3.0..-0.5_f64)
        })
        .prop_map(|((n, m), kinds, weights, prices, sharpness, slack)| {
            let pmf = DVector::from_vec(weights);
            let pmf = &pmf / pmf.sum();
            let cost = |(entries, coarse): (Vec<f64>, bool)| {
                let round = |d: f64| if coarse { (3.0 * d).round() } else { d };
                DMatrix::from_vec(n, m, entries).map(round)
            };
            let costs: Vec<DMatrix<f64>> = kinds.into_iter().map(cost).collect();
            let (sharpness, slack) = (10_f64.powf(sharpness), 10_f64.powf(slack));
            let mut channel = DMatrix::from_fn(n, m, |x, y| {
                let price: f64 = costs.iter().zip(&prices).map(|(cost, s)| s * cost[(x, y)]).sum();
                (-sharpness * price).exp()
            });
            for mut row in channel.row_iter_mut() {
                let total = row.sum();
                row /= total;
            }
            let budget = |cost| expected(&pmf, &channel, cost) * (1.0 + slack) + 1e-3;
            let budgets: Vec<f64> = costs.iter().map(budget).collect();
            Case { pmf, costs, budgets }
        })
}

proptest! {
    #![proptest_config(common::config(300, 20_261_124))]

    #[test]
    fn all_methods_agree(case in random_case()) {
        let reference = case.solve(&Settings::default());
        for method in Method::ALL {
            let settings = settings(method, LOOSE).with_max_iterations(5000);
            let solution = case.solve(&settings);
            case.check(&solution);
            assert_overlap(&solution, &reference, method);
            let certified = solution.status == Status::Certified;
            prop_assert_eq!(certified, solution.gap() <= LOOSE, "{}", method);
            prop_assert!(solution.iterations <= settings.max_iterations());
        }
    }

    /// Both minimise `I + s.E[d]`, and what they return lies on R.
    #[test]
    fn slopes_agree(case in random_case(), size in -2.0..4.0_f64) {
        let problem = case.problem();
        let prices = |k: usize| 2_f64.powf(size) * (k + 1) as f64;
        let multipliers: Vec<f64> = (0..case.costs.len()).map(prices).collect();
        let at = |method| {
            let solution = problem.solve_at_with(&multipliers, &settings(method, 1e-9)).unwrap();
            let paid: f64 =
                solution.constraints.iter().map(|c| c.multiplier * c.achieved).sum();
            (solution.rate + paid, solution)
        };
        let (value, point) = at(Method::InteriorPoint);
        prop_assert_eq!(point.status, Status::Certified);
        for method in [Method::BlahutArimoto, Method::ConstrainedBlahutArimoto] {
            let (other_value, other) = at(method);
            // Not the gap alone: where R = 0 it hides how far the run was from its smallest value.
            prop_assert!(value - other_value <= point.gap().max(1e-9) + ROUNDING, "{}", method);
            prop_assert!(other_value - value <= other.gap().max(1e-9) + ROUNDING, "{}", method);
        }
        let spent: Vec<f64> = point.constraints.iter().map(|c| c.achieved).collect();
        // A little above what rounding may have made of budgets on the edge of the feasible set.
        let spent: Vec<f64> = spent.into_iter().map(|d| d * (1.0 + 1e-13)).collect();
        let back = problem.solve(&spent).unwrap();
        assert_overlap(&back, &point, "at its own budgets");
        if back.status == Status::Certified {
            prop_assert!((back.rate - point.rate).abs() <= 1e-8, "{} {}", back.rate, point.rate);
        }
    }
}

fn cases() -> [Case; 3] {
    [uneven(), binary(0.18, 0.35), erasure(1.0, 0.1, 0.07)]
}

/// Every method with each of the cases and its rate by the default method.
fn each(mut check: impl FnMut(Method, &Case, &Solution)) {
    for case in cases() {
        let reference = case.solve(&Settings::default());
        assert_eq!(reference.status, Status::Certified);
        for method in Method::ALL {
            check(method, &case, &reference);
        }
    }
}

#[test]
fn iteration_limits() {
    each(|method, case, reference| {
        for limit in [0, 1, 5] {
            let settings = settings(method, 1e-12).with_max_iterations(limit);
            let solution = case.solve(&settings);
            case.check(&solution);
            assert_overlap(&solution, reference, (method, limit));
            assert!(solution.iterations <= limit, "{method}: {} > {limit}", solution.iterations);
            if solution.gap() > 1e-12 {
                assert_eq!(solution.status, Status::IterationLimit, "{method}, {limit}");
                assert_eq!(solution.iterations, limit, "{method}");
            }
        }
        let none = case.solve(&settings(method, 1e-12).with_max_iterations(0));
        assert_eq!(none.status, Status::IterationLimit, "{method}");
    });
}

#[test]
fn time_limits() {
    each(|method, case, reference| {
        let settings = settings(method, 1e-12).with_time_limit(Duration::ZERO);
        let solution = case.solve(&settings);
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
        let solution = case.solve(&settings);
        case.check(&solution);
        assert_ne!(solution.status, Status::IterationLimit);
        let last = solution.trace.last().unwrap();
        assert!(last.elapsed < 4 * limit, "{:?}", last.elapsed);
    }
}

#[test]
fn callbacks_stop() {
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
            }
        }
        let stop = |_: &Progress| ControlFlow::Break(());
        let target = Target::Budgets(&case.budgets);
        let solution = case.problem().run(target, &settings(method, 1e-12), stop).unwrap();
        assert_eq!((solution.status, solution.iterations), (Status::Stopped, 0), "{method}");
    });
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
    let lossless = Case::new(pmf(&[0.5, 0.3, 0.2]), vec![hamming_cost(3)], &[0.0]);
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
        let full = case.solve(&settings(method, LOOSE));
        assert_eq!(full.status, Status::Certified, "{method}");
        assert_trace(&full, LOOSE, case.costs.len());
        let precise = settings(method, 1e-12);
        let limited = case.solve(&precise.clone().with_max_iterations(0));
        assert_eq!(limited.status, Status::IterationLimit, "{method}");
        let timed = case.solve(&precise.clone().with_time_limit(Duration::ZERO));
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
        let solution = case.solve(&settings(method, LOOSE));
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
        for solution in [free.solve_with(&[], &settings).unwrap(), case.solve(&settings)] {
            assert_eq!((solution.rate, solution.iterations), (0.0, 0), "{method}");
            assert_eq!(solution.status, Status::Certified);
            assert!(solution.trace.is_empty(), "{method}");
        }
    }
}
