//! Numbers that are refused, and those that are not.

use crate::common::{INF, bernoulli, hamming, pmf, rows};
use crate::refused::{
    BUDGET, COST, DISTANCE, PROBABILITY, refused_sum, refused_value, two_letters,
};
use rdc_theory::closed_form::{
    self, erasure, gaussian, hierarchical_hamming, laplace, uniform_hamming,
};
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{Classifier, Distortion, Problem, RdcError, Settings, Source, rdc_bernoulli};

const NAN: f64 = f64::NAN;

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
    for bad in [-1.0, NAN, -INF, f64::MAX, -f64::MAX] {
        let costs = || rows(&[[0.0, bad], [1.0, 0.0]]);
        refused_value(Distortion::matrix(costs()), "distortion[(0, 1)]", bad, DISTANCE);
        if bad != -1.0 {
            refused_value(two_letters().with_cost("delay", costs()), "delay[(0, 1)]", bad, COST);
        }
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
