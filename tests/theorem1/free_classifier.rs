//! The free classifier: against all maps, in the instance where convexity fails, and on the label-extended alphabet.

use crate::common::random::Random;
use crate::common::{INF, expected, pmf, rows};
use crate::witness::assert_proven;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::theorem1::{Bracket, Sample, check_function, check_samples};
use rdc_theory::{Classifier, Distortion, FreeClassifier, Rdc, RdcError, Settings, Source};

/// P(X = 1) = 0.3; the label is 1 with probability 0.475 where X = 0, always where X = 1.
fn instance() -> Source {
    Source::new(pmf(&[0.7, 0.3]), rows(&[[0.525, 0.475], [0.0, 1.0]])).unwrap()
}

fn hamming() -> Distortion {
    Distortion::hamming(2).unwrap()
}

/// D of the instance; a constant classifier errs with the probability of class 0 whatever the channel.
const D: f64 = 0.1;
const CONSTANT: f64 = 0.3675;

fn random_case(seed: u64) -> (Source, Distortion) {
    let mut random = Random::new(30, seed);
    let (n, m, classes) = (1 + random.size(3), random.size(4), 1 + random.size(2));
    let joint = DMatrix::from_fn(n, classes, |_, _| random.uniform());
    let total = joint.sum();
    let distortion = DMatrix::from_fn(n, m, |_, _| random.uniform());
    (Source::from_joint(joint / total).unwrap(), Distortion::matrix(distortion).unwrap())
}

/// Every list of `letters` classes, by appending letters.
fn all_maps(letters: usize, classes: usize) -> Vec<Vec<usize>> {
    let append = |maps: Vec<Vec<usize>>, _| {
        let longer =
            |map: &Vec<usize>| (0..classes).map(|c| [&map[..], &[c]].concat()).collect::<Vec<_>>();
        maps.iter().flat_map(longer).collect()
    };
    (0..letters).fold(vec![vec![]], append)
}

#[test]
fn the_best_of_all_maps() {
    let (mut solved, mut refused) = (0, 0);
    for seed in 0..150 {
        let (source, distortion) = random_case(seed);
        let mut random = Random::new(31, seed);
        let (d, e) = (random.between(0.1, 0.8), random.between(0.2, 0.9));
        let maps = all_maps(distortion.as_matrix().ncols(), source.classes());
        let solve = |map: &Vec<usize>| {
            let c0 = Classifier::hard(map).unwrap();
            Rdc::new(&source, distortion.clone(), &c0).unwrap().solve(d, e).ok()
        };
        let brackets: Vec<(f64, f64)> =
            maps.iter().filter_map(solve).map(|s| (s.lower, s.rate)).collect();
        let found = FreeClassifier::new(&source, distortion.clone()).unwrap().solve(d, e);
        if brackets.is_empty() {
            assert!(matches!(found, Err(RdcError::Infeasible(_))), "seed {seed}");
            refused += 1;
            continue;
        }
        let found = found.unwrap();
        let least = |value: fn(&(f64, f64)) -> f64| brackets.iter().map(value).fold(INF, f64::min);
        assert_eq!(
            (found.lower, found.solution.rate),
            (least(|b| b.0), least(|b| b.1)),
            "seed {seed}"
        );
        let c0 = Classifier::hard(&found.classifier).unwrap();
        let error = c0.error_matrix(&source).unwrap();
        assert!(expected(source.pmf(), &found.solution.channel, &error) <= e + 1e-12);
        solved += 1;
    }
    assert!(solved > 50 && refused > 10, "{solved} {refused}");
}

#[test]
fn the_rate_falls_where_a_constant_classifier_becomes_feasible() {
    let free = FreeClassifier::new(&instance(), hamming()).unwrap();
    assert!((instance().class_priors()[0] - CONSTANT).abs() < 1e-15);
    let (before, at) = (free.solve(D, CONSTANT - 1e-9).unwrap(), free.solve(D, CONSTANT).unwrap());
    assert!((before.solution.rate - 0.45286).abs() < 1e-5, "{}", before.solution.rate);
    assert!((at.solution.rate - 0.41230).abs() < 1e-5, "{}", at.solution.rate);
    assert!(before.lower - at.solution.rate > 0.04);
    assert_eq!((before.classifier, at.classifier), (vec![0, 1], vec![1, 1]));
}

#[test]
fn so_it_is_monotone_and_not_convex() {
    let free = FreeClassifier::new(&instance(), hamming()).unwrap();
    let at = |e: f64| Sample { budgets: [e], rate: Bracket::try_from(free.solve(D, e)).unwrap() };
    let report = check_samples(&[at(0.34), at(CONSTANT - 1e-4), at(CONSTANT)]).unwrap();
    assert!(report.monotonicity.is_none());
    let violation = report.convexity.unwrap();
    assert_proven(&violation);
    assert_eq!(violation.point.budgets, [CONSTANT - 1e-4]);
    assert!(violation.size > 0.04, "{violation}");

    let rate = |[d, e]: [f64; 2]| Bracket::try_from(free.solve(d, e));
    let report = check_function(rate, [[0.0, 0.3], [0.33, 0.5]], 100, 1).unwrap();
    assert!(report.monotonicity.is_none());
    assert!(report.convexity.is_some_and(|violation| violation.size > 0.03));
}

#[test]
fn with_labels_written_on_the_letters_it_is_convex_and_no_dearer() {
    for seed in 0..12 {
        let (source, distortion) =
            if seed == 0 { (instance(), hamming()) } else { random_case(seed) };
        let extended = Rdc::label_extended(&source, &distortion).unwrap();
        let free = FreeClassifier::new(&source, distortion).unwrap();
        let frontier = extended.feasible_frontier();
        let (d, e) = (frontier.smallest_first(), frontier.smallest_second());
        let rate = |[d, e]: [f64; 2]| Bracket::try_from(extended.solve(d, e));
        let report = check_function(rate, [[d, d + 0.3], [e, e + 0.3]], 60, seed).unwrap();
        assert!(report.holds() && report.resolution < 2.1e-9, "seed {seed}: {report}");
        for (share, other) in [(0.0, 0.1), (0.05, 0.05), (0.2, 0.01), (0.01, 0.2)] {
            let (d, e) = (d + share, frontier.second_at(d + share).unwrap() + other);
            let convex = extended.solve(d, e).unwrap();
            if let Ok(free) = free.solve(d, e) {
                assert!(convex.lower <= free.solution.rate, "seed {seed}");
            }
        }
    }
    let extended = Rdc::label_extended(&instance(), &hamming()).unwrap();
    let free = FreeClassifier::new(&instance(), hamming()).unwrap();
    let gain = free.solve(D, 0.36).unwrap().lower - extended.solve(D, 0.36).unwrap().rate;
    assert!(gain > 0.03, "{gain}");
}

#[test]
fn letter_y_with_class_c_is_letter_y_k_plus_c() {
    let distortion = Distortion::matrix(rows(&[[0.0, 0.5], [1.0, INF]])).unwrap();
    let extended = Rdc::label_extended(&instance(), &distortion).unwrap();
    let solution = extended.solve(0.35, INF).unwrap();
    assert_eq!(solution.channel.shape(), (2, 4));
    let pair = |x, y: usize| solution.channel[(x, 2 * y)] + solution.channel[(x, 2 * y + 1)];
    assert_eq!(pair(1, 1), 0.0, "a forbidden pair stays forbidden");
    // Without a distortion to speak of, the classes are read from the second digit: class 1 throughout errs with P(class 0).
    let lossy = extended.solve(INF, CONSTANT + 1e-12).unwrap();
    assert!(lossy.rate < 1e-9 && lossy.output[1] + lossy.output[3] > 1.0 - 1e-9);
}

#[test]
fn what_no_map_meets_is_infeasible_with_the_smallest_error_of_all() {
    let free = FreeClassifier::new(&instance(), hamming()).unwrap();
    let Err(RdcError::Infeasible(error)) = free.solve(D, 0.3) else { unreachable!("0.3 < 0.3325") };
    let smallest = error.budgets[Rdc::ERROR].smallest.unwrap();
    assert!((smallest - 0.3325).abs() < 1e-12, "{smallest}");
    assert!(free.solve(D, smallest).is_ok());
    assert!(matches!(free.solve(-1.0, 0.3), Err(RdcError::Value { .. })));
}

#[test]
fn maps_are_counted() {
    let source = |classes| Source::empirical(&[0, 1, 1], classes).unwrap();
    let distortion = |letters| Distortion::matrix(DMatrix::zeros(3, letters)).unwrap();
    assert!(FreeClassifier::new(&source(2), distortion(12)).is_ok());
    for (classes, letters) in [(2, 13), (3, 8), (2, 1000)] {
        let refused = FreeClassifier::new(&source(classes), distortion(letters));
        assert!(matches!(refused, Err(RdcError::Value { .. })), "{classes}^{letters}");
    }
    let mismatched = FreeClassifier::new(&instance(), distortion(2));
    assert!(matches!(mismatched, Err(RdcError::Shape { .. })));
}

#[test]
fn settings_are_used() {
    let free = FreeClassifier::new(&instance(), hamming()).unwrap();
    let coarse = Settings::default().with_max_iterations(1);
    let found = free.solve_with(D, 0.35, &coarse).unwrap();
    let truth = free.solve(D, 0.35).unwrap();
    assert!(found.solution.rate - found.lower > 1e-3);
    assert!(found.lower <= truth.solution.rate && truth.lower <= found.solution.rate);
}
