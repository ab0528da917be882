//! R(D,P) and R(D,P,E): closed forms, limits, identities, Theorem 1 with a perception, proofs, surfaces and inverses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking, and tell how close it was"
)]

mod common;

use approx::assert_abs_diff_eq;
use common::perception::{Case, Kind, Measure};
use common::program::least_spent;
use common::random::Random;
use common::{hamming, pmf, rows};
use rdc_theory::closed_form::{bernoulli_perception, gaussian_perception};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{
    AtRate, Cell, Classifier, Distortion, Infeasible, LeastBudget, Observation, Perception,
    Problem, Rdc, RdcError, Rdp, Rdpc, Restoration, Solution, Source, Status,
};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

const INF: f64 = f64::INFINITY;

/// Two brackets of 1e-9 bits.
const AGREEMENT: f64 = 1e-9;

fn bernoulli(p: f64) -> Rdp {
    let law = pmf(&[1.0 - p, p]);
    let perception = Perception::total_variation(law.clone()).unwrap();
    Rdp::new(law, Distortion::hamming(2).unwrap(), perception).unwrap()
}

#[test]
fn a_bit_is_that_of_the_closed_form() {
    let random = &mut Random::new(1001, 1);
    let (mut regimes, mut worst, mut worst_slope, mut most) = ([0; 4], 0.0_f64, 0.0_f64, 0);
    for number in 0..1200 {
        let p = random.between(0.02, 0.5);
        let allowed = match number % 6 {
            0 => 0.0,
            1 => p * random.magnitude(-9.0, 0.0),
            2 => INF,
            _ => p * random.uniform(),
        };
        let d = 2.0 * p * (1.0 - p) * random.between(0.0, 1.1);
        let exact = bernoulli_perception(p, d, allowed).unwrap();
        let found = bernoulli(p).solve(d, allowed).unwrap();
        regimes[exact.regime() as usize] += 1;
        most = most.max(found.iterations);
        worst = worst.max((found.rate - exact.rate).abs()).max((found.lower - exact.rate).abs());
        assert!(worst <= AGREEMENT, "{p} {d} {allowed}: {} is {}", found.rate, exact.rate);
        // Multipliers follow the rate as the root of the gap, where they are smooth.
        for (constraint, slope) in found.constraints.iter().zip(exact.multipliers) {
            let smooth =
                exact.rate > 1e-3 && slope.is_finite() && (allowed == 0.0 || allowed > 1e-3 * p);
            // At P = 0 any slope at least as steep will do.
            if smooth && (allowed > 0.0 || constraint.name == "distortion") {
                let off = (constraint.multiplier - slope).abs() / (1.0 + slope);
                worst_slope = worst_slope.max(off);
                assert!(off < 2e-3, "{p} {d} {allowed}: {constraint:?} is {slope}");
            }
        }
    }
    println!(
        "Bernoulli: {worst:e} bits off, slopes {worst_slope:e}, {most} iterations, {regimes:?}"
    );
    let [free, first, second, both] = regimes;
    assert!(free > 60 && first > 200 && second == 0 && both > 500, "{regimes:?}");
}

/// Of each divergence, small enough to be solved often.
fn small(kind: Kind, seed: u64) -> Case {
    Case::new(kind, 50_000 + seed, 7, 0.05)
}

fn certified(solution: &Solution) -> bool {
    solution.status == Status::Certified
}

fn assert_same(one: &Solution, other: &Solution, case: impl std::fmt::Display) {
    assert!(
        one.lower <= other.rate + 1e-11 && other.lower <= one.rate + 1e-11,
        "[{}, {}] and [{}, {}]: {case}",
        one.lower,
        one.rate,
        other.lower,
        other.rate
    );
}

#[test]
fn budgets_that_are_infinite_leave_the_rest() {
    let mut compared = 0;
    for kind in Kind::ALL {
        for seed in 0..60 {
            let case = small(kind, seed);
            let mut budgets = case.budgets.clone();
            *budgets.last_mut().unwrap() = INF;
            let loose = case.problem().solve(&budgets).unwrap();
            let without = case.without().solve(&budgets[..case.costs.len()]).unwrap();
            assert_eq!((loose.rate, loose.lower), (without.rate, without.lower), "{case}");
            // Without the first cost.
            if case.costs.len() > 1 {
                let mut budgets = case.budgets.clone();
                budgets[0] = INF;
                let loose = case.problem().solve(&budgets).unwrap();
                let fewer = Case {
                    costs: case.costs[1..].to_vec(),
                    budgets: case.budgets[1..].to_vec(),
                    ..case.clone()
                };
                assert_same(&loose, &fewer.problem().solve(&fewer.budgets).unwrap(), &case);
                compared += usize::from(loose.rate > 1e-3);
            }
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn no_divergence_is_the_target_itself() {
    let mut positive = 0;
    for seed in 0..80 {
        let random = &mut Random::new(1002, seed);
        let base = small(Kind::TotalVariation, seed);
        let target = base.measure.target().clone();
        let m = target.len();
        let points: Vec<f64> = (0..m).map(|y| y as f64 + 0.5 * random.uniform()).collect();
        let ground = DMatrix::from_fn(m, m, |y, z| (points[y] - points[z]).powi(2));
        let measures = [
            Measure::total_variation(&target),
            Measure::wasserstein(&target, &points),
            Measure::kullback_leibler(&target),
            Measure::transport(&target, ground),
        ];
        let mut budgets: Vec<f64> = base.budgets.iter().map(|d| 1.3 * d + 0.05).collect();
        *budgets.last_mut().unwrap() = 0.0;
        let solved = measures.map(|measure| {
            let case = Case { measure, budgets: budgets.clone(), ..base.clone() };
            (case.problem().solve(&case.budgets), case)
        });
        let (first, _) = &solved[0];
        for (found, case) in &solved {
            match (first, found) {
                (Ok(first), Ok(found)) => {
                    let _ = case.check(found);
                    let off = (&found.output - &target).amax();
                    // A divergence of rounding alone is the square of how far apart the pmfs are.
                    let same = if case.measure.ground.is_none() { 1e-9 } else { 1e-12 };
                    assert!(off <= same, "{off:e} {}: {case}", found.status);
                    assert_same(first, found, case);
                    positive += usize::from(found.rate > 1e-3);
                }
                (Err(RdcError::Infeasible(_)), Err(RdcError::Infeasible(_))) => {}
                (first, found) => {
                    panic!("{:?} {seed}: {first:?} and {found:?}: {case}", case.measure)
                }
            }
        }
    }
    assert!(positive > 25, "{positive}");
}

#[test]
fn divergences_that_are_the_same_have_the_same_rate() {
    let mut positive = 0;
    for seed in 0..80 {
        let line = small(Kind::Wasserstein, seed);
        let ground = line.measure.ground.clone().unwrap();
        let moved = Measure::transport(line.measure.target(), ground);
        let moved = Case { measure: moved, ..line.clone() };
        let (one, other) = (
            line.problem().solve(&line.budgets).unwrap(),
            moved.problem().solve(&line.budgets).unwrap(),
        );
        assert_same(&one, &other, &line);
        positive += usize::from(one.rate > 1e-3 && one.constraints.last().unwrap().is_active());
        // Two letters a unit apart.
        let (p, t) = (0.1 + 0.01 * seed as f64 / 2.0, 0.005 * seed as f64 % 0.2);
        let law = pmf(&[1.0 - p, p]);
        let points = Perception::wasserstein(law.clone(), &[0.0, 1.0]).unwrap();
        let line = Rdp::new(law, Distortion::hamming(2).unwrap(), points).unwrap();
        let d = 0.5 * p;
        assert_same(
            &line.solve(d, t).unwrap(),
            &bernoulli(p).solve(d, t).unwrap(),
            format!("{p} {t}"),
        );
    }
    assert!(positive > 15, "{positive}");
}

/// Reproductions that are to look like another domain: six letters, four reproductions, of which the target never uses one.
fn other_domain(divergence: Kind) -> (Source, Distortion, Classifier, Measure) {
    let random = &mut Random::new(1003, 1);
    let posterior = DMatrix::from_fn(6, 2, |x, k| {
        let first = 0.1 + 0.8 * x as f64 / 5.0;
        if k == 0 { first } else { 1.0 - first }
    });
    let source = Source::new(pmf(&[0.1, 0.25, 0.2, 0.15, 0.1, 0.2]), posterior).unwrap();
    let cost = DMatrix::from_fn(6, 4, |x, y| {
        (x as f64 / 5.0 - y as f64 / 3.0).powi(2) + 0.05 * random.uniform()
    });
    let target = pmf(&[0.5, 0.3, 0.2, 0.0]);
    let measure = match divergence {
        Kind::TotalVariation => Measure::total_variation(&target),
        Kind::Wasserstein => Measure::wasserstein(&target, &[0.0, 0.4, 0.7, 1.5]),
        Kind::KullbackLeibler => Measure::kullback_leibler(&target),
        Kind::Transport => Measure::transport(
            &target,
            DMatrix::from_fn(4, 4, |y, z| (y as f64 - z as f64).powi(2)),
        ),
    };
    let classifier = Classifier::hard(&[1, 1, 0, 0]).unwrap();
    (source, Distortion::matrix(cost).unwrap(), classifier, measure)
}

fn rdpc(kind: Kind) -> Rdpc {
    let (source, distortion, classifier, measure) = other_domain(kind);
    Rdpc::new(&source, distortion, &classifier, measure.perception).unwrap()
}

#[test]
fn rates_are_convex_and_non_increasing() {
    for kind in Kind::ALL {
        let rdpc = rdpc(kind);
        let rate = |[d, p, e]: [f64; 3]| match rdpc.solve(d, p, e) {
            // What is not certified has true bounds.
            Ok(solution) => Bracket::new(solution.lower, solution.rate),
            Err(RdcError::Infeasible(_)) => Bracket::exact(INF),
            Err(error) => Err(error),
        };
        let report = check_function(rate, [[0.0, 0.3], [0.0, 0.4], [0.3, 0.6]], 120, 3).unwrap();
        println!("{kind:?}: {report}");
        let flaws = [&report.monotonicity, &report.convexity].into_iter().flatten();
        let largest = flaws.map(|violation| violation.size).fold(0.0, f64::max);
        assert!(largest <= 1e-10, "{kind:?}: {report}");
        assert!(report.points > 300, "{report}");
    }
}

#[test]
fn an_observed_source_looks_like_the_hidden_one() {
    let law = pmf(&[0.7, 0.3]);
    let source = Source::new(law.clone(), DMatrix::identity(2, 2)).unwrap();
    let seen = Observation::new(&source, rows(&[[0.9, 0.1], [0.1, 0.9]])).unwrap();
    let distortion = seen.distortion(&Distortion::hamming(2).unwrap()).unwrap();
    let measure = Measure::total_variation(&law);
    let rdp = Rdp::new(seen.source().pmf().clone(), distortion.clone(), measure.perception.clone())
        .unwrap();
    let case = Case {
        pmf: seen.source().pmf().clone(),
        costs: vec![distortion.as_matrix().clone()],
        measure,
        budgets: vec![0.2, 0.01],
    };
    let solution = rdp.solve(0.2, 0.01).unwrap();
    let _ = case.check(&solution);
    assert_abs_diff_eq!(solution.rate, common::program::rate(&case), epsilon = 1e-6);
    assert!(solution.rate > rdp.solve(0.2, INF).unwrap().rate + 1e-3);
    // P measures from the hidden law, so that 0 is not the identity's.
    assert!((rdp.solve(0.2, 0.0).unwrap().output[1] - 0.3).abs() < 1e-12);
}

#[track_caller]
fn infeasible(result: Result<Solution, RdcError>) -> Infeasible {
    match result {
        Err(RdcError::Infeasible(proof)) => *proof,
        other => panic!("{other:?}"),
    }
}

/// Every channel spends more than the budgets at the multipliers, which a linear or a cone program tells.
#[track_caller]
fn assert_separated(case: &Case, proof: &Infeasible) {
    let multipliers: Vec<f64> = proof.budgets.iter().map(|budget| budget.multiplier).collect();
    assert!(
        multipliers.iter().all(|s| *s >= 0.0)
            && (multipliers.iter().sum::<f64>() - 1.0).abs() < 1e-12
    );
    assert!(proof.excess > 0.0);
    let allowed: f64 = proof
        .budgets
        .iter()
        .filter(|budget| budget.multiplier > 0.0)
        .map(|budget| budget.multiplier * budget.budget)
        .sum();
    let least = least_spent(case, &multipliers);
    let excess = least - allowed;
    assert!(excess >= proof.excess - 1e-8, "{excess} is claimed to be {}", proof.excess);
}

#[test]
fn the_edge_is_that_of_restoration() {
    for kind in Kind::ALL {
        let (source, distortion, classifier, measure) = other_domain(kind);
        let seen = Observation::new(&source, DMatrix::identity(6, 6)).unwrap();
        let restoration = Restoration::new(&seen, &distortion, measure.perception.clone())
            .unwrap()
            .with_classifier(&classifier)
            .unwrap();
        let error = classifier.error_matrix(&source).unwrap();
        let function = rdpc(kind);
        for (d, p) in [(0.12, 0.05), (0.2, 0.02), (0.1, 0.15), (0.15, 0.1)] {
            let Ok(least) = restoration.error_at(d, p) else { continue };
            let edge = least.error.unwrap();
            for above in [1e-2, 1e-3, 1e-4] {
                let solution = function.solve(d, p, edge + above).unwrap();
                let case = Case {
                    pmf: source.pmf().clone(),
                    costs: vec![distortion.as_matrix().clone(), error.clone()],
                    measure: measure.clone(),
                    budgets: vec![d, edge + above, p],
                };
                let _ = case.check(&solution);
                assert!(
                    above < 1e-3 || certified(&solution),
                    "{kind:?} {d} {p} {above}: {}",
                    solution.status
                );
            }
            for below in [1e-2, 1e-3, 1e-4] {
                let e = least.lower - below;
                let proof = infeasible(function.solve(d, p, e));
                let case = Case {
                    pmf: source.pmf().clone(),
                    costs: vec![distortion.as_matrix().clone(), error.clone()],
                    measure: measure.clone(),
                    budgets: vec![d, e, p],
                };
                assert_separated(&case, &proof);
            }
        }
    }
}

#[test]
fn no_output_is_closer_than_the_smallest_transport() {
    let law = pmf(&[0.5, 0.5]);
    let ground = rows(&[[1.0, 3.0, 2.0], [2.0, 1.0, 2.5]]);
    let measure = Measure::transport(&pmf(&[0.2, 0.3, 0.5]), ground);
    let smallest = measure.smallest();
    assert_abs_diff_eq!(smallest, 1.5, epsilon = 1e-15);
    let case = Case { pmf: law, costs: vec![hamming()], measure, budgets: vec![0.1, 1.4] };
    let proof = infeasible(case.problem().solve(&case.budgets));
    assert_abs_diff_eq!(proof.excess, 0.1, epsilon = 1e-12);
    assert_eq!(proof.budgets[1].smallest, Some(smallest));
    assert_separated(&case, &proof);
    let solution = case.problem().solve(&[0.25, smallest]).unwrap();
    // The third letter of the target takes from the first reproduction alone.
    assert!((&solution.output - pmf(&[0.7, 0.3])).amax() < 1e-12);
}

fn enough(found: AtRate) -> LeastBudget {
    match found {
        AtRate::Enough(least) => least,
        AtRate::TooLittle(solution) => panic!("{} bits are needed", solution.rate),
    }
}

#[test]
fn inverses_find_the_budgets_again() {
    for kind in Kind::ALL {
        let function = rdpc(kind);
        let (d, p, e) = (0.1, 0.05, 0.42);
        let point = function.solve(d, p, e).unwrap();
        assert!(certified(&point) && point.rate > 0.01, "{kind:?}: {}", point.rate);
        let rate = point.rate + 1e-9;
        let found = [
            (Rdpc::DISTORTION, d, function.distortion_at(rate, p, e)),
            (Rdpc::ERROR, e, function.error_at(rate, d, p)),
            (Rdpc::PERCEPTION, p, function.perception_at(rate, d, e)),
        ];
        for (index, budget, least) in found {
            let least = enough(least.unwrap());
            assert!(least.solution.rate <= rate + 1e-12, "{kind:?} {index}: {least:?}");
            assert!(least.lower <= budget + 1e-12, "{kind:?} {index}: {} of {budget}", least.lower);
            let slope = point.constraints[index].multiplier;
            if slope > 1e-3 {
                let off = (least.upper - budget).abs();
                assert!(
                    off <= 1e-7 / slope.min(1.0),
                    "{kind:?} {index}: {} is {budget}",
                    least.upper
                );
            }
        }
    }
}

#[test]
fn surfaces_are_their_cells() {
    for kind in [Kind::TotalVariation, Kind::Wasserstein, Kind::KullbackLeibler] {
        let function = rdpc(kind);
        let axes =
            [vec![0.02, 0.08, 0.16, INF], vec![0.3, 0.36, 0.45, INF], vec![0.0, 0.03, 0.2, INF]];
        let fixed = [0.1, 0.42, 0.05];
        for pair in [[0, 2], [2, 1], [0, 1]] {
            let surface =
                function.problem().surface(pair, &axes[pair[0]], &axes[pair[1]], &fixed).unwrap();
            let (mut solved, mut empty) = (0, 0);
            for (first, second, cell) in surface.iter() {
                let mut budgets = fixed;
                (budgets[pair[0]], budgets[pair[1]]) = (first, second);
                match (cell, function.problem().solve(&budgets)) {
                    (Cell::Solved(point), Ok(alone)) => {
                        let close =
                            point.lower <= alone.rate + 1e-11 && alone.lower <= point.rate + 1e-11;
                        assert!(close, "{kind:?} {budgets:?}: {point:?}, {}", alone.rate);
                        solved += 1;
                    }
                    (Cell::Infeasible, Err(RdcError::Infeasible(_))) => empty += 1,
                    (cell, alone) => panic!("{kind:?} {budgets:?}: {cell:?}, {alone:?}"),
                }
            }
            assert!(solved >= 5 && solved + empty == 16, "{kind:?} {pair:?}: {solved}, {empty}");
        }
    }
}

/// A standard Gaussian in cells, each with its mean; reproductions and target are the same points, and the budgets are as far from
/// the pieces' ends as the cells are wide.
#[test]
fn gaussians_on_finer_grids() {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let reach = 4.5;
    for (d, p) in [(0.5, 0.02), (0.8, 0.1), (0.5, 0.0), (0.3, 0.0)] {
        let gaps = [21_usize, 41, 81].map(|count| {
            let edge = |i: usize| match i {
                0 => f64::NEG_INFINITY,
                i if i == count => INF,
                i => reach * (2.0 * i as f64 / count as f64 - 1.0),
            };
            let mass =
                DVector::from_fn(count, |i, _| normal.cdf(edge(i + 1)) - normal.cdf(edge(i)));
            let points = DVector::from_fn(count, |i, _| {
                (normal.pdf(edge(i)) - normal.pdf(edge(i + 1))) / mass[i]
            });
            let law = &mass / mass.sum();
            let square = DMatrix::from_fn(count, count, |x, y| (points[x] - points[y]).powi(2));
            let perception = Perception::transport(law.clone(), square.clone()).unwrap();
            let rdp = Rdp::new(law, Distortion::matrix(square).unwrap(), perception).unwrap();
            let solution = rdp.solve(d, p).unwrap();
            let exact = gaussian_perception(1.0, d, p).unwrap().rate;
            println!(
                "Gaussian D = {d}, P = {p}, n = {count}: {:e} bits less, {}, {} iterations, {:?}",
                exact - solution.rate,
                solution.status,
                solution.iterations,
                solution.trace.last().map(|line| line.elapsed)
            );
            (exact - solution.rate).abs()
        });
        // Twice as fine, about a quarter; where P is as small as the cells are wide, not yet on the coarse grids.
        let [coarse, fine, finest] = gaps;
        assert!(coarse > 3.0 * fine && fine > 3.0 * finest && finest < 1e-3, "{d} {p}: {gaps:?}");
        assert!(p > 0.0 || (3.5..4.2).contains(&(fine / finest)), "{d} {p}: {gaps:?}");
    }
}

#[test]
fn classification_is_without_perception_that_of_rdc() {
    let (source, distortion, classifier, _) = other_domain(Kind::TotalVariation);
    let rdc = Rdc::new(&source, distortion, &classifier).unwrap();
    for (d, e) in [(0.1, 0.4), (0.05, INF), (INF, 0.36)] {
        let (with, without) = (rdpc(Kind::Wasserstein).solve(d, INF, e), rdc.solve(d, e));
        assert_abs_diff_eq!(with.unwrap().rate, without.unwrap().rate, epsilon = AGREEMENT);
    }
}

#[test]
fn perception_alone_is_free() {
    for kind in Kind::ALL {
        let solution = rdpc(kind).solve(INF, 0.0, INF).unwrap();
        assert!(solution.lower == 0.0 && solution.rate < 1e-15, "{kind:?}: {}", solution.rate);
        let empty = Problem::new(pmf(&[0.5, 0.5]), 4).unwrap();
        let (_, _, _, measure) = other_domain(kind);
        let target = measure.target().clone();
        let solution = empty.with_perception(measure.perception).unwrap().solve(&[0.0]).unwrap();
        assert!((solution.output - target).amax() < 1e-12);
    }
}
