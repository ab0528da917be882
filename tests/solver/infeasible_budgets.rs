//! Infeasible budgets: the proof, and the smallest budgets that would do.

use crate::common::{INF, pmf, rows};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{
    Classifier, Distortion, Infeasible, Method, Problem, Rdc, RdcError, Settings, Solution, Source,
};

/// The middle letter costs less distortion at y = 1 and less error at y = 0: sent to y = 0 with probability t, it has
/// D = 0.36875 + 0.3 t and E = 0.25 - 0.06 t, which is the frontier.
pub(crate) struct Tradeoff {
    pub(crate) rdc: Rdc,
    source: Source,
    costs: [DMatrix<f64>; 2],
}

pub(crate) fn tradeoff() -> Tradeoff {
    let posterior = rows(&[[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]);
    let source = Source::new(pmf(&[0.5, 0.3, 0.2]), posterior).unwrap();
    let (points, reproductions) = (rows(&[[0.0], [1.25], [3.0]]), rows(&[[0.0], [2.0]]));
    let distortion = Distortion::squared_error(&points, &reproductions).unwrap();
    let classifier = Classifier::hard(&[0, 1]).unwrap();
    let costs = [distortion.as_matrix().clone(), classifier.error_matrix(&source).unwrap()];
    Tradeoff { rdc: Rdc::new(&source, distortion, &classifier).unwrap(), source, costs }
}

#[track_caller]
fn infeasible(result: Result<Solution, RdcError>) -> Infeasible {
    match result.unwrap_err() {
        RdcError::Infeasible(infeasible) => *infeasible,
        other => panic!("{other}"),
    }
}

/// `sum_x p(x) min_y s.d(x, y) - s.D`, from the matrices alone.
fn excess(pmf: &DVector<f64>, costs: &[DMatrix<f64>], report: &Infeasible) -> f64 {
    // A cost without a multiplier is left out: its budget may be infinite.
    let priced: Vec<_> =
        report.budgets.iter().zip(costs).filter(|(budget, _)| budget.multiplier > 0.0).collect();
    let price = |x, y| -> f64 { priced.iter().map(|(b, d)| b.multiplier * d[(x, y)]).sum() };
    let least = |x| (0..costs[0].ncols()).map(|y| price(x, y)).fold(INF, f64::min);
    let reached: f64 = pmf.iter().enumerate().map(|(x, p)| p * least(x)).sum();
    let allowed: f64 = priced.iter().map(|(b, _)| b.multiplier * b.budget).sum();
    reached - allowed
}

#[track_caller]
fn assert_witness(pmf: &DVector<f64>, costs: &[DMatrix<f64>], report: &Infeasible) {
    assert!(report.budgets.iter().all(|b| b.multiplier >= 0.0));
    let total: f64 = report.budgets.iter().map(|b| b.multiplier).sum();
    assert!((total - 1.0).abs() < 1e-12);
    let excess = excess(pmf, costs, report);
    assert!(excess > 0.0, "{report:?} proves nothing");
    assert!((excess - report.excess).abs() < 1e-12, "{excess}");
}

#[test]
fn infeasible_budgets_come_with_the_smallest_ones() {
    let Tradeoff { rdc, source, costs } = tradeoff();
    let report = infeasible(rdc.solve(0.5, 0.2));
    let [d, e] = &report.budgets[..] else {
        panic!("one entry per cost: {report:?}");
    };
    assert_eq!((d.name.as_str(), d.budget), ("distortion", 0.5));
    assert_eq!((e.name.as_str(), e.budget), ("classification error", 0.2));
    assert!((d.smallest.unwrap() - 0.61875).abs() < 1e-12);
    assert!((e.smallest.unwrap() - 0.22375).abs() < 1e-12);
    assert_witness(source.pmf(), &costs, &report);
}

/// The smallest D at E = 0.2 and the smallest E at D = 0.5, as the error reports them.
fn smallest(rdc: &Rdc) -> [f64; 2] {
    let report = infeasible(rdc.solve(0.5, 0.2));
    [0, 1].map(|k| report.budgets[k].smallest.unwrap())
}

#[test]
fn smallest_budgets_can_be_met_and_smaller_ones_cannot() {
    let Tradeoff { rdc, source, costs } = tradeoff();
    let [d, e] = smallest(&rdc);
    assert!(rdc.solve(d, 0.2).is_ok());
    assert!(rdc.solve(0.5, e).is_ok());
    let below = 1.0 - 1e-6;
    for report in [infeasible(rdc.solve(d * below, 0.2)), infeasible(rdc.solve(0.5, e * below))] {
        assert_witness(source.pmf(), &costs, &report);
    }
}

#[test]
fn smallest_budgets_are_met_within_rounding() {
    let rdc = tradeoff().rdc;
    let [d, e] = smallest(&rdc);
    for solution in [rdc.solve(d, 0.2).unwrap(), rdc.solve(0.5, e).unwrap()] {
        for constraint in solution.constraints {
            assert!(constraint.achieved <= constraint.budget * (1.0 + 1e-12));
        }
    }
}

#[test]
fn infeasible_budgets_say_what_is_out_of_reach() {
    let message = tradeoff().rdc.solve(0.5, 0.2).unwrap_err().to_string();
    for part in [
        "infeasible budgets: no test channel has distortion <= 0.5 and classification error <= 0.2",
        "the smallest distortion at the other budgets is 0.6187",
        "the smallest classification error at the other budgets is 0.2237",
        "witness: with multipliers (distortion: 0.",
        "every channel exceeds them by ",
    ] {
        assert!(message.contains(part), "{part:?} in {message:?}");
    }
}

#[test]
fn no_error_budget_makes_up_for_too_little_distortion() {
    let Tradeoff { rdc, source, costs } = tradeoff();
    let report = infeasible(rdc.solve(0.3, 0.2));
    assert_witness(source.pmf(), &costs, &report);
    assert_eq!(report.budgets[Rdc::ERROR].smallest, None);
    assert!((report.budgets[Rdc::DISTORTION].smallest.unwrap() - 0.61875).abs() < 1e-12);
    assert_eq!(rdc.smallest_error(0.3).unwrap(), None);
    let message = RdcError::Infeasible(Box::new(report)).to_string();
    assert!(message.contains("no classification error is enough at the other budgets"));
}

#[test]
fn unconstrained_costs_are_not_blamed() {
    let Tradeoff { rdc, source, costs } = tradeoff();
    let report = infeasible(rdc.solve(0.3, INF));
    assert_witness(source.pmf(), &costs, &report);
    assert_eq!(report.budgets[Rdc::ERROR].multiplier, 0.0);
    let smallest = report.budgets[Rdc::DISTORTION].smallest.unwrap();
    assert!((smallest - 0.36875).abs() < 1e-12);
    assert!(rdc.solve(smallest, INF).is_ok());
    infeasible(rdc.solve(smallest * (1.0 - 1e-6), INF));
}

#[test]
fn no_single_budget_resolves_a_contradiction_of_the_others() {
    // Each cost wants a reproduction letter of its own, so any two of the budgets contradict each other.
    let source = pmf(&[0.5, 0.5]);
    let costs = [0, 1, 2].map(|k| DMatrix::from_fn(2, 3, |_, y| f64::from(y != k)));
    let mut problem = Problem::new(source.clone(), 3).unwrap();
    for (k, matrix) in costs.iter().enumerate() {
        problem = problem.with_cost(format!("cost {k}"), matrix.clone()).unwrap();
    }
    let report = infeasible(problem.solve(&[0.1; 3]));
    assert!(report.budgets.iter().all(|b| b.smallest.is_none()));
    assert_witness(&source, &costs, &report);
    assert_eq!(problem.smallest_budget(2, &[0.1; 3]).unwrap(), None);
    // Two thirds each is what a uniform channel reaches.
    let third = problem.smallest_budget(2, &[2.0 / 3.0; 3]).unwrap();
    assert!((third.unwrap() - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn large_costs_do_not_hide_infeasible_budgets() {
    let problem = Problem::new(pmf(&[1.0]), 2).unwrap();
    let problem = problem.with_cost("delay", rows(&[[1.5, 1e15]])).unwrap();
    infeasible(problem.solve(&[0.8]));
    infeasible(problem.solve(&[1.3]));
}

/// The smallest budget is told by entries that say no more than 0 does, beside others of 1.
#[test]
fn budgets_within_the_rounding_of_the_entries_are_on_the_edge() {
    let problem = |base: f64| {
        let problem = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
        problem.with_cost("delay", rows(&[[base, 1.0], [1.0, 0.0]])).unwrap()
    };
    let close = problem(1e-17);
    for method in Method::ALL {
        let settings = Settings::default().with_method(method).with_tolerance(1e-6).unwrap();
        for budget in [0.0, 1e-300, 1e-18, 5e-18, 1e-17] {
            let solution = close.solve_with(&[budget], &settings).unwrap();
            assert!((solution.rate - 1.0).abs() < 2e-6, "{method} at {budget:e}: {solution:?}");
            assert!(solution.gap() <= 1e-6 && solution.constraints[0].achieved < 1e-16);
        }
    }
    assert_eq!(close.smallest_budget(0, &[INF]), Ok(Some(5e-18)));
    // With another cost, in a surface, and in a search.
    let both = close.clone().with_cost("ones sent", rows(&[[0.0, 1.0]; 2])).unwrap();
    infeasible(both.solve(&[0.0, 0.4]));
    assert!((both.solve(&[0.0, 0.5]).unwrap().rate - 1.0).abs() < 1e-9);
    assert_eq!(both.smallest_budget(1, &[0.0, INF]), Ok(Some(0.5)));
    let surface = both.surface([0, 1], &[0.0, 1e-18, 0.1], &[0.5], &[INF; 2]).unwrap();
    let rates: Vec<f64> = surface.iter().map(|(_, _, cell)| cell.point().unwrap().rate).collect();
    assert!(rates.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9));
    let least = both.least_budget(1, 1.5, &[0.0, INF]).unwrap();
    assert!((least.least_budget().unwrap().upper - 0.5).abs() < 1e-9);
    // Entries with digits beside 1 are meant, and so are those of a cost that has no others.
    infeasible(problem(1e-15).solve(&[0.0]));
    for small in [1e-17, 1e-300] {
        let constant = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
        let constant = constant.with_cost("delay", DMatrix::from_element(2, 2, small)).unwrap();
        infeasible(constant.solve(&[0.0]));
        let unit = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
        let unit = unit.with_cost("delay", rows(&[[small, 2.0 * small], [small, small]])).unwrap();
        infeasible(unit.solve(&[0.0]));
    }
    // A budget rounded down from a row minimum of 1.
    let shifted = Problem::new(pmf(&[0.5, 0.5]), 2).unwrap();
    let shifted = shifted.with_cost("delay", rows(&[[1.0, 2.0], [2.0, 1.0]])).unwrap();
    assert!((shifted.solve(&[1.0 - 1e-13]).unwrap().rate - 1.0).abs() < 1e-9);
    infeasible(shifted.solve(&[1.0 - 1e-11]));
}
