//! Sources seen through a channel, transport distances, and binary restoration.

use crate::common::random::Random;
use crate::common::{self, INF, pmf, rows};
use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    BinaryClassifier, BinaryRdc, BinaryRestoration, Classifier, Distortion, Observation,
    Perception, Rdc, RdcError, Source, binary_entropy,
};

fn source(random: &mut Random, n: usize, k: usize) -> Source {
    Source::new(random.pmf(n), random.stochastic(n, k)).unwrap()
}

#[test]
fn perfect_observation_changes_nothing() {
    let mut random = Random::new(71, 1);
    let source = source(&mut random, 5, 3);
    let seen = Observation::new(&source, DMatrix::identity(5, 5)).unwrap();
    assert_relative_eq!(seen.source().pmf(), source.pmf(), epsilon = 1e-15);
    assert_relative_eq!(seen.source().posterior(), source.posterior(), epsilon = 1e-15);
    let mut cost = DMatrix::from_fn(5, 4, |_, _| random.uniform());
    cost[(2, 3)] = INF;
    assert_eq!(seen.average(&cost).unwrap(), cost);
}

#[test]
fn averages_are_those_of_the_whole_chain() {
    let mut random = Random::new(72, 1);
    for _ in 0..200 {
        let (n, o, m, k) = (random.size(5), random.size(5), random.size(5), random.size(4));
        let source = source(&mut random, n, k);
        let channel = random.stochastic(n, o);
        let restored = random.stochastic(o, m);
        let cost = DMatrix::from_fn(n, m, |_, _| random.uniform());
        let classifier = Classifier::soft(random.stochastic(m, k)).unwrap();
        let seen = Observation::new(&source, channel.clone()).unwrap();
        // X to X^ in one step.
        let whole = &channel * &restored;
        for (by_y, by_x) in [
            (seen.average(&cost).unwrap(), cost),
            (
                classifier.error_matrix(seen.source()).unwrap(),
                classifier.error_matrix(&source).unwrap(),
            ),
        ] {
            let (y, x) = (seen.source().pmf(), source.pmf());
            let (left, right) =
                (common::expected(y, &restored, &by_y), common::expected(x, &whole, &by_x));
            assert_abs_diff_eq!(left, right, epsilon = 1e-14);
        }
    }
}

/// `I(Y; X^)` with `E[Delta] = e + (1-2e) E[Y != X^]` (Berger 1971, section 4.5).
#[test]
fn a_bit_through_a_symmetric_channel() {
    let uniform = Source::new(pmf(&[0.5, 0.5]), DMatrix::identity(2, 2)).unwrap();
    for flip in [0.0, 0.05, 0.2] {
        let channel = rows(&[[1.0 - flip, flip], [flip, 1.0 - flip]]);
        let seen = Observation::new(&uniform, channel).unwrap();
        let distortion = seen.distortion(&Distortion::hamming(2).unwrap()).unwrap();
        let classifier = Classifier::hard(&[0, 1]).unwrap();
        let rdc = Rdc::new(seen.source(), distortion, &classifier).unwrap();
        for d in [0.21, 0.3, 0.45] {
            let rate = rdc.solve(d, INF).unwrap().rate;
            let expected = 1.0 - binary_entropy((d - flip) / (1.0 - 2.0 * flip));
            assert_abs_diff_eq!(rate, expected, epsilon = 1e-9);
        }
        let least = rdc.smallest_distortion(INF).unwrap().unwrap();
        assert_abs_diff_eq!(least, flip, epsilon = 1e-15);
    }
}

#[test]
fn letters_that_are_not_seen_and_pairs_that_are_forbidden() {
    let source = Source::new(pmf(&[0.6, 0.4, 0.0]), DMatrix::identity(3, 3)).unwrap();
    let channel = rows(&[[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let seen = Observation::new(&source, channel).unwrap();
    let cost = rows(&[[0.0, INF], [1.0, 2.0], [INF, INF]]);
    let averaged = seen.average(&cost).unwrap();
    assert_eq!(averaged[(0, 0)], 0.0);
    assert_eq!(averaged[(0, 1)], INF);
    assert_abs_diff_eq!(averaged[(1, 0)], 4.0 / 7.0, epsilon = 1e-15);
    assert_eq!(averaged[(1, 1)], INF);
    assert_eq!(averaged.row(2), rows(&[[0.0, 0.0]]).row(0));
    assert!(seen.average(&rows(&[[0.0]])).is_err());
    assert!(Observation::new(&source, DMatrix::identity(2, 2)).is_err());
    assert!(Observation::new(&source, DMatrix::from_element(3, 1, 0.9)).is_err());
}

#[test]
fn divergences_agree_where_they_are_the_same() {
    let mut random = Random::new(73, 1);
    for case in 0..200 {
        let m = random.size(12);
        let draw = |random: &mut Random| random.pmf(m);
        let (target, output): (DVector<f64>, DVector<f64>) = (draw(&mut random), draw(&mut random));
        let mut points = random.vector(m);
        points.sort_by(f64::total_cmp);
        let of = |perception: Result<Perception, RdcError>| {
            perception.unwrap().divergence(&output).unwrap()
        };
        let unequal = DMatrix::from_fn(m, m, |y, z| f64::from(y != z));
        let variation = of(Perception::total_variation(target.clone()));
        let moved = of(Perception::transport(target.clone(), unequal));
        assert_abs_diff_eq!(variation, moved, epsilon = 1e-14);
        let far = DMatrix::from_fn(m, m, |y, z| (points[y] - points[z]).abs());
        let line = of(Perception::wasserstein(target.clone(), &points));
        assert_abs_diff_eq!(line, of(Perception::transport(target.clone(), far)), epsilon = 1e-14);
        let bits = of(Perception::kullback_leibler(target.clone()));
        // Pinsker's inequality.
        assert!(bits + 1e-15 >= 2.0 / std::f64::consts::LN_2 * variation * variation, "{case}");
        assert_eq!(
            Perception::kullback_leibler(output.clone()).unwrap().divergence(&output),
            Ok(0.0)
        );
    }
    let lacking = Perception::kullback_leibler(pmf(&[1.0, 0.0])).unwrap();
    assert_eq!(lacking.divergence(&pmf(&[0.5, 0.5])), Ok(INF));
    assert_eq!(lacking.divergence(&pmf(&[1.0, 0.0])), Ok(0.0));
    assert!(lacking.divergence(&pmf(&[1.0])).is_err());
    assert!(lacking.divergence(&pmf(&[0.5, 0.6])).is_err());
}

/// Everything over a grid of restorations.
fn by_enumeration(
    source: BinaryRdc,
    channel: [f64; 2],
    d: f64,
    perception: f64,
    steps: usize,
) -> f64 {
    let p = source.p();
    let (a, b) = (source.weights()[0], source.weights()[1]);
    let masses = [
        [(1.0 - p) * (1.0 - channel[0]), (1.0 - p) * channel[0]],
        [p * (1.0 - channel[1]), p * channel[1]],
    ];
    let mut least = INF;
    for i in 0..=steps {
        for j in 0..=steps {
            let u = [i as f64 / steps as f64, j as f64 / steps as f64];
            let up = masses[0][0] * u[0] + masses[0][1] * u[1];
            let down = masses[1][0] * (1.0 - u[0]) + masses[1][1] * (1.0 - u[1]);
            if up + down <= d && (up - down).abs() <= perception {
                least = f64::min(least, source.base_error() + a * up + b * down);
            }
        }
    }
    least
}

#[test]
fn binary_restorations_against_enumeration() {
    let mut random = Random::new(74, 1);
    let (mut finite, mut binding) = (0, 0);
    for case in 0..400 {
        let classifier = BinaryClassifier::ALL[case % 4];
        let posterior = [random.uniform(), random.uniform()];
        let source = BinaryRdc::new(random.uniform(), posterior, classifier).unwrap();
        let channel = [random.uniform(), random.uniform()];
        let seen = BinaryRestoration::new(source, channel).unwrap();
        let perception = 0.2 * random.uniform();
        let least = seen.smallest_distortion(perception).unwrap();
        let d = least.distortion + random.between(-0.05, 0.3);
        let listed = by_enumeration(source, channel, d, perception, 400);
        let Some(point) = seen.error(d.max(0.0), perception).unwrap() else {
            assert!(d < least.distortion && listed == INF);
            continue;
        };
        assert!(point.distortion <= d + 2e-15 && point.perception <= perception + 2e-15);
        assert!(point.error <= listed + 2e-15, "{point:?} {listed}");
        // A thin set of restorations may miss the grid.
        if d > least.distortion + 0.03 && perception > 0.02 {
            assert!(listed <= point.error + 0.02, "{point:?} {listed}");
            finite += 1;
        }
        binding += usize::from(point.distortion > d - 1e-12);
        // P(D) at that D is the least perception: within it C is finite, below it is not.
        let best = seen.perception(d).unwrap().unwrap();
        assert!(best.perception <= point.perception + 2e-15 && best.distortion <= d + 2e-15);
        assert!(seen.error(d, best.perception).unwrap().is_some());
        if best.perception > 1e-9 {
            assert!(seen.error(d, best.perception - 1e-10).unwrap().is_none());
        }
    }
    assert!(finite > 150 && binding > 50, "{finite} compared, D binds in {binding}");
}

#[test]
fn binary_restorations_at_the_ends() {
    let source = BinaryRdc::new(0.3, [0.0, 1.0], BinaryClassifier::Identity).unwrap();
    // A perfect observation needs no compromise; a useless one leaves the prior.
    let perfect = BinaryRestoration::new(source, [0.0, 1.0]).unwrap();
    let point = perfect.error(0.0, 0.0).unwrap().unwrap();
    assert_eq!((point.error, point.distortion, point.perception), (0.0, 0.0, 0.0));
    let useless = BinaryRestoration::new(source, [0.5, 0.5]).unwrap();
    assert_abs_diff_eq!(useless.smallest_distortion(INF).unwrap().distortion, 0.3, epsilon = 1e-15);
    let natural = useless.smallest_distortion(0.0).unwrap();
    assert_abs_diff_eq!(natural.distortion, 0.42, epsilon = 1e-15);
    assert!(useless.error(0.42, 0.0).unwrap().is_some());
    assert!(useless.error(0.42 - 1e-12, 0.0).unwrap().is_none());
    assert!(useless.perception(0.2).unwrap().is_none());
    for p in [0.0, 1.0] {
        let sure = BinaryRdc::new(p, [0.2, 0.4], BinaryClassifier::Identity).unwrap();
        let seen = BinaryRestoration::new(sure, [0.1, 0.7]).unwrap();
        assert!(seen.error(0.0, 0.0).unwrap().is_some());
    }
    assert!(BinaryRestoration::new(source, [0.1, 1.1]).is_err());
    assert!(perfect.error(-0.1, 0.0).is_err() && perfect.perception(f64::NAN).is_err());
}
