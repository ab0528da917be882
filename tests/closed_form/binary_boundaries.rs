//! Where the regimes of the binary function meet, and its slopes.

use crate::common::INF;
use crate::common::binary::{BinaryCase, cases};
use crate::common::random::Random;
use crate::flips::misread;
use rdc_theory::{
    BinaryClassifier, BinaryPoint, BinaryRdc, RdcError, Regime, binary_entropy, rdc_bernoulli,
};

/// A step to either side of a boundary.
const STEP: f64 = 1e-9;

/// Cases whose flips weigh something, and not so nearly the same that the regimes cannot be told apart.
fn distinct() -> impl Iterator<Item = BinaryCase> {
    cases().filter(|case| {
        let [a, b] = case.binary().weights();
        let inside = |v: f64| (1e-3..=1.0 - 1e-3).contains(&v);
        inside(case.p) && (a - b).abs() > 1e-2 && a.abs() > 1e-2 && b.abs() > 1e-2
    })
}

fn regime(rdc: &BinaryRdc, d: f64, e: f64) -> Regime {
    rdc.point(d, e).unwrap().regime
}

/// A step that a slope makes less of than rounding may.
const TINY: f64 = 1e-13;

/// Rates on a boundary and a tiny step to either side of it; the first has the smallest budget.
fn assert_continuous(case: &BinaryCase, k: usize, points: [BinaryPoint; 3]) {
    let [below, at, above] = points;
    // A last digit of E, too, may be worth more where a weight is tiny.
    let steepest = points.iter().map(|point| point.multipliers[1]).fold(0.0, f64::max);
    let allowed = 1e-12 + 2.0 * TINY * below.multipliers[k] + 2.0 * f64::EPSILON * steepest;
    assert!((below.rate - at.rate).abs() <= allowed, "{case:?}: {below:?}, {at:?}");
    assert!((at.rate - above.rate).abs() <= allowed, "{case:?}: {at:?}, {above:?}");
}

#[test]
fn the_rate_is_continuous_across_boundaries() {
    let mut crossed = [0; 2];
    for case in cases() {
        let (rdc, d, e) = (case.binary(), case.d, case.e);
        let around = |at: f64| [at - TINY, at, at + TINY];
        let boundaries = [rdc.d1(e), rdc.d2(e), rdc.flat_in_distortion_from(e)];
        let least = rdc.smallest_distortion(e).unwrap().unwrap();
        for boundary in boundaries.into_iter().filter_map(Result::unwrap) {
            if boundary - TINY > least {
                let points = around(boundary).map(|d| rdc.point(d, e).unwrap());
                assert_continuous(&case, 0, points);
                crossed[0] += 1;
            }
        }
        let boundary = rdc.flat_in_error_from(d).unwrap();
        if boundary - TINY > rdc.smallest_error(d).unwrap() {
            assert_continuous(&case, 1, around(boundary).map(|e| rdc.point(d, e).unwrap()));
            crossed[1] += 1;
        }
    }
    assert!(crossed[0] >= 10_000 && crossed[1] >= 3_000, "{crossed:?}");
}

#[test]
fn d1_ends_the_distortion_only_regime() {
    let mut counts = [0; 3];
    for case in distinct() {
        let (rdc, e) = (case.binary(), case.e);
        let rarer = case.p.min(1.0 - case.p);
        let Some(d1) = rdc.d1(e).unwrap() else {
            assert!(rdc.point(0.0, e).is_err(), "{case:?}");
            counts[0] += 1;
            continue;
        };
        if d1 > STEP {
            for share in [0.5, 0.999] {
                let point = rdc.point(share * d1, e).unwrap();
                let classical = binary_entropy(case.p) - binary_entropy(share * d1);
                assert_eq!(point.regime, Regime::FirstOnly, "{case:?}: {point:?}");
                assert!((point.rate - classical).abs() <= 1e-14, "{case:?}: {point:?}");
            }
        }
        if d1 < rarer - 1e-5 {
            let beyond = regime(&rdc, d1 + 1e-6, e);
            assert_ne!(beyond, Regime::FirstOnly, "{case:?}: {d1}");
            counts[1] += 1;
        } else {
            counts[2] += 1;
        }
    }
    assert!(counts.iter().all(|&count| count >= 300), "{counts:?}");
}

/// The best channel for D alone errs less again as it nears the constant one, so D1 is not the end of the matter.
#[test]
fn the_distortion_only_regime_may_come_back() {
    let rdc = BinaryRdc::new(0.3, [0.02, 0.6], BinaryClassifier::Identity).unwrap();
    let d1 = rdc.d1(0.2).unwrap().unwrap();
    assert!((d1 - 0.204_401).abs() < 1e-6, "{d1}");
    let met = [0.1, 0.25, 0.29, 0.3].map(|d| regime(&rdc, d, 0.2));
    let (alone, zero) = (Regime::FirstOnly, Regime::Neither);
    assert_eq!(met, [alone, Regime::Both, alone, zero]);
}

#[test]
fn d2_and_the_flat_distortion_end_what_d_costs() {
    let mut counts = [0; 2];
    for case in distinct() {
        let (rdc, e) = (case.binary(), case.e);
        let flat = rdc.flat_in_distortion_from(e).unwrap().unwrap();
        let alone = rdc.point(INF, e).unwrap();
        let at_flat = rdc.point(flat, e).unwrap();
        assert!((at_flat.rate - alone.rate).abs() <= 1e-13, "{case:?}: {at_flat:?}, {alone:?}");
        let least = rdc.smallest_distortion(e).unwrap().unwrap();
        if flat - 1e-4 > least {
            let before = rdc.point(flat - 1e-4, e).unwrap();
            assert!(
                before.rate > alone.rate && before.multipliers[0] > 0.0,
                "{case:?}: {before:?}"
            );
        }
        if let Some(d2) = rdc.d2(e).unwrap() {
            assert_eq!(d2, flat);
            assert_eq!(regime(&rdc, d2 + STEP, e), Regime::Neither, "{case:?}");
            counts[0] += 1;
        } else {
            // Eq. (9) has rate 0 from some D on, whatever E.
            assert_eq!(alone.regime, Regime::SecondOnly, "{case:?}");
            let at_its_edge = rdc.d2(e + 1e-12).unwrap().is_some();
            assert!(alone.rate > 0.0 || at_its_edge, "{case:?}");
            counts[1] += 1;
        }
    }
    assert!(counts.iter().all(|&count| count >= 300), "{counts:?}");
}

#[test]
fn the_classifier_is_free_from_an_error_rate_on() {
    for case in distinct() {
        let (rdc, d) = (case.binary(), case.d);
        let (free, least) = (rdc.flat_in_error_from(d).unwrap(), rdc.smallest_error(d).unwrap());
        let without = rdc.point(d, INF).unwrap();
        assert!(
            (rdc.point(d, free + 1e-15).unwrap().rate - without.rate).abs() <= 1e-13,
            "{case:?}"
        );
        if free - 1e-4 > least {
            let before = rdc.point(d, free - 1e-4).unwrap();
            let higher = before.rate > without.rate && before.multipliers[1] > 0.0;
            // Next to D = 1/2 of a fair bit all rates are 0 but for rounding.
            let no_rate = without.rate < 1e-15 && case.p == 0.5;
            assert!(higher || no_rate, "{case:?}: {before:?}");
            assert!(before.error <= free - 1e-4 + 1e-15, "{case:?}: {before:?}");
        }
    }
}

#[test]
fn the_feasible_ranges_are_those_of_the_general_solver() {
    for case in distinct().take(2000) {
        let (rdc, general) = (case.binary(), case.general());
        let error = general.smallest_error(case.d).unwrap().unwrap();
        assert!((rdc.smallest_error(case.d).unwrap() - error).abs() <= 1e-12, "{case:?}");
        let least = rdc.smallest_error(INF).unwrap();
        for e in [case.e, least + 1e-3, 0.5 * least] {
            let ours = rdc.smallest_distortion(e).unwrap();
            let theirs = general.smallest_distortion(e).unwrap();
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() <= 1e-9, "{case:?}"),
                _ => assert!(ours.is_none() == theirs.is_none() || e == case.e, "{case:?}: {e}"),
            }
        }
    }
}

#[test]
fn the_multipliers_are_the_slopes() {
    let mut checked = [0; 3];
    for case in distinct() {
        let (rdc, d, e) = (case.binary(), case.d, case.e);
        let point = case.point();
        let h = 1e-6;
        let near = |d: f64, e: f64| rdc.point(d, e).ok().filter(|near| near.regime == point.regime);
        let pairs = [(near(d - h, e), near(d + h, e)), (near(d, e - h), near(d, e + h))];
        let [(Some(left), Some(right)), (Some(below), Some(above))] = pairs else { continue };
        for (k, (before, after)) in [(left, right), (below, above)].into_iter().enumerate() {
            // R is convex: the slope of a chord lies between those at its ends.
            let chord = (before.rate - after.rate) / (2.0 * h);
            let [steep, middle, flat] = [before, point, after].map(|point| point.multipliers[k]);
            let rounding = 2e-9 * (1.0 + steep);
            assert!(flat - rounding <= chord && chord <= steep + rounding, "{case:?}: {point:?}");
            assert!(flat - rounding <= middle && middle <= steep + rounding, "{case:?}: {point:?}");
        }
        match point.regime {
            Regime::Neither => {}
            Regime::FirstOnly => checked[0] += 1,
            Regime::SecondOnly => checked[1] += 1,
            Regime::Both => checked[2] += 1,
        }
    }
    assert!(checked.iter().all(|&count| count >= 150), "{checked:?}");
}

/// Eq. (8), and eq. (9) for noiseless labels: `Hb(p) - Hb(min(D, E))`.
#[test]
fn noiseless_labels() {
    let budgets = [0.0, 1e-12, 0.01, 0.1, 0.25, 0.5, 0.9, 1.0, INF];
    for p in [0.0, 1e-9, 0.1, 0.3, 0.5, 0.8, 1.0] {
        let rarer = f64::min(p, 1.0 - p);
        for (d, e) in budgets.into_iter().flat_map(|d| budgets.map(|e| (d, e))) {
            let expected = binary_entropy(rarer) - binary_entropy(rarer.min(d).min(e));
            let rate = rdc_bernoulli(p, d, e).unwrap();
            assert!((rate - expected).abs() <= 1e-14, "{p}, {d}, {e}: {rate}, {expected}");
        }
    }
}

/// `a A + b B <= e` lies between `w (A + B) <= e` for w = a and w = b, which are budgets for the distortion alone.
#[test]
fn weights_that_are_nearly_equal() {
    let random = &mut Random::new(5, 0);
    for _ in 0..20_000 {
        let eta = random.between(0.01, 0.4);
        let other = 1.0 - eta + random.magnitude(-17.0, -12.0);
        let p = random.between(0.01, 0.99);
        let rdc = BinaryRdc::new(p, [eta, other], BinaryClassifier::Identity).unwrap();
        let [a, b] = rdc.weights();
        let d = random.uniform() * p.min(1.0 - p);
        let beside = [0.0, random.magnitude(-17.0, -10.0), -random.magnitude(-17.0, -10.0)];
        let e = rdc.base_error() + a * d + beside[random.below(3)];
        let excess = e - rdc.base_error();
        let rate = |spent: f64| rdc_bernoulli(p, d, spent.max(0.0)).unwrap();
        let rounding = 1e-15;
        let low = rate((excess + rounding) / a.min(b));
        let high = rate((excess - rounding) / a.max(b));
        let point = rdc.point(d, e).unwrap();
        assert!(
            low - 1e-14 <= point.rate && point.rate <= high + 1e-14,
            "{rdc:?}, {d}, {e}: {point:?}, [{low}, {high}]"
        );
    }
}

/// A letter that hardly helps is not asked for what rounding leaves.
#[test]
fn a_weight_next_to_nothing() {
    let half = 0.499_999_999_999_999_94;
    let rdc = BinaryRdc::new(0.4, [0.9, half], BinaryClassifier::Identity).unwrap();
    let [a, b] = rdc.weights();
    assert!(a < -0.7 && b < 0.0 && b > -1e-15);
    for step in 1..100 {
        let missing = 0.48 * f64::from(step) / 100.0;
        let smallest = rdc.smallest_distortion(rdc.base_error() - missing).unwrap().unwrap();
        assert!((smallest - missing / 0.8).abs() <= 1e-15, "{missing}: {smallest}");
    }
}

/// Rates of sources that hardly vary, and the sign of a zero.
#[test]
fn numbers_next_to_nothing() {
    for p in [1e-17, 1e-160, 1e-200, 1e-300, 5e-324] {
        let rate = rdc_bernoulli(p, 0.1 * p, INF).unwrap();
        assert!(rate <= binary_entropy(p) + 1e-15, "{p}: {rate}");
    }
    let rdc = BinaryRdc::new(0.3, [0.1, 0.9], BinaryClassifier::Identity).unwrap();
    assert_eq!(rdc.point(-0.0, INF).unwrap(), rdc.point(0.0, INF).unwrap());
    assert_eq!(rdc.point(INF, 0.1).unwrap(), rdc.point(INF, 0.1 - 0.0).unwrap());
    // The smallest D still costs all of the rate.
    let flipped = BinaryRdc::new(0.5, [0.0, 1.0], BinaryClassifier::Flipped).unwrap();
    let point = flipped.point(5e-324, 1.0 - 0.5 * f64::EPSILON).unwrap();
    assert!((point.rate - 1.0).abs() <= 1e-15 && point.distortion <= 5e-324, "{point:?}");
}

/// A classifier that says the same of both letters costs no rate, and errs as often whatever the channel.
#[test]
fn constant_classifiers() {
    for (classifier, error) in
        [(BinaryClassifier::AlwaysZero, 0.38), (BinaryClassifier::AlwaysOne, 0.62)]
    {
        let rdc = BinaryRdc::from_classes([0.62, 0.38], [0.1, 0.8], classifier).unwrap();
        let p = rdc.p();
        assert!((rdc.smallest_error(0.0).unwrap() - error).abs() <= 1e-15);
        let rate = rdc.point(0.1, rdc.smallest_error(0.1).unwrap()).unwrap().rate;
        assert!((rate - (binary_entropy(p) - binary_entropy(0.1))).abs() <= 1e-15);
        assert!(matches!(rdc.point(0.1, error - 1e-9), Err(RdcError::Infeasible(_))));
        assert_eq!(rdc.d2(error - 1e-9).unwrap(), None);
        assert_eq!(rdc.d1(error - 1e-9).unwrap(), None);
    }
}

/// `sum_x p(x) min_y s Delta(x, y) + t d_c(x, y)`.
fn least_price(case: &BinaryCase, s: f64, t: f64) -> f64 {
    let price = |x: usize, y: usize| s * f64::from(x != y) + t * misread(case, x, y);
    let least = |x: usize| price(x, 0).min(price(x, 1));
    (1.0 - case.p) * least(0) + case.p * least(1)
}

/// The proof of infeasibility holds when it is recomputed, and the smallest budgets are the boundary.
#[test]
fn infeasible_budgets_come_with_a_proof() {
    let mut refused = 0;
    for case in distinct() {
        let rdc = case.binary();
        let e = 0.7 * rdc.smallest_error(case.d).unwrap();
        let report = match rdc.point(case.d, e) {
            Err(RdcError::Infeasible(report)) => report,
            Ok(_) => continue,
            Err(other) => panic!("{case:?}: {other}"),
        };
        let [s, t] = [0, 1].map(|k| report.budgets[k].multiplier);
        assert!(s >= 0.0 && t >= 0.0 && (s + t - 1.0).abs() <= 1e-15, "{report:?}");
        let least = least_price(&case, s, t);
        let spent = t * e + if s > 0.0 { s * case.d } else { 0.0 };
        assert!(
            least - spent > 0.0 && (least - spent - report.excess).abs() <= 1e-15,
            "{report:?}"
        );
        assert_eq!([report.budgets[0].budget, report.budgets[1].budget], [case.d, e]);
        let smallest = report.budgets[1].smallest.unwrap();
        assert!(rdc.point(case.d, smallest).is_ok());
        if smallest > 1e-9 {
            assert!(rdc.point(case.d, smallest - 1e-9).is_err());
        }
        if let Some(smallest) = report.budgets[0].smallest {
            assert!(rdc.point(smallest, e).is_ok(), "{case:?}: {report:?}");
            assert!(rdc.point(smallest - 1e-9, e).is_err(), "{case:?}: {report:?}");
        }
        refused += 1;
    }
    assert!(refused >= 2000, "{refused}");
}

#[test]
fn bad_input_is_named() {
    let identity = BinaryClassifier::Identity;
    let message = |error: RdcError| error.to_string();
    let new = |p, posterior| message(BinaryRdc::new(p, posterior, identity).unwrap_err());
    assert_eq!(new(1.5, [0.0, 1.0]), "p = 1.5: a probability must lie in [0, 1]");
    assert_eq!(
        new(0.5, [f64::NAN, 1.0]),
        "label_posterior[0] = NaN: a probability must lie in [0, 1]"
    );
    assert_eq!(
        new(0.5, [0.0, -0.1]),
        "label_posterior[1] = -0.1: a probability must lie in [0, 1]"
    );
    let classes =
        |priors, ones| message(BinaryRdc::from_classes(priors, ones, identity).unwrap_err());
    assert_eq!(
        classes([-0.1, 1.1], [0.5; 2]),
        "class_priors[0] = -0.1: a probability must lie in [0, 1]"
    );
    assert!(classes([0.4, 0.4], [0.5; 2]).starts_with("class_priors sums to 0.8"));
    assert_eq!(
        classes([0.5, 0.5], [0.5, 2.0]),
        "class_conditionals[1] = 2: a probability must lie in [0, 1]"
    );
    let rdc = BinaryRdc::new(0.3, [0.1, 0.9], identity).unwrap();
    let rule = "a budget must be >= 0, or +inf for no constraint";
    assert_eq!(message(rdc.point(-0.1, 0.5).unwrap_err()), format!("d = -0.1: {rule}"));
    assert_eq!(message(rdc.point(0.1, f64::NAN).unwrap_err()), format!("e = NaN: {rule}"));
    assert_eq!(message(rdc.smallest_error(-1.0).unwrap_err()), format!("d = -1: {rule}"));
    assert_eq!(message(rdc.flat_in_error_from(-1.0).unwrap_err()), format!("d = -1: {rule}"));
    for refused in [
        rdc.d1(-1.0),
        rdc.d2(-1.0),
        rdc.flat_in_distortion_from(-1.0),
        rdc.smallest_distortion(-1.0),
    ] {
        assert_eq!(message(refused.unwrap_err()), format!("e = -1: {rule}"));
    }
}
