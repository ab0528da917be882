//! The inverse functions: brackets of the least budget at a rate, against the rate function and against closed forms.

use crate::common::{INF, ROUNDING, applied, bernoulli, binary, config, dearest};
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::strategies::{Placement, RdcCase, placement, rdc};
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{
    AtRate, Classifier, Distortion, LeastBudget, Problem, Rdc, RdcError, Settings, Solution,
    Source, Status, binary_entropy, closed_form,
};
use std::time::Duration;

const TOLERANCE: f64 = 1e-9;

fn at(rdc: &Rdc, index: usize, rate: f64, other: f64) -> AtRate {
    let found = if index == Rdc::DISTORTION {
        rdc.distortion_at(rate, other)
    } else {
        rdc.error_at(rate, other)
    };
    found.unwrap()
}

fn enough(found: AtRate) -> LeastBudget {
    match found {
        AtRate::Enough(least) => least,
        AtRate::TooLittle(solution) => panic!("{} bits are needed", solution.rate),
    }
}

fn solve(rdc: &Rdc, index: usize, budget: f64, other: f64) -> Result<Solution, RdcError> {
    let [d, e] = if index == Rdc::DISTORTION { [budget, other] } else { [other, budget] };
    rdc.solve(d, e)
}

/// What a bracket claims, without a look at the rate function.
#[track_caller]
fn assert_attained(least: &LeastBudget, index: usize, rate: f64) {
    assert!(least.lower <= least.upper && least.slope >= 0.0, "{least:?}");
    assert!(least.solution.rate <= rate + 1e-12, "{least:?} at {rate}");
    let spent = least.solution.constraints[index].achieved;
    assert!(spent <= least.upper * (1.0 + 1e-12) + 1e-12, "{least:?} spends {spent}");
    if least.status == Status::Certified {
        let bits = least.slope * least.width();
        assert!(bits <= TOLERANCE || least.width() <= 1e-12 * least.upper, "{least:?}");
    }
}

#[test]
fn the_least_budget_of_a_binary_source_is_the_root_of_its_closed_form() {
    let (mut solves, mut searched, mut found) = (0, 0, 0);
    for case in binary::cases().take(1500) {
        let (rdc, closed) = (case.general(), case.binary());
        let rate = case.point().rate;
        for (index, other, asked) in [(0, case.e, case.d), (1, case.d, case.e)] {
            // The closed form counts budgets as met that are below the frontier by rounding.
            if solve(&rdc, index, INF, other).is_err() {
                continue;
            }
            let AtRate::Enough(least) = at(&rdc, index, rate, other) else {
                continue;
            };
            found += 1;
            assert_attained(&least, index, rate);
            let rate_at = |budget: f64| {
                let [d, e] = if index == 0 { [budget, other] } else { [other, budget] };
                closed.point(d, e).map(|point| point.rate)
            };
            // No proof may exclude a budget that is enough.
            assert!(least.lower <= asked * (1.0 + 1e-12) + 1e-12, "{case:?}: {least:?}");
            // Below the lower bound the closed form needs more.
            let below = least.lower * (1.0 - 1e-9);
            if let Ok(needed) = rate_at(below) {
                assert!(below == 0.0 || needed > rate - ROUNDING, "{case:?}: {needed} at {below}");
            }
            if least.slope > 0.0 {
                solves += least.solves;
                searched += 1;
            }
        }
    }
    assert!(found > 2500, "{found} of 3000 budgets found");
    assert!(searched > 500 && solves <= 6 * searched, "{solves} solves in {searched} searches");
}

#[test]
fn hamming_distortion_at_a_rate() {
    let rdc = bernoulli();
    for d in [1e-9, 1e-4, 0.01, 0.1, 0.2, 0.29, 0.2999] {
        let rate = closed_form::hamming(&DVector::from_vec(vec![0.7, 0.3]), d).unwrap().rate;
        for (index, other) in [(0, INF), (1, INF), (0, 0.3), (1, 0.7)] {
            let least = enough(at(&rdc, index, rate, other));
            assert_eq!(least.status, Status::Certified);
            assert_attained(&least, index, rate);
            let slope = ((1.0 - d) / d).log2();
            assert!(
                least.lower <= d + 1e-15 && d <= least.upper * (1.0 + 1e-12),
                "{least:?} at {d}"
            );
            assert!(least.width() <= 1.1e-9 / slope, "{least:?} at {d}");
            assert!((least.slope / slope - 1.0).abs() < 2e-3, "{least:?} at {d}");
            assert!(least.solves <= 10, "{least:?}");
        }
    }
}

#[test]
fn where_no_rate_is_needed_the_budget_is_that_of_a_constant() {
    let rdc = bernoulli();
    let least = enough(at(&rdc, Rdc::DISTORTION, 0.0, INF));
    assert_eq!((least.lower, least.upper, least.solution.rate), (0.3, 0.3, 0.0));
    let least = enough(at(&rdc, Rdc::ERROR, 0.0, 0.3));
    assert_eq!((least.lower, least.upper, least.slope), (0.3, 0.3, 0.0));
    assert_eq!(least.status, Status::Certified);
}

#[test]
fn rates_beyond_all_need_give_the_smallest_budget_that_can_be_met() {
    for rate in [0.9, 1.0, 1e300, INF] {
        let least = enough(at(&bernoulli(), Rdc::DISTORTION, rate, INF));
        assert_eq!((least.lower, least.upper), (0.0, 0.0));
        assert_eq!((least.status, least.solves), (Status::Certified, 1));
        assert!(least.solution.rate <= rate);
    }
}

#[test]
fn a_rate_that_no_budget_makes_enough() {
    // Errors at most 0.1 need Hb(0.3) - Hb(0.1) bits, whatever the distortion.
    let needed = binary_entropy(0.3) - binary_entropy(0.1);
    for rate in [0.0, 0.2, needed - 2e-9] {
        let AtRate::TooLittle(solution) = at(&bernoulli(), Rdc::DISTORTION, rate, 0.1) else {
            panic!("{rate} bits are not enough");
        };
        assert!(rate < solution.lower && solution.lower <= needed + 1e-12);
        assert!(needed <= solution.rate + 1e-12);
    }
    let least = enough(at(&bernoulli(), Rdc::DISTORTION, needed + 1e-9, 0.1));
    // Of the distortion all that is proven is that the channel found has no more.
    assert!(least.upper >= 0.1 - 1e-9 && least.lower <= 0.1, "{least:?}");
}

#[test]
fn what_is_infeasible_or_no_number_is_refused() {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior).unwrap();
    let hamming = Distortion::hamming(2).unwrap();
    let rdc = Rdc::new(&source, hamming, &Classifier::hard(&[0, 1]).unwrap()).unwrap();
    assert!(matches!(rdc.distortion_at(0.5, 0.12), Err(RdcError::Infeasible(_))));
    for (rate, other, named) in [
        (-0.1, 0.2, "rate"),
        (f64::NAN, 0.2, "rate"),
        (0.1, -0.2, "the budget of classification error"),
        (0.1, f64::NAN, "the budget of classification error"),
    ] {
        let Err(RdcError::Value { argument, .. }) = rdc.distortion_at(rate, other) else {
            panic!("{rate}, {other}");
        };
        assert_eq!(argument, named);
    }
}

/// Time sharing between no rate and a budget: R is a straight line, and then flat.
#[test]
fn straight_segments_and_kinks() {
    let erasure = DMatrix::from_row_slice(2, 3, &[0.0, 1e6, 0.25, 1e6, 0.0, 0.25]);
    let source = Source::from_joint(DMatrix::from_row_slice(2, 2, &[0.5, 0.0, 0.0, 0.5])).unwrap();
    let classifier = Classifier::hard(&[0, 1, 0]).unwrap();
    let rdc = Rdc::new(&source, Distortion::matrix(erasure).unwrap(), &classifier).unwrap();
    for rate in [1e-6, 0.25, 0.5, 0.999] {
        let least = enough(at(&rdc, Rdc::DISTORTION, rate, INF));
        let exact = 0.25 * (1.0 - rate);
        assert_attained(&least, Rdc::DISTORTION, rate);
        assert!(least.lower <= exact + 1e-8 && least.width() < 1e-8, "{least:?} at {rate}");
        assert!(least.solves <= 6, "{} solves at {rate}", least.solves);
    }
}

#[test]
fn limits_leave_a_bracket() {
    let rdc = bernoulli();
    let timed = Settings::default().with_time_limit(Duration::ZERO);
    let short = Settings::default().with_max_iterations(1);
    for (settings, status) in [(timed, Status::TimeLimit), (short, Status::IterationLimit)] {
        let least = enough(rdc.distortion_at_with(0.4, INF, &settings).unwrap());
        assert_eq!(least.status, status);
        assert!(least.solves <= 2, "{least:?}");
        assert_attained(&least, Rdc::DISTORTION, 0.4);
        let exact = enough(at(&rdc, Rdc::DISTORTION, 0.4, INF));
        assert!(least.lower <= exact.upper && exact.lower <= least.upper, "{least:?}");
    }
}

#[test]
fn distortion_of_rate_and_errors_is_convex_and_decreasing() {
    let posterior = DMatrix::from_row_slice(3, 2, &[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]);
    let source = Source::new(DVector::from_vec(vec![0.3, 0.4, 0.3]), posterior).unwrap();
    let points = DMatrix::from_vec(3, 1, vec![-1.0, 0.0, 1.5]);
    let distortion = Distortion::squared_error(&points, &points).unwrap();
    let rdc = Rdc::new(&source, distortion, &Classifier::hard(&[0, 0, 1]).unwrap()).unwrap();
    let least_distortion = |[rate, e]: [f64; 2]| match rdc.distortion_at(rate, e) {
        Ok(AtRate::Enough(least)) => Bracket::new(least.lower, least.upper),
        Ok(AtRate::TooLittle(solution)) if solution.lower > rate => Ok(Bracket::INFEASIBLE),
        Ok(AtRate::TooLittle(_)) => Bracket::new(f64::NEG_INFINITY, INF),
        Err(RdcError::Infeasible(_)) => Ok(Bracket::INFEASIBLE),
        Err(error) => Err(error),
    };
    let report = check_function(least_distortion, [[0.0, 1.6], [0.2, 0.6]], 60, 1).unwrap();
    assert!(report.holds(), "{report}");
    assert!(report.median_resolution < 1e-7, "{report}");
}

/// From a budget to its rate and back, and from there to the rate again.
#[test]
fn the_inverse_of_a_rate_is_no_larger_a_budget_of_the_same_rate() {
    let check = |(case, place, index): (RdcCase, Placement, usize)| {
        let budgets = place.budgets(case.rdc.problem());
        let (asked, other) = (budgets[index], budgets[1 - index]);
        let point = solve(&case.rdc, index, asked, other)?;
        let point_slope = point.constraints[1 - index].multiplier;
        let found = at(&case.rdc, index, point.rate, other);
        let is_enough = matches!(found, AtRate::Enough(_));
        if let AtRate::Enough(least) = found {
            assert_attained(&least, index, point.rate);
            // Budgets are met up to 1e-12 of the cost's average under its dearest letter.
            let costs =
                [case.distortion.as_matrix().clone(), case.classifier.error_matrix(&case.source)?];
            let scale = dearest(case.source.pmf(), &costs[index]);
            // A tie on a frontier may be one only but for the last digit of the other budget.
            let lifted = at(&case.rdc, index, point.rate, other * (1.0 + 1e-12) + 1e-15);
            let lower = lifted.least_budget().map_or(0.0, |least| least.lower);
            prop_assert!(lower <= asked + 1e-11 * scale, "{lifted:?} is above {asked}");
            let again = solve(&case.rdc, index, least.upper * (1.0 + 1e-15), other)?;
            prop_assert!(again.lower <= point.rate + ROUNDING);
            if least.status == Status::Certified
                && least.slope > 0.0
                && least.width() > 1e-11 * scale
            {
                prop_assert!(again.rate >= point.rate - 2.0 * TOLERANCE, "{least:?}");
            }
            if let Ok(less) = solve(&case.rdc, index, least.lower * (1.0 - 1e-6), other) {
                // Of the other budget, what counts as its rounding may be used.
                let priced = less.constraints[1 - index].multiplier.max(point_slope);
                let used = 1e-12 * other.min(1e12) * priced;
                prop_assert!(less.rate >= point.rate - ROUNDING - used, "{least:?}");
            }
        }
        Ok(is_enough)
    };
    let arguments = (rdc(1..=6, 1..=6, 1..=3), placement(), 0..2_usize);
    let (found, cases) = applied(config(150, 20_261_125), arguments, check);
    assert!(10 * found > 9 * cases, "{found} of {cases} budgets found");
}

const PMF: [f64; 4] = [0.4, 0.3, 0.2, 0.1];

/// Costs of sending letter y for x: a distance, a label misread, a price.
fn costs() -> [(&'static str, DMatrix<f64>); 3] {
    let prices = [0.0, 1.0, 0.5, 2.0, 3.0];
    [
        ("distortion", DMatrix::from_fn(4, 5, |x, y| (x as f64 - 0.8 * y as f64).powi(2))),
        ("error", DMatrix::from_fn(4, 5, |x, y| 0.1 + 0.8 * f64::from((x < 2) != (y < 3)))),
        ("price", DMatrix::from_fn(4, 5, |_, y| prices[y])),
    ]
}

fn three_costs() -> Problem {
    let bare = Problem::new(DVector::from_column_slice(&PMF), 5).unwrap();
    costs().into_iter().fold(bare, |problem, (name, cost)| problem.with_cost(name, cost).unwrap())
}

fn with(budgets: [f64; 3], index: usize, budget: f64) -> [f64; 3] {
    let mut budgets = budgets;
    budgets[index] = budget;
    budgets
}

#[test]
fn the_least_budget_of_each_of_three_costs_is_where_the_rate_is_the_one_asked() {
    let problem = three_costs();
    let (mut searched, mut solves, mut too_little) = (0, 0, 0);
    for index in 0..3 {
        for budgets in
            [[0.3, 0.2, 0.9], [0.5, 0.3, 0.6], [0.2, INF, 1.5], [INF, 0.25, 0.8], [INF; 3]]
        {
            for rate in [0.05, 0.2, 0.5, 0.8, 1.2] {
                // The entry of the budget sought is not read.
                let found = problem.least_budget(index, rate, &with(budgets, index, f64::NAN));
                let needed = problem.solve(&with(budgets, index, INF)).unwrap().lower;
                let least = match found.unwrap() {
                    AtRate::Enough(least) => least,
                    AtRate::TooLittle(solution) => {
                        assert!(needed > rate - TOLERANCE && solution.rate > rate);
                        too_little += 1;
                        continue;
                    }
                };
                assert_eq!(least.status, Status::Certified, "{budgets:?}: {least:?}");
                assert_attained(&least, index, rate);
                let again =
                    problem.solve(&with(budgets, index, least.upper * (1.0 + 1e-15))).unwrap();
                assert!(again.lower <= rate + ROUNDING, "{least:?}");
                match problem.solve(&with(budgets, index, least.lower * (1.0 - 1e-6))) {
                    Ok(less) => {
                        let is_zero = least.lower == 0.0;
                        assert!(is_zero || less.rate >= rate - ROUNDING, "{least:?}");
                    }
                    Err(error) => assert!(matches!(error, RdcError::Infeasible(_)), "{error}"),
                }
                if least.slope > 0.0 {
                    assert!(again.rate >= rate - 2.0 * TOLERANCE, "{least:?}");
                    (searched, solves) = (searched + 1, solves + least.solves);
                }
            }
        }
    }
    assert!(searched > 30 && too_little > 3, "{searched}, {too_little}");
    assert!(solves <= 6 * searched, "{solves} solves in {searched} searches");
}

/// The least of a cost that a constant pays, by a search over mixtures of two letters: two budgets need no third.
#[test]
fn without_rate_the_least_budget_is_that_of_a_mixture_of_letters() {
    let problem = three_costs();
    let averages = costs().map(|(_, cost)| cost.tr_mul(&DVector::from_column_slice(&PMF)));
    for (index, budgets) in
        [(0, [0.0, INF, 0.4]), (0, [0.0, INF, 1.3]), (1, [1.2, 0.0, INF]), (2, [1.2, INF, 0.0])]
    {
        let bound = (0..3).find(|&k| k != index && f64::is_finite(budgets[k])).unwrap();
        let mut least = INF;
        for (y, z) in (0..5).flat_map(|y| (0..5).map(move |z| (y, z))) {
            for share in (0..=100_000).map(|i| f64::from(i) / 100_000.0) {
                let mixed = |k: usize| share * averages[k][y] + (1.0 - share) * averages[k][z];
                if mixed(bound) <= budgets[bound] {
                    least = least.min(mixed(index));
                }
            }
        }
        let found = enough(problem.least_budget(index, 0.0, &budgets).unwrap());
        assert!(found.solution.rate < 1e-15);
        assert!(
            (found.upper - least).abs() < 1e-4 && found.upper <= least + 1e-12,
            "{least}: {found:?}"
        );
        assert!(found.lower <= found.upper && found.upper - found.lower < 1e-12, "{found:?}");
    }
}

#[test]
fn the_index_and_the_count_of_budgets_are_checked() {
    let problem = three_costs();
    let message =
        |index, budgets: &[f64]| problem.least_budget(index, 0.5, budgets).unwrap_err().to_string();
    assert_eq!(message(3, &[0.1; 3]), "index = 3: a cost index must be below the number of costs");
    assert!(message(0, &[0.1; 2]).starts_with("budgets has 2 entries, but 3 are needed"));
    assert!(message(0, &[0.1, -1.0, 0.1]).starts_with("the budget of error = -1"));
    let infeasible = problem.least_budget(0, 0.5, &[INF, 0.05, INF]);
    assert!(matches!(infeasible, Err(RdcError::Infeasible(_))));
}
