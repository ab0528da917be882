//! The binary function in closed form against a direct minimisation over the flip masses and against the general solver.
//!
//! `RDC_CASES` sets the number of random cases (12,000 by default).

use crate::common::binary::cases;
use crate::common::{self, INF, exact};
use crate::flips::Flips;
use rdc_theory::nalgebra::DVector;
use rdc_theory::{BinaryClassifier, BinaryRdc, RdcError, Regime, Status};
use std::collections::BTreeMap;

/// The last digits of a budget and of what it is compared with, here and by the direct minimisation.
const BUDGET_ROUNDING: f64 = 1e-14;

/// By what the general solver takes budgets to be on an edge.
const EDGE_ROUNDING: f64 = 1e-12;

fn sign(weight: f64) -> char {
    match weight {
        w if w > 0.0 => '+',
        w if w < 0.0 => '-',
        _ => '0',
    }
}

#[test]
fn every_regime_and_sign_pattern_occurs_often() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_default() += 1;
    for case in cases() {
        let [a, b] = case.binary().weights();
        count(case.point().regime.to_string());
        count(format!("{}{}", sign(a), sign(b)));
        if a == b && a != 0.0 {
            count("equal".into());
        }
    }
    for what in Regime::ALL.map(|regime| regime.to_string()) {
        assert!(counts[&what] >= 500, "{what}: {counts:?}");
    }
    for what in ["++", "+-", "-+", "--", "00", "equal"] {
        assert!(counts[what] >= 500, "{what}: {counts:?}");
    }
}

#[test]
fn the_rate_is_the_least_information_over_all_flips() {
    let mut steep = 0;
    for case in cases() {
        let point = case.point();
        let direct = Flips::new(&case).least_information();
        let difference = (point.rate - direct).abs();
        if difference <= 1e-12 {
            continue;
        }
        // Where the last digit of a budget is worth more than that, it is the rate of budgets that differ by it.
        let moved = |by: f64| Flips::new(&case).moved(by).least_information();
        let (below, above) = (moved(BUDGET_ROUNDING), moved(-BUDGET_ROUNDING));
        assert!(
            below - 1e-12 <= point.rate && point.rate <= above + 1e-12,
            "{case:?}: {point:?}, direct {direct} in [{below}, {above}]"
        );
        steep += 1;
    }
    assert!(steep * 200 <= cases().count(), "{steep}");
}

/// Everything that a point says of its channel, recomputed from the channel.
#[test]
fn the_channel_attains_what_the_point_says() {
    for case in cases() {
        let point = case.point();
        let [w01, w10] = point.crossover;
        let channel = common::rows(&[[1.0 - w01, w01], [w10, 1.0 - w10]]);
        let pmf = common::pmf(&[1.0 - case.p, case.p]);
        assert!(channel.iter().all(|w| (0.0..=1.0).contains(w)), "{case:?}: {point:?}");
        let rate = exact::information(&pmf, &channel);
        assert!((rate - point.rate).abs() <= 1e-12, "{case:?}: {point:?}, {rate}");
        let output: DVector<f64> = channel.tr_mul(&pmf);
        assert!((output - common::pmf(&point.output)).amax() <= 1e-15, "{case:?}: {point:?}");
        let rdc = case.binary();
        let distortion = (1.0 - case.p) * w01 + case.p * w10;
        let [a, b] = rdc.weights();
        let error = rdc.base_error() + a * (1.0 - case.p) * w01 + b * case.p * w10;
        assert!((distortion - point.distortion).abs() <= 1e-15, "{case:?}: {point:?}");
        assert!((error - point.error).abs() <= 1e-15, "{case:?}: {point:?}");
        assert!(point.distortion <= case.d + 1e-13, "{case:?}: {point:?}");
        assert!(point.error <= case.e + 2e-15, "{case:?}: {point:?}");
        assert!(point.multipliers.iter().all(|s| *s >= 0.0), "{case:?}: {point:?}");
    }
}

#[test]
fn the_general_solver_agrees() {
    let (mut refused, mut steep, mut unfinished) = (0, 0, 0);
    for case in cases() {
        let point = case.point();
        match case.general().solve(case.d, case.e) {
            Ok(solution) => {
                unfinished += usize::from(solution.status != Status::Certified);
                let (lower, rate) = (solution.lower - 1e-11, solution.rate + 1e-11);
                if lower <= point.rate && point.rate <= rate {
                    continue;
                }
                // Where the last digit of a budget is worth more, budgets that differ by it have the solver's rate.
                let moved = |by: f64| {
                    let budgets = (case.d + by, case.e + by);
                    let moved = case.binary().point(budgets.0.max(0.0), budgets.1.max(0.0));
                    moved.map_or(INF, |point| point.rate)
                };
                let (below, above) = (moved(EDGE_ROUNDING), moved(-EDGE_ROUNDING));
                assert!(
                    below <= rate && lower <= above,
                    "{case:?}: {point:?}, [{lower}, {rate}] and [{below}, {above}]"
                );
                steep += 1;
            }
            Err(RdcError::Infeasible(report)) => {
                refused += 1;
                assert!(report.excess <= 4e-16, "{case:?}: {point:?}, {report}");
            }
            Err(other) => panic!("{case:?}: {other}"),
        }
    }
    let count = cases().count();
    assert!((refused + steep) * 100 <= count, "{refused}, {steep}");
    // Probabilities below 1e-100, and weights that agree to eight digits on the edge, are beyond two precisions too.
    assert!(unfinished * 1_500 <= count, "{unfinished}");
}

/// arXiv 2609.35684, Table 1 and appendix D: classes of 60 % and 40 %, bits that are 1 with probability 0.1 and 0.8.
#[test]
fn published_values() {
    let identity = BinaryClassifier::Identity;
    let rdc = BinaryRdc::from_classes([0.6, 0.4], [0.1, 0.8], identity).unwrap();
    for (e, d, rate) in [
        (0.2, 0.05, 0.671_645_065_1),
        (0.2, 0.1, 0.537_317_503_0),
        (0.2, 0.4, 0.537_317_503_0),
        (0.2, INF, 0.537_317_503_0),
        (0.3, 0.2, 0.236_113_927_3),
    ] {
        let point = rdc.point(d, e).unwrap();
        assert!((point.rate - rate).abs() <= 1e-10, "{e}, {d}: {point:?}");
    }
}
