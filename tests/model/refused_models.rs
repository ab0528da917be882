//! Alphabets, shapes, classes and pairs that are refused, and those that are not.

use crate::common::{INF, hamming, pmf, rows};
use crate::refused::{
    DISTANCE, noisy_source, refused, refused_class, refused_empty, refused_row, refused_shape,
    refused_value, two_letters,
};
use rdc_theory::closed_form::{self, hierarchical_hamming, uniform_hamming};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{
    Classifier, Distortion, Method, Problem, Rdc, RdcError, Source, matrix_from_rows,
};

fn nothing() -> DMatrix<f64> {
    DMatrix::zeros(0, 0)
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
fn ragged_rows() {
    let ragged = [vec![0.0, 1.0], vec![1.0, 0.0], vec![2.0, 3.0, 4.0]];
    let expected = RdcError::Ragged { argument: "costs".into(), row: 2, found: 3, expected: 2 };
    let message = "costs is ragged: row 2 has 3 entries, row 0 has 2";
    refused(matrix_from_rows("costs", &ragged), &expected, message);
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
    refused_value(distortion.scaled(1e149), "distortion[(0, 1)]", 1e149 * 1e149, DISTANCE);
}
