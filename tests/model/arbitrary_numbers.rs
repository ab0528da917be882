//! Arbitrary numbers, finite or not, through every constructor and the solver: no panic, no NaN.

use crate::common::{self, INF};
use proptest::collection::vec;
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Method, Polyline, Problem, Rdc, RdcError, Settings, Solution, Source,
};

const NAN: f64 = f64::NAN;

/// Any number a caller may come up with.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.0..2.0,
        1 => -1.0..1e6,
        2 => prop::sample::select(vec![
            0.0, -0.0, 1.0, NAN, INF, -INF, f64::MAX, -f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e-300, 1e300, 1e-15,
        ]),
    ]
}

/// A number that passes the rule for costs and budgets, so that runs get past the checks.
fn cost() -> impl Strategy<Value = f64> {
    number().prop_map(|v| if v.is_nan() { 0.0 } else { v.abs() })
}

/// Rows of numbers; most of them scaled to sum 1.
fn distributions(rows: usize, columns: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let weight = number().prop_map(|v| if v.abs() <= 1e6 { v.abs() } else { 1e-12 });
    let scaled = vec(weight, rows * columns).prop_map(move |weights| {
        let mut matrix = DMatrix::from_row_slice(rows, columns, &weights);
        for mut row in matrix.row_iter_mut() {
            let sum = row.sum();
            row.unscale_mut(sum);
        }
        matrix
    });
    let raw = vec(number(), rows * columns)
        .prop_map(move |entries| DMatrix::from_row_slice(rows, columns, &entries));
    prop_oneof![15 => scaled, 1 => raw]
}

fn costs(rows: usize, columns: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let matrix = move |entries: Vec<f64>| DMatrix::from_row_slice(rows, columns, &entries);
    prop_oneof![
        15 => vec(cost(), rows * columns).prop_map(matrix),
        1 => vec(number(), rows * columns).prop_map(matrix),
    ]
}

/// Arguments of every constructor, for one source and one reproduction alphabet.
#[derive(Debug)]
struct Arguments {
    pmf: DVector<f64>,
    posterior: DMatrix<f64>,
    decisions: DMatrix<f64>,
    costs: Vec<DMatrix<f64>>,
    points: [DMatrix<f64>; 2],
    budgets: Vec<f64>,
    factor: f64,
}

fn arguments() -> impl Strategy<Value = Arguments> {
    (1..=4_usize, 1..=4_usize, 1..=3_usize, 1..=3_usize).prop_flat_map(|(n, m, k, count)| {
        let budget = prop_oneof![15 => cost(), 1 => number()];
        (
            distributions(1, n),
            distributions(n, k),
            distributions(m, k),
            vec(costs(n, m), count),
            [distributions(n, 2), distributions(m, 2)],
            vec(budget, count.max(2)),
            number(),
        )
            .prop_map(|(pmf, posterior, decisions, costs, points, budgets, factor)| {
                Arguments {
                    pmf: pmf.row(0).transpose(),
                    posterior,
                    decisions,
                    costs,
                    points,
                    budgets,
                    factor,
                }
            })
    })
}

fn problem(arguments: &Arguments) -> Result<Problem, RdcError> {
    let letters = arguments.costs[0].ncols();
    let costs = arguments.costs.iter().cloned().enumerate();
    costs.fold(Problem::new(arguments.pmf.clone(), letters), |problem, (k, matrix)| {
        problem?.with_cost(format!("cost {k}"), matrix)
    })
}

fn rdc(arguments: &Arguments, distortion: Distortion) -> Result<Rdc, RdcError> {
    let source = Source::new(arguments.pmf.clone(), arguments.posterior.clone())?;
    let classifier = Classifier::soft(arguments.decisions.clone())?;
    Rdc::new(&source, distortion, &classifier)
}

fn distortions(arguments: &Arguments) -> impl Iterator<Item = Distortion> {
    let [points, reproductions] = &arguments.points;
    let given = Distortion::matrix(arguments.costs[0].clone());
    let scaled = given.clone().and_then(|d| d.scaled(arguments.factor));
    [
        given,
        scaled,
        Distortion::squared_error(points, reproductions),
        Distortion::absolute_error(points, reproductions),
    ]
    .into_iter()
    .flatten()
}

/// Blahut-Arimoto need not end by itself on such problems.
const MAX_ITERATIONS: usize = 60;

fn check_methods(problem: &Problem, arguments: &Arguments) -> Result<(), TestCaseError> {
    let count = arguments.costs.len();
    let multipliers: Vec<f64> = arguments.budgets[..count].to_vec();
    for method in Method::ALL {
        let settings = Settings::default().with_method(method).with_max_iterations(MAX_ITERATIONS);
        let within = problem.solve_with(&arguments.budgets[..count], &settings);
        let at = problem.solve_at_with(&multipliers, &settings);
        for solution in within.into_iter().chain(at) {
            check_solution(&solution)?;
        }
    }
    Ok(())
}

fn check_frontiers(problem: &Problem) -> Result<(), TestCaseError> {
    let frontiers =
        [problem.feasible_frontier(0, 1).ok(), problem.zero_rate_frontier(0, 1).ok().flatten()];
    for vertex in frontiers.iter().flatten().flat_map(Polyline::vertices) {
        prop_assert!(vertex.iter().all(|v| v.is_finite()), "{vertex:?}");
    }
    Ok(())
}

fn check_solution(solution: &Solution) -> Result<(), TestCaseError> {
    prop_assert!(solution.rate.is_finite());
    prop_assert!(0.0 <= solution.lower && solution.lower <= solution.rate);
    for row in solution.channel.row_iter() {
        prop_assert!((row.sum() - 1.0).abs() < 1e-9, "{row}");
    }
    prop_assert!(solution.constraints.iter().all(|c| !c.achieved.is_nan() && c.multiplier >= 0.0));
    prop_assert!(solution.trace.iter().all(|line| !line.rate.is_nan() && !line.lower.is_nan()));
    Ok(())
}

proptest! {
    #![proptest_config(common::config(2000, 20_250_301))]

    #[test]
    fn no_number_breaks_the_library(arguments in arguments()) {
        let Arguments { costs, budgets, .. } = &arguments;
        if let Ok(problem) = problem(&arguments) {
            check_methods(&problem, &arguments)?;
            check_frontiers(&problem)?;
        }
        let solution = problem(&arguments).and_then(|p| p.solve(&budgets[..costs.len()]));
        if let Ok(solution) = solution {
            check_solution(&solution)?;
        }
        for distortion in distortions(&arguments) {
            let solution = rdc(&arguments, distortion).and_then(|r| r.solve(budgets[0], budgets[1]));
            if let Ok(solution) = solution {
                check_solution(&solution)?;
            }
        }
    }
}
