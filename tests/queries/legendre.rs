//! The Legendre transform of R, and the curve of distortion against error at a rate.

use crate::common::{self, INF, bernoulli, dearest};
use proptest::prelude::*;
use rdc_theory::strategies::{RdcCase, placement, rdc};
use rdc_theory::{Plane, RdcError, Settings, Status, binary_entropy};

/// What rounding may put between two rates, in bits.
const ROUNDING: f64 = 1e-10;

/// Slopes in bits per unit of the cost's scale, from none to steep.
fn slope() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 4 => (-2.0..2.5_f64).prop_map(|exponent| 10_f64.powf(exponent))]
}

/// The largest average distortion of a letter that is not forbidden.
fn scale(case: &RdcCase) -> f64 {
    dearest(case.source.pmf(), case.distortion.as_matrix()).max(1e-9)
}

#[test]
fn the_transform_of_a_bit() {
    // With D = E: min over D of Hb(p) - Hb(D) + s D is attained at s = log2((1-D)/D).
    for d in [0.01_f64, 0.1, 0.2] {
        let s = ((1.0 - d) / d).log2();
        let exact = binary_entropy(0.3) - binary_entropy(d) + s * d;
        for share in [0.0, 0.3, 1.0] {
            let at = bernoulli().transform(share * s, (1.0 - share) * s).unwrap();
            assert!(
                at.value.lower() <= exact + 1e-12 && exact <= at.value.upper() + 1e-12,
                "{at:?}"
            );
            assert!(at.value.width() < 1e-8, "{at:?}");
            assert!((at.point.achieved[0] - d).abs() < 1e-3, "{at:?}");
        }
    }
    // Slopes below log2(0.7/0.3) touch at no rate: F = 0.3 s.
    for s in [0.0, 1e-3, 0.1, 1.0, 1.2] {
        let at = bernoulli().transform(s, 0.0).unwrap();
        assert!(at.value.lower() <= 0.3 * s && 0.3 * s <= at.value.upper() + 1e-15, "{at:?}");
        assert!(at.value.width() < 1e-6, "{at:?}");
    }
}

#[test]
fn slopes_that_are_none_are_refused() {
    for (s, t, named) in [
        (-1.0, 0.0, "the multiplier of distortion"),
        (f64::NAN, 0.0, "the multiplier of distortion"),
        (0.0, INF, "the multiplier of classification error"),
    ] {
        let Err(RdcError::Value { argument, .. }) = bernoulli().transform(s, t) else {
            panic!("{s}, {t}");
        };
        assert_eq!(argument, named);
    }
}

#[test]
fn a_stopped_run_gives_a_true_plane() {
    let rdc = bernoulli();
    for iterations in 0..6 {
        let settings = Settings::default().with_max_iterations(iterations);
        for (d, e) in [(0.1, INF), (0.25, 0.2), (0.29, INF)] {
            let plane = Plane::from(&rdc.solve_with(d, e, &settings).unwrap());
            for other in [1e-3, 0.05, 0.15, 0.28] {
                let rate = binary_entropy(0.3) - binary_entropy(other);
                assert!(plane.value(other, other) <= rate + 1e-12, "{plane:?} at {other}");
            }
        }
        for s in [0.1, 1.0, 1.5, 3.0] {
            // Where a bound below 0 was lifted to it, its slopes prove nothing.
            let stopped =
                Plane::from(&rdc.problem().solve_at_with(&[s, 0.5 * s], &settings).unwrap());
            let plane = rdc.transform_with(s, 0.5 * s, &settings).unwrap().plane();
            for d in [1e-3, 0.05, 0.15, 0.28] {
                let rate = binary_entropy(0.3) - binary_entropy(d);
                assert!(stopped.value(d, d) <= rate + 1e-12, "{stopped:?} at {d}");
                assert!(plane.value(d, d) <= rate + 1e-12, "{plane:?} at {d}");
            }
        }
    }
}

#[test]
fn a_level_is_where_the_rate_is() {
    let rdc = bernoulli();
    let rate = binary_entropy(0.3) - binary_entropy(0.1);
    let errors = [0.0, 0.05, 0.0999, 0.1001, 0.2, 1.0, INF];
    let curve = rdc.level(rate, &errors, &Settings::default()).unwrap();
    for (at, error) in curve.iter().zip(errors) {
        assert_eq!(at.error, error);
        // Without enough for the errors alone, no distortion helps.
        if error < 0.1 {
            assert_eq!((at.lower, at.upper, at.point), (INF, INF, None));
        } else {
            assert!(at.lower <= 0.1 && 0.1 <= at.upper + 1e-12 && at.upper < 0.1 + 1e-9, "{at:?}");
            assert!(at.point.is_some_and(|point| point.rate <= rate + 1e-12));
        }
    }
    let posterior = common::rows(&[[0.9, 0.1], [0.2, 0.8]]);
    let source = rdc_theory::Source::new(common::pmf(&[0.7, 0.3]), posterior).unwrap();
    let classifier = rdc_theory::Classifier::hard(&[0, 1]).unwrap();
    let hamming = rdc_theory::Distortion::hamming(2).unwrap();
    let rdc = rdc_theory::Rdc::new(&source, hamming, &classifier).unwrap();
    let infeasible = rdc.level(0.5, &[0.1], &Settings::default()).unwrap();
    assert_eq!((infeasible[0].lower, infeasible[0].upper), (INF, INF));
    assert!(rdc.level(-1.0, &[0.2], &Settings::default()).is_err());
    assert!(rdc.level(0.5, &[0.2, -0.2], &Settings::default()).is_err());
}

proptest! {
    #![proptest_config(common::config(250, 20_261_126))]

    #[test]
    fn planes_of_all_slopes_lie_below_the_rate(
        (case, place, s, t) in (rdc(1..=6, 1..=6, 1..=3), placement(), slope(), slope()),
    ) {
        let budgets = place.budgets(case.rdc.problem());
        let point = case.rdc.solve(budgets[0], budgets[1])?;
        let at = case.rdc.transform(s / scale(&case), t)?;
        let spent = [0, 1].map(|k| point.constraints[k].achieved);
        let rounding = ROUNDING * (1.0 + s + t);
        let plane = at.plane().value(spent[0], spent[1]);
        prop_assert!(plane <= point.rate + rounding, "{at:?}: {plane} above {}", point.rate);
        // And they touch: no channel has less than the upper bound says one has.
        prop_assert!(at.value.lower() <= at.value.upper());
        if at.point.status == Status::Certified && at.point.rate > 1e-6 {
            prop_assert!(at.value.width() <= 1e-9 + rounding, "{at:?}");
        }
    }

    #[test]
    fn the_rate_is_the_largest_of_its_planes(
        (case, place) in (rdc(1..=6, 1..=6, 1..=3), placement()),
    ) {
        let budgets = place.budgets(case.rdc.problem());
        let point = case.rdc.solve(budgets[0], budgets[1])?;
        let [s, t] = [0, 1].map(|k| point.constraints[k].multiplier);
        // Steeper planes have lost the digits of the rate.
        prop_assume!(s * scale(&case) < 1e4 && t < 1e4);
        let at = case.rdc.transform(s, t)?;
        let plane = at.plane().value(budgets[0], budgets[1]);
        let width = at.value.width() + ROUNDING * (1.0 + s * scale(&case) + t);
        prop_assert!(plane <= point.rate + width);
        prop_assert!(plane >= point.lower - width, "{at:?}: {plane} below {}", point.lower);
    }
}
