//! What the brackets of two solutions tell of their rates.

use super::ROUNDING;
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;
use rdc_theory::Solution;

/// Relative rounding of a budget that was computed.
pub(crate) const BUDGET_ROUNDING: f64 = 4.0 * f64::EPSILON;

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
