//! Unusual input that is not an error: zero probabilities, duplicates, single letters, extreme numbers and budgets.

use crate::common::{INF, bernoulli, pmf, rows};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{
    Classifier, Distortion, Method, Observation, Perception, Problem, Rdc, RdcError, Restoration,
    Settings, Source, rdc_bernoulli,
};

#[test]
fn letters_without_probability_change_nothing() {
    let costs = rows(&[[0.0, 1.0], [3.0, INF], [1.0, 0.0]]);
    let problem = Problem::new(pmf(&[0.7, 0.0, 0.3]), 2).unwrap();
    let problem = problem.with_cost("delay", costs).unwrap();
    let solution = problem.solve(&[0.1]).unwrap();
    assert!((solution.rate - rdc_bernoulli(0.3, 0.1, INF).unwrap()).abs() < 1e-9);
    // Its row of the channel is a pmf like any other, and keeps to the allowed pairs.
    assert!((solution.channel.row(1).sum() - 1.0).abs() < 1e-9);
    assert_eq!(solution.channel[(1, 1)], 0.0);
}

#[test]
fn classes_without_probability_change_nothing() {
    let source = Source::from_joint(rows(&[[0.7, 0.0, 0.0], [0.0, 0.0, 0.3]])).unwrap();
    let classifier = Classifier::hard(&[0, 2]).unwrap();
    let rdc = Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap();
    let rate = rdc.solve(0.2, 0.1).unwrap().rate;
    assert!((rate - rdc_bernoulli(0.3, 0.2, 0.1).unwrap()).abs() < 1e-9);
}

#[test]
fn duplicate_letters_change_nothing() {
    let source = Source::from_joint(rows(&[[0.3, 0.0], [0.4, 0.0], [0.0, 0.3]])).unwrap();
    let costs = rows(&[[0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]);
    let classifier = Classifier::hard(&[0, 1, 1]).unwrap();
    let rdc = Rdc::new(&source, Distortion::matrix(costs).unwrap(), &classifier).unwrap();
    for (d, e) in [(0.1, 0.2), (0.2, 0.1), (0.0, INF)] {
        let (rate, expected) =
            (rdc.solve(d, e).unwrap().rate, bernoulli().solve(d, e).unwrap().rate);
        assert!((rate - expected).abs() < 2e-9, "{rate} and {expected}");
    }
}

#[test]
fn one_letter_needs_no_rate() {
    for (n, m) in [(1, 1), (1, 3), (3, 1)] {
        let source = Source::empirical(&vec![0; n], 1).unwrap();
        let classifier = Classifier::hard(&vec![0; m]).unwrap();
        let costs = DMatrix::from_fn(n, m, |x, y| (1 + x + y) as f64);
        let rdc = Rdc::new(&source, Distortion::matrix(costs).unwrap(), &classifier).unwrap();
        let least = rdc.smallest_distortion(0.0).unwrap().unwrap();
        for d in [least, least + 0.5, INF] {
            let solution = rdc.solve(d, 0.0).unwrap();
            assert_eq!((solution.rate, solution.lower), (0.0, 0.0));
        }
    }
}

#[test]
fn infinite_budgets_constrain_nothing() {
    let rdc = bernoulli();
    let rate = |d, e| rdc.solve(d, e).unwrap().rate;
    let expected = rdc_bernoulli(0.3, 0.1, INF).unwrap();
    assert!((rate(0.1, INF) - expected).abs() < 1e-9);
    assert!((rate(INF, 0.1) - expected).abs() < 1e-9);
    assert_eq!(rate(INF, INF), 0.0);
}

#[track_caller]
fn assert_constrains_nothing(huge: f64) {
    let rdc = bernoulli();
    let rate = |d, e| rdc.solve(d, e).unwrap().rate;
    let expected = rdc_bernoulli(0.3, 0.1, INF).unwrap();
    assert!((rate(0.1, huge) - expected).abs() < 1e-9, "E = {huge}");
    assert!((rate(huge, 0.1) - expected).abs() < 1e-9, "D = {huge}");
    assert_eq!(rate(huge, huge), 0.0);
}

#[test]
fn budgets_above_reach_constrain_nothing() {
    for huge in [1.0, 1e6, 1e20] {
        assert_constrains_nothing(huge);
    }
}

#[test]
fn budgets_far_above_reach_constrain_nothing() {
    for huge in [1e50, 1e100, 1e300, f64::MAX] {
        assert_constrains_nothing(huge);
    }
}

#[test]
fn subnormal_probabilities_are_like_zero() {
    let problem = Problem::new(pmf(&[1e-323, 1.0, 1e-323]), 2).unwrap();
    let costs = rows(&[[0.9, 0.6], [0.0, 0.06], [0.1, 1.0]]);
    let problem = problem.with_cost("delay", costs).unwrap();
    assert!(problem.solve(&[0.0]).unwrap().rate.is_finite());
}

#[test]
fn the_largest_cost_is_solved() {
    let problem = Problem::new(pmf(&[5.997868738980317e-7, 0.9999994002131262]), 2).unwrap();
    let costs = rows(&[[0.0, 1e150], [2.0, 1e150]]);
    let solution = problem.with_cost("delay", costs).unwrap().solve(&[3.0]);
    assert!(solution.unwrap().constraints[0].achieved <= 3.0);
}

#[test]
fn letters_without_probability_keep_to_their_allowed_pairs() {
    let problem = Problem::new(pmf(&[0.0, 1.0]), 2).unwrap();
    let problem = problem.with_cost("delay", rows(&[[0.0, INF], [1.0, 0.0]])).unwrap();
    for budget in [0.0, 0.5] {
        let channel = problem.solve(&[budget]).unwrap().channel;
        assert_eq!((channel[(0, 0)], channel[(0, 1)]), (1.0, 0.0), "budget {budget}");
    }
}

#[test]
fn letters_without_probability_keep_to_their_pairs_at_positive_rate() {
    let problem = Problem::new(pmf(&[0.6, 0.4, 0.0]), 3).unwrap();
    let costs = rows(&[[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [INF, INF, 0.0]]);
    let channel = problem.with_cost("delay", costs).unwrap().solve(&[0.1]).unwrap().channel;
    assert_eq!([channel[(2, 0)], channel[(2, 1)], channel[(2, 2)]], [0.0, 0.0, 1.0]);
}

/// The letter is as one without costs: what it would be sent as never is.
#[test]
fn letters_without_probability_may_have_forbidden_pairs_only() {
    let [free, forbidden] = [0.0, INF].map(|last| rows(&[[0.0, 1.0], [1.0, 0.0], [last; 2]]));
    for tiny in [0.0, 1e-300] {
        let problem = Problem::new(pmf(&[0.7, 0.3, tiny]), 2).unwrap();
        let of = |cost: &DMatrix<f64>| problem.clone().with_cost("delay", cost.clone()).unwrap();
        for method in Method::ALL {
            let settings = Settings::default().with_method(method);
            for budget in [0.0, 0.1, 0.3, INF] {
                let [free, forbidden] = [&free, &forbidden]
                    .map(|cost| of(cost).solve_with(&[budget], &settings).unwrap());
                assert_eq!(free.channel, forbidden.channel, "{method} at {budget}");
                assert_eq!((free.rate, free.lower), (forbidden.rate, forbidden.lower));
                let row = forbidden.channel.row(2);
                assert!((row.sum() - 1.0).abs() < 1e-12 && row.iter().all(|w| *w >= 0.0), "{row}");
            }
        }
        let natural = Perception::total_variation(pmf(&[0.7, 0.3])).unwrap();
        let held = of(&forbidden).with_perception(natural).unwrap().solve(&[0.2, 0.0]).unwrap();
        assert!((held.channel.row(2).sum() - 1.0).abs() < 1e-12 && held.gap() <= 1e-9);
    }
    // Two costs forbid a pair each.
    let problem = Problem::new(pmf(&[1.0, 0.0]), 2).unwrap();
    let problem = problem.with_cost("first", rows(&[[1.0, 2.0], [INF, 0.0]])).unwrap();
    let problem = problem.with_cost("second", rows(&[[2.0, 1.0], [0.0, INF]])).unwrap();
    assert_eq!(problem.feasible_frontier(0, 1).unwrap().vertices(), [[1.0, 2.0], [2.0, 1.0]]);
    assert!(problem.solve(&[1.5, 1.5]).unwrap().channel.iter().all(|w| (*w - 0.5).abs() < 1e-9));
    // A letter that does occur must have a pair.
    let occurs = Problem::new(pmf(&[0.7, 0.3 - 1e-12, 1e-12]), 2).unwrap();
    let refused = occurs.with_cost("delay", forbidden.clone());
    assert!(matches!(refused, Err(RdcError::NoReproduction { letter: 2, .. })));
    // The faces of a problem take such letters too.
    let source = Source::from_joint(rows(&[[0.7, 0.0], [0.0, 0.3], [0.0, 0.0]])).unwrap();
    let distortion = Distortion::matrix(forbidden).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let rdc = Rdc::new(&source, distortion.clone(), &classifier).unwrap();
    let expected = rdc_bernoulli(0.3, 0.1, INF).unwrap();
    assert!((rdc.solve(0.1, 0.2).unwrap().rate - expected).abs() < 1e-9);
    let seen = Observation::new(&source, DMatrix::identity(3, 3)).unwrap();
    let natural = Perception::total_variation(pmf(&[0.7, 0.3])).unwrap();
    let restoration = Restoration::new(&seen, &distortion, natural).unwrap();
    assert_eq!(restoration.smallest_distortion(), 0.0);
}
