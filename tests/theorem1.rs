//! Theorem 1 on random labelled sources, and what the general problem owes to duality.
//!
//! Certified brackets make each check a proof: a violation would be one of the bounds, not of rounding.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Problem, Rdc, Solution, Source};

/// What the sums behind a bound may lose.
const ROUNDING: f64 = 1e-11;

const LETTERS: usize = 5;

/// A source of 5 letters and 2 classes, any distortion, any decision regions.
fn rdc() -> impl Strategy<Value = Rdc> {
    let joint = prop::collection::vec(0.001..1.0_f64, 2 * LETTERS);
    let distortion = prop::collection::vec(0.0..1.0_f64, LETTERS * LETTERS);
    let regions = prop::collection::vec(0..2_usize, LETTERS);
    (joint, distortion, regions).prop_map(|(joint, distortion, regions)| {
        let joint = DMatrix::from_vec(LETTERS, 2, joint);
        let total = joint.sum();
        let source = Source::from_joint(joint / total).unwrap();
        let distortion = DMatrix::from_vec(LETTERS, LETTERS, distortion);
        let classifier = Classifier::hard(&regions).unwrap();
        Rdc::new(&source, Distortion::matrix(distortion).unwrap(), &classifier).unwrap()
    })
}

/// Two budgets, each between the smallest and what no channel exceeds by much.
fn point(rdc: &Rdc, (a, b): (f64, f64)) -> (f64, f64) {
    let least_d = rdc.smallest_distortion(f64::INFINITY).unwrap().unwrap();
    let d = least_d + a * (0.7 - least_d);
    let least_e = rdc.smallest_error(d).unwrap().unwrap();
    (d, least_e + b * (0.7 - least_e).max(0.0))
}

fn solve(rdc: &Rdc, (d, e): (f64, f64)) -> Solution {
    rdc.solve(d, e).unwrap()
}

proptest! {
    #![proptest_config(common::config(300, 1))]

    #[test]
    fn monotone_convex_and_above_its_supporting_planes(
        rdc in rdc(),
        ends in prop::array::uniform2((0.001..1.0_f64, 0.001..1.0_f64)),
        share in 0.0..1.0_f64,
    ) {
        let [a, b] = ends.map(|end| point(&rdc, end));
        let between = (share * a.0 + (1.0 - share) * b.0, share * a.1 + (1.0 - share) * b.1);
        let (at_a, at_b, at_between) = (solve(&rdc, a), solve(&rdc, b), solve(&rdc, between));
        let chord = share * at_a.rate + (1.0 - share) * at_b.rate;
        prop_assert!(at_between.lower <= chord + ROUNDING, "convexity");

        let wider = solve(&rdc, (a.0.max(b.0), a.1.max(b.1)));
        prop_assert!(wider.lower <= at_a.rate.min(at_b.rate) + ROUNDING, "monotonicity");

        let [s, t] = [Rdc::DISTORTION, Rdc::ERROR].map(|k| at_a.constraints[k].multiplier);
        let plane = at_a.lower - s * (b.0 - a.0) - t * (b.1 - a.1);
        prop_assert!(plane <= at_b.rate + ROUNDING, "the multipliers are a subgradient");
    }

    #[test]
    fn a_constraint_less_or_a_letter_more_never_costs(
        costs in prop::collection::vec(prop::collection::vec(0.0..1.0_f64, 12), 2),
        extra in prop::collection::vec(0.0..1.0_f64, 8),
        slack in 0.01..0.5_f64,
    ) {
        let pmf = DVector::from_vec(vec![0.1, 0.2, 0.3, 0.4]);
        let costs: Vec<DMatrix<f64>> = costs.into_iter().map(|c| DMatrix::from_vec(4, 3, c)).collect();
        let problem = |costs: &[DMatrix<f64>]| {
            let empty = Problem::new(pmf.clone(), costs[0].ncols()).unwrap();
            costs.iter().fold(empty, |problem, cost| problem.with_cost("cost", cost.clone()).unwrap())
        };
        let both = problem(&costs);
        let first = both.smallest_budget(0, &[0.0, f64::INFINITY]).unwrap().unwrap() + slack;
        let second = both.smallest_budget(1, &[first, 0.0]).unwrap().unwrap() + slack;
        let rate = both.solve(&[first, second]).unwrap().rate;

        let fewer = problem(&costs[..1]).solve(&[first]).unwrap();
        prop_assert!(fewer.lower <= rate + ROUNDING, "a constraint less");

        let wider: Vec<DMatrix<f64>> = costs
            .iter()
            .zip(extra.chunks(4))
            .map(|(cost, column)| {
                let mut wider = cost.clone().insert_column(1, 0.0);
                wider.set_column(1, &DVector::from_column_slice(column));
                wider
            })
            .collect();
        let wider = problem(&wider).solve(&[first, second]).unwrap();
        prop_assert!(wider.lower <= rate + ROUNDING, "a letter more");
    }
}

#[test]
fn limits() {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let rdc = Rdc::new(&source, Distortion::hamming(2).unwrap(), &classifier).unwrap();
    assert_eq!(rdc.solve(f64::INFINITY, f64::INFINITY).unwrap().rate, 0.0);
    let classical = rdc_theory::rdc_bernoulli(0.3, 0.1, f64::INFINITY).unwrap();
    assert!((rdc.solve(0.1, f64::INFINITY).unwrap().rate - classical).abs() < 1e-9);
}

#[test]
fn a_stopped_run_still_returns_true_bounds() {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
    let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior).unwrap();
    let rdc =
        Rdc::new(&source, Distortion::hamming(2).unwrap(), &Classifier::hard(&[0, 1]).unwrap())
            .unwrap();
    let truth = rdc.solve(0.1, 0.2).unwrap();
    for iterations in 0..truth.iterations {
        let settings = rdc_theory::Settings::default().with_max_iterations(iterations);
        let stopped = rdc.solve_with(0.1, 0.2, &settings).unwrap();
        assert_eq!(stopped.status, rdc_theory::Status::IterationLimit);
        assert!(
            stopped.lower <= truth.rate && truth.lower <= stopped.rate,
            "after {iterations} steps"
        );
        assert!(stopped.constraints.iter().all(|c| c.achieved <= c.budget * (1.0 + 1e-12)));
    }
}
