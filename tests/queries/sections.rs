//! Surfaces over any two of three budgets, the third fixed, against their cells solved one by one.

use crate::common::{INF, ROUNDING};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::theorem1::check_samples;
use rdc_theory::{Cell, Problem, RdcError, Regime, Status, Surface};
use std::ops::ControlFlow;

/// Distances, labels misread and prices of four letters.
fn three_costs() -> Problem {
    let prices = [0.0, 1.0, 0.5, 2.0, 3.0];
    let costs = [
        ("distortion", DMatrix::from_fn(4, 5, |x, y| (x as f64 - 0.8 * y as f64).powi(2))),
        ("error", DMatrix::from_fn(4, 5, |x, y| f64::from((x < 2) != (y < 3)))),
        ("price", DMatrix::from_fn(4, 5, |_, y| prices[y])),
    ];
    let bare = Problem::new(DVector::from_vec(vec![0.4, 0.3, 0.2, 0.1]), 5).unwrap();
    costs.into_iter().fold(bare, |problem, (name, cost)| problem.with_cost(name, cost).unwrap())
}

#[test]
fn sections_of_three_costs_are_those_solved_one_by_one() {
    let problem = three_costs();
    let lists = [
        vec![0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, INF],
        vec![0.0, 0.05, 0.1, 0.2, 0.3, 0.5, INF],
        vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, INF],
    ];
    let (mut regimes, mut infeasible, mut priced) = ([0; 4], 0, 0);
    for axes in [[0, 1], [0, 2], [1, 2], [2, 1], [1, 0], [2, 0]] {
        let third = 3 - axes[0] - axes[1];
        for fixed in [[0.2, 0.1, 0.6], [0.5, 0.3, 0.9], [0.0; 3], [INF; 3]].map(|f| f[third]) {
            let mut budgets = [f64::NAN; 3];
            budgets[third] = fixed;
            let [first, second] = axes.map(|k| &lists[k]);
            let surface = problem.surface(axes, first, second, &budgets).unwrap();
            let names = ["distortion", "error", "price"];
            assert_eq!(surface.names(), axes.map(|k| names[k]));
            assert_eq!(surface.fixed(), [(names[third].to_owned(), fixed)]);
            for (a, b, cell) in surface.iter() {
                (budgets[axes[0]], budgets[axes[1]]) = (a, b);
                let case = format!("{budgets:?}: {cell:?}");
                match (cell, problem.solve(&budgets)) {
                    (Cell::Solved(point), Ok(alone)) => {
                        assert_eq!(point.status, Status::Certified, "{case}");
                        let [lower, upper] = [alone.lower - ROUNDING, alone.rate + ROUNDING];
                        assert!(point.lower <= upper && lower <= point.rate, "{case}: {alone:?}");
                        for (spent, budget) in point.achieved.into_iter().zip([a, b]) {
                            assert!(spent <= budget * (1.0 + 1e-12) + 1e-12, "{case}");
                        }
                        let [s, t] = point.multipliers.map(|slope| usize::from(slope > 0.0));
                        assert_eq!(point.regime as usize, s + 2 * t, "{case}");
                        regimes[point.regime as usize] += 1;
                        let is_priced = point.regime == Regime::Neither && point.lower > 0.01;
                        priced += usize::from(is_priced);
                    }
                    (Cell::Infeasible, Err(RdcError::Infeasible(_))) => infeasible += 1,
                    (_, alone) => panic!("{case}, {alone:?}"),
                }
            }
        }
    }
    assert!(regimes.iter().all(|&count| count > 50), "{regimes:?}");
    assert!(infeasible > 100 && priced > 5, "{infeasible}, {priced}");
}

#[test]
fn sections_do_not_depend_on_the_shards_and_are_kept_as_tables() {
    let problem = three_costs();
    let (first, second) = ([0.1, 0.3, 0.6, INF], [0.2, 0.5, 0.9, 1.4]);
    let budgets = [INF, 0.15, INF];
    let whole = problem.surface([0, 2], &first, &second, &budgets).unwrap();
    let shard = |index| {
        let sweep = problem.sweep([0, 2], &first, &second, &budgets).unwrap();
        sweep.with_shard(index, 3).unwrap().run(|_| ControlFlow::Continue(())).unwrap()
    };
    assert_eq!(Surface::merge(&[shard(2), shard(0), shard(1)]), Ok(whole.clone()));
    let csv = whole.to_csv();
    assert!(csv.starts_with("distortion,price,error,rate_bits,lower_bits,multiplier_distortion_"));
    assert_eq!(Surface::from_csv(&csv), Ok(whole));
    let refused = |from: &str, to: &str, word: &str| {
        let error = Surface::from_csv(&csv.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused("\n0.3,0.2,0.15,", "\n0.3,0.2,0.25,", "line 3: error = 0.25 is another than before");
    refused("\n0.3,0.2,0.15,", "\n0.3,0.2,", "line 3: the line has 10 fields, not 11");
    refused("price,error,", "price,", "line 2: the line has 11 fields, not 10");
    let negative = Surface::from_csv(&csv.replace(",0.15,", ",-2e150,")).unwrap_err();
    assert!(negative.to_string().contains("the fixed budget of error = -2"), "{negative}");
}

/// The same constants on the costs and on the lists, powers of two so that nothing is rounded.
#[test]
fn sections_of_negative_costs_are_those_of_others_moved() {
    let pmf = || DVector::from_vec(vec![0.5, 0.25, 0.125, 0.125]);
    let distances = DMatrix::from_fn(4, 5, |x, y| (x as f64 - 0.75 * y as f64).powi(2));
    let labels = DMatrix::from_fn(4, 5, |x, y| f64::from((x < 2) != (y < 3)));
    let problem = |constants: [f64; 2]| {
        let distances = distances.add_scalar(constants[0]);
        let problem = Problem::new(pmf(), 5).unwrap().with_cost("distortion", distances).unwrap();
        problem.with_cost("error", labels.add_scalar(constants[1])).unwrap()
    };
    let (first, second) = ([0.0625, 0.25, 0.5, 1.0, INF], [0.0, 0.0625, 0.25, 0.5]);
    let plain = problem([0.0; 2]).surface([0, 1], &first, &second, &[INF; 2]).unwrap();
    for constants in [[-2.0, -8.0], [-0.25, -0.0625], [4.0, -0.5]] {
        let lists = (first.map(|d| d + constants[0]), second.map(|e| e + constants[1]));
        let moved = problem(constants).surface([0, 1], &lists.0, &lists.1, &[INF; 2]).unwrap();
        for ((_, _, plain), (d, e, moved)) in plain.iter().zip(moved.iter()) {
            let (Some(plain), Some(moved)) = (plain.point(), moved.point()) else {
                assert_eq!(plain, moved, "({d}, {e})");
                continue;
            };
            assert_eq!((plain.status, plain.regime), (moved.status, moved.regime));
            assert!((plain.rate - moved.rate).abs() < 1e-9, "({d}, {e}): {plain:?} {moved:?}");
            for (k, constant) in constants.iter().enumerate() {
                let off = moved.achieved[k] - constant - plain.achieved[k];
                assert!(off.abs() < 1e-7, "({d}, {e}): {plain:?} {moved:?}");
            }
        }
        assert!(check_samples(&moved.samples()).unwrap().holds());
        assert_eq!(Surface::from_csv(&moved.to_csv()), Ok(moved.clone()));
        assert_eq!(Surface::merge(&[moved.clone(), moved.clone()]), Ok(moved));
    }
    let message = problem([0.0; 2]).surface([0, 1], &[-0.5], &[0.5], &[INF; 2]).unwrap_err();
    assert!(message.to_string().starts_with("first[0] = -0.5: a budget must be >= 0"), "{message}");
}

#[test]
fn bad_sections_are_named() {
    let problem = three_costs();
    let message = |axes: [usize; 2], first: &[f64], second: &[f64], budgets: &[f64]| {
        problem.surface(axes, first, second, budgets).unwrap_err().to_string()
    };
    let (one, three) = ([0.1], [0.1; 3]);
    let rule = "a cost index must be below the number of costs";
    assert_eq!(message([3, 0], &one, &one, &three), format!("axes[0] = 3: {rule}"));
    assert_eq!(message([0, 7], &one, &one, &three), format!("axes[1] = 7: {rule}"));
    let rule = "the second axis must differ from the first";
    assert_eq!(message([1, 1], &one, &one, &three), format!("axes[1] = 1: {rule}"));
    let starts = |message: String, start: &str| assert!(message.starts_with(start), "{message}");
    starts(message([0, 1], &[], &one, &three), "first is empty");
    starts(message([0, 1], &one, &[0.2, 0.1], &three), "second[1] = 0.1: budgets must be strictly");
    starts(message([0, 1], &one, &one, &[0.1; 2]), "budgets has 2 entries, but 3 are needed");
    starts(message([0, 1], &one, &one, &[0.1, 0.1, -1.0]), "the budget of price = -1");
}
