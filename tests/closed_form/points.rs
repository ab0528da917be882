//! The closed forms by themselves: pieces that meet, multipliers that are slopes, and arguments at
//! the ends of their range.

use crate::common::random::Random;
use crate::common::{INF, pmf};
use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::closed_form::{
    Point, erasure, gaussian, hamming, hierarchical_hamming, laplace, uniform_hamming,
};
use rdc_theory::{binary_entropy, entropy};
use std::f64::consts::LN_2;

/// A rate function of one budget, and the budgets between which it is one formula: the last needs
/// no rate.
struct Curve {
    name: &'static str,
    pieces: Vec<f64>,
    at: Box<dyn Fn(f64) -> Point<1>>,
}

impl Curve {
    fn new(name: &'static str, pieces: &[f64], at: impl Fn(f64) -> Point<1> + 'static) -> Self {
        Self { name, pieces: pieces.to_vec(), at: Box::new(at) }
    }

    fn rate(&self, d: f64) -> f64 {
        (self.at)(d).rate
    }

    fn slope(&self, d: f64) -> f64 {
        (self.at)(d).multipliers[0]
    }

    fn at_zero_rate(&self) -> f64 {
        *self.pieces.last().unwrap()
    }
}

/// The budget at which the line to the erasures touches the curve of the bit.
fn contact(wrong: f64, erased: f64) -> f64 {
    let line = erasure(wrong, erased, (1.0 - 1e-9) * erased).unwrap().multipliers[0];
    wrong / (1.0 + (line * wrong).exp2())
}

fn curves() -> Vec<Curve> {
    let skewed = pmf(&[0.1, 0.4, 0.05, 0.25, 0.2]);
    let tied = pmf(&[0.3, 0.0, 0.3, 0.1, 0.3]);
    let nearly_sure = pmf(&[0.98, 0.012, 0.008]);
    vec![
        Curve::new("bit", &[0.5], |d| uniform_hamming(2, d).unwrap()),
        Curve::new("uniform", &[6.0 / 7.0], |d| uniform_hamming(7, d).unwrap()),
        Curve::new("skewed", &[0.2, 0.35, 0.55, 0.6], move |d| hamming(&skewed, d).unwrap()),
        Curve::new("tied", &[0.3, 0.7], move |d| hamming(&tied, d).unwrap()),
        Curve::new("sure", &[0.016, 0.02], move |d| hamming(&nearly_sure, d).unwrap()),
        Curve::new("erasures", &[contact(2.0, 0.6), 0.6], |d| erasure(2.0, 0.6, d).unwrap()),
        Curve::new("cheap", &[contact(1.0, 0.05), 0.05], |d| erasure(1.0, 0.05, d).unwrap()),
        Curve::new("dear", &[contact(1.0, 0.499), 0.499], |d| erasure(1.0, 0.499, d).unwrap()),
        Curve::new("useless", &[2.0], |d| erasure(4.0, 2.0, d).unwrap()),
        Curve::new("no errors", &[3.0], |d| erasure(INF, 3.0, d).unwrap()),
        Curve::new("Gaussian", &[2.5], |d| gaussian(2.5, d).unwrap()),
        Curve::new("Laplace", &[0.4], |d| laplace(0.4, d).unwrap()),
    ]
}

/// The pieces of hierarchical Hamming meet where a budget starts to bind; both ends are in terms of
/// the other budget.
fn binding(k: usize, g: usize, d: f64, e: f64) -> [f64; 2] {
    let (g, m) = (g as f64, (k * g) as f64);
    [d * (m - g) / (m - 1.0), 1.0 - (1.0 - e) / g]
}

const BLOCKS: [(usize, usize); 7] = [(1, 1), (1, 4), (4, 1), (2, 2), (3, 2), (2, 5), (5, 3)];

#[test]
fn pieces_meet() {
    const STEP: f64 = 1e-13;
    for curve in curves() {
        for &end in &curve.pieces {
            let (left, right) = ((1.0 - STEP) * end, (1.0 + STEP) * end);
            assert_abs_diff_eq!(curve.rate(left), curve.rate(right), epsilon = 1e-12);
            if end < curve.at_zero_rate() {
                assert_abs_diff_eq!(curve.slope(left), curve.slope(right), epsilon = 1e-9);
            }
        }
        assert_eq!((curve.at)(curve.at_zero_rate() * (1.0 + STEP)).multipliers, [0.0]);
        for steps in 1..30 {
            let below = curve.at_zero_rate() * (1.0 - f64::from(steps) * f64::EPSILON);
            assert!(curve.rate(below) >= 0.0 && curve.slope(below) >= 0.0, "{}", curve.name);
        }
        assert!(curve.rate(curve.at_zero_rate() * (1.0 - 1e-3)) > 0.0, "{}", curve.name);
    }
}

#[test]
fn pieces_of_two_budgets_meet() {
    const STEP: f64 = 1e-13;
    for (k, g) in BLOCKS.into_iter().filter(|&(k, g)| k > 1 && g > 1) {
        let at = |d, e| hierarchical_hamming(k, g, d, e).unwrap();
        for fraction in [0.01, 0.2, 0.5, 0.9, 0.99] {
            let d = fraction * (1.0 - 1.0 / (k * g) as f64);
            let e = fraction * (1.0 - 1.0 / k as f64);
            let [meets_d, meets_e] = binding(k, g, d, e);
            for (left, right) in [
                (at(d, meets_d * (1.0 - STEP)), at(d, meets_d * (1.0 + STEP))),
                (at(meets_e * (1.0 - STEP), e), at(meets_e * (1.0 + STEP), e)),
            ] {
                assert!(left.rate > 0.0);
                assert_abs_diff_eq!(left.rate, right.rate, epsilon = 1e-12);
                assert_abs_diff_eq!(
                    left.multipliers.as_slice(),
                    right.multipliers.as_slice(),
                    epsilon = 1e-9
                );
            }
        }
    }
}

#[test]
fn multipliers_are_slopes() {
    for curve in curves() {
        let mut start = 0.0;
        for &end in &curve.pieces {
            for fraction in [0.05, 0.3, 0.5, 0.8, 0.95] {
                let d = start + fraction * (end - start);
                let step = 1e-5 * (d - start).min(end - d);
                let difference = (curve.rate(d - step) - curve.rate(d + step)) / (2.0 * step);
                let slope = curve.slope(d);
                assert!(
                    (slope - difference).abs() < 1e-8 * slope + 1e-15 / step,
                    "{} at {d}: {slope}, {difference}",
                    curve.name
                );
            }
            start = end;
        }
    }
}

#[test]
fn multipliers_of_two_budgets_are_slopes() {
    const STEP: f64 = 1e-5;
    let mut random = Random::new(2, 1);
    for (k, g) in BLOCKS.into_iter().cycle().take(700) {
        let at = |d, e| hierarchical_hamming(k, g, d, e).unwrap();
        let (d, e) = (random.between(0.02, 1.0), random.between(0.02, 1.0));
        let [meets_d, meets_e] = binding(k, g, d, e);
        if (e - meets_d).abs() < 1e-3 || (d - meets_e).abs() < 1e-3 {
            continue;
        }
        let difference = [
            (at(d - STEP, e).rate - at(d + STEP, e).rate) / (2.0 * STEP),
            (at(d, e - STEP).rate - at(d, e + STEP).rate) / (2.0 * STEP),
        ];
        assert_abs_diff_eq!(at(d, e).multipliers.as_slice(), difference.as_slice(), epsilon = 1e-6);
    }
}

/// Convex, falling, and nowhere below the line or plane of a point's multipliers, kinks included.
#[test]
fn rates_lie_above_the_planes_of_their_multipliers() {
    for curve in curves() {
        let last = 1.2 * curve.at_zero_rate();
        let mut budgets: Vec<f64> = (1..40).map(|step| last * f64::from(step) / 40.0).collect();
        budgets.extend(curve.pieces.iter().copied());
        budgets.extend([1e-9, 1e-3].map(|fraction| fraction * last));
        for &d in &budgets {
            for &other in &budgets {
                let plane = curve.rate(d) - curve.slope(d) * (other - d);
                assert!(curve.rate(other) >= plane - 1e-13, "{}: {d}, {other}", curve.name);
            }
        }
    }
    let budgets = [1e-9, 0.01, 0.1, 0.25, 0.4, 0.5, 0.625, 0.7, 0.75, 0.8, 1.0, 1.5];
    let points = || budgets.into_iter().flat_map(|d| budgets.map(|e| [d, e]));
    for (k, g) in BLOCKS {
        let at = |[d, e]: [f64; 2]| hierarchical_hamming(k, g, d, e).unwrap();
        for here in points() {
            let Point { rate, multipliers: [of_d, of_e], .. } = at(here);
            for there in points() {
                let plane = rate - of_d * (there[0] - here[0]) - of_e * (there[1] - here[1]);
                assert!(at(there).rate >= plane - 1e-13, "{k}, {g}: {here:?}, {there:?}");
            }
        }
    }
}

#[test]
fn one_source_by_several_names() {
    for m in [1, 2, 3, 8] {
        let equal = pmf(&vec![1.0 / m as f64; m]);
        for d in [0.0, 1e-16, 1e-12, 0.1, 0.3, 0.49, 0.5, 0.6, 0.85, 0.9, INF] {
            let uniform = uniform_hamming(m, d).unwrap();
            let any = hamming(&equal, d).unwrap();
            assert_abs_diff_eq!(any.rate, uniform.rate, epsilon = 1e-15);
            assert_relative_eq!(any.multipliers[0], uniform.multipliers[0], epsilon = 1e-14);
            let slope = uniform.multipliers[0];
            for (k, g, d, e, multipliers) in [
                (m, 1, d, INF, [slope, 0.0]),
                (m, 1, d, d, [slope, 0.0]),
                (m, 1, d.next_up(), d, [0.0, slope]),
                (1, m, d, 0.0, [slope, 0.0]),
                (m, 3, INF, d, [0.0, slope]),
            ] {
                let point = hierarchical_hamming(k, g, d, e).unwrap();
                assert_eq!((point.rate, point.multipliers), (uniform.rate, multipliers));
            }
        }
    }
    for step in 1..85 {
        let d = f64::from(step) / 97.0;
        let both = hierarchical_hamming(8, 1, d, d).unwrap();
        assert_eq!(both.multipliers, [uniform_hamming(8, d).unwrap().multipliers[0], 0.0]);
    }
    for d in [0.0, 0.1, 0.3, 0.5] {
        assert_eq!(erasure(1.0, 0.5, d).unwrap(), uniform_hamming(2, d).unwrap());
    }
}

/// The height of the line of contact, by the condition of Berger 1971, section 2.7, in which the
/// root search plays no part: the tangent of `1 - Hb` at t meets 0 at the ratio.
#[test]
fn lines_to_the_erasures_are_tangents() {
    for ratio in [0.02, 0.1, 0.2, 0.3, 0.4, 0.45, 0.49, 0.4999, 0.499_999, 0.5 - 1e-9] {
        let t = contact(1.0, ratio);
        let condition = ratio * t.log2() + (1.0 - ratio) * (-t).ln_1p() / LN_2;
        assert_abs_diff_eq!(condition, -1.0, epsilon = 1e-14);
        let middle = 0.5 * (t + ratio);
        let tangent = 1.0 - binary_entropy(t) - ((1.0 - t) / t).log2() * (middle - t);
        assert_abs_diff_eq!(erasure(1.0, ratio, middle).unwrap().rate, tangent, epsilon = 1e-14);
        assert!(0.0 < t && t < ratio, "{t} {ratio}");
    }
    // The letter is all but useless.
    let mut ratio = 0.5_f64;
    for _ in 0..1000 {
        ratio = ratio.next_down();
        for d in [0.3, 0.499_999] {
            let (point, bit) = (erasure(1.0, ratio, d).unwrap(), uniform_hamming(2, d).unwrap());
            assert_abs_diff_eq!(point.rate, bit.rate, epsilon = 1e-14);
            assert_abs_diff_eq!(point.multipliers[0], bit.multipliers[0], epsilon = 1e-7);
        }
        let line = erasure(1.0, ratio, ratio.next_down()).unwrap();
        assert!(0.0 < line.multipliers[0] && line.multipliers[0] < 1e-11, "{ratio}: {line:?}");
    }
    // As errors get dearer the line becomes that of no errors at all.
    for wrong in [1e3, 1e9, 1e300, INF] {
        let point = erasure(wrong, 1.0, 0.25).unwrap();
        assert_eq!((point.rate, point.multipliers), (0.75, [1.0]));
    }
}

/// Where 1 - max p is 2^-40, R is a difference of numbers of its own size, to all digits. The rates
/// are `Hb(2^-40) - Hb(D)` of 40-digit arithmetic.
#[test]
fn small_rates_have_all_digits() {
    let rare = (-40_f64).exp2();
    let source = pmf(&[1.0 - rare, rare]);
    for (fraction, rate) in [
        (0.9, 3.644_769_749_360_626e-12),
        (0.3, 2.591_040_979_529_845e-11),
        (0.001, 3.764_515_582_730_633e-11),
    ] {
        let d = fraction * rare;
        let point = hamming(&source, d).unwrap();
        assert_relative_eq!(point.rate, rate, epsilon = 0.0, max_relative = 1e-14);
        let difference = binary_entropy(rare) - binary_entropy(d);
        assert_relative_eq!(difference, rate, epsilon = 0.0, max_relative = 1e-14);
        assert_abs_diff_eq!(point.multipliers[0], -d.log2(), epsilon = 1e-11);
    }
}

/// R at D = 0 and its slope there; a constant needs no rate.
#[test]
fn no_distortion() {
    let at_zero = |point: Point<1>| (point.rate, point.multipliers[0]);
    let source = pmf(&[0.5, 0.25, 0.0, 0.25]);
    assert_eq!(at_zero(hamming(&source, 0.0).unwrap()), (entropy(&source), INF));
    assert_eq!(at_zero(uniform_hamming(8, 0.0).unwrap()), (3.0, INF));
    assert_eq!(at_zero(erasure(2.0, 0.3, 0.0).unwrap()), (1.0, INF));
    assert_eq!(at_zero(erasure(1e6, 4.0, 0.0).unwrap()), (1.0, INF));
    assert_eq!(at_zero(erasure(INF, 4.0, 0.0).unwrap()), (1.0, 0.25));
    assert_eq!(at_zero(gaussian(1.0, 0.0).unwrap()), (INF, INF));
    assert_eq!(at_zero(laplace(1.0, 0.0).unwrap()), (INF, INF));
    for constant in [
        hamming(&pmf(&[1.0]), 0.0),
        hamming(&pmf(&[0.0, 1.0, 0.0]), 0.0),
        uniform_hamming(1, 0.0),
        gaussian(0.0, 0.0),
        laplace(0.0, 0.0),
    ] {
        assert_eq!(at_zero(constant.unwrap()), (0.0, 0.0));
    }
    let both = |k, g, d, e| {
        let Point { rate, multipliers, .. } = hierarchical_hamming(k, g, d, e).unwrap();
        (rate, multipliers)
    };
    assert_eq!(both(1, 1, 0.0, 0.0), (0.0, [0.0, 0.0]));
    assert_eq!(both(2, 2, 0.0, 0.0), (2.0, [INF, 0.0]));
    assert_eq!(both(2, 2, 0.0, 0.3), (2.0, [INF, 0.0]));
    assert_eq!(both(2, 2, 0.25, 0.0), (2.0 - binary_entropy(0.25), [3_f64.log2(), INF]));
    assert_eq!(both(2, 2, 0.5, 0.0), (1.0, [0.0, INF]));
    assert_eq!(both(4, 1, 0.1, 0.0), (2.0, [0.0, INF]));
}

/// The smallest budget that needs no rate is one of those that do not.
#[test]
fn no_rate() {
    let is_free = |point: Point<1>| point.rate == 0.0 && point.multipliers == [0.0];
    for m in 1..50_u32 {
        let d = f64::from(m - 1) / f64::from(m);
        assert!(is_free(uniform_hamming(m as usize, d).unwrap()), "{m}");
    }
    assert!(is_free(hamming(&pmf(&[0.25, 0.5, 0.25]), 0.5).unwrap()));
    assert!(is_free(erasure(1.0, 0.3, 0.3).unwrap()));
    assert!(is_free(erasure(INF, 0.3, 0.3).unwrap()));
    assert!(is_free(gaussian(0.3, 0.3).unwrap()));
    assert!(is_free(laplace(0.3, 0.3).unwrap()));
}

/// Numbers at the ends of the range of f64 give rates that fall, and nothing that is not a number.
#[test]
fn extreme_arguments() {
    let scales = [f64::from_bits(1), 1e-308, 1e-160, 1e-16, 1.0, 1e16, 1e160, f64::MAX, INF];
    let budgets = || [0.0].into_iter().chain(scales);
    let falls = |points: Vec<Point<1>>| {
        for point in &points {
            assert!(point.rate >= 0.0 && point.multipliers[0] >= 0.0, "{points:?}");
        }
        assert!(points[1].rate.is_finite(), "{points:?}");
        assert!(points.is_sorted_by(|a, b| a.rate >= b.rate), "{points:?}");
    };
    for &a in scales.iter().filter(|a| a.is_finite()) {
        falls(budgets().map(|d| gaussian(a, d).unwrap()).collect());
        falls(budgets().map(|d| laplace(a, d).unwrap()).collect());
        for wrong in scales {
            falls(budgets().map(|d| erasure(wrong, a, d).unwrap()).collect());
        }
        if a < 1e-15 {
            let source = pmf(&[1.0, a, 0.5 * a]);
            falls(budgets().map(|d| hamming(&source, d).unwrap()).collect());
        }
    }
    let steepest = uniform_hamming(usize::MAX, scales[0]).unwrap().multipliers[0];
    assert_eq!(steepest, f64::from(usize::BITS) + 1074.0);
    for m in [1, 2, usize::MAX] {
        falls(budgets().map(|d| uniform_hamming(m, d).unwrap()).collect());
        for g in [1, 2, usize::MAX] {
            for e in budgets() {
                let points = budgets().map(|d| hierarchical_hamming(m, g, d, e).unwrap());
                let points: Vec<Point<2>> = points.collect();
                assert!(points.iter().flat_map(|p| p.multipliers).all(|slope| slope >= 0.0));
                assert!(points.is_sorted_by(|a, b| a.rate >= b.rate && b.rate >= 0.0));
            }
        }
    }
}

#[test]
fn a_budget_of_minus_zero_is_zero() {
    assert_eq!(gaussian(1.0, -0.0).unwrap(), gaussian(1.0, 0.0).unwrap());
    assert_eq!(laplace(1.0, -0.0).unwrap(), laplace(1.0, 0.0).unwrap());
    assert_eq!(laplace(1.0, -0.0).unwrap().multipliers, [f64::INFINITY]);
    assert_eq!(uniform_hamming(3, -0.0).unwrap(), uniform_hamming(3, 0.0).unwrap());
}
