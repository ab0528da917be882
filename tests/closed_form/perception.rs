//! Rate-distortion-perception in closed form: against direct minimisation, known limits, and the pieces at their ends.

use crate::common::INF;
use crate::common::random::Random;
use crate::flips::{information, least};
use approx::{assert_abs_diff_eq, assert_relative_eq};
use rdc_theory::closed_form::{Point, bernoulli_perception, gaussian, gaussian_perception};
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{RdcError, Regime, binary_entropy, rdc_bernoulli};

type Function = fn(f64, f64, f64) -> Result<Point<2>, RdcError>;

const FUNCTIONS: [(&str, Function); 2] =
    [("Bernoulli", bernoulli_perception), ("Gaussian", gaussian_perception)];

/// The least information over all flips with `A + B <= D` and `|A - B| <= P`: over their sum, and for each over their
/// difference. The sum is not fixed at D.
fn least_information(p: f64, d: f64, perception: f64) -> f64 {
    let along = |sum: f64| {
        let low = (-perception).max(-sum).max(sum - 2.0 * p);
        let high = perception.min(sum).min(2.0 * (1.0 - p) - sum);
        if low > high {
            return INF;
        }
        least(low, high, |x| information(p, [0.5 * (sum + x), 0.5 * (sum - x)]).max(0.0))
    };
    least(0.0, d.min(1.0), along)
}

#[test]
fn bernoulli_is_the_least_information_over_all_flips() {
    let mut random = Random::new(61, 1);
    let (mut worst, mut seen) = (0.0_f64, [0; 3]);
    for _ in 0..2_000 {
        let p = random.uniform();
        let perception = if random.chance(0.1) { 0.0 } else { random.uniform() * 0.5 * p };
        let d = random.uniform() * 0.6;
        let point = bernoulli_perception(p, d, perception).unwrap();
        worst = worst.max((point.rate - least_information(p, d, perception)).abs());
        let place = [Regime::Neither, Regime::FirstOnly, Regime::Both];
        seen[place.iter().position(|&regime| regime == point.regime()).unwrap()] += 1;
    }
    assert!(worst < 1e-9 && seen.iter().all(|&count| count > 100), "{worst:e}, {seen:?}");
}

/// The formula as it is printed.
fn printed(p: f64, d: f64, perception: f64) -> f64 {
    let h = |x: f64| if x > 0.0 { -x * x.log2() } else { 0.0 };
    let ternary = |a: f64, b: f64| h(a) + h(b) + h(1.0 - a - b);
    let (q, half) = (1.0 - p, 0.5 * (d - perception));
    2.0 * binary_entropy(p) + binary_entropy(p - perception)
        - ternary(half, p)
        - ternary(half + perception, q)
}

#[test]
fn bernoulli_where_both_count_is_the_printed_formula() {
    let mut random = Random::new(62, 1);
    let mut worst = 0.0_f64;
    for _ in 0..20_000 {
        let p = random.between(0.01, 0.49);
        let perception = p * random.uniform();
        let d1 = perception / (1.0 - 2.0 * (p - perception));
        let d2 = 2.0 * p * (1.0 - p) - (1.0 - 2.0 * p) * perception;
        let d = random.between(d1, d2);
        let point = bernoulli_perception(p, d, perception).unwrap();
        worst = worst.max((point.rate - printed(p, d, perception)).abs());
        // The other letter may be the rarer one.
        let mirrored = bernoulli_perception(1.0 - p, d, perception).unwrap();
        assert_abs_diff_eq!(point.rate, mirrored.rate, epsilon = 1e-13);
    }
    assert!(worst < 2e-14, "{worst:e}");
}

/// Over all jointly Gaussian reproductions: for each deviation that P allows the covariance that D asks for.
#[test]
fn gaussian_is_the_least_information_over_all_deviations() {
    let mut random = Random::new(65, 1);
    for _ in 0..500 {
        let perception = random.uniform();
        let d = 2.0 * random.uniform();
        let narrowest = 1.0 - perception.sqrt();
        let rate = |deviation: f64| {
            let covariance = (0.5 * (1.0 + deviation * deviation - d)).max(0.0);
            let correlation = covariance / deviation;
            if correlation < 1.0 { -0.5 * (1.0 - correlation * correlation).log2() } else { INF }
        };
        let steps = 20_000;
        let deviation = |i: usize| narrowest + 2.0 * perception.sqrt() * i as f64 / steps as f64;
        let least = (0..=steps).map(|i| rate(deviation(i))).fold(INF, f64::min);
        let found = gaussian_perception(1.0, d, perception).unwrap().rate;
        assert!(
            found <= least + 1e-14 && least <= found + 1e-6 * (1.0 + 1.0 / d),
            "{found} {least}"
        );
    }
}

/// Both ends of the middle piece in D.
fn ends(name: &str, spread: f64, perception: f64) -> [f64; 2] {
    if name == "Bernoulli" {
        let (p, q) = (spread, 1.0 - spread);
        return [perception / (1.0 - 2.0 * (p - perception)), 2.0 * p * q - (q - p) * perception];
    }
    let least = (spread.sqrt() - perception.sqrt()).powi(2);
    [spread - least, spread + least]
}

#[test]
fn pieces_meet() {
    const STEP: f64 = 1e-13;
    for (name, function) in FUNCTIONS {
        for spread in [1e-6, 0.01, 0.2, 0.35, 0.499] {
            for share in [1e-9, 1e-3, 0.2, 0.6, 0.97] {
                let perception = share * spread;
                let at = |d| function(spread, d, perception).unwrap();
                let [first, second] = ends(name, spread, perception);
                for end in [first, second] {
                    let (left, right) = (at((1.0 - STEP) * end), at((1.0 + STEP) * end));
                    let scale = 1.0 + left.multipliers[0] * end;
                    assert!((left.rate - right.rate).abs() < 1e-12 * scale, "{name} {end}");
                    let slopes = (left.multipliers[0], right.multipliers[0]);
                    assert!(
                        (slopes.0 - slopes.1).abs() < 1e-8 * scale / spread,
                        "{name} {slopes:?}"
                    );
                }
                assert_eq!(at(first * (1.0 - 1e-6)).regime(), Regime::FirstOnly);
                assert_eq!(at(first + 1e-3 * (second - first)).regime(), Regime::Both);
                assert_eq!(at(second * (1.0 + STEP)), at(INF));
                assert!(at(second * (1.0 - 1e-3)).rate > 0.0);
            }
        }
    }
}

#[test]
fn multipliers_are_slopes() {
    let mut random = Random::new(63, 1);
    for (name, function) in FUNCTIONS {
        for _ in 0..500 {
            let spread = random.between(0.05, 0.45);
            let perception = spread * random.between(0.05, 0.9);
            let [first, second] = ends(name, spread, perception);
            let d = first + (second - first) * random.between(0.05, 0.95);
            let point = function(spread, d, perception).unwrap();
            let step = 1e-6 * spread;
            let rate = |d, perception| function(spread, d, perception).unwrap().rate;
            let slopes = [
                (rate(d - step, perception) - rate(d + step, perception)) / (2.0 * step),
                (rate(d, perception - step) - rate(d, perception + step)) / (2.0 * step),
            ];
            for (multiplier, slope) in point.multipliers.into_iter().zip(slopes) {
                assert_relative_eq!(multiplier, slope, max_relative = 1e-5, epsilon = 1e-7);
            }
        }
    }
}

#[test]
fn convex_and_decreasing() {
    for (name, function) in FUNCTIONS {
        for spread in [0.1, 0.3, 0.5] {
            // The kit takes brackets: what rounding may do to the rate.
            let bracket = |[d, perception]: [f64; 2]| {
                let rate = function(spread, d, perception)?.rate;
                Bracket::new((rate - 1e-14).max(0.0), rate + 1e-14)
            };
            let region = [[1e-3, 2.2 * spread], [0.0, 1.1 * spread]];
            let report = check_function::<2, RdcError>(bracket, region, 150, 7).unwrap();
            assert!(report.holds(), "{name} {spread}: {report}");
        }
    }
}

#[test]
fn without_a_limit_on_perception() {
    let mut random = Random::new(64, 1);
    for _ in 0..1_000 {
        let (spread, d) = (random.uniform(), random.uniform());
        for perception in [INF, 1.0, spread] {
            let bit = bernoulli_perception(spread, d, perception).unwrap();
            assert_abs_diff_eq!(bit.rate, rdc_bernoulli(spread, d, INF).unwrap(), epsilon = 1e-14);
            let normal = gaussian_perception(spread, d, perception).unwrap();
            assert_eq!(normal.rate, gaussian(spread, d).unwrap().rate);
        }
    }
}

#[test]
fn perfect_perception() {
    for p in [0.05, 0.3, 0.5] {
        // Equal flips of mass D/2, and independence from 2pq on.
        let free = 2.0 * p * (1.0 - p);
        for share in [0.1, 0.5, 0.9] {
            let d = share * free;
            let point = bernoulli_perception(p, d, 0.0).unwrap();
            assert_abs_diff_eq!(point.rate, information(p, [0.5 * d; 2]), epsilon = 1e-14);
        }
        assert_eq!(bernoulli_perception(p, free, 0.0).unwrap().rate, 0.0);
    }
    for share in [1e-9, 0.1, 1.0, 1.9, 2.0 - 1e-6] {
        // Jointly Gaussian with equal variances and the correlation 1 - D/2.
        let (point, correlation) =
            (gaussian_perception(3.0, 3.0 * share, 0.0).unwrap(), 1.0 - 0.5 * share);
        let expected = -0.5 * (0.5 * share * (1.0 + correlation)).log2();
        assert_abs_diff_eq!(point.rate, expected, epsilon = 1e-14);
        assert_eq!(point.multipliers[1], INF);
    }
    // As much distortion as the best estimate needs, and no more than twice that at P = 0 (Blau and Michaeli 2018).
    for d in [0.1, 0.5, 0.9] {
        let best = gaussian(1.0, d).unwrap().rate;
        assert!(gaussian_perception(1.0, 2.0 * d, 0.0).unwrap().rate <= best);
        assert!(gaussian_perception(1.0, d, 0.0).unwrap().rate > best);
    }
}

#[test]
fn arguments_at_the_ends_of_their_range() {
    let tiny = [0.0, 5e-324, 1e-300, 1e-17, 1e-9];
    let budgets: Vec<f64> =
        tiny.into_iter().chain([0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 1e300, f64::MAX, INF]).collect();
    let spreads = tiny.into_iter().chain([0.25, 0.5, 0.75, 1.0 - 1e-12, 1.0]);
    for spread in spreads.chain([1e300, f64::MAX]) {
        for &d in &budgets {
            for &perception in &budgets {
                for (name, function) in FUNCTIONS {
                    let Ok(Point { rate, multipliers: [s, t], .. }) =
                        function(spread, d, perception)
                    else {
                        assert!(name == "Bernoulli" && spread > 1.0);
                        continue;
                    };
                    let case = format!("{name} {spread} {d} {perception}: {rate} {s} {t}");
                    assert!(rate >= 0.0 && s >= 0.0 && t >= 0.0, "{case}");
                    assert!(rate > 0.0 || (s == 0.0 && t == 0.0) || spread < 1e-9, "{case}");
                    assert!(name == "Gaussian" || rate <= 1.0 + 1e-15, "{case}");
                }
            }
        }
    }
    for bad in [-1e-300, f64::NAN] {
        for (_, function) in FUNCTIONS {
            for arguments in [[bad, 0.1, 0.1], [0.3, bad, 0.1], [0.3, 0.1, bad]] {
                let [spread, d, perception] = arguments;
                assert!(matches!(function(spread, d, perception), Err(RdcError::Value { .. })));
            }
        }
    }
}
