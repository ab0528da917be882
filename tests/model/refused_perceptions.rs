//! Perceptions that are refused.

use crate::common::{INF, hamming, pmf, rows};
use crate::refused::{
    BUDGET, PROBABILITY, refused, refused_empty, refused_shape, refused_sum, refused_value,
    two_letters,
};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Method, Perception, Problem, RdcError, Settings};

const NAN: f64 = f64::NAN;

fn nothing() -> DMatrix<f64> {
    DMatrix::zeros(0, 0)
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
fn prices_of_a_perception() {
    let rule = "one multiplier per cost, then that of the perception if there is one";
    for multipliers in [&[1.0][..], &[1.0, 0.0, 0.0]] {
        let found = (multipliers.len(), 2);
        refused_shape(
            with_perception().solve_at(multipliers),
            "multipliers",
            "entries",
            found,
            rule,
        );
    }
    let rule = "the multiplier of a perception must be 0, which leaves the output pmf free, or +inf, which holds it to its smallest divergence";
    for bad in [-1.0, 0.5, NAN] {
        let argument = "the multiplier of perception";
        refused_value(with_perception().solve_at(&[1.0, bad]), argument, bad, rule);
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
            _ => {
                let (error, message) = refuses(&format!("the method {method}"));
                refused(solved, &error, &message);
                let at = with_perception().solve_at_with(&[1.0, f64::INFINITY], &settings);
                refused(at, &error, &message);
            }
        }
        // A price of 0 holds the output to nothing.
        assert!(with_perception().solve_at_with(&[1.0, 0.0], &settings).is_ok(), "{method}");
    }
}
