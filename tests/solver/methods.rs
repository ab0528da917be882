//! The three methods against each other and against closed forms.
//!
//! `RDC_CASES` sets the number of random cases (300 by default).

use crate::cases::{LOOSE, binary, erasure, settings, solve, uneven};
use crate::common::case::Case;
use crate::common::overlap::assert_overlap;
use crate::common::{self, INF, ROUNDING, expected, hamming_of, stochastic};
use crate::door;
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Method, Settings, Solution, Status, binary_entropy, rdc_bernoulli};
use serde_json::{Value, json};
use std::fmt::Debug;

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

#[test]
fn small_vectors_are_certified_by_every_method() {
    let text = include_str!("../vectors/rdc.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let small = |case: &&Value| case["pmf"].as_array().unwrap().len() <= 8;
    let small: Vec<&Value> = cases.iter().filter(small).collect();
    assert!(small.len() >= 20, "{} small cases", small.len());
    for (case, method) in small.iter().flat_map(|case| Method::ALL.map(|method| (case, method))) {
        let mut case = (*case).clone();
        case["method"] = json!(method.name());
        case["tolerance_bits"] = json!(LOOSE);
        let answers: Vec<Value> = door::split(&case.to_string())
            .into_iter()
            .enumerate()
            .map(|(index, case)| door::answer(index, case))
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
        for d in [0.001, 0.05, 0.1, 0.25, INF] {
            for e in [0.002, 0.04, 0.2, INF] {
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
    case.costs = vec![hamming_of(8); 3];
    for (method, tight) in Method::ALL.into_iter().flat_map(|m| [(m, 0), (m, 1), (m, 2)]) {
        case.budgets = vec![0.5; 3];
        case.budgets[tight] = 0.2;
        let solution = solve(&case, &settings(method, LOOSE));
        case.check(&solution);
        assert_eq!(solution.status, Status::Certified, "{method}");
        assert_overlap(&solution, &solve(&uneven(), &Settings::default()), (method, tight));
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
            let case = Case::new(uniform.clone(), vec![hamming_of(m)], &[d]);
            let solution = solve(&case, &settings(method, LOOSE));
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
        let solution = solve(&erasure(INF, 1.0, d), &settings(method, LOOSE));
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
            let solution = solve(&case, &settings(method, LOOSE));
            case.check(&solution);
            let reference = solve(&case, &Settings::default());
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
            let solution = solve(&case, &settings(method, LOOSE));
            case.check(&solution);
            let reference = solve(&case, &Settings::default());
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
            let channel = stochastic(DMatrix::from_fn(n, m, |x, y| {
                let price: f64 = costs.iter().zip(&prices).map(|(cost, s)| s * cost[(x, y)]).sum();
                (-sharpness * price).exp()
            }));
            let budget = |cost| expected(&pmf, &channel, cost) * (1.0 + slack) + 1e-3;
            let budgets: Vec<f64> = costs.iter().map(budget).collect();
            Case { pmf, costs, budgets }
        })
}

proptest! {
    #![proptest_config(common::config(300, 20_261_124))]

    #[test]
    fn all_methods_agree(case in random_case()) {
        let reference = solve(&case, &Settings::default());
        for method in Method::ALL {
            let settings = settings(method, LOOSE).with_max_iterations(5000);
            let solution = solve(&case, &settings);
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
