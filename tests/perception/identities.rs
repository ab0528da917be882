//! What R(D,P) and R(D,P,E) are without one of their budgets, at none, and with divergences that are the same; and Theorem 1.

use crate::channel_program;
use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::overlap::assert_overlap;
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{INF, pmf, rows};
use crate::known_rates::bernoulli;
use crate::other_domain::{other_domain, rdpc};
use approx::assert_abs_diff_eq;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::theorem1::{Bracket, check_function};
use rdc_theory::{Distortion, Observation, Perception, Problem, Rdc, RdcError, Rdp, Source};

/// Of each divergence, small enough to be solved often.
fn small(kind: Kind, seed: u64) -> Perceived {
    Perceived::new(kind, 50_000 + seed, 7, 0.05)
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
                let fewer =
                    Case::new(case.pmf.clone(), case.costs[1..].to_vec(), &case.budgets[1..]);
                let fewer = Perceived { case: fewer, measure: case.measure.clone() };
                assert_overlap(&loose, &fewer.problem().solve(&fewer.budgets).unwrap(), &case);
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
            let case = Case { budgets: budgets.clone(), ..base.case.clone() };
            let case = Perceived { case, measure };
            (case.problem().solve(&case.budgets), case)
        });
        let (first, _) = &solved[0];
        for (found, case) in &solved {
            match (first, found) {
                (Ok(first), Ok(found)) => {
                    case.check(found);
                    let off = (&found.output - &target).amax();
                    // A divergence of rounding alone is the square of how far apart the pmfs are.
                    let same = if case.measure.ground.is_none() { 1e-9 } else { 1e-12 };
                    assert!(off <= same, "{off:e} {}: {case}", found.status);
                    assert_overlap(first, found, case);
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
        let moved = Perceived { measure: moved, ..line.clone() };
        let (one, other) = (
            line.problem().solve(&line.budgets).unwrap(),
            moved.problem().solve(&line.budgets).unwrap(),
        );
        assert_overlap(&one, &other, &line);
        positive += usize::from(one.rate > 1e-3 && one.constraints.last().unwrap().is_active());
        // Two letters a unit apart.
        let (p, t) = (0.1 + 0.01 * seed as f64 / 2.0, 0.005 * seed as f64 % 0.2);
        let law = pmf(&[1.0 - p, p]);
        let points = Perception::wasserstein(law.clone(), &[0.0, 1.0]).unwrap();
        let line = Rdp::new(law, Distortion::hamming(2).unwrap(), points).unwrap();
        let d = 0.5 * p;
        assert_overlap(
            &line.solve(d, t).unwrap(),
            &bernoulli(p).solve(d, t).unwrap(),
            format!("{p} {t}"),
        );
    }
    assert!(positive > 15, "{positive}");
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
    let costs = vec![distortion.as_matrix().clone()];
    let case = Case::new(seen.source().pmf().clone(), costs, &[0.2, 0.01]);
    let case = Perceived { case, measure };
    let solution = rdp.solve(0.2, 0.01).unwrap();
    case.check(&solution);
    assert_abs_diff_eq!(solution.rate, channel_program::rate(&case), epsilon = 1e-6);
    assert!(solution.rate > rdp.solve(0.2, INF).unwrap().rate + 1e-3);
    // P measures from the hidden law, so that 0 is not the identity's.
    assert!((rdp.solve(0.2, 0.0).unwrap().output[1] - 0.3).abs() < 1e-12);
}

#[test]
fn classification_is_without_perception_that_of_rdc() {
    let (source, distortion, classifier, _) = other_domain(Kind::TotalVariation);
    let rdc = Rdc::new(&source, distortion, &classifier).unwrap();
    for (d, e) in [(0.1, 0.4), (0.05, INF), (INF, 0.36)] {
        let (with, without) = (rdpc(Kind::Wasserstein).solve(d, INF, e), rdc.solve(d, e));
        assert_abs_diff_eq!(with.unwrap().rate, without.unwrap().rate, epsilon = 1e-9);
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
