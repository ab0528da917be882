//! The edge of what can be met with a perception, and proofs that less cannot.

use crate::channel_program::least_spent;
use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::common::{hamming, pmf, rows};
use crate::other_domain::{other_domain, rdpc};
use approx::assert_abs_diff_eq;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Infeasible, Observation, RdcError, Restoration, Solution, Status};

#[track_caller]
fn infeasible(result: Result<Solution, RdcError>) -> Infeasible {
    match result {
        Err(RdcError::Infeasible(proof)) => *proof,
        other => panic!("{other:?}"),
    }
}

/// Every channel spends more than the budgets at the multipliers, which a linear or a cone program tells.
#[track_caller]
fn assert_separated(case: &Perceived, proof: &Infeasible) {
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
    let mut edges = 0;
    for kind in Kind::ALL {
        let (source, distortion, classifier, measure) = other_domain(kind);
        let seen = Observation::new(&source, DMatrix::identity(6, 6)).unwrap();
        let restoration = Restoration::new(&seen, &distortion, measure.perception.clone())
            .unwrap()
            .with_classifier(&classifier)
            .unwrap();
        let error = classifier.error_matrix(&source).unwrap();
        let costs = vec![distortion.as_matrix().clone(), error];
        let case = |d: f64, e: f64, p: f64| Perceived {
            case: Case::new(source.pmf().clone(), costs.clone(), &[d, e, p]),
            measure: measure.clone(),
        };
        let function = rdpc(kind);
        for (d, p) in [(0.12, 0.05), (0.2, 0.02), (0.1, 0.15), (0.15, 0.1)] {
            let Ok(least) = restoration.error_at(d, p) else { continue };
            let edge = least.error.unwrap();
            edges += 1;
            for above in [1e-2, 1e-3, 1e-4] {
                let solution = function.solve(d, p, edge + above).unwrap();
                case(d, edge + above, p).check(&solution);
                assert!(
                    above < 1e-3 || solution.status == Status::Certified,
                    "{kind:?} {d} {p} {above}: {}",
                    solution.status
                );
            }
            for below in [1e-2, 1e-3, 1e-4] {
                let e = least.lower - below;
                let proof = infeasible(function.solve(d, p, e));
                assert_separated(&case(d, e, p), &proof);
            }
        }
    }
    assert!(edges >= 12, "{edges} of 16 can be met");
}

#[test]
fn no_output_is_closer_than_the_smallest_transport() {
    let law = pmf(&[0.5, 0.5]);
    let ground = rows(&[[1.0, 3.0, 2.0], [2.0, 1.0, 2.5]]);
    let measure = Measure::transport(&pmf(&[0.2, 0.3, 0.5]), ground);
    let smallest = measure.smallest();
    assert_abs_diff_eq!(smallest, 1.5, epsilon = 1e-15);
    let case = Perceived { case: Case::new(law, vec![hamming()], &[0.1, 1.4]), measure };
    let proof = infeasible(case.problem().solve(&case.budgets));
    assert_abs_diff_eq!(proof.excess, 0.1, epsilon = 1e-12);
    assert_eq!(proof.budgets[1].smallest, Some(smallest));
    assert_separated(&case, &proof);
    let solution = case.problem().solve(&[0.25, smallest]).unwrap();
    // The third letter of the target takes from the first reproduction alone.
    assert!((&solution.output - pmf(&[0.7, 0.3])).amax() < 1e-12);
}
