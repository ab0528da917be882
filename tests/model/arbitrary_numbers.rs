//! Arbitrary numbers, finite or not, through every constructor and the solver: no panic, no NaN.

use crate::common::case::Case;
use crate::common::{INF, applied, config, exact};
use proptest::collection::vec;
use proptest::prelude::*;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Method, Polyline, Problem, Rdc, RdcError, Settings, Solution, Source,
};
use std::cell::Cell;

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

/// A problem, and the same as plain matrices.
fn problem(arguments: &Arguments) -> Result<(Problem, Case), RdcError> {
    let letters = arguments.costs[0].ncols();
    let costs = arguments.costs.iter().cloned().enumerate();
    let empty = Problem::new(arguments.pmf.clone(), letters);
    let problem = costs
        .fold(empty, |problem, (k, matrix)| problem?.with_cost(format!("cost {k}"), matrix))?;
    let pmf = &arguments.pmf / arguments.pmf.sum();
    Ok((problem, Case::new(pmf, arguments.costs.clone(), &[])))
}

fn rdc(arguments: &Arguments, distortion: Distortion) -> Result<(Rdc, Case), RdcError> {
    let source = Source::new(arguments.pmf.clone(), arguments.posterior.clone())?;
    let classifier = Classifier::soft(arguments.decisions.clone())?;
    let costs = vec![distortion.as_matrix().clone(), classifier.error_matrix(&source)?];
    let case = Case::new(source.pmf().clone(), costs, &[]);
    Ok((Rdc::new(&source, distortion, &classifier)?, case))
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

/// What rounding may leave of a rate, of the proof of a bound, and of what is paid, in bits.
const ROUNDING: f64 = 1e-9;

/// How many solutions each way of asking has given.
#[derive(Debug, Default)]
struct Solved {
    by_budgets: Cell<u64>,
    by_slopes: Cell<u64>,
    functions: Cell<u64>,
    vertices: Cell<u64>,
}

fn note(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

fn check_methods(
    problem: &Problem,
    case: &Case,
    budgets: &[f64],
    solved: &Solved,
) -> Result<(), TestCaseError> {
    for method in Method::ALL {
        let settings = Settings::default().with_method(method).with_max_iterations(MAX_ITERATIONS);
        if let Ok(solution) = problem.solve_with(budgets, &settings) {
            check_solution(case, &solution)?;
            note(&solved.by_budgets);
        }
        if let Ok(solution) = problem.solve_at_with(budgets, &settings) {
            check_solution(case, &solution)?;
            note(&solved.by_slopes);
        }
    }
    Ok(())
}

fn check_frontiers(problem: &Problem, solved: &Solved) -> Result<(), TestCaseError> {
    let frontiers =
        [problem.feasible_frontier(0, 1).ok(), problem.zero_rate_frontier(0, 1).ok().flatten()];
    for vertex in frontiers.iter().flatten().flat_map(Polyline::vertices) {
        prop_assert!(vertex.iter().all(|v| v.is_finite()), "{vertex:?}");
        note(&solved.vertices);
    }
    Ok(())
}

/// The channel has the rate, and what is told proves the bound.
fn check_solution(case: &Case, solution: &Solution) -> Result<(), TestCaseError> {
    for row in solution.channel.row_iter() {
        prop_assert!((row.sum() - 1.0).abs() < 1e-9, "{row}");
    }
    prop_assert!(solution.constraints.iter().all(|c| !c.achieved.is_nan() && c.multiplier >= 0.0));
    prop_assert!(solution.trace.iter().all(|line| !line.rate.is_nan() && !line.lower.is_nan()));
    let off = (solution.rate - exact::information(&case.pmf, &solution.channel)).abs();
    prop_assert!(off <= ROUNDING, "the rate is {off:e} off\n{case}\n{solution:?}");
    let budgets: Vec<f64> = solution.constraints.iter().map(|told| told.budget).collect();
    let priced = solution.constraints.iter().filter(|told| told.is_active());
    let paid: f64 = priced.map(|told| told.multiplier * told.budget).sum();
    let case = Case { budgets, ..case.clone() };
    let no_potential = DVector::zeros(solution.output.len());
    let bound = case.lower_bound(solution, &no_potential, |_| true).value().max(0.0);
    let lower = solution.lower;
    prop_assert!(lower <= bound + ROUNDING * (1.0 + paid), "{bound} does not prove {lower}");
    Ok(())
}

#[test]
fn no_number_breaks_the_library() {
    let solved = Solved::default();
    let check = |arguments: Arguments| {
        let Arguments { costs, budgets, .. } = &arguments;
        let made = problem(&arguments);
        let is_problem = made.is_ok();
        if let Ok((problem, case)) = made {
            check_methods(&problem, &case, &budgets[..costs.len()], &solved)?;
            check_frontiers(&problem, &solved)?;
            if let Ok(solution) = problem.solve(&budgets[..costs.len()]) {
                check_solution(&case, &solution)?;
            }
        }
        for distortion in distortions(&arguments) {
            let Ok((rdc, case)) = rdc(&arguments, distortion) else { continue };
            if let Ok(solution) = rdc.solve(budgets[0], budgets[1]) {
                check_solution(&case, &solution)?;
                note(&solved.functions);
            }
        }
        Ok(is_problem)
    };
    let (problems, cases) = applied(config(2000, 20_250_301), arguments(), check);
    // What the library refuses is not tested.
    let Solved { by_budgets, by_slopes, functions, vertices } = &solved;
    let by_budgets_and_slopes = 2 * by_budgets.get() > cases && by_slopes.get() > cases;
    let functions_and_vertices = functions.get() > cases && 2 * vertices.get() > cases;
    let often = 5 * problems > 2 * cases && by_budgets_and_slopes && functions_and_vertices;
    assert!(often, "{problems}, {solved:?} of {cases}");
}
