//! Interpolants of R on a box: true bounds everywhere, as close as they say, from few points.

use crate::common::{INF, applied, bernoulli, config, dearest, pmf, rows};
use proptest::prelude::*;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::strategies::{RdcCase, rdc};
use rdc_theory::{
    BinaryClassifier, BinaryRdc, Classifier, Distortion, Interpolant, Rdc, RdcError, Settings,
    Source,
};
use std::cell::Cell;
use std::collections::BTreeMap;

/// What rounding may put between two rates, in bits.
const ROUNDING: f64 = 1e-9;

/// Noisy labels, with no ties.
fn noisy() -> (Rdc, BinaryRdc) {
    let source = Source::new(pmf(&[0.7, 0.3]), rows(&[[0.9, 0.1], [0.2, 0.8]])).unwrap();
    let hamming = Distortion::hamming(2).unwrap();
    let rdc = Rdc::new(&source, hamming, &Classifier::hard(&[0, 1]).unwrap()).unwrap();
    (rdc, BinaryRdc::new(0.3, [0.1, 0.8], BinaryClassifier::Identity).unwrap())
}

fn sample(rdc: &Rdc, d: [f64; 2], e: [f64; 2], accuracy: f64, most: usize) -> Interpolant {
    rdc.interpolant(d, e, accuracy, most, &Settings::default()).unwrap()
}

/// The points of a grid over the box.
fn grid([d0, d1]: [f64; 2], [e0, e1]: [f64; 2], steps: usize) -> impl Iterator<Item = (f64, f64)> {
    let share = move |i: usize| i as f64 / steps as f64;
    (0..=steps).flat_map(move |i| {
        (0..=steps).map(move |j| (d0 + share(i) * (d1 - d0), e0 + share(j) * (e1 - e0)))
    })
}

fn area(surface: &Interpolant) -> f64 {
    let of = |corners: [usize; 3]| {
        let [a, b, c] = corners.map(|v| surface.vertices()[v].budgets);
        0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs()
    };
    surface.triangles().iter().map(|triangle| of(triangle.corners)).sum()
}

#[test]
fn the_closed_form_lies_between_the_bounds() {
    let (rdc, closed) = noisy();
    let (mut between, mut outside) = (0, 0);
    for (d, e) in [([0.05, 0.3], [0.17, 0.4]), ([0.0, 0.4], [0.0, 0.5]), ([0.0, 2.0], [0.2, 0.3])] {
        for accuracy in [0.1, 0.01, 0.001] {
            let surface = sample(&rdc, d, e, accuracy, 400);
            assert!(surface.accuracy() <= accuracy, "{} of {accuracy}", surface.accuracy());
            for (d, e) in grid(d, e, 60) {
                let Ok(point) = closed.point(d, e) else {
                    assert!(surface.bracket(d, e).is_none(), "({d}, {e}) is infeasible");
                    outside += 1;
                    continue;
                };
                let here = surface.bracket(d, e).unwrap();
                assert!(here.lower() <= point.rate + ROUNDING, "{here:?} at ({d}, {e})");
                assert!(point.rate <= here.upper() + ROUNDING, "{here:?} at ({d}, {e})");
                assert!(here.width() <= accuracy + ROUNDING, "{here:?} at ({d}, {e})");
                between += 1;
            }
        }
    }
    assert!(between > 20_000 && outside > 1_000, "{between} points, {outside} infeasible ones");
}

#[test]
fn few_points_are_solved() {
    let (rdc, _) = noisy();
    let inside = sample(&rdc, [0.05, 0.3], [0.17, 0.4], 1e-3, 4000);
    assert!(inside.solves() <= 160, "{}", inside.solves());
    let whole = sample(&rdc, [0.0, 0.4], [0.0, 0.5], 1e-3, 4000);
    assert!(whole.solves() <= 240, "{}", whole.solves());
    // Where errors do not matter, hardly more than one row of points is needed.
    let row = sample(&bernoulli(), [0.01, 0.29], [0.5, 1.0], 1e-3, 4000);
    assert!(row.accuracy() <= 1e-3 && row.solves() <= 40, "{}", row.solves());
}

#[test]
fn triangles_cover_the_feasible_part_of_the_box_in_whole_edges() {
    let (rdc, _) = noisy();
    let least = rdc.smallest_error(1.0).unwrap().unwrap();
    for (d, e) in [([0.05, 0.3], [0.17, 0.4]), ([0.0, 0.4], [0.0, 0.5])] {
        let surface = sample(&rdc, d, e, 0.01, 400);
        let feasible = (d[1] - d[0]) * (e[1] - e[0].max(least));
        assert!((area(&surface) - feasible).abs() < 1e-9, "{} of {feasible}", area(&surface));
        let mut at_edge = BTreeMap::new();
        for triangle in surface.triangles() {
            let [a, b, c] = triangle.corners;
            for (a, b) in [(a, b), (b, c), (c, a)] {
                *at_edge.entry((a.min(b), a.max(b))).or_insert(0) += 1;
            }
        }
        assert!(at_edge.values().all(|count| *count <= 2));
        // An edge of one triangle lies on the boundary, where the box or the frontier ends.
        for ((a, b), _) in at_edge.iter().filter(|(_, count)| **count == 1) {
            let [a, b] = [a, b].map(|v| surface.vertices()[*v].budgets);
            let on = |k: usize, value: f64| (a[k] - value).abs() + (b[k] - value).abs() < 1e-9;
            let sides = [on(0, d[0]), on(0, d[1]), on(1, e[0].max(least)), on(1, e[1])];
            assert!(sides.contains(&true), "{a:?} to {b:?}");
        }
    }
}

#[test]
fn frontiers_with_corners_are_covered() {
    let posterior = rows(&[[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]);
    let source = Source::new(pmf(&[0.5, 0.3, 0.2]), posterior).unwrap();
    let points = DMatrix::from_vec(3, 1, vec![0.0, 1.25, 3.0]);
    let reproductions = DMatrix::from_vec(2, 1, vec![0.0, 2.0]);
    let distortion = Distortion::squared_error(&points, &reproductions).unwrap();
    let rdc = Rdc::new(&source, distortion, &Classifier::hard(&[0, 1]).unwrap()).unwrap();
    let frontier = rdc.feasible_frontier();
    assert!(frontier.vertices().len() > 1);
    let (d, e) = ([0.2, 1.5], [0.1, 0.5]);
    let surface = sample(&rdc, d, e, 0.02, 400);
    assert!(surface.accuracy() <= 0.02);
    for (d, e) in grid(d, e, 50) {
        let feasible = frontier.second_at(d).is_some_and(|least| least <= e);
        assert_eq!(surface.bracket(d, e).is_some(), feasible, "({d}, {e})");
    }
    for vertex in frontier.vertices() {
        assert!(surface.bracket(vertex[0], vertex[1]).is_some(), "{vertex:?}");
    }
}

#[test]
fn limits_on_solves_are_kept_and_told() {
    let (rdc, closed) = noisy();
    let (d, e) = ([0.0, 0.4], [0.0, 0.5]);
    let mut covered = 0;
    for most in [4, 10, 30] {
        let surface = sample(&rdc, d, e, 1e-4, most);
        assert!(surface.solves() <= most && surface.accuracy() > 1e-4);
        for (d, e) in grid(d, e, 20) {
            let Some(here) = surface.bracket(d, e) else { continue };
            let rate = closed.point(d, e).unwrap().rate;
            assert!(here.lower() <= rate + ROUNDING && rate <= here.upper() + ROUNDING);
            assert!(here.width() <= surface.accuracy() + ROUNDING);
            covered += 1;
        }
    }
    assert!(covered > 600, "{covered} of 1323 points are covered");
    // Two of the three corners have a rate; the fourth corner of the domain is not reached.
    assert_eq!(sample(&rdc, d, e, 0.1, 0).accuracy(), INF);
}

#[test]
fn where_no_rate_is_needed_nothing_is_solved() {
    let surface = sample(&bernoulli(), [0.3, 0.5], [0.3, 1.0], 1e-3, 100);
    assert_eq!((surface.solves(), surface.accuracy()), (0, 0.0));
    let here = surface.bracket(0.4, 0.35).unwrap();
    assert_eq!((here.lower(), here.upper()), (0.0, 0.0));
    // In a triangle that is not without rate as a whole.
    let surface = sample(&bernoulli(), [0.1, 0.5], [0.1, 1.0], 0.3, 100);
    assert_eq!(surface.bracket(0.31, 0.31).unwrap().upper(), 0.0);
}

#[test]
fn what_is_no_box_is_refused() {
    let settings = Settings::default();
    let (rdc, _) = noisy();
    match rdc.interpolant([0.0, 0.5], [0.0, 0.1], 0.01, 100, &settings) {
        // Of the box's own corner.
        Err(RdcError::Infeasible(report)) => assert_eq!(report.budgets[1].budget, 0.1),
        other => panic!("{other:?}"),
    }
    for (d, e, accuracy, named) in [
        ([-0.1, 0.5], [0.2, 0.3], 0.01, "distortions[0]"),
        ([0.1, INF], [0.2, 0.3], 0.01, "distortions[1]"),
        ([0.1, 0.1], [0.2, 0.3], 0.01, "distortions[1]"),
        ([0.1, 0.5], [f64::NAN, 0.3], 0.01, "errors[0]"),
        ([0.1, 0.5], [0.3, 0.2], 0.01, "errors[1]"),
        ([0.1, 0.5], [0.2, 0.3], 0.0, "accuracy"),
        ([0.1, 0.5], [0.2, 0.3], f64::NAN, "accuracy"),
    ] {
        match rdc.interpolant(d, e, accuracy, 100, &settings) {
            Err(RdcError::Value { argument, .. }) => assert_eq!(argument, named),
            other => panic!("{named}: {other:?}"),
        }
    }
    let surface = sample(&rdc, [0.1, 0.5], [0.2, 0.3], 0.1, 100);
    for (d, e) in [(0.09, 0.25), (0.51, 0.25), (0.2, 0.31), (f64::NAN, 0.25), (0.2, INF)] {
        assert_eq!(surface.bracket(d, e), None);
    }
}

#[test]
fn the_same_call_gives_the_same_interpolant() {
    let (rdc, _) = noisy();
    let [one, other] = [(); 2].map(|()| sample(&rdc, [0.0, 0.4], [0.0, 0.5], 0.01, 400));
    assert_eq!(one.vertices(), other.vertices());
    assert_eq!(one.triangles(), other.triangles());
}

#[test]
fn fresh_points_lie_between_the_bounds() {
    let (points, solved, left_out) = (Cell::new(0_u64), Cell::new(0_u64), Cell::new(0_u64));
    let note = |count: &Cell<u64>| count.set(count.get() + 1);
    let fresh = prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 12);
    let check = |(case, shares): (RdcCase, Vec<(f64, f64)>)| {
        let widest = dearest(case.source.pmf(), case.distortion.as_matrix()).max(1e-9);
        let least = case.rdc.smallest_distortion(1.0)?.unwrap();
        let d = [least, least + widest];
        let surface = case.rdc.interpolant(d, [0.0, 1.0], 0.02, 120, &Settings::default())?;
        for (u, v) in shares {
            note(&points);
            // Squared: more of them close to the frontier.
            let (d, e) = (least + u * u * widest, v * v);
            let frontier = case.rdc.feasible_frontier();
            let Some(here) = surface.bracket(d, e) else {
                let feasible = frontier.second_at(d - 1e-5 * widest).is_some_and(|s| s < e - 1e-5);
                prop_assert!(!feasible || surface.accuracy() == INF, "({d}, {e}) is left out");
                note(&left_out);
                continue;
            };
            prop_assert!(here.width() <= surface.accuracy() + ROUNDING);
            match case.rdc.solve(d, e) {
                Ok(fresh) => {
                    prop_assert!(here.lower() <= fresh.rate + ROUNDING, "{here:?} at ({d}, {e})");
                    prop_assert!(fresh.lower <= here.upper() + ROUNDING, "{here:?} at ({d}, {e})");
                    note(&solved);
                }
                Err(_) => prop_assert!(
                    frontier.second_at(d + 1e-8 * widest).is_some_and(|s| s <= e + 1e-8),
                    "({d}, {e}) is infeasible"
                ),
            }
        }
        Ok(true)
    };
    let _ = applied(config(100, 20_261_127), (rdc(1..=6, 1..=6, 1..=3), fresh), check);
    let (points, solved, left_out) = (points.get(), solved.get(), left_out.get());
    assert!(10 * solved > 3 * points && left_out > 0, "{solved} and {left_out} of {points} points");
}

#[test]
fn no_limit_on_the_solves_is_none_at_all() {
    let (rdc, _) = noisy();
    let limited = sample(&rdc, [0.05, 0.3], [0.17, 0.4], 1e-3, 4000);
    let unlimited = sample(&rdc, [0.05, 0.3], [0.17, 0.4], 1e-3, usize::MAX);
    assert_eq!(unlimited.triangles(), limited.triangles());
}

#[test]
fn a_domain_without_an_area_is_not_covered() {
    let (rdc, _) = noisy();
    // The corner of the frontier is all that the box has.
    let least = rdc.smallest_error(INF).unwrap().unwrap();
    let surface = sample(&rdc, [0.0, 1.0], [0.5 * least, least], 1e-3, 200);
    assert_eq!(surface.accuracy(), INF);
    assert!(surface.bracket(0.5, least).is_none());
}
