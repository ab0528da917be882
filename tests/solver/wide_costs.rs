//! Costs of many orders of magnitude beside small budgets: outliers, far clusters, a big number for a forbidden pair.

use crate::common::case::Case;
use crate::common::random::Random;
use crate::common::wide::{Wide, normal, squared_error};
use crate::common::{count, hamming, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, PreciseBracket, Problem, Rdc, RdcError, Settings, Source, Status,
};

/// Reference rates were computed with 80 digits, or follow from a closed form.
#[track_caller]
fn assert_rate(case: &Case, rate: f64) {
    let solution = case.problem().solve(&case.budgets).unwrap();
    assert_eq!(solution.status, Status::Certified, "[{}, {}]", solution.lower, solution.rate);
    let (lower, upper) = (solution.lower - 1e-9, solution.rate + 1e-9);
    assert!(lower <= rate && rate <= upper, "{rate} is not in [{lower}, {upper}]");
    for constraint in &solution.constraints {
        let most = constraint.budget * (1.0 + 1e-12);
        assert!(constraint.achieved <= most, "{constraint:?}");
    }
}

fn uniform(points: &[f64], d: f64) -> Case {
    let n = points.len();
    Case::new(DVector::from_element(n, 1.0 / n as f64), vec![squared_error(points)], &[d])
}

#[test]
fn an_outlier_does_not_hide_the_others() {
    assert_rate(&uniform(&[-1.4, -0.5, -0.3, 1e5], 0.05), 1.245019745);
}

#[test]
fn clusters_may_be_far_apart() {
    let points = [0.0, 1.0, 2.0, 300000.0, 300001.0, 300002.0];
    // A uniform source on three points within a cluster, and one bit for the cluster: 1 + R_3(1/3).
    assert_rate(&uniform(&points, 0.3333333333), 1.504599628);
}

#[test]
fn two_hundred_samples_and_one_at_a_hundred() {
    let random = &mut Random::new(77, 1);
    let mut points: Vec<f64> = (0..200).map(|_| normal(random)).collect();
    points[0] = 100.0;
    let case = uniform(&points, 0.1);
    let solution = case.problem().solve(&case.budgets).unwrap();
    assert_eq!(solution.status, Status::Certified);
    assert!(solution.iterations <= 25, "{} iterations", solution.iterations);
    // Close to the Gaussian's rate, and above what the other 199 samples alone need.
    assert!((1.5..1.9).contains(&solution.rate), "{}", solution.rate);
    case.check(&solution);
}

#[test]
fn relative_error_on_a_lognormal_grid() {
    let n = 400;
    let point = |i: usize| (-3.0 + 6.0 * i as f64 / (n - 1) as f64).exp();
    let cost = DMatrix::from_fn(n, n, |x, y| ((point(x) - point(y)) / point(x)).powi(2));
    let case = Case::new(DVector::from_element(n, 1.0 / n as f64), vec![cost], &[0.3]);
    let solution = case.problem().solve(&case.budgets).unwrap();
    assert_eq!(solution.status, Status::Certified);
    // The bound is recomputed from the matrices; a neighbouring grid has 0.94149 bits too.
    case.check(&solution);
    assert!((solution.rate - 0.941494315).abs() < 1e-8, "{}", solution.rate);
}

#[test]
fn a_big_number_stands_for_forbidden() {
    let half = || pmf(&[0.5, 0.5]);
    for power in 9..=18 {
        let big = 10_f64.powi(power);
        let erasure = rows(&[[0.0, big, 0.3], [big, 0.0, 0.3]]);
        assert_rate(&Case::new(half(), vec![erasure], &[0.1]), 2.0 / 3.0);
        let one_sided = rows(&[[0.0, big], [1.0, 0.0]]);
        assert_rate(&Case::new(half(), vec![one_sided], &[0.1]), 0.609986547011);
    }
}

/// Three budgets of which two tie in the last digit.
#[test]
fn budgets_that_tie() {
    let costs = vec![
        rows(&[[0.93, 0.05, 0.0], [0.0, 0.0, 0.0]]),
        rows(&[[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]),
        rows(&[[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]),
    ];
    assert_rate(&Case::new(pmf(&[0.5, 0.5]), costs, &[0.245, 0.25, 0.25]), 0.311278124138);
}

/// Where a budget of 1e-6 stands beside an entry of 1e14, units of the entry would hide that it is broken 18,000-fold.
#[test]
fn a_small_budget_is_not_broken_beside_a_large_entry() {
    let costs = vec![
        rows(&[[0.0, 0.0, 0.1, 0.3], [1e-15, 0.1, 1e6, 0.1]]),
        rows(&[[1.0, 1.0, 0.1, 1e-15], [0.1, 0.1, 1e14, 1e-6]]),
    ];
    let case = Case::new(pmf(&[1.0 / 11.0, 10.0 / 11.0]), costs, &[0.1, 1e-6]);
    let Err(RdcError::Infeasible(report)) = case.problem().solve(&case.budgets) else {
        panic!("{case} is met")
    };
    // Without the budget of 1e-6 the letters would cost 0 at best; with it, 0.1 + 0.2 / 11.
    let smallest = report.budgets[0].smallest.unwrap();
    assert!((smallest - (0.1 + 0.2 / 11.0)).abs() < 1e-4, "{report}");
    let costs = vec![
        rows(&[[0.1, 0.1, 0.1, 0.3], [1e6, 0.1, 1e-15, 0.1]]),
        rows(&[[0.3, 1e6, 1e-15, 0.1], [0.1, 0.3, 1e6, 0.612_469_362_703_261_2]]),
        rows(&[
            [2.0, 0.792_156_862_745_098, 0.592_156_862_745_098, 1e6],
            [1.0, 1.0 / 3.0, 1.0, 0.792_156_862_745_098],
        ]),
    ];
    let budgets = [0.1, 1.0, 0.792_156_862_745_098];
    let case = Case::new(pmf(&[3.0 / 13.0, 10.0 / 13.0]), costs, &budgets);
    assert_rate(&case, 0.7793280369165);
}

/// Labels that a classifier tells alike but for the last digit of a posterior.
#[test]
fn posteriors_that_tie_in_the_last_digit() {
    let cost = || Distortion::matrix(rows(&[[0.0, 0.0], [1.0, 0.0]])).unwrap();
    let rate = |source: Source, classifier: &Classifier, d: f64, e: f64, rate: f64| {
        let solution = Rdc::new(&source, cost(), classifier).unwrap().solve(d, e).unwrap();
        assert_eq!(solution.status, Status::Certified, "[{}, {}]", solution.lower, solution.rate);
        assert!((solution.rate - rate).abs() <= 1e-9, "{} is not {rate}", solution.rate);
    };
    let posterior = rows(&[[0.334, 0.333, 0.333], [1.0, 0.0, 0.0]]);
    let source = Source::new(pmf(&[0.8, 0.2]), posterior).unwrap();
    let hard = Classifier::hard(&[0, 2]).unwrap();
    rate(source, &hard, 0.117_084_962_541_799_65, 0.615_715_070_596_973, 0.216184639307);
    let posterior = rows(&[[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]);
    let source = Source::new(pmf(&[0.5, 0.5]), posterior).unwrap();
    let soft = rows(&[[1.0, 0.0, 0.0, 0.0], [0.41, 0.1, 0.32, 0.17]]);
    rate(source, &Classifier::soft(soft).unwrap(), 0.1, 0.375, 0.609986547011);
}

#[test]
fn every_unit_gives_the_same_rate() {
    let base = Case::new(pmf(&[0.7, 0.3]), vec![hamming()], &[0.1]);
    for power in [-140, -12, 12, 140] {
        let unit = 10_f64.powi(power);
        let scaled = Case::new(base.pmf.clone(), vec![unit * hamming()], &[0.1 * unit]);
        assert_rate(&scaled, 0.412295305641);
    }
}

#[test]
fn kinds_of_wide_costs_are_certified_in_tens_of_iterations() {
    for kind in Wide::ALL {
        let cases = count(100);
        let mut iterations = Vec::new();
        for seed in 0..cases {
            let case = kind.case(seed);
            let solution = case.problem().solve(&case.budgets).unwrap();
            let tolerance = 1e-9 * solution.rate.max(1.0);
            assert!(solution.gap() <= tolerance, "{kind:?} {seed}: {}\n{case}", solution.status);
            if kind != Wide::BesideLargeEntries {
                case.check(&solution);
                let met = |c: &rdc_theory::Constraint| c.achieved <= c.budget * (1.0 + 1e-12);
                assert!(solution.constraints.iter().all(met), "{kind:?} {seed}\n{case}");
            }
            iterations.push(solution.iterations);
        }
        iterations.sort_unstable();
        let median = iterations[iterations.len() / 2];
        assert!(median <= 25, "{kind:?}: {median} iterations in the median");
    }
}

/// `[[0, 1], [big, 0]]` at D = 0 has the rate 1 whatever the large entry, in doubles and with more digits.
#[test]
fn small_entries_beside_any_large_one_are_priced_out_at_a_budget_of_zero() {
    for big in [1e3, 1e15, 1e16, 1e17, 1e20, 1e25, 1e31, 1e60] {
        let problem = Problem::new(DVector::from_element(2, 0.5), 2).unwrap();
        let cost = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, big, 0.0]);
        let problem = problem.with_cost("cost", cost).unwrap();
        for tolerance in [1e-9, 1e-20] {
            let settings = Settings::default().with_tolerance(tolerance).unwrap();
            let solution = problem.solve_with(&[0.0], &settings).unwrap();
            assert_eq!(solution.status, Status::Certified, "{big:e}: {solution:?}");
            assert!((solution.rate - 1.0).abs() < 1e-12 && solution.lower > 1.0 - 1e-9);
            // What the high part lacks of 1 the low part has.
            let off = |precise: PreciseBracket| precise.lower.high() - 1.0 + precise.lower.low();
            let off = solution.precise.map(off);
            assert!(off.is_none_or(|off| off.abs() <= 1e-20), "{big:e}: {solution:?}");
        }
    }
}
