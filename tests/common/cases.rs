//! Problems as plain matrices, and what two solutions of one problem must have in common.

use super::{assert_consistent, hamming, pmf, rows};
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Method, Problem, Settings, Solution};
use std::fmt::Debug;

/// In bits; the two slow methods reach it in hundreds of iterations where they are at their best.
pub(crate) const LOOSE: f64 = 1e-6;

/// What rounding may put between a bound and the truth.
pub(crate) const ROUNDING: f64 = 1e-11;

/// Relative rounding of a budget that was computed.
pub(crate) const BUDGET_ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A problem as plain matrices, so that a failing case prints whole.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) pmf: DVector<f64>,
    pub(crate) costs: Vec<DMatrix<f64>>,
    pub(crate) budgets: Vec<f64>,
}

impl Case {
    pub(crate) fn new(pmf: DVector<f64>, costs: Vec<DMatrix<f64>>, budgets: &[f64]) -> Self {
        Self { pmf, costs, budgets: budgets.to_vec() }
    }

    pub(crate) fn problem(&self) -> Problem {
        let problem = Problem::new(self.pmf.clone(), self.costs[0].ncols()).unwrap();
        self.costs
            .iter()
            .fold(problem, |problem, cost| problem.with_cost("cost", cost.clone()).unwrap())
    }

    pub(crate) fn solve(&self, settings: &Settings) -> Solution {
        self.problem().solve_with(&self.budgets, settings).unwrap()
    }

    /// What every solution must satisfy, whatever its status.
    #[track_caller]
    pub(crate) fn check(&self, solution: &Solution) {
        assert_consistent(&self.pmf, &self.costs, &self.budgets, solution);
    }
}

pub(crate) fn settings(method: Method, tolerance: f64) -> Settings {
    Settings::default().with_method(method).with_tolerance(tolerance).unwrap()
}

pub(crate) fn hamming_cost(letters: usize) -> DMatrix<f64> {
    DMatrix::from_fn(letters, letters, |x, y| f64::from(x != y))
}

/// Eight letters of which the rarer ones leave at this D: no method is done after a handful of iterations.
pub(crate) fn uneven() -> Case {
    let pmf = pmf(&[0.3, 0.2, 0.15, 0.12, 0.1, 0.06, 0.04, 0.03]);
    Case::new(pmf, vec![hamming_cost(8)], &[0.2])
}

/// A bit, and an erasure at cost `a` for either value (Berger 1971, section 2.7).
pub(crate) fn erasure(wrong: f64, a: f64, d: f64) -> Case {
    Case::new(pmf(&[0.5, 0.5]), vec![rows(&[[0.0, wrong, a], [wrong, 0.0, a]])], &[d])
}

/// Two noisy labels of a bit, both budgets with a price.
pub(crate) fn binary(d: f64, e: f64) -> Case {
    let error = rows(&[[4.0 / 13.0, 9.0 / 13.0], [6.0 / 7.0, 1.0 / 7.0]]);
    Case::new(pmf(&[0.65, 0.35]), vec![hamming(), error], &[d, e])
}

/// Both brackets may hold the rate.
#[track_caller]
pub(crate) fn assert_overlap(one: &Solution, other: &Solution, case: impl Debug) {
    assert!(
        one.lower <= other.rate + ROUNDING && other.lower <= one.rate + ROUNDING,
        "{case:?}: [{}, {}] and [{}, {}]",
        one.lower,
        one.rate,
        other.lower,
        other.rate
    );
}

/// What rounding may put between `low`'s bound and the rate at these budgets.
///
/// Along its multipliers the bound holds for other budgets too, so that moved budgets are no excuse for more.
pub(crate) fn rounding(low: &Solution, budgets: &[f64]) -> f64 {
    let priced = low.constraints.iter().zip(budgets).filter(|(low, _)| low.is_active());
    let moved = priced.map(|(low, budget)| low.multiplier * low.budget.max(*budget));
    ROUNDING + BUDGET_ROUNDING * moved.sum::<f64>()
}

/// What `high`'s channel spends beyond its budgets, as [`Solution`] allows it to, at the prices of `low`.
pub(crate) fn overspent(low: &Solution, high: &Solution) -> f64 {
    let pairs = low.constraints.iter().zip(&high.constraints);
    pairs.map(|(low, high)| low.multiplier * (high.achieved - high.budget).max(0.0)).sum()
}

/// `low`'s rate is at most `high`'s, as far as the brackets tell.
pub(crate) fn assert_at_most(low: &Solution, high: &Solution) -> Result<(), TestCaseError> {
    let budgets: Vec<f64> = high.constraints.iter().map(|constraint| constraint.budget).collect();
    prop_assert!(
        low.lower <= high.rate + rounding(low, &budgets) + overspent(low, high),
        "[{}, {}] and [{}, {}]",
        low.lower,
        low.rate,
        high.lower,
        high.rate
    );
    Ok(())
}
