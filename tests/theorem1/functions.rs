//! The check of Theorem 1 on functions: the exact surfaces pass, planted flaws are found.

use crate::common::random::Random;
use crate::common::{INF, bernoulli, pmf, rows};
use crate::witness::{assert_proven, largest};
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::theorem1::{Bracket, Report, Sample, check_function, check_samples};
use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source, rdc_bernoulli};
use std::cell::RefCell;

/// Two brackets of the default tolerance, 1e-9 bits, and what rounding hides.
const RESOLUTION: f64 = 2.1e-9;

/// Sources with a largest distortion and error of interest.
fn sources() -> [(Rdc, [f64; 2]); 3] {
    let binary = Source::new(pmf(&[0.7, 0.3]), rows(&[[0.9, 0.1], [0.2, 0.8]])).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let binary = Rdc::new(&binary, Distortion::hamming(2).unwrap(), &classifier).unwrap();
    let posterior = rows(&[[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]);
    let three = Source::new(pmf(&[0.3, 0.4, 0.3]), posterior).unwrap();
    let points = DMatrix::from_vec(3, 1, vec![-1.0, 0.0, 1.0]);
    let distortion = Distortion::squared_error(&points, &points).unwrap();
    let classifier = Classifier::hard(&[0, 0, 1]).unwrap();
    let three = Rdc::new(&three, distortion, &classifier).unwrap();
    [(bernoulli(), [0.4, 0.4]), (binary, [0.4, 0.4]), (three, [0.8, 0.6])]
}

#[test]
fn the_exact_surface_passes() {
    for (rdc, [d, e]) in sources() {
        let rate = |[d, e]: [f64; 2]| Bracket::try_from(rdc.solve(d, e));
        let report = check_function(rate, [[0.0, d], [0.0, e]], 400, 1).unwrap();
        assert!(report.holds() && report.resolution < RESOLUTION, "{report}");

        let mut axis: Vec<f64> = (0..25).map(|i| f64::from(i) / 24.0).collect();
        axis.push(INF);
        let grid = axis.iter().flat_map(|a| axis.iter().map(move |b| [a * d, b * e]));
        let samples: Vec<Sample<2>> =
            grid.map(|budgets| Sample { budgets, rate: rate(budgets).unwrap() }).collect();
        let report = check_samples(&samples).unwrap();
        assert!(report.holds() && report.resolution < RESOLUTION, "{report}");
        assert!(report.pairs > 30_000 && report.points > 670, "{report}");
    }
}

fn random_rdc(seed: u64) -> Rdc {
    let mut random = Random::new(50, seed);
    let (n, m, classes) = (1 + random.size(5), 1 + random.size(5), 1 + random.size(2));
    let joint = DMatrix::from_fn(n, classes, |_, _| random.magnitude(-3.0, 0.0));
    let total = joint.sum();
    let source = Source::from_joint(joint / total).unwrap();
    let tied = random.chance(0.5);
    let cost = |random: &mut Random| if tied { random.below(3) as f64 } else { random.uniform() };
    let distortion = DMatrix::from_fn(n, m, |_, _| cost(&mut random));
    let regions: Vec<usize> = (0..m).map(|_| random.below(classes)).collect();
    let classifier = Classifier::hard(&regions).unwrap();
    Rdc::new(&source, Distortion::matrix(distortion).unwrap(), &classifier).unwrap()
}

const BESIDE: [f64; 4] = [0.0, 1e-9, 1e-3, 0.1];

/// Off the frontier, across it, on it, and a billionth beside it.
#[test]
fn random_surfaces_pass() {
    for seed in 0..40 {
        let rdc = random_rdc(seed);
        let rate = |[d, e]: [f64; 2]| Bracket::try_from(rdc.solve(d, e));
        let frontier = rdc.feasible_frontier();
        let (d, e) = (frontier.smallest_first(), frontier.smallest_second());
        let region = [[0.9 * d, d + 0.5], [0.9 * e, e + 0.5]];
        let report = check_function(rate, region, 40, seed).unwrap();
        assert!(report.holds(), "seed {seed}: {report}");

        let widest = frontier.first_at(e).unwrap() - d;
        let along = (0..=8).map(|i| d + widest * f64::from(i) / 8.0);
        let on = along.filter_map(|d| frontier.second_at(d).map(|e| [d, e]));
        let points = on.flat_map(|[d, e]| {
            BESIDE.iter().flat_map(move |a| BESIDE.iter().map(move |b| [d + a, e + b]))
        });
        let samples: Vec<Sample<2>> =
            points.map(|budgets| Sample { budgets, rate: rate(budgets).unwrap() }).collect();
        let report = check_samples(&samples).unwrap();
        assert!(report.holds(), "seed {seed}: {report}");
    }
}

#[test]
fn the_closed_form_passes_to_its_last_digits() {
    let rate = |[d, e]: [f64; 2]| Bracket::around(rdc_bernoulli(0.3, d, e)?, 1e-15);
    let report: Result<_, RdcError> = check_function(rate, [[0.0, 0.4], [0.0, 0.5]], 300, 1);
    let report = report.unwrap();
    assert!(report.holds() && report.resolution < 1e-14, "{report}");
}

fn check(rate: impl Fn(f64) -> f64) -> Report<1> {
    check_function(|[d]| Bracket::exact(rate(d)), [[0.0, 1.0]], 200, 1).unwrap()
}

#[test]
fn a_step_down_is_not_convex() {
    let report = check(|d| if d < 0.5 { 1e-6 } else { 0.0 });
    assert!(report.monotonicity.is_none());
    let violation = report.convexity.unwrap();
    assert_proven(&violation);
    let [(_, before), (_, after)] = violation.support[..] else {
        unreachable!("two samples prove it")
    };
    let (left, right) =
        (before.budgets[0].min(after.budgets[0]), before.budgets[0].max(after.budgets[0]));
    assert!(left < 0.5 && right >= 0.5 && violation.point.budgets[0] < 0.5);
    assert!(violation.size > 0.95e-6 && violation.size <= 1e-6, "{violation}");
}

#[test]
fn a_step_up_is_not_monotone() {
    let violation = check(|d| if d < 0.5 { 0.0 } else { 1e-6 }).monotonicity.unwrap();
    assert_proven(&violation);
    assert!(violation.support[0].1.budgets[0] < 0.5 && violation.point.budgets[0] >= 0.5);
    assert!((violation.size - 1e-6).abs() < 1e-15);
}

#[test]
fn a_concave_kink_is_not_convex() {
    let report = check(|d| 1.0 - (1.0 + 1e-6) * d.max(0.5) - d.min(0.5));
    assert!(report.monotonicity.is_none());
    let violation = report.convexity.unwrap();
    assert_proven(&violation);
    assert!(violation.size > 2.4e-7 && violation.size <= 2.5e-7, "{violation}");
}

/// Monotone and convex in each budget alone.
#[test]
fn convexity_in_each_budget_is_not_joint_convexity() {
    let product = |[d, e]: [f64; 2]| Bracket::exact((1.0 - d) * (1.0 - e));
    let report = check_function(product, [[0.0, 1.0], [0.0, 1.0]], 100, 1).unwrap();
    assert!(report.monotonicity.is_none());
    let violation = report.convexity.unwrap();
    assert_proven(&violation);
    assert!(violation.size > 0.2 && violation.size <= 0.25, "{violation}");
}

#[test]
fn a_feasible_set_with_a_dent_is_found() {
    let dented = |[d, e]: [f64; 2]| {
        Bracket::exact(if d * d + e * e > 1.0 || d * e > 0.16 { 0.0 } else { INF })
    };
    let report = check_function(dented, [[0.0, 1.5], [0.0, 1.5]], 200, 1).unwrap();
    assert!(report.monotonicity.is_none());
    assert_eq!(largest(&report), INF);
    let round = |[d, e]: [f64; 2]| {
        Bracket::exact(if (1.0 - d).hypot(1.0 - e) <= 1.0 || d.min(e) >= 1.0 { 0.0 } else { INF })
    };
    assert!(check_function(round, [[0.0, 1.0], [0.0, 1.0]], 200, 1).unwrap().holds());
}

#[test]
fn three_budgets() {
    let sum = |budgets: [f64; 3]| 3.0 - budgets.iter().sum::<f64>();
    let bent = |b: [f64; 3]| Bracket::around(sum(b) + 1e-6 * (b[0] - b[1]) * (b[1] - b[2]), 1e-15);
    let straight = |b: [f64; 3]| Bracket::around(sum(b), 2e-15);
    let region = [[0.0, 1.0]; 3];
    let report = check_function(straight, region, 150, 1).unwrap();
    assert!(report.holds() && report.resolution < 2e-14, "{report}");
    let report = check_function(bent, region, 150, 1).unwrap();
    assert!(report.monotonicity.is_none() && largest(&report) > 1e-7, "{report}");
}

/// The budgets of all evaluations.
fn evaluated<const K: usize>(region: [[f64; 2]; K], segments: usize, seed: u64) -> Vec<[f64; K]> {
    let seen = RefCell::new(Vec::new());
    let rate = |budgets| {
        seen.borrow_mut().push(budgets);
        Bracket::exact(0.0)
    };
    check_function(rate, region, segments, seed).unwrap();
    seen.into_inner()
}

#[test]
fn evaluations_are_counted_deterministic_and_inside_the_region() {
    let region = [[-1.0, 2.0], [0.5, 0.5], [1e9, 1e9 + 1.0]];
    let points = evaluated(region, 50, 7);
    assert_eq!(points.len(), 8 + 4 * 50);
    let inside = |point: &[f64; 3]| point.iter().zip(region).all(|(x, [a, b])| a <= *x && *x <= b);
    assert!(points.iter().all(inside));
    assert_eq!(points, evaluated(region, 50, 7));
    assert_ne!(points[8..], evaluated(region, 50, 8)[8..]);
    for d in region[0] {
        for f in region[2] {
            assert!(points[..8].contains(&[d, 0.5, f]), "a corner");
        }
    }
    let on_a_face = points[8..].iter().filter(|point| region[0].contains(&point[0])).count();
    assert!(on_a_face > 8, "{on_a_face}");
    assert_eq!(evaluated([], 3, 1).len(), 13);
    assert_eq!(evaluated([[0.0, 1.0]; 8], 0, 1).len(), 64);
}

#[test]
fn segments_are_long_and_short() {
    let points = evaluated([[0.0, 1.0]; 2], 300, 3);
    let length = |s: &[[f64; 2]]| (s[0][0] - s[1][0]).abs().max((s[0][1] - s[1][1]).abs());
    let lengths: Vec<f64> = points[4..].chunks(4).map(length).collect();
    for (least, most) in [(0.0, 1e-5), (1e-5, 1e-3), (1e-3, 1e-1), (1e-1, 1.0)] {
        let count = lengths.iter().filter(|length| (least..most).contains(*length)).count();
        assert!(count > 20, "{count} between {least} and {most}");
    }
}

#[test]
fn errors_of_the_function_and_of_the_region_come_back() {
    let own = |[d]: [f64; 1]| -> Result<Bracket, Box<dyn std::error::Error>> {
        if d > 0.9 { Err("out of samples".into()) } else { Ok(Bracket::exact(0.0)?) }
    };
    assert_eq!(check_function(own, [[0.0, 1.0]], 3, 1).unwrap_err().to_string(), "out of samples");
    for (region, argument) in [
        ([[0.0, 1.0], [0.0, INF]], "region[1][1]"),
        ([[0.0, 1.0], [f64::NAN, 1.0]], "region[1][0]"),
        ([[1.0, 0.0], [0.0, 1.0]], "region[0][1]"),
    ] {
        let refused = check_function(|_| Bracket::exact(0.0), region, 3, 1);
        assert!(
            matches!(refused, Err(RdcError::Value { argument: found, .. }) if found == argument)
        );
    }
    let negative =
        check_function(|[d]| Bracket::try_from(bernoulli().solve(d, 0.1)), [[-1.0, 1.0]], 3, 1);
    assert!(matches!(negative, Err(RdcError::Value { .. })), "only infeasible budgets are a value");
}
