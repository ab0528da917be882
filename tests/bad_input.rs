//! What bad input gets, and what is not an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use common::{bernoulli, hamming, pmf, rows};
use rdc_theory::closed_form::{
    self, erasure, gaussian, hierarchical_hamming, laplace, uniform_hamming,
};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{
    Classifier, Distortion, Method, Perception, Problem, Rdc, RdcError, Settings, Source,
    matrix_from_rows, rdc_bernoulli,
};
use std::fmt::Debug;

const PROBABILITY: &str = "a probability must be a finite number >= 0";
const COST: &str = "a cost must lie in [0, 1e150], or be +inf for a forbidden pair";
const BUDGET: &str = "a budget must be >= 0, or +inf for no constraint";

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn nothing() -> DMatrix<f64> {
    DMatrix::zeros(0, 0)
}

/// The error is `expected`, field by field, and says `message`.
#[track_caller]
fn refused<T: Debug>(result: Result<T, RdcError>, expected: &RdcError, message: &str) {
    let error = result.unwrap_err();
    // As text, in which NaN equals itself.
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    assert_eq!(error.to_string(), message);
}

#[track_caller]
fn refused_empty<T: Debug>(result: Result<T, RdcError>, argument: &str) {
    let expected = RdcError::Empty { argument: argument.into() };
    let message = format!("{argument} is empty: at least one element is needed");
    refused(result, &expected, &message);
}

#[track_caller]
fn refused_value<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    value: f64,
    rule: &'static str,
) {
    let expected = RdcError::Value { argument: argument.into(), value, rule };
    refused(result, &expected, &format!("{argument} = {value}: {rule}"));
}

#[track_caller]
fn refused_sum<T: Debug>(result: Result<T, RdcError>, argument: &str, sum: f64, off: &str) {
    let expected = RdcError::NotNormalised { argument: argument.into(), sum };
    let message = format!(
        "{argument} sums to {sum}, off from 1 by {off}: probabilities must sum to 1 within 1e-9"
    );
    refused(result, &expected, &message);
}

#[track_caller]
fn refused_shape<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    what: &'static str,
    (found, expected): (usize, usize),
    rule: &'static str,
) {
    let message = format!("{argument} has {found} {what}, but {expected} are needed: {rule}");
    let expected = RdcError::Shape { argument: argument.into(), what, found, expected, rule };
    refused(result, &expected, &message);
}

#[track_caller]
fn refused_class<T: Debug>(
    result: Result<T, RdcError>,
    argument: &str,
    (letter, class, classes): (usize, usize, usize),
) {
    let expected = RdcError::ClassOutOfRange { argument: argument.into(), letter, class, classes };
    let message =
        format!("{argument}[{letter}] is class {class}: classes are numbered 0..{classes}");
    refused(result, &expected, &message);
}

#[track_caller]
fn refused_row<T: Debug>(result: Result<T, RdcError>, argument: &str, letter: usize) {
    let expected = RdcError::NoReproduction { argument: argument.into(), letter };
    let message = format!(
        "every reproduction of source letter {letter} is forbidden (+inf) once {argument} is added: at least one pair must be finite"
    );
    refused(result, &expected, &message);
}

/// Two letters with noisy labels.
fn noisy_source() -> Source {
    Source::new(pmf(&[0.6, 0.4]), rows(&[[0.9, 0.1], [0.2, 0.8]])).unwrap()
}

fn two_letters() -> Problem {
    Problem::new(pmf(&[0.7, 0.3]), 2).unwrap()
}

#[test]
fn empty_source_alphabets() {
    let empty = || pmf(&[]);
    refused_empty(Problem::new(empty(), 2), "pmf");
    refused_empty(Source::new(empty(), rows(&[[1.0]])), "pmf");
    refused_empty(Source::new(pmf(&[1.0]), DMatrix::zeros(1, 0)), "posterior");
    refused_empty(Source::from_joint(nothing()), "joint");
    refused_empty(Source::from_classes(empty(), rows(&[[1.0]])), "priors");
    refused_empty(Source::from_classes(pmf(&[1.0]), DMatrix::zeros(1, 0)), "conditionals");
    refused_empty(Source::empirical(&[], 2), "labels");
    refused_empty(closed_form::hamming(&empty(), 0.1), "pmf");
    refused_empty(uniform_hamming(0, 0.1), "letters");
    refused_empty(hierarchical_hamming(0, 2, 0.1, 0.1), "blocks");
    refused_empty(hierarchical_hamming(2, 0, 0.1, 0.1), "letters_per_block");
}

#[test]
fn empty_reproduction_alphabets() {
    refused_empty(Problem::new(pmf(&[1.0]), 0), "the reproduction alphabet");
    refused_empty(Classifier::hard(&[]), "classifier");
    refused_empty(Classifier::soft(DMatrix::zeros(0, 2)), "classifier");
}

#[test]
fn empty_matrices() {
    refused_empty(Distortion::hamming(0), "distortion");
    refused_empty(Distortion::matrix(DMatrix::zeros(2, 0)), "distortion");
    refused_empty(two_letters().with_cost("delay", nothing()), "delay");
    refused_empty(matrix_from_rows("costs", &[]), "costs");
    refused_empty(matrix_from_rows("costs", &[vec![], vec![]]), "costs");
    let points = rows(&[[1.0]]);
    for between in [Distortion::squared_error, Distortion::absolute_error] {
        refused_empty(between(&nothing(), &points), "source points");
        refused_empty(between(&points, &nothing()), "reproduction points");
    }
}

#[test]
fn sizes_that_memory_cannot_address() {
    let rule = "a size must be one that memory can address";
    // 2^32 squared and 2^63 times two are 0 once they have wrapped.
    for huge in [1 << 32, 1 << 63, usize::MAX] {
        let refuse = |argument: &str, result: Result<(), RdcError>| {
            refused_value(result, argument, huge as f64, rule);
        };
        refuse("letters", Distortion::hamming(huge).map(drop));
        if huge > 1 << 60 {
            refuse("classes", Source::empirical(&[0, 1], huge).map(drop));
            let problem = Problem::new(pmf(&[0.5, 0.5]), huge);
            refuse("the reproduction alphabet", problem.map(drop));
            let free = |_| Bracket::exact(0.0);
            refuse("segments", check_function(free, [[0.0, 1.0]], huge, 1).map(drop));
        }
    }
}

#[test]
fn ragged_rows() {
    let ragged = [vec![0.0, 1.0], vec![1.0, 0.0], vec![2.0, 3.0, 4.0]];
    let expected = RdcError::Ragged { argument: "costs".into(), row: 2, found: 3, expected: 2 };
    let message = "costs is ragged: row 2 has 3 entries, row 0 has 2";
    refused(matrix_from_rows("costs", &ragged), &expected, message);
}

#[test]
fn probabilities_that_do_not_sum_to_one() {
    let half = || rows(&[[0.5, 0.5], [0.25, 0.25]]);
    let pair = || pmf(&[0.5, 0.5]);
    refused_sum(Problem::new(pmf(&[0.5, 0.25]), 2), "pmf", 0.75, "-2.5e-1");
    refused_sum(closed_form::hamming(&pmf(&[0.5, 0.25]), 0.1), "pmf", 0.75, "-2.5e-1");
    refused_sum(Source::new(pmf(&[0.5, 1.0]), half()), "pmf", 1.5, "5e-1");
    refused_sum(Source::new(pair(), half()), "posterior, row 1,", 0.5, "-5e-1");
    refused_sum(Source::from_joint(half()), "joint", 1.5, "5e-1");
    refused_sum(Source::from_classes(pmf(&[0.5, 0.0]), half()), "priors", 0.5, "-5e-1");
    refused_sum(Source::from_classes(pair(), half()), "conditionals, row 1,", 0.5, "-5e-1");
    refused_sum(Classifier::soft(half()), "classifier, row 1,", 0.5, "-5e-1");
}

#[test]
fn sums_off_by_rounding_are_renormalised() {
    let off = 0.5 + 1e-10;
    let source = Source::new(pmf(&[0.5, off]), rows(&[[0.5, off], [off, 0.5]])).unwrap();
    let is_one = |sum: f64| (sum - 1.0).abs() <= f64::EPSILON;
    assert!(is_one(source.pmf().sum()));
    assert!(source.posterior().row_iter().all(|row| is_one(row.sum())));
    let joint = Source::from_joint(rows(&[[0.5, off]])).unwrap();
    assert!(is_one(joint.pmf().sum()));
}

#[test]
fn sums_off_by_more_than_rounding_are_not() {
    let error = Problem::new(pmf(&[0.5, 0.5 + 1e-8]), 2).unwrap_err();
    assert!(matches!(error, RdcError::NotNormalised { .. }));
}

#[test]
fn numbers_that_are_no_probabilities() {
    for bad in [-0.25, NAN, INF, -INF] {
        let vector = || pmf(&[0.5, bad]);
        let matrix = || rows(&[[0.5, 0.5], [bad, 0.5]]);
        let good = || pmf(&[0.5, 0.5]);
        refused_value(Problem::new(vector(), 2), "pmf[1]", bad, PROBABILITY);
        refused_value(closed_form::hamming(&vector(), 0.1), "pmf[1]", bad, PROBABILITY);
        refused_value(Source::new(vector(), matrix()), "pmf[1]", bad, PROBABILITY);
        refused_value(Source::new(good(), matrix()), "posterior[(1, 0)]", bad, PROBABILITY);
        refused_value(Source::from_joint(matrix()), "joint[(1, 0)]", bad, PROBABILITY);
        refused_value(Source::from_classes(vector(), matrix()), "priors[1]", bad, PROBABILITY);
        refused_value(
            Source::from_classes(good(), matrix()),
            "conditionals[(1, 0)]",
            bad,
            PROBABILITY,
        );
        refused_value(Classifier::soft(matrix()), "classifier[(1, 0)]", bad, PROBABILITY);
    }
}

#[test]
fn numbers_that_are_no_costs() {
    for bad in [-1.0, NAN, -INF, f64::MAX] {
        let costs = || rows(&[[0.0, bad], [1.0, 0.0]]);
        refused_value(Distortion::matrix(costs()), "distortion[(0, 1)]", bad, COST);
        refused_value(two_letters().with_cost("delay", costs()), "delay[(0, 1)]", bad, COST);
    }
}

#[test]
fn points_that_are_nowhere() {
    let rule = "a coordinate must be finite";
    let good = rows(&[[0.0, 1.0]]);
    for bad in [NAN, INF, -INF] {
        let points = rows(&[[0.0, 1.0], [bad, 0.0]]);
        for between in [Distortion::squared_error, Distortion::absolute_error] {
            refused_value(between(&points, &good), "source points[(1, 0)]", bad, rule);
            refused_value(between(&good, &points), "reproduction points[(1, 0)]", bad, rule);
        }
    }
}

#[test]
fn distances_that_overflow() {
    let (source, reproduction) = (rows(&[[0.0], [1e200]]), rows(&[[0.0], [1.0]]));
    // +inf would forbid the pair, which nobody asked for.
    refused_value(
        Distortion::squared_error(&source, &reproduction),
        "distance[(1, 0)]",
        INF,
        "a distance must be at most 1e150",
    );
    assert!(Distortion::absolute_error(&source, &reproduction).is_err());
}

#[test]
fn forbidden_pairs_are_not_an_error() {
    let erasures = rows(&[[0.0, INF, 1.0], [INF, 0.0, 1.0]]);
    let problem = Problem::new(pmf(&[0.5, 0.5]), 3).unwrap();
    let problem = problem.with_cost("erasure", erasures).unwrap();
    // The erasure channel: R(D) = 1 - D.
    let solution = problem.solve(&[0.25]).unwrap();
    assert!((solution.rate - 0.75).abs() < 1e-9);
    assert_eq!(solution.channel[(0, 1)], 0.0);
    assert_eq!(solution.channel[(1, 0)], 0.0);
}

#[test]
fn rows_of_forbidden_pairs() {
    let forbidden = rows(&[[0.0, 1.0], [INF, INF]]);
    refused_row(two_letters().with_cost("delay", forbidden.clone()), "delay", 1);
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let distortion = Distortion::matrix(forbidden).unwrap();
    refused_row(Rdc::new(&noisy_source(), distortion, &classifier), "distortion", 1);
}

#[test]
fn rows_that_two_costs_forbid_together() {
    let first = rows(&[[0.0, INF], [0.0, 0.0]]);
    let second = rows(&[[INF, 0.0], [0.0, 0.0]]);
    let problem = two_letters().with_cost("first", first).unwrap();
    refused_row(problem.with_cost("second", second), "second", 0);
}

#[test]
fn classes_that_do_not_exist() {
    refused_class(Source::empirical(&[0, 1, 2], 2), "labels", (2, 2, 2));
    refused_class(Source::empirical(&[0], 0), "labels", (0, 0, 0));
    let classifier = Classifier::hard(&[0, 7]).unwrap();
    let distortion = Distortion::hamming(2).unwrap();
    refused_class(classifier.error_matrix(&noisy_source()), "classifier", (1, 7, 2));
    refused_class(Rdc::new(&noisy_source(), distortion, &classifier), "classifier", (1, 7, 2));
}

#[test]
fn posteriors_and_conditionals_of_another_shape() {
    let three = || rows(&[[1.0], [1.0], [1.0]]);
    refused_shape(
        Source::new(pmf(&[0.5, 0.5]), three()),
        "posterior",
        "rows",
        (3, 2),
        "one row per letter of the pmf",
    );
    refused_shape(
        Source::from_classes(pmf(&[0.5, 0.5]), three()),
        "conditionals",
        "rows",
        (3, 2),
        "one row per class prior",
    );
}

#[test]
fn classifiers_of_another_shape() {
    let classifier = Classifier::soft(rows(&[[1.0], [1.0]])).unwrap();
    refused_shape(
        Rdc::new(&noisy_source(), Distortion::hamming(2).unwrap(), &classifier),
        "classifier",
        "columns",
        (1, 2),
        "one column per class of the source",
    );
}

#[test]
fn costs_of_another_shape() {
    let by_row = "one row per source letter";
    let by_column = "one column per reproduction letter";
    refused_shape(
        two_letters().with_cost("delay", DMatrix::zeros(3, 2)),
        "delay",
        "rows",
        (3, 2),
        by_row,
    );
    refused_shape(
        two_letters().with_cost("delay", DMatrix::zeros(2, 3)),
        "delay",
        "columns",
        (3, 2),
        by_column,
    );
    // The classifier is what fixes the reproduction alphabet.
    let classifier = Classifier::hard(&[0, 1, 1]).unwrap();
    refused_shape(
        Rdc::new(&noisy_source(), Distortion::hamming(2).unwrap(), &classifier),
        "distortion",
        "columns",
        (2, 3),
        by_column,
    );
}

#[test]
fn points_of_different_dimension() {
    for between in [Distortion::squared_error, Distortion::absolute_error] {
        refused_shape(
            between(&rows(&[[0.0, 1.0]]), &rows(&[[0.0, 1.0, 2.0]])),
            "reproduction points",
            "columns",
            (3, 2),
            "points must have as many coordinates as the source points",
        );
    }
}

#[test]
fn budgets_of_another_count() {
    let problem = two_letters().with_cost("delay", hamming()).unwrap();
    let rule = "one budget per cost, then that of the perception if there is one";
    let refused = |result, found| refused_shape(result, "budgets", "entries", (found, 1), rule);
    refused(problem.solve(&[]), 0);
    refused(problem.solve(&[0.1, 0.2]), 2);
    let smallest = problem.smallest_budget(0, &[0.1, 0.2]);
    refused_shape(smallest, "budgets", "entries", (2, 1), rule);
}

#[test]
fn numbers_that_are_no_budgets() {
    let problem = two_letters().with_cost("delay", hamming()).unwrap();
    let rdc = bernoulli();
    let (d, e) = ("the budget of distortion", "the budget of classification error");
    for bad in [-0.1, NAN, -INF] {
        refused_value(problem.solve(&[bad]), "the budget of delay", bad, BUDGET);
        refused_value(rdc.solve(bad, 0.1), d, bad, BUDGET);
        refused_value(rdc.solve(0.1, bad), e, bad, BUDGET);
        refused_value(rdc.smallest_error(bad), d, bad, BUDGET);
        refused_value(rdc.smallest_distortion(bad), e, bad, BUDGET);
        refused_value(rdc_bernoulli(0.3, bad, 0.1), "d", bad, BUDGET);
        refused_value(rdc_bernoulli(0.3, 0.1, bad), "e", bad, BUDGET);
        refused_value(uniform_hamming(4, bad), "d", bad, BUDGET);
        refused_value(closed_form::hamming(&pmf(&[0.5, 0.5]), bad), "d", bad, BUDGET);
        refused_value(hierarchical_hamming(2, 2, bad, 0.1), "d", bad, BUDGET);
        refused_value(hierarchical_hamming(2, 2, 0.1, bad), "e", bad, BUDGET);
        refused_value(erasure(1.0, 0.3, bad), "d", bad, BUDGET);
        refused_value(gaussian(1.0, bad), "d", bad, BUDGET);
        refused_value(laplace(1.0, bad), "d", bad, BUDGET);
    }
}

#[test]
fn costs_of_errors_and_erasures_that_are_not_positive() {
    for bad in [0.0, -1.0, NAN, -INF] {
        let rule = "a cost must be > 0, or +inf to forbid it";
        refused_value(erasure(bad, 0.3, 0.1), "wrong", bad, rule);
    }
    for bad in [0.0, -1.0, NAN, INF, -INF] {
        refused_value(erasure(1.0, bad, 0.1), "erased", bad, "a cost must be finite and > 0");
    }
}

#[test]
fn spreads_of_no_source() {
    let rule = "a spread must be finite and >= 0";
    for bad in [-1.0, NAN, INF, -INF] {
        refused_value(gaussian(bad, 0.1), "variance", bad, rule);
        refused_value(laplace(bad, 0.1), "scale", bad, rule);
    }
}

#[test]
fn bernoulli_parameters_outside_the_unit_interval() {
    let rule = "a probability must lie in [0, 1]";
    for bad in [-0.1, 1.5, NAN, INF] {
        refused_value(rdc_bernoulli(bad, 0.1, 0.1), "p", bad, rule);
    }
}

#[test]
fn tolerances_that_are_not_positive() {
    let rule = "a tolerance in bits must be finite and > 0";
    for bad in [0.0, -1e-9, NAN, INF] {
        refused_value(Settings::default().with_tolerance(bad), "tolerance", bad, rule);
    }
}

#[test]
fn scale_factors_that_are_not_positive() {
    let rule = "a factor must lie in (0, 1e150]";
    for bad in [0.0, -1.0, NAN, INF, 1e151] {
        let distortion = Distortion::hamming(2).unwrap();
        refused_value(distortion.scaled(bad), "factor", bad, rule);
    }
}

#[test]
fn unknown_methods() {
    let error = "newton".parse::<Method>().unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(r#"method = "newton": the methods are "#), "{message}");
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
        assert!(message.contains(&format!("{:?}", method.name())), "{message} lacks {method}");
    }
}

#[test]
fn costs_that_do_not_exist() {
    let problem = two_letters().with_cost("delay", hamming()).unwrap();
    let rule = "a cost index must be below the number of costs";
    refused_value(problem.smallest_budget(1, &[0.1]), "index", 1.0, rule);
}

#[test]
fn scaling_does_not_forbid_pairs() {
    let distortion = Distortion::matrix(rows(&[[0.0, 1e149]])).unwrap();
    refused_value(distortion.scaled(1e149), "distortion[(0, 1)]", 1e149 * 1e149, COST);
}

fn natural() -> Perception {
    Perception::total_variation(pmf(&[0.7, 0.3])).unwrap()
}

fn with_perception() -> Problem {
    two_letters().with_cost("delay", hamming()).unwrap().with_perception(natural()).unwrap()
}

#[test]
fn perceptions_of_no_pmf() {
    for make in [Perception::total_variation, Perception::kullback_leibler] {
        refused_empty(make(pmf(&[])), "target");
        refused_value(make(pmf(&[1.5, -0.5])), "target[1]", -0.5, PROBABILITY);
        refused_value(make(pmf(&[NAN, 1.0])), "target[0]", NAN, PROBABILITY);
        refused_sum(make(pmf(&[0.5, 0.25])), "target", 0.75, "-2.5e-1");
    }
    refused_sum(Perception::wasserstein(pmf(&[0.5]), &[0.0]), "target", 0.5, "-5e-1");
    refused_sum(Perception::transport(pmf(&[0.5]), rows(&[[0.0]])), "target", 0.5, "-5e-1");
    let rule = "one entry per reproduction letter";
    refused_shape(natural().divergence(&pmf(&[1.0])), "output", "entries", (1, 2), rule);
    refused_sum(natural().divergence(&pmf(&[0.5, 0.25])), "output", 0.75, "-2.5e-1");
}

#[test]
fn points_that_are_not_increasing() {
    let make = |points: &[f64]| Perception::wasserstein(pmf(&[0.7, 0.3]), points);
    let rule = "a point must be finite and at most 1e150 in size, above the one before it";
    for bad in [0.0, -1.0, NAN, INF, 1e151] {
        refused_value(make(&[0.0, bad]), "points[1]", bad, rule);
    }
    refused_value(make(&[-INF, 0.0]), "points[0]", -INF, rule);
    let rule = "one point per letter of the target";
    refused_shape(make(&[0.0]), "points", "entries", (1, 2), rule);
}

#[test]
fn ground_costs_that_are_none() {
    let make = |ground| Perception::transport(pmf(&[0.7, 0.3]), ground);
    refused_empty(make(nothing()), "ground");
    let rule = "one column per letter of the target";
    refused_shape(make(rows(&[[0.0]])), "ground", "columns", (1, 2), rule);
    let rule = "a ground cost must lie in [0, 1e150]";
    for bad in [-1.0, NAN, INF, 1e151] {
        refused_value(make(rows(&[[0.0, 1.0], [0.5, bad]])), "ground[(1, 1)]", bad, rule);
    }
}

#[test]
fn perceptions_that_do_not_fit() {
    let wide = Perception::total_variation(pmf(&[0.5, 0.25, 0.25])).unwrap();
    let rule = "one letter per reproduction letter";
    refused_shape(two_letters().with_perception(wide), "perception", "letters", (3, 2), rule);
    let rule = "a problem has at most one perception";
    let second = with_perception().with_perception(natural());
    refused_shape(second, "perception", "entries", (2, 1), rule);
    let rule = "one budget per cost, then that of the perception if there is one";
    for budgets in [&[0.1][..], &[0.1, 0.1, 0.1]] {
        let found = (budgets.len(), 2);
        refused_shape(with_perception().solve(budgets), "budgets", "entries", found, rule);
    }
    for bad in [-1.0, NAN] {
        let budget = "the budget of perception";
        refused_value(with_perception().solve(&[0.1, bad]), budget, bad, BUDGET);
    }
}

#[test]
fn what_does_not_know_a_perception() {
    let refuses = |what: &str| {
        let message = format!(
            "{what} does not know a constraint on the output pmf: the problem has a perception"
        );
        (RdcError::KnowsNoPerception { what: what.into() }, message)
    };
    let (error, message) = refuses("a run at given multipliers");
    refused(with_perception().solve_at(&[1.0]), &error, &message);
    refused(with_perception().solve_at(&[1.0, 1.0]), &error, &message);
    let (error, message) = refuses("the smallest budget");
    refused(with_perception().smallest_budget(0, &[0.1, 0.1]), &error, &message);
    // A budget that every channel meets does not constrain.
    let free = with_perception().smallest_budget(0, &[0.1, 1.0]).unwrap();
    assert_eq!(
        free,
        two_letters().with_cost("delay", hamming()).unwrap().smallest_budget(0, &[0.1]).unwrap()
    );
    for method in Method::ALL {
        let settings = Settings::default().with_method(method);
        let solved = with_perception().solve_with(&[0.1, 0.01], &settings);
        match method {
            Method::InteriorPoint => assert!(solved.is_ok()),
            _ => assert!(
                matches!(solved, Err(RdcError::KnowsNoPerception { .. })),
                "{method}: {solved:?}"
            ),
        }
    }
}
