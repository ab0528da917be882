//! What a solution publishes holds beyond its own budgets, and where costs are far from 0.
//!
//! `RDC_CASES` sets the number of cases of each kind (100 by default).

use crate::common::case::Case;
use crate::common::count;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::proofs::{KINDS, STREAM, case};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Problem, Solution, Status};

/// What rounding may leave of a bound, in bits and of the rate.
const ROUNDING: f64 = 1e-11;

/// Steps above the smallest budget, as shares of what would bring the bound to 0.
const STEPS: [f64; 4] = [1e-6, 1e-3, 1e-2, 0.1];

#[test]
fn the_bound_falls_no_faster_than_its_price() {
    let cases = count(100);
    for (number, kind) in (0..).zip(KINDS) {
        let mut exact = 0;
        for seed in 0..cases {
            let mut case = case(kind, STREAM + number, seed);
            let last = case.costs.len();
            case.case.budgets[last] = case.measure.smallest();
            let Ok(solution) = case.problem().solve(&case.budgets) else { continue };
            if solution.lower <= 0.0 {
                continue;
            }
            exact += 1;
            let price = solution.constraints[last].multiplier;
            for step in STEPS {
                let mut budgets = case.budgets.clone();
                budgets[last] += step * solution.lower / price.clamp(1e-3, 1e6);
                let plane = solution.lower - price * (budgets[last] - case.budgets[last]);
                let above = case.problem().solve(&budgets).unwrap();
                let what = format!("{kind:?}, seed {seed}, {step}: {plane} > {}", above.rate);
                assert!(plane <= above.rate + ROUNDING, "{what}\n{case}");
            }
        }
        assert!(3 * exact > cases, "{kind:?}: {exact} of {cases} have a rate");
    }
}

/// What is added to each of these letters' costs, of this size.
fn shifts(size: f64, letters: usize) -> DVector<f64> {
    DVector::from_fn(letters, |i, _| size * (1.0 + 0.1 * (0.618 * i as f64).fract()))
}

/// Whether the solution has a bound that is positive; it is then proven in the test's sums and in the library's balls.
#[track_caller]
fn is_proven(problem: &Problem, solution: &Solution, recomputed: f64, what: &str) -> bool {
    let allowed = ROUNDING + 0.1 * ROUNDING * solution.lower;
    let proven = problem.prove(solution).unwrap().lower;
    for bound in [recomputed, proven] {
        assert!(solution.lower <= bound.max(0.0) + allowed, "{what}: {bound} {solution:?}");
    }
    solution.lower > 0.0
}

#[test]
fn transports_far_from_zero_have_all_their_digits() {
    let cases = count(100);
    for size in [1.0, 1e3, 1e6] {
        let (mut proven, mut open) = (0, 0);
        for seed in 0..cases {
            let mut case = Perceived::new(Kind::Transport, seed, 8, 0.1);
            let above = case.allowed() - case.measure.smallest();
            let ground = case.measure.ground.take().unwrap();
            let shifts = shifts(size, ground.ncols());
            let shifted =
                DMatrix::from_fn(ground.nrows(), ground.ncols(), |y, z| ground[(y, z)] + shifts[z]);
            case.measure = Measure::transport(&case.measure.target().clone(), shifted);
            let last = case.costs.len();
            case.case.budgets[last] = case.measure.smallest() + above;
            let problem = case.problem();
            let solution = problem.solve(&case.budgets).unwrap();
            open += u64::from(solution.status != Status::Certified);
            let what = format!("{size} {seed} {case}");
            let recomputed = case.lower_bound(&solution);
            proven += u64::from(is_proven(&problem, &solution, recomputed, &what));
        }
        assert!(4 * proven > cases, "{size}: {proven} of {cases} have a rate");
        assert!(20 * open <= cases, "{size}: {open} of {cases} not certified");
    }
}

#[test]
fn costs_far_from_zero_have_all_their_digits() {
    let cases = count(100);
    for size in [1.0, 1e3, 1e6] {
        let mut proven = 0;
        for seed in 0..cases {
            let Case { pmf, mut costs, mut budgets } =
                Perceived::new(Kind::TotalVariation, seed, 12, 0.1).case;
            budgets.pop();
            if costs.is_empty() {
                continue;
            }
            let shifts = shifts(size, pmf.len());
            for (cost, budget) in costs.iter_mut().zip(&mut budgets) {
                cost.column_iter_mut().for_each(|mut column| column += &shifts);
                *budget += pmf.dot(&shifts);
            }
            let case = Case::new(pmf, costs, &budgets);
            let problem = case.problem();
            let solution = problem.solve(&budgets).unwrap();
            let none = DVector::zeros(solution.output.len());
            let recomputed = case.lower_bound(&solution, &none, |_| true).value();
            let what = format!("{size} {seed} {case}");
            proven += u64::from(is_proven(&problem, &solution, recomputed, &what));
        }
        assert!(8 * proven > cases, "{size}: {proven} of {cases} have a rate");
    }
}
